/* SPDX-License-Identifier: MIT
 *
 * RFC 3758 section 3.6: what a FORWARD TSN does to the receiver.
 */
#include "script.h"

/* Passive, and the first DATA (which is acknowledged at once) is behind us. */
static void open_partial(struct script *s) {
    start(s, .params = PARAM(HW_PARAM_FORWARD_TSN, NOTHING), .peer_tsn = s->plan.peer_tsn ? s->plan.peer_tsn : 1000);
    establish_passive(s);
    inject(s, DATA(.tsn = 0, .ssn = 0));
    expect(s, SACK, .cum = 0);
    expect_message(s);
}

SCRIPT(rfc3758_3_6_example, "RFC 3758 3.6", "the example of 3.6: the cumulative TSN goes to 103, and on to 105") {
    open_partial(s);
    inject(s, DATA(.tsn = 2, .ssn = 2), DATA(.tsn = 3, .ssn = 3), DATA(.tsn = 5, .ssn = 5));
    expect(s, SACK, .cum = 0, .gap_count = 2);
    inject(s, FORWARD(1, SKIP(0, 1)));
    expect(s, SACK, .cum = 3, .gap_count = 1, .gaps = {{2, 2}});
    expect_message(s, .tsn = 2);
    expect_message(s, .tsn = 3);
    expect_no_item(s);
}

SCRIPT(rfc3758_3_6_out_of_date, "RFC 3758 3.6", "a FORWARD TSN that is out of date changes nothing and is answered by a SACK") {
    open_partial(s);
    inject(s, DATA(.tsn = 2, .ssn = 2));
    expect(s, SACK, .cum = 0);
    inject(s, FORWARD(0, SKIP(0, 1)));
    expect(s, SACK, .cum = 0, .gap_count = 1);
    inject(s, FORWARD(-500, SKIP(0, 9)));
    expect(s, SACK, .cum = 0, .gap_count = 1);
    expect_no_item(s);
    inject(s, FORWARD(1, SKIP(0, 1)));
    expect(s, SACK, .cum = 2);
    inject(s, FORWARD(1, SKIP(0, 1)));
    expect(s, SACK, .cum = 2);
    expect_message(s, .tsn = 2);
    inject(s, DATA(.tsn = 3, .ssn = 3));
    expect_message(s, .tsn = 3);
    check_equal(COUNT(StaleForwardTsns), 3);
    s->quiet_end = true;
}

SCRIPT(rfc3758_3_6_sack_rules, "RFC 3758 3.6, 6.2",
       "it is acknowledged like DATA: every second packet, or after the delay; at once with gaps") {
    open_partial(s);
    inject(s, FORWARD(1, SKIP(0, 1)));
    expect_nothing(s);
    inject(s, FORWARD(2, SKIP(0, 2)));
    expect(s, SACK, .cum = 2);
    inject(s, FORWARD(3, SKIP(0, 3)));
    check_equal(wait_packet(s, sec(1)), ms(200));
    expect(s, SACK, .cum = 3);
    inject(s, DATA(.tsn = 4, .ssn = 4), FORWARD(6, SKIP(0, 6)));
    expect_nothing(s);
    inject(s, DATA(.tsn = 7, .ssn = 7));
    expect(s, SACK, .cum = 7);
    skip_items(s);
}

SCRIPT(rfc3758_3_6_stranded, "RFC 3758 3.6",
       "what waited on a listed stream is delivered in order, what is behind it too; others go on waiting") {
    open_partial(s);
    inject(s, DATA(.tsn = 2, .stream = 1, .ssn = 1), DATA(.tsn = 3, .stream = 2, .ssn = 1), DATA(.tsn = 4, .stream = 1, .ssn = 2),
           DATA(.tsn = 6, .stream = 1, .ssn = 4), DATA(.tsn = 7, .stream = 1, .ssn = 5));
    expect(s, SACK, .cum = 0);
    expect_no_item(s);
    inject(s, FORWARD(5, SKIP(1, 3)));
    expect(s, SACK, .cum = 7);
    expect_message(s, .stream = 1, .ssn = 1);
    expect_message(s, .stream = 1, .ssn = 2);
    expect_message(s, .stream = 1, .ssn = 4);
    expect_message(s, .stream = 1, .ssn = 5);
    expect_no_item(s);
    inject(s, DATA(.tsn = 8, .stream = 1, .ssn = 6));
    expect_message(s, .stream = 1, .ssn = 6);
    expect_no_item(s); /* stream 2 was not listed */
    s->quiet_end = true;
}

SCRIPT(rfc3758_3_6_reassembly, "RFC 3758 3.6", "a message that misses a TSN that is skipped is taken off the reassembly queue") {
    open_partial(s);
    inject(s, DATA(.tsn = 1, .ssn = 1, .flags = B), DATA(.tsn = 3, .ssn = 1, .flags = 0), DATA(.tsn = 4, .ssn = 1, .flags = E));
    expect(s, SACK, .cum = 1, .gap_count = 1);
    inject(s, DATA(.tsn = 6, .flags = U), DATA(.tsn = 7, .flags = U | E));
    skip_output(s);
    expect_no_item(s);
    uint64_t held = status_of(s).inbox_bytes;
    check(held > 300);
    inject(s, FORWARD(5, SKIP(0, 1)));
    expect(s, SACK, .cum = 7, .gap_count = 0);
    inject(s, DATA(.tsn = 8, .ssn = 2, .text = "next"));
    expect_message(s, .ssn = 2, .text = "next");
    expect_no_item(s);
    advance(s, sec(1));
    skip_output(s);
    check_equal(status_of(s).inbox_bytes, 0);
}

SCRIPT(rfc3758_3_6_reassembly_whole, "RFC 3758 3.6",
       "a message that misses nothing stays, also one whose last fragments are still to come") {
    open_partial(s);
    inject(s, DATA(.tsn = 2, .ssn = 2, .flags = B), DATA(.tsn = 3, .ssn = 2, .flags = 0));
    expect(s, SACK, .cum = 0);
    inject(s, FORWARD(1, SKIP(0, 1)));
    expect(s, SACK, .cum = 3);
    inject(s, DATA(.tsn = 4, .ssn = 2, .flags = E));
    expect_message(s, .ssn = 2, .size = 300);
    s->quiet_end = true;
}

SCRIPT(rfc3758_3_6_goes_on_behind, "RFC 3758 3.6, design",
       "a message whose SSN is skipped and that goes on behind what is skipped: delivered if it is whole, else taken away") {
    open_partial(s);
    inject(s, DATA(.tsn = 2, .ssn = 2, .flags = B), DATA(.tsn = 3, .ssn = 2, .flags = E));
    expect(s, SACK, .cum = 0);
    inject(s, FORWARD(2, SKIP(0, 2)));
    expect(s, SACK, .cum = 3);
    expect_message(s, .ssn = 2, .size = 200);
    inject(s, DATA(.tsn = 5, .ssn = 4, .flags = B), DATA(.tsn = 6, .ssn = 4, .flags = 0));
    expect(s, SACK, .cum = 3);
    inject(s, FORWARD(5, SKIP(0, 4)));
    expect(s, SACK, .cum = 6);
    inject(s, DATA(.tsn = 7, .ssn = 4, .flags = E), DATA(.tsn = 8, .ssn = 5, .text = "next"));
    expect_message(s, .ssn = 5, .text = "next");
    advance(s, sec(1));
    skip_output(s);
    check_equal(status_of(s).inbox_bytes, 0);
}

SCRIPT(rfc3758_3_6_partial_delivery, "RFC 3758 3.6",
       "a message whose beginning was read and that is skipped: the user is told that its end will never come") {
    set(s, PARTIAL_DELIVERY, 1000);
    open_partial(s);
    inject(s, DATA(.tsn = 1, .ssn = 1, .flags = B, .size = 1400));
    expect_message(s, .ssn = 1, .size = 1400, .flags = HAWSER_ITEM_MORE);
    inject(s, DATA(.tsn = 3, .ssn = 2, .text = "behind"));
    expect_no_item(s);
    inject(s, FORWARD(2, SKIP(0, 1)));
    expect_message(s, .ssn = 1, .size = 0, .flags = HAWSER_ITEM_CONTINUES | HAWSER_ITEM_ABORTED);
    expect_message(s, .ssn = 2, .text = "behind", .flags = 0);
    expect_no_item(s);
    s->quiet_end = true;
}

SCRIPT(rfc3758_3_6_partial_delivery_unread, "RFC 3758 3.6",
       "so it is when what came last was not read yet, or was shown and not taken") {
    set(s, PARTIAL_DELIVERY, 1000);
    open_partial(s);
    inject(s, DATA(.tsn = 1, .ssn = 1, .flags = B, .size = 1400));
    expect_held(s, HAWSER_MESSAGE, .flags = HAWSER_ITEM_MORE);
    inject(s, FORWARD(2, SKIP(0, 1)));
    check_equal(hawser_consume(s->stack, s->now, s->association, 1, 0), 0); /* what was shown */
    expect_message(s, .ssn = 1, .size = 0, .flags = HAWSER_ITEM_CONTINUES | HAWSER_ITEM_ABORTED);
    inject(s, DATA(.tsn = 3, .ssn = 2, .flags = B, .size = 1400));
    inject(s, FORWARD(4, SKIP(0, 2)));
    expect_message(s, .ssn = 2, .size = 1400, .flags = HAWSER_ITEM_ABORTED);
    inject(s, DATA(.tsn = 5, .ssn = 3, .text = "next"));
    expect_message(s, .text = "next");
    s->quiet_end = true;
}

SCRIPT(rfc3758_3_6_late, "RFC 3758 3.6", "a TSN that was skipped and comes after all is a duplicate") {
    open_partial(s);
    inject(s, DATA(.tsn = 2, .ssn = 2));
    expect(s, SACK, .cum = 0);
    inject(s, FORWARD(1, SKIP(0, 1)));
    expect(s, SACK, .cum = 2);
    inject(s, DATA(.tsn = 1, .ssn = 1));
    expect(s, SACK, .cum = 2, .dup_count = 1);
    expect_message(s, .ssn = 2);
    expect_no_item(s);
}

SCRIPT(rfc3758_3_6_unordered, "RFC 3758 3.6", "unordered messages around what is skipped are delivered as they came") {
    open_partial(s);
    inject(s, DATA(.tsn = 2, .flags = U | B | E, .text = "a"));
    inject(s, FORWARD(3, NOTHING));
    inject(s, DATA(.tsn = 4, .flags = U | B | E, .text = "b"));
    expect_message(s, .text = "a");
    expect_message(s, .text = "b");
    inject(s, DATA(.tsn = 5, .ssn = 1));
    expect_message(s, .ssn = 1); /* no stream was listed */
    s->quiet_end = true;
}

SCRIPT(rfc3758_3_6_wrap, "RFC 3758 3.6, 1.6", "FORWARD TSNs across the end of the TSNs, and of the SSNs") {
    s->plan.peer_tsn = 0xfffffffe;
    open_partial(s);
    uint32_t ssn = 0;
    for (int i = 0; i < 3; i++) { /* three times 30,000 SSNs of stream 0 */
        inject(s, FORWARD(30000 * (i + 1), SKIP(0, ssn += 30000)));
        skip_output(s);
    }
    inject(s, DATA(.tsn = 90001, .ssn = (uint16_t)(ssn + 1)));
    expect_message(s, .ssn = (uint16_t)(ssn + 1));
    s->quiet_end = true;
}

SCRIPT(rfc3758_3_6_shutdown_sent, "RFC 3758 3.6, 9.2", "in SHUTDOWN-SENT a FORWARD TSN is answered by SHUTDOWN, like DATA") {
    open_partial(s);
    reach_shutdown_sent(s);
    inject(s, FORWARD(1, SKIP(0, 1)));
    expect(s, SHUTDOWN, .cum = 1);
    s->quiet_end = true;
}

SCRIPT(rfc3758_3_6_before_anything, "RFC 3758 3.6", "a FORWARD TSN may come before any DATA") {
    start(s, .params = PARAM(HW_PARAM_FORWARD_TSN, NOTHING));
    establish_passive(s);
    inject(s, FORWARD(4, SKIP(3, 2), SKIP(1, 0)));
    expect(s, SACK, .cum = 4);
    inject(s, DATA(.tsn = 5, .stream = 3, .ssn = 3), DATA(.tsn = 6, .stream = 1, .ssn = 1));
    expect_message(s, .stream = 3);
    expect_message(s, .stream = 1);
    s->quiet_end = true;
}

/* ---- senders that say nothing ----------------------------------------------------------------------------------- */

SCRIPT(rfc3758_3_6_unfinished, "RFC 3758 3.6, design",
       "a message begins behind one that has no end: the sender gave that up without a TSN to skip, as Linux does") {
    open_partial(s);
    inject(s, DATA(.tsn = 1, .ssn = 1, .flags = B), DATA(.tsn = 2, .ssn = 1, .flags = 0));
    inject(s, DATA(.tsn = 3, .ssn = 2, .text = "next"));
    expect_message(s, .ssn = 2, .text = "next");
    expect_no_item(s);
    expect_state(s, ESTABLISHED);
    s->quiet_end = true;
}

SCRIPT(rfc3758_3_6_unfinished_before_its_turn, "RFC 3758 3.6, design",
       "so it is when the turn of the one given up is still to come") {
    open_partial(s);
    inject(s, DATA(.tsn = 2, .ssn = 2, .flags = B), DATA(.tsn = 3, .ssn = 3), DATA(.tsn = 4, .ssn = 4, .flags = B | E));
    expect_no_item(s);
    inject(s, DATA(.tsn = 1, .ssn = 1));
    expect_message(s, .ssn = 1);
    expect_message(s, .ssn = 3);
    expect_message(s, .ssn = 4);
    skip_output(s);
    check_equal(status_of(s).inbox_bytes, 0);
}

SCRIPT(rfc3758_3_6_late_fragment, "RFC 3758 3.6, design",
       "a fragment that is late for a message that was given up is acknowledged and dropped") {
    open_partial(s);
    inject(s, DATA(.tsn = 1, .ssn = 1, .flags = B), DATA(.tsn = 3, .ssn = 2, .text = "next"));
    skip_output(s);
    inject(s, DATA(.tsn = 2, .ssn = 1, .flags = 0));
    expect(s, SACK, .cum = 3);
    expect_message(s, .ssn = 2, .text = "next");
    expect_no_item(s);
    inject(s, FORWARD(5, SKIP(0, 3)));
    inject(s, DATA(.tsn = 7, .ssn = 3, .flags = E)); /* the end of what is half skipped */
    inject(s, DATA(.tsn = 6, .ssn = 3, .flags = 0));
    inject(s, DATA(.tsn = 8, .ssn = 4, .text = "last"));
    expect_message(s, .ssn = 4, .text = "last");
    expect_no_item(s);
    skip_output(s);
    check_equal(status_of(s).inbox_bytes, 0);
    s->quiet_end = true;
}

SCRIPT(rfc3758_3_6_contradictions_stay, "RFC 3758 3.6, 6.9",
       "what no sender that gives up could have sent still is a Protocol Violation") {
    open_partial(s);
    inject(s, DATA(.tsn = 2, .ssn = 2, .flags = B));
    skip_output(s);
    inject(s, DATA(.tsn = 3, .stream = 1, .ssn = 2, .flags = E));
    expect(s, ABORT, .cause = HW_CAUSE_PROTOCOL_VIOLATION);
    expect_ended(s, HAWSER_END_VIOLATION);
}

/* ---- lies ------------------------------------------------------------------------------------------------------- */

SCRIPT(rfc3758_3_6_far_ahead, "RFC 3758 3.6, design",
       "a FORWARD TSN further ahead than any chunk could be: dropped, and a SACK says where we are") {
    open_partial(s);
    inject(s, FORWARD(65535 + 1, NOTHING));
    expect(s, SACK, .cum = 0);
    inject(s, FORWARD(0x7fffffff, NOTHING));
    expect(s, SACK, .cum = 0);
    check_equal(COUNT(StaleForwardTsns), 2);
    inject(s, DATA(.tsn = 65535, .stream = 1, .ssn = 0));
    expect(s, SACK, .cum = 0, .gap_count = 1);
    inject(s, FORWARD(65534, NOTHING));
    expect(s, SACK, .cum = 65535, .gap_count = 0);
    expect_message(s);
}

SCRIPT(rfc3758_3_6_impossible_streams, "RFC 3758 3.6, design",
       "streams that do not exist, SSNs that were delivered or cannot be: nothing comes of them") {
    open_partial(s);
    inject(s, FORWARD(2, SKIP(9999, 5), SKIP(0, 0), SKIP(0, 40000), SKIP(1, 2), SKIP(65535, 65535)));
    skip_output(s);
    inject(s, DATA(.tsn = 3, .ssn = 1), DATA(.tsn = 4, .stream = 1, .ssn = 0));
    expect_message(s, .ssn = 1);
    expect_message(s, .stream = 1, .ssn = 0);
    s->quiet_end = true;
}

SCRIPT(rfc3758_3_2_too_short, "RFC 3758 3.2", "a FORWARD TSN without a TSN: Protocol Violation") {
    open_partial(s);
    inject(s, CHUNK(HW_FORWARD_TSN, 0, U16(1)));
    expect(s, ABORT, .cause = HW_CAUSE_PROTOCOL_VIOLATION);
    expect_ended(s, HAWSER_END_VIOLATION);
}

SCRIPT(rfc3758_3_2_flags, "RFC 3758 3.2", "flags of a FORWARD TSN are ignored, and so is half a pair at its end") {
    open_partial(s);
    inject(s, CHUNK(HW_FORWARD_TSN, 0xff, U32(s->peer_tsn + 2), U16(0), U16(2), U16(1)));
    inject(s, DATA(.tsn = 3, .ssn = 3));
    expect_message(s, .ssn = 3);
    s->quiet_end = true;
}

SCRIPT(rfc3758_3_6_no_memory, "RFC 3758 3.6, design",
       "no memory for a stream that is skipped: the FORWARD TSN is as if it were lost") {
    open_partial(s);
    s->fail_after = 0;
    inject(s, FORWARD(300, SKIP(3, 0)));
    s->fail_after = -1;
    if (COUNT(MemoryDrops)) {
        inject(s, DATA(.tsn = 1, .ssn = 1));
        expect_message(s, .ssn = 1);
    }
    s->quiet_end = true;
    skip_items(s);
}

SCRIPT(rfc3758_3_6_states, "RFC 3758 3.6", "before the association stands and after SHUTDOWN it is dropped") {
    start(s, .params = PARAM(HW_PARAM_FORWARD_TSN, NOTHING));
    reach_cookie_echoed(s);
    inject(s, FORWARD(5, NOTHING));
    expect_nothing(s);
    check_equal(COUNT(Unexpected), 1);
    inject(s, COOKIE_ACK());
    skip_items(s);
    reach_shutdown_ack_sent(s);
    inject(s, FORWARD(5, NOTHING));
    expect_nothing(s);
    check_equal(COUNT(Unexpected), 2);
    s->quiet_end = true;
}

SCRIPT(rfc3758_3_6_unfinished_and_skipped, "RFC 3758 3.6, design",
       "one that was given up without a word before its turn, and then skipped, leaves nothing: its SSN comes again") {
    open_partial(s);
    inject(s, DATA(.tsn = 2, .stream = 1, .ssn = 1, .flags = B));
    inject(s, DATA(.tsn = 3, .stream = 1, .ssn = 2, .text = "behind"));
    expect_no_item(s);
    inject(s, FORWARD(2, SKIP(1, 1)));
    expect_message(s, .stream = 1, .ssn = 2);
    skip_output(s);
    for (int64_t i = 0; i < 65536; i++) {
        inject(s, DATA(.tsn = 4 + i, .stream = 1, .ssn = (3 + i) & 0xffff, .size = 1));
        if (i % 64 == 63)
            check_equal(skip_items(s), 64);
        skip_output(s);
    }
    expect_state(s, ESTABLISHED);
}
