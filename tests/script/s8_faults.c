/* SPDX-License-Identifier: MIT
 *
 * RFC 9260 sections 8.1 to 8.3: endpoint and path failure, heartbeats.
 */
#include "script.h"

static void open_two_paths(struct script *s) {
    start(s, .peer_addresses = 2, .heartbeats = s->plan.heartbeats);
    connect_now(s, 2);
    remember(s, expect(s, INIT));
    inject(s, INIT_ACK());
    expect(s, COOKIE_ECHO);
    inject(s, COOKIE_ACK());
    skip_items(s);
}

/* ---- 8.1 ---------------------------------------------------------------------------------------------------------- */

SCRIPT(s8_1_association_max_retrans, "8.1",
       "the counter exceeds Association.Max.Retrans: the peer is unreachable, the user is told, data comes back") {
    set(s, ASSOCIATION_MAX_RETRANS, 3);
    establish_active(s);
    check_equal(send_with(s, .text = "lost", .context = 42), 0);
    expect(s, DATA);
    for (int i = 0; i < 3; i++) {
        wait_packet(s, sec(10));
        expect(s, DATA, .tsn = 0);
        check_equal(status_of(s).error_count, i + 1);
    }
    advance(s, sec(60));
    expect_nothing(s);
    bool failed = false;
    struct hawser_item item;
    while (hawser_receive(s->stack, s->association, &item, 1) == 1 && item.type != HAWSER_ENDED) {
        if (item.type == HAWSER_SEND_FAILED) {
            check_equal(item.failed.context, 42);
            check_equal(item.failed.begun, 1);
            check_equal(item.failed.reason, 0);
            check_equal(item.failed.size, 4);
            failed = true;
        }
        check_equal(hawser_consume(s->stack, s->now, s->association, 1, 0), 0);
    }
    check(failed);
    expect_ended(s, HAWSER_END_LOST);
    check_equal(COUNT(Aborteds), 1);
}

SCRIPT(s8_1_default_is_10_retransmissions, "8.1, 16", "Association.Max.Retrans is 10") {
    set(s, RTO_MAX, sec(1));
    establish_active(s);
    send_message(s, 0, 10, 0);
    expect(s, DATA);
    for (int i = 0; i < 10; i++) {
        advance(s, sec(1));
        expect(s, DATA, .tsn = 0);
    }
    advance(s, sec(1));
    expect_nothing(s);
    expect_ended(s, HAWSER_END_LOST);
}

SCRIPT(s8_1_counter_is_reset_by_a_sack, "8.1, 8.2", "a newly acknowledged DATA chunk resets the counters") {
    establish_active(s);
    send_message(s, 0, 10, 0);
    expect(s, DATA);
    advance(s, sec(1));
    expect(s, DATA);
    check_equal(status_of(s).error_count, 1);
    check_equal(path_of(s, 1).error_count, 1);
    inject(s, SACK(.cum = 0));
    check_equal(status_of(s).error_count, 0);
    check_equal(path_of(s, 1).error_count, 0);
}

SCRIPT(s8_1_sack_without_news_resets_nothing, "8.1", "a SACK that acknowledges nothing does not reset the counter") {
    establish_active(s);
    send_message(s, 0, 10, 0);
    expect(s, DATA);
    advance(s, sec(1));
    expect(s, DATA);
    inject(s, SACK(.cum = -1));
    check_equal(status_of(s).error_count, 1);
    s->quiet_end = true;
}

SCRIPT(s8_1_heartbeat_ack_resets_the_counter, "8.1, 8.3", "a HEARTBEAT ACK resets the association's counter") {
    s->plan.heartbeats = true;
    start(s, .heartbeats = true);
    establish_active(s);
    wait_packet(s, sec(60));
    expect(s, HEARTBEAT);
    wait_packet(s, sec(60));
    const struct seen *seen = expect(s, HEARTBEAT);
    check_equal(status_of(s).error_count, 1);
    inject(s, HEARTBEAT_ACK(seen));
    check_equal(status_of(s).error_count, 0);
    check_equal(path_of(s, 1).error_count, 0);
}

SCRIPT(s8_1_unanswered_heartbeats_on_the_data_path_count, "8.1, 8.3",
       "unanswered HEARTBEATs on the data path count for the association") {
    set(s, ASSOCIATION_MAX_RETRANS, 2);
    set(s, HB_INTERVAL, sec(1));
    start(s, .heartbeats = true);
    establish_active(s);
    for (int i = 0; i < 3; i++) {
        wait_packet(s, sec(100));
        expect(s, HEARTBEAT);
    }
    advance(s, sec(100));
    skip_output(s);
    expect_ended(s, HAWSER_END_LOST);
}

SCRIPT(s8_1_heartbeats_on_other_paths_do_not_count, "8.1",
       "unanswered HEARTBEATs off the data path do not count for the association") {
    set(s, ASSOCIATION_MAX_RETRANS, 2);
    set(s, HB_INTERVAL, sec(2));
    s->plan.heartbeats = true;
    open_two_paths(s);
    for (int i = 0; i < 60; i++) {
        wait_packet(s, sec(200));
        const struct seen *seen = expect(s, HEARTBEAT);
        if (peer_number(s, &seen->packet->remote) == 0)
            inject(s, HEARTBEAT_ACK(seen));
        check_equal(state_of(s), HAWSER_ESTABLISHED);
    }
    check_equal(path_of(s, 2).state, HAWSER_PATH_INACTIVE);
    check_equal(status_of(s).error_count, 0);
    expect_item(s, HAWSER_PATH_CHANGED, .path = 2, .state = HAWSER_PATH_INACTIVE);
    expect_no_item(s);
}

SCRIPT(s8_1_dead_primary_does_not_end_an_idle_association, "8.1",
       "unanswered HEARTBEATs off the data path do not count for the association") {
    set(s, HB_INTERVAL, sec(2));
    set(s, RTO_MAX, sec(2));
    s->plan.heartbeats = true;
    open_two_paths(s);
    /* the second path answers on demand only, so that no HEARTBEAT ACK clears the association's counter */
    check_equal(hawser_set(s->stack, s->now, s->association, 2, HAWSER_SET_HB_ENABLED, 0), 0);
    for (int i = 0; i < 60; i++) {
        advance(s, sec(5));
        skip_output(s);
        check_equal(state_of(s), HAWSER_ESTABLISHED);
    }
    check_equal(path_of(s, 1).state, HAWSER_PATH_INACTIVE);
    check_equal(status_of(s).data_path, 2);
    skip_items(s);
}

/* ---- 8.2 ---------------------------------------------------------------------------------------------------------- */

SCRIPT(s8_2_path_max_retrans, "8.2",
       "a path's counter exceeds Path.Max.Retrans: inactive, the user is told, data takes the other path") {
    open_two_paths(s);
    int64_t tsn = 0;
    for (int i = 0; i < 6; i++) {
        check_equal(path_of(s, 1).state, HAWSER_PATH_ACTIVE);
        send_message(s, 0, 10, 0);
        expect(s, DATA, .to = 0, .tsn = tsn);
        wait_packet(s, sec(100));
        expect(s, DATA, .to = 1, .tsn = tsn);
        check_equal(path_of(s, 1).error_count, i + 1);
        inject_by(s, WAY(.from = 1), SACK(.cum = tsn++));
    }
    check_equal(path_of(s, 1).state, HAWSER_PATH_INACTIVE);
    expect_item(s, HAWSER_PATH_CHANGED, .path = 1, .state = HAWSER_PATH_INACTIVE);
    expect_no_item(s);
    send_message(s, 0, 10, 0);
    expect(s, DATA, .to = 1, .tsn = tsn);
    inject_by(s, WAY(.from = 1), SACK(.cum = tsn));
}

SCRIPT(s8_2_path_max_retrans_can_be_set, "8.2, 11.1.12", "Path.Max.Retrans can be set for each path") {
    open_two_paths(s);
    check_equal(hawser_set(s->stack, s->now, s->association, 1, HAWSER_SET_PATH_MAX_RETRANS, 0), 0);
    send_message(s, 0, 10, 0);
    expect(s, DATA, .to = 0);
    wait_packet(s, sec(2));
    expect(s, DATA, .to = 1);
    check_equal(path_of(s, 1).state, HAWSER_PATH_INACTIVE);
    check_equal(script_get(s, 2, HAWSER_SET_PATH_MAX_RETRANS), 5);
    inject_by(s, WAY(.from = 1), SACK(.cum = 0));
    expect_item(s, HAWSER_PATH_CHANGED, .path = 1);
}

SCRIPT(s8_2_acknowledged_data_makes_a_path_active, "8.2",
       "an acknowledged TSN clears the counter of the path it was last sent to and makes it active") {
    open_two_paths(s);
    check_equal(hawser_set(s->stack, s->now, s->association, 1, HAWSER_SET_PATH_MAX_RETRANS, 0), 0);
    send_message(s, 0, 10, 0);
    expect(s, DATA, .to = 0);
    wait_packet(s, sec(2));
    expect(s, DATA, .to = 1);
    inject_by(s, WAY(.from = 1), SACK(.cum = 0));
    expect_item(s, HAWSER_PATH_CHANGED, .path = 1, .state = HAWSER_PATH_INACTIVE);
    check_equal(hawser_set(s->stack, s->now, s->association, 1, HAWSER_SET_PATH_MAX_RETRANS, 5), 0);
    check_equal(hawser_heartbeat(s->stack, s->now, s->association, 1), 0);
    inject(s, HEARTBEAT_ACK(expect(s, HEARTBEAT, .to = 0)));
    expect_item(s, HAWSER_PATH_CHANGED, .path = 1, .state = HAWSER_PATH_ACTIVE);
    check_equal(path_of(s, 1).error_count, 0);
    s->quiet_end = true;
}

SCRIPT(s8_2_all_paths_inactive, "8.2 note", "with all paths inactive the association goes on trying until its own limit") {
    set(s, PATH_MAX_RETRANS, 1);
    set(s, RTO_MAX, sec(1));
    open_two_paths(s);
    send_message(s, 0, 10, 0);
    expect(s, DATA);
    unsigned sent = 0;
    for (int i = 0; i < 30 && state_of(s) == HAWSER_ESTABLISHED; i++) {
        advance(s, sec(1));
        sent += (unsigned)skip_output(s);
    }
    check_equal(sent, 10);
    expect_ended(s, HAWSER_END_LOST);
}

/* ---- 8.3 ---------------------------------------------------------------------------------------------------------- */

SCRIPT(s8_3_idle_paths_are_probed, "8.3", "an idle path gets a HEARTBEAT every RTO + HB.interval, give or take half an RTO") {
    start(s, .heartbeats = true);
    establish_active(s);
    for (int i = 0; i < 5; i++) {
        hawser_time rto = path_of(s, 1).rto;
        hawser_time waited = wait_packet(s, sec(60));
        check_range(waited, sec(30) + rto / 2, sec(30) + rto * 3 / 2);
        inject(s, HEARTBEAT_ACK(expect(s, HEARTBEAT, .to = 0)));
    }
}

SCRIPT(s8_3_heartbeats_have_jitter, "8.3", "an idle path gets a HEARTBEAT every RTO + HB.interval, give or take half an RTO") {
    start(s, .heartbeats = true);
    establish_active(s);
    hawser_time waits[8];
    unsigned different = 0;
    for (int i = 0; i < 8; i++) {
        waits[i] = wait_packet(s, sec(60));
        inject(s, HEARTBEAT_ACK(expect(s, HEARTBEAT)));
        different += i > 0 && waits[i] != waits[i - 1];
    }
    check(different >= 6);
}

SCRIPT(s8_3_rto_backs_off_when_unanswered, "8.3", "an unanswered HEARTBEAT doubles the RTO") {
    start(s, .heartbeats = true);
    establish_active(s);
    wait_packet(s, sec(60));
    expect(s, HEARTBEAT);
    check_equal(path_of(s, 1).rto, sec(1));
    hawser_time waited = wait_packet(s, sec(60));
    expect(s, HEARTBEAT);
    check_equal(path_of(s, 1).rto, sec(2));
    check_equal(path_of(s, 1).error_count, 1);
    check_range(waited, sec(30) + ms(500), sec(33));
}

SCRIPT(s8_3_data_keeps_a_path_from_being_idle, "8.3", "a path that carries new DATA is not idle") {
    set(s, HB_INTERVAL, sec(4));
    start(s, .heartbeats = true);
    establish_active(s);
    for (int i = 0; i < 20; i++) {
        advance(s, sec(2));
        send_message(s, 0, 10, 0);
        expect(s, DATA, .tsn = i);
        inject(s, SACK(.cum = i));
    }
    wait_packet(s, sec(10));
    expect(s, HEARTBEAT);
    s->quiet_end = true;
}

SCRIPT(s8_3_interval_can_be_set, "8.3 B, 11.1.9", "HB.interval can be changed") {
    start(s, .heartbeats = true);
    establish_active(s);
    set(s, HB_INTERVAL, sec(5));
    hawser_time waited = wait_packet(s, sec(60));
    check_range(waited, ms(5500), ms(6500));
    inject(s, HEARTBEAT_ACK(expect(s, HEARTBEAT)));
}

SCRIPT(s8_3_heartbeats_can_be_switched, "8.3 A, C, 11.1.9", "heartbeats can be switched off and on for a path") {
    start(s, .heartbeats = true);
    establish_active(s);
    check_equal(hawser_set(s->stack, s->now, s->association, 1, HAWSER_SET_HB_ENABLED, 0), 0);
    advance(s, sec(200));
    expect_nothing(s);
    check_equal(hawser_set(s->stack, s->now, s->association, 1, HAWSER_SET_HB_ENABLED, 1), 0);
    wait_packet(s, sec(40));
    inject(s, HEARTBEAT_ACK(expect(s, HEARTBEAT)));
}

SCRIPT(s8_3_on_demand_heartbeat, "8.3 D, 11.1.10", "a HEARTBEAT on demand") {
    establish_active(s);
    check_equal(hawser_heartbeat(s->stack, s->now, s->association, 1), 0);
    inject(s, HEARTBEAT_ACK(expect(s, HEARTBEAT, .to = 0)));
    check_equal(hawser_heartbeat(s->stack, s->now, s->association, 2), HAWSER_ERR_PATH);
    check_equal(hawser_heartbeat(s->stack, s->now, 12345, 1), HAWSER_ERR_GONE);
    advance(s, sec(5));
    expect_nothing(s);
}

SCRIPT(s8_3_heartbeat_is_echoed_unchanged, "8.3, 3.3.6, notes",
       "HEARTBEAT ACK at once, with all parameters of the HEARTBEAT unchanged") {
    establish_active(s);
    struct hawser_span params = JOIN(PARAM(1, TEXT("opaque")), PARAM(0x8765, TEXT("more")), PARAM(0x4321, TEXT("xyz!")));
    inject(s, CHUNK(HW_HEARTBEAT, 0x55, params));
    const struct seen *seen = expect(s, HEARTBEAT_ACK, .to = 0);
    check_equal(seen->value.size, params.size);
    check(memcmp(seen->value.data, params.data, params.size) == 0);
}

SCRIPT(s8_3_heartbeat_until_shutdown_sent, "8.3", "HEARTBEATs are answered up to SHUTDOWN-SENT or SHUTDOWN-ACK-SENT") {
    establish_passive(s);
    send_message(s, 0, 10, 0);
    expect(s, DATA);
    check_equal(hawser_shutdown(s->stack, s->now, s->association), 0);
    expect_state(s, SHUTDOWN_PENDING);
    inject(s, HEARTBEAT(TEXT("beat")));
    expect(s, HEARTBEAT_ACK);
    inject(s, SHUTDOWN(-1));
    s->quiet_end = true;
}

SCRIPT(s8_3_no_heartbeats_while_closing, "8.3", "no HEARTBEAT is sent after SHUTDOWN or SHUTDOWN ACK") {
    set(s, HB_INTERVAL, ms(100));
    start(s, .heartbeats = true);
    establish_passive(s);
    reach_shutdown_sent(s);
    for (int i = 0; i < 5; i++) {
        wait_packet(s, sec(100));
        expect(s, SHUTDOWN);
    }
}

SCRIPT(s8_3_heartbeat_ack_measures_rtt, "8.3, 6.3.3", "a HEARTBEAT ACK is an RTT measurement") {
    establish_active(s);
    set(s, RTO_MIN, ms(1));
    check_equal(hawser_heartbeat(s->stack, s->now, s->association, 1), 0);
    const struct seen *seen = expect(s, HEARTBEAT);
    hawser_time before = path_of(s, 1).srtt;
    advance(s, ms(80));
    inject(s, HEARTBEAT_ACK(seen));
    hawser_time after = path_of(s, 1).srtt;
    check_range(after, before ? before + ms(5) : ms(79), ms(81));
}

SCRIPT(s8_3_inactive_paths_are_probed, "8.3",
       "HEARTBEATs go on to an inactive path; the counter stops in the end; an ACK makes it active again") {
    set(s, PATH_MAX_RETRANS, 1);
    set(s, HB_INTERVAL, sec(1));
    s->plan.heartbeats = true;
    open_two_paths(s);
    const struct seen *last = NULL;
    for (int i = 0; i < 30; i++) {
        wait_packet(s, sec(200));
        const struct seen *seen = expect(s, HEARTBEAT);
        if (peer_number(s, &seen->packet->remote) == 0)
            inject(s, HEARTBEAT_ACK(seen));
        else
            last = seen;
    }
    check_equal(path_of(s, 2).state, HAWSER_PATH_INACTIVE);
    check(path_of(s, 2).error_count <= 10 * 2); /* RFC 7829 4.1 3 has it count further than 9260 */
    inject_by(s, WAY(.from = 1), HEARTBEAT_ACK(last));
    check_equal(path_of(s, 2).state, HAWSER_PATH_ACTIVE);
    check_equal(path_of(s, 2).error_count, 0);
    expect_item(s, HAWSER_PATH_CHANGED, .path = 2);
    s->quiet_end = true;
}

SCRIPT(s8_3_one_heartbeat_at_a_time, "8.3", "only one HEARTBEAT each time the timer expires; idle paths take turns") {
    s->plan.heartbeats = true;
    open_two_paths(s);
    bool seen_paths[2] = {false, false};
    for (int i = 0; i < 6; i++) {
        wait_packet(s, sec(100));
        const struct seen *seen = expect(s, HEARTBEAT);
        seen_paths[peer_number(s, &seen->packet->remote)] = true;
        inject_by(s, WAY(.from = peer_number(s, &seen->packet->remote)), HEARTBEAT_ACK(seen));
        expect_nothing(s);
    }
    check(seen_paths[0] && seen_paths[1]);
}

SCRIPT(s8_3_flood_of_heartbeats_is_bounded, "8.3, bad input",
       "a flood of HEARTBEATs costs bounded memory, and its answers are bounded") {
    establish_active(s);
    uint64_t before = status_of(s).memory;
    struct hawser_span chunks = NOTHING;
    for (int i = 0; i < 600; i++)
        chunks = JOIN(chunks, HEARTBEAT(U32(i)));
    inject(s, chunks);
    size_t answers = skip_output(s);
    check_range(answers, 1, 600);
    check(COUNT(EchoesDropped) > 0);
    check(status_of(s).memory <= before + 16384);
}

SCRIPT(s8_3_asked_for_too_often, "8.3, 11.1.10", "a HEARTBEAT that is asked for while one is awaited goes behind the answer") {
    start(s, .peer_addresses = 2);
    set(s, HB_MAX_BURST, 10);
    establish_active(s);
    check_equal(hawser_heartbeat(s->stack, s->now, s->association, 2), 0);
    script_pump(s);
    const struct seen *beat = expect(s, HEARTBEAT, .to = 1);
    for (int i = 0; i < 5; i++) {
        advance(s, ms(10));
        check_equal(hawser_heartbeat(s->stack, s->now, s->association, 2), 0);
        script_pump(s);
    }
    expect_nothing(s);
    inject_by(s, WAY(.from = 1), HEARTBEAT_ACK(beat));
    check_equal(COUNT(Unexpected), 0);
    expect(s, HEARTBEAT, .to = 1);
    expect_nothing(s);
}
