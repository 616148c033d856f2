/* SPDX-License-Identifier: MIT
 *
 * A sliding window of up to 65,536 bits: bit `offset` of the ring stands for the number base + offset, whatever that means to the
 * caller. Memory grows in powers of two, from 64 bits inside the struct to 8 KiB, with the highest offset set.
 */
#ifndef HW_BITS_H
#define HW_BITS_H

#include "memory.h"

#define HW_BITS_MAX 65536u
#define HW_BITS_NONE UINT32_MAX

struct hw_bits {
    uint64_t inside;   /* the words while capacity is 64 */
    uint64_t *words;   /* else here */
    uint32_t capacity; /* bits: 64, 128, ... 65536 */
    uint32_t start;    /* bit of the ring that is offset 0 */
    uint32_t count;    /* how many are set */
    uint32_t end;      /* one more than the highest offset set; 0: none is */
};

void hw_bits_init(struct hw_bits *bits);
void hw_bits_free(struct hw_bits *bits, struct hw_account *account);
/* Sets; false: no memory (nothing changed) or offset >= HW_BITS_MAX. Setting twice is harmless. */
bool hw_bits_set(struct hw_bits *bits, struct hw_account *account, uint32_t offset);
/* Memory for `count` bits, so that setting them cannot fail; false: no memory or too many. */
bool hw_bits_reserve(struct hw_bits *bits, struct hw_account *account, uint32_t count);
/* Clears; an offset that is not set is harmless. `end` follows if it was the highest. */
void hw_bits_clear(struct hw_bits *bits, uint32_t offset);
bool hw_bits_test(const struct hw_bits *bits, uint32_t offset);
/* Moves the window forward by `count`: offset `count` becomes 0, what was below is cleared. */
void hw_bits_advance(struct hw_bits *bits, uint32_t count);
/* Clears all, keeps the memory. */
void hw_bits_reset(struct hw_bits *bits);
/* The first set offset at or after `from`, or HW_BITS_NONE. Looks at 64 at a time. */
uint32_t hw_bits_next_set(const struct hw_bits *bits, uint32_t from);
/* The first offset at or after `from` that is not set (at most the capacity). */
uint32_t hw_bits_next_clear(const struct hw_bits *bits, uint32_t from);

#endif
