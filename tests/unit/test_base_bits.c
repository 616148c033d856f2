/* SPDX-License-Identifier: MIT
 *
 * base/bits against one byte a bit, looked at one by one.
 */
#include "test_base.h"
#include "base/bits.h"

struct model {
    uint8_t set[HW_BITS_MAX];
    uint32_t top; /* nothing was ever set from here on */
};

static struct model model;

static void open_bits(struct test_host *test, struct hw_account *account, struct hw_bits *bits) {
    memset(&model, 0, sizeof model);
    test_host_init(test);
    hw_account_init(account, &test->host, NULL, UINT64_MAX);
    hw_bits_init(bits);
}

static void model_set(uint32_t offset) {
    model.set[offset] = 1;
    if (offset >= model.top)
        model.top = offset + 1;
}

static uint32_t model_end(void) {
    uint32_t end = model.top;
    while (end && !model.set[end - 1])
        end--;
    return end;
}

static void model_advance(uint32_t count) {
    if (count > model.top)
        count = model.top;
    memmove(model.set, model.set + count, model.top - count);
    memset(model.set + model.top - count, 0, count);
}

/* All that can be asked, at every offset up to a little past the end. */
static void expect_all(const struct hw_bits *bits) {
    uint32_t end = model_end(), count = 0, limit = end + 70 < HW_BITS_MAX ? end + 70 : HW_BITS_MAX;
    uint32_t next_set = HW_BITS_NONE, next_clear = limit;
    assert_int_equal(bits->end, end);
    for (uint32_t i = limit; i-- > 0;) {
        if (model.set[i])
            next_set = i;
        else
            next_clear = i;
        count += model.set[i];
        assert_int_equal(hw_bits_test(bits, i), model.set[i]);
        assert_int_equal(hw_bits_next_set(bits, i), next_set);
        assert_int_equal(hw_bits_next_clear(bits, i), next_clear);
    }
    assert_int_equal(bits->count, count);
    assert_true(bits->capacity >= end);
}

static void expect_some(const struct hw_bits *bits, struct dice *dice) {
    assert_int_equal(bits->end, model_end());
    for (int i = 0; i < 4; i++) {
        uint32_t from = roll_below(dice, bits->end + 100), set = from, clear = from;
        while (set < model.top && !model.set[set])
            set++;
        while (clear < model.top && model.set[clear])
            clear++;
        assert_int_equal(hw_bits_next_set(bits, from), set < model.top ? set : HW_BITS_NONE);
        assert_int_equal(hw_bits_next_clear(bits, from), clear);
        assert_int_equal(hw_bits_test(bits, from), from < HW_BITS_MAX && model.set[from]);
    }
}

static void set_run(struct hw_bits *bits, struct hw_account *account, uint32_t from, uint32_t count) {
    for (uint32_t i = from; i < from + count && i < HW_BITS_MAX; i++) {
        assert_true(hw_bits_set(bits, account, i));
        model_set(i);
    }
}

static void random_step(struct hw_bits *bits, struct test_host *test, struct hw_account *account, struct dice *dice,
                        uint32_t range) {
    uint32_t offset = roll_below(dice, range);
    switch (roll_below(dice, 12)) {
    case 0:
        set_run(bits, account, offset, roll_below(dice, 200));
        break;
    case 1:
        hw_bits_clear(bits, offset);
        model.set[offset] = 0;
        break;
    case 2: /* the end is where clearing has work to do */
        offset = model_end();
        if (offset) {
            hw_bits_clear(bits, offset - 1);
            model.set[offset - 1] = 0;
        }
        break;
    case 3: /* what the receiver does: forward over all that came in a row */
        offset = hw_bits_next_clear(bits, 0);
        hw_bits_advance(bits, offset);
        model_advance(offset);
        break;
    case 4:
        hw_bits_advance(bits, offset / 8);
        model_advance(offset / 8);
        break;
    case 5: {
        test_refuse_after(test, 0);
        bool expected = offset < bits->capacity;
        assert_int_equal(hw_bits_set(bits, account, offset), expected);
        if (expected)
            model_set(offset);
        test_refuse_after(test, UINT64_MAX);
        break;
    }
    default:
        set_run(bits, account, offset, 1);
    }
}

static void random_windows(void **state) {
    (void)state;
    static const uint32_t ranges[] = {40, 64, 65, 200, 1000, 9000, HW_BITS_MAX};
    struct dice dice = {5};
    for (uint32_t r = 0; r < COUNT(ranges); r++) {
        struct test_host test;
        struct hw_account account;
        struct hw_bits bits;
        uint32_t steps = ranges[r] > 1000 ? 3000 : 8000, thorough = ranges[r] > 1000 ? 200 : 4;
        open_bits(&test, &account, &bits);
        for (uint32_t step = 0; step < steps; step++) {
            random_step(&bits, &test, &account, &dice, ranges[r]);
            if (step % thorough == 0)
                expect_all(&bits);
            else
                expect_some(&bits, &dice);
            assert_int_equal(account.used, bits.capacity > 64 ? bits.capacity / 8 : 0);
            assert_int_equal(account.used, test.bytes);
            if (step % 2500 == 2499) {
                hw_bits_reset(&bits);
                memset(&model, 0, sizeof model);
                expect_all(&bits);
            }
        }
        hw_bits_free(&bits, &account);
        assert_int_equal(bits.capacity, 64);
        assert_int_equal(account.used, 0);
        assert_int_equal(test.bytes, 0);
    }
}

static void the_common_case_needs_no_memory(void **state) {
    (void)state;
    struct test_host test;
    struct hw_account account;
    struct hw_bits bits;
    open_bits(&test, &account, &bits);
    test_refuse_after(&test, 0);
    for (uint32_t i = 0; i < 1000; i++) {
        uint32_t late = i % 60; /* this many come before the one that is missing */
        for (uint32_t j = 1; j <= late; j++)
            assert_true(hw_bits_set(&bits, &account, j));
        assert_int_equal(hw_bits_next_clear(&bits, 0), 0);
        assert_true(hw_bits_set(&bits, &account, 0));
        assert_int_equal(hw_bits_next_clear(&bits, 0), late + 1);
        hw_bits_advance(&bits, late + 1);
        assert_int_equal(bits.count, 0);
        assert_int_equal(bits.end, 0);
    }
    assert_int_equal(test.allocations, 0);
}

/* Every start within a word, every size: full to the last bit, then grown while the ring is wrapped, then full again. */
static void full_rings(void **state) {
    (void)state;
    for (uint32_t start = 0; start < 130; start += start < 4 ? 1 : 21) {
        struct test_host test;
        struct hw_account account;
        struct hw_bits bits;
        open_bits(&test, &account, &bits);
        hw_bits_advance(&bits, start);
        for (uint32_t capacity = 64; capacity <= HW_BITS_MAX; capacity *= 2) {
            assert_true(hw_bits_set(&bits, &account, capacity - 1));
            assert_int_equal(bits.capacity, capacity);
            for (uint32_t i = 0; i < capacity; i++)
                assert_true(hw_bits_set(&bits, &account, i));
            assert_int_equal(bits.count, capacity);
            assert_int_equal(hw_bits_next_clear(&bits, 0), capacity);
            assert_int_equal(hw_bits_next_clear(&bits, capacity - 1), capacity);
            hw_bits_clear(&bits, capacity / 3);
            assert_int_equal(hw_bits_next_clear(&bits, 0), capacity / 3);
            assert_int_equal(hw_bits_next_clear(&bits, capacity / 3 + 1), capacity);
        }
        assert_int_equal(account.used, 8192);
        assert_false(hw_bits_set(&bits, &account, HW_BITS_MAX));
        assert_false(hw_bits_set(&bits, &account, UINT32_MAX));
        hw_bits_advance(&bits, HW_BITS_MAX - 1);
        assert_int_equal(bits.count, 1);
        assert_true(hw_bits_test(&bits, 0));
        hw_bits_advance(&bits, UINT32_MAX);
        assert_int_equal(bits.count, 0);
        assert_int_equal(bits.end, 0);
        assert_int_equal(hw_bits_next_set(&bits, 0), HW_BITS_NONE);
        hw_bits_free(&bits, &account);
        assert_int_equal(test.bytes, 0);
    }
}

static void odd_questions(void **state) {
    (void)state;
    struct test_host test;
    struct hw_account account;
    struct hw_bits bits;
    open_bits(&test, &account, &bits);
    assert_true(hw_bits_set(&bits, &account, 5));
    assert_true(hw_bits_set(&bits, &account, 5));
    assert_int_equal(bits.count, 1);
    assert_false(hw_bits_test(&bits, 64 + 5)); /* the same place in the ring is not the same offset */
    hw_bits_clear(&bits, 64 + 5);
    assert_true(hw_bits_test(&bits, 5));
    assert_false(hw_bits_test(&bits, UINT32_MAX));
    assert_int_equal(hw_bits_next_set(&bits, UINT32_MAX), HW_BITS_NONE);
    assert_int_equal(hw_bits_next_clear(&bits, 4), 4);
    assert_int_equal(hw_bits_next_clear(&bits, 5), 6);
    hw_bits_advance(&bits, 0);
    assert_true(hw_bits_test(&bits, 5));
    hw_bits_clear(&bits, 5);
    assert_int_equal(bits.end, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_common_case_needs_no_memory),
        cmocka_unit_test(odd_questions),
        cmocka_unit_test(full_rings),
        cmocka_unit_test(random_windows),
    };
    return cmocka_run_group_tests_name("base/bits", tests, NULL, NULL);
}
