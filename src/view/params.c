/* SPDX-License-Identifier: MIT
 *
 * Parameters (3.3.2.1, 3.3.3.1, 3.3.5, some of extensions) and causes (3.3.10). Both may hold parameters again (Unrecognized
 * Parameter, Unresolvable Address): those are shown one level deep, so hostile nesting ends.
 */
#include "view/params.h"
#include "base/bytes.h"
#include "wire/chunks.h"
#include "wire/reconfig.h"

#define HEX_MAX 16u
#define QUOTE_MAX 64u
#define STREAMS_MAX 32u

enum depth { OUTER, INNER };

static void params(struct hw_line *line, struct hawser_span bytes, const char *before, enum depth depth);

static void size(struct hw_line *line, const char *name, size_t bytes) { hw_line_print(line, "%s %zu bytes", name, bytes); }

static void address(struct hw_line *line, const struct hw_tlv *param) {
    struct hawser_address a;
    hw_line_print(line, param->type == HW_PARAM_IPV4 ? "IPv4 " : "IPv6 ");
    if (hw_address_param_parse(&a, param))
        hw_line_address(line, &a);
    else
        hw_line_print(line, "of wrong length (%zu bytes)", param->value.size);
}

static void address_types(struct hw_line *line, struct hawser_span value) {
    hw_line_print(line, "Supported Address Types");
    for (size_t i = 0; i + 2 <= value.size; i += 2) {
        unsigned type = hw_get16(value.data + i);
        if (type == HW_PARAM_IPV4 || type == HW_PARAM_IPV6)
            hw_line_print(line, type == HW_PARAM_IPV4 ? " IPv4" : " IPv6");
        else
            hw_line_print(line, " 0x%04x", type);
    }
    if (value.size % 2)
        hw_line_print(line, " of odd length");
}

/* RFC 5061 4.2.7, RFC 4895 3.2: lists of chunk types. */
static void chunk_list(struct hw_line *line, const char *name, struct hawser_span value) {
    hw_line_print(line, "%s", name);
    for (size_t i = 0; i < value.size; i++) {
        const char *chunk = hw_chunk_name(value.data[i]);
        if (chunk)
            hw_line_print(line, "%s%s", i ? "/" : " ", chunk);
        else
            hw_line_print(line, "%s0x%02x", i ? "/" : " ", (unsigned)value.data[i]);
    }
}

void hw_view_hmac(struct hw_line *line, uint16_t hmac) {
    if (hmac == HAWSER_HMAC_SHA1 || hmac == HAWSER_HMAC_SHA256)
        hw_line_print(line, "%s", hmac == HAWSER_HMAC_SHA1 ? "SHA-1" : "SHA-256");
    else
        hw_line_print(line, "HMAC %u", (unsigned)hmac);
}

static void hmac_list(struct hw_line *line, const char *name, struct hawser_span value) {
    hw_line_print(line, "%s", name);
    for (size_t i = 0; i + 2 <= value.size; i += 2) {
        hw_line_print(line, "%s", i ? "/" : " ");
        hw_view_hmac(line, hw_get16(value.data + i));
    }
    if (value.size % 2)
        hw_line_print(line, " of odd length");
}

static void number(struct hw_line *line, const char *name, struct hawser_span value, const char *unit) {
    if (value.size == 4)
        hw_line_print(line, "%s %lu%s", name, (unsigned long)hw_get32(value.data), unit);
    else
        hw_line_print(line, "%s of wrong length (%zu bytes)", name, value.size);
}

static void unknown(struct hw_line *line, const char *what, const struct hw_tlv *item) {
    hw_line_print(line, "%s 0x%04x %zu bytes%s", what, (unsigned)item->type, item->value.size, item->value.size ? ":" : "");
    hw_line_hex(line, item->value, HEX_MAX);
}

/* RFC 5061 4.2: a correlation id and an address. */
static void address_request(struct hw_line *line, const char *name, struct hawser_span value) {
    struct hw_tlv inner;
    if (value.size < 4) {
        hw_line_print(line, "%s of wrong length (%zu bytes)", name, value.size);
        return;
    }
    hw_line_print(line, "%s #%lu ", name, (unsigned long)hw_get32(value.data));
    struct hw_cursor cursor = hw_cursor_over((struct hawser_span){value.data + 4, value.size - 4});
    if (hw_cursor_param(&cursor, &inner) == HW_CURSOR_ITEM && (inner.type == HW_PARAM_IPV4 || inner.type == HW_PARAM_IPV6))
        address(line, &inner);
    else
        hw_line_print(line, "without an address");
}

static void address_response(struct hw_line *line, const char *name, const struct hw_tlv *item, enum depth depth) {
    struct hawser_span value = item->value;
    if (value.size < 4) {
        hw_line_print(line, "%s of wrong length (%zu bytes)", name, value.size);
        return;
    }
    hw_line_print(line, "%s #%lu", name, (unsigned long)hw_get32(value.data));
    if (value.size == 4 || depth == INNER)
        return;
    hw_line_print(line, " {");
    hw_view_causes(line, (struct hawser_span){value.data + 4, value.size - 4}, "");
    hw_line_print(line, "}");
}

/* RFC 6525 4 */
static void reconfiguration(struct hw_line *line, const char *name, const struct hw_tlv *item) {
    struct hw_reconfig_param p;
    if (!hw_reconfig_parse(&p, item)) {
        hw_line_print(line, "%s of wrong length (%zu bytes)", name, item->value.size);
        return;
    }
    hw_line_print(line, "%s %lu", name, (unsigned long)p.number);
    if (p.type == HW_PARAM_RECONFIG_RESPONSE) {
        const char *result = hw_reconfig_result_name(p.result);
        if (result)
            hw_line_print(line, " %s", result);
        else
            hw_line_print(line, " result %lu", (unsigned long)p.result);
    }
    if (p.has_tsns)
        hw_line_print(line, " sender's next tsn %lu receiver's next tsn %lu", (unsigned long)p.sender_tsn,
                      (unsigned long)p.receiver_tsn);
    if (p.type == HW_PARAM_OUTGOING_RESET)
        hw_line_print(line, " for %lu last tsn %lu", (unsigned long)p.response_number, (unsigned long)p.last_tsn);
    if (p.type == HW_PARAM_ADD_OUTGOING || p.type == HW_PARAM_ADD_INCOMING)
        hw_line_print(line, " %u streams", (unsigned)p.added);
    if (p.type == HW_PARAM_OUTGOING_RESET || p.type == HW_PARAM_INCOMING_RESET)
        hw_line_print(line, "%s", p.stream_count ? " streams" : " all streams");
    for (uint32_t i = 0; i < p.stream_count && i < STREAMS_MAX; i++)
        hw_line_print(line, " %u", (unsigned)hw_reconfig_stream(&p, i));
    if (p.stream_count > STREAMS_MAX)
        hw_line_print(line, " and %lu more", (unsigned long)(p.stream_count - STREAMS_MAX));
}

static void param(struct hw_line *line, const struct hw_tlv *item, enum depth depth) {
    const char *name = hw_param_name(item->type);
    switch (item->type) {
    case HW_PARAM_IPV4:
    case HW_PARAM_IPV6: address(line, item); break;
    case HW_PARAM_ADDRESS_TYPES: address_types(line, item->value); break;
    case HW_PARAM_COOKIE_PRESERVATIVE: number(line, name, item->value, " ms"); break;
    case HW_PARAM_OUTGOING_RESET:
    case HW_PARAM_INCOMING_RESET:
    case HW_PARAM_ASSOCIATION_RESET:
    case HW_PARAM_RECONFIG_RESPONSE:
    case HW_PARAM_ADD_OUTGOING:
    case HW_PARAM_ADD_INCOMING: reconfiguration(line, name, item); break;
    case HW_PARAM_HOST_NAME:
        hw_line_print(line, "%s ", name);
        hw_line_quote(line, item->value, QUOTE_MAX);
        break;
    case HW_PARAM_UNRECOGNIZED:
        if (depth == INNER) {
            size(line, name, item->value.size);
            break;
        }
        hw_line_print(line, "%s {", name);
        params(line, item->value, "", INNER);
        hw_line_print(line, "}");
        break;
    case 0x8001: number(line, name, item->value, ""); break; /* RFC 9653 3: the error detection method */
    case HW_PARAM_HMACS: hmac_list(line, name, item->value); break;
    case HW_PARAM_CHUNKS:
    case HW_PARAM_EXTENSIONS: chunk_list(line, name, item->value); break;
    case HW_PARAM_ADAPTATION: number(line, name, item->value, ""); break;
    case HW_PARAM_ADD_ADDRESS:
    case HW_PARAM_DELETE_ADDRESS:
    case HW_PARAM_SET_PRIMARY: address_request(line, name, item->value); break;
    case HW_PARAM_ERROR_INDICATION:
    case HW_PARAM_SUCCESS_INDICATION: address_response(line, name, item, depth); break;
    default:
        if (!name)
            unknown(line, "parameter", item);
        else if (item->value.size)
            size(line, name, item->value.size);
        else
            hw_line_print(line, "%s", name);
        break;
    }
}

/* Why the cursor gave up. */
static void partial(struct hw_line *line, const char *what, const struct hw_cursor *cursor) {
    size_t left = (size_t)(cursor->end - cursor->at);
    if (left < HW_TLV_SIZE) {
        hw_line_print(line, "%zu stray bytes", left);
        return;
    }
    size_t length = hw_get16(cursor->at + 2);
    hw_line_print(line, "%s 0x%04x", what, (unsigned)hw_get16(cursor->at));
    if (length < HW_TLV_SIZE)
        hw_line_print(line, ": length %zu, below its own header's", length);
    else
        hw_line_print(line, ": truncated (%zu of %zu bytes)", left, length);
}

static void params(struct hw_line *line, struct hawser_span bytes, const char *before, enum depth depth) {
    struct hw_cursor cursor = hw_cursor_over(bytes);
    struct hw_tlv item;
    enum hw_cursor_result result;
    for (; (result = hw_cursor_param(&cursor, &item)) == HW_CURSOR_ITEM; before = ", ") {
        hw_line_print(line, "%s", before);
        param(line, &item, depth);
    }
    if (result == HW_CURSOR_PARTIAL) {
        hw_line_print(line, "%s", before);
        partial(line, "parameter", &cursor);
    }
}

void hw_view_params(struct hw_line *line, struct hawser_span bytes, const char *before) { params(line, bytes, before, OUTER); }

/* Missing Mandatory Parameter (3.3.10.2): a count, then as many types. */
static void missing(struct hw_line *line, const char *name, struct hawser_span value) {
    hw_line_print(line, "%s", name);
    size_t count = value.size < 4 ? 0 : hw_get32(value.data);
    if (value.size < 4 || count > (value.size - 4) / 2) {
        hw_line_print(line, " of wrong length (%zu bytes)", value.size);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        unsigned type = hw_get16(value.data + 4 + 2 * i);
        const char *missed = hw_param_name((uint16_t)type);
        if (missed)
            hw_line_print(line, "%s %s", i == 0 ? ":" : ",", missed);
        else
            hw_line_print(line, "%s 0x%04x", i == 0 ? ":" : ",", type);
    }
}

/* Unrecognized Chunk Type (3.3.10.6): the whole chunk. */
static void unrecognized_chunk(struct hw_line *line, const char *name, struct hawser_span value) {
    if (value.size == 0) {
        hw_line_print(line, "%s, which it does not hold", name);
        return;
    }
    const char *chunk = hw_chunk_name(value.data[0]);
    hw_line_print(line, "%s %u%s%s%s %zu bytes", name, (unsigned)value.data[0], chunk ? " (" : "", chunk ? chunk : "",
                  chunk ? ")" : "", value.size);
}

static void cause(struct hw_line *line, const struct hw_tlv *item) {
    const char *name = hw_cause_name(item->type);
    struct hawser_span value = item->value;
    switch (item->type) {
    case HW_CAUSE_INVALID_STREAM:
        if (value.size == 4)
            hw_line_print(line, "%s %u", name, (unsigned)hw_get16(value.data));
        else
            hw_line_print(line, "%s of wrong length (%zu bytes)", name, value.size);
        break;
    case HW_CAUSE_MISSING_PARAMETER: missing(line, name, value); break;
    case HW_CAUSE_STALE_COOKIE: number(line, name, value, " us"); break;
    case HW_CAUSE_UNRESOLVABLE_ADDRESS:
    case HW_CAUSE_UNRECOGNIZED_PARAMETERS:
    case HW_CAUSE_NEW_ADDRESSES:
    case HW_CAUSE_DELETE_LAST_ADDRESS: /* RFC 5061 4.3: the request that is refused */
    case HW_CAUSE_NO_RESOURCES:
    case HW_CAUSE_DELETE_SOURCE_ADDRESS:
    case HW_CAUSE_NO_AUTHORIZATION:
        if (value.size == 0) {
            hw_line_print(line, "%s", name);
            break;
        }
        hw_line_print(line, "%s {", name);
        params(line, value, "", INNER);
        hw_line_print(line, "}");
        break;
    case HW_CAUSE_UNRECOGNIZED_CHUNK: unrecognized_chunk(line, name, value); break;
    case HW_CAUSE_UNSUPPORTED_HMAC:
        hw_line_print(line, "%s", name);
        if (value.size == 2) {
            hw_line_print(line, " ");
            hw_view_hmac(line, hw_get16(value.data));
        }
        break;
    case HW_CAUSE_NO_USER_DATA: number(line, name, value, ""); break;
    case HW_CAUSE_USER_ABORT:
    case HW_CAUSE_PROTOCOL_VIOLATION:
        hw_line_print(line, "%s ", name);
        hw_line_quote(line, value, QUOTE_MAX);
        break;
    default:
        if (!name)
            unknown(line, "cause", item);
        else if (value.size)
            size(line, name, value.size);
        else
            hw_line_print(line, "%s", name);
        break;
    }
}

void hw_view_causes(struct hw_line *line, struct hawser_span bytes, const char *before) {
    struct hw_cursor cursor = hw_cursor_over(bytes);
    struct hw_tlv item;
    enum hw_cursor_result result;
    for (; (result = hw_cursor_param(&cursor, &item)) == HW_CURSOR_ITEM; before = ", ") {
        hw_line_print(line, "%s", before);
        cause(line, &item);
    }
    if (result == HW_CURSOR_PARTIAL) {
        hw_line_print(line, "%s", before);
        partial(line, "cause", &cursor);
    }
}
