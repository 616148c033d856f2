/* SPDX-License-Identifier: MIT
 *
 * base/table against a list of who is in.
 */
#include "test_base.h"
#include "base/table.h"

#define MEMBERS 600u
#define KEYS 150u

struct member {
    struct hw_node node;
    bool in, seen;
    uint64_t key;
};

static struct member members[MEMBERS];

static void open_table(struct test_host *test, struct hw_account *account, struct hw_table *table, uint64_t seed) {
    memset(members, 0, sizeof members);
    test_host_init(test);
    hw_account_init(account, &test->host, NULL, UINT64_MAX);
    hw_table_init(table, account, seed);
}

/* Keys that differ in few bits, high or low, as tags and ports do. */
static uint64_t key_number(uint32_t number) { return number % 2 ? (uint64_t)number << 48 : number; }

/* Finding a key meets every member that has it once, and no other. */
static void expect_key(const struct hw_table *table, uint64_t key) {
    uint32_t expected = 0, met = 0;
    for (uint32_t i = 0; i < MEMBERS; i++) {
        members[i].seen = false;
        expected += members[i].in && members[i].key == key;
    }
    for (struct hw_node *node = hw_table_find(table, key); node; node = hw_table_find_next(node)) {
        struct member *m = (struct member *)(void *)node;
        assert_true(m->in && !m->seen && m->key == key && node->key == key);
        m->seen = true;
        met++;
    }
    assert_int_equal(met, expected);
}

static void random_members(void **state) {
    (void)state;
    static const uint64_t seeds[] = {0, UINT64_MAX, 0x123456789abcdef0u};
    struct dice dice = {3};
    for (uint32_t s = 0; s < COUNT(seeds); s++) {
        struct test_host test;
        struct hw_account account;
        struct hw_table table;
        uint32_t count = 0;
        open_table(&test, &account, &table, seeds[s]);
        for (uint32_t step = 0; step < 20000; step++) {
            struct member *m = &members[roll_below(&dice, MEMBERS)];
            uint64_t key = key_number(roll_below(&dice, KEYS));
            test_refuse_after(&test, table.buckets && roll_below(&dice, 2) ? 0 : UINT64_MAX);
            if (m->in) {
                key = m->key;
                hw_table_remove(&table, &m->node);
                count--;
            } else {
                assert_true(hw_table_add(&table, &m->node, key));
                m->key = key;
                count++;
            }
            m->in = !m->in;
            assert_int_equal(table.count, count);
            assert_int_equal(account.used, sizeof(struct hw_node *) << table.bits);
            assert_int_equal(account.used, test.bytes);
            expect_key(&table, key);
            expect_key(&table, key_number(roll_below(&dice, KEYS)));
        }
        for (uint32_t k = 0; k < KEYS; k++)
            expect_key(&table, key_number(k));
        hw_table_free(&table);
        assert_null(hw_table_find(&table, 0));
        assert_int_equal(table.seed, seeds[s]);
        assert_int_equal(account.used, 0);
        assert_int_equal(test.bytes, 0);
    }
}

static void grows_at_one_member_a_bucket(void **state) {
    (void)state;
    struct test_host test;
    struct hw_account account;
    struct hw_table table;
    open_table(&test, &account, &table, 77);
    assert_null(hw_table_find(&table, 1));
    assert_int_equal(test.bytes, 0); /* an idle table costs nothing */
    for (uint32_t i = 0; i < MEMBERS; i++) {
        assert_true(hw_table_add(&table, &members[i].node, i));
        uint32_t buckets = 16;
        while (buckets < i + 1)
            buckets *= 2;
        assert_int_equal(1u << table.bits, buckets);
    }
    for (uint32_t i = 0; i < MEMBERS; i++)
        assert_ptr_equal(hw_table_find(&table, i), &members[i].node);
    hw_table_free(&table);
    assert_int_equal(test.bytes, 0);
}

/* Numbers in a row, as tests and lazy peers choose them, must not share a bucket much. */
static void neighbours_are_spread(void **state) {
    (void)state;
    struct test_host test;
    struct hw_account account;
    struct hw_table table;
    open_table(&test, &account, &table, 0);
    for (uint32_t i = 0; i < 512; i++)
        assert_true(hw_table_add(&table, &members[i].node, i));
    for (uint32_t i = 0; i < 1u << table.bits; i++) {
        uint32_t length = 0;
        for (const struct hw_node *node = table.buckets[i]; node; node = node->next)
            length++;
        assert_true(length <= 8);
    }
    hw_table_free(&table);
}

/* Who does not know the seed cannot tell which keys meet in a bucket. */
static void the_seed_moves_keys(void **state) {
    (void)state;
    struct test_host test;
    struct hw_account account;
    struct hw_table table, other;
    uint32_t moved = 0;
    open_table(&test, &account, &table, 0);
    hw_table_init(&other, &account, 0x123456789abcdef0u);
    for (uint32_t i = 0; i < 256; i++) {
        assert_true(hw_table_add(&table, &members[i].node, i));
        assert_true(hw_table_add(&other, &members[256 + i].node, i));
    }
    for (uint32_t i = 0; i < 256; i++) {
        const struct hw_node *node = other.buckets[i];
        while (node && node != &members[256 + 7].node)
            node = node->next;
        const struct hw_node *peer = table.buckets[i];
        while (peer && peer != &members[7].node)
            peer = peer->next;
        moved += (node != NULL) != (peer != NULL);
    }
    assert_int_equal(moved, 2);
    hw_table_free(&table);
    hw_table_free(&other);
}

static void no_memory(void **state) {
    (void)state;
    struct test_host test;
    struct hw_account account;
    struct hw_table table;
    open_table(&test, &account, &table, 5);
    test_refuse_after(&test, 0);
    assert_false(hw_table_add(&table, &members[0].node, 1));
    assert_int_equal(table.count, 0);
    assert_null(hw_table_find(&table, 1));
    hw_table_remove(&table, &members[0].node);
    test_refuse_after(&test, 1);
    for (uint32_t i = 0; i < MEMBERS; i++) /* goes on with long chains */
        assert_true(hw_table_add(&table, &members[i].node, i));
    assert_int_equal(table.bits, 4);
    for (uint32_t i = 0; i < MEMBERS; i++)
        assert_ptr_equal(hw_table_find(&table, i), &members[i].node);
    hw_table_remove(&table, &members[3].node);
    hw_table_remove(&table, &members[3].node); /* not in: nothing happens */
    assert_int_equal(table.count, MEMBERS - 1);
    assert_null(hw_table_find(&table, 3));
    hw_table_free(&table);
    assert_int_equal(test.bytes, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_members),
        cmocka_unit_test(grows_at_one_member_a_bucket),
        cmocka_unit_test(neighbours_are_spread),
        cmocka_unit_test(the_seed_moves_keys),
        cmocka_unit_test(no_memory),
    };
    return cmocka_run_group_tests_name("base/table", tests, NULL, NULL);
}
