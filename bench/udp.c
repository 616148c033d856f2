/* SPDX-License-Identifier: MIT
 *
 * Two processes over UDP on loopback: the one that sends measures what the other has received, and the CPU time of both. They
 * are not tied to a processor each: with two they end up so.
 */
#define _GNU_SOURCE
#include "bench.h"
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static struct received alone;
struct received *received = &alone;
static pid_t child;

void udp_begin(void (*receive)(void)) {
    struct timespec pause = {.tv_nsec = 1000000};
    received = mmap(NULL, sizeof *received, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (received == MAP_FAILED)
        die("no shared memory");
    child = fork();
    if (child < 0)
        die("no second process");
    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        receive();
        _exit(1);
    }
    while (!received->port) {
        if (waitpid(child, NULL, WNOHANG) == child)
            die("the receiving process ended");
        nanosleep(&pause, NULL);
    }
}

static uint64_t clock_of_child(void) {
    struct timespec spent;
    clockid_t id;
    if (clock_getcpuclockid(child, &id) || clock_gettime(id, &spent))
        die("the receiving process ended");
    return (uint64_t)spent.tv_sec * 1000000000u + (uint64_t)spent.tv_nsec;
}

void udp_measure(void (*work)(void)) {
    uint64_t begin = clock_ns(), now;
    while (!received->bytes || clock_ns() - begin < 200000000u) {
        if (clock_ns() - begin > 20000000000u)
            die("nothing arrives");
        work();
    }
    begin = clock_ns();
    uint64_t mine = clock_cpu_ns(), its = clock_of_child(), bytes = received->bytes, messages = received->messages;
    while ((now = clock_ns()) - begin < (uint64_t)(options.seconds * 1e9))
        work();
    bytes = received->bytes - bytes;
    messages = received->messages - messages;
    mine = clock_cpu_ns() - mine;
    its = clock_of_child() - its;
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    say("MBps", (double)bytes * 1e3 / (double)(now - begin));
    say("messages_per_second", (double)messages * 1e9 / (double)(now - begin));
    say("MB_per_cpu_second", (double)bytes * 1e3 / (double)(mine + its));
    say("busy_sending", (double)mine / (double)(now - begin));
    say("busy_receiving", (double)its / (double)(now - begin));
}
