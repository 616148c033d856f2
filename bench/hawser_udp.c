/* SPDX-License-Identifier: MIT
 *
 * hawser in two processes over UDP on loopback: its carrier and its loop, as any program would use them.
 */
#include "hawser_pair.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static struct pair pair;
static hawser_loop *loop;

static struct hawser_carrier *carrier_open(void) {
    struct hawser_carrier *carrier;
    struct hawser_address local = {.family = HAWSER_IPV4, .ip = {127, 0, 0, 1}};
    struct hawser_udp_options at = {.size = sizeof at, .address_count = 1, .addresses = &local};
    at.flags = options.offload > 0 ? 0 : HAWSER_UDP_NO_OFFLOAD;
    must(hawser_udp_open(&carrier, &at), "hawser_udp_open");
    return carrier;
}

static void on_ready_b(void *user, hawser *stack, hawser_time now, const struct hawser_ready *ready) {
    (void)user;
    pair.now = now;
    pair_take(&pair, stack, ready);
    received->bytes = pair.bytes;
    received->messages = pair.received;
}

static void receive(void) {
    pair_open(&pair);
    struct hawser_carrier *carrier = carrier_open();
    must(hawser_loop_new(&loop), "hawser_loop_new");
    must(hawser_loop_add(loop, pair.b, carrier, on_ready_b, NULL), "hawser_loop_add");
    received->port = hawser_udp_port(carrier);
    must(hawser_loop_run(loop), "hawser_loop_run");
}

static void on_ready_a(void *user, hawser *stack, hawser_time now, const struct hawser_ready *ready) {
    (void)user;
    pair.now = now;
    if (ready->flags & HAWSER_READABLE)
        pair_take(&pair, stack, ready);
    pair_send(&pair, UINT64_MAX);
}

static void work(void) {
    must(hawser_loop_run_once(loop, 10000), "hawser_loop_run_once");
    if (pair.ended)
        die("the association ended: %d", pair.ended);
}

void hawser_udp_mode(void) {
    udp_begin(receive);
    pair_open(&pair);
    struct hawser_address to = {.family = HAWSER_IPV4, .udp_port = received->port, .ip = {127, 0, 0, 1}};
    must(hawser_loop_new(&loop), "hawser_loop_new");
    struct hawser_carrier *carrier = carrier_open();
    must(hawser_loop_add(loop, pair.a, carrier, on_ready_a, NULL), "hawser_loop_add");
    pair.now = hawser_now();
    pair.sender = pair_connect_to(&pair, &to);
    udp_measure(work);
    struct hawser_carrier_counters counters = {.size = sizeof counters};
    hawser_carrier_count(carrier, &counters);
    say("packets_per_send_call", (double)counters.sent / (double)counters.send_calls);
    say("packets_per_answer", (double)counters.sent / (double)counters.received);
    say("retransmissions", (double)hawser_counter(pair.a, 0, HAWSER_COUNT_RetransChunks));
}
