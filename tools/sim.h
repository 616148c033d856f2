/* SPDX-License-Identifier: MIT
 *
 * What the files of hawser sim share: how a run is told (sim_tell.c), drawn (sim_svg.c), and what the options ask for (sim.c).
 */
#ifndef HAWSER_TOOLS_SIM_H
#define HAWSER_TOOLS_SIM_H

#include "tools.h"
#include <hawser/sim.h>

/* A run by instants, evenly spaced. */
struct sim_series {
    struct hawser_sim_sample *samples;
    size_t count, capacity;
    hawser_time every;
};

/* What several runs of a scenario add up to. */
struct sim_sum {
    uint64_t runs, delivered, bytes, chunks, retransmissions;
    double duration, p50, p95, p99;
    hawser_time max;
};

void sim_add(struct sim_sum *sum, const struct hawser_sim_result *result);
void sim_tell_header(void);
void sim_tell_sum(const char *scenario, const struct sim_sum *sum);
void sim_tell_one(const struct hawser_sim_plan *plan, const struct hawser_sim_result *result);
/* One object on a line of standard output. `series` may be NULL. */
void sim_json(const struct hawser_sim_plan *plan, const struct hawser_sim_result *result, const struct sim_series *series);
/* How associations ended at the host: "shutdown, peer lost". */
void sim_reasons(char *out, size_t size, const struct hawser_sim_result *result, int host);
#define SIM_CHANGES_MAX 2048 /* letters of the options that change a scenario */

/* The picture, which names the changes of the scenario. Whether it was written whole is for the caller to ask of `out`. */
void sim_svg(FILE *out, const struct hawser_sim_plan *plan, const struct hawser_sim_result *result,
             const struct sim_series *series, const char *changes);

#endif
