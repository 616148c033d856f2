/* SPDX-License-Identifier: MIT
 *
 * Any bytes through all that reads bytes without a stack: the cursors and typed parsers of wire, the views of packets as text and
 * as pcapng, and the readers of captures and frames. What was parsed must lie inside the input, and written again be the same.
 */
#include "fuzz.h"

#include <hawser/view.h>

static const uint8_t *low, *high; /* the bytes that views may point into */

static void inside(struct hawser_span span) {
    FUZZ_MUST(span.size == 0 || (span.data >= low && span.data + span.size <= high));
}

static void walk_params(struct hawser_span bytes, unsigned depth) {
    struct hw_cursor cursor = hw_cursor_over(bytes);
    struct hw_tlv param;
    enum hw_cursor_result result;
    size_t walked = 0;
    while ((result = hw_cursor_param(&cursor, &param)) == HW_CURSOR_ITEM) {
        inside(param.whole);
        inside(param.value);
        FUZZ_MUST(param.whole.size == param.value.size + HW_TLV_SIZE);
        FUZZ_MUST(param.whole.data == bytes.data + walked);
        walked += hw_pad4(param.whole.size);
        struct hawser_address address;
        if (hw_address_param_parse(&address, &param)) {
            uint8_t buffer[20];
            struct hw_writer writer = hw_writer_over(buffer, sizeof buffer);
            hw_write_address(&writer, &address);
            FUZZ_MUST(!writer.full && hw_writer_size(&writer) == hw_address_param_size(&address));
            FUZZ_MUST(param.type == HW_PARAM_IPV4 || param.type == HW_PARAM_IPV6);
        }
        (void)hw_param_name(param.type);
        (void)hw_cause_name(param.type);
        if (depth)
            walk_params(param.value, depth - 1);
    }
    if (result == HW_CURSOR_END)
        FUZZ_MUST(cursor.at == cursor.end);
    struct hw_tlv again = param;
    FUZZ_MUST(hw_cursor_param(&cursor, &again) == result); /* it stays where it is */
}

static void parse_typed(const struct hw_tlv *chunk) {
    struct hw_data data;
    struct hw_init init;
    struct hw_sack sack;
    uint32_t cum_tsn;
    if (hw_data_parse(&data, chunk))
        inside(data.payload);
    if (hw_init_parse(&init, chunk)) {
        inside(init.params);
        walk_params(init.params, 1);
    }
    if (hw_sack_parse(&sack, chunk)) {
        unsigned sum = 0;
        for (unsigned i = 0; i < sack.gap_count; i++)
            sum += hw_sack_gap(&sack, i).start;
        for (unsigned i = 0; i < sack.dup_count; i++)
            sum += hw_sack_dup(&sack, i);
        FUZZ_MUST(sack.gap_count == 0 || sack.gaps + 4u * sack.gap_count <= high);
        FUZZ_MUST(sack.dup_count == 0 || sack.dups + 4u * sack.dup_count <= high);
        (void)sum;
    }
    (void)hw_shutdown_parse(&cum_tsn, chunk);
    (void)hw_chunk_name((uint8_t)chunk->type);
    walk_params(chunk->value, 1);
}

static void walk_packet(struct hawser_span packet) {
    static uint8_t buffer[65536 + 16];
    struct hw_writer writer = hw_writer_over(buffer, sizeof buffer);
    struct hw_header header;
    if (!hw_header_parse(&header, packet)) {
        FUZZ_MUST(packet.size < HW_HEADER_SIZE);
        return;
    }
    struct hawser_span chunks = {packet.data + HW_HEADER_SIZE, packet.size - HW_HEADER_SIZE};
    struct hw_cursor cursor = hw_cursor_over(chunks);
    struct hw_tlv chunk;
    while (hw_cursor_chunk(&cursor, &chunk) == HW_CURSOR_ITEM) {
        inside(chunk.whole);
        FUZZ_MUST(chunk.whole.size == chunk.value.size + HW_TLV_SIZE);
        size_t begin = hw_writer_size(&writer);
        hw_write_chunk(&writer, (uint8_t)chunk.type, chunk.flags, chunk.value);
        FUZZ_MUST(!writer.full && hw_equal(buffer + begin, chunk.whole.data, chunk.whole.size));
        FUZZ_MUST(hw_writer_size(&writer) == begin + hw_pad4(chunk.whole.size));
        parse_typed(&chunk);
    }
}

/* ---- views ------------------------------------------------------------------------------------------------------ */

static int sink(void *user, const void *data, size_t size) {
    const uint8_t *bytes = data;
    size_t *sum = user;
    for (size_t i = 0; i < size; i++)
        *sum += bytes[i];
    return 0;
}

static void view_packet(struct fuzz_input *input, bool pcapng) {
    size_t sum = 0;
    struct hawser_view view = HAWSER_INIT(view);
    view.sink = sink;
    view.sink_user = &sum;
    view.name = fuzz_8(input) & 1 ? "A" : NULL;
    view.flags = fuzz_8(input) & 3;
    FUZZ_MUST((pcapng ? hawser_view_open_pcapng(&view) : hawser_view_open_text(&view)) == 0);
    struct hawser_trace_record record = {.type = HAWSER_TRACE_PACKET_IN + fuzz_8(input) % 3u, .now = fuzz_32(input)};
    record.packet.remote = fuzz_address(1, 1, fuzz_16(input));
    record.packet.remote.family = (uint8_t[]){HAWSER_NONE, HAWSER_IPV4, HAWSER_IPV6, HAWSER_ROUTE}[fuzz_8(input) % 4];
    record.packet.local = record.packet.remote;
    record.packet.counter = fuzz_8(input) % HAWSER_COUNTER_COUNT;
    struct hawser_span packet = fuzz_span(input, SIZE_MAX);
    record.packet.data = packet.data;
    record.packet.length = packet.size;
    for (unsigned i = 0; i < 2; i++)
        (pcapng ? hawser_view_pcapng : hawser_view_text)(&view, &record);
}

static void look_at_frame(const struct hawser_frame *frame, uint16_t udp_port) {
    struct hawser_trace_record record;
    int kind = hawser_frame_packet(frame, udp_port, &record);
    if (kind != HAWSER_FRAME_SCTP && kind != HAWSER_FRAME_CUT)
        return;
    struct hawser_span packet = {record.packet.data, record.packet.length};
    inside(packet);
    walk_packet(packet);
}

static void read_frame(struct fuzz_input *input) {
    static const uint16_t links[] = {HAWSER_LINK_NULL, HAWSER_LINK_ETHERNET, HAWSER_LINK_RAW_OLD, HAWSER_LINK_RAW_BSD,
                                     HAWSER_LINK_RAW,  HAWSER_LINK_LOOP,     HAWSER_LINK_COOKED,  HAWSER_LINK_IPV4,
                                     HAWSER_LINK_IPV6, HAWSER_LINK_SCTP,     HAWSER_LINK_COOKED2, 999};
    struct hawser_frame frame = {.number = 1, .link = links[fuzz_8(input) % 12]};
    uint8_t longer = fuzz_8(input);
    uint16_t udp_port = longer & 1 ? 9899 : 0;
    frame.bytes = fuzz_span(input, SIZE_MAX);
    frame.length = frame.bytes.size + (longer >> 1);
    look_at_frame(&frame, udp_port);
}

static void read_capture(struct fuzz_input *input) {
    static struct hawser_capture capture;
    capture = (struct hawser_capture)HAWSER_INIT(capture);
    capture.file = fuzz_span(input, SIZE_MAX);
    if (hawser_capture_open(&capture) < 0) {
        FUZZ_MUST(capture.complaint || capture.file.size == 0);
        return;
    }
    struct hawser_frame frame;
    size_t frames = 0;
    int result;
    while ((result = hawser_capture_next(&capture, &frame)) == 1) {
        FUZZ_MUST(++frames <= capture.file.size);
        inside(frame.bytes);
        look_at_frame(&frame, 9899);
    }
    FUZZ_MUST(result == 0 || capture.complaint);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct fuzz_input input = {data, data + size};
    if (size > 65536)
        return 0;
    low = data;
    high = data + size;
    switch (fuzz_8(&input) % 5) {
    case 0:
        walk_packet(fuzz_span(&input, SIZE_MAX));
        break;
    case 1:
        view_packet(&input, false);
        break;
    case 2:
        view_packet(&input, true);
        break;
    case 3:
        read_frame(&input);
        break;
    default:
        read_capture(&input);
    }
    return 0;
}
