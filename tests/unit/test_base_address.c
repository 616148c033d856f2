/* SPDX-License-Identifier: MIT
 *
 * base/address, case by case.
 */
#include "test_base.h"
#include "base/address.h"

static struct hawser_address ip4(uint8_t a, uint8_t b, uint8_t c, uint8_t d) {
    return (struct hawser_address){.family = HAWSER_IPV4, .ip = {a, b, c, d}};
}

/* The first two bytes and the last. */
static struct hawser_address ip6(uint8_t first, uint8_t second, uint8_t last) {
    return (struct hawser_address){.family = HAWSER_IPV6, .ip = {[0] = first, [1] = second, [15] = last}};
}

static struct hawser_address route(uint64_t number) { return (struct hawser_address){.family = HAWSER_ROUTE, .route = number}; }

static bool same(struct hawser_address a, struct hawser_address b) {
    assert_int_equal(hw_address_same(&a, &b), hw_address_same(&b, &a));
    return hw_address_same(&a, &b);
}
static bool unicast(struct hawser_address a) { return hw_address_unicast(&a); }
static bool loopback(struct hawser_address a) { return hw_address_loopback(&a); }
static bool link_local(struct hawser_address a) { return hw_address_link_local(&a); }
static unsigned common(struct hawser_address a, struct hawser_address b) {
    assert_int_equal(hw_address_common_bits(&a, &b), hw_address_common_bits(&b, &a));
    return hw_address_common_bits(&a, &b);
}

static void same_ignores_the_udp_port_alone(void **state) {
    (void)state;
    struct hawser_address a = ip4(10, 0, 0, 1), b = a;
    b.udp_port = 9899;
    assert_true(same(a, b));
    b.scope = 1;
    assert_false(same(a, b));
    for (uint32_t i = 0; i < 4; i++) {
        b = a;
        b.ip[i] ^= 1;
        assert_false(same(a, b));
    }
    a = ip6(0x20, 0x01, 1);
    for (uint32_t i = 0; i < 16; i++) {
        b = a;
        b.ip[i] ^= 0x80;
        assert_false(same(a, b));
    }
    b = ip4(0x20, 0x01, 0, 0);
    assert_false(same(ip6(0x20, 0x01, 0), b));
    assert_true(same(route(UINT64_MAX), route(UINT64_MAX)));
    assert_false(same(route(1), route(1ull << 32 | 1)));
    assert_true(same((struct hawser_address){0}, (struct hawser_address){0}));
}

static void normalise_cleans(void **state) {
    (void)state;
    struct hawser_address dirty, out, expected;

    memset(&dirty, 0x77, sizeof dirty);
    dirty.family = HAWSER_IPV4;
    expected = ip4(0x77, 0x77, 0x77, 0x77);
    expected.udp_port = 0x7777;
    assert_true(hw_address_normalise(&out, &dirty));
    assert_memory_equal(&out, &expected, sizeof out);

    dirty.family = HAWSER_ROUTE;
    expected = route(0x7777777777777777u);
    assert_true(hw_address_normalise(&out, &dirty));
    assert_memory_equal(&out, &expected, sizeof out);

    dirty.family = HAWSER_NONE;
    expected = (struct hawser_address){.udp_port = 0x7777};
    assert_true(hw_address_normalise(&out, &dirty));
    assert_memory_equal(&out, &expected, sizeof out);

    dirty.family = HAWSER_IPV6; /* 7777:... is global: no zone */
    assert_true(hw_address_normalise(&dirty, &dirty));
    assert_int_equal(dirty.scope, 0);
    assert_int_equal(dirty.reserved, 0);
    assert_int_equal(dirty.ip[15], 0x77);
    dirty = ip6(0xfe, 0x80, 1);
    dirty.scope = 3;
    assert_true(hw_address_normalise(&out, &dirty));
    assert_memory_equal(&out, &dirty, sizeof out);
}

static void normalise_unmaps(void **state) {
    (void)state;
    struct hawser_address mapped = {.family = HAWSER_IPV6, .udp_port = 5, .scope = 9};
    memcpy(mapped.ip, "\0\0\0\0\0\0\0\0\0\0\xff\xff\xc0\0\x02\x01", 16);
    struct hawser_address expected = ip4(192, 0, 2, 1), out;
    expected.udp_port = 5;
    assert_true(hw_address_normalise(&out, &mapped));
    assert_memory_equal(&out, &expected, sizeof out);
    for (uint32_t i = 0; i < 12; i++) {
        struct hawser_address other = mapped;
        other.ip[i] ^= 1;
        assert_true(hw_address_normalise(&out, &other));
        assert_int_equal(out.family, HAWSER_IPV6);
    }
}

static void normalise_knows_four_families(void **state) {
    (void)state;
    for (unsigned family = 0; family < 256; family++) {
        struct hawser_address address = {.family = (uint8_t)family}, out = {.family = 99};
        bool known = family == HAWSER_NONE || family == HAWSER_IPV4 || family == HAWSER_IPV6 || family == HAWSER_ROUTE;
        assert_int_equal(hw_address_normalise(&out, &address), known);
        assert_int_equal(out.family, known ? family : 99);
    }
}

static void kinds(void **state) {
    (void)state;
    assert_true(unicast(ip4(192, 0, 2, 1)));
    assert_true(unicast(ip4(127, 0, 0, 1)));
    assert_true(unicast(ip4(223, 255, 255, 255)));
    assert_false(unicast(ip4(224, 0, 0, 0)));
    assert_false(unicast(ip4(239, 255, 255, 255)));
    assert_true(unicast(ip4(240, 0, 0, 1)));
    assert_true(unicast(ip4(255, 255, 255, 254)));
    assert_false(unicast(ip4(255, 255, 255, 255)));
    assert_false(unicast(ip4(0, 0, 0, 0)));
    assert_true(unicast(ip6(0x20, 0x01, 1)));
    assert_true(unicast(ip6(0, 0, 1)));
    assert_true(unicast(ip6(0xfe, 0x80, 1)));
    assert_false(unicast(ip6(0, 0, 0)));
    assert_false(unicast(ip6(0xff, 0x02, 1)));
    assert_true(unicast(route(0)));
    assert_true(unicast(route(7)));
    assert_false(unicast((struct hawser_address){0}));
    assert_false(unicast((struct hawser_address){.family = 5, .ip = {1}}));

    assert_true(loopback(ip4(127, 0, 0, 1)));
    assert_true(loopback(ip4(127, 255, 255, 255)));
    assert_false(loopback(ip4(128, 0, 0, 1)));
    assert_true(loopback(ip6(0, 0, 1)));
    assert_false(loopback(ip6(0, 0, 2)));
    assert_false(loopback(ip6(0, 1, 1)));
    assert_false(loopback(route(127)));
    assert_false(loopback((struct hawser_address){0}));

    assert_true(link_local(ip4(169, 254, 3, 4)));
    assert_false(link_local(ip4(169, 253, 3, 4)));
    assert_true(link_local(ip6(0xfe, 0x80, 1)));
    assert_true(link_local(ip6(0xfe, 0xbf, 1)));
    assert_false(link_local(ip6(0xfe, 0xc0, 1)));
    assert_false(link_local(ip6(0xff, 0x80, 1)));
    assert_false(link_local(route(0xfe80)));
}

static void common_bits(void **state) {
    (void)state;
    for (unsigned bits = 0; bits < 128; bits++) {
        struct hawser_address a = ip6(0x20, 0x01, 9), b = a;
        b.ip[bits / 8] ^= (uint8_t)(0x80 >> bits % 8);
        b.ip[15] ^= bits < 127; /* what follows the first difference does not count */
        assert_int_equal(common(a, b), bits);
        if (bits < 32) {
            a.family = b.family = HAWSER_IPV4;
            assert_int_equal(common(a, b), bits);
        }
    }
    assert_int_equal(common(ip6(1, 2, 3), ip6(1, 2, 3)), 128);
    assert_int_equal(common(ip4(1, 2, 3, 4), ip4(1, 2, 3, 4)), 32);
    assert_int_equal(common(ip4(1, 2, 3, 4), ip6(1, 2, 3)), 0);
    assert_int_equal(common(route(1), route(1)), 0);
    assert_int_equal(common((struct hawser_address){0}, (struct hawser_address){0}), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(same_ignores_the_udp_port_alone),
        cmocka_unit_test(normalise_cleans),
        cmocka_unit_test(normalise_unmaps),
        cmocka_unit_test(normalise_knows_four_families),
        cmocka_unit_test(kinds),
        cmocka_unit_test(common_bits),
    };
    return cmocka_run_group_tests_name("base/address", tests, NULL, NULL);
}
