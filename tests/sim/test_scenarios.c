/* SPDX-License-Identifier: MIT
 *
 * Every scenario with a few fixed seeds, and swarm with more of them.
 */
#include "sim_tests.h"
#include <stdlib.h>

#define SEEDS         8
#define SWARM_SEEDS   500
#define MIXTURE_SEEDS 200

/* Returns what was seen: HAWSER_SIM_SEEN_. */
static uint32_t run_seed(const char *scenario, uint64_t seed) {
    struct hawser_sim_plan plan = sim_plan(scenario, seed);
    struct hawser_sim_result result;
    if (hawser_sim_run(&plan, &result))
        fail_msg("%s\n  hawser sim --scenario %s --seed %llu", result.complaint, scenario, (unsigned long long)seed);
    return result.seen;
}

static void run_seeds(const char *scenario, uint64_t seeds) {
    for (uint64_t seed = 1; seed <= seeds; seed++)
        run_seed(scenario, seed);
}

static void scenario_holds(void **state) {
    const char *name = *state;
    if (strcmp(name, "mixture") == 0) /* in a test of its own */
        return;
    run_seeds(name, strcmp(name, "swarm") == 0 || strcmp(name, "tight-buffers") == 0 ? SWARM_SEEDS : SEEDS);
}

/* One run has some of the extensions, all runs together have them all. */
static void mixture_shows_all(void **state) {
    uint32_t seen = 0;
    (void)state;
    for (uint64_t seed = 1; seed <= MIXTURE_SEEDS; seed++)
        seen |= run_seed("mixture", seed);
    for (int bit = 0; bit < HAWSER_SIM_SEEN_COUNT; bit++)
        if (!(seen & 1u << bit))
            fail_msg("no mixture shows %s", hawser_sim_seen_name(bit));
}

/* Runs that fail without the mending of what failed once. As the core changes so do the runs, and some may no longer come by the
 * place: what matters has a scenario that comes by it often. */
static void what_failed_once_holds(void **state) {
    static const struct {
        const char *scenario;
        uint64_t seed;
    } runs[] = {
        {"slow-reader", 10},      /* resent into a shut window and answered: counted as errors all the same */
        {"mtu-black-hole", 46},   /* a packet too large for its path at the end of a train */
        {"swarm", 290},           /* nothing was taken back because the highest TSN had been delivered */
        {"swarm", 560},           /* a small buffer made output forget a retransmission */
        {"scraps", 2},            /* nothing could be read, and the next chunk found no room */
        {"scraps", 254},          /* gap blocks were taken back, and a SHUTDOWN alone does not say so */
        {"tight-buffers", 15853}, /* bursts of tiny messages, most of which find no room: slow, but it must end */
        {"lifetimes", 31},        /* the last message expired, and nobody said that there was room again */
        {"swarm", 3139},          /* a window shut by the last SACK stayed shut while SHUTDOWNs acknowledged */
        {"shutdown-slow", 57},    /* who has sent SHUTDOWN tells of no window */
        {"interleaved", 542365760}, /* many open messages kept all blocks from being freed, and none was delivered in parts */
        {"shutdown-both", 3408199233}, /* 18 % loss: T5 ended what went on, slowly */
        {"mixture", 2244},        /* the end of an abandoned message was said to have gone over a path that nothing went over */
        {"tight-buffers", 13},    /* a part of a message waited for room that only its own end could make */
    };
    (void)state;
    for (size_t i = 0; i < sizeof runs / sizeof runs[0]; i++)
        run_seed(runs[i].scenario, runs[i].seed);
}

/* Every event is followed by a look at everything. */
static void paranoid_run_holds(void **state) {
    static const char *const names[] = {"lossy", "reorder", "two-paths", "huge-messages", "collision", "shutdown-both"};
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct hawser_sim_plan plan = sim_plan(names[i], 77);
        struct hawser_sim_result result;
        plan.check_every = 1;
        if (hawser_sim_run(&plan, &result))
            fail_msg("%s\n  hawser sim --scenario %s --seed 77 --paranoid", result.complaint, names[i]);
    }
}

/* A run whose plan asks for what cannot be must fail: the oracles are awake. */
static void oracles_can_fail(void **state) {
    struct hawser_sim_plan plan = sim_plan("clean", 1);
    struct hawser_sim_result result;
    (void)state;
    plan.must_see = HAWSER_SIM_SEEN_RESTART;
    assert_int_equal(hawser_sim_run(&plan, &result), -1);
    assert_non_null(strstr(result.complaint, "without a restart"));
    plan = sim_plan("clean", 1);
    plan.reasons[1] = HAWSER_SIM_REASON(HAWSER_END_LOST);
    assert_int_equal(hawser_sim_run(&plan, &result), -1);
    plan = sim_plan("clean", 1);
    plan.time_max = 50000;
    assert_int_equal(hawser_sim_run(&plan, &result), -1);
    assert_non_null(strstr(result.complaint, "not over"));
    plan = sim_plan("clean", 1);
    plan.srtt_max = 20000;
    assert_int_equal(hawser_sim_run(&plan, &result), -1);
    assert_non_null(strstr(result.complaint, "an SRTT of"));
    plan = sim_plan("clean", 1);
    plan.links[0][0].cut = 1;
    assert_int_equal(hawser_sim_run(&plan, &result), -1);
}

static int rejected(const struct hawser_sim_plan *plan) {
    struct hawser_sim_result result;
    return hawser_sim_run(plan, &result) == -1 && result.complaint[0];
}

static void impossible_plans_are_refused(void **state) {
    struct hawser_sim_plan plan = sim_plan("clean", 1);
    (void)state;
    assert_int_equal(hawser_sim_plan(&plan, "no such", 1), HAWSER_ERR_ARGUMENT);
    plan.paths = 0;
    assert_true(rejected(&plan));
    plan.paths = HAWSER_SIM_PATHS_MAX + 1;
    assert_true(rejected(&plan));
    plan = sim_plan("clean", 1);
    plan.associations = 0;
    assert_true(rejected(&plan));
}

int sim_scenario_tests(void) {
    struct CMUnitTest tests[96];
    size_t count = 0;
    tests[count++] = (struct CMUnitTest)cmocka_unit_test(oracles_can_fail);
    tests[count++] = (struct CMUnitTest)cmocka_unit_test(impossible_plans_are_refused);
    tests[count++] = (struct CMUnitTest)cmocka_unit_test(paranoid_run_holds);
    tests[count++] = (struct CMUnitTest)cmocka_unit_test(what_failed_once_holds);
    tests[count++] = (struct CMUnitTest)cmocka_unit_test(mixture_shows_all);
    for (int i = 0; hawser_sim_scenario(i) && count < sizeof tests / sizeof tests[0]; i++) {
        const char *name = hawser_sim_scenario(i)->name;
        tests[count++] = (struct CMUnitTest){.name = name, .test_func = scenario_holds, .initial_state = (void *)(uintptr_t)name};
    }
    return _cmocka_run_group_tests("scenarios", tests, count, NULL, NULL);
}
