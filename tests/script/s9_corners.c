/* SPDX-License-Identifier: MIT
 *
 * RFC 9260 section 9, corners: which cause of an ABORT counts, messages without an end, which address a chunk goes to, what
 * begins anew on the way, and what is silent.
 */
#include "script.h"

static void shutdown_now(struct script *s) {
    check_equal(hawser_shutdown(s->stack, s->now, s->association), 0);
    script_pump(s);
}

/* ---- 9.1 ---------------------------------------------------------------------------------------------------------- */

SCRIPT(s9_1_the_users_reason_goes_first, "9.1, 11.2.5",
       "of several causes in an ABORT the user's reason counts, else the first") {
    static const char *const texts[] = {"why", "one", "first"};
    static const int64_t codes[] = {HW_CAUSE_USER_ABORT, HW_CAUSE_PROTOCOL_VIOLATION, HW_CAUSE_USER_ABORT};
    for (int which = 0; which < 3; which++) {
        s->peer_tag = PEER_TAG + (uint32_t)which;
        establish_passive(s);
        if (which == 0)
            inject(s, ABORT(CAUSE(PROTOCOL_VIOLATION, TEXT("how")), CAUSE(USER_ABORT, TEXT("why"))));
        else if (which == 1)
            inject(s, ABORT(CAUSE(PROTOCOL_VIOLATION, TEXT("one")), CAUSE(OUT_OF_RESOURCE, TEXT("two"))));
        else
            inject(s, ABORT(CAUSE(USER_ABORT, TEXT("first")), CAUSE(USER_ABORT, TEXT("again"))));
        expect_ended(s, HAWSER_END_PEER_ABORTED, .code = codes[which], .text = texts[which]);
    }
}

SCRIPT(s9_1_abort_with_a_wrong_tag_is_counted, "8.5.1 B", "an ABORT with a wrong tag is dropped and counted") {
    establish_passive(s);
    inject_by(s, WAY(.tag = PEER_TAG), ABORT(NOTHING)); /* the peer's own, without the T bit */
    expect_nothing(s);
    expect_state(s, ESTABLISHED);
    check_equal(COUNT(BadTags), 1);
}

/* ---- messages without an end -------------------------------------------------------------------------------------- */

SCRIPT(s9_2_shutdown_over_an_unfinished_message, "11.1.3, design",
       "shutdown while a message has no end: UNFINISHED, and nothing") {
    establish_active(s);
    check_equal(send_with(s, .size = 10, .flags = HAWSER_SEND_MORE), 0);
    check_equal(hawser_shutdown(s->stack, s->now, s->association), HAWSER_ERR_UNFINISHED);
    expect_state(s, ESTABLISHED);
    check_equal(send_with(s, .size = 10), 0);
    expect(s, DATA, .size = 20);
    inject(s, SACK(.cum = 0));
    shutdown_now(s);
    expect(s, SHUTDOWN);
}

SCRIPT(s9_2_peer_shuts_down_over_an_unfinished_message, "9.2, design",
       "the peer's SHUTDOWN while a message has no end: it never will have one, so the association is aborted") {
    establish_active(s);
    check_equal(send_with(s, .size = 10, .context = 7, .flags = HAWSER_SEND_MORE), 0);
    inject(s, SHUTDOWN(-1));
    expect(s, ABORT, .tag = PEER_TAG, .cause = HW_CAUSE_USER_ABORT);
    expect_item(s, HAWSER_PEER_SHUTDOWN);
    expect_item(s, HAWSER_SEND_FAILED, .context = 7);
    expect_ended(s, HAWSER_END_ABORTED);
}

SCRIPT(s9_2_send_after_an_early_shutdown, "11.1.3, 9.2",
       "once a shutdown was asked for, also before the set-up is over, no send is taken") {
    reach_cookie_echoed(s);
    check_equal(hawser_shutdown(s->stack, s->now, s->association), 0);
    check_equal(send_with(s, .size = 1), HAWSER_ERR_STATE);
    inject(s, COOKIE_ACK());
    expect(s, SHUTDOWN);
}

/* ---- addresses ---------------------------------------------------------------------------------------------------- */

SCRIPT(s9_2_shutdown_goes_to_the_primary, "9.2, 6.4", "SHUTDOWN goes to the primary path, whichever brought the set-up") {
    start(s, .peer_addresses = 2);
    establish_passive(s);
    set(s, PRIMARY, 2);
    shutdown_now(s);
    expect(s, SHUTDOWN, .to = 1);
}

SCRIPT(s9_2_shutdown_ack_not_to_an_unconfirmed_address, "9.2, 5.4, 6.4",
       "a SHUTDOWN from an address that is not confirmed is answered at one that is") {
    start(s, .peer_addresses = 2);
    get_cookie(s);
    inject(s, COOKIE_ECHO());
    expect(s, COOKIE_ACK);
    expect_arrived(s);
    skip_output(s);
    check_equal(path_of(s, 2).state, HAWSER_PATH_UNCONFIRMED);
    inject_by(s, WAY(.from = 1), SHUTDOWN(-1));
    expect(s, SHUTDOWN_ACK, .to = 0);
}

/* ---- timers and counts -------------------------------------------------------------------------------------------- */

SCRIPT(s9_2_heartbeats_while_closing, "8.3, 9.2",
       "a closing association sends no heartbeats, and one that was under way is no fault of its path: nobody has to answer it") {
    start(s, .heartbeats = true, .peer_addresses = 2);
    for (int which = 0; which < 2; which++) {
        s->peer_tag = PEER_TAG + (uint32_t)which;
        establish_passive(s);
        check_equal(hawser_heartbeat(s->stack, s->now, s->association, 2), 0);
        expect(s, HEARTBEAT, .to = 1);
        if (which)
            inject(s, SHUTDOWN(-1));
        else
            shutdown_now(s);
        skip_output(s);
        advance(s, sec(1));
        check(skip_output(s) == 1); /* T2 */
        check_equal(path_of(s, 1).error_count, 1);
        check_equal(path_of(s, 2).error_count, 0);
        inject(s, SHUTDOWN_ACK());
        expect(s, SHUTDOWN_COMPLETE);
        skip_items(s);
    }
}

SCRIPT(s9_2_count_begins_anew_in_shutdown_ack_sent, "9.2",
       "how often SHUTDOWN was repeated says nothing of the SHUTDOWN ACK that follows: it has all its repetitions") {
    set(s, ASSOCIATION_MAX_RETRANS, 3);
    set(s, RTO_MAX, sec(1));
    set(s, GUARD, sec(100));
    establish_passive(s);
    reach_shutdown_sent(s);
    advance(s, sec(3));
    check_equal(skip_output(s), 3);
    inject(s, SHUTDOWN(-1));
    expect(s, SHUTDOWN_ACK);
    advance(s, sec(3));
    for (int i = 0; i < 3; i++)
        expect(s, SHUTDOWN_ACK);
    expect_state(s, SHUTDOWN_ACK_SENT);
    advance(s, sec(1));
    expect_ended(s, HAWSER_END_LOST);
}

SCRIPT(s9_2_repeated_shutdowns_keep_nothing_alive, "9.2",
       "a SHUTDOWN that comes again in SHUTDOWN-ACK-SENT neither restarts T2 nor its count, and is told to nobody") {
    set(s, ASSOCIATION_MAX_RETRANS, 2);
    set(s, RTO_MAX, sec(1));
    establish_passive(s);
    reach_shutdown_ack_sent(s);
    skip_items(s);
    for (int i = 0; i < 5; i++) {
        advance(s, ms(500));
        inject(s, SHUTDOWN(-1));
        check(skip_output(s) >= 1);
        expect_no_item(s);
    }
    advance(s, ms(500));
    expect_ended(s, HAWSER_END_LOST);
}

SCRIPT(s9_2_peer_shutdown_is_told_once, "9.2, 11.2", "a SHUTDOWN that comes again in SHUTDOWN-RECEIVED is no news for the user") {
    establish_active(s);
    send_message(s, 0, 10, 0);
    expect(s, DATA);
    inject(s, SHUTDOWN(-1));
    expect_item(s, HAWSER_PEER_SHUTDOWN);
    inject(s, SHUTDOWN(-1));
    expect_no_item(s);
    inject(s, SACK(.cum = 0));
    expect(s, SHUTDOWN_ACK);
    expect_no_item(s);
}

SCRIPT(s9_2_no_sack_after_shutdown_ack, "9.2, 6", "a SACK that was delayed is not sent in SHUTDOWN-ACK-SENT") {
    establish_passive(s);
    inject(s, DATA(.tsn = 0));
    expect(s, SACK);
    inject(s, DATA(.tsn = 1, .ssn = 1));
    expect_nothing(s);
    inject(s, SHUTDOWN(-1));
    expect(s, SHUTDOWN_ACK);
    advance(s, ms(500));
    expect_nothing(s);
}

SCRIPT(s9_2_malformed_shutdown, "3.3.8, bad input", "a SHUTDOWN without its cumulative TSN is a Protocol Violation") {
    establish_passive(s);
    inject(s, CHUNK(HW_SHUTDOWN, 0, NOTHING));
    expect(s, ABORT, .tag = PEER_TAG, .cause = HW_CAUSE_PROTOCOL_VIOLATION);
    expect_ended(s, HAWSER_END_VIOLATION);
}
