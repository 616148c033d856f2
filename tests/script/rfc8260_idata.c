/* SPDX-License-Identifier: MIT
 *
 * RFC 8260 section 2: I-DATA chunks both ways, how they are agreed on, and what is no message. Schedulers are in rfc8260_sched.c.
 */
#include "reconfig.h"
#include "script.h"

#define I_FULL (PMDCS - 20) /* user data of an I-DATA chunk that fills a packet */
#define LISTED PARAM(HW_PARAM_EXTENSIONS, BYTES(HW_I_DATA))

static void passive(struct script *s) {
    set(s, INTERLEAVING, 1);
    start(s, .params = LISTED);
    establish_passive(s);
}

static void active(struct script *s) {
    set(s, INTERLEAVING, 1);
    start(s, .params = LISTED);
    establish_active(s);
    set(s, NO_DELAY, 1);
    set(s, MAX_BURST, 0);
}

static bool lists_i_data(struct hawser_span types) {
    for (size_t i = 0; types.data && i < types.size; i++)
        if (types.data[i] == HW_I_DATA)
            return true;
    return false;
}

/* ---- 2.2.1 ------------------------------------------------------------------------------------------------------ */

SCRIPT(rfc8260_2_2_1_only_when_asked, "RFC 8260 2.2.1", "I-DATA is not offered unless the user asked for it") {
    start(s, .params = LISTED);
    connect_now(s, 1);
    check(!lists_i_data(param_of(expect(s, INIT), HW_PARAM_EXTENSIONS)));
    s->quiet_end = true;
}

SCRIPT(rfc8260_2_2_1_offered, "RFC 8260 2.2.1", "I-DATA is listed in the Supported Extensions of INIT") {
    set(s, INTERLEAVING, 1);
    connect_now(s, 1);
    check(lists_i_data(param_of(expect(s, INIT), HW_PARAM_EXTENSIONS)));
    s->quiet_end = true;
}

SCRIPT(rfc8260_2_2_1_offered_in_the_answer, "RFC 8260 2.2.1", "I-DATA is listed in the Supported Extensions of INIT ACK") {
    set(s, INTERLEAVING, 1);
    start(s, .params = LISTED);
    listen_now(s);
    inject_by(s, WAY(.tag = 0), INIT());
    check(lists_i_data(param_of(expect(s, INIT_ACK), HW_PARAM_EXTENSIONS)));
}

SCRIPT(rfc8260_2_2_1_not_without_the_peer, "RFC 8260 2.2.1", "where the peer does not offer I-DATA, DATA is used") {
    set(s, INTERLEAVING, 1);
    establish_active(s);
    send_message(s, 0, 100, 0);
    expect(s, DATA, .tsn = 0, .ssn = 0);
    inject(s, SACK(.cum = 0), DATA(.tsn = 0));
    expect_message(s, .size = 100);
    s->quiet_end = true;
}

SCRIPT(rfc8260_2_2_1_not_unless_we_offer, "RFC 8260 2.2.1", "where we do not offer I-DATA, DATA is used though the peer does") {
    start(s, .params = LISTED);
    establish_passive(s);
    send_message(s, 0, 100, 0);
    expect(s, DATA, .tsn = 0, .ssn = 0);
    inject(s, SACK(.cum = 0));
}

SCRIPT(rfc8260_2_2_1_used_when_both_offer, "RFC 8260 2.2.1", "I-DATA is used for all messages once both offered it") {
    passive(s);
    send_message(s, 3, 100, 0);
    expect(s, I_DATA, .tsn = 0, .stream = 3, .mid = 0, .bits = B | E, .size = 100);
    inject(s, SACK(.cum = 0), I_DATA(.tsn = 0, .stream = 2, .text = "whole"));
    expect(s, SACK, .cum = 0);
    expect_message(s, .stream = 2, .mid = 0, .text = "whole", .flags = 0);
}

SCRIPT(rfc8260_2_2_1_with_the_cookie, "RFC 8260 2.2.1, RFC 9260 5.1 C", "data bundled with the COOKIE ECHO is I-DATA already") {
    set(s, INTERLEAVING, 1);
    start(s, .params = LISTED);
    connect_now(s, 1);
    send_message(s, 1, 10, 0);
    remember(s, expect(s, INIT));
    inject(s, INIT_ACK());
    expect(s, COOKIE_ECHO);
    expect_also(s, I_DATA, .tsn = 0, .stream = 1, .mid = 0);
    inject(s, COOKIE_ACK(), SACK(.cum = 0));
    s->quiet_end = true;
}

SCRIPT(rfc8260_2_2_1_agreed_anew_after_a_restart, "RFC 8260 2.2.1, RFC 9260 5.2.4 A",
       "a restarted peer may not offer I-DATA any more: what comes then is DATA, MIDs and SSNs begin anew") {
    passive(s);
    inject(s, I_DATA(.tsn = 0, .stream = 1, .mid = 0, .flags = B, .text = "never whole"));
    skip_output(s);
    send_message(s, 1, 10, 0);
    expect(s, I_DATA, .mid = 0);
    s->plan.params = NOTHING;
    s->peer_tag++;
    s->peer_tsn = 7000;
    inject_by(s, WAY(.tag = 0), INIT());
    remember(s, expect(s, INIT_ACK));
    inject(s, COOKIE_ECHO());
    expect(s, COOKIE_ACK);
    skip_items(s);
    send_message(s, 1, 10, 0);
    expect(s, DATA, .tsn = 0, .ssn = 0);
    inject(s, SACK(.cum = 0), DATA(.tsn = 0, .stream = 1, .text = "anew"));
    expect(s, SACK, .cum = 0);
    expect_message(s, .text = "anew", .stream = 1, .ssn = 0);
}

SCRIPT(rfc8260_2_2_1_a_restart_makes_room, "RFC 9260 5.2.4 A, 11.1.5",
       "when all that filled the send buffer has failed because the peer restarted, the user is told that there is room") {
    set(s, SEND_BUFFER, 2000);
    passive(s);
    check_equal(send_with(s, .size = 1600), 0);
    skip_output(s);
    check_equal(send_with(s, .size = 1600), HAWSER_ERR_WOULD_BLOCK);
    struct hawser_ready ready;
    while (hawser_next(s->stack, &ready))
        continue;
    s->peer_tag++;
    s->peer_tsn = 7000;
    inject_by(s, WAY(.tag = 0), INIT());
    remember(s, expect(s, INIT_ACK));
    inject(s, COOKIE_ECHO());
    expect(s, COOKIE_ACK);
    bool writable = false;
    while (hawser_next(s->stack, &ready))
        writable = writable || (ready.flags & HAWSER_WRITABLE);
    check(writable);
    skip_items(s);
}

/* ---- 2.1, 2.2.2: out ---------------------------------------------------------------------------------------------- */

SCRIPT(rfc8260_2_1_header, "RFC 8260 2.1", "an I-DATA chunk has a header of 20 bytes: TSN, stream, zeros, MID, PPID or FSN") {
    active(s);
    check_equal(send_with(s, .stream = 0x0102 % 10, .ppid = 0x0a0b0c0d, .text = "x"), 0);
    const struct seen *seen = expect(s, I_DATA, .stream = 0x0102 % 10, .ppid = 0x0a0b0c0d, .text = "x");
    check_equal(seen->whole.size, 21);
    check_equal(hw_get16(seen->whole.data + 10), 0);
    inject(s, SACK(.cum = 0));
}

SCRIPT(rfc8260_2_1_fragments_are_counted, "RFC 8260 2.1, 2.2.2",
       "the first fragment has B and the PPID, the others their number from 1 on, the last has E; the MID is that of all") {
    active(s);
    check_equal(send_with(s, .stream = 4, .ppid = 77, .size = 3 * I_FULL + 1), 0);
    expect(s, I_DATA, .tsn = 0, .stream = 4, .mid = 0, .ppid = 77, .bits = B, .size = I_FULL, .length = 1480);
    expect(s, I_DATA, .tsn = 1, .stream = 4, .mid = 0, .fsn = 1, .bits = 0, .size = I_FULL);
    expect(s, I_DATA, .tsn = 2, .stream = 4, .mid = 0, .fsn = 2, .bits = 0, .size = I_FULL);
    inject(s, SACK(.cum = 2));
    expect(s, I_DATA, .tsn = 3, .stream = 4, .mid = 0, .fsn = 3, .bits = E, .size = 1);
    inject(s, SACK(.cum = 3));
    check_equal(COUNT(FragUsrMsgs), 1);
}

SCRIPT(rfc8260_2_1_mids, "RFC 8260 2.1",
       "each stream counts ordered and unordered messages apart, from 0 and by 1") {
    active(s);
    static const struct {
        int stream;
        uint32_t flags;
        int mid;
    } sends[] = {{0, 0, 0}, {0, HAWSER_SEND_UNORDERED, 0}, {0, 0, 1}, {1, 0, 0}, {0, HAWSER_SEND_UNORDERED, 1},
                 {1, HAWSER_SEND_UNORDERED, 0}, {0, 0, 2}};
    for (int i = 0; i < 7; i++) {
        send_message(s, sends[i].stream, 10, sends[i].flags);
        expect(s, I_DATA, .tsn = i, .stream = sends[i].stream, .mid = sends[i].mid,
               .bits = B | E | (sends[i].flags ? U : 0));
        inject(s, SACK(.cum = i));
    }
}

SCRIPT(rfc8260_2_1_a_retransmission_is_the_same, "RFC 8260 2.1, RFC 9260 6.3.3", "what is sent again has its MID and FSN") {
    active(s);
    check_equal(send_with(s, .stream = 1, .ppid = 5, .size = I_FULL + 100, .flags = HAWSER_SEND_UNORDERED), 0);
    expect(s, I_DATA, .tsn = 0, .bits = B | U);
    expect(s, I_DATA, .tsn = 1, .fsn = 1, .bits = E | U);
    wait_packet(s, sec(2));
    expect(s, I_DATA, .tsn = 0, .stream = 1, .mid = 0, .ppid = 5, .size = I_FULL);
    inject(s, SACK(.cum = 0));
    expect(s, I_DATA, .tsn = 1, .stream = 1, .mid = 0, .fsn = 1, .size = 100);
    inject(s, SACK(.cum = 1));
}

SCRIPT(rfc8260_2_1_immediate, "RFC 8260 2.1, 2.2", "the I bit is that of DATA: set when the user asks, answered at once") {
    active(s);
    send_message(s, 0, 10, HAWSER_SEND_SACK_NOW);
    expect(s, I_DATA, .bits = B | E | IMMEDIATE);
    inject(s, SACK(.cum = 0), I_DATA(.tsn = 0));
    expect(s, SACK, .cum = 0);
    inject(s, I_DATA(.tsn = 1, .mid = 1, .flags = B | E | IMMEDIATE));
    expect(s, SACK, .cum = 1);
    skip_items(s);
}

SCRIPT(rfc8260_2_2_2_one_message_of_a_stream_at_a_time, "RFC 8260 2.2.2",
       "a message is not begun before the one ahead of it on its stream was cut whole, whatever the scheduler") {
    active(s);
    int64_t tsn = 0;
    for (int scheduler = 0; scheduler <= 5; scheduler++) {
        set(s, SCHEDULER, scheduler);
        for (int i = 0; i < 3; i++)
            send_message(s, 2, 3000, 0);
        for (int i = 0; i < 9; i++, tsn++) {
            bool begins = s->next == s->sent_count || s->next == 0 || s->sent[s->next - 1].read == s->sent[s->next - 1].size;
            if (begins && next_chunk(s) < 0)
                inject(s, SACK(.cum = tsn - 1));
            begins = s->sent[s->next - 1].read == s->sent[s->next - 1].size;
            const struct want want = {WANT_DEFAULTS, .tsn = tsn, .stream = 2, .mid = scheduler * 3 + i / 3, .fsn = i % 3,
                                      .bits = i % 3 == 0 ? B : i % 3 == 2 ? E : 0};
            script_expect(s, __FILE__, __LINE__, begins, HW_I_DATA, &want);
        }
        inject(s, SACK(.cum = tsn - 1));
    }
}

/* ---- 2.2.3: in ---------------------------------------------------------------------------------------------------- */

SCRIPT(rfc8260_2_2_3_interleaved, "RFC 8260 2.2.3",
       "fragments are put together by stream, U bit, MID and FSN: messages of several streams may be open at once") {
    passive(s);
    inject(s, I_DATA(.tsn = 0, .stream = 0, .flags = B, .ppid = 10, .text = "ze"),
           I_DATA(.tsn = 1, .stream = 1, .flags = B, .ppid = 11, .text = "on"),
           I_DATA(.tsn = 2, .stream = 1, .flags = B | U, .ppid = 12, .text = "un"));
    expect(s, SACK, .cum = 2);
    expect_no_item(s);
    inject(s, I_DATA(.tsn = 3, .stream = 1, .fsn = 1, .flags = U, .text = "order"));
    inject(s, I_DATA(.tsn = 4, .stream = 0, .fsn = 1, .flags = 0, .text = "r"),
           I_DATA(.tsn = 5, .stream = 1, .fsn = 2, .flags = E | U, .text = "ed"),
           I_DATA(.tsn = 6, .stream = 0, .fsn = 2, .flags = E, .text = "o"),
           I_DATA(.tsn = 7, .stream = 1, .fsn = 1, .flags = E, .text = "e"));
    skip_output(s);
    expect_message(s, .stream = 1, .ppid = 12, .flags = HAWSER_ITEM_UNORDERED, .text = "unordered");
    expect_message(s, .stream = 0, .ppid = 10, .text = "zero");
    expect_message(s, .stream = 1, .ppid = 11, .text = "one");
    check_equal(COUNT(ReasmUsrMsgs), 3);
    check_equal(COUNT(InMessages), 3);
}

SCRIPT(rfc8260_2_2_3_tsns_say_nothing, "RFC 8260 2.2.3", "the order of TSNs within a message means nothing") {
    passive(s);
    inject(s, I_DATA(.tsn = 0, .fsn = 2, .flags = E, .text = "three"), I_DATA(.tsn = 1, .fsn = 1, .flags = 0, .text = "two "),
           I_DATA(.tsn = 2, .flags = B, .text = "one "));
    skip_output(s);
    expect_message(s, .text = "one two three", .mid = 0);
}

/* A permutation of 0 to count - 1, by its number. */
static void shuffled(unsigned number, int count, int *order) {
    for (int i = 0; i < count; i++)
        order[i] = i;
    for (int i = count - 1; i > 0; i--) {
        int k = (int)(number % (unsigned)(i + 1)), keep = order[i];
        number /= (unsigned)(i + 1);
        order[i] = order[k];
        order[k] = keep;
    }
}

SCRIPT(rfc8260_2_2_3_in_every_order, "RFC 8260 2.2.3",
       "two messages of one stream and one of another, of two fragments each, are the same in whatever order they come") {
    passive(s);
    static const struct {
        int stream, mid, fsn;
        const char *text;
    } parts[] = {{1, 0, 0, "a"}, {1, 0, 1, "b"}, {1, 1, 0, "c"}, {1, 1, 1, "d"}, {2, 0, 0, "x"}, {2, 0, 1, "y"}};
    for (unsigned number = 0; number < 720; number++) {
        int order[6];
        shuffled(number, 6, order);
        for (int i = 0; i < 6; i++) {
            int k = order[i];
            int64_t mid = parts[k].mid + (int64_t)number * (parts[k].stream == 1 ? 2 : 1);
            inject(s, I_DATA(.tsn = number * 6 + k, .stream = parts[k].stream, .mid = mid, .fsn = parts[k].fsn,
                             .flags = parts[k].fsn ? E : B, .text = parts[k].text));
            skip_output(s);
        }
        struct hawser_item items[4];
        check_equal(hawser_receive(s->stack, s->association, items, 4), 3);
        for (int i = 0, next = 0; i < 3; i++) {
            char text[3] = "";
            check_equal(hawser_copy(items[i].message.pieces, 0, text, 2), 2);
            check(strcmp(text, items[i].message.stream == 2 ? "xy" : next++ ? "cd" : "ab") == 0);
        }
        check_equal(hawser_consume(s->stack, s->now, s->association, 3, 0), 0);
        skip_output(s);
    }
    expect_no_item(s);
    check(status_of(s).memory < 100000);
    s->quiet_end = true;
}

SCRIPT(rfc8260_2_2_3_order_by_mid, "RFC 8260 2.1, 2.2.3", "ordered messages are delivered in the order of their MIDs") {
    passive(s);
    inject(s, I_DATA(.tsn = 2, .mid = 2, .text = "third"));
    inject(s, I_DATA(.tsn = 1, .mid = 1, .text = "second"));
    skip_output(s);
    expect_no_item(s);
    inject(s, I_DATA(.tsn = 0, .mid = 0, .text = "first"));
    skip_output(s);
    expect_message(s, .text = "first", .mid = 0);
    expect_message(s, .text = "second", .mid = 1);
    expect_message(s, .text = "third", .mid = 2);
}

SCRIPT(rfc8260_2_2_3_unordered_waits_for_nothing, "RFC 8260 2.1", "unordered messages have MIDs of their own and no turn") {
    passive(s);
    inject(s, I_DATA(.tsn = 1, .mid = 5, .flags = B | E | U, .text = "now"));
    expect(s, SACK, .cum = -1);
    expect_message(s, .text = "now", .mid = 5, .flags = HAWSER_ITEM_UNORDERED);
    inject(s, I_DATA(.tsn = 0, .mid = 0, .text = "ordered"));
    expect(s, SACK, .cum = 1);
    expect_message(s, .text = "ordered", .mid = 0);
}

SCRIPT(rfc8260_4_1_ssn, "RFC 8260 4.1", "the lower half of the MID is shown as the SSN, which counts on beyond 65,535") {
    passive(s);
    s->unchecked = true;
    for (int64_t i = 0; i < 65540; i++) {
        inject(s, I_DATA(.tsn = i, .mid = i, .size = 1));
        skip_output(s);
        struct hawser_item item;
        check_equal(hawser_receive(s->stack, s->association, &item, 1), 1);
        check(item.message.mid == i && item.message.ssn == (uint16_t)i);
        check_equal(hawser_consume(s->stack, s->now, s->association, 1, 0), 0);
    }
    s->unchecked = false;
    s->quiet_end = true;
}

SCRIPT(rfc8260_2_1_reserved_is_ignored, "RFC 8260 2.1", "reserved bits and bytes are ignored") {
    passive(s);
    inject(s, I_DATA(.tsn = 0, .flags = B | E | 0xf0, .reserved = 0xffff, .text = "fine"));
    expect(s, SACK, .cum = 0);
    expect_message(s, .text = "fine");
}

SCRIPT(rfc8260_2_2_3_duplicates, "RFC 8260 2.2.3, RFC 9260 6.2", "a TSN that came is a duplicate, whatever it carries") {
    passive(s);
    inject(s, I_DATA(.tsn = 0, .text = "once"));
    expect(s, SACK, .cum = 0);
    inject(s, I_DATA(.tsn = 0, .mid = 1, .text = "again"));
    expect(s, SACK, .cum = 0, .dup_count = 1);
    expect_message(s, .text = "once");
    expect_no_item(s);
}

SCRIPT(rfc8260_2_2_3_no_such_stream, "RFC 8260 2.2.3, RFC 9260 6.5",
       "a stream that does not exist: acknowledged, answered, dropped") {
    passive(s);
    inject(s, I_DATA(.tsn = 0, .stream = 60000, .flags = B));
    expect_in_any_order(s, HW_SACK, HW_ERROR);
    inject(s, I_DATA(.tsn = 1, .stream = 1, .text = "goes on"));
    skip_output(s);
    expect_message(s, .text = "goes on");
    s->quiet_end = true;
}

/* ---- partial delivery --------------------------------------------------------------------------------------------- */

SCRIPT(rfc8260_parts_of_one_hold_back_no_other, "RFC 8260 2.2.3, RFC 9260 6.9",
       "a message that is delivered in parts holds back no other; its parts say which message they are of") {
    passive(s);
    set(s, PARTIAL_DELIVERY, 2000);
    inject(s, I_DATA(.tsn = 0, .stream = 1, .ppid = 9, .flags = B, .size = 1200));
    inject(s, I_DATA(.tsn = 1, .stream = 1, .fsn = 1, .flags = 0, .size = 1200));
    inject(s, I_DATA(.tsn = 2, .stream = 2, .text = "between"));
    expect_message(s, .stream = 1, .mid = 0, .ppid = 9, .size = 2400, .flags = HAWSER_ITEM_MORE);
    expect_message(s, .stream = 2, .text = "between", .flags = 0);
    expect_no_item(s);
    inject(s, I_DATA(.tsn = 3, .stream = 3, .text = "and more"));
    inject(s, I_DATA(.tsn = 4, .stream = 1, .fsn = 2, .flags = 0, .size = 10));
    expect_message(s, .stream = 3, .text = "and more");
    expect_message(s, .stream = 1, .mid = 0, .ppid = 9, .size = 10, .flags = HAWSER_ITEM_MORE | HAWSER_ITEM_CONTINUES);
    inject(s, I_DATA(.tsn = 5, .stream = 1, .mid = 1, .text = "waits"));
    expect_no_item(s);
    inject(s, I_DATA(.tsn = 6, .stream = 1, .fsn = 3, .flags = E, .text = "end"));
    expect_message(s, .stream = 1, .mid = 0, .ppid = 9, .text = "end", .flags = HAWSER_ITEM_CONTINUES);
    expect_message(s, .stream = 1, .mid = 1, .text = "waits", .flags = 0);
    check_equal(COUNT(InMessages), 4);
    skip_output(s);
    s->quiet_end = true;
}

SCRIPT(rfc8260_several_in_parts_at_once, "RFC 8260 2.2.3, RFC 9260 6.9",
       "messages that fill the window together are delivered in parts, though none of them would alone; the window opens again") {
    set(s, RECEIVE_BUFFER, 32768);
    passive(s);
    enum { OPEN = 8, PARTS = 40 };
    size_t got[OPEN] = {0};
    bool ended[OPEN] = {false};
    for (int i = 0; i < OPEN * PARTS; i++) {
        int stream = i % OPEN, fsn = i / OPEN;
        inject(s, I_DATA(.tsn = i, .stream = stream, .fsn = fsn, .ppid = stream, .fill = 'a' + stream, .size = 1000,
                         .flags = fsn == 0 ? B : fsn == PARTS - 1 ? E : 0));
        skip_output(s);
        struct hawser_item items[3];
        size_t count = hawser_receive(s->stack, s->association, items, 3);
        for (size_t k = 0; k < count; k++) {
            uint16_t from = items[k].message.stream;
            check(from < OPEN && !ended[from] && items[k].message.ppid == from);
            check_equal((items[k].flags & HAWSER_ITEM_CONTINUES) != 0, got[from] != 0);
            for (const struct hawser_piece *piece = items[k].message.pieces; piece; piece = piece->next)
                check(piece->data[0] == 'a' + from && piece->data[piece->size - 1] == 'a' + from);
            got[from] += items[k].message.size;
            ended[from] = !(items[k].flags & HAWSER_ITEM_MORE);
        }
        check_equal(hawser_consume(s->stack, s->now, s->association, count, 0), 0);
        skip_output(s);
    }
    for (int i = 0; i < OPEN; i++)
        check(ended[i] && got[i] == PARTS * 1000);
    check_equal(status_of(s).inbox_bytes, 0);
    check_equal(COUNT(WindowDrops), 0);
    s->quiet_end = true;
}

SCRIPT(rfc8260_growth_between_look_and_take, "RFC 8260 2.2.3",
       "what comes between hawser_receive and hawser_consume is neither lost nor taken unseen, and stays in order") {
    passive(s);
    set(s, PARTIAL_DELIVERY, 100);
    inject(s, I_DATA(.tsn = 0, .stream = 1, .flags = B, .fill = '1', .size = 200));
    inject(s, I_DATA(.tsn = 1, .stream = 2, .flags = B, .fill = '2', .size = 200));
    inject(s, I_DATA(.tsn = 2, .stream = 3, .text = "three"));
    struct hawser_item items[8];
    check_equal(hawser_receive(s->stack, s->association, items, 8), 3);
    inject(s, I_DATA(.tsn = 3, .stream = 1, .fsn = 1, .flags = E, .text = "rest of 1"));
    inject(s, I_DATA(.tsn = 4, .stream = 1, .mid = 1, .text = "next of 1"));
    inject(s, I_DATA(.tsn = 5, .stream = 2, .fsn = 1, .flags = 0, .text = "more of 2"));
    check_equal(hawser_consume(s->stack, s->now, s->association, 3, 0), 0);
    expect_message(s, .stream = 2, .mid = 0, .text = "more of 2", .flags = HAWSER_ITEM_CONTINUES | HAWSER_ITEM_MORE);
    expect_message(s, .stream = 1, .mid = 0, .text = "rest of 1", .flags = HAWSER_ITEM_CONTINUES);
    expect_message(s, .stream = 1, .mid = 1, .text = "next of 1");
    expect_no_item(s);
    skip_output(s);
    s->quiet_end = true;
}

SCRIPT(rfc8260_news_between_look_and_take, "RFC 8260 2.2.3, RFC 9260 11.2",
       "of what came between hawser_receive and hawser_consume notifications keep their places among the messages") {
    set(s, INTERLEAVING, 1);
    set(s, DYNAMIC_ADDRESSES, 2);
    start(s, .params = PARAM(HW_PARAM_EXTENSIONS, BYTES(HW_I_DATA, HW_ASCONF, HW_ASCONF_ACK)));
    establish_passive(s);
    set(s, PARTIAL_DELIVERY, 100);
    inject(s, I_DATA(.tsn = 0, .stream = 1, .flags = B, .fill = '1', .size = 200));
    inject(s, I_DATA(.tsn = 1, .stream = 2, .text = "two"));
    struct hawser_item items[2];
    check_equal(hawser_receive(s->stack, s->association, items, 2), 2);
    inject(s, I_DATA(.tsn = 2, .stream = 1, .fsn = 1, .flags = E, .text = "rest of 1"));
    inject(s, I_DATA(.tsn = 3, .stream = 3, .text = "three"));
    inject(s, CHUNK(HW_ASCONF, 0, U32(s->peer_tsn), script_address_param(s, &s->peer[0]),
                    PARAM(HW_PARAM_ADD_ADDRESS, U32(1), script_address_param(s, &s->peer[1]))));
    inject(s, ERROR(CAUSE(UNRECOGNIZED_CHUNK, U32(0xfe000004))));
    inject(s, I_DATA(.tsn = 4, .stream = 4, .text = "four"));
    check_equal(hawser_consume(s->stack, s->now, s->association, 1, 0), 0); /* the rest of 1 goes behind 2 */
    expect_message(s, .stream = 2, .text = "two");
    expect_message(s, .stream = 1, .text = "rest of 1", .flags = HAWSER_ITEM_CONTINUES);
    expect_message(s, .stream = 3, .text = "three");
    unsigned news = 0;
    for (int i = 0; i < 2; i++) {
        struct hawser_item item;
        check_equal(hawser_receive(s->stack, s->association, &item, 1), 1);
        news |= item.type == HAWSER_REMOTE_ERROR ? 1u : item.type == HAWSER_PATH_CHANGED ? 2u : 4u;
        check_equal(hawser_consume(s->stack, s->now, s->association, 1, 0), 0);
    }
    check_equal(news, 3);
    expect_message(s, .stream = 4, .text = "four");
    expect_no_item(s);
    skip_output(s);
    s->quiet_end = true;
}

SCRIPT(rfc8260_reset_between_look_and_take, "RFC 8260 2.3.2, RFC 6525 6.1.1",
       "the end of a message that came between the two is told before the reset that it was waited for with") {
    set(s, INTERLEAVING, 1);
    start(s, .params = PARAM(HW_PARAM_EXTENSIONS, BYTES(HW_I_DATA, HW_RE_CONFIG)));
    establish_passive(s);
    set(s, PARTIAL_DELIVERY, 100);
    inject(s, I_DATA(.tsn = 0, .stream = 1, .flags = B, .size = 200));
    struct hawser_item item;
    check_equal(hawser_receive(s->stack, s->association, &item, 1), 1);
    inject(s, I_DATA(.tsn = 1, .stream = 1, .fsn = 1, .flags = E, .text = "rest"));
    inject(s, RE_CONFIG(RESET_OUT(0, -1, 1, STREAMS(1))));
    check_equal(hawser_consume(s->stack, s->now, s->association, 1, 0), 0);
    expect_message(s, .stream = 1, .text = "rest", .flags = HAWSER_ITEM_CONTINUES);
    expect_reset(s, ITEM_IN | ITEM_BY_PEER, STREAMS(1));
    expect_no_item(s);
    s->quiet_end = true;
}

SCRIPT(rfc8260_the_end_of_the_association, "RFC 8260 2.2.3, RFC 9260 9.1",
       "when the association ends, parts that can be read stay, and what was not whole is gone") {
    passive(s);
    set(s, PARTIAL_DELIVERY, 100);
    inject(s, I_DATA(.tsn = 0, .stream = 1, .flags = B, .size = 200));
    expect_message(s, .stream = 1, .size = 200, .flags = HAWSER_ITEM_MORE);
    inject(s, I_DATA(.tsn = 1, .stream = 1, .fsn = 1, .flags = 0, .text = "still here"));
    inject(s, I_DATA(.tsn = 2, .stream = 2, .flags = B, .text = "small"), I_DATA(.tsn = 3, .stream = 3, .text = "whole"));
    inject(s, ABORT(NOTHING));
    expect_message(s, .stream = 1, .text = "still here");
    expect_message(s, .stream = 3, .text = "whole");
    expect_ended(s, HAWSER_END_PEER_ABORTED);
    skip_output(s);
}

/* ---- what is no message ------------------------------------------------------------------------------------------- */

SCRIPT(rfc8260_2_2_3_data_is_a_violation, "RFC 8260 2.2.3", "DATA where I-DATA was agreed on: ABORT, Protocol Violation") {
    passive(s);
    inject(s, DATA(.tsn = 0));
    expect(s, ABORT, .cause = HW_CAUSE_PROTOCOL_VIOLATION);
    expect_ended(s, HAWSER_END_VIOLATION);
}

SCRIPT(rfc8260_2_2_3_i_data_is_a_violation, "RFC 8260 2.2.3", "I-DATA where it was not agreed on: ABORT, Protocol Violation") {
    establish_passive(s);
    inject(s, I_DATA(.tsn = 0));
    expect(s, ABORT, .cause = HW_CAUSE_PROTOCOL_VIOLATION);
    expect_ended(s, HAWSER_END_VIOLATION);
}

SCRIPT(rfc8260_no_user_data, "RFC 8260 2.1, RFC 9260 6.2", "I-DATA without user data: ABORT, No User Data, with the TSN") {
    passive(s);
    inject(s, I_DATA(.tsn = 0, .size = 0));
    const struct seen *seen = expect(s, ABORT, .cause = HW_CAUSE_NO_USER_DATA);
    check_equal(hw_get32(seen->cause_info.data), s->peer_tsn);
    expect_ended(s, HAWSER_END_VIOLATION);
}

SCRIPT(rfc8260_too_short, "RFC 8260 2.1", "an I-DATA chunk shorter than its header: ABORT, Protocol Violation") {
    passive(s);
    inject(s, CHUNK(HW_I_DATA, B | E, U32(s->peer_tsn), U16(0), U16(0), U32(0)));
    expect(s, ABORT, .cause = HW_CAUSE_PROTOCOL_VIOLATION);
    expect_ended(s, HAWSER_END_VIOLATION);
}

/* Chunks of which the last contradicts those before. */
static void contradicts(struct script *s, const struct hawser_span *chunks) {
    passive(s);
    for (; chunks[1].data; chunks++)
        inject(s, chunks[0]);
    skip_output(s);
    expect_state(s, ESTABLISHED);
    inject(s, chunks[0]);
    expect(s, ABORT, .cause = HW_CAUSE_PROTOCOL_VIOLATION);
    while (skip_items(s))
        continue;
    check_equal(state_of(s), 0);
}
#define CONTRADICTS(...) contradicts(s, (struct hawser_span[]){__VA_ARGS__, {NULL, 0}})

SCRIPT(rfc8260_two_beginnings, "RFC 8260 2.2.2", "a second first fragment: ABORT, Protocol Violation") {
    s->peer_tsn = 1000;
    CONTRADICTS(I_DATA(.tsn = 0, .flags = B), I_DATA(.tsn = 1, .flags = B));
}

SCRIPT(rfc8260_two_ends, "RFC 8260 2.2.2", "a second end elsewhere: ABORT, Protocol Violation") {
    s->peer_tsn = 1000;
    CONTRADICTS(I_DATA(.tsn = 0, .fsn = 3, .flags = E), I_DATA(.tsn = 1, .fsn = 2, .flags = E));
}

SCRIPT(rfc8260_beyond_the_end, "RFC 8260 2.2.2", "a fragment beyond the message's end: ABORT, Protocol Violation") {
    s->peer_tsn = 1000;
    CONTRADICTS(I_DATA(.tsn = 0, .fsn = 3, .flags = E), I_DATA(.tsn = 1, .fsn = 4, .flags = 0));
}

SCRIPT(rfc8260_an_end_before_what_came, "RFC 8260 2.2.2", "an end before a fragment that came: ABORT, Protocol Violation") {
    s->peer_tsn = 1000;
    CONTRADICTS(I_DATA(.tsn = 0, .fsn = 4, .flags = 0), I_DATA(.tsn = 1, .fsn = 3, .flags = E));
}

SCRIPT(rfc8260_the_end_again_without_e, "RFC 8260 2.2.2", "the last fragment's number without E: ABORT, Protocol Violation") {
    s->peer_tsn = 1000;
    CONTRADICTS(I_DATA(.tsn = 0, .fsn = 3, .flags = E), I_DATA(.tsn = 1, .fsn = 3, .flags = 0));
}

SCRIPT(rfc8260_a_fragment_under_another_tsn, "RFC 8260 2.2.2", "a fragment that came already, with another TSN: ABORT") {
    s->peer_tsn = 1000;
    CONTRADICTS(I_DATA(.tsn = 0, .flags = B), I_DATA(.tsn = 1, .fsn = 1, .flags = 0), I_DATA(.tsn = 2, .fsn = 1, .flags = 0));
}

SCRIPT(rfc8260_a_later_fragment_under_another_tsn, "RFC 8260 2.2.2",
       "a fragment that came twice before its message's beginning is noticed when as many have come as the message has") {
    s->peer_tsn = 1000;
    CONTRADICTS(I_DATA(.tsn = 0, .fsn = 1, .flags = 0), I_DATA(.tsn = 1, .fsn = 1, .flags = 0),
                I_DATA(.tsn = 2, .fsn = 2, .flags = E));
}

SCRIPT(rfc8260_no_beginning, "RFC 8260 2.2.2", "a fragment 0 without B: ABORT, Protocol Violation") {
    s->peer_tsn = 1000;
    CONTRADICTS(I_DATA(.tsn = 0, .fsn = 0, .flags = E));
}

SCRIPT(rfc8260_whole_and_in_fragments, "RFC 8260 2.1", "a whole message with the MID of one in fragments: ABORT") {
    s->peer_tsn = 1000;
    CONTRADICTS(I_DATA(.tsn = 0, .flags = B), I_DATA(.tsn = 1));
}

SCRIPT(rfc8260_in_fragments_and_whole, "RFC 8260 2.1", "a fragment with the MID of a whole message that waits: ABORT") {
    s->peer_tsn = 1000;
    CONTRADICTS(I_DATA(.tsn = 0, .mid = 1), I_DATA(.tsn = 1, .mid = 1, .fsn = 1, .flags = 0));
}

SCRIPT(rfc8260_two_whole_of_one_mid, "RFC 8260 2.1", "two whole messages with one MID: ABORT") {
    s->peer_tsn = 1000;
    CONTRADICTS(I_DATA(.tsn = 0, .mid = 1), I_DATA(.tsn = 1, .mid = 1));
}

SCRIPT(rfc8260_open_without_end, "RFC 8260 6",
       "a peer that opens messages and never ends them gets no more memory than its window, and the association goes on") {
    set(s, RECEIVE_BUFFER, 65536);
    passive(s);
    s->unchecked = true;
    int64_t tsn = 0;
    for (int64_t mid = 1; mid < 20000; mid++) {
        inject(s, I_DATA(.tsn = tsn, .stream = mid % 10, .mid = mid, .flags = mid % 3 ? B : 0, .fsn = 5, .size = 1));
        skip_output(s);
        tsn = (int32_t)(s->seen.sack.cum_tsn - s->peer_tsn) >= tsn || mid % 2 ? tsn + 1 : tsn;
    }
    s->unchecked = false;
    check(status_of(s).memory < 600000);
    expect_state(s, ESTABLISHED);
    skip_items(s);
    s->quiet_end = true;
}

SCRIPT(rfc8260_collision_of_another_agreement, "RFC 8260 2.2.1; RFC 9260 5.2.1, 5.2.4 B, notes",
       "a collision with a peer that came back without I-DATA: what went as I-DATA has failed, and DATA has the same TSN") {
    set(s, INTERLEAVING, 1);
    start(s, .params = PARAM(HW_PARAM_EXTENSIONS, BYTES(HW_I_DATA)));
    reach_cookie_wait(s);
    send_message(s, 0, 10, 0);
    inject(s, INIT_ACK());
    expect(s, COOKIE_ECHO);
    expect_also(s, I_DATA, .tsn = 0);
    s->plan.params = NOTHING;
    s->peer_tag = 0x777;
    inject(s, INIT());
    remember(s, expect(s, INIT_ACK, .tag = 0x777, .init_tag = s->stack_tag));
    inject(s, COOKIE_ECHO());
    expect(s, COOKIE_ACK, .tag = 0x777);
    expect_state(s, ESTABLISHED);
    expect_item(s, HAWSER_UP);
    expect_item(s, HAWSER_SEND_FAILED, .begun = 1, .size = 10);
    send_message(s, 0, 20, 0);
    expect(s, DATA, .tsn = 0, .ssn = 0, .size = 20);
    inject(s, SACK(.cum = 0));
    expect_no_item(s);
}
