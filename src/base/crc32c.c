/* SPDX-License-Identifier: MIT
 *
 * CRC32c in three ways: tables, the processor's instruction, and three streams of it. The last exists because the instruction
 * answers after three cycles but can be begun in each: a block is cut into three runs of equal length that are computed side by
 * side, and the first two results are moved on by the length of what follows them by one carry-less multiplication each.
 */
#include "crc32c.h"
#include "crc32c_table.h"
#include "platform.h"
#include <hawser/types.h>
#include <string.h>

static uint64_t eight_bytes(const uint8_t *p) {
    return (uint64_t)p[0] | (uint64_t)p[1] << 8 | (uint64_t)p[2] << 16 | (uint64_t)p[3] << 24 | (uint64_t)p[4] << 32 |
           (uint64_t)p[5] << 40 | (uint64_t)p[6] << 48 | (uint64_t)p[7] << 56;
}

static uint32_t crc32c_table(uint32_t crc, const uint8_t *data, size_t size) {
    crc = ~crc;
    for (; size >= 8; data += 8, size -= 8) {
        uint64_t v = eight_bytes(data) ^ crc;
        crc = slices[7][v & 255] ^ slices[6][v >> 8 & 255] ^ slices[5][v >> 16 & 255] ^ slices[4][v >> 24 & 255] ^
              slices[3][v >> 32 & 255] ^ slices[2][v >> 40 & 255] ^ slices[1][v >> 48 & 255] ^ slices[0][v >> 56];
    }
    for (; size; data++, size--)
        crc = slices[0][(crc ^ *data) & 255] ^ crc >> 8;
    return ~crc;
}

uint32_t hw_crc32c_table(const uint8_t *data, size_t size) { return crc32c_table(0, data, size); }

uint32_t hw_crc32c_packet(hw_crc32c_function *crc32c, const uint8_t *packet, size_t size) {
    uint8_t head[12] = {0};
    memcpy(head, packet, 8);
    return crc32c(crc32c(0, head, sizeof head), packet + sizeof head, size - sizeof head);
}

#if defined(HW_X86_64)

#include <immintrin.h>

#define CRC HW_TARGET("sse4.2")
#define CRC_CLMUL HW_TARGET("sse4.2,pclmul")

CRC static inline uint64_t crc8(uint64_t crc, uint64_t word) { return _mm_crc32_u64(crc, word); }
CRC static inline uint32_t crc4(uint32_t crc, uint32_t word) { return _mm_crc32_u32(crc, word); }
CRC static inline uint32_t crc1(uint32_t crc, uint8_t byte) { return _mm_crc32_u8(crc, byte); }

/* a times p, xor b times q. */
CRC_CLMUL static inline uint64_t products(uint64_t a, uint32_t p, uint64_t b, uint32_t q) {
    __m128i x = _mm_clmulepi64_si128(_mm_cvtsi64_si128((long long)a), _mm_cvtsi32_si128((int)p), 0);
    __m128i y = _mm_clmulepi64_si128(_mm_cvtsi64_si128((long long)b), _mm_cvtsi32_si128((int)q), 0);
    return (uint64_t)_mm_cvtsi128_si64(_mm_xor_si128(x, y));
}

#elif defined(HW_AARCH64)

/* In assembly because gcc and clang 14 do not agree on how a function alone asks for these instructions. */
#define CRC
#define CRC_CLMUL

CRC static inline uint64_t crc8(uint64_t crc, uint64_t word) {
    uint32_t out;
    __asm__(".arch_extension crc\n\tcrc32cx %w0, %w1, %x2" : "=r"(out) : "r"((uint32_t)crc), "r"(word));
    return out;
}
CRC static inline uint32_t crc4(uint32_t crc, uint32_t word) {
    __asm__(".arch_extension crc\n\tcrc32cw %w0, %w0, %w1" : "+r"(crc) : "r"(word));
    return crc;
}
CRC static inline uint32_t crc1(uint32_t crc, uint8_t byte) {
    __asm__(".arch_extension crc\n\tcrc32cb %w0, %w0, %w1" : "+r"(crc) : "r"((uint32_t)byte));
    return crc;
}

/* a times p, xor b times q. */
CRC_CLMUL static inline uint64_t products(uint64_t a, uint32_t p, uint64_t b, uint32_t q) {
    uint64_t out;
    __asm__(".arch_extension aes\n\t"
            "fmov d16, %1\n\tfmov d17, %2\n\tfmov d18, %3\n\tfmov d19, %4\n\t"
            "pmull v16.1q, v16.1d, v17.1d\n\tpmull v18.1q, v18.1d, v19.1d\n\t"
            "eor v16.16b, v16.16b, v18.16b\n\tfmov %0, d16"
            : "=r"(out)
            : "r"(a), "r"((uint64_t)p), "r"(b), "r"((uint64_t)q)
            : "v16", "v17", "v18", "v19");
    return out;
}

#endif

#if defined(HW_X86_64) || defined(HW_AARCH64)

/* Both are little-endian here, and a load at any address is allowed. */
static inline uint64_t load8(const uint8_t *p) {
    uint64_t v;
    memcpy(&v, p, sizeof v);
    return v;
}
static inline uint32_t load4(const uint8_t *p) {
    uint32_t v;
    memcpy(&v, p, sizeof v);
    return v;
}

CRC static inline uint32_t one_stream(uint64_t crc, const uint8_t *data, size_t size) {
    for (; size >= 8; data += 8, size -= 8)
        crc = crc8(crc, load8(data));
    uint32_t last = (uint32_t)crc;
    if (size & 4) {
        last = crc4(last, load4(data));
        data += 4;
    }
    for (size &= 3; size; data++, size--)
        last = crc1(last, *data);
    return last;
}

CRC static uint32_t crc32c_instruction(uint32_t crc, const uint8_t *data, size_t size) { return ~one_stream(~crc, data, size); }

#define STREAM_MAX 128u  /* words of a stream: shifts[] reaches twice as far */
#define WORTHWHILE 144u  /* bytes: below, joining costs more than three streams save */

CRC_CLMUL static uint32_t crc32c_three_streams(uint32_t crc, const uint8_t *data, size_t size) {
    uint64_t a = ~crc;
    while (size >= WORTHWHILE) {
        size_t words = size / 24 < STREAM_MAX ? size / 24 : STREAM_MAX;
        size_t length = words * 8;
        const uint8_t *last = data + length - 8;
        uint64_t b = 0, c = 0;
        for (; data != last; data += 8) {
            a = crc8(a, load8(data));
            b = crc8(b, load8(data + length));
            c = crc8(c, load8(data + 2 * length));
        }
        a = crc8(a, load8(data));
        b = crc8(b, load8(data + length));
        /* The products ride on the third stream's last word, which brings them back below x^32. */
        a = crc8(c, load8(data + 2 * length) ^ products(a, shifts[2 * words], b, shifts[words]));
        data += 2 * length + 8;
        size -= 3 * length;
    }
    return ~one_stream(a, data, size);
}

#endif

hw_crc32c_function *hw_crc32c_choose(uint32_t cpu) {
#if defined(HW_X86_64) || defined(HW_AARCH64)
    if ((cpu & HAWSER_CPU_CRC32C) && (cpu & HAWSER_CPU_CLMUL))
        return crc32c_three_streams;
    if (cpu & HAWSER_CPU_CRC32C)
        return crc32c_instruction;
#endif
    (void)cpu;
    return crc32c_table;
}
