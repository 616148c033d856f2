/* SPDX-License-Identifier: MIT
 *
 * A binary min-heap of deadlines. Knows its members' keys and nothing else about them; never frees one.
 */
#include "heap.h"
#include <string.h>

#define FIRST_CAPACITY 16u
#define CAPACITY_MAX (1u << 28) /* so that no size below can wrap, where size_t has 32 bits */

void hw_heap_init(struct hw_heap *heap, struct hw_account *account) {
    memset(heap, 0, sizeof *heap);
    heap->account = account;
}

void hw_heap_free(struct hw_heap *heap) {
    hw_release(heap->account, heap->nodes, heap->capacity * sizeof *heap->nodes);
    hw_heap_init(heap, heap->account);
}

void hw_heap_node_init(struct hw_heap_node *node) {
    node->key = 0;
    node->age = 0;
    node->index = HW_HEAP_OUT;
}

bool hw_heap_reserve(struct hw_heap *heap, uint32_t count) {
    if (count <= heap->capacity)
        return true;
    if (count > CAPACITY_MAX)
        return false;
    uint32_t capacity = heap->capacity ? heap->capacity : FIRST_CAPACITY;
    while (capacity < count)
        capacity *= 2;
    struct hw_heap_node **nodes = hw_allocate(heap->account, capacity * sizeof *nodes);
    if (!nodes)
        return false;
    if (heap->count)
        memcpy(nodes, heap->nodes, heap->count * sizeof *nodes);
    hw_release(heap->account, heap->nodes, heap->capacity * sizeof *nodes);
    heap->nodes = nodes;
    heap->capacity = capacity;
    return true;
}

static bool before(const struct hw_heap_node *a, const struct hw_heap_node *b) {
    return a->key < b->key || (a->key == b->key && a->age < b->age);
}

static void place(struct hw_heap *heap, struct hw_heap_node *node, uint32_t index) {
    heap->nodes[index] = node;
    node->index = index;
}

/* Moves the hole at `index` towards the top until `node` may stand in it. */
static void sift_up(struct hw_heap *heap, struct hw_heap_node *node, uint32_t index) {
    while (index > 0) {
        uint32_t parent = (index - 1) / 2;
        if (!before(node, heap->nodes[parent]))
            break;
        place(heap, heap->nodes[parent], index);
        index = parent;
    }
    place(heap, node, index);
}

static void sift_down(struct hw_heap *heap, struct hw_heap_node *node, uint32_t index) {
    for (;;) {
        uint32_t child = index * 2 + 1;
        if (child >= heap->count)
            break;
        if (child + 1 < heap->count && before(heap->nodes[child + 1], heap->nodes[child]))
            child++;
        if (!before(heap->nodes[child], node))
            break;
        place(heap, heap->nodes[child], index);
        index = child;
    }
    place(heap, node, index);
}

static void settle(struct hw_heap *heap, struct hw_heap_node *node, uint32_t index) {
    if (index > 0 && before(node, heap->nodes[(index - 1) / 2]))
        sift_up(heap, node, index);
    else
        sift_down(heap, node, index);
}

void hw_heap_set(struct hw_heap *heap, struct hw_heap_node *node, uint64_t key) {
    if (node->index == HW_HEAP_OUT) {
        if (heap->count == heap->capacity)
            return; /* not reserved: a deadline missed does less harm than memory overwritten */
        node->key = key;
        node->age = heap->age++;
        sift_up(heap, node, heap->count++);
    } else if (node->key != key) {
        node->key = key;
        node->age = heap->age++;
        settle(heap, node, node->index);
    }
}

void hw_heap_remove(struct hw_heap *heap, struct hw_heap_node *node) {
    if (node->index == HW_HEAP_OUT)
        return;
    uint32_t index = node->index;
    struct hw_heap_node *last = heap->nodes[--heap->count];
    if (last != node)
        settle(heap, last, index);
    node->index = HW_HEAP_OUT;
}
