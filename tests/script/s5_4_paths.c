/* SPDX-License-Identifier: MIT
 *
 * RFC 9260 sections 5.4 and 6.4: which addresses are the peer's, and which path is taken.
 */
#include "script.h"

/* Passive, three addresses, not confirmed yet: the COOKIE ACK was read. */
static void open_unconfirmed(struct script *s, int64_t addresses) {
    start(s, .peer_addresses = addresses);
    get_cookie(s);
    inject(s, COOKIE_ECHO());
    expect(s, COOKIE_ACK, .to = 0);
    expect_arrived(s);
}

SCRIPT(s5_4_1_addresses_that_the_user_gave_are_confirmed, "5.4 1", "addresses that the user passed to ASSOCIATE are confirmed") {
    start(s, .peer_addresses = 2);
    connect_now(s, 2);
    remember(s, expect(s, INIT));
    inject(s, INIT_ACK());
    expect(s, COOKIE_ECHO);
    inject(s, COOKIE_ACK());
    expect_item(s, HAWSER_UP);
    check_equal(path_of(s, 1).state, HAWSER_PATH_ACTIVE);
    check_equal(path_of(s, 2).state, HAWSER_PATH_ACTIVE);
    expect_nothing(s);
}

SCRIPT(s5_4_2_only_the_source_of_the_init_is_confirmed, "5.4 2, 3",
       "for the responder only the address that the INIT ACK went to is confirmed; the others are probed") {
    open_unconfirmed(s, 3);
    check_equal(path_of(s, 1).state, HAWSER_PATH_ACTIVE);
    check_equal(path_of(s, 2).state, HAWSER_PATH_UNCONFIRMED);
    check_equal(path_of(s, 3).state, HAWSER_PATH_UNCONFIRMED);
    bool probed[3] = {true, false, false};
    for (int i = 0; i < 2; i++) {
        wait_packet(s, sec(10));
        const struct seen *seen = expect(s, HEARTBEAT);
        int number = peer_number(s, &seen->packet->remote);
        check(number > 0);
        probed[number] = true;
        inject_by(s, WAY(.from = number), HEARTBEAT_ACK(seen));
        check_equal(path_of(s, (uint32_t)number + 1).state, HAWSER_PATH_ACTIVE);
    }
    check(probed[1] && probed[2]);
    expect_nothing(s);
    skip_items(s);
    advance(s, sec(20));
    expect_nothing(s);
}

SCRIPT(s5_4_3_listed_addresses_of_an_init_ack_are_probed, "5.4 3",
       "addresses that only the INIT ACK lists are probed from ESTABLISHED on") {
    start(s, .peer_addresses = 2);
    reach_cookie_wait(s);
    inject(s, INIT_ACK());
    expect(s, COOKIE_ECHO, .to = 0);
    expect_nothing(s);
    inject(s, COOKIE_ACK());
    check_equal(path_of(s, 2).state, HAWSER_PATH_UNCONFIRMED);
    wait_packet(s, sec(5));
    expect(s, HEARTBEAT, .to = 1);
    s->quiet_end = true;
}

SCRIPT(s5_4_confirmation_is_told, "5.4", "a path that is confirmed is reported") {
    open_unconfirmed(s, 2);
    skip_items(s);
    wait_packet(s, sec(5));
    const struct seen *seen = expect(s, HEARTBEAT, .to = 1);
    inject_by(s, WAY(.from = 1), HEARTBEAT_ACK(seen));
    expect_item(s, HAWSER_PATH_CHANGED, .path = 2, .state = HAWSER_PATH_ACTIVE);
}

SCRIPT(s5_4_wrong_nonce_confirms_nothing, "5.4", "a HEARTBEAT ACK with another nonce confirms nothing") {
    open_unconfirmed(s, 2);
    wait_packet(s, sec(5));
    const struct seen *seen = expect(s, HEARTBEAT, .to = 1);
    for (size_t i = seen->value.size - 8; i < seen->value.size; i++) {
        struct hawser_span bad = JOIN(seen->value);
        ((uint8_t *)(uintptr_t)bad.data)[i] ^= 0x40;
        inject_by(s, WAY(.from = 1), CHUNK(HW_HEARTBEAT_ACK, 0, bad));
    }
    inject_by(s, WAY(.from = 1), CHUNK(HW_HEARTBEAT_ACK, 0, NOTHING));
    inject_by(s, WAY(.from = 1), CHUNK(HW_HEARTBEAT_ACK, 0, (struct hawser_span){seen->value.data, 8}));
    check_equal(path_of(s, 2).state, HAWSER_PATH_UNCONFIRMED);
    inject_by(s, WAY(.from = 1), HEARTBEAT_ACK(seen));
    check_equal(path_of(s, 2).state, HAWSER_PATH_ACTIVE);
}

SCRIPT(s5_4_nonces_are_unpredictable, "5.4, 3.3.5", "each HEARTBEAT has its own nonce") {
    start(s, .heartbeats = true);
    establish_passive(s);
    struct hawser_span before = NOTHING;
    for (int i = 0; i < 3; i++) {
        wait_packet(s, sec(60));
        const struct seen *seen = expect(s, HEARTBEAT);
        check(seen->value.size >= 12);
        check(before.size != seen->value.size || memcmp(before.data, seen->value.data, before.size) != 0);
        before = seen->value;
        inject(s, HEARTBEAT_ACK(seen));
    }
}

SCRIPT(s5_4_an_old_heartbeat_ack_confirms_nothing, "5.4", "a HEARTBEAT ACK is good once: an old one confirms nothing") {
    open_unconfirmed(s, 3);
    wait_packet(s, sec(5));
    const struct seen *seen = expect(s, HEARTBEAT);
    int number = peer_number(s, &seen->packet->remote);
    int other = 3 - number;
    inject_by(s, WAY(.from = number), HEARTBEAT_ACK(seen));
    inject_by(s, WAY(.from = other), HEARTBEAT_ACK(seen));
    check_equal(path_of(s, (uint32_t)other + 1).state, HAWSER_PATH_UNCONFIRMED);
    s->quiet_end = true;
}

SCRIPT(s5_4_probes_are_limited_by_hb_max_burst, "5.4", "at most HB.Max.Burst packets with probes leave at each RTO") {
    open_unconfirmed(s, 5);
    unsigned total = 0;
    for (int i = 0; i < 8; i++) {
        size_t count = skip_output(s);
        check(count <= 1);
        total += (unsigned)count;
        advance(s, ms(100));
    }
    check_range(total, 1, 3);
    s->quiet_end = true;
}

SCRIPT(s5_4_hb_max_burst_can_be_set, "5.4", "at most HB.Max.Burst packets with probes leave at each RTO") {
    set(s, HB_MAX_BURST, 4);
    open_unconfirmed(s, 5);
    if (next_chunk(s) < 0)
        wait_packet(s, sec(2));
    check_equal(skip_output(s), 4);
    s->quiet_end = true;
}

/* T3 expires again and again: there is no other active path to retransmit on. */
static void data_stays_on_the_first(struct script *s) {
    skip_items(s);
    send_message(s, 0, 10, 0);
    check_equal(send_with(s, .path = 2), 0);
    for (int i = 0; i < 300; i++) {
        while (next_chunk(s) >= 0) {
            if (next_chunk(s) == HW_HEARTBEAT)
                expect(s, HEARTBEAT, .to = 1);
            else
                expect(s, DATA, .to = 0);
            while (next_chunk(s) == HW_DATA && s->sent[s->next - 1].read < s->sent[s->next - 1].size)
                expect_also(s, DATA);
        }
        advance(s, ms(100));
    }
    s->quiet_end = true;
}

SCRIPT(s5_4_no_data_to_an_unconfirmed_address, "5.4", "nothing but HEARTBEAT and HEARTBEAT ACK goes to an unconfirmed address") {
    open_unconfirmed(s, 2);
    data_stays_on_the_first(s);
}

SCRIPT(s5_4_no_data_to_an_unconfirmed_address_without_route, "5.4, 8.2",
       "nor when its route is lost: it is no inactive path, to which data may go for want of a better one") {
    set(s, PATH_MAX_RETRANS, 1);
    open_unconfirmed(s, 2);
    struct hawser_report report = HAWSER_INIT(report);
    report.kind = HAWSER_REPORT_ROUTE_LOST;
    report.remote = s->peer[1];
    hawser_report(s->stack, s->now, &report);
    data_stays_on_the_first(s);
}

SCRIPT(s5_4_sack_for_data_from_an_unconfirmed_address, "5.4",
       "a SACK for DATA from an unconfirmed address goes to a confirmed one") {
    open_unconfirmed(s, 2);
    skip_output(s);
    inject_by(s, WAY(.from = 1), DATA(.tsn = 0));
    expect(s, SACK, .to = 0, .cum = 0);
    s->quiet_end = true;
}

SCRIPT(s5_4_heartbeat_from_an_unconfirmed_address_is_answered, "5.4, 3.3.6",
       "a HEARTBEAT ACK may go to an unconfirmed address: to the source") {
    open_unconfirmed(s, 2);
    skip_output(s);
    inject_by(s, WAY(.from = 1), HEARTBEAT(TEXT("ping")));
    const struct seen *seen = expect(s, HEARTBEAT_ACK, .to = 1);
    check(seen->value.size == 8 && memcmp(seen->value.data + 4, "ping", 4) == 0);
    s->quiet_end = true;
}

SCRIPT(s5_4_failed_probes_do_not_count_against_the_association, "5.4, 8.1",
       "probes of unconfirmed addresses raise the path's error counter, not the association's") {
    set(s, ASSOCIATION_MAX_RETRANS, 3);
    open_unconfirmed(s, 2);
    skip_items(s);
    uint32_t errors = 0;
    for (int i = 0; i < 400; i++) {
        advance(s, sec(1));
        skip_output(s);
        check_equal(state_of(s), HAWSER_ESTABLISHED);
        check_equal(status_of(s).error_count, 0);
        if (path_of(s, 2).error_count > errors)
            errors = path_of(s, 2).error_count;
    }
    check(errors > 3);
    check(path_of(s, 2).state != HAWSER_PATH_ACTIVE);
}

SCRIPT(s5_4_confirmed_after_failures, "5.4, 8.2",
       "a probe that is answered at last confirms the path and clears its error counter") {
    open_unconfirmed(s, 2);
    skip_items(s);
    const struct seen *seen = NULL;
    for (int i = 0; i < 3; i++) {
        if (next_chunk(s) < 0)
            wait_packet(s, sec(30));
        seen = expect(s, HEARTBEAT, .to = 1);
    }
    check_equal(path_of(s, 2).error_count, 2);
    inject_by(s, WAY(.from = 1), HEARTBEAT_ACK(seen));
    check_equal(path_of(s, 2).state, HAWSER_PATH_ACTIVE);
    check_equal(path_of(s, 2).error_count, 0);
    expect_item(s, HAWSER_PATH_CHANGED, .path = 2);
    advance(s, sec(100));
    expect_nothing(s);
}

SCRIPT(s5_4_cookie_echo_to_an_unconfirmed_address, "5.4",
       "an INIT ACK from an address that the user did not give: the COOKIE ECHO goes to a confirmed one, or with a nonce") {
    start(s, .peer_addresses = 2);
    connect_now(s, 1);
    remember(s, expect(s, INIT, .to = 0));
    inject_by(s, WAY(.from = 1), INIT_ACK(.addresses = 2));
    const struct seen *echo = expect(s, COOKIE_ECHO);
    if (peer_number(s, &echo->packet->remote) == 1)
        expect_also(s, HEARTBEAT);
    s->quiet_end = true;
}

SCRIPT(s5_4_cookie_ack_to_an_unconfirmed_address, "5.4, notes",
       "a COOKIE ECHO from an address that is not confirmed: COOKIE ACK there only together with a HEARTBEAT") {
    start(s, .peer_addresses = 2);
    get_cookie(s);
    inject_by(s, WAY(.from = 1), COOKIE_ECHO());
    const struct seen *ack = expect(s, COOKIE_ACK);
    if (peer_number(s, &ack->packet->remote) == 1)
        expect_also(s, HEARTBEAT);
    expect_arrived(s);
    s->quiet_end = true;
}

/* ---- 6.4 -------------------------------------------------------------------------------------------------------- */

static void open_two_paths(struct script *s) {
    start(s, .peer_addresses = 2);
    connect_now(s, 2);
    remember(s, expect(s, INIT));
    inject(s, INIT_ACK());
    expect(s, COOKIE_ECHO);
    inject(s, COOKIE_ACK());
    skip_items(s);
    check_equal(path_of(s, 2).state, HAWSER_PATH_ACTIVE);
}

SCRIPT(s6_4_data_goes_to_the_primary, "6.4", "data goes to the primary path unless the user says otherwise") {
    open_two_paths(s);
    send_message(s, 0, 10, 0);
    expect(s, DATA, .to = 0);
    inject(s, SACK(.cum = 0));
    set(s, PRIMARY, 2);
    send_message(s, 0, 10, 0);
    expect(s, DATA, .to = 1, .tsn = 1);
    inject(s, SACK(.cum = 1));
    check_equal(send_with(s, .path = 1), 0);
    expect(s, DATA, .to = 0, .tsn = 2);
    inject(s, SACK(.cum = 2));
    check_equal(send_with(s, .path = 9), HAWSER_ERR_PATH);
}

SCRIPT(s6_4_replies_go_to_the_source, "6.4", "replies to control chunks go to the address that they came from") {
    open_two_paths(s);
    inject_by(s, WAY(.from = 1), HEARTBEAT(TEXT("here")));
    expect(s, HEARTBEAT_ACK, .to = 1);
    inject(s, HEARTBEAT(TEXT("there")));
    expect(s, HEARTBEAT_ACK, .to = 0);
}

SCRIPT(s6_4_sack_goes_where_the_last_data_came_from, "6.4, 6.7", "a SACK goes to the address from which the last DATA came") {
    open_two_paths(s);
    inject_by(s, WAY(.from = 1), DATA(.tsn = 0));
    expect(s, SACK, .to = 1);
    inject(s, DATA(.tsn = 1, .ssn = 1));
    inject_by(s, WAY(.from = 1), DATA(.tsn = 2, .ssn = 2));
    expect(s, SACK, .to = 1, .cum = 2);
    inject(s, DATA(.tsn = 3, .ssn = 3));
    advance(s, ms(200));
    expect(s, SACK, .to = 0, .cum = 3);
}

SCRIPT(s6_4_timed_out_data_goes_to_another_path, "6.4, 6.4.1", "data that timed out is retransmitted to another active address") {
    open_two_paths(s);
    send_message(s, 0, 10, 0);
    expect(s, DATA, .to = 0);
    advance(s, sec(1));
    expect(s, DATA, .to = 1, .tsn = 0);
    check_equal(path_of(s, 1).flight, 0);
    check(path_of(s, 2).flight > 0);
    check_equal(path_of(s, 1).error_count, 1);
    inject_by(s, WAY(.from = 1), SACK(.cum = 0));
    check_equal(path_of(s, 2).flight, 0);
    send_message(s, 0, 10, 0);
    expect(s, DATA, .to = 0, .tsn = 1);
    inject(s, SACK(.cum = 1));
}

SCRIPT(s6_4_1_paths_are_divergent, "6.4.1", "with several own addresses the paths leave from different ones") {
    start(s, .peer_addresses = 2, .local_addresses = 2);
    establish_passive(s);
    struct hawser_path_status one = path_of(s, 1), two = path_of(s, 2);
    check(!same_place(&one.local, &two.local));
}

SCRIPT(s6_4_1_failover_and_return, "6.4.1, 8.2",
       "an inactive primary: data goes to an active alternate; when the primary is back it is used again") {
    set(s, PATH_MAX_RETRANS, 1);
    open_two_paths(s);
    set(s, HB_INTERVAL, sec(5));
    int64_t tsn = 0;
    while (path_of(s, 1).state == HAWSER_PATH_ACTIVE) {
        send_message(s, 0, 10, 0);
        expect(s, DATA, .to = 0, .tsn = tsn);
        wait_packet(s, sec(10));
        expect(s, DATA, .to = 1, .tsn = tsn);
        inject_by(s, WAY(.from = 1), SACK(.cum = tsn));
        check(tsn++ < 10);
    }
    check_equal(tsn, 2);
    expect_item(s, HAWSER_PATH_CHANGED, .path = 1, .state = HAWSER_PATH_INACTIVE);
    check_equal(status_of(s).data_path, 2);
    check_equal(status_of(s).primary_path, 1);
    send_message(s, 0, 10, 0);
    expect(s, DATA, .to = 1, .tsn = tsn);
    inject_by(s, WAY(.from = 1), SACK(.cum = tsn++));
    check_equal(hawser_heartbeat(s->stack, s->now, s->association, 1), 0);
    const struct seen *seen = expect(s, HEARTBEAT, .to = 0);
    inject(s, HEARTBEAT_ACK(seen));
    expect_item(s, HAWSER_PATH_CHANGED, .path = 1, .state = HAWSER_PATH_ACTIVE);
    send_message(s, 0, 10, 0);
    expect(s, DATA, .to = 0, .tsn = tsn);
    inject(s, SACK(.cum = tsn));
    s->quiet_end = true;
}

SCRIPT(s6_4_1_asked_for_an_inactive_path, "6.4.1, 11.1.5", "data for a path that is inactive takes an active one") {
    open_two_paths(s);
    check_equal(hawser_set(s->stack, s->now, s->association, 1, HAWSER_SET_PATH_MAX_RETRANS, 0), 0);
    send_message(s, 0, 10, 0);
    expect(s, DATA, .to = 0);
    wait_packet(s, sec(2));
    expect(s, DATA, .to = 1);
    inject_by(s, WAY(.from = 1), SACK(.cum = 0));
    expect_item(s, HAWSER_PATH_CHANGED, .path = 1, .state = HAWSER_PATH_INACTIVE);
    check_equal(send_with(s, .path = 1), 0);
    expect(s, DATA, .to = 1);
}

SCRIPT(s6_4_not_where_it_timed_out, "6.4",
       "what timed out goes to another active address than that, also when the one that was chosen has failed meanwhile") {
    start(s, .peer_addresses = 3);
    connect_now(s, 3);
    remember(s, expect(s, INIT));
    inject(s, INIT_ACK());
    expect(s, COOKIE_ECHO);
    inject(s, COOKIE_ACK());
    skip_items(s);
    set(s, MAX_BURST, 1);
    set(s, NO_DELAY, 1);
    check_equal(hawser_set(s->stack, s->now, s->association, 2, HAWSER_SET_PATH_MAX_RETRANS, 0), 0);
    send_message(s, 0, 1000, 0);
    send_message(s, 0, 1000, 0);
    expect_data_packets(s, 0, 2, 1000);
    wait_packet(s, sec(2));
    const struct seen *again = expect(s, DATA, .tsn = 0, .to = 1);
    struct hawser_report report = HAWSER_INIT(report);
    report.kind = HAWSER_REPORT_UNREACHABLE;
    report.remote = s->peer[1];
    report.local = s->local[0];
    report.quoted = (struct hawser_span){again->packet->bytes, 8};
    hawser_report(s->stack, s->now, &report);
    script_pump(s);
    check_equal(path_of(s, 2).state, HAWSER_PATH_INACTIVE);
    check_equal(path_of(s, 1).state, HAWSER_PATH_ACTIVE);
    expect(s, DATA, .tsn = 1, .to = 2);
    s->quiet_end = true;
}

SCRIPT(s6_4_fast_retransmission_stays_on_its_path, "6.4", "fast retransmissions go to the address of the original") {
    open_two_paths(s);
    set(s, MAX_BURST, 0);
    set(s, NO_DELAY, 1);
    for (int i = 0; i < 4; i++)
        send_message(s, 0, 1000, 0);
    expect_data_packets(s, 0, 4, 1000);
    inject(s, SACK(.cum = -1, .gaps = {{2, 2}}));
    inject(s, SACK(.cum = -1, .gaps = {{2, 3}}));
    inject(s, SACK(.cum = -1, .gaps = {{2, 4}}));
    expect(s, DATA, .tsn = 0, .to = 0);
    inject(s, SACK(.cum = 3));
}

SCRIPT(s6_4_first_transmission_to_each_path_is_slow_start, "7.1, 7.2",
       "each path has its own cwnd, ssthresh and partial_bytes_acked") {
    open_two_paths(s);
    for (int i = 0; i < 12; i++)
        send_message(s, 0, FULL, 0);
    sack_everything(s);
    check(path_of(s, 1).cwnd > 4404);
    check_equal(path_of(s, 2).cwnd, 4404);
}
