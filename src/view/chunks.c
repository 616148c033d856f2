/* SPDX-License-Identifier: MIT
 *
 * A function for each chunk of RFC 9260 (3.3) and its extensions; unknown ones by number and first bytes.
 */
#include "view/chunks.h"
#include "view/params.h"
#include "base/bytes.h"
#include "wire/chunks.h"

#define HEX_MAX 16u

static void too_short(struct hw_line *line, const struct hw_tlv *chunk, size_t needed) {
    hw_line_print(line, ": too short (%zu of %zu bytes)", chunk->whole.size, needed);
}

/* Flags that the chunk does not have are shown, for a sender shall set none of them (3.2). */
static void odd_flags(struct hw_line *line, unsigned flags) {
    if (flags)
        hw_line_print(line, ", flags 0x%02x", flags);
}

static void data(struct hw_line *line, const struct hw_tlv *chunk) {
    struct hw_data d;
    bool interleaving = chunk->type == HW_I_DATA;
    if (!(interleaving ? hw_i_data_parse(&d, chunk) : hw_data_parse(&d, chunk))) {
        too_short(line, chunk, interleaving ? HW_I_DATA_HEADER : HW_DATA_HEADER);
        return;
    }
    char letters[5];
    size_t n = 0;
    if (d.flags & HW_FLAG_IMMEDIATE)
        letters[n++] = 'I';
    if (d.flags & HW_FLAG_UNORDERED)
        letters[n++] = 'U';
    if (d.flags & HW_FLAG_BEGIN)
        letters[n++] = 'B';
    if (d.flags & HW_FLAG_END)
        letters[n++] = 'E';
    letters[n] = 0;
    bool numbered = interleaving && !(d.flags & HW_FLAG_BEGIN);
    hw_line_print(line, " [%s%stsn %lu, stream %u, %s %lu, %s %lu, %zu bytes", letters, n ? ", " : "", (unsigned long)d.tsn,
                  (unsigned)d.stream, interleaving ? "mid" : "ssn", (unsigned long)d.ssn, numbered ? "fsn" : "ppid",
                  (unsigned long)d.ppid, d.payload.size);
    odd_flags(line, d.flags & 0xf0u);
    if (d.payload.size == 0)
        hw_line_print(line, ": no user data");
    hw_line_print(line, "]");
}

static void init(struct hw_line *line, const struct hw_tlv *chunk) {
    struct hw_init i;
    if (!hw_init_parse(&i, chunk)) {
        too_short(line, chunk, HW_INIT_FIXED);
        return;
    }
    hw_line_print(line, " [tag 0x%08lx, a_rwnd %lu, OS %u, MIS %u, tsn %lu", (unsigned long)i.tag, (unsigned long)i.a_rwnd,
                  (unsigned)i.streams_out, (unsigned)i.streams_in, (unsigned long)i.tsn);
    odd_flags(line, chunk->flags);
    hw_view_params(line, i.params, ", ");
    hw_line_print(line, "]");
}

static void sack(struct hw_line *line, const struct hw_tlv *chunk) {
    struct hw_sack s;
    if (chunk->whole.size < HW_SACK_FIXED) {
        too_short(line, chunk, HW_SACK_FIXED);
        return;
    }
    if (!hw_sack_parse(&s, chunk)) {
        too_short(line, chunk, HW_SACK_FIXED + 4u * ((size_t)s.gap_count + s.dup_count));
        return;
    }
    hw_line_print(line, " [cum %lu, a_rwnd %lu", (unsigned long)s.cum_tsn, (unsigned long)s.a_rwnd);
    for (unsigned i = 0; i < s.gap_count; i++) {
        struct hw_gap gap = hw_sack_gap(&s, i);
        hw_line_print(line, "%s+%u-%u", i ? " " : ", gaps ", (unsigned)gap.start, (unsigned)gap.end);
    }
    for (unsigned i = 0; i < s.dup_count; i++)
        hw_line_print(line, "%s%lu", i ? " " : ", dups ", (unsigned long)hw_sack_dup(&s, i));
    odd_flags(line, chunk->flags);
    hw_line_print(line, "]");
}

static void heartbeat(struct hw_line *line, const struct hw_tlv *chunk) {
    hw_line_print(line, " [");
    if (chunk->value.size == 0)
        hw_line_print(line, "no Heartbeat Info");
    hw_view_params(line, chunk->value, "");
    odd_flags(line, chunk->flags);
    hw_line_print(line, "]");
}

/* Opens the brackets with T and odd flags; returns what is to come before more. NULL: there is nothing to show. */
static const char *open_flags(struct hw_line *line, const struct hw_tlv *chunk, unsigned known_flags) {
    bool reflected = chunk->flags & known_flags & HW_FLAG_T;
    unsigned odd = chunk->flags & ~known_flags;
    if (!reflected && !odd && chunk->value.size == 0)
        return NULL;
    hw_line_print(line, " [%s", reflected ? "T" : "");
    if (odd)
        hw_line_print(line, "%sflags 0x%02x", reflected ? ", " : "", odd);
    return reflected || odd ? ", " : "";
}

/* ABORT and ERROR. */
static void causes(struct hw_line *line, const struct hw_tlv *chunk, unsigned known_flags) {
    const char *comma = open_flags(line, chunk, known_flags);
    if (!comma)
        return;
    hw_view_causes(line, chunk->value, comma);
    hw_line_print(line, "]");
}

static void shutdown(struct hw_line *line, const struct hw_tlv *chunk) {
    uint32_t cum_tsn;
    if (!hw_shutdown_parse(&cum_tsn, chunk)) {
        too_short(line, chunk, HW_TLV_SIZE + 4);
        return;
    }
    hw_line_print(line, " [cum %lu", (unsigned long)cum_tsn);
    odd_flags(line, chunk->flags);
    hw_line_print(line, "]");
}

/* SHUTDOWN ACK, COOKIE ACK, SHUTDOWN COMPLETE: nothing inside. */
static void bare(struct hw_line *line, const struct hw_tlv *chunk, unsigned known_flags) {
    const char *comma = open_flags(line, chunk, known_flags);
    if (!comma)
        return;
    if (chunk->value.size)
        hw_line_print(line, "%s%zu bytes too many", comma, chunk->value.size);
    hw_line_print(line, "]");
}

/* ECNE, CWR (RFC 4960 appendix A). */
static void marked(struct hw_line *line, const struct hw_tlv *chunk) {
    if (chunk->value.size < 4) {
        too_short(line, chunk, HW_TLV_SIZE + 4);
        return;
    }
    hw_line_print(line, " [tsn %lu", (unsigned long)hw_get32(chunk->value.data));
    odd_flags(line, chunk->flags);
    hw_line_print(line, "]");
}

/* RFC 4895 5.1. The code itself says nothing to a reader. */
static void auth(struct hw_line *line, const struct hw_tlv *chunk) {
    if (chunk->value.size < 4) {
        too_short(line, chunk, HW_TLV_SIZE + 4);
        return;
    }
    hw_line_print(line, " [key %u, ", (unsigned)hw_get16(chunk->value.data));
    hw_view_hmac(line, hw_get16(chunk->value.data + 2));
    hw_line_print(line, ", %zu bytes", chunk->value.size - 4);
    odd_flags(line, chunk->flags);
    hw_line_print(line, "]");
}

/* RFC 3758 3.2, RFC 8260 2.3.1: the new cumulative TSN, and what is skipped as stream:SSN or stream:MID. */
static void forward_tsn(struct hw_line *line, const struct hw_tlv *chunk) {
    struct hw_forward forward;
    if (!hw_forward_parse(&forward, chunk)) {
        too_short(line, chunk, HW_TLV_SIZE + 4);
        return;
    }
    hw_line_print(line, " [cum %lu", (unsigned long)forward.cum_tsn);
    for (unsigned i = 0; i < forward.count; i++) {
        struct hw_skip skip = hw_forward_skip(&forward, i);
        hw_line_print(line, "%s%u%s:%lu", i ? " " : ", skips ", (unsigned)skip.stream, skip.unordered ? "U" : "",
                      (unsigned long)skip.ssn);
    }
    odd_flags(line, chunk->flags);
    hw_line_print(line, "]");
}

/* ASCONF, ASCONF-ACK (RFC 5061 4.1). */
static void asconf(struct hw_line *line, const struct hw_tlv *chunk) {
    if (chunk->value.size < 4) {
        too_short(line, chunk, HW_TLV_SIZE + 4);
        return;
    }
    hw_line_print(line, " [serial %lu", (unsigned long)hw_get32(chunk->value.data));
    odd_flags(line, chunk->flags);
    hw_view_params(line, (struct hawser_span){chunk->value.data + 4, chunk->value.size - 4}, ", ");
    hw_line_print(line, "]");
}

/* COOKIE ECHO and PAD: name and length. */
static void opaque(struct hw_line *line, const struct hw_tlv *chunk) {
    hw_line_print(line, " [%zu bytes", chunk->value.size);
    odd_flags(line, chunk->flags);
    hw_line_print(line, "]");
}

static void unknown(struct hw_line *line, const struct hw_tlv *chunk) {
    hw_line_print(line, " [%zu bytes", chunk->value.size);
    odd_flags(line, chunk->flags);
    if (chunk->value.size)
        hw_line_print(line, ":");
    hw_line_hex(line, chunk->value, HEX_MAX);
    hw_line_print(line, "]");
}

/* RFC 6525 3.1 */
static void reconfig(struct hw_line *line, const struct hw_tlv *chunk) {
    hw_line_print(line, " [");
    if (chunk->value.size == 0)
        hw_line_print(line, "no parameter");
    hw_view_params(line, chunk->value, "");
    odd_flags(line, chunk->flags);
    hw_line_print(line, "]");
}

static void inside(struct hw_line *line, const struct hw_tlv *chunk) {
    switch (chunk->type) {
    case HW_DATA:
    case HW_I_DATA: data(line, chunk); break;
    case HW_INIT:
    case HW_INIT_ACK: init(line, chunk); break;
    case HW_SACK: sack(line, chunk); break;
    case HW_HEARTBEAT:
    case HW_HEARTBEAT_ACK: heartbeat(line, chunk); break;
    case HW_ABORT: causes(line, chunk, HW_FLAG_T); break;
    case HW_ERROR: causes(line, chunk, 0); break;
    case HW_SHUTDOWN: shutdown(line, chunk); break;
    case HW_SHUTDOWN_ACK:
    case HW_COOKIE_ACK: bare(line, chunk, 0); break;
    case HW_SHUTDOWN_COMPLETE: bare(line, chunk, HW_FLAG_T); break;
    case HW_AUTH: auth(line, chunk); break;
    case HW_ECNE:
    case HW_CWR: marked(line, chunk); break;
    case HW_FORWARD_TSN:
    case HW_I_FORWARD_TSN: forward_tsn(line, chunk); break;
    case HW_ASCONF:
    case HW_ASCONF_ACK: asconf(line, chunk); break;
    case HW_RE_CONFIG: reconfig(line, chunk); break;
    default:
        if (hw_chunk_name((uint8_t)chunk->type))
            opaque(line, chunk);
        else
            unknown(line, chunk);
        break;
    }
}

static void name(struct hw_line *line, uint8_t type) {
    const char *text = hw_chunk_name(type);
    if (text)
        hw_line_print(line, "%s", text);
    else
        hw_line_print(line, "chunk type %u", (unsigned)type);
}

/* Why the cursor gave up: what is left begins at `rest` and is no whole chunk. */
static void partial(struct hw_line *line, struct hawser_span rest) {
    if (rest.size < HW_TLV_SIZE) {
        hw_line_print(line, "%zu stray bytes:", rest.size);
        hw_line_hex(line, rest, HEX_MAX);
        return;
    }
    size_t length = hw_get16(rest.data + 2);
    name(line, rest.data[0]);
    if (length < HW_TLV_SIZE)
        hw_line_print(line, ": length %zu, below its own header's", length);
    else
        hw_line_print(line, ": truncated (%zu of %zu bytes)", rest.size, length);
}

void hw_view_chunks(struct hw_line *line, struct hawser_span chunks) {
    struct hw_cursor cursor = hw_cursor_over(chunks);
    struct hw_tlv chunk;
    enum hw_cursor_result result;
    if (chunks.size == 0)
        hw_line_print(line, " | no chunk");
    while ((result = hw_cursor_chunk(&cursor, &chunk)) == HW_CURSOR_ITEM) {
        hw_line_print(line, " | ");
        name(line, (uint8_t)chunk.type);
        inside(line, &chunk);
    }
    if (result == HW_CURSOR_PARTIAL) {
        hw_line_print(line, " | ");
        partial(line, (struct hawser_span){cursor.at, (size_t)(cursor.end - cursor.at)});
    }
}
