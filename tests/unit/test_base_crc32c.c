/* SPDX-License-Identifier: MIT
 *
 * base/crc32c: every way that this machine can compute it, against a bit at a time.
 */
#include "test_base.h"
#include "base/crc32c.h"
#if defined(__aarch64__) && defined(__linux__)
#include <sys/auxv.h>
#endif

#define LENGTHS 4097u
#define ALIGNMENTS 16u

static uint32_t bitwise(uint32_t crc, uint8_t byte) {
    crc ^= byte;
    for (int i = 0; i < 8; i++)
        crc = crc >> 1 ^ (crc & 1 ? 0x82f63b78u : 0);
    return crc;
}

static uint32_t bitwise_all(const uint8_t *data, size_t size) {
    uint32_t crc = UINT32_MAX;
    while (size--)
        crc = bitwise(crc, *data++);
    return ~crc;
}

static uint32_t machine(void) {
    uint32_t cpu = 0;
#if defined(__x86_64__)
    cpu |= __builtin_cpu_supports("sse4.2") ? HAWSER_CPU_CRC32C : 0;
    cpu |= __builtin_cpu_supports("pclmul") ? HAWSER_CPU_CLMUL : 0;
#elif defined(__aarch64__) && defined(__linux__)
    cpu |= getauxval(AT_HWCAP) & 1u << 7 ? HAWSER_CPU_CRC32C : 0;
    cpu |= getauxval(AT_HWCAP) & 1u << 4 ? HAWSER_CPU_CLMUL : 0;
#endif
    return cpu;
}

/* The ways that can be tried here, each once. */
static uint32_t ways(hw_crc32c_function *functions[3]) {
    uint32_t cpu = machine(), count = 1;
    functions[0] = hw_crc32c_choose(0);
    if (cpu & HAWSER_CPU_CRC32C) {
        functions[count++] = hw_crc32c_choose(HAWSER_CPU_CRC32C);
        if (cpu & HAWSER_CPU_CLMUL)
            functions[count++] = hw_crc32c_choose(HAWSER_CPU_CRC32C | HAWSER_CPU_CLMUL);
    }
    return count;
}

static void choice(void **state) {
    (void)state;
    hw_crc32c_function *table = hw_crc32c_choose(0);
    assert_true(hw_crc32c_choose(HAWSER_CPU_CLMUL) == table); /* alone it is of no use */
    assert_true(hw_crc32c_choose(~(HAWSER_CPU_CRC32C | HAWSER_CPU_CLMUL)) == table);
#if defined(__x86_64__) || defined(__AARCH64EL__)
    hw_crc32c_function *one = hw_crc32c_choose(HAWSER_CPU_CRC32C);
    hw_crc32c_function *three = hw_crc32c_choose(HAWSER_CPU_CRC32C | HAWSER_CPU_CLMUL);
    assert_true(one != table && three != table && one != three);
    assert_true(hw_crc32c_choose(UINT32_MAX) == three);
#endif
}

static void every_length_and_alignment(void **state) {
    (void)state;
    static uint8_t bytes[LENGTHS + ALIGNMENTS];
    hw_crc32c_function *functions[3];
    uint32_t count = ways(functions);
    struct dice dice = {6};
    for (uint32_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)roll(&dice);
    for (uint32_t alignment = 0; alignment < ALIGNMENTS; alignment++) {
        uint32_t crc = UINT32_MAX;
        for (uint32_t size = 0; size < LENGTHS; size++) {
            for (uint32_t f = 0; f < count; f++)
                assert_int_equal(functions[f](0, bytes + alignment, size), ~crc);
            crc = bitwise(crc, bytes[alignment + size]);
        }
    }
}

/* In memory of just that size, so that a sanitizer sees a read beyond it; past the lengths at which blocks begin anew. */
static void large_and_exact(void **state) {
    (void)state;
    static const size_t sizes[] = {0,    1,    7,    8,    143,  144,  145,  3071, 3072,
                                   3073, 3215, 3216, 3217, 6143, 6144, 6288, 9000, 65535};
    hw_crc32c_function *functions[3];
    uint32_t count = ways(functions);
    struct dice dice = {7};
    for (uint32_t i = 0; i < COUNT(sizes); i++) {
        uint8_t *bytes = malloc(sizes[i]);
        for (size_t j = 0; j < sizes[i]; j++)
            bytes[j] = (uint8_t)roll(&dice);
        uint32_t expected = bitwise_all(bytes, sizes[i]);
        for (uint32_t f = 0; f < count; f++)
            assert_int_equal(functions[f](0, bytes, sizes[i]), expected);
        free(bytes);
    }
}

/* In two and three parts, whichever way computes each: a CRC so far is a number like any other. */
static void in_parts(void **state) {
    (void)state;
    uint8_t bytes[1500];
    hw_crc32c_function *functions[3];
    uint32_t count = ways(functions);
    struct dice dice = {9};
    for (uint32_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)roll(&dice);
    uint32_t expected = bitwise_all(bytes, sizeof bytes);
    for (uint32_t split = 0; split <= sizeof bytes; split++) {
        uint32_t rest = (uint32_t)sizeof bytes - split, second = roll_below(&dice, rest + 1);
        hw_crc32c_function *a = functions[roll_below(&dice, count)], *b = functions[roll_below(&dice, count)];
        assert_int_equal(b(a(0, bytes, split), bytes + split, rest), expected);
        assert_int_equal(a(b(a(0, bytes, split), bytes + split, second), bytes + split + second, rest - second), expected);
    }
}

static void the_checksum_field_counts_as_zero(void **state) {
    (void)state;
    uint8_t packet[1200], copy[1200];
    hw_crc32c_function *functions[3];
    uint32_t count = ways(functions);
    struct dice dice = {10};
    for (uint32_t size = 12; size <= sizeof packet; size += size < 100 ? 1 : 50) {
        for (uint32_t i = 0; i < size; i++)
            packet[i] = (uint8_t)roll(&dice);
        memcpy(copy, packet, size);
        memset(copy + 8, 0, 4);
        for (uint32_t f = 0; f < count; f++)
            assert_int_equal(hw_crc32c_packet(functions[f], packet, size), bitwise_all(copy, size));
    }
}

/* RFC 3720 B.4, and the check value by which catalogues of CRCs name this one. */
static void known_answers(void **state) {
    (void)state;
    static const uint8_t read_command[48] = {
        0x01, 0xc0, 0,    0, 0, 0, 0, 0, 0, 0, 0, 0,    0, 0, 0, 0,    0x14, 0, 0, 0, 0, 0, 0x04, 0,
        0,    0,    0, 0x14, 0, 0, 0, 0x18, 0x28, 0, 0, 0, 0, 0, 0, 0, 0x02, 0, 0, 0, 0, 0, 0,    0,
    };
    uint8_t zeros[32], ones[32], rising[32], falling[32];
    hw_crc32c_function *functions[3];
    uint32_t count = ways(functions);
    for (uint8_t i = 0; i < 32; i++) {
        zeros[i] = 0;
        ones[i] = 0xff;
        rising[i] = i;
        falling[i] = (uint8_t)(31 - i);
    }
    for (uint32_t f = 0; f < count; f++) {
        assert_int_equal(functions[f](0, zeros, 32), 0x8a9136aau);
        assert_int_equal(functions[f](0, ones, 32), 0x62a8ab43u);
        assert_int_equal(functions[f](0, rising, 32), 0x46dd794eu);
        assert_int_equal(functions[f](0, falling, 32), 0x113fdb5cu);
        assert_int_equal(functions[f](0, read_command, 48), 0xd9963a56u);
        assert_int_equal(functions[f](0, (const uint8_t *)"123456789", 9), 0xe3069283u);
        assert_int_equal(functions[f](0, NULL, 0), 0);
        assert_int_equal(functions[f](0x8a9136aau, NULL, 0), 0x8a9136aau);
    }
    assert_int_equal(hw_crc32c_table(rising, 32), 0x46dd794eu);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(choice),
        cmocka_unit_test(known_answers),
        cmocka_unit_test(every_length_and_alignment),
        cmocka_unit_test(large_and_exact),
        cmocka_unit_test(in_parts),
        cmocka_unit_test(the_checksum_field_counts_as_zero),
    };
    return cmocka_run_group_tests_name("base/crc32c", tests, NULL, NULL);
}
