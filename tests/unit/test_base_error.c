/* SPDX-License-Identifier: MIT
 *
 * base/error: every code has its own number, name and sentence.
 */
#include "test_base.h"

static const int codes[] = {
#define CODE(name, number, text) HAWSER_ERR_##name,
    HAWSER_ERRORS(CODE)
#undef CODE
};

static void known_codes(void **state) {
    (void)state;
    assert_string_equal(hawser_error_text(HAWSER_OK), "success");
    assert_string_equal(hawser_error_name(HAWSER_OK), "OK");
    assert_int_equal(HAWSER_ERR_WOULD_BLOCK, -2);
    assert_string_equal(hawser_error_name(HAWSER_ERR_WOULD_BLOCK), "WOULD_BLOCK");
    assert_string_equal(hawser_error_text(HAWSER_ERR_OPTION), "no such option");
}

static void no_two_are_alike(void **state) {
    (void)state;
    for (uint32_t i = 0; i < COUNT(codes); i++) {
        assert_int_equal(codes[i], -(int)i - 1); /* no gaps, and never renumbered */
        for (uint32_t j = 0; j < i; j++) {
            assert_string_not_equal(hawser_error_text(codes[i]), hawser_error_text(codes[j]));
            assert_string_not_equal(hawser_error_name(codes[i]), hawser_error_name(codes[j]));
        }
    }
}

static void unknown_codes(void **state) {
    (void)state;
    const int unknown[] = {1, INT32_MAX, INT32_MIN, -(int)COUNT(codes) - 1};
    for (uint32_t i = 0; i < COUNT(unknown); i++) {
        assert_string_equal(hawser_error_text(unknown[i]), "unknown error");
        assert_string_equal(hawser_error_name(unknown[i]), "UNKNOWN");
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_codes),
        cmocka_unit_test(no_two_are_alike),
        cmocka_unit_test(unknown_codes),
    };
    return cmocka_run_group_tests_name("base/error", tests, NULL, NULL);
}
