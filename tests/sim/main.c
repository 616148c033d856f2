/* SPDX-License-Identifier: MIT
 *
 * The simulation tests: sim-tests [GROUP...]. Everything runs in virtual time from fixed seeds.
 */
#include "sim_tests.h"

static const struct {
    const char *name;
    int (*run)(void);
} groups[] = {
    {"network", sim_network_tests},     {"determinism", sim_determinism_tests}, {"scenarios", sim_scenario_tests},
    {"window", sim_window_tests},
    {"handshake", sim_handshake_tests}, {"shutdown", sim_shutdown_tests},       {"alloc-fail", sim_alloc_fail_tests},
};

int main(int argc, char **argv) {
    int failed = 0;
    for (size_t i = 0; i < sizeof groups / sizeof groups[0]; i++) {
        int wanted = argc < 2;
        for (int j = 1; j < argc; j++)
            wanted |= strcmp(argv[j], groups[i].name) == 0;
        if (wanted)
            failed += groups[i].run();
    }
    return failed != 0;
}
