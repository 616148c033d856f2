/* SPDX-License-Identifier: MIT
 *
 * The sending half alone (core/send) against a model: which messages there are, which of their bytes lie in which TSN, what the
 * next SSN of a stream is. Each byte of the input is a call as the core's files make it: a message or a part of one comes, bytes
 * are cut into a chunk, a chunk is written again, the cumulative TSN moves on, messages fail, the peer restarts, memory is short.
 * A message may be given up at any time (RFC 3758); then a FORWARD TSN says of its TSNs what the model knows.
 * With I-DATA or another scheduler than first come, first served, the model does not say whose turn it is, but who may have it.
 * Every chunk that is written must have the bytes, flags, stream and SSN that the model says, however often it is written.
 */
#include "fuzz.h"

#include "core/send/send.h"

#define MOVES_MAX 600u
#define STREAMS 20u
#define MESSAGES 512u
#define IN_FLIGHT 4096u
#define PART_MAX 3000u

/* Its number is its PPID and its context. */
struct message {
    size_t size, cut;
    uint32_t unacked, fragments;
    uint16_t stream, ssn;
    bool more, unordered, begun, failed, gone;
    hawser_time deadline;
};

struct record {
    uint32_t message, offset, fsn;
    uint16_t length;
    bool skipped; /* its message was given up */
};

static struct fuzz_host host;
static struct hw_account account;
static struct fuzz_input input;
static struct hw_send send;
static hawser_time now;
static struct message messages[MESSAGES];
static uint32_t message_count;
static struct record flight[IN_FLIGHT]; /* [0] has TSN cum_tsn + 1 */
static uint32_t flight_count, cum_tsn;
static uint16_t next_ssn[STREAMS], next_unordered[STREAMS];
static bool free_turns; /* the model does not know whose turn it is */
static uint32_t largest; /* the largest chunk, as far as an open message is concerned */

static uint8_t pattern(uint32_t message, size_t offset) { return (uint8_t)(message * 41u + offset * 3u + (offset >> 8) * 5u); }

/* The message that is open or broken on a stream, or NULL. */
static struct message *unfinished(uint16_t stream) {
    for (uint32_t i = message_count; i-- > 0;)
        if (messages[i].stream == stream && messages[i].more && !messages[i].gone)
            return &messages[i];
    return NULL;
}

/* ---- calls ------------------------------------------------------------------------------------------------------ */

static void push(void) {
    uint8_t choice = fuzz_8(&input), where = fuzz_8(&input), length = fuzz_8(&input);
    uint16_t stream = where % STREAMS;
    size_t size = length < 128 ? length : (length - 127u) * 23u;
    struct message *open = unfinished(stream);
    bool more = choice & 1, lent = choice & 2;
    if (open && open->failed)
        return; /* the core says UNFINISHED */
    if (message_count == MESSAGES || (size == 0 && (!open || more || lent)))
        return; /* EMPTY */
    uint32_t number = open ? (uint32_t)(open - messages) : message_count;
    size_t before = open ? open->size : 0;
    struct hawser_message message = HAWSER_INIT(message);
    static uint8_t text[PART_MAX];
    uint8_t *to = lent ? fuzz_lend(&host, &message, size) : text;
    for (size_t i = 0; i < size; i++)
        to[i] = pattern(number, before + i);
    size_t third = lent ? 0 : size / 3;
    struct hawser_span parts[] = {{to, size - third}, {to + (size - third), third}};
    message.parts = parts;
    message.part_count = lent ? 1 : 2;
    message.stream = stream;
    message.ppid = number;
    message.context = number;
    message.flags = (more ? HAWSER_SEND_MORE : 0) | (choice & 4 ? HAWSER_SEND_NO_DELAY : 0);
    bool unordered = open ? open->unordered : choice & 8;
    if (unordered)
        message.flags |= HAWSER_SEND_UNORDERED;
    if (choice & 16)
        message.lifetime = choice >> 5;
    message.policy = (where >> 5) % HAWSER_POLICY_COUNT;
    if (hw_sendq_push(&send, now, &message, size)) {
        FUZZ_MUST(host.failed || account.used + size + 4096 > account.max);
        if (lent)
            fuzz_unlend(&message);
        return;
    }
    if (!open) {
        open = &messages[message_count++];
        *open = (struct message){.stream = stream, .unordered = unordered, .deadline = HAWSER_NEVER};
        if (message.lifetime)
            open->deadline = now + message.lifetime;
    }
    open->size += size;
    open->more = more;
}

/* What hw_sendq_head does on its way: messages at the front whose time has passed fail. */
static struct message *model_head(void) {
    for (uint32_t i = 0; i < message_count; i++) {
        struct message *message = &messages[i];
        if (message->failed || message->gone || (message->begun && message->cut == message->size && !message->more))
            continue;
        if (message->begun || now < message->deadline)
            return message;
        message->failed = true;
    }
    return NULL;
}

static bool cut_whole(const struct message *message) { return message->cut == message->size && !message->more; }

static bool cuttable(const struct message *message) {
    size_t rest = message->size - message->cut;
    return !message->more ? rest > 0 : rest > largest || (rest > 1 && send.blocked);
}

/* Nothing is before it on its stream; and with DATA nothing that was begun waits for its rest. */
static bool may_have_turn(const struct message *message) {
    for (uint32_t i = 0; i < message_count; i++) {
        const struct message *other = &messages[i];
        if (other == message || other->failed || other->gone || cut_whole(other))
            continue;
        if ((other->stream == message->stream && other < message) || (!send.interleaving && other->begun))
            return false;
    }
    return true;
}

/* Those that have failed on the way to the head. */
static void learn_failed(void) {
    for (struct hw_link *link = send.failed.next; link != &send.failed; link = link->next) {
        struct message *message = &messages[hw_outmsg_of(link)->ppid];
        FUZZ_MUST(message->failed || (!message->begun && now >= message->deadline));
        message->failed = true;
    }
}

static struct hw_outmsg *free_head(struct message **found) {
    hw_sched_packet_ended(&send); /* else another stream may have to wait for the next packet */
    struct hw_outmsg *head = hw_sendq_head(&send, now, largest);
    learn_failed();
    *found = head ? &messages[head->ppid] : NULL;
    if (head) {
        FUZZ_MUST(!(*found)->failed && !(*found)->gone && cuttable(*found) && may_have_turn(*found));
        return head;
    }
    for (uint32_t i = 0; i < message_count; i++) {
        const struct message *message = &messages[i];
        FUZZ_MUST(message->failed || message->gone || cut_whole(message) || !cuttable(message) || !may_have_turn(message));
    }
    return NULL;
}

static void judge_chunk(uint32_t offset) {
    if (flight[offset].skipped)
        return;
    static uint8_t buffer[HW_I_DATA_HEADER + PART_MAX + 4];
    const struct record *record = &flight[offset];
    const struct message *message = &messages[record->message];
    struct hw_writer writer = hw_writer_over(buffer, sizeof buffer);
    hw_flight_write(&send, hw_flight_at(&send, offset), cum_tsn + 1 + offset, false, &writer);
    struct hw_cursor cursor = hw_cursor_over((struct hawser_span){buffer, hw_writer_size(&writer)});
    struct hw_tlv chunk;
    struct hw_data data;
    FUZZ_MUST(!writer.full && hw_cursor_chunk(&cursor, &chunk) == HW_CURSOR_ITEM);
    FUZZ_MUST(send.interleaving ? hw_i_data_parse(&data, &chunk) : hw_data_parse(&data, &chunk));
    FUZZ_MUST(data.tsn == cum_tsn + 1 + offset && data.stream == message->stream);
    FUZZ_MUST(send.interleaving && record->fsn ? data.fsn == record->fsn : data.ppid == record->message);
    FUZZ_MUST((message->unordered && !send.interleaving) || data.ssn == message->ssn);
    bool last = record->offset + record->length == message->size && !message->more;
    FUZZ_MUST(data.flags == ((record->offset == 0 ? HW_FLAG_BEGIN : 0) | (last ? HW_FLAG_END : 0) |
                             (message->unordered ? HW_FLAG_UNORDERED : 0)));
    FUZZ_MUST(data.payload.size == record->length);
    for (size_t i = 0; i < data.payload.size; i++)
        FUZZ_MUST(data.payload.data[i] == pattern(record->message, record->offset + i));
}

static void cut(void) {
    uint8_t choice = fuzz_8(&input);
    struct message *expected = free_turns ? NULL : model_head();
    struct hw_outmsg *head = free_turns ? free_head(&expected) : hw_sendq_head(&send, now, 0);
    FUZZ_MUST((head != NULL) == (expected != NULL));
    if (!head || flight_count == IN_FLIGHT)
        return;
    uint32_t number = (uint32_t)(expected - messages);
    FUZZ_MUST(head->ppid == number && head->size == expected->size && head->cut == expected->cut);
    size_t rest = expected->size - expected->cut - (expected->more ? 1 : 0); /* something is kept for the end */
    size_t length = choice < 200 ? choice : (choice - 199u) * 27u;
    length = length < rest ? length : rest;
    if (!length)
        return;
    if (!hw_flight_reserve(&send)) {
        FUZZ_MUST(host.failed || account.max - account.used < 2 * send.ring_size * sizeof *send.ring + 1024);
        return;
    }
    if (!expected->begun && !expected->unordered)
        expected->ssn = next_ssn[expected->stream]++;
    else if (!expected->begun)
        expected->ssn = next_unordered[expected->stream]++;
    struct hw_flight *record = hw_flight_cut(&send, head, (uint16_t)length, 0);
    FUZZ_MUST(record == hw_flight_at(&send, flight_count));
    flight[flight_count++] = (struct record){number, (uint32_t)expected->cut, expected->fragments++, (uint16_t)length, false};
    expected->begun = true;
    expected->cut += length;
    expected->unacked++;
    judge_chunk(flight_count - 1);
}

static void advance(void) {
    uint8_t choice = fuzz_8(&input);
    uint32_t count = choice == 255 ? flight_count : choice < flight_count ? choice : flight_count;
    hw_flight_advance(&send, cum_tsn + count);
    hw_forward_advance(&send);
    for (uint32_t i = 0; i < count; i++) {
        struct message *message = &messages[flight[i].message];
        if (flight[i].skipped)
            continue;
        message->unacked--;
        if (!message->unacked && message->cut == message->size && !message->more)
            message->gone = true;
    }
    flight_count -= count;
    memmove(flight, flight + count, flight_count * sizeof flight[0]);
    cum_tsn += count;
}

static void mark(void) {
    uint16_t choice = fuzz_16(&input);
    if (!flight_count)
        return;
    uint32_t offset = choice % flight_count;
    if (flight[offset].skipped)
        return;
    if (choice & 0x4000)
        hw_bits_clear(&send.marked, offset);
    else if (choice & 0x8000) {
        FUZZ_MUST(hw_bits_set(&send.marked, &account, offset)); /* what is in flight can always be marked */
        hw_bits_clear(&send.acked, offset);
    } else if (hw_bits_set(&send.acked, &account, offset))
        hw_bits_clear(&send.marked, offset);
    else
        FUZZ_MUST(host.failed || account.max - account.used < 16384);
}

/* ---- giving up -------------------------------------------------------------------------------------------------- */

static struct hw_outmsg *message_of(uint32_t number) {
    struct hw_link *lists[] = {&send.queue, &send.parked, &send.sent};
    for (unsigned i = 0; i < 3; i++)
        for (struct hw_link *link = lists[i]->next; link != lists[i]; link = link->next)
            if (hw_outmsg_of(link)->ppid == number)
                return hw_outmsg_of(link);
    return NULL;
}

/* As hw_abandon() does it. */
static void give_up(uint32_t number) {
    struct message *message = &messages[number];
    struct hw_outmsg *out = message_of(number);
    bool ends = message->begun && (message->cut < message->size || message->more);
    FUZZ_MUST(out && out->begun == message->begun && ends == hw_outmsg_endless(out));
    if (!out->policy || (ends && !hw_flight_reserve(&send)))
        return;
    for (uint32_t i = 0; i < flight_count; i++)
        if (!flight[i].skipped && flight[i].message == number) {
            hw_bits_clear(&send.marked, i);
            hw_flight_abandon(&send, i);
            flight[i].skipped = true;
        }
    if (ends)
        flight[flight_count++] = (struct record){.message = number, .skipped = true};
    uint64_t counted = message->begun ? send.abandons.sent[out->policy] : send.abandons.unsent[out->policy];
    uint8_t policy = out->policy;
    hw_message_abandon(&send, out, ends);
    FUZZ_MUST((message->begun ? send.abandons.sent[policy] : send.abandons.unsent[policy]) == counted + 1);
    hw_forward_advance(&send);
    message->failed = true;
    message->unacked = 0;
}

static void judge_forward(uint8_t room) {
    uint32_t most = 0;
    while (most < flight_count && flight[most].skipped)
        most++;
    FUZZ_MUST(send.advanced == cum_tsn + most && hw_forward_pending(&send) == (most != 0));
    if (!most)
        return;
    uint8_t buffer[HW_FORWARD_LEAST + 256];
    struct hw_writer writer = hw_writer_over(buffer, HW_FORWARD_LEAST + room);
    hw_forward_write(&send, &writer);
    struct hw_cursor cursor = hw_cursor_over((struct hawser_span){buffer, hw_writer_size(&writer)});
    struct hw_tlv chunk;
    struct hw_forward forward;
    FUZZ_MUST(!writer.full && hw_cursor_chunk(&cursor, &chunk) == HW_CURSOR_ITEM && hw_forward_parse(&forward, &chunk));
    uint32_t told = forward.cum_tsn - cum_tsn;
    FUZZ_MUST(told >= 1 && told <= most && (told == most || hw_writer_room(&writer) < 4 || told == HW_FORWARD_RECORDS_MAX));
    unsigned streams = 0;
    for (uint16_t stream = 0; stream < STREAMS; stream++) { /* the highest SSN of each, once */
        const struct message *last = NULL;
        for (uint32_t i = 0; i < told; i++)
            if (messages[flight[i].message].stream == stream && !messages[flight[i].message].unordered)
                last = &messages[flight[i].message];
        unsigned found = 0;
        for (unsigned i = 0; i < forward.count; i++)
            if (hw_forward_skip(&forward, i).stream == stream) {
                found++;
                FUZZ_MUST(last && hw_forward_skip(&forward, i).ssn == last->ssn);
            }
        FUZZ_MUST(found == (last != NULL));
        streams += found;
    }
    FUZZ_MUST(streams == forward.count);
}

static void give_one_up(void) {
    uint8_t choice = fuzz_8(&input), room = fuzz_8(&input);
    for (uint32_t i = 0, number; i < 16 && i < message_count; i++) {
        number = message_count - 1 - (choice + i) % (message_count < 16 ? message_count : 16);
        if (messages[number].failed || messages[number].gone)
            continue;
        give_up(number);
        break;
    }
    judge_forward(room);
}

static void fail(uint32_t streams, bool begun) {
    hw_sendq_fail(&send, streams, begun, HAWSER_ERR_STATE);
    for (uint32_t i = 0; i < message_count; i++) {
        struct message *message = &messages[i];
        if (!message->gone && (message->begun ? begun : message->stream >= streams))
            message->failed = true;
    }
}

/* As restart() does it: what was begun fails, TSNs and SSNs begin anew. */
static void restart(void) {
    uint32_t initial = fuzz_8(&input) & 1 ? UINT32_MAX - 2 : fuzz_8(&input);
    hw_flight_forget(&send);
    for (uint32_t i = 0; i < flight_count; i++)
        if (!flight[i].skipped)
            messages[flight[i].message].unacked--;
    fail(UINT32_MAX, true);
    hw_send_start(&send, initial, 65536, STREAMS);
    cum_tsn = initial - 1;
    flight_count = 0;
    memset(next_ssn, 0, sizeof next_ssn);
    memset(next_unordered, 0, sizeof next_unordered);
}

static void drop_failed(void) {
    if (hw_list_empty(&send.failed))
        return;
    struct hw_outmsg *first = hw_outmsg_of(send.failed.next);
    uint32_t number = first->ppid;
    FUZZ_MUST(number < message_count && messages[number].failed && !messages[number].gone && first->context == number);
    messages[number].gone = true;
    hw_sendq_drop_failed(&send);
}

/* ---- what must hold --------------------------------------------------------------------------------------------- */

static void judge(void) {
    uint32_t waiting = 0, all = 0, open = 0;
    uint64_t uncut = 0;
    for (uint32_t i = 0; i < message_count; i++) {
        const struct message *message = &messages[i];
        if (message->gone || message->failed)
            continue;
        all++;
        waiting += message->cut < message->size || message->more;
        open += message->more;
        uncut += message->size - message->cut;
    }
    for (struct hw_link *link = send.parked.next; link != &send.parked; link = link->next) {
        const struct hw_outmsg *parked = hw_outmsg_of(link);
        FUZZ_MUST(messages[parked->ppid].more && !cuttable(&messages[parked->ppid]));
        waiting--;
        uncut -= parked->size - parked->cut;
    }
    FUZZ_MUST(send.message_count == all && send.uncut_count == waiting && send.uncut_bytes == uncut && send.open_count == open);
    FUZZ_MUST(hw_flight_count(&send) == flight_count && send.cum_tsn == cum_tsn && send.next_tsn == cum_tsn + 1 + flight_count);
    FUZZ_MUST((all == 0) == (send.queued_bytes == 0) && send.urgent_count <= waiting);
    FUZZ_MUST(account.used == host.bytes + host.lent_bytes);
    FUZZ_MUST(account.used <= account.max);
}

static void play(uint8_t move) {
    switch (move % 16) {
    case 0:
    case 1:
    case 2:
        push();
        break;
    case 3:
    case 4:
    case 5:
    case 6:
        cut();
        break;
    case 7:
    case 8:
        advance();
        break;
    case 9:
        if (flight_count)
            judge_chunk(fuzz_16(&input) % flight_count);
        break;
    case 10:
    case 11:
        mark();
        break;
    case 12:
        if (move & 0x80)
            fail(move >> 4 & 7, false); /* the peer has fewer streams */
        else
            drop_failed();
        break;
    case 13:
        if (move & 0x80)
            restart();
        else if (flight_count < IN_FLIGHT && !send.interleaving)
            give_one_up();
        break;
    case 14:
        host.failed = 0;
        host.fail = 1 + (move >> 6);
        host.fail_after = move >> 4 & 3;
        return;
    default:
        if (free_turns && move & 0x80) {
            uint8_t choice = fuzz_8(&input);
            int error = hw_sched_change(&send, choice % 6);
            FUZZ_MUST(!error || error == HAWSER_ERR_NO_MEMORY);
            (void)hw_sched_set_value(&send, choice % STREAMS, choice >> 5);
            if (choice & 64)
                hw_sendq_blocked(&send);
            else
                send.blocked = false;
            hw_sched_packet_ended(&send);
        }
        now += move >> 4;
    }
    judge();
    host.fail = host.failed = 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    input = (struct fuzz_input){data, data + size};
    fuzz_host_init(&host, 1);
    uint8_t choice = fuzz_8(&input);
    hw_account_init(&account, &host.functions, NULL, choice & 1 ? 20000 : UINT64_MAX);
    now = 1000;
    message_count = flight_count = 0;
    memset(next_ssn, 0, sizeof next_ssn);
    memset(next_unordered, 0, sizeof next_unordered);
    cum_tsn = choice & 2 ? UINT32_MAX - 2 : 99;
    hw_send_init(&send, &account);
    hw_send_start(&send, cum_tsn + 1, 65536, STREAMS);
    free_turns = choice & 0x40;
    largest = free_turns && choice & 8 ? 50 : 0;
    send.interleaving = free_turns && choice & 4;
    for (unsigned i = 0; i < MOVES_MAX && fuzz_more(&input); i++)
        play(fuzz_8(&input));
    for (uint32_t i = 0; i < flight_count; i++)
        judge_chunk(i);
    hw_send_free(&send);
    FUZZ_MUST(account.used == 0 && host.lent_bytes == 0);
    fuzz_host_done(&host);
    return 0;
}
