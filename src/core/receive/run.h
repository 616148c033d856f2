/* SPDX-License-Identifier: MIT
 *
 * Runs, for the files of receive/ alone: what reassembly.c and its kin build messages of (run.c).
 */
#ifndef HW_RUN_H
#define HW_RUN_H

#include "core/receive/receive.h"

/* The run whose beginning is missing and that begins at this TSN; the run that ends at it; the one that waits for this SSN. */
struct hw_run *hw_run_left(const struct hw_receive *receive, uint32_t tsn);
struct hw_run *hw_run_right(const struct hw_receive *receive, uint32_t tsn);
struct hw_run *hw_run_turn(const struct hw_receive *receive, uint16_t stream, uint16_t ssn);
/* Lists both ends anew after they moved; false: no memory, which can only be when the run is new. */
bool hw_run_list(struct hw_receive *receive, struct hw_run *run);
/* Once its beginning is there, an ordered message is found by its SSN. */
void hw_run_take_turn(struct hw_receive *receive, struct hw_run *run);
/* Nothing is found as this run any more. */
void hw_run_unlist(struct hw_receive *receive, struct hw_run *run);

/* Of one record, listed and waiting; NULL: no memory. */
struct hw_run *hw_run_create(struct hw_receive *receive, struct hw_record *record);
/* Frees the run; its records are gone or somebody else's. */
void hw_run_free(struct hw_receive *receive, struct hw_run *run);
/* Frees the run with its records. */
void hw_run_drop(struct hw_receive *receive, struct hw_run *run);
/* One record more at either end; the caller lists the run anew. */
void hw_run_append(struct hw_run *run, struct hw_record *record);
void hw_run_prepend(struct hw_run *run, struct hw_record *record);
/* `right` follows `left` without a gap: one run, `left`. */
void hw_run_join(struct hw_receive *receive, struct hw_run *left, struct hw_run *right);

/* Into the inbox: whole, or what there is of it. */
void hw_run_deliver(struct hw_receive *receive, struct hw_run *run);
static inline void hw_inbox_append(struct hw_receive *receive, struct hw_entry *entry) {
    entry->next = NULL;
    *receive->inbox_end = entry;
    receive->inbox_end = &entry->next;
    receive->inbox_next++;
}

#endif
