/* SPDX-License-Identifier: MIT
 *
 * A run as it looks at an instant, for pictures and tables. Samples are taken between events, when nothing changes but what
 * queues hold, and only through calls that change nothing: a run with samples is the same run.
 */
#include "run.h"
#include "base/address.h"

int hw_run_path(const struct run *run, int host, const struct hawser_address *remote) {
    for (uint32_t i = 0; i < run->plan->paths; i++) {
        const struct hawser_address *far = host ? &run->outside[i] : &run->addresses[i][1];
        if (remote->family == HAWSER_ROUTE)
            far = &run->addresses[i][host]; /* a route is named by its near end */
        if (hw_address_same(far, remote))
            return (int)i;
    }
    return -1;
}

static void sample_association(struct run *run, struct hawser_sim_sample *sample) {
    const struct side *side = &run->conversations[0].sides[0];
    hawser *stack = hw_run_stack(run, 0);
    struct hawser_status status = HAWSER_INIT(status);
    if (!stack || !side->id || hawser_status(stack, side->id, &status))
        return;
    sample->peer_rwnd = status.peer_rwnd;
    for (uint32_t i = 0; i < status.path_count; i++) {
        struct hawser_path_status path = HAWSER_INIT(path);
        int number = hawser_path_status(stack, side->id, i, &path) ? -1 : hw_run_path(run, 0, &path.remote);
        if (number < 0)
            continue;
        struct hawser_sim_path_sample *out = &sample->paths[number];
        out->state = path.state;
        out->cwnd = path.cwnd;
        out->ssthresh = path.ssthresh;
        out->flight = path.flight;
        out->srtt = path.srtt;
        out->rto = path.rto;
    }
}

static void sample_network(struct run *run, struct hawser_sim_sample *sample) {
    for (uint32_t i = 0; i < run->plan->paths; i++)
        for (int direction = 0; direction < 2; direction++) {
            struct hawser_sim_path_sample *path = &sample->paths[i];
            const struct hawser_sim_link *link = hawser_sim_link(run->sim, run->links[i], direction);
            const struct hawser_sim_link_counts *counts = hawser_sim_link_counts(run->sim, run->links[i], direction);
            uint64_t waiting = hawser_sim_link_waiting(run->sim, run->links[i], direction, run->sample_at);
            path->waiting[direction] = waiting;
            path->dropped[direction] = counts->filtered + counts->lost + counts->cut + counts->queue_full + counts->too_big;
            path->network_rtt += link->delay + (link->rate ? waiting * 8000000 / link->rate : 0);
            path->cut |= link->cut << direction;
        }
}

static void sample_stacks(struct run *run, struct hawser_sim_sample *sample) {
    for (uint32_t i = 0; i < run->plan->associations; i++)
        for (int host = 0; host < 2; host++) {
            const struct side *side = &run->conversations[i].sides[host];
            struct hawser_status status = HAWSER_INIT(status);
            sample->delivered[host] += run->conversations[i].flows[host].bytes;
            if (side->id && hw_run_stack(run, host) && hawser_status(hw_run_stack(run, host), side->id, &status) == 0)
                sample->queued[host] += status.queued_bytes;
        }
    for (int host = 0; host < 2; host++) {
        hawser *stack = hw_run_stack(run, host);
        if (!stack)
            continue;
        sample->retransmissions[host] = hawser_counter(stack, 0, HAWSER_COUNT_RetransChunks);
        sample->fast_retransmits[host] = hawser_counter(stack, 0, HAWSER_COUNT_FastRetransmits);
        sample->timeouts[host] = hawser_counter(stack, 0, HAWSER_COUNT_T3Expirations);
    }
}

void hw_sample(struct run *run, hawser_time until) {
    const struct hawser_sim_plan *plan = run->plan;
    if (!plan->sample || !plan->sample_every || until == HAWSER_NEVER)
        return;
    for (; run->sample_at < until; run->sample_at += plan->sample_every) {
        struct hawser_sim_sample sample;
        memset(&sample, 0, sizeof sample);
        sample.time = run->sample_at - run->start;
        sample_association(run, &sample);
        sample_network(run, &sample);
        sample_stacks(run, &sample);
        plan->sample(plan->user, &sample);
    }
}
