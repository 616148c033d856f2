/* SPDX-License-Identifier: MIT
 *
 * Oracles of time: nobody waits for what will not come, and nobody measures what the network cannot do. They know both ends and
 * the network between them, and judge only where that leaves no excuse: where nothing was lost, who has something to send to
 * someone with room for it sends it within a round trip and the longest delay of a SACK.
 */
#include "run.h"

#define CONVERSATIONS 8u      /* are looked at */
#define PATIENCE      1000000 /* microseconds: a SACK may be delayed by half a second */
#define QUEUED        50000   /* a queue of so long is reason enough to wait */

/* ---- round-trip times ------------------------------------------------------------------------------------------ */

/* There over the path, back over the fastest: no packet is faster. */
static hawser_time fastest(const struct run *run, int path, int host) {
    hawser_time back = HAWSER_NEVER;
    for (uint32_t i = 0; i < run->plan->paths; i++) {
        hawser_time delay = hawser_sim_link(run->sim, run->links[i], !host)->delay;
        back = delay < back ? delay : back;
    }
    return hawser_sim_link(run->sim, run->links[path], host)->delay + back;
}

void hw_oracle_times(struct side *side, uint32_t path_count) {
    struct run *run = side->conversation->run;
    const struct hawser_sim_plan *plan = run->plan;
    for (uint32_t i = 0; i < path_count; i++) {
        struct hawser_path_status path = HAWSER_INIT(path);
        int number;
        if (hawser_path_status(hw_run_stack(run, side->host), side->id, i, &path) || path.srtt == 0 ||
            (number = hw_run_path(run, side->host, &path.remote)) < 0)
            continue;
        if (path.mtu_state == HAWSER_MTU_COMPLETE && path.mtu > 1500)
            run->result->seen |= HAWSER_SIM_SEEN_MTU_FOUND;
        if (path.srtt < fastest(run, number, side->host))
            hw_run_complain(run, "host %d, path %u: an SRTT of %llu us, the network has %llu", side->host, number + 1,
                            (unsigned long long)path.srtt, (unsigned long long)fastest(run, number, side->host));
        if (plan->srtt_max && side->host == 0 && path.srtt > plan->srtt_max)
            hw_run_complain(run, "path %u: an SRTT of %llu us, %llu at most", number + 1, (unsigned long long)path.srtt,
                            (unsigned long long)plan->srtt_max);
    }
}

/* ---- standing still -------------------------------------------------------------------------------------------- */

/* Is there anything that could excuse a wait? `round_trip`: the longest of the network. */
static bool excused(struct run *run, hawser_time when, hawser_time *round_trip) {
    const struct hawser_sim_plan *plan = run->plan;
    *round_trip = 0;
    for (uint32_t i = 0; i < plan->paths; i++) {
        hawser_time sum = 0;
        for (int direction = 0; direction < 2; direction++) {
            const struct hawser_sim_link *link = hawser_sim_link(run->sim, run->links[i], direction);
            const struct hawser_sim_link_counts *counts = hawser_sim_link_counts(run->sim, run->links[i], direction);
            if (counts->filtered || counts->lost || counts->cut || counts->queue_full || counts->too_big || counts->corrupted)
                return true;
            if (hawser_sim_link_waiting(run->sim, run->links[i], direction, when) * 8000000 > link->rate * QUEUED)
                return true;
            sum += link->delay + link->jitter + link->reorder_delay + plan->habits[direction].late_max;
        }
        *round_trip = sum > *round_trip ? sum : *round_trip;
    }
    return plan->deed_count || plan->associations > CONVERSATIONS || hw_run_tight(run);
}

static uint64_t counter(struct side *side, int number) {
    return hawser_counter(hw_run_stack(side->conversation->run, side->host), side->id, number);
}

/* It has something to send, and the other end has room for most of what it ever had. */
static bool should_move(struct side *side) {
    struct run *run = side->conversation->run;
    struct side *other = &side->conversation->sides[!side->host];
    struct hawser_status own = HAWSER_INIT(own), theirs = HAWSER_INIT(theirs);
    int64_t buffer = 0;
    if (!side->id || !other->id || side->part || hawser_status(hw_run_stack(run, side->host), side->id, &own) ||
        hawser_status(hw_run_stack(run, other->host), other->id, &theirs))
        return false;
    bool sends = own.state == HAWSER_ESTABLISHED || own.state == HAWSER_SHUTDOWN_PENDING || own.state == HAWSER_SHUTDOWN_RECEIVED;
    bool takes =
        theirs.state == HAWSER_ESTABLISHED || theirs.state == HAWSER_SHUTDOWN_PENDING || theirs.state == HAWSER_SHUTDOWN_SENT;
    hawser_get(hw_run_stack(run, other->host), other->id, 0, HAWSER_SET_RECEIVE_BUFFER, &buffer);
    return sends && takes && own.queued_messages && theirs.a_rwnd >= (uint64_t)buffer / 4 * 3;
}

/* The longest time-out of its paths. */
static hawser_time rto(struct side *side) {
    struct hawser_path_status path = HAWSER_INIT(path);
    hawser_time longest = 0;
    for (uint32_t i = 0; !hawser_path_status(hw_run_stack(side->conversation->run, side->host), side->id, i, &path); i++)
        longest = path.rto > longest ? path.rto : longest;
    return longest;
}

static void wait_of(struct side *side, hawser_time when, hawser_time patience) {
    struct run *run = side->conversation->run;
    if (!should_move(side)) {
        side->moved = when;
        return;
    }
    uint64_t chunks = counter(side, HAWSER_COUNT_OutOrderChunks) + counter(side, HAWSER_COUNT_OutUnorderChunks) +
                      counter(side, HAWSER_COUNT_RetransChunks);
    if (chunks != side->chunks)
        side->moved = when;
    side->chunks = chunks;
    struct side *other = &side->conversation->sides[!side->host];
    if (counter(other, HAWSER_COUNT_WindowDrops) || hawser_counter(hw_run_stack(run, other->host), 0, HAWSER_COUNT_Unexpected))
        patience += 2 * rto(side) + PATIENCE; /* the receiver dropped something, without room or before COOKIE ACK came */
    if (when > side->moved + patience)
        hw_run_complain(run, "host %d has something to send, host %d has room, and nothing has moved for %.3f s", side->host,
                        !side->host, (double)(when - side->moved) / 1e6);
}

void hw_oracle_wait(struct run *run, hawser_time when) {
    hawser_time round_trip;
    bool idle = excused(run, when, &round_trip);
    for (uint32_t i = 0; i < run->plan->associations && i < CONVERSATIONS; i++)
        for (int host = 0; host < 2; host++) {
            struct side *side = &run->conversations[i].sides[host];
            if (idle)
                side->moved = when;
            else
                wait_of(side, when, PATIENCE + round_trip);
        }
}
