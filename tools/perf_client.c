/* SPDX-License-Identifier: MIT
 *
 * `hawser perf -c`: connects, has the server agree to a test, runs it for so long or so much, and sees that all of it is told.
 */
#define _GNU_SOURCE
#include "perf.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#define ITEMS_MAX 64
#define PATIENCE  (UINT64_C(5) * 1000000) /* for READY: what listens there may be another program */

static uint64_t nanoseconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

/* Ends it all because of something on this side, or something that the peer said. */
static void give_up(struct perf_client *client, int status, const char *text) {
    struct hawser_span reason = {.data = (const uint8_t *)text, .size = strlen(text)};
    if (client->status == 0)
        client->status = complain(status, "%s", text);
    for (unsigned i = 0; i < client->line_count; i++)
        hawser_abort(client->common->stack, hawser_now(), client->lines[i].id, reason);
}

/* ---- a test's course --------------------------------------------------------------------------------------------- */

/* A ping's next message, once the one before is back. */
static void ping(struct perf_client *client, struct perf_line *line, hawser_time now) {
    uint64_t *asked = &client->asked[line - client->lines];
    const struct perf_request *request = &line->request;
    if (!line->sending || *asked)
        return;
    *asked = nanoseconds();
    if (request->bytes && line->here.out_bytes >= request->bytes)
        line->sending = false;
    if (!line->sending || !perf_line_send_one(line, now, HAWSER_SEND_NO_DELAY))
        *asked = 0;
}

static void ping_is_back(struct perf_client *client, struct perf_line *line) {
    uint64_t *asked = &client->asked[line - client->lines];
    if (*asked)
        histogram_add(&client->recent, nanoseconds() - *asked);
    *asked = 0;
}

/* Sends what can be sent, and says END after the last of it. */
static void go_on(struct perf_client *client, struct perf_line *line, hawser_time now) {
    if (line->request.mode & PERF_PING)
        ping(client, line, now);
    perf_line_send(line, now);
    if (line->running && !line->sending && line->said == PERF_GO && !line->owed)
        perf_line_say(line, PERF_END, now);
    perf_line_look(line, now);
    if (line->error)
        give_up(client, STATUS_PROTOCOL, line->error);
}

/* All are ready: the clock starts. */
static void begin(struct perf_client *client) {
    hawser_time now = hawser_now();
    client->running = true;
    client->began = client->shown = now;
    client->cpu_began = client->cpu_shown = perf_cpu();
    perf_show_start(client);
    for (unsigned i = 0; i < client->line_count; i++) {
        struct perf_line *line = &client->lines[i];
        perf_line_say(line, PERF_GO, now);
        perf_line_go(line, now, line->request.mode & (PERF_OUT | PERF_PING));
        go_on(client, line, now);
    }
}

static void stop(struct perf_client *client, hawser_time now) {
    client->stopping = true;
    for (unsigned i = 0; i < client->line_count; i++) {
        struct perf_line *line = &client->lines[i];
        line->sending = false;
        if (line->heard != PERF_FINAL)
            perf_line_say(line, PERF_STOP, now);
    }
}

/* The server has told all, and all that it has sent is here. */
static void end_if_final(struct perf_client *client, struct perf_line *line, hawser_time now) {
    if (line->heard != PERF_FINAL || line->ended || line->here.in_bytes < line->there.out_bytes)
        return;
    line->ended = true;
    perf_line_measure(line, now);
    hawser_shutdown(client->common->stack, now, line->id);
    client->final++;
    if (client->final == client->line_count)
        perf_show_end(client, now);
}

/* ---- what comes -------------------------------------------------------------------------------------------------- */

static void take_word(struct perf_client *client, struct perf_line *line) {
    if (line->heard == PERF_REQUEST)
        give_up(client, STATUS_NO_CONNECTION, "the request comes back: that is no hawser perf -s");
    if (line->error)
        return; /* go_on sees to it */
    if (line->heard == PERF_READY && line->said == PERF_REQUEST) {
        if (++client->ready == client->line_count)
            begin(client);
    } else if (line->heard != PERF_REPORT && line->heard != PERF_FINAL) {
        line->error = "perf: the server said a word that is not expected";
    }
}

static void take_up(struct perf_client *client, struct perf_line *line, const struct hawser_item *item) {
    char text[HAWSER_ADDRESS_TEXT_MAX];
    hawser_address_format(&item->up.remote, text, sizeof(text));
    if (client->common->verbose)
        complain(0, "connected to %s, %u streams out, %u in", text, item->up.streams_out, item->up.streams_in);
    if (item->up.streams_out < line->request.streams)
        complain(0, "the server takes %u streams only", item->up.streams_out);
    line->up = true;
    client->ready_by = hawser_now() + PATIENCE;
    perf_line_say(line, PERF_REQUEST, hawser_now());
}

static void take_end(struct perf_client *client, struct perf_line *line, const struct hawser_item *item) {
    char text[400];
    int status = end_status(item, line->up, text, sizeof(text));
    if (status == 0 && !line->ended) {
        status = STATUS_UNDELIVERED;
        snprintf(text, sizeof(text), "the server ended the association before the test was over");
    }
    if (client->status == 0 && (status || client->common->verbose))
        client->status = complain(status, "%s", text);
    line->sending = false;
    line->id = 0;
    client->over++;
    if (status)
        give_up(client, status, text);
}

static void take(struct perf_client *client, struct perf_line *line, const struct hawser_item *item) {
    switch (item->type) {
    case HAWSER_MESSAGE:
        if (perf_line_hear(line, item)) {
            take_word(client, line);
            break;
        }
        perf_line_count(line, item, item->message.size);
        if ((line->request.mode & PERF_PING) && (item->flags & HAWSER_ITEM_MORE) == 0)
            ping_is_back(client, line);
        break;
    case HAWSER_UP: take_up(client, line, item); break;
    case HAWSER_RESTARTED: give_up(client, STATUS_LOST, "the server restarted"); break;
    case HAWSER_ENDED: take_end(client, line, item); break;
    default: break;
    }
}

static void on_ready(void *user, hawser *stack, hawser_time now, const struct hawser_ready *ready) {
    struct perf_client *client = user;
    struct perf_line *line = ready->user;
    struct hawser_item items[ITEMS_MAX];
    size_t count;
    while ((count = hawser_receive(stack, ready->id, items, ITEMS_MAX)) > 0) {
        for (size_t i = 0; i < count; i++)
            take(client, line, &items[i]);
        hawser_consume(stack, now, ready->id, count, 0);
    }
    if (line->id) {
        go_on(client, line, now);
        end_if_final(client, line, now);
    }
}

/* ---- running ----------------------------------------------------------------------------------------------------- */

/* The first signal stops the test and shows how it went, the second ends it at once. */
static void on_signal(void *user) {
    struct perf_client *client = user;
    if (client->interrupts++ == 0 && client->running)
        stop(client, hawser_now());
    else
        give_up(client, STATUS_INTERRUPTED, "interrupted");
}

static int connect_all(struct perf_client *client) {
    const struct perf_options *options = client->options;
    for (unsigned i = 0; i < options->lines; i++) {
        struct perf_line *line = &client->lines[i];
        struct hawser_endpoint_options endpoint = HAWSER_INIT(endpoint);
        hawser_id own;
        int error = hawser_open(client->common->stack, &endpoint, &own);
        if (error)
            return complain(STATUS_IO, "%s", hawser_error_text(error));
        *line = (struct perf_line){.stack = client->common->stack, .request = options->request};
        int status = common_connect(client->common, own, &options->remote, options->port, line, &line->id);
        if (status)
            return status;
        client->line_count++;
    }
    return 0;
}

static hawser_time earlier(hawser_time a, hawser_time b) {
    return a < b ? a : b;
}

/* When time alone has the next thing happen. */
static hawser_time next_time(const struct perf_client *client) {
    const struct perf_options *options = client->options;
    hawser_time next = HAWSER_NEVER;
    if (!client->running)
        return client->ready_by;
    for (unsigned i = 0; i < client->line_count; i++)
        if (client->lines[i].resume)
            next = earlier(next, client->lines[i].resume);
    if (options->interval && client->final < client->line_count)
        next = earlier(next, client->shown + options->interval);
    if (options->request.time && !client->stopping)
        next = earlier(next, client->began + options->request.time);
    return next;
}

static void time_passes(struct perf_client *client, hawser_time now) {
    const struct perf_options *options = client->options;
    if (now < next_time(client))
        return;
    if (!client->running) {
        client->ready_by = HAWSER_NEVER;
        give_up(client, STATUS_NO_CONNECTION, "no answer to the request: is that a hawser perf -s?");
        return;
    }
    for (unsigned i = 0; i < client->line_count; i++)
        if (client->lines[i].resume && now >= client->lines[i].resume)
            go_on(client, &client->lines[i], now);
    if (options->interval && now >= client->shown + options->interval && client->final < client->line_count)
        perf_show_interval(client, now);
    if (ferror(stdout)) /* whoever watched has gone */
        give_up(client, STATUS_IO, "standard output cannot be written");
    else if (options->request.time && !client->stopping && now >= client->began + options->request.time)
        stop(client, now);
}

static int turn_until_over(struct perf_client *client) {
    while (client->over < client->line_count) {
        hawser_time now = hawser_now(), next = next_time(client);
        hawser_time timeout = next == HAWSER_NEVER ? next : next > now ? next - now : 0;
        if (hawser_loop_run_once(client->common->loop, timeout) != 0)
            return complain(STATUS_IO, "waiting: %s", strerror(errno));
        time_passes(client, hawser_now());
    }
    if (client->running && client->final < client->line_count)
        perf_show_end(client, hawser_now());
    return client->status;
}

int perf_client_run(struct common *common, const struct perf_options *options) {
    static struct perf_client client;
    client.common = common;
    client.options = options;
    client.ready_by = HAWSER_NEVER;
    int status = common_start(common, &options->remote, on_ready, &client);
    if (status == 0)
        status = watch_signals(common, on_signal, &client);
    if (status == 0)
        status = connect_all(&client);
    if (status == 0)
        status = turn_until_over(&client);
    return common_stop(common, status);
}
