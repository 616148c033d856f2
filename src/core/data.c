/* SPDX-License-Identifier: MIT
 *
 * The user's messages in, the peer's DATA chunks in, and when a packet's worth of them is answered (RFC 9260 6.1, 6.2, 6.5).
 */
#include "core/assoc.h"

/* ---- send ------------------------------------------------------------------------------------------------------ */

static int message_size(const struct hawser_message *message, size_t *size) {
    *size = 0;
    if (message->part_count && !message->parts)
        return HAWSER_ERR_ARGUMENT;
    for (size_t i = 0; i < message->part_count; i++) {
        if (!message->parts[i].data && message->parts[i].size)
            return HAWSER_ERR_ARGUMENT;
        if (message->parts[i].size > (size_t)INT32_MAX - *size)
            return HAWSER_ERR_TOO_BIG;
        *size += message->parts[i].size;
    }
    return message->release && message->part_count != 1 ? HAWSER_ERR_ARGUMENT : 0;
}

static int check_state(const struct hw_assoc *assoc) {
    bool forming = hw_assoc_forming(assoc);
    return (forming || assoc->state == HAWSER_ESTABLISHED) && !assoc->closing ? 0 : HAWSER_ERR_STATE;
}

#define KNOWN_FLAGS (HAWSER_SEND_UNORDERED | HAWSER_SEND_NO_DELAY | HAWSER_SEND_SACK_NOW | HAWSER_SEND_MORE | HAWSER_SEND_KEY)

/* A quarter of every ceiling is kept from senders: two peers whose memory is full of what they send could never receive it. */
static bool leaves_reserve(const struct hw_account *account, uint64_t charge) {
    return account->used + charge <= account->max - account->max / 4;
}

static int check_message(const struct hw_assoc *assoc, const struct hawser_message *message, size_t size) {
    const struct hw_send *send = &assoc->send;
    uint16_t streams = send->stream_count ? send->stream_count : assoc->init_streams_out;
    if ((message->flags & ~KNOWN_FLAGS) || message->policy >= HAWSER_POLICY_COUNT)
        return HAWSER_ERR_ARGUMENT;
    if (message->stream >= streams)
        return HAWSER_ERR_STREAM;
    if (message->path && !hw_path_by_number(assoc, message->path))
        return HAWSER_ERR_PATH;
    const struct hw_outstream *stream = hw_sparse_get(&send->streams, message->stream);
    const struct hw_outmsg *open = stream ? stream->open : NULL;
    if (open && ((open->flags ^ message->flags) & HAWSER_SEND_UNORDERED))
        return HAWSER_ERR_UNFINISHED; /* it goes on as it began */
    if (stream && stream->broken)
        return HAWSER_ERR_UNFINISHED;
    if (!size && (!open || (message->flags & HAWSER_SEND_MORE) || message->release))
        return HAWSER_ERR_EMPTY;
    if (size > (size_t)hw_setting(assoc, HAWSER_SET_MESSAGE_MAX) || (open && open->size + size > INT32_MAX))
        return HAWSER_ERR_TOO_BIG;
    return 0;
}

/* The last that may refuse a message, for others may be given up for its sake (RFC 7496). */
static int check_room(struct hw_assoc *assoc, const struct hawser_message *message, size_t size) {
    const struct hw_send *send = &assoc->send;
    uint64_t limit = (uint64_t)hw_setting(assoc, HAWSER_SET_SEND_BUFFER);
    uint64_t charge = sizeof(struct hw_outmsg) + size;
    if (!leaves_reserve(&assoc->account, charge) || !leaves_reserve(&assoc->stack->account, charge))
        return send->queued_bytes ? HAWSER_ERR_WOULD_BLOCK : HAWSER_ERR_NO_MEMORY;
    /* One message is always taken when nothing waits, or a large one could never be sent... */
    if (!send->queued_bytes || send->queued_bytes + charge <= limit)
        return 0;
    const struct hw_outstream *stream = hw_sparse_get(&send->streams, message->stream);
    const struct hw_outmsg *open = stream ? stream->open : NULL;
    if (open && hw_send_stuck_by(send, open)) /* ... likewise the rest of one for which all others wait. */
        return 0;
    return hw_partial_make_room(assoc, open, open ? open->policy : message->policy, open ? open->value : message->value,
                                send->queued_bytes + charge - limit)
               ? 0
               : HAWSER_ERR_WOULD_BLOCK;
}

int hawser_send(hawser *stack, hawser_time now, hawser_id id, const struct hawser_message *given) {
    hw_now(stack, now);
    struct hw_assoc *assoc = hw_assoc_find(stack, id);
    if (!assoc)
        return HAWSER_ERR_GONE;
    struct hawser_message message = {.size = 0};
    size_t size;
    if (!given || given->size < offsetof(struct hawser_message, release))
        return HAWSER_ERR_ARGUMENT;
    hw_copy(&message, given, given->size < sizeof message ? given->size : sizeof message);
    int error = message_size(&message, &size);
    if (!error)
        error = check_state(assoc);
    if (!error)
        error = check_message(assoc, &message, size);
    if (!error && hw_reconfig_holds(assoc, message.stream) && !hw_sendq_open(&assoc->send, message.stream)) {
        assoc->reconfig.refused = true; /* RFC 6525 A1: it waits with the user, who is told when there is an outcome */
        return HAWSER_ERR_WOULD_BLOCK;
    }
    if (!error)
        error = hw_auth_choose(assoc, &message);
    if (!error)
        error = check_room(assoc, &message, size);
    if (!error)
        error = hw_sendq_push(&assoc->send, stack->now, &message, size);
    if (error == HAWSER_ERR_WOULD_BLOCK) {
        hw_sendq_blocked(&assoc->send);
        hw_assoc_touch(assoc); /* an open message keeps nothing back then */
    }
    if (error)
        return error;
    if (!(message.flags & HAWSER_SEND_MORE))
        HW_COUNT_OF(assoc, OutMessages);
    uint32_t burst = (uint32_t)hw_setting(assoc, HAWSER_SET_MAX_BURST);
    for (unsigned i = 0; i < assoc->path_count; i++)
        if (assoc->paths[i]->burst < burst)
            assoc->paths[i]->burst = burst; /* a send is an opportunity of its own (6.1 D) */
    hw_assoc_touch(assoc);
    return 0;
}

bool hw_send_idle(const struct hw_assoc *assoc) { return assoc->send.message_count == 0 && hw_flight_count(&assoc->send) == 0; }

void hw_send_anew(struct hw_assoc *assoc, uint32_t initial_tsn, uint32_t peer_rwnd, uint16_t stream_count) {
    struct hw_send *send = &assoc->send;
    hw_flight_forget(send);
    hw_sendq_fail(send, UINT32_MAX, true, HAWSER_ERR_STATE);
    hw_send_start(send, initial_tsn, peer_rwnd, stream_count);
    assoc->ecn = (struct hw_ecn){.echoing = false};
    for (unsigned i = 0; i < assoc->path_count; i++)
        hw_path_forget(assoc->paths[i]);
}

void hw_dry_check(struct hw_assoc *assoc) {
    if (hw_send_idle(assoc) && hw_setting(assoc, HAWSER_SET_SENDER_DRY))
        hw_notice_raise(assoc, &assoc->inbox.notices[HW_NOTICE_SENDER_DRY]);
}

/* Largest payload of a DATA chunk: what the smallest path carries (AMDCS, 7.3), what the user set, and no more than the peer's
 * whole window, which could else only ever be probed. */
uint32_t hw_fragment_work_out(const struct hw_assoc *assoc) {
    uint32_t size = UINT16_MAX & ~3u;
    for (unsigned i = 0; i < assoc->path_count; i++)
        if (assoc->paths[i]->pmdcs < size)
            size = assoc->paths[i]->pmdcs;
    size -= hw_data_header(&assoc->send);
    uint32_t chosen = (uint32_t)hw_setting(assoc, HAWSER_SET_FRAGMENT_SIZE) & ~3u;
    if (chosen && chosen < size)
        size = chosen;
    uint32_t window = assoc->fragment_rwnd & ~3u;
    if (window && window < size)
        size = window;
    return size;
}

/* ---- DATA ------------------------------------------------------------------------------------------------------ */

static void count_data(struct hw_assoc *assoc, const struct hw_data *data) {
    if (data->flags & HW_FLAG_UNORDERED)
        HW_COUNT_OF(assoc, InUnorderChunks);
    else
        HW_COUNT_OF(assoc, InOrderChunks);
    HW_COUNT_BY(assoc, InBytes, data->payload.size);
    if (!(data->flags & HW_FLAG_BEGIN) && (data->flags & HW_FLAG_END))
        HW_COUNT_OF(assoc, ReasmUsrMsgs);
}

static void invalid_stream(struct hw_assoc *assoc, const struct hw_packet *packet, const struct hw_data *data) {
    uint8_t information[4] = {0};
    hw_put16(information, data->stream);
    hw_echo_error(assoc, packet->path, HW_CAUSE_INVALID_STREAM, (struct hawser_span){information, sizeof information});
}

static void judge(struct hw_assoc *assoc, struct hw_packet *packet, const struct hw_data *data, enum hw_data_result result,
                  struct hawser_span violation) {
    switch (result) {
    case HW_DATA_TAKEN:
        packet->new_data = true;
        count_data(assoc, data);
        break;
    case HW_DATA_SKIPPED:
        packet->new_data = true;
        break;
    case HW_DATA_NO_STREAM: /* 6.5: acknowledged, answered, discarded */
        packet->new_data = true;
        packet->urgent = true;
        invalid_stream(assoc, packet, data);
        break;
    case HW_DATA_DUPLICATE:
        packet->duplicate = true;
        HW_COUNT_OF(assoc, DuplicateTsns);
        break;
    case HW_DATA_OUTSIDE:
    case HW_DATA_NO_WINDOW: /* 6.2: what was dropped is not acknowledged, and the sender is told at once */
        packet->urgent = packet->dropped = true;
        HW_COUNT_OF(assoc, WindowDrops);
        break;
    case HW_DATA_EARLY:
        packet->urgent = true;
        HW_COUNT_OF(assoc, Unexpected);
        break;
    case HW_DATA_NO_MEMORY:
        HW_COUNT_OF(assoc, MemoryDrops);
        break;
    case HW_DATA_VIOLATION:
        hw_assoc_abort(assoc, HAWSER_END_VIOLATION, HW_CAUSE_PROTOCOL_VIOLATION, violation);
        break;
    }
}

void hw_data_received(struct hw_assoc *assoc, struct hw_packet *packet, const struct hw_tlv *chunk) {
    struct hw_data data;
    struct hawser_span violation = {NULL, 0};
    uint32_t reneged = 0;
    if ((chunk->type == HW_I_DATA) != assoc->receive.interleaving) { /* RFC 8260 2.2.3 */
        hw_assoc_abort(assoc, HAWSER_END_VIOLATION, HW_CAUSE_PROTOCOL_VIOLATION,
                       SENTENCE("DATA where I-DATA was agreed on, or I-DATA where it was not"));
        return;
    }
    if (!(chunk->type == HW_I_DATA ? hw_i_data_parse(&data, chunk) : hw_data_parse(&data, chunk))) {
        hw_assoc_abort(assoc, HAWSER_END_VIOLATION, HW_CAUSE_PROTOCOL_VIOLATION, (struct hawser_span){NULL, 0});
        return;
    }
    if (data.payload.size == 0) { /* 6.2 */
        uint8_t tsn[4];
        hw_put32(tsn, data.tsn);
        hw_assoc_abort(assoc, HAWSER_END_VIOLATION, HW_CAUSE_NO_USER_DATA, (struct hawser_span){tsn, sizeof tsn});
        return;
    }
    if (!packet->data || hw_tsn_before(data.tsn, packet->lowest_tsn))
        packet->lowest_tsn = data.tsn;
    packet->data = true;
    if (data.flags & HW_FLAG_IMMEDIATE)
        packet->urgent = true;
    uint8_t path = (uint8_t)assoc->paths[packet->path]->number;
    enum hw_data_result result = hw_receive_data(&assoc->receive, &data, path, &reneged, &violation);
    HW_COUNT_BY(assoc, Reneged, reneged);
    judge(assoc, packet, &data, result, violation);
}

/* ---- the packet's end ------------------------------------------------------------------------------------------ */

/* What a SHUTDOWN does not say: gaps, and that those told of before are none any more (filled, or taken back); duplicates; a
 * window that is another than the peer thinks, who may have much to send still; that there was no room (6.2), or the peer would
 * take its probes for lost. */
static bool sack_says_more(const struct hw_assoc *assoc, const struct hw_packet *packet) {
    const struct hw_receive *receive = &assoc->receive;
    uint32_t window = hw_received_window(receive, assoc->paths[packet->path]->pmdcs);
    return hw_received_gaps(receive) || receive->gaps_before || packet->duplicate || packet->dropped ||
           window > receive->advertised || window < receive->advertised / 2;
}

void hw_packet_ended(struct hw_assoc *assoc, struct hw_packet *packet) {
    if (!packet->data)
        return;
    if (packet->ecn == HW_ECN_CE)
        hw_ecn_marked(assoc, packet);
    assoc->sack_path = packet->path;
    bool closing = assoc->state == HAWSER_SHUTDOWN_SENT, says_more = closing && sack_says_more(assoc, packet);
    bool late = hw_received_packet(&assoc->receive, packet->new_data, packet->duplicate, packet->urgent,
                                   (uint32_t)hw_setting(assoc, HAWSER_SET_SACK_FREQUENCY));
    if (closing) {
        /* 9.2: each packet with DATA is answered by a SHUTDOWN; a SACK goes along only if it says more. */
        assoc->owed |= HW_OWE_SHUTDOWN;
        hw_t2_start(assoc);
        if (!says_more) {
            assoc->receive.sack_now = false;
            assoc->receive.mark_count = 0;
        }
        late = false;
    }
    if (!late)
        assoc->timers[HW_SACK_TIMER] = HAWSER_NEVER;
    else if (assoc->timers[HW_SACK_TIMER] == HAWSER_NEVER)
        assoc->timers[HW_SACK_TIMER] = assoc->stack->now + (hawser_time)hw_setting(assoc, HAWSER_SET_SACK_DELAY);
}
