/* SPDX-License-Identifier: MIT
 *
 * A stand-in for cmocka where there is none (musl, Windows, other processors): what the tests of base, wire, core and the
 * simulator use of it, and its way of printing, which scripts/run-tests.sh counts. Has no mocks.
 */
#ifndef PORTABLE_CMOCKA_H
#define PORTABLE_CMOCKA_H

#include <stdint.h>

struct CMUnitTest {
    const char *name;
    void (*test_func)(void **state);
    int (*setup_func)(void **state);
    int (*teardown_func)(void **state);
    void *initial_state;
};

#define cmocka_unit_test(f)                                {#f, f, NULL, NULL, NULL}
#define cmocka_unit_test_setup_teardown(f, before, after)  {#f, f, before, after, NULL}
#define cmocka_run_group_tests(tests, before, after)       cmocka_run_group_tests_name(#tests, tests, before, after)
#define cmocka_run_group_tests_name(name, tests, before, after) \
    _cmocka_run_group_tests(name, tests, sizeof(tests) / sizeof(tests)[0], before, after)

/* Returns the number of tests that failed. */
int _cmocka_run_group_tests(const char *name, const struct CMUnitTest *tests, size_t count, int (*before)(void **state),
                            int (*after)(void **state));
/* Only tests whose names match: * and ? stand for anything. */
void cmocka_set_test_filter(const char *pattern);

__attribute__((format(printf, 3, 4))) _Noreturn void cmocka_failed(const char *file, int line, const char *format, ...);
void cmocka_equal(const char *file, int line, const char *what, uintmax_t a, uintmax_t b, int wanted);
void cmocka_text(const char *file, int line, const char *a, const char *b, int wanted);
void cmocka_bytes(const char *file, int line, const void *a, const void *b, size_t size, int wanted);
_Noreturn void _fail(const char *file, int line);
_Noreturn void cmocka_skip(const char *file, int line);

#define assert_int_equal(a, b)            cmocka_equal(__FILE__, __LINE__, #a, (uintmax_t)(a), (uintmax_t)(b), 1)
#define assert_int_not_equal(a, b)        cmocka_equal(__FILE__, __LINE__, #a, (uintmax_t)(a), (uintmax_t)(b), 0)
#define assert_ptr_equal(a, b)            cmocka_equal(__FILE__, __LINE__, #a, (uintptr_t)(a), (uintptr_t)(b), 1)
#define assert_null(a)                    cmocka_equal(__FILE__, __LINE__, #a, (uintptr_t)(a), 0, 1)
#define assert_non_null(a)                cmocka_equal(__FILE__, __LINE__, #a, (uintptr_t)(a), 0, 0)
#define assert_true(a)                    cmocka_equal(__FILE__, __LINE__, #a, !(a), 0, 1)
#define assert_false(a)                   cmocka_equal(__FILE__, __LINE__, #a, !(a), 1, 1)
#define assert_string_equal(a, b)         cmocka_text(__FILE__, __LINE__, a, b, 1)
#define assert_string_not_equal(a, b)     cmocka_text(__FILE__, __LINE__, a, b, 0)
#define assert_memory_equal(a, b, size)     cmocka_bytes(__FILE__, __LINE__, a, b, size, 1)
#define assert_memory_not_equal(a, b, size) cmocka_bytes(__FILE__, __LINE__, a, b, size, 0)
#define assert_in_range(a, low, high)                                  \
    do {                                                               \
        uintmax_t value_ = (uintmax_t)(a);                             \
        if (value_ < (uintmax_t)(low) || value_ > (uintmax_t)(high))   \
            cmocka_failed(__FILE__, __LINE__, "%s is %ju", #a, value_); \
    } while (0)
#define fail_msg(...) cmocka_failed(__FILE__, __LINE__, __VA_ARGS__)
#define fail()        _fail(__FILE__, __LINE__)
#define skip()        cmocka_skip(__FILE__, __LINE__)

#endif
