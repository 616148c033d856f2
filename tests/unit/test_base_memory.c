/* SPDX-License-Identifier: MIT
 *
 * base/memory: what an account says is what its owners hold, whatever refuses.
 */
#include "test_base.h"
#include "base/memory.h"

static void charge_stops_at_the_ceiling(void **state) {
    (void)state;
    struct test_host test;
    struct hw_account account;
    test_host_init(&test);
    hw_account_init(&account, &test.host, NULL, 100);
    assert_int_equal(hw_account_room(&account), 100);
    assert_true(hw_charge(&account, 60));
    assert_false(hw_charge(&account, 41));
    assert_false(hw_charge(&account, SIZE_MAX));
    assert_int_equal(account.used, 60);
    assert_true(hw_charge(&account, 40));
    assert_true(hw_charge(&account, 0));
    assert_int_equal(hw_account_room(&account), 0);
    hw_uncharge(&account, 100);
    assert_int_equal(account.used, 0);
}

static void refusal_by_an_ancestor_changes_nothing(void **state) {
    (void)state;
    struct test_host test;
    struct hw_account stack, endpoint, association;
    test_host_init(&test);
    hw_account_init(&stack, &test.host, NULL, 100);
    hw_account_init(&endpoint, &test.host, &stack, UINT64_MAX);
    hw_account_init(&association, &test.host, &endpoint, 1000);
    assert_int_equal(hw_account_room(&association), 100);
    assert_false(hw_charge(&association, 101));
    assert_null(hw_allocate(&association, 101));
    assert_int_equal(test.allocations, 0);
    assert_int_equal(association.used, 0);
    assert_int_equal(endpoint.used, 0);
    assert_int_equal(stack.used, 0);
    assert_true(hw_charge(&association, 100));
    assert_int_equal(association.used, 100);
    assert_int_equal(endpoint.used, 100);
    assert_int_equal(stack.used, 100);
}

static void refusal_by_the_host_changes_nothing(void **state) {
    (void)state;
    struct test_host test;
    struct hw_account parent, account;
    test_host_init(&test);
    hw_account_init(&parent, &test.host, NULL, UINT64_MAX);
    hw_account_init(&account, &test.host, &parent, UINT64_MAX);
    test_refuse_after(&test, 0);
    assert_null(hw_allocate(&account, 10));
    assert_null(hw_allocate_zeroed(&account, 10));
    assert_int_equal(test.allocations, 2);
    assert_int_equal(account.used, 0);
    assert_int_equal(parent.used, 0);
}

static void zeroed_is_zero(void **state) {
    (void)state;
    struct test_host test;
    struct hw_account account;
    static const uint8_t zero[333];
    test_host_init(&test);
    hw_account_init(&account, &test.host, NULL, UINT64_MAX);
    uint8_t *memory = hw_allocate_zeroed(&account, sizeof zero);
    assert_memory_equal(memory, zero, sizeof zero);
    assert_int_equal(account.used, sizeof zero);
    hw_release(&account, memory, sizeof zero);
    hw_release(&account, NULL, 12345);
    assert_int_equal(account.used, 0);
    assert_int_equal(test.bytes, 0);
}

static void the_sum_never_falls_below_zero(void **state) {
    (void)state;
    struct test_host test;
    struct hw_account parent, account, empty;
    test_host_init(&test);
    hw_account_init(&parent, &test.host, NULL, UINT64_MAX);
    hw_account_init(&account, &test.host, &parent, UINT64_MAX);
    hw_account_init(&empty, &test.host, &parent, UINT64_MAX);
    void *memory = hw_allocate(&account, 50);
    assert_true(hw_charge(&parent, 7));
    hw_release(&empty, memory, 50); /* the wrong account: a bug that must stay one */
    assert_int_equal(empty.used, 0);
    assert_int_equal(account.used, 50);
    assert_int_equal(parent.used, 7);
    hw_uncharge(&account, SIZE_MAX);
    assert_int_equal(account.used, 0);
    assert_int_equal(parent.used, 0);
}

static void recharge_never_refuses(void **state) {
    (void)state;
    struct test_host test;
    struct hw_account stack, a, b;
    test_host_init(&test);
    hw_account_init(&stack, &test.host, NULL, 100);
    hw_account_init(&a, &test.host, &stack, 100);
    hw_account_init(&b, &test.host, &stack, 10);
    assert_true(hw_charge(&a, 80));
    hw_recharge(&a, &b, 50);
    assert_int_equal(a.used, 30);
    assert_int_equal(b.used, 50);
    assert_int_equal(stack.used, 80);
    assert_int_equal(hw_account_room(&b), 0); /* over its ceiling is no room, not a great deal of it */
    assert_false(hw_charge(&b, 1));
    hw_recharge(&b, &stack, 50);
    assert_int_equal(b.used, 0);
    assert_int_equal(stack.used, 80);
}

#define ACCOUNTS 5u
#define PIECES 64u

struct piece {
    void *memory;
    uint32_t size, owner;
};

/* What an account must hold: the pieces of its own and of all below it. */
static void expect_sums(const struct hw_account *accounts, const uint32_t *parents, const struct piece *pieces) {
    uint64_t sums[ACCOUNTS] = {0};
    for (uint32_t i = 0; i < PIECES; i++) {
        for (uint32_t owner = pieces[i].owner; pieces[i].size && owner < ACCOUNTS; owner = parents[owner])
            sums[owner] += pieces[i].size;
    }
    for (uint32_t i = 0; i < ACCOUNTS; i++)
        assert_int_equal(accounts[i].used, sums[i]);
}

static bool fits(const struct hw_account *accounts, const uint32_t *parents, uint32_t owner, uint32_t size) {
    for (; owner < ACCOUNTS; owner = parents[owner]) {
        if (accounts[owner].used + size > accounts[owner].max)
            return false;
    }
    return true;
}

static void random_use_of_a_tree(void **state) {
    (void)state;
    static const uint32_t parents[ACCOUNTS] = {ACCOUNTS, 0, 0, 1, 1};
    struct hw_account accounts[ACCOUNTS];
    struct piece pieces[PIECES] = {0};
    struct dice dice = {1};
    struct test_host test;
    test_host_init(&test);
    for (uint32_t i = 0; i < ACCOUNTS; i++)
        hw_account_init(&accounts[i], &test.host, parents[i] < ACCOUNTS ? &accounts[parents[i]] : NULL, 3000);
    for (int step = 0; step < 50000; step++) {
        struct piece *piece = &pieces[roll_below(&dice, PIECES)];
        uint32_t other = roll_below(&dice, ACCOUNTS), size = 1 + roll_below(&dice, 300);
        if (roll_below(&dice, 50) == 0)
            accounts[other].max = roll_below(&dice, 6000);
        if (!piece->size) {
            bool refused = roll_below(&dice, 8) == 0, charged_only = roll_below(&dice, 3) == 0;
            bool expected = fits(accounts, parents, other, size) && (charged_only || !refused);
            test_refuse_after(&test, refused ? 0 : UINT64_MAX);
            piece->memory = charged_only ? NULL : hw_allocate(&accounts[other], size);
            bool granted = charged_only ? hw_charge(&accounts[other], size) : piece->memory != NULL;
            assert_int_equal(granted, expected);
            piece->size = granted ? size : 0;
            piece->owner = other;
        } else if (roll_below(&dice, 3) == 0) {
            hw_recharge(&accounts[piece->owner], &accounts[other], piece->size);
            piece->owner = other;
        } else {
            if (piece->memory)
                hw_release(&accounts[piece->owner], piece->memory, piece->size);
            else
                hw_uncharge(&accounts[piece->owner], piece->size);
            piece->size = 0;
        }
        expect_sums(accounts, parents, pieces);
    }
    for (uint32_t i = 0; i < PIECES; i++) {
        if (pieces[i].size)
            hw_release(&accounts[pieces[i].owner], pieces[i].memory, pieces[i].size);
    }
    assert_int_equal(test.bytes, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(charge_stops_at_the_ceiling),
        cmocka_unit_test(refusal_by_an_ancestor_changes_nothing),
        cmocka_unit_test(refusal_by_the_host_changes_nothing),
        cmocka_unit_test(zeroed_is_zero),
        cmocka_unit_test(the_sum_never_falls_below_zero),
        cmocka_unit_test(recharge_never_refuses),
        cmocka_unit_test(random_use_of_a_tree),
    };
    return cmocka_run_group_tests_name("base/memory", tests, NULL, NULL);
}
