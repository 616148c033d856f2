/* SPDX-License-Identifier: MIT
 *
 * view/pcapng: what is written is read by the capture reader, and the made-up headers are right.
 */
#include "test_view.h"

static struct memory_sink sink;
static const uint8_t packet[] = {0x13, 0x88, 0x13, 0x89, 0x12, 0x34, 0xab, 0xcd, 1, 2, 3, 4, 0x0b, 0, 0, 5, 0xfe};

static uint16_t native16(const uint8_t *p) {
    uint16_t value;
    memcpy(&value, p, sizeof value);
    return value;
}
static uint32_t native32(const uint8_t *p) {
    uint32_t value;
    memcpy(&value, p, sizeof value);
    return value;
}

static struct hawser_view open_view(void) {
    struct hawser_view view = view_over(&sink);
    assert_int_equal(hawser_view_open_pcapng(&view), 0);
    return view;
}

/* The frames that the sink holds; returns how many. */
static size_t read_frames(struct hawser_frame *frames, size_t max) {
    static struct hawser_capture capture;
    capture = (struct hawser_capture){.size = sizeof capture, .file = {sink.bytes, sink.size}};
    size_t n = 0;
    assert_int_equal(hawser_capture_open(&capture), 0);
    while (hawser_capture_next(&capture, &frames[n]) == 1)
        assert_true(++n < max);
    assert_null(capture.complaint);
    return n;
}

/* The last block in the sink, and its options' value by code, or NULL. */
static const uint8_t *last_block(void) { return sink.bytes + sink.size - native32(sink.bytes + sink.size - 4); }
static const uint8_t *packet_option(uint16_t code, size_t *size) {
    const uint8_t *block = last_block();
    assert_int_equal(native32(block), 6);
    const uint8_t *at = block + 28 + hw_pad4(native32(block + 20)), *end = sink.bytes + sink.size - 4;
    while (at + 4 <= end && native16(at) != code && native16(at) != 0)
        at += 4 + hw_pad4(native16(at + 2));
    assert_true(at + 4 <= end);
    *size = native16(at + 2);
    return native16(at) == code && code ? at + 4 : NULL;
}

static uint16_t internet_checksum(uint32_t sum, const uint8_t *data, size_t size) {
    for (size_t i = 0; i < size; i++)
        sum += i % 2 ? data[i] : (uint32_t)data[i] << 8;
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t)~sum;
}

/* A record through the view and back: the same packet, and the frame for a closer look. */
static struct hawser_frame there_and_back(struct hawser_view *view, const struct hawser_trace_record *record) {
    struct hawser_frame frames[8];
    struct hawser_trace_record again;
    hawser_view_pcapng(view, record);
    size_t n = read_frames(frames, 8);
    assert_true(n > 0);
    struct hawser_frame frame = frames[n - 1];
    assert_int_equal(frame.link, HAWSER_LINK_RAW);
    assert_int_equal(frame.time, record->now + view->time_offset);
    assert_int_equal(frame.length, frame.bytes.size);
    assert_int_equal(hawser_frame_packet(&frame, 9899, &again), HAWSER_FRAME_SCTP);
    assert_int_equal(again.packet.length, record->packet.length);
    assert_memory_equal(again.packet.data, record->packet.data, again.packet.length);
    bool out = record->type == HAWSER_TRACE_PACKET_OUT;
    assert_int_equal(again.packet.remote.udp_port, out ? record->packet.local.udp_port : record->packet.remote.udp_port);
    assert_int_equal(again.packet.local.udp_port, out ? record->packet.remote.udp_port : record->packet.local.udp_port);
    size_t size;
    const uint8_t *flags = packet_option(2, &size);
    assert_non_null(flags);
    assert_int_equal(native32(flags), out ? 2 : 1);
    return frame;
}

static void ipv4_plain_and_in_udp(void **state) {
    (void)state;
    for (uint16_t udp_port = 0; udp_port <= 9899; udp_port += 9899) {
        for (uint32_t type = HAWSER_TRACE_PACKET_IN; type <= HAWSER_TRACE_PACKET_OUT; type++) {
            struct hawser_view view = open_view();
            struct hawser_trace_record record = packet_record(type, packet, sizeof packet, udp_port);
            view.time_offset = UINT64_C(1700000000000000);
            struct hawser_frame frame = there_and_back(&view, &record);
            const uint8_t *ip = frame.bytes.data;
            size_t headers = udp_port ? 28 : 20;
            assert_int_equal(frame.bytes.size, headers + sizeof packet);
            assert_int_equal(ip[0], 0x45);
            assert_int_equal(hw_get16(ip + 2), headers + sizeof packet);
            assert_int_equal(ip[9], udp_port ? 17 : 132);
            assert_int_equal(internet_checksum(0, ip, 20), 0);
            assert_int_equal(ip[15], type == HAWSER_TRACE_PACKET_IN ? 2 : 1);
            assert_int_equal(ip[19], type == HAWSER_TRACE_PACKET_IN ? 1 : 2);
            if (udp_port) {
                assert_int_equal(hw_get16(ip + 24), 8 + sizeof packet);
                assert_int_equal(hw_get16(ip + 26), 0);
            }
        }
    }
}

static void ipv6_plain_and_in_udp(void **state) {
    (void)state;
    for (uint16_t udp_port = 0; udp_port <= 9899; udp_port += 9899) {
        struct hawser_view view = open_view();
        struct hawser_trace_record record = packet_record(HAWSER_TRACE_PACKET_IN, packet, sizeof packet, 0);
        record.packet.remote = ipv6_address(2, udp_port);
        record.packet.local = ipv6_address(1, udp_port);
        struct hawser_frame frame = there_and_back(&view, &record);
        const uint8_t *ip = frame.bytes.data;
        size_t payload = sizeof packet + (udp_port ? 8 : 0);
        assert_int_equal(frame.bytes.size, 40 + payload);
        assert_int_equal(ip[0], 0x60);
        assert_int_equal(hw_get16(ip + 4), payload);
        assert_int_equal(ip[6], udp_port ? 17 : 132);
        assert_memory_equal(ip + 8, record.packet.remote.ip, 16);
        assert_memory_equal(ip + 24, record.packet.local.ip, 16);
        if (udp_port) { /* over the pseudo header: addresses, length, next header */
            assert_int_equal(hw_get16(ip + 44), payload);
            assert_int_not_equal(hw_get16(ip + 46), 0);
            assert_int_equal(internet_checksum((uint32_t)payload + 17, ip + 8, frame.bytes.size - 8), 0);
        }
    }
}

static void routes_and_unknown_local_addresses(void **state) {
    (void)state;
    struct hawser_view view = open_view();
    struct hawser_trace_record record = packet_record(HAWSER_TRACE_PACKET_IN, packet, sizeof packet, 0);
    record.packet.remote = (struct hawser_address){.family = HAWSER_ROUTE, .route = 0x0102030405060708};
    record.packet.local = (struct hawser_address){.family = HAWSER_NONE};
    struct hawser_frame frame = there_and_back(&view, &record);
    static const uint8_t remote[16] = {0x20, 1, 0xd, 0xb8, 0, 0, 0, 2, 1, 2, 3, 4, 5, 6, 7, 8};
    static const uint8_t local[16] = {0x20, 1, 0xd, 0xb8, 0, 0, 0, 1};
    assert_memory_equal(frame.bytes.data + 8, remote, 16);
    assert_memory_equal(frame.bytes.data + 24, local, 16);

    record.packet.remote = ipv4_address(2, 0);
    frame = there_and_back(&view, &record);
    assert_int_equal(hw_get32(frame.bytes.data + 16), 0);
    view.local = ipv4_address(77, 0);
    frame = there_and_back(&view, &record);
    assert_int_equal(frame.bytes.data[19], 77);
    view.local = ipv6_address(77, 0); /* of another family: IPv4 is shown as IPv6 */
    frame = there_and_back(&view, &record);
    assert_int_equal(frame.bytes.data[0], 0x60);
    assert_int_equal(hw_get16(frame.bytes.data + 18), 0xffff);
    record.packet.remote.family = HAWSER_NONE;
    view.local.family = HAWSER_NONE;
    frame = there_and_back(&view, &record);
    assert_int_equal(frame.bytes.data[0], 0x45);
}

static void packets_of_any_length(void **state) {
    (void)state;
    static uint8_t large[HAWSER_PACKET_MAX];
    memset(large, 0xa5, sizeof large);
    for (int family = 4; family <= 6; family += 2) {
        for (uint16_t udp_port = 0; udp_port <= 9899; udp_port += 9899) {
            static const size_t sizes[] = {0, 1, 11, 12, 13, 14, 15, 1500, 65487, 65488, 65507, 65508, 65515, 65516, 65535};
            for (size_t i = 0; i < COUNT(sizes); i++) {
                struct hawser_view view = open_view();
                struct hawser_trace_record record = packet_record(HAWSER_TRACE_PACKET_OUT, large, sizes[i], udp_port);
                if (family == 6) {
                    record.packet.remote = ipv6_address(2, udp_port);
                    record.packet.local = ipv6_address(1, udp_port);
                }
                struct hawser_frame frames[2];
                hawser_view_pcapng(&view, &record);
                assert_int_equal(read_frames(frames, 2), 1);
                size_t headers = (family == 4 ? 20u : 40u) + (udp_port ? 8u : 0u), most = family == 4 ? 65535 : 65575;
                size_t whole = headers + sizes[i];
                assert_int_equal(frames[0].length, whole);
                assert_int_equal(frames[0].bytes.size, whole < most ? whole : most);
                int kind = hawser_frame_packet(&frames[0], 9899, &record);
                assert_int_equal(kind, HAWSER_FRAME_SCTP);
            }
        }
    }
}

static void comments_tell_what_happened_before(void **state) {
    (void)state;
    struct hawser_view view = open_view();
    struct hawser_trace_record record = {.type = HAWSER_TRACE_STATE, .now = 1, .association = 5};
    record.state.before = HAWSER_COOKIE_ECHOED;
    record.state.after = HAWSER_ESTABLISHED;
    size_t before = sink.size, size;
    hawser_view_pcapng(&view, &record);
    record = (struct hawser_trace_record){.type = HAWSER_TRACE_END, .now = 2, .end = {HAWSER_END_SHUTDOWN, 0}};
    hawser_view_pcapng(&view, &record);
    record = (struct hawser_trace_record){.type = HAWSER_TRACE_TIMER, .now = 2};
    hawser_view_pcapng(&view, &record);
    assert_int_equal(sink.size, before);
    record = packet_record(HAWSER_TRACE_PACKET_OUT, packet, sizeof packet, 0);
    there_and_back(&view, &record);
    static const char expected[] = "0.000001 association 0x5 COOKIE-ECHOED > ESTABLISHED\n0.000002 ended: shut down";
    const uint8_t *comment = packet_option(1, &size);
    assert_non_null(comment);
    assert_int_equal(size, strlen(expected));
    assert_memory_equal(comment, expected, size);
    there_and_back(&view, &record);
    assert_null(packet_option(1, &size));

    record.type = HAWSER_TRACE_PACKET_DROPPED; /* no packet of its own, and however many there are, the comment ends */
    record.packet.counter = HAWSER_COUNT_ChecksumErrors;
    for (int i = 0; i < 100; i++)
        hawser_view_pcapng(&view, &record);
    record.type = HAWSER_TRACE_PACKET_IN;
    there_and_back(&view, &record);
    assert_non_null(packet_option(1, &size));
    assert_true(size <= sizeof view.note);
}

static void stacks_share_a_file_by_interface(void **state) {
    (void)state;
    struct hawser_view first = view_over(&sink), second = first;
    struct hawser_trace_record record = packet_record(HAWSER_TRACE_PACKET_OUT, packet, sizeof packet, 0);
    static char name[300];
    memset(name, 'n', sizeof name - 1);
    first.name = "A";
    second.name = name;
    second.interface_number = 1;
    assert_int_equal(hawser_view_open_pcapng(&first), 0);
    assert_int_equal(hawser_view_open_pcapng(&second), 0);
    there_and_back(&first, &record);
    assert_int_equal(native32(last_block() + 8), 0);
    there_and_back(&second, &record);
    assert_int_equal(native32(last_block() + 8), 1);
}

static void opening_and_writing_can_fail(void **state) {
    (void)state;
    struct hawser_view view = view_over(&sink);
    assert_int_equal(hawser_view_open_pcapng(NULL), HAWSER_ERR_ARGUMENT);
    view.size = 3;
    assert_int_equal(hawser_view_open_pcapng(&view), HAWSER_ERR_ARGUMENT);
    view = view_over(&sink);
    view.sink = NULL;
    assert_int_equal(hawser_view_open_pcapng(&view), HAWSER_ERR_ARGUMENT);
    view = view_over(&sink);
    sink.limit = 20;
    assert_int_equal(hawser_view_open_pcapng(&view), HAWSER_ERR_SYSTEM);
    view = open_view();
    size_t size = sink.size;
    sink.limit = size + 1;
    struct hawser_trace_record record = packet_record(HAWSER_TRACE_PACKET_OUT, packet, sizeof packet, 0);
    hawser_view_pcapng(&view, &record);
    assert_int_equal(view.failed, 7);
    sink.limit = 0;
    hawser_view_pcapng(&view, &record);
    assert_int_equal(sink.size, size);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ipv4_plain_and_in_udp),
        cmocka_unit_test(ipv6_plain_and_in_udp),
        cmocka_unit_test(routes_and_unknown_local_addresses),
        cmocka_unit_test(packets_of_any_length),
        cmocka_unit_test(comments_tell_what_happened_before),
        cmocka_unit_test(stacks_share_a_file_by_interface),
        cmocka_unit_test(opening_and_writing_can_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
