/* SPDX-License-Identifier: MIT
 *
 * RFC 8899: the path MTU is searched for, with probes of HEARTBEAT and PAD (6.2). The peer carries what the script says.
 */
#include "script.h"

#define PROBE (HAWSER_DEPARTURE_DF | HAWSER_DEPARTURE_PROBE)
#define INTERVAL sec(20) /* pmtu_probe_interval */
#define RAISE sec(600)

/* An association whose estimate is `mtu`, and which may find as much as `max`. */
static void begin(struct script *s, uint32_t mtu, uint32_t max) {
    set(s, PMTU_DISCOVERY, 1);
    set(s, PATH_MTU, mtu);
    set(s, MTU_MAX, max);
    s->mtu = mtu > max ? mtu : max;
    establish_active(s);
}

/* The next packet is a probe of so many bytes with its IP header. */
#define expect_probe(s_, size_) expect_probe_to(s_, 0, size_)
#define expect_probe_to(s_, to_, size_) \
    with_padding(s_, expect(s_, HEARTBEAT, .to = to_, .length = ((size_) - 20) & ~3, .flags = PROBE))
static struct hawser_span with_padding(struct script *s, const struct seen *heartbeat) {
    struct hawser_span value = heartbeat->value, padding = expect_also(s, PAD)->value;
    for (size_t i = 0; i < padding.size; i++)
        check(padding.data[i] == 0); /* nothing that lay in the buffer before */
    return value;
}

static void answer(struct script *s, struct hawser_span heartbeat) {
    inject(s, CHUNK(HW_HEARTBEAT_ACK, 0, heartbeat));
}

/* One small message: the path is in use. */
static void use(struct script *s, int64_t tsn) {
    send_message(s, 0, 100, HAWSER_SEND_NO_DELAY);
    expect(s, DATA, .tsn = tsn);
}

static void acknowledge(struct script *s, int64_t tsn) { inject(s, SACK(.cum = tsn)); }

/* ... which is acknowledged; returns the next TSN. */
static int64_t come_and_go(struct script *s, int64_t tsn) {
    use(s, tsn);
    acknowledge(s, tsn);
    return tsn + 1;
}

/* A message each half second, over a network with a round trip of 50 ms that swallows packets larger than `carried`. Returns how
 * many probes there were. */
static int talk(struct script *s, uint32_t carried, hawser_time time) {
    int probes = 0;
    skip_output(s);
    for (hawser_time end = s->now + time; s->now < end; advance(s, ms(450))) {
        send_message(s, 0, 100, HAWSER_SEND_NO_DELAY);
        script_pump(s);
        advance(s, ms(50));
        int64_t last = -1;
        while (next_chunk(s) >= 0) {
            if (next_chunk(s) == HW_DATA) {
                const struct packet *packet = expect(s, DATA)->packet;
                struct hw_cursor cursor = {packet->bytes + HW_HEADER_SIZE, packet->bytes + packet->size};
                struct hw_tlv chunk;
                struct hw_data data;
                bool passes = packet->size + 20 <= carried || packet->flags & HAWSER_DEPARTURE_MAY_FRAGMENT;
                while (hw_cursor_chunk(&cursor, &chunk) == HW_CURSOR_ITEM && hw_data_parse(&data, &chunk) && passes)
                    last = (int32_t)(data.tsn - s->stack_tsn);
                s->sent[s->next - 1].read = packet->size;
                continue;
            }
            const struct seen *heartbeat = expect(s, HEARTBEAT, .flags = PROBE);
            bool fits = heartbeat->packet->size + 20 <= carried;
            struct hawser_span value = with_padding(s, heartbeat);
            probes++;
            if (fits)
                answer(s, value);
        }
        if (last >= 0)
            acknowledge(s, last);
    }
    return probes;
}

static struct hawser_span quote(struct script *s, const struct seen *seen) {
    return JOIN((struct hawser_span){seen->packet->bytes, seen->packet->size < 64 ? seen->packet->size : 64});
}

static uint32_t mtu_of(struct script *s) { return path_of(s, 1).mtu; }
#define expect_mtu(size, STATE) \
    do { \
        check_equal(mtu_of(s), size); \
        check_equal(path_of(s, 1).mtu_state, HAWSER_MTU_##STATE); \
    } while (0)

/* All probes of this size are lost: the search is over. The TSN that comes next. */
static int64_t search_in_vain(struct script *s, int size) {
    int64_t tsn = come_and_go(s, 0);
    for (int i = 0; i < 3; i++) {
        expect_probe(s, size);
        tsn = come_and_go(s, tsn);
        advance(s, INTERVAL);
    }
    expect_mtu(1500, COMPLETE);
    return tsn;
}

/* ---- 3, 6.2: probes ---------------------------------------------------------------------------------------------- */

SCRIPT(rfc8899_6_2_1_2_probe_packet, "RFC 8899 6.2.1.2, 3 (2)",
       "a probe is HEARTBEAT and PAD alone in a packet of the size probed, with DF and the flag of a probe") {
    begin(s, 1500, 9000);
    use(s, 0);
    struct hawser_span heartbeat = expect_probe(s, 9000);
    check_equal(heartbeat.size, 24); /* a HEARTBEAT of the least length */
    expect_nothing(s);
    acknowledge(s, 0);
}

SCRIPT(rfc8899_6_2_2_2_probe_over_udp, "RFC 8899 6.2.2.2", "the size of a probe includes the UDP header") {
    set(s, PMTU_DISCOVERY, 1);
    set(s, MTU_MAX, 4000);
    s->mtu = 4000;
    start(s, .udp = true);
    establish_active(s);
    use(s, 0);
    expect(s, HEARTBEAT, .length = 4000 - 20 - 8, .flags = PROBE);
    expect_also(s, PAD);
    acknowledge(s, 0);
}

SCRIPT(rfc8899_6_2_1_2_ack_raises, "RFC 8899 5.2 SEARCHING, 5.3.1",
       "the HEARTBEAT ACK of a probe raises the path MTU to its size, and chunks follow") {
    begin(s, 1500, 9000);
    use(s, 0);
    struct hawser_span heartbeat = expect_probe(s, 9000);
    acknowledge(s, 0);
    expect_mtu(1500, SEARCHING);
    answer(s, heartbeat);
    expect_mtu(9000, COMPLETE);
    check_equal(status_of(s).fragment_size, 9000 - 20 - 12 - 16);
    send_message(s, 0, 8000, 0);
    expect(s, DATA, .bits = B | E, .size = 8000);
    acknowledge(s, 1);
    check_equal(COUNT(PathMtuProbes), 1);
}

SCRIPT(rfc8899_4_1_probe_is_identified, "RFC 8899 4.1, 6.1.1, 8",
       "only an answer with the nonce of the probe confirms it; an old one, a repeated one or a made-up one does not") {
    begin(s, 1500, 1600);
    use(s, 0);
    struct hawser_span first = JOIN(expect_probe(s, 1600)), forged = JOIN(first);
    acknowledge(s, 0);
    ((uint8_t *)(uintptr_t)forged.data)[forged.size - 1] ^= 1;
    answer(s, forged);
    expect_mtu(1500, SEARCHING);
    advance(s, INTERVAL - sec(1));
    come_and_go(s, 1);
    advance(s, sec(1));
    struct hawser_span second = JOIN(expect_probe(s, 1600));
    answer(s, first);
    expect_mtu(1500, SEARCHING);
    answer(s, second);
    expect_mtu(1600, COMPLETE);
    answer(s, second);
    expect_mtu(1600, COMPLETE);
}

SCRIPT(rfc8899_3_7_probes_and_congestion, "RFC 8899 3 (7), 6.2.1.2",
       "a lost probe is no path error and no congestion; a raised MTU does not raise cwnd") {
    begin(s, 1500, 4000);
    come_and_go(s, 0);
    uint32_t cwnd = path_of(s, 1).cwnd;
    struct hawser_span heartbeat = {0};
    for (int i = 0; i < 3; i++) {
        heartbeat = expect_probe(s, i == 0 ? 4000 : 1600);
        check_equal(path_of(s, 1).flight, 0);
        if (i == 2)
            break;
        advance(s, INTERVAL - ms(500));
        use(s, i + 1);
        acknowledge(s, i + 1);
        cwnd = path_of(s, 1).cwnd;
        advance(s, ms(500));
        check_equal(path_of(s, 1).error_count, 0);
        check_equal(status_of(s).error_count, 0);
        check_equal(path_of(s, 1).cwnd, cwnd);
    }
    answer(s, heartbeat);
    check_equal(mtu_of(s), 1600);
    check_equal(path_of(s, 1).cwnd, cwnd);
    expect_no_item(s);
    s->quiet_end = true;
}

SCRIPT(rfc8899_3_7_not_limited_by_windows, "RFC 8899 3 (7, 8), 6.2", "neither cwnd nor the peer's window holds a probe back") {
    start(s, .a_rwnd = 3000);
    begin(s, 1500, 4000);
    send_message(s, 0, 3000, 0);
    while (next_chunk(s) == HW_DATA)
        expect(s, DATA);
    expect_probe(s, 4000);
    s->quiet_end = true;
}

SCRIPT(rfc8899_3_7_a_round_trip_between_probes, "RFC 8899 3 (7), 8", "between two probes there is a round trip at least") {
    begin(s, 1500, 9000);
    use(s, 0);
    struct hawser_span quoted = quote(s, expect(s, HEARTBEAT, .flags = PROBE));
    expect_also(s, PAD);
    advance(s, ms(100));
    acknowledge(s, 0);
    hawser_time round_trip = path_of(s, 1).srtt;
    check_range(round_trip, ms(10), ms(100));
    report_icmp(s, HAWSER_REPORT_TOO_BIG, 0, quoted);
    use(s, 1);
    advance(s, round_trip - 1);
    expect_nothing(s);
    advance(s, 1);
    expect_probe(s, 1600);
    acknowledge(s, 1);
}

/* ---- 5.1: timers, constants ---------------------------------------------------------------------------------------- */

SCRIPT(rfc8899_5_1_1_probe_timer, "RFC 8899 5.1.1", "PROBE_TIMER cannot be set below a second and is above 15 seconds") {
    const struct hawser_setting_info *info = hawser_setting_by_number(HAWSER_SET_PMTU_PROBE);
    check(info->standard > (int64_t)sec(15));
    check_equal(hawser_set(s->stack, s->now, 0, 0, HAWSER_SET_PMTU_PROBE, (int64_t)sec(1) - 1), HAWSER_ERR_RANGE);
    check_equal(hawser_setting_by_number(HAWSER_SET_PMTU_RAISE)->standard, RAISE);
}

SCRIPT(rfc8899_5_1_2_max_probes, "RFC 8899 5.1.2, 5.2, 5.3.1",
       "after MAX_PROBES probes in a row without an answer the search is over") {
    begin(s, 1500, 9000);
    int64_t tsn = come_and_go(s, 0);
    static const int tried[] = {9000, 1600, 1600};
    for (int i = 0; i < 3; i++) {
        expect_probe(s, tried[i]);
        advance(s, INTERVAL - sec(1));
        tsn = come_and_go(s, tsn);
        advance(s, sec(1));
    }
    expect_mtu(1500, COMPLETE);
    expect_nothing(s);
}

SCRIPT(rfc8899_5_1_1_raise_timer, "RFC 8899 5.1.1, 5.2", "PMTU_RAISE_TIMER begins the search again, if data goes") {
    begin(s, 1500, 1600);
    int64_t tsn = search_in_vain(s, 1600);
    advance(s, RAISE - sec(1));
    expect_nothing(s);
    tsn = come_and_go(s, tsn);
    advance(s, sec(1));
    answer(s, expect_probe(s, 1600));
    expect_mtu(1600, COMPLETE);
}

SCRIPT(rfc8899_5_1_1_idle_is_not_woken, "RFC 8899 4.3, 5.1.1",
       "while no data goes there are no probes, and nothing waits for a time") {
    begin(s, 1500, 9000);
    advance(s, sec(3600));
    expect_nothing(s);
    come_and_go(s, 0);
    expect_probe(s, 9000);
    advance(s, INTERVAL); /* it may go on for one step, then it sleeps */
    skip_output(s);
    advance(s, INTERVAL);
    skip_output(s);
    check_equal(hawser_deadline(s->stack), HAWSER_NEVER);
    advance(s, sec(3600));
    expect_nothing(s);
}

/* ---- 5.2, 5.3: the search ------------------------------------------------------------------------------------------ */

SCRIPT(rfc8899_5_2_no_probe_where_all_is_carried, "RFC 8899 5.2 SEARCH_COMPLETE, 6.2.1.3",
       "a first estimate that is the largest size needs no probe; there is no CONFIRMATION_TIMER") {
    begin(s, 1500, 1500);
    expect_mtu(1500, COMPLETE);
    for (int64_t tsn = 0; tsn < 20; tsn++) {
        send_message(s, 0, FULL, 0);
        expect(s, DATA, .tsn = tsn);
        acknowledge(s, tsn);
        advance(s, sec(100));
    }
    expect_nothing(s);
}

SCRIPT(rfc8899_5_2_base_first, "RFC 8899 5.2 BASE, 5.1.4", "an estimate that is the base is confirmed before it is exceeded") {
    begin(s, 1280, 1500);
    expect_mtu(1280, BASE);
    use(s, 0);
    struct hawser_span heartbeat = expect_probe(s, 1280);
    acknowledge(s, 0);
    answer(s, heartbeat);
    expect_mtu(1280, SEARCHING);
    advance(s, sec(1));
    answer(s, expect_probe(s, 1500));
    expect_mtu(1500, COMPLETE);
}

SCRIPT(rfc8899_5_3_2_steps, "RFC 8899 5.3.2",
       "the largest size first; then in useful steps from below, each of which is kept when it arrives") {
    static const struct {
        uint32_t carried, found, most;
    } cases[] = {{9000, 9000, 1}, {4400, 4352, 15}, {2000, 1600, 13}, {1500, 1500, 12}, {1481, 1480, 11}, {1411, 1400, 5}};
    set(s, PATH_MAX_RETRANS, 20);
    begin(s, 1400, 9000);
    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
        set(s, PATH_MTU, 1400);
        int probes = talk(s, cases[i].carried, sec(120));
        expect_mtu(cases[i].found, COMPLETE);
        check_range(probes, 1, cases[i].most);
    }
}

SCRIPT(rfc8899_5_2_per_path, "RFC 8899 5.2, 9260 7.3",
       "each path has a search of its own; chunks are cut for the smallest") {
    set(s, PMTU_DISCOVERY, 1);
    set(s, MTU_MAX, 4000);
    s->mtu = 4000;
    start(s, .peer_addresses = 2);
    establish_active(s);
    confirm_paths(s);
    use(s, 0);
    struct hawser_span heartbeat = expect_probe_to(s, 0, 4000);
    acknowledge(s, 0);
    answer(s, heartbeat);
    check_equal(path_of(s, 1).mtu, 4000);
    check_equal(path_of(s, 2).mtu, 1500);
    check_equal(status_of(s).fragment_size, FULL);
    check_equal(send_with(s, .path = 2), 0);
    expect(s, DATA, .to = 1);
    heartbeat = expect_probe_to(s, 1, 4000);
    inject_by(s, WAY(.from = 1), SACK(.cum = 1));
    inject_by(s, WAY(.from = 1), CHUNK(HW_HEARTBEAT_ACK, 0, heartbeat));
    check_equal(path_of(s, 2).mtu, 4000);
    check_equal(status_of(s).fragment_size, 4000 - 20 - 12 - 16);
}

SCRIPT(rfc8899_5_2_unconfirmed_paths, "RFC 8899 5.2 DISABLED, 9260 5.4", "no probe goes to an unconfirmed address") {
    set(s, PMTU_DISCOVERY, 1);
    set(s, MTU_MAX, 4000);
    s->mtu = 4000;
    start(s, .peer_addresses = 2);
    establish_active(s);
    come_and_go(s, 0);
    advance(s, sec(10));
    for (size_t i = 0; i < s->sent_count; i++)
        check(!(s->sent[i].flags & HAWSER_DEPARTURE_PROBE) || same_place(&s->sent[i].remote, &s->peer[0]));
    s->quiet_end = true;
}

SCRIPT(rfc8899_5_2_shutdown_ends_it, "RFC 8899 5.2 DISABLED, 9260 8.3", "no probe after SHUTDOWN was sent") {
    begin(s, 1500, 9000);
    come_and_go(s, 0);
    expect_probe(s, 9000);
    check_equal(hawser_shutdown(s->stack, s->now, s->association), 0);
    script_pump(s);
    expect(s, SHUTDOWN);
    for (int i = 0; i < 3; i++) {
        advance(s, sec(20));
        while (next_chunk(s) == HW_SHUTDOWN)
            expect(s, SHUTDOWN);
    }
    expect_nothing(s);
    s->quiet_end = true;
}

SCRIPT(rfc8899_off, "RFC 8899 4.5", "switched off there are no probes, and what fell does not rise") {
    establish_active(s);
    check_equal(path_of(s, 1).mtu_state, HAWSER_MTU_DISABLED);
    set(s, MTU_MAX, 9000);
    send_message(s, 0, FULL, 0);
    report_icmp(s, HAWSER_REPORT_TOO_BIG, 1400, quote(s, expect(s, DATA)));
    skip_output(s);
    acknowledge(s, 0);
    for (int64_t tsn = 1; tsn < 5; tsn++) {
        come_and_go(s, tsn);
        advance(s, RAISE);
    }
    expect_nothing(s);
    check_equal(mtu_of(s), 1400);
    set(s, PMTU_DISCOVERY, 1); /* and on again: it goes on from there */
    come_and_go(s, 5);
    expect_probe(s, 9000);
}

/* ---- 4.3: black holes ---------------------------------------------------------------------------------------------- */

SCRIPT(rfc8899_4_3_first_estimate_vanishes, "RFC 8899 4.3, 5.2 BASE",
       "where nothing large ever passed, one time-out of a large packet is enough to fall to the base, which is then confirmed") {
    begin(s, 1500, 1500);
    send_message(s, 0, FULL, 0);
    expect(s, DATA, .length = 1480, .flags = HAWSER_DEPARTURE_DF);
    advance(s, sec(1));
    expect_mtu(1280, BASE);
    check_equal(status_of(s).fragment_size, 1280 - 20 - 12 - 16);
    check_equal(COUNT(BlackHoles), 1);
    struct hawser_span heartbeat = expect_probe(s, 1280);
    expect(s, DATA, .tsn = 0, .size = FULL, .flags = HAWSER_DEPARTURE_MAY_FRAGMENT); /* 9260 6.9 */
    answer(s, heartbeat);
    expect_mtu(1280, SEARCHING);
    acknowledge(s, 0);
    advance(s, sec(3));
    heartbeat = expect_probe(s, 1500);
    answer(s, heartbeat); /* it was chance */
    expect_mtu(1500, COMPLETE);
}

SCRIPT(rfc8899_4_3_confirmed_size_vanishes, "RFC 8899 4.3",
       "a size that did pass is given up after three time-outs in a row of large packets") {
    begin(s, 1500, 1500);
    set(s, PATH_MAX_RETRANS, 10);
    send_message(s, 0, FULL, 0);
    expect(s, DATA);
    acknowledge(s, 0);
    send_message(s, 0, FULL, 0);
    expect(s, DATA);
    for (int i = 0; i < 2; i++) {
        wait_packet(s, sec(10));
        expect(s, DATA, .tsn = 1, .flags = HAWSER_DEPARTURE_DF);
        expect_mtu(1500, COMPLETE);
    }
    wait_packet(s, sec(10));
    expect_mtu(1280, BASE);
    answer(s, expect_probe(s, 1280));
    expect(s, DATA, .tsn = 1, .flags = HAWSER_DEPARTURE_MAY_FRAGMENT);
    acknowledge(s, 1);
    s->quiet_end = true;
}

SCRIPT(rfc8899_4_3_small_packets_are_no_sign, "RFC 8899 4.3", "time-outs of small packets say nothing of the path MTU") {
    begin(s, 1500, 1500);
    use(s, 0);
    for (int i = 0; i < 4; i++) {
        wait_packet(s, sec(20));
        expect(s, DATA, .tsn = 0);
    }
    expect_mtu(1500, COMPLETE);
    acknowledge(s, 0);
}

SCRIPT(rfc8899_5_2_error_state, "RFC 8899 5.2 ERROR, 5.4",
       "a path that does not carry the base gets the least size, until a probe of the base passes") {
    begin(s, 1500, 1500);
    set(s, PATH_MAX_RETRANS, 20);
    set(s, ASSOCIATION_MAX_RETRANS, 20);
    send_message(s, 0, 5000, 0);
    hawser_time began = s->now;
    for (int i = 0; i < 6 && path_of(s, 1).mtu_state != HAWSER_MTU_ERROR; i++) {
        wait_packet(s, sec(60));
        skip_output(s);
    }
    expect_mtu(576, ERROR);
    check_range(s->now - began, sec(1), sec(20));
    sack_everything(s);
    talk(s, 1400, sec(120));
    expect_mtu(1400, COMPLETE);
}

SCRIPT(rfc8899_5_2_error_by_probes, "RFC 8899 5.2 BASE to ERROR",
       "MAX_PROBES lost probes of the base, while smaller packets pass, lead to the least size as well") {
    begin(s, 1280, 1500);
    check_equal(talk(s, 1000, sec(59)), 3);
    expect_mtu(1280, BASE);
    talk(s, 1000, sec(2));
    expect_mtu(576, ERROR);
    check_equal(talk(s, 1000, sec(600)) >= 25, 1); /* it goes on asking */
    expect_mtu(576, ERROR);
    talk(s, 1500, sec(25));
    expect_mtu(1500, COMPLETE);
}

SCRIPT(rfc8899_5_1_2_ipv6_minimum, "RFC 8899 5.1.2", "over IPv6 nothing falls below 1280 bytes") {
    set(s, PMTU_DISCOVERY, 1);
    start(s, .ipv6 = true);
    establish_active(s);
    send_message(s, 0, 1400, 0);
    expect(s, DATA);
    set(s, PATH_MAX_RETRANS, 20);
    set(s, ASSOCIATION_MAX_RETRANS, 20);
    for (int i = 0; i < 8; i++) {
        wait_packet(s, sec(60));
        skip_output(s);
    }
    check_equal(mtu_of(s), 1280);
    s->quiet_end = true;
}

/* ---- 4.6: reports -------------------------------------------------------------------------------------------------- */

static const struct seen *large_data(struct script *s) {
    send_message(s, 0, FULL, 0);
    return expect(s, DATA, .size = FULL);
}

SCRIPT(rfc8899_4_6_2_report_is_a_hint, "RFC 8899 4.6.2, 6.2.1.4",
       "a validated report of less than the path MTU: down to the base, and the next probe has the size reported") {
    begin(s, 1500, 1500);
    report_icmp(s, HAWSER_REPORT_TOO_BIG, 1400, quote(s, large_data(s)));
    expect_mtu(1280, BASE);
    expect(s, DATA, .tsn = 0, .flags = HAWSER_DEPARTURE_MAY_FRAGMENT);
    struct hawser_span heartbeat = expect_probe(s, 1400);
    answer(s, heartbeat);
    expect_mtu(1400, COMPLETE); /* PL_PTB_SIZE = PLPMTU */
    acknowledge(s, 0);
    expect_nothing(s);
}

SCRIPT(rfc8899_4_6_2_wrong_hint, "RFC 8899 4.6.2", "a size that was reported and does not pass is found out") {
    begin(s, 1500, 1500);
    report_icmp(s, HAWSER_REPORT_TOO_BIG, 1490, quote(s, large_data(s)));
    expect(s, DATA, .tsn = 0);
    expect_probe(s, 1490);
    acknowledge(s, 0);
    come_and_go(s, 1);
    advance(s, INTERVAL - sec(1));
    come_and_go(s, 2);
    advance(s, sec(1));
    struct hawser_span heartbeat = expect_probe(s, 1280);
    answer(s, heartbeat);
    expect_mtu(1280, SEARCHING);
    s->quiet_end = true;
}

SCRIPT(rfc8899_4_6_2_invalid_reports, "RFC 8899 4.6.1, 4.6.2, 8",
       "too small, larger than what was sent, or not validated: discarded; the path MTU never rises by a report") {
    begin(s, 1500, 1500);
    struct hawser_span quoted = quote(s, large_data(s)), other = JOIN(quoted);
    ((uint8_t *)(uintptr_t)other.data)[7] ^= 1;
    static const uint32_t sizes[] = {1, 68, 575, 1500, 9000, 65535};
    for (unsigned i = 0; i < sizeof sizes / sizeof *sizes; i++)
        report_icmp(s, HAWSER_REPORT_TOO_BIG, sizes[i], quoted);
    report_icmp(s, HAWSER_REPORT_TOO_BIG, 1400, other);
    expect_mtu(1500, COMPLETE);
    check_equal(COUNT(ReportsIgnored), 7);
    acknowledge(s, 0);
}

SCRIPT(rfc8899_4_6_2_below_the_base, "RFC 8899 4.6.2", "a report of less than the base leads to the error state and is tried") {
    begin(s, 1500, 1500);
    report_icmp(s, HAWSER_REPORT_TOO_BIG, 1000, quote(s, large_data(s)));
    expect_mtu(576, ERROR);
    expect(s, DATA, .tsn = 0, .flags = HAWSER_DEPARTURE_MAY_FRAGMENT);
    struct hawser_span heartbeat = expect_probe(s, 1000);
    answer(s, heartbeat);
    expect_mtu(1000, COMPLETE);
    s->quiet_end = true;
    skip_output(s);
    acknowledge(s, 0);
}

SCRIPT(rfc8899_4_6_2_only_the_probe, "RFC 8899 4.6.2",
       "a report about a probe leaves the path MTU as it is; its size is the next one tried") {
    begin(s, 1500, 9000);
    come_and_go(s, 0);
    struct hawser_span quoted = quote(s, expect(s, HEARTBEAT, .flags = PROBE));
    expect_also(s, PAD);
    report_icmp(s, HAWSER_REPORT_TOO_BIG, 3000, quoted);
    expect_mtu(1500, SEARCHING);
    advance(s, sec(1));
    answer(s, expect_probe(s, 3000));
    expect_mtu(3000, COMPLETE);
}

SCRIPT(rfc8899_4_6_2_the_interface_refuses, "RFC 8899 4.6.2, 3 (5)",
       "the local interface takes no more than the path MTU (EMSGSIZE): an immediate answer, the search is over") {
    begin(s, 1500, 9000);
    come_and_go(s, 0);
    struct hawser_span quoted = quote(s, expect(s, HEARTBEAT, .flags = PROBE));
    expect_also(s, PAD);
    report_icmp(s, HAWSER_REPORT_TOO_BIG, 1500, quoted);
    expect_mtu(1500, COMPLETE);
    come_and_go(s, 1);
    advance(s, sec(60));
    expect_nothing(s);
}

SCRIPT(rfc8899_4_6_2_refused_without_a_size, "RFC 8899 4.6.2", "a refusal that names no size counts against the probe alone") {
    begin(s, 1500, 9000);
    come_and_go(s, 0);
    struct hawser_span quoted = quote(s, expect(s, HEARTBEAT, .flags = PROBE));
    expect_also(s, PAD);
    report_icmp(s, HAWSER_REPORT_TOO_BIG, 0, quoted);
    check_equal(mtu_of(s), 1500);
    check_equal(COUNT(BlackHoles), 0);
    come_and_go(s, 1);
    advance(s, sec(1));
    expect_probe(s, 1600);
    s->quiet_end = true;
}

SCRIPT(rfc8899_4_6_2_flood, "RFC 8899 8, bad input", "a flood of reports costs a probe a round trip at most") {
    begin(s, 1500, 1500);
    struct hawser_span quoted = quote(s, large_data(s));
    for (int i = 0; i < 500; i++)
        report_icmp(s, HAWSER_REPORT_TOO_BIG, (uint32_t)(600 + (i * 37) % 900), quoted);
    check_range(COUNT(PathMtuProbes), 0, 2);
    check(mtu_of(s) >= 576);
    s->quiet_end = true;
}

/* ---- change of the way --------------------------------------------------------------------------------------------- */

SCRIPT(rfc8899_5_1_4_route_changed, "RFC 8899 5.1.4, 8261 6.1", "when the way changes the search begins anew") {
    begin(s, 1500, 1600);
    int64_t tsn = search_in_vain(s, 1600);
    struct hawser_report report = HAWSER_INIT(report);
    report.kind = HAWSER_REPORT_ROUTE_CHANGED;
    report.remote = s->peer[0];
    hawser_report(s->stack, s->now, &report);
    expect_mtu(1500, SEARCHING);
    tsn = come_and_go(s, tsn);
    answer(s, expect_probe(s, 1600));
    expect_mtu(1600, COMPLETE);
}

SCRIPT(rfc8899_max_is_lowered, "RFC 8899 3 (5), 5.1.2", "an application that sets a smaller maximum gets it at once") {
    begin(s, 1500, 1500);
    set(s, MTU_MAX, 1000);
    expect_mtu(1000, COMPLETE);
    send_message(s, 0, 2000, 0);
    expect(s, DATA, .length = 1000 - 20);
    s->quiet_end = true;
}
