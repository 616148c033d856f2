/* SPDX-License-Identifier: MIT
 *
 * The peer that fuzz_assoc plays (peer.h).
 */
#include "peer.h"

#define COOKIE_ROOM 200u /* of a made-up cookie at most */

static const uint8_t payload[1500] = {'m', 'o', 'o', 'r'};

struct hawser_address peer_address(const struct peer *peer, unsigned side, unsigned number) {
    return fuzz_address_in(peer->world, side, number, peer->world == FUZZ_ROUTES ? 0 : peer->udp_port);
}

/* ---- what the stack says ---------------------------------------------------------------------------------------- */

static void observe_init(struct peer *peer, const struct hw_tlv *chunk) {
    struct hw_init init;
    if (!hw_init_parse(&init, chunk))
        return;
    if (chunk->type == HW_INIT) {
        peer->stack_tag = init.tag;
        peer->heard = init.tsn - 1;
        return;
    }
    peer->offered_tag = init.tag;
    peer->offered_tsn = init.tsn;
    struct hw_cursor cursor = hw_cursor_over(init.params);
    struct hw_tlv param;
    while (hw_cursor_param(&cursor, &param) == HW_CURSOR_ITEM)
        if (param.type == HW_PARAM_COOKIE && param.value.size <= sizeof peer->cookie) {
            memcpy(peer->cookie, param.value.data, param.value.size);
            peer->cookie_size = param.value.size;
        }
}

void peer_observe(struct peer *peer, const uint8_t *packet, size_t size) {
    struct hw_header header;
    if (!hw_header_parse(&header, (struct hawser_span){packet, size}) || header.destination_port != peer->port ||
        header.source_port != peer->stack_port)
        return;
    peer->quote_size = size < sizeof peer->quote ? size : sizeof peer->quote;
    memcpy(peer->quote, packet, peer->quote_size);
    struct hw_cursor cursor = hw_cursor_over((struct hawser_span){packet + HW_HEADER_SIZE, size - HW_HEADER_SIZE});
    struct hw_tlv chunk;
    struct hw_data data;
    while (hw_cursor_chunk(&cursor, &chunk) == HW_CURSOR_ITEM) {
        if (chunk.type == HW_INIT || chunk.type == HW_INIT_ACK)
            observe_init(peer, &chunk);
        else if (chunk.type == HW_DATA && hw_data_parse(&data, &chunk))
            peer->heard = hw_tsn_max(peer->heard, data.tsn);
        else if (chunk.type == HW_I_DATA && chunk.value.size >= 4)
            peer->heard = hw_tsn_max(peer->heard, hw_get32(chunk.value.data));
        else if (chunk.type == HW_RE_CONFIG && chunk.value.size >= 8)
            peer->heard_request = hw_get32(chunk.value.data + 4);
        else if (chunk.type == HW_ASCONF && chunk.value.size >= 4)
            peer->heard_serial = hw_get32(chunk.value.data);
        else if (chunk.type == HW_HEARTBEAT && chunk.value.size <= sizeof peer->beat) {
            memcpy(peer->beat, chunk.value.data, chunk.value.size);
            peer->beat_size = chunk.value.size;
        }
    }
}

/* ---- well-formed packets ---------------------------------------------------------------------------------------- */

void peer_begin(const struct peer *peer, struct peer_packet *packet, struct hw_writer *writer, uint32_t tag) {
    *writer = hw_writer_over(packet->data, sizeof packet->data);
    packet->remote = peer_address(peer, 2, 0);
    packet->local = peer_address(peer, 1, 0);
    hw_write_header(writer, peer->port, peer->stack_port, tag);
}

void peer_end(struct peer_packet *packet, struct hw_writer *writer) {
    packet->size = hw_writer_size(writer);
    fuzz_seal(packet->data, packet->size);
}

static void write_init_fixed(const struct peer *peer, struct hw_writer *writer, uint32_t a_rwnd, uint16_t out, uint16_t in) {
    hw_write32(writer, peer->tag);
    hw_write32(writer, a_rwnd);
    hw_write16(writer, out);
    hw_write16(writer, in);
    hw_write32(writer, peer->tsn);
}

/* Those that start anew with each INIT. */
static void begin_numbers(struct peer *peer) {
    memset(peer->ssn, 0, sizeof peer->ssn);
    memset(peer->mid, 0, sizeof peer->mid);
    peer->request = peer->serial = peer->tsn;
}

static void write_addresses(const struct peer *peer, struct hw_writer *writer) {
    for (unsigned i = 0; peer->world != FUZZ_ROUTES && peer->addresses > 1 && i < peer->addresses; i++) {
        struct hawser_address address = peer_address(peer, 2, i);
        if (peer->world == FUZZ_MAPPED) /* on the wire it is what it is */
            address = fuzz_address(2, i, 0);
        hw_write_address(writer, &address);
    }
}

static void write_cookie_param(const struct peer *peer, struct hw_writer *writer, size_t size) {
    hw_write_param(writer, HW_PARAM_COOKIE, (struct hawser_span){peer->cookie, size});
}

void peer_write_init(struct peer *peer, struct hw_writer *writer, uint8_t type) {
    uint8_t *chunk = hw_write_chunk_begin(writer, type, 0);
    write_init_fixed(peer, writer, 65536, 10, 10);
    write_addresses(peer, writer);
    peer_write_extensions(peer, writer);
    if (type == HW_INIT_ACK)
        write_cookie_param(peer, writer, COOKIE_ROOM);
    hw_write_end(writer, chunk);
    begin_numbers(peer);
}

void peer_write_cookie_echo(struct peer *peer, struct hw_writer *writer) {
    hw_write_chunk(writer, HW_COOKIE_ECHO, 0, (struct hawser_span){peer->cookie, peer->cookie_size});
    peer->stack_tag = peer->offered_tag;
    peer->heard = peer->offered_tsn - 1;
}

void peer_write_sack(struct peer *peer, struct hw_writer *writer, uint32_t a_rwnd) {
    uint8_t *chunk = hw_write_chunk_begin(writer, HW_SACK, 0);
    hw_write32(writer, peer->heard);
    hw_write32(writer, a_rwnd);
    hw_write32(writer, 0);
    hw_write_end(writer, chunk);
}

void peer_write_shutdown(struct peer *peer, struct hw_writer *writer) {
    uint8_t cum_tsn[4];
    hw_put32(cum_tsn, peer->heard);
    hw_write_chunk(writer, HW_SHUTDOWN, 0, (struct hawser_span){cum_tsn, sizeof cum_tsn});
}

/* ---- chunks as the input says ----------------------------------------------------------------------------------- */

uint32_t peer_near(struct fuzz_input *input, uint32_t right) {
    uint8_t choice = fuzz_8(input);
    if (choice == 255)
        return fuzz_32(input);
    if (choice >= 250)
        return right + (uint32_t)(int32_t)(int16_t)fuzz_16(input);
    return choice < 192 ? right - (choice & 7u) * (choice >= 64) : right + (choice & 15u);
}

static void write_data(struct peer *peer, struct fuzz_input *input, struct hw_writer *writer) {
    uint8_t flags = fuzz_8(input), where = fuzz_8(input), size = fuzz_8(input), step = fuzz_8(input);
    uint16_t stream = where % 12;
    int32_t ahead = step < 160 ? 0 : step < 250 ? (int32_t)(step & 31) - 8 : step < 255 ? 1 << (step - 238) : INT32_MAX;
    uint32_t tsn = peer->tsn + (uint32_t)ahead;
    if (ahead == 0)
        peer->tsn++;
    uint16_t ssn = peer->ssn[stream];
    if (where & 0x80)
        ssn = (uint16_t)(ssn + (flags >> 4) - 4);
    else if ((flags & HW_FLAG_END) && !(flags & HW_FLAG_UNORDERED) && ahead == 0)
        peer->ssn[stream]++;
    uint8_t *chunk = hw_write_chunk_begin(writer, HW_DATA, flags & 15);
    hw_write32(writer, tsn);
    hw_write16(writer, stream);
    hw_write16(writer, ssn);
    hw_write32(writer, 7);
    hw_write_bytes(writer, payload, (size & 0x7fu) * (size & 0x80 ? 11u : 1u));
    hw_write_end(writer, chunk);
}

static void write_any_param(struct peer *peer, struct fuzz_input *input, struct hw_writer *writer) {
    uint8_t choice = fuzz_8(input);
    struct hawser_address address = fuzz_address_in(choice >> 6, 2, choice >> 4 & 3, 0);
    uint8_t bytes[4];
    struct hawser_span raw;
    switch (choice & 15) {
    case 0:
        write_addresses(peer, writer);
        break;
    case 1:
    case 2:
        hw_write_address(writer, &address);
        break;
    case 3:
        address.family = HAWSER_IPV6;
        memcpy(address.ip, (const uint8_t[]){0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2}, 16);
        address.ip[0] = choice & 0x40 ? 0xfe : 0xfd;
        address.ip[1] = choice & 0x40 ? 0x80 : 0;
        hw_write_address(writer, &address);
        break;
    case 4:
    case 5:
        write_cookie_param(peer, writer, choice >> 4 == 15 ? 0 : choice >> 4 == 14 ? sizeof peer->cookie : COOKIE_ROOM);
        break;
    case 6:
        hw_put16(bytes, choice & 16 ? HW_PARAM_IPV4 : HW_PARAM_IPV6);
        hw_write_param(writer, HW_PARAM_ADDRESS_TYPES, (struct hawser_span){bytes, 2});
        break;
    case 7:
        hw_put32(bytes, fuzz_16(input) * 16u);
        hw_write_param(writer, HW_PARAM_COOKIE_PRESERVATIVE, (struct hawser_span){bytes, 4});
        break;
    case 8:
        hw_write_param(writer, HW_PARAM_HOST_NAME, (struct hawser_span){(const uint8_t *)"quay", 5});
        break;
    default:
        raw = fuzz_span(input, choice >> 3);
        hw_write_param(writer, (uint16_t)(fuzz_16(input)), raw);
    }
}

static void write_any_init(struct peer *peer, struct fuzz_input *input, struct hw_writer *writer, uint8_t type) {
    static const uint32_t windows[] = {65536, 1500, 1499, 0, 4096, UINT32_MAX, 100000, 3000};
    static const uint16_t streams[] = {10, 1, 65535, 0};
    uint8_t choice = fuzz_8(input), counts = fuzz_8(input);
    if (choice & 0x80)
        peer->tag = fuzz_32(input);
    if (choice & 0x40)
        peer->tsn = peer_near(input, choice & 0x20 ? UINT32_MAX : peer->tsn);
    uint8_t *chunk = hw_write_chunk_begin(writer, type, 0);
    write_init_fixed(peer, writer, windows[counts & 16 ? choice & 7 : 0], streams[counts >> 5 & 1 ? choice >> 3 & 3 : 0],
                     streams[counts >> 6 & 1 ? choice >> 4 & 3 : 0]);
    if (type == HW_INIT_ACK && counts & 0x80)
        write_cookie_param(peer, writer, COOKIE_ROOM);
    if (counts & 8)
        peer_write_extensions(peer, writer);
    for (unsigned i = 0; i < (counts & 7u); i++)
        write_any_param(peer, input, writer);
    hw_write_end(writer, chunk);
    begin_numbers(peer);
}

static void write_any_sack(struct peer *peer, struct fuzz_input *input, struct hw_writer *writer) {
    uint8_t choice = fuzz_8(input);
    unsigned gaps = choice & 7u, dups = choice >> 3 & 3u;
    uint32_t cum_tsn = peer_near(input, peer->heard - (choice & 0x80 ? 8u : 0u));
    uint8_t *chunk = hw_write_chunk_begin(writer, HW_SACK, 0);
    hw_write32(writer, cum_tsn);
    hw_write32(writer, choice & 0x60 ? 65536 : fuzz_8(input) * 100u);
    hw_write16(writer, (uint16_t)(gaps + (choice == 0xff)));
    hw_write16(writer, (uint16_t)dups);
    uint16_t at = 0;
    for (unsigned i = 0; i < gaps; i++) {
        uint8_t gap = fuzz_8(input);
        uint16_t start = (uint16_t)(at + (gap & 15)), end = (uint16_t)(start + (gap >> 4));
        if (gap == 255) {
            start = fuzz_16(input);
            end = fuzz_16(input);
        }
        hw_write16(writer, start);
        hw_write16(writer, end);
        at = (uint16_t)(end + 1);
    }
    for (unsigned i = 0; i < dups; i++)
        hw_write32(writer, cum_tsn - i);
    hw_write_end(writer, chunk);
}

static void write_causes(struct fuzz_input *input, struct hw_writer *writer, uint8_t type, uint8_t flags) {
    uint8_t choice = fuzz_8(input);
    uint8_t *chunk = hw_write_chunk_begin(writer, type, flags);
    for (unsigned i = 0; i < (choice & 3u); i++) {
        uint8_t code = fuzz_8(input);
        hw_write_param(writer, code & 0x80 ? code : HW_CAUSE_STALE_COOKIE, fuzz_span(input, choice >> 2));
    }
    hw_write_end(writer, chunk);
}

static void write_bytes_chunk(struct fuzz_input *input, struct hw_writer *writer, uint8_t type) {
    uint8_t size = fuzz_8(input), flags = fuzz_8(input);
    struct hawser_span value = fuzz_span(input, size & 0x3f);
    if (size & 0x80) /* a large one, all of a kind */
        value = (struct hawser_span){payload, (size & 0x7fu) * 11u};
    hw_write_chunk(writer, type, flags, value);
}

static void write_any_cookie(struct peer *peer, struct fuzz_input *input, struct hw_writer *writer) {
    uint8_t choice = fuzz_8(input);
    uint8_t *chunk = writer->at;
    peer_write_cookie_echo(peer, writer);
    if (choice >= 0xf0 && peer->cookie_size && !writer->full)
        chunk[HW_TLV_SIZE + fuzz_16(input) % peer->cookie_size] ^= (uint8_t)(1u << (choice & 7));
}

static void write_shutdown(struct peer *peer, struct fuzz_input *input, struct hw_writer *writer) {
    uint8_t cum_tsn[4];
    hw_put32(cum_tsn, peer_near(input, peer->heard));
    hw_write_chunk(writer, HW_SHUTDOWN, 0, (struct hawser_span){cum_tsn, sizeof cum_tsn});
}

static void write_chunk(struct peer *peer, struct fuzz_input *input, struct hw_writer *writer, uint8_t type) {
    switch (type) {
    case HW_DATA:
        write_data(peer, input, writer);
        break;
    case HW_INIT:
    case HW_INIT_ACK:
        write_any_init(peer, input, writer, type);
        break;
    case HW_SACK:
        write_any_sack(peer, input, writer);
        break;
    case HW_HEARTBEAT_ACK:
        if (fuzz_8(input) < 200)
            hw_write_chunk(writer, type, 0, (struct hawser_span){peer->beat, peer->beat_size});
        else
            write_bytes_chunk(input, writer, type);
        break;
    case HW_ABORT:
    case HW_ERROR:
        write_causes(input, writer, type, fuzz_8(input) & 1);
        break;
    case HW_SHUTDOWN:
        write_shutdown(peer, input, writer);
        break;
    case HW_COOKIE_ECHO:
        write_any_cookie(peer, input, writer);
        break;
    case HW_SHUTDOWN_ACK:
    case HW_COOKIE_ACK:
    case HW_SHUTDOWN_COMPLETE:
        hw_write_chunk(writer, type, fuzz_8(input) & 1, (struct hawser_span){NULL, 0});
        break;
    case 12:
    case 13:
        peer_write_extended(peer, input, writer);
        break;
    case 15: /* unknown to 9260 */
        write_bytes_chunk(input, writer, fuzz_8(input));
        break;
    default:
        write_bytes_chunk(input, writer, type);
    }
}

static uint32_t choose_tag(const struct peer *peer, struct fuzz_input *input, uint8_t choice, uint8_t first_type) {
    switch (choice & 7) {
    case 5:
        return peer->tag;
    case 6:
        return 0;
    case 7:
        return fuzz_32(input);
    default:
        return first_type == HW_INIT        ? 0
               : first_type == HW_INIT_ACK  ? peer->stack_tag
               : first_type == HW_COOKIE_ECHO ? peer->offered_tag
                                            : peer->stack_tag;
    }
}

void peer_packet(struct peer *peer, struct fuzz_input *input, struct peer_packet *packet) {
    uint8_t choice = fuzz_8(input), types = fuzz_8(input);
    struct hw_writer writer;
    unsigned count = 1u + (choice >> 6);
    peer_begin(peer, packet, &writer, choose_tag(peer, input, choice, types & 15));
    unsigned address = choice >> 3 & 3u;
    packet->remote = address == PEER_FOREIGN ? peer_address(peer, 3, types >> 4) : peer_address(peer, 2, address);
    if (choice & 0x20 && choice & 1)
        packet->remote.udp_port = 4242;
    packet->local = peer_address(peer, 1, types >> 4 & 3);
    if ((types >> 4 & 3) == 3)
        packet->local = (struct hawser_address){.family = HAWSER_NONE};
    for (unsigned i = 0; i < count; i++)
        write_chunk(peer, input, &writer, (i ? fuzz_8(input) : types) & 15);
    if (choice == 0xff) { /* what follows is no chunk, or only a part of one */
        struct hawser_span raw = fuzz_span(input, 40);
        hw_write_bytes(&writer, raw.data, raw.size);
    }
    packet->ecn = choice & 0x10 ? types >> 4 & 3 : 0;
    if ((types & 0xcf) == 0xc1)
        hw_put16(packet->data, fuzz_16(input));
    peer_end(packet, &writer);
}
