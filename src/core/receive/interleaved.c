/* SPDX-License-Identifier: MIT
 *
 * I-DATA (RFC 8260 2.2.3): which fragments make a message is said by stream, U bit, MID and FSN, never by the TSN, so many
 * messages may be open at once. An assembly is what is known of one; its fragments are runs like those of DATA, by FSN.
 */
#include "core/receive/run.h"

#include "base/serial.h"

#define ID_MASK 0xfffffffu /* bits that hw_run_key leaves for the id */

static uint64_t assembly_key(uint16_t stream, bool unordered, uint32_t mid) {
    return (uint64_t)HW_RUN_ASSEMBLY << 60 | (uint64_t)unordered << 48 | (uint64_t)stream << 32 | mid;
}

struct hw_assembly *hw_assembly_find(const struct hw_receive *receive, uint16_t stream, bool unordered, uint32_t mid) {
    if (!receive->assembly_count)
        return NULL;
    struct hw_node *node = hw_table_find(&receive->runs, assembly_key(stream, unordered, mid));
    return node ? HW_OWNER(node, struct hw_assembly, node) : NULL;
}

struct hw_assembly *hw_assembly_create(struct hw_receive *receive, uint16_t stream, bool unordered, uint32_t mid) {
    struct hw_assembly *assembly = hw_allocate_zeroed(receive->account, sizeof *assembly);
    if (!assembly)
        return NULL;
    if (!hw_table_add(&receive->runs, &assembly->node, assembly_key(stream, unordered, mid))) {
        hw_release(receive->account, assembly, sizeof *assembly);
        return NULL;
    }
    assembly->id = ++receive->assembly_id & ID_MASK;
    receive->assembly_count++;
    receive->held += sizeof *assembly;
    return assembly;
}

void hw_assembly_free(struct hw_receive *receive, struct hw_assembly *assembly) {
    hw_table_remove(&receive->runs, &assembly->node);
    receive->assembly_count--;
    receive->held -= sizeof *assembly;
    hw_release(receive->account, assembly, sizeof *assembly);
}

void hw_assembly_leave(struct hw_receive *receive, struct hw_run *run) {
    struct hw_assembly *assembly = run->assembly;
    if (!assembly)
        return;
    run->assembly = NULL;
    if (assembly->head == run)
        assembly->head = NULL;
    if (--assembly->run_count == 0)
        hw_assembly_free(receive, assembly);
}

struct hawser_span hw_assembly_contradiction(const struct hw_assembly *assembly, const struct hw_data *data) {
    bool begin = data->flags & HW_FLAG_BEGIN, end = data->flags & HW_FLAG_END;
    const struct hw_run *head = assembly ? assembly->head : NULL;
    if (begin && head)
        return SENTENCE("a message begins twice");
    /* FSNs count forward from what has come without a gap: they may wrap (2.1). */
    if (!begin && hw_tsn_before(data->fsn, head ? head->last_tsn + 1 : 1))
        return head ? SENTENCE("a fragment of a message came twice") : SENTENCE("the first fragment of a message has no B bit");
    if (!assembly)
        return (struct hawser_span){NULL, 0};
    if (end && assembly->has_end && data->fsn != assembly->end_fsn)
        return SENTENCE("a message ends twice");
    if (assembly->has_end && hw_tsn_before(assembly->end_fsn, data->fsn))
        return SENTENCE("a fragment lies beyond its message's end");
    if (end && hw_tsn_before(data->fsn, assembly->top))
        return SENTENCE("a message ends before a fragment of it that came");
    if (!end && assembly->has_end && data->fsn == assembly->end_fsn)
        return SENTENCE("a fragment lies where its message's end was");
    return (struct hawser_span){NULL, 0};
}

/* Ids come again after 2^28 messages, so more than one may be found. */
static struct hw_run *neighbour(const struct hw_receive *receive, const struct hw_assembly *assembly, uint64_t kind,
                                uint32_t fsn) {
    struct hw_node *node = hw_table_find(&receive->runs, hw_run_key(kind, assembly, fsn));
    for (; node; node = hw_table_find_next(node)) {
        struct hw_run *run = kind == HW_RUN_LEFT ? HW_OWNER(node, struct hw_run, left) : HW_OWNER(node, struct hw_run, right);
        if (run->assembly == assembly)
            return run;
    }
    return NULL;
}

void hw_assembly_neighbours(const struct hw_receive *receive, const struct hw_assembly *assembly, const struct hw_data *data,
                            struct hw_run **left, struct hw_run **right) {
    struct hw_run *head = assembly->head;
    if (head && head->last_tsn + 1 == data->fsn)
        *left = head;
    else if (!(data->flags & HW_FLAG_BEGIN))
        *left = neighbour(receive, assembly, HW_RUN_RIGHT, data->fsn - 1);
    if (assembly->run_count > (head != NULL))
        *right = neighbour(receive, assembly, HW_RUN_LEFT, data->fsn + 1);
}

bool hw_assembly_taken(struct hw_run *run, const struct hw_data *data) {
    struct hw_assembly *assembly = run->assembly;
    if (run->begin)
        assembly->head = run;
    if (assembly->fragments++ == 0 || hw_tsn_before(assembly->top, data->fsn))
        assembly->top = data->fsn;
    if (data->flags & HW_FLAG_END) {
        assembly->has_end = true;
        assembly->end_fsn = data->fsn;
    }
    bool all = assembly->has_end && !hw_tsn_before(assembly->fragments, assembly->end_fsn + 1);
    return !all || (run->begin && run->end && assembly->run_count == 1);
}
