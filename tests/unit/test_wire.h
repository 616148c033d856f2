/* SPDX-License-Identifier: MIT
 *
 * What the tests of wire and view share: cmocka with the headers that it wants before it, and copies of bytes in memory of
 * exactly their size, so that AddressSanitizer sees every byte read too far.
 */
#ifndef TEST_WIRE_H
#define TEST_WIRE_H

#include "base/bytes.h"
#include "wire/chunks.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
/* cmocka wants the headers above before it */
#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* The first `size` bytes of `data` in memory of their own; the caller frees it. */
static inline struct hawser_span exact_copy(const uint8_t *data, size_t size) {
    uint8_t *bytes = malloc(size ? size : 1);
    assert_non_null(bytes);
    hw_copy(bytes, data, size);
    return (struct hawser_span){bytes, size};
}

static inline void exact_free(struct hawser_span span) { free((void *)(uintptr_t)span.data); }

/* Numbers from a seed (Marsaglia's xorshift64), the same on every machine. */
static inline uint64_t next_random(uint64_t *state) {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

#endif
