/* SPDX-License-Identifier: MIT
 *
 * Want of memory: a short run is repeated with each of its allocations failing in turn, once, and then with all failing from
 * there on. The association must work or end cleanly, nothing may leak, and nothing may be delivered wrong.
 */
#include "sim_tests.h"

static const char *const scenarios[] = {"lossy",   "two-paths",     "collision",   "restart",  "routes",
                                        "wildcard", "shutdown-both", "slow-reader", "abort-mid", "unordered-mix"};

static struct hawser_sim_plan small_plan(const char *scenario) {
    struct hawser_sim_plan plan = sim_plan(scenario, 3);
    for (int i = 0; i < 2; i++) {
        plan.flows[i].messages = 25;
        plan.flows[i].size_min = 16;
        plan.flows[i].size_max = 20000;
        plan.flows[i].streams = 4;
        plan.flows[i].unordered = 200000;
        plan.flows[i].parted = 100000;
        plan.flows[i].spread = 100000;
        if (plan.flows[i].pause_to > 5000000) /* longer than an application in want of memory has patience */
            plan.flows[i].pause_to = 5000000;
    }
    plan.must_see = 0;
    plan.check_every = 16;
    plan.time_max = 7200000000;
    return plan;
}

static void fail_each(const char *scenario, int host, int for_ever) {
    struct hawser_sim_plan plan = small_plan(scenario);
    struct hawser_sim_result result;
    if (hawser_sim_run(&plan, &result))
        fail_msg("%s without any failure: %s", scenario, result.complaint);
    uint64_t allocations = result.allocations[host];
    assert_true(allocations > 20);
    for (uint64_t n = 1; n <= allocations; n++) {
        plan = small_plan(scenario);
        plan.fail_host = host;
        plan.fail_at = n;
        plan.fail_forever = for_ever;
        if (hawser_sim_run(&plan, &result))
            fail_msg("%s, host %d: allocation %llu of %llu fails%s: %s", scenario, host, (unsigned long long)n,
                     (unsigned long long)allocations, for_ever ? ", and all after it" : "", result.complaint);
        assert_true(result.refused[host] > 0);
    }
}

static void each_fails_once(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof scenarios / sizeof scenarios[0]; i++) {
        fail_each(scenarios[i], 0, 0);
        fail_each(scenarios[i], 1, 0);
    }
}

static void all_fail_from_each_on(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof scenarios / sizeof scenarios[0]; i++) {
        fail_each(scenarios[i], 0, 1);
        fail_each(scenarios[i], 1, 1);
    }
}

/* Any of them, at both hosts, while everything else goes wrong too. */
static void some_fail_at_random(void **state) {
    uint64_t refused = 0, delivered = 0;
    (void)state;
    for (uint64_t seed = 1; seed <= 300; seed++) {
        struct hawser_sim_plan plan = sim_plan("swarm", seed);
        struct hawser_sim_result result;
        plan.fail_chance = seed % 3 ? 3000 : 50000;
        if (hawser_sim_run(&plan, &result))
            fail_msg("swarm, seed %llu, with %u ppm of the allocations failing: %s", (unsigned long long)seed, plan.fail_chance,
                     result.complaint);
        refused += result.refused[0] + result.refused[1];
        delivered += result.delivered;
    }
    assert_true(refused > 1000);
    assert_true(delivered > 10000);
}

int sim_alloc_fail_tests(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_fails_once),
        cmocka_unit_test(all_fail_from_each_on),
        cmocka_unit_test(some_fail_at_random),
    };
    return cmocka_run_group_tests_name("alloc-fail", tests, NULL, NULL);
}
