/* SPDX-License-Identifier: MIT
 *
 * The options that every sub-command with an association has, what they set up, and what tools say of an association's end.
 */
#define _GNU_SOURCE
#include "tools.h"

#include <errno.h>
#include <hawser/ip.h>
#include <hawser/net.h>
#include <hawser/udp.h>
#include <netdb.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static const char *tool_name = "hawser";

int complain(int status, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    fprintf(stderr, "%s: ", tool_name);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
    return status;
}

/* ---- reading arguments ------------------------------------------------------------------------------------------- */

bool parse_number(const char *text, int64_t least, int64_t most, int64_t *value) {
    char *end;
    if ((*text < '0' || *text > '9') && *text != '-')
        return false;
    errno = 0;
    long long number = strtoll(text, &end, 10);
    if (errno != 0 || *end != '\0' || end == text || number < least || number > most)
        return false;
    *value = number;
    return true;
}

bool parse_decimal(const char *text, const char *units, double factor, double *value) {
    char *end;
    if (*text < '0' || *text > '9')
        return false;
    errno = 0;
    *value = strtod(text, &end);
    const char *unit = *end ? strchr(units, *end) : NULL;
    for (const char *i = units; unit && i <= unit; i++)
        *value *= factor;
    return errno == 0 && (*end == '\0' || (unit && end[1] == '\0'));
}

bool parse_udp(const char *text, uint16_t *local, uint16_t *remote, bool *given) {
    char copy[16];
    int64_t value;
    if (strlen(text) >= sizeof(copy) || *text == '\0')
        return false;
    strcpy(copy, text);
    char *colon = strchr(copy, ':');
    if (colon) {
        *colon = '\0';
        if (!parse_number(colon + 1, 1, 65535, &value))
            return false;
        *remote = (uint16_t)value;
    }
    *given = *copy != '\0';
    if (!*given)
        return true;
    if (!parse_number(copy, 0, 65535, &value))
        return false;
    *local = (uint16_t)value;
    return true;
}

/* The system sends nothing to such an address, and says so packet by packet, which looks like a peer that is silent. */
static bool lacks_zone(const struct hawser_address *address) {
    return address->family == HAWSER_IPV6 && address->ip[0] == 0xfe && (address->ip[1] & 0xc0) == 0x80 && !address->scope;
}

const char *parse_address(const char *text, uint16_t port, struct hawser_address *address) {
    struct addrinfo hints = {.ai_socktype = SOCK_DGRAM, .ai_flags = AI_ADDRCONFIG}, *found;
    bool known = hawser_address_parse(address, text) == 0;
    if (!known && getaddrinfo(text, NULL, &hints, &found) == 0) {
        char numeric[HAWSER_ADDRESS_TEXT_MAX];
        for (struct addrinfo *i = found; i && !known; i = i->ai_next)
            known = getnameinfo(i->ai_addr, i->ai_addrlen, numeric, sizeof(numeric), NULL, 0, NI_NUMERICHOST) == 0 &&
                    hawser_address_parse(address, numeric) == 0;
        freeaddrinfo(found);
    }
    if (!known)
        return "is not an address";
    if (lacks_zone(address))
        return "is link-local and lacks its zone, as in fe80::1%eth0";
    if (address->udp_port == 0)
        address->udp_port = port;
    return NULL;
}

const char *parse_setting(const char *text, int *number, int64_t *value) {
    static char complaint[160];
    const struct hawser_setting_info *info;
    size_t length = strcspn(text, "=");
    if (text[length] != '=')
        return "it has no '=': it must be NAME=VALUE";
    for (int row = 0; (info = hawser_setting_info(row)) != NULL; row++) {
        if (strlen(info->name) != length || strncmp(info->name, text, length) != 0)
            continue;
        if (!parse_number(text + length + 1, info->min, info->max, value)) {
            snprintf(complaint, sizeof(complaint), "%s takes a number from %lld to %lld (%s)", info->name, (long long)info->min,
                     (long long)info->max, info->unit);
            return complaint;
        }
        *number = info->number;
        return NULL;
    }
    return "there is no such setting; --help lists them";
}

void common_init(struct common *common, const char *name) {
    tool_name = name;
    *common = (struct common){.udp_local = HAWSER_UDP_PORT};
}

static int add_address(const char *option, const char *text, struct hawser_address *list, uint16_t *count) {
    if (*count == HAWSER_ADDRESSES_MAX)
        return complain(STATUS_USAGE, "%s: at most %d addresses", option, HAWSER_ADDRESSES_MAX);
    const char *wrong = parse_address(text, 0, &list[*count]);
    if (wrong)
        return complain(STATUS_USAGE, "%s: '%s' %s", option, text, wrong);
    (*count)++;
    return 0;
}

static int add_setting(struct common *common, int number, int64_t value) {
    if (common->setting_count == SETTINGS_MAX)
        return complain(STATUS_USAGE, "--set: at most %d settings", SETTINGS_MAX);
    common->settings[common->setting_count].number = number;
    common->settings[common->setting_count++].value = value;
    return 0;
}

bool common_answered(int option, void (*help)(void)) {
    if (option == 'h')
        help();
    else if (option == OPTION_VERSION)
        printf("hawser %s\n", HAWSER_VERSION);
    else
        return false;
    return true;
}

int common_option(struct common *common, int option, const char *argument) {
    int64_t value;
    int number;
    const char *wrong;
    switch (option) {
    case OPTION_IP: common->ip = true; return 0;
    case OPTION_UDP:
        common->udp = true;
        if (!parse_udp(argument, &common->udp_local, &common->udp_remote, &common->udp_local_given))
            return complain(STATUS_USAGE, "--udp: '%s' is not [LOCAL][:REMOTE], ports of 0 to 65535 and 1 to 65535", argument);
        return 0;
    case OPTION_BIND: return add_address("--bind", argument, common->bind, &common->bind_count);
    case OPTION_PEER: return add_address("--peer", argument, common->peer, &common->peer_count);
    case OPTION_FOLLOW: common->follow = true; return 0;
    case OPTION_STREAMS:
        if (!parse_number(argument, 1, 65535, &value))
            return complain(STATUS_USAGE, "--streams: '%s' is not a number from 1 to 65535", argument);
        return add_setting(common, HAWSER_SET_STREAMS_OUT, value);
    case OPTION_PCAP: common->pcap = argument; return 0;
    case OPTION_TRACE: common->trace = argument; return 0;
    case OPTION_SET:
        wrong = parse_setting(argument, &number, &value);
        return wrong ? complain(STATUS_USAGE, "--set: '%s': %s", argument, wrong) : add_setting(common, number, value);
    case 'v': common->verbose = true; return 0;
    default: /* getopt_long has said what is wrong */
        fprintf(stderr, "`%s --help` lists the options\n", tool_name);
        return STATUS_USAGE;
    }
}

void common_help(FILE *out, unsigned also) {
    const struct hawser_setting_info *info;
    fprintf(out, "      --udp [LOCAL][:REMOTE]  UDP ports (RFC 6951), default 9899:9899; LOCAL 0: any\n"
                 "      --ip                    plain IP (protocol 132), needs CAP_NET_RAW; with --udp both: peers with a\n"
                 "                              UDP port, ADDRESS:PORT, over UDP, others over IP\n"
                 "      --bind ADDRESS          local address; several times for several (multihoming); default: all\n"
                 "      --follow                tell the peer as this machine's addresses come and go (RFC 5061), if it has\n"
                 "                              --follow, too; Linux only\n"
                 "%s%s"
                 "      --pcap FILE             write a capture that Wireshark opens\n"
                 "      --trace FILE            write a trace as text; - is standard error\n"
                 "      --set NAME=VALUE        a setting, see below\n"
                 "  -v, --verbose               tell what happens\n"
                 "  -h, --help                  this text\n"
                 "      --version               the version\n"
                 "\nSettings for --set (unit, range, default); hawser-settings(7) says what they do:\n",
            also & HELP_PEER ? "      --peer ADDRESS          a further address of the peer; several times for several\n" : "",
            also & HELP_STREAMS ? "      --streams N             ask for N outgoing streams\n" : "");
    for (int row = 0; (info = hawser_setting_info(row)) != NULL; row++)
        fprintf(out, "  %-24s %-8s %lld to %lld, %lld\n", info->name, info->unit, (long long)info->min, (long long)info->max,
                (long long)info->standard);
}

/* ---- starting and stopping --------------------------------------------------------------------------------------- */

static FILE *open_output(const char *option, const char *name) {
    FILE *file = strcmp(name, "-") == 0 ? stderr : fopen(name, "wb");
    if (!file)
        complain(STATUS_IO, "%s: %s: %s", option, name, strerror(errno));
    return file;
}

/* The local address that the system would choose, for views of what leaves before the stack knows it. */
static struct hawser_address likely_source(const struct common *common, const struct hawser_address *remote) {
    struct hawser_address source = {.family = HAWSER_NONE};
    char text[HAWSER_ADDRESS_TEXT_MAX];
    struct addrinfo hints = {.ai_socktype = SOCK_DGRAM, .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV}, *found;
    struct hawser_address plain = *remote;
    plain.udp_port = 0;
    hawser_address_format(&plain, text, sizeof(text));
    if (getaddrinfo(text, "9", &hints, &found) == 0) {
        struct sockaddr_storage name;
        socklen_t size = sizeof(name);
        int fd = socket(found->ai_family, SOCK_DGRAM, 0);
        if (fd >= 0 && connect(fd, found->ai_addr, found->ai_addrlen) == 0 &&
            getsockname(fd, (struct sockaddr *)&name, &size) == 0 &&
            getnameinfo((struct sockaddr *)&name, size, text, sizeof(text), NULL, 0, NI_NUMERICHOST) == 0 &&
            hawser_address_parse(&source, text) == 0)
            source.udp_port = hawser_udp_port(common->carrier);
        if (fd >= 0)
            close(fd);
        freeaddrinfo(found);
    }
    return source;
}

static int start_views(struct common *common, const struct hawser_address *remote) {
    unsigned count = 0;
    common->tee = (struct hawser_view_tee)HAWSER_INIT(common->tee);
    if (common->pcap) {
        if (!(common->pcap_file = open_output("--pcap", common->pcap)))
            return STATUS_IO;
        struct timespec today;
        clock_gettime(CLOCK_REALTIME, &today);
        common->pcap_view = (struct hawser_view)HAWSER_INIT(common->pcap_view);
        common->pcap_view.sink = hawser_view_to_file;
        common->pcap_view.sink_user = common->pcap_file;
        common->pcap_view.time_offset = (uint64_t)today.tv_sec * 1000000 + (uint64_t)today.tv_nsec / 1000 - hawser_now();
        if (hawser_view_open_pcapng(&common->pcap_view) != 0)
            return complain(STATUS_IO, "--pcap: %s: cannot be written", common->pcap);
        common->tee.function[count] = hawser_view_pcapng;
        common->tee.user[count++] = &common->pcap_view;
    }
    if (common->trace) {
        if (!(common->trace_file = open_output("--trace", common->trace)))
            return STATUS_IO;
        common->trace_view = (struct hawser_view)HAWSER_INIT(common->trace_view);
        common->trace_view.sink = hawser_view_to_file;
        common->trace_view.sink_user = common->trace_file;
        common->trace_view.time_offset = 0 - hawser_now();
        if (hawser_view_open_text(&common->trace_view) != 0)
            return complain(STATUS_IO, "--trace: %s: cannot be written", common->trace);
        common->tee.function[count] = hawser_view_text;
        common->tee.user[count++] = &common->trace_view;
    }
    struct hawser_address local = {.family = HAWSER_IPV4, .udp_port = hawser_udp_port(common->carrier)};
    if (remote && count > 0)
        local = likely_source(common, remote);
    common->pcap_view.local = common->trace_view.local = local;
    if (count > 0)
        hawser_trace(common->stack, hawser_view_tee, &common->tee);
    return 0;
}

uint16_t common_udp_port(const struct common *common) {
    return common->udp_remote || common->ip ? common->udp_remote : HAWSER_UDP_PORT;
}

void common_tell_listening(const struct common *common, hawser_id endpoint) {
    char udp[24] = "";
    if (!common->ip || common->udp)
        snprintf(udp, sizeof(udp), ", UDP port %u", hawser_udp_port(common->carrier));
    complain(0, "listening on SCTP port %u%s%s", hawser_port(common->stack, endpoint), common->ip ? ", plain IP" : "", udp);
}

static int open_carrier(struct common *common, uint16_t udp_port) {
    if (common->ip) {
        struct hawser_ip_options options = HAWSER_INIT(options);
        options.udp_port = udp_port;
        options.addresses = common->bind;
        options.address_count = common->bind_count;
        options.flags = common->udp ? HAWSER_IP_AND_UDP : 0;
        return hawser_ip_open(&common->carrier, &options);
    }
    struct hawser_udp_options options = HAWSER_INIT(options);
    options.port = udp_port;
    options.addresses = common->bind;
    options.address_count = common->bind_count;
    return hawser_udp_open(&common->carrier, &options);
}

static int start_carrier(struct common *common, bool connecting) {
    int error = open_carrier(common, common->udp_local);
    if (error == HAWSER_ERR_SYSTEM && errno == EADDRINUSE && connecting && !common->udp_local_given)
        error = open_carrier(common, 0);
    if (error == HAWSER_ERR_SYSTEM && errno == EADDRINUSE)
        return complain(STATUS_IO, "--udp: UDP port %u is in use; --udp 0 takes a free one", common->udp_local);
    if (error == HAWSER_ERR_SYSTEM && errno == EPERM && common->ip)
        return complain(STATUS_IO, "--ip: plain IP needs the capability CAP_NET_RAW (root has it)");
    if (error == HAWSER_ERR_IN_USE)
        return complain(STATUS_IO, "--ip: the kernel's own SCTP is loaded and would answer in our place (`rmmod sctp`)");
    if (error == HAWSER_ERR_ADDRESS)
        return complain(STATUS_USAGE, "--bind: the same address twice");
    const char *reason = error == HAWSER_ERR_SYSTEM ? strerror(errno) : hawser_error_text(error);
    if (error && common->ip)
        return complain(STATUS_IO, "--ip: %s", reason);
    return error ? complain(STATUS_IO, "UDP port %u: %s", common->udp_local, reason) : 0;
}

static const char *setting_name(int number) {
    const struct hawser_setting_info *info;
    for (int row = 0; (info = hawser_setting_info(row)) != NULL; row++)
        if (info->number == number)
            return info->name;
    return "?";
}

/* What --follow sets: with AUTH, as RFC 5061 4.1.1 wants ASCONF, so that nobody who did not see the handshake can move the
 * association. --set may still say otherwise: without AUTH is for carriers that authenticate by themselves. */
static void set_follow(hawser *stack) {
    static const int settings[] = {HAWSER_SET_AUTHENTICATION, HAWSER_SET_DYNAMIC_ADDRESSES, HAWSER_SET_AUTO_ASCONF};
    for (size_t i = 0; i < sizeof(settings) / sizeof(*settings); i++)
        hawser_set(stack, hawser_now(), 0, 0, settings[i], 1);
}

int common_start(struct common *common, const struct hawser_address *remote, hawser_loop_ready *on_ready, void *user) {
    struct hawser_host host;
    if (common->follow && common->bind_count)
        return complain(STATUS_USAGE, "--follow is for all addresses of the machine: not with --bind");
    hawser_host_default(&host);
    int error = hawser_new(&common->stack, NULL, &host);
    if (error)
        return complain(STATUS_PROTOCOL, "%s", hawser_error_text(error));
    if (common->ip) /* raw sockets get what is for other programs, too */
        hawser_set(common->stack, hawser_now(), 0, 0, HAWSER_SET_SHARED_ADDRESS, 1);
    if (common->follow)
        set_follow(common->stack);
    for (unsigned i = 0; i < common->setting_count; i++) {
        error = hawser_set(common->stack, hawser_now(), 0, 0, common->settings[i].number, common->settings[i].value);
        if (error)
            return complain(STATUS_USAGE, "--set: %s: %s", setting_name(common->settings[i].number), hawser_error_text(error));
    }
    int status = start_carrier(common, remote != NULL);
    if (status == 0)
        status = start_views(common, remote);
    if (status)
        return status;
    error = hawser_loop_new(&common->loop);
    if (!error)
        error = hawser_loop_add(common->loop, common->stack, common->carrier, on_ready, user);
    if (!error && (common->follow || (common->ip && common->bind_count == 0)))
        error = hawser_loop_follow_addresses(common->loop, common->stack);
    return error ? complain(STATUS_IO, "%s", error == HAWSER_ERR_SYSTEM ? strerror(errno) : hawser_error_text(error)) : 0;
}

int common_connect(struct common *common, hawser_id endpoint, const struct hawser_address *remote, uint16_t port, void *user,
                   hawser_id *association) {
    struct hawser_connect_options connect = HAWSER_INIT(connect);
    struct hawser_address addresses[HAWSER_ADDRESSES_MAX];
    addresses[0] = *remote;
    for (uint16_t i = 0; i < common->peer_count; i++) {
        addresses[i + 1] = common->peer[i];
        if (addresses[i + 1].udp_port == 0)
            addresses[i + 1].udp_port = common_udp_port(common);
    }
    connect.port = port;
    connect.addresses = addresses;
    connect.address_count = (uint16_t)(1 + common->peer_count);
    connect.user = user;
    int error = hawser_connect(common->stack, hawser_now(), endpoint, &connect, association);
    return error ? complain(error == HAWSER_ERR_ADDRESS ? STATUS_USAGE : STATUS_NO_CONNECTION, "could not connect: %s",
                            hawser_error_text(error))
                 : 0;
}

static bool close_view(FILE *file, const struct hawser_view *view, const char *option, const char *name) {
    if (!file)
        return true;
    bool good = view->failed == 0 && fflush(file) == 0;
    if (file != stderr && fclose(file) != 0)
        good = false;
    if (!good)
        complain(STATUS_IO, "%s: %s: could not be written whole", option, name);
    return good;
}

int common_stop(struct common *common, int status) {
    if (common->loop)
        hawser_loop_drain(common->loop, 500000); /* what associations said last, to a socket that may be full */
    hawser_loop_free(common->loop);
    hawser_free(common->stack);
    hawser_carrier_close(common->carrier);
    bool good = close_view(common->pcap_file, &common->pcap_view, "--pcap", common->pcap);
    if (!close_view(common->trace_file, &common->trace_view, "--trace", common->trace))
        good = false;
    return good || status ? status : STATUS_IO;
}

/* ---- signals ----------------------------------------------------------------------------------------------------- */

static int signal_pipe[2];
static void (*signal_function)(void *user);

static void handle_signal(int number) {
    int reason = errno;
    ssize_t ignored = write(signal_pipe[1], "", 1);
    (void)ignored, (void)number;
    errno = reason;
}

static void signal_arrived(void *user, int fd, unsigned events) {
    char byte;
    (void)events;
    if (read(fd, &byte, 1) == 1)
        signal_function(user);
}

int watch_signals(struct common *common, void (*on_signal)(void *user), void *user) {
    struct sigaction action = {.sa_handler = handle_signal}, ignore = {.sa_handler = SIG_IGN};
    signal_function = on_signal;
    if (pipe(signal_pipe) != 0 || sigaction(SIGPIPE, &ignore, NULL) != 0 || sigaction(SIGINT, &action, NULL) != 0 ||
        sigaction(SIGTERM, &action, NULL) != 0)
        return complain(STATUS_IO, "signals: %s", strerror(errno));
    int error = hawser_loop_add_fd(common->loop, signal_pipe[0], HAWSER_LOOP_READ, signal_arrived, user);
    return error ? complain(STATUS_IO, "signals: %s", hawser_error_text(error)) : 0;
}

/* ---- ends -------------------------------------------------------------------------------------------------------- */

/* The peer's words, if they are words. */
static void add_reason(char *text, size_t size, const uint8_t *data, size_t length) {
    size_t used = strlen(text);
    if (length == 0 || used + 4 >= size)
        return;
    for (size_t i = 0; i < length; i++)
        if (data[i] < ' ' || data[i] > '~')
            return;
    snprintf(text + used, size - used, ": %.*s", (int)length, (const char *)data);
}

int end_status(const struct hawser_item *item, bool was_up, char *text, size_t size) {
    static const struct {
        uint32_t reason;
        int status;
        const char *text;
    } ends[] = {
        {HAWSER_END_SHUTDOWN, STATUS_GRACEFUL, "ended gracefully"},
        {HAWSER_END_ABORTED, STATUS_INTERRUPTED, "aborted here"},
        {HAWSER_END_PEER_ABORTED, STATUS_PEER_ABORTED, "aborted by the peer"},
        {HAWSER_END_LOST, STATUS_LOST, "lost: the peer became unreachable"},
        {HAWSER_END_NO_ANSWER, STATUS_NO_CONNECTION, "could not connect: no answer"},
        {HAWSER_END_STALE_COOKIE, STATUS_NO_CONNECTION, "could not connect: the cookie was stale too often"},
        {HAWSER_END_REFUSED, STATUS_NO_CONNECTION, "could not connect: refused"},
        {HAWSER_END_VIOLATION, STATUS_PROTOCOL, "the peer broke the protocol"},
        {HAWSER_END_UNREACHABLE, STATUS_LOST, "lost: the network says that nobody speaks SCTP there"},
        {HAWSER_END_GUARD, STATUS_LOST, "lost: the shutdown took too long"},
        {HAWSER_END_NO_MEMORY, STATUS_PROTOCOL, "out of memory"},
        {HAWSER_END_ROUTE_LOST, STATUS_LOST, "lost: its connection is gone"},
        {HAWSER_END_FAULT, STATUS_PROTOCOL, "an internal contradiction; please report it"},
    };
    int status = STATUS_PROTOCOL;
    snprintf(text, size, "ended for reason %u", (unsigned)item->end.reason);
    for (size_t i = 0; i < sizeof(ends) / sizeof(*ends); i++) {
        if (ends[i].reason != item->end.reason)
            continue;
        status = ends[i].status;
        snprintf(text, size, "%s", ends[i].text);
    }
    if (!was_up && item->end.reason == HAWSER_END_PEER_ABORTED) {
        status = STATUS_NO_CONNECTION;
        snprintf(text, size, "could not connect: refused by the peer");
    }
    if (!was_up && item->end.reason == HAWSER_END_UNREACHABLE) {
        status = STATUS_NO_CONNECTION;
        snprintf(text, size, "could not connect: nobody speaks SCTP there");
    }
    if (item->end.code)
        snprintf(text + strlen(text), size - strlen(text), " (cause %u)", (unsigned)item->end.code);
    add_reason(text, size, item->end.data, item->end.size);
    return status;
}
