/* SPDX-License-Identifier: MIT
 *
 * The judge: what must hold for every packet that an endpoint sends, whatever the conversation. And the text of a packet.
 */
#include "script.h"
#include "base/crc32c.h"

JUDGED(judge_bundling, "3, 6.10", "INIT, INIT ACK and SHUTDOWN COMPLETE are never bundled with any other chunk")
JUDGED(judge_ports, "3.1", "source and destination port are never 0")
JUDGED(judge_init_tag, "3.1, 8.5.1 A", "a packet with INIT has tag 0, any other has not")
JUDGED(judge_padding, "3.2", "chunks and parameters are padded with at most 3 zero bytes; the packet is a multiple of 4")
JUDGED(judge_flags, "3.2, 3.3", "reserved chunk flags are sent as 0")
JUDGED(judge_empty, "3.3.1, 6.2", "no DATA chunk without user data")
JUDGED(judge_init_values, "3.3.2, 3.3.3", "own INIT and INIT ACK: tag, OS and MIS not 0, a_rwnd at least 1500")
JUDGED(judge_host_name, "3.3.2.1.4", "no Host Name Address parameter is sent")
JUDGED(judge_mapped, "3.3.2.1.2", "no IPv4-mapped IPv6 address is sent in a parameter")
JUDGED(judge_cookie, "3.3.3", "an INIT ACK has exactly one State Cookie")
JUDGED(judge_gaps, "3.3.4", "Gap Ack Blocks are isolated, rising and above the cumulative TSN")
JUDGED(judge_heartbeat, "3.3.5, 5.4", "a HEARTBEAT has one Heartbeat Info with at least 64 bits in it")
JUDGED(judge_abort, "3.3.7, 9.1", "no DATA with ABORT, and nothing after it")
JUDGED(judge_causes, "3.3.10", "causes in ERROR and ABORT are well-formed; ERROR has one at least")
JUDGED(judge_cookie_first, "3.2.2, 5.1 C, 5.1 D", "COOKIE ECHO and COOKIE ACK come first in their packet")
JUDGED(judge_order, "6, 6.10", "control chunks come before DATA; DATA in rising order of TSN")
JUDGED(judge_sack, "6.2", "at most one SACK in a packet")
JUDGED(judge_crc, "6.8", "every packet has a right CRC32c")
JUDGED(judge_size, "6.10", "no packet exceeds the PMTU unless it may be fragmented on purpose (6.9)")
JUDGED(judge_shutdown, "6.10", "no DATA with SHUTDOWN or SHUTDOWN ACK")
JUDGED(judge_forward, "RFC 3758 3.2, 3.5 C4", "a FORWARD TSN lists each stream once")
JUDGED(judge_unicast, "8.4 1", "nothing is sent to a non-unicast address")

static const char *judge_params(struct hawser_span params, bool ack) {
    struct hw_cursor cursor = hw_cursor_over(params);
    struct hw_tlv param;
    enum hw_cursor_result result;
    unsigned cookies = 0;
    while ((result = hw_cursor_param(&cursor, &param)) == HW_CURSOR_ITEM) {
        cookies += param.type == HW_PARAM_COOKIE;
        if (param.type == HW_PARAM_HOST_NAME)
            return "a Host Name parameter was sent";
        static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
        if (param.type == HW_PARAM_IPV6 && param.value.size == 16 && memcmp(param.value.data, mapped, 12) == 0)
            return "an IPv4-mapped address was sent";
    }
    if (result == HW_CURSOR_PARTIAL)
        return "malformed parameters in INIT or INIT ACK";
    return cookies != (ack ? 1u : 0u) ? "a wrong number of State Cookies" : NULL;
}

static const char *judge_sack_chunk(const struct hw_tlv *chunk) {
    struct hw_sack sack;
    if (!hw_sack_parse(&sack, chunk))
        return "a malformed SACK";
    if (chunk->whole.size != HW_SACK_FIXED + 4u * ((size_t)sack.gap_count + sack.dup_count))
        return "a SACK whose length does not fit its counts";
    unsigned before = 0;
    for (unsigned i = 0; i < sack.gap_count; i++) {
        struct hw_gap gap = hw_sack_gap(&sack, i);
        if (gap.start < before + 2 || gap.end < gap.start)
            return "Gap Ack Blocks that are not isolated or not rising";
        before = gap.end;
    }
    return NULL;
}

static const char *judge_causes_of(struct hawser_span value, bool needs_one) {
    struct hw_cursor cursor = hw_cursor_over(value);
    struct hw_tlv cause;
    enum hw_cursor_result result;
    unsigned count = 0;
    while ((result = hw_cursor_param(&cursor, &cause)) == HW_CURSOR_ITEM)
        count++;
    if (result == HW_CURSOR_PARTIAL)
        return "malformed causes";
    return needs_one && count == 0 ? "an ERROR without a cause" : NULL;
}

static const char *judge_forward_chunk(const struct hw_tlv *chunk) {
    struct hw_forward forward;
    if (!hw_forward_parse(&forward, chunk) || chunk->whole.size != 8 + (forward.interleaving ? 8 : 4) * (size_t)forward.count)
        return "a malformed FORWARD TSN";
    for (unsigned i = 0; i < forward.count; i++)
        for (unsigned k = 0; k < i; k++)
            if (hw_forward_skip(&forward, i).stream == hw_forward_skip(&forward, k).stream &&
                hw_forward_skip(&forward, i).unordered == hw_forward_skip(&forward, k).unordered)
                return "a FORWARD TSN that lists a stream twice";
    return NULL;
}

static const char *judge_chunk(const struct hw_tlv *chunk) {
    struct hw_init init;
    struct hw_tlv param;
    struct hw_cursor cursor = hw_cursor_over(chunk->value);
    bool has_t = chunk->type == HW_ABORT || chunk->type == HW_SHUTDOWN_COMPLETE;
    unsigned allowed = chunk->type == HW_DATA || chunk->type == HW_I_DATA ? 0x0f : has_t ? HW_FLAG_T : 0;
    if (chunk->flags & ~allowed)
        return "a reserved chunk flag is set";
    switch (chunk->type) {
    case HW_INIT:
    case HW_INIT_ACK:
        if (!hw_init_parse(&init, chunk))
            return "a short INIT or INIT ACK";
        if (init.tag == 0 || init.streams_out == 0 || init.streams_in == 0 || init.a_rwnd < 1500)
            return "INIT or INIT ACK with forbidden values";
        return judge_params(init.params, chunk->type == HW_INIT_ACK);
    case HW_SACK: return judge_sack_chunk(chunk);
    case HW_FORWARD_TSN:
    case HW_I_FORWARD_TSN: return judge_forward_chunk(chunk);
    case HW_DATA: return chunk->whole.size <= HW_DATA_HEADER ? "DATA without user data" : NULL;
    case HW_I_DATA:
        if (chunk->whole.size <= HW_I_DATA_HEADER)
            return "I-DATA without user data";
        return hw_get16(chunk->whole.data + 10) ? "I-DATA with reserved bytes" : NULL;
    case HW_HEARTBEAT:
        if (hw_cursor_param(&cursor, &param) != HW_CURSOR_ITEM || param.type != HW_PARAM_HEARTBEAT_INFO || param.value.size < 8)
            return "HEARTBEAT without a nonce";
        return NULL;
    case HW_ABORT: return judge_causes_of(chunk->value, false);
    case HW_ERROR: return judge_causes_of(chunk->value, true);
    default: return NULL;
    }
}

static const char *judge_envelope(const struct script *s, const struct packet *packet) {
    const uint8_t *p = packet->bytes;
    if (packet->size < HW_HEADER_SIZE + HW_TLV_SIZE || packet->size % 4)
        return "a packet without chunks or of odd size";
    if (hw_get16(p) == 0 || hw_get16(p + 2) == 0)
        return "port 0";
    struct hw_header header;
    (void)hw_header_parse(&header, (struct hawser_span){p, packet->size});
    uint8_t *copy = script_bytes((struct script *)(uintptr_t)s, packet->size);
    memcpy(copy, p, packet->size);
    memset(copy + 8, 0, 4);
    bool may_be_zero = header.checksum == 0 && (s->plan.carrier & HAWSER_CARRIER_INTEGRITY); /* rfc9653.c says when */
    if (!may_be_zero && hw_crc32c_table(copy, packet->size) != header.checksum)
        return "a wrong CRC32c";
    if ((header.tag == 0) != (p[HW_HEADER_SIZE] == HW_INIT))
        return "tag 0 without INIT, or INIT with a tag";
    size_t room = s->mtu - (packet->remote.family == HAWSER_IPV6 ? 40u : 20u) - (packet->remote.udp_port ? 8u : 0u);
    if (packet->size > room && !(packet->flags & (HAWSER_DEPARTURE_MAY_FRAGMENT | HAWSER_DEPARTURE_PROBE)))
        return "a packet larger than the PMTU";
    if (packet->flags & HAWSER_DEPARTURE_MAY_FRAGMENT && packet->flags & HAWSER_DEPARTURE_DF)
        return "DF on a packet that must be fragmented";
    uint8_t lead = packet->remote.ip[0];
    if (packet->remote.family == HAWSER_IPV4 ? lead >= 224 || lead == 0 : lead == 0xff)
        return "a packet to a non-unicast address";
    return NULL;
}

const char *script_judge(const struct script *s, const struct packet *packet) {
    const char *verdict = judge_envelope(s, packet);
    struct hw_cursor cursor = {packet->bytes + HW_HEADER_SIZE, packet->bytes + packet->size};
    struct hw_tlv chunk;
    enum hw_cursor_result result = HW_CURSOR_END;
    unsigned index = 0, sacks = 0, auths = 0;
    bool data = false, abort_seen = false, closing = false, alone = false;
    uint32_t tsn = 0;
    for (; !verdict && (result = hw_cursor_chunk(&cursor, &chunk)) == HW_CURSOR_ITEM; index++) {
        for (const uint8_t *pad = chunk.whole.data + chunk.whole.size; pad < cursor.at; pad++)
            if (*pad)
                return "padding that is not zero";
        if (abort_seen)
            return "something follows ABORT";
        if (index > auths && (chunk.type == HW_COOKIE_ECHO || chunk.type == HW_COOKIE_ACK))
            return "COOKIE ECHO or COOKIE ACK is not first";
        if (chunk.type == HW_DATA || chunk.type == HW_I_DATA) {
            if (data && (int32_t)(hw_get32(chunk.value.data) - tsn) <= 0)
                return "DATA not in rising order of TSN";
            tsn = chunk.value.size >= 4 ? hw_get32(chunk.value.data) : 0;
            data = true;
        } else if (data) {
            return chunk.type == HW_ABORT ? "DATA bundled with ABORT" : "a control chunk after DATA";
        }
        sacks += chunk.type == HW_SACK;
        auths += chunk.type == HW_AUTH;
        abort_seen = chunk.type == HW_ABORT;
        closing = closing || chunk.type == HW_SHUTDOWN || chunk.type == HW_SHUTDOWN_ACK;
        alone = alone || chunk.type == HW_INIT || chunk.type == HW_INIT_ACK || chunk.type == HW_SHUTDOWN_COMPLETE;
        verdict = judge_chunk(&chunk);
    }
    if (verdict)
        return verdict;
    if (result == HW_CURSOR_PARTIAL)
        return "a partial chunk";
    if (alone && index > 1)
        return "INIT, INIT ACK or SHUTDOWN COMPLETE bundled";
    if (sacks > 1)
        return "more than one SACK";
    if (auths > 1)
        return "more than one AUTH";
    return closing && data ? "DATA with SHUTDOWN or SHUTDOWN ACK" : NULL;
}

/* ---- text ------------------------------------------------------------------------------------------------------- */

struct line {
    char *at;
    size_t room;
};

static void say(struct line *line, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void say(struct line *line, const char *format, ...) {
    if (line->room < 2)
        return;
    va_list arguments;
    va_start(arguments, format);
    int size = vsnprintf(line->at, line->room, format, arguments);
    va_end(arguments);
    size_t used = size < 0 ? 0 : (size_t)size < line->room ? (size_t)size : line->room - 1;
    line->at += used;
    line->room -= used;
}

static void say_chunk(struct line *line, const struct hw_tlv *chunk, uint32_t own_tsn, uint32_t other_tsn) {
    const char *name = hw_chunk_name((uint8_t)chunk->type);
    if (name)
        say(line, " %s", name);
    else
        say(line, " chunk-%u", chunk->type);
    struct hw_data data;
    struct hw_init init;
    struct hw_sack sack;
    struct hw_forward forward;
    uint32_t cum;
    if (chunk->type == HW_DATA && hw_data_parse(&data, chunk)) {
        say(line, "[tsn=%d stream=%u ssn=%u %s%s%s%s size=%zu]", (int)(data.tsn - own_tsn), data.stream, data.ssn,
            data.flags & IMMEDIATE ? "I" : "", data.flags & U ? "U" : "", data.flags & B ? "B" : "", data.flags & E ? "E" : "",
            data.payload.size);
    } else if (chunk->type == HW_I_DATA && hw_i_data_parse(&data, chunk)) {
        say(line, "[tsn=%d stream=%u mid=%u %s%s%s%s %s=%u size=%zu]", (int)(data.tsn - own_tsn), data.stream, data.ssn,
            data.flags & IMMEDIATE ? "I" : "", data.flags & U ? "U" : "", data.flags & B ? "B" : "", data.flags & E ? "E" : "",
            data.flags & B ? "ppid" : "fsn", data.ppid, data.payload.size);
    } else if ((chunk->type == HW_INIT || chunk->type == HW_INIT_ACK) && hw_init_parse(&init, chunk)) {
        say(line, "[tag=%x a_rwnd=%u os=%u mis=%u tsn=%u, %zu bytes of parameters]", init.tag, init.a_rwnd, init.streams_out,
            init.streams_in, init.tsn, init.params.size);
    } else if (chunk->type == HW_SACK && hw_sack_parse(&sack, chunk)) {
        say(line, "[cum=%d a_rwnd=%u", (int)(sack.cum_tsn - other_tsn), sack.a_rwnd);
        for (unsigned i = 0; i < sack.gap_count; i++)
            say(line, " %u-%u", hw_sack_gap(&sack, i).start, hw_sack_gap(&sack, i).end);
        for (unsigned i = 0; i < sack.dup_count; i++)
            say(line, " dup=%d", (int)(hw_sack_dup(&sack, i) - other_tsn));
        say(line, "]");
    } else if ((chunk->type == HW_FORWARD_TSN || chunk->type == HW_I_FORWARD_TSN) && hw_forward_parse(&forward, chunk)) {
        say(line, "[cum=%d", (int)(forward.cum_tsn - own_tsn));
        for (unsigned i = 0; i < forward.count; i++)
            say(line, " %u%s:%u", hw_forward_skip(&forward, i).stream, hw_forward_skip(&forward, i).unordered ? "U" : "",
                hw_forward_skip(&forward, i).ssn);
        say(line, "]");
    } else if (chunk->type == HW_SHUTDOWN && hw_shutdown_parse(&cum, chunk)) {
        say(line, "[cum=%d]", (int)(cum - other_tsn));
    } else if (chunk->type == HW_ABORT || chunk->type == HW_ERROR) {
        struct hw_cursor cursor = hw_cursor_over(chunk->value);
        struct hw_tlv cause;
        say(line, "[%s", chunk->type == HW_ABORT && chunk->flags & HW_FLAG_T ? "T" : "");
        while (hw_cursor_param(&cursor, &cause) == HW_CURSOR_ITEM)
            say(line, " %s", hw_cause_name(cause.type) ? hw_cause_name(cause.type) : "unknown cause");
        say(line, "]");
    } else if (chunk->type == HW_SHUTDOWN_COMPLETE && chunk->flags & HW_FLAG_T) {
        say(line, "[T]");
    }
}

void script_describe(const struct script *s, char *out, size_t room, struct hawser_span packet, bool from_stack) {
    struct line line = {out, room};
    *out = 0;
    struct hw_header header;
    if (!hw_header_parse(&header, packet)) {
        say(&line, "%zu bytes", packet.size);
        return;
    }
    uint32_t known = from_stack ? s->peer_tag : s->stack_tag;
    if (header.tag != known)
        say(&line, "(tag %x)", header.tag);
    struct hw_cursor cursor = {packet.data + HW_HEADER_SIZE, packet.data + packet.size};
    struct hw_tlv chunk;
    enum hw_cursor_result result;
    while ((result = hw_cursor_chunk(&cursor, &chunk)) == HW_CURSOR_ITEM)
        say_chunk(&line, &chunk, from_stack ? s->stack_tsn : s->peer_tsn, from_stack ? s->peer_tsn : s->stack_tsn);
    if (result == HW_CURSOR_PARTIAL)
        say(&line, " and a part of a chunk");
}
