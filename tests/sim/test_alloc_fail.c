/* SPDX-License-Identifier: MIT
 *
 * Want of memory: a short run is repeated with each of its allocations failing in turn, once, and then with all failing from
 * there on. The association must work or end cleanly, nothing may leak, and nothing may be delivered wrong.
 */
#include "sim_tests.h"

static struct hawser_sim_plan small_plan(uint64_t seed) {
    struct hawser_sim_plan plan = sim_plan("lossy", seed);
    plan.paths = 2;
    for (int i = 0; i < 2; i++) {
        plan.flows[i].messages = 25;
        plan.flows[i].size_min = 16;
        plan.flows[i].size_max = 20000;
        plan.flows[i].streams = 4;
        plan.flows[i].unordered = 200000;
        plan.flows[i].parted = 100000;
    }
    plan.must_see = 0;
    plan.check_every = 16;
    plan.time_max = 7200000000;
    return plan;
}

static void fail_each(int host, int for_ever, uint64_t seed) {
    struct hawser_sim_plan plan = small_plan(seed);
    struct hawser_sim_result result;
    if (hawser_sim_run(&plan, &result))
        fail_msg("without any failure: %s", result.complaint);
    uint64_t allocations = result.allocations[host];
    assert_true(allocations > 20);
    for (uint64_t n = 1; n <= allocations; n++) {
        plan = small_plan(seed);
        plan.fail_host = host;
        plan.fail_at = n;
        plan.fail_forever = for_ever;
        if (hawser_sim_run(&plan, &result))
            fail_msg("host %d, seed %llu, allocation %llu of %llu fails%s: %s", host, (unsigned long long)seed,
                     (unsigned long long)n, (unsigned long long)allocations, for_ever ? ", and all after it" : "",
                     result.complaint);
    }
}

static void each_fails_once_at_the_client(void **state) {
    (void)state;
    fail_each(0, 0, 1);
}

static void each_fails_once_at_the_server(void **state) {
    (void)state;
    fail_each(1, 0, 2);
}

static void all_fail_from_each_on_at_the_client(void **state) {
    (void)state;
    fail_each(0, 1, 1);
}

static void all_fail_from_each_on_at_the_server(void **state) {
    (void)state;
    fail_each(1, 1, 2);
}

int sim_alloc_fail_tests(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_fails_once_at_the_client),
        cmocka_unit_test(each_fails_once_at_the_server),
        cmocka_unit_test(all_fail_from_each_on_at_the_client),
        cmocka_unit_test(all_fail_from_each_on_at_the_server),
    };
    return cmocka_run_group_tests_name("alloc-fail", tests, NULL, NULL);
}
