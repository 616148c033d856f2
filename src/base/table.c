/* SPDX-License-Identifier: MIT
 *
 * A hash table threaded through its members: chains from an array of buckets. Never frees a member.
 */
#include "table.h"
#include <string.h>

#define FIRST_BITS 4u
#define BITS_MAX 28u /* so that no size below can wrap, where size_t has 32 bits */

void hw_table_init(struct hw_table *table, struct hw_account *account, uint64_t seed) {
    memset(table, 0, sizeof *table);
    table->account = account;
    table->seed = seed;
}

static size_t size_of(unsigned bits) { return sizeof(struct hw_node *) << bits; }

void hw_table_free(struct hw_table *table) {
    hw_release(table->account, table->buckets, size_of(table->bits));
    hw_table_init(table, table->account, table->seed);
}

/* The odd number is 2^64 divided by the golden ratio: its product spreads any key over the top bits. */
static size_t bucket_of(uint64_t key, uint64_t seed, unsigned bits) {
    return (size_t)(((key ^ seed) * 0x9e3779b97f4a7c15u) >> (64 - bits));
}

static void rehash(struct hw_table *table, unsigned bits) {
    struct hw_node **buckets = hw_allocate_zeroed(table->account, size_of(bits));
    if (!buckets)
        return;
    for (size_t i = 0; table->buckets && i < (size_t)1 << table->bits; i++) {
        for (struct hw_node *node = table->buckets[i], *next; node; node = next) {
            struct hw_node **bucket = &buckets[bucket_of(node->key, table->seed, bits)];
            next = node->next;
            node->next = *bucket;
            *bucket = node;
        }
    }
    hw_release(table->account, table->buckets, size_of(table->bits));
    table->buckets = buckets;
    table->bits = (uint8_t)bits;
}

bool hw_table_add(struct hw_table *table, struct hw_node *node, uint64_t key) {
    if (!table->buckets)
        rehash(table, FIRST_BITS);
    else if (table->count >= 1u << table->bits && table->bits < BITS_MAX)
        rehash(table, table->bits + 1u);
    if (!table->buckets)
        return false;
    struct hw_node **bucket = &table->buckets[bucket_of(key, table->seed, table->bits)];
    node->key = key;
    node->next = *bucket;
    *bucket = node;
    table->count++;
    return true;
}

void hw_table_remove(struct hw_table *table, struct hw_node *node) {
    if (!table->buckets)
        return;
    struct hw_node **link = &table->buckets[bucket_of(node->key, table->seed, table->bits)];
    while (*link && *link != node)
        link = &(*link)->next;
    if (!*link)
        return;
    *link = node->next;
    node->next = NULL;
    table->count--;
}

static struct hw_node *with_key(struct hw_node *node, uint64_t key) {
    while (node && node->key != key)
        node = node->next;
    return node;
}

struct hw_node *hw_table_find(const struct hw_table *table, uint64_t key) {
    if (!table->count)
        return NULL;
    return with_key(table->buckets[bucket_of(key, table->seed, table->bits)], key);
}

struct hw_node *hw_table_find_next(const struct hw_node *node) { return with_key(node->next, node->key); }
