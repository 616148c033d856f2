/* SPDX-License-Identifier: MIT
 *
 * RFC 4895 3, 6.1 and the set-up parts of 6.3: what both sides say of AUTH, and what follows from it.
 */
#include "auth.h"

/* ---- what is said ------------------------------------------------------------------------------------------------ */

SCRIPT(rfc4895_3_1_said, "RFC 4895 3.1, 3.2, 3.3, 6.1", "INIT has RANDOM of 32 bytes, CHUNKS if any, HMAC-ALGO with SHA-1") {
    auth_start(s, .requires = BYTES(HW_DATA, HW_ABORT));
    connect_now(s, 1);
    const struct seen *init = expect(s, INIT);
    check_equal(param_of(init, HW_PARAM_RANDOM).size, 32);
    check_equal(param_of(init, HW_PARAM_CHUNKS).size, 2);
    check(memcmp(param_of(init, HW_PARAM_CHUNKS).data, "\0\6", 2) == 0);
    check(memcmp(param_of(init, HW_PARAM_HMACS).data, "\0\3\0\1", 4) == 0);
    struct hawser_span extensions = param_of(init, HW_PARAM_EXTENSIONS);
    check(extensions.data && memchr(extensions.data, HW_AUTH, extensions.size));
}

SCRIPT(rfc4895_3_not_by_default, "RFC 4895 3", "without the setting nothing is said of AUTH, and nothing is agreed on") {
    start(s, .params = PARAM(HW_PARAM_RANDOM, FILL(32, 1)));
    connect_now(s, 1);
    const struct seen *init = expect(s, INIT);
    check(!param_of(init, HW_PARAM_RANDOM).data && !param_of(init, HW_PARAM_HMACS).data && !param_of(init, HW_PARAM_CHUNKS).data);
}

SCRIPT(rfc4895_3_no_hmac_in_host, "RFC 4895 3",
       "a host that cannot compute an HMAC of spans, perhaps an older one: not offered") {
    s->host.hmac = NULL;
    struct hawser_host older = s->host;
    older.size = offsetof(struct hawser_host, hmac);
    hawser_free(s->stack);
    check_equal(hawser_new(&s->stack, NULL, &older), 0);
    struct hawser_endpoint_options options = {.size = sizeof options, .address_count = 1, .addresses = &s->local[0]};
    struct hawser_connect_options to = {.size = sizeof to, .port = 7, .address_count = 1, .addresses = &s->peer[0]};
    check_equal(hawser_set(s->stack, s->now, 0, 0, HAWSER_SET_AUTHENTICATION, 1), 0);
    check_equal(hawser_open(s->stack, &options, &s->endpoint), 0);
    check_equal(hawser_connect(s->stack, s->now, s->endpoint, &to, &s->association), 0);
    check(!param_of(expect(s, INIT), HW_PARAM_RANDOM).data);
}

SCRIPT(rfc4895_3_2_never, "RFC 4895 3.2", "INIT, INIT ACK, SHUTDOWN COMPLETE and AUTH cannot be required") {
    static const uint8_t never[] = {HW_INIT, HW_INIT_ACK, HW_SHUTDOWN_COMPLETE, HW_AUTH};
    auth_start(s);
    for (unsigned i = 0; i < sizeof never; i++)
        check_equal(hawser_auth_require(s->stack, s->endpoint, never[i], 1), HAWSER_ERR_ARGUMENT);
    check_equal(hawser_auth_require(s->stack, s->endpoint, 256, 1), HAWSER_ERR_ARGUMENT);
    check_equal(hawser_auth_require(s->stack, s->endpoint, HW_DATA, 1), 0);
    check_equal(hawser_auth_require(s->stack, s->endpoint, HW_DATA, 0), 0);
    connect_now(s, 1);
    check(!param_of(expect(s, INIT), HW_PARAM_CHUNKS).data);
}

SCRIPT(rfc4895_3_2_never_wanted, "RFC 4895 3.2", "INIT, INIT ACK, SHUTDOWN COMPLETE and AUTH in a peer's CHUNKS are ignored") {
    auth_start(s, .chunks = BYTES(HW_INIT, HW_INIT_ACK, HW_SHUTDOWN_COMPLETE, HW_AUTH));
    auth_establish_passive(s);
    reach_shutdown_sent(s);
    inject(s, SHUTDOWN_ACK());
    expect(s, SHUTDOWN_COMPLETE);
    expect_ended(s, HAWSER_END_SHUTDOWN);
}

SCRIPT(rfc4895_3_3_choice, "RFC 4895 3.3", "HMAC-ALGO by preference; SHA-1 is always in it") {
    set(s, HMACS, 1);
    auth_start(s);
    connect_now(s, 1);
    check(memcmp(param_of(expect(s, INIT), HW_PARAM_HMACS).data, "\0\1\0\3", 4) == 0);
    check_equal(hawser_close(s->stack, s->now, s->association), 0);
    s->association = 0;
    check_equal(hawser_set(s->stack, s->now, s->endpoint, 0, HAWSER_SET_HMACS, 2), 0);
    connect_now(s, 1);
    check_equal(param_of(expect(s, INIT), HW_PARAM_HMACS).size, 2);
}

/* ---- what is heard ------------------------------------------------------------------------------------------------ */

SCRIPT(rfc4895_6_1_random_passive, "RFC 4895 6.1", "an INIT whose RANDOM is not 32 bytes: ABORT with Protocol Violation") {
    auth_start(s, .random = 31);
    listen_now(s);
    inject(s, INIT());
    expect(s, ABORT, .cause = HW_CAUSE_PROTOCOL_VIOLATION, .t = 0);
}

SCRIPT(rfc4895_6_1_random_active, "RFC 4895 6.1", "an INIT ACK whose RANDOM is not 32 bytes: ABORT with Protocol Violation") {
    auth_start(s, .random = 33);
    reach_cookie_wait(s);
    inject(s, INIT_ACK());
    expect(s, ABORT, .cause = HW_CAUSE_PROTOCOL_VIOLATION);
    expect_ended(s, HAWSER_END_REFUSED, .code = HW_CAUSE_PROTOCOL_VIOLATION);
}

SCRIPT(rfc4895_6_1_random_ignored, "RFC 4895 3, 6.1", "who does not offer AUTH does not look at RANDOM") {
    auth_start(s, .random = 5);
    check_equal(hawser_set(s->stack, s->now, s->endpoint, 0, HAWSER_SET_AUTHENTICATION, 0), 0);
    establish_active(s);
}

static void no_auth(struct script *s) {
    const struct hawser_item *item = expect_item(s, HAWSER_KEY_EVENT);
    check_equal(item->key.event, HAWSER_KEY_NO_AUTH);
    inject(s, DATA(.tsn = 0));
    expect(s, SACK, .cum = 0);
    struct hawser_auth_status status = HAWSER_INIT(status);
    check_equal(hawser_auth_status(s->stack, s->association, &status), 0);
    check_equal(status.hmac, 0);
}

SCRIPT(rfc4895_6_1_peer_without, "RFC 4895 6.1; RFC 6458 6.1.8",
       "a peer without AUTH: the user is told, nothing is required of it") {
    start(s, .os = 10);
    set(s, AUTHENTICATION, 1);
    script_open(s);
    REQUIRE(HW_DATA);
    connect_now(s, 1);
    remember(s, expect(s, INIT));
    inject(s, INIT_ACK());
    expect(s, COOKIE_ECHO);
    inject(s, COOKIE_ACK());
    expect_item(s, HAWSER_UP);
    no_auth(s);
}

SCRIPT(rfc4895_3_3_no_hmac_list, "RFC 4895 3.3, 6.1", "RANDOM without HMAC-ALGO, or with none that is known: no AUTH") {
    auth_start(s, .hmacs = BYTES(0, 2, 0, 9));
    REQUIRE(HW_DATA);
    get_cookie(s);
    inject(s, COOKIE_ECHO());
    expect(s, COOKIE_ACK);
    expect_arrived(s);
    expect_item(s, HAWSER_UP);
    no_auth(s);
}

SCRIPT(rfc4895_3_2_too_long, "RFC 4895 3.2", "CHUNKS of more than 260 bytes: no AUTH, and no harm") {
    auth_start(s, .chunks = FILL(257, HW_DATA));
    get_cookie(s);
    inject(s, COOKIE_ECHO());
    expect(s, COOKIE_ACK);
    expect_arrived(s);
    expect_item(s, HAWSER_UP);
    no_auth(s);
}

SCRIPT(rfc4895_3_2_longest, "RFC 4895 3.2, 6.1", "CHUNKS of 260 bytes fits into the cookie, and into the key") {
    auth_start(s, .chunks = FILL(256, HW_SACK), .requires = BYTES(HW_DATA));
    auth_establish_passive(s);
    inject(s, PROVED(DATA(.tsn = 0)));
    expect_auth(s);
    expect_also(s, SACK, .cum = 0);
}

SCRIPT(rfc4895_6_1_first_known, "RFC 4895 6.1", "the first HMAC of the peer's list that we know; unknown ones do no harm") {
    auth_start(s, .chunks = BYTES(HW_DATA), .hmacs = BYTES(0, 7, 0, 1, 0, 3));
    auth_establish_active(s);
    send_message(s, 0, 10, 0);
    expect_auth(s, .hmac = SHA1);
    expect_also(s, DATA);
    struct hawser_auth_status status = HAWSER_INIT(status);
    check_equal(hawser_auth_status(s->stack, s->association, &status), 0);
    check_equal(status.hmac, SHA1);
    check_equal(status.wanted[0], 1);
}

/* ---- keys of the association -------------------------------------------------------------------------------------- */

/* RANDOM is 32 times 0x07 on our side and 32 times 0x9c on the peer's; both list SHA-256 and SHA-1; the peer wants DATA, we
 * nothing. The stack's vector has 44 bytes, the peer's 49, so ours comes first. The value is that of `openssl dgst -sha256 -mac
 * HMAC -macopt hexkey:KEY`. */
SCRIPT(rfc4895_6_1_known_answer, "RFC 4895 6.1, 6.2",
       "a known answer: key, smaller vector, larger vector; AUTH with zeros, chunks with padding") {
#ifdef HAWSER_TOY_HMAC
    (void)s;
    return;
#endif
    static const uint8_t answer[] = {0x94, 0x60, 0x2c, 0x4b, 0x25, 0xed, 0x4a, 0x2e, 0xa3, 0x97, 0x9a, 0x94,
                                     0x1e, 0x7c, 0xc9, 0xe7, 0x0f, 0x41, 0x1a, 0x8a, 0x63, 0xee, 0xbc, 0x91,
                                     0x19, 0xbb, 0x20, 0x49, 0x26, 0xc6, 0x8b, 0xfa};
    s->random_byte = 7;
    auth_start(s, .chunks = BYTES(HW_DATA));
    check_equal(hawser_auth_set_key(s->stack, s->endpoint, 5, TEXT("secret")), 0);
    check_equal(hawser_auth_activate(s->stack, s->endpoint, 5), 0);
    auth_establish_active(s);
    check_equal(s->stack_tsn, 0x07070707);
    check_equal(send_with(s, .stream = 1, .text = "anchor", .ppid = 3), 0);
    const struct seen *auth = expect(s, AUTH);
    check_equal(auth->whole.size, 40);
    check(memcmp(auth->whole.data, "\x0f\0\0\x28\0\5\0\3", 8) == 0);
    check(memcmp(auth->whole.data + 8, answer, 32) == 0);
    expect_also(s, DATA, .text = "anchor");
}

SCRIPT(rfc4895_6_1_larger_random, "RFC 4895 6.1", "vectors of one length: the numerically smaller one first, whoever's it is") {
    for (int fill = 0; fill < 256; fill += 255) {
        auth_start(s, .fill = fill, .requires = BYTES(HW_DATA));
        connect_now(s, 1);
        remember(s, expect(s, INIT));
        auth_learn(s);
        inject(s, INIT_ACK(.params = script_auth_params(s, &(struct auth_plan){.random = 32, .fill = fill, .chunks = BYTES(9)})));
        expect(s, COOKIE_ECHO);
        inject(s, COOKIE_ACK());
        inject(s, PROVED(DATA(.tsn = 0)));
        expect(s, SACK, .cum = 0);
        check_equal(hawser_close(s->stack, s->now, s->association), 0);
        check_equal(hawser_close(s->stack, s->now, s->endpoint), 0);
        s->association = s->endpoint = 0;
        script_pump(s);
        skip_output(s);
    }
}

SCRIPT(rfc4895_6_1_collision, "RFC 4895 6.1", "INIT collision: our RANDOM in the INIT ACK is that of our INIT, as with the tag") {
    auth_start(s, .requires = BYTES(HW_DATA), .chunks = BYTES(HW_DATA));
    connect_now(s, 1);
    const struct seen *init = expect(s, INIT);
    struct hawser_span ours = param_of(init, HW_PARAM_RANDOM);
    remember(s, init);
    auth_learn(s);
    inject(s, INIT());
    const struct seen *ack = expect(s, INIT_ACK);
    check(memcmp(param_of(ack, HW_PARAM_RANDOM).data, ours.data, 32) == 0);
    remember(s, ack);
    inject(s, COOKIE_ECHO());
    expect(s, COOKIE_ACK);
    send_message(s, 0, 10, 0);
    expect_auth(s);
    expect_also(s, DATA);
    inject(s, PROVED(DATA(.tsn = 0)));
    expect(s, SACK, .cum = 0);
}

SCRIPT(rfc4895_6_1_restart, "RFC 4895 6.1", "a restart has RANDOMs and keys of its own") {
    auth_start(s, .requires = BYTES(HW_DATA), .chunks = BYTES(HW_DATA));
    auth_establish_passive(s);
    s->peer_tag++;
    struct hawser_span params = script_auth_params(s, &(struct auth_plan){.random = 32, .fill = 0x44, .chunks = BYTES(HW_DATA)});
    inject_by(s, WAY(.tag = 0), INIT(.params = params));
    remember(s, expect(s, INIT_ACK));
    auth_learn(s);
    inject(s, COOKIE_ECHO());
    expect(s, COOKIE_ACK);
    expect_item(s, HAWSER_RESTARTED);
    inject(s, PROVED(DATA(.tsn = 0)));
    expect(s, SACK, .cum = 0);
    send_message(s, 0, 10, 0);
    expect_auth(s);
    expect_also(s, DATA);
}

/* ---- COOKIE ECHO --------------------------------------------------------------------------------------------------- */

SCRIPT(rfc4895_6_3_cookie, "RFC 4895 6.3",
       "AUTH, COOKIE ECHO, and more: proved with what the cookie holds and the endpoint's key") {
    auth_start(s, .requires = BYTES(HW_COOKIE_ECHO, HW_DATA));
    check_equal(hawser_auth_set_key(s->stack, s->endpoint, 3, TEXT("known to the client")), 0);
    get_cookie(s);
    auth_learn(s);
    inject(s, PROVED_BY(HOW(.id = 3, .secret = TEXT("known to the client")), COOKIE_ECHO(), DATA(.tsn = 0)));
    expect(s, COOKIE_ACK);
    expect_also(s, SACK, .cum = 0);
    expect_arrived(s);
    check_equal(COUNT(Authenticated), 1);
}

SCRIPT(rfc4895_6_3_cookie_unproved, "RFC 4895 6.3",
       "COOKIE ECHO that must be authenticated and is not: no association, no word") {
    auth_start(s, .requires = BYTES(HW_COOKIE_ECHO));
    get_cookie(s);
    auth_learn(s);
    inject(s, COOKIE_ECHO());
    inject(s, COOKIE_ECHO(), PROVED(DATA(.tsn = 0)));
    inject(s, PROVED_BY(HOW(.spoil = 1), COOKIE_ECHO()));
    inject(s, PROVED_BY(HOW(.id = 3, .secret = TEXT("guess")), COOKIE_ECHO()));
    inject(s, PROVED_BY(HOW(.secret = TEXT("guess")), COOKIE_ECHO()));
    expect_nothing(s);
    check_equal(COUNT(Unauthenticated), 2);
    check_equal(COUNT(AuthErrors), 3);
    check_equal(COUNT(PassiveEstabs), 0);
}

SCRIPT(rfc4895_6_3_cookie_first, "RFC 4895 7",
       "COOKIE ECHO, AUTH, DATA: the first is believed, DATA is proved by the new association") {
    auth_start(s, .requires = BYTES(HW_DATA));
    get_cookie(s);
    auth_learn(s);
    inject(s, COOKIE_ECHO(), PROVED(DATA(.tsn = 0)));
    expect(s, COOKIE_ACK);
    expect_also(s, SACK, .cum = 0);
    expect_arrived(s);
}

SCRIPT(rfc4895_6_3_cookie_of_existing, "RFC 4895 6.3",
       "with an association COOKIE ECHO is proved by that, so no stranger restarts it") {
    auth_start(s, .requires = BYTES(HW_COOKIE_ECHO));
    auth_establish_passive(s);
    s->peer_tag++;
    inject_by(s, WAY(.tag = 0), INIT());
    remember(s, expect(s, INIT_ACK));
    struct hawser_span cookie = COOKIE_ECHO();
    inject(s, cookie);
    struct hawser_span by_old = PROVED(cookie);
    auth_learn(s);
    inject(s, PROVED(cookie)); /* by the key that it would have */
    expect_nothing(s);
    check_equal(COUNT(Restarts), 0);
    inject(s, by_old);
    expect(s, COOKIE_ACK);
    expect_item(s, HAWSER_RESTARTED);
}

SCRIPT(rfc4895_6_2_cookie_echo, "RFC 4895 6.2, 6.3",
       "our COOKIE ECHO goes behind AUTH if the peer wants that, with DATA behind it") {
    auth_start(s, .chunks = BYTES(HW_COOKIE_ECHO, HW_DATA));
    connect_now(s, 1);
    send_message(s, 0, 10, 0);
    remember(s, expect(s, INIT));
    auth_learn(s);
    inject(s, INIT_ACK());
    expect_auth(s);
    expect_also(s, COOKIE_ECHO);
    expect_also(s, DATA);
}

SCRIPT(rfc4895_6_2_cookie_echo_before, "RFC 4895 7",
       "COOKIE ECHO that need not be authenticated comes first, then AUTH, then DATA") {
    auth_start(s, .chunks = BYTES(HW_DATA));
    connect_now(s, 1);
    send_message(s, 0, 10, 0);
    remember(s, expect(s, INIT));
    auth_learn(s);
    inject(s, INIT_ACK());
    expect(s, COOKIE_ECHO);
    expect_also_auth(s);
    expect_also(s, DATA);
}

SCRIPT(rfc4895_6_3_stale, "RFC 4895 6.1; RFC 9260 5.2.6",
       "after a Stale Cookie: the same RANDOM with the same tag, and no key until it is answered") {
    auth_start(s, .requires = BYTES(HW_ABORT));
    connect_now(s, 1);
    const struct seen *init = expect(s, INIT);
    struct hawser_span ours = param_of(init, HW_PARAM_RANDOM);
    remember(s, init);
    inject(s, INIT_ACK());
    expect(s, COOKIE_ECHO);
    inject(s, ERROR(CAUSE(STALE_COOKIE, U32(1000))));
    check(memcmp(param_of(expect(s, INIT), HW_PARAM_RANDOM).data, ours.data, 32) == 0);
    inject(s, ABORT(NOTHING));
    expect_ended(s, HAWSER_END_REFUSED);
}
