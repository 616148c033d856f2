/* SPDX-License-Identifier: MIT
 *
 * Runs: consecutive fragments of one message, or a whole message that waits. How they are found, grow, join and go to the inbox;
 * which chunk belongs to which is reassembly.c's to decide.
 */
#include "core/receive/run.h"

struct hw_run *hw_run_left(const struct hw_receive *receive, uint32_t tsn) {
    struct hw_node *node = hw_table_find(&receive->runs, hw_run_key(HW_RUN_LEFT, NULL, tsn));
    return node ? HW_OWNER(node, struct hw_run, left) : NULL;
}

struct hw_run *hw_run_right(const struct hw_receive *receive, uint32_t tsn) {
    struct hw_node *node = hw_table_find(&receive->runs, hw_run_key(HW_RUN_RIGHT, NULL, tsn));
    return node ? HW_OWNER(node, struct hw_run, right) : NULL;
}

struct hw_run *hw_run_emptied(const struct hw_receive *receive, uint32_t tsn) {
    struct hw_node *node = hw_table_find(&receive->runs, hw_run_key(HW_RUN_EMPTY, NULL, tsn));
    return node ? HW_OWNER(node, struct hw_run, right) : NULL;
}

static uint64_t turn_key(uint16_t stream, uint32_t ssn) {
    return (uint64_t)HW_RUN_TURN << 60 | (uint64_t)stream << 32 | ssn;
}

struct hw_run *hw_run_turn(const struct hw_receive *receive, uint16_t stream, uint32_t ssn) {
    struct hw_node *node = hw_table_find(&receive->runs, turn_key(stream, ssn));
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
    if (run->interleaved && run->in_open)
        hw_open_remove(receive, run);
}

/* The table holds as many nodes as before or the caller is creating a run: adding to a table that has buckets cannot fail. */
bool hw_run_list(struct hw_receive *receive, struct hw_run *run) {
    unlist(receive, &run->left, &run->in_left);
    unlist(receive, &run->right, &run->in_right);
    if (receive->interleaving && !run->assembly) /* a whole message has no neighbours */
        return (run->in_turn = run->in_turn || hw_table_add(&receive->runs, &run->turn, turn_key(run->stream, run->ssn)));
    if (run->assembly && run->begin) /* the assembly names it */
        return true;
    run->in_right = hw_table_add(&receive->runs, &run->right, hw_run_key(HW_RUN_RIGHT, run->assembly, run->last_tsn));
    if (run->in_right && !run->begin)
        run->in_left = hw_table_add(&receive->runs, &run->left, hw_run_key(HW_RUN_LEFT, run->assembly, run->first_tsn));
    return run->in_right;
}

void hw_run_take_turn(struct hw_receive *receive, struct hw_run *run) {
    if (run->unordered || !run->begin || run->in_inbox || run->continues)
        return;
    if (!run->in_turn)
        run->in_turn = hw_table_add(&receive->runs, &run->turn, turn_key(run->stream, run->ssn));
    if (receive->hold.all && !run->released && !hw_list_linked(&run->held))
        hw_list_append(&receive->hold.runs, &run->held);
}

/* A fragment that was under way when its unordered message was skipped; of ordered ones nothing is stored. */
static bool is_late(const struct hw_receive *receive, const struct hw_run *run) {
    const struct hw_instream *state = run->unordered ? hw_sparse_get(&receive->streams, run->stream) : NULL;
    return state && state->next_unordered - run->ssn - 1 < HW_MIDS_UNDER_WAY;
}

struct hw_run *hw_run_create(struct hw_receive *receive, struct hw_record *record, uint32_t number,
                             struct hw_assembly *assembly) {
    size_t size = hw_run_size(receive->interleaving);
    struct hw_run *run = hw_allocate_zeroed(receive->account, size);
    if (!run)
        return NULL;
    run->entry.run = run;
    run->first = run->last = record;
    run->assembly = assembly;
    run->first_tsn = run->last_tsn = number;
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
        hw_release(receive->account, run, size);
        return NULL;
    }
    if ((run->interleaved = receive->interleaving)) {
        run->late = is_late(receive, run);
        hw_open_add(receive, run);
    }
    hw_list_init(&run->held);
    hw_list_append(&receive->waiting, &run->waiting);
    receive->held += size;
    receive->run_count++;
    if (assembly)
        assembly->run_count++;
    return run;
}

void hw_run_free(struct hw_receive *receive, struct hw_run *run) {
    hw_run_unlist(receive, run);
    hw_assembly_leave(receive, run);
    hw_list_remove(&run->waiting);
    hw_list_remove(&run->held);
    receive->held -= hw_run_size(run->interleaved);
    receive->run_count--;
    hw_release(receive->account, run, hw_run_size(run->interleaved));
}

static void drop_records(struct hw_receive *receive, struct hw_run *run) {
    for (struct hw_record *record = run->first, *next; record; record = next) {
        next = (struct hw_record *)record->piece.next;
        hw_block_drop(receive, record);
        if (run->assembly)
            run->assembly->fragments--;
    }
    run->first = run->last = NULL;
}

void hw_run_drop(struct hw_receive *receive, struct hw_run *run) {
    drop_records(receive, run);
    hw_run_free(receive, run);
}

void hw_run_empty(struct hw_receive *receive, struct hw_run *run) {
    drop_records(receive, run);
    hw_assembly_leave(receive, run);
    unlist(receive, &run->left, &run->in_left);
    unlist(receive, &run->right, &run->in_right);
    run->in_right = hw_table_add(&receive->runs, &run->right, hw_run_key(HW_RUN_EMPTY, NULL, run->first_tsn));
    run->bytes = run->charge = 0;
    run->empty = true;
}

static void run_grow(struct hw_run *run, const struct hw_record *record) {
    run->bytes += record->piece.size;
    run->charge += hw_record_charge(record->piece.size);
}

void hw_run_append(struct hw_run *run, struct hw_record *record) {
    if (run->last)
        run->last->piece.next = &record->piece;
    else
        run->first = record;
    record->previous = run->last;
    run->last = record;
    run->last_tsn++;
    run->end = record->flags & HW_FLAG_END;
    run_grow(run, record);
}

void hw_run_prepend(struct hw_run *run, struct hw_record *record) {
    record->piece.next = &run->first->piece;
    run->first->previous = record;
    run->first = record;
    run->first_tsn--;
    run->begin = record->flags & HW_FLAG_BEGIN;
    run->ppid = record->ppid;
    run->path = record->path;
    run_grow(run, record);
}

void hw_run_shorten(struct hw_receive *receive, struct hw_run *run) {
    struct hw_record *dropped = run->last;
    run->last = dropped->previous;
    run->last->piece.next = NULL;
    run->last_tsn--;
    run->bytes -= dropped->piece.size;
    run->charge -= hw_record_charge(dropped->piece.size);
    run->end = false;
    if (run->assembly)
        run->assembly->fragments--;
    hw_block_drop(receive, dropped);
    hw_run_list(receive, run);
}

void hw_run_join(struct hw_receive *receive, struct hw_run *left, struct hw_run *right) {
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

/* ---- into the inbox -------------------------------------------------------------------------------------------- */

void hw_run_deliver(struct hw_receive *receive, struct hw_run *run) {
    if (run->end) {
        hw_run_unlist(receive, run);
        hw_assembly_leave(receive, run);
    } else
        unlist(receive, &run->turn, &run->in_turn);
    if (run->in_inbox) {
        if (run->end)
            hw_list_remove(&run->waiting);
        return;
    }
    run->in_inbox = true;
    hw_list_remove(&run->waiting);
    hw_list_remove(&run->held);
    if (!run->end)
        hw_list_append(&receive->partly, &run->waiting);
    receive->messages += !run->continues;
    hw_inbox_append(receive, &run->entry);
}

void hw_run_deliver_waiting(struct hw_receive *receive, uint16_t stream, struct hw_instream *state) {
    struct hw_run *run;
    while ((run = hw_run_turn(receive, stream, state->next_ssn)) != NULL && !hw_list_linked(&run->held) &&
           (run->empty || (run->begin && run->end))) {
        if (run->empty)
            hw_run_drop(receive, run);
        else
            hw_run_deliver(receive, run);
        hw_instream_advance(receive, state);
    }
}

/* It fills the window alone, or many fill it together that are not whole: their ends could never come. What they hold is not what
 * they count, for each may keep a block from being freed. With DATA all that is for deliver_partly to say. */
static bool large(const struct hw_receive *receive, const struct hw_run *run) {
    return run->assembly && run->begin &&
           (run->charge >= receive->partial_point || receive->held >= receive->limit - receive->limit / 4);
}

void hw_run_settle(struct hw_receive *receive, struct hw_run *run) {
    bool whole = run->begin && run->end;
    if (hw_list_linked(&run->held))
        return;
    if (!whole && !run->in_inbox && !run->continues && !large(receive, run))
        return;
    if (run->unordered) {
        hw_run_deliver(receive, run);
        return;
    }
    struct hw_instream *state = hw_sparse_get(&receive->streams, run->stream);
    if (run->ssn != state->next_ssn)
        return;
    hw_run_deliver(receive, run);
    if (whole) {
        hw_instream_advance(receive, state);
        hw_run_deliver_waiting(receive, run->stream, state);
    }
}
