/* SPDX-License-Identifier: MIT
 *
 * Corners of what is sent and received: when a delayed SACK goes, what does not fit into one, what a lack of memory tells the
 * peer and the user, and messages whose rest must be taken.
 */
#include "script.h"

/* ---- SACK --------------------------------------------------------------------------------------------------------- */

SCRIPT(s6_2_delay_runs_from_the_first, "6.2", "a SACK waits no longer than the delay for the first packet that it acknowledges") {
    establish_passive(s);
    set(s, SACK_FREQUENCY, 10);
    inject(s, DATA(.tsn = 0));
    expect(s, SACK, .cum = 0);
    inject(s, DATA(.tsn = 1, .ssn = 1));
    for (int i = 0; i < 3; i++) {
        advance(s, ms(50));
        inject(s, DATA(.tsn = 2 + i, .ssn = 2 + i));
    }
    expect_nothing(s);
    advance(s, ms(50));
    expect(s, SACK, .cum = 4);
}

SCRIPT(s6_2_more_sacks_than_are_kept, "6.2, design",
       "a batch that calls for more SACKs than are kept loses the oldest ones; the last says everything") {
    establish_passive(s);
    inject(s, DATA(.tsn = 0));
    expect(s, SACK, .cum = 0);
    struct hawser_span train = NOTHING;
    for (int i = 0; i < 30; i++)
        train = JOIN(train, packet(s, WAY(.from = 0), DATA(.tsn = 2 + i, .ssn = 2 + i)));
    script_inject_bytes(s, WAY(.segment = train.size / 30), train);
    for (int i = 0; i < 9; i++)
        expect(s, SACK, .cum = 0, .gap_count = 1, .gaps = {{2, 23 + i}});
    expect_nothing(s);
}

SCRIPT(s6_2_gaps_before_duplicates, "6.2, 3.3.4",
       "a SACK that gap blocks fill up lists no duplicates, and is a whole chunk all the same") {
    establish_passive(s);
    inject(s, DATA(.tsn = 0));
    expect(s, SACK, .cum = 0);
    for (int i = 0; i < 400; i++) {
        inject(s, DATA(.tsn = 2 + 2 * i, .ssn = 2 + 2 * i, .size = 4));
        skip_output(s);
    }
    inject(s, DATA(.tsn = 2, .ssn = 2, .size = 4));
    const struct seen *seen = expect(s, SACK, .cum = 0, .dup_count = 0);
    check_equal(seen->sack.gap_count, (1500 - 20 - 12 - 16) / 4);
    check_equal(seen->packet->size, 1480);
}

SCRIPT(s6_2_window_of_a_full_stack, "6.2, design",
       "the window shrinks with the memory of the whole stack, before anything is refused") {
    struct hawser_options options = HAWSER_INIT(options);
    options.memory_max = 1 << 20;
    hawser_free(s->stack);
    script_new_stack(s, &options);
    establish_passive(s);
    inject(s, DATA(.tsn = 0, .size = 1000));
    const struct seen *seen = expect(s, SACK, .cum = 0);
    check(seen->sack.a_rwnd > 0);
    check(seen->sack.a_rwnd <= (1 << 20) / 2);
}

/* ---- memory ------------------------------------------------------------------------------------------------------- */

static void fill_up(struct script *s) {
    while (send_with(s, .size = 10000) == 0)
        ;
    check_equal(send_with(s, .size = 10000), HAWSER_ERR_WOULD_BLOCK);
    s->quiet_end = true;
}

SCRIPT(s11_1_4_a_quarter_is_kept_from_senders, "11.1.4, design",
       "a quarter of an association's memory is kept for what the peer sends") {
    establish_active(s);
    set(s, MEMORY_MAX, 1 << 20);
    fill_up(s);
    check_range(hawser_memory(s->stack), (1 << 20) / 2, (1 << 20) * 3 / 4 + (1 << 17));
    inject(s, DATA(.tsn = 0, .size = 1000));
    expect_message(s, .size = 1000);
}

SCRIPT(s11_1_4_a_quarter_of_the_stack_is_kept_from_senders, "11.1.4, design",
       "a quarter of the stack's memory is kept for what peers send, however much one association may have") {
    struct hawser_options options = HAWSER_INIT(options);
    options.memory_max = 1 << 20;
    hawser_free(s->stack);
    script_new_stack(s, &options);
    establish_active(s);
    fill_up(s);
    check_range(hawser_memory(s->stack), (1 << 20) / 2, (1 << 20) * 3 / 4);
}

SCRIPT(s11_1_4_the_rest_of_a_stuck_message_is_taken, "11.1.4, 6.1, design",
       "the rest of a message that was begun on the wire is taken when all others wait for it, though the buffer is full") {
    establish_active(s);
    set(s, NO_DELAY, 1);
    set(s, SEND_BUFFER, 20000);
    check_equal(send_with(s, .stream = 1, .size = 5000, .flags = HAWSER_SEND_MORE), 0);
    sack_everything(s);
    while (send_with(s, .stream = 2, .size = 1000) == 0)
        ;
    sack_everything(s); /* what there is of the first; DATA does not interleave */
    check_equal(status_of(s).in_flight, 0);
    check_equal(send_with(s, .stream = 3, .size = 1000), HAWSER_ERR_WOULD_BLOCK);
    check_equal(send_with(s, .stream = 1, .size = 1000), 0);
    check(next_chunk(s) == HW_DATA);
    sack_everything(s);
    check_equal(status_of(s).in_flight, 0);
}

SCRIPT(s11_1_4_nothing_is_no_part, "11.1.4", "an empty part that does not end its message says nothing and is refused") {
    establish_active(s);
    check_equal(send_with(s, .size = 10, .flags = HAWSER_SEND_MORE), 0);
    check_equal(send_with(s, .size = 0, .flags = HAWSER_SEND_MORE), HAWSER_ERR_EMPTY);
    check_equal(send_with(s, .size = 0), 0);
    expect(s, DATA, .size = 10, .bits = B | E);
    check_equal(COUNT(OutMessages), 1);
}

SCRIPT(s11_2_sender_dry_not_before_the_last, "11.2", "SENDER_DRY is not told while anything is unacknowledged or waits to go") {
    establish_active(s);
    set(s, NO_DELAY, 1);
    set(s, SENDER_DRY, 1);
    skip_items(s);
    send_message(s, 0, 10, 0);
    send_message(s, 0, 10, 0);
    expect_data_packets(s, 0, 2, 10);
    inject(s, SACK(.cum = 0));
    expect_no_item(s);
    inject(s, SACK(.cum = 1));
    expect_item(s, HAWSER_SENDER_DRY);
}

SCRIPT(s6_9_fragments_fit_the_path, "6.9, 7.3", "a fragment size above what the path carries does not make larger fragments") {
    establish_active(s);
    set(s, FRAGMENT_SIZE, 8000);
    send_message(s, 0, 3000, 0);
    expect(s, DATA, .size = FULL);
    expect(s, DATA, .size = FULL);
    expect(s, DATA, .size = 3000 - 2 * FULL);
}

SCRIPT(s11_1_messages_are_counted_by_their_ends, "11.1.4, 11.2",
       "OutMessages counts ends of messages, ReasmUsrMsgs messages that came in fragments") {
    establish_active(s);
    check_equal(send_with(s, .size = 10, .flags = HAWSER_SEND_MORE), 0);
    check_equal(COUNT(OutMessages), 0);
    check_equal(send_with(s, .size = 10), 0);
    check_equal(COUNT(OutMessages), 1);
    inject(s, DATA(.tsn = 0));
    check_equal(COUNT(ReasmUsrMsgs), 0);
    inject(s, DATA(.tsn = 1, .ssn = 1, .flags = B), DATA(.tsn = 2, .ssn = 1, .flags = E));
    check_equal(COUNT(ReasmUsrMsgs), 1);
    s->quiet_end = true;
}
