/* SPDX-License-Identifier: MIT
 *
 * delays PID...: how long the machine keeps these programs, their threads and what they have started from running, so that a live
 * test can tell a slow stack from a busy machine. Every 50 ms a line "TIME DELAY", both in milliseconds: the time since 1970, and
 * the sum so far of what each thread waited for a processor while it had something to do (Linux counts that in
 * /proc/PID/task/TID/schedstat), and of how late this program came itself, which hardly does anything: that is when the machine
 * stands still as a whole. The programs may wait one after the other for the same thing to get done, hence the sum. Goes on
 * until it is killed.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define THREADS_MAX 4096
#define PERIOD      50000000 /* nanoseconds */

static struct thread {
    long id;
    uint64_t waited; /* nanoseconds */
    bool seen;
} threads[THREADS_MAX];
static size_t count;
static uint64_t sum;

static uint64_t now_ns(clockid_t clock) {
    struct timespec now;
    clock_gettime(clock, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

/* A thread that is new has waited since it began; one that another of its number was before is new, too. */
static void add(long id, uint64_t waited) {
    struct thread *thread = threads;
    while (thread < threads + count && thread->id != id)
        thread++;
    if (thread == threads + count && count == THREADS_MAX)
        return;
    if (thread == threads + count)
        threads[count++] = (struct thread){.id = id};
    sum += waited >= thread->waited ? waited - thread->waited : waited;
    thread->waited = waited;
    thread->seen = true;
}

static FILE *open_of(long process, long thread, const char *name) {
    char path[100];
    snprintf(path, sizeof path, "/proc/%ld/task/%ld/%s", process, thread, name);
    return fopen(path, "re");
}

/* It may end at any time: then there is nothing to read. */
static void look(long process) {
    char path[100];
    struct dirent *entry;
    snprintf(path, sizeof path, "/proc/%ld/task", process);
    DIR *folder = opendir(path);
    while (folder && (entry = readdir(folder)) != NULL) {
        uint64_t ran, waited;
        long thread = strtol(entry->d_name, NULL, 10), child;
        if (thread == 0) /* . and .. */
            continue;
        FILE *file = open_of(process, thread, "schedstat");
        if (file && fscanf(file, "%" SCNu64 " %" SCNu64, &ran, &waited) == 2)
            add(thread, waited);
        if (file)
            fclose(file);
        file = open_of(process, thread, "children");
        while (file && fscanf(file, "%ld", &child) == 1)
            look(child);
        if (file)
            fclose(file);
    }
    if (folder)
        closedir(folder);
}

static void forget_the_dead(void) {
    for (size_t i = 0; i < count;) {
        if (threads[i].seen)
            threads[i++].seen = false;
        else
            threads[i] = threads[--count];
    }
}

int main(int argc, char **argv) {
    const struct timespec period = {.tv_nsec = PERIOD};
    uint64_t before = 0;
    if (argc < 2) {
        fprintf(stderr, "usage: delays PID...\n");
        return 2;
    }
    for (;;) {
        uint64_t now = now_ns(CLOCK_MONOTONIC);
        for (int i = 1; i < argc; i++)
            look(strtol(argv[i], NULL, 10));
        forget_the_dead();
        if (before == 0)
            sum = 0; /* what was before does not count */
        else if (now - before > PERIOD)
            sum += now - before - PERIOD;
        printf("%" PRIu64 " %" PRIu64 "\n", now_ns(CLOCK_REALTIME) / 1000000, sum / 1000000);
        fflush(stdout);
        before = now;
        nanosleep(&period, NULL);
    }
}
