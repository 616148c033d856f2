/* SPDX-License-Identifier: MIT
 *
 * tools/histogram.c: quantiles out of buckets.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "../../tools/histogram.c"

static struct histogram histogram, other;

static int clear(void **state) {
    (void)state;
    histogram_clear(&histogram);
    histogram_clear(&other);
    return 0;
}

static void nothing(void **state) {
    (void)state;
    assert_int_equal(histogram_quantile(&histogram, 0.5), 0);
    histogram_merge(&histogram, &other);
    assert_int_equal(histogram.count, 0);
}

static void small_values_are_exact(void **state) {
    (void)state;
    for (uint64_t value = 1; value <= 100; value++)
        histogram_add(&histogram, value);
    assert_int_equal(histogram.least, 1);
    assert_int_equal(histogram.most, 100);
    assert_int_equal(histogram_quantile(&histogram, 0), 1);
    assert_int_equal(histogram_quantile(&histogram, 0.01), 1);
    assert_int_equal(histogram_quantile(&histogram, 0.011), 2);
    assert_int_equal(histogram_quantile(&histogram, 0.5), 50);
    assert_int_equal(histogram_quantile(&histogram, 0.99), 99);
    assert_int_equal(histogram_quantile(&histogram, 0.999), 100);
    assert_int_equal(histogram_quantile(&histogram, 1), 100);
}

/* Each value alone: it is not told too small, and at most 1/128 too large. The second value keeps `most` out of the way. */
static void every_size(void **state) {
    (void)state;
    for (uint64_t value = 1; value < HISTOGRAM_MAX / 2; value += value / 61 + 1) {
        histogram_clear(&histogram);
        histogram_add(&histogram, value);
        histogram_add(&histogram, HISTOGRAM_MAX);
        uint64_t told = histogram_quantile(&histogram, 0.5);
        assert_in_range(told, value, value + value / 128);
    }
}

static void buckets_follow_each_other(void **state) {
    (void)state;
    for (size_t i = 0; i + 1 < HISTOGRAM_BUCKETS; i++) {
        assert_int_equal(bucket_of(largest_of(i)), i);
        assert_int_equal(bucket_of(largest_of(i) + 1), i + 1);
    }
    assert_int_equal(bucket_of(HISTOGRAM_MAX), HISTOGRAM_BUCKETS - 1);
}

static void too_large(void **state) {
    (void)state;
    histogram_add(&histogram, UINT64_MAX);
    assert_int_equal(histogram_quantile(&histogram, 1), HISTOGRAM_MAX);
    assert_int_equal(histogram.most, HISTOGRAM_MAX);
}

static void two_become_one(void **state) {
    (void)state;
    histogram_add(&histogram, 20);
    histogram_add(&other, 10);
    histogram_add(&other, 30);
    histogram_merge(&histogram, &other);
    assert_int_equal(histogram.count, 3);
    assert_int_equal(histogram.least, 10);
    assert_int_equal(histogram.most, 30);
    assert_int_equal(histogram_quantile(&histogram, 0.5), 20);
    histogram_clear(&histogram);
    histogram_merge(&histogram, &other);
    assert_int_equal(histogram.least, 10);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(nothing, clear),
        cmocka_unit_test_setup(small_values_are_exact, clear),
        cmocka_unit_test_setup(every_size, clear),
        cmocka_unit_test_setup(buckets_follow_each_other, clear),
        cmocka_unit_test_setup(too_large, clear),
        cmocka_unit_test_setup(two_become_one, clear),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
