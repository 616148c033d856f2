/* SPDX-License-Identifier: MIT
 *
 * RFC 9260 sections 5.1.3, 5.1.5, 5.2.6 and 5.3.1: cookies, stale ones, and tags.
 */
#include "script.h"

/* ---- 5.1.3 and 5.1.5 cookies ------------------------------------------------------------------------------------- */

SCRIPT(s5_1_5_forged_cookies_are_silently_discarded, "5.1.5 2, 4 (1)",
       "a cookie whose MAC is wrong: the packet is silently discarded") {
    get_cookie(s);
    struct hawser_span good = s->cookie;
    for (size_t i = 0; i < good.size; i += 3) {
        struct hawser_span bad = JOIN(good);
        ((uint8_t *)(uintptr_t)bad.data)[i] ^= (uint8_t)(1u << (i % 8));
        s->cookie = bad;
        inject(s, COOKIE_ECHO(), DATA(.tsn = 0));
        expect_nothing(s);
    }
    check_equal(COUNT(BadCookies), (good.size + 2) / 3);
    for (size_t size = 0; size < good.size; size += 7) {
        s->cookie = (struct hawser_span){good.data, size};
        inject(s, COOKIE_ECHO());
        expect_nothing(s);
    }
    s->cookie = JOIN(good, BYTES(0, 0, 0, 0));
    inject(s, COOKIE_ECHO());
    expect_nothing(s);
    check_equal(COUNT(CurrEstab), 0);
    s->cookie = good;
    inject(s, COOKIE_ECHO());
    expect(s, COOKIE_ACK);
}

SCRIPT(s5_1_5_cookie_with_other_ports_or_tag, "5.1.5 3",
       "a cookie that does not fit the ports or the tag of its packet: silence") {
    get_cookie(s);
    inject_by(s, WAY(.source_port = 6001), COOKIE_ECHO());
    expect_nothing(s);
    inject_by(s, WAY(.tag = s->stack_tag + 1), COOKIE_ECHO());
    expect_nothing(s);
    check_equal(COUNT(CurrEstab), 0);
}

SCRIPT(s5_1_5_stale_cookie_is_reported, "5.1.5 4, 3.3.10.3", "an expired cookie: ERROR with Stale Cookie, no association") {
    get_cookie(s);
    advance(s, sec(60) + ms(10));
    inject(s, COOKIE_ECHO(), DATA(.tsn = 0));
    const struct seen *error = expect(s, ERROR, .tag = PEER_TAG, .to = 0, .cause = HW_CAUSE_STALE_COOKIE);
    check_equal(error->cause_info.size, 4);
    check_equal(hw_get32(error->cause_info.data), 10000); /* microseconds past its life */
    check_equal(COUNT(StaleCookies), 1);
    check_equal(COUNT(CurrEstab), 0);
}

SCRIPT(s5_1_5_cookie_lives_as_long_as_set, "5.1.5 4, 16", "Valid.Cookie.Life is 60 s and can be set") {
    get_cookie(s);
    advance(s, sec(60) - ms(1));
    inject(s, COOKIE_ECHO());
    expect(s, COOKIE_ACK);
}

SCRIPT(s5_1_5_cookie_of_a_forgotten_key, "5.1.5 1", "a cookie whose key is not known any more is silently discarded or stale") {
    get_cookie(s);
    for (int hour = 0; hour < 4; hour++) {
        advance(s, sec(3601));
        inject_by(s, WAY(.source_port = 6001), INIT(.tag = 5));
        expect(s, INIT_ACK);
    }
    inject(s, COOKIE_ECHO());
    if (next_chunk(s) == HW_ERROR)
        expect(s, ERROR, .cause = HW_CAUSE_STALE_COOKIE);
    expect_nothing(s);
    check_equal(COUNT(CurrEstab), 0);
}

SCRIPT(s5_1_5_cookie_is_different_each_time, "5.1.3", "two INITs, two tags, two cookies") {
    get_cookie(s);
    uint32_t tag = s->stack_tag;
    struct hawser_span cookie = s->cookie;
    get_cookie(s);
    check(tag != s->stack_tag);
    check(cookie.size != s->cookie.size || memcmp(cookie.data, s->cookie.data, cookie.size) != 0);
}

SCRIPT(s5_1_3_cookie_is_small, "5.1.3, 3.3.11", "the cookie is as small as possible") {
    get_cookie(s);
    check(s->cookie.size <= 200);
}

SCRIPT(s3_3_2_1_3_cookie_preservative_is_heard, "3.3.2.1.3",
       "a Cookie Preservative may lengthen the life of the cookie, within a limit") {
    start(s, .params = PARAM(HW_PARAM_COOKIE_PRESERVATIVE, U32(2000)));
    get_cookie(s);
    advance(s, sec(61));
    inject(s, COOKIE_ECHO());
    expect(s, COOKIE_ACK);
}

SCRIPT(s3_3_2_1_3_cookie_preservative_is_limited, "3.3.2.1.3",
       "a Cookie Preservative may lengthen the life of the cookie, within a limit") {
    start(s, .params = PARAM(HW_PARAM_COOKIE_PRESERVATIVE, U32(0xffffffff)));
    get_cookie(s);
    advance(s, sec(120));
    inject(s, COOKIE_ECHO());
    expect(s, ERROR, .cause = HW_CAUSE_STALE_COOKIE);
}

SCRIPT(s5_1_5_cookie_from_another_listed_address, "5.1.5, 5.4",
       "a COOKIE ECHO may come from another listed address than the INIT") {
    start(s, .peer_addresses = 2);
    get_cookie(s);
    inject_by(s, WAY(.from = 1), COOKIE_ECHO());
    expect(s, COOKIE_ACK);
    s->quiet_end = true;
    expect_arrived(s);
    check_equal(COUNT(CurrEstab), 1);
    /* and again: it finds the association that it has made */
    skip_output(s);
    inject(s, COOKIE_ECHO());
    expect(s, COOKIE_ACK, .to = 0);
    skip_output(s);
    inject_by(s, WAY(.from = 1), COOKIE_ECHO());
    expect(s, COOKIE_ACK);
    check_equal(COUNT(CurrEstab), 1);
}

/* ---- 5.2.6 Stale Cookie at the initiator -------------------------------------------------------------------------- */

#define STALE(microseconds) ERROR(CAUSE(STALE_COOKIE, U32(microseconds)))

SCRIPT(s5_2_6_stale_cookie_tries_again, "5.2.6",
       "a Stale Cookie error in COOKIE-ECHOED: a new INIT, same tag and TSN, with a Cookie Preservative") {
    reach_cookie_echoed(s);
    advance(s, ms(300));
    inject(s, STALE(1000));
    const struct seen *init = expect(s, INIT, .init_tag = s->stack_tag, .tsn = 0, .tag = 0);
    expect_state(s, COOKIE_WAIT);
    struct hawser_span more = param_of(init, HW_PARAM_COOKIE_PRESERVATIVE);
    check_equal(more.size, 4);
    check_range(hw_get32(more.data), 1, 1300); /* no more than 1 s beyond the measured RTT */
    inject(s, INIT_ACK(.tag = PEER_TAG + 1));
    expect(s, COOKIE_ECHO, .tag = PEER_TAG + 1);
    s->peer_tag++;
    inject(s, COOKIE_ACK());
    expect_item(s, HAWSER_UP);
}

SCRIPT(s5_2_6_data_of_a_stale_cookie_is_sent_again, "5.2.6, notes",
       "after a Stale Cookie, DATA sent with the cookie is sent again") {
    reach_cookie_wait(s);
    send_message(s, 0, 10, 0);
    inject(s, INIT_ACK());
    expect(s, COOKIE_ECHO);
    expect_also(s, DATA, .tsn = 0);
    inject(s, STALE(1000));
    expect(s, INIT);
    inject(s, INIT_ACK());
    expect(s, COOKIE_ECHO);
    expect_also(s, DATA, .tsn = 0, .ssn = 0, .size = 10);
    inject(s, COOKIE_ACK(), SACK(.cum = 0));
    advance(s, sec(5));
    expect_nothing(s);
}

SCRIPT(s5_2_6_stale_too_often_ends, "5.2.6", "cookies that are stale again and again end the attempt") {
    reach_cookie_echoed(s);
    for (int i = 0; i < 20 && state_of(s) != HAWSER_CLOSED; i++) {
        inject(s, STALE(0));
        if (next_chunk(s) != HW_INIT)
            break;
        expect(s, INIT);
        inject(s, INIT_ACK());
        expect(s, COOKIE_ECHO);
    }
    expect_ended(s, HAWSER_END_STALE_COOKIE);
}

SCRIPT(s5_2_6_stale_cookie_elsewhere_is_ignored, "5.2.6", "a Stale Cookie error in any other state is silently discarded") {
    reach_cookie_wait(s);
    inject(s, STALE(5));
    expect_nothing(s);
    expect_state(s, COOKIE_WAIT);
    inject(s, INIT_ACK());
    expect(s, COOKIE_ECHO);
    inject(s, COOKIE_ACK());
    inject(s, STALE(5));
    expect_nothing(s);
    expect_state(s, ESTABLISHED);
    expect_item(s, HAWSER_UP);
}

/* ---- 5.3.1 ------------------------------------------------------------------------------------------------------- */

SCRIPT(s5_3_1_tags_are_random, "5.3.1", "tags are random and not 0; the initial TSN, too") {
    listen_now(s);
    uint32_t tags[20], tsns[20];
    for (int i = 0; i < 20; i++) {
        inject(s, INIT(.tag = 1 + i));
        const struct seen *ack = expect(s, INIT_ACK);
        tags[i] = ack->init.tag;
        tsns[i] = ack->init.tsn;
        for (int k = 0; k < i; k++)
            check(tags[k] != tags[i] && tsns[k] != tsns[i]);
    }
}

SCRIPT(s5_3_1_a_recent_tag_is_not_used_again, "5.3.1",
       "a new association to the same peer gets a new tag; the port pair is free at once") {
    uint64_t dice = s->random;
    reach_cookie_wait(s);
    uint32_t tag = s->stack_tag;
    inject(s, INIT_ACK());
    expect(s, COOKIE_ECHO);
    inject(s, COOKIE_ACK());
    expect_item(s, HAWSER_UP);
    check_equal(hawser_abort(s->stack, s->now, s->association, NOTHING), 0);
    expect(s, ABORT);
    expect_ended(s, HAWSER_END_ABORTED);
    s->random = dice; /* the same dice fall again */
    connect_now(s, 1);
    check(expect(s, INIT)->init.tag != tag);
}

SCRIPT(s5_3_1_port_pair_is_free_after_shutdown, "notes, 5.3.1", "no TIME-WAIT: a port pair can be used again at once") {
    establish_active(s);
    reach_shutdown_sent(s);
    inject(s, SHUTDOWN_ACK());
    expect(s, SHUTDOWN_COMPLETE, .t = 0);
    expect_ended(s, HAWSER_END_SHUTDOWN);
    establish_active(s);
}
