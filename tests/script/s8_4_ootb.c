/* SPDX-License-Identifier: MIT
 *
 * RFC 9260 sections 8.4 and 8.5: packets out of the blue, and the verification tag.
 */
#include "script.h"

#define STRANGE_TAG 0x0badcafe
#define OOTB WAY(.tag = STRANGE_TAG)

/* Silence, whatever is there to send. */
#define silence(s_, ...) \
    do { \
        inject_by(s_, OOTB, __VA_ARGS__); \
        expect_nothing(s_); \
    } while (0)
#define aborted(s_, ...) \
    do { \
        inject_by(s_, OOTB, __VA_ARGS__); \
        expect(s_, ABORT, .tag = STRANGE_TAG, .t = 1, .to = 0, .from = 0); \
        expect_nothing(s_); \
    } while (0)

SCRIPT(s8_4_1_non_unicast, "8.4 1, notes", "nothing from or to a non-unicast address is answered") {
    listen_now(s);
    struct hawser_address bad[] = {script_ipv4(224, 0, 0, 1, 0), script_ipv4(255, 255, 255, 255, 0), script_ipv4(0, 0, 0, 0, 0),
                                   script_ipv6(0, 0, 0), script_ipv6(0, 0, 0)};
    memset(bad[3].ip, 0, 16);
    memset(bad[4].ip, 0, 16);
    bad[4].ip[0] = 0xff;
    bad[4].ip[1] = 2;
    bad[4].ip[15] = 1;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        inject_by(s, WAY(.tag = STRANGE_TAG, .remote = &bad[i]), DATA(.tsn = 0));
        inject_by(s, WAY(.remote = &bad[i]), INIT());
        inject_by(s, WAY(.tag = STRANGE_TAG, .local = &bad[i]), DATA(.tsn = 0));
        inject_by(s, WAY(.local = &bad[i]), INIT());
        expect_nothing(s);
    }
}

SCRIPT(s8_4_2_abort, "8.4 2, 3.3.7", "out of the blue: ABORT, alone or with others, gets no answer") {
    listen_now(s);
    silence(s, ABORT(NOTHING));
    silence(s, ABORT_T(NOTHING));
    silence(s, HEARTBEAT(U32(1)), ABORT(NOTHING));
    silence(s, DATA(.tsn = 0), ABORT(NOTHING));
    silence(s, SHUTDOWN_ACK(), ABORT(NOTHING));
    silence(s, CHUNK(77, 0, NOTHING), ABORT(NOTHING));
    check_equal(COUNT(OutOfBlues), 6);
}

SCRIPT(s8_4_3_init, "8.4 3", "out of the blue: INIT with tag 0 is processed; with another tag it is not") {
    listen_now(s);
    inject(s, INIT());
    expect(s, INIT_ACK);
    inject_by(s, OOTB, INIT());
    if (next_chunk(s) == HW_ABORT)
        expect(s, ABORT, .tag = STRANGE_TAG, .t = 1);
    expect_nothing(s);
}

SCRIPT(s8_4_3_init_to_another_port, "8.4 3", "an INIT to a port without listener: ABORT, its Initiate Tag, T = 0") {
    listen_now(s);
    inject_by(s, WAY(.destination_port = 9), INIT(.tag = 5));
    expect(s, ABORT, .tag = 5, .t = 0);
}

SCRIPT(s8_4_4_cookie_echo, "8.4 4", "out of the blue: COOKIE ECHO as the first chunk is processed as in 5.1") {
    listen_now(s);
    silence(s, CHUNK(HW_COOKIE_ECHO, 0, TEXT("not a cookie of ours, but of the same size perhaps, who knows")));
    check_equal(COUNT(BadCookies), 1);
}

SCRIPT(s8_4_4_cookie_echo_must_be_first, "8.4 4, 3.2.2", "a COOKIE ECHO that is not first makes no association") {
    get_cookie(s);
    inject(s, HEARTBEAT(U32(1)), COOKIE_ECHO());
    if (next_chunk(s) == HW_ABORT)
        expect(s, ABORT, .t = 1);
    expect_nothing(s);
    check_equal(COUNT(CurrEstab), 0);
}

SCRIPT(s8_4_5_shutdown_ack, "8.4 5, 8.5.1 C", "out of the blue: SHUTDOWN ACK gets SHUTDOWN COMPLETE, tag reflected, T = 1") {
    listen_now(s);
    inject_by(s, OOTB, SHUTDOWN_ACK());
    expect(s, SHUTDOWN_COMPLETE, .tag = STRANGE_TAG, .t = 1, .to = 0);
}

SCRIPT(s8_4_6_shutdown_complete, "8.4 6", "out of the blue: SHUTDOWN COMPLETE gets no answer") {
    listen_now(s);
    silence(s, SHUTDOWN_COMPLETE());
    silence(s, SHUTDOWN_COMPLETE_T());
}

SCRIPT(s8_4_7_stale_cookie_and_cookie_ack, "8.4 7", "out of the blue: ERROR with Stale Cookie and COOKIE ACK get no answer") {
    listen_now(s);
    silence(s, ERROR(CAUSE(STALE_COOKIE, U32(0))));
    silence(s, COOKIE_ACK());
    silence(s, COOKIE_ACK(), DATA(.tsn = 0));
}

SCRIPT(s8_4_8_everything_else, "8.4 8", "out of the blue: everything else gets an ABORT, tag reflected, T = 1") {
    listen_now(s);
    aborted(s, DATA(.tsn = 0));
    aborted(s, SACK(.cum = 0));
    aborted(s, HEARTBEAT(U32(1)));
    aborted(s, CHUNK(HW_HEARTBEAT_ACK, 0, PARAM(1, U32(1))));
    aborted(s, SHUTDOWN(0));
    aborted(s, INIT_ACK());
    aborted(s, ERROR(CAUSE(INVALID_STREAM, U32(0))));
    aborted(s, CHUNK(99, 0, U32(1)));
    aborted(s, CHUNK(250, 0, U32(1)));
    check(COUNT(OutOfBlues) >= 9);
}

SCRIPT(s8_4_8_without_any_endpoint, "8.4 8", "a port without an endpoint answers the same way") {
    aborted(s, DATA(.tsn = 0));
    inject(s, INIT(.tag = 3));
    expect(s, ABORT, .tag = 3, .t = 0);
}

SCRIPT(s8_4_answers_are_bounded, "8.4, notes",
       "answers out of the blue wait in a bounded ring; what does not fit is dropped and counted") {
    listen_now(s);
    struct hawser_span packet = packet(s, OOTB, DATA(.tsn = 0));
    inject_by(s, OOTB, DATA(.tsn = 0));
    expect(s, ABORT);
    uint64_t memory = hawser_memory(s->stack); /* what the stack takes once for all is taken */
    for (int i = 0; i < 2000; i++) {
        struct hawser_arrival arrival = HAWSER_INIT(arrival);
        arrival.data = packet.data;
        arrival.length = packet.size;
        arrival.remote = s->peer[0];
        arrival.local = s->local[0];
        hawser_input(s->stack, s->now, &arrival);
    }
    check_equal(hawser_memory(s->stack), memory);
    check(COUNT(AnswersDropped) > 0);
    script_pump(s);
    check_equal(skip_output(s) + COUNT(AnswersDropped), 2000);
}

SCRIPT(s8_4_foreign_address_with_a_valid_tag, "8.4, notes",
       "a valid tag from an address that is not the peer's is out of the blue") {
    establish_passive(s);
    inject_by(s, WAY(.from = 5), DATA(.tsn = 0));
    expect(s, ABORT, .t = 1, .tag = s->stack_tag, .to = 5);
    expect_state(s, ESTABLISHED);
    expect_no_item(s);
}

SCRIPT(s8_4_right_tag_and_wrong_ports, "8.4, 8.5", "a packet with the right tag and other ports is out of the blue") {
    establish_passive(s);
    inject_by(s, WAY(.source_port = PEER_PORT + 1), DATA(.tsn = 0));
    expect(s, ABORT, .t = 1, .tag = s->stack_tag);
    inject_by(s, WAY(.destination_port = STACK_PORT + 1), DATA(.tsn = 0));
    expect(s, ABORT, .t = 1, .tag = s->stack_tag);
    expect_no_item(s);
}

SCRIPT(s8_4_closed_endpoint, "8.4", "when an endpoint is closed its port answers as any other") {
    listen_now(s);
    inject(s, INIT());
    expect(s, INIT_ACK);
    check_equal(hawser_close(s->stack, s->now, s->endpoint), 0);
    s->endpoint = 0;
    inject(s, INIT());
    expect(s, ABORT, .tag = PEER_TAG, .t = 0);
    listen_now(s);
    inject(s, INIT());
    expect(s, INIT_ACK);
}

/* ---- 8.5 ---------------------------------------------------------------------------------------------------------- */

SCRIPT(s8_5_wrong_tag, "8.5", "a packet with another tag than the own is silently discarded") {
    establish_passive(s);
    inject_by(s, OOTB, DATA(.tsn = 0));
    inject_by(s, OOTB, HEARTBEAT(U32(1)));
    inject_by(s, OOTB, SHUTDOWN(-1));
    inject_by(s, OOTB, SACK(.cum = 0));
    inject_by(s, OOTB, ERROR(CAUSE(INVALID_STREAM, U32(0))));
    inject_by(s, OOTB, COOKIE_ACK());
    inject_by(s, OOTB, CHUNK(99, 0, NOTHING));
    inject_by(s, WAY(.tag = PEER_TAG), DATA(.tsn = 0));
    inject_by(s, WAY(.tag = 0), DATA(.tsn = 0));
    expect_nothing(s);
    expect_state(s, ESTABLISHED);
    expect_no_item(s);
    check(COUNT(BadTags) >= 1);
}

SCRIPT(s8_5_1_a_init_must_be_alone, "8.5.1 A, 3", "a packet with tag 0 must contain an INIT and nothing else") {
    listen_now(s);
    inject(s, INIT(), COOKIE_ECHO());
    inject(s, INIT(), DATA(.tsn = 0));
    inject(s, INIT(), INIT());
    inject_by(s, WAY(.tag = 0), DATA(.tsn = 0), INIT());
    inject_by(s, WAY(.tag = 0), HEARTBEAT(U32(1)));
    inject_by(s, WAY(.tag = 0), SHUTDOWN_ACK());
    expect_nothing(s);
}

SCRIPT(s8_5_1_b_abort_with_own_tag, "8.5.1 B",
       "ABORT: the own tag with T = 0, or the peer's tag with T = 1; all else is discarded") {
    establish_passive(s);
    inject_by(s, WAY(.tag = PEER_TAG), ABORT(NOTHING));
    inject_by(s, OOTB, ABORT(NOTHING));
    inject_by(s, OOTB, ABORT_T(NOTHING));
    inject_by(s, WAY(.tag = 0), ABORT(NOTHING));
    inject(s, ABORT_T(NOTHING));
    expect_nothing(s);
    expect_state(s, ESTABLISHED);
    inject(s, ABORT(NOTHING));
    expect_nothing(s);
    expect_ended(s, HAWSER_END_PEER_ABORTED, .code = 0);
}

SCRIPT(s8_5_1_b_abort_with_peers_tag, "8.5.1 B",
       "ABORT: the own tag with T = 0, or the peer's tag with T = 1; all else is discarded") {
    establish_passive(s);
    inject_by(s, WAY(.tag = PEER_TAG), ABORT_T(NOTHING));
    expect_nothing(s);
    expect_ended(s, HAWSER_END_PEER_ABORTED);
}

SCRIPT(s8_5_1_b_reflected_abort_in_cookie_echoed, "8.5.1 B",
       "an ABORT with the peer's tag and T = 1 ends a set-up in COOKIE-ECHOED") {
    reach_cookie_echoed(s);
    inject_by(s, WAY(.tag = PEER_TAG), ABORT_T(NOTHING));
    expect_ended(s, HAWSER_END_REFUSED);
}

SCRIPT(s8_5_1_b_reflected_abort_in_cookie_wait, "8.5.1 B",
       "in COOKIE-WAIT no tag of the peer is known: a reflected ABORT with tag 0 is discarded") {
    reach_cookie_wait(s);
    inject_by(s, WAY(.tag = 0), ABORT_T(NOTHING));
    inject_by(s, WAY(.tag = 0), ABORT(NOTHING));
    expect_nothing(s);
    expect_state(s, COOKIE_WAIT);
}

SCRIPT(s8_5_1_c_shutdown_complete, "8.5.1 C",
       "SHUTDOWN COMPLETE: the own tag with T = 0, or the peer's tag with T = 1; only in SHUTDOWN-ACK-SENT") {
    establish_passive(s);
    reach_shutdown_ack_sent(s);
    inject_by(s, WAY(.tag = PEER_TAG), SHUTDOWN_COMPLETE());
    inject_by(s, OOTB, SHUTDOWN_COMPLETE());
    inject_by(s, OOTB, SHUTDOWN_COMPLETE_T());
    inject(s, SHUTDOWN_COMPLETE_T());
    expect_nothing(s);
    expect_state(s, SHUTDOWN_ACK_SENT);
    inject(s, SHUTDOWN_COMPLETE());
    expect_nothing(s);
    expect_ended(s, HAWSER_END_SHUTDOWN);
}

SCRIPT(s8_5_1_c_reflected_shutdown_complete, "8.5.1 C",
       "SHUTDOWN COMPLETE: the own tag with T = 0, or the peer's tag with T = 1; only in SHUTDOWN-ACK-SENT") {
    establish_passive(s);
    reach_shutdown_ack_sent(s);
    inject_by(s, WAY(.tag = PEER_TAG), SHUTDOWN_COMPLETE_T());
    expect_ended(s, HAWSER_END_SHUTDOWN);
}

SCRIPT(s8_5_1_d_cookie_echo_has_the_peers_tag, "8.5.1 D", "a COOKIE ECHO carries the Initiate Tag of the INIT ACK") {
    reach_cookie_wait(s);
    inject(s, INIT_ACK(.tag = 0x4711));
    expect(s, COOKIE_ECHO, .tag = 0x4711);
}

SCRIPT(s8_5_1_e_shutdown_ack_with_a_wrong_tag, "8.5, 8.5.1 E",
       "a SHUTDOWN ACK with a wrong tag at an existing association changes nothing") {
    establish_passive(s);
    reach_shutdown_sent(s);
    inject_by(s, OOTB, SHUTDOWN_ACK());
    skip_output(s);
    expect_state(s, SHUTDOWN_SENT);
}

SCRIPT(s8_5_init_ack_with_a_wrong_tag, "8.5", "an INIT ACK must carry the tag of the INIT") {
    reach_cookie_wait(s);
    inject_by(s, OOTB, INIT_ACK());
    inject_by(s, WAY(.tag = 0), INIT_ACK());
    expect_nothing(s);
    expect_state(s, COOKIE_WAIT);
}

SCRIPT(s8_5_cookie_ack_with_a_wrong_tag, "8.5", "a COOKIE ACK must carry the own tag") {
    reach_cookie_echoed(s);
    inject_by(s, OOTB, COOKIE_ACK());
    expect_nothing(s);
    expect_state(s, COOKIE_ECHOED);
}

SCRIPT(s8_4_8_an_answer_behind_a_silent_end, "8.4 8",
       "what comes out of the blue is answered at once, also behind a packet that ends an association which has nothing to say") {
    establish_passive(s);
    struct hawser_span beat = packet(s, WAY(.from = 0), HEARTBEAT(U32(1))); /* so that there would be an answer to go */
    struct hawser_span end = packet(s, WAY(.from = 0), ABORT(CAUSE(USER_ABORT, U32(2))));
    script_inject_bytes(s, WAY(.segment = beat.size), JOIN(beat, end, packet(s, OOTB, HEARTBEAT(U32(3)))));
    expect(s, ABORT, .tag = STRANGE_TAG, .t = 1);
    expect_ended(s, HAWSER_END_PEER_ABORTED);
}

SCRIPT(s8_4_shared_address, "8.4, departure", "setting shared_address: nothing is said for ports that have no endpoint here") {
    set(s, SHARED_ADDRESS, 1);
    establish_passive(s);
    inject_by(s, WAY(.destination_port = 9), INIT(.tag = 5));
    inject_by(s, WAY(.destination_port = 9, .tag = STRANGE_TAG), DATA(.tsn = 0));
    inject_by(s, WAY(.destination_port = 9, .tag = STRANGE_TAG), SHUTDOWN_ACK());
    expect_nothing(s);
    check_equal(COUNT(OutOfBlues), 3);
    inject_by(s, WAY(.tag = STRANGE_TAG, .from = 3), DATA(.tsn = 0)); /* a port that has one: as ever */
    expect(s, ABORT, .tag = STRANGE_TAG, .t = 1);
    inject_by(s, WAY(.tag = STRANGE_TAG, .from = 3), SHUTDOWN_ACK());
    expect(s, SHUTDOWN_COMPLETE, .t = 1);
    check_equal(hawser_set(s->stack, s->now, s->endpoint, 0, HAWSER_SET_SHARED_ADDRESS, 0), HAWSER_ERR_READ_ONLY);
    check_equal(hawser_set(s->stack, s->now, s->association, 0, HAWSER_SET_SHARED_ADDRESS, 0), HAWSER_ERR_READ_ONLY);
}
