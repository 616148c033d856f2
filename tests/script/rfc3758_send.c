/* SPDX-License-Identifier: MIT
 *
 * RFC 3758 sections 3.3, 3.5 and 4: giving messages up, and the FORWARD TSNs that tell of it.
 */
#include "script.h"

static void open_partial(struct script *s) {
    start(s, .params = PARAM(HW_PARAM_FORWARD_TSN, NOTHING));
    establish_active(s);
}

#define TIMED(...) check_equal(send_with(s, .policy = HAWSER_POLICY_TIMED, __VA_ARGS__), 0)
#define ONCE(...) check_equal(send_with(s, .policy = HAWSER_POLICY_LIMITED, .flags = HAWSER_SEND_NO_DELAY, __VA_ARGS__), 0)
#define RELIABLE(...) check_equal(send_with(s, .flags = HAWSER_SEND_NO_DELAY, __VA_ARGS__), 0)
#define expect_abandoned(...) \
    expect_item(s, HAWSER_SEND_FAILED, .reason = HAWSER_ERR_ABANDONED, __VA_ARGS__)

/* ---- negotiation ------------------------------------------------------------------------------------------------ */

static bool has_param(const struct seen *init, int type) { return param_of(init, type).data != NULL; }

SCRIPT(rfc3758_3_3_1_in_init, "RFC 3758 3.3.1",
       "the INIT carries Forward-TSN-Supported and lists FORWARD TSN, unless told not to") {
    connect_now(s, 1);
    const struct seen *init = expect(s, INIT);
    check(has_param(init, HW_PARAM_FORWARD_TSN) && param_of(init, HW_PARAM_FORWARD_TSN).size == 0);
    struct hawser_span types = param_of(init, HW_PARAM_EXTENSIONS);
    check(types.data && memchr(types.data, HW_FORWARD_TSN, types.size));
}

SCRIPT(rfc3758_4_2_switched_off, "RFC 3758 4.2, 3.3.2",
       "switched off, neither INIT nor INIT ACK carries it, and it is not used") {
    set(s, PARTIAL_RELIABILITY, 0);
    start(s, .params = PARAM(HW_PARAM_FORWARD_TSN, NOTHING));
    reach_cookie_wait(s);
    inject(s, INIT_ACK(.cookie = TEXT("cookie"), .params = PARAM(HW_PARAM_FORWARD_TSN, NOTHING)));
    expect(s, COOKIE_ECHO);
    inject(s, COOKIE_ACK());
    inject(s, FORWARD(3, NOTHING));
    expect(s, ERROR, .cause = HW_CAUSE_UNRECOGNIZED_CHUNK);
}

SCRIPT(rfc3758_3_3_2_in_init_ack, "RFC 3758 3.3.2", "the INIT ACK carries Forward-TSN-Supported, asked or not") {
    listen_now(s);
    inject_by(s, WAY(.tag = 0), INIT(.tag = s->peer_tag));
    check(has_param(expect(s, INIT_ACK), HW_PARAM_FORWARD_TSN));
}

SCRIPT(rfc3758_3_3_2_not_both, "RFC 3758 3.3.2",
       "a peer without Forward-TSN-Supported never gets a FORWARD TSN: what was begun is sent again, and its own are unknown") {
    establish_active(s);
    TIMED(.lifetime = ms(500));
    expect(s, DATA, .tsn = 0);
    ONCE(.stream = 1);
    expect(s, DATA, .tsn = 1);
    check_range(wait_packet(s, sec(2)), ms(999), sec(1));
    expect(s, DATA, .tsn = 0);
    expect_also(s, DATA, .tsn = 1);
    inject(s, SACK(.cum = 1));
    inject(s, FORWARD(3, NOTHING));
    expect(s, ERROR, .cause = HW_CAUSE_UNRECOGNIZED_CHUNK);
    expect_no_item(s);
    check_equal(COUNT(OutForwardTsns), 0);
}

SCRIPT(rfc3758_3_3_2_supported_extensions_alone, "RFC 3758 3.3.2, RFC 5061 4.2.7",
       "a peer that only lists FORWARD TSN among its Supported Extensions supports it") {
    start(s, .params = PARAM(HW_PARAM_EXTENSIONS, BYTES(HW_FORWARD_TSN)));
    establish_active(s);
    ONCE(.stream = 0);
    expect(s, DATA, .tsn = 0);
    wait_packet(s, sec(2));
    expect(s, FORWARD_TSN, .cum = 0);
    inject(s, SACK(.cum = 0));
    skip_items(s);
}

/* ---- timed reliability ------------------------------------------------------------------------------------------ */

SCRIPT(rfc3758_4_1_tr4, "RFC 3758 4.1 TR4, G1",
       "a lifetime that is over when a chunk would be sent again: abandoned, FORWARD TSN") {
    open_partial(s);
    TIMED(.stream = 3, .lifetime = ms(500), .context = 7);
    expect(s, DATA, .tsn = 0, .stream = 3, .ssn = 0);
    advance(s, ms(999));
    expect_nothing(s);
    expect_no_item(s);
    advance(s, ms(1));
    expect(s, FORWARD_TSN, .cum = 0, .skip_count = 1, .skips = {{3, 0}});
    expect_abandoned(.begun = 1, .sent = 100, .size = 100, .context = 7, .stream = 3);
    inject(s, SACK(.cum = 0));
    check_equal(status_of(s).in_flight, 0);
    advance(s, sec(5));
    expect_nothing(s);
}

SCRIPT(rfc3758_4_1_tr2, "RFC 3758 4.1 TR2", "while its lifetime lasts it is sent again like any other") {
    open_partial(s);
    TIMED(.lifetime = ms(1500));
    expect(s, DATA, .tsn = 0);
    wait_packet(s, sec(2));
    expect(s, DATA, .tsn = 0);
    wait_packet(s, sec(3));
    expect(s, FORWARD_TSN, .cum = 0);
    inject(s, SACK(.cum = 0));
    expect_abandoned(.begun = 1);
}

SCRIPT(rfc3758_4_1_tr3, "RFC 3758 4.1 TR3",
       "a lifetime that is over before the message begins: no TSN, no FORWARD TSN, but a word") {
    open_partial(s);
    RELIABLE(.size = 4 * FULL);
    TIMED(.stream = 1, .lifetime = ms(10), .context = 1);
    RELIABLE(.stream = 2);
    skip_output(s);
    advance(s, ms(20));
    expect_no_item(s);
    inject(s, SACK(.cum = 2));
    expect(s, DATA, .tsn = 3);
    expect(s, DATA, .tsn = 4, .stream = 2);
    expect_abandoned(.begun = 0, .sent = 0, .context = 1);
    inject(s, SACK(.cum = 4));
    expect_nothing(s);
    check_equal(COUNT(AbandonedUnsent), 1);
}

SCRIPT(rfc3758_4_1_outage, "RFC 3758 4.1 TR3, TR4, design", "after an outage nothing is sent whose time has passed") {
    open_partial(s);
    for (int i = 0; i < 40; i++)
        TIMED(.stream = i % 4, .size = FULL, .lifetime = ms(700));
    int64_t sent = (int64_t)skip_output(s);
    advance(s, sec(20)); /* the peer hears nothing and says nothing */
    while (next_chunk(s) >= 0)
        expect(s, FORWARD_TSN, .cum = sent - 1);
    RELIABLE(.stream = 9, .size = 10);
    if (next_chunk(s) == HW_FORWARD_TSN) {
        expect(s, FORWARD_TSN, .cum = sent - 1);
        expect_also(s, DATA, .tsn = sent, .size = 10);
    } else
        expect(s, DATA, .tsn = sent, .size = 10);
    inject(s, SACK(.cum = sent));
    check_equal(skip_items(s), 40);
    check_equal(COUNT(AbandonedSent), sent);
    check_equal(COUNT(AbandonedUnsent), 40 - sent);
    check_equal(COUNT(RetransChunks), 0);
}

/* ---- A1 to A5 --------------------------------------------------------------------------------------------------- */

SCRIPT(rfc3758_3_5_example, "RFC 3758 3.5 C1, C2",
       "the example of 3.5: abandoned 103 and 104, nothing of 105, acknowledged 106") {
    open_partial(s);
    ONCE(.stream = 0);
    ONCE(.stream = 1);
    RELIABLE(.stream = 2);
    RELIABLE(.stream = 3);
    expect_data_packets(s, 0, 4, 100);
    for (int i = 0; i < 3; i++) {
        RELIABLE(.stream = 4);
        expect(s, DATA, .tsn = 4 + i);
        inject(s, SACK(.cum = -1, .gaps = {{4, (uint16_t)(5 + i)}}));
    }
    expect(s, FORWARD_TSN, .cum = 1, .skip_count = 2, .skips = {{0, 0}, {1, 0}});
    expect_also(s, DATA, .tsn = 2, .stream = 2);
    inject(s, SACK(.cum = 1, .gaps = {{2, 5}}));
    inject(s, SACK(.cum = 6));
    skip_items(s);
}

SCRIPT(rfc3758_3_5_a2, "RFC 3758 3.5 A2", "an abandoned chunk leaves what is outstanding, and the window does not grow for it") {
    open_partial(s);
    ONCE(.size = FULL);
    RELIABLE(.size = FULL);
    skip_output(s);
    check_equal(path_of(s, 1).flight, 2 * PMDCS);
    advance(s, sec(1));
    expect(s, FORWARD_TSN, .cum = 0);
    expect(s, DATA, .tsn = 1, .size = FULL);
    check_equal(path_of(s, 1).flight, PMDCS);
    uint32_t window = path_of(s, 1).cwnd;
    inject(s, SACK(.cum = -1, .gaps = {{2, 2}}));
    check_equal(path_of(s, 1).cwnd - window, PMDCS); /* for TSN 1 */
    window = path_of(s, 1).cwnd;
    inject(s, SACK(.cum = 1));
    check_equal(path_of(s, 1).cwnd, window);
    skip_items(s);
}

SCRIPT(rfc3758_3_5_a3, "RFC 3758 3.5 A3", "with one fragment all fragments of the message are abandoned") {
    open_partial(s);
    ONCE(.size = 3 * FULL);
    expect_data_packets(s, 0, 3, FULL);
    for (int i = 0; i < 3; i++)
        inject(s, SACK(.cum = -1, .gaps = {{2, 2}}, .a_rwnd = 1 << 20));
    advance(s, sec(1));
    expect(s, FORWARD_TSN, .cum = 2, .skip_count = 1, .skips = {{0, 0}});
    inject(s, SACK(.cum = 2));
    expect_abandoned(.begun = 1, .sent = 3 * FULL);
    expect_nothing(s);
}

SCRIPT(rfc3758_3_5_a3_unsent_fragments, "RFC 3758 3.5 A3, 3.6",
       "what was never sent of a message takes one TSN, so that the peer sees that the message has no end; the next follows it") {
    open_partial(s);
    ONCE(.size = 10 * FULL, .stream = 1);
    int64_t sent = (int64_t)skip_output(s);
    check_range(sent, 3, 4);
    advance(s, sec(1));
    expect(s, FORWARD_TSN, .cum = sent, .skip_count = 1, .skips = {{1, 0}});
    expect_abandoned(.begun = 1, .sent = sent * FULL, .size = 10 * FULL);
    RELIABLE(.stream = 1);
    expect(s, DATA, .tsn = sent + 1, .ssn = 1);
    inject(s, SACK(.cum = sent + 1));
    check_equal(status_of(s).in_flight, 0);
}

SCRIPT(rfc3758_3_5_a3_all_that_was_sent_came, "RFC 3758 3.5 A3, 3.6",
       "the peer has all that was sent of a message that is given up: only the TSN of its missing end is skipped") {
    open_partial(s);
    TIMED(.size = 10 * FULL, .lifetime = ms(300), .stream = 1);
    int64_t sent = (int64_t)skip_output(s);
    advance(s, ms(400));
    inject(s, SACK(.cum = sent - 1));
    expect(s, FORWARD_TSN, .cum = sent, .skip_count = 1, .skips = {{1, 0}});
    expect_abandoned(.begun = 1, .sent = sent * FULL);
    inject(s, SACK(.cum = sent));
    expect_nothing(s);
}

SCRIPT(rfc3758_3_5_c3, "RFC 3758 3.5 C3, F2",
       "a SACK behind the advanced point: FORWARD TSN again, but not more often than each round-trip time") {
    open_partial(s);
    ONCE(.stream = 0);
    expect(s, DATA, .tsn = 0);
    RELIABLE(.stream = 1);
    expect(s, DATA, .tsn = 1);
    advance(s, ms(100));
    inject(s, SACK(.cum = -1, .gaps = {{2, 2}})); /* the first RTT: 100 ms */
    wait_packet(s, sec(2));
    expect(s, FORWARD_TSN, .cum = 0);
    for (int i = 0; i < 5; i++)
        inject(s, SACK(.cum = -1, .gaps = {{2, 2}}));
    expect_nothing(s);
    advance(s, ms(150));
    inject(s, SACK(.cum = -1, .gaps = {{2, 2}}));
    expect(s, FORWARD_TSN, .cum = 0);
    inject(s, SACK(.cum = 1));
    advance(s, sec(10));
    expect_nothing(s);
    skip_items(s);
}

SCRIPT(rfc3758_3_5_c4_highest_once, "RFC 3758 3.2, 3.5 C4",
       "each stream once, with its highest SSN; unordered messages not at all") {
    open_partial(s);
    ONCE(.stream = 5);
    ONCE(.stream = 6);
    ONCE(.stream = 5);
    check_equal(send_with(s, .policy = HAWSER_POLICY_LIMITED, .flags = HAWSER_SEND_NO_DELAY | HAWSER_SEND_UNORDERED,
                      .stream = 7), 0);
    ONCE(.stream = 5);
    expect_data_packets(s, 0, 5, 100);
    advance(s, sec(1));
    expect(s, FORWARD_TSN, .cum = 4, .skip_count = 2, .skips = {{5, 2}, {6, 0}});
    inject(s, SACK(.cum = 4));
    check_equal(skip_items(s), 5);
}

SCRIPT(rfc3758_3_5_c4_one_mtu, "RFC 3758 3.5 C4",
       "more streams than fit into a packet: the new cumulative TSN is lowered, the rest follows") {
    set(s, STREAMS_OUT, 1000);
    set(s, PATH_MTU, 576);
    start(s, .os = 1000, .mis = 1000, .params = PARAM(HW_PARAM_FORWARD_TSN, NOTHING));
    establish_active(s);
    RELIABLE(.size = 40000);
    int64_t first = sack_everything(s) + 1;
    for (int i = 0; i < 300; i++)
        check_equal(send_with(s, .policy = HAWSER_POLICY_LIMITED, .size = 1, .stream = i), 0);
    skip_output(s);
    advance(s, ms(1));
    size_t sent = status_of(s).in_flight;
    check_range(sent, 200, 300);
    wait_packet(s, sec(2));
    int64_t fits = (576 - 20 - 12 - 8) / 4;
    const struct seen *forward = expect(s, FORWARD_TSN, .cum = first + fits - 1, .length = 576 - 20);
    check_equal(forward->forward.count, fits);
    skip_output(s);
    inject(s, SACK(.cum = first + fits - 1));
    forward = expect(s, FORWARD_TSN);
    check_equal(hw_forward_skip(&forward->forward, 0).stream, fits);
    s->quiet_end = true;
    skip_items(s);
}

SCRIPT(rfc3758_3_5_c5, "RFC 3758 3.5 C5, A5", "T3 runs for a FORWARD TSN, which goes again when it expires, with RTO doubled") {
    open_partial(s);
    ONCE(.stream = 0);
    expect(s, DATA, .tsn = 0);
    wait_packet(s, sec(2));
    expect(s, FORWARD_TSN, .cum = 0);
    check_equal(wait_packet(s, sec(3)), sec(2));
    expect(s, FORWARD_TSN, .cum = 0);
    check_equal(wait_packet(s, sec(5)), sec(4));
    expect(s, FORWARD_TSN, .cum = 0);
    inject(s, SACK(.cum = 0));
    advance(s, sec(20));
    expect_nothing(s);
    skip_items(s);
}

SCRIPT(rfc3758_3_5_c5_path_mtu_falls, "RFC 3758 3.5 C5", "a falling path MTU leaves a FORWARD TSN its timer") {
    open_partial(s);
    ONCE(.size = FULL);
    struct hawser_span quoted = {expect(s, DATA, .tsn = 0)->packet->bytes, 64};
    wait_packet(s, sec(2));
    expect(s, FORWARD_TSN, .cum = 0);
    report_icmp(s, HAWSER_REPORT_TOO_BIG, 1400, quoted);
    expect_nothing(s);
    check_equal(wait_packet(s, sec(3)), sec(2));
    expect(s, FORWARD_TSN, .cum = 0);
    inject(s, SACK(.cum = 0));
    skip_items(s);
}

SCRIPT(rfc3758_3_5_c5_peer_is_gone, "RFC 3758 3.5 C5, 8.1", "FORWARD TSNs that nobody answers end the association like DATA") {
    set(s, ASSOCIATION_MAX_RETRANS, 4);
    open_partial(s);
    ONCE(.stream = 0);
    advance(s, sec(120));
    skip_output(s);
    expect_abandoned(.begun = 1);
    expect_ended(s, HAWSER_END_LOST);
    s->quiet_end = true;
}

SCRIPT(rfc3758_3_5_a2_peer_is_there, "RFC 3758 3.5 A2, 8.1",
       "who acknowledges FORWARD TSNs is there, though no DATA ever arrives") {
    open_partial(s);
    for (int i = 0; i < 15; i++) {
        ONCE(.stream = i % 4);
        expect(s, DATA, .tsn = i);
        wait_packet(s, sec(100));
        expect(s, FORWARD_TSN, .cum = i);
        check_equal(status_of(s).error_count, 1);
        inject(s, SACK(.cum = i));
        check_equal(status_of(s).error_count, 0);
        check_equal(path_of(s, 1).error_count, 0);
    }
    check_equal(skip_items(s), 15);
}

/* T3: TSN 0 is given up, TSN 1 goes again. */
static void abandon_beside_data(struct script *s) {
    open_partial(s);
    ONCE(.stream = 0);
    RELIABLE(.stream = 1);
    expect_data_packets(s, 0, 2, 100);
    wait_packet(s, sec(2));
    expect(s, FORWARD_TSN, .cum = 0);
    expect_also(s, DATA, .tsn = 1);
}

SCRIPT(rfc3758_3_5_f2, "RFC 3758 3.5 F2", "a FORWARD TSN goes in the same packet as DATA, before it") {
    abandon_beside_data(s);
    inject(s, SACK(.cum = 1));
    skip_items(s);
}

SCRIPT(rfc3758_3_5_f4, "RFC 3758 3.5 F4", "a SACK is old by the cumulative TSNs that came, not by the advanced point") {
    abandon_beside_data(s);
    inject(s, SACK(.cum = -1, .gaps = {{2, 2}})); /* behind the advanced point, and heard */
    check_equal(path_of(s, 1).flight, 0);
    inject(s, SACK(.cum = 1));
    skip_items(s);
}

SCRIPT(rfc3758_3_5_f5_fast, "RFC 3758 3.5 F5, RFC 7496 3.1",
       "a chunk that three SACKs miss is abandoned, and the window is halved") {
    open_partial(s);
    RELIABLE(.size = 30 * FULL);
    int64_t last = sack_everything(s);
    uint32_t before = path_of(s, 1).cwnd;
    ONCE(.size = FULL);
    for (int i = 0; i < 4; i++)
        RELIABLE(.size = FULL, .stream = 1);
    skip_output(s);
    for (int i = 0; i < 3; i++)
        inject(s, SACK(.cum = last, .gaps = {{2, (uint16_t)(2 + i)}}));
    expect(s, FORWARD_TSN, .cum = last + 1, .skip_count = 1, .skips = {{0, 1}});
    check_equal(path_of(s, 1).cwnd, before / 2 > 4 * PMDCS ? before / 2 : 4 * PMDCS);
    inject(s, SACK(.cum = last + 5));
    skip_items(s);
}

SCRIPT(rfc3758_3_5_f5_in_flight, "RFC 3758 3.5 F5",
       "a chunk that is given up while it is under way still counts as a loss when it turns out to be lost") {
    open_partial(s);
    RELIABLE(.size = 40 * FULL);
    int64_t last = sack_everything(s);
    uint32_t before = path_of(s, 1).cwnd;
    check_range(before, 9 * PMDCS, 100 * PMDCS);
    /* More than the window takes: when the time is over the rest is given up, and what is in flight with it. */
    TIMED(.size = 100 * FULL, .lifetime = ms(100));
    int64_t sent = (int64_t)skip_output(s);
    advance(s, ms(150));
    inject(s, SACK(.cum = last, .gaps = {{2, 2}}));
    expect(s, FORWARD_TSN, .cum = last + sent + 1);
    check_equal(path_of(s, 1).flight, 0);
    check_equal(path_of(s, 1).cwnd, before);
    RELIABLE(.stream = 1);
    RELIABLE(.stream = 1);
    RELIABLE(.stream = 1);
    skip_output(s);
    for (int i = 0; i < 3; i++)
        inject(s, SACK(.cum = last, .gaps = {{2, 2}, {(uint16_t)(sent + 2), (uint16_t)(sent + 2 + i)}}));
    check_range(path_of(s, 1).cwnd, 4 * PMDCS, before / 2 + PMDCS);
    check_equal(COUNT(FastRetransmits), 0); /* it is not sent again */
    skip_output(s);
    inject(s, SACK(.cum = last + sent + 4));
    skip_items(s);
    s->quiet_end = true;
}

SCRIPT(rfc3758_3_5_a2_timed, "RFC 3758 3.5 A2; RFC 9260 6.3.1 C4",
       "a chunk that is given up while its round trip is measured ends that; the next one is measured") {
    open_partial(s);
    RELIABLE(.size = 40 * FULL);
    int64_t last = sack_everything(s);
    TIMED(.size = 100 * FULL, .lifetime = ms(100));
    int64_t sent = (int64_t)skip_output(s);
    advance(s, ms(150));
    inject(s, SACK(.cum = last, .gaps = {{2, 2}}));
    expect(s, FORWARD_TSN, .cum = last + sent + 1);
    inject(s, SACK(.cum = last + sent + 1));
    hawser_time before = path_of(s, 1).srtt;
    RELIABLE(.stream = 1);
    expect(s, DATA);
    advance(s, ms(80));
    inject(s, SACK(.cum = last + sent + 2));
    check(path_of(s, 1).srtt > before);
    skip_items(s);
}

SCRIPT(rfc3758_3_5_the_missing_end_is_no_loss, "RFC 3758 3.5 A3, F5; RFC 9260 7.2.4",
       "a TSN that was never sent, for the end of what is given up, is no loss when SACKs miss it") {
    open_partial(s);
    RELIABLE(.size = 40 * FULL);
    int64_t last = sack_everything(s);
    TIMED(.size = 100 * FULL, .lifetime = ms(300), .stream = 1);
    int64_t sent = (int64_t)skip_output(s);
    advance(s, ms(400));
    inject(s, SACK(.cum = last + sent));
    expect(s, FORWARD_TSN, .cum = last + sent + 1);
    uint32_t before = path_of(s, 1).cwnd;
    for (int i = 0; i < 4; i++)
        RELIABLE(.stream = 2);
    skip_output(s);
    for (int i = 0; i < 4; i++)
        inject(s, SACK(.cum = last + sent, .gaps = {{2, (uint16_t)(2 + i)}}));
    check_equal(path_of(s, 1).cwnd, before);
    check_equal(COUNT(FastRetransmits), 0);
    skip_output(s);
    inject(s, SACK(.cum = last + sent + 5));
    skip_items(s);
}

SCRIPT(rfc3758_3_5_two_paths, "RFC 3758 3.5 C3, C5, 6.4",
       "a FORWARD TSN goes to a confirmed address, and to another one when T3 expires") {
    start(s, .params = PARAM(HW_PARAM_FORWARD_TSN, NOTHING), .peer_addresses = 2);
    establish_active(s);
    ONCE(.stream = 0);
    expect(s, DATA, .tsn = 0, .to = 0);
    wait_packet(s, sec(2));
    expect(s, FORWARD_TSN, .cum = 0, .to = 1);
    inject(s, SACK(.cum = 0));
    check_equal(skip_items(s), 1);
    advance(s, sec(1));
    expect_nothing(s);
}

SCRIPT(rfc3758_3_5_not_to_a_dead_path, "RFC 3758 3.5 F2, design",
       "a FORWARD TSN does not go along with a heartbeat to a path that has failed") {
    start(s, .params = PARAM(HW_PARAM_FORWARD_TSN, NOTHING), .peer_addresses = 2);
    establish_active(s);
    confirm_paths(s);
    int place = place_of(s, 2);
    check_equal(hawser_set(s->stack, s->now, s->association, 2, HAWSER_SET_PATH_MAX_RETRANS, 0), 0);
    check_equal(hawser_heartbeat(s->stack, s->now, s->association, 2), 0);
    script_pump(s);
    expect(s, HEARTBEAT, .to = place);
    advance(s, sec(2));
    check_equal(path_of(s, 2).state, HAWSER_PATH_INACTIVE);
    skip_output(s);
    skip_items(s);
    check_equal(send_with(s, .policy = HAWSER_POLICY_BUFFER, .size = 1000, .flags = HAWSER_SEND_NO_DELAY), 0);
    expect(s, DATA, .tsn = 0, .to = 1 - place);
    set(s, SEND_BUFFER, status_of(s).queued_bytes + 100);
    check_equal(hawser_heartbeat(s->stack, s->now, s->association, 2), 0);
    RELIABLE(.size = 500, .stream = 1);
    expect(s, HEARTBEAT, .to = place);
    expect(s, FORWARD_TSN, .cum = 0, .to = 1 - place);
    expect_also(s, DATA, .tsn = 1);
    inject(s, SACK(.cum = 1));
    expect_abandoned(.begun = 1);
}

/* ---- beside ----------------------------------------------------------------------------------------------------- */

SCRIPT(rfc3758_3_5_shutdown, "RFC 3758 3.5 A2, 9.2",
       "a shutdown goes on when the rest was abandoned and the peer has skipped it") {
    open_partial(s);
    ONCE(.stream = 0);
    expect(s, DATA, .tsn = 0);
    check_equal(hawser_shutdown(s->stack, s->now, s->association), 0);
    advance(s, sec(1));
    expect(s, FORWARD_TSN, .cum = 0);
    expect_state(s, SHUTDOWN_PENDING);
    inject(s, SACK(.cum = 0));
    expect(s, SHUTDOWN);
    inject(s, SHUTDOWN_ACK());
    expect(s, SHUTDOWN_COMPLETE);
    expect_abandoned(.begun = 1);
    expect_ended(s, HAWSER_END_SHUTDOWN);
}

SCRIPT(rfc3758_3_5_shutdown_received, "RFC 3758 3.5, 9.2", "so it does when the peer has asked for it") {
    open_partial(s);
    ONCE(.stream = 0);
    expect(s, DATA, .tsn = 0);
    inject(s, SHUTDOWN(-1));
    advance(s, sec(1));
    expect(s, FORWARD_TSN, .cum = 0);
    inject(s, SHUTDOWN(0));
    expect(s, SHUTDOWN_ACK);
    s->quiet_end = true;
}

SCRIPT(rfc3758_3_5_came_after_all, "RFC 3758 3.5 A2, 6.2.1",
       "an abandoned chunk that is acknowledged after all, or taken back: nothing comes of it") {
    open_partial(s);
    ONCE(.stream = 0);
    RELIABLE(.stream = 1);
    ONCE(.stream = 2);
    expect_data_packets(s, 0, 3, 100);
    wait_packet(s, sec(2));
    expect(s, FORWARD_TSN, .cum = 0);
    expect_also(s, DATA, .tsn = 1);
    inject(s, SACK(.cum = 0, .gaps = {{2, 2}})); /* TSN 2 */
    inject(s, SACK(.cum = 0));                   /* taken back */
    inject(s, SACK(.cum = 1));
    expect(s, FORWARD_TSN, .cum = 2, .skip_count = 1, .skips = {{2, 0}});
    inject(s, SACK(.cum = 2));
    check_equal(status_of(s).in_flight, 0);
    advance(s, sec(10));
    expect_nothing(s);
    check_equal(skip_items(s), 2);
}

SCRIPT(rfc3758_3_5_wrap, "RFC 3758 3.5, 1.6", "FORWARD TSNs across the end of the TSNs") {
    s->random_byte = 255;
    open_partial(s);
    check_equal(s->stack_tsn, UINT32_MAX);
    for (int i = 0; i < 4; i++)
        ONCE(.stream = i);
    expect_data_packets(s, 0, 4, 100);
    wait_packet(s, sec(2));
    expect(s, FORWARD_TSN, .cum = 3, .skip_count = 4, .skips = {{0, 0}, {1, 0}, {2, 0}, {3, 0}});
    inject(s, SACK(.cum = 0));
    wait_packet(s, sec(3));
    expect(s, FORWARD_TSN, .cum = 3, .skip_count = 3, .skips = {{1, 0}, {2, 0}, {3, 0}});
    inject(s, SACK(.cum = 3));
    RELIABLE(.stream = 0);
    expect(s, DATA, .tsn = 4, .ssn = 1);
    inject(s, SACK(.cum = 4));
    skip_items(s);
}

SCRIPT(rfc3758_3_5_parts, "RFC 3758 3.5 A3, design",
       "a message in parts that is given up: the rest is refused until the user knows") {
    open_partial(s);
    TIMED(.lifetime = ms(500), .flags = HAWSER_SEND_MORE, .size = 2 * FULL);
    int64_t sent = (int64_t)skip_output(s);
    wait_packet(s, sec(2));
    expect(s, FORWARD_TSN, .cum = sent);
    check_equal(send_with(s, .stream = 0), HAWSER_ERR_UNFINISHED);
    expect_abandoned(.begun = 1, .size = 2 * FULL, .sent = sent * FULL);
    RELIABLE(.stream = 0);
    expect(s, DATA, .tsn = sent + 1, .ssn = 1);
    inject(s, SACK(.cum = sent + 1));
}

SCRIPT(rfc3758_3_5_a2_full_window, "RFC 3758 3.5 A2, design",
       "a message is given up though as many TSNs are in flight as there can be") {
    start(s, .params = PARAM(HW_PARAM_FORWARD_TSN, NOTHING), .a_rwnd = 1 << 30);
    establish_active(s);
    set(s, MEMORY_MAX, 1 << 29);
    set(s, SEND_BUFFER, 1 << 29);
    s->unchecked = true;
    check_equal(send_with(s, .policy = HAWSER_POLICY_LIMITED, .value = 1, .size = 1), 0);
    expect(s, DATA, .tsn = 0);
    for (int64_t sent = 0, before = -1; sent != before;) { /* all but the first arrive */
        before = sent;
        for (int i = 0; i < 2000; i++)
            check_equal(send_with(s, .stream = 1, .size = 1, .flags = HAWSER_SEND_UNORDERED), 0);
        skip_output(s);
        sent = (int64_t)status_of(s).in_flight - 1;
        inject(s, SACK(.cum = -1, .gaps = {{2, (uint16_t)(sent + 1)}}));
        sent = (int64_t)status_of(s).in_flight - 1;
        skip_output(s);
    }
    check_equal(status_of(s).in_flight, 65535);
    wait_packet(s, sec(3));
    expect(s, FORWARD_TSN, .cum = 0);
    expect_abandoned(.begun = 1, .sent = 1);
    inject(s, SACK(.cum = 65534));
    check(sack_everything(s) > 65534);
    s->unchecked = false;
}

SCRIPT(rfc3758_4_1_dry, "RFC 3758 4.1 TR3, RFC 6458 6.1.9",
       "the sender is dry when the last message that waited was given up, too") {
    set(s, SENDER_DRY, 1);
    open_partial(s);
    RELIABLE(.size = 100);
    expect(s, DATA, .tsn = 0);
    inject(s, SACK(.cum = 0, .a_rwnd = 0));
    expect_item(s, HAWSER_SENDER_DRY);
    TIMED(.lifetime = ms(10));
    advance(s, sec(2));
    expect_nothing(s);
    expect_item(s, HAWSER_SENDER_DRY);
    expect_abandoned(.begun = 0);
}

SCRIPT(rfc3758_4_1_parts_wait, "RFC 3758 4.1 TR4, design",
       "a message in parts that waits for its next part holds back others no longer than it lives") {
    open_partial(s);
    set(s, NO_DELAY, 1);
    TIMED(.lifetime = ms(500), .flags = HAWSER_SEND_MORE, .size = 2 * FULL);
    int64_t sent = (int64_t)skip_output(s);
    RELIABLE(.stream = 1);
    inject(s, SACK(.cum = sent - 1));
    expect_nothing(s);
    advance(s, ms(600));
    expect(s, FORWARD_TSN, .cum = sent, .skip_count = 1, .skips = {{0, 0}});
    expect_also(s, DATA, .tsn = sent + 1, .stream = 1);
    expect_abandoned(.begun = 1);
    inject(s, SACK(.cum = sent + 1));
}

SCRIPT(rfc3758_3_3_2_collision, "RFC 3758 3.3.2; RFC 9260 5.2.1",
       "a collision with a peer that restarted and has no support any more: what was given up is not skipped but never was") {
    start(s, .params = PARAM(HW_PARAM_FORWARD_TSN, NOTHING));
    connect_now(s, 1);
    RELIABLE();
    ONCE(.stream = 1);
    remember(s, expect(s, INIT));
    inject(s, INIT_ACK(.cookie = TEXT("cookie")));
    expect(s, COOKIE_ECHO);
    expect_also(s, DATA, .tsn = 0);
    expect_also(s, DATA, .tsn = 1);
    wait_packet(s, sec(2)); /* T1 */
    skip_output(s);
    expect_abandoned(.stream = 1);
    s->peer_tag++;
    inject_by(s, WAY(.tag = 0), INIT(.params = NOTHING));
    remember(s, expect(s, INIT_ACK));
    inject(s, COOKIE_ECHO());
    expect(s, COOKIE_ACK);
    expect_item(s, HAWSER_UP);
    expect_item(s, HAWSER_SEND_FAILED, .reason = HAWSER_ERR_STATE, .stream = 0); /* who was sent it is no more */
    RELIABLE();
    expect(s, DATA, .tsn = 0, .ssn = 0); /* and no FORWARD TSN */
    inject(s, SACK(.cum = 0));
    advance(s, sec(5));
    expect_nothing(s);
}
