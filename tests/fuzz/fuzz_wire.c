/* SPDX-License-Identifier: MIT
 *
 * Any bytes through the cursors and typed parsers of wire: what was parsed must lie inside the input, and written again be the
 * same. And the writer, into buffers that are too small: what it wrote whole must be read as it was said.
 */
#include "fuzz.h"

#include <stdlib.h>

static const uint8_t *low, *high; /* the bytes that views may point into */

static void inside(struct hawser_span span) {
    FUZZ_MUST(span.size == 0 || (span.data >= low && span.data + span.size <= high));
}

static void walk_params(struct hawser_span bytes, unsigned depth) {
    struct hw_cursor cursor = hw_cursor_over(bytes);
    struct hw_tlv param;
    enum hw_cursor_result result;
    size_t walked = 0;
    while ((result = hw_cursor_param(&cursor, &param)) == HW_CURSOR_ITEM) {
        inside(param.whole);
        inside(param.value);
        FUZZ_MUST(param.whole.size == param.value.size + HW_TLV_SIZE);
        FUZZ_MUST(param.whole.data == bytes.data + walked);
        walked += hw_pad4(param.whole.size);
        struct hawser_address address;
        if (hw_address_param_parse(&address, &param)) {
            uint8_t buffer[20];
            struct hw_writer writer = hw_writer_over(buffer, sizeof buffer);
            hw_write_address(&writer, &address);
            FUZZ_MUST(!writer.full && hw_writer_size(&writer) == hw_address_param_size(&address));
            FUZZ_MUST(param.type == HW_PARAM_IPV4 || param.type == HW_PARAM_IPV6);
        }
        (void)hw_param_name(param.type);
        (void)hw_cause_name(param.type);
        if (depth)
            walk_params(param.value, depth - 1);
    }
    if (result == HW_CURSOR_END)
        FUZZ_MUST(cursor.at == cursor.end);
    struct hw_tlv again = param;
    FUZZ_MUST(hw_cursor_param(&cursor, &again) == result); /* it stays where it is */
}

static void parse_typed(const struct hw_tlv *chunk) {
    struct hw_data data;
    struct hw_init init;
    struct hw_sack sack;
    uint32_t cum_tsn;
    if (hw_data_parse(&data, chunk))
        inside(data.payload);
    if (hw_init_parse(&init, chunk)) {
        inside(init.params);
        walk_params(init.params, 1);
    }
    if (hw_sack_parse(&sack, chunk)) {
        unsigned sum = 0;
        for (unsigned i = 0; i < sack.gap_count; i++)
            sum += hw_sack_gap(&sack, i).start;
        for (unsigned i = 0; i < sack.dup_count; i++)
            sum += hw_sack_dup(&sack, i);
        FUZZ_MUST(sack.gap_count == 0 || sack.gaps + 4u * sack.gap_count <= high);
        FUZZ_MUST(sack.dup_count == 0 || sack.dups + 4u * sack.dup_count <= high);
        (void)sum;
    }
    (void)hw_shutdown_parse(&cum_tsn, chunk);
    (void)hw_chunk_name((uint8_t)chunk->type);
    walk_params(chunk->value, 1);
}

static void walk_packet(struct hawser_span packet) {
    static uint8_t buffer[65536 + 16];
    struct hw_writer writer = hw_writer_over(buffer, sizeof buffer);
    struct hw_header header;
    if (!hw_header_parse(&header, packet)) {
        FUZZ_MUST(packet.size < HW_HEADER_SIZE);
        return;
    }
    struct hawser_span chunks = {packet.data + HW_HEADER_SIZE, packet.size - HW_HEADER_SIZE};
    struct hw_cursor cursor = hw_cursor_over(chunks);
    struct hw_tlv chunk;
    while (hw_cursor_chunk(&cursor, &chunk) == HW_CURSOR_ITEM) {
        inside(chunk.whole);
        FUZZ_MUST(chunk.whole.size == chunk.value.size + HW_TLV_SIZE);
        size_t begin = hw_writer_size(&writer);
        hw_write_chunk(&writer, (uint8_t)chunk.type, chunk.flags, chunk.value);
        FUZZ_MUST(!writer.full && hw_equal(buffer + begin, chunk.whole.data, chunk.whole.size));
        FUZZ_MUST(hw_writer_size(&writer) == begin + hw_pad4(chunk.whole.size));
        parse_typed(&chunk);
    }
}

/* ---- the writer ------------------------------------------------------------------------------------------------- */

/* Chunks and parameters into a buffer of any size: nothing is written beyond it, and what was written whole reads as it was
 * said. */
static void write_some(struct fuzz_input *input) {
    size_t capacity = fuzz_8(input);
    uint8_t *buffer = malloc(capacity ? capacity : 1); /* of its own, so that the sanitizer knows where it ends */
    FUZZ_MUST(buffer != NULL);
    struct hw_writer writer = hw_writer_over(buffer, capacity);
    uint8_t *outer = NULL;
    unsigned chunks = 0;
    hw_write_header(&writer, 1, 2, 3);
    while (fuzz_more(input) && !writer.full) {
        uint8_t choice = fuzz_8(input);
        struct hawser_span value = fuzz_span(input, choice >> 3);
        struct hawser_address address = fuzz_address_in((enum fuzz_world)(choice >> 4 & 1), 1, choice, 0);
        uint8_t *before = writer.at;
        if (!outer && choice & 4) {
            hw_write_chunk(&writer, choice, choice, value);
            chunks += !writer.full;
        } else if (!outer)
            outer = hw_write_chunk_begin(&writer, choice, 0);
        else if ((choice & 7) == 0) {
            hw_write_end(&writer, outer);
            chunks += !writer.full;
            outer = NULL;
        } else if ((choice & 7) < 4)
            hw_write_param(&writer, (uint16_t)(choice << 8), value);
        else if (hw_write_address(&writer, &address), !writer.full)
            FUZZ_MUST((size_t)(writer.at - before) == hw_address_param_size(&address));
        FUZZ_MUST(writer.at >= before && writer.at <= buffer + capacity);
    }
    if (!writer.full && !outer) {
        low = buffer;
        high = writer.at;
        struct hw_cursor cursor =
            hw_cursor_over((struct hawser_span){buffer + HW_HEADER_SIZE, hw_writer_size(&writer) - HW_HEADER_SIZE});
        struct hw_tlv chunk;
        for (; chunks; chunks--) {
            FUZZ_MUST(hw_cursor_chunk(&cursor, &chunk) == HW_CURSOR_ITEM);
            inside(chunk.whole);
        }
        FUZZ_MUST(hw_cursor_chunk(&cursor, &chunk) == HW_CURSOR_END);
    }
    free(buffer);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct fuzz_input input = {data, data + size};
    if (size > 65536)
        return 0;
    low = data;
    high = data + size;
    if (fuzz_8(&input) & 1)
        write_some(&input);
    else
        walk_packet(fuzz_span(&input, SIZE_MAX));
    return 0;
}
