/* SPDX-License-Identifier: MIT
 *
 * What a SACK does to the sending half and to the paths (RFC 9260 6.2.1, 6.3.2, 7.2): what is newly acknowledged, what is
 * missing, what was taken back; RTT, windows, T3. The cost is what it newly acknowledges, its own blocks and the holes below
 * them.
 */
#include "core/assoc.h"

/* ---- in flight or not ------------------------------------------------------------------------------------------ */

void hw_flight_joins(struct hw_assoc *assoc, struct hw_flight *record, uint32_t tsn) {
    struct hw_path *path = assoc->paths[record->path];
    if (path->flight == 0 || hw_tsn_before(tsn, path->earliest_tsn))
        path->earliest_tsn = tsn;
    path->flight += hw_data_chunk_size(&assoc->send, record->length);
    assoc->send.outstanding += record->length;
}

void hw_flight_leaves(struct hw_assoc *assoc, struct hw_flight *record) {
    uint32_t size = hw_data_chunk_size(&assoc->send, record->length);
    if (!HW_HOLDS(&assoc->stack->faults, record->path < assoc->path_count && assoc->paths[record->path]->flight >= size &&
                                             assoc->send.outstanding >= record->length))
        return;
    assoc->paths[record->path]->flight -= size;
    assoc->send.outstanding -= record->length;
}

static bool is_marked(const struct hw_send *send, uint32_t offset) { return hw_bits_test(&send->marked, offset); }

/* Of what is not acknowledged: neither to be sent again nor given up. */
static bool is_out(const struct hw_send *send, uint32_t offset) {
    return !is_marked(send, offset) && !hw_flight_abandoned(send, offset);
}

/* To be sent again. */
static void mark(struct hw_assoc *assoc, uint32_t offset) {
    struct hw_send *send = &assoc->send;
    struct hw_flight *record = hw_flight_at(send, offset);
    if (!HW_HOLDS(&assoc->stack->faults, hw_bits_set(&send->marked, send->account, offset)))
        return;
    hw_flight_leaves(assoc, record);
    send->peer_rwnd += record->length < UINT32_MAX - send->peer_rwnd ? record->length : 0; /* 6.2.1 C */
    record->next_path = record->path;
    record->misses = 0; /* what was indicated meant the chunk that is now given up */
    struct hw_path *path = assoc->paths[record->path];
    uint32_t tsn = send->cum_tsn + 1 + offset;
    if (path->timing && hw_tsn_at_most(tsn, path->timed_tsn))
        path->timing = false; /* 6.3.1 C5 */
}

void hw_mark_outstanding(struct hw_assoc *assoc, int path) {
    struct hw_send *send = &assoc->send;
    uint32_t count = hw_flight_count(send);
    for (uint32_t i = hw_bits_next_clear(&send->acked, 0); i < count; i = hw_bits_next_clear(&send->acked, i + 1))
        if (is_out(send, i) && (path < 0 || hw_flight_at(send, i)->path == path))
            mark(assoc, i);
}

/* The lowest TSN still outstanding on the path becomes its earliest. It only moves up, so the walk is paid for by what was
 * sent. */
static void find_earliest(struct hw_assoc *assoc, struct hw_path *path) {
    struct hw_send *send = &assoc->send;
    if (path->flight == 0)
        return;
    uint32_t from = path->earliest_tsn - send->cum_tsn - 1, count = hw_flight_count(send);
    if (hw_tsn_at_most(path->earliest_tsn, send->cum_tsn))
        from = 0;
    for (uint32_t i = hw_bits_next_clear(&send->acked, from); i < count; i = hw_bits_next_clear(&send->acked, i + 1))
        if (is_out(send, i) && hw_flight_at(send, i)->path == path->index) {
            path->earliest_tsn = send->cum_tsn + 1 + i;
            return;
        }
}

void hw_mark_oversize(struct hw_path *path, uint32_t most) {
    struct hw_assoc *assoc = path->assoc;
    struct hw_send *send = &assoc->send;
    uint32_t count = hw_flight_count(send);
    for (uint32_t i = hw_bits_next_clear(&send->acked, 0); i < count; i = hw_bits_next_clear(&send->acked, i + 1)) {
        const struct hw_flight *record = hw_flight_at(send, i);
        if (is_out(send, i) && record->path == path->index && hw_data_chunk_size(send, record->length) > most)
            mark(assoc, i);
    }
    if (path->flight == 0)
        path->t3 = HAWSER_NEVER;
    else
        find_earliest(assoc, path);
    hw_forward_watch(assoc);
}

/* ---- newly acknowledged ---------------------------------------------------------------------------------------- */

static void newly_acked(struct hw_assoc *assoc, uint32_t offset) {
    struct hw_send *send = &assoc->send;
    struct hw_flight *record = hw_flight_at(send, offset);
    struct hw_path *path = assoc->paths[record->path];
    uint32_t tsn = send->cum_tsn + 1 + offset;
    if (hw_flight_abandoned(send, offset))
        return; /* RFC 3758 3.5 A2: it counts for nothing any more */
    if (is_marked(send, offset))
        hw_bits_clear(&send->marked, offset);
    else {
        hw_flight_leaves(assoc, record);
        path->newly_acked += hw_data_chunk_size(send, record->length);
        if (tsn == path->earliest_tsn)
            path->earliest_acked = true;
    }
    if (!path->any_newly_acked || hw_tsn_before(path->highest_newly_acked, tsn))
        path->highest_newly_acked = tsn;
    if (record->sends == 1)
        path->round_trip = (uint32_t)(assoc->stack->now - record->sent_at);
    path->any_newly_acked = true;
    path->proved |= !record->spread;
    if (path->timing && path->timed_tsn == tsn) {
        hw_path_measured(path, assoc->stack->now - path->timed_at);
        hw_pmtu_carried(path, record->length);
        path->timing = false;
    }
}

static void cum_acked(struct hw_assoc *assoc, uint32_t cum_tsn) {
    struct hw_send *send = &assoc->send;
    uint32_t count = cum_tsn - send->cum_tsn;
    if (!HW_HOLDS(&assoc->stack->faults, count <= hw_flight_count(send)))
        return;
    for (uint32_t i = hw_bits_next_clear(&send->acked, 0); i < count; i = hw_bits_next_clear(&send->acked, i + 1))
        newly_acked(assoc, i);
    bool skipped = send->abandoned.count != 0;
    uint32_t before = send->cum_tsn;
    hw_flight_advance(send, cum_tsn);
    if (skipped)
        hw_forward_passed(assoc, before);
}

/* A block of the SACK; false: it contradicts what was sent. */
static bool gap_acked(struct hw_assoc *assoc, uint32_t from, uint32_t to) {
    struct hw_send *send = &assoc->send;
    if (to >= hw_flight_count(send))
        return false;
    for (uint32_t i = hw_bits_next_clear(&send->acked, from); i <= to; i = hw_bits_next_clear(&send->acked, i + 1)) {
        if (!hw_bits_set(&send->acked, send->account, i))
            return true; /* no memory: it counts as missing, which is safe */
        newly_acked(assoc, i);
    }
    return true;
}

/* 6.2.1 D iii: TSNs from `from` to before `to` were in a gap block once and are not in this SACK. False: too much of it. */
static bool taken_back(struct hw_assoc *assoc, uint32_t from, uint32_t to) {
    struct hw_send *send = &assoc->send;
    for (uint32_t i = hw_bits_next_set(&send->acked, from); i < to; i = hw_bits_next_set(&send->acked, i + 1)) {
        if (hw_flight_abandoned(send, i))
            continue;
        if (send->renege_budget == 0)
            return false;
        send->renege_budget--;
        struct hw_flight *record = hw_flight_at(send, i);
        struct hw_path *path = assoc->paths[record->path];
        hw_bits_clear(&send->acked, i);
        hw_flight_joins(assoc, record, send->cum_tsn + 1 + i);
        if (record->misses < HW_FAST_RETRANSMIT_MISSES - 1)
            record->misses++;
        if (path->t3 == HAWSER_NEVER) /* R4 */
            path->t3 = assoc->stack->now + path->rto;
    }
    return true;
}

/* All gap blocks; `highest` becomes one more than the highest offset acknowledged. */
static bool gaps_acked(struct hw_assoc *assoc, const struct hw_sack *sack, uint32_t *highest) {
    struct hw_send *send = &assoc->send;
    uint32_t told = 0; /* offsets below have been dealt with */
    for (unsigned i = 0; i < sack->gap_count; i++) {
        struct hw_gap gap = hw_sack_gap(sack, i);
        if (gap.start < 2 || gap.start > gap.end || gap.start - 1u < told)
            continue; /* not in order, or what the cumulative TSN would say: nonsense, it says nothing */
        if (!taken_back(assoc, told, gap.start - 1u) || !gap_acked(assoc, gap.start - 1u, gap.end - 1u))
            return false;
        told = gap.end;
    }
    *highest = told;
    return taken_back(assoc, told, send->acked.end);
}

/* ---- missing (7.2.4) ------------------------------------------------------------------------------------------- */

static void enter_recovery(struct hw_assoc *assoc, struct hw_path *path, uint32_t tsn) {
    if (path->recovery)
        return;
    if (!hw_ecn_covers(path, tsn))
        path->congestion->lost(path);
    path->recovery = true;
    path->recovery_tsn = assoc->send.next_tsn - 1;
    hw_path_trace(path);
}

/* The next for which a miss indication would count: nothing else is looked at, or a peer with many holes would have us look at
 * all of them for each of its SACKs. */
static uint32_t next_missing(const struct hw_send *send, uint32_t from) {
    for (;;) {
        uint32_t at = hw_bits_next_clear(&send->acked, from);
        at = hw_bits_next_clear(&send->marked, at);
        at = hw_bits_next_clear(&send->fast_done, at);
        if (at == from)
            return at;
        from = at;
    }
}

/* One more miss indication for TSNs below the highest newly acknowledged of their path; in Fast Recovery, when the cumulative
 * point advanced, for all that are reported missing. */
static void count_misses(struct hw_assoc *assoc, uint32_t highest, bool cum_advanced) {
    struct hw_send *send = &assoc->send;
    bool any = false;
    for (unsigned i = 0; i < assoc->path_count; i++)
        any |= assoc->paths[i]->any_newly_acked;
    if (!any)
        return; /* a SACK that acknowledges nothing new indicates nothing */
    for (uint32_t i = next_missing(send, 0); i < highest; i = next_missing(send, i + 1)) {
        struct hw_flight *record = hw_flight_at(send, i);
        struct hw_path *path = assoc->paths[record->path];
        uint32_t tsn = send->cum_tsn + 1 + i;
        bool below = path->any_newly_acked && hw_tsn_before(tsn, path->highest_newly_acked);
        if (!below && !(path->recovery && cum_advanced))
            continue;
        if (++record->misses < HW_FAST_RETRANSMIT_MISSES)
            continue;
        if (!hw_flight_abandoned(send, i)) { /* given up while it was under way: its loss still counts (RFC 3758 3.5 F5) */
            mark(assoc, i);
            path->fast_packet |= !path->recovery; /* 3): no other is more urgent than cwnd allows */
            HW_COUNT_OF(assoc, FastRetransmits);
        }
        hw_bits_set(&send->fast_done, send->account, i); /* there is room for it: hw_flight_reserve */
        enter_recovery(assoc, path, tsn);
    }
}

/* ---- the paths after it ---------------------------------------------------------------------------------------- */

static void path_settle(struct hw_assoc *assoc, struct hw_path *path, bool cum_advanced) {
    if (path->any_newly_acked) {
        if (path->proved || path->state == HAWSER_PATH_ACTIVE) /* RFC 7829 3.2 9, 10 */
            hw_path_alive(path);
        path->single = false;
        if (HW_UNLIKELY(path->pmtu.timeouts))
            hw_pmtu_passed(path);
        assoc->error_count = 0; /* 8.1 */
        path->congestion->acked(path, cum_advanced);
    }
    if (path->recovery && hw_tsn_at_most(path->recovery_tsn, assoc->send.cum_tsn))
        path->recovery = false;
    if (!assoc->send.marked.count)
        path->fast_packet = false; /* what it was for has come after all */
    if (path->ecn_reduced && hw_tsn_at_most(path->ecn_tsn, assoc->send.cum_tsn))
        path->ecn_reduced = false;
}

/* Its earliest TSN is none that is outstanding on it: marked, acknowledged while it was, or sent to another path since. */
static bool earliest_is_gone(const struct hw_send *send, const struct hw_path *path) {
    uint32_t offset = path->earliest_tsn - send->cum_tsn - 1;
    return hw_tsn_at_most(path->earliest_tsn, send->cum_tsn) || hw_bits_test(&send->acked, offset) || !is_out(send, offset) ||
           hw_flight_at(send, offset)->path != path->index;
}

void hw_flight_settle(struct hw_assoc *assoc) {
    for (unsigned i = 0; i < assoc->path_count; i++) {
        struct hw_path *path = assoc->paths[i];
        if (path->flight == 0)
            path->t3 = HAWSER_NEVER;
        else if (earliest_is_gone(&assoc->send, path))
            find_earliest(assoc, path);
    }
    hw_forward_watch(assoc);
}

static void t3_settle(struct hw_assoc *assoc, struct hw_path *path) {
    if (path->flight == 0) {
        path->t3 = HAWSER_NEVER; /* R2 */
        return;
    }
    if (earliest_is_gone(&assoc->send, path))
        find_earliest(assoc, path);
    if (path->earliest_acked)
        path->t3 = assoc->stack->now + path->rto; /* R3 */
}

static void paths_begin(struct hw_assoc *assoc) {
    for (unsigned i = 0; i < assoc->path_count; i++) {
        struct hw_path *path = assoc->paths[i];
        path->newly_acked = path->round_trip = 0;
        path->any_newly_acked = path->earliest_acked = path->proved = false;
    }
}

/* 6.1 D: each SACK is an opportunity to send Max.Burst packets, and one that stands for several is as many. A receiver that is
 * given packets in trains (GRO) answers a train once, where 6.2 has an answer for two packets. */
static void allow_burst(struct hw_path *path, uint32_t burst) {
    uint32_t saved = path->newly_acked / (2 * path->pmdcs);
    uint64_t allowed = path->burst + (uint64_t)burst * (saved > 1 ? saved : 1);
    path->burst = allowed < UINT32_MAX / 2 ? (uint32_t)allowed : UINT32_MAX / 2;
}

static void paths_end(struct hw_assoc *assoc, uint32_t highest, bool cum_advanced) {
    uint32_t burst = (uint32_t)hw_setting(assoc, HAWSER_SET_MAX_BURST);
    for (unsigned i = 0; i < assoc->path_count; i++)
        path_settle(assoc, assoc->paths[i], cum_advanced); /* windows grow before losses shrink them (7.2.4, note) */
    count_misses(assoc, highest, cum_advanced);
    for (unsigned i = 0; i < assoc->path_count; i++) {
        struct hw_path *path = assoc->paths[i];
        t3_settle(assoc, path);
        allow_burst(path, burst);
        if (hw_flight_count(&assoc->send) == 0)
            path->congestion->all_acked(path); /* 7.2.2: wherever the last of it went */
        if (path->any_newly_acked)
            hw_path_trace(path);
    }
    if (assoc->send.abandoned.count || assoc->forward_due)
        hw_forward_sacked(assoc);
}

/* 6.2.1 D ii, and what a closed window means for the error counters (6.1 A). */
static void window(struct hw_assoc *assoc, uint32_t a_rwnd) {
    struct hw_send *send = &assoc->send;
    send->told_rwnd = a_rwnd;
    send->peer_rwnd = a_rwnd > send->outstanding ? a_rwnd - (uint32_t)send->outstanding : 0;
    assoc->sacked_since_probe = true;
}

static void progressed(struct hw_assoc *assoc) {
    hw_dry_check(assoc);
    hw_writable_check(assoc);
    hw_close_progress(assoc);
}

static void violation(struct hw_assoc *assoc) {
    static const char text[] = "a SACK acknowledges what was not sent, or takes back too much";
    hw_assoc_abort(assoc, HAWSER_END_VIOLATION, HW_CAUSE_PROTOCOL_VIOLATION,
                   (struct hawser_span){(const uint8_t *)text, sizeof text - 1});
}

/* True: the cumulative TSN is one that was sent, and not behind. */
static bool cum_tsn_fits(struct hw_assoc *assoc, uint32_t cum_tsn) {
    if (hw_tsn_before(cum_tsn, assoc->send.cum_tsn))
        return false; /* 6.2.1 D i: out of order */
    if (hw_tsn_before(cum_tsn, assoc->send.next_tsn))
        return true;
    if (!hw_reconfig_renumbers(assoc)) /* TSNs have moved by half of their range: an old one may look like any */
        violation(assoc);
    return false;
}

/* What is in flight meets a closed window. */
static bool meets_shut_window(const struct hw_assoc *assoc) {
    const struct hw_send *send = &assoc->send;
    if (!hw_flight_count(send) || hw_flight_abandoned(send, 0))
        return false;
    const struct hw_flight *first = hw_flight_at(send, 0);
    return (first->probe && hw_flight_count(send) == 1) || first->length > send->told_rwnd;
}

/* A probe that met a shut window was dropped (6.2): it goes again when there is room for it, not when T3 ends, which backs off.
 * What was sent within the window stays in flight. */
static void probe_again(struct hw_assoc *assoc) {
    struct hw_flight *first = hw_flight_at(&assoc->send, 0);
    bool sent_as_probe = first->probe || assoc->paths[first->path]->single;
    if (!sent_as_probe || first->length > assoc->send.told_rwnd)
        return;
    first->probe = false; /* no further SACK says the same of it */
    hw_mark_outstanding(assoc, first->path);
}

void hw_sack_received(struct hw_assoc *assoc, const struct hw_tlv *chunk) {
    struct hw_sack sack;
    if (!hw_sack_parse(&sack, chunk)) {
        hw_assoc_abort(assoc, HAWSER_END_VIOLATION, HW_CAUSE_PROTOCOL_VIOLATION, hw_nothing);
        return;
    }
    if (!cum_tsn_fits(assoc, sack.cum_tsn))
        return;
    bool any = hw_flight_count(&assoc->send) != 0;
    bool cum_advanced = sack.cum_tsn != assoc->send.cum_tsn;
    uint32_t highest = 0;
    paths_begin(assoc);
    cum_acked(assoc, sack.cum_tsn);
    if (!gaps_acked(assoc, &sack, &highest)) {
        violation(assoc);
        if (hw_assoc_over(assoc)) /* else what was done so far is brought to its end (RFC 4895 6.3) */
            return;
    }
    paths_end(assoc, highest, cum_advanced);
    bool shut = meets_shut_window(assoc);
    window(assoc, sack.a_rwnd);
    if (shut)
        probe_again(assoc);
    if (any)
        progressed(assoc);
}

void hw_cum_tsn_received(struct hw_assoc *assoc, uint32_t cum_tsn) {
    if (!cum_tsn_fits(assoc, cum_tsn))
        return;
    bool cum_advanced = cum_tsn != assoc->send.cum_tsn;
    paths_begin(assoc);
    cum_acked(assoc, cum_tsn);
    /* What a SHUTDOWN does not say is not taken back (3.3.8). But who had what follows its cumulative TSN would say more. */
    if (!taken_back(assoc, 0, hw_bits_next_clear(&assoc->send.acked, 0))) {
        violation(assoc);
        if (hw_assoc_over(assoc))
            return;
    }
    paths_end(assoc, 0, cum_advanced);
    if (!cum_advanced)
        return;
    window(assoc, assoc->send.told_rwnd); /* a SHUTDOWN tells no new one, but what it acknowledges is not outstanding any more */
    progressed(assoc);
}

/* ---- T3 (6.3.3) ------------------------------------------------------------------------------------------------ */

/* Nothing is in flight: the timer watched over a closed window, or over a lack of memory (6.1 A). */
static void probe(struct hw_assoc *assoc, struct hw_path *path) {
    assoc->probe_due = true;
    hw_path_back_off(path);
}

/* ... and the peer answers: it is alive, and may keep its window shut for ever. */
static bool probing(struct hw_assoc *assoc) { return assoc->sacked_since_probe && meets_shut_window(assoc); }

void hw_t3_expired(struct hw_path *path) {
    struct hw_assoc *assoc = path->assoc;
    if (path->flight == 0 && !hw_forward_pending(&assoc->send)) {
        if (!path->silent || !hw_path_error(path, true)) /* silent: what cannot be sent is as if it were lost on the way */
            probe(assoc, path);
        return;
    }
    HW_COUNT_OF(assoc, T3Expirations);
    bool window_probe = probing(assoc);
    if (!window_probe && path->flight)
        hw_pmtu_timed_out(path);
    if (!window_probe && hw_path_error(path, true))
        return;
    hw_path_back_off(path);               /* E2 */
    if (!window_probe)
        path->congestion->timed_out(path); /* E1 */
    assoc->sacked_since_probe = false;
    path->timing = path->recovery = path->fast_packet = false;
    path->single = true;
    hw_mark_outstanding(assoc, path->index); /* E3: all of them; what may go at once is for output to say */
    if (path->flight) /* no memory to mark them all: the others' turn comes */
        path->t3 = assoc->stack->now + path->rto;
    uint32_t burst = (uint32_t)hw_setting(assoc, HAWSER_SET_MAX_BURST);
    struct hw_path *other = hw_path_alternate(assoc, path);
    path->burst = burst;
    hw_forward_timed_out(assoc, other);
    if (other == path)
        return;
    other->burst = burst;
    other->named = true;
    struct hw_send *send = &assoc->send; /* 6.4: what timed out goes to another path */
    for (uint32_t i = hw_bits_next_set(&send->marked, 0); i != HW_BITS_NONE; i = hw_bits_next_set(&send->marked, i + 1))
        if (hw_flight_at(send, i)->next_path == path->index)
            hw_flight_at(send, i)->next_path = other->index;
}
