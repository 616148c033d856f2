/* SPDX-License-Identifier: MIT
 *
 * RFC 5061 beside what else goes on: collisions, set-up, addresses of two families, and addresses that come back at once.
 */
#include "asconf.h"

/* Automatic, and number 1 of each side is of IPv6, which this side does not have yet. */
static void begin_without_ipv6(struct script *s, int peer_addresses) {
    set(s, AUTO_ASCONF, 1);
    begin(s, .local_addresses = 0, .peer_addresses = peer_addresses);
    s->local[1] = script_ipv6(0xa000, 1, 0);
    s->peer[1] = script_ipv6(0xb000, 1, 0);
    up(0);
}

static void begin_mixed(struct script *s) {
    begin_without_ipv6(s, 2);
    up(1);
}

SCRIPT(rfc5061_5_3_a_family_goes, "RFC 5061 5.3 F4; RFC 9260 6.4",
       "data leaves a path for which there is no source any more, even if nothing is wrong with it") {
    begin_mixed(s);
    establish_active(s);
    confirm_paths(s);
    down(0);
    expect_request(s, 1, 1, 0, OURS(1), DELETE(1, OURS(0)));
    inject_by(s, WAY(.from = 1, .to = 1), CONF_ACK(0));
    send_message(s, 0, 10, 0);
    expect(s, DATA, .from = 1, .to = 1);
    inject_by(s, WAY(.from = 1, .to = 1), SACK(.cum = 0));
    expect_no_item(s);
}

SCRIPT(rfc5061_5_3_1_abort_to_an_address_that_comes_back, "RFC 5061 5.3 F4, 5.3.1",
       "an ABORT to an address whose removal is under way is ignored, even if it is to be added again") {
    set(s, AUTO_ASCONF, 1);
    up(0);
    up(1);
    begin(s, .local_addresses = 0, .peer_addresses = 1);
    establish_active(s);
    down(1);
    expect(s, ASCONF);
    up(1);
    expect_nothing(s); /* its addition waits for the answer */
    inject_by(s, WAY(.to = 1, .tag = s->peer_tag), ABORT_T(NOTHING));
    expect_state(s, ESTABLISHED);
    inject(s, CONF_ACK(0));
    expect_request(s, 0, 0, 1, OURS(0), ADD(2, OURS(1)));
    inject(s, CONF_ACK(1));
    inject_by(s, WAY(.to = 1), ABORT(NOTHING)); /* now it is one like any other */
    expect_ended(s, HAWSER_END_PEER_ABORTED);
}

SCRIPT(rfc5061_auto_source_of_the_init_ack_goes, "RFC 5061 5.3 F4; RFC 9260 5.1.4, 6.4",
       "an address that sent the INIT ACK and is gone when the COOKIE ECHO comes sends nothing, and is removed") {
    set(s, AUTO_ASCONF, 1);
    up(0);
    up(1);
    begin(s, .local_addresses = 0, .peer_addresses = 1);
    get_cookie(s);
    down(0);
    inject_by(s, WAY(.to = 1), COOKIE_ECHO());
    expect(s, COOKIE_ACK, .from = 1);
    expect_request(s, 1, 0, 0, OURS(1), DELETE(1, OURS(0)));
    inject_by(s, WAY(.to = 1), CONF_ACK(0));
    expect_nothing(s);
}

SCRIPT(rfc5061_gone_before_the_cookie_unfollowed, "RFC 9260 5.1.4, 6.4, 7.2.5.2",
       "without ASCONF another address takes its place") {
    up(0);
    up(1);
    start(s, .local_addresses = 0, .peer_addresses = 1);
    get_cookie(s);
    down(0);
    inject_by(s, WAY(.to = 1), COOKIE_ECHO());
    expect(s, COOKIE_ACK, .from = 1);
}

SCRIPT(s6_4_a_source_that_there_is, "6.4, 7.2.5.2",
       "without ASCONF an address that is gone is left for one that the machine has, not for one that went before") {
    up(0);
    up(1);
    up(2);
    start(s, .local_addresses = 0, .peer_addresses = 1);
    establish_active(s);
    down(0);
    down(1);
    send_message(s, 0, 10, 0);
    expect(s, DATA, .from = 2);
    up(0);
    down(2);
    inject_by(s, WAY(.to = 2), SACK(.cum = 0));
    send_message(s, 0, 10, 0);
    expect(s, DATA, .from = 0);
    inject(s, SACK(.cum = 1));
}

SCRIPT(rfc5061_restart_before_the_removal, "RFC 5061 5.1; RFC 9260 5.2.4 A, notes",
       "an address that the INIT ACK of a restart still listed is removed after it") {
    set(s, AUTO_ASCONF, 1);
    up(0);
    up(1);
    begin(s, .local_addresses = 0, .peer_addresses = 1);
    establish_active(s);
    s->peer_tag = 0x999;
    inject(s, INIT());
    remember(s, expect(s, INIT_ACK));
    advance(s, ms(10));
    down(1);
    expect(s, ASCONF);
    inject(s, COOKIE_ECHO());
    expect(s, COOKIE_ACK);
    expect_request(s, 0, 0, 0, OURS(0), DELETE(2, OURS(1)));
    inject(s, CONF_ACK(0));
    skip_items(s);
}

SCRIPT(rfc5061_gone_with_a_forward_tsn, "RFC 5061 5.3 F13; RFC 3758 3.5 C5",
       "a FORWARD TSN whose path goes has a timer on another") {
    set(s, DYNAMIC_ADDRESSES, 2);
    set(s, HB_MAX_BURST, 100);
    start(s, .params = JOIN(ASCONF_OFFER, PARAM(HW_PARAM_FORWARD_TSN, NOTHING)), .peer_addresses = 2);
    establish_passive(s);
    check_equal(hawser_set(s->stack, s->now, s->association, 0, HAWSER_SET_PRIMARY, 2), 0);
    check_equal(send_with(s, .policy = HAWSER_POLICY_LIMITED, .flags = HAWSER_SEND_NO_DELAY), 0);
    for (int i = 0; i < 3; i++)
        send_message(s, 1, 100, HAWSER_SEND_NO_DELAY);
    skip_output(s);
    for (int i = 0; i < 3; i++)
        inject_by(s, WAY(.from = 1), SACK(.cum = -1, .gaps = {{2, (uint16_t)(2 + i)}}));
    expect(s, FORWARD_TSN, .to = 1, .cum = 0);
    inject(s, ASCONF(0, PEER(0), DELETE(1, PEER(1))));
    expect_answer(s, 0, 0, NOTHING);
    wait_packet(s, sec(10));
    expect(s, FORWARD_TSN, .to = 0, .cum = 0);
    inject(s, SACK(.cum = 3));
    skip_items(s);
}

SCRIPT(rfc5061_4_2_1_private_scope, "RFC 5061 4.2.1; RFC 9260 5.1.2, notes",
       "a peer with a global address does not add a private one") {
    begin(s, .local_addresses = 1, .peer_addresses = 1);
    s->peer[3] = script_ipv4(192, 168, 7, 7, 0);
    establish_active(s);
    inject(s, ASCONF(0, PEER(0), ADD(1, PEER(3))));
    expect_answer(s, 0, 0, FAILED(1, UNRESOLVABLE_ADDRESS, ADD(1, PEER(3))));
    expect_nothing(s);
}

SCRIPT(rfc5061_4_2_1_private_scope_off, "RFC 5061 4.2.1, notes", "unless `private_scope` is off") {
    set(s, PRIVATE_SCOPE, 0);
    begin(s, .local_addresses = 1, .peer_addresses = 1);
    s->peer[3] = script_ipv4(192, 168, 7, 7, 0);
    establish_active(s);
    inject(s, ASCONF(0, PEER(0), ADD(1, PEER(3))));
    expect_answer(s, 0, 0, NOTHING);
    confirm_path(s, 3);
    skip_items(s);
}

SCRIPT(rfc5061_5_3_a_family_of_the_peer, "RFC 5061 5.3 F1, F2; RFC 9260 8.4",
       "addresses of the peer of a family that we have none of are the association's: they wait for one of ours") {
    begin_without_ipv6(s, 2);
    reach_cookie_echoed(s);
    inject(s, COOKIE_ACK());
    advance(s, sec(100));
    expect_nothing(s); /* nothing goes there */
    up(1);
    expect_request(s, 0, 0, 0, OURS(0), ADD(1, OURS(1)));
    inject_by(s, WAY(.from = 1, .to = 1), HEARTBEAT(U32(1))); /* the peer knows it already, our answer waits for its word */
    expect_nothing(s);
    inject(s, CONF_ACK(0));
    expect_state(s, ESTABLISHED);
    check_equal(path_of(s, 2).error_count, 0); /* the silence was no fault of its */
    const struct seen *beat = expect(s, HEARTBEAT, .from = 1, .to = 1);
    expect_also(s, HEARTBEAT_ACK);
    inject_by(s, WAY(.from = 1, .to = 1), HEARTBEAT_ACK(beat));
    inject_by(s, WAY(.from = 1, .to = 1), HEARTBEAT(U32(2)));
    expect(s, HEARTBEAT_ACK, .from = 1, .to = 1);
    check_equal(COUNT(OutOfBlues), 0);
    down(0);
    expect_request(s, 1, 1, 1, OURS(1), DELETE(2, OURS(0)));
    skip_items(s);
}

SCRIPT(rfc5061_5_3_a_family_of_the_peer_passive, "RFC 5061 5.3 F1, F2; RFC 9260 8.4", "also if the peer has called") {
    begin_without_ipv6(s, 2);
    get_cookie(s);
    inject(s, COOKIE_ECHO());
    expect(s, COOKIE_ACK);
    expect_arrived(s);
    up(1);
    expect_request(s, 0, 0, 0, OURS(0), ADD(1, OURS(1)));
    inject(s, CONF_ACK(0));
    confirm_path(s, 1);
    inject_by(s, WAY(.from = 1, .to = 1), HEARTBEAT(U32(2)));
    expect(s, HEARTBEAT_ACK, .from = 1, .to = 1);
    check_equal(COUNT(OutOfBlues), 0);
    skip_items(s);
}

SCRIPT(rfc5061_5_3_a_removed_address, "RFC 5061 5.3, F4; RFC 9260 8.4",
       "a removed address is ours for two RTO, then out of the blue; in silence, for an ABORT might end the association") {
    begin_active(s, .local_addresses = 2, .peer_addresses = 1);
    hawser_time rto = path_of(s, 1).rto;
    now_do(remove_local(s, 1));
    expect(s, ASCONF);
    inject(s, CONF_ACK(0));
    expect_done(s, REMOVE);
    advance(s, 2 * rto - 1);
    inject_by(s, WAY(.to = 1), DATA(.tsn = 0)); /* it was on its way */
    expect(s, SACK, .from = 0, .cum = 0);
    inject_by(s, WAY(.to = 1), ABORT(NOTHING)); /* this was not: who agrees and aborts later does it elsewhere */
    expect_state(s, ESTABLISHED);
    advance(s, 1);
    inject_by(s, WAY(.to = 1), DATA(.tsn = 1, .ssn = 1));
    inject_by(s, WAY(.to = 1), HEARTBEAT(U32(1)));
    inject_by(s, WAY(.to = 1), SHUTDOWN_ACK());
    inject_by(s, WAY(.to = 1), ABORT(NOTHING));
    inject_by(s, WAY(.to = 1, .tag = s->peer_tag), ABORT_T(NOTHING));
    inject_by(s, WAY(.from = 3, .to = 1), ASCONF(0, PEER(0), ADD(1, PEER(3))));
    expect_nothing(s);
    expect_state(s, ESTABLISHED);
    check_equal(COUNT(OutOfBlues), 6);
    inject(s, DATA(.tsn = 1, .ssn = 1));
    inject_by(s, WAY(.local_none = 1), DATA(.tsn = 2, .ssn = 2));
    expect(s, SACK, .cum = 2);
    skip_items(s);
}

SCRIPT(rfc5061_5_3_a_removed_address_comes_back, "RFC 5061 5.3 F1, F4", "it is ours again once it is to be added again") {
    begin_active(s, .local_addresses = 2, .peer_addresses = 1);
    now_do(remove_local(s, 1));
    expect(s, ASCONF);
    inject(s, CONF_ACK(0));
    advance(s, sec(100));
    now_do(add_local(s, 1));
    expect(s, ASCONF);
    inject_by(s, WAY(.to = 1), DATA(.tsn = 0)); /* before the answer: F1 */
    expect(s, SACK, .from = 0, .cum = 0);
    inject(s, CONF_ACK(1));
    inject_by(s, WAY(.to = 1), DATA(.tsn = 1, .ssn = 1));
    inject_by(s, WAY(.to = 1), DATA(.tsn = 2, .ssn = 2));
    expect(s, SACK, .cum = 2);
    skip_items(s);
}

SCRIPT(rfc5061_5_3_many_removed_addresses, "RFC 5061 5.3, notes", "so many removed addresses are remembered, the last ones") {
    begin_active(s, .local_addresses = 1, .peer_addresses = 1);
    for (int i = 0; i < 10; i++) {
        int number = 1 + i % 6;
        now_do(add_local(s, number));
        expect(s, ASCONF);
        inject(s, CONF_ACK(2 * i));
        now_do(remove_local(s, number));
        expect(s, ASCONF);
        inject(s, CONF_ACK(2 * i + 1));
        skip_items(s);
    }
    advance(s, sec(100));
    for (int number = 1; number <= 4; number++) /* the last that went; 5 and 6 went before them */
        inject_by(s, WAY(.to = number), DATA(.tsn = 0));
    expect_nothing(s);
    check_equal(COUNT(OutOfBlues), 4);
    inject_by(s, WAY(.to = 6), DATA(.tsn = 0), DATA(.tsn = 1, .ssn = 1)); /* 5 and 6 are forgotten */
    expect(s, SACK, .cum = 1);
    skip_items(s);
}

SCRIPT(rfc5061_4_2_1_a_family_that_we_have_none_of, "RFC 5061 4.2.1, 5.3 F1",
       "the peer may add an address of a family that we have none of: it waits for one of ours") {
    begin_without_ipv6(s, 1);
    establish_active(s);
    inject(s, ASCONF(0, PEER(0), ADD(1, PEER(1))));
    expect_answer(s, 0, 0, NOTHING);
    expect_item(s, HAWSER_PATH_CHANGED, .path = 2, .state = HAWSER_PATH_ADDED);
    send_message(s, 0, 10, 0);
    expect(s, DATA, .to = 0);
    inject(s, SACK(.cum = 0));
    up(1);
    expect_request(s, 0, 0, 0, OURS(0), ADD(1, OURS(1)));
    inject(s, CONF_ACK(0));
    confirm_path(s, 1);
    expect_item(s, HAWSER_PATH_CHANGED, .path = 2, .state = HAWSER_PATH_ACTIVE);
}

SCRIPT(rfc5061_auto_asks_again, "RFC 5061 5.3 F10; RFC 6458 8.1.23",
       "what a peer has refused for want of an address of that family it is asked again once it has one") {
    begin_without_ipv6(s, 1);
    s->local[2] = script_ipv6(0xa000, 2, 0);
    s->peer[2] = script_ipv6(0xb000, 2, 0);
    establish_active(s);
    up(1);
    expect_request(s, 0, 0, 0, OURS(0), ADD(1, OURS(1)));
    up(2);
    inject(s, ANSWER(0, FAILED(1, UNRESOLVABLE_ADDRESS, ADD(1, OURS(1)))));
    expect_request(s, 0, 0, 1, OURS(0), ADD(2, OURS(2)));
    inject(s, ANSWER(1, FAILED(2, UNRESOLVABLE_ADDRESS, ADD(2, OURS(2)))));
    expect_nothing(s);
    inject(s, ASCONF(0, PEER(0), ADD(1, PEER(3))));
    expect_answer(s, 0, 0, NOTHING);
    confirm_path(s, 3); /* it says nothing about the other family */
    inject(s, ASCONF(1, PEER(0), ADD(1, PEER(1))));
    expect_answer(s, 0, 1, NOTHING);
    expect_request(s, 0, 0, 2, OURS(0), ADD(3, OURS(1)), ADD(4, OURS(2)));
    inject(s, ANSWER(2, FAILED(3, NO_AUTHORIZATION, ADD(3, OURS(1))), OKAY(4)));
    confirm_path(s, 1);
    inject(s, ASCONF(2, PEER(0), ADD(1, PEER(2))));
    expect_answer(s, 0, 2, NOTHING);
    confirm_path(s, 2);
    expect_nothing(s); /* it has had such an address before */
    skip_items(s);
}

SCRIPT(rfc5061_own_wishes_are_not_repeated, "RFC 5061 5.3 F10", "what the user asked for is not asked for again") {
    begin_active(s, .local_addresses = 1, .peer_addresses = 1);
    s->local[1] = script_ipv6(0xa000, 1, 0);
    s->peer[1] = script_ipv6(0xb000, 1, 0);
    now_do(add_local(s, 1));
    expect(s, ASCONF);
    inject(s, ANSWER(0, FAILED(1, UNRESOLVABLE_ADDRESS, ADD(1, OURS(1)))));
    expect_refused(s, ADD, HW_CAUSE_UNRESOLVABLE_ADDRESS);
    inject(s, ASCONF(0, PEER(0), ADD(1, PEER(1))));
    expect_answer(s, 0, 0, NOTHING);
    expect_nothing(s);
    skip_items(s);
}

SCRIPT(rfc5061_auto_a_family_goes_early, "RFC 5061 5.3 F1, F4",
       "the last address of a family goes in set-up: its removal is asked for, and the carrier does not choose another source") {
    begin_mixed(s);
    reach_cookie_echoed(s);
    down(1);
    inject(s, COOKIE_ACK());
    expect_request(s, 0, 0, 0, OURS(0), DELETE(1, OURS(1)));
    expect_nothing(s); /* no HEARTBEAT */
    up(1);
    inject(s, CONF_ACK(0));
    expect_request(s, 0, 0, 1, OURS(0), ADD(2, OURS(1)));
    expect_nothing(s);
    inject(s, CONF_ACK(1));
    const struct seen *beat = expect(s, HEARTBEAT, .from = 1, .to = 1);
    inject_by(s, WAY(.from = 1, .to = 1), HEARTBEAT_ACK(beat));
    skip_items(s);
}

SCRIPT(rfc5061_a_family_goes_while_closing, "RFC 9260 9.2, 6.4; RFC 5061 5.3 F4",
       "a SHUTDOWN that is due where no source is left any more goes to another path") {
    begin_mixed(s);
    establish_active(s);
    confirm_paths(s);
    check_equal(hawser_shutdown(s->stack, s->now, s->association), 0);
    script_pump(s);
    int to = peer_number(s, &expect(s, SHUTDOWN)->packet->remote), other = 1 - to;
    down(to);
    skip_output(s);
    while (next_chunk(s) != HW_SHUTDOWN) {
        skip_output(s);
        wait_packet(s, sec(5));
    }
    expect(s, SHUTDOWN, .to = other, .from = other);
    inject_by(s, WAY(.from = other, .to = other), SHUTDOWN_ACK());
    expect(s, SHUTDOWN_COMPLETE, .to = other, .from = other);
    expect_ended(s, HAWSER_END_SHUTDOWN);
}

SCRIPT(rfc5061_4_2_2_source_of_the_carriers_choice, "RFC 5061 4.2.2, 5.3 F4, F5",
       "all but the source are taken back where the carrier chooses the source: nobody knows which, and nothing falls silent") {
    up(0);
    begin(s, .local_addresses = 0, .peer_addresses = 1);
    establish_active(s);
    down(0); /* it does not follow: from now on the carrier chooses */
    struct hawser_address all = script_ipv4(0, 0, 0, 0, 0);
    now_do(hawser_remove_address(s->stack, s->now, s->association, &all));
    expect(s, ASCONF);
    send_message(s, 0, 10, 0);
    expect(s, DATA, .tsn = 0);
    inject(s, CONF_ACK(0), SACK(.cum = 0));
    expect_done(s, REMOVE);
    send_message(s, 0, 10, 0);
    expect(s, DATA, .tsn = 1);
}

SCRIPT(rfc5061_5_3_F1_an_address_before_it_is_added, "RFC 5061 5.3 F1, F4; RFC 9260 6.4",
       "no source is left, and a packet comes to an address that is added later: a source only once the peer has agreed") {
    begin_following(s, .peer_addresses = 1);
    down(0);
    up(2);
    expect_request(s, 2, 0, 0, OURS(0), ADD(1, OURS(2)));
    inject_by(s, WAY(.to = 1), SACK(.cum = -1));
    up(1); /* it waits for the answer */
    send_message(s, 0, 10, 0);
    expect_nothing(s);
    inject_by(s, WAY(.to = 2), CONF_ACK(0));
    expect_request(s, 2, 0, 1, OURS(2), DELETE(2, OURS(0)), ADD(3, OURS(1)));
    expect(s, DATA, .from = 2);
}

SCRIPT(rfc5061_5_3_F1_an_address_that_was_learnt, "RFC 5061 5.3 F1",
       "the carrier's choice became the source, for the peer speaks to it; once it is to be added, the carrier chooses again") {
    up(0);
    begin(s, .local_addresses = 0, .peer_addresses = 1);
    establish_active(s);
    down(0);
    inject_by(s, WAY(.to = 1), SACK(.cum = -1));
    now_do(add_local(s, 1));
    expect(s, ASCONF);
    send_message(s, 0, 10, 0);
    check(expect(s, DATA)->packet->local.family == HAWSER_NONE);
    inject_by(s, WAY(.to = 1), CONF_ACK(0), SACK(.cum = 0));
    expect_done(s, ADD);
}

SCRIPT(rfc5061_5_3_F1_back_before_it_was_added, "RFC 5061 5.3 F1",
       "an address goes and comes back while its addition is under way: still no source before the peer has agreed") {
    begin_following(s, .peer_addresses = 1);
    up(1);
    expect_request(s, 0, 0, 0, OURS(0), ADD(1, OURS(1)));
    down(1);
    up(1);
    down(0);
    send_message(s, 0, 10, 0);
    expect_nothing(s);
    inject_by(s, WAY(.to = 1), CONF_ACK(0));
    expect_request(s, 1, 0, 1, OURS(1), DELETE(2, OURS(0)));
    expect(s, DATA, .from = 1);
}
