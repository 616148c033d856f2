/* SPDX-License-Identifier: MIT
 *
 * `hawser perf -s`: does what clients ask for, any number of them at once, within bounds that no request can move.
 */
#define _GNU_SOURCE
#include "perf.h"
#include "server.h"

#include <string.h>

#define CLIENTS_MAX 1024
#define PATIENCE    (UINT64_C(30) * 1000000)  /* for REQUEST and GO */
#define GRACE       (UINT64_C(600) * 1000000) /* beyond the time of a test, for what is still under way */
#define REPORT_MIN  10000                     /* microseconds */

struct client {
    struct peer peer;
    struct perf_line line;
    hawser_time reported;
    bool refused, told;
};

static struct perf_server {
    struct server server;
    const struct perf_options *options;
} perf;

static void refuse(struct client *client, const char *reason) {
    struct hawser_span text = {.data = (const uint8_t *)reason, .size = strlen(reason)};
    if (!client->refused)
        complain(0, "%s: %s", client->peer.name, reason);
    client->refused = true;
    hawser_abort(perf.server.common.stack, hawser_now(), client->peer.id, text);
}

static void take_request(struct client *client, hawser_time now) {
    struct perf_line *line = &client->line;
    const char *wrong = perf_request_wrong(&line->request);
    if (wrong) {
        refuse(client, wrong);
        return;
    }
    perf_line_measure(line, now);
    if ((line->request.mode & PERF_IN) && line->here.streams < line->request.streams)
        refuse(client, "perf: so many streams need a server with that many: --streams");
    else
        perf_line_say(line, PERF_READY, now);
}

static void take_word(struct client *client, hawser_time now) {
    struct perf_line *line = &client->line;
    if (line->error)
        refuse(client, line->error);
    else if (line->heard == PERF_REQUEST)
        take_request(client, now);
    else if (line->heard == PERF_GO && line->said == PERF_READY && !line->running)
        perf_line_go(line, now, line->request.mode & PERF_IN);
    else if (line->heard == PERF_STOP && line->running)
        line->sending = false;
    else if (line->heard != PERF_END || !line->running)
        refuse(client, "perf: a word that is not expected");
}

static size_t take(struct peer *peer, const struct hawser_item *item) {
    struct client *client = (struct client *)peer;
    struct perf_line *line = &client->line;
    size_t size = item->message.size;
    if (client->refused)
        return size;
    line->stack = peer->server->common.stack;
    line->id = peer->id;
    if (perf_line_hear(line, item)) {
        take_word(client, hawser_now());
        return size;
    }
    if (!line->running || !(line->request.mode & (PERF_OUT | PERF_PING))) {
        refuse(client, "perf: data that nobody asked for");
        return size;
    }
    if (line->request.mode & PERF_PING) {
        size = server_send_back(peer, item, HAWSER_SEND_NO_DELAY);
        line->here.out_bytes += size;
        line->here.out_messages += size == item->message.size && (item->flags & HAWSER_ITEM_MORE) == 0;
    }
    perf_line_count(line, item, size);
    return size;
}

/* All that the client has sent is here, and all that was to be sent has been. */
static bool is_final(const struct perf_line *line) {
    return line->running && !line->sending && line->said != PERF_FINAL && (line->heard == PERF_END || line->heard == PERF_STOP) &&
           line->here.in_bytes >= line->there.out_bytes && line->here.in_messages >= line->there.out_messages;
}

static void tell(struct client *client, bool whole) {
    if (client->told || !client->line.running)
        return;
    client->told = true;
    perf_line_measure(&client->line, hawser_now());
    if (!perf.options->quiet)
        perf_show_served(&client->line, client->peer.name, perf.options->json, whole);
}

static void after(struct peer *peer, hawser_time now) {
    struct client *client = (struct client *)peer;
    struct perf_line *line = &client->line;
    if (!line->running || client->refused)
        return;
    perf_line_look(line, now);
    hawser_time every = line->request.report < REPORT_MIN ? REPORT_MIN : line->request.report;
    if (now - client->reported >= every && line->said != PERF_FINAL && perf_line_try(line, PERF_REPORT, now))
        client->reported = now;
    perf_line_send(line, now);
    if (line->resume && line->resume < peer->server->due)
        peer->server->due = line->resume;
    if (line->error) {
        refuse(client, line->error);
    } else if (is_final(line)) {
        perf_line_say(line, PERF_FINAL, now);
        tell(client, true);
    }
}

static void event(struct peer *peer, const struct hawser_item *item) {
    struct client *client = (struct client *)peer;
    if (item->type == HAWSER_RESTARTED)
        refuse(client, "perf: restarted in mid-test");
    if (item->type != HAWSER_ENDED)
        return;
    tell(client, false);
    if (client->line.running && perf.options->one && peer->server->peer_count == 1)
        server_stop(peer->server, true);
}

/* Sends what had to wait for its time. A test lasts as long as its client asked for, and a connection without one is nobody's. */
static void on_time(struct peer *peer, hawser_time now) {
    struct client *client = (struct client *)peer;
    const struct perf_request *request = &client->line.request;
    hawser_time longest = request->time ? request->time : PERF_TIME_MAX * UINT64_C(1000000);
    if (client->line.running ? now - client->line.here.since > longest + GRACE : now - peer->since > PATIENCE)
        refuse(client, "perf: the time is over");
    else if (client->line.resume)
        after(peer, now);
}

int perf_server_run(const struct common *common, const struct perf_options *options) {
    perf.options = options;
    perf.server = (struct server){.common = *common,
                                  .port = options->port,
                                  .peer_size = sizeof(struct client),
                                  .peers_max = CLIENTS_MAX,
                                  .patience = 1000000,
                                  .take = take,
                                  .event = event,
                                  .after = after,
                                  .on_time = on_time};
    return server_run(&perf.server);
}
