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

#endif
