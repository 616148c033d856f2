/* SPDX-License-Identifier: MIT
 *
 * The sending half of an association: messages that wait or are under way (sendq.c), which of them is next (sched.c), and what is
 * in flight (inflight.c). Knows nothing of receiving, of paths beyond their index, or of time beyond a message's lifetime.
 *
 * A message is stored once, as the user gave it, and never cut into chunk objects: when a packet is built the next chunk's
 * bytes are cut off its front and a small record by TSN says which they were. Records lie in a ring from the cumulative TSN ack
 * point on.
 */
#ifndef HW_SEND_H
#define HW_SEND_H

#include "base/bits.h"
#include "base/heap.h"
#include "base/list.h"
#include "base/memory.h"
#include "base/sparse.h"
#include "core/limits.h"
#include "wire/chunks.h"

/* A stretch of a message's bytes: behind the segment, or lent. */
struct hw_segment {
    struct hawser_piece piece;
    void (*release)(void *user, const void *data, size_t size); /* of lent bytes */
    void *release_user;
    const void *lent;
    size_t lent_size;
    size_t charge; /* bytes allocated for it (0: the message's own first) */
};

struct hw_outmsg {
    struct hw_link link;          /* queue, parked, sent or failed */
    struct hw_link on_stream;     /* those of a stream, if the scheduler looks at streams */
    struct hw_segment *last;
    struct hw_segment *at;        /* where cutting stands */
    size_t at_base;               /* offset of at's first byte in the message */
    size_t size, cut, acked;      /* bytes accepted, put into chunks, acknowledged for good */
    size_t trimmed;               /* bytes of segments behind the first that were freed already */
    size_t charge;                /* all bytes held for it */
    uint64_t deadline;            /* of beginning, with the timed policy of all sending; HAWSER_NEVER */
    uint64_t context;
    uint32_t unacked;             /* records in the ring */
    uint32_t flags;               /* HAWSER_SEND_ as given; MORE while it is not ended */
    uint32_t ppid, path;
    int32_t reason;               /* why it failed */
    uint32_t ssn;                 /* with I-DATA its MID */
    uint32_t fragments;           /* cut: the FSN of the next */
    uint32_t value;               /* of its policy */
    uint16_t stream;
    uint8_t policy;               /* enum hawser_policy */
    uint16_t key;                 /* of AUTH (RFC 4895), and who counts that it is in use, or NULL */
    uint32_t *key_users;
    bool begun;                   /* a chunk was cut: its SSN is spent */
    bool parked;
    struct hw_segment first;
};

/* Messages given up, by policy (RFC 7496 4.3). */
struct hw_abandoned {
    uint64_t unsent[HAWSER_POLICY_COUNT], sent[HAWSER_POLICY_COUNT];
};

struct hw_outstream {
    struct hw_outmsg *open;       /* begun with HAWSER_SEND_MORE and not ended */
    struct hw_outmsg *broken;     /* likewise, but it failed, and the user has not read so yet */
    uint32_t in_window;           /* ordered messages begun and not acknowledged whole (6.1) */
    uint32_t next_ssn;            /* or MID; DATA carries its lower half */
    uint32_t next_unordered;      /* MID of unordered messages (RFC 8260 2.1) */
    uint16_t forward_slots[2];    /* where the FORWARD TSN at hand lists it; unordered MIDs */
    struct hw_abandoned *abandoned; /* made with its first message that has a policy */
    uint32_t messages;            /* in queue and sent */
};

/* A DATA or I-DATA chunk that was sent and is not acknowledged for good. */
struct hw_flight {
    union {
        struct hw_outmsg *message;
        struct {
            uint32_t ssn;
            uint16_t stream;
            bool ordered;
            bool unlisted;        /* the stream has begun anew since (RFC 6525) */
        } skipped;                /* if it is abandoned: its message may be gone */
    };
    hawser_time sent_at;
    uint32_t offset;
    uint32_t fsn;                 /* RFC 8260 2.1 */
    uint16_t length;
    uint8_t path;                 /* index of the path that it was last sent to */
    uint8_t next_path;            /* where it shall be sent again, if it is marked */
    uint8_t misses;               /* 7.2.4 */
    bool probe;                   /* sent into a closed window (6.1 A) */
    bool spread;                  /* sent to more than one path: nobody knows which one brought it */
    uint16_t sends;               /* saturating */
};

/* What a scheduler knows (sched.c). */
struct hw_schedule {
    struct hw_sparse turns;       /* struct hw_turn, of streams that were used under it */
    struct hw_heap ready;         /* of those with messages in queue */
    uint32_t turn_count;
    uint32_t idle_spells;
    uint64_t turns_taken, virtual_time;
    int32_t packet_stream;        /* round robin per packet: that the packet being built belongs to; -1: none yet */
};

struct hw_send {
    struct hw_account *account;
    struct hw_link queue;         /* something can be cut from them, as far as is known; in order of arrival */
    struct hw_link parked;        /* open ones of which nothing can be cut until they go on, or the user says that it waits */
    struct hw_link sent, failed;
    struct hw_sparse streams;     /* struct hw_outstream */
    uint16_t stream_count;        /* 0: not known yet */
    uint64_t queued_bytes;        /* charge of messages in queue and sent */
    uint64_t uncut_bytes;         /* payload in queue not yet in chunks */
    uint32_t message_count;       /* in queue, parked and sent */
    uint32_t uncut_count;         /* in queue */
    uint32_t urgent_count;        /* messages in queue that shall not be delayed */
    uint32_t open_count;          /* messages not ended */
    uint32_t *key_users;          /* for the next message: its own */
    bool blocked;                 /* a send said WOULD_BLOCK */
    bool interleaving;            /* I-DATA in place of DATA (RFC 8260); changes only while nothing is in flight or begun */
    /* who is next */
    uint8_t scheduler;            /* enum hawser_scheduler */
    struct hw_outmsg *current;    /* begun with DATA and not cut whole: nothing goes before the rest of it (RFC 9260 6.9) */
    struct hw_schedule *schedule; /* made when a scheduler that looks at streams is first asked for */
    /* in flight */
    struct hw_flight *ring;
    uint32_t ring_size;           /* power of two, or 0 */
    uint32_t ring_start;          /* index of cum_tsn + 1 */
    uint32_t cum_tsn, next_tsn;
    uint32_t small_tsn;           /* the last in a packet that was not full (Nagle) */
    struct hw_bits acked;         /* by gap blocks; offset 0 is cum_tsn + 1 */
    struct hw_bits marked;        /* to be sent again */
    struct hw_bits fast_done;     /* has been fast retransmitted: not again (7.2.4) */
    struct hw_bits abandoned;     /* RFC 3758 3.4: neither outstanding nor to be sent again, whether acknowledged or not */
    uint64_t outstanding;         /* payload bytes neither acknowledged nor marked */
    uint32_t told_rwnd;           /* the peer's last a_rwnd */
    uint32_t peer_rwnd;           /* what is left of it beyond what is outstanding */
    uint32_t renege_budget;
    /* partial reliability (partial.c) */
    uint32_t advanced;            /* Advanced.Peer.Ack.Point (RFC 3758 3.5 A1) */
    uint32_t forward_told;        /* the new cumulative TSN of the last FORWARD TSN */
    uint32_t forward_point;       /* `advanced` when it was sent */
    uint32_t yielding;            /* messages in queue and sent that may give way in a full buffer */
    struct hw_abandoned abandons; /* of all streams */
};

void hw_send_init(struct hw_send *send, struct hw_account *account);
/* Frees all, lent buffers released, failed messages too. */
void hw_send_free(struct hw_send *send);
/* The numbers of a new association. Nothing may be in flight. */
void hw_send_start(struct hw_send *send, uint32_t initial_tsn, uint32_t peer_rwnd, uint16_t stream_count);

/* The streams (none: all) begin at SSN 0 again (RFC 6525 5.2.7 H4). Nothing of theirs may be queued or in flight. */
void hw_send_reset(struct hw_send *send, const uint16_t *streams, uint32_t stream_count);
/* Nothing was sent on the stream since its numbering began, and nothing waits. */
static inline bool hw_outstream_unused(const struct hw_outstream *stream) {
    return !stream || (stream->next_ssn == 0 && stream->next_unordered == 0 && stream->messages == 0);
}

/* ---- messages (sendq.c) */

static inline struct hw_outmsg *hw_outmsg_of(struct hw_link *link) { return HW_OWNER(link, struct hw_outmsg, link); }
/* Takes a message whole, or a further part of an open one; limits of size were judged by the caller. */
int hw_sendq_push(struct hw_send *send, hawser_time now, const struct hawser_message *message, size_t size);
/* The next message to cut from, or NULL; one whose lifetime passed before it began fails on the way. `most`: the largest
 * chunk. */
struct hw_outmsg *hw_sendq_head(struct hw_send *send, hawser_time now, uint32_t most);
/* The same where there is nothing to be judged, as nearly always: else NULL, and hw_sendq_head is to be asked. */
static inline struct hw_outmsg *hw_sendq_first(const struct hw_send *send, hawser_time now) {
    struct hw_outmsg *message = send->current;
    if (!message && send->scheduler == HAWSER_SCHEDULER_FCFS && !hw_list_empty(&send->queue))
        message = hw_outmsg_of(send->queue.next);
    bool plain = message && now < message->deadline && !message->policy && !(message->flags & HAWSER_SEND_MORE);
    return plain && hw_list_empty(&send->parked) ? message : NULL;
}
/* A send said WOULD_BLOCK: open messages keep nothing back now but the byte that will carry their end. */
void hw_sendq_blocked(struct hw_send *send);
/* Messages not begun, on streams from `stream_count` on, fail; begun ones fail too if `begun`. */
void hw_sendq_fail(struct hw_send *send, uint32_t stream_count, bool begun, int32_t reason);
/* One message fails; none of its records may be in the ring as a message's. */
void hw_message_fail(struct hw_send *send, struct hw_outmsg *message, int32_t reason);
/* The message of the stream that was begun with HAWSER_SEND_MORE and is not ended, or NULL. */
static inline struct hw_outmsg *hw_sendq_open(const struct hw_send *send, uint16_t stream) {
    const struct hw_outstream *state = hw_sparse_get(&send->streams, stream);
    return state ? state->open : NULL;
}
/* Takes the first failed message away. */
void hw_sendq_drop_failed(struct hw_send *send);
/* A message that is not ended keeps its last byte back, so that there is one to carry the end. */
static inline bool hw_outmsg_cuttable(const struct hw_send *send, const struct hw_outmsg *message, uint32_t most) {
    size_t rest = message->size - message->cut;
    if (!(message->flags & HAWSER_SEND_MORE))
        return rest > 0;
    return rest > most || (rest > 1 && send->blocked);
}
/* Nothing is under way, and nothing can be before this open message goes on: it may, whatever the send buffer says. */
bool hw_send_stuck_by(const struct hw_send *send, const struct hw_outmsg *open);
/* ... or before any of those does by which it is stuck. */
bool hw_send_stuck(const struct hw_send *send);

/* ---- who is next (sched.c) */

void hw_sched_free(struct hw_send *send);
/* Room for the stream, so that its messages can enter; false: no memory. */
bool hw_sched_reserve_stream(struct hw_send *send, uint16_t stream);
static inline bool hw_sched_reserve(struct hw_send *send, uint16_t stream) {
    return send->scheduler == HAWSER_SCHEDULER_FCFS || hw_sched_reserve_stream(send, stream);
}
/* A message has come into the queue, or leaves it. */
void hw_sched_enter_stream(struct hw_send *send, struct hw_outmsg *message);
static inline void hw_sched_enter(struct hw_send *send, struct hw_outmsg *message) {
    if (send->scheduler != HAWSER_SCHEDULER_FCFS)
        hw_sched_enter_stream(send, message);
}
void hw_sched_leave_stream(struct hw_send *send, struct hw_outmsg *message);
static inline void hw_sched_leave(struct hw_send *send, struct hw_outmsg *message) {
    if (hw_list_linked(&message->on_stream))
        hw_sched_leave_stream(send, message);
    if (send->current == message)
        send->current = NULL;
}
/* Whose turn it is, or NULL. */
struct hw_outmsg *hw_sched_next(const struct hw_send *send);
/* A chunk of this size was cut; not for FCFS. */
void hw_sched_cut(struct hw_send *send, const struct hw_outmsg *message, uint32_t size);
/* What is cut from now on is for another packet. */
static inline void hw_sched_packet_ended(struct hw_send *send) {
    if (send->schedule)
        send->schedule->packet_stream = -1;
}
/* Another scheduler, at any time. NO_MEMORY: it stays as it was. */
int hw_sched_change(struct hw_send *send, int scheduler);
/* Priority or weight of a stream; false: no memory. */
bool hw_sched_set_value(struct hw_send *send, uint16_t stream, uint16_t value);
uint16_t hw_sched_value(const struct hw_send *send, uint16_t stream);

/* ---- partial reliability (partial.c) */

/* A chunk that is to be sent again is not, as its message's policy has it (RFC 3758 4.1 TR4, RFC 7496 3.1). */
static inline bool hw_flight_given_up(const struct hw_flight *record, hawser_time now) {
    const struct hw_outmsg *message = record->message;
    return message->policy == HAWSER_POLICY_LIMITED ? record->sends > message->value
                                                    : message->policy == HAWSER_POLICY_TIMED && now >= message->deadline;
}
/* The message may give way to one of this policy and value in a full buffer (RFC 7496 3.2). */
bool hw_message_yields(const struct hw_outmsg *message, hawser_time now, uint32_t policy, uint32_t value);
/* Of the messages that give way the one to go first, not `except`; NULL: there is none, or all of them do not free `bytes`. */
struct hw_outmsg *hw_partial_victim(const struct hw_send *send, hawser_time now, uint32_t policy, uint32_t value, uint64_t bytes,
                                    const struct hw_outmsg *except);
static inline bool hw_flight_abandoned(const struct hw_send *send, uint32_t offset) {
    return send->abandoned.count && hw_bits_test(&send->abandoned, offset);
}
/* A record that is not outstanding any more becomes abandoned. */
void hw_flight_abandon(struct hw_send *send, uint32_t offset);
/* It was begun, and its last chunk was not cut. */
static inline bool hw_outmsg_endless(const struct hw_outmsg *message) {
    return message->begun && (message->cut < message->size || (message->flags & HAWSER_SEND_MORE));
}
/* The message fails as abandoned, its records are so already. If it `ends` it takes one more TSN, for which the caller has
 * reserved: that TSN never comes, and shows the peer that the message is not whole. */
void hw_message_abandon(struct hw_send *send, struct hw_outmsg *message, bool ends);
/* The streams (none: all) begin anew: what was abandoned of them has numbers that mean others now. */
void hw_forward_unlist(struct hw_send *send, const uint16_t *streams, uint32_t stream_count);
/* RFC 3758 3.5 C2. */
void hw_forward_advance(struct hw_send *send);
/* The peer shall skip something that it has not acknowledged. */
static inline bool hw_forward_pending(const struct hw_send *send) { return send->advanced != send->cum_tsn; }
/* A FORWARD TSN of as much as fits into the writer, which has room for HW_FORWARD_LEAST (3.2, 3.5 C4). */
void hw_forward_write(struct hw_send *send, struct hw_writer *writer);
#define HW_FORWARD_LEAST 16u

/* ---- in flight (inflight.c) */

static inline uint32_t hw_data_header(const struct hw_send *send) {
    return send->interleaving ? HW_I_DATA_HEADER : HW_DATA_HEADER;
}
/* Bytes of a DATA chunk with its header and padding: what congestion control counts (7.2). */
static inline uint32_t hw_data_chunk_size(const struct hw_send *send, uint32_t payload) {
    return (hw_data_header(send) + payload + 3) & ~3u;
}

static inline uint32_t hw_flight_count(const struct hw_send *send) { return send->next_tsn - send->cum_tsn - 1; }
static inline struct hw_flight *hw_flight_at(const struct hw_send *send, uint32_t offset) {
    return &send->ring[(send->ring_start + offset) & (send->ring_size - 1)];
}
/* Room for one more record; false: no memory, or 65,535 are in flight. */
bool hw_flight_reserve(struct hw_send *send);
/* Cuts `length` bytes off the message and gives them the next TSN. The caller has reserved. */
struct hw_flight *hw_flight_cut(struct hw_send *send, struct hw_outmsg *message, uint16_t length, uint8_t path);
/* Writes the DATA chunk of a record; the caller has seen that it fits. */
void hw_flight_write(const struct hw_send *send, const struct hw_flight *record, uint32_t tsn, bool immediate,
                     struct hw_writer *writer);
/* Forgets the records up to the new cumulative TSN; messages that are acknowledged whole are freed. */
void hw_flight_advance(struct hw_send *send, uint32_t cum_tsn);
/* Forgets all records, acknowledged or not; their messages stay (restart, end). */
void hw_flight_forget(struct hw_send *send);


#endif
