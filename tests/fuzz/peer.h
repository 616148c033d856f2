/* SPDX-License-Identifier: MIT
 *
 * The peer that fuzz_assoc plays: it keeps what a real one would know (tags, TSNs, the cookie, the last heartbeat), so that its
 * packets get past the checksum and the tag, and writes packets whose fields the input chooses, right ones as well as wrong ones.
 */
#ifndef FUZZ_PEER_H
#define FUZZ_PEER_H

#include "fuzz.h"

#define PEER_ADDRESSES 3u
#define PEER_FOREIGN 3u /* a fourth one that is nobody's */

struct peer {
    enum fuzz_world world;
    uint16_t port, stack_port, udp_port;
    unsigned addresses;             /* that it lists */
    uint32_t tag;                   /* its own */
    uint32_t stack_tag;             /* the stack's, of the association */
    uint32_t offered_tag;           /* the stack's, of the last INIT ACK */
    uint32_t tsn;                   /* to send next */
    uint32_t heard;                 /* highest TSN that the stack sent */
    uint32_t offered_tsn;           /* initial TSN of the last INIT ACK */
    uint16_t ssn[16];
    uint32_t mid[16];               /* of I-DATA, next */
    uint8_t extensions;             /* dice for what its INIT offers: 0 is nothing */
    uint32_t request, serial;       /* numbers of its next RE-CONFIG request and ASCONF */
    uint32_t heard_request, heard_serial; /* of the stack's last */
    uint8_t cookie[1400], beat[256], quote[64];
    size_t cookie_size, beat_size, quote_size;
};

struct peer_packet {
    uint8_t data[4096];
    size_t size;
    struct hawser_address remote, local;
    uint8_t ecn;
};

/* Its own address (side 2), the stack's (1), a stranger's (3). */
struct hawser_address peer_address(const struct peer *peer, unsigned side, unsigned number);

/* Learns from a packet of the stack. */
void peer_observe(struct peer *peer, const uint8_t *packet, size_t size);

/* Well-formed packets, for the way to a state. */
void peer_begin(const struct peer *peer, struct peer_packet *packet, struct hw_writer *writer, uint32_t tag);
void peer_end(struct peer_packet *packet, struct hw_writer *writer);
void peer_write_init(struct peer *peer, struct hw_writer *writer, uint8_t type);
void peer_write_cookie_echo(struct peer *peer, struct hw_writer *writer);
void peer_write_sack(struct peer *peer, struct hw_writer *writer, uint32_t a_rwnd);
void peer_write_shutdown(struct peer *peer, struct hw_writer *writer);

/* Chunks and parameters of extensions (peer_extend.c): what an INIT offers; a chunk as the input says. */
void peer_write_extensions(const struct peer *peer, struct hw_writer *writer);
void peer_write_extended(struct peer *peer, struct fuzz_input *input, struct hw_writer *writer);
/* Mostly `right`, or close by, or anything. */
uint32_t peer_near(struct fuzz_input *input, uint32_t right);

/* A packet as the input says. */
void peer_packet(struct peer *peer, struct fuzz_input *input, struct peer_packet *packet);

#endif
