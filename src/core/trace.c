/* SPDX-License-Identifier: MIT
 *
 * What the stack tells of itself: typed records, no text. Without a callback each call is one test of a pointer.
 */
#include "core/assoc.h"

void hawser_trace(hawser *stack, hawser_trace_function *function, void *user) {
    stack->trace = function;
    stack->trace_user = user;
}

void hw_tell_packet(hawser *stack, uint32_t type, hawser_id association, struct hawser_span packet,
                    const struct hawser_address *remote, const struct hawser_address *local, int counter) {
    struct hawser_trace_record record = {.type = type, .now = stack->now, .association = association};
    record.packet.data = packet.data;
    record.packet.length = packet.size;
    record.packet.remote = *remote;
    record.packet.local = *local;
    record.packet.counter = counter;
    stack->trace(stack->trace_user, &record);
}

void hw_packet_drop(hawser *stack, const struct hw_packet *packet, enum hawser_counter counter) {
    stack->counters[counter]++;
    hw_trace_packet(stack, HAWSER_TRACE_PACKET_DROPPED, 0, packet->whole, &packet->remote, &packet->local, counter);
}

static const char *const counter_names[HAWSER_COUNTER_COUNT] = {
#define NAME(name, text) #name,
    HAWSER_COUNTERS(NAME)
#undef NAME
};

const char *hawser_counter_name(int counter) {
    return counter >= 0 && counter < HAWSER_COUNTER_COUNT ? counter_names[counter] : NULL;
}

uint64_t hawser_counter(hawser *stack, hawser_id id, int counter) {
    if (counter < 0 || counter >= HAWSER_COUNTER_COUNT)
        return 0;
    if (id == 0)
        return stack->counters[counter];
    struct hw_assoc *assoc = hw_assoc_find(stack, id);
    return assoc ? assoc->counters[counter] : 0;
}
