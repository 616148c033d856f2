/* SPDX-License-Identifier: MIT
 *
 * RFC 5061 in bad hands and bad moments: paths that go while something points at them, requests without bound, addresses that
 * cannot be, chunks that are not whole.
 */
#include "asconf.h"

/* ---- what pointed at a path that is gone --------------------------------------------------------------------------- */

SCRIPT(rfc5061_gone_with_data_in_flight, "RFC 5061 5.3 F13", "what is in flight to a deleted address goes again to another") {
    begin_passive(s, .peer_addresses = 2);
    check_equal(hawser_set(s->stack, s->now, s->association, 0, HAWSER_SET_PRIMARY, 2), 0);
    for (int i = 0; i < 3; i++)
        send_message(s, 0, FULL, 0);
    expect_data_packets(s, 0, 3, FULL);
    inject(s, ASCONF(0, PEER(0), DELETE(1, PEER(1))));
    expect_answer(s, 0, 0, NOTHING);
    for (int i = 0; i < 3; i++)
        expect(s, DATA, .to = 0, .tsn = i);
    inject(s, SACK(.cum = 2));
    expect_nothing(s);
    check_equal(status_of(s).in_flight, 0);
    check_equal(path_of(s, 1).flight, 0);
    skip_items(s);
}

SCRIPT(rfc5061_gone_and_taken_back, "RFC 5061 5.3 F13; RFC 9260 6.2.1",
       "a TSN that was acknowledged on a path that is gone may be taken back") {
    begin_passive(s, .peer_addresses = 3);
    check_equal(hawser_set(s->stack, s->now, s->association, 0, HAWSER_SET_PRIMARY, 2), 0);
    for (int i = 0; i < 3; i++)
        send_message(s, 0, FULL, 0);
    expect_data_packets(s, 0, 3, FULL);
    inject(s, SACK(.cum = -1, .gaps = {{2, 3}}));
    inject(s, ASCONF(0, PEER(0), DELETE(1, PEER(1))));
    expect_answer(s, 0, 0, NOTHING);
    expect(s, DATA, .to = 0, .tsn = 0);
    inject(s, SACK(.cum = -1)); /* the peer gave them up */
    advance(s, sec(5));
    skip_output(s);
    inject(s, SACK(.cum = 2));
    check_equal(status_of(s).in_flight, 0);
    skip_items(s);
    s->quiet_end = true;
}

SCRIPT(rfc5061_gone_in_the_middle, "RFC 5061 5.3 F13", "paths behind the one that goes keep what is theirs") {
    begin_passive(s, .peer_addresses = 4);
    for (int i = 0; i < 4; i++)
        check_equal(send_with(s, .size = FULL, .path = i + 1, .flags = HAWSER_SEND_UNORDERED), 0);
    script_pump(s);
    for (int i = 0; i < 4; i++)
        expect(s, DATA, .to = i);
    inject_by(s, WAY(.from = 3), ASCONF(0, PEER(0), DELETE(1, PEER(1)), DELETE(2, PEER(0))));
    expect_answer(s, 3, 0, NOTHING);
    expect(s, DATA, .tsn = 0); /* the two of the paths that are gone */
    expect(s, DATA, .to = 2, .tsn = 1);
    check_equal(path_of(s, 3).flight + path_of(s, 4).flight, 4 * (FULL + 16));
    inject_by(s, WAY(.from = 3), SACK(.cum = 3));
    check_equal(path_of(s, 3).flight + path_of(s, 4).flight, 0);
    check_equal(place_of(s, 3), 2);
    check_equal(place_of(s, 4), 3);
    skip_items(s);
}

SCRIPT(rfc5061_gone_with_an_echo_owed, "RFC 5061 5.3 F13", "what was owed to a deleted address does not bring it back") {
    begin_passive(s, .peer_addresses = 2);
    inject(s, HEARTBEAT(TEXT("ping")), CHUNK(0xC7, 0, TEXT("what")), ASCONF(0, PEER(0), PREFER(1, PEER(0))));
    skip_output(s);
    inject_by(s, WAY(.from = 1), DATA(.tsn = 0), CHUNK(0xC7, 0, TEXT("what")));
    skip_output(s);
    struct hawser_span two[] = {packet(s, WAY(.from = 1), HEARTBEAT(TEXT("ping")), DATA(.tsn = 1)),
                                packet(s, WAY(.from = 0), ASCONF(1, PEER(0), DELETE(2, PEER(1))))};
    for (int i = 0; i < 2; i++) { /* both before the stack has its say */
        struct hawser_arrival arrival = {.size = sizeof arrival, .data = two[i].data, .length = two[i].size};
        arrival.remote = s->peer[1 - i];
        arrival.local = s->local[0];
        hawser_input(s->stack, s->now, &arrival);
    }
    script_pump(s);
    while (next_chunk(s) >= 0) {
        const struct want any = {WANT_DEFAULTS, .to = 0};
        script_expect(s, __FILE__, __LINE__, true, (uint8_t)next_chunk(s), &any);
        while (s->next < s->sent_count && s->sent[s->next].read == 0)
            break;
        if (skip_output(s))
            break;
    }
    skip_items(s);
    s->quiet_end = true;
}

SCRIPT(rfc5061_gone_with_t4_running, "RFC 5061 5.1 B4, 5.3 F13", "an ASCONF of ours whose path goes is repeated on another") {
    begin_passive(s, .peer_addresses = 2, .local_addresses = 1);
    check_equal(hawser_set(s->stack, s->now, s->association, 0, HAWSER_SET_PRIMARY, 2), 0);
    now_do(add_local(s, 1));
    expect_request(s, 0, 1, 0, OURS(0), ADD(1, OURS(1)));
    inject(s, ASCONF(0, PEER(0), DELETE(1, PEER(1))));
    expect_answer(s, 0, 0, NOTHING);
    wait_packet(s, sec(5));
    expect_request(s, 0, 0, 0, OURS(0), ADD(1, OURS(1)));
    inject(s, CONF_ACK(0));
    skip_items(s);
}

SCRIPT(rfc5061_nothing_but_an_unconfirmed_path, "RFC 5061 5.3.2; RFC 9260 5.4, 8.1",
       "if nothing but an unconfirmed address is left and nobody answers there the association ends") {
    set(s, ASSOCIATION_MAX_RETRANS, 4);
    begin_passive(s, .peer_addresses = 1);
    inject_by(s, WAY(.from = 5), ASCONF(0, PEER(0), ADD(1, PEER(5)), DELETE(2, PEER(0))));
    expect_answer(s, 5, 0, NOTHING);
    send_message(s, 0, 10, 0);
    for (int i = 0; i < 60 && state_of(s) == HAWSER_ESTABLISHED; i++) {
        while (next_chunk(s) >= 0)
            expect(s, HEARTBEAT, .to = 5); /* never DATA */
        advance(s, sec(10));
    }
    skip_output(s);
    check_equal(state_of(s), HAWSER_CLOSED);
    skip_items(s);
}

SCRIPT(rfc5061_the_last_confirmed_path_goes, "RFC 5061 5.3.2; RFC 9260 5.4",
       "if nothing but an unconfirmed address is left it is probed again, though it was given up and heartbeats are off") {
    set(s, HB_ENABLED, 0);
    begin_passive(s, .peer_addresses = 1);
    inject(s, ASCONF(0, PEER(0), ADD(1, PEER(1))));
    expect_answer(s, 0, 0, NOTHING);
    advance(s, sec(600)); /* probes of the second address are not answered */
    skip_output(s);
    skip_items(s);
    inject_by(s, WAY(.from = 1), ASCONF(1, PEER(0), DELETE(2, PEER(0))));
    expect_answer(s, 1, 1, NOTHING);
    send_message(s, 0, 10, 0);
    const struct seen *beat = expect(s, HEARTBEAT, .to = 1);
    inject_by(s, WAY(.from = 1), HEARTBEAT_ACK(beat));
    expect(s, DATA, .to = 1);
    inject_by(s, WAY(.from = 1), SACK(.cum = 0));
    skip_items(s);
}

/* ---- the user's view ------------------------------------------------------------------------------------------------ */

SCRIPT(rfc5061_told_by_a_restart, "RFC 9260 5.2.4 A, 11.2.3; RFC 6458 6.1.2", "a path that a restart takes away is told") {
    start(s, .peer_addresses = 3);
    establish_passive(s);
    inject(s, INIT(.tag = 77, .addresses = 2));
    remember(s, expect(s, INIT_ACK));
    inject(s, COOKIE_ECHO());
    skip_output(s);
    expect_item(s, HAWSER_RESTARTED);
    expect_item(s, HAWSER_PATH_CHANGED, .path = 3, .state = HAWSER_PATH_REMOVED);
    skip_items(s);
    s->quiet_end = true;
}

SCRIPT(rfc5061_told_by_an_init_ack, "RFC 9260 5.1.2 A, 11.2.3", "so is one that the user gave and the INIT ACK does not list") {
    start(s, .peer_addresses = 2);
    connect_now(s, 2);
    remember(s, expect(s, INIT));
    inject(s, INIT_ACK(.addresses = 1, .cookie = TEXT("cookie")));
    expect(s, COOKIE_ECHO);
    expect_item(s, HAWSER_PATH_CHANGED, .path = 2, .state = HAWSER_PATH_REMOVED);
    inject(s, COOKIE_ACK());
    expect_item(s, HAWSER_UP);
    expect_no_item(s);
}

SCRIPT(rfc5061_told_once, "RFC 6458 6.1.2, notes", "what came and went before the user looked is not told; what he knows is") {
    begin_passive(s, .peer_addresses = 2);
    inject(s, ASCONF(0, PEER(0), ADD(1, PEER(5)), PREFER(2, PEER(5)), DELETE(3, PEER(5))));
    expect_answer(s, 0, 0, NOTHING);
    expect_no_item(s);
    inject(s, ASCONF(1, PEER(0), ADD(1, PEER(5))));
    expect_answer(s, 0, 1, NOTHING);
    expect_held(s, HAWSER_PATH_CHANGED, .path = 4, .state = HAWSER_PATH_ADDED); /* seen, and not consumed */
    inject(s, ASCONF(2, PEER(0), DELETE(1, PEER(5))));
    skip_output(s);
    expect_item(s, HAWSER_PATH_CHANGED, .path = 4, .state = HAWSER_PATH_ADDED);
    expect_item(s, HAWSER_PATH_CHANGED, .path = 4, .state = HAWSER_PATH_REMOVED);
    expect_no_item(s);
    s->quiet_end = true;
}

/* ---- without bound -------------------------------------------------------------------------------------------------- */

SCRIPT(rfc5061_hundreds_of_additions, "RFC 5061 5.3 F9, notes",
       "hundreds of addresses in one chunk: as many as there is room for, and an answer of bounded size") {
    begin_passive(s, .peer_addresses = 1);
    uint8_t *bytes = script_bytes(s, 400 * 16);
    for (unsigned i = 0; i < 400; i++) {
        struct hawser_address address = script_ipv4(198, 18, i / 250, i % 250 + 1, 0);
        struct hawser_span one = ADD(i + 1, script_address_param(s, &address));
        check_equal(one.size, 16);
        memcpy(bytes + 16 * i, one.data, 16);
    }
    inject(s, ASCONF(0, PEER(0), ((struct hawser_span){bytes, 400 * 16})));
    const struct seen *answer = expect(s, ASCONF_ACK, .to = 0);
    check(answer->whole.size <= 1024);
    check_equal(hw_get16(answer->value.data + 4), HW_PARAM_ERROR_INDICATION); /* the 16th and all behind it */
    check_equal(hw_get32(answer->value.data + 8), HAWSER_ADDRESSES_MAX);
    check_equal(status_of(s).path_count, HAWSER_ADDRESSES_MAX);
    skip_items(s);
    s->quiet_end = true;
}

SCRIPT(rfc5061_flapping_costs_nothing, "RFC 5061, RFC 5062, notes",
       "a peer that adds and deletes for ever holds no memory, fills no inbox, and calls forth few heartbeats") {
    set(s, DYNAMIC_ADDRESSES, 2);
    start(s, .peer_addresses = 1, .params = ASCONF_OFFER);
    establish_passive(s);
    uint64_t memory = 0;
    size_t beats = 0;
    for (unsigned i = 0; i < 2000; i++) {
        struct hawser_address address = script_ipv4(198, 18, i / 250, i % 250 + 1, 0);
        struct hawser_span one = script_address_param(s, &address);
        inject(s, ASCONF(i, PEER(0), ADD(1, one), DELETE(2, one), ADD(3, one)), ASCONF(i + 1, PEER(0), DELETE(1, one)));
        i++;
        while (next_chunk(s) >= 0) {
            bool beat = next_chunk(s) == HW_HEARTBEAT;
            beats += beat;
            if (beat)
                expect(s, HEARTBEAT);
            else {
                expect(s, ASCONF_ACK);
                expect_also(s, ASCONF_ACK);
            }
        }
        if (i == 21)
            memory = hawser_memory(s->stack);
    }
    check(hawser_memory(s->stack) <= memory);
    check_equal(beats, 0);
    check_equal(status_of(s).path_count, 1);
    expect_no_item(s);
}

SCRIPT(rfc5061_nobody_reads, "RFC 5061, notes", "paths that the user knew of and does not read of are few") {
    begin_passive(s, .peer_addresses = HAWSER_ADDRESSES_MAX);
    inject(s, ASCONF(0, PEER(0), DELETE(1, WILD)));
    skip_output(s);
    uint64_t memory = hawser_memory(s->stack);
    for (int i = 1; i < 400; i += 2) {
        inject(s, ASCONF(i, PEER(0), ADD(1, PEER(3))));
        inject(s, ASCONF(i + 1, PEER(0), DELETE(1, PEER(3))));
        skip_output(s);
    }
    check(hawser_memory(s->stack) <= memory + 64);
    check_equal(skip_items(s), HAWSER_ADDRESSES_MAX - 1);
    s->quiet_end = true;
}

/* ---- addresses that cannot be -------------------------------------------------------------------------------------- */

SCRIPT(rfc5061_impossible_addresses, "RFC 5061 4.2.1; RFC 9260 5.1.2, 8.4 1",
       "multicast, broadcast, loopback and link-local addresses and a family that is off are refused") {
    set(s, IPV6, 0);
    begin_passive(s, .peer_addresses = 1);
    struct hawser_address bad[] = {script_ipv4(224, 0, 0, 1, 0), script_ipv4(255, 255, 255, 255, 0), script_ipv4(127, 0, 0, 1, 0),
                                   script_ipv4(169, 254, 1, 1, 0), script_ipv6(1, 1, 0)};
    for (unsigned i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct hawser_span request = ADD(i, script_address_param(s, &bad[i]));
        inject(s, ASCONF(i, PEER(0), request));
        expect_answer(s, 0, i, FAILED(i, UNRESOLVABLE_ADDRESS, request));
    }
    for (unsigned i = 0; i < 2; i++) { /* nor is there anything to delete, or to prefer */
        struct hawser_span deletion = DELETE(i, script_address_param(s, &bad[i]));
        struct hawser_span preference = PREFER(7, script_address_param(s, &bad[i]));
        inject(s, ASCONF(5 + i, PEER(0), deletion, preference));
        expect_answer(s, 0, 5 + i, FAILED(i, UNRESOLVABLE_ADDRESS, deletion), FAILED(7, UNRESOLVABLE_ADDRESS, preference));
    }
    struct hawser_span odd[] = {ADD(9, PARAM(HW_PARAM_IPV4, BYTES(1, 2, 3))), ADD(9, NOTHING), DELETE(9, PARAM(99, U32(1))),
                                PREFER(9, PARAM(HW_PARAM_HOST_NAME, TEXT("nobody\0")))};
    for (unsigned i = 0; i < sizeof odd / sizeof odd[0]; i++) {
        inject(s, ASCONF(7 + i, PEER(0), odd[i]));
        const struct seen *seen = expect(s, ASCONF_ACK);
        check_equal(hw_get16(seen->value.data + 4), HW_PARAM_ERROR_INDICATION);
        check_equal(hw_get16(seen->value.data + 12), HW_CAUSE_UNRESOLVABLE_ADDRESS);
    }
    check_equal(status_of(s).path_count, 1);
    expect_no_item(s);
}

SCRIPT(rfc5061_anothers_address, "RFC 5061 6; RFC 5062 2",
       "the address of another association's peer cannot be added, nor that association be found by it") {
    begin_passive(s, .peer_addresses = 1);
    hawser_id victim = s->association;
    uint32_t victim_tag = s->stack_tag, victim_tsn = s->peer_tsn;
    inject_by(s, WAY(.from = 4, .tag = 0), INIT(.tag = 99, .tsn = 5000)); /* same ports, another host */
    remember(s, expect(s, INIT_ACK, .to = 4));
    inject_by(s, WAY(.from = 4), COOKIE_ECHO());
    skip_output(s);
    expect_arrived(s);
    skip_items(s);
    s->peer_tsn = 5000;
    inject_by(s, WAY(.from = 4), ASCONF(0, PEER(4), ADD(1, PEER(0))));
    expect_answer(s, 4, 0, FAILED(1, NO_AUTHORIZATION, ADD(1, PEER(0))));
    /* with its own tag and the other's address as the source, or the other's as Address Parameter */
    inject_by(s, WAY(.from = 0), ASCONF(1, PEER(4), ADD(1, WILD)));
    expect_nothing(s);
    s->peer_tsn = victim_tsn;
    inject_by(s, WAY(.from = 4, .tag = victim_tag), ASCONF(0, PEER(0), DELETE(1, PEER(0))));
    expect_nothing(s); /* D1: by its source it is the attacker's own, and the tag is wrong there */
    hawser_id attacker = s->association;
    s->association = victim;
    check_equal(status_of(s).path_count, 1);
    check_equal(place_of(s, 1), 0);
    s->association = attacker;
    check_equal(status_of(s).path_count, 1);
    check_equal(hawser_close(s->stack, s->now, victim), 0);
    s->quiet_end = true;
}

/* ---- chunks that are not whole ------------------------------------------------------------------------------------- */

SCRIPT(rfc5061_not_whole, "RFC 5061 4.1.1; RFC 9260 3.2",
       "an ASCONF without its form ends the association; from elsewhere it does nothing") {
    static const uint8_t cut[] = {0xC0, 2, 0, 99, 0, 0, 0, 1};
    for (int i = 0; i < 4; i++) {
        if (i == 0) {
            begin_passive(s, .peer_addresses = 2);
        }
        struct hawser_span chunk = i == 0   ? CHUNK(HW_ASCONF, 0, BYTES(1, 2))
                                   : i == 1 ? CHUNK(HW_ASCONF, 0, U32(s->peer_tsn))
                                   : i == 2 ? ASCONF(0, PEER(0), PARAM(HW_PARAM_DELETE_ADDRESS, BYTES(0, 1)))
                                            : ASCONF(0, PEER(0), ((struct hawser_span){cut, sizeof cut}));
        inject_by(s, WAY(.from = 6), chunk);
        if (next_chunk(s) == HW_ABORT)
            expect(s, ABORT, .to = 6, .t = 1);
        expect_nothing(s);
        expect_state(s, ESTABLISHED);
        check_equal(status_of(s).path_count, 2);
        if (i == 3)
            inject(s, chunk);
    }
    expect(s, ABORT, .cause = HW_CAUSE_PROTOCOL_VIOLATION);
    expect_ended(s, HAWSER_END_VIOLATION);
}

SCRIPT(rfc5061_a_large_unknown_request, "RFC 5061 5.1 A7, notes",
       "a request too large to be answered in full is refused, and with it all behind it") {
    begin_passive(s, .peer_addresses = 2);
    inject(s, ASCONF(0, PEER(0), PARAM(0xC0FE, U32(5), FILL(1100, 1)), DELETE(6, PEER(1))));
    expect_answer(s, 0, 0, FAILED(5, NO_RESOURCES, NOTHING));
    check_equal(status_of(s).path_count, 2);
}

SCRIPT(rfc5061_wants_of_memory, "RFC 5061 5.3 F9, notes",
       "without memory an ASCONF waits to come again, or the addition is refused") {
    begin_passive(s, .peer_addresses = 1);
    s->fail_after = 0;
    inject(s, ASCONF(0, PEER(0), ADD(1, PEER(3))));
    s->fail_after = -1;
    expect_nothing(s);
    s->fail_after = 1;
    inject(s, ASCONF(0, PEER(0), ADD(1, PEER(3))));
    s->fail_after = -1;
    expect_answer(s, 0, 0, FAILED(1, NO_RESOURCES, ADD(1, PEER(3))));
    check_equal(status_of(s).path_count, 1);
    inject(s, ASCONF(1, PEER(0), ADD(1, PEER(3))));
    expect_answer(s, 0, 1, NOTHING);
    expect(s, HEARTBEAT, .to = 3);
    skip_items(s);
}

SCRIPT(rfc5061_no_answer_while_closing, "RFC 5061 5.1.1 C4", "no ASCONF-ACK once SHUTDOWN ACK is to be sent") {
    begin(s, .peer_addresses = 2);
    establish_passive(s);
    inject(s, ASCONF(0, PEER(0), DELETE(1, PEER(1))), SHUTDOWN(-1));
    expect(s, SHUTDOWN_ACK);
    expect_nothing(s);
    inject(s, SHUTDOWN_COMPLETE());
    skip_items(s);
}

SCRIPT(rfc5061_wants_of_memory_of_our_own, "RFC 5061 5.1, notes",
       "without memory for a request nothing is asked and nothing changes; without memory for what left it goes all the same") {
    begin_active(s, .local_addresses = 2, .peer_addresses = 1);
    struct hawser_address any = script_ipv4(0, 0, 0, 0, 0);
    for (int fail = 0; fail < 2; fail++) {
        int error = 0;
        s->fail_after = fail;
        error = add_local(s, 2);
        s->fail_after = -1;
        check_equal(error, HAWSER_ERR_NO_MEMORY);
        check_equal(remove_local(s, 2), HAWSER_ERR_ADDRESS); /* not ours, nor on its way */
    }
    s->fail_after = 0;
    check_equal(remove_local(s, 1), HAWSER_ERR_NO_MEMORY);
    check_equal(prefer_local(s, 1), HAWSER_ERR_NO_MEMORY);
    check_equal(hawser_remove_address(s->stack, s->now, s->association, &any), HAWSER_ERR_NO_MEMORY);
    s->fail_after = -1;
    expect_nothing(s);
    now_do(remove_local(s, 1));
    expect_request(s, 0, 0, 0, OURS(0), DELETE(1, OURS(1)));
    s->fail_after = 0;
    inject(s, CONF_ACK(0));
    s->fail_after = -1;
    expect_done(s, REMOVE);
    check_equal(remove_local(s, 1), HAWSER_ERR_ADDRESS);
    send_message(s, 0, 10, 0);
    expect(s, DATA, .from = 0);
}

SCRIPT(rfc5061_5_1_A6_odd_answers, "RFC 5061 5.1 A6, A7, 4.2.3",
       "an Error Cause Indication without a cause refuses; what is no response is none") {
    begin_active(s, .local_addresses = 1, .peer_addresses = 1);
    now_do(add_local(s, 1));
    expect(s, ASCONF);
    inject(s, ANSWER(0, ADD(1, OURS(1)), PARAM(HW_PARAM_ERROR_INDICATION, U32(1))));
    expect_refused(s, ADD, HW_CAUSE_NO_AUTHORIZATION);
    now_do(add_local(s, 1));
    expect(s, ASCONF);
    inject(s, ANSWER(1, PREFER(2, OURS(1)))); /* nothing of it is an answer: it was carried out */
    expect_done(s, ADD);
}

SCRIPT(rfc5061_the_primary_goes_while_we_are_mute, "RFC 5061 5.3 F12, F13",
       "the peer deletes where our data went while no address of ours is left: another takes over, and all goes on from there") {
    struct hawser_report report = {.size = sizeof report, .kind = HAWSER_REPORT_ADDRESS_UP, .local = s->local[0]};
    set(s, AUTO_ASCONF, 1);
    hawser_report(s->stack, s->now, &report);
    begin_active(s, .local_addresses = 0, .peer_addresses = 3);
    send_message(s, 0, 10, 0);
    expect(s, DATA, .tsn = 0, .to = 0);
    report.kind = HAWSER_REPORT_ADDRESS_DOWN;
    hawser_report(s->stack, s->now, &report);
    script_pump(s);
    expect_nothing(s);
    skip_items(s);
    inject_by(s, WAY(.from = 1), ASCONF(0, PEER(1), DELETE(1, PEER(0))));
    expect_nothing(s);
    check_equal(status_of(s).path_count, 2);
    check_equal(place_of(s, status_of(s).primary_path), 1);
    expect_item(s, HAWSER_PATH_CHANGED, .path = 1, .state = HAWSER_PATH_REMOVED);
    report.kind = HAWSER_REPORT_ADDRESS_UP;
    report.local = s->local[2];
    hawser_report(s->stack, s->now, &report);
    script_pump(s);
    expect_request(s, 2, ANY, 0, OURS(0), ADD(1, OURS(2)));
    inject_by(s, WAY(.from = 1, .to = 2), CONF_ACK(0), ASCONF(0, PEER(1), DELETE(1, PEER(0))));
    expect_answer(s, 1, 0, NOTHING);
    expect(s, ASCONF, .from = 2); /* the removal of the one that went */
    expect(s, DATA, .tsn = 0, .from = 2);
    s->quiet_end = true;
}
