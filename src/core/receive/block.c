/* SPDX-License-Identifier: MIT
 *
 * Receive blocks: records are carved off the current block one behind the other and never move. A block goes back to the host
 * when its last record is consumed; the current one is then simply used from the start again.
 */
#include "core/receive/receive.h"

static uint32_t block_size(const struct hw_receive *receive, size_t need) {
    uint32_t size = receive->limit / 32;
    size = size < HW_BLOCK_SIZE_MIN ? HW_BLOCK_SIZE_MIN : size > HW_BLOCK_SIZE ? HW_BLOCK_SIZE : size;
    return size < need ? (uint32_t)need : size;
}

static void block_free(struct hw_receive *receive, struct hw_block *block) {
    receive->held -= block->used;
    hw_release(receive->account, block, sizeof *block + block->size);
}

struct hw_record *hw_block_record(struct hw_receive *receive, size_t payload) {
    size_t need = hw_record_charge(payload);
    struct hw_block *block = receive->block;
    if (!block || block->size - block->used < need) {
        uint32_t size = block_size(receive, need);
        struct hw_block *fresh = hw_allocate(receive->account, sizeof *fresh + size);
        if (!fresh)
            return NULL;
        *fresh = (struct hw_block){.size = size};
        if (block && block->live == 0)
            block_free(receive, block);
        receive->block = block = fresh;
    }
    struct hw_record *record = (struct hw_record *)(void *)((uint8_t *)(block + 1) + block->used);
    block->used += (uint32_t)need;
    block->live++;
    receive->held += need;
    receive->payload += payload;
    record->block = block;
    record->piece = (struct hawser_piece){NULL, (const uint8_t *)(record + 1), payload};
    record->entry = (struct hw_entry){NULL, NULL};
    return record;
}

void hw_block_drop(struct hw_receive *receive, struct hw_record *record) {
    struct hw_block *block = record->block;
    receive->payload -= record->piece.size;
    if (--block->live)
        return;
    if (block == receive->block) {
        receive->held -= block->used;
        block->used = 0;
    } else
        block_free(receive, block);
}
