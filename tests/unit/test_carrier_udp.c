/* SPDX-License-Identifier: MIT
 *
 * src/carrier/udp.c and sockets*.c over real sockets on loopback, with a stack that only takes notes (test_carrier.h).
 */
#define _GNU_SOURCE
#include "test_carrier.h"

#include "carrier/address.h"
#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

static struct hawser_carrier *open_kind(const struct hawser_address *addresses, uint16_t count, uint32_t flags) {
    struct hawser_udp_options options = {.size = sizeof options, .addresses = addresses, .address_count = count,
                                         .flags = flags};
    struct hawser_carrier *carrier;
    assert_int_equal(hawser_udp_open(&carrier, &options), 0);
    assert_int_not_equal(hawser_udp_port(carrier), 0);
    return carrier;
}

static void both_ends_are_known(void **state) {
    (void)state;
    there_by_all_ways(HAWSER_UDP_NO_OFFLOAD);
}

static void several_addresses_share_a_port(void **state) {
    (void)state;
    struct hawser_carrier *a = open_on("127.0.0.1", "127.0.0.2", 0), *b = open_on("127.0.0.1", "::1", 0);
    struct hawser_carrier_limits limits = HAWSER_INIT(limits);
    a->operations->limits(a, &limits);
    assert_int_equal(limits.address_count, 2);
    assert_int_equal(limits.addresses[1].udp_port, hawser_udp_port(a));
    send_train(a, "127.0.0.2", "127.0.0.1", hawser_udp_port(b), 20, 20, 0);
    assert_int_equal(flush(a), -1);
    receive(b);
    assert_int_equal(seen.last.remote.ip[3], 2);
    assert_int_equal(seen.last.remote.udp_port, hawser_udp_port(a));
    send_train(b, "127.0.0.1", "127.0.0.2", hawser_udp_port(a), 20, 20, 0);
    assert_int_equal(flush(b), -1);
    receive(a);
    assert_int_equal(seen.last.local.ip[3], 2);
    /* No socket of ours speaks the family: the stack is told. */
    send_train(a, NULL, "::1", 1, 20, 20, 0);
    assert_int_equal(flush(a), -1);
    assert_int_equal(seen.reports, 1);
    assert_int_equal(seen.report.kind, HAWSER_REPORT_UNREACHABLE);
    hawser_carrier_close(a);
    hawser_carrier_close(b);
}

static void trains_arrive_whole(uint32_t flags) {
    struct hawser_carrier *a = open_on("127.0.0.1", NULL, flags), *b = open_on("127.0.0.1", NULL, 0);
    struct hawser_carrier_counters counters = HAWSER_INIT(counters);
    /* 65,520 bytes: more than one datagram's worth, so the carrier must cut the train. */
    send_train(a, NULL, "127.0.0.1", hawser_udp_port(b), 65520, 1456, 0);
    assert_int_equal(flush(a), -1);
    while (seen.packets < 45)
        receive(b);
    assert_int_equal(seen.packets, 45);
    hawser_carrier_count(a, &counters);
    assert_int_equal(counters.sent, 45);
    assert_int_equal(counters.refused, 0);
    struct hawser_carrier_limits limits = HAWSER_INIT(limits);
    a->operations->limits(a, &limits);
    if (limits.segments_max > 1) /* not packet by packet */
        assert_true(counters.send_calls <= 2);
    hawser_carrier_count(b, &counters);
    assert_int_equal(counters.received, 45);
    hawser_carrier_close(a);
    hawser_carrier_close(b);
}

static void trains(void **state) {
    (void)state;
    trains_arrive_whole(0);
    trains_arrive_whole(HAWSER_UDP_NO_OFFLOAD);
}

static void a_full_batch_says_so(void **state) {
    (void)state;
    struct hawser_carrier *a = open_on("127.0.0.1", NULL, 0), *b = open_on("127.0.0.1", NULL, 0);
    struct hawser_departure d;
    unsigned count = 0;
    while (a->operations->prepare(a, &d)) {
        send_train(a, NULL, "127.0.0.1", hawser_udp_port(b), 1000, 1000, 0);
        assert_true(++count < 1000);
    }
    assert_int_equal(flush(a), -1);
    while (seen.packets < count)
        receive(b);
    assert_int_equal(a->operations->prepare(a, &d), 1);
    hawser_carrier_close(a);
    hawser_carrier_close(b);
}

static void small_datagrams_are_dropped(void **state) {
    (void)state;
    struct hawser_carrier *a = open_on("127.0.0.1", NULL, 0);
    struct hawser_carrier_counters counters = HAWSER_INIT(counters);
    struct hawser_address to = address("127.0.0.1");
    struct sockaddr_storage name;
    socklen_t size = hw_sockaddr_set(&name, &to, hawser_udp_port(a));
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    assert_int_equal(sendto(fd, "", 0, 0, (struct sockaddr *)&name, size), 0);
    assert_int_equal(sendto(fd, "elevenbytes", 11, 0, (struct sockaddr *)&name, size), 11);
    assert_int_equal(sendto(fd, "twelve bytes", 12, 0, (struct sockaddr *)&name, size), 12);
    while (seen.arrivals == 0)
        receive(a);
    assert_int_equal(seen.arrivals, 1);
    hawser_carrier_count(a, &counters);
    assert_int_equal(counters.tiny, 2);
    assert_int_equal(counters.received, 1);
    close(fd);
    hawser_carrier_close(a);
}

static void port_unreachable_is_told_with_the_quote(void **state) {
    (void)state;
    const char *const texts[] = {"127.0.0.1", "::1"};
    for (int i = 0; i < 2; i++) {
        struct hawser_carrier *a = open_on(texts[i], NULL, 0), *gone = open_on(texts[i], NULL, 0);
        uint16_t port = hawser_udp_port(gone);
        hawser_carrier_close(gone);
        nobody_there(a, texts[i], port);
        assert_int_equal(seen.reports, 1);
        /* An old error that the kernel hands out with the next send must not cost the next packet. */
        send_train(a, NULL, texts[i], port, 100, 100, 0);
        assert_int_equal(flush(a), -1);
        send_train(a, NULL, texts[i], hawser_udp_port(a), 50, 50, 0);
        assert_int_equal(flush(a), -1);
        send_train(a, NULL, texts[i], hawser_udp_port(a), 60, 60, 0);
        assert_int_equal(flush(a), -1);
        while (seen.packets < 2)
            receive(a);
        assert_int_equal(seen.last.length, 60);
        assert_int_equal(seen.report.kind, HAWSER_REPORT_PROTOCOL);
        hawser_carrier_close(a);
    }
}

/* How the carrier's first socket, of IPv4, sets DF now. */
static int discovery(struct hawser_carrier *carrier) {
    int fd, value = -1;
    socklen_t size = sizeof(value);
    carrier->operations->descriptors(carrier, &fd, 1);
    assert_int_equal(getsockopt(fd, IPPROTO_IP, IP_MTU_DISCOVER, &value, &size), 0);
    return value;
}

static void too_big_is_told_with_the_mtu(void **state) {
    (void)state;
    /* Loopback's MTU is 65,536; an IPv4 datagram of 65,535 bytes of payload does not fit into any packet. */
    struct hawser_carrier *a = open_on("127.0.0.1", NULL, 0);
    send_train(a, NULL, "127.0.0.1", hawser_udp_port(a), 65535, 65535, HAWSER_DEPARTURE_DF);
    assert_int_equal(flush(a), -1);
    assert_int_equal(seen.reports, 1);
    assert_int_equal(seen.report.kind, HAWSER_REPORT_TOO_BIG);
    assert_true(seen.report.mtu >= 1500);
    assert_int_equal(seen.report.quoted.size, 65535);
    /* Fragmenting allowed and forbidden in turn. */
    send_train(a, NULL, "127.0.0.1", hawser_udp_port(a), 2000, 2000, HAWSER_DEPARTURE_MAY_FRAGMENT);
    assert_int_equal(flush(a), -1);
    assert_int_equal(discovery(a), IP_PMTUDISC_DONT);
    send_train(a, NULL, "127.0.0.1", hawser_udp_port(a), 2000, 2000, HAWSER_DEPARTURE_MAY_FRAGMENT);
    send_train(a, NULL, "127.0.0.1", hawser_udp_port(a), 2001, 2001, HAWSER_DEPARTURE_DF);
    assert_int_equal(flush(a), -1);
    assert_int_equal(discovery(a), IP_PMTUDISC_PROBE);
    while (seen.packets < 3)
        receive(a);
    assert_int_equal(seen.last.length, 2001);
    hawser_carrier_close(a);
}

static void bad_options_are_refused(void **state) {
    (void)state;
    struct hawser_carrier *carrier = NULL, *taken = open_on("127.0.0.1", NULL, 0);
    struct hawser_address twice[2] = {address("127.0.0.1"), address("127.0.0.1:5")};
    struct hawser_address strange = {.family = HAWSER_ROUTE, .route = 1};
    struct hawser_udp_options options = HAWSER_INIT(options);
    assert_int_equal(hawser_udp_open(&carrier, NULL), HAWSER_ERR_ARGUMENT);
    options.address_count = 1;
    assert_int_equal(hawser_udp_open(&carrier, &options), HAWSER_ERR_ARGUMENT);
    options.addresses = &strange;
    assert_int_equal(hawser_udp_open(&carrier, &options), HAWSER_ERR_ADDRESS);
    options.addresses = twice;
    options.address_count = 2;
    assert_int_equal(hawser_udp_open(&carrier, &options), HAWSER_ERR_ADDRESS);
    options.address_count = 1;
    options.port = hawser_udp_port(taken);
    assert_int_equal(hawser_udp_open(&carrier, &options), HAWSER_ERR_SYSTEM);
    assert_int_equal(errno, EADDRINUSE);
    options.flags = 1u << 31;
    assert_int_equal(hawser_udp_open(&carrier, &options), HAWSER_ERR_ARGUMENT);
    assert_null(carrier);
    hawser_carrier_close(taken);
    hawser_carrier_close(NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_ends_are_known),
        cmocka_unit_test(several_addresses_share_a_port),
        cmocka_unit_test(trains),
        cmocka_unit_test(a_full_batch_says_so),
        cmocka_unit_test(small_datagrams_are_dropped),
        cmocka_unit_test(port_unreachable_is_told_with_the_quote),
        cmocka_unit_test(too_big_is_told_with_the_mtu),
        cmocka_unit_test(bad_options_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
