/* SPDX-License-Identifier: MIT
 *
 * A storm: thousands of associations between two stacks are opened, used, closed, aborted, forgotten and restarted in random
 * order, over two paths that lose, repeat, delay and change packets. When it is over nothing may be left: no object, no timer,
 * no entry in a table, no byte, by the stacks' own account and by the allocator's. Two storms that differ in nothing but what
 * fresh memory holds must say the same to the last byte; so must one into which a stranger throws packets, taken from the wire
 * but for a tag or an address. And whole transfers over the same network, across every wrap of numbers.
 */
#include "attack.h"

#include "base/crc32c.h"
#include "core/assoc.h"
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdlib.h>

#ifdef ATTACK_SMALL
#define OPERATIONS 40000u
#define WAVES 1u
#else
#define OPERATIONS 100000u
#define WAVES 2u
#endif
#define SHIP_ENDPOINTS 250u
#define SHORE_ENDPOINTS 4u
#define FIRST_PORT 7000u
#define ALIVE_MAX 1000u
#define FLYING_MAX 60000u

struct storm;
struct side {
    struct storm *storm;
    hawser *stack;
    struct hawser_host host;
    uint64_t bytes, blocks;
    hawser_id endpoints[SHIP_ENDPOINTS];
    hawser_id alive[ALIVE_MAX];
    unsigned alive_count, endpoint_count, number;
    bool mute; /* its ABORTs get lost: it has crashed */
};

struct flying {
    hawser_time at;
    unsigned to;
    size_t size;
    struct hawser_address remote, local;
    uint8_t *data;
};

struct storm {
    struct side side[2];
    struct flying *flying[FLYING_MAX]; /* a heap by time */
    unsigned flying_count;
    hawser_time now;
    uint64_t random, trace;
    uint8_t poison;  /* what fresh memory and empty buffers hold */
    bool peaceful;   /* packets are lost, late and repeated, but not changed */
    bool spoofed;    /* a stranger is there ... */
    bool spoofing;   /* ... and has the word: he has dice of his own, and nobody hears the answers */
    uint64_t stranger, spoofs;
    uint64_t opened, came_up, ended, restarted, aborted, closed, messages, bytes, packets, lost, forged, most_alive;
};

static uint32_t roll(struct storm *storm, uint32_t sides) {
    uint64_t *random = storm->spoofing ? &storm->stranger : &storm->random;
    *random = *random * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(*random >> 33) % sides;
}

/* ---- the hosts -------------------------------------------------------------------------------------------------- */

static void *host_allocate(void *user, size_t size) {
    struct side *side = user;
    void *memory = malloc(size);
    if (memory) {
        side->bytes += size;
        side->blocks++;
        memset(memory, side->storm->poison, size);
    }
    return memory;
}

static void host_release(void *user, void *memory, size_t size) {
    struct side *side = user;
    side->bytes -= size;
    side->blocks--;
    memset(memory, 0x5a, size);
    free(memory);
}

/* Half of the tags and initial TSNs are such that they soon wrap; in peace all. */
static void host_random(void *user, void *out, size_t size) {
    struct side *side = user;
    bool high = size == 4 && (roll(side->storm, 2) || side->storm->peaceful);
    for (size_t i = 0; i < size; i++)
        ((uint8_t *)out)[i] = high && i ? 0xff : (uint8_t)roll(side->storm, 256);
}

static int host_hmac(void *user, const uint8_t key[32], struct hawser_span text, uint8_t out[32]) {
    (void)user;
    unsigned length = 32;
    return HMAC(EVP_sha256(), key, 32, text.data, text.size, out, &length) ? 0 : -1;
}

static void host_fault(void *user, const char *expression, const char *file, int line) {
    (void)user;
    fail_msg("fault: %s (%s:%d)", expression, file, line);
}

static struct hawser_address place(unsigned side, unsigned path) {
    return script_ipv4(10, (uint8_t)(1 + path), 0, (uint8_t)(1 + side), 9899);
}

/* ---- the network ------------------------------------------------------------------------------------------------- */

static void heap_swap(struct storm *storm, unsigned a, unsigned b) {
    struct flying *kept = storm->flying[a];
    storm->flying[a] = storm->flying[b];
    storm->flying[b] = kept;
}

static void launch(struct storm *storm, unsigned to, const struct hawser_departure *departure, const uint8_t *data, size_t size) {
    if (storm->flying_count == FLYING_MAX)
        return;
    struct flying *packet = calloc(1, sizeof *packet);
    uint8_t *copy = malloc(size);
    if (!packet || !copy)
        abort();
    memcpy(copy, data, size);
    *packet = (struct flying){.at = storm->now + 500 + roll(storm, roll(storm, 20) ? 3000 : 80000), .to = to, .size = size,
                              .remote = departure->local, .local = departure->remote, .data = copy};
    if (packet->remote.family == HAWSER_NONE)
        packet->remote = place(1 - to, (unsigned)departure->remote.ip[1] - 1);
    packet->remote.udp_port = 9899;
    if (!storm->peaceful && !roll(storm, 60) && size > 16) { /* well-formed on the outside */
        copy[12 + roll(storm, (uint32_t)size - 12)] ^= (uint8_t)(1u << roll(storm, 8));
        hw_put32(copy + 8, 0);
        hw_put_checksum(copy, hw_crc32c_table(copy, size));
        storm->forged++;
    }
    unsigned i = storm->flying_count++;
    storm->flying[i] = packet;
    for (; i && storm->flying[(i - 1) / 2]->at > storm->flying[i]->at; i = (i - 1) / 2)
        heap_swap(storm, i, (i - 1) / 2);
}

static struct flying *land(struct storm *storm) {
    struct flying *packet = storm->flying[0];
    storm->flying[0] = storm->flying[--storm->flying_count];
    for (unsigned i = 0, child; (child = 2 * i + 1) < storm->flying_count; i = child) {
        if (child + 1 < storm->flying_count && storm->flying[child + 1]->at < storm->flying[child]->at)
            child++;
        if (storm->flying[i]->at <= storm->flying[child]->at)
            break;
        heap_swap(storm, i, child);
    }
    return packet;
}

/* All that a stack has to say goes on its way, or does not. */
static void pump(struct storm *storm, struct side *side) {
    static uint8_t buffer[HAWSER_PACKET_MAX];
    for (;;) {
        struct hawser_departure departure = HAWSER_INIT(departure);
        departure.buffer = buffer;
        departure.capacity = sizeof buffer;
        departure.segments_max = 1 + roll(storm, 4);
        memset(buffer, storm->poison, sizeof buffer);
        size_t size = hawser_output(side->stack, storm->now, &departure);
        if (!size)
            return;
        storm->trace = hash_bytes(storm->trace, buffer, size);
        for (size_t at = 0; at < size; at += departure.segment_size) {
            size_t piece = size - at < departure.segment_size ? size - at : departure.segment_size;
            bool silenced = side->mute && buffer[at + HW_HEADER_SIZE] == HW_ABORT;
            storm->packets++;
            if (silenced || !roll(storm, 20)) {
                storm->lost++;
                continue;
            }
            for (unsigned copies = roll(storm, 40) ? 1 : 2; copies; copies--)
                launch(storm, 1 - side->number, &departure, buffer + at, piece);
        }
    }
}

static void deliver(struct storm *storm) {
    struct flying *packet = land(storm);
    struct side *side = &storm->side[packet->to];
    struct hawser_arrival arrival = HAWSER_INIT(arrival);
    arrival.data = packet->data;
    arrival.length = packet->size;
    arrival.remote = packet->remote;
    arrival.local = packet->local;
    hawser_input(side->stack, storm->now, &arrival);
    free(packet->data);
    free(packet);
    pump(storm, side);
}

/* A packet that is on its way, with another tag, from elsewhere or with other ports. It may be answered, and changes nothing: a
 * foreign INIT or INIT ACK that lists an address of the association is left out, for it counts (5.1.2). */
static void spoof(struct storm *storm) {
    if (!storm->flying_count)
        return;
    storm->spoofing = true;
    const struct flying *model = storm->flying[roll(storm, storm->flying_count)];
    struct side *side = &storm->side[model->to];
    uint8_t *copy = malloc(model->size);
    if (!copy)
        abort();
    memcpy(copy, model->data, model->size);
    struct hawser_arrival arrival = HAWSER_INIT(arrival);
    arrival.data = copy;
    arrival.length = model->size;
    arrival.remote = model->remote;
    arrival.local = model->local;
    bool setup = copy[HW_HEADER_SIZE] == HW_INIT || copy[HW_HEADER_SIZE] == HW_INIT_ACK;
    uint32_t what = setup ? 0 : roll(storm, 4);
    if (what < 2)
        hw_put32(copy + 4, hw_get32(copy + 4) ^ (1 + roll(storm, 0x7fffffff)));
    else if (what == 2)
        arrival.remote = script_ipv4(172, 16, 0, 1 + roll(storm, 200), 9899);
    else
        hw_put16(copy, 100);
    seal((struct hawser_span){copy, model->size});
    hawser_input(side->stack, storm->now, &arrival);
    free(copy);
    struct hawser_departure departure = HAWSER_INIT(departure);
    static uint8_t buffer[HAWSER_PACKET_MAX];
    departure.buffer = buffer;
    departure.capacity = sizeof buffer;
    while (hawser_output(side->stack, storm->now, &departure))
        assert_true(buffer[HW_HEADER_SIZE] == HW_ABORT || buffer[HW_HEADER_SIZE] == HW_SHUTDOWN_COMPLETE);
    storm->spoofs++;
    storm->spoofing = false;
}

/* ---- the applications --------------------------------------------------------------------------------------------- */

static void adopt(struct storm *storm, struct side *side, hawser_id id) {
    if (side->alive_count == ALIVE_MAX) {
        (void)hawser_close(side->stack, storm->now, id);
        return;
    }
    side->alive[side->alive_count++] = id;
    if (side->alive_count > storm->most_alive)
        storm->most_alive = side->alive_count;
}

static void forget(struct side *side, hawser_id id) {
    for (unsigned i = 0; i < side->alive_count; i++)
        if (side->alive[i] == id)
            side->alive[i] = side->alive[--side->alive_count];
}

static void take_item(struct storm *storm, struct side *side, hawser_id id, const struct hawser_item *item) {
    hawser_id arrived = item->association;
    uint32_t type = item->type;
    size_t size = type == HAWSER_MESSAGE ? item->message.size : 0;
    assert_int_equal(hawser_consume(side->stack, storm->now, id, 1, 0), 0);
    if (type == HAWSER_ARRIVED)
        adopt(storm, side, arrived);
    storm->messages += type == HAWSER_MESSAGE;
    storm->bytes += size;
    storm->came_up += type == HAWSER_UP;
    storm->restarted += type == HAWSER_RESTARTED;
    storm->ended += type == HAWSER_ENDED;
    if (type == HAWSER_ENDED)
        forget(side, id);
}

static void read_some(struct storm *storm, struct side *side) {
    struct hawser_ready ready;
    struct hawser_item item;
    while (hawser_next(side->stack, &ready)) {
        if (!roll(storm, 30))
            continue; /* a reader that sleeps: comes back to it by chance or not at all */
        while (hawser_receive(side->stack, ready.id, &item, 1) == 1)
            take_item(storm, side, ready.id, &item);
    }
}

static void open_endpoint(struct side *side, unsigned index) {
    struct hawser_address addresses[2] = {place(side->number, 0), place(side->number, 1)};
    struct hawser_endpoint_options options = HAWSER_INIT(options);
    options.port = (uint16_t)(FIRST_PORT + index);
    options.addresses = addresses;
    options.address_count = 2;
    assert_int_equal(hawser_open(side->stack, &options, &side->endpoints[index]), 0);
    if (side->number == 1)
        assert_int_equal(hawser_listen(side->stack, side->endpoints[index], 100), 0);
}

static void connect_somewhere(struct storm *storm, struct side *side) {
    struct side *other = &storm->side[1 - side->number];
    struct hawser_address addresses[2] = {place(other->number, 0), place(other->number, 1)};
    struct hawser_connect_options options = HAWSER_INIT(options);
    options.port = (uint16_t)(FIRST_PORT + roll(storm, other->endpoint_count));
    options.addresses = addresses;
    options.address_count = (uint16_t)(1 + roll(storm, 2));
    hawser_id id;
    int error = hawser_connect(side->stack, storm->now, side->endpoints[roll(storm, side->endpoint_count)], &options, &id);
    if (error == HAWSER_ERR_EXISTS)
        return;
    assert_int_equal(error, 0);
    storm->opened++;
    adopt(storm, side, id);
}

static void send_something(struct storm *storm, struct side *side, hawser_id id) {
    static uint8_t bytes[40000];
    struct hawser_span part = {bytes, 1 + roll(storm, roll(storm, 6) ? 800 : sizeof bytes - 1)};
    struct hawser_message message = HAWSER_INIT(message);
    message.parts = &part;
    message.part_count = 1;
    message.stream = (uint16_t)roll(storm, 10);
    message.flags = roll(storm, 4) ? 0 : HAWSER_SEND_UNORDERED;
    message.lifetime = roll(storm, 10) ? 0 : 50000;
    (void)hawser_send(side->stack, storm->now, id, &message);
}

/* The application dies without a word, comes back on the same port and calls the same peer. */
static void crash(struct storm *storm, struct side *side, hawser_id id) {
    struct hawser_status status = HAWSER_INIT(status);
    if (hawser_status(side->stack, id, &status))
        return;
    side->mute = true;
    (void)hawser_close(side->stack, storm->now, id);
    forget(side, id);
    pump(storm, side);
    side->mute = false;
    struct hawser_address addresses[2] = {place(1 - side->number, 0), place(1 - side->number, 1)};
    struct hawser_connect_options options = HAWSER_INIT(options);
    options.port = status.peer_port;
    options.addresses = addresses;
    options.address_count = 2;
    hawser_id again;
    if (hawser_connect(side->stack, storm->now, side->endpoints[status.local_port - FIRST_PORT], &options, &again) == 0) {
        storm->opened++;
        adopt(storm, side, again);
    }
}

/* ICMP with a quote of what was never sent, or might have been; an address that goes and comes. */
static void report(struct storm *storm, struct side *side) {
    struct hawser_report report = HAWSER_INIT(report);
    uint8_t quote[32] = {0};
    hw_put16(quote, (uint16_t)(FIRST_PORT + roll(storm, side->endpoint_count)));
    hw_put16(quote + 2, (uint16_t)(FIRST_PORT + roll(storm, SHORE_ENDPOINTS)));
    report.kind = 1 + roll(storm, HAWSER_REPORT_ROUTE_CHANGED);
    report.mtu = 600 + roll(storm, 900);
    report.remote = place(1 - side->number, roll(storm, 2));
    report.local = place(side->number, roll(storm, 2));
    report.quoted = (struct hawser_span){quote, sizeof quote};
    hawser_report(side->stack, storm->now, &report);
}

static void operate(struct storm *storm) {
    struct side *side = &storm->side[roll(storm, 2)];
    hawser_id id = side->alive_count ? side->alive[roll(storm, side->alive_count)] : 0;
    uint32_t what = roll(storm, 100);
    if (what < 26 || !id)
        connect_somewhere(storm, side);
    else if (what < 60)
        send_something(storm, side, id);
    else if (what < 63)
        storm->closed += hawser_shutdown(side->stack, storm->now, id) == 0;
    else if (what < 65)
        storm->aborted += hawser_abort(side->stack, storm->now, id, (struct hawser_span){(const uint8_t *)"enough", 6}) == 0;
    else if (what < 67) {
        (void)hawser_close(side->stack, storm->now, id);
        forget(side, id);
    } else if (what < 70)
        crash(storm, side, id);
    else if (what < 72)
        (void)hawser_heartbeat(side->stack, storm->now, id, 0);
    else if (what < 74)
        (void)hawser_set(side->stack, storm->now, id, 0, HAWSER_SET_PRIMARY, 1 + roll(storm, 2));
    else if (what < 76)
        report(storm, side);
    else if (what < 77 && !roll(storm, 4)) { /* an endpoint closes, with whoever nobody took, and opens again */
        unsigned index = roll(storm, side->endpoint_count);
        assert_int_equal(hawser_close(side->stack, storm->now, side->endpoints[index]), 0);
        open_endpoint(side, index);
    } else
        read_some(storm, side);
    pump(storm, side);
}

/* ---- time ------------------------------------------------------------------------------------------------------- */

/* What comes next, up to `until`. */
static bool step(struct storm *storm, hawser_time until) {
    hawser_time next = storm->flying_count ? storm->flying[0]->at : HAWSER_NEVER;
    unsigned who = 2;
    for (unsigned i = 0; i < 2; i++) {
        hawser_time deadline = hawser_deadline(storm->side[i].stack);
        if (deadline < next) {
            next = deadline;
            who = i;
        }
    }
    if (next > until)
        return false;
    if (next > storm->now)
        storm->now = next;
    if (who == 2)
        deliver(storm);
    else
        pump(storm, &storm->side[who]);
    return true;
}

static void check_both(struct storm *storm) {
    for (unsigned i = 0; i < 2; i++) {
        const char *untrue = hawser_check(storm->side[i].stack);
        if (untrue)
            fail_msg("side %u: %s", i, untrue);
    }
}

/* What the stack's tables take, which grow and do not shrink. */
static uint64_t table_bytes(const hawser *stack) {
    const struct hw_table *tables[] = {&stack->by_tag, &stack->by_peer, &stack->by_port};
    uint64_t bytes = stack->slot_count * sizeof *stack->slots + stack->deadlines.capacity * sizeof *stack->deadlines.nodes;
    for (unsigned i = 0; i < 3; i++)
        bytes += tables[i]->buckets ? ((uint64_t)1 << tables[i]->bits) * sizeof *tables[i]->buckets : 0;
    return bytes;
}

static void nothing_left(const struct side *side, uint64_t resting) {
    const hawser *stack = side->stack;
    assert_int_equal(hawser_check_objects(side->stack), side->endpoint_count);
    assert_true(hawser_deadline(stack) == HAWSER_NEVER);
    assert_int_equal(stack->deadlines.count, 0);
    assert_int_equal(stack->by_tag.count, 0);
    assert_int_equal(stack->by_peer.count, 0);
    assert_int_equal(stack->by_port.count, side->endpoint_count);
    assert_int_equal(hawser_counter(side->stack, 0, HAWSER_COUNT_CurrEstab), 0);
    assert_int_equal(hawser_memory(stack) - table_bytes(stack), resting);
    assert_int_equal(side->bytes, hawser_memory(stack) + sizeof *stack);
}

static void end_wave(struct storm *storm, const uint64_t resting[2]) {
    for (unsigned i = 0; i < 2; i++) {
        struct side *side = &storm->side[i];
        struct hawser_item item;
        for (unsigned j = 0; j < side->endpoint_count; j++)
            while (hawser_receive(side->stack, side->endpoints[j], &item, 1) == 1)
                take_item(storm, side, side->endpoints[j], &item);
        while (side->alive_count)
            (void)hawser_close(side->stack, storm->now, side->alive[--side->alive_count]);
        pump(storm, side);
    }
    while (step(storm, HAWSER_NEVER - 1)) { /* COOKIE ECHOs on their way may open one more */
        for (unsigned i = 0; i < 2; i++) {
            struct side *side = &storm->side[i];
            read_some(storm, side);
            while (side->alive_count)
                (void)hawser_close(side->stack, storm->now, side->alive[--side->alive_count]);
            struct hawser_item item;
            for (unsigned j = 0; j < side->endpoint_count; j++)
                while (hawser_receive(side->stack, side->endpoints[j], &item, 1) == 1)
                    take_item(storm, side, side->endpoints[j], &item);
        }
    }
    for (unsigned i = 0; i < 2; i++)
        nothing_left(&storm->side[i], resting[i]);
}

static struct storm *new_storm(uint8_t poison, unsigned ship_endpoints, unsigned shore_endpoints) {
    struct storm *storm = calloc(1, sizeof *storm);
    assert_non_null(storm);
    storm->random = 20;
    storm->now = 1000000;
    storm->poison = poison;
    for (unsigned i = 0; i < 2; i++) {
        struct side *side = &storm->side[i];
        side->storm = storm;
        side->number = i;
        side->endpoint_count = i ? shore_endpoints : ship_endpoints;
        side->host = (struct hawser_host){.size = sizeof side->host, .user = side, .allocate = host_allocate,
                                          .release = host_release, .random = host_random, .hmac_sha256 = host_hmac,
                                          .fault = host_fault};
        assert_int_equal(hawser_new(&side->stack, NULL, &side->host), 0);
        for (unsigned j = 0; j < side->endpoint_count; j++)
            open_endpoint(side, j);
    }
    return storm;
}

static void free_storm(struct storm *storm) {
    for (unsigned i = 0; i < 2; i++) {
        hawser_free(storm->side[i].stack);
        assert_int_equal(storm->side[i].bytes, 0);
        assert_int_equal(storm->side[i].blocks, 0);
    }
    free(storm);
}

static void rage(struct storm *storm, unsigned waves, unsigned operations) {
    uint64_t resting[2];
    for (unsigned i = 0; i < 2; i++)
        resting[i] = hawser_memory(storm->side[i].stack) - table_bytes(storm->side[i].stack);
    for (unsigned wave = 0; wave < waves; wave++) {
        for (unsigned i = 0; i < operations; i++) {
            operate(storm);
            hawser_time until = storm->now + roll(storm, 3000);
            while (step(storm, until))
                continue;
            storm->now = until;
            for (unsigned j = 0; storm->spoofed && j < 3; j++)
                spoof(storm);
            if (i % 500 == 0)
                check_both(storm);
        }
        end_wave(storm, resting);
    }
}

static void storm_leaves_nothing(void **state) {
    (void)state;
    struct storm *storm = new_storm(0xa5, SHIP_ENDPOINTS, SHORE_ENDPOINTS);
    rage(storm, WAVES, OPERATIONS);
    printf("%llu associations opened, %llu came up at an end, %llu ended by themselves, %llu restarts, %llu closed, "
           "%llu aborted; %llu alive at most\n%llu messages, %llu bytes in %llu packets, of which %llu lost and %llu forged\n",
           (unsigned long long)storm->opened, (unsigned long long)storm->came_up, (unsigned long long)storm->ended,
           (unsigned long long)storm->restarted, (unsigned long long)storm->closed, (unsigned long long)storm->aborted,
           (unsigned long long)storm->most_alive, (unsigned long long)storm->messages, (unsigned long long)storm->bytes,
           (unsigned long long)storm->packets, (unsigned long long)storm->lost, (unsigned long long)storm->forged);
    assert_true(storm->opened > OPERATIONS / 20 && storm->came_up > OPERATIONS / 20 && storm->most_alive > 150);
    assert_true(storm->restarted > OPERATIONS / 1000 && storm->closed && storm->aborted && storm->messages > OPERATIONS / 20);
    free_storm(storm);
}

/* Memory that was never written does not get into packets, nor does it decide anything. */
static void fresh_memory_tells_nothing(void **state) {
    (void)state;
    static const uint8_t poisons[] = {0xa5, 0x00, 0xff};
    uint64_t trace[3];
    for (unsigned i = 0; i < 3; i++) {
        struct storm *storm = new_storm(poisons[i], SHIP_ENDPOINTS, SHORE_ENDPOINTS);
        rage(storm, 1, OPERATIONS / 10);
        trace[i] = storm->trace;
        assert_true(storm->packets > OPERATIONS / 10);
        free_storm(storm);
    }
    assert_true(trace[0] == trace[1] && trace[0] == trace[2]);
}

/* Nor do the packets of a stranger who sees much and can send all but the right tag from the right place. */
static void a_stranger_changes_nothing(void **state) {
    (void)state;
    uint64_t trace[2], spoofs = 0;
    for (unsigned i = 0; i < 2; i++) {
        struct storm *storm = new_storm(0xa5, SHIP_ENDPOINTS, SHORE_ENDPOINTS);
        storm->spoofed = i == 1;
        rage(storm, 1, OPERATIONS / 8);
        trace[i] = storm->trace;
        spoofs += storm->spoofs;
        free_storm(storm);
    }
    printf("%llu packets of a stranger\n", (unsigned long long)spoofs);
    assert_true(spoofs > OPERATIONS / 8);
    assert_true(trace[0] == trace[1]);
}

/* ---- whole transfers across the wraps ------------------------------------------------------------------------------ */

#define MESSAGES 70000u /* more than there are SSNs, and TSNs begin close to their wrap */

static size_t size_of(unsigned index) { return index % 1000 == 7 ? 20000 : 8 + index % 29; }

static uint8_t byte_of(unsigned index, size_t offset) { return (uint8_t)(index * 31 + offset * 7 + (index >> 8)); }

static bool send_next(struct storm *storm, struct side *side, hawser_id id, unsigned index) {
    static uint8_t bytes[20000];
    struct hawser_span part = {bytes, size_of(index)};
    for (size_t i = 0; i < part.size; i++)
        bytes[i] = byte_of(index, i);
    struct hawser_message message = HAWSER_INIT(message);
    message.parts = &part;
    message.part_count = 1;
    message.stream = (uint16_t)(index % 11 == 0);
    message.ppid = index;
    return hawser_send(side->stack, storm->now, id, &message) == 0;
}

/* Messages of each stream come in their order, whole and once. */
static unsigned read_all(struct storm *storm, struct side *side, hawser_id id, unsigned next[2]) {
    struct hawser_item item;
    unsigned count = 0;
    while (hawser_receive(side->stack, id, &item, 1) == 1) {
        if (item.type == HAWSER_MESSAGE) {
            static uint8_t bytes[20000];
            unsigned index = item.message.ppid, stream = item.message.stream;
            assert_int_equal(index, next[stream]);
            assert_int_equal(item.message.size, size_of(index));
            assert_int_equal(hawser_copy(item.message.pieces, 0, bytes, sizeof bytes), item.message.size);
            for (size_t i = 0; i < item.message.size; i++)
                if (bytes[i] != byte_of(index, i))
                    fail_msg("message %u, byte %zu", index, i);
            do
                next[stream]++;
            while ((next[stream] % 11 == 0) != (stream == 1));
            count++;
        } else
            assert_int_not_equal(item.type, HAWSER_ENDED);
        assert_int_equal(hawser_consume(side->stack, storm->now, id, 1, 0), 0);
    }
    return count;
}

static void whole_transfers_across_the_wraps(void **state) {
    (void)state;
    struct storm *storm = new_storm(0xa5, 1, 1);
    storm->peaceful = true;
    struct side *ship = &storm->side[0], *shore = &storm->side[1];
    while (!ship->alive_count)
        connect_somewhere(storm, ship);
    struct hawser_item item;
    while (!shore->alive_count) {
        pump(storm, ship);
        assert_true(step(storm, HAWSER_NEVER - 1));
        if (hawser_receive(shore->stack, shore->endpoints[0], &item, 1) == 1)
            take_item(storm, shore, shore->endpoints[0], &item);
    }
    unsigned sent[2] = {0, 0}, got[2] = {0, 0}, next[2][2] = {{1, 0}, {1, 0}};
    while (got[0] < MESSAGES || got[1] < MESSAGES) {
        for (unsigned i = 0; i < 2; i++) {
            struct side *side = &storm->side[i];
            for (unsigned j = 0; j < 50 && sent[i] < MESSAGES && send_next(storm, side, side->alive[0], sent[i]); j++)
                sent[i]++;
            got[i] += read_all(storm, side, side->alive[0], next[i]);
            pump(storm, side);
        }
        hawser_time until = storm->now + 2000;
        while (step(storm, until))
            continue;
        storm->now = until;
        assert_true(storm->now < (hawser_time)4000 * 1000000);
    }
    struct hawser_status status = HAWSER_INIT(status);
    assert_int_equal(hawser_status(ship->stack, ship->alive[0], &status), 0);
    printf("%u messages each way in %.0f s, %llu packets, %llu lost\n", MESSAGES, (double)storm->now / 1e6,
           (unsigned long long)storm->packets, (unsigned long long)storm->lost);
    check_both(storm);
    while (storm->flying_count) {
        struct flying *packet = land(storm);
        free(packet->data);
        free(packet);
    }
    free_storm(storm);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(storm_leaves_nothing), cmocka_unit_test(fresh_memory_tells_nothing),
                                       cmocka_unit_test(a_stranger_changes_nothing),
                                       cmocka_unit_test(whole_transfers_across_the_wraps)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
