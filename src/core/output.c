/* SPDX-License-Identifier: MIT
 *
 * Packets out. This file alone decides what goes into a packet, in this order: COOKIE ECHO or COOKIE ACK; SACK; heartbeats and
 * echoes; SHUTDOWN and SHUTDOWN ACK; DATA by rising TSN (RFC 9260 6.10). A train is a run of equal packets to one path, ended
 * by the first shorter one.
 */
#include "core/assoc.h"

/* ---- which data, and where to ---------------------------------------------------------------------------------- */

enum verdict { NOTHING, RETRANSMIT, FRESH };

static bool cwnd_open(const struct hw_path *path) {
    return path->single ? path->flight == 0 : path->flight < path->cwnd; /* 6.1 B, 7.2.1 */
}

/* 6.1 D: so many packets at an opportunity; retransmissions too, for many losses may be found at once. */
static bool burst_open(const struct hw_assoc *assoc, const struct hw_path *path) {
    return path->burst || path->flight == 0 || hw_setting(assoc, HAWSER_SET_MAX_BURST) == 0;
}

static uint32_t next_length(const struct hw_assoc *assoc, const struct hw_outmsg *message) {
    size_t rest = message->size - message->cut;
    uint32_t most = hw_fragment_size(assoc);
    return rest < most ? (uint32_t)rest : most;
}

/* The room that is left at the peer may be too small for a whole chunk. While something is in flight its SACK may bring more, and
 * to fill it would make a silly window. Else it is filled: a peer that holds the beginning of a message may be out of room until
 * it has no choice but to deliver that beginning. But once only, until it has taken a whole chunk again: usrsctp always has room
 * for one more byte. */
static uint32_t cut_length(const struct hw_assoc *assoc, const struct hw_outmsg *message) {
    uint32_t length = next_length(assoc, message), room = assoc->send.peer_rwnd;
    bool last_kept = (message->flags & HAWSER_SEND_MORE) && length == message->size - message->cut;
    length -= last_kept;
    return room > 0 && room < length && hw_flight_count(&assoc->send) == 0 && !assoc->room_filled ? room : length;
}

/* 6.1 A: the peer has room, or this is the one chunk that asks whether it has. */
static bool window_open(const struct hw_assoc *assoc, uint32_t length) {
    return length <= assoc->send.peer_rwnd || assoc->probe_due;
}

/* 6.1, Nagle, as Minshall had it: a small packet waits while another one is in flight, unless someone said not to. Full ones in
 * flight hold nothing back: the end of a large message would wait for the peer's delayed SACK. */
static bool worthwhile(const struct hw_assoc *assoc, const struct hw_path *path) {
    const struct hw_send *send = &assoc->send;
    return hw_tsn_at_most(send->small_tsn, send->advanced) || send->urgent_count || hw_setting(assoc, HAWSER_SET_NO_DELAY) ||
           assoc->state != HAWSER_ESTABLISHED ||
           send->uncut_bytes + send->uncut_count * (uint64_t)hw_data_header(send) >= path->pmdcs ||
           send->uncut_bytes >= hw_fragment_size(assoc);
}

static bool stream_full(const struct hw_assoc *assoc, const struct hw_outmsg *message) {
    if (message->begun || (message->flags & HAWSER_SEND_UNORDERED) || assoc->send.interleaving)
        return false; /* MIDs do not end before TSNs do (RFC 8260 2.1) */
    const struct hw_outstream *stream = hw_sparse_get(&assoc->send.streams, message->stream);
    return stream->in_window >= HW_STREAM_MESSAGES_MAX; /* 6.1 */
}

static struct hw_path *path_of(struct hw_assoc *assoc, const struct hw_outmsg *message) {
    struct hw_path *path = message->path ? hw_path_by_number(assoc, message->path) : NULL;
    return path && hw_path_usable(path) ? path : hw_path_for_data(assoc);
}

/* 7.2.1: a path that was not used for an RTO loses half its window, and again each RTO. */
static void decay(struct hw_assoc *assoc, struct hw_path *path) {
    hawser_time now = assoc->stack->now;
    if (path->flight)
        return;
    for (unsigned i = 0; i < 32 && now - path->used_at >= path->rto; i++) {
        path->congestion->idle(path);
        path->used_at += path->rto;
    }
    if (now - path->used_at >= path->rto)
        path->used_at = now;
}

/* The message to cut from. One that was begun and has no time left is given up on the way (RFC 3758 4.1 TR4). */
static struct hw_outmsg *head(struct hw_assoc *assoc) {
    struct hw_send *send = &assoc->send;
    struct hw_outmsg *message = hw_sendq_first(send, assoc->stack->now);
    if (HW_LIKELY(message != NULL))
        return message;
    if (send->uncut_count == 0 && hw_list_empty(&send->parked))
        return NULL;
    uint64_t unsent = send->abandons.unsent[HAWSER_POLICY_TIMED];
    for (;;) {
        message = hw_sendq_head(send, assoc->stack->now, hw_fragment_size(assoc));
        struct hw_outmsg *late = message ? message : send->current; /* the next part of that one has not come */
        if (!late || !hw_timed_out(assoc, late))
            break;
        if (!hw_abandon(assoc, late, hw_flight_count(send)))
            return NULL;
    }
    if (send->abandons.unsent[HAWSER_POLICY_TIMED] != unsent) /* hw_sendq_head has done so to what was not begun */
        HW_COUNT_BY(assoc, AbandonedUnsent, send->abandons.unsent[HAWSER_POLICY_TIMED] - unsent);
    return message;
}

/* The lowest marked record that is not given up; its path is mended if it cannot be used. */
static struct hw_flight *next_marked(struct hw_assoc *assoc, uint32_t *offset) {
    struct hw_send *send = &assoc->send;
    struct hw_flight *record;
    for (;;) {
        *offset = hw_bits_next_set(&send->marked, 0);
        if (*offset == HW_BITS_NONE)
            return NULL;
        record = hw_flight_at(send, *offset);
        if (!hw_given_up(assoc, record))
            break;
        if (!hw_abandon(assoc, record->message, *offset))
            return NULL;
    }
    if (!hw_path_usable(assoc->paths[record->next_path])) {
        struct hw_path *path = hw_path_for_data(assoc);
        if (path->index == record->path && hw_path_usable(path))
            path = hw_path_alternate(assoc, path); /* 6.4: not where it timed out */
        record->next_path = path->index;
        path->named = true;
    }
    return record;
}

static enum verdict next_data(struct hw_assoc *assoc, struct hw_path **path) {
    uint32_t offset;
    struct hw_flight *record = next_marked(assoc, &offset);
    if (record) { /* 6.1 C: before anything new */
        *path = assoc->paths[record->next_path];
        if (!hw_path_speaks(*path))
            return NOTHING;
        return (*path)->fast_packet || (cwnd_open(*path) && burst_open(assoc, *path)) ? RETRANSMIT : NOTHING;
    }
    struct hw_outmsg *message = head(assoc);
    if (!message || stream_full(assoc, message))
        return NOTHING;
    *path = path_of(assoc, message);
    if (!hw_path_speaks(*path))
        return NOTHING;
    decay(assoc, *path);
    return cwnd_open(*path) && burst_open(assoc, *path) && window_open(assoc, cut_length(assoc, message)) &&
                   worthwhile(assoc, *path)
               ? FRESH
               : NOTHING;
}

/* The same for one path: what may go to it now. */
static enum verdict next_data_to(struct hw_assoc *assoc, const struct hw_path *path) {
    struct hw_path *to = NULL;
    enum verdict verdict = next_data(assoc, &to);
    return to == path ? verdict : NOTHING;
}

/* ---- data into a packet ---------------------------------------------------------------------------------------- */

static void t3_on_send(struct hw_assoc *assoc, struct hw_path *path, bool earliest) {
    if (assoc->state == HAWSER_COOKIE_ECHOED)
        return; /* T1 watches over what goes with the COOKIE ECHO */
    if (path->t3 == HAWSER_NEVER || earliest) { /* R1, 6.1 */
        path->t3 = assoc->stack->now + path->rto;
        if (path->pmtu.asleep)
            hw_pmtu_due(path);
    }
}

static void sent(struct hw_assoc *assoc, struct hw_path *path, struct hw_flight *record, uint32_t tsn, bool again) {
    struct hw_send *send = &assoc->send;
    hawser_time now = assoc->stack->now;
    bool is_earliest = path->flight == 0 || (again && hw_tsn_at_most(tsn, path->earliest_tsn));
    record->sent_at = now;
    record->spread |= record->path != path->index;
    record->path = path->index;
    path->named = true;
    if (record->sends < UINT16_MAX)
        record->sends++;
    hw_flight_joins(assoc, record, tsn);
    t3_on_send(assoc, path, is_earliest);
    send->peer_rwnd -= record->length < send->peer_rwnd ? record->length : send->peer_rwnd;
    path->used_at = now;
    path->decayed = false; /* the next idle spell has a first adjustment of its own (7.2.1) */
    if (again) {
        HW_COUNT_OF(assoc, RetransChunks);
        return;
    }
    path->fresh_at = now;
    if (!path->timing) {
        path->timing = true;
        path->timed_tsn = tsn;
        path->timed_at = now;
    }
    HW_COUNT_BY(assoc, OutBytes, record->length);
    if (record->message->flags & HAWSER_SEND_UNORDERED)
        HW_COUNT_OF(assoc, OutUnorderChunks);
    else
        HW_COUNT_OF(assoc, OutOrderChunks);
}

/* Marked records for this path, lowest first, as many as the packet holds: the windows let a packet pass, not a chunk (6.3.3 E3,
 * 7.2.4). Returns how many. */
static unsigned write_marked(struct hw_assoc *assoc, struct hw_path *path, struct hw_writer *writer, size_t most,
                             bool *oversize) {
    struct hw_send *send = &assoc->send;
    unsigned count = 0;
    for (uint32_t i = hw_bits_next_set(&send->marked, 0); i != HW_BITS_NONE; i = hw_bits_next_set(&send->marked, i + 1)) {
        struct hw_flight *record = hw_flight_at(send, i);
        if (hw_given_up(assoc, record)) {
            if (!hw_abandon(assoc, record->message, i))
                break;
            continue;
        }
        uint32_t tsn = send->cum_tsn + 1 + i, size = hw_data_chunk_size(send, record->length);
        if (record->next_path != path->index)
            break; /* order between paths is kept; the next packet comes to it */
        bool alone = writer->at == writer->start + HW_HEADER_SIZE;
        if (size > hw_writer_room(writer)) {
            /* 6.9: a chunk is never cut again. When the path became too small for it, IP must fragment. */
            if (!alone || size <= path->pmdcs || *oversize || HW_HEADER_SIZE + size > most)
                break;
            *oversize = true;
            writer->end = writer->at + size;
        }
        if (!hw_auth_joins(assoc, record->message))
            break;
        hw_flight_write(send, record, tsn, path->single, writer);
        hw_bits_clear(&send->marked, i);
        sent(assoc, path, record, tsn, true);
        count++;
    }
    return count;
}

/* New chunks for this path, as many as the packet and the windows take. Returns how many. `alone`: the packet may be all that the
 * buffer takes, and a chunk is cut to it. */
static unsigned write_fresh(struct hw_assoc *assoc, struct hw_path *path, struct hw_writer *writer, bool alone) {
    struct hw_send *send = &assoc->send;
    unsigned count = 0;
    struct hw_outmsg *message;
    while ((message = head(assoc)) != NULL && !stream_full(assoc, message) && path_of(assoc, message) == path) {
        uint32_t length = cut_length(assoc, message);
        size_t room = hw_writer_room(writer);
        if (alone && hw_writer_size(writer) == HW_HEADER_SIZE && hw_data_chunk_size(send, length) > room)
            length = (uint32_t)(room & ~(size_t)3) - hw_data_header(send);
        bool fits = hw_data_chunk_size(send, length) <= hw_writer_room(writer);
        if (!fits || !window_open(assoc, length) || !hw_flight_reserve(send) || !hw_auth_joins(assoc, message))
            break;
        if (!message->begun && message->size > length)
            HW_COUNT_OF(assoc, FragUsrMsgs);
        uint32_t tsn = send->next_tsn;
        bool probe = length > send->peer_rwnd;
        if (!probe) /* by a piece; a whole chunk that happens to take all of it says nothing of the peer */
            assoc->room_filled = length == send->peer_rwnd && length < next_length(assoc, message);
        struct hw_flight *record = hw_flight_cut(send, message, (uint16_t)length, path->index);
        record->probe = probe;
        assoc->sacked_since_probe = assoc->sacked_since_probe && !probe;
        assoc->probe_due = false;
        /* 6.1: the peer shall not wait with its SACK when we can send no more until it comes. */
        uint32_t most = hw_fragment_size(assoc), behind = send->uncut_bytes < most ? (uint32_t)send->uncut_bytes : most;
        bool full = behind && send->peer_rwnd < length + behind;
        bool last = send->uncut_bytes == 0 && (send->blocked || assoc->state == HAWSER_SHUTDOWN_PENDING);
        bool immediate = path->single || full || last;
        hw_flight_write(send, record, tsn, immediate, writer);
        sent(assoc, path, record, tsn, false);
        count++;
        if (probe)
            break;
    }
    return count;
}

/* What next_data_to said. `most`: what the buffer takes, for a packet larger than the path carries; 0: there shall be none. */
static unsigned write_data(struct hw_assoc *assoc, struct hw_path *path, enum verdict verdict, struct hw_writer *writer,
                           size_t most, bool *oversize) {
    unsigned count = 0;
    if (verdict == RETRANSMIT) {
        count = write_marked(assoc, path, writer, most, oversize);
        if (count)
            path->fast_packet = false;
        if (*oversize || next_data_to(assoc, path) != FRESH)
            verdict = NOTHING;
    }
    unsigned fresh = verdict == NOTHING ? 0 : write_fresh(assoc, path, writer, most != 0);
    if (fresh && assoc->send.uncut_bytes == 0 && hw_writer_room(writer) > hw_data_header(&assoc->send))
        assoc->send.small_tsn = assoc->send.next_tsn - 1;
    if (count + fresh && path->burst)
        path->burst--;
    hw_sched_packet_ended(&assoc->send);
    return count + fresh;
}

/* ---- control into a packet ------------------------------------------------------------------------------------- */

static bool room_for(const struct hw_writer *writer, size_t size) { return hw_writer_room(writer) >= size; }

static void write_bare(struct hw_assoc *assoc, struct hw_writer *writer, uint8_t type, uint32_t owed) {
    hw_write_chunk(writer, type, 0, hw_nothing);
    assoc->owed &= ~owed;
    HW_COUNT_OF(assoc, OutCtrlChunks);
}

static void write_shutdown(struct hw_assoc *assoc, struct hw_writer *writer) {
    uint8_t cum_tsn[4];
    hw_put32(cum_tsn, assoc->receive.cum_tsn);
    hw_write_chunk(writer, HW_SHUTDOWN, 0, (struct hawser_span){cum_tsn, sizeof cum_tsn});
    assoc->owed &= ~(uint32_t)HW_OWE_SHUTDOWN;
    HW_COUNT_OF(assoc, OutCtrlChunks);
}

static bool write_sack(struct hw_assoc *assoc, struct hw_path *path, struct hw_writer *writer) {
    hw_ecne_write(assoc, writer);
    if (!hw_received_write_sack(&assoc->receive, writer, hw_received_window(&assoc->receive, path->pmdcs)))
        return false;
    assoc->timers[HW_SACK_TIMER] = HAWSER_NEVER;
    HW_COUNT_OF(assoc, OutCtrlChunks);
    return true;
}

static bool sack_pending(const struct hw_assoc *assoc) {
    return assoc->receive.sack_now || assoc->timers[HW_SACK_TIMER] != HAWSER_NEVER;
}

/* Not one that has failed, and is but asked whether it is back: what goes there is lost. */
static bool carries_data(struct hw_assoc *assoc, const struct hw_path *path) {
    return hw_path_usable(path) || (hw_path_speaks(path) && path == hw_path_for_data(assoc));
}

/* Everything but DATA that belongs on this path. */
static void write_control(struct hw_assoc *assoc, struct hw_path *path, struct hw_writer *writer, bool with_data) {
    bool speaks = hw_path_speaks(path);
    if ((assoc->owed & HW_OWE_COOKIE_ACK) && assoc->reply_path == path->index) {
        write_bare(assoc, writer, HW_COOKIE_ACK, HW_OWE_COOKIE_ACK);
        path->hb_owed |= path->state == HAWSER_PATH_UNCONFIRMED; /* 5.4: to an unconfirmed address only with a HEARTBEAT */
    }
    /* 6.1: with DATA goes what is not acknowledged yet, even if it could still wait. */
    if (speaks && ((assoc->receive.sack_now && assoc->sack_path == path->index) || (with_data && sack_pending(assoc))))
        write_sack(assoc, path, writer);
    if (speaks)
        hw_cwr_write(assoc, writer);
    if (path->hb_owed && !path->silent && room_for(writer, hw_heartbeat_size())) {
        hw_heartbeat_write(path, writer);
        HW_COUNT_OF(assoc, OutCtrlChunks);
    }
    hw_echoes_write(assoc, path->index, writer);
    if (assoc->forward_due && carries_data(assoc, path) && hw_assoc_sends_data(assoc) && room_for(writer, HW_FORWARD_LEAST))
        hw_forward_out(assoc, path, writer);
    if (assoc->owed & (HW_OWE_RECONFIG_ANSWER | HW_OWE_RECONFIG_REQUEST))
        hw_reconfig_write_owed(assoc, path, writer);
    if (speaks && (assoc->owed & HW_OWE_SHUTDOWN) && assoc->init_path == path->index && room_for(writer, 8))
        write_shutdown(assoc, writer);
    if (speaks && (assoc->owed & HW_OWE_SHUTDOWN_ACK) && assoc->init_path == path->index && room_for(writer, 4))
        write_bare(assoc, writer, HW_SHUTDOWN_ACK, HW_OWE_SHUTDOWN_ACK);
}

/* 5.4: no SACK to an unconfirmed address, nor where we have no address to send from. True: it can be said, elsewhere (`moved`) if
 * need be. */
static bool sack_goes(struct hw_assoc *assoc, bool *moved) {
    if (hw_path_speaks(assoc->paths[assoc->sack_path]))
        return true;
    assoc->sack_path = hw_path_for_data(assoc)->index;
    *moved = true;
    return hw_path_speaks(assoc->paths[assoc->sack_path]);
}

static struct hw_path *next_echo_path(const struct hw_assoc *assoc) {
    for (const struct hw_echo *echo = assoc->echoes; echo; echo = echo->next)
        if (!assoc->paths[echo->path]->silent)
            return assoc->paths[echo->path];
    return NULL;
}

/* Where what goes before data does, or NULL. `sack`: one is due that can go with data, or after it. */
static struct hw_path *urgent_path(struct hw_assoc *assoc, bool *sack) {
    struct hw_path *path = NULL;
    *sack = false;
    if (assoc->owed & HW_OWE_COOKIE_ACK)
        return assoc->paths[assoc->reply_path];
    bool moved = false;
    *sack = (assoc->receive.mark_count || assoc->receive.sack_now) && sack_goes(assoc, &moved);
    if (*sack && (assoc->receive.mark_count || moved))
        return assoc->paths[assoc->sack_path];
    if (assoc->echoes && (path = next_echo_path(assoc)) != NULL)
        return path;
    for (unsigned i = 0; i < assoc->path_count; i++)
        if (assoc->paths[i]->hb_owed && !assoc->paths[i]->silent)
            return assoc->paths[i];
    if ((assoc->owed & (HW_OWE_RECONFIG_ANSWER | HW_OWE_RECONFIG_REQUEST)) && hw_path_speaks(hw_reconfig_path(assoc)))
        return hw_reconfig_path(assoc);
    if (assoc->owed & (HW_OWE_SHUTDOWN | HW_OWE_SHUTDOWN_ACK)) {
        if (!hw_path_speaks(assoc->paths[assoc->init_path]))
            assoc->init_path = hw_path_for_data(assoc)->index;
        if (hw_path_speaks(assoc->paths[assoc->init_path]))
            return assoc->paths[assoc->init_path];
    }
    return NULL;
}

/* The path of the next packet, or NULL: nothing is owed; and what data may go there. */
static struct hw_path *next_path(struct hw_assoc *assoc, enum verdict *data) {
    bool sack, more_sacks = assoc->receive.mark_count != 0;
    struct hw_path *path = urgent_path(assoc, &sack), *to = NULL;
    *data = hw_assoc_sends_data(assoc) && !more_sacks ? next_data(assoc, &to) : NOTHING;
    if (!path && *data != NOTHING)
        path = to;
    if (path != to)
        *data = NOTHING;
    if (path)
        return path;
    if (assoc->ecn.cwr_owed && hw_path_speaks(hw_path_for_data(assoc)))
        return hw_path_for_data(assoc);
    if (assoc->forward_due && hw_assoc_sends_data(assoc) && hw_path_speaks(hw_path_for_data(assoc))) {
        path = assoc->forward_path < assoc->path_count ? assoc->paths[assoc->forward_path] : NULL;
        return path && hw_path_usable(path) ? path : hw_path_for_data(assoc);
    }
    return sack ? assoc->paths[assoc->sack_path] : NULL;
}

/* ---- packets --------------------------------------------------------------------------------------------------- */

struct frame {
    struct hawser_departure *departure;
    struct hw_path *path;
    struct hawser_address remote, local; /* its destination and source: the path's, but for ASCONF and its answer */
    uint8_t *at;       /* where this packet begins */
    size_t most;       /* bytes that it may have */
    bool oversize;     /* larger than the path MTU on purpose */
    bool summed;       /* it must have a checksum */
    bool markable;     /* DATA that is sent for the first time: it may be marked (RFC 3168 6.1.5) */
};

static struct hw_writer open_packet(const struct hw_assoc *assoc, const struct frame *frame, uint32_t tag) {
    struct hw_writer writer = hw_writer_over(frame->at, frame->most);
    if (assoc->auth)
        assoc->auth->packet_key = -1;
    hw_write_header(&writer, assoc->port, assoc->peer_port, tag);
    return writer;
}

/* RFC 9653 5.2: never with INIT, COOKIE ECHO and ASCONF, and only over a carrier that finds damage by itself. */
static bool unsummed(const struct hw_assoc *assoc, const struct frame *frame) {
    return (assoc->extensions & HW_EXT_ZERO_OUT) && (frame->departure->carrier & HAWSER_CARRIER_INTEGRITY) &&
           !hw_assoc_forming(assoc) && !frame->summed;
}

static size_t close_packet(struct hw_assoc *assoc, struct frame *frame, struct hw_writer *writer) {
    hawser *stack = assoc->stack;
    if (hw_auth_reserve(assoc) &&
        !hw_auth_seal(assoc, writer, (const uint8_t *)frame->departure->buffer + frame->departure->capacity))
        writer->full = true;
    size_t size = hw_writer_size(writer);
    HW_HOLDS(&stack->faults, !writer->full); /* what goes in was measured beforehand */
    if (!unsummed(assoc, frame))
        hw_put_checksum(frame->at, stack->crc32c(0, frame->at, size));
    HW_COUNT_OF(assoc, OutSCTPPacks);
    hw_trace_packet(stack, HAWSER_TRACE_PACKET_OUT, assoc->object.id, (struct hawser_span){frame->at, size}, &frame->remote,
                    &frame->local, 0);
    return size;
}

static void frame_init(struct frame *frame, struct hw_path *path, struct hawser_departure *departure) {
    size_t most = hw_path_packet_max(path);
    *frame = (struct frame){.departure = departure,
                            .path = path,
                            .remote = path->remote,
                            .local = path->local,
                            .at = departure->buffer,
                            .most = most < departure->capacity ? most : departure->capacity};
}

static size_t depart(struct frame *frame, size_t length, size_t segment_size) {
    struct hawser_departure *departure = frame->departure;
    departure->length = length;
    departure->segment_size = segment_size;
    departure->flags = frame->oversize ? HAWSER_DEPARTURE_MAY_FRAGMENT : HAWSER_DEPARTURE_DF;
    departure->remote = frame->remote;
    departure->local = frame->local;
    departure->dscp = frame->path->dscp;
    departure->ecn = frame->markable && (departure->carrier & HAWSER_CARRIER_ECN) ? HW_ECN_ECT : 0;
    return length;
}

static void time_setup(struct hw_assoc *assoc) {
    assoc->setup.timed = assoc->setup.retries == 0;
    assoc->setup.sent_at = assoc->stack->now;
}

static size_t output_init(struct hw_assoc *assoc, struct hawser_departure *departure) {
    struct frame frame;
    frame_init(&frame, assoc->paths[assoc->init_path], departure);
    struct hw_writer writer = open_packet(assoc, &frame, 0);
    hw_init_write(assoc, departure->carrier, &writer);
    assoc->owed &= ~(uint32_t)HW_OWE_INIT;
    if (writer.full)
        return 0;
    time_setup(assoc);
    HW_COUNT_OF(assoc, OutCtrlChunks);
    size_t size = close_packet(assoc, &frame, &writer);
    return depart(&frame, size, size);
}

/* 5.1 C: the cookie first; what is bundled behind it is all that may leave until the COOKIE ACK comes. */
static size_t output_cookie_echo(struct hw_assoc *assoc, struct hawser_departure *departure) {
    struct frame frame;
    struct hw_path *path = assoc->paths[assoc->init_path];
    frame_init(&frame, path, departure);
    assoc->owed &= ~(uint32_t)HW_OWE_COOKIE_ECHO;
    uint32_t reserve = hw_auth_reserve(assoc);
    size_t chunk = HW_HEADER_SIZE + HW_TLV_SIZE + hw_pad4(assoc->setup.cookie_size) + reserve;
    if (chunk > frame.most) {
        if (chunk > departure->capacity)
            return 0;
        frame.oversize = true;
        frame.most = chunk;
    }
    struct hw_writer writer = open_packet(assoc, &frame, assoc->peer_tag);
    hw_write_chunk(&writer, HW_COOKIE_ECHO, 0, (struct hawser_span){assoc->setup.cookie, assoc->setup.cookie_size});
    HW_COUNT_OF(assoc, OutCtrlChunks);
    writer.end -= reserve;
    if (!frame.oversize) {
        hw_echoes_write(assoc, path->index, &writer);
        bool oversize = false;
        if (hw_path_usable(path))
            write_data(assoc, path, next_data_to(assoc, path), &writer, 0, &oversize);
    }
    time_setup(assoc);
    size_t size = close_packet(assoc, &frame, &writer);
    return depart(&frame, size, size);
}

/* The last packet of an association that is over. */
static size_t output_farewell(struct hw_assoc *assoc, struct hawser_departure *departure) {
    size_t size = 0;
    if (assoc->path_count && assoc->owed) {
        struct frame frame;
        bool reply = (assoc->owed & HW_OWE_SHUTDOWN_COMPLETE) && hw_path_speaks(assoc->paths[assoc->reply_path]); /* 6.4, 5.4 */
        struct hw_path *path = reply ? assoc->paths[assoc->reply_path] : hw_path_for_data(assoc);
        frame_init(&frame, path, departure);
        struct hw_writer writer = open_packet(assoc, &frame, assoc->peer_tag);
        if (assoc->owed & HW_OWE_SHUTDOWN_COMPLETE)
            hw_write_chunk(&writer, HW_SHUTDOWN_COMPLETE, 0, hw_nothing);
        else
            hw_write_chunk(&writer, HW_ABORT, 0, (struct hawser_span){assoc->reason, assoc->reason_size});
        HW_COUNT_OF(assoc, OutCtrlChunks);
        size = close_packet(assoc, &frame, &writer);
        depart(&frame, size, size);
    }
    assoc->owed = 0;
    if (assoc->orphan)
        hw_assoc_free(assoc);
    return size;
}

/* One packet of an established association into the frame, with such data; 0: nothing. `control`: whether it held anything but
 * DATA. */
static size_t build(struct hw_assoc *assoc, struct frame *frame, enum verdict data, bool *control) {
    struct hw_path *path = frame->path;
    struct hw_writer writer = open_packet(assoc, frame, assoc->peer_tag);
    uint32_t reserve = hw_auth_reserve(assoc);
    writer.end -= reserve;
    write_control(assoc, path, &writer, data != NOTHING);
    *control = hw_writer_size(&writer) > HW_HEADER_SIZE;
    if (reserve && !hw_auth_needed(assoc, &writer, assoc->send.interleaving ? HW_I_DATA : HW_DATA)) {
        writer.end = frame->at + frame->most;
        reserve = 0;
    }
    unsigned chunks = 0;
    size_t most = frame->at == frame->departure->buffer ? frame->departure->capacity - reserve : 0;
    if (data != NOTHING)
        chunks = write_data(assoc, path, data, &writer, most, &frame->oversize);
    if (hw_writer_size(&writer) == HW_HEADER_SIZE)
        return 0;
    if (chunks && (assoc->extensions & HW_EXT_ECN)) /* no window probe: it may be dropped, and its mark too (RFC 3168 6.1.6) */
        frame->markable = data == FRESH && !hw_flight_at(&assoc->send, hw_flight_count(&assoc->send) - 1)->probe;
    size_t size = close_packet(assoc, frame, &writer);
    if (chunks)
        path->pmtu.last_sent = (uint32_t)size + hw_path_overhead(path);
    return size;
}

/* More packets of the same size behind the first. They hold DATA alone. */
static size_t train(struct hw_assoc *assoc, struct frame *frame, size_t size) {
    struct hawser_departure *departure = frame->departure;
    size_t length = size;
    bool markable = frame->markable;
    for (uint32_t segments = 1; segments < departure->segments_max && length + size <= departure->capacity; segments++) {
        enum verdict data;
        struct hw_path *path = next_path(assoc, &data);
        bool control,
            only_data = path == frame->path && !assoc->echoes && !assoc->receive.sack_now && !path->hb_owed && !assoc->owed &&
                        !assoc->forward_due;
        if (!only_data)
            break;
        frame->at = (uint8_t *)departure->buffer + length;
        frame->most = size;
        size_t next = build(assoc, frame, data, &control);
        length += next;
        markable = markable && (frame->markable || !next); /* the bits are the same for all of it */
        if (next < size)
            break;
    }
    frame->markable = markable;
    return length;
}

/* Data waits and nothing is in flight that would move things on: T3 watches until the window opens or memory comes (6.1 A), or an
 * address to send from. */
static void watch_window(struct hw_assoc *assoc) {
    struct hw_send *send = &assoc->send;
    if (!hw_assoc_sends_data(assoc))
        return;
    struct hw_outmsg *message = hw_flight_count(send) ? NULL : head(assoc);
    struct hw_path *path = message ? path_of(assoc, message) : send->marked.count ? hw_path_for_data(assoc) : NULL;
    if (path && (message || path->silent) && path->t3 == HAWSER_NEVER)
        path->t3 = assoc->stack->now + path->rto;
}

/* Data may go and does not fit the buffer: with a larger one it will. */
static bool starved(struct hw_assoc *assoc, size_t capacity) {
    struct hw_path *path = NULL;
    uint32_t offset;
    enum verdict verdict = hw_assoc_sends_data(assoc) ? next_data(assoc, &path) : NOTHING;
    if (verdict == NOTHING)
        return false;
    uint32_t length = verdict == RETRANSMIT ? next_marked(assoc, &offset)->length
                                            : cut_length(assoc, head(assoc));
    return HW_HEADER_SIZE + hw_data_chunk_size(&assoc->send, length) + hw_auth_data_reserve(assoc) > capacity;
}

/* RFC 5061: ASCONF and ASCONF-ACK have packets to themselves: an ASCONF may come from an address that nothing else may use yet
 * (5.3 F1), and its answer go to one that nothing else may be sent to. */
static size_t output_asconf(struct hw_assoc *assoc, struct hawser_departure *departure) {
    struct frame frame;
    const struct hw_asconf *asconf = &assoc->asconf;
    bool replies = asconf->replies_owed;
    struct hw_path *known = replies ? hw_path_by_address(assoc, &asconf->reply_to) : NULL;
    frame_init(&frame, known ? known : hw_path_for_data(assoc), departure);
    frame.summed = true;
    if (replies && !known) {
        const struct hw_local *local = hw_local_find(assoc, &asconf->reply_from);
        frame.remote = asconf->reply_to;
        if (!local || local->state == HW_LOCAL_USABLE)
            frame.local = asconf->reply_from;
    }
    size_t least = HW_HEADER_SIZE + hw_asconf_answer_size(assoc) + hw_auth_reserve(assoc);
    if (replies && least > frame.most && least <= departure->capacity) { /* no less would ever be asked for */
        frame.most = least;
        frame.oversize = true;
    }
    struct hw_writer writer = open_packet(assoc, &frame, assoc->peer_tag);
    writer.end -= hw_auth_reserve(assoc);
    if (replies && !(known && known->silent))
        hw_asconf_acks_write(assoc, &writer);
    else if ((known = hw_asconf_write(assoc, &writer, &frame.local)) != NULL)
        frame.remote = known->remote;
    if (hw_writer_size(&writer) == HW_HEADER_SIZE)
        return 0;
    size_t size = close_packet(assoc, &frame, &writer);
    return depart(&frame, size, size);
}

/* RFC 8899 6.2.1.2: HEARTBEAT and PAD alone in a packet that only the path may refuse. */
static size_t output_probe(struct hw_assoc *assoc, struct hawser_departure *departure) {
    for (unsigned i = 0; i < assoc->path_count; i++) {
        struct hw_path *path = assoc->paths[i];
        struct frame frame;
        if (!path->pmtu.owed || !hw_path_speaks(path))
            continue;
        frame_init(&frame, path, departure);
        frame.most = hw_pmtu_probe_size(path);
        if (frame.most > departure->capacity) {
            hw_pmtu_refused(path);
            continue;
        }
        struct hw_writer writer = open_packet(assoc, &frame, assoc->peer_tag);
        if (hw_auth_wanted(assoc, HW_HEARTBEAT) || hw_auth_wanted(assoc, HW_PAD))
            writer.end -= hw_auth_reserve(assoc);
        hw_pmtu_write(path, &writer);
        HW_COUNT_BY(assoc, OutCtrlChunks, 2);
        HW_COUNT_OF(assoc, PathMtuProbes);
        size_t size = close_packet(assoc, &frame, &writer);
        depart(&frame, size, size);
        departure->flags |= HAWSER_DEPARTURE_PROBE;
        return size;
    }
    assoc->owed &= ~(uint32_t)HW_OWE_PROBE;
    return 0;
}

static size_t output_established(struct hw_assoc *assoc, struct hawser_departure *departure) {
    struct frame frame;
    bool asconf = assoc->asconf.owed || assoc->asconf.replies_owed;
    /* Nothing is believed before the COOKIE ACK; and RFC 5061 5.1.1 C4. */
    if (HW_UNLIKELY(asconf) && !(assoc->owed & HW_OWE_COOKIE_ACK) && assoc->state != HAWSER_SHUTDOWN_ACK_SENT) {
        size_t size = output_asconf(assoc, departure);
        if (size)
            return size;
    }
    if (HW_UNLIKELY(assoc->owed & HW_OWE_PROBE)) {
        size_t size = output_probe(assoc, departure);
        if (size)
            return size;
    }
    struct hw_path *path = NULL;
    /* What is owed may turn out to be nothing: answers that no packet of their path holds, path by path; what is needless now. */
    for (unsigned attempt = 0; attempt < assoc->path_count + 3u; attempt++) {
        enum verdict data;
        path = next_path(assoc, &data);
        if (!path)
            break;
        frame_init(&frame, path, departure);
        bool control = false;
        size_t size = build(assoc, &frame, data, &control);
        if (!size)
            continue;
        size_t length = control || frame.oversize ? size : train(assoc, &frame, size);
        return depart(&frame, length, size);
    }
    if (path && starved(assoc, departure->capacity)) {
        assoc->stack->starved = true;
        hw_assoc_touch(assoc);
        return 0;
    }
    for (unsigned i = 0; i < assoc->path_count; i++) {
        assoc->paths[i]->burst = 0; /* 6.1 D: an opportunity that was not used is gone */
        assoc->paths[i]->full = !cwnd_open(assoc->paths[i]);
    }
    watch_window(assoc);
    return 0;
}

size_t hw_output_assoc(struct hw_assoc *assoc, struct hawser_departure *departure) {
    size_t length = 0;
    uint32_t messages = assoc->send.message_count;
    if (hw_assoc_over(assoc))
        return output_farewell(assoc, departure);
    if (assoc->state == HAWSER_COOKIE_WAIT) {
        if (assoc->owed & HW_OWE_INIT)
            length = output_init(assoc, departure);
    } else if (assoc->state == HAWSER_COOKIE_ECHOED) {
        if (assoc->owed & HW_OWE_COOKIE_ECHO)
            length = output_cookie_echo(assoc, departure);
    } else
        length = output_established(assoc, departure);
    hw_assoc_faults(assoc);
    if (assoc->auth)
        hw_auth_after(assoc);
    uint8_t state = assoc->state;
    bool failed = assoc->send.message_count < messages; /* of those whose lifetime passed */
    if (failed) {
        hw_dry_check(assoc); /* it may have been the last */
        hw_inbox_check(assoc);
    }
    if (failed || (assoc->send.blocked && hw_send_stuck(&assoc->send)))
        hw_writable_check(assoc); /* there is room now, or open ones wait for their own ends */
    hw_close_progress(assoc);     /* ... or may have been the last */
    hw_reconfig_progress(assoc);
    if (length || assoc->state != state)
        hw_assoc_touch(assoc);
    else
        hw_assoc_reschedule(assoc);
    return length;
}
