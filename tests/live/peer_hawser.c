/* SPDX-License-Identifier: MIT
 *
 * A live peer on hawser's public interface: UDP carrier and loop. One association; the application is in peer.c.
 */
#define _GNU_SOURCE
#include "peer.h"

#include <hawser/hawser.h>
#include <hawser/ip.h>
#include <hawser/loop.h>
#include <hawser/net.h>
#include <hawser/udp.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct run {
    struct peer peer;
    hawser *stack;
    struct hawser_carrier *carrier;
    hawser_loop *loop;
    hawser_id endpoint, association; /* 0: none yet */
    bool ended;                      /* the association is over and consumed */
};

static int report(const char *what, int error) {
    if (error)
        fprintf(stderr, "peer: %s: %s\n", what, hawser_error_text(error));
    return error;
}

/* ---- what the application asks for ------------------------------------------------------------------------------- */

static int call_send(void *user, const struct peer_message *from) {
    static const uint32_t policies[] = {[PEER_TTL] = HAWSER_POLICY_TIMED, [PEER_RTX] = HAWSER_POLICY_LIMITED,
                                        [PEER_PRIO] = HAWSER_POLICY_PRIORITY, [PEER_BUFFER] = HAWSER_POLICY_BUFFER};
    struct run *run = user;
    struct hawser_span part = {.data = from->data, .size = from->size};
    struct hawser_message message = {.size = sizeof message, .parts = &part, .part_count = 1, .stream = from->stream,
                                     .ppid = from->ppid, .flags = from->unordered ? HAWSER_SEND_UNORDERED : 0,
                                     .policy = policies[from->policy], .value = from->policy_value};
    if (from->policy == PEER_TTL)
        message.lifetime = (hawser_time)from->policy_value * 1000;
    int error = hawser_send(run->stack, hawser_now(), run->association, &message);
    if (error == HAWSER_ERR_WOULD_BLOCK)
        return 0;
    return report("send", error) ? -1 : 1;
}

static void call_shutdown(void *user) {
    struct run *run = user;
    report("shutdown", hawser_shutdown(run->stack, hawser_now(), run->association));
}

static void call_abort(void *user, const char *reason) {
    struct run *run = user;
    struct hawser_span span = {.data = (const uint8_t *)reason, .size = strlen(reason)};
    report("abort", hawser_abort(run->stack, hawser_now(), run->association, span));
}

static const int schedulers[] = {[PEER_FCFS] = HAWSER_SCHEDULER_FCFS, [PEER_ROUND_ROBIN] = HAWSER_SCHEDULER_ROUND_ROBIN,
                                 [PEER_PER_PACKET] = HAWSER_SCHEDULER_ROUND_ROBIN_PACKET,
                                 [PEER_PRIORITY] = HAWSER_SCHEDULER_PRIORITY, [PEER_FAIR] = HAWSER_SCHEDULER_FAIR,
                                 [PEER_WEIGHTED] = HAWSER_SCHEDULER_WEIGHTED};

static int change_address(struct run *run, const struct peer_step *step) {
    struct hawser_address address;
    int error = hawser_address_parse(&address, step->text);
    if (error)
        return error;
    if (step->act == PEER_ADD_ADDRESS)
        return hawser_add_address(run->stack, hawser_now(), run->association, &address);
    if (step->act == PEER_REMOVE_ADDRESS)
        return hawser_remove_address(run->stack, hawser_now(), run->association, &address);
    return hawser_set_peer_primary(run->stack, hawser_now(), run->association, &address);
}

/* BUSY: the last request of either side is under way. */
static int call_act(void *user, const struct peer_step *step) {
    struct run *run = user;
    hawser_time now = hawser_now();
    int error = HAWSER_ERR_ARGUMENT, outcomes = 1;
    switch (step->act) {
    case PEER_RESET_OUT:
    case PEER_RESET_IN:
        error = hawser_reset_streams(run->stack, now, run->association,
                                     step->act == PEER_RESET_OUT ? HAWSER_RESET_OUTGOING : HAWSER_RESET_INCOMING, step->number,
                                     step->number_count);
        break;
    case PEER_RESET_ALL: error = hawser_reset_association(run->stack, now, run->association); break;
    case PEER_ADD_STREAMS:
        error = hawser_add_streams(run->stack, now, run->association, step->number[0], step->number[1]);
        outcomes = (step->number[0] > 0) + (step->number[1] > 0);
        break;
    case PEER_ADD_ADDRESS:
    case PEER_REMOVE_ADDRESS:
    case PEER_NAME_PRIMARY: error = change_address(run, step); break;
    case PEER_USE_KEY:
    case PEER_RETIRE_KEY:
        error = step->act == PEER_USE_KEY ? hawser_auth_activate(run->stack, run->association, step->number[0])
                                          : hawser_auth_deactivate(run->stack, run->association, step->number[0]);
        outcomes = 0;
        break;
    case PEER_SCHEDULE:
        error = hawser_set(run->stack, now, run->association, 0, HAWSER_SET_SCHEDULER, schedulers[step->number[0]]);
        outcomes = 0;
        break;
    default: break;
    }
    if (error == HAWSER_ERR_BUSY)
        return 0;
    return report("step", error) ? -1 : 1 + outcomes;
}

/* ---- what happens ------------------------------------------------------------------------------------------------ */

static void take_message(struct run *run, const struct hawser_item *item) {
    struct peer_message piece = {.stream = item->message.stream, .ppid = item->message.ppid,
                                 .unordered = item->flags & HAWSER_ITEM_UNORDERED};
    for (const struct hawser_piece *p = item->message.pieces; p; p = p->next) {
        piece.data = p->data;
        piece.size = p->size;
        piece.end = !p->next && !(item->flags & HAWSER_ITEM_MORE);
        peer_take(&run->peer, &piece);
    }
}

static void take_end(struct run *run, const struct hawser_item *item) {
    static const char *const names[] = {
        [HAWSER_END_SHUTDOWN] = "", [HAWSER_END_ABORTED] = "",
        [HAWSER_END_PEER_ABORTED] = "", [HAWSER_END_LOST] = "no answer any more",
        [HAWSER_END_NO_ANSWER] = "no answer to INIT", [HAWSER_END_STALE_COOKIE] = "stale cookie",
        [HAWSER_END_REFUSED] = "refused", [HAWSER_END_VIOLATION] = "protocol violation",
        [HAWSER_END_UNREACHABLE] = "SCTP is not spoken there", [HAWSER_END_GUARD] = "the shutdown took too long",
        [HAWSER_END_NO_MEMORY] = "out of memory", [HAWSER_END_ROUTE_LOST] = "the route is gone",
        [HAWSER_END_FAULT] = "an internal contradiction"};
    uint32_t reason = item->end.reason;
    bool remote = reason == HAWSER_END_PEER_ABORTED || reason == HAWSER_END_REFUSED;
    bool aborted = remote || reason == HAWSER_END_ABORTED || reason == HAWSER_END_VIOLATION || reason == HAWSER_END_FAULT;
    char why[400];
    snprintf(why, sizeof why, "%s%s%.*s", names[reason], item->end.size > 0 && *names[reason] ? ", " : "", (int)item->end.size,
             (const char *)item->end.data);
    if (item->end.size == 0 && item->end.code)
        snprintf(why, sizeof why, "%s%scause %" PRIu32, names[reason], *names[reason] ? ", " : "", item->end.code);
    run->ended = true;
    if (reason == HAWSER_END_PEER_ABORTED && item->end.size == 0 && item->end.code == 0)
        peer_ended(&run->peer, PEER_FORGOTTEN, true, why);
    peer_ended(&run->peer, reason == HAWSER_END_SHUTDOWN ? PEER_SHUTDOWN : aborted ? PEER_ABORTED : PEER_LOST, remote, why);
}

/* RE-CONFIG. */
static void take_change(struct run *run, const struct hawser_item *item) {
    enum peer_outcome outcome = item->flags & HAWSER_ITEM_DENIED ? PEER_DENIED : item->flags & HAWSER_ITEM_FAILED ? PEER_FAILED
                                                                                                                  : PEER_DONE;
    if (item->type == HAWSER_STREAMS_RESET)
        peer_reset(&run->peer, item->flags & HAWSER_ITEM_INCOMING, item->reset.streams, (unsigned)item->reset.stream_count,
                   outcome);
    else if (item->type == HAWSER_ASSOCIATION_RESET)
        peer_renumbered(&run->peer, outcome);
    else
        peer_streams(&run->peer, item->changed.streams_out, item->changed.streams_in, outcome);
}

static void take_path(struct run *run, const struct hawser_item *item) {
    struct hawser_address remote = item->path.remote;
    char text[HAWSER_ADDRESS_TEXT_MAX];
    remote.udp_port = 0;
    hawser_address_format(&remote, text, sizeof text);
    switch (item->path.state) {
    case HAWSER_PATH_ACTIVE:
    case HAWSER_PATH_INACTIVE: peer_path(&run->peer, text, item->path.state == HAWSER_PATH_ACTIVE); break;
    case HAWSER_PATH_REMOVED: peer_address(&run->peer, text, "removed", false); break;
    case HAWSER_PATH_POTENTIALLY_FAILED: peer_address(&run->peer, text, "potentially failed", false); break;
    case HAWSER_PATH_ADDED: peer_address(&run->peer, text, "added", false); break;
    case HAWSER_PATH_MADE_PRIMARY: peer_address(&run->peer, text, "made primary", false); break;
    default: break;
    }
}

static void take_address(struct run *run, const struct hawser_item *item) {
    static const char *const done[] = {[HAWSER_ADDRESS_ADD] = "added", [HAWSER_ADDRESS_REMOVE] = "removed",
                                       [HAWSER_ADDRESS_SET_PRIMARY] = "made primary"};
    char text[HAWSER_ADDRESS_TEXT_MAX];
    hawser_address_format(&item->address.address, text, sizeof text);
    peer_address(&run->peer, text, item->address.refused ? "refused" : done[item->address.operation], true);
}

static void take_item(struct run *run, const struct hawser_item *item) {
    char text[HAWSER_ADDRESS_TEXT_MAX];
    switch (item->type) {
    case HAWSER_MESSAGE: take_message(run, item); break;
    case HAWSER_UP:
        hawser_address_format(&item->up.remote, text, sizeof text);
        peer_up(&run->peer, item->up.streams_out, item->up.streams_in, text);
        break;
    case HAWSER_RESTARTED: peer_restarted(&run->peer); break;
    case HAWSER_PATH_CHANGED: take_path(run, item); break;
    case HAWSER_ADDRESS_CHANGED: take_address(run, item); break;
    case HAWSER_PEER_SHUTDOWN: peer_closes(&run->peer); break;
    case HAWSER_SEND_FAILED: peer_unsent(&run->peer, 1); break;
    case HAWSER_REMOTE_ERROR: peer_note(&run->peer, "the peer sent an ERROR, cause %" PRIu32, item->end.code); break;
    case HAWSER_STREAMS_RESET:
    case HAWSER_ASSOCIATION_RESET:
    case HAWSER_STREAMS_CHANGED: take_change(run, item); break;
    case HAWSER_KEY_EVENT:
        peer_note(&run->peer, "key %" PRIu32 ": %s", item->key.id,
                  item->key.event == HAWSER_KEY_NEW ? "new" : item->key.event == HAWSER_KEY_FREE ? "not in use any more"
                                                                                                 : "the peer has no AUTH");
        break;
    case HAWSER_ENDED: take_end(run, item); break;
    default: break;
    }
}

/* One item at a time, for each may change what the application wants. */
static void read_on(struct run *run) {
    struct hawser_item item;
    while (!run->ended && hawser_receive(run->stack, run->association, &item, 1) == 1) {
        if (item.type == HAWSER_MESSAGE && !peer_reads(&run->peer))
            return;
        take_item(run, &item);
        hawser_consume(run->stack, hawser_now(), run->association, 1, 0);
        if (item.type == HAWSER_MESSAGE)
            peer_work(&run->peer); /* an echo wants to go before the next is read */
    }
}

/* The first association that arrives is ours; others are turned away. */
static void accept_one(struct run *run) {
    struct hawser_item item;
    while (hawser_receive(run->stack, run->endpoint, &item, 1) == 1) {
        hawser_consume(run->stack, hawser_now(), run->endpoint, 1, 0);
        if (!run->association)
            run->association = item.association;
        else
            hawser_close(run->stack, hawser_now(), item.association);
    }
}

static void on_ready(void *user, hawser *stack, hawser_time now, const struct hawser_ready *ready) {
    struct run *run = user;
    (void)stack, (void)now;
    if (ready->id == run->endpoint)
        accept_one(run);
}

/* ---- set-up ------------------------------------------------------------------------------------------------------ */

static int parse(const char *const *texts, unsigned count, uint16_t udp_port, struct hawser_address *out) {
    for (unsigned i = 0; i < count; i++) {
        if (report(texts[i], hawser_address_parse(&out[i], texts[i])))
            return -1;
        out[i].udp_port = udp_port;
    }
    return 0;
}

static int set(struct run *run, int setting, int64_t value) {
    return value ? report(hawser_setting_by_number(setting)->name, hawser_set(run->stack, 0, 0, 0, setting, value)) : 0;
}

static int settings(struct run *run) {
    const struct peer_options *options = &run->peer.options;
    int64_t rto_min = (int64_t)options->rto_min * 1000, rto_max = (int64_t)options->rto_max * 1000;
    int64_t rto_initial = rto_max && rto_max < 1000000 ? rto_max : 0;
    if (set(run, HAWSER_SET_STREAMS_OUT, options->streams) ||
        set(run, HAWSER_SET_SEND_BUFFER, options->sndbuf) ||
        set(run, HAWSER_SET_RECEIVE_BUFFER, options->rcvbuf) ||
        set(run, HAWSER_SET_HB_INTERVAL, (int64_t)options->heartbeat * 1000) ||
        set(run, HAWSER_SET_RTO_INITIAL, rto_initial) || set(run, HAWSER_SET_RTO_MIN, rto_min) ||
        set(run, HAWSER_SET_RTO_MAX, rto_max) || set(run, HAWSER_SET_PATH_MAX_RETRANS, options->path_max) ||
        set(run, HAWSER_SET_ASSOCIATION_MAX_RETRANS, options->max) ||
        set(run, HAWSER_SET_INTERLEAVING, options->interleaving) ||
        set(run, HAWSER_SET_PMTU_PROBE, (int64_t)options->probe * 1000) ||
        set(run, HAWSER_SET_PMTU_RAISE, (int64_t)options->probe * 1000) ||
        set(run, HAWSER_SET_PF_THRESHOLD, options->failing) ||
        set(run, HAWSER_SET_DYNAMIC_ADDRESSES, options->asconf) ||
        set(run, HAWSER_SET_AUTHENTICATION, options->asconf == 1 || options->key_count || options->auth_chunk_count) ||
        set(run, HAWSER_SET_SCHEDULER, schedulers[options->scheduler]) ||
        report("reconfiguration_allowed", hawser_set(run->stack, 0, 0, 0, HAWSER_SET_RECONFIGURATION_ALLOWED,
                                                     options->streams_change ? 7 : 0)))
        return -1;
    return 0;
}

/* Keys and types of chunks, for associations to come. */
static int authentication(struct run *run) {
    const struct peer_options *options = &run->peer.options;
    for (unsigned i = 0; i < options->auth_chunk_count; i++)
        if (report("required chunk", hawser_auth_require(run->stack, run->endpoint, options->auth_chunks[i], 1)))
            return -1;
    for (unsigned i = 0; i < options->key_count; i++) {
        struct hawser_span secret = {(const uint8_t *)options->keys[i].secret, strlen(options->keys[i].secret)};
        if (report("key", hawser_auth_set_key(run->stack, run->endpoint, options->keys[i].number, secret)))
            return -1;
    }
    if (!options->key_count)
        return 0;
    return report("active key", hawser_auth_activate(run->stack, run->endpoint, options->keys[0].number));
}

static bool call_open(void *user) {
    struct run *run = user;
    const struct peer_options *options = &run->peer.options;
    struct hawser_address local[PEER_ADDRESSES_MAX], to[PEER_ADDRESSES_MAX];
    /* With ASCONF there may be more addresses than it began with. */
    struct hawser_udp_options udp = {.size = sizeof udp, .port = options->udp, .addresses = local,
                                     .address_count = (uint16_t)(options->asconf ? 0 : options->local_count)};
    struct hawser_ip_options ip = {.size = sizeof ip, .addresses = local, .address_count = udp.address_count};
    struct hawser_endpoint_options endpoint = {.size = sizeof endpoint, .port = options->port, .addresses = local,
                                               .address_count = (uint16_t)options->local_count};
    struct hawser_connect_options connect = {.size = sizeof connect, .port = options->to_port, .addresses = to,
                                             .address_count = (uint16_t)options->to_count};
    struct hawser_host host;
    hawser_host_default(&host);
    if (parse(options->local, options->local_count, 0, local) ||
        parse(options->to, options->to_count, options->ip ? 0 : options->to_udp, to) ||
        report("stack", hawser_new(&run->stack, NULL, &host)) || settings(run) ||
        report("carrier", options->ip ? hawser_ip_open(&run->carrier, &ip) : hawser_udp_open(&run->carrier, &udp)) ||
        report("loop", hawser_loop_new(&run->loop)) ||
        report("loop", hawser_loop_add(run->loop, run->stack, run->carrier, on_ready, run)) ||
        report("endpoint", hawser_open(run->stack, &endpoint, &run->endpoint)) || authentication(run))
        return false;
    if (options->listens) {
        if (report("listen", hawser_listen(run->stack, run->endpoint, 8)))
            return false;
        peer_note(&run->peer, "listening");
    }
    return !options->connects ||
           report("connect", hawser_connect(run->stack, hawser_now(), run->endpoint, &connect, &run->association)) == 0;
}

static void tell_mtu(struct run *run) {
    struct hawser_path_status path = {.size = sizeof path};
    if (hawser_path_status(run->stack, run->association, 0, &path) == 0)
        peer_mtu(&run->peer, path.mtu, path.mtu_state == HAWSER_MTU_COMPLETE);
}

static bool call_turn(void *user) {
    struct run *run = user;
    if (report("loop", hawser_loop_run_once(run->loop, (hawser_time)peer_wait(&run->peer) * 1000)))
        return false;
    if (run->association)
        read_on(run);
    if (run->peer.options.probe && run->peer.up && !run->ended)
        tell_mtu(run);
    return true;
}

static void call_close(void *user) {
    struct run *run = user;
    hawser_loop_drain(run->loop, 1000000); /* the last word */
    hawser_loop_free(run->loop);
    hawser_free(run->stack);
    hawser_carrier_close(run->carrier);
}

int main(int argc, char **argv) {
    static struct run run;
    static const struct peer_calls calls = {call_open, call_turn, call_close, call_send, call_shutdown, call_abort, call_act};
    return peer_main(&run.peer, &calls, &run, argc, argv);
}
