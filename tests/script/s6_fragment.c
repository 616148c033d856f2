/* SPDX-License-Identifier: MIT
 *
 * RFC 9260 sections 6.9 and 7.3: fragments, partial delivery and the PMTU.
 */
#include "script.h"

SCRIPT(s6_9_long_messages_are_fragmented, "6.9, 3.3.1",
       "a message that does not fit is cut: TSNs in sequence, one SSN, B and E bits") {
    establish_active(s);
    set(s, MAX_BURST, 0);
    set(s, NO_DELAY, 1);
    send_message(s, 4, 2 * FULL + 10, 0);
    expect(s, DATA, .tsn = 0, .stream = 4, .ssn = 0, .bits = B, .size = FULL, .length = 1480);
    expect(s, DATA, .tsn = 1, .stream = 4, .ssn = 0, .bits = 0, .size = FULL);
    expect(s, DATA, .tsn = 2, .stream = 4, .ssn = 0, .bits = E, .size = 10);
    check_equal(COUNT(FragUsrMsgs), 1);
}

SCRIPT(s6_9_unordered_fragments, "6.9 2, 3.3.1", "every fragment of an unordered message has the U bit") {
    establish_active(s);
    set(s, NO_DELAY, 1);
    send_message(s, 4, FULL + 10, HAWSER_SEND_UNORDERED);
    expect(s, DATA, .tsn = 0, .bits = B | U);
    expect(s, DATA, .tsn = 1, .bits = E | U);
}

SCRIPT(s6_9_exact_fit_is_not_fragmented, "6.9", "a message that just fits is not cut") {
    establish_active(s);
    send_message(s, 0, FULL, 0);
    expect(s, DATA, .bits = B | E, .size = FULL, .length = 1480);
}

SCRIPT(s6_9_fragment_size_can_be_limited, "6.9", "the size of DATA chunks can be limited") {
    establish_active(s);
    set(s, FRAGMENT_SIZE, 100);
    set(s, NO_DELAY, 1);
    send_message(s, 0, 250, 0);
    expect(s, DATA, .bits = B, .size = 100);
    expect_also(s, DATA, .bits = 0, .size = 100);
    expect_also(s, DATA, .bits = E, .size = 50);
}

SCRIPT(s6_9_reassembly, "6.9", "fragments are joined, in whatever order they come") {
    establish_passive(s);
    inject(s, DATA(.tsn = 2, .flags = E, .text = "three"));
    expect(s, SACK, .cum = -1, .gaps = {{3, 3}});
    inject(s, DATA(.tsn = 0, .flags = B, .text = "one "));
    expect(s, SACK, .cum = 0, .gaps = {{2, 2}});
    expect_no_item(s);
    inject(s, DATA(.tsn = 1, .flags = 0, .text = "two "));
    expect(s, SACK, .cum = 2);
    expect_message(s, .text = "one two three", .flags = 0);
    check_equal(COUNT(ReasmUsrMsgs), 1);
}

/* The order in which fragments come, from a number: a permutation of 0 to count - 1. */
static void shuffle(unsigned number, int count, int *order) {
    for (int i = 0; i < count; i++)
        order[i] = i;
    for (int i = count - 1; i > 0; i--) {
        int k = (int)(number % (unsigned)(i + 1)), keep = order[i];
        number /= (unsigned)(i + 1);
        order[i] = order[k];
        order[k] = keep;
    }
}

SCRIPT(s6_9_reassembly_in_every_order, "6.9", "fragments are joined, in whatever order they come") {
    establish_passive(s);
    static const char *const parts[] = {"ab", "c", "def", "g", "hi"};
    int64_t base = 0;
    for (unsigned number = 0; number < 120; number++, base += 5) {
        int order[5];
        shuffle(number, 5, order);
        for (int i = 0; i < 5; i++) {
            int k = order[i];
            expect_no_item(s);
            inject(s, DATA(.tsn = base + k, .ssn = (uint16_t)number, .ppid = 77, .stream = 3, .text = parts[k],
                           .flags = k == 0 ? B : k == 4 ? E : 0));
            skip_output(s);
        }
        expect_message(s, .text = "abcdefghi", .ppid = 77, .stream = 3, .ssn = (uint16_t)number, .tsn = base);
        skip_output(s);
    }
    expect_no_item(s);
}

SCRIPT(s6_9_two_messages_in_every_order, "6.9, 6.6", "fragments of two messages that come mixed up are joined to two messages") {
    establish_passive(s);
    static const char *const parts[] = {"a", "b", "c", "x", "y", "z"};
    int64_t base = 0;
    for (unsigned number = 0; number < 720; number++, base += 6) {
        int order[6];
        shuffle(number, 6, order);
        for (int i = 0; i < 6; i++) {
            int k = order[i];
            inject(s, DATA(.tsn = base + k, .ssn = (uint16_t)(2 * number + (k >= 3)), .text = parts[k],
                           .flags = k % 3 == 0 ? B : k % 3 == 2 ? E : 0));
        }
        skip_output(s);
        expect_message(s, .text = "abc");
        expect_message(s, .text = "xyz");
        expect_no_item(s);
        skip_output(s);
    }
    check(status_of(s).memory < 100000);
}

SCRIPT(s6_9_reassembly_unordered, "6.9, 3.3.1", "unordered fragments are joined and delivered without waiting") {
    establish_passive(s);
    inject(s, DATA(.tsn = 5, .flags = U | B, .text = "un"));
    inject(s, DATA(.tsn = 6, .flags = U | E, .text = "ordered"));
    expect_message(s, .text = "unordered", .flags = HAWSER_ITEM_UNORDERED);
    s->quiet_end = true;
}

SCRIPT(s6_9_reassembled_messages_are_ordered, "6.9, 6.6", "a whole message waits for its turn, fragmented or not") {
    establish_passive(s);
    inject(s, DATA(.tsn = 2, .ssn = 1, .flags = B, .text = "sec"));
    inject(s, DATA(.tsn = 3, .ssn = 1, .flags = E, .text = "ond"));
    expect_no_item(s);
    inject(s, DATA(.tsn = 1, .ssn = 0, .flags = E, .text = "st"));
    inject(s, DATA(.tsn = 0, .ssn = 0, .flags = B, .text = "fir"));
    expect_message(s, .text = "first");
    expect_message(s, .text = "second");
    skip_output(s);
}

SCRIPT(s6_9_large_message, "6.9", "a message of many fragments arrives whole") {
    set(s, RECEIVE_BUFFER, 1 << 20);
    establish_passive(s);
    for (int i = 0; i < 300; i++)
        inject(s, DATA(.tsn = i, .flags = i == 0 ? B : i == 299 ? E : 0, .size = 1400));
    skip_output(s);
    expect_message(s, .size = 300 * 1400, .fill = 'd', .flags = 0);
    s->quiet_end = true;
}

SCRIPT(s6_9_partial_delivery, "6.9", "a message that exceeds the receive buffer is delivered in parts; the window opens again") {
    set(s, RECEIVE_BUFFER, 32768);
    establish_passive(s);
    size_t got = 0;
    bool first = true;
    for (int i = 0; i < 100; i++) {
        inject(s, DATA(.tsn = i, .flags = i == 0 ? B : i == 99 ? E : 0, .size = 1400));
        skip_output(s);
        struct hawser_item item;
        while (hawser_receive(s->stack, s->association, &item, 1) == 1) {
            check_equal(item.type, HAWSER_MESSAGE);
            if (got || item.flags & HAWSER_ITEM_MORE)
                check_equal(item.flags & HAWSER_ITEM_CONTINUES, first ? 0 : HAWSER_ITEM_CONTINUES);
            first = false;
            got += item.message.size;
            check_equal((item.flags & HAWSER_ITEM_MORE) == 0, got == 140000);
            check_equal(hawser_consume(s->stack, s->now, s->association, 1, 0), 0);
        }
    }
    check_equal(got, 140000);
    s->quiet_end = true;
}

SCRIPT(s6_9_partial_delivery_point, "6.9", "the partial delivery point can be set") {
    establish_passive(s);
    set(s, PARTIAL_DELIVERY, 3000);
    for (int i = 0; i < 4; i++)
        inject(s, DATA(.tsn = i, .flags = i == 0 ? B : 0, .size = 1000));
    expect_message(s, .flags = HAWSER_ITEM_MORE);
    inject(s, DATA(.tsn = 4, .flags = E, .text = "end"));
    struct hawser_item item;
    size_t got = 0;
    while (hawser_receive(s->stack, s->association, &item, 1) == 1) {
        got += item.message.size;
        check(item.flags & HAWSER_ITEM_CONTINUES);
        check_equal(hawser_consume(s->stack, s->now, s->association, 1, 0), 0);
    }
    check(got >= 3);
    skip_output(s);
    s->quiet_end = true;
}

SCRIPT(s6_9_explicit_end_of_record, "11.1.5, 6.9", "a message sent in several calls is one message") {
    establish_active(s);
    set(s, NO_DELAY, 1);
    set(s, MAX_BURST, 0);
    check_equal(send_with(s, .text = "in ", .flags = HAWSER_SEND_MORE), 0);
    check_equal(send_with(s, .text = "three ", .flags = HAWSER_SEND_MORE), 0);
    check_equal(send_with(s, .text = "steps"), 0);
    char text[64];
    size_t size = 0;
    unsigned bits = 0;
    while (next_chunk(s) == HW_DATA) {
        bool fresh = s->next == 0 || s->sent[s->next - 1].read == s->sent[s->next - 1].size;
        const struct seen *seen = fresh ? expect(s, DATA, .ssn = 0) : expect_also(s, DATA, .ssn = 0);
        check_equal((seen->flags & B) != 0, size == 0);
        memcpy(text + size, seen->data.payload.data, seen->data.payload.size);
        size += seen->data.payload.size;
        bits = seen->flags;
    }
    check(bits & E);
    check(size == 14 && memcmp(text, "in three steps", 14) == 0);
}

SCRIPT(s6_9_the_end_may_come_alone, "6.9, 11.1.5",
       "a message that is ended without a further byte keeps one back to carry the end") {
    start(s, .a_rwnd = 1 << 20);
    set(s, SEND_BUFFER, 2000);
    establish_active(s);
    check_equal(send_with(s, .size = 1000, .fill = 'x', .flags = HAWSER_SEND_MORE), 0);
    check_equal(send_with(s, .size = 1000, .fill = 'x', .flags = HAWSER_SEND_MORE), HAWSER_ERR_WOULD_BLOCK);
    expect(s, DATA, .tsn = 0, .size = 999, .bits = B); /* what it can, for the user waits for room */
    inject(s, SACK(.cum = 0));
    expect_nothing(s);
    check_equal(send_with(s, .size = 0), 0);
    expect(s, DATA, .tsn = 1, .size = 1, .bits = E);
    inject(s, SACK(.cum = 1));
    check_equal(status_of(s).queued_messages, 0);
}

SCRIPT(s6_9_parts_and_fragments_do_not_coincide, "11.1.5, 6.9",
       "the bytes of a message are the same however it was handed over and cut") {
    open_window(s, 1 << 20);
    set(s, MAX_BURST, 0);
    static const int sizes[] = {1000, 1, 3000, 17, 452, 5000, 1452};
    size_t total = 0;
    uint8_t sent[12000], got[12000];
    for (int i = 0; i < 7; i++) {
        memset(sent + total, 'a' + i, (size_t)sizes[i]);
        total += (size_t)sizes[i];
        check_equal(send_with(s, .size = sizes[i], .fill = 'a' + i, .flags = i < 6 ? HAWSER_SEND_MORE : 0), 0);
    }
    size_t size = 0;
    int64_t tsn = 0;
    while (size < total) {
        check(next_chunk(s) == HW_DATA);
        bool fresh = s->next == 0 || s->sent[s->next - 1].read == s->sent[s->next - 1].size;
        const struct seen *seen = fresh ? expect(s, DATA, .tsn = tsn) : expect_also(s, DATA, .tsn = tsn);
        check(size + seen->data.payload.size <= total);
        memcpy(got + size, seen->data.payload.data, seen->data.payload.size);
        size += seen->data.payload.size;
        if (next_chunk(s) < 0)
            inject(s, SACK(.cum = tsn));
        tsn++;
    }
    check(memcmp(sent, got, total) == 0);
    s->quiet_end = true;
}

SCRIPT(s6_9_unfinished_record_blocks_its_stream_only, "11.1.5",
       "while a message is unfinished nothing else may begin on its stream") {
    establish_active(s);
    set(s, NO_DELAY, 1);
    check_equal(send_with(s, .text = "begun", .flags = HAWSER_SEND_MORE), 0);
    check_equal(send_with(s, .text = "other", .flags = HAWSER_SEND_UNORDERED), HAWSER_ERR_UNFINISHED);
    check_equal(send_with(s, .text = "done"), 0);
    skip_output(s);
    s->quiet_end = true;
}

/* ---- fragments that do not fit together (bad input) --------------------------------------------------------------------- */

static void two_fragments(struct script *s, struct hawser_span first, struct hawser_span second) {
    establish_passive(s);
    inject(s, first);
    if (state_of(s) == HAWSER_ESTABLISHED)
        inject(s, second);
    skip_output(s);
    if (state_of(s) == HAWSER_ESTABLISHED)
        expect_no_item(s);
    else
        expect_ended(s, HAWSER_END_VIOLATION, .code = HW_CAUSE_PROTOCOL_VIOLATION);
    s->quiet_end = true;
}

SCRIPT(s6_9_beginning_in_a_message, "bad input", "fragments that do not fit together are not delivered") {
    two_fragments(s, DATA(.tsn = 0, .flags = B), DATA(.tsn = 1, .flags = B));
}
SCRIPT(s6_9_end_without_beginning, "bad input", "fragments that do not fit together are not delivered") {
    two_fragments(s, DATA(.tsn = 0, .flags = E), DATA(.tsn = 1, .flags = E));
}
SCRIPT(s6_9_other_stream_in_a_message, "bad input", "fragments that do not fit together are not delivered") {
    two_fragments(s, DATA(.tsn = 0, .flags = B, .stream = 1), DATA(.tsn = 1, .flags = E, .stream = 2));
}
SCRIPT(s6_9_other_ssn_in_a_message, "bad input", "fragments that do not fit together are not delivered") {
    two_fragments(s, DATA(.tsn = 0, .flags = B, .ssn = 0), DATA(.tsn = 1, .flags = E, .ssn = 1));
}
SCRIPT(s6_9_ordered_and_unordered_in_a_message, "bad input", "fragments that do not fit together are not delivered") {
    two_fragments(s, DATA(.tsn = 0, .flags = B), DATA(.tsn = 1, .flags = E | U));
}
SCRIPT(s6_9_middle_first, "bad input", "fragments that do not fit together are not delivered") {
    two_fragments(s, DATA(.tsn = 0, .flags = 0), DATA(.tsn = 1, .flags = E));
}
SCRIPT(s6_6_the_same_ssn_twice, "bad input", "a second message with an SSN that was used is not delivered in its place") {
    establish_passive(s);
    inject(s, DATA(.tsn = 0, .ssn = 0, .text = "first"));
    inject(s, DATA(.tsn = 1, .ssn = 0, .text = "again"));
    skip_output(s);
    expect_message(s, .text = "first");
    if (state_of(s) == HAWSER_ESTABLISHED)
        expect_no_item(s);
    s->quiet_end = true;
}

/* ---- 7.3 ----------------------------------------------------------------------------------------------------------------- */

/* What an ICMP message quotes of a packet of the stack. */
static struct hawser_span quote(struct script *s, const struct seen *seen) {
    return JOIN((struct hawser_span){seen->packet->bytes, seen->packet->size < 64 ? seen->packet->size : 64});
}

SCRIPT(s7_3_too_big_lowers_the_pmtu, "7.3, 10 ICMP7", "packet too big: the path's PMTU falls; new chunks are cut for it") {
    establish_active(s);
    set(s, MAX_BURST, 0);
    set(s, NO_DELAY, 1);
    send_message(s, 0, FULL, 0);
    const struct seen *seen = expect(s, DATA, .length = 1480, .flags = HAWSER_DEPARTURE_DF);
    report_icmp(s, HAWSER_REPORT_TOO_BIG, 1400, quote(s, seen));
    check_equal(path_of(s, 1).mtu, 1400);
    s->quiet_end = true;
    skip_output(s);
    inject(s, SACK(.cum = 0));
    skip_output(s);
    send_message(s, 0, FULL, 0);
    expect(s, DATA, .tsn = 1, .bits = B, .size = 1400 - 20 - 12 - 16);
    expect(s, DATA, .tsn = 2, .bits = E);
}

SCRIPT(s6_9_a_sent_chunk_is_never_cut_again, "6.9",
       "a chunk that was sent and is now too large goes whole, with IP fragmentation") {
    establish_active(s);
    send_message(s, 0, FULL, 0);
    const struct seen *seen = expect(s, DATA, .length = 1480);
    report_icmp(s, HAWSER_REPORT_TOO_BIG, 1000, quote(s, seen));
    if (next_chunk(s) < 0)
        wait_packet(s, sec(2));
    expect(s, DATA, .tsn = 0, .size = FULL, .bits = B | E, .flags = HAWSER_DEPARTURE_MAY_FRAGMENT);
    inject(s, SACK(.cum = 0));
}

SCRIPT(s7_3_smallest_of_the_paths, "7.3, 6.9, 6.10",
       "chunks are cut for the smallest PMTU of all paths; each path has its own estimate") {
    start(s, .peer_addresses = 2);
    connect_now(s, 2);
    remember(s, expect(s, INIT));
    inject(s, INIT_ACK());
    expect(s, COOKIE_ECHO);
    inject(s, COOKIE_ACK());
    skip_items(s);
    check_equal(send_with(s, .path = 2, .size = FULL), 0);
    const struct seen *seen = expect(s, DATA, .to = 1, .size = FULL);
    struct hawser_report report = HAWSER_INIT(report);
    report.kind = HAWSER_REPORT_TOO_BIG;
    report.mtu = 1300;
    report.remote = s->peer[1];
    report.local = s->local[0];
    report.quoted = quote(s, seen);
    hawser_report(s->stack, s->now, &report);
    check_equal(path_of(s, 2).mtu, 1300);
    check_equal(path_of(s, 1).mtu, 1500);
    skip_output(s);
    inject_by(s, WAY(.from = 1), SACK(.cum = 0));
    skip_output(s);
    send_message(s, 0, FULL, HAWSER_SEND_NO_DELAY);
    expect(s, DATA, .to = 0, .bits = B, .size = 1300 - 20 - 12 - 16);
    check_equal(status_of(s).fragment_size, 1300 - 20 - 12 - 16);
    s->quiet_end = true;
}

SCRIPT(s7_3_too_big_is_bounded, "7.3, bad input", "a claim of an absurdly small or larger MTU is not believed") {
    establish_active(s);
    send_message(s, 0, FULL, 0);
    const struct seen *seen = expect(s, DATA);
    report_icmp(s, HAWSER_REPORT_TOO_BIG, 9000, quote(s, seen));
    check_equal(path_of(s, 1).mtu, 1500);
    report_icmp(s, HAWSER_REPORT_TOO_BIG, 20, quote(s, seen));
    check(path_of(s, 1).mtu >= 576);
    s->quiet_end = true;
}

SCRIPT(s6_9_size_is_a_multiple_of_4, "6.9", "fragments of an odd PMTU are cut to a multiple of 4") {
    set(s, PATH_MTU, 1399);
    establish_active(s);
    set(s, NO_DELAY, 1);
    send_message(s, 0, 3000, 0);
    const struct seen *seen = expect(s, DATA, .bits = B);
    check_equal(seen->data.payload.size, ((1399 - 20 - 12) & ~3) - 16);
    s->quiet_end = true;
}

SCRIPT(s6_9_endless_message, "6.9, 11.1.5",
       "of a message in parts what is acknowledged for good goes back, however long it becomes") {
    start(s, .a_rwnd = 1 << 20);
    set(s, SEND_BUFFER, 5000);
    establish_active(s);
    uint64_t most = 0;
    for (int i = 0; i < 100; i++) {
        while (send_with(s, .size = 1000, .fill = 'x', .flags = HAWSER_SEND_MORE) == 0)
            ;
        most = status_of(s).memory > most ? status_of(s).memory : most;
        sack_everything(s);
    }
    check(counted(s, HAWSER_COUNT_OutBytes) > 100000);
    check_range(most, 5000, 20000);
    check_equal(send_with(s, .size = 0), 0);
    sack_everything(s);
    check_equal(status_of(s).queued_bytes, 0);
}

SCRIPT(s6_9_chunks_larger_than_a_block, "6.9",
       "a chunk larger than what memory for receiving is taken in leaves nothing behind") {
    set(s, RECEIVE_BUFFER, 16384);
    establish_passive(s);
    for (int i = 0; i < 6; i++) {
        int size = i % 2 ? 5000 : 100;
        inject(s, DATA(.tsn = i, .ssn = i, .size = size));
        skip_output(s);
        expect_message(s, .size = size);
    }
    s->quiet_end = true;
}

SCRIPT(s6_9_no_chunk_larger_than_the_window, "6.9, 6.1 A",
       "no chunk is larger than all that the peer ever has room for, however much the path carries") {
    s->mtu = 9000;
    set(s, PATH_MTU, 9000);
    start(s, .a_rwnd = 2000);
    establish_active(s);
    send_message(s, 0, 6000, 0);
    for (int i = 0; i < 3; i++) {
        expect(s, DATA, .tsn = i, .size = 2000);
        expect_nothing(s);
        inject(s, SACK(.cum = i, .a_rwnd = 2000));
    }
    check_equal(status_of(s).queued_messages, 0);
}
