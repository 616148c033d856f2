/* SPDX-License-Identifier: MIT
 *
 * The receiving half of an association: which TSNs have come (received.c), what they hold and in which order it may be read
 * (reassembly.c), and the blocks that it lies in (block.c). Knows nothing of sending, of paths, or of packets on the way out
 * but the SACK's body. Nothing here acts: the caller asks what is owed.
 *
 * Memory. A payload is copied once, behind a record, into a block. `held` is what the window is reduced by: all bytes used in
 * blocks that still exist, and the runs. So a surviving record charges its neighbours' room until the block is empty: the
 * account never says less than what the host gave.
 */
#ifndef HW_RECEIVE_H
#define HW_RECEIVE_H

#include "base/bits.h"
#include "base/list.h"
#include "base/memory.h"
#include "base/sparse.h"
#include "base/table.h"
#include "core/limits.h"
#include "wire/chunks.h"

#define SENTENCE(text) ((struct hawser_span){(const uint8_t *)(text), sizeof(text) - 1})

struct hw_run;

struct hw_block {
    uint32_t size, used, live; /* live: records that are not consumed */
    uint32_t unused;           /* keeps what follows aligned */
};

/* A place in the inbox: of a run, or of a record that is a whole message (run is NULL). */
struct hw_entry {
    struct hw_entry *next;
    struct hw_run *run;
};

/* Numbering that is about to begin anew (hold.c). */
struct hw_hold {
    bool all;                /* ordered messages wait for the outcome of our SSN/TSN reset */
    bool ask;                /* ... and some of what came cannot wait until the peer repeats its answer */
    uint32_t upto;           /* ... what lies up to here is of the old numbering */
    uint32_t given_up;       /* ... and of some numbering what the peer gives up up to here */
    struct hw_link runs;     /* ... these, by hw_run.held */
    bool deferred;           /* nothing after a TSN is taken ... */
    uint32_t after;
    struct hw_bits named;    /* ... of these streams; none: of all. A list may be long, and is asked for each chunk */
};

/* A fragment. The payload lies behind it. */
struct hw_record {
    struct hawser_piece piece;
    union {
        struct hw_entry entry;      /* of a whole message in the inbox */
        struct hw_record *previous; /* of a run's member but the first */
    };
    struct hw_block *block;
    uint32_t tsn, ppid; /* I-DATA that does not begin a message: the FSN in place of the PPID */
    uint32_t ssn;       /* I-DATA: MID */
    uint16_t stream;
    uint8_t flags;      /* HW_FLAG_ */
    uint8_t path;       /* last byte of the number of the path that it came on */
};

/* A message of I-DATA chunks (RFC 8260) that is not whole or not in the inbox yet: what its runs have in common. Found by stream,
 * U bit and MID. */
struct hw_assembly {
    struct hw_node node;
    struct hw_run *head;     /* the run that has the beginning, or NULL */
    uint32_t id;             /* with which the ends of its runs are listed */
    uint32_t run_count;
    uint32_t fragments;      /* that have come: modulo 2^32, like the FSN */
    uint32_t top;            /* highest FSN of them */
    uint32_t end_fsn;        /* of the fragment with the E bit, if has_end */
    bool has_end;
};

/* Consecutive fragments of one message, or a whole message that waits for its turn. Found by its first TSN while its beginning
 * is missing, by its last TSN always, and by stream and SSN while it waits. Fragments of an assembly have FSNs in place of TSNs,
 * and a MID in place of the SSN. */
struct hw_run {
    struct hw_node left, right, turn;
    struct hw_link waiting;  /* while it is not in the inbox: it may be taken back */
    struct hw_link held;     /* while its stream's numbering is about to begin anew */
    struct hw_entry entry;
    struct hw_record *first, *last;
    struct hw_assembly *assembly; /* NULL: a whole I-DATA chunk, or DATA */
    uint32_t first_tsn, last_tsn;
    size_t bytes;            /* payload not yet consumed */
    size_t shown;            /* of it, what the last look at the inbox showed */
    size_t charge;           /* bytes in blocks until it is delivered: decides partial delivery */
    uint32_t ppid, ssn;
    uint16_t stream;
    uint8_t path;
    bool unordered, begin, end;
    bool in_left, in_right, in_turn, in_inbox;
    bool continues;          /* its beginning has been consumed */
    bool released;           /* it was held, and is not any more */
    bool sealed;             /* the association is over or restarted, or the user knows that it is aborted: it is all there is */
    bool aborted;            /* in the inbox: the sender gave it up (RFC 3758 3.6) */
    bool empty;              /* given up before its turn: it only keeps the place of its SSN */
    bool interleaved;        /* a part of a message of I-DATA. All that follows is there for those alone (open.c): */
    uint32_t rank;
    bool in_open;
    bool late;               /* its MID was over when it came */
    struct hw_run *less, *more;
};

struct hw_receive {
    struct hw_account *account;
    /* TSNs */
    uint32_t cum_tsn;
    struct hw_bits seen;     /* offset 0 is cum_tsn + 1 */
    bool gaps_before;        /* when the last packet with DATA ended */
    bool any;                /* a DATA chunk has been received (5.1: the first is acknowledged at once) */
    bool partial;            /* the peer may give messages up (RFC 3758) */
    /* what is owed */
    bool sack_now;
    uint8_t sack_packets;    /* with DATA, since the last SACK */
    uint8_t mark_count;
    uint32_t sack_highest;   /* highest TSN when sack_now was set */
    uint32_t marks[HW_SACK_MARKS];
    uint16_t dup_count;
    uint32_t *dups;          /* HW_DUPS_MAX, made when first needed */
    uint32_t advertised;     /* a_rwnd as last told */
    /* contents */
    uint32_t limit;          /* of the window */
    uint32_t partial_point;  /* charge from which a message is delivered in parts */
    uint64_t held;
    uint64_t payload;        /* of what is held, not consumed */
    uint32_t typical_8;      /* eight times the payload of a chunk: a moving mean */
    struct hw_block *block;  /* where the next record goes */
    struct hw_table runs;
    struct hw_link waiting;  /* runs that are not in the inbox, the newest last */
    struct hw_link partly;   /* runs that were put into the inbox before they were whole */
    struct hw_run *open;     /* runs of I-DATA of both kinds: open.c */
    struct hw_sparse streams;/* struct hw_instream */
    uint16_t stream_count;
    bool interleaving;       /* I-DATA in place of DATA */
    uint32_t rank;           /* the last that was drawn for `open`; never 0 */
    struct hw_entry *inbox, **inbox_end;
    uint32_t inbox_first, inbox_next; /* numbers of the first entry in the inbox and of the next to come */
    uint32_t messages;       /* that came into the inbox and are not counted yet: hw_inbox_check */
    uint32_t run_count, assembly_count, assembly_id;
    struct hw_hold hold;
};

struct hw_instream {
    uint32_t next_ssn;       /* or MID */
    uint32_t next_unordered; /* I-FORWARD-TSN: unordered MIDs before it are over; not there without I-DATA */
};

static inline void hw_instream_advance(const struct hw_receive *receive, struct hw_instream *stream) {
    stream->next_ssn = receive->interleaving ? stream->next_ssn + 1 : (uint16_t)(stream->next_ssn + 1);
}

enum hw_data_result {
    HW_DATA_TAKEN,
    HW_DATA_DUPLICATE,
    HW_DATA_SKIPPED,     /* counted as received: a part of a message that was given up */
    HW_DATA_NO_STREAM,   /* counted as received, contents dropped (6.5) */
    HW_DATA_OUTSIDE,     /* too far ahead: dropped */
    HW_DATA_NO_WINDOW,   /* dropped, a SACK is owed (6.2) */
    HW_DATA_EARLY,       /* likewise: its stream is being reset (RFC 6525 5.2.2 E2) */
    HW_DATA_NO_MEMORY,   /* dropped */
    HW_DATA_VIOLATION    /* `violation` says what: the fragments contradict each other */
};

void hw_receive_init(struct hw_receive *receive, struct hw_account *account, uint64_t seed, uint32_t limit,
                     uint32_t partial_point);
void hw_receive_free(struct hw_receive *receive);
/* The peer's numbers become known (set-up), or start anew (restart): what is whole in the inbox stays, all else goes. */
void hw_receive_start(struct hw_receive *receive, uint32_t initial_tsn, uint16_t stream_count);

/* From now on messages come as I-DATA chunks (RFC 8260), or as DATA; hw_receive_start must follow. */
static inline void hw_receive_interleave(struct hw_receive *receive, bool interleaving) { receive->interleaving = interleaving; }

/* A DATA or I-DATA chunk with at least one byte; `path` is kept with it. */
enum hw_data_result hw_receive_data(struct hw_receive *receive, const struct hw_data *data, uint8_t path, uint32_t *reneged,
                                    struct hawser_span *violation);

/* A FORWARD TSN or I-FORWARD-TSN, whichever goes with what messages come in (skip.c): TAKEN, DUPLICATE (out of date), OUTSIDE
 * (further than any chunk that we would take), EARLY or NO_MEMORY (nothing has happened). */
enum hw_data_result hw_receive_forward(struct hw_receive *receive, const struct hw_forward *forward);
/* ---- numbering anew (hold.c) */

/* Nothing of the streams (none: all) is taken that lies after the TSN. False: no memory, and all is. */
bool hw_receive_await(struct hw_receive *receive, uint32_t after, const uint16_t *streams, uint32_t stream_count);
void hw_receive_await_no_more(struct hw_receive *receive);
/* ... such as this chunk. */
bool hw_receive_early(const struct hw_receive *receive, const struct hw_data *data);
/* What is held and begins before the TSN has its turn now, by the old numbering. */
void hw_receive_release(struct hw_receive *receive, uint32_t before);
/* All that is held has its turn, and nothing is held any more. */
void hw_receive_unhold(struct hw_receive *receive);
/* Nobody will say any more by which numbering: what has come without a gap has its turn in the order in which it was sent. */
void hw_receive_release_by_tsn(struct hw_receive *receive);
/* The streams (none: all) begin at SSN 0 again. Returns how many were looked at. */
uint32_t hw_receive_reset(struct hw_receive *receive, const uint16_t *streams, uint32_t stream_count);

/* ---- acknowledging (received.c) */

/* The highest TSN that has come. */
uint32_t hw_received_highest(const struct hw_receive *receive);

/* A packet has ended in which DATA was taken (`fresh`), seen again (`dup`), dropped for want of room or asked for a SACK
 * (`urgent`). `frequency` packets may come before a SACK is due. Returns true if the SACK timer should run. */
bool hw_received_packet(struct hw_receive *receive, bool fresh, bool dup, bool urgent, uint32_t frequency);
/* The SACK timer has expired. */
void hw_received_timer(struct hw_receive *receive);
/* Writes a SACK chunk: the oldest that is owed, lowest gaps first, as much as fits; false: not even a bare one fits. */
bool hw_received_write_sack(struct hw_receive *receive, struct hw_writer *writer, uint32_t a_rwnd);
static inline bool hw_received_gaps(const struct hw_receive *receive) { return receive->seen.count != 0; }
/* The window to advertise, free of silly windows: nothing unless a chunk of `segment` bytes has room (6.2). It is told in payload
 * of chunks like those that came of late, for each costs a record besides. */
uint32_t hw_received_window(const struct hw_receive *receive, uint32_t segment);

/* ---- reading (reassembly.c) */

/* An entry that is no run's. */
static inline struct hw_record *hw_entry_record(const struct hw_entry *entry) { return HW_OWNER(entry, struct hw_record, entry); }
/* Bytes that an entry shows, and its first piece (NULL if a partly delivered message has nothing new). */
static inline const struct hw_record *hw_entry_first(const struct hw_entry *entry) {
    return entry->run ? entry->run->first : hw_entry_record(entry);
}
static inline size_t hw_entry_bytes(const struct hw_entry *entry) {
    return entry->run ? entry->run->bytes : hw_entry_record(entry)->piece.size;
}
/* Its end has come. */
static inline bool hw_entry_complete(const struct hw_entry *entry) { return !entry->run || entry->run->end; }
/* The sender has given it up. */
static inline bool hw_entry_aborted(const struct hw_entry *entry) { return entry->run && entry->run->aborted; }
/* Nothing will be added to it any more. */
static inline bool hw_entry_final(const struct hw_entry *entry) { return hw_entry_complete(entry) || entry->run->sealed; }
/* Frees `bytes` of the first entry. It leaves the inbox when it is complete and nothing is left: true then. With I-DATA it leaves
 * when nothing is left, and comes again with the next fragment: other messages need not wait for its end. */
bool hw_receive_consume(struct hw_receive *receive, size_t bytes);
/* What the first entry got since it was shown becomes an entry behind the `shown` ones that were shown after it. Returns its
 * number, which the one behind it had before. */
uint32_t hw_receive_defer(struct hw_receive *receive, uint32_t shown);
/* Nothing more will come: frees all that is not in the inbox; a message partly delivered stays as it is, without an end. */
void hw_receive_seal(struct hw_receive *receive);

/* ---- memory (block.c) */

/* A record with room for `payload` bytes behind it, charged to `held`; NULL: no memory. */
struct hw_record *hw_block_record(struct hw_receive *receive, size_t payload);
void hw_block_drop(struct hw_receive *receive, struct hw_record *record);
/* The bookkeeping of records may take an eighth more than the window, so that the window can be told in payload. */
static inline uint64_t hw_receive_capacity(const struct hw_receive *receive) {
    return (uint64_t)receive->limit + receive->limit / 8;
}
static inline size_t hw_record_charge(size_t payload) { return sizeof(struct hw_record) + ((payload + 7) & ~(size_t)7); }

#endif
