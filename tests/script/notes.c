/* SPDX-License-Identifier: MIT
 *
 * Rules that are easily missed and have no section of their own; want of memory; and the judge judged.
 */
#include "script.h"

SCRIPT(notes_init_matches_any_listed_address, "5.1.2 D, notes",
       "an INIT belongs to the association of any address that it lists") {
    start(s, .peer_addresses = 2);
    establish_passive(s);
    /* from the second address, listing both: a restart, not a new association */
    inject_by(s, WAY(.from = 1), INIT(.tag = 88, .addresses = 2));
    remember(s, expect(s, INIT_ACK, .tag = 88, .to = 1));
    s->peer_tag = 88;
    inject_by(s, WAY(.from = 1), COOKIE_ECHO());
    expect(s, COOKIE_ACK, .to = 1);
    expect_item(s, HAWSER_RESTARTED);
    check_equal(COUNT(Restarts), 1);
    s->quiet_end = true;
}

SCRIPT(notes_restart_cookie_has_a_new_tag, "5.2.4 A, notes",
       "the COOKIE ECHO of a restart carries the new tag, which is no association's yet") {
    establish_passive(s);
    uint32_t old_tag = s->stack_tag;
    s->peer_tag = 0x5555;
    inject(s, INIT());
    remember(s, expect(s, INIT_ACK));
    inject_by(s, WAY(.tag = old_tag), COOKIE_ECHO());
    expect_nothing(s);
    check_equal(COUNT(Restarts), 0);
    inject(s, COOKIE_ECHO());
    expect(s, COOKIE_ACK);
    check_equal(COUNT(Restarts), 1);
    expect_item(s, HAWSER_RESTARTED);
}

SCRIPT(notes_ipv6_end_to_end, "3.3.2.1.2, 7.2.1", "an association over IPv6") {
    start(s, .ipv6 = true);
    establish_active(s);
    send_message(s, 0, 5000, HAWSER_SEND_NO_DELAY);
    expect(s, DATA, .size = 1500 - 40 - 12 - 16, .length = 1460);
    s->quiet_end = true;
    inject(s, DATA(.tsn = 0));
    skip_output(s);
    expect_message(s);
}

SCRIPT(notes_mapped_addresses_are_ipv4, "3.3.2.1.2", "an IPv4-mapped IPv6 address is the IPv4 address") {
    establish_passive(s);
    struct hawser_address mapped = s->peer[0];
    mapped.family = HAWSER_IPV6;
    memset(mapped.ip, 0, 16);
    mapped.ip[10] = mapped.ip[11] = 0xff;
    memcpy(mapped.ip + 12, s->peer[0].ip, 4);
    inject_by(s, WAY(.remote = &mapped), DATA(.tsn = 0));
    expect(s, SACK, .cum = 0, .to = 0);
}

SCRIPT(notes_carrier_without_local_address, "design", "a carrier that cannot tell the local address") {
    start(s, .local_addresses = 0);
    listen_now(s);
    inject_by(s, WAY(.local_none = 1), INIT());
    remember(s, expect(s, INIT_ACK, .to = 0));
    inject_by(s, WAY(.local_none = 1), COOKIE_ECHO());
    expect(s, COOKIE_ACK, .to = 0);
    expect_arrived(s);
    inject_by(s, WAY(.local_none = 1), DATA(.tsn = 0));
    expect(s, SACK, .cum = 0);
    skip_items(s);
}

SCRIPT(notes_wildcard_answers_from_where_it_was_asked, "11.1.1",
       "an endpoint on the wildcard uses the address that the peer spoke to") {
    start(s, .local_addresses = 0);
    listen_now(s);
    inject_by(s, WAY(.to = 2), INIT());
    remember(s, expect(s, INIT_ACK, .from = 2));
    inject_by(s, WAY(.to = 2), COOKIE_ECHO());
    expect(s, COOKIE_ACK, .from = 2);
    expect_arrived(s);
    skip_items(s);
    send_message(s, 0, 10, 0);
    expect(s, DATA, .from = 2);
}

/* Without letting the stack speak. */
static void send_quietly(struct script *s, size_t size) {
    struct hawser_span part = FILL(size, 'u');
    struct hawser_message message = HAWSER_INIT(message);
    message.parts = &part;
    message.part_count = 1;
    message.flags = HAWSER_SEND_NO_DELAY;
    check_equal(hawser_send(s->stack, s->now, s->association, &message), 0);
}

/* ---- trains ------------------------------------------------------------------------------------------------------ */

SCRIPT(notes_trains_of_equal_packets, "design 7",
       "a train is packets of equal size, the last perhaps shorter; the packets are the same as without") {
    establish_active(s);
    set(s, MAX_BURST, 0);
    for (int i = 0; i < 100; i++)
        send_message(s, 0, FULL, 0);
    check_equal(sack_everything(s), 99);
    s->segments = 8;
    s->trains = 0;
    for (int i = 0; i < 30; i++)
        send_quietly(s, i == 20 ? 700 : FULL);
    script_pump(s);
    check(s->trains >= 1);
    int64_t tsn = 100;
    for (; next_chunk(s) == HW_DATA; tsn++)
        expect(s, DATA, .tsn = tsn, .size = tsn == 120 ? 700 : FULL);
    check(tsn >= 108);
    inject(s, SACK(.cum = tsn - 1), HEARTBEAT(U32(1)), DATA(.tsn = 0));
    sack_everything(s);
    expect_message(s);
}

SCRIPT(notes_batch_of_packets_is_sacked_as_if_one_by_one, "6.2, design",
       "packets that come in one batch cause as many SACKs as if they came one by one") {
    establish_passive(s);
    inject(s, DATA(.tsn = 0));
    expect(s, SACK, .cum = 0);
    struct hawser_span train = NOTHING;
    for (int i = 0; i < 5; i++)
        train = JOIN(train, packet(s, WAY(.from = 0), DATA(.tsn = 2 + i + (i > 2), .ssn = 2 + i + (i > 2))));
    script_inject_bytes(s, WAY(.segment = train.size / 5), train);
    expect(s, SACK, .cum = 0, .gap_count = 1, .gaps = {{2, 2}});
    expect(s, SACK, .cum = 0, .gap_count = 1, .gaps = {{2, 3}});
    expect(s, SACK, .cum = 0, .gap_count = 1, .gaps = {{2, 4}});
    expect(s, SACK, .cum = 0, .gap_count = 2, .gaps = {{2, 4}, {6, 6}});
    expect(s, SACK, .cum = 0, .gap_count = 2, .gaps = {{2, 4}, {6, 7}});
    expect_nothing(s);
}

SCRIPT(notes_time_that_goes_backwards, "design", "time that goes backwards is taken as no time") {
    establish_active(s);
    send_message(s, 0, 10, 0);
    expect(s, DATA);
    hawser_time now = s->now;
    s->now = now - sec(500);
    inject(s, DATA(.tsn = 0));
    expect(s, SACK, .cum = 0);
    s->now = now;
    advance(s, sec(1));
    expect(s, DATA, .tsn = 0);
    expect_message(s);
    s->quiet_end = true;
}

SCRIPT(notes_two_listeners_on_a_port, "design", "several endpoints share a port if their addresses differ") {
    hawser_id other = 0;
    struct hawser_endpoint_options options = HAWSER_INIT(options);
    options.port = STACK_PORT;
    options.addresses = s->local + 1;
    options.address_count = 1;
    check_equal(hawser_open(s->stack, &options, &other), 0);
    check_equal(hawser_listen(s->stack, other, 1), 0);
    listen_now(s);
    inject_by(s, WAY(.to = 1), INIT());
    remember(s, expect(s, INIT_ACK, .from = 1));
    inject_by(s, WAY(.to = 1), COOKIE_ECHO());
    expect(s, COOKIE_ACK, .from = 1);
    script_no_item(s, __FILE__, __LINE__, s->endpoint);
    struct hawser_item item;
    check_equal(hawser_receive(s->stack, other, &item, 1), 1);
    check_equal(item.type, HAWSER_ARRIVED);
    check_equal(hawser_close(s->stack, s->now, other), 0);
    expect(s, ABORT);
}

SCRIPT(notes_a_carrier_of_routes, "design 12",
       "a carrier without addresses: a route number in place of an address, INITs list none") {
    struct hawser_address route;
    memset(&route, 0, sizeof route);
    route.family = HAWSER_ROUTE;
    route.route = 77;
    s->peer[0] = route;
    s->local[0] = route;
    s->unjudged = true;
    start(s, .local_addresses = 0);
    s->peer[0] = route;
    s->local[0] = route;
    listen_now(s);
    inject(s, INIT());
    remember(s, expect(s, INIT_ACK, .to = 0));
    inject(s, COOKIE_ECHO());
    expect(s, COOKIE_ACK, .to = 0);
    expect_arrived(s);
    skip_items(s);
    struct hawser_report report = HAWSER_INIT(report);
    report.kind = HAWSER_REPORT_ROUTE_LOST;
    report.remote = route;
    hawser_report(s->stack, s->now, &report);
    expect_ended(s, HAWSER_END_ROUTE_LOST);
    s->quiet_end = true;
}

/* ---- want of memory ------------------------------------------------------------------------------------------------------ */

/* A whole life: set-up, data both ways, shutdown. Nothing is expected: memory may fail at any point. */
static void life(struct script *s) {
    s->quiet_end = true;
    struct hawser_endpoint_options options = HAWSER_INIT(options);
    options.port = STACK_PORT;
    options.addresses = s->local;
    options.address_count = 1;
    if (hawser_open(s->stack, &options, &s->endpoint) != 0 || hawser_listen(s->stack, s->endpoint, 2) != 0)
        return;
    inject(s, INIT());
    if (next_chunk(s) != HW_INIT_ACK)
        return;
    remember(s, expect(s, INIT_ACK));
    inject(s, COOKIE_ECHO(), DATA(.tsn = 0));
    struct hawser_item item;
    if (hawser_receive(s->stack, s->endpoint, &item, 1) != 1)
        return;
    s->association = item.association;
    check_equal(hawser_consume(s->stack, s->now, s->endpoint, 1, 0), 0);
    for (int i = 0; i < 3; i++)
        (void)send_with(s, .size = 2000, .stream = i);
    inject(s, DATA(.tsn = 2, .flags = B, .ssn = 1, .size = 1000), DATA(.tsn = 4, .stream = 7, .size = 30));
    inject(s, DATA(.tsn = 3, .flags = E, .ssn = 1, .size = 1000), HEARTBEAT(U32(1)));
    inject(s, DATA(.tsn = 1, .stream = 3));
    inject(s, SACK(.cum = 0, .gaps = {{2, 2}}));
    advance(s, sec(3));
    skip_items(s);
    inject(s, SACK(.cum = 4));
    (void)hawser_shutdown(s->stack, s->now, s->association);
    script_pump(s);
    inject(s, SHUTDOWN_ACK());
    skip_output(s);
}

SCRIPT(notes_every_allocation_fails_once, "memory",
       "any single failed allocation leaves a working or cleanly ended association") {
    life(s);
    skip_items(s);
    /* the same life again, in worlds of their own, with the n-th allocation failing, once or from then on */
    for (int again = 0; again < 2; again++) {
        bool failed = true;
        for (long n = 0; failed; n++) {
            struct script *world = script_begin(again ? "no memory for ever" : "no memory once");
            world->fail_after = n;
            world->fail_once = !again;
            life(world);
            failed = world->fail_after <= 0;
            world->fail_after = -1;
            world->quiet_end = true;
            script_end(world);
            check(n < 1000);
        }
    }
}

/* ---- the judge must be able to condemn --------------------------------------------------------------------------- */

static void condemned(struct script *s, struct hawser_span packet, const char *verdict) {
    struct packet one = {.bytes = (uint8_t *)(uintptr_t)packet.data, .size = packet.size, .remote = s->peer[0]};
    const char *got = script_judge(s, &one);
    if (!verdict ? got != NULL : !got || strcmp(got, verdict) != 0)
        FAIL("the judge says \"%s\", not \"%s\"", got ? got : "fine", verdict ? verdict : "fine");
}
#define packet_of(...) packet(s, WAY(.tag = 5), __VA_ARGS__)
#define packet_tagless(...) packet(s, WAY(.tag = 0), __VA_ARGS__)

SCRIPT(notes_the_judge_condemns, "judge", "the judge finds what it looks for") {
    condemned(s, packet_of(SACK(.cum = 1), DATA(.tsn = 0), DATA(.tsn = 1)), NULL);
    condemned(s, packet_tagless(INIT()), NULL);
    condemned(s, packet_tagless(INIT(), INIT()), "INIT, INIT ACK or SHUTDOWN COMPLETE bundled");
    condemned(s, packet_of(SHUTDOWN_COMPLETE(), SACK(.cum = 0)), "INIT, INIT ACK or SHUTDOWN COMPLETE bundled");
    condemned(s, packet_tagless(SACK(.cum = 0)), "tag 0 without INIT, or INIT with a tag");
    condemned(s, packet_of(INIT()), "tag 0 without INIT, or INIT with a tag");
    condemned(s, packet_of(DATA(.tsn = 1), DATA(.tsn = 0)), "DATA not in rising order of TSN");
    condemned(s, packet_of(DATA(.tsn = 1), SACK(.cum = 0)), "a control chunk after DATA");
    condemned(s, packet_of(DATA(.tsn = 1), ABORT(NOTHING)), "DATA bundled with ABORT");
    condemned(s, packet_of(ABORT(NOTHING), SACK(.cum = 0)), "something follows ABORT");
    condemned(s, packet_of(SACK(.cum = 0), SACK(.cum = 0)), "more than one SACK");
    condemned(s, packet_of(SACK(.cum = 0), COOKIE_ACK()), "COOKIE ECHO or COOKIE ACK is not first");
    condemned(s, packet_of(SHUTDOWN(0), DATA(.tsn = 0)), "DATA with SHUTDOWN or SHUTDOWN ACK");
    condemned(s, packet_of(DATA(.text = "")), "DATA without user data");
    condemned(s, packet_of(DATA(.flags = 0x10)), "a reserved chunk flag is set");
    condemned(s, packet_of(SACK(.cum = 0, .gaps = {{1, 1}})), "Gap Ack Blocks that are not isolated or not rising");
    condemned(s, packet_of(SACK(.cum = 0, .gaps = {{2, 3}, {4, 4}})), "Gap Ack Blocks that are not isolated or not rising");
    condemned(s, packet_of(CHUNK(HW_HEARTBEAT, 0, PARAM(1, U32(1)))), "HEARTBEAT without a nonce");
    condemned(s, packet_of(CHUNK(HW_ERROR, 0, NOTHING)), "an ERROR without a cause");
    condemned(s, packet_of(INIT_ACK(.no_cookie = true)), "a wrong number of State Cookies");
    condemned(s, packet_of(INIT_ACK(.os = 0)), "INIT or INIT ACK with forbidden values");
    condemned(s, packet_of(DATA(.size = 1460)), "a packet larger than the PMTU");
    struct hawser_span wrong = JOIN(packet_of(DATA(.tsn = 0)));
    ((uint8_t *)(uintptr_t)wrong.data)[20] ^= 1;
    condemned(s, wrong, "a wrong CRC32c");
    struct hawser_span chunk = JOIN(DATA(.size = 1));
    ((uint8_t *)(uintptr_t)chunk.data)[18] = 1;
    condemned(s, packet_of(chunk), "padding that is not zero");
    condemned(s, packet(s, WAY(.tag = 5, .source_port = 0), COOKIE_ACK()), "port 0");
}
