/* SPDX-License-Identifier: MIT
 *
 * RFC 5061 with RFC 4895, as it must be (dynamic_addresses 1): what is not authenticated does nothing.
 */
#include "asconf.h"
#include "auth.h"

#define BOTH BYTES(HW_ASCONF, HW_ASCONF_ACK)
#define safe_start(...) \
    do { \
        set(s, DYNAMIC_ADDRESSES, 1); \
        set(s, HB_MAX_BURST, 100); \
        auth_start(s, .chunks = BOTH, .plan = {PLAN_DEFAULTS, .params = ASCONF_OFFER, __VA_ARGS__}); \
    } while (0)

SCRIPT(rfc5061_auth_peer_asks, "RFC 5061 4.1.1, 5.2 D5", "an authenticated ASCONF is carried out and its answer authenticated") {
    safe_start(.peer_addresses = 2);
    auth_establish_passive(s);
    inject(s, PROVED(ASCONF(0, PEER(0), DELETE(1, PEER(1)))));
    expect_auth(s);
    check_bytes(s, expect_also(s, ASCONF_ACK, .to = 0), U32(s->peer_tsn));
    check_equal(status_of(s).path_count, 1);
    skip_items(s);
}

SCRIPT(rfc5061_auth_answer_not_listed, "RFC 5061 4.1.2",
       "ASCONF-ACK goes behind AUTH whether the peer lists it in CHUNKS or not") {
    set(s, DYNAMIC_ADDRESSES, 1);
    auth_start(s, .chunks = BYTES(HW_ASCONF), .plan = {PLAN_DEFAULTS, .params = ASCONF_OFFER, .peer_addresses = 2});
    auth_establish_passive(s);
    inject(s, PROVED(ASCONF(0, PEER(0), DELETE(1, PEER(1)))));
    expect_auth(s);
    expect_also(s, ASCONF_ACK, .to = 0);
    skip_items(s);
}

SCRIPT(rfc5061_auth_unproved, "RFC 5061 4.1.1, 4.1.2, 5.2 D5", "without AUTH, or with a wrong one, it is silently discarded") {
    safe_start(.peer_addresses = 2);
    auth_establish_passive(s);
    inject(s, ASCONF(0, PEER(0), DELETE(1, PEER(1))));
    inject(s, PROVED_BY(HOW(.spoil = 1), ASCONF(0, PEER(0), DELETE(1, PEER(1))), DATA(.tsn = 0)));
    inject_by(s, WAY(.from = 5), ASCONF(0, PEER(0), ADD(1, WILD)));
    inject_by(s, WAY(.from = 5), PROVED_BY(HOW(.spoil = 1), ASCONF(0, PEER(0), ADD(1, WILD))));
    inject(s, CONF_ACK(0)); /* F0 would end the association */
    expect_nothing(s);
    expect_no_item(s);
    expect_state(s, ESTABLISHED);
    check_equal(status_of(s).path_count, 2);
    inject(s, PROVED(ASCONF(0, PEER(0), DELETE(1, PEER(1))))); /* no serial number was spent */
    expect_auth(s);
    expect_also(s, ASCONF_ACK);
    skip_items(s);
}

SCRIPT(rfc5061_auth_from_a_new_address, "RFC 5061 5.2 D2, D5, E6; RFC 4895 6.3",
       "an ASCONF from an unknown address is looked up behind its AUTH, then proved") {
    safe_start(.peer_addresses = 1);
    auth_establish_passive(s);
    inject_by(s, WAY(.from = 5), PROVED(ASCONF(0, PEER(0), ADD(1, WILD), DELETE(2, PEER(0)))));
    expect_auth(s);
    expect_also(s, ASCONF_ACK, .to = 5);
    confirm_path(s, 5);
    check_equal(status_of(s).path_count, 1);
    skip_items(s);
    inject_by(s, WAY(.from = 6), PROVED(ASCONF(1, PEER(5), DELETE(2, PEER(5))))); /* refused, and answered there all the same */
    expect_auth(s);
    expect_also(s, ASCONF_ACK, .to = 6);
}

SCRIPT(rfc5061_auth_own, "RFC 5061 4.1.1", "our ASCONF goes behind AUTH, also when it is repeated") {
    safe_start(.peer_addresses = 1, .local_addresses = 1);
    auth_establish_active(s);
    now_do(add_local(s, 1));
    for (int i = 0; i < 2; i++) {
        expect_auth(s);
        expect_also(s, ASCONF);
        if (i == 0)
            wait_packet(s, sec(5));
    }
    inject(s, CONF_ACK(0));
    expect_no_item(s);
    inject(s, PROVED(CONF_ACK(0)));
    expect_done(s, ADD);
}

SCRIPT(rfc5061_auth_not_listed, "RFC 5061 4.1.1, 4.2.7", "also if the peer forgot to list the chunks in CHUNKS") {
    set(s, DYNAMIC_ADDRESSES, 1);
    auth_start(s, .plan = {PLAN_DEFAULTS, .params = ASCONF_OFFER, .local_addresses = 1});
    auth_establish_active(s);
    now_do(add_local(s, 1));
    expect_auth(s);
    expect_also(s, ASCONF);
    inject(s, PROVED(CONF_ACK(0)));
    expect_done(s, ADD);
}

SCRIPT(rfc5061_6_init_without_auth, "RFC 5061 6", "an INIT that offers ASCONF without AUTH is answered by ABORT") {
    set(s, DYNAMIC_ADDRESSES, 1);
    set(s, AUTHENTICATION, 1);
    start(s, .params = ASCONF_OFFER);
    listen_now(s);
    inject(s, INIT());
    expect(s, ABORT, .tag = s->peer_tag, .cause = HW_CAUSE_PROTOCOL_VIOLATION);
    inject(s, INIT(.params = JOIN(ASCONF_OFFER, PARAM(HW_PARAM_EXTENSIONS, BYTES(HW_AUTH))))); /* without RANDOM */
    expect(s, ABORT, .tag = s->peer_tag, .cause = HW_CAUSE_PROTOCOL_VIOLATION);
    inject(s, INIT(.params = NOTHING)); /* neither: that is fine */
    expect(s, INIT_ACK);
}

SCRIPT(rfc5061_6_init_ack_without_auth, "RFC 5061 6",
       "after an INIT ACK that offers ASCONF without AUTH no COOKIE ECHO is sent; the attempt ends, and is told") {
    set(s, DYNAMIC_ADDRESSES, 1);
    set(s, AUTHENTICATION, 1);
    start(s, .params = ASCONF_OFFER);
    reach_cookie_wait(s);
    inject(s, INIT_ACK());
    expect_nothing(s);
    expect_ended(s, HAWSER_END_REFUSED, .code = HW_CAUSE_PROTOCOL_VIOLATION);
}

SCRIPT(rfc5061_6_not_offered_without_auth, "RFC 5061 4.2.7",
       "with dynamic_addresses 1 and no AUTH of our own nothing is offered") {
    set(s, DYNAMIC_ADDRESSES, 1);
    start(s, .params = ASCONF_OFFER);
    establish_active(s);
    check_equal(add_local(s, 3), HAWSER_ERR_STATE);
    inject(s, ASCONF(0, PEER(0), PREFER(1, PEER(0))));
    expect(s, ERROR, .cause = HW_CAUSE_UNRECOGNIZED_CHUNK);
}

SCRIPT(rfc5061_auth_missing, "RFC 5061 5.2 D5", "an ASCONF that is not behind AUTH is discarded with the rest of its packet") {
    safe_start(.peer_addresses = 2);
    auth_establish_passive(s);
    inject(s, DATA(.tsn = 0), ASCONF(0, PEER(0), DELETE(1, PEER(1))), DATA(.tsn = 1));
    expect(s, SACK, .cum = 0);
    inject(s, DATA(.tsn = 0), CONF_ACK(0), DATA(.tsn = 1)); /* an answer is discarded alone (RFC 4895 6.3) */
    wait_packet(s, sec(1));
    expect(s, SACK, .cum = 1, .dup_count = 1);
    skip_items(s);
}

SCRIPT(rfc5061_6_collision_without_auth, "RFC 5061 6; RFC 9260 5.2.1",
       "in an INIT collision, too, an INIT that offers ASCONF without AUTH is answered by ABORT") {
    set(s, DYNAMIC_ADDRESSES, 1);
    set(s, AUTHENTICATION, 1);
    start(s, .params = ASCONF_OFFER);
    reach_cookie_wait(s);
    inject(s, INIT());
    expect(s, ABORT, .tag = s->peer_tag, .cause = HW_CAUSE_PROTOCOL_VIOLATION);
    expect_state(s, COOKIE_WAIT);
}
