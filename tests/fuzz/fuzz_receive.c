/* SPDX-License-Identifier: MIT
 *
 * The receiving half alone (core/receive) against a model. A peer that keeps the rules writes messages, cuts them and numbers the
 * chunks; the input says in which order they come, how often, what is read in between and when memory is short. The model knows
 * which TSNs came: the cumulative point, the bitmap and every SACK must say the same, and each message must be read once, whole,
 * byte by byte, and in its stream's order; with I-DATA (RFC 8260) chunks of several streams come by turns. Some are given up (RFC
 * 3758): they may be read, in part or not at all, and hold up nobody. A hostile peer, in half of the runs, writes any chunks at
 * all: then what is counted and what is there must still be the same.
 */
#include "fuzz.h"

#include "core/receive/receive.h"

#define MOVES_MAX 800u
#define CHUNKS 1024u
#define MESSAGES 1024u
#define STREAMS 20u
#define FRAGMENT_MAX 5000u /* larger than a block of the smallest windows */
#define TSNS 65536u

struct chunk {
    uint32_t message, offset, fsn;
    uint16_t length;
    uint8_t flags;
};

/* Its number is its PPID. */
struct message {
    size_t size, read;
    uint16_t stream, ssn;
    bool unordered;
    bool given_up; /* by the peer: what has not come may be skipped */
    bool over;     /* it was told that the rest will not come */
};

static struct fuzz_host host;
static struct hw_account account;
static struct fuzz_input input;
static struct hw_receive receive;
static bool hostile, over, interleaving;
static uint32_t first_tsn;
static struct chunk chunks[CHUNKS];
static uint32_t chunk_count;
static struct message messages[MESSAGES];
static uint32_t message_count;
static uint16_t next_ssn[STREAMS], read_ssn[STREAMS], next_unordered[STREAMS];
static bool seen[TSNS + CHUNKS]; /* by TSN beyond first_tsn */
static uint32_t cum;             /* how many have come without a gap */
static uint32_t top;             /* one more than the highest that came */
static uint32_t beyond;          /* how many of those that came are not below cum */

static uint8_t pattern(uint32_t message, size_t offset) { return (uint8_t)(message * 37u + offset * 11u + (offset >> 8)); }

/* ---- the peer --------------------------------------------------------------------------------------------------- */

/* RFC 8260 2.2.2: chunks of several streams by turns; those of one stay in order. */
static void mix_chunks(uint32_t from) {
    uint8_t choice = interleaving ? fuzz_8(&input) : 0;
    for (uint32_t i = from; i < chunk_count; i++)
        for (uint32_t k = i, steps = choice & 15u; steps && k > top && k > cum; steps--, k--) {
            const struct message *one = &messages[chunks[k].message], *other = &messages[chunks[k - 1].message];
            if (one->stream == other->stream && one->unordered == other->unordered)
                break;
            struct chunk keep = chunks[k];
            chunks[k] = chunks[k - 1];
            chunks[k - 1] = keep;
        }
}

static void write_message(void) {
    uint8_t choice = fuzz_8(&input), where = fuzz_8(&input), length = fuzz_8(&input);
    unsigned count = 1 + (choice & 7u);
    if (choice & 0x80)
        count = choice & 0x40 ? count : 1;
    uint16_t size = (uint16_t)(1 + (length < 128 ? length : length < 250 ? (length - 127u) * 11u : length * 16u));
    if (message_count == MESSAGES || chunk_count + count > CHUNKS)
        return;
    struct message *message = &messages[message_count];
    uint16_t streams = receive.partial ? 2 : STREAMS; /* few, so that messages wait for others */
    *message = (struct message){.size = (size_t)count * size, .stream = (uint16_t)(where % streams), .unordered = choice & 0x20};
    message->ssn = where;
    if (!message->unordered)
        message->ssn = next_ssn[message->stream]++;
    else if (interleaving)
        message->ssn = next_unordered[message->stream]++;
    uint32_t from = chunk_count;
    for (unsigned i = 0; i < count; i++)
        chunks[chunk_count++] = (struct chunk){.message = message_count,
                                               .offset = i * size,
                                               .fsn = i,
                                               .length = size,
                                               .flags = (uint8_t)((i == 0 ? HW_FLAG_BEGIN : 0) |
                                                                  (i + 1 == count ? HW_FLAG_END : 0) |
                                                                  (message->unordered ? HW_FLAG_UNORDERED : 0))};
    message_count++;
    mix_chunks(from);
}

/* ---- what comes ------------------------------------------------------------------------------------------------- */

/* TSNs that were taken back are unseen again; how many. The bitmap may have moved on since. */
static uint32_t model_renege(void) {
    uint32_t lost = 0, base = receive.cum_tsn + 1 - first_tsn;
    for (uint32_t i = base; i < top; i++)
        if (seen[i] && !hw_bits_test(&receive.seen, i - base)) {
            seen[i] = false;
            lost++;
        }
    beyond -= lost;
    while (top > cum && !seen[top - 1])
        top--;
    return lost;
}

static void model_take(uint32_t index) {
    seen[index] = true;
    beyond++;
    top = index < top ? top : index + 1;
    for (; cum < top && seen[cum]; cum++)
        beyond--;
}

static void arrive(const struct hw_data *data) {
    uint32_t index = data->tsn - first_tsn, reneged = 0;
    bool old = index >= 0x80000000u, far = !old && index - cum >= HW_WINDOW_TSNS_MAX && index >= cum;
    bool known = old || index < cum || (!far && seen[index]);
    struct hawser_span violation = {NULL, 0};
    uint64_t held = receive.held;
    enum hw_data_result result = hw_receive_data(&receive, data, 0, &reneged, &violation);
    switch (result) {
    case HW_DATA_TAKEN:
        FUZZ_MUST(!known && !far && data->stream < STREAMS);
        break;
    case HW_DATA_DUPLICATE:
        FUZZ_MUST(known && receive.held == held);
        return;
    case HW_DATA_OUTSIDE:
        FUZZ_MUST(far && receive.held == held);
        return;
    case HW_DATA_NO_STREAM:
        FUZZ_MUST(hostile && !known && !far && data->stream >= STREAMS);
        break;
    case HW_DATA_NO_WINDOW:
    case HW_DATA_EARLY:
        FUZZ_MUST(!known && !far && receive.held + hw_record_charge(data->payload.size) > hw_receive_capacity(&receive));
        break;
    case HW_DATA_NO_MEMORY:
        FUZZ_MUST(!known && (host.failed || account.max != UINT64_MAX));
        break;
    case HW_DATA_SKIPPED:
        FUZZ_MUST(!known && !far && receive.partial && (hostile || messages[data->ppid].given_up));
        break;
    default:
        FUZZ_MUST(hostile && violation.data && !known);
        over = true;
    }
    FUZZ_MUST(reneged == 0 || model_renege() == reneged);
    if (result == HW_DATA_TAKEN || result == HW_DATA_NO_STREAM || result == HW_DATA_SKIPPED)
        model_take(index);
}

/* ---- what is skipped -------------------------------------------------------------------------------------------- */

static void forward(uint32_t index, struct hawser_span skips) {
    uint32_t count = index - cum;
    bool stale = count == 0 || count >= 0x80000000u, far = !stale && count > HW_WINDOW_TSNS_MAX;
    struct hw_forward chunk = {.cum_tsn = first_tsn + index - 1, .count = (unsigned)skips.size / 4, .skips = skips.data};
    switch (hw_receive_forward(&receive, &chunk)) {
    case HW_DATA_TAKEN:
        FUZZ_MUST(!stale && !far);
        break;
    case HW_DATA_DUPLICATE:
        FUZZ_MUST(stale);
        return;
    case HW_DATA_OUTSIDE:
        FUZZ_MUST(far);
        return;
    default:
        FUZZ_MUST(!stale && !far && (host.failed || account.max != UINT64_MAX));
        return;
    }
    for (; cum < index; cum++)
        beyond -= seen[cum];
    for (; cum < top && seen[cum]; cum++)
        beyond--;
    top = top < cum ? cum : top;
}

/* Up to `index`, which is among what may be skipped: with the highest SSN of each stream. */
static void forward_to(uint32_t index) {
    uint8_t skips[4 * STREAMS];
    size_t size = 0;
    for (uint32_t stream = 0; stream < STREAMS; stream++) {
        const struct message *last = NULL;
        for (uint32_t i = cum; i < index; i++) {
            const struct message *message = &messages[chunks[i].message];
            if (message->given_up && !message->unordered && message->stream == stream)
                last = message;
        }
        if (!last)
            continue;
        hw_put16(skips + size, (uint16_t)stream);
        hw_put16(skips + size + 2, last->ssn);
        size += 4;
    }
    forward(index, (struct hawser_span){skips, size});
}

static uint32_t may_skip_to(void) {
    uint32_t index = cum;
    while (index < chunk_count && (seen[index] || messages[chunks[index].message].given_up))
        index++;
    return index;
}

static void skip(void) {
    uint8_t choice = fuzz_8(&input), other = fuzz_8(&input);
    if (hostile) {
        uint8_t skips[4 * 8];
        size_t size = 4 * (choice & 7u);
        for (size_t i = 0; i < size; i++)
            skips[i] = i % 2 ? fuzz_8(&input) : i % 4 ? fuzz_8(&input) & 1 : 0;
        uint32_t index = cum + (other < 0xf0 ? other & 31u : other < 0xf8 ? 0u - (other & 7u) : fuzz_16(&input) * 2u);
        if (index < TSNS || index >= 0x80000000u)
            forward(index, (struct hawser_span){skips, size});
        return;
    }
    if (choice < 160 && message_count)
        messages[message_count - 1 - other % (message_count < 16 ? message_count : 16)].given_up = true;
    uint32_t most = may_skip_to() - cum;
    if (choice & 1)
        forward_to(cum + (most ? other % (most + 1) : 0));
}

static void come(uint32_t index) {
    const struct chunk *chunk = &chunks[index];
    const struct message *message = &messages[chunk->message];
    uint8_t payload[FRAGMENT_MAX];
    for (size_t i = 0; i < chunk->length; i++)
        payload[i] = pattern(chunk->message, chunk->offset + i);
    struct hw_data data = {.tsn = first_tsn + index,
                           .stream = message->stream,
                           .ssn = message->ssn,
                           .ppid = interleaving && chunk->fsn ? chunk->fsn : chunk->message,
                           .fsn = chunk->fsn,
                           .flags = chunk->flags,
                           .payload = {payload, chunk->length}};
    arrive(&data);
}

static void come_any(void) {
    static const uint8_t payload[FRAGMENT_MAX];
    uint8_t flags = fuzz_8(&input), where = fuzz_8(&input), length = fuzz_8(&input), step = fuzz_8(&input);
    uint32_t ahead = step < 0xc0 ? step & 15u : step < 0xf0 ? step & 63u : step < 0xfe ? 0u - (step & 15u) : fuzz_16(&input);
    uint32_t index = cum + ahead;
    if (index >= TSNS && index < 0x80000000u)
        return; /* further than the model goes */
    struct hw_data data = {.tsn = first_tsn + index,
                           .stream = where & 0x80 ? where & 1 : where % (STREAMS + 1),
                           .ssn = (uint16_t)((where & 0x40 ? flags >> 4 : read_ssn[where % STREAMS]) + (where >> 5 & 1)),
                           .flags = flags & 7,
                           .fsn = flags & HW_FLAG_BEGIN ? 0 : length & 7u,
                           .payload = {payload, 1 + (length < 128 ? length : (length - 127u) * 11u)}};
    arrive(&data);
}

/* ---- reading ---------------------------------------------------------------------------------------------------- */

static void compare(struct message *message, uint32_t number, const struct hawser_piece *piece, size_t bytes) {
    FUZZ_MUST(message->read + bytes <= message->size);
    for (size_t at = 0; at < bytes; piece = piece->next)
        for (size_t i = 0; i < piece->size && at < bytes; i++, at++)
            FUZZ_MUST(piece->data[i] == pattern(number, message->read + at));
    message->read += bytes;
}

/* The next message of the stream is not read: it was given up. */
static void pass_over(uint16_t stream) {
    for (uint32_t i = 0; i < message_count; i++)
        if (messages[i].stream == stream && !messages[i].unordered && messages[i].ssn == read_ssn[stream]) {
            FUZZ_MUST(messages[i].given_up && "a message is read before its turn");
            read_ssn[stream]++;
            return;
        }
    fuzz_fail("a message is read that was not written", __FILE__, __LINE__);
}

/* Reads the first entry, or a part of it; false: there is none, or nothing new of it. */
static bool read_entry(uint8_t part) {
    struct hw_entry *entry = receive.inbox;
    if (!entry)
        return false;
    size_t bytes = hw_entry_bytes(entry);
    bool aborted = hw_entry_aborted(entry);
    if (aborted) /* it is shown so */
        entry->run->sealed = true;
    if (!bytes && aborted) {
        messages[entry->run->ppid % MESSAGES].over = true;
        FUZZ_MUST((hostile || messages[entry->run->ppid].given_up) && hw_receive_consume(&receive, 0));
        return true;
    }
    if (!bytes)
        return false;
    const struct hw_record *first = hw_entry_first(entry);
    size_t sum = 0;
    for (const struct hawser_piece *piece = &first->piece; piece; piece = piece->next)
        sum += piece->size;
    FUZZ_MUST(sum == bytes);
    bool complete = hw_entry_complete(entry), partly = part && part < bytes;
    uint32_t number = entry->run ? entry->run->ppid : first->ppid;
    bytes = partly ? part : bytes;
    if (!hostile) {
        struct message *message = &messages[number];
        FUZZ_MUST(number < message_count);
        FUZZ_MUST(interleaving || complete || receive.held >= receive.partial_point / 2 || message->read || !message->unordered);
        FUZZ_MUST(!message->over && (!aborted || message->given_up));
        compare(message, number, &first->piece, bytes);
        message->over = aborted && !partly;
        while (!message->unordered && message->ssn != read_ssn[message->stream])
            pass_over(message->stream);
        if (!message->unordered && (message->read == message->size || message->over))
            read_ssn[message->stream]++;
        FUZZ_MUST((message->read == message->size) == (complete && !partly));
    } else if (complete && !partly && !(first->flags & HW_FLAG_UNORDERED))
        read_ssn[first->stream % STREAMS]++;
    bool final = hw_entry_final(entry); /* complete, or sealed: nothing more will come of it */
    FUZZ_MUST(hw_receive_consume(&receive, bytes) == (final && !partly));
    return true;
}

/* ---- acknowledging ---------------------------------------------------------------------------------------------- */

/* `upto`: one more than the highest TSN of the moment when it became due. */
static void judge_sack(struct hawser_span bytes, bool last, bool all, uint32_t upto) {
    struct hw_cursor cursor = hw_cursor_over(bytes);
    struct hw_tlv chunk;
    struct hw_sack sack;
    FUZZ_MUST(hw_cursor_chunk(&cursor, &chunk) == HW_CURSOR_ITEM && hw_sack_parse(&sack, &chunk) && cursor.at == cursor.end);
    uint32_t told = sack.cum_tsn - first_tsn + 1, at = told;
    FUZZ_MUST(told <= cum && told <= upto && (!last || told == cum));
    for (unsigned i = 0; i < sack.gap_count; i++) {
        struct hw_gap gap = hw_sack_gap(&sack, i);
        uint32_t start = told + gap.start - 1u, end = told + gap.end;
        FUZZ_MUST(start > at && end > start && end <= top && end <= upto && !seen[at]);
        for (; last && at < start; at++) /* the last one tells all, as far as it goes */
            FUZZ_MUST(!seen[at]);
        for (at = start; at < end; at++)
            FUZZ_MUST(seen[at]);
        FUZZ_MUST(!last || at == top || !seen[at]);
    }
    FUZZ_MUST(!last || !all || sack.gap_count == 0 || at == top);
    FUZZ_MUST(!last || !all || sack.gap_count || top == cum);
    FUZZ_MUST(sack.dup_count <= HW_DUPS_MAX && (last || sack.dup_count == 0));
}

static void acknowledge(void) {
    uint8_t buffer[16 + 4 * 400], choice = fuzz_8(&input);
    struct hw_writer writer = hw_writer_over(buffer, choice & 1 ? sizeof buffer : choice);
    bool last = receive.mark_count == 0, all = choice & 1;
    uint32_t window = hw_received_window(&receive, 1452), upto = last ? UINT32_MAX : receive.marks[0] + 1 - first_tsn;
    FUZZ_MUST(window <= receive.limit && (window == 0 || receive.payload + window <= receive.limit));
    if (!hw_received_write_sack(&receive, &writer, window)) {
        FUZZ_MUST(choice < 16 && !all);
        return;
    }
    FUZZ_MUST(!writer.full);
    all = all && hw_writer_room(&writer) >= 4;
    judge_sack((struct hawser_span){buffer, hw_writer_size(&writer)}, last, all, upto);
}

/* ---- all of it -------------------------------------------------------------------------------------------------- */

static void judge(void) {
    FUZZ_MUST(receive.cum_tsn == first_tsn + cum - 1);
    uint32_t count = 0;
    for (uint32_t i = hw_bits_next_set(&receive.seen, 0); i != HW_BITS_NONE; i = hw_bits_next_set(&receive.seen, i + 1), count++)
        FUZZ_MUST(seen[cum + i]);
    FUZZ_MUST(receive.seen.count == count && count == beyond && receive.seen.end == (count ? top - cum : 0));
    FUZZ_MUST(account.used == host.bytes && receive.held <= account.used && receive.payload <= receive.held);
    FUZZ_MUST(receive.held <= hw_receive_capacity(&receive) * 2 + 8192);
    uint32_t entries = 0;
    for (const struct hw_entry *entry = receive.inbox; entry; entry = entry->next)
        entries++;
    FUZZ_MUST(entries == receive.inbox_next - receive.inbox_first);
}

static void play(uint8_t move) {
    uint8_t choice;
    switch (move % 16) {
    case 0:
    case 1:
        write_message();
        break;
    case 2:
    case 3:
    case 4:
    case 5: /* the next that is missing */
        if (hostile)
            come_any();
        else if (cum < chunk_count)
            come(cum);
        break;
    case 6:
    case 7:
    case 8:
    case 9: /* any one */
        choice = fuzz_8(&input);
        if (hostile)
            come_any();
        else if (cum + choice < chunk_count + 8 && chunk_count && cum + choice >= 4)
            come((cum + choice - 4) % chunk_count);
        break;
    case 10:
    case 11:
        (void)read_entry(move & 0x80 ? fuzz_8(&input) : 0);
        break;
    case 12:
        (void)hw_received_packet(&receive, move & 16, move & 32, move & 64, 1 + (move >> 7));
        break;
    case 13:
        acknowledge();
        break;
    case 14:
        host.fail_after = move >> 4 & 3;
        host.fail = 1 + (move >> 6);
        host.failed = 0;
        return;
    default:
        if (receive.partial && move & 0x10)
            skip();
        else
            hw_received_timer(&receive);
    }
    judge();
    host.fail = host.failed = 0;
}

/* All that is still missing comes, in order, and is read: then nothing may be left. */
static void finish(void) {
    account.max = UINT64_MAX;
    for (uint32_t turns = 0; cum < chunk_count; turns++) {
        FUZZ_MUST(turns < 4 * CHUNKS && "a chunk is refused for ever");
        if (may_skip_to() > cum)
            forward_to(may_skip_to());
        else
            come(cum);
        judge();
        while (read_entry(0)) {
        }
    }
    while (read_entry(0)) {
    }
    for (uint32_t i = 0; i < message_count; i++)
        FUZZ_MUST((messages[i].given_up || messages[i].read == messages[i].size) && "a message was not read");
    FUZZ_MUST(!receive.inbox && receive.payload == 0 && receive.run_count == 0 && receive.held == 0 && receive.seen.count == 0);
    FUZZ_MUST(receive.assembly_count == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    input = (struct fuzz_input){data, data + size};
    fuzz_host_init(&host, 1);
    uint8_t choice = fuzz_8(&input);
    hostile = choice & 1;
    interleaving = (choice & 0xc0) == 0x80; /* giving up has another chunk then */
    over = false;
    hw_account_init(&account, &host.functions, NULL, choice & 8 ? 30000 : UINT64_MAX);
    first_tsn = choice & 2 ? UINT32_MAX - 5 : 1;
    chunk_count = message_count = 0;
    memset(next_ssn, 0, sizeof next_ssn);
    memset(read_ssn, 0, sizeof read_ssn);
    memset(next_unordered, 0, sizeof next_unordered);
    memset(seen, 0, top);
    cum = top = beyond = 0;
    hw_receive_init(&receive, &account, 7, choice & 4 ? 4096 : 65536, choice & 16 ? 300 : 0);
    hw_receive_interleave(&receive, interleaving);
    hw_receive_start(&receive, first_tsn, STREAMS); /* streams know their MIDs with I-DATA alone */
    receive.partial = choice & 64;
    for (unsigned i = 0; i < MOVES_MAX && fuzz_more(&input) && !over; i++)
        play(fuzz_8(&input));
    if (!hostile)
        finish();
    else if (choice & 32) { /* the peer restarts: what is whole in the inbox stays */
        hw_receive_start(&receive, 5, STREAMS);
        while (read_entry(0)) {
        }
        FUZZ_MUST(receive.run_count == 0 && receive.payload == 0);
    }
    hw_receive_free(&receive);
    FUZZ_MUST(account.used == 0);
    fuzz_host_done(&host);
    return 0;
}
