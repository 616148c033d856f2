/* SPDX-License-Identifier: MIT
 *
 * The command line of the live peers (peer.h). Knows no stack.
 */
#define _GNU_SOURCE
#include "peer.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char help[] =
    "usage: peer [OPTION...] listen|connect MODE [MODE_ARGUMENT...]\n\n"
    "modes\n"
    "  echo               send each message back as it came until the peer shuts down\n"
    "  talk SEED          send 300 messages of 1 B to 1 MB to an echo, check what comes back, shut down\n"
    "  source BYTES SIZE  send BYTES of the series in messages of SIZE over one stream, shut down\n"
    "  sink               receive until the end; what came after the last restart counts\n"
    "  stall MS           the same, but read nothing for so long, or until SIGHUP\n"
    "  abort N            connect: talk and abort when N messages came back; listen: abort when N came\n"
    "  hold               keep the association, discard what comes\n"
    "  collide            listen and connect at once; 10 messages each way; one side (--closes, or the larger port) shuts down\n"
    "options\n"
    "  --local A[,A...]   addresses to bind (default: any)\n"
    "  --port N           SCTP port (listen: 7; connect: any)\n"
    "  --to A[,A...]      the peer's addresses; the first is the primary\n"
    "  --to-port N        the peer's SCTP port (7)\n"
    "  --udp N            UDP encapsulation port (9899)\n"
    "  --to-udp N         the peer's (9899)\n"
    "  --streams N        outgoing streams to ask for (16)\n"
    "  --rcvbuf BYTES, --heartbeat MS, --rto-min MS, --rto-max MS\n"
    "  --path-max N, --max N   Path.Max.Retrans, Association.Max.Retrans\n"
    "  --timeout S        give up (60)\n"
    "  --linger MS        go on answering for so long after the end (0)\n"
    "  --ip               without UDP\n"
    "  --sndbuf BYTES     of the send buffer (4194304)\n"
    "extensions\n"
    "  --pr ttl=MS|rtx=N|prio=N|buf=BYTES   messages of a source are given up; with prio the rest has priority 0 once nothing\n"
    "                     more was taken for a while\n"
    "  --pace MS          a source waits for so long between two messages\n"
    "  --stripe N         a source sends over N streams in turn; their values for a scheduler are their numbers\n"
    "  --idata            offer I-DATA\n"
    "  --scheduler fcfs|rr|rr-packet|priority|fair|weighted\n"
    "  --reconfig         do what the peer asks for by RE-CONFIG\n"
    "  --auth TYPE[,TYPE...]   chunk types that the peer must authenticate\n"
    "  --key N=SECRET     a shared key, the first is used\n"
    "  --asconf 1|2       offer ASCONF; 2: even without AUTH\n"
    "  --ecn              offer ECN\n"
    "  --probe MS         look for the path MTU so often, and tell what was found\n"
    "  --failing N        a path is potentially failed after more than N errors\n"
    "  --do COUNT:ACT     when so many messages were counted; in this order. ACT is reset-out[=S,...] reset-in[=S,...]\n"
    "                     reset-all add=OUT,IN key=N retire=N add-address=A remove-address=A name-primary=A scheduler=NAME\n"
    "  --rest             a talker does these when all that it has sent came back (reset-all: always)\n\n"
    "Events go to stderr; the last line, on stdout, is\n"
    "  MODE ok|failed ended=shutdown|abort|lost|timeout messages=N bytes=N sha256=HEX restarts=N unsent=N\n"
    "Exit status: 0 what the mode expects happened, 1 it did not, 2 wrong usage\n"
    "SIGINT or SIGTERM: the first shuts down, which may be the end of a source with a pace; the second aborts\n";

enum { LOCAL = 256, PORT, TO, TO_PORT, UDP, TO_UDP, STREAMS, RCVBUF, HEARTBEAT, RTO_MIN, RTO_MAX, PATH_MAX_, MAX, TIMEOUT, LINGER,
       CLOSES, HELP, IP, SNDBUF, POLICY, PACE, STRIPE, INTERLEAVING, SCHEDULER, RECONFIG, AUTH, KEY, ASCONF, ECN, PROBE, FAILING,
       STEP, REST };

static const struct option long_options[] = {
    {"local", 1, NULL, LOCAL},         {"port", 1, NULL, PORT},       {"to", 1, NULL, TO},
    {"to-port", 1, NULL, TO_PORT},     {"udp", 1, NULL, UDP},         {"to-udp", 1, NULL, TO_UDP},
    {"streams", 1, NULL, STREAMS},     {"rcvbuf", 1, NULL, RCVBUF},   {"rto-min", 1, NULL, RTO_MIN},
    {"heartbeat", 1, NULL, HEARTBEAT}, {"max", 1, NULL, MAX},         {"path-max", 1, NULL, PATH_MAX_},
    {"rto-max", 1, NULL, RTO_MAX},     {"timeout", 1, NULL, TIMEOUT}, {"help", 0, NULL, HELP},
    {"linger", 1, NULL, LINGER},       {"closes", 0, NULL, CLOSES},   {"ip", 0, NULL, IP},
    {"sndbuf", 1, NULL, SNDBUF},       {"pr", 1, NULL, POLICY},       {"pace", 1, NULL, PACE},
    {"stripe", 1, NULL, STRIPE},       {"idata", 0, NULL, INTERLEAVING}, {"scheduler", 1, NULL, SCHEDULER},
    {"reconfig", 0, NULL, RECONFIG},   {"auth", 1, NULL, AUTH},       {"key", 1, NULL, KEY},
    {"asconf", 1, NULL, ASCONF},       {"ecn", 0, NULL, ECN},         {"probe", 1, NULL, PROBE},
    {"failing", 1, NULL, FAILING},     {"do", 1, NULL, STEP},         {"rest", 0, NULL, REST},
    {NULL, 0, NULL, 0}};

static const struct {
    const char *name;
    unsigned arguments;
} modes[] = {[PEER_ECHO] = {"echo", 0},   [PEER_TALK] = {"talk", 1},   [PEER_SOURCE] = {"source", 2},
             [PEER_SINK] = {"sink", 0},   [PEER_STALL] = {"stall", 1}, [PEER_ABORT] = {"abort", 1},
             [PEER_HOLD] = {"hold", 0},   [PEER_COLLIDE] = {"collide", 0}};

static bool wrong(const char *what, const char *text) {
    fprintf(stderr, "peer: %s: '%s'; --help tells more\n", what, text);
    return false;
}

static bool number(const char *text, uint64_t min, uint64_t max, uint64_t *value) {
    char *end;
    if (text[0] < '0' || text[0] > '9')
        return false;
    *value = strtoull(text, &end, 10);
    return *end == 0 && *value >= min && *value <= max;
}

/* Cuts the text in place. */
static bool addresses(char *text, const char **list, unsigned *count) {
    for (char *item = strtok(text, ","); item; item = strtok(NULL, ",")) {
        if (*count == PEER_ADDRESSES_MAX)
            return false;
        list[(*count)++] = item;
    }
    return *count > 0;
}

/* The index of a name, or -1. */
static int named(const char *const *names, int count, const char *name) {
    for (int i = 0; i < count; i++)
        if (names[i] && strcmp(names[i], name) == 0)
            return i;
    return -1;
}

static bool scheduler(const char *text, unsigned *value) {
    static const char *const names[] = {[PEER_FCFS] = "fcfs",         [PEER_ROUND_ROBIN] = "rr", [PEER_PER_PACKET] = "rr-packet",
                                        [PEER_PRIORITY] = "priority", [PEER_FAIR] = "fair",      [PEER_WEIGHTED] = "weighted"};
    int i = named(names, sizeof names / sizeof *names, text);
    *value = (unsigned)i;
    return i >= 0;
}

/* NAME=VALUE becomes NAME; returns VALUE, or NULL. */
static char *split(char *text, char sign) {
    char *value = strchr(text, sign);
    if (value)
        *value++ = 0;
    return value;
}

static bool numbers(char *text, uint16_t *out, unsigned *count) {
    uint64_t value;
    for (char *item = strtok(text, ","); item; item = strtok(NULL, ",")) {
        if (*count == PEER_NUMBERS_MAX || !number(item, 0, 65535, &value))
            return false;
        out[(*count)++] = (uint16_t)value;
    }
    return true;
}

static bool take_policy(struct peer_options *options, char *text) {
    static const char *const names[] = {[PEER_TTL] = "ttl", [PEER_RTX] = "rtx", [PEER_PRIO] = "prio", [PEER_BUFFER] = "buf"};
    char *value = split(text, '=');
    int policy = named(names, sizeof names / sizeof *names, text);
    uint64_t amount;
    if (policy < 0 || !value || !number(value, 0, 2147483647, &amount))
        return false;
    options->policy = (enum peer_policy)policy;
    options->policy_value = (uint32_t)amount;
    return true;
}

static bool take_key(struct peer_options *options, char *text) {
    char *secret = split(text, '=');
    uint64_t value;
    if (!secret || options->key_count == PEER_KEYS_MAX || !number(text, 0, 65535, &value))
        return false;
    options->keys[options->key_count++] = (struct peer_key){(uint16_t)value, secret};
    return true;
}

static bool take_step(struct peer_options *options, char *text) {
    static const char *const names[] = {
        [PEER_RESET_OUT] = "reset-out",       [PEER_RESET_IN] = "reset-in",
        [PEER_RESET_ALL] = "reset-all",       [PEER_ADD_STREAMS] = "add",
        [PEER_USE_KEY] = "key",               [PEER_RETIRE_KEY] = "retire",
        [PEER_ADD_ADDRESS] = "add-address",   [PEER_REMOVE_ADDRESS] = "remove-address",
        [PEER_NAME_PRIMARY] = "name-primary", [PEER_SCHEDULE] = "scheduler"};
    char *act = split(text, ':'), *value = act ? split(act, '=') : NULL;
    int kind = act ? named(names, sizeof names / sizeof *names, act) : -1;
    struct peer_step step = {.act = (enum peer_act)kind, .text = value};
    unsigned chosen = 0;
    if (kind < 0 || options->step_count == PEER_STEPS_MAX || !number(text, 0, 1000000000, &step.at))
        return false;
    bool listed = step.act == PEER_RESET_OUT || step.act == PEER_RESET_IN, plain = step.act == PEER_RESET_ALL;
    bool addressed = step.act == PEER_ADD_ADDRESS || step.act == PEER_REMOVE_ADDRESS || step.act == PEER_NAME_PRIMARY;
    if (!value ? !listed && !plain : plain)
        return false;
    if (step.act == PEER_SCHEDULE && !scheduler(value, &chosen))
        return false;
    if (step.act == PEER_SCHEDULE)
        step.number[step.number_count++] = (uint16_t)chosen;
    else if (value && !addressed && !numbers(value, step.number, &step.number_count))
        return false;
    if (!listed && !plain && !addressed && step.number_count != (step.act == PEER_ADD_STREAMS ? 2 : 1))
        return false;
    options->steps[options->step_count++] = step;
    return true;
}

/* What is neither a number nor a list of addresses. *done: it was one of these. */
static bool take_words(struct peer_options *options, int option, char *text, bool *done) {
    unsigned chosen = 0;
    bool right = true;
    *done = true;
    switch (option) {
    case CLOSES: options->closes = true; break;
    case IP: options->ip = true; break;
    case INTERLEAVING: options->interleaving = true; break;
    case RECONFIG: options->streams_change = true; break;
    case ECN: options->ecn = true; break;
    case REST: options->rests = true; break;
    case POLICY: right = take_policy(options, text); break;
    case SCHEDULER: right = scheduler(text, &chosen); options->scheduler = (enum peer_scheduler)chosen; break;
    case AUTH: right = numbers(text, options->auth_chunks, &options->auth_chunk_count); break;
    case KEY: right = take_key(options, text); break;
    case STEP: right = take_step(options, text); break;
    default: *done = false; break;
    }
    return right;
}

static bool take(struct peer_options *options, int option, char *text) {
    uint64_t value;
    bool done, right = take_words(options, option, text, &done);
    if (done)
        return right;
    if (option == LOCAL)
        return addresses(text, options->local, &options->local_count);
    if (option == TO)
        return addresses(text, options->to, &options->to_count);
    bool port = option == PORT || option == TO_PORT || option == UDP || option == TO_UDP || option == STREAMS ||
                option == STRIPE;
    if (!number(text, 1, port ? 65535 : 2147483647, &value))
        return false;
    switch (option) {
    case PORT: options->port = (uint16_t)value; break;
    case TO_PORT: options->to_port = (uint16_t)value; break;
    case UDP: options->udp = (uint16_t)value; break;
    case TO_UDP: options->to_udp = (uint16_t)value; break;
    case STREAMS: options->streams = (uint16_t)value; break;
    case RCVBUF: options->rcvbuf = (uint32_t)value; break;
    case HEARTBEAT: options->heartbeat = (uint32_t)value; break;
    case RTO_MIN: options->rto_min = (uint32_t)value; break;
    case RTO_MAX: options->rto_max = (uint32_t)value; break;
    case PATH_MAX_: options->path_max = (uint32_t)value; break;
    case MAX: options->max = (uint32_t)value; break;
    case TIMEOUT: options->timeout = (uint32_t)value; break;
    case SNDBUF: options->sndbuf = (uint32_t)value; break;
    case PACE: options->pace = (uint32_t)value; break;
    case STRIPE: options->stripe = (uint16_t)value; break;
    case ASCONF: options->asconf = (uint32_t)value; break;
    case PROBE: options->probe = (uint32_t)value; break;
    case FAILING: options->failing = (uint32_t)value; break;
    default: options->linger = (uint32_t)value; break;
    }
    return true;
}

static bool take_mode(struct peer_options *options, char **words, int count) {
    unsigned mode;
    if (count < 2)
        return wrong("an argument is missing", "listen|connect MODE");
    if (strcmp(words[0], "listen") != 0 && strcmp(words[0], "connect") != 0)
        return wrong("neither listen nor connect", words[0]);
    options->listens = words[0][0] == 'l';
    options->connects = !options->listens;
    for (mode = 0; mode <= PEER_COLLIDE && strcmp(words[1], modes[mode].name) != 0; mode++)
        continue;
    if (mode > PEER_COLLIDE)
        return wrong("no such mode", words[1]);
    options->mode = (enum peer_mode)mode;
    if ((unsigned)count != 2 + modes[mode].arguments)
        return wrong("wrong number of arguments for mode", words[1]);
    for (int i = 2; i < count; i++)
        if (!number(words[i], mode == PEER_SOURCE ? 1 : 0, UINT64_MAX, &options->argument[i - 2]))
            return wrong("not a number that the mode takes", words[i]);
    return true;
}

bool peer_options(struct peer_options *options, int argc, char **argv, int *status) {
    int option;
    *options = (struct peer_options){.to_port = 7, .udp = 9899, .to_udp = 9899, .streams = 16, .timeout = 60, .sndbuf = 4194304};
    *status = 2;
    while ((option = getopt_long(argc, argv, "+", long_options, NULL)) != -1) {
        if (option == HELP) {
            fputs(help, stdout);
            *status = 0;
            return false;
        }
        if (option == '?')
            return false;
        if (!take(options, option, optarg))
            return wrong("an option does not take this", optarg);
    }
    if (!take_mode(options, argv + optind, argc - optind))
        return false;
    if (options->listens && options->port == 0)
        options->port = 7;
    if (options->mode == PEER_COLLIDE) {
        options->listens = options->connects = true;
        if (options->port == 0)
            return wrong("an option is needed", "--port");
        if (options->port > options->to_port)
            options->closes = true;
    }
    return !options->connects || options->to_count > 0 || wrong("an option is needed", "--to");
}
