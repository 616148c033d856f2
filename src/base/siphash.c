/* SPDX-License-Identifier: MIT
 *
 * SipHash-2-4, written from the paper: J.-P. Aumasson, D. J. Bernstein, "SipHash: a fast short-input PRF", 2012, section 2.
 */
#include "siphash.h"

struct state {
    uint64_t v0, v1, v2, v3;
};

static uint64_t rotate(uint64_t x, unsigned bits) { return x << bits | x >> (64 - bits); }

static void rounds(struct state *s, unsigned count) {
    while (count--) {
        s->v0 += s->v1;
        s->v2 += s->v3;
        s->v1 = rotate(s->v1, 13) ^ s->v0;
        s->v3 = rotate(s->v3, 16) ^ s->v2;
        s->v0 = rotate(s->v0, 32) + s->v3;
        s->v2 += s->v1;
        s->v1 = rotate(s->v1, 17) ^ s->v2;
        s->v3 = rotate(s->v3, 21) ^ s->v0;
        s->v2 = rotate(s->v2, 32);
    }
}

static void absorb(struct state *s, uint64_t word) {
    s->v3 ^= word;
    rounds(s, 2);
    s->v0 ^= word;
}

/* `size` bytes, at most 8, least significant first. */
static uint64_t little_endian(const uint8_t *bytes, size_t size) {
    uint64_t word = 0;
    for (size_t i = 0; i < size; i++)
        word |= (uint64_t)bytes[i] << (8 * i);
    return word;
}

uint64_t hw_siphash(const uint64_t key[2], const void *data, size_t size) {
    const uint8_t *bytes = data;
    struct state s = {
        .v0 = key[0] ^ 0x736f6d6570736575u,
        .v1 = key[1] ^ 0x646f72616e646f6du,
        .v2 = key[0] ^ 0x6c7967656e657261u,
        .v3 = key[1] ^ 0x7465646279746573u,
    };
    uint64_t length = (uint64_t)size << 56; /* modulo 256, as the paper has it */
    for (; size >= 8; bytes += 8, size -= 8)
        absorb(&s, little_endian(bytes, 8));
    absorb(&s, little_endian(bytes, size) | length);
    s.v2 ^= 0xff;
    rounds(&s, 4);
    return s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
}
