/* SPDX-License-Identifier: MIT
 *
 * The words that every public header of hawser shares: time, identities, addresses, errors and the host.
 * Nothing here does anything; include <hawser/hawser.h> to get work done.
 */
#ifndef HAWSER_TYPES_H
#define HAWSER_TYPES_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(_WIN32)
#define HAWSER_API
#else
#define HAWSER_API __attribute__((visibility("default")))
#endif

/* Microseconds on a clock of the caller's choice that does not jump. Time that goes backwards is taken as no time. */
typedef uint64_t hawser_time;
#define HAWSER_NEVER UINT64_MAX

/* An endpoint or an association: a slot and a generation. 0 is nobody. An id that has ended gives HAWSER_ERR_GONE, never harm. */
typedef uint64_t hawser_id;

/* ---- addresses ------------------------------------------------------------------------------------------------ */

enum hawser_family {
    HAWSER_NONE = 0,  /* no address: as a local address, "let the carrier choose" */
    HAWSER_IPV4 = 4,
    HAWSER_IPV6 = 6,
    HAWSER_ROUTE = 9  /* a carrier's connection number: DTLS, a pipe, anything that has no addresses */
};

/* Where a packet comes from or goes to. Bytes that the family does not use are zero (hawser_address_ functions see to it). */
struct hawser_address {
    uint8_t family;    /* enum hawser_family */
    uint8_t reserved;
    uint16_t udp_port; /* UDP encapsulation port (RFC 6951), host byte order; 0: plain IP */
    uint32_t scope;    /* IPv6 zone index of a link-local address, else 0 */
    union {
        uint8_t ip[16]; /* network byte order; IPv4 in the first four */
        uint64_t route;
    };
};

/* ---- errors --------------------------------------------------------------------------------------------------- */

/* One list holds code, number and sentence, so they cannot drift apart. */
#define HAWSER_ERRORS(X)                                                                                            \
    X(NO_MEMORY, -1, "out of memory, or the memory limit is reached")                                               \
    X(WOULD_BLOCK, -2, "no room in the send buffer now; the association becomes writable later")                    \
    X(GONE, -3, "no such endpoint or association: it has ended, or the id was never given out")                     \
    X(STATE, -4, "not possible in the present state of the association")                                            \
    X(TOO_BIG, -5, "the message is larger than message_max allows")                                                 \
    X(EMPTY, -6, "a message must have at least one byte")                                                           \
    X(STREAM, -7, "the association has no outgoing stream of this number")                                          \
    X(PATH, -8, "the association has no path of this number")                                                       \
    X(ADDRESS, -9, "the address is missing, of an unknown family, not unicast, or given twice")                     \
    X(PORT, -10, "the port is 0 where a port is needed, or no ephemeral port is free")                              \
    X(IN_USE, -11, "another endpoint already uses this port and address")                                           \
    X(EXISTS, -12, "an association between this endpoint and this peer exists already")                             \
    X(OPTION, -13, "no such option")                                                                                \
    X(RANGE, -14, "the value is outside the range of the option")                                                   \
    X(READ_ONLY, -15, "the option cannot be changed here or at this time")                                          \
    X(ARGUMENT, -16, "an argument is missing or has a value that it cannot have")                                   \
    X(LIMIT, -17, "a limit of the stack is reached")                                                                \
    X(UNFINISHED, -18, "another message on this stream was begun with HAWSER_SEND_MORE and is not finished")        \
    X(SYSTEM, -19, "the operating system refused; see errno")                                                       \
    X(ABANDONED, -20, "the message was given up, as its policy of partial reliability says")                        \
    X(UNSUPPORTED, -21, "this takes an extension that the peer or this endpoint does not offer")                    \
    X(BUSY, -22, "something of the kind is under way, or was too short a time ago")              \
    X(KEY, -23, "there is no such key, or nothing new may be sent with it")

enum hawser_error {
    HAWSER_OK = 0,
#define HAWSER_ERROR_ENUM(name, number, text) HAWSER_ERR_##name = (number),
    HAWSER_ERRORS(HAWSER_ERROR_ENUM)
#undef HAWSER_ERROR_ENUM
};

/* The sentence for a code, in static storage; "success" for 0, "unknown error" for what is not in the list. */
HAWSER_API const char *hawser_error_text(int error);

/* The name for a code without its prefix ("WOULD_BLOCK"), in static storage. */
HAWSER_API const char *hawser_error_name(int error);

/* ---- the host ------------------------------------------------------------------------------------------------- */

struct hawser_span {
    const uint8_t *data;
    size_t size;
};

/* Processor features that the host vouches for (hawser_host.cpu). */
#define HAWSER_CPU_CRC32C 1u /* x86-64: SSE 4.2; AArch64: the CRC extension */
#define HAWSER_CPU_CLMUL 2u  /* x86-64: PCLMULQDQ; AArch64: PMULL */

/* HMAC Identifiers (RFC 4895 3.3), and the longest result, that of SHA-256; SHA-1 gives 20 bytes. */
#define HAWSER_HMAC_SHA1 1
#define HAWSER_HMAC_SHA256 3
#define HAWSER_HMAC_MAX 32

struct hawser_trace_record;

/* What the core needs from its surroundings. Copied by hawser_new. None of these functions may call the stack.
 * <hawser/loop.h> has hawser_host_default(): malloc, the system's random numbers, OpenSSL. */
struct hawser_host {
    size_t size; /* sizeof(struct hawser_host) */
    void *user;  /* handed to each function below */

    /* Memory of `size` bytes, aligned as malloc's, or NULL. Contents undefined. */
    void *(*allocate)(void *user, size_t size);
    /* Takes back what allocate gave; `size` is the size it was asked for. */
    void (*release)(void *user, void *memory, size_t size);
    /* Fills `out` with unpredictable bytes. Must not fail: tags, cookies and nonces rest on it. */
    void (*random)(void *user, void *out, size_t size);
    /* HMAC-SHA-256 (RFC 2104, FIPS 180-4) of the bytes in `text`. Returns 0, or non-zero if it could not be computed. */
    int (*hmac_sha256)(void *user, const uint8_t key[32], struct hawser_span text, uint8_t out[32]);
    /* May be NULL. Told of an internal contradiction before the association that showed it is aborted. */
    void (*fault)(void *user, const char *expression, const char *file, int line);

    uint32_t cpu; /* HAWSER_CPU_* */

    /* May be NULL, or lie beyond `size`: then AUTH (RFC 4895) is not offered. HMAC (RFC 2104) with the hash of that HMAC
     * Identifier and a key of any length, of the `count` spans one after another. Returns 0, or non-zero if it could not be
     * computed. */
    int (*hmac)(void *user, int hash, struct hawser_span key, const struct hawser_span *text, size_t count,
                uint8_t out[HAWSER_HMAC_MAX]);
};

#ifdef __cplusplus
}
#endif
#endif
