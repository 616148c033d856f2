/* SPDX-License-Identifier: MIT
 *
 * Identities: a slot and its generation. An id is never given out twice, so whoever keeps an old one is told GONE. Also the ready
 * ring: which objects have something to tell.
 */
#include "core/assoc.h"

#define SLOT_NONE UINT32_MAX
#define SLOTS_FIRST 16u

static bool more_slots(hawser *stack) {
    uint32_t count = stack->slot_count ? stack->slot_count * 2 : SLOTS_FIRST;
    struct hw_slot *slots = hw_allocate(&stack->account, count * sizeof *slots);
    if (!slots)
        return false;
    hw_copy(slots, stack->slots, stack->slot_count * sizeof *slots);
    for (uint32_t i = stack->slot_count; i < count; i++)
        slots[i] = (struct hw_slot){1, i + 1 < count ? i + 1 : SLOT_NONE, NULL};
    hw_release(&stack->account, stack->slots, stack->slot_count * sizeof *slots);
    stack->slot_free = stack->slot_count;
    stack->slots = slots;
    stack->slot_count = count;
    return true;
}

bool hw_object_add(hawser *stack, struct hw_object *object, enum hw_kind kind, void *user) {
    if (stack->object_count >= stack->objects_max)
        return false;
    if (stack->slot_count == 0 || stack->slot_free == SLOT_NONE)
        if (!more_slots(stack))
            return false;
    uint32_t index = stack->slot_free;
    struct hw_slot *slot = &stack->slots[index];
    stack->slot_free = slot->next_free;
    slot->object = object;
    *object = (struct hw_object){.id = (uint64_t)slot->generation << 32 | (index + 1), .user = user, .kind = (uint8_t)kind};
    hw_list_init(&object->ready_link);
    stack->object_count++;
    return true;
}

void hw_object_remove(hawser *stack, struct hw_object *object) {
    uint32_t index = (uint32_t)object->id - 1;
    struct hw_slot *slot = &stack->slots[index];
    slot->object = NULL;
    slot->generation++;
    slot->next_free = stack->slot_free;
    stack->slot_free = index;
    hw_list_remove(&object->ready_link);
    stack->object_count--;
    object->id = 0;
}

struct hw_object *hw_object_find(const hawser *stack, hawser_id id) {
    uint32_t index = (uint32_t)id - 1; /* 0 wraps to a slot that never exists */
    if (index >= stack->slot_count)
        return NULL;
    const struct hw_slot *slot = &stack->slots[index];
    return slot->object && slot->generation == (uint32_t)(id >> 32) ? slot->object : NULL;
}

struct hw_assoc *hw_assoc_find(const hawser *stack, hawser_id id) {
    struct hw_object *object = hw_object_find(stack, id);
    return object && object->kind == HW_KIND_ASSOC ? hw_assoc_of(object) : NULL;
}

struct hw_endpoint *hw_endpoint_find(const hawser *stack, hawser_id id) {
    struct hw_object *object = hw_object_find(stack, id);
    return object && object->kind == HW_KIND_ENDPOINT ? HW_OWNER(object, struct hw_endpoint, object) : NULL;
}

void hw_object_ready(hawser *stack, struct hw_object *object, uint8_t flags) {
    if (object->id == 0)
        return;
    object->ready |= flags;
    if (!hw_list_linked(&object->ready_link))
        hw_list_append(&stack->ready, &object->ready_link);
}

int hawser_next(hawser *stack, struct hawser_ready *ready) {
    if (hw_list_empty(&stack->ready))
        return 0;
    struct hw_object *object = HW_OWNER(stack->ready.next, struct hw_object, ready_link);
    hw_list_remove(&object->ready_link);
    *ready = (struct hawser_ready){object->id, object->user, object->ready};
    if (object->kind == HW_KIND_ASSOC && hw_assoc_over(hw_assoc_of(object)))
        ready->flags |= HAWSER_ENDED_FLAG;
    object->ready = 0;
    return 1;
}

int hawser_set_user(hawser *stack, hawser_id id, void *user) {
    struct hw_object *object = hw_object_find(stack, id);
    if (!object)
        return HAWSER_ERR_GONE;
    object->user = user;
    return 0;
}
