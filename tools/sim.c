/* SPDX-License-Identifier: MIT
 *
 * hawser sim: runs stacks over a simulated network, for those who write hawser (oracles watch every run; a failure prints the
 * line that repeats it) and for those who want to know what SCTP does on a network of theirs.
 */
#define _GNU_SOURCE
#include "sim.h"
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#define STATUS_CHECK STATUS_PROTOCOL /* an oracle said no */
#define SAMPLES      1001u           /* of a picture: about one for each pixel */

/* What the user wants of a link. */
enum wish {
    WISH_RATE,
    WISH_DELAY,
    WISH_QUEUE,
    WISH_QUEUE_TIME, /* bytes that leave at the rate in so many microseconds */
    WISH_LOSS,
    WISH_JITTER,
    WISH_DUPLICATE,
    WISH_REORDER,
    WISH_CORRUPT,
    WISH_MTU,
    WISH_COUNT
};

struct wishes {
    bool given[WISH_COUNT];
    double value[WISH_COUNT];
};

struct request {
    const char *scenario; /* NULL: all */
    uint64_t seed;
    uint64_t runs;
    const char *pcap, *trace, *svg;
    bool paranoid, json;
    uint64_t samples;
    /* what the user changed; 0 is "as the scenario has it" */
    bool changed;
    struct wishes all, one[HAWSER_SIM_PATHS_MAX];
    uint32_t one_count;
    uint64_t bytes;
    hawser_time time;
    uint32_t paths, messages, size_min, size_max, streams;
    struct hawser_sim_setting settings[HAWSER_SIM_SETTINGS_MAX];
    uint32_t setting_count;
    char line[SIM_CHANGES_MAX]; /* those options again, for the line that repeats a run */
    /* during a run */
    FILE *pcap_file, *trace_file;
    struct hawser_view views[3]; /* text of host 0 and 1, capture of host 0 */
    struct sim_series series;
    struct timespec shown;
    int terminal;
    uint32_t must_see; /* HAWSER_SIM_SEEN_ of the scenario at hand */
};

enum option_code {
    SIM_SCENARIO = OPTION_OWN,
    SIM_SEED,
    SIM_RUNS,
    SIM_LIST,
    SIM_PCAP,
    SIM_TRACE,
    SIM_SVG,
    SIM_JSON,
    SIM_SAMPLES,
    SIM_PARANOID,
    SIM_LINK,
    SIM_PATHS,
    SIM_TIME,
    SIM_BYTES,
    SIM_MESSAGES,
    SIM_SIZE,
    SIM_STREAMS,
    SIM_WISH /* and the following: enum wish */
};

static const struct option options[] = {
    {"scenario", 1, NULL, SIM_SCENARIO},
    {"seed", 1, NULL, SIM_SEED},
    {"runs", 1, NULL, SIM_RUNS},
    {"list", 0, NULL, SIM_LIST},
    {"help", 0, NULL, 'h'},
    {"version", 0, NULL, OPTION_VERSION},
    {"pcap", 1, NULL, SIM_PCAP},
    {"trace", 1, NULL, SIM_TRACE},
    {"svg", 1, NULL, SIM_SVG},
    {"json", 0, NULL, SIM_JSON},
    {"samples", 1, NULL, SIM_SAMPLES},
    {"paranoid", 0, NULL, SIM_PARANOID},
    {"link", 1, NULL, SIM_LINK},
    {"rate", 1, NULL, SIM_WISH + WISH_RATE},
    {"delay", 1, NULL, SIM_WISH + WISH_DELAY},
    {"jitter", 1, NULL, SIM_WISH + WISH_JITTER},
    {"loss", 1, NULL, SIM_WISH + WISH_LOSS},
    {"queue", 1, NULL, SIM_WISH + WISH_QUEUE},
    {"duplicate", 1, NULL, SIM_WISH + WISH_DUPLICATE},
    {"reorder", 1, NULL, SIM_WISH + WISH_REORDER},
    {"corrupt", 1, NULL, SIM_WISH + WISH_CORRUPT},
    {"mtu", 1, NULL, SIM_WISH + WISH_MTU},
    {"paths", 1, NULL, SIM_PATHS},
    {"time", 1, NULL, SIM_TIME},
    {"bytes", 1, NULL, SIM_BYTES},
    {"messages", 1, NULL, SIM_MESSAGES},
    {"size", 1, NULL, SIM_SIZE},
    {"streams", 1, NULL, SIM_STREAMS},
    {"set", 1, NULL, OPTION_SET},
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
    "  --svg FILE         draw the run: windows, queues, round-trip times, goodput, losses over time\n"
    "  --json             tell each run as an object of JSON on a line; hawser-sim(1) lists the names\n"
    "  --samples N        with --json: also N samples over time; with --svg: how many (1000)\n"
    "  --pcap FILE        capture the packets of host 0 as pcapng, for Wireshark\n"
    "  --trace FILE       trace packets, states and timers of both hosts as text; - is standard output\n"
    "  --paranoid         look at everything after every event: slow\n"
    "  -h, --help         this text                             --version          the version\n"
    "\n"
    "The network, both directions alike, on every path (SIZE: 1500, 64K, 10M; TIME: 20ms, 1.5s; SHARE: 1% or 0.01):\n"
    "  --rate BITS        a second, e.g. 10M        --delay TIME       one way\n"
    "  --queue SIZE|TIME  bytes, drop-tail          --jitter TIME      added to the delay at random\n"
    "  --loss SHARE       --duplicate SHARE         --reorder SHARE    --corrupt SHARE\n"
    "  --mtu SIZE         larger packets are reported (ICMP)            --paths N    1 to 4\n"
    "  --link BITS,TIME[,NAME=VALUE...]   a path of its own, e.g. 100mbit,50ms,queue=50ms,loss=1%; again for each path\n"
    "\n"
    "What host 0 sends (host 1 then sends nothing):\n"
    "  --time TIME | --bytes SIZE | --messages N       --size SIZE[-SIZE]  of a message        --streams N\n"
    "  --set NAME=VALUE   a setting of both stacks, hawser-settings(7) tells of them\n"
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
static const struct unit rates[] = {{"", 1},       {"k", 1e3},    {"K", 1e3},    {"M", 1e6},    {"G", 1e9},    {"bit", 1},
                                    {"kbit", 1e3}, {"mbit", 1e6}, {"Mbit", 1e6}, {"gbit", 1e9}, {"Gbit", 1e9}, {NULL, 0}};
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
    return *text >= '0' && *text <= '9' && *end == 0 && errno == 0;
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

/* What --NAME TEXT and NAME=TEXT within --link ask for. */
static bool wish(struct wishes *wishes, enum wish which, const char *text) {
    static const struct {
        const struct unit *units;
        double least, most;
    } limits[WISH_COUNT] = {
        [WISH_RATE] = {rates, 1, 1e12},      [WISH_DELAY] = {times, 0, 6e8},    [WISH_QUEUE] = {sizes, 1, 4e9},
        [WISH_QUEUE_TIME] = {times, 1, 6e8}, [WISH_LOSS] = {shares, 0, 1e6},    [WISH_JITTER] = {times, 0, 6e8},
        [WISH_DUPLICATE] = {shares, 0, 1e6}, [WISH_REORDER] = {shares, 0, 1e6}, [WISH_CORRUPT] = {shares, 0, 1e6},
        [WISH_MTU] = {sizes, 576, 65535},
    };
    if (number(text, limits[which].units, limits[which].least, limits[which].most, &wishes->value[which])) {
        wishes->given[WISH_QUEUE_TIME] &= which != WISH_QUEUE; /* the later counts */
        return wishes->given[which] = true;
    }
    return which == WISH_QUEUE && wish(wishes, WISH_QUEUE_TIME, text);
}

/* "100mbit,50ms,queue=50ms,loss=1%" */
static bool add_link(struct request *r, const char *text) {
    char copy[256], *next = copy;
    if (r->one_count == HAWSER_SIM_PATHS_MAX || strlen(text) >= sizeof copy)
        return false;
    struct wishes *wishes = &r->one[r->one_count++];
    strcpy(copy, text);
    for (int place = 0; next; place++) {
        char *part = next, *value = strchr(part, '=');
        next = strchr(part, ',');
        if (next)
            *next++ = 0;
        if (place < 2) {
            if (!wish(wishes, place ? WISH_DELAY : WISH_RATE, part))
                return false;
            continue;
        }
        if (!value || (next && value > next))
            return false;
        *value++ = 0;
        const struct option *o = options;
        while (o->name && (o->val < SIM_WISH || strcmp(o->name, part) != 0))
            o++;
        if (!o->name || !wish(wishes, (enum wish)(o->val - SIM_WISH), value))
            return false;
    }
    return wishes->given[WISH_DELAY];
}

/* The options that change the scenario. */
static bool change(struct request *r, int code, const char *text) {
    double v = 0;
    switch (code) {
    case SIM_LINK: return add_link(r, text);
    case SIM_PATHS: return number(text, counts, 1, HAWSER_SIM_PATHS_MAX, &v) && (r->paths = (uint32_t)v, true);
    case SIM_TIME: return number(text, times, 1, 1e12, &v) && (r->time = (hawser_time)v, true);
    case SIM_BYTES: return number(text, sizes, 1, 1e13, &v) && (r->bytes = (uint64_t)v, true);
    case SIM_MESSAGES: return number(text, counts, 1, 1e9, &v) && (r->messages = (uint32_t)v, true);
    case SIM_SIZE: return size_range(r, text);
    case SIM_STREAMS: return number(text, counts, 1, 65535, &v) && (r->streams = (uint32_t)v, true);
    default: return wish(&r->all, (enum wish)(code - SIM_WISH), text);
    }
}

static int setting(struct request *r, const char *text) {
    struct hawser_sim_setting *s = &r->settings[r->setting_count];
    const char *wrong_with_it =
        r->setting_count == HAWSER_SIM_SETTINGS_MAX / 2 ? "too many settings" : parse_setting(text, &s->setting, &s->value);
    if (wrong_with_it)
        return wrong("set", text, wrong_with_it);
    s->host = -1;
    r->setting_count++;
    return 0;
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
    int error;
    switch (code) {
    case SIM_SCENARIO: r->scenario = text; return known(text) ? 0 : wrong(name, text, "no such scenario; --list shows them");
    case SIM_SEED: return whole_number(text, &r->seed) ? 0 : wrong(name, text, "not a number");
    case SIM_RUNS: return whole_number(text, &r->runs) && r->runs ? 0 : wrong(name, text, "not a number above 0");
    case SIM_PCAP: r->pcap = text; return 0;
    case SIM_TRACE: r->trace = text; return 0;
    case SIM_SVG: r->svg = text; return 0;
    case SIM_JSON: r->json = true; return 0;
    case SIM_SAMPLES:
        return whole_number(text, &r->samples) && r->samples > 1 && r->samples <= 1000000
                   ? 0
                   : wrong(name, text, "not a number from 2 to 1000000");
    case SIM_PARANOID: r->paranoid = true; return 0;
    case OPTION_SET:
        if ((error = setting(r, text)))
            return error;
        break;
    default:
        if (!change(r, code, text))
            return wrong(name, text, "not a value that this option can have; --help shows them");
    }
    r->changed = true;
    size_t used = strlen(r->line);
    if ((size_t)snprintf(r->line + used, sizeof r->line - used, " --%s %s", name, text) >= sizeof r->line - used)
        return wrong(name, text, "too many options to tell how to repeat the run");
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
        if (code == 'h' || code == SIM_LIST) {
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
    const char *single = r->pcap ? "pcap" : r->trace ? "trace" : r->svg ? "svg" : NULL;
    if (single && (!r->scenario || r->runs > 1))
        return 1 + complain(STATUS_USAGE, "--%s: needs a --scenario and a single run", single);
    if (r->samples && !r->svg && !r->json)
        return 1 + complain(STATUS_USAGE, "--samples: needs --json or --svg");
    if (r->paths && r->one_count)
        return 1 + complain(STATUS_USAGE, "--paths: each --link is a path already");
    if (r->trace && r->json && strcmp(r->trace, "-") == 0)
        return 1 + complain(STATUS_USAGE, "--trace: standard output is for --json");
    return 0;
}

/* ---- plans ---------------------------------------------------------------------------------------------------- */

/* "12.5": as much of the unit as was asked for, or what the scenario has. */
static void grant(const struct wishes *wishes, enum wish which, uint32_t *what) {
    if (wishes->given[which])
        *what = (uint32_t)wishes->value[which];
}

static void change_link(const struct wishes *wishes, struct hawser_sim_link *link) {
    if (wishes->given[WISH_RATE])
        link->rate = (uint64_t)wishes->value[WISH_RATE];
    if (wishes->given[WISH_DELAY])
        link->delay = (hawser_time)wishes->value[WISH_DELAY];
    if (wishes->given[WISH_JITTER])
        link->jitter = (hawser_time)wishes->value[WISH_JITTER];
    grant(wishes, WISH_QUEUE, &link->queue);
    if (wishes->given[WISH_QUEUE_TIME])
        link->queue = (uint32_t)fmin((double)link->rate / 8e6 * wishes->value[WISH_QUEUE_TIME] + 1, UINT32_MAX);
    grant(wishes, WISH_LOSS, &link->loss);
    grant(wishes, WISH_DUPLICATE, &link->duplicate);
    grant(wishes, WISH_REORDER, &link->reorder);
    if (wishes->given[WISH_REORDER])
        link->reorder_delay = link->delay + 1000;
    grant(wishes, WISH_CORRUPT, &link->corrupt);
    grant(wishes, WISH_MTU, &link->mtu);
    if (wishes->given[WISH_MTU])
        link->mtu_report = 1;
}

static void change_links(const struct request *r, struct hawser_sim_plan *plan) {
    for (uint32_t i = 0; i < 2 * HAWSER_SIM_PATHS_MAX; i++) {
        struct hawser_sim_link *link = &plan->links[i / 2][i % 2];
        change_link(&r->all, link);
        if (i / 2 < r->one_count)
            change_link(&r->one[i / 2], link);
    }
    if (r->paths || r->one_count)
        plan->paths = r->one_count ? r->one_count : r->paths;
}

/* Every power of two between the bounds is equally likely. */
static uint64_t mean_size(const struct hawser_sim_flow *flow) {
    uint64_t sum = 0, octaves = 0, low = flow->size_min;
    do {
        sum += (low + (low * 2 - 1 < flow->size_max ? low * 2 - 1 : flow->size_max)) / 2;
        low *= 2;
        octaves++;
    } while (low <= flow->size_max);
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
        wanted = (r->bytes + mean - 1) / mean;
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
    for (uint32_t i = 0; i < r->setting_count && plan->setting_count < HAWSER_SIM_SETTINGS_MAX; i++)
        plan->settings[plan->setting_count++] = r->settings[i];
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

/* ---- samples -------------------------------------------------------------------------------------------------- */

static void on_sample(void *user, const struct hawser_sim_sample *sample) {
    struct sim_series *series = user;
    if (series->count < series->capacity)
        series->samples[series->count++] = *sample;
}

static int draw(const struct request *r, const struct hawser_sim_plan *plan, const struct hawser_sim_result *result) {
    FILE *out = fopen(r->svg, "w");
    if (!out)
        return unwritable("svg", r->svg, strerror(errno));
    sim_svg(out, plan, result, &r->series, r->line);
    bool failed = ferror(out) != 0;
    return fclose(out) || failed ? unwritable("svg", r->svg, "cannot be written") : 0;
}

/* The run once more, for now it is known how long it takes: samples can be spread evenly. */
static int sample(struct request *r, const struct hawser_sim_plan *plan, const struct hawser_sim_result *result) {
    struct sim_series *series = &r->series;
    struct hawser_sim_plan again = *plan;
    struct hawser_sim_result ignored;
    uint64_t wanted = r->samples ? r->samples : SAMPLES;
    series->every = again.sample_every = result->end / (wanted - 1) + 1;
    series->count = 0;
    series->capacity = (size_t)(result->end / again.sample_every) + 1;
    free(series->samples);
    series->samples = calloc(series->capacity, sizeof *series->samples);
    if (!series->samples)
        return complain(STATUS_PROTOCOL, "no memory for %zu samples", series->capacity);
    again.sample = on_sample;
    again.user = series;
    again.trace = NULL;
    again.progress = NULL;
    hawser_sim_run(&again, &ignored);
    return r->svg ? draw(r, plan, result) : 0;
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
    if (!error && (r->svg || r->samples))
        error = sample(r, plan, result);
    if (r->json)
        sim_json(plan, result, r->samples ? &r->series : NULL);
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
    struct hawser_sim_result result = {0};
    struct sim_sum sum = {0};
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
        sim_add(&sum, &result);
    }
    error = judge_seen(r, scenario, seen);
    status = error ? error : status;
    if (r->terminal && !alone)
        fprintf(stderr, "\033[K");
    if (alone && !r->json)
        sim_tell_one(&plan, &result);
    else if (!r->json)
        sim_tell_sum(scenario, &sum);
    return status;
}

static void begin(const struct request *r) {
    if (r->json)
        return;
    printf("seeds %llu to %llu\n", (unsigned long long)r->seed, (unsigned long long)(r->seed + r->runs - 1));
    sim_tell_header();
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
    if (r->scenario) {
        bool alone = r->runs == 1;
        if (!alone)
            begin(r);
        status = run_scenario(r, r->scenario, alone);
    } else {
        begin(r);
        for (int i = 0; hawser_sim_scenario(i); i++) {
            int error = run_scenario(r, hawser_sim_scenario(i)->name, 0);
            status = error ? error : status;
        }
    }
    free(r->series.samples);
    if (fflush(stdout) || ferror(stdout))
        return complain(STATUS_IO, "standard output: %s", strerror(errno));
    return status;
}
