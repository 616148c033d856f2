/* SPDX-License-Identifier: MIT
 *
 * Explicit congestion notification: RFC 4960 appendix A, with RFC 3168 where that refers to it.
 */
#include "reconfig.h"

#define ECT 2
#define CE 3

#define ECNE(tsn) CHUNK(HW_ECNE, 0, U32(tsn))
#define CWR(tsn) CHUNK(HW_CWR, 0, U32(tsn))

static void establish(struct script *s) {
    start(s, .carrier = HAWSER_CARRIER_ECN, .params = PARAM(HW_PARAM_ECN, NOTHING));
    establish_active(s);
}

static struct hawser_span offered(struct script *s) {
    connect_now(s, 1);
    return param_of(expect(s, INIT), HW_PARAM_ECN);
}

/* Lets full packets leave and takes them; returns how many chunks. */
static unsigned fill(struct script *s, size_t size) {
    send_message(s, 0, size, 0);
    unsigned count = 0;
    for (; next_chunk(s) == HW_DATA; count++)
        expect(s, DATA);
    return count;
}

SCRIPT(rfc4960_ecn_offered, "RFC 4960 A", "INIT and INIT ACK say ECN if the carrier can and the setting is on") {
    start(s, .carrier = HAWSER_CARRIER_ECN);
    check(offered(s).data != NULL);
    listen_now(s);
    inject(s, INIT());
    check(param_of(expect(s, INIT_ACK), HW_PARAM_ECN).data != NULL);
}

SCRIPT(rfc4960_ecn_not_over_a_carrier_that_cannot, "RFC 4960 A", "a carrier that cannot set the bits: ECN is not offered") {
    start(s);
    check(offered(s).data == NULL);
}

SCRIPT(rfc4960_ecn_switched_off, "RFC 4960 A", "the setting ecn = 0: not offered") {
    start(s, .carrier = HAWSER_CARRIER_ECN);
    set(s, ECN, 0);
    check(offered(s).data == NULL);
}

SCRIPT(rfc4960_ecn_data_may_be_marked, "RFC 3168 6.1.2, 6.1.4",
       "packets with new DATA are ECT(0); control packets are not") {
    establish(s);
    send_message(s, 0, 10, 0);
    check_equal(expect(s, DATA)->packet->ecn, ECT);
    inject(s, HEARTBEAT(U32(1)));
    check_equal(expect(s, HEARTBEAT_ACK)->packet->ecn, 0);
    inject(s, DATA(.tsn = 0));
    check_equal(expect(s, SACK)->packet->ecn, 0);
}

SCRIPT(rfc4960_ecn_not_agreed, "RFC 4960 A", "a peer without ECN: nothing is ECT, a mark is not echoed, ECNE is unknown") {
    start(s, .carrier = HAWSER_CARRIER_ECN);
    establish_active(s);
    send_message(s, 0, 10, 0);
    check_equal(expect(s, DATA)->packet->ecn, 0);
    inject_by(s, WAY(.ecn = CE), DATA(.tsn = 0));
    expect(s, SACK, .cum = 0);
    expect_nothing(s);
    uint32_t cwnd = path_of(s, 1).cwnd;
    inject(s, ECNE(s->stack_tsn));
    expect_nothing(s);
    check_equal(path_of(s, 1).cwnd, cwnd);
    check_equal(COUNT(UnknownChunks), 1);
}

SCRIPT(rfc4960_ecn_retransmissions_are_not_marked, "RFC 3168 6.1.5", "what is sent again is not ECT") {
    establish(s);
    send_message(s, 0, 10, 0);
    check_equal(expect(s, DATA)->packet->ecn, ECT);
    advance(s, sec(1));
    check_equal(expect(s, DATA, .tsn = 0)->packet->ecn, 0);
}

SCRIPT(rfc4960_ecn_window_probes_are_not_marked, "RFC 3168 6.1.6", "a zero window probe is not ECT") {
    start(s, .carrier = HAWSER_CARRIER_ECN, .params = PARAM(HW_PARAM_ECN, NOTHING), .a_rwnd = 1500);
    establish_active(s);
    send_message(s, 0, 10, 0);
    expect(s, DATA, .tsn = 0);
    inject(s, SACK(.cum = 0, .a_rwnd = 0));
    send_message(s, 0, 10, 0);
    advance(s, sec(1));
    check_equal(expect(s, DATA, .tsn = 1)->packet->ecn, 0);
}

SCRIPT(rfc4960_ecn_mark_is_echoed_until_cwr, "RFC 4960 A",
       "ECNE with the lowest TSN of the marked packet, with each SACK, until CWR") {
    establish(s);
    inject_by(s, WAY(.ecn = CE), DATA(.tsn = 0), DATA(.tsn = 1, .ssn = 1));
    const struct seen *seen = expect(s, ECNE);
    check_equal(seen->value.size, 4);
    check_equal(hw_get32(seen->value.data), s->peer_tsn);
    expect_also(s, SACK, .cum = 1);
    check_equal(COUNT(CongestionSeen), 1);
    for (int i = 2; i < 6; i += 2) {
        inject(s, DATA(.tsn = i, .ssn = i));
        inject(s, DATA(.tsn = i + 1, .ssn = i + 1));
        expect(s, ECNE);
        expect_also(s, SACK, .cum = i + 1);
    }
    inject(s, CWR(s->peer_tsn));
    inject(s, DATA(.tsn = 6, .ssn = 6));
    inject(s, DATA(.tsn = 7, .ssn = 7));
    expect(s, SACK, .cum = 7);
}

SCRIPT(rfc4960_ecn_mark_hastens_the_sack, "RFC 4960 A", "the first mark is told of at once") {
    establish(s);
    inject(s, DATA(.tsn = 0));
    expect(s, SACK, .cum = 0);
    inject_by(s, WAY(.ecn = CE), DATA(.tsn = 1, .ssn = 1));
    expect(s, ECNE);
    expect_also(s, SACK, .cum = 1);
}

SCRIPT(rfc4960_ecn_newer_mark_outlives_an_older_cwr, "RFC 4960 A",
       "CWR for an older mark does not silence the echo of a newer one") {
    establish(s);
    inject_by(s, WAY(.ecn = CE), DATA(.tsn = 0));
    expect(s, ECNE);
    expect_also(s, SACK);
    inject_by(s, WAY(.ecn = CE), DATA(.tsn = 1, .ssn = 1));
    inject(s, CWR(s->peer_tsn));
    inject(s, DATA(.tsn = 2, .ssn = 2));
    check_equal(hw_get32(expect(s, ECNE)->value.data), s->peer_tsn + 1);
    expect_also(s, SACK, .cum = 2);
}

SCRIPT(rfc4960_ecn_reduces_once_a_window, "RFC 4960 A, RFC 3168 6.1.2",
       "ECNE halves cwnd once for a window of data; CWR answers each") {
    establish(s);
    check(fill(s, 20 * FULL) >= 3);
    inject(s, ECNE(s->stack_tsn), SACK(.cum = 0));
    check_equal(hw_get32(expect(s, CWR)->value.data), s->stack_tsn);
    skip_output(s);
    uint32_t reduced = path_of(s, 1).ssthresh;
    check(reduced < UINT32_MAX && reduced >= 4 * PMDCS);
    check_equal(COUNT(EcnReductions), 1);
    /* a second mark of the same window, and the first once more, for the CWR was lost */
    inject(s, ECNE(s->stack_tsn + 1), SACK(.cum = 0));
    expect(s, CWR);
    inject(s, ECNE(s->stack_tsn), SACK(.cum = 0));
    expect(s, CWR);
    check_equal(COUNT(EcnReductions), 1);
    check_equal(path_of(s, 1).ssthresh, reduced);
    /* all of it is acknowledged: the next window can be marked on its own */
    inject(s, SACK(.cum = (int64_t)status_of(s).in_flight));
    sack_everything(s);
    check_equal(status_of(s).in_flight, 0);
    send_message(s, 0, 10, 0);
    uint32_t tsn = expect(s, DATA)->data.tsn;
    inject(s, ECNE(tsn));
    expect(s, CWR);
    check_equal(COUNT(EcnReductions), 2);
}

SCRIPT(rfc4960_ecn_loss_in_a_reduced_window, "RFC 3168 6.1.2",
       "what is lost of a window that was reduced for a mark reduces it no more") {
    establish(s);
    unsigned count = fill(s, 20 * FULL);
    check(count >= 3);
    inject(s, ECNE(s->stack_tsn + 1));
    expect(s, CWR);
    uint32_t reduced = path_of(s, 1).ssthresh;
    for (int i = 1; i <= 3; i++)
        inject(s, SACK(.cum = -1, .gaps = {{2, (uint16_t)count}}));
    skip_output(s);
    check_equal(path_of(s, 1).ssthresh, reduced);
}

SCRIPT(rfc4960_ecn_nonsense, "RFC 4960 A, notes", "an ECNE for what was never sent, or cut short, changes nothing") {
    establish(s);
    send_message(s, 0, 10, 0);
    expect(s, DATA);
    struct hawser_path_status before = path_of(s, 1);
    inject(s, ECNE(s->stack_tsn + 1));
    inject(s, ECNE(s->stack_tsn + 0x7fffffffu));
    inject(s, CHUNK(HW_ECNE, 0, TEXT("ab")));
    inject(s, CHUNK(HW_CWR, 0, NOTHING));
    inject(s, CWR(7));
    expect_nothing(s);
    check_equal(path_of(s, 1).cwnd, before.cwnd);
    check_equal(path_of(s, 1).ssthresh, before.ssthresh);
}

SCRIPT(rfc4960_ecn_with_a_count, "RFC 4960 A", "an ECNE that is longer, as usrsctp's, is understood") {
    establish(s);
    send_message(s, 0, 10, 0);
    expect(s, DATA);
    inject(s, CHUNK(HW_ECNE, 0, JOIN(U32(s->stack_tsn), U32(1))));
    check_equal(hw_get32(expect(s, CWR)->value.data), s->stack_tsn);
}

SCRIPT(rfc4960_ecn_restart, "RFC 4960 A, 5.2.4 A", "a restart forgets marks") {
    establish(s);
    inject_by(s, WAY(.ecn = CE), DATA(.tsn = 0));
    expect(s, ECNE);
    expect_also(s, SACK);
    inject(s, INIT(.tag = 99, .tsn = 500));
    remember(s, expect(s, INIT_ACK));
    s->peer_tsn = 500;
    inject(s, COOKIE_ECHO());
    expect(s, COOKIE_ACK);
    inject(s, DATA(.tsn = 0));
    expect(s, SACK, .cum = 0);
}

SCRIPT(rfc4960_ecn_renumbered, "RFC 4960 A, RFC 6525 5.2.4", "an SSN/TSN reset forgets marks: they were of other TSNs") {
    start(s, .carrier = HAWSER_CARRIER_ECN, .params = JOIN(PARAM(HW_PARAM_ECN, NOTHING), OFFERS_RECONFIG));
    establish_active(s);
    set(s, RECONFIGURATION_ALLOWED, HAWSER_ALLOW_ASSOCIATION_RESET);
    inject_by(s, WAY(.ecn = CE), DATA(.tsn = 0));
    expect(s, ECNE);
    expect_also(s, SACK);
    inject(s, RE_CONFIG(RESET_ALL(0)));
    expect_response_alone(s, 0, HW_RECONFIG_PERFORMED);
    s->peer_tsn += 1 + (1u << 31);
    inject(s, DATA(.tsn = 0));
    expect(s, SACK, .cum = 0);
}

/* With a window that has grown: TSNs from 400 on are in flight; returns how many. */
static int64_t fill_wide(struct script *s) {
    establish(s);
    set(s, MAX_BURST, 0);
    for (int i = 0; i < 400; i++)
        send_message(s, 0, FULL, 0);
    check_equal(sack_everything(s), 399);
    send_message(s, 0, 150 * FULL, 0);
    return (int64_t)skip_output(s);
}

/* The first of them is lost: it goes again, and new data behind it. */
static void lose_first(struct script *s, int64_t count) {
    for (int i = 1; i <= 3; i++)
        inject(s, SACK(.cum = 399, .gaps = {{2, (uint16_t)(count - 3 + i)}}, .a_rwnd = i < 3 ? 0 : s->plan.a_rwnd));
}

SCRIPT(rfc4960_ecn_trains, "RFC 3168 6.1.5", "a train that has anything that is sent again is not ECT") {
    int64_t count = fill_wide(s);
    check(count > 8);
    s->segments = 16;
    s->trains = 0;
    lose_first(s, count);
    check(s->trains > 0);
    bool again = false, fresh = false;
    while (next_chunk(s) == HW_DATA) {
        const struct seen *seen = expect(s, DATA);
        if (seen->data.tsn != s->stack_tsn + 400) {
            fresh = true;
            continue;
        }
        again = true;
        check_equal(seen->packet->ecn, 0);
    }
    check(again && fresh);
    s->quiet_end = true;
}

SCRIPT(rfc4960_ecn_in_recovery, "RFC 3168 6.1.2", "a mark on what was sent since a loss was found is one of another window") {
    int64_t count = fill_wide(s);
    check(count > 20);
    lose_first(s, count);
    uint32_t reduced = path_of(s, 1).ssthresh;
    check(reduced > 4 * PMDCS);
    skip_output(s);
    check(status_of(s).in_flight > (size_t)count); /* new data went */
    inject(s, ECNE(s->stack_tsn + 400 + 5));        /* of the window of the loss */
    expect(s, CWR);
    skip_output(s);
    check_equal(path_of(s, 1).ssthresh, reduced);
    inject(s, ECNE(s->stack_tsn + 400 + (uint32_t)count));
    expect(s, CWR);
    check(path_of(s, 1).ssthresh < reduced);
    s->quiet_end = true;
}
