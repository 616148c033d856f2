/* SPDX-License-Identifier: MIT
 *
 * RFC 9260 section 5.2: set-up chunks that come unexpectedly, collisions and restarts. All rows of table 12.
 */
#include "script.h"

/* ---- 5.2.1 ------------------------------------------------------------------------------------------------------ */

SCRIPT(s5_2_1_init_in_cookie_wait_answers_with_the_same_tag, "5.2.1",
       "INIT in COOKIE-WAIT: INIT ACK with the parameters of the own INIT; state and T1 stay") {
    connect_now(s, 1);
    const struct seen *init = expect(s, INIT);
    remember(s, init);
    advance(s, ms(400));
    inject(s, INIT());
    const struct seen *ack = expect(s, INIT_ACK, .to = 0, .tag = PEER_TAG, .init_tag = s->stack_tag, .tsn = 0);
    check_equal(ack->init.a_rwnd, init->init.a_rwnd);
    check_equal(ack->init.streams_out, init->init.streams_out);
    check_equal(ack->init.streams_in, init->init.streams_in);
    expect_state(s, COOKIE_WAIT);
    advance(s, ms(600) - 1);
    expect_nothing(s);
    advance(s, 1);
    expect(s, INIT, .init_tag = s->stack_tag);
}

SCRIPT(s5_2_1_init_ack_goes_to_an_address_that_the_user_gave, "5.2.1 1, 2, 3",
       "the INIT ACK goes only to an address that the user gave and the INIT reported") {
    start(s, .peer_addresses = 2);
    connect_now(s, 1);
    remember(s, expect(s, INIT));
    inject_by(s, WAY(.from = 1), INIT(.addresses = 2));
    expect(s, INIT_ACK, .to = 0);
}

SCRIPT(s5_2_1_collision_in_cookie_wait, "5.2.1, 5.2.4 B", "both sides start at once: one association comes of it") {
    reach_cookie_wait(s);
    inject(s, INIT());
    remember(s, expect(s, INIT_ACK, .init_tag = s->stack_tag));
    inject(s, COOKIE_ECHO(), DATA(.tsn = 0, .text = "hello"));
    expect(s, COOKIE_ACK, .tag = PEER_TAG);
    expect_also(s, SACK, .cum = 0);
    expect_state(s, ESTABLISHED);
    expect_item(s, HAWSER_UP);
    expect_message(s, .text = "hello");
    /* the late answer to the own INIT changes nothing */
    inject(s, INIT_ACK());
    expect_nothing(s);
    advance(s, sec(20));
    expect_nothing(s);
    send_message(s, 0, 10, 0);
    expect(s, DATA, .tsn = 0, .tag = PEER_TAG);
    inject(s, SACK(.cum = 0));
}

SCRIPT(s5_2_1_collision_in_cookie_echoed, "5.2.1, 5.2.4 D",
       "INIT in COOKIE-ECHOED: the same tag again, and the cookie establishes") {
    reach_cookie_echoed(s);
    inject(s, INIT());
    remember(s, expect(s, INIT_ACK, .tag = PEER_TAG, .init_tag = s->stack_tag, .tsn = 0));
    expect_state(s, COOKIE_ECHOED);
    inject(s, COOKIE_ECHO());
    expect(s, COOKIE_ACK, .tag = PEER_TAG);
    expect_state(s, ESTABLISHED);
    expect_item(s, HAWSER_UP);
    inject(s, COOKIE_ACK());
    expect_nothing(s);
    expect_no_item(s);
    advance(s, sec(20));
    expect_nothing(s);
}

SCRIPT(s5_2_1_init_in_cookie_echoed_with_new_addresses, "5.2.1",
       "INIT in COOKIE-ECHOED with new addresses: ABORT, nothing changes") {
    reach_cookie_echoed(s);
    struct hawser_address other = s->peer[3];
    inject(s, INIT(.tag = 99, .params = script_address_param(s, &other)));
    const struct seen *seen = expect(s, ABORT, .tag = 99, .t = 0, .cause = HW_CAUSE_NEW_ADDRESSES);
    check_equal(seen->cause_info.size, 8);
    check(memcmp(seen->cause_info.data + 4, other.ip, 4) == 0);
    expect_state(s, COOKIE_ECHOED);
    inject(s, COOKIE_ACK());
    expect_state(s, ESTABLISHED);
    expect_item(s, HAWSER_UP);
}

SCRIPT(s5_2_1_t1_cookie_goes_on_after_init, "5.2.1", "INIT in COOKIE-ECHOED leaves T1-cookie alone") {
    reach_cookie_echoed(s);
    advance(s, ms(500));
    inject(s, INIT());
    expect(s, INIT_ACK);
    advance(s, ms(500));
    expect(s, COOKIE_ECHO);
}

/* ---- 5.2.2 ------------------------------------------------------------------------------------------------------ */

static void unexpected_init(struct script *s, uint32_t state) {
    struct hawser_status before = status_of(s);
    uint32_t tag = s->stack_tag;
    inject(s, INIT(.tag = 0xabcdef, .tsn = 5));
    const struct seen *ack = expect(s, INIT_ACK, .tag = 0xabcdef, .to = 0);
    check(ack->init.tag != tag);
    check(param_of(ack, HW_PARAM_COOKIE).size > 0);
    check_equal(ack->init.streams_out, before.streams_out);
    check_equal(state_of(s), state);
    struct hawser_status after = status_of(s);
    check_equal(after.local_tag, before.local_tag);
    check_equal(after.peer_tag, before.peer_tag);
    check_equal(after.memory, before.memory);
    expect_nothing(s);
}

SCRIPT(s5_2_2_init_in_established, "5.2.2",
       "an unexpected INIT: INIT ACK with a new tag and a cookie; the association is untouched") {
    establish_passive(s);
    unexpected_init(s, HAWSER_ESTABLISHED);
    inject(s, DATA(.tsn = 0));
    expect(s, SACK, .cum = 0, .tag = PEER_TAG);
}

SCRIPT(s5_2_2_init_in_shutdown_pending, "5.2.2",
       "an unexpected INIT: INIT ACK with a new tag and a cookie; the association is untouched") {
    establish_passive(s);
    send_message(s, 0, 10, 0);
    expect(s, DATA);
    check_equal(hawser_shutdown(s->stack, s->now, s->association), 0);
    unexpected_init(s, HAWSER_SHUTDOWN_PENDING);
}

SCRIPT(s5_2_2_init_in_shutdown_sent, "5.2.2",
       "an unexpected INIT: INIT ACK with a new tag and a cookie; the association is untouched") {
    establish_passive(s);
    reach_shutdown_sent(s);
    unexpected_init(s, HAWSER_SHUTDOWN_SENT);
}

SCRIPT(s5_2_2_init_in_shutdown_received, "5.2.2",
       "an unexpected INIT: INIT ACK with a new tag and a cookie; the association is untouched") {
    establish_passive(s);
    send_message(s, 0, 10, 0);
    expect(s, DATA);
    inject(s, SHUTDOWN(-1));
    expect_state(s, SHUTDOWN_RECEIVED);
    unexpected_init(s, HAWSER_SHUTDOWN_RECEIVED);
}

SCRIPT(s5_2_2_init_with_new_addresses, "5.2.2, 3.3.10.11",
       "an unexpected INIT that adds addresses: ABORT with the Initiate Tag, listing them; nothing changes") {
    establish_passive(s);
    struct hawser_address other = s->peer[3];
    inject(s, INIT(.tag = 99, .params = JOIN(script_address_param(s, &s->peer[0]), script_address_param(s, &other))));
    const struct seen *seen = expect(s, ABORT, .tag = 99, .t = 0, .to = 0, .cause = HW_CAUSE_NEW_ADDRESSES);
    check_equal(seen->cause_info.size, 8);
    check_equal(hw_get16(seen->cause_info.data), HW_PARAM_IPV4);
    check(memcmp(seen->cause_info.data + 4, other.ip, 4) == 0);
    expect_state(s, ESTABLISHED);
    check_equal(status_of(s).path_count, 1);
}

SCRIPT(s5_2_2_init_from_a_new_address, "5.1.2 D, 5.2.2",
       "an INIT that lists an address of an association belongs to it; its new source address is a new address") {
    establish_passive(s);
    inject_by(s, WAY(.from = 3), INIT(.tag = 99, .params = script_address_param(s, &s->peer[0])));
    expect(s, ABORT, .tag = 99, .t = 0, .to = 3, .cause = HW_CAUSE_NEW_ADDRESSES);
    expect_state(s, ESTABLISHED);
}

SCRIPT(s5_2_2_restart_with_fewer_addresses, "5.2.2", "an INIT that names fewer addresses is a restart like any other") {
    start(s, .peer_addresses = 3);
    establish_passive(s);
    s->peer_tag = 99;
    inject(s, INIT(.addresses = 0));
    remember(s, expect(s, INIT_ACK, .tag = 99));
    inject(s, COOKIE_ECHO());
    expect(s, COOKIE_ACK);
    expect_item(s, HAWSER_RESTARTED);
    check_equal(status_of(s).path_count, 1);
    check_equal(place_of(s, status_of(s).primary_path), 0);
}

SCRIPT(s5_2_2_other_port_is_another_association, "9.2 note", "the same addresses and another port: a separate association") {
    establish_passive(s);
    inject_by(s, WAY(.source_port = 6001), INIT(.tag = 99, .params = script_address_param(s, &s->peer[3])));
    expect(s, INIT_ACK, .tag = 99);
}

/* ---- 5.2.3 ------------------------------------------------------------------------------------------------------ */

SCRIPT(s5_2_3_init_ack_elsewhere_is_discarded, "5.2.3", "INIT ACK in any state but COOKIE-WAIT is discarded") {
    reach_cookie_echoed(s);
    inject(s, INIT_ACK(.tag = 5));
    expect_nothing(s);
    expect_state(s, COOKIE_ECHOED);
    inject(s, COOKIE_ACK());
    inject(s, INIT_ACK(.tag = 5));
    inject(s, INIT_ACK(.tag = 0));
    inject(s, INIT_ACK(.os = 0));
    inject(s, INIT_ACK(.mis = 0));
    expect_nothing(s);
    expect_state(s, ESTABLISHED);
    check_equal(status_of(s).peer_tag, PEER_TAG);
    expect_item(s, HAWSER_UP);
    reach_shutdown_sent(s);
    inject(s, INIT_ACK());
    expect_nothing(s);
    expect_state(s, SHUTDOWN_SENT);
}

/* ---- 5.2.4 ------------------------------------------------------------------------------------------------------ */

/* The peer has restarted and sends the cookie of its new INIT. */
static void restart(struct script *s) {
    s->peer_tag = PEER_TAG + 0x1000;
    s->peer_tsn = 70000;
    inject(s, INIT());
    remember(s, expect(s, INIT_ACK, .tag = s->peer_tag));
    inject(s, COOKIE_ECHO());
}

SCRIPT(s5_2_4_a_restart, "5.2.4 A", "a restart: COOKIE ACK with the new tag, the user is told, everything starts anew") {
    establish_passive(s);
    send_message(s, 3, 10, 0);
    expect(s, DATA, .tsn = 0, .stream = 3, .ssn = 0);
    inject(s, SACK(.cum = 0), DATA(.tsn = 0, .stream = 2, .ssn = 0));
    expect(s, SACK, .cum = 0);
    expect_message(s);
    uint32_t old_tag = s->stack_tag;
    restart(s);
    expect(s, COOKIE_ACK, .tag = s->peer_tag, .to = 0);
    check(s->stack_tag != old_tag);
    expect_item(s, HAWSER_RESTARTED, .streams_out = 10, .streams_in = 10);
    expect_state(s, ESTABLISHED);
    check_equal(COUNT(Restarts), 1);
    send_message(s, 3, 10, 0);
    expect(s, DATA, .tsn = 0, .stream = 3, .ssn = 0, .tag = s->peer_tag);
    inject(s, SACK(.cum = 0), DATA(.tsn = 0, .stream = 2, .ssn = 0, .text = "anew"));
    expect(s, SACK, .cum = 0);
    expect_message(s, .text = "anew", .ssn = 0);
    /* the old tag is nobody's */
    inject_by(s, WAY(.tag = old_tag), HEARTBEAT(U32(1)));
    s->quiet_end = true;
}

SCRIPT(s5_2_4_a_restart_confirms_anew, "5.2.4 A, 5.4 2, 3",
       "a restart: what was confirmed is probed again, but for the address that the INIT ACK went to") {
    start(s, .peer_addresses = 2);
    establish_passive(s);
    check_equal(path_of(s, 2).state, HAWSER_PATH_ACTIVE);
    restart(s);
    expect(s, COOKIE_ACK, .to = 0);
    check_equal(path_of(s, 1).state, HAWSER_PATH_ACTIVE);
    check_equal(path_of(s, 2).state, HAWSER_PATH_UNCONFIRMED);
    check_equal(send_with(s, .path = 2), 0);
    expect(s, DATA, .to = 0, .tsn = 0);
    inject(s, SACK(.cum = 0));
    wait_packet(s, sec(2)); /* HB.Max.Burst */
    inject_by(s, WAY(.from = 1), HEARTBEAT_ACK(expect(s, HEARTBEAT, .to = 1)));
    check_equal(path_of(s, 2).state, HAWSER_PATH_ACTIVE);
    skip_items(s);
}

SCRIPT(s5_2_4_a_restart_owes_no_sack, "5.2.4 A, 6.2", "a restart: no SACK is owed for what came before it") {
    establish_passive(s);
    inject(s, DATA(.tsn = 0));
    expect(s, SACK, .cum = 0);
    inject(s, DATA(.tsn = 1, .ssn = 1));
    restart(s);
    expect(s, COOKIE_ACK, .to = 0);
    advance(s, sec(1));
    expect_nothing(s);
}

SCRIPT(s5_2_4_a_restart_resets_congestion_control, "5.2.4 A, notes", "a restart resets congestion state and RTO") {
    start(s, .a_rwnd = 1 << 20);
    establish_active(s);
    for (int i = 0; i < 12; i++)
        send_message(s, 0, FULL, 0);
    sack_everything(s);
    check(path_of(s, 1).cwnd > 4404);
    check(path_of(s, 1).srtt == 0 || path_of(s, 1).srtt < sec(1));
    restart(s);
    expect(s, COOKIE_ACK);
    uint32_t path = status_of(s).primary_path;
    check_equal(path_of(s, path).cwnd, 4404);
    check_equal(path_of(s, path).flight, 0);
    check_equal(path_of(s, path).rto, sec(1));
}

SCRIPT(s5_2_4_a_restart_with_data_queued, "notes",
       "a restart: messages that were begun fail, those that were not stay queued, those without a stream fail") {
    establish_active(s);
    set(s, MAX_BURST, 0);
    for (int i = 0; i < 3; i++)
        check_equal(send_with(s, .size = FULL, .context = 1 + i), 0);
    check_equal(send_with(s, .text = "waits", .context = 8), 0);
    check_equal(send_with(s, .text = "no stream", .context = 9, .stream = 8), 0);
    expect_data_packets(s, 0, 3, FULL);
    expect_nothing(s);
    s->plan.mis = 4;
    restart(s);
    expect(s, COOKIE_ACK);
    expect_also(s, DATA, .tsn = 0, .ssn = 0, .text = "waits");
    bool restarted = false;
    unsigned failed = 0;
    struct hawser_item item;
    while (hawser_receive(s->stack, s->association, &item, 1) == 1) {
        restarted |= item.type == HAWSER_RESTARTED;
        if (item.type == HAWSER_SEND_FAILED) {
            failed |= 1u << item.failed.context;
            check_equal(item.failed.reason, item.failed.context == 9 ? HAWSER_ERR_STREAM : HAWSER_ERR_STATE);
            check_equal(item.failed.begun, item.failed.context != 9);
        }
        check_equal(hawser_consume(s->stack, s->now, s->association, 1, 0), 0);
    }
    check(restarted);
    check_equal(failed, 1u << 1 | 1u << 2 | 1u << 3 | 1u << 9);
    check_equal(status_of(s).streams_out, 4);
    inject(s, SACK(.cum = 0));
    advance(s, sec(5));
    expect_nothing(s);
}

SCRIPT(s5_2_4_a_restart_drops_half_messages, "5.2.4 A",
       "a restart: fragments of the old association are not joined with new ones") {
    establish_passive(s);
    inject(s, DATA(.tsn = 0, .flags = B, .text = "old"));
    expect(s, SACK, .cum = 0);
    restart(s);
    expect(s, COOKIE_ACK);
    expect_item(s, HAWSER_RESTARTED);
    inject(s, DATA(.tsn = 0, .text = "new"));
    expect(s, SACK, .cum = 0);
    expect_message(s, .text = "new");
    expect_no_item(s);
}

SCRIPT(s5_2_4_a_restart_while_closing, "5.2.4 A, 5.2.2", "a restart in SHUTDOWN-SENT") {
    establish_passive(s);
    reach_shutdown_sent(s);
    restart(s);
    expect(s, COOKIE_ACK);
    s->quiet_end = true;
}

SCRIPT(s5_2_4_a_cookie_in_shutdown_ack_sent, "5.2.4 A, 3.3.10.10",
       "a restart in SHUTDOWN-ACK-SENT: SHUTDOWN ACK again and ERROR, no new association") {
    establish_passive(s);
    s->peer_tag = PEER_TAG + 0x1000;
    inject(s, INIT());
    const struct seen *ack = expect(s, INIT_ACK, .tag = s->peer_tag);
    struct hawser_span cookie = param_of(ack, HW_PARAM_COOKIE);
    uint32_t new_tag = ack->init.tag;
    reach_shutdown_ack_sent(s);
    s->cookie = cookie;
    inject_by(s, WAY(.tag = new_tag), COOKIE_ECHO());
    expect_state(s, SHUTDOWN_ACK_SENT);
    bool error = false, shutdown = false;
    while (next_chunk(s) >= 0) {
        error |= next_chunk(s) == HW_ERROR;
        shutdown |= next_chunk(s) == HW_SHUTDOWN_ACK;
        if (next_chunk(s) == HW_SHUTDOWN_ACK) {
            expect(s, SHUTDOWN_ACK);
        } else {
            expect(s, ERROR, .cause = HW_CAUSE_COOKIE_WHILE_SHUTTING_DOWN);
            if (next_chunk(s) == HW_SHUTDOWN_ACK) {
                shutdown = true;
                expect_also(s, SHUTDOWN_ACK);
            }
        }
    }
    check(error && shutdown);
    s->quiet_end = true;
}

SCRIPT(s5_2_4_b_peer_with_another_tag, "5.2.4 B",
       "own tag matches, the peer's does not: take the peer's new tag, COOKIE ACK, ESTABLISHED") {
    reach_cookie_wait(s);
    inject(s, INIT(.tag = 0x501));
    const struct seen *ack = expect(s, INIT_ACK, .tag = 0x501, .init_tag = s->stack_tag);
    struct hawser_span cookie = param_of(ack, HW_PARAM_COOKIE);
    /* the peer answered the own INIT with yet another tag */
    inject(s, INIT_ACK(.tag = 0x502));
    expect(s, COOKIE_ECHO, .tag = 0x502);
    s->cookie = cookie;
    inject(s, COOKIE_ECHO());
    expect(s, COOKIE_ACK, .tag = 0x501);
    expect_state(s, ESTABLISHED);
    expect_item(s, HAWSER_UP);
    check_equal(status_of(s).peer_tag, 0x501);
    advance(s, sec(20));
    expect_nothing(s);
}

/* The peer's INIT with tag 0x501 was answered while ours was under way; `later` the INIT ACK came with tag 0x502, with which the
 * association is established. s->cookie is the one for the INIT. */
static void established_beside_a_collision(struct script *s, hawser_time later) {
    reach_cookie_wait(s);
    inject(s, INIT(.tag = 0x501));
    struct hawser_span cookie = param_of(expect(s, INIT_ACK, .tag = 0x501), HW_PARAM_COOKIE);
    advance(s, later);
    inject(s, INIT_ACK(.tag = 0x502));
    expect(s, COOKIE_ECHO, .tag = 0x502);
    inject(s, COOKIE_ACK());
    expect_item(s, HAWSER_UP);
    s->cookie = cookie;
}

SCRIPT(s5_2_4_b_in_established, "5.2.4 B", "action B in ESTABLISHED: the state stays, the peer's new tag is taken, COOKIE ACK") {
    established_beside_a_collision(s, 0);
    inject(s, COOKIE_ECHO());
    expect(s, COOKIE_ACK, .tag = 0x501);
    expect_state(s, ESTABLISHED);
    check_equal(status_of(s).peer_tag, 0x501);
    expect_no_item(s);
}

SCRIPT(s5_2_4_b_of_another_instance, "5.2.4 B, A",
       "a collision's cookie once there was data with another tag of the peer: another instance, and this one has restarted") {
    established_beside_a_collision(s, 0);
    inject(s, DATA(.tsn = 0, .text = "old"));
    expect(s, SACK, .cum = 0);
    expect_message(s, .text = "old");
    inject(s, COOKIE_ECHO());
    expect(s, COOKIE_ACK, .tag = 0x501);
    expect_item(s, HAWSER_RESTARTED);
    inject(s, DATA(.tsn = 0, .text = "new"));
    expect(s, SACK, .cum = 0, .tag = 0x501);
    expect_message(s, .text = "new");
    send_message(s, 0, 4, 0);
    expect(s, DATA, .tsn = 0, .tag = 0x501);
}

SCRIPT(s5_2_4_b_of_an_earlier_attempt, "5.2.4 B, design",
       "a collision's cookie that was made before the peer that has answered was heard of is late: silently discarded") {
    established_beside_a_collision(s, ms(10));
    inject(s, DATA(.tsn = 0, .text = "first"));
    expect(s, SACK, .cum = 0);
    expect_message(s, .text = "first");
    inject(s, COOKIE_ECHO());
    expect_nothing(s);
    expect_state(s, ESTABLISHED);
    check_equal(status_of(s).peer_tag, 0x502);
    expect_no_item(s);
}

SCRIPT(s5_2_4_c_late_cookie, "5.2.4 C", "own tag does not match, the peer's does, no Tie-Tags: silently discarded") {
    get_cookie(s); /* made before there was an association */
    uint32_t old_tag = s->stack_tag;
    struct hawser_span old = s->cookie;
    reach_cookie_echoed(s);
    s->cookie = old;
    inject_by(s, WAY(.tag = old_tag), COOKIE_ECHO());
    expect_nothing(s);
    expect_state(s, COOKIE_ECHOED);
    inject(s, COOKIE_ACK());
    expect_state(s, ESTABLISHED);
    expect_item(s, HAWSER_UP);
    inject_by(s, WAY(.tag = old_tag), COOKIE_ECHO());
    expect_nothing(s);
    expect_state(s, ESTABLISHED);
}

SCRIPT(s5_2_4_cookie_of_a_collision_after_the_end, "5.2.4, 5.1.5",
       "a cookie that was made while the association lived starts no other after its end; one that was made later does") {
    establish_passive(s);
    uint32_t tag = s->stack_tag, tsn = s->stack_tsn;
    inject(s, INIT()); /* the peer's own INIT, which took its time */
    remember(s, expect(s, INIT_ACK));
    uint32_t late_tag = s->stack_tag;
    s->stack_tag = tag;
    s->stack_tsn = tsn;
    advance(s, 1);
    reach_shutdown_ack_sent(s);
    inject(s, SHUTDOWN_COMPLETE());
    expect_ended(s, HAWSER_END_SHUTDOWN);
    s->stack_tag = late_tag;
    inject(s, COOKIE_ECHO(), DATA(.tsn = 0));
    expect(s, ABORT, .tag = PEER_TAG, .t = 0);
    inject(s, INIT());
    remember(s, expect(s, INIT_ACK));
    inject(s, COOKIE_ECHO());
    expect(s, COOKIE_ACK, .tag = PEER_TAG);
}

SCRIPT(s5_2_4_d_cookie_again, "5.2.4 D", "both tags match: COOKIE ACK again, and nothing else") {
    establish_passive(s);
    for (int i = 0; i < 3; i++) {
        inject(s, COOKIE_ECHO());
        expect(s, COOKIE_ACK, .tag = PEER_TAG);
        expect_nothing(s);
    }
    expect_no_item(s);
    script_no_item(s, __FILE__, __LINE__, s->endpoint);
    check_equal(COUNT(CurrEstab), 1);
}

SCRIPT(s5_2_4_d_data_with_a_cookie_that_comes_again, "5.2.4 D", "DATA bundled with a repeated COOKIE ECHO is processed") {
    establish_passive(s);
    inject(s, COOKIE_ECHO(), DATA(.tsn = 0, .text = "bundled"));
    expect(s, COOKIE_ACK);
    expect_also(s, SACK, .cum = 0);
    expect_message(s, .text = "bundled");
}

SCRIPT(s5_2_4_3_expired_cookie_with_both_tags_matching, "5.2.4 3", "an expired cookie is valid if both tags match") {
    establish_passive(s);
    advance(s, sec(100));
    inject(s, COOKIE_ECHO());
    expect(s, COOKIE_ACK);
}

SCRIPT(s5_2_4_3_expired_cookie_of_a_restart, "5.2.4 3", "an expired cookie whose tags do not match: ERROR with Stale Cookie") {
    establish_passive(s);
    inject(s, INIT(.tag = 0x777));
    const struct seen *ack = expect(s, INIT_ACK);
    struct hawser_span cookie = param_of(ack, HW_PARAM_COOKIE);
    advance(s, sec(61));
    s->cookie = cookie;
    inject_by(s, WAY(.tag = ack->init.tag), COOKIE_ECHO());
    expect(s, ERROR, .tag = 0x777, .cause = HW_CAUSE_STALE_COOKIE);
    expect_state(s, ESTABLISHED);
    expect_no_item(s);
}

SCRIPT(s5_2_4_2_forged_cookie_at_an_association, "5.2.4 2", "a forged cookie at an existing association is silently discarded") {
    establish_passive(s);
    struct hawser_span bad = JOIN(s->cookie);
    ((uint8_t *)(uintptr_t)bad.data)[bad.size / 2] ^= 1;
    s->cookie = bad;
    inject(s, COOKIE_ECHO());
    expect_nothing(s);
    expect_state(s, ESTABLISHED);
}

SCRIPT(s5_2_4_not_in_the_table, "5.2.4", "any case that is not in table 12 is silently discarded") {
    /* X X 0 0: a cookie of a set-up that was overtaken by another one */
    get_cookie(s);
    uint32_t old_tag = s->stack_tag;
    struct hawser_span old = s->cookie;
    inject(s, INIT(.tag = 0x888, .tsn = 5));
    remember(s, expect(s, INIT_ACK, .tag = 0x888));
    inject(s, COOKIE_ECHO());
    expect(s, COOKIE_ACK);
    expect_arrived(s);
    skip_items(s);
    s->cookie = old;
    inject_by(s, WAY(.tag = old_tag), COOKIE_ECHO());
    expect_nothing(s);
    check_equal(status_of(s).peer_tag, 0x888);
    script_no_item(s, __FILE__, __LINE__, s->endpoint);
}

SCRIPT(s5_2_4_tie_tags_that_do_not_match, "5.2.4", "any case that is not in table 12 is silently discarded") {
    /* X X X X: the cookie of a restart that was overtaken by another restart */
    establish_passive(s);
    inject(s, INIT(.tag = 0x999));
    const struct seen *ack = expect(s, INIT_ACK);
    struct hawser_span old = param_of(ack, HW_PARAM_COOKIE);
    restart(s);
    expect(s, COOKIE_ACK);
    expect_item(s, HAWSER_RESTARTED);
    s->cookie = old;
    inject_by(s, WAY(.tag = ack->init.tag), COOKIE_ECHO());
    expect_nothing(s);
    check_equal(COUNT(Restarts), 1);
    check_equal(status_of(s).peer_tag, s->peer_tag);
    expect_no_item(s);
}

/* ---- 5.2.5 and others in the set-up states ------------------------------------------------------------------------ */

SCRIPT(s5_2_5_cookie_ack_elsewhere_is_discarded, "5.2.5", "COOKIE ACK in any state but COOKIE-ECHOED is silently discarded") {
    reach_cookie_wait(s);
    inject(s, COOKIE_ACK());
    expect_nothing(s);
    expect_state(s, COOKIE_WAIT);
    inject(s, INIT_ACK());
    expect(s, COOKIE_ECHO);
    inject(s, COOKIE_ACK());
    inject(s, COOKIE_ACK());
    expect_nothing(s);
    expect_item(s, HAWSER_UP);
    expect_no_item(s);
    reach_shutdown_sent(s);
    inject(s, COOKIE_ACK());
    expect_nothing(s);
    expect_state(s, SHUTDOWN_SENT);
}

SCRIPT(s6_data_in_set_up_states_is_discarded, "6", "DATA in COOKIE-WAIT and COOKIE-ECHOED is discarded") {
    reach_cookie_wait(s);
    inject(s, DATA(.tsn = 0));
    expect_nothing(s);
    inject(s, INIT_ACK());
    expect(s, COOKIE_ECHO);
    inject(s, DATA(.tsn = 0));
    expect_nothing(s);
    expect_state(s, COOKIE_ECHOED);
    expect_no_item(s);
    check(COUNT(Unexpected) >= 1);
}

SCRIPT(s6_sack_in_cookie_wait_is_discarded, "6", "SACK in COOKIE-WAIT is discarded") {
    reach_cookie_wait(s);
    send_message(s, 0, 10, 0);
    inject(s, SACK(.cum = 0));
    expect_nothing(s);
    expect_state(s, COOKIE_WAIT);
    inject(s, INIT_ACK());
    expect(s, COOKIE_ECHO);
    expect_also(s, DATA, .tsn = 0);
}

SCRIPT(s9_2_shutdown_in_set_up_states_is_discarded, "9.2", "SHUTDOWN in COOKIE-WAIT and COOKIE-ECHOED is silently discarded") {
    reach_cookie_wait(s);
    inject(s, SHUTDOWN(-1));
    expect_nothing(s);
    expect_state(s, COOKIE_WAIT);
    inject(s, INIT_ACK());
    expect(s, COOKIE_ECHO);
    inject(s, SHUTDOWN(-1));
    expect_nothing(s);
    expect_state(s, COOKIE_ECHOED);
}

SCRIPT(s9_2_shutdown_ack_in_set_up_states, "9.2, 8.5.1 E",
       "SHUTDOWN ACK in COOKIE-WAIT or COOKIE-ECHOED: SHUTDOWN COMPLETE with the same tag and T = 1; the set-up goes on") {
    reach_cookie_wait(s);
    inject_by(s, WAY(.tag = 0x4321), SHUTDOWN_ACK());
    expect(s, SHUTDOWN_COMPLETE, .tag = 0x4321, .t = 1, .to = 0);
    expect_state(s, COOKIE_WAIT);
    inject(s, SHUTDOWN_ACK());
    expect(s, SHUTDOWN_COMPLETE, .tag = s->stack_tag, .t = 1);
    expect_state(s, COOKIE_WAIT);
    inject(s, INIT_ACK());
    expect(s, COOKIE_ECHO);
    inject_by(s, WAY(.tag = 0x4321), SHUTDOWN_ACK());
    expect(s, SHUTDOWN_COMPLETE, .tag = 0x4321, .t = 1);
    expect_state(s, COOKIE_ECHOED);
    advance(s, sec(1));
    expect(s, COOKIE_ECHO);
}

SCRIPT(s9_2_shutdown_complete_in_set_up_states, "8.5.1 C", "SHUTDOWN COMPLETE is ignored unless in SHUTDOWN-ACK-SENT") {
    reach_cookie_wait(s);
    inject(s, SHUTDOWN_COMPLETE());
    expect_state(s, COOKIE_WAIT);
    inject(s, INIT_ACK());
    expect(s, COOKIE_ECHO);
    inject(s, SHUTDOWN_COMPLETE());
    expect_state(s, COOKIE_ECHOED);
    inject(s, COOKIE_ACK());
    expect_item(s, HAWSER_UP);
    inject(s, SHUTDOWN_COMPLETE());
    expect_state(s, ESTABLISHED);
    reach_shutdown_sent(s);
    inject(s, SHUTDOWN_COMPLETE());
    expect_state(s, SHUTDOWN_SENT);
    expect_nothing(s);
}

SCRIPT(s8_3_heartbeat_in_cookie_echoed_is_answered, "8.3, 5.1 C",
       "a HEARTBEAT in COOKIE-ECHOED is answered, but not before the COOKIE ACK") {
    reach_cookie_echoed(s);
    inject(s, HEARTBEAT(U32(1)));
    expect_nothing(s);
    inject(s, COOKIE_ACK());
    if (next_chunk(s) == HW_HEARTBEAT_ACK)
        expect(s, HEARTBEAT_ACK);
    expect_nothing(s);
}

SCRIPT(s5_2_4_cookie_at_another_address, "5.2.4 D",
       "a COOKIE ECHO that comes again to another address of ours makes no second association") {
    set(s, NAT, 1); /* none of ours is listed */
    start(s, .local_addresses = 2);
    establish_passive(s);
    inject_by(s, WAY(.to = 1), COOKIE_ECHO());
    expect(s, COOKIE_ACK);
    struct hawser_item item;
    check_equal(hawser_receive(s->stack, s->endpoint, &item, 1), 0);
    check_equal(COUNT(CurrEstab), 1);
}

SCRIPT(s5_1_d_cookie_at_another_address, "5.1 D",
       "a COOKIE ECHO may come to another address than the INIT: the peer knows that one alone") {
    set(s, NAT, 1);
    start(s, .local_addresses = 2);
    get_cookie(s);
    inject_by(s, WAY(.to = 1), COOKIE_ECHO());
    expect(s, COOKIE_ACK, .from = 0);
    expect_arrived(s);
    expect_item(s, HAWSER_UP);
    inject(s, DATA(.tsn = 0));
    expect(s, SACK, .cum = 0, .from = 0);
    expect_message(s);
}
