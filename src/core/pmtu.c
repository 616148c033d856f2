/* SPDX-License-Identifier: MIT
 *
 * The path MTU, found by probes (RFC 8899): a HEARTBEAT and a PAD chunk (RFC 4820) make a packet of the size in question, alone
 * and with DF. All sizes here are those of whole IP packets. A probe that is lost says nothing of congestion and nothing against
 * the path; one that arrives raises the estimate.
 *
 * The first estimate is taken on trust, as RFC 9260 7.3 has it, until something large has arrived: so nothing is sent for a path
 * that carries what is expected of it. Probes go only while data does: what is idle is not woken.
 */
#include "core/assoc.h"

/* BASE_PLPMTU */
static uint32_t base_of(const struct hw_path *path) {
    uint32_t base = path->remote.family == HAWSER_ROUTE ? HW_MTU_ROUTE : HW_MTU_SAFE;
    return base < path->pmtu.max ? base : path->pmtu.max;
}

/* MIN_PLPMTU; over IPv6 nothing is smaller than the base (RFC 8200 5). */
static uint32_t least_of(const struct hw_path *path) {
    return path->remote.family == HAWSER_IPV6 ? HW_MTU_SAFE : HW_MTU_MIN;
}

/* ---- the search (5.3) -------------------------------------------------------------------------------------------- */

/* What links, tunnels and their sums have: the steps are the gain that is worth a packet. */
static const uint16_t sizes[] = {1280, 1320, 1360, 1380, 1400,  1420,  1440,  1460,  1472, 1480,
                                 1492, 1500, 1600, 2304, 4352, 8192, 9000, 16384, 32768};

/* The next size to try; 0: there is none. First what a report says, then the largest, for most paths carry it; then step by step,
 * where each that arrives brings something and only the last is lost. */
static uint32_t next_size(const struct hw_path *path) {
    const struct hw_pmtu *p = &path->pmtu;
    uint32_t low = path->mtu;
    if (p->hint > low && p->hint < p->bound)
        return p->hint;
    bool max_open = p->max > low && p->max < p->bound;
    if (max_open && !p->leapt)
        return p->max;
    for (unsigned i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
        if (sizes[i] > low && sizes[i] < p->bound && sizes[i] < p->max)
            return sizes[i];
    return max_open ? p->max : 0;
}

static void search_anew(struct hw_pmtu *p) {
    p->count = 0;
    p->hint = 0;
    p->bound = p->max + 1;
    p->leapt = false;
}

/* The next step, a round trip after the last probe at the soonest (3, item 7). */
static void soon(struct hw_path *path) {
    struct hw_pmtu *p = &path->pmtu;
    hawser_time now = path->assoc->stack->now, rtt = path->srtt ? path->srtt : path->rto;
    p->owed = p->waiting = p->asleep = false;
    p->at = p->sent_at && now < p->sent_at + rtt ? p->sent_at + rtt : now;
}

static void search_over(struct hw_path *path) {
    struct hw_pmtu *p = &path->pmtu;
    p->state = HAWSER_MTU_COMPLETE;
    p->owed = p->waiting = p->asleep = false;
    p->count = 0;
    p->at = path->mtu < p->max ? path->assoc->stack->now + (hawser_time)hw_setting(path->assoc, HAWSER_SET_PMTU_RAISE)
                               : HAWSER_NEVER;
}

/* 5.2, ERROR: a size that is known to pass nearly everywhere, until the base does. */
static void enter_error(struct hw_path *path) {
    struct hw_pmtu *p = &path->pmtu;
    p->state = HAWSER_MTU_ERROR;
    p->count = 0;
    if (path->mtu > least_of(path))
        hw_path_set_mtu(path, least_of(path));
}

static void probe_size(struct hw_path *path, uint32_t size) {
    path->pmtu.probed = size;
    path->pmtu.owed = true;
    path->assoc->owed |= HW_OWE_PROBE;
}

/* Probes go while data may, over a path that is not given up; one at a time. */
static bool awake(const struct hw_path *path) {
    return hw_assoc_sends_data(path->assoc) && hw_path_usable(path);
}

/* The probe at hand is not answered. */
static void probe_lost(struct hw_path *path) {
    struct hw_pmtu *p = &path->pmtu;
    p->waiting = false;
    if (p->count < HW_MAX_PROBES)
        p->count++;
    if (p->probed == p->hint)
        p->hint = 0; /* whoever said so was wrong, or the probe was lost: the search finds it */
    p->leapt |= p->probed == p->max;
    if (p->count < HW_MAX_PROBES)
        return;
    if (p->state == HAWSER_MTU_BASE && path->error_count == 0) /* something passes, only not this */
        enter_error(path);
    else if (p->state == HAWSER_MTU_SEARCHING)
        search_over(path);
}

void hw_pmtu_due(struct hw_path *path) {
    struct hw_pmtu *p = &path->pmtu;
    bool was_asleep = p->asleep;
    p->at = HAWSER_NEVER;
    p->asleep = false;
    if (p->waiting)
        probe_lost(path);
    if (p->at != HAWSER_NEVER)
        return; /* the search is over */
    bool idle = p->sent_at && path->used_at < p->sent_at && !was_asleep;
    if (!awake(path) || idle) {
        p->asleep = true;
        return;
    }
    if (p->state == HAWSER_MTU_COMPLETE) { /* PMTU_RAISE_TIMER */
        p->state = HAWSER_MTU_SEARCHING;
        search_anew(p);
    }
    uint32_t size = p->state == HAWSER_MTU_SEARCHING ? next_size(path) : p->hint ? p->hint : base_of(path);
    if (size)
        probe_size(path, size);
    else
        search_over(path);
}

void hw_pmtu_stop(struct hw_path *path) {
    path->pmtu.at = HAWSER_NEVER;
    path->pmtu.owed = path->pmtu.waiting = path->pmtu.asleep = false;
    path->pmtu.nonce = 0;
}

void hw_pmtu_start(struct hw_path *path) {
    struct hw_pmtu *p = &path->pmtu;
    hw_pmtu_stop(path);
    if (p->max < p->ceiling)
        p->max = p->ceiling;
    if (p->max < path->mtu)
        p->max = path->mtu;
    p->timeouts = 0;
    p->confirmed = false;
    search_anew(p);
    p->state = !p->on                        ? HAWSER_MTU_DISABLED
               : path->mtu >= p->max         ? HAWSER_MTU_COMPLETE
               : path->mtu <= base_of(path) ? HAWSER_MTU_BASE
                                             : HAWSER_MTU_SEARCHING;
    p->asleep = p->on && path->mtu < p->max;
}

void hw_pmtu_set_estimate(struct hw_path *path, uint32_t mtu) {
    path->pmtu.max = 0;
    hw_path_set_mtu(path, mtu);
    hw_pmtu_start(path);
}

void hw_pmtu_set_max(struct hw_path *path, uint32_t max) {
    path->pmtu.ceiling = max;
    hw_pmtu_set_estimate(path, path->mtu < max ? path->mtu : max);
}

/* ---- probes (4.1, 6.2.1.2) ----------------------------------------------------------------------------------------- */

uint32_t hw_pmtu_probe_size(const struct hw_path *path) { return (path->pmtu.probed - hw_path_overhead(path)) & ~3u; }

void hw_pmtu_write(struct hw_path *path, struct hw_writer *writer) {
    struct hw_pmtu *p = &path->pmtu;
    hawser_time now = path->assoc->stack->now, interval = (hawser_time)hw_setting(path->assoc, HAWSER_SET_PMTU_PROBE);
    hw_heartbeat_chunk(path, writer, &p->nonce);
    uint8_t *pad = hw_write_chunk_begin(writer, HW_PAD, 0);
    size_t room = hw_writer_room(writer);
    uint8_t *padding = hw_write_reserve(writer, room);
    if (padding)
        memset(padding, 0, room);
    hw_write_end(writer, pad);
    p->owed = false;
    p->waiting = true;
    p->sent_at = now;
    p->at = now + (interval > path->rto ? interval : path->rto);
}

void hw_pmtu_refused(struct hw_path *path) {
    struct hw_pmtu *p = &path->pmtu;
    if (p->probed <= p->bound && p->probed > path->mtu)
        p->bound = p->probed;
    p->owed = false;
    p->sent_at = path->assoc->stack->now;
    probe_lost(path);
    if (p->state != HAWSER_MTU_COMPLETE)
        soon(path);
}

/* 6.2.1.2: it counts for the path as any answer does, and what it carried fits. */
void hw_pmtu_acked(struct hw_path *path) {
    struct hw_pmtu *p = &path->pmtu;
    p->nonce = 0;
    p->count = 0;
    p->confirmed |= p->probed > base_of(path);
    if (p->state == HAWSER_MTU_BASE || p->state == HAWSER_MTU_ERROR)
        p->state = HAWSER_MTU_SEARCHING;
    if (p->probed > path->mtu)
        hw_path_set_mtu(path, p->probed);
    if (path->mtu >= p->max || path->mtu + 1 >= p->bound)
        search_over(path);
    else
        soon(path);
}

/* ---- black holes (4.3) --------------------------------------------------------------------------------------------- */

void hw_pmtu_carried(struct hw_path *path, uint32_t payload) {
    uint32_t size = HW_HEADER_SIZE + hw_data_chunk_size(&path->assoc->send, payload) + hw_path_overhead(path);
    path->pmtu.confirmed |= size > base_of(path);
}

/* Only what is about as large as what vanished says that nothing does: small packets pass a black hole, and while another path
 * takes over what does not they may be all that is seen here. Headers, AUTH and SACK are the eighth. */
void hw_pmtu_passed(struct hw_path *path) {
    if (path->newly_acked >= path->pmtu.suspect - path->pmtu.suspect / 8)
        path->pmtu.timeouts = 0;
}

/* 5.2: back to a size that is taken for safe, which is confirmed first; or, when that vanishes as well, to the least. */
static void fall(struct hw_path *path, bool far) {
    struct hw_pmtu *p = &path->pmtu;
    HW_COUNT_OF(path->assoc, BlackHoles);
    p->confirmed = false;
    search_anew(p);
    if (far)
        enter_error(path);
    else {
        hw_path_set_mtu(path, base_of(path));
        p->state = p->on ? HAWSER_MTU_BASE : HAWSER_MTU_DISABLED;
    }
    if (p->on)
        soon(path);
}

/* Large packets vanish in silence. Where none ever passed one time-out is enough: the probe that follows mends it at once if the
 * suspicion was wrong. */
void hw_pmtu_timed_out(struct hw_path *path) {
    struct hw_pmtu *p = &path->pmtu;
    bool far = p->last_sent <= base_of(path) || path->mtu <= base_of(path);
    uint32_t safe = far ? least_of(path) : base_of(path);
    if (p->last_sent <= safe || path->mtu <= safe || (far && !p->on))
        return;
    if (p->timeouts == 0 || p->last_sent < p->suspect)
        p->suspect = p->last_sent;
    if (++p->timeouts < (far || p->confirmed || !p->on ? HW_BLACK_HOLE_TIMEOUTS : 1))
        return;
    fall(path, far);
}

/* ---- reports (4.6.2) ----------------------------------------------------------------------------------------------- */

/* Without a search the report is all there is: it is believed within bounds (RFC 9260 7.3, RFC 8201 4). */
static void believe(struct hw_path *path, uint32_t mtu) {
    if (mtu == 0) /* an old router that does not say */
        mtu = path->mtu > HW_MTU_SAFE ? HW_MTU_SAFE : HW_MTU_MIN;
    if (mtu < least_of(path))
        mtu = least_of(path);
    if (mtu >= path->mtu)
        return;
    hw_path_set_mtu(path, mtu);
    hw_mark_oversize(path, path->pmdcs); /* they did not get through, and need not wait for T3 */
}

/* With one it is a hint: the path's MTU falls to what is safe, and the next probe has the size that was reported. */
static void too_large(struct hw_path *path, uint32_t mtu) {
    struct hw_pmtu *p = &path->pmtu;
    uint32_t base = base_of(path), passes = path->pmdcs - (path->mtu - mtu); /* DATA chunks that need not be sent again */
    search_anew(p);
    p->hint = mtu;
    p->bound = mtu + 1;
    p->timeouts = 0;
    if (mtu < base)
        enter_error(path);
    else {
        hw_path_set_mtu(path, base);
        p->state = HAWSER_MTU_BASE;
    }
    hw_mark_oversize(path, passes);
    soon(path);
}

void hw_pmtu_reported(struct hw_path *path, uint32_t mtu) {
    struct hw_pmtu *p = &path->pmtu;
    if (!p->on)
        believe(path, mtu);
    else if (mtu == 0 && p->waiting)
        hw_pmtu_refused(path);
    else if (mtu == 0 && path->mtu > base_of(path)) { /* an old router that does not say */
        uint32_t large = path->mtu;
        fall(path, false);
        p->bound = large;
        hw_mark_oversize(path, path->pmdcs);
    }
    else if (mtu < least_of(path) || (mtu >= path->mtu && (!p->waiting || mtu >= p->probed)))
        HW_COUNT_OF(path->assoc, ReportsIgnored); /* invalid, or it contradicts itself */
    else if (mtu < path->mtu)
        too_large(path, mtu);
    else { /* only the probe was too large */
        p->hint = mtu;
        p->bound = mtu + 1;
        if (mtu == path->mtu)
            search_over(path);
        else
            soon(path);
    }
}
