/* SPDX-License-Identifier: MIT
 *
 * Ordered messages that have come and may not be put in order yet, for the numbering of their streams is about to begin anew
 * (RFC 6525 5.2.2 E2, 5.2.7 H5). They wait as runs that nobody settles; whoever holds them says when, and by which numbering,
 * they have their turn. What contradicts them meanwhile may be numbered by the other: it counts as lost, and comes again.
 */
#include "base/serial.h"
#include "core/receive/run.h"

bool hw_hold_names(const struct hw_hold *hold, uint16_t stream) {
    for (uint32_t i = 0; i < hold->stream_count; i++)
        if (hold->streams[i] == stream)
            return true;
    return hold->stream_count == 0;
}

void hw_receive_hold(struct hw_receive *receive, uint32_t after, const uint16_t *streams, uint32_t stream_count) {
    receive->hold.on = true;
    receive->hold.renumbers = false;
    receive->hold.after = after;
    receive->hold.streams = streams;
    receive->hold.stream_count = stream_count;
}

/* In the order in which they came; all of them if `before` is NULL. */
static void take_turns(struct hw_receive *receive, const uint32_t *before) {
    for (struct hw_link *link = receive->hold.runs.next, *next; link != &receive->hold.runs; link = next) {
        next = link->next;
        struct hw_run *run = HW_OWNER(link, struct hw_run, held);
        if (before && run->first && !hw_tsn_before(run->first->tsn, *before))
            continue;
        hw_list_remove(&run->held);
        if (run->empty) /* given up meanwhile */
            hw_run_deliver_waiting(receive, run->stream, hw_sparse_get(&receive->streams, run->stream));
        else
            hw_run_settle(receive, run); /* what waited for it goes along, but nothing that is held */
    }
}

void hw_receive_hold_all(struct hw_receive *receive) {
    hw_receive_hold(receive, receive->cum_tsn, NULL, 0);
    receive->hold.renumbers = true;
}

void hw_receive_release(struct hw_receive *receive, uint32_t before) { take_turns(receive, &before); }

void hw_receive_unhold(struct hw_receive *receive) {
    receive->hold.on = false;
    take_turns(receive, NULL);
}

void hw_receive_reset(struct hw_receive *receive, const uint16_t *streams, uint32_t stream_count) {
    struct hw_instream *stream;
    for (uint32_t i = 0; stream_count == 0 && (stream = hw_sparse_next(&receive->streams, &i)) != NULL; i++)
        stream->next_ssn = 0;
    for (uint32_t i = 0; i < stream_count; i++)
        if ((stream = hw_sparse_get(&receive->streams, streams[i])) != NULL)
            stream->next_ssn = 0;
}
