/* SPDX-License-Identifier: MIT
 *
 * Partial reliability (RFC 3758, RFC 7496): messages that may be given up among others that may not, over links that lose, are
 * cut and come back. What the oracles know of policies is in flow.c.
 */
#include "sim/scenario.h"

/* Links that go away for a while: time-outs that come soon, and nobody who gives the association up for it. */
static void outages(struct hawser_sim_plan *plan, struct hawser_sim_dice *dice) {
    set(plan, -1, HAWSER_SET_ASSOCIATION_MAX_RETRANS, 40);
    set(plan, -1, HAWSER_SET_PATH_MAX_RETRANS, 40);
    set(plan, -1, HAWSER_SET_RTO_MAX, 2000000);
    hawser_time at = 0;
    for (int i = 0; i < 4; i++) {
        at += between(dice, 300 * MS, 2 * SECOND);
        hawser_time length = between(dice, 100 * MS, 3 * SECOND);
        deed(plan, at, HAWSER_SIM_CUT, 0, between(dice, 1, 3));
        deed(plan, at + length, HAWSER_SIM_HEAL, 0, 3);
        at += length;
    }
}

void hw_scenario_partial(struct hawser_sim_plan *plan, struct hawser_sim_dice *dice) {
    uint32_t loss = (uint32_t)between(dice, 1 * PERCENT, 15 * PERCENT);
    FOR_EACH_LINK(plan, link) {
        link->loss = loss;
        link->reorder = one_in(dice, 2) ? 10 * PERCENT : 0;
        link->reorder_delay = 20 * MS;
    }
    if (one_in(dice, 2))
        outages(plan, dice);
    if (one_in(dice, 3))
        set(plan, -1, HAWSER_SET_INTERLEAVING, 1);
    if (one_in(dice, 3))
        set(plan, -1, HAWSER_SET_PARTIAL_DELIVERY, (int64_t)between(dice, 1000, 20000));
    if (one_in(dice, 3))
        set(plan, -1, HAWSER_SET_RECEIVE_BUFFER, (int64_t)between(dice, 16384, 65536));
    if (one_in(dice, 2))
        set(plan, -1, HAWSER_SET_SEND_BUFFER, (int64_t)between(dice, 20000, 100000));
    flow(plan, 0, 1000, 20, (uint32_t)between(dice, 100, 20000));
    flow(plan, 1, 300, 20, 3000);
    for (int i = 0; i < 2; i++) {
        struct hawser_sim_flow *one = &plan->flows[i];
        one->partial = one_in(dice, 3) ? HAWSER_SIM_PPM : (uint32_t)between(dice, 10 * PERCENT, 80 * PERCENT);
        one->policies = HAWSER_SIM_POLICIES_ALL;
        if (one_in(dice, 2))
            one->policies = 1u << between(dice, HAWSER_POLICY_TIMED, HAWSER_POLICY_BUFFER);
        one->policy_value = (uint32_t)between(dice, 0, 3);
        one->lifetime = between(dice, 10 * MS, 1 * SECOND);
        one->unordered = one_in(dice, 2) ? 40 * PERCENT : 0;
        one->parted = one_in(dice, 3) ? 20 * PERCENT : 0;
        one->read_rate = one_in(dice, 5) ? between(dice, 50000, 300000) : 0;
        one->interval = one_in(dice, 2) ? between(dice, 1 * MS, 10 * MS) : 0;
    }
    late_packets(plan);
    plan->must_see = HAWSER_SIM_SEEN_RETRANSMISSION;
}

/* All messages have a time after which nobody wants them, and wait for none before them: none may come later than that, and the
 * way there. */
void hw_scenario_deadlines(struct hawser_sim_plan *plan, struct hawser_sim_dice *dice) {
    uint32_t loss = (uint32_t)between(dice, 0, 10 * PERCENT);
    FOR_EACH_LINK(plan, link) link->loss = loss;
    outages(plan, dice);
    if (one_in(dice, 2))
        set(plan, -1, HAWSER_SET_INTERLEAVING, 1);
    for (int i = 0; i < 2; i++) {
        flow(plan, i, 800, 20, (uint32_t)between(dice, 100, 10000));
        struct hawser_sim_flow *one = &plan->flows[i];
        one->partial = HAWSER_SIM_PPM;
        one->policies = 1u << HAWSER_POLICY_TIMED;
        one->lifetime = between(dice, 50 * MS, 500 * MS);
        one->unordered = HAWSER_SIM_PPM;
        one->interval = between(dice, 1 * MS, 10 * MS);
    }
    late_packets(plan);
    plan->must_see = HAWSER_SIM_SEEN_ABANDONED | HAWSER_SIM_SEEN_SEND_FAILED;
}
