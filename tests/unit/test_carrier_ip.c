/* SPDX-License-Identifier: MIT
 *
 * src/carrier/ip.c and what is its own in sockets*.c: raw sockets on the loopback interface of a network namespace that the
 * program makes for itself, where no one else's packets are. Skipped without the privilege.
 */
#define _GNU_SOURCE
#include "test_carrier.h"

#include <errno.h>
#include <hawser/ip.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define MTU 1500

/* A namespace of its own, loopback up, with the MTU of an Ethernet. */
static int own_network(void) {
    struct ifreq request = {.ifr_flags = IFF_UP};
    strcpy(request.ifr_name, "lo");
    int fd = unshare(CLONE_NEWNET) == 0 ? socket(AF_INET, SOCK_DGRAM, 0) : -1;
    int failed = fd < 0 || ioctl(fd, SIOCSIFFLAGS, &request) != 0;
    request.ifr_mtu = MTU;
    failed = failed || ioctl(fd, SIOCSIFMTU, &request) != 0;
    if (fd >= 0)
        close(fd);
    return failed ? -1 : 0;
}

static struct hawser_carrier *open_kind(const struct hawser_address *addresses, uint16_t count, uint32_t flags) {
    struct hawser_ip_options options = {.size = sizeof options, .addresses = addresses, .address_count = count,
                                        .flags = flags | HAWSER_IP_BESIDE_KERNEL};
    struct hawser_carrier *carrier;
    assert_int_equal(hawser_ip_open(&carrier, &options), 0);
    return carrier;
}

static void both_ends_are_known(void **state) {
    (void)state;
    there_by_all_ways(HAWSER_IP_NO_OFFLOAD);
}

/* Nobody reads, and the peer's host goes on: it is told nothing that would end its association (RFC 9260 10 ICMP8). */
static void overload_is_no_absence(void **state) {
    (void)state;
    static const uint8_t packet[1400];
    struct hawser_carrier *busy = open_on("127.0.0.1", NULL, 0);
    struct sockaddr_in here = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(0x7f000002)}, there = here;
    int fd = socket(AF_INET, SOCK_RAW, 132), on = 1;
    char byte;
    there.sin_addr.s_addr = htonl(0x7f000001);
    assert_true(fd >= 0 && bind(fd, (struct sockaddr *)&here, sizeof here) == 0);
    assert_int_equal(setsockopt(fd, IPPROTO_IP, IP_RECVERR, &on, sizeof on), 0);
    for (unsigned i = 0; i < 20000; i++) /* more than any buffer takes */
        assert_int_equal(sendto(fd, packet, sizeof packet, 0, (struct sockaddr *)&there, sizeof there), sizeof packet);
    assert_int_equal(recv(fd, &byte, sizeof byte, MSG_ERRQUEUE | MSG_DONTWAIT), -1);
    assert_int_equal(errno, EAGAIN);
    close(fd);
    hawser_carrier_close(busy);
}

static void each_packet_comes_once(void **state) {
    (void)state;
    struct hawser_carrier *a = open_on("127.0.0.1", NULL, 0), *b = open_on("127.0.0.2", "0.0.0.0", 0);
    struct hawser_carrier_limits limits = HAWSER_INIT(limits);
    b->operations->limits(b, &limits);
    assert_int_equal(limits.address_count, 1); /* told to the stack, though the socket for all addresses serves it */
    assert_int_equal(limits.segments_max, 1);
    for (unsigned i = 0; i < 20; i++)
        send_train(a, NULL, "127.0.0.2", 0, 50, 50, HAWSER_DEPARTURE_DF);
    assert_int_equal(flush(a), -1);
    while (seen.packets < 20)
        receive(b);
    assert_int_equal(seen.packets, 20);
    struct hawser_carrier_counters counters = HAWSER_INIT(counters);
    hawser_carrier_count(a, &counters);
    assert_int_equal(counters.sent, 20);
    assert_true(counters.send_calls <= 2);
    send_train(b, "127.0.0.2", "127.0.0.1", 0, 50, 50, 0);
    assert_int_equal(flush(b), -1);
    receive(a);
    assert_int_equal(seen.last.remote.ip[3], 2);
    hawser_carrier_close(a);
    hawser_carrier_close(b);
}

static void udp_beside_ip(void **state) {
    (void)state;
    struct hawser_carrier *both = open_on(NULL, NULL, HAWSER_IP_AND_UDP), *plain = open_on("127.0.0.5", NULL, 0), *udp;
    struct hawser_udp_options options = HAWSER_INIT(options);
    assert_int_equal(hawser_udp_open(&udp, &options), 0);
    assert_int_not_equal(hawser_udp_port(both), 0);
    assert_int_equal(hawser_udp_port(plain), 0);
    send_train(both, NULL, "127.0.0.5", 0, 50, 50, 0); /* the peer's udp_port says which it is */
    assert_int_equal(flush(both), -1);
    receive(plain);
    assert_int_equal(seen.last.remote.udp_port, 0);
    memset(&seen, 0, sizeof(seen));
    send_train(both, NULL, "127.0.0.1", hawser_udp_port(udp), 60, 60, 0);
    assert_int_equal(flush(both), -1);
    receive(udp);
    assert_int_equal(seen.last.length, 60);
    assert_int_equal(seen.last.remote.udp_port, hawser_udp_port(both));
    memset(&seen, 0, sizeof(seen));
    send_train(udp, NULL, "127.0.0.1", 0, 60, 60, 0); /* whoever has no socket of the kind says so */
    send_train(plain, NULL, "127.0.0.1", 9899, 60, 60, 0);
    assert_int_equal(flush(udp), -1);
    assert_int_equal(flush(plain), -1);
    assert_int_equal(seen.reports, 2);
    assert_int_equal(seen.report.kind, HAWSER_REPORT_UNREACHABLE);
    hawser_carrier_close(both);
    hawser_carrier_close(plain);
    hawser_carrier_close(udp);
}

static void protocol_unreachable_is_told_with_the_quote(void **state) {
    (void)state;
    struct hawser_carrier *a = open_on("127.0.0.1", NULL, 0);
    nobody_there(a, "127.0.0.9", 0);
    assert_int_equal(seen.report.remote.ip[3], 9);
    memset(&seen, 0, sizeof(seen));
    struct hawser_carrier *b = open_on("127.0.0.9", NULL, 0); /* now somebody has: it keeps quiet */
    send_train(a, NULL, "127.0.0.9", 0, 100, 100, HAWSER_DEPARTURE_DF);
    assert_int_equal(flush(a), -1);
    receive(b);
    int fd;
    a->operations->descriptors(a, &fd, 1);
    a->operations->receive(a, NULL, 0, fd);
    assert_int_equal(seen.arrivals, 1);
    assert_int_equal(seen.reports, 0);
    hawser_carrier_close(a);
    hawser_carrier_close(b);
}

static void packets_larger_than_the_interface(void **state) {
    (void)state;
    const char *const texts[] = {"127.0.0.1", "::1"};
    for (int i = 0; i < 2; i++) {
        struct hawser_carrier *a = open_on(texts[i], NULL, 0);
        send_train(a, NULL, texts[i], 0, MTU, MTU, HAWSER_DEPARTURE_DF);
        assert_int_equal(flush(a), -1);
        assert_int_equal(seen.reports, 1);
        assert_int_equal(seen.report.kind, HAWSER_REPORT_TOO_BIG);
        assert_int_equal(seen.report.mtu, MTU);
        assert_int_equal(seen.report.quoted.size, MTU);
        send_train(a, NULL, texts[i], 0, 2 * MTU, 2 * MTU, HAWSER_DEPARTURE_MAY_FRAGMENT);
        send_train(a, NULL, texts[i], 0, 8, 8, 0);
        assert_int_equal(flush(a), -1);
        while (seen.arrivals < 1)
            receive(a);
        assert_int_equal(seen.last.length, 2 * MTU);
        struct hawser_carrier_counters counters = HAWSER_INIT(counters);
        hawser_carrier_count(a, &counters);
        while (counters.tiny == 0) {
            receive(a);
            hawser_carrier_count(a, &counters);
        }
        assert_int_equal(counters.tiny, 1);
        hawser_carrier_close(a);
    }
}

static void bad_options_are_refused(void **state) {
    (void)state;
    struct hawser_carrier *carrier = NULL;
    struct hawser_ip_options options = HAWSER_INIT(options);
    struct hawser_address twice[2] = {address("127.0.0.1"), address("127.0.0.1")};
    options.flags = 1u << 31;
    assert_int_equal(hawser_ip_open(&carrier, &options), HAWSER_ERR_ARGUMENT);
    options.flags = HAWSER_IP_BESIDE_KERNEL;
    options.address_count = 2;
    assert_int_equal(hawser_ip_open(&carrier, &options), HAWSER_ERR_ARGUMENT);
    options.addresses = twice;
    assert_int_equal(hawser_ip_open(&carrier, &options), HAWSER_ERR_ADDRESS);
    assert_int_equal(hawser_ip_open(NULL, &options), HAWSER_ERR_ARGUMENT);
    assert_null(carrier);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_ends_are_known),
        cmocka_unit_test(overload_is_no_absence),
        cmocka_unit_test(each_packet_comes_once),
        cmocka_unit_test(udp_beside_ip),
        cmocka_unit_test(protocol_unreachable_is_told_with_the_quote),
        cmocka_unit_test(packets_larger_than_the_interface),
        cmocka_unit_test(bad_options_are_refused),
    };
    if (own_network() != 0) {
        puts("skipped: no network namespace of its own (needs root)");
        return 77;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
