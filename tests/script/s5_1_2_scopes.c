/* SPDX-License-Identifier: MIT
 *
 * RFC 9260 section 5.1.2: which addresses are told to whom, and believed. Loopback, link-local and private addresses mean
 * something only to those who are as near.
 */
#include "script.h"

enum { LOOPBACK, LINK, PRIVATE, GLOBAL, SCOPES };

/* The stack has, and the peer may have, an address of each scope. */
static void all_scopes(struct script *s) {
    start(s, .local_addresses = SCOPES);
    s->local[LOOPBACK] = script_ipv4(127, 0, 0, 1, 0);
    s->local[LINK] = script_ipv4(169, 254, 1, 1, 0);
    s->local[PRIVATE] = script_ipv4(10, 1, 1, 1, 0);
    s->peer[LOOPBACK] = script_ipv4(127, 0, 0, 9, 0);
    s->peer[LINK] = script_ipv4(169, 254, 9, 9, 0);
    s->peer[PRIVATE] = script_ipv4(192, 168, 9, 9, 0);
}

/* The stack's addresses that an INIT or INIT ACK lists, a bit each. */
static unsigned listed(struct script *s, const struct seen *init) {
    unsigned bits = 0;
    struct hw_cursor cursor = hw_cursor_over(init->init.params);
    struct hw_tlv param;
    while (hw_cursor_param(&cursor, &param) == HW_CURSOR_ITEM)
        for (unsigned i = 0; i < PLACES; i++)
            if ((param.type == HW_PARAM_IPV4 && s->local[i].family == HAWSER_IPV4 &&
                 memcmp(param.value.data, s->local[i].ip, 4) == 0) ||
                (param.type == HW_PARAM_IPV6 && s->local[i].family == HAWSER_IPV6 &&
                 memcmp(param.value.data, s->local[i].ip, 16) == 0))
                bits |= 1u << i;
    return bits;
}

SCRIPT(s5_1_2_scopes_of_an_init_ack, "5.1.2", "an INIT ACK lists addresses of the INIT's scope and wider ones, no others") {
    static const unsigned lists[SCOPES] = {[LOOPBACK] = 15, [LINK] = 14, [PRIVATE] = 12, [GLOBAL] = 8};
    all_scopes(s);
    listen_now(s);
    for (int scope = 0; scope < SCOPES; scope++) {
        inject_by(s, WAY(.from = scope, .to = scope), INIT(.tag = 50 + scope));
        check_equal(listed(s, expect(s, INIT_ACK, .to = scope, .from = scope)), lists[scope]);
    }
}

SCRIPT(s5_1_2_scopes_of_an_init, "5.1.2", "an INIT lists addresses of its destination's scope and wider ones") {
    all_scopes(s);
    connect_now(s, 3); /* loopback, link, private */
    check_equal(listed(s, expect(s, INIT, .to = LOOPBACK)), 1u << PRIVATE | 1u << GLOBAL);
    wait_packet(s, sec(4)); /* the next address is asked; what it is told is the same, for the widest of them counts */
    check_equal(listed(s, expect(s, INIT, .to = LINK)), 1u << PRIVATE | 1u << GLOBAL);
    s->quiet_end = true;
}

SCRIPT(s5_1_2_scope_private_setting, "5.1.2", "setting private_scope 0: private addresses are told to everybody, and believed") {
    set(s, PRIVATE_SCOPE, 0);
    all_scopes(s);
    struct hawser_span private = script_address_param(s, &s->peer[PRIVATE]);
    listen_now(s);
    inject_by(s, WAY(.from = GLOBAL, .to = GLOBAL), INIT(.params = private));
    const struct seen *ack = expect(s, INIT_ACK);
    check_equal(listed(s, ack), 1u << PRIVATE | 1u << GLOBAL);
    remember(s, ack);
    inject_by(s, WAY(.from = GLOBAL, .to = GLOBAL), COOKIE_ECHO());
    expect(s, COOKIE_ACK);
    expect_arrived(s);
    check_equal(status_of(s).path_count, 2);
    s->quiet_end = true; /* HEARTBEAT to the second */
}

SCRIPT(s5_1_2_private_addresses_of_the_world, "5.1.2, 5.4, bad input",
       "private addresses that a peer with a global one lists become no paths: nobody has us probe our own network") {
    all_scopes(s);
    struct hawser_span many = NOTHING;
    for (unsigned i = 0; i < 4; i++) {
        struct hawser_address kinds[] = {script_ipv4(10, 0, 0, 1, 0), script_ipv4(172, 31, 0, 1, 0),
                                         script_ipv4(192, 168, 1, 1, 0), script_ipv4(100, 64, 0, 1, 0)};
        many = JOIN(many, script_address_param(s, &kinds[i]));
    }
    struct hawser_address other = script_ipv4(172, 32, 0, 1, 0); /* this one is global */
    many = JOIN(many, script_address_param(s, &other));
    listen_now(s);
    inject_by(s, WAY(.from = GLOBAL, .to = GLOBAL), INIT(.params = many));
    remember(s, expect(s, INIT_ACK));
    inject_by(s, WAY(.from = GLOBAL, .to = GLOBAL), COOKIE_ECHO());
    expect(s, COOKIE_ACK);
    expect_arrived(s);
    check_equal(status_of(s).path_count, 2);
    check_equal(path_of(s, 2).remote.ip[1], 32);
    expect(s, HEARTBEAT);
}

SCRIPT(s5_1_2_private_addresses_among_themselves, "5.1.2",
       "a peer with a private address lists private and global ones: both are used") {
    all_scopes(s);
    struct hawser_span more = JOIN(script_address_param(s, &s->peer[GLOBAL]), script_address_param(s, &s->local[9]));
    listen_now(s);
    inject_by(s, WAY(.from = PRIVATE, .to = PRIVATE), INIT(.params = more));
    remember(s, expect(s, INIT_ACK));
    inject_by(s, WAY(.from = PRIVATE, .to = PRIVATE), COOKIE_ECHO());
    expect(s, COOKIE_ACK, .from = PRIVATE);
    expect_arrived(s);
    check_equal(status_of(s).path_count, 3);
    s->quiet_end = true; /* HEARTBEATs */
}

SCRIPT(s5_1_2_source_is_an_address_that_was_told, "5.1.2, 6.4, 8.4",
       "no packet leaves from an address that the peer was not told of, whatever would be nearest") {
    all_scopes(s);
    struct hawser_address near = script_ipv4(126, 0, 0, 1, 0); /* seven bits like loopback */
    listen_now(s);
    inject_by(s, WAY(.from = GLOBAL, .to = GLOBAL), INIT(.params = script_address_param(s, &near)));
    remember(s, expect(s, INIT_ACK));
    inject_by(s, WAY(.from = GLOBAL, .to = GLOBAL), COOKIE_ECHO());
    expect(s, COOKIE_ACK);
    expect_arrived(s);
    check_equal(status_of(s).path_count, 2);
    struct hawser_path_status second = path_of(s, 2);
    check(same_place(&second.local, &s->local[GLOBAL]));
    expect(s, HEARTBEAT, .from = GLOBAL);
}

SCRIPT(s5_1_2_private_addresses_alone, "5.1.2, RFC 6951 5.7",
       "with private addresses alone the world is told of none, and reached from the one that is most like it") {
    start(s, .local_addresses = 2);
    s->local[0] = script_ipv4(10, 0, 0, 1, 0);
    s->local[1] = script_ipv4(192, 168, 0, 1, 0);
    connect_now(s, 1);
    const struct seen *init = expect(s, INIT, .to = 0, .from = 1); /* 198.51.100.1 */
    check_equal(listed(s, init), 0);
    remember(s, init);
    inject_by(s, WAY(.to = 1), INIT_ACK());
    expect(s, COOKIE_ECHO, .from = 1);
    inject_by(s, WAY(.to = 1), COOKIE_ACK());
    expect_state(s, ESTABLISHED);
}

SCRIPT(s5_1_2_zones, "5.1.2", "of link-local IPv6 addresses those of the peer's zone are listed") {
    start(s, .ipv6 = true, .local_addresses = 3);
    for (unsigned i = 0; i < 2; i++) {
        s->local[i].ip[0] = 0xfe;
        s->local[i].ip[1] = 0x80;
        memset(s->local[i].ip + 2, 0, 6);
        s->local[i].ip[15] = (uint8_t)(i + 1);
        s->local[i].scope = i + 2;
    }
    struct hawser_address peer = s->local[0];
    peer.ip[15] = 99;
    listen_now(s);
    inject_by(s, WAY(.remote = &peer), INIT());
    check_equal(listed(s, expect(s, INIT_ACK)), 1u << 0 | 1u << 2);
    peer.scope = 3;
    inject_by(s, WAY(.remote = &peer, .to = 1), INIT());
    check_equal(listed(s, expect(s, INIT_ACK)), 1u << 1 | 1u << 2);
}

SCRIPT(s5_1_2_scopes_of_both_families, "5.1.2",
       "unique local IPv6 addresses are private; a global peer of either family is told of none") {
    start(s, .local_addresses = 4);
    s->local[0] = script_ipv6(1, 1, 0);
    s->local[1] = script_ipv6(2, 1, 0);
    s->local[1].ip[0] = 0xfd;
    s->local[2] = script_ipv4(172, 16, 0, 1, 0);
    listen_now(s);
    inject_by(s, WAY(.to = 3), INIT());
    check_equal(listed(s, expect(s, INIT_ACK)), 1u << 0 | 1u << 3);
    struct hawser_address unique = s->local[1];
    unique.ip[15] = 77;
    inject_by(s, WAY(.to = 1, .remote = &unique), INIT());
    check_equal(listed(s, expect(s, INIT_ACK)), 15);
}
