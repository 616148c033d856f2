/* SPDX-License-Identifier: MIT
 *
 * RFC 8260 section 3: which stream's data goes next, with DATA and with I-DATA, and what a change of mind in between does.
 */
#include "script.h"

#define LISTED PARAM(HW_PARAM_EXTENSIONS, BYTES(HW_I_DATA))
#define PIECE 1000 /* bytes of a fragment: one a packet */

static int64_t last_tsn; /* that was read */

/* The window is full of stream 9: what is sent from now on waits, and its order is the scheduler's. */
static void begin(struct script *s, bool interleaving, int scheduler) {
    set(s, INTERLEAVING, interleaving);
    if (interleaving)
        start(s, .params = LISTED);
    establish_active(s);
    set(s, NO_DELAY, 1);
    set(s, MAX_BURST, 0);
    set(s, FRAGMENT_SIZE, PIECE);
    set(s, SCHEDULER, scheduler);
    for (int i = 0; i < 5; i++)
        send_message(s, 9, PIECE, 0);
    check_equal(skip_output(s), 5);
    inject(s, SACK(.cum = -1));
    check_equal(skip_output(s), 0);
    last_tsn = 4;
}

/* Later: the peer's window is shut until the flow begins. */
static void hold(struct script *s) {
    inject(s, SACK(.cum = last_tsn, .a_rwnd = 0));
    check_equal(skip_output(s), 0);
}

static void value(struct script *s, int stream, int value) {
    check_equal(hawser_set_stream_value(s->stack, s->association, (uint16_t)stream, (uint16_t)value), 0);
}

static void queue(struct script *s, int stream, int pieces) { send_message(s, stream, (size_t)pieces * PIECE, 0); }

/* For each word a message: of the stream that its digits name, with as many pieces. */
static void give(struct script *s, const char *words) {
    while (*words) {
        size_t pieces = strspn(words, (char[]){*words, 0});
        queue(s, *words - '0', (int)pieces);
        words += pieces + (words[pieces] == ' ');
    }
}

/* The streams of all that comes until there is silence, chunk by chunk; `packets`: with a space between packets. */
static const char *flow(struct script *s, bool packets) {
    static char text[4000];
    size_t length = 0;
    for (int64_t told = -1;;) {
        while (next_chunk(s) >= 0) {
            bool begins = s->sent[s->next - 1].read == s->sent[s->next - 1].size;
            uint8_t type = (uint8_t)next_chunk(s);
            check(type == HW_DATA || type == HW_I_DATA);
            const struct want want = {WANT_DEFAULTS, .tsn = ++last_tsn};
            const struct seen *seen = script_expect(s, __FILE__, __LINE__, begins, type, &want);
            if (packets && begins && length)
                text[length++] = ' ';
            text[length++] = (char)('0' + seen->data.stream);
            check(length + 4 < sizeof text);
        }
        if (told == last_tsn)
            break;
        told = last_tsn;
        inject(s, SACK(.cum = told));
    }
    text[length] = 0;
    return text;
}

#define expect_flow(s_, wanted) expect_text(s_, __LINE__, wanted, flow(s_, false))
#define expect_packets(s_, wanted) expect_text(s_, __LINE__, wanted, flow(s_, true))
static void expect_text(struct script *s, int line, const char *wanted, const char *got) {
    if (strcmp(wanted, got) != 0)
        script_fail(s, __FILE__, line, "the streams went as \"%s\", expected \"%s\"", got, wanted);
}

/* ---- 3.1 --------------------------------------------------------------------------------------------------------- */

static void first_come(struct script *s, bool interleaving) {
    begin(s, interleaving, HAWSER_SCHEDULER_FCFS);
    give(s, "11 0 1 222 0");
    expect_flow(s, "11012220");
}

SCRIPT(rfc8260_3_1_first_come, "RFC 8260 3.1",
       "FCFS: messages go in the order in which they were given") { first_come(s, false); }

SCRIPT(rfc8260_3_1_first_come_i_data, "RFC 8260 3.1", "FCFS: I-DATA does not change the order") { first_come(s, true); }

SCRIPT(rfc8260_3_1_is_the_default, "RFC 8260 4.3.2", "FCFS is what an association begins with") {
    establish_active(s);
    check_equal(script_get(s, 0, HAWSER_SET_SCHEDULER), HAWSER_SCHEDULER_FCFS);
}

/* ---- 3.2 --------------------------------------------------------------------------------------------------------- */

SCRIPT(rfc8260_3_2_round_robin, "RFC 8260 3.2, 1.1", "round robin with DATA: a message of each stream by turns (figure 1)") {
    begin(s, false, HAWSER_SCHEDULER_ROUND_ROBIN);
    give(s, "000 1 1 1 222");
    expect_flow(s, "000122211");
}

SCRIPT(rfc8260_3_2_round_robin_i_data, "RFC 8260 3.2, 1.1",
       "round robin with I-DATA: a chunk of each stream by turns (figure 2)") {
    begin(s, true, HAWSER_SCHEDULER_ROUND_ROBIN);
    give(s, "000 1 1 1 222");
    expect_flow(s, "012012012");
}

SCRIPT(rfc8260_3_2_who_comes_late, "RFC 8260 3.2", "round robin: a stream that comes back has its turn behind those that wait") {
    begin(s, true, HAWSER_SCHEDULER_ROUND_ROBIN);
    give(s, "3 4444 5555");
    expect_flow(s, "345454545");
    for (int i = 0; i < 3; i++)
        queue(s, i, 1);
    s->quiet_end = true;
}

/* ---- 3.3 --------------------------------------------------------------------------------------------------------- */

SCRIPT(rfc8260_3_3_per_packet, "RFC 8260 3.3",
       "round robin per packet: a packet holds chunks of one stream only; the next is another's") {
    begin(s, true, HAWSER_SCHEDULER_ROUND_ROBIN_PACKET);
    for (int i = 0; i < 4; i++)
        for (int stream = 0; stream < 3; stream++)
            send_message(s, stream, 600, 0);
    expect_packets(s, "00 11 22 00 11 22");
}

SCRIPT(rfc8260_3_3_per_packet_data, "RFC 8260 3.3",
       "round robin per packet with DATA: a message is finished before another stream's turn") {
    begin(s, false, HAWSER_SCHEDULER_ROUND_ROBIN_PACKET);
    queue(s, 0, 3);
    send_message(s, 1, 300, 0);
    send_message(s, 1, 300, 0);
    send_message(s, 0, 300, 0);
    expect_packets(s, "0 0 00 11");
}

SCRIPT(rfc8260_3_2_bundles_streams, "RFC 8260 3.2, 3.3", "the other schedulers bundle chunks of several streams") {
    begin(s, true, HAWSER_SCHEDULER_ROUND_ROBIN);
    for (int i = 0; i < 2; i++)
        for (int stream = 0; stream < 3; stream++)
            send_message(s, stream, 600, 0);
    expect_packets(s, "01 20 12");
}

/* ---- 3.4 --------------------------------------------------------------------------------------------------------- */

SCRIPT(rfc8260_3_4_priority, "RFC 8260 3.4, 4.3.2",
       "priority: the lowest value goes first; with DATA when a message is finished") {
    begin(s, false, HAWSER_SCHEDULER_PRIORITY);
    value(s, 1, 5);
    value(s, 2, 3);
    give(s, "11 22 00 2");
    expect_flow(s, "0022211");
}

SCRIPT(rfc8260_3_4_equal_priorities, "RFC 8260 3.4", "priority: equal ones have their turns") {
    begin(s, true, HAWSER_SCHEDULER_PRIORITY);
    value(s, 5, 1);
    give(s, "5 11 22");
    expect_flow(s, "12125");
}

SCRIPT(rfc8260_3_4_not_delayed_by_large_messages, "RFC 8260 3.4",
       "priority with I-DATA: when a small urgent message is given, at most one packet of other data is built before it") {
    begin(s, true, HAWSER_SCHEDULER_PRIORITY);
    value(s, 1, 9);
    queue(s, 1, 1000);
    int64_t tsn = 4;
    for (int round = 0; round < 6; round++) {
        inject(s, SACK(.cum = tsn)); /* the window opens: chunks of the large message go */
        size_t before = s->sent_count - s->next;
        check(before > 0);
        tsn += (int64_t)before;
        check_equal(skip_output(s), before);
        send_message(s, 0, 50, 0);
        if (next_chunk(s) < 0)
            inject(s, SACK(.cum = tsn)); /* what was built before the message was given does not count */
        expect(s, I_DATA, .tsn = tsn + 1, .stream = 0, .size = 50, .bits = B | E);
        tsn += 1;
        while (next_chunk(s) >= 0) {
            bool begins = s->sent[s->next - 1].read == s->sent[s->next - 1].size;
            script_expect(s, __FILE__, __LINE__, begins, HW_I_DATA, &(struct want){WANT_DEFAULTS, .tsn = tsn + 1, .stream = 1});
            tsn++;
        }
    }
    s->quiet_end = true;
}

SCRIPT(rfc8260_3_4_delayed_by_data, "RFC 8260 1.1, 3.4", "priority with DATA: a large message that was begun is finished first") {
    begin(s, false, HAWSER_SCHEDULER_PRIORITY);
    value(s, 1, 9);
    queue(s, 1, 12);
    inject(s, SACK(.cum = 4));
    size_t count = skip_output(s);
    check(count > 1 && count < 12);
    queue(s, 0, 1);
    int64_t tsn = 4 + (int64_t)count;
    for (size_t left = 12 - count; left; left--) {
        if (next_chunk(s) < 0)
            inject(s, SACK(.cum = tsn));
        expect(s, DATA, .tsn = ++tsn, .stream = 1);
    }
    if (next_chunk(s) < 0)
        inject(s, SACK(.cum = tsn));
    expect(s, DATA, .tsn = ++tsn, .stream = 0);
    inject(s, SACK(.cum = tsn));
}

SCRIPT(rfc8260_3_4_value_changes, "RFC 8260 4.3.3", "a stream's priority can be changed while its messages wait") {
    begin(s, true, HAWSER_SCHEDULER_PRIORITY);
    value(s, 1, 1);
    value(s, 2, 2);
    give(s, "11 22");
    value(s, 2, 0);
    expect_flow(s, "2211");
}

/* ---- 3.5, 3.6 ------------------------------------------------------------------------------------------------------ */

/* How many bytes of each stream are among the first `chunks` chunks of a flow. */
static void share(const char *text, size_t chunks, int counts[10]) {
    memset(counts, 0, 10 * sizeof counts[0]);
    for (size_t i = 0; i < chunks && text[i]; i++)
        counts[text[i] - '0']++;
}

SCRIPT(rfc8260_3_5_fair, "RFC 8260 3.5", "fair: streams get as many bytes, however long their messages are") {
    begin(s, true, HAWSER_SCHEDULER_FAIR);
    for (int i = 0; i < 40; i++)
        send_message(s, 1, 228, 0); /* with its header a quarter of a whole chunk and its */
    queue(s, 2, 10);
    int counts[10];
    share(flow(s, false), 25, counts);
    check_range(counts[1], 18, 21);
    check_range(counts[2], 4, 6);
}

SCRIPT(rfc8260_3_5_fair_data, "RFC 8260 3.5", "fair with DATA: who had a long message waits for as long") {
    begin(s, false, HAWSER_SCHEDULER_FAIR);
    give(s, "1111 1111");
    for (int i = 0; i < 8; i++)
        queue(s, 2, 1);
    expect_flow(s, "1111222211112222");
}

SCRIPT(rfc8260_3_6_weighted, "RFC 8260 3.6", "weighted: a stream of n times the weight gets n times the bytes") {
    begin(s, true, HAWSER_SCHEDULER_WEIGHTED);
    value(s, 1, 1);
    value(s, 2, 2);
    value(s, 3, 4);
    for (int stream = 1; stream <= 3; stream++)
        queue(s, stream, 60);
    int counts[10];
    share(flow(s, false), 70, counts);
    check_range(counts[1], 9, 11);
    check_range(counts[2], 19, 21);
    check_range(counts[3], 39, 41);
}

SCRIPT(rfc8260_3_6_who_was_idle, "RFC 8260 3.6", "weighted: who had nothing to send has saved nothing up") {
    begin(s, true, HAWSER_SCHEDULER_WEIGHTED);
    queue(s, 1, 200);
    inject(s, SACK(.cum = 4));
    int64_t tsn = 4 + (int64_t)skip_output(s);
    for (int i = 0; i < 2; i++) {
        inject(s, SACK(.cum = tsn));
        tsn += (int64_t)skip_output(s);
    }
    queue(s, 2, 10);
    int twos = 0;
    for (int i = 0; i < 8; i++) {
        if (next_chunk(s) < 0)
            inject(s, SACK(.cum = tsn));
        twos += expect(s, I_DATA, .tsn = ++tsn)->data.stream == 2;
    }
    check_range(twos, 3, 5);
    s->quiet_end = true;
}

/* ---- change, values ------------------------------------------------------------------------------------------------ */

SCRIPT(rfc8260_4_3_2_change, "RFC 8260 4.3.2", "the scheduler can be changed while messages wait, to and fro") {
    begin(s, true, 0);
    expect_flow(s, "");
    for (int from = 0; from <= 5; from++)
        for (int to = 0; to <= 5; to++) {
            hold(s);
            set(s, SCHEDULER, from);
            for (int stream = 1; stream <= 3; stream++)
                queue(s, stream, 2);
            set(s, SCHEDULER, to);
            queue(s, 4, 1);
            const char *got = flow(s, false);
            check_equal(strlen(got), 7);
            int counts[10];
            share(got, 7, counts);
            check(counts[1] == 2 && counts[2] == 2 && counts[3] == 2 && counts[4] == 1);
            check(strcmp(got, to == HAWSER_SCHEDULER_FCFS ? "1122334" : "1234123") == 0);
        }
}

SCRIPT(rfc8260_4_3_2_change_amid_a_message, "RFC 8260 4.3.2, RFC 9260 6.9",
       "with DATA a message that was begun is finished first under any other scheduler") {
    begin(s, false, HAWSER_SCHEDULER_FCFS);
    queue(s, 3, 12);
    give(s, "1 1 2");
    inject(s, SACK(.cum = 4));
    size_t count = skip_output(s);
    check(count > 1 && count < 12);
    set(s, SCHEDULER, HAWSER_SCHEDULER_PRIORITY);
    value(s, 3, 9);
    value(s, 1, 8);
    int64_t tsn = 4 + (int64_t)count;
    for (size_t i = count; i < 15; i++) {
        if (next_chunk(s) < 0)
            inject(s, SACK(.cum = tsn));
        expect(s, DATA, .tsn = ++tsn, .stream = i < 12 ? 3 : i < 13 ? 2 : 1);
    }
    inject(s, SACK(.cum = tsn));
}

SCRIPT(rfc8260_4_3_3_values, "RFC 8260 4.3.3", "values are of the association's streams; 0 until they are set") {
    establish_active(s);
    uint16_t value = 7;
    check_equal(hawser_get_stream_value(s->stack, s->association, 3, &value), 0);
    check_equal(value, 0);
    check_equal(hawser_set_stream_value(s->stack, s->association, 3, 65535), 0);
    check_equal(hawser_get_stream_value(s->stack, s->association, 3, &value), 0);
    check_equal(value, 65535);
    check_equal(hawser_set_stream_value(s->stack, s->association, 10, 1), HAWSER_ERR_STREAM);
    check_equal(hawser_get_stream_value(s->stack, s->association, 10, &value), HAWSER_ERR_STREAM);
    check_equal(hawser_get_stream_value(s->stack, s->association, 3, NULL), HAWSER_ERR_ARGUMENT);
    check_equal(hawser_set_stream_value(s->stack, 12345, 3, 1), HAWSER_ERR_GONE);
    check_equal(hawser_set(s->stack, s->now, s->association, 0, HAWSER_SET_SCHEDULER, 6), HAWSER_ERR_RANGE);
}

SCRIPT(rfc8260_4_3_2_no_memory, "RFC 8260 4.3.2", "a change for which there is no memory changes nothing") {
    begin(s, true, HAWSER_SCHEDULER_FCFS);
    give(s, "2 11 2");
    for (int after = 0; after < 4; after++) {
        s->fail_after = after;
        int error = hawser_set(s->stack, s->now, s->association, 0, HAWSER_SET_SCHEDULER, HAWSER_SCHEDULER_ROUND_ROBIN);
        s->fail_after = -1;
        if (!error)
            break;
        check_equal(error, HAWSER_ERR_NO_MEMORY);
        check_equal(script_get(s, 0, HAWSER_SET_SCHEDULER), HAWSER_SCHEDULER_FCFS);
        check(after < 3);
    }
    expect_flow(s, "2121");
}

/* ---- messages in parts ----------------------------------------------------------------------------------------------- */

SCRIPT(rfc8260_open_message_holds_back_no_other, "RFC 8260 4.4, 2.2.2",
       "with I-DATA a message that waits for its next part holds back no other stream, under any scheduler") {
    begin(s, true, 0);
    inject(s, SACK(.cum = 4));
    for (int mid = 0, tsn = 5; mid <= 5; mid++, tsn += 6) {
        set(s, SCHEDULER, mid);
        check_equal(send_with(s, .stream = 1, .size = 2500, .flags = HAWSER_SEND_MORE), 0);
        expect(s, I_DATA, .tsn = tsn, .stream = 1, .mid = mid, .fsn = 0, .bits = B);
        expect(s, I_DATA, .tsn = tsn + 1, .stream = 1, .mid = mid, .fsn = 1, .bits = 0);
        send_message(s, 2, 100, 0);
        expect(s, I_DATA, .tsn = tsn + 2, .stream = 2);
        check_equal(send_with(s, .stream = 3, .size = 10, .flags = HAWSER_SEND_MORE), 0);
        expect_nothing(s);
        send_message(s, 4, 100, 0);
        expect(s, I_DATA, .tsn = tsn + 3, .stream = 4);
        inject(s, SACK(.cum = tsn + 3));
        check_equal(send_with(s, .stream = 1, .size = 100), 0);
        expect(s, I_DATA, .tsn = tsn + 4, .stream = 1, .mid = mid, .fsn = 2, .bits = E, .size = 600);
        check_equal(send_with(s, .stream = 3, .size = 0), 0);
        expect(s, I_DATA, .tsn = tsn + 5, .stream = 3, .mid = mid, .bits = B | E, .size = 10);
        inject(s, SACK(.cum = tsn + 5));
        check_equal(status_of(s).queued_messages, 0);
    }
}

SCRIPT(rfc8260_open_message_not_begun, "RFC 8260 4.4, RFC 9260 6.9",
       "with DATA a message in parts that is not begun holds back no other; one that is begun does") {
    begin(s, false, HAWSER_SCHEDULER_FCFS);
    inject(s, SACK(.cum = 4));
    check_equal(send_with(s, .stream = 1, .size = 10, .flags = HAWSER_SEND_MORE), 0);
    expect_nothing(s);
    send_message(s, 2, 100, 0);
    expect(s, DATA, .tsn = 5, .stream = 2);
    check_equal(send_with(s, .stream = 1, .size = 1500, .flags = HAWSER_SEND_MORE), 0);
    expect(s, DATA, .tsn = 6, .stream = 1, .bits = B);
    send_message(s, 2, 100, 0);
    expect_nothing(s);
    check_equal(send_with(s, .stream = 1, .size = 1), 0);
    expect(s, DATA, .tsn = 7, .stream = 1, .bits = E);
    expect_also(s, DATA, .tsn = 8, .stream = 2);
    inject(s, SACK(.cum = 8));
}

SCRIPT(rfc8260_many_open_messages_fill_the_buffer, "RFC 8260 4.4, RFC 9260 11.1.5",
       "open messages that fill the send buffer give all but a byte each, and then each of them may go on") {
    set(s, SEND_BUFFER, 8000);
    begin(s, true, HAWSER_SCHEDULER_ROUND_ROBIN);
    inject(s, SACK(.cum = 4));
    for (int stream = 0; stream < 4; stream++)
        check_equal(send_with(s, .stream = stream, .size = 900, .flags = HAWSER_SEND_MORE), 0);
    expect_nothing(s);
    int64_t tsn = 5;
    check_equal(send_with(s, .stream = 5, .size = 7000), HAWSER_ERR_WOULD_BLOCK);
    for (int stream = 0; stream < 4; stream++)
        expect(s, I_DATA, .tsn = tsn++, .stream = stream, .bits = B, .size = 899);
    inject(s, SACK(.cum = tsn - 1));
    struct hawser_ready ready;
    bool writable = false;
    while (hawser_next(s->stack, &ready))
        writable = writable || (ready.flags & HAWSER_WRITABLE);
    check(writable);
    for (int stream = 0; stream < 4; stream++) {
        check_equal(send_with(s, .stream = stream, .size = 0), 0);
        expect(s, I_DATA, .tsn = tsn, .stream = stream, .bits = E, .size = 1);
        inject(s, SACK(.cum = tsn++));
    }
    check_equal(status_of(s).queued_messages, 0);
}

SCRIPT(rfc8260_3_many_streams, "RFC 8260 3",
       "65,535 streams with something to send have their turns, and cost a step each, not a walk") {
    start(s, .os = 65535, .mis = 65535, .params = LISTED);
    set(s, STREAMS_OUT, 65535);
    set(s, INTERLEAVING, 1);
    set(s, SEND_BUFFER, 100000000);
    establish_active(s);
    set(s, MAX_BURST, 0);
    set(s, SCHEDULER, HAWSER_SCHEDULER_ROUND_ROBIN);
    s->unchecked = true;
    uint8_t byte = 'x';
    struct hawser_span body = {&byte, 1};
    struct hawser_message message = HAWSER_INIT(message);
    message.parts = &body;
    message.part_count = 1;
    for (unsigned twice = 0; twice < 2; twice++)
        for (unsigned stream = 0; stream < 65535; stream++) {
            message.stream = (uint16_t)stream;
            check_equal(hawser_send(s->stack, s->now, s->association, &message), 0);
        }
    script_pump(s);
    int64_t tsn = 0;
    while (tsn < 2 * 65535) {
        if (next_chunk(s) < 0)
            inject(s, SACK(.cum = tsn - 1));
        check(next_chunk(s) == HW_I_DATA);
        bool begins = s->sent[s->next - 1].read == s->sent[s->next - 1].size;
        script_expect(s, __FILE__, __LINE__, begins, HW_I_DATA,
                      &(struct want){WANT_DEFAULTS, .tsn = tsn, .stream = tsn % 65535, .mid = tsn / 65535});
        tsn++;
    }
    inject(s, SACK(.cum = tsn - 1));
    s->unchecked = false;
}
