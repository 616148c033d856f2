/* SPDX-License-Identifier: MIT
 *
 * base/heap against a search through all members.
 */
#include "test_base.h"
#include "base/heap.h"

static void equal_keys_come_out_in_order(void **state) {
    (void)state;
    struct test_host test;
    struct hw_account account;
    struct hw_heap heap;
    struct hw_heap_node nodes[100];
    test_host_init(&test);
    hw_account_init(&account, &test.host, NULL, UINT64_MAX);
    hw_heap_init(&heap, &account);
    assert_null(hw_heap_top(&heap));
    assert_true(hw_heap_reserve(&heap, COUNT(nodes)));
    for (uint32_t i = 0; i < COUNT(nodes); i++) {
        hw_heap_node_init(&nodes[i]);
        hw_heap_set(&heap, &nodes[i], 1000 + i % 3);
    }
    hw_heap_set(&heap, &nodes[0], 1000); /* the same deadline again does not lose the place */
    for (uint32_t key = 0; key < 3; key++) {
        for (uint32_t i = key; i < COUNT(nodes); i += 3) {
            assert_ptr_equal(hw_heap_top(&heap), &nodes[i]);
            hw_heap_remove(&heap, &nodes[i]);
            assert_int_equal(nodes[i].index, HW_HEAP_OUT);
        }
    }
    assert_null(hw_heap_top(&heap));
    hw_heap_remove(&heap, &nodes[0]);
    assert_int_equal(heap.count, 0);
    hw_heap_free(&heap);
    assert_int_equal(test.bytes, 0);
}

static void no_memory_leaves_the_heap_whole(void **state) {
    (void)state;
    struct test_host test;
    struct hw_account account;
    struct hw_heap heap;
    struct hw_heap_node nodes[17];
    test_host_init(&test);
    hw_account_init(&account, &test.host, NULL, UINT64_MAX);
    hw_heap_init(&heap, &account);
    for (uint32_t i = 0; i < COUNT(nodes); i++)
        hw_heap_node_init(&nodes[i]);

    test_refuse_after(&test, 0);
    assert_false(hw_heap_reserve(&heap, 1));
    hw_heap_set(&heap, &nodes[0], 5); /* not reserved */
    assert_int_equal(nodes[0].index, HW_HEAP_OUT);
    assert_null(hw_heap_top(&heap));

    test_refuse_after(&test, 1);
    assert_true(hw_heap_reserve(&heap, 1));
    assert_int_equal(heap.capacity, 16);
    for (uint32_t i = 0; i < 16; i++)
        hw_heap_set(&heap, &nodes[i], 100 - i);
    assert_false(hw_heap_reserve(&heap, 17));
    assert_false(hw_heap_reserve(&heap, UINT32_MAX));
    assert_int_equal(account.used, test.bytes);
    hw_heap_set(&heap, &nodes[16], 1);
    assert_int_equal(nodes[16].index, HW_HEAP_OUT);
    assert_ptr_equal(hw_heap_top(&heap), &nodes[15]);

    test_refuse_after(&test, UINT64_MAX);
    assert_true(hw_heap_reserve(&heap, 17));
    hw_heap_set(&heap, &nodes[16], 1);
    assert_ptr_equal(hw_heap_top(&heap), &nodes[16]);
    assert_int_equal(account.used, test.bytes);
    hw_heap_free(&heap);
    assert_int_equal(account.used, 0);
    assert_int_equal(test.bytes, 0);
}

#define MEMBERS 200u

struct member {
    struct hw_heap_node node;
    bool in;
    uint64_t key, order;
};

static bool before(const struct member *a, const struct member *b) {
    return a->key < b->key || (a->key == b->key && a->order < b->order);
}

static void expect_heap(const struct hw_heap *heap, const struct member *members) {
    const struct member *least = NULL;
    uint32_t count = 0;
    for (uint32_t i = 0; i < MEMBERS; i++) {
        const struct member *m = &members[i];
        assert_int_equal(m->in, m->node.index != HW_HEAP_OUT);
        if (!m->in)
            continue;
        count++;
        assert_true(m->node.index < heap->count);
        assert_ptr_equal(heap->nodes[m->node.index], &m->node);
        if (m->node.index > 0)
            assert_true(before((const struct member *)(const void *)heap->nodes[(m->node.index - 1) / 2], m));
        if (!least || before(m, least))
            least = m;
    }
    assert_int_equal(heap->count, count);
    assert_ptr_equal(hw_heap_top(heap), least ? &least->node : NULL);
}

static void random_deadlines(void **state) {
    (void)state;
    static struct member members[MEMBERS];
    struct test_host test;
    struct hw_account account;
    struct hw_heap heap;
    struct dice dice = {2};
    test_host_init(&test);
    hw_account_init(&account, &test.host, NULL, UINT64_MAX);
    hw_heap_init(&heap, &account);
    for (uint32_t i = 0; i < MEMBERS; i++)
        hw_heap_node_init(&members[i].node);
    for (uint64_t step = 0; step < 40000; step++) {
        /* The mix drifts between filling and draining, and the keys between many and few alike. */
        uint32_t filling = step / 1000 % 2 ? 7 : 3, keys = step / 3000 % 2 ? 10 : 100000;
        struct member *m = &members[roll_below(&dice, MEMBERS)];
        if (roll_below(&dice, 10) < filling) {
            uint64_t key = roll_below(&dice, 20) ? roll_below(&dice, keys) : UINT64_MAX;
            assert_true(hw_heap_reserve(&heap, heap.count + 1));
            hw_heap_set(&heap, &m->node, key);
            if (!m->in || m->key != key)
                m->order = step;
            m->in = true;
            m->key = key;
        } else {
            hw_heap_remove(&heap, &m->node);
            m->in = false;
        }
        expect_heap(&heap, members);
    }
    hw_heap_free(&heap);
    assert_int_equal(test.bytes, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equal_keys_come_out_in_order),
        cmocka_unit_test(no_memory_leaves_the_heap_whole),
        cmocka_unit_test(random_deadlines),
    };
    return cmocka_run_group_tests_name("base/heap", tests, NULL, NULL);
}
