/* SPDX-License-Identifier: MIT
 *
 * Looking at an association from outside (RFC 9260 11.1.8): copies of numbers, nothing changes.
 */
#include "core/assoc.h"

const char *hawser_state_name(int state) {
    static const char *const names[] = {"CLOSED",           "COOKIE-WAIT",   "COOKIE-ECHOED",     "ESTABLISHED",
                                        "SHUTDOWN-PENDING", "SHUTDOWN-SENT", "SHUTDOWN-RECEIVED", "SHUTDOWN-ACK-SENT"};
    return state >= HAWSER_CLOSED && state <= HAWSER_SHUTDOWN_ACK_SENT ? names[state - 1] : "UNKNOWN";
}

/* As much as the caller's struct has room for; its size stays what it was. */
static void give(void *to, size_t size, const void *from, size_t whole) {
    memcpy((uint8_t *)to + sizeof(size_t), (const uint8_t *)from + sizeof(size_t),
           (size < whole ? size : whole) - sizeof(size_t));
}

int hawser_pr_status(hawser *stack, hawser_id id, uint32_t stream, uint32_t policy, struct hawser_pr_status *status) {
    const struct hw_assoc *assoc = hw_assoc_find(stack, id);
    if (!assoc)
        return HAWSER_ERR_GONE;
    if (!status || status->size < sizeof(size_t) || policy >= HAWSER_POLICY_COUNT)
        return HAWSER_ERR_ARGUMENT;
    if (stream != HAWSER_STREAMS_ALL && stream >= assoc->send.stream_count)
        return HAWSER_ERR_STREAM;
    const struct hw_abandoned *counts = &assoc->send.abandons;
    if (stream != HAWSER_STREAMS_ALL) {
        const struct hw_outstream *state = hw_sparse_get(&assoc->send.streams, (uint16_t)stream);
        counts = state ? state->abandoned : NULL;
    }
    struct hawser_pr_status now = {.size = 0};
    for (unsigned i = policy ? policy : 1; counts && i < (policy ? policy + 1 : HAWSER_POLICY_COUNT); i++) {
        now.abandoned_unsent += counts->unsent[i];
        now.abandoned_sent += counts->sent[i];
    }
    give(status, status->size, &now, sizeof now);
    return 0;
}

int hawser_status(hawser *stack, hawser_id id, struct hawser_status *status) {
    const struct hw_assoc *assoc = hw_assoc_find(stack, id);
    if (!assoc)
        return HAWSER_ERR_GONE;
    if (!status || status->size < sizeof(size_t))
        return HAWSER_ERR_ARGUMENT;
    bool paths = assoc->path_count != 0;
    struct hawser_status now = {
        .state = assoc->state,
        .local_port = assoc->port,
        .peer_port = assoc->peer_port,
        .local_tag = assoc->tag,
        .peer_tag = assoc->peer_tag,
        .streams_out = assoc->send.stream_count,
        .streams_in = assoc->streams_in,
        .primary_path = paths ? assoc->paths[assoc->primary]->number : 0,
        .data_path = paths ? assoc->paths[assoc->data_path]->number : 0,
        .path_count = assoc->path_count,
        .peer_rwnd = assoc->send.peer_rwnd,
        .a_rwnd = hw_received_window(&assoc->receive, paths ? assoc->paths[assoc->primary]->pmdcs : 0),
        .fragment_size = hw_fragment_size(assoc),
        .in_flight = hw_flight_count(&assoc->send),
        .error_count = assoc->error_count,
        .queued_messages = assoc->send.message_count,
        .queued_bytes = assoc->send.queued_bytes,
        .inbox_bytes = assoc->receive.held,
        .memory = assoc->account.used + sizeof *assoc,
        .since = assoc->since,
        .reconfiguring = (assoc->reconfig.stage != HW_RECONFIG_IDLE) + (assoc->reconfig.waiting.type != 0u),
    };
    give(status, status->size, &now, sizeof now);
    return 0;
}

int hawser_path_status(hawser *stack, hawser_id id, uint32_t index, struct hawser_path_status *status) {
    const struct hw_assoc *assoc = hw_assoc_find(stack, id);
    if (!assoc)
        return HAWSER_ERR_GONE;
    if (!status || status->size < sizeof(size_t))
        return HAWSER_ERR_ARGUMENT;
    if (index >= assoc->path_count)
        return HAWSER_ERR_PATH;
    const struct hw_path *path = assoc->paths[index];
    struct hawser_path_status now = {
        .number = path->number,
        .state = hw_path_told_state(path, path->state),
        .remote = path->remote,
        .local = path->local,
        .mtu = path->mtu,
        .cwnd = path->cwnd,
        .ssthresh = path->ssthresh,
        .partial_bytes_acked = path->partial_bytes_acked,
        .flight = path->flight,
        .error_count = path->error_count,
        .srtt = path->srtt,
        .rttvar = path->rttvar,
        .rto = path->rto,
        .mtu_state = path->pmtu.state,
    };
    give(status, status->size, &now, sizeof now);
    return 0;
}
