/* SPDX-License-Identifier: MIT
 *
 * Our own requests for reconfiguration (RFC 6525 5.1) and what the peer's responses do (5.2.7). One is under way at a time: it
 * waits until what it is about is acknowledged, is sent, and repeated until it is answered. Nothing changes before the peer says
 * so: a request that fails has nothing to take back.
 */
#include "core/assoc.h"

/* ---- what a request is about ----------------------------------------------------------------------------------- */

static bool outcome_names(const struct hw_outcome *outcome, uint16_t stream) {
    for (uint32_t i = 0; i < outcome->stream_count; i++)
        if (outcome->streams[i] == stream)
            return true;
    return outcome->stream_count == 0;
}

bool hw_reconfig_holds(const struct hw_assoc *assoc, uint16_t stream) {
    const struct hw_reconfig *r = &assoc->reconfig;
    if (r->waiting.type == HW_PARAM_ASSOCIATION_RESET)
        return true;
    for (unsigned i = 0; r->stage != HW_RECONFIG_IDLE && i < 2; i++) {
        const struct hw_request *request = &r->requests[i];
        if (request->outcome && (request->type == HW_PARAM_ASSOCIATION_RESET ||
                                 (request->type == HW_PARAM_OUTGOING_RESET && outcome_names(request->outcome, stream))))
            return true;
    }
    return false;
}

static bool resets_association(const struct hw_reconfig *r) {
    return r->stage != HW_RECONFIG_IDLE && r->requests[0].type == HW_PARAM_ASSOCIATION_RESET;
}

bool hw_reconfig_renumbers(const struct hw_assoc *assoc) {
    const struct hw_reconfig *r = &assoc->reconfig;
    return resets_association(r) || (r->reset_at && assoc->stack->now - r->reset_at < 2 * HW_SEGMENT_LIFE);
}

/* Nothing of the streams is queued or in flight any more; nothing new comes, so none is looked at twice. */
static bool streams_drained(struct hw_assoc *assoc, const struct hw_outcome *outcome) {
    struct hw_reconfig *r = &assoc->reconfig;
    if (outcome->stream_count == 0)
        return assoc->send.message_count == 0;
    for (; r->drained < outcome->stream_count; r->drained++) {
        const struct hw_outstream *stream = hw_sparse_get(&assoc->send.streams, outcome->streams[r->drained]);
        if (stream && stream->messages)
            return false;
    }
    return true;
}

static bool drained(struct hw_assoc *assoc) {
    struct hw_reconfig *r = &assoc->reconfig;
    if (resets_association(r)) /* C2 */
        return hw_send_idle(assoc);
    for (unsigned i = 0; i < 2; i++)
        if (r->requests[i].outcome && r->requests[i].type == HW_PARAM_OUTGOING_RESET &&
            !streams_drained(assoc, r->requests[i].outcome))
            return false;
    if (!r->emptied) {
        r->emptied = true;
        r->last_tsn = assoc->send.next_tsn - 1;
    }
    /* A FORWARD TSN may name SSNs until the peer has acknowledged it: none may do so when they begin anew. */
    return assoc->send.abandoned.count == 0 || hw_tsn_at_most(r->last_tsn, assoc->send.cum_tsn);
}

/* ---- on the wire ----------------------------------------------------------------------------------------------- */

static struct hw_path *usable_path(struct hw_assoc *assoc, uint8_t index) {
    struct hw_path *path = index < assoc->path_count ? assoc->paths[index] : NULL;
    return path && hw_path_usable(path) ? path : hw_path_for_data(assoc);
}

struct hw_path *hw_reconfig_path(struct hw_assoc *assoc) {
    bool answer = assoc->owed & HW_OWE_RECONFIG_ANSWER;
    return usable_path(assoc, answer ? assoc->reconfig.reply_path : assoc->reconfig.path);
}

static struct hw_reconfig_param request_param(const struct hw_reconfig *r, const struct hw_request *request) {
    return (struct hw_reconfig_param){.type = request->type,
                                      .number = request->number,
                                      .added = request->added,
                                      .response_number = r->response_number,
                                      .last_tsn = r->last_tsn,
                                      .stream_count = request->outcome ? request->outcome->stream_count : 0};
}

static struct hw_reconfig_param answer_param(const struct hw_reconfig_answer *answer) {
    return (struct hw_reconfig_param){.type = HW_PARAM_RECONFIG_RESPONSE,
                                      .number = answer->number,
                                      .result = answer->result,
                                      .sender_tsn = answer->sender_tsn,
                                      .receiver_tsn = answer->receiver_tsn,
                                      .has_tsns = answer->type == HW_PARAM_ASSOCIATION_RESET &&
                                                  answer->result == HW_RECONFIG_PERFORMED};
}

/* A RE-CONFIG chunk being put together: at most two parameters (3.1). */
struct draft {
    struct hw_reconfig_param params[2];
    const uint16_t *streams[2];
    unsigned count;
    size_t size;
};

static void draft_add(struct draft *draft, struct hw_reconfig_param param, const uint16_t *streams) {
    if (!draft->count)
        draft->size = HW_TLV_SIZE;
    draft->size += hw_reconfig_size(&param);
    draft->params[draft->count] = param;
    draft->streams[draft->count++] = streams;
}

/* False: it does not fit. */
static bool draft_write(struct hw_assoc *assoc, const struct draft *draft, struct hw_writer *writer) {
    if (hw_writer_room(writer) < draft->size)
        return false;
    uint8_t *chunk = hw_write_chunk_begin(writer, HW_RE_CONFIG, 0);
    for (unsigned i = 0; i < draft->count; i++)
        hw_reconfig_write(writer, &draft->params[i], draft->streams[i]);
    hw_write_end(writer, chunk);
    HW_COUNT_OF(assoc, OutCtrlChunks);
    return true;
}

/* The first number that the peer has missed. */
static uint32_t missed_number(const struct hw_reconfig *r) { return r->requests[0].number - r->unsure; }

static struct draft draft_requests(const struct hw_reconfig *r) {
    struct draft draft = {.count = 0};
    if (r->filling) { /* for no streams: every peer answers it (5.2.5) and nothing is done */
        draft_add(&draft, (struct hw_reconfig_param){.type = HW_PARAM_ADD_OUTGOING, .number = missed_number(r)}, NULL);
        return draft;
    }
    for (unsigned i = 0; i < 2; i++) {
        const struct hw_request *request = &r->requests[i];
        if (request->outcome || request->again)
            draft_add(&draft, request_param(r, request), request->outcome ? request->outcome->streams : NULL);
    }
    return draft;
}

static void fail(struct hw_assoc *assoc);

/* Our SSN/TSN reset is told once more. If answers to what was told before cannot come any more, "In progress" will speak of
 * now: all that has come is of the old numbering. */
static void told_again(struct hw_assoc *assoc) {
    struct hw_reconfig *r = &assoc->reconfig;
    const struct hw_hold *hold = &assoc->receive.hold;
    uint32_t highest = hw_received_highest(&assoc->receive);
    if (!hold->all || assoc->stack->now - r->told_at < r->patience)
        return;
    r->told_tsn = hw_tsn_before(highest, hold->given_up) ? hold->given_up : highest;
    r->told_at = assoc->stack->now;
    r->patience = usable_path(assoc, r->path)->rto;
}

void hw_reconfig_write_owed(struct hw_assoc *assoc, struct hw_path *path, struct hw_writer *writer) {
    struct hw_reconfig *r = &assoc->reconfig;
    struct draft answers = {.count = 0}, requests = {.count = 0};
    if ((assoc->owed & HW_OWE_RECONFIG_ANSWER) && usable_path(assoc, r->reply_path) == path)
        for (unsigned i = 0; i < r->owed_count; i++)
            draft_add(&answers, answer_param(&r->owed[i]), NULL);
    if ((assoc->owed & HW_OWE_RECONFIG_REQUEST) && usable_path(assoc, r->path) == path)
        requests = draft_requests(r);
    if (answers.count == 1 && requests.count == 1 && requests.params[0].type == HW_PARAM_OUTGOING_RESET) {
        struct draft both = answers; /* 5.2.1: what is returned goes in one chunk, where 3.1 allows it */
        draft_add(&both, requests.params[0], requests.streams[0]);
        if (draft_write(assoc, &both, writer)) {
            assoc->owed &= ~(uint32_t)(HW_OWE_RECONFIG_ANSWER | HW_OWE_RECONFIG_REQUEST);
            r->owed_count = 0;
            return;
        }
    }
    if (answers.count && draft_write(assoc, &answers, writer)) {
        assoc->owed &= ~(uint32_t)HW_OWE_RECONFIG_ANSWER;
        r->owed_count = 0;
    }
    if (!requests.count)
        return;
    bool alone = hw_writer_size(writer) == HW_HEADER_SIZE;
    if (draft_write(assoc, &requests, writer)) {
        assoc->owed &= ~(uint32_t)HW_OWE_RECONFIG_REQUEST;
        told_again(assoc);
    } else if (alone) { /* the path has become too small for it; the peer may never hear its numbers */
        r->unsure += requests.count;
        fail(assoc);
    }
}

/* ---- from wish to outcome -------------------------------------------------------------------------------------- */

static void timer_start(struct hw_assoc *assoc) {
    assoc->timers[HW_RECONFIG_TIMER] = assoc->stack->now + assoc->reconfig.interval;
}

static void transmit(struct hw_assoc *assoc) {
    struct hw_reconfig *r = &assoc->reconfig;
    struct hw_path *path = hw_path_for_data(assoc);
    r->stage = HW_RECONFIG_SENT;
    for (unsigned i = 0; i < 2; i++)
        if (r->requests[i].outcome) {
            r->requests[i].number = r->next_number++; /* A2, B1, C1 */
            HW_COUNT_OF(assoc, OutReconfigs);
        }
    r->last_tsn = assoc->send.next_tsn - 1; /* A3 */
    if (!r->for_peer)
        r->response_number = r->expected - 1; /* A4 */
    if (resets_association(r)) { /* H5: what comes now may be numbered by what we do not know yet */
        assoc->receive.hold.all = true;
        assoc->receive.hold.upto = assoc->receive.hold.given_up = hw_received_highest(&assoc->receive);
        assoc->receive.hold.ask = false;
        r->told_tsn = assoc->receive.hold.upto;
    }
    r->path = path->index;
    r->interval = r->patience = path->rto;
    r->told_at = assoc->stack->now;
    r->in_progress = false;
    assoc->owed |= HW_OWE_RECONFIG_REQUEST;
    timer_start(assoc);
    hw_assoc_touch(assoc);
}

/* The slot is free: senders that had to wait may go on. */
static void finish(struct hw_assoc *assoc) {
    struct hw_reconfig *r = &assoc->reconfig;
    r->stage = HW_RECONFIG_IDLE;
    r->for_peer = r->filling = r->filled = false;
    memset(r->requests, 0, sizeof r->requests);
    assoc->timers[HW_RECONFIG_TIMER] = HAWSER_NEVER;
    assoc->owed &= ~(uint32_t)HW_OWE_RECONFIG_REQUEST;
    if (r->refused && !hw_assoc_over(assoc)) {
        r->refused = false;
        hw_object_ready(assoc->stack, &assoc->object, HAWSER_WRITABLE);
    }
}

static void release(struct hw_assoc *assoc) {
    if (!assoc->receive.hold.all)
        return;
    hw_receive_unhold(&assoc->receive);
    hw_inbox_check(assoc);
}

void hw_reconfig_release(struct hw_assoc *assoc) {
    if (!assoc->receive.hold.all)
        return;
    hw_receive_release_by_tsn(&assoc->receive);
    release(assoc);
}

void hw_reconfig_ask(struct hw_assoc *assoc) {
    struct hw_reconfig *r = &assoc->reconfig;
    if (r->stage != HW_RECONFIG_SENT || !resets_association(r)) { /* closing: nobody says it any more */
        hw_receive_release_by_tsn(&assoc->receive);
        hw_inbox_check(assoc);
        return;
    }
    hawser_time at = r->told_at + r->patience; /* not before, lest late answers be taken for the one to this */
    if (assoc->timers[HW_RECONFIG_TIMER] > at)
        assoc->timers[HW_RECONFIG_TIMER] = at;
}

/* The peer has not performed our SSN/TSN reset: what had come before it was told is of the old numbering. */
static void still_in_progress(struct hw_assoc *assoc) {
    struct hw_hold *hold = &assoc->receive.hold;
    if (!hold->all)
        return;
    hold->ask = false;
    hold->upto = assoc->reconfig.told_tsn;
    hw_receive_release(&assoc->receive, hold->upto + 1);
    hw_inbox_check(assoc);
}

/* All that is under way has failed. */
static void fail(struct hw_assoc *assoc) {
    struct hw_reconfig *r = &assoc->reconfig;
    if (r->stage == HW_RECONFIG_IDLE)
        return;
    bool held = r->stage == HW_RECONFIG_SENT && resets_association(r);
    if (r->for_peer)
        hw_reconfig_keep_result(r, r->response_number, HW_RECONFIG_DENIED);
    for (unsigned i = 0; i < 2; i++)
        if (r->requests[i].outcome)
            hw_outcome_raise(assoc, r->requests[i].outcome, HAWSER_ITEM_FAILED);
    finish(assoc);
    if (held && (assoc->state == HAWSER_SHUTDOWN_RECEIVED || assoc->state == HAWSER_SHUTDOWN_ACK_SENT))
        hw_reconfig_release(assoc); /* all that the peer has sent is here */
    else if (held && assoc->state != HAWSER_SHUTDOWN_SENT) /* there more of either numbering may come: the end will tell */
        release(assoc);
}

void hw_reconfig_request(struct hw_assoc *assoc, const struct hw_request *request) {
    struct hw_reconfig *r = &assoc->reconfig;
    r->stage = HW_RECONFIG_DRAINING;
    r->for_peer = true;
    r->emptied = false;
    r->drained = 0;
    r->response_number = request->number;
    r->requests[0] = *request;
}

static void drop_all(struct hw_assoc *assoc) {
    struct hw_reconfig *r = &assoc->reconfig;
    for (unsigned i = 0; i < 2; i++)
        hw_outcome_drop(assoc, r->requests[i].outcome);
    hw_outcome_drop(assoc, r->deferred);
    hw_outcome_drop(assoc, r->waiting.outcome);
    r->deferred = NULL;
    memset(&r->waiting, 0, sizeof r->waiting);
    r->owed_count = 0;
    assoc->owed &= ~(uint32_t)HW_OWE_RECONFIG_ANSWER;
    finish(assoc);
}

void hw_reconfig_free(struct hw_assoc *assoc) { drop_all(assoc); }

void hw_reconfig_give_up(struct hw_assoc *assoc) {
    fail(assoc);
    hw_receive_await_no_more(&assoc->receive);
    drop_all(assoc);
}

void hw_reconfig_start(struct hw_assoc *assoc) {
    struct hw_reconfig *r = &assoc->reconfig;
    hw_reconfig_give_up(assoc);
    r->next_number = assoc->setup.initial_tsn; /* 4.1 */
    r->expected = assoc->receive.cum_tsn + 1;
    r->last_count = 0;
    r->unsure = 0;
    r->reset_at = 0;
}

/* ---- timer (5.1.1) --------------------------------------------------------------------------------------------- */

void hw_reconfig_expired(struct hw_assoc *assoc) {
    struct hw_reconfig *r = &assoc->reconfig;
    struct hw_path *path = usable_path(assoc, r->path);
    if (r->stage != HW_RECONFIG_SENT)
        return;
    HW_COUNT_OF(assoc, ReconfigTimeouts);
    if (assoc->state == HAWSER_SHUTDOWN_RECEIVED) { /* peers in SHUTDOWN-SENT answer no more: no path is at fault */
        fail(assoc);
        return;
    }
    hawser_time most = (hawser_time)hw_setting(assoc, HAWSER_SET_RTO_MAX);
    r->interval = 2 * r->interval < most ? 2 * r->interval : most;
    if (!r->in_progress) { /* H2: who is at work is not at fault */
        hw_path_back_off(path);
        if (hw_path_error(path, true))
            return;
        r->path = hw_path_alternate(assoc, path)->index;
    }
    r->in_progress = false;
    assoc->owed |= HW_OWE_RECONFIG_REQUEST;
    timer_start(assoc);
}

/* ---- responses (5.2.7) ----------------------------------------------------------------------------------------- */

void hw_reconfig_renumber(struct hw_assoc *assoc, uint32_t local) {
    struct hw_send *send = &assoc->send;
    hw_send_anew(assoc, local, send->told_rwnd, send->stream_count);
    assoc->reconfig.reset_at = assoc->stack->now ? assoc->stack->now : 1;
}

/* H5. What was held and comes before the peer's new numbers is still of the old ones. */
static void association_reset(struct hw_assoc *assoc, const struct hw_reconfig_param *response, struct hw_outcome *outcome) {
    struct hw_receive *receive = &assoc->receive;
    hw_receive_release(receive, response->sender_tsn);
    if (hw_tsn_before(receive->cum_tsn, response->sender_tsn - 1)) { /* the peer gives up what we miss */
        receive->hold.all = false; /* what is held came behind that, and comes again */
        hw_receive_start(receive, response->sender_tsn, assoc->streams_in);
    } else
        hw_receive_reset(receive, NULL, 0);
    hw_reconfig_renumber(assoc, response->receiver_tsn);
    outcome->local_tsn = response->receiver_tsn;
    outcome->peer_tsn = response->sender_tsn;
    hw_outcome_raise(assoc, outcome, 0);
    release(assoc);
}

static void succeeded(struct hw_assoc *assoc, const struct hw_request *request, const struct hw_reconfig_param *response) {
    struct hw_outcome *outcome = request->outcome;
    switch (request->type) {
    case HW_PARAM_OUTGOING_RESET: /* H4 */
        hw_send_reset(&assoc->send, outcome->streams, outcome->stream_count);
        hw_outcome_raise(assoc, outcome, 0);
        break;
    case HW_PARAM_ASSOCIATION_RESET:
        association_reset(assoc, response, outcome);
        break;
    case HW_PARAM_ADD_OUTGOING: /* H6 */
        assoc->send.stream_count = (uint16_t)(assoc->send.stream_count + request->added);
        hw_outcome_raise(assoc, outcome, 0);
        break;
    default: /* Incoming SSN Reset, Add Incoming Streams: the peer's own request tells of it, if there is one */
        if (response->result == HW_RECONFIG_NOTHING_TO_DO)
            hw_outcome_raise(assoc, outcome, HAWSER_ITEM_NOTHING);
        else
            hw_outcome_drop(assoc, outcome);
        break;
    }
}

static void refused(struct hw_assoc *assoc, const struct hw_request *request, uint32_t result) {
    hw_outcome_raise(assoc, request->outcome, result == HW_RECONFIG_DENIED ? HAWSER_ITEM_DENIED : HAWSER_ITEM_FAILED);
    if (request->type == HW_PARAM_ASSOCIATION_RESET)
        release(assoc);
}

static void spoke(struct hw_assoc *assoc) {
    hw_path_alive(usable_path(assoc, assoc->reconfig.path));
    if (hw_flight_count(&assoc->send) == 0)
        assoc->error_count = 0;
}

static void send_again(struct hw_assoc *assoc) {
    assoc->owed |= HW_OWE_RECONFIG_REQUEST;
    timer_start(assoc);
    hw_assoc_touch(assoc);
}

/* The peer refuses our number because it misses one before it that was taken for answered: that goes first. Once it has them all
 * such an answer is an old one. False: it misses none, so it is an answer. */
static bool misses_number(struct hw_assoc *assoc) {
    struct hw_reconfig *r = &assoc->reconfig;
    if (r->filling || r->filled)
        return true;
    if (!r->unsure)
        return false;
    spoke(assoc);
    r->filling = true;
    send_again(assoc);
    return true;
}

static void number_filled(struct hw_assoc *assoc, uint32_t result) {
    struct hw_reconfig *r = &assoc->reconfig;
    if (result == HW_RECONFIG_BAD_NUMBER)
        return;
    spoke(assoc);
    if (result != HW_RECONFIG_IN_PROGRESS && --r->unsure == 0) {
        r->filling = false;
        r->filled = true;
    }
    if (result != HW_RECONFIG_IN_PROGRESS)
        send_again(assoc);
}

/* The peer has judged a number, so it misses none before that, be it because an old copy came late: no gap is to be filled. */
static void numbers_came(struct hw_reconfig *r) {
    r->unsure = 0;
    r->filled |= r->filling;
    r->filling = false;
}

/* One of two has its answer: the other goes on, or it is over. */
static void conclude_request(struct hw_assoc *assoc, unsigned i, const struct hw_reconfig_param *response) {
    struct hw_reconfig *r = &assoc->reconfig;
    struct hw_request request = r->requests[i];
    bool success = response->result <= HW_RECONFIG_PERFORMED;
    if (r->for_peer)
        hw_reconfig_keep_result(r, r->response_number, success ? HW_RECONFIG_PERFORMED : HW_RECONFIG_DENIED);
    r->requests[i].outcome = NULL;
    r->requests[i].again = false;
    if (!r->requests[1 - i].outcome)
        finish(assoc);
    if (!request.outcome)
        return;
    if (success)
        succeeded(assoc, &request, response);
    else
        refused(assoc, &request, response->result);
}

void hw_reconfig_answered(struct hw_assoc *assoc, const struct hw_reconfig_param *response) {
    struct hw_reconfig *r = &assoc->reconfig;
    unsigned i = 0;
    if (r->stage == HW_RECONFIG_SENT && r->filling && response->number == missed_number(r)) {
        number_filled(assoc, response->result);
        return;
    }
    while (i < 2 && !((r->requests[i].outcome || r->requests[i].again) && r->requests[i].number == response->number))
        i++;
    if (r->stage != HW_RECONFIG_SENT || i == 2)
        return; /* H1 */
    if (response->result == HW_RECONFIG_BAD_NUMBER && misses_number(assoc))
        return;
    numbers_came(r);
    spoke(assoc);
    if (response->result == HW_RECONFIG_IN_PROGRESS) { /* H2 */
        r->in_progress = true;
        still_in_progress(assoc);
        assoc->owed &= ~(uint32_t)HW_OWE_RECONFIG_REQUEST;
        timer_start(assoc);
        return;
    }
    if (response->result <= HW_RECONFIG_PERFORMED && r->requests[i].type == HW_PARAM_ASSOCIATION_RESET && !response->has_tsns) {
        static const char text[] = "a response to an SSN/TSN Reset Request lacks the TSNs";
        hw_assoc_abort(assoc, HAWSER_END_VIOLATION, HW_CAUSE_PROTOCOL_VIOLATION,
                       (struct hawser_span){(const uint8_t *)text, sizeof text - 1});
        return;
    }
    conclude_request(assoc, i, response);
}

/* An Outgoing SSN Reset names our number: the peer has seen it. But it may have added streams because it wanted as many at that
 * very moment, while our packet was lost. Until it has seen our number it takes no later one. */
void hw_reconfig_answered_by_request(struct hw_assoc *assoc, const struct hw_request *ours, uint32_t result) {
    struct hw_reconfig *r = &assoc->reconfig;
    struct hw_reconfig_param response = {.type = HW_PARAM_RECONFIG_RESPONSE, .number = ours->number, .result = result};
    unsigned i = ours == &r->requests[1];
    bool seen = ours->type == HW_PARAM_INCOMING_RESET, other = r->requests[1 - i].outcome != NULL;
    spoke(assoc);
    conclude_request(assoc, i, &response);
    if (seen)
        numbers_came(r);
    else if (other)
        r->requests[i].again = true;
    else
        r->unsure++;
}

/* ---- the user's wishes ----------------------------------------------------------------------------------------- */

static int may_ask(hawser *stack, hawser_id id, struct hw_assoc **assoc) {
    *assoc = hw_assoc_find(stack, id);
    if (!*assoc)
        return HAWSER_ERR_GONE;
    if ((*assoc)->state != HAWSER_ESTABLISHED || (*assoc)->closing)
        return HAWSER_ERR_STATE;
    if (!((*assoc)->extensions & HW_EXT_RECONFIG)) /* 5.1.1 */
        return HAWSER_ERR_UNSUPPORTED;
    if ((*assoc)->reconfig.stage != HW_RECONFIG_IDLE || (*assoc)->reconfig.waiting.type)
        return HAWSER_ERR_BUSY;
    return (*assoc)->inbox.outcome_count + 2 > HW_OUTCOMES_MAX ? HAWSER_ERR_LIMIT : 0;
}

/* Bytes of the smallest packet behind the common header and an AUTH. */
static size_t chunk_max(const struct hw_assoc *assoc) {
    size_t most = UINT16_MAX, taken = HW_HEADER_SIZE + hw_auth_reserve(assoc);
    for (unsigned i = 0; i < assoc->path_count; i++)
        if (hw_path_packet_max(assoc->paths[i]) - taken < most)
            most = hw_path_packet_max(assoc->paths[i]) - taken;
    return most;
}

bool hw_reconfig_fits(const struct hw_assoc *assoc, uint32_t stream_count, uint32_t directions) {
    size_t size = HW_TLV_SIZE;
    if (directions & HAWSER_RESET_OUTGOING)
        size += hw_pad4(HW_OUTGOING_RESET_SIZE + 2 * (size_t)stream_count);
    if (directions & HAWSER_RESET_INCOMING)
        size += hw_pad4(HW_INCOMING_RESET_SIZE + 2 * (size_t)stream_count);
    return size <= chunk_max(assoc);
}

static int check_streams(const struct hw_assoc *assoc, uint32_t directions, const uint16_t *streams, size_t count) {
    bool outgoing = directions & HAWSER_RESET_OUTGOING, incoming = directions & HAWSER_RESET_INCOMING;
    if (count > UINT16_MAX || !hw_reconfig_fits(assoc, (uint32_t)count, directions))
        return HAWSER_ERR_TOO_BIG;
    for (size_t i = 0; i < count; i++) {
        if ((outgoing && streams[i] >= assoc->send.stream_count) || (incoming && streams[i] >= assoc->streams_in))
            return HAWSER_ERR_STREAM;
        if (outgoing && hw_sendq_open(&assoc->send, streams[i]))
            return HAWSER_ERR_UNFINISHED;
    }
    return outgoing && count == 0 && assoc->send.open_count ? HAWSER_ERR_UNFINISHED : 0;
}

/* One more parameter of our next request; false: no memory, and there is no request. */
static bool ask(struct hw_assoc *assoc, uint16_t type, uint16_t added, const uint16_t *streams, size_t count) {
    struct hw_reconfig *r = &assoc->reconfig;
    bool reset = type == HW_PARAM_OUTGOING_RESET || type == HW_PARAM_INCOMING_RESET;
    bool incoming = type == HW_PARAM_INCOMING_RESET || type == HW_PARAM_ADD_INCOMING;
    uint32_t item = reset ? HAWSER_STREAMS_RESET
                          : type == HW_PARAM_ASSOCIATION_RESET ? HAWSER_ASSOCIATION_RESET : HAWSER_STREAMS_CHANGED;
    uint32_t flags = type == HW_PARAM_ASSOCIATION_RESET ? 0 : incoming ? HAWSER_ITEM_INCOMING : HAWSER_ITEM_OUTGOING;
    struct hw_outcome *outcome = hw_outcome_make(assoc, item, flags, (uint32_t)count);
    if (!outcome) {
        hw_outcome_drop(assoc, r->requests[0].outcome);
        memset(r->requests, 0, sizeof r->requests);
        return false;
    }
    for (size_t i = 0; i < count; i++)
        outcome->streams[i] = streams[i];
    r->requests[r->requests[0].outcome != NULL] = (struct hw_request){.outcome = outcome, .type = type, .added = added};
    return true;
}

static int begin_request(struct hw_assoc *assoc, bool asked) {
    if (!asked)
        return HAWSER_ERR_NO_MEMORY;
    assoc->reconfig.stage = HW_RECONFIG_DRAINING;
    assoc->reconfig.emptied = false;
    assoc->reconfig.drained = 0;
    hw_reconfig_progress(assoc);
    return 0;
}

int hawser_reset_streams(hawser *stack, hawser_time now, hawser_id id, uint32_t directions, const uint16_t *streams,
                         size_t stream_count) {
    struct hw_assoc *assoc;
    hw_now(stack, now);
    int error = may_ask(stack, id, &assoc);
    if (error)
        return error;
    if (!directions || (directions & ~(HAWSER_RESET_OUTGOING | HAWSER_RESET_INCOMING)) || (stream_count && !streams))
        return HAWSER_ERR_ARGUMENT;
    error = check_streams(assoc, directions, streams, stream_count);
    if (error)
        return error;
    bool asked = true;
    if (directions & HAWSER_RESET_OUTGOING)
        asked = ask(assoc, HW_PARAM_OUTGOING_RESET, 0, streams, stream_count);
    if (asked && (directions & HAWSER_RESET_INCOMING))
        asked = ask(assoc, HW_PARAM_INCOMING_RESET, 0, streams, stream_count);
    return begin_request(assoc, asked);
}

int hawser_reset_association(hawser *stack, hawser_time now, hawser_id id) {
    struct hw_assoc *assoc;
    hw_now(stack, now);
    int error = may_ask(stack, id, &assoc);
    if (error)
        return error;
    if (assoc->reconfig.reset_at && stack->now - assoc->reconfig.reset_at < HW_SEGMENT_LIFE)
        return HAWSER_ERR_BUSY; /* 5.1.4 */
    if (assoc->send.open_count)
        return HAWSER_ERR_UNFINISHED;
    return begin_request(assoc, ask(assoc, HW_PARAM_ASSOCIATION_RESET, 0, NULL, 0));
}

int hawser_add_streams(hawser *stack, hawser_time now, hawser_id id, uint16_t outgoing, uint16_t incoming) {
    struct hw_assoc *assoc;
    hw_now(stack, now);
    int error = may_ask(stack, id, &assoc);
    if (error)
        return error;
    if (!outgoing && !incoming)
        return HAWSER_ERR_ARGUMENT;
    if (outgoing > UINT16_MAX - assoc->send.stream_count ||
        assoc->streams_in + incoming > hw_setting(assoc, HAWSER_SET_STREAMS_IN_MAX))
        return HAWSER_ERR_RANGE;
    bool asked = true;
    if (outgoing)
        asked = ask(assoc, HW_PARAM_ADD_OUTGOING, outgoing, NULL, 0);
    if (asked && incoming)
        asked = ask(assoc, HW_PARAM_ADD_INCOMING, incoming, NULL, 0);
    return begin_request(assoc, asked);
}

/* Called by hw_reconfig_go_on (reconfig_peer.c). */
void hw_reconfig_send_drained(struct hw_assoc *assoc) {
    if (assoc->reconfig.stage == HW_RECONFIG_DRAINING && hw_assoc_sends_data(assoc) && drained(assoc))
        transmit(assoc);
}
