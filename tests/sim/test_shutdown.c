/* SPDX-License-Identifier: MIT
 *
 * The shutdown (RFC 9260 9.2) under loss masks of the packets that follow it: from either side and from both, idle and with data
 * queued. All that was accepted must arrive, and both ends must learn that it ended gracefully.
 */
#include "masks.h"

#define PACKETS   10
#define END_AT    ((hawser_time)400000)
#define BEGINNING ((hawser_time)1000000) /* the world's clock at the start */
#define GUARD_AT  9                      /* so many losses in a row may take longer than T5 allows */

enum load { IDLE, QUEUED_0, QUEUED_1, QUEUED_BOTH };

static struct hawser_sim_plan shutdown_plan(uint32_t end, enum load load) {
    struct hawser_sim_plan plan = sim_plan("clean", 1);
    plan.family = HAWSER_IPV4;
    plan.links[0][0].rate = plan.links[0][1].rate = 2000000;
    for (int i = 0; i < 2; i++) {
        plan.flows[i].messages = 2;
        plan.flows[i].size_min = 500;
        plan.flows[i].size_max = 3000;
    }
    plan.end = end;
    plan.end_at = END_AT;
    plan.complete = 0;
    plan.must_see = 0;
    if (load & QUEUED_0) /* the link is busy when the end comes */
        plan.flows[0].messages = 60;
    if (load & QUEUED_1)
        plan.flows[1].messages = 60;
    return plan;
}

static void run_mask(uint32_t end, enum load load, uint64_t bits) {
    struct hawser_sim_plan plan = shutdown_plan(end, load);
    struct mask mask = {.bits = bits, .from = BEGINNING + END_AT, .host = -1};
    struct hawser_sim_result result;
    plan.filter = mask_filter;
    plan.user = &mask;
    if (mask_weight(bits) >= GUARD_AT)
        for (int i = 0; i < 2; i++)
            plan.reasons[i] |= HAWSER_SIM_REASON(HAWSER_END_GUARD) | HAWSER_SIM_REASON(HAWSER_END_PEER_ABORTED);
    if (hawser_sim_run(&plan, &result))
        fail_msg("end %u, load %u, mask 0x%llx: %s", end, load, (unsigned long long)bits, result.complaint);
}

static void sweep(uint32_t end, enum load load) {
    for (uint64_t bits = 0; bits < 1u << PACKETS; bits++)
        run_mask(end, load, bits);
}

/* Each loss and each pair of losses among the first packets. */
static void pairs(uint32_t end, enum load load) {
    for (unsigned i = 0; i < 24; i++)
        for (unsigned j = i; j < 24; j++)
            run_mask(end, load, (uint64_t)1 << i | (uint64_t)1 << j);
}

static void every_mask_when_idle(void **state) {
    (void)state;
    sweep(HAWSER_SIM_SHUTDOWN_0, IDLE);
    sweep(HAWSER_SIM_SHUTDOWN_1, IDLE);
    sweep(HAWSER_SIM_SHUTDOWN_BOTH, IDLE);
}

static void every_mask_with_data_queued(void **state) {
    (void)state;
    sweep(HAWSER_SIM_SHUTDOWN_0, QUEUED_BOTH);
    sweep(HAWSER_SIM_SHUTDOWN_BOTH, QUEUED_BOTH);
}

static void every_pair_of_losses(void **state) {
    (void)state;
    for (uint32_t end = HAWSER_SIM_SHUTDOWN_0; end <= HAWSER_SIM_SHUTDOWN_BOTH; end++)
        for (int load = IDLE; load <= QUEUED_BOTH; load++)
            pairs(end, (enum load)load);
}

int sim_shutdown_tests(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_mask_when_idle),
        cmocka_unit_test(every_mask_with_data_queued),
        cmocka_unit_test(every_pair_of_losses),
    };
    return cmocka_run_group_tests_name("shutdown", tests, NULL, NULL);
}
