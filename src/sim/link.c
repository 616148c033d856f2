/* SPDX-License-Identifier: MIT
 *
 * The road between hosts: which link a packet takes and what happens to it there. Every misfortune is thrown by the world's dice,
 * and a chance of zero throws none, so that kinds of trouble can be switched off without changing the others' luck within a run.
 */
#include "world.h"
#include "base/address.h"
#include "base/bytes.h"

int hawser_sim_join(hawser_sim *sim, int host_a, const struct hawser_address *a, unsigned a_bits, int host_b,
                    const struct hawser_address *b, unsigned b_bits) {
    if (sim->joint_count == LINKS_MAX)
        return HAWSER_ERR_LIMIT;
    struct joint *joint = &sim->joints[sim->joint_count];
    memset(joint, 0, sizeof *joint);
    joint->host[0] = host_a;
    joint->host[1] = host_b;
    joint->end[0] = *a;
    joint->end[1] = *b;
    joint->bits[0] = a_bits;
    joint->bits[1] = b_bits;
    return sim->joint_count++;
}

struct hawser_sim_link *hawser_sim_link(hawser_sim *sim, int link, int direction) {
    return &sim->joints[link].pipes[direction].link;
}

const struct hawser_sim_link_counts *hawser_sim_link_counts(hawser_sim *sim, int link, int direction) {
    return &sim->joints[link].pipes[direction].counts;
}

uint64_t hawser_sim_link_waiting(hawser_sim *sim, int link, int direction, hawser_time when) {
    const struct pipe *pipe = &sim->joints[link].pipes[direction];
    uint64_t now = when * 1000;
    return pipe->busy_until > now ? (uint64_t)((double)(pipe->busy_until - now) * (double)pipe->link.rate / 8e9) : 0;
}

static bool within(const struct joint *joint, int end, const struct hawser_address *address) {
    const struct hawser_address *network = &joint->end[end];
    return network->family == address->family && network->family != HAWSER_ROUTE &&
           hw_address_common_bits(network, address) >= joint->bits[end];
}

/* The two bits of the IP header (RFC 3168 5). */
enum { ECT_1 = 1, ECT_0 = 2, CE = 3 };

/* Where a packet goes: the link, its direction, the host at the other end and the two addresses as that host sees them. */
struct way {
    struct pipe *pipe;
    int host;
    struct hawser_address remote, local;
};

static bool way_of_route(struct hawser_sim *sim, int from, const struct hawser_address *remote, struct way *way) {
    for (int i = 0; i < sim->joint_count; i++) {
        struct joint *joint = &sim->joints[i];
        for (int end = 0; end < 2; end++)
            if (joint->end[end].family == HAWSER_ROUTE && joint->host[end] == from && joint->end[end].route == remote->route) {
                way->pipe = &joint->pipes[end];
                way->host = joint->host[!end];
                way->remote = joint->end[!end];
                memset(&way->local, 0, sizeof way->local);
                return true;
            }
    }
    return false;
}

static struct pipe *find_pipe(struct hawser_sim *sim, const struct hawser_address *from, const struct hawser_address *to) {
    struct pipe *second_best = NULL;
    for (int i = 0; i < sim->joint_count; i++) {
        struct joint *joint = &sim->joints[i];
        for (int end = 0; end < 2; end++) {
            if (!within(joint, !end, to))
                continue;
            if (within(joint, end, from))
                return &joint->pipes[end];
            if (!second_best)
                second_best = &joint->pipes[end];
        }
    }
    return second_best;
}

/* The host that has the address outside of its NAT, and the address as it knows it. */
static int find_host(struct hawser_sim *sim, const struct hawser_address *outside, struct hawser_address *inside) {
    for (int h = 0; h < sim->host_count; h++)
        for (unsigned i = 0; i < sim->hosts[h]->address_count; i++) {
            const struct location *location = &sim->hosts[h]->addresses[i];
            if (location->outside.udp_port == outside->udp_port && hw_address_same(&location->outside, outside)) {
                *inside = location->inside;
                return h;
            }
        }
    return -1;
}

/* The location that the packet leaves from: the named one, else the first that has a link to the destination. */
static const struct location *source(struct sim_host *host, const struct hawser_address *local,
                                     const struct hawser_address *remote) {
    const struct location *fallback = NULL;
    for (unsigned i = 0; i < host->address_count; i++) {
        const struct location *location = &host->addresses[i];
        if (local->family != HAWSER_NONE) {
            if (hw_address_same(&location->inside, local) && location->inside.udp_port == local->udp_port)
                return location;
            if (!fallback && hw_address_same(&location->inside, local))
                fallback = location;
        } else if (location->inside.family == remote->family && (location->inside.udp_port != 0) == (remote->udp_port != 0)) {
            for (int j = 0; j < host->sim->joint_count; j++)
                for (int end = 0; end < 2; end++)
                    if (within(&host->sim->joints[j], end, &location->outside) && within(&host->sim->joints[j], !end, remote))
                        return location;
            if (!fallback)
                fallback = location;
        }
    }
    return fallback;
}

static bool find_way(struct sim_host *host, const struct hawser_address *local, const struct hawser_address *remote,
                     struct way *way) {
    if (remote->family == HAWSER_ROUTE)
        return way_of_route(host->sim, host->number, remote, way);
    const struct location *from = source(host, local, remote);
    if (!from)
        return false;
    way->pipe = find_pipe(host->sim, &from->outside, remote);
    way->host = find_host(host->sim, remote, &way->local);
    way->remote = from->outside;
    return way->pipe != NULL;
}

/* RFC 791, RFC 8200 and RFC 768 headers, without options. */
static size_t overhead(const struct hawser_address *remote) {
    if (remote->family == HAWSER_ROUTE)
        return 0;
    return (remote->family == HAWSER_IPV4 ? 20u : 40u) + (remote->udp_port ? 8u : 0u);
}

/* Tells the sender, as ICMP would: quoting the first 8 bytes of what it sent, or more (RFC 792, RFC 4443). */
static void report(struct sim_host *host, const struct pipe *pipe, uint32_t kind, const struct hawser_departure *departure,
                   const uint8_t *data, size_t length) {
    struct hawser_sim *sim = host->sim;
    size_t quoted = hawser_sim_dice_chance(&sim->dice, HAWSER_SIM_PPM / 2) ? 8 : 128;
    if (quoted > length)
        quoted = length;
    struct parcel *parcel = hw_sim_parcel(sim, EVENT_REPORT, host->number, quoted);
    if (!parcel)
        return;
    parcel->report = kind;
    parcel->mtu = kind == HAWSER_REPORT_TOO_BIG ? pipe->link.mtu : 0;
    parcel->remote = departure->remote;
    parcel->local = departure->local;
    memcpy(parcel->data, data, quoted);
    hw_sim_schedule(sim, &parcel->event, sim->now + pipe->link.delay);
}

/* Gilbert's model: the state first, then the loss in it. */
static bool is_lost(struct hawser_sim_dice *dice, struct pipe *pipe) {
    if (pipe->bad)
        pipe->bad = !hawser_sim_dice_chance(dice, pipe->link.burst_end);
    else
        pipe->bad = hawser_sim_dice_chance(dice, pipe->link.burst_begin);
    return hawser_sim_dice_chance(dice, pipe->link.loss) || (pipe->bad && hawser_sim_dice_chance(dice, pipe->link.burst_loss));
}

/* Waits for the rate; false: the queue is full. `leaves` is when the last bit has left; `ecn` may be marked. */
static bool queue(struct pipe *pipe, hawser_time from, size_t size, hawser_time *leaves, uint8_t *ecn) {
    uint64_t now = from * 1000;
    *leaves = from;
    if (!pipe->link.rate)
        return true;
    uint64_t waits = pipe->busy_until > now ? pipe->busy_until - now : 0;
    uint64_t waiting = (uint64_t)((double)waits * (double)pipe->link.rate / 8e9);
    if (pipe->link.queue && waiting + size > pipe->link.queue && waiting > 0)
        return false;
    if (pipe->link.mark && waiting >= pipe->link.mark && (*ecn == ECT_0 || *ecn == ECT_1)) {
        *ecn = CE;
        pipe->counts.marked++;
    }
    pipe->busy_until = now + waits + (uint64_t)size * 8u * 1000000000u / pipe->link.rate;
    *leaves = pipe->busy_until / 1000;
    return true;
}

/* One to three bits over: CRC32c finds them in packets of every length. Now and then the end is missing. */
static void corrupt(struct hawser_sim_dice *dice, struct parcel *parcel) {
    if (parcel->length > 1 && hawser_sim_dice_below(dice, 8) == 0) {
        parcel->length = (size_t)hawser_sim_dice_below(dice, parcel->length);
        return;
    }
    uint64_t bits = hawser_sim_dice_between(dice, 1, 3), taken[3] = {0};
    for (uint64_t i = 0; i < bits; i++) {
        uint64_t bit = hawser_sim_dice_below(dice, parcel->length * 8);
        if ((i > 0 && bit == taken[0]) || (i > 1 && bit == taken[1]))
            continue; /* would turn it back */
        taken[i] = bit;
        parcel->data[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
}

static void deliver(struct hawser_sim *sim, struct way *way, const uint8_t *data, size_t length, hawser_time leaves,
                    uint8_t ecn) {
    struct pipe *pipe = way->pipe;
    const struct hawser_sim_link *link = &pipe->link;
    struct parcel *parcel = hw_sim_parcel(sim, EVENT_PACKET, way->host, length);
    if (!parcel)
        return;
    memcpy(parcel->data, data, length);
    parcel->remote = way->remote;
    parcel->local = way->local;
    parcel->ecn = ecn;
    if (hawser_sim_dice_chance(&sim->dice, link->corrupt)) {
        pipe->counts.corrupted++;
        if (sim->hosts[way->host]->habits.carrier & HAWSER_CARRIER_INTEGRITY) { /* the carrier finds it */
            hw_sim_parcel_free(sim, parcel);
            return;
        }
        corrupt(&sim->dice, parcel);
    }
    hawser_time arrives = leaves + link->delay + (link->jitter ? hawser_sim_dice_below(&sim->dice, link->jitter + 1) : 0);
    if (hawser_sim_dice_chance(&sim->dice, link->reorder)) {
        pipe->counts.reordered++;
        arrives += hawser_sim_dice_below(&sim->dice, link->reorder_delay + 1);
    } else {
        if (arrives < pipe->last)
            arrives = pipe->last;
        pipe->last = arrives;
    }
    pipe->counts.delivered++;
    pipe->counts.bytes += length;
    sim->in_flight++;
    hw_sim_schedule(sim, &parcel->event, arrives);
}

/* What the network is told of a packet must repeat in the next run, so all of it goes into the hash. */
static void mix(struct hawser_sim *sim, int host, const uint8_t *data, size_t length) {
    uint64_t h = sim->hash ^ sim->now * 0x9e3779b97f4a7c15u ^ (uint64_t)host << 32 ^ length;
    uint64_t word = 0;
    size_t i = 0;
    for (; i + 8 <= length; i += 8) {
        memcpy(&word, data + i, 8);
        h = (h ^ word) * 0x9ddfea08eb382d69u;
        h ^= h >> 29;
    }
    for (word = 0; i < length; i++)
        word = word << 8 | data[i];
    h = (h ^ word) * 0x9ddfea08eb382d69u;
    sim->hash = h ^ h >> 32;
}

static bool passes(struct sim_host *host, const struct hawser_departure *departure, const uint8_t *data, size_t length) {
    struct hawser_sim *sim = host->sim;
    struct hawser_sim_packet packet = {.now = sim->now,
                                       .number = sim->packets,
                                       .host = host->number,
                                       .flags = departure->flags,
                                       .remote = departure->remote,
                                       .local = departure->local,
                                       .data = data,
                                       .length = length};
    return !sim->hooks.filter || sim->hooks.filter(sim->hooks.user, &packet);
}

void hw_sim_send(struct sim_host *host, const struct hawser_departure *departure, const uint8_t *data, size_t length) {
    struct hawser_sim *sim = host->sim;
    struct way way;
    mix(sim, host->number, data, length);
    bool passed = passes(host, departure, data, length);
    sim->packets++;
    if (!find_way(host, &departure->local, &departure->remote, &way))
        return;
    struct pipe *pipe = way.pipe;
    size_t size = length + overhead(&departure->remote);
    hawser_time from = departure->send_at > sim->now + host->habits.clock ? departure->send_at - host->habits.clock : sim->now,
                leaves;
    uint8_t ecn = host->habits.carrier & HAWSER_CARRIER_ECN ? departure->ecn : 0;
    pipe->counts.offered++;
    if (!passed) {
        pipe->counts.filtered++;
    } else if (pipe->link.mtu && size > pipe->link.mtu && departure->flags & HAWSER_DEPARTURE_DF) {
        pipe->counts.too_big++;
        if (pipe->link.mtu_report)
            report(host, pipe, HAWSER_REPORT_TOO_BIG, departure, data, length);
    } else if (pipe->link.cut || way.host < 0) {
        pipe->counts.cut++;
        if (pipe->link.cut_report)
            report(host, pipe, HAWSER_REPORT_UNREACHABLE, departure, data, length);
    } else if (is_lost(&sim->dice, pipe)) {
        pipe->counts.lost++;
    } else if (!queue(pipe, from, size, &leaves, &ecn)) {
        pipe->counts.queue_full++;
    } else {
        deliver(sim, &way, data, length, leaves, ecn);
        if (hawser_sim_dice_chance(&sim->dice, pipe->link.duplicate)) {
            pipe->counts.duplicated++;
            deliver(sim, &way, data, length, leaves + hawser_sim_dice_below(&sim->dice, 1000 + pipe->link.reorder_delay), ecn);
        }
    }
}
