/* SPDX-License-Identifier: MIT
 *
 * base/bytes: byte order at any alignment, and nothing beyond the bytes asked for.
 */
#include "test_base.h"
#include "base/bytes.h"

static void network_order_at_any_alignment(void **state) {
    (void)state;
    for (uint32_t at = 1; at < 9; at++) {
        uint8_t bytes[24];
        memset(bytes, 0xee, sizeof bytes);
        hw_put16(bytes + at, 0x8182);
        assert_memory_equal(bytes + at - 1, "\xee\x81\x82\xee", 4);
        assert_int_equal(hw_get16(bytes + at), 0x8182);
        hw_put32(bytes + at, 0x81828384u);
        assert_memory_equal(bytes + at - 1, "\xee\x81\x82\x83\x84\xee", 6);
        assert_int_equal(hw_get32(bytes + at), 0x81828384u);
        hw_put64(bytes + at, 0x8182838485868788u);
        assert_memory_equal(bytes + at - 1, "\xee\x81\x82\x83\x84\x85\x86\x87\x88\xee", 10);
        assert_true(hw_get64(bytes + at) == 0x8182838485868788u);
    }
}

static void padding(void **state) {
    (void)state;
    static const size_t padded[] = {0, 4, 4, 4, 4, 8, 8, 8, 8, 12};
    for (size_t i = 0; i < COUNT(padded); i++)
        assert_int_equal(hw_pad4(i), padded[i]);
    assert_int_equal(hw_pad4(65535), 65536);
}

static void nothing_may_be_null(void **state) {
    (void)state;
    uint8_t to[2] = {1, 2};
    hw_copy(to, NULL, 0);
    hw_copy(NULL, NULL, 0);
    assert_true(hw_equal(NULL, NULL, 0));
    assert_true(hw_equal(to, NULL, 0));
    hw_copy(to, "ab", 2);
    assert_true(hw_equal(to, "ab", 2));
    assert_false(hw_equal(to, "ac", 2));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(network_order_at_any_alignment),
        cmocka_unit_test(padding),
        cmocka_unit_test(nothing_may_be_null),
    };
    return cmocka_run_group_tests_name("base/bytes", tests, NULL, NULL);
}
