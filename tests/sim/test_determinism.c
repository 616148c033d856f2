/* SPDX-License-Identifier: MIT
 *
 * A run repeats: the same plan gives the same packets at the same times, byte for byte, and another seed gives others.
 */
#include "sim_tests.h"

static struct hawser_sim_result run(const char *scenario, uint64_t seed) {
    struct hawser_sim_plan plan = sim_plan(scenario, seed);
    struct hawser_sim_result result;
    if (hawser_sim_run(&plan, &result))
        fail_msg("%s\n  hawser sim --scenario %s --seed %llu", result.complaint, scenario, (unsigned long long)seed);
    return result;
}

static void same_seed_same_run(void **state) {
    (void)state;
    for (int i = 0; hawser_sim_scenario(i); i++) {
        const char *name = hawser_sim_scenario(i)->name;
        struct hawser_sim_result one = run(name, 9), other = run(name, 9);
        assert_true(one.hash == other.hash);
        assert_true(one.events == other.events);
        assert_true(one.duration == other.duration);
        assert_true(one.latency_p99 == other.latency_p99);
    }
}

static void other_seed_other_run(void **state) {
    (void)state;
    assert_true(run("lossy", 1).hash != run("lossy", 2).hash);
}

struct text {
    uint64_t hash, records;
};

static void on_trace(void *user, int host, const struct hawser_trace_record *record) {
    struct text *text = user;
    text->records++;
    text->hash = (text->hash ^ record->type ^ (uint64_t)host << 8 ^ record->now) * 0x100000001b3u;
    if (record->type <= HAWSER_TRACE_PACKET_DROPPED)
        for (size_t i = 0; i < record->packet.length; i++)
            text->hash = (text->hash ^ record->packet.data[i]) * 0x100000001b3u;
}

/* To watch must not change anything, and what is seen repeats too. */
static void tracing_changes_nothing(void **state) {
    struct text texts[2] = {{0, 0}, {0, 0}};
    struct hawser_sim_result silent = run("lossy", 5);
    (void)state;
    for (int i = 0; i < 2; i++) {
        struct hawser_sim_plan plan = sim_plan("lossy", 5);
        struct hawser_sim_result result;
        plan.trace = on_trace;
        plan.user = &texts[i];
        assert_int_equal(hawser_sim_run(&plan, &result), 0);
        assert_true(result.hash == silent.hash);
    }
    assert_true(texts[0].records > 1000);
    assert_true(texts[0].hash == texts[1].hash);
}

int sim_determinism_tests(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(same_seed_same_run),
        cmocka_unit_test(other_seed_other_run),
        cmocka_unit_test(tracing_changes_nothing),
    };
    return cmocka_run_group_tests_name("determinism", tests, NULL, NULL);
}
