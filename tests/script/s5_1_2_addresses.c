/* SPDX-License-Identifier: MIT
 *
 * RFC 9260 section 5, RFC 6951: cookies that come twice or to the wrong endpoint, addresses that a peer cannot have, and
 * endpoints that share a port.
 */
#include "script.h"

/* ---- cookies ---------------------------------------------------------------------------------------------------- */

SCRIPT(s5_3_1_cookie_of_an_ended_association, "5.1.5, 5.3.1",
       "a COOKIE ECHO that comes again after its association has ended makes no second one") {
    establish_passive(s);
    inject(s, SHUTDOWN(-1));
    expect(s, SHUTDOWN_ACK);
    inject(s, SHUTDOWN_COMPLETE());
    expect_ended(s, HAWSER_END_SHUTDOWN);
    inject(s, COOKIE_ECHO(), DATA(.tsn = 0, .text = "pay again"));
    expect(s, ABORT, .tag = PEER_TAG, .t = 0);
    script_no_item(s, __FILE__, __LINE__, s->endpoint);
    check_equal(hawser_check_objects(s->stack), 1);
    /* the port pair itself is free */
    inject(s, INIT());
    remember(s, expect(s, INIT_ACK));
    inject(s, COOKIE_ECHO());
    expect(s, COOKIE_ACK);
    expect_arrived(s);
}

SCRIPT(s5_1_5_cookie_of_another_endpoint, "5.1.5",
       "a cookie makes an association only of the endpoint that it was made by, though others share the port") {
    hawser_id other = 0;
    get_cookie(s);
    struct hawser_endpoint_options options = HAWSER_INIT(options);
    options.port = STACK_PORT;
    options.addresses = s->local + 1;
    options.address_count = 1;
    check_equal(hawser_open(s->stack, &options, &other), 0);
    check_equal(hawser_listen(s->stack, other, 5), 0);
    inject_by(s, WAY(.to = 1), COOKIE_ECHO());
    expect_nothing(s);
    script_no_item(s, __FILE__, __LINE__, other);
    inject(s, COOKIE_ECHO());
    expect(s, COOKIE_ACK);
    expect_arrived(s);
    check_equal(hawser_close(s->stack, s->now, other), 0);
}

SCRIPT(s5_2_1_init_from_an_address_that_it_does_not_list, "5.1.2 D, 5.2.1, 5.2.4 B",
       "INIT in COOKIE-WAIT from an address beyond those that it lists: its cookie is good from there") {
    start(s, .peer_addresses = 1);
    reach_cookie_wait(s);
    inject_by(s, WAY(.from = 1), INIT(.addresses = 1));
    remember(s, expect(s, INIT_ACK, .to = 0));
    inject_by(s, WAY(.from = 1), COOKIE_ECHO());
    skip_output(s); /* COOKIE ACK, HEARTBEAT */
    expect_state(s, ESTABLISHED);
    check_equal(status_of(s).path_count, 2);
}

SCRIPT(s5_1_2_collision_keeps_only_what_the_init_told_of, "5.1.2 A, 5.2.1, 5.2.4 B",
       "a collision without address parameters: the INIT's source is the sole destination, whatever the user gave") {
    connect_now(s, 3);
    remember(s, expect(s, INIT, .to = 0));
    inject_by(s, WAY(.from = 2), INIT());
    remember(s, expect(s, INIT_ACK, .to = 2));
    inject_by(s, WAY(.from = 2), COOKIE_ECHO(), DATA(.tsn = 0));
    expect(s, COOKIE_ACK, .to = 2);
    expect_also(s, SACK);
    check_equal(status_of(s).path_count, 1);
    check_equal(place_of(s, status_of(s).primary_path), 2);
    send_message(s, 0, 10, 0);
    expect(s, DATA, .to = 2);
    inject_by(s, WAY(.from = 2), SACK(.cum = 0));
}

SCRIPT(s5_1_2_init_ack_from_elsewhere_lists_its_path_too_late, "3.2.1, 5.1.2, bad input",
       "an INIT ACK from an unknown address whose known one lies behind a parameter that stops is not ours") {
    connect_now(s, 2);
    remember(s, expect(s, INIT, .to = 0));
    struct hawser_span stop = PARAM(0x0777, NOTHING), known = script_address_param(s, &s->peer[0]);
    inject_by(s, WAY(.from = 5), INIT_ACK(.addresses = 0, .params = JOIN(stop, known)));
    expect(s, ABORT, .t = 1);
    expect_state(s, COOKIE_WAIT);
    check_equal(status_of(s).path_count, 2);
    /* seventeen addresses, of which the known one is the last */
    struct hawser_span many = NOTHING;
    for (unsigned i = 0; i < 16; i++) {
        struct hawser_address other = script_ipv4(203, 0, 113, 1 + i, 0);
        many = JOIN(many, script_address_param(s, &other));
    }
    inject_by(s, WAY(.from = 5), INIT_ACK(.addresses = 0, .params = JOIN(many, known)));
    expect(s, ABORT, .t = 1);
    expect_state(s, COOKIE_WAIT);
    inject_by(s, WAY(.from = 5), INIT_ACK(.addresses = 0, .params = known));
    expect(s, COOKIE_ECHO, .to = 0);
    check_equal(status_of(s).path_count, 2);
    s->quiet_end = true;
}

SCRIPT(s5_2_1_collision_with_data_in_flight, "5.2.1, 5.2.4 D",
       "a collision in COOKIE-ECHOED with DATA in flight takes no path away, also if the INIT tells of fewer") {
    connect_now(s, 2);
    remember(s, expect(s, INIT, .to = 0));
    send_message(s, 0, 10, 0);
    inject(s, INIT_ACK(.addresses = 2));
    expect(s, COOKIE_ECHO, .to = 0);
    expect_also(s, DATA, .tsn = 0);
    inject_by(s, WAY(.from = 1), INIT(.tag = 99, .addresses = 0));
    remember(s, expect(s, INIT_ACK, .tag = 99, .to = 1));
    inject_by(s, WAY(.from = 1), COOKIE_ECHO());
    expect(s, COOKIE_ACK, .to = 1, .tag = 99);
    expect_state(s, ESTABLISHED);
    check_equal(status_of(s).path_count, 2);
    inject(s, SACK(.cum = 0));
    check_equal(status_of(s).in_flight, 0);
    s->quiet_end = true;
}

SCRIPT(s5_2_6_error_that_waits_while_paths_go, "5.1.2 A, 5.2.6, bad input",
       "an ERROR that did not fit beside a large cookie leaves over a path that is still there") {
    connect_now(s, 3);
    remember(s, expect(s, INIT, .to = 0));
    struct hawser_span unknown = PARAM(0xc777, U32(1));
    inject_by(s, WAY(.from = 2), INIT_ACK(.addresses = 3, .cookie = FILL(2000, 'c'), .params = unknown));
    expect(s, COOKIE_ECHO, .to = 2);
    inject_by(s, WAY(.from = 2), ERROR(CAUSE(STALE_COOKIE, U32(1000))));
    expect(s, INIT);
    inject_by(s, WAY(.from = 0), INIT_ACK(.addresses = 0, .cookie = FILL(2000, 'c')));
    expect(s, COOKIE_ECHO, .to = 0);
    inject(s, COOKIE_ACK());
    expect(s, ERROR, .to = 0, .cause = HW_CAUSE_UNRECOGNIZED_PARAMETERS);
    check_equal(status_of(s).path_count, 1);
}

/* ---- endpoints that share a port -------------------------------------------------------------------------------- */

/* A wildcard endpoint on the same port, listening. */
static hawser_id open_wildcard(struct script *s) {
    hawser_id id = 0;
    struct hawser_endpoint_options options = HAWSER_INIT(options);
    options.port = STACK_PORT;
    check_equal(hawser_open(s->stack, &options, &id), 0);
    check_equal(hawser_listen(s->stack, id, 5), 0);
    return id;
}

SCRIPT(s5_1_2_the_association_that_names_the_address, "5.1.2, 8.5.1 B",
       "of two associations with the same peer and ports a packet means the one that has its destination address") {
    establish_passive(s);
    hawser_id wild = open_wildcard(s);
    inject_by(s, WAY(.to = 1), INIT(.tag = 77));
    remember(s, expect(s, INIT_ACK, .tag = 77, .from = 1));
    inject_by(s, WAY(.to = 1), COOKIE_ECHO());
    expect(s, COOKIE_ACK, .tag = 77, .from = 1);
    /* each is told that its peer has gone by its own reflected tag */
    inject_by(s, WAY(.to = 0, .tag = PEER_TAG), ABORT_T(NOTHING));
    expect_ended(s, HAWSER_END_PEER_ABORTED);
    inject_by(s, WAY(.to = 1, .tag = 77), ABORT_T(NOTHING));
    struct hawser_item item;
    check_equal(hawser_receive(s->stack, wild, &item, 1), 1);
    check_equal(hawser_consume(s->stack, s->now, wild, 1, 0), 0);
    s->association = item.association;
    expect_ended(s, HAWSER_END_PEER_ABORTED);
    check_equal(hawser_close(s->stack, s->now, wild), 0);
}

SCRIPT(s5_1_2_exact_association_before_one_that_takes_any, "5.1.2, 8.5.1 B",
       "an association whose own addresses are unknown does not stand before the one that has the destination address") {
    establish_active(s);
    hawser_id first = s->association, second = 0, wild = open_wildcard(s);
    struct hawser_connect_options options = HAWSER_INIT(options);
    options.port = PEER_PORT;
    options.addresses = s->peer + 1;
    options.address_count = 1;
    check_equal(hawser_connect(s->stack, s->now, wild, &options, &second), 0);
    script_pump(s);
    remember(s, expect(s, INIT, .to = 1));
    inject_by(s, WAY(.from = 1, .local_none = 1), INIT_ACK(.tag = 77, .addresses = 2));
    expect(s, COOKIE_ECHO, .to = 1, .tag = 77);
    inject_by(s, WAY(.from = 1, .local_none = 1), COOKIE_ACK());
    skip_output(s); /* HEARTBEAT to the first's peer address */
    inject_by(s, WAY(.tag = PEER_TAG), ABORT_T(NOTHING));
    s->association = first;
    expect_ended(s, HAWSER_END_PEER_ABORTED);
    check_equal(hawser_close(s->stack, s->now, second), 0);
    check_equal(hawser_close(s->stack, s->now, wild), 0);
    s->quiet_end = true;
}

/* ---- addresses -------------------------------------------------------------------------------------------------- */

static struct hawser_address link_local(unsigned host, uint32_t scope) {
    struct hawser_address address;
    memset(&address, 0, sizeof address);
    address.family = HAWSER_IPV6;
    address.scope = scope;
    address.ip[0] = 0xfe;
    address.ip[1] = 0x80;
    address.ip[15] = (uint8_t)host;
    return address;
}

SCRIPT(s5_1_2_link_local_addresses_have_the_zone_of_their_source, "5.1.2",
       "a link-local address that a peer lists lies in the zone that its packet came from") {
    start(s, .local_addresses = 0);
    listen_now(s);
    struct hawser_address from = link_local(1, 3), to = link_local(2, 3), other = link_local(9, 0);
    struct hawser_span listed = JOIN(script_address_param(s, &from), script_address_param(s, &other));
    const struct way *way = WAY(.remote = &from, .local = &to);
    inject_by(s, way, INIT(.params = listed));
    remember(s, expect(s, INIT_ACK));
    inject_by(s, way, COOKIE_ECHO());
    skip_output(s);
    expect_arrived(s);
    check_equal(status_of(s).path_count, 2);
    check_equal(path_of(s, 1).remote.scope, 3);
    check_equal(path_of(s, 2).remote.scope, 3);
    /* it restarts: no address is new */
    inject_by(s, way, INIT(.tag = 5, .params = listed));
    expect(s, INIT_ACK, .tag = 5);
    s->quiet_end = true;
}

SCRIPT(s5_1_2_addresses_out_of_their_scope_are_not_used, "5.1.2, 5.4",
       "loopback and link-local addresses listed by a peer that is elsewhere lead nowhere: they become no paths") {
    listen_now(s);
    struct hawser_address loopback = script_ipv4(127, 0, 0, 1, 0), local = link_local(9, 0);
    struct hawser_span listed = JOIN(script_address_param(s, &s->peer[0]), script_address_param(s, &loopback),
                                     script_address_param(s, &local));
    inject(s, INIT(.params = listed));
    remember(s, expect(s, INIT_ACK));
    inject(s, COOKIE_ECHO());
    expect(s, COOKIE_ACK);
    expect_arrived(s);
    check_equal(status_of(s).path_count, 1);
    expect_nothing(s);
}

SCRIPT(s5_1_2_a_route_lists_no_addresses, "5.1.2, RFC 8261 6.1",
       "addresses listed over a carrier without addresses are ignored") {
    start(s, .local_addresses = 0);
    listen_now(s);
    struct hawser_address route;
    memset(&route, 0, sizeof route);
    route.family = HAWSER_ROUTE;
    route.route = 7;
    const struct way *way = WAY(.remote = &route, .local_none = 1);
    inject_by(s, way, INIT(.addresses = 2));
    remember(s, expect(s, INIT_ACK));
    inject_by(s, way, COOKIE_ECHO());
    expect(s, COOKIE_ACK);
    expect_arrived(s);
    check_equal(status_of(s).path_count, 1);
    expect_nothing(s);
}

SCRIPT(s5_2_2_restart_at_an_address_that_nobody_reported, "5.2.2",
       "an INIT where the association's packets go is for it, also if that local address was never reported") {
    start(s, .local_addresses = 0);
    struct hawser_report report = HAWSER_INIT(report);
    report.kind = HAWSER_REPORT_ADDRESS_UP;
    report.local = s->local[0];
    hawser_report(s->stack, s->now, &report);
    listen_now(s);
    inject_by(s, WAY(.to = 1), INIT());
    remember(s, expect(s, INIT_ACK));
    inject_by(s, WAY(.to = 1), COOKIE_ECHO());
    expect(s, COOKIE_ACK);
    expect_arrived(s);
    expect_item(s, HAWSER_UP);
    inject_by(s, WAY(.to = 1), INIT(.tag = 5));
    remember(s, expect(s, INIT_ACK, .tag = 5));
    inject_by(s, WAY(.to = 1), COOKIE_ECHO());
    expect(s, COOKIE_ACK, .tag = 5);
    expect_item(s, HAWSER_RESTARTED);
    script_no_item(s, __FILE__, __LINE__, s->endpoint);
}

SCRIPT(s5_1_2_supported_address_types, "3.3.2.1.5, 5.1.2",
       "an INIT ACK lists only addresses of the types that the INIT accepts") {
    static const struct { int type; int want4, want6; } rows[] = {{HW_PARAM_IPV4, 2, 0}, {HW_PARAM_IPV6, 2, 1}, {0, 2, 1}};
    struct hawser_address bound[3] = {s->local[0], s->local[1], script_ipv6(0xa000, 1, 0)};
    struct hawser_endpoint_options options = HAWSER_INIT(options);
    options.port = STACK_PORT;
    options.addresses = bound;
    options.address_count = 3;
    check_equal(hawser_open(s->stack, &options, &s->endpoint), 0);
    listen_now(s);
    for (unsigned i = 0; i < 3; i++) {
        struct hawser_span types = PARAM(HW_PARAM_ADDRESS_TYPES, U16(rows[i].type));
        inject(s, INIT(.params = rows[i].type ? types : NOTHING));
        const struct seen *ack = expect(s, INIT_ACK);
        struct hw_cursor cursor = hw_cursor_over(ack->init.params);
        struct hw_tlv param;
        int ipv4 = 0, ipv6 = 0;
        while (hw_cursor_param(&cursor, &param) == HW_CURSOR_ITEM) {
            ipv4 += param.type == HW_PARAM_IPV4;
            ipv6 += param.type == HW_PARAM_IPV6;
        }
        check_equal(ipv4, rows[i].want4); /* IPv4 carried the INIT, so it is supported whatever the parameter says */
        check_equal(ipv6, rows[i].want6);
    }
}

SCRIPT(s5_1_2_a_family_that_is_listed_is_supported, "5.1.2",
       "an INIT that lists an address of a family supports it, though its Supported Address Types says otherwise: no complaint") {
    struct hawser_address bound[2] = {s->local[0], script_ipv6(0xa000, 1, 0)}, theirs = script_ipv6(0xa000, 9, 0);
    struct hawser_endpoint_options options = HAWSER_INIT(options);
    options.port = STACK_PORT;
    options.addresses = bound;
    options.address_count = 2;
    check_equal(hawser_open(s->stack, &options, &s->endpoint), 0);
    listen_now(s);
    inject(s, INIT(.params = JOIN(PARAM(HW_PARAM_ADDRESS_TYPES, U16(HW_PARAM_IPV4)), script_address_param(s, &theirs))));
    const struct seen *ack = expect(s, INIT_ACK);
    check_equal(param_of(ack, HW_PARAM_IPV6).size, 16);
    check_equal(param_of(ack, HW_PARAM_IPV4).size, 4);
    expect_nothing(s);
}

/* ---- UDP -------------------------------------------------------------------------------------------------------- */

SCRIPT(rfc6951_5_4_port_of_the_init_ack, "RFC 6951 5.4", "the UDP source port of the INIT ACK is where the COOKIE ECHO goes") {
    start(s, .udp = true);
    connect_now(s, 1);
    remember(s, expect(s, INIT, .udp = UDP_PORT));
    inject_by(s, WAY(.udp = 4000), INIT_ACK(.cookie = TEXT("cookie")));
    expect(s, COOKIE_ECHO, .udp = 4000);
    inject_by(s, WAY(.udp = 4000), COOKIE_ACK());
    expect_state(s, ESTABLISHED);
    check_equal(path_of(s, 1).remote.udp_port, 4000);
}
