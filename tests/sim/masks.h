/* SPDX-License-Identifier: MIT
 *
 * Loss masks: a bit for each packet from some moment on says whether it dies.
 */
#ifndef SIM_MASKS_H
#define SIM_MASKS_H

#include "sim_tests.h"

struct mask {
    uint64_t bits;
    hawser_time from; /* packets before this do not count */
    int host;         /* only packets of this host count; -1: all */
    uint64_t counted;
};

static inline int mask_filter(void *user, const struct hawser_sim_packet *packet) {
    struct mask *mask = user;
    if (packet->now < mask->from || (mask->host >= 0 && packet->host != mask->host))
        return 1;
    uint64_t number = mask->counted++;
    return number >= 64 || !(mask->bits >> number & 1);
}

static inline int mask_weight(uint64_t bits) {
    int weight = 0;
    for (; bits; bits &= bits - 1)
        weight++;
    return weight;
}

#endif
