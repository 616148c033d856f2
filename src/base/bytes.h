/* SPDX-License-Identifier: MIT
 *
 * Numbers in network byte order, at any alignment, and padding. Knows no SCTP.
 */
#ifndef HW_BYTES_H
#define HW_BYTES_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

static inline uint16_t hw_get16(const uint8_t *p) { return (uint16_t)((unsigned)p[0] << 8 | p[1]); }
static inline uint32_t hw_get32(const uint8_t *p) {
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}
static inline uint64_t hw_get64(const uint8_t *p) { return (uint64_t)hw_get32(p) << 32 | hw_get32(p + 4); }

static inline void hw_put16(uint8_t *p, uint16_t v) {
    p[0] = (uint8_t)(v >> 8);
    p[1] = (uint8_t)v;
}
static inline void hw_put32(uint8_t *p, uint32_t v) {
    p[0] = (uint8_t)(v >> 24);
    p[1] = (uint8_t)(v >> 16);
    p[2] = (uint8_t)(v >> 8);
    p[3] = (uint8_t)v;
}
static inline void hw_put64(uint8_t *p, uint64_t v) {
    hw_put32(p, (uint32_t)(v >> 32));
    hw_put32(p + 4, (uint32_t)v);
}

/* Rounded up to a multiple of 4, as every chunk and parameter is (RFC 9260 3.2). */
static inline size_t hw_pad4(size_t n) { return (n + 3) & ~(size_t)3; }

/* memcpy and memcmp that may be given nothing: NULL with a size of 0 is not defined for the library's own. */
static inline void hw_copy(void *to, const void *from, size_t n) {
    if (n)
        memcpy(to, from, n);
}
static inline int hw_equal(const void *a, const void *b, size_t n) { return n == 0 || memcmp(a, b, n) == 0; }

#endif
