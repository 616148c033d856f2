/* SPDX-License-Identifier: MIT
 *
 * RFC 9260 section 3: the form of packets, chunks and parameters; unknown ones; values that must not be; and all bad input that
 * has no section of its own.
 */
#include "script.h"

/* Chunk types that nobody defined, by their two high bits. */
enum { STOP = 0x3e, STOP_REPORT = 0x7e, SKIP = 0xbe, SKIP_REPORT = 0xfe };

/* ---- 3.1 ---------------------------------------------------------------------------------------------------------- */

SCRIPT(s3_1_port_0, "3.1", "packets from or to port 0 are dropped") {
    listen_now(s);
    inject_by(s, WAY(.source_port = 0), INIT());
    inject_by(s, WAY(.destination_port = 0), INIT());
    inject_by(s, WAY(.source_port = 0, .tag = 9), DATA(.tsn = 0));
    inject_by(s, WAY(.destination_port = 0, .tag = 9), DATA(.tsn = 0));
    expect_nothing(s);
    check_equal(COUNT(Malformed), 4);
}

SCRIPT(s6_8_wrong_checksum, "6.8", "a packet with a wrong CRC32c is silently discarded and counted") {
    establish_passive(s);
    uint64_t before = COUNT(ChecksumErrors);
    for (int bit = 0; bit < 32; bit++)
        inject_by(s, WAY(.bad_sum = 1u << bit), DATA(.tsn = 0));
    inject_by(s, WAY(.zero_sum = true), DATA(.tsn = 0));
    inject_by(s, WAY(.bad_sum = 1), INIT());
    inject_by(s, WAY(.bad_sum = 1), ABORT(NOTHING));
    expect_nothing(s);
    expect_state(s, ESTABLISHED);
    check_equal(COUNT(ChecksumErrors) - before, 35);
    inject(s, DATA(.tsn = 0));
    expect(s, SACK, .cum = 0);
}

SCRIPT(s3_tiny_packets, "bad input", "packets too short for a header and a chunk are dropped and counted") {
    establish_passive(s);
    struct hawser_span packet = packet(s, WAY(.from = 0), COOKIE_ACK());
    for (size_t size = 0; size < 16; size++) {
        struct hawser_span part = JOIN((struct hawser_span){packet.data, size});
        script_inject_bytes(s, WAY(.from = 0), part);
        inject_by(s, WAY(.cut = 16 - size), COOKIE_ACK()); /* with a right checksum where there is room for one */
    }
    expect_nothing(s);
    check(COUNT(Tiny) >= 24);
    expect_state(s, ESTABLISHED);
}

SCRIPT(s3_packet_without_chunks, "bad input", "a header alone is dropped") {
    establish_passive(s);
    inject(s, NOTHING);
    expect_nothing(s);
    listen_now(s);
    inject_by(s, WAY(.tag = 7), NOTHING);
    expect_nothing(s);
}

/* ---- 3.2 unknown chunks --------------------------------------------------------------------------------------------- */

static void expect_unrecognized(struct script *s, struct hawser_span chunk) {
    const struct seen *seen = expect(s, ERROR, .tag = PEER_TAG, .cause = HW_CAUSE_UNRECOGNIZED_CHUNK);
    check(seen->cause_info.size == chunk.size && memcmp(seen->cause_info.data, chunk.data, chunk.size) == 0);
}

SCRIPT(s3_2_unknown_chunk_00, "3.2", "unknown chunk 00: stop; the rest of the packet is discarded, nothing is reported") {
    establish_passive(s);
    inject(s, CHUNK(STOP, 0, U32(1)), DATA(.tsn = 0));
    expect_nothing(s);
    expect_no_item(s);
    check_equal(COUNT(UnknownChunks), 1);
    inject(s, DATA(.tsn = 0), CHUNK(STOP, 0, U32(1)), DATA(.tsn = 1, .ssn = 1));
    expect(s, SACK, .cum = 0);
}

SCRIPT(s3_2_unknown_chunk_01, "3.2, 3.3.10.6", "unknown chunk 01: stop, and report it in an ERROR") {
    establish_passive(s);
    struct hawser_span unknown = CHUNK(STOP_REPORT, 0x77, TEXT("what's this?"));
    inject(s, unknown, DATA(.tsn = 0));
    expect_unrecognized(s, unknown);
    expect_nothing(s);
    expect_no_item(s);
}

SCRIPT(s3_2_unknown_chunk_10, "3.2", "unknown chunk 10: skip; the rest is processed") {
    establish_passive(s);
    inject(s, CHUNK(SKIP, 0, TEXT("skip")), DATA(.tsn = 0));
    expect(s, SACK, .cum = 0);
    expect_message(s);
}

SCRIPT(s3_2_unknown_chunk_11, "3.2, 3.3.10.6", "unknown chunk 11: skip and report; the rest is processed") {
    establish_passive(s);
    struct hawser_span unknown = CHUNK(SKIP_REPORT, 0, TEXT("skip"));
    inject(s, unknown, DATA(.tsn = 0));
    bool error = false, sack = false;
    while (next_chunk(s) >= 0) {
        bool fresh = s->sent[s->next - 1].read == s->sent[s->next - 1].size;
        if (next_chunk(s) == HW_SACK) {
            if (fresh)
                expect(s, SACK, .cum = 0);
            else
                expect_also(s, SACK, .cum = 0);
            sack = true;
        } else {
            const struct seen *seen = fresh ? expect(s, ERROR, .cause = HW_CAUSE_UNRECOGNIZED_CHUNK)
                                            : expect_also(s, ERROR, .cause = HW_CAUSE_UNRECOGNIZED_CHUNK);
            check_equal(seen->cause_info.size, unknown.size);
            error = true;
        }
    }
    check(error && sack);
    expect_message(s);
}

SCRIPT(s3_2_every_unknown_type, "3.2", "all types that 9260 does not know follow their two high bits") {
    establish_passive(s);
    for (int type = 15; type < 256; type++) {
        if (type == HW_I_DATA || type == HW_I_FORWARD_TSN) /* RFC 8260 2.2.3 and 2.3.1 have answers of their own */
            continue;
        struct hawser_span unknown = CHUNK(type, 0, U32(type));
        inject(s, unknown);
        if (type >> 6 & 1)
            expect_unrecognized(s, unknown);
        expect_nothing(s);
        check_equal(state_of(s), HAWSER_ESTABLISHED);
    }
}

SCRIPT(s3_2_reserved_ecn_chunks, "3.2 note", "ECNE and CWR are reserved: they do no harm") {
    establish_passive(s);
    inject(s, CHUNK(HW_ECNE, 0, U32(1)));
    inject(s, CHUNK(HW_CWR, 0, U32(1)));
    expect_nothing(s);
    expect_state(s, ESTABLISHED);
}

SCRIPT(s3_2_unknown_chunk_is_cut_in_the_report, "3.2, bad input", "a huge unknown chunk makes no huge answer") {
    establish_passive(s);
    inject(s, CHUNK(SKIP_REPORT, 0, FILL(60000, 'x')));
    while (next_chunk(s) == HW_ERROR)
        expect(s, ERROR, .cause = HW_CAUSE_UNRECOGNIZED_CHUNK);
    expect_nothing(s);
}

SCRIPT(s3_2_many_unknown_chunks, "3.2, bad input", "a packet full of unknown chunks makes a bounded answer") {
    establish_passive(s);
    struct hawser_span chunks = NOTHING;
    for (int i = 0; i < 360; i++)
        chunks = JOIN(chunks, CHUNK(SKIP_REPORT, 0, NOTHING));
    inject(s, chunks);
    size_t bytes = 0;
    for (size_t i = s->next; i < s->sent_count; i++)
        bytes += s->sent[i].size;
    check(bytes <= 3 * 1468);
    skip_output(s);
}

SCRIPT(s3_2_flags_are_ignored, "3.2, 3.3", "flags without a meaning are ignored on receipt") {
    start(s, .peer_addresses = 1);
    listen_now(s);
    inject(s, INIT(.flags = 0xff));
    remember(s, expect(s, INIT_ACK));
    inject(s, CHUNK(HW_COOKIE_ECHO, 0xff, s->cookie));
    expect(s, COOKIE_ACK);
    expect_arrived(s);
    skip_items(s);
    inject(s, DATA(.tsn = 0, .flags = 0xf0 | B | E));
    expect(s, SACK, .cum = 0);
    expect_message(s);
    send_message(s, 0, 10, 0);
    expect(s, DATA);
    struct hawser_span sack = JOIN(SACK(.cum = 0));
    ((uint8_t *)(uintptr_t)sack.data)[1] = 0xff;
    inject(s, sack);
    check_equal(status_of(s).in_flight, 0);
    inject(s, CHUNK(HW_ERROR, 0xff, CAUSE(INVALID_STREAM, U32(0))));
    inject(s, CHUNK(HW_SHUTDOWN, 0xff, U32(s->stack_tsn)));
    expect(s, SHUTDOWN_ACK);
    inject(s, CHUNK(HW_SHUTDOWN_COMPLETE, 0xfe, NOTHING));
    expect_ended(s, HAWSER_END_SHUTDOWN);
}

SCRIPT(s3_2_padding, "3.2", "padding: the last chunk's may be missing, may be counted, may be anything") {
    establish_passive(s);
    inject_by(s, WAY(.cut = 3), DATA(.tsn = 0, .size = 1)); /* 17 bytes and no padding */
    expect(s, SACK, .cum = 0);
    expect_message(s, .size = 1);
    struct hawser_span chunk = JOIN(DATA(.tsn = 1, .ssn = 1, .size = 1));
    memset((uint8_t *)(uintptr_t)chunk.data + 17, 0xee, 3);
    inject(s, chunk, DATA(.tsn = 2, .ssn = 2, .size = 5));
    expect_message(s, .size = 1);
    expect_message(s, .size = 5);
    advance(s, ms(200));
    expect(s, SACK, .cum = 2);
    /* the length of a HEARTBEAT counts the padding of its parameter */
    inject(s, CHUNK(HW_HEARTBEAT, 0, PARAM(1, TEXT("odd"))));
    expect(s, HEARTBEAT_ACK);
}

SCRIPT(s3_2_padding_counted_in_an_init, "3.2", "a chunk length that counts the last parameter's padding is accepted") {
    start(s, .params = PARAM(0x8001, TEXT("x")));
    listen_now(s);
    inject(s, INIT());
    expect(s, INIT_ACK);
    /* and one that does not */
    struct hawser_span init = JOIN(INIT());
    hw_put16((uint8_t *)(uintptr_t)init.data + 2, (uint16_t)(init.size - 3));
    inject(s, init);
    expect(s, INIT_ACK);
}

SCRIPT(s6_10_partial_chunk, "6.10, notes", "a partial chunk at the end is dropped; what comes before is processed") {
    establish_passive(s);
    for (size_t cut = 4; cut < 30; cut += 5) {
        inject_by(s, WAY(.cut = cut), DATA(.tsn = 0, .size = 10), DATA(.tsn = 1, .ssn = 1, .size = 20));
        expect(s, SACK, .cum = 0);
    }
    check(COUNT(Truncated) >= 6);
    expect_message(s, .size = 10);
    expect_no_item(s);
}

SCRIPT(s6_10_partial_first_chunk, "6.10", "a packet that holds no whole chunk changes nothing") {
    establish_passive(s);
    inject_by(s, WAY(.cut = 4), DATA(.tsn = 0, .size = 20));
    inject_by(s, WAY(.cut = 4), SHUTDOWN(-1));
    inject_by(s, WAY(.cut = 20), INIT());
    expect_nothing(s);
    expect_state(s, ESTABLISHED);
}

SCRIPT(s3_2_chunk_lengths_below_4, "bad input", "a chunk length below 4 ends the processing of the packet") {
    establish_passive(s);
    for (unsigned length = 0; length < 4; length++) {
        inject(s, BYTES(HW_SACK, 0, 0, (uint8_t)length), DATA(.tsn = 0));
        inject(s, BYTES(SKIP_REPORT, 0, 0, (uint8_t)length), DATA(.tsn = 0));
        inject(s, BYTES(HW_DATA, 3, 0, (uint8_t)length), DATA(.tsn = 0));
    }
    expect_nothing(s);
    expect_state(s, ESTABLISHED);
}

SCRIPT(s6_10_chunks_in_order, "6.10", "chunks are processed in their order") {
    establish_passive(s);
    inject(s, DATA(.tsn = 0, .text = "before"), SHUTDOWN(-1), DATA(.tsn = 1, .ssn = 1, .text = "after"));
    skip_output(s);
    expect_message(s, .text = "before");
    expect_item(s, HAWSER_PEER_SHUTDOWN);
    expect_no_item(s);
}

SCRIPT(s6_bundled_control_and_data, "6, 6.10", "bundled chunks of all kinds are taken apart") {
    establish_active(s);
    send_message(s, 0, 10, 0);
    expect(s, DATA);
    inject(s, SACK(.cum = 0), HEARTBEAT(U32(7)), DATA(.tsn = 0), DATA(.tsn = 1, .stream = 1));
    check_equal(status_of(s).in_flight, 0);
    expect_message(s, .stream = 0);
    expect_message(s, .stream = 1);
    bool ack = false, sack = false;
    while (next_chunk(s) >= 0) {
        bool fresh = s->sent[s->next - 1].read == s->sent[s->next - 1].size;
        if (next_chunk(s) == HW_SACK) {
            sack = true;
            if (fresh)
                expect(s, SACK, .cum = 1);
            else
                expect_also(s, SACK, .cum = 1);
        } else {
            ack = true;
            if (fresh)
                expect(s, HEARTBEAT_ACK);
            else
                expect_also(s, HEARTBEAT_ACK);
        }
    }
    check(ack && sack);
}

SCRIPT(s3_solitary_chunks_that_are_bundled, "3, 6.10, bad input",
       "INIT ACK and SHUTDOWN COMPLETE bundled with others are not processed") {
    reach_cookie_wait(s);
    inject(s, INIT_ACK(), COOKIE_ACK());
    inject(s, HEARTBEAT(U32(1)), INIT_ACK());
    expect_nothing(s);
    expect_state(s, COOKIE_WAIT);
    inject(s, INIT_ACK());
    expect(s, COOKIE_ECHO);
    inject(s, COOKIE_ACK());
    expect_item(s, HAWSER_UP);
    inject(s, SHUTDOWN(-1));
    expect(s, SHUTDOWN_ACK);
    inject(s, SHUTDOWN_COMPLETE(), SHUTDOWN_COMPLETE());
    expect_nothing(s);
    expect_state(s, SHUTDOWN_ACK_SENT);
    inject(s, SHUTDOWN_COMPLETE());
    expect_ended(s, HAWSER_END_SHUTDOWN);
}

/* ---- 3.2.1 unknown parameters ------------------------------------------------------------------------------------------ */

static struct hawser_span then_address(struct script *s, struct hawser_span unknown) {
    return JOIN(unknown, script_address_param(s, &s->peer[1]));
}

/* An INIT with an unknown parameter and then an address; is the parameter reported, is the address used? */
static void unknown_in_init(struct script *s, int type, bool reported, bool goes_on) {
    struct hawser_span unknown = PARAM(type, TEXT("abcde"));
    start(s, .params = then_address(s, unknown));
    listen_now(s);
    inject(s, INIT());
    const struct seen *ack = expect(s, INIT_ACK);
    struct hawser_span report = param_of(ack, HW_PARAM_UNRECOGNIZED);
    check_equal(report.data != NULL, reported);
    if (reported) {
        check_range(report.size, 9, 12);
        check(memcmp(report.data, unknown.data, 9) == 0);
    }
    remember(s, ack);
    inject(s, COOKIE_ECHO());
    expect(s, COOKIE_ACK);
    expect_arrived(s);
    check_equal(status_of(s).path_count, goes_on ? 2 : 1);
    check(COUNT(UnknownParameters) >= 1);
    s->quiet_end = true;
}

SCRIPT(s3_2_1_unknown_parameter_00, "3.2.1", "unknown parameter 00 in INIT: stop; INIT ACK all the same") {
    unknown_in_init(s, 0x3ff0, false, false);
}
SCRIPT(s3_2_1_unknown_parameter_01, "3.2.1, 3.2.2, 3.3.3.1.2", "unknown parameter 01 in INIT: stop, and report it in INIT ACK") {
    unknown_in_init(s, 0x7ff0, true, false);
}
SCRIPT(s3_2_1_unknown_parameter_10, "3.2.1", "unknown parameter 10 in INIT: skip") { unknown_in_init(s, 0xbff0, false, true); }
SCRIPT(s3_2_1_unknown_parameter_11, "3.2.1, 3.2.2", "unknown parameter 11 in INIT: skip, and report it in INIT ACK") {
    unknown_in_init(s, 0xfff0, true, true);
}

/* The same in INIT ACK: the report goes in an ERROR with the COOKIE ECHO. The State Cookie stands behind the parameters. */
static void unknown_in_init_ack(struct script *s, int type, bool reported, bool goes_on) {
    struct hawser_span unknown = PARAM(type, TEXT("abcde"));
    start(s, .peer_addresses = 1);
    reach_cookie_wait(s);
    struct hawser_span params = JOIN(PARAM(HW_PARAM_COOKIE, TEXT("mine")), unknown, script_address_param(s, &s->peer[1]));
    inject(s, INIT_ACK(.no_cookie = true, .params = params));
    expect(s, COOKIE_ECHO);
    if (reported) {
        const struct seen *error = expect_also(s, ERROR, .cause = HW_CAUSE_UNRECOGNIZED_PARAMETERS);
        check_range(error->cause_info.size, 9, 12);
        check(memcmp(error->cause_info.data, unknown.data, 9) == 0);
    }
    inject(s, COOKIE_ACK());
    check_equal(status_of(s).path_count, goes_on ? 2 : 1);
    s->quiet_end = true;
}

SCRIPT(s3_2_1_unknown_parameter_00_in_init_ack, "3.2.1", "unknown parameter 00 in INIT ACK: stop; COOKIE ECHO all the same") {
    unknown_in_init_ack(s, 0x3ff0, false, false);
}
SCRIPT(s3_2_1_unknown_parameter_01_in_init_ack, "3.2.1, 3.2.2, 3.3.10.8",
       "unknown parameter 01 in INIT ACK: stop, ERROR with the COOKIE ECHO") {
    unknown_in_init_ack(s, 0x7ff0, true, false);
}
SCRIPT(s3_2_1_unknown_parameter_10_in_init_ack, "3.2.1", "unknown parameter 10 in INIT ACK: skip") {
    unknown_in_init_ack(s, 0xbff0, false, true);
}
SCRIPT(s3_2_1_unknown_parameter_11_in_init_ack, "3.2.1, 3.2.2, 3.3.10.8",
       "unknown parameter 11 in INIT ACK: skip, ERROR with the COOKIE ECHO") {
    unknown_in_init_ack(s, 0xfff0, true, true);
}

SCRIPT(s3_2_2_many_unknown_parameters, "3.2.2, bad input", "many unknown parameters make a bounded INIT ACK") {
    struct hawser_span params = NOTHING;
    for (int i = 0; i < 5000; i++)
        params = JOIN(params, PARAM(0xfff0, TEXT("abcd")));
    start(s, .params = params);
    listen_now(s);
    inject(s, INIT());
    expect(s, INIT_ACK);
}

/* An INIT with these parameters is refused: ABORT with its Initiate Tag. */
static void refused(struct script *s, struct hawser_span params) {
    inject(s, INIT(.params = params));
    expect(s, ABORT, .tag = PEER_TAG, .t = 0, .cause = HW_CAUSE_PROTOCOL_VIOLATION);
    expect_nothing(s);
}

SCRIPT(s3_2_1_parameters_that_do_not_fit, "bad input",
       "parameters of an INIT with lengths below 4, beyond the chunk or wrong for their type: ABORT with the Initiate Tag") {
    listen_now(s);
    static const uint8_t lengths[][2] = {{0, 0}, {0, 1}, {0, 3}, {0, 9}, {0xff, 0xff}};
    for (unsigned i = 0; i < 5; i++)
        refused(s, BYTES(0, 5, lengths[i][0], lengths[i][1], 1, 2, 3, 4));
    refused(s, BYTES(0, 5));
    refused(s, BYTES(0, 6, 0, 8, 1, 2, 3, 4));
    refused(s, BYTES(0, 5, 0, 6, 1, 2, 0, 0));
    refused(s, PARAM(HW_PARAM_COOKIE_PRESERVATIVE, BYTES(1, 2)));
    check_equal(COUNT(CurrEstab), 0);
}

/* ---- 3.3.2 INIT -------------------------------------------------------------------------------------------------------- */

SCRIPT(s3_3_2_tag_0, "3.3.2", "INIT with Initiate Tag 0: silently discarded") {
    listen_now(s);
    inject(s, INIT(.tag = 0));
    expect_nothing(s);
}

/* Each of the values that an INIT must not have, against whatever there is now. */
static void bad_values_of_init(struct script *s) {
    uint32_t state = s->association ? state_of(s) : 0;
    inject(s, INIT(.tag = 61, .a_rwnd = 1499));
    expect(s, ABORT, .tag = 61, .t = 0, .to = 0);
    inject(s, INIT(.tag = 62, .a_rwnd = 0));
    expect(s, ABORT, .tag = 62, .t = 0);
    inject(s, INIT(.tag = 63, .os = 0));
    expect(s, ABORT, .tag = 63, .t = 0, .cause = HW_CAUSE_INVALID_PARAMETER);
    inject(s, INIT(.tag = 64, .mis = 0));
    expect(s, ABORT, .tag = 64, .t = 0, .cause = HW_CAUSE_INVALID_PARAMETER);
    inject(s, INIT(.tag = 0));
    expect_nothing(s);
    if (s->association)
        check_equal(state_of(s), state);
}

SCRIPT(s3_3_2_bad_values, "3.3.2", "INIT with a_rwnd < 1500, OS 0 or MIS 0: ABORT with the Initiate Tag, no change") {
    listen_now(s);
    bad_values_of_init(s);
    inject(s, INIT(.a_rwnd = 1500));
    expect(s, INIT_ACK);
}
SCRIPT(s3_3_2_bad_values_in_cookie_wait, "3.3.2",
       "INIT with a_rwnd < 1500, OS 0 or MIS 0: ABORT with the Initiate Tag, no change") {
    reach_cookie_wait(s);
    bad_values_of_init(s);
}
SCRIPT(s3_3_2_bad_values_in_cookie_echoed, "3.3.2",
       "INIT with a_rwnd < 1500, OS 0 or MIS 0: ABORT with the Initiate Tag, no change") {
    reach_cookie_echoed(s);
    bad_values_of_init(s);
}
SCRIPT(s3_3_2_bad_values_in_established, "3.3.2",
       "INIT with a_rwnd < 1500, OS 0 or MIS 0: ABORT with the Initiate Tag, no change") {
    establish_passive(s);
    bad_values_of_init(s);
}

SCRIPT(s3_3_2_short_init, "bad input", "an INIT shorter than its fixed part makes nothing") {
    listen_now(s);
    for (size_t size = 0; size < 16; size += 2) {
        inject_by(s, WAY(.tag = 0), CHUNK(HW_INIT, 0, FILL(size, 7)));
        if (next_chunk(s) == HW_ABORT)
            expect(s, ABORT);
        expect_nothing(s);
    }
}

/* ---- 3.3.3 INIT ACK ------------------------------------------------------------------------------------------------------ */

SCRIPT(s3_3_3_tag_0_in_cookie_wait, "3.3.3", "INIT ACK with tag 0 in COOKIE-WAIT: ABORT with T = 1, the TCB is gone") {
    reach_cookie_wait(s);
    inject(s, INIT_ACK(.tag = 0));
    expect(s, ABORT, .t = 1, .tag = s->stack_tag);
    expect_ended(s, HAWSER_END_REFUSED);
}
SCRIPT(s3_3_3_os_0_in_cookie_wait, "3.3.3", "INIT ACK with OS 0 in COOKIE-WAIT: ABORT, the TCB is gone") {
    reach_cookie_wait(s);
    inject(s, INIT_ACK(.os = 0));
    expect(s, ABORT, .t = 0, .tag = PEER_TAG);
    expect_ended(s, HAWSER_END_REFUSED);
}
SCRIPT(s3_3_3_mis_0_in_cookie_wait, "3.3.3", "INIT ACK with MIS 0 in COOKIE-WAIT: ABORT, the TCB is gone") {
    reach_cookie_wait(s);
    inject(s, INIT_ACK(.mis = 0));
    expect(s, ABORT, .t = 0, .tag = PEER_TAG);
    expect_ended(s, HAWSER_END_REFUSED);
}
SCRIPT(s3_3_3_small_window_in_cookie_wait, "3.3.3",
       "INIT ACK with a_rwnd < 1500: ABORT with the Initiate Tag, the state does not change") {
    reach_cookie_wait(s);
    inject(s, INIT_ACK(.tag = 71, .a_rwnd = 1499));
    expect(s, ABORT, .t = 0, .tag = 71);
    expect_state(s, COOKIE_WAIT);
    inject(s, INIT_ACK(.a_rwnd = 1500));
    expect(s, COOKIE_ECHO);
}
SCRIPT(s3_3_3_bad_values_elsewhere, "3.3.3, 5.2.3", "INIT ACK with forbidden values in other states: silently discarded") {
    reach_cookie_echoed(s);
    inject(s, INIT_ACK(.tag = 0));
    inject(s, INIT_ACK(.os = 0));
    inject(s, INIT_ACK(.mis = 0));
    expect_nothing(s);
    expect_state(s, COOKIE_ECHOED);
}
SCRIPT(s3_3_3_more_streams_than_asked, "3.3.3, 5.1.1", "INIT ACK with more OS than our MIS: we never take more") {
    set(s, STREAMS_IN_MAX, 5);
    start(s, .os = 100);
    reach_cookie_wait(s);
    inject(s, INIT_ACK());
    if (next_chunk(s) == HW_ABORT) {
        expect(s, ABORT);
        expect_ended(s, HAWSER_END_REFUSED);
        return;
    }
    expect(s, COOKIE_ECHO);
    inject(s, COOKIE_ACK());
    check_equal(status_of(s).streams_in, 5);
}
SCRIPT(s3_3_3_large_init_ack, "3.3.3, notes", "an INIT ACK of more than 1500 bytes is accepted, its large cookie echoed") {
    reach_cookie_wait(s);
    s->cookie = FILL(3000, 'c');
    inject(s, INIT_ACK(.cookie = s->cookie));
    const struct seen *echo = expect(s, COOKIE_ECHO, .flags = HAWSER_DEPARTURE_MAY_FRAGMENT);
    check_equal(echo->value.size, 3000);
    inject(s, COOKIE_ACK());
    expect_state(s, ESTABLISHED);
}
SCRIPT(s3_3_3_short_init_ack, "bad input", "an INIT ACK shorter than its fixed part is not processed") {
    reach_cookie_wait(s);
    inject(s, CHUNK(HW_INIT_ACK, 0, U32(5), U32(1)));
    skip_output(s);
    s->quiet_end = true;
}
SCRIPT(s3_3_3_empty_cookie, "bad input", "a State Cookie without a byte does no harm") {
    reach_cookie_wait(s);
    inject(s, INIT_ACK(.no_cookie = true, .params = PARAM(HW_PARAM_COOKIE, NOTHING)));
    skip_output(s);
    s->quiet_end = true;
}

/* ---- chunks that are too short -------------------------------------------------------------------------------------------- */

SCRIPT(s3_3_short_chunks, "bad input", "known chunks shorter than what they must hold do no harm") {
    static const uint8_t types[] = {HW_DATA,     HW_INIT_ACK,     HW_SACK,     HW_HEARTBEAT,  HW_HEARTBEAT_ACK, HW_SHUTDOWN,
                                    HW_ERROR,    HW_COOKIE_ECHO,  HW_ECNE,     HW_CWR};
    for (size_t i = 0; i < sizeof types; i++)
        for (size_t size = 0; size < 12; size += 3) {
            s->peer_tag++;
            get_cookie(s);
            inject(s, COOKIE_ECHO());
            expect(s, COOKIE_ACK);
            expect_arrived(s);
            skip_items(s);
            inject(s, CHUNK(types[i], 0, FILL(size, 0x11)));
            skip_output(s);
            check(state_of(s) == HAWSER_ESTABLISHED || state_of(s) == HAWSER_CLOSED || types[i] == HW_SHUTDOWN);
            check_equal(hawser_close(s->stack, s->now, s->association), 0);
            s->association = 0;
            script_pump(s);
            skip_output(s);
        }
}

SCRIPT(s3_3_long_fixed_chunks, "bad input", "chunks of fixed size that are longer are taken") {
    reach_cookie_echoed(s);
    inject(s, CHUNK(HW_COOKIE_ACK, 0, U32(1)));
    s->quiet_end = true;
    inject(s, COOKIE_ACK());
    expect_state(s, ESTABLISHED);
}

SCRIPT(s3_3_10_error_chunks, "3.3.10, 11.2.6", "an ERROR is told to the user; malformed ones do no harm; it ends nothing") {
    establish_passive(s);
    inject(s, ERROR(CAUSE(OUT_OF_RESOURCE, NOTHING)));
    expect_item(s, HAWSER_REMOTE_ERROR, .code = HW_CAUSE_OUT_OF_RESOURCE);
    inject(s, ERROR(CAUSE(INVALID_STREAM, U16(3), U16(0))));
    expect_item(s, HAWSER_REMOTE_ERROR, .code = HW_CAUSE_INVALID_STREAM, .size = 4);
    inject(s, ERROR(script_param(s, 0x4242, TEXT("unknown"))));
    expect_item(s, HAWSER_REMOTE_ERROR, .code = 0x4242);
    inject(s, CHUNK(HW_ERROR, 0, NOTHING));
    inject(s, CHUNK(HW_ERROR, 0, BYTES(0, 1, 0, 0)));
    inject(s, CHUNK(HW_ERROR, 0, BYTES(0, 1, 0xff, 0xff)));
    expect_nothing(s);
    expect_state(s, ESTABLISHED);
    skip_items(s);
}

SCRIPT(s3_3_10_flood_of_errors, "3.3.10, bad input", "a flood of ERROR chunks costs bounded memory") {
    establish_passive(s);
    for (int i = 0; i < 3000; i++)
        inject(s, ERROR(script_param(s, i, FILL(1000, 'e'))));
    check(status_of(s).memory < 1 << 20);
    expect_state(s, ESTABLISHED);
}

SCRIPT(s3_random_bytes, "bad input", "garbage behind a right checksum and tag: never a crash") {
    establish_passive(s);
    uint32_t dice = 12345;
    for (int i = 0; i < 3000 && state_of(s) == HAWSER_ESTABLISHED; i++) {
        uint8_t *bytes = script_bytes(s, 64);
        for (int k = 0; k < 64; k++) {
            dice = dice * 1664525u + 1013904223u;
            bytes[k] = (uint8_t)(dice >> 24);
        }
        bytes[0] = (uint8_t)(dice >> 8) % 15 == HW_ABORT ? 3 : (uint8_t)((dice >> 8) % 15); /* any chunk but ABORT */
        bytes[2] = 0;
        bytes[3] = (uint8_t)(4 + (dice >> 16) % 56);
        inject(s, (struct hawser_span){bytes, 64});
        skip_output(s);
        skip_items(s);
    }
    s->quiet_end = true;
}

SCRIPT(s3_three_train_packets, "GRO", "several packets in one arrival are taken apart") {
    establish_passive(s);
    struct hawser_span one = packet(s, WAY(.from = 0), DATA(.tsn = 0));
    struct hawser_span two = packet(s, WAY(.from = 0), DATA(.tsn = 1, .ssn = 1));
    struct hawser_span three = packet(s, WAY(.from = 0), DATA(.tsn = 2, .ssn = 2, .size = 8));
    struct hawser_span train = JOIN(one, two, three);
    struct hawser_arrival arrival = HAWSER_INIT(arrival);
    arrival.data = train.data;
    arrival.length = train.size;
    arrival.segment_size = one.size;
    arrival.remote = s->peer[0];
    arrival.local = s->local[0];
    hawser_input(s->stack, s->now, &arrival);
    script_pump(s);
    for (int i = 0; i < 3; i++)
        expect_message(s, .ssn = i);
    skip_output(s);
    advance(s, ms(200));
    skip_output(s);
    check_equal(COUNT(InOrderChunks), 3);
}

SCRIPT(s3_impossible_trains, "bad input", "absurd lengths of an arrival do no harm") {
    establish_passive(s);
    hawser_input(s->stack, s->now, NULL);
    struct hawser_span one = packet(s, WAY(.from = 0), DATA(.tsn = 0));
    struct hawser_arrival arrival = HAWSER_INIT(arrival);
    arrival.data = one.data;
    arrival.length = one.size;
    arrival.segment_size = 1;
    arrival.remote = s->peer[0];
    arrival.local = s->local[0];
    hawser_input(s->stack, s->now, &arrival);
    arrival.segment_size = one.size * 2;
    hawser_input(s->stack, s->now, &arrival);
    arrival.length = 0;
    hawser_input(s->stack, s->now, &arrival);
    script_pump(s);
    skip_output(s);
    s->quiet_end = true;
}
