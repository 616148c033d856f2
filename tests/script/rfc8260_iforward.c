/* SPDX-License-Identifier: MIT
 *
 * RFC 8260 section 2.3.1: partial reliability with I-DATA, both ways.
 */
#include "script.h"

#define BOTH PARAM(HW_PARAM_EXTENSIONS, BYTES(HW_FORWARD_TSN, HW_I_DATA, HW_I_FORWARD_TSN))
#define I_FULL (PMDCS - 20)
#define UNORDERED_OF 0x10000 /* a stream's unordered MIDs, in .skips */

static void active(struct script *s) {
    set(s, INTERLEAVING, 1);
    start(s, .params = BOTH);
    establish_active(s);
    set(s, NO_DELAY, 1);
    set(s, MAX_BURST, 0);
}

/* The first chunk, which is acknowledged at once, is behind us. */
static void passive(struct script *s) {
    set(s, INTERLEAVING, 1);
    start(s, .params = BOTH);
    establish_passive(s);
    inject(s, I_DATA(.tsn = 0, .stream = 9));
    expect(s, SACK, .cum = 0);
    expect_message(s);
}

#define ONCE(...) check_equal(send_with(s, .policy = HAWSER_POLICY_LIMITED, __VA_ARGS__), 0)
#define I_FORWARD(cum, ...) CHUNK(HW_I_FORWARD_TSN, 0, U32(s->peer_tsn + (uint32_t)(cum)), __VA_ARGS__)
#define I_SKIP(stream, unordered, mid) U16(stream), U16(unordered), U32(mid)

/* ---- negotiation ------------------------------------------------------------------------------------------------ */

SCRIPT(rfc8260_2_3_1_offered, "RFC 8260 2.3.1",
       "I-FORWARD-TSN is listed where I-DATA and partial reliability are, and only there") {
    connect_now(s, 1);
    struct hawser_span types = param_of(expect(s, INIT), HW_PARAM_EXTENSIONS);
    check(types.data && !memchr(types.data, HW_I_FORWARD_TSN, types.size));
    s->quiet_end = true;
}

SCRIPT(rfc8260_2_3_1_offered_with_i_data, "RFC 8260 2.3.1", "I-FORWARD-TSN is listed where I-DATA and partial reliability are") {
    set(s, INTERLEAVING, 1);
    connect_now(s, 1);
    struct hawser_span types = param_of(expect(s, INIT), HW_PARAM_EXTENSIONS);
    check(types.data && memchr(types.data, HW_I_FORWARD_TSN, types.size) && memchr(types.data, HW_FORWARD_TSN, types.size));
    s->quiet_end = true;
}

SCRIPT(rfc8260_2_3_1_not_without_it, "RFC 8260 2.3.1",
       "with I-DATA, but without I-FORWARD-TSN of the peer, messages are reliable; Forward-TSN-Supported does not help") {
    set(s, INTERLEAVING, 1);
    start(s, .params = JOIN(PARAM(HW_PARAM_EXTENSIONS, BYTES(HW_I_DATA, HW_FORWARD_TSN)), PARAM(HW_PARAM_FORWARD_TSN, NOTHING)));
    establish_active(s);
    ONCE(.stream = 1);
    expect(s, I_DATA, .tsn = 0);
    wait_packet(s, sec(2));
    expect(s, I_DATA, .tsn = 0);
    inject(s, SACK(.cum = 0));
    inject(s, I_FORWARD(0, NOTHING));
    expect(s, ABORT, .cause = HW_CAUSE_PROTOCOL_VIOLATION);
    expect_ended(s, HAWSER_END_VIOLATION);
}

SCRIPT(rfc8260_2_3_1_forward_tsn_is_a_violation, "RFC 8260 2.3.1", "FORWARD TSN where I-FORWARD-TSN was agreed on: ABORT") {
    active(s);
    inject(s, FORWARD(0, NOTHING));
    expect(s, ABORT, .cause = HW_CAUSE_PROTOCOL_VIOLATION);
    expect_ended(s, HAWSER_END_VIOLATION);
}

SCRIPT(rfc8260_2_3_1_i_forward_tsn_is_a_violation, "RFC 8260 2.3.1", "I-FORWARD-TSN where it was not agreed on: ABORT") {
    start(s, .params = PARAM(HW_PARAM_FORWARD_TSN, NOTHING));
    establish_active(s);
    inject(s, I_FORWARD(0, NOTHING));
    expect(s, ABORT, .cause = HW_CAUSE_PROTOCOL_VIOLATION);
    expect_ended(s, HAWSER_END_VIOLATION);
}

/* ---- out -------------------------------------------------------------------------------------------------------- */

SCRIPT(rfc8260_2_3_1_pairs, "RFC 8260 2.3.1",
       "each stream is listed with its highest MID, and apart from that with its highest unordered one") {
    active(s);
    ONCE(.stream = 1);
    ONCE(.stream = 1, .flags = HAWSER_SEND_UNORDERED);
    ONCE(.stream = 2, .flags = HAWSER_SEND_UNORDERED);
    ONCE(.stream = 1);
    ONCE(.stream = 1, .flags = HAWSER_SEND_UNORDERED);
    for (int i = 0; i < 5; i++)
        expect(s, I_DATA, .tsn = i);
    wait_packet(s, sec(2));
    expect(s, I_FORWARD_TSN, .cum = 4, .skip_count = 3,
           .skips = {{1, 1}, {1 + UNORDERED_OF, 1}, {2 + UNORDERED_OF, 0}}, .length = 12 + 8 + 24);
    inject(s, SACK(.cum = 4));
    check_equal(skip_items(s), 5);
}

SCRIPT(rfc8260_2_3_1_unfinished, "RFC 8260 2.3.1, RFC 3758 3.5 A3",
       "a message that is not cut whole takes one TSN for its end with I-DATA, too") {
    active(s);
    ONCE(.stream = 1, .size = 20 * I_FULL);
    int64_t sent = (int64_t)skip_output(s);
    wait_packet(s, sec(2));
    expect(s, I_FORWARD_TSN, .cum = sent, .skip_count = 1, .skips = {{1, 0}});
    check_equal(send_with(s, .stream = 1), 0);
    expect(s, I_DATA, .tsn = sent + 1, .mid = 1, .fsn = 0);
    inject(s, SACK(.cum = sent + 1));
    skip_items(s);
}

SCRIPT(rfc8260_2_3_1_fragments_apart, "RFC 8260 2.3.1, RFC 3758 3.5 A3",
       "fragments of one message between those of others are all abandoned") {
    active(s);
    set(s, FRAGMENT_SIZE, 500);
    set(s, SCHEDULER, HAWSER_SCHEDULER_ROUND_ROBIN);
    inject(s, SACK(.cum = -1, .a_rwnd = 0)); /* so that both wait, and go in turns */
    ONCE(.stream = 1, .size = 1000);
    check_equal(send_with(s, .stream = 2, .size = 1000), 0);
    inject(s, SACK(.cum = -1));
    expect(s, I_DATA, .tsn = 0, .stream = 1);
    expect_also(s, I_DATA, .tsn = 1, .stream = 2);
    expect(s, I_DATA, .tsn = 2, .stream = 1);
    expect_also(s, I_DATA, .tsn = 3, .stream = 2);
    inject(s, SACK(.cum = -1, .gaps = {{2, 2}, {4, 4}}));
    wait_packet(s, sec(2));
    expect(s, I_FORWARD_TSN, .cum = 0, .skip_count = 1, .skips = {{1, 0}});
    inject(s, SACK(.cum = 1, .gaps = {{2, 2}}));
    expect(s, I_FORWARD_TSN, .cum = 2, .skip_count = 1, .skips = {{1, 0}});
    inject(s, SACK(.cum = 3));
    check_equal(skip_items(s), 1);
}

SCRIPT(rfc8260_2_3_1_full_window, "RFC 8260 2.3.1, RFC 3758 3.5 A3, design",
       "a message without an end is given up though there is no TSN left for its end") {
    set(s, INTERLEAVING, 1);
    start(s, .params = BOTH, .a_rwnd = 1 << 30);
    establish_active(s);
    set(s, MEMORY_MAX, 1 << 29);
    set(s, SEND_BUFFER, 1 << 29);
    set(s, NO_DELAY, 1);
    s->unchecked = true;
    ONCE(.value = 1, .size = 4000, .stream = 2, .flags = HAWSER_SEND_MORE);
    int64_t begun = (int64_t)skip_output(s);
    for (int64_t sent = 0, before = -1; sent != before;) { /* all but the first arrive */
        before = sent;
        for (int i = 0; i < 2000; i++)
            check_equal(send_with(s, .stream = 1, .size = 1, .flags = HAWSER_SEND_UNORDERED), 0);
        skip_output(s);
        inject(s, SACK(.cum = -1, .gaps = {{2, (uint16_t)status_of(s).in_flight}}));
        sent = (int64_t)status_of(s).in_flight;
        skip_output(s);
    }
    check_equal(status_of(s).in_flight, 65535);
    wait_packet(s, sec(3));
    expect(s, I_FORWARD_TSN, .cum = begun - 1, .skip_count = 1, .skips = {{2, 0}});
    expect_item(s, HAWSER_SEND_FAILED, .reason = HAWSER_ERR_ABANDONED, .begun = 1);
    inject(s, SACK(.cum = 65534));
    check(sack_everything(s) > 65534);
    s->unchecked = false;
}

/* ---- in --------------------------------------------------------------------------------------------------------- */

SCRIPT(rfc8260_2_3_1_stranded, "RFC 8260 2.3.1, RFC 3758 3.6",
       "ordered messages behind a skipped MID are delivered in order, whatever order they came in") {
    passive(s);
    inject(s, I_DATA(.tsn = 5, .stream = 1, .mid = 4), I_DATA(.tsn = 3, .stream = 1, .mid = 2),
           I_DATA(.tsn = 2, .stream = 1, .mid = 1), I_DATA(.tsn = 6, .stream = 2, .mid = 7));
    expect(s, SACK, .cum = 0);
    expect_no_item(s);
    inject(s, I_FORWARD(4, I_SKIP(1, 0, 3)));
    expect(s, SACK, .cum = 6);
    expect_message(s, .stream = 1, .ssn = 1);
    expect_message(s, .stream = 1, .ssn = 2);
    expect_message(s, .stream = 1, .ssn = 4);
    expect_no_item(s);
}

SCRIPT(rfc8260_2_3_1_reassembly, "RFC 8260 2.3.1, RFC 3758 3.6",
       "what is not whole up to the listed MIDs goes, ordered and unordered apart; the rest stays") {
    passive(s);
    inject(s, I_DATA(.tsn = 1, .stream = 1, .mid = 0, .flags = B), I_DATA(.tsn = 3, .stream = 1, .mid = 0, .fsn = 2, .flags = E));
    inject(s, I_DATA(.tsn = 4, .stream = 1, .mid = 0, .flags = U | B), I_DATA(.tsn = 6, .stream = 1, .mid = 1, .flags = U | B));
    inject(s, I_DATA(.tsn = 8, .stream = 2, .mid = 0, .flags = U | B),
           I_DATA(.tsn = 9, .stream = 2, .mid = 0, .fsn = 1, .flags = U | E));
    skip_output(s);
    expect_message(s, .stream = 2);
    inject(s, I_FORWARD(5, I_SKIP(1, 0, 0), I_SKIP(1, 1, 0)));
    skip_output(s);
    inject(s, I_DATA(.tsn = 7, .stream = 1, .mid = 1, .fsn = 1, .flags = U | E, .text = "whole"));
    expect_message(s, .stream = 1, .size = 105);
    inject(s, I_DATA(.tsn = 10, .stream = 1, .mid = 1, .text = "next"));
    expect_message(s, .stream = 1, .text = "next");
    expect_no_item(s);
    advance(s, sec(1));
    skip_output(s);
    check_equal(status_of(s).inbox_bytes, 0);
}

SCRIPT(rfc8260_2_3_1_partial_delivery, "RFC 8260 2.3.1, RFC 3758 3.6",
       "messages that were read in part and are skipped: the user is told of each, read to the last byte or not") {
    set(s, PARTIAL_DELIVERY, 1000);
    passive(s);
    inject(s, I_DATA(.tsn = 1, .stream = 1, .mid = 0, .flags = B, .size = 1400));
    expect_message(s, .stream = 1, .size = 1400, .flags = HAWSER_ITEM_MORE);
    inject(s, I_DATA(.tsn = 2, .stream = 2, .mid = 5, .flags = U | B, .size = 1400));
    expect_message(s, .stream = 2, .size = 1400, .flags = HAWSER_ITEM_MORE | HAWSER_ITEM_UNORDERED);
    inject(s, I_DATA(.tsn = 3, .stream = 2, .mid = 6, .flags = U | B, .size = 1400));
    inject(s, I_DATA(.tsn = 5, .stream = 1, .mid = 1, .text = "behind"));
    inject(s, I_FORWARD(4, I_SKIP(1, 0, 0), I_SKIP(2, 1, 6)));
    bool told[3] = {false, false, false};
    for (int i = 0; i < 4; i++) {
        const struct hawser_item *item = expect_message(s);
        bool aborted = item->flags & HAWSER_ITEM_ABORTED;
        if (item->message.stream == 1 && item->message.mid == 1) {
            check(told[0] && !aborted);
            continue;
        }
        unsigned which = item->message.stream == 1 ? 0 : item->message.mid - 4;
        check(aborted && which < 3 && !told[which]);
        check_equal(item->message.size, which == 2 ? 1400 : 0);
        told[which] = true;
    }
    expect_no_item(s);
    advance(s, sec(1));
    skip_output(s);
    check_equal(status_of(s).inbox_bytes, 0);
}

SCRIPT(rfc8260_2_3_1_shown, "RFC 8260 2.3.1, RFC 3758 3.6", "so it is when it was shown, skipped, and then taken") {
    set(s, PARTIAL_DELIVERY, 1000);
    passive(s);
    inject(s, I_DATA(.tsn = 1, .stream = 1, .mid = 0, .flags = B, .size = 1400));
    expect_held(s, HAWSER_MESSAGE, .flags = HAWSER_ITEM_MORE);
    inject(s, I_FORWARD(2, I_SKIP(1, 0, 0)));
    check_equal(hawser_consume(s->stack, s->now, s->association, 1, 0), 0);
    expect_message(s, .stream = 1, .size = 0, .flags = HAWSER_ITEM_CONTINUES | HAWSER_ITEM_ABORTED);
    expect_no_item(s);
    s->quiet_end = true;
}

SCRIPT(rfc8260_2_3_1_lies, "RFC 8260 2.3.1, design",
       "MIDs that cannot be skipped, streams that do not exist; one I-FORWARD-TSN to a packet") {
    passive(s);
    inject(s, I_FORWARD(2, I_SKIP(1, 0, 5), I_SKIP(1000, 0, 0), I_SKIP(1, 1, 0xffffffff)), I_FORWARD(3, I_SKIP(1, 0, 0)));
    advance(s, ms(200));
    expect(s, SACK, .cum = 2);
    inject(s, I_DATA(.tsn = 3, .stream = 1, .mid = 0, .text = "first"));
    expect_message(s, .text = "first");
    inject(s, I_DATA(.tsn = 4, .stream = 1, .mid = 0, .flags = U | B | E, .text = "free"));
    expect_message(s, .text = "free");
    s->quiet_end = true;
}

SCRIPT(rfc8260_2_3_1_unordered_wrap, "RFC 8260 2.3.1, 2.1",
       "unordered MIDs that were never skipped run on through half of their numbers: what is skipped goes, what is not stays") {
    passive(s);
    inject(s, I_FORWARD(1, I_SKIP(1, 1, 0)));
    inject(s, I_DATA(.tsn = 2, .stream = 1, .mid = 0x80000100, .flags = U | B, .text = "wh"));
    inject(s, I_FORWARD(3, I_SKIP(2, 1, 0x80000200)));
    inject(s, I_DATA(.tsn = 4, .stream = 1, .mid = 0x80000100, .fsn = 1, .flags = U | E, .text = "ole"));
    expect_message(s, .stream = 1, .size = 5);
    inject(s, I_DATA(.tsn = 5, .stream = 1, .mid = 0x80000101, .flags = U | B));
    inject(s, I_DATA(.tsn = 6, .stream = 2, .mid = 0x80000100, .flags = U | B));
    inject(s, I_FORWARD(7, I_SKIP(1, 1, 0x80000101)));
    expect_no_item(s);
    advance(s, sec(1));
    skip_output(s);
    check_equal(status_of(s).inbox_bytes, 0);
}

SCRIPT(rfc8260_2_3_1_late_fragments, "RFC 8260 2.3.1, RFC 3758 3.6",
       "a fragment that comes after its message was skipped holds no room for ever, ordered or not") {
    passive(s);
    const int64_t flags[] = {0, U};
    for (int i = 0; i < 2; i++) {
        int64_t at = 1 + 40 * i, unordered = flags[i];
        inject(s, I_FORWARD(at, I_SKIP(1, unordered != 0, 0))); /* its beginning */
        inject(s, I_DATA(.tsn = at + 2, .stream = 1, .mid = 0, .fsn = 1, .flags = unordered)); /* was under way */
        inject(s, I_DATA(.tsn = at + 1, .stream = 2, .mid = i));
        for (int k = 3; k < 39; k++)
            inject(s, I_DATA(.tsn = at + k, .stream = 1, .mid = k - 2, .flags = unordered | B | E));
        inject(s, I_FORWARD(at + 39, I_SKIP(1, unordered != 0, 37)));
        check_equal(skip_items(s), 37);
    }
    advance(s, sec(1));
    skip_output(s);
    check_equal(status_of(s).inbox_bytes, 0);
}

SCRIPT(rfc8260_2_3_1_late_elsewhere, "RFC 8260 2.3.1, RFC 3758 3.6, design",
       "a fragment that came after its unordered message was skipped goes with the next I-FORWARD-TSN, whatever that lists") {
    passive(s);
    inject(s, I_FORWARD(1, I_SKIP(1, 1, 0)));
    inject(s, I_DATA(.tsn = 3, .stream = 1, .mid = 0, .fsn = 1, .flags = U));
    inject(s, I_DATA(.tsn = 4, .stream = 1, .mid = 1, .fsn = 1, .flags = U | E, .text = "ole"));
    check(status_of(s).inbox_bytes > 0);
    inject(s, I_FORWARD(2, I_SKIP(2, 0, 0)));
    inject(s, I_DATA(.tsn = 5, .stream = 1, .mid = 1, .flags = U | B, .text = "wh"));
    expect_message(s, .stream = 1, .size = 5);
    advance(s, sec(1));
    skip_output(s);
    check_equal(status_of(s).inbox_bytes, 0);
}
