/* SPDX-License-Identifier: MIT
 *
 * RFC 9260 sections 4, 5.1, 5.1.1 and 5.1.2: the normal establishment, its timers, streams and addresses.
 */
#include "script.h"

/* ---- 5.1 -------------------------------------------------------------------------------------------------------- */

SCRIPT(s5_1_connect_sends_init, "5.1 A", "ASSOCIATE sends an INIT with the own tag and enters COOKIE-WAIT") {
    connect_now(s, 1);
    const struct seen *init = expect(s, INIT, .tag = 0, .to = 0, .from = 0, .os = 10, .mis = 65535);
    check(init->init.tag != 0);
    check_range(init->init.a_rwnd, 1500, 2097152);
    expect_state(s, COOKIE_WAIT);
    expect_no_item(s);
}

SCRIPT(s5_1_init_is_answered_without_state, "5.1 B", "an INIT is answered at once; no state is kept after INIT ACK") {
    get_cookie(s); /* what the stack takes once for all is taken */
    uint64_t memory = hawser_memory(s->stack);
    uint32_t objects = hawser_check_objects(s->stack);
    inject(s, INIT());
    const struct seen *ack = expect(s, INIT_ACK, .to = 0, .from = 0, .tag = s->peer_tag);
    check(ack->init.tag != 0 && ack->init.tag != s->peer_tag);
    for (int i = 0; i < 50; i++) {
        inject(s, INIT(.tag = 100 + i));
        expect(s, INIT_ACK, .tag = 100 + i);
    }
    check_equal(hawser_memory(s->stack), memory);
    check_equal(hawser_check_objects(s->stack), objects);
    advance(s, sec(1000));
    expect_nothing(s);
}

SCRIPT(s5_1_init_ack_goes_to_the_source_of_the_init, "5.1 B", "the INIT ACK goes to the source address of the INIT") {
    start(s, .peer_addresses = 3, .local_addresses = 2);
    listen_now(s);
    inject_by(s, WAY(.from = 2, .to = 1), INIT());
    expect(s, INIT_ACK, .to = 2, .from = 1);
}

SCRIPT(s5_1_cookie_echo_repeats_the_cookie, "5.1 C", "the COOKIE ECHO has exactly the cookie of the INIT ACK") {
    reach_cookie_wait(s);
    inject(s, INIT_ACK(.cookie = TEXT("seven b")));
    const struct seen *echo = expect(s, COOKIE_ECHO, .tag = PEER_TAG);
    check_equal(echo->value.size, 7);
    check(memcmp(echo->value.data, "seven b", 7) == 0);
    expect_state(s, COOKIE_ECHOED);
}

SCRIPT(s5_1_nothing_but_the_cookie_until_it_is_acknowledged, "5.1 C",
       "until the COOKIE ACK nothing leaves but the COOKIE ECHO and what is bundled with it") {
    reach_cookie_wait(s);
    for (int i = 0; i < 5; i++)
        send_message(s, 0, 1000, 0);
    expect_nothing(s);
    inject(s, INIT_ACK());
    expect(s, COOKIE_ECHO);
    expect_also(s, DATA, .tsn = 0, .size = 1000);
    expect_nothing(s);
    send_message(s, 0, 10, 0);
    advance(s, ms(900));
    expect_nothing(s);
    inject(s, COOKIE_ACK());
    expect(s, DATA, .tsn = 1);
    s->quiet_end = true;
}

SCRIPT(s5_1_data_of_a_lost_cookie_echo_goes_with_the_next, "5.1.4", "a repeated COOKIE ECHO carries its data again") {
    reach_cookie_wait(s);
    send_message(s, 0, 10, 0);
    inject(s, INIT_ACK());
    expect(s, COOKIE_ECHO);
    expect_also(s, DATA, .tsn = 0);
    advance(s, sec(1));
    expect(s, COOKIE_ECHO);
    expect_also(s, DATA, .tsn = 0);
    inject(s, COOKIE_ACK(), SACK(.cum = 0));
    expect_item(s, HAWSER_UP);
    advance(s, sec(10));
    expect_nothing(s);
    check_equal(status_of(s).in_flight, 0);
}

SCRIPT(s5_1_cookie_ack_establishes, "5.1 E", "COOKIE ACK: ESTABLISHED, T1-cookie stopped, COMMUNICATION UP") {
    reach_cookie_echoed(s);
    inject(s, COOKIE_ACK());
    expect_state(s, ESTABLISHED);
    expect_item(s, HAWSER_UP, .streams_out = 10, .streams_in = 10);
    expect_no_item(s);
    advance(s, sec(100));
    expect_nothing(s);
    check_equal(COUNT(ActiveEstabs), 1);
    check_equal(COUNT(CurrEstab), 1);
}

SCRIPT(s5_1_cookie_echo_creates_the_association, "5.1 D, 5.1.5 5", "a valid COOKIE ECHO: TCB, ESTABLISHED, COOKIE ACK") {
    establish_passive(s);
    check_equal(COUNT(PassiveEstabs), 1);
    check_equal(status_of(s).local_tag, s->stack_tag);
    check_equal(status_of(s).peer_tag, PEER_TAG);
    check_equal(status_of(s).peer_port, PEER_PORT);
    check_equal(status_of(s).local_port, STACK_PORT);
}

SCRIPT(s5_1_data_with_cookie_echo_is_sacked_at_once, "5.1.5 7",
       "DATA with the COOKIE ECHO is acknowledged at once, after COOKIE ACK") {
    listen_now(s);
    inject(s, INIT());
    remember(s, expect(s, INIT_ACK));
    inject(s, COOKIE_ECHO(), DATA(.tsn = 0, .text = "early"));
    expect(s, COOKIE_ACK);
    expect_also(s, SACK, .cum = 0);
    expect_arrived(s);
    skip_items(s);
}

SCRIPT(s5_1_first_data_is_sacked_at_once, "5.1", "the first DATA chunk of an association is acknowledged at once") {
    establish_passive(s);
    inject(s, DATA(.tsn = 0));
    expect(s, SACK, .cum = 0);
    inject(s, DATA(.tsn = 1, .ssn = 1));
    expect_nothing(s);
    advance(s, ms(200));
    expect(s, SACK, .cum = 1);
}

SCRIPT(s5_1_first_data_is_sacked_at_once_by_the_initiator, "5.1",
       "the first DATA chunk of an association is acknowledged at once") {
    establish_active(s);
    inject(s, DATA(.tsn = 0));
    expect(s, SACK, .cum = 0);
}

/* ---- timers ----------------------------------------------------------------------------------------------------- */

SCRIPT(s4_t1_init_repeats_the_same_init, "4 (2), 5.1.6",
       "T1-init: the same INIT again, Max.Init.Retransmits times, then the user is told") {
    connect_now(s, 1);
    const struct seen *first = expect(s, INIT);
    static const unsigned waits[] = {1, 2, 4, 8, 16, 32, 60, 60};
    for (unsigned i = 0; i < 8; i++) {
        advance(s, sec(waits[i]) - 1);
        expect_nothing(s);
        advance(s, 1);
        const struct seen *again = expect(s, INIT, .init_tag = first->init.tag);
        check_equal(again->init.tsn, first->init.tsn);
        expect_state(s, COOKIE_WAIT);
    }
    advance(s, sec(60) - 1);
    expect_no_item(s);
    advance(s, 1);
    expect_nothing(s);
    expect_ended(s, HAWSER_END_NO_ANSWER);
}

SCRIPT(s4_t1_cookie_repeats_the_cookie_echo, "4 (3), 5.1.4",
       "T1-cookie: COOKIE ECHO again, Max.Init.Retransmits times, then the user is told") {
    reach_cookie_echoed(s);
    static const unsigned waits[] = {1, 2, 4, 8, 16, 32, 60, 60};
    for (unsigned i = 0; i < 8; i++) {
        advance(s, sec(waits[i]) - 1);
        expect_nothing(s);
        advance(s, 1);
        const struct seen *echo = expect(s, COOKIE_ECHO, .tag = PEER_TAG);
        check_equal(echo->value.size, s->cookie.size);
        expect_state(s, COOKIE_ECHOED);
    }
    advance(s, sec(60));
    expect_nothing(s);
    expect_ended(s, HAWSER_END_NO_ANSWER);
}

SCRIPT(s5_1_4_t1_cookie_runs_from_the_cookie_echo, "5.1.4, 5.1 C",
       "T1-init stops with the INIT ACK; T1-cookie starts with the COOKIE ECHO") {
    connect_now(s, 1);
    remember(s, expect(s, INIT));
    advance(s, ms(400));
    inject(s, INIT_ACK());
    expect(s, COOKIE_ECHO);
    hawser_time rto = path_of(s, 1).rto;
    check_equal(rto, ms(1200)); /* measured: 400 ms and four times 200 ms */
    advance(s, rto - 1);
    expect_nothing(s);
    advance(s, 1);
    expect(s, COOKIE_ECHO);
    inject(s, COOKIE_ACK());
    skip_items(s);
}

SCRIPT(s5_1_4_max_init_retransmits_is_obeyed, "5.1.4", "Max.Init.Retransmits can be set") {
    set(s, MAX_INIT_RETRANS, 1);
    connect_now(s, 1);
    expect(s, INIT);
    advance(s, sec(1));
    expect(s, INIT);
    advance(s, sec(2));
    expect_ended(s, HAWSER_END_NO_ANSWER);
}

SCRIPT(s5_1_retransmitted_inits_try_all_addresses, "5.1", "repeated INITs use all addresses that the user gave") {
    connect_now(s, 3);
    expect(s, INIT, .to = 0);
    bool tried[3] = {true, false, false};
    for (int i = 0; i < 2; i++) {
        wait_packet(s, sec(5));
        tried[peer_number(s, &expect(s, INIT)->packet->remote)] = true;
    }
    check(tried[1] && tried[2]);
}

SCRIPT(s5_1_retransmitted_cookie_echos_try_all_addresses, "5.1", "repeated COOKIE ECHOs use all confirmed addresses") {
    start(s, .peer_addresses = 2);
    connect_now(s, 2);
    s->stack_tag = expect(s, INIT)->init.tag;
    inject(s, INIT_ACK());
    expect(s, COOKIE_ECHO, .to = 0);
    wait_packet(s, sec(5));
    expect(s, COOKIE_ECHO, .to = 1);
}

/* ---- refusing --------------------------------------------------------------------------------------------------- */

SCRIPT(s5_1_init_without_listener_is_aborted, "5.1, 8.4 3",
       "an INIT that cannot be taken: ABORT with its Initiate Tag and T = 0") {
    script_open(s);
    inject(s, INIT());
    expect(s, ABORT, .tag = PEER_TAG, .t = 0);
    check_equal(COUNT(OutOfBlues), 1);
}

SCRIPT(s5_1_backlog_is_bounded, "5.1", "for lack of resources an INIT or COOKIE ECHO is refused with ABORT") {
    start(s, .backlog = 1);
    listen_now(s);
    inject(s, INIT());
    remember(s, expect(s, INIT_ACK));
    inject(s, COOKIE_ECHO());
    expect(s, COOKIE_ACK);
    inject_by(s, WAY(.source_port = 6001), INIT(.tag = 7));
    expect(s, ABORT, .tag = 7, .t = 0);
    check_equal(COUNT(BacklogFull), 1);
    expect_arrived(s);
    inject_by(s, WAY(.source_port = 6001), INIT(.tag = 7));
    expect(s, INIT_ACK, .tag = 7);
}

SCRIPT(s5_1_init_ack_without_cookie_is_aborted, "5.1, 3.3.10.2",
       "a missing mandatory parameter: ABORT with that cause and the Initiate Tag") {
    reach_cookie_wait(s);
    inject(s, INIT_ACK(.tag = 77, .no_cookie = true));
    const struct seen *seen = expect(s, ABORT, .tag = 77, .t = 0, .cause = HW_CAUSE_MISSING_PARAMETER);
    check_equal(seen->cause_info.size, 6);
    check_equal(hw_get32(seen->cause_info.data), 1);
    check_equal(hw_get16(seen->cause_info.data + 4), HW_PARAM_COOKIE);
    expect_ended(s, HAWSER_END_REFUSED, .code = HW_CAUSE_MISSING_PARAMETER);
}

SCRIPT(s5_1_abort_in_cookie_wait_ends_the_attempt, "3.3.7, 4", "ABORT with the right tag ends the set-up") {
    reach_cookie_wait(s);
    inject(s, ABORT(NOTHING));
    expect_ended(s, HAWSER_END_REFUSED);
}

SCRIPT(s5_1_abort_in_cookie_echoed_ends_the_attempt, "3.3.7, 4", "ABORT with the right tag ends the set-up") {
    reach_cookie_echoed(s);
    inject(s, ABORT(CAUSE(OUT_OF_RESOURCE, NOTHING)));
    expect_ended(s, HAWSER_END_REFUSED, .code = HW_CAUSE_OUT_OF_RESOURCE);
}

/* ---- 5.1.1 streams ---------------------------------------------------------------------------------------------- */

SCRIPT(s5_1_1_streams_out_are_limited_by_the_peers_mis, "5.1.1", "outbound streams: min(local OS, remote MIS)") {
    start(s, .mis = 3);
    establish_active(s);
    check_equal(status_of(s).streams_out, 3);
    send_message(s, 2, 10, 0);
    expect(s, DATA, .stream = 2);
    check_equal(send_with(s, .stream = 3), HAWSER_ERR_STREAM);
}

SCRIPT(s5_1_1_streams_out_are_limited_for_the_responder, "5.1.1, 3.3.3", "the OS of an INIT ACK is at most the peer's MIS") {
    start(s, .mis = 4);
    listen_now(s);
    inject(s, INIT());
    expect(s, INIT_ACK, .os = 4);
}

SCRIPT(s5_1_1_streams_in_are_limited_by_the_own_mis, "5.1.1", "inbound streams: min(remote OS, local MIS)") {
    set(s, STREAMS_IN_MAX, 5);
    start(s, .os = 100);
    establish_passive(s);
    check_equal(status_of(s).streams_in, 5);
    inject(s, DATA(.tsn = 0, .stream = 4));
    expect(s, SACK, .cum = 0);
    expect_message(s, .stream = 4);
    inject(s, DATA(.tsn = 1, .stream = 5));
    expect_in_any_order(s, HW_SACK, HW_ERROR);
    expect_no_item(s);
}

SCRIPT(s5_1_1_all_streams, "5.1.1", "65,535 streams both ways") {
    set(s, STREAMS_OUT, 65535);
    start(s, .os = 65535, .mis = 65535);
    establish_passive(s);
    check_equal(status_of(s).streams_out, 65535);
    check_equal(status_of(s).streams_in, 65535);
    send_message(s, 65534, 10, 0);
    expect(s, DATA, .stream = 65534, .ssn = 0);
    inject(s, SACK(.cum = 0), DATA(.tsn = 0, .stream = 65534));
    expect(s, SACK, .cum = 0);
    expect_message(s, .stream = 65534);
    check_equal(send_with(s, .stream = 65535), HAWSER_ERR_STREAM);
}

SCRIPT(s5_1_1_idle_streams_cost_nothing, "5.1.1", "65,535 negotiated streams cost no more than 1") {
    set(s, STREAMS_OUT, 65535);
    start(s, .os = 65535, .mis = 65535);
    establish_passive(s);
    check(status_of(s).memory < 100000);
}

/* ---- 5.1.2 addresses -------------------------------------------------------------------------------------------- */

SCRIPT(s5_1_2_a_without_addresses_the_source_is_the_only_one, "5.1.2 A", "no address parameters: the source address alone") {
    establish_passive(s);
    check_equal(status_of(s).path_count, 1);
    check_equal(place_of(s, 1), 0);
}

SCRIPT(s5_1_2_c_listed_addresses_and_the_source, "5.1.2 C", "listed addresses and the source address are all used") {
    start(s, .peer_addresses = 2);
    listen_now(s);
    inject_by(s, WAY(.from = 2), INIT(.addresses = 2));
    remember(s, expect(s, INIT_ACK, .to = 2));
    inject_by(s, WAY(.from = 2), COOKIE_ECHO());
    expect(s, COOKIE_ACK, .to = 2);
    expect_arrived(s);
    check_equal(status_of(s).path_count, 3);
    bool found[3] = {false, false, false};
    for (uint32_t i = 1; i <= 3; i++) {
        int number = place_of(s, i);
        check_range(number, 0, 2);
        found[number] = true;
    }
    check(found[0] && found[1] && found[2]);
    s->quiet_end = true;
}

SCRIPT(s5_1_2_a_init_ack_without_addresses, "5.1.2 A, 3.3.3",
       "no address parameters in INIT ACK: its source is the sole destination, whatever the user gave") {
    connect_now(s, 3);
    remember(s, expect(s, INIT, .to = 0));
    advance(s, sec(1));
    expect(s, INIT, .to = 1);
    inject_by(s, WAY(.from = 1), INIT_ACK(.addresses = 0));
    expect(s, COOKIE_ECHO, .to = 1);
    inject_by(s, WAY(.from = 1), COOKIE_ACK());
    expect_state(s, ESTABLISHED);
    check_equal(status_of(s).path_count, 1);
    check_equal(place_of(s, status_of(s).primary_path), 1);
    skip_items(s);
    send_message(s, 0, 10, 0);
    expect(s, DATA, .to = 1);
}

SCRIPT(s5_1_2_c_given_addresses_that_are_not_listed, "5.1.2 C",
       "only addresses that the INIT ACK lists, and its source, are used from then on") {
    start(s, .peer_addresses = 2);
    connect_now(s, 3);
    remember(s, expect(s, INIT, .to = 0));
    inject(s, INIT_ACK(.addresses = 2));
    expect(s, COOKIE_ECHO, .to = 0);
    inject(s, COOKIE_ACK());
    check_equal(status_of(s).path_count, 2);
    for (uint32_t i = 1; i <= 2; i++)
        check(place_of(s, i) < 2);
    skip_items(s);
}

SCRIPT(s5_1_2_first_remote_address_is_path_1, "5.1.2",
       "one of the addresses becomes the primary: the source of INIT or INIT ACK") {
    start(s, .peer_addresses = 3);
    establish_passive(s);
    check_equal(status_of(s).primary_path, 1);
    check_equal(place_of(s, 1), 0);
    check_equal(status_of(s).path_count, 3);
}

SCRIPT(s5_1_2_unusable_family_is_ignored, "5.1.2", "addresses of a family that is not supported are ignored without any error") {
    set(s, IPV6, 0);
    struct hawser_address six = script_ipv6(7, 7, 0);
    start(s, .params = script_address_param(s, &six));
    establish_passive(s);
    check_equal(status_of(s).path_count, 1);
}

SCRIPT(s5_1_2_both_families_are_used, "5.1.2, 3.3.2.1.2", "IPv4 and IPv6 addresses may be mixed") {
    struct hawser_address six = script_ipv6(7, 7, 0), own[2] = {s->local[0], script_ipv6(8, 8, 0)};
    start(s, .params = script_address_param(s, &six), .local_addresses = 0);
    for (int i = 0; i < 2; i++) {
        struct hawser_report report = HAWSER_INIT(report);
        report.kind = HAWSER_REPORT_ADDRESS_UP;
        report.local = own[i];
        hawser_report(s->stack, s->now, &report);
    }
    listen_now(s);
    inject(s, INIT());
    remember(s, expect(s, INIT_ACK));
    inject(s, COOKIE_ECHO());
    expect(s, COOKIE_ACK);
    expect_arrived(s);
    check_equal(status_of(s).path_count, 2);
    s->quiet_end = true;
}

SCRIPT(s5_1_2_without_a_list_the_source_stays, "5.1.2",
       "who lists no address sends to every address of the peer from the one that the peer has seen") {
    start(s, .local_addresses = 0, .peer_addresses = 2);
    reach_cookie_wait(s);
    inject(s, INIT_ACK(.addresses = 2));
    expect(s, COOKIE_ECHO, .to = 0);
    inject(s, COOKIE_ACK());
    const struct seen *seen = expect(s, HEARTBEAT, .to = 1);
    check(same_place(&seen->packet->local, &s->local[0]));
    inject_by(s, WAY(.from = 1), HEARTBEAT_ACK(seen));
    check_equal(path_of(s, 2).state, HAWSER_PATH_ACTIVE);
    s->quiet_end = true;
}

SCRIPT(s5_1_2_supported_address_types_does_not_exclude_what_is_used, "5.1.2",
       "the family of the INIT's source counts as supported even if Supported Address Types omits it") {
    start(s, .params = PARAM(HW_PARAM_ADDRESS_TYPES, U16(HW_PARAM_IPV6)));
    establish_passive(s);
}

SCRIPT(s5_1_2_known_parameters_in_any_order, "3.3.2.1, 5.1.2", "what stands behind a known parameter is read, too") {
    start(s, .params = JOIN(PARAM(HW_PARAM_COOKIE_PRESERVATIVE, U32(1000)), PARAM(HW_PARAM_ADDRESS_TYPES, U16(5), U16(6)),
                            PARAM(HW_PARAM_ECN, NOTHING), script_address_param(s, &s->peer[1]), PARAM(0x8001, TEXT("x")),
                            script_address_param(s, &s->peer[2])));
    get_cookie(s);
    inject(s, COOKIE_ECHO());
    expect(s, COOKIE_ACK);
    expect_arrived(s);
    check_equal(status_of(s).path_count, 3);
    s->quiet_end = true;
}

SCRIPT(s5_1_2_own_addresses_are_listed, "5.1.2", "an endpoint with several addresses lists them in INIT and INIT ACK") {
    start(s, .local_addresses = 3);
    listen_now(s);
    for (int round = 0; round < 2; round++) {
        const struct seen *seen;
        if (round == 0) {
            inject(s, INIT());
            seen = expect(s, INIT_ACK);
        } else {
            connect_now(s, 1);
            seen = expect(s, INIT);
        }
        bool listed[3] = {false, false, false};
        struct hw_cursor cursor = hw_cursor_over(seen->init.params);
        struct hw_tlv param;
        while (hw_cursor_param(&cursor, &param) == HW_CURSOR_ITEM) {
            struct hawser_address address;
            if (param.type == HW_PARAM_IPV4 && hw_address_param_parse(&address, &param)) {
                check_range(local_number(s, &address), 0, 2);
                check(!listed[local_number(s, &address)]);
                listed[local_number(s, &address)] = true;
            }
        }
        check(listed[0] && listed[1] && listed[2]);
    }
}

SCRIPT(s5_1_2_family_that_is_off_is_not_listed, "5.1.2, 3.3.2.1.5",
       "addresses of a family that is switched off are not listed; Supported Address Types says which is on") {
    set(s, IPV6, 0);
    script_open(s);
    check_equal(hawser_close(s->stack, s->now, s->endpoint), 0);
    struct hawser_address own[3] = {s->local[0], script_ipv6(8, 8, 0), s->local[1]};
    struct hawser_endpoint_options options = HAWSER_INIT(options);
    options.port = STACK_PORT;
    options.addresses = own;
    options.address_count = 3;
    check_equal(hawser_open(s->stack, &options, &s->endpoint), 0);
    connect_now(s, 1);
    const struct seen *init = expect(s, INIT);
    check(param_of(init, HW_PARAM_IPV4).size == 4);
    check(param_of(init, HW_PARAM_IPV6).data == NULL);
    struct hawser_span types = param_of(init, HW_PARAM_ADDRESS_TYPES);
    check_equal(types.size, 2);
    check_equal(hw_get16(types.data), HW_PARAM_IPV4);
}

SCRIPT(s5_1_2_loopback_is_not_listed_to_others, "5.1.2", "a loopback address is listed to nobody but loopback") {
    script_open(s);
    check_equal(hawser_close(s->stack, s->now, s->endpoint), 0);
    struct hawser_address own[3] = {script_ipv4(127, 0, 0, 1, 0), s->local[0], s->local[1]};
    struct hawser_endpoint_options options = HAWSER_INIT(options);
    options.port = STACK_PORT;
    options.addresses = own;
    options.address_count = 3;
    check_equal(hawser_open(s->stack, &options, &s->endpoint), 0);
    connect_now(s, 1);
    struct hw_cursor cursor = hw_cursor_over(expect(s, INIT)->init.params);
    struct hw_tlv param;
    unsigned listed = 0;
    for (; hw_cursor_param(&cursor, &param) == HW_CURSOR_ITEM; listed += param.type == HW_PARAM_IPV4)
        check(param.type != HW_PARAM_IPV4 || param.value.data[0] != 127);
    check_equal(listed, 2);
}

SCRIPT(s5_1_2_known_parameters_in_init_ack, "3.3.3.1.2, 5.1.2", "what stands behind an Unrecognized Parameter is read, too") {
    reach_cookie_wait(s);
    inject(s, INIT_ACK(.params = JOIN(PARAM(HW_PARAM_UNRECOGNIZED, PARAM(0xc123, TEXT("what"))),
                                      script_address_param(s, &s->peer[1]))));
    expect(s, COOKIE_ECHO);
    inject(s, COOKIE_ACK());
    check_equal(status_of(s).path_count, 2);
    s->quiet_end = true;
}

SCRIPT(s5_1_2_init_ack_addresses_are_taken, "3.3.3, 5.1.2 C", "addresses of an INIT ACK become paths of the initiator") {
    start(s, .peer_addresses = 3);
    establish_active(s);
    check_equal(status_of(s).path_count, 3);
}

SCRIPT(s5_1_2_unusable_addresses_in_a_list_are_skipped, "5.1.2, 8.4 1",
       "multicast, broadcast and unspecified addresses in a list are never used") {
    struct hawser_address bad[4] = {script_ipv4(224, 0, 0, 1, 0), script_ipv4(255, 255, 255, 255, 0), script_ipv4(0, 0, 0, 0, 0),
                                    script_ipv6(1, 1, 0)};
    memset(bad[3].ip, 0, 16);
    bad[3].ip[0] = 0xff;
    bad[3].ip[1] = 2;
    bad[3].ip[15] = 1;
    start(s, .params = JOIN(script_address_param(s, &bad[0]), script_address_param(s, &bad[1]), script_address_param(s, &bad[2]),
                            script_address_param(s, &bad[3])));
    establish_passive(s);
    check_equal(status_of(s).path_count, 1);
}

SCRIPT(s5_1_2_the_same_address_twice_is_one_path, "5.1.2 C", "an address that is listed twice is one path") {
    start(s, .params = JOIN(script_address_param(s, &s->peer[0]), script_address_param(s, &s->peer[0])));
    establish_passive(s);
    check_equal(status_of(s).path_count, 1);
}

SCRIPT(s5_1_2_a_thousand_addresses, "3.3.3", "an INIT ACK with 1,000 addresses is accepted; the paths are limited") {
    reach_cookie_wait(s);
    struct hawser_span list = NOTHING;
    for (unsigned i = 0; i < 1000; i++) {
        struct hawser_address address = script_ipv4(11, i / 250, i % 250, 1, 0);
        list = JOIN(list, script_address_param(s, &address));
    }
    inject(s, INIT_ACK(.params = list));
    expect(s, COOKIE_ECHO);
    inject(s, COOKIE_ACK());
    expect_state(s, ESTABLISHED);
    check_range(status_of(s).path_count, 2, HAWSER_ADDRESSES_MAX);
    s->quiet_end = true;
}

SCRIPT(s5_1_2_b_host_name_in_init, "5.1.2 B, 3.3.2.1.4", "Host Name Address in INIT: ABORT to its source") {
    listen_now(s);
    inject(s, INIT(.params = PARAM(HW_PARAM_HOST_NAME, BYTES('h', 'o', 's', 't', 0))));
    expect(s, ABORT, .to = 0, .tag = PEER_TAG, .t = 0, .cause = HW_CAUSE_UNRESOLVABLE_ADDRESS);
}

SCRIPT(s5_1_2_b_host_name_in_init_ack, "5.1.2 B, 3.3.2.1.4", "Host Name Address in INIT ACK: ABORT to its source") {
    reach_cookie_wait(s);
    inject(s, INIT_ACK(.params = PARAM(HW_PARAM_HOST_NAME, BYTES('h', 'o', 's', 't', 0))));
    const struct seen *seen = expect(s, ABORT, .to = 0, .tag = PEER_TAG, .t = 0, .cause = HW_CAUSE_UNRESOLVABLE_ADDRESS);
    check_equal(hw_get16(seen->cause_info.data), HW_PARAM_HOST_NAME);
    expect_ended(s, HAWSER_END_REFUSED, .code = HW_CAUSE_UNRESOLVABLE_ADDRESS);
}

SCRIPT(s5_1_2_host_name_as_an_address_type_is_ignored, "3.3.2.1.5", "the Host Name type in Supported Address Types is ignored") {
    start(s, .params = PARAM(HW_PARAM_ADDRESS_TYPES, U16(HW_PARAM_HOST_NAME), U16(HW_PARAM_IPV4)));
    establish_passive(s);
}

SCRIPT(s5_1_2_ecn_parameter_is_harmless, "3.3.2 note 2", "the reserved ECN Capable parameter does no harm") {
    start(s, .params = PARAM(HW_PARAM_ECN, NOTHING));
    establish_passive(s);
}
