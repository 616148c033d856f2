/* SPDX-License-Identifier: MIT
 *
 * What must hold between the parts of a stack, walked in full: for simulation and fuzzing. Each sentence is what is not true.
 */
#include "core/assoc.h"

#include <hawser/check.h>

#define MUST(expression, sentence)                                                                                               \
    do {                                                                                                                         \
        if (!(expression))                                                                                                       \
            return sentence;                                                                                                     \
    } while (0)

static const char *check_bits(const struct hw_bits *bits) {
    uint32_t count = 0, end = 0;
    for (uint32_t i = hw_bits_next_set(bits, 0); i != HW_BITS_NONE; i = hw_bits_next_set(bits, i + 1)) {
        count++;
        end = i + 1;
    }
    MUST(count == bits->count && end == bits->end, "a bitmap's count or end is not what is set in it");
    return NULL;
}

static const char *check_flight(const struct hw_assoc *assoc) {
    const struct hw_send *send = &assoc->send;
    uint32_t flight[HW_PATHS_MAX] = {0}, count = hw_flight_count(send);
    uint64_t outstanding = 0;
    MUST(count <= send->ring_size && count <= HW_WINDOW_TSNS_MAX, "more is in flight than the ring holds");
    MUST(send->acked.end <= count && send->marked.end <= count && send->fast_done.end <= count && send->abandoned.end <= count,
         "what is acknowledged or marked is not in flight");
    MUST(send->advanced - send->cum_tsn <= count, "the advanced ack point is not one that was sent");
    MUST(send->small_tsn - send->cum_tsn <= count, "the last small packet is not one that was sent");
    MUST(assoc->fragment_size == hw_fragment_work_out(assoc), "the largest fragment is not what it is worked out from");
    for (uint32_t i = 0; i < count; i++) {
        const struct hw_flight *record = hw_flight_at(send, i);
        bool acked = hw_bits_test(&send->acked, i), marked = hw_bits_test(&send->marked, i);
        MUST(!(acked && marked), "a TSN is acknowledged and to be sent again");
        bool skipped = hw_flight_abandoned(send, i);
        MUST(!(skipped && marked), "a TSN is abandoned and to be sent again");
        MUST(skipped || i >= send->advanced - send->cum_tsn, "the advanced ack point is behind a TSN that is not abandoned");
        MUST(record->path < assoc->path_count && record->next_path < assoc->path_count,
             "a record names a path that is not there");
        bool named = assoc->paths[record->path]->named && (!marked || assoc->paths[record->next_path]->named);
        MUST(named || skipped, /* the TSN after a message that was not cut whole went nowhere */
             "a record names a path in secret");
        MUST(skipped || record->offset + record->length <= record->message->cut, "a record has bytes that were never cut");
        if (acked || marked || skipped)
            continue;
        flight[record->path] += hw_data_chunk_size(send, record->length);
        outstanding += record->length;
    }
    MUST(outstanding == send->outstanding, "outstanding bytes are miscounted");
    for (unsigned i = 0; i < assoc->path_count; i++) {
        const struct hw_path *path = assoc->paths[i];
        MUST(path->flight == flight[i], "a path's flight is not what is in flight on it");
        MUST(path->flight == 0 || path->t3 != HAWSER_NEVER || assoc->state == HAWSER_COOKIE_ECHOED ||
                 assoc->state == HAWSER_COOKIE_WAIT,
             "data is in flight and no T3 runs");
    }
    bool watched = !hw_forward_pending(send) || !hw_assoc_sends_data(assoc) || assoc->forward_due;
    for (unsigned i = 0; i < assoc->path_count; i++)
        watched |= assoc->paths[i]->t3 != HAWSER_NEVER;
    MUST(watched, "a FORWARD TSN is under way and no T3 runs");
    return NULL;
}

static const char *check_queue(const struct hw_send *send) {
    uint64_t bytes = 0, uncut = 0;
    uint32_t count = 0, unacked = send->abandoned.count, waiting = 0;
    const struct hw_link *lists[] = {&send->queue, &send->sent, &send->parked};
    for (unsigned i = 0; i < 3; i++)
        for (struct hw_link *link = lists[i]->next; link != lists[i]; link = link->next) {
            const struct hw_outmsg *message = hw_outmsg_of(link);
            MUST(message->cut <= message->size && message->acked <= message->cut, "a message's offsets are out of order");
            MUST(i != 1 || message->cut == message->size, "a message counts as sent and is not");
            MUST(message->parked == (i == 2) && (i != 2 || (message->flags & HAWSER_SEND_MORE)), "a whole message is parked");
            bytes += message->charge;
            uncut += i == 2 ? 0 : message->size - message->cut;
            unacked += message->unacked;
            count++;
            waiting += i == 0;
        }
    MUST(waiting == send->uncut_count, "messages that wait are miscounted");
    MUST(bytes == send->queued_bytes, "queued bytes are miscounted");
    MUST(uncut == send->uncut_bytes, "uncut bytes are miscounted");
    MUST(count == send->message_count, "queued messages are miscounted");
    MUST(unacked == hw_flight_count(send), "records and messages disagree on what is unacknowledged");
    return NULL;
}

static const char *check_receive(const struct hw_receive *receive) {
    MUST(!hw_bits_test(&receive->seen, 0), "the cumulative TSN could advance and did not");
    MUST(receive->seen.end <= HW_WINDOW_TSNS_MAX, "a TSN too far ahead was taken");
    MUST(receive->held <= 2 * hw_receive_capacity(receive) + UINT16_MAX, /* reader_waits */
         "the receive buffer holds more than its limit");
    MUST(receive->mark_count == 0 || receive->sack_now, "SACKs are owed and none is due");
    MUST(receive->held <= receive->account->used, "more is held than was allocated");
    uint32_t count = 0;
    for (const struct hw_entry *entry = receive->inbox; entry; entry = entry->next)
        count++;
    MUST(count == receive->inbox_next - receive->inbox_first, "the inbox is miscounted");
    MUST(receive->messages == 0, "messages came into the inbox and were not counted");
    MUST(receive->assembly_count <= receive->run_count, "a message is open of which nothing has come");
    return NULL;
}

static bool quiet(const struct hw_notice *notice) { return !notice->raised && !notice->shown; }

static const char *check_notices(const struct hw_assoc *assoc) {
    bool all = true;
    for (unsigned i = 0; i < HW_NOTICE_COUNT; i++)
        all &= quiet(&assoc->inbox.notices[i]);
    for (struct hw_link *link = assoc->inbox.changes.next; link != &assoc->inbox.changes; link = link->next)
        all &= quiet(&hw_change_of(link)->notice);
    for (unsigned i = 0; i < assoc->path_count; i++)
        all &= quiet(&assoc->paths[i]->notice);
    MUST(all || assoc->inbox.noticing, "a notice is raised that nobody looks for");
    return NULL;
}

static const char *check_deadline(const struct hw_assoc *assoc) {
    if (hw_list_linked(&assoc->output_link))
        return NULL; /* output will tell of them */
    for (unsigned i = 0; i < HW_TIMER_COUNT; i++)
        MUST(assoc->timers[i] == HAWSER_NEVER ||
                 (assoc->deadline.index != HW_HEAP_OUT && assoc->deadline.key <= assoc->timers[i]),
             "a timer runs that nobody watches");
    for (unsigned i = 0; i < assoc->path_count; i++) {
        const struct hw_path *path = assoc->paths[i];
        hawser_time time = path->t3 < path->hb_at ? path->t3 : path->hb_at;
        MUST(time == HAWSER_NEVER || (assoc->deadline.index != HW_HEAP_OUT && assoc->deadline.key <= time),
             "a path's timer runs that nobody watches");
    }
    return NULL;
}

/* Dynamic addresses (RFC 5061). */
static const char *check_addresses(const struct hw_assoc *assoc) {
    for (unsigned i = 0; i < assoc->path_count; i++) {
        const struct hw_path *path = assoc->paths[i];
        const struct hw_local *local = hw_local_find(assoc, &path->local);
        MUST(path->index == i && path->assoc == assoc && path->listed, "a path is not where it says, or not to be found");
        MUST(!local || local->state == HW_LOCAL_USABLE, "a path sends from an address that is not usable");
    }
    MUST(!assoc->asconf.outstanding || assoc->timers[HW_T4] != HAWSER_NEVER || assoc->state == HAWSER_SHUTDOWN_ACK_SENT,
         "an ASCONF is outstanding and no T-4 runs");
    unsigned count = 0;
    for (const struct hw_link *link = assoc->asconf.requests.next; link != &assoc->asconf.requests; link = link->next)
        count++;
    MUST(count <= assoc->asconf.request_count && assoc->asconf.request_count <= HW_REQUESTS_MAX, "requests are miscounted");
    return NULL;
}

static const char *check_assoc(const struct hw_assoc *assoc) {
    const char *wrong = check_notices(assoc);
    if (wrong)
        return wrong;
    MUST(assoc->account.used <= assoc->account.max || assoc->account.max < 65536, "an association holds more than its ceiling");
    if (hw_assoc_over(assoc)) {
        MUST(assoc->deadline.index == HW_HEAP_OUT, "an association that is over has a deadline");
        MUST(!assoc->listed && hw_flight_count(&assoc->send) == 0, "an association that is over is still known");
        return NULL;
    }
    MUST(assoc->path_count && assoc->primary < assoc->path_count && assoc->data_path < assoc->path_count &&
             assoc->reply_path < assoc->path_count && assoc->sack_path < assoc->path_count &&
             assoc->init_path < assoc->path_count && assoc->asconf.path < assoc->path_count,
         "an association has no path where one is needed");
    MUST(assoc->listed, "an association that lives is not in the tables");
    if ((wrong = check_bits(&assoc->send.acked)) || (wrong = check_bits(&assoc->send.marked)) ||
        (wrong = check_bits(&assoc->receive.seen)) || (wrong = check_flight(assoc)) || (wrong = check_queue(&assoc->send)) ||
        (wrong = check_receive(&assoc->receive)) || (wrong = check_deadline(assoc)) || (wrong = check_addresses(assoc)))
        return wrong;
    return NULL;
}

const char *hawser_check(hawser *stack) {
    uint32_t objects = 0, farewells = 0;
    for (struct hw_link *link = stack->endpoints.next; link != &stack->endpoints; link = link->next)
        objects++;
    for (struct hw_link *link = stack->assocs.next; link != &stack->assocs; link = link->next) {
        const struct hw_assoc *assoc = HW_OWNER(link, struct hw_assoc, link);
        const char *wrong = check_assoc(assoc);
        if (wrong)
            return wrong;
        objects += !assoc->orphan;
        farewells += assoc->orphan;
    }
    MUST(objects == stack->object_count && farewells == stack->farewell_count, "objects are miscounted");
    MUST(stack->account.used <= stack->account.max, "the stack holds more than its ceiling");
    MUST(!stack->faults.seen, "a fault was seen");
    return NULL;
}

uint32_t hawser_check_objects(hawser *stack) { return stack->object_count + stack->farewell_count; }
