/* SPDX-License-Identifier: MIT
 *
 * Acknowledging: when a SACK is due (RFC 9260 6.2, 6.7), what it says, and the window that it advertises. One batch of input
 * may make several due before anything can be sent; each is remembered by the highest TSN of its moment, so that the peer sees
 * as many, with the same gaps, as if packets had gone out in between.
 */
#include "base/serial.h"
#include "core/receive/receive.h"

uint32_t hw_received_highest(const struct hw_receive *receive) { return receive->cum_tsn + receive->seen.end; }

static void sack_due(struct hw_receive *receive) {
    if (receive->sack_now) {
        if (receive->mark_count == HW_SACK_MARKS) {
            memmove(receive->marks, receive->marks + 1, sizeof receive->marks - sizeof receive->marks[0]);
            receive->mark_count--;
        }
        receive->marks[receive->mark_count++] = receive->sack_highest;
    }
    receive->sack_now = true;
    receive->sack_highest = hw_received_highest(receive);
}

bool hw_received_packet(struct hw_receive *receive, bool fresh, bool dup, bool urgent, uint32_t frequency) {
    bool first = fresh && !receive->any;
    if (fresh)
        receive->any = true;
    if (receive->sack_packets < UINT8_MAX)
        receive->sack_packets++;
    bool dup_only = dup && !fresh; /* 6.2: at once */
    bool gaps = hw_received_gaps(receive) || receive->gaps_before; /* 6.7; also what fills one (RFC 5681 4.2) */
    receive->gaps_before = hw_received_gaps(receive);
    if (first || dup_only || urgent || gaps || receive->sack_packets >= frequency) {
        sack_due(receive);
        receive->sack_packets = 0;
        return false;
    }
    return !receive->sack_now;
}

void hw_received_timer(struct hw_receive *receive) {
    receive->sack_now = true;
    receive->sack_highest = hw_received_highest(receive);
}

uint32_t hw_received_window(const struct hw_receive *receive, uint32_t segment) {
    uint32_t silly = receive->limit / 2 < segment ? receive->limit / 2 : segment; /* RFC 1122 4.2.3.3 */
    uint64_t capacity = hw_receive_capacity(receive), unused = receive->held < capacity ? capacity - receive->held : 0;
    /* What a record costs beyond its payload is not the peer's to use: chunks like the last ones must fit in what is told. That
     * may be less than a segment and yet no silly window: a small buffer would stay shut after tiny messages. */
    uint32_t typical = receive->typical_8 / 8;
    uint64_t window = unused * typical / hw_record_charge(typical);
    uint64_t least = window < silly && unused >= hw_record_charge(silly) ? 1 : silly;
    uint64_t told = receive->payload < receive->limit ? receive->limit - receive->payload : 0; /* 6.2 B, C */
    if (window > told)
        window = told;
    uint64_t room = hw_account_room(receive->account) / 2; /* a full stack shrinks every window before it refuses */
    if (window > room)
        window = room;
    return window < least ? 0 : (uint32_t)window;
}

/* Gap blocks up to the TSN `upto`, as many as fit; returns how many. */
static unsigned write_gaps(const struct hw_receive *receive, struct hw_writer *writer, uint32_t upto) {
    unsigned count = 0;
    uint32_t bound = upto - receive->cum_tsn; /* offsets below this are told */
    uint32_t start = hw_bits_next_set(&receive->seen, 0);
    while (start < bound && hw_writer_room(writer) >= 4) {
        uint32_t end = hw_bits_next_clear(&receive->seen, start);
        hw_write16(writer, (uint16_t)(start + 1));
        hw_write16(writer, (uint16_t)(end < bound ? end : bound));
        count++;
        start = hw_bits_next_set(&receive->seen, end);
    }
    return count;
}

bool hw_received_write_sack(struct hw_receive *receive, struct hw_writer *writer, uint32_t a_rwnd) {
    if (hw_writer_room(writer) < HW_SACK_FIXED)
        return false;
    uint32_t upto = receive->mark_count ? receive->marks[0] : hw_received_highest(receive);
    bool behind = hw_tsn_at_most(upto, receive->cum_tsn);
    uint32_t cum_tsn = behind ? upto : receive->cum_tsn;
    uint8_t *begin = hw_write_chunk_begin(writer, HW_SACK, 0);
    hw_write32(writer, cum_tsn);
    hw_write32(writer, a_rwnd);
    uint8_t *counts = hw_write_reserve(writer, 4);
    unsigned gaps = behind ? 0 : write_gaps(receive, writer, upto);
    unsigned dups = 0;
    if (receive->mark_count == 0) {
        for (; dups < receive->dup_count && hw_writer_room(writer) >= 4; dups++)
            hw_write32(writer, receive->dups[dups]);
        receive->dup_count = 0;
    }
    hw_put16(counts, (uint16_t)gaps);
    hw_put16(counts + 2, (uint16_t)dups);
    hw_write_end(writer, begin);
    receive->advertised = a_rwnd;
    if (receive->mark_count) {
        receive->mark_count--;
        memmove(receive->marks, receive->marks + 1, receive->mark_count * sizeof receive->marks[0]);
    } else {
        receive->sack_now = false;
        receive->sack_packets = 0;
    }
    return true;
}
