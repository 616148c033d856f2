/* SPDX-License-Identifier: MIT
 *
 * What shows packets and reads captures. Records of every type become text and pcapng; what was written as pcapng is read again
 * and must be the same packets, of the same addresses, at the same time. Frames and capture files of any bytes, and of bytes that
 * keep the outer form of a frame or a file, are taken apart. No text may hold a byte that a terminal obeys, or more of it than
 * the packet explains; what was found lies inside the file, and a file that is refused is refused with a reason.
 */
#include "fuzz.h"

#include <hawser/view.h>

#define RECORDS_MAX 20u
#define FRAMES_MAX 64u
#define FILE_MAX 200000u
#define UDP_PORT 9899u

static uint8_t file[FILE_MAX];
static size_t file_size;
static const uint8_t *low, *high; /* the bytes that what was found may lie in */

static void inside(struct hawser_span span) {
    FUZZ_MUST(span.size == 0 || (span.data >= low && span.data + span.size <= high));
}

static int keep(void *user, const void *data, size_t size) {
    (void)user;
    if (size > FILE_MAX - file_size)
        return -1;
    memcpy(file + file_size, data, size);
    file_size += size;
    return 0;
}

/* ---- records ---------------------------------------------------------------------------------------------------- */

static struct hawser_address address(unsigned world, unsigned side, unsigned number, uint16_t udp_port) {
    return fuzz_address_in((enum fuzz_world)(world % FUZZ_WORLDS), side, number, udp_port);
}

static struct hawser_trace_record read_record(struct fuzz_input *input) {
    uint8_t choice = fuzz_8(input), where = fuzz_8(input);
    struct hawser_trace_record record = {.type = choice % 9u, .now = (uint64_t)fuzz_16(input) << (where & 31)};
    record.association = choice & 0x80 ? fuzz_32(input) : 0;
    struct hawser_span bytes;
    switch (record.type) {
    case HAWSER_TRACE_STATE:
        record.state.before = fuzz_8(input);
        record.state.after = fuzz_8(input) & 15u;
        break;
    case HAWSER_TRACE_TIMER:
        record.timer.timer = fuzz_8(input) & 15u;
        record.timer.path = fuzz_8(input);
        break;
    case HAWSER_TRACE_PATH:
        record.path.path = fuzz_8(input);
        record.path.state = fuzz_8(input) & 7u;
        record.path.cwnd = fuzz_32(input);
        record.path.srtt = fuzz_32(input);
        break;
    case HAWSER_TRACE_END:
        record.end.reason = fuzz_8(input) & 31u;
        record.end.code = where & 1 ? fuzz_8(input) : fuzz_32(input);
        break;
    default:
        record.packet.remote = address(where >> 5, 2, where, choice & 64 ? UDP_PORT : 0);
        record.packet.local = address(where >> 2 & 7u, 1 + (choice >> 6 & 1u), where, 0);
        record.packet.counter = fuzz_8(input) - 4;
        bytes = fuzz_span(input, (size_t)fuzz_8(input) * (choice & 32 ? 16 : 1));
        record.packet.data = bytes.data;
        record.packet.length = bytes.size;
    }
    return record;
}

static void show_text(struct fuzz_input *input) {
    struct hawser_view view = HAWSER_INIT(view);
    view.sink = keep;
    uint8_t choice = fuzz_8(input);
    view.name = choice & 1 ? "A" : NULL;
    view.flags = choice >> 1 & 3;
    view.local = address(choice >> 3 & 7u, 2, 9, choice & 64 ? 7 : 0);
    FUZZ_MUST(hawser_view_open_text(&view) == 0);
    for (unsigned i = 0; i < RECORDS_MAX && fuzz_more(input); i++) {
        struct hawser_trace_record record = read_record(input);
        bool packet = record.type >= HAWSER_TRACE_PACKET_IN && record.type <= HAWSER_TRACE_PACKET_DROPPED;
        file_size = 0;
        hawser_view_text(&view, &record);
        FUZZ_MUST(view.failed == 0 && file_size <= 1024 + 64 * (packet ? record.packet.length : 0));
        FUZZ_MUST(file_size == 0 ? (view.flags & HAWSER_VIEW_PACKETS_ONLY) != 0 : file[file_size - 1] == '\n');
        for (size_t at = 0; at + 1 < file_size; at++)
            FUZZ_MUST(file[at] >= 0x20 && file[at] < 0x7f);
    }
}

/* ---- written and read again ------------------------------------------------------------------------------------- */

static bool is_packet(const struct hawser_trace_record *record) {
    return record->type == HAWSER_TRACE_PACKET_IN || record->type == HAWSER_TRACE_PACKET_OUT;
}

/* Where both ends have real addresses of one family the capture says nothing else. */
static void same_ends(const struct hawser_trace_record *was, const struct hawser_trace_record *is) {
    bool out = was->type == HAWSER_TRACE_PACKET_OUT;
    struct hawser_address source = out ? was->packet.local : was->packet.remote;
    struct hawser_address destination = out ? was->packet.remote : was->packet.local;
    if (source.family != destination.family || (source.family != HAWSER_IPV4 && source.family != HAWSER_IPV6))
        return;
    source.scope = destination.scope = 0; /* a header has no zone */
    FUZZ_MUST(hw_address_same(&source, &is->packet.remote) && hw_address_same(&destination, &is->packet.local));
}

static void round_trip(struct fuzz_input *input) {
    static struct hawser_trace_record records[RECORDS_MAX];
    static struct hawser_capture capture;
    unsigned count = 0;
    struct hawser_view view = HAWSER_INIT(view);
    view.sink = keep;
    view.name = fuzz_8(input) & 1 ? "stack" : NULL;
    FUZZ_MUST(hawser_view_open_pcapng(&view) == 0);
    for (unsigned i = 0; i < RECORDS_MAX && fuzz_more(input); i++) {
        struct hawser_trace_record record = read_record(input);
        hawser_view_pcapng(&view, &record);
        if (is_packet(&record))
            records[count++] = record;
    }
    FUZZ_MUST(view.failed == 0);
    capture = (struct hawser_capture)HAWSER_INIT(capture);
    capture.file = (struct hawser_span){file, file_size};
    low = file;
    high = file + file_size;
    FUZZ_MUST(hawser_capture_open(&capture) == 0);
    struct hawser_frame frame;
    for (unsigned i = 0; i < count; i++) {
        struct hawser_trace_record record;
        FUZZ_MUST(hawser_capture_next(&capture, &frame) == 1 && frame.number == i + 1 && frame.time == records[i].now);
        inside(frame.bytes);
        int kind = hawser_frame_packet(&frame, UDP_PORT, &record);
        FUZZ_MUST(kind == HAWSER_FRAME_SCTP && record.packet.length == records[i].packet.length);
        FUZZ_MUST(hw_equal(record.packet.data, records[i].packet.data, record.packet.length));
        same_ends(&records[i], &record);
    }
    FUZZ_MUST(hawser_capture_next(&capture, &frame) == 0);
}

/* ---- captures and frames ---------------------------------------------------------------------------------------- */

static void look_at_frame(const struct hawser_frame *frame, uint16_t udp_port) {
    struct hawser_trace_record record;
    int kind = hawser_frame_packet(frame, udp_port, &record);
    FUZZ_MUST(kind >= HAWSER_FRAME_OTHER && kind <= HAWSER_FRAME_LINK && record.now == frame->time);
    inside((struct hawser_span){record.packet.data, record.packet.length});
    FUZZ_MUST(kind != HAWSER_FRAME_OTHER || (!record.packet.data && !record.packet.length));
    struct hawser_view view = HAWSER_INIT(view);
    view.sink = keep;
    FUZZ_MUST(hawser_view_open_text(&view) == 0);
    uint8_t *end = file + file_size;
    hawser_view_text(&view, &record);
    file_size = (size_t)(end - file);
}

static void read_capture(struct hawser_span bytes) {
    static struct hawser_capture capture;
    capture = (struct hawser_capture)HAWSER_INIT(capture);
    capture.file = bytes;
    low = bytes.data;
    high = bytes.data + bytes.size;
    if (hawser_capture_open(&capture) < 0) {
        FUZZ_MUST(capture.complaint || bytes.size == 0);
        return;
    }
    struct hawser_frame frame;
    size_t frames = 0;
    int result;
    while ((result = hawser_capture_next(&capture, &frame)) == 1) {
        FUZZ_MUST(++frames <= bytes.size && frame.length >= frame.bytes.size);
        inside(frame.bytes);
        if (frames <= FRAMES_MAX)
            look_at_frame(&frame, UDP_PORT);
    }
    FUZZ_MUST(capture.at <= bytes.size && capture.frames == frames);
    FUZZ_MUST(result == 0 ? !capture.complaint : result == HAWSER_ERR_STATE && capture.complaint);
    FUZZ_MUST(hawser_capture_next(&capture, &frame) == result);
}

static void put16(bool big, uint16_t value) {
    const uint8_t bytes[] = {(uint8_t)(value >> 8), (uint8_t)value, (uint8_t)(value >> 8)};
    (void)keep(NULL, bytes + !big, 2);
}
static void put32(bool big, uint32_t value) {
    put16(big, (uint16_t)(big ? value >> 16 : value));
    put16(big, (uint16_t)(big ? value : value >> 16));
}

/* A file of blocks, or of records, that are whole but for what the input wants wrong. */
static void build_capture(struct fuzz_input *input) {
    static const uint32_t types[] = {1, 6, 6, 6, 2, 3, 0x0a0d0d0a, 1};
    uint8_t choice = fuzz_8(input);
    bool big = choice & 1, pcapng = choice & 2;
    static const uint8_t none[4];
    if (pcapng) {
        put32(true, 0x0a0d0d0a);
        put32(big, 28);
        put32(big, 0x1a2b3c4d);
        put32(big, 1u << (big ? 16 : 0)); /* version 1.0: two halves */
        put32(big, UINT32_MAX);
        put32(big, UINT32_MAX);
        put32(big, 28);
    } else {
        put32(big, choice & 4 ? 0xa1b2c3d4u : 0xa1b23c4du);
        for (unsigned i = 0; i < 4; i++)
            put32(big, 0);
        put32(big, fuzz_16(input));
    }
    while (fuzz_more(input) && file_size < FILE_MAX / 2) {
        uint8_t kind = fuzz_8(input);
        struct hawser_span body = fuzz_span(input, fuzz_8(input));
        uint32_t wrong = kind >= 0xf0 ? fuzz_8(input) : 0;
        if (pcapng && (kind & 0x87) == 0x87) { /* an interface with a clock of its own */
            put32(big, 1);
            put32(big, 44);
            put16(big, HAWSER_LINK_RAW);
            put16(big, 0);
            put32(big, 0);
            put16(big, 9);
            put16(big, 1);
            put32(true, (uint32_t)fuzz_8(input) << 24);
            put16(big, 14);
            put16(big, 8);
            put32(big, kind);
            put32(big, fuzz_8(input));
            put32(big, 44);
        } else if (pcapng) {
            uint32_t total = (uint32_t)(12 + hw_pad4(body.size)) + wrong;
            put32(big, types[kind & 7]);
            put32(big, total);
            (void)keep(NULL, body.data, body.size);
            (void)keep(NULL, none, hw_pad4(body.size) - body.size);
            put32(big, total - (kind == 0xff));
        } else {
            put32(big, kind);
            put32(big, kind << 16);
            put32(big, (uint32_t)body.size + wrong);
            put32(big, (uint32_t)body.size + (kind & 15u));
            (void)keep(NULL, body.data, body.size);
        }
    }
    read_capture((struct hawser_span){file, file_size});
}

/* A frame of the link, IP, its extension headers and UDP, as far as the input goes along. */
static void build_frame(struct fuzz_input *input) {
    static const uint16_t links[] = {HAWSER_LINK_NULL, HAWSER_LINK_ETHERNET, HAWSER_LINK_RAW_OLD, HAWSER_LINK_RAW_BSD,
                                     HAWSER_LINK_RAW,  HAWSER_LINK_LOOP,     HAWSER_LINK_COOKED,  HAWSER_LINK_IPV4,
                                     HAWSER_LINK_IPV6, HAWSER_LINK_SCTP,     HAWSER_LINK_COOKED2, 999};
    static const uint8_t headers[] = {0, 43, 60, 135, 51, 44, 17, 132};
    uint8_t choice = fuzz_8(input), form = fuzz_8(input);
    struct hawser_frame frame = {.number = 1, .link = links[choice % 12], .time = choice};
    bool ipv6 = form & 1;
    static const uint8_t zeros[24];
    if (frame.link == HAWSER_LINK_ETHERNET || frame.link == HAWSER_LINK_COOKED) {
        (void)keep(NULL, zeros, frame.link == HAWSER_LINK_ETHERNET ? 12 : 14);
        for (unsigned i = 0; i < (form >> 1 & 3u); i++) {
            put16(true, 0x8100);
            put16(true, 5);
        }
        put16(true, ipv6 ? 0x86dd : 0x0800);
    } else if (frame.link == HAWSER_LINK_COOKED2) {
        put16(true, ipv6 ? 0x86dd : 0x0800);
        (void)keep(NULL, zeros, 18);
    } else if (frame.link == HAWSER_LINK_NULL || frame.link == HAWSER_LINK_LOOP)
        (void)keep(NULL, zeros, 4);
    uint8_t next = headers[form >> 3 & 7], ip[40] = {0};
    struct hawser_span rest = fuzz_span(input, 300);
    if (frame.link != HAWSER_LINK_SCTP && !(form & 0x80)) {
        ip[0] = ipv6 ? 0x60 : 0x45;
        hw_put16(ip + 2, ipv6 ? 0 : (uint16_t)(20 + rest.size));
        hw_put16(ip + 4, ipv6 ? (uint16_t)rest.size : 0);
        ip[6] = ipv6 ? next : choice >> 6;
        ip[9] = next;
        (void)keep(NULL, ip, ipv6 ? 40 : 20);
    }
    (void)keep(NULL, rest.data, rest.size);
    frame.bytes = (struct hawser_span){file, file_size};
    frame.length = file_size + (choice >> 5);
    low = file;
    high = file + file_size;
    look_at_frame(&frame, UDP_PORT);
    look_at_frame(&frame, 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct fuzz_input input = {data, data + size};
    if (size > 65536)
        return 0;
    file_size = 0;
    switch (fuzz_8(&input) % 5) {
    case 0:
        show_text(&input);
        break;
    case 1:
        round_trip(&input);
        break;
    case 2:
        build_frame(&input);
        break;
    case 3:
        build_capture(&input);
        break;
    default:
        read_capture(fuzz_span(&input, SIZE_MAX));
    }
    return 0;
}
