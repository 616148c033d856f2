/* SPDX-License-Identifier: MIT
 *
 * Messages from the user's send to the last acknowledgement or failure. The order between streams is sched.c's decision.
 */
#include "base/serial.h"
#include "core/send/send.h"

void hw_send_init(struct hw_send *send, struct hw_account *account) {
    memset(send, 0, sizeof *send);
    send->account = account;
    send->next_tsn = 1; /* nothing is in flight: cum_tsn is 0 */
    hw_list_init(&send->queue);
    hw_list_init(&send->parked);
    hw_list_init(&send->sent);
    hw_list_init(&send->failed);
    hw_sparse_init(&send->streams, sizeof(struct hw_outstream));
    hw_bits_init(&send->acked);
    hw_bits_init(&send->marked);
    hw_bits_init(&send->fast_done);
    hw_bits_init(&send->abandoned);
    send->renege_budget = HW_RENEGE_BUDGET;
}

/* ---- storage --------------------------------------------------------------------------------------------------- */

static void segment_fill(struct hw_segment *segment, const struct hawser_message *message, size_t size) {
    segment->piece.next = NULL;
    segment->piece.size = size;
    segment->release = message->release;
    segment->release_user = message->release_user;
    if (message->release) {
        segment->lent = message->parts[0].data;
        segment->lent_size = size;
        segment->piece.data = segment->lent;
        return;
    }
    segment->lent = NULL;
    uint8_t *at = (uint8_t *)(segment + 1);
    segment->piece.data = at;
    for (size_t i = 0; i < message->part_count; i++) {
        hw_copy(at, message->parts[i].data, message->parts[i].size);
        at += message->parts[i].size;
    }
}

/* What is charged beyond the allocation: a lent buffer, so that the ceilings mean what they say. */
static size_t lent_charge(const struct hawser_message *message, size_t size) { return message->release ? size : 0; }

static void segment_release(struct hw_send *send, struct hw_segment *segment) {
    if (segment->lent) {
        hw_uncharge(send->account, segment->lent_size);
        segment->release(segment->release_user, segment->lent, segment->lent_size);
    }
    if (segment->charge)
        hw_release(send->account, segment, segment->charge);
}

static void message_free(struct hw_send *send, struct hw_outmsg *message) {
    struct hw_segment *segment = (struct hw_segment *)message->first.piece.next;
    for (struct hw_segment *next; segment; segment = next) {
        next = (struct hw_segment *)segment->piece.next;
        segment_release(send, segment);
    }
    hw_release(send->account, message, sizeof *message + message->first.charge);
}

/* What its stream counts abandoned messages in: made before there is one to count. */
static bool countable(struct hw_send *send, struct hw_outstream *stream, uint32_t policy) {
    if (policy && !stream->abandoned)
        stream->abandoned = hw_allocate_zeroed(send->account, sizeof *stream->abandoned);
    return !policy || stream->abandoned;
}

static bool yielding(const struct hw_outmsg *message) {
    return message->policy != HAWSER_POLICY_RELIABLE && message->policy != HAWSER_POLICY_LIMITED;
}

/* ---- in and out ------------------------------------------------------------------------------------------------ */

static bool urgent(uint32_t flags) { return flags & (HAWSER_SEND_NO_DELAY | HAWSER_SEND_SACK_NOW); }

static void account(struct hw_send *send, struct hw_outmsg *message, size_t charge, size_t size) {
    message->charge += charge;
    message->size += size;
    send->queued_bytes += charge;
    send->uncut_bytes += size;
}

static int push_part(struct hw_send *send, struct hw_outmsg *out, const struct hawser_message *message, size_t size) {
    size_t inside = message->release ? 0 : size, lent = lent_charge(message, size);
    if (lent && !hw_charge(send->account, lent))
        return HAWSER_ERR_NO_MEMORY;
    struct hw_segment *segment = hw_allocate(send->account, sizeof *segment + inside);
    if (!segment) {
        if (lent)
            hw_uncharge(send->account, lent);
        return HAWSER_ERR_NO_MEMORY;
    }
    segment_fill(segment, message, size);
    segment->charge = sizeof *segment + inside;
    out->last->piece.next = &segment->piece;
    out->last = segment;
    account(send, out, segment->charge + lent, size);
    return 0;
}

static struct hw_outmsg *message_make(struct hw_send *send, hawser_time now, const struct hawser_message *message,
                                      size_t inside) {
    struct hw_outmsg *out = hw_allocate(send->account, sizeof *out + inside);
    if (!out)
        return NULL;
    memset(out, 0, sizeof *out);
    out->first.charge = inside; /* remembered for the allocation's size; the first is freed with its message */
    hw_list_init(&out->on_stream);
    out->last = out->at = &out->first;
    out->deadline = message->lifetime ? now + message->lifetime : HAWSER_NEVER;
    out->context = message->context;
    out->flags = message->flags;
    out->ppid = message->ppid;
    out->path = message->path;
    out->stream = message->stream;
    out->key = message->key;
    out->policy = (uint8_t)message->policy;
    out->value = message->value;
    return out;
}

static int push_new(struct hw_send *send, hawser_time now, struct hw_outstream *stream, const struct hawser_message *message,
                    size_t size) {
    /* The bytes lie behind the message, in one piece of memory; those of a message that comes in parts, or is lent, on their
     * own, so that each part can be freed as it is acknowledged. */
    bool apart = message->release || (message->flags & HAWSER_SEND_MORE);
    bool room = countable(send, stream, message->policy) && hw_sched_reserve(send, message->stream);
    struct hw_outmsg *out = room ? message_make(send, now, message, apart ? 0 : size) : NULL;
    if (!out)
        return HAWSER_ERR_NO_MEMORY;
    if (!apart) {
        segment_fill(&out->first, message, size);
        account(send, out, sizeof *out + size, size);
    } else {
        int error = push_part(send, out, message, size);
        if (error) {
            hw_release(send->account, out, sizeof *out);
            return error;
        }
        account(send, out, sizeof *out, 0);
    }
    hw_list_append(&send->queue, &out->link);
    stream->messages++;
    send->message_count++;
    send->uncut_count++;
    send->urgent_count += urgent(out->flags);
    hw_sched_enter(send, out);
    send->yielding += yielding(out);
    out->key_users = send->key_users;
    if (out->key_users)
        ++*out->key_users;
    if (message->flags & HAWSER_SEND_MORE) {
        stream->open = out;
        send->open_count++;
    }
    return 0;
}

/* Out of the queue and back: what is parked counts for nothing that is asked of the queue. */
static void park(struct hw_send *send, struct hw_outmsg *message) {
    hw_sched_leave(send, message);
    hw_list_remove(&message->link);
    if (message->deadline == HAWSER_NEVER)
        hw_list_append(&send->parked, &message->link);
    else
        hw_list_prepend(&send->parked, &message->link); /* the first is looked at */
    message->parked = true;
    send->uncut_count--;
    send->uncut_bytes -= message->size - message->cut;
    send->urgent_count -= urgent(message->flags);
}

/* All that was there when it was parked came after it. */
static void unpark(struct hw_send *send, struct hw_outmsg *message) {
    hw_list_remove(&message->link);
    hw_list_prepend(&send->queue, &message->link);
    message->parked = false;
    send->uncut_count++;
    send->uncut_bytes += message->size - message->cut;
    send->urgent_count += urgent(message->flags);
    hw_sched_enter(send, message);
}

void hw_sendq_blocked(struct hw_send *send) {
    if (send->blocked)
        return;
    send->blocked = true;
    for (struct hw_link *link = send->parked.next, *next; link != &send->parked; link = next) {
        next = link->next;
        if (hw_outmsg_of(link)->size - hw_outmsg_of(link)->cut > 1)
            unpark(send, hw_outmsg_of(link));
    }
}

static int push_more(struct hw_send *send, struct hw_outstream *stream, const struct hawser_message *message, size_t size) {
    struct hw_outmsg *out = stream->open;
    if (out->parked)
        unpark(send, out);
    int error = size ? push_part(send, out, message, size) : 0;
    if (error)
        return error;
    if (!(message->flags & HAWSER_SEND_MORE)) {
        send->urgent_count += !urgent(out->flags) && urgent(message->flags);
        out->flags = (out->flags | message->flags) & ~HAWSER_SEND_MORE;
        stream->open = NULL;
        send->open_count--;
    }
    return 0;
}

int hw_sendq_push(struct hw_send *send, hawser_time now, const struct hawser_message *message, size_t size) {
    struct hw_outstream *stream = hw_sparse_get(&send->streams, message->stream);
    if (!stream)
        stream = hw_sparse_reserve(&send->streams, send->account, message->stream);
    if (!stream)
        return HAWSER_ERR_NO_MEMORY;
    return stream->open ? push_more(send, stream, message, size) : push_new(send, now, stream, message, size);
}

static void leave_key(struct hw_outmsg *message) {
    if (message->key_users)
        --*message->key_users;
    message->key_users = NULL;
}

void hw_message_fail(struct hw_send *send, struct hw_outmsg *message, int32_t reason) {
    struct hw_outstream *stream = hw_sparse_get(&send->streams, message->stream);
    if (message->flags & HAWSER_SEND_MORE) {
        stream->open = NULL;
        stream->broken = message; /* what the user still sends of it is no message of its own */
        send->open_count--;
    }
    hw_sched_leave(send, message);
    if (!message->parked && (message->cut < message->size || (message->flags & HAWSER_SEND_MORE))) {
        send->uncut_count--;
        send->uncut_bytes -= message->size - message->cut;
        send->urgent_count -= urgent(message->flags);
    }
    message->parked = false;
    send->queued_bytes -= message->charge;
    stream->messages--;
    send->message_count--;
    send->yielding -= yielding(message);
    message->reason = reason;
    leave_key(message);
    hw_list_remove(&message->link);
    hw_list_append(&send->failed, &message->link);
}

/* 11.1.5: its lifetime passed before it began. */
static bool expire(struct hw_send *send, struct hw_outmsg *message, hawser_time now) {
    if (message->begun || now < message->deadline)
        return false;
    if (message->policy == HAWSER_POLICY_TIMED)
        hw_message_abandon(send, message, false); /* RFC 3758 4.1 TR3 */
    else
        hw_message_fail(send, message, HAWSER_ERR_RANGE);
    return true;
}

struct hw_outmsg *hw_sendq_head(struct hw_send *send, hawser_time now, uint32_t most) {
    struct hw_outmsg *message;
    while (!hw_list_empty(&send->parked) && expire(send, hw_outmsg_of(send->parked.next), now))
        continue;
    while ((message = hw_sched_next(send)) != NULL) {
        if (expire(send, message, now))
            continue;
        if (hw_outmsg_cuttable(send, message, most))
            return message;
        if (message == send->current)
            return NULL;
        park(send, message);
    }
    return NULL;
}

bool hw_send_stuck(const struct hw_send *send) {
    if (send->next_tsn != send->cum_tsn + 1)
        return false;
    if (!hw_list_empty(&send->queue)) { /* one that nobody has asked yet for something to cut */
        const struct hw_outmsg *head = send->current ? send->current : hw_outmsg_of(send->queue.next);
        bool only = send->current || send->queue.next == send->queue.prev;
        return only && (head->flags & HAWSER_SEND_MORE) && head->size - head->cut <= 1;
    }
    if (hw_list_empty(&send->parked))
        return false;
    const struct hw_outmsg *first = hw_outmsg_of(send->parked.next); /* blocked: they have all given what they can */
    return send->blocked || first->size - first->cut <= 1;
}

bool hw_send_stuck_by(const struct hw_send *send, const struct hw_outmsg *open) {
    return hw_send_stuck(send) && (!send->current || send->current == open);
}

void hw_sendq_fail(struct hw_send *send, uint32_t stream_count, bool begun, int32_t reason) {
    struct hw_link *lists[] = {&send->sent, &send->queue, &send->parked};
    for (unsigned i = 0; i < 3; i++)
        for (struct hw_link *link = lists[i]->next, *next; link != lists[i]; link = next) {
            next = link->next;
            struct hw_outmsg *message = hw_outmsg_of(link);
            if (message->begun ? begun : message->stream >= stream_count)
                hw_message_fail(send, message, message->begun ? reason : stream_count ? HAWSER_ERR_STREAM : reason);
        }
}

void hw_sendq_drop_failed(struct hw_send *send) {
    struct hw_outmsg *message = hw_outmsg_of(send->failed.next);
    struct hw_outstream *stream = hw_sparse_get(&send->streams, message->stream);
    if (stream->broken == message)
        stream->broken = NULL;
    hw_list_remove(&message->link);
    message_free(send, message);
}

/* ---- acknowledged ---------------------------------------------------------------------------------------------- */

/* Parts that are acknowledged for good go back before the message's end: a message may be endless. */
static void trim(struct hw_send *send, struct hw_outmsg *message) {
    struct hw_segment *segment;
    while ((segment = (struct hw_segment *)message->first.piece.next) != NULL &&
           message->first.piece.size + message->trimmed + segment->piece.size <= message->acked) {
        size_t charge = segment->charge + (segment->lent ? segment->lent_size : 0);
        message->trimmed += segment->piece.size;
        message->first.piece.next = segment->piece.next;
        if (message->at == segment) { /* cutting goes on behind it: it is looked for from the first */
            message->at = &message->first;
            message->at_base = 0;
        }
        if (message->last == segment)
            message->last = &message->first;
        message->charge -= charge;
        send->queued_bytes -= charge;
        segment_release(send, segment);
    }
}

static void message_done(struct hw_send *send, struct hw_outmsg *message) {
    send->queued_bytes -= message->charge;
    send->message_count--;
    send->yielding -= yielding(message);
    leave_key(message);
    hw_list_remove(&message->link);
    message_free(send, message);
}

static void record_done(struct hw_send *send, struct hw_flight *record) {
    struct hw_outmsg *message = record->message;
    message->acked = record->offset + record->length;
    message->unacked--;
    if (message->acked < message->size || (message->flags & HAWSER_SEND_MORE)) {
        if (message->first.piece.next)
            trim(send, message);
        return;
    }
    struct hw_outstream *stream = hw_sparse_get(&send->streams, message->stream);
    stream->in_window -= !(message->flags & HAWSER_SEND_UNORDERED);
    stream->messages--;
    message_done(send, message);
}

void hw_flight_advance(struct hw_send *send, uint32_t cum_tsn) {
    uint32_t count = cum_tsn - send->cum_tsn;
    for (uint32_t i = 0; i < count; i++)
        if (!hw_flight_abandoned(send, i))
            record_done(send, hw_flight_at(send, i));
    send->ring_start = (send->ring_start + count) & (send->ring_size - 1);
    send->cum_tsn = cum_tsn;
    if (hw_tsn_before(send->small_tsn, cum_tsn)) /* it must never seem to be ahead, 2^31 TSNs later */
        send->small_tsn = cum_tsn;
    if (hw_tsn_before(send->advanced, cum_tsn)) /* RFC 3758 3.5 C1 */
        send->advanced = cum_tsn;
    hw_bits_advance(&send->acked, count);
    hw_bits_advance(&send->marked, count);
    hw_bits_advance(&send->fast_done, count);
    if (send->abandoned.count)
        hw_bits_advance(&send->abandoned, count);
    uint64_t budget = (uint64_t)send->renege_budget + count;
    send->renege_budget = budget < HW_RENEGE_BUDGET ? (uint32_t)budget : HW_RENEGE_BUDGET;
}

void hw_send_free(struct hw_send *send) {
    hw_flight_forget(send);
    hw_sendq_fail(send, 0, true, 0);
    while (!hw_list_empty(&send->failed))
        hw_sendq_drop_failed(send);
    hw_release(send->account, send->ring, send->ring_size * sizeof *send->ring);
    send->ring = NULL;
    send->ring_size = 0;
    hw_bits_free(&send->acked, send->account);
    hw_bits_free(&send->marked, send->account);
    hw_bits_free(&send->fast_done, send->account);
    hw_bits_free(&send->abandoned, send->account);
    struct hw_outstream *stream;
    for (uint32_t i = 0; (stream = hw_sparse_next(&send->streams, &i)) != NULL; i++)
        hw_release(send->account, stream->abandoned, sizeof *stream->abandoned);
    hw_sparse_free(&send->streams, send->account);
    hw_sched_free(send);
}
