/* SPDX-License-Identifier: MIT
 *
 * What the files of the simulated network share: the world, its hosts, its links and its events. Knows stacks only through the
 * public header; nothing here knows what applications do.
 */
#ifndef HW_SIM_WORLD_H
#define HW_SIM_WORLD_H

#include "base/heap.h"
#include <hawser/sim.h>
#include <stdbool.h>
#include <string.h>

#define LINKS_MAX     32
#define ADDRESSES_MAX 16
#define DATAGRAM_MAX  65536

enum event_kind { EVENT_PACKET, EVENT_REPORT, EVENT_WAKE, EVENT_FLUSH, EVENT_CALL };

struct event {
    struct hw_heap_node node;
    enum event_kind kind;
    int host;
};

/* A packet on its way to `event.host`, or (EVENT_REPORT) on its way back as the quotation in a report. */
struct parcel {
    struct event event;
    struct parcel *next; /* in the list of free ones */
    struct hawser_address remote, local;
    uint32_t report, mtu;
    uint8_t ecn;
    size_t length, capacity;
    uint8_t data[];
};

struct call {
    struct event event;
    void (*function)(void *user);
    void *user;
};

struct location {
    struct hawser_address inside, outside; /* the same without a NAT */
};

struct sim_host {
    struct hawser_sim *sim;
    int number;
    hawser *stack;
    bool calling; /* its stack is at work: it must not be entered again */
    struct hawser_options options;
    struct hawser_host functions;
    struct hawser_sim_ledger ledger;
    struct hawser_sim_habits habits;
    struct hawser_sim_dice dice; /* what its stack gets as random bytes */
    struct hawser_sim_dice luck; /* of its allocations */
    struct location addresses[ADDRESSES_MAX];
    unsigned address_count;
    struct event wake;
    uint32_t idle_wakes; /* in a row, at the same time and for nothing */
    hawser_time idle_since;
    /* packets gathered into a train */
    struct event flush;
    struct hawser_address train_remote, train_local;
    uint8_t train_ecn;
    size_t train_length, train_segment;
    bool train_closed; /* by a shorter packet */
    uint8_t *train;
};

/* One direction of a link. */
struct pipe {
    struct hawser_sim_link link;
    struct hawser_sim_link_counts counts;
    uint64_t busy_until; /* nanoseconds: when the rate has served all that waits */
    hawser_time last;    /* arrival of the last packet that was not held back */
    bool bad;            /* Gilbert's state */
};

struct joint {
    int host[2];
    struct hawser_address end[2];
    unsigned bits[2];
    struct pipe pipes[2];
};

struct hawser_sim {
    struct hawser_sim_hooks hooks;
    struct hawser_host own; /* malloc, for base's account */
    struct hw_account account;
    struct hw_heap events;
    hawser_time now;
    uint64_t seed;
    struct hawser_sim_dice dice; /* the network's */
    struct sim_host *hosts[HAWSER_SIM_HOSTS_MAX];
    int host_count;
    struct joint joints[LINKS_MAX];
    int joint_count;
    struct parcel *free_parcels;
    uint64_t packets, in_flight, hash;
    uint8_t *buffer; /* what output fills: DATAGRAM_MAX bytes */
    bool complained;
    char complaint[256];
};

/* Notes the first thing that is wrong. */
__attribute__((format(printf, 2, 3))) void hw_sim_complain(struct hawser_sim *sim, const char *format, ...);

/* Puts the event in, or moves it. */
void hw_sim_schedule(struct hawser_sim *sim, struct event *event, hawser_time when);

/* A parcel with room for `length` bytes, or NULL. */
struct parcel *hw_sim_parcel(struct hawser_sim *sim, enum event_kind kind, int host, size_t length);
void hw_sim_parcel_free(struct hawser_sim *sim, struct parcel *parcel);

/* Fills in the functions that the host's stack calls. */
void hw_sim_host_functions(struct sim_host *host);
/* Sends one packet of the host into the net: decides its fate and schedules what arrives. */
void hw_sim_send(struct sim_host *host, const struct hawser_departure *departure, const uint8_t *data, size_t length);

#endif
