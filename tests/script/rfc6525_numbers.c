/* SPDX-License-Identifier: MIT
 *
 * RFC 6525 4.1, 5.1.1, 5.2.1: every request number reaches the peer, and in turn, whatever is lost; every request of ours has an
 * outcome.
 */
#include "reconfig.h"

#define OUTCOMES 32 /* that may be unread */

static void begin(struct script *s) {
    start_reconfig(s);
    establish_active(s);
}

static uint32_t added_by(struct script *s, const struct seen *seen, uint16_t type, uint32_t number) {
    return request_of(s, seen, type, number).added;
}

/* ---- streams that the peer adds, because we asked or by itself ------------------------------------------------------- */

SCRIPT(rfc6525_5_1_1_half_answered_by_chance, "RFC 6525 5.1.1, 5.2.6",
       "a half that a request of the peer answers goes again with the other one: the peer may have asked by itself") {
    begin(s);
    check_equal(hawser_add_streams(s->stack, s->now, s->association, 2, 3), 0);
    struct hw_reconfig_param params[2];
    check_equal(params_of(s, expect(s, RE_CONFIG), params), 2); /* is lost */
    inject(s, RE_CONFIG(ADD_OUT(0, 3)));
    expect_response(s, 0, HW_RECONFIG_PERFORMED);
    expect_changed(s, ITEM_IN, 10, 13);
    check_equal(wait_packet(s, sec(5)), sec(1));
    check_equal(params_of(s, expect(s, RE_CONFIG), params), 2);
    check_equal(params[0].type, HW_PARAM_ADD_OUTGOING);
    check_equal(params[0].number, s->stack_tsn);
    check_equal(params[0].added, 2);
    check_equal(params[1].type, HW_PARAM_ADD_INCOMING);
    check_equal(params[1].number, s->stack_tsn + 1);
    check_equal(params[1].added, 3);
    inject(s, RE_CONFIG(RESPONSE(0, 1), RESPONSE(1, 6)));
    expect_changed(s, ITEM_OUT, 12, 13);
    inject(s, RE_CONFIG(ADD_OUT(1, 3)));
    expect_response(s, 1, HW_RECONFIG_PERFORMED);
    expect_changed(s, ITEM_IN | ITEM_BY_PEER, 12, 16);
    advance(s, sec(60));
    expect_nothing(s);
    check_equal(hawser_add_streams(s->stack, s->now, s->association, 1, 0), 0);
    check_equal(added_by(s, expect(s, RE_CONFIG), HW_PARAM_ADD_OUTGOING, 2), 1);
    inject(s, RE_CONFIG(RESPONSE(2, 1)));
    expect_changed(s, ITEM_OUT, 13, 16);
}

SCRIPT(rfc6525_5_1_1_half_answered_twice, "RFC 6525 5.1.1, 5.2.7 H1",
       "a half that was answered by a request is not repeated once it has a response, too") {
    begin(s);
    check_equal(hawser_add_streams(s->stack, s->now, s->association, 2, 3), 0);
    expect(s, RE_CONFIG);
    inject(s, RE_CONFIG(ADD_OUT(0, 3)));
    expect_response(s, 0, HW_RECONFIG_PERFORMED);
    expect_changed(s, ITEM_IN, 10, 13);
    inject(s, RE_CONFIG(RESPONSE(1, 1)));
    expect_no_item(s);
    wait_packet(s, sec(5));
    check_equal(added_by(s, expect(s, RE_CONFIG), HW_PARAM_ADD_OUTGOING, 0), 2);
    inject(s, RE_CONFIG(RESPONSE(0, 2)));
    expect_changed(s, ITEM_OUT | HAWSER_ITEM_DENIED, 10, 13);
}

/* Our Add Incoming Streams is lost, and the peer adds as many by itself. */
static void answered_by_chance(struct script *s, int number) {
    uint16_t in = status_of(s).streams_in;
    check_equal(hawser_add_streams(s->stack, s->now, s->association, 0, 5), 0);
    check_equal(added_by(s, expect(s, RE_CONFIG), HW_PARAM_ADD_INCOMING, (uint32_t)number), 5);
    inject(s, RE_CONFIG(ADD_OUT(number, 5)));
    expect_response(s, (uint32_t)number, HW_RECONFIG_PERFORMED);
    expect_changed(s, ITEM_IN, 10, in + 5);
    advance(s, sec(60));
    expect_nothing(s);
}

SCRIPT(rfc6525_4_1_a_number_that_was_missed, "RFC 6525 4.1, 4.4, 5.2.6, design",
       "Bad Sequence Number after a request that another answered by chance: the number goes for no streams, then ours again") {
    begin(s);
    answered_by_chance(s, 0);
    answered_by_chance(s, 1);
    check_equal(reset_streams(s, HAWSER_RESET_OUTGOING, 1), 0);
    request_of(s, expect(s, RE_CONFIG), HW_PARAM_OUTGOING_RESET, 2);
    inject(s, RE_CONFIG(RESPONSE(2, HW_RECONFIG_BAD_NUMBER)));
    expect_no_item(s);
    check_equal(added_by(s, expect(s, RE_CONFIG), HW_PARAM_ADD_OUTGOING, 0), 0);
    inject(s, RE_CONFIG(RESPONSE(2, HW_RECONFIG_BAD_NUMBER))); /* an old one */
    expect_nothing(s);
    inject(s, RE_CONFIG(RESPONSE(0, HW_RECONFIG_BAD_NUMBER))); /* of no use, be it from whom it may */
    expect_nothing(s);
    check_equal(wait_packet(s, sec(5)), sec(1)); /* the request for nothing was lost */
    check_equal(added_by(s, expect(s, RE_CONFIG), HW_PARAM_ADD_OUTGOING, 0), 0);
    inject(s, RE_CONFIG(RESPONSE(0, 0)));
    check_equal(added_by(s, expect(s, RE_CONFIG), HW_PARAM_ADD_OUTGOING, 1), 0);
    inject(s, RE_CONFIG(RESPONSE(1, 2)));
    request_of(s, expect(s, RE_CONFIG), HW_PARAM_OUTGOING_RESET, 2);
    inject(s, RE_CONFIG(RESPONSE(2, HW_RECONFIG_BAD_NUMBER))); /* an old one */
    expect_no_item(s);
    wait_packet(s, sec(5));
    request_of(s, expect(s, RE_CONFIG), HW_PARAM_OUTGOING_RESET, 2);
    inject(s, RE_CONFIG(RESPONSE(2, 1)));
    expect_reset(s, ITEM_OUT, STREAMS(1));
    check_equal(hawser_add_streams(s->stack, s->now, s->association, 1, 0), 0);
    check_equal(added_by(s, expect(s, RE_CONFIG), HW_PARAM_ADD_OUTGOING, 3), 1);
    inject(s, RE_CONFIG(RESPONSE(3, HW_RECONFIG_BAD_NUMBER))); /* it has missed none */
    expect_changed(s, ITEM_OUT | HAWSER_ITEM_FAILED, 10, 20);
    expect_nothing(s);
}

SCRIPT(rfc6525_4_1_a_number_that_was_not_missed, "RFC 6525 4.1, 5.2.6",
       "a later request that is judged shows that none was missed") {
    begin(s);
    answered_by_chance(s, 0);
    check_equal(reset_streams(s, HAWSER_RESET_OUTGOING, 1), 0);
    request_of(s, expect(s, RE_CONFIG), HW_PARAM_OUTGOING_RESET, 1);
    inject(s, RE_CONFIG(RESPONSE(1, 2)));
    expect_reset(s, ITEM_OUT | HAWSER_ITEM_DENIED, STREAMS(1));
    check_equal(reset_streams(s, HAWSER_RESET_OUTGOING, 1), 0);
    request_of(s, expect(s, RE_CONFIG), HW_PARAM_OUTGOING_RESET, 2);
    inject(s, RE_CONFIG(RESPONSE(2, HW_RECONFIG_BAD_NUMBER)));
    expect_reset(s, ITEM_OUT | HAWSER_ITEM_FAILED, STREAMS(1));
}

SCRIPT(rfc6525_4_1_judged_after_all, "RFC 6525 4.1, 5.2.1, 5.2.7",
       "a request that was refused for its number is judged after all, for a copy of it came late: no gap is filled any more") {
    begin(s);
    answered_by_chance(s, 0);
    check_equal(reset_streams(s, HAWSER_RESET_OUTGOING, 1), 0);
    request_of(s, expect(s, RE_CONFIG), HW_PARAM_OUTGOING_RESET, 1);
    inject(s, RE_CONFIG(RESPONSE(1, HW_RECONFIG_BAD_NUMBER)));
    check_equal(added_by(s, expect(s, RE_CONFIG), HW_PARAM_ADD_OUTGOING, 0), 0); /* comes, and its answer is lost */
    inject(s, RE_CONFIG(RESPONSE(1, HW_RECONFIG_IN_PROGRESS)));                  /* the copy */
    expect_nothing(s);
    wait_packet(s, sec(5));
    request_of(s, expect(s, RE_CONFIG), HW_PARAM_OUTGOING_RESET, 1);
    inject(s, RE_CONFIG(RESPONSE(1, HW_RECONFIG_BAD_NUMBER))); /* an old one */
    expect_no_item(s);
    inject(s, RE_CONFIG(RESPONSE(1, 1)));
    expect_reset(s, ITEM_OUT, STREAMS(1));
    advance(s, sec(60));
    expect_nothing(s);
}

/* ---- what is refused ------------------------------------------------------------------------------------------------- */

SCRIPT(rfc6525_5_2_6_the_answer_is_refused, "RFC 6525 5.2.5, 5.2.6",
       "when the peer's request that answers ours must be denied, ours has failed, too") {
    start_reconfig(s);
    set(s, STREAMS_IN_MAX, 12);
    establish_active(s);
    check_equal(hawser_add_streams(s->stack, s->now, s->association, 0, 2), 0);
    check_equal(added_by(s, expect(s, RE_CONFIG), HW_PARAM_ADD_INCOMING, 0), 2);
    inject(s, RE_CONFIG(ADD_OUT(0, 1))); /* its own */
    expect_response(s, 0, HW_RECONFIG_PERFORMED);
    expect_changed(s, ITEM_IN | ITEM_BY_PEER, 10, 11);
    inject(s, RE_CONFIG(ADD_OUT(1, 2)));
    expect_response(s, 1, HW_RECONFIG_DENIED);
    expect_changed(s, ITEM_IN | HAWSER_ITEM_DENIED, 10, 11);
    set(s, RECONFIGURATION_ALLOWED, 0);
    check_equal(reset_streams(s, HAWSER_RESET_INCOMING, 4), 0);
    request_of(s, expect(s, RE_CONFIG), HW_PARAM_INCOMING_RESET, 1);
    inject(s, RE_CONFIG(RESET_OUT(2, 1, -1, STREAMS(4))));
    expect_response(s, 2, HW_RECONFIG_DENIED);
    expect_reset(s, ITEM_IN | HAWSER_ITEM_DENIED, STREAMS(4));
    advance(s, sec(60));
    expect_nothing(s);
}

SCRIPT(rfc6525_5_2_3_ours_for_the_peer_is_refused, "RFC 6525 5.2.1, 5.2.3",
       "when the peer denies our request for it, that is the answer to its own, if it asks again") {
    begin(s);
    send_message(s, 1, 50, 0);
    expect(s, DATA, .tsn = 0);
    inject(s, SACK(.cum = 0));
    inject(s, RE_CONFIG(RESET_IN(0, STREAMS(1))));
    expect(s, SACK);
    request_of(s, expect_also(s, RE_CONFIG), HW_PARAM_OUTGOING_RESET, 0);
    inject(s, RE_CONFIG(RESPONSE(0, 2)));
    expect_reset(s, ITEM_OUT | ITEM_BY_PEER | HAWSER_ITEM_DENIED, STREAMS(1));
    inject(s, RE_CONFIG(RESET_IN(0, STREAMS(1))));
    expect_response(s, 0, HW_RECONFIG_DENIED);
}

/* ---- what is put off ------------------------------------------------------------------------------------------------- */

SCRIPT(rfc6525_5_2_1_both_are_put_off, "RFC 6525 5.2.1, 4.4, design",
       "when the first of two requests is put off, so is the second: In progress, and both are judged when they come again") {
    begin(s);
    for (uint32_t i = 0; i < OUTCOMES; i++) { /* none is read */
        inject(s, RE_CONFIG(ADD_OUT(i, 1)));
        expect_response(s, i, HW_RECONFIG_PERFORMED);
    }
    struct hw_reconfig_param params[2];
    for (int i = 0; i < 2; i++) {
        inject(s, RE_CONFIG(ADD_OUT(OUTCOMES, 1), ADD_IN(OUTCOMES + 1, 2)));
        expect(s, SACK);
        if (i == 0) {
            check_equal(params_of(s, expect_also(s, RE_CONFIG), params), 2);
            check_equal(params[0].result, HW_RECONFIG_IN_PROGRESS);
            check_equal(params[1].result, HW_RECONFIG_IN_PROGRESS);
            skip_items(s);
        }
    }
    check_equal(response_of(s, expect_also(s, RE_CONFIG), OUTCOMES).result, HW_RECONFIG_PERFORMED);
    check_equal(added_by(s, expect_also(s, RE_CONFIG), HW_PARAM_ADD_OUTGOING, 0), 2);
    inject(s, RE_CONFIG(RESPONSE(0, 1)));
    expect_changed(s, ITEM_IN | ITEM_BY_PEER, 10, 10 + OUTCOMES + 1);
    expect_changed(s, ITEM_OUT | ITEM_BY_PEER, 12, 10 + OUTCOMES + 1);
}
