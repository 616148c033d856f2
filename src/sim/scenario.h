/* SPDX-License-Identifier: MIT
 *
 * What the files of scenarios share: how a plan is filled in. A file of scenarios holds one subject; scenario.c has the table of
 * all.
 */
#ifndef HW_SIM_SCENARIO_H
#define HW_SIM_SCENARIO_H

#include <hawser/sim.h>
#include <string.h>

#define MS      ((hawser_time)1000)
#define SECOND  ((hawser_time)1000000)
#define MBIT    ((uint64_t)1000000)
#define PERCENT 10000u

/* One throw to a statement: C leaves the order within one to the compiler, and a seed must mean the same with each. */
static inline uint64_t between(struct hawser_sim_dice *dice, uint64_t least, uint64_t most) {
    return hawser_sim_dice_between(dice, least, most);
}

static inline int one_in(struct hawser_sim_dice *dice, uint64_t n) {
    return hawser_sim_dice_below(dice, n) == 0;
}

static inline uint32_t sometimes(struct hawser_sim_dice *dice, uint32_t most) {
    return one_in(dice, 3) ? (uint32_t)between(dice, 1, most) : 0;
}

static inline void set(struct hawser_sim_plan *plan, int host, int setting, int64_t value) {
    if (plan->setting_count < HAWSER_SIM_SETTINGS_MAX)
        plan->settings[plan->setting_count++] = (struct hawser_sim_setting){host, setting, value};
}

static inline void deed(struct hawser_sim_plan *plan, hawser_time at, uint32_t kind, uint32_t which, uint64_t value) {
    if (plan->deed_count < HAWSER_SIM_DEEDS_MAX)
        plan->deeds[plan->deed_count++] = (struct hawser_sim_deed){at, kind, which, value};
}

/* Both directions of the path alike. */
static inline void link_like(struct hawser_sim_plan *plan, uint32_t path, const struct hawser_sim_link *link) {
    plan->links[path][0] = plan->links[path][1] = *link;
}

static inline void link_basic(struct hawser_sim_plan *plan, uint64_t rate, hawser_time delay, uint32_t queue) {
    struct hawser_sim_link link = {.rate = rate, .delay = delay, .queue = queue};
    for (uint32_t path = 0; path < HAWSER_SIM_PATHS_MAX; path++)
        link_like(plan, path, &link);
}

#define FOR_EACH_LINK(plan, link)                                                                                                \
    for (struct hawser_sim_link *link = &(plan)->links[0][0]; link < &(plan)->links[0][0] + 2 * HAWSER_SIM_PATHS_MAX; link++)

static inline void flow(struct hawser_sim_plan *plan, int from, uint32_t messages, uint32_t size_min, uint32_t size_max) {
    plan->flows[from].messages = messages;
    plan->flows[from].size_min = size_min;
    plan->flows[from].size_max = size_max;
}

static inline void may_end(struct hawser_sim_plan *plan, uint32_t reasons_0, uint32_t reasons_1) {
    plan->reasons[0] = reasons_0;
    plan->reasons[1] = reasons_1;
}

/* A SHUTDOWN that comes after its association has ended, or the answer to a heartbeat by a slower path, is out of the blue and
 * answered by ABORT (RFC 9260 8.4), which may overtake the SHUTDOWN COMPLETE. All data has arrived by then. */
static inline void late_packets(struct hawser_sim_plan *plan) {
    plan->reasons[0] |= HAWSER_SIM_REASON(HAWSER_END_PEER_ABORTED);
    plan->reasons[1] |= HAWSER_SIM_REASON(HAWSER_END_PEER_ABORTED);
}

#define ANY_LOSS                                                                                                                 \
    (HAWSER_SIM_REASON(HAWSER_END_LOST) | HAWSER_SIM_REASON(HAWSER_END_PEER_ABORTED) | HAWSER_SIM_REASON(HAWSER_END_SHUTDOWN))

/* What every scenario starts from: one association, one path of 20 Mbit/s and 20 ms, data both ways, a graceful end. */
static inline void prepare_basis(struct hawser_sim_plan *plan) {
    plan->associations = 1;
    plan->paths = 1;
    plan->family = HAWSER_IPV4;
    link_basic(plan, 20 * MBIT, 10 * MS, 0);
    flow(plan, 0, 600, 64, 8192);
    flow(plan, 1, 150, 64, 2048);
    plan->flows[0].streams = plan->flows[1].streams = 8;
    plan->flows[0].lent = plan->flows[1].lent = 20 * PERCENT;
    plan->habits[0].segments_max = 16;
    may_end(plan, HAWSER_SIM_REASON(HAWSER_END_SHUTDOWN), HAWSER_SIM_REASON(HAWSER_END_SHUTDOWN));
    plan->whole = plan->complete = 1;
    plan->time_max = 3600 * SECOND;
    /* T5 (RFC 9260 9.2) ends what much loss makes slow, and would hide what stands still: let it be seen. */
    set(plan, -1, HAWSER_SET_GUARD, (int64_t)(2 * plan->time_max));
    set(plan, -1, HAWSER_SET_MAX_INIT_RETRANS, 30); /* 9 lost of 9 is no fault where a third is lost */
}

/* ---- scenarios that have files of their own ---------------------------------------------------------------------- */

void hw_scenario_partial(struct hawser_sim_plan *plan, struct hawser_sim_dice *dice);
void hw_scenario_deadlines(struct hawser_sim_plan *plan, struct hawser_sim_dice *dice);
void hw_scenario_interleaved(struct hawser_sim_plan *plan, struct hawser_sim_dice *dice);
void hw_scenario_interleaved_restart(struct hawser_sim_plan *plan, struct hawser_sim_dice *dice);
void hw_scenario_failing_primary(struct hawser_sim_plan *plan, struct hawser_sim_dice *dice);
void hw_scenario_mtu_search(struct hawser_sim_plan *plan, struct hawser_sim_dice *dice);
void hw_scenario_keys(struct hawser_sim_plan *plan, struct hawser_sim_dice *dice);
void hw_scenario_marks(struct hawser_sim_plan *plan, struct hawser_sim_dice *dice);
void hw_scenario_moving(struct hawser_sim_plan *plan, struct hawser_sim_dice *dice);
void hw_scenario_reconfiguring(struct hawser_sim_plan *plan, struct hawser_sim_dice *dice);
void hw_scenario_mixture(struct hawser_sim_plan *plan, struct hawser_sim_dice *dice);
void hw_scenario_unsummed(struct hawser_sim_plan *plan, struct hawser_sim_dice *dice);

#endif
