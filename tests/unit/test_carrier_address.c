/* SPDX-License-Identifier: MIT
 *
 * src/carrier/address.c: addresses as text and as sockaddr.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "carrier/address.h"
#include <hawser/net.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

static void reads(const char *text, int family, unsigned port, const char *again) {
    struct hawser_address a;
    char out[HAWSER_ADDRESS_TEXT_MAX];
    if (hawser_address_parse(&a, text) != 0)
        fail_msg("%s was not read", text);
    assert_int_equal(a.family, family);
    assert_int_equal(a.udp_port, port);
    assert_int_equal(hawser_address_format(&a, out, sizeof(out)), strlen(again));
    assert_string_equal(out, again);
}

static void refuses(const char *text, int error) {
    struct hawser_address a = {.family = 77};
    int got = hawser_address_parse(&a, text);
    if (got != error)
        fail_msg("\"%s\" gave %d, not %d", text, got, error);
    assert_int_equal(a.family, 77);
}

static void addresses_are_read(void **state) {
    (void)state;
    reads("192.0.2.1", HAWSER_IPV4, 0, "192.0.2.1");
    reads("192.0.2.1:9899", HAWSER_IPV4, 9899, "192.0.2.1:9899");
    reads("0.0.0.0", HAWSER_IPV4, 0, "0.0.0.0");
    reads("::", HAWSER_IPV6, 0, "::");
    reads("::1", HAWSER_IPV6, 0, "::1");
    reads("[::1]", HAWSER_IPV6, 0, "::1");
    reads("[2001:DB8::1]:65535", HAWSER_IPV6, 65535, "[2001:db8::1]:65535");
    reads("::ffff:192.0.2.1", HAWSER_IPV4, 0, "192.0.2.1");
    reads("fe80::1%1", HAWSER_IPV6, 0, "fe80::1%lo");
    reads("[fe80::1%lo]:7", HAWSER_IPV6, 7, "[fe80::1%lo]:7");
    reads("fe80::1%4000000000", HAWSER_IPV6, 0, "fe80::1%4000000000");
}

static void what_is_no_address_is_refused(void **state) {
    (void)state;
    const char *const texts[] = {"",
                                 "x",
                                 "1.2.3",
                                 "1.2.3.4.5",
                                 "1.2.3.256",
                                 " 1.2.3.4",
                                 "[::1",
                                 "[::1]x",
                                 "[]",
                                 ":::",
                                 "1::2::3",
                                 "[1.2.3.4]",
                                 "2001:db8::1%1",
                                 "fe80::1%",
                                 "fe80::1%0",
                                 "fe80::1%nosuchzone",
                                 "1.2.3.4%1",
                                 "[fe80::1%99999999999]",
                                 "localhost"};
    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
        refuses(texts[i], HAWSER_ERR_ADDRESS);
    char long_text[500];
    memset(long_text, '1', sizeof(long_text) - 1);
    long_text[sizeof(long_text) - 1] = '\0';
    refuses(long_text, HAWSER_ERR_ADDRESS);
    refuses("1.2.3.4:0", HAWSER_ERR_PORT);
    refuses("1.2.3.4:", HAWSER_ERR_PORT);
    refuses("1.2.3.4:65536", HAWSER_ERR_PORT);
    refuses("1.2.3.4:-1", HAWSER_ERR_PORT);
    refuses("1.2.3.4:7x", HAWSER_ERR_PORT);
    refuses("[::1]:", HAWSER_ERR_PORT);
}

static void others_are_written(void **state) {
    (void)state;
    char out[HAWSER_ADDRESS_TEXT_MAX];
    struct hawser_address a = {.family = HAWSER_NONE};
    hawser_address_format(&a, out, sizeof(out));
    assert_string_equal(out, "any");
    a.udp_port = 9;
    hawser_address_format(&a, out, sizeof(out));
    assert_string_equal(out, "any:9");
    a = (struct hawser_address){.family = HAWSER_ROUTE, .route = 7};
    hawser_address_format(&a, out, sizeof(out));
    assert_string_equal(out, "route 7");
    assert_int_equal(hawser_address_format(&a, out, 4), 7);
    assert_string_equal(out, "rou");
    assert_int_equal(hawser_address_format(&a, NULL, 0), 7);
}

static void sockaddr_there_and_back(void **state) {
    (void)state;
    const char *const texts[] = {"192.0.2.1:9899", "[2001:db8::1]:9899", "[fe80::1%1]:9899"};
    for (size_t i = 0; i < 3; i++) {
        struct hawser_address a, b;
        struct sockaddr_storage s;
        assert_int_equal(hawser_address_parse(&a, texts[i]), 0);
        assert_int_equal(hw_sockaddr_set(&s, &a, 80), i == 0 ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6));
        hw_sockaddr_get(&s, &b);
        assert_int_equal(b.udp_port, 80);
        b.udp_port = 9899;
        assert_memory_equal(&a, &b, sizeof(a));
    }
    struct sockaddr_storage s;
    struct hawser_address a = {.family = HAWSER_ROUTE};
    assert_int_equal(hw_sockaddr_set(&s, &a, 1), 0);
    s.ss_family = AF_UNIX;
    hw_sockaddr_get(&s, &a);
    assert_int_equal(a.family, HAWSER_NONE);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses_are_read),
        cmocka_unit_test(what_is_no_address_is_refused),
        cmocka_unit_test(others_are_written),
        cmocka_unit_test(sockaddr_there_and_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
