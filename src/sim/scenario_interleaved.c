/* SPDX-License-Identifier: MIT
 *
 * Scenarios of RFC 8260: messages of many streams by turns, under every scheduler and with changes between them, over links that
 * lose and reorder, into windows that cannot hold them all. What the oracles know of messages is enough: each comes once, whole,
 * byte by byte, in its stream's order.
 */
#include "sim/scenario.h"

static void mixture(struct hawser_sim_plan *plan, struct hawser_sim_dice *dice) {
    uint32_t loss = one_in(dice, 3) ? 0 : (uint32_t)between(dice, 1, 3 * PERCENT);
    uint32_t late = sometimes(dice, 5 * PERCENT);
    uint64_t rate = between(dice, 2, 50) * MBIT;
    hawser_time delay = between(dice, 1, 40) * MS;
    link_basic(plan, rate, delay, 0);
    FOR_EACH_LINK(plan, link) {
        link->loss = loss;
        link->reorder = late;
        link->reorder_delay = 30 * MS;
    }
    for (int host = 0; host < 2; host++) {
        struct hawser_sim_flow *from = &plan->flows[host];
        uint32_t messages = (uint32_t)between(dice, 50, 400);
        flow(plan, host, messages, 1, one_in(dice, 2) ? 100000 : 5000);
        from->streams = (uint32_t)between(dice, 1, 10);
        from->unordered = sometimes(dice, 50 * PERCENT);
        from->parted = sometimes(dice, 40 * PERCENT);
        from->bare_end = 50 * PERCENT;
        from->read_rate = one_in(dice, 5) ? between(dice, 50000, 500000) : 0;
        set(plan, host, HAWSER_SET_SCHEDULER, (int64_t)between(dice, 0, 5));
        if (one_in(dice, 2))
            set(plan, host, HAWSER_SET_RECEIVE_BUFFER, (int64_t)between(dice, 8192, 262144));
        if (one_in(dice, 3))
            set(plan, host, HAWSER_SET_PARTIAL_DELIVERY, (int64_t)between(dice, 1, 20000));
        if (one_in(dice, 3))
            set(plan, host, HAWSER_SET_SEND_BUFFER, (int64_t)between(dice, 4096, 400000));
        for (uint64_t changes = between(dice, 0, 6); changes; changes--) {
            hawser_time at = between(dice, 0, 8 * SECOND);
            deed(plan, at, HAWSER_SIM_SCHEDULER, (uint32_t)host, between(dice, 0, 5));
        }
    }
    set(plan, one_in(dice, 8) ? 0 : -1, HAWSER_SET_INTERLEAVING, 1); /* one alone: then it is DATA */
    late_packets(plan);
}

void hw_scenario_interleaved(struct hawser_sim_plan *plan, struct hawser_sim_dice *dice) {
    mixture(plan, dice);
}

void hw_scenario_interleaved_restart(struct hawser_sim_plan *plan, struct hawser_sim_dice *dice) {
    mixture(plan, dice);
    hawser_time at = 0;
    for (uint64_t crashes = between(dice, 1, 3); crashes; crashes--) {
        hawser_time length = between(dice, 0, SECOND);
        at += between(dice, 100 * MS, 2 * SECOND);
        deed(plan, at, HAWSER_SIM_RESTART, (uint32_t)between(dice, 0, 1), length);
        at += length;
    }
    plan->flows[0].parted = plan->flows[1].parted = 0; /* the applications cannot mend a message that failed half sent */
    plan->whole = plan->complete = 0;
    uint32_t not_up = HAWSER_SIM_REASON(HAWSER_END_NO_ANSWER) | HAWSER_SIM_REASON(HAWSER_END_REFUSED);
    may_end(plan, ANY_LOSS | not_up, ANY_LOSS | not_up);
}
