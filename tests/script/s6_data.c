/* SPDX-License-Identifier: MIT
 *
 * RFC 9260 sections 6.1, 6.5 and 6.6: sending DATA, streams and order.
 */
#include "script.h"

/* ---- 6.1 A: the peer's window ------------------------------------------------------------------------------------ */

SCRIPT(s6_1_a_window_of_the_peer_is_respected, "6.1 A, 6.2.1 A, B", "no new data beyond the peer's rwnd") {
    open_window(s, 3000);
    for (int i = 0; i < 5; i++)
        send_message(s, 0, 1000, 0);
    expect_data_packets(s, 0, 3, 1000);
    expect_nothing(s);
    inject(s, SACK(.cum = 2, .a_rwnd = 0));
    expect_nothing(s);
    inject(s, SACK(.cum = 2, .a_rwnd = 3000));
    expect_data_packets(s, 3, 2, 1000);
}

SCRIPT(s6_1_a_zero_window_probe, "6.1 A",
       "a closed window is probed after 1 RTO, then at doubling intervals; one chunk at a time") {
    open_window(s, 2000);
    send_message(s, 0, 1000, 0);
    send_message(s, 0, 1000, 0);
    send_message(s, 0, 500, 0);
    send_message(s, 0, 500, 0);
    expect_data_packets(s, 0, 2, 1000);
    inject(s, SACK(.cum = 1, .a_rwnd = 0));
    advance(s, sec(1) - ms(1));
    expect_nothing(s);
    advance(s, ms(1));
    expect(s, DATA, .tsn = 2, .size = 500);
    expect_nothing(s);
    for (int i = 1; i < 5; i++) {
        inject(s, SACK(.cum = 1, .a_rwnd = 0));
        advance(s, sec(1u << i) - ms(1));
        expect_nothing(s);
        advance(s, ms(1));
        expect(s, DATA, .tsn = 2, .size = 500);
        expect_nothing(s);
    }
    inject(s, SACK(.cum = 2, .a_rwnd = 2000));
    expect(s, DATA, .tsn = 3);
    inject(s, SACK(.cum = 3));
}

SCRIPT(s6_1_a_answered_probes_are_no_errors, "6.1 A", "unacknowledged probes do not count while the peer goes on sending SACKs") {
    set(s, ASSOCIATION_MAX_RETRANS, 3);
    set(s, RTO_MAX, sec(4));
    open_window(s, 3000);
    send_message(s, 0, 1400, 0);
    send_message(s, 0, 1400, 0);
    expect_data_packets(s, 0, 2, 1400);
    inject(s, SACK(.cum = 0, .a_rwnd = 0));
    for (int i = 0; i < 20; i++) {
        wait_packet(s, sec(61));
        expect(s, DATA, .tsn = 1);
        inject(s, SACK(.cum = 0, .a_rwnd = 0));
        check_equal(path_of(s, 1).error_count, 0);
    }
    expect_state(s, ESTABLISHED);
    s->quiet_end = true;
}

SCRIPT(s6_1_a_unanswered_probes_are_errors, "6.1 A, 8.1", "probes without any answer count like other losses") {
    set(s, ASSOCIATION_MAX_RETRANS, 3);
    open_window(s, 1500);
    send_message(s, 0, 1400, 0);
    send_message(s, 0, 1400, 0);
    expect(s, DATA, .tsn = 0);
    inject(s, SACK(.cum = 0, .a_rwnd = 0));
    advance(s, sec(100));
    skip_output(s);
    expect_ended(s, HAWSER_END_LOST);
}

SCRIPT(s6_1_a_silly_window_at_the_sender, "6.1 A",
       "no small pieces into a window that opens by small steps while an answer is due (silly window)") {
    open_window(s, 3000);
    for (int i = 0; i < 7; i++)
        send_message(s, 0, 1400, 0);
    expect_data_packets(s, 0, 2, 1400);
    inject(s, SACK(.cum = 0, .a_rwnd = 1500));
    inject(s, SACK(.cum = 0, .a_rwnd = 1700));
    inject(s, SACK(.cum = 0, .a_rwnd = 2100));
    expect_nothing(s);
    inject(s, SACK(.cum = 1, .a_rwnd = 1500));
    expect(s, DATA, .tsn = 2, .size = 1400);
    expect_nothing(s);
}

SCRIPT(s6_1_a_what_is_left_of_the_window_is_filled, "6.1 A",
       "a window smaller than the next chunk gets a chunk that fits when nothing is in flight; the rest of the message follows") {
    open_window(s, 3000);
    for (int i = 0; i < 4; i++)
        send_message(s, 0, 1400, 0);
    expect_data_packets(s, 0, 2, 1400);
    inject(s, SACK(.cum = 1, .a_rwnd = 100));
    expect(s, DATA, .tsn = 2, .size = 100, .bits = B | IMMEDIATE);
    inject(s, SACK(.cum = 1, .a_rwnd = 300));
    expect_nothing(s);
    inject(s, SACK(.cum = 2, .a_rwnd = 5000));
    expect(s, DATA, .tsn = 3, .size = 1300, .bits = E);
    expect(s, DATA, .tsn = 4, .size = 1400);
}

SCRIPT(s6_1_a_what_is_left_of_the_window_is_filled_once, "6.1 A",
       "no chunk of a byte for each SACK to a peer that always has room for a byte; a probe asks, and then whole chunks go") {
    open_window(s, 3000);
    for (int i = 0; i < 4; i++)
        send_message(s, 0, 1400, 0);
    expect_data_packets(s, 0, 2, 1400);
    inject(s, SACK(.cum = 1, .a_rwnd = 1));
    expect(s, DATA, .tsn = 2, .size = 1, .bits = B | IMMEDIATE);
    inject(s, SACK(.cum = 2, .a_rwnd = 1));
    expect_nothing(s);
    wait_packet(s, sec(2));
    expect(s, DATA, .tsn = 3, .size = 1399, .bits = E | IMMEDIATE);
    inject(s, SACK(.cum = 3, .a_rwnd = 1));
    expect_nothing(s);
    inject(s, SACK(.cum = 3, .a_rwnd = 2000));
    expect(s, DATA, .tsn = 4, .size = 1400);
    inject(s, SACK(.cum = 4, .a_rwnd = 200));
    expect_nothing(s);
}

SCRIPT(s6_1_a_whole_message_may_fill_the_window, "6.1 A",
       "a whole message that takes all of the window does not keep the next from being cut to what is left then") {
    open_window(s, 3000);
    send_message(s, 0, 10, 0);
    expect(s, DATA, .tsn = 0);
    inject(s, SACK(.cum = 0, .a_rwnd = 72));
    send_message(s, 0, 72, 0);
    expect(s, DATA, .tsn = 1, .size = 72);
    send_message(s, 0, 160, 0);
    expect_nothing(s);
    inject(s, SACK(.cum = 1, .a_rwnd = 72));
    expect(s, DATA, .tsn = 2, .size = 72, .bits = B | IMMEDIATE);
    s->quiet_end = true;
}

SCRIPT(s6_1_the_window_runs_out, "6.1",
       "the last DATA that the window lets pass asks for a SACK at once when more waits (flag I)") {
    start(s, .a_rwnd = 4000);
    establish_active(s);
    for (int i = 0; i < 3; i++)
        send_message(s, 0, 1400, 0);
    expect(s, DATA, .tsn = 0, .bits = B | E);
    expect(s, DATA, .tsn = 1, .bits = B | E | IMMEDIATE);
    expect_nothing(s);
}

SCRIPT(s6_1_a_window_opens_again, "6.1 A", "a window update lets data flow at once") {
    open_window(s, 2500);
    send_message(s, 0, 1000, 0);
    send_message(s, 0, 1000, 0);
    send_message(s, 0, 1000, 0);
    expect_data_packets(s, 0, 2, 1000);
    inject(s, SACK(.cum = 1, .a_rwnd = 0));
    advance(s, ms(100));
    inject(s, SACK(.cum = 1, .a_rwnd = 100000));
    expect(s, DATA, .tsn = 2);
    inject(s, SACK(.cum = 2));
    advance(s, sec(10));
    expect_nothing(s);
}

SCRIPT(s6_1_a_window_opens_after_probes, "6.1 A",
       "what was sent into a shut window is sent again as soon as it opens, however long the time-out has grown") {
    open_window(s, 2500);
    for (int i = 0; i < 4; i++)
        send_message(s, 0, 1000, 0);
    expect_data_packets(s, 0, 2, 1000);
    for (int i = 0; i < 4; i++) {
        inject(s, SACK(.cum = 1, .a_rwnd = 0));
        wait_packet(s, sec(8));
        expect(s, DATA, .tsn = 2);
    }
    uint32_t cwnd = path_of(s, 1).cwnd;
    inject(s, SACK(.cum = 1, .a_rwnd = 0));
    inject(s, SACK(.cum = 1, .a_rwnd = 500)); /* not for this one */
    advance(s, ms(20));
    expect_nothing(s);
    inject(s, SACK(.cum = 1, .a_rwnd = 2500));
    expect(s, DATA, .tsn = 2);
    inject(s, SACK(.cum = 1, .a_rwnd = 100000)); /* it may be on its way: once is enough */
    expect_nothing(s);
    inject(s, SACK(.cum = 2, .a_rwnd = 100000));
    expect(s, DATA, .tsn = 3);
    inject(s, SACK(.cum = 3));
    check(path_of(s, 1).cwnd >= cwnd);
    check_equal(path_of(s, 1).error_count, 0);
}

SCRIPT(s6_1_a_a_small_window_drops_nothing, "6.1 A", "what was sent within the window is not sent again when the window opens") {
    open_window(s, 3000);
    for (int i = 0; i < 5; i++)
        send_message(s, 0, 1000, 0);
    expect_data_packets(s, 0, 3, 1000);
    inject(s, SACK(.cum = 0, .a_rwnd = 0));
    inject(s, SACK(.cum = 0, .a_rwnd = 2500));
    expect_nothing(s);
    inject(s, SACK(.cum = 2, .a_rwnd = 3000));
    expect_data_packets(s, 3, 2, 1000);
}

/* ---- 6.1 B to E ----------------------------------------------------------------------------------------------------- */

SCRIPT(s6_1_b_cwnd_limits, "6.1 B", "no new data when cwnd or more is in flight") {
    establish_active(s);
    set(s, MAX_BURST, 0);
    for (int i = 0; i < 8; i++)
        send_message(s, 0, FULL, 0);
    expect_data_packets(s, 0, 3, FULL);
    expect_nothing(s);
    check_equal(path_of(s, 1).flight, 4404);
}

SCRIPT(s6_1_b_one_packet_beyond_cwnd, "6.1 B", "cwnd may be exceeded by less than a packet, once") {
    establish_active(s);
    set(s, MAX_BURST, 0);
    set(s, NO_DELAY, 1);
    for (int i = 0; i < 9; i++)
        send_message(s, 0, 1000, 0);
    /* 1016 each: 4064 are less than 4404, so a fifth may go */
    expect_data_packets(s, 0, 5, 1000);
    expect_nothing(s);
}

SCRIPT(s6_1_c_retransmissions_come_first, "6.1 C", "chunks marked for retransmission go before new data") {
    establish_active(s);
    set(s, MAX_BURST, 0);
    for (int i = 0; i < 6; i++)
        send_message(s, 0, FULL, 0);
    expect_data_packets(s, 0, 3, FULL);
    advance(s, sec(1));
    expect(s, DATA, .tsn = 0);
    expect_nothing(s);
    inject(s, SACK(.cum = 0));
    expect(s, DATA, .tsn = 1);
    expect(s, DATA, .tsn = 2);
    inject(s, SACK(.cum = 2));
    expect(s, DATA, .tsn = 3);
    s->quiet_end = true;
}

SCRIPT(s6_1_d_max_burst, "6.1 D", "at most Max.Burst packets at one event") {
    establish_active(s);
    /* open the congestion window first */
    set(s, MAX_BURST, 0);
    for (int i = 0; i < 100; i++)
        send_message(s, 0, FULL, 0);
    check_equal(sack_everything(s), 99);
    set(s, MAX_BURST, 4);
    check(path_of(s, 1).cwnd >= 8 * PMDCS);
    /* then shut the peer's, and open it with much to send */
    for (int i = 0; i < 4; i++)
        send_message(s, 0, FULL, 0);
    expect_data_packets(s, 100, 4, FULL);
    inject(s, SACK(.cum = 103, .a_rwnd = 0));
    for (int i = 0; i < 20; i++)
        send_message(s, 0, FULL, 0);
    expect_nothing(s);
    inject(s, SACK(.cum = 103, .a_rwnd = 100000));
    check_equal(skip_output(s), 4);
    s->quiet_end = true;
}

SCRIPT(s6_1_d_max_burst_for_a_sack_of_many, "6.1 D", "a SACK that stands for several allows as many bursts") {
    establish_active(s);
    set(s, MAX_BURST, 0);
    for (int i = 0; i < 300; i++)
        send_message(s, 0, FULL, 0);
    check_equal(sack_everything(s), 299);
    check(path_of(s, 1).cwnd >= 30 * PMDCS);
    for (int i = 0; i < 20; i++)
        send_message(s, 0, FULL, 0);
    expect_data_packets(s, 300, 20, FULL);
    set(s, MAX_BURST, 4);
    /* what leaves now does so by SACKs alone, for the peer's window is full */
    inject(s, SACK(.cum = 301, .a_rwnd = 18 * FULL));
    for (int i = 0; i < 60; i++)
        send_message(s, 0, FULL, 0);
    expect_nothing(s);
    inject(s, SACK(.cum = 303, .a_rwnd = 100000)); /* two packets */
    check_equal(skip_output(s), 4);
    inject(s, SACK(.cum = 311, .a_rwnd = 100000)); /* eight: as four SACKs would */
    check_equal(skip_output(s), 16);
    s->quiet_end = true;
}

SCRIPT(s6_1_data_is_bundled, "6.1, 6.10", "small messages are bundled into packets up to the PMTU") {
    start(s, .a_rwnd = 100000);
    establish_active(s);
    send_message(s, 0, 10, 0);
    expect(s, DATA, .tsn = 0);
    for (int i = 0; i < 100; i++)
        send_message(s, 0, 40, 0);
    inject(s, SACK(.cum = 0));
    expect(s, DATA, .tsn = 1, .length = 12 + 26 * 56);
    for (int i = 0; i < 25; i++)
        expect_also(s, DATA, .tsn = 2 + i);
    expect(s, DATA, .tsn = 27);
    s->quiet_end = true;
}

SCRIPT(s6_1_nagle_with_much_in_flight, "6.1", "a small message waits however many messages are in flight") {
    establish_active(s);
    set(s, NO_DELAY, 1);
    for (int i = 0; i < 120; i++)
        send_message(s, 0, 10, 0);
    expect_data_packets(s, 0, 120, 10);
    set(s, NO_DELAY, 0);
    send_message(s, 0, 10, 0);
    expect_nothing(s);
    inject(s, SACK(.cum = 119));
    expect(s, DATA, .tsn = 120);
    s->quiet_end = true;
}

SCRIPT(s6_1_nagle, "6.1", "small messages wait while data is in flight, unless told not to") {
    establish_active(s);
    send_message(s, 0, 10, 0);
    expect(s, DATA, .tsn = 0);
    send_message(s, 0, 10, 0);
    send_message(s, 0, 10, 0);
    expect_nothing(s);
    inject(s, SACK(.cum = 0));
    expect(s, DATA, .tsn = 1);
    expect_also(s, DATA, .tsn = 2);
    send_message(s, 0, 10, HAWSER_SEND_NO_DELAY);
    expect(s, DATA, .tsn = 3);
    send_message(s, 0, 10, 0);
    expect_nothing(s);
    set(s, NO_DELAY, 1);
    send_message(s, 0, 10, 0);
    expect(s, DATA, .tsn = 4);
    expect_also(s, DATA, .tsn = 5);
    inject(s, SACK(.cum = 5));
}

SCRIPT(s6_1_nagle_holds_no_tail, "6.1, design",
       "the end of a large message waits for small packets in flight, not for full ones") {
    establish_active(s);
    send_message(s, 0, FULL + 100, 0);
    expect(s, DATA, .tsn = 0, .size = FULL);
    expect(s, DATA, .tsn = 1, .size = 100);
    inject(s, SACK(.cum = 0));
    send_message(s, 0, FULL + 100, 0);
    expect(s, DATA, .tsn = 2, .size = FULL);
    expect_nothing(s);
    inject(s, SACK(.cum = 1));
    expect(s, DATA, .tsn = 3, .size = 100);
}

SCRIPT(s6_1_last_before_a_user_who_waits, "6.1, RFC 7053 4",
       "the last chunk that can go while the user waits for room asks for a SACK at once") {
    set(s, SEND_BUFFER, 4000);
    set(s, MAX_BURST, 1);
    establish_active(s);
    send_message(s, 0, 2 * FULL + 100, 0);
    expect(s, DATA, .tsn = 0, .bits = B);
    check_equal(send_with(s, .size = 3500), HAWSER_ERR_WOULD_BLOCK);
    inject(s, SACK(.cum = 0));
    expect(s, DATA, .tsn = 1, .bits = 0);
    inject(s, SACK(.cum = 1));
    expect(s, DATA, .tsn = 2, .bits = E | IMMEDIATE);
    s->quiet_end = true;
}

SCRIPT(s6_1_full_packets_do_not_wait, "6.1", "a full packet does not wait for acknowledgement") {
    establish_active(s);
    send_message(s, 0, 10, 0);
    expect(s, DATA, .tsn = 0);
    send_message(s, 0, FULL, 0);
    expect(s, DATA, .tsn = 1, .size = FULL);
}

SCRIPT(s6_1_sack_is_bundled_with_data, "6.1", "a SACK that is owed goes with outgoing DATA, before it") {
    establish_active(s);
    inject(s, DATA(.tsn = 0));
    expect(s, SACK, .cum = 0);
    inject(s, DATA(.tsn = 1, .ssn = 1));
    expect_nothing(s);
    send_message(s, 0, 10, 0);
    expect(s, SACK, .cum = 1);
    expect_also(s, DATA, .tsn = 0);
    advance(s, ms(300));
    expect_nothing(s);
}

SCRIPT(s6_1_sack_leaves_room, "6.9, 6.1", "a SACK and a full DATA chunk that do not fit together go separately") {
    establish_active(s);
    inject(s, DATA(.tsn = 0));
    expect(s, SACK, .cum = 0);
    inject(s, DATA(.tsn = 1, .ssn = 1));
    send_message(s, 0, FULL, 0);
    unsigned sacks = 0, data = 0;
    while (next_chunk(s) >= 0) {
        if (next_chunk(s) == HW_SACK)
            sacks++, expect(s, SACK, .cum = 1);
        else
            data++, expect(s, DATA, .tsn = 0);
    }
    check_equal(data, 1);
    check(sacks <= 1);
    if (!sacks) {
        advance(s, ms(200));
        expect(s, SACK, .cum = 1);
    }
}

SCRIPT(s6_1_i_bit_when_asked, "6.1, 11.1.5", "sack-immediately: the I bit on the last DATA chunk of the message") {
    establish_active(s);
    set(s, MAX_BURST, 0);
    send_message(s, 0, FULL + 10, HAWSER_SEND_SACK_NOW | HAWSER_SEND_NO_DELAY);
    expect(s, DATA, .tsn = 0, .bits = B);
    expect(s, DATA, .tsn = 1, .bits = E | IMMEDIATE);
}

SCRIPT(s6_1_window_of_65535_tsns, "6.1, notes",
       "no more than 65,535 TSNs, and so messages of a stream, are under way (gap offsets have 16 bits)") {
    set(s, SEND_BUFFER, 200 << 20);
    set(s, MEMORY_MAX, 400 << 20);
    start(s, .a_rwnd = 1 << 30);
    establish_active(s);
    set(s, MAX_BURST, 0);
    /* the first TSN stays in flight, everything else is acknowledged by gaps */
    s->unchecked = true;
    send_message(s, 0, 1, HAWSER_SEND_NO_DELAY);
    expect(s, DATA, .tsn = 0);
    int64_t highest = 0;
    for (int round = 0; round < 2000 && highest < 65534; round++) {
        for (int i = 0; i < 70; i++)
            send_message(s, 1, 1, HAWSER_SEND_UNORDERED);
        while (next_chunk(s) >= 0) {
            const struct seen *seen;
            bool fresh = s->next == 0 || s->sent[s->next - 1].read == s->sent[s->next - 1].size;
            if (fresh)
                seen = expect(s, DATA);
            else
                seen = expect_also(s, DATA);
            int64_t tsn = (int32_t)(seen->data.tsn - s->stack_tsn);
            highest = tsn > highest ? tsn : highest;
        }
        check(highest <= 65535);
        if (highest)
            inject(s, SACK(.cum = -1, .a_rwnd = 1 << 30, .gaps = {{2, (uint16_t)(highest + 1)}}));
    }
    check_range(highest, 65500, 65535);
    s->unchecked = false;
    script_pump(s);
    s->quiet_end = true;
}

SCRIPT(s6_9_message_larger_than_all_buffers, "6.9, 11.1.5",
       "a message up to message_max is taken and sent, however small the buffers") {
    set(s, SEND_BUFFER, 20000);
    start(s, .a_rwnd = 5000);
    establish_active(s);
    check_equal(send_with(s, .size = 300000), 0);
    check_equal(send_with(s, .size = 10), HAWSER_ERR_WOULD_BLOCK);
    int64_t tsn = 0;
    size_t bytes = 0;
    while (bytes < 300000) {
        if (next_chunk(s) < 0)
            wait_packet(s, sec(5));
        while (next_chunk(s) == HW_DATA)
            bytes += expect(s, DATA, .tsn = tsn++, .ssn = 0)->data.payload.size;
        inject(s, SACK(.cum = tsn - 1, .a_rwnd = 5000));
    }
    check_equal(bytes, 300000);
    check_equal(send_with(s, .size = 10), 0);
    s->quiet_end = true;
}

/* ---- 6: states ----------------------------------------------------------------------------------------------------- */

SCRIPT(s6_no_data_before_the_cookie, "6", "no DATA leaves in COOKIE-WAIT; it waits") {
    reach_cookie_wait(s);
    send_message(s, 0, 10, HAWSER_SEND_NO_DELAY);
    expect_nothing(s);
    inject(s, INIT_ACK());
    expect(s, COOKIE_ECHO);
    expect_also(s, DATA, .tsn = 0);
}

SCRIPT(s6_sack_in_cookie_echoed, "6", "a SACK in COOKIE-ECHOED does no harm") {
    reach_cookie_wait(s);
    send_message(s, 0, 10, 0);
    inject(s, INIT_ACK());
    expect(s, COOKIE_ECHO);
    expect_also(s, DATA, .tsn = 0);
    inject(s, SACK(.cum = 0));
    inject(s, COOKIE_ACK());
    expect_item(s, HAWSER_UP);
    inject(s, SACK(.cum = 0));
    advance(s, sec(3));
    s->quiet_end = true;
    check_equal(status_of(s).in_flight, 0);
}

/* ---- 6.5 ------------------------------------------------------------------------------------------------------------- */

SCRIPT(s6_5_ssn_starts_at_0_and_counts_ordered_messages, "6.5",
       "SSNs start at 0 in each stream and count ordered messages only") {
    establish_active(s);
    set(s, NO_DELAY, 1);
    send_message(s, 0, 10, 0);
    send_message(s, 0, 10, HAWSER_SEND_UNORDERED);
    send_message(s, 0, 10, 0);
    send_message(s, 5, 10, 0);
    send_message(s, 0, 10, 0);
    expect(s, DATA, .tsn = 0, .stream = 0, .ssn = 0, .bits = B | E);
    expect(s, DATA, .tsn = 1, .stream = 0, .bits = B | E | U);
    expect(s, DATA, .tsn = 2, .stream = 0, .ssn = 1);
    expect(s, DATA, .tsn = 3, .stream = 5, .ssn = 0);
    expect(s, DATA, .tsn = 4, .stream = 0, .ssn = 2);
}

SCRIPT(s6_5_ssn_wraps, "6.5", "after SSN 65535 comes 0") {
    set(s, SEND_BUFFER, 1 << 24);
    establish_active(s);
    set(s, NO_DELAY, 1);
    set(s, MAX_BURST, 0);
    uint16_t ssn = 0;
    for (int round = 0; round < 700; round++) {
        for (int i = 0; i < 100; i++)
            send_message(s, 0, 4, 0);
        while (next_chunk(s) >= 0) {
            uint32_t highest = 0;
            while (next_chunk(s) >= 0) {
                bool fresh = s->next == 0 || s->sent[s->next - 1].read == s->sent[s->next - 1].size;
                const struct seen *seen = fresh ? expect(s, DATA) : expect_also(s, DATA);
                check_equal(seen->data.ssn, ssn);
                ssn++;
                highest = seen->data.tsn;
            }
            inject(s, SACK(.cum = (int32_t)(highest - s->stack_tsn)));
        }
    }
    check_equal(ssn, (uint16_t)70000);
}

SCRIPT(s6_5_invalid_stream, "6.5, 3.3.10.1", "DATA on a stream that does not exist: acknowledged, ERROR at once, not delivered") {
    establish_passive(s);
    inject(s, DATA(.tsn = 0));
    expect(s, SACK, .cum = 0);
    expect_message(s);
    inject(s, DATA(.tsn = 1, .stream = 10));
    const struct seen *error = expect_in_any_order(s, HW_SACK, HW_ERROR);
    check_equal(error->cause, HW_CAUSE_INVALID_STREAM);
    check_equal(error->cause_info.size, 4);
    check_equal(hw_get16(error->cause_info.data), 10);
    check_equal(hw_get16(error->cause_info.data + 2), 0);
    expect_no_item(s);
    inject(s, DATA(.tsn = 2, .ssn = 1));
    expect_message(s, .ssn = 1);
    advance(s, ms(200));
    expect(s, SACK, .cum = 2);
}

SCRIPT(s6_5_ppid_is_carried_untouched, "3.3.1", "the payload protocol identifier is carried untouched, in every fragment") {
    establish_active(s);
    set(s, MAX_BURST, 0);
    check_equal(send_with(s, .size = FULL + 1, .ppid = 0xdeadbeef, .flags = HAWSER_SEND_NO_DELAY), 0);
    expect(s, DATA, .ppid = 0xdeadbeef, .bits = B);
    expect(s, DATA, .ppid = 0xdeadbeef, .bits = E);
    inject(s, SACK(.cum = 1), DATA(.tsn = 0, .ppid = 0x01020304));
    expect(s, SACK);
    expect_message(s, .ppid = 0x01020304);
}

/* ---- 6.6 ------------------------------------------------------------------------------------------------------------- */

SCRIPT(s6_6_ordered_delivery, "6.6", "ordered messages are delivered in the order of their SSNs") {
    establish_passive(s);
    inject(s, DATA(.tsn = 0, .ssn = 0, .text = "a"));
    expect(s, SACK);
    inject(s, DATA(.tsn = 3, .ssn = 3, .text = "d"));
    expect(s, SACK, .cum = 0, .gaps = {{3, 3}});
    inject(s, DATA(.tsn = 2, .ssn = 2, .text = "c"));
    expect(s, SACK, .cum = 0, .gaps = {{2, 3}});
    expect_message(s, .text = "a");
    expect_no_item(s);
    inject(s, DATA(.tsn = 1, .ssn = 1, .text = "b"));
    expect_message(s, .text = "b", .ssn = 1);
    expect_message(s, .text = "c", .ssn = 2);
    expect_message(s, .text = "d", .ssn = 3);
    s->quiet_end = true;
}

SCRIPT(s6_6_streams_do_not_block_each_other, "6.6", "a gap in one stream does not hold up another") {
    establish_passive(s);
    inject(s, DATA(.tsn = 1, .stream = 1, .ssn = 0, .text = "free"));
    expect(s, SACK, .cum = -1, .gaps = {{2, 2}});
    expect_message(s, .text = "free", .stream = 1);
    inject(s, DATA(.tsn = 2, .stream = 0, .ssn = 1, .text = "second"));
    expect(s, SACK, .cum = -1);
    expect_no_item(s);
    inject(s, DATA(.tsn = 0, .stream = 0, .ssn = 0, .text = "first"));
    expect(s, SACK, .cum = 2);
    expect_message(s, .text = "first");
    expect_message(s, .text = "second");
}

SCRIPT(s6_6_unordered_is_delivered_as_it_comes, "6.6", "unordered messages are delivered at once; their SSN is ignored") {
    establish_passive(s);
    inject(s, DATA(.tsn = 2, .flags = U | B | E, .ssn = 4711, .text = "now"));
    expect(s, SACK, .cum = -1, .gaps = {{3, 3}});
    expect_message(s, .text = "now", .flags = HAWSER_ITEM_UNORDERED);
    inject(s, DATA(.tsn = 1, .ssn = 1, .text = "later"));
    expect(s, SACK);
    expect_no_item(s);
    inject(s, DATA(.tsn = 0, .ssn = 0, .text = "first"));
    expect(s, SACK, .cum = 2);
    expect_message(s, .text = "first", .flags = 0);
    expect_message(s, .text = "later");
}

SCRIPT(s6_6_ssn_wraps_at_the_receiver, "6.6, 6.5", "the order goes on over SSN 65535") {
    establish_passive(s);
    int64_t tsn = 0;
    for (int i = 0; i < 65536 + 10; i += 60) {
        struct hawser_span chunks[61];
        int count = 0;
        for (; count < 60 && i + count < 65546; count++) {
            chunks[count] = DATA(.tsn = tsn, .ssn = (uint16_t)(i + count), .size = 1);
            tsn++;
        }
        chunks[count] = (struct hawser_span){NULL, 0};
        script_inject(s, WAY(.from = 0), chunks);
        for (int k = 0; k < count; k++)
            expect_message(s, .ssn = (uint16_t)(i + k));
        skip_output(s);
    }
    advance(s, ms(200));
    skip_output(s);
    expect_no_item(s);
}

SCRIPT(s6_6_ssn_counts_forward_only, "6.1, notes",
       "new data's SSN counts forward: 2^16-1 messages may be ahead of the one expected") {
    establish_passive(s);
    inject(s, DATA(.tsn = 1, .ssn = 40000, .text = "far ahead"));
    expect(s, SACK, .cum = -1, .gaps = {{2, 2}});
    expect_no_item(s);
    expect_state(s, ESTABLISHED);
    inject(s, DATA(.tsn = 2, .ssn = 65535, .text = "farther"));
    expect(s, SACK, .cum = -1, .gaps = {{2, 3}});
    expect_no_item(s);
    expect_state(s, ESTABLISHED);
}

SCRIPT(s6_2_no_user_data, "6.2, 3.3.10.9", "DATA without user data: ABORT with No User Data and its TSN") {
    establish_passive(s);
    inject(s, DATA(.tsn = 7, .text = ""));
    const struct seen *seen = expect(s, ABORT, .tag = PEER_TAG, .t = 0, .cause = HW_CAUSE_NO_USER_DATA);
    check_equal(seen->cause_info.size, 4);
    check_equal(hw_get32(seen->cause_info.data), s->peer_tsn + 7);
    expect_ended(s, HAWSER_END_VIOLATION, .code = HW_CAUSE_NO_USER_DATA);
}

SCRIPT(s6_tsn_wraps_both_ways, "3.3.1, 1.6", "TSNs go on over 2^32 - 1") {
    start(s, .peer_tsn = 0xfffffffe);
    establish_passive(s);
    inject(s, DATA(.tsn = 0, .ssn = 0));
    expect(s, SACK, .cum = 0);
    inject(s, DATA(.tsn = 3, .ssn = 3));
    expect(s, SACK, .cum = 0, .gaps = {{3, 3}});
    inject(s, DATA(.tsn = 1, .ssn = 1), DATA(.tsn = 2, .ssn = 2));
    expect(s, SACK, .cum = 3, .gap_count = 0);
    for (int i = 0; i < 4; i++)
        expect_message(s, .ssn = i);
}

SCRIPT(s6_own_tsn_wraps, "3.3.1, 1.6", "TSNs go on over 2^32 - 1") {
    s->random_byte = 0xff; /* the initial TSN becomes 2^32 - 1 */
    connect_now(s, 1);
    remember(s, expect(s, INIT));
    s->random_byte = -1;
    check_equal(s->stack_tsn, 0xffffffff);
    inject(s, INIT_ACK());
    expect(s, COOKIE_ECHO);
    inject(s, COOKIE_ACK());
    expect_item(s, HAWSER_UP);
    set(s, NO_DELAY, 1);
    for (int i = 0; i < 4; i++)
        send_message(s, 0, 1000, 0);
    expect_data_packets(s, 0, 4, 1000);
    inject(s, SACK(.cum = 0, .gaps = {{2, 3}}));
    inject(s, SACK(.cum = 3));
    check_equal(status_of(s).in_flight, 0);
    advance(s, sec(10));
    expect_nothing(s);
}
