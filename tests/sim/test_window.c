/* SPDX-License-Identifier: MIT
 *
 * The sender and the peer's window (RFC 9260 6.1 A, 6.2.1), read from the packets themselves: what is outstanding when new data
 * leaves fits the newest window that has arrived, but for the last packet, or it is the one probe that a closed window allows.
 */
#include "base/bytes.h"
#include "sim_tests.h"
#include <stdbool.h>

#define TSNS   65536u
#define PACKET 1500u

enum { DATA = 0, INIT = 1, INIT_ACK = 2, SACK = 3 };

/* Host 0 as a sender, as its packets tell. */
struct sender {
    uint32_t next_tsn; /* highest sent, plus 1 */
    uint32_t cum_ack, window;
    uint64_t outstanding;
    uint16_t size[TSNS]; /* of what is outstanding, by TSN */
    int begun, zero_windows, probes;
    uint64_t most_over;
};

static void acked(struct sender *s, uint32_t tsn) {
    s->outstanding -= s->size[tsn % TSNS];
    s->size[tsn % TSNS] = 0;
}

static void on_sack(struct sender *s, const uint8_t *chunk) {
    uint32_t cum = hw_get32(chunk + 4), gaps = hw_get16(chunk + 12);
    if (!s->begun || (int32_t)(cum - s->cum_ack) < 0)
        return;
    for (; s->cum_ack != cum; s->cum_ack++)
        acked(s, s->cum_ack + 1);
    for (uint32_t i = 0; i < gaps; i++)
        for (uint32_t at = hw_get16(chunk + 16 + 4 * i); at <= hw_get16(chunk + 18 + 4 * i); at++)
            acked(s, cum + at);
    s->window = hw_get32(chunk + 8);
    s->zero_windows += s->window == 0;
}

static void on_data(struct sender *s, const uint8_t *chunk, size_t length, uint64_t before) {
    uint32_t tsn = hw_get32(chunk + 4), size = (uint32_t)length - 16;
    int fresh = !s->begun || tsn == s->next_tsn;
    if (!s->begun)
        s->cum_ack = tsn - 1;
    s->begun = 1;
    if (s->size[tsn % TSNS] == 0) { /* a retransmission is outstanding already, unless a gap report was taken back */
        s->size[tsn % TSNS] = (uint16_t)size;
        s->outstanding += size;
    }
    if (!fresh)
        return;
    s->next_tsn = tsn + 1;
    s->probes += before == 0 && s->window < size;
    if (before > 0 && s->outstanding > s->window && s->outstanding - s->window > s->most_over)
        s->most_over = s->outstanding - s->window;
}

static void on_trace(void *user, int host, const struct hawser_trace_record *record) {
    struct sender *s = user;
    if (host != 0 || (record->type != HAWSER_TRACE_PACKET_IN && record->type != HAWSER_TRACE_PACKET_OUT))
        return;
    const uint8_t *packet = record->packet.data;
    uint64_t before = s->outstanding;
    for (size_t at = 12; at + 4 <= record->packet.length;) {
        const uint8_t *chunk = packet + at;
        size_t length = hw_get16(chunk + 2);
        if (length < 4 || at + length > record->packet.length)
            return;
        if (record->type == HAWSER_TRACE_PACKET_OUT && chunk[0] == DATA)
            on_data(s, chunk, length, before);
        else if (record->type == HAWSER_TRACE_PACKET_IN && chunk[0] == SACK)
            on_sack(s, chunk);
        else if (record->type == HAWSER_TRACE_PACKET_IN && (chunk[0] == INIT_ACK || chunk[0] == INIT))
            s->window = hw_get32(chunk + 8);
        at += hw_pad4(length);
    }
}

static void watch(const char *scenario, uint64_t seed, struct sender *s) {
    struct hawser_sim_plan plan = sim_plan(scenario, seed);
    struct hawser_sim_result result;
    memset(s, 0, sizeof *s);
    plan.trace = on_trace;
    plan.user = s;
    if (hawser_sim_run(&plan, &result))
        fail_msg("%s\n  hawser sim --scenario %s --seed %llu", result.complaint, scenario, (unsigned long long)seed);
    assert_true(s->begun);
    if (s->most_over > PACKET)
        fail_msg("%s, seed %llu: %llu bytes beyond the window", scenario, (unsigned long long)seed,
                 (unsigned long long)s->most_over);
}

static void sender_keeps_to_the_window(void **state) {
    static const char *const names[] = {"clean", "slow-reader", "tiny-messages", "huge-messages", "lossy", "long-fat"};
    static struct sender sender;
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        for (uint64_t seed = 1; seed <= 3; seed++)
            watch(names[i], seed, &sender);
}

/* 6.1 A: a closed window is probed, one packet at a time. */
static void closed_window_is_probed(void **state) {
    static struct sender sender;
    int probes = 0;
    (void)state;
    for (uint64_t seed = 1; seed <= 3; seed++) {
        watch("slow-reader", seed, &sender);
        assert_true(sender.zero_windows > 0);
        probes += sender.probes;
    }
    assert_true(probes > 0);
}

/* ---- the receiver ---------------------------------------------------------------------------------------------- */

/* What host 1 has told: how far host 0 may send, in bytes of messages from the beginning. */
struct receiver {
    uint16_t size[TSNS]; /* of all that came, by TSN */
    uint32_t first_tsn;
    uint64_t edge, most_back;
    int begun, sacks;
};

static void told(struct receiver *r, const uint8_t *chunk) {
    uint32_t cum = hw_get32(chunk + 4), gaps = hw_get16(chunk + 12);
    uint64_t edge = hw_get32(chunk + 8);
    for (uint32_t tsn = r->first_tsn; r->begun && (int32_t)(cum - tsn) >= 0; tsn++)
        edge += r->size[tsn % TSNS];
    for (uint32_t i = 0; i < gaps; i++)
        for (uint32_t at = hw_get16(chunk + 16 + 4 * i); at <= hw_get16(chunk + 18 + 4 * i); at++)
            edge += r->size[(cum + at) % TSNS];
    if (edge < r->edge && r->edge - edge > r->most_back)
        r->most_back = r->edge - edge;
    if (edge > r->edge)
        r->edge = edge;
    r->sacks++;
}

static void on_receiver(void *user, int host, const struct hawser_trace_record *record) {
    struct receiver *r = user;
    bool in = record->type == HAWSER_TRACE_PACKET_IN;
    if (host != 1 || (!in && record->type != HAWSER_TRACE_PACKET_OUT))
        return;
    const uint8_t *packet = record->packet.data;
    for (size_t at = 12; at + 4 <= record->packet.length;) {
        const uint8_t *chunk = packet + at;
        size_t length = hw_get16(chunk + 2);
        if (length < 4 || at + length > record->packet.length)
            return;
        if (in && chunk[0] == DATA) {
            if (!r->begun)
                r->first_tsn = hw_get32(chunk + 4);
            r->begun = 1;
            r->size[hw_get32(chunk + 4) % TSNS] = (uint16_t)(length - 16);
        } else if (!in && chunk[0] == SACK)
            told(r, chunk);
        at += hw_pad4(length);
    }
}

/* 6.2.1: the right edge of the window does not move back: what was offered may be on its way. One packet is the step in which it
 * is told (silly windows). */
static void offered_window_stays(void **state) {
    static struct receiver receiver;
    (void)state;
    for (uint64_t seed = 1; seed <= 6; seed++) {
        struct hawser_sim_plan plan = sim_plan("slow-reader", seed);
        struct hawser_sim_result result;
        memset(&receiver, 0, sizeof receiver);
        plan.flows[0].size_min = plan.flows[0].size_max = 1400 * (uint32_t)(1 + seed % 3);
        plan.flows[0].messages = 200;
        plan.flows[0].pause_to = 3000000;
        plan.flows[0].read_rate = 100000;
        plan.trace = on_receiver;
        plan.user = &receiver;
        plan.must_see = 0;
        if (hawser_sim_run(&plan, &result))
            fail_msg("slow-reader, seed %llu: %s", (unsigned long long)seed, result.complaint);
        assert_true(receiver.sacks > 50);
        if (receiver.most_back > PACKET)
            fail_msg("slow-reader, seed %llu: the window's edge moved back by %llu bytes", (unsigned long long)seed,
                     (unsigned long long)receiver.most_back);
    }
}

int sim_window_tests(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sender_keeps_to_the_window),
        cmocka_unit_test(closed_window_is_probed),
        cmocka_unit_test(offered_window_stays),
    };
    return cmocka_run_group_tests_name("window", tests, NULL, NULL);
}
