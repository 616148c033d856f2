/* SPDX-License-Identifier: MIT
 *
 * The carrier over sockets: what departs. The stack writes packets straight into the arena; a flush hands runs of them to the
 * system, and keeps what the system will not take now.
 */
#define _GNU_SOURCE
#include "carrier/sockets.h"

#include "base/address.h"
#include "carrier/address.h"
#include <errno.h>
#include <string.h>

struct slot {
    struct sockaddr_storage name;
    struct iovec part;
    struct hw_control control;
};

int hw_sockets_prepare(struct hawser_carrier *carrier, struct hawser_departure *departure) {
    struct hw_sockets *own = (struct hw_sockets *)carrier;
    /* A train may have to be cut in two, hence the spare place. */
    if (own->train_count + 1 >= HW_SOCKETS_SEND_BATCH || own->arena_used + HAWSER_PACKET_MAX > HW_SOCKETS_ARENA)
        return 0;
    *departure = (struct hawser_departure)HAWSER_INIT(*departure);
    departure->buffer = own->arena + own->arena_used;
    departure->capacity = HAWSER_PACKET_MAX;
    departure->carrier = HAWSER_CARRIER_ECN;
    departure->segments_max = own->segments ? HW_SOCKETS_SEGMENTS_MAX : 1;
    return 1;
}

/* For UDP or plain IP, as the peer has it; bound to `local`, else a wildcard of the family, else one that can reach `remote` by
 * its looks. */
static struct hw_socket *choose_socket(struct hw_sockets *own, const struct hawser_address *local,
                                           const struct hawser_address *remote) {
    struct hw_socket *best = NULL;
    int best_rank = 0;
    for (size_t i = 0; i < own->count; i++) {
        struct hw_socket *s = &own->list[i];
        int rank;
        if (s->address.family != remote->family || s->raw != (remote->udp_port == 0))
            continue;
        if (local->family != HAWSER_NONE && hw_address_same(&s->address, local))
            rank = 4;
        else if (s->wildcard)
            rank = 3;
        else if (hw_address_loopback(&s->address) == hw_address_loopback(remote) &&
                 hw_address_link_local(&s->address) == hw_address_link_local(remote))
            rank = 2;
        else
            rank = 1;
        if (rank > best_rank) {
            best = s;
            best_rank = rank;
        }
    }
    return best;
}

void hw_sockets_send(struct hawser_carrier *carrier, const struct hawser_departure *departure) {
    struct hw_sockets *own = (struct hw_sockets *)carrier;
    size_t segment =
        departure->segment_size && departure->segment_size < departure->length ? departure->segment_size : departure->length;
    size_t most = segment < HW_SOCKETS_TRAIN_MAX ? HW_SOCKETS_TRAIN_MAX / segment * segment : segment;
    for (size_t offset = 0; offset < departure->length; offset += most) {
        size_t rest = departure->length - offset;
        struct hw_train *train = &own->trains[own->train_count++];
        *train = (struct hw_train){.data = own->arena + own->arena_used + offset,
                                       .length = rest < most ? rest : most,
                                       .segment_size = segment,
                                       .socket = choose_socket(own, &departure->local, &departure->remote),
                                       .remote = departure->remote,
                                       .local = departure->local,
                                       .traffic_class = (uint8_t)(departure->dscp << 2 | (departure->ecn & 3)),
                                       .may_fragment = (departure->flags & HAWSER_DEPARTURE_MAY_FRAGMENT) != 0};
    }
    own->arena_used += departure->length;
}

static void add_control(struct msghdr *message, int level, int type, const void *data, size_t size) {
    struct cmsghdr *c = (struct cmsghdr *)(void *)((uint8_t *)message->msg_control + message->msg_controllen);
    c->cmsg_level = level;
    c->cmsg_type = type;
    c->cmsg_len = CMSG_LEN(size);
    memcpy(CMSG_DATA(c), data, size);
    message->msg_controllen += CMSG_SPACE(size);
}

static void fill_message(struct msghdr *message, struct slot *slot, const struct hw_train *train, size_t length) {
    *message = (struct msghdr){.msg_name = &slot->name, .msg_iov = &slot->part, .msg_iovlen = 1, .msg_control = &slot->control};
    message->msg_namelen = hw_sockaddr_set(&slot->name, &train->remote, train->remote.udp_port);
    slot->part.iov_base = train->data;
    slot->part.iov_len = length;
    bool ipv4 = train->remote.family == HAWSER_IPV4;
    if (train->socket->wildcard && train->local.family == train->remote.family) {
        if (ipv4) {
#ifdef IP_PKTINFO
            struct in_pktinfo info = {0};
            memcpy(&info.ipi_spec_dst, train->local.ip, 4);
            add_control(message, IPPROTO_IP, IP_PKTINFO, &info, sizeof(info));
#endif
        } else {
            struct in6_pktinfo info = {.ipi6_ifindex = train->local.scope};
            memcpy(&info.ipi6_addr, train->local.ip, 16);
            add_control(message, IPPROTO_IPV6, IPV6_PKTINFO, &info, sizeof(info));
        }
    }
    if (train->traffic_class) {
        int value = train->traffic_class;
        add_control(message, ipv4 ? IPPROTO_IP : IPPROTO_IPV6, ipv4 ? IP_TOS : IPV6_TCLASS, &value, sizeof(value));
    }
#ifdef UDP_SEGMENT
    if (length > train->segment_size) {
        uint16_t value = (uint16_t)train->segment_size;
        add_control(message, IPPROTO_UDP, UDP_SEGMENT, &value, sizeof(value));
    }
#endif
    if (message->msg_controllen == 0)
        message->msg_control = NULL;
}

/* How much of a train one message carries: all of it where the kernel cuts it up. */
static size_t message_length(const struct hw_train *train) {
    bool whole = (train->socket->segments && !train->single) || train->length < train->segment_size;
    return whole ? train->length : train->segment_size;
}

static size_t packets_in(size_t length, size_t segment_size) {
    return (length + segment_size - 1) / segment_size;
}

static void refused(struct hw_sockets *own, hawser *stack, hawser_time now, const struct hw_train *train, size_t length,
                    uint32_t kind, uint32_t mtu) {
    struct hawser_report report = HAWSER_INIT(report);
    report.kind = kind;
    report.mtu = mtu;
    report.remote = train->remote;
    report.local = train->local;
    report.quoted = (struct hawser_span){.data = train->data, .size = length};
    own->counters.refused++;
    if (kind)
        hawser_report(stack, now, &report);
}

/* The first `length` bytes of the train have been sent or given up. */
static void advance(struct hw_sockets *own, struct hw_train *train, size_t length) {
    train->data += length;
    train->length -= length;
    train->tried = false;
    if (train->length == 0)
        own->train_first++;
}

static void lose_segments(struct hw_sockets *own, struct hw_socket *socket) {
    socket->segments = own->segments = false;
    for (size_t i = 0; i < own->count; i++)
        own->segments |= own->list[i].segments;
}

/* The system did not take the first train; `error` says why. Afterwards the train is gone, or shorter, or is to be tried again.
 */
static void handle_refusal(struct hw_sockets *own, hawser *stack, hawser_time now, int error) {
    struct hw_train *train = &own->trains[own->train_first];
    size_t length = message_length(train);
    /* The error may be an old one, of another packet, that the kernel hands out with the next call. What it was waits in the
     * error queue, and is read after the datagrams that came before it. */
    if (!train->tried) {
        train->tried = true;
        return;
    }
    if (length > train->segment_size) {
        /* Trains are refused for more reasons than packets are: EIO where the interface cannot fill in checksums, EINVAL or
         * EMSGSIZE where the segments are too large for it. */
        train->single = true;
        if (error == EIO)
            lose_segments(own, train->socket);
        return;
    }
    switch (error) {
    case EMSGSIZE: refused(own, stack, now, train, length, HAWSER_REPORT_TOO_BIG, hw_sockets_route_mtu(&train->remote)); break;
    case EHOSTUNREACH:
    case ENETUNREACH:
    case EHOSTDOWN:
    case ENETDOWN:
    case EADDRNOTAVAIL:
    case EACCES:
    case EPERM:
    case EINVAL:
    case ENODEV: refused(own, stack, now, train, length, HAWSER_REPORT_UNREACHABLE, 0); break;
    default: /* ENOBUFS and the like: as if lost on the way */ refused(own, stack, now, train, length, 0, 0); break;
    }
    advance(own, train, length);
}

/* Messages for the first trains that go over the same socket in the same way; their number. */
static unsigned fill_batch(struct hw_sockets *own, struct mmsghdr *messages, struct slot *slots, unsigned max) {
    const struct hw_train *head = &own->trains[own->train_first];
    unsigned count = 0;
    for (uint32_t i = own->train_first; i < own->train_count && count < max; i++) {
        struct hw_train *train = &own->trains[i];
        if (train->socket != head->socket || train->may_fragment != head->may_fragment)
            break;
        fill_message(&messages[count].msg_hdr, &slots[count], train, message_length(train));
        count++;
        if (message_length(train) < train->length)
            break; /* the rest of this one comes first */
    }
    return count;
}

static int send_batch(const struct hw_sockets *own, int fd, struct mmsghdr *messages, unsigned count) {
    int result;
    do {
#ifdef __linux__
        if (!own->plain)
            result = sendmmsg(fd, messages, count, 0);
        else
#endif
            result = sendmsg(fd, &messages[0].msg_hdr, 0) < 0 ? -1 : 1;
    } while (result < 0 && errno == EINTR);
    return result;
}

int hw_sockets_flush(struct hawser_carrier *carrier, hawser *stack, hawser_time now) {
    struct hw_sockets *own = (struct hw_sockets *)carrier;
    struct mmsghdr messages[16];
    struct slot slots[16];
    while (own->train_first < own->train_count) {
        struct hw_train *train = &own->trains[own->train_first];
        if (!train->socket) {
            refused(own, stack, now, train, train->segment_size < train->length ? train->segment_size : train->length,
                    HAWSER_REPORT_UNREACHABLE, 0);
            advance(own, train, train->length);
            continue;
        }
        if (train->may_fragment != train->socket->may_fragment)
            hw_sockets_set_may_fragment(train->socket, train->may_fragment);
        unsigned count = fill_batch(own, messages, slots, own->plain ? 1 : 16);
        own->counters.send_calls++;
        int sent = send_batch(own, train->socket->fd, messages, count);
        if (sent < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
            own->counters.blocked++;
            return train->socket->fd;
        }
        if (sent < 0)
            handle_refusal(own, stack, now, errno);
        for (int i = 0; i < sent; i++) {
            train = &own->trains[own->train_first];
            size_t length = message_length(train);
            own->counters.sent += packets_in(length, train->segment_size);
            advance(own, train, length);
        }
    }
    own->train_first = own->train_count = 0;
    own->arena_used = 0;
    return -1;
}
