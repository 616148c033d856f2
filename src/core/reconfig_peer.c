/* SPDX-License-Identifier: MIT
 *
 * The peer's requests for reconfiguration (RFC 6525 5.2). Each is judged once, performed whole or not at all, and its answer
 * kept for when it is asked for again. What cannot be done yet is answered with "In progress" and done as soon as it can be,
 * whether or not the peer asks again.
 */
#include "core/assoc.h"

#define LATER 100u /* not now, and nothing of it is kept: "In progress", and the peer repeats it */

static bool successful(uint32_t result) { return result <= HW_RECONFIG_PERFORMED; }

/* ---- answers --------------------------------------------------------------------------------------------------- */

static void owe_answer(struct hw_assoc *assoc, const struct hw_reconfig_answer *answer) {
    struct hw_reconfig *r = &assoc->reconfig;
    unsigned i = 0;
    while (i < r->owed_count && r->owed[i].number != answer->number)
        i++;
    if (i == 2) { /* the peer asks again for what is lost here */
        r->owed[0] = r->owed[1];
        i = 1;
    }
    r->owed[i] = *answer;
    r->owed_count = i < r->owed_count ? r->owed_count : i + 1;
    assoc->owed |= HW_OWE_RECONFIG_ANSWER;
}

/* The answer to one of the peer's last requests, or NULL. */
static struct hw_reconfig_answer *find_answer(struct hw_reconfig *r, uint32_t number) {
    for (unsigned i = 0; i < r->last_count; i++)
        if (r->last[i].number == number)
            return &r->last[i];
    return NULL;
}

static void keep_answer(struct hw_reconfig *r, const struct hw_reconfig_answer *answer) {
    if (r->last_count == 2)
        r->last[0] = r->last[1];
    else
        r->last_count++;
    r->last[r->last_count - 1] = *answer;
}

/* What our own request for the peer has come to, if the peer asks again. */
void hw_reconfig_keep_result(struct hw_reconfig *r, uint32_t number, uint32_t result) {
    struct hw_reconfig_answer *answer = find_answer(r, number);
    if (answer)
        answer->result = result;
}

/* What was in progress has an end. */
static void settle_request(struct hw_assoc *assoc, uint32_t number, uint32_t result) {
    struct hw_reconfig_answer *answer = find_answer(&assoc->reconfig, number);
    if (!answer)
        return;
    answer->result = result;
    owe_answer(assoc, answer);
    hw_assoc_touch(assoc);
}

/* ---- judging --------------------------------------------------------------------------------------------------- */

static bool granted(const struct hw_assoc *assoc, uint16_t type) {
    int64_t allowed = hw_setting(assoc, HAWSER_SET_RECONFIGURATION_ALLOWED);
    bool established = assoc->state == HAWSER_ESTABLISHED && !assoc->closing;
    switch (type) {
    case HW_PARAM_OUTGOING_RESET: return (allowed & HAWSER_ALLOW_STREAM_RESET) && assoc->state != HAWSER_SHUTDOWN_RECEIVED;
    case HW_PARAM_INCOMING_RESET: return (allowed & HAWSER_ALLOW_STREAM_RESET) && established;
    case HW_PARAM_ASSOCIATION_RESET: return (allowed & HAWSER_ALLOW_ASSOCIATION_RESET) && established;
    default: return (allowed & HAWSER_ALLOW_ADDED_STREAMS) && established;
    }
}

static bool all_below(const struct hw_reconfig_param *param, uint16_t bound) {
    for (uint32_t i = 0; i < param->stream_count; i++)
        if (hw_reconfig_stream(param, i) >= bound)
            return false;
    return true;
}

static struct hw_outcome *outcome_from(struct hw_assoc *assoc, uint32_t type, uint32_t flags,
                                       const struct hw_reconfig_param *param) {
    struct hw_outcome *outcome = hw_outcome_make(assoc, type, flags, param->stream_count);
    for (uint32_t i = 0; outcome && i < param->stream_count; i++)
        outcome->streams[i] = hw_reconfig_stream(param, i);
    return outcome;
}

/* Our own request is one that only a request of the peer can end: were the peer's to wait for ours, both would for ever. */
static bool we_wait_for_peer(const struct hw_reconfig *r) {
    for (unsigned i = 0; i < 2; i++)
        if (r->requests[i].outcome &&
            (r->requests[i].type == HW_PARAM_INCOMING_RESET || r->requests[i].type == HW_PARAM_ADD_INCOMING))
            return true;
    return false;
}

static struct hw_request *our_request(struct hw_reconfig *r, uint16_t type) {
    for (unsigned i = 0; i < 2; i++)
        if (r->requests[i].outcome && r->requests[i].type == type)
            return &r->requests[i];
    return NULL;
}

/* A request for all streams may have 20 bytes, and has us look at 65,535: some milliseconds pass before the next then. */
#define LOOKS_A_MICROSECOND 16u

static void rest(struct hw_assoc *assoc, bool ours, uint32_t looked) {
    assoc->reconfig.rest_until[ours] = assoc->stack->now + looked / LOOKS_A_MICROSECOND;
}

static bool too_soon(const struct hw_assoc *assoc, bool ours, const struct hw_reconfig_param *param) {
    return param->stream_count == 0 && assoc->stack->now < assoc->reconfig.rest_until[ours];
}

/* ---- Outgoing SSN Reset (5.2.2) -------------------------------------------------------------------------------- */

static bool same_list(const struct hw_outcome *outcome, const struct hw_reconfig_param *param) {
    if (outcome->stream_count != param->stream_count)
        return false;
    for (uint32_t i = 0; i < param->stream_count; i++)
        if (outcome->streams[i] != hw_reconfig_stream(param, i))
            return false;
    return true;
}

/* Our request that the peer's answers (E1, 5.2.6), or NULL. An Outgoing SSN Reset of the peer's own has the number of our last
 * request, too (4.1), but an answer names the same streams; streams that it adds have no number, but there are as many. */
static const struct hw_request *answered_request(struct hw_assoc *assoc, const struct hw_reconfig_param *param) {
    struct hw_reconfig *r = &assoc->reconfig;
    const struct hw_request *ours = NULL;
    bool answers = false;
    if (r->stage != HW_RECONFIG_SENT)
        return NULL;
    if (param->type == HW_PARAM_OUTGOING_RESET) {
        ours = our_request(r, HW_PARAM_INCOMING_RESET);
        answers = ours && ours->number == param->response_number && same_list(ours->outcome, param);
    } else if (param->type == HW_PARAM_ADD_OUTGOING) {
        ours = our_request(r, HW_PARAM_ADD_INCOMING);
        answers = ours && ours->added == param->added;
    }
    return answers ? ours : NULL;
}

static void perform_incoming(struct hw_assoc *assoc, struct hw_outcome *outcome, uint32_t last_tsn) {
    /* What is held back for an SSN/TSN reset of ours and was sent before this one is numbered by neither. */
    hw_receive_release(&assoc->receive, last_tsn + 1);
    uint32_t looked = hw_receive_reset(&assoc->receive, outcome->streams, outcome->stream_count); /* E3 */
    if (outcome->stream_count == 0)
        rest(assoc, false, looked);
    hw_outcome_raise(assoc, outcome, 0);
}

static uint32_t reset_incoming(struct hw_assoc *assoc, const struct hw_reconfig_param *param) {
    struct hw_reconfig *r = &assoc->reconfig;
    if (!all_below(param, assoc->streams_in))
        return HW_RECONFIG_WRONG_SSN;
    if (r->deferred)
        return HW_RECONFIG_ALREADY;
    /* The peer may have performed our SSN/TSN reset before it sent this, or not: what it says of that comes first. */
    if ((r->stage == HW_RECONFIG_SENT && our_request(r, HW_PARAM_ASSOCIATION_RESET)) || too_soon(assoc, false, param))
        return LATER;
    bool wait = hw_tsn_before(assoc->receive.cum_tsn, param->last_tsn);
    const struct hw_request *ours = answered_request(assoc, param);
    struct hw_outcome *outcome = outcome_from(assoc, HAWSER_STREAMS_RESET,
                                              HAWSER_ITEM_INCOMING | (ours ? 0 : HAWSER_ITEM_BY_PEER), param);
    if (!outcome)
        return LATER;
    if (wait && !hw_receive_await(&assoc->receive, param->last_tsn, outcome->streams, outcome->stream_count)) {
        hw_outcome_drop(assoc, outcome);
        return LATER;
    }
    if (ours)
        hw_reconfig_answered_by_request(assoc, ours, HW_RECONFIG_PERFORMED);
    if (!wait) {
        perform_incoming(assoc, outcome, param->last_tsn);
        return HW_RECONFIG_PERFORMED;
    }
    r->deferred = outcome; /* E2 */
    r->deferred_number = param->number;
    r->deferred_tsn = param->last_tsn;
    return HW_RECONFIG_IN_PROGRESS;
}

static void end_deferral(struct hw_assoc *assoc) {
    struct hw_reconfig *r = &assoc->reconfig;
    struct hw_outcome *outcome = r->deferred;
    r->deferred = NULL;
    hw_receive_await_no_more(&assoc->receive);
    perform_incoming(assoc, outcome, r->deferred_tsn);
    settle_request(assoc, r->deferred_number, HW_RECONFIG_PERFORMED); /* E5 */
}

/* ---- Incoming SSN Reset (5.2.3) -------------------------------------------------------------------------------- */

/* All streams that the peer names are in the request that we have just sent. */
static bool overlapped(struct hw_reconfig *r, const struct hw_reconfig_param *param) {
    uint64_t ours[UINT16_MAX / 64 + 1] = {0}; /* a bit for each stream: lists may be long */
    const struct hw_request *request = our_request(r, HW_PARAM_OUTGOING_RESET);
    if (!request || r->stage != HW_RECONFIG_SENT)
        return false;
    if (request->outcome->stream_count == 0)
        return true;
    for (uint32_t i = 0; i < request->outcome->stream_count; i++)
        ours[request->outcome->streams[i] / 64] |= (uint64_t)1 << request->outcome->streams[i] % 64;
    for (uint32_t i = 0; i < param->stream_count; i++) {
        uint16_t stream = hw_reconfig_stream(param, i);
        if (!(ours[stream / 64] >> stream % 64 & 1))
            return false;
    }
    return param->stream_count != 0;
}

/* `looked`: at how many streams, if it is about all of them. */
static bool all_unused(const struct hw_assoc *assoc, const struct hw_reconfig_param *param, uint32_t *looked) {
    const struct hw_sparse *streams = &assoc->send.streams;
    const struct hw_outstream *stream;
    for (uint32_t i = 0; param->stream_count == 0 && (stream = hw_sparse_next(streams, &i)) != NULL; i++, ++*looked)
        if (!hw_outstream_unused(stream))
            return false;
    for (uint32_t i = 0; i < param->stream_count; i++)
        if (!hw_outstream_unused(hw_sparse_get(streams, hw_reconfig_stream(param, i))))
            return false;
    return true;
}

/* What needs a request of ours, or that nothing is in flight: it waits for its turn. */
static uint32_t wait_in_line(struct hw_assoc *assoc, const struct hw_reconfig_param *param, uint32_t item, uint32_t flags) {
    struct hw_outcome *outcome = outcome_from(assoc, item, flags | HAWSER_ITEM_BY_PEER, param);
    if (!outcome)
        return LATER;
    assoc->reconfig.waiting =
        (struct hw_request){.outcome = outcome, .number = param->number, .type = param->type, .added = param->added};
    return HW_RECONFIG_IN_PROGRESS;
}

static uint32_t reset_outgoing(struct hw_assoc *assoc, const struct hw_reconfig_param *param) {
    struct hw_reconfig *r = &assoc->reconfig;
    if (!all_below(param, assoc->send.stream_count))
        return HW_RECONFIG_WRONG_SSN;
    if (too_soon(assoc, true, param))
        return LATER;
    uint32_t looked = 0;
    bool nothing = overlapped(r, param) || all_unused(assoc, param, &looked);
    if (param->stream_count == 0)
        rest(assoc, true, looked);
    if (nothing)
        return HW_RECONFIG_NOTHING_TO_DO;
    if (we_wait_for_peer(r) || r->waiting.type)
        return HW_RECONFIG_ALREADY;
    if (!hw_reconfig_fits(assoc, param->stream_count, HAWSER_RESET_OUTGOING))
        return HW_RECONFIG_DENIED;
    return wait_in_line(assoc, param, HAWSER_STREAMS_RESET, HAWSER_ITEM_OUTGOING);
}

/* ---- SSN/TSN Reset (5.2.4) ------------------------------------------------------------------------------------- */

static uint32_t reset_both(struct hw_assoc *assoc, const struct hw_reconfig_param *param) {
    struct hw_reconfig *r = &assoc->reconfig;
    if (our_request(r, HW_PARAM_ASSOCIATION_RESET) || r->waiting.type || r->deferred)
        return HW_RECONFIG_ALREADY; /* each would choose the other's numbers */
    if (r->reset_at && assoc->stack->now - r->reset_at < HW_SEGMENT_LIFE)
        return HW_RECONFIG_DENIED; /* 5.1.4: packets from before the last one may still come */
    return wait_in_line(assoc, param, HAWSER_ASSOCIATION_RESET, 0);
}

static void perform_both(struct hw_assoc *assoc) {
    struct hw_reconfig *r = &assoc->reconfig;
    struct hw_outcome *outcome = r->waiting.outcome;
    struct hw_reconfig_answer *answer = find_answer(r, r->waiting.number);
    uint32_t receiver_tsn = assoc->receive.cum_tsn + 1 + ((uint32_t)1 << 31); /* G1 */
    uint32_t sender_tsn = assoc->send.next_tsn;                              /* G2 */
    outcome->local_tsn = sender_tsn;
    outcome->peer_tsn = receiver_tsn;
    if (answer) {
        answer->sender_tsn = sender_tsn;
        answer->receiver_tsn = receiver_tsn;
    }
    hw_receive_start(&assoc->receive, receiver_tsn, assoc->streams_in); /* G4, G5 */
    assoc->timers[HW_SACK_TIMER] = HAWSER_NEVER;
    hw_reconfig_renumber(assoc, sender_tsn); /* G3: nothing was in flight; G5 */
    hw_outcome_raise(assoc, outcome, 0);
    settle_request(assoc, r->waiting.number, HW_RECONFIG_PERFORMED);
    memset(&r->waiting, 0, sizeof r->waiting);
    if (r->refused) {
        r->refused = false;
        hw_object_ready(assoc->stack, &assoc->object, HAWSER_WRITABLE);
    }
}

/* ---- Add Outgoing, Add Incoming Streams (5.2.5, 5.2.6) ---------------------------------------------------------- */

static uint32_t add_incoming(struct hw_assoc *assoc, const struct hw_reconfig_param *param) {
    const struct hw_request *ours = answered_request(assoc, param);
    if (!param->added)
        return HW_RECONFIG_NOTHING_TO_DO;
    if (assoc->streams_in + param->added > hw_setting(assoc, HAWSER_SET_STREAMS_IN_MAX))
        return HW_RECONFIG_DENIED;
    struct hw_outcome *outcome = hw_outcome_make(assoc, HAWSER_STREAMS_CHANGED,
                                                 HAWSER_ITEM_INCOMING | (ours ? 0 : HAWSER_ITEM_BY_PEER), 0);
    if (!outcome)
        return LATER;
    if (ours)
        hw_reconfig_answered_by_request(assoc, ours, HW_RECONFIG_PERFORMED);
    assoc->streams_in = (uint16_t)(assoc->streams_in + param->added);
    assoc->receive.stream_count = assoc->streams_in;
    hw_outcome_raise(assoc, outcome, 0);
    return HW_RECONFIG_PERFORMED;
}

static uint32_t add_outgoing(struct hw_assoc *assoc, const struct hw_reconfig_param *param) {
    struct hw_reconfig *r = &assoc->reconfig;
    if (!param->added)
        return HW_RECONFIG_NOTHING_TO_DO;
    if (assoc->send.stream_count + param->added > hw_setting(assoc, HAWSER_SET_STREAMS_OUT_MAX))
        return HW_RECONFIG_DENIED;
    if (we_wait_for_peer(r) || r->waiting.type)
        return HW_RECONFIG_ALREADY;
    return wait_in_line(assoc, param, HAWSER_STREAMS_CHANGED, HAWSER_ITEM_OUTGOING);
}

/* ---- in turn --------------------------------------------------------------------------------------------------- */

/* Our request that answers one of the peer's is under way: that of number response_number. */
static bool answered_by_ours(const struct hw_reconfig *r) { return r->stage == HW_RECONFIG_SENT && r->for_peer; }

/* The peer's wish becomes our request, which answers it. */
static void take_waiting(struct hw_assoc *assoc) {
    struct hw_reconfig *r = &assoc->reconfig;
    struct hw_request request = r->waiting;
    memset(&r->waiting, 0, sizeof r->waiting);
    bool reset = request.type == HW_PARAM_INCOMING_RESET;
    if (!reset && assoc->send.stream_count + request.added > hw_setting(assoc, HAWSER_SET_STREAMS_OUT_MAX)) {
        /* we have added some meanwhile */
        hw_outcome_drop(assoc, request.outcome);
        settle_request(assoc, request.number, HW_RECONFIG_DENIED);
        return;
    }
    request.type = reset ? HW_PARAM_OUTGOING_RESET : HW_PARAM_ADD_OUTGOING;
    hw_reconfig_request(assoc, &request);
}

void hw_reconfig_go_on(struct hw_assoc *assoc) {
    struct hw_reconfig *r = &assoc->reconfig;
    if (assoc->receive.hold.ask)
        hw_reconfig_ask(assoc);
    if (r->deferred && hw_tsn_at_most(r->deferred_tsn, assoc->receive.cum_tsn))
        end_deferral(assoc);
    if (hw_assoc_over(assoc))
        return;
    if (r->waiting.type == HW_PARAM_ASSOCIATION_RESET) {
        if (hw_send_idle(assoc))
            perform_both(assoc);
    } else if (r->waiting.type && r->stage == HW_RECONFIG_IDLE)
        take_waiting(assoc);
    hw_reconfig_send_drained(assoc);
}

/* ---- a chunk comes --------------------------------------------------------------------------------------------- */

static uint32_t judge_request(struct hw_assoc *assoc, const struct hw_reconfig_param *param) {
    if (!granted(assoc, param->type))
        return HW_RECONFIG_DENIED;
    switch (param->type) {
    case HW_PARAM_OUTGOING_RESET: return reset_incoming(assoc, param);
    case HW_PARAM_INCOMING_RESET: return reset_outgoing(assoc, param);
    case HW_PARAM_ASSOCIATION_RESET: return reset_both(assoc, param);
    case HW_PARAM_ADD_OUTGOING: return add_incoming(assoc, param);
    default: return add_outgoing(assoc, param);
    }
}

/* `later`: the one before it in its chunk was put off, so it is, too; true: as this one was. */
static bool take_request(struct hw_assoc *assoc, const struct hw_reconfig_param *param, bool later) {
    struct hw_reconfig *r = &assoc->reconfig;
    HW_COUNT_OF(assoc, InReconfigs);
    if (find_answer(r, param->number))
        return false; /* 5.2.1: the same answer again, below */
    struct hw_reconfig_answer answer = {.number = param->number, .type = param->type};
    bool next = param->number == r->expected;
    answer.result = later ? LATER : next ? judge_request(assoc, param) : HW_RECONFIG_BAD_NUMBER;
    later = answer.result == LATER;
    if (later)
        answer.result = HW_RECONFIG_IN_PROGRESS;
    if (!successful(answer.result) && answer.result != HW_RECONFIG_IN_PROGRESS) {
        const struct hw_request *ours = next ? answered_request(assoc, param) : NULL;
        HW_COUNT_OF(assoc, ReconfigsRefused);
        if (ours) /* there will be no other answer */
            hw_reconfig_answered_by_request(assoc, ours, answer.result);
    }
    if (next && !later) {
        r->expected++;
        keep_answer(r, &answer);
    } else
        owe_answer(assoc, &answer);
    return later;
}

/* The answer as it stands after all of the chunk was processed (E6, F2, G7). */
static void answer_request(struct hw_assoc *assoc, const struct hw_reconfig_param *param) {
    struct hw_reconfig *r = &assoc->reconfig;
    struct hw_reconfig_answer *answer = find_answer(r, param->number);
    if (!answer)
        return;
    if (answered_by_ours(r) && r->response_number == param->number) {
        assoc->owed |= HW_OWE_RECONFIG_REQUEST;
        r->path = r->reply_path;
    } else
        owe_answer(assoc, answer);
}

/* 3.1: what may be in one chunk. */
static bool combination(const struct hw_reconfig_param *params, unsigned count) {
    if (count < 2)
        return count == 1;
    uint16_t first = params[0].type, second = params[1].type;
    return (first == HW_PARAM_OUTGOING_RESET && second == HW_PARAM_INCOMING_RESET) ||
           (first == HW_PARAM_ADD_OUTGOING && second == HW_PARAM_ADD_INCOMING) ||
           (first == HW_PARAM_RECONFIG_RESPONSE &&
            (second == HW_PARAM_OUTGOING_RESET || second == HW_PARAM_RECONFIG_RESPONSE));
}

/* At most two parameters. False: there are more, or one is not as it must be. */
static bool read_params(struct hw_assoc *assoc, const struct hw_packet *packet, const struct hw_tlv *chunk,
                        struct hw_reconfig_param params[2], unsigned *count) {
    struct hw_cursor cursor = hw_cursor_over(chunk->value);
    struct hw_tlv param;
    enum hw_cursor_result result;
    *count = 0;
    while ((result = hw_cursor_param(&cursor, &param)) == HW_CURSOR_ITEM) {
        if (param.type >= HW_PARAM_OUTGOING_RESET && param.type <= HW_PARAM_ADD_INCOMING) {
            if (*count == 2 || !hw_reconfig_parse(&params[(*count)++], &param))
                return false;
            continue;
        }
        HW_COUNT_OF(assoc, UnknownParameters); /* RFC 9260 3.2.1 */
        unsigned action = hw_param_unknown_action(param.type);
        if (action & HW_UNKNOWN_REPORT)
            hw_echo_error(assoc, packet->path, HW_CAUSE_UNRECOGNIZED_PARAMETERS, param.whole);
        if (!(action & HW_UNKNOWN_SKIP))
            return true;
    }
    return result == HW_CURSOR_END;
}

void hw_reconfig_received(struct hw_assoc *assoc, struct hw_packet *packet, const struct hw_tlv *chunk) {
    static const char text[] = "a RE-CONFIG chunk holds what it cannot hold";
    struct hw_reconfig_param params[2];
    unsigned count;
    if (!read_params(assoc, packet, chunk, params, &count) || !combination(params, count)) {
        hw_echo_error(assoc, packet->path, HW_CAUSE_PROTOCOL_VIOLATION,
                      (struct hawser_span){(const uint8_t *)text, sizeof text - 1});
        return;
    }
    assoc->reconfig.reply_path = packet->path;
    bool requests = false, renumbers = false, later = false;
    for (unsigned i = 0; i < count && !hw_assoc_over(assoc); i++) {
        renumbers |= params[i].type == HW_PARAM_ASSOCIATION_RESET;
        if (params[i].type == HW_PARAM_RECONFIG_RESPONSE)
            hw_reconfig_answered(assoc, &params[i]);
        else {
            later = take_request(assoc, &params[i], later);
            requests = true;
        }
    }
    if (hw_assoc_over(assoc))
        return;
    hw_reconfig_progress(assoc);
    if (!requests || hw_assoc_over(assoc))
        return;
    for (unsigned i = 0; i < count; i++)
        if (params[i].type != HW_PARAM_RECONFIG_RESPONSE)
            answer_request(assoc, &params[i]);
    /* 5.2.1: a SACK goes with the answer. Not with that to an SSN/TSN reset: before the peer has read the answer it knows nothing
     * of the new TSNs, and Linux and usrsctp abort for a SACK ahead of it. Nothing needs one before the peer's next DATA. */
    if (!renumbers) {
        hw_received_timer(&assoc->receive);
        assoc->sack_path = packet->path;
    }
}
