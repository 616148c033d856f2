/* SPDX-License-Identifier: MIT
 *
 * Trace records as pcapng (draft-ietf-opsawg-pcapng): blocks in the machine's byte order, IP and UDP headers made up around the
 * SCTP packets. Writes block by block, keeps nothing but the comment of the next packet.
 */
#include "view/line.h"
#include "base/bytes.h"
#include <stdbool.h>

#define SECTION_HEADER 0x0A0D0D0Au
#define INTERFACE_DESCRIPTION 1u
#define ENHANCED_PACKET 6u
#define OPTION_END 0u
#define OPTION_COMMENT 1u
#define OPTION_INTERFACE_NAME 2u
#define OPTION_RESOLUTION 9u
#define OPTION_FLAGS 2u
#define OPTION_APPLICATION 4u
#define SIZE_UNKNOWN UINT64_MAX

#define IP_MAX 65535u
#define HEADERS_MAX 48u /* IPv6 and UDP */
#define PROTOCOL_UDP 17u
#define PROTOCOL_SCTP 132u
#define HOPS 64u

/* A block's fixed part or options on their way: native byte order, as the section header's magic number tells. */
struct block {
    uint8_t bytes[768];
    size_t size;
};

static void put_bytes(struct block *block, const void *data, size_t size) {
    hw_copy(block->bytes + block->size, data, size);
    block->size += size;
}
static void put_u16(struct block *block, uint16_t value) { put_bytes(block, &value, sizeof value); }
static void put_u32(struct block *block, uint32_t value) { put_bytes(block, &value, sizeof value); }

static void put_option(struct block *block, uint16_t code, const void *data, size_t size) {
    static const uint8_t zeros[4];
    put_u16(block, code);
    put_u16(block, (uint16_t)size);
    put_bytes(block, data, size);
    put_bytes(block, zeros, hw_pad4(size) - size);
}

/* A whole small block: its total length stands at both ends. */
static void write_block(struct hawser_view *view, uint32_t type, const struct block *body) {
    struct block block = {.size = 0};
    uint32_t total = (uint32_t)(12 + body->size);
    put_u32(&block, type);
    put_u32(&block, total);
    hw_view_put(view, block.bytes, block.size);
    hw_view_put(view, body->bytes, body->size);
    hw_view_put(view, &total, sizeof total);
}

static void write_section_header(struct hawser_view *view) {
    struct block body = {.size = 0};
    uint64_t size = SIZE_UNKNOWN;
    put_u32(&body, 0x1A2B3C4Du);
    put_u16(&body, 1);
    put_u16(&body, 0);
    put_bytes(&body, &size, sizeof size);
    put_option(&body, OPTION_APPLICATION, "hawser " HAWSER_VERSION, strlen("hawser " HAWSER_VERSION));
    put_option(&body, OPTION_END, NULL, 0);
    write_block(view, SECTION_HEADER, &body);
}

static void write_interface(struct hawser_view *view) {
    struct block body = {.size = 0};
    uint8_t microseconds = 6;
    put_u16(&body, (uint16_t)HAWSER_LINK_RAW);
    put_u16(&body, 0);
    put_u32(&body, 0);
    if (view->name) {
        size_t size = strlen(view->name);
        put_option(&body, OPTION_INTERFACE_NAME, view->name, size < 64 ? size : 64);
    }
    put_option(&body, OPTION_RESOLUTION, &microseconds, 1);
    put_option(&body, OPTION_END, NULL, 0);
    write_block(view, INTERFACE_DESCRIPTION, &body);
}

int hawser_view_open_pcapng(struct hawser_view *view) {
    if (!view || view->size < sizeof *view || !view->sink)
        return HAWSER_ERR_ARGUMENT;
    view->failed = 0;
    view->note_size = 0;
    if (view->interface_number == 0)
        write_section_header(view);
    write_interface(view);
    return view->failed ? HAWSER_ERR_SYSTEM : 0;
}

/* ---- made-up headers ------------------------------------------------------------------------------------------ */

/* The Internet checksum's sum (RFC 1071), without the final folding and inversion. */
static uint32_t sum16(uint32_t sum, const uint8_t *data, size_t size) {
    for (size_t i = 0; i + 1 < size; i += 2)
        sum += hw_get16(data + i);
    return size % 2 ? sum + ((uint32_t)data[size - 1] << 8) : sum;
}
static uint16_t sum16_finish(uint32_t sum) {
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t)~sum;
}

/* The 16 bytes of an IPv6 address that stand for any address, when one side at least is not IPv4. */
static void as_ipv6(uint8_t out[16], const struct hawser_address *address, bool remote) {
    memset(out, 0, 16);
    if (address->family == HAWSER_IPV6) {
        memcpy(out, address->ip, 16);
    } else if (address->family == HAWSER_IPV4) {
        out[10] = out[11] = 0xff;
        memcpy(out + 12, address->ip, 4);
    } else if (address->family == HAWSER_ROUTE) {
        hw_put32(out, 0x20010db8); /* documentation prefix, RFC 3849 */
        hw_put32(out + 4, remote ? 2 : 1);
        hw_put64(out + 8, address->route);
    }
}

struct headers {
    uint8_t bytes[HEADERS_MAX];
    size_t size;     /* of IP and UDP header */
    size_t captured; /* of the SCTP packet's bytes, as many as the IP header can count */
};

static void make_udp(uint8_t *udp, const struct hawser_address *source, const struct hawser_address *destination, size_t size) {
    hw_put16(udp, source->udp_port);
    hw_put16(udp + 2, destination->udp_port);
    hw_put16(udp + 4, (uint16_t)size);
    hw_put16(udp + 6, 0);
}

static void make_ipv4(struct headers *h, const struct hawser_address *source, const struct hawser_address *destination, bool udp,
                      size_t size) {
    uint8_t *ip = h->bytes;
    h->size = udp ? 28 : 20;
    h->captured = size < IP_MAX - h->size ? size : IP_MAX - h->size;
    ip[0] = 0x45;
    hw_put16(ip + 2, (uint16_t)(h->size + h->captured));
    ip[8] = HOPS;
    ip[9] = udp ? PROTOCOL_UDP : PROTOCOL_SCTP;
    memcpy(ip + 12, source->ip, 4);
    memcpy(ip + 16, destination->ip, 4);
    hw_put16(ip + 10, sum16_finish(sum16(0, ip, 20)));
    if (udp)
        make_udp(ip + 20, source, destination, 8 + h->captured);
}

static void make_ipv6(struct headers *h, const struct hawser_address *source, const struct hawser_address *destination, bool out,
                      bool udp, struct hawser_span packet) {
    uint8_t *ip = h->bytes;
    size_t udp_size = udp ? 8 : 0;
    h->size = 40 + udp_size;
    h->captured = packet.size < IP_MAX - udp_size ? packet.size : IP_MAX - udp_size;
    ip[0] = 0x60;
    hw_put16(ip + 4, (uint16_t)(udp_size + h->captured));
    ip[6] = udp ? PROTOCOL_UDP : PROTOCOL_SCTP;
    ip[7] = HOPS;
    as_ipv6(ip + 8, source, !out);
    as_ipv6(ip + 24, destination, out);
    if (udp) {
        make_udp(ip + 40, source, destination, 8 + h->captured);
        uint32_t sum = sum16((uint32_t)(PROTOCOL_UDP + 8 + h->captured), ip + 8, 40);
        uint16_t check = sum16_finish(sum16(sum, packet.data, h->captured));
        hw_put16(ip + 46, check ? check : UINT16_MAX); /* 0 would say that there is none (RFC 8200 8.1) */
    }
}

static void make_headers(struct headers *h, const struct hawser_view *view, const struct hawser_trace_record *record) {
    bool out = record->type == HAWSER_TRACE_PACKET_OUT;
    const struct hawser_address *remote = &record->packet.remote;
    struct hawser_address local = record->packet.local;
    if (local.family == HAWSER_NONE)
        local = view->local;
    if (local.family == HAWSER_NONE)
        local.family = remote->family; /* 0.0.0.0, ::, or route 0 */
    const struct hawser_address *source = out ? &local : remote, *destination = out ? remote : &local;
    bool udp = remote->udp_port != 0;
    struct hawser_span packet = {record->packet.data, record->packet.length};
    bool ipv4 = (remote->family == HAWSER_IPV4 || remote->family == HAWSER_NONE) && local.family == remote->family;
    memset(h, 0, sizeof *h);
    if (ipv4)
        make_ipv4(h, source, destination, udp, packet.size);
    else
        make_ipv6(h, source, destination, out, udp, packet);
}

/* ---- records -------------------------------------------------------------------------------------------------- */

static void write_packet(struct hawser_view *view, const struct hawser_trace_record *record) {
    struct headers h;
    make_headers(&h, view, record);
    uint32_t captured = (uint32_t)(h.size + h.captured), padding = (uint32_t)(hw_pad4(captured) - captured);
    struct block options = {.size = 0};
    uint32_t flags = record->type == HAWSER_TRACE_PACKET_OUT ? 2 : 1;
    put_option(&options, OPTION_FLAGS, &flags, sizeof flags);
    if (view->note_size)
        put_option(&options, OPTION_COMMENT, view->note, view->note_size);
    put_option(&options, OPTION_END, NULL, 0);
    view->note_size = 0;

    struct block head = {.size = 0};
    uint64_t time = record->now + view->time_offset;
    uint32_t total = (uint32_t)(32 + captured + padding + options.size);
    put_u32(&head, ENHANCED_PACKET);
    put_u32(&head, total);
    put_u32(&head, view->interface_number);
    put_u32(&head, (uint32_t)(time >> 32));
    put_u32(&head, (uint32_t)time);
    put_u32(&head, captured);
    put_u32(&head, (uint32_t)(h.size + record->packet.length));
    put_bytes(&head, h.bytes, h.size);
    hw_view_put(view, head.bytes, head.size);
    hw_view_put(view, record->packet.data, h.captured);
    struct block tail = {.size = 0};
    put_u32(&tail, 0);
    tail.size = padding;
    put_bytes(&tail, options.bytes, options.size);
    put_u32(&tail, total);
    hw_view_put(view, tail.bytes, tail.size);
}

static int add_to_note(void *user, const void *data, size_t size) {
    struct hawser_view *view = user;
    size_t room = sizeof view->note - view->note_size;
    size_t taken = size < room ? size : room;
    memcpy(view->note + view->note_size, data, taken);
    view->note_size += (uint32_t)taken;
    return 0;
}

/* The record's line of text, without its end, becomes a line of the comment. */
static void note(struct hawser_view *view, const struct hawser_trace_record *record) {
    struct hawser_view text = {.size = sizeof text, .sink = add_to_note, .sink_user = view, .time_offset = view->time_offset};
    if (view->note_size && view->note_size < sizeof view->note)
        view->note[view->note_size++] = '\n';
    hawser_view_text(&text, record);
    if (view->note[view->note_size - 1] == '\n')
        view->note_size--;
}

void hawser_view_pcapng(void *user, const struct hawser_trace_record *record) {
    struct hawser_view *view = user;
    if (view->failed)
        return;
    switch (record->type) {
    case HAWSER_TRACE_PACKET_IN:
    case HAWSER_TRACE_PACKET_OUT: write_packet(view, record); break;
    case HAWSER_TRACE_PACKET_DROPPED:
    case HAWSER_TRACE_STATE:
    case HAWSER_TRACE_END: note(view, record); break;
    default: break;
    }
}
