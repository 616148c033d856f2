/* SPDX-License-Identifier: MIT
 *
 * RFC 4895 where it meets other rules: restarts into a world without AUTH, violations that end nothing, a host whose HMAC fails.
 */
#include "auth.h"
#include "reconfig.h"
#include <hawser/loop.h>

static void has_key_event(struct script *s, uint32_t event) {
    const struct hawser_item *item = expect_item(s, HAWSER_KEY_EVENT);
    check_equal(item->key.event, event);
}

static void restart_without_auth(struct script *s) {
    s->peer_tag++;
    inject_by(s, WAY(.tag = 0), INIT(.params = NOTHING));
    remember(s, expect(s, INIT_ACK));
    inject(s, COOKIE_ECHO());
    expect(s, COOKIE_ACK);
    expect_item(s, HAWSER_RESTARTED);
}

SCRIPT(rfc4895_restart_without_auth, "RFC 4895 6.1; RFC 6458 6.1.8; RFC 9260 5.2.4 A",
       "a peer that comes back without AUTH: the user is told that nothing is authenticated any more") {
    auth_start(s, .requires = BYTES(HW_DATA));
    auth_establish_passive(s);
    restart_without_auth(s);
    has_key_event(s, HAWSER_KEY_NO_AUTH);
    inject(s, DATA(.tsn = 0));
    expect(s, SACK, .cum = 0);
}

SCRIPT(rfc4895_restart_forgets_unproved, "RFC 4895 6.3; RFC 9260 5.2.4 A",
       "what was not authenticated before a restart excuses no violation after it") {
    auth_start(s, .requires = BYTES(HW_ABORT));
    auth_establish_passive(s);
    inject(s, HEARTBEAT(U32(1))); /* not behind AUTH: it ends nothing */
    expect(s, HEARTBEAT_ACK);
    restart_without_auth(s);
    skip_items(s);
    inject(s, DATA(.tsn = 0, .size = 0));
    expect(s, ABORT, .cause = HW_CAUSE_NO_USER_DATA);
    expect_ended(s, HAWSER_END_VIOLATION);
}

SCRIPT(rfc4895_6_3_half_a_sack, "RFC 4895 6.3; RFC 9260 6.2.1",
       "a SACK that would end the association, were it authenticated, leaves nothing half done") {
    auth_start(s, .requires = BYTES(HW_ABORT));
    auth_establish_passive(s);
    set(s, NO_DELAY, 1);
    for (int i = 0; i < 3; i++) {
        send_message(s, 0, 100, HAWSER_SEND_NO_DELAY);
        expect(s, DATA, .tsn = i);
    }
    inject(s, SACK(.cum = 2, .gaps = {{5, 6}})); /* all, and what was never sent */
    expect_state(s, ESTABLISHED);
    hawser_time rto = path_of(s, 1).rto;
    advance(s, sec(5)); /* T3 has nothing to watch */
    check_equal(path_of(s, 1).rto, rto);
}


SCRIPT(rfc4895_6_2_long_reset, "RFC 4895 6.2; RFC 6525 5.1.2 A4",
       "AUTH has its room in the packet with a list of streams: TOO_BIG is said at once, and what is not too big goes") {
    static uint16_t list[1000];
    for (int i = 0; i < 1000; i++)
        list[i] = (uint16_t)i;
    set(s, STREAMS_OUT, 1000);
    auth_start(s, .chunks = BYTES(HW_RE_CONFIG), .plan = {PLAN_DEFAULTS, .mis = 1000, .params = OFFERS_RECONFIG});
    auth_establish_passive(s);
    size_t most = (1500 - 20 - 12 - 40 - 4 - 16) / 2;
    check_equal(hawser_reset_streams(s->stack, s->now, s->association, 1, list, most + 1), HAWSER_ERR_TOO_BIG);
    check_equal(hawser_reset_streams(s->stack, s->now, s->association, 1, list, most), 0);
    expect_auth(s);
    check_equal(expect_also(s, RE_CONFIG)->whole.size, 1468 - 40);
    inject(s, RE_CONFIG(RESPONSE(0, 1)));
    expect_item(s, HAWSER_STREAMS_RESET, .flags = ITEM_OUT);
}

/* ---- the host --------------------------------------------------------------------------------------------------- */

static bool fails;
static int failing(void *user, int hash, struct hawser_span key, const struct hawser_span *text, size_t count, uint8_t *out) {
    struct hawser_host standard;
    (void)user;
    hawser_host_default(&standard);
    return fails ? -1 : standard.hmac(standard.user, hash, key, text, count, out);
}

SCRIPT(rfc4895_host_fails, "RFC 4895 6.2, 6.3, notes",
       "an HMAC that the host cannot compute is as a packet that is lost, either way") {
    struct hawser_host host = s->host;
    host.hmac = failing;
    fails = false;
    hawser_free(s->stack);
    check_equal(hawser_new(&s->stack, NULL, &host), 0);
    auth_start(s, .requires = BYTES(HW_DATA), .chunks = BYTES(HW_DATA));
    auth_establish_passive(s);
    fails = true;
    send_message(s, 0, 100, 0);
    expect(s, AUTH);
    expect_also(s, DATA, .tsn = 0);
    inject(s, PROVED(DATA(.tsn = 0)));
    expect_nothing(s);
    expect_state(s, ESTABLISHED);
    fails = false;
    wait_packet(s, sec(2));
    expect_auth(s);
    expect_also(s, DATA, .tsn = 0);
    inject(s, PROVED(DATA(.tsn = 0)));
    expect(s, SACK, .cum = 0);
}

SCRIPT(rfc4895_no_memory_for_a_new_peer, "RFC 4895 6.3; RFC 9260 5.1 D, 3.3.10.4",
       "a cookie with AUTH for which there is no memory makes no association, be the setting off by now or not; another may") {
    auth_start(s, .requires = BYTES(HW_DATA));
    listen_now(s);
    for (int off = 0; off < 2; off++) {
        int refused = 0;
        for (long n = 0;; n++, refused++) {
            check(n < 40);
            s->peer_tag++;
            inject_by(s, WAY(.tag = 0), INIT());
            remember(s, expect(s, INIT_ACK));
            auth_learn(s);
            check_equal(hawser_set(s->stack, s->now, s->endpoint, 0, HAWSER_SET_AUTHENTICATION, !off), 0);
            s->fail_after = n;
            inject(s, COOKIE_ECHO());
            s->fail_after = -1;
            check_equal(hawser_set(s->stack, s->now, s->endpoint, 0, HAWSER_SET_AUTHENTICATION, 1), 0);
            if (next_chunk(s) == HW_COOKIE_ACK)
                break;
            expect(s, ABORT, .cause = HW_CAUSE_OUT_OF_RESOURCE, .tag = s->peer_tag, .t = 0);
            struct hawser_item item;
            check_equal(hawser_receive(s->stack, s->endpoint, &item, 1), 0);
        }
        check(refused > 2);
        expect(s, COOKIE_ACK);
        expect_arrived(s);
        inject(s, PROVED(DATA(.tsn = 0)));
        expect(s, SACK, .cum = 0);
        skip_items(s);
        inject(s, PROVED(ABORT(NOTHING)));
        expect_ended(s, HAWSER_END_PEER_ABORTED);
    }
}
