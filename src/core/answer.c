/* SPDX-License-Identifier: MIT
 *
 * Answers to packets that have no association: INIT ACK, ABORT, SHUTDOWN COMPLETE, Stale Cookie. They lie in a ring of fixed size
 * that output drains first; a flood fills it and the rest is dropped, so a stranger costs neither memory nor state (RFC 9260
 * 5.1 B).
 */
#include "core/stack.h"

bool hw_answer_begin(hawser *stack, const struct hw_packet *packet, uint32_t tag, struct hw_writer *writer) {
    struct hw_answers *answers = stack->answers;
    if (hw_packet_has(packet, HW_ABORT))
        return false; /* 9.1; 8.4 rule 2, which goes before all others */
    if (answers->count == HW_ANSWERS) {
        HW_COUNT(stack, AnswersDropped);
        return false;
    }
    struct hw_answer *answer = &answers->slot[(answers->first + answers->count) % HW_ANSWERS];
    answer->remote = packet->remote;
    answer->local = packet->local;
    *writer = hw_writer_over(answer->data, sizeof answer->data);
    hw_write_header(writer, packet->header.destination_port, packet->header.source_port, tag);
    return true;
}

void hw_answer_end(hawser *stack, struct hw_writer *writer) {
    struct hw_answers *answers = stack->answers;
    struct hw_answer *answer = &answers->slot[(answers->first + answers->count) % HW_ANSWERS];
    if (writer->full) {
        HW_COUNT(stack, AnswersDropped);
        return;
    }
    answer->size = (uint16_t)hw_writer_size(writer);
    hw_put_checksum(answer->data, stack->crc32c(0, answer->data, answer->size));
    answers->count++;
    HW_COUNT(stack, OutCtrlChunks);
}

void hw_answer_abort(hawser *stack, const struct hw_packet *packet, uint32_t tag, bool reflected, uint16_t code,
                     struct hawser_span information) {
    struct hw_writer writer;
    if (!hw_answer_begin(stack, packet, tag, &writer))
        return;
    uint8_t *chunk = hw_write_chunk_begin(&writer, HW_ABORT, reflected ? HW_FLAG_T : 0);
    size_t most = hw_writer_room(&writer) - HW_TLV_SIZE - 4;
    if (information.size > most)
        information.size = most & ~(size_t)3;
    if (code)
        hw_write_param(&writer, code, information);
    hw_write_end(&writer, chunk);
    hw_answer_end(stack, &writer);
}

void hw_answer_shutdown_complete(hawser *stack, const struct hw_packet *packet) {
    struct hw_writer writer;
    if (!hw_answer_begin(stack, packet, packet->header.tag, &writer))
        return;
    hw_write_chunk(&writer, HW_SHUTDOWN_COMPLETE, HW_FLAG_T, (struct hawser_span){NULL, 0});
    hw_answer_end(stack, &writer);
}

size_t hw_answer_next(hawser *stack, struct hawser_departure *departure) {
    struct hw_answers *answers = stack->answers;
    while (answers->count) {
        const struct hw_answer *answer = &answers->slot[answers->first];
        answers->first = (answers->first + 1) % HW_ANSWERS;
        answers->count--;
        if (answer->size > departure->capacity) {
            HW_COUNT(stack, AnswersDropped);
            continue;
        }
        memcpy(departure->buffer, answer->data, answer->size);
        departure->length = departure->segment_size = answer->size;
        departure->flags = HAWSER_DEPARTURE_DF;
        departure->remote = answer->remote;
        departure->local = answer->local;
        return answer->size;
    }
    return 0;
}
