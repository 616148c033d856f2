/* SPDX-License-Identifier: MIT
 *
 * RFC 4895 6.2 and 6.3: chunks that are authenticated, and those that are not.
 */
#include "auth.h"

/* ---- sent --------------------------------------------------------------------------------------------------------- */

SCRIPT(rfc4895_6_2_data, "RFC 4895 6.2", "DATA that the peer wants authenticated is behind AUTH; a full packet holds both") {
    auth_start(s, .chunks = BYTES(HW_DATA));
    auth_establish_active(s);
    send_message(s, 0, 3 * (FULL - 40), 0);
    for (int i = 0; i < 3; i++) {
        expect_auth(s);
        check_equal(expect_also(s, DATA, .tsn = i, .size = FULL - 40)->packet->size, 1480);
    }
}

SCRIPT(rfc4895_6_2_sha1, "RFC 4895 6.2, 5.1", "with SHA-1 AUTH has 28 bytes, and DATA 12 more than with SHA-256") {
    auth_start(s, .chunks = BYTES(HW_DATA), .hmacs = BYTES(0, 1));
    auth_establish_active(s);
    send_message(s, 0, FULL - 28, 0);
    expect_auth(s, .hmac = SHA1);
    expect_also(s, DATA, .size = FULL - 28);
}

SCRIPT(rfc4895_6_2_only_wanted, "RFC 4895 6.2", "what the peer does not want so goes without AUTH, and gives up no room for it") {
    auth_start(s, .chunks = BYTES(HW_HEARTBEAT));
    auth_establish_active(s);
    send_message(s, 0, FULL, 0);
    expect(s, DATA, .size = FULL);
    inject(s, SACK(.cum = 0), DATA(.tsn = 0));
    expect(s, SACK);
}

SCRIPT(rfc4895_6_2_order, "RFC 4895 5.1, 6.2", "control that need not be authenticated, AUTH, the rest, DATA last") {
    auth_start(s, .chunks = BYTES(HW_HEARTBEAT));
    auth_establish_active(s);
    inject(s, DATA(.tsn = 0));
    expect(s, SACK);
    inject(s, DATA(.tsn = 1, .ssn = 1));
    check_equal(hawser_heartbeat(s->stack, s->now, s->association, 0), 0);
    send_message(s, 0, 10, 0);
    script_pump(s);
    expect(s, SACK, .cum = 1);
    expect_also_auth(s);
    expect_also(s, HEARTBEAT);
    expect_also(s, DATA);
}

SCRIPT(rfc4895_6_2_retransmission, "RFC 4895 6.2", "what is sent again is authenticated again") {
    auth_start(s, .chunks = BYTES(HW_DATA));
    auth_establish_active(s);
    send_message(s, 0, 10, 0);
    expect_auth(s);
    expect_also(s, DATA);
    wait_packet(s, sec(2));
    expect_auth(s);
    expect_also(s, DATA, .tsn = 0);
}

SCRIPT(rfc4895_6_2_shrunk, "RFC 4895 6.2; RFC 9260 6.9",
       "a chunk that the path became too small for goes with AUTH, fragmented by IP") {
    auth_start(s, .chunks = BYTES(HW_DATA));
    auth_establish_active(s);
    send_message(s, 0, FULL - 40, 0);
    expect_auth(s);
    expect_also(s, DATA);
    check_equal(hawser_set(s->stack, s->now, s->association, 0, HAWSER_SET_PATH_MTU, 1000), 0);
    wait_packet(s, sec(2));
    expect_auth(s);
    expect_also(s, DATA, .tsn = 0, .flags = HAWSER_DEPARTURE_MAY_FRAGMENT);
}

SCRIPT(rfc4895_6_2_train, "RFC 4895 6.2", "each packet of a train has its own AUTH") {
    auth_start(s, .chunks = BYTES(HW_DATA));
    auth_establish_active(s);
    s->segments = 8;
    send_message(s, 0, 3 * (FULL - 40), 0);
    for (int i = 0; i < 3; i++) {
        expect_auth(s);
        expect_also(s, DATA, .tsn = i);
    }
    check(s->trains > 0);
}

SCRIPT(rfc4895_6_2_abort, "RFC 4895 6.2", "an ABORT that the peer wants authenticated; SHUTDOWN and its ACK likewise") {
    auth_start(s, .chunks = BYTES(HW_ABORT, HW_SHUTDOWN));
    auth_establish_active(s);
    check_equal(hawser_shutdown(s->stack, s->now, s->association), 0);
    script_pump(s);
    expect_auth(s);
    expect_also(s, SHUTDOWN);
    check_equal(hawser_abort(s->stack, s->now, s->association, TEXT("enough")), 0);
    script_pump(s);
    expect_auth(s);
    expect_also(s, ABORT);
    expect_ended(s, HAWSER_END_ABORTED);
}

SCRIPT(rfc4895_6_2_cookie_ack, "RFC 4895 6.2", "a COOKIE ACK that the peer wants authenticated is behind AUTH") {
    auth_start(s, .chunks = BYTES(HW_COOKIE_ACK));
    get_cookie(s);
    auth_learn(s);
    inject(s, COOKIE_ECHO());
    expect_auth(s);
    expect_also(s, COOKIE_ACK);
    expect_arrived(s);
}

SCRIPT(rfc4895_6_2_answers, "RFC 4895 6.2", "HEARTBEAT ACK and ERROR, if the peer wants them authenticated") {
    auth_start(s, .chunks = BYTES(HW_HEARTBEAT_ACK, HW_ERROR));
    auth_establish_active(s);
    inject(s, HEARTBEAT(TEXT("are you there")), CHUNK(0xfe, 0, TEXT("what")));
    expect_auth(s);
    expect_also(s, HEARTBEAT_ACK);
    expect_also(s, ERROR);
}

static void full_answers(struct script *s) {
    inject(s, HEARTBEAT(FILL(PMDCS - 8, 'h')));
    expect(s, HEARTBEAT_ACK, .length = 12 + PMDCS);
    struct hawser_message message = HAWSER_INIT(message);
    struct hawser_span text = TEXT("behind it");
    message.parts = &text;
    message.part_count = 1;
    check_equal(hawser_send(s->stack, s->now, s->association, &message), 0); /* and no output until the HEARTBEAT has come, too */
    inject(s, HEARTBEAT(FILL(PMDCS - 8, 'h')));
    expect(s, HEARTBEAT_ACK, .length = 12 + PMDCS);
    check_equal(COUNT(EchoesDropped), 0);
}

SCRIPT(rfc4895_6_2_full_answer, "RFC 9260 8.3; RFC 4895 6.2",
       "a HEARTBEAT that fills the packet is answered: no room is kept for an AUTH that nothing in it needs") {
    auth_start(s, .chunks = BYTES(HW_RE_CONFIG));
    auth_establish_active(s);
    full_answers(s);
    expect(s, DATA, .text = "behind it");
}

SCRIPT(rfc4895_6_2_full_answer_before_data, "RFC 9260 8.3; RFC 4895 6.2",
       "likewise where DATA, which waits behind it, needs one") {
    auth_start(s, .chunks = BYTES(HW_DATA));
    auth_establish_active(s);
    full_answers(s);
    expect_auth(s);
    expect_also(s, DATA, .text = "behind it");
}

SCRIPT(rfc4895_6_2_full_answer_proved, "RFC 4895 6.2, design",
       "one that must be authenticated and has no room for it is dropped, and nothing waits behind it") {
    auth_start(s, .chunks = BYTES(HW_HEARTBEAT_ACK));
    auth_establish_active(s);
    inject(s, HEARTBEAT(FILL(PMDCS - 8, 'h')));
    expect_nothing(s);
    check_equal(COUNT(EchoesDropped), 1);
}

SCRIPT(rfc4895_6_2_probe, "RFC 4895 6.2; RFC 8899 6.2", "a path MTU probe has the size that it probes, its AUTH included") {
    set(s, PMTU_DISCOVERY, 1);
    set(s, PATH_MTU, 1300);
    set(s, MTU_MAX, 1500);
    s->mtu = 1500;
    auth_start(s, .chunks = BYTES(HW_HEARTBEAT));
    auth_establish_active(s);
    send_message(s, 0, 10, 0);
    expect(s, DATA, .tsn = 0);
    inject(s, SACK(.cum = 0));
    wait_packet(s, sec(60));
    expect_auth(s);
    const struct seen *heartbeat = expect_also(s, HEARTBEAT);
    check_equal(heartbeat->packet->size % 4, 0);
    check_range(heartbeat->packet->size, 1284, 1480);
    check(heartbeat->packet->flags & HAWSER_DEPARTURE_PROBE);
    expect_also(s, PAD);
}

/* ---- received: what must be authenticated ------------------------------------------------------------------------- */

SCRIPT(rfc4895_6_3_data, "RFC 4895 6.3", "DATA that must be authenticated: taken behind AUTH, else discarded silently") {
    auth_start(s, .requires = BYTES(HW_DATA));
    auth_establish_passive(s);
    inject(s, DATA(.tsn = 0));
    expect_nothing(s);
    check_equal(COUNT(Unauthenticated), 1);
    inject(s, PROVED(DATA(.tsn = 0, .text = "aye")));
    expect(s, SACK, .cum = 0);
    expect_message(s, .text = "aye");
    check_equal(COUNT(Authenticated), 2); /* one was the COOKIE ECHO */
}

SCRIPT(rfc4895_6_3_before, "RFC 4895 5.1, 6.3", "AUTH proves what is behind it and nothing before it") {
    auth_start(s, .requires = BYTES(HW_HEARTBEAT));
    auth_establish_passive(s);
    inject(s, HEARTBEAT(TEXT("before")), PROVED(HEARTBEAT(TEXT("behind")), DATA(.tsn = 0)));
    expect_in_any_order(s, HW_SACK, HW_HEARTBEAT_ACK);
    check_equal(COUNT(Unauthenticated), 1);
}

SCRIPT(rfc4895_6_3_next_packet, "RFC 4895 5.1, 6.3", "AUTH proves nothing of the next packet, in one batch or not") {
    auth_start(s, .requires = BYTES(HW_DATA));
    auth_establish_passive(s);
    struct hawser_span proved = packet(s, WAY(.from = 0), PROVED(DATA(.tsn = 0, .size = 100)));
    struct hawser_span bare = packet(s, WAY(.from = 0), DATA(.tsn = 1, .ssn = 1, .size = 100));
    script_inject_bytes(s, WAY(.segment = proved.size), JOIN(proved, bare));
    expect(s, SACK, .cum = 0);
    expect_nothing(s);
    check_equal(COUNT(Unauthenticated), 1);
}

SCRIPT(rfc4895_6_3_others_pass, "RFC 4895 6.3", "chunks that need not be authenticated are taken with AUTH and without") {
    auth_start(s, .requires = BYTES(HW_SHUTDOWN));
    auth_establish_passive(s);
    inject(s, DATA(.tsn = 0));
    expect(s, SACK, .cum = 0);
    inject(s, PROVED(DATA(.tsn = 1, .ssn = 1)), HEARTBEAT(TEXT("x")));
    skip_output(s);
    check_equal(COUNT(Unauthenticated), 0);
}

SCRIPT(rfc4895_6_3_sha1, "RFC 4895 6.3", "the receiver takes any HMAC that it has listed") {
    auth_start(s, .requires = BYTES(HW_DATA));
    auth_establish_passive(s);
    inject(s, PROVED_BY(HOW(.hmac = SHA1), DATA(.tsn = 0)));
    expect(s, SACK, .cum = 0);
}

SCRIPT(rfc4895_6_3_abort, "RFC 4895 6.3", "ABORT only behind AUTH: none other ends the association, reflected or not") {
    auth_start(s, .requires = BYTES(HW_ABORT));
    auth_establish_passive(s);
    inject(s, ABORT(NOTHING));
    inject_by(s, WAY(.tag = s->peer_tag), ABORT_T(NOTHING));
    expect_state(s, ESTABLISHED);
    inject(s, PROVED_BY(HOW(.spoil = 1), ABORT(NOTHING)));
    inject_by(s, WAY(.tag = s->peer_tag), PROVED(ABORT_T(NOTHING)));
    expect_nothing(s);
    expect_state(s, ESTABLISHED);
    inject(s, PROVED(ABORT(NOTHING)));
    expect_ended(s, HAWSER_END_PEER_ABORTED);
}

SCRIPT(rfc4895_6_3_malformed, "RFC 4895 6.3",
       "who believes no ABORT without AUTH does not end for malformed chunks without AUTH") {
    auth_start(s, .requires = BYTES(HW_ABORT));
    auth_establish_passive(s);
    inject(s, DATA(.tsn = 0, .size = 0));
    inject(s, CHUNK(HW_DATA, B | E, U32(0)));
    inject(s, SACK(.cum = 1000));
    expect_state(s, ESTABLISHED);
    skip_output(s);
    inject(s, PROVED(DATA(.tsn = 0, .size = 0)));
    expect(s, ABORT, .cause = HW_CAUSE_NO_USER_DATA);
    expect_ended(s, HAWSER_END_VIOLATION);
}

SCRIPT(rfc4895_6_3_cookie_ack, "RFC 4895 6.3", "COOKIE ACK that must be authenticated") {
    auth_start(s, .requires = BYTES(HW_COOKIE_ACK));
    connect_now(s, 1);
    remember(s, expect(s, INIT));
    auth_learn(s);
    inject(s, INIT_ACK());
    expect(s, COOKIE_ECHO);
    inject(s, COOKIE_ACK());
    expect_state(s, COOKIE_ECHOED);
    inject(s, PROVED(COOKIE_ACK()));
    expect_state(s, ESTABLISHED);
}

SCRIPT(rfc4895_6_3_unknown_type, "RFC 4895 6.3",
       "chunk types that nobody knows can be required, too: discarded without a report") {
    auth_start(s, .requires = BYTES(0xc7));
    auth_establish_passive(s);
    inject(s, CHUNK(0xc7, 0, TEXT("what")));
    expect_nothing(s);
    inject(s, PROVED(CHUNK(0xc7, 0, TEXT("what"))));
    expect(s, ERROR, .cause = HW_CAUSE_UNRECOGNIZED_CHUNK);
}

/* ---- received: AUTH that proves nothing ---------------------------------------------------------------------------- */

SCRIPT(rfc4895_6_3_wrong, "RFC 4895 6.3", "a wrong HMAC: all behind AUTH is discarded silently, what is before it stands") {
    auth_start(s);
    auth_establish_passive(s);
    inject(s, HEARTBEAT(TEXT("x")), PROVED_BY(HOW(.spoil = 0x80), DATA(.tsn = 0)));
    expect(s, HEARTBEAT_ACK);
    expect_nothing(s);
    check_equal(COUNT(AuthErrors), 1);
}

SCRIPT(rfc4895_6_3_changed, "RFC 4895 6.2, 6.3", "any bit changed behind AUTH, padding included, or in AUTH: discarded") {
    auth_start(s);
    auth_establish_passive(s);
    struct hawser_span right = PROVED(DATA(.tsn = 0, .text = "odd"));
    unsigned wrong = 0;
    for (size_t i = 0; i < right.size; i++) {
        if (i == 2 || i == 3 || i == 6 || i == 7 || i == 42 || i == 43)
            continue; /* lengths and the HMAC Identifier have rules of their own */
        uint8_t *bytes = script_bytes(s, right.size);
        memcpy(bytes, right.data, right.size);
        bytes[i] ^= 1;
        if (i == 0)
            continue; /* another chunk than AUTH */
        inject(s, (struct hawser_span){bytes, right.size});
        expect_nothing(s);
        wrong++;
    }
    check_equal(COUNT(AuthErrors), wrong);
    inject(s, right);
    expect(s, SACK, .cum = 0);
}

SCRIPT(rfc4895_6_3_truncated, "RFC 4895 5.1, 6.3",
       "an HMAC that is cut, empty or longer proves nothing; an AUTH that is cut off neither") {
    auth_start(s);
    auth_establish_passive(s);
    for (int64_t size = 0; size <= 40; size += size == 28 ? 8 : 4)
        if (size != 32)
            inject(s, PROVED_BY(HOW(.size = size), DATA(.tsn = 0)));
    inject(s, CHUNK(HW_AUTH, 0, U16(0)), DATA(.tsn = 0));
    inject(s, CHUNK(HW_AUTH, 0, NOTHING), DATA(.tsn = 0));
    inject_by(s, WAY(.cut = 16), PROVED(NOTHING));
    expect_nothing(s);
    inject(s, PROVED(DATA(.tsn = 0)));
    expect(s, SACK, .cum = 0);
}

SCRIPT(rfc4895_6_3_prefix, "RFC 4895 6.3", "an HMAC of SHA-256 does not pass for one of SHA-1, nor a prefix of it") {
    auth_start(s);
    auth_establish_passive(s);
    uint8_t *bytes = script_bytes(s, 20);
    struct hawser_span proved = PROVED(DATA(.tsn = 0));
    memcpy(bytes, proved.data + 8, 20);
    inject(s, CHUNK(HW_AUTH, 0, U16(0), U16(SHA1), (struct hawser_span){bytes, 20}), DATA(.tsn = 0));
    expect_nothing(s);
    check_equal(COUNT(AuthErrors), 1);
}

SCRIPT(rfc4895_4_1_unsupported, "RFC 4895 4.1, 6.3",
       "an HMAC Identifier that was not listed: ERROR that names it, the rest discarded") {
    set(s, HMACS, 2);
    auth_start(s, .hmacs = BYTES(0, 1));
    establish_passive(s);
    auth_learn(s);
    inject(s, PROVED_BY(HOW(.hmac = SHA256), DATA(.tsn = 0)));
    const struct seen *error = expect(s, ERROR, .cause = HW_CAUSE_UNSUPPORTED_HMAC);
    check_equal(error->cause_info.size, 2);
    check_equal(hw_get16(error->cause_info.data), SHA256);
    expect_nothing(s);
}

SCRIPT(rfc4895_4_1_unsupported_abort, "RFC 4895 4.1; RFC 9260 9.1",
       "an ABORT behind an HMAC Identifier that was not listed: discarded, and not answered") {
    auth_start(s);
    auth_establish_passive(s);
    inject(s, PROVED_BY(HOW(.hmac = 4), ABORT(NOTHING)));
    inject(s, PROVED_BY(HOW(.hmac = 4), HEARTBEAT(U32(1)), ABORT(NOTHING)));
    expect_nothing(s);
    expect_state(s, ESTABLISHED);
    check_equal(COUNT(AuthErrors), 2);
}

SCRIPT(rfc4895_5_1_twice, "RFC 4895 5.1", "a second AUTH in a packet: it and what is behind it is discarded, at no cost") {
    auth_start(s, .requires = BYTES(HW_DATA));
    auth_establish_passive(s);
    struct hawser_span behind = PROVED(DATA(.tsn = 1, .ssn = 1));
    inject(s, PROVED(DATA(.tsn = 0), behind));
    expect(s, SACK, .cum = 0);
    check_equal(COUNT(Authenticated), 2);
    check_equal(COUNT(AuthErrors), 1);
}

SCRIPT(rfc4895_6_3_replayed, "RFC 4895 9", "a packet that is replayed is right again, and brings duplicates only") {
    auth_start(s, .requires = BYTES(HW_DATA));
    auth_establish_passive(s);
    struct hawser_span old = PROVED(DATA(.tsn = 0));
    inject(s, old);
    expect(s, SACK, .cum = 0);
    expect_message(s, .tsn = ANY);
    inject(s, old);
    expect(s, SACK, .cum = 0, .dup_count = 1);
    expect_no_item(s);
}

SCRIPT(rfc4895_6_3_other_association, "RFC 4895 9",
       "a packet of an association before is not right in the next, with one key and even one tag") {
    s->random_byte = 9;
    auth_start(s, .requires = BYTES(HW_DATA));
    check_equal(hawser_auth_set_key(s->stack, s->endpoint, 1, TEXT("for both")), 0);
    auth_establish_passive(s);
    struct hawser_span old = PROVED_BY(HOW(.id = 1, .secret = TEXT("for both")), DATA(.tsn = 0));
    check_equal(hawser_close(s->stack, s->now, s->association), 0);
    script_pump(s);
    skip_output(s);
    s->association = 0;
    s->random_byte = 10;
    inject_by(s, WAY(.tag = 0), INIT(.params = script_auth_params(s, &(struct auth_plan){.random = 32, .fill = 0x77})));
    remember(s, expect(s, INIT_ACK));
    inject(s, COOKIE_ECHO());
    expect(s, COOKIE_ACK);
    expect_arrived(s);
    inject(s, old);
    expect_nothing(s);
    check_equal(COUNT(AuthErrors), 1);
}

/* ---- look-up -------------------------------------------------------------------------------------------------------- */

SCRIPT(rfc4895_6_3_wrong_tag, "RFC 4895 6.3; RFC 9260 8.5", "no HMAC is computed for a packet with a wrong tag") {
    auth_start(s);
    auth_establish_passive(s);
    inject_by(s, WAY(.tag = s->stack_tag + 1), PROVED(DATA(.tsn = 0)));
    expect_nothing(s);
    check_equal(COUNT(AuthErrors) + COUNT(Authenticated), 1); /* that of the COOKIE ECHO */
    check_equal(COUNT(BadTags), 1);
}

SCRIPT(rfc4895_6_3_out_of_the_blue, "RFC 4895 6.3", "AUTH out of the blue: treated as if it were not there") {
    auth_start(s);
    listen_now(s);
    auth_learn(s);
    inject_by(s, WAY(.tag = 5), PROVED(DATA(.tsn = 0)));
    expect(s, ABORT, .t = 1);
    inject_by(s, WAY(.tag = 5), PROVED(ABORT(NOTHING)));
    expect_nothing(s);
    inject_by(s, WAY(.tag = 5), PROVED(SHUTDOWN_ACK()));
    expect(s, SHUTDOWN_COMPLETE, .t = 1);
    inject_by(s, WAY(.tag = 0), PROVED(INIT()));
    expect_nothing(s);
}

SCRIPT(rfc4895_3_not_agreed, "RFC 4895 5; RFC 9260 3.2",
       "AUTH where none was agreed on: ignored, with all behind it, and no report") {
    establish_passive(s);
    inject(s, CHUNK(HW_AUTH, 0, U16(0), U16(3), FILL(32, 1)), DATA(.tsn = 0));
    expect_nothing(s);
    check_equal(COUNT(UnknownChunks), 1);
    check_equal(COUNT(AuthErrors), 0);
}
