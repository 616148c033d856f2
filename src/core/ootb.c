/* SPDX-License-Identifier: MIT
 *
 * Packets out of the blue (RFC 9260 8.4): correctly formed, but of no association. INIT and COOKIE ECHO were dealt with before.
 */
#include "core/stack.h"

bool hw_packet_has(const struct hw_packet *packet, uint8_t type) {
    struct hw_cursor cursor =
        hw_cursor_over((struct hawser_span){packet->whole.data + HW_HEADER_SIZE, packet->whole.size - HW_HEADER_SIZE});
    struct hw_tlv chunk;
    while (hw_cursor_chunk(&cursor, &chunk) == HW_CURSOR_ITEM)
        if (chunk.type == type)
            return true;
    return false;
}

static bool has_stale_cookie(const struct hw_tlv *chunk) {
    struct hw_cursor cursor = hw_cursor_over(chunk->value);
    struct hw_tlv cause;
    while (hw_cursor_param(&cursor, &cause) == HW_CURSOR_ITEM)
        if (cause.type == HW_CAUSE_STALE_COOKIE)
            return true;
    return false;
}

bool hw_foreign_port(hawser *stack, const struct hw_packet *packet) {
    return stack->settings->value[HAWSER_SET_SHARED_ADDRESS] &&
           !hw_endpoint_for(stack, packet->header.destination_port, &packet->local);
}

void hw_ootb(hawser *stack, const struct hw_packet *packet) {
    bool silent = false, shutdown_ack = false;
    struct hw_cursor cursor =
        hw_cursor_over((struct hawser_span){packet->whole.data + HW_HEADER_SIZE, packet->whole.size - HW_HEADER_SIZE});
    struct hw_tlv chunk;
    while (hw_cursor_chunk(&cursor, &chunk) == HW_CURSOR_ITEM) {
        if (chunk.type == HW_SHUTDOWN_ACK)
            shutdown_ack = true;
        if (chunk.type == HW_SHUTDOWN_COMPLETE || chunk.type == HW_COOKIE_ACK ||
            (chunk.type == HW_ERROR && has_stale_cookie(&chunk)))
            silent = true;
    }
    hw_packet_drop(stack, packet, HAWSER_COUNT_OutOfBlues);
    if (hw_foreign_port(stack, packet))
        return;
    if (shutdown_ack)
        hw_answer_shutdown_complete(stack, packet); /* rule 5 */
    else if (!silent)
        hw_answer_abort(stack, packet, packet->header.tag, true, 0, (struct hawser_span){NULL, 0}); /* rule 8 */
}
