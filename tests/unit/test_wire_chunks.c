/* SPDX-License-Identifier: MIT
 *
 * wire/chunks: each element at every length around its least, the writer with every amount of room, and there and back again.
 */
#include "test_wire.h"

/* ---- parsing -------------------------------------------------------------------------------------------------- */

/* A chunk of `size` bytes that the cursor would give: length in the header, counting bytes behind it. */
static struct hawser_span make_chunk(struct hw_tlv *chunk, uint8_t type, uint8_t flags, size_t size) {
    uint8_t bytes[256] = {type, flags};
    hw_put16(bytes + 2, (uint16_t)size);
    for (size_t i = 4; i < size; i++)
        bytes[i] = (uint8_t)i;
    struct hawser_span copy = exact_copy(bytes, size);
    struct hw_cursor cursor = hw_cursor_over(copy);
    assert_int_equal(hw_cursor_chunk(&cursor, chunk), HW_CURSOR_ITEM);
    return copy;
}

static void data_needs_its_header(void **state) {
    (void)state;
    for (size_t size = 4; size < 20; size++) {
        struct hw_tlv chunk;
        struct hawser_span bytes = make_chunk(&chunk, HW_DATA, HW_FLAG_BEGIN | HW_FLAG_UNORDERED, size);
        struct hw_data data;
        assert_int_equal(hw_data_parse(&data, &chunk), size >= HW_DATA_HEADER);
        if (size >= HW_DATA_HEADER) {
            assert_int_equal(data.tsn, 0x04050607);
            assert_int_equal(data.stream, 0x0809);
            assert_int_equal(data.ssn, 0x0a0b);
            assert_int_equal(data.ppid, 0x0c0d0e0f);
            assert_int_equal(data.flags, HW_FLAG_BEGIN | HW_FLAG_UNORDERED);
            assert_ptr_equal(data.payload.data, bytes.data + 16);
            assert_int_equal(data.payload.size, size - 16);
        }
        exact_free(bytes);
    }
}

static void init_needs_its_fixed_part(void **state) {
    (void)state;
    for (size_t size = 4; size < 30; size++) {
        struct hw_tlv chunk;
        struct hawser_span bytes = make_chunk(&chunk, HW_INIT, 0, size);
        struct hw_init init;
        assert_int_equal(hw_init_parse(&init, &chunk), size >= HW_INIT_FIXED);
        if (size >= HW_INIT_FIXED) {
            assert_int_equal(init.tag, 0x04050607);
            assert_int_equal(init.a_rwnd, 0x08090a0b);
            assert_int_equal(init.streams_out, 0x0c0d);
            assert_int_equal(init.streams_in, 0x0e0f);
            assert_int_equal(init.tsn, 0x10111213);
            assert_ptr_equal(init.params.data, bytes.data + 20);
            assert_int_equal(init.params.size, size - 20);
        }
        exact_free(bytes);
    }
}

static void sack_needs_what_it_counts(void **state) {
    (void)state;
    static const uint32_t counts[] = {0, 1, 2, 3, 1000, 32767, 65535};
    for (size_t g = 0; g < COUNT(counts); g++) {
        for (size_t d = 0; d < COUNT(counts); d++) {
            for (size_t size = HW_SACK_FIXED; size <= 36; size++) {
                struct hw_tlv chunk;
                struct hawser_span bytes = make_chunk(&chunk, HW_SACK, 0, size);
                uint8_t *p = (uint8_t *)(uintptr_t)bytes.data;
                hw_put16(p + 12, (uint16_t)counts[g]);
                hw_put16(p + 14, (uint16_t)counts[d]);
                struct hw_sack sack;
                bool fits = 16 + 4 * (counts[g] + counts[d]) <= size;
                assert_int_equal(hw_sack_parse(&sack, &chunk), fits);
                assert_int_equal(sack.gap_count, counts[g]);
                assert_int_equal(sack.dup_count, counts[d]);
                for (unsigned i = 0; fits && i < sack.gap_count; i++) {
                    assert_int_equal(hw_sack_gap(&sack, i).start, hw_get16(p + 16 + 4 * i));
                    assert_int_equal(hw_sack_gap(&sack, i).end, hw_get16(p + 18 + 4 * i));
                }
                for (unsigned i = 0; fits && i < sack.dup_count; i++)
                    assert_int_equal(hw_sack_dup(&sack, i), hw_get32(p + 16 + 4 * (sack.gap_count + i)));
                exact_free(bytes);
            }
        }
    }
    for (size_t size = 4; size < HW_SACK_FIXED; size++) {
        struct hw_tlv chunk;
        struct hawser_span bytes = make_chunk(&chunk, HW_SACK, 0, size);
        struct hw_sack sack;
        assert_false(hw_sack_parse(&sack, &chunk));
        exact_free(bytes);
    }
}

static void shutdown_needs_a_tsn(void **state) {
    (void)state;
    for (size_t size = 4; size < 12; size++) {
        struct hw_tlv chunk;
        struct hawser_span bytes = make_chunk(&chunk, HW_SHUTDOWN, 0, size);
        uint32_t cum_tsn = 0;
        assert_int_equal(hw_shutdown_parse(&cum_tsn, &chunk), size >= 8);
        assert_int_equal(cum_tsn, size >= 8 ? 0x04050607 : 0);
        exact_free(bytes);
    }
}

static void addresses_have_their_length_exactly(void **state) {
    (void)state;
    for (uint16_t type = 0; type < 16; type++) {
        for (size_t size = 0; size < 20; size++) {
            static const uint8_t value[20] = {0x20, 0x01, 0x0d, 0xb8, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17};
            struct hawser_span copy = exact_copy(value, size);
            struct hw_tlv param = {.type = type, .value = copy};
            struct hawser_address address;
            memset(&address, 0xff, sizeof address);
            bool right = (type == HW_PARAM_IPV4 && size == 4) || (type == HW_PARAM_IPV6 && size == 16);
            assert_int_equal(hw_address_param_parse(&address, &param), right);
            assert_int_equal(address.udp_port, 0);
            assert_int_equal(address.scope, 0);
            if (right) {
                static const uint8_t zeros[16];
                assert_int_equal(address.family, size == 4 ? HAWSER_IPV4 : HAWSER_IPV6);
                assert_memory_equal(address.ip, value, size);
                assert_memory_equal(address.ip + size, zeros, 16 - size);
            }
            exact_free(copy);
        }
    }
}

/* ---- names ---------------------------------------------------------------------------------------------------- */

static void names_are_the_rfcs(void **state) {
    (void)state;
    assert_string_equal(hw_chunk_name(HW_DATA), "DATA");
    assert_string_equal(hw_chunk_name(HW_SHUTDOWN_COMPLETE), "SHUTDOWN COMPLETE");
    assert_string_equal(hw_param_name(HW_PARAM_COOKIE), "State Cookie");
    assert_string_equal(hw_cause_name(HW_CAUSE_PROTOCOL_VIOLATION), "Protocol Violation");
    for (unsigned type = 0; type <= HW_SHUTDOWN_COMPLETE; type++)
        assert_non_null(hw_chunk_name((uint8_t)type));
    for (unsigned code = 1; code <= HW_CAUSE_PROTOCOL_VIOLATION; code++)
        assert_non_null(hw_cause_name((uint16_t)code));
    unsigned chunks = 0, params = 0, causes = 0;
    for (unsigned type = 0; type < 256; type++)
        chunks += hw_chunk_name((uint8_t)type) != NULL;
    for (unsigned type = 0; type < 65536; type++) {
        params += hw_param_name((uint16_t)type) != NULL;
        causes += hw_cause_name((uint16_t)type) != NULL;
    }
    assert_true(chunks >= 15 && chunks < 40 && params >= 9 && params < 60 && causes >= 13 && causes < 40);
    assert_null(hw_chunk_name(0x3f));
    assert_null(hw_param_name(0));
    assert_null(hw_cause_name(0));
}

/* ---- writing -------------------------------------------------------------------------------------------------- */

static void numbers_are_written_in_network_order(void **state) {
    (void)state;
    static const uint8_t expected[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    uint8_t bytes[sizeof expected];
    struct hw_writer writer = hw_writer_over(bytes, sizeof bytes);
    hw_write8(&writer, 1);
    hw_write16(&writer, 0x0203);
    hw_write32(&writer, 0x04050607);
    hw_write64(&writer, 0x08090a0b0c0d0e0f);
    assert_false(writer.full);
    assert_int_equal(hw_writer_size(&writer), sizeof expected);
    assert_int_equal(hw_writer_room(&writer), 0);
    assert_memory_equal(bytes, expected, sizeof expected);
    hw_write8(&writer, 16);
    assert_true(writer.full);
    assert_int_equal(hw_writer_size(&writer), sizeof expected);
}

/* A packet with everything: what the tests below write. */
static void write_everything(struct hw_writer *writer) {
    struct hawser_address ipv4 = {.family = HAWSER_IPV4, .ip = {10, 0, 0, 1}};
    struct hawser_address ipv6 = {.family = HAWSER_IPV6, .ip = {0x20, 0x01, 0x0d, 0xb8, [15] = 9}};
    struct hawser_address route = {.family = HAWSER_ROUTE, .route = 5};
    hw_write_header(writer, 5000, 5001, 0x12345678);
    uint8_t *init = hw_write_chunk_begin(writer, HW_INIT, 0);
    hw_write32(writer, 0xaabbccdd);
    hw_write32(writer, 1500);
    hw_write16(writer, 10);
    hw_write16(writer, 20);
    hw_write32(writer, 77);
    hw_write_address(writer, &ipv4);
    hw_write_address(writer, &ipv6);
    hw_write_address(writer, &route);
    hw_write_param(writer, HW_PARAM_COOKIE, (struct hawser_span){(const uint8_t *)"biscuit", 7});
    uint8_t *outer = hw_write_param_begin(writer, HW_PARAM_UNRECOGNIZED);
    hw_write_param(writer, 0x7fff, (struct hawser_span){NULL, 0});
    hw_write_end(writer, outer);
    hw_write_end(writer, init);
    hw_write_chunk(writer, HW_COOKIE_ECHO, 0, (struct hawser_span){(const uint8_t *)"x", 1});
    hw_write_chunk(writer, HW_COOKIE_ACK, 0, (struct hawser_span){NULL, 0});
}
#define EVERYTHING_SIZE (12 + 20 + 8 + 20 + 12 + 8 + 8 + 4)

static void what_is_written_is_read_again(void **state) {
    (void)state;
    uint8_t bytes[256];
    memset(bytes, 0xee, sizeof bytes);
    struct hw_writer writer = hw_writer_over(bytes, sizeof bytes);
    write_everything(&writer);
    assert_false(writer.full);
    assert_int_equal(hw_writer_size(&writer), EVERYTHING_SIZE);
    hw_put_checksum(bytes, 0x01020304);

    struct hw_header header;
    struct hawser_span packet = {bytes, hw_writer_size(&writer)};
    assert_true(hw_header_parse(&header, packet));
    assert_int_equal(header.source_port, 5000);
    assert_int_equal(header.destination_port, 5001);
    assert_int_equal(header.tag, 0x12345678);
    assert_int_equal(header.checksum, 0x01020304);

    struct hw_cursor cursor = hw_cursor_over((struct hawser_span){bytes + 12, packet.size - 12}), params;
    struct hw_tlv chunk, param;
    struct hw_init init;
    assert_int_equal(hw_cursor_chunk(&cursor, &chunk), HW_CURSOR_ITEM);
    assert_true(hw_init_parse(&init, &chunk));
    assert_int_equal(init.tag, 0xaabbccdd);
    assert_int_equal(init.a_rwnd, 1500);
    assert_int_equal(init.streams_out, 10);
    assert_int_equal(init.streams_in, 20);
    assert_int_equal(init.tsn, 77);
    params = hw_cursor_over(init.params);
    struct hawser_address address;
    assert_int_equal(hw_cursor_param(&params, &param), HW_CURSOR_ITEM);
    assert_true(hw_address_param_parse(&address, &param));
    assert_int_equal(hw_address_param_size(&address), 8);
    assert_int_equal(address.ip[3], 1);
    assert_int_equal(hw_cursor_param(&params, &param), HW_CURSOR_ITEM);
    assert_true(hw_address_param_parse(&address, &param));
    assert_int_equal(hw_address_param_size(&address), 20);
    assert_int_equal(address.ip[15], 9);
    assert_int_equal(hw_cursor_param(&params, &param), HW_CURSOR_ITEM);
    assert_int_equal(param.type, HW_PARAM_COOKIE);
    assert_memory_equal(param.value.data, "biscuit\0", 8); /* padding is zero */
    assert_int_equal(hw_cursor_param(&params, &param), HW_CURSOR_ITEM);
    assert_int_equal(param.type, HW_PARAM_UNRECOGNIZED);
    assert_int_equal(param.value.size, 4);
    assert_int_equal(hw_cursor_param(&params, &param), HW_CURSOR_END);

    assert_int_equal(hw_cursor_chunk(&cursor, &chunk), HW_CURSOR_ITEM);
    assert_int_equal(chunk.type, HW_COOKIE_ECHO);
    assert_int_equal(chunk.whole.size, 5);
    assert_memory_equal(chunk.value.data, "x\0\0", 4);
    assert_int_equal(hw_cursor_chunk(&cursor, &chunk), HW_CURSOR_ITEM);
    assert_int_equal(chunk.type, HW_COOKIE_ACK);
    assert_int_equal(hw_cursor_chunk(&cursor, &chunk), HW_CURSOR_END);
}

static void the_writer_stops_at_its_end(void **state) {
    (void)state;
    uint8_t whole[EVERYTHING_SIZE];
    struct hw_writer writer = hw_writer_over(whole, sizeof whole);
    write_everything(&writer);
    assert_false(writer.full);
    for (size_t room = 0; room < sizeof whole; room++) {
        uint8_t *bytes = malloc(room ? room : 1);
        assert_non_null(bytes);
        writer = hw_writer_over(bytes, room);
        write_everything(&writer);
        assert_true(writer.full);
        assert_true(hw_writer_size(&writer) <= room);
        assert_null(hw_write_reserve(&writer, 0)); /* full stays full */
        free(bytes);
    }
    writer = hw_writer_over(NULL, 0);
    write_everything(&writer);
    assert_true(writer.full);
}

static void an_element_has_at_most_65535_bytes(void **state) {
    (void)state;
    static uint8_t value[65536], bytes[70000];
    for (size_t size = UINT16_MAX - 6; size <= UINT16_MAX; size++) {
        struct hw_writer writer = hw_writer_over(bytes, sizeof bytes);
        hw_write_chunk(&writer, HW_DATA, 0, (struct hawser_span){value, size});
        assert_int_equal(writer.full, size + 4 > UINT16_MAX);
        if (!writer.full) {
            assert_int_equal(hw_get16(bytes + 2), size + 4);
            assert_int_equal(hw_writer_size(&writer), hw_pad4(size + 4));
        }
    }
}

/* RFC 9260 3.2: a chunk's length counts the padding of the parameters in it, but for the last one's. */
static void lengths_leave_out_the_last_parameters_padding(void **state) {
    (void)state;
    uint8_t bytes[64];
    for (size_t first = 0; first < 8; first++) {
        for (size_t last = 0; last < 8; last++) {
            struct hw_writer writer = hw_writer_over(bytes, sizeof bytes);
            memset(bytes, 0xee, sizeof bytes);
            uint8_t *chunk = hw_write_chunk_begin(&writer, HW_ERROR, 0);
            hw_write_param(&writer, 1, (struct hawser_span){(const uint8_t *)"ABCDEFG", first});
            uint8_t *outer = hw_write_param_begin(&writer, HW_PARAM_UNRECOGNIZED);
            hw_write_param(&writer, 2, (struct hawser_span){(const uint8_t *)"abcdefg", last});
            hw_write_end(&writer, outer);
            hw_write_end(&writer, chunk);
            assert_false(writer.full);
            size_t before = 4 + 4 + hw_pad4(first);
            assert_int_equal(hw_get16(bytes + 2), before + 8 + last);
            assert_int_equal(hw_get16(outer + 2), 8 + last);
            assert_int_equal(hw_get16(outer + 6), 4 + last);
            assert_int_equal(hw_writer_size(&writer), before + 8 + hw_pad4(last));
            for (size_t i = before + 8 + last; i < hw_writer_size(&writer); i++)
                assert_int_equal(bytes[i], 0);
            hw_write_chunk(&writer, HW_COOKIE_ACK, 0, (struct hawser_span){NULL, 0});
            assert_int_equal(hw_get16(writer.at - 2), 4);
        }
    }
}

static void padding_that_does_not_fit_is_seen(void **state) {
    (void)state;
    uint8_t bytes[8];
    struct hw_writer writer = hw_writer_over(bytes, 7);
    hw_write_chunk(&writer, HW_COOKIE_ECHO, 0, (struct hawser_span){(const uint8_t *)"abc", 3});
    assert_true(writer.full);
    writer = hw_writer_over(bytes, 8);
    hw_write_chunk(&writer, HW_COOKIE_ECHO, 0, (struct hawser_span){(const uint8_t *)"abc", 3});
    assert_false(writer.full);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(data_needs_its_header),
        cmocka_unit_test(init_needs_its_fixed_part),
        cmocka_unit_test(sack_needs_what_it_counts),
        cmocka_unit_test(shutdown_needs_a_tsn),
        cmocka_unit_test(addresses_have_their_length_exactly),
        cmocka_unit_test(names_are_the_rfcs),
        cmocka_unit_test(numbers_are_written_in_network_order),
        cmocka_unit_test(what_is_written_is_read_again),
        cmocka_unit_test(the_writer_stops_at_its_end),
        cmocka_unit_test(an_element_has_at_most_65535_bytes),
        cmocka_unit_test(lengths_leave_out_the_last_parameters_padding),
        cmocka_unit_test(padding_that_does_not_fit_is_seen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
