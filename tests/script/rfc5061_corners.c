/* SPDX-License-Identifier: MIT
 *
 * RFC 5061, corners of what a peer may ask for: chunks that are not what they must be, addresses that are there already or never
 * can be, and more at once than is answered.
 */
#include "asconf.h"

#define MULTICAST PARAM(HW_PARAM_IPV4, BYTES(224, 0, 0, 5))

SCRIPT(rfc5061_4_1_1_not_the_form_of_an_asconf, "RFC 5061 4.1.1, 5.2",
       "an ASCONF without a serial number, or whose first parameter is no address, is a Protocol Violation") {
    set(s, DYNAMIC_ADDRESSES, 2);
    start(s, .params = ASCONF_OFFER);
    for (int which = 0; which < 4; which++) {
        s->peer_tag = PEER_TAG + (uint32_t)which;
        establish_passive(s);
        if (which == 0)
            inject(s, CHUNK(HW_ASCONF, 0, NOTHING));
        else if (which == 1)
            inject(s, CHUNK(HW_ASCONF, 0, U16(7)));
        else if (which == 2)
            inject(s, ASCONF(0, NOTHING, NOTHING));
        else
            inject(s, ASCONF(0, DELETE(1, PEER(0)), ADD(2, PEER(1))));
        expect(s, ABORT, .cause = HW_CAUSE_PROTOCOL_VIOLATION);
        expect_ended(s, HAWSER_END_VIOLATION);
    }
}

SCRIPT(rfc5061_4_1_1_not_the_form_from_elsewhere, "RFC 5061 4.1.1, 5.2 D2",
       "such a chunk from an address that is not the peer's is out of the blue and does no harm") {
    begin_passive(s, .peer_addresses = 1);
    inject_by(s, WAY(.from = 2), CHUNK(HW_ASCONF, 0, NOTHING));
    inject_by(s, WAY(.from = 2), CHUNK(HW_ASCONF, 0, U16(7)));
    inject_by(s, WAY(.from = 2), ASCONF(0, DELETE(1, PEER(0)), ADD(2, PEER(2))));
    skip_output(s);
    expect_state(s, ESTABLISHED);
    check_equal(status_of(s).path_count, 1);
}

SCRIPT(rfc5061_4_1_1_lookup_of_another_family, "RFC 5061 4.1.1",
       "the Address Parameter may be an IPv6 address that the path does not use") {
    begin_passive(s, .peer_addresses = 1);
    inject(s, ASCONF(0, PARAM(HW_PARAM_IPV6, U32(0x20010db8), U32(0), U32(0), U32(9)), ADD(1, PEER(1))));
    expect_answer(s, 0, 0, NOTHING);
    check_equal(place_of(s, 2), 1);
    skip_output(s);
    skip_items(s);
    s->quiet_end = true;
}

SCRIPT(rfc5061_5_2_unknown_and_short, "RFC 5061 5.2 V2; RFC 9260 3.2.1",
       "an unknown parameter needs no correlation id: it is skipped by its high bits") {
    begin_passive(s, .peer_addresses = 1);
    inject(s, ASCONF(0, PEER(0), PARAM(0x8fff, NOTHING), ADD(1, PEER(1))));
    expect_answer(s, 0, 0, NOTHING);
    check_equal(place_of(s, 2), 1);
    s->quiet_end = true;
}

SCRIPT(rfc5061_5_3_there_already, "RFC 5061 5.3, 5.2 V3",
       "an address that is the association's already is added with success, and nothing changes") {
    begin_passive(s, .peer_addresses = 2);
    inject(s, ASCONF(0, PEER(0), ADD(1, PEER(1)), ADD(2, PEER(0))));
    expect_answer(s, 0, 0, NOTHING);
    check_equal(status_of(s).path_count, 2);
    check_equal(COUNT(AddressesAdded), 0);
    expect_no_item(s);
}

SCRIPT(rfc5061_5_3_not_to_be_deleted, "RFC 5061 5.3, 4.3.3",
       "what can be no address of a peer cannot be deleted: Unresolvable Address") {
    begin_passive(s, .peer_addresses = 2);
    struct hawser_span request = DELETE(1, MULTICAST);
    inject(s, ASCONF(0, PEER(0), request));
    expect_answer(s, 0, 0, FAILED(1, UNRESOLVABLE_ADDRESS, request));
    check_equal(status_of(s).path_count, 2);
}

SCRIPT(rfc5061_5_3_families_have_a_switch_each, "RFC 5061 5.3; RFC 9260 5.1.2",
       "IPv4 addresses are taken where IPv6 is off, and the other way about not") {
    set(s, IPV6, 0);
    begin_passive(s, .peer_addresses = 1);
    inject(s, ASCONF(0, PEER(0), ADD(1, PEER(1))));
    expect_answer(s, 0, 0, NOTHING);
    check_equal(status_of(s).path_count, 2);
    skip_output(s);
    struct hawser_span request = ADD(1, PARAM(HW_PARAM_IPV6, U32(0x20010db8), U32(0), U32(0), U32(9)));
    inject(s, ASCONF(1, PEER(0), request));
    expect_answer(s, 0, 1, FAILED(1, UNRESOLVABLE_ADDRESS, request));
    check_equal(status_of(s).path_count, 2);
    s->quiet_end = true;
}

SCRIPT(rfc5061_5_2_more_than_are_answered, "RFC 5061 5.2 E1, design",
       "of many ASCONF chunks in a packet four are carried out; the others must come again") {
    begin_passive(s, .peer_addresses = 1);
    struct hawser_span chunks = NOTHING;
    for (int i = 0; i < 7; i++)
        chunks = JOIN(chunks, ASCONF(i, PEER(0), ADD(1, PEER(1 + i))));
    inject(s, chunks);
    check_equal(status_of(s).path_count, 5);
    const struct seen *seen = expect(s, ASCONF_ACK, .to = 0);
    for (uint32_t i = 0; i < 4; i++) {
        check_equal(hw_get32(seen->value.data), s->peer_tsn + i);
        if (i < 3)
            seen = expect_also(s, ASCONF_ACK);
    }
    skip_output(s);
    inject(s, ASCONF(4, PEER(0), ADD(1, PEER(5))));
    expect_answer(s, 0, 4, NOTHING);
    check_equal(status_of(s).path_count, 6);
    s->quiet_end = true;
}

SCRIPT(rfc5061_more_addresses_than_may_be, "RFC 5061 5.3 F9", "more addresses than an association may have: No Resources") {
    begin_passive(s, .peer_addresses = 1);
    struct hawser_span request = NOTHING;
    for (int i = 0; i < 16; i++) {
        request = ADD(1, PARAM(HW_PARAM_IPV4, BYTES(198, 51, 100, (uint8_t)(101 + i))));
        inject(s, ASCONF(i, PEER(0), request));
        if (i < 15)
            expect_answer(s, 0, i, NOTHING);
        else
            expect_answer(s, 0, i, FAILED(1, NO_RESOURCES, request));
        skip_output(s);
    }
    check_equal(status_of(s).path_count, 16);
    s->quiet_end = true;
}

SCRIPT(rfc5061_6951_an_address_of_the_same_port, "RFC 5061 5.3; RFC 6951 5.1",
       "an address that is added is reached by the UDP port from which it was asked for") {
    begin_passive(s, .udp = true);
    inject(s, ASCONF(0, PEER(0), ADD(1, PEER(1))));
    expect_answer(s, 0, 0, NOTHING);
    check_equal(expect(s, HEARTBEAT, .to = 1)->packet->remote.udp_port, UDP_PORT);
}

/* ---- what we ask for ----------------------------------------------------------------------------------------------- */

SCRIPT(rfc5061_5_1_1_c4_while_closing, "RFC 5061 5.1.1 C4",
       "in SHUTDOWN-SENT what is outstanding may be repeated; nothing new is asked for, nor taken") {
    begin_active(s, .local_addresses = 1);
    now_do(add_local(s, 1));
    expect_request(s, 0, 0, 0, OURS(0), ADD(1, OURS(1)));
    now_do(add_local(s, 2));
    expect_nothing(s);
    now_do(hawser_shutdown(s->stack, s->now, s->association));
    expect(s, SHUTDOWN);
    check_equal(add_local(s, 3), HAWSER_ERR_STATE);
    check_equal(remove_local(s, 1), HAWSER_ERR_STATE);
    inject(s, CONF_ACK(0));
    expect_done(s, ADD);
    advance(s, ms(999));
    expect_nothing(s);
    inject(s, SHUTDOWN_ACK());
    expect(s, SHUTDOWN_COMPLETE);
    check_equal(add_local(s, 3), HAWSER_ERR_STATE);
}

SCRIPT(rfc5061_5_1_1_c4_in_shutdown_ack_sent, "RFC 5061 5.1.1 C4", "in SHUTDOWN-ACK-SENT no ASCONF is repeated") {
    begin_active(s, .local_addresses = 1);
    now_do(add_local(s, 1));
    expect(s, ASCONF);
    inject(s, SHUTDOWN(-1));
    expect(s, SHUTDOWN_ACK);
    advance(s, sec(4));
    while (next_chunk(s) >= 0)
        expect(s, SHUTDOWN_ACK);
    check(status_of(s).error_count == 0);
    s->quiet_end = true;
}

SCRIPT(rfc5061_6458_9_1_other_endpoints, "RFC 5061 5.1; RFC 6458 9.1",
       "an address that one endpoint gets or loses is nothing to the associations of another") {
    begin_active(s, .local_addresses = 2);
    struct hawser_endpoint_options options = HAWSER_INIT(options);
    hawser_id other = 0;
    options.port = STACK_PORT + 1;
    options.addresses = s->local;
    options.address_count = 2;
    check_equal(hawser_open(s->stack, &options, &other), 0);
    now_do(hawser_add_address(s->stack, s->now, other, &s->local[2]));
    now_do(hawser_remove_address(s->stack, s->now, other, &s->local[1]));
    expect_nothing(s);
    now_do(hawser_add_address(s->stack, s->now, s->endpoint, &s->local[2]));
    expect(s, ASCONF);
    check_equal(hawser_close(s->stack, s->now, other), 0);
    s->quiet_end = true;
}
