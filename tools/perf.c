/* SPDX-License-Identifier: MIT
 *
 * `hawser perf`: measures an association, or several: goodput, messages a second, latency, and what that costs. Reads the
 * arguments.
 */
#define _GNU_SOURCE
#include "perf.h"

#include <string.h>

#define SIZE_BULK 65536
#define SIZE_PING 64
#define TIME      10 /* seconds */

enum perf_option { OPTION_PING = OPTION_OWN, OPTION_UNORDERED, OPTION_BOTH };

static const struct option options[] = {{"server", no_argument, NULL, 's'},
                                        {"client", no_argument, NULL, 'c'},
                                        {"one-off", no_argument, NULL, '1'},
                                        {"time", required_argument, NULL, 't'},
                                        {"bytes", required_argument, NULL, 'n'},
                                        {"size", required_argument, NULL, 'l'},
                                        {"interval", required_argument, NULL, 'i'},
                                        {"parallel", required_argument, NULL, 'P'},
                                        {"rate", required_argument, NULL, 'b'},
                                        {"reverse", no_argument, NULL, 'R'},
                                        {"both", no_argument, NULL, OPTION_BOTH},
                                        {"ping", no_argument, NULL, OPTION_PING},
                                        {"unordered", no_argument, NULL, OPTION_UNORDERED},
                                        {"json", no_argument, NULL, 'J'},
                                        {"quiet", no_argument, NULL, 'q'},
                                        COMMON_OPTIONS};

static void help(void) {
    printf("usage: hawser perf -s [OPTION...] [PORT]          serve tests\n"
           "       hawser perf -c [OPTION...] ADDRESS [PORT]  run one\n\n"
           "Sends messages for some seconds and shows how many bytes of them arrived, second by second and in sum; with --ping,\n"
           "how long a message takes to the server and back. The SCTP port is %d unless given. A signal ends the test and shows\n"
           "how it went until then; a second one ends it at once.\n\n"
           "The server:\n"
           "  -1, --one-off               end after one test\n"
           "The client:\n"
           "  -t, --time SECONDS          so long (default %d)\n"
           "  -n, --bytes SIZE            so many bytes instead, over all associations (SIZE: 1500, 64K, 10M, 1G)\n"
           "  -l, --size SIZE             of a message, at most 16M (default %d; with --ping %d)\n"
           "  -b, --rate BITS             send no more than so many bits a second on each association (1500K, 10M, 1G)\n"
           "      --streams N             spread the messages over N streams (default 1)\n"
           "      --unordered             send unordered messages\n"
           "  -P, --parallel N            N associations at once, at most %d\n"
           "  -R, --reverse               the server sends\n"
           "      --both                  both send\n"
           "      --ping                  one message at a time, and the server sends it back: show latencies\n"
           "  -i, --interval SECONDS      show figures so often (default 1; 0: only the sum)\n"
           "Both:\n"
           "  -J, --json                  an object of JSON a line; hawser-perf(1) lists the names\n"
           "  -q, --quiet                 the client: only the sum; the server: nothing\n",
           PERF_PORT, TIME, SIZE_BULK, SIZE_PING, PERF_LINES_MAX);
    common_help(stdout, HELP_PEER);
    printf(
        "\nExit status: 0 the test went through, or the server was ended by a signal; 1 wrong arguments, 2 could not connect,\n"
        "3 aborted by the server, 4 server lost, 5 local input or output failed, 6 protocol broken or out of memory,\n"
        "7 interrupted, 8 the server ended before the test\n");
}

/* ---- arguments --------------------------------------------------------------------------------------------------- */

static int size_option(const char *name, const char *text, double most, uint64_t *value) {
    double number;
    if (!parse_decimal(text, "KMGT", 1024, &number) || number < 1 || number > most)
        return complain(STATUS_USAGE, "%s: '%s' is not a size from 1 to %.0f", name, text, most);
    *value = (uint64_t)number;
    return 0;
}

static int rate_option(const char *text, uint64_t *value) {
    double bits;
    if (!parse_decimal(text, "KMG", 1000, &bits) || bits < 8 || bits > 1e15)
        return complain(STATUS_USAGE, "--rate: '%s' is not a number of bits from 8 to 1000000G", text);
    *value = (uint64_t)(bits / 8);
    return 0;
}

static int time_option(const char *name, const char *text, double least, uint64_t *value) {
    double seconds;
    if (!parse_decimal(text, "", 1, &seconds) || (seconds != 0 && seconds < 0.1) || seconds < least || seconds > PERF_TIME_MAX)
        return complain(STATUS_USAGE, "%s: '%s' is not a number of seconds from 0.1 to %d", name, text, PERF_TIME_MAX);
    *value = (uint64_t)(seconds * 1e6);
    return 0;
}

static int count_option(const char *name, const char *text, int most, int64_t *value) {
    if (parse_number(text, 1, most, value))
        return 0;
    return complain(STATUS_USAGE, "%s: '%s' is not a number from 1 to %d", name, text, most);
}

static int perf_option(struct perf_options *o, struct common *common, int option, const char *argument) {
    struct perf_request *request = &o->request;
    int64_t number = 0;
    int status;
    switch (option) {
    case 's': o->server = true; return 0;
    case 'c': o->client = true; return 0;
    case '1': o->one = true; return 0;
    case 'J': o->json = true; return 0;
    case 'q': o->quiet = true; return 0;
    case 't': return time_option("--time", argument, 0.1, &request->time);
    case 'i': return time_option("--interval", argument, 0, &o->interval);
    case 'n': return size_option("--bytes", argument, 1e18, &request->bytes);
    case 'l': return size_option("--size", argument, PERF_SIZE_MAX, &request->size);
    case 'P':
        status = count_option("--parallel", argument, PERF_LINES_MAX, &number);
        o->lines = (uint16_t)number;
        return status;
    case 'b': return rate_option(argument, &request->rate);
    case 'R': request->mode |= PERF_IN; return 0;
    case OPTION_BOTH: request->mode |= PERF_IN | PERF_OUT; return 0;
    case OPTION_PING: request->mode |= PERF_PING; return 0;
    case OPTION_UNORDERED: request->mode |= PERF_UNORDERED; return 0;
    case OPTION_STREAMS:
        status = count_option("--streams", argument, 65535, &number);
        request->streams = (uint64_t)number;
        return status ? status : common_option(common, option, argument);
    default: return common_option(common, option, argument);
    }
}

/* What was not given, and what does not go together. */
static int settle(struct perf_options *o, const struct common *common) {
    struct perf_request *request = &o->request;
    if (o->server == o->client)
        return complain(STATUS_USAGE, "one of -s (serve) and -c (connect) is needed; --help tells more");
    if (o->one && o->client)
        return complain(STATUS_USAGE, "--one-off goes with -s");
    if (o->server && (request->mode || request->time || request->bytes || request->size || request->rate || o->lines))
        return complain(STATUS_USAGE, "what is to be sent is for the client to say: it does not go with -s");
    if (o->server && common->peer_count)
        return complain(STATUS_USAGE, "--peer goes with -c: peers come here by themselves");
    if (request->time && request->bytes)
        return complain(STATUS_USAGE, "--time and --bytes exclude each other");
    if ((request->mode & PERF_PING) && (request->mode & (PERF_IN | PERF_OUT)))
        return complain(STATUS_USAGE, "--ping goes both ways by itself: neither --reverse nor --both");
    if ((request->mode & PERF_PING) && request->rate)
        return complain(STATUS_USAGE, "--ping has one message under way: no --rate");
    if (!(request->mode & (PERF_IN | PERF_PING)))
        request->mode |= PERF_OUT;
    if (!request->size)
        request->size = request->mode & PERF_PING ? SIZE_PING : SIZE_BULK;
    if (!request->time && !request->bytes)
        request->time = TIME * 1000000;
    if (!o->lines)
        o->lines = 1;
    if (!request->streams)
        request->streams = 1;
    if (o->quiet)
        o->interval = 0;
    request->bytes = (request->bytes + o->lines - 1) / o->lines;
    request->report = (o->interval ? o->interval : 1000000) / 10;
    return 0;
}

/* ADDRESS and PORT. */
static int operands(struct perf_options *o, const struct common *common, int count, char **arguments) {
    int64_t port = PERF_PORT;
    int addresses = o->client;
    if (count < addresses || count > addresses + 1)
        return complain(STATUS_USAGE, o->client ? "-c needs ADDRESS [PORT]" : "-s takes nothing but [PORT]");
    const char *wrong = o->client ? parse_address(arguments[0], common_udp_port(common), &o->remote) : NULL;
    if (wrong)
        return complain(STATUS_USAGE, "ADDRESS: '%s' %s", arguments[0], wrong);
    if (count > addresses && !parse_number(arguments[addresses], o->client, 65535, &port))
        return complain(STATUS_USAGE, "PORT: '%s' is not a number from %d to 65535", arguments[addresses], o->client);
    o->port = (uint16_t)port;
    return 0;
}

int tool_perf(int argc, char **argv) {
    static struct perf_options perf = {.interval = 1000000};
    static struct common common;
    int option, status = 0;
    common_init(&common, argv[0]);
    while (status == 0 && (option = getopt_long(argc, argv, "sc1t:n:l:i:P:b:RJqvh", options, NULL)) != -1) {
        if (common_answered(option, help))
            return 0;
        status = perf_option(&perf, &common, option, optarg);
    }
    if (status == 0)
        status = settle(&perf, &common);
    if (status == 0)
        status = operands(&perf, &common, argc - optind, argv + optind);
    if (status)
        return status;
    return perf.client ? perf_client_run(&common, &perf) : perf_server_run(&common, &perf);
}
