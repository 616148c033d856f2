/* SPDX-License-Identifier: MIT
 *
 * wire/packet: the common header, and the cursor over every truncation, every length and noise.
 */
#include "test_wire.h"

static void the_header_is_read_in_network_order_but_for_the_checksum(void **state) {
    (void)state;
    static const uint8_t bytes[] = {0x13, 0x88, 0xff, 0x01, 0xde, 0xad, 0xbe, 0xef, 0x78, 0x56, 0x34, 0x12, 0xaa};
    struct hw_header header;
    assert_true(hw_header_parse(&header, (struct hawser_span){bytes, sizeof bytes}));
    assert_int_equal(header.source_port, 5000);
    assert_int_equal(header.destination_port, 0xff01);
    assert_int_equal(header.tag, 0xdeadbeef);
    assert_int_equal(header.checksum, 0x12345678);
}

static void a_header_has_12_bytes(void **state) {
    (void)state;
    static const uint8_t bytes[HW_HEADER_SIZE] = {0};
    struct hw_header header;
    for (size_t size = 0; size <= HW_HEADER_SIZE; size++) {
        struct hawser_span copy = exact_copy(bytes, size);
        assert_int_equal(hw_header_parse(&header, copy), size == HW_HEADER_SIZE);
        exact_free(copy);
    }
    assert_false(hw_header_parse(&header, (struct hawser_span){NULL, 0}));
}

/* Three chunks whose values have 5, 0 and 2 bytes; where each begins, its padding included. */
static const uint8_t three[] = {
    0x40, 0x81, 0x00, 0x09, 1, 2, 3, 4, 5, 0, 0, 0, /* */
    0x0b, 0x00, 0x00, 0x04,                         /* */
    0x06, 0x01, 0x00, 0x06, 7, 8, 0, 0,
};
static const size_t begins[] = {0, 12, 16}, lengths[] = {9, 4, 6};

static void chunks_are_views_without_padding(void **state) {
    (void)state;
    struct hawser_span bytes = {three, sizeof three};
    struct hw_cursor cursor = hw_cursor_over(bytes);
    struct hw_tlv chunk;
    for (size_t i = 0; i < COUNT(begins); i++) {
        assert_int_equal(hw_cursor_chunk(&cursor, &chunk), HW_CURSOR_ITEM);
        assert_int_equal(chunk.type, three[begins[i]]);
        assert_int_equal(chunk.flags, three[begins[i] + 1]);
        assert_ptr_equal(chunk.whole.data, three + begins[i]);
        assert_int_equal(chunk.whole.size, lengths[i]);
        assert_ptr_equal(chunk.value.data, three + begins[i] + 4);
        assert_int_equal(chunk.value.size, lengths[i] - 4);
    }
    assert_int_equal(hw_cursor_chunk(&cursor, &chunk), HW_CURSOR_END);
    assert_int_equal(hw_cursor_chunk(&cursor, &chunk), HW_CURSOR_END);
}

static void parameters_have_16_bits_of_type_and_no_flags(void **state) {
    (void)state;
    struct hawser_span bytes = {three, sizeof three};
    struct hw_cursor cursor = hw_cursor_over(bytes);
    struct hw_tlv param = {.flags = 99};
    assert_int_equal(hw_cursor_param(&cursor, &param), HW_CURSOR_ITEM);
    assert_int_equal(param.type, 0x4081);
    assert_int_equal(param.flags, 0);
    assert_int_equal(param.value.size, 5);
}

/* What the cursor must say of the first `size` bytes of `three` after `items` chunks. */
static void every_truncation_ends_where_it_must(void **state) {
    (void)state;
    for (size_t size = 0; size <= sizeof three; size++) {
        struct hawser_span bytes = exact_copy(three, size);
        struct hw_cursor cursor = hw_cursor_over(bytes);
        struct hw_tlv chunk;
        size_t items = 0;
        enum hw_cursor_result result;
        while ((result = hw_cursor_chunk(&cursor, &chunk)) == HW_CURSOR_ITEM) {
            assert_true(chunk.whole.data >= bytes.data && chunk.whole.data + chunk.whole.size <= bytes.data + size);
            assert_ptr_equal(chunk.value.data, chunk.whole.data + 4);
            items++;
        }
        size_t whole = 0;
        bool clean = size == 0;
        for (size_t i = 0; i < COUNT(begins); i++) {
            whole += size >= begins[i] + lengths[i];
            clean = clean || (size >= begins[i] + lengths[i] && size <= begins[i] + hw_pad4(lengths[i]));
        }
        assert_int_equal(items, whole);
        assert_int_equal(result, clean ? HW_CURSOR_END : HW_CURSOR_PARTIAL);
        const uint8_t *stopped = cursor.at;
        assert_int_equal(hw_cursor_chunk(&cursor, &chunk), result);
        assert_ptr_equal(cursor.at, stopped);
        exact_free(bytes);
    }
}

static void every_length_is_judged(void **state) {
    (void)state;
    uint8_t bytes[101] = {0};
    for (size_t left = 4; left <= sizeof bytes; left += left < 12 ? 1 : 89) {
        struct hawser_span copy = exact_copy(bytes, left);
        uint8_t *p = (uint8_t *)(uintptr_t)copy.data;
        for (uint32_t length = 0; length <= UINT16_MAX; length++) {
            hw_put16(p + 2, (uint16_t)length);
            struct hw_cursor cursor = hw_cursor_over(copy);
            struct hw_tlv item;
            bool fits = length >= 4 && length <= left;
            assert_int_equal(hw_cursor_chunk(&cursor, &item), fits ? HW_CURSOR_ITEM : HW_CURSOR_PARTIAL);
            size_t padded = hw_pad4(length) < left ? hw_pad4(length) : left;
            assert_ptr_equal(cursor.at, copy.data + (fits ? padded : 0));
        }
        exact_free(copy);
    }
}

static void noise_ends_within_its_bytes(void **state) {
    (void)state;
    uint64_t seed = 0x68617773;
    uint8_t bytes[256];
    for (int run = 0; run < 20000; run++) {
        size_t size = next_random(&seed) % sizeof bytes;
        for (size_t i = 0; i < size; i++)
            bytes[i] = (uint8_t)(next_random(&seed) >> 24) & (i % 4 == 2 ? 0 : 0x3f); /* short lengths, so many items */
        struct hawser_span copy = exact_copy(bytes, size);
        struct hw_cursor cursor = hw_cursor_over(copy);
        struct hw_tlv item;
        size_t items = 0, sum = 0;
        while ((run % 2 ? hw_cursor_chunk : hw_cursor_param)(&cursor, &item) == HW_CURSOR_ITEM) {
            items++;
            for (size_t i = 0; i < item.whole.size; i++)
                sum += item.whole.data[i];
        }
        assert_true(items <= size / 4 && cursor.at <= cursor.end && sum <= size * 255);
        exact_free(copy);
    }
}

static void nothing_at_all_is_an_end(void **state) {
    (void)state;
    struct hw_cursor cursor = hw_cursor_over((struct hawser_span){NULL, 0});
    struct hw_tlv item;
    assert_int_equal(hw_cursor_chunk(&cursor, &item), HW_CURSOR_END);
    assert_int_equal(hw_cursor_param(&cursor, &item), HW_CURSOR_END);
}

static void two_high_bits_say_what_to_do_with_the_unknown(void **state) {
    (void)state; /* RFC 9260 3.2, 3.2.1 */
    assert_int_equal(hw_chunk_unknown_action(0x3f), 0);
    assert_int_equal(hw_chunk_unknown_action(0x40), HW_UNKNOWN_REPORT);
    assert_int_equal(hw_chunk_unknown_action(0x80), HW_UNKNOWN_SKIP);
    assert_int_equal(hw_chunk_unknown_action(0xff), HW_UNKNOWN_SKIP | HW_UNKNOWN_REPORT);
    assert_int_equal(hw_param_unknown_action(0x3fff), 0);
    assert_int_equal(hw_param_unknown_action(0x4000), HW_UNKNOWN_REPORT);
    assert_int_equal(hw_param_unknown_action(0x8000), HW_UNKNOWN_SKIP);
    assert_int_equal(hw_param_unknown_action(0xc000), HW_UNKNOWN_SKIP | HW_UNKNOWN_REPORT);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_header_is_read_in_network_order_but_for_the_checksum),
        cmocka_unit_test(a_header_has_12_bytes),
        cmocka_unit_test(chunks_are_views_without_padding),
        cmocka_unit_test(parameters_have_16_bits_of_type_and_no_flags),
        cmocka_unit_test(every_truncation_ends_where_it_must),
        cmocka_unit_test(every_length_is_judged),
        cmocka_unit_test(noise_ends_within_its_bytes),
        cmocka_unit_test(nothing_at_all_is_an_end),
        cmocka_unit_test(two_high_bits_say_what_to_do_with_the_unknown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
