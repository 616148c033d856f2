/* SPDX-License-Identifier: MIT
 *
 * What the simulation tests share: one program (main.c), a group of tests in each file.
 */
#ifndef SIM_TESTS_H
#define SIM_TESTS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>
#include <hawser/sim.h>

/* Each returns the number of tests that failed. */
int sim_network_tests(void);
int sim_scenario_tests(void);
int sim_handshake_tests(void);
int sim_shutdown_tests(void);
int sim_alloc_fail_tests(void);
int sim_determinism_tests(void);
int sim_window_tests(void);

/* The scenario's plan, or a failed test. */
static inline struct hawser_sim_plan sim_plan(const char *scenario, uint64_t seed) {
    struct hawser_sim_plan plan;
    assert_int_equal(hawser_sim_plan(&plan, scenario, seed), 0);
    return plan;
}

#endif
