/* SPDX-License-Identifier: MIT
 *
 * The default host: what the core needs, from the C library, the system and OpenSSL. Keeps nothing.
 */
#define _GNU_SOURCE
#include <hawser/loop.h>

#include <errno.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/params.h>
#include <stdlib.h>
#include <unistd.h>
#if defined(__aarch64__) && defined(__linux__)
#include <asm/hwcap.h>
#include <sys/auxv.h>
#endif

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
    uint8_t *bytes = out;
    (void)user;
    while (size > 0) {
        size_t part = size < 256 ? size : 256; /* the most that getentropy gives at once */
        if (getentropy(bytes, part) != 0) {
            if (errno == EINTR)
                continue;
            abort(); /* a stack without random numbers is open to anyone */
        }
        bytes += part;
        size -= part;
    }
}

static int host_hmac(void *user, const uint8_t key[32], struct hawser_span text, uint8_t out[32]) {
    (void)user;
    return HMAC(EVP_sha256(), key, 32, text.data, text.size, out, NULL) ? 0 : -1;
}

static int host_hmac_spans(void *user, int hash, struct hawser_span key, const struct hawser_span *text, size_t count,
                           uint8_t out[HAWSER_HMAC_MAX]) {
    (void)user;
    size_t size = 0;
    int wrong = -1;
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, hash == HAWSER_HMAC_SHA256 ? "SHA256" : "SHA1", 0),
        OSSL_PARAM_construct_end()};
    EVP_MAC *mac = hash == HAWSER_HMAC_SHA256 || hash == HAWSER_HMAC_SHA1 ? EVP_MAC_fetch(NULL, "HMAC", NULL) : NULL;
    EVP_MAC_CTX *context = mac ? EVP_MAC_CTX_new(mac) : NULL;
    if (context && EVP_MAC_init(context, key.data, key.size, params)) {
        size_t done = 0;
        while (done < count && EVP_MAC_update(context, text[done].data, text[done].size))
            done++;
        if (done == count && EVP_MAC_final(context, out, &size, HAWSER_HMAC_MAX))
            wrong = 0;
    }
    EVP_MAC_CTX_free(context);
    EVP_MAC_free(mac);
    return wrong;
}

static uint32_t cpu_features(void) {
    uint32_t features = 0;
#if defined(__x86_64__)
    __builtin_cpu_init();
    if (__builtin_cpu_supports("sse4.2"))
        features |= HAWSER_CPU_CRC32C;
    if (__builtin_cpu_supports("pclmul"))
        features |= HAWSER_CPU_CLMUL;
#elif defined(__aarch64__) && defined(__linux__)
    unsigned long present = getauxval(AT_HWCAP);
    if (present & HWCAP_CRC32)
        features |= HAWSER_CPU_CRC32C;
    if (present & HWCAP_PMULL)
        features |= HAWSER_CPU_CLMUL;
#endif
    return features;
}

void hawser_host_default(struct hawser_host *host) {
    *host = (struct hawser_host)HAWSER_INIT(*host);
    host->allocate = host_allocate;
    host->release = host_release;
    host->random = host_random;
    host->hmac_sha256 = host_hmac;
    host->hmac = host_hmac_spans;
    host->cpu = cpu_features();
}
