/* SPDX-License-Identifier: MIT
 *
 * Messages that the sender has given up (RFC 3758 3.6): a FORWARD TSN moves the cumulative TSN over what is missing, takes away
 * what can never be whole, and lets go what waited for it. Costs what has come of the TSNs that it skips, and what it lists;
 * never the distance.
 *
 * With I-DATA (RFC 8260 2.3.1) TSNs say nothing of messages, and MIDs do: what is not whole is found by them (open.c).
 */
#include "core/receive/run.h"

/* The run's end will never come. What the user holds of it already is told to be all; what is waited for is waited for no longer;
 * what has its turn later is passed over then. */
static void abandon(struct hw_receive *receive, struct hw_run *run) {
    struct hw_instream *state = run->unordered ? NULL : hw_sparse_get(&receive->streams, run->stream);
    bool turn = run->begin && state && run->ssn == state->next_ssn;
    uint16_t stream = run->stream;
    if (run->in_inbox) {
        hw_run_unlist(receive, run);
        run->aborted = true;
    } else if (turn || !run->begin || !state) {
        hw_run_drop(receive, run);
    } else {
        hw_run_empty(receive, run);
    }
    if (turn) {
        hw_instream_advance(receive, state);
        hw_run_deliver_waiting(receive, stream, state);
    }
}

/* Senders may give up a message of which all came that was sent, and say nothing, for there is no TSN to skip (Linux does so).
 * The next message shows it, or a fragment that is late. */
bool hw_skip_between(struct hw_receive *receive, const struct hw_data *data) {
    bool begin = data->flags & HW_FLAG_BEGIN, end = data->flags & HW_FLAG_END;
    struct hw_run *left = hw_run_right(receive, data->tsn - 1), *right = hw_run_left(receive, data->tsn + 1);
    bool headless = !left && !begin && hw_has_come(receive, data->tsn - 1);
    bool endless = !right && !end && hw_has_come(receive, data->tsn + 1);
    if (left && !left->end && (begin || endless))
        abandon(receive, left);
    if (headless && right && !end)
        abandon(receive, right);
    return headless || endless;
}

/* ---- FORWARD TSN ----------------------------------------------------------------------------------------------- */

/* How many SSNs or MIDs a stream skips. Each has at least one of the TSNs that are skipped: a pair that says more is old, or a
 * lie. Unordered MIDs were delivered in between, nobody knows how many: all that is not a little behind is ahead. */
static uint32_t skips(const struct hw_receive *receive, const struct hw_instream *state, const struct hw_skip *skip,
                      uint32_t count) {
    if (skip->unordered) {
        uint32_t steps = skip->ssn + 1 - (state ? state->next_unordered : 0);
        return 0 - steps <= HW_MIDS_UNDER_WAY ? 0 : steps;
    }
    uint32_t steps = skip->ssn + 1 - (state ? state->next_ssn : 0);
    steps = receive->interleaving ? steps : (uint16_t)steps;
    return steps <= count ? steps : 0;
}

static bool reserve_streams(struct hw_receive *receive, const struct hw_forward *forward, uint32_t count) {
    for (unsigned i = 0; i < forward->count; i++) {
        struct hw_skip skip = hw_forward_skip(forward, i);
        const struct hw_instream *state = hw_sparse_get(&receive->streams, skip.stream);
        if (skip.stream < receive->stream_count && !state && skips(receive, NULL, &skip, count) &&
            !hw_sparse_reserve(&receive->streams, receive->account, skip.stream))
            return false;
    }
    return true;
}

/* SSNs jump over what is skipped, or go on from there. */
static void skip_streams(struct hw_receive *receive, const struct hw_forward *forward, uint32_t count, bool deliver) {
    for (unsigned i = 0; i < forward->count; i++) {
        struct hw_skip skip = hw_forward_skip(forward, i);
        struct hw_instream *state = hw_sparse_get(&receive->streams, skip.stream);
        uint32_t steps = state && !deliver ? skips(receive, state, &skip, count) : 0;
        if (state && skip.unordered)
            state->next_unordered += steps;
        else if (state && deliver)
            hw_run_deliver_waiting(receive, skip.stream, state);
        else if (state)
            state->next_ssn = receive->interleaving ? state->next_ssn + steps : (uint16_t)(state->next_ssn + steps);
    }
}

static bool passed_over(const struct hw_receive *receive, const struct hw_run *run, uint32_t count) {
    if (run->unordered || !run->begin || hw_list_linked(&run->held))
        return false;
    const struct hw_instream *state = hw_sparse_get(&receive->streams, run->stream);
    uint16_t behind = hw_ssn_ahead((uint16_t)state->next_ssn, (uint16_t)run->ssn);
    return behind && behind <= count;
}

/* What begins without its beginning or ends at a TSN that is skipped, or before one. Rising TSNs are rising SSNs, so stranded
 * messages are let go in order. */
static void skip_at(struct hw_receive *receive, uint32_t tsn, uint32_t cum_tsn, uint32_t count) {
    struct hw_run *run = hw_run_left(receive, tsn);
    if (run)
        hw_run_drop(receive, run);
    run = hw_run_emptied(receive, tsn);
    if (run && passed_over(receive, run, count))
        hw_run_drop(receive, run);
    run = hw_run_right(receive, tsn);
    if (!run)
        return;
    bool passed = passed_over(receive, run, count);
    if (!run->end && passed && !run->in_inbox)
        hw_run_drop(receive, run);
    else if (!run->end && tsn != cum_tsn)
        abandon(receive, run);
    else if (run->end && passed)
        hw_run_deliver(receive, run);
}

static void skip_messages(struct hw_receive *receive, const struct hw_forward *forward, uint32_t count) {
    uint32_t before = receive->cum_tsn;
    struct hw_run *run = hw_run_right(receive, before); /* what follows it is missing, and skipped */
    if (run && !run->end)
        abandon(receive, run);
    skip_streams(receive, forward, count, false);
    for (uint32_t i = hw_bits_next_set(&receive->seen, 0); i < count; i = hw_bits_next_set(&receive->seen, i + 1))
        skip_at(receive, before + 1 + i, forward->cum_tsn, count);
    run = hw_run_left(receive, forward->cum_tsn + 1);
    if (run)
        hw_run_drop(receive, run);
    /* The last one of a stream may go on behind the TSNs that are skipped. */
    for (unsigned i = 0; i < forward->count; i++) {
        struct hw_skip skip = hw_forward_skip(forward, i);
        run = hw_run_turn(receive, skip.stream, skip.ssn);
        if (!run || run->in_inbox || !passed_over(receive, run, count))
            continue;
        if (run->end && !run->empty)
            hw_run_deliver(receive, run);
        else
            hw_run_drop(receive, run);
    }
}

/* ---- I-FORWARD-TSN --------------------------------------------------------------------------------------------- */

/* What the user holds of it already is told to be all; what is whole has missed but its turn. */
static void skip_run(struct hw_receive *receive, struct hw_run *run) {
    if (run->in_inbox || run->continues) {
        hw_run_unlist(receive, run);
        hw_assembly_leave(receive, run);
        run->aborted = true;
    } else if (!run->begin || !run->end) {
        hw_run_drop(receive, run);
        return;
    }
    if (!run->in_inbox)
        hw_run_deliver(receive, run);
}

/* Rising keys are rising MIDs, so stranded messages are let go in order. */
static void skip_runs(struct hw_receive *receive, uint64_t from, uint64_t to) {
    struct hw_run *run;
    while ((run = hw_open_from(receive, from)) != NULL && hw_open_key(run) <= to) {
        const struct hw_run *head = run->assembly ? run->assembly->head : run;
        if (head && hw_list_linked(&head->held))
            from = hw_open_key(run) + 1;
        else
            skip_run(receive, run);
    }
}

/* The MIDs may wrap. */
static void skip_mids(struct hw_receive *receive, const struct hw_skip *skip, uint32_t first, uint32_t last) {
    if (last < first) {
        skip_runs(receive, hw_mid_key(false, skip->unordered, skip->stream, first),
                  hw_mid_key(false, skip->unordered, skip->stream, UINT32_MAX));
        first = 0;
    }
    skip_runs(receive, hw_mid_key(false, skip->unordered, skip->stream, first),
              hw_mid_key(false, skip->unordered, skip->stream, last));
}

static void skip_interleaved(struct hw_receive *receive, const struct hw_forward *forward, uint32_t count) {
    skip_streams(receive, forward, count, false);
    skip_runs(receive, hw_mid_key(true, false, 0, 0), UINT64_MAX);
    for (unsigned i = 0; i < forward->count; i++) {
        struct hw_skip skip = hw_forward_skip(forward, i);
        const struct hw_instream *state = hw_sparse_get(&receive->streams, skip.stream);
        if (!state)
            continue;
        uint32_t next = skip.unordered ? state->next_unordered : state->next_ssn;
        skip_mids(receive, &skip, next - (skip.unordered ? HW_MIDS_UNDER_WAY : count), next - 1);
    }
}

enum hw_data_result hw_receive_forward(struct hw_receive *receive, const struct hw_forward *forward) {
    uint32_t count = forward->cum_tsn - receive->cum_tsn;
    if (hw_tsn_at_most(forward->cum_tsn, receive->cum_tsn))
        return HW_DATA_DUPLICATE;
    if (count > HW_WINDOW_TSNS_MAX)
        return HW_DATA_OUTSIDE;
    /* What lies before it may be numbered by what our SSN/TSN reset has made of it, and it comes again. The peer is asked, for it
     * may wait for this with the reset. */
    if (receive->hold.all && !hw_tsn_at_most(forward->cum_tsn, receive->hold.upto)) {
        receive->hold.ask = true;
        receive->hold.given_up = forward->cum_tsn;
        return HW_DATA_EARLY;
    }
    if (!reserve_streams(receive, forward, count))
        return HW_DATA_NO_MEMORY;
    if (receive->hold.all) /* the skipped SSNs count from what came before them */
        hw_receive_release(receive, forward->cum_tsn + 1);
    if (receive->interleaving)
        skip_interleaved(receive, forward, count);
    else
        skip_messages(receive, forward, count);
    skip_streams(receive, forward, count, true);
    hw_bits_advance(&receive->seen, count);
    uint32_t more = hw_bits_next_clear(&receive->seen, 0);
    hw_bits_advance(&receive->seen, more);
    receive->cum_tsn = forward->cum_tsn + more;
    hw_run_deliver_partly(receive);
    return HW_DATA_TAKEN;
}
