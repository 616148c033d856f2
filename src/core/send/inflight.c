/* SPDX-License-Identifier: MIT
 *
 * What is in flight: a ring of records by TSN, cut from messages when a packet is built and kept until the cumulative TSN passes
 * them (a receiver may take back what it only reported in gap blocks, RFC 9260 6.2).
 */
#include "core/send/send.h"

#define RING_FIRST 8u

void hw_send_start(struct hw_send *send, uint32_t initial_tsn, uint32_t peer_rwnd, uint16_t stream_count) {
    send->next_tsn = initial_tsn;
    send->cum_tsn = send->small_tsn = send->advanced = send->forward_told = send->forward_point = initial_tsn - 1;
    send->told_rwnd = send->peer_rwnd = peer_rwnd;
    send->stream_count = stream_count;
    send->outstanding = 0;
    send->renege_budget = HW_RENEGE_BUDGET;
    hw_bits_reset(&send->acked);
    hw_bits_reset(&send->marked);
    hw_bits_reset(&send->fast_done);
    hw_bits_reset(&send->abandoned);
    struct hw_outstream *stream;
    for (uint32_t i = 0; (stream = hw_sparse_next(&send->streams, &i)) != NULL; i++) {
        stream->next_ssn = stream->next_unordered = 0;
        stream->in_window = 0;
    }
}

void hw_send_reset(struct hw_send *send, const uint16_t *streams, uint32_t stream_count) {
    hw_forward_unlist(send, streams, stream_count);
    struct hw_outstream *stream;
    for (uint32_t i = 0; stream_count == 0 && (stream = hw_sparse_next(&send->streams, &i)) != NULL; i++)
        stream->next_ssn = stream->next_unordered = 0;
    for (uint32_t i = 0; i < stream_count; i++)
        if ((stream = hw_sparse_get(&send->streams, streams[i])) != NULL)
            stream->next_ssn = stream->next_unordered = 0;
}

bool hw_flight_reserve(struct hw_send *send) {
    uint32_t count = hw_flight_count(send);
    if (count < send->ring_size && count < HW_WINDOW_TSNS_MAX)
        return true;
    if (count >= HW_WINDOW_TSNS_MAX)
        return false;
    uint32_t size = send->ring_size ? send->ring_size * 2 : RING_FIRST;
    /* The bits by which records are marked come with them: what is lost can always be sent again, or given up. */
    if (!hw_bits_reserve(&send->marked, send->account, size) || !hw_bits_reserve(&send->fast_done, send->account, size) ||
        !hw_bits_reserve(&send->abandoned, send->account, size))
        return false;
    struct hw_flight *ring = hw_allocate(send->account, size * sizeof *ring);
    if (!ring)
        return false;
    for (uint32_t i = 0; i < count; i++)
        ring[i] = *hw_flight_at(send, i);
    hw_release(send->account, send->ring, send->ring_size * sizeof *ring);
    send->ring = ring;
    send->ring_size = size;
    send->ring_start = 0;
    return true;
}

/* The first chunk of a message spends its SSN (6.5), or its MID, of which unordered messages have their own (RFC 8260 2.1). */
static void begin(struct hw_send *send, struct hw_outmsg *message) {
    message->begun = true;
    bool unordered = message->flags & HAWSER_SEND_UNORDERED;
    if (unordered && !send->interleaving)
        return;
    struct hw_outstream *stream = hw_sparse_get(&send->streams, message->stream);
    if (unordered) {
        message->ssn = stream->next_unordered++;
        return;
    }
    message->ssn = stream->next_ssn++;
    stream->in_window++;
}

struct hw_flight *hw_flight_cut(struct hw_send *send, struct hw_outmsg *message, uint16_t length, uint8_t path) {
    if (!message->begun)
        begin(send, message);
    struct hw_flight *record = hw_flight_at(send, hw_flight_count(send));
    *record = (struct hw_flight){
        .message = message, .offset = (uint32_t)message->cut, .fsn = message->fragments++, .length = length, .path = path};
    send->next_tsn++;
    message->cut += length;
    message->unacked++;
    send->uncut_bytes -= length;
    if (send->scheduler != HAWSER_SCHEDULER_FCFS)
        hw_sched_cut(send, message, hw_data_chunk_size(send, length));
    if (message->cut == message->size && !(message->flags & HAWSER_SEND_MORE)) {
        hw_sched_leave(send, message);
        send->uncut_count--;
        send->urgent_count -= (message->flags & (HAWSER_SEND_NO_DELAY | HAWSER_SEND_SACK_NOW)) != 0;
        hw_list_remove(&message->link);
        hw_list_append(&send->sent, &message->link);
    } else if (!send->interleaving)
        send->current = message;
    return record;
}

/* Bytes of a message from `offset` on. Cutting goes forward, so the place is remembered; sending again starts from the first. */
static void gather(struct hw_outmsg *message, size_t offset, uint8_t *out, size_t length) {
    struct hw_segment *segment = message->at;
    size_t base = message->at_base;
    if (offset < base) {
        segment = &message->first;
        base = 0;
    }
    while (offset - base >= segment->piece.size) {
        base += segment->piece.size + (segment == &message->first ? message->trimmed : 0);
        segment = (struct hw_segment *)segment->piece.next;
    }
    if (offset + length >= message->cut) {
        message->at = segment;
        message->at_base = base;
    }
    for (size_t skip = offset - base; length;) {
        size_t now = segment->piece.size - skip;
        now = now < length ? now : length;
        memcpy(out, segment->piece.data + skip, now);
        out += now;
        length -= now;
        skip = 0;
        segment = (struct hw_segment *)segment->piece.next;
    }
}

void hw_flight_write(const struct hw_send *send, const struct hw_flight *record, uint32_t tsn, bool immediate,
                     struct hw_writer *writer) {
    struct hw_outmsg *message = record->message;
    bool last = record->offset + record->length == message->size && !(message->flags & HAWSER_SEND_MORE);
    uint8_t flags = (uint8_t)((record->offset == 0 ? HW_FLAG_BEGIN : 0) | (last ? HW_FLAG_END : 0) |
                              (message->flags & HAWSER_SEND_UNORDERED ? HW_FLAG_UNORDERED : 0) |
                              (immediate || (last && (message->flags & HAWSER_SEND_SACK_NOW)) ? HW_FLAG_IMMEDIATE : 0));
    size_t chunk = hw_data_header(send) + record->length;
    uint8_t *at = hw_write_reserve(writer, hw_pad4(chunk)), *end = at + chunk;
    memset(at + hw_pad4(chunk) - 4, 0, 4); /* what padding there is; the rest is written over */
    at[0] = HW_DATA;
    at[1] = flags;
    hw_put16(at + 2, (uint16_t)chunk);
    hw_put32(at + 4, tsn);
    hw_put16(at + 8, message->stream);
    hw_put16(at + 10, (uint16_t)message->ssn);
    hw_put32(at + 12, message->ppid);
    if (send->interleaving) {
        at[0] = HW_I_DATA;
        hw_put16(at + 10, 0);
        hw_put32(at + 12, message->ssn);
        hw_put32(at + 16, record->offset ? record->fsn : message->ppid);
    }
    gather(message, record->offset, end - record->length, record->length);
}

void hw_flight_forget(struct hw_send *send) {
    for (uint32_t i = 0; i < hw_flight_count(send); i++)
        if (!hw_flight_abandoned(send, i))
            hw_flight_at(send, i)->message->unacked--;
    send->cum_tsn = send->small_tsn = send->advanced = send->next_tsn - 1;
    send->outstanding = 0;
    hw_bits_reset(&send->acked);
    hw_bits_reset(&send->marked);
    hw_bits_reset(&send->fast_done);
    hw_bits_reset(&send->abandoned);
}
