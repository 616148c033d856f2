/* SPDX-License-Identifier: MIT
 *
 * The carrier over sockets: what arrives. Reads datagrams in batches where the system can, keeps those that may hold a packet,
 * and tells the stack where each came from and went to.
 */
#define _GNU_SOURCE
#include "carrier/sockets.h"

#include "carrier/address.h"
#include <errno.h>
#include <string.h>

struct slot {
    struct sockaddr_storage name;
    struct iovec part;
    struct hw_control control;
};

/* What the control data of a datagram says. */
static void read_control(struct msghdr *message, struct hawser_arrival *arrival) {
    int value;
    for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c; c = CMSG_NXTHDR(message, c)) {
#ifdef IP_PKTINFO
        if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
            struct in_pktinfo info;
            memcpy(&info, CMSG_DATA(c), sizeof(info));
            memcpy(arrival->local.ip, &info.ipi_addr, 4);
        }
#endif
        if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO) {
            struct in6_pktinfo info;
            memcpy(&info, CMSG_DATA(c), sizeof(info));
            memcpy(arrival->local.ip, &info.ipi6_addr, 16);
            if (IN6_IS_ADDR_LINKLOCAL(&info.ipi6_addr))
                arrival->local.scope = (uint32_t)info.ipi6_ifindex;
        }
        if (c->cmsg_level == IPPROTO_IP && (c->cmsg_type == IP_TOS || c->cmsg_type == IP_RECVTOS))
            arrival->ecn = *(const uint8_t *)CMSG_DATA(c) & 3;
        if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_TCLASS) {
            memcpy(&value, CMSG_DATA(c), sizeof(value));
            arrival->ecn = (uint8_t)(value & 3);
        }
#ifdef UDP_GRO
        if (c->cmsg_level == IPPROTO_UDP && c->cmsg_type == UDP_GRO) {
            memcpy(&value, CMSG_DATA(c), sizeof(value));
            arrival->segment_size = value > 0 ? (size_t)value : 0;
        }
#endif
    }
}

/* Past the IPv4 header, which raw sockets show. False: that is not whole. */
static bool strip_header(struct hawser_arrival *arrival, size_t *length) {
    const uint8_t *header = arrival->data;
    size_t size = *length < 20 ? 0 : (header[0] & 15u) * 4u;
    if (size < 20 || size > *length)
        return false;
    arrival->data = header + size;
    *length -= size;
    return true;
}

static void take_datagram(struct hw_sockets *own, const struct hw_socket *socket, hawser *stack, hawser_time now,
                          struct mmsghdr *message, const struct slot *slot) {
    struct hawser_arrival arrival = HAWSER_INIT(arrival);
    if (message->msg_hdr.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) {
        own->counters.truncated++;
        return;
    }
    arrival.data = slot->part.iov_base;
    arrival.local = socket->address;
    arrival.carrier = HAWSER_CARRIER_ECN;
    hw_sockaddr_get(&slot->name, &arrival.remote);
    read_control(&message->msg_hdr, &arrival);

    size_t length = message->msg_len;
    if (socket->raw) {
        arrival.remote.udp_port = 0;
        if (arrival.remote.family == HAWSER_IPV4 && !strip_header(&arrival, &length))
            length = 0;
    }
    size_t size = arrival.segment_size ? arrival.segment_size : length, last = size ? length % size : 0;
    if (last > 0 && last < HW_SOCKETS_TINY) {
        own->counters.tiny++;
        length -= last;
    }
    if (size < HW_SOCKETS_TINY || length < HW_SOCKETS_TINY) {
        own->counters.tiny++;
        return;
    }
    if (size >= length)
        arrival.segment_size = 0;
    arrival.length = length;
    own->counters.received += (length + size - 1) / size;
    hawser_input(stack, now, &arrival);
}

/* Up to HW_SOCKETS_RECEIVE_BATCH datagrams; -1 with errno, or how many. */
static int receive_batch(struct hw_sockets *own, int fd, struct mmsghdr *messages, struct slot *slots) {
    int count = own->plain ? 1 : HW_SOCKETS_RECEIVE_BATCH;
    for (int i = 0; i < count; i++) {
        slots[i].part.iov_base = own->receive_buffer + (size_t)i * HW_SOCKETS_DATAGRAM_MAX;
        slots[i].part.iov_len = HW_SOCKETS_DATAGRAM_MAX;
        messages[i].msg_hdr = (struct msghdr){.msg_name = &slots[i].name,
                                              .msg_namelen = sizeof(slots[i].name),
                                              .msg_iov = &slots[i].part,
                                              .msg_iovlen = 1,
                                              .msg_control = &slots[i].control,
                                              .msg_controllen = sizeof(slots[i].control)};
    }
#ifdef __linux__
    if (!own->plain)
        return recvmmsg(fd, messages, (unsigned)count, 0, NULL);
#endif
    ssize_t size = recvmsg(fd, &messages[0].msg_hdr, 0);
    if (size < 0)
        return -1;
    messages[0].msg_len = (unsigned)size;
    return 1;
}

void hw_sockets_receive(struct hawser_carrier *carrier, hawser *stack, hawser_time now, int descriptor) {
    struct hw_sockets *own = (struct hw_sockets *)carrier;
    struct mmsghdr messages[HW_SOCKETS_RECEIVE_BATCH];
    struct slot slots[HW_SOCKETS_RECEIVE_BATCH];
    struct hw_socket *socket = NULL;
    for (size_t i = 0; i < own->count; i++)
        if (own->list[i].fd == descriptor)
            socket = &own->list[i];
    if (!socket)
        return;

    int rounds = own->plain ? HW_SOCKETS_RECEIVE_ROUNDS * HW_SOCKETS_RECEIVE_BATCH : HW_SOCKETS_RECEIVE_ROUNDS;
    for (int round = 0; round < rounds; round++) {
        int count = receive_batch(own, descriptor, messages, slots);
        if (count < 0) {
            if (errno != EAGAIN && errno != EWOULDBLOCK)
                continue; /* what the network said of a packet that we sent; it waits in the error queue */
            /* Woken with nothing to read: for the error queue. It comes after all datagrams, so that a peer's farewell counts,
             * and not that its port was closed afterwards. */
            if (round == 0)
                hw_sockets_drain_errors(own, socket, stack, now);
            break;
        }
        own->counters.receive_calls++;
        for (int i = 0; i < count; i++)
            take_datagram(own, socket, stack, now, &messages[i], &slots[i]);
        if (!own->plain && count < HW_SOCKETS_RECEIVE_BATCH)
            break;
    }
}
