/* SPDX-License-Identifier: MIT
 *
 * The carrier over sockets: opening them with all that the kernel offers, and closing them.
 */
#define _GNU_SOURCE
#include "carrier/sockets.h"

#include "base/address.h"
#include "carrier/address.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#ifdef __linux__
#include <linux/filter.h>
#endif

#define EPHEMERAL_TRIES 16
#define PROTOCOL_SCTP 132 /* RFC 9260 3; not every system's headers have it */

static int set_option(int fd, int level, int name, int value) {
    return setsockopt(fd, level, name, &value, sizeof(value));
}

/* PROBE: with DF, and not held up by what the kernel believes of the path: the stack knows better (RFC 8899). Only what the local
 * interface cannot take is refused. */
void hw_sockets_set_may_fragment(struct hw_socket *socket, bool may_fragment) {
    socket->may_fragment = may_fragment;
#ifdef IP_MTU_DISCOVER
    if (socket->address.family == HAWSER_IPV4)
        set_option(socket->fd, IPPROTO_IP, IP_MTU_DISCOVER, may_fragment ? IP_PMTUDISC_DONT : IP_PMTUDISC_PROBE);
#endif
#ifdef IPV6_MTU_DISCOVER
    if (socket->address.family == HAWSER_IPV6)
        set_option(socket->fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER, may_fragment ? IPV6_PMTUDISC_DONT : IPV6_PMTUDISC_PROBE);
#endif
#ifdef IPV6_DONTFRAG
    if (socket->address.family == HAWSER_IPV6)
        set_option(socket->fd, IPPROTO_IPV6, IPV6_DONTFRAG, !may_fragment);
#endif
}

/* As large as the system lets us: a burst must not be lost between two turns of the loop. */
static void enlarge_buffers(int fd) {
#ifdef SO_RCVBUFFORCE
    if (set_option(fd, SOL_SOCKET, SO_RCVBUFFORCE, HW_SOCKETS_BUFFER) != 0)
#endif
        set_option(fd, SOL_SOCKET, SO_RCVBUF, HW_SOCKETS_BUFFER);
#ifdef SO_SNDBUFFORCE
    if (set_option(fd, SOL_SOCKET, SO_SNDBUFFORCE, HW_SOCKETS_BUFFER) != 0)
#endif
        set_option(fd, SOL_SOCKET, SO_SNDBUF, HW_SOCKETS_BUFFER);
}

/* Everything here is wanted and nothing needed: without it the carrier knows less, or is slower. */
static void set_options(struct hw_sockets *own, struct hw_socket *socket) {
    int fd = socket->fd;
    enlarge_buffers(fd);
    hw_sockets_set_may_fragment(socket, false);
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
    if (!own->plain && !socket->raw) {
        socket->segments = getsockopt(fd, IPPROTO_UDP, UDP_SEGMENT, &value, &size) == 0;
        set_option(fd, IPPROTO_UDP, UDP_GRO, 1);
    }
#endif
    own->segments = own->segments || socket->segments;
}

/* To newer kernels (Linux 6.18 is one) a raw socket whose buffer is full is nobody: they answer "protocol unreachable", by which
 * the peer must end the association (RFC 9260 10 ICMP8). So each has another one beside it whose filter takes nothing and whose
 * buffer is never full. Where there is none, overload may end associations. */
static int open_guard(const struct sockaddr_storage *name, socklen_t size) {
    int fd = -1;
#ifdef SO_ATTACH_FILTER
    struct sock_filter nothing = BPF_STMT(BPF_RET | BPF_K, 0);
    const struct sock_fprog program = {.len = 1, .filter = &nothing};
    uint8_t byte;
    fd = socket(name->ss_family, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, PROTOCOL_SCTP);
    if (fd < 0)
        return -1;
    if (setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)) != 0 ||
        bind(fd, (const struct sockaddr *)name, size) != 0) {
        close(fd);
        return -1;
    }
    while (recv(fd, &byte, sizeof(byte), MSG_TRUNC) >= 0) /* what came before the filter */
        continue;
#else
    (void)name, (void)size;
#endif
    return fd;
}

/* One socket bound to `address`, for plain IP or for UDP on `port`; errno says why not. */
static int open_socket(struct hw_sockets *own, const struct hawser_address *address, bool raw, uint16_t port) {
    struct hw_socket *s = &own->list[own->count];
    struct sockaddr_storage name;
    socklen_t size = hw_sockaddr_set(&name, address, raw ? 0 : port);
    int fd = raw ? socket(name.ss_family, SOCK_RAW, PROTOCOL_SCTP) : socket(name.ss_family, SOCK_DGRAM, 0);
    if (fd < 0)
        return -1;
    /* A raw socket for IPv6 fills in no checksum unless it is asked to (RFC 3542 3.1). */
    if (fcntl(fd, F_SETFD, FD_CLOEXEC) != 0 || fcntl(fd, F_SETFL, O_NONBLOCK) != 0 ||
        (address->family == HAWSER_IPV6 && !raw && set_option(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1) != 0) ||
        bind(fd, (struct sockaddr *)&name, size) != 0 || getsockname(fd, (struct sockaddr *)&name, &size) != 0) {
        int reason = errno;
        close(fd);
        errno = reason;
        return -1;
    }
    *s = (struct hw_socket){.fd = fd, .guard = raw ? open_guard(&name, size) : -1, .raw = raw};
    hw_sockaddr_get(&name, &s->address);
    s->wildcard = !hw_address_unicast(&s->address);
    if (raw)
        s->address.udp_port = 0; /* Linux puts the protocol's number there */
    else
        own->port = s->address.udp_port;
    own->count++;
    return 0;
}

static void close_sockets(struct hw_sockets *own) {
    int reason = errno;
    while (own->count > 0) {
        const struct hw_socket *last = &own->list[--own->count];
        close(last->fd);
        if (last->guard >= 0)
            close(last->guard);
    }
    errno = reason;
}

/* A packet comes to each raw socket that it fits. With one for all addresses of a family no other is needed. */
static bool covered(const struct hw_sockets_plan *plan, const struct hawser_address *address) {
    bool all = false;
    for (size_t i = 0; i < plan->address_count; i++)
        all |= plan->addresses[i].family == address->family && !hw_address_unicast(&plan->addresses[i]);
    return all && hw_address_unicast(address);
}

/* `optional`: the family of the last may be missing. */
static bool open_each(struct hw_sockets *own, const struct hw_sockets_plan *plan, bool raw, bool optional) {
    for (size_t i = 0; i < plan->address_count; i++) {
        const struct hawser_address *address = &plan->addresses[i];
        if ((raw && covered(plan, address)) || open_socket(own, address, raw, own->port) == 0)
            continue;
        if (!optional || i == 0 || i < plan->address_count - 1 || (errno != EAFNOSUPPORT && errno != EADDRNOTAVAIL))
            return false;
    }
    return true;
}

/* All UDP sockets are on one port, for a peer knows one port for all our addresses. */
static int open_all(struct hw_sockets *own, const struct hw_sockets_plan *plan, bool optional) {
    for (int attempt = 0; attempt < EPHEMERAL_TRIES; attempt++) {
        own->port = plan->udp_port;
        if ((!plan->ip || open_each(own, plan, true, optional)) && (!plan->udp || open_each(own, plan, false, optional)))
            return 0;
        close_sockets(own);
        /* The system chose a port that is taken on the next address: let it choose again. */
        if (plan->udp_port != 0 || errno != EADDRINUSE)
            break;
    }
    return HAWSER_ERR_SYSTEM;
}

static int check_addresses(const struct hw_sockets_plan *plan, struct hawser_address *out) {
    if (plan->address_count > HAWSER_ADDRESSES_MAX || (plan->address_count && !plan->addresses))
        return HAWSER_ERR_ARGUMENT;
    for (size_t i = 0; i < plan->address_count; i++) {
        uint8_t family = plan->addresses[i].family;
        if ((family != HAWSER_IPV4 && family != HAWSER_IPV6) || !hw_address_normalise(&out[i], &plan->addresses[i]))
            return HAWSER_ERR_ADDRESS;
        out[i].udp_port = 0;
        for (size_t k = 0; k < i; k++)
            if (hw_address_same(&out[i], &out[k]))
                return HAWSER_ERR_ADDRESS;
    }
    return 0;
}

static size_t descriptors(const struct hawser_carrier *carrier, int *out, size_t max) {
    const struct hw_sockets *own = (const struct hw_sockets *)carrier;
    for (size_t i = 0; i < own->count && i < max; i++)
        out[i] = own->list[i].fd;
    return own->count;
}

static void limits(const struct hawser_carrier *carrier, struct hawser_carrier_limits *out) {
    const struct hw_sockets *own = (const struct hw_sockets *)carrier;
    out->segments_max = own->segments ? HW_SOCKETS_SEGMENTS_MAX : 1;
    out->address_count = own->address_count;
    out->addresses = own->addresses;
}

static void counters(const struct hawser_carrier *carrier, struct hawser_carrier_counters *out) {
    *out = ((const struct hw_sockets *)carrier)->counters;
}

static void close_carrier(struct hawser_carrier *carrier) {
    struct hw_sockets *own = (struct hw_sockets *)carrier;
    close_sockets(own);
    free(own->receive_buffer);
    free(own);
}

static const struct hawser_carrier_operations operations = {
    .descriptors = descriptors,
    .receive = hw_sockets_receive,
    .prepare = hw_sockets_prepare,
    .send = hw_sockets_send,
    .flush = hw_sockets_flush,
    .limits = limits,
    .counters = counters,
    .close = close_carrier,
};

int hw_sockets_open(struct hawser_carrier **carrier, const struct hw_sockets_plan *plan) {
    struct hawser_address wanted[HAWSER_ADDRESSES_MAX] = {{.family = HAWSER_IPV4}, {.family = HAWSER_IPV6}};
    int error = check_addresses(plan, wanted);
    if (error)
        return error;
    struct hw_sockets_plan clean = *plan;
    clean.addresses = wanted;
    clean.address_count = plan->address_count ? plan->address_count : 2;

    struct hw_sockets *own = calloc(1, sizeof(*own));
    if (!own)
        return HAWSER_ERR_NO_MEMORY;
    own->carrier.operations = &operations;
    own->counters.size = sizeof(own->counters);
    own->plain = plan->plain;
    own->receive_buffer = malloc((size_t)HW_SOCKETS_RECEIVE_BATCH * HW_SOCKETS_DATAGRAM_MAX);
    error = own->receive_buffer ? open_all(own, &clean, plan->address_count == 0) : HAWSER_ERR_NO_MEMORY;
    if (error) {
        free(own->receive_buffer);
        free(own);
        return error;
    }
    for (size_t i = 0; i < own->count; i++)
        set_options(own, &own->list[i]);
    for (size_t i = 0; i < clean.address_count; i++) {
        if (!hw_address_unicast(&wanted[i]))
            continue;
        wanted[i].udp_port = plan->ip ? 0 : own->port;
        own->addresses[own->address_count++] = wanted[i];
    }
    *carrier = &own->carrier;
    return 0;
}
