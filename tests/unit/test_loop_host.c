/* SPDX-License-Identifier: MIT
 *
 * src/loop/host.c: the default host does what <hawser/types.h> asks of a host.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <hawser/loop.h>
#include <string.h>

static void random_bytes_differ(void **state) {
    (void)state;
    struct hawser_host host;
    uint8_t a[1000] = {0}, b[1000] = {0};
    size_t zeros = 0;
    hawser_host_default(&host);
    assert_int_equal(host.size, sizeof(host));
    host.random(host.user, a, sizeof(a));
    host.random(host.user, b, sizeof(b) - 1);
    assert_memory_not_equal(a, b, sizeof(a));
    assert_int_equal(b[999], 0);
    for (size_t i = 0; i < sizeof(a); i++)
        zeros += a[i] == 0;
    assert_true(zeros < 100); /* of 4 expected */
    host.random(host.user, a, 0);
}

static void hmac_is_sha256(void **state) {
    (void)state;
    /* HMAC-SHA-256 of the empty text under a key of 32 zeros. */
    static const uint8_t empty[32] = {0xb6, 0x13, 0x67, 0x9a, 0x08, 0x14, 0xd9, 0xec, 0x77, 0x2f, 0x95,
                                      0xd7, 0x78, 0xc3, 0x5f, 0xc5, 0xff, 0x16, 0x97, 0xc4, 0x93, 0x71,
                                      0x56, 0x53, 0xc6, 0xc7, 0x12, 0x14, 0x42, 0x92, 0xc5, 0xad};
    struct hawser_host host;
    uint8_t key[32] = {0}, out[32];
    hawser_host_default(&host);
    assert_int_equal(host.hmac_sha256(host.user, key, (struct hawser_span){(const uint8_t *)"", 0}, out), 0);
    assert_memory_equal(out, empty, 32);
}

/* A key longer than a block, a text in pieces; the values are those of `openssl dgst -mac HMAC`. */
static void hmac_takes_spans(void **state) {
    (void)state;
    static const uint8_t sha1[] = {0xee, 0x13, 0xfd, 0x05, 0xd7, 0x74, 0x1a, 0x4c, 0xe0, 0x2b, 0x3d, 0x12, 0xee, 0x23, 0xee,
                                   0x53, 0x3e, 0x67, 0xe3, 0x89};
    static const uint8_t sha256[] = {0x91, 0xcb, 0x43, 0xa5, 0x8c, 0xc6, 0xe6, 0x41, 0xa1, 0xe2, 0x44, 0xc1, 0xb7, 0x6a, 0x08,
                                     0x5d, 0xb8, 0x40, 0x5e, 0xf9, 0x89, 0xf7, 0x36, 0x78, 0x98, 0x58, 0x2c, 0x08, 0x56, 0x30,
                                     0x12, 0xc8};
    const struct hawser_span text[] = {{(const uint8_t *)"Make", 4}, {NULL, 0}, {(const uint8_t *)" fast!", 6}};
    struct hawser_host host;
    uint8_t key[100], out[HAWSER_HMAC_MAX];
    memset(key, 'a', sizeof(key));
    hawser_host_default(&host);
    struct hawser_span secret = {key, sizeof(key)};
    assert_int_equal(host.hmac(host.user, HAWSER_HMAC_SHA1, secret, text, 3, out), 0);
    assert_memory_equal(out, sha1, sizeof(sha1));
    assert_int_equal(host.hmac(host.user, HAWSER_HMAC_SHA256, secret, text, 3, out), 0);
    assert_memory_equal(out, sha256, sizeof(sha256));
    assert_int_not_equal(host.hmac(host.user, 2, secret, text, 3, out), 0);
}

static void memory_is_memory(void **state) {
    (void)state;
    struct hawser_host host;
    hawser_host_default(&host);
    void *memory = host.allocate(host.user, 100);
    assert_non_null(memory);
    memset(memory, 1, 100);
    host.release(host.user, memory, 100);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_bytes_differ),
        cmocka_unit_test(hmac_is_sha256),
        cmocka_unit_test(hmac_takes_spans),
        cmocka_unit_test(memory_is_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
