/* SPDX-License-Identifier: MIT
 *
 * The attacks' stage: that of the packet conversations (tests/script) without its log and its rules, a digest of all that an
 * association is, and a meter of what a packet costs. Attacks look inside the core through its private headers.
 */
#ifndef ATTACK_H
#define ATTACK_H

#include "script/auth.h"

/* ---- scenes ----------------------------------------------------------------------------------------------------- */

enum { C, WAIT, ECHOED, ESTAB, PENDING, SENT, RECEIVED, ACK_SENT, STATES };
extern const char *const state_names[STATES];
/* Two peers with two addresses each, in the state, with a message in flight and one received out of order where there can be. */
struct script *scene(int state);
/* The same with a peer that agrees on more. */
enum { AUTH_REQUIRED = 1, AUTH_OFFERED }; /* of whatever may be authenticated (RFC 4895 3.2), or of nothing */
struct scene_plan {
    struct hawser_span types; /* that it lists as Supported Extensions */
    bool ecn;                 /* ECN; the peer's message came marked */
    int auth;                 /* AUTH, by key 1 and no other; 0: none */
};
struct script *scene_of(int state, const struct scene_plan *plan);
/* AUTH and the chunks that it proves, by the RANDOMs of the scene; HOW(SCENE_KEY) is right. */
struct hawser_span scene_auth(struct script *s, const struct auth_spec *spec, struct hawser_span chunks);
#define SCENE_KEY .id = 1, .secret = TEXT("shared")
/* The chunks, proved where AUTH was agreed on. */
struct hawser_span scene_proved(struct script *s, struct hawser_span chunks);
/* The peer's message of that number, counted from 0, as DATA, or as I-DATA where that was agreed on. */
struct hawser_span scene_data(struct script *s, uint32_t number);

/* ---- digests ---------------------------------------------------------------------------------------------------- */

/* All that the stack knows of an association but what counts dropped packets: the bytes of its struct and of its paths, its
 * status, its timers, its counters, what it would tell and what the stack holds. */
struct digest {
    uint64_t whole, status, counters, stack, deadline;
};
struct digest digest_of(struct script *s);
/* NULL, or what differs. */
const char *digest_differs(const struct digest *before, const struct digest *after);

/* ---- traces ----------------------------------------------------------------------------------------------------- */

/* A hash over the packets from number `first` on: time, addresses, bytes. */
uint64_t hash_packets(const struct script *s, size_t first);
/* ... and over all items of the association, which are taken. */
uint64_t hash_items(struct script *s);
uint64_t hash_bytes(uint64_t hash, const void *data, size_t size);

/* ---- what it costs ---------------------------------------------------------------------------------------------- */

/* Hands in and takes out without log, judge or check: what is measured is the stack. */
struct meter {
    uint64_t packets_in, bytes_in, packets_out, bytes_out;
    uint64_t nanoseconds;      /* of the thread, inside the stack */
    uint64_t allocations;      /* calls of the host's allocator */
    uint64_t memory_begin, memory_peak; /* hawser_memory */
    unsigned most_packets_out; /* for one packet in */
    uint64_t most_bytes_out, most_allocations;
};
void meter_begin(struct meter *meter, struct script *s);
/* One packet of the peer, then all that the stack has to say now; the last packet said stays in `said`. */
void meter_packet(struct meter *meter, struct script *s, const struct way *way, struct hawser_span packet);
/* The same for a batch that lies in the socket when the stack wakes up. */
void meter_batch(struct meter *meter, struct script *s, const struct way *way, const struct hawser_span *packets, size_t count);
extern struct hawser_span said;
/* Time passes to the next deadlines; what is sent counts. */
void meter_advance(struct meter *meter, struct script *s, hawser_time time);

/* Writes the checksum into a packet that was changed. */
void seal(struct hawser_span packet);

#endif
