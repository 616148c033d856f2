/* SPDX-License-Identifier: MIT
 *
 * RFC 5061, the peer asks: what its ASCONF chunks do and how they are answered.
 */
#include "asconf.h"

SCRIPT(rfc5061_4_1_1_add, "RFC 5061 4.1.1, 4.2.1, 5.3 F1, F14",
       "an address that the peer adds is answered for, probed, and used once it is confirmed") {
    begin_passive(s, .peer_addresses = 1);
    inject(s, ASCONF(0, PEER(0), ADD(7, PEER(1))));
    expect_answer(s, 0, 0, NOTHING);
    const struct seen *beat = expect(s, HEARTBEAT, .to = 1);
    expect_item(s, HAWSER_PATH_CHANGED, .path = 2, .state = HAWSER_PATH_ADDED);
    check_equal(path_of(s, 2).state, HAWSER_PATH_UNCONFIRMED);
    check_equal(hawser_set(s->stack, s->now, s->association, 0, HAWSER_SET_PRIMARY, 2), 0);
    send_message(s, 0, 10, 0);
    expect(s, DATA, .to = 0); /* not there: it is not confirmed */
    inject(s, SACK(.cum = 0));
    inject_by(s, WAY(.from = 1), HEARTBEAT_ACK(beat));
    expect_item(s, HAWSER_PATH_CHANGED, .path = 2, .state = HAWSER_PATH_ACTIVE);
    send_message(s, 0, 10, 0);
    expect(s, DATA, .to = 1);
    check_equal(COUNT(AddressesAdded), 1);
}

SCRIPT(rfc5061_4_2_1_add_wildcard, "RFC 5061 4.2.1", "the wildcard adds the source address of the packet") {
    begin_passive(s, .peer_addresses = 1);
    inject_by(s, WAY(.from = 3), ASCONF(0, PEER(0), ADD(1, WILD)));
    expect_answer(s, 3, 0, NOTHING);
    confirm_path(s, 3);
    expect_item(s, HAWSER_PATH_CHANGED, .path = 2, .state = HAWSER_PATH_ADDED);
    check_equal(place_of(s, 2), 3);
    check_equal(path_of(s, 2).state, HAWSER_PATH_ACTIVE);
    skip_items(s);
}

SCRIPT(rfc5061_4_2_2_delete, "RFC 5061 4.2.2, 5.3 F13",
       "a deleted address is gone: nothing is sent there, what comes is out of the blue") {
    begin_passive(s, .peer_addresses = 2);
    inject(s, ASCONF(0, PEER(0), DELETE(7, PEER(1))));
    expect_answer(s, 0, 0, NOTHING);
    expect_item(s, HAWSER_PATH_CHANGED, .path = 2, .state = HAWSER_PATH_REMOVED);
    check_equal(status_of(s).path_count, 1);
    inject_by(s, WAY(.from = 1), DATA(.tsn = 0));
    expect(s, ABORT, .to = 1, .t = 1);
    check_equal(COUNT(OutOfBlues), 1);
    check_equal(COUNT(AddressesRemoved), 1);
}

SCRIPT(rfc5061_4_2_2_delete_wildcard, "RFC 5061 4.2.2", "the wildcard deletes all addresses but the source of the packet") {
    begin_passive(s, .peer_addresses = 4);
    inject_by(s, WAY(.from = 2), ASCONF(0, PEER(0), DELETE(7, WILD)));
    expect_answer(s, 2, 0, NOTHING);
    check_equal(status_of(s).path_count, 1);
    check_equal(place_of(s, 3), 2);
    for (int i = 0; i < 3; i++)
        expect_item(s, HAWSER_PATH_CHANGED, .state = HAWSER_PATH_REMOVED);
    expect_no_item(s);
    send_message(s, 0, 10, 0);
    expect(s, DATA, .to = 2);
}

SCRIPT(rfc5061_4_2_2_delete_unknown, "RFC 5061 4.2.2, notes", "to delete what is not there is no fault") {
    begin_passive(s, .peer_addresses = 2);
    inject(s, ASCONF(0, PEER(0), DELETE(7, PEER(5))));
    expect_answer(s, 0, 0, NOTHING);
    check_equal(status_of(s).path_count, 2);
}

SCRIPT(rfc5061_4_2_4_set_primary, "RFC 5061 4.2.4, 5.4", "the peer's wish for a primary is taken, and told") {
    begin_passive(s, .peer_addresses = 2);
    inject(s, ASCONF(0, PEER(0), PREFER(9, PEER(1))));
    expect_answer(s, 0, 0, NOTHING);
    expect_item(s, HAWSER_PATH_CHANGED, .path = 2, .state = HAWSER_PATH_MADE_PRIMARY);
    check_equal(status_of(s).primary_path, 2);
    send_message(s, 0, 10, 0);
    expect(s, DATA, .to = 1);
    inject(s, ASCONF(1, PEER(0), PREFER(10, WILD))); /* the source */
    expect_answer(s, 0, 1, NOTHING);
    check_equal(status_of(s).primary_path, 1);
    skip_items(s);
}

SCRIPT(rfc5061_4_2_4_set_primary_in_init, "RFC 5061 4.2.4, 5.4", "an INIT may say which address is liked best") {
    set(s, DYNAMIC_ADDRESSES, 2);
    start(s, .peer_addresses = 3, .params = JOIN(ASCONF_OFFER, PREFER(0, PEER(2))));
    establish_passive(s);
    check_equal(status_of(s).primary_path, 3);
    send_message(s, 0, 10, 0);
    expect(s, DATA, .to = 2);
}

SCRIPT(rfc5061_4_2_4_set_primary_in_init_ack, "RFC 5061 4.2.4, 5.4", "so may an INIT ACK") {
    set(s, DYNAMIC_ADDRESSES, 2);
    start(s, .peer_addresses = 2, .params = JOIN(ASCONF_OFFER, PREFER(0, PEER(1))));
    establish_active(s);
    send_message(s, 0, 10, 0);
    expect(s, DATA, .to = 1);
}

SCRIPT(rfc5061_5_4_set_primary_of_a_stranger, "RFC 5061 5.4", "a primary that the association does not have is refused") {
    begin_passive(s, .peer_addresses = 2);
    inject(s, ASCONF(0, PEER(0), PREFER(9, PEER(7))));
    expect_answer(s, 0, 0, FAILED(9, UNRESOLVABLE_ADDRESS, PREFER(9, PEER(7))));
    check_equal(status_of(s).primary_path, 1);
    inject(s, ASCONF(1, PEER(0), PREFER(1, PEER(7)), ADD(2, PEER(7)))); /* the addition must come before */
    expect_answer(s, 0, 1, FAILED(1, UNRESOLVABLE_ADDRESS, PREFER(1, PEER(7))), OKAY(2));
    expect(s, HEARTBEAT, .to = 7);
    inject(s, ASCONF(2, PEER(0), ADD(1, PEER(8)), PREFER(2, PEER(8))));
    expect_answer(s, 0, 2, NOTHING);
    check_equal(status_of(s).primary_path, 4);
    skip_items(s);
    s->quiet_end = true;
}

SCRIPT(rfc5061_5_2_E2_old_serial, "RFC 5061 5.2 E2", "an ASCONF that comes again gets its answer again, and does nothing") {
    begin_passive(s, .peer_addresses = 2);
    inject(s, ASCONF(0, PEER(0), DELETE(3, PEER(1)), PREFER(4, PEER(5))));
    expect_answer(s, 0, 0, FAILED(4, UNRESOLVABLE_ADDRESS, PREFER(4, PEER(5))));
    inject(s, ASCONF(0, PEER(0), ADD(3, PEER(1)))); /* the serial number says that it is old, whatever it holds */
    expect_answer(s, 0, 0, FAILED(4, UNRESOLVABLE_ADDRESS, PREFER(4, PEER(5))));
    check_equal(status_of(s).path_count, 1);
    inject(s, ASCONF(1, PEER(0), ADD(1, PEER(1))));
    expect_answer(s, 0, 1, NOTHING);
    expect(s, HEARTBEAT, .to = 1);
    inject(s, ASCONF(0, PEER(0), DELETE(3, PEER(1)))); /* older than the last: no answer is kept */
    expect_nothing(s);
    check_equal(status_of(s).path_count, 2);
    skip_items(s);
}

SCRIPT(rfc5061_5_2_E5_future_serial, "RFC 5061 5.2 E5", "an ASCONF with a serial number that is not the next is dropped") {
    begin_passive(s, .peer_addresses = 2);
    static const uint32_t odd[] = {1, 2, 1000, 0x7fffffff, 0x80000000};
    for (unsigned i = 0; i < sizeof odd / sizeof odd[0]; i++)
        inject(s, ASCONF(odd[i], PEER(0), DELETE(3, PEER(1))));
    expect_nothing(s);
    check_equal(status_of(s).path_count, 2);
    check_equal(COUNT(Unexpected), 5);
}

SCRIPT(rfc5061_3_serial_wraps, "RFC 5061 3", "after serial number 4294967295 comes 0") {
    begin_passive(s, .peer_addresses = 2, .peer_tsn = UINT32_MAX);
    inject(s, ASCONF(0, PEER(0), PREFER(3, PEER(1))));
    expect_answer(s, 0, 0, NOTHING);
    inject(s, ASCONF(1, PEER(0), DELETE(3, PEER(1))));
    expect_answer(s, 0, 1, NOTHING);
    check_equal(status_of(s).path_count, 1);
    inject(s, ASCONF(0, PEER(0), PREFER(3, PEER(1)))); /* of before the wrap: old */
    expect_nothing(s);
    skip_items(s);
}

SCRIPT(rfc5061_5_2_several_in_a_packet, "RFC 5061 5.2 E1-ext, E4, C3, 5.5",
       "several ASCONFs in a packet are carried out in order and answered in one packet; again, too") {
    begin_passive(s, .peer_addresses = 1);
    for (int round = 0; round < 2; round++) {
        inject(s, ASCONF(0, PEER(0), ADD(1, PEER(1))), ASCONF(1, PEER(0), PREFER(2, PEER(1))),
               ASCONF(2, PEER(0), DELETE(3, PEER(4))));
        expect_answer(s, 0, 0, NOTHING);
        check_bytes(s, expect_also(s, ASCONF_ACK), U32(s->peer_tsn + 1));
        check_bytes(s, expect_also(s, ASCONF_ACK), U32(s->peer_tsn + 2));
        if (round == 0)
            expect(s, HEARTBEAT, .to = 1);
    }
    inject(s, ASCONF(2, PEER(0), DELETE(3, PEER(4))), ASCONF(3, PEER(0), DELETE(3, PEER(1)))); /* one old, one new */
    expect_answer(s, 0, 2, NOTHING);
    check_bytes(s, expect_also(s, ASCONF_ACK), U32(s->peer_tsn + 3));
    check_equal(COUNT(InAsconfs), 4);
    skip_items(s);
}

SCRIPT(rfc5061_5_2_D2_found_by_the_address_parameter, "RFC 5061 5.2 D2, E6, 5.3.2",
       "an ASCONF from an unknown address belongs to the association of its Address Parameter; the answer goes to the source") {
    begin_passive(s, .peer_addresses = 1);
    inject_by(s, WAY(.from = 5), ASCONF(0, PEER(0), ADD(1, PEER(5)), DELETE(2, PEER(0)))); /* its only address changes */
    expect_answer(s, 5, 0, NOTHING);
    expect_item(s, HAWSER_PATH_CHANGED, .path = 2, .state = HAWSER_PATH_ADDED);
    expect_item(s, HAWSER_PATH_CHANGED, .path = 1, .state = HAWSER_PATH_REMOVED);
    send_message(s, 0, 10, 0); /* nothing may go until the new address is confirmed */
    confirm_path(s, 5);
    expect(s, DATA, .to = 5, .tsn = 0);
    inject_by(s, WAY(.from = 5), SACK(.cum = 0), DATA(.tsn = 0));
    expect(s, SACK, .to = 5);
    skip_items(s);
    inject_by(s, WAY(.from = 5), ASCONF(0, PEER(0), ADD(1, PEER(5)), DELETE(2, PEER(0)))); /* the answer was lost */
    expect_answer(s, 5, 0, NOTHING);
}

SCRIPT(rfc5061_5_2_D2_wildcard_lookup, "RFC 5061 4.1.1",
       "if the Address Parameter is the wildcard the tag and the ports find the association") {
    begin_passive(s, .peer_addresses = 1);
    inject_by(s, WAY(.from = 5), ASCONF(0, WILD, ADD(1, WILD)));
    expect_answer(s, 5, 0, NOTHING);
    expect(s, HEARTBEAT, .to = 5);
    skip_items(s);
}

SCRIPT(rfc5061_5_2_D3_not_found, "RFC 5061 5.2 D3, D4",
       "an ASCONF that neither source nor Address Parameter explain is out of the blue; a wrong tag is dropped") {
    begin_passive(s, .peer_addresses = 1);
    inject_by(s, WAY(.from = 5), ASCONF(0, PEER(5), ADD(1, PEER(5))));
    expect(s, ABORT, .to = 5, .t = 1);
    inject_by(s, WAY(.from = 5, .tag = 99), ASCONF(0, PEER(0), ADD(1, PEER(5))));
    expect(s, ABORT, .to = 5, .t = 1, .tag = 99);
    inject_by(s, WAY(.tag = 99), ASCONF(0, PEER(0), ADD(1, PEER(5))));
    expect_nothing(s);
    expect_no_item(s);
    check_equal(status_of(s).path_count, 1);
}

SCRIPT(rfc5061_5_3_F1_nothing_else_from_a_new_address, "RFC 5061 5.3 F1",
       "from an address that is not the association's only ASCONF is taken, and what follows once it is") {
    begin_passive(s, .peer_addresses = 1);
    inject_by(s, WAY(.from = 5), DATA(.tsn = 0), ASCONF(0, PEER(0), ADD(1, PEER(5))));
    expect(s, ABORT, .to = 5, .t = 1); /* it does not begin with one */
    inject_by(s, WAY(.from = 5), ASCONF(0, PEER(0), PREFER(1, PEER(0))), DATA(.tsn = 0)); /* not added: no DATA */
    expect_answer(s, 5, 0, NOTHING);
    expect_nothing(s);
    inject_by(s, WAY(.from = 5), ASCONF(1, PEER(0), ADD(1, PEER(5))), DATA(.tsn = 0));
    expect_answer(s, 5, 1, NOTHING);
    expect(s, SACK, .to = 0, .cum = 0); /* not to the unconfirmed one */
    expect(s, HEARTBEAT, .to = 5);
    skip_items(s);
}

SCRIPT(rfc5061_5_3_unread, "RFC 5061 5.3, design",
       "a message that is unread while paths go keeps the number of its own, and has none once that is gone, too") {
    begin_passive(s, .peer_addresses = 3);
    inject_by(s, WAY(.from = 2), DATA(.tsn = 0), DATA(.tsn = 1, .ssn = 1, .flags = B)); /* path 3 */
    inject_by(s, WAY(.from = 0), DATA(.tsn = 2, .ssn = 1, .flags = E));
    inject_by(s, WAY(.from = 1), DATA(.tsn = 3, .ssn = 2));
    inject(s, ASCONF(0, PEER(0), DELETE(1, PEER(1))));
    skip_output(s);
    expect_message(s, .ssn = 0, .path = 3);
    expect_message(s, .ssn = 1, .path = 3);
    expect_message(s, .ssn = 2, .path = 0);
    skip_items(s);
}

SCRIPT(rfc5061_5_3_F7_last_address, "RFC 5061 5.3 F7, F8, 4.3.1", "the last address is not deleted") {
    begin_passive(s, .peer_addresses = 1);
    inject(s, ASCONF(0, PEER(0), DELETE(8, PEER(0))));
    expect_answer(s, 0, 0, FAILED(8, DELETE_LAST_ADDRESS, DELETE(8, PEER(0))));
    inject_by(s, WAY(.from = 4), ASCONF(1, PEER(0), DELETE(8, PEER(0))));
    expect_answer(s, 4, 1, FAILED(8, DELETE_LAST_ADDRESS, DELETE(8, PEER(0))));
    inject_by(s, WAY(.from = 4), ASCONF(2, PEER(0), DELETE(8, WILD))); /* its source would be what is left, and is none */
    expect_answer(s, 4, 2, FAILED(8, DELETE_LAST_ADDRESS, DELETE(8, WILD)));
    check_equal(status_of(s).path_count, 1);
    check_equal(COUNT(AsconfRefusals), 3);
}

SCRIPT(rfc5061_5_3_F5_all_of_several, "RFC 5061 5.3 F5, F7", "of several only the last is kept") {
    begin_passive(s, .peer_addresses = 3);
    inject_by(s, WAY(.from = 5), ASCONF(0, PEER(0), DELETE(1, PEER(0)), DELETE(2, PEER(1)), DELETE(3, PEER(2))));
    expect_answer(s, 5, 0, FAILED(3, DELETE_LAST_ADDRESS, DELETE(3, PEER(2))));
    check_equal(status_of(s).path_count, 1);
    skip_items(s);
}

SCRIPT(rfc5061_5_3_F8_source_address, "RFC 5061 5.3 F8, 4.3.3", "the source address of the packet is not deleted") {
    begin_passive(s, .peer_addresses = 2);
    inject_by(s, WAY(.from = 1), ASCONF(0, PEER(0), DELETE(8, PEER(1))));
    expect_answer(s, 1, 0, FAILED(8, DELETE_SOURCE_ADDRESS, DELETE(8, PEER(1))));
    check_equal(status_of(s).path_count, 2);
}

SCRIPT(rfc5061_5_3_F9_no_room, "RFC 5061 5.3 F9, F11, 4.3.2",
       "an address for which there is no room is refused, and so is every addition and removal behind it") {
    begin_passive(s, .peer_addresses = HAWSER_ADDRESSES_MAX - 1);
    struct hawser_address stranger = script_ipv4(203, 0, 113, 9, 0);
    struct hawser_span strange = script_address_param(s, &stranger), last = PEER(HAWSER_ADDRESSES_MAX - 1);
    inject(s, ASCONF(0, PEER(0), ADD(1, last), ADD(2, strange), DELETE(3, PEER(3)), PREFER(4, PEER(1)), ADD(5, last)));
    expect_answer(s, 0, 0, FAILED(2, NO_RESOURCES, ADD(2, strange)), FAILED(3, NO_RESOURCES, DELETE(3, PEER(3))), OKAY(4),
                  FAILED(5, NO_RESOURCES, ADD(5, last)));
    check_equal(status_of(s).path_count, HAWSER_ADDRESSES_MAX);
    expect(s, HEARTBEAT, .to = HAWSER_ADDRESSES_MAX - 1);
    skip_items(s);
}

SCRIPT(rfc5061_5_2_V2_unknown_request, "RFC 5061 5.2 V2, V3",
       "an unknown request is skipped or ends the chunk, and is reported or not, by its two high bits") {
    begin_passive(s, .peer_addresses = 3);
    struct hawser_span odd = PARAM(0xC0FE, U32(77), TEXT("what"));
    inject(s, ASCONF(0, PEER(0), odd, PREFER(2, PEER(1))));
    expect_answer(s, 0, 0, FAILED(77, UNRECOGNIZED_PARAMETERS, odd), OKAY(2));
    inject(s, ASCONF(1, PEER(0), PARAM(0x80FE, U32(77)), PREFER(2, PEER(2))));
    expect_answer(s, 0, 1, NOTHING);
    check_equal(status_of(s).primary_path, 3);
    inject(s, ASCONF(2, PEER(0), PARAM(0x40FE, U32(78)), PREFER(2, PEER(0))));
    expect_answer(s, 0, 2, FAILED(78, UNRECOGNIZED_PARAMETERS, PARAM(0x40FE, U32(78))));
    inject(s, ASCONF(3, PEER(0), PARAM(0x00FE, U32(78)), PREFER(2, PEER(0))));
    expect_answer(s, 0, 3, NOTHING);
    check_equal(status_of(s).primary_path, 3);
    skip_items(s);
}

SCRIPT(rfc5061_5_1_1_C4_states, "RFC 5061 5.1.1 C4", "an ASCONF is answered until the SHUTDOWN ACK is sent, not afterwards") {
    begin_passive(s, .peer_addresses = 2);
    reach_shutdown_sent(s);
    inject(s, ASCONF(0, PEER(0), PREFER(1, PEER(1))));
    expect_answer(s, 0, 0, NOTHING);
    inject(s, SHUTDOWN(-1));
    expect(s, SHUTDOWN_ACK);
    inject(s, ASCONF(1, PEER(0), PREFER(1, PEER(0))));
    expect_nothing(s);
    skip_items(s);
}

SCRIPT(rfc5061_5_1_1_C4_early, "RFC 5061 5.1.1 C4", "before the association is up an ASCONF is dropped") {
    begin(s, .peer_addresses = 2);
    reach_cookie_echoed(s);
    inject(s, ASCONF(0, PEER(0), DELETE(1, PEER(1))));
    inject(s, COOKIE_ACK());
    check_equal(status_of(s).path_count, 2);
    skip_items(s);
    s->quiet_end = true;
}

SCRIPT(rfc5061_4_1_1_not_agreed_on, "RFC 5061 4.1.1, 4.1.2",
       "without agreement ASCONF is an unknown chunk: skipped and reported") {
    start(s, .peer_addresses = 2, .params = ASCONF_OFFER); /* dynamic_addresses is 0 */
    establish_passive(s);
    inject(s, ASCONF(0, PEER(0), DELETE(1, PEER(1))), CHUNK(HW_ASCONF_ACK, 0, U32(5)));
    expect(s, ERROR, .cause = HW_CAUSE_UNRECOGNIZED_CHUNK);
    check_equal(status_of(s).path_count, 2);
    check_equal(COUNT(UnknownChunks), 2);
    inject_by(s, WAY(.from = 5), ASCONF(0, PEER(0), ADD(1, PEER(5))));
    expect(s, ABORT, .to = 5, .t = 1);
}

SCRIPT(rfc5061_4_2_7_offered, "RFC 5061 4.2.7", "both chunks are listed in Supported Extensions if the setting says so") {
    begin(s, .peer_addresses = 1);
    connect_now(s, 1);
    struct hawser_span types = param_of(expect(s, INIT), HW_PARAM_EXTENSIONS);
    unsigned found = 0;
    for (size_t i = 0; types.data && i < types.size; i++)
        found |= types.data[i] == HW_ASCONF ? 1u : types.data[i] == HW_ASCONF_ACK ? 2u : 0;
    check_equal(found, 3);
}

SCRIPT(rfc5061_4_2_6_adaptation, "RFC 5061 4.2.6", "the adaptation indication is sent as set, and the peer's is told") {
    set(s, ADAPTATION, 0x12345678);
    start(s, .params = PARAM(HW_PARAM_ADAPTATION, U32(0xfeedbeef)));
    connect_now(s, 1);
    const struct seen *init = expect(s, INIT);
    struct hawser_span value = param_of(init, HW_PARAM_ADAPTATION);
    check_equal(value.size, 4);
    check_equal(hw_get32(value.data), 0x12345678);
    remember(s, init);
    inject(s, INIT_ACK(.cookie = TEXT("cookie")));
    expect(s, COOKIE_ECHO);
    inject(s, COOKIE_ACK());
    expect_item(s, HAWSER_UP);
    expect_item(s, HAWSER_ADAPTATION, .code = 0xfeedbeef);
    expect_no_item(s);
}

SCRIPT(rfc5061_4_2_6_adaptation_of_a_caller, "RFC 5061 4.2.6", "an INIT's adaptation indication outlives the cookie") {
    start(s, .params = PARAM(HW_PARAM_ADAPTATION, U32(0)));
    get_cookie(s);
    inject(s, COOKIE_ECHO());
    expect(s, COOKIE_ACK);
    expect_arrived(s);
    expect_item(s, HAWSER_UP);
    expect_item(s, HAWSER_ADAPTATION, .code = 0);
    expect_no_item(s);
}

SCRIPT(rfc5061_4_1_1_host_name, "RFC 5061 4.1.1", "a Host Name Address is ignored") {
    begin_passive(s, .peer_addresses = 2);
    inject(s, ASCONF(0, PARAM(HW_PARAM_HOST_NAME, TEXT("example\0")), PREFER(2, PEER(1))));
    expect_answer(s, 0, 0, NOTHING);
    check_equal(status_of(s).primary_path, 2);
    skip_items(s);
}

/* The peer moves: from its address 0 to address 1. */
static void move_away(struct script *s) {
    inject(s, ASCONF(0, PEER(0), ADD(1, PEER(1))));
    expect_answer(s, 0, 0, NOTHING);
    confirm_path(s, 1);
    inject_by(s, WAY(.from = 1), ASCONF(1, PEER(1), DELETE(2, PEER(0))));
    expect_answer(s, 1, 1, NOTHING);
    skip_items(s);
}

static void expect_no_arrival(struct script *s) {
    struct hawser_item item;
    check_equal(hawser_receive(s->stack, s->endpoint, &item, 1), 0);
    check_equal(COUNT(PassiveEstabs), 1);
}

SCRIPT(rfc5061_5_3_a_cookie_of_before, "RFC 5061 5.3 F13; RFC 9260 5.2.4",
       "a COOKIE ECHO that was still under way when its address was deleted makes no second association") {
    begin_passive(s, .peer_addresses = 1);
    move_away(s);
    inject(s, COOKIE_ECHO());
    expect_nothing(s);
    expect_no_arrival(s);
    inject_by(s, WAY(.from = 1), DATA(.tsn = 0));
    expect(s, SACK, .cum = 0, .to = 1);
}

SCRIPT(rfc5061_5_3_a_cookie_of_before_the_end, "RFC 5061 5.3 F13; RFC 9260 5.2.4",
       "... nor does it once the association has ended at another address") {
    begin_passive(s, .peer_addresses = 1);
    move_away(s);
    inject_by(s, WAY(.from = 1), ABORT(NOTHING));
    expect_ended(s, HAWSER_END_PEER_ABORTED);
    inject(s, COOKIE_ECHO());
    expect(s, ABORT, .to = 0, .tag = s->peer_tag);
    expect_no_arrival(s);
}
