/* SPDX-License-Identifier: MIT
 *
 * view/line: addresses as text, lines longer than the buffer, sinks that fail, and stdio.
 */
#include "test_view.h"
#include "view/line.h"
#include <stdio.h>

static struct memory_sink sink;

static void check_ipv6(const char *expected, const uint16_t groups[8], uint32_t scope) {
    struct hawser_address address = {.family = HAWSER_IPV6, .scope = scope};
    char text[HAWSER_VIEW_ADDRESS_MAX];
    for (size_t i = 0; i < 8; i++)
        hw_put16(address.ip + 2 * i, groups[i]);
    assert_string_equal(hawser_view_address(text, &address), expected);
}

static void ipv6_addresses_are_written_as_rfc_5952_says(void **state) {
    (void)state;
    check_ipv6("::", (const uint16_t[8]){0}, 0);
    check_ipv6("::1", (const uint16_t[8]){0, 0, 0, 0, 0, 0, 0, 1}, 0);
    check_ipv6("1::", (const uint16_t[8]){1}, 0);
    check_ipv6("2001:db8::1", (const uint16_t[8]){0x2001, 0xdb8, 0, 0, 0, 0, 0, 1}, 0);
    check_ipv6("2001:db8:0:1:1:1:1:1", (const uint16_t[8]){0x2001, 0xdb8, 0, 1, 1, 1, 1, 1}, 0);
    check_ipv6("2001:0:0:1::1", (const uint16_t[8]){0x2001, 0, 0, 1, 0, 0, 0, 1}, 0);
    check_ipv6("2001:db8::1:0:0:1", (const uint16_t[8]){0x2001, 0xdb8, 0, 0, 1, 0, 0, 1}, 0);
    check_ipv6("1:2:3:4:5:6::", (const uint16_t[8]){1, 2, 3, 4, 5, 6, 0, 0}, 0);
    check_ipv6("::3:4:5:6:7:8", (const uint16_t[8]){0, 0, 3, 4, 5, 6, 7, 8}, 0);
    check_ipv6("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff%4294967295",
               (const uint16_t[8]){0xffff, 0xffff, 0xffff, 0xffff, 0xffff, 0xffff, 0xffff, 0xffff}, UINT32_MAX);
    check_ipv6("fe80::1%2", (const uint16_t[8]){0xfe80, 0, 0, 0, 0, 0, 0, 1}, 2);
}

static void other_addresses(void **state) {
    (void)state;
    char text[HAWSER_VIEW_ADDRESS_MAX];
    struct hawser_address address = {.family = HAWSER_IPV4, .ip = {192, 0, 2, 255}};
    assert_string_equal(hawser_view_address(text, &address), "192.0.2.255");
    address = (struct hawser_address){.family = HAWSER_ROUTE, .route = UINT64_MAX};
    assert_string_equal(hawser_view_address(text, &address), "route-18446744073709551615");
    address = (struct hawser_address){.family = HAWSER_NONE};
    assert_string_equal(hawser_view_address(text, &address), "*");
}

static void lines_may_be_longer_than_the_buffer(void **state) {
    (void)state;
    struct hawser_view view = view_over(&sink);
    struct hw_line line;
    hw_line_begin(&line, &view);
    for (unsigned i = 0; i < 10000; i++)
        hw_line_print(&line, "%06u,", i);
    hw_line_end(&line);
    assert_int_equal(sink.size, 70001);
    for (unsigned i = 0; i < 10000; i++) {
        char expected[16];
        snprintf(expected, sizeof expected, "%06u,", i);
        assert_memory_equal(sink.bytes + 7 * i, expected, 7);
    }
    assert_int_equal(sink.bytes[70000], '\n');
}

static void one_print_is_cut_at_200_bytes(void **state) {
    (void)state;
    struct hawser_view view = view_over(&sink);
    struct hw_line line;
    hw_line_begin(&line, &view);
    hw_line_print(&line, "%500d", 1);
    hw_line_end(&line);
    assert_true(sink.size >= 199 && sink.size <= 201);
}

static void bytes_as_hex_and_in_quotes(void **state) {
    (void)state;
    struct hawser_view view = view_over(&sink);
    struct hw_line line;
    struct hawser_span bytes = {(const uint8_t *)"a\"\\\n\xff~", 6};
    hw_line_begin(&line, &view);
    hw_line_hex(&line, bytes, 6);
    hw_line_hex(&line, bytes, 2);
    hw_line_print(&line, " ");
    hw_line_quote(&line, bytes, 6);
    hw_line_quote(&line, bytes, 1);
    hw_line_end(&line);
    sink.bytes[sink.size] = 0;
    assert_string_equal((const char *)sink.bytes, " 61 22 5c 0a ff 7e 61 22 ... \"a\\\"\\\\\\x0a\\xff~\"\"a\"...\n");
}

static void nothing_is_written_after_the_sink_failed(void **state) {
    (void)state;
    struct hawser_view view = view_over(&sink);
    sink.limit = 10;
    hw_view_put(&view, "12345678", 8);
    assert_int_equal(view.failed, 0);
    hw_view_put(&view, "123", 3);
    assert_int_equal(view.failed, 7);
    hw_view_put(&view, "1", 1);
    assert_int_equal(sink.size, 8);
}

static void stdio_is_a_sink(void **state) {
    (void)state;
    FILE *file = tmpfile();
    assert_non_null(file);
    assert_int_equal(hawser_view_to_file(file, "rope", 4), 0);
    assert_int_equal(ftell(file), 4);
    fclose(file);
    FILE *full = fopen("/dev/full", "w");
    if (full) {
        setvbuf(full, NULL, _IONBF, 0);
        assert_int_not_equal(hawser_view_to_file(full, "rope", 4), 0);
        fclose(full);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ipv6_addresses_are_written_as_rfc_5952_says),
        cmocka_unit_test(other_addresses),
        cmocka_unit_test(lines_may_be_longer_than_the_buffer),
        cmocka_unit_test(one_print_is_cut_at_200_bytes),
        cmocka_unit_test(bytes_as_hex_and_in_quotes),
        cmocka_unit_test(nothing_is_written_after_the_sink_failed),
        cmocka_unit_test(stdio_is_a_sink),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
