/* SPDX-License-Identifier: MIT
 *
 * A binary min-heap of deadlines threaded through its members' index; equal deadlines come out in the order in which they were
 * put in, so that runs repeat. The array of pointers is the only memory, charged to the account given.
 */
#ifndef HW_HEAP_H
#define HW_HEAP_H

#include "memory.h"

#define HW_HEAP_OUT UINT32_MAX

struct hw_heap_node {
    uint64_t key;
    uint64_t age;   /* set by the heap */
    uint32_t index; /* HW_HEAP_OUT: not in the heap */
};

struct hw_heap {
    struct hw_heap_node **nodes;
    uint32_t count, capacity;
    uint64_t age;
    struct hw_account *account;
};

void hw_heap_init(struct hw_heap *heap, struct hw_account *account);
void hw_heap_free(struct hw_heap *heap); /* members are simply forgotten */
void hw_heap_node_init(struct hw_heap_node *node);
/* Makes sure that `count` members fit, so that hw_heap_set cannot fail; false: no memory. */
bool hw_heap_reserve(struct hw_heap *heap, uint32_t count);
/* Puts the node in or moves it. The caller has reserved. */
void hw_heap_set(struct hw_heap *heap, struct hw_heap_node *node, uint64_t key);
/* Takes the node out if it is in. */
void hw_heap_remove(struct hw_heap *heap, struct hw_heap_node *node);
/* The least, or NULL. */
static inline struct hw_heap_node *hw_heap_top(const struct hw_heap *heap) { return heap->count ? heap->nodes[0] : NULL; }

#endif
