/* SPDX-License-Identifier: MIT
 *
 * RFC 9260 section 6.3: the retransmission timer.
 */
#include "script.h"

static hawser_time distance(hawser_time a, hawser_time b) { return a > b ? a - b : b - a; }

/* One message there and back in `rtt`; what 6.3.1 makes of it is checked to within a microsecond of rounding each. */
static void measure(struct script *s, int64_t tsn, hawser_time rtt) {
    struct hawser_path_status before = path_of(s, 1);
    send_message(s, 0, 10, 0);
    expect(s, DATA, .tsn = tsn);
    advance(s, rtt);
    inject(s, SACK(.cum = tsn));
    struct hawser_path_status after = path_of(s, 1);
    hawser_time srtt = rtt, rttvar = rtt / 2;
    if (before.srtt) {
        rttvar = before.rttvar - before.rttvar / 4 + distance(before.srtt, rtt) / 4;
        srtt = before.srtt - before.srtt / 8 + rtt / 8;
    }
    check_range(after.srtt, srtt - 4, srtt + 4);
    check_range(after.rttvar, rttvar > 4 ? rttvar - 4 : 0, rttvar + 4);
    hawser_time rto = after.srtt + 4 * after.rttvar;
    if (rto < ms(1))
        rto = ms(1);
    check_range(after.rto, rto - 8, rto + 8);
}

static void open_fine(struct script *s) {
    establish_active(s);
    set(s, RTO_MIN, ms(1));
}

SCRIPT(s6_3_1_initial_rto, "6.3.1 C1", "RTO.Initial until there is a measurement") {
    set(s, RTO_INITIAL, sec(3));
    connect_now(s, 1);
    expect(s, INIT);
    advance(s, sec(3) - 1);
    expect_nothing(s);
    advance(s, 1);
    expect(s, INIT);
}

SCRIPT(s6_3_1_measurements, "6.3.1 C2, C3", "SRTT, RTTVAR and RTO after the first and later measurements") {
    open_fine(s);
    measure(s, 0, ms(100));
    measure(s, 1, ms(100));
    measure(s, 2, ms(180));
    measure(s, 3, ms(20));
    measure(s, 4, ms(20));
}

SCRIPT(s6_3_1_alpha_and_beta_can_be_set, "6.3.1, 16", "RTO.Alpha and RTO.Beta are 1/8 and 1/4 and can be set") {
    establish_active(s);
    set(s, RTO_ALPHA, 1);
    set(s, RTO_BETA, 1);
    struct hawser_path_status before = path_of(s, 1);
    send_message(s, 0, 10, 0);
    expect(s, DATA);
    advance(s, ms(200));
    inject(s, SACK(.cum = 0));
    struct hawser_path_status after = path_of(s, 1);
    check_range(after.srtt, before.srtt / 2 + ms(100) - 4, before.srtt / 2 + ms(100) + 4);
    hawser_time rttvar = before.rttvar / 2 + (ms(200) - before.srtt) / 2;
    check_range(after.rttvar, rttvar - 4, rttvar + 4);
}

SCRIPT(s6_3_1_minimum, "6.3.1 C6", "RTO is at least RTO.Min (1 s)") {
    establish_active(s);
    send_message(s, 0, 10, 0);
    expect(s, DATA);
    advance(s, ms(20));
    inject(s, SACK(.cum = 0));
    check_equal(path_of(s, 1).rto, sec(1));
}

SCRIPT(s6_3_1_maximum, "6.3.1 C7, 6.3.3 E2", "RTO is at most RTO.Max, doubling included") {
    set(s, RTO_MAX, sec(4));
    set(s, ASSOCIATION_MAX_RETRANS, 20);
    establish_active(s);
    send_message(s, 0, 10, 0);
    expect(s, DATA);
    static const unsigned waits[] = {1, 2, 4, 4, 4};
    for (unsigned i = 0; i < 5; i++) {
        advance(s, sec(waits[i]) - 1);
        expect_nothing(s);
        advance(s, 1);
        expect(s, DATA, .tsn = 0);
    }
}

SCRIPT(s6_3_1_karn, "6.3.1 C5", "no measurement from a chunk that was retransmitted, nor from one sent before that") {
    open_fine(s);
    set(s, NO_DELAY, 1);
    set(s, MAX_BURST, 0);
    measure(s, 0, ms(100));
    send_message(s, 0, 1000, 0);
    send_message(s, 0, 1000, 0);
    expect_data_packets(s, 1, 2, 1000);
    struct hawser_path_status before = path_of(s, 1);
    wait_packet(s, sec(2));
    expect(s, DATA, .tsn = 1);
    advance(s, ms(10));
    inject(s, SACK(.cum = 2));
    check_equal(path_of(s, 1).srtt, before.srtt);
    check_equal(path_of(s, 1).rttvar, before.rttvar);
    skip_output(s);
    measure(s, 3, ms(100));
}

SCRIPT(s6_3_1_once_per_round_trip, "6.3.1 C4", "one measurement each round trip") {
    open_fine(s);
    set(s, NO_DELAY, 1);
    set(s, MAX_BURST, 0);
    measure(s, 0, ms(100));
    for (int i = 0; i < 4; i++)
        send_message(s, 0, 1000, 0);
    expect_data_packets(s, 1, 4, 1000);
    advance(s, ms(50));
    unsigned measured = 0;
    for (int i = 1; i <= 4; i++) {
        hawser_time before = path_of(s, 1).srtt;
        inject(s, SACK(.cum = i));
        measured += path_of(s, 1).srtt != before;
    }
    check_equal(measured, 1);
}

SCRIPT(s6_3_1_rttvar_is_never_0, "6.3.1 G1", "RTTVAR of 0 becomes the clock's granularity") {
    open_fine(s);
    for (int i = 0; i < 200; i++) {
        send_message(s, 0, 10, 0);
        expect(s, DATA);
        advance(s, ms(50));
        inject(s, SACK(.cum = i));
    }
    check(path_of(s, 1).rttvar > 0);
    check(path_of(s, 1).rto > ms(49));
}

SCRIPT(s6_3_2_r1_timer_starts_with_data, "6.3.2 R1", "T3 starts with the first DATA and is not restarted by later DATA") {
    establish_active(s);
    set(s, NO_DELAY, 1);
    send_message(s, 0, 1000, 0);
    expect(s, DATA, .tsn = 0);
    advance(s, ms(600));
    send_message(s, 0, 1000, 0);
    expect(s, DATA, .tsn = 1);
    advance(s, ms(400) - 1);
    expect_nothing(s);
    advance(s, 1);
    expect(s, DATA, .tsn = 0);
    s->quiet_end = true;
}

SCRIPT(s6_3_2_r2_timer_stops, "6.3.2 R2", "T3 stops when everything is acknowledged") {
    establish_active(s);
    send_message(s, 0, 10, 0);
    expect(s, DATA);
    advance(s, ms(300));
    inject(s, SACK(.cum = 0));
    advance(s, sec(100));
    expect_nothing(s);
    check_equal(COUNT(T3Expirations), 0);
}

SCRIPT(s6_3_2_r3_timer_restarts, "6.3.2 R3", "T3 restarts when the earliest outstanding TSN is acknowledged") {
    establish_active(s);
    set(s, NO_DELAY, 1);
    send_message(s, 0, 1000, 0);
    send_message(s, 0, 1000, 0);
    expect_data_packets(s, 0, 2, 1000);
    advance(s, ms(700));
    inject(s, SACK(.cum = 0));
    hawser_time rto = path_of(s, 1).rto;
    advance(s, rto - 1);
    expect_nothing(s);
    advance(s, 1);
    expect(s, DATA, .tsn = 1);
}

SCRIPT(s6_3_2_r3_each_earliest_in_turn, "6.3.2 R3", "T3 restarts when the earliest outstanding TSN is acknowledged") {
    establish_active(s);
    set(s, NO_DELAY, 1);
    for (int i = 0; i < 4; i++)
        send_message(s, 0, 1000, 0);
    expect_data_packets(s, 0, 4, 1000);
    /* 1 is acknowledged by a gap; when 0 goes, 2 is the earliest; then 3 */
    inject(s, SACK(.cum = -1, .gaps = {{2, 2}}));
    for (int i = 0; i < 3; i++) {
        advance(s, ms(700));
        inject(s, SACK(.cum = i == 0 ? 1 : 1 + i));
        expect_nothing(s);
    }
    advance(s, sec(5));
    expect_nothing(s);
    check_equal(COUNT(T3Expirations), 0);
}

SCRIPT(s6_3_1_handshake_is_measured, "6.3.1, 8.3",
       "INIT and COOKIE ECHO are used for RTT measurements unless they were repeated") {
    set(s, RTO_MIN, ms(1));
    connect_now(s, 1);
    remember(s, expect(s, INIT));
    advance(s, ms(100));
    inject(s, INIT_ACK());
    check_equal(path_of(s, 1).srtt, ms(100));
    check_equal(path_of(s, 1).rto, ms(300));
    expect(s, COOKIE_ECHO);
    advance(s, ms(180));
    inject(s, COOKIE_ACK());
    check_equal(path_of(s, 1).srtt, ms(110));
    skip_items(s);
}

SCRIPT(s6_3_1_karn_below, "6.3.1 C5", "no measurement from a chunk when one with a lower TSN was retransmitted in the meantime") {
    open_fine(s);
    set(s, NO_DELAY, 1);
    set(s, MAX_BURST, 0);
    measure(s, 0, ms(100));
    for (int i = 0; i < 5; i++)
        send_message(s, 0, 500, 0);
    expect_data_packets(s, 1, 5, 500);
    advance(s, ms(100));
    inject(s, SACK(.cum = 1)); /* the one that was timed */
    send_message(s, 0, 500, 0);
    expect(s, DATA, .tsn = 6);
    for (int i = 0; i < 3; i++)
        inject(s, SACK(.cum = 1, .gaps = {{2, (uint16_t)(2 + i)}}));
    expect(s, DATA, .tsn = 2);
    struct hawser_path_status before = path_of(s, 1);
    advance(s, ms(10));
    inject(s, SACK(.cum = 6));
    check_equal(path_of(s, 1).srtt, before.srtt);
    check_equal(path_of(s, 1).rttvar, before.rttvar);
    measure(s, 7, ms(100));
}

SCRIPT(s6_3_1_karn_for_the_handshake, "6.3.1 C5", "a repeated INIT or COOKIE ECHO is not measured") {
    connect_now(s, 1);
    remember(s, expect(s, INIT));
    advance(s, sec(1));
    expect(s, INIT);
    advance(s, ms(10));
    inject(s, INIT_ACK());
    check_equal(path_of(s, 1).srtt, 0);
    expect(s, COOKIE_ECHO);
    wait_packet(s, sec(5));
    expect(s, COOKIE_ECHO);
    inject(s, COOKIE_ACK());
    check_equal(path_of(s, 1).srtt, 0);
    skip_items(s);
}

SCRIPT(s6_3_2_r3_timer_does_not_restart_for_gaps, "6.3.2 R3", "T3 does not restart when only later TSNs are acknowledged") {
    establish_active(s);
    set(s, NO_DELAY, 1);
    send_message(s, 0, 1000, 0);
    send_message(s, 0, 1000, 0);
    expect_data_packets(s, 0, 2, 1000);
    advance(s, ms(700));
    inject(s, SACK(.cum = -1, .gaps = {{2, 2}}));
    advance(s, ms(300));
    expect(s, DATA, .tsn = 0);
    inject(s, SACK(.cum = 1));
}

SCRIPT(s6_3_3_e1_to_e3, "6.3.3 E1, E2, E3", "T3 expires: cwnd = PMDCS, RTO doubled, the earliest chunks again in one packet") {
    establish_active(s);
    set(s, NO_DELAY, 1);
    set(s, MAX_BURST, 0);
    for (int i = 0; i < 8; i++)
        send_message(s, 0, 500, 0);
    skip_output(s);
    hawser_time rto = path_of(s, 1).rto;
    wait_packet(s, sec(2));
    expect(s, DATA, .tsn = 0);
    expect_also(s, DATA, .tsn = 1);
    expect_nothing(s);
    check_equal(path_of(s, 1).cwnd, PMDCS);
    check_equal(path_of(s, 1).ssthresh, 4 * PMDCS);
    check_equal(path_of(s, 1).rto, 2 * rto);
    check_equal(COUNT(T3Expirations), 1);
    check_equal(COUNT(RetransChunks), 2);
    /* only one packet may be in flight until something is acknowledged (7.2.1, 7.2.3) */
    send_message(s, 0, 500, 0);
    expect_nothing(s);
    s->quiet_end = true;
}

SCRIPT(s6_3_3_one_packet_until_acknowledged, "7.2.1, 7.2.3, notes",
       "after a time-out one packet is in flight until something is acknowledged") {
    establish_active(s);
    set(s, MAX_BURST, 0);
    set(s, ASSOCIATION_MAX_RETRANS, 20);
    for (int i = 0; i < 6; i++)
        send_message(s, 0, FULL, 0);
    expect_data_packets(s, 0, 3, FULL);
    for (int i = 0; i < 3; i++) {
        wait_packet(s, sec(10));
        expect(s, DATA, .tsn = 0);
        expect_nothing(s);
    }
    inject(s, SACK(.cum = 0));
    check(path_of(s, 1).cwnd <= 2 * PMDCS);
    expect(s, DATA, .tsn = 1);
    s->quiet_end = true;
}

SCRIPT(s6_3_3_rto_collapses_with_a_new_measurement, "6.3.3", "a new measurement brings RTO down again after doubling") {
    establish_active(s);
    send_message(s, 0, 10, 0);
    expect(s, DATA);
    advance(s, sec(1));
    expect(s, DATA);
    check_equal(path_of(s, 1).rto, sec(2));
    inject(s, SACK(.cum = 0));
    send_message(s, 0, 10, 0);
    expect(s, DATA, .tsn = 1);
    advance(s, ms(50));
    inject(s, SACK(.cum = 1));
    check_equal(path_of(s, 1).rto, sec(1));
}

SCRIPT(s6_3_3_same_tsn_again, "6.3.3 E3", "a retransmission is the same chunk: TSN, SSN, bytes") {
    establish_active(s);
    check_equal(send_with(s, .text = "again and again", .ppid = 9, .stream = 3), 0);
    const struct seen *first = expect(s, DATA);
    advance(s, sec(1));
    const struct seen *second = expect(s, DATA);
    check_equal(first->whole.size, second->whole.size);
    check_equal(first->flags | IMMEDIATE, second->flags | IMMEDIATE);
    check(memcmp(first->whole.data + 2, second->whole.data + 2, first->whole.size - 2) == 0);
}

SCRIPT(s6_3_3_e4_timer_of_the_path_taken, "6.3.3 E4, F1",
       "the timer of the path to which the retransmission goes is started with its own RTO") {
    start(s, .peer_addresses = 2);
    connect_now(s, 2);
    remember(s, expect(s, INIT));
    inject(s, INIT_ACK());
    expect(s, COOKIE_ECHO);
    inject(s, COOKIE_ACK());
    skip_items(s);
    send_message(s, 0, 10, 0);
    expect(s, DATA, .to = 0);
    advance(s, sec(1));
    expect(s, DATA, .to = 1);
    check_equal(path_of(s, 1).rto, sec(2));
    hawser_time rto = path_of(s, 2).rto;
    check_equal(wait_packet(s, sec(10)), rto);
    expect(s, DATA, .to = 0, .tsn = 0);
}
