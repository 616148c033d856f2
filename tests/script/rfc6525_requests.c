/* SPDX-License-Identifier: MIT
 *
 * RFC 6525: the requests that the stack makes (5.1), and what responses do (5.2.7).
 */
#include "reconfig.h"

#define HALF ((uint32_t)1 << 31)

static bool lists_reconfig(struct hawser_span types) {
    for (size_t i = 0; i < types.size; i++)
        if (types.data[i] == HW_RE_CONFIG)
            return true;
    return false;
}

/* ---- 5.1.1 ------------------------------------------------------------------------------------------------------- */

SCRIPT(rfc6525_5_1_1_is_offered, "RFC 6525 5.1.1", "RE-CONFIG is listed in INIT and in INIT ACK") {
    connect_now(s, 1);
    const struct seen *init = expect(s, INIT);
    check(lists_reconfig(param_of(init, HW_PARAM_EXTENSIONS)));
    check_equal(hawser_close(s->stack, s->now, s->association), 0);
    s->association = 0;
    listen_now(s);
    inject(s, INIT());
    check(lists_reconfig(param_of(expect(s, INIT_ACK), HW_PARAM_EXTENSIONS)));
}

SCRIPT(rfc6525_5_1_1_is_not_offered_when_off, "RFC 6525 5.1.1", "with the setting off it is neither offered nor answered") {
    start_reconfig(s);
    set(s, RECONFIGURATION, 0);
    listen_now(s);
    inject(s, INIT());
    const struct seen *ack = expect(s, INIT_ACK);
    check(!lists_reconfig(param_of(ack, HW_PARAM_EXTENSIONS)));
    remember(s, ack);
    inject(s, COOKIE_ECHO());
    expect(s, COOKIE_ACK);
    expect_arrived(s);
    skip_items(s);
    inject(s, RE_CONFIG(ADD_OUT(0, 1)));
    check_equal(COUNT(UnknownChunks), 1);
    expect_nothing(s);
    check_equal(hawser_add_streams(s->stack, s->now, s->association, 1, 0), HAWSER_ERR_UNSUPPORTED);
}

SCRIPT(rfc6525_5_1_1_peer_does_not_have_it, "RFC 6525 5.1.1", "a peer that does not list it is asked nothing: UNSUPPORTED") {
    establish_active(s);
    check_equal(reset_streams(s, HAWSER_RESET_OUTGOING, 1), HAWSER_ERR_UNSUPPORTED);
    check_equal(hawser_reset_association(s->stack, s->now, s->association), HAWSER_ERR_UNSUPPORTED);
    check_equal(hawser_add_streams(s->stack, s->now, s->association, 1, 1), HAWSER_ERR_UNSUPPORTED);
    inject(s, RE_CONFIG(RESET_OUT(0, -1, -1, ALL_STREAMS)));
    expect_nothing(s);
    check_equal(COUNT(UnknownChunks), 1);
}

SCRIPT(rfc6525_5_1_1_one_at_a_time, "RFC 6525 5.1.1, 6.3",
       "one request in flight; another is refused with BUSY until it is answered") {
    start_reconfig(s);
    establish_active(s);
    check_equal(reset_streams(s, HAWSER_RESET_OUTGOING, 1), 0);
    request_of(s, expect(s, RE_CONFIG), HW_PARAM_OUTGOING_RESET, 0);
    check_equal(reset_streams(s, HAWSER_RESET_OUTGOING, 2), HAWSER_ERR_BUSY);
    check_equal(hawser_reset_association(s->stack, s->now, s->association), HAWSER_ERR_BUSY);
    check_equal(hawser_add_streams(s->stack, s->now, s->association, 1, 0), HAWSER_ERR_BUSY);
    inject(s, RE_CONFIG(RESPONSE(0, 1)));
    expect_reset(s, ITEM_OUT, STREAMS(1));
    check_equal(reset_streams(s, HAWSER_RESET_OUTGOING, 2), 0);
    request_of(s, expect(s, RE_CONFIG), HW_PARAM_OUTGOING_RESET, 1);
    inject(s, RE_CONFIG(RESPONSE(1, 0)));
    expect_reset(s, ITEM_OUT, STREAMS(2));
    expect_no_item(s);
}

SCRIPT(rfc6525_5_1_1_timer, "RFC 6525 5.1.1", "unanswered, the same chunk goes again after RTO, which doubles") {
    start_reconfig(s);
    establish_active(s);
    check_equal(reset_streams(s, HAWSER_RESET_OUTGOING, 1, 3), 0);
    const struct seen *first = expect(s, RE_CONFIG);
    struct hawser_span whole = first->whole;
    hawser_time wait = sec(1);
    for (int i = 0; i < 4; i++, wait *= 2) {
        check_equal(wait_packet(s, sec(20)), wait);
        const struct seen *again = expect(s, RE_CONFIG);
        check_equal(again->whole.size, whole.size);
        check(memcmp(again->whole.data, whole.data, whole.size) == 0);
    }
    check_equal(status_of(s).error_count, 4);
    check_equal(path_of(s, 1).error_count, 4);
    check_equal(COUNT(ReconfigTimeouts), 4);
    check_equal(COUNT(OutReconfigs), 1);
    inject(s, RE_CONFIG(RESPONSE(0, 1)));
    expect_reset(s, ITEM_OUT, STREAMS(1, 3));
    check_equal(status_of(s).error_count, 0);
    check_equal(path_of(s, 1).error_count, 0);
    advance(s, sec(200));
    expect_nothing(s);
}

SCRIPT(rfc6525_5_1_1_thresholds, "RFC 6525 5.1.1",
       "a request that is never answered ends the association by its error counters") {
    start_reconfig(s);
    establish_active(s);
    set(s, ASSOCIATION_MAX_RETRANS, 3);
    check_equal(hawser_add_streams(s->stack, s->now, s->association, 1, 0), 0);
    for (int i = 0; i < 4; i++) {
        expect(s, RE_CONFIG);
        if (i < 3)
            wait_packet(s, sec(100));
    }
    advance(s, sec(10));
    expect_ended(s, HAWSER_END_LOST);
}

SCRIPT(rfc6525_5_1_1_other_path, "RFC 6525 5.1.1, 6.4", "the retransmission goes to another active path") {
    start(s, .params = OFFERS_RECONFIG, .peer_addresses = 2);
    establish_active(s);
    check_equal(hawser_add_streams(s->stack, s->now, s->association, 1, 0), 0);
    expect(s, RE_CONFIG, .to = 0);
    wait_packet(s, sec(2));
    expect(s, RE_CONFIG, .to = 1);
    check_equal(path_of(s, 1).error_count, 1);
    check_equal(path_of(s, 2).error_count, 0);
    inject(s, RE_CONFIG(RESPONSE(0, 1)));
    expect_changed(s, ITEM_OUT, 11, 10);
}

/* ---- 5.1.2 ------------------------------------------------------------------------------------------------------- */

SCRIPT(rfc6525_5_1_2_fields, "RFC 6525 5.1.2 A2, A3, A4, 4.1",
       "Outgoing SSN Reset: number from the initial TSN on, the peer's next number minus 1, our last TSN, the streams") {
    start_reconfig(s);
    establish_active(s);
    send_message(s, 2, 50, 0);
    expect(s, DATA, .tsn = 0, .ssn = 0);
    inject(s, SACK(.cum = 0));
    check_equal(reset_streams(s, HAWSER_RESET_OUTGOING, 2, 5, 9), 0);
    const struct seen *seen = expect(s, RE_CONFIG);
    struct hw_reconfig_param param = request_of(s, seen, HW_PARAM_OUTGOING_RESET, 0);
    check_equal(seen->flags, 0);
    check_equal(param.response_number, s->peer_tsn - 1);
    check_equal(param.last_tsn, s->stack_tsn);
    check_equal(param.stream_count, 3);
    check_equal(hw_reconfig_stream(&param, 0), 2);
    check_equal(hw_reconfig_stream(&param, 1), 5);
    check_equal(hw_reconfig_stream(&param, 2), 9);
    inject(s, RE_CONFIG(RESPONSE(0, 1)));
    expect_reset(s, ITEM_OUT, STREAMS(2, 5, 9));
}

SCRIPT(rfc6525_5_1_2_all_streams, "RFC 6525 5.1.2 A4", "a reset of all streams lists none") {
    start_reconfig(s);
    establish_active(s);
    check_equal(reset_all_streams(s, HAWSER_RESET_OUTGOING), 0);
    struct hw_reconfig_param param = request_of(s, expect(s, RE_CONFIG), HW_PARAM_OUTGOING_RESET, 0);
    check_equal(param.stream_count, 0);
    inject(s, RE_CONFIG(RESPONSE(0, 1)));
    expect_reset(s, ITEM_OUT, ALL_STREAMS);
}

SCRIPT(rfc6525_5_1_2_stops_new_data, "RFC 6525 5.1.2 A1",
       "no new data on the streams until the outcome: sends say WOULD_BLOCK, then the association is writable; others go on") {
    start_reconfig(s);
    establish_active(s);
    send_message(s, 1, 50, 0);
    expect(s, DATA, .tsn = 0, .stream = 1, .ssn = 0);
    check_equal(reset_streams(s, HAWSER_RESET_OUTGOING, 1), 0);
    expect_nothing(s); /* what was sent is not acknowledged */
    told_writable(s);
    check_equal(send_with(s, .stream = 1), HAWSER_ERR_WOULD_BLOCK);
    send_message(s, 2, 1452, 0);
    expect(s, DATA, .tsn = 1, .stream = 2, .ssn = 0);
    check(!told_writable(s));
    inject(s, SACK(.cum = 0));
    struct hw_reconfig_param param = request_of(s, expect(s, RE_CONFIG), HW_PARAM_OUTGOING_RESET, 0);
    check_equal(param.last_tsn, s->stack_tsn + 1); /* A3: of all streams */
    check_equal(send_with(s, .stream = 1), HAWSER_ERR_WOULD_BLOCK);
    inject(s, SACK(.cum = 1), RE_CONFIG(RESPONSE(0, 1)));
    check(told_writable(s));
    expect_reset(s, ITEM_OUT, STREAMS(1));
    send_message(s, 1, 50, 0);
    expect(s, DATA, .tsn = 2, .stream = 1, .ssn = 0);
    inject(s, SACK(.cum = 2));
    send_message(s, 2, 50, 0);
    expect(s, DATA, .tsn = 3, .stream = 2, .ssn = 1);
    inject(s, SACK(.cum = 3));
}

SCRIPT(rfc6525_5_1_2_queued_data_goes_first, "RFC 6525 5.1.2",
       "what waits in the queue is sent and acknowledged before the request") {
    start_reconfig(s);
    establish_active(s);
    for (int i = 0; i < 10; i++)
        send_message(s, 3, FULL, 0);
    skip_output(s);
    check_equal(reset_streams(s, HAWSER_RESET_OUTGOING, 3), 0);
    int64_t last = -1;
    for (int rounds = 0; rounds < 40 && next_chunk(s) != HW_RE_CONFIG; rounds++) {
        skip_output(s);
        inject(s, SACK(.cum = ++last));
    }
    struct hw_reconfig_param param = request_of(s, expect(s, RE_CONFIG), HW_PARAM_OUTGOING_RESET, 0);
    check_equal(last, 9);
    check_equal(param.last_tsn, s->stack_tsn + 9);
    inject(s, RE_CONFIG(RESPONSE(0, 1)));
    expect_reset(s, ITEM_OUT, STREAMS(3));
}

SCRIPT(rfc6525_5_1_2_unfinished, "RFC 6525 5.1.2, design", "a message that has no end yet cannot be reset over: UNFINISHED") {
    start_reconfig(s);
    establish_active(s);
    send_message(s, 1, 10, HAWSER_SEND_MORE);
    check_equal(reset_streams(s, HAWSER_RESET_OUTGOING, 1), HAWSER_ERR_UNFINISHED);
    check_equal(reset_all_streams(s, HAWSER_RESET_OUTGOING), HAWSER_ERR_UNFINISHED);
    check_equal(hawser_reset_association(s->stack, s->now, s->association), HAWSER_ERR_UNFINISHED);
    check_equal(reset_streams(s, HAWSER_RESET_OUTGOING, 2), 0);
    skip_output(s);
    inject(s, RE_CONFIG(RESPONSE(0, 1)));
    expect_reset(s, ITEM_OUT, STREAMS(2));
    s->quiet_end = true;
}

/* ---- 5.1.3 to 5.1.6 ----------------------------------------------------------------------------------------------- */

SCRIPT(rfc6525_5_1_3_incoming, "RFC 6525 5.1.3, 5.2.2 E1", "Incoming SSN Reset; the peer's Outgoing SSN Reset answers it") {
    start_reconfig(s);
    establish_active(s);
    check_equal(reset_streams(s, HAWSER_RESET_INCOMING, 4), 0);
    struct hw_reconfig_param param = request_of(s, expect(s, RE_CONFIG), HW_PARAM_INCOMING_RESET, 0);
    check_equal(param.stream_count, 1);
    check_equal(hw_reconfig_stream(&param, 0), 4);
    inject(s, RE_CONFIG(RESET_OUT(0, 0, -1, STREAMS(4))));
    expect_response(s, 0, HW_RECONFIG_PERFORMED);
    expect_reset(s, ITEM_IN, STREAMS(4));
    advance(s, sec(60));
    expect_nothing(s);
    expect_no_item(s);
}

SCRIPT(rfc6525_5_2_2_not_every_request_is_an_answer, "RFC 6525 5.2.2 E1",
       "an Outgoing SSN Reset of other streams does not answer ours, whatever number it has") {
    start_reconfig(s);
    establish_active(s);
    check_equal(reset_streams(s, HAWSER_RESET_INCOMING, 4), 0);
    expect(s, RE_CONFIG);
    inject(s, RE_CONFIG(RESET_OUT(0, 0, -1, STREAMS(5))));
    expect_response(s, 0, HW_RECONFIG_PERFORMED);
    expect_reset(s, ITEM_IN | ITEM_BY_PEER, STREAMS(5));
    wait_packet(s, sec(1));
    request_of(s, expect(s, RE_CONFIG), HW_PARAM_INCOMING_RESET, 0);
    inject(s, RE_CONFIG(RESPONSE(0, 2)));
    expect_reset(s, ITEM_IN | HAWSER_ITEM_DENIED, STREAMS(4));
}

SCRIPT(rfc6525_5_1_3_nothing_to_do, "RFC 6525 5.2.7", "an Incoming SSN Reset with nothing to do is an outcome, too") {
    start_reconfig(s);
    establish_active(s);
    check_equal(reset_all_streams(s, HAWSER_RESET_INCOMING), 0);
    expect(s, RE_CONFIG);
    inject(s, RE_CONFIG(RESPONSE(0, 0)));
    expect_reset(s, ITEM_IN | HAWSER_ITEM_NOTHING, ALL_STREAMS);
    expect_no_item(s);
}

SCRIPT(rfc6525_5_1_2_both_directions, "RFC 6525 5.1.2 A5, appendix A", "both directions go in one chunk; each has its outcome") {
    start_reconfig(s);
    establish_active(s);
    check_equal(reset_all_streams(s, HAWSER_RESET_OUTGOING | HAWSER_RESET_INCOMING), 0);
    struct hw_reconfig_param params[2];
    check_equal(params_of(s, expect(s, RE_CONFIG), params), 2);
    check_equal(params[0].type, HW_PARAM_OUTGOING_RESET);
    check_equal(params[0].number, s->stack_tsn);
    check_equal(params[1].type, HW_PARAM_INCOMING_RESET);
    check_equal(params[1].number, s->stack_tsn + 1);
    inject(s, RE_CONFIG(RESPONSE(0, 1), RESET_OUT(0, 1, -1, ALL_STREAMS)));
    expect_response(s, 0, HW_RECONFIG_PERFORMED);
    expect_reset(s, ITEM_OUT, ALL_STREAMS);
    expect_reset(s, ITEM_IN, ALL_STREAMS);
    expect_no_item(s);
    advance(s, sec(60));
    expect_nothing(s);
}

SCRIPT(rfc6525_5_1_1_half_answered, "RFC 6525 5.1.1, 5.2.7 H1", "of two requests, the one that is answered is not repeated") {
    start_reconfig(s);
    establish_active(s);
    check_equal(hawser_add_streams(s->stack, s->now, s->association, 2, 3), 0);
    struct hw_reconfig_param params[2];
    check_equal(params_of(s, expect(s, RE_CONFIG), params), 2);
    check_equal(params[0].type, HW_PARAM_ADD_OUTGOING);
    check_equal(params[0].added, 2);
    check_equal(params[1].type, HW_PARAM_ADD_INCOMING);
    check_equal(params[1].added, 3);
    inject(s, RE_CONFIG(RESPONSE(0, 1)));
    expect_changed(s, ITEM_OUT, 12, 10);
    wait_packet(s, sec(1));
    check_equal(request_of(s, expect(s, RE_CONFIG), HW_PARAM_ADD_INCOMING, 1).added, 3);
    inject(s, RE_CONFIG(ADD_OUT(0, 3)));
    expect_response(s, 0, HW_RECONFIG_PERFORMED);
    expect_changed(s, ITEM_IN, 12, 13);
    advance(s, sec(60));
    expect_nothing(s);
}

SCRIPT(rfc6525_5_1_4_association, "RFC 6525 5.1.4, 5.2.7 H5",
       "SSN/TSN Reset waits until nothing is in flight, goes alone; then TSNs are the peer's choice and SSNs 0") {
    start_reconfig(s);
    establish_active(s);
    send_message(s, 1, 50, 0);
    expect(s, DATA, .tsn = 0, .ssn = 0);
    inject(s, DATA(.tsn = 0, .stream = 7, .ssn = 0));
    expect(s, SACK, .cum = 0);
    expect_message(s, .stream = 7, .ssn = 0);
    check_equal(hawser_reset_association(s->stack, s->now, s->association), 0);
    check_equal(send_with(s, .stream = 2), HAWSER_ERR_WOULD_BLOCK); /* C2 */
    expect_nothing(s);
    inject(s, SACK(.cum = 0));
    request_of(s, expect(s, RE_CONFIG), HW_PARAM_ASSOCIATION_RESET, 0);
    check_equal(send_with(s, .stream = 2), HAWSER_ERR_WOULD_BLOCK);
    inject(s, RE_CONFIG(RESPONSE_TSNS(0, 1, s->peer_tsn + 1, s->stack_tsn + 1 + HALF)));
    expect_renumbered(s, 0, 1 + HALF, 1);
    send_message(s, 1, 50, 0);
    uint32_t began = s->stack_tsn;
    s->stack_tsn += 1 + HALF;
    expect(s, DATA, .tsn = 0, .stream = 1, .ssn = 0);
    inject(s, SACK(.cum = 0));
    inject(s, DATA(.tsn = 1, .stream = 7, .ssn = 0));
    expect_message(s, .stream = 7, .ssn = 0);
    advance(s, ms(200));
    expect(s, SACK, .cum = 1);
    s->stack_tsn = began;
    check_equal(hawser_reset_association(s->stack, s->now, s->association), HAWSER_ERR_BUSY); /* 30 s */
    advance(s, sec(30));
    check_equal(hawser_reset_association(s->stack, s->now, s->association), 0);
    request_of(s, expect(s, RE_CONFIG), HW_PARAM_ASSOCIATION_RESET, 1);
    inject(s, RE_CONFIG(RESPONSE(1, 2)));
    skip_items(s);
}

SCRIPT(rfc6525_5_2_7_data_before_the_response, "RFC 6525 5.2.7 H5",
       "DATA that comes before the response to SSN/TSN Reset is read by the right numbering, in order") {
    start_reconfig(s);
    establish_active(s);
    inject(s, DATA(.tsn = 0, .stream = 1, .ssn = 0, .text = "old 0"));
    expect(s, SACK, .cum = 0);
    expect_message(s, .text = "old 0");
    check_equal(hawser_reset_association(s->stack, s->now, s->association), 0);
    expect(s, RE_CONFIG);
    inject(s, DATA(.tsn = 1, .stream = 1, .ssn = 1, .text = "old 1")); /* was under way */
    inject(s, DATA(.tsn = 2, .stream = 2, .ssn = 0, .text = "new 0")); /* the response was lost */
    inject(s, DATA(.tsn = 3, .stream = 1, .ssn = 0, .text = "new 1"));
    inject(s, DATA(.tsn = 4, .stream = 2, .ssn = 1, .text = "new 2"));
    inject(s, DATA(.tsn = 5, .stream = 3, .ssn = 9, .flags = B | E | U, .text = "any"));
    expect_message(s, .text = "any"); /* unordered messages have no turn to wait for */
    expect_no_item(s);
    skip_output(s);
    inject(s, RE_CONFIG(RESPONSE_TSNS(0, 1, s->peer_tsn + 2, s->stack_tsn + HALF)));
    expect_message(s, .text = "old 1", .ssn = 1);
    expect_renumbered(s, 0, HALF, 2);
    expect_message(s, .text = "new 0");
    expect_message(s, .text = "new 1");
    expect_message(s, .text = "new 2");
    inject(s, DATA(.tsn = 6, .stream = 2, .ssn = 2, .text = "new 3"));
    expect_message(s, .text = "new 3");
    expect_no_item(s);
    skip_output(s);
    s->quiet_end = true;
}

SCRIPT(rfc6525_5_2_7_a_request_before_the_response, "RFC 6525 5.2.2, 5.2.7 H5, design",
       "a reset by the peer is put off until it has answered our SSN/TSN Reset: it may have come behind that") {
    start_reconfig(s);
    establish_active(s);
    check_equal(hawser_reset_association(s->stack, s->now, s->association), 0);
    expect(s, RE_CONFIG);
    inject(s, DATA(.tsn = 0, .stream = 2, .ssn = 0, .text = "new 0")); /* the response was lost */
    expect(s, SACK, .cum = 0);
    inject(s, RE_CONFIG(RESET_OUT(0, 0, 0, STREAMS(2))));
    expect_response(s, 0, HW_RECONFIG_IN_PROGRESS);
    expect_no_item(s);
    inject(s, RE_CONFIG(RESPONSE_TSNS(0, 1, s->peer_tsn, s->stack_tsn + HALF)));
    expect_renumbered(s, 0, HALF, 0);
    expect_message(s, .text = "new 0");
    inject(s, RE_CONFIG(RESET_OUT(0, 0, 0, STREAMS(2))));
    expect_response(s, 0, HW_RECONFIG_PERFORMED);
    expect_reset(s, ITEM_IN | ITEM_BY_PEER, STREAMS(2));
    inject(s, DATA(.tsn = 1, .stream = 2, .ssn = 0, .text = "new 1"));
    expect_message(s, .text = "new 1");
    skip_output(s);
}

/* Our SSN/TSN Reset is under way, and one message has come on stream 1. */
static void begin_to_renumber(struct script *s) {
    start(s, .params = PARAM(HW_PARAM_EXTENSIONS, BYTES(HW_RE_CONFIG, HW_FORWARD_TSN)));
    establish_active(s);
    inject(s, DATA(.tsn = 0, .stream = 1, .ssn = 0));
    expect(s, SACK, .cum = 0);
    expect_message(s);
    check_equal(hawser_reset_association(s->stack, s->now, s->association), 0);
    expect(s, RE_CONFIG);
}

SCRIPT(rfc6525_5_2_7_skipped_before_the_response, "RFC 6525 5.2.7 H5; RFC 3758 3.6",
       "a FORWARD TSN before the response to SSN/TSN Reset may be of either numbering: it is taken when it comes again") {
    begin_to_renumber(s);
    for (int i = 0; i < 2; i++) { /* "new 0" of stream 1, or 2, was given up; the response was lost */
        inject(s, FORWARD(1, SKIP(1 + i, 0)));
        expect_nothing(s); /* a SACK would have it said again at once, until there is a response */
    }
    inject(s, DATA(.tsn = 2, .stream = 1, .ssn = 1, .text = "new 1"));
    expect(s, SACK, .cum = 0, .gap_count = 1);
    inject(s, RE_CONFIG(RESPONSE_TSNS(0, 1, s->peer_tsn + 1, s->stack_tsn + HALF)));
    expect_renumbered(s, 0, HALF, 1);
    expect_no_item(s);
    inject(s, FORWARD(1, SKIP(1, 0)));
    expect_message(s, .text = "new 1");
    skip_output(s);
}

SCRIPT(rfc6525_5_2_7_skipped_in_progress, "RFC 6525 5.2.7 H2, H5; RFC 3758 3.6",
       "who waits with the reset may have to be rid of what it gave up before: its FORWARD TSN is taken once it says so") {
    begin_to_renumber(s);
    inject(s, RE_CONFIG(RESPONSE(0, 6))); /* and may have performed it since */
    for (int i = 0; i < 2; i++) {
        inject(s, FORWARD(1, SKIP(1, 1)));
        inject(s, RE_CONFIG(RESPONSE(0, 6))); /* that to the first request, once more: it says nothing of now */
        expect_nothing(s);
    }
    advance(s, sec(1));
    expect(s, RE_CONFIG);
    inject(s, RE_CONFIG(RESPONSE(0, 6)));
    inject(s, FORWARD(1, SKIP(1, 1)));
    inject(s, DATA(.tsn = 2, .stream = 1, .ssn = 2, .text = "old 2"));
    expect(s, SACK, .cum = 2);
    inject(s, RE_CONFIG(RESPONSE_TSNS(0, 1, s->peer_tsn + 3, s->stack_tsn + HALF)));
    expect_message(s, .text = "old 2");
    expect_renumbered(s, 0, HALF, 3);
    skip_output(s);
}

SCRIPT(rfc6525_5_2_7_held_and_the_window, "RFC 6525 5.2.7 H2, H5, design",
       "when what is held for an SSN/TSN reset takes half of the window the peer is asked again; In progress: it is all old") {
    start_reconfig(s);
    set(s, RECEIVE_BUFFER, 8192);
    establish_active(s);
    check_equal(hawser_reset_association(s->stack, s->now, s->association), 0);
    expect(s, RE_CONFIG);
    for (int i = 0; i < 30; i++) { /* one message of more than the window */
        inject(s, DATA(.tsn = i, .stream = 1, .ssn = 0, .size = 1000, .flags = i == 0 ? B : i == 29 ? E : 0));
        if (i % 4 == 3) {
            advance(s, sec(1)); /* an RTO: so answers to what was asked before are not taken for those to this */
            skip_output(s);
            inject(s, RE_CONFIG(RESPONSE(0, 6)));
        }
        skip_items(s);
    }
    skip_output(s);
    inject(s, DATA(.tsn = 30, .stream = 1, .ssn = 1, .flags = B | E | IMMEDIATE, .text = "last"));
    expect(s, SACK, .cum = 30);
    expect_no_item(s);
    inject(s, RE_CONFIG(RESPONSE_TSNS(0, 1, s->peer_tsn + 31, s->stack_tsn + HALF)));
    expect_message(s, .text = "last");
    expect_renumbered(s, 0, HALF, 31);
}

SCRIPT(rfc6525_5_2_7_held_and_a_full_window, "RFC 6525 5.2.7 H5, design",
       "when the response is lost, however much comes then is not delivered by the old numbering") {
    start_reconfig(s);
    set(s, RECEIVE_BUFFER, 8192);
    establish_active(s);
    check_equal(hawser_reset_association(s->stack, s->now, s->association), 0);
    expect(s, RE_CONFIG);
    for (int i = 0; i < 30; i++) /* the peer has performed it */
        inject(s, DATA(.tsn = i, .stream = 1, .ssn = i, .size = 1000));
    expect_no_item(s);
    skip_output(s);
    inject(s, RE_CONFIG(RESPONSE_TSNS(0, 1, s->peer_tsn, s->stack_tsn + HALF)));
    expect_renumbered(s, 0, HALF, 0);
    check(skip_items(s) > 4);
    skip_output(s);
}

SCRIPT(rfc6525_5_2_7_held_and_the_end, "RFC 6525 5.2.7 H5, design", "what is held is not lost when the association ends") {
    start_reconfig(s);
    establish_active(s);
    check_equal(hawser_reset_association(s->stack, s->now, s->association), 0);
    expect(s, RE_CONFIG);
    inject(s, DATA(.tsn = 0, .stream = 1, .ssn = 0, .text = "held"));
    expect(s, SACK, .cum = 0);
    expect_no_item(s);
    inject(s, ABORT(NOTHING));
    expect_message(s, .text = "held");
    expect_ended(s, HAWSER_END_PEER_ABORTED);
}

/* Messages of both numberings have come, and the response has not. */
static void hold_both(struct script *s) {
    begin_to_renumber(s);
    inject(s, DATA(.tsn = 1, .stream = 2, .ssn = 0, .text = "old"), DATA(.tsn = 2, .stream = 1, .ssn = 0, .text = "new 0"),
           DATA(.tsn = 3, .stream = 1, .ssn = 1, .text = "new 1"));
    skip_output(s);
    expect_no_item(s);
}

static void expect_both(struct script *s) {
    expect_message(s, .text = "old", .stream = 2);
    expect_message(s, .text = "new 0");
    expect_message(s, .text = "new 1", .ssn = 1);
}

SCRIPT(rfc6525_5_2_7_held_and_the_peers_shutdown, "RFC 6525 5.2.7 H5; RFC 9260 9.2",
       "the peer shuts down before its response has come: all that is held is delivered, be it of the new numbering") {
    hold_both(s);
    inject(s, SHUTDOWN(-1));
    expect_item(s, HAWSER_PEER_SHUTDOWN);
    expect_item(s, HAWSER_ASSOCIATION_RESET);
    expect_both(s);
    skip_output(s);
}

SCRIPT(rfc6525_5_2_7_held_and_our_shutdown, "RFC 6525 5.2.7 H5; RFC 9260 9.2",
       "likewise if this side shuts down: what comes then may be of either numbering, and has its turn in the order of TSNs") {
    hold_both(s);
    check_equal(hawser_shutdown(s->stack, s->now, s->association), 0);
    script_pump(s);
    expect(s, SHUTDOWN, .cum = 3);
    expect_item(s, HAWSER_ASSOCIATION_RESET);
    expect_no_item(s);
    for (int i = 0; i < 2; i++) /* what contradicts the others counts as lost once */
        inject(s, DATA(.tsn = 4, .stream = 2, .ssn = 0, .text = "new"));
    skip_output(s);
    expect_both(s);
    expect_no_item(s);
    inject(s, SHUTDOWN_ACK());
    expect_message(s, .text = "new", .stream = 2);
    expect_ended(s, HAWSER_END_SHUTDOWN);
    skip_output(s);
}

SCRIPT(rfc6525_5_2_7_let_go_and_our_shutdown, "RFC 6525 5.2.7 H2, H5; RFC 9260 9.2",
       "what was let go when the peer said In progress waits for a message that is held then: it is delivered behind it") {
    begin_to_renumber(s);
    inject(s, DATA(.tsn = 2, .stream = 1, .ssn = 2, .text = "second"));
    advance(s, sec(1));
    skip_output(s);
    inject(s, RE_CONFIG(RESPONSE(0, 6)));
    check_equal(hawser_shutdown(s->stack, s->now, s->association), 0);
    inject(s, DATA(.tsn = 1, .stream = 1, .ssn = 1, .text = "first"));
    skip_output(s);
    expect_item(s, HAWSER_ASSOCIATION_RESET);
    inject(s, SHUTDOWN_ACK());
    expect_message(s, .text = "first", .ssn = 1);
    expect_message(s, .text = "second", .ssn = 2);
    expect_ended(s, HAWSER_END_SHUTDOWN);
    skip_output(s);
}

SCRIPT(rfc6525_5_2_7_data_and_a_refusal, "RFC 6525 5.2.7 H3", "refused, what was held back has its turn by the old numbering") {
    start_reconfig(s);
    establish_active(s);
    check_equal(hawser_reset_association(s->stack, s->now, s->association), 0);
    expect(s, RE_CONFIG);
    inject(s, DATA(.tsn = 1, .stream = 1, .ssn = 1, .text = "second"));
    inject(s, DATA(.tsn = 0, .stream = 1, .ssn = 0, .text = "first"));
    expect_no_item(s);
    skip_output(s);
    inject(s, RE_CONFIG(RESPONSE(0, 2)));
    struct hawser_item item;
    check_equal(hawser_receive(s->stack, s->association, &item, 1), 1);
    check_equal(item.type, HAWSER_ASSOCIATION_RESET);
    check_equal(item.flags, HAWSER_ITEM_DENIED);
    check_equal(hawser_consume(s->stack, s->now, s->association, 1, 0), 0);
    expect_message(s, .text = "first");
    expect_message(s, .text = "second");
    send_message(s, 1, 50, 0);
    expect(s, DATA, .tsn = 0, .ssn = 0);
    inject(s, SACK(.cum = 0));
}

SCRIPT(rfc6525_5_1_5_add_outgoing, "RFC 6525 5.1.5, 5.2.7 H6", "added streams are used once the peer says so, from SSN 0") {
    start_reconfig(s);
    establish_active(s);
    check_equal(hawser_add_streams(s->stack, s->now, s->association, 3, 0), 0);
    check_equal(request_of(s, expect(s, RE_CONFIG), HW_PARAM_ADD_OUTGOING, 0).added, 3);
    check_equal(send_with(s, .stream = 10), HAWSER_ERR_STREAM);
    inject(s, RE_CONFIG(RESPONSE(0, 1)));
    expect_changed(s, ITEM_OUT, 13, 10);
    check_equal(status_of(s).streams_out, 13);
    send_message(s, 12, 50, 0);
    expect(s, DATA, .tsn = 0, .stream = 12, .ssn = 0);
    inject(s, SACK(.cum = 0));
    check_equal(send_with(s, .stream = 13), HAWSER_ERR_STREAM);
}

SCRIPT(rfc6525_5_1_6_add_incoming, "RFC 6525 5.1.6, 5.2.5", "Add Incoming Streams; the peer's Add Outgoing Streams answers it") {
    start_reconfig(s);
    establish_active(s);
    check_equal(hawser_add_streams(s->stack, s->now, s->association, 0, 5), 0);
    check_equal(request_of(s, expect(s, RE_CONFIG), HW_PARAM_ADD_INCOMING, 0).added, 5);
    inject(s, RE_CONFIG(ADD_OUT(0, 5)));
    expect_response(s, 0, HW_RECONFIG_PERFORMED);
    expect_changed(s, ITEM_IN, 10, 15);
    check_equal(status_of(s).streams_in, 15);
    inject(s, DATA(.tsn = 0, .stream = 14, .ssn = 0));
    expect(s, SACK, .cum = 0);
    expect_message(s, .stream = 14);
    advance(s, sec(60));
    expect_nothing(s);
}

/* ---- 5.2.7 -------------------------------------------------------------------------------------------------------- */

SCRIPT(rfc6525_5_2_7_in_progress, "RFC 6525 5.2.7 H2", "In progress: the same request again after RTO, and no error is counted") {
    start_reconfig(s);
    establish_active(s);
    check_equal(reset_streams(s, HAWSER_RESET_OUTGOING, 1), 0);
    struct hawser_span whole = expect(s, RE_CONFIG)->whole;
    for (int i = 0; i < 15; i++) {
        inject(s, RE_CONFIG(RESPONSE(0, 6)));
        expect_nothing(s);
        expect_no_item(s);
        wait_packet(s, sec(60));
        const struct seen *again = expect(s, RE_CONFIG);
        check(again->whole.size == whole.size && memcmp(again->whole.data, whole.data, whole.size) == 0);
        check_equal(status_of(s).error_count, 0);
        check_equal(path_of(s, 1).error_count, 0);
    }
    inject(s, RE_CONFIG(RESPONSE(0, 1)));
    expect_reset(s, ITEM_OUT, STREAMS(1));
}

SCRIPT(rfc6525_5_2_7_in_progress_then_silence, "RFC 6525 5.2.7 H2, design", "after In progress, silence counts as errors again") {
    start_reconfig(s);
    establish_active(s);
    set(s, ASSOCIATION_MAX_RETRANS, 2);
    check_equal(reset_streams(s, HAWSER_RESET_OUTGOING, 1), 0);
    expect(s, RE_CONFIG);
    inject(s, RE_CONFIG(RESPONSE(0, 6)));
    advance(s, sec(300));
    skip_output(s);
    expect_ended(s, HAWSER_END_LOST);
}

SCRIPT(rfc6525_5_2_7_refusals, "RFC 6525 5.2.7 H3, 4.4, 6.1.1",
       "denied or in error: an outcome that says so, and everything is as it was") {
    start_reconfig(s);
    establish_active(s);
    send_message(s, 1, 50, 0);
    expect(s, DATA, .tsn = 0, .ssn = 0);
    inject(s, SACK(.cum = 0));
    static const uint32_t results[] = {2, 3, 4, 5, 7, 0xffffffff};
    for (unsigned i = 0; i < sizeof results / sizeof results[0]; i++) {
        check_equal(reset_streams(s, HAWSER_RESET_OUTGOING, 1), 0);
        request_of(s, expect(s, RE_CONFIG), HW_PARAM_OUTGOING_RESET, i);
        inject(s, RE_CONFIG(RESPONSE(i, results[i])));
        expect_reset(s, ITEM_OUT | (results[i] == 2 ? HAWSER_ITEM_DENIED : HAWSER_ITEM_FAILED), STREAMS(1));
        send_message(s, 1, 50, 0);
        expect(s, DATA, .tsn = i + 1, .ssn = i + 1);
        inject(s, SACK(.cum = i + 1));
    }
    check_equal(hawser_add_streams(s->stack, s->now, s->association, 5, 0), 0);
    expect(s, RE_CONFIG);
    inject(s, RE_CONFIG(RESPONSE(6, 2)));
    expect_changed(s, ITEM_OUT | HAWSER_ITEM_DENIED, 10, 10);
    check_equal(send_with(s, .stream = 10), HAWSER_ERR_STREAM);
    check_equal(COUNT(Reconfigured), 0);
}

SCRIPT(rfc6525_5_2_7_strange_responses, "RFC 6525 5.2.7 H1", "a response to nothing that is under way changes nothing") {
    start_reconfig(s);
    establish_active(s);
    inject(s, RE_CONFIG(RESPONSE(0, 1)));
    inject(s, RE_CONFIG(RESPONSE(-1, 1), RESPONSE(0, 1)));
    expect_nothing(s);
    send_message(s, 1, 50, 0);
    expect(s, DATA, .tsn = 0, .ssn = 0);
    check_equal(reset_streams(s, HAWSER_RESET_OUTGOING, 1), 0);
    inject(s, RE_CONFIG(RESPONSE(0, 1))); /* not sent yet */
    expect_no_item(s);
    inject(s, SACK(.cum = 0));
    expect(s, RE_CONFIG);
    inject(s, RE_CONFIG(RESPONSE(1, 1)));
    inject(s, RE_CONFIG(RESPONSE(-1, 2)));
    expect_no_item(s);
    inject(s, RE_CONFIG(RESPONSE(0, 1)));
    inject(s, RE_CONFIG(RESPONSE(0, 2)));
    expect_reset(s, ITEM_OUT, STREAMS(1));
    expect_no_item(s);
    send_message(s, 1, 50, 0);
    expect(s, DATA, .tsn = 1, .ssn = 0);
    inject(s, SACK(.cum = 1));
}
