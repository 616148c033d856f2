/* SPDX-License-Identifier: MIT
 *
 * hawser, measured. Without a network here: both ends in one process, packets handed from one stack to the other. Over a
 * simulated link in hawser_sim.c, over UDP in hawser_udp.c.
 */
#include "hawser_pair.h"
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PORT = 5000, FIRST_PORT = 1024, PORTS = 60000 };

void must(int error, const char *what) {
    if (error)
        die("%s: %s", what, hawser_error_text(error));
}

static void choose(hawser *stack, int setting, int64_t value) {
    must(hawser_set(stack, 0, 0, 0, setting, value), hawser_setting_by_number(setting)->name);
}

static hawser *stack_new(void) {
    struct hawser_host host;
    hawser *stack;
    hawser_host_default(&host);
    struct hawser_options most = {.size = sizeof most, .memory_max = UINT64_C(8) << 30};
    must(hawser_new(&stack, &most, &host), "hawser_new");
    choose(stack, HAWSER_SET_PATH_MTU, (int64_t)options.mtu);
    choose(stack, HAWSER_SET_STREAMS_OUT, (int64_t)options.streams);
    choose(stack, HAWSER_SET_NO_DELAY, (int64_t)options.nodelay);
    if (options.burst >= 0)
        choose(stack, HAWSER_SET_MAX_BURST, (int64_t)options.burst);
    if (options.buffer > 0) {
        choose(stack, HAWSER_SET_SEND_BUFFER, (int64_t)options.buffer);
        choose(stack, HAWSER_SET_RECEIVE_BUFFER, (int64_t)options.buffer);
    }
    return stack;
}

/* ---- a pair of stacks ------------------------------------------------------------------------------------------ */

static struct hawser_address address_of(unsigned host, unsigned index) {
    struct hawser_address address = {.family = HAWSER_IPV4, .udp_port = HAWSER_UDP_PORT, .ip = {10, (uint8_t)host}};
    address.ip[1] = (uint8_t)(16 * host + (index >> 16));
    address.ip[2] = (uint8_t)(index >> 8);
    address.ip[3] = (uint8_t)index;
    return address;
}

void pair_open(struct pair *pair) {
    *pair = (struct pair){.a = stack_new(), .b = stack_new(), .now = 1};
    struct hawser_endpoint_options at = {.size = sizeof at, .port = PORT};
    must(hawser_open(pair->a, &at, &pair->endpoint), "hawser_open");
    must(hawser_open(pair->b, &at, &pair->listener), "hawser_open");
    must(hawser_listen(pair->b, pair->listener, UINT32_MAX), "hawser_listen");
}

void pair_close(struct pair *pair) {
    hawser_free(pair->a);
    hawser_free(pair->b);
}

static hawser_id connect_from(struct pair *pair, hawser_id endpoint, const struct hawser_address *remote) {
    struct hawser_connect_options peer = {.size = sizeof peer, .port = PORT, .address_count = 1, .addresses = remote};
    hawser_id association;
    must(hawser_connect(pair->a, pair->now, endpoint, &peer, &association), "hawser_connect");
    return association;
}

/* All share one port and differ in the peer's address, or come from ports of their own to one address. */
hawser_id pair_connect(struct pair *pair, unsigned index) {
    struct hawser_address to = address_of(2, options.oneport > 0 ? index : index / PORTS);
    hawser_id endpoint = pair->endpoint;
    if (options.oneport <= 0) {
        struct hawser_address from = address_of(1, index / PORTS);
        struct hawser_endpoint_options at = {.size = sizeof at, .port = (uint16_t)(FIRST_PORT + index % PORTS)};
        at.address_count = 1;
        at.addresses = &from;
        must(hawser_open(pair->a, &at, &endpoint), "hawser_open");
    }
    return connect_from(pair, endpoint, &to);
}

hawser_id pair_connect_to(struct pair *pair, const struct hawser_address *remote) {
    return connect_from(pair, pair->endpoint, remote);
}

size_t pair_carry(hawser *from, hawser *to, hawser_time now) {
    static uint8_t packet[HAWSER_PACKET_MAX];
    struct hawser_departure out = {.size = sizeof out, .buffer = packet, .capacity = sizeof packet};
    if (!hawser_output(from, now, &out))
        return 0;
    struct hawser_arrival in = {
        .size = sizeof in, .data = packet, .length = out.length, .remote = out.local, .local = out.remote};
    if (in.remote.family == HAWSER_NONE) /* the sender has no address of its own: the other's serves as a name */
        in.remote = out.remote;
    hawser_input(to, now, &in);
    return out.length;
}

void pair_send(struct pair *pair, uint64_t most) {
    static uint8_t bytes[1 << 20];
    struct hawser_span part = {bytes, (size_t)options.size};
    struct hawser_message message = {.size = sizeof message, .parts = &part, .part_count = 1};
    while (pair->sent < most) {
        message.stream = (uint16_t)(pair->sent % (uint64_t)options.streams);
        int error = hawser_send(pair->a, pair->now, pair->sender, &message);
        if (error == HAWSER_ERR_WOULD_BLOCK || pair->ended)
            return;
        must(error, "hawser_send");
        pair->sent++;
    }
}

void pair_take(struct pair *pair, hawser *stack, const struct hawser_ready *ready) {
    struct hawser_item items[64];
    size_t count;
    while ((count = hawser_receive(stack, ready->id, items, sizeof items / sizeof *items)) > 0) {
        for (size_t i = 0; i < count; i++) {
            if (items[i].type == HAWSER_MESSAGE) {
                pair->bytes += items[i].message.size;
                pair->received += !(items[i].flags & HAWSER_ITEM_MORE);
            } else if (items[i].type == HAWSER_ARRIVED)
                pair->receiver = items[i].association;
            else if (items[i].type == HAWSER_ENDED)
                pair->ended = (int)items[i].end.reason;
        }
        must(hawser_consume(stack, pair->now, ready->id, count, 0), "hawser_consume");
    }
}

void pair_receive(struct pair *pair) {
    struct hawser_ready ready;
    while (hawser_next(pair->b, &ready))
        pair_take(pair, pair->b, &ready);
    while (hawser_next(pair->a, &ready))
        pair_take(pair, pair->a, &ready);
}

static void settle(struct pair *pair) {
    while (pair_carry(pair->a, pair->b, pair->now) || pair_carry(pair->b, pair->a, pair->now))
        continue;
    pair_receive(pair);
}

/* ---- messages within the process ------------------------------------------------------------------------------- */

/* Batches go to and fro until `most` messages have arrived. A microsecond a turn: no timer ever runs out. */
static void exchange(struct pair *pair, uint64_t most) {
    unsigned batch = (unsigned)options.batch;
    while (pair->received < most) {
        uint64_t before = pair->received;
        unsigned carried = 0;
        pair_send(pair, UINT64_MAX);
        while (carried < batch && pair_carry(pair->a, pair->b, pair->now))
            carried++;
        while (pair_carry(pair->b, pair->a, pair->now))
            carried++;
        pair_receive(pair);
        if (pair->ended)
            die("the association ended: %d", pair->ended);
        if (!carried && pair->received == before)
            pair->now = hawser_deadline(pair->b) < hawser_deadline(pair->a) ? hawser_deadline(pair->b) : hawser_deadline(pair->a);
        pair->now++;
    }
}

static void inproc(void) {
    struct pair pair;
    pair_open(&pair);
    for (unsigned i = 0; i < (unsigned)options.associations; i++) {
        pair.sender = pair_connect(&pair, i);
        settle(&pair);
    }
    exchange(&pair, (uint64_t)options.warm);
    uint64_t begin = pair.received;
    measure_begin();
    exchange(&pair, begin + (uint64_t)options.messages);
    measure_end();
    measure_say((double)(pair.received - begin));
    pair_close(&pair);
}

/* ---- many associations ----------------------------------------------------------------------------------------- */

static size_t heap_bytes(void) {
    struct mallinfo2 info = mallinfo2();
    return info.uordblks + info.hblkhd;
}

/* So long nobody says anything but heartbeats. */
static void wait_idle(struct pair *pair, hawser_time until) {
    for (;;) {
        hawser_time a = hawser_deadline(pair->a), b = hawser_deadline(pair->b);
        if ((a < b ? a : b) > until)
            break;
        if ((a < b ? a : b) > pair->now)
            pair->now = a < b ? a : b;
        settle(pair);
    }
    pair->now = until;
}

static void setup(void) {
    struct pair pair;
    pair_open(&pair);
    size_t bytes = heap_bytes();
    unsigned count = (unsigned)options.associations;
    measure_begin();
    uint64_t begin = clock_cpu_ns();
    for (unsigned i = 0; i < count; i++) {
        pair_connect(&pair, i);
        settle(&pair);
        pair.now += 10;
    }
    double spent = (double)(clock_cpu_ns() - begin);
    measure_end();
    uint64_t established = hawser_counter(pair.b, 0, HAWSER_COUNT_CurrEstab);
    if (established != count)
        die("%u associations were wanted, %u are up", count, (unsigned)established);
    measure_say(count);
    say("per_second", count * 1e9 / spent);
    say("bytes", (double)(heap_bytes() - bytes) / (2.0 * count));
    begin = clock_cpu_ns();
    wait_idle(&pair, pair.now + (hawser_time)(options.seconds * 1e6));
    say("cpu_ms_per_second", (double)(clock_cpu_ns() - begin) / 1e6 / options.seconds);
    pair_close(&pair);
}

int main(int argc, char **argv) {
    options_read(argc, argv);
    if (argc > 1 && strcmp(argv[1], "inproc") == 0)
        inproc();
    else if (argc > 1 && strcmp(argv[1], "setup") == 0)
        setup();
    else if (argc > 1 && strcmp(argv[1], "sim") == 0)
        hawser_sim_mode();
    else if (argc > 1 && strcmp(argv[1], "udp") == 0)
        hawser_udp_mode();
    else
        die("usage: bench-hawser inproc|setup|sim|udp [OPTION=NUMBER]...");
    return 0;
}
