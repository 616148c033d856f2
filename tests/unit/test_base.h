/* SPDX-License-Identifier: MIT
 *
 * What the tests of base share: a generator with a fixed seed, and a host that counts, checks sizes and can refuse. Calls
 * nothing of base.
 */
#ifndef TEST_BASE_H
#define TEST_BASE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <hawser/types.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* ---- numbers that look random and are the same in every run (a Weyl sequence through a mixer) -------------------- */

struct dice {
    uint64_t state;
};

static inline uint64_t roll(struct dice *dice) {
    uint64_t x = dice->state += 0x9e3779b97f4a7c15u;
    x = (x ^ x >> 32) * 0xd6e8feb86659fd93u;
    x = (x ^ x >> 32) * 0xd6e8feb86659fd93u;
    return x ^ x >> 32;
}

/* 0 to `sides` - 1. */
static inline uint32_t roll_below(struct dice *dice, uint32_t sides) { return (uint32_t)((roll(dice) >> 32) * sides >> 32); }

/* ---- a host ------------------------------------------------------------------------------------------------------ */

struct test_host {
    struct hawser_host host;
    uint64_t bytes;       /* given out and not yet back */
    uint64_t allocations; /* asked for so far */
    uint64_t refuse_from; /* how many of those are granted */
};

/* The size goes in front, so that release can compare. 16 keeps the alignment. */
#define TEST_HEAD 16u

static inline void *test_allocate(void *user, size_t size) {
    struct test_host *test = user;
    if (test->allocations++ >= test->refuse_from)
        return NULL;
    assert_true(size > 0);
    uint8_t *memory = malloc(TEST_HEAD + size);
    assert_non_null(memory);
    memcpy(memory, &size, sizeof size);
    memset(memory + TEST_HEAD, 0xa5, size);
    test->bytes += size;
    return memory + TEST_HEAD;
}

static inline void test_release(void *user, void *memory, size_t size) {
    struct test_host *test = user;
    size_t asked;
    memcpy(&asked, (uint8_t *)memory - TEST_HEAD, sizeof asked);
    assert_int_equal(size, asked);
    test->bytes -= size;
    free((uint8_t *)memory - TEST_HEAD);
}

static inline void test_host_init(struct test_host *test) {
    memset(test, 0, sizeof *test);
    test->host.size = sizeof test->host;
    test->host.user = test;
    test->host.allocate = test_allocate;
    test->host.release = test_release;
    test->refuse_from = UINT64_MAX;
}

/* The next `count` allocations are granted and all after them refused; UINT64_MAX: all granted again. */
static inline void test_refuse_after(struct test_host *test, uint64_t count) {
    test->refuse_from = count == UINT64_MAX ? UINT64_MAX : test->allocations + count;
}

#define COUNT(array) (sizeof(array) / sizeof *(array))

#endif
