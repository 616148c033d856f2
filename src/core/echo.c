/* SPDX-License-Identifier: MIT
 *
 * HEARTBEAT ACK and ERROR chunks that wait for a packet. They say again what the peer said, so the peer pays for them. What one
 * packet cannot hold is dropped and counted, or a packet of chunks that are shorter than their answers would call forth several
 * (RFC 5062 8.3, 10.3).
 */
#include "core/assoc.h"

static struct hw_echo *make(struct hw_assoc *assoc, uint8_t path, size_t chunk) {
    size_t size = hw_pad4(chunk), most = hw_path_packet_max(assoc->paths[path]) - HW_HEADER_SIZE;
    if (assoc->echo_bytes + size > (most < HW_ECHO_BYTES_MAX ? most : HW_ECHO_BYTES_MAX))
        return NULL;
    struct hw_echo *echo = hw_allocate(&assoc->account, sizeof *echo + size);
    if (!echo)
        return NULL;
    *echo = (struct hw_echo){.size = (uint16_t)size, .path = path};
    assoc->echo_bytes += (uint32_t)size;
    *assoc->echoes_end = echo;
    assoc->echoes_end = &echo->next;
    return echo;
}

void hw_echo_chunk(struct hw_assoc *assoc, uint8_t path, uint8_t type, struct hawser_span value) {
    struct hw_echo *echo = make(assoc, path, HW_TLV_SIZE + value.size);
    if (!echo) {
        HW_COUNT_OF(assoc, EchoesDropped);
        return;
    }
    struct hw_writer writer = hw_writer_over(echo + 1, echo->size);
    hw_write_chunk(&writer, type, 0, value);
}

void hw_echo_error(struct hw_assoc *assoc, uint8_t path, uint16_t code, struct hawser_span information) {
    if (assoc->paths[path]->state == HAWSER_PATH_UNCONFIRMED)
        path = hw_path_for_data(assoc)->index; /* 5.4, which goes before 6.4 */
    struct hw_echo *echo = make(assoc, path, 2 * HW_TLV_SIZE + information.size);
    if (!echo) {
        HW_COUNT_OF(assoc, EchoesDropped);
        return;
    }
    struct hw_writer writer = hw_writer_over(echo + 1, echo->size);
    uint8_t *chunk = hw_write_chunk_begin(&writer, HW_ERROR, 0);
    hw_write_param(&writer, code, information);
    hw_write_end(&writer, chunk);
}

static void forget(struct hw_assoc *assoc, struct hw_echo **place) {
    struct hw_echo *echo = *place;
    *place = echo->next;
    if (!*place)
        assoc->echoes_end = place;
    assoc->echo_bytes -= echo->size;
    hw_release(&assoc->account, echo, sizeof *echo + echo->size);
}

void hw_echoes_free(struct hw_assoc *assoc) {
    while (assoc->echoes)
        forget(assoc, &assoc->echoes);
}

void hw_echoes_write(struct hw_assoc *assoc, uint8_t path, struct hw_writer *writer) {
    for (struct hw_echo **place = &assoc->echoes; *place;) {
        struct hw_echo *echo = *place;
        bool alone = hw_writer_size(writer) == HW_HEADER_SIZE, fits = echo->size <= hw_writer_room(writer);
        if (echo->path == path && !fits && alone && !hw_auth_wanted(assoc, *(const uint8_t *)(echo + 1)) &&
            echo->size <= hw_writer_room(writer) + hw_auth_reserve(assoc)) {
            writer->end = writer->at + echo->size; /* no room is kept for AUTH, for nothing else comes into this packet */
            fits = true;
        }
        if (echo->path == path && !fits && alone) {
            HW_COUNT_OF(assoc, EchoesDropped); /* not even alone, and all would wait behind it */
            forget(assoc, place);
            continue;
        }
        if (echo->path != path || !fits) {
            place = &echo->next;
            continue;
        }
        hw_write_bytes(writer, echo + 1, echo->size);
        HW_COUNT_OF(assoc, OutCtrlChunks);
        forget(assoc, place);
    }
}
