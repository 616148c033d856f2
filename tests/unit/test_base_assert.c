/* SPDX-License-Identifier: MIT
 *
 * base/assert: a failed check is noted and told, and nothing else.
 */
#include "test_base.h"
#include "base/assert.h"

struct told {
    int times, line;
    const char *expression, *file;
};

static void tell(void *user, const char *expression, const char *file, int line) {
    struct told *told = user;
    told->times++;
    told->expression = expression;
    told->file = file;
    told->line = line;
}

static void what_holds_is_not_told(void **state) {
    (void)state;
    struct told told = {0};
    struct hawser_host host = {.user = &told, .fault = tell};
    struct hw_faults faults = {.host = &host};
    int evaluated = 0;
    assert_true(HW_HOLDS(&faults, ++evaluated == 1));
    assert_int_equal(evaluated, 1);
    assert_false(faults.seen);
    assert_int_equal(told.times, 0);
}

static void what_does_not_is(void **state) {
    (void)state;
    struct told told = {0};
    struct hawser_host host = {.user = &told, .fault = tell};
    struct hw_faults faults = {.host = &host};
    int one = 1, line = __LINE__ + 1;
    assert_false(HW_HOLDS(&faults, one > 1));
    assert_true(faults.seen);
    assert_int_equal(told.times, 1);
    assert_string_equal(told.expression, "one > 1");
    assert_non_null(strstr(told.file, "test_base_assert.c"));
    assert_int_equal(told.line, line);
    assert_false(HW_HOLDS(&faults, one == 2));
    assert_int_equal(told.times, 2);
    assert_true(HW_HOLDS(&faults, one == 1));
    assert_true(faults.seen); /* stays until who acts on it takes it back */
}

static void a_host_that_does_not_listen(void **state) {
    (void)state;
    struct hawser_host deaf = {0};
    struct hw_faults faults = {.host = &deaf}, nobody = {0};
    assert_false(HW_HOLDS(&faults, false));
    assert_true(faults.seen);
    assert_false(HW_HOLDS(&nobody, false));
    assert_true(nobody.seen);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_holds_is_not_told),
        cmocka_unit_test(what_does_not_is),
        cmocka_unit_test(a_host_that_does_not_listen),
    };
    return cmocka_run_group_tests_name("base/assert", tests, NULL, NULL);
}
