/* SPDX-License-Identifier: MIT
 *
 * Streams whose numbering is about to begin anew (RFC 6525). While a reset by the peer waits for what was sent before it, nothing
 * after it is taken (5.2.2 E2): a peer that sends it all the same keeps it. While our own SSN/TSN reset is under way, ordered
 * messages are taken and kept back (5.2.7 H5): the response says by which numbering each is to be read. What contradicts them
 * meanwhile counts as lost, and comes again. What fills half of the window must have its turn, for the peer may have more to
 * deliver before it performs the reset, and so must what it gives up: the caller asks it once more, and "In progress" says that
 * all that had come is of the old numbering.
 */
#include "base/serial.h"
#include "core/receive/run.h"

bool hw_receive_early(const struct hw_receive *receive, const struct hw_data *data) {
    bool numbered = receive->interleaving || !(data->flags & HW_FLAG_UNORDERED);
    bool named = receive->hold.named.count == 0 || hw_bits_test(&receive->hold.named, data->stream);
    return numbered && hw_tsn_before(receive->hold.after, data->tsn) && named;
}

bool hw_receive_await(struct hw_receive *receive, uint32_t after, const uint16_t *streams, uint32_t stream_count) {
    for (uint32_t i = 0; i < stream_count; i++)
        if (!hw_bits_set(&receive->hold.named, receive->account, streams[i])) {
            hw_receive_await_no_more(receive);
            return false;
        }
    receive->hold.deferred = true;
    receive->hold.after = after;
    return true;
}

void hw_receive_await_no_more(struct hw_receive *receive) {
    receive->hold.deferred = false;
    hw_bits_free(&receive->hold.named, receive->account);
}

/* In the order in which they came; all of them if `before` is NULL. */
static void take_turns(struct hw_receive *receive, const uint32_t *before) {
    for (struct hw_link *link = receive->hold.runs.next, *next; link != &receive->hold.runs; link = next) {
        next = link->next;
        struct hw_run *run = HW_OWNER(link, struct hw_run, held);
        if (before && run->first && !hw_tsn_before(run->first->tsn, *before))
            continue;
        hw_list_remove(&run->held);
        run->released = true;
        if (run->empty) /* given up meanwhile */
            hw_run_deliver_waiting(receive, run->stream, hw_sparse_get(&receive->streams, run->stream));
        else
            hw_run_settle(receive, run); /* what waited for it goes along, but nothing that is held */
    }
}

void hw_receive_release(struct hw_receive *receive, uint32_t before) {
    take_turns(receive, &before);
    hw_run_deliver_partly(receive); /* what fills the window may be one message */
}

void hw_receive_unhold(struct hw_receive *receive) {
    struct hw_instream *stream;
    receive->hold.all = receive->hold.ask = false;
    take_turns(receive, NULL);
    /* What had its turn before may wait for what the peer has given up. */
    for (uint32_t i = 0; receive->run_count && (stream = hw_sparse_next(&receive->streams, &i)) != NULL; i++)
        hw_run_deliver_waiting(receive, (uint16_t)i, stream);
    hw_run_deliver_partly(receive);
}

static void stream_reset(const struct hw_receive *receive, struct hw_instream *stream) {
    stream->next_ssn = 0;
    if (receive->interleaving) /* RFC 8260 2.3.2: MIDs of both kinds */
        stream->next_unordered = 0;
}

uint32_t hw_receive_reset(struct hw_receive *receive, const uint16_t *streams, uint32_t stream_count) {
    struct hw_instream *stream;
    uint32_t looked = stream_count;
    for (uint32_t i = 0; stream_count == 0 && (stream = hw_sparse_next(&receive->streams, &i)) != NULL; i++, looked++)
        stream_reset(receive, stream);
    for (uint32_t i = 0; i < stream_count; i++)
        if ((stream = hw_sparse_get(&receive->streams, streams[i])) != NULL)
            stream_reset(receive, stream);
    return looked;
}

void hw_receive_release_by_tsn(struct hw_receive *receive) {
    struct hw_link sorted;
    hw_list_init(&sorted);
    for (struct hw_link *link = receive->hold.runs.next, *next; link != &receive->hold.runs; link = next) {
        next = link->next;
        struct hw_run *run = HW_OWNER(link, struct hw_run, held);
        if (!run->begin || !run->end || run->empty || !hw_tsn_at_most(run->first->tsn, receive->cum_tsn))
            continue;
        struct hw_link *before = &sorted; /* they came in order, or nearly so */
        while (before->prev != &sorted && hw_tsn_before(run->first->tsn, HW_OWNER(before->prev, struct hw_run, held)->first->tsn))
            before = before->prev;
        hw_list_remove(link);
        hw_list_append(before, link);
    }
    while (!hw_list_empty(&sorted)) {
        struct hw_run *run = HW_OWNER(sorted.next, struct hw_run, held);
        const struct hw_instream *stream = hw_sparse_get(&receive->streams, run->stream);
        hw_list_remove(&run->held);
        run->released = true;
        if (run->ssn == stream->next_ssn)
            hw_run_settle(receive, run); /* and with it what was released before, and waited for it */
        else
            hw_run_deliver(receive, run);
    }
    receive->hold.ask = false;
    receive->hold.upto = receive->hold.given_up;
}
