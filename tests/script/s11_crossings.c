/* SPDX-License-Identifier: MIT
 *
 * RFC 9260 sections 8, 9, 10, 11: what stays true when packets, timers and the user's calls cross each other.
 */
#include "script.h"

/* ---- 8.3, 9 ----------------------------------------------------------------------------------------------------- */

SCRIPT(s8_3_heartbeat_larger_than_the_path, "8.3, bad input",
       "a HEARTBEAT whose answer fits no packet of the path holds nothing else up") {
    establish_passive(s);
    inject(s, HEARTBEAT(FILL(3000, 'h')));
    skip_output(s);
    inject(s, CHUNK(0xc1, 0, FILL(1462, 'x')));
    skip_output(s);
    inject(s, HEARTBEAT(U32(1)));
    expect(s, HEARTBEAT_ACK);
    send_message(s, 0, 10, 0);
    expect(s, DATA, .tsn = 0);
    inject(s, SACK(.cum = 0));
    check_equal(hawser_deadline(s->stack) > s->now, 1);
}

SCRIPT(s9_2_only_data_restarts_t2, "9.2, departure", "in SHUTDOWN-SENT T2 is restarted by packets with DATA, not by others") {
    establish_passive(s);
    reach_shutdown_sent(s);
    advance(s, ms(600));
    inject(s, HEARTBEAT(U32(1)));
    inject(s, SACK(.cum = -1));
    advance(s, ms(399));
    expect_nothing(s);
    advance(s, ms(1));
    expect(s, SHUTDOWN);
}

/* ---- 10 --------------------------------------------------------------------------------------------------------- */

SCRIPT(s10_icmpv6_never_below_1280, "10, RFC 8201 4", "an ICMPv6 message never takes the path MTU below 1280") {
    start(s, .ipv6 = true);
    establish_active(s);
    send_message(s, 0, 10, 0);
    const struct seen *seen = expect(s, DATA);
    report_icmp(s, HAWSER_REPORT_TOO_BIG, 600, (struct hawser_span){seen->packet->bytes, seen->packet->size});
    check_equal(path_of(s, 1).mtu, 1280);
    inject(s, SACK(.cum = 0));
}

SCRIPT(s10_reports_about_no_address, "10, bad input", "reports without an address change nothing") {
    start(s, .local_addresses = 0);
    establish_active(s);
    send_message(s, 0, 10, 0);
    expect(s, DATA);
    inject(s, SACK(.cum = 0));
    uint32_t cwnd = path_of(s, 1).cwnd;
    uint64_t ignored = COUNT(ReportsIgnored);
    struct hawser_report report = HAWSER_INIT(report);
    report.kind = HAWSER_REPORT_ADDRESS_DOWN;
    hawser_report(s->stack, s->now, &report);
    report.kind = HAWSER_REPORT_ROUTE_CHANGED;
    hawser_report(s->stack, s->now, &report);
    check_equal(COUNT(ReportsIgnored), ignored + 2);
    check_equal(path_of(s, 1).cwnd, cwnd);
}

/* ---- 11 --------------------------------------------------------------------------------------------------------- */

SCRIPT(s11_consume_is_all_or_nothing, "11.1, bad input", "hawser_consume of more than was shown takes nothing") {
    establish_passive(s);
    inject(s, DATA(.tsn = 0, .text = "one"));
    skip_output(s);
    inject(s, DATA(.tsn = 1, .ssn = 1, .text = "two"));
    advance(s, ms(200));
    skip_output(s);
    struct hawser_item items[4];
    check_equal(hawser_receive(s->stack, s->association, items, 4), 2);
    check_equal(hawser_consume(s->stack, s->now, s->association, 3, 0), HAWSER_ERR_ARGUMENT);
    check_equal(hawser_consume(s->stack, s->now, s->association, 2, 1), HAWSER_ERR_ARGUMENT);
    check_equal(hawser_consume(s->stack, s->now, s->association, 1, 4), HAWSER_ERR_ARGUMENT);
    check_equal(hawser_consume(s->stack, s->now, s->association, 0, 4), HAWSER_ERR_ARGUMENT);
    check_equal(hawser_consume(s->stack, s->now, s->association, 1, 2), 0);
    expect_message(s, .text = "o");
    expect_no_item(s);
    /* the end is not taken by a call that asks for more either */
    inject(s, ABORT(NOTHING));
    check_equal(hawser_receive(s->stack, s->association, items, 4), 1);
    check_equal(items[0].type, HAWSER_ENDED);
    check_equal(hawser_consume(s->stack, s->now, s->association, 2, 0), HAWSER_ERR_ARGUMENT);
    check_equal(hawser_consume(s->stack, s->now, s->association, 1, 1), HAWSER_ERR_ARGUMENT);
    expect_ended(s, HAWSER_END_PEER_ABORTED);
}

SCRIPT(s11_consume_bytes_behind_notifications, "11.1",
       "hawser_consume takes bytes of the message behind the items, wherever notifications lie") {
    get_cookie(s);
    inject(s, COOKIE_ECHO(), DATA(.tsn = 0, .text = "first"), DATA(.tsn = 1, .ssn = 1, .text = "second"));
    skip_output(s);
    expect_arrived(s);
    struct hawser_item items[4];
    check_equal(hawser_receive(s->stack, s->association, items, 4), 3);
    check_equal(items[0].type, HAWSER_UP);
    check_equal(hawser_consume(s->stack, s->now, s->association, 0, 1), HAWSER_ERR_ARGUMENT);
    check_equal(hawser_consume(s->stack, s->now, s->association, 3, 1), HAWSER_ERR_ARGUMENT);
    check_equal(hawser_consume(s->stack, s->now, s->association, 2, 3), 0);
    expect_message(s, .text = "ond");
}

SCRIPT(s11_arrival_closed_without_being_taken, "11.1",
       "an arrival that is closed by its id is gone from the endpoint, and the next one is told") {
    get_cookie(s);
    struct hawser_ready ready;
    while (hawser_next(s->stack, &ready))
        ;
    for (int i = 0; i < 3; i++) {
        inject(s, COOKIE_ECHO());
        expect(s, COOKIE_ACK);
        bool told = false;
        while (hawser_next(s->stack, &ready))
            told |= ready.id == s->endpoint && (ready.flags & HAWSER_READABLE);
        check(told);
        struct hawser_item item;
        check_equal(hawser_receive(s->stack, s->endpoint, &item, 1), 1);
        check_equal(hawser_close(s->stack, s->now, item.association), 0);
        check_equal(hawser_consume(s->stack, s->now, s->endpoint, 1, 0), HAWSER_ERR_ARGUMENT);
        script_pump(s);
        expect(s, ABORT);
        inject(s, INIT());
        remember(s, expect(s, INIT_ACK));
    }
}

SCRIPT(s11_endpoints_with_the_same_address_in_other_words, "11.1.1, bad input",
       "an IPv4-mapped address and a needless scope do not make another address") {
    struct hawser_address plain = script_ipv4(192, 0, 2, 1, 0), mapped, global = script_ipv6(1, 1, 0), scoped = global;
    memset(&mapped, 0, sizeof mapped);
    mapped.family = HAWSER_IPV6;
    mapped.ip[10] = mapped.ip[11] = 0xff;
    memcpy(mapped.ip + 12, plain.ip, 4);
    scoped.scope = 3;
    struct hawser_address pairs[2][2] = {{plain, mapped}, {global, scoped}};
    for (unsigned i = 0; i < 4; i++) {
        struct hawser_address *pair = pairs[i / 2], first = pair[i % 2], second = pair[1 - i % 2];
        hawser_id one = 0, two = 0;
        struct hawser_endpoint_options options = HAWSER_INIT(options);
        options.port = 7000;
        options.addresses = &first;
        options.address_count = 1;
        check_equal(hawser_open(s->stack, &options, &one), 0);
        options.addresses = &second;
        check_equal(hawser_open(s->stack, &options, &two), HAWSER_ERR_IN_USE);
        check_equal(hawser_close(s->stack, s->now, one), 0);
        struct hawser_address both[2] = {first, second};
        options.addresses = both;
        options.address_count = 2;
        check_equal(hawser_open(s->stack, &options, &two), HAWSER_ERR_ADDRESS);
    }
}

SCRIPT(s11_input_without_bytes_fires_timers, "11.1", "hawser_input with no bytes lets time pass: what is due happens") {
    set(s, MAX_INIT_RETRANS, 0);
    reach_cookie_wait(s);
    struct hawser_ready ready;
    while (hawser_next(s->stack, &ready))
        ;
    hawser_time due = hawser_deadline(s->stack);
    s->now = due;
    hawser_input(s->stack, s->now, NULL);
    check(hawser_deadline(s->stack) > due);
    check_equal(hawser_next(s->stack, &ready), 1);
    check(ready.flags & HAWSER_ENDED_FLAG);
    expect_ended(s, HAWSER_END_NO_ANSWER);
}

SCRIPT(s11_structs_that_are_too_small, "11.1, bad input", "a struct without the fields of the first version is refused") {
    hawser_id id = 0;
    struct hawser_endpoint_options endpoint = HAWSER_INIT(endpoint);
    endpoint.port = 7000;
    endpoint.size = sizeof(size_t);
    check_equal(hawser_open(s->stack, &endpoint, &id), HAWSER_ERR_ARGUMENT);
    listen_now(s);
    struct hawser_connect_options connect = HAWSER_INIT(connect);
    connect.port = PEER_PORT;
    connect.addresses = s->peer;
    connect.address_count = 1;
    connect.size = sizeof connect - 1;
    check_equal(hawser_connect(s->stack, s->now, s->endpoint, &connect, &id), HAWSER_ERR_ARGUMENT);
    struct hawser_span init = packet(s, WAY(.tag = 0), INIT());
    struct hawser_arrival arrival = HAWSER_INIT(arrival);
    arrival.data = init.data;
    arrival.length = init.size;
    arrival.remote = s->peer[0];
    arrival.local = s->local[0];
    arrival.size = sizeof(size_t);
    hawser_input(s->stack, s->now, &arrival);
    script_pump(s);
    expect_nothing(s);
    arrival.size = sizeof arrival + 8; /* of a later version */
    hawser_input(s->stack, s->now, &arrival);
    script_pump(s);
    expect(s, INIT_ACK);
    struct hawser_report report = HAWSER_INIT(report);
    report.kind = HAWSER_REPORT_ADDRESS_UP;
    report.local = s->local[0];
    report.size = sizeof(size_t);
    uint64_t ignored = COUNT(ReportsIgnored);
    hawser_report(s->stack, s->now, &report);
    check_equal(COUNT(ReportsIgnored), ignored + 1);
}

SCRIPT(s11_shown_and_then_restarted, "5.2.4 A, 11.1",
       "what hawser_receive showed is what hawser_consume takes, though the peer restarts in between without that path") {
    start(s, .peer_addresses = 2);
    get_cookie(s);
    inject(s, COOKIE_ECHO());
    expect(s, COOKIE_ACK);
    expect_arrived(s);
    expect_item(s, HAWSER_UP);
    if (next_chunk(s) != HW_HEARTBEAT)
        wait_packet(s, sec(2));
    const struct seen *beat = expect(s, HEARTBEAT, .to = 1);
    inject_by(s, WAY(.from = 1), HEARTBEAT_ACK(beat));
    inject(s, DATA(.tsn = 0, .text = "too"));
    skip_output(s);
    struct hawser_item items[4];
    check_equal(hawser_receive(s->stack, s->association, items, 4), 2);
    check_equal(items[0].type, HAWSER_PATH_CHANGED);
    check_equal(items[1].type, HAWSER_MESSAGE);
    inject(s, INIT(.tag = 5, .addresses = 0));
    remember(s, expect(s, INIT_ACK, .tag = 5));
    inject(s, COOKIE_ECHO());
    expect(s, COOKIE_ACK, .tag = 5);
    check_equal(status_of(s).path_count, 1);
    check_equal(hawser_consume(s->stack, s->now, s->association, 1, 0), 0);
    while (hawser_receive(s->stack, s->association, items, 1) == 1 && items[0].type != HAWSER_MESSAGE)
        check_equal(hawser_consume(s->stack, s->now, s->association, 1, 0), 0);
    expect_message(s, .text = "too");
    skip_items(s);
    s->quiet_end = true;
}
