/* SPDX-License-Identifier: MIT
 *
 * Puts messages that came over several streams in order again. The sender numbers them from 0 on (hawser cat --stripe carries the
 * number as payload protocol identifier); here they wait until all before them have come. Knows no stack and no descriptor.
 */
#ifndef HAWSER_STRIPE_H
#define HAWSER_STRIPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct stripe_slot {
    uint8_t *data;
    size_t size, room;
    bool whole;
};

struct stripe {
    struct stripe_slot *slots; /* ring: number `next` lies at start */
    uint32_t start, capacity;  /* a power of two, or 0 */
    uint32_t next;             /* the number that is to be written now */
    size_t offset;             /* bytes of it that have been taken */
    size_t held, held_max;     /* bytes that wait */
};

void stripe_init(struct stripe *stripe, size_t held_max);
void stripe_free(struct stripe *stripe);

/* Adds bytes to a message; `last` says that it is whole. NULL, or what is wrong: the number came before, is too far ahead, or too
 * much waits; static storage. */
const char *stripe_add(struct stripe *stripe, uint32_t number, const void *data, size_t size, bool last);

/* The bytes that are to be written next; their number, 0 if the next message has not come. Valid until the next call. */
size_t stripe_peek(const struct stripe *stripe, const uint8_t **data);

/* `size` of those bytes have been written. */
void stripe_take(struct stripe *stripe, size_t size);

#endif
