/* SPDX-License-Identifier: MIT
 *
 * Scenarios of addresses that come and go while data flows (RFC 5061, automatic ASCONF).
 */
#include "sim/scenario.h"

struct hosts {
    int gone[HAWSER_SIM_PATHS_MAX][2];
};

static uint32_t count_up(const struct hawser_sim_plan *plan, const struct hosts *hosts, int host) {
    uint32_t count = 0;
    for (uint32_t path = 0; path < plan->paths; path++)
        count += !hosts->gone[path][host];
    return count;
}

static void change(struct hawser_sim_plan *plan, struct hosts *hosts, hawser_time at, int host, uint32_t path) {
    hosts->gone[path][host] = !hosts->gone[path][host];
    deed(plan, at, hosts->gone[path][host] ? HAWSER_SIM_ADDRESS_DOWN : HAWSER_SIM_ADDRESS_UP, (uint32_t)host, path);
}

/* All that the host has goes, and soon afterwards it has another. */
static void renumber(struct hawser_sim_plan *plan, struct hawser_sim_dice *dice, struct hosts *hosts, hawser_time at, int host) {
    uint32_t next = (uint32_t)between(dice, 0, plan->paths - 1);
    for (uint32_t path = 0; path < plan->paths; path++)
        if (!hosts->gone[path][host])
            change(plan, hosts, at, host, path);
    change(plan, hosts, at + between(dice, 10 * MS, 800 * MS), host, next);
}

static void move(struct hawser_sim_plan *plan, struct hawser_sim_dice *dice, struct hosts *hosts, hawser_time at, int host) {
    uint32_t path = (uint32_t)between(dice, 0, plan->paths - 1);
    if (one_in(dice, 4))
        renumber(plan, dice, hosts, at, host);
    else if (hosts->gone[path][host] || count_up(plan, hosts, host) > 1)
        change(plan, hosts, at, host, path);
}

/* One of two addresses at a time, or all of a host's at once, but not both hosts' before each knows of the other's. */
void hw_scenario_moving(struct hawser_sim_plan *plan, struct hawser_sim_dice *dice) {
    struct hosts hosts = {{{0}}};
    hawser_time at = 2 * SECOND;
    plan->moving = plan->wildcard = 1;
    plan->paths = (uint32_t)between(dice, 2, HAWSER_SIM_PATHS_MAX);
    plan->family = one_in(dice, 3) ? HAWSER_IPV6 : HAWSER_IPV4;
    set(plan, -1, HAWSER_SET_DYNAMIC_ADDRESSES, 2);
    set(plan, -1, HAWSER_SET_AUTO_ASCONF, 1);
    set(plan, -1, HAWSER_SET_RTO_INITIAL, 500000);
    set(plan, -1, HAWSER_SET_RTO_MIN, 100000);
    set(plan, -1, HAWSER_SET_RTO_MAX, 2000000);
    set(plan, -1, HAWSER_SET_HB_INTERVAL, 1000000);
    set(plan, -1, HAWSER_SET_ASSOCIATION_MAX_RETRANS, 40);
    uint32_t loss = sometimes(dice, 3 * PERCENT);
    FOR_EACH_LINK(plan, link) {
        link->loss = loss;
        link->jitter = 2 * MS;
        link->reorder = sometimes(dice, PERCENT);
        link->reorder_delay = 20 * MS;
    }
    for (uint32_t moves = (uint32_t)between(dice, 4, 10); moves; moves--) {
        move(plan, dice, &hosts, at, (int)between(dice, 0, 1));
        at += between(dice, 5 * SECOND, 9 * SECOND);
    }
    /* flapping at the end: told in quick turns, and as it was afterwards */
    for (uint32_t i = 0; plan->paths > 2 && i < 6; i++)
        if (hosts.gone[0][0] || count_up(plan, &hosts, 0) > 1)
            change(plan, &hosts, at + i * between(dice, 1, 40 * MS), 0, 0);
    plan->flows[0].interval = plan->flows[1].interval = at / 1500;
    flow(plan, 0, 1500, 64, 4096);
    flow(plan, 1, 1200, 64, 2048);
    plan->must_see = HAWSER_SIM_SEEN_MOVED;
    plan->end_at = at + 120 * SECOND;
}
