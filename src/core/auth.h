/* SPDX-License-Identifier: MIT
 *
 * Authenticated chunks (RFC 4895): what both sides said of them as they set up, and the keys. Endpoints and associations hold
 * keys; auth.c agrees, proves what comes and signs what goes, auth_keys.c has the user's calls.
 */
#ifndef HW_AUTH_H
#define HW_AUTH_H

#include "base/memory.h"
#include "core/limits.h"
#include "wire/chunks.h"

#define HW_AUTH_RANDOM 32u /* bytes of a RANDOM (RFC 4895 3.1) */
#define HW_AUTH_FIXED 8u   /* bytes of an AUTH chunk before the HMAC (5.1) */

/* A set of chunk types, a bit for each. */
struct hw_types {
    uint8_t bits[32];
};
static inline bool hw_types_has(const struct hw_types *types, uint8_t type) { return types->bits[type >> 3] >> (type & 7) & 1; }
static inline void hw_types_add(struct hw_types *types, uint8_t type) { types->bits[type >> 3] |= (uint8_t)(1u << (type & 7)); }
/* Types that are never authenticated (3.2). */
static inline bool hw_auth_never(unsigned type) {
    return type == HW_INIT || type == HW_INIT_ACK || type == HW_SHUTDOWN_COMPLETE || type == HW_AUTH;
}

/* What a side says in its INIT or INIT ACK: RANDOM, CHUNKS if it has one, and HMAC-ALGO, each with its header and without padding
 * (6.1). `size` 0: nothing. */
struct hw_auth_vector {
    uint16_t size;
    uint8_t bytes[HW_AUTH_VECTOR_MAX];
};

/* An endpoint pair shared key. */
struct hw_key {
    struct hw_key *next;
    uint8_t *secret;
    uint16_t id, size;
    uint32_t users;         /* messages that are or may have to be sent with it */
    bool retired;           /* deactivated: nothing new is sent with it */
    bool leaving;           /* ... and it was not told yet that it is in use no more */
    bool heard;             /* the peer has used it */
    bool new_due, free_due; /* to be told: the peer used it for the first time; it is in use here no more */
};

struct hw_keys {
    struct hw_key *first;   /* NULL: just the null key, id 0 */
    uint16_t count, active;
};

/* Of an association whose endpoint offers AUTH. */
struct hw_auth {
    struct hw_auth_vector own, peer;
    struct hw_types required, wanted; /* of the peer, by us; of us, by the peer */
    struct hw_keys keys;
    int32_t packet_key;               /* of the packet that is being built; -1: any will do */
    uint16_t hmac;                    /* HMAC Identifier that we send with */
    uint16_t told_key;                /* what the notification at hand said */
    uint8_t told;                     /* enum hawser_key_event */
    uint8_t reserve;                  /* bytes of an AUTH chunk of ours; 0: the peer wants none */
    uint8_t retiring;                 /* keys that are retired and still have users */
    bool none_due;                    /* to be told: the peer has no AUTH */
    bool unproved;                    /* the chunk at hand is not authenticated and an ABORT would have to be */
};

#endif
