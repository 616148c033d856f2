/* SPDX-License-Identifier: MIT
 *
 * The UDP carrier: opening the sockets with all that the kernel offers, and closing them.
 */
#define _GNU_SOURCE
#include "carrier/udp.h"

#include "base/address.h"
#include "carrier/address.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define EPHEMERAL_TRIES 16

static int set_option(int fd, int level, int name, int value) {
    return setsockopt(fd, level, name, &value, sizeof(value));
}

void hw_udp_set_may_fragment(struct hw_udp_socket *socket, bool may_fragment) {
    socket->may_fragment = may_fragment;
#ifdef IP_MTU_DISCOVER
    if (socket->address.family == HAWSER_IPV4)
        set_option(socket->fd, IPPROTO_IP, IP_MTU_DISCOVER, may_fragment ? IP_PMTUDISC_DONT : IP_PMTUDISC_DO);
#endif
#ifdef IPV6_MTU_DISCOVER
    if (socket->address.family == HAWSER_IPV6)
        set_option(socket->fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER, may_fragment ? IPV6_PMTUDISC_DONT : IPV6_PMTUDISC_DO);
#endif
#ifdef IPV6_DONTFRAG
    if (socket->address.family == HAWSER_IPV6)
        set_option(socket->fd, IPPROTO_IPV6, IPV6_DONTFRAG, !may_fragment);
#endif
}

/* As large as the system lets us: a burst must not be lost between two turns of the loop. */
static void enlarge_buffers(int fd) {
#ifdef SO_RCVBUFFORCE
    if (set_option(fd, SOL_SOCKET, SO_RCVBUFFORCE, HW_UDP_SOCKET_BUFFER) != 0)
#endif
        set_option(fd, SOL_SOCKET, SO_RCVBUF, HW_UDP_SOCKET_BUFFER);
#ifdef SO_SNDBUFFORCE
    if (set_option(fd, SOL_SOCKET, SO_SNDBUFFORCE, HW_UDP_SOCKET_BUFFER) != 0)
#endif
        set_option(fd, SOL_SOCKET, SO_SNDBUF, HW_UDP_SOCKET_BUFFER);
}

/* Everything here is wanted and nothing needed: without it the carrier knows less, or is slower. */
static void set_options(struct hw_udp *udp, struct hw_udp_socket *socket) {
    int fd = socket->fd;
    enlarge_buffers(fd);
    hw_udp_set_may_fragment(socket, false);
    if (socket->address.family == HAWSER_IPV4) {
#ifdef IP_PKTINFO
        if (socket->wildcard)
            set_option(fd, IPPROTO_IP, IP_PKTINFO, 1);
#endif
        set_option(fd, IPPROTO_IP, IP_RECVTOS, 1);
#ifdef IP_RECVERR
        set_option(fd, IPPROTO_IP, IP_RECVERR, 1);
#endif
    } else {
        if (socket->wildcard)
            set_option(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1);
        set_option(fd, IPPROTO_IPV6, IPV6_RECVTCLASS, 1);
#ifdef IPV6_RECVERR
        set_option(fd, IPPROTO_IPV6, IPV6_RECVERR, 1);
#endif
    }
    socket->segments = false;
#if defined(UDP_SEGMENT) && defined(UDP_GRO)
    int value = 0;
    socklen_t size = sizeof(value);
    if (!udp->plain) {
        socket->segments = getsockopt(fd, IPPROTO_UDP, UDP_SEGMENT, &value, &size) == 0;
        set_option(fd, IPPROTO_UDP, UDP_GRO, 1);
    }
#endif
    udp->segments = udp->segments && socket->segments;
}

/* One socket bound to `address` and `port`; errno says why not. */
static int open_socket(struct hw_udp *udp, const struct hawser_address *address, uint16_t port) {
    struct hw_udp_socket *s = &udp->sockets[udp->socket_count];
    struct sockaddr_storage name;
    socklen_t size = hw_sockaddr_set(&name, address, port);
    int fd = socket(name.ss_family, SOCK_DGRAM, 0);
    if (fd < 0)
        return -1;
    if (fcntl(fd, F_SETFD, FD_CLOEXEC) != 0 || fcntl(fd, F_SETFL, O_NONBLOCK) != 0 ||
        (address->family == HAWSER_IPV6 && set_option(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1) != 0) ||
        bind(fd, (struct sockaddr *)&name, size) != 0 || getsockname(fd, (struct sockaddr *)&name, &size) != 0) {
        int reason = errno;
        close(fd);
        errno = reason;
        return -1;
    }
    s->fd = fd;
    hw_sockaddr_get(&name, &s->address);
    s->wildcard = !hw_address_unicast(&s->address);
    udp->port = s->address.udp_port;
    udp->socket_count++;
    return 0;
}

static void close_sockets(struct hw_udp *udp) {
    int reason = errno;
    while (udp->socket_count > 0)
        close(udp->sockets[--udp->socket_count].fd);
    errno = reason;
}

/* All sockets on one port, for a peer knows one port for all our addresses. `optional`: the family of the last may be missing. */
static int open_all(struct hw_udp *udp, const struct hawser_address *addresses, size_t count, uint16_t port, bool optional) {
    for (int attempt = 0; attempt < EPHEMERAL_TRIES; attempt++) {
        size_t i;
        udp->port = port;
        for (i = 0; i < count; i++) {
            if (open_socket(udp, &addresses[i], udp->port) == 0)
                continue;
            if (optional && i > 0 && i == count - 1 && (errno == EAFNOSUPPORT || errno == EADDRNOTAVAIL))
                continue;
            break;
        }
        if (i == count)
            return 0;
        close_sockets(udp);
        /* The system chose a port that is taken on the next address: let it choose again. */
        if (port != 0 || errno != EADDRINUSE)
            break;
    }
    return HAWSER_ERR_SYSTEM;
}

static int check_addresses(const struct hawser_udp_options *options, struct hawser_address *out) {
    if (options->address_count > HW_UDP_SOCKETS_MAX || (options->address_count && !options->addresses))
        return HAWSER_ERR_ARGUMENT;
    for (size_t i = 0; i < options->address_count; i++) {
        uint8_t family = options->addresses[i].family;
        if ((family != HAWSER_IPV4 && family != HAWSER_IPV6) || !hw_address_normalise(&out[i], &options->addresses[i]))
            return HAWSER_ERR_ADDRESS;
        out[i].udp_port = 0;
        for (size_t k = 0; k < i; k++)
            if (hw_address_same(&out[i], &out[k]))
                return HAWSER_ERR_ADDRESS;
    }
    return 0;
}

static size_t udp_descriptors(const struct hawser_carrier *carrier, int *descriptors, size_t max) {
    const struct hw_udp *udp = (const struct hw_udp *)carrier;
    for (size_t i = 0; i < udp->socket_count && i < max; i++)
        descriptors[i] = udp->sockets[i].fd;
    return udp->socket_count;
}

static void udp_limits(const struct hawser_carrier *carrier, struct hawser_carrier_limits *limits) {
    const struct hw_udp *udp = (const struct hw_udp *)carrier;
    limits->segments_max = udp->segments ? HW_UDP_SEGMENTS_MAX : 1;
    limits->address_count = udp->address_count;
    limits->addresses = udp->addresses;
}

static void udp_close(struct hawser_carrier *carrier) {
    struct hw_udp *udp = (struct hw_udp *)carrier;
    close_sockets(udp);
    free(udp->receive_buffer);
    free(udp);
}

static const struct hawser_carrier_operations udp_operations = {
    .descriptors = udp_descriptors,
    .receive = hw_udp_receive,
    .prepare = hw_udp_prepare,
    .send = hw_udp_send,
    .flush = hw_udp_flush,
    .limits = udp_limits,
    .close = udp_close,
};

int hawser_udp_open(struct hawser_carrier **carrier, const struct hawser_udp_options *options) {
    if (!carrier || !options || options->size < sizeof(*options) || (options->flags & ~HAWSER_UDP_NO_OFFLOAD))
        return HAWSER_ERR_ARGUMENT;
    struct hawser_address wanted[HW_UDP_SOCKETS_MAX] = {{.family = HAWSER_IPV4}, {.family = HAWSER_IPV6}};
    size_t count = options->address_count ? options->address_count : 2;
    int error = check_addresses(options, wanted);
    if (error)
        return error;

    struct hw_udp *udp = calloc(1, sizeof(*udp));
    if (!udp)
        return HAWSER_ERR_NO_MEMORY;
    udp->carrier.operations = &udp_operations;
    udp->counters.size = sizeof(udp->counters);
    udp->plain = (options->flags & HAWSER_UDP_NO_OFFLOAD) != 0;
    udp->segments = true;
    udp->receive_buffer = malloc((size_t)HW_UDP_RECEIVE_BATCH * HW_UDP_DATAGRAM_MAX);
    error = udp->receive_buffer ? open_all(udp, wanted, count, options->port, options->address_count == 0) : HAWSER_ERR_NO_MEMORY;
    if (error) {
        free(udp->receive_buffer);
        free(udp);
        return error;
    }
    for (size_t i = 0; i < udp->socket_count; i++) {
        set_options(udp, &udp->sockets[i]);
        if (!udp->sockets[i].wildcard)
            udp->addresses[udp->address_count++] = udp->sockets[i].address;
    }
    *carrier = &udp->carrier;
    return 0;
}

uint16_t hawser_udp_port(const struct hawser_carrier *carrier) {
    return ((const struct hw_udp *)carrier)->port;
}

int hawser_udp_counters(const struct hawser_carrier *carrier, struct hawser_udp_counters *counters) {
    if (!carrier || !counters || counters->size < sizeof(*counters))
        return HAWSER_ERR_ARGUMENT;
    *counters = ((const struct hw_udp *)carrier)->counters;
    return 0;
}
