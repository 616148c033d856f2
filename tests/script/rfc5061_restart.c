/* SPDX-License-Identifier: MIT
 *
 * RFC 5061 beside a restart of the peer (RFC 9260 5.2.4 A), which knows nothing of what was under way; and chunks of our own that
 * the path has become too small for.
 */
#include "asconf.h"
#include "auth.h"

/* The peer comes back under another tag, from the address where it was. */
static void restart_peer(struct script *s) {
    advance(s, 1);
    s->peer_tag++;
    s->peer_tsn += 5000;
    inject_by(s, WAY(.tag = 0), INIT());
    remember(s, expect(s, INIT_ACK));
    inject(s, COOKIE_ECHO());
    expect(s, COOKIE_ACK);
}

SCRIPT(rfc5061_restart_while_adding, "RFC 5061 5.1 A2; RFC 9260 5.2.4 A",
       "a restart while additions are under way: the peer as it is now is asked for them, with a serial number of its own") {
    begin(s, .local_addresses = 1, .peer_addresses = 1);
    establish_active(s);
    now_do(add_local(s, 1));
    expect(s, ASCONF);
    check_equal(add_local(s, 2), 0); /* it waits for the first */
    uint32_t old_tag = s->stack_tag, old_tsn = s->stack_tsn;
    restart_peer(s);
    expect_item(s, HAWSER_RESTARTED);
    expect_request(s, 0, 0, 0, OURS(0), ADD(2, OURS(1)), ADD(3, OURS(2)));
    inject_by(s, WAY(.tag = old_tag), CHUNK(HW_ASCONF_ACK, 0, U32(old_tsn))); /* of the one before */
    expect_no_item(s);
    inject(s, CONF_ACK(0));
    expect_done(s, ADD);
    expect_done(s, ADD);
    check_equal(add_local(s, 1), HAWSER_ERR_EXISTS);
    send_message(s, 0, 10, 0);
    expect(s, DATA);
}

SCRIPT(rfc5061_restart_without_asconf, "RFC 5061 5.1 A9; RFC 9260 5.2.4 A",
       "the peer comes back without ASCONF: what was asked for is refused, and addresses it was not told of are no sources") {
    begin(s, .local_addresses = 1, .peer_addresses = 1);
    establish_active(s);
    now_do(add_local(s, 1));
    expect(s, ASCONF);
    check_equal(prefer_local(s, 0), 0);
    s->plan.params = NOTHING;
    restart_peer(s);
    expect_item(s, HAWSER_RESTARTED);
    expect_refused(s, ADD, 0);
    expect_refused(s, SET_PRIMARY, 0);
    check_equal(add_local(s, 1), HAWSER_ERR_STATE);
    advance(s, sec(20)); /* no T-4 */
    skip_output(s);
    check_equal(COUNT(OutAsconfs), 1);
    s->quiet_end = true;
}

SCRIPT(rfc5061_restart_while_removing, "RFC 5061 5.1, 5.3 F4; RFC 9260 5.2.4 A",
       "a restart while a removal is under way: the peer is told of the others alone, so it is done") {
    begin(s, .local_addresses = 2, .peer_addresses = 1);
    establish_active(s);
    now_do(remove_local(s, 1));
    expect_request(s, 0, 0, 0, OURS(0), DELETE(1, OURS(1)));
    restart_peer(s);
    expect_item(s, HAWSER_RESTARTED);
    expect_done(s, REMOVE);
    check_equal(remove_local(s, 1), HAWSER_ERR_ADDRESS);
    now_do(add_local(s, 1));
    expect_request(s, 0, 0, 0, OURS(0), ADD(2, OURS(1)));
    inject(s, CONF_ACK(0));
    expect_done(s, ADD);
}

/* ---- small paths ------------------------------------------------------------------------------------------------ */

SCRIPT(rfc5061_small_path, "RFC 5061 5.1.1 C5; RFC 4895 6.2",
       "many requests with AUTH over a path of 576 bytes: chunks that fit") {
    set(s, DYNAMIC_ADDRESSES, 1);
    set(s, PATH_MTU, 576);
    auth_start(s, .chunks = BYTES(HW_ASCONF, HW_ASCONF_ACK),
               .plan = {PLAN_DEFAULTS, .params = ASCONF_OFFER, .local_addresses = 1, .udp = true});
    auth_establish_active(s);
    for (int i = 0; i < 32; i++)
        check_equal(prefer_local(s, 0), 0);
    script_pump(s);
    expect_auth(s);
    check(expect_also(s, ASCONF)->packet->size <= 548);
    expect_state(s, ESTABLISHED);
    inject(s, PROVED(CONF_ACK(0)));
    expect_auth(s);
    expect_also(s, ASCONF);
    skip_items(s);
}

SCRIPT(rfc5061_large_answer, "RFC 5061 5.2 E6, E7; RFC 9260 6.9",
       "an answer that is larger than the path's MTU by itself goes all the same, fragmented by IP") {
    set(s, PATH_MTU, 576);
    begin(s, .peer_addresses = HAWSER_ADDRESSES_MAX);
    establish_passive(s);
    skip_output(s);
    uint8_t *bytes = script_bytes(s, 30 * 16);
    for (unsigned i = 0; i < 30; i++) {
        struct hawser_address address = script_ipv4(198, 18, 0, i + 1, 0);
        memcpy(bytes + 16 * i, ADD(i + 1, script_address_param(s, &address)).data, 16);
    }
    inject(s, ASCONF(0, PEER(0), ((struct hawser_span){bytes, 30 * 16})));
    const struct seen *answer = expect(s, ASCONF_ACK, .to = 0, .flags = HAWSER_DEPARTURE_MAY_FRAGMENT);
    check(answer->whole.size > 544 && answer->whole.size <= 1024);
    skip_items(s);
    s->quiet_end = true;
}

SCRIPT(rfc5061_restart_without_memory, "RFC 9260 5.2.4 A, 3.3.10.4; RFC 5061 5.3 F13",
       "a restart for whose address, deleted meanwhile, there is no memory: ABORT to the new peer, and the old one has ended") {
    begin_passive(s, .peer_addresses = 2);
    inject_by(s, WAY(.from = 1, .tag = 0), INIT(.tag = PEER_TAG + 1));
    const struct seen *ack = expect(s, INIT_ACK, .to = 1, .tag = PEER_TAG + 1);
    s->cookie = param_of(ack, HW_PARAM_COOKIE);
    uint32_t tag = ack->init.tag;
    inject(s, ASCONF(0, PEER(0), DELETE(1, PEER(1)))); /* of the old one, late */
    expect_answer(s, 0, 0, NOTHING);
    s->fail_after = 0;
    inject_by(s, WAY(.from = 1, .tag = tag), COOKIE_ECHO());
    s->fail_after = -1;
    expect(s, ABORT, .to = 1, .cause = HW_CAUSE_OUT_OF_RESOURCE, .tag = PEER_TAG + 1, .t = 0);
    expect_ended(s, HAWSER_END_NO_MEMORY, .code = HW_CAUSE_OUT_OF_RESOURCE);
    inject(s, HEARTBEAT(U32(1))); /* the tables have forgotten it */
    expect(s, ABORT, .t = 1);
}
