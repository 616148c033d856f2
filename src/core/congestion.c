/* SPDX-License-Identifier: MIT
 *
 * Congestion control by the letter of RFC 9260 section 7.2: slow start, congestion avoidance with partial_bytes_acked, and what
 * losses, time-outs and idleness do to the window. When and what to send is not decided here.
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
    path->decayed = path->cautious = false;
}

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

/* 7.2.1; L is 2, so that a SACK for every second packet lets cwnd double in a round trip, but 1 after a time-out (RFC 3465 2.3). */
static void slow_start(struct hw_path *path) {
    if (path->full && !path->recovery)
        path->cwnd += least(path->newly_acked, (path->cautious ? 1 : 2) * path->pmdcs);
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
