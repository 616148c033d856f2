/* SPDX-License-Identifier: MIT
 *
 * tools/stripe.c: numbered messages in order again.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "../../tools/stripe.c"

/* Reads `expected` out of it, in bites of at most `bite` bytes, and nothing more. */
static void reads(struct stripe *stripe, const char *expected, size_t bite) {
    const uint8_t *data;
    size_t size;
    while ((size = stripe_peek(stripe, &data)) > 0) {
        size = size < bite ? size : bite;
        assert_true(size <= strlen(expected));
        assert_memory_equal(data, expected, size);
        expected += size;
        stripe_take(stripe, size);
    }
    assert_string_equal(expected, "");
}

static void any_order_becomes_order(void **state) {
    (void)state;
    struct stripe stripe;
    stripe_init(&stripe, 1000);
    assert_null(stripe_add(&stripe, 2, "ghi", 3, true));
    assert_null(stripe_add(&stripe, 1, "d", 1, false));
    reads(&stripe, "", 10);
    assert_null(stripe_add(&stripe, 0, "abc", 3, true));
    reads(&stripe, "abc", 2);
    assert_null(stripe_add(&stripe, 1, "ef", 2, true));
    reads(&stripe, "defghi", 2);
    assert_int_equal(stripe.held, 0);
    stripe_free(&stripe);
}

static void the_ring_grows_and_turns(void **state) {
    (void)state;
    struct stripe stripe;
    char letter[2] = "";
    stripe_init(&stripe, 100000);
    for (uint32_t base = 0; base < 3000; base += 100) {
        for (uint32_t i = 100; i-- > 0;) {
            letter[0] = (char)('a' + (base + i) % 26);
            assert_null(stripe_add(&stripe, base + i, letter, 1, true));
        }
        for (uint32_t i = 0; i < 100; i++) {
            const uint8_t *data = NULL;
            assert_int_equal(stripe_peek(&stripe, &data), 1);
            assert_int_equal(*data, 'a' + (base + i) % 26);
            stripe_take(&stripe, 1);
        }
    }
    assert_int_equal(stripe.capacity, 128);
    /* Growing while it does not begin at the ring's beginning. */
    assert_null(stripe_add(&stripe, 3001, "b", 1, true));
    assert_null(stripe_add(&stripe, 3200, "z", 1, true));
    assert_int_equal(stripe.capacity, 256);
    assert_null(stripe_add(&stripe, 3000, "a", 1, true));
    reads(&stripe, "ab", 1);
    stripe_free(&stripe);
}

static void nonsense_is_refused(void **state) {
    (void)state;
    struct stripe stripe;
    stripe_init(&stripe, 10);
    assert_non_null(stripe_add(&stripe, 65536, "a", 1, true));
    assert_non_null(stripe_add(&stripe, UINT32_MAX, "a", 1, true));
    assert_null(stripe_add(&stripe, 1, "abcdef", 6, true));
    assert_non_null(stripe_add(&stripe, 1, "g", 1, true));
    assert_non_null(stripe_add(&stripe, 2, "ghijk", 5, true));
    assert_null(stripe_add(&stripe, 65535, "ghij", 4, true));
    assert_int_equal(stripe.held, 10);
    stripe_free(&stripe);
    stripe_free(&stripe);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_order_becomes_order),
        cmocka_unit_test(the_ring_grows_and_turns),
        cmocka_unit_test(nonsense_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
