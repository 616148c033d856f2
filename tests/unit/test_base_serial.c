/* SPDX-License-Identifier: MIT
 *
 * base/serial at the wrap: nothing may depend on where in the circle two numbers lie, only on how far apart they are.
 */
#include "test_base.h"
#include "base/serial.h"

static void order_of_tsns(void **state) {
    (void)state;
    static const uint32_t bases[] = {0, 1, 2, 0x7ffffffe, 0x7fffffff, 0x80000000, 0x80000001, 0xfffffffd, 0xfffffffe, 0xffffffff};
    static const uint32_t steps[] = {1, 2, 65535, 65536, 0x3fffffff, 0x7ffffffe, 0x7fffffff};
    for (uint32_t b = 0; b < COUNT(bases); b++) {
        uint32_t tsn = bases[b];
        assert_int_equal(hw_tsn_distance(tsn, tsn), 0);
        assert_false(hw_tsn_before(tsn, tsn));
        assert_true(hw_tsn_at_most(tsn, tsn));
        assert_int_equal(hw_tsn_max(tsn, tsn), tsn);
        for (uint32_t s = 0; s < COUNT(steps); s++) {
            uint32_t later = tsn + steps[s];
            assert_true(hw_tsn_distance(later, tsn) == (int32_t)steps[s]);
            assert_true(hw_tsn_distance(tsn, later) == -(int32_t)steps[s]);
            assert_true(hw_tsn_before(tsn, later) && !hw_tsn_before(later, tsn));
            assert_true(hw_tsn_at_most(tsn, later) && !hw_tsn_at_most(later, tsn));
            assert_true(hw_tsn_max(tsn, later) == later && hw_tsn_max(later, tsn) == later);
            assert_true(hw_tsn_min(tsn, later) == tsn && hw_tsn_min(later, tsn) == tsn);
        }
    }
}

static void ssns_unwrap_forward(void **state) {
    (void)state;
    for (uint32_t expected = 0; expected < 65536; expected += 257) {
        assert_int_equal(hw_ssn_ahead((uint16_t)expected, (uint16_t)expected), 0);
        assert_int_equal(hw_ssn_ahead((uint16_t)(expected + 1), (uint16_t)expected), 1);
        assert_int_equal(hw_ssn_ahead((uint16_t)(expected + 40000), (uint16_t)expected), 40000); /* more than half the circle */
        assert_int_equal(hw_ssn_ahead((uint16_t)(expected - 1), (uint16_t)expected), 65535);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(order_of_tsns),
        cmocka_unit_test(ssns_unwrap_forward),
    };
    return cmocka_run_group_tests_name("base/serial", tests, NULL, NULL);
}
