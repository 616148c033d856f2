/* SPDX-License-Identifier: MIT
 *
 * Extensions of the peer that fuzz_assoc plays (peer.h): their parameters in INIT, and their chunks with numbers that are right,
 * nearly right, or anything.
 */
#include "peer.h"

static const uint8_t payload[600] = {'p', 'i', 'e', 'r'};

void peer_write_extensions(const struct peer *peer, struct hw_writer *writer) {
    static const uint8_t all[] = {HW_FORWARD_TSN, HW_RE_CONFIG,    HW_ASCONF, HW_ASCONF_ACK,
                                  HW_I_DATA,      HW_I_FORWARD_TSN, HW_AUTH,   HW_PAD};
    static const uint8_t listed[] = {0, HW_DATA, HW_ASCONF};
    uint8_t types[sizeof all], random[32] = {1, 2, 3}, dice = peer->extensions;
    size_t count = 0;
    bool auth = dice & 0x44; /* ASCONF without AUTH may be refused (RFC 5061 6) */
    if (!dice)
        return;
    for (size_t i = 0; i < sizeof all; i++)
        if (i == 3 ? dice >> 2 & 1 : i == 6 ? auth : dice >> i & 1) /* ASCONF and its answer together */
            types[count++] = all[i];
    hw_write_param(writer, HW_PARAM_EXTENSIONS, (struct hawser_span){types, count});
    if (dice & 1)
        hw_write_param(writer, HW_PARAM_FORWARD_TSN, (struct hawser_span){NULL, 0});
    if (auth) {
        hw_write_param(writer, HW_PARAM_RANDOM, (struct hawser_span){random, sizeof random});
        hw_write_param(writer, HW_PARAM_HMACS, (struct hawser_span){(const uint8_t[]){0, 3, 0, 1}, 4});
        hw_write_param(writer, HW_PARAM_CHUNKS, (struct hawser_span){listed + 1, dice & 0x20 ? 1u : 2u});
    }
    if (dice & 0x80) {
        hw_write_param(writer, HW_PARAM_ECN, (struct hawser_span){NULL, 0});
        hw_write_param(writer, HW_PARAM_ZERO_CHECKSUM, (struct hawser_span){(const uint8_t[]){0, 0, 0, 1}, 4});
    }
}

static void write_forward(struct peer *peer, struct fuzz_input *input, struct hw_writer *writer, bool interleaved) {
    uint8_t choice = fuzz_8(input), ahead = fuzz_8(input);
    uint32_t tsn = choice & 0x80 ? peer_near(input, peer->tsn) : peer->tsn + (ahead & 31u) - 1;
    uint8_t *chunk = hw_write_chunk_begin(writer, interleaved ? HW_I_FORWARD_TSN : HW_FORWARD_TSN, 0);
    hw_write32(writer, tsn);
    for (unsigned i = 0; i < (choice & 7u); i++) {
        uint8_t where = fuzz_8(input);
        uint16_t stream = where % 12;
        hw_write16(writer, stream);
        if (interleaved) {
            hw_write16(writer, where >> 7);
            hw_write32(writer, peer->mid[stream] + (where >> 4 & 7));
        } else
            hw_write16(writer, (uint16_t)(peer->ssn[stream] + (where >> 4) - 3));
    }
    hw_write_end(writer, chunk);
    if (!(choice & 0x80) && ahead < 64) /* a true one: it goes on from there */
        peer->tsn = tsn + 1;
}

static void write_i_data(struct peer *peer, struct fuzz_input *input, struct hw_writer *writer) {
    uint8_t flags = fuzz_8(input), where = fuzz_8(input), size = fuzz_8(input), step = fuzz_8(input);
    uint16_t stream = where % 12;
    int32_t ahead = step < 160 ? 0 : step < 250 ? (int32_t)(step & 31) - 8 : (int32_t)(1u << (step & 31));
    uint32_t tsn = peer->tsn + (uint32_t)ahead, mid = peer->mid[stream];
    if (ahead == 0)
        peer->tsn++;
    if (where & 0x80)
        mid = peer_near(input, mid);
    else if ((flags & HW_FLAG_END) && ahead == 0)
        peer->mid[stream]++;
    uint8_t *chunk = hw_write_chunk_begin(writer, HW_I_DATA, flags & 15);
    hw_write32(writer, tsn);
    hw_write16(writer, stream);
    hw_write16(writer, 0);
    hw_write32(writer, mid);
    hw_write32(writer, flags & HW_FLAG_BEGIN ? 7 : flags >> 4);
    hw_write_bytes(writer, payload, size * 2u);
    hw_write_end(writer, chunk);
}

static void write_streams(struct fuzz_input *input, struct hw_writer *writer, unsigned count) {
    for (unsigned i = 0; i < count; i++) {
        uint8_t stream = fuzz_8(input);
        hw_write16(writer, stream & 0x80 ? (uint16_t)(stream * 257u) : stream % 12);
    }
}

static void write_request(struct peer *peer, struct fuzz_input *input, struct hw_writer *writer) {
    uint8_t choice = fuzz_8(input), more = fuzz_8(input);
    uint16_t type = (uint16_t)(HW_PARAM_OUTGOING_RESET + choice % 6);
    uint8_t *param = hw_write_param_begin(writer, type);
    bool answer = type == HW_PARAM_RECONFIG_RESPONSE;
    uint32_t number = answer        ? peer_near(input, peer->heard_request)
                      : more & 0x80 ? peer_near(input, peer->request)
                                    : peer->request++;
    hw_write32(writer, number);
    switch (type) {
    case HW_PARAM_OUTGOING_RESET:
        hw_write32(writer, peer->heard_request);
        hw_write32(writer, peer_near(input, peer->tsn - 1));
        write_streams(input, writer, more & 7);
        break;
    case HW_PARAM_INCOMING_RESET:
        write_streams(input, writer, more & 7);
        break;
    case HW_PARAM_RECONFIG_RESPONSE:
        hw_write32(writer, more & 7);
        if (more & 8) {
            hw_write32(writer, peer_near(input, peer->tsn));
            hw_write32(writer, peer_near(input, peer->heard));
        }
        break;
    case HW_PARAM_ADD_OUTGOING:
    case HW_PARAM_ADD_INCOMING:
        hw_write16(writer, more & 64 ? 65535 : more & 15);
        hw_write16(writer, 0);
        break;
    default:
        break;
    }
    hw_write_end(writer, param);
}

static void write_reconfig(struct peer *peer, struct fuzz_input *input, struct hw_writer *writer) {
    unsigned count = 1 + (fuzz_8(input) & 1u);
    uint8_t *chunk = hw_write_chunk_begin(writer, HW_RE_CONFIG, 0);
    for (unsigned i = 0; i < count; i++)
        write_request(peer, input, writer);
    hw_write_end(writer, chunk);
}

static void write_operation(struct peer *peer, struct fuzz_input *input, struct hw_writer *writer) {
    static const uint16_t types[] = {HW_PARAM_ADD_ADDRESS, HW_PARAM_DELETE_ADDRESS, HW_PARAM_SET_PRIMARY, HW_PARAM_ADAPTATION};
    uint8_t choice = fuzz_8(input);
    struct hawser_address address = fuzz_address_in((enum fuzz_world)(choice >> 6), 2 + (choice >> 5 & 1), choice >> 2 & 7, 0);
    if (choice >= 0xf8)
        memset(address.ip, 0, sizeof address.ip); /* the wildcard */
    uint8_t *param = hw_write_param_begin(writer, types[choice & 3]);
    hw_write32(writer, fuzz_8(input));
    hw_write_address(writer, &address);
    hw_write_end(writer, param);
    (void)peer;
}

static void write_asconf(struct peer *peer, struct fuzz_input *input, struct hw_writer *writer) {
    uint8_t choice = fuzz_8(input);
    struct hawser_address own = peer_address(peer, 2, choice >> 6 & 1);
    uint8_t *chunk = hw_write_chunk_begin(writer, HW_ASCONF, 0);
    hw_write32(writer, choice & 0x20 ? peer_near(input, peer->serial) : peer->serial++);
    if (!(choice & 0x10))
        hw_write_address(writer, &own);
    for (unsigned i = 0; i < (choice & 7u); i++)
        write_operation(peer, input, writer);
    hw_write_end(writer, chunk);
}

static void write_asconf_ack(struct peer *peer, struct fuzz_input *input, struct hw_writer *writer) {
    uint8_t choice = fuzz_8(input);
    uint8_t *chunk = hw_write_chunk_begin(writer, HW_ASCONF_ACK, 0);
    hw_write32(writer, peer_near(input, peer->heard_serial));
    for (unsigned i = 0; i < (choice & 3u); i++) {
        uint8_t *param = hw_write_param_begin(writer, choice & 8 ? HW_PARAM_SUCCESS_INDICATION : HW_PARAM_ERROR_INDICATION);
        hw_write32(writer, fuzz_8(input));
        if (!(choice & 8))
            hw_write_param(writer, (uint16_t)(HW_CAUSE_DELETE_LAST_ADDRESS + (choice >> 4 & 7)), fuzz_span(input, 8));
        hw_write_end(writer, param);
    }
    hw_write_end(writer, chunk);
}

static void write_auth(struct fuzz_input *input, struct hw_writer *writer) {
    uint8_t choice = fuzz_8(input), digest[32] = {choice};
    uint8_t *chunk = hw_write_chunk_begin(writer, HW_AUTH, 0);
    hw_write16(writer, choice & 3);
    hw_write16(writer, choice >> 2 & 3);
    hw_write_bytes(writer, digest, choice & 0x80 ? 32 : choice & 0x40 ? 20 : choice & 31);
    hw_write_end(writer, chunk);
}

static void write_tsn(struct peer *peer, struct fuzz_input *input, struct hw_writer *writer, uint8_t type) {
    uint8_t value[4];
    hw_put32(value, peer_near(input, type == HW_ECNE ? peer->heard : peer->tsn));
    hw_write_chunk(writer, type, 0, (struct hawser_span){value, sizeof value});
}

void peer_write_extended(struct peer *peer, struct fuzz_input *input, struct hw_writer *writer) {
    uint8_t choice = fuzz_8(input) & 15;
    switch (choice) {
    case 0:
    case 1:
    case 2:
        write_i_data(peer, input, writer);
        break;
    case 3:
    case 4:
        write_forward(peer, input, writer, choice & 1);
        break;
    case 5:
    case 6:
    case 7:
        write_reconfig(peer, input, writer);
        break;
    case 8:
    case 9:
    case 10:
        write_asconf(peer, input, writer);
        break;
    case 11:
        write_asconf_ack(peer, input, writer);
        break;
    case 12:
        write_auth(input, writer);
        break;
    case 13:
        hw_write_chunk(writer, HW_PAD, 0, (struct hawser_span){payload, fuzz_8(input)});
        break;
    default:
        write_tsn(peer, input, writer, choice & 1 ? HW_ECNE : HW_CWR);
    }
}
