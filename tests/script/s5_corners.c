/* SPDX-License-Identifier: MIT
 *
 * Corners of whose packet it is: cookies of other stacks and other times, chunks out of place, answers that wait for each other,
 * and what the caller of the doors sees of it.
 */
#include "script.h"

#define STRANGE_TAG 0x0badcafeu

/* ---- cookies ------------------------------------------------------------------------------------------------------- */

SCRIPT(s5_1_3_the_key_is_a_secret, "5.1.3", "a cookie of another stack, with other random bytes, is as good as forged") {
    get_cookie(s);
    hawser_free(s->stack);
    s->endpoint = 0;
    s->random++;
    script_new_stack(s, NULL);
    listen_now(s);
    inject_by(s, WAY(.source_port = 6001), INIT(.tag = 5)); /* there is a key */
    expect(s, INIT_ACK);
    inject(s, COOKIE_ECHO());
    expect_nothing(s);
    check_equal(COUNT(BadCookies), 1);
}

SCRIPT(s5_1_3_keys_change, "5.1.3",
       "the key changes hourly; what the one before has signed is good for an hour more, and then is not") {
    set(s, COOKIE_LIFE, sec(3600));
    listen_now(s);
    inject_by(s, WAY(.source_port = 6001), INIT(.tag = 5)); /* the first key */
    expect(s, INIT_ACK);
    advance(s, sec(1800));
    get_cookie(s);
    struct hawser_span old = s->cookie;
    uint32_t old_tag = s->stack_tag;
    inject_by(s, WAY(.source_port = 6002), INIT(.tag = 6));
    uint8_t first = param_of(expect(s, INIT_ACK), HW_PARAM_COOKIE).data[33];
    advance(s, sec(1801));
    inject_by(s, WAY(.source_port = 6003), INIT(.tag = 7)); /* the second key */
    check(param_of(expect(s, INIT_ACK), HW_PARAM_COOKIE).data[33] != first);
    inject_by(s, WAY(.source_port = 6004), INIT(.tag = 8)); /* and no third one yet */
    check(param_of(expect(s, INIT_ACK), HW_PARAM_COOKIE).data[33] != first);
    inject(s, COOKIE_ECHO());
    expect(s, COOKIE_ACK);
    expect_arrived(s);
    inject(s, ABORT(NOTHING));
    expect_ended(s, HAWSER_END_PEER_ABORTED);
    advance(s, sec(3600));
    s->peer_tag++;
    inject(s, INIT(.tag = s->peer_tag)); /* the third, in place of the first */
    expect(s, INIT_ACK);
    s->cookie = old;
    s->stack_tag = old_tag;
    uint64_t bad = COUNT(BadCookies);
    inject(s, COOKIE_ECHO());
    expect_nothing(s);
    check_equal(COUNT(BadCookies), bad + 1);
}

static int no_hmac(void *user, const uint8_t key[32], struct hawser_span text, uint8_t mac[32]) {
    (void)user;
    (void)key;
    (void)text;
    (void)mac;
    return -1;
}

SCRIPT(s5_1_3_no_cookie_without_a_signature, "5.1.3",
       "a host that cannot sign: no INIT ACK, for its cookie would be good for nothing") {
    struct hawser_host host = s->host;
    host.hmac_sha256 = no_hmac;
    hawser_free(s->stack);
    check_equal(hawser_new(&s->stack, NULL, &host), 0);
    listen_now(s);
    inject(s, INIT());
    expect_nothing(s);
    check_equal(COUNT(AnswersDropped), 1);
}

SCRIPT(s5_1_5_cookies_of_those_before, "5.1.5, 5.2.4",
       "cookies of associations that are over make none anew, also not those before the last") {
    struct hawser_span cookies[3];
    uint32_t tags[3];
    for (uint32_t i = 0; i < 3; i++) {
        s->peer_tag = PEER_TAG + i;
        establish_passive(s);
        cookies[i] = s->cookie;
        tags[i] = s->stack_tag;
        inject(s, ABORT(NOTHING));
        expect_ended(s, HAWSER_END_PEER_ABORTED);
    }
    for (uint32_t i = 0; i < 3; i++) {
        s->cookie = cookies[i];
        s->stack_tag = tags[i];
        inject(s, COOKIE_ECHO());
        check_equal(COUNT(CurrEstab), 0);
        check(next_chunk(s) != HW_COOKIE_ACK);
        skip_output(s);
    }
}

SCRIPT(s5_1_5_cookie_echo_comes_first, "5.1, 6.10, 8.4 8",
       "a COOKIE ECHO that is not the first chunk of its packet makes no association: it is as any chunk out of the blue") {
    get_cookie(s);
    inject(s, HEARTBEAT(U32(1)), COOKIE_ECHO());
    expect(s, ABORT, .tag = s->stack_tag, .t = 1);
    expect_nothing(s);
    check_equal(COUNT(CurrEstab), 0);
    inject(s, COOKIE_ECHO());
    expect(s, COOKIE_ACK);
}

/* ---- out of place -------------------------------------------------------------------------------------------------- */

SCRIPT(s8_5_1_e_shutdown_ack_with_a_wrong_tag, "8.5, 8.5.1 E",
       "a SHUTDOWN ACK with a wrong tag is dropped in silence, unless the association is being set up") {
    establish_passive(s);
    inject_by(s, WAY(.tag = STRANGE_TAG), SHUTDOWN_ACK());
    expect_nothing(s);
    expect_state(s, ESTABLISHED);
    check_equal(COUNT(BadTags), 1);
}

SCRIPT(s6_4_errors_go_to_the_source, "6.4", "an ERROR goes to the address from which came what it is about") {
    start(s, .peer_addresses = 2);
    establish_passive(s);
    inject_by(s, WAY(.from = 1), CHUNK(0xfe, 0, U32(1)));
    expect(s, ERROR, .to = 1, .cause = HW_CAUSE_UNRECOGNIZED_CHUNK);
    inject(s, CHUNK(0xfe, 0, U32(1)));
    expect(s, ERROR, .to = 0, .cause = HW_CAUSE_UNRECOGNIZED_CHUNK);
}

SCRIPT(s10_icmp9_unreachable_counts, "10 ICMP9", "unreachable: an error of the path, and no more than one in an RTO") {
    start(s, .peer_addresses = 2);
    establish_active(s);
    set(s, RTO_INITIAL, sec(1));
    send_message(s, 0, 10, 0);
    const struct seen *seen = expect(s, DATA, .to = 0);
    struct hawser_span quoted = {seen->packet->bytes, 8};
    inject(s, SACK(.cum = 0));
    for (int i = 0; i < 10; i++)
        report_icmp(s, HAWSER_REPORT_UNREACHABLE, 0, quoted);
    check_equal(path_of(s, 1).error_count, 1);
    advance(s, path_of(s, 1).rto);
    report_icmp(s, HAWSER_REPORT_UNREACHABLE, 0, quoted);
    check_equal(path_of(s, 1).error_count, 2);
    check_equal(path_of(s, 2).error_count, 0);
}

/* ---- answers to strangers ------------------------------------------------------------------------------------------ */

SCRIPT(s8_4_answers_wait_in_order, "8.4, design",
       "strangers of one batch are answered one after the other, each with its own tag") {
    listen_now(s);
    struct hawser_span train = NOTHING;
    for (uint32_t i = 0; i < 40; i++)
        train = JOIN(train, packet(s, WAY(.tag = STRANGE_TAG + i, .from = 0), HEARTBEAT(U32(1))));
    script_inject_bytes(s, WAY(.segment = train.size / 40), train);
    for (uint32_t i = 0; i < 32; i++) /* HW_ANSWERS */
        expect(s, ABORT, .tag = STRANGE_TAG + i, .t = 1);
    expect_nothing(s);
    check_equal(COUNT(AnswersDropped), 8);
    inject_by(s, WAY(.tag = STRANGE_TAG), HEARTBEAT(U32(1)));
    expect(s, ABORT, .tag = STRANGE_TAG, .t = 1);
}

static void arrive(struct script *s, struct hawser_span bytes) {
    struct hawser_arrival arrival = HAWSER_INIT(arrival);
    arrival.data = bytes.data;
    arrival.length = bytes.size;
    arrival.remote = s->peer[0];
    arrival.local = s->local[0];
    hawser_input(s->stack, s->now, &arrival);
}

SCRIPT(s11_a_departure_is_filled_anew, "design",
       "what a departure said of the packet before is not said of the next one; small buffers get nothing") {
    listen_now(s);
    check(hawser_deadline(s->stack) > s->now);
    arrive(s, packet(s, WAY(.tag = STRANGE_TAG), HEARTBEAT(U32(1))));
    check_equal(hawser_deadline(s->stack), 0);
    uint8_t buffer[2000];
    struct hawser_departure departure = HAWSER_INIT(departure);
    departure.buffer = buffer;
    departure.capacity = 575;
    departure.length = 77;
    check_equal(hawser_output(s->stack, s->now, &departure), 0);
    check_equal(departure.length, 0);
    departure.capacity = sizeof buffer;
    departure.ecn = 3;
    departure.dscp = 46;
    departure.flags = HAWSER_DEPARTURE_MAY_FRAGMENT;
    check(hawser_output(s->stack, s->now, &departure) > 0);
    check_equal(departure.ecn, 0);
    check_equal(departure.dscp, 0);
    check_equal(departure.flags, HAWSER_DEPARTURE_DF);
    check_equal(departure.send_at, s->now);
    check_equal(hawser_output(s->stack, s->now, &departure), 0);
    check(hawser_deadline(s->stack) > s->now);
}

SCRIPT(s11_no_memory_for_a_stack, "design", "hawser_new without memory: NO_MEMORY, and what there was is given back") {
    hawser_free(s->stack);
    s->stack = NULL;
    for (long after = 0;; after++) {
        s->fail_after = after;
        hawser *stack = NULL;
        int error = hawser_new(&stack, NULL, &s->host);
        s->fail_after = -1;
        if (error == 0) {
            check(after >= 2);
            s->stack = stack;
            break;
        }
        check_equal(error, HAWSER_ERR_NO_MEMORY);
        check(stack == NULL);
        check_equal(s->blocks, 0);
        check_equal(s->bytes, 0);
    }
}

SCRIPT(s11_more_addresses_than_are_kept, "design",
       "of the addresses that a machine reports sixteen are kept, the same one once, and no multicast") {
    struct hawser_report report = HAWSER_INIT(report);
    report.kind = HAWSER_REPORT_ADDRESS_UP;
    report.local = script_ipv4(224, 0, 0, 1, 0);
    hawser_report(s->stack, s->now, &report);
    check_equal(COUNT(ReportsIgnored), 1);
    for (unsigned i = 0; i < 40; i++) {
        report.local = script_ipv4(10, 9, 8, 1 + i / 2, 0);
        hawser_report(s->stack, s->now, &report);
    }
    check(COUNT(ReportsIgnored) >= 1 + 8);
    start(s, .local_addresses = 0);
    s->peer[0] = script_ipv4(10, 9, 8, 200, 0);
    connect_now(s, 1);
    const struct seen *init = expect(s, INIT);
    struct hw_cursor cursor = hw_cursor_over((struct hawser_span){init->value.data + 16, init->value.size - 16});
    struct hw_tlv param;
    unsigned count = 0;
    while (hw_cursor_param(&cursor, &param) == HW_CURSOR_ITEM)
        count += param.type == HW_PARAM_IPV4;
    check_equal(count, 16);
}
