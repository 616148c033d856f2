/* SPDX-License-Identifier: MIT
 *
 * The inside of the UDP carrier, shared by its four files: udp.c opens and closes, udp_receive.c takes in, udp_send.c sends,
 * udp_error.c reads what the network said. Nobody else includes this.
 */
#ifndef HW_CARRIER_UDP_H
#define HW_CARRIER_UDP_H

#include <hawser/udp.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <stdbool.h>
#include <sys/socket.h>

#define HW_UDP_SOCKETS_MAX    HAWSER_ADDRESSES_MAX
#define HW_UDP_RECEIVE_BATCH  16 /* datagrams (or trains) that one system call brings */
#define HW_UDP_RECEIVE_ROUNDS 4  /* system calls in one receive */
#define HW_UDP_SEND_BATCH     64 /* trains that may wait for a flush */
#define HW_UDP_DATAGRAM_MAX   65535
#define HW_UDP_ARENA          (4 * HAWSER_PACKET_MAX) /* bytes of them */
#define HW_UDP_SEGMENTS_MAX   64                      /* UDP_MAX_SEGMENTS of Linux */
#define HW_UDP_TRAIN_MAX      65507                   /* 65535 less the IPv4 and UDP headers */
#define HW_UDP_TINY           12                      /* the SCTP common header (RFC 9260 3.1) */
#define HW_UDP_SOCKET_BUFFER  (4 << 20)

struct hw_udp_socket {
    int fd;
    bool wildcard, segments, may_fragment; /* segments: UDP_SEGMENT works; may_fragment: the socket sends without DF now */
    struct hawser_address address;         /* as bound, udp_port included */
};

/* A train that waits for a flush. */
struct hw_udp_train {
    uint8_t *data;
    size_t length, segment_size;
    struct hw_udp_socket *socket;
    struct hawser_address remote, local;
    uint8_t traffic_class;            /* dscp and ecn */
    bool may_fragment, tried, single; /* tried: refused once; single: packet by packet, for the train was refused */
};

struct hw_udp {
    struct hawser_carrier carrier;
    uint16_t port, socket_count, address_count;
    bool plain;    /* HAWSER_UDP_NO_OFFLOAD */
    bool segments; /* on all sockets */
    struct hw_udp_socket sockets[HW_UDP_SOCKETS_MAX];
    struct hawser_address addresses[HW_UDP_SOCKETS_MAX]; /* those that are not wildcards */
    struct hw_udp_train trains[HW_UDP_SEND_BATCH];
    uint32_t train_first, train_count;
    size_t arena_used;
    struct hawser_udp_counters counters;
    uint8_t *receive_buffer; /* HW_UDP_RECEIVE_BATCH of HW_UDP_DATAGRAM_MAX */
    uint8_t arena[HW_UDP_ARENA];
};

/* Control data of either direction, aligned for struct cmsghdr. */
struct hw_udp_control {
    _Alignas(16) uint8_t bytes[256];
};

void hw_udp_receive(struct hawser_carrier *carrier, hawser *stack, hawser_time now, int descriptor);
int hw_udp_prepare(struct hawser_carrier *carrier, struct hawser_departure *departure);
void hw_udp_send(struct hawser_carrier *carrier, const struct hawser_departure *departure);
int hw_udp_flush(struct hawser_carrier *carrier, hawser *stack, hawser_time now);

/* Reads the socket's error queue empty, reports to the stack. */
void hw_udp_drain_errors(struct hw_udp *udp, struct hw_udp_socket *socket, hawser *stack, hawser_time now);
/* The MTU of the way to `remote`, headers included, as the kernel knows it; 0: it does not tell. */
uint32_t hw_udp_route_mtu(const struct hawser_address *remote);
/* Whether the socket's packets may be fragmented by IP from now on. */
void hw_udp_set_may_fragment(struct hw_udp_socket *socket, bool may_fragment);

#endif
