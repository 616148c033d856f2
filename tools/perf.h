/* SPDX-License-Identifier: MIT
 *
 * The inside of `hawser perf`. perf.c reads the arguments; perf_client.c runs a test and perf_server.c serves them, over
 * associations that perf_line.c moves messages on, with the words of perf_words.c between them; perf_show.c tells how it went.
 *
 * One association carries one test: the client sends REQUEST, the server READY, the client GO. Then whoever sends does so; the
 * server tells what it has seen every now and then (REPORT). Once the client has sent all, it says END, or STOP if the server
 * shall send no more either; once all of that has arrived and the server has sent its own, it says FINAL, and the client shuts
 * down. The words go in order over stream 0, marked by their payload protocol identifier; all else is data. A refusal is an ABORT
 * with its reason.
 */
#ifndef HAWSER_PERF_H
#define HAWSER_PERF_H

#include "histogram.h"
#include "tools.h"

#include <hawser/net.h>

#define PERF_PORT      5201
#define PERF_PPID      0x68777066u /* "hwpf" */
#define PERF_SIZE_MAX  (16 << 20)  /* of a message */
#define PERF_TIME_MAX  86400       /* seconds */
#define PERF_LINES_MAX 128         /* associations of one client */

/* ---- words ------------------------------------------------------------------------------------------------------- */

enum perf_word {
    PERF_NO_WORD = 0,
    PERF_REQUEST, /* with a struct perf_request; the others with a struct perf_figures */
    PERF_READY,
    PERF_GO,
    PERF_REPORT,
    PERF_END,
    PERF_STOP,
    PERF_FINAL
};

/* What may be in perf_request.mode. */
#define PERF_OUT       1u /* the client sends */
#define PERF_IN        2u /* the server sends */
#define PERF_PING      4u /* the client sends, the server sends it back, one message at a time; neither of the above */
#define PERF_UNORDERED 8u

#define PERF_REQUEST_FIELDS(X) X(mode) X(size) X(streams) X(bytes) X(time) X(rate) X(report)
#define PERF_FIGURES_FIELDS(X)                                                                                         \
    X(clock) X(since) X(last) X(in_bytes) X(in_messages) X(out_bytes) X(out_messages) X(streams) X(retransmissions)    \
    X(fast_retransmissions) X(timeouts) X(srtt) X(srtt_min) X(srtt_max) X(cpu)
#define PERF_FIELD(name) uint64_t name;

/* What a client wants. bytes: to be sent by each side that sends, 0 if time decides; time: how long the client will go on, in
 * microseconds; rate: bytes a second, 0 for as many as go; report: microseconds between reports. */
struct perf_request {
    PERF_REQUEST_FIELDS(PERF_FIELD)
};

/* What one side has seen since GO. clock: now, on its own clock; since: of GO; last: when data arrived last; times, srtt and cpu
 * (since GO, of the whole process) in microseconds. */
struct perf_figures {
    PERF_FIGURES_FIELDS(PERF_FIELD)
};

#define PERF_WORD_MAX 160

/* Writes a word; its length. Which of the two structs is looked at depends on the word; the other may be NULL. */
size_t perf_word_write(uint8_t *out, enum perf_word word, const struct perf_request *request, const struct perf_figures *figures);
/* Reads one; PERF_NO_WORD, and nothing is written, if it is none. */
enum perf_word perf_word_read(const uint8_t *data, size_t size, struct perf_request *request, struct perf_figures *figures);
/* NULL, or what is wrong with a request, in static storage. */
const char *perf_request_wrong(const struct perf_request *request);

/* ---- a line: one association with a test on it -------------------------------------------------------------------- */

struct perf_line {
    hawser *stack;
    hawser_id id;
    struct perf_request request;
    struct perf_figures here, there; /* there: as the peer said last */
    bool up, ended;                  /* the client's: established; over, and all told */
    bool running;                    /* GO has been said */
    bool sending;                    /* there may be more data to send */
    hawser_time resume;              /* not before, for the sake of request.rate; 0: it does not wait for that */
    enum perf_word owed;             /* to be said as soon as there is room */
    enum perf_word said, heard;      /* either side's last word, reports aside */
    uint16_t stream;                 /* of the next message */
    hawser_time measured;
    uint64_t cpu_began;
    uint64_t seen;     /* here.in_bytes when `last` was noted */
    const char *error; /* why it cannot go on; static storage */
};

/* GO: figures begin now. `sends`: this side sends data. */
void perf_line_go(struct perf_line *line, hawser_time now, bool sends);
/* Says a word if there is room. */
bool perf_line_try(struct perf_line *line, enum perf_word word, hawser_time now);
/* Says a word, now or as soon as there is room. */
void perf_line_say(struct perf_line *line, enum perf_word word, hawser_time now);
/* One message of data; false if it cannot be sent now. */
bool perf_line_send_one(struct perf_line *line, hawser_time now, uint32_t flags);
/* Says what is owed, then sends data as long as there is room. `sending` ends with the last of request.bytes. Of a ping the data
 * is the client's business. */
void perf_line_send(struct perf_line *line, hawser_time now);
/* Counts data that came. */
void perf_line_count(struct perf_line *line, const struct hawser_item *item, size_t bytes);
/* Whether the item is a word: then that is in `heard`, and its numbers in `there` or `request`. What should be a word and is
 * none, or a second request, sets `error`. */
bool perf_line_hear(struct perf_line *line, const struct hawser_item *item);
/* Brings `here` up to date. The first does so now and then, and notes when data came: to be called when all has been counted. */
void perf_line_look(struct perf_line *line, hawser_time now);
void perf_line_measure(struct perf_line *line, hawser_time now);

/* User and system time of this process in microseconds. */
uint64_t perf_cpu(void);

/* ---- telling ----------------------------------------------------------------------------------------------------- */

enum perf_direction { PERF_GOING_OUT, PERF_COMING_IN };

/* One way of the traffic, all associations together, at one time. */
struct perf_sum {
    uint64_t bytes, messages; /* as received */
    uint64_t clock;           /* the receiver's, microseconds */
    uint64_t retransmissions; /* by the sender */
};

struct perf_client;
/* The names of what follows, and what the test is. */
void perf_show_start(const struct perf_client *client);
void perf_show_interval(struct perf_client *client, hawser_time now);
void perf_show_end(struct perf_client *client, hawser_time now);
/* The server's line on a test that is over. */
void perf_show_served(const struct perf_line *line, const char *peer, bool json, bool whole);

/* ---- the two sides ----------------------------------------------------------------------------------------------- */

struct perf_options {
    bool server, client, one, json, quiet;
    uint16_t port, lines;
    hawser_time interval; /* 0: only the sum */
    struct hawser_address remote;
    struct perf_request request;
};

struct perf_client {
    struct common *common;
    const struct perf_options *options;
    struct perf_line lines[PERF_LINES_MAX];
    unsigned line_count, ready, final, over; /* lines; those that were READY, FINAL, and are no more */
    bool running, stopping;
    unsigned interrupts;
    int status;
    hawser_time began;    /* GO */
    hawser_time ready_by; /* all must be READY then */
    /* of the interval at hand */
    hawser_time shown;
    struct perf_sum sums[2];
    uint64_t cpu_began, cpu_shown;
    struct histogram latencies, recent; /* nanoseconds; recent: of this interval */
    uint64_t asked[PERF_LINES_MAX];     /* when the message under way was sent, nanoseconds; 0: none is */
};

int perf_client_run(struct common *common, const struct perf_options *options);
int perf_server_run(const struct common *common, const struct perf_options *options);

#endif
