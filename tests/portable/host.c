/* SPDX-License-Identifier: MIT
 *
 * The default host where libcrypto is missing: for tests alone, which bring random numbers of their own and look at no MAC but
 * whether it changes with the key and the text.
 */
#include "base/bytes.h"
#include "base/siphash.h"
#include <hawser/loop.h>
#include <stdlib.h>
#include <string.h>

static void *host_allocate(void *user, size_t size) {
    (void)user;
    return malloc(size);
}

static void host_release(void *user, void *memory, size_t size) {
    (void)user;
    (void)size;
    free(memory);
}

static void host_random(void *user, void *out, size_t size) {
    (void)user;
    memset(out, 4, size);
}

static int toy_hmac(void *user, const uint8_t key[32], struct hawser_span text, uint8_t out[32]) {
    (void)user;
    uint64_t words[4];
    memcpy(words, key, sizeof words);
    for (unsigned i = 0; i < 4; i++) {
        words[i] = hw_siphash(&words[i & 2], text.data, text.size) + i;
        hw_put64(out + 8 * i, words[i]);
    }
    return 0;
}

static uint64_t stir(uint64_t word, struct hawser_span bytes) {
    for (size_t i = 0; i < bytes.size; i++)
        word = (word ^ bytes.data[i]) * UINT64_C(0x100000001b3) + (word >> 29);
    return word;
}

/* Of the spans' bytes one after another, however they are cut. */
static int toy_hmac_of_spans(void *user, int hash, struct hawser_span key, const struct hawser_span *text, size_t count,
                             uint8_t *out) {
    (void)user;
    uint8_t bytes[40];
    for (unsigned i = 0; i < 5; i++) {
        uint64_t word = stir(UINT64_C(0xcbf29ce484222325) + i + (unsigned)hash, key);
        for (size_t k = 0; k < count; k++)
            word = stir(word, text[k]);
        hw_put64(bytes + 8 * i, word);
    }
    memcpy(out, bytes, hash == 1 ? 20 : 32);
    return 0;
}

void hawser_host_default(struct hawser_host *host) {
    *host = (struct hawser_host){.size = sizeof *host,
                                 .allocate = host_allocate,
                                 .release = host_release,
                                 .random = host_random,
                                 .hmac_sha256 = toy_hmac,
                                 .hmac = toy_hmac_of_spans};
}
