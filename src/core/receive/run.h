/* SPDX-License-Identifier: MIT
 *
 * Runs, for the files of receive/ alone: what reassembly.c and its kin build messages of (run.c).
 */
#ifndef HW_RUN_H
#define HW_RUN_H

#include "base/serial.h"
#include "core/receive/receive.h"

/* DATA is not charged for what I-DATA takes. */
static inline size_t hw_run_size(bool interleaved) { return interleaved ? sizeof(struct hw_run) : offsetof(struct hw_run, rank); }

/* Keys of receive->runs: kind, assembly, number. */
static inline uint64_t hw_run_key(uint64_t kind, const struct hw_assembly *assembly, uint32_t number) {
    return kind << 60 | (uint64_t)(assembly ? assembly->id : 0) << 32 | number;
}
enum { HW_RUN_LEFT = 1, HW_RUN_RIGHT = 2, HW_RUN_TURN = 3, HW_RUN_ASSEMBLY = 4, HW_RUN_EMPTY = 5 };

/* The TSN has come: a message that misses a fragment there will never be whole. */
static inline bool hw_has_come(const struct hw_receive *receive, uint32_t tsn) {
    uint32_t offset = tsn - receive->cum_tsn - 1;
    return hw_tsn_at_most(tsn, receive->cum_tsn) || (offset < HW_WINDOW_TSNS_MAX && hw_bits_test(&receive->seen, offset));
}

/* The run whose beginning is missing and that begins at this TSN; the run that ends at it; the one that waits for this SSN. */
struct hw_run *hw_run_left(const struct hw_receive *receive, uint32_t tsn);
struct hw_run *hw_run_right(const struct hw_receive *receive, uint32_t tsn);
struct hw_run *hw_run_turn(const struct hw_receive *receive, uint16_t stream, uint32_t ssn);
/* Lists both ends anew after they moved; false: no memory, which can only be when the run is new. */
bool hw_run_list(struct hw_receive *receive, struct hw_run *run);
/* Once its beginning is there, an ordered message is found by its SSN, and held if its stream is. */
void hw_run_take_turn(struct hw_receive *receive, struct hw_run *run);
/* Nothing is found as this run any more. */
void hw_run_unlist(struct hw_receive *receive, struct hw_run *run);

/* Of one record, listed under its number and waiting; NULL: no memory. The number is a TSN, or a FSN if there is an assembly. */
struct hw_run *hw_run_create(struct hw_receive *receive, struct hw_record *record, uint32_t number,
                             struct hw_assembly *assembly);
/* Frees the run; its records are gone or somebody else's. */
void hw_run_free(struct hw_receive *receive, struct hw_run *run);
/* Frees the run with its records. */
void hw_run_drop(struct hw_receive *receive, struct hw_run *run);
/* One record more at either end; the caller lists the run anew. */
void hw_run_append(struct hw_run *run, struct hw_record *record);
void hw_run_prepend(struct hw_run *run, struct hw_record *record);
/* Frees the last record of several. */
void hw_run_shorten(struct hw_receive *receive, struct hw_run *run);
/* `right` follows `left` without a gap: one run, `left`. */
void hw_run_join(struct hw_receive *receive, struct hw_run *left, struct hw_run *right);

/* Frees the records of a message that was given up before its turn, and keeps the turn. Found by its first TSN from then on. */
void hw_run_empty(struct hw_receive *receive, struct hw_run *run);
struct hw_run *hw_run_emptied(const struct hw_receive *receive, uint32_t tsn);

/* A large message begins to be delivered in parts. */
void hw_run_deliver_partly(struct hw_receive *receive);
/* The sender was seen to give up messages between which the chunk lies; true: it is a part of one and says nothing (skip.c). */
bool hw_skip_between(struct hw_receive *receive, const struct hw_data *data);
/* Into the inbox: whole, or what there is of it. */
void hw_run_deliver(struct hw_receive *receive, struct hw_run *run);
/* A run has grown: delivers it if it has its turn and is whole, was begun to be delivered, or shall be. */
void hw_run_settle(struct hw_receive *receive, struct hw_run *run);
/* Messages of the stream that waited for the one just delivered. */
void hw_run_deliver_waiting(struct hw_receive *receive, uint16_t stream, struct hw_instream *state);
static inline void hw_inbox_append(struct hw_receive *receive, struct hw_entry *entry) {
    entry->next = NULL;
    *receive->inbox_end = entry;
    receive->inbox_end = &entry->next;
    receive->inbox_next++;
}

/* ---- runs of I-DATA by U bit, stream and MID (open.c) */

/* Unordered MIDs of which something may be under way at once, before and after the one that an I-FORWARD-TSN lists. */
#define HW_MIDS_UNDER_WAY (2u * HW_WINDOW_TSNS_MAX)

static inline uint64_t hw_mid_key(bool late, bool unordered, uint16_t stream, uint32_t mid) {
    uint64_t kind = late * 2u + unordered;
    return (kind << 16 | stream) << 32 | mid;
}
uint64_t hw_open_key(const struct hw_run *run);
void hw_open_add(struct hw_receive *receive, struct hw_run *run);
void hw_open_remove(struct hw_receive *receive, struct hw_run *run);
/* The first whose key is not less, or NULL. */
struct hw_run *hw_open_from(const struct hw_receive *receive, uint64_t key);

/* ---- assemblies (interleaved.c) */

struct hw_assembly *hw_assembly_find(const struct hw_receive *receive, uint16_t stream, bool unordered, uint32_t mid);
struct hw_assembly *hw_assembly_create(struct hw_receive *receive, uint16_t stream, bool unordered, uint32_t mid);
void hw_assembly_free(struct hw_receive *receive, struct hw_assembly *assembly);
/* The run belongs to its assembly no more, which goes with its last one. */
void hw_assembly_leave(struct hw_receive *receive, struct hw_run *run);
/* A fragment for an assembly, or for a new one if there is none: what is wrong with it, or nothing. */
struct hawser_span hw_assembly_contradiction(const struct hw_assembly *assembly, const struct hw_data *data);
/* Its neighbours. */
void hw_assembly_neighbours(const struct hw_receive *receive, const struct hw_assembly *assembly, const struct hw_data *data,
                            struct hw_run **left, struct hw_run **right);
/* The fragment is in this run. False: as many have come as the message has, but not all of them. */
bool hw_assembly_taken(struct hw_run *run, const struct hw_data *data);

#endif
