/* SPDX-License-Identifier: MIT
 *
 * RFC 6525 5.2: what the stack does with the peer's requests.
 */
#include "reconfig.h"

#define HALF ((uint32_t)1 << 31)

static void begin(struct script *s) {
    start_reconfig(s);
    establish_passive(s);
}

/* ---- 5.2.2 Outgoing SSN Reset ------------------------------------------------------------------------------------- */

SCRIPT(rfc6525_5_2_2_reset, "RFC 6525 5.2.2 E3, E5, 5.1.7",
       "listed streams begin at SSN 0 again, others go on; the user is told") {
    begin(s);
    inject(s, DATA(.tsn = 0, .stream = 1, .ssn = 0), DATA(.tsn = 1, .stream = 2, .ssn = 0));
    expect(s, SACK, .cum = 1);
    inject(s, RE_CONFIG(RESET_OUT(0, -1, 1, STREAMS(1, 3))));
    expect(s, SACK, .cum = 1);
    struct hw_reconfig_param param = response_of(s, expect_also(s, RE_CONFIG), 0);
    check_equal(param.result, HW_RECONFIG_PERFORMED);
    check(!param.has_tsns); /* D3, D4 */
    inject(s, DATA(.tsn = 2, .stream = 1, .ssn = 0), DATA(.tsn = 3, .stream = 2, .ssn = 1));
    expect_message(s, .stream = 1, .ssn = 0);
    expect_message(s, .stream = 2, .ssn = 0);
    expect_reset(s, ITEM_IN | ITEM_BY_PEER, STREAMS(1, 3));
    expect_message(s, .stream = 1, .ssn = 0);
    expect_message(s, .stream = 2, .ssn = 1);
    advance(s, ms(200));
    expect(s, SACK, .cum = 3);
}

SCRIPT(rfc6525_5_2_2_all_streams, "RFC 6525 5.2.2 E3", "no list: all incoming streams") {
    begin(s);
    for (int i = 0; i < 10; i++)
        inject(s, DATA(.tsn = i, .stream = i, .ssn = 0));
    skip_output(s);
    skip_items(s);
    inject(s, RE_CONFIG(RESET_OUT(0, -1, 9, ALL_STREAMS)));
    expect_response(s, 0, HW_RECONFIG_PERFORMED);
    expect_reset(s, ITEM_IN | ITEM_BY_PEER, ALL_STREAMS);
    for (int i = 0; i < 10; i++) {
        inject(s, DATA(.tsn = 10 + i, .stream = i, .ssn = 0));
        expect_message(s, .stream = i, .ssn = 0);
    }
    skip_output(s);
}

SCRIPT(rfc6525_5_2_2_deferred, "RFC 6525 5.2.2 E2, E4, E5",
       "until all before Sender's Last Assigned TSN has come: In progress; then it is done and said at once") {
    begin(s);
    inject(s, DATA(.tsn = 1, .stream = 1, .ssn = 1, .text = "b"));
    expect(s, SACK, .cum = -1);
    inject(s, RE_CONFIG(RESET_OUT(0, -1, 1, STREAMS(1))));
    expect_response(s, 0, HW_RECONFIG_IN_PROGRESS);
    expect_no_item(s);
    inject(s, RE_CONFIG(RESET_OUT(0, -1, 1, STREAMS(1)))); /* asks again */
    expect_response(s, 0, HW_RECONFIG_IN_PROGRESS);
    inject(s, DATA(.tsn = 0, .stream = 1, .ssn = 0, .text = "a"));
    expect_response(s, 0, HW_RECONFIG_PERFORMED);
    expect_message(s, .text = "a");
    expect_message(s, .text = "b");
    expect_reset(s, ITEM_IN | ITEM_BY_PEER, STREAMS(1));
    inject(s, DATA(.tsn = 2, .stream = 1, .ssn = 0, .text = "c"));
    expect_message(s, .text = "c");
    skip_output(s);
    inject(s, RE_CONFIG(RESET_OUT(0, -1, 1, STREAMS(1)))); /* the response was lost: the same again, and nothing is done */
    expect_response(s, 0, HW_RECONFIG_PERFORMED);
    inject(s, DATA(.tsn = 3, .stream = 1, .ssn = 1, .text = "d"));
    expect_message(s, .text = "d");
    expect_no_item(s);
    advance(s, sec(1));
    expect(s, SACK, .cum = 3);
}

SCRIPT(rfc6525_5_2_2_nothing_early, "RFC 6525 5.2.2 E2, E4",
       "data after that TSN on the streams is not taken before the reset; unordered data and other streams are") {
    begin(s);
    inject(s, DATA(.tsn = 1, .stream = 1, .ssn = 1, .text = "b"));
    inject(s, RE_CONFIG(RESET_OUT(0, -1, 1, STREAMS(1))));
    skip_output(s);
    inject(s, DATA(.tsn = 2, .stream = 2, .ssn = 0, .text = "other"));
    expect_message(s, .text = "other");
    expect(s, SACK, .cum = -1, .gaps = {{2, 3}});
    inject(s, DATA(.tsn = 3, .stream = 1, .ssn = 0, .text = "new")); /* no sender ought to */
    expect(s, SACK, .cum = -1, .gaps = {{2, 3}});
    inject(s, DATA(.tsn = 4, .stream = 1, .flags = B | E | U, .text = "any"));
    expect_message(s, .text = "any");
    expect(s, SACK, .cum = -1, .gaps = {{2, 3}, {5, 5}});
    inject(s, DATA(.tsn = 0, .stream = 1, .ssn = 0, .text = "a"));
    expect(s, SACK, .cum = 2, .gaps = {{2, 2}});
    expect_also(s, RE_CONFIG);
    inject(s, DATA(.tsn = 3, .stream = 1, .ssn = 0, .text = "new"));
    expect(s, SACK, .cum = 4);
    expect_message(s, .text = "a");
    expect_message(s, .text = "b");
    expect_reset(s, ITEM_IN | ITEM_BY_PEER, STREAMS(1));
    expect_message(s, .text = "new", .ssn = 0);
    expect_no_item(s);
}

SCRIPT(rfc6525_5_2_2_wrong_stream, "RFC 6525 4.4", "a stream that there is not: Wrong SSN, and no stream is reset") {
    begin(s);
    inject(s, DATA(.tsn = 0, .stream = 1, .ssn = 0));
    expect(s, SACK, .cum = 0);
    expect_message(s);
    inject(s, RE_CONFIG(RESET_OUT(0, -1, 0, STREAMS(1, 10))));
    expect_response(s, 0, HW_RECONFIG_WRONG_SSN);
    expect_no_item(s);
    inject(s, DATA(.tsn = 1, .stream = 1, .ssn = 1));
    expect_message(s, .ssn = 1);
    advance(s, ms(200));
    expect(s, SACK, .cum = 1);
    check_equal(COUNT(ReconfigsRefused), 1);
}

/* ---- 5.2.3 Incoming SSN Reset ------------------------------------------------------------------------------------- */

static void use_stream(struct script *s, int stream, int tsn) {
    send_message(s, stream, 50, 0);
    expect(s, DATA, .tsn = tsn, .stream = stream);
    inject(s, SACK(.cum = tsn));
}

SCRIPT(rfc6525_5_2_3_reset, "RFC 6525 5.2.3 F1, F2, 5.1.2 A4",
       "answered by an Outgoing SSN Reset of the same streams, with its number") {
    begin(s);
    use_stream(s, 1, 0);
    use_stream(s, 2, 1);
    inject(s, RE_CONFIG(RESET_IN(0, STREAMS(2, 1))));
    expect(s, SACK);
    struct hw_reconfig_param param = request_of(s, expect_also(s, RE_CONFIG), HW_PARAM_OUTGOING_RESET, 0);
    check_equal(param.response_number, s->peer_tsn);
    check_equal(param.last_tsn, s->stack_tsn + 1);
    check_equal(param.stream_count, 2);
    check_equal(hw_reconfig_stream(&param, 0), 2);
    check_equal(hw_reconfig_stream(&param, 1), 1);
    check_equal(send_with(s, .stream = 1), HAWSER_ERR_WOULD_BLOCK);
    inject(s, RE_CONFIG(RESPONSE(0, 1)));
    expect_reset(s, ITEM_OUT | ITEM_BY_PEER, STREAMS(2, 1));
    send_message(s, 1, 50, 0);
    expect(s, DATA, .tsn = 2, .stream = 1, .ssn = 0);
    inject(s, SACK(.cum = 2));
}

SCRIPT(rfc6525_5_2_3_in_flight, "RFC 6525 5.2.3, 5.2.7 H2, design",
       "while data of the streams is in flight: In progress, and our request when it is acknowledged") {
    begin(s);
    send_message(s, 1, 50, 0);
    expect(s, DATA, .tsn = 0, .stream = 1, .ssn = 0);
    inject(s, RE_CONFIG(RESET_IN(0, STREAMS(1))));
    expect_response(s, 0, HW_RECONFIG_IN_PROGRESS);
    inject(s, RE_CONFIG(RESET_IN(0, STREAMS(1))));
    expect_response(s, 0, HW_RECONFIG_IN_PROGRESS);
    check_equal(send_with(s, .stream = 1), HAWSER_ERR_WOULD_BLOCK);
    inject(s, SACK(.cum = 0));
    check_equal(request_of(s, expect(s, RE_CONFIG), HW_PARAM_OUTGOING_RESET, 0).response_number, s->peer_tsn);
    inject(s, RE_CONFIG(RESET_IN(0, STREAMS(1)))); /* 5.2.1: what was said goes again */
    expect(s, SACK);
    request_of(s, expect_also(s, RE_CONFIG), HW_PARAM_OUTGOING_RESET, 0);
    inject(s, RE_CONFIG(RESPONSE(0, 1)));
    expect_reset(s, ITEM_OUT | ITEM_BY_PEER, STREAMS(1));
    inject(s, RE_CONFIG(RESET_IN(0, STREAMS(1)))); /* late */
    expect_response(s, 0, HW_RECONFIG_PERFORMED);
    expect_no_item(s);
}

SCRIPT(rfc6525_5_2_3_overlap, "RFC 6525 5.2.3", "streams that our own request in flight names all: Nothing to do") {
    begin(s);
    use_stream(s, 1, 0);
    use_stream(s, 2, 1);
    check_equal(reset_streams(s, HAWSER_RESET_OUTGOING, 1, 2), 0);
    expect(s, RE_CONFIG);
    inject(s, RE_CONFIG(RESET_IN(0, STREAMS(2))));
    expect_response(s, 0, HW_RECONFIG_NOTHING_TO_DO);
    inject(s, RE_CONFIG(RESPONSE(0, 1)));
    expect_reset(s, ITEM_OUT, STREAMS(1, 2));
    expect_no_item(s);
    expect_nothing(s);
}

SCRIPT(rfc6525_5_2_3_partial_overlap, "RFC 6525 5.2.3, 5.1.1", "else it is processed normally, when ours is over") {
    begin(s);
    use_stream(s, 1, 0);
    use_stream(s, 2, 1);
    check_equal(reset_streams(s, HAWSER_RESET_OUTGOING, 1), 0);
    expect(s, RE_CONFIG);
    inject(s, RE_CONFIG(RESET_IN(0, STREAMS(1, 2))));
    expect_response(s, 0, HW_RECONFIG_IN_PROGRESS);
    inject(s, RE_CONFIG(RESPONSE(0, 1)));
    expect_reset(s, ITEM_OUT, STREAMS(1));
    struct hw_reconfig_param param = request_of(s, expect(s, RE_CONFIG), HW_PARAM_OUTGOING_RESET, 1);
    check_equal(param.response_number, s->peer_tsn);
    check_equal(param.stream_count, 2);
    inject(s, RE_CONFIG(RESPONSE(1, 1)));
    expect_reset(s, ITEM_OUT | ITEM_BY_PEER, STREAMS(1, 2));
}

SCRIPT(rfc6525_5_2_3_already_done, "RFC 6525 5.2.3", "streams that are all at SSN 0: Nothing to do") {
    begin(s);
    use_stream(s, 1, 0);
    inject(s, RE_CONFIG(RESET_IN(0, STREAMS(2, 3))));
    expect_response(s, 0, HW_RECONFIG_NOTHING_TO_DO);
    inject(s, RE_CONFIG(RESET_IN(1, STREAMS(1, 2))));
    expect(s, SACK);
    request_of(s, expect_also(s, RE_CONFIG), HW_PARAM_OUTGOING_RESET, 0);
    inject(s, RE_CONFIG(RESPONSE(0, 1)));
    inject(s, RE_CONFIG(RESET_IN(2, ALL_STREAMS)));
    expect_response(s, 2, HW_RECONFIG_NOTHING_TO_DO);
    skip_items(s);
}

SCRIPT(rfc6525_5_2_3_both_ask, "RFC 6525 5.2.3, design",
       "both sides want the other's streams reset: neither waits for the other for ever") {
    begin(s);
    use_stream(s, 1, 0);
    check_equal(reset_streams(s, HAWSER_RESET_INCOMING, 1), 0);
    expect(s, RE_CONFIG);
    inject(s, RE_CONFIG(RESET_IN(0, STREAMS(1))));
    expect_response(s, 0, HW_RECONFIG_ALREADY);
    inject(s, RE_CONFIG(RESPONSE(0, 4)));
    expect_reset(s, ITEM_IN | HAWSER_ITEM_FAILED, STREAMS(1));
    inject(s, RE_CONFIG(RESET_IN(1, STREAMS(1))));
    expect(s, SACK);
    request_of(s, expect_also(s, RE_CONFIG), HW_PARAM_OUTGOING_RESET, 1);
    check_equal(reset_streams(s, HAWSER_RESET_INCOMING, 1), HAWSER_ERR_BUSY);
    inject(s, RE_CONFIG(RESPONSE(1, 1)));
    expect_reset(s, ITEM_OUT | ITEM_BY_PEER, STREAMS(1));
}

SCRIPT(rfc6525_5_2_1_both_in_one, "RFC 6525 5.2.1, 3.1, appendix A",
       "Outgoing and Incoming Reset in one chunk: a response and an Outgoing Reset in one chunk") {
    begin(s);
    use_stream(s, 1, 0);
    inject(s, RE_CONFIG(RESET_OUT(0, -1, -1, ALL_STREAMS), RESET_IN(1, ALL_STREAMS)));
    expect(s, SACK);
    struct hw_reconfig_param params[2];
    check_equal(params_of(s, expect_also(s, RE_CONFIG), params), 2);
    check_equal(params[0].type, HW_PARAM_RECONFIG_RESPONSE);
    check_equal(params[0].number, s->peer_tsn);
    check_equal(params[0].result, HW_RECONFIG_PERFORMED);
    check_equal(params[1].type, HW_PARAM_OUTGOING_RESET);
    check_equal(params[1].response_number, s->peer_tsn + 1);
    check_equal(params[1].stream_count, 0);
    inject(s, RE_CONFIG(RESPONSE(0, 1)));
    expect_reset(s, ITEM_IN | ITEM_BY_PEER, ALL_STREAMS);
    expect_reset(s, ITEM_OUT | ITEM_BY_PEER, ALL_STREAMS);
    expect_nothing(s);
}

SCRIPT(rfc6525_5_2_1_two_responses, "RFC 6525 5.2.1, 3.1", "two responses go in one chunk") {
    begin(s);
    send_message(s, 1, 50, 0);
    expect(s, DATA, .tsn = 0);
    inject(s, RE_CONFIG(RESET_OUT(0, -1, -1, STREAMS(1)), RESET_IN(1, STREAMS(1))));
    expect(s, SACK);
    struct hw_reconfig_param params[2];
    check_equal(params_of(s, expect_also(s, RE_CONFIG), params), 2);
    check_equal(params[0].type, HW_PARAM_RECONFIG_RESPONSE);
    check_equal(params[0].result, HW_RECONFIG_PERFORMED);
    check_equal(params[1].type, HW_PARAM_RECONFIG_RESPONSE);
    check_equal(params[1].result, HW_RECONFIG_IN_PROGRESS);
    inject(s, SACK(.cum = 0));
    expect(s, RE_CONFIG);
    inject(s, RE_CONFIG(RESPONSE(0, 1)));
    skip_items(s);
}

/* ---- 5.2.4 SSN/TSN Reset ------------------------------------------------------------------------------------------ */

SCRIPT(rfc6525_5_2_4_reset, "RFC 6525 5.2.4 G1, G2, G5, 5.1.7 D3, D4",
       "the peer's next TSN jumps by 2^31, ours goes on; all SSNs are 0; no SACK in front; the same answer to a repetition") {
    begin(s);
    set(s, RECONFIGURATION_ALLOWED, HAWSER_ALLOW_ASSOCIATION_RESET);
    inject(s, DATA(.tsn = 0, .stream = 1, .ssn = 0));
    expect(s, SACK, .cum = 0);
    expect_message(s);
    use_stream(s, 1, 0);
    inject(s, RE_CONFIG(RESET_ALL(0)));
    struct hw_reconfig_param param = response_of(s, expect(s, RE_CONFIG), 0);
    check_equal(param.result, HW_RECONFIG_PERFORMED);
    check(param.has_tsns);
    check_equal(param.sender_tsn, s->stack_tsn + 1);
    check_equal(param.receiver_tsn, s->peer_tsn + 1 + HALF);
    expect_renumbered(s, ITEM_BY_PEER, 1, 1 + HALF);
    inject(s, RE_CONFIG(RESET_ALL(0)));
    struct hw_reconfig_param again = response_of(s, expect(s, RE_CONFIG), 0);
    check_equal(again.sender_tsn, param.sender_tsn);
    check_equal(again.receiver_tsn, param.receiver_tsn);
    expect_no_item(s);
    send_message(s, 1, 50, 0);
    expect(s, DATA, .tsn = 1, .stream = 1, .ssn = 0);
    inject(s, SACK(.cum = 1));
    inject(s, DATA(.tsn = 1, .stream = 1, .ssn = 1)); /* from before: too far away */
    expect(s, SACK, .cum = (int32_t)HALF);
    inject(s, DATA(.tsn = 1 + HALF, .stream = 1, .ssn = 0));
    expect_message(s, .ssn = 0);
    expect(s, SACK, .cum = (int32_t)(1 + HALF));
    inject(s, RE_CONFIG(RESET_ALL(1))); /* 5.1.4: within 30 seconds */
    expect_response_alone(s, 1, HW_RECONFIG_DENIED);
}

SCRIPT(rfc6525_5_2_4_in_flight, "RFC 6525 5.2.4 G3, design",
       "what we have queued or in flight is delivered first: In progress, and the response when it is") {
    begin(s);
    set(s, RECONFIGURATION_ALLOWED, 7);
    send_message(s, 1, 50, 0);
    expect(s, DATA, .tsn = 0);
    inject(s, RE_CONFIG(RESET_ALL(0)));
    expect_response_alone(s, 0, HW_RECONFIG_IN_PROGRESS);
    told_writable(s);
    check_equal(send_with(s, .stream = 5), HAWSER_ERR_WOULD_BLOCK);
    inject(s, SACK(.cum = 0));
    check_equal(response_of(s, expect(s, RE_CONFIG), 0).sender_tsn, s->stack_tsn + 1);
    check(told_writable(s));
    expect_renumbered(s, ITEM_BY_PEER, 1, HALF);
    send_message(s, 5, 50, 0);
    expect(s, DATA, .tsn = 1, .stream = 5, .ssn = 0);
    inject(s, SACK(.cum = 1));
}

SCRIPT(rfc6525_5_2_4_gaps, "RFC 6525 5.2.4 G4, 5.1.4 C2", "what the peer has given up is not waited for") {
    begin(s);
    set(s, RECONFIGURATION_ALLOWED, 7);
    inject(s, DATA(.tsn = 1, .stream = 1, .ssn = 1));
    inject(s, DATA(.tsn = 3, .stream = 2, .ssn = 0, .flags = B, .text = "half"));
    skip_output(s);
    inject(s, RE_CONFIG(RESET_ALL(0)));
    check_equal(response_of(s, expect(s, RE_CONFIG), 0).receiver_tsn, s->peer_tsn + HALF);
    expect_renumbered(s, ITEM_BY_PEER, 0, HALF);
    inject(s, DATA(.tsn = (int32_t)HALF, .stream = 2, .ssn = 0));
    expect_message(s, .stream = 2, .ssn = 0);
    expect_no_item(s);
    skip_output(s);
}

SCRIPT(rfc6525_5_2_4_both_ask, "RFC 6525 5.2.4, design",
       "both sides ask for an SSN/TSN reset: neither is done, for both would choose") {
    begin(s);
    set(s, RECONFIGURATION_ALLOWED, 7);
    check_equal(hawser_reset_association(s->stack, s->now, s->association), 0);
    expect(s, RE_CONFIG);
    inject(s, RE_CONFIG(RESET_ALL(0)));
    expect_response_alone(s, 0, HW_RECONFIG_ALREADY);
    inject(s, RE_CONFIG(RESPONSE(0, 4)));
    struct hawser_item item;
    check_equal(hawser_receive(s->stack, s->association, &item, 1), 1);
    check_equal(item.flags, HAWSER_ITEM_FAILED);
    skip_items(s);
    use_stream(s, 1, 0);
}

SCRIPT(rfc6525_5_1_4_old_packets, "RFC 6525 5.1.4, design",
       "packets from before an SSN/TSN reset that come late are not taken for a violation") {
    begin(s);
    for (int i = 0; i < 3; i++)
        use_stream(s, 1, i);
    check_equal(hawser_reset_association(s->stack, s->now, s->association), 0);
    expect(s, RE_CONFIG);
    inject(s, RE_CONFIG(RESPONSE_TSNS(0, 1, s->peer_tsn, s->stack_tsn + 3 + HALF)));
    skip_items(s);
    for (int i = -1; i < 3; i++)
        inject(s, SACK(.cum = i));
    inject(s, SACK(.cum = 1, .gaps = {{2, 3}}));
    expect_state(s, ESTABLISHED);
    expect_nothing(s);
}

/* ---- 5.2.5, 5.2.6 ------------------------------------------------------------------------------------------------- */

SCRIPT(rfc6525_5_2_5_add_outgoing, "RFC 6525 5.2.5", "the peer's new streams are ours to receive on, from SSN 0") {
    begin(s);
    inject(s, RE_CONFIG(ADD_OUT(0, 2)));
    expect_response(s, 0, HW_RECONFIG_PERFORMED);
    expect_changed(s, ITEM_IN | ITEM_BY_PEER, 10, 12);
    inject(s, RE_CONFIG(ADD_OUT(0, 2))); /* repeated, not added again */
    expect_response(s, 0, HW_RECONFIG_PERFORMED);
    check_equal(status_of(s).streams_in, 12);
    inject(s, DATA(.tsn = 0, .stream = 11, .ssn = 0));
    expect(s, SACK, .cum = 0);
    expect_message(s, .stream = 11);
    inject(s, DATA(.tsn = 1, .stream = 12, .ssn = 0));
    expect_in_any_order(s, HW_SACK, HW_ERROR);
}

SCRIPT(rfc6525_5_2_5_limit, "RFC 6525 5.2.5", "more incoming streams than streams_in_max: Denied, and none is added") {
    start_reconfig(s);
    set(s, STREAMS_IN_MAX, 12);
    establish_passive(s);
    inject(s, RE_CONFIG(ADD_OUT(0, 3)));
    expect_response(s, 0, HW_RECONFIG_DENIED);
    check_equal(status_of(s).streams_in, 10);
    inject(s, RE_CONFIG(ADD_OUT(1, 2)));
    expect_response(s, 1, HW_RECONFIG_PERFORMED);
    check_equal(status_of(s).streams_in, 12);
    inject(s, RE_CONFIG(ADD_OUT(2, 65535)));
    expect_response(s, 2, HW_RECONFIG_DENIED);
    inject(s, RE_CONFIG(ADD_OUT(3, 0)));
    expect_response(s, 3, HW_RECONFIG_NOTHING_TO_DO);
    check_equal(status_of(s).streams_in, 12);
    skip_items(s);
}

SCRIPT(rfc6525_5_2_6_add_incoming, "RFC 6525 5.2.6", "Add Incoming Streams is answered by our Add Outgoing Streams") {
    begin(s);
    inject(s, RE_CONFIG(ADD_IN(0, 4)));
    expect(s, SACK);
    check_equal(request_of(s, expect_also(s, RE_CONFIG), HW_PARAM_ADD_OUTGOING, 0).added, 4);
    check_equal(status_of(s).streams_out, 10);
    inject(s, RE_CONFIG(RESPONSE(0, 1)));
    expect_changed(s, ITEM_OUT | ITEM_BY_PEER, 14, 10);
    inject(s, RE_CONFIG(ADD_IN(0, 4)));
    expect_response(s, 0, HW_RECONFIG_PERFORMED);
    check_equal(status_of(s).streams_out, 14);
    use_stream(s, 13, 0);
}

SCRIPT(rfc6525_5_2_6_limit, "RFC 6525 5.2.6", "more outgoing streams than streams_out_max: Denied") {
    begin(s);
    set(s, STREAMS_OUT_MAX, 20);
    inject(s, RE_CONFIG(ADD_IN(0, 11)));
    expect_response(s, 0, HW_RECONFIG_DENIED);
    inject(s, RE_CONFIG(ADD_IN(1, 0)));
    expect_response(s, 1, HW_RECONFIG_NOTHING_TO_DO);
    inject(s, RE_CONFIG(ADD_IN(2, 10)));
    expect(s, SACK);
    request_of(s, expect_also(s, RE_CONFIG), HW_PARAM_ADD_OUTGOING, 0);
    inject(s, RE_CONFIG(RESPONSE(0, 2)));
    expect_changed(s, ITEM_OUT | ITEM_BY_PEER | HAWSER_ITEM_DENIED, 10, 10);
}

SCRIPT(rfc6525_5_2_6_limit_in_turn, "RFC 6525 5.2.6",
       "more than streams_out_max once its turn comes, for we have added streams ourselves meanwhile: Denied") {
    begin(s);
    set(s, STREAMS_OUT_MAX, 12);
    check_equal(hawser_add_streams(s->stack, s->now, s->association, 2, 0), 0);
    request_of(s, expect(s, RE_CONFIG), HW_PARAM_ADD_OUTGOING, 0);
    inject(s, RE_CONFIG(ADD_IN(0, 2)));
    expect_response(s, 0, HW_RECONFIG_IN_PROGRESS);
    inject(s, RE_CONFIG(RESPONSE(0, 1)));
    expect_response_alone(s, 0, HW_RECONFIG_DENIED);
    expect_changed(s, ITEM_OUT, 12, 10);
    inject(s, RE_CONFIG(ADD_IN(0, 2))); /* it had not heard yet */
    expect_response(s, 0, HW_RECONFIG_DENIED);
    inject(s, RE_CONFIG(ADD_OUT(1, 1))); /* and nothing is in the way of others */
    expect_response(s, 1, HW_RECONFIG_PERFORMED);
    expect_changed(s, ITEM_IN | ITEM_BY_PEER, 12, 11);
    expect_no_item(s);
}

SCRIPT(rfc6525_5_2_6_both_in_one, "RFC 6525 3.1, 5.2.1",
       "Add Outgoing and Add Incoming in one chunk: a response, and our request apart") {
    begin(s);
    inject(s, RE_CONFIG(ADD_OUT(0, 1), ADD_IN(1, 2)));
    expect(s, SACK);
    check_equal(response_of(s, expect_also(s, RE_CONFIG), 0).result, HW_RECONFIG_PERFORMED);
    check_equal(request_of(s, expect_also(s, RE_CONFIG), HW_PARAM_ADD_OUTGOING, 0).added, 2);
    inject(s, RE_CONFIG(RESPONSE(0, 1)));
    expect_changed(s, ITEM_IN | ITEM_BY_PEER, 10, 11);
    expect_changed(s, ITEM_OUT | ITEM_BY_PEER, 12, 11);
}

/* ---- 6.3.1, 5.2.1 --------------------------------------------------------------------------------------------------- */

SCRIPT(rfc6525_6_3_1_permission, "RFC 6525 6.3.1, 5.2.1",
       "what the user does not allow is denied, each kind by itself, at any time") {
    begin(s);
    use_stream(s, 1, 0);
    check_equal(script_get(s, 0, HAWSER_SET_RECONFIGURATION_ALLOWED), HAWSER_ALLOW_STREAM_RESET | HAWSER_ALLOW_ADDED_STREAMS);
    inject(s, RE_CONFIG(RESET_ALL(0)));
    expect_response_alone(s, 0, HW_RECONFIG_DENIED);
    set(s, RECONFIGURATION_ALLOWED, 0);
    inject(s, RE_CONFIG(RESET_OUT(1, -1, -1, STREAMS(1)), RESET_IN(2, STREAMS(1))));
    expect(s, SACK);
    struct hw_reconfig_param params[2];
    check_equal(params_of(s, expect_also(s, RE_CONFIG), params), 2);
    check_equal(params[0].result, HW_RECONFIG_DENIED);
    check_equal(params[1].result, HW_RECONFIG_DENIED);
    inject(s, RE_CONFIG(ADD_OUT(3, 1), ADD_IN(4, 1)));
    expect(s, SACK);
    check_equal(params_of(s, expect_also(s, RE_CONFIG), params), 2);
    check_equal(params[0].result, HW_RECONFIG_DENIED);
    check_equal(params[1].result, HW_RECONFIG_DENIED);
    expect_no_item(s);
    set(s, RECONFIGURATION_ALLOWED, HAWSER_ALLOW_ASSOCIATION_RESET);
    inject(s, RE_CONFIG(RESET_ALL(5)));
    expect_response_alone(s, 5, HW_RECONFIG_PERFORMED);
    skip_items(s);
    check_equal(COUNT(ReconfigsRefused), 5);
}

/* ---- shutdown and restart ----------------------------------------------------------------------------------------- */

SCRIPT(rfc6525_shutdown, "RFC 6525, RFC 9260 9.2", "a request that has no answer when the SHUTDOWN goes has failed") {
    begin(s);
    check_equal(reset_streams(s, HAWSER_RESET_OUTGOING, 1), 0);
    expect(s, RE_CONFIG);
    reach_shutdown_sent(s);
    expect_reset(s, ITEM_OUT | HAWSER_ITEM_FAILED, STREAMS(1));
    inject(s, RE_CONFIG(RESPONSE(0, 1)));
    inject(s, RE_CONFIG(ADD_OUT(0, 1)));
    check_equal(COUNT(Unexpected), 2);
    inject(s, SHUTDOWN_ACK());
    expect(s, SHUTDOWN_COMPLETE);
    expect_ended(s, HAWSER_END_SHUTDOWN);
}

/* Data is on its way, and a stream is to be reset. */
static void ask_beside_data(struct script *s, uint16_t stream) {
    begin(s);
    send_message(s, 1, 50, 0);
    expect(s, DATA, .tsn = 0);
    check_equal(reset_streams(s, HAWSER_RESET_OUTGOING, stream), 0);
}

SCRIPT(rfc6525_shutdown_pending, "RFC 6525, RFC 9260 9.2",
       "while data is still to go, requests under way go on; new ones of ours are refused") {
    ask_beside_data(s, 2);
    expect(s, RE_CONFIG);
    check_equal(hawser_shutdown(s->stack, s->now, s->association), 0);
    check_equal(reset_streams(s, HAWSER_RESET_OUTGOING, 3), HAWSER_ERR_STATE);
    inject(s, RE_CONFIG(RESPONSE(0, 1)));
    expect_reset(s, ITEM_OUT, STREAMS(2));
    inject(s, RE_CONFIG(RESET_OUT(0, -1, -1, STREAMS(1)), RESET_IN(1, STREAMS(1))));
    expect(s, SACK);
    struct hw_reconfig_param params[2];
    check_equal(params_of(s, expect_also(s, RE_CONFIG), params), 2);
    check_equal(params[0].result, HW_RECONFIG_PERFORMED);
    check_equal(params[1].result, HW_RECONFIG_DENIED);
    inject(s, SACK(.cum = 0));
    expect(s, SHUTDOWN);
    inject(s, SHUTDOWN_ACK());
    expect(s, SHUTDOWN_COMPLETE);
    expect_ended(s, HAWSER_END_SHUTDOWN);
}

SCRIPT(rfc6525_shutdown_received, "RFC 6525, RFC 9260 9.2",
       "once the peer closes, its requests are denied and ours that wait fail") {
    ask_beside_data(s, 1);
    inject(s, SHUTDOWN(-1));
    expect_item(s, HAWSER_PEER_SHUTDOWN);
    inject(s, RE_CONFIG(RESET_OUT(0, -1, -1, STREAMS(1))));
    expect_response(s, 0, HW_RECONFIG_DENIED);
    inject(s, SACK(.cum = 0));
    expect(s, SHUTDOWN_ACK);
    expect_reset(s, ITEM_OUT | HAWSER_ITEM_FAILED, STREAMS(1));
    inject(s, SHUTDOWN_COMPLETE());
    expect_ended(s, HAWSER_END_SHUTDOWN);
}

SCRIPT(rfc6525_shutdown_received_in_vain, "RFC 6525, RFC 9260 9.2, 8.1",
       "a request that has no answer an RTO after the peer closes has failed: it is not repeated, and no path is blamed for it") {
    ask_beside_data(s, 2);
    expect(s, RE_CONFIG);
    inject(s, SHUTDOWN(-1));
    expect_item(s, HAWSER_PEER_SHUTDOWN);
    expect_no_item(s);
    wait_packet(s, sec(2));
    expect(s, DATA, .tsn = 0);
    advance(s, ms(10));
    expect_nothing(s);
    expect_reset(s, ITEM_OUT | HAWSER_ITEM_FAILED, STREAMS(2));
    check_equal(path_of(s, 1).error_count, 1); /* for the DATA */
    inject(s, RE_CONFIG(RESPONSE(0, 1)));             /* too late */
    inject(s, SACK(.cum = 0));
    expect(s, SHUTDOWN_ACK);
    inject(s, SHUTDOWN_COMPLETE());
    expect_ended(s, HAWSER_END_SHUTDOWN);
}

SCRIPT(rfc6525_shutdown_received_in_time, "RFC 6525, RFC 9260 9.2", "an answer that comes before that counts") {
    ask_beside_data(s, 2);
    expect(s, RE_CONFIG);
    inject(s, SHUTDOWN(-1));
    expect_item(s, HAWSER_PEER_SHUTDOWN);
    inject(s, RE_CONFIG(RESPONSE(0, 1)));
    expect_reset(s, ITEM_OUT, STREAMS(2));
    inject(s, SACK(.cum = 0));
    expect(s, SHUTDOWN_ACK);
    inject(s, SHUTDOWN_COMPLETE());
    expect_ended(s, HAWSER_END_SHUTDOWN);
}

SCRIPT(rfc6525_restart, "RFC 6525, RFC 9260 5.2.4 A",
       "a restart forgets what is under way; numbers begin with the new initial TSNs") {
    begin(s);
    use_stream(s, 1, 0);
    inject(s, RE_CONFIG(ADD_OUT(0, 1)));
    expect_response(s, 0, HW_RECONFIG_PERFORMED);
    inject(s, RE_CONFIG(RESET_OUT(1, -1, 5, STREAMS(1)))); /* waits for data */
    expect_response(s, 1, HW_RECONFIG_IN_PROGRESS);
    check_equal(reset_streams(s, HAWSER_RESET_OUTGOING, 1), 0);
    expect(s, RE_CONFIG);
    skip_items(s);
    s->peer_tag++;
    s->peer_tsn = 70000;
    inject(s, INIT());
    remember(s, expect(s, INIT_ACK));
    inject(s, COOKIE_ECHO());
    expect(s, COOKIE_ACK);
    expect_item(s, HAWSER_RESTARTED, .streams_in = 10);
    expect_reset(s, ITEM_OUT | HAWSER_ITEM_FAILED, STREAMS(1));
    advance(s, sec(100));
    expect_nothing(s);
    inject(s, RE_CONFIG(ADD_OUT(0, 1)));
    expect_response(s, 0, HW_RECONFIG_PERFORMED);
    expect_changed(s, ITEM_IN | ITEM_BY_PEER, 10, 11);
    check_equal(hawser_add_streams(s->stack, s->now, s->association, 1, 0), 0);
    request_of(s, expect(s, RE_CONFIG), HW_PARAM_ADD_OUTGOING, 0);
    inject(s, RE_CONFIG(RESPONSE(0, 1)));
    expect_changed(s, ITEM_OUT, 11, 11);
    inject(s, DATA(.tsn = 0, .stream = 1, .ssn = 0)); /* no hold is left */
    expect_message(s);
    expect(s, SACK, .cum = 0);
}
