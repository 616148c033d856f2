/* SPDX-License-Identifier: MIT
 *
 * hawser over a simulated link: what part of its rate arrives as user data, from the first INIT on.
 */
#include "hawser_pair.h"
#include <stdio.h>
#include <stdlib.h>

enum { OVERHEAD = 28 }; /* IPv4 and UDP */

static struct hawser_address addresses[2] = {{.family = HAWSER_IPV4, .udp_port = HAWSER_UDP_PORT, .ip = {10, 16, 0, 0}},
                                             {.family = HAWSER_IPV4, .udp_port = HAWSER_UDP_PORT, .ip = {10, 32, 0, 0}}};

static void leave(struct pair *pair, int direction) {
    static uint8_t packet[HAWSER_PACKET_MAX];
    struct hawser_departure out = {.size = sizeof out, .buffer = packet, .capacity = sizeof packet};
    while (hawser_output(direction == 0 ? pair->a : pair->b, pair->now, &out))
        link_offer(direction, pair->now * 1000, packet, out.length, OVERHEAD);
}

static void arrive(struct pair *pair, int direction, uint64_t now) {
    struct link_packet *packet;
    while ((packet = link_take(direction, now)) != NULL) {
        struct hawser_arrival in = {.size = sizeof in, .data = packet->data, .length = packet->length};
        in.remote = addresses[direction];
        in.local = addresses[!direction];
        hawser_input(direction == 0 ? pair->b : pair->a, pair->now, &in);
        free(packet);
        pair_receive(pair);
        leave(pair, !direction);
    }
}

void hawser_sim_mode(void) {
    struct pair pair;
    pair_open(&pair);
    pair.sender = pair_connect(&pair, 0);
    uint64_t end = (uint64_t)(options.seconds * 1e9), now = 0;
    uint64_t begin = clock_cpu_ns();
    while (now < end && !pair.ended) {
        pair.now = (now + 999) / 1000;
        for (int direction = 0; direction < 2; direction++)
            arrive(&pair, direction, now);
        pair_receive(&pair);
        pair_send(&pair, UINT64_MAX);
        leave(&pair, 0);
        leave(&pair, 1);
        uint64_t next = end;
        for (int direction = 0; direction < 2; direction++) {
            hawser_time deadline = hawser_deadline(direction == 0 ? pair.a : pair.b);
            if (link_due(direction) < next)
                next = link_due(direction);
            if (deadline < next / 1000)
                next = deadline * 1000;
        }
        now = next > now ? next : now + 1000;
    }
    say("fraction", (double)pair.bytes * 8 / options.seconds / 1e6 / options.rate);
    say("ended", pair.ended);
    say("lost", (double)link_counts[0].lost);
    say("queue_full", (double)link_counts[0].queue_full);
    say("retransmitted", (double)hawser_counter(pair.a, 0, HAWSER_COUNT_RetransChunks));
    say("fast", (double)hawser_counter(pair.a, 0, HAWSER_COUNT_FastRetransmits));
    say("timeouts", (double)hawser_counter(pair.a, 0, HAWSER_COUNT_T3Expirations));
    say("cpu_seconds", (double)(clock_cpu_ns() - begin) / 1e9);
    pair_close(&pair);
}
