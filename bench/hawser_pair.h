/* SPDX-License-Identifier: MIT
 *
 * Two stacks of hawser in one process, A that sends and B that listens, for the measurements of hawser.c and hawser_sim.c.
 */
#ifndef HAWSER_BENCH_HAWSER_PAIR_H
#define HAWSER_BENCH_HAWSER_PAIR_H

#include <hawser/loop.h>
#include <hawser/udp.h>
#include "bench.h"

struct pair {
    hawser *a, *b;
    hawser_id endpoint, listener;
    hawser_id sender, receiver; /* the association that is used */
    hawser_time now;
    uint64_t sent, received; /* messages */
    uint64_t bytes;          /* received */
    int ended;               /* the association that is used is over */
};

/* Makes stacks, A's endpoint and B's listener. */
void pair_open(struct pair *pair);
void pair_close(struct pair *pair);
/* Starts association number `index` as options.oneport says; returns its id at A. */
hawser_id pair_connect(struct pair *pair, unsigned index);
hawser_id pair_connect_to(struct pair *pair, const struct hawser_address *remote);
/* Carries one departure; its length, or 0. */
size_t pair_carry(hawser *from, hawser *to, hawser_time now);
/* Sends until `most` were sent in all or the buffer is full. */
void pair_send(struct pair *pair, uint64_t most);
/* Takes what the inbox of one id holds; whatever arrived at B, and A's events. */
void pair_take(struct pair *pair, hawser *stack, const struct hawser_ready *ready);
void pair_receive(struct pair *pair);

void hawser_sim_mode(void);
void hawser_udp_mode(void);

/* Dies of an error, with its name. */
void must(int error, const char *what);

#endif
