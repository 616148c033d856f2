/* SPDX-License-Identifier: MIT
 *
 * Set-up (RFC 9260 5): what a side offers and what is agreed on (extension.c, offer.c), what a cookie holds (cookie.c), and who
 * takes the chunks of set-up (setup.c; unexpected.c for those of an association that exists).
 */
#ifndef HW_SETUP_H
#define HW_SETUP_H

#include "core/stack.h"
#include "wire/chunks.h"

/* ---- extensions (extension.c): each is used when both sides offer it */

enum {
    HW_EXT_PARTIAL = 1,      /* RFC 3758: FORWARD TSN */
    HW_EXT_INTERLEAVING = 2, /* RFC 8260: I-DATA in place of DATA */
    HW_EXT_RECONFIG = 4,     /* RFC 6525 */
    HW_EXT_AUTH = 8,         /* RFC 4895 */
    HW_EXT_ASCONF = 16,      /* RFC 5061 */
    HW_EXT_ECN = 32,         /* RFC 4960 appendix A */
    HW_EXT_ZERO_IN = 64,     /* RFC 9653: each direction on its own. Packets may come without a checksum */
    HW_EXT_ZERO_OUT = 128,   /* ... and go without one */
    HW_EXT_I_FORWARD = 256,  /* RFC 8260 2.3.1: only what is offered, for partial reliability with I-DATA */
    /* what can be agreed on, and no more is in a cookie */
    HW_EXT_STANDING = HW_EXT_PARTIAL | HW_EXT_INTERLEAVING | HW_EXT_RECONFIG | HW_EXT_AUTH | HW_EXT_ASCONF | HW_EXT_ECN |
                      HW_EXT_ZERO_IN | HW_EXT_ZERO_OUT
};

/* What an endpoint with these settings offers over a carrier that can do so much (HAWSER_CARRIER_). */
uint32_t hw_extensions_of(const hawser *stack, const struct hw_settings *settings, uint32_t carrier);
/* RFC 5061 6: a peer that would change addresses unauthenticated is refused, unless the setting lets it. */
bool hw_extensions_unsafe(const struct hw_settings *settings, uint32_t ours, const struct hw_offer *offer);
/* What is used of what we offered and the peer offers. */
uint32_t hw_extensions_agree(uint32_t ours, uint32_t peers);
/* Supported Extensions and Forward TSN Supported, for an INIT or INIT ACK. */
void hw_extensions_write(struct hw_writer *writer, uint32_t offered);
/* assoc->extensions has been set: both halves follow. */
void hw_extensions_settle(struct hw_assoc *assoc);
/* What a Supported Extensions parameter lists. */
uint32_t hw_extensions_read(struct hawser_span types);

/* What an INIT or INIT ACK says, judged. */
struct hw_offer {
    struct hw_init init;
    uint32_t extensions;        /* HW_EXT_ that it offers */
    struct hawser_address addresses[HW_PATHS_MAX];
    unsigned address_count;
    struct hawser_span cookie;
    struct hawser_address primary; /* that it would like best (RFC 5061 5.4); family NONE: it does not say */
    uint32_t adaptation;        /* RFC 5061 4.2.6 */
    bool adapted;               /* it says one */
    struct hawser_span random, chunks, hmacs; /* RFC 4895 3, with their headers */
    bool random_wrong;          /* not of 32 bytes */
    uint32_t preserve_ms;
    struct hw_tlv unknown[16];  /* to be reported */
    unsigned unknown_count;
    bool host_name, broken;     /* a Host Name Address; a parameter that is not whole or has a wrong length */
    struct hw_tlv bad;          /* which */
    bool no_ipv4, no_ipv6;      /* by Supported Address Types */
};

/* What an INIT or INIT ACK from `source` says. */
void hw_offer_read(hawser *stack, struct hw_offer *offer, const struct hawser_address *source);
/* An address that was listed in a packet from `source` in the form in which it can be compared; false: it leads nowhere from
 * here. */
bool hw_offer_address(struct hawser_address *address, const struct hawser_address *source);
/* Whether it means anything here (setting private_scope). */
bool hw_offer_in_scope(const hawser *stack, const struct hawser_address *address, const struct hawser_address *source);

/* What a cookie holds. */
struct hw_cookie {
    hawser_time made;
    uint32_t life_ms;
    uint32_t tag, peer_tag, tsn, peer_tsn, peer_rwnd;
    uint32_t tie_local, tie_peer;
    uint32_t extensions;                 /* HW_EXT_ that both sides offered */
    uint16_t streams_out, peer_streams_out, peer_streams_in;
    uint16_t port, peer_port;
    struct hawser_address remote, local; /* of the INIT */
    struct hawser_address primary;       /* that the peer would like best, or family NONE */
    uint32_t adaptation;
    bool adapted;
    struct hawser_address addresses[HW_PATHS_MAX];
    unsigned address_count;
    struct hw_auth_vector own, peer;     /* if AUTH was agreed on; `own` is filled in before whether or not */
};

void hw_cookie_write(hawser *stack, const struct hw_cookie *cookie, struct hw_writer *writer);
/* False: not ours. */
bool hw_cookie_read(hawser *stack, struct hw_cookie *cookie, struct hawser_span bytes);

void hw_init_received(hawser *stack, struct hw_packet *packet, const struct hw_tlv *chunk);
void hw_init_ack_received(struct hw_assoc *assoc, struct hw_packet *packet, const struct hw_tlv *chunk);
/* A packet that begins with COOKIE ECHO. Returns the association that the rest of the packet is for, or NULL. */
struct hw_assoc *hw_cookie_echo_received(hawser *stack, struct hw_packet *packet, const struct hw_tlv *chunk);
void hw_cookie_acked(struct hw_assoc *assoc);
void hw_stale_cookie_received(struct hw_assoc *assoc);
void hw_t1_expired(struct hw_assoc *assoc);
/* COOKIE-WAIT anew: INIT is owed. */
void hw_setup_start(struct hw_assoc *assoc);
void hw_setup_established(struct hw_assoc *assoc);
void hw_init_write(struct hw_assoc *assoc, uint32_t carrier, struct hw_writer *writer);
/* 5.2: the INIT or COOKIE ECHO is for an association that exists (unexpected.c). */
void hw_init_unexpected(struct hw_assoc *assoc, struct hw_packet *packet, struct hw_offer *offer);
struct hw_assoc *hw_cookie_unexpected(struct hw_assoc *assoc, struct hw_packet *packet, const struct hw_cookie *cookie,
                                      bool stale);
void hw_init_ack_answer(hawser *stack, const struct hw_packet *packet, const struct hw_offer *offer, struct hw_cookie *cookie,
                        const struct hw_settings *settings, const struct hawser_address *locals, unsigned local_count);
void hw_stale_cookie_answer(hawser *stack, const struct hw_packet *packet, const struct hw_cookie *cookie);
/* The association's numbers from a cookie; paths for the addresses that it lists. False: no memory. */
bool hw_setup_from_cookie(struct hw_assoc *assoc, const struct hw_packet *packet, const struct hw_cookie *cookie);

#endif
