/* SPDX-License-Identifier: MIT
 *
 * RFC 9260 sections 5 to 9: what a reading sentence by sentence found to be shown by no other script.
 */
#include "script.h"

/* Passive, with two addresses, of which the second is not confirmed yet. */
static void open_half_confirmed(struct script *s) {
    start(s, .peer_addresses = 2);
    get_cookie(s);
    inject(s, COOKIE_ECHO());
    expect(s, COOKIE_ACK, .to = 0);
    expect_arrived(s);
    skip_items(s);
    skip_output(s);
    check_equal(path_of(s, 2).state, HAWSER_PATH_UNCONFIRMED);
}

/* ---- 5.4 -------------------------------------------------------------------------------------------------------- */

SCRIPT(s5_4_no_error_to_an_unconfirmed_address, "5.4, 6.4",
       "an ERROR for what came from an unconfirmed address goes to a confirmed one") {
    open_half_confirmed(s);
    inject_by(s, WAY(.from = 1), CHUNK(0xff, 0, TEXT("what")));
    expect(s, ERROR, .to = 0, .cause = HW_CAUSE_UNRECOGNIZED_CHUNK);
    inject_by(s, WAY(.from = 1), DATA(.tsn = 0, .stream = 10));
    expect(s, SACK, .to = 0, .cum = 0);
    expect_also(s, ERROR, .cause = HW_CAUSE_INVALID_STREAM);
    s->quiet_end = true;
}

SCRIPT(s5_4_no_shutdown_complete_to_an_unconfirmed_address, "5.4, 9.2",
       "the SHUTDOWN COMPLETE for a SHUTDOWN ACK from an unconfirmed address goes to a confirmed one") {
    open_half_confirmed(s);
    reach_shutdown_sent(s);
    inject_by(s, WAY(.from = 1), SHUTDOWN_ACK());
    expect(s, SHUTDOWN_COMPLETE, .to = 0, .tag = PEER_TAG, .t = 0);
    expect_ended(s, HAWSER_END_SHUTDOWN);
}

SCRIPT(s5_4_probes_become_rare, "5.4",
       "an address that does not answer the probes is asked at the rate of heartbeats from then on") {
    set(s, PATH_MAX_RETRANS, 2);
    set(s, RTO_MAX, sec(1));
    set(s, HB_INTERVAL, sec(30));
    start(s, .peer_addresses = 2, .heartbeats = true);
    get_cookie(s);
    inject(s, COOKIE_ECHO());
    expect(s, COOKIE_ACK, .to = 0);
    expect_arrived(s);
    skip_items(s);
    check_equal(hawser_set(s->stack, s->now, s->association, 1, HAWSER_SET_HB_ENABLED, 0), 0);
    for (int i = 0; i < 3; i++) {
        if (next_chunk(s) < 0)
            check_equal(wait_packet(s, sec(2)), sec(1));
        expect(s, HEARTBEAT, .to = 1);
    }
    for (int i = 0; i < 3; i++) {
        check_range(wait_packet(s, sec(60)), sec(30) + ms(500), sec(30) + ms(1500));
        expect(s, HEARTBEAT, .to = 1);
    }
    check_equal(status_of(s).error_count, 0);
    s->quiet_end = true;
}

/* ---- 5.1 -------------------------------------------------------------------------------------------------------- */

SCRIPT(s5_1_4_t1_watches_over_data, "5.1.4",
       "DATA that goes with a COOKIE ECHO is T1's: that it was lost is no error of the path") {
    reach_cookie_wait(s);
    send_message(s, 0, 10, 0);
    inject(s, INIT_ACK());
    expect(s, COOKIE_ECHO);
    expect_also(s, DATA, .tsn = 0);
    uint32_t cwnd = path_of(s, 1).cwnd;
    for (unsigned i = 0; i < 3; i++) {
        advance(s, sec(1u << i));
        expect(s, COOKIE_ECHO);
        expect_also(s, DATA, .tsn = 0);
    }
    check_equal(path_of(s, 1).error_count, 0);
    check_equal(path_of(s, 1).cwnd, cwnd);
    check_equal(COUNT(T3Expirations), 0);
    inject(s, COOKIE_ACK(), SACK(.cum = 0));
}

/* ---- 6 ---------------------------------------------------------------------------------------------------------- */

SCRIPT(s6_1_i_bit_at_the_end, "6.1", "SHUTDOWN-PENDING: the last DATA of all asks for a SACK at once") {
    establish_active(s);
    set(s, MAX_BURST, 0);
    for (int i = 0; i < 5; i++)
        send_message(s, 0, FULL, 0);
    expect_data_packets(s, 0, 3, FULL);
    check_equal(hawser_shutdown(s->stack, s->now, s->association), 0);
    inject(s, SACK(.cum = 2));
    expect(s, DATA, .tsn = 3, .bits = B | E);
    expect(s, DATA, .tsn = 4, .bits = B | E | IMMEDIATE);
    s->quiet_end = true;
}

/* A message of 1400 bytes is in flight, another waits, and the peer says that it has no room. */
static void shut_window(struct script *s) {
    open_window(s, 1500);
    send_message(s, 0, 1400, 0);
    send_message(s, 0, 1400, 0);
    expect(s, DATA, .tsn = 0);
    inject(s, SACK(.cum = 0, .a_rwnd = 0));
    expect_nothing(s);
}

SCRIPT(s6_1_a_probe_is_not_put_off, "6.1 A", "what else the peer sends does not put the first zero window probe off") {
    shut_window(s);
    advance(s, ms(600));
    inject(s, HEARTBEAT(TEXT("beat")));
    expect(s, HEARTBEAT_ACK);
    advance(s, ms(399));
    expect_nothing(s);
    advance(s, ms(1));
    expect(s, DATA, .tsn = 1);
    s->quiet_end = true;
}

SCRIPT(s6_1_a_probes_leave_cwnd_alone, "6.1 A", "zero window probes do not affect cwnd and ssthresh") {
    shut_window(s);
    wait_packet(s, sec(2));
    expect(s, DATA, .tsn = 1);
    struct hawser_path_status before = path_of(s, 1);
    for (int i = 0; i < 3; i++) {
        inject(s, SACK(.cum = 0, .a_rwnd = 0));
        wait_packet(s, sec(10));
        expect(s, DATA, .tsn = 1);
    }
    check_equal(path_of(s, 1).cwnd, before.cwnd);
    check_equal(path_of(s, 1).ssthresh, before.ssthresh);
    s->quiet_end = true;
}

SCRIPT(s6_1_a_peer_that_answers_no_more, "6.1 A, 8.1",
       "probes count as losses again when a peer that had answered some does so no more") {
    set(s, ASSOCIATION_MAX_RETRANS, 3);
    shut_window(s);
    for (int i = 0; i < 5; i++) {
        wait_packet(s, sec(60));
        expect(s, DATA, .tsn = 1);
        inject(s, SACK(.cum = 0, .a_rwnd = 0));
    }
    check_equal(status_of(s).error_count, 0);
    advance(s, sec(300));
    skip_output(s);
    expect_ended(s, HAWSER_END_LOST);
}

static void open_paths(struct script *s, int count) {
    start(s, .peer_addresses = count);
    connect_now(s, count);
    remember(s, expect(s, INIT));
    inject(s, INIT_ACK());
    expect(s, COOKIE_ECHO);
    inject(s, COOKIE_ACK());
    skip_items(s);
    set(s, NO_DELAY, 1);
}

SCRIPT(s6_2_1_taken_back_on_another_path, "6.2.1 D iii, 6.3.2 R4",
       "T3 starts for a TSN that is taken back where nothing else is in flight") {
    open_paths(s, 2);
    send_message(s, 0, 100, 0);
    expect(s, DATA, .to = 0, .tsn = 0);
    set(s, PRIMARY, 2);
    send_message(s, 0, 100, 0);
    expect(s, DATA, .to = 1, .tsn = 1);
    inject_by(s, WAY(.from = 1), SACK(.cum = -1, .gaps = {{2, 2}}));
    check_equal(path_of(s, 2).flight, 0);
    advance(s, ms(500));
    inject(s, SACK(.cum = 0));
    check_equal(path_of(s, 2).flight, 116);
    check_equal(wait_packet(s, sec(2)), sec(1));
    expect(s, DATA, .tsn = 1);
    inject(s, SACK(.cum = 1));
}

SCRIPT(s6_3_3_alternate_with_data_in_flight, "6.3.3 E3, 6.4",
       "what timed out goes at once to another address, though data is in flight there") {
    open_paths(s, 2);
    send_message(s, 0, 100, 0);
    expect(s, DATA, .to = 0, .tsn = 0);
    advance(s, ms(900));
    check_equal(send_with(s, .path = 2), 0);
    expect(s, DATA, .to = 1, .tsn = 1);
    advance(s, ms(100));
    expect(s, DATA, .to = 1, .tsn = 0);
    inject(s, SACK(.cum = 1));
}

SCRIPT(s6_4_1_marked_for_an_address_that_fails, "6.4.1",
       "what waits to be sent again to an address that becomes inactive goes to another one") {
    set(s, PF_THRESHOLD, 0);
    open_paths(s, 3);
    set(s, MAX_BURST, 0);
    for (int i = 0; i < 12; i++)
        send_message(s, 0, FULL, 0);
    int64_t tsn = sack_everything(s) + 1;
    for (int i = 0; i < 7; i++)
        send_message(s, 0, FULL, 0);
    expect_data_packets(s, tsn, 7, FULL);
    wait_packet(s, sec(2));
    for (int i = 0; i < 3; i++) /* the initial window */
        expect(s, DATA, .to = 1, .tsn = tsn + i);
    expect_nothing(s);
    struct hawser_report report = HAWSER_INIT(report);
    report.kind = HAWSER_REPORT_ROUTE_LOST;
    report.remote = s->peer[1];
    hawser_report(s->stack, s->now, &report);
    script_pump(s);
    for (int i = 3; i < 6; i++)
        expect(s, DATA, .to = 2, .tsn = tsn + i);
    s->quiet_end = true;
}

/* ---- 6, 7 ------------------------------------------------------------------------------------------------------- */

/* A packet is handed in without giving the stack a chance to answer. */
static void arrives(struct script *s, int from, struct hawser_span packet) {
    struct hawser_arrival arrival = HAWSER_INIT(arrival);
    arrival.data = packet.data;
    arrival.length = packet.size;
    arrival.remote = s->peer[from];
    arrival.local = s->local[0];
    hawser_input(s->stack, s->now, &arrival);
}

static void is_too_narrow(struct script *s, int to, uint32_t mtu) {
    struct hawser_report report = HAWSER_INIT(report);
    report.kind = HAWSER_REPORT_TOO_BIG;
    report.mtu = mtu;
    report.remote = s->peer[to];
    report.local = s->local[0];
    report.quoted = JOIN(U16(STACK_PORT), U16(PEER_PORT), U32(s->peer_tag));
    hawser_report(s->stack, s->now, &report);
}

SCRIPT(s6_1_data_behind_answers_that_fit_no_more, "6.1, design",
       "data does not wait behind answers for which several paths have become too narrow") {
    start(s, .peer_addresses = 3);
    establish_active(s);
    for (int i = 1; i < 3; i++)
        arrives(s, i, packet(s, WAY(.from = i), HEARTBEAT(FILL(640, 'h'))));
    for (int i = 1; i < 3; i++)
        is_too_narrow(s, i, 600);
    struct hawser_message message = HAWSER_INIT(message);
    struct hawser_span text = TEXT("now");
    message.parts = &text;
    message.part_count = 1;
    check_equal(hawser_send(s->stack, s->now, s->association, &message), 0);
    script_pump(s);
    check_equal(COUNT(EchoesDropped), 2);
    expect(s, DATA, .to = 0, .tsn = 0, .text = "now");
}

SCRIPT(s7_2_4_change_of_path_is_no_loss, "7.2.4, departure",
       "what is acknowledged on another path does not say that a chunk is lost: its path may be slower") {
    open_paths(s, 2);
    send_message(s, 0, 100, 0);
    expect(s, DATA, .to = 0, .tsn = 0);
    set(s, PRIMARY, 2);
    for (int i = 0; i < 5; i++) {
        send_message(s, 0, 100, 0);
        expect(s, DATA, .to = 1, .tsn = i + 1);
        inject_by(s, WAY(.from = 1), SACK(.cum = -1, .gaps = {{2, (uint16_t)(2 + i)}}));
    }
    expect_nothing(s);
    check_equal(COUNT(FastRetransmits), 0);
    inject(s, SACK(.cum = 5));
}

/* ---- 8.1, 8.2 --------------------------------------------------------------------------------------------------- */

SCRIPT(s8_1_heartbeat_ack_while_data_waits, "8.1, departure",
       "a HEARTBEAT ACK does not clear the association's counter while DATA is outstanding") {
    establish_active(s);
    send_message(s, 0, 10, 0);
    expect(s, DATA);
    advance(s, sec(1));
    expect(s, DATA, .tsn = 0);
    check_equal(hawser_heartbeat(s->stack, s->now, s->association, 1), 0);
    inject(s, HEARTBEAT_ACK(expect(s, HEARTBEAT)));
    check_equal(status_of(s).error_count, 1);
    inject(s, SACK(.cum = 0));
    check_equal(status_of(s).error_count, 0);
}

SCRIPT(s8_2_one_alternate, "8.2", "of several active addresses one takes the place of an inactive primary, and keeps it") {
    open_paths(s, 4);
    check_equal(hawser_set(s->stack, s->now, s->association, 1, HAWSER_SET_PATH_MAX_RETRANS, 0), 0);
    send_message(s, 0, 10, 0);
    expect(s, DATA, .to = 0, .tsn = 0);
    wait_packet(s, sec(2));
    const struct seen *again = expect(s, DATA, .tsn = 0);
    int chosen = peer_number(s, &again->packet->remote);
    check(chosen > 0);
    inject_by(s, WAY(.from = chosen), SACK(.cum = 0));
    expect_item(s, HAWSER_PATH_CHANGED, .path = 1, .state = HAWSER_PATH_INACTIVE);
    for (int i = 1; i < 12; i++) {
        send_message(s, 0, 10, 0);
        expect(s, DATA, .to = chosen, .tsn = i);
        inject_by(s, WAY(.from = i % 4), SACK(.cum = i));
    }
}

/* ---- 8.3 -------------------------------------------------------------------------------------------------------- */

SCRIPT(s8_3_heartbeats_of_a_peer_while_closing, "8.3",
       "HEARTBEATs are answered in SHUTDOWN-RECEIVED, and no more in SHUTDOWN-SENT and SHUTDOWN-ACK-SENT") {
    for (int which = 0; which < 2; which++) {
        s->peer_tag = PEER_TAG + (uint32_t)which;
        establish_passive(s);
        if (which == 0) {
            send_message(s, 0, 10, 0);
            expect(s, DATA);
            inject(s, SHUTDOWN(-1));
            expect_state(s, SHUTDOWN_RECEIVED);
            inject(s, HEARTBEAT(TEXT("beat")));
            expect(s, HEARTBEAT_ACK, .to = 0);
            inject(s, SACK(.cum = 0));
            expect(s, SHUTDOWN_ACK);
            expect_state(s, SHUTDOWN_ACK_SENT);
        } else {
            reach_shutdown_sent(s);
        }
        inject(s, HEARTBEAT(TEXT("beat")));
        expect_nothing(s);
        inject(s, ABORT(NOTHING));
        expect_ended(s, HAWSER_END_PEER_ABORTED);
    }
}

/* ---- 8.4 -------------------------------------------------------------------------------------------------------- */

SCRIPT(s8_4_2_abort_behind_a_cookie, "8.4 2, 9.1",
       "out of the blue: a COOKIE ECHO with an ABORT behind it makes no association") {
    get_cookie(s);
    inject(s, COOKIE_ECHO(), ABORT(NOTHING));
    expect_nothing(s);
    check_equal(COUNT(PassiveEstabs), 0);
    inject(s, COOKIE_ECHO());
    expect(s, COOKIE_ACK);
    expect_arrived(s);
}

SCRIPT(s8_4_2_abort_behind_a_stale_cookie, "8.4 2, 9.1", "a packet with a stale cookie and an ABORT is not answered") {
    get_cookie(s);
    advance(s, sec(61));
    inject(s, COOKIE_ECHO(), ABORT(NOTHING));
    expect_nothing(s);
}

SCRIPT(s9_1_abort_behind_an_early_shutdown_ack, "9.1", "a SHUTDOWN ACK during set-up with an ABORT behind it is not answered") {
    reach_cookie_wait(s);
    inject(s, SHUTDOWN_ACK(), ABORT(NOTHING));
    expect_nothing(s);
    expect_ended(s, HAWSER_END_REFUSED);
}

/* ---- 9.2 -------------------------------------------------------------------------------------------------------- */

SCRIPT(s9_2_shutdown_opens_the_window, "9.2, 6.2.1 D ii",
       "what a SHUTDOWN acknowledges does not fill the peer's window any more") {
    open_window(s, 3000);
    for (int i = 0; i < 3; i++)
        send_message(s, 0, 1400, 0);
    expect_data_packets(s, 0, 2, 1400);
    inject(s, SHUTDOWN(-1));
    expect_nothing(s);
    inject(s, SHUTDOWN(0));
    expect(s, DATA, .tsn = 2);
    s->quiet_end = true;
}

SCRIPT(s9_2_dropped_in_shutdown_sent, "9.2, 6.2",
       "SHUTDOWN-SENT: what finds no room is answered by a SACK, too: a probe shall be no error") {
    set(s, RECEIVE_BUFFER, 8000);
    establish_passive(s);
    reach_shutdown_sent(s);
    int64_t tsn = 0;
    for (uint64_t drops = COUNT(WindowDrops); COUNT(WindowDrops) == drops; tsn++) {
        check(tsn < 50);
        skip_output(s);
        inject(s, DATA(.tsn = tsn, .ssn = tsn, .size = 1400));
    }
    skip_output(s);
    for (int i = 0; i < 3; i++) {
        inject(s, DATA(.tsn = tsn - 1, .ssn = tsn - 1, .size = 1400));
        expect(s, SACK, .cum = tsn - 2, .a_rwnd = 0);
        expect_also(s, SHUTDOWN, .cum = tsn - 2);
    }
    s->quiet_end = true;
}
