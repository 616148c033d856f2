/* SPDX-License-Identifier: MIT
 *
 * Scenarios of paths that fail, and of what they carry: RFC 7829 and RFC 8899.
 */
#include "sim/scenario.h"

/* The primary fails again and again, for longer than data may wait: what is sent meanwhile goes over another path, or over the
 * least faulty one when all are gone for a while. */
void hw_scenario_failing_primary(struct hawser_sim_plan *plan, struct hawser_sim_dice *dice) {
    plan->paths = (uint32_t)between(dice, 2, 4);
    plan->flows[0].interval = 15 * MS;
    hawser_time at = 0;
    for (int i = 0; i < 8; i++) {
        hawser_time length = between(dice, 100 * MS, 10 * SECOND);
        at += between(dice, 1 * SECOND, 3 * SECOND);
        deed(plan, at, HAWSER_SIM_CUT, 0, between(dice, 1, 3));
        for (uint32_t path = 1; path < plan->paths && one_in(dice, 4); path++) {
            deed(plan, at, HAWSER_SIM_CUT, path, 3);
            deed(plan, at + between(dice, 100 * MS, 2 * SECOND), HAWSER_SIM_HEAL, path, 3);
        }
        deed(plan, at + length, HAWSER_SIM_HEAL, 0, 3);
        at += length;
    }
    int64_t threshold = (int64_t)between(dice, 0, 2);
    set(plan, -1, HAWSER_SET_PF_THRESHOLD, threshold);
    if (one_in(dice, 2))
        set(plan, 0, HAWSER_SET_PRIMARY_SWITCHOVER, threshold);
    set(plan, -1, HAWSER_SET_ASSOCIATION_MAX_RETRANS, 20);
}

/* Paths that carry much more than is expected of them, then less, with some loss; one in two tells of it. */
void hw_scenario_mtu_search(struct hawser_sim_plan *plan, struct hawser_sim_dice *dice) {
    plan->paths = (uint32_t)between(dice, 1, 2);
    plan->flows[0].interval = 10 * MS;
    set(plan, -1, HAWSER_SET_MTU_MAX, (int64_t)between(dice, 1500, 20000));
    set(plan, -1, HAWSER_SET_PMTU_PROBE, SECOND);
    set(plan, -1, HAWSER_SET_PMTU_RAISE, (int64_t)(between(dice, 1, 10) * SECOND));
    uint32_t loss = sometimes(dice, 2 * PERCENT);
    int told = one_in(dice, 2);
    FOR_EACH_LINK(plan, link) {
        link->mtu = 9000;
        link->loss = loss;
        link->mtu_report = told;
    }
    for (int i = 1; i < 5; i++) {
        uint32_t path = (uint32_t)between(dice, 0, plan->paths - 1);
        deed(plan, (hawser_time)i * 2 * SECOND, HAWSER_SIM_MTU, path, between(dice, 1280, 9000));
    }
    set(plan, -1, HAWSER_SET_ASSOCIATION_MAX_RETRANS, 20);
}
