/* SPDX-License-Identifier: MIT
 *
 * Heartbeats (RFC 9260 8.3) and path verification (5.4). A path's heartbeat has two steps in turn: it is sent when the path was
 * idle for a period, and one RTO later it has been answered or counts as an error. The nonce makes the answer unforgeable; time
 * and path are taken from our own memory, not from what comes back.
 */
#include "core/assoc.h"

#define INFO_SIZE 20u /* path number, time, nonce */

size_t hw_heartbeat_size(void) { return HW_TLV_SIZE + HW_TLV_SIZE + INFO_SIZE; }

/* 8.3: until SHUTDOWN or SHUTDOWN ACK was sent. */
static bool allowed(const struct hw_assoc *assoc) { return hw_assoc_sends_data(assoc); }

/* RTO plus HB.interval, jittered by half the RTO either way. */
static hawser_time period(struct hw_path *path) {
    hawser_time jitter = hw_random32(path->assoc->stack) % (path->rto + 1);
    return path->rto / 2 + jitter + path->hb_interval;
}

/* No address of the peer is confirmed: nothing else than probes can be sent (RFC 5061 may have taken the others). */
static bool nothing_confirmed(struct hw_assoc *assoc) { return hw_path_for_data(assoc)->state == HAWSER_PATH_UNCONFIRMED; }

/* 5.4: an unconfirmed path is probed once an RTO, until Path.Max.Retrans is passed, or to the end if there is no other. */
static bool probes_on(const struct hw_path *path) {
    return path->state == HAWSER_PATH_UNCONFIRMED &&
           (path->error_count <= path->path_max_retrans || nothing_confirmed(path->assoc));
}

void hw_heartbeat_schedule(struct hw_path *path) {
    struct hw_assoc *assoc = path->assoc;
    hawser_time now = assoc->stack->now;
    if (path->hb_pending)
        return; /* its answer is awaited first */
    if (!allowed(assoc))
        path->hb_at = HAWSER_NEVER;
    else if (probes_on(path))
        path->hb_at = now;
    else if (path->hb_enabled)
        path->hb_at = path->state == HAWSER_PATH_POTENTIALLY_FAILED ? now : now + period(path); /* RFC 7829 3.2 5 */
    else
        path->hb_at = HAWSER_NEVER;
}

/* What is sent there tells as much as a heartbeat would (RFC 7829 3.2 6). */
static bool data_tells(const struct hw_path *path) {
    const struct hw_assoc *assoc = path->assoc;
    return path->flight || (assoc->data_path == path->index && hw_flight_count(&assoc->send));
}

void hw_heartbeat_start(struct hw_assoc *assoc) {
    for (unsigned i = 0; i < assoc->path_count; i++)
        hw_heartbeat_schedule(assoc->paths[i]);
}

void hw_heartbeat_stop(struct hw_assoc *assoc) {
    for (unsigned i = 0; i < assoc->path_count; i++) {
        struct hw_path *path = assoc->paths[i];
        path->hb_at = HAWSER_NEVER;
        path->hb_owed = path->hb_pending = false;
        hw_pmtu_stop(path);
    }
}

/* Probes of unconfirmed paths: HB.Max.Burst packets an RTO for the whole association (5.4). */
static bool probe_allowed(struct hw_path *path) {
    struct hw_assoc *assoc = path->assoc;
    hawser_time now = assoc->stack->now;
    if (assoc->hb_burst == 0 || now - assoc->hb_burst_at >= path->rto) {
        assoc->hb_burst_at = now;
        assoc->hb_burst = 0;
    }
    if (assoc->hb_burst >= (uint32_t)hw_setting(assoc, HAWSER_SET_HB_MAX_BURST)) {
        path->hb_at = assoc->hb_burst_at + path->rto;
        return false;
    }
    assoc->hb_burst++;
    return true;
}

static bool unanswered(struct hw_path *path) {
    struct hw_assoc *assoc = path->assoc;
    /* 5.4: probes do not count, unless nothing but unconfirmed addresses is left (RFC 5061): else it would never end. */
    bool data_path =
        path->index == assoc->data_path && (path->state != HAWSER_PATH_UNCONFIRMED || nothing_confirmed(assoc));
    path->hb_pending = false;
    path->hb_owed |= path->hb_asked;
    if (path->state == HAWSER_PATH_POTENTIALLY_FAILED && path->flight) { /* RFC 7829 3.2 6: T3 judges */
        path->hb_at = assoc->stack->now;
        return false;
    }
    hw_path_back_off(path);
    if (hw_path_error(path, data_path)) /* 8.1: off the data path it does not count against the association */
        return true;
    if (probes_on(path))
        path->hb_at = assoc->stack->now;
    else if (path->hb_enabled && path->state == HAWSER_PATH_POTENTIALLY_FAILED)
        path->hb_at = assoc->stack->now; /* RFC 7829 3.2 5, 6: at once, and so once an RTO */
    else if (path->hb_enabled)
        path->hb_at = path->hb_sent_at + period(path); /* some of it has been waited for already */
    else
        path->hb_at = HAWSER_NEVER;
    return false;
}

/* The answer has an RTO to come. */
static void await_answer(struct hw_path *path) {
    path->hb_pending = true;
    path->hb_sent_at = path->assoc->stack->now;
    path->hb_at = path->hb_sent_at + path->rto;
}

bool hw_heartbeat_due(struct hw_path *path) {
    hawser_time now = path->assoc->stack->now;
    if (path->hb_pending && unanswered(path))
        return true;
    if (path->hb_at > now)
        return false;
    path->hb_at = HAWSER_NEVER;
    if (!allowed(path->assoc))
        return false;
    if (path->state == HAWSER_PATH_UNCONFIRMED && !probe_allowed(path))
        return false;
    hawser_time rest = path->rto + path->hb_interval;
    bool failing = path->state == HAWSER_PATH_POTENTIALLY_FAILED;
    if (failing && data_tells(path)) {
        path->hb_at = now + path->rto;
        return false;
    }
    if (path->state != HAWSER_PATH_UNCONFIRMED && !failing && path->fresh_at + rest / 2 > now) {
        path->hb_at = path->fresh_at + period(path); /* not idle: what was sent says as much */
        if (path->hb_at > now)
            return false;
    }
    path->hb_owed = true;
    if (path->silent && path == hw_path_for_data(path->assoc)) { /* nothing can be said at all: as if it were lost on the way */
        path->hb_nonce = 0;
        await_answer(path);
    }
    return false;
}

void hw_heartbeat_chunk(const struct hw_path *path, struct hw_writer *writer, uint64_t *nonce) {
    hawser *stack = path->assoc->stack;
    do
        *nonce = hw_random64(stack);
    while (*nonce == 0);
    uint8_t *chunk = hw_write_chunk_begin(writer, HW_HEARTBEAT, 0);
    uint8_t *info = hw_write_param_begin(writer, HW_PARAM_HEARTBEAT_INFO);
    hw_write32(writer, path->number);
    hw_write64(writer, stack->now);
    hw_write64(writer, *nonce);
    hw_write_end(writer, info);
    hw_write_end(writer, chunk);
}

void hw_heartbeat_write(struct hw_path *path, struct hw_writer *writer) {
    hw_heartbeat_chunk(path, writer, &path->hb_nonce);
    path->hb_owed = path->hb_asked = false;
    path->fresh_at = path->assoc->stack->now;
    await_answer(path);
}

void hw_heartbeat_acked(struct hw_assoc *assoc, struct hawser_span value) {
    struct hw_cursor cursor = hw_cursor_over(value);
    struct hw_tlv info;
    if (hw_cursor_param(&cursor, &info) != HW_CURSOR_ITEM || info.type != HW_PARAM_HEARTBEAT_INFO ||
        info.value.size != INFO_SIZE) {
        HW_COUNT_OF(assoc, Unexpected);
        return;
    }
    struct hw_path *path = hw_path_by_number(assoc, hw_get32(info.value.data));
    uint64_t nonce = hw_get64(info.value.data + 12);
    bool probe = path && nonce && nonce == path->pmtu.nonce;
    if (!probe && (!path || nonce == 0 || nonce != path->hb_nonce || hw_get64(info.value.data + 4) != path->hb_sent_at)) {
        HW_COUNT_OF(assoc, Unexpected);
        return;
    }
    if (hw_flight_count(&assoc->send) == 0)
        assoc->error_count = 0; /* 8.1: not while DATA waits, which may fare worse than a heartbeat */
    if (path->state == HAWSER_PATH_UNCONFIRMED)
        hw_path_confirm(path);
    if (path->state != HAWSER_PATH_POTENTIALLY_FAILED || path->flight == 0) /* RFC 7829 3.2 7: likewise */
        hw_path_alive(path);
    if (probe) { /* RFC 8899 6.2.1.2: it counts for the path, too */
        hw_pmtu_acked(path);
        return;
    }
    path->hb_nonce = 0;
    path->hb_pending = false;
    path->hb_owed |= path->hb_asked;
    hw_path_measured(path, assoc->stack->now - path->hb_sent_at);
    hw_heartbeat_schedule(path);
}

int hawser_heartbeat(hawser *stack, hawser_time now, hawser_id id, uint32_t number) {
    hw_now(stack, now);
    struct hw_assoc *assoc = hw_assoc_find(stack, id);
    if (!assoc)
        return HAWSER_ERR_GONE;
    if (!allowed(assoc))
        return HAWSER_ERR_STATE;
    struct hw_path *path = number ? hw_path_by_number(assoc, number) : assoc->paths[assoc->primary];
    if (!path)
        return HAWSER_ERR_PATH;
    path->hb_asked = true;
    path->hb_owed |= !path->hb_pending; /* else behind the answer, which another nonce would make one that nobody knows */
    hw_assoc_touch(assoc);
    return 0;
}
