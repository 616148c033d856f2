/* SPDX-License-Identifier: MIT
 *
 * What the sub-commands of the program `hawser` share. Tools know the public headers alone: they double as examples.
 */
#ifndef HAWSER_TOOLS_H
#define HAWSER_TOOLS_H

#include <getopt.h>
#include <hawser/hawser.h>
#include <hawser/loop.h>
#include <hawser/view.h>
#include <stdbool.h>
#include <stdio.h>

/* The sub-commands. argv[0] is the name to use in messages ("hawser cat"); the result is the exit status. */
int tool_cat(int argc, char **argv);
int tool_decode(int argc, char **argv);
int tool_discard(int argc, char **argv);
int tool_echo(int argc, char **argv);
int tool_perf(int argc, char **argv);
int tool_sim(int argc, char **argv);

/* How the program ends; hawser-cat(1) says it to users. */
enum tool_status {
    STATUS_GRACEFUL = 0,
    STATUS_USAGE = 1,         /* an argument is wrong */
    STATUS_NO_CONNECTION = 2, /* no association came about */
    STATUS_PEER_ABORTED = 3,
    STATUS_LOST = 4,        /* the peer became unreachable */
    STATUS_IO = 5,          /* files, descriptors, sockets of this side */
    STATUS_PROTOCOL = 6,    /* the peer broke the protocol, or no memory, or an internal contradiction */
    STATUS_INTERRUPTED = 7, /* by a signal, without a graceful end */
    STATUS_UNDELIVERED = 8  /* ended gracefully, but not all of it got across */
};

/* Writes "NAME: text" to stderr and returns `status`. */
__attribute__((format(printf, 2, 3))) int complain(int status, const char *format, ...);

/* ---- options that every sub-command with an association has ------------------------------------------------------ */

#define SETTINGS_MAX 64

struct common {
    /* as asked for */
    uint16_t udp_local, udp_remote; /* udp_remote: 0 if not given */
    bool ip, udp, udp_local_given, follow, verbose;
    struct hawser_address bind[HAWSER_ADDRESSES_MAX], peer[HAWSER_ADDRESSES_MAX];
    uint16_t bind_count, peer_count;
    const char *pcap, *trace;
    struct {
        int number;
        int64_t value;
    } settings[SETTINGS_MAX];
    unsigned setting_count;
    /* as it runs */
    hawser *stack;
    hawser_loop *loop;
    struct hawser_carrier *carrier;
    FILE *pcap_file, *trace_file;
    struct hawser_view pcap_view, trace_view;
    struct hawser_view_tee tee;
};

enum common_option {
    OPTION_UDP = 1000,
    OPTION_IP,
    OPTION_BIND,
    OPTION_FOLLOW,
    OPTION_PEER,
    OPTION_STREAMS,
    OPTION_PCAP,
    OPTION_TRACE,
    OPTION_SET,
    OPTION_VERSION,
    OPTION_OWN /* the first number of a sub-command's own */
};

#define COMMON_OPTIONS                                                                                                           \
    {"udp", required_argument, NULL, OPTION_UDP}, {"ip", no_argument, NULL, OPTION_IP},                                          \
        {"bind", required_argument, NULL, OPTION_BIND}, {"peer", required_argument, NULL, OPTION_PEER},                          \
        {"follow", no_argument, NULL, OPTION_FOLLOW}, {"streams", required_argument, NULL, OPTION_STREAMS},                      \
        {"pcap", required_argument, NULL, OPTION_PCAP}, {"trace", required_argument, NULL, OPTION_TRACE},                        \
        {"set", required_argument, NULL, OPTION_SET}, {"verbose", no_argument, NULL, 'v'}, {"help", no_argument, NULL, 'h'},     \
        {"version", no_argument, NULL, OPTION_VERSION}, {                                                                        \
        NULL, 0, NULL, 0                                                                                                         \
    }

/* The defaults, and `name` for messages. */
void common_init(struct common *common, const char *name);
/* --help or --version, which getopt_long returned: prints it and returns true, for nothing else is to be done. */
bool common_answered(int option, void (*help)(void));
/* Takes one option that getopt_long returned. 0, or STATUS_USAGE after a message. */
int common_option(struct common *common, int option, const char *argument);
/* The part of --help on these options, with those that not every command has. */
#define HELP_PEER 1u
#define HELP_STREAMS 2u
void common_help(FILE *out, unsigned also);
/* Opens carrier, stack, loop, pcap and trace. `remote`: whom to connect to; a UDP port that was not asked for may then be any
 * other one if it is taken. NULL: the peers come. 0, or an exit status after a message. */
int common_start(struct common *common, const struct hawser_address *remote, hawser_loop_ready *on_ready, void *user);
/* Connects to `remote` and the addresses of --peer; `user` comes with what hawser_next tells of the association. 0, or an exit
 * status after a message. */
int common_connect(struct common *common, hawser_id endpoint, const struct hawser_address *remote, uint16_t port, void *user,
                   hawser_id *association);
/* The UDP port of peers that were given without one; 0: they are spoken to over plain IP. */
uint16_t common_udp_port(const struct common *common);
/* What --verbose says of a listening endpoint. */
void common_tell_listening(const struct common *common, hawser_id endpoint);
/* Sends what is left to send and closes it all. Returns `status`, or STATUS_IO after a message if a capture could not be written
 * and `status` is 0. */
int common_stop(struct common *common, int status);

/* "[LOCAL][:REMOTE]": 0 to 65535, 1 to 65535. `given`: whether there is a LOCAL. False if it is something else. */
bool parse_udp(const char *text, uint16_t *local, uint16_t *remote, bool *given);
/* A decimal number and nothing else. */
bool parse_number(const char *text, int64_t least, int64_t most, int64_t *value);
/* A number that may have a fraction and one of the units, each of which is `factor` times the one before: "64K" of "KMG". */
bool parse_decimal(const char *text, const char *units, double factor, double *value);
/* A numeric address, else a name that is looked up. `port` is filled in if it has none. NULL, or what is wrong with it. */
const char *parse_address(const char *text, uint16_t port, struct hawser_address *address);
/* "NAME=VALUE" of HAWSER_SETTINGS. NULL, or what is wrong with it, in static storage. */
const char *parse_setting(const char *text, int *number, int64_t *value);

/* ---- what tools say ---------------------------------------------------------------------------------------------- */

/* The exit status for an association's last item, and a sentence. `was_up`: whether it had been established. */
int end_status(const struct hawser_item *item, bool was_up, char *text, size_t size);

/* ---- signals ----------------------------------------------------------------------------------------------------- */

/* From now on SIGPIPE is ignored, and SIGINT and SIGTERM call `on_signal` from the loop. 0, or an exit status after a message. */
int watch_signals(struct common *common, void (*on_signal)(void *user), void *user);

#endif
