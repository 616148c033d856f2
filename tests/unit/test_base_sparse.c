/* SPDX-License-Identifier: MIT
 *
 * base/sparse against a plain array of which pages exist.
 */
#include "test_base.h"
#include "base/sparse.h"

#define ELEMENTS 65536u
#define PAGES (ELEMENTS / 16)

struct element {
    uint64_t value;
    void *owner;
};

#define PAGE_SIZE (16 * sizeof(struct element))
#define DIRECTORY_SIZE (64 * sizeof(void *))

static void open_sparse(struct test_host *test, struct hw_account *account, struct hw_sparse *sparse) {
    test_host_init(test);
    hw_account_init(account, &test->host, NULL, UINT64_MAX);
    hw_sparse_init(sparse, sizeof(struct element));
}

static void the_first_sixteen_cost_one_page(void **state) {
    (void)state;
    struct test_host test;
    struct hw_account account;
    struct hw_sparse sparse;
    open_sparse(&test, &account, &sparse);
    uint32_t i = 0;
    assert_null(hw_sparse_next(&sparse, &i));
    for (i = 0; i < ELEMENTS; i++)
        assert_null(hw_sparse_get(&sparse, (uint16_t)i));
    assert_int_equal(test.bytes, 0);
    for (i = 0; i < 16; i++)
        assert_non_null(hw_sparse_reserve(&sparse, &account, (uint16_t)i));
    for (i = 0; i < 16; i++)
        assert_ptr_equal(hw_sparse_next(&sparse, &i), hw_sparse_get(&sparse, (uint16_t)i));
    assert_int_equal(i, 16);
    assert_null(hw_sparse_next(&sparse, &i));
    assert_int_equal(test.allocations, 1);
    assert_int_equal(account.used, PAGE_SIZE);
    assert_non_null(hw_sparse_reserve(&sparse, &account, 16));
    assert_int_equal(account.used, 2 * PAGE_SIZE + 2 * DIRECTORY_SIZE);
    assert_null(hw_sparse_get(&sparse, 32));
    assert_null(hw_sparse_get(&sparse, 1024));
    hw_sparse_free(&sparse, &account);
    assert_null(hw_sparse_get(&sparse, 0));
    assert_int_equal(account.used, 0);
    assert_int_equal(test.bytes, 0);
}

static void expect_walk(const struct hw_sparse *sparse, const bool *pages) {
    uint32_t expected = 0;
    struct element *e;
    for (uint32_t i = 0; (e = hw_sparse_next(sparse, &i)) != NULL; i++) {
        for (; expected < i; expected++)
            assert_false(pages[expected / 16]);
        assert_true(i < ELEMENTS && pages[i / 16]);
        assert_ptr_equal(e, hw_sparse_get(sparse, (uint16_t)i));
        expected = i + 1;
    }
    for (; expected < ELEMENTS; expected++)
        assert_false(pages[expected / 16]);
}

/* From any start, not only from where the last step ended. */
static void expect_next(const struct hw_sparse *sparse, const bool *pages, uint32_t from) {
    uint32_t expected = from, i = from;
    while (expected < ELEMENTS && !pages[expected / 16])
        expected = (expected / 16 + 1) * 16;
    void *found = hw_sparse_next(sparse, &i);
    assert_int_equal(found != NULL, expected < ELEMENTS);
    if (found)
        assert_int_equal(i, expected);
}

static void random_elements(void **state) {
    (void)state;
    static bool pages[PAGES];
    static void *where[ELEMENTS];
    struct test_host test;
    struct hw_account account;
    struct hw_sparse sparse;
    struct dice dice = {4};
    open_sparse(&test, &account, &sparse);
    for (uint32_t step = 0; step < 6000; step++) {
        uint16_t index = (uint16_t)roll_below(&dice, step % 2 ? ELEMENTS : 3000);
        if (step % 1000 == 999)
            index = step % 2000 == 999 ? 0 : 65535;
        test_refuse_after(&test, roll_below(&dice, 4) ? UINT64_MAX : roll_below(&dice, 3));
        struct element *e = hw_sparse_reserve(&sparse, &account, index);
        assert_int_equal(account.used, test.bytes);
        if (!e) {
            assert_false(pages[index / 16]);
            assert_null(hw_sparse_get(&sparse, index));
            continue;
        }
        if (where[index])
            assert_ptr_equal(e, where[index]);
        assert_int_equal(e->value, where[index] ? (uint64_t)index + 1 : 0);
        assert_null(e->owner);
        where[index] = e;
        e->value = (uint64_t)index + 1;
        pages[index / 16] = true;
        assert_ptr_equal(hw_sparse_get(&sparse, index), e);
        expect_next(&sparse, pages, roll_below(&dice, ELEMENTS));
        if (step % 500 == 0)
            expect_walk(&sparse, pages);
    }
    expect_walk(&sparse, pages);
    for (uint32_t i = 0; i < ELEMENTS; i++) {
        struct element *e = hw_sparse_get(&sparse, (uint16_t)i);
        assert_int_equal(e != NULL, pages[i / 16]);
        if (e)
            assert_int_equal(e->value, where[i] ? (uint64_t)i + 1 : 0);
    }
    uint32_t end = ELEMENTS;
    assert_null(hw_sparse_next(&sparse, &end));
    end = UINT32_MAX;
    assert_null(hw_sparse_next(&sparse, &end));
    hw_sparse_free(&sparse, &account);
    assert_int_equal(account.used, 0);
    assert_int_equal(test.bytes, 0);
}

static void each_allocation_may_fail(void **state) {
    (void)state;
    for (uint64_t granted = 0; granted < 3; granted++) {
        struct test_host test;
        struct hw_account account;
        struct hw_sparse sparse;
        open_sparse(&test, &account, &sparse);
        test_refuse_after(&test, granted);
        assert_null(hw_sparse_reserve(&sparse, &account, 40000));
        uint32_t i = 0;
        assert_null(hw_sparse_next(&sparse, &i));
        assert_int_equal(account.used, test.bytes);
        test_refuse_after(&test, UINT64_MAX);
        struct element *e = hw_sparse_reserve(&sparse, &account, 40000);
        assert_non_null(e);
        assert_int_equal(test.allocations, 4); /* three and the one refused */
        i = 0;
        assert_ptr_equal(hw_sparse_next(&sparse, &i), e);
        assert_int_equal(i, 40000);
        hw_sparse_free(&sparse, &account);
        assert_int_equal(test.bytes, 0);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_sixteen_cost_one_page),
        cmocka_unit_test(random_elements),
        cmocka_unit_test(each_allocation_may_fail),
    };
    return cmocka_run_group_tests_name("base/sparse", tests, NULL, NULL);
}
