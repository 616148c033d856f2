/* SPDX-License-Identifier: MIT
 *
 * Scenarios of what a carrier can do beyond carrying: read and set the bits of ECN, find damage by itself.
 */
#include "sim/scenario.h"

static void carriers(struct hawser_sim_plan *plan, uint32_t carrier) {
    plan->habits[0].carrier = plan->habits[1].carrier = carrier;
}

/* The queue is long and marks early: a sender that did not listen would fill it. Some marks' echoes are lost. */
void hw_scenario_marks(struct hawser_sim_plan *plan, struct hawser_sim_dice *dice) {
    uint64_t rate = between(dice, 2, 20) * MBIT;
    uint32_t bytes_a_ms = (uint32_t)(rate / 8000), loss = one_in(dice, 2) ? (uint32_t)between(dice, 1, 2 * PERCENT) : 0;
    link_basic(plan, rate, between(dice, 2, 40) * MS, 400 * bytes_a_ms);
    FOR_EACH_LINK(plan, link) {
        link->mark = (uint32_t)between(dice, 1, 10) * bytes_a_ms;
        link->loss = loss;
    }
    carriers(plan, HAWSER_CARRIER_ECN);
    flow(plan, 0, 1500, 1000, 16384);
    plan->habits[1].coalesce = sometimes(dice, 2 * MS);
    plan->must_see = HAWSER_SIM_SEEN_MARKED;
}

/* RFC 9653. What is damaged is lost: the carrier drops it. */
void hw_scenario_unsummed(struct hawser_sim_plan *plan, struct hawser_sim_dice *dice) {
    plan->family = HAWSER_ROUTE;
    carriers(plan, HAWSER_CARRIER_INTEGRITY);
    int who = one_in(dice, 4) ? 1 : -1;
    set(plan, who, HAWSER_SET_ZERO_CHECKSUM, 1);
    FOR_EACH_LINK(plan, link) {
        link->corrupt = (uint32_t)between(dice, 0, 3 * PERCENT);
        link->loss = (uint32_t)between(dice, 0, 2 * PERCENT);
    }
    if (who == -1)
        plan->must_see = HAWSER_SIM_SEEN_UNSUMMED;
}
