/* SPDX-License-Identifier: MIT
 *
 * RFC 9260 section 7: slow start, avoidance, fast retransmit, fast recovery, decay, reinitialization.
 */
#include "script.h"

static void open_wide_to(struct script *s, int addresses) {
    start(s, .a_rwnd = 1 << 24, .peer_addresses = addresses);
    set(s, SEND_BUFFER, 1 << 24);
    establish_active(s);
    confirm_paths(s);
    set(s, MAX_BURST, 0);
}

static void open_wide(struct script *s) { open_wide_to(s, 1); }

/* Fills cwnd with full packets; TSNs from `first`; how many went. */
static int64_t fill(struct script *s, int64_t first) {
    int64_t count = 0;
    while (path_of(s, 1).flight < path_of(s, 1).cwnd) {
        send_message(s, 0, FULL, 0);
        expect(s, DATA, .tsn = first + count, .size = FULL);
        count++;
    }
    expect_nothing(s);
    return count;
}

SCRIPT(s7_2_1_initial_window_ipv4, "7.2.1", "initial cwnd: min(4 PMDCS, max(2 PMDCS, 4404)) for IPv4") {
    establish_active(s);
    check_equal(path_of(s, 1).cwnd, 4404);
    check(path_of(s, 1).ssthresh >= 1 << 20); /* arbitrarily high */
    check_equal(path_of(s, 1).partial_bytes_acked, 0);
}

SCRIPT(s7_2_1_initial_window_ipv6, "7.2.1", "initial cwnd: min(4 PMDCS, max(2 PMDCS, 4344)) for IPv6") {
    start(s, .ipv6 = true);
    establish_active(s);
    check_equal(path_of(s, 1).cwnd, 4344);
}

SCRIPT(s7_2_1_initial_window_small_pmtu, "7.2.1", "initial cwnd: min(4 PMDCS, max(2 PMDCS, 4404)) for IPv4") {
    set(s, PATH_MTU, 600);
    establish_active(s);
    check_equal(path_of(s, 1).cwnd, 4 * 568);
}

SCRIPT(s7_2_1_slow_start, "7.2.1", "slow start: cwnd grows by what was acknowledged, at most 2 PMDCS for each SACK") {
    open_wide(s);
    check_equal(fill(s, 0), 3);
    inject(s, SACK(.cum = 0));
    check_equal(path_of(s, 1).cwnd, 4404 + PMDCS);
    check_equal(fill(s, 3), 2);
    inject(s, SACK(.cum = 4)); /* 4 packets */
    check_equal(path_of(s, 1).cwnd, 4404 + 3 * PMDCS);
}

SCRIPT(s7_2_1_slow_start_after_a_timeout, "7.2.1, RFC 3465 2.3",
       "in the slow start after a time-out cwnd grows by PMDCS at most for each SACK") {
    open_wide(s);
    int64_t next = 0;
    while (path_of(s, 1).cwnd < 20 * PMDCS) {
        next += fill(s, next);
        inject(s, SACK(.cum = next - 1));
    }
    next += fill(s, next);
    advance(s, sec(1));
    check_equal(path_of(s, 1).cwnd, PMDCS);
    int64_t first = expect(s, DATA)->data.tsn - s->stack_tsn;
    inject(s, SACK(.cum = first));
    check_equal(path_of(s, 1).cwnd, 2 * PMDCS);
    expect_data_packets(s, first + 1, 2, FULL);
    inject(s, SACK(.cum = first + 2));
    check_equal(path_of(s, 1).cwnd, 3 * PMDCS);
    s->quiet_end = true;
}

/* A sender that always has data. */
struct rounds {
    int64_t acked, sent;
};

/* One round trip: what was in flight is acknowledged packet by packet after `rtt`, and cwnd filled after each. */
static void round_trip(struct script *s, struct rounds *r, hawser_time rtt) {
    r->sent += fill(s, r->sent);
    advance(s, rtt);
    for (int64_t end = r->sent; r->acked < end; r->acked++) {
        inject(s, SACK(.cum = r->acked));
        r->sent += fill(s, r->sent);
    }
}

static struct rounds grow_to(struct script *s, uint32_t packets) {
    struct rounds r = {0, 0};
    open_wide(s);
    while (path_of(s, 1).cwnd < packets * PMDCS)
        round_trip(s, &r, ms(40));
    return r;
}

SCRIPT(rfc9406_4_2_growth_slows_when_delay_grows, "RFC 9406 4.2",
       "first slow start: a round whose least RTT is 4 ms and an eighth over the last one's slows growth to a quarter") {
    struct rounds r = grow_to(s, 16);
    uint32_t cwnd = path_of(s, 1).cwnd;
    round_trip(s, &r, ms(44));
    check_range(path_of(s, 1).cwnd, 2 * cwnd - PMDCS, 2 * cwnd + PMDCS);
    cwnd = path_of(s, 1).cwnd;
    round_trip(s, &r, ms(50)); /* the first samples of the round are not slowed */
    check_range(path_of(s, 1).cwnd, cwnd + cwnd / 4, cwnd + cwnd / 2);
    cwnd = path_of(s, 1).cwnd;
    round_trip(s, &r, ms(50));
    check_range(path_of(s, 1).cwnd, cwnd + cwnd / 4 - PMDCS, cwnd + cwnd / 4 + PMDCS);
    check(path_of(s, 1).ssthresh > 1 << 20);
}

SCRIPT(rfc9406_4_2_slow_start_ends_after_five_slow_rounds, "RFC 9406 4.2",
       "first slow start: after 5 rounds of slowed growth ssthresh is cwnd") {
    struct rounds r = grow_to(s, 10);
    for (int i = 0; i < 5; i++)
        round_trip(s, &r, ms(50));
    check(path_of(s, 1).ssthresh > 1 << 20);
    round_trip(s, &r, ms(50)); /* the fifth round ends when what was sent behind it is acknowledged */
    check_range(path_of(s, 1).cwnd - path_of(s, 1).ssthresh, 0, PMDCS);
}

SCRIPT(rfc9406_4_3_who_does_not_use_cwnd_keeps_slow_start, "RFC 9406 4.3",
       "rounds of an application that does not fill cwnd do not end slow start") {
    struct rounds r = grow_to(s, 10);
    round_trip(s, &r, ms(50));
    inject(s, SACK(.cum = r.sent - 1));
    for (int i = 0; i < 10; i++) {
        send_message(s, 0, 100, 0);
        expect(s, DATA, .tsn = r.sent++);
        advance(s, ms(50));
        inject(s, SACK(.cum = r.sent - 1));
    }
    check(path_of(s, 1).ssthresh > 1 << 20);
}

SCRIPT(rfc9406_4_2_growth_resumes_when_delay_falls, "RFC 9406 4.2",
       "first slow start: when the RTT falls again growth is as before") {
    struct rounds r = grow_to(s, 16);
    round_trip(s, &r, ms(50));
    uint32_t cwnd = path_of(s, 1).cwnd;
    round_trip(s, &r, ms(40));
    check_range(path_of(s, 1).cwnd, cwnd + cwnd / 2, 2 * cwnd);
    for (int i = 0; i < 4; i++)
        round_trip(s, &r, ms(40));
    check(path_of(s, 1).ssthresh > 1 << 20);
}

SCRIPT(s7_2_1_slow_start_small_chunks, "7.2.1", "slow start counts the acknowledged bytes, not the SACKs (ACK splitting)") {
    open_wide(s);
    set(s, NO_DELAY, 1);
    for (int i = 0; i < 5; i++)
        send_message(s, 0, 1000, 0);
    expect_data_packets(s, 0, 5, 1000);
    inject(s, SACK(.cum = 0));
    check_equal(path_of(s, 1).cwnd, 4404 + 1016);
    inject(s, SACK(.cum = 0));
    check_equal(path_of(s, 1).cwnd, 4404 + 1016);
}

SCRIPT(s7_2_1_each_sack_of_a_batch_counts, "7.2.1", "SACKs that come in one batch open cwnd as if they came one by one") {
    open_wide(s);
    fill(s, 0);
    struct hawser_span first = packet(s, WAY(.from = 0), SACK(.cum = 0)), second = packet(s, WAY(.from = 0), SACK(.cum = 1));
    script_inject_bytes(s, WAY(.segment = first.size), JOIN(first, second));
    check_equal(path_of(s, 1).cwnd, 4404 + 2 * PMDCS);
    check_equal(fill(s, 3), 4);
}

SCRIPT(s7_2_1_no_growth_when_cwnd_is_not_used, "7.2.1", "cwnd grows only if it is fully used") {
    open_wide(s);
    for (int i = 0; i < 20; i++) {
        send_message(s, 0, FULL, 0);
        expect(s, DATA);
        inject(s, SACK(.cum = i));
    }
    check_equal(path_of(s, 1).cwnd, 4404);
}

SCRIPT(s7_2_1_growth_goes_to_the_path_of_the_data, "7.2.1", "the cwnd of the path that carried the acknowledged data grows") {
    start(s, .peer_addresses = 2);
    connect_now(s, 2);
    remember(s, expect(s, INIT));
    inject(s, INIT_ACK());
    expect(s, COOKIE_ECHO);
    inject(s, COOKIE_ACK());
    skip_items(s);
    for (int i = 0; i < 3; i++)
        check_equal(send_with(s, .path = 2, .size = FULL), 0);
    expect_data_packets(s, 0, 3, FULL);
    inject(s, SACK(.cum = 2)); /* it arrives from the other address */
    check_equal(path_of(s, 2).cwnd, 4404 + 2 * PMDCS);
    check_equal(path_of(s, 1).cwnd, 4404);
}

SCRIPT(s7_2_1_idle_decay, "7.2.1, 7.2.2",
       "an idle path: once for each RTO cwnd = max(cwnd / 2, 4 PMDCS); ssthresh = cwnd before the first") {
    open_wide(s);
    int64_t next = 0;
    while (path_of(s, 1).cwnd < 20 * PMDCS) {
        next += fill(s, next);
        inject(s, SACK(.cum = next - 1));
    }
    uint32_t cwnd = path_of(s, 1).cwnd;
    advance(s, sec(1) + ms(1));
    send_message(s, 0, 10, 0);
    expect(s, DATA);
    inject(s, SACK(.cum = next));
    check_range(path_of(s, 1).cwnd, cwnd / 2, cwnd / 2 + 16);
    check_equal(path_of(s, 1).ssthresh, cwnd);
    advance(s, sec(60));
    send_message(s, 0, 10, 0);
    expect(s, DATA);
    inject(s, SACK(.cum = next + 1));
    check_range(path_of(s, 1).cwnd, 4 * PMDCS, 4 * PMDCS + 32);
}

/* To congestion avoidance: a loss, repaired; the next TSN. cwnd and ssthresh are then 4 PMDCS or half. */
static int64_t into_avoidance(struct script *s, uint32_t packets) {
    int64_t next = 0;
    while (path_of(s, 1).cwnd < packets * PMDCS) {
        next += fill(s, next);
        inject(s, SACK(.cum = next - 1));
    }
    int64_t first = next;
    next += fill(s, next);
    for (int i = 0; i < 3; i++)
        inject(s, SACK(.cum = first - 1, .gaps = {{2, (uint16_t)(4 + i)}}));
    expect(s, DATA, .tsn = first);
    expect_nothing(s);
    inject(s, SACK(.cum = next - 1));
    return next;
}

/* `packets` at the loss: with an odd number cwnd is no multiple of a packet afterwards, with an even one it is. */
static void avoidance(struct script *s, uint32_t packets) {
    open_wide(s);
    int64_t next = into_avoidance(s, packets);
    uint32_t cwnd = path_of(s, 1).cwnd;
    check_range(cwnd, path_of(s, 1).ssthresh, path_of(s, 1).ssthresh + PMDCS);
    /* one round in slow start brings cwnd above ssthresh */
    for (int round = 0; round < 2; round++) {
        int64_t count = fill(s, next);
        inject(s, SACK(.cum = next + count - 1));
        next += count;
    }
    cwnd = path_of(s, 1).cwnd;
    check(cwnd > path_of(s, 1).ssthresh);
    /* the pipe is kept full; every second packet is acknowledged */
    int64_t acked = next - 1;
    for (int round = 0; round < 60; round++) {
        next += fill(s, next);
        uint32_t before = path_of(s, 1).cwnd, partial = path_of(s, 1).partial_bytes_acked;
        acked += 2;
        inject(s, SACK(.cum = acked));
        bool grown = partial + 2 * PMDCS >= before;
        check_equal(path_of(s, 1).cwnd, before + (grown ? PMDCS : 0));
        check_equal(path_of(s, 1).partial_bytes_acked, partial + 2 * PMDCS - (grown ? before : 0));
    }
    check(path_of(s, 1).cwnd >= cwnd + 3 * PMDCS);
    next += fill(s, next);
    inject(s, SACK(.cum = next - 1));
    check_equal(path_of(s, 1).partial_bytes_acked, 0); /* all acknowledged: it starts anew */
}

SCRIPT(s7_2_2_avoidance, "7.2.2", "congestion avoidance: one PMDCS when cwnd bytes were acknowledged with cwnd in flight") {
    avoidance(s, 12);
}

SCRIPT(s7_2_2_avoidance_with_whole_packets, "7.2.2",
       "congestion avoidance: one PMDCS when cwnd bytes were acknowledged with cwnd in flight") {
    avoidance(s, 11);
}

SCRIPT(s7_2_1_slow_start_up_to_ssthresh, "7.2.1", "with cwnd equal to ssthresh it is still slow start") {
    open_wide(s);
    int64_t next = into_avoidance(s, 11);
    uint32_t cwnd = path_of(s, 1).cwnd;
    if (cwnd == path_of(s, 1).ssthresh) {
        fill(s, next);
        inject(s, SACK(.cum = next));
        check_equal(path_of(s, 1).cwnd, cwnd + PMDCS);
        check_equal(path_of(s, 1).partial_bytes_acked, 0);
        skip_output(s);
    }
    s->quiet_end = true;
}

SCRIPT(s7_2_2_no_growth_when_cwnd_is_not_used, "7.2.2", "no growth in avoidance while less than cwnd is in flight") {
    open_wide(s);
    int64_t next = into_avoidance(s, 12);
    for (int round = 0; round < 2; round++) {
        int64_t count = fill(s, next);
        inject(s, SACK(.cum = next + count - 1));
        next += count;
    }
    uint32_t cwnd = path_of(s, 1).cwnd;
    send_message(s, 0, FULL, 0);
    expect(s, DATA);
    for (int i = 0; i < 40; i++) { /* something is always in flight, or partial_bytes_acked would begin anew */
        send_message(s, 0, FULL, 0);
        expect(s, DATA);
        inject(s, SACK(.cum = next++));
    }
    check_equal(path_of(s, 1).partial_bytes_acked, cwnd); /* and no more, or two windows' worth would count later */
    inject(s, SACK(.cum = next));
    check_equal(path_of(s, 1).cwnd, cwnd);
}

/* In avoidance, some bytes acknowledged and the rest of cwnd in flight. Returns the first that is; the next TSN is in `next`. */
static int64_t partly_acked(struct script *s, int64_t *next) {
    for (int round = 0; round < 2; round++) {
        int64_t count = fill(s, *next);
        *next += count;
        inject(s, SACK(.cum = *next - 1));
    }
    int64_t first = *next + 2;
    *next += fill(s, *next);
    inject(s, SACK(.cum = first - 1));
    check_equal(path_of(s, 1).partial_bytes_acked, 2 * PMDCS);
    return first;
}

SCRIPT(s7_2_3_partial_bytes_acked, "7.2.3", "a loss sets partial_bytes_acked to 0, and so does a time-out") {
    open_wide(s);
    int64_t next = into_avoidance(s, 12);
    int64_t first = partly_acked(s, &next);
    for (int i = 0; i < 3; i++)
        inject(s, SACK(.cum = first - 1, .gaps = {{2, (uint16_t)(2 + i)}}));
    expect(s, DATA, .tsn = first);
    check_equal(path_of(s, 1).partial_bytes_acked, 0);
    inject(s, SACK(.cum = next - 1));
    first = partly_acked(s, &next);
    wait_packet(s, sec(10));
    expect(s, DATA, .tsn = first);
    check_equal(path_of(s, 1).partial_bytes_acked, 0);
    s->quiet_end = true;
}

SCRIPT(s7_2_2_the_last_is_acknowledged_elsewhere, "7.2.2",
       "partial_bytes_acked is 0 when all data is acknowledged, whichever path the last of it took") {
    open_wide_to(s, 2);
    int64_t next = into_avoidance(s, 12);
    partly_acked(s, &next);
    check_equal(send_with(s, .path = 2), 0);
    expect(s, DATA, .to = 1, .tsn = next);
    inject(s, SACK(.cum = next - 1));
    check(path_of(s, 1).partial_bytes_acked > 0);
    inject_by(s, WAY(.from = 1), SACK(.cum = next));
    check_equal(path_of(s, 1).partial_bytes_acked, 0);
}

/* ---- 7.2.4 ----------------------------------------------------------------------------------------------------------------- */

/* `count` packets of 1000 bytes in flight. */
static void in_flight(struct script *s, int64_t count) {
    open_wide(s);
    set(s, NO_DELAY, 1);
    int64_t next = 0;
    while (path_of(s, 1).cwnd < count * 1016 + PMDCS) {
        int64_t sent = 0;
        while (path_of(s, 1).flight < path_of(s, 1).cwnd) {
            send_message(s, 0, 1000, 0);
            expect(s, DATA, .tsn = next + sent++);
        }
        next += sent;
        inject(s, SACK(.cum = next - 1));
    }
    /* from here on TSNs count from the next one */
    s->stack_tsn += (uint32_t)next;
    for (int64_t i = 0; i < count; i++)
        send_message(s, 0, 1000, 0);
    expect_data_packets(s, 0, count, 1000);
}

SCRIPT(s7_2_4_third_miss_indication, "7.2.4, 6.7",
       "the third miss indication: fast retransmit at once, cwnd halved, fast recovery") {
    in_flight(s, 10);
    uint32_t cwnd = path_of(s, 1).cwnd;
    inject(s, SACK(.cum = 0, .gaps = {{2, 2}}));
    expect_nothing(s);
    inject(s, SACK(.cum = 0, .gaps = {{2, 3}}));
    expect_nothing(s);
    advance(s, ms(10));
    inject(s, SACK(.cum = 0, .gaps = {{2, 4}}));
    expect(s, DATA, .tsn = 1);
    expect_nothing(s);
    uint32_t half = cwnd / 2 > 4 * PMDCS ? cwnd / 2 : 4 * PMDCS;
    check_range(path_of(s, 1).ssthresh, half, half + PMDCS);
    check_equal(path_of(s, 1).cwnd, path_of(s, 1).ssthresh);
    check_equal(path_of(s, 1).partial_bytes_acked, 0);
    check_equal(COUNT(FastRetransmits), 1);
    check_equal(COUNT(RetransChunks), 1);
    inject(s, SACK(.cum = 9));
}

SCRIPT(s6_1_d_max_burst_for_retransmissions, "6.1 D, 7.2.4", "many losses that one SACK shows are sent again in bursts, too") {
    in_flight(s, 64);
    set(s, MAX_BURST, 4);
    inject(s, SACK(.cum = 0, .gaps = {{63, 63}}));
    inject(s, SACK(.cum = 0, .gaps = {{62, 63}}));
    expect_nothing(s);
    inject(s, SACK(.cum = 0, .gaps = {{61, 63}}));
    check_equal(COUNT(FastRetransmits), 60);
    check_equal(skip_output(s), 4);
    inject(s, SACK(.cum = 2, .gaps = {{59, 61}}));
    check_equal(skip_output(s), 4);
    s->quiet_end = true;
}

SCRIPT(s7_2_4_growth_before_reduction, "7.2.4 note", "what the SACK acknowledges first lets cwnd grow, then the loss halves it") {
    open_wide(s);
    int64_t next = 0;
    while (path_of(s, 1).cwnd < 12 * PMDCS) {
        next += fill(s, next);
        inject(s, SACK(.cum = next - 1));
    }
    int64_t first = next;
    next += fill(s, next);
    inject(s, SACK(.cum = first, .gaps = {{2, 2}}));
    inject(s, SACK(.cum = first, .gaps = {{2, 3}}));
    skip_output(s);
    /* the window is full again, and TSN first + 2 is missed for the third time by a SACK that advances the cumulative TSN */
    while (path_of(s, 1).flight < path_of(s, 1).cwnd)
        send_message(s, 0, FULL, 0);
    skip_output(s);
    inject(s, SACK(.cum = first, .gaps = {{2, 4}}));
    expect(s, DATA, .tsn = first + 1);
    uint32_t cwnd = path_of(s, 1).cwnd;
    check_equal(path_of(s, 1).ssthresh, cwnd);
    s->quiet_end = true;
}

SCRIPT(s7_2_4_htna, "7.2.4", "miss indications only for TSNs below the highest TSN newly acknowledged") {
    in_flight(s, 10);
    /* 5 was acknowledged early; later SACKs newly acknowledge only what is below the hole at 4 */
    inject(s, SACK(.cum = 0, .gaps = {{5, 5}}));                 /* 1 2 3 4 have their first miss, if any */
    inject(s, SACK(.cum = 1, .gaps = {{4, 4}}));                 /* nothing new above: 2 3 4 miss nothing */
    inject(s, SACK(.cum = 2, .gaps = {{3, 3}}));
    inject(s, SACK(.cum = 3, .gaps = {{2, 2}}));
    expect_nothing(s);
    check_equal(COUNT(FastRetransmits), 0);
    inject(s, SACK(.cum = 9));
}

SCRIPT(s7_2_4_repeated_sacks_are_no_misses, "7.2.4", "the same SACK again acknowledges nothing new and counts no miss") {
    in_flight(s, 10);
    for (int i = 0; i < 6; i++)
        inject(s, SACK(.cum = 0, .gaps = {{2, 2}}));
    expect_nothing(s);
    check_equal(COUNT(FastRetransmits), 0);
    inject(s, SACK(.cum = 9));
}

SCRIPT(s7_2_4_only_once_for_each_chunk, "7.2.4 5", "a chunk is fast retransmitted once; then only T3 sends it again") {
    in_flight(s, 12);
    for (int i = 0; i < 3; i++)
        inject(s, SACK(.cum = 0, .gaps = {{2, (uint16_t)(2 + i)}}));
    expect(s, DATA, .tsn = 1);
    for (int i = 0; i < 6; i++)
        inject(s, SACK(.cum = 0, .gaps = {{2, (uint16_t)(5 + i)}}));
    expect_nothing(s);
    wait_packet(s, sec(2));
    expect(s, DATA, .tsn = 1);
    inject(s, SACK(.cum = 11));
    s->quiet_end = true;
}

SCRIPT(s7_2_4_indications_begin_anew, "7.2.4, 6.3.3 E3",
       "what was missing before a time-out says nothing of the chunk that was sent again") {
    in_flight(s, 12);
    for (int i = 0; i < 2; i++) /* TSN 1 is missing twice, and then the network is silent */
        inject(s, SACK(.cum = 0, .gaps = {{2, (uint16_t)(2 + i)}}));
    skip_output(s);
    wait_packet(s, sec(2));
    expect(s, DATA, .tsn = 1);
    inject(s, SACK(.cum = 0, .gaps = {{2, 4}})); /* on its way all the time */
    expect(s, DATA, .tsn = 5);
    expect_nothing(s);
    s->quiet_end = true;
}

SCRIPT(s7_2_4_one_packet_ignores_cwnd, "7.2.4 3", "the fast retransmission of one packet does not wait for cwnd; the rest does") {
    in_flight(s, 12);
    /* 1, 2, 3 and 4 are lost; the window is still full by what is not acknowledged */
    for (int i = 0; i < 3; i++)
        inject(s, SACK(.cum = 0, .gaps = {{5, (uint16_t)(5 + i)}}));
    expect(s, DATA, .tsn = 1);
    s->quiet_end = true;
}

SCRIPT(s7_2_4_only_the_first_packet_ignores_cwnd, "7.2.4 3",
       "what is found lost in Fast Recovery waits until cwnd lets it pass") {
    in_flight(s, 20);
    inject(s, SACK(.cum = 0, .gaps = {{2, 2}}));
    inject(s, SACK(.cum = 0, .gaps = {{2, 2}, {4, 4}}));
    inject(s, SACK(.cum = 0, .gaps = {{2, 2}, {4, 5}}));
    expect(s, DATA, .tsn = 1);
    uint16_t last = 6;
    inject(s, SACK(.cum = 0, .gaps = {{2, 2}, {4, last}})); /* the third for 3, too */
    check_equal(COUNT(FastRetransmits), 2);
    check(path_of(s, 1).flight >= path_of(s, 1).cwnd);
    expect_nothing(s);
    while (path_of(s, 1).flight - 1016 >= path_of(s, 1).cwnd) {
        last++;
        inject(s, SACK(.cum = 0, .gaps = {{2, 2}, {4, last}}));
        expect_nothing(s);
    }
    last++;
    inject(s, SACK(.cum = 0, .gaps = {{2, 2}, {4, last}}));
    expect(s, DATA, .tsn = 3);
    s->quiet_end = true;
}

SCRIPT(s7_2_4_the_first_packet_was_not_needed, "7.2.4 3",
       "what was taken for lost and came before it was sent again leaves nothing behind that may ignore cwnd") {
    in_flight(s, 40);
    inject(s, SACK(.cum = 0, .gaps = {{2, 2}}));
    inject(s, SACK(.cum = 0, .gaps = {{2, 3}}));
    struct hawser_span third = packet(s, WAY(.from = 0), SACK(.cum = 0, .gaps = {{2, 4}}));
    struct hawser_span late = packet(s, WAY(.from = 0), SACK(.cum = 4, .gaps = {{2, 2}}));
    script_inject_bytes(s, WAY(.segment = third.size), JOIN(third, late));
    check_equal(COUNT(FastRetransmits), 1);
    expect_nothing(s);
    inject(s, SACK(.cum = 4, .gaps = {{2, 3}}));
    inject(s, SACK(.cum = 4, .gaps = {{2, 4}}));
    check_equal(COUNT(FastRetransmits), 2);
    check(path_of(s, 1).flight >= path_of(s, 1).cwnd);
    expect_nothing(s);
    s->quiet_end = true;
}

SCRIPT(s7_2_4_nothing_new_with_the_first_packet, "7.2.4 3, 6.1 B", "new data does not go along with a packet that ignores cwnd") {
    in_flight(s, 20);
    inject(s, SACK(.cum = 0, .gaps = {{2, 2}}));
    inject(s, SACK(.cum = 0, .gaps = {{2, 3}}, .a_rwnd = 0));
    send_message(s, 0, 100, 0);
    expect_nothing(s);
    inject(s, SACK(.cum = 0, .gaps = {{2, 4}}));
    check(path_of(s, 1).flight >= path_of(s, 1).cwnd);
    expect(s, DATA, .tsn = 1);
    expect_nothing(s);
    s->quiet_end = true;
}

SCRIPT(s6_1_c_all_retransmissions_come_first, "6.1 C", "no new data goes before the last chunk that is to be sent again") {
    in_flight(s, 6);
    inject(s, SACK(.cum = 0, .gaps = {{3, 3}}));
    inject(s, SACK(.cum = 0, .gaps = {{3, 4}}, .a_rwnd = 0));
    send_message(s, 0, 100, 0);
    expect_nothing(s);
    inject(s, SACK(.cum = 0, .gaps = {{3, 5}}));
    expect(s, DATA, .tsn = 1);
    expect(s, DATA, .tsn = 2);
    expect_also(s, DATA, .tsn = 6);
    inject(s, SACK(.cum = 6));
}

SCRIPT(s7_2_4_fast_recovery_reduces_once, "7.2.4 6", "in fast recovery a further loss does not reduce cwnd again") {
    in_flight(s, 14);
    for (int i = 0; i < 3; i++)
        inject(s, SACK(.cum = 0, .gaps = {{2, (uint16_t)(2 + i)}}));
    expect(s, DATA, .tsn = 1);
    uint32_t cwnd = path_of(s, 1).cwnd, ssthresh = path_of(s, 1).ssthresh;
    /* TSN 5 is lost, too */
    for (int i = 0; i < 3; i++)
        inject(s, SACK(.cum = 4, .gaps = {{2, (uint16_t)(2 + i)}}));
    expect(s, DATA, .tsn = 5);
    check_equal(path_of(s, 1).cwnd, cwnd);
    check_equal(path_of(s, 1).ssthresh, ssthresh);
    inject(s, SACK(.cum = 13));
}

SCRIPT(s7_2_4_fast_recovery_all_missing_count, "7.2.4",
       "in fast recovery, when the cumulative TSN advances, all missing TSNs count a miss") {
    in_flight(s, 14);
    inject(s, SACK(.cum = 0, .gaps = {{2, 2}}));
    inject(s, SACK(.cum = 0, .gaps = {{2, 3}}));
    inject(s, SACK(.cum = 0, .gaps = {{2, 4}, {9, 9}})); /* the third for 1, the first for 5 to 8 */
    expect(s, DATA, .tsn = 1);
    expect_nothing(s);
    inject(s, SACK(.cum = 4, .gaps = {{5, 5}})); /* newly acknowledged is only what lies below 5; the second for 5 to 8 */
    expect_nothing(s);
    inject(s, SACK(.cum = 5, .gaps = {{4, 4}})); /* and the third for 6 to 8 */
    expect(s, DATA, .tsn = 6);
    s->quiet_end = true;
}

SCRIPT(s7_2_4_fast_recovery_without_advance, "7.2.4",
       "in fast recovery, too, what is acknowledged below a missing TSN says nothing of it unless the cumulative TSN advances") {
    in_flight(s, 14);
    inject(s, SACK(.cum = 0, .gaps = {{2, 2}}));
    inject(s, SACK(.cum = 0, .gaps = {{2, 3}}));
    inject(s, SACK(.cum = 0, .gaps = {{2, 4}, {9, 9}})); /* the third for 1, the first for 5 to 8 */
    expect(s, DATA, .tsn = 1);
    inject(s, SACK(.cum = 0, .gaps = {{2, 5}, {9, 9}}));
    inject(s, SACK(.cum = 0, .gaps = {{2, 6}, {9, 9}}));
    expect_nothing(s);
    check_equal(COUNT(FastRetransmits), 1);
    inject(s, SACK(.cum = 13));
}

SCRIPT(s7_2_4_recovery_ends_at_its_exit_point, "7.2.4 6, 6.2.1 D iv",
       "fast recovery ends when everything up to its exit point is acknowledged") {
    in_flight(s, 12);
    for (int i = 0; i < 3; i++)
        inject(s, SACK(.cum = 0, .gaps = {{2, (uint16_t)(2 + i)}}));
    expect(s, DATA, .tsn = 1);
    inject(s, SACK(.cum = 11));
    uint32_t cwnd = path_of(s, 1).cwnd;
    /* a new loss reduces again */
    int64_t next = 12, sent = 0;
    while (path_of(s, 1).flight < path_of(s, 1).cwnd && sent < 30) {
        send_message(s, 0, 1000, 0);
        expect(s, DATA, .tsn = next + sent++);
    }
    check(sent >= 5);
    for (int i = 0; i < 3; i++)
        inject(s, SACK(.cum = next - 1, .gaps = {{2, (uint16_t)(2 + i)}}));
    expect(s, DATA, .tsn = next);
    uint32_t half = cwnd / 2 > 4 * PMDCS ? cwnd / 2 : 4 * PMDCS;
    check_equal(path_of(s, 1).ssthresh, half);
    s->quiet_end = true;
}

SCRIPT(s7_2_4_no_growth_in_recovery, "7.2.1, 7.2.4", "cwnd does not grow in fast recovery") {
    in_flight(s, 14);
    for (int i = 0; i < 3; i++)
        inject(s, SACK(.cum = 0, .gaps = {{2, (uint16_t)(2 + i)}}));
    expect(s, DATA, .tsn = 1);
    uint32_t cwnd = path_of(s, 1).cwnd;
    inject(s, SACK(.cum = 6));
    inject(s, SACK(.cum = 8));
    check_equal(path_of(s, 1).cwnd, cwnd);
    inject(s, SACK(.cum = 13));
}

SCRIPT(s7_2_4_timer_restarts_for_the_first_chunk, "7.2.4 4, 6.1",
       "T3 restarts if the lowest outstanding chunk is fast retransmitted") {
    in_flight(s, 10);
    advance(s, ms(500));
    for (int i = 0; i < 3; i++)
        inject(s, SACK(.cum = -1, .gaps = {{2, (uint16_t)(2 + i)}}));
    expect(s, DATA, .tsn = 0);
    hawser_time rto = path_of(s, 1).rto;
    check_equal(wait_packet(s, sec(3)), rto);
    expect(s, DATA, .tsn = 0);
    s->quiet_end = true;
}

SCRIPT(s7_2_3_time_out, "7.2.3", "T3: ssthresh = max(cwnd / 2, 4 PMDCS), cwnd = PMDCS, partial_bytes_acked = 0") {
    in_flight(s, 12);
    uint32_t cwnd = path_of(s, 1).cwnd;
    wait_packet(s, sec(2));
    expect(s, DATA, .tsn = 0);
    expect_nothing(s);
    check_equal(path_of(s, 1).ssthresh, cwnd / 2 > 4 * PMDCS ? cwnd / 2 : 4 * PMDCS);
    check_equal(path_of(s, 1).cwnd, PMDCS);
    check_equal(path_of(s, 1).partial_bytes_acked, 0);
    s->quiet_end = true;
}

/* ---- 7.2.5 ----------------------------------------------------------------------------------------------------------------- */

SCRIPT(s7_2_5_1_change_of_dscp, "7.2.5.1", "a new DSCP resets the congestion state") {
    open_wide(s);
    int64_t next = 0;
    while (path_of(s, 1).cwnd < 8 * PMDCS) {
        next += fill(s, next);
        inject(s, SACK(.cum = next - 1));
    }
    set(s, DSCP, 46);
    check_equal(path_of(s, 1).cwnd, 4404);
    check(path_of(s, 1).ssthresh >= 1 << 20);
    send_message(s, 0, 10, 0);
    check_equal(expect(s, DATA)->packet->dscp, 46);
}

SCRIPT(s7_2_5_2_change_of_route, "7.2.5.2", "a new route resets the congestion state") {
    open_wide(s);
    int64_t next = 0;
    while (path_of(s, 1).cwnd < 8 * PMDCS) {
        next += fill(s, next);
        inject(s, SACK(.cum = next - 1));
    }
    struct hawser_report report = HAWSER_INIT(report);
    report.kind = HAWSER_REPORT_ROUTE_CHANGED;
    report.remote = s->peer[0];
    hawser_report(s->stack, s->now, &report);
    check_equal(path_of(s, 1).cwnd, 4404);
    check_equal(path_of(s, 1).partial_bytes_acked, 0);
}

SCRIPT(s7_2_5_2_change_of_source_address, "7.2.5.2", "a new source address resets the congestion state") {
    start(s, .local_addresses = 2);
    establish_active(s);
    set(s, MAX_BURST, 0);
    int64_t next = 0;
    while (path_of(s, 1).cwnd < 8 * PMDCS) {
        next += fill(s, next);
        inject(s, SACK(.cum = next - 1));
    }
    struct hawser_address before = path_of(s, 1).local;
    struct hawser_report report = HAWSER_INIT(report);
    report.kind = HAWSER_REPORT_ADDRESS_DOWN;
    report.local = before;
    hawser_report(s->stack, s->now, &report);
    send_message(s, 0, 10, 0);
    const struct seen *seen = expect(s, DATA);
    check(!same_place(&seen->packet->local, &before));
    inject_by(s, WAY(.to = 1), SACK(.cum = next));
    check_range(path_of(s, 1).cwnd, 4404, 4404 + 32);
    s->quiet_end = true;
}
