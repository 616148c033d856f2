/* SPDX-License-Identifier: MIT
 *
 * Applications that reset and add streams while they talk (RFC 6525), and the oracles of that: SSNs begin at 0 at the very place
 * among the messages where the inbox tells of a reset, and count without a gap from there; every request has its outcomes; what
 * one side has reset the other side has; and in the end both agree on how many streams there are.
 */
#include "run.h"
#include <stdlib.h>

#define LIST_MAX 6u

/* One call; the other side may be at it, too. */
static void ask(struct side *side, struct hawser_sim_dice *dice) {
    struct run *run = side->conversation->run;
    hawser *stack = hw_run_stack(run, side->host);
    hawser_time now = hw_run_now(run, side->host);
    struct hawser_status status = HAWSER_INIT(status);
    uint16_t list[LIST_MAX];
    uint32_t kind = (uint32_t)hawser_sim_dice_below(dice, 12), outcomes = 1;
    int error = HAWSER_ERR_STATE;
    if (hawser_status(stack, side->id, &status) || !status.streams_out || !status.streams_in)
        return;
    uint32_t fewer = status.streams_out < status.streams_in ? status.streams_out : status.streams_in;
    uint32_t count = kind % 2 ? 0 : (uint32_t)hawser_sim_dice_between(dice, 1, LIST_MAX);
    for (uint32_t i = 0; i < count; i++)
        list[i] = (uint16_t)hawser_sim_dice_below(dice, fewer);
    if (kind < 9) {
        uint32_t directions = kind % 3 + 1;
        outcomes = directions == (HAWSER_RESET_OUTGOING | HAWSER_RESET_INCOMING) ? 2 : 1;
        error = hawser_reset_streams(stack, now, side->id, directions, list, count);
    } else if (kind < 11) {
        uint16_t out = (uint16_t)hawser_sim_dice_below(dice, 3), in = (uint16_t)hawser_sim_dice_below(dice, 3);
        outcomes = (out != 0) + (in != 0);
        error = outcomes ? hawser_add_streams(stack, now, side->id, out, in) : HAWSER_ERR_BUSY;
    } else
        error = hawser_reset_association(stack, now, side->id);
    if (!error)
        side->outcomes_due += outcomes;
    else if (error != HAWSER_ERR_BUSY && error != HAWSER_ERR_STATE && error != HAWSER_ERR_UNFINISHED &&
             error != HAWSER_ERR_LIMIT && error != HAWSER_ERR_RANGE)
        hw_run_complain(run, "host %d: a reconfiguration: %s", side->host, hawser_error_text(error));
}

static bool still_time(struct run *run) {
    return hawser_sim_now(run->sim) + 120 * (hawser_time)1000000 < run->start + run->plan->end_at;
}

static void reconfigure(void *user) {
    struct side *side = user;
    struct run *run = side->conversation->run;
    side->reconfiguring = false;
    if (!side->id || !still_time(run) || run->complained)
        return;
    if (side->up && !side->closing)
        ask(side, &run->dice);
    hw_reconfigure(side);
}

void hw_reconfigure(struct side *side) {
    struct run *run = side->conversation->run;
    if (!run->plan->reconfigure || side->reconfiguring)
        return;
    side->reconfiguring = true;
    hawser_sim_at(run->sim, hawser_sim_now(run->sim) + hawser_sim_dice_between(&run->dice, 1, 2 * run->plan->reconfigure),
                  reconfigure, side);
}

/* ---- oracles ------------------------------------------------------------------------------------------------------ */

/* An ordered message begins: its SSN is the next one of its stream. */
void hw_reconfigure_message(struct side *side, const struct hawser_item *item) {
    struct run *run = side->conversation->run;
    struct flow *flow = side->in;
    if (!run->plan->reconfigure || run->restarts || item->flags & (HAWSER_ITEM_CONTINUES | HAWSER_ITEM_UNORDERED))
        return;
    uint16_t stream = item->message.stream, ahead = 0;
    if (stream < flow->spec->streams)
        ahead = (uint16_t)(item->message.ssn - flow->ssns[stream]);
    if (stream < flow->spec->streams && flow->spec->partial && ahead < 0x8000)
        flow->ssns[stream] += ahead; /* some were given up */
    if (stream >= flow->spec->streams || item->message.ssn != (uint16_t)flow->ssns[stream])
        hw_run_complain(run, "host %d: SSN %u on stream %u, where %u was next", side->host, item->message.ssn, stream,
                        stream < flow->spec->streams ? flow->ssns[stream] & 0xffff : 0);
    else
        flow->ssns[stream]++;
}

static void begin_anew(struct flow *flow, const uint16_t *streams, size_t count) {
    for (uint32_t i = 0; count == 0 && i < flow->spec->streams; i++)
        flow->ssns[i] = 0;
    for (size_t i = 0; i < count; i++)
        if (streams[i] < flow->spec->streams)
            flow->ssns[streams[i]] = 0;
}

void hw_reconfigure_anew(struct side *side) {
    begin_anew(side->in, NULL, 0);
    side->outcomes_due = side->resets_out = side->resets_in = 0;
}

void hw_reconfigure_outcome(struct side *side, const struct hawser_item *item) {
    struct run *run = side->conversation->run;
    bool refused = item->flags & (HAWSER_ITEM_DENIED | HAWSER_ITEM_FAILED | HAWSER_ITEM_NOTHING);
    if (!run->plan->reconfigure)
        hw_run_complain(run, "host %d: a reconfiguration that nobody asked for", side->host);
    if (!(item->flags & HAWSER_ITEM_BY_PEER)) {
        if (!side->outcomes_due)
            hw_run_complain(run, "host %d: the outcome of a request that was not made", side->host);
        else
            side->outcomes_due--;
    }
    if (refused)
        return;
    run->result->seen |= HAWSER_SIM_SEEN_RECONFIGURED;
    if (item->type == HAWSER_ASSOCIATION_RESET)
        begin_anew(side->in, NULL, 0);
    if (item->type != HAWSER_STREAMS_RESET)
        return;
    if (item->flags & HAWSER_ITEM_INCOMING) {
        begin_anew(side->in, item->reset.streams, item->reset.stream_count);
        side->resets_in++;
    } else
        side->resets_out++;
}

/* Before the end, when nothing was asked for a while. */
void hw_reconfigure_judge(struct run *run) {
    for (uint32_t i = 0; run->plan->reconfigure && i < run->plan->associations; i++) {
        struct side *sides = run->conversations[i].sides;
        struct hawser_status status[2] = {HAWSER_INIT(status[0]), HAWSER_INIT(status[1])};
        bool lives = true, busy = false; /* what is to be reset is delivered first */
        for (int host = 0; host < 2; host++) {
            lives &= sides[host].id && hawser_status(hw_run_stack(run, host), sides[host].id, &status[host]) == 0 &&
                     status[host].state == HAWSER_ESTABLISHED;
            busy |= status[host].queued_messages || status[host].inbox_bytes;
        }
        for (int host = 0; host < 2 && !busy; host++)
            if (sides[host].id && sides[host].outcomes_due)
                hw_run_complain(run, "host %d: %u outcomes are still to come", host, sides[host].outcomes_due);
        for (int host = 0; lives && !busy && host < 2; host++) {
            if (status[host].streams_out != status[!host].streams_in)
                hw_run_complain(run, "host %d may use %u streams and host %d thinks %u", host, status[host].streams_out, !host,
                                status[!host].streams_in);
            /* what there was nothing to do about is told to the one who asked alone */
            if (sides[host].resets_out > sides[!host].resets_in && !run->restarts)
                hw_run_complain(run, "host %d reset its streams %u times, host %d saw %u", host, sides[host].resets_out, !host,
                                sides[!host].resets_in);
        }
    }
}
