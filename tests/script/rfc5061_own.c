/* SPDX-License-Identifier: MIT
 *
 * RFC 5061, the stack asks: its ASCONF chunks, T-4, and what the answers do. The automatic ones are here, too.
 */
#include "asconf.h"

static hawser_time rto_of(struct script *s, uint32_t path) { return path_of(s, path).rto; }

SCRIPT(rfc5061_5_1_add, "RFC 5061 5.1 A1, A2, 5.3 F2",
       "an added address is told with the initial TSN as serial number, and used once the peer has agreed") {
    begin_active(s, .local_addresses = 1, .peer_addresses = 2);
    now_do(add_local(s, 1));
    expect_request(s, 0, 0, 0, OURS(0), ADD(1, OURS(1)));
    expect_no_item(s);
    inject(s, CONF_ACK(0));
    expect_done(s, ADD);
    expect_no_item(s);
    expect_nothing(s);
    check_equal(COUNT(OutAsconfs), 1);
    check_equal(add_local(s, 1), HAWSER_ERR_EXISTS);
}

SCRIPT(rfc5061_5_3_F1_not_a_source_yet, "RFC 5061 5.3 F1",
       "until the peer has agreed an address is a source for nothing; what comes to it is the association's") {
    begin_active(s, .local_addresses = 1, .peer_addresses = 1);
    now_do(add_local(s, 1));
    expect_request(s, 0, 0, 0, OURS(0), ADD(1, OURS(1)));
    inject_by(s, WAY(.to = 1), DATA(.tsn = 0));
    expect(s, SACK, .from = 0);
    send_message(s, 0, 10, 0);
    expect(s, DATA, .from = 0);
    expect_message(s, .size = 100);
}

SCRIPT(rfc5061_5_1_remove, "RFC 5061 5.3 F4, F6",
       "an address that is being removed is a source for nothing, not for the ASCONF itself either") {
    begin_active(s, .local_addresses = 2, .peer_addresses = 1);
    struct hawser_path_status path = path_of(s, 1);
    int used = local_number(s, &path.local), other = 1 - used;
    now_do(remove_local(s, used));
    expect_request(s, other, 0, 0, OURS(used), DELETE(1, OURS(used)));
    send_message(s, 0, 10, 0);
    expect(s, DATA, .from = other);
    inject_by(s, WAY(.to = used), DATA(.tsn = 0)); /* F4: it is ours until the peer has agreed */
    expect(s, SACK, .from = other);
    inject(s, SACK(.cum = 0), CONF_ACK(0));
    expect_message(s, .size = 100);
    expect_done(s, REMOVE);
    check_equal(remove_local(s, used), HAWSER_ERR_ADDRESS);
    check_equal(remove_local(s, other), HAWSER_ERR_ADDRESS); /* F5: the last */
}

SCRIPT(rfc5061_5_3_1_abort_to_a_leaving_address, "RFC 5061 5.3 F4, 5.3.1",
       "an ABORT to an address that is being removed is ignored") {
    begin_active(s, .local_addresses = 2, .peer_addresses = 1);
    now_do(remove_local(s, 1));
    expect(s, ASCONF);
    inject_by(s, WAY(.to = 1, .tag = s->peer_tag), ABORT_T(NOTHING));
    inject_by(s, WAY(.to = 1), ABORT(NOTHING));
    expect_state(s, ESTABLISHED);
    inject(s, CONF_ACK(0));
    expect_done(s, REMOVE);
    inject_by(s, WAY(.to = 1, .tag = s->peer_tag), ABORT_T(NOTHING)); /* nor one that comes later still */
    expect_state(s, ESTABLISHED);
    inject(s, ABORT(NOTHING));
    expect_ended(s, HAWSER_END_PEER_ABORTED);
}

SCRIPT(rfc5061_5_1_set_primary, "RFC 5061 4.2.4, 5.4", "the peer is asked to prefer an address, behind its addition if need be") {
    begin_active(s, .local_addresses = 2, .peer_addresses = 1);
    now_do(prefer_local(s, 1));
    expect(s, ASCONF);
    check_equal(add_local(s, 2), 0);
    now_do(prefer_local(s, 2));
    expect_nothing(s); /* C1: one at a time */
    inject(s, ANSWER(0, FAILED(1, NO_AUTHORIZATION, PREFER(1, OURS(1)))));
    expect_refused(s, SET_PRIMARY, HW_CAUSE_NO_AUTHORIZATION);
    const struct seen *request = expect(s, ASCONF);
    check_bytes(s, request, JOIN(U32(s->stack_tsn + 1), OURS(0), ADD(2, OURS(2)), PREFER(3, OURS(2))));
    inject(s, ANSWER(1, OKAY(2), OKAY(3)));
    expect_done(s, ADD);
    expect_done(s, SET_PRIMARY);
    check_equal(prefer_local(s, 7), HAWSER_ERR_ADDRESS);
}

SCRIPT(rfc5061_5_1_A7_failures, "RFC 5061 5.1 A6, A7, A8, 5.3 F10",
       "unanswered requests before a failure were carried out, those behind it were not, but what is said counts") {
    begin_active(s, .local_addresses = 1, .peer_addresses = 1);
    now_do(add_local(s, 1));
    expect(s, ASCONF);
    for (int i = 2; i <= 5; i++)
        check_equal(add_local(s, i), 0);
    inject(s, CONF_ACK(0));
    expect_done(s, ADD);
    expect(s, ASCONF);
    inject(s, ANSWER(1, FAILED(3, NO_RESOURCES, ADD(3, OURS(3))), OKAY(4)));
    expect_done(s, ADD);
    expect_refused(s, ADD, HW_CAUSE_NO_RESOURCES);
    expect_done(s, ADD);
    expect_refused(s, ADD, 0);
    check_equal(add_local(s, 2), HAWSER_ERR_EXISTS);
    check_equal(add_local(s, 3), 0); /* F10: it is not ours, and may be asked for again */
    script_pump(s);
    expect(s, ASCONF);
    check_equal(remove_local(s, 5), HAWSER_ERR_ADDRESS);
}

SCRIPT(rfc5061_5_1_B_t4, "RFC 5061 5.1 A4, B1, B3, B4, B5",
       "an ASCONF that is not answered goes again, the same, to another path, after an RTO that doubles") {
    begin_active(s, .local_addresses = 1, .peer_addresses = 2);
    hawser_time rto = rto_of(s, 1);
    now_do(add_local(s, 1));
    expect_request(s, 0, 0, 0, OURS(0), ADD(1, OURS(1)));
    check_equal(add_local(s, 2), 0); /* B4: nothing is put into the chunk */
    hawser_time other = rto_of(s, 2);
    check_equal(wait_packet(s, sec(10)), rto);
    expect_request(s, 0, 1, 0, OURS(0), ADD(1, OURS(1)));
    check_equal(path_of(s, 1).error_count, 1);
    check_equal(status_of(s).error_count, 1);
    check_equal(rto_of(s, 1), 2 * rto);
    check_equal(wait_packet(s, sec(10)), other);
    expect_request(s, 0, 0, 0, OURS(0), ADD(1, OURS(1)));
    inject(s, CONF_ACK(0));
    check_equal(status_of(s).error_count, 0); /* A5 */
    check_equal(path_of(s, 1).error_count, 0);
    expect_done(s, ADD);
    expect(s, ASCONF); /* what waited */
    check_equal(COUNT(OutAsconfs), 4);
}

SCRIPT(rfc5061_5_1_B2_association_fails, "RFC 5061 5.1 B2", "without any answer the association ends") {
    set(s, ASSOCIATION_MAX_RETRANS, 3);
    begin_active(s, .local_addresses = 1, .peer_addresses = 1);
    now_do(add_local(s, 1));
    for (int i = 0; i < 4; i++) {
        expect(s, ASCONF);
        if (i < 3)
            wait_packet(s, sec(60));
    }
    advance(s, sec(60));
    expect_ended(s, HAWSER_END_LOST);
}

SCRIPT(rfc5061_5_1_A9_not_understood, "RFC 5061 4.1.1, 5.1 A9, 5.1.1",
       "an ERROR that does not know ASCONF ends all asking, and is told") {
    begin_active(s, .local_addresses = 1, .peer_addresses = 1);
    now_do(add_local(s, 1));
    const struct seen *request = expect(s, ASCONF);
    check_equal(add_local(s, 2), 0);
    inject(s, ERROR(CAUSE(UNRECOGNIZED_CHUNK, request->whole)));
    expect_item(s, HAWSER_REMOTE_ERROR, .code = HW_CAUSE_UNRECOGNIZED_CHUNK);
    expect_refused(s, ADD, ANY);
    expect_refused(s, ADD, ANY);
    check_equal(add_local(s, 1), HAWSER_ERR_STATE);
    advance(s, sec(20));
    expect_nothing(s);
}

SCRIPT(rfc5061_5_3_F3_unknown_request, "RFC 5061 5.3 F3a, F3b",
       "a peer that does not know a kind of request is not asked for it again") {
    begin_active(s, .local_addresses = 2, .peer_addresses = 1);
    now_do(prefer_local(s, 0));
    expect(s, ASCONF);
    inject(s, ANSWER(0, FAILED(1, UNRECOGNIZED_PARAMETERS, PREFER(1, OURS(0)))));
    expect_refused(s, SET_PRIMARY, HW_CAUSE_UNRECOGNIZED_PARAMETERS);
    check_equal(prefer_local(s, 1), HAWSER_ERR_STATE);
    now_do(remove_local(s, 1));
    expect(s, ASCONF);
    inject(s, ANSWER(1, FAILED(2, UNRECOGNIZED_PARAMETERS, DELETE(1, OURS(1)))));
    expect_refused(s, REMOVE, HW_CAUSE_UNRECOGNIZED_PARAMETERS);
    check_equal(add_local(s, 3), HAWSER_ERR_STATE);
    check_equal(remove_local(s, 0), HAWSER_ERR_STATE);
}

SCRIPT(rfc5061_5_3_F0_illegal_answer, "RFC 5061 5.3 F0, 4.3.4",
       "an ASCONF-ACK with a serial number that was not used yet ends the association") {
    begin_active(s, .local_addresses = 1);
    inject(s, CONF_ACK(0));
    expect(s, ABORT, .cause = HW_CAUSE_ILLEGAL_ASCONF_ACK);
    expect_ended(s, HAWSER_END_VIOLATION, .code = HW_CAUSE_ILLEGAL_ASCONF_ACK);
}

SCRIPT(rfc5061_5_3_F0_illegal_while_waiting, "RFC 5061 5.3 F0, 4.3.4", "also while an older one is outstanding") {
    begin_active(s, .local_addresses = 1);
    now_do(add_local(s, 1));
    expect(s, ASCONF);
    inject(s, CONF_ACK(1 + 0x7ffffff0));
    expect(s, ABORT, .cause = HW_CAUSE_ILLEGAL_ASCONF_ACK);
    expect_ended(s, HAWSER_END_VIOLATION, .code = HW_CAUSE_ILLEGAL_ASCONF_ACK);
}

SCRIPT(rfc5061_4_3_4_old_answer, "RFC 5061 4.3.4", "an ASCONF-ACK of before is ignored") {
    begin_active(s, .local_addresses = 1);
    now_do(add_local(s, 1));
    expect(s, ASCONF);
    inject(s, CONF_ACK(-1));
    inject(s, ANSWER(0, BYTES(0xC0, 3, 0, 99, 0, 0, 0, 0))); /* nor one that ends inside of a response */
    inject(s, CHUNK(HW_ASCONF_ACK, 0, BYTES(1, 2)));
    expect_no_item(s);
    expect_state(s, ESTABLISHED);
    inject(s, CONF_ACK(0));
    expect_done(s, ADD);
    inject(s, CONF_ACK(0)); /* twice */
    expect_state(s, ESTABLISHED);
    expect_nothing(s);
}

SCRIPT(rfc5061_5_3_F5_change_of_the_only_address, "RFC 5061 5.3 F5, 5.3.2",
       "the only address is removed once another one was added, which is asked for first") {
    begin_active(s, .local_addresses = 1, .peer_addresses = 1);
    check_equal(add_local(s, 1), 0);
    now_do(remove_local(s, 0));
    expect_request(s, 0, 0, 0, OURS(0), ADD(1, OURS(1)));
    send_message(s, 0, 10, 0);
    expect(s, DATA, .from = 0); /* meanwhile all goes on */
    inject(s, SACK(.cum = 0), CONF_ACK(0));
    expect_done(s, ADD);
    expect_request(s, 1, 0, 1, OURS(0), DELETE(2, OURS(0))); /* the peer still knows it */
    inject_by(s, WAY(.to = 1), CONF_ACK(1));
    expect_done(s, REMOVE);
    send_message(s, 0, 10, 0);
    expect(s, DATA, .from = 1);
}

SCRIPT(rfc5061_5_3_refused_addition_keeps_the_last, "RFC 5061 5.3 F5, F10",
       "if the addition is refused the removal of the only address waits") {
    begin_active(s, .local_addresses = 1, .peer_addresses = 1);
    check_equal(add_local(s, 1), 0);
    now_do(remove_local(s, 0));
    expect(s, ASCONF);
    inject(s, ANSWER(0, FAILED(1, NO_RESOURCES, ADD(1, OURS(1)))));
    expect_refused(s, ADD, HW_CAUSE_NO_RESOURCES);
    expect_nothing(s);
    send_message(s, 0, 10, 0);
    expect(s, DATA, .from = 0);
    inject(s, SACK(.cum = 0));
    now_do(add_local(s, 2));
    expect(s, ASCONF);
    inject(s, CONF_ACK(1));
    expect_done(s, ADD);
    expect(s, ASCONF, .from = 2);
}

SCRIPT(rfc5061_5_1_second_thoughts, "RFC 5061 5.1 A3, notes", "what waits and is taken back is never asked for") {
    begin_active(s, .local_addresses = 2, .peer_addresses = 1);
    now_do(prefer_local(s, 1));
    expect(s, ASCONF);
    check_equal(add_local(s, 2), 0);
    check_equal(remove_local(s, 2), 0);
    check_equal(remove_local(s, 1), 0);
    check_equal(add_local(s, 1), HAWSER_ERR_EXISTS); /* it has not begun to go */
    inject(s, CONF_ACK(0));
    expect_done(s, SET_PRIMARY);
    expect_request(s, ANY, 0, 1, OURS(0), DELETE(2, OURS(1)));
    check_equal(add_local(s, 1), 0); /* its removal is under way: it comes back behind that */
    inject(s, CONF_ACK(1));
    expect_done(s, REMOVE);
    expect_request(s, 0, 0, 2, OURS(0), ADD(3, OURS(1)));
    inject(s, CONF_ACK(2));
    expect_done(s, ADD);
}

SCRIPT(rfc5061_api_limits, "RFC 5061 5.1, notes", "so many requests may wait or be unread, and no more") {
    begin_active(s, .local_addresses = 2, .peer_addresses = 1);
    int count = 0;
    while (prefer_local(s, 1) == 0)
        count++;
    check_equal(count, 32);
    check_equal(prefer_local(s, 1), HAWSER_ERR_LIMIT);
    script_pump(s);
    for (int i = 0; next_chunk(s) == HW_ASCONF; i++) { /* several in a chunk, as many as fit 512 bytes */
        check(expect(s, ASCONF)->whole.size <= 512);
        inject(s, CONF_ACK(i));
    }
    check_equal(prefer_local(s, 1), HAWSER_ERR_LIMIT);
    expect_done(s, SET_PRIMARY);
    check_equal(prefer_local(s, 1), 0);
    skip_items(s);
    s->quiet_end = true;
}

SCRIPT(rfc5061_api_errors, "RFC 5061, notes", "calls that cannot be") {
    begin(s, .local_addresses = 2, .peer_addresses = 1);
    struct hawser_address multicast = script_ipv4(224, 0, 0, 1, 0), none = {.family = HAWSER_NONE};
    reach_cookie_wait(s);
    check_equal(add_local(s, 3), HAWSER_ERR_STATE);
    inject(s, INIT_ACK(.cookie = TEXT("cookie")));
    expect(s, COOKIE_ECHO);
    inject(s, COOKIE_ACK());
    skip_items(s);
    check_equal(hawser_add_address(s->stack, s->now, s->association, &multicast), HAWSER_ERR_ADDRESS);
    check_equal(hawser_add_address(s->stack, s->now, s->association, &none), HAWSER_ERR_ADDRESS);
    check_equal(hawser_add_address(s->stack, s->now, s->association, NULL), HAWSER_ERR_ARGUMENT);
    check_equal(hawser_add_address(s->stack, s->now, 12345, &s->local[3]), HAWSER_ERR_GONE);
    check_equal(hawser_shutdown(s->stack, s->now, s->association), 0);
    check_equal(add_local(s, 3), HAWSER_ERR_STATE);
    s->quiet_end = true;
}

SCRIPT(rfc5061_api_not_agreed_on, "RFC 5061 4.2.7", "without agreement nothing is asked") {
    set(s, DYNAMIC_ADDRESSES, 2);
    start(s, .local_addresses = 2);
    establish_active(s);
    check_equal(add_local(s, 3), HAWSER_ERR_STATE);
    check_equal(remove_local(s, 1), HAWSER_ERR_STATE);
    check_equal(prefer_local(s, 1), HAWSER_ERR_STATE);
}

SCRIPT(rfc5061_api_endpoint, "RFC 6458 9.1", "an endpoint's addresses are those of all its associations that can") {
    begin_active(s, .local_addresses = 2, .peer_addresses = 1);
    check_equal(hawser_add_address(s->stack, s->now, s->endpoint, &s->local[1]), HAWSER_ERR_EXISTS);
    now_do(hawser_add_address(s->stack, s->now, s->endpoint, &s->local[2]));
    expect_request(s, ANY, 0, 0, OURS(0), ADD(1, OURS(2)));
    inject(s, CONF_ACK(0));
    expect_done(s, ADD);
    now_do(hawser_set_peer_primary(s->stack, s->now, s->endpoint, &s->local[2]));
    expect(s, ASCONF);
    inject(s, CONF_ACK(1));
    expect_done(s, SET_PRIMARY);
    now_do(hawser_remove_address(s->stack, s->now, s->endpoint, &s->local[1]));
    expect(s, ASCONF);
    inject(s, CONF_ACK(2));
    expect_done(s, REMOVE);
    check_equal(hawser_remove_address(s->stack, s->now, s->endpoint, &s->local[1]), HAWSER_ERR_ADDRESS);
}

SCRIPT(rfc5061_nat_wildcards, "RFC 5061 4.1.1, 4.2.1; RFC 6951 3.2", "behind a NAT the wildcard stands for our addresses") {
    set(s, NAT, 1);
    begin_active(s, .local_addresses = 1, .peer_addresses = 1);
    now_do(add_local(s, 1));
    expect_request(s, 0, 0, 0, WILD, ADD(1, WILD));
    inject(s, CONF_ACK(0));
    expect_done(s, ADD);
}

/* Three addresses on each side, each path from another one of ours; the place of the one that the primary comes from. */
static int spread(struct script *s) {
    int first = -1;
    bool used[3] = {false};
    begin_active(s, .local_addresses = 3, .peer_addresses = 3);
    for (uint32_t i = 1; i <= 3; i++) {
        struct hawser_path_status path = path_of(s, i);
        int number = local_number(s, &path.local);
        check(number >= 0 && number < 3 && !used[number]);
        used[number] = true;
        first = i == 1 ? number : first;
    }
    return first;
}

static int wild(struct script *s, bool add) {
    struct hawser_address any = script_ipv4(0, 0, 0, 0, 0);
    return add ? hawser_add_address(s->stack, s->now, s->association, &any)
               : hawser_remove_address(s->stack, s->now, s->association, &any);
}

static void expect_beat(struct script *s, uint32_t path, int from) {
    check_equal(hawser_heartbeat(s->stack, s->now, s->association, path), 0);
    script_pump(s);
    const struct seen *beat = expect(s, HEARTBEAT, .from = from);
    inject_by(s, WAY(.from = place_of(s, path), .to = from), HEARTBEAT_ACK(beat));
}

SCRIPT(rfc5061_4_2_2_all_but_the_source, "RFC 5061 4.2.2, 5.3 F4, 5.3.1",
       "once the removal of all but the source is told the others are sources for nothing, and an ABORT to them is ignored") {
    int source = spread(s), other = source == 2 ? 1 : 2;
    now_do(wild(s, false));
    expect_request(s, source, 0, 0, OURS(source), DELETE(1, WILD));
    expect_beat(s, 2, source);
    expect_beat(s, 3, source);
    inject_by(s, WAY(.to = other, .tag = s->peer_tag), ABORT_T(NOTHING));
    expect_state(s, ESTABLISHED);
    inject_by(s, WAY(.to = other), DATA(.tsn = 0)); /* it is ours until the peer has agreed */
    expect(s, SACK, .from = source);
    check_equal(remove_local(s, source), HAWSER_ERR_ADDRESS); /* F5: none would be left */
    inject_by(s, WAY(.to = source), CONF_ACK(0));
    expect_message(s, .size = 100);
    expect_done(s, REMOVE);
    for (int i = 0; i < 3; i++)
        if (i != source)
            check_equal(remove_local(s, i), HAWSER_ERR_ADDRESS); /* gone */
    expect_beat(s, 3, source);
}

SCRIPT(rfc5061_4_2_2_all_but_the_source_again, "RFC 5061 4.2.2, 5.1 B3, B4",
       "a removal of all but the source is sent again from the same source, for the first may have arrived") {
    int source = spread(s);
    now_do(wild(s, false));
    expect_request(s, source, 0, 0, OURS(source), DELETE(1, WILD));
    wait_packet(s, sec(10));
    expect(s, ASCONF, .from = source);
    wait_packet(s, sec(10));
    expect(s, ASCONF, .from = source);
    inject_by(s, WAY(.to = source), CONF_ACK(0));
    expect_done(s, REMOVE);
    skip_items(s);
    send_message(s, 0, 10, 0);
    expect(s, DATA, .from = source);
}

SCRIPT(rfc5061_4_2_2_all_but_the_source_refused, "RFC 5061 4.2.2, 5.1 A8",
       "a refused removal of all but the source leaves the others as they were, but for one that goes by itself") {
    int source = spread(s), other = source == 2 ? 1 : 2, third = 3 - source - other;
    now_do(wild(s, false));
    expect(s, ASCONF, .from = source);
    check_equal(add_local(s, third), 0); /* its removal is under way: it comes back behind that */
    inject_by(s, WAY(.to = source), ANSWER(0, FAILED(1, NO_AUTHORIZATION, DELETE(1, WILD))));
    expect_refused(s, REMOVE, HW_CAUSE_NO_AUTHORIZATION);
    expect_request(s, ANY, ANY, 1, OURS(source), ADD(2, OURS(third)));
    inject_by(s, WAY(.to = source), CONF_ACK(1));
    expect_done(s, ADD);
    check_equal(remove_local(s, other), 0); /* it is still ours */
    script_pump(s);
    expect(s, ASCONF);
    inject_by(s, WAY(.to = source), CONF_ACK(2));
    expect_done(s, REMOVE);
}

SCRIPT(rfc5061_4_2_2_then_one_more, "RFC 5061 4.2.2, 5.3 F2",
       "an address that is added behind the removal of all but the source is one more") {
    int source = spread(s), other = source == 2 ? 1 : 2;
    check_equal(wild(s, false), 0);
    now_do(add_local(s, 3));
    expect_request(s, source, 0, 0, OURS(source), DELETE(1, WILD), ADD(2, OURS(3)));
    check_equal(add_local(s, other), 0); /* and one that goes comes back */
    inject_by(s, WAY(.to = source), CONF_ACK(0));
    expect_done(s, REMOVE);
    expect_done(s, ADD);
    expect(s, ASCONF);
    inject_by(s, WAY(.to = source), CONF_ACK(1));
    expect_done(s, ADD);
    check_equal(add_local(s, 3), HAWSER_ERR_EXISTS);
    check_equal(add_local(s, other), HAWSER_ERR_EXISTS);
    now_do(remove_local(s, source)); /* not the last */
    expect(s, ASCONF);
    inject_by(s, WAY(.to = 3), CONF_ACK(2));
    expect_done(s, REMOVE);
}

SCRIPT(rfc5061_4_2_1_the_source, "RFC 5061 4.2.1", "the addition of the source adds nothing that the peer knows already") {
    int source = spread(s);
    now_do(wild(s, true));
    expect_request(s, source, 0, 0, OURS(source), ADD(1, WILD));
    inject_by(s, WAY(.to = source), CONF_ACK(0));
    expect_done(s, ADD);
    check_equal(add_local(s, source), HAWSER_ERR_EXISTS);
}

/* ---- automatic ASCONF -------------------------------------------------------------------------------------------- */

SCRIPT(rfc5061_auto_follows, "RFC 6458 8.1.23",
       "with auto_asconf the machine's addresses are added and removed, and nothing is told") {
    begin_following(s, .peer_addresses = 1);
    up(1);
    expect_request(s, 0, 0, 0, OURS(0), ADD(1, OURS(1)));
    up(1); /* told again: nothing new */
    inject(s, CONF_ACK(0));
    expect_nothing(s);
    down(0); /* the source of everything so far */
    expect_request(s, 1, 0, 1, OURS(1), DELETE(2, OURS(0)));
    send_message(s, 0, 10, 0);
    expect(s, DATA, .from = 1);
    inject_by(s, WAY(.to = 1), SACK(.cum = 0), CONF_ACK(1));
    expect_no_item(s);
}

SCRIPT(rfc5061_auto_off, "RFC 6458 8.1.23", "without it, or if the endpoint names its addresses, nothing is asked") {
    up(0);
    begin_active(s, .local_addresses = 0, .peer_addresses = 1);
    up(1);
    down(1);
    expect_nothing(s);
}

SCRIPT(rfc5061_auto_named, "RFC 6458 8.1.23", "an endpoint that names its addresses does not follow the machine's") {
    set(s, AUTO_ASCONF, 1);
    begin_active(s, .local_addresses = 1, .peer_addresses = 1);
    up(1);
    down(0);
    expect_nothing(s);
}

SCRIPT(rfc5061_auto_the_last_address_goes, "RFC 5061 5.3 F1, F5, 5.3.2",
       "when the last address is gone nothing is sent; a new one is added from itself, then everything goes on") {
    begin_following(s, .peer_addresses = 1);
    send_message(s, 0, 10, 0);
    expect(s, DATA, .from = 0, .tsn = 0);
    down(0);
    send_message(s, 0, 10, HAWSER_SEND_NO_DELAY);
    advance(s, ms(100));
    expect_nothing(s);
    up(2);
    expect_request(s, 2, 0, 0, OURS(0), ADD(1, OURS(2))); /* the removal waits for it */
    expect_nothing(s);
    inject_by(s, WAY(.to = 2), CONF_ACK(0));
    expect_request(s, 2, 0, 1, OURS(2), DELETE(2, OURS(0)));
    expect(s, DATA, .from = 2, .tsn = 1);
    inject_by(s, WAY(.to = 2), SACK(.cum = 1), CONF_ACK(1));
    expect_no_item(s);
}

SCRIPT(rfc5061_auto_nowhere_for_ever, "RFC 9260 8.1, 8.3",
       "without a local address an idle association ends after as many heartbeats as could not be sent") {
    begin_following(s, .peer_addresses = 2, .heartbeats = 1);
    down(0);
    hawser_time gone = s->now;
    while (status_of(s).state == HAWSER_ESTABLISHED && s->now - gone < sec(3600))
        advance(s, sec(1));
    expect_nothing(s);
    expect_item(s, HAWSER_PATH_CHANGED);
    skip_items(s);
    check(s->now - gone > sec(120) && s->now - gone < sec(1000));
}

SCRIPT(rfc5061_auto_nowhere_for_ever_with_data, "RFC 9260 8.1, 6.3.3",
       "without a local address data that waits to be sent ends the association, too, be there heartbeats or not") {
    begin_following(s, .peer_addresses = 1);
    down(0);
    send_message(s, 0, 10, 0);
    advance(s, sec(1000));
    expect_nothing(s);
    expect_item(s, HAWSER_PATH_CHANGED);
    expect_item(s, HAWSER_SEND_FAILED);
    expect_ended(s, HAWSER_END_LOST);
}

SCRIPT(rfc5061_auto_nowhere_for_ever_to_send_again, "RFC 9260 8.1, 6.3.3", "likewise with data that is to be sent again") {
    begin_following(s, .peer_addresses = 1);
    send_message(s, 0, 10, 0);
    expect(s, DATA);
    down(0);
    advance(s, sec(1000));
    expect_nothing(s);
    expect_item(s, HAWSER_PATH_CHANGED);
    expect_item(s, HAWSER_SEND_FAILED);
    expect_ended(s, HAWSER_END_LOST);
}

SCRIPT(rfc5061_auto_nowhere_for_a_while, "RFC 9260 8.1, 8.3, RFC 5061 5.3",
       "an address that comes before that: a heartbeat goes at once, and its answer forgives all") {
    begin_following(s, .peer_addresses = 1, .heartbeats = 1);
    down(0);
    advance(s, sec(100));
    expect_nothing(s);
    check(path_of(s, 1).error_count > 0);
    up(2);
    expect_request(s, 2, 0, 0, OURS(0), ADD(1, OURS(2)));
    inject_by(s, WAY(.to = 2), CONF_ACK(0));
    skip_output(s);
    skip_items(s);
    s->quiet_end = true;
}

SCRIPT(rfc5061_auto_flaps, "RFC 5061 5.1, notes", "an address that comes and goes costs one request at a time") {
    begin_following(s, .peer_addresses = 1);
    for (int i = 0; i < 100; i++) {
        up(1);
        down(1);
    }
    expect_request(s, 0, 0, 0, OURS(0), ADD(1, OURS(1)));
    expect_nothing(s);
    inject(s, CONF_ACK(0));
    expect(s, ASCONF);
    inject(s, CONF_ACK(1));
    for (int i = 0; i < 3 && next_chunk(s) == HW_ASCONF; i++) {
        expect(s, ASCONF);
        inject(s, CONF_ACK(2 + i));
    }
    expect_nothing(s);
    send_message(s, 0, 10, 0);
    expect(s, DATA, .from = 0);
}

SCRIPT(rfc5061_auto_scope, "RFC 9260 5.1.2, notes", "an address that the peer cannot reach is not added") {
    begin_following(s, .peer_addresses = 1);
    struct hawser_report report = {.size = sizeof report, .kind = HAWSER_REPORT_ADDRESS_UP};
    report.local = script_ipv4(127, 0, 0, 1, 0);
    hawser_report(s->stack, s->now, &report);
    report.local = script_ipv4(169, 254, 0, 1, 0);
    hawser_report(s->stack, s->now, &report);
    script_pump(s);
    expect_nothing(s);
}

SCRIPT(rfc5061_auto_catches_up, "RFC 6458 8.1.23", "what changed while the association was set up is asked for then") {
    set(s, AUTO_ASCONF, 1);
    up(0);
    begin(s, .local_addresses = 0, .peer_addresses = 1);
    reach_cookie_echoed(s);
    up(1);
    expect_nothing(s);
    inject(s, COOKIE_ACK());
    expect(s, ASCONF);
    inject(s, CONF_ACK(0));
    skip_items(s);
}

SCRIPT(rfc5061_auto_catches_up_passive, "RFC 6458 8.1.23; RFC 9260 5.1 D, 6.4",
       "what came after the INIT ACK is no source until it was asked for, and that goes behind the COOKIE ACK") {
    set(s, AUTO_ASCONF, 1);
    up(0);
    begin(s, .local_addresses = 0, .peer_addresses = 1);
    get_cookie(s);
    advance(s, ms(50));
    up(1);
    inject(s, COOKIE_ECHO());
    expect(s, COOKIE_ACK);
    expect_request(s, 0, 0, 0, OURS(0), ADD(1, OURS(1)));
    down(0); /* the only one that the peer knows */
    expect_arrived(s);
    skip_items(s);
    send_message(s, 0, 10, 0);
    expect_nothing(s);
    inject_by(s, WAY(.to = 1), CONF_ACK(0));
    expect_request(s, 1, 0, 1, OURS(1), DELETE(2, OURS(0)));
    expect(s, DATA, .from = 1);
}
