/* SPDX-License-Identifier: MIT
 *
 * What the measuring programs share: options, clocks, instruction counts, answers. A program measures one thing in one run and
 * prints lines of "name value"; run.sh chooses, repeats, alternates and puts them together. They use what a stranger could use:
 * hawser's public headers, and usrsctp's.
 */
#ifndef HAWSER_BENCH_H
#define HAWSER_BENCH_H

#include <stddef.h>
#include <stdint.h>

/* Given as name=value. */
struct options {
    double size;         /* bytes of a message */
    double warm;         /* messages before the measurement begins */
    double messages;     /* messages measured */
    double seconds;      /* time measured, where time is the measure */
    double mtu;          /* of an IP packet, its header and UDP's included */
    double nodelay;      /* 1: no Nagle */
    double buffer;       /* bytes of send and receive buffer; 0: the stack's own choice */
    double streams;      /* outgoing streams, used in turn */
    double batch;        /* packets carried before the other side may answer */
    double associations;
    double oneport;      /* 1: all of them share the ports and differ in address, as data channels do */
    double offload;      /* 0: one packet a system call */
    double rate;         /* Mbit/s of the simulated link, IP and UDP headers included */
    double delay;        /* ms, one way */
    double queue;        /* ms that a packet may wait at the link */
    double loss;         /* per cent, in both directions */
    double burst;        /* packets at a time (Max.Burst); -1: the stack's own choice, 0: no limit */
    double seed;
};

extern struct options options;

/* Reads argv[2] and up; ends the program with a word about what is wrong. */
void options_read(int argc, char **argv);

/* One measured quantity of this run. */
void say(const char *name, double value);

/* Ends the program with a message. */
_Noreturn void die(const char *format, ...) __attribute__((format(printf, 1, 2)));

uint64_t clock_ns(void);     /* that passes */
uint64_t clock_cpu_ns(void); /* spent by this process */

/* Instructions are counted, and the clock runs, between the two. Under callgrind only they are counted; run.sh reads its file. */
void measure_begin(void);
void measure_end(void);
/* Says what was measured per piece of work: instructions if the processor's counter can be had, ns of CPU time. */
void measure_say(double pieces);

/* ---- two processes over UDP on loopback ------------------------------------------------------------------------ */

/* What the receiving process tells the other; shared by both. */
struct received {
    volatile uint64_t messages, bytes;
    volatile uint16_t port; /* UDP; 0: not ready yet */
};

extern struct received *received;

/* Forks a child that receives and does not return; waits until it has said its port. */
void udp_begin(void (*receive)(void));
/* Lets `work` send again and again, warms up, measures for options.seconds, says it, and ends the child. `work` returns soon. */
void udp_measure(void (*work)(void));

/* ---- a simulated link in virtual time, the same for all stacks ------------------------------------------------- */

struct link_packet {
    struct link_packet *next;
    uint64_t due; /* ns */
    size_t length;
    uint8_t data[];
};

struct link_counts {
    uint64_t offered, lost, queue_full, delivered;
};

extern struct link_counts link_counts[2];

/* The packet begins its way in a direction, 0 or 1, or is dropped. `overhead`: bytes of headers around it. */
void link_offer(int direction, uint64_t now, const void *data, size_t length, size_t overhead);
/* When the next packet arrives; UINT64_MAX: none is on its way. */
uint64_t link_due(int direction);
/* The packet that has arrived by now, or NULL; free() it. */
struct link_packet *link_take(int direction, uint64_t now);

#endif
