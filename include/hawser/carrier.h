/* SPDX-License-Identifier: MIT
 *
 * A carrier brings packets from the network to a stack and back: one interface for UDP, raw IP, DTLS and whatever else.
 * <hawser/loop.h> drives a carrier; a program with a loop of its own can do it alone:
 *
 *   a descriptor is readable or in error:  o->receive(carrier, stack, now, descriptor);
 *   then, and at the deadline:             while (o->flush(carrier, stack, now) < 0) {
 *                                              for (n = 0; o->prepare(carrier, &d) && hawser_output(stack, now, &d); n++)
 *                                                  o->send(carrier, &d);
 *                                              if (n == 0)
 *                                                  break;    nothing more to send
 *                                          }                 left by the condition: wait until that descriptor is writable
 *
 * A carrier never blocks, starts no thread and belongs to one thread at a time, that of its stack.
 */
#ifndef HAWSER_CARRIER_H
#define HAWSER_CARRIER_H

#include <hawser/hawser.h>

#ifdef __cplusplus
extern "C" {
#endif

struct hawser_carrier;

struct hawser_carrier_limits {
    size_t size;
    uint32_t segments_max;                  /* packets that one departure may hold; 1: no trains */
    uint16_t address_count;                 /* 0: it takes what comes to any address of the machine */
    const struct hawser_address *addresses; /* its own, to be told to the stack; borrowed until close */
};

struct hawser_carrier_counters {
    size_t size;
    uint64_t received;      /* packets, given to the stack */
    uint64_t receive_calls; /* system calls that brought them */
    uint64_t tiny;          /* datagrams shorter than an SCTP common header: dropped */
    uint64_t truncated;     /* datagrams that did not come whole: dropped */
    uint64_t sent;          /* packets */
    uint64_t send_calls;
    uint64_t refused; /* packets that the system would not send */
    uint64_t blocked; /* times that the socket was full */
    uint64_t icmp;    /* messages of the network given to the stack */
};

/* What every carrier can do. All functions are there. */
struct hawser_carrier_operations {
    /* Writes up to `max` descriptors to wait on for reading and errors; returns how many there are. They stay the same. */
    size_t (*descriptors)(const struct hawser_carrier *carrier, int *descriptors, size_t max);

    /* Feeds what has arrived on one descriptor, and what the network said of earlier packets, into the stack. Returns when
     * nothing is left or a bound is reached; a level-triggered wait then fires again. */
    void (*receive)(struct hawser_carrier *carrier, hawser *stack, hawser_time now, int descriptor);

    /* Lends a buffer for the next hawser_output: sets size, buffer, capacity and segments_max. Returns 1, or 0 if there is no
     * room: flush first. Asking twice gives the same buffer. */
    int (*prepare)(struct hawser_carrier *carrier, struct hawser_departure *departure);

    /* Takes what hawser_output put into the buffer of the last prepare. It leaves with the next flush. */
    void (*send)(struct hawser_carrier *carrier, const struct hawser_departure *departure);

    /* Sends what it has taken; refusals go to the stack as reports. Returns -1: all has left, or the descriptor that must become
     * writable before the rest, which it keeps, can leave. */
    int (*flush)(struct hawser_carrier *carrier, hawser *stack, hawser_time now);

    /* Fills all but `size`. */
    void (*limits)(const struct hawser_carrier *carrier, struct hawser_carrier_limits *limits);

    /* Fills all but `size`. */
    void (*counters)(const struct hawser_carrier *carrier, struct hawser_carrier_counters *counters);

    /* Closes the descriptors and frees the carrier; what was not flushed is lost. */
    void (*close)(struct hawser_carrier *carrier);
};

/* The first member of each carrier's own struct. */
struct hawser_carrier {
    const struct hawser_carrier_operations *operations;
};

/* What it has done so far. */
static inline void hawser_carrier_count(const struct hawser_carrier *carrier, struct hawser_carrier_counters *counters) {
    carrier->operations->counters(carrier, counters);
}

/* Closes and frees. NULL is fine. */
static inline void hawser_carrier_close(struct hawser_carrier *carrier) {
    if (carrier)
        carrier->operations->close(carrier);
}

#ifdef __cplusplus
}
#endif
#endif
