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

struct hw_assoc;
struct hw_cookie;
struct hw_endpoint;
struct hw_offer;
struct hw_outmsg;
struct hw_packet;
struct hw_settings;

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

/* ---- functions (auth.c); what is asked of every chunk and packet is in assoc.h */

/* The association's part, if its endpoint offers AUTH. False: no memory. */
bool hw_auth_begin(struct hw_assoc *assoc, const struct hw_endpoint *endpoint);
void hw_auth_free(struct hw_assoc *assoc);
/* What we say, with a new RANDOM. */
void hw_auth_say(hawser *stack, const struct hw_settings *settings, const struct hw_types *required, uint32_t offered,
                 struct hw_auth_vector *own);
/* The same chunks and HMACs as before, with a new RANDOM (restart). */
void hw_auth_say_again(const struct hw_assoc *assoc, struct hw_auth_vector *own);
void hw_auth_write_params(const struct hw_auth_vector *vector, struct hw_writer *writer);
/* What the peer says; false: nothing that AUTH could be used with. */
bool hw_auth_heard(const struct hw_offer *offer, struct hw_auth_vector *peer);
/* It has the form of one that was said. */
bool hw_auth_possible(const struct hw_auth_vector *vector);
void hw_auth_types(const struct hw_auth_vector *vector, struct hw_types *types);
/* assoc->extensions says whether AUTH is used from now on; if so these are both sides' parameters. False: no memory. */
bool hw_auth_agree(struct hw_assoc *assoc, const struct hw_auth_vector *own, const struct hw_auth_vector *peer);

/* Bytes that AUTH takes in a packet with DATA. */
uint32_t hw_auth_data_reserve(const struct hw_assoc *assoc);
/* The packet so far, or a chunk of type `next`, needs an AUTH. */
bool hw_auth_needed(const struct hw_assoc *assoc, const struct hw_writer *writer, uint8_t next);
/* A message's data may go into the packet at hand: only with others of its key (RFC 6458 8.1.18). */
bool hw_auth_joins(struct hw_assoc *assoc, const struct hw_outmsg *message);
/* Puts AUTH before the first chunk that the peer wants to be authenticated; the buffer ends at `limit`. False: it could not. */
bool hw_auth_seal(struct hw_assoc *assoc, struct hw_writer *writer, const uint8_t *limit);

enum hw_auth_result { HW_AUTH_RIGHT, HW_AUTH_WRONG, HW_AUTH_UNSUPPORTED };
struct hw_auth_proof {
    hawser *stack;
    const struct hw_auth_vector *own, *peer;
    const struct hw_keys *keys;
};
/* Judges what lies behind packet->auth. */
enum hw_auth_result hw_auth_prove(const struct hw_auth_proof *proof, const struct hw_packet *packet);
enum hw_auth_result hw_auth_prove_for(struct hw_assoc *assoc, struct hw_packet *packet);
void hw_auth_proved(struct hw_assoc *assoc, struct hw_packet *packet);
/* An AUTH chunk; false: what lies behind it is discarded. */
bool hw_auth_received(struct hw_assoc *assoc, struct hw_packet *packet, const struct hw_tlv *chunk);
/* A chunk that needs to be authenticated is, or it needs not. */
bool hw_auth_lets_pass(struct hw_assoc *assoc, const struct hw_packet *packet, uint8_t type);
/* The same for a COOKIE ECHO; `assoc` may be NULL, and `keys` are then those of the endpoint. */
bool hw_auth_cookie(hawser *stack, struct hw_assoc *assoc, const struct hw_keys *keys, struct hw_packet *packet,
                    const struct hw_cookie *cookie);

/* keys (auth_keys.c) */
struct hw_key *hw_key_of(const struct hw_keys *keys, uint16_t id);
/* There is such a key; `key` may be NULL then: the null key. */
bool hw_key_find(const struct hw_keys *keys, uint16_t id, const struct hw_key **key);
bool hw_keys_copy(struct hw_account *account, struct hw_keys *keys, const struct hw_keys *from);
void hw_keys_free(struct hw_account *account, struct hw_keys *keys);
/* The key for a message that is about to be queued (message->key, send->key_users): an error, or 0. */
int hw_auth_choose(struct hw_assoc *assoc, struct hawser_message *message);
/* Messages may be gone: keys that are retired may be in use no more. */
void hw_auth_settle(struct hw_assoc *assoc);
/* Fills in what HW_NOTICE_KEY says; false: nothing (any more). */
bool hw_auth_tell(struct hw_assoc *assoc, struct hawser_item *item);
void hw_auth_told(struct hw_assoc *assoc);

#endif
