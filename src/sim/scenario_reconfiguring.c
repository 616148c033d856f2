/* SPDX-License-Identifier: MIT
 *
 * Scenarios of streams that are reset and added while data flows (RFC 6525).
 */
#include "sim/scenario.h"

/* Both sides ask for everything, often at once, over links that lose, repeat and reorder; with DATA or I-DATA. */
void hw_scenario_reconfiguring(struct hawser_sim_plan *plan, struct hawser_sim_dice *dice) {
    hawser_time busy = between(dice, 20, 90) * SECOND;
    plan->reconfigure = between(dice, 20 * MS, 2 * SECOND);
    plan->paths = one_in(dice, 3) ? 2 : 1;
    set(plan, -1, HAWSER_SET_RECONFIGURATION_ALLOWED, one_in(dice, 6) ? (int64_t)between(dice, 1, 6) : 7);
    set(plan, -1, HAWSER_SET_RTO_INITIAL, 300000);
    set(plan, -1, HAWSER_SET_RTO_MIN, 100000);
    set(plan, -1, HAWSER_SET_RTO_MAX, 3000000);
    set(plan, -1, HAWSER_SET_ASSOCIATION_MAX_RETRANS, 100);
    set(plan, -1, HAWSER_SET_PATH_MAX_RETRANS, 20);
    set(plan, -1, HAWSER_SET_STREAMS_IN_MAX, (int64_t)between(dice, 10, 60));
    if (one_in(dice, 2))
        set(plan, -1, HAWSER_SET_INTERLEAVING, 1);
    uint32_t loss = sometimes(dice, 8 * PERCENT);
    FOR_EACH_LINK(plan, link) {
        link->loss = loss;
        link->duplicate = sometimes(dice, 3 * PERCENT);
        link->jitter = 3 * MS;
        link->reorder = sometimes(dice, 3 * PERCENT);
        link->reorder_delay = 40 * MS;
    }
    flow(plan, 0, 3000, 16, 6000);
    flow(plan, 1, 3000, 16, 3000);
    for (int from = 0; from < 2; from++) {
        plan->flows[from].interval = busy / 3000;
        plan->flows[from].unordered = sometimes(dice, 40 * PERCENT);
        plan->flows[from].parted = sometimes(dice, 10 * PERCENT);
    }
    plan->must_see = HAWSER_SIM_SEEN_RECONFIGURED;
    plan->end_at = busy + 150 * SECOND;
}
