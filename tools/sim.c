/* SPDX-License-Identifier: MIT
 *
 * hawser sim: runs stacks over a simulated network, for those who write hawser (oracles watch every run; a failure prints the
 * line that repeats it) and for those who want to know what SCTP does on a network of theirs.
 */
#define _GNU_SOURCE
#include "tools.h"
#include <hawser/sim.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#define STATUS_CHECK STATUS_PROTOCOL /* an oracle said no */

struct request {
    const char *scenario; /* NULL: all */
    uint64_t seed;
    uint64_t runs;
    const char *pcap, *trace;
    int paranoid;
    /* what the user changed; 0 or NULL is "as the scenario has it" */
    int changed;
    uint64_t rate, bytes;
    hawser_time delay, jitter, time;
    uint32_t queue, loss, duplicate, reorder, corrupt, mtu, paths, messages, size_min, size_max, streams;
    char line[512]; /* those options again, for the line that repeats a run */
    /* during a run */
    FILE *pcap_file, *trace_file;
    struct hawser_view views[3]; /* text of host 0 and 1, capture of host 0 */
    struct timespec shown;
    int terminal;
    uint32_t must_see; /* HAWSER_SIM_SEEN_ of the scenario at hand */
};

enum option_code {
    SIM_SCENARIO = OPTION_OWN,
    SIM_SEED,
    SIM_RUNS,
    SIM_LIST,
    SIM_HELP,
    SIM_PCAP,
    SIM_TRACE,
    SIM_PARANOID,
    SIM_RATE,
    SIM_DELAY,
    SIM_JITTER,
    SIM_LOSS,
    SIM_QUEUE,
    SIM_DUPLICATE,
    SIM_REORDER,
    SIM_CORRUPT,
    SIM_MTU,
    SIM_PATHS,
    SIM_TIME,
    SIM_BYTES,
    SIM_MESSAGES,
    SIM_SIZE,
    SIM_STREAMS
};

static const struct option options[] = {
    {"scenario", 1, NULL, SIM_SCENARIO},
    {"seed", 1, NULL, SIM_SEED},
    {"runs", 1, NULL, SIM_RUNS},
    {"list", 0, NULL, SIM_LIST},
    {"help", 0, NULL, SIM_HELP},
    {"version", 0, NULL, OPTION_VERSION},
    {"pcap", 1, NULL, SIM_PCAP},
    {"trace", 1, NULL, SIM_TRACE},
    {"paranoid", 0, NULL, SIM_PARANOID},
    {"rate", 1, NULL, SIM_RATE},
    {"delay", 1, NULL, SIM_DELAY},
    {"jitter", 1, NULL, SIM_JITTER},
    {"loss", 1, NULL, SIM_LOSS},
    {"queue", 1, NULL, SIM_QUEUE},
    {"duplicate", 1, NULL, SIM_DUPLICATE},
    {"reorder", 1, NULL, SIM_REORDER},
    {"corrupt", 1, NULL, SIM_CORRUPT},
    {"mtu", 1, NULL, SIM_MTU},
    {"paths", 1, NULL, SIM_PATHS},
    {"time", 1, NULL, SIM_TIME},
    {"bytes", 1, NULL, SIM_BYTES},
    {"messages", 1, NULL, SIM_MESSAGES},
    {"size", 1, NULL, SIM_SIZE},
    {"streams", 1, NULL, SIM_STREAMS},
    {NULL, 0, NULL, 0},
};

static const char help[] =
    "usage: hawser sim [--scenario NAME] [--seed N] [--runs N] [OPTION...]\n"
    "\n"
    "Runs two stacks over a simulated network in virtual time, checks everything that they do, and tells how it\n"
    "went. Without a scenario: each of them once. The same seed gives the same run.\n"
    "\n"
    "  --list             the scenarios\n"
    "  --scenario NAME    this one only (with an option below and without a scenario: clean)\n"
    "  --seed N           begin with this seed (else: a fresh one)\n"
    "  --runs N           so many runs of each scenario, with seeds N, N+1, ...\n"
    "  --pcap FILE        capture the packets of host 0 as pcapng, for Wireshark\n"
    "  --trace FILE       trace packets, states and timers of both hosts as text; - is standard output\n"
    "  --paranoid         look at everything after every event: slow\n"
    "\n"
    "The network, both directions alike, on every path (SIZE: 1500, 64K, 10M; TIME: 20ms, 1.5s; SHARE: 1% or 0.01):\n"
    "  --rate BITS        a second, e.g. 10M        --delay TIME       one way\n"
    "  --queue SIZE       bytes, drop-tail          --jitter TIME      added to the delay at random\n"
    "  --loss SHARE       --duplicate SHARE         --reorder SHARE    --corrupt SHARE\n"
    "  --mtu SIZE         larger packets are reported (ICMP)            --paths N    1 to 4\n"
    "\n"
    "What host 0 sends (host 1 then sends nothing):\n"
    "  --time TIME | --bytes SIZE | --messages N       --size SIZE[-SIZE]  of a message        --streams N\n"
    "\n"
    "Exit status: 0 all is well, 6 a check failed (the line that repeats the run is printed), 1 usage, 5 a file.\n";

/* ---- arguments ------------------------------------------------------------------------------------------------ */

static int wrong(const char *name, const char *value, const char *what) {
    return complain(STATUS_USAGE, "--%s: '%s': %s", name, value, what);
}

static int unwritable(const char *name, const char *file, const char *why) {
    return complain(STATUS_IO, "--%s: %s: %s", name, file, why);
}

struct unit {
    const char *name;
    double factor;
};

static const struct unit sizes[] = {{"", 1}, {"K", 1024}, {"M", 1024 * 1024}, {"G", 1024.0 * 1024 * 1024}, {NULL, 0}};
static const struct unit rates[] = {{"", 1}, {"K", 1e3}, {"M", 1e6}, {"G", 1e9}, {"k", 1e3}, {NULL, 0}};
static const struct unit times[] = {{"us", 1}, {"ms", 1e3}, {"s", 1e6}, {"min", 6e7}, {NULL, 0}};
static const struct unit shares[] = {{"", 1e6}, {"%", 1e4}, {NULL, 0}};
static const struct unit counts[] = {{"", 1}, {NULL, 0}};

/* A number with one of the units; false: it is not, or it is out of bounds. */
static int number(const char *text, const struct unit *unit, double least, double most, double *value) {
    char *end;
    errno = 0;
    *value = strtod(text, &end);
    if (end == text || errno || !(*value >= 0))
        return 0;
    while (unit->name && strcmp(unit->name, end) != 0)
        unit++;
    if (!unit->name)
        return 0;
    *value *= unit->factor;
    return *value >= least && *value <= most;
}

static int whole_number(const char *text, uint64_t *value) {
    char *end;
    errno = 0;
    *value = strtoull(text, &end, 0);
    return end != text && *end == 0 && errno == 0 && *text != '-';
}

static int size_range(struct request *r, const char *text) {
    char least[64];
    const char *dash = strchr(text, '-');
    double value;
    snprintf(least, sizeof least, "%.*s", dash ? (int)(dash - text) : (int)strlen(text), text);
    if (!number(least, sizes, 1, 16777216, &value))
        return 0;
    r->size_min = r->size_max = (uint32_t)value;
    if (!dash)
        return 1;
    if (!number(dash + 1, sizes, r->size_min, 16777216, &value))
        return 0;
    r->size_max = (uint32_t)value;
    return 1;
}

/* The options that change the scenario. */
static int change(struct request *r, int code, const char *text) {
    double v = 0;
    switch (code) {
    case SIM_RATE: return number(text, rates, 1, 1e12, &v) && (r->rate = (uint64_t)v, 1);
    case SIM_DELAY: return number(text, times, 0, 6e8, &v) && (r->delay = (hawser_time)v + 1, 1);
    case SIM_JITTER: return number(text, times, 0, 6e8, &v) && (r->jitter = (hawser_time)v + 1, 1);
    case SIM_QUEUE: return number(text, sizes, 1, 4e9, &v) && (r->queue = (uint32_t)v, 1);
    case SIM_LOSS: return number(text, shares, 0, 1e6, &v) && (r->loss = (uint32_t)v + 1, 1);
    case SIM_DUPLICATE: return number(text, shares, 0, 1e6, &v) && (r->duplicate = (uint32_t)v + 1, 1);
    case SIM_REORDER: return number(text, shares, 0, 1e6, &v) && (r->reorder = (uint32_t)v + 1, 1);
    case SIM_CORRUPT: return number(text, shares, 0, 1e6, &v) && (r->corrupt = (uint32_t)v + 1, 1);
    case SIM_MTU: return number(text, sizes, 576, 65535, &v) && (r->mtu = (uint32_t)v, 1);
    case SIM_PATHS: return number(text, counts, 1, HAWSER_SIM_PATHS_MAX, &v) && (r->paths = (uint32_t)v, 1);
    case SIM_TIME: return number(text, times, 1, 1e12, &v) && (r->time = (hawser_time)v, 1);
    case SIM_BYTES: return number(text, sizes, 1, 1e13, &v) && (r->bytes = (uint64_t)v, 1);
    case SIM_MESSAGES: return number(text, counts, 1, 1e9, &v) && (r->messages = (uint32_t)v, 1);
    case SIM_SIZE: return size_range(r, text);
    default: return number(text, counts, 1, 65535, &v) && (r->streams = (uint32_t)v, 1);
    }
}

static void list(void) {
    for (int i = 0; hawser_sim_scenario(i); i++)
        printf("%-18s %s\n", hawser_sim_scenario(i)->name, hawser_sim_scenario(i)->text);
}

static int known(const char *scenario) {
    for (int i = 0; hawser_sim_scenario(i); i++)
        if (strcmp(hawser_sim_scenario(i)->name, scenario) == 0)
            return 1;
    return 0;
}

static int option(struct request *r, int code, const char *name, const char *text) {
    switch (code) {
    case SIM_SCENARIO: r->scenario = text; return known(text) ? 0 : wrong(name, text, "no such scenario; --list shows them");
    case SIM_SEED: return whole_number(text, &r->seed) ? 0 : wrong(name, text, "not a number");
    case SIM_RUNS: return whole_number(text, &r->runs) && r->runs ? 0 : wrong(name, text, "not a number above 0");
    case SIM_PCAP: r->pcap = text; return 0;
    case SIM_TRACE: r->trace = text; return 0;
    case SIM_PARANOID: r->paranoid = 1; return 0;
    default: break;
    }
    if (!change(r, code, text))
        return wrong(name, text, "not a value that this option can have; --help shows them");
    r->changed = 1;
    size_t used = strlen(r->line);
    snprintf(r->line + used, sizeof r->line - used, " --%s %s", name, text);
    return 0;
}

/* 0 to go on, else the exit status plus 1. */
static int parse(struct request *r, int argc, char **argv) {
    int code, index = 0, error;
    optind = 1;
    opterr = 0;
    while ((code = getopt_long(argc, argv, ":h", options, &index)) != -1) {
        if (code == OPTION_VERSION)
            return printf("hawser %s\n", HAWSER_VERSION) > 0;
        if (code == SIM_HELP || code == 'h' || code == SIM_LIST) {
            code == SIM_LIST ? list() : (void)fputs(help, stdout);
            return 1;
        }
        if (code == '?' || code == ':') {
            return 1 + complain(STATUS_USAGE, "%s: %s; --help shows the options", argv[optind - 1],
                                code == ':' ? "needs a value" : "no such option");
        }
        if ((error = option(r, code, options[index].name, optarg)))
            return 1 + error;
    }
    if (optind < argc)
        return 1 + complain(STATUS_USAGE, "%s: there are options only; --help shows them", argv[optind]);
    if (r->changed && !r->scenario)
        r->scenario = "clean";
    if ((r->pcap || r->trace) && (!r->scenario || r->runs > 1))
        return 1 + complain(STATUS_USAGE, "--%s: needs a --scenario and a single run", r->pcap ? "pcap" : "trace");
    return 0;
}

/* ---- plans ---------------------------------------------------------------------------------------------------- */

static void change_links(const struct request *r, struct hawser_sim_plan *plan) {
    for (int i = 0; i < 2 * HAWSER_SIM_PATHS_MAX; i++) {
        struct hawser_sim_link *link = &plan->links[i / 2][i % 2];
        if (r->rate)
            link->rate = r->rate;
        if (r->delay)
            link->delay = r->delay - 1;
        if (r->jitter)
            link->jitter = r->jitter - 1;
        if (r->queue)
            link->queue = r->queue;
        if (r->loss)
            link->loss = r->loss - 1;
        if (r->duplicate)
            link->duplicate = r->duplicate - 1;
        if (r->reorder) {
            link->reorder = r->reorder - 1;
            link->reorder_delay = link->delay + 1000;
        }
        if (r->corrupt)
            link->corrupt = r->corrupt - 1;
        if (r->mtu) {
            link->mtu = r->mtu;
            link->mtu_report = 1;
        }
    }
}

/* Every power of two between the bounds is equally likely. */
static uint64_t mean_size(const struct hawser_sim_flow *flow) {
    uint64_t sum = 0, octaves = 0;
    for (uint64_t low = flow->size_min; low <= flow->size_max; low *= 2, octaves++)
        sum += (low + (low * 2 - 1 < flow->size_max ? low * 2 - 1 : flow->size_max)) / 2;
    return sum / octaves;
}

static void change_flow(const struct request *r, struct hawser_sim_plan *plan) {
    struct hawser_sim_flow *flow = &plan->flows[0];
    if (r->size_min) {
        flow->size_min = r->size_min;
        flow->size_max = r->size_max;
    }
    if (r->streams) {
        flow->streams = r->streams;
        plan->settings[plan->setting_count++] = (struct hawser_sim_setting){0, HAWSER_SET_STREAMS_OUT, r->streams};
    }
    if (!r->time && !r->bytes && !r->messages)
        return;
    uint64_t mean = mean_size(flow), wanted = UINT32_MAX - 1;
    if (r->bytes)
        wanted = r->bytes / mean + 1;
    if (r->messages && r->messages < wanted)
        wanted = r->messages;
    flow->messages = wanted < UINT32_MAX ? (uint32_t)wanted : UINT32_MAX - 1;
    if (r->time) {
        plan->send_until = r->time;
        plan->time_max += r->time;
    }
    plan->flows[1].messages = 0;
}

/* Applies the user's changes: what the scenario demands beyond correctness can no longer be demanded. */
static void change_plan(const struct request *r, struct hawser_sim_plan *plan) {
    if (!r->changed)
        return;
    change_links(r, plan);
    change_flow(r, plan);
    if (r->paths)
        plan->paths = r->paths;
    plan->must_see = 0;
    plan->whole = plan->complete = 0;
    plan->reasons[0] = plan->reasons[1] = UINT32_MAX;
    plan->time_max += 360000 * (hawser_time)1000000;
}

/* ---- watching a run ------------------------------------------------------------------------------------------- */

static void on_trace(void *user, int host, const struct hawser_trace_record *record) {
    struct request *r = user;
    if (host > 1)
        return;
    if (r->trace_file)
        hawser_view_text(&r->views[host], record);
    if (r->pcap_file && host == 0)
        hawser_view_pcapng(&r->views[2], record);
}

static void on_progress(void *user, hawser_time now, uint64_t messages, uint64_t bytes) {
    struct request *r = user;
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    if (!r->terminal || t.tv_sec == r->shown.tv_sec)
        return;
    r->shown = t;
    fprintf(stderr, "\r%.1f s of virtual time, %llu messages, %.1f MB ", (double)now / 1e6, (unsigned long long)messages,
            (double)bytes / 1e6);
}

static void clear_progress(const struct request *r) {
    if (r->terminal && r->shown.tv_sec)
        fprintf(stderr, "\r%70s\r", "");
}

static int open_files(struct request *r, const struct hawser_sim_plan *plan) {
    for (int host = 0; host < 3; host++) {
        struct hawser_view *view = &r->views[host];
        *view = (struct hawser_view)HAWSER_INIT(*view);
        view->sink = hawser_view_to_file;
        view->name = host == 1 ? "B" : "A";
        view->time_offset = 0 - (uint64_t)1000000 - plan->habits[host % 2].clock; /* from the start of the run */
    }
    if (r->trace) {
        r->trace_file = strcmp(r->trace, "-") == 0 ? stdout : fopen(r->trace, "w");
        if (!r->trace_file)
            return unwritable("trace", r->trace, strerror(errno));
        r->views[0].sink_user = r->views[1].sink_user = r->trace_file;
        hawser_view_open_text(&r->views[0]);
        hawser_view_open_text(&r->views[1]);
    }
    if (r->pcap) {
        r->pcap_file = fopen(r->pcap, "wb");
        r->views[2].sink_user = r->pcap_file;
        if (!r->pcap_file || hawser_view_open_pcapng(&r->views[2]))
            return unwritable("pcap", r->pcap, strerror(errno));
    }
    return 0;
}

/* Files are whole only if the last byte went out. */
static int close_files(struct request *r) {
    int failed = 0;
    if (r->trace_file && (fflush(r->trace_file) || r->views[0].failed || r->views[1].failed))
        failed = unwritable("trace", r->trace, "cannot be written");
    if (r->trace_file && r->trace_file != stdout)
        fclose(r->trace_file);
    if (r->pcap_file && (fclose(r->pcap_file) || r->views[2].failed))
        failed = unwritable("pcap", r->pcap, "cannot be written");
    return failed;
}

/* ---- telling -------------------------------------------------------------------------------------------------- */

static const char *const reason_names[] = {
    "",        "shutdown",           "aborted",     "aborted by the peer",    "peer lost", "no answer",  "stale cookie",
    "refused", "protocol violation", "unreachable", "shutdown took too long", "no memory", "route lost", "internal fault",
};

static void tell_reasons(const struct hawser_sim_result *result) {
    for (int host = 0; host < 2; host++) {
        const char *between = "";
        printf("ended at host %d   ", host);
        for (unsigned i = 1; i < sizeof reason_names / sizeof reason_names[0]; i++)
            if (result->reasons[host] & HAWSER_SIM_REASON(i)) {
                printf("%s%s", between, reason_names[i]);
                between = ", ";
            }
        printf("%s\n", *between ? "" : "never up");
    }
}

static void print_rate(uint64_t goodput) {
    if (goodput >= 1000000)
        printf("%9.2f Mbit/s", (double)goodput / 1e6);
    else
        printf("%9.2f kbit/s", (double)goodput / 1e3);
}

static double milliseconds(hawser_time time) {
    return (double)time / 1000;
}

static void tell_one(const struct hawser_sim_plan *plan, const struct hawser_sim_result *result) {
    printf("scenario          %s, seed %llu\n", plan->scenario, (unsigned long long)plan->seed);
    printf("virtual time      %.3f s, %llu events\n", (double)result->duration / 1e6, (unsigned long long)result->events);
    printf("messages          %llu sent, %llu delivered, %llu given back; %.3f MB\n", (unsigned long long)result->sent,
           (unsigned long long)result->delivered, (unsigned long long)result->reported, (double)result->bytes / 1e6);
    printf("goodput           ");
    print_rate(result->goodput);
    printf("\npackets           %llu sent, %llu lost\n", (unsigned long long)result->packets,
           (unsigned long long)result->packets_lost);
    printf("DATA chunks       %llu, %llu retransmitted (%.2f %%), %llu of them fast; %llu time-outs\n",
           (unsigned long long)result->chunks, (unsigned long long)result->retransmissions,
           result->chunks ? 100.0 * (double)result->retransmissions / (double)result->chunks : 0.0,
           (unsigned long long)result->fast_retransmits, (unsigned long long)result->timeouts);
    printf("latency           p50 %.1f ms, p95 %.1f ms, p99 %.1f ms, max %.1f ms\n", milliseconds(result->latency_p50),
           milliseconds(result->latency_p95), milliseconds(result->latency_p99), milliseconds(result->latency_max));
    tell_reasons(result);
}

static void tell_header(void) {
    printf("%-18s %5s %9s %9s %16s %9s %8s %8s %8s %9s\n", "scenario", "runs", "messages", "MB", "goodput", "retrans.", "p50 ms",
           "p95 ms", "p99 ms", "max ms");
}

/* What several runs of a scenario add up to. */
struct sum {
    uint64_t runs, delivered, bytes, chunks, retransmissions;
    double duration, p50, p95, p99;
    hawser_time max;
};

static void add(struct sum *sum, const struct hawser_sim_result *result) {
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

static void tell_sum(const char *scenario, const struct sum *sum) {
    double runs = sum->runs ? (double)sum->runs : 1;
    printf("%-18s %5llu %9llu %9.2f ", scenario, (unsigned long long)sum->runs, (unsigned long long)sum->delivered,
           (double)sum->bytes / 1e6);
    print_rate(sum->duration > 0 ? (uint64_t)((double)sum->bytes * 8e6 / sum->duration) : 0);
    printf(" %7.2f %% %8.1f %8.1f %8.1f %9.1f\n", sum->chunks ? 100.0 * (double)sum->retransmissions / (double)sum->chunks : 0.0,
           sum->p50 / runs, sum->p95 / runs, sum->p99 / runs, milliseconds(sum->max));
    fflush(stdout);
}

/* ---- running -------------------------------------------------------------------------------------------------- */

static int run_one(struct request *r, const char *scenario, uint64_t seed, struct hawser_sim_plan *plan,
                   struct hawser_sim_result *result) {
    int error = 0;
    if (hawser_sim_plan(plan, scenario, seed))
        return wrong("scenario", scenario, "no such scenario; --list shows them");
    change_plan(r, plan);
    r->must_see |= plan->must_see;
    plan->must_see = 0; /* of many runs with whatever seeds, one must show it: run_scenario looks */
    plan->user = r;
    plan->progress = on_progress;
    plan->check_every = r->paranoid ? 1 : 0;
    if (r->pcap || r->trace) {
        plan->trace = on_trace;
        if ((error = open_files(r, plan)))
            return error;
    }
    int failed = hawser_sim_run(plan, result);
    clear_progress(r);
    error = close_files(r);
    if (failed) {
        fflush(stdout);
        fprintf(stderr, "FAILED: %s\n  hawser sim --scenario %s --seed %llu%s\n", result->complaint, scenario,
                (unsigned long long)seed, r->line);
        return STATUS_CHECK;
    }
    return error;
}

/* What the scenario is there to show was seen in one of its runs at least; else it shows nothing. */
static int judge_seen(const struct request *r, const char *scenario, uint32_t seen) {
    int status = 0;
    for (int bit = 0; bit < HAWSER_SIM_SEEN_COUNT; bit++)
        if (r->must_see & ~seen & 1u << bit) {
            fflush(stdout);
            fprintf(stderr, "FAILED: no run of %s had %s: it shows nothing\n  hawser sim --scenario %s --runs %llu --seed %llu\n",
                    scenario, hawser_sim_seen_name(bit), scenario, (unsigned long long)r->runs, (unsigned long long)r->seed);
            status = STATUS_CHECK;
        }
    return status;
}

static int run_scenario(struct request *r, const char *scenario, int alone) {
    struct hawser_sim_plan plan;
    struct hawser_sim_result result;
    struct sum sum = {0};
    uint32_t seen = 0;
    int status = 0, error;
    r->must_see = 0;
    for (uint64_t i = 0; i < r->runs; i++) {
        if (r->terminal && !alone)
            fprintf(stderr, "\r%s %llu/%llu\033[K\r", scenario, (unsigned long long)i, (unsigned long long)r->runs);
        if ((error = run_one(r, scenario, r->seed + i, &plan, &result)) && error != STATUS_CHECK)
            return error;
        status = error ? error : status;
        seen |= result.seen;
        add(&sum, &result);
    }
    error = judge_seen(r, scenario, seen);
    status = error ? error : status;
    if (r->terminal && !alone)
        fprintf(stderr, "\033[K");
    if (alone)
        tell_one(&plan, &result);
    else
        tell_sum(scenario, &sum);
    return status;
}

int tool_sim(int argc, char **argv) {
    struct request request = {.runs = 1, .terminal = isatty(STDERR_FILENO)};
    struct request *r = &request;
    struct common common;
    common_init(&common, argv[0]);      /* for the name in messages: a simulation has no other use for it */
    if (getrandom(&r->seed, 4, 0) != 4) /* short enough to type */
        r->seed = (uint64_t)time(NULL);
    int status = parse(r, argc, argv);
    if (status)
        return status - 1;
    if (r->scenario && r->runs == 1)
        return run_scenario(r, r->scenario, 1);
    printf("seeds %llu to %llu\n", (unsigned long long)r->seed, (unsigned long long)(r->seed + r->runs - 1));
    tell_header();
    if (r->scenario)
        return run_scenario(r, r->scenario, 0);
    for (int i = 0; hawser_sim_scenario(i); i++) {
        int error = run_scenario(r, hawser_sim_scenario(i)->name, 0);
        status = error ? error : status;
    }
    return status;
}
