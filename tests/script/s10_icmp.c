/* SPDX-License-Identifier: MIT
 *
 * RFC 9260 section 10: what the network says of our packets.
 */
#include "script.h"

/* The first bytes of a packet of the stack, as an ICMP message quotes them. */
static struct hawser_span quote(struct script *s, const struct seen *seen, size_t bytes) {
    return JOIN((struct hawser_span){seen->packet->bytes, seen->packet->size < bytes ? seen->packet->size : bytes});
}

/* A quote with another tag. */
static struct hawser_span with_tag(struct script *s, struct hawser_span quoted, uint32_t tag) {
    struct hawser_span copy = JOIN(quoted);
    hw_put32((uint8_t *)(uintptr_t)copy.data + 4, tag);
    return copy;
}

static const struct seen *data_in_flight(struct script *s) {
    establish_active(s);
    send_message(s, 0, 10, 0);
    return expect(s, DATA);
}

SCRIPT(s10_icmp3_port_unreachable_is_ignored, "10 ICMP3, notes", "port unreachable over plain IP is ignored") {
    const struct seen *seen = data_in_flight(s);
    report_icmp(s, HAWSER_REPORT_PORT, 0, quote(s, seen, 64));
    expect_nothing(s);
    expect_state(s, ESTABLISHED);
    check_equal(path_of(s, 1).error_count, 0);
}

SCRIPT(s10_icmp5_unknown_association, "10 ICMP5", "a message that fits no association is ignored and counted") {
    const struct seen *seen = data_in_flight(s);
    struct hawser_span other = JOIN(quote(s, seen, 64));
    hw_put16((uint8_t *)(uintptr_t)other.data + 2, 4711);
    report_icmp(s, HAWSER_REPORT_PROTOCOL, 0, other);
    report_icmp(s, HAWSER_REPORT_TOO_BIG, 1000, other);
    report_icmp(s, HAWSER_REPORT_PROTOCOL, 0, NOTHING);
    report_icmp(s, HAWSER_REPORT_PROTOCOL, 0, quote(s, seen, 7));
    expect_state(s, ESTABLISHED);
    check_equal(path_of(s, 1).mtu, 1500);
    check(COUNT(ReportsIgnored) >= 4);
}

SCRIPT(s10_icmp6_wrong_tag, "10 ICMP6", "the quoted tag must be the peer's; else the message is discarded") {
    const struct seen *seen = data_in_flight(s);
    struct hawser_span quoted = quote(s, seen, 64);
    static const uint32_t bad[] = {PEER_TAG + 1, 0, 1};
    for (unsigned i = 0; i < 3; i++) {
        report_icmp(s, HAWSER_REPORT_PROTOCOL, 0, with_tag(s, quoted, bad[i]));
        report_icmp(s, HAWSER_REPORT_TOO_BIG, 1000, with_tag(s, quoted, bad[i]));
        report_icmp(s, HAWSER_REPORT_UNREACHABLE, 0, with_tag(s, quoted, bad[i]));
    }
    report_icmp(s, HAWSER_REPORT_PROTOCOL, 0, with_tag(s, quoted, s->stack_tag));
    expect_nothing(s);
    expect_state(s, ESTABLISHED);
    check_equal(path_of(s, 1).mtu, 1500);
    check_equal(path_of(s, 1).error_count, 0);
}

SCRIPT(s10_icmp6_eight_bytes_are_enough, "10 ICMP6", "8 quoted bytes hold ports and tag: enough for any packet but an INIT") {
    const struct seen *seen = data_in_flight(s);
    report_icmp(s, HAWSER_REPORT_TOO_BIG, 1200, quote(s, seen, 8));
    check_equal(path_of(s, 1).mtu, 1200);
}

SCRIPT(s10_icmp6_init_with_its_initiate_tag, "10 ICMP6, ICMP8",
       "tag 0: the quote must show an INIT with our Initiate Tag; then it is like an ABORT") {
    connect_now(s, 1);
    const struct seen *init = expect(s, INIT);
    struct hawser_span quoted = quote(s, init, 20);
    report_icmp(s, HAWSER_REPORT_PROTOCOL, 0, quoted);
    expect_nothing(s);
    expect_ended(s, HAWSER_END_UNREACHABLE);
}

SCRIPT(s10_icmp6_short_quote_of_an_init, "10 ICMP6",
       "a quote of an INIT that is too short, or with another Initiate Tag, is discarded") {
    connect_now(s, 1);
    const struct seen *init = expect(s, INIT);
    for (size_t size = 0; size < 20; size++)
        report_icmp(s, HAWSER_REPORT_PROTOCOL, 0, quote(s, init, size));
    struct hawser_span other = JOIN(quote(s, init, 64));
    ((uint8_t *)(uintptr_t)other.data)[16] ^= 1;
    report_icmp(s, HAWSER_REPORT_PROTOCOL, 0, other);
    other = JOIN(quote(s, init, 64));
    ((uint8_t *)(uintptr_t)other.data)[12] = HW_COOKIE_ECHO;
    report_icmp(s, HAWSER_REPORT_PROTOCOL, 0, other);
    expect_state(s, COOKIE_WAIT);
    advance(s, sec(1));
    expect(s, INIT);
}

SCRIPT(s10_icmp6_init_quote_in_established, "10 ICMP6, ICMP8",
       "a quoted INIT does not end an association that is past COOKIE-WAIT") {
    connect_now(s, 1);
    const struct seen *init = expect(s, INIT);
    remember(s, init);
    inject(s, INIT_ACK());
    expect(s, COOKIE_ECHO);
    inject(s, COOKIE_ACK());
    expect_item(s, HAWSER_UP);
    report_icmp(s, HAWSER_REPORT_PROTOCOL, 0, quote(s, init, 64));
    expect_state(s, ESTABLISHED);
}

SCRIPT(s10_icmp7_too_big, "10 ICMP7", "packet too big, fragmentation needed: taken for PMTU discovery") {
    const struct seen *seen = data_in_flight(s);
    report_icmp(s, HAWSER_REPORT_TOO_BIG, 1280, quote(s, seen, 64));
    check_equal(path_of(s, 1).mtu, 1280);
    expect_state(s, ESTABLISHED);
}

SCRIPT(s10_icmp7_too_big_without_a_size, "10 ICMP7, RFC 1191 5",
       "an old router says no size: without a search the path's MTU falls to what most carry, then to what all do") {
    set(s, PMTU_DISCOVERY, 0);
    const struct seen *seen = data_in_flight(s);
    report_icmp(s, HAWSER_REPORT_TOO_BIG, 0, quote(s, seen, 64));
    check_equal(path_of(s, 1).mtu, 1280);
    report_icmp(s, HAWSER_REPORT_TOO_BIG, 0, quote(s, seen, 64));
    check_equal(path_of(s, 1).mtu, 576);
    report_icmp(s, HAWSER_REPORT_TOO_BIG, 0, quote(s, seen, 64));
    check_equal(path_of(s, 1).mtu, 576);
    expect_state(s, ESTABLISHED);
}

SCRIPT(s10_icmp8_protocol_unreachable, "10 ICMP8", "protocol unreachable: like an ABORT with the T bit set") {
    const struct seen *seen = data_in_flight(s);
    report_icmp(s, HAWSER_REPORT_PROTOCOL, 0, quote(s, seen, 64));
    expect_nothing(s);
    expect_ended(s, HAWSER_END_UNREACHABLE);
}

SCRIPT(s10_icmp9_destination_unreachable, "10 ICMP9", "destination unreachable may count as a path error; it ends nothing") {
    const struct seen *seen = data_in_flight(s);
    report_icmp(s, HAWSER_REPORT_UNREACHABLE, 0, quote(s, seen, 64));
    check_range(path_of(s, 1).error_count, 0, 1);
    check_equal(status_of(s).error_count, 0);
    expect_state(s, ESTABLISHED);
    inject(s, SACK(.cum = 0));
    check_equal(path_of(s, 1).error_count, 0);
    check_equal(path_of(s, 1).state, HAWSER_PATH_ACTIVE);
    s->quiet_end = true;
}

SCRIPT(s10_icmp9_flood_does_not_end_the_association, "10 ICMP9, bad input",
       "a flood of destination unreachable does not end the association") {
    const struct seen *seen = data_in_flight(s);
    for (int i = 0; i < 100; i++)
        report_icmp(s, HAWSER_REPORT_UNREACHABLE, 0, quote(s, seen, 64));
    check_equal(state_of(s), HAWSER_ESTABLISHED);
    check_range(path_of(s, 1).error_count, 0, 1); /* one a round trip at most */
    skip_output(s);
    s->quiet_end = true;
}
