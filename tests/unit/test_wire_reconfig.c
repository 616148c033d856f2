/* SPDX-License-Identifier: MIT
 *
 * wire/reconfig: what is written is read again, and takes the bytes that it is said to take; other lengths are refused.
 */
#include "test_wire.h"
#include "wire/reconfig.h"

static void there_and_back(void **state) {
    (void)state;
    static const uint16_t list[] = {3, 65535, 0};
    const struct hw_reconfig_param params[] = {
        {.type = HW_PARAM_OUTGOING_RESET, .number = 1, .response_number = 2, .last_tsn = 0xffffffff, .stream_count = 3},
        {.type = HW_PARAM_OUTGOING_RESET, .number = 1, .response_number = 2, .last_tsn = 0},
        {.type = HW_PARAM_INCOMING_RESET, .number = 0xfffffff0, .stream_count = 2},
        {.type = HW_PARAM_ASSOCIATION_RESET, .number = 7},
        {.type = HW_PARAM_RECONFIG_RESPONSE, .number = 7, .result = 6},
        {.type = HW_PARAM_RECONFIG_RESPONSE, .number = 7, .result = 1, .sender_tsn = 8, .receiver_tsn = 9, .has_tsns = true},
        {.type = HW_PARAM_ADD_OUTGOING, .number = 7, .added = 65535},
        {.type = HW_PARAM_ADD_INCOMING, .number = 7, .added = 1},
    };
    for (unsigned i = 0; i < sizeof params / sizeof params[0]; i++) {
        uint8_t bytes[64];
        struct hw_writer writer = hw_writer_over(bytes, sizeof bytes);
        hw_reconfig_write(&writer, &params[i], list);
        assert_int_equal(hw_writer_size(&writer), hw_reconfig_size(&params[i]));
        struct hw_cursor cursor = hw_cursor_over((struct hawser_span){bytes, hw_writer_size(&writer)});
        struct hw_tlv tlv;
        struct hw_reconfig_param read;
        assert_int_equal(hw_cursor_param(&cursor, &tlv), HW_CURSOR_ITEM);
        assert_true(hw_reconfig_parse(&read, &tlv));
        assert_int_equal(read.type, params[i].type);
        assert_int_equal(read.number, params[i].number);
        assert_int_equal(read.added, params[i].added);
        assert_int_equal(read.response_number, params[i].response_number);
        assert_int_equal(read.last_tsn, params[i].last_tsn);
        assert_int_equal(read.result, params[i].result);
        assert_int_equal(read.has_tsns, params[i].has_tsns);
        assert_int_equal(read.sender_tsn, params[i].sender_tsn);
        assert_int_equal(read.receiver_tsn, params[i].receiver_tsn);
        assert_int_equal(read.stream_count, params[i].stream_count);
        for (uint32_t k = 0; k < read.stream_count; k++)
            assert_int_equal(hw_reconfig_stream(&read, k), list[k]);
        assert_int_equal(hw_cursor_param(&cursor, &tlv), HW_CURSOR_END);
    }
}

static void lengths(void **state) {
    (void)state;
    uint8_t bytes[44] = {0};
    for (uint16_t type = 12; type <= 19; type++)
        for (uint16_t size = 4; size <= 40; size++) {
            bool right = type == 13   ? size >= 16 && size % 2 == 0
                         : type == 14 ? size >= 8 && size % 2 == 0
                         : type == 15 ? size == 8
                         : type == 16 ? size == 12 || size == 20
                                      : (type == 17 || type == 18) && size == 12;
            hw_put16(bytes, type);
            hw_put16(bytes + 2, size);
            struct hw_cursor cursor = hw_cursor_over((struct hawser_span){bytes, (size_t)(size + 3) & ~(size_t)3});
            struct hw_tlv tlv;
            struct hw_reconfig_param read;
            assert_int_equal(hw_cursor_param(&cursor, &tlv), HW_CURSOR_ITEM);
            assert_int_equal(hw_reconfig_parse(&read, &tlv), right);
        }
}

static void names(void **state) {
    (void)state;
    assert_string_equal(hw_reconfig_result_name(HW_RECONFIG_NOTHING_TO_DO), "Success - Nothing to do");
    assert_string_equal(hw_reconfig_result_name(HW_RECONFIG_IN_PROGRESS), "In progress");
    assert_null(hw_reconfig_result_name(7));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(there_and_back),
        cmocka_unit_test(lengths),
        cmocka_unit_test(names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
