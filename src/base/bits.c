/* SPDX-License-Identifier: MIT
 *
 * A sliding window of bits in a ring of 64-bit words. Bits at and above `end` are always clear; that is what lets the searches
 * below run without looking where the ring wraps: bit `end` - 1 is met before any bit from before the wrap is.
 */
#include "bits.h"
#include "platform.h"
#include <string.h>

#define WORD 64u

/* How many bits are set. In plain C: where the machine has no instruction for it, gcc's builtin is a call into libgcc. */
static unsigned population(uint64_t word) {
    word -= word >> 1 & 0x5555555555555555u;
    word = (word & 0x3333333333333333u) + (word >> 2 & 0x3333333333333333u);
    word = (word + (word >> 4)) & 0x0f0f0f0f0f0f0f0fu;
    return (unsigned)(word * 0x0101010101010101u >> 56);
}

static uint64_t *words_of(struct hw_bits *bits) { return bits->words ? bits->words : &bits->inside; }
static const uint64_t *words_in(const struct hw_bits *bits) { return bits->words ? bits->words : &bits->inside; }
static uint32_t position(const struct hw_bits *bits, uint32_t offset) { return (bits->start + offset) & (bits->capacity - 1); }
static uint64_t mask_of(uint32_t bit) { return (uint64_t)1 << (bit % WORD); }

void hw_bits_init(struct hw_bits *bits) {
    memset(bits, 0, sizeof *bits);
    bits->capacity = WORD;
}

void hw_bits_free(struct hw_bits *bits, struct hw_account *account) {
    hw_release(account, bits->words, bits->capacity / 8);
    hw_bits_init(bits);
}

/* Unrolls the ring into more words, whole words at a time: the start keeps its place within its word. */
static bool grow(struct hw_bits *bits, struct hw_account *account, uint32_t offset) {
    uint32_t capacity = bits->capacity, old_words = bits->capacity / WORD;
    while (capacity <= offset)
        capacity *= 2;
    uint64_t *to = hw_allocate_zeroed(account, capacity / 8);
    if (!to)
        return false;
    const uint64_t *from = words_in(bits);
    for (uint32_t i = 0; i < old_words; i++)
        to[i] = from[(bits->start / WORD + i) % old_words];
    /* The first word has the last offsets below the start, if the ring was that full. */
    uint64_t wrapped = to[0] & (mask_of(bits->start) - 1);
    to[0] ^= wrapped;
    to[old_words] = wrapped;
    hw_release(account, bits->words, bits->capacity / 8);
    bits->words = to;
    bits->capacity = capacity;
    bits->start %= WORD;
    return true;
}

bool hw_bits_reserve(struct hw_bits *bits, struct hw_account *account, uint32_t count) {
    return count <= bits->capacity || (count <= HW_BITS_MAX && grow(bits, account, count - 1));
}

bool hw_bits_set(struct hw_bits *bits, struct hw_account *account, uint32_t offset) {
    if (HW_UNLIKELY(offset >= bits->capacity) && (offset >= HW_BITS_MAX || !grow(bits, account, offset)))
        return false;
    uint32_t at = position(bits, offset);
    uint64_t *word = &words_of(bits)[at / WORD];
    bits->count += (*word & mask_of(at)) == 0;
    *word |= mask_of(at);
    if (offset >= bits->end)
        bits->end = offset + 1;
    return true;
}

/* The highest offset set below `offset`; at least one bit must be set there. */
static uint32_t highest_below(const struct hw_bits *bits, uint32_t offset) {
    for (;;) {
        uint32_t at = position(bits, offset - 1);
        uint64_t word = words_in(bits)[at / WORD] << (WORD - 1 - at % WORD);
        if (word)
            return offset - 1 - HW_CLZ64(word);
        offset -= at % WORD + 1;
    }
}

void hw_bits_clear(struct hw_bits *bits, uint32_t offset) {
    if (!hw_bits_test(bits, offset))
        return;
    uint32_t at = position(bits, offset);
    words_of(bits)[at / WORD] &= ~mask_of(at);
    bits->count--;
    if (offset + 1 == bits->end)
        bits->end = bits->count ? highest_below(bits, offset) + 1 : 0;
}

bool hw_bits_test(const struct hw_bits *bits, uint32_t offset) {
    if (offset >= bits->end)
        return false;
    uint32_t at = position(bits, offset);
    return (words_in(bits)[at / WORD] & mask_of(at)) != 0;
}

void hw_bits_advance(struct hw_bits *bits, uint32_t count) {
    uint64_t *words = words_of(bits);
    uint32_t cleared = count < bits->end ? count : bits->end;
    for (uint32_t done = 0; done < cleared && bits->count;) {
        uint32_t at = position(bits, done), room = WORD - at % WORD;
        uint32_t here = cleared - done < room ? cleared - done : room;
        uint64_t mask = UINT64_MAX >> (WORD - here) << (at % WORD);
        uint64_t hit = words[at / WORD] & mask;
        if (hit) {
            bits->count -= hit == mask ? here : population(hit);
            words[at / WORD] ^= hit;
        }
        done += here;
    }
    bits->start = position(bits, count);
    bits->end -= cleared;
}

void hw_bits_reset(struct hw_bits *bits) {
    if (bits->count)
        memset(words_of(bits), 0, bits->capacity / 8);
    bits->start = bits->count = bits->end = 0;
}

uint32_t hw_bits_next_set(const struct hw_bits *bits, uint32_t from) {
    const uint64_t *words = words_in(bits);
    while (from < bits->end) {
        uint32_t at = position(bits, from);
        uint64_t word = words[at / WORD] >> (at % WORD);
        if (word)
            return from + HW_CTZ64(word);
        from += WORD - at % WORD;
    }
    return HW_BITS_NONE;
}

uint32_t hw_bits_next_clear(const struct hw_bits *bits, uint32_t from) {
    const uint64_t *words = words_in(bits);
    if (from >= bits->end)
        return from;
    while (from < bits->end) {
        uint32_t at = position(bits, from);
        uint64_t word = ~words[at / WORD] >> (at % WORD);
        if (word) {
            uint32_t found = from + HW_CTZ64(word);
            return found < bits->end ? found : bits->end;
        }
        from += WORD - at % WORD;
    }
    return bits->end;
}
