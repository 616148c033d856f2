/* SPDX-License-Identifier: MIT
 *
 * RFC 6525: what a peer ought not to send, what a user ought not to ask, and what happens without memory.
 */
#include "reconfig.h"

#include <stdlib.h>

#define HALF ((uint32_t)1 << 31)

static void begin(struct script *s) {
    start_reconfig(s);
    establish_passive(s);
}

/* ---- form (3.1, 4) ------------------------------------------------------------------------------------------------ */

static struct hawser_span param_by_type(struct script *s, int type, int number) {
    switch (type) {
    case HW_PARAM_OUTGOING_RESET: return RESET_OUT(number, -1, -1, STREAMS(1));
    case HW_PARAM_INCOMING_RESET: return RESET_IN(number, STREAMS(1));
    case HW_PARAM_ASSOCIATION_RESET: return RESET_ALL(number);
    case HW_PARAM_RECONFIG_RESPONSE: return RESPONSE(0, 1);
    case HW_PARAM_ADD_OUTGOING: return ADD_OUT(number, 1);
    default: return ADD_IN(number, 1);
    }
}

SCRIPT(rfc6525_3_1_combinations, "RFC 6525 3.1",
       "a combination that is not allowed: ERROR with Protocol Violation, and nothing is done") {
    begin(s);
    set(s, RECONFIGURATION_ALLOWED, 7);
    unsigned refused = 0;
    for (int first = HW_PARAM_OUTGOING_RESET; first <= HW_PARAM_ADD_INCOMING; first++)
        for (int second = HW_PARAM_OUTGOING_RESET; second <= HW_PARAM_ADD_INCOMING; second++) {
            bool allowed = (first == 13 && second == 14) || (first == 17 && second == 18) || (first == 16 && second == 13) ||
                           (first == 16 && second == 16);
            if (allowed)
                continue;
            inject(s, RE_CONFIG(param_by_type(s, first, 0), param_by_type(s, second, 1)));
            expect(s, ERROR, .cause = HW_CAUSE_PROTOCOL_VIOLATION);
            expect_nothing(s);
            expect_no_item(s);
            refused++;
        }
    check_equal(refused, 32);
    inject(s, RE_CONFIG(NOTHING));
    expect(s, ERROR, .cause = HW_CAUSE_PROTOCOL_VIOLATION);
    inject(s, RE_CONFIG(RESPONSE(0, 1), RESPONSE(1, 1), RESPONSE(2, 1)));
    expect(s, ERROR, .cause = HW_CAUSE_PROTOCOL_VIOLATION);
    inject(s, RE_CONFIG(RESET_OUT(0, -1, -1, STREAMS(1)), RESET_IN(1, STREAMS(1)), RESPONSE(0, 1)));
    expect(s, ERROR, .cause = HW_CAUSE_PROTOCOL_VIOLATION);
    check_equal(status_of(s).streams_in, 10);
    inject(s, RE_CONFIG(ADD_OUT(0, 1))); /* no number was spent */
    expect_response(s, 0, HW_RECONFIG_PERFORMED);
    skip_items(s);
}

SCRIPT(rfc6525_4_lengths, "RFC 6525 4, 3.1",
       "a parameter of a length that it cannot have: Protocol Violation, and nothing is done") {
    begin(s);
    set(s, RECONFIGURATION_ALLOWED, 7);
    static const uint8_t zeros[40];
    for (int type = HW_PARAM_OUTGOING_RESET; type <= HW_PARAM_ADD_INCOMING; type++)
        for (size_t size = 4; size <= 28; size++) {
            bool right = type == 13   ? size >= 16 && size % 2 == 0
                         : type == 14 ? size >= 8 && size % 2 == 0
                         : type == 15 ? size == 8
                         : type == 16 ? size == 12 || size == 20
                                      : size == 12;
            if (right)
                continue;
            struct hawser_span value = size >= 8 ? JOIN(THEIRS(0), (struct hawser_span){zeros, size - 8})
                                                 : (struct hawser_span){zeros, size - 4};
            inject(s, RE_CONFIG(PARAM(type, value)));
            expect(s, ERROR, .cause = HW_CAUSE_PROTOCOL_VIOLATION);
            expect_nothing(s);
        }
    inject(s, RE_CONFIG(BYTES(0, 17, 0, 3)));
    expect(s, ERROR, .cause = HW_CAUSE_PROTOCOL_VIOLATION);
    inject(s, RE_CONFIG(BYTES(0, 17, 0, 200, 0, 0)));
    expect(s, ERROR, .cause = HW_CAUSE_PROTOCOL_VIOLATION);
    inject(s, RE_CONFIG(BYTES(0, 17)));
    expect(s, ERROR, .cause = HW_CAUSE_PROTOCOL_VIOLATION);
    expect_no_item(s);
    check_equal(status_of(s).streams_in, 10);
}

SCRIPT(rfc6525_4_unknown_parameters, "RFC 6525 4, RFC 9260 3.2.1", "parameters that nobody knows: by their two high bits") {
    begin(s);
    inject(s, RE_CONFIG(PARAM(0x8123, TEXT("skip")), ADD_OUT(0, 1)));
    expect_response(s, 0, HW_RECONFIG_PERFORMED);
    inject(s, RE_CONFIG(ADD_OUT(1, 1), PARAM(0x0123, TEXT("stop")), RESPONSE(9, 1), RESPONSE(9, 1)));
    expect_response(s, 1, HW_RECONFIG_PERFORMED);
    inject(s, RE_CONFIG(PARAM(0xC123, TEXT("report")), ADD_OUT(2, 1)));
    expect(s, SACK);
    expect_also(s, ERROR, .cause = HW_CAUSE_UNRECOGNIZED_PARAMETERS);
    expect_also(s, RE_CONFIG);
    inject(s, RE_CONFIG(PARAM(0x0123, TEXT("stop")), ADD_OUT(3, 1)));
    expect(s, ERROR, .cause = HW_CAUSE_PROTOCOL_VIOLATION);
    check_equal(status_of(s).streams_in, 13);
    check_equal(COUNT(UnknownParameters), 4);
    skip_items(s);
}

/* ---- numbers (4.1, 5.2.1) ----------------------------------------------------------------------------------------- */

SCRIPT(rfc6525_5_2_1_numbers, "RFC 6525 5.2.1, 4.4",
       "numbers that jump or are long past: Bad Sequence Number, and nothing is done") {
    start(s, .params = OFFERS_RECONFIG, .peer_tsn = 0xfffffffe);
    establish_passive(s);
    static const int bad[] = {1, 2, -1, -2, 100, 0x7fffffff};
    for (unsigned i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        inject(s, RE_CONFIG(ADD_OUT(bad[i], 1)));
        expect_response(s, (uint32_t)bad[i], HW_RECONFIG_BAD_NUMBER);
    }
    for (int i = 0; i < 5; i++) { /* over the wrap */
        inject(s, RE_CONFIG(ADD_OUT(i, 1)));
        expect_response(s, (uint32_t)i, HW_RECONFIG_PERFORMED);
        inject(s, RE_CONFIG(ADD_OUT(i, 1)));
        expect_response(s, (uint32_t)i, HW_RECONFIG_PERFORMED);
        check_equal(status_of(s).streams_in, 11 + i);
    }
    inject(s, RE_CONFIG(ADD_OUT(1, 1)));
    expect_response(s, 1, HW_RECONFIG_BAD_NUMBER);
    inject(s, RE_CONFIG(ADD_OUT(6, 1)));
    expect_response(s, 6, HW_RECONFIG_BAD_NUMBER);
    check_equal(status_of(s).streams_in, 15);
    check_equal(skip_items(s), 5);
}

SCRIPT(rfc6525_5_2_1_replays_cost_little, "RFC 6525 5.2.1",
       "a thousand repetitions and jumps are a thousand answers and nothing else") {
    begin(s);
    inject(s, RE_CONFIG(RESET_OUT(0, -1, -1, ALL_STREAMS)));
    skip_output(s);
    skip_items(s);
    uint64_t memory = status_of(s).memory;
    for (int i = 0; i < 1000; i++) {
        inject(s, RE_CONFIG(RESET_OUT(i % 2 ? 0 : i + 1, -1, -1, ALL_STREAMS)));
        expect_response(s, (uint32_t)(i % 2 ? 0 : i + 1), i == 0 || i % 2 ? HW_RECONFIG_PERFORMED : HW_RECONFIG_BAD_NUMBER);
        if (i == 0)
            skip_items(s);
        if (i == 0)
            inject(s, RE_CONFIG(RESET_OUT(0, -1, -1, ALL_STREAMS))), skip_output(s);
    }
    expect_no_item(s);
    check_equal(status_of(s).memory, memory);
}

SCRIPT(rfc6525_wrong_states, "RFC 6525, RFC 9260 6", "RE-CONFIG before the association is up is dropped") {
    start_reconfig(s);
    reach_cookie_wait(s);
    inject(s, RE_CONFIG(ADD_OUT(0, 1)));
    expect_nothing(s);
    check_equal(hawser_add_streams(s->stack, s->now, s->association, 1, 0), HAWSER_ERR_STATE);
    s->cookie = TEXT("cookie");
    inject(s, INIT_ACK(.cookie = s->cookie));
    expect(s, COOKIE_ECHO);
    inject(s, RE_CONFIG(ADD_OUT(0, 1)));
    expect_nothing(s);
    check_equal(hawser_add_streams(s->stack, s->now, s->association, 1, 0), HAWSER_ERR_STATE);
    inject(s, COOKIE_ACK());
    check_equal(status_of(s).streams_in, 10);
    skip_items(s);
    inject(s, RE_CONFIG(ADD_OUT(0, 1)));
    expect_response(s, 0, HW_RECONFIG_PERFORMED);
    skip_items(s);
}

/* ---- requests that never end, or contradict each other ------------------------------------------------------------ */

SCRIPT(rfc6525_5_2_2_never, "RFC 6525 5.2.2 E2, design",
       "a reset that waits for TSNs that never come costs one outcome; further requests are refused, data goes on") {
    begin(s);
    inject(s, RE_CONFIG(RESET_OUT(0, -1, 1000000, STREAMS(1))));
    expect_response(s, 0, HW_RECONFIG_IN_PROGRESS);
    uint64_t memory = status_of(s).memory;
    for (int i = 1; i < 50; i++) {
        inject(s, RE_CONFIG(RESET_OUT(i, -1, 1000000 + i, ALL_STREAMS)));
        expect_response(s, (uint32_t)i, HW_RECONFIG_ALREADY);
    }
    set(s, RECONFIGURATION_ALLOWED, 7);
    inject(s, RE_CONFIG(RESET_ALL(50)));
    expect_response_alone(s, 50, HW_RECONFIG_ALREADY);
    check_equal(status_of(s).memory, memory);
    inject(s, DATA(.tsn = 0, .stream = 1, .ssn = 0));
    expect(s, SACK, .cum = 0);
    expect_message(s, .stream = 1);
    check_equal(hawser_reset_association(s->stack, s->now, s->association), 0); /* ours has nothing to do with it */
    expect(s, RE_CONFIG);
    inject(s, RE_CONFIG(RESPONSE_TSNS(0, 1, s->peer_tsn + 1, s->stack_tsn + HALF)));
    skip_items(s);
    inject(s, DATA(.tsn = 1, .stream = 1, .ssn = 0));
    expect_message(s, .stream = 1, .ssn = 0);
    skip_output(s);
    s->quiet_end = true;
}

SCRIPT(rfc6525_5_2_3_never, "RFC 6525 5.2.3, design",
       "an Incoming Reset over a message that has no end waits; another is refused; the message can still be ended") {
    begin(s);
    send_message(s, 1, 10, HAWSER_SEND_MORE);
    skip_output(s);
    inject(s, RE_CONFIG(RESET_IN(0, STREAMS(1))));
    expect_response(s, 0, HW_RECONFIG_IN_PROGRESS);
    inject(s, RE_CONFIG(RESET_IN(1, STREAMS(1, 2)))); /* ours is not sent yet: this one comes after it */
    expect_response(s, 1, HW_RECONFIG_IN_PROGRESS);
    inject(s, RE_CONFIG(RESET_IN(2, STREAMS(1, 3))));
    expect_response(s, 2, HW_RECONFIG_ALREADY);
    check_equal(send_with(s, .stream = 2), 0);
    send_message(s, 1, 10, 0);
    int64_t last = sack_everything(s);
    (void)last;
    s->quiet_end = true;
}

SCRIPT(rfc6525_5_2_7_no_tsns, "RFC 6525 5.2.7 H5", "a success of SSN/TSN Reset without the TSNs cannot be followed: ABORT") {
    begin(s);
    check_equal(hawser_reset_association(s->stack, s->now, s->association), 0);
    expect(s, RE_CONFIG);
    inject(s, RE_CONFIG(RESPONSE(0, 1)));
    expect(s, ABORT, .cause = HW_CAUSE_PROTOCOL_VIOLATION);
    expect_ended(s, HAWSER_END_VIOLATION);
}

SCRIPT(rfc6525_5_2_7_strange_tsns, "RFC 6525 5.2.7 H5, design",
       "any TSNs that the peer chooses are followed, and harm nobody but it") {
    static const uint32_t senders[] = {0, 1, 65535, 65536, 0x7fffffff, 0x80000000, 0x80000001, 0xffff0000, 0xffffffff};
    begin(s);
    for (unsigned i = 0; i < sizeof senders / sizeof senders[0]; i++) {
        uint32_t ours = (uint32_t)i * 0x30000001u, theirs = s->peer_tsn + senders[i];
        check_equal(hawser_reset_association(s->stack, s->now, s->association), 0);
        inject(s, DATA(.tsn = 2, .stream = 1, .ssn = 0), DATA(.tsn = 1, .stream = 1, .ssn = 1)); /* held */
        skip_output(s);
        inject(s, RE_CONFIG(RESPONSE_TSNS(i, 1, theirs, ours)));
        skip_items(s);
        skip_output(s);
        uint32_t began = s->stack_tsn;
        s->stack_tsn = ours;
        send_message(s, 3, 20, 0);
        expect(s, DATA, .tsn = 0, .ssn = 0);
        inject(s, SACK(.cum = 0));
        s->stack_tsn = began;
        advance(s, sec(31));
        skip_output(s);
    }
    expect_state(s, ESTABLISHED);
}

SCRIPT(rfc6525_unread_outcomes, "RFC 6525 6.1, design",
       "who does not read the outcomes is given no more than 32: further requests wait, and are done once there is room") {
    begin(s);
    for (uint32_t i = 0; i < 32; i++) {
        inject(s, RE_CONFIG(ADD_OUT(i, 1)));
        expect_response(s, i, HW_RECONFIG_PERFORMED);
    }
    uint64_t memory = status_of(s).memory;
    for (int i = 0; i < 10; i++) {
        inject(s, RE_CONFIG(ADD_OUT(32, 1)));
        expect_response(s, 32, HW_RECONFIG_IN_PROGRESS);
    }
    check_equal(status_of(s).memory, memory);
    check_equal(status_of(s).streams_in, 42);
    check_equal(reset_streams(s, HAWSER_RESET_OUTGOING, 1), HAWSER_ERR_LIMIT);
    expect_changed(s, ITEM_IN | ITEM_BY_PEER, 10, 11); /* each as it was at its time */
    inject(s, RE_CONFIG(ADD_OUT(32, 1)));
    expect_response(s, 32, HW_RECONFIG_PERFORMED);
    check_equal(status_of(s).streams_in, 43);
    check_equal(skip_items(s), 32);
    check_equal(reset_streams(s, HAWSER_RESET_OUTGOING, 1), 0);
    expect(s, RE_CONFIG);
    inject(s, RE_CONFIG(RESPONSE(0, 1)));
    expect_reset(s, ITEM_OUT, STREAMS(1));
}

SCRIPT(rfc6525_long_lists, "RFC 6525 5.1.2 A4, design",
       "lists that one packet cannot hold: TOO_BIG from the user, Denied to the peer") {
    start(s, .params = OFFERS_RECONFIG, .os = 5000, .mis = 5000);
    set(s, STREAMS_OUT, 5000);
    establish_passive(s);
    static uint16_t list[5000];
    for (int i = 0; i < 5000; i++)
        list[i] = (uint16_t)i;
    check_equal(hawser_reset_streams(s->stack, s->now, s->association, 1, list, 5000), HAWSER_ERR_TOO_BIG);
    check_equal(hawser_reset_streams(s->stack, s->now, s->association, 1, list, SIZE_MAX), HAWSER_ERR_TOO_BIG);
    size_t most = (1500 - 20 - 12 - 4 - 16) / 2;
    check_equal(hawser_reset_streams(s->stack, s->now, s->association, 1, list, most + 1), HAWSER_ERR_TOO_BIG);
    check_equal(hawser_reset_streams(s->stack, s->now, s->association, 1, list, most), 0);
    check_equal(expect(s, RE_CONFIG, .length = 1500 - 20)->whole.size, 1468);
    inject(s, RE_CONFIG(RESPONSE(0, 1)));
    check_equal(skip_items(s), 1);
    send_message(s, 3, 20, 0);
    expect(s, DATA, .tsn = 0, .ssn = 0);
    inject(s, SACK(.cum = 0));
    struct hawser_span streams = NOTHING;
    for (size_t i = 0; i < most + 1; i++)
        streams = JOIN(streams, U16(i));
    inject(s, RE_CONFIG(RESET_IN(0, streams)));
    expect_response(s, 0, HW_RECONFIG_DENIED);
    inject(s, RE_CONFIG(RESET_OUT(1, -1, -1, streams)));
    expect_response(s, 1, HW_RECONFIG_PERFORMED);
    check_equal(skip_items(s), 1);
}

SCRIPT(rfc6525_all_streams_again, "RFC 6525 5.1.1, 5.2.2, design",
       "a reset of all streams comes after the answer to the one before it: at once, one of many streams is In progress") {
    start(s, .params = OFFERS_RECONFIG, .os = 200, .mis = 200);
    set(s, STREAMS_OUT, 200);
    establish_passive(s);
    struct hawser_span all = NOTHING;
    for (int i = 0; i < 160; i += 40) {
        for (int n = i; n < i + 40; n++)
            all = JOIN(all, DATA(.tsn = n, .stream = n, .ssn = 0, .size = 1));
        inject(s, all);
        all = NOTHING;
    }
    check_equal(skip_items(s), 160);
    skip_output(s);
    inject(s, RE_CONFIG(RESET_OUT(0, -1, 159, ALL_STREAMS), RESET_IN(1, ALL_STREAMS)));
    expect(s, SACK);
    expect_also(s, RE_CONFIG);
    expect_reset(s, ITEM_IN | ITEM_BY_PEER, ALL_STREAMS);
    inject(s, RE_CONFIG(RESET_OUT(2, -1, 159, ALL_STREAMS)));
    expect_response(s, 2, HW_RECONFIG_IN_PROGRESS);
    inject(s, RE_CONFIG(RESET_OUT(2, -1, 159, STREAMS(3))));
    expect_response(s, 2, HW_RECONFIG_PERFORMED);
    expect_reset(s, ITEM_IN | ITEM_BY_PEER, STREAMS(3));
    advance(s, ms(1));
    inject(s, RE_CONFIG(RESET_OUT(3, -1, 159, ALL_STREAMS)));
    expect_response(s, 3, HW_RECONFIG_PERFORMED);
    expect_reset(s, ITEM_IN | ITEM_BY_PEER, ALL_STREAMS);
}

SCRIPT(rfc6525_path_too_small, "RFC 6525 5.1.1, design", "a request that the path has become too small for fails") {
    start(s, .params = OFFERS_RECONFIG, .os = 1000, .mis = 1000);
    set(s, STREAMS_OUT, 1000);
    establish_passive(s);
    uint16_t list[700];
    for (int i = 0; i < 700; i++)
        list[i] = (uint16_t)i;
    check_equal(hawser_reset_streams(s->stack, s->now, s->association, 1, list, 700), 0);
    expect(s, RE_CONFIG);
    set(s, PATH_MTU, 1000);
    advance(s, sec(2));
    struct hawser_item item;
    check_equal(hawser_receive(s->stack, s->association, &item, 1), 1);
    check_equal(item.flags, ITEM_OUT | HAWSER_ITEM_FAILED);
    skip_items(s);
    check_equal(reset_streams(s, HAWSER_RESET_OUTGOING, 1), 0);
    expect(s, RE_CONFIG);
    inject(s, RE_CONFIG(RESPONSE(1, 1)));
    expect_reset(s, ITEM_OUT, STREAMS(1));
}

/* ---- the user ----------------------------------------------------------------------------------------------------- */

SCRIPT(rfc6525_6_3_arguments, "RFC 6525 6.3", "what a user may not ask") {
    start(s, .params = OFFERS_RECONFIG, .os = 5, .mis = 10);
    establish_passive(s);
    check_equal(reset_streams(s, 0, 1), HAWSER_ERR_ARGUMENT);
    check_equal(reset_streams(s, 4, 1), HAWSER_ERR_ARGUMENT);
    check_equal(hawser_reset_streams(s->stack, s->now, s->association, 1, NULL, 1), HAWSER_ERR_ARGUMENT);
    check_equal(reset_streams(s, HAWSER_RESET_OUTGOING, 10), HAWSER_ERR_STREAM);
    check_equal(reset_streams(s, HAWSER_RESET_INCOMING, 5), HAWSER_ERR_STREAM);
    check_equal(reset_streams(s, HAWSER_RESET_OUTGOING | HAWSER_RESET_INCOMING, 5), HAWSER_ERR_STREAM);
    check_equal(hawser_add_streams(s->stack, s->now, s->association, 0, 0), HAWSER_ERR_ARGUMENT);
    check_equal(hawser_add_streams(s->stack, s->now, s->association, 65535 - 9, 0), HAWSER_ERR_RANGE);
    check_equal(hawser_add_streams(s->stack, s->now, s->association, 0, 65535 - 4), HAWSER_ERR_RANGE);
    check_equal(hawser_reset_streams(s->stack, s->now, 4711, 1, NULL, 0), HAWSER_ERR_GONE);
    check_equal(hawser_reset_association(s->stack, s->now, 4711), HAWSER_ERR_GONE);
    check_equal(hawser_add_streams(s->stack, s->now, s->endpoint, 1, 1), HAWSER_ERR_GONE);
    expect_nothing(s);
    expect_no_item(s);
    check_equal(hawser_add_streams(s->stack, s->now, s->association, 65535 - 10, 65535 - 5), 0);
    expect(s, RE_CONFIG);
    inject(s, RE_CONFIG(RESPONSE(0, 1), RESPONSE(1, 2)));
    expect_changed(s, ITEM_OUT, 65535, 5);
    expect_changed(s, ITEM_IN | HAWSER_ITEM_DENIED, 65535, 5);
    send_message(s, 65534, 20, 0);
    expect(s, DATA, .stream = 65534, .ssn = 0);
    inject(s, SACK(.cum = 0));
    check_equal(hawser_add_streams(s->stack, s->now, s->association, 1, 0), HAWSER_ERR_RANGE);
}

SCRIPT(rfc6525_ends_while_under_way, "RFC 6525, design",
       "an association that ends while requests are under way leaves nothing behind") {
    begin(s);
    send_message(s, 1, 50, 0);
    expect(s, DATA, .tsn = 0);
    check_equal(reset_streams(s, HAWSER_RESET_OUTGOING | HAWSER_RESET_INCOMING, 1, 2), 0);
    inject(s, RE_CONFIG(RESET_OUT(0, -1, 7, STREAMS(1, 2, 3))));
    expect_response(s, 0, HW_RECONFIG_IN_PROGRESS);
    inject(s, RE_CONFIG(ADD_OUT(1, 1)));
    expect_response(s, 1, HW_RECONFIG_PERFORMED);
    inject(s, ABORT(NOTHING));
    expect_changed(s, ITEM_IN | ITEM_BY_PEER, 10, 11);
    expect_ended(s, HAWSER_END_PEER_ABORTED);
}

/* ---- more than there is room for ---------------------------------------------------------------------------------- */

SCRIPT(rfc6525_many_wrong_numbers_at_once, "RFC 6525 5.2.1, design",
       "of several requests in one packet that all have wrong numbers the last two are answered: the cost is bounded") {
    begin(s);
    inject(s, RE_CONFIG(ADD_OUT(5, 1)), RE_CONFIG(ADD_OUT(6, 1)), RE_CONFIG(ADD_OUT(7, 1)));
    expect(s, SACK);
    struct hw_reconfig_param params[2];
    check_equal(params_of(s, expect_also(s, RE_CONFIG), params), 2);
    for (uint32_t i = 0; i < 2; i++) {
        check_equal(params[i].number, s->peer_tsn + 6 + i);
        check_equal(params[i].result, HW_RECONFIG_BAD_NUMBER);
    }
    inject(s, RE_CONFIG(ADD_OUT(0, 1)));
    expect_response(s, 0, HW_RECONFIG_PERFORMED);
    skip_items(s);
}

SCRIPT(rfc6525_5_2_3_a_path_too_small, "RFC 6525 5.2.3, 4.2",
       "an Incoming SSN Reset whose answer no packet holds any more when its turn comes: Denied; its number is not missed") {
    set(s, STREAMS_OUT, 400);
    set(s, PMTU_DISCOVERY, 0);
    start(s, .params = OFFERS_RECONFIG, .os = 400, .mis = 400);
    establish_passive(s);
    struct hawser_span streams = NOTHING;
    for (int i = 0; i < 400; i++)
        streams = JOIN(streams, U16(i));
    send_message(s, 1, 10, 0);
    expect(s, DATA, .tsn = 0, .stream = 1);
    inject(s, RE_CONFIG(RESET_IN(0, streams))); /* waits for what is in flight */
    expect_response(s, 0, HW_RECONFIG_IN_PROGRESS);
    s->mtu = 576;
    set(s, PATH_MTU, 576);
    inject(s, SACK(.cum = 0));
    expect_nothing(s);
    struct hawser_item item;
    check_equal(hawser_receive(s->stack, s->association, &item, 1), 1);
    check_equal(item.type, HAWSER_STREAMS_RESET);
    check_equal(item.flags, ITEM_OUT | ITEM_BY_PEER | HAWSER_ITEM_FAILED);
    skip_items(s);
    inject(s, RE_CONFIG(RESET_IN(0, streams)));
    expect_response(s, 0, HW_RECONFIG_DENIED);
    advance(s, sec(10));
    expect_nothing(s);
    send_message(s, 1, 10, 0); /* nothing was reset, nothing is held back */
    expect(s, DATA, .tsn = 1, .stream = 1, .ssn = 1);
    inject(s, SACK(.cum = 1));
    inject(s, RE_CONFIG(RESET_IN(1, STREAMS(1)))); /* the next one may do */
    expect(s, SACK);
    request_of(s, expect_also(s, RE_CONFIG), HW_PARAM_OUTGOING_RESET, 1);
    inject(s, RE_CONFIG(RESPONSE(1, HW_RECONFIG_BAD_NUMBER))); /* number 0 never left, so the peer waits for it */
    request_of(s, expect(s, RE_CONFIG), HW_PARAM_ADD_OUTGOING, 0);
    inject(s, RE_CONFIG(RESPONSE(0, 0)));
    request_of(s, expect(s, RE_CONFIG), HW_PARAM_OUTGOING_RESET, 1);
    inject(s, RE_CONFIG(RESPONSE(1, 1)));
    expect_reset(s, ITEM_OUT | ITEM_BY_PEER, STREAMS(1));
}

SCRIPT(rfc6525_reset_beside_a_forward_tsn, "RFC 6525 5.1.2, RFC 3758 3.5 C4",
       "what a FORWARD TSN has yet to say of other streams a reset does not take from it") {
    start(s, .params = JOIN(PARAM(HW_PARAM_EXTENSIONS, BYTES(HW_RE_CONFIG)), PARAM(HW_PARAM_FORWARD_TSN, NOTHING)));
    establish_passive(s);
    check_equal(reset_streams(s, HAWSER_RESET_OUTGOING, 1), 0);
    request_of(s, expect(s, RE_CONFIG), HW_PARAM_OUTGOING_RESET, 0);
    check_equal(send_with(s, .stream = 2, .policy = HAWSER_POLICY_TIMED, .lifetime = ms(500)), 0);
    expect(s, DATA, .tsn = 0, .stream = 2, .ssn = 0);
    bool told = false;
    while (!told) {
        wait_packet(s, sec(5));
        told = next_chunk(s) == HW_FORWARD_TSN;
        if (told)
            expect(s, FORWARD_TSN, .cum = 0, .skip_count = 1, .skips = {{2, 0}});
        else
            expect(s, RE_CONFIG);
    }
    inject(s, RE_CONFIG(RESPONSE(0, 1)));
    expect_reset(s, ITEM_OUT, STREAMS(1));
    skip_output(s);
    wait_packet(s, sec(10));
    expect(s, FORWARD_TSN, .cum = 0, .skip_count = 1, .skips = {{2, 0}}); /* the first was lost */
    inject(s, SACK(.cum = 0));
    skip_items(s);
}

/* ---- memory ------------------------------------------------------------------------------------------------------- */

SCRIPT(rfc6525_no_memory, "RFC 6525 5.2.1, design",
       "without memory: NO_MEMORY to the user, In progress to the peer, and nothing has changed") {
    begin(s);
    send_message(s, 1, 50, 0);
    expect(s, DATA, .tsn = 0);
    inject(s, SACK(.cum = 0));
    inject(s, DATA(.tsn = 0, .stream = 1, .ssn = 0));
    expect(s, SACK, .cum = 0);
    expect_message(s);
    for (long fail = 0; fail < 2; fail++) {
        s->fail_after = fail;
        s->fail_once = true;
        check_equal(reset_streams(s, HAWSER_RESET_OUTGOING | HAWSER_RESET_INCOMING, 1, 2), HAWSER_ERR_NO_MEMORY);
        s->fail_after = -1;
        expect_nothing(s);
    }
    set(s, RECONFIGURATION_ALLOWED, 7);
    const struct hawser_span requests[] = {RESET_OUT(0, -1, 0, STREAMS(1)), RESET_OUT(0, -1, 5, STREAMS(1)),
                                           RESET_IN(0, STREAMS(1)), RESET_ALL(0), ADD_OUT(0, 1), ADD_IN(0, 1)};
    for (unsigned i = 0; i < sizeof requests / sizeof requests[0]; i++) {
        s->fail_after = 0;
        s->fail_once = true;
        inject(s, RE_CONFIG(requests[i]));
        s->fail_after = -1;
        if (i == 3)
            expect_response_alone(s, 0, HW_RECONFIG_IN_PROGRESS);
        else
            expect_response(s, 0, HW_RECONFIG_IN_PROGRESS);
        expect_no_item(s);
    }
    check_equal(status_of(s).streams_in, 10);
    check_equal(send_with(s, .stream = 1), 0);
    expect(s, DATA, .tsn = 1, .ssn = 1);
    inject(s, SACK(.cum = 1), DATA(.tsn = 1, .stream = 1, .ssn = 1));
    expect_message(s, .ssn = 1);
    skip_output(s);
    inject(s, RE_CONFIG(requests[0])); /* the same number: it was not spent */
    expect_response(s, 0, HW_RECONFIG_PERFORMED);
    expect_reset(s, ITEM_IN | ITEM_BY_PEER, STREAMS(1));
}

SCRIPT(rfc6525_no_memory_to_wait, "RFC 6525 5.2.2 E2, design",
       "without memory for the list of streams that wait: In progress, and DATA of them is taken as ever") {
    start(s, .os = 200, .params = OFFERS_RECONFIG);
    establish_passive(s);
    struct hawser_span request = RESET_OUT(0, -1, 1, STREAMS(150));
    s->fail_after = 1; /* the first is for the outcome */
    s->fail_once = true;
    inject(s, RE_CONFIG(request));
    s->fail_after = -1;
    expect_response(s, 0, HW_RECONFIG_IN_PROGRESS);
    inject(s, DATA(.tsn = 0, .stream = 150, .ssn = 0), DATA(.tsn = 2, .stream = 150, .ssn = 2));
    expect(s, SACK, .cum = 0, .gap_count = 1);
    expect_message(s, .ssn = 0);
    inject(s, RE_CONFIG(request));
    expect_response(s, 0, HW_RECONFIG_IN_PROGRESS);
    inject(s, DATA(.tsn = 3, .stream = 150, .ssn = 3), DATA(.tsn = 4, .stream = 149, .ssn = 0));
    expect(s, SACK, .cum = 0, .gaps = {{2, 2}, {4, 4}}, .gap_count = 2);
    expect_message(s, .stream = 149);
    inject(s, DATA(.tsn = 1, .stream = 150, .ssn = 1));
    expect(s, SACK, .cum = 2);
    skip_output(s);
    skip_items(s);
}

/* ---- with partial reliability (RFC 3758) -------------------------------------------------------------------------- */

SCRIPT(rfc6525_5_2_2_forward_tsn, "RFC 6525 5.2.2 E2, RFC 3758 3.6",
       "a deferred reset is done when FORWARD TSN skips what it waits for") {
    start(s, .params = PARAM(HW_PARAM_EXTENSIONS, BYTES(HW_RE_CONFIG, HW_FORWARD_TSN)));
    establish_passive(s);
    inject(s, DATA(.tsn = 1, .stream = 1, .ssn = 1, .text = "b"));
    inject(s, RE_CONFIG(RESET_OUT(0, -1, 1, STREAMS(1))));
    skip_output(s);
    inject(s, CHUNK(HW_FORWARD_TSN, 0, THEIRS(0), U16(1), U16(0)));
    expect_response(s, 0, HW_RECONFIG_PERFORMED);
    expect_message(s, .text = "b");
    expect_reset(s, ITEM_IN | ITEM_BY_PEER, STREAMS(1));
    inject(s, CHUNK(HW_FORWARD_TSN, 0, THEIRS(0), U16(1), U16(0))); /* late: it says nothing any more */
    inject(s, DATA(.tsn = 2, .stream = 1, .ssn = 0, .text = "c"));
    expect_message(s, .text = "c");
    skip_output(s);
    s->quiet_end = true;
}

SCRIPT(rfc6525_5_1_2_abandoned, "RFC 6525 5.1.2, RFC 3758 3.5",
       "our reset waits until what was given up on the streams is skipped: no FORWARD TSN names an SSN that is new again") {
    start(s, .params = PARAM(HW_PARAM_EXTENSIONS, BYTES(HW_RE_CONFIG, HW_FORWARD_TSN)));
    establish_active(s);
    struct hawser_span body = FILL(100, 'u');
    struct hawser_message message = HAWSER_INIT(message);
    message.parts = &body;
    message.part_count = 1;
    message.stream = 1;
    message.policy = HAWSER_POLICY_LIMITED;
    message.value = 0;
    check_equal(hawser_send(s->stack, s->now, s->association, &message), 0);
    script_pump(s);
    expect(s, DATA, .tsn = 0);
    check_equal(reset_streams(s, HAWSER_RESET_OUTGOING, 1), 0);
    wait_packet(s, sec(2));
    expect(s, FORWARD_TSN);
    advance(s, ms(500));
    expect_nothing(s);
    inject(s, SACK(.cum = 0));
    request_of(s, expect(s, RE_CONFIG), HW_PARAM_OUTGOING_RESET, 0);
    inject(s, RE_CONFIG(RESPONSE(0, 1)));
    skip_items(s);
    send_message(s, 1, 50, 0);
    expect(s, DATA, .tsn = 1, .ssn = 0);
    inject(s, SACK(.cum = 1));
}
