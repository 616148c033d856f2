/* SPDX-License-Identifier: MIT
 *
 * RFC 9260 section 9: ABORT and SHUTDOWN, with every collision.
 */
#include "script.h"

static void shutdown_now(struct script *s) {
    script_log(s, "   shutdown");
    check_equal(hawser_shutdown(s->stack, s->now, s->association), 0);
    script_pump(s);
}

/* ---- 9.1 ---------------------------------------------------------------------------------------------------------- */

SCRIPT(s9_1_abort_by_the_user, "9.1, 3.3.10.12, 11.1.4",
       "abort: an ABORT with User-Initiated Abort and the reason; queued data fails") {
    establish_passive(s);
    check_equal(send_with(s, .text = "never", .context = 5, .flags = HAWSER_SEND_NO_DELAY), 0);
    expect(s, DATA);
    check_equal(hawser_abort(s->stack, s->now, s->association, TEXT("because")), 0);
    const struct seen *seen = expect(s, ABORT, .tag = PEER_TAG, .t = 0, .to = 0, .cause = HW_CAUSE_USER_ABORT);
    check(seen->cause_info.size == 7 && memcmp(seen->cause_info.data, "because", 7) == 0);
    expect_item(s, HAWSER_SEND_FAILED, .context = 5, .begun = 1, .text = "never");
    expect_ended(s, HAWSER_END_ABORTED);
    advance(s, sec(100));
    expect_nothing(s);
    check_equal(COUNT(Aborteds), 1);
    check_equal(COUNT(CurrEstab), 0);
}

SCRIPT(s9_1_abort_goes_before_answers, "9.1, 8.4",
       "what still comes for an aborted association is answered after its ABORT with the reason has gone") {
    establish_passive(s);
    check_equal(hawser_abort(s->stack, s->now, s->association, TEXT("because")), 0);
    inject(s, DATA(.tsn = 0));
    expect(s, ABORT, .tag = PEER_TAG, .t = 0, .cause = HW_CAUSE_USER_ABORT);
    expect(s, ABORT, .t = 1);
    expect_nothing(s);
}

SCRIPT(s9_1_abort_reason_reaches_the_user, "9.1, 11.2.5", "the Upper Layer Abort Reason of the peer is handed to the user") {
    establish_passive(s);
    inject(s, ABORT(CAUSE(USER_ABORT, TEXT("enough"))));
    expect_nothing(s);
    expect_ended(s, HAWSER_END_PEER_ABORTED, .code = HW_CAUSE_USER_ABORT, .text = "enough");
    check_equal(COUNT(Aborteds), 1);
}

SCRIPT(s9_1_abort_is_never_answered, "9.1, 3.3.7, notes", "no packet with an ABORT is ever answered") {
    establish_passive(s);
    inject(s, HEARTBEAT(U32(1)), ABORT(NOTHING));
    while (next_chunk(s) == HW_HEARTBEAT_ACK)
        FAIL("a packet with ABORT was answered");
    expect_nothing(s);
    expect_ended(s, HAWSER_END_PEER_ABORTED);
}

SCRIPT(s9_1_malformed_abort_is_discarded, "3.3.7", "an ABORT with a format error is silently discarded") {
    establish_passive(s);
    inject(s, CHUNK(HW_ABORT, 0, BYTES(0, 12, 0, 2)));
    inject(s, CHUNK(HW_ABORT, 0, BYTES(0, 12, 0, 200, 1, 2, 3, 4)));
    inject(s, CHUNK(HW_ABORT, 0, BYTES(0, 12)));
    expect_nothing(s);
    expect_state(s, ESTABLISHED);
}

SCRIPT(s9_1_abort_in_every_state, "9.1, 4", "ABORT ends the association in any state") {
    for (int which = 0; which < 5; which++) {
        s->peer_tag = PEER_TAG + (uint32_t)which;
        establish_passive(s);
        if (which == 1 || which == 2)
            send_message(s, 0, 10, 0);
        if (which == 1 || which == 3)
            shutdown_now(s);
        if (which == 2 || which == 4)
            inject(s, SHUTDOWN(-1));
        skip_output(s);
        static const uint32_t states[] = {HAWSER_ESTABLISHED, HAWSER_SHUTDOWN_PENDING, HAWSER_SHUTDOWN_RECEIVED,
                                          HAWSER_SHUTDOWN_SENT, HAWSER_SHUTDOWN_ACK_SENT};
        check_equal(state_of(s), states[which]);
        inject(s, ABORT(NOTHING));
        expect_nothing(s);
        expect_ended(s, HAWSER_END_PEER_ABORTED);
    }
}

SCRIPT(s9_1_long_reasons_are_cut, "11.1.4", "an abort reason longer than HAWSER_REASON_MAX is cut") {
    establish_passive(s);
    check_equal(hawser_abort(s->stack, s->now, s->association, FILL(5000, 'r')), 0);
    check_equal(expect(s, ABORT, .cause = HW_CAUSE_USER_ABORT)->cause_info.size, HAWSER_REASON_MAX);
    expect_ended(s, HAWSER_END_ABORTED);
}

SCRIPT(s9_1_abort_in_cookie_wait, "9.1, 11.1.4",
       "abort in COOKIE-WAIT: the peer's tag is not known, nothing or an ABORT that is bound to be ignored") {
    reach_cookie_wait(s);
    check_equal(hawser_abort(s->stack, s->now, s->association, NOTHING), 0);
    expect_nothing(s);
    expect_ended(s, HAWSER_END_ABORTED);
}

SCRIPT(s9_1_abort_in_cookie_echoed, "9.1, 11.1.4", "abort in COOKIE-ECHOED: ABORT with the peer's tag") {
    reach_cookie_echoed(s);
    check_equal(hawser_abort(s->stack, s->now, s->association, NOTHING), 0);
    expect(s, ABORT, .tag = PEER_TAG, .t = 0);
    expect_ended(s, HAWSER_END_ABORTED);
}

SCRIPT(s9_1_close_aborts, "9.1", "closing the id of a living association aborts it") {
    establish_passive(s);
    check_equal(hawser_close(s->stack, s->now, s->association), 0);
    s->association = 0;
    expect(s, ABORT, .tag = PEER_TAG, .cause = HW_CAUSE_USER_ABORT);
}

SCRIPT(s9_1_closing_the_endpoint_aborts_what_nobody_took, "9.1", "closing an endpoint aborts what nobody took") {
    get_cookie(s);
    inject(s, COOKIE_ECHO());
    expect(s, COOKIE_ACK);
    check_equal(hawser_close(s->stack, s->now, s->endpoint), 0);
    s->endpoint = 0;
    expect(s, ABORT, .tag = PEER_TAG);
}

/* ---- 9.2 ---------------------------------------------------------------------------------------------------------- */

SCRIPT(s9_2_shutdown_by_the_user, "9.2", "shutdown with nothing outstanding: SHUTDOWN, SHUTDOWN ACK, SHUTDOWN COMPLETE") {
    establish_passive(s);
    inject(s, DATA(.tsn = 0));
    expect(s, SACK);
    expect_message(s);
    shutdown_now(s);
    expect(s, SHUTDOWN, .tag = PEER_TAG, .cum = 0, .to = 0);
    expect_state(s, SHUTDOWN_SENT);
    inject(s, SHUTDOWN_ACK());
    expect(s, SHUTDOWN_COMPLETE, .tag = PEER_TAG, .t = 0, .to = 0);
    expect_ended(s, HAWSER_END_SHUTDOWN);
    check_equal(COUNT(Shutdowns), 1);
    check_equal(COUNT(CurrEstab), 0);
    advance(s, sec(1000));
    expect_nothing(s);
}

SCRIPT(s9_2_outstanding_data_first, "9.2",
       "SHUTDOWN-PENDING until all outstanding data is acknowledged; it is retransmitted if need be") {
    establish_active(s);
    set(s, MAX_BURST, 0);
    for (int i = 0; i < 5; i++)
        send_message(s, 0, FULL, 0);
    expect_data_packets(s, 0, 3, FULL);
    shutdown_now(s);
    expect_nothing(s);
    expect_state(s, SHUTDOWN_PENDING);
    check_equal(send_with(s, .size = 10), HAWSER_ERR_STATE);
    wait_packet(s, sec(2));
    expect(s, DATA, .tsn = 0);
    inject(s, SACK(.cum = 2));
    expect(s, DATA, .tsn = 3);
    expect(s, DATA, .tsn = 4);
    expect_nothing(s);
    expect_state(s, SHUTDOWN_PENDING);
    inject(s, SACK(.cum = 4));
    expect(s, SHUTDOWN);
    expect_state(s, SHUTDOWN_SENT);
}

SCRIPT(s9_2_data_in_shutdown_pending, "6, 9.2", "DATA is received in SHUTDOWN-PENDING as always") {
    establish_passive(s);
    send_message(s, 0, 10, 0);
    expect(s, DATA);
    shutdown_now(s);
    inject(s, DATA(.tsn = 0, .text = "still"));
    expect(s, SACK, .cum = 0);
    expect_message(s, .text = "still");
}

SCRIPT(s9_2_t2_repeats_shutdown, "9.2", "T2: SHUTDOWN again, Association.Max.Retrans times, then the user is told") {
    set(s, GUARD, sec(86400));
    establish_passive(s);
    reach_shutdown_sent(s);
    static const unsigned waits[] = {1, 2, 4, 8, 16, 32, 60, 60, 60, 60};
    for (unsigned i = 0; i < 10; i++) {
        advance(s, sec(waits[i]) - 1);
        expect_nothing(s);
        advance(s, 1);
        expect(s, SHUTDOWN, .cum = -1);
    }
    advance(s, sec(60));
    expect_nothing(s);
    expect_ended(s, HAWSER_END_LOST);
}

SCRIPT(s9_2_t2_repeats_shutdown_with_updated_tsn, "9.2", "a repeated SHUTDOWN has the last sequential TSN of then") {
    establish_passive(s);
    reach_shutdown_sent(s);
    inject(s, DATA(.tsn = 0));
    expect(s, SHUTDOWN, .cum = 0);
    wait_packet(s, sec(2));
    expect(s, SHUTDOWN, .cum = 0);
}

static void shut_down_for_long(struct script *s) {
    set(s, ASSOCIATION_MAX_RETRANS, 2);
    set(s, RTO_MAX, sec(1));
    set(s, GUARD, sec(86400));
    establish_passive(s);
    reach_shutdown_sent(s);
}

SCRIPT(s9_2_any_packet_resets_the_count, "9.2", "any packet of the peer clears the count of repeated SHUTDOWNs") {
    shut_down_for_long(s);
    for (int i = 0; i < 6; i++) {
        advance(s, sec(1));
        expect(s, SHUTDOWN);
        inject(s, HEARTBEAT(U32(i)));
        expect_state(s, SHUTDOWN_SENT);
    }
}

SCRIPT(s9_2_data_resets_the_count, "9.2", "packets with DATA clear the count of repeated SHUTDOWNs and restart T2") {
    shut_down_for_long(s);
    for (int i = 0; i < 6; i++) {
        advance(s, sec(1));
        expect(s, SHUTDOWN);
        inject(s, DATA(.tsn = i, .ssn = i));
        expect(s, SHUTDOWN, .cum = i);
        expect_state(s, SHUTDOWN_SENT);
    }
}

SCRIPT(s9_2_data_in_shutdown_sent, "9.2, 4 (4)",
       "SHUTDOWN-SENT: each packet with DATA is answered by a SHUTDOWN at once; T2 restarts") {
    establish_passive(s);
    reach_shutdown_sent(s);
    advance(s, ms(600));
    inject(s, DATA(.tsn = 0, .text = "late"));
    expect(s, SHUTDOWN, .cum = 0);
    expect_nothing(s);
    expect_message(s, .text = "late");
    inject(s, DATA(.tsn = 1, .ssn = 1));
    expect(s, SHUTDOWN, .cum = 1);
    advance(s, sec(1) - 1);
    expect_nothing(s);
    advance(s, 1);
    expect(s, SHUTDOWN, .cum = 1);
}

SCRIPT(s9_2_shutdown_complete_goes_to_the_source, "6.4, 9.2",
       "SHUTDOWN COMPLETE and SHUTDOWN ACK go where the chunk that they answer came from") {
    start(s, .peer_addresses = 2);
    establish_passive(s);
    reach_shutdown_sent(s);
    inject_by(s, WAY(.from = 1), SHUTDOWN_ACK());
    expect(s, SHUTDOWN_COMPLETE, .to = 1);
    expect_ended(s, HAWSER_END_SHUTDOWN);
}

SCRIPT(s9_2_shutdown_ack_goes_to_the_source, "6.4, 9.2",
       "SHUTDOWN COMPLETE and SHUTDOWN ACK go where the chunk that they answer came from") {
    start(s, .peer_addresses = 2);
    establish_passive(s);
    inject_by(s, WAY(.from = 1), SHUTDOWN(-1));
    expect(s, SHUTDOWN_ACK, .to = 1);
}

SCRIPT(s9_2_t2_tries_other_paths, "9.2, 6.4", "repeated SHUTDOWNs use the peer's other addresses") {
    start(s, .peer_addresses = 2);
    establish_passive(s);
    reach_shutdown_sent(s);
    bool tried[2] = {false, false};
    for (int i = 0; i < 4; i++) {
        wait_packet(s, sec(30));
        tried[peer_number(s, &expect(s, SHUTDOWN)->packet->remote)] = true;
    }
    check(tried[0] && tried[1]);
}

/* A packet or two with a SHUTDOWN and a SACK, in either order. */
static void expect_shutdown_and_sack(struct script *s, int64_t cum, int64_t gaps, int64_t dups) {
    bool sack = false, shutdown = false;
    while (next_chunk(s) >= 0) {
        bool fresh = s->next == 0 || s->sent[s->next - 1].read == s->sent[s->next - 1].size;
        if (next_chunk(s) == HW_SACK) {
            if (fresh)
                expect(s, SACK, .cum = cum, .gap_count = gaps, .dup_count = dups);
            else
                expect_also(s, SACK, .cum = cum, .gap_count = gaps, .dup_count = dups);
            sack = true;
        } else {
            if (fresh)
                expect(s, SHUTDOWN, .cum = cum);
            else
                expect_also(s, SHUTDOWN, .cum = cum);
            shutdown = true;
        }
    }
    check(sack && shutdown);
}

SCRIPT(s9_2_gaps_in_shutdown_sent, "9.2, 6.2, notes",
       "SHUTDOWN-SENT: with gaps or duplicates a SACK goes along, and when gaps that were told are none any more") {
    establish_passive(s);
    reach_shutdown_sent(s);
    inject(s, DATA(.tsn = 1, .ssn = 1));
    expect_shutdown_and_sack(s, -1, 1, 0);
    inject(s, DATA(.tsn = 0, .ssn = 0));
    expect_shutdown_and_sack(s, 1, 0, 0);
    inject(s, DATA(.tsn = 0, .ssn = 0));
    expect_shutdown_and_sack(s, 1, 0, 1);
}

SCRIPT(s9_2_window_in_shutdown_sent, "9.2, 6.2",
       "SHUTDOWN-SENT: a SACK goes along when the window is far from what it was told to be, and when reading opens it") {
    set(s, RECEIVE_BUFFER, 8000);
    establish_passive(s);
    reach_shutdown_sent(s);
    inject(s, DATA(.tsn = 0, .ssn = 0, .size = 1400));
    inject(s, DATA(.tsn = 1, .ssn = 1, .size = 1400));
    skip_output(s);
    inject(s, DATA(.tsn = 2, .ssn = 2, .size = 1400));
    expect_shutdown_and_sack(s, 2, 0, 0);
    inject(s, DATA(.tsn = 3, .ssn = 3, .size = 1400));
    inject(s, DATA(.tsn = 4, .ssn = 4, .size = 1400));
    skip_output(s);
    for (int i = 0; i < 5; i++)
        expect_message(s, .ssn = i);
    script_pump(s);
    expect(s, SACK, .cum = 4);
    while (next_chunk(s) >= 0)
        expect(s, SACK, .cum = 4);
    inject(s, DATA(.tsn = 5, .ssn = 5, .size = 100));
    skip_output(s);
    expect_message(s, .ssn = 5);
    inject(s, DATA(.tsn = 6, .ssn = 6, .size = 100));
    expect(s, SHUTDOWN, .cum = 6);
    expect_nothing(s);
}

SCRIPT(s9_2_sack_in_shutdown_sent_is_discarded, "6", "SACK in SHUTDOWN-SENT is discarded") {
    establish_passive(s);
    reach_shutdown_sent(s);
    inject(s, SACK(.cum = -1));
    expect_nothing(s);
    expect_state(s, SHUTDOWN_SENT);
}

SCRIPT(s9_2_send_is_refused_while_closing, "9.2, 4 (5), 4 (7)",
       "no new data in SHUTDOWN-PENDING, -SENT, -RECEIVED and -ACK-SENT") {
    establish_passive(s);
    reach_shutdown_sent(s);
    check_equal(send_with(s, .size = 1), HAWSER_ERR_STATE);
    inject(s, SHUTDOWN(-1));
    expect(s, SHUTDOWN_ACK);
    check_equal(send_with(s, .size = 1), HAWSER_ERR_STATE);
}

SCRIPT(s9_2_peer_shuts_down, "9.2", "SHUTDOWN received with nothing outstanding: SHUTDOWN ACK; SHUTDOWN COMPLETE ends it") {
    establish_passive(s);
    inject(s, SHUTDOWN(-1));
    expect(s, SHUTDOWN_ACK, .tag = PEER_TAG, .to = 0);
    expect_state(s, SHUTDOWN_ACK_SENT);
    expect_item(s, HAWSER_PEER_SHUTDOWN);
    inject(s, SHUTDOWN_COMPLETE());
    expect_nothing(s);
    expect_ended(s, HAWSER_END_SHUTDOWN);
    check_equal(COUNT(Shutdowns), 1);
}

SCRIPT(s9_2_peer_shuts_down_with_data_queued, "9.2, 4 (6)",
       "SHUTDOWN-RECEIVED: queued data is still transmitted, new data refused; then SHUTDOWN ACK") {
    establish_active(s);
    set(s, MAX_BURST, 0);
    for (int i = 0; i < 5; i++)
        send_message(s, 0, FULL, 0);
    expect_data_packets(s, 0, 3, FULL);
    inject(s, SHUTDOWN(-1));
    expect_state(s, SHUTDOWN_RECEIVED);
    expect_item(s, HAWSER_PEER_SHUTDOWN);
    check_equal(send_with(s, .size = 1), HAWSER_ERR_STATE);
    check_equal(hawser_shutdown(s->stack, s->now, s->association), 0); /* ignored */
    expect_state(s, SHUTDOWN_RECEIVED);
    inject(s, SACK(.cum = 1));
    expect(s, DATA, .tsn = 3);
    expect(s, DATA, .tsn = 4);
    wait_packet(s, sec(5));
    expect(s, DATA, .tsn = 2);
    inject(s, SHUTDOWN(3)); /* a SHUTDOWN acknowledges, too */
    check_equal(status_of(s).in_flight, 1);
    expect(s, DATA, .tsn = 4);
    inject(s, SACK(.cum = 4));
    expect(s, SHUTDOWN_ACK);
    expect_state(s, SHUTDOWN_ACK_SENT);
}

SCRIPT(s9_2_shutdown_acknowledges_everything, "9.2, 3.3.8", "the cumulative TSN of a SHUTDOWN acknowledges") {
    establish_active(s);
    send_message(s, 0, 10, 0);
    expect(s, DATA, .tsn = 0);
    inject(s, SHUTDOWN(0));
    expect(s, SHUTDOWN_ACK);
    expect_state(s, SHUTDOWN_ACK_SENT);
}

SCRIPT(s9_2_shutdown_of_what_was_never_sent, "bad input", "a SHUTDOWN for TSNs that were never sent does no harm") {
    establish_active(s);
    send_message(s, 0, 10, 0);
    expect(s, DATA, .tsn = 0);
    inject(s, SHUTDOWN(50));
    s->quiet_end = true;
    if (state_of(s) != HAWSER_CLOSED && state_of(s) != HAWSER_SHUTDOWN_ACK_SENT)
        check(state_of(s) == HAWSER_ESTABLISHED || state_of(s) == HAWSER_SHUTDOWN_RECEIVED);
    else
        check_equal(state_of(s), HAWSER_CLOSED); /* told off with an ABORT */
}

SCRIPT(s9_2_data_in_shutdown_received_is_discarded, "6", "DATA after the peer's SHUTDOWN is discarded") {
    establish_active(s);
    send_message(s, 0, 10, 0);
    expect(s, DATA, .tsn = 0);
    inject(s, SHUTDOWN(-1));
    expect_item(s, HAWSER_PEER_SHUTDOWN);
    inject(s, DATA(.tsn = 0));
    expect_nothing(s);
    expect_no_item(s);
    inject(s, SACK(.cum = 0));
    expect(s, SHUTDOWN_ACK);
    inject(s, DATA(.tsn = 0));
    expect_nothing(s);
    expect_no_item(s);
}

SCRIPT(s9_2_t2_repeats_shutdown_ack, "9.2", "T2: SHUTDOWN ACK again, Association.Max.Retrans times, then the user is told") {
    set(s, ASSOCIATION_MAX_RETRANS, 4);
    set(s, GUARD, sec(86400));
    establish_passive(s);
    reach_shutdown_ack_sent(s);
    for (unsigned i = 0; i < 4; i++) {
        advance(s, sec(1u << i) - 1);
        expect_nothing(s);
        advance(s, 1);
        expect(s, SHUTDOWN_ACK);
    }
    advance(s, sec(16));
    expect_nothing(s);
    expect_ended(s, HAWSER_END_LOST);
}

SCRIPT(s9_2_shutdown_in_shutdown_sent, "9.2", "both sides shut down: SHUTDOWN ACK at once, SHUTDOWN-ACK-SENT") {
    establish_passive(s);
    reach_shutdown_sent(s);
    advance(s, ms(500));
    inject(s, SHUTDOWN(-1));
    expect(s, SHUTDOWN_ACK);
    expect_state(s, SHUTDOWN_ACK_SENT);
    advance(s, sec(1) - 1);
    expect_nothing(s);
    advance(s, 1);
    expect(s, SHUTDOWN_ACK);
    inject(s, SHUTDOWN_ACK());
    expect(s, SHUTDOWN_COMPLETE, .t = 0);
    expect_ended(s, HAWSER_END_SHUTDOWN);
}

SCRIPT(s9_2_shutdown_ack_in_shutdown_ack_sent, "9.2", "SHUTDOWN ACK in SHUTDOWN-ACK-SENT: SHUTDOWN COMPLETE, and it is over") {
    establish_passive(s);
    reach_shutdown_ack_sent(s);
    inject(s, SHUTDOWN_ACK());
    expect(s, SHUTDOWN_COMPLETE, .tag = PEER_TAG, .t = 0);
    expect_ended(s, HAWSER_END_SHUTDOWN);
}

SCRIPT(s9_2_shutdown_ack_behind_an_error, "9.2, 8.5.1 E",
       "SHUTDOWN ACK in COOKIE-WAIT or COOKIE-ECHOED: SHUTDOWN COMPLETE with the same tag and T = 1; the set-up goes on") {
    /* as 5.2.4 A sends it to a peer that has restarted */
    reach_cookie_wait(s);
    inject_by(s, WAY(.tag = 0x4321), ERROR(CAUSE(COOKIE_WHILE_SHUTTING_DOWN, NOTHING)), SHUTDOWN_ACK());
    expect(s, SHUTDOWN_COMPLETE, .tag = 0x4321, .t = 1);
    expect_state(s, COOKIE_WAIT);
}

SCRIPT(s9_2_shutdown_again_in_shutdown_ack_sent, "9.2", "a SHUTDOWN that comes again is answered by SHUTDOWN ACK again") {
    establish_passive(s);
    reach_shutdown_ack_sent(s);
    inject(s, SHUTDOWN(-1));
    expect(s, SHUTDOWN_ACK);
    expect_state(s, SHUTDOWN_ACK_SENT);
}

SCRIPT(s9_2_shutdown_in_shutdown_pending, "9.2", "SHUTDOWN in SHUTDOWN-PENDING: as in ESTABLISHED") {
    establish_active(s);
    send_message(s, 0, 10, 0);
    expect(s, DATA);
    shutdown_now(s);
    inject(s, SHUTDOWN(-1));
    expect_state(s, SHUTDOWN_RECEIVED);
    inject(s, SACK(.cum = 0));
    expect(s, SHUTDOWN_ACK);
}

SCRIPT(s9_2_shutdown_ack_elsewhere, "9.2", "SHUTDOWN ACK in ESTABLISHED or SHUTDOWN-PENDING is not expected and does no harm") {
    establish_active(s);
    inject(s, SHUTDOWN_ACK());
    s->quiet_end = true;
    skip_output(s);
    expect_state(s, ESTABLISHED);
}

SCRIPT(s9_2_init_in_shutdown_ack_sent, "9.2, 5.2.4, notes", "INIT in SHUTDOWN-ACK-SENT: discarded, SHUTDOWN ACK again") {
    establish_passive(s);
    reach_shutdown_ack_sent(s);
    inject(s, INIT(.tag = 0x654));
    expect(s, SHUTDOWN_ACK, .tag = PEER_TAG);
    expect_nothing(s);
    expect_state(s, SHUTDOWN_ACK_SENT);
}

SCRIPT(s9_2_init_from_a_listed_address_in_shutdown_ack_sent, "9.2, 5.1.2 D",
       "INIT in SHUTDOWN-ACK-SENT: discarded, SHUTDOWN ACK again") {
    establish_passive(s);
    reach_shutdown_ack_sent(s);
    inject_by(s, WAY(.from = 4), INIT(.tag = 0x654, .params = script_address_param(s, &s->peer[0])));
    expect(s, SHUTDOWN_ACK, .tag = PEER_TAG);
    expect_nothing(s);
}

SCRIPT(s9_2_shutdown_complete_lost, "8.4 5, 9.2", "a SHUTDOWN ACK after the end is answered out of the blue") {
    establish_passive(s);
    reach_shutdown_sent(s);
    inject(s, SHUTDOWN_ACK());
    expect(s, SHUTDOWN_COMPLETE, .t = 0);
    expect_ended(s, HAWSER_END_SHUTDOWN);
    inject(s, SHUTDOWN_ACK());
    expect(s, SHUTDOWN_COMPLETE, .t = 1, .tag = s->stack_tag);
}

SCRIPT(s9_2_t5_guard, "9.2", "T5-shutdown-guard, 5 times RTO.Max: ABORT and the user is told") {
    set(s, RTO_MAX, sec(2));
    set(s, ASSOCIATION_MAX_RETRANS, 1000);
    establish_passive(s);
    hawser_time began = s->now;
    reach_shutdown_sent(s);
    for (int i = 0; i < 100 && state_of(s) == HAWSER_SHUTDOWN_SENT; i++) {
        wait_packet(s, sec(10));
        if (next_chunk(s) == HW_SHUTDOWN)
            expect(s, SHUTDOWN);
    }
    expect(s, ABORT, .tag = PEER_TAG, .t = 0);
    check_equal(s->now - began, sec(10));
    expect_ended(s, HAWSER_END_GUARD);
}

SCRIPT(s9_2_t5_guard_can_be_set, "9.2", "T5-shutdown-guard can be set") {
    set(s, GUARD, sec(3));
    establish_passive(s);
    reach_shutdown_sent(s);
    advance(s, sec(3));
    while (next_chunk(s) == HW_SHUTDOWN)
        expect(s, SHUTDOWN);
    expect(s, ABORT);
    expect_ended(s, HAWSER_END_GUARD);
}

SCRIPT(s9_2_shutdown_in_cookie_wait, "11.1.3", "shutdown in COOKIE-WAIT with nothing queued simply ends the attempt") {
    reach_cookie_wait(s);
    shutdown_now(s);
    expect_nothing(s);
    expect_ended(s, HAWSER_END_SHUTDOWN);
}

SCRIPT(s9_2_shutdown_before_the_association_is_up, "11.1.3, 9.2",
       "shutdown while data waits for the set-up: it is delivered first") {
    reach_cookie_wait(s);
    send_message(s, 0, 10, 0);
    shutdown_now(s);
    inject(s, INIT_ACK());
    expect(s, COOKIE_ECHO);
    expect_also(s, DATA, .tsn = 0);
    inject(s, COOKIE_ACK(), SACK(.cum = 0));
    expect(s, SHUTDOWN);
    inject(s, SHUTDOWN_ACK());
    expect(s, SHUTDOWN_COMPLETE);
    expect_ended(s, HAWSER_END_SHUTDOWN);
}

SCRIPT(s9_2_shutdown_in_cookie_echoed, "11.1.3, 9.2", "shutdown in COOKIE-ECHOED takes effect when the association is up") {
    reach_cookie_echoed(s);
    shutdown_now(s);
    expect_nothing(s);
    inject(s, COOKIE_ACK());
    expect(s, SHUTDOWN);
    expect_state(s, SHUTDOWN_SENT);
}

SCRIPT(s9_2_received_data_stays_readable, "9", "what was received before the end can still be read after it") {
    establish_passive(s);
    inject(s, DATA(.tsn = 0, .text = "last words"), SHUTDOWN(-1));
    skip_output(s);
    inject(s, SHUTDOWN_COMPLETE());
    expect_message(s, .text = "last words");
    expect_ended(s, HAWSER_END_SHUTDOWN);
    s->quiet_end = true;
}
