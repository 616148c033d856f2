/* SPDX-License-Identifier: MIT
 *
 * RFC 5062: the attacks on SCTP that it lists, each with what stands against it.
 */
#include "script.h"

SHOWN_BY(rfc5062_4, s5_2_4_a_restart, "RFC 5062 4", "who takes an association over by a restart cannot hide it: the user is told")
SHOWN_BY(rfc5062_9, s5_1_3_cookie_is_small, "RFC 5062 9, 3.3.11", "an INIT ACK is as small as can be")

/* The attacker (address 0) has an association and has listed the victim's address (1) as its own. */
static void camp(struct script *s, bool heartbeats) {
    start(s, .peer_addresses = 2, .heartbeats = heartbeats);
    get_cookie(s);
    inject(s, COOKIE_ECHO());
    expect(s, COOKIE_ACK, .to = 0);
    expect_arrived(s);
    check_equal(path_of(s, 2).state, HAWSER_PATH_UNCONFIRMED);
}

SCRIPT(rfc5062_2_the_victim_of_camping_ends_it, "RFC 5062 2, 8.5.1 B, 5.4",
       "who lists a foreign address is ended by its owner: the probe is out of the blue there, and its ABORT reflects the tag") {
    camp(s, false);
    expect(s, HEARTBEAT, .to = 1, .tag = PEER_TAG);
    inject_by(s, WAY(.from = 1, .tag = PEER_TAG), ABORT_T(NOTHING));
    expect_ended(s, HAWSER_END_PEER_ABORTED);
    inject_by(s, WAY(.from = 1), INIT(.tag = 77, .addresses = 0));
    expect(s, INIT_ACK, .to = 1, .tag = 77);
}

SCRIPT(rfc5062_2_probing_goes_on, "RFC 5062 2, 5.4",
       "a foreign address whose owner is away is probed at every RTO, then at the rate of heartbeats: it is not held for ever") {
    camp(s, true);
    unsigned probes = 0;
    for (int i = 0; i < 600; i++) {
        while (next_chunk(s) >= 0) {
            const struct seen *seen = expect(s, HEARTBEAT);
            if (peer_number(s, &seen->packet->remote) == 1)
                probes++;
            else
                inject(s, HEARTBEAT_ACK(seen));
        }
        advance(s, sec(1));
    }
    check(probes >= 10);
    inject_by(s, WAY(.from = 1, .tag = PEER_TAG), ABORT_T(NOTHING));
    expect_ended(s, HAWSER_END_PEER_ABORTED);
}

SCRIPT(rfc5062_2_a_victim_with_more_addresses_is_refused, "RFC 5062 2.1, 5.2.2",
       "until then an INIT of the victim that lists more is answered by ABORT, as a restart with new addresses must be") {
    camp(s, false);
    expect(s, HEARTBEAT, .to = 1);
    struct hawser_span own = script_address_param(s, &s->peer[1]), more = script_address_param(s, &s->peer[2]);
    inject_by(s, WAY(.from = 1), INIT(.tag = 77, .addresses = 0, .params = JOIN(own, more)));
    expect(s, ABORT, .to = 1, .tag = 77, .t = 0, .cause = HW_CAUSE_NEW_ADDRESSES);
    expect_state(s, ESTABLISHED);
}

SCRIPT(rfc5062_2_a_victim_with_one_address_takes_over, "RFC 5062 2.2, 5.2.4 A",
       "a victim with no other address restarts the association: the attacker's addresses are gone, and the user is told") {
    camp(s, false);
    expect(s, HEARTBEAT, .to = 1);
    skip_items(s);
    inject_by(s, WAY(.from = 1), INIT(.tag = 77, .addresses = 0));
    remember(s, expect(s, INIT_ACK, .to = 1, .tag = 77));
    inject_by(s, WAY(.from = 1), COOKIE_ECHO());
    expect(s, COOKIE_ACK, .to = 1, .tag = 77);
    expect_item(s, HAWSER_RESTARTED);
    check_equal(status_of(s).path_count, 1);
    inject(s, HEARTBEAT(TEXT("I am the attacker"))); /* out of the blue now */
    expect(s, ABORT, .to = 0, .t = 1);
    s->quiet_end = true;
}

SCRIPT(rfc5062_3_tie_tags_are_not_the_tags, "RFC 5062 3, 5.2.2",
       "a cookie that holds tie tags holds neither tag of the association") {
    establish_passive(s);
    uint32_t tag = s->stack_tag;
    inject(s, INIT(.tag = 77));
    struct hawser_span cookie = param_of(expect(s, INIT_ACK), HW_PARAM_COOKIE);
    for (size_t i = 0; i + 4 <= cookie.size; i++)
        check(hw_get32(cookie.data + i) != tag && hw_get32(cookie.data + i) != PEER_TAG);
}

SCRIPT(rfc5062_5_an_address_without_sctp_ends_it, "RFC 5062 5, 10 ICMP8",
       "ICMP protocol unreachable from a listed address, with the quote of our probe, ends the association") {
    camp(s, false);
    const struct seen *probe = expect(s, HEARTBEAT, .to = 1);
    struct hawser_report report = HAWSER_INIT(report);
    report.kind = HAWSER_REPORT_PROTOCOL;
    report.remote = s->peer[1];
    report.local = s->local[0];
    report.quoted = (struct hawser_span){probe->packet->bytes, 28};
    hawser_report(s->stack, s->now, &report);
    script_pump(s);
    expect_ended(s, HAWSER_END_UNREACHABLE);
}

SCRIPT(rfc5062_6_a_cookie_probes_once, "RFC 5062 6, 5.1.5, 5.3.1",
       "a cookie that is sent again after the listed victim has ended the association calls forth no more probes") {
    camp(s, false);
    expect(s, HEARTBEAT, .to = 1);
    inject_by(s, WAY(.from = 1, .tag = PEER_TAG), ABORT_T(NOTHING));
    expect_ended(s, HAWSER_END_PEER_ABORTED);
    for (int i = 0; i < 5; i++) {
        inject(s, COOKIE_ECHO());
        expect(s, ABORT, .to = 0);
        advance(s, sec(5));
    }
    check_equal(hawser_check_objects(s->stack), 1);
}

SCRIPT(rfc5062_7_ports_of_a_cookie, "RFC 5062 7, 5.1.5 3", "a cookie is good for its ports alone, also where others listen") {
    get_cookie(s);
    hawser_id other = 0;
    struct hawser_endpoint_options options = HAWSER_INIT(options);
    options.port = STACK_PORT + 1;
    check_equal(hawser_open(s->stack, &options, &other), 0);
    check_equal(hawser_listen(s->stack, other, 5), 0);
    inject_by(s, WAY(.destination_port = STACK_PORT + 1), COOKIE_ECHO());
    inject_by(s, WAY(.source_port = PEER_PORT + 1), COOKIE_ECHO());
    expect_nothing(s);
    check_equal(hawser_check_objects(s->stack), 2);
    check_equal(hawser_close(s->stack, s->now, other), 0);
}

SCRIPT(rfc5062_8_one_packet_for_one, "RFC 5062 8, 10",
       "a packet of chunks that are shorter than their answers is answered by one packet; what does not fit is dropped") {
    establish_passive(s);
    struct hawser_span chunks = NOTHING;
    for (int i = 0; i < 300; i++)
        chunks = JOIN(chunks, CHUNK(0xc7, 0, NOTHING));
    inject(s, chunks);
    check_equal(skip_output(s), 1);
    check(COUNT(EchoesDropped) > 0);
    inject(s, CHUNK(0xc7, 0, NOTHING)); /* and the next is heeded again */
    expect(s, ERROR, .cause = HW_CAUSE_UNRECOGNIZED_CHUNK);
}

SCRIPT(rfc5062_10_a_small_mtu_makes_no_more_packets, "RFC 5062 10",
       "a path MTU that was talked down does not make more packets of the answers") {
    establish_passive(s);
    inject(s, HEARTBEAT(TEXT("a packet to quote")));
    const struct seen *answer = expect(s, HEARTBEAT_ACK);
    report_icmp(s, HAWSER_REPORT_TOO_BIG, 600, (struct hawser_span){answer->packet->bytes, 20});
    check_equal(path_of(s, 1).mtu, 600);
    struct hawser_span chunks = NOTHING;
    for (int i = 0; i < 30; i++)
        chunks = JOIN(chunks, HEARTBEAT(FILL(40, i)));
    inject(s, chunks);
    check_equal(skip_output(s), 1);
}
