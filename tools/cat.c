/* SPDX-License-Identifier: MIT
 *
 * `hawser cat`: standard input to a peer, the peer to standard output. Reads the arguments and follows the association.
 */
#define _GNU_SOURCE
#include "cat.h"

#include <errno.h>
#include <hawser/net.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define READ_SIZE       65536
#define STRIPE_HELD_MAX ((size_t)256 << 20)
#define TICK            100000 /* microseconds between two looks at the clock, when something depends on it */
#define ITEMS_MAX       32

/* ---- arguments --------------------------------------------------------------------------------------------------- */

enum cat_option {
    OPTION_STREAM = OPTION_OWN,
    OPTION_PPID,
    OPTION_UNORDERED,
    OPTION_LINE,
    OPTION_SIZE,
    OPTION_STRIPE,
    OPTION_LINGER,
    OPTION_PROGRESS,
    OPTION_STATS
};

static const struct option options[] = {{"listen", no_argument, NULL, 'l'},
                                        {"keep", no_argument, NULL, 'k'},
                                        {"no-input", no_argument, NULL, 'd'},
                                        {"stream", required_argument, NULL, OPTION_STREAM},
                                        {"ppid", required_argument, NULL, OPTION_PPID},
                                        {"unordered", no_argument, NULL, OPTION_UNORDERED},
                                        {"line", no_argument, NULL, OPTION_LINE},
                                        {"size", required_argument, NULL, OPTION_SIZE},
                                        {"stripe", no_argument, NULL, OPTION_STRIPE},
                                        {"linger", required_argument, NULL, OPTION_LINGER},
                                        {"progress", no_argument, NULL, OPTION_PROGRESS},
                                        {"stats", no_argument, NULL, OPTION_STATS},
                                        COMMON_OPTIONS};

static void help(void) {
    printf("usage: hawser cat [OPTION...] ADDRESS PORT      connect\n"
           "       hawser cat -l [OPTION...] [ADDRESS] PORT  listen\n\n"
           "Sends standard input to a peer and writes what the peer sends to standard output. At the end of standard input\n"
           "all is delivered and the association shut down; what arrives until then is still written. A listener that has\n"
           "sent nothing leaves the end to its peer. With an address (of a local interface) a listener takes what comes\n"
           "there, as with --bind.\n\n"
           "  -l, --listen                serve one association and end with it\n"
           "  -k, --keep                  with -l: then the next, until a signal comes\n"
           "  -d, --no-input              do not read standard input; the peer or a signal ends the association\n"
           "      --stream N              send on stream N (default 0)\n"
           "      --ppid N                payload protocol identifier of what is sent (default 0)\n"
           "      --unordered             send unordered messages\n"
           "      --line                  a message a line, its end included\n"
           "      --size N                messages of N bytes (default: what a read gives, at most %d)\n"
           "      --stripe                spread messages over all streams, numbered in the payload protocol identifier, and\n"
           "                              put what comes in order by that number; both sides must use it\n"
           "      --linger SECONDS        at the end of input, go on until nothing has come for so long\n"
           "      --progress              show bytes and rate on standard error\n"
           "      --stats                 at the end, show bytes, messages, rate, retransmissions, round-trip time\n",
           READ_SIZE);
    common_help(stdout, HELP_PEER | HELP_STREAMS);
    printf("\nExit status: 0 ended gracefully, 1 wrong arguments, 2 could not connect, 3 aborted by the peer, 4 peer lost,\n"
           "5 local input or output failed, 6 protocol broken or out of memory, 7 interrupted, 8 not all was delivered\n");
}

static int number_option(const char *name, const char *text, int64_t least, int64_t most, int64_t *value) {
    if (parse_number(text, least, most, value))
        return 0;
    return complain(STATUS_USAGE, "%s: '%s' is not a number from %" PRId64 " to %" PRId64, name, text, least, most);
}

static int cat_option(struct cat *cat, int option, const char *argument) {
    switch (option) {
    case 'l': cat->listening = true; return 0;
    case 'k': cat->keep = true; return 0;
    case 'd': cat->no_input = true; return 0;
    case OPTION_STREAM: return number_option("--stream", argument, 0, 65534, &cat->stream);
    case OPTION_PPID: return number_option("--ppid", argument, 0, UINT32_MAX, &cat->ppid);
    case OPTION_UNORDERED: cat->unordered = true; return 0;
    case OPTION_LINE: cat->line = true; return 0;
    case OPTION_SIZE: return number_option("--size", argument, 1, INT32_MAX, &cat->size);
    case OPTION_STRIPE: cat->stripe = true; return 0;
    case OPTION_LINGER: return number_option("--linger", argument, 0, 86400, &cat->linger);
    case OPTION_PROGRESS: cat->progress = true; return 0;
    case OPTION_STATS: cat->stats = true; return 0;
    default: return common_option(&cat->common, option, argument);
    }
}

/* ADDRESS and PORT, and what does not go together. */
static int cat_arguments(struct cat *cat, int count, char **arguments) {
    int64_t port;
    if (count < 1 || count > 2 || (!cat->listening && count != 2))
        return complain(STATUS_USAGE,
                        cat->listening ? "-l needs [ADDRESS] PORT" : "ADDRESS and PORT are needed; --help tells more");
    if (!parse_number(arguments[count - 1], cat->listening ? 0 : 1, 65535, &port))
        return complain(STATUS_USAGE, "PORT: '%s' is not a number from %d to 65535", arguments[count - 1],
                        cat->listening ? 0 : 1);
    cat->port = (uint16_t)port;
    const char *wrong = count == 2 ? parse_address(arguments[0], common_udp_port(&cat->common), &cat->remote) : NULL;
    if (wrong)
        return complain(STATUS_USAGE, "ADDRESS: '%s' %s", arguments[0], wrong);
    if (cat->keep && !cat->listening)
        return complain(STATUS_USAGE, "-k goes with -l");
    if (cat->listening && cat->common.peer_count)
        return complain(STATUS_USAGE, "--peer does not go with -l");
    if (cat->common.peer_count == HAWSER_ADDRESSES_MAX)
        return complain(STATUS_USAGE, "--peer: at most %d addresses besides ADDRESS", HAWSER_ADDRESSES_MAX - 1);
    if (cat->line && cat->size >= 0)
        return complain(STATUS_USAGE, "--line and --size exclude each other");
    if (cat->stripe && (cat->stream >= 0 || cat->ppid >= 0))
        return complain(STATUS_USAGE, "--stripe chooses streams and payload protocol identifiers itself: no --stream, no --ppid");
    if (cat->no_input && (cat->line || cat->size >= 0 || cat->linger >= 0))
        return complain(STATUS_USAGE, "--no-input goes with none of --line, --size and --linger");
    if (cat->listening && count == 2)
        return common_option(&cat->common, OPTION_BIND, arguments[0]);
    return 0;
}

/* ---- what is told ------------------------------------------------------------------------------------------------ */

static void sample_rtt(struct cat *cat) {
    struct hawser_status status = HAWSER_INIT(status);
    struct hawser_path_status path = HAWSER_INIT(path);
    if (!cat->association || hawser_status(cat->common.stack, cat->association, &status) != 0)
        return;
    for (uint32_t i = 0; i < status.path_count; i++)
        if (hawser_path_status(cat->common.stack, cat->association, i, &path) == 0 && path.number == status.primary_path &&
            path.srtt)
            cat->rtt = path.srtt;
}

static void show_progress(const struct cat *cat) {
    static hawser_time last;
    static uint64_t last_bytes;
    hawser_time now = hawser_now();
    uint64_t bytes = cat->sent_bytes + cat->received_bytes;
    bool terminal = isatty(STDERR_FILENO);
    if (bytes < last_bytes)
        last_bytes = 0;
    if (last && (cat->ended || now - last >= (terminal ? 200000u : 1000000u))) {
        fprintf(stderr, "%s%8.1f MB sent, %8.1f MB received, %7.1f MB/s%s", terminal ? "\r" : "", (double)cat->sent_bytes / 1e6,
                (double)cat->received_bytes / 1e6, (double)(bytes - last_bytes) / (double)(now - last + 1),
                terminal && !cat->ended ? "" : "\n");
    } else if (last) {
        return;
    }
    last = now;
    last_bytes = bytes;
}

static void show_stats(const struct cat *cat) {
    double seconds = (double)(hawser_now() - cat->began) / 1e6;
    char rtt[32] = "unknown";
    if (cat->rtt)
        snprintf(rtt, sizeof(rtt), "%.3f ms", (double)cat->rtt / 1e3);
    uint64_t bytes = cat->sent_bytes > cat->received_bytes ? cat->sent_bytes : cat->received_bytes;
    fprintf(stderr,
            "sent %" PRIu64 " bytes in %" PRIu64 " messages, received %" PRIu64 " bytes in %" PRIu64 " messages, in %.3f s\n"
            "goodput %.1f MB/s, retransmissions %" PRIu64 ", RTT %s\n",
            cat->sent_bytes, cat->sent_messages, cat->received_bytes, cat->received_messages, seconds,
            (double)bytes / (seconds > 0 ? seconds : 1e-6) / 1e6,
            hawser_counter(cat->common.stack, 0, HAWSER_COUNT_RetransChunks) - cat->retransmissions_before, rtt);
}

/* ---- the association --------------------------------------------------------------------------------------------- */

void cat_give_up(struct cat *cat, int status, const char *text) {
    complain(status, "%s", text);
    if (cat->status == 0)
        cat->status = status;
    cat->closing = true;
    struct hawser_span reason = {.data = (const uint8_t *)text, .size = strlen(text)};
    if (cat->association && hawser_abort(cat->common.stack, hawser_now(), cat->association, reason) == 0)
        return; /* the end follows as an item */
    if (!cat->association)
        cat->done = true;
}

static void came_up(struct cat *cat, const struct hawser_item *item) {
    char text[HAWSER_ADDRESS_TEXT_MAX];
    if (cat->up)
        return;
    cat->up = true;
    cat->began = cat->last_arrival = hawser_now();
    hawser_address_format(&item->up.remote, text, sizeof(text));
    if (cat->common.verbose)
        complain(0, "connected to %s, %u streams out, %u in", text, item->up.streams_out, item->up.streams_in);
    if (cat->stream >= item->up.streams_out) {
        snprintf(text, sizeof(text), "--stream: the association has no outgoing stream over %d", item->up.streams_out - 1);
        cat_give_up(cat, STATUS_USAGE, text);
    }
}

static void accept_next(struct cat *cat) {
    struct hawser_item item;
    if (cat->association || cat->ended || hawser_receive(cat->common.stack, cat->endpoint, &item, 1) == 0)
        return;
    cat->association = item.association;
    hawser_consume(cat->common.stack, hawser_now(), cat->endpoint, 1, 0);
    if (!cat->keep)
        hawser_listen(cat->common.stack, cat->endpoint, 0);
    came_up(cat, &item);
    cat_pump_output(cat);
    cat_pump_input(cat);
}

/* The association is over and all of it that can be written has been. */
static void finish(struct cat *cat) {
    size_t unsent = cat->in.end - cat->in.start;
    if (cat->out.stripe.held > 0 && !cat->out.failed && cat->status == 0)
        cat->status =
            complain(STATUS_UNDELIVERED, "--stripe: a message is missing, %zu bytes after it are left out", cat->out.stripe.held);
    if (cat->status == 0 && (cat->failed_messages > 0 || (unsent > 0 && !cat->keep)))
        cat->status = complain(STATUS_UNDELIVERED, "%" PRIu64 " messages failed, %zu bytes of input were not sent",
                               cat->failed_messages, cat->keep ? 0 : unsent);
    if (cat->progress)
        show_progress(cat);
    if (cat->stats && cat->up)
        show_stats(cat);
    stripe_free(&cat->out.stripe);
    if (!cat->keep || cat->interrupts || cat->out.failed) {
        cat->done = true;
        return;
    }
    cat->status = 0;
    cat->up = cat->closing = cat->peer_closing = cat->ended = cat->in.blocked = cat->in.more = false;
    cat->in.number = 0;
    cat->sent_bytes = cat->sent_messages = cat->received_bytes = cat->received_messages = cat->failed_messages = 0;
    cat->retransmissions_before = hawser_counter(cat->common.stack, 0, HAWSER_COUNT_RetransChunks);
    cat->rtt = 0;
    accept_next(cat);
}

static void note_end(struct cat *cat, const struct hawser_item *item) {
    char text[400];
    int status = end_status(item, cat->up, text, sizeof(text));
    sample_rtt(cat);
    if (cat->status == 0) {
        cat->status = status;
        if (status || cat->common.verbose)
            complain(status, "%s", text);
    }
    cat->ended = true;
}

static void take_event(struct cat *cat, const struct hawser_item *item) {
    static const char *const states[] = {"?", "unconfirmed", "active", "inactive", "removed", "added", "the primary",
                                         "potentially failed"};
    char text[HAWSER_ADDRESS_TEXT_MAX];
    switch (item->type) {
    case HAWSER_UP: came_up(cat, item); break;
    case HAWSER_RESTARTED:
        complain(0, "the peer restarted");
        cat->failed_messages++;
        break;
    case HAWSER_PATH_CHANGED:
        hawser_address_format(&item->path.remote, text, sizeof(text));
        if (cat->common.verbose)
            complain(0, "path %u to %s is %s", (unsigned)item->path.path, text,
                     states[item->path.state <= HAWSER_PATH_POTENTIALLY_FAILED ? item->path.state : 0]);
        break;
    case HAWSER_SEND_FAILED: cat->failed_messages++; break;
    case HAWSER_REMOTE_ERROR:
        if (cat->common.verbose)
            complain(0, "the peer reports an error, cause %u", (unsigned)item->end.code);
        break;
    case HAWSER_PEER_SHUTDOWN:
        cat->peer_closing = true;
        sample_rtt(cat);
        break;
    case HAWSER_ENDED: note_end(cat, item); break;
    default: break;
    }
}

void cat_pump_output(struct cat *cat) {
    struct hawser_item items[ITEMS_MAX];
    size_t count;
    cat_write_striped(cat);
    while (cat->association && !cat->out.blocked &&
           (count = hawser_receive(cat->common.stack, cat->association, items, ITEMS_MAX)) > 0) {
        size_t taken = 0, bytes = 0;
        for (; taken < count && !cat->out.blocked; taken++) {
            const struct hawser_item *item = &items[taken];
            if (item->type != HAWSER_MESSAGE) {
                take_event(cat, item);
                continue;
            }
            bytes = cat_write_message(cat, item);
            cat->received_bytes += bytes;
            if (bytes < item->message.size)
                break;
            bytes = 0;
            if ((item->flags & HAWSER_ITEM_MORE) == 0)
                cat->received_messages++;
            cat->last_arrival = hawser_now();
        }
        hawser_consume(cat->common.stack, hawser_now(), cat->association, taken, bytes);
        if (cat->ended)
            cat->association = 0;
    }
    if (cat->ended && !cat->done && (!cat->out.blocked || cat->out.failed))
        finish(cat);
}

/* All of the input has been sent: is it time to say so? */
static void maybe_shutdown(struct cat *cat) {
    if (!cat->up || cat->closing || cat->ended)
        return;
    if (!cat->in.eof || cat->in.start < cat->in.end || cat->in.more)
        return;
    if (!cat->interrupts) {
        if (cat->listening && cat->sent_messages == 0)
            return;
        if (cat->linger > 0 && hawser_now() - cat->last_arrival < (hawser_time)cat->linger * 1000000)
            return;
    }
    cat->closing = true;
    sample_rtt(cat);
    hawser_shutdown(cat->common.stack, hawser_now(), cat->association);
}

static void on_ready(void *user, hawser *stack, hawser_time now, const struct hawser_ready *ready) {
    struct cat *cat = user;
    (void)stack, (void)now;
    if (ready->id == cat->endpoint) {
        accept_next(cat);
    } else if (ready->id == cat->association) {
        if (ready->flags & HAWSER_WRITABLE)
            cat->in.blocked = false;
        cat_pump_output(cat);
        cat_pump_input(cat);
    }
}

/* The first signal ends it gracefully, the second at once. */
static void on_signal(void *user) {
    struct cat *cat = user;
    cat->interrupts++;
    cat->in.eof = true;
    if (!cat->association && !cat->ended) {
        cat->status = cat->keep ? 0 : complain(STATUS_INTERRUPTED, "interrupted");
        cat->done = true;
    } else if (cat->interrupts > 1 || !cat->up) {
        if (cat->ended)
            cat->done = true; /* it waits for standard output alone */
        cat_give_up(cat, STATUS_INTERRUPTED, "interrupted");
    }
    cat_pump_input(cat);
}

/* ---- running ----------------------------------------------------------------------------------------------------- */

static int prepare_descriptors(struct cat *cat) {
    int64_t most = READ_SIZE;
    hawser_get(cat->common.stack, 0, 0, HAWSER_SET_MESSAGE_MAX, &most);
    if (cat->size > most)
        return complain(STATUS_USAGE, "--size: %" PRId64 " is over message_max, %" PRId64, cat->size, most);
    cat->in.capacity = cat->size > 0 ? (size_t)cat->size : most < READ_SIZE ? (size_t)most : READ_SIZE;
    cat->in.buffer = malloc(cat->in.capacity);
    if (!cat->in.buffer)
        return complain(STATUS_PROTOCOL, "out of memory");
    cat_output_init(cat);
    int error = hawser_loop_add_fd(cat->common.loop, STDOUT_FILENO, 0, cat_output_ready, cat);
    if (!error && !cat->no_input)
        error = hawser_loop_add_fd(cat->common.loop, STDIN_FILENO, 0, cat_input_ready, cat);
    return error ? complain(STATUS_IO, "standard input and output: %s", hawser_error_text(error)) : 0;
}

static int prepare_association(struct cat *cat) {
    struct hawser_endpoint_options endpoint = HAWSER_INIT(endpoint);
    hawser *stack = cat->common.stack;
    endpoint.port = cat->listening ? cat->port : 0;
    int error = hawser_open(stack, &endpoint, &cat->endpoint);
    if (error)
        return complain(STATUS_IO, "PORT %u: %s", cat->port, hawser_error_text(error));
    if (cat->listening) {
        error = hawser_listen(stack, cat->endpoint, cat->keep ? 16 : 1);
        if (cat->common.verbose && !error)
            common_tell_listening(&cat->common, cat->endpoint);
        return error ? complain(STATUS_IO, "PORT %u: %s", cat->port, hawser_error_text(error)) : 0;
    }
    return common_connect(&cat->common, cat->endpoint, &cat->remote, cat->port, cat, &cat->association);
}

static int run(struct cat *cat) {
    bool ticks = cat->progress || cat->stats || cat->linger > 0;
    while (!cat->done) {
        if (hawser_loop_run_once(cat->common.loop, ticks ? TICK : HAWSER_NEVER) != 0)
            return complain(STATUS_IO, "waiting: %s", strerror(errno));
        maybe_shutdown(cat);
        if (cat->stats)
            sample_rtt(cat);
        if (cat->progress && cat->up && !cat->done)
            show_progress(cat);
    }
    return cat->status;
}

int tool_cat(int argc, char **argv) {
    static struct cat cat;
    int option, status = 0;
    common_init(&cat.common, argv[0]);
    cat.stream = cat.ppid = cat.size = cat.linger = -1;
    stripe_init(&cat.out.stripe, STRIPE_HELD_MAX);
    while (status == 0 && (option = getopt_long(argc, argv, "lkdvh", options, NULL)) != -1) {
        if (common_answered(option, help))
            return 0;
        status = cat_option(&cat, option, optarg);
    }
    if (status == 0)
        status = cat_arguments(&cat, argc - optind, argv + optind);
    if (status)
        return status;
    status = common_start(&cat.common, cat.listening ? NULL : &cat.remote, on_ready, &cat);
    if (status == 0)
        status = watch_signals(&cat.common, on_signal, &cat);
    if (status == 0)
        status = prepare_descriptors(&cat);
    if (status == 0)
        status = prepare_association(&cat);
    if (status == 0)
        status = run(&cat);
    status = common_stop(&cat.common, status);
    stripe_free(&cat.out.stripe);
    free(cat.in.buffer);
    return status;
}
