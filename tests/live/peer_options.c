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
    "  stall MS           the same, but read nothing for so long\n"
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
    "  --linger MS        go on answering for so long after the end (0)\n\n"
    "Events go to stderr; the last line, on stdout, is\n"
    "  MODE ok|failed ended=shutdown|abort|lost|timeout messages=N bytes=N sha256=HEX restarts=N unsent=N\n"
    "Exit status: 0 what the mode expects happened, 1 it did not, 2 wrong usage\n"
    "SIGINT or SIGTERM: the first shuts down, the second aborts\n";

enum { LOCAL = 256, PORT, TO, TO_PORT, UDP, TO_UDP, STREAMS, RCVBUF, HEARTBEAT, RTO_MIN, RTO_MAX, PATH_MAX_, MAX, TIMEOUT, LINGER,
       CLOSES, HELP };

static const struct option long_options[] = {
    {"local", 1, NULL, LOCAL},         {"port", 1, NULL, PORT},       {"to", 1, NULL, TO},
    {"to-port", 1, NULL, TO_PORT},     {"udp", 1, NULL, UDP},         {"to-udp", 1, NULL, TO_UDP},
    {"streams", 1, NULL, STREAMS},     {"rcvbuf", 1, NULL, RCVBUF},   {"rto-min", 1, NULL, RTO_MIN},
    {"heartbeat", 1, NULL, HEARTBEAT}, {"max", 1, NULL, MAX},         {"path-max", 1, NULL, PATH_MAX_},
    {"rto-max", 1, NULL, RTO_MAX},     {"timeout", 1, NULL, TIMEOUT}, {"help", 0, NULL, HELP},
    {"linger", 1, NULL, LINGER},       {"closes", 0, NULL, CLOSES},   {NULL, 0, NULL, 0}};

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

static bool take(struct peer_options *options, int option, char *text) {
    uint64_t value;
    if (option == LOCAL)
        return addresses(text, options->local, &options->local_count);
    if (option == TO)
        return addresses(text, options->to, &options->to_count);
    bool port = option == PORT || option == TO_PORT || option == UDP || option == TO_UDP || option == STREAMS;
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
    *options = (struct peer_options){.to_port = 7, .udp = 9899, .to_udp = 9899, .streams = 16, .timeout = 60};
    *status = 2;
    while ((option = getopt_long(argc, argv, "+", long_options, NULL)) != -1) {
        if (option == HELP) {
            fputs(help, stdout);
            *status = 0;
            return false;
        }
        if (option == '?')
            return false;
        if (option == CLOSES)
            options->closes = true;
        else if (!take(options, option, optarg))
            return wrong("an option does not take this", optarg);
    }
    if (!take_mode(options, argv + optind, argc - optind))
        return false;
    if (options->listens && options->port == 0)
        options->port = 7;
    if ((!options->listens || options->mode == PEER_COLLIDE) && options->to_count == 0)
        return wrong("an option is needed", "--to");
    if (options->mode == PEER_COLLIDE && options->port == 0)
        return wrong("an option is needed", "--port");
    if (options->mode == PEER_COLLIDE && options->port > options->to_port)
        options->closes = true;
    return true;
}
