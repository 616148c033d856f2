/* SPDX-License-Identifier: MIT
 *
 * Congestion control by the letter of RFC 9260 section 7.2: slow start (the first with HyStart++, RFC 9406), congestion avoidance
 * with partial_bytes_acked, and what losses, time-outs and idleness do to the window. When and what to send is not decided here.
 */
#include "core/assoc.h"

static uint32_t least(uint32_t a, uint32_t b) { return a < b ? a : b; }
static uint32_t most(uint32_t a, uint32_t b) { return a > b ? a : b; }

/* 7.2.1: min(4 * PMDCS, max(2 * PMDCS, 4404 or, over IPv6, 4344)) */
static void start(struct hw_path *path) {
    uint32_t bound = path->remote.family == HAWSER_IPV6 ? 4344 : 4404;
    path->cwnd = least(4 * path->pmdcs, most(2 * path->pmdcs, bound));
    path->ssthresh = UINT32_MAX;
    path->partial_bytes_acked = 0;
    path->decayed = path->cautious = path->ecn_reduced = path->hystart.running = false;
}

/* ---- congestion avoidance --------------------------------------------------------------------------------------- */

static void avoidance(struct hw_path *path) { /* 7.2.2 */
    path->partial_bytes_acked += path->newly_acked;
    if (path->partial_bytes_acked < path->cwnd)
        return;
    if (path->full) {
        path->partial_bytes_acked -= path->cwnd;
        path->cwnd += path->pmdcs;
    } else if (path->partial_bytes_acked > path->cwnd)
        path->partial_bytes_acked = path->cwnd;
}

/* ---- slow start ------------------------------------------------------------------------------------------------- */

#define ROUND_SAMPLES 8u   /* N_RTT_SAMPLE and so on (RFC 9406 4.3) */
#define DELAY_MIN 4000u    /* us */
#define DELAY_MAX 16000u
#define SLOWED_DIVISOR 4u
#define SLOWED_ROUNDS 5u

static void round_begins(struct hw_path *path, struct hw_hystart *h) {
    h->last_min = h->running ? h->min : UINT32_MAX;
    h->min = UINT32_MAX;
    h->samples = 0;
    h->end_tsn = path->assoc->send.next_tsn;
    if (!h->running)
        h->slowed_at = h->careful_rounds = 0;
    h->running = true;
}

/* RFC 9406 4.2: round trips that become longer tell of a queue before it overflows. Growth slows down then, and slow start ends
 * if they stay so. Only before the first loss, while ssthresh is not known. */
static void watch_delay(struct hw_path *path) {
    struct hw_hystart *h = &path->hystart;
    if (!h->running)
        round_begins(path, h);
    if (path->round_trip) {
        h->min = least(h->min, path->round_trip);
        if (h->samples < ROUND_SAMPLES)
            h->samples++;
    }
    if (h->samples == ROUND_SAMPLES && h->slowed_at && h->min < h->slowed_at)
        h->slowed_at = h->careful_rounds = 0; /* it was a moment's delay */
    else if (h->samples == ROUND_SAMPLES && !h->slowed_at && h->last_min != UINT32_MAX &&
             h->min >= h->last_min + most(DELAY_MIN, least(h->last_min / 8, DELAY_MAX)))
        h->slowed_at = h->min;
    if (hw_tsn_before(path->highest_newly_acked, h->end_tsn))
        return;
    if (h->slowed_at && path->full && ++h->careful_rounds == SLOWED_ROUNDS) /* what does not fill cwnd says nothing of it */
        path->ssthresh = path->cwnd;
    round_begins(path, h);
}

/* 7.2.1. L is 2: cwnd doubles in a round trip though every second packet has a SACK; but 1 after a time-out (RFC 3465 2.3). */
static void slow_start(struct hw_path *path) {
    uint32_t growth = least(path->newly_acked, (path->cautious ? 1 : 2) * path->pmdcs);
    if (path->ssthresh == UINT32_MAX)
        watch_delay(path);
    if (path->hystart.slowed_at && path->ssthresh == UINT32_MAX)
        growth /= SLOWED_DIVISOR;
    if (path->full && !path->recovery)
        path->cwnd += growth;
}

static void acked(struct hw_path *path, bool cum_advanced) {
    (void)cum_advanced; /* 9260 dropped 4960's condition that the cumulative point advances */
    if (path->cwnd <= path->ssthresh) {
        slow_start(path);
        return;
    }
    path->cautious = false;
    avoidance(path);
}

static void all_acked(struct hw_path *path) { path->partial_bytes_acked = 0; }

static void lost(struct hw_path *path) { /* 7.2.3 */
    path->ssthresh = most(path->cwnd / 2, 4 * path->pmdcs);
    path->cwnd = path->ssthresh;
    path->partial_bytes_acked = 0;
}

static void timed_out(struct hw_path *path) { /* 7.2.3 */
    path->ssthresh = most(path->cwnd / 2, 4 * path->pmdcs);
    path->cwnd = path->pmdcs;
    path->partial_bytes_acked = 0;
    path->cautious = true;
}

static void idle(struct hw_path *path) { /* 7.2.1; never upwards, which the formula alone would do to a small window */
    uint32_t cwnd = most(path->cwnd / 2, 4 * path->pmdcs);
    if (cwnd >= path->cwnd)
        return;
    if (!path->decayed)
        path->ssthresh = path->cwnd;
    path->decayed = true;
    path->cwnd = cwnd;
}

const struct hw_congestion hw_congestion_rfc9260 = {"rfc9260", start, acked, all_acked, lost, timed_out, idle};
