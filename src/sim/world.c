/* SPDX-License-Identifier: MIT
 *
 * The world: virtual time, the queue of events, the hosts and their stacks. A host does what any program around a stack does:
 * input, output, next, and a wake-up at the deadline; its habits make it do so clumsily.
 */
#include "world.h"
#include "base/address.h"
#include <stdarg.h>
#include <stdlib.h>

#define BEGINNING      1000000u /* one second: zero may mean "never" in somebody's books */
#define IDLE_WAKES_MAX 1000u    /* wake-ups at one instant with nothing to do: the deadline does not move */
#define ROUNDS_MAX     100000u
#define BURST_MAX      100000u /* packets in one go: nobody means to send so many at an instant */

void hw_sim_complain(struct hawser_sim *sim, const char *format, ...) {
    if (sim->complained)
        return;
    sim->complained = true;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(sim->complaint, sizeof sim->complaint, format, arguments);
    va_end(arguments);
}

const char *hawser_sim_complaint(const hawser_sim *sim) {
    return sim->complained ? sim->complaint : NULL;
}

static void *own_allocate(void *user, size_t size) {
    (void)user;
    return malloc(size);
}

static void own_release(void *user, void *memory, size_t size) {
    (void)user;
    (void)size;
    free(memory);
}

hawser_sim *hawser_sim_new(uint64_t seed, const struct hawser_sim_hooks *hooks) {
    struct hawser_sim *sim = calloc(1, sizeof *sim);
    if (!sim)
        return NULL;
    if (hooks)
        sim->hooks = *hooks;
    sim->own = (struct hawser_host){.size = sizeof sim->own, .allocate = own_allocate, .release = own_release};
    hw_account_init(&sim->account, &sim->own, NULL, UINT64_MAX);
    hw_heap_init(&sim->events, &sim->account);
    sim->now = BEGINNING;
    sim->seed = seed;
    hawser_sim_dice_seed(&sim->dice, seed);
    sim->buffer = malloc(DATAGRAM_MAX);
    if (!sim->buffer) {
        free(sim);
        return NULL;
    }
    return sim;
}

void hawser_sim_free(hawser_sim *sim) {
    if (!sim)
        return;
    for (int i = 0; i < sim->host_count; i++) {
        hawser_sim_stop(sim, i);
        hw_heap_remove(&sim->events, &sim->hosts[i]->wake.node);
        hw_heap_remove(&sim->events, &sim->hosts[i]->flush.node);
        free(sim->hosts[i]->train);
        free(sim->hosts[i]);
    }
    for (struct hw_heap_node *node; (node = hw_heap_top(&sim->events));) {
        hw_heap_remove(&sim->events, node);
        free(node); /* parcels and calls begin with their event, and that with its node */
    }
    hw_heap_free(&sim->events);
    for (struct parcel *next, *parcel = sim->free_parcels; parcel; parcel = next) {
        next = parcel->next;
        free(parcel);
    }
    free(sim->buffer);
    free(sim);
}

/* ---- events --------------------------------------------------------------------------------------------------- */

void hw_sim_schedule(struct hawser_sim *sim, struct event *event, hawser_time when) {
    if (!hw_heap_reserve(&sim->events, sim->events.count + 1))
        hw_sim_complain(sim, "the simulator itself ran out of memory");
    hw_heap_set(&sim->events, &event->node, when < sim->now ? sim->now : when);
}

#define PARCEL_ROOM 2048u /* for the common packet; larger ones are not kept */

struct parcel *hw_sim_parcel(struct hawser_sim *sim, enum event_kind kind, int host, size_t length) {
    struct parcel *parcel = length <= PARCEL_ROOM ? sim->free_parcels : NULL;
    if (parcel) {
        sim->free_parcels = parcel->next;
    } else {
        size_t capacity = length <= PARCEL_ROOM ? PARCEL_ROOM : length;
        parcel = malloc(sizeof *parcel + capacity);
        if (!parcel) {
            hw_sim_complain(sim, "the simulator itself ran out of memory");
            return NULL;
        }
        parcel->capacity = capacity;
    }
    hw_heap_node_init(&parcel->event.node);
    parcel->event.kind = kind;
    parcel->event.host = host;
    parcel->length = length;
    return parcel;
}

void hw_sim_parcel_free(struct hawser_sim *sim, struct parcel *parcel) {
    if (parcel->capacity == PARCEL_ROOM) {
        parcel->next = sim->free_parcels;
        sim->free_parcels = parcel;
    } else {
        free(parcel);
    }
}

int hawser_sim_at(hawser_sim *sim, hawser_time when, void (*function)(void *user), void *user) {
    struct call *call = malloc(sizeof *call);
    if (!call)
        return HAWSER_ERR_NO_MEMORY;
    *call = (struct call){.function = function, .user = user};
    hw_heap_node_init(&call->event.node);
    call->event.kind = EVENT_CALL;
    hw_sim_schedule(sim, &call->event, when);
    return 0;
}

/* ---- hosts ---------------------------------------------------------------------------------------------------- */

int hawser_sim_add_host(hawser_sim *sim, const struct hawser_options *options) {
    if (sim->host_count == HAWSER_SIM_HOSTS_MAX)
        return HAWSER_ERR_LIMIT;
    struct sim_host *host = calloc(1, sizeof *host);
    if (!host)
        return HAWSER_ERR_NO_MEMORY;
    host->sim = sim;
    host->number = sim->host_count;
    if (options)
        host->options = *options;
    host->options.size = sizeof host->options;
    hawser_sim_dice_seed(&host->dice, sim->seed ^ (uint64_t)(host->number + 1) << 56);
    hawser_sim_dice_seed(&host->luck, ~sim->seed ^ (uint64_t)(host->number + 1) << 56);
    hw_sim_host_functions(host);
    hw_heap_node_init(&host->wake.node);
    hw_heap_node_init(&host->flush.node);
    host->wake.kind = EVENT_WAKE;
    host->flush.kind = EVENT_FLUSH;
    host->wake.host = host->flush.host = host->number;
    sim->hosts[sim->host_count] = host;
    return sim->host_count++;
}

static void on_trace(void *user, const struct hawser_trace_record *record) {
    struct sim_host *host = user;
    host->sim->hooks.trace(host->sim->hooks.user, host->number, record);
}

int hawser_sim_start(hawser_sim *sim, int number) {
    struct sim_host *host = sim->hosts[number];
    int error = hawser_new(&host->stack, &host->options, &host->functions);
    if (error) {
        host->stack = NULL;
        if (host->ledger.blocks)
            hw_sim_complain(sim, "host %d: hawser_new failed and kept %zu bytes", number, (size_t)host->ledger.bytes);
        return error;
    }
    if (sim->hooks.trace)
        hawser_trace(host->stack, on_trace, host);
    return 0;
}

void hawser_sim_stop(hawser_sim *sim, int number) {
    struct sim_host *host = sim->hosts[number];
    hawser_free(host->stack);
    host->stack = NULL;
    host->train_length = 0;
    if (host->ledger.blocks)
        hw_sim_complain(sim, "host %d: hawser_free left %zu blocks, %zu bytes", number, (size_t)host->ledger.blocks,
                        (size_t)host->ledger.bytes);
}

hawser *hawser_sim_stack(hawser_sim *sim, int host) {
    return sim->hosts[host]->stack;
}

struct hawser_sim_ledger *hawser_sim_ledger(hawser_sim *sim, int host) {
    return &sim->hosts[host]->ledger;
}

struct hawser_sim_habits *hawser_sim_habits(hawser_sim *sim, int host) {
    return &sim->hosts[host]->habits;
}

int hawser_sim_add_address(hawser_sim *sim, int number, const struct hawser_address *address) {
    struct sim_host *host = sim->hosts[number];
    struct hawser_address copy;
    if (!hw_address_normalise(&copy, address) || copy.family == HAWSER_NONE || copy.family == HAWSER_ROUTE)
        return HAWSER_ERR_ADDRESS;
    if (host->address_count == ADDRESSES_MAX)
        return HAWSER_ERR_LIMIT;
    host->addresses[host->address_count++] = (struct location){.inside = copy, .outside = copy};
    return 0;
}

int hawser_sim_nat(hawser_sim *sim, int number, const struct hawser_address *inside, const struct hawser_address *outside) {
    struct sim_host *host = sim->hosts[number];
    for (unsigned i = 0; i < host->address_count; i++) {
        struct location *location = &host->addresses[i];
        if (hw_address_same(&location->inside, inside) && location->inside.udp_port == inside->udp_port) {
            location->outside = *outside;
            return 0;
        }
    }
    return HAWSER_ERR_ADDRESS;
}

/* ---- a host at work ------------------------------------------------------------------------------------------- */

hawser_time hawser_sim_now(const hawser_sim *sim) {
    return sim->now;
}

hawser_time hawser_sim_host_now(const hawser_sim *sim, int host) {
    return sim->now + sim->hosts[host]->habits.clock;
}

/* Cuts the train that came out into its packets. */
static void depart(struct sim_host *host, const struct hawser_departure *departure, size_t length) {
    struct hawser_sim *sim = host->sim;
    size_t segment = departure->segment_size ? departure->segment_size : length;
    if (length != departure->length || length > departure->capacity || segment > length)
        hw_sim_complain(sim, "host %d: output of %zu bytes, segments of %zu, into %zu", host->number, length, segment,
                        departure->capacity);
    size_t count = (length + segment - 1) / segment;
    if (count > (departure->segments_max ? departure->segments_max : 1))
        hw_sim_complain(sim, "host %d: a train of %zu packets where %u were allowed", host->number, count,
                        departure->segments_max);
    for (size_t at = 0; at < length; at += segment)
        hw_sim_send(host, departure, (const uint8_t *)departure->buffer + at, length - at < segment ? length - at : segment);
}

static uint32_t speak(struct sim_host *host) {
    struct hawser_sim *sim = host->sim;
    uint32_t count = 0;
    for (;;) {
        struct hawser_departure departure = HAWSER_INIT(departure);
        departure.buffer = sim->buffer;
        departure.capacity = DATAGRAM_MAX - 1;
        departure.segments_max = host->habits.segments_max;
        departure.carrier = host->habits.carrier;
        bool small = hawser_sim_dice_chance(&sim->dice, host->habits.small_buffer);
        if (small)
            departure.capacity = (size_t)hawser_sim_dice_below(&sim->dice, 1600);
        size_t length = hawser_output(host->stack, sim->now + host->habits.clock, &departure);
        if (!length && !small)
            return count;
        if (length)
            depart(host, &departure, length);
        if (++count > BURST_MAX) {
            hw_sim_complain(sim, "host %d: more than %u packets at one instant", host->number, BURST_MAX);
            return count;
        }
    }
}

/* A deadline that is due must be followed by deeds, or by another deadline. */
static void watch_idle(struct sim_host *host, bool busy) {
    bool due = hawser_deadline(host->stack) <= host->sim->now + host->habits.clock;
    if (busy || !due || host->sim->now != host->idle_since) {
        host->idle_since = host->sim->now;
        host->idle_wakes = 0;
    } else if (++host->idle_wakes > IDLE_WAKES_MAX) {
        hw_sim_complain(host->sim, "host %d: the deadline has passed, and output does nothing about it", host->number);
    }
}

void hawser_sim_pump(hawser_sim *sim, int number) {
    struct sim_host *host = sim->hosts[number];
    if (!host->stack || host->calling)
        return;
    host->calling = true;
    bool busy = false;
    uint32_t rounds = 0;
    for (bool again = true; again && !sim->complained;) {
        again = false;
        if (++rounds > ROUNDS_MAX)
            hw_sim_complain(sim, "host %d: output and next find something to do for ever", number);
        busy |= speak(host) > 0;
        for (struct hawser_ready ready; hawser_next(host->stack, &ready); again = busy = true)
            if (sim->hooks.ready)
                sim->hooks.ready(sim->hooks.user, number, &ready);
    }
    watch_idle(host, busy);
    host->calling = false;
    hawser_time deadline = hawser_deadline(host->stack);
    if (deadline == HAWSER_NEVER)
        hw_heap_remove(&sim->events, &host->wake.node);
    else
        hw_sim_schedule(sim, &host->wake, deadline < host->habits.clock ? 0 : deadline - host->habits.clock);
}

/* After something came in: usually at once, sometimes later. */
static void respond(struct sim_host *host) {
    struct hawser_sim *sim = host->sim;
    if (hawser_sim_dice_chance(&sim->dice, host->habits.late))
        hw_sim_schedule(sim, &host->wake, sim->now + hawser_sim_dice_below(&sim->dice, host->habits.late_max + 1));
    else
        hawser_sim_pump(sim, host->number);
}

/* ---- arrivals ------------------------------------------------------------------------------------------------- */

static void arrive(struct sim_host *host, const uint8_t *data, size_t length, size_t segment, const struct hawser_address *remote,
                   const struct hawser_address *local, uint8_t ecn) {
    if (!host->stack)
        return;
    struct hawser_arrival arrival = HAWSER_INIT(arrival);
    arrival.data = data;
    arrival.length = length;
    arrival.segment_size = segment;
    arrival.remote = *remote;
    arrival.local = *local;
    arrival.ecn = ecn;
    arrival.carrier = (uint8_t)host->habits.carrier;
    hawser_input(host->stack, host->sim->now + host->habits.clock, &arrival);
    respond(host);
}

static void flush(struct sim_host *host) {
    size_t length = host->train_length;
    hw_heap_remove(&host->sim->events, &host->flush.node);
    host->train_length = 0;
    if (length)
        arrive(host, host->train, length, host->train_segment < length ? host->train_segment : 0, &host->train_remote,
               &host->train_local, host->train_ecn);
}

static bool same(const struct hawser_address *a, const struct hawser_address *b) {
    return hw_address_same(a, b) && a->udp_port == b->udp_port;
}

/* Gathers packets of one size from one sender, the last perhaps shorter, as a network card or kernel does. */
static void gather(struct sim_host *host, const struct parcel *parcel) {
    struct hawser_sim *sim = host->sim;
    bool fits = host->train_length && !host->train_closed && parcel->length && parcel->length <= host->train_segment &&
                host->train_length + parcel->length < DATAGRAM_MAX && same(&parcel->remote, &host->train_remote) &&
                same(&parcel->local, &host->train_local) && parcel->ecn == host->train_ecn;
    if (!fits)
        flush(host);
    if (!host->train && !(host->train = malloc(DATAGRAM_MAX)))
        return;
    if (!host->train_length) {
        host->train_segment = parcel->length;
        host->train_closed = false;
        host->train_remote = parcel->remote;
        host->train_local = parcel->local;
        host->train_ecn = parcel->ecn;
        hw_sim_schedule(sim, &host->flush, sim->now + host->habits.coalesce);
    }
    host->train_closed = parcel->length < host->train_segment;
    memcpy(host->train + host->train_length, parcel->data, parcel->length);
    host->train_length += parcel->length;
}

static void on_report(struct sim_host *host, const struct parcel *parcel) {
    if (!host->stack)
        return;
    struct hawser_report report = HAWSER_INIT(report);
    report.kind = parcel->report;
    report.mtu = parcel->mtu;
    report.remote = parcel->remote;
    report.local = parcel->local;
    report.quoted = (struct hawser_span){parcel->data, parcel->length};
    hawser_report(host->stack, host->sim->now + host->habits.clock, &report);
    respond(host);
}

static void on_parcel(struct hawser_sim *sim, struct parcel *parcel) {
    struct sim_host *host = sim->hosts[parcel->event.host];
    if (parcel->event.kind == EVENT_REPORT) {
        on_report(host, parcel);
    } else {
        sim->in_flight--;
        if (host->habits.coalesce && parcel->length)
            gather(host, parcel);
        else
            arrive(host, parcel->data, parcel->length, 0, &parcel->remote, &parcel->local, parcel->ecn);
    }
    hw_sim_parcel_free(sim, parcel);
}

static void on_call(struct hawser_sim *sim, struct call *call) {
    call->function(call->user);
    free(call);
    for (int i = 0; i < sim->host_count; i++)
        hawser_sim_pump(sim, i);
}

hawser_time hawser_sim_next(const hawser_sim *sim) {
    const struct hw_heap_node *node = hw_heap_top(&sim->events);
    return node ? node->key : HAWSER_NEVER;
}

int hawser_sim_step(hawser_sim *sim, hawser_time until) {
    struct hw_heap_node *node = hw_heap_top(&sim->events);
    if (!node || node->key > until)
        return 0;
    struct event *event = (struct event *)node;
    hw_heap_remove(&sim->events, node);
    sim->now = node->key;
    switch (event->kind) {
    case EVENT_PACKET:
    case EVENT_REPORT: on_parcel(sim, (struct parcel *)event); break;
    case EVENT_WAKE: hawser_sim_pump(sim, event->host); break;
    case EVENT_FLUSH: flush(sim->hosts[event->host]); break;
    case EVENT_CALL: on_call(sim, (struct call *)event); break;
    }
    return 1;
}

uint64_t hawser_sim_in_flight(const hawser_sim *sim) {
    uint64_t gathered = 0;
    for (int i = 0; i < sim->host_count; i++)
        gathered += sim->hosts[i]->train_length > 0;
    return sim->in_flight + gathered;
}

uint64_t hawser_sim_packets(const hawser_sim *sim) {
    return sim->packets;
}

uint64_t hawser_sim_hash(const hawser_sim *sim) {
    return sim->hash;
}
