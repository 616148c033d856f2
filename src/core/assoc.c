/* SPDX-License-Identifier: MIT
 *
 * Birth, deadlines and death of associations.
 *
 * An association that is over stays, without packets or timers, until its last item has been read or its id is closed. What it
 * still has to say to the peer (an ABORT, a SHUTDOWN COMPLETE) it says at the next output, if need be without an id.
 */
#include "core/assoc.h"

struct hw_assoc *hw_assoc_create(hawser *stack, struct hw_endpoint *endpoint, uint16_t peer_port, void *user) {
    struct hw_assoc *assoc = hw_allocate_zeroed(&stack->account, sizeof *assoc);
    if (!assoc)
        return NULL;
    if (!hw_heap_reserve(&stack->deadlines, stack->object_count + stack->farewell_count + 1) ||
        !hw_object_add(stack, &assoc->object, HW_KIND_ASSOC, user)) {
        hw_release(&stack->account, assoc, sizeof *assoc);
        return NULL;
    }
    assoc->stack = stack;
    assoc->settings = hw_settings_share(endpoint->settings);
    hw_account_init(&assoc->account, &stack->host, &stack->account,
                    (uint64_t)hw_setting(assoc, HAWSER_SET_MEMORY_MAX) - sizeof *assoc);
    hw_heap_node_init(&assoc->deadline);
    hw_list_init(&assoc->output_link);
    hw_list_init(&assoc->arrival_link);
    hw_list_init(&assoc->inbox.changes);
    hw_list_init(&assoc->asconf.requests);
    hw_list_append(&stack->assocs, &assoc->link);
    assoc->endpoint = endpoint->object.id;
    assoc->state = HAWSER_COOKIE_WAIT;
    assoc->port = endpoint->port;
    assoc->peer_port = peer_port;
    assoc->init_streams_out = (uint16_t)hw_setting(assoc, HAWSER_SET_STREAMS_OUT);
    assoc->echoes_end = &assoc->echoes;
    assoc->inbox.outcomes_end = &assoc->inbox.outcomes;
    for (unsigned i = 0; i < HW_TIMER_COUNT; i++)
        assoc->timers[i] = HAWSER_NEVER;
    hw_send_init(&assoc->send, &assoc->account);
    assoc->send.scheduler = (uint8_t)hw_setting(assoc, HAWSER_SET_SCHEDULER);
    hw_receive_init(&assoc->receive, &assoc->account, hw_random64(stack), (uint32_t)hw_setting(assoc, HAWSER_SET_RECEIVE_BUFFER),
                    (uint32_t)hw_setting(assoc, HAWSER_SET_PARTIAL_DELIVERY));
    if (!hw_auth_begin(assoc, endpoint)) {
        hw_assoc_free(assoc);
        return NULL;
    }
    return assoc;
}

bool hw_assoc_list(struct hw_assoc *assoc) {
    if (!hw_table_add(&assoc->stack->by_tag, &assoc->by_tag, assoc->tag))
        return false;
    assoc->listed = true;
    return hw_paths_list(assoc);
}

void hw_assoc_unlist(struct hw_assoc *assoc) {
    if (assoc->listed) {
        hw_table_remove(&assoc->stack->by_tag, &assoc->by_tag);
        hw_tag_retire(assoc->stack, assoc->paths[0]->by_peer.key, assoc->tag, assoc->peer_tag);
    }
    assoc->listed = false;
    hw_paths_unlist(assoc);
}

static void setup_free(struct hw_assoc *assoc) {
    hw_release(&assoc->account, assoc->setup.cookie, assoc->setup.cookie_size);
    assoc->setup.cookie = NULL;
    assoc->setup.cookie_size = 0;
}

void hw_assoc_free(struct hw_assoc *assoc) {
    hawser *stack = assoc->stack;
    if (!hw_assoc_over(assoc) && assoc->since)
        stack->counters[HAWSER_COUNT_CurrEstab] -= hw_assoc_sends_data(assoc);
    hw_assoc_unlist(assoc);
    hw_heap_remove(&stack->deadlines, &assoc->deadline);
    hw_list_remove(&assoc->output_link);
    hw_arrival_leave(stack, assoc);
    setup_free(assoc);
    hw_echoes_free(assoc);
    hw_reconfig_free(assoc);
    hw_asconf_free(assoc);
    hw_inbox_free(assoc);
    hw_send_free(&assoc->send);
    hw_receive_free(&assoc->receive);
    hw_auth_free(assoc); /* after the messages, which count for its keys */
    hw_paths_free(assoc);
    hw_locals_free(assoc);
    hw_release(&assoc->account, assoc->reason, HAWSER_REASON_MAX + HW_TLV_SIZE);
    hw_settings_drop(&stack->account, assoc->settings);
    hw_list_remove(&assoc->link);
    if (assoc->orphan)
        stack->farewell_count--;
    else
        hw_object_remove(stack, &assoc->object);
    hw_release(&stack->account, assoc, sizeof *assoc);
}

/* ---- state ----------------------------------------------------------------------------------------------------- */

void hw_assoc_set_state(struct hw_assoc *assoc, uint8_t state) {
    hawser *stack = assoc->stack;
    bool was = hw_assoc_sends_data(assoc);
    uint8_t before = assoc->state;
    assoc->state = state;
    stack->counters[HAWSER_COUNT_CurrEstab] += (uint64_t)hw_assoc_sends_data(assoc) - (uint64_t)was;
    if (HW_UNLIKELY(stack->trace != NULL)) {
        struct hawser_trace_record record = {.type = HAWSER_TRACE_STATE, .now = stack->now, .association = assoc->object.id};
        record.state.before = before;
        record.state.after = state;
        stack->trace(stack->trace_user, &record);
    }
}

static void timers_off(struct hw_assoc *assoc) {
    for (unsigned i = 0; i < HW_TIMER_COUNT; i++)
        assoc->timers[i] = HAWSER_NEVER;
    for (unsigned i = 0; i < assoc->path_count; i++)
        assoc->paths[i]->t3 = HAWSER_NEVER;
    hw_heartbeat_stop(assoc);
    hw_heap_remove(&assoc->stack->deadlines, &assoc->deadline);
}

static void count_end(struct hw_assoc *assoc, enum hawser_end_reason reason) {
    if (reason == HAWSER_END_SHUTDOWN)
        HW_COUNT_OF(assoc, Shutdowns);
    else if (assoc->since)
        HW_COUNT_OF(assoc, Aborteds);
}

void hw_assoc_end(struct hw_assoc *assoc, enum hawser_end_reason reason, uint16_t code, struct hawser_span data) {
    if (hw_assoc_over(assoc))
        return;
    hawser *stack = assoc->stack;
    count_end(assoc, reason);
    hw_assoc_unlist(assoc);
    hw_assoc_set_state(assoc, HAWSER_CLOSED);
    if (HW_UNLIKELY(stack->trace != NULL)) {
        struct hawser_trace_record record = {.type = HAWSER_TRACE_END, .now = stack->now, .association = assoc->object.id};
        record.end.reason = reason;
        record.end.code = code;
        stack->trace(stack->trace_user, &record);
    }
    timers_off(assoc);
    assoc->owed &= HW_OWE_ABORT | HW_OWE_SHUTDOWN_COMPLETE;
    hw_flight_forget(&assoc->send);
    hw_sendq_fail(&assoc->send, 0, true, 0);
    hw_reconfig_release(assoc);
    hw_receive_seal(&assoc->receive);
    setup_free(assoc);
    hw_echoes_free(assoc);
    hw_reconfig_free(assoc);
    hw_asconf_free(assoc);
    hw_event_ended(assoc, reason, code, data);
    if (assoc->owed) { /* a farewell does not wait */
        hw_list_remove(&assoc->output_link);
        hw_list_prepend(&stack->output, &assoc->output_link);
    }
}

void hw_assoc_abort(struct hw_assoc *assoc, enum hawser_end_reason reason, uint16_t code, struct hawser_span information) {
    if (hw_assoc_over(assoc) || (reason == HAWSER_END_VIOLATION && assoc->auth && assoc->auth->unproved))
        return;
    if (assoc->peer_tag) { /* before it is known there is nobody to tell */
        assoc->owed |= HW_OWE_ABORT;
        size_t size = information.size < HAWSER_REASON_MAX ? information.size : HAWSER_REASON_MAX;
        if (code)
            assoc->reason = hw_allocate(&assoc->account, HAWSER_REASON_MAX + HW_TLV_SIZE); /* without: a bare ABORT */
        if (assoc->reason) {
            struct hw_writer writer = hw_writer_over(assoc->reason, HAWSER_REASON_MAX + HW_TLV_SIZE);
            hw_write_param(&writer, code, (struct hawser_span){information.data, size});
            assoc->reason_size = (uint16_t)(HW_TLV_SIZE + size);
        }
    }
    hw_assoc_end(assoc, reason, code, (struct hawser_span){NULL, 0});
}

void hw_assoc_faults(struct hw_assoc *assoc) {
    hawser *stack = assoc->stack;
    if (HW_LIKELY(!stack->faults.seen))
        return;
    stack->faults.seen = false;
    HW_COUNT_OF(assoc, Faults);
    hw_assoc_abort(assoc, HAWSER_END_FAULT, 0, (struct hawser_span){NULL, 0});
}

int hawser_abort(hawser *stack, hawser_time now, hawser_id id, struct hawser_span reason) {
    hw_now(stack, now);
    struct hw_assoc *assoc = hw_assoc_find(stack, id);
    if (!assoc)
        return HAWSER_ERR_GONE;
    if (hw_assoc_over(assoc))
        return HAWSER_ERR_STATE;
    if (reason.size && !reason.data)
        return HAWSER_ERR_ARGUMENT;
    hw_assoc_abort(assoc, HAWSER_END_ABORTED, HW_CAUSE_USER_ABORT, reason);
    return 0;
}

int hawser_close(hawser *stack, hawser_time now, hawser_id id) {
    hw_now(stack, now);
    struct hw_object *object = hw_object_find(stack, id);
    if (!object)
        return HAWSER_ERR_GONE;
    if (object->kind == HW_KIND_ENDPOINT) {
        hw_endpoint_free(stack, HW_OWNER(object, struct hw_endpoint, object));
        return 0;
    }
    struct hw_assoc *assoc = hw_assoc_of(object);
    hw_assoc_abort(assoc, HAWSER_END_ABORTED, HW_CAUSE_USER_ABORT, (struct hawser_span){NULL, 0});
    if (!assoc->owed) {
        hw_assoc_free(assoc);
        return 0;
    }
    /* The farewell still has to go: it does so without an id. Everything else is freed by then at the latest. */
    hw_arrival_leave(stack, assoc);
    hw_object_remove(stack, &assoc->object);
    assoc->orphan = true;
    stack->farewell_count++;
    hw_send_free(&assoc->send);
    hw_receive_free(&assoc->receive);
    hw_inbox_free(assoc);
    return 0;
}

/* ---- deadlines ------------------------------------------------------------------------------------------------- */

static hawser_time earliest(const struct hw_assoc *assoc) {
    hawser_time time = HAWSER_NEVER;
    for (unsigned i = 0; i < HW_TIMER_COUNT; i++)
        time = assoc->timers[i] < time ? assoc->timers[i] : time;
    for (unsigned i = 0; i < assoc->path_count; i++) {
        const struct hw_path *path = assoc->paths[i];
        time = path->t3 < time ? path->t3 : time;
        time = path->hb_at < time ? path->hb_at : time;
        time = path->pmtu.at < time ? path->pmtu.at : time;
    }
    /* A message in parts before which nothing else may go, and whose next part does not come (RFC 3758 4.1 TR4). */
    const struct hw_outmsg *current = assoc->send.current;
    if (current && current->policy == HAWSER_POLICY_TIMED && current->deadline > assoc->stack->now && current->deadline < time &&
        !hw_outmsg_cuttable(&assoc->send, current, hw_fragment_size(assoc)))
        time = current->deadline;
    return time;
}

void hw_assoc_reschedule(struct hw_assoc *assoc) {
    hawser_time time = earliest(assoc);
    struct hw_heap *heap = &assoc->stack->deadlines;
    /* A deadline that moved to later stays where it is: most are moved on again before they come (a T3 with every SACK). */
    if (time == HAWSER_NEVER)
        hw_heap_remove(heap, &assoc->deadline);
    else if (assoc->deadline.index == HW_HEAP_OUT || time < assoc->deadline.key)
        hw_heap_set(heap, &assoc->deadline, time);
}

void hw_assoc_touch(struct hw_assoc *assoc) {
    if (hw_assoc_over(assoc))
        return;
    if (!hw_list_linked(&assoc->output_link))
        hw_list_append(&assoc->stack->output, &assoc->output_link);
}

static void trace_timer(struct hw_assoc *assoc, uint32_t timer, uint32_t path) {
    hawser *stack = assoc->stack;
    if (HW_LIKELY(!stack->trace))
        return;
    struct hawser_trace_record record = {.type = HAWSER_TRACE_TIMER, .now = stack->now, .association = assoc->object.id};
    record.timer.timer = timer;
    record.timer.path = path;
    stack->trace(stack->trace_user, &record);
}

static void fire(struct hw_assoc *assoc, enum hw_timer timer) {
    static const uint8_t names[HW_TIMER_COUNT] = {HAWSER_TIMER_T1, HAWSER_TIMER_T2, HAWSER_TIMER_T5, HAWSER_TIMER_SACK,
                                                  HAWSER_TIMER_RECONFIG, HAWSER_TIMER_T4};
    assoc->timers[timer] = HAWSER_NEVER;
    trace_timer(assoc, names[timer], 0);
    switch (timer) {
    case HW_T1:
        hw_t1_expired(assoc);
        break;
    case HW_T2:
        hw_t2_expired(assoc);
        break;
    case HW_T5: /* 9.2 */
        hw_assoc_abort(assoc, HAWSER_END_GUARD, 0, (struct hawser_span){NULL, 0});
        break;
    case HW_RECONFIG_TIMER:
        hw_reconfig_expired(assoc);
        break;
    case HW_T4:
        hw_t4_expired(assoc);
        break;
    default:
        hw_received_timer(&assoc->receive);
        break;
    }
}

void hw_assoc_timers(struct hw_assoc *assoc) {
    hawser *stack = assoc->stack;
    for (unsigned i = 0; i < HW_TIMER_COUNT && !hw_assoc_over(assoc); i++)
        if (assoc->timers[i] <= stack->now)
            fire(assoc, (enum hw_timer)i);
    for (unsigned i = 0; i < assoc->path_count && !hw_assoc_over(assoc); i++) {
        struct hw_path *path = assoc->paths[i];
        if (path->t3 <= stack->now) {
            path->t3 = HAWSER_NEVER;
            trace_timer(assoc, HAWSER_TIMER_T3, path->number);
            hw_t3_expired(path);
        }
        if (!hw_assoc_over(assoc) && path->hb_at <= stack->now) {
            trace_timer(assoc, HAWSER_TIMER_HEARTBEAT, path->number);
            hw_heartbeat_due(path);
        }
        if (!hw_assoc_over(assoc) && path->pmtu.at <= stack->now) {
            trace_timer(assoc, HAWSER_TIMER_MTU, path->number);
            hw_pmtu_due(path);
        }
    }
    if (hw_assoc_over(assoc))
        return;
    hawser_time time = earliest(assoc);
    if (time == HAWSER_NEVER)
        hw_heap_remove(&stack->deadlines, &assoc->deadline);
    else
        hw_heap_set(&stack->deadlines, &assoc->deadline, time);
    hw_assoc_touch(assoc);
    hw_assoc_faults(assoc);
}
