/* SPDX-License-Identifier: MIT
 *
 * RFC 7829: potentially failed paths (section 3), dormant state (4), primary path switchover (5).
 */
#include "script.h"

/* `count` confirmed paths; PFMR is 0. */
static void begin(struct script *s, int count, bool heartbeats) {
    set(s, PF_THRESHOLD, 0);
    start(s, .peer_addresses = count, .heartbeats = heartbeats);
    establish_active(s);
    confirm_paths(s);
    skip_output(s);
}

static void settings_of(struct script *s, uint32_t path, int setting, int64_t value) {
    check_equal(hawser_set(s->stack, s->now, s->association, path, setting, value), 0);
}

#define expect_path(number, STATE, errors) \
    do { \
        check_equal(path_of(s, number).state, HAWSER_PATH_##STATE); \
        check_equal(path_of(s, number).error_count, errors); \
    } while (0)

/* DATA goes to path 1 and is not answered: T3. The retransmission is the next thing to be read. */
static void time_out(struct script *s) {
    send_message(s, 0, 100, 0);
    expect(s, DATA, .to = 0);
    advance(s, path_of(s, 1).rto);
}

SCRIPT(rfc7829_3_2_1_threshold, "RFC 7829 3.2 (1), 6", "PFMR is 0 if nobody sets it; from Path.Max.Retrans on it has no effect") {
    check_equal(hawser_setting_by_number(HAWSER_SET_PF_THRESHOLD)->standard, 0);
    begin(s, 2, false);
    settings_of(s, 1, HAWSER_SET_PATH_MAX_RETRANS, 2);
    settings_of(s, 1, HAWSER_SET_PF_THRESHOLD, 2);
    for (unsigned i = 0; i < 3; i++) {
        expect_path(1, ACTIVE, i);
        time_out(s);
        expect(s, DATA, .to = 1);
        inject_by(s, WAY(.from = 1), SACK(.cum = i));
    }
    expect_path(1, INACTIVE, 3);
}

SCRIPT(rfc7829_3_2_1_higher_threshold, "RFC 7829 3.2 (1, 2)", "a path is potentially failed when its counter exceeds PFMR") {
    begin(s, 2, false);
    settings_of(s, 1, HAWSER_SET_PF_THRESHOLD, 1);
    time_out(s);
    expect(s, DATA, .to = 1);
    expect_path(1, ACTIVE, 1);
    inject_by(s, WAY(.from = 1), SACK(.cum = 0));
    time_out(s);
    expect(s, DATA, .to = 1);
    expect_path(1, POTENTIALLY_FAILED, 2);
    inject_by(s, WAY(.from = 1), SACK(.cum = 1));
}

SCRIPT(rfc7829_3_2_2_t3, "RFC 7829 3.2 (2, 12)", "T3 makes a path potentially failed, and the user is told") {
    begin(s, 2, false);
    time_out(s);
    expect_path(1, POTENTIALLY_FAILED, 1);
    expect_item(s, HAWSER_PATH_CHANGED, .path = 1, .state = HAWSER_PATH_POTENTIALLY_FAILED);
    expect(s, DATA, .to = 1, .tsn = 0);
    inject_by(s, WAY(.from = 1), SACK(.cum = 0));
}

SCRIPT(rfc7829_3_2_2_heartbeat, "RFC 7829 3.2 (2)", "so does a HEARTBEAT of an idle path that is not answered within an RTO") {
    begin(s, 1, true);
    wait_packet(s, sec(60));
    expect(s, HEARTBEAT);
    advance(s, path_of(s, 1).rto - 1);
    expect_path(1, ACTIVE, 0);
    advance(s, 1);
    expect_path(1, POTENTIALLY_FAILED, 1);
    s->quiet_end = true;
}

SCRIPT(rfc7829_3_2_3_data_moves, "RFC 7829 3.2 (3 i, ii)",
       "new data and what timed out go to an active path; choosing it changes neither its state nor its counter") {
    begin(s, 3, false);
    settings_of(s, 3, HAWSER_SET_PF_THRESHOLD, 5);
    time_out(s);
    expect(s, DATA, .tsn = 0, .to = 1);
    send_message(s, 0, 100, HAWSER_SEND_NO_DELAY);
    expect(s, DATA, .tsn = 1, .to = 1);
    expect_path(1, POTENTIALLY_FAILED, 1);
    expect_path(2, ACTIVE, 0);
    check_equal(status_of(s).data_path, 2);
    check_equal(status_of(s).primary_path, 1);
    inject_by(s, WAY(.from = 1), SACK(.cum = 1));
}

SCRIPT(rfc7829_3_2_3_requested_path, "RFC 7829 3.2 (3 iii)",
       "data that the user wants on a potentially failed path goes to an active one") {
    begin(s, 2, false);
    time_out(s);
    expect(s, DATA, .tsn = 0, .to = 1);
    inject_by(s, WAY(.from = 1), SACK(.cum = 0));
    check_equal(send_with(s, .path = 1), 0);
    expect(s, DATA, .tsn = 1, .to = 1);
    inject_by(s, WAY(.from = 1), SACK(.cum = 1));
    expect_path(1, POTENTIALLY_FAILED, 1);
}

SCRIPT(rfc7829_3_2_4_all_potentially_failed, "RFC 7829 3.2 (4 i, ii)",
       "no path is active: the potentially failed one with the fewest errors, of equals not the one that just failed") {
    begin(s, 3, false);
    settings_of(s, 3, HAWSER_SET_PATH_MAX_RETRANS, 0);
    send_message(s, 0, 100, 0);
    static const int order[] = {0, 1, 2, 0, 1, 0, 1};
    for (int i = 0; i < 7; i++) {
        if (i > 0)
            wait_packet(s, sec(60));
        expect(s, DATA, .tsn = 0, .to = order[i]); /* 3 is inactive after its first */
    }
    expect_path(1, POTENTIALLY_FAILED, 3);
    expect_path(2, POTENTIALLY_FAILED, 2);
    expect_path(3, INACTIVE, 1);
    inject_by(s, WAY(.from = 1), SACK(.cum = 0));
}

SCRIPT(rfc7829_3_2_5_heartbeats_at_rto, "RFC 7829 3.2 (5, 6)",
       "HEARTBEATs go to a potentially failed path at once and then once an RTO, which doubles, whatever HB.Interval says") {
    begin(s, 2, true);
    settings_of(s, 0, HAWSER_SET_HB_INTERVAL, sec(3600));
    time_out(s);
    const struct seen *first = expect_in_any_order(s, HW_DATA, HW_HEARTBEAT);
    check_equal(peer_number(s, &first->packet->remote), 0);
    inject_by(s, WAY(.from = 1), SACK(.cum = 0));
    hawser_time rto = path_of(s, 1).rto;
    for (unsigned i = 1; i < 5; i++) {
        expect_path(1, POTENTIALLY_FAILED, i);
        check_equal(path_of(s, 1).rto, rto);
        check_equal(wait_packet(s, sec(100)), rto);
        expect(s, HEARTBEAT, .to = 0);
        rto *= 2;
    }
    expect_nothing(s);
    check_equal(status_of(s).error_count, 0); /* 9260 8.1: not where data goes */
}

SCRIPT(rfc7829_3_2_5_heartbeats_off, "RFC 7829 3.2 (5)", "where heartbeats are off a potentially failed path gets none") {
    begin(s, 2, false);
    time_out(s);
    expect(s, DATA, .to = 1);
    inject_by(s, WAY(.from = 1), SACK(.cum = 0));
    advance(s, sec(600));
    expect_nothing(s);
    expect_path(1, POTENTIALLY_FAILED, 1);
}

SCRIPT(rfc7829_3_2_6_data_tells_as_much, "RFC 7829 3.2 (6), C",
       "no HEARTBEAT goes to a potentially failed path while data is on its way there; one path goes on as without") {
    begin(s, 1, true);
    time_out(s);
    expect(s, DATA, .tsn = 0);
    for (unsigned i = 1; i < 5; i++) {
        expect_path(1, POTENTIALLY_FAILED, i);
        check_equal(status_of(s).error_count, i);
        wait_packet(s, sec(60));
        expect(s, DATA, .tsn = 0);
    }
    inject(s, SACK(.cum = 0));
    expect_path(1, ACTIVE, 0);
    skip_items(s);
}

SCRIPT(rfc7829_3_2_7_heartbeat_ack, "RFC 7829 3.2 (7)",
       "a HEARTBEAT ACK makes it active again, and data returns to the primary") {
    begin(s, 2, true);
    time_out(s);
    const struct seen *heartbeat = expect_in_any_order(s, HW_DATA, HW_HEARTBEAT);
    inject_by(s, WAY(.from = 1), SACK(.cum = 0));
    skip_items(s);
    inject(s, HEARTBEAT_ACK(heartbeat));
    expect_path(1, ACTIVE, 0);
    expect_item(s, HAWSER_PATH_CHANGED, .path = 1, .state = HAWSER_PATH_ACTIVE);
    send_message(s, 0, 100, 0);
    expect(s, DATA, .tsn = 1, .to = 0);
    inject(s, SACK(.cum = 1));
    check(path_of(s, 1).cwnd <= 4 * PMDCS); /* 7.2: it goes on from what T3 left */
}

SCRIPT(rfc7829_3_2_7_while_data_is_outstanding, "RFC 7829 3.2 (7)",
       "while data is outstanding on it a HEARTBEAT ACK says nothing: what becomes of the data does") {
    begin(s, 1, true);
    wait_packet(s, sec(60));
    const struct seen *heartbeat = expect(s, HEARTBEAT);
    send_message(s, 0, 100, 0);
    expect(s, DATA);
    advance(s, path_of(s, 1).rto);
    check_equal(path_of(s, 1).state, HAWSER_PATH_POTENTIALLY_FAILED);
    skip_output(s);
    inject(s, HEARTBEAT_ACK(heartbeat));
    check_equal(path_of(s, 1).state, HAWSER_PATH_POTENTIALLY_FAILED);
    s->quiet_end = true;
}

SCRIPT(rfc7829_3_2_8_inactive, "RFC 7829 3.2 (8)",
       "PMR - PFMR further time-outs make it inactive: the user is told, and HEARTBEATs go at HB.Interval") {
    begin(s, 2, true);
    settings_of(s, 0, HAWSER_SET_HB_INTERVAL, sec(1000));
    time_out(s);
    expect_in_any_order(s, HW_DATA, HW_HEARTBEAT);
    inject_by(s, WAY(.from = 1), SACK(.cum = 0));
    for (int i = 0; i < 4; i++) {
        wait_packet(s, sec(100));
        expect(s, HEARTBEAT, .to = 0);
    }
    skip_items(s);
    expect_path(1, POTENTIALLY_FAILED, 5);
    advance(s, path_of(s, 1).rto);
    expect_path(1, INACTIVE, 6);
    expect_item(s, HAWSER_PATH_CHANGED, .path = 1, .state = HAWSER_PATH_INACTIVE);
    advance(s, sec(900));
    skip_output(s);
    check_equal(path_of(s, 1).error_count, 6);
    s->quiet_end = true;
}

SCRIPT(rfc7829_3_2_9_ambiguous, "RFC 7829 3.2 (9)",
       "the acknowledgement of what was sent to two paths makes neither of them active") {
    begin(s, 2, false);
    time_out(s);
    expect(s, DATA, .tsn = 0, .to = 1);
    wait_packet(s, sec(10)); /* and this one, too */
    expect_path(2, POTENTIALLY_FAILED, 1);
    const struct seen *data = expect(s, DATA, .tsn = 0);
    inject_by(s, WAY(.from = peer_number(s, &data->packet->remote)), SACK(.cum = 0));
    expect_path(1, POTENTIALLY_FAILED, 1);
    expect_path(2, POTENTIALLY_FAILED, 1);
    check_equal(status_of(s).error_count, 0); /* but the peer is there (9260 8.1) */
}

SCRIPT(rfc7829_3_2_10_unambiguous, "RFC 7829 3.2 (10)",
       "the acknowledgement of what was sent to one path alone makes it active, and clears its counter") {
    begin(s, 2, false);
    time_out(s);
    expect(s, DATA, .tsn = 0, .to = 1);
    wait_packet(s, sec(10));
    expect(s, DATA, .tsn = 0);
    inject_by(s, WAY(.from = 1), SACK(.cum = 0));
    send_message(s, 0, 100, 0);
    const struct seen *data = expect(s, DATA, .tsn = 1);
    int path = peer_number(s, &data->packet->remote);
    check_equal(path_of(s, (uint32_t)path + 1).state, HAWSER_PATH_POTENTIALLY_FAILED);
    inject_by(s, WAY(.from = path), SACK(.cum = 1));
    expect_path((uint32_t)path + 1, ACTIVE, 0);
}

SCRIPT(rfc7829_3_2_10_spurious, "RFC 7829 3.2 (10), B",
       "after a spurious time-out the late SACK makes the path active, if nothing was sent elsewhere yet") {
    begin(s, 2, false);
    settings_of(s, 0, HAWSER_SET_MAX_BURST, 1);
    for (int i = 0; i < 2; i++)
        send_message(s, 0, FULL, 0);
    expect(s, DATA, .tsn = 0, .to = 0);
    skip_output(s);
    advance(s, path_of(s, 1).rto);
    expect_path(1, POTENTIALLY_FAILED, 1);
    skip_output(s); /* the first went to path 2, the second waits for its turn */
    inject(s, SACK(.cum = 1));
    expect_path(1, ACTIVE, 0);
    s->quiet_end = true;
}

SCRIPT(rfc7829_3_2_12_hidden, "RFC 7829 3.2 (12), 7.3",
       "the user who does not want to know sees an active path; data moves all the same") {
    begin(s, 2, false);
    set(s, PF_EXPOSED, 0);
    time_out(s);
    expect(s, DATA, .tsn = 0, .to = 1);
    expect_no_item(s);
    expect_path(1, ACTIVE, 1);
    inject_by(s, WAY(.from = 1), SACK(.cum = 0));
    set(s, PF_EXPOSED, 1);
    expect_path(1, POTENTIALLY_FAILED, 1);
}

SCRIPT(rfc7829_4_1_dormant, "RFC 7829 4.1 (1, 2, 3), 3.2 (11)",
       "all paths are inactive: data goes to the one with the fewest errors, which stays inactive; counters go on") {
    begin(s, 2, false);
    settings_of(s, 0, HAWSER_SET_PATH_MAX_RETRANS, 0);
    set(s, ASSOCIATION_MAX_RETRANS, 1000);
    settings_of(s, 1, HAWSER_SET_PATH_MAX_RETRANS, 1);
    send_message(s, 0, 100, 0);
    int count[2] = {0, 0};
    for (int i = 0; i < 8; i++) {
        if (i > 0)
            wait_packet(s, sec(100));
        const struct seen *data = expect(s, DATA, .tsn = 0);
        int path = peer_number(s, &data->packet->remote);
        count[path]++;
        if (i < 4)
            continue;
        expect_path(1, INACTIVE, path_of(s, 1).error_count);
        expect_path(2, INACTIVE, path_of(s, 2).error_count);
        check(path_of(s, (uint32_t)path + 1).error_count <= path_of(s, 2 - (uint32_t)path).error_count);
    }
    check_equal(count[0], 4);
    check_equal(count[1], 4);
    check(path_of(s, 2).error_count > 1);
    inject(s, SACK(.cum = 0));
    s->quiet_end = true;
}

SCRIPT(rfc7829_4_1_counters_are_bounded, "RFC 7829 4.1 (3)", "counters of inactive paths stop at ten times PMR + 1") {
    begin(s, 2, true);
    set(s, HB_INTERVAL, 0);
    set(s, RTO_MAX, ms(1000));
    settings_of(s, 2, HAWSER_SET_PATH_MAX_RETRANS, 2);
    for (int i = 0; i < 100; i++) {
        wait_packet(s, sec(10));
        const struct seen *heartbeat = expect(s, HEARTBEAT);
        if (peer_number(s, &heartbeat->packet->remote) == 0)
            inject(s, HEARTBEAT_ACK(heartbeat));
    }
    expect_path(2, INACTIVE, 30);
    s->quiet_end = true;
}

SCRIPT(rfc7829_5_1_bounds, "RFC 7829 5 (1, 4, 5)",
       "PSMR below PFMR is refused, and PFMR above PSMR; PSMR = PFMR and PSMR = PMR are not") {
    begin(s, 2, false);
    hawser_id ids[] = {0, s->endpoint, s->association};
    for (int i = 0; i < 3; i++) {
        check_equal(hawser_set(s->stack, s->now, ids[i], 0, HAWSER_SET_PF_THRESHOLD, 3), 0);
        check_equal(hawser_set(s->stack, s->now, ids[i], 0, HAWSER_SET_PRIMARY_SWITCHOVER, 2), HAWSER_ERR_RANGE);
        check_equal(hawser_set(s->stack, s->now, ids[i], 0, HAWSER_SET_PRIMARY_SWITCHOVER, 3), 0);
        check_equal(hawser_set(s->stack, s->now, ids[i], 0, HAWSER_SET_PF_THRESHOLD, 4), HAWSER_ERR_RANGE);
        check_equal(hawser_set(s->stack, s->now, ids[i], 0, HAWSER_SET_PRIMARY_SWITCHOVER, 5), 0);
        check_equal(hawser_set(s->stack, s->now, ids[i], 0, HAWSER_SET_PF_THRESHOLD, 65535), 0); /* off; PMR is 5 */
        check_equal(hawser_set(s->stack, s->now, ids[i], 0, HAWSER_SET_PRIMARY_SWITCHOVER, 4), HAWSER_ERR_RANGE);
    }
    check_equal(hawser_set(s->stack, s->now, s->association, 2, HAWSER_SET_PRIMARY_SWITCHOVER, 4), HAWSER_ERR_RANGE);
    check_equal(script_get(s, 2, HAWSER_SET_PRIMARY_SWITCHOVER), 5);
}

SCRIPT(rfc7829_5_2_switchover, "RFC 7829 5 (2, 3, 4)",
       "errors of the primary above PSMR: the path where data goes becomes the primary, and stays it when the old one is back") {
    begin(s, 2, true);
    settings_of(s, 0, HAWSER_SET_PRIMARY_SWITCHOVER, 0);
    time_out(s);
    const struct seen *heartbeat = expect_in_any_order(s, HW_DATA, HW_HEARTBEAT);
    check_equal(status_of(s).primary_path, 2);
    expect_item(s, HAWSER_PATH_CHANGED, .path = 2, .state = HAWSER_PATH_MADE_PRIMARY);
    expect_item(s, HAWSER_PATH_CHANGED, .path = 1, .state = HAWSER_PATH_POTENTIALLY_FAILED);
    inject_by(s, WAY(.from = 1), SACK(.cum = 0));
    inject(s, HEARTBEAT_ACK(heartbeat));
    expect_path(1, ACTIVE, 0);
    send_message(s, 0, 100, 0);
    expect(s, DATA, .tsn = 1, .to = 1);
    inject_by(s, WAY(.from = 1), SACK(.cum = 1));
    skip_items(s);
}

SCRIPT(rfc7829_5_2_only_the_primary, "RFC 7829 5 (2)", "errors of other paths change no primary; nor do those up to PSMR") {
    begin(s, 2, false);
    settings_of(s, 1, HAWSER_SET_PRIMARY_SWITCHOVER, 1);
    settings_of(s, 2, HAWSER_SET_PRIMARY_SWITCHOVER, 0);
    check_equal(send_with(s, .path = 2), 0);
    expect(s, DATA, .to = 1);
    wait_packet(s, sec(10));
    expect(s, DATA, .to = 0);
    inject(s, SACK(.cum = 0));
    check_equal(status_of(s).primary_path, 1);
    s->quiet_end = true;
}

SCRIPT(rfc7829_5_6_off, "RFC 7829 5 (6)", "by default the primary stays what it is, and data returns to it") {
    check_equal(hawser_setting_by_number(HAWSER_SET_PRIMARY_SWITCHOVER)->standard, 65535);
    begin(s, 2, true);
    time_out(s);
    const struct seen *heartbeat = expect_in_any_order(s, HW_DATA, HW_HEARTBEAT);
    inject_by(s, WAY(.from = 1), SACK(.cum = 0));
    check_equal(status_of(s).primary_path, 1);
    inject(s, HEARTBEAT_ACK(heartbeat));
    send_message(s, 0, 100, 0);
    expect(s, DATA, .tsn = 1, .to = 0);
    inject(s, SACK(.cum = 1));
}
