/* SPDX-License-Identifier: MIT
 *
 * Runs: consecutive fragments of one message, or a whole message that waits. How they are found, grow, join and go to the inbox;
 * which chunk belongs to which is reassembly.c's to decide.
 */
#include "core/receive/run.h"

#define LEFT_KEY(tsn) ((uint64_t)1 << 60 | (tsn))
#define RIGHT_KEY(tsn) ((uint64_t)2 << 60 | (tsn))
#define TURN_KEY(stream, ssn) ((uint64_t)3 << 60 | (uint64_t)(stream) << 16 | (ssn))

struct hw_run *hw_run_left(const struct hw_receive *receive, uint32_t tsn) {
    struct hw_node *node = hw_table_find(&receive->runs, LEFT_KEY(tsn));
    return node ? HW_OWNER(node, struct hw_run, left) : NULL;
}

struct hw_run *hw_run_right(const struct hw_receive *receive, uint32_t tsn) {
    struct hw_node *node = hw_table_find(&receive->runs, RIGHT_KEY(tsn));
    return node ? HW_OWNER(node, struct hw_run, right) : NULL;
}

struct hw_run *hw_run_turn(const struct hw_receive *receive, uint16_t stream, uint16_t ssn) {
    struct hw_node *node = hw_table_find(&receive->runs, TURN_KEY(stream, ssn));
    return node ? HW_OWNER(node, struct hw_run, turn) : NULL;
}

static void unlist(struct hw_receive *receive, struct hw_node *node, bool *in) {
    if (*in)
        hw_table_remove(&receive->runs, node);
    *in = false;
}

void hw_run_unlist(struct hw_receive *receive, struct hw_run *run) {
    unlist(receive, &run->left, &run->in_left);
    unlist(receive, &run->right, &run->in_right);
    unlist(receive, &run->turn, &run->in_turn);
}

/* The table holds as many nodes as before or the caller is creating a run: adding to a table that has buckets cannot fail. */
bool hw_run_list(struct hw_receive *receive, struct hw_run *run) {
    unlist(receive, &run->left, &run->in_left);
    unlist(receive, &run->right, &run->in_right);
    run->in_right = hw_table_add(&receive->runs, &run->right, RIGHT_KEY(run->last_tsn));
    if (run->in_right && !run->begin)
        run->in_left = hw_table_add(&receive->runs, &run->left, LEFT_KEY(run->first_tsn));
    return run->in_right;
}

void hw_run_take_turn(struct hw_receive *receive, struct hw_run *run) {
    if (!run->unordered && run->begin && !run->in_turn && !run->in_inbox)
        run->in_turn = hw_table_add(&receive->runs, &run->turn, TURN_KEY(run->stream, run->ssn));
}

struct hw_run *hw_run_create(struct hw_receive *receive, struct hw_record *record) {
    struct hw_run *run = hw_allocate_zeroed(receive->account, sizeof *run);
    if (!run)
        return NULL;
    run->entry.run = run;
    run->first = run->last = record;
    run->first_tsn = run->last_tsn = record->tsn;
    run->bytes = record->piece.size;
    run->charge = hw_record_charge(record->piece.size);
    run->ppid = record->ppid;
    run->stream = record->stream;
    run->ssn = record->ssn;
    run->path = record->path;
    run->unordered = record->flags & HW_FLAG_UNORDERED;
    run->begin = record->flags & HW_FLAG_BEGIN;
    run->end = record->flags & HW_FLAG_END;
    if (!hw_run_list(receive, run)) {
        hw_release(receive->account, run, sizeof *run);
        return NULL;
    }
    hw_list_append(&receive->waiting, &run->waiting);
    receive->held += sizeof *run;
    receive->run_count++;
    return run;
}

void hw_run_free(struct hw_receive *receive, struct hw_run *run) {
    hw_run_unlist(receive, run);
    hw_list_remove(&run->waiting);
    receive->held -= sizeof *run;
    receive->run_count--;
    hw_release(receive->account, run, sizeof *run);
}

void hw_run_drop(struct hw_receive *receive, struct hw_run *run) {
    for (struct hw_record *record = run->first, *next; record; record = next) {
        next = (struct hw_record *)record->piece.next;
        hw_block_drop(receive, record);
    }
    hw_run_free(receive, run);
}

void hw_run_append(struct hw_run *run, struct hw_record *record) {
    if (run->last)
        run->last->piece.next = &record->piece;
    else
        run->first = record;
    record->previous = run->last;
    run->last = record;
    run->last_tsn = record->tsn;
    run->bytes += record->piece.size;
    run->charge += hw_record_charge(record->piece.size);
    run->end = record->flags & HW_FLAG_END;
}

void hw_run_prepend(struct hw_run *run, struct hw_record *record) {
    record->piece.next = &run->first->piece;
    run->first->previous = record;
    run->first = record;
    run->first_tsn = record->tsn;
    run->bytes += record->piece.size;
    run->charge += hw_record_charge(record->piece.size);
    run->begin = record->flags & HW_FLAG_BEGIN;
    run->ppid = record->ppid;
    run->path = record->path;
}

void hw_run_join(struct hw_receive *receive, struct hw_run *left, struct hw_run *right) {
    hw_run_unlist(receive, right);
    if (left->last)
        left->last->piece.next = &right->first->piece;
    else
        left->first = right->first;
    right->first->previous = left->last;
    left->last = right->last;
    left->last_tsn = right->last_tsn;
    left->bytes += right->bytes;
    left->charge += right->charge;
    left->end = right->end;
    hw_run_free(receive, right);
}

void hw_run_deliver(struct hw_receive *receive, struct hw_run *run) {
    if (run->end)
        hw_run_unlist(receive, run);
    else
        unlist(receive, &run->turn, &run->in_turn);
    if (!run->in_inbox) {
        run->in_inbox = true;
        hw_list_remove(&run->waiting);
        hw_inbox_append(receive, &run->entry);
    }
}
