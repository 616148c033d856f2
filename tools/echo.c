/* SPDX-License-Identifier: MIT
 *
 * `hawser echo`: each message back in its stream, to any number of peers at once. It keeps nothing of a message: one that cannot
 * be sent now stays where it is, in the association's inbox, and so holds the peer back.
 */
#define _GNU_SOURCE
#include "tools.h"

#include <errno.h>
#include <hawser/net.h>
#include <hawser/udp.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define BACKLOG     128
#define ITEMS_MAX   32
#define PARTS_MAX   64
#define STRETCH_MAX 65536 /* a larger message goes back in stretches of so many bytes */

struct echo {
    struct common common;
    bool stats, done;
    uint16_t port;
    int status;
    unsigned interrupts;
    hawser_id endpoint;
    hawser_id *peers; /* associations that live */
    size_t peer_count, peer_room;
    uint64_t associations, messages, bytes;
};

static const struct option options[] = {{"stats", no_argument, NULL, 's'}, COMMON_OPTIONS};

static void help(void) {
    printf(
        "usage: hawser echo [OPTION...] PORT\n\n"
        "Sends every message back in its stream, with its payload protocol identifier, ordered or not as it came, to any number\n"
        "of associations at once. A stream that the peer does not take becomes stream 0. Ends with a signal: the first lets the\n"
        "associations end gracefully, the second aborts them.\n\n"
        "      --stats                 at the end, show associations, messages, bytes\n");
    common_help(stdout);
    printf("\nExit status: 0 ended by a signal, 1 wrong arguments, 5 local input or output failed, 6 out of memory\n");
}

/* ---- one association --------------------------------------------------------------------------------------------- */

/* Sends the message, or as much of it as one send takes, back. How many bytes that was; 0: not now; or a negative error. */
static int64_t send_back(struct echo *echo, const struct hawser_item *item) {
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
    message.flags = (item->flags & HAWSER_ITEM_UNORDERED ? HAWSER_SEND_UNORDERED : 0) | (whole ? 0 : HAWSER_SEND_MORE);
    int error = hawser_status(echo->common.stack, item->association, &status);
    if (!error) {
        message.stream = item->message.stream < status.streams_out ? item->message.stream : 0;
        error = hawser_send(echo->common.stack, hawser_now(), item->association, &message);
    }
    if (error)
        return error == HAWSER_ERR_WOULD_BLOCK ? 0 : error;
    echo->bytes += size;
    echo->messages += whole;
    return (int64_t)size;
}

static void forget(struct echo *echo, hawser_id association) {
    for (size_t i = 0; i < echo->peer_count; i++)
        if (echo->peers[i] == association)
            echo->peers[i--] = echo->peers[--echo->peer_count];
}

static void take_event(struct echo *echo, const struct hawser_item *item) {
    char text[400];
    if (item->type != HAWSER_ENDED)
        return;
    end_status(item, true, text, sizeof(text));
    if (echo->common.verbose)
        complain(0, "association %" PRIx64 ": %s", item->association, text);
    forget(echo, item->association);
}

/* Echoes what lies in the inbox until it is empty or the association takes no more. */
static void serve(struct echo *echo, hawser_id association) {
    struct hawser_item items[ITEMS_MAX];
    size_t count;
    bool blocked = false;
    while (!blocked && (count = hawser_receive(echo->common.stack, association, items, ITEMS_MAX)) > 0) {
        size_t taken = 0, bytes = 0;
        while (taken < count) {
            const struct hawser_item *item = &items[taken];
            if (item->type == HAWSER_MESSAGE) {
                int64_t sent = send_back(echo, item);
                if (sent < 0)
                    sent = (int64_t)item->message.size; /* it is closing: nobody wants the message back any more */
                blocked = sent == 0;
                if ((uint64_t)sent < item->message.size) {
                    bytes = (size_t)sent;
                    break;
                }
            } else {
                take_event(echo, item);
            }
            taken++;
        }
        hawser_consume(echo->common.stack, hawser_now(), association, taken, bytes);
    }
}

/* ---- all of them ------------------------------------------------------------------------------------------------- */

static bool remember(struct echo *echo, hawser_id association) {
    if (echo->peer_count == echo->peer_room) {
        size_t room = echo->peer_room ? 2 * echo->peer_room : 16;
        hawser_id *peers = realloc(echo->peers, room * sizeof(*peers));
        if (!peers)
            return false;
        echo->peers = peers;
        echo->peer_room = room;
    }
    echo->peers[echo->peer_count++] = association;
    return true;
}

static void accept_all(struct echo *echo) {
    struct hawser_item item;
    char text[HAWSER_ADDRESS_TEXT_MAX];
    while (hawser_receive(echo->common.stack, echo->endpoint, &item, 1) == 1) {
        hawser_consume(echo->common.stack, hawser_now(), echo->endpoint, 1, 0);
        if (!remember(echo, item.association)) {
            hawser_close(echo->common.stack, hawser_now(), item.association);
            continue;
        }
        echo->associations++;
        hawser_address_format(&item.up.remote, text, sizeof(text));
        if (echo->common.verbose)
            complain(0, "association %" PRIx64 ": from %s, SCTP port %u", item.association, text, item.up.port);
        serve(echo, item.association);
    }
}

static void on_ready(void *user, hawser *stack, hawser_time now, const struct hawser_ready *ready) {
    struct echo *echo = user;
    (void)stack, (void)now;
    if (ready->id == echo->endpoint)
        accept_all(echo);
    else
        serve(echo, ready->id);
}

static void on_signal(void *user) {
    struct echo *echo = user;
    if (echo->interrupts++ == 0)
        hawser_close(echo->common.stack, hawser_now(), echo->endpoint);
    for (size_t i = 0; i < echo->peer_count; i++) {
        if (echo->interrupts == 1)
            hawser_shutdown(echo->common.stack, hawser_now(), echo->peers[i]);
        else
            hawser_abort(echo->common.stack, hawser_now(), echo->peers[i], (struct hawser_span){0});
    }
}

static int run(struct echo *echo) {
    struct hawser_endpoint_options endpoint = HAWSER_INIT(endpoint);
    endpoint.port = echo->port;
    int error = hawser_open(echo->common.stack, &endpoint, &echo->endpoint);
    if (!error)
        error = hawser_listen(echo->common.stack, echo->endpoint, BACKLOG);
    if (error)
        return complain(STATUS_IO, "PORT %u: %s", echo->port, hawser_error_text(error));
    if (echo->common.verbose)
        complain(0, "listening on SCTP port %u, UDP port %u", hawser_port(echo->common.stack, echo->endpoint),
                 hawser_udp_port(echo->common.carrier));
    while (!echo->interrupts || echo->peer_count > 0)
        if (hawser_loop_run_once(echo->common.loop, HAWSER_NEVER) != 0)
            return complain(STATUS_IO, "waiting: %s", strerror(errno));
    if (echo->stats)
        fprintf(stderr, "%" PRIu64 " associations, %" PRIu64 " messages, %" PRIu64 " bytes\n", echo->associations, echo->messages,
                echo->bytes);
    return 0;
}

int tool_echo(int argc, char **argv) {
    static struct echo echo;
    int option, status = 0;
    int64_t port;
    common_init(&echo.common, argv[0]);
    while (status == 0 && (option = getopt_long(argc, argv, "vh", options, NULL)) != -1) {
        if (option == 'h') {
            help();
            return 0;
        }
        if (option == OPTION_VERSION) {
            printf("hawser %s\n", HAWSER_VERSION);
            return 0;
        }
        if (option == 's')
            echo.stats = true;
        else
            status = common_option(&echo.common, option, optarg);
    }
    if (status)
        return status;
    if (argc - optind != 1)
        return complain(STATUS_USAGE, "one argument is needed: PORT; --help tells more");
    if (!parse_number(argv[optind], 0, 65535, &port))
        return complain(STATUS_USAGE, "PORT: '%s' is not a number from 0 to 65535", argv[optind]);
    if (echo.common.peer_count)
        return complain(STATUS_USAGE, "--peer goes with hawser cat: peers come here by themselves");
    echo.port = (uint16_t)port;
    status = common_start(&echo.common, false, on_ready, &echo);
    if (status == 0)
        status = watch_signals(&echo.common, on_signal, &echo);
    if (status == 0)
        status = run(&echo);
    status = common_stop(&echo.common, status);
    free(echo.peers);
    return status;
}
