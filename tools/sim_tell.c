/* SPDX-License-Identifier: MIT
 *
 * hawser sim: what there is to tell of a run, as text and as JSON.
 */
#include "sim.h"
#include <inttypes.h>
#include <string.h>

static const char *const reason_names[] = {
    "",        "shutdown",           "aborted",     "aborted by the peer",    "peer lost", "no answer",  "stale cookie",
    "refused", "protocol violation", "unreachable", "shutdown took too long", "no memory", "route lost", "internal fault",
};
#define REASON_COUNT (sizeof reason_names / sizeof reason_names[0])

static double milliseconds(hawser_time time) {
    return (double)time / 1e3;
}

static double seconds(hawser_time time) {
    return (double)time / 1e6;
}

static double share(uint64_t part, uint64_t whole) {
    return whole ? (double)part / (double)whole : 0;
}

void sim_reasons(char *out, size_t size, const struct hawser_sim_result *result, int host) {
    size_t used = 0;
    out[0] = 0;
    for (unsigned i = 1; i < REASON_COUNT && used < size; i++)
        if (result->reasons[host] & HAWSER_SIM_REASON(i))
            used += (size_t)snprintf(out + used, size - used, "%s%s", used ? ", " : "", reason_names[i]);
    if (!used)
        snprintf(out, size, "never up");
}

/* ---- text ------------------------------------------------------------------------------------------------------ */

static void print_rate(uint64_t goodput) {
    if (goodput >= 1000000)
        printf("%9.2f Mbit/s", (double)goodput / 1e6);
    else
        printf("%9.2f kbit/s", (double)goodput / 1e3);
}

void sim_tell_one(const struct hawser_sim_plan *plan, const struct hawser_sim_result *result) {
    char reasons[256];
    printf("scenario          %s, seed %" PRIu64 "\n", plan->scenario, plan->seed);
    printf("virtual time      %.3f s, %" PRIu64 " events\n", seconds(result->duration), result->events);
    printf("messages          %" PRIu64 " sent, %" PRIu64 " delivered, %" PRIu64 " given back; %.3f MB\n", result->sent,
           result->delivered, result->reported, (double)result->bytes / 1e6);
    printf("goodput           ");
    print_rate(result->goodput);
    printf("\npackets           %" PRIu64 " sent, %" PRIu64 " lost\n", result->packets, result->packets_lost);
    printf("DATA chunks       %" PRIu64 ", %" PRIu64 " retransmitted (%.2f %%), %" PRIu64 " of them fast; %" PRIu64
           " time-outs\n",
           result->chunks, result->retransmissions, 100 * share(result->retransmissions, result->chunks),
           result->fast_retransmits, result->timeouts);
    printf("latency           p50 %.1f ms, p95 %.1f ms, p99 %.1f ms, max %.1f ms\n", milliseconds(result->latency_p50),
           milliseconds(result->latency_p95), milliseconds(result->latency_p99), milliseconds(result->latency_max));
    for (int host = 0; host < 2; host++) {
        sim_reasons(reasons, sizeof reasons, result, host);
        printf("ended at host %d   %s\n", host, reasons);
    }
}

void sim_tell_header(void) {
    printf("%-18s %5s %9s %9s %16s %9s %8s %8s %8s %9s\n", "scenario", "runs", "messages", "MB", "goodput", "retrans.", "p50 ms",
           "p95 ms", "p99 ms", "max ms");
}

void sim_add(struct sim_sum *sum, const struct hawser_sim_result *result) {
    sum->runs++;
    sum->delivered += result->delivered;
    sum->bytes += result->bytes;
    sum->chunks += result->chunks;
    sum->retransmissions += result->retransmissions;
    sum->duration += (double)result->duration;
    sum->p50 += milliseconds(result->latency_p50);
    sum->p95 += milliseconds(result->latency_p95);
    sum->p99 += milliseconds(result->latency_p99);
    sum->max = result->latency_max > sum->max ? result->latency_max : sum->max;
}

void sim_tell_sum(const char *scenario, const struct sim_sum *sum) {
    double runs = sum->runs ? (double)sum->runs : 1;
    printf("%-18s %5" PRIu64 " %9" PRIu64 " %9.2f ", scenario, sum->runs, sum->delivered, (double)sum->bytes / 1e6);
    print_rate(sum->duration > 0 ? (uint64_t)((double)sum->bytes * 8e6 / sum->duration) : 0);
    printf(" %7.2f %% %8.1f %8.1f %8.1f %9.1f\n", 100 * share(sum->retransmissions, sum->chunks), sum->p50 / runs,
           sum->p95 / runs, sum->p99 / runs, milliseconds(sum->max));
    fflush(stdout);
}

/* ---- JSON ------------------------------------------------------------------------------------------------------ */

/* Complaints are our own sentences, but one may quote something. */
static void json_text(const char *name, const char *text) {
    printf(", \"%s\": \"", name);
    for (; *text; text++)
        if (*text == '"' || *text == '\\')
            printf("\\%c", *text);
        else
            putchar((unsigned char)*text < 32 ? ' ' : *text);
    putchar('"');
}

static void json_count(const char *name, uint64_t value) {
    printf(", \"%s\": %" PRIu64, name, value);
}

static void json_number(const char *name, double value) {
    printf(", \"%s\": %.6f", name, value);
}

static void json_names(const char *name, uint32_t bits, unsigned count, const char *(*text)(unsigned bit)) {
    const char *between = "";
    printf(", \"%s\": [", name);
    for (unsigned i = 0; i < count; i++)
        if (bits & 1u << i) {
            printf("%s\"%s\"", between, text(i));
            between = ", ";
        }
    putchar(']');
}

static const char *reason_name(unsigned reason) {
    return reason_names[reason];
}

static const char *seen_name(unsigned bit) {
    return hawser_sim_seen_name((int)bit);
}

static void json_links(const struct hawser_sim_plan *plan) {
    char name[64];
    json_count("paths", plan->paths);
    for (uint32_t path = 0; path < plan->paths; path++)
        for (int host = 0; host < 2; host++) {
            const struct hawser_sim_link *link = &plan->links[path][host];
#define NAMED(what) (snprintf(name, sizeof name, "path%u_from%d_" what, path + 1, host), name)
            json_count(NAMED("rate_bps"), link->rate);
            json_number(NAMED("delay_s"), seconds(link->delay));
            json_number(NAMED("jitter_s"), seconds(link->jitter));
            json_count(NAMED("queue_bytes"), link->queue);
            json_number(NAMED("loss"), link->loss / 1e6);
        }
}

static void json_result(const struct hawser_sim_plan *plan, const struct hawser_sim_result *result) {
    json_count("events", result->events);
    json_number("duration_s", seconds(result->duration));
    json_number("end_s", seconds(result->end));
    json_count("messages_sent", result->sent);
    json_count("messages_delivered", result->delivered);
    json_count("messages_returned", result->reported);
    json_count("bytes_delivered", result->bytes);
    json_count("goodput_bps", result->goodput);
    json_count("goodput_from0_bps", result->goodput_from[0]);
    json_count("goodput_from1_bps", result->goodput_from[1]);
    if (plan->links[0][0].rate)
        json_number("goodput_fraction", share(result->goodput_from[0], plan->links[0][0].rate));
    json_count("packets_sent", result->packets);
    json_count("packets_lost", result->packets_lost);
    json_count("chunks_sent", result->chunks);
    json_count("chunks_retransmitted", result->retransmissions);
    json_count("fast_retransmits", result->fast_retransmits);
    json_count("timeouts", result->timeouts);
    json_number("latency_p50_ms", milliseconds(result->latency_p50));
    json_number("latency_p95_ms", milliseconds(result->latency_p95));
    json_number("latency_p99_ms", milliseconds(result->latency_p99));
    json_number("latency_max_ms", milliseconds(result->latency_max));
    json_names("reasons0", result->reasons[0], REASON_COUNT, reason_name);
    json_names("reasons1", result->reasons[1], REASON_COUNT, reason_name);
    json_names("seen", result->seen, HAWSER_SIM_SEEN_COUNT, seen_name);
}

enum column_kind {
    DELIVERED,
    QUEUED,
    PEER_RWND,
    RETRANSMITTED,
    FAST,
    TIMEOUTS,
    STATE,
    CWND,
    SSTHRESH,
    FLIGHT,
    SRTT,
    RTO,
    RTT,
    WAITING,
    DROPPED
};

static double value_of(const struct hawser_sim_sample *s, enum column_kind kind, uint32_t path, int host) {
    const struct hawser_sim_path_sample *p = &s->paths[path];
    switch (kind) {
    case DELIVERED: return (double)s->delivered[host];
    case QUEUED: return (double)s->queued[host];
    case PEER_RWND: return s->peer_rwnd;
    case RETRANSMITTED: return (double)s->retransmissions[host];
    case FAST: return (double)s->fast_retransmits[host];
    case TIMEOUTS: return (double)s->timeouts[host];
    case STATE: return p->state;
    case CWND: return p->cwnd;
    case SSTHRESH: return p->ssthresh;
    case FLIGHT: return p->flight;
    case SRTT: return milliseconds(p->srtt);
    case RTO: return milliseconds(p->rto);
    case RTT: return milliseconds(p->network_rtt);
    case WAITING: return (double)p->waiting[host];
    default: return (double)p->dropped[host];
    }
}

static void json_column(const struct sim_series *series, const char *name, enum column_kind kind, uint32_t path, int host) {
    printf(", \"series_%s\": [", name);
    for (size_t i = 0; i < series->count; i++)
        printf("%s%.12g", i ? ", " : "", value_of(&series->samples[i], kind, path, host));
    putchar(']');
}

static void json_series(const struct sim_series *series, uint32_t paths) {
    char name[64];
    static const struct {
        const char *name;
        enum column_kind kind;
    } of_host[] = {{"delivered_bytes", DELIVERED},
                   {"queued_bytes", QUEUED},
                   {"chunks_retransmitted", RETRANSMITTED},
                   {"fast_retransmits", FAST},
                   {"timeouts", TIMEOUTS}},
      of_path[] = {{"state", STATE},  {"cwnd", CWND},  {"ssthresh", SSTHRESH}, {"flight", FLIGHT},
                   {"srtt_ms", SRTT}, {"rto_ms", RTO}, {"network_rtt_ms", RTT}},
      of_link[] = {{"waiting_bytes", WAITING}, {"packets_lost", DROPPED}};
    json_number("series_interval_s", seconds(series->every));
    printf(", \"series_time_s\": [");
    for (size_t i = 0; i < series->count; i++)
        printf("%s%.6f", i ? ", " : "", seconds(series->samples[i].time));
    putchar(']');
    json_column(series, "peer_rwnd", PEER_RWND, 0, 0);
    for (int host = 0; host < 2; host++)
        for (size_t i = 0; i < sizeof of_host / sizeof of_host[0]; i++) {
            snprintf(name, sizeof name, "from%d_%s", host, of_host[i].name);
            json_column(series, name, of_host[i].kind, 0, host);
        }
    for (uint32_t path = 0; path < paths; path++) {
        for (size_t i = 0; i < sizeof of_path / sizeof of_path[0]; i++) {
            snprintf(name, sizeof name, "path%u_%s", path + 1, of_path[i].name);
            json_column(series, name, of_path[i].kind, path, 0);
        }
        for (size_t i = 0; i < 2 * sizeof of_link / sizeof of_link[0]; i++) {
            snprintf(name, sizeof name, "path%u_from%d_%s", path + 1, (int)(i % 2), of_link[i / 2].name);
            json_column(series, name, of_link[i / 2].kind, path, (int)(i % 2));
        }
    }
}

void sim_json(const struct hawser_sim_plan *plan, const struct hawser_sim_result *result, const struct sim_series *series) {
    printf("{\"version\": \"%s\"", HAWSER_VERSION);
    json_text("scenario", plan->scenario);
    json_count("seed", plan->seed);
    printf(", \"ok\": %s", result->failed ? "false" : "true");
    json_text("complaint", result->complaint);
    printf(", \"hash\": \"%016" PRIx64 "\"", result->hash);
    json_links(plan);
    json_result(plan, result);
    if (series && series->count)
        json_series(series, plan->paths);
    printf("}\n");
    fflush(stdout);
}
