/* SPDX-License-Identifier: MIT
 *
 * Capture files, taken apart frame by frame: pcap (draft-ietf-opsawg-pcap) and pcapng (draft-ietf-opsawg-pcapng). Reads from
 * memory only, believes no length, and stops for good where the file contradicts itself. Does not look into frames.
 */
#include "base/bytes.h"
#include <hawser/view.h>
#include <stdbool.h>

#define PCAP_HEADER 24u
#define PCAP_RECORD 16u
#define MAGIC_MICROSECONDS 0xA1B2C3D4u
#define MAGIC_NANOSECONDS 0xA1B23C4Du
#define BLOCK_SECTION 0x0A0D0D0Au /* reads the same in both byte orders */
#define MAGIC_SECTION 0x1A2B3C4Du
#define BLOCK_INTERFACE 1u
#define BLOCK_PACKET_OLD 2u
#define BLOCK_PACKET_SIMPLE 3u
#define BLOCK_PACKET 6u
#define BLOCK_FRAME 12u /* type, length, and length again */
#define OPTION_RESOLUTION 9u
#define OPTION_OFFSET 14u

static int fail(struct hawser_capture *capture, const char *complaint) {
    capture->complaint = complaint;
    return HAWSER_ERR_STATE;
}

static uint16_t get16(const struct hawser_capture *capture, const uint8_t *p) {
    unsigned first = p[0], second = p[1];
    return (uint16_t)(capture->big_endian ? first << 8 | second : second << 8 | first);
}
static uint32_t get32(const struct hawser_capture *capture, const uint8_t *p) {
    return capture->big_endian ? hw_get32(p) : (uint32_t)p[3] << 24 | (uint32_t)p[2] << 16 | (uint32_t)p[1] << 8 | p[0];
}

static size_t left(const struct hawser_capture *capture) { return capture->file.size - capture->at; }
static const uint8_t *here(const struct hawser_capture *capture) { return capture->file.data + capture->at; }

int hawser_capture_open(struct hawser_capture *capture) {
    if (!capture || capture->size < sizeof *capture || !capture->file.data)
        return HAWSER_ERR_ARGUMENT;
    struct hawser_span file = capture->file;
    memset(capture, 0, sizeof *capture);
    capture->size = sizeof *capture;
    capture->file = file;
    if (file.size < 4)
        return fail(capture, "too short for a capture file");
    uint32_t big = hw_get32(file.data), little = get32(capture, file.data);
    if (big == BLOCK_SECTION) {
        capture->pcapng = 1;
        return 0;
    }
    capture->big_endian = big == MAGIC_MICROSECONDS || big == MAGIC_NANOSECONDS;
    uint32_t magic = capture->big_endian ? big : little;
    if (magic != MAGIC_MICROSECONDS && magic != MAGIC_NANOSECONDS)
        return fail(capture, "neither a pcap nor a pcapng file");
    if (file.size < PCAP_HEADER)
        return fail(capture, "the file ends inside its header");
    capture->nanoseconds = magic == MAGIC_NANOSECONDS;
    capture->interfaces[0].link = (uint16_t)get32(capture, file.data + 20); /* the bits above tell of the frame check sequence */
    capture->interface_count = 1;
    capture->at = PCAP_HEADER;
    return 0;
}

static void fill(struct hawser_capture *capture, struct hawser_frame *frame, unsigned interface_number, uint64_t time,
                 struct hawser_span bytes, size_t length) {
    frame->number = ++capture->frames;
    frame->link = capture->interfaces[interface_number].link;
    frame->time = time;
    frame->bytes = bytes;
    frame->length = length < bytes.size ? bytes.size : length;
}

static int next_pcap(struct hawser_capture *capture, struct hawser_frame *frame) {
    if (left(capture) == 0)
        return 0;
    if (left(capture) < PCAP_RECORD)
        return fail(capture, "the file ends inside the header of a record");
    const uint8_t *p = here(capture);
    size_t captured = get32(capture, p + 8);
    if (captured > left(capture) - PCAP_RECORD)
        return fail(capture, "the file ends inside a record, or the record's length is wrong");
    uint32_t fraction = get32(capture, p + 4);
    uint64_t time = (uint64_t)get32(capture, p) * 1000000u + (capture->nanoseconds ? fraction / 1000u : fraction);
    fill(capture, frame, 0, time, (struct hawser_span){p + PCAP_RECORD, captured}, get32(capture, p + 12));
    capture->at += PCAP_RECORD + captured;
    return 1;
}

/* ---- pcapng --------------------------------------------------------------------------------------------------- */

/* A section header tells the byte order for all that follows, its own length included. */
static int enter_section(struct hawser_capture *capture) {
    if (left(capture) < BLOCK_FRAME + 16)
        return fail(capture, "the file ends inside a section header");
    uint32_t magic = hw_get32(here(capture) + 8);
    capture->big_endian = magic == MAGIC_SECTION;
    if (get32(capture, here(capture) + 8) != MAGIC_SECTION)
        return fail(capture, "the section header has no byte-order magic");
    if (get16(capture, here(capture) + 12) != 1)
        return fail(capture, "the section has a version that is not known");
    capture->interface_count = 0;
    return 0;
}

static int add_interface(struct hawser_capture *capture, struct hawser_span body) {
    if (body.size < 8)
        return fail(capture, "an interface description is too short");
    if (capture->interface_count == HAWSER_CAPTURE_INTERFACES_MAX)
        return fail(capture, "the section has more interfaces than can be held");
    unsigned n = capture->interface_count++;
    capture->interfaces[n].link = get16(capture, body.data);
    capture->interfaces[n].snap_length = get32(capture, body.data + 4);
    capture->interfaces[n].resolution = 6;
    capture->interfaces[n].offset = 0;
    for (size_t at = 8; body.size - at >= 4;) {
        uint16_t code = get16(capture, body.data + at);
        size_t size = get16(capture, body.data + at + 2);
        if (code == 0)
            break;
        if (size > body.size - at - 4)
            return fail(capture, "an option of an interface description is longer than its block");
        const uint8_t *value = body.data + at + 4;
        if (code == OPTION_RESOLUTION && size == 1)
            capture->interfaces[n].resolution = value[0];
        if (code == OPTION_OFFSET && size == 8) {
            uint64_t first = get32(capture, value), second = get32(capture, value + 4);
            capture->interfaces[n].offset = (int64_t)(capture->big_endian ? first << 32 | second : second << 32 | first);
        }
        size_t step = 4 + hw_pad4(size);
        at += step < body.size - at ? step : body.size - at;
    }
    return 0;
}

/* The unit is 10 or 2 to the power of minus `resolution`, by its top bit. */
static uint64_t microseconds(uint64_t ticks, uint8_t resolution) {
    unsigned power = resolution & 0x7f;
    if (resolution & 0x80) {
        if (power > 63)
            return 0;
        uint64_t whole = ticks >> power, rest = ticks & ((UINT64_C(1) << power) - 1);
        if (power > 40) { /* keep the product below 2^64 */
            rest >>= power - 40;
            power = 40;
        }
        return whole * 1000000u + (rest * 1000000u >> power);
    }
    for (; power > 6 && ticks; power--)
        ticks /= 10;
    for (; power < 6; power++)
        ticks *= 10;
    return ticks;
}

/* An enhanced packet block, or the obsolete packet block, which differs in its first field only. */
static int enhanced(struct hawser_capture *capture, struct hawser_frame *frame, struct hawser_span body, bool old) {
    if (body.size < 20)
        return fail(capture, "a packet block is too short");
    uint32_t n = old ? get16(capture, body.data) : get32(capture, body.data);
    if (n >= capture->interface_count)
        return fail(capture, "a packet block names an interface that was not described");
    size_t captured = get32(capture, body.data + 12);
    if (captured > body.size - 20)
        return fail(capture, "a packet is longer than its block");
    uint64_t ticks = (uint64_t)get32(capture, body.data + 4) << 32 | get32(capture, body.data + 8);
    uint64_t time = microseconds(ticks, capture->interfaces[n].resolution) + (uint64_t)capture->interfaces[n].offset * 1000000u;
    fill(capture, frame, n, time, (struct hawser_span){body.data + 20, captured}, get32(capture, body.data + 16));
    return 1;
}

static int simple(struct hawser_capture *capture, struct hawser_frame *frame, struct hawser_span body) {
    if (body.size < 4)
        return fail(capture, "a packet block is too short");
    if (capture->interface_count == 0)
        return fail(capture, "a packet block names an interface that was not described");
    size_t length = get32(capture, body.data), captured = length, limit = capture->interfaces[0].snap_length;
    if (limit && captured > limit)
        captured = limit;
    if (captured > body.size - 4)
        return fail(capture, "a packet is longer than its block");
    fill(capture, frame, 0, 0, (struct hawser_span){body.data + 4, captured}, length);
    return 1;
}

/* One block: 1 if it was a packet, 0 if not. */
static int block(struct hawser_capture *capture, struct hawser_frame *frame) {
    if (left(capture) < BLOCK_FRAME)
        return fail(capture, "the file ends inside the header of a block");
    const uint8_t *p = here(capture);
    if (hw_get32(p) == BLOCK_SECTION) {
        int error = enter_section(capture);
        if (error)
            return error;
    }
    uint32_t type = get32(capture, p);
    size_t total = get32(capture, p + 4);
    if (total < BLOCK_FRAME || total % 4)
        return fail(capture, "a block has a length that it cannot have");
    if (total > left(capture))
        return fail(capture, "the file ends inside a block, or the block's length is wrong");
    if (get32(capture, p + total - 4) != total)
        return fail(capture, "the two lengths of a block differ");
    struct hawser_span body = {p + 8, total - BLOCK_FRAME};
    int result = 0;
    if (type == BLOCK_INTERFACE)
        result = add_interface(capture, body);
    else if (type == BLOCK_PACKET || type == BLOCK_PACKET_OLD)
        result = enhanced(capture, frame, body, type == BLOCK_PACKET_OLD);
    else if (type == BLOCK_PACKET_SIMPLE)
        result = simple(capture, frame, body);
    if (result >= 0)
        capture->at += total;
    return result;
}

int hawser_capture_next(struct hawser_capture *capture, struct hawser_frame *frame) {
    if (capture->complaint)
        return HAWSER_ERR_STATE;
    if (!capture->pcapng)
        return next_pcap(capture, frame);
    while (left(capture)) {
        int result = block(capture, frame);
        if (result)
            return result;
    }
    return 0;
}
