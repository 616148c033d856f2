/* SPDX-License-Identifier: MIT
 *
 * What the tests of carriers over real sockets share: a stack that only takes notes (the functions of the core that a carrier
 * calls are defined here), and the steps of a conversation.
 */
#ifndef TEST_CARRIER_H
#define TEST_CARRIER_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <hawser/carrier.h>
#include <hawser/net.h>
#include <hawser/udp.h>
#include <poll.h>
#include <string.h>

static struct {
    unsigned arrivals, packets, reports;
    struct hawser_arrival last;
    uint8_t data[65535];
    struct hawser_report report;
    uint8_t quoted[65535];
} seen;

void hawser_input(hawser *stack, hawser_time now, const struct hawser_arrival *arrival) {
    (void)stack, (void)now;
    seen.arrivals++;
    seen.packets += (unsigned)(arrival->segment_size ? (arrival->length + arrival->segment_size - 1) / arrival->segment_size : 1);
    seen.last = *arrival;
    memcpy(seen.data, arrival->data, arrival->length);
}

void hawser_report(hawser *stack, hawser_time now, const struct hawser_report *report) {
    (void)stack, (void)now;
    seen.reports++;
    seen.report = *report;
    memcpy(seen.quoted, report->quoted.data, report->quoted.size);
}

static struct hawser_address address(const char *text) {
    struct hawser_address a;
    assert_int_equal(hawser_address_parse(&a, text), 0);
    return a;
}

/* Waits until something arrives on any descriptor of the carrier and takes it in. */
static void receive(struct hawser_carrier *carrier) {
    int fds[HAWSER_ADDRESSES_MAX];
    struct pollfd polls[HAWSER_ADDRESSES_MAX];
    size_t count = carrier->operations->descriptors(carrier, fds, HAWSER_ADDRESSES_MAX);
    for (size_t i = 0; i < count; i++)
        polls[i] = (struct pollfd){.fd = fds[i], .events = POLLIN};
    assert_true(poll(polls, count, 5000) > 0);
    for (size_t i = 0; i < count; i++)
        if (polls[i].revents)
            carrier->operations->receive(carrier, NULL, 0, fds[i]);
}

static void send_train(struct hawser_carrier *carrier, const char *from, const char *to, uint16_t port, size_t length,
                       size_t segment, uint32_t flags) {
    struct hawser_departure d;
    assert_int_equal(carrier->operations->prepare(carrier, &d), 1);
    assert_true(d.capacity >= HAWSER_PACKET_MAX);
    for (size_t i = 0; i < length; i++)
        ((uint8_t *)d.buffer)[i] = (uint8_t)(i * 31 >> 3);
    d.length = length;
    d.segment_size = segment;
    d.flags = flags;
    d.dscp = 10;
    d.ecn = 1;
    d.remote = address(to);
    d.remote.udp_port = port;
    if (from)
        d.local = address(from);
    carrier->operations->send(carrier, &d);
}

static int flush(struct hawser_carrier *carrier) {
    return carrier->operations->flush(carrier, NULL, 0);
}

/* Of the kind under test. */
static struct hawser_carrier *open_kind(const struct hawser_address *addresses, uint16_t count, uint32_t flags);

/* Addresses may be NULL. */
static struct hawser_carrier *open_on(const char *first, const char *second, uint32_t flags) {
    struct hawser_address addresses[2];
    uint16_t count = 0;
    if (first)
        addresses[count++] = address(first);
    if (second)
        addresses[count++] = address(second);
    struct hawser_carrier *carrier = open_kind(addresses, count, flags);
    memset(&seen, 0, sizeof(seen));
    return carrier;
}

/* From a socket to one that hears all. */
static void there(const char *bound, const char *from, const char *to, uint32_t flags) {
    struct hawser_carrier *b = open_on(NULL, NULL, flags), *a = open_on(bound, NULL, flags);
    send_train(a, from, to, hawser_udp_port(b), 100, 100, HAWSER_DEPARTURE_DF);
    assert_int_equal(flush(a), -1);
    receive(b);
    assert_int_equal(seen.arrivals, 1);
    assert_int_equal(seen.last.length, 100);
    assert_int_equal(seen.last.segment_size, 0);
    assert_int_equal(seen.data[0], 0); /* the packet without any header */
    assert_int_equal(seen.data[99], 99 * 31 >> 3 & 0xff);
    assert_int_equal(seen.last.ecn, 1);
    assert_true(seen.last.carrier & HAWSER_CARRIER_ECN);
    struct hawser_address local = address(to), remote = address(from ? from : to);
    local.udp_port = hawser_udp_port(b);
    remote.udp_port = hawser_udp_port(a);
    assert_memory_equal(&seen.last.local, &local, sizeof(local));
    assert_memory_equal(&seen.last.remote, &remote, sizeof(remote));
    hawser_carrier_close(a);
    hawser_carrier_close(b);
}

/* Nobody takes a packet, and the kernel says so: with the packet, as it was. */
static void nobody_there(struct hawser_carrier *carrier, const char *to, uint16_t port) {
    send_train(carrier, NULL, to, port, 100, 100, HAWSER_DEPARTURE_DF);
    assert_int_equal(flush(carrier), -1);
    while (seen.reports == 0)
        receive(carrier);
    assert_int_equal(seen.report.kind, HAWSER_REPORT_PROTOCOL); /* of a UDP port, too (RFC 6951 5.5) */
    assert_int_equal(seen.report.remote.udp_port, port);
    assert_int_equal(seen.report.quoted.size, 100);
    assert_int_equal(seen.quoted[99], 99 * 31 >> 3 & 0xff);
}

static void there_by_all_ways(uint32_t no_offload) {
    there(NULL, "127.0.0.3", "127.0.0.7", 0); /* wildcard: the source that the stack asked for */
    there(NULL, NULL, "127.0.0.1", no_offload);
    there("127.0.0.4", "127.0.0.4", "127.0.0.7", 0);
    there(NULL, NULL, "::1", 0);
    there(NULL, "::1", "::1", no_offload);
    there("::1", NULL, "::1", 0);
}

#endif
