/* SPDX-License-Identifier: MIT
 *
 * The sending half (core/send) against a plain list of messages and a plain array of chunks: what is cut, what the chunks hold
 * when they are written again, what is freed and when, through messages in parts, lent buffers, restarts and refused memory.
 */
#include "test_base.h"
#include "core/send/send.h"

#define MESSAGES 400
#define STREAMS 20
#define CHUNKS 4096

struct lent {
    uint8_t *bytes;
    size_t size;
    unsigned released;
};

struct model {
    struct test_host test;
    struct hw_account account;
    struct hw_send send;
    struct dice dice;
    size_t size[MESSAGES];     /* accepted */
    bool ended[MESSAGES], gone[MESSAGES];
    uint16_t stream[MESSAGES];
    int open[STREAMS];         /* message that is not ended, or -1 */
    uint16_t ssn[STREAMS];
    uint32_t messages;
    size_t cut[MESSAGES];
    int32_t ssn_of[MESSAGES];  /* -1: not begun */
    struct chunk {
        uint32_t message, offset, length;
    } chunks[CHUNKS];          /* by TSN modulo CHUNKS */
    struct lent lent[MESSAGES * 8];
    uint32_t lent_count;
};

static uint8_t byte_of(uint32_t message, size_t offset) { return (uint8_t)(message * 37 + offset * 11 + (offset >> 8)); }

static void give_back(void *user, const void *data, size_t size) {
    struct lent *lent = user;
    assert_ptr_equal(data, lent->bytes);
    assert_int_equal(size, lent->size);
    assert_int_equal(lent->released++, 0);
    memset(lent->bytes, 0xee, size);
}

static void model_open(struct model *m, uint64_t seed) {
    memset(m, 0, sizeof *m);
    test_host_init(&m->test);
    m->dice.state = seed;
    hw_account_init(&m->account, &m->test.host, NULL, UINT64_MAX);
    hw_send_init(&m->send, &m->account);
    hw_send_start(&m->send, UINT32_MAX - roll_below(&m->dice, 300), 1 << 20, STREAMS);
    for (unsigned i = 0; i < STREAMS; i++)
        m->open[i] = -1;
}

static void push(struct model *m) {
    uint16_t stream = (uint16_t)roll_below(&m->dice, STREAMS);
    int open = m->open[stream];
    if (open < 0 && m->messages == MESSAGES)
        return;
    uint32_t id = open >= 0 ? (uint32_t)open : m->messages;
    size_t size = 1 + roll_below(&m->dice, roll_below(&m->dice, 4) ? 60 : 5000), before = open >= 0 ? m->size[id] : 0;
    bool more = roll_below(&m->dice, 3) == 0, lend = roll_below(&m->dice, 3) == 0 && m->lent_count < COUNT(m->lent);
    if (open >= 0 && !more && !lend && roll_below(&m->dice, 3) == 0)
        size = 0; /* the end alone */
    uint8_t *bytes = malloc(size + 1);
    assert_non_null(bytes);
    for (size_t i = 0; i < size; i++)
        bytes[i] = byte_of(id, before + i);
    size_t split = size ? roll_below(&m->dice, (uint32_t)size) : 0;
    struct hawser_span parts[2] = {{bytes, split}, {bytes + split, size - split}}, whole = {bytes, size};
    struct hawser_message message = {.size = sizeof message, .parts = lend ? &whole : parts, .part_count = lend ? 1 : 2,
                                     .stream = stream, .ppid = id, .context = id};
    message.flags = more ? HAWSER_SEND_MORE : 0;
    struct lent *lent = &m->lent[m->lent_count];
    if (lend) {
        *lent = (struct lent){bytes, size, 0};
        message.release = give_back;
        message.release_user = lent;
    }
    if (roll_below(&m->dice, 12) == 0)
        test_refuse_after(&m->test, roll_below(&m->dice, 3));
    uint64_t before_bytes = m->test.bytes, queued = m->send.queued_bytes, uncut = m->send.uncut_bytes;
    int error = hw_sendq_push(&m->send, 0, &message, size);
    test_refuse_after(&m->test, UINT64_MAX);
    if (error) {
        assert_int_equal(error, HAWSER_ERR_NO_MEMORY);
        assert_true(m->test.bytes - before_bytes <= 4096); /* a page of streams at most stays */
        assert_int_equal(queued, m->send.queued_bytes);
        assert_int_equal(uncut, m->send.uncut_bytes);
        assert_int_equal(lend ? lent->released : 0, 0);
        free(bytes);
        return;
    }
    if (lend)
        m->lent_count++;
    else
        free(bytes);
    if (open < 0) {
        m->messages++;
        m->stream[id] = stream;
        m->ssn_of[id] = -1;
    }
    m->size[id] = before + size;
    m->ended[id] = !more;
    m->open[stream] = more ? (int)id : -1;
}

/* The chunk as it goes out, against the model. */
static void expect_chunk(struct model *m, uint32_t tsn) {
    struct hw_flight *record = hw_flight_at(&m->send, tsn - m->send.cum_tsn - 1);
    const struct chunk *chunk = &m->chunks[tsn % CHUNKS];
    uint8_t out[8192];
    struct hw_writer writer = hw_writer_over(out, sizeof out);
    hw_flight_write(&m->send, record, tsn, false, &writer);
    assert_int_equal(hw_writer_size(&writer), hw_data_chunk_size(&m->send, chunk->length));
    struct hw_cursor cursor = hw_cursor_over((struct hawser_span){out, hw_writer_size(&writer)});
    struct hw_tlv tlv;
    struct hw_data data;
    assert_int_equal(hw_cursor_chunk(&cursor, &tlv), HW_CURSOR_ITEM);
    assert_true(hw_data_parse(&data, &tlv));
    uint32_t id = chunk->message;
    assert_int_equal(data.tsn, tsn);
    assert_int_equal(data.ppid, id);
    assert_int_equal(data.stream, m->stream[id]);
    assert_int_equal(data.ssn, m->ssn_of[id]);
    assert_int_equal(data.payload.size, chunk->length);
    bool end = m->ended[id] && chunk->offset + chunk->length == m->size[id];
    assert_int_equal(data.flags, (chunk->offset ? 0 : HW_FLAG_BEGIN) | (end ? HW_FLAG_END : 0));
    for (uint32_t i = 0; i < chunk->length; i++)
        assert_int_equal(data.payload.data[i], byte_of(id, chunk->offset + i));
}

static void cut(struct model *m) {
    struct hw_outmsg *message = hw_sendq_head(&m->send, 0, 0);
    if (!message || hw_flight_count(&m->send) == CHUNKS)
        return;
    uint32_t id = (uint32_t)message->context, most = 1 + roll_below(&m->dice, 1400);
    size_t rest = m->size[id] - m->cut[id];
    assert_int_equal(message->size - message->cut, rest);
    if (!m->ended[id])
        rest--;
    if (!rest)
        return;
    if (roll_below(&m->dice, 12) == 0)
        test_refuse_after(&m->test, roll_below(&m->dice, 2));
    bool reserved = hw_flight_reserve(&m->send);
    test_refuse_after(&m->test, UINT64_MAX);
    if (!reserved)
        return;
    uint16_t length = (uint16_t)(rest < most ? rest : most);
    if (m->ssn_of[id] < 0)
        m->ssn_of[id] = m->ssn[m->stream[id]]++;
    uint32_t tsn = m->send.next_tsn;
    m->chunks[tsn % CHUNKS] = (struct chunk){id, (uint32_t)m->cut[id], length};
    m->cut[id] += length;
    hw_flight_cut(&m->send, message, length, 0);
    expect_chunk(m, tsn);
}

/* Marks never want for memory, once a record is there. */
static void mark_all(struct model *m) {
    test_refuse_after(&m->test, 0);
    for (uint32_t i = 0; i < hw_flight_count(&m->send); i++)
        assert_true(hw_bits_set(&m->send.marked, &m->account, i));
    test_refuse_after(&m->test, UINT64_MAX);
    hw_bits_reset(&m->send.marked);
}

static void advance(struct model *m) {
    uint32_t count = hw_flight_count(&m->send);
    hw_flight_advance(&m->send, m->send.cum_tsn + roll_below(&m->dice, count + 1));
}

static void take_failed(struct model *m) {
    while (!hw_list_empty(&m->send.failed)) {
        struct hw_outmsg *message = hw_outmsg_of(m->send.failed.next);
        uint32_t id = (uint32_t)message->context;
        assert_false(m->gone[id]);
        m->gone[id] = true;
        if (m->open[m->stream[id]] == (int)id)
            m->open[m->stream[id]] = -1;
        hw_sendq_drop_failed(&m->send);
    }
}

static void restart(struct model *m) {
    hw_flight_forget(&m->send);
    hw_sendq_fail(&m->send, STREAMS, true, HAWSER_ERR_GONE);
    hw_send_start(&m->send, (uint32_t)roll(&m->dice), 1 << 20, STREAMS);
    memset(m->ssn, 0, sizeof m->ssn);
    for (struct hw_link *link = m->send.failed.next; link != &m->send.failed; link = link->next)
        assert_true(m->ssn_of[hw_outmsg_of(link)->context] >= 0);
    take_failed(m);
}

static void expect_sums(const struct model *m) {
    uint64_t queued = 0, uncut = 0;
    uint32_t count = 0;
    const struct hw_link *lists[] = {&m->send.queue, &m->send.sent};
    for (unsigned i = 0; i < 2; i++)
        for (const struct hw_link *link = lists[i]->next; link != lists[i]; link = link->next) {
            const struct hw_outmsg *message = hw_outmsg_of((struct hw_link *)(uintptr_t)link);
            queued += message->charge;
            uncut += message->size - message->cut;
            count++;
        }
    assert_int_equal(queued, m->send.queued_bytes);
    assert_int_equal(uncut, m->send.uncut_bytes);
    assert_int_equal(count, m->send.message_count);
}

static void run(uint64_t seed) {
    static struct model m;
    model_open(&m, seed);
    for (unsigned step = 0; step < 6000; step++) {
        uint32_t what = roll_below(&m.dice, 100), count = hw_flight_count(&m.send);
        if (what < 15)
            push(&m);
        else if (what < 60)
            cut(&m);
        else if (what < 80 && count)
            expect_chunk(&m, m.send.cum_tsn + 1 + roll_below(&m.dice, count));
        else if (what < 83)
            advance(&m);
        else if (what == 84)
            mark_all(&m);
        else if (what == 85 && roll_below(&m.dice, 30) == 0)
            restart(&m);
        if (step % 64 == 0)
            expect_sums(&m);
    }
    hw_send_free(&m.send);
    assert_int_equal(m.test.bytes, 0);
    assert_int_equal(m.account.used, 0);
    for (uint32_t i = 0; i < m.lent_count; i++) {
        assert_int_equal(m.lent[i].released, 1);
        free(m.lent[i].bytes);
    }
}

static void chunks_hold_what_was_sent(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= 60; seed++)
        run(seed);
}

static void no_more_than_the_gap_offsets_can_name(void **state) {
    (void)state;
    static struct model m;
    model_open(&m, 7);
    uint8_t *bytes = calloc(1, 70000);
    struct hawser_span part = {bytes, 70000};
    struct hawser_message message = {.size = sizeof message, .parts = &part, .part_count = 1};
    assert_int_equal(hw_sendq_push(&m.send, 0, &message, part.size), 0);
    uint32_t count = 0;
    for (; hw_flight_reserve(&m.send); count++)
        hw_flight_cut(&m.send, hw_sendq_head(&m.send, 0, 0), 1, 0);
    assert_int_equal(count, 65535);
    hw_flight_advance(&m.send, m.send.cum_tsn + 1);
    assert_true(hw_flight_reserve(&m.send));
    hw_flight_cut(&m.send, hw_sendq_head(&m.send, 0, 0), 1, 0);
    assert_false(hw_flight_reserve(&m.send));
    mark_all(&m);
    hw_flight_advance(&m.send, m.send.next_tsn - 1);
    assert_int_equal(m.send.small_tsn, m.send.cum_tsn); /* a small packet of long ago does not come ahead of what is sent */
    hw_send_free(&m.send);
    assert_int_equal(m.test.bytes, 0);
    free(bytes);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(chunks_hold_what_was_sent),
        cmocka_unit_test(no_more_than_the_gap_offsets_can_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
