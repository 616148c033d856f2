/* SPDX-License-Identifier: MIT
 *
 * The applications: one at each end of every conversation. They connect, send what their flow has next, read at their own pace,
 * look after themselves when the stack says no, and end as the plan says. What they see is handed to the flows, which judge it.
 */
#include "run.h"
#include <stdlib.h>

#define LISTENING_PORT 7u
#define FIRST_PORT_0   10000u /* ports of the conversations' own endpoints */
#define FIRST_PORT_1   30000u
#define ITEMS          8u
#define REFUSALS_MAX   20u   /* for want of memory, in a row: then the application gives up */
#define BITE           1024u /* a slow reader waits until it may take so much */

static const uint8_t abort_reason[] = "as planned";

/* Both hosts may be called: each conversation has an endpoint at both. */
static bool mutual(const struct run *run) {
    if (run->plan->both_connect)
        return true;
    for (uint32_t i = 0; i < run->plan->deed_count; i++)
        if (run->plan->deeds[i].kind == HAWSER_SIM_RESTART)
            return true;
    return false;
}

static bool open_endpoint(struct run *run, struct endpoint *endpoint, int host, uint32_t port, uint32_t backlog) {
    struct hawser_address addresses[HAWSER_SIM_PATHS_MAX];
    struct hawser_endpoint_options options = HAWSER_INIT(options);
    options.port = (uint16_t)port;
    options.user = endpoint;
    if (!run->plan->wildcard && run->plan->family != HAWSER_ROUTE) {
        for (uint32_t i = 0; i < run->plan->paths; i++)
            addresses[i] = run->addresses[i][host];
        options.addresses = addresses;
        options.address_count = (uint16_t)run->plan->paths;
    }
    *endpoint = (struct endpoint){.kind = OWNER_ENDPOINT, .host = host};
    hawser *stack = hw_run_stack(run, host);
    int error = hawser_open(stack, &options, &endpoint->id);
    if (!error && backlog && (error = hawser_listen(stack, endpoint->id, backlog))) {
        hawser_close(stack, hw_run_now(run, host), endpoint->id);
        endpoint->id = 0;
    }
    if (!error)
        hw_keys_begin(run, host, endpoint->id);
    if (error && !(error == HAWSER_ERR_NO_MEMORY && hw_run_short_of_memory(run)))
        hw_run_complain(run, "host %d: an endpoint on port %u: %s", host, port, hawser_error_text(error));
    return error == 0;
}

bool hw_talk_open(struct run *run, int host) {
    bool both = mutual(run), opened = true;
    if (!both && host == 1)
        return open_endpoint(run, &run->listeners[1], 1, LISTENING_PORT, run->plan->associations);
    for (uint32_t i = 0; i < run->plan->associations; i++)
        opened &=
            open_endpoint(run, &run->conversations[i].sides[host].endpoint, host, (host ? FIRST_PORT_1 : FIRST_PORT_0) + i, both);
    return opened;
}

static void knock(struct side *side, hawser_time when);

static void gone(struct side *side, uint32_t reason) {
    side->id = 0;
    side->up = false;
    side->ended = true;
    side->blocked = false;
    side->part = 0;
    side->reason = reason;
}

void hw_talk_connect(struct side *side) {
    struct run *run = side->conversation->run;
    const struct hawser_sim_plan *plan = run->plan;
    hawser *stack = hw_run_stack(run, side->host);
    if (side->id || run->over)
        return;
    if (!stack || !side->endpoint.id) { /* for want of memory */
        gone(side, 0);
        return;
    }
    struct hawser_address addresses[HAWSER_SIM_PATHS_MAX];
    struct hawser_connect_options options = HAWSER_INIT(options);
    uint32_t count = 0;
    for (uint32_t i = 0; i < plan->paths; i++)
        if (!run->gone[i][!side->host])
            addresses[count++] = side->host == 1 ? run->outside[i] : run->addresses[i][1];
    if (plan->family == HAWSER_ROUTE)
        for (uint32_t i = 0; i < plan->paths; i++)
            addresses[i] = run->addresses[i][side->host]; /* a route is named by its near end */
    options.addresses = addresses;
    options.address_count = (uint16_t)(plan->family != HAWSER_ROUTE && hawser_sim_dice_below(&run->dice, 2) ? count : 1);
    options.port =
        (uint16_t)(!mutual(run) ? LISTENING_PORT : (side->host ? FIRST_PORT_0 : FIRST_PORT_1) + side->conversation->number);
    options.user = side;
    int error = hawser_connect(stack, hw_run_now(run, side->host), side->endpoint.id, &options, &side->id);
    if (error) {
        bool excused =
            (error == HAWSER_ERR_NO_MEMORY && hw_run_short_of_memory(run)) || (error == HAWSER_ERR_EXISTS && mutual(run));
        if (!excused)
            hw_run_complain(run, "host %d: connect: %s", side->host, hawser_error_text(error));
        gone(side, 0);
        return;
    }
    side->ever = true;
    side->ended = side->closing = false;
    hw_reconfigure_anew(side);
    hw_fidget(side);
    hw_talk_go_on(side);
}

/* ---- sending -------------------------------------------------------------------------------------------------- */

/* A lent buffer. */
struct loan {
    struct run *run;
    uint8_t data[];
};

static void loan_returned(void *user, const void *data, size_t size) {
    struct loan *loan = user;
    struct run *run = loan->run;
    (void)size;
    if (data != loan->data)
        hw_run_complain(run, "a lent buffer came back as another");
    run->loans--;
    free(loan);
}

static uint8_t *scratch(struct run *run, size_t size) {
    if (size > run->scratch_size) {
        free(run->scratch);
        run->scratch = malloc(size * 2);
        run->scratch_size = run->scratch ? size * 2 : 0;
    }
    return run->scratch;
}

/* Cuts the bytes into one to three parts at random places. */
static size_t cut(struct run *run, const uint8_t *data, size_t size, struct hawser_span parts[3]) {
    size_t count = (size_t)hawser_sim_dice_between(&run->dice, 1, 3), at = 0;
    for (size_t i = 0; i < count; i++) {
        size_t left = size - at, part = i + 1 == count ? left : (size_t)hawser_sim_dice_below(&run->dice, left + 1);
        parts[i] = (struct hawser_span){data + at, part};
        at += part;
    }
    return count;
}

static int send_copied(struct side *side, const struct message *message, struct hawser_message *out, uint32_t size) {
    struct run *run = side->conversation->run;
    struct hawser_span parts[3];
    uint8_t *data = scratch(run, size);
    if (!data)
        return HAWSER_ERR_NO_MEMORY;
    hw_flow_fill(side->out, message->number, side->part, data, size);
    out->parts = parts;
    out->part_count = cut(run, data, size, parts);
    return hawser_send(hw_run_stack(run, side->host), hw_run_now(run, side->host), side->id, out);
}

static int send_lent(struct side *side, const struct message *message, struct hawser_message *out) {
    struct run *run = side->conversation->run;
    struct loan *loan = malloc(sizeof *loan + message->size);
    if (!loan)
        return HAWSER_ERR_NO_MEMORY;
    loan->run = run;
    hw_flow_fill(side->out, message->number, 0, loan->data, message->size);
    struct hawser_span part = {loan->data, message->size};
    out->parts = &part;
    out->part_count = 1;
    out->release = loan_returned;
    out->release_user = loan;
    run->loans++;
    int error = hawser_send(hw_run_stack(run, side->host), hw_run_now(run, side->host), side->id, out);
    if (error) { /* then it was not taken */
        run->loans--;
        free(loan);
    }
    return error;
}

/* The number of any of the association's paths, usable or not; 0 if there is none yet. */
static uint32_t any_path(struct side *side) {
    struct run *run = side->conversation->run;
    hawser *stack = hw_run_stack(run, side->host);
    struct hawser_status status = HAWSER_INIT(status);
    struct hawser_path_status path = HAWSER_INIT(path);
    if (hawser_status(stack, side->id, &status) || !status.path_count)
        return 0;
    uint32_t index = (uint32_t)hawser_sim_dice_below(&run->dice, status.path_count);
    return hawser_path_status(stack, side->id, index, &path) ? 0 : path.number;
}

/* Sends the next message, or the next part of the one that was begun: that has the number before. */
static int send_next(struct side *side) {
    struct run *run = side->conversation->run;
    struct flow *flow = side->out;
    struct message message = hw_flow_message(flow, flow->next - (side->part ? 1 : 0));
    uint32_t size = message.size - side->part;
    struct hawser_message out = HAWSER_INIT(out);
    out.stream = message.stream;
    out.ppid = message.number + FIRST_PPID;
    out.flags = message.flags;
    out.lifetime = message.mortal || message.policy == HAWSER_POLICY_TIMED ? flow->spec->lifetime : 0;
    out.policy = message.policy;
    out.value = message.value;
    out.context = message.number;
    out.path = message.spread ? any_path(side) : 0;
    if (message.parted && size > 1) {
        size = (uint32_t)hawser_sim_dice_between(&run->dice, 1, size);
        if (side->part + size < message.size)
            out.flags |= HAWSER_SEND_MORE;
    }
    if (message.bare_end && size)
        out.flags |= HAWSER_SEND_MORE;
    int error = message.lent ? send_lent(side, &message, &out) : send_copied(side, &message, &out, size);
    if (error)
        return error;
    if (!side->part && !hw_flow_accepted(flow))
        hw_run_complain(run, "the simulator itself ran out of memory");
    side->part += size;
    if (!(out.flags & HAWSER_SEND_MORE))
        side->part = 0;
    return 0;
}

/* May the next message be sent now, as far as the application is concerned? */
static bool may_send(struct side *side) {
    struct run *run = side->conversation->run;
    const struct flow *flow = side->out;
    hawser_time now = hawser_sim_now(run->sim);
    if (!side->id || side->closing || side->blocked || (!side->up && !run->plan->early))
        return false;
    if (side->part)
        return true;
    if (flow->next >= flow->spec->messages || (run->plan->send_until && now >= run->start + run->plan->send_until))
        return false;
    if (flow->spec->lockstep && flow->next >= side->in->delivered + flow->spec->ahead)
        return false;
    if (flow->spec->interval && now < side->next_send) {
        knock(side, side->next_send);
        return false;
    }
    return true;
}

static void send_refused(struct side *side, int error) {
    struct run *run = side->conversation->run;
    if (error == HAWSER_ERR_WOULD_BLOCK) {
        side->blocked = true;
        run->result->seen |= HAWSER_SIM_SEEN_WOULD_BLOCK;
    } else if (error == HAWSER_ERR_NO_MEMORY && hw_run_tight(run)) {
        side->blocked = true; /* until the next knock */
        if (++side->refusals > REFUSALS_MAX && hw_run_short_of_memory(run))
            hw_talk_abort(side);
        else
            knock(side, hawser_sim_now(run->sim) + ((hawser_time)10000 << (side->refusals < 8 ? side->refusals : 8)));
    } else if (error == HAWSER_ERR_UNFINISHED && side->out->spec->partial) {
        side->blocked = false; /* a message that was begun in parts was given up: the item that tells so comes first */
    } else if (error == HAWSER_ERR_STATE) {
        side->closing = true; /* the item that tells why has not been read yet */
    } else {
        hw_run_complain(run, "host %d: send of message %u: %s", side->host, side->out->next, hawser_error_text(error));
    }
}

static void send_some(struct side *side) {
    hawser_time now = hawser_sim_now(side->conversation->run->sim);
    while (may_send(side)) {
        int error = send_next(side);
        if (error) {
            send_refused(side, error);
            return;
        }
        side->refusals = 0;
        if (side->out->spec->interval && !side->part)
            side->next_send =
                (side->next_send + side->out->spec->interval < now ? now : side->next_send) + side->out->spec->interval;
    }
}

/* ---- reading -------------------------------------------------------------------------------------------------- */

static void on_path(struct side *side, const struct hawser_item *item) {
    struct hawser_sim_result *result = side->conversation->run->result;
    if (item->path.state == HAWSER_PATH_POTENTIALLY_FAILED)
        result->seen |= HAWSER_SIM_SEEN_PATH_FAILING;
    if (item->path.state == HAWSER_PATH_INACTIVE)
        result->seen |= HAWSER_SIM_SEEN_PATH_DOWN;
    else if (item->path.state == HAWSER_PATH_ACTIVE && result->seen & HAWSER_SIM_SEEN_PATH_DOWN)
        result->seen |= HAWSER_SIM_SEEN_PATH_BACK;
}

static void on_end(struct side *side, const struct hawser_item *item) {
    struct run *run = side->conversation->run;
    if (item->end.reason == 0 || item->end.reason > 31)
        hw_run_complain(run, "host %d: ended for reason %u", side->host, item->end.reason);
    else
        run->result->reasons[side->host] |= HAWSER_SIM_REASON(item->end.reason);
    bool planned = run->plan->end == HAWSER_SIM_ABORT_0 || run->plan->end == HAWSER_SIM_ABORT_1;
    if (item->end.reason == HAWSER_END_PEER_ABORTED && item->end.code == 12 && planned && !hw_run_short_of_memory(run) &&
        item->end.size && /* User-Initiated Abort (RFC 9260 3.3.10.12) */
        (item->end.size != sizeof abort_reason || memcmp(item->end.data, abort_reason, sizeof abort_reason) != 0))
        hw_run_complain(run, "host %d: the peer's reason for its abort arrived changed", side->host);
    if (run->plan->whole && !hw_run_short_of_memory(run) &&
        !(run->plan->reasons[side->host] & HAWSER_SIM_REASON(item->end.reason)))
        hw_run_complain(run, "host %d: an association ended for reason %u, code %u", side->host, item->end.reason,
                        item->end.code);
    gone(side, item->end.reason);
}

/* Judges an item that is about to be consumed. Returns how many bytes of a message to take; all: SIZE_MAX. */
static size_t on_item(struct side *side, const struct hawser_item *item) {
    struct run *run = side->conversation->run;
    size_t take = SIZE_MAX;
    if (item->association != side->id && item->type != HAWSER_ENDED)
        hw_run_complain(run, "host %d: an item of another association", side->host);
    switch (item->type) {
    case HAWSER_MESSAGE: {
        size_t size = item->message.size;
        if (side->in->spec->read_rate && (double)size > side->appetite)
            take = (size_t)side->appetite;
        else if (size > 1 && hawser_sim_dice_below(&run->dice, 64) == 0)
            take = (size_t)hawser_sim_dice_below(&run->dice, size);
        if (item->flags & (HAWSER_ITEM_MORE | HAWSER_ITEM_CONTINUES))
            run->result->seen |= HAWSER_SIM_SEEN_PARTIAL;
        if (item->message.path > 1)
            run->result->seen |= HAWSER_SIM_SEEN_SECOND_PATH;
        if (take)
            hw_reconfigure_message(side, item);
        if (take)
            hw_flow_took(side->in, item, take < size ? take : size);
        if (side->in->spec->read_rate)
            side->appetite -= (double)(take < size ? take : size);
        break;
    }
    case HAWSER_UP: side->up = true; break;
    case HAWSER_RESTARTED:
        side->up = true;
        run->result->seen |= HAWSER_SIM_SEEN_RESTART;
        break;
    case HAWSER_PATH_CHANGED: on_path(side, item); break;
    case HAWSER_SEND_FAILED:
        hw_flow_returned(side->out, item);
        if (side->part && item->failed.context == side->out->next - 1)
            side->part = 0; /* its other parts are not wanted any more */
        break;
    case HAWSER_PEER_SHUTDOWN: side->closing = true; break;
    case HAWSER_STREAMS_RESET:
    case HAWSER_ASSOCIATION_RESET:
    case HAWSER_STREAMS_CHANGED: hw_reconfigure_outcome(side, item); break;
    case HAWSER_ENDED: on_end(side, item); break;
    case HAWSER_KEY_EVENT: hw_keys_told(side, item); break;
    case HAWSER_REMOTE_ERROR:
    case HAWSER_ADAPTATION:
    case HAWSER_SENDER_DRY: break;
    default: hw_run_complain(run, "host %d: an item of type %u", side->host, item->type);
    }
    return take;
}

/* False: it does not want to read now. */
static bool hungry(struct side *side) {
    struct run *run = side->conversation->run;
    const struct hawser_sim_flow *spec = side->in->spec;
    hawser_time now = hawser_sim_now(run->sim);
    if (spec->pause_to && now >= run->start + spec->pause_from && now < run->start + spec->pause_to) {
        knock(side, run->start + spec->pause_to);
        return false;
    }
    if (!spec->read_rate)
        return true;
    side->appetite += (double)(now - side->fed) * (double)spec->read_rate / 1e6;
    if (side->appetite > BITE * 4)
        side->appetite = BITE * 4;
    side->fed = now;
    if (side->appetite >= 1)
        return true;
    knock(side, now + 1 + (hawser_time)((BITE - side->appetite) * 1e6 / (double)spec->read_rate));
    return false;
}

static void after_end(struct side *side, hawser *stack, hawser_id id) {
    struct run *run = side->conversation->run;
    struct hawser_status status = HAWSER_INIT(status);
    if (hawser_status(stack, id, &status) != HAWSER_ERR_GONE)
        hw_run_complain(run, "host %d: an id lives on after its end was consumed", side->host);
    /* after a crash of the peer both call again: it may have refused us before it called itself */
    if (mutual(run) && run->pending_deeds == 0 && side->reason == HAWSER_END_PEER_ABORTED && !side->conversation->ending &&
        !hw_run_short_of_memory(run) && run->plan->end != HAWSER_SIM_ABORT_0 && run->plan->end != HAWSER_SIM_ABORT_1)
        hw_talk_connect(side);
}

static void read_some(struct side *side) {
    struct run *run = side->conversation->run;
    hawser *stack = hw_run_stack(run, side->host);
    while (side->id && !run->complained && hungry(side)) {
        struct hawser_item items[ITEMS];
        hawser_id id = side->id;
        size_t count = hawser_receive(stack, id, items, ITEMS), whole = 0, bytes = 0;
        if (!count)
            return;
        for (; whole < count && !run->complained; whole++) {
            size_t take = on_item(side, &items[whole]);
            if (take != SIZE_MAX) {
                bytes = take;
                break;
            }
        }
        int error = whole || bytes ? hawser_consume(stack, hw_run_now(run, side->host), id, whole, bytes) : 0;
        if (error)
            hw_run_complain(run, "host %d: consume: %s", side->host, hawser_error_text(error));
        if (!side->id)
            after_end(side, stack, id);
    }
}

/* ---- coming and going ----------------------------------------------------------------------------------------- */

static struct side *called(struct run *run, const struct endpoint *endpoint, uint16_t port) {
    uint32_t first = endpoint->host ? FIRST_PORT_0 : FIRST_PORT_1, number = (uint32_t)(port - first);
    return number < run->plan->associations ? &run->conversations[number].sides[endpoint->host] : NULL;
}

/* An association has arrived at a listening endpoint. */
static void take(struct run *run, struct endpoint *endpoint, const struct hawser_item *item) {
    hawser *stack = hw_run_stack(run, endpoint->host);
    hawser_time now = hw_run_now(run, endpoint->host);
    struct side *side = called(run, endpoint, item->up.port);
    hawser_id id = item->association;
    if (!side)
        hw_run_complain(run, "host %d: an association from port %u, where nobody is", endpoint->host, item->up.port);
    if (side && side->id) /* it ended, and its application has not read so far */
        read_some(side);
    if (hawser_consume(stack, now, endpoint->id, 1, 0))
        hw_run_complain(run, "host %d: an association cannot be taken", endpoint->host);
    /* The echo of an old COOKIE ECHO makes a new association (RFC 9260 5.2.4), but it is not one that anybody asked for. */
    bool meant = side && !side->id && !run->over && (!side->ever || (mutual(run) && side->reason != HAWSER_END_SHUTDOWN));
    if (!meant) {
        run->ghosts++;
        if (side) /* what went with the COOKIE ECHO is acknowledged by now */
            hw_flow_excuse(side->in);
        hawser_close(stack, now, id);
        return;
    }
    side->id = id;
    side->up = side->ever = true;
    side->ended = side->closing = side->blocked = false;
    hw_reconfigure_anew(side);
    run->result->up[side->host]++;
    hawser_set_user(stack, id, side);
    hw_fidget(side);
    hw_talk_go_on(side);
    if (side->conversation->ending) /* the end was called for before it was here */
        hw_talk_end(side);
}

void hw_talk_ready(struct run *run, int host, const struct hawser_ready *ready) {
    hawser *stack = hw_run_stack(run, host);
    struct endpoint *endpoint = ready->user;
    if (endpoint && endpoint->kind == OWNER_ENDPOINT) {
        struct hawser_item item;
        while (ready->id == endpoint->id && hawser_receive(stack, endpoint->id, &item, 1))
            take(run, endpoint, &item);
        return;
    }
    struct side *side = ready->user;
    if (!side || side->kind != OWNER_SIDE || side->host != host) {
        hw_run_complain(run, "host %d: next has a foreign pointer", host);
        return;
    }
    if (ready->id != side->id)
        return;
    if (ready->flags & HAWSER_WRITABLE)
        side->blocked = false;
    hw_talk_go_on(side);
}

static void on_knock(void *user) {
    struct side *side = user;
    if (!side->knocking || hawser_sim_now(side->conversation->run->sim) < side->knock)
        return; /* an earlier one has come in between */
    side->knocking = false;
    if (side->refusals)
        side->blocked = false;
    hw_talk_go_on(side);
}

static void knock(struct side *side, hawser_time when) {
    if (side->knocking && side->knock <= when)
        return;
    side->knocking = true;
    side->knock = when;
    hawser_sim_at(side->conversation->run->sim, when, on_knock, side);
}

static bool flow_finished(const struct run *run, const struct flow *flow, const struct side *sender) {
    bool stopped = sender->closing || (run->plan->send_until && hawser_sim_now(run->sim) >= run->start + run->plan->send_until);
    if (sender->part || (flow->next < flow->spec->messages && !stopped))
        return false;
    return run->plan->hasty || flow->delivered + flow->reported + flow->excused >= flow->next;
}

static void end_now(void *user) {
    struct conversation *conversation = user;
    hw_talk_end(&conversation->sides[0]);
    hw_talk_end(&conversation->sides[1]);
}

/* Without a time for the end: it comes when the work is done. */
static void maybe_end(struct conversation *conversation) {
    struct run *run = conversation->run;
    const struct hawser_sim_plan *plan = run->plan;
    if (plan->end_at || conversation->ending || run->pending_deeds)
        return;
    bool done[2];
    for (int i = 0; i < 2; i++) {
        const struct side *side = &conversation->sides[i];
        bool begun = side->up || side->out->next; /* with nothing said so far the attempt would simply end */
        done[i] = begun && flow_finished(run, &conversation->flows[i], side);
    }
    bool own = plan->hasty && plan->end <= HAWSER_SIM_SHUTDOWN_1 && done[plan->end == HAWSER_SIM_SHUTDOWN_1];
    bool sides = conversation->sides[0].id && (conversation->sides[1].id || own);
    if (sides && ((done[0] && done[1]) || own)) {
        conversation->ending = true;
        hawser_sim_at(run->sim, hawser_sim_now(run->sim), end_now, conversation);
    }
}

void hw_talk_go_on(struct side *side) {
    if (!side->id)
        return;
    read_some(side);
    send_some(side);
    maybe_end(side->conversation);
}

void hw_talk_abort(struct side *side) {
    struct run *run = side->conversation->run;
    struct hawser_span reason = {abort_reason, sizeof abort_reason};
    if (!side->id)
        return;
    side->closing = true;
    int error = hawser_abort(hw_run_stack(run, side->host), hw_run_now(run, side->host), side->id, reason);
    if (error && error != HAWSER_ERR_STATE)
        hw_run_complain(run, "host %d: abort: %s", side->host, hawser_error_text(error));
}

static void close_side(struct side *side) {
    struct run *run = side->conversation->run;
    hawser_id id = side->id;
    hw_flow_excuse(side->in);
    hw_flow_excuse(side->out);
    gone(side, HAWSER_END_ABORTED);
    side->closing = true;
    run->result->reasons[side->host] |= HAWSER_SIM_REASON(HAWSER_END_ABORTED);
    if (hawser_close(hw_run_stack(run, side->host), hw_run_now(run, side->host), id))
        hw_run_complain(run, "host %d: an association cannot be closed", side->host);
}

void hw_talk_end(struct side *side) {
    struct run *run = side->conversation->run;
    uint32_t end = run->plan->end;
    if (!side->id)
        return;
    if (end == (side->host ? HAWSER_SIM_SHUTDOWN_1 : HAWSER_SIM_SHUTDOWN_0) || end == HAWSER_SIM_SHUTDOWN_BOTH) {
        side->closing = true;
        int error = hawser_shutdown(hw_run_stack(run, side->host), hw_run_now(run, side->host), side->id);
        if (error && error != HAWSER_ERR_STATE)
            hw_run_complain(run, "host %d: shutdown: %s", side->host, hawser_error_text(error));
    } else if (end == (side->host ? HAWSER_SIM_ABORT_1 : HAWSER_SIM_ABORT_0)) {
        hw_talk_abort(side);
    } else if (end == HAWSER_SIM_CLOSE_0 && side->host == 0) {
        close_side(side);
    }
}

void hw_talk_forget(struct run *run, int host) {
    for (uint32_t i = 0; i < run->plan->associations; i++) {
        struct side *side = &run->conversations[i].sides[host];
        side->endpoint.id = 0;
        if (!side->id)
            continue;
        hw_flow_excuse(side->in);
        hw_flow_excuse(side->out);
        gone(side, 0);
        side->closing = false;
    }
}

bool hw_talk_finished(const struct conversation *conversation) {
    for (int i = 0; i < 2; i++)
        if (conversation->sides[i].id || (conversation->sides[i].ever && !conversation->sides[i].ended))
            return false;
    return conversation->sides[0].ended || conversation->sides[1].ended;
}
