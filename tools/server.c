/* SPDX-License-Identifier: MIT
 *
 * Serving any number of associations at once: see server.h. Keeps nothing of a message: one that cannot be dealt with now stays
 * where it is, in the association's inbox, and so holds the peer back.
 */
#define _GNU_SOURCE
#include "server.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define BACKLOG     128
#define ITEMS_MAX   64
#define PARTS_MAX   64
#define STRETCH_MAX 65536 /* a larger message goes back in stretches of so many bytes */

int server_arguments(struct server *server, int argc, char **argv, void (*help)(void)) {
    static const struct option options[] = {{"stats", no_argument, NULL, OPTION_OWN}, COMMON_OPTIONS};
    int option, status = 0;
    int64_t port;
    common_init(&server->common, argv[0]);
    while (status == 0 && (option = getopt_long(argc, argv, "vh", options, NULL)) != -1) {
        if (common_answered(option, help))
            return -1;
        if (option == OPTION_OWN)
            server->stats = true;
        else
            status = common_option(&server->common, option, optarg);
    }
    if (status)
        return status;
    if (argc - optind != 1)
        return complain(STATUS_USAGE, "one argument is needed: PORT; --help tells more");
    if (!parse_number(argv[optind], 0, 65535, &port))
        return complain(STATUS_USAGE, "PORT: '%s' is not a number from 0 to 65535", argv[optind]);
    if (server->common.peer_count)
        return complain(STATUS_USAGE, "--peer goes with those who connect: peers come here by themselves");
    server->port = (uint16_t)port;
    return 0;
}

/* ---- one association --------------------------------------------------------------------------------------------- */

size_t server_send_back(struct peer *peer, const struct hawser_item *item, uint32_t flags) {
    hawser *stack = peer->server->common.stack;
    struct hawser_span parts[PARTS_MAX];
    struct hawser_message message = HAWSER_INIT(message);
    struct hawser_status status = HAWSER_INIT(status);
    size_t size = 0;
    for (const struct hawser_piece *p = item->message.pieces; p && message.part_count < PARTS_MAX && size < STRETCH_MAX;
         p = p->next) {
        parts[message.part_count++] = (struct hawser_span){.data = p->data, .size = p->size};
        size += p->size;
    }
    bool whole = size == item->message.size && (item->flags & HAWSER_ITEM_MORE) == 0;
    message.parts = parts;
    message.ppid = item->message.ppid;
    message.flags = flags | (item->flags & HAWSER_ITEM_UNORDERED ? HAWSER_SEND_UNORDERED : 0) | (whole ? 0 : HAWSER_SEND_MORE);
    int error = hawser_status(stack, peer->id, &status);
    if (!error) {
        message.stream = item->message.stream < status.streams_out ? item->message.stream : 0;
        error = hawser_send(stack, hawser_now(), peer->id, &message);
    }
    if (error) /* but for want of room, it is closing: nobody wants the message back any more */
        return error == HAWSER_ERR_WOULD_BLOCK ? 0 : item->message.size;
    return size;
}

static void forget(struct peer *peer) {
    struct server *server = peer->server;
    if (peer->previous)
        peer->previous->next = peer->next;
    else
        server->peers = peer->next;
    if (peer->next)
        peer->next->previous = peer->previous;
    server->peer_count--;
    free(peer);
}

static void take_event(struct peer *peer, const struct hawser_item *item) {
    char text[400];
    if (peer->server->event)
        peer->server->event(peer, item);
    if (item->type != HAWSER_ENDED)
        return;
    end_status(item, true, text, sizeof(text));
    if (peer->server->common.verbose)
        complain(0, "association %" PRIx64 ": %s; %" PRIu64 " messages, %" PRIu64 " bytes", peer->id, text, peer->messages,
                 peer->bytes);
    peer->ended = true;
}

/* Takes one item; false if it stays, or the rest of it, of which `bytes` have been taken. */
static bool take_item(struct peer *peer, const struct hawser_item *item, size_t *bytes) {
    struct server *server = peer->server;
    if (item->type != HAWSER_MESSAGE) {
        take_event(peer, item);
        return true;
    }
    size_t size = server->take(peer, item);
    bool whole = size == item->message.size;
    bool last = whole && (item->flags & HAWSER_ITEM_MORE) == 0;
    peer->bytes += size;
    peer->messages += last;
    server->bytes += size;
    server->messages += last;
    *bytes = whole ? 0 : size;
    return whole;
}

/* Deals with what lies in the inbox until it is empty or no more can be taken. */
static void serve(struct peer *peer) {
    struct server *server = peer->server;
    struct hawser_item items[ITEMS_MAX];
    size_t count;
    bool blocked = false;
    while (!blocked && !peer->ended && (count = hawser_receive(server->common.stack, peer->id, items, ITEMS_MAX)) > 0) {
        size_t taken = 0, bytes = 0;
        while (taken < count && take_item(peer, &items[taken], &bytes))
            taken++;
        blocked = taken < count && bytes == 0;
        hawser_consume(server->common.stack, hawser_now(), peer->id, taken, bytes);
    }
    if (peer->ended)
        forget(peer);
    else if (server->after)
        server->after(peer, hawser_now());
}

/* ---- all of them ------------------------------------------------------------------------------------------------- */

static bool remember(struct server *server, const struct hawser_item *item) {
    struct hawser_span busy = {.data = (const uint8_t *)"the server is busy", .size = 18};
    char address[HAWSER_ADDRESS_TEXT_MAX];
    bool full = server->peers_max && server->peer_count >= server->peers_max;
    struct peer *peer = full ? NULL : calloc(1, server->peer_size);
    if (!peer) {
        hawser_abort(server->common.stack, hawser_now(), item->association, busy);
        hawser_close(server->common.stack, hawser_now(), item->association);
        return false;
    }
    peer->server = server;
    peer->id = item->association;
    peer->since = hawser_now();
    hawser_address_format(&item->up.remote, address, sizeof(address));
    snprintf(peer->name, sizeof(peer->name), "%s, SCTP port %u", address, item->up.port);
    peer->next = server->peers;
    if (peer->next)
        peer->next->previous = peer;
    server->peers = peer;
    server->peer_count++;
    hawser_set_user(server->common.stack, peer->id, peer);
    return true;
}

static void accept_all(struct server *server) {
    struct hawser_item item;
    while (hawser_receive(server->common.stack, server->endpoint, &item, 1) == 1) {
        hawser_consume(server->common.stack, hawser_now(), server->endpoint, 1, 0);
        if (!remember(server, &item))
            continue;
        server->associations++;
        if (server->common.verbose)
            complain(0, "association %" PRIx64 ": from %s", item.association, server->peers->name);
        serve(server->peers);
    }
}

static void on_ready(void *user, hawser *stack, hawser_time now, const struct hawser_ready *ready) {
    struct server *server = user;
    (void)stack, (void)now;
    if (ready->id == server->endpoint)
        accept_all(server);
    else if (ready->user)
        serve(ready->user);
}

void server_stop(struct server *server, bool gently) {
    if (server->interrupts++ == 0)
        hawser_close(server->common.stack, hawser_now(), server->endpoint);
    for (struct peer *peer = server->peers; peer; peer = peer->next) {
        if (gently)
            hawser_shutdown(server->common.stack, hawser_now(), peer->id);
        else
            hawser_abort(server->common.stack, hawser_now(), peer->id, (struct hawser_span){0});
    }
}

static void on_signal(void *user) {
    struct server *server = user;
    server_stop(server, server->interrupts == 0);
}

static int open_port(struct server *server) {
    hawser *stack = server->common.stack;
    struct hawser_endpoint_options endpoint = HAWSER_INIT(endpoint);
    endpoint.port = server->port;
    int error = hawser_open(stack, &endpoint, &server->endpoint);
    if (!error)
        error = hawser_listen(stack, server->endpoint, BACKLOG);
    if (error)
        return complain(STATUS_IO, "PORT %u: %s", server->port, hawser_error_text(error));
    if (server->common.verbose)
        common_tell_listening(&server->common, server->endpoint);
    return 0;
}

static hawser_time next_look(const struct server *server, hawser_time looked) {
    hawser_time next = server->patience ? looked + server->patience : HAWSER_NEVER;
    return server->due < next ? server->due : next;
}

static int turn_until_over(struct server *server) {
    hawser_time looked = hawser_now();
    server->due = HAWSER_NEVER;
    while (!server->interrupts || server->peers) {
        hawser_time now = hawser_now(), next = next_look(server, looked);
        if (hawser_loop_run_once(server->common.loop, next == HAWSER_NEVER ? next : next > now ? next - now : 0) != 0)
            return complain(STATUS_IO, "waiting: %s", strerror(errno));
        now = hawser_now();
        if (now < next_look(server, looked))
            continue;
        looked = now;
        server->due = HAWSER_NEVER;
        for (struct peer *peer = server->peers; peer; peer = peer->next)
            server->on_time(peer, now);
    }
    return 0;
}

int server_run(struct server *server) {
    int status = common_start(&server->common, NULL, on_ready, server);
    if (status == 0)
        status = watch_signals(&server->common, on_signal, server);
    if (status == 0)
        status = open_port(server);
    if (status == 0)
        status = turn_until_over(server);
    if (status == 0 && server->stats)
        fprintf(stderr, "%" PRIu64 " associations, %" PRIu64 " messages, %" PRIu64 " bytes\n", server->associations,
                server->messages, server->bytes);
    status = common_stop(&server->common, status);
    for (struct peer *peer = server->peers, *next; peer; peer = next) {
        next = peer->next;
        forget(peer);
    }
    return status;
}
