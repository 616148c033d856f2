/* SPDX-License-Identifier: MIT
 *
 * What the floods have in common: the bounds on what one may cost, the scenes, and the measure of time.
 */
#ifndef FLOOD_H
#define FLOOD_H

#include "attack.h"

#ifdef ATTACK_SMALL
#define ROUNDS 600
#else
#define ROUNDS 6000
#endif

/* What one flood may cost at most. */
struct bound {
    const char *name;
    double bytes_out;         /* for each byte in, over the whole flood */
    unsigned packets_out;     /* for one packet in */
    uint64_t memory;          /* more than before, at the worst moment */
    double allocations;       /* for each packet in */
    double time;              /* for each packet in; a DATA packet of 1,200 bytes that is read is 1 */
};
/* The last line of every flood. */
#define SETTLE(...) flood_settle(s, &meter, &(struct bound){__VA_ARGS__})
void flood_settle(struct script *s, const struct meter *meter, const struct bound *bound);

/* The first test of every program: the head of the table, and the packet that others are measured by. */
void flood_plain_data(void **state);

#define WINDOW (1u << 20)
/* A script whose last output matters to nobody; and one with an association. */
struct script *stage(const char *name);
struct script *connected(const char *name);

/* Takes all items. */
void eat(struct script *s);
/* Chunks of one kind, `count` of them. */
struct hawser_span many(struct script *s, struct hawser_span chunk, unsigned count);
/* The same packet of chunks again and again, of a peer with an association. */
void repeat(struct script *s, struct meter *meter, struct hawser_span chunks, unsigned rounds);
/* Someone else each time. */
struct way *stranger(unsigned number);

static inline void put32_at(struct hawser_span packet, size_t offset, uint32_t value) {
    hw_put32((uint8_t *)(uintptr_t)packet.data + offset, value);
}
static inline void put16_at(struct hawser_span packet, size_t offset, unsigned value) {
    hw_put16((uint8_t *)(uintptr_t)packet.data + offset, (uint16_t)value);
}

#endif
