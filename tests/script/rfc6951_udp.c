/* SPDX-License-Identifier: MIT
 *
 * RFC 6951: SCTP in UDP. Ports per path, learning, packet sizes.
 */
#include "script.h"

SCRIPT(rfc6951_5_1_port_of_the_path, "RFC 6951 5.1, 5.3", "packets go to the UDP port that is kept for their destination") {
    start(s, .udp = true);
    establish_active(s);
    send_message(s, 0, 10, 0);
    expect(s, DATA, .udp = UDP_PORT);
    check_equal(path_of(s, 1).remote.udp_port, UDP_PORT);
}

SCRIPT(rfc6951_5_1_init_ack_goes_to_the_source_port, "RFC 6951 5.3",
       "answers without an association go to the UDP port they came from") {
    start(s, .udp = true);
    listen_now(s);
    inject_by(s, WAY(.udp = 12345), INIT());
    remember(s, expect(s, INIT_ACK, .udp = 12345));
    inject_by(s, WAY(.udp = 12345), COOKIE_ECHO());
    expect(s, COOKIE_ACK, .udp = 12345);
    expect_arrived(s);
    check_equal(path_of(s, 1).remote.udp_port, 12345);
    inject_by(s, WAY(.udp = 777, .tag = 5), HEARTBEAT(U32(1)));
    if (next_chunk(s) == HW_ABORT)
        expect(s, ABORT, .udp = 777);
    expect_nothing(s);
}

SCRIPT(rfc6951_5_4_port_is_learned, "RFC 6951 5.4", "the UDP source port of a packet with a valid tag is stored for its path") {
    start(s, .udp = true);
    establish_active(s);
    inject_by(s, WAY(.udp = 4000), DATA(.tsn = 0));
    expect(s, SACK, .udp = 4000);
    check_equal(path_of(s, 1).remote.udp_port, 4000);
    send_message(s, 0, 10, 0);
    expect(s, DATA, .udp = 4000);
    inject_by(s, WAY(.udp = 4001), HEARTBEAT(U32(1)));
    expect(s, HEARTBEAT_ACK, .udp = 4001);
}

SCRIPT(rfc6951_5_4_port_is_learned_only_under_a_valid_tag, "RFC 6951 5.4, notes",
       "a packet without a valid tag teaches nothing, an INIT neither") {
    start(s, .udp = true);
    establish_passive(s);
    inject_by(s, WAY(.udp = 4000, .tag = 99), DATA(.tsn = 0));
    inject_by(s, WAY(.udp = 4000, .bad_sum = 1), DATA(.tsn = 0));
    expect_nothing(s);
    check_equal(path_of(s, 1).remote.udp_port, UDP_PORT);
    inject_by(s, WAY(.udp = 4000), INIT(.tag = 7));
    expect(s, INIT_ACK, .udp = 4000, .tag = 7);
    check_equal(path_of(s, 1).remote.udp_port, UDP_PORT);
    send_message(s, 0, 10, 0);
    expect(s, DATA, .udp = UDP_PORT);
}

SCRIPT(rfc6951_5_4_each_path_has_its_port, "RFC 6951 5.1, 5.4", "each path has a port of its own") {
    start(s, .udp = true, .peer_addresses = 2);
    establish_passive(s);
    inject_by(s, WAY(.from = 1, .udp = 5001), DATA(.tsn = 0));
    expect(s, SACK, .to = 1, .udp = 5001);
    check_equal(path_of(s, 1).remote.udp_port, UDP_PORT);
    check_equal(path_of(s, 2).remote.udp_port, 5001);
}

SCRIPT(rfc6951_5_4_plain_packet_ends_encapsulation, "RFC 6951 5.4, notes",
       "a packet without UDP ends encapsulation on its path") {
    start(s, .udp = true);
    establish_active(s);
    inject_by(s, WAY(.udp = 0), DATA(.tsn = 0));
    expect(s, SACK, .udp = 0);
    check_equal(path_of(s, 1).remote.udp_port, 0);
    send_message(s, 0, FULL, 0);
    expect(s, DATA, .udp = 0);
}

SCRIPT(rfc6951_5_4_encapsulation_can_begin, "RFC 6951 5.4, 5.6",
       "a UDP packet begins encapsulation; the PMTU falls by the UDP header") {
    establish_active(s);
    check_equal(status_of(s).fragment_size, FULL);
    inject_by(s, WAY(.udp = 9000), DATA(.tsn = 0));
    expect(s, SACK, .udp = 9000);
    check_equal(status_of(s).fragment_size, FULL - 8);
    send_message(s, 0, 2000, HAWSER_SEND_NO_DELAY);
    expect(s, DATA, .udp = 9000, .size = FULL - 8, .bits = B);
    expect(s, DATA, .bits = E);
}

SCRIPT(rfc6951_5_6_size_of_packets, "RFC 6951 5.6", "the UDP header is part of the packet") {
    start(s, .udp = true);
    establish_active(s);
    check_equal(status_of(s).fragment_size, 1500 - 20 - 8 - 12 - 16);
    send_message(s, 0, 1500 - 20 - 8 - 12 - 16, 0);
    expect(s, DATA, .length = 1500 - 28, .bits = B | E);
}

SCRIPT(rfc6951_5_6_size_of_packets_ipv6, "RFC 6951 5.6", "the UDP header is part of the packet") {
    start(s, .udp = true, .ipv6 = true);
    establish_active(s);
    check_equal(status_of(s).fragment_size, ((1500 - 40 - 8 - 12) & ~3) - 16);
}

SCRIPT(rfc6951_3_2_no_addresses_in_a_single_homed_init, "RFC 6951 3.2, notes", "one bound address: INIT and INIT ACK list none") {
    start(s, .udp = true);
    listen_now(s);
    inject(s, INIT());
    const struct seen *ack = expect(s, INIT_ACK);
    check(param_of(ack, HW_PARAM_IPV4).data == NULL && param_of(ack, HW_PARAM_IPV6).data == NULL);
    connect_now(s, 1);
    const struct seen *init = expect(s, INIT);
    check(param_of(init, HW_PARAM_IPV4).data == NULL && param_of(init, HW_PARAM_IPV6).data == NULL);
}

SCRIPT(rfc6951_3_2_wildcard_lists_nothing, "RFC 6951 3.2, notes", "the wildcard address is never listed") {
    start(s, .udp = true, .local_addresses = 0);
    connect_now(s, 1);
    const struct seen *init = expect(s, INIT);
    check(param_of(init, HW_PARAM_IPV4).data == NULL && param_of(init, HW_PARAM_IPV6).data == NULL);
}

SCRIPT(rfc6951_5_7_nat_setting, "RFC 6951 5.7, notes", "with the nat setting no address is ever put into a packet") {
    set(s, NAT, 1);
    start(s, .udp = true, .local_addresses = 3);
    listen_now(s);
    inject(s, INIT());
    const struct seen *ack = expect(s, INIT_ACK);
    check(param_of(ack, HW_PARAM_IPV4).data == NULL);
    connect_now(s, 1);
    check(param_of(expect(s, INIT), HW_PARAM_IPV4).data == NULL);
}

SCRIPT(rfc6951_5_5_port_unreachable_over_udp, "RFC 6951 5.5, notes", "over UDP port unreachable counts as protocol unreachable") {
    start(s, .udp = true);
    establish_active(s);
    send_message(s, 0, 10, 0);
    const struct seen *seen = expect(s, DATA);
    report_icmp(s, HAWSER_REPORT_PROTOCOL, 0, (struct hawser_span){seen->packet->bytes, 8});
    expect_ended(s, HAWSER_END_UNREACHABLE);
}

SCRIPT(rfc6951_5_5_port_that_was, "RFC 6951 5.4, 5.5, design",
       "port unreachable from a port that the peer has left, or protocol unreachable from before it used UDP, says nothing") {
    start(s, .udp = true);
    establish_active(s);
    send_message(s, 0, 10, 0);
    struct hawser_span quoted = {expect(s, DATA)->packet->bytes, 8};
    inject_by(s, WAY(.udp = 20000), SACK(.cum = 0));
    report_icmp(s, HAWSER_REPORT_PROTOCOL, 0, quoted);
    expect_state(s, ESTABLISHED);
    s->peer[0].udp_port = 0;
    report_icmp(s, HAWSER_REPORT_PROTOCOL, 0, quoted);
    expect_state(s, ESTABLISHED);
    check_equal(COUNT(ReportsIgnored), 2);
    s->peer[0].udp_port = 20000;
    report_icmp(s, HAWSER_REPORT_PROTOCOL, 0, quoted);
    expect_ended(s, HAWSER_END_UNREACHABLE);
}

SCRIPT(rfc6951_nat_that_changes_the_port, "RFC 6951 5.4, notes", "a NAT that changes the port in mid-association is survived") {
    start(s, .udp = true);
    establish_passive(s);
    int64_t tsn = 0;
    for (int port = 20000; port < 20010; port++, tsn++) {
        inject_by(s, WAY(.udp = port), DATA(.tsn = tsn, .ssn = tsn));
        advance(s, ms(200));
        expect(s, SACK, .cum = tsn, .udp = port);
        expect_message(s);
    }
}

SCRIPT(rfc6951_nat_that_changes_the_address, "RFC 6951, notes",
       "a NAT that changes the address: out of the blue, so ABORT with T = 1") {
    start(s, .udp = true);
    establish_passive(s);
    inject_by(s, WAY(.from = 7), HEARTBEAT(U32(1)));
    expect(s, ABORT, .t = 1, .tag = s->stack_tag, .to = 7);
    expect_state(s, ESTABLISHED);
}

SCRIPT(rfc6951_5_3_checksum_is_computed, "RFC 6951 5.3", "the CRC32c is computed and checked over UDP, too") {
    start(s, .udp = true);
    establish_active(s);
    inject_by(s, WAY(.zero_sum = true), DATA(.tsn = 0));
    expect_nothing(s);
    check_equal(COUNT(ChecksumErrors), 1);
}

SCRIPT(rfc6951_restart_moves_the_port, "RFC 6951 5.4, notes", "the COOKIE ECHO of a restart brings the new port") {
    start(s, .udp = true);
    establish_passive(s);
    s->peer_tag++;
    inject_by(s, WAY(.udp = 6666), INIT());
    remember(s, expect(s, INIT_ACK, .udp = 6666));
    check_equal(path_of(s, 1).remote.udp_port, UDP_PORT);
    inject_by(s, WAY(.udp = 6666), COOKIE_ECHO());
    expect(s, COOKIE_ACK, .udp = 6666);
    check_equal(path_of(s, status_of(s).primary_path).remote.udp_port, 6666);
    expect_item(s, HAWSER_RESTARTED);
}

SCRIPT(rfc6951_6_1_port_by_setting, "RFC 6951 5.1, 5.6, 6.1",
       "the UDP port of a path can be set while it is used; 0 ends UDP there") {
    start(s, .udp = true, .peer_addresses = 2, .heartbeats = true);
    establish_passive(s);
    confirm_paths(s);
    uint32_t first = path_of(s, 1).number, second = path_of(s, 2).number;
    check_equal(script_get(s, first, HAWSER_SET_UDP_PORT), UDP_PORT);
    check_equal(hawser_set(s->stack, s->now, s->association, first, HAWSER_SET_UDP_PORT, 7000), 0);
    send_message(s, 0, 10, 0);
    expect(s, DATA, .to = 0, .udp = 7000);
    inject_by(s, WAY(.udp = 7000), SACK(.cum = 0));
    check_equal(script_get(s, second, HAWSER_SET_UDP_PORT), UDP_PORT);
    check_equal(hawser_set(s->stack, s->now, s->association, 0, HAWSER_SET_UDP_PORT, 0), 0);
    check_equal(status_of(s).fragment_size, FULL);
    send_message(s, 0, FULL, 0);
    expect(s, DATA, .udp = 0, .length = 1500 - 20);
    inject_by(s, WAY(.udp = 7001), SACK(.cum = 1)); /* the peer has the last word (5.4) */
    check_equal(script_get(s, first, HAWSER_SET_UDP_PORT), 7001);
    check_equal(script_get(s, second, HAWSER_SET_UDP_PORT), 0);
    check_equal(hawser_set(s->stack, s->now, s->association, 99, HAWSER_SET_UDP_PORT, 1), HAWSER_ERR_PATH);
    check_equal(hawser_set(s->stack, s->now, s->association, first, HAWSER_SET_UDP_PORT, 65536), HAWSER_ERR_RANGE);
}

SCRIPT(rfc6951_both_kinds_of_peers, "RFC 6951 5.4, 5.6", "peers over UDP and over plain IP have associations at one endpoint") {
    listen_now(s);
    inject(s, INIT());
    remember(s, expect(s, INIT_ACK, .udp = 0));
    inject(s, COOKIE_ECHO());
    expect(s, COOKIE_ACK, .udp = 0);
    expect_arrived(s);
    hawser_id plain = s->association;
    uint32_t plain_tag = s->stack_tag;
    inject_by(s, WAY(.from = 1, .udp = 4444), INIT(.tag = 77));
    s->peer_tag = 77;
    remember(s, expect(s, INIT_ACK, .to = 1, .udp = 4444));
    inject_by(s, WAY(.from = 1, .udp = 4444), COOKIE_ECHO());
    expect(s, COOKIE_ACK, .to = 1, .udp = 4444);
    expect_arrived(s);
    check_equal(status_of(s).fragment_size, FULL - 8);
    send_message(s, 0, 10, 0);
    expect(s, DATA, .to = 1, .tag = 77, .udp = 4444);
    hawser_id encapsulated = s->association;
    s->association = plain;
    s->stack_tag = plain_tag;
    check_equal(status_of(s).fragment_size, FULL);
    send_message(s, 0, 10, 0);
    expect(s, DATA, .to = 0, .tag = PEER_TAG, .udp = 0);
    hawser_close(s->stack, s->now, encapsulated);
    s->quiet_end = true;
}

SCRIPT(rfc6951_5_5_report_needs_the_tag, "RFC 6951 5.5, RFC 9260 10 ICMP6",
       "over UDP, too, a report that quotes another tag or too little is discarded") {
    start(s, .udp = true);
    establish_active(s);
    send_message(s, 0, 10, 0);
    const struct seen *seen = expect(s, DATA);
    uint8_t *quote = script_bytes(s, 12);
    memcpy(quote, seen->packet->bytes, 12);
    report_icmp(s, HAWSER_REPORT_PROTOCOL, 0, (struct hawser_span){quote, 7});
    report_icmp(s, HAWSER_REPORT_TOO_BIG, 600, (struct hawser_span){quote, 0});
    quote[7] ^= 1;
    report_icmp(s, HAWSER_REPORT_PROTOCOL, 0, (struct hawser_span){quote, 12});
    report_icmp(s, HAWSER_REPORT_TOO_BIG, 600, (struct hawser_span){quote, 12});
    check_equal(COUNT(ReportsIgnored), 4);
    check_equal(path_of(s, 1).mtu, 1500);
    expect_state(s, ESTABLISHED);
}
