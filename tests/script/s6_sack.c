/* SPDX-License-Identifier: MIT
 *
 * RFC 9260 sections 3.3.4, 6.2, 6.2.1 and 6.7: acknowledging, the window, gaps, duplicates, and what a SACK does to the sender.
 */
#include "script.h"

/* Passive, and the first DATA (which is acknowledged at once) is behind us. */
static void open_and_first(struct script *s) {
    establish_passive(s);
    inject(s, DATA(.tsn = 0, .ssn = 0));
    expect(s, SACK, .cum = 0);
}

SCRIPT(s6_2_every_second_packet, "6.2", "a SACK for at least every second packet") {
    open_and_first(s);
    for (int i = 1; i < 9; i += 2) {
        inject(s, DATA(.tsn = i, .ssn = i));
        expect_nothing(s);
        inject(s, DATA(.tsn = i + 1, .ssn = i + 1));
        expect(s, SACK, .cum = i + 1, .gap_count = 0, .dup_count = 0);
    }
    advance(s, sec(1));
    expect_nothing(s);
}

SCRIPT(s6_2_within_200_ms, "6.2", "a SACK within 200 ms of any unacknowledged DATA") {
    open_and_first(s);
    inject(s, DATA(.tsn = 1, .ssn = 1));
    advance(s, ms(200) - 1);
    expect_nothing(s);
    advance(s, 1);
    expect(s, SACK, .cum = 1);
    advance(s, sec(1));
    expect_nothing(s);
}

SCRIPT(s6_2_packets_count_not_chunks, "6.2", "every second packet, not every second DATA chunk") {
    open_and_first(s);
    inject(s, DATA(.tsn = 1, .ssn = 1), DATA(.tsn = 2, .ssn = 2), DATA(.tsn = 3, .ssn = 3));
    expect_nothing(s);
    inject(s, DATA(.tsn = 4, .ssn = 4));
    expect(s, SACK, .cum = 4);
}

SCRIPT(s6_2_delay_can_be_set, "6.2", "SACK.Delay can be lowered; the number of packets can be set") {
    open_and_first(s);
    set(s, SACK_DELAY, ms(50));
    inject(s, DATA(.tsn = 1, .ssn = 1));
    advance(s, ms(50) - 1);
    expect_nothing(s);
    advance(s, 1);
    expect(s, SACK, .cum = 1);
    set(s, SACK_DELAY, 0);
    inject(s, DATA(.tsn = 2, .ssn = 2));
    expect(s, SACK, .cum = 2);
    set(s, SACK_DELAY, ms(200));
    set(s, SACK_FREQUENCY, 3);
    inject(s, DATA(.tsn = 3, .ssn = 3));
    inject(s, DATA(.tsn = 4, .ssn = 4));
    expect_nothing(s);
    inject(s, DATA(.tsn = 5, .ssn = 5));
    expect(s, SACK, .cum = 5);
}

SCRIPT(s6_2_delay_over_500_ms_is_refused, "6.2", "SACK.Delay cannot be set above 500 ms") {
    establish_passive(s);
    check_equal(hawser_set(s->stack, s->now, s->association, 0, HAWSER_SET_SACK_DELAY, 500001), HAWSER_ERR_RANGE);
    check_equal(hawser_set(s->stack, s->now, s->association, 0, HAWSER_SET_SACK_DELAY, 500000), 0);
    check_equal(hawser_set(s->stack, s->now, 0, 0, HAWSER_SET_SACK_DELAY, 500001), HAWSER_ERR_RANGE);
}

SCRIPT(s6_7_gap_is_reported_at_once, "6.7, 7.2.4", "a gap: a SACK at once, and for each packet until it is filled") {
    open_and_first(s);
    inject(s, DATA(.tsn = 2, .ssn = 2));
    expect(s, SACK, .cum = 0, .gap_count = 1, .gaps = {{2, 2}});
    inject(s, DATA(.tsn = 3, .ssn = 3));
    expect(s, SACK, .cum = 0, .gap_count = 1, .gaps = {{2, 3}});
    inject(s, DATA(.tsn = 5, .ssn = 5));
    expect(s, SACK, .cum = 0, .gap_count = 2, .gaps = {{2, 3}, {5, 5}});
    inject(s, DATA(.tsn = 1, .ssn = 1));
    expect(s, SACK, .cum = 3, .gap_count = 1, .gaps = {{2, 2}});
    inject(s, DATA(.tsn = 4, .ssn = 4));
    expect(s, SACK, .cum = 5, .gap_count = 0);
    inject(s, DATA(.tsn = 6, .ssn = 6));
    expect_nothing(s);
}

SCRIPT(s3_3_4_example, "3.3.4", "the example of 3.3.4: TSNs 10 to 12, 14, 15, 17") {
    start(s, .peer_tsn = 10);
    establish_passive(s);
    static const int order[] = {0, 1, 2, 4, 5, 7};
    for (int i = 0; i < 6; i++)
        inject(s, DATA(.tsn = order[i], .ssn = order[i]));
    expect(s, SACK, .cum = 0);
    expect(s, SACK, .cum = 2, .gap_count = 0);
    expect(s, SACK, .cum = 2, .gap_count = 1, .gaps = {{2, 2}});
    expect(s, SACK, .cum = 2, .gap_count = 1, .gaps = {{2, 3}});
    expect(s, SACK, .cum = 2, .gap_count = 2, .gaps = {{2, 3}, {5, 5}});
}

SCRIPT(s6_2_i_bit, "6.2", "the I bit: a SACK at once") {
    open_and_first(s);
    inject(s, DATA(.tsn = 1, .ssn = 1, .flags = B | E | IMMEDIATE));
    expect(s, SACK, .cum = 1);
}

SCRIPT(s6_2_duplicates_only, "6.2", "a packet with duplicates and nothing new: a SACK at once that names them") {
    open_and_first(s);
    inject(s, DATA(.tsn = 0, .ssn = 0));
    const struct seen *sack = expect(s, SACK, .cum = 0, .dup_count = 1);
    check_equal(hw_sack_dup(&sack->sack, 0), s->peer_tsn);
    inject(s, DATA(.tsn = 0, .ssn = 0), DATA(.tsn = 0, .ssn = 0));
    expect(s, SACK, .cum = 0, .dup_count = 2);
    check_equal(COUNT(DuplicateTsns), 3);
    expect_message(s);
    expect_no_item(s);
}

SCRIPT(s3_3_4_duplicates_are_listed_as_often_as_they_came, "3.3.4",
       "a TSN that came three times is listed twice; the list is empty after each SACK") {
    open_and_first(s);
    set(s, SACK_FREQUENCY, 10);
    inject(s, DATA(.tsn = 1, .ssn = 1));
    inject(s, DATA(.tsn = 2, .ssn = 2), DATA(.tsn = 1, .ssn = 1), DATA(.tsn = 1, .ssn = 1));
    if (next_chunk(s) < 0)
        advance(s, ms(200));
    const struct seen *sack = expect(s, SACK, .cum = 2, .dup_count = 2);
    check_equal(hw_sack_dup(&sack->sack, 0), s->peer_tsn + 1);
    check_equal(hw_sack_dup(&sack->sack, 1), s->peer_tsn + 1);
    inject(s, DATA(.tsn = 1, .ssn = 1));
    expect(s, SACK, .cum = 2, .dup_count = 1);
}

SCRIPT(s6_2_duplicates_beyond_a_gap, "6.2", "duplicates above the cumulative TSN are duplicates, too") {
    open_and_first(s);
    inject(s, DATA(.tsn = 2, .ssn = 2));
    expect(s, SACK, .cum = 0, .gaps = {{2, 2}});
    inject(s, DATA(.tsn = 2, .ssn = 2));
    const struct seen *sack = expect(s, SACK, .cum = 0, .gap_count = 1, .dup_count = 1);
    check_equal(hw_sack_dup(&sack->sack, 0), s->peer_tsn + 2);
}

SCRIPT(s6_2_many_duplicates_are_bounded, "6.2", "a flood of duplicates cannot make a SACK too large") {
    open_and_first(s);
    for (int round = 0; round < 3; round++) {
        struct hawser_span chunks = NOTHING;
        for (int i = 0; i < 70; i++)
            chunks = JOIN(chunks, DATA(.tsn = 0, .size = 1));
        inject(s, chunks);
        expect(s, SACK, .cum = 0);
    }
}

SCRIPT(s6_2_one_sack_for_each_packet, "6.2", "not more than one SACK for an incoming packet") {
    open_and_first(s);
    inject(s, DATA(.tsn = 2, .ssn = 2), DATA(.tsn = 4, .ssn = 4), DATA(.tsn = 2, .ssn = 2), DATA(.tsn = 6, .ssn = 6));
    expect(s, SACK, .cum = 0, .gap_count = 3, .dup_count = 1);
    expect_nothing(s);
}

SCRIPT(s6_7_gaps_lowest_first_in_one_sack, "6.7, 6.2",
       "more gaps than fit: one SACK, the lowest blocks, as many as the PMTU allows") {
    open_and_first(s);
    for (int i = 0; i < 400; i += 20) {
        struct hawser_span chunks = NOTHING;
        for (int k = 0; k < 20; k++)
            chunks = JOIN(chunks, DATA(.tsn = 2 + 2 * (i + k), .ssn = 2 + 2 * (i + k), .size = 1));
        inject(s, chunks);
    }
    for (int i = 0; i < 19; i++)
        expect(s, SACK, .cum = 0);
    const struct seen *sack = expect(s, SACK, .cum = 0);
    check_equal(sack->sack.gap_count, (1500 - 20 - 12 - 16) / 4);
    for (unsigned i = 0; i < sack->sack.gap_count; i++)
        check_equal(hw_sack_gap(&sack->sack, i).start, 2 + 2 * i);
    expect_nothing(s);
}

/* ---- the window ------------------------------------------------------------------------------------------------------ */

SCRIPT(s6_2_a_rwnd_falls_and_rises, "6.2 B, C, D", "a_rwnd falls by what is held and rises when the user consumes it") {
    set(s, RECEIVE_BUFFER, 65536);
    open_and_first(s);
    expect_message(s);
    inject(s, DATA(.tsn = 1, .ssn = 1, .size = 1200));
    inject(s, DATA(.tsn = 2, .ssn = 2, .size = 1200));
    int64_t before = expect(s, SACK, .cum = 2)->sack.a_rwnd;
    inject(s, DATA(.tsn = 3, .ssn = 3, .size = 1200));
    advance(s, ms(200));
    int64_t after = expect(s, SACK, .cum = 3)->sack.a_rwnd;
    check_range(before - after, 1200, 1400);
    skip_items(s);
    inject(s, DATA(.tsn = 4, .ssn = 4, .size = 10));
    advance(s, ms(200));
    check(expect(s, SACK, .cum = 4)->sack.a_rwnd > after);
}

SCRIPT(s6_2_window_is_told_in_chunks_like_the_last, "6.2, design",
       "a window that is told is kept, for messages of any one size") {
    set(s, RECEIVE_BUFFER, 65536);
    set(s, SACK_FREQUENCY, 1);
    open_and_first(s);
    expect_message(s);
    int64_t tsn = 1, told = 0;
    for (; tsn < 100; tsn++) {
        inject(s, DATA(.tsn = tsn, .ssn = tsn, .size = 4));
        told = expect(s, SACK, .cum = tsn)->sack.a_rwnd;
        skip_items(s);
    }
    check_range(told, 2000, 10000);
    for (int64_t last = tsn + told / 4; tsn < last; tsn++) { /* nobody reads */
        inject(s, DATA(.tsn = tsn, .ssn = tsn, .size = 4));
        expect(s, SACK, .cum = tsn);
    }
}

SCRIPT(s6_2_small_windows_are_reopened, "6.2, design",
       "what a reader of small messages frees is told when the window has doubled") {
    set(s, RECEIVE_BUFFER, 65536);
    set(s, SACK_FREQUENCY, 1);
    open_and_first(s);
    expect_message(s);
    int64_t tsn = 1;
    for (int64_t told = 65536; told; tsn++) {
        inject(s, DATA(.tsn = tsn, .ssn = tsn, .size = 4));
        told = expect(s, SACK, .cum = tsn)->sack.a_rwnd;
    }
    skip_items(s);
    check_range(expect(s, SACK, .cum = tsn - 1)->sack.a_rwnd, 2000, 10000);
    skip_output(s); /* it doubles once more where a record takes less */
}

/* Messages of a byte until the window is shut; returns the last TSN. */
static int64_t fill_with_bytes(struct script *s) {
    int64_t tsn = 0;
    for (int64_t told = 1; told;) {
        tsn++;
        inject(s, DATA(.tsn = tsn, .ssn = (uint16_t)tsn, .size = 1));
        told = expect(s, SACK, .cum = tsn)->sack.a_rwnd;
    }
    return tsn;
}

SCRIPT(s6_2_tiny_messages_leave_a_small_buffer_open, "6.2, design",
       "messages of a byte, all read, do not shut a small receive buffer") {
    set(s, RECEIVE_BUFFER, 16384);
    set(s, SACK_FREQUENCY, 1);
    open_and_first(s);
    expect_message(s);
    for (int64_t tsn = 1; tsn < 100; tsn++) {
        inject(s, DATA(.tsn = tsn, .ssn = tsn, .size = 1));
        check_range(expect(s, SACK, .cum = tsn)->sack.a_rwnd, 200, 16384); /* records that fit, at the least */
        skip_items(s);
    }
}

SCRIPT(s6_2_the_last_of_a_window_is_reopened, "6.2, design",
       "when all is read a shut window is told to be open, however little that is") {
    set(s, RECEIVE_BUFFER, 112640);
    set(s, SACK_FREQUENCY, 1);
    open_and_first(s);
    expect_message(s);
    int64_t tsn = fill_with_bytes(s);
    skip_items(s);
    int64_t told = expect(s, SACK, .cum = tsn)->sack.a_rwnd;
    while (next_chunk(s) == HW_SACK)
        told = expect(s, SACK, .cum = tsn)->sack.a_rwnd;
    check_range(told, PMDCS, 2 * PMDCS);
}

SCRIPT(s6_2_init_announces_the_buffer, "6.2 A", "a_rwnd of INIT and INIT ACK is the receive buffer of the association") {
    set(s, RECEIVE_BUFFER, 40000);
    listen_now(s);
    inject(s, INIT());
    expect(s, INIT_ACK, .a_rwnd = 40000);
    connect_now(s, 1);
    expect(s, INIT, .a_rwnd = 40000);
}

/* Fills the window with full messages; returns the next TSN. */
static int64_t fill_window(struct script *s) {
    int64_t tsn = 1;
    for (; tsn < 200; tsn++) {
        inject(s, DATA(.tsn = tsn, .ssn = tsn, .size = 1400));
        int64_t window = -1;
        while (next_chunk(s) == HW_SACK)
            window = expect(s, SACK)->sack.a_rwnd;
        if (window == 0)
            return tsn + 1;
    }
    FAIL("the window does not close");
}

SCRIPT(s6_2_zero_window_drops_new_data, "6.2",
       "with a zero window a TSN above the largest is dropped, and a SACK says so at once") {
    set(s, RECEIVE_BUFFER, 16384);
    open_and_first(s);
    int64_t tsn = fill_window(s);
    /* what was under way when the window closed may still have been taken; from here on nothing is */
    uint64_t held = status_of(s).inbox_bytes;
    bool dropped = false;
    for (int i = 0; i < 4; i++) {
        inject(s, DATA(.tsn = tsn + i, .ssn = tsn + i, .size = 1400));
        const struct seen *sack = expect(s, SACK, .a_rwnd = 0, .gap_count = 0);
        dropped |= (int32_t)(sack->sack.cum_tsn - s->peer_tsn) < tsn + i;
    }
    check(dropped);
    check(COUNT(WindowDrops) >= 1);
    check(status_of(s).inbox_bytes <= 2 * 16384 && held > 0);
}

SCRIPT(s6_2_window_update, "6.2", "when the window opens again a SACK says so") {
    set(s, RECEIVE_BUFFER, 16384);
    open_and_first(s);
    (void)fill_window(s);
    expect_message(s, .size = 100);
    skip_output(s);
    while (hawser_receive(s->stack, s->association, &s->item, 1) == 1)
        expect_message(s);
    unsigned updates = 0;
    int64_t window = 0;
    while (next_chunk(s) == HW_SACK) {
        window = expect(s, SACK)->sack.a_rwnd;
        updates++;
    }
    check_range(updates, 1, 5); /* not one for each message */
    check(window >= 16384 / 2);
}

SCRIPT(s6_2_window_updates_are_not_sent_in_bursts, "6.2", "window updates only when the window opens by a good part") {
    set(s, RECEIVE_BUFFER, 65536);
    open_and_first(s);
    for (int i = 1; i < 20; i++)
        inject(s, DATA(.tsn = i, .ssn = i, .size = 100));
    advance(s, ms(200));
    skip_output(s);
    skip_items(s);
    expect_nothing(s);
}

SCRIPT(s6_2_zero_window_takes_what_fills_a_gap, "6.2",
       "with a zero window, data below the largest TSN is preferred to the largest held") {
    set(s, RECEIVE_BUFFER, 16384);
    open_and_first(s);
    /* TSN 1 is missing; what comes after fills the window until something is dropped */
    int64_t tsn = 2;
    for (;; tsn++) {
        inject(s, DATA(.tsn = tsn, .ssn = tsn, .size = 1400));
        const struct seen *sack = expect(s, SACK, .cum = 0, .gap_count = 1);
        if (hw_sack_gap(&sack->sack, 0).end < tsn)
            break;
        check(tsn < 100);
    }
    inject(s, DATA(.tsn = 1, .ssn = 1, .size = 1400));
    const struct seen *sack = expect(s, SACK);
    int64_t cum = (int32_t)(sack->sack.cum_tsn - s->peer_tsn);
    check_range(cum, 1, tsn - 1);
    check_equal(sack->sack.gap_count, 0);
    expect_message(s, .size = 100);
    for (int64_t ssn = 1; ssn <= cum; ssn++)
        expect_message(s, .ssn = ssn);
    skip_output(s);
    /* what was taken back is not reported any more, and is taken when it comes again */
    for (int64_t again = cum + 1; again <= tsn; again++) {
        inject(s, DATA(.tsn = again, .ssn = again, .size = 1400));
        expect_message(s, .ssn = again);
        skip_output(s);
    }
    s->quiet_end = true;
}

SCRIPT(s6_2_flood_of_tiny_messages_is_bounded, "6.2", "a flood of 1-byte messages cannot exceed the limit: overhead counts") {
    set(s, RECEIVE_BUFFER, 32768);
    open_and_first(s);
    int64_t tsn = 1;
    for (int round = 0; round < 200; round++) {
        struct hawser_span chunks = NOTHING;
        for (int i = 0; i < 70; i++, tsn++)
            chunks = JOIN(chunks, DATA(.tsn = tsn, .ssn = (uint16_t)tsn, .size = 1));
        inject(s, chunks);
        skip_output(s);
    }
    check(status_of(s).memory < 4 * 32768 + 32768);
    check_equal(status_of(s).a_rwnd, 0);
}

SCRIPT(s6_2_fragments_hold_the_window, "6.2 C", "fragments that wait for the rest of their message keep a_rwnd down") {
    set(s, RECEIVE_BUFFER, 65536);
    open_and_first(s);
    expect_message(s);
    inject(s, DATA(.tsn = 1, .ssn = 1, .flags = B, .size = 1400));
    inject(s, DATA(.tsn = 2, .ssn = 1, .flags = 0, .size = 1400));
    int64_t window = expect(s, SACK, .cum = 2)->sack.a_rwnd;
    check(window <= 65536 - 2800);
    expect_no_item(s);
}

SCRIPT(s6_tsn_too_far_ahead, "6.2, notes", "a TSN more than 65,535 beyond the cumulative TSN cannot be reported: it is dropped") {
    open_and_first(s);
    inject(s, DATA(.tsn = 65536 + 10, .ssn = 9));
    if (next_chunk(s) == HW_SACK)
        expect(s, SACK, .cum = 0, .gap_count = 0);
    inject(s, DATA(.tsn = 0x7fffffff, .ssn = 9));
    if (next_chunk(s) == HW_SACK)
        expect(s, SACK, .cum = 0, .gap_count = 0);
    inject(s, DATA(.tsn = 65535, .ssn = 9));
    expect(s, SACK, .cum = 0, .gap_count = 1, .gaps = {{65535, 65535}});
    expect_state(s, ESTABLISHED);
}

/* ---- 6.2.1: a SACK arrives --------------------------------------------------------------------------------------------- */

static void four_in_flight(struct script *s) {
    establish_active(s);
    set(s, NO_DELAY, 1);
    set(s, MAX_BURST, 0);
    for (int i = 0; i < 4; i++)
        send_message(s, 0, 1000, 0);
    expect_data_packets(s, 0, 4, 1000);
}

SCRIPT(s6_2_1_old_sack_is_dropped, "6.2.1 D i", "a SACK whose cumulative TSN is behind is dropped") {
    four_in_flight(s);
    inject(s, SACK(.cum = 2, .a_rwnd = 50000));
    uint32_t window = status_of(s).peer_rwnd;
    inject(s, SACK(.cum = 0, .a_rwnd = 10));
    check_equal(status_of(s).peer_rwnd, window);
    check_equal(status_of(s).in_flight, 1);
    inject(s, SACK(.cum = 3));
}

SCRIPT(s6_2_1_rwnd_is_a_rwnd_minus_outstanding, "6.2.1 D ii", "rwnd = a_rwnd minus what is still outstanding") {
    four_in_flight(s);
    inject(s, SACK(.cum = 0, .a_rwnd = 50000));
    check_range(status_of(s).peer_rwnd, 50000 - 3 * 1016, 50000 - 3000);
    inject(s, SACK(.cum = 0, .a_rwnd = 50000, .gaps = {{2, 2}}));
    check_range(status_of(s).peer_rwnd, 50000 - 2 * 1016, 50000 - 2000);
    inject(s, SACK(.cum = 3, .a_rwnd = 60000));
    check_equal(status_of(s).peer_rwnd, 60000);
}

SCRIPT(s6_2_1_marked_chunks_leave_the_window, "6.2.1 C", "chunks marked for retransmission are added to rwnd again") {
    four_in_flight(s);
    uint32_t window = status_of(s).peer_rwnd;
    advance(s, sec(1));
    expect(s, DATA, .tsn = 0);
    check_range(status_of(s).peer_rwnd, window + 3000, window + 3 * 1016);
    s->quiet_end = true;
}

SCRIPT(s6_2_1_reneging, "6.2.1 D iii, 6.3.2 R4", "a TSN that is not in the gap blocks any more is missing again, and T3 runs") {
    four_in_flight(s);
    inject(s, SACK(.cum = 1, .gaps = {{2, 2}}));
    inject(s, SACK(.cum = 1));
    check(path_of(s, 1).flight >= 2000);
    advance(s, sec(2));
    expect(s, DATA, .tsn = 2);
    inject(s, SACK(.cum = 2));
    expect(s, DATA, .tsn = 3);
    inject(s, SACK(.cum = 3));
}

SCRIPT(s6_2_1_all_reneged, "6.2.1 D iii, 6.3.2 R4",
       "a TSN that is not in the gap blocks any more is missing again, and T3 runs") {
    establish_active(s);
    set(s, NO_DELAY, 1);
    send_message(s, 0, 1000, 0);
    send_message(s, 0, 1000, 0);
    expect_data_packets(s, 0, 2, 1000);
    inject(s, SACK(.cum = 0, .gaps = {{1, 1}})); /* a block that is not isolated: everything is acknowledged, oddly */
    s->quiet_end = true;
    inject(s, SACK(.cum = 0));
    advance(s, sec(3));
    inject(s, SACK(.cum = 1));
    check_equal(status_of(s).in_flight, 0);
}

static void open_with_200_in_flight(struct script *s) {
    open_window(s, 1 << 20);
    for (int i = 0; i < 200; i++)
        send_message(s, 0, 4, 0);
    expect_data_packets(s, 0, 200, 4);
}

SCRIPT(s6_2_1_taking_back_without_end, "6.2.1 D iii, bad input",
       "a peer that takes back again and again what it has acknowledged breaks the protocol: each time costs us a walk") {
    open_with_200_in_flight(s);
    int times = 0;
    while (state_of(s) == HAWSER_ESTABLISHED && times < 1000) {
        skip_output(s);
        inject(s, SACK(.cum = -1, .gaps = {{2, 200}}));
        skip_output(s);
        inject(s, SACK(.cum = -1));
        times++;
    }
    expect(s, ABORT, .cause = HW_CAUSE_PROTOCOL_VIOLATION);
    check_range(times, 65536 / 199, 65536 / 199 + 1);
    expect_ended(s, HAWSER_END_VIOLATION, .code = HW_CAUSE_PROTOCOL_VIOLATION);
}

SCRIPT(s6_2_1_taking_back_in_the_end, "6.2.1 D iii, 3.3.8, bad input",
       "nor may a SHUTDOWN do so whose cumulative TSN says less than the gap blocks did") {
    open_with_200_in_flight(s);
    for (int times = 0; times < 65536 / 199; times++) {
        inject(s, SACK(.cum = -1, .gaps = {{2, 200}}));
        skip_output(s);
        inject(s, SACK(.cum = -1));
        skip_output(s);
    }
    expect_state(s, ESTABLISHED);
    inject(s, SACK(.cum = -1, .gaps = {{2, 200}}));
    skip_output(s);
    inject(s, SHUTDOWN(0)); /* TSN 1 was reported, so it would be 199 */
    expect(s, ABORT, .cause = HW_CAUSE_PROTOCOL_VIOLATION);
    expect_ended(s, HAWSER_END_VIOLATION, .code = HW_CAUSE_PROTOCOL_VIOLATION);
}

SCRIPT(s3_3_8_shutdown_without_gaps_is_no_reneging, "3.3.8", "the missing gap blocks of a SHUTDOWN are no reneging") {
    four_in_flight(s);
    inject(s, SACK(.cum = 0, .gaps = {{2, 3}}));
    uint32_t flight = path_of(s, 1).flight;
    check_equal(flight, 1016);
    inject(s, SHUTDOWN(0));
    check_equal(path_of(s, 1).flight, flight);
    inject(s, SACK(.cum = 3));
    s->quiet_end = true;
}

SCRIPT(s6_7_acknowledged_data_is_freed, "6.7", "what the cumulative TSN acknowledges leaves the queue") {
    four_in_flight(s);
    check_equal(status_of(s).queued_messages, 4);
    inject(s, SACK(.cum = 1));
    check_equal(status_of(s).queued_messages, 2);
    check_equal(status_of(s).in_flight, 2);
    inject(s, SACK(.cum = 3));
    check_equal(status_of(s).queued_messages, 0);
    check_equal(status_of(s).queued_bytes, 0);
}

SCRIPT(s7_1_gap_acknowledged_data_is_kept, "7.1", "gap blocks are advisory: data is kept until the cumulative TSN passes it") {
    four_in_flight(s);
    inject(s, SACK(.cum = -1, .gaps = {{2, 4}}));
    check_equal(status_of(s).queued_messages, 4);
}

SCRIPT(s6_2_1_sack_of_what_was_never_sent, "bad input", "a SACK for TSNs that were never sent does no harm") {
    four_in_flight(s);
    inject(s, SACK(.cum = 100));
    if (next_chunk(s) == HW_ABORT) {
        expect(s, ABORT, .cause = HW_CAUSE_PROTOCOL_VIOLATION);
        expect_ended(s, HAWSER_END_VIOLATION, .code = HW_CAUSE_PROTOCOL_VIOLATION);
        return;
    }
    check_equal(status_of(s).in_flight, 4);
    inject(s, SACK(.cum = 3));
    check_equal(status_of(s).in_flight, 0);
}

SCRIPT(s6_2_1_gaps_of_what_was_never_sent, "bad input", "gap blocks beyond what was sent, reversed or overlapping do no harm") {
    four_in_flight(s);
    static const uint16_t bad[][2] = {{5, 9}, {2, 60000}, {65535, 65535}, {3, 2}, {1, 1}};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0] && state_of(s) == HAWSER_ESTABLISHED; i++)
        inject(s, SACK(.cum = -1, .gaps = {{bad[i][0], bad[i][1]}}));
    if (state_of(s) == HAWSER_ESTABLISHED)
        inject(s, SACK(.cum = -1, .gaps = {{2, 3}, {2, 3}, {2, 2}}));
    s->quiet_end = true;
    if (state_of(s) == HAWSER_ESTABLISHED) {
        inject(s, SACK(.cum = 3));
        check_equal(status_of(s).in_flight, 0);
    }
}

SCRIPT(s6_2_1_sack_with_counts_that_do_not_fit, "bad input", "a SACK shorter than its counts is not processed") {
    four_in_flight(s);
    inject(s, SACK(.cum = 3, .gap_count = 60000));
    inject(s, SACK(.cum = 3, .gap_count = 1));
    inject(s, CHUNK(HW_SACK, 0, U32(s->stack_tsn + 3), U32(1000)));
    s->quiet_end = true;
    if (state_of(s) == HAWSER_ESTABLISHED) {
        check_equal(status_of(s).in_flight, 4);
        inject(s, SACK(.cum = 3));
        check_equal(status_of(s).in_flight, 0);
    }
}

SCRIPT(s6_2_1_reneging_again_and_again, "bad input", "a peer that takes back and gives again cannot cost more than it pays") {
    four_in_flight(s);
    for (int i = 0; i < 200; i++) {
        inject(s, SACK(.cum = -1, .gaps = {{2, 4}}));
        inject(s, SACK(.cum = -1));
        skip_output(s);
        if (state_of(s) != HAWSER_ESTABLISHED)
            break;
    }
    s->quiet_end = true;
}

SCRIPT(s3_3_8_shutdown_contradicts_gaps, "3.3.8, bad input",
       "a SHUTDOWN whose cumulative TSN ends right before what gap blocks told of takes that back: nobody waits for ever") {
    establish_active(s);
    for (int i = 0; i < 3; i++) {
        send_message(s, 0, 100, HAWSER_SEND_NO_DELAY);
        expect(s, DATA, .tsn = i);
    }
    inject(s, SACK(.cum = -1, .gaps = {{2, 3}}));
    inject(s, SHUTDOWN(0));
    check_equal(status_of(s).in_flight, 2);
    wait_packet(s, sec(3));
    expect(s, DATA, .tsn = 1);
    expect_also(s, DATA, .tsn = 2);
    inject(s, SACK(.cum = 2));
    expect(s, SHUTDOWN_ACK);
    inject(s, SHUTDOWN_COMPLETE());
    skip_items(s);
}
