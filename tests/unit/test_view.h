/* SPDX-License-Identifier: MIT
 *
 * What the tests of view share: a sink into memory that can fail, and what a view made of a record or a packet.
 */
#ifndef TEST_VIEW_H
#define TEST_VIEW_H

#include "test_wire.h"
#include "base/crc32c.h"
#include <hawser/view.h>

struct memory_sink {
    uint8_t bytes[65536 * 4];
    size_t size, limit; /* fails when more than `limit` bytes come; 0: never */
};

static inline int to_memory(void *user, const void *data, size_t size) {
    struct memory_sink *sink = user;
    if (size > sizeof sink->bytes - sink->size || (sink->limit && sink->size + size > sink->limit))
        return 7;
    memcpy(sink->bytes + sink->size, data, size);
    sink->size += size;
    return 0;
}

/* A view over `sink`, which it empties. */
static inline struct hawser_view view_over(struct memory_sink *sink) {
    sink->size = sink->limit = 0;
    return (struct hawser_view){.size = sizeof(struct hawser_view), .sink = to_memory, .sink_user = sink};
}

static inline struct hawser_address ipv4_address(uint8_t last, uint16_t udp_port) {
    return (struct hawser_address){.family = HAWSER_IPV4, .udp_port = udp_port, .ip = {10, 0, 0, last}};
}

static inline struct hawser_address ipv6_address(uint8_t last, uint16_t udp_port) {
    return (struct hawser_address){.family = HAWSER_IPV6, .udp_port = udp_port, .ip = {0x20, 0x01, 0x0d, 0xb8, [15] = last}};
}

/* A record of a packet between 10.0.0.1 (here) and 10.0.0.2. */
static inline struct hawser_trace_record packet_record(uint32_t type, const void *data, size_t size, uint16_t udp_port) {
    struct hawser_trace_record record = {.type = type, .now = 1234};
    record.packet.data = data;
    record.packet.length = size;
    record.packet.local = ipv4_address(1, udp_port);
    record.packet.remote = ipv4_address(2, udp_port);
    return record;
}

/* The text of a record, from the view as it is. */
static inline const char *text_of(struct hawser_view *view, const struct hawser_trace_record *record) {
    struct memory_sink *sink = view->sink_user;
    sink->size = 0;
    hawser_view_text(view, record);
    assert_true(sink->size < sizeof sink->bytes);
    sink->bytes[sink->size] = 0;
    return (const char *)sink->bytes;
}

/* The text of a packet with these chunks, from behind its checksum to the end of the line. */
static inline const char *text_of_chunks(const void *chunks, size_t size) {
    static struct memory_sink sink;
    uint8_t packet[4096] = {0x13, 0x88, 0x13, 0x89, 1, 2, 3, 4};
    struct hawser_view view = view_over(&sink);
    assert_true(size <= sizeof packet - HW_HEADER_SIZE);
    hw_copy(packet + HW_HEADER_SIZE, chunks, size);
    hw_put_checksum(packet, hw_crc32c_packet(hw_crc32c_choose(0), packet, HW_HEADER_SIZE + size));
    struct hawser_span copy = exact_copy(packet, HW_HEADER_SIZE + size);
    struct hawser_trace_record record = packet_record(HAWSER_TRACE_PACKET_IN, copy.data, copy.size, 0);
    assert_int_equal(hawser_view_open_text(&view), 0);
    const char *text = strstr(text_of(&view, &record), "crc ok");
    exact_free(copy);
    assert_non_null(text);
    return text + strlen("crc ok");
}

#endif
