/* SPDX-License-Identifier: MIT
 *
 * Authenticated chunks (RFC 4895): what both sides said of them as they set up, and the keys. Endpoints and associations hold
 * keys; who asks for a chunk to be authenticated, proves it, and writes AUTH is auth.c, and auth_keys.c has the users' calls.
 */
#ifndef HW_AUTH_H
#define HW_AUTH_H

#include "base/memory.h"
#include "core/limits.h"
#include "wire/chunks.h"

struct hw_assoc;
struct hw_endpoint;
struct hw_offer;
struct hw_packet;
struct hw_settings;

#define HW_AUTH_RANDOM 32u  /* bytes of a RANDOM (RFC 4895 3.1) */
#define HW_AUTH_HEADER 8u   /* of an AUTH chunk */
#define HW_AUTH_MAC_MAX 32u /* SHA-256 */

/* A set of chunk types, a bit for each. */
struct hw_types {
    uint8_t bits[32];
};
static inline bool hw_types_has(const struct hw_types *types, uint8_t type) { return types->bits[type >> 3] >> (type & 7) & 1; }

/* What a side says in its INIT or INIT ACK: RANDOM, CHUNKS if there is one, HMAC-ALGO, each with its header and without padding
 * (6.1). `size` 0: nothing. */
struct hw_auth_vector {
    uint16_t size;
    uint8_t bytes[HW_AUTH_VECTOR_MAX];
};

/* An endpoint pair shared key. */
struct hw_key {
    struct hw_key *next;
    uint16_t id, size;
    uint32_t users;            /* messages that may still be sent with it */
    bool retired;              /* deactivated: nothing new is sent with it */
    bool heard;                /* the peer has used it */
    bool new_due, free_due;    /* to be told: it was used for the first time; it is in use no more */
    uint8_t secret[];
};

/* No list: there is just the null key, id 0. */
struct hw_keys {
    struct hw_key *first;
    uint16_t count, active;
};

/* Of an association whose endpoint offers AUTH. */
struct hw_auth {
    struct hw_auth_vector own, peer;
    struct hw_types required, wanted; /* by us of the peer; by the peer of us */
    struct hw_keys keys;
    uint16_t hmac;                    /* that we send with; 0: AUTH is not used */
    uint16_t told;                    /* key of the notification that was shown last */
    uint8_t told_what;                /* enum hawser_key_event */
    bool none_due;                    /* to be told: the peer has no AUTH */
    uint8_t retiring;                 /* keys that are retired and still have users */
};

/* The types that may not be listed (3.2). */
static inline bool hw_auth_never(uint8_t type) {
    return type == HW_INIT || type == HW_INIT_ACK || type == HW_SHUTDOWN_COMPLETE || type == HW_AUTH;
}

#endif
