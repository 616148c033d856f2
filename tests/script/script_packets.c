/* SPDX-License-Identifier: MIT
 *
 * The peer's pen: chunks, parameters and causes as bytes, well-formed or not, as the script asks.
 */
#include "script.h"

struct hawser_span script_join(struct script *s, const struct hawser_span *parts) {
    size_t size = 0;
    for (const struct hawser_span *part = parts; part->data; part++)
        size += part->size;
    uint8_t *bytes = script_bytes(s, size), *at = bytes;
    for (const struct hawser_span *part = parts; part->data; at += part->size, part++)
        hw_copy(at, part->data, part->size);
    return (struct hawser_span){bytes, size};
}

struct hawser_span script_fill(struct script *s, size_t size, int fill) {
    uint8_t *bytes = script_bytes(s, size);
    memset(bytes, fill, size);
    return (struct hawser_span){bytes, size};
}

struct hawser_span script_u16(struct script *s, uint32_t value) {
    uint8_t *bytes = script_bytes(s, 2);
    hw_put16(bytes, (uint16_t)value);
    return (struct hawser_span){bytes, 2};
}

struct hawser_span script_u32(struct script *s, uint32_t value) {
    uint8_t *bytes = script_bytes(s, 4);
    hw_put32(bytes, value);
    return (struct hawser_span){bytes, 4};
}

/* Bytes are zero from the arena, so the padding is. */
struct hawser_span script_chunk(struct script *s, int type, int flags, struct hawser_span value) {
    size_t size = hw_pad4(HW_TLV_SIZE + value.size);
    uint8_t *bytes = script_bytes(s, size);
    bytes[0] = (uint8_t)type;
    bytes[1] = (uint8_t)flags;
    hw_put16(bytes + 2, (uint16_t)(HW_TLV_SIZE + value.size));
    hw_copy(bytes + HW_TLV_SIZE, value.data, value.size);
    return (struct hawser_span){bytes, size};
}

struct hawser_span script_param(struct script *s, int type, struct hawser_span value) {
    size_t size = hw_pad4(HW_TLV_SIZE + value.size);
    uint8_t *bytes = script_bytes(s, size);
    hw_put16(bytes, (uint16_t)type);
    hw_put16(bytes + 2, (uint16_t)(HW_TLV_SIZE + value.size));
    hw_copy(bytes + HW_TLV_SIZE, value.data, value.size);
    return (struct hawser_span){bytes, size};
}

struct hawser_span script_address_param(struct script *s, const struct hawser_address *address) {
    bool ipv4 = address->family == HAWSER_IPV4;
    return script_param(s, ipv4 ? HW_PARAM_IPV4 : HW_PARAM_IPV6, (struct hawser_span){address->ip, ipv4 ? 4 : 16});
}

struct hawser_span script_init(struct script *s, uint8_t type, const struct init_spec *spec) {
    struct hawser_span value = JOIN(U32(spec->tag), U32(spec->a_rwnd), U16(spec->os), U16(spec->mis), U32(spec->tsn));
    for (int64_t i = 0; i < spec->addresses; i++)
        value = JOIN(value, script_address_param(s, &s->peer[i]));
    if (spec->params.size)
        value = JOIN(value, spec->params);
    if (type == HW_INIT_ACK && !spec->no_cookie)
        value = JOIN(value, script_param(s, HW_PARAM_COOKIE, spec->cookie.size ? spec->cookie : TEXT("the peer's own cookie")));
    return script_chunk(s, type, (int)spec->flags, value);
}

struct hawser_span script_data(struct script *s, const struct data_spec *spec) {
    struct hawser_span body = spec->text ? (struct hawser_span){(const uint8_t *)spec->text, strlen(spec->text)}
                                         : FILL((size_t)spec->size, spec->fill);
    return script_chunk(s, HW_DATA, (int)spec->flags,
                        JOIN(U32(s->peer_tsn + (uint32_t)spec->tsn), U16(spec->stream), U16(spec->ssn), U32(spec->ppid), body));
}

struct hawser_span script_i_data(struct script *s, const struct i_data_spec *spec) {
    struct hawser_span body = spec->text ? (struct hawser_span){(const uint8_t *)spec->text, strlen(spec->text)}
                                         : FILL((size_t)spec->size, spec->fill);
    return script_chunk(s, HW_I_DATA, (int)spec->flags,
                        JOIN(U32(s->peer_tsn + (uint32_t)spec->tsn), U16(spec->stream), U16(spec->reserved), U32(spec->mid),
                             U32(spec->flags & B ? spec->ppid : spec->fsn), body));
}

struct hawser_span script_sack(struct script *s, const struct sack_spec *spec) {
    uint32_t gaps = 0;
    struct hawser_span blocks = NOTHING;
    for (; gaps < 64 && spec->gaps[gaps][0]; gaps++)
        blocks = JOIN(blocks, U16(spec->gaps[gaps][0]), U16(spec->gaps[gaps][1]));
    for (int64_t i = 0; i < spec->dup_count; i++)
        blocks = JOIN(blocks, U32(s->stack_tsn + (uint32_t)spec->dups[i]));
    return script_chunk(s, HW_SACK, 0,
                        JOIN(U32(s->stack_tsn + (uint32_t)spec->cum), U32(spec->a_rwnd),
                             U16(spec->gap_count == ANY ? (int64_t)gaps : spec->gap_count), U16(spec->dup_count), blocks));
}
