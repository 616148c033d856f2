/* SPDX-License-Identifier: MIT
 *
 * What a simulated host offers its stack: memory that is counted, checked and can fail on demand, dice for random numbers, and
 * HMAC-SHA-256 as every host has it.
 */
#include "world.h"
#include <hawser/loop.h>
#include <stdlib.h>

#define BLOCK_MAGIC  0x6b636f6c62736d68u
#define SCRIBBLE_MAX 4096u /* larger blocks keep what they hold: filling them would cost too much */

/* Lies before each block; its size keeps the alignment of malloc. */
struct block {
    uint64_t magic, size;
};

static void *allocate(void *user, size_t size) {
    struct sim_host *host = user;
    struct hawser_sim_ledger *ledger = &host->ledger;
    ledger->calls++;
    if (size == 0)
        hw_sim_complain(host->sim, "host %d: the stack asked for 0 bytes", host->number);
    bool unlucky = hawser_sim_dice_chance(&host->luck, ledger->fail_chance);
    if (unlucky ||
        (ledger->fail_at && (ledger->calls == ledger->fail_at || (ledger->fail_forever && ledger->calls > ledger->fail_at)))) {
        ledger->failed++;
        return NULL;
    }
    struct block *block = malloc(sizeof *block + size);
    if (!block)
        return NULL;
    block->magic = BLOCK_MAGIC;
    block->size = size;
    ledger->blocks++;
    ledger->bytes += size;
    if (ledger->bytes > ledger->peak)
        ledger->peak = ledger->bytes;
    memset(block + 1, 0xa5, size < SCRIBBLE_MAX ? size : SCRIBBLE_MAX); /* the contents are undefined: say so */
    return block + 1;
}

static void release(void *user, void *memory, size_t size) {
    struct sim_host *host = user;
    if (!memory)
        return;
    struct block *block = (struct block *)memory - 1;
    if (block->magic != BLOCK_MAGIC) {
        hw_sim_complain(host->sim, "host %d: the stack released what it was not given, or twice", host->number);
        return;
    }
    if (block->size != size)
        hw_sim_complain(host->sim, "host %d: the stack released %zu bytes as %zu", host->number, (size_t)block->size, size);
    block->magic = 0;
    host->ledger.blocks--;
    host->ledger.bytes -= block->size;
    memset(memory, 0x5a, block->size < SCRIBBLE_MAX ? (size_t)block->size : SCRIBBLE_MAX);
    free(block);
}

static void random_bytes(void *user, void *out, size_t size) {
    struct sim_host *host = user;
    uint8_t *to = out;
    while (size) {
        uint64_t word = hawser_sim_dice_next(&host->dice);
        size_t part = size < sizeof word ? size : sizeof word;
        memcpy(to, &word, part);
        to += part;
        size -= part;
    }
}

static void fault(void *user, const char *expression, const char *file, int line) {
    struct sim_host *host = user;
    hw_sim_complain(host->sim, "host %d: fault in the core: %s, %s:%d", host->number, expression, file, line);
}

void hw_sim_host_functions(struct sim_host *host) {
    hawser_host_default(&host->functions); /* for the HMAC and the processor's features: neither changes what happens */
    host->functions.user = host;
    host->functions.allocate = allocate;
    host->functions.release = release;
    host->functions.random = random_bytes;
    host->functions.fault = fault;
}
