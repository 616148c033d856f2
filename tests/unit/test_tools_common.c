/* SPDX-License-Identifier: MIT
 *
 * tools/common.c: what users write on the command line.
 */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "../../tools/common.c"

static void udp(const char *text, int local, int remote, bool given) {
    uint16_t l = 1, r = 2;
    bool g = false;
    assert_true(parse_udp(text, &l, &r, &g));
    assert_int_equal(l, local);
    assert_int_equal(r, remote);
    assert_int_equal(g, given);
}

static void udp_ports(void **state) {
    (void)state;
    udp("9899", 9899, 2, true);
    udp("0", 0, 2, true);
    udp(":9900", 1, 9900, false);
    udp("7:8", 7, 8, true);
    udp("65535:65535", 65535, 65535, true);
    const char *const wrong[] = {"",   ":",    "1:", "x",     "1:x",       "65536", "1:65536", "1:0",
                                 "-1", "1:-1", "1 ", "1:2:3", "1.2.3.4:5", " 1",    "+1",      "12345678901234567890"};
    for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
        uint16_t l, r;
        bool g;
        if (parse_udp(wrong[i], &l, &r, &g))
            fail_msg("\"%s\" was taken", wrong[i]);
    }
}

static void numbers(void **state) {
    (void)state;
    int64_t value = 7;
    assert_true(parse_number("0", 0, 10, &value));
    assert_int_equal(value, 0);
    assert_true(parse_number("-3", -5, 10, &value));
    assert_int_equal(value, -3);
    assert_false(parse_number("11", 0, 10, &value));
    assert_false(parse_number("-1", 0, 10, &value));
    assert_false(parse_number("", 0, 10, &value));
    assert_false(parse_number("-", -5, 10, &value));
    assert_false(parse_number("1x", 0, 10, &value));
    assert_false(parse_number(" 1", 0, 10, &value));
    assert_false(parse_number("99999999999999999999", 0, INT64_MAX, &value));
    assert_int_equal(value, -3);
}

static void decimals(void **state) {
    (void)state;
    static const struct {
        const char *text;
        double value;
    } right[] = {{"0", 0}, {"17", 17}, {"0.5", 0.5}, {"64K", 65536}, {"1.5M", 1572864}, {"2G", 2147483648}};
    const char *const wrong[] = {"", "K", "-1", "+1", " 1", "1 ", "1k", "1KK", "1T", "1K1", ".5", "inf", "nan", "1e999"};
    double value;
    for (size_t i = 0; i < sizeof(right) / sizeof(*right); i++) {
        assert_true(parse_decimal(right[i].text, "KMG", 1024, &value));
        assert_true(value == right[i].value);
    }
    for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
        if (parse_decimal(wrong[i], "KMG", 1024, &value))
            fail_msg("\"%s\" was taken", wrong[i]);
}

static void settings(void **state) {
    (void)state;
    const struct hawser_setting_info *info;
    int number = 0;
    int64_t value = 0;
    char text[100];
    for (int row = 0; (info = hawser_setting_info(row)) != NULL; row++) {
        snprintf(text, sizeof(text), "%s=%lld", info->name, (long long)info->max);
        assert_null(parse_setting(text, &number, &value));
        assert_int_equal(number, info->number);
        assert_int_equal(value, info->max);
        snprintf(text, sizeof(text), "%s=%lld", info->name, (long long)info->min - 1);
        assert_non_null(strstr(parse_setting(text, &number, &value), info->unit));
    }
    assert_non_null(parse_setting("rto_min", &number, &value));
    assert_non_null(parse_setting("rto_mi=1000000", &number, &value));
    assert_non_null(parse_setting("rto_minimum=1000000", &number, &value));
    assert_non_null(parse_setting("rto_min=", &number, &value));
    assert_non_null(parse_setting("=1", &number, &value));
}

static void addresses(void **state) {
    (void)state;
    struct hawser_address a;
    assert_null(parse_address("127.0.0.1", 99, &a));
    assert_int_equal(a.udp_port, 99);
    assert_null(parse_address("[::1]:7", 99, &a));
    assert_int_equal(a.udp_port, 7);
    assert_null(parse_address("localhost", 99, &a));
    assert_int_equal(a.udp_port, 99);
    assert_null(parse_address("fe80::1%lo", 99, &a));
    assert_null(parse_address("[fe80::1%1]:7", 99, &a));
    assert_null(parse_address("fec0::1", 99, &a)); /* site-local once, and not link-local */
    assert_null(parse_address("169.254.0.1", 99, &a)); /* IPv4 has no zones */
    assert_non_null(parse_address("", 99, &a));
    assert_non_null(parse_address("127.0.0.1:0", 99, &a));
    assert_non_null(parse_address("127.0.0.256", 99, &a));
    const char *const zoneless[] = {"fe80::1", "[fe80::1]:7", "febf::1", "FE80::1"};
    for (size_t i = 0; i < sizeof(zoneless) / sizeof(*zoneless); i++)
        assert_non_null(strstr(parse_address(zoneless[i], 99, &a), "zone"));
}

static void ends(void **state) {
    (void)state;
    char text[200];
    struct hawser_item item = {.type = HAWSER_ENDED};
    item.end.reason = HAWSER_END_SHUTDOWN;
    assert_int_equal(end_status(&item, true, text, sizeof(text)), STATUS_GRACEFUL);
    item.end.reason = HAWSER_END_PEER_ABORTED;
    item.end.code = 12;
    item.end.data = (const uint8_t *)"enough";
    item.end.size = 6;
    assert_int_equal(end_status(&item, true, text, sizeof(text)), STATUS_PEER_ABORTED);
    assert_string_equal(text, "aborted by the peer (cause 12): enough");
    assert_int_equal(end_status(&item, false, text, sizeof(text)), STATUS_NO_CONNECTION);
    item.end.data = (const uint8_t *)"\033[2J";
    item.end.size = 4;
    end_status(&item, true, text, sizeof(text));
    assert_string_equal(text, "aborted by the peer (cause 12)"); /* nothing that could upset a terminal */
    end_status(&item, true, text, 10);
    assert_string_equal(text, "aborted b");
    for (uint32_t reason = HAWSER_END_ABORTED; reason <= HAWSER_END_FAULT; reason++) {
        item.end.reason = reason;
        assert_int_not_equal(end_status(&item, true, text, sizeof(text)), STATUS_GRACEFUL);
        assert_null(strstr(text, "for reason"));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(udp_ports), cmocka_unit_test(numbers),
        cmocka_unit_test(decimals), cmocka_unit_test(settings),
        cmocka_unit_test(addresses), cmocka_unit_test(ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
