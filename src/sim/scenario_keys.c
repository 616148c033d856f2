/* SPDX-License-Identifier: MIT
 *
 * Scenarios of authenticated chunks (RFC 4895).
 */
#include "sim/scenario.h"

/* All DATA is authenticated, and the key changes every few seconds: first both sides have the new one, then one after the other
 * uses it. */
void hw_scenario_keys(struct hawser_sim_plan *plan, struct hawser_sim_dice *dice) {
    hawser_time at = between(dice, 1, 4) * SECOND;
    plan->authenticated = 1;
    plan->paths = (uint32_t)between(dice, 1, 2);
    set(plan, -1, HAWSER_SET_AUTHENTICATION, 1);
    int who = one_in(dice, 2) ? 1 : -1;
    set(plan, who, HAWSER_SET_HMACS, (int64_t)between(dice, 0, 2));
    set(plan, -1, HAWSER_SET_RTO_MIN, 100000);
    set(plan, -1, HAWSER_SET_RTO_MAX, 2000000);
    set(plan, -1, HAWSER_SET_ASSOCIATION_MAX_RETRANS, 40);
    FOR_EACH_LINK(plan, link) {
        link->loss = sometimes(dice, 3 * PERCENT);
        link->duplicate = sometimes(dice, PERCENT);
        link->corrupt = sometimes(dice, PERCENT);
        link->reorder = sometimes(dice, PERCENT);
        link->reorder_delay = 20 * MS;
    }
    for (uint32_t key = 2; key < 10; key++) {
        uint32_t first = (uint32_t)between(dice, 0, 1);
        hawser_time step = between(dice, 1, 500) * MS;
        deed(plan, at, HAWSER_SIM_KEY_SET, 0, key);
        deed(plan, at + (one_in(dice, 2) ? 0 : between(dice, 0, 200) * MS), HAWSER_SIM_KEY_SET, 1, key);
        deed(plan, at + 200 * MS + 1, HAWSER_SIM_KEY_USE, first, key);
        deed(plan, at + 200 * MS + 1 + step, HAWSER_SIM_KEY_USE, !first, key);
        at += 800 * MS + between(dice, 0, 4) * SECOND;
    }
    flow(plan, 0, 1500, 64, one_in(dice, 3) ? 65536 : 8192);
    flow(plan, 1, 1000, 64, 4096);
    plan->flows[0].interval = plan->flows[1].interval = at / 1500;
    plan->habits[0].small_buffer = sometimes(dice, 10 * PERCENT);
    late_packets(plan);
    plan->must_see = HAWSER_SIM_SEEN_AUTHENTICATED | HAWSER_SIM_SEEN_KEY_DELETED;
}
