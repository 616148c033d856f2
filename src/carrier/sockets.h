/* SPDX-License-Identifier: MIT
 *
 * A carrier over sockets of the system, the common inside of UDP (udp.c) and plain IP (ip.c), which may be one carrier for both
 * kinds of peers. Its files: sockets.c opens and closes, sockets_receive.c takes in, sockets_send.c sends, sockets_error.c reads
 * what the network said. Nobody else includes this.
 */
#ifndef HW_CARRIER_SOCKETS_H
#define HW_CARRIER_SOCKETS_H

#include <hawser/carrier.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <stdbool.h>
#include <sys/socket.h>

#define HW_SOCKETS_MAX            (2 * HAWSER_ADDRESSES_MAX) /* UDP and plain IP at each address */
#define HW_SOCKETS_RECEIVE_BATCH  16 /* datagrams (or trains) that one system call brings */
#define HW_SOCKETS_RECEIVE_ROUNDS 4  /* system calls in one receive */
#define HW_SOCKETS_SEND_BATCH     64 /* trains that may wait for a flush */
#define HW_SOCKETS_DATAGRAM_MAX   65535
#define HW_SOCKETS_ARENA          (4 * HAWSER_PACKET_MAX) /* bytes of them */
#define HW_SOCKETS_SEGMENTS_MAX   64                      /* UDP_MAX_SEGMENTS of Linux */
#define HW_SOCKETS_TRAIN_MAX      65507                   /* 65535 less the IPv4 and UDP headers */
#define HW_SOCKETS_TINY           12                      /* the SCTP common header (RFC 9260 3.1) */
#define HW_SOCKETS_BUFFER         (4 << 20)

struct hw_socket {
    int fd, guard;                           /* guard: see open_guard(); -1: none */
    bool raw;                                /* plain IP, not UDP */
    bool wildcard, segments, may_fragment;   /* segments: UDP_SEGMENT works; may_fragment: the socket sends without DF now */
    struct hawser_address address;           /* as bound, udp_port included */
};

/* A train that waits for a flush. */
struct hw_train {
    uint8_t *data;
    size_t length, segment_size;
    struct hw_socket *socket;
    struct hawser_address remote, local;
    uint8_t traffic_class;            /* dscp and ecn */
    bool may_fragment, tried, single; /* tried: refused once; single: packet by packet, for the train was refused */
};

struct hw_sockets {
    struct hawser_carrier carrier;
    uint16_t port, count, address_count; /* port: UDP, 0 if there is none */
    bool plain;    /* one packet a system call */
    bool segments; /* on some socket */
    struct hw_socket list[HW_SOCKETS_MAX];
    struct hawser_address addresses[HAWSER_ADDRESSES_MAX]; /* those that are not wildcards */
    struct hw_train trains[HW_SOCKETS_SEND_BATCH];
    uint32_t train_first, train_count;
    size_t arena_used;
    struct hawser_carrier_counters counters;
    uint8_t *receive_buffer; /* HW_SOCKETS_RECEIVE_BATCH of HW_SOCKETS_DATAGRAM_MAX */
    uint8_t arena[HW_SOCKETS_ARENA];
};

/* Control data of either direction, aligned for struct cmsghdr. */
struct hw_control {
    _Alignas(16) uint8_t bytes[256];
};

/* What a carrier is to be: over UDP, over plain IP, or both. */
struct hw_sockets_plan {
    bool udp, ip, plain;
    uint16_t udp_port; /* 0: a free one */
    size_t address_count;
    const struct hawser_address *addresses; /* none: all of IPv4 and, if there, IPv6 */
};

/* ARGUMENT, ADDRESS, NO_MEMORY, SYSTEM (errno). */
int hw_sockets_open(struct hawser_carrier **carrier, const struct hw_sockets_plan *plan);

void hw_sockets_receive(struct hawser_carrier *carrier, hawser *stack, hawser_time now, int descriptor);
int hw_sockets_prepare(struct hawser_carrier *carrier, struct hawser_departure *departure);
void hw_sockets_send(struct hawser_carrier *carrier, const struct hawser_departure *departure);
int hw_sockets_flush(struct hawser_carrier *carrier, hawser *stack, hawser_time now);

/* Reads the socket's error queue empty, reports to the stack. */
void hw_sockets_drain_errors(struct hw_sockets *own, struct hw_socket *socket, hawser *stack, hawser_time now);
/* The MTU of the way to `remote`, headers included, as the kernel knows it; 0: it does not tell. */
uint32_t hw_sockets_route_mtu(const struct hawser_address *remote);
/* Whether the socket's packets may be fragmented by IP from now on. */
void hw_sockets_set_may_fragment(struct hw_socket *socket, bool may_fragment);

#endif
