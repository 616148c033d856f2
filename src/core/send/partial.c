/* SPDX-License-Identifier: MIT
 *
 * Partial reliability in the sending half (RFC 3758, RFC 7496): which messages may be given up, what is left of their chunks in
 * the ring, and the FORWARD TSN that tells the peer. Decides nothing: when a message is given up is the association's business.
 *
 * An abandoned TSN stays in the ring until the peer's cumulative TSN has passed it, for the peer may never have heard of it. Its
 * message fails at once, so a record keeps what a FORWARD TSN says of it.
 */
#include "base/bytes.h"
#include "base/serial.h"
#include "core/send/send.h"

/* ---- who gives way --------------------------------------------------------------------------------------------- */

bool hw_message_yields(const struct hw_outmsg *message, hawser_time now, uint32_t policy, uint32_t value) {
    switch (message->policy) {
    case HAWSER_POLICY_TIMED:
        return now >= message->deadline;
    case HAWSER_POLICY_PRIORITY:
        return policy != HAWSER_POLICY_PRIORITY || message->value > value;
    default:
        return message->policy == HAWSER_POLICY_BUFFER;
    }
}

/* What is over goes first, then the oldest of the buffer policy, then the lowest of priorities. What waits goes before what was
 * sent and may well arrive. */
static bool goes_before(const struct hw_outmsg *one, const struct hw_outmsg *other) {
    static const uint8_t rank[HAWSER_POLICY_COUNT] = {
        [HAWSER_POLICY_TIMED] = 3, [HAWSER_POLICY_BUFFER] = 2, [HAWSER_POLICY_PRIORITY] = 1};
    if (!other || rank[one->policy] != rank[other->policy])
        return !other || rank[one->policy] > rank[other->policy];
    return one->policy == HAWSER_POLICY_PRIORITY && one->value > other->value;
}

struct hw_outmsg *hw_partial_victim(const struct hw_send *send, hawser_time now, uint32_t policy, uint32_t value, uint64_t bytes,
                                    const struct hw_outmsg *except) {
    const struct hw_link *lists[] = {&send->queue, &send->parked, &send->sent};
    struct hw_outmsg *victim = NULL;
    uint64_t freed = 0;
    for (unsigned i = 0; i < 3 && send->yielding; i++)
        for (struct hw_link *link = lists[i]->next; link != lists[i]; link = link->next) {
            struct hw_outmsg *message = hw_outmsg_of(link);
            if (message == except || !hw_message_yields(message, now, policy, value))
                continue;
            freed += message->charge;
            if (goes_before(message, victim))
                victim = message;
        }
    return freed >= bytes ? victim : NULL;
}

/* ---- abandoned ------------------------------------------------------------------------------------------------- */

void hw_flight_abandon(struct hw_send *send, uint32_t offset) {
    struct hw_flight *record = hw_flight_at(send, offset);
    struct hw_outmsg *message = record->message;
    message->unacked--;
    record->probe = false;
    record->skipped.stream = message->stream;
    record->skipped.ssn = message->ssn;
    record->skipped.ordered = !(message->flags & HAWSER_SEND_UNORDERED);
    record->skipped.unlisted = false;
    hw_bits_set(&send->abandoned, send->account, offset); /* there is room for it: hw_flight_reserve */
}

static void count(struct hw_send *send, const struct hw_outmsg *message) {
    const struct hw_outstream *stream = hw_sparse_get(&send->streams, message->stream);
    struct hw_abandoned *counts[] = {&send->abandons, stream->abandoned};
    for (unsigned i = 0; i < 2; i++)
        ++*(message->begun ? &counts[i]->sent[message->policy] : &counts[i]->unsent[message->policy]);
}

void hw_message_abandon(struct hw_send *send, struct hw_outmsg *message, bool ends) {
    if (ends) {
        uint32_t offset = hw_flight_count(send);
        *hw_flight_at(send, offset) = (struct hw_flight){.message = message};
        message->unacked++;
        send->next_tsn++;
        hw_flight_abandon(send, offset);
        hw_bits_set(&send->fast_done, send->account, offset); /* it was never sent: that it is missing means nothing */
    }
    if (message->begun && !(message->flags & HAWSER_SEND_UNORDERED)) {
        struct hw_outstream *stream = hw_sparse_get(&send->streams, message->stream);
        stream->in_window--; /* its TSNs are still in the ring, of which there are fewer than SSNs (6.1) */
    }
    count(send, message);
    hw_message_fail(send, message, HAWSER_ERR_ABANDONED);
}

/* ---- told to the peer ------------------------------------------------------------------------------------------ */

void hw_forward_unlist(struct hw_send *send, const uint16_t *streams, uint32_t stream_count) {
    for (uint32_t i = hw_bits_next_set(&send->abandoned, 0); i != HW_BITS_NONE; i = hw_bits_next_set(&send->abandoned, i + 1)) {
        struct hw_flight *record = hw_flight_at(send, i);
        bool named = stream_count == 0;
        for (uint32_t k = 0; k < stream_count && !named; k++)
            named = streams[k] == record->skipped.stream;
        record->skipped.unlisted |= named;
    }
}

void hw_forward_advance(struct hw_send *send) {
    send->advanced = send->cum_tsn + hw_bits_next_clear(&send->abandoned, send->advanced - send->cum_tsn);
}

/* Each stream is listed once, with its highest SSN (C4), for TSNs rise with it; and once with its highest unordered MID (RFC 8260
 * 2.3.1). Where a stream is listed is kept with the stream, and believed if it is so. NULL: there is no room. */
static uint8_t *list(struct hw_send *send, const struct hw_flight *record, struct hw_writer *writer, uint8_t *first,
                     uint16_t *listed) {
    struct hw_outstream *stream = hw_sparse_get(&send->streams, record->skipped.stream);
    bool unordered = !record->skipped.ordered;
    uint16_t *slot = &stream->forward_slots[unordered];
    size_t size = send->interleaving ? 8 : 4;
    uint8_t *pair = first + size * *slot;
    if (*slot < *listed && hw_get16(pair) == record->skipped.stream && (!send->interleaving || pair[3] == unordered))
        return pair;
    if (hw_writer_room(writer) < size)
        return NULL;
    pair = hw_write_reserve(writer, size);
    *slot = (*listed)++;
    hw_put16(pair, record->skipped.stream);
    if (send->interleaving)
        hw_put16(pair + 2, unordered);
    return pair;
}

void hw_forward_write(struct hw_send *send, struct hw_writer *writer) {
    uint32_t most = send->advanced - send->cum_tsn, i = 0;
    most = most < HW_FORWARD_RECORDS_MAX ? most : HW_FORWARD_RECORDS_MAX;
    uint8_t *begin = hw_write_chunk_begin(writer, send->interleaving ? HW_I_FORWARD_TSN : HW_FORWARD_TSN, 0);
    uint8_t *cum_tsn = hw_write_reserve(writer, 4), *first = writer->at;
    uint16_t listed = 0;
    for (; i < most; i++) {
        const struct hw_flight *record = hw_flight_at(send, i);
        if (record->skipped.unlisted || (!record->skipped.ordered && !send->interleaving))
            continue;
        uint8_t *pair = list(send, record, writer, first, &listed);
        if (!pair)
            break; /* C4: the rest waits until this is acknowledged */
        if (send->interleaving)
            hw_put32(pair + 4, record->skipped.ssn);
        else
            hw_put16(pair + 2, (uint16_t)record->skipped.ssn);
    }
    send->forward_told = send->cum_tsn + i;
    send->forward_point = send->advanced;
    hw_put32(cum_tsn, send->forward_told);
    hw_write_end(writer, begin);
}
