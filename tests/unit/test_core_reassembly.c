/* SPDX-License-Identifier: MIT
 *
 * The receiving half (core/receive) against a sender that knows what it sent: fragments in any order, twice, above the window,
 * taken back, without memory. What is read must be what was sent, each stream in its order; what the SACK says must be what is
 * held; and in the end nothing may be stuck or left. What an I-FORWARD-TSN skips goes, and nothing else.
 */
#include "test_base.h"
#include "base/serial.h"
#include "core/receive/receive.h"

#define MESSAGES 300
#define STREAMS 40
#define CHUNKS 6000
#define AHEAD 400 /* how far beyond the cumulative point is sent */

struct fragment {
    uint32_t message, offset, length;
};

struct model {
    struct test_host test;
    struct hw_account account;
    struct hw_receive receive;
    struct dice dice;
    uint32_t first_tsn, chunk_count;
    struct fragment chunks[CHUNKS];
    size_t size[MESSAGES], read[MESSAGES];
    bool unordered[MESSAGES], done[MESSAGES];
    uint16_t stream[MESSAGES], ssn[MESSAGES];
    uint16_t next_ssn[STREAMS];        /* to be read next */
    uint32_t messages, done_count;
    bool has[CHUNKS];                  /* as the last SACK said */
    uint64_t reneged;
};

static uint8_t byte_of(uint32_t message, size_t offset) { return (uint8_t)(message * 37 + offset * 11 + (offset >> 8)); }

static void make_messages(struct model *m, uint32_t largest) {
    uint16_t ssn[STREAMS] = {0};
    m->messages = MESSAGES;
    for (uint32_t id = 0; id < MESSAGES && m->chunk_count < CHUNKS - 64; id++) {
        m->stream[id] = (uint16_t)(roll_below(&m->dice, 3) ? roll_below(&m->dice, 3) : roll_below(&m->dice, STREAMS));
        m->unordered[id] = roll_below(&m->dice, 4) == 0;
        m->ssn[id] = m->unordered[id] ? 0 : ssn[m->stream[id]]++;
        m->size[id] = 1 + roll_below(&m->dice, roll_below(&m->dice, 6) ? 300 : largest);
        uint32_t most = 1 + roll_below(&m->dice, 1400);
        if (m->size[id] / most > 50)
            most = (uint32_t)m->size[id] / 50;
        for (size_t at = 0; at < m->size[id]; at += most) {
            size_t rest = m->size[id] - at;
            m->chunks[m->chunk_count++] = (struct fragment){id, (uint32_t)at, rest < most ? (uint32_t)rest : most};
        }
        m->messages = id + 1;
    }
}

static void model_open(struct model *m, uint64_t seed) {
    memset(m, 0, sizeof *m);
    test_host_init(&m->test);
    m->dice.state = seed;
    m->first_tsn = UINT32_MAX - roll_below(&m->dice, 500);
    uint32_t limit = 4096 + roll_below(&m->dice, 60000);
    hw_account_init(&m->account, &m->test.host, NULL, UINT64_MAX);
    hw_receive_init(&m->receive, &m->account, seed, limit, roll_below(&m->dice, 2) ? 0 : 1 + roll_below(&m->dice, limit));
    hw_receive_start(&m->receive, m->first_tsn, STREAMS);
    make_messages(m, limit + limit / 2);
}

/* What a SACK says now becomes what the sender knows. */
static void sack(struct model *m) {
    static uint8_t out[300000];
    struct hw_writer writer = hw_writer_over(out, 65536);
    struct hw_cursor cursor;
    struct hw_tlv tlv;
    struct hw_sack sack;
    m->receive.mark_count = 0;
    assert_true(hw_received_write_sack(&m->receive, &writer, hw_received_window(&m->receive, 1468)));
    cursor = hw_cursor_over((struct hawser_span){out, hw_writer_size(&writer)});
    assert_int_equal(hw_cursor_chunk(&cursor, &tlv), HW_CURSOR_ITEM);
    assert_true(hw_sack_parse(&sack, &tlv));
    uint32_t cum = sack.cum_tsn - m->first_tsn + 1; /* chunks that have come for good */
    static bool now[CHUNKS];
    memset(now, 0, sizeof now);
    memset(now, 1, cum);
    uint32_t last = 0;
    for (unsigned i = 0; i < sack.gap_count; i++) {
        struct hw_gap gap = hw_sack_gap(&sack, i);
        assert_true(gap.start > last + 1 && gap.end >= gap.start); /* apart, rising; the first missing one is never in it */
        last = gap.end;
        memset(now + cum + gap.start - 1, 1, gap.end - gap.start + 1u);
    }
    uint64_t lost = 0;
    for (uint32_t i = 0; i < m->chunk_count; i++) {
        lost += m->has[i] && !now[i];
        assert_true(m->has[i] || !now[i]); /* nothing is acknowledged that was not taken */
    }
    assert_int_equal(lost, m->reneged);
    assert_true(cum == m->chunk_count || !now[cum]);
    memcpy(m->has, now, sizeof now);
    m->reneged = 0;
}

static void give(struct model *m, uint32_t index) {
    const struct fragment *chunk = &m->chunks[index];
    static uint8_t bytes[70000];
    uint32_t id = chunk->message, reneged = 0;
    for (uint32_t i = 0; i < chunk->length; i++)
        bytes[i] = byte_of(id, chunk->offset + i);
    bool end = chunk->offset + chunk->length == m->size[id];
    struct hw_data data = {.tsn = m->first_tsn + index, .ppid = id, .stream = m->stream[id], .ssn = m->ssn[id],
                           .flags = (uint8_t)((chunk->offset ? 0 : HW_FLAG_BEGIN) | (end ? HW_FLAG_END : 0) |
                                              (m->unordered[id] ? HW_FLAG_UNORDERED : 0)),
                           .payload = {bytes, chunk->length}};
    struct hawser_span violation = {NULL, 0};
    if (roll_below(&m->dice, 30) == 0)
        test_refuse_after(&m->test, roll_below(&m->dice, 4));
    bool refusing = m->test.refuse_from != UINT64_MAX;
    uint64_t held = m->receive.held;
    enum hw_data_result result = hw_receive_data(&m->receive, &data, 0, &reneged, &violation);
    test_refuse_after(&m->test, UINT64_MAX);
    memset(bytes, 0xdd, chunk->length); /* the packet is gone */
    m->reneged += reneged;
    if (result == HW_DATA_VIOLATION)
        fail_msg("chunk %u: %.*s", index, (int)violation.size, (const char *)violation.data);
    if (m->has[index] && !m->reneged)
        assert_int_equal(result, HW_DATA_DUPLICATE);
    if (result == HW_DATA_TAKEN)
        m->has[index] = true;
    else if (result == HW_DATA_NO_MEMORY)
        assert_true(refusing);
    else
        assert_true(result == HW_DATA_DUPLICATE || result == HW_DATA_NO_WINDOW);
    if (!reneged && result != HW_DATA_TAKEN && result != HW_DATA_NO_MEMORY) /* then a block may keep a gap till it is empty */
        assert_int_equal(m->receive.held, held);
    if (m->reneged)
        sack(m);
}

/* Some bytes of what may be read; false: nothing is there. */
static bool read_some(struct model *m) {
    struct hw_entry *entry = m->receive.inbox;
    size_t bytes = entry ? hw_entry_bytes(entry) : 0;
    if (!bytes)
        return false;
    const struct hw_record *first = hw_entry_first(entry);
    uint32_t id = entry->run ? entry->run->ppid : first->ppid;
    bool complete = hw_entry_complete(entry);
    assert_true(id < m->messages && !m->done[id]);
    assert_int_equal(first->stream, m->stream[id]);
    if (!m->unordered[id]) {
        assert_int_equal(first->ssn, m->ssn[id]);
        assert_int_equal(m->ssn[id], m->next_ssn[m->stream[id]]);
    }
    assert_true(m->read[id] + bytes <= m->size[id]);
    assert_int_equal(complete, m->read[id] + bytes == m->size[id]);
    size_t offset = m->read[id], sum = 0;
    for (const struct hawser_piece *piece = &first->piece; piece; piece = piece->next) {
        for (size_t i = 0; i < piece->size; i++)
            assert_int_equal(piece->data[i], byte_of(id, offset + sum + i));
        sum += piece->size;
    }
    assert_int_equal(sum, bytes);
    size_t take = roll_below(&m->dice, 3) ? bytes : 1 + roll_below(&m->dice, (uint32_t)bytes);
    m->read[id] += take;
    bool ended = m->read[id] == m->size[id];
    assert_int_equal(hw_receive_consume(&m->receive, take), ended);
    if (ended) {
        m->done[id] = true;
        m->done_count++;
        if (!m->unordered[id])
            m->next_ssn[m->stream[id]]++;
    }
    return true;
}

static uint32_t come(const struct model *m) { return m->receive.cum_tsn - m->first_tsn + 1; }

static void run(uint64_t seed, bool whole) {
    static struct model m;
    model_open(&m, seed);
    uint32_t hole = 1 + roll_below(&m.dice, 30), reader = 1 + roll_below(&m.dice, 20);
    unsigned steps = whole ? 0 : 200 + roll_below(&m.dice, 3000);
    for (unsigned step = 0; step < steps && m.done_count < m.messages; step++) {
        uint32_t ahead = roll_below(&m.dice, 3) ? roll_below(&m.dice, 40) : roll_below(&m.dice, AHEAD);
        uint32_t index = come(&m) + ahead;
        if (ahead == 0 && roll_below(&m.dice, hole))
            continue;
        if (index < m.chunk_count)
            give(&m, index);
        if (roll_below(&m.dice, 20) == 0)
            sack(&m);
        if (roll_below(&m.dice, reader) == 0)
            read_some(&m);
    }
    sack(&m);
    if (seed % 3) { /* a sender that repeats what is missing, from the lowest on, gets all through */
        for (unsigned idle = 0; m.done_count < m.messages; idle++) {
            uint32_t before = come(&m), done = m.done_count;
            if (before < m.chunk_count)
                give(&m, before);
            while (read_some(&m))
                ;
            if (come(&m) != before || m.done_count != done)
                idle = 0;
            assert_true(idle < 50); /* else it is stuck */
        }
        sack(&m);
        assert_int_equal(come(&m), m.chunk_count);
        assert_int_equal(m.receive.held, 0);
        assert_int_equal(m.receive.run_count, 0);
    } else { /* an end in the middle: what is whole may still be read */
        hw_receive_seal(&m.receive);
        while (m.receive.inbox)
            hw_receive_consume(&m.receive, hw_entry_bytes(m.receive.inbox));
        assert_int_equal(m.receive.held, 0);
        assert_int_equal(m.receive.run_count, 0);
    }
    hw_receive_free(&m.receive);
    assert_int_equal(m.test.bytes, 0);
    assert_int_equal(m.account.used, 0);
}

static void what_is_read_is_what_was_sent(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= 400; seed++)
        run(seed, false);
}

static void in_order_nothing_is_kept(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= 20; seed++)
        run(seed * 3 + 1, true);
}

/* Several SACKs owed by one batch: each is what would have gone out in between. */
static void one_batch_owes_many_sacks(void **state) {
    (void)state;
    struct test_host test;
    struct hw_account account;
    struct hw_receive receive;
    test_host_init(&test);
    hw_account_init(&account, &test.host, NULL, UINT64_MAX);
    hw_receive_init(&receive, &account, 1, 1 << 20, 0);
    hw_receive_start(&receive, UINT32_MAX - 3, 1);
    for (uint32_t i = 0; i < 30; i++) { /* TSN 1 is missing */
        struct hw_data data = {.tsn = UINT32_MAX - 3 + i + (i > 0), .flags = HW_FLAG_BEGIN | HW_FLAG_END | HW_FLAG_UNORDERED,
                               .payload = {(const uint8_t *)"x", 1}};
        uint32_t reneged = 0;
        struct hawser_span violation;
        assert_int_equal(hw_receive_data(&receive, &data, 0, &reneged, &violation), HW_DATA_TAKEN);
        assert_false(hw_received_packet(&receive, true, false, false, 2));
    }
    uint32_t end = 0;
    unsigned count = 0;
    for (; receive.sack_now; count++) {
        uint8_t out[200];
        struct hw_writer writer = hw_writer_over(out, sizeof out);
        struct hw_sack sack;
        struct hw_tlv tlv;
        assert_true(hw_received_write_sack(&receive, &writer, 1000));
        struct hw_cursor cursor = hw_cursor_over((struct hawser_span){out, hw_writer_size(&writer)});
        assert_int_equal(hw_cursor_chunk(&cursor, &tlv), HW_CURSOR_ITEM);
        assert_true(hw_sack_parse(&sack, &tlv));
        assert_int_equal(sack.cum_tsn, UINT32_MAX - 3);
        assert_int_equal(sack.gap_count, 1);
        assert_true(hw_sack_gap(&sack, 0).end > end);
        end = hw_sack_gap(&sack, 0).end;
    }
    assert_int_equal(count, HW_SACK_MARKS + 1);
    assert_int_equal(end, 30);
    hw_receive_free(&receive);
    assert_int_equal(test.bytes, 0);
}

/* ---- I-FORWARD-TSN ---------------------------------------------------------------------------------------------- */

#define KINDS 6   /* streams 1 and 2, and 0, that is never skipped, ordered and unordered */
#define RANGE 400 /* MIDs that are open at once, at the most */

/* Fragments without beginning of messages of any MID; `first` is the MID before which all is over. */
struct skipping {
    struct hw_account account;
    struct hw_receive receive;
    uint32_t first[KINDS], total;
    uint8_t runs[KINDS][RANGE];
};

static void fragment_comes(struct skipping *m, unsigned kind, uint32_t offset) {
    static const uint8_t byte = 1;
    struct hw_data data = {.stream = (uint16_t)(kind / 2), .ssn = m->first[kind] + offset,
                           .flags = kind % 2 ? HW_FLAG_UNORDERED : 0, .payload = {&byte, 1}};
    uint32_t reneged = 0;
    struct hawser_span violation;
    if (m->runs[kind][offset] >= 5)
        return;
    data.tsn = m->receive.cum_tsn + 1;
    data.fsn = 1 + 2u * m->runs[kind][offset]++; /* its neighbours never come */
    m->total++;
    assert_int_equal(hw_receive_data(&m->receive, &data, 0, &reneged, &violation), HW_DATA_TAKEN);
}

/* The first `over` MIDs of a kind go. */
static void skip_comes(struct skipping *m, unsigned kind, uint32_t over) {
    uint32_t mid = m->first[kind] + over - 1;
    const uint8_t pair[8] = {0, (uint8_t)(kind / 2), 0, kind % 2, (uint8_t)(mid >> 24), (uint8_t)(mid >> 16), (uint8_t)(mid >> 8),
                             (uint8_t)mid};
    struct hw_forward forward = {.cum_tsn = m->receive.cum_tsn + over, .interleaving = true, .count = 1, .skips = pair};
    assert_int_equal(hw_receive_forward(&m->receive, &forward), HW_DATA_TAKEN);
    for (uint32_t i = 0; i < RANGE; i++) {
        m->total -= i < over ? m->runs[kind][i] : 0u;
        m->runs[kind][i] = i + over < RANGE ? m->runs[kind][i + over] : 0;
    }
    m->first[kind] += over;
}

static void what_is_skipped_goes_and_nothing_else(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        static struct skipping m;
        struct test_host test;
        struct dice dice = {.state = seed};
        memset(&m, 0, sizeof m);
        test_host_init(&test);
        hw_account_init(&m.account, &test.host, NULL, UINT64_MAX);
        hw_receive_init(&m.receive, &m.account, seed, 1 << 22, 0);
        hw_receive_interleave(&m.receive, true);
        hw_receive_start(&m.receive, 1, KINDS / 2);
        m.receive.partial = true;
        for (unsigned kind = 1; kind < KINDS; kind += 2) { /* soon before the numbers of unordered ones wrap */
            m.first[kind] = 0x80000000;
            skip_comes(&m, kind, 1);
            m.first[kind] = 0u - roll_below(&dice, 2000) - 1;
            skip_comes(&m, kind, 1);
        }
        for (unsigned step = 0; step < 5000; step++) {
            unsigned kind = roll_below(&dice, KINDS);
            if (roll_below(&dice, 20))
                fragment_comes(&m, kind, roll_below(&dice, roll_below(&dice, 4) ? 40 : RANGE));
            else if (kind / 2)
                skip_comes(&m, kind, 1 + roll_below(&dice, roll_below(&dice, 4) ? 10 : RANGE));
            assert_int_equal(m.receive.run_count, m.total);
        }
        hw_receive_free(&m.receive);
        assert_null(m.receive.open);
        assert_int_equal(test.bytes, 0);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_read_is_what_was_sent),
        cmocka_unit_test(in_order_nothing_is_kept),
        cmocka_unit_test(one_batch_owes_many_sacks),
        cmocka_unit_test(what_is_skipped_goes_and_nothing_else),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
