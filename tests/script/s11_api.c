/* SPDX-License-Identifier: MIT
 *
 * RFC 9260 section 11: the upper layer's side, and every argument error with its code.
 */
#include "script.h"

/* ---- 11.1.1 Initialize ---------------------------------------------------------------------------------------------- */

static int open_with(struct script *s, uint16_t port, const struct hawser_address *addresses, uint16_t count, hawser_id *id) {
    struct hawser_endpoint_options options = HAWSER_INIT(options);
    options.port = port;
    options.addresses = addresses;
    options.address_count = count;
    return hawser_open(s->stack, &options, id);
}

SCRIPT(s11_1_1_open, "11.1.1", "an endpoint has a port, chosen or given, and addresses, some or all") {
    hawser_id one = 0, two = 0, three = 0;
    check_equal(open_with(s, 0, NULL, 0, &one), 0);
    check_range(hawser_port(s->stack, one), 49152, 65535);
    check_equal(open_with(s, 0, NULL, 0, &two), 0);
    check(hawser_port(s->stack, one) != hawser_port(s->stack, two));
    check_equal(open_with(s, 7000, s->local, 1, &three), 0);
    check_equal(hawser_port(s->stack, three), 7000);
    check_equal(hawser_close(s->stack, s->now, one), 0);
    check_equal(hawser_port(s->stack, one), 0);
    check_equal(hawser_close(s->stack, s->now, one), HAWSER_ERR_GONE);
    check_equal(hawser_close(s->stack, s->now, two), 0);
    check_equal(hawser_close(s->stack, s->now, three), 0);
}

SCRIPT(s11_1_1_open_errors, "11.1.1, bad input", "hawser_open: IN_USE, ADDRESS, ARGUMENT, LIMIT") {
    hawser_id one = 0, two = 0;
    check_equal(open_with(s, 7000, s->local, 1, &one), 0);
    check_equal(open_with(s, 7000, s->local, 1, &two), HAWSER_ERR_IN_USE);
    check_equal(open_with(s, 7000, s->local + 1, 1, &two), 0);
    check_equal(hawser_close(s->stack, s->now, two), 0);
    struct hawser_address bad[3] = {script_ipv4(224, 0, 0, 1, 0), script_ipv4(255, 255, 255, 255, 0), s->local[0]};
    bad[2].family = 77;
    for (unsigned i = 0; i < 3; i++)
        check_equal(open_with(s, 7001, &bad[i], 1, &two), HAWSER_ERR_ADDRESS);
    struct hawser_address twice[2] = {s->local[0], s->local[0]};
    check_equal(open_with(s, 7001, twice, 2, &two), HAWSER_ERR_ADDRESS);
    int error = open_with(s, 7001, NULL, 2, &two);
    check(error == HAWSER_ERR_ARGUMENT || error == HAWSER_ERR_ADDRESS);
    struct hawser_address many[HAWSER_ADDRESSES_MAX + 1];
    for (unsigned i = 0; i <= HAWSER_ADDRESSES_MAX; i++)
        many[i] = script_ipv4(10, 0, i, 1, 0);
    error = open_with(s, 7001, many, HAWSER_ADDRESSES_MAX + 1, &two);
    check(error == HAWSER_ERR_ARGUMENT || error == HAWSER_ERR_LIMIT || error == HAWSER_ERR_ADDRESS);
    check_equal(hawser_open(s->stack, NULL, &two), HAWSER_ERR_ARGUMENT);
    struct hawser_endpoint_options options = HAWSER_INIT(options);
    check_equal(hawser_open(s->stack, &options, NULL), HAWSER_ERR_ARGUMENT);
    options.size = 3;
    check_equal(hawser_open(s->stack, &options, &two), HAWSER_ERR_ARGUMENT);
    check_equal(hawser_close(s->stack, s->now, one), 0);
}

SCRIPT(s11_1_1_source_is_a_bound_address, "11.1.1", "packets leave from a bound address") {
    start(s, .local_addresses = 2);
    establish_active(s);
    send_message(s, 0, 10, 0);
    check_range(local_number(s, &expect(s, DATA)->packet->local), 0, 1);
}

SCRIPT(s11_1_1_listen_errors, "bad input", "hawser_listen: GONE, IN_USE; a backlog of 0 stops it") {
    hawser_id other = 0;
    check_equal(open_with(s, STACK_PORT, s->local + 3, 1, &other), 0);
    check_equal(hawser_listen(s->stack, 4711, 1), HAWSER_ERR_GONE);
    listen_now(s);
    check_equal(hawser_listen(s->stack, other, 5), 0); /* another address: no conflict */
    check_equal(hawser_listen(s->stack, s->endpoint, 0), 0);
    inject(s, INIT());
    expect(s, ABORT, .tag = PEER_TAG, .t = 0);
    check_equal(hawser_close(s->stack, s->now, other), 0);
}

/* ---- 11.1.2 Associate ------------------------------------------------------------------------------------------------ */

static int connect_with(struct script *s, hawser_id endpoint, uint16_t port, const struct hawser_address *addresses,
                        uint16_t count, hawser_id *id) {
    struct hawser_connect_options options = HAWSER_INIT(options);
    options.port = port;
    options.addresses = addresses;
    options.address_count = count;
    return hawser_connect(s->stack, s->now, endpoint, &options, id);
}

SCRIPT(s11_1_2_connect_errors, "11.1.2, bad input", "hawser_connect: GONE, PORT, ADDRESS, ARGUMENT, EXISTS") {
    hawser_id id = 0;
    script_open(s);
    check_equal(connect_with(s, 4711, PEER_PORT, s->peer, 1, &id), HAWSER_ERR_GONE);
    check_equal(connect_with(s, s->endpoint, 0, s->peer, 1, &id), HAWSER_ERR_PORT);
    int error = connect_with(s, s->endpoint, PEER_PORT, s->peer, 0, &id);
    check(error == HAWSER_ERR_ADDRESS || error == HAWSER_ERR_ARGUMENT);
    error = connect_with(s, s->endpoint, PEER_PORT, NULL, 1, &id);
    check(error == HAWSER_ERR_ADDRESS || error == HAWSER_ERR_ARGUMENT);
    struct hawser_address bad[4] = {script_ipv4(224, 0, 0, 1, 0), script_ipv4(255, 255, 255, 255, 0), script_ipv4(0, 0, 0, 0, 0),
                                    s->peer[0]};
    bad[3].family = HAWSER_NONE;
    for (unsigned i = 0; i < 4; i++)
        check_equal(connect_with(s, s->endpoint, PEER_PORT, &bad[i], 1, &id), HAWSER_ERR_ADDRESS);
    struct hawser_address twice[2] = {s->peer[0], s->peer[0]};
    check_equal(connect_with(s, s->endpoint, PEER_PORT, twice, 2, &id), HAWSER_ERR_ADDRESS);
    check_equal(hawser_connect(s->stack, s->now, s->endpoint, NULL, &id), HAWSER_ERR_ARGUMENT);
    connect_now(s, 1);
    expect(s, INIT);
    check_equal(connect_with(s, s->endpoint, PEER_PORT, s->peer, 1, &id), HAWSER_ERR_EXISTS);
    struct hawser_address both[2] = {s->peer[1], s->peer[0]};
    check_equal(connect_with(s, s->endpoint, PEER_PORT, both, 2, &id), HAWSER_ERR_EXISTS);
}

SCRIPT(s11_1_2_connect_to_the_existing_peer, "11.1.2", "a second association between the same ports and addresses is refused") {
    establish_passive(s);
    hawser_id id = 0;
    check_equal(connect_with(s, s->endpoint, PEER_PORT, s->peer, 1, &id), HAWSER_ERR_EXISTS);
    check_equal(connect_with(s, s->endpoint, PEER_PORT + 1, s->peer, 1, &id), 0);
    script_pump(s);
    expect(s, INIT);
    check_equal(hawser_close(s->stack, s->now, id), 0);
}

SCRIPT(s11_2_4_arrived_and_up, "11.2.4", "COMMUNICATION UP: streams, port and primary address") {
    start(s, .os = 7, .mis = 3);
    get_cookie(s);
    inject(s, COOKIE_ECHO());
    expect(s, COOKIE_ACK);
    const struct hawser_item *item = expect_arrived(s);
    check_equal(item->up.port, PEER_PORT);
    check_equal(item->up.streams_out, 3);
    check_equal(item->up.streams_in, 7);
    check(same_place(&item->up.remote, &s->peer[0]));
    skip_items(s);
}

SCRIPT(s11_2_4_up_of_the_initiator, "11.2.4", "COMMUNICATION UP: streams, port and primary address") {
    start(s, .os = 7, .mis = 3);
    reach_cookie_echoed(s);
    expect_no_item(s);
    inject(s, COOKIE_ACK());
    const struct hawser_item *item = expect_item(s, HAWSER_UP, .streams_out = 3, .streams_in = 7);
    check(same_place(&item->up.remote, &s->peer[0]));
}

/* ---- 11.1.3 to 11.1.6 ------------------------------------------------------------------------------------------------- */

SCRIPT(s11_1_3_shutdown_errors, "11.1.3, 11.1.4, bad input",
       "shutdown and abort: GONE, STATE; asking for a shutdown twice is fine") {
    check_equal(hawser_shutdown(s->stack, s->now, 0), HAWSER_ERR_GONE);
    check_equal(hawser_abort(s->stack, s->now, 123456, NOTHING), HAWSER_ERR_GONE);
    establish_passive(s);
    check_equal(hawser_shutdown(s->stack, s->now, s->association), 0);
    check_equal(hawser_shutdown(s->stack, s->now, s->association), 0);
    script_pump(s);
    expect(s, SHUTDOWN);
    check_equal(hawser_abort(s->stack, s->now, s->association, NOTHING), 0);
    expect(s, ABORT);
    check_equal(hawser_shutdown(s->stack, s->now, s->association), HAWSER_ERR_STATE);
    check_equal(hawser_abort(s->stack, s->now, s->association, NOTHING), HAWSER_ERR_STATE);
    check_equal(send_with(s, .size = 1), HAWSER_ERR_STATE);
    hawser_id id = s->association;
    expect_ended(s, HAWSER_END_ABORTED);
    check_equal(hawser_abort(s->stack, s->now, id, NOTHING), HAWSER_ERR_GONE);
    check_equal(hawser_shutdown(s->stack, s->now, s->endpoint), HAWSER_ERR_GONE);
}

SCRIPT(s11_1_5_send_errors, "11.1.5, bad input", "hawser_send: GONE, EMPTY, TOO_BIG, STREAM, PATH, ARGUMENT, WOULD_BLOCK") {
    establish_active(s);
    check_equal(send_with(s, .size = 0), HAWSER_ERR_EMPTY);
    check_equal(send_with(s, .stream = 10), HAWSER_ERR_STREAM);
    check_equal(send_with(s, .path = 2), HAWSER_ERR_PATH);
    set(s, MESSAGE_MAX, 1000);
    check_equal(send_with(s, .size = 1001), HAWSER_ERR_TOO_BIG);
    check_equal(send_with(s, .size = 1000), 0);
    expect(s, DATA);
    check_equal(hawser_send(s->stack, s->now, s->association, NULL), HAWSER_ERR_ARGUMENT);
    struct hawser_message message = HAWSER_INIT(message);
    message.parts = NULL;
    message.part_count = 1;
    check_equal(hawser_send(s->stack, s->now, s->association, &message), HAWSER_ERR_ARGUMENT);
    struct hawser_span part = TEXT("x");
    message.parts = &part;
    message.size = 2;
    check_equal(hawser_send(s->stack, s->now, s->association, &message), HAWSER_ERR_ARGUMENT);
    message.size = sizeof message;
    message.flags = 0x80000000u;
    check_equal(hawser_send(s->stack, s->now, s->association, &message), HAWSER_ERR_ARGUMENT);
    message.flags = 0;
    check_equal(hawser_send(s->stack, s->now, 55, &message), HAWSER_ERR_GONE);
    check_equal(hawser_send(s->stack, s->now, s->endpoint, &message), HAWSER_ERR_GONE);
}

SCRIPT(s11_1_5_would_block_and_room_again, "11.1.5",
       "a full send buffer blocks; when there is room the association is WRITABLE") {
    establish_active(s);
    set(s, SEND_BUFFER, 20000);
    struct hawser_ready ready;
    while (hawser_next(s->stack, &ready))
        ;
    send_message(s, 0, 1400, 0);
    sack_everything(s);
    check_equal(hawser_next(s->stack, &ready), 0); /* nobody was refused */
    int sent = 0;
    while (send_with(s, .size = 1400) == 0)
        sent++;
    check_range(sent, 10, 20);
    check_equal(send_with(s, .size = 1400), HAWSER_ERR_WOULD_BLOCK);
    check_equal(hawser_next(s->stack, &ready), 0);
    sack_everything(s);
    check_equal(hawser_next(s->stack, &ready), 1);
    check_equal(ready.id, s->association);
    check(ready.flags & HAWSER_WRITABLE);
    check_equal(hawser_next(s->stack, &ready), 0);
    check_equal(send_with(s, .size = 1400), 0);
    skip_output(s);
    s->quiet_end = true;
}

SCRIPT(s11_1_5_lifetime, "11.1.5, 11.2.2", "a message that is not begun within its lifetime fails; one that was begun does not") {
    open_window(s, 1500);
    check_equal(send_with(s, .size = 1400, .lifetime = ms(100), .context = 1), 0);
    check_equal(send_with(s, .size = 1400, .lifetime = ms(100), .context = 2, .ppid = 5), 0);
    check_equal(send_with(s, .size = 1400, .context = 3), 0);
    expect(s, DATA, .tsn = 0);
    advance(s, ms(200));
    inject(s, SACK(.cum = 0, .a_rwnd = 10000));
    expect(s, DATA, .tsn = 1, .ssn = 1, .size = 1400);
    expect_nothing(s);
    expect_item(s, HAWSER_SEND_FAILED, .context = 2, .begun = 0, .size = 1400, .ppid = 5, .reason = HAWSER_ERR_RANGE);
    expect_no_item(s);
}

struct loan {
    int released;
    const void *data;
    size_t size;
};
static void release_loan(void *user, const void *data, size_t size) {
    struct loan *loan = user;
    loan->released++;
    loan->data = data;
    loan->size = size;
}

SCRIPT(s11_1_5_lent_buffers, "11.1.5",
       "a lent buffer is given back once: when acknowledged, or when the association ends; not on an error") {
    establish_active(s);
    static const uint8_t body[100] = "lent";
    struct hawser_span part = {body, sizeof body};
    struct loan loan = {0, NULL, 0};
    struct hawser_message message = HAWSER_INIT(message);
    message.parts = &part;
    message.part_count = 1;
    message.release = release_loan;
    message.release_user = &loan;
    message.flags = HAWSER_SEND_NO_DELAY;
    message.stream = 99;
    check_equal(hawser_send(s->stack, s->now, s->association, &message), HAWSER_ERR_STREAM);
    check_equal(loan.released, 0);
    message.stream = 0;
    check_equal(hawser_send(s->stack, s->now, s->association, &message), 0);
    script_pump(s);
    expect(s, DATA, .size = 100);
    check_equal(loan.released, 0);
    inject(s, SACK(.cum = 0));
    check_equal(loan.released, 1);
    check(loan.data == body && loan.size == sizeof body);
    check_equal(hawser_send(s->stack, s->now, s->association, &message), 0);
    script_pump(s);
    expect(s, DATA);
    inject(s, ABORT(NOTHING));
    skip_items(s);
    s->association = 0;
    check_equal(loan.released, 2);
}

SCRIPT(s11_1_5_gathered_parts, "11.1.5", "a message may be gathered from parts") {
    establish_active(s);
    struct hawser_span parts[3] = {TEXT("one "), TEXT("two "), TEXT("three")};
    struct hawser_message message = HAWSER_INIT(message);
    message.parts = parts;
    message.part_count = 3;
    check_equal(hawser_send(s->stack, s->now, s->association, &message), 0);
    expect(s, DATA, .text = "one two three");
}

SCRIPT(s11_1_6_set_primary, "11.1.6", "set primary: only to a path that exists") {
    start(s, .peer_addresses = 2);
    establish_passive(s);
    set(s, PRIMARY, 2);
    check_equal(status_of(s).primary_path, 2);
    check_equal(hawser_set(s->stack, s->now, s->association, 0, HAWSER_SET_PRIMARY, 5), HAWSER_ERR_PATH);
    send_message(s, 0, 10, 0);
    expect(s, DATA, .to = 1);
}

/* ---- 11.1.7 Receive ----------------------------------------------------------------------------------------------------- */

SCRIPT(s11_1_7_receive, "11.1.7, 11.2.1", "a message with its stream, SSN, ppid, path and TSN") {
    establish_passive(s);
    inject(s, DATA(.tsn = 0, .stream = 4, .ssn = 0, .ppid = 77, .text = "hello"));
    expect(s, SACK);
    struct hawser_ready ready;
    do
        check_equal(hawser_next(s->stack, &ready), 1);
    while (ready.id != s->association);
    check(ready.flags & HAWSER_READABLE);
    check_equal(hawser_next(s->stack, &ready), 0);
    expect_held(s, HAWSER_MESSAGE, .text = "hello");
    expect_message(s, .text = "hello", .stream = 4, .ssn = 0, .ppid = 77, .path = 1, .tsn = 0, .flags = 0);
    expect_no_item(s);
}

SCRIPT(s11_1_7_part_of_a_message, "11.1.7", "bytes of a message can be consumed one by one; the rest continues") {
    establish_passive(s);
    inject(s, DATA(.tsn = 0, .text = "abcdefgh"));
    expect(s, SACK);
    expect_held(s, HAWSER_MESSAGE, .text = "abcdefgh", .flags = 0);
    check_equal(hawser_consume(s->stack, s->now, s->association, 0, 3), 0);
    expect_held(s, HAWSER_MESSAGE, .text = "defgh", .flags = HAWSER_ITEM_CONTINUES);
    check_equal(hawser_consume(s->stack, s->now, s->association, 0, 6), HAWSER_ERR_ARGUMENT);
    expect_message(s, .text = "defgh");
    check_equal(hawser_consume(s->stack, s->now, s->association, 1, 0), HAWSER_ERR_ARGUMENT);
    check_equal(hawser_consume(s->stack, s->now, s->association, 0, 1), HAWSER_ERR_ARGUMENT);
    check_equal(hawser_consume(s->stack, s->now, 999, 0, 0), HAWSER_ERR_GONE);
}

SCRIPT(s11_1_7_several_at_once, "11.1.7", "several items at once, in order") {
    establish_passive(s);
    inject(s, DATA(.tsn = 0, .text = "a"), DATA(.tsn = 1, .ssn = 1, .text = "b"), DATA(.tsn = 2, .ssn = 2, .text = "c"));
    expect(s, SACK);
    struct hawser_item items[8];
    check_equal(hawser_receive(s->stack, s->association, items, 8), 3);
    for (int i = 0; i < 3; i++) {
        char letter = 0;
        check_equal(hawser_copy(items[i].message.pieces, 0, &letter, 1), 1);
        check_equal(letter, 'a' + i);
    }
    check_equal(hawser_receive(s->stack, s->association, items, 2), 2);
    check_equal(hawser_receive(s->stack, s->association, items, 8), 3);
    check_equal(hawser_consume(s->stack, s->now, s->association, 2, 1), 0);
    expect_no_item(s);
    check_equal(hawser_receive(s->stack, 999, items, 8), 0);
}

/* ---- 11.1.8 Status and others --------------------------------------------------------------------------------------------- */

SCRIPT(s11_1_8_status, "11.1.8, 11.1.11", "status: state, addresses and their states, windows, counts, primary, SRTT, RTO") {
    start(s, .peer_addresses = 2, .a_rwnd = 50000);
    establish_passive(s);
    struct hawser_status status = status_of(s);
    check_equal(status.state, HAWSER_ESTABLISHED);
    check_equal(status.path_count, 2);
    check_equal(status.peer_rwnd, 50000);
    check_range(status.a_rwnd, 1 << 20, 2097152);
    check_equal(status.primary_path, 1);
    check_equal(status.data_path, 1);
    check_equal(status.in_flight, 0);
    check(status.since > 0 && status.since <= s->now);
    check(status.memory > 0);
    send_message(s, 0, 10, 0);
    expect(s, DATA);
    check_equal(status_of(s).in_flight, 1);
    check_equal(status_of(s).queued_messages, 1);
    check(path_of(s, 1).flight > 0);
    struct hawser_path_status path = HAWSER_INIT(path);
    check_equal(hawser_path_status(s->stack, s->association, 2, &path), HAWSER_ERR_PATH);
    check_equal(hawser_path_status(s->stack, 999, 0, &path), HAWSER_ERR_GONE);
    check_equal(hawser_path_status(s->stack, s->association, 0, NULL), HAWSER_ERR_ARGUMENT);
    check_equal(hawser_status(s->stack, s->association, NULL), HAWSER_ERR_ARGUMENT);
    check_equal(hawser_status(s->stack, 999, &status), HAWSER_ERR_GONE);
    status.size = 1;
    check_equal(hawser_status(s->stack, s->association, &status), HAWSER_ERR_ARGUMENT);
}

SCRIPT(s11_1_8_state_names, "11.1.8, RFC 3873", "states and counters have their names") {
    static const char *const names[] = {"CLOSED",        "COOKIE-WAIT",   "COOKIE-ECHOED",     "ESTABLISHED", "SHUTDOWN-PENDING",
                                        "SHUTDOWN-SENT", "SHUTDOWN-RECEIVED", "SHUTDOWN-ACK-SENT"};
    for (int i = 0; i < 8; i++) {
        const char *name = hawser_state_name(i + 1);
        check(name != NULL && strlen(name) == strlen(names[i]));
    }
    check(strcmp(hawser_counter_name(HAWSER_COUNT_OutSCTPPacks), "OutSCTPPacks") == 0);
    check(hawser_counter_name(HAWSER_COUNTER_COUNT) == NULL);
    check(hawser_counter_name(-1) == NULL);
    check_equal(hawser_counter(s->stack, 0, HAWSER_COUNTER_COUNT), 0);
    check_equal(hawser_counter(s->stack, 999, HAWSER_COUNT_OutSCTPPacks), 0);
}

SCRIPT(s11_1_8_error_texts, "bad input", "every error has its name and sentence") {
#define HAS_TEXT(name, number, text) \
    check(strcmp(hawser_error_name(number), #name) == 0 && strcmp(hawser_error_text(number), text) == 0);
    HAWSER_ERRORS(HAS_TEXT)
    check(strcmp(hawser_error_text(0), "success") == 0);
    check(strcmp(hawser_error_text(-9999), "unknown error") == 0);
}

SCRIPT(s11_counters, "RFC 3873", "counters of packets, chunks and messages") {
    establish_passive(s);
    inject(s, DATA(.tsn = 0, .size = 30), DATA(.tsn = 1, .flags = U | B | E, .size = 40));
    expect(s, SACK);
    send_message(s, 0, 10, HAWSER_SEND_NO_DELAY);
    send_message(s, 0, 20, HAWSER_SEND_UNORDERED | HAWSER_SEND_NO_DELAY);
    expect(s, DATA);
    expect(s, DATA);
    check_equal(COUNT(InOrderChunks), 1);
    check_equal(COUNT(InUnorderChunks), 1);
    check_equal(COUNT(InBytes), 70);
    check_equal(COUNT(InMessages), 2);
    check_equal(COUNT(OutOrderChunks), 1);
    check_equal(COUNT(OutUnorderChunks), 1);
    check_equal(COUNT(OutBytes), 30);
    check_equal(COUNT(OutMessages), 2);
    check_equal(COUNT(InSCTPPacks), 3);
    check_equal(hawser_counter(s->stack, s->association, HAWSER_COUNT_OutBytes), 30);
    check(COUNT(OutSCTPPacks) >= 4);
    skip_items(s);
}

SCRIPT(s11_2_sender_dry, "11.2", "SENDER_DRY when everything is acknowledged, if asked for") {
    establish_active(s);
    send_message(s, 0, 10, 0);
    expect(s, DATA);
    inject(s, SACK(.cum = 0));
    expect_no_item(s);
    set(s, SENDER_DRY, 1);
    skip_items(s);
    send_message(s, 0, 10, 0);
    expect(s, DATA);
    expect_no_item(s);
    inject(s, SACK(.cum = 1));
    expect_item(s, HAWSER_SENDER_DRY);
    expect_no_item(s);
}

SCRIPT(s11_2_2_send_failure_returns_the_data, "11.2.2, 11.1.14, 11.1.15",
       "SEND FAILURE returns each message: begun or not, with context and bytes") {
    establish_active(s);
    set(s, MAX_BURST, 0);
    check_equal(send_with(s, .size = 3 * FULL, .context = 10, .fill = 'p', .ppid = 3, .stream = 2), 0);
    check_equal(send_with(s, .size = 500, .context = 11, .fill = 'q'), 0);
    expect_data_packets(s, 0, 3, FULL);
    inject(s, ABORT(NOTHING));
    expect_item(s, HAWSER_SEND_FAILED, .context = 10, .begun = 1, .fill = 'p', .ppid = 3, .stream = 2);
    expect_item(s, HAWSER_SEND_FAILED, .context = 11, .begun = 0, .fill = 'q', .size = 500);
    expect_ended(s, HAWSER_END_PEER_ABORTED);
}

static void note_record(void *user, const struct hawser_trace_record *record) {
    unsigned *seen = user;
    *seen |= 1u << record->type;
}

SCRIPT(s11_trace, "issue 2", "the trace tells of packets, states, timers, paths and the end; without a callback it is silent") {
    unsigned seen = 0;
    hawser_trace(s->stack, note_record, &seen);
    establish_active(s);
    send_message(s, 0, 10, 0);
    expect(s, DATA);
    advance(s, sec(1));
    expect(s, DATA);
    inject(s, SACK(.cum = 0));
    inject_by(s, WAY(.bad_sum = 1), SACK(.cum = 0));
    check_equal(seen, 1u << HAWSER_TRACE_PACKET_IN | 1u << HAWSER_TRACE_PACKET_OUT | 1u << HAWSER_TRACE_PACKET_DROPPED |
                          1u << HAWSER_TRACE_STATE | 1u << HAWSER_TRACE_TIMER | 1u << HAWSER_TRACE_PATH);
    hawser_trace(s->stack, NULL, NULL);
    seen = 0;
    inject(s, HEARTBEAT(U32(1)));
    expect(s, HEARTBEAT_ACK);
    check_equal(seen, 0);
    hawser_trace(s->stack, note_record, &seen);
    inject(s, ABORT(NOTHING));
    check(seen & 1u << HAWSER_TRACE_END);
    hawser_trace(s->stack, NULL, NULL);
    skip_items(s);
    s->association = 0;
}

SCRIPT(s11_user_pointers, "11.1.1, 11.1.2", "the user's pointers come back from hawser_next") {
    int mark = 0, other = 0;
    establish_active(s);
    check_equal(hawser_set_user(s->stack, s->association, &mark), 0);
    check_equal(hawser_set_user(s->stack, 999, &other), HAWSER_ERR_GONE);
    struct hawser_ready ready;
    while (hawser_next(s->stack, &ready))
        ;
    inject(s, DATA(.tsn = 0));
    expect(s, SACK);
    check_equal(hawser_next(s->stack, &ready), 1);
    check(ready.user == &mark);
    expect_message(s);
}

SCRIPT(s11_new_errors, "bad input", "hawser_new: ARGUMENT for what is missing") {
    hawser *stack = NULL;
    struct hawser_host host;
    memset(&host, 0, sizeof host);
    check_equal(hawser_new(&stack, NULL, NULL), HAWSER_ERR_ARGUMENT);
    check_equal(hawser_new(&stack, NULL, &host), HAWSER_ERR_ARGUMENT);
    host.size = sizeof host;
    check_equal(hawser_new(&stack, NULL, &host), HAWSER_ERR_ARGUMENT);
    check(stack == NULL);
    hawser_free(NULL);
    for (int i = 0; i < 4; i++) { /* each function of the host is needed */
        struct script *other = script_begin("host");
        host = other->host;
        void **function[] = {(void **)(void *)&host.allocate, (void **)(void *)&host.release, (void **)(void *)&host.random,
                             (void **)(void *)&host.hmac_sha256};
        *function[i] = NULL;
        check_equal(hawser_new(&stack, NULL, &host), HAWSER_ERR_ARGUMENT);
        struct hawser_options options = HAWSER_INIT(options);
        options.shard_bits = 9;
        check_equal(hawser_new(&stack, &options, &other->host), HAWSER_ERR_ARGUMENT);
        options.shard_bits = 2;
        options.shard = 4;
        check_equal(hawser_new(&stack, &options, &other->host), HAWSER_ERR_ARGUMENT);
        script_end(other);
    }
}

SCRIPT(s11_items_stay_until_consumed, "11.2",
       "what was shown and not consumed is shown again; states are told once, the newest") {
    start(s, .peer_addresses = 2);
    establish_passive(s);
    check_equal(hawser_set(s->stack, s->now, s->association, 2, HAWSER_SET_PATH_MAX_RETRANS, 0), 0);
    for (int i = 0; i < 3; i++) { /* inactive, active, ... inactive: one item */
        check_equal(hawser_heartbeat(s->stack, s->now, s->association, 2), 0);
        const struct seen *seen = expect(s, HEARTBEAT, .to = 1);
        advance(s, sec(9));
        check_equal(path_of(s, 2).state, HAWSER_PATH_INACTIVE);
        if (i < 2) {
            check_equal(hawser_heartbeat(s->stack, s->now, s->association, 2), 0);
            seen = expect(s, HEARTBEAT, .to = 1);
            inject_by(s, WAY(.from = 1), HEARTBEAT_ACK(seen));
            check_equal(path_of(s, 2).state, HAWSER_PATH_ACTIVE);
        }
    }
    expect_held(s, HAWSER_PATH_CHANGED, .path = 2, .state = HAWSER_PATH_INACTIVE);
    expect_held(s, HAWSER_PATH_CHANGED, .path = 2, .state = HAWSER_PATH_INACTIVE);
    inject(s, DATA(.tsn = 0, .text = "after"));
    expect(s, SACK);
    expect_item(s, HAWSER_PATH_CHANGED, .path = 2, .state = HAWSER_PATH_INACTIVE);
    expect_message(s, .text = "after");
    expect_no_item(s);
}

SCRIPT(s11_shard_bits, "design", "shard bits are the top bits of every tag that is chosen") {
    hawser_free(s->stack);
    struct hawser_options options = HAWSER_INIT(options);
    options.shard_bits = 8;
    options.shard = 255;
    script_new_stack(s, &options);
    establish_passive(s);
    check_equal(s->stack_tag >> 24, 255);
    s->association = s->endpoint = 0;
    hawser_free(s->stack);
    options.shard_bits = 3;
    options.shard = 5;
    script_new_stack(s, &options);
    establish_passive(s);
    check_equal(s->stack_tag >> 29, 5);
    hawser_id first = s->association;
    s->peer_tag++;
    inject(s, INIT());
    check_equal(expect(s, INIT_ACK)->init.tag >> 29, 5);
    s->association = first;
}

SCRIPT(s11_limits_of_the_stack, "design", "objects_max and memory_max bound a stack") {
    hawser_free(s->stack);
    struct hawser_options options = HAWSER_INIT(options);
    options.objects_max = 2;
    script_new_stack(s, &options);
    script_open(s);
    hawser_id id = 0;
    connect_now(s, 1);
    expect(s, INIT);
    check_equal(connect_with(s, s->endpoint, 7, s->peer, 1, &id), HAWSER_ERR_LIMIT);
    check_equal(open_with(s, 8, s->local, 1, &id), HAWSER_ERR_LIMIT);
}

SCRIPT(s11_memory_of_an_association_is_bounded, "design, notes", "memory_max bounds an association, whatever is queued") {
    establish_active(s);
    set(s, SEND_BUFFER, 1 << 30);
    set(s, MEMORY_MAX, 1 << 20);
    int error = 0;
    for (int i = 0; i < 5000 && !error; i++)
        error = send_with(s, .size = 1000);
    check(error == HAWSER_ERR_NO_MEMORY || error == HAWSER_ERR_WOULD_BLOCK);
    check(status_of(s).memory <= 1 << 20);
    expect_state(s, ESTABLISHED);
    s->quiet_end = true;
}
