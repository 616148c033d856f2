/* SPDX-License-Identifier: MIT
 *
 * From a captured frame to the SCTP packet in it: link layers, IPv4, IPv6 with its extension headers, UDP. Believes no length.
 * Does not look into the SCTP packet.
 */
#include "base/bytes.h"
#include <hawser/view.h>
#include <stdbool.h>

#define ETHERTYPE_IPV4 0x0800u
#define ETHERTYPE_IPV6 0x86DDu
#define ETHERTYPE_NONE 0u
#define PROTOCOL_UDP 17u
#define PROTOCOL_SCTP 132u
#define NEXT_HOP_BY_HOP 0u
#define NEXT_ROUTING 43u
#define NEXT_FRAGMENT 44u
#define NEXT_AUTHENTICATION 51u
#define NEXT_OPTIONS 60u
#define NEXT_MOBILITY 135u

/* What is left of the frame: the bytes that were captured, and how many there were on the wire. */
struct rest {
    const uint8_t *at;
    size_t captured, length;
};

static bool skip(struct rest *rest, size_t size) {
    if (rest->captured < size)
        return false;
    rest->at += size;
    rest->captured -= size;
    rest->length -= size;
    return true;
}

/* What lies beyond a length that a header tells is no part of the packet (padding of short Ethernet frames). */
static void limit(struct rest *rest, size_t length) {
    if (rest->length > length)
        rest->length = length;
    if (rest->captured > length)
        rest->captured = length;
}

static bool vlan_tag(unsigned type) { return type == 0x8100 || type == 0x88A8 || type == 0x9100; }

/* Skips VLAN tags; returns the Ethernet type behind them. */
static unsigned behind_tags(struct rest *rest, unsigned type) {
    while (vlan_tag(type)) {
        if (rest->captured < 4)
            return ETHERTYPE_NONE;
        type = hw_get16(rest->at + 2);
        skip(rest, 4);
    }
    return type;
}

/* By the version in the first four bits. */
static unsigned by_version(const struct rest *rest) {
    unsigned version = rest->captured ? rest->at[0] >> 4 : 0;
    return version == 4 ? ETHERTYPE_IPV4 : version == 6 ? ETHERTYPE_IPV6 : ETHERTYPE_NONE;
}

static unsigned typed(struct rest *rest, size_t type_at, size_t header) {
    if (rest->captured < header)
        return ETHERTYPE_NONE;
    unsigned type = hw_get16(rest->at + type_at);
    skip(rest, header);
    return behind_tags(rest, type);
}

/* Skips the link's header; returns an Ethernet type, or -1 for a link that is not known. */
static int link_layer(struct rest *rest, uint32_t link) {
    switch (link) {
    case HAWSER_LINK_ETHERNET: return (int)typed(rest, 12, 14);
    case HAWSER_LINK_COOKED: return (int)typed(rest, 14, 16);
    case HAWSER_LINK_COOKED2: return (int)typed(rest, 0, 20);
    case HAWSER_LINK_NULL: /* the address family's number differs from system to system; the version does not */
    case HAWSER_LINK_LOOP: return skip(rest, 4) ? (int)by_version(rest) : (int)ETHERTYPE_NONE;
    case HAWSER_LINK_RAW:
    case HAWSER_LINK_RAW_OLD:
    case HAWSER_LINK_RAW_BSD:
    case HAWSER_LINK_IPV4:
    case HAWSER_LINK_IPV6: return (int)by_version(rest);
    default: return -1;
    }
}

/* What IP says of its payload. */
struct ip {
    unsigned protocol;
    bool fragment, first; /* a part of a packet; its first part */
};

static bool ipv4(struct rest *rest, struct ip *ip, struct hawser_address *source, struct hawser_address *destination) {
    const uint8_t *p = rest->at;
    if (rest->captured < 20 || p[0] >> 4 != 4)
        return false;
    size_t header = 4u * (p[0] & 15u), total = hw_get16(p + 2);
    if (header < 20)
        return false;
    if (total) /* 0: the card was to fill it in */
        limit(rest, total);
    unsigned offset = hw_get16(p + 6);
    ip->protocol = p[9];
    ip->fragment = offset & 0x3fff;
    ip->first = !(offset & 0x1fff);
    source->family = destination->family = HAWSER_IPV4;
    memcpy(source->ip, p + 12, 4);
    memcpy(destination->ip, p + 16, 4);
    return skip(rest, header);
}

static bool ipv6(struct rest *rest, struct ip *ip, struct hawser_address *source, struct hawser_address *destination) {
    const uint8_t *p = rest->at;
    if (rest->captured < 40 || p[0] >> 4 != 6)
        return false;
    source->family = destination->family = HAWSER_IPV6;
    memcpy(source->ip, p + 8, 16);
    memcpy(destination->ip, p + 24, 16);
    size_t payload = hw_get16(p + 4);
    if (payload) /* 0: a jumbogram, or the card was to fill it in */
        limit(rest, 40 + payload);
    ip->protocol = p[6];
    ip->fragment = false;
    ip->first = true;
    skip(rest, 40);
    for (;;) {
        if (rest->captured < 8)
            return true; /* then there is no room for SCTP or UDP either */
        p = rest->at;
        size_t header = 8u * (p[1] + 1u);
        switch (ip->protocol) {
        case NEXT_HOP_BY_HOP:
        case NEXT_ROUTING:
        case NEXT_OPTIONS:
        case NEXT_MOBILITY: break;
        case NEXT_AUTHENTICATION: header = 4u * (p[1] + 2u); break;
        case NEXT_FRAGMENT:
            header = 8;
            ip->fragment = hw_get16(p + 2) & 0xfff9;
            ip->first = !(hw_get16(p + 2) & 0xfff8);
            break;
        default: return true;
        }
        ip->protocol = p[0];
        if (!skip(rest, header))
            return false;
        if (!ip->first)
            return true; /* what follows is the middle of something */
    }
}

/* Whether the UDP datagram is from or to the port; skips its header and tells the ports. */
static bool udp(struct rest *rest, uint16_t port, struct hawser_address *source, struct hawser_address *destination) {
    if (rest->captured < 8 || port == 0)
        return false;
    const uint8_t *p = rest->at;
    uint16_t from = hw_get16(p), to = hw_get16(p + 2), length = hw_get16(p + 4);
    if (from != port && to != port)
        return false;
    if (length >= 8)
        limit(rest, length);
    source->udp_port = from;
    destination->udp_port = to;
    return skip(rest, 8);
}

/* Fills in addresses and bytes as far as they go. */
static int dissect(const struct hawser_frame *frame, uint16_t udp_port, struct hawser_trace_record *record, struct rest *rest) {
    struct hawser_address *source = &record->packet.remote, *destination = &record->packet.local;
    if (frame->link == HAWSER_LINK_SCTP)
        return HAWSER_FRAME_SCTP;
    int type = link_layer(rest, frame->link);
    if (type < 0)
        return HAWSER_FRAME_LINK;
    struct ip ip = {0};
    bool whole = type == (int)ETHERTYPE_IPV4   ? ipv4(rest, &ip, source, destination)
                 : type == (int)ETHERTYPE_IPV6 ? ipv6(rest, &ip, source, destination)
                                               : false;
    if (!whole)
        return HAWSER_FRAME_OTHER;
    if (ip.protocol == PROTOCOL_SCTP)
        return ip.fragment ? HAWSER_FRAME_FRAGMENT : HAWSER_FRAME_SCTP;
    if (ip.protocol != PROTOCOL_UDP || udp_port == 0)
        return HAWSER_FRAME_OTHER;
    if (ip.fragment && !ip.first)
        return HAWSER_FRAME_FRAGMENT;
    if (!udp(rest, udp_port, source, destination))
        return HAWSER_FRAME_OTHER;
    return ip.fragment ? HAWSER_FRAME_FRAGMENT : HAWSER_FRAME_SCTP;
}

int hawser_frame_packet(const struct hawser_frame *frame, uint16_t udp_port, struct hawser_trace_record *record) {
    memset(record, 0, sizeof *record);
    record->type = HAWSER_TRACE_PACKET_IN;
    record->now = frame->time;
    size_t length = frame->length < frame->bytes.size ? frame->bytes.size : frame->length;
    struct rest rest = {frame->bytes.data, frame->bytes.size, length};
    int kind = dissect(frame, udp_port, record, &rest);
    if (kind == HAWSER_FRAME_OTHER || kind == HAWSER_FRAME_LINK) {
        memset(&record->packet, 0, sizeof record->packet);
        return kind;
    }
    record->packet.data = rest.at;
    record->packet.length = rest.captured;
    return kind == HAWSER_FRAME_SCTP && rest.captured < rest.length ? HAWSER_FRAME_CUT : kind;
}
