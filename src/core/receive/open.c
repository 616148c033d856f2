/* SPDX-License-Identifier: MIT
 *
 * Runs of I-DATA (RFC 8260) that are not whole in the inbox, by U bit, stream and MID: an I-FORWARD-TSN finds what it is about
 * without a look at anything else. A treap: a search tree whose members' ranks, which are drawn by chance, fall from the root
 * down, so it is as flat as one that was filled in random order, whatever order a peer chooses.
 */
#include "core/receive/run.h"

uint64_t hw_open_key(const struct hw_run *run) { return hw_mid_key(run->late, run->unordered, run->stream, run->ssn); }

/* Runs of one message lie in any order. */
static bool lies_before(const struct hw_run *run, const struct hw_run *other) {
    uint64_t key = hw_open_key(run), other_key = hw_open_key(other);
    return key != other_key ? key < other_key : (uintptr_t)run < (uintptr_t)other;
}

/* Marsaglia's xorshift. */
static uint32_t next_rank(uint32_t rank) {
    rank ^= rank << 13;
    rank ^= rank >> 17;
    return rank ^ rank << 5;
}

void hw_open_add(struct hw_receive *receive, struct hw_run *run) {
    struct hw_run **place = &receive->open, **less = &run->less, **more = &run->more;
    run->rank = receive->rank = next_rank(receive->rank);
    run->in_open = true;
    while (*place && (*place)->rank >= run->rank)
        place = lies_before(run, *place) ? &(*place)->less : &(*place)->more;
    struct hw_run *below = *place;
    *place = run;
    while (below) /* it is split between both sides */
        if (lies_before(below, run)) {
            *less = below;
            less = &below->more;
            below = *less;
        } else {
            *more = below;
            more = &below->less;
            below = *more;
        }
    *less = *more = NULL;
}

void hw_open_remove(struct hw_receive *receive, struct hw_run *run) {
    struct hw_run **place = &receive->open, *less = run->less, *more = run->more;
    while (*place != run)
        place = lies_before(run, *place) ? &(*place)->less : &(*place)->more;
    while (less && more)
        if (less->rank >= more->rank) {
            *place = less;
            place = &less->more;
            less = *place;
        } else {
            *place = more;
            place = &more->less;
            more = *place;
        }
    *place = less ? less : more;
    run->in_open = false;
}

struct hw_run *hw_open_from(const struct hw_receive *receive, uint64_t key) {
    struct hw_run *found = NULL;
    for (struct hw_run *run = receive->open; run;)
        if (hw_open_key(run) < key) {
            run = run->more;
        } else {
            found = run;
            run = run->less;
        }
    return found;
}
