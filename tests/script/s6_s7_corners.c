/* SPDX-License-Identifier: MIT
 *
 * Corners of sending and acknowledging where one thing meets another: idleness and ssthresh, time-outs and a lack of memory,
 * echoes and the path MTU, paths and whose acknowledgement it was.
 */
#include "script.h"

static void open_quick(struct script *s) {
    establish_active(s);
    set(s, NO_DELAY, 1);
}

/* ---- 7.2.1: idleness ---------------------------------------------------------------------------------------------- */

SCRIPT(s7_2_1_idle_before_the_first_data, "7.2.1", "a window too small to decay is not adjusted: ssthresh stays as it was") {
    start(s, .a_rwnd = 1 << 20);
    open_quick(s);
    advance(s, sec(5));
    send_message(s, 0, 100, 0);
    expect(s, DATA);
    inject(s, SACK(.cum = 0));
    check_equal(path_of(s, 1).cwnd, 4404);
    check(path_of(s, 1).ssthresh > 1 << 20);
}

/* Full packets until cwnd is that large, each flight acknowledged; the next TSN. */
static int64_t grow(struct script *s, int64_t next, uint32_t cwnd) {
    while (path_of(s, 1).cwnd < cwnd) {
        for (uint32_t flight = path_of(s, 1).flight; flight < path_of(s, 1).cwnd; flight = path_of(s, 1).flight) {
            send_message(s, 0, FULL, 0);
            expect(s, DATA, .tsn = next);
            next++;
        }
        inject(s, SACK(.cum = next - 1));
    }
    return next;
}

SCRIPT(s7_2_1_idle_again, "7.2.1", "each idle spell sets ssthresh = cwnd before its first adjustment, not only the first spell") {
    set(s, MAX_BURST, 0);
    start(s, .a_rwnd = 1 << 20);
    open_quick(s);
    int64_t next = grow(s, 0, 12 * PMDCS);
    advance(s, sec(1) + ms(1));
    send_message(s, 0, 10, 0);
    expect(s, DATA);
    inject(s, SACK(.cum = next++));
    next = grow(s, next, 10 * PMDCS);
    uint32_t cwnd = path_of(s, 1).cwnd;
    advance(s, sec(1) + ms(1));
    send_message(s, 0, 10, 0);
    expect(s, DATA);
    check_equal(path_of(s, 1).ssthresh, cwnd);
    inject(s, SACK(.cum = next));
}

/* ---- 8.3: what cannot be echoed ------------------------------------------------------------------------------------ */

SCRIPT(s8_3_heartbeat_larger_than_another_path, "8.3, bad input",
       "an answer that the path cannot carry blocks nothing behind it") {
    start(s, .a_rwnd = 1 << 20, .peer_addresses = 2);
    open_quick(s);
    confirm_paths(s);
    inject_by(s, WAY(.from = 1), HEARTBEAT(FILL(4000, 'h')));
    skip_output(s);
    inject(s, HEARTBEAT(TEXT("small")));
    expect(s, HEARTBEAT_ACK, .to = 0);
    send_message(s, 0, 100, 0);
    expect(s, DATA, .tsn = 0);
    inject(s, SACK(.cum = 0));
}

/* ---- 6.3.2: T3 ----------------------------------------------------------------------------------------------------- */

SCRIPT(s6_3_2_r3_after_a_late_original, "6.3.2 R3",
       "T3 goes on restarting when the earliest TSN was marked as lost and came after all") {
    start(s, .a_rwnd = 1 << 20);
    open_quick(s);
    for (int i = 0; i < 5; i++)
        send_message(s, 0, 800, 0);
    expect_data_packets(s, 0, 5, 800);
    /* Three misses of TSN 0, then TSN 0, all before anything can leave. */
    inject(s, SACK(.cum = -1, .gaps = {{2, 2}}), SACK(.cum = -1, .gaps = {{2, 3}}), SACK(.cum = -1, .gaps = {{2, 4}}),
           SACK(.cum = 3));
    for (int64_t next = 5; next < 15; next++) {
        send_message(s, 0, 800, 0);
        expect(s, DATA, .tsn = next);
        advance(s, ms(300));
        expect_nothing(s);
        inject(s, SACK(.cum = next - 1));
    }
    inject(s, SACK(.cum = 14));
    check_equal(COUNT(T3Expirations), 0);
}

SCRIPT(s6_3_3_time_out_without_memory, "6.3.3 E3", "a time-out loses nothing and goes on when no memory can be had") {
    start(s, .a_rwnd = 1 << 20);
    open_quick(s);
    for (int i = 0; i < 100; i++)
        send_message(s, 0, 10, 0);
    expect_data_packets(s, 0, 100, 10);
    s->fail_after = 0;
    advance(s, sec(1));
    s->fail_after = -1;
    check(skip_output(s) > 0);
    for (int round = 0; round < 10 && status_of(s).in_flight; round++)
        sack_everything(s);
    advance(s, ms(1));
    sack_everything(s);
    check_equal(COUNT(T3Expirations), 1);
}

/* ---- 8.1, 8.2: whose acknowledgement --------------------------------------------------------------------------------- */

SCRIPT(s8_2_acknowledged_before_sent_again, "8.2",
       "an acknowledgement credits the path that a chunk was sent to, not the one that it was about to be sent to") {
    set(s, MAX_BURST, 0);
    start(s, .a_rwnd = 1 << 20, .peer_addresses = 2);
    open_quick(s);
    confirm_paths(s);
    int64_t first = grow(s, 0, 12 * PMDCS);
    /* An error on the other path: nothing answers its heartbeat. */
    check_equal(hawser_heartbeat(s->stack, s->now, s->association, 2), 0);
    script_pump(s);
    expect(s, HEARTBEAT, .to = 1);
    advance(s, sec(2));
    skip_output(s);
    skip_items(s);
    uint32_t errors = path_of(s, 2).error_count;
    check(errors > 0);
    int64_t next = first;
    while (path_of(s, 1).flight < path_of(s, 1).cwnd) {
        send_message(s, 0, 400, 0);
        expect(s, DATA, .to = 0, .tsn = next);
        next++;
    }
    check(next - first >= 5);
    wait_packet(s, sec(2));
    size_t again = skip_output(s);
    check(again >= 1 && (int64_t)again < next - first);
    inject(s, SACK(.cum = first - 1, .gaps = {{(uint16_t)(next - first), (uint16_t)(next - first)}}));
    check_equal(path_of(s, 2).error_count, errors);
    check_equal(path_of(s, 1).error_count, 0);
    sack_everything(s);
    skip_items(s);
    s->quiet_end = true;
}

/* ---- messages in parts ----------------------------------------------------------------------------------------------- */

SCRIPT(notes_more_after_the_lifetime, "11.1.5",
       "the rest of a message whose lifetime passed is not taken for a message of its own") {
    start(s, .a_rwnd = 1 << 20);
    open_quick(s);
    send_message(s, 0, 1000, 0);
    expect(s, DATA, .tsn = 0);
    check_equal(send_with(s, .size = 1, .flags = HAWSER_SEND_MORE, .lifetime = ms(10)), 0);
    advance(s, ms(20));
    send_message(s, 1, 10, 0);
    expect(s, DATA, .tsn = 1, .stream = 1);
    check_equal(send_with(s, .size = 1), HAWSER_ERR_UNFINISHED);
    expect_item(s, HAWSER_SEND_FAILED, .size = 1, .reason = HAWSER_ERR_RANGE, .begun = 0);
    send_message(s, 0, 10, 0);
    expect(s, DATA, .tsn = 2, .stream = 0, .ssn = 1, .size = 10);
    inject(s, SACK(.cum = 2));
}

/* ---- what held data back is gone ------------------------------------------------------------------------------------- */

SCRIPT(s6_3_2_r1_after_a_lack_of_memory, "6.3.2 R1",
       "T3 runs a whole RTO for what leaves when nothing was in flight, whatever it watched before") {
    start(s, .a_rwnd = 1 << 20);
    open_quick(s);
    s->fail_after = 2; /* the stream and the message, but no record of a chunk */
    send_message(s, 0, 100, 0);
    s->fail_after = -1;
    expect_nothing(s);
    advance(s, ms(990));
    send_message(s, 0, 100, 0);
    check(skip_output(s) > 0);
    advance(s, ms(900));
    expect_nothing(s);
    check_equal(COUNT(T3Expirations), 0);
    inject(s, SACK(.cum = 1));
}

SCRIPT(notes_output_into_a_small_buffer, "6.9", "a buffer smaller than the path MTU makes smaller chunks, not silence") {
    start(s, .a_rwnd = 1 << 20);
    open_quick(s);
    struct hawser_span part = FILL(2000, 'x');
    struct hawser_message message = {.size = sizeof message, .parts = &part, .part_count = 1};
    check_equal(hawser_send(s->stack, s->now, s->association, &message), 0);
    uint8_t buffer[1000];
    int64_t count = 0;
    for (;;) {
        struct hawser_departure out = {.size = sizeof out, .buffer = buffer, .capacity = sizeof buffer, .segments_max = 1};
        if (!hawser_output(s->stack, s->now, &out))
            break;
        check(out.length <= sizeof buffer);
        count++;
    }
    check_equal(count, 3);
    inject(s, SACK(.cum = count - 1));
    check_equal(status_of(s).queued_messages, 0);
}

SCRIPT(s11_1_5_room_again_before_the_pipe_is_empty, "11.1.5",
       "the association is WRITABLE when a quarter of the send buffer is free again") {
    set(s, MAX_BURST, 0);
    start(s, .a_rwnd = 1 << 20);
    open_quick(s);
    int64_t next = grow(s, 0, 20 * PMDCS);
    set(s, SEND_BUFFER, 20000);
    struct hawser_ready ready;
    while (hawser_next(s->stack, &ready))
        ;
    int64_t first = next;
    while (send_with(s, .size = 1400) == 0)
        next++;
    skip_output(s);
    int64_t freed = 0;
    while (hawser_next(s->stack, &ready) == 0 || !(ready.flags & HAWSER_WRITABLE)) {
        inject(s, SACK(.cum = first + freed));
        freed++;
        check(freed < next - first);
    }
    check_range(freed * 100 / (next - first), 20, 40);
    sack_everything(s);
}

/* ---- 7.3: black holes -------------------------------------------------------------------------------------------------- */

SCRIPT(s7_3_large_answers_are_no_black_hole, "7.3",
       "only lost packets with DATA speak of the path MTU, not large answers in between") {
    start(s, .a_rwnd = 1 << 20);
    open_quick(s);
    send_message(s, 0, 100, 0);
    expect(s, DATA, .tsn = 0);
    for (int i = 0; i < 4; i++) {
        inject(s, HEARTBEAT(FILL(1400, 'h')));
        expect(s, HEARTBEAT_ACK);
        wait_packet(s, sec(20));
        expect(s, DATA, .tsn = 0);
    }
    check_equal(path_of(s, 1).mtu, 1500);
    inject(s, SACK(.cum = 0));
}

/* ---- 3.3.4: gap blocks that cannot be -------------------------------------------------------------------------------- */

SCRIPT(s3_3_4_gap_blocks_at_the_cumulative_tsn, "3.3.4",
       "a gap block that begins at the cumulative TSN, or right behind it, says nothing; those behind it count") {
    start(s, .a_rwnd = 1 << 20);
    open_quick(s);
    for (int i = 0; i < 4; i++)
        send_message(s, 0, 1000, 0);
    expect_data_packets(s, 0, 4, 1000);
    for (int begin = 0; begin < 2; begin++) {
        inject(s, CHUNK(HW_SACK, 0, U32(s->stack_tsn - 1), U32(1 << 20), U16(1), U16(0), U16(begin), U16(2)));
        check_equal(path_of(s, 1).flight, 4 * 1016);
        check_equal(status_of(s).in_flight, 4);
    }
    inject(s, SACK(.cum = -1, .gaps = {{1, 1}, {3, 3}}));
    check_equal(path_of(s, 1).flight, 3 * 1016);
    expect_nothing(s);
    inject(s, SACK(.cum = 3));
    check_equal(status_of(s).in_flight, 0);
}

/* ---- 6.2: what a receiver holds -------------------------------------------------------------------------------------- */

SCRIPT(s6_2_highest_goes_for_what_fills_a_gap, "6.2",
       "a full buffer gives up what it holds with the highest TSN, to take a chunk below: gap blocks are no promise") {
    set(s, RECEIVE_BUFFER, 4096);
    establish_passive(s);
    for (int tsn = 3; tsn <= 5; tsn++)
        inject(s, DATA(.tsn = tsn, .ssn = tsn, .size = 1000));
    skip_output(s);
    inject(s, DATA(.tsn = 2, .ssn = 2, .size = 1000));
    inject(s, DATA(.tsn = 1, .ssn = 1, .size = 1000));
    skip_output(s);
    check_equal(COUNT(Reneged), 1);
    inject(s, DATA(.tsn = 1, .ssn = 1, .size = 1000));
    expect(s, SACK, .cum = -1, .gap_count = 1, .gaps = {{2, 5}});
    inject(s, DATA(.tsn = 0, .ssn = 0, .size = 1000));
    expect(s, SACK, .cum = 4, .gap_count = 0);
    for (int ssn = 0; ssn < 5; ssn++)
        expect_message(s, .ssn = ssn, .size = 1000);
    script_pump(s);
    skip_output(s);
    inject(s, DATA(.tsn = 5, .ssn = 5, .size = 1000));
    expect_message(s, .ssn = 5, .size = 1000);
    s->quiet_end = true;
}

SCRIPT(s3_3_4_no_tsn_beyond_what_a_gap_block_can_say, "3.3.4",
       "a TSN more than 65,535 past the cumulative point is dropped: no gap block could tell of it") {
    establish_passive(s);
    inject(s, DATA(.tsn = 65535));
    expect(s, SACK, .cum = -1, .gap_count = 0);
    inject(s, DATA(.tsn = 1 << 30));
    expect(s, SACK, .cum = -1, .gap_count = 0);
    check_equal(COUNT(WindowDrops), 2);
    inject(s, DATA(.tsn = 65534, .flags = B | E | U));
    expect(s, SACK, .cum = -1, .gap_count = 1, .gaps = {{65535, 65535}});
    expect_message(s, .tsn = ANY);
}
