/* SPDX-License-Identifier: MIT
 *
 * Messages of several streams in order again: see stripe.h.
 */
#include "stripe.h"

#include <stdlib.h>
#include <string.h>

/* More can never be under way: SCTP has at most 65,535 TSNs in flight (RFC 9260 3.3.4). */
#define AHEAD_MAX 65536u

void stripe_init(struct stripe *stripe, size_t held_max) {
    *stripe = (struct stripe){.held_max = held_max};
}

void stripe_free(struct stripe *stripe) {
    for (uint32_t i = 0; i < stripe->capacity; i++)
        free(stripe->slots[i].data);
    free(stripe->slots);
    *stripe = (struct stripe){.held_max = stripe->held_max};
}

static struct stripe_slot *slot_at(const struct stripe *stripe, uint32_t ahead) {
    return &stripe->slots[(stripe->start + ahead) & (stripe->capacity - 1)];
}

static bool grow(struct stripe *stripe, uint32_t ahead) {
    uint32_t capacity = stripe->capacity ? stripe->capacity : 64;
    while (capacity <= ahead)
        capacity *= 2;
    if (capacity == stripe->capacity)
        return true;
    struct stripe_slot *slots = calloc(capacity, sizeof(*slots));
    if (!slots)
        return false;
    for (uint32_t i = 0; i < stripe->capacity; i++)
        slots[i] = *slot_at(stripe, i);
    free(stripe->slots);
    stripe->slots = slots;
    stripe->capacity = capacity;
    stripe->start = 0;
    return true;
}

const char *stripe_add(struct stripe *stripe, uint32_t number, const void *data, size_t size, bool last) {
    uint32_t ahead = number - stripe->next;
    if (ahead >= AHEAD_MAX)
        return "a message number that was not expected";
    if (size > stripe->held_max - stripe->held)
        return "too much waits for a message that does not come";
    if (!grow(stripe, ahead))
        return "out of memory";
    struct stripe_slot *slot = slot_at(stripe, ahead);
    if (slot->whole)
        return "a message number twice";
    if (slot->room - slot->size < size) {
        size_t room = slot->size ? 2 * (slot->size + size) : size; /* most messages come in one go */
        uint8_t *grown = realloc(slot->data, room);
        if (!grown)
            return "out of memory";
        slot->data = grown;
        slot->room = room;
    }
    if (size)
        memcpy(slot->data + slot->size, data, size);
    slot->size += size;
    slot->whole = last;
    stripe->held += size;
    return NULL;
}

size_t stripe_peek(const struct stripe *stripe, const uint8_t **data) {
    if (stripe->capacity == 0)
        return 0;
    const struct stripe_slot *slot = slot_at(stripe, 0);
    if (!slot->whole)
        return 0;
    *data = slot->data + stripe->offset;
    return slot->size - stripe->offset;
}

void stripe_take(struct stripe *stripe, size_t size) {
    struct stripe_slot *slot = slot_at(stripe, 0);
    stripe->offset += size;
    stripe->held -= size;
    if (stripe->offset < slot->size)
        return;
    free(slot->data);
    *slot = (struct stripe_slot){0};
    stripe->start = (stripe->start + 1) & (stripe->capacity - 1);
    stripe->next++;
    stripe->offset = 0;
}
