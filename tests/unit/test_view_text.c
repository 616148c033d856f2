/* SPDX-License-Identifier: MIT
 *
 * view/text: a line for each kind of record, and the tee.
 */
#include "test_view.h"

static struct memory_sink sink;

static const uint8_t *cookie_ack(void) {
    static uint8_t packet[16] = {0x13, 0x88, 0x13, 0x89, 0x12, 0x34, 0xab, 0xcd, 0, 0, 0, 0, 0x0b, 0, 0, 4};
    hw_put_checksum(packet, hw_crc32c_packet(hw_crc32c_choose(0), packet, sizeof packet));
    return packet;
}

static struct hawser_view open_view(void) {
    struct hawser_view view = view_over(&sink);
    assert_int_equal(hawser_view_open_text(&view), 0);
    return view;
}

static void packets_out_and_in(void **state) {
    (void)state;
    struct hawser_view view = open_view();
    struct hawser_trace_record record = packet_record(HAWSER_TRACE_PACKET_OUT, cookie_ack(), 16, 9899);
    assert_string_equal(text_of(&view, &record), "0.001234 out 10.0.0.1:5000 > 10.0.0.2:5001 udp 9899>9899 tag 0x1234abcd crc ok"
                                                 " | COOKIE ACK\n");
    view.name = "A";
    view.time_offset = 5000000;
    record = packet_record(HAWSER_TRACE_PACKET_IN, cookie_ack(), 16, 0);
    assert_string_equal(text_of(&view, &record),
                        "5.001234 A in 10.0.0.2:5000 > 10.0.0.1:5001 tag 0x1234abcd crc ok | COOKIE ACK\n");
    view.flags = HAWSER_VIEW_NO_DIRECTION;
    record.packet.remote = ipv6_address(7, 0);
    record.packet.local.family = HAWSER_NONE;
    assert_string_equal(text_of(&view, &record), "5.001234 A [2001:db8::7]:5000 > *:5001 tag 0x1234abcd crc ok | COOKIE ACK\n");
    view.local = ipv6_address(8, 0);
    assert_string_equal(text_of(&view, &record),
                        "5.001234 A [2001:db8::7]:5000 > [2001:db8::8]:5001 tag 0x1234abcd crc ok | COOKIE ACK\n");
}

static void checksums_are_checked(void **state) {
    (void)state;
    struct hawser_view view = open_view();
    uint8_t packet[16];
    struct hawser_trace_record record = packet_record(HAWSER_TRACE_PACKET_IN, packet, 16, 0);
    memcpy(packet, cookie_ack(), 16);
    packet[15] ^= 1;
    assert_non_null(strstr(text_of(&view, &record), " crc bad (0x"));
    memset(packet + 8, 0, 4);
    assert_non_null(strstr(text_of(&view, &record), " crc zero |"));
}

static void packets_without_a_header_or_a_chunk(void **state) {
    (void)state;
    struct hawser_view view = open_view();
    struct hawser_trace_record record = packet_record(HAWSER_TRACE_PACKET_IN, cookie_ack(), 3, 0);
    assert_string_equal(text_of(&view, &record), "0.001234 in 10.0.0.2:0 > 10.0.0.1:0 too short for SCTP (3 bytes): 13 88 13\n");
    record.packet.length = 0;
    assert_string_equal(text_of(&view, &record), "0.001234 in 10.0.0.2:0 > 10.0.0.1:0 too short for SCTP (0 bytes):\n");
    record.packet.length = 12;
    assert_non_null(strstr(text_of(&view, &record), " | no chunk\n"));
}

static void every_truncation_is_one_line(void **state) {
    (void)state;
    struct hawser_view view = open_view();
    uint8_t whole[] = {0x13, 0x88, 0x13, 0x89, 0x12, 0x34, 0xab, 0xcd, 0, 0, 0, 0, 1, 0, 0, 48, 1, 2,  3,  4,
                       0,    0,    5,    220,  0,    1,    0,    1,    0, 0, 0, 9, 0, 5, 0, 8, 10, 0, 0, 1, 0, 8,
                       0,    12,   0x80, 1,    0,    8,    1,    2,    3, 4, 0, 7, 0, 8, 1, 2, 3, 4};
    for (size_t size = 0; size <= sizeof whole; size++) {
        struct hawser_span copy = exact_copy(whole, size);
        struct hawser_trace_record record = packet_record(HAWSER_TRACE_PACKET_IN, copy.data, size, 0);
        const char *text = text_of(&view, &record);
        assert_ptr_equal(strchr(text, '\n'), text + sink.size - 1);
        exact_free(copy);
    }
}

static void drops_say_why(void **state) {
    (void)state;
    struct hawser_view view = open_view();
    struct hawser_trace_record record = packet_record(HAWSER_TRACE_PACKET_DROPPED, cookie_ack(), 16, 0);
    record.packet.counter = HAWSER_COUNT_ChecksumErrors;
    assert_string_equal(text_of(&view, &record), "0.001234 dropped ChecksumErrors: 16 bytes from 10.0.0.2\n");
    record.packet.counter = -5;
    assert_string_equal(text_of(&view, &record), "0.001234 dropped ?: 16 bytes from 10.0.0.2\n");
}

static void states_timers_paths_and_ends(void **state) {
    (void)state;
    struct hawser_view view = open_view();
    struct hawser_trace_record record = {.type = HAWSER_TRACE_STATE, .now = 7, .association = 0x100000001};
    record.state.before = HAWSER_COOKIE_ECHOED;
    record.state.after = HAWSER_ESTABLISHED;
    const char *text = text_of(&view, &record);
    assert_string_equal(text, "0.000007 association 0x100000001 COOKIE-ECHOED > ESTABLISHED\n");

    record = (struct hawser_trace_record){.type = HAWSER_TRACE_TIMER, .timer = {HAWSER_TIMER_T3, 2}};
    assert_string_equal(text_of(&view, &record), "0.000000 timer T3 expired on path 2\n");
    record.timer.timer = HAWSER_TIMER_HEARTBEAT;
    record.timer.path = 0;
    assert_string_equal(text_of(&view, &record), "0.000000 timer HEARTBEAT expired\n");
    record.timer.timer = 1000;
    assert_string_equal(text_of(&view, &record), "0.000000 timer ? expired\n");

    record = (struct hawser_trace_record){.type = HAWSER_TRACE_PATH, .path = {1, HAWSER_PATH_ACTIVE, 2, 3, 4, 5, 6, 7}};
    assert_string_equal(text_of(&view, &record),
                        "0.000000 path 1 ACTIVE cwnd 2 ssthresh 3 flight 4 mtu 5 srtt 6 us rto 7 us\n");

    record = (struct hawser_trace_record){.type = HAWSER_TRACE_END, .end = {HAWSER_END_PEER_ABORTED, 13}};
    assert_string_equal(text_of(&view, &record), "0.000000 ended: aborted by the peer (Protocol Violation)\n");
    record.end.reason = HAWSER_END_FAULT;
    record.end.code = 0;
    assert_string_equal(text_of(&view, &record), "0.000000 ended: an internal contradiction\n");
    record.end.reason = 0;
    record.end.code = 99;
    assert_string_equal(text_of(&view, &record), "0.000000 ended: ? (cause 99)\n");
    record.type = 77;
    assert_string_equal(text_of(&view, &record), "0.000000 record of unknown type 77\n");
}

static void packets_alone_if_asked_for(void **state) {
    (void)state;
    struct hawser_view view = open_view();
    view.flags = HAWSER_VIEW_PACKETS_ONLY;
    struct hawser_trace_record record = {.type = HAWSER_TRACE_TIMER};
    assert_string_equal(text_of(&view, &record), "");
    record = packet_record(HAWSER_TRACE_PACKET_IN, cookie_ack(), 16, 0);
    assert_string_not_equal(text_of(&view, &record), "");
    record.type = HAWSER_TRACE_PACKET_DROPPED;
    assert_string_not_equal(text_of(&view, &record), "");
}

static void a_sink_that_failed_is_left_alone(void **state) {
    (void)state;
    struct hawser_view view = open_view();
    struct hawser_trace_record record = packet_record(HAWSER_TRACE_PACKET_IN, cookie_ack(), 16, 0);
    sink.limit = 10;
    hawser_view_text(&view, &record);
    assert_int_equal(view.failed, 7);
    sink.limit = 0;
    hawser_view_text(&view, &record);
    assert_int_equal(sink.size, 0);
    assert_int_equal(hawser_view_open_text(&view), 0);
    hawser_view_text(&view, &record);
    assert_true(sink.size > 0);
}

static void opening_wants_a_sink_and_a_size(void **state) {
    (void)state;
    struct hawser_view view = open_view();
    assert_int_equal(hawser_view_open_text(NULL), HAWSER_ERR_ARGUMENT);
    view.sink = NULL;
    assert_int_equal(hawser_view_open_text(&view), HAWSER_ERR_ARGUMENT);
    view = open_view();
    view.size = 0;
    assert_int_equal(hawser_view_open_text(&view), HAWSER_ERR_ARGUMENT);
}

static void count_records(void *user, const struct hawser_trace_record *record) { *(uint32_t *)user += record->type; }

static void a_tee_hands_to_all(void **state) {
    (void)state;
    uint32_t first = 0, last = 0;
    struct hawser_view_tee tee = HAWSER_INIT(tee);
    tee.function[0] = tee.function[HAWSER_VIEW_TEE_MAX - 1] = count_records;
    tee.user[0] = &first;
    tee.user[HAWSER_VIEW_TEE_MAX - 1] = &last;
    struct hawser_trace_record record = {.type = HAWSER_TRACE_TIMER};
    hawser_view_tee(&tee, &record);
    hawser_view_tee(&tee, &record);
    assert_int_equal(first, 2 * HAWSER_TRACE_TIMER);
    assert_int_equal(last, 2 * HAWSER_TRACE_TIMER);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(packets_out_and_in),
        cmocka_unit_test(checksums_are_checked),
        cmocka_unit_test(packets_without_a_header_or_a_chunk),
        cmocka_unit_test(every_truncation_is_one_line),
        cmocka_unit_test(drops_say_why),
        cmocka_unit_test(states_timers_paths_and_ends),
        cmocka_unit_test(packets_alone_if_asked_for),
        cmocka_unit_test(a_sink_that_failed_is_left_alone),
        cmocka_unit_test(opening_wants_a_sink_and_a_size),
        cmocka_unit_test(a_tee_hands_to_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
