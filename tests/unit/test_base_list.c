/* SPDX-License-Identifier: MIT
 *
 * base/list against an array that is kept in the same order.
 */
#include "test_base.h"
#include "base/list.h"

#define MEMBERS 12u

struct member {
    int number;
    struct hw_link link;
};

static void expect_order(const struct hw_link *head, struct member *const *order, uint32_t count) {
    const struct hw_link *link = head;
    assert_int_equal(hw_list_empty(head), count == 0);
    for (uint32_t i = 0; i < count; i++) {
        assert_ptr_equal(link->next->prev, link);
        link = link->next;
        assert_ptr_equal(HW_OWNER(link, struct member, link), order[i]);
    }
    assert_ptr_equal(link->next, head);
    assert_ptr_equal(head->prev, link);
}

static void random_order(void **state) {
    (void)state;
    struct member members[MEMBERS], *order[MEMBERS];
    struct hw_link head;
    struct dice dice = {8};
    uint32_t count = 0;
    hw_list_init(&head);
    for (uint32_t i = 0; i < MEMBERS; i++)
        hw_list_init(&members[i].link);
    for (int step = 0; step < 10000; step++) {
        struct member *m = &members[roll_below(&dice, MEMBERS)];
        if (!hw_list_linked(&m->link) && roll_below(&dice, 2)) {
            hw_list_append(&head, &m->link);
            order[count++] = m;
        } else if (!hw_list_linked(&m->link)) {
            hw_list_prepend(&head, &m->link);
            memmove(order + 1, order, count++ * sizeof *order);
            order[0] = m;
        } else {
            uint32_t at = 0;
            while (order[at] != m)
                at++;
            hw_list_remove(&m->link);
            hw_list_remove(&m->link); /* twice is harmless */
            memmove(order + at, order + at + 1, (--count - at) * sizeof *order);
            assert_false(hw_list_linked(&m->link));
        }
        expect_order(&head, order, count);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(random_order)};
    return cmocka_run_group_tests_name("base/list", tests, NULL, NULL);
}
