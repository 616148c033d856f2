/* SPDX-License-Identifier: MIT
 *
 * The cursor. All bounds are judged here: whoever holds a view may read every byte of it.
 */
#include "wire/packet.h"
#include "base/bytes.h"

bool hw_header_parse(struct hw_header *header, struct hawser_span packet) {
    if (packet.size < HW_HEADER_SIZE)
        return false;
    const uint8_t *p = packet.data;
    header->source_port = hw_get16(p);
    header->destination_port = hw_get16(p + 2);
    header->tag = hw_get32(p + 4);
    /* The checksum travels least significant byte first (RFC 9260 appendix A). */
    header->checksum = (uint32_t)p[11] << 24 | (uint32_t)p[10] << 16 | (uint32_t)p[9] << 8 | p[8];
    return true;
}

static enum hw_cursor_result next(struct hw_cursor *cursor, struct hw_tlv *item, bool chunk) {
    size_t left = (size_t)(cursor->end - cursor->at);
    if (left == 0)
        return HW_CURSOR_END;
    if (left < HW_TLV_SIZE)
        return HW_CURSOR_PARTIAL;
    const uint8_t *p = cursor->at;
    size_t length = hw_get16(p + 2);
    if (length < HW_TLV_SIZE || length > left)
        return HW_CURSOR_PARTIAL;
    item->type = chunk ? p[0] : hw_get16(p);
    item->flags = chunk ? p[1] : 0;
    item->whole = (struct hawser_span){p, length};
    item->value = (struct hawser_span){p + HW_TLV_SIZE, length - HW_TLV_SIZE};
    size_t padded = hw_pad4(length);
    cursor->at += padded < left ? padded : left;
    return HW_CURSOR_ITEM;
}

enum hw_cursor_result hw_cursor_chunk(struct hw_cursor *cursor, struct hw_tlv *chunk) { return next(cursor, chunk, true); }

enum hw_cursor_result hw_cursor_param(struct hw_cursor *cursor, struct hw_tlv *param) { return next(cursor, param, false); }
