/* SPDX-License-Identifier: MIT
 *
 * Trace records as lines of text, and the tee. One record is one line.
 */
#include "view/chunks.h"
#include "base/bytes.h"
#include "base/crc32c.h"
#include "wire/chunks.h"

int hawser_view_open_text(struct hawser_view *view) {
    if (!view || view->size < sizeof *view || !view->sink)
        return HAWSER_ERR_ARGUMENT;
    view->failed = 0;
    view->note_size = 0;
    return 0;
}

static void endpoint(struct hw_line *line, const struct hawser_address *address, unsigned port) {
    bool brackets = address->family == HAWSER_IPV6;
    hw_line_print(line, brackets ? "[" : "");
    hw_line_address(line, address);
    hw_line_print(line, brackets ? "]:%u" : ":%u", port);
}

static void checksum(struct hw_line *line, struct hawser_span packet, uint32_t carried) {
    uint32_t right = hw_crc32c_packet(hw_crc32c_choose(0), packet.data, packet.size);
    if (carried == right)
        hw_line_print(line, "crc ok");
    else if (carried == 0)
        hw_line_print(line, "crc zero");
    else
        hw_line_print(line, "crc bad (0x%08lx, should be 0x%08lx)", (unsigned long)carried, (unsigned long)right);
}

static void packet(struct hw_line *line, const struct hawser_trace_record *record) {
    const struct hawser_address *local = &record->packet.local, *remote = &record->packet.remote;
    if (local->family == HAWSER_NONE)
        local = &line->view->local;
    bool out = record->type == HAWSER_TRACE_PACKET_OUT;
    if (!(line->view->flags & HAWSER_VIEW_NO_DIRECTION))
        hw_line_print(line, out ? "out " : "in ");
    const struct hawser_address *source = out ? local : remote, *destination = out ? remote : local;
    struct hawser_span bytes = {record->packet.data, record->packet.length};
    struct hw_header header = {0};
    bool whole = hw_header_parse(&header, bytes);
    endpoint(line, source, header.source_port);
    hw_line_print(line, " > ");
    endpoint(line, destination, header.destination_port);
    if (remote->udp_port || record->packet.local.udp_port)
        hw_line_print(line, " udp %u>%u", (unsigned)source->udp_port, (unsigned)destination->udp_port);
    if (!whole) {
        hw_line_print(line, " too short for SCTP (%zu bytes):", bytes.size);
        hw_line_hex(line, bytes, HW_HEADER_SIZE);
        return;
    }
    hw_line_print(line, " tag 0x%08lx ", (unsigned long)header.tag);
    checksum(line, bytes, header.checksum);
    hw_view_chunks(line, (struct hawser_span){bytes.data + HW_HEADER_SIZE, bytes.size - HW_HEADER_SIZE});
}

static void dropped(struct hw_line *line, const struct hawser_trace_record *record) {
    const char *counter = hawser_counter_name(record->packet.counter);
    hw_line_print(line, "dropped %s: %zu bytes from ", counter ? counter : "?", record->packet.length);
    hw_line_address(line, &record->packet.remote);
}

static void timer(struct hw_line *line, uint32_t which, uint32_t path) {
    static const char *const names[] = {"?", "T1", "T2", "T3", "T5", "SACK", "HEARTBEAT", "T4", "MTU", "RECONFIG"};
    hw_line_print(line, "timer %s expired", names[which < sizeof names / sizeof *names ? which : 0]);
    if (path)
        hw_line_print(line, " on path %lu", (unsigned long)path);
}

static void path(struct hw_line *line, const struct hawser_trace_record *record) {
    static const char *const states[] = {"?", "UNCONFIRMED", "ACTIVE", "INACTIVE", "REMOVED",
                                         "ADDED", "PRIMARY", "POTENTIALLY FAILED"};
    uint32_t state = record->path.state < sizeof states / sizeof *states ? record->path.state : 0;
    hw_line_print(line, "path %lu %s cwnd %lu ssthresh %lu flight %lu mtu %lu srtt %llu us rto %llu us",
                  (unsigned long)record->path.path, states[state], (unsigned long)record->path.cwnd,
                  (unsigned long)record->path.ssthresh, (unsigned long)record->path.flight, (unsigned long)record->path.mtu,
                  (unsigned long long)record->path.srtt, (unsigned long long)record->path.rto);
}

static void end(struct hw_line *line, uint32_t reason, uint32_t code) {
    static const char *const reasons[] = {
        [HAWSER_END_SHUTDOWN] = "shut down",
        [HAWSER_END_ABORTED] = "aborted here",
        [HAWSER_END_PEER_ABORTED] = "aborted by the peer",
        [HAWSER_END_LOST] = "the peer became unreachable",
        [HAWSER_END_NO_ANSWER] = "no answer",
        [HAWSER_END_STALE_COOKIE] = "stale cookie",
        [HAWSER_END_REFUSED] = "refused",
        [HAWSER_END_VIOLATION] = "the peer broke the protocol",
        [HAWSER_END_UNREACHABLE] = "SCTP is not spoken there",
        [HAWSER_END_GUARD] = "the shutdown took too long",
        [HAWSER_END_NO_MEMORY] = "out of memory",
        [HAWSER_END_ROUTE_LOST] = "the carrier's connection is gone",
        [HAWSER_END_FAULT] = "an internal contradiction",
    };
    const char *text = reason < sizeof reasons / sizeof *reasons ? reasons[reason] : NULL;
    hw_line_print(line, "ended: %s", text ? text : "?");
    if (code && code <= UINT16_MAX && hw_cause_name((uint16_t)code))
        hw_line_print(line, " (%s)", hw_cause_name((uint16_t)code));
    else if (code)
        hw_line_print(line, " (cause %lu)", (unsigned long)code);
}

static void of_association(struct hw_line *line, const struct hawser_trace_record *record) {
    if (record->association)
        hw_line_print(line, "association 0x%llx ", (unsigned long long)record->association);
    switch (record->type) {
    case HAWSER_TRACE_STATE: {
        const char *before = hawser_state_name((int)record->state.before), *after = hawser_state_name((int)record->state.after);
        hw_line_print(line, "%s > %s", before ? before : "?", after ? after : "?");
        break;
    }
    case HAWSER_TRACE_TIMER: timer(line, record->timer.timer, record->timer.path); break;
    case HAWSER_TRACE_PATH: path(line, record); break;
    case HAWSER_TRACE_END: end(line, record->end.reason, record->end.code); break;
    default: hw_line_print(line, "record of unknown type %lu", (unsigned long)record->type); break;
    }
}

void hawser_view_text(void *user, const struct hawser_trace_record *record) {
    struct hawser_view *view = user;
    bool of_packet = record->type == HAWSER_TRACE_PACKET_IN || record->type == HAWSER_TRACE_PACKET_OUT;
    bool of_drop = record->type == HAWSER_TRACE_PACKET_DROPPED;
    if (view->failed || (view->flags & HAWSER_VIEW_PACKETS_ONLY && !of_packet && !of_drop))
        return;
    struct hw_line line;
    hw_line_begin(&line, view);
    uint64_t now = record->now + view->time_offset;
    hw_line_print(&line, "%llu.%06lu ", (unsigned long long)(now / 1000000), (unsigned long)(now % 1000000));
    if (view->name)
        hw_line_print(&line, "%s ", view->name);
    if (of_packet)
        packet(&line, record);
    else if (of_drop)
        dropped(&line, record);
    else
        of_association(&line, record);
    hw_line_end(&line);
}

void hawser_view_tee(void *user, const struct hawser_trace_record *record) {
    const struct hawser_view_tee *tee = user;
    for (unsigned i = 0; i < HAWSER_VIEW_TEE_MAX; i++)
        if (tee->function[i])
            tee->function[i](tee->user[i], record);
}
