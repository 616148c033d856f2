/* SPDX-License-Identifier: MIT
 *
 * Options, clocks, instruction counts and the simulated link.
 */
#define _GNU_SOURCE
#include "bench.h"
#include <linux/perf_event.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
#if __has_include(<valgrind/callgrind.h>)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wpedantic"
#include <valgrind/callgrind.h>
#pragma GCC diagnostic pop
#else
#define CALLGRIND_START_INSTRUMENTATION
#define CALLGRIND_STOP_INSTRUMENTATION
#endif

/* ---- options and answers --------------------------------------------------------------------------------------- */

struct options options = {.size = 1200, .warm = 2000, .messages = 10000, .seconds = 60, .mtu = 1500, .nodelay = 1, .streams = 1,
                          .batch = 16, .associations = 1, .offload = 1, .rate = 100, .delay = 25, .queue = 50, .burst = -1,
                          .seed = 1};

#define OPTION(name) {#name, &options.name}
static const struct {
    const char *name;
    double *value;
} known[] = {OPTION(size),   OPTION(warm),  OPTION(messages),     OPTION(seconds), OPTION(mtu),     OPTION(nodelay),
             OPTION(buffer), OPTION(streams), OPTION(batch),      OPTION(associations), OPTION(oneport), OPTION(offload),
             OPTION(rate),   OPTION(delay), OPTION(queue),        OPTION(loss),    OPTION(burst),   OPTION(seed)};

void die(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
    exit(1);
}

static void option_read(const char *text) {
    const char *equals = strchr(text, '=');
    for (size_t i = 0; equals && i < sizeof known / sizeof *known; i++) {
        char *end;
        if (strlen(known[i].name) != (size_t)(equals - text) || strncmp(known[i].name, text, (size_t)(equals - text)) != 0)
            continue;
        *known[i].value = strtod(equals + 1, &end);
        if (end == equals + 1 || *end)
            die("%s: not a number", text);
        return;
    }
    fprintf(stderr, "%s: no such option; there are:", text);
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        fprintf(stderr, " %s=%g", known[i].name, *known[i].value);
    die(" ");
}

void options_read(int argc, char **argv) {
    for (int i = 2; i < argc; i++)
        option_read(argv[i]);
}

void say(const char *name, double value) {
    printf("%s %.10g\n", name, value);
    fflush(stdout);
}

/* ---- clocks and counts ----------------------------------------------------------------------------------------- */

static uint64_t clock_of(clockid_t id) {
    struct timespec now;
    clock_gettime(id, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

uint64_t clock_ns(void) { return clock_of(CLOCK_MONOTONIC); }
uint64_t clock_cpu_ns(void) { return clock_of(CLOCK_PROCESS_CPUTIME_ID); }

static int counter = -1;
static uint64_t cpu_spent, instructions;

static uint64_t counted(void) {
    uint64_t count = 0;
    return counter >= 0 && read(counter, &count, sizeof count) == sizeof count ? count : 0;
}

void measure_begin(void) {
    struct perf_event_attr what = {.type = PERF_TYPE_HARDWARE, .size = sizeof what, .config = PERF_COUNT_HW_INSTRUCTIONS};
    what.exclude_kernel = 1;
    if (counter < 0)
        counter = (int)syscall(SYS_perf_event_open, &what, 0, -1, -1, 0);
    cpu_spent = clock_cpu_ns();
    instructions = counted();
    CALLGRIND_START_INSTRUMENTATION;
}

void measure_end(void) {
    CALLGRIND_STOP_INSTRUMENTATION;
    instructions = counted() - instructions;
    cpu_spent = clock_cpu_ns() - cpu_spent;
}

void measure_say(double pieces) {
    say("pieces", pieces);
    say("ns", (double)cpu_spent / pieces);
    if (counter >= 0)
        say("instructions", (double)instructions / pieces);
}

/* ---- the link -------------------------------------------------------------------------------------------------- */

struct link_counts link_counts[2];
static struct direction {
    struct link_packet *head, *tail;
    uint64_t free_at; /* when the transmitter has sent all that it was given */
    uint64_t dice;
} directions[2];

/* 0 to below 1. Each direction has dice of its own, so that the answers do not disturb the losses of the data. */
static double dice(struct direction *direction, int which) {
    if (!direction->dice) {
        direction->dice = (uint64_t)options.seed * 0x9e3779b97f4a7c15u + (uint64_t)which * 0xd1342543de82ef95u + 1;
        for (unsigned i = 0; i < 10; i++)
            dice(direction, which);
    }
    uint64_t x = direction->dice;
    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
    direction->dice = x;
    return (double)(x >> 11) / 9007199254740992.0;
}

void link_offer(int which, uint64_t now, const void *data, size_t length, size_t overhead) {
    struct direction *direction = &directions[which];
    uint64_t start = direction->free_at > now ? direction->free_at : now;
    link_counts[which].offered++;
    if (start - now > (uint64_t)(options.queue * 1e6)) {
        link_counts[which].queue_full++;
        return;
    }
    direction->free_at = start + (uint64_t)((double)(length + overhead) * 8000 / options.rate);
    if (dice(direction, which) * 100 < options.loss) {
        link_counts[which].lost++;
        return;
    }
    struct link_packet *packet = malloc(sizeof *packet + length);
    if (!packet)
        die("no memory for a packet");
    packet->next = NULL;
    packet->due = direction->free_at + (uint64_t)(options.delay * 1e6);
    packet->length = length;
    memcpy(packet->data, data, length);
    if (direction->head)
        direction->tail->next = packet;
    else
        direction->head = packet;
    direction->tail = packet;
}

uint64_t link_due(int which) { return directions[which].head ? directions[which].head->due : UINT64_MAX; }

struct link_packet *link_take(int which, uint64_t now) {
    struct link_packet *packet = directions[which].head;
    if (!packet || packet->due > now)
        return NULL;
    directions[which].head = packet->next;
    link_counts[which].delivered++;
    return packet;
}
