/* SPDX-License-Identifier: MIT
 *
 * What `hawser perf` says: a line an interval, and the sum; as text or as one object of JSON a line. Names and units of the JSON
 * are in hawser-perf(1) and do not change.
 */
#define _GNU_SOURCE
#include "perf.h"

#include <inttypes.h>

static const struct {
    const char *name;
    double share;
} quantiles[] = {{"p50", 0.5}, {"p90", 0.9}, {"p99", 0.99}, {"p999", 0.999}};

#define QUANTILE_COUNT (sizeof(quantiles) / sizeof(*quantiles))

static const char *const directions[] = {"out", "in"};

static double seconds(uint64_t microseconds) {
    return (double)microseconds / 1e6;
}

static double rate(uint64_t count, uint64_t microseconds) {
    return microseconds ? (double)count / seconds(microseconds) : 0;
}

/* ---- sums over all associations ---------------------------------------------------------------------------------- */

static void add(struct perf_figures *sum, const struct perf_figures *one) {
    sum->clock = one->clock > sum->clock ? one->clock : sum->clock;
    sum->since = sum->since == 0 || (one->since && one->since < sum->since) ? one->since : sum->since;
    sum->last = one->last > sum->last ? one->last : sum->last;
    sum->in_bytes += one->in_bytes;
    sum->in_messages += one->in_messages;
    sum->out_bytes += one->out_bytes;
    sum->out_messages += one->out_messages;
    sum->retransmissions += one->retransmissions;
    sum->fast_retransmissions += one->fast_retransmissions;
    sum->timeouts += one->timeouts;
    sum->streams = one->streams;
    sum->srtt += one->srtt;
    if (one->srtt_min && (sum->srtt_min == 0 || one->srtt_min < sum->srtt_min))
        sum->srtt_min = one->srtt_min;
    if (one->srtt_max > sum->srtt_max)
        sum->srtt_max = one->srtt_max;
    sum->cpu = one->cpu > sum->cpu ? one->cpu : sum->cpu; /* of a process, not of an association */
}

/* What both sides have seen of one direction. */
static void sum_up(const struct perf_client *client, enum perf_direction direction, struct perf_figures *sender,
                   struct perf_figures *receiver) {
    *sender = *receiver = (struct perf_figures){0};
    for (unsigned i = 0; i < client->line_count; i++) {
        const struct perf_line *line = &client->lines[i];
        add(sender, direction == PERF_GOING_OUT ? &line->here : &line->there);
        add(receiver, direction == PERF_GOING_OUT ? &line->there : &line->here);
    }
    if (client->line_count)
        sender->srtt /= client->line_count;
}

static bool goes(const struct perf_client *client, enum perf_direction direction) {
    return client->options->request.mode & (direction == PERF_GOING_OUT ? PERF_OUT : PERF_IN);
}

static void milliseconds(char *text, size_t size, uint64_t microseconds) {
    if (microseconds)
        snprintf(text, size, "%.3f", (double)microseconds / 1e3);
    else
        snprintf(text, size, "-");
}

/* ---- the beginning ----------------------------------------------------------------------------------------------- */

void perf_show_start(const struct perf_client *client) {
    const struct perf_options *o = client->options;
    const struct perf_request *request = &o->request;
    char address[HAWSER_ADDRESS_TEXT_MAX];
    const char *way = request->mode & PERF_PING                                        ? "ping"
                      : (request->mode & (PERF_IN | PERF_OUT)) == (PERF_IN | PERF_OUT) ? "both"
                      : request->mode & PERF_IN                                        ? "in"
                                                                                       : "out";
    hawser_address_format(&o->remote, address, sizeof(address));
    uint64_t streams = client->lines[0].here.streams;
    if (o->quiet)
        return;
    if (o->json) {
        printf("{\"type\": \"start\", \"version\": \"%s\", \"address\": \"%s\", \"port\": %u, \"direction\": \"%s\", "
               "\"associations\": %u, \"streams\": %" PRIu64 ", \"size\": %" PRIu64 ", \"unordered\": %s, \"time_s\": %.3f, "
               "\"bytes\": %" PRIu64 ", \"rate_bits_per_s\": %" PRIu64 "}\n",
               HAWSER_VERSION, address, o->port, way, client->line_count, streams, request->size,
               request->mode & PERF_UNORDERED ? "true" : "false", seconds(request->time), request->bytes * client->line_count,
               request->rate * 8);
    } else {
        printf("%s, SCTP port %u, %s: %u association%s, %" PRIu64 " stream%s, %s messages of %" PRIu64 " bytes\n", address,
               o->port, way, client->line_count, client->line_count > 1 ? "s" : "", streams, streams > 1 ? "s" : "",
               request->mode & PERF_UNORDERED ? "unordered" : "ordered", request->size);
        if (o->interval && (request->mode & PERF_PING))
            printf("%12s %11s %8s %8s %8s %8s %8s %8s %7s %7s\n", "seconds", "messages/s", "min us", "p50 us", "p90 us", "p99 us",
                   "p99.9 us", "max us", "resent", "CPU s");
        else if (o->interval)
            printf("%12s %3s %9s %9s %11s %9s %7s %7s\n", "seconds", "", "MB/s", "Mbit/s", "messages/s", "RTT ms", "resent",
                   "CPU s");
    }
    fflush(stdout);
}

/* ---- latencies --------------------------------------------------------------------------------------------------- */

static void json_latencies(const struct histogram *h) {
    printf(", \"min_us\": %.3f", (double)(h->count ? h->least : 0) / 1e3);
    for (size_t i = 0; i < QUANTILE_COUNT; i++)
        printf(", \"%s_us\": %.3f", quantiles[i].name, (double)histogram_quantile(h, quantiles[i].share) / 1e3);
    printf(", \"max_us\": %.3f", (double)(h->count ? h->most : 0) / 1e3);
}

static void text_latencies(const struct histogram *h) {
    printf(" %8.1f", (double)(h->count ? h->least : 0) / 1e3);
    for (size_t i = 0; i < QUANTILE_COUNT; i++)
        printf(" %8.1f", (double)histogram_quantile(h, quantiles[i].share) / 1e3);
    printf(" %8.1f", (double)(h->count ? h->most : 0) / 1e3);
}

/* ---- an interval ------------------------------------------------------------------------------------------------- */

struct interval {
    double from, to, cpu;
};

static void show_ping_interval(struct perf_client *client, const struct interval *now, uint64_t duration) {
    struct perf_figures sender, receiver;
    struct perf_sum *before = &client->sums[PERF_GOING_OUT];
    const struct histogram *h = &client->recent;
    sum_up(client, PERF_GOING_OUT, &sender, &receiver);
    uint64_t resent = sender.retransmissions - before->retransmissions;
    before->retransmissions = sender.retransmissions;
    if (client->options->json) {
        printf("{\"type\": \"interval\", \"direction\": \"ping\", \"start_s\": %.3f, \"end_s\": %.3f, \"messages\": %" PRIu64
               ", \"messages_per_s\": %.1f",
               now->from, now->to, h->count, rate(h->count, duration));
        json_latencies(h);
        printf(", \"retransmissions\": %" PRIu64 ", \"cpu_s\": %.3f}\n", resent, now->cpu);
    } else {
        printf("%5.1f- %5.1f %11.1f", now->from, now->to, rate(h->count, duration));
        text_latencies(h);
        printf(" %7" PRIu64 " %7.2f\n", resent, now->cpu);
    }
    histogram_merge(&client->latencies, h);
    histogram_clear(&client->recent);
}

static void show_direction(struct perf_client *client, enum perf_direction direction, const struct interval *now) {
    struct perf_figures sender, receiver;
    struct perf_sum *before = &client->sums[direction];
    char rtt[24];
    sum_up(client, direction, &sender, &receiver);
    /* The receiver's clock tells how much time its figures cover: what it says comes in reports of its own. */
    uint64_t bytes = receiver.in_bytes - before->bytes, messages = receiver.in_messages - before->messages;
    uint64_t time = receiver.clock - (before->clock ? before->clock : receiver.since);
    uint64_t resent = sender.retransmissions - before->retransmissions;
    *before = (struct perf_sum){receiver.in_bytes, receiver.in_messages, receiver.clock, sender.retransmissions};
    if (client->options->json) {
        printf("{\"type\": \"interval\", \"direction\": \"%s\", \"start_s\": %.3f, \"end_s\": %.3f, \"bytes\": %" PRIu64
               ", \"messages\": %" PRIu64 ", \"bytes_per_s\": %.1f, \"messages_per_s\": %.1f, \"srtt_us\": %" PRIu64
               ", \"retransmissions\": %" PRIu64 ", \"cpu_s\": %.3f}\n",
               directions[direction], now->from, now->to, bytes, messages, rate(bytes, time), rate(messages, time), sender.srtt,
               resent, now->cpu);
        return;
    }
    milliseconds(rtt, sizeof(rtt), sender.srtt);
    printf("%5.1f- %5.1f %3s %9.1f %9.1f %11.1f %9s %7" PRIu64 " %7.2f\n", now->from, now->to, directions[direction],
           rate(bytes, time) / 1e6, rate(bytes, time) * 8 / 1e6, rate(messages, time), rtt, resent, now->cpu);
}

void perf_show_interval(struct perf_client *client, hawser_time now) {
    uint64_t cpu = perf_cpu();
    struct interval interval = {.from = seconds(client->shown - client->began),
                                .to = seconds(now - client->began),
                                .cpu = seconds(cpu - client->cpu_shown)};
    for (unsigned i = 0; i < client->line_count; i++)
        perf_line_measure(&client->lines[i], now);
    if (client->options->request.mode & PERF_PING)
        show_ping_interval(client, &interval, now - client->shown);
    for (enum perf_direction direction = PERF_GOING_OUT; direction <= PERF_COMING_IN; direction++)
        if (goes(client, direction))
            show_direction(client, direction, &interval);
    fflush(stdout);
    client->cpu_shown = cpu;
    client->shown = now;
}

/* ---- the sum ----------------------------------------------------------------------------------------------------- */

struct end {
    struct perf_figures sender, receiver;
    uint64_t time, cpu_here, cpu_there;
    bool whole;
};

static void json_end(const struct perf_client *client, const char *direction, const struct end *end) {
    struct hawser_carrier_counters carried = HAWSER_INIT(carried);
    const struct perf_figures *s = &end->sender, *r = &end->receiver;
    hawser_carrier_count(client->common->carrier, &carried);
    printf("{\"type\": \"sum\", \"direction\": \"%s\", \"whole\": %s, \"time_s\": %.6f, \"sent_bytes\": %" PRIu64
           ", \"sent_messages\": %" PRIu64 ", \"bytes\": %" PRIu64 ", \"messages\": %" PRIu64
           ", \"bytes_per_s\": %.1f, \"messages_per_s\": %.1f",
           direction, end->whole ? "true" : "false", seconds(end->time), s->out_bytes, s->out_messages, r->in_bytes,
           r->in_messages, rate(r->in_bytes, end->time), rate(r->in_messages, end->time));
    if (client->options->request.mode & PERF_PING)
        json_latencies(&client->latencies);
    printf(", \"srtt_us\": %" PRIu64 ", \"srtt_min_us\": %" PRIu64 ", \"srtt_max_us\": %" PRIu64 ", \"retransmissions\": %" PRIu64
           ", \"fast_retransmissions\": %" PRIu64 ", \"timeouts\": %" PRIu64 ", \"cpu_s\": %.3f, \"peer_cpu_s\": %.3f"
           ", \"packets_sent\": %" PRIu64 ", \"send_calls\": %" PRIu64 ", \"packets_received\": %" PRIu64
           ", \"receive_calls\": %" PRIu64 "}\n",
           s->srtt, s->srtt_min, s->srtt_max, s->retransmissions, s->fast_retransmissions, s->timeouts, seconds(end->cpu_here),
           seconds(end->cpu_there), carried.sent, carried.send_calls, carried.received,
           carried.receive_calls);
}

static void text_end(const struct perf_client *client, enum perf_direction direction, const struct end *end) {
    static const char *const titles[] = {"out: sent by the client, received by the server",
                                         "in: sent by the server, received here"};
    const struct perf_figures *s = &end->sender, *r = &end->receiver;
    char rtt[3][24];
    milliseconds(rtt[0], sizeof(rtt[0]), s->srtt);
    milliseconds(rtt[1], sizeof(rtt[1]), s->srtt_min);
    milliseconds(rtt[2], sizeof(rtt[2]), s->srtt_max);
    if (client->options->request.mode & PERF_PING) {
        const struct histogram *h = &client->latencies;
        printf("ping: %" PRIu64 " messages there and back in %.3f s, %.1f messages/s\nlatency us", h->count, seconds(end->time),
               rate(h->count, end->time));
        printf(": min %.1f", (double)(h->count ? h->least : 0) / 1e3);
        for (size_t i = 0; i < QUANTILE_COUNT; i++)
            printf(", %s %.1f", quantiles[i].name, (double)histogram_quantile(h, quantiles[i].share) / 1e3);
        printf(", max %.1f\n", (double)(h->count ? h->most : 0) / 1e3);
    } else {
        printf("%s\n", titles[direction]);
        printf("  sent     %" PRIu64 " bytes in %" PRIu64 " messages\n", s->out_bytes, s->out_messages);
        printf("  received %" PRIu64 " bytes in %" PRIu64 " messages, in %.3f s%s\n", r->in_bytes, r->in_messages,
               seconds(end->time), end->whole ? "" : ", as far as is known");
        printf("  goodput  %.1f MB/s, %.1f Mbit/s, %.1f messages/s\n", rate(r->in_bytes, end->time) / 1e6,
               rate(r->in_bytes, end->time) * 8 / 1e6, rate(r->in_messages, end->time));
    }
    printf("  RTT      %s ms, %s to %s seen; retransmissions %" PRIu64 ", of them fast %" PRIu64 "; time-outs %" PRIu64 "\n",
           rtt[0], rtt[1], rtt[2], s->retransmissions, s->fast_retransmissions, s->timeouts);
}

static void show_end(const struct perf_client *client, enum perf_direction direction, struct end *end) {
    bool ping = client->options->request.mode & PERF_PING;
    sum_up(client, direction, &end->sender, &end->receiver);
    end->time = end->receiver.last > end->receiver.since ? end->receiver.last - end->receiver.since : 0;
    if (client->options->json)
        json_end(client, ping ? "ping" : directions[direction], end);
    else
        text_end(client, direction, end);
}

void perf_show_end(struct perf_client *client, hawser_time now) {
    struct end end = {.cpu_here = perf_cpu() - client->cpu_began, .whole = client->final == client->line_count};
    for (unsigned i = 0; i < client->line_count; i++) {
        perf_line_measure(&client->lines[i], now);
        if (client->lines[i].there.cpu > end.cpu_there)
            end.cpu_there = client->lines[i].there.cpu;
    }
    histogram_merge(&client->latencies, &client->recent);
    histogram_clear(&client->recent);
    if (client->options->request.mode & PERF_PING)
        show_end(client, PERF_GOING_OUT, &end);
    for (enum perf_direction direction = PERF_GOING_OUT; direction <= PERF_COMING_IN; direction++)
        if (goes(client, direction))
            show_end(client, direction, &end);
    if (!client->options->json)
        printf("CPU: %.2f s here, %.2f s at the server\n", seconds(end.cpu_here), seconds(end.cpu_there));
    fflush(stdout);
}

void perf_show_served(const struct perf_line *line, const char *peer, bool json, bool whole) {
    const struct perf_figures *here = &line->here;
    uint64_t time = here->last > here->since ? here->last - here->since : 0;
    if (json)
        printf("{\"type\": \"served\", \"peer\": \"%s\", \"whole\": %s, \"time_s\": %.6f, \"bytes\": %" PRIu64
               ", \"messages\": %" PRIu64 ", \"bytes_per_s\": %.1f, \"messages_per_s\": %.1f, \"sent_bytes\": %" PRIu64
               ", \"sent_messages\": %" PRIu64 ", \"retransmissions\": %" PRIu64 "}\n",
               peer, whole ? "true" : "false", seconds(time), here->in_bytes, here->in_messages, rate(here->in_bytes, time),
               rate(here->in_messages, time), here->out_bytes, here->out_messages, here->retransmissions);
    else
        printf("%s%s: received %" PRIu64 " bytes in %" PRIu64 " messages, in %.3f s, %.1f MB/s; sent %" PRIu64
               " bytes in %" PRIu64 " messages\n",
               peer, whole ? "" : " (broken off)", here->in_bytes, here->in_messages, seconds(time),
               rate(here->in_bytes, time) / 1e6, here->out_bytes, here->out_messages);
    fflush(stdout);
}
