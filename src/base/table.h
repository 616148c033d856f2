/* SPDX-License-Identifier: MIT
 *
 * A hash table threaded through its members. The caller computes a 64-bit key (exact, or a keyed hash: see siphash.h) and walks
 * the members with that key; several may have the same one. The array of buckets grows by doubling and never shrinks; where it
 * cannot grow for want of memory the table goes on with longer chains, so insertion fails only if there is no bucket at all.
 * Keys that a peer can choose must be mixed with a secret: `seed` is for that, and bucket = top bits of (key ^ seed) * odd.
 */
#ifndef HW_TABLE_H
#define HW_TABLE_H

#include "memory.h"

struct hw_node {
    struct hw_node *next;
    uint64_t key;
};

struct hw_table {
    struct hw_node **buckets; /* NULL until first used */
    uint32_t count;
    uint8_t bits;             /* 2^bits buckets */
    uint64_t seed;
    struct hw_account *account;
};

void hw_table_init(struct hw_table *table, struct hw_account *account, uint64_t seed);
void hw_table_free(struct hw_table *table); /* members are simply forgotten */
/* Adds; false: no memory, nothing changed. A member must not be in a table already. */
bool hw_table_add(struct hw_table *table, struct hw_node *node, uint64_t key);
/* Takes out a member that is in. */
void hw_table_remove(struct hw_table *table, struct hw_node *node);
/* The first member with this key, or NULL; then the next with the same key. */
struct hw_node *hw_table_find(const struct hw_table *table, uint64_t key);
struct hw_node *hw_table_find_next(const struct hw_node *node);

#endif
