/* SPDX-License-Identifier: MIT
 *
 * The handshake (RFC 9260 5.1, 5.2) under every loss mask of its first ten packets: the association comes up and what was bundled
 * with COOKIE ECHO arrives once, or too many were lost, and it ends as it should.
 */
#include "masks.h"

#define PACKETS      10
#define NO_ANSWER_AT 9 /* Max.Init.Retransmits is 8: INIT leaves 9 times, and so does COOKIE ECHO */

static struct hawser_sim_plan handshake_plan(int both) {
    struct hawser_sim_plan plan = sim_plan("clean", 1);
    for (int i = 0; i < 2; i++) {
        plan.flows[i].messages = 3;
        plan.flows[i].size_min = 10;
        plan.flows[i].size_max = 300;
    }
    plan.links[0][0].rate = plan.links[0][1].rate = 0;
    plan.family = HAWSER_IPV4;
    plan.early = 1;
    plan.both_connect = both;
    plan.must_see = 0;
    plan.setting_count = 0; /* Max.Init.Retransmits as it comes */
    return plan;
}

#define NOT_UP                                                                                                                   \
    (HAWSER_SIM_REASON(HAWSER_END_SHUTDOWN) | HAWSER_SIM_REASON(HAWSER_END_NO_ANSWER) |                                          \
     HAWSER_SIM_REASON(HAWSER_END_PEER_ABORTED) | HAWSER_SIM_REASON(HAWSER_END_LOST))

static void sweep(int host, int both) {
    for (uint64_t bits = 0; bits < 1u << PACKETS; bits++) {
        struct hawser_sim_plan plan = handshake_plan(both);
        struct mask mask = {.bits = bits, .host = host};
        struct hawser_sim_result result;
        plan.filter = mask_filter;
        plan.user = &mask;
        if (mask_weight(bits) >= NO_ANSWER_AT) {
            plan.whole = plan.complete = 0;
            plan.reasons[0] = plan.reasons[1] = NOT_UP;
        }
        if (hawser_sim_run(&plan, &result))
            fail_msg("mask 0x%llx of packets from %d, %s: %s", (unsigned long long)bits, host, both ? "collision" : "one side",
                     result.complaint);
    }
}

static void every_mask_of_both_directions(void **state) {
    (void)state;
    sweep(-1, 0);
}

static void every_mask_of_the_client(void **state) {
    (void)state;
    sweep(0, 0);
}

static void every_mask_of_the_server(void **state) {
    (void)state;
    sweep(1, 0);
}

static void every_mask_of_a_collision(void **state) {
    (void)state;
    sweep(-1, 1);
}

/* RFC 9260 5.1.6: after Max.Init.Retransmits the attempt ends, and the user is told. */
static void silence_is_no_answer(void **state) {
    struct hawser_sim_plan plan = handshake_plan(0);
    struct mask mask = {.bits = UINT64_MAX, .host = -1};
    struct hawser_sim_result result;
    (void)state;
    plan.filter = mask_filter;
    plan.user = &mask;
    plan.whole = plan.complete = 0;
    plan.reasons[0] = HAWSER_SIM_REASON(HAWSER_END_NO_ANSWER);
    plan.reasons[1] = 0;
    if (hawser_sim_run(&plan, &result))
        fail_msg("%s", result.complaint);
    assert_int_equal(result.reasons[0], HAWSER_SIM_REASON(HAWSER_END_NO_ANSWER));
    assert_int_equal(result.packets, NO_ANSWER_AT);
    assert_int_equal(result.reported, 3);
}

int sim_handshake_tests(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_mask_of_both_directions), cmocka_unit_test(every_mask_of_the_client),
        cmocka_unit_test(every_mask_of_the_server),      cmocka_unit_test(every_mask_of_a_collision),
        cmocka_unit_test(silence_is_no_answer),
    };
    return cmocka_run_group_tests_name("handshake", tests, NULL, NULL);
}
