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
/* ---- our own requests -------------------------------------------------------------------------------------------------- */

SCRIPT(rfc6525_5_1_2_all_streams_drain_and_wait, "RFC 6525 5.1.2 A1, A2",
       "a reset of all streams goes out when nothing is outstanding on any; until it has an outcome nothing new is taken") {
    begin(s);
    send_message(s, 3, 10, 0);
    expect(s, DATA);
    check_equal(reset_all_streams(s, HAWSER_RESET_OUTGOING), 0);
    expect_nothing(s);
    check_equal(send_with(s, .stream = 5), HAWSER_ERR_WOULD_BLOCK);
    inject(s, SACK(.cum = 0));
    check_equal(request_of(s, expect(s, RE_CONFIG), HW_PARAM_OUTGOING_RESET, 0).stream_count, 0);
    check_equal(send_with(s, .stream = 5), HAWSER_ERR_WOULD_BLOCK);
    inject(s, RE_CONFIG(RESPONSE(0, 1)));
    expect_reset(s, ITEM_OUT, NOTHING);
    check(told_writable(s));
    check_equal(send_with(s, .stream = 5), 0);
    expect(s, DATA, .stream = 5, .ssn = 0);
    send_message(s, 3, 10, 0);
    inject(s, SACK(.cum = 1));
    expect(s, DATA, .stream = 3, .ssn = 0);
}

SCRIPT(rfc6525_5_1_2_the_second_list_drains_too, "RFC 6525 5.1.2 A2",
       "each reset waits for the streams of its own list, also one after another") {
    begin(s);
    check_equal(reset_streams(s, HAWSER_RESET_OUTGOING, 1, 2), 0);
    request_of(s, expect(s, RE_CONFIG), HW_PARAM_OUTGOING_RESET, 0);
    inject(s, RE_CONFIG(RESPONSE(0, 1)));
    expect_reset(s, ITEM_OUT, STREAMS(1, 2));
    send_message(s, 3, 10, 0);
    expect(s, DATA);
    check_equal(reset_streams(s, HAWSER_RESET_OUTGOING, 3, 4), 0);
    expect_nothing(s);
    inject(s, SACK(.cum = 0));
    request_of(s, expect(s, RE_CONFIG), HW_PARAM_OUTGOING_RESET, 1);
}

SCRIPT(rfc6525_5_1_1_goes_where_data_goes, "RFC 6525 5.1.1; RFC 9260 6.4",
       "each request begins on the path for data, wherever the one before it ended; its time-outs back off the path") {
    set(s, RECONFIGURATION_ALLOWED, 7);
    start(s, .params = OFFERS_RECONFIG, .peer_addresses = 2);
    establish_active(s);
    confirm_paths(s);
    check_equal(hawser_add_streams(s->stack, s->now, s->association, 1, 0), 0);
    request_of(s, expect(s, RE_CONFIG, .to = 0), HW_PARAM_ADD_OUTGOING, 0);
    hawser_time rto = path_of(s, 1).rto;
    advance(s, rto);
    request_of(s, expect(s, RE_CONFIG, .to = 1), HW_PARAM_ADD_OUTGOING, 0);
    check_equal(path_of(s, 1).rto, 2 * rto);
    check_equal(path_of(s, 1).error_count, 1);
    inject_by(s, WAY(.from = 1), RE_CONFIG(RESPONSE(0, 1)));
    expect_changed(s, ITEM_OUT, 11, 10);
    check_equal(hawser_add_streams(s->stack, s->now, s->association, 1, 0), 0);
    request_of(s, expect(s, RE_CONFIG, .to = 0), HW_PARAM_ADD_OUTGOING, 1);
}

SCRIPT(rfc6525_5_2_7_in_progress_has_time, "RFC 6525 5.2.7 H2",
       "In progress: the timer starts anew, and what was about to be repeated is not") {
    begin(s);
    check_equal(hawser_add_streams(s->stack, s->now, s->association, 1, 0), 0);
    request_of(s, expect(s, RE_CONFIG), HW_PARAM_ADD_OUTGOING, 0);
    advance(s, ms(900));
    inject(s, RE_CONFIG(RESPONSE(0, HW_RECONFIG_IN_PROGRESS)));
    advance(s, ms(999));
    expect_nothing(s);
    advance(s, ms(1));
    request_of(s, expect(s, RE_CONFIG), HW_PARAM_ADD_OUTGOING, 0);
    check_equal(path_of(s, 1).error_count, 0);
}

SCRIPT(rfc6525_5_1_lists_that_are_too_long, "RFC 6525 5.1, design",
       "a list that fits no packet is refused in either direction, and so are two that fit only each for itself") {
    static uint16_t streams[800];
    begin(s);
    check_equal(hawser_reset_streams(s->stack, s->now, s->association, HAWSER_RESET_INCOMING, streams, 800), HAWSER_ERR_TOO_BIG);
    check_equal(hawser_reset_streams(s->stack, s->now, s->association, HAWSER_RESET_OUTGOING, streams, 800), HAWSER_ERR_TOO_BIG);
    uint32_t both = HAWSER_RESET_OUTGOING | HAWSER_RESET_INCOMING;
    check_equal(hawser_reset_streams(s->stack, s->now, s->association, both, streams, 400), HAWSER_ERR_TOO_BIG);
    check_equal(hawser_reset_streams(s->stack, s->now, s->association, HAWSER_RESET_INCOMING, streams, 400), 0);
    expect(s, RE_CONFIG);
}

SCRIPT(rfc6525_5_2_7_what_is_held_when_the_peer_closes, "RFC 6525 5.2.7 H5, 5.2; RFC 9260 9",
       "a message that was kept back for our SSN/TSN reset is told when the peer shuts down before it answers") {
    begin(s);
    check_equal(hawser_reset_association(s->stack, s->now, s->association), 0);
    request_of(s, expect(s, RE_CONFIG), HW_PARAM_ASSOCIATION_RESET, 0);
    inject(s, DATA(.tsn = 0, .text = "kept"));
    skip_output(s);
    expect_no_item(s);
    inject(s, SHUTDOWN(-1));
    expect(s, SHUTDOWN_ACK);
    bool kept = false, failed = false;
    struct hawser_item item;
    while (hawser_receive(s->stack, s->association, &item, 1) == 1) {
        kept |= item.type == HAWSER_MESSAGE;
        failed |= item.type == HAWSER_ASSOCIATION_RESET && (item.flags & HAWSER_ITEM_FAILED);
        check_equal(hawser_consume(s->stack, s->now, s->association, 1, 0), 0);
    }
    check(kept && failed);
}

SCRIPT(rfc6525_4_1_numbers_of_a_restarted_peer, "RFC 6525 4.1; RFC 9260 5.2.4 A",
       "a restarted peer numbers its requests anew: what one of the same number did before is no answer") {
    begin(s);
    inject(s, RE_CONFIG(ADD_OUT(0, 3)));
    expect_response(s, 0, HW_RECONFIG_PERFORMED);
    expect_changed(s, ITEM_IN | ITEM_BY_PEER, 10, 13);
    s->peer_tag++;
    inject_by(s, WAY(.tag = 0), INIT(.params = OFFERS_RECONFIG));
    remember(s, expect(s, INIT_ACK));
    inject(s, COOKIE_ECHO());
    expect(s, COOKIE_ACK);
    expect_item(s, HAWSER_RESTARTED);
    inject(s, RE_CONFIG(ADD_OUT(0, 5)));
    expect_response(s, 0, HW_RECONFIG_PERFORMED);
    expect_changed(s, ITEM_IN | ITEM_BY_PEER, 10, 15);
}
