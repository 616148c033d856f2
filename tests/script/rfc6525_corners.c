/* SPDX-License-Identifier: MIT
 *
 * RFC 6525, corners of what a peer may ask for: in which state, while what is under way, by which path, and how soon again.
 */
#include "reconfig.h"

static void begin(struct script *s) {
    set(s, RECONFIGURATION_ALLOWED, 7);
    start_reconfig(s);
    establish_active(s);
}

SCRIPT(rfc6525_5_2_requests_while_we_close, "RFC 6525 5.2, 5.2.3 to 5.2.6, design",
       "in SHUTDOWN-PENDING what needs a request of ours, or new numbers, is denied; a reset of the peer's streams is done") {
    begin(s);
    send_message(s, 0, 10, 0);
    expect(s, DATA);
    check_equal(hawser_shutdown(s->stack, s->now, s->association), 0);
    expect_state(s, SHUTDOWN_PENDING);
    inject(s, RE_CONFIG(RESET_IN(0, STREAMS(0))));
    expect_response(s, 0, HW_RECONFIG_DENIED);
    inject(s, RE_CONFIG(ADD_IN(1, 3)));
    expect_response(s, 1, HW_RECONFIG_DENIED);
    inject(s, RE_CONFIG(ADD_OUT(2, 3)));
    expect_response(s, 2, HW_RECONFIG_DENIED);
    inject(s, RE_CONFIG(RESET_ALL(3)));
    expect_response_alone(s, 3, HW_RECONFIG_DENIED);
    check_equal(COUNT(ReconfigsRefused), 4);
    inject(s, RE_CONFIG(RESET_OUT(4, -1, -1, STREAMS(1))));
    expect_response(s, 4, HW_RECONFIG_PERFORMED);
    check_equal(COUNT(ReconfigsRefused), 4);
    expect_reset(s, ITEM_IN | ITEM_BY_PEER, STREAMS(1));
    inject(s, SACK(.cum = 0));
    expect(s, SHUTDOWN);
}

SCRIPT(rfc6525_5_2_3_streams_that_we_do_not_have, "RFC 6525 5.2.3 F1, 4.4",
       "an Incoming SSN Reset of streams that we do not have: Wrong SSN") {
    begin(s);
    inject(s, RE_CONFIG(RESET_IN(0, STREAMS(1, 10))));
    expect_response(s, 0, HW_RECONFIG_WRONG_SSN);
    inject(s, RE_CONFIG(RESET_IN(1, STREAMS(1, 9))));
    expect_response(s, 1, HW_RECONFIG_NOTHING_TO_DO);
}

SCRIPT(rfc6525_5_2_2_the_same_streams_by_itself, "RFC 6525 4.1, 5.2.2 E1",
       "an Outgoing SSN Reset of the streams that we asked for, but not in answer to that: ours still waits for its own") {
    begin(s);
    check_equal(reset_streams(s, HAWSER_RESET_INCOMING, 1), 0);
    request_of(s, expect(s, RE_CONFIG), HW_PARAM_INCOMING_RESET, 0); /* is lost */
    inject(s, RE_CONFIG(RESET_OUT(0, -1, -1, STREAMS(1))));
    expect_response(s, 0, HW_RECONFIG_PERFORMED);
    expect_reset(s, ITEM_IN | ITEM_BY_PEER, STREAMS(1));
    wait_packet(s, sec(2));
    request_of(s, expect(s, RE_CONFIG), HW_PARAM_INCOMING_RESET, 0);
    inject(s, RE_CONFIG(RESET_OUT(1, 0, -1, STREAMS(2)))); /* our number, but other streams: no answer, either */
    expect_response(s, 1, HW_RECONFIG_PERFORMED);
    expect_reset(s, ITEM_IN | ITEM_BY_PEER, STREAMS(2));
    inject(s, RE_CONFIG(RESET_OUT(2, 0, -1, STREAMS(1))));
    expect_response(s, 2, HW_RECONFIG_PERFORMED);
    expect_reset(s, ITEM_IN, STREAMS(1));
    advance(s, sec(60));
    expect_nothing(s);
}

SCRIPT(rfc6525_5_2_both_wait_for_the_other, "RFC 6525 5.2.3 F3, 5.2.6, 4.4",
       "while a request of ours waits for one of the peer's, what would make the peer wait for ours is Already in progress") {
    begin(s);
    send_message(s, 1, 10, 0); /* a stream that is in use */
    expect(s, DATA);
    inject(s, SACK(.cum = 0));
    check_equal(hawser_add_streams(s->stack, s->now, s->association, 0, 4), 0);
    request_of(s, expect(s, RE_CONFIG), HW_PARAM_ADD_INCOMING, 0);
    inject(s, RE_CONFIG(RESET_IN(0, STREAMS(1))));
    expect_response(s, 0, HW_RECONFIG_ALREADY);
    inject(s, RE_CONFIG(ADD_IN(1, 2)));
    expect_response(s, 1, HW_RECONFIG_ALREADY);
    inject(s, RE_CONFIG(ADD_OUT(2, 4)));
    expect_response(s, 2, HW_RECONFIG_PERFORMED);
    expect_changed(s, ITEM_IN, 10, 14);
    inject(s, RE_CONFIG(RESPONSE(0, 1)));
    advance(s, sec(60));
    expect_nothing(s);
}

SCRIPT(rfc6525_5_2_one_waits_already, "RFC 6525 5.2.3 F3, 5.2.4, 5.2.6, 4.4",
       "while a request of the peer waits for its turn, the next that would have to is refused: Already in progress") {
    begin(s);
    send_message(s, 1, 10, 0);
    expect(s, DATA);
    inject(s, SACK(.cum = 0));
    check_equal(hawser_add_streams(s->stack, s->now, s->association, 1, 0), 0); /* under way: the peer's waits for it */
    request_of(s, expect(s, RE_CONFIG), HW_PARAM_ADD_OUTGOING, 0);
    inject(s, RE_CONFIG(ADD_IN(0, 2)));
    expect_response(s, 0, HW_RECONFIG_IN_PROGRESS);
    inject(s, RE_CONFIG(ADD_IN(1, 2)));
    expect_response(s, 1, HW_RECONFIG_ALREADY);
    inject(s, RE_CONFIG(RESET_IN(2, STREAMS(1))));
    expect_response(s, 2, HW_RECONFIG_ALREADY);
    inject(s, RE_CONFIG(RESET_ALL(3)));
    expect_response_alone(s, 3, HW_RECONFIG_ALREADY);
    inject(s, RE_CONFIG(RESPONSE(0, 1)));
    expect_changed(s, ITEM_OUT, 11, 10);
    check_equal(request_of(s, expect(s, RE_CONFIG), HW_PARAM_ADD_OUTGOING, 1).added, 2);
    inject(s, RE_CONFIG(RESPONSE(1, 1)));
    expect_changed(s, ITEM_OUT | ITEM_BY_PEER, 13, 10);
}

SCRIPT(rfc6525_5_2_6_more_than_we_want, "RFC 6525 5.2.6, 6.3.1",
       "an Add Incoming Streams beyond streams_out_max is denied at once") {
    begin(s);
    set(s, STREAMS_OUT_MAX, 12);
    inject(s, RE_CONFIG(ADD_IN(0, 3)));
    expect_response(s, 0, HW_RECONFIG_DENIED);
    inject(s, RE_CONFIG(ADD_IN(1, 2)));
    expect(s, SACK);
    struct hw_reconfig_param params[2];
    params_of(s, expect_also(s, RE_CONFIG), params);
    check_equal(params[0].type, HW_PARAM_ADD_OUTGOING);
    check_equal(params[0].added, 2);
}

SCRIPT(rfc6525_5_2_4_again_after_a_while, "RFC 6525 5.2.4, 5.1.4",
       "an SSN/TSN reset by the peer is denied while packets from before the last one may come, and done after that") {
    begin(s);
    inject(s, RE_CONFIG(RESET_ALL(0)));
    expect_response_alone(s, 0, HW_RECONFIG_PERFORMED);
    skip_items(s);
    advance(s, sec(29));
    inject(s, RE_CONFIG(RESET_ALL(1)));
    expect_response_alone(s, 1, HW_RECONFIG_DENIED);
    advance(s, sec(1));
    inject(s, RE_CONFIG(RESET_ALL(2)));
    expect_response_alone(s, 2, HW_RECONFIG_PERFORMED);
}

SCRIPT(rfc6525_5_2_1_the_answer_goes_to_the_source, "RFC 6525 5.2.1, RFC 9260 6.4",
       "a response, or the request that answers, goes to the address from which the request came") {
    set(s, RECONFIGURATION_ALLOWED, 7);
    start(s, .params = OFFERS_RECONFIG, .peer_addresses = 2);
    establish_active(s);
    confirm_paths(s);
    inject_by(s, WAY(.from = 1), RE_CONFIG(ADD_OUT(0, 3)));
    expect(s, SACK, .to = 1);
    check_equal(response_of(s, expect_also(s, RE_CONFIG), 0).result, HW_RECONFIG_PERFORMED);
    inject(s, RE_CONFIG(ADD_OUT(1, 3)));
    expect(s, SACK, .to = 0);
    response_of(s, expect_also(s, RE_CONFIG), 1);
    inject_by(s, WAY(.from = 1), RE_CONFIG(ADD_IN(2, 1)));
    expect(s, SACK, .to = 1);
    request_of(s, expect_also(s, RE_CONFIG), HW_PARAM_ADD_OUTGOING, 0);
}
