/* SPDX-License-Identifier: MIT
 *
 * Paths: one to each address of the peer, with its congestion control, RTO, heartbeats and search for the MTU (path.c,
 * congestion.c, heartbeat.c, pmtu.c). What is in flight there is counted here and kept in the association.
 */
#ifndef HW_PATH_H
#define HW_PATH_H

#include "core/stack.h"
#include "wire/chunks.h"

/* Told through the inbox as a state, the newest only: raised once more before it was read, it moves to its new place. */
struct hw_notice {
    uint32_t place, shown_place; /* number of the inbox entry before which it comes */
    bool raised, shown;
};

/* The first slow start's view of the path's delay (RFC 9406), in rounds: from what is sent now to its acknowledgement. */
struct hw_hystart {
    bool running;
    uint8_t samples, careful_rounds;      /* of this round; since growth was slowed */
    uint32_t end_tsn;                     /* of the round */
    uint32_t last_min, min, slowed_at;    /* round-trip times in us; slowed_at 0: growth is not slowed */
};

/* Something that happened to an address, in the inbox (change.c). It is part of what it happened to, so that it needs no memory
 * when it happens. */
enum hw_change_kind { HW_CHANGE_ADDED, HW_CHANGE_PRIMARY, HW_CHANGE_REMOVED, HW_CHANGE_REQUEST, HW_CHANGE_KINDS };

struct hw_change {
    struct hw_link link;           /* inbox.changes; `next` is NULL if it is not there */
    struct hw_notice notice;
    uint8_t kind;                  /* enum hw_change_kind */
};

/* The search for the largest packet that a path carries (RFC 8899), whole IP packets all (pmtu.c). */
struct hw_pmtu {
    uint8_t state;                 /* enum hawser_mtu_state */
    uint8_t count;                 /* PROBE_COUNT: probes in a row without an answer */
    uint8_t timeouts;              /* T3 in a row, of packets larger than what is taken for safe */
    bool on, asleep;               /* asleep: goes on with the next data */
    bool owed, waiting;            /* a probe is to go; its answer is awaited */
    bool confirmed;                /* something larger than the base has passed */
    bool leapt;                    /* the largest size was tried, and must wait for the smaller ones */
    uint32_t ceiling, max;         /* as set; MAX_PLPMTU: not less than the first estimate */
    uint32_t probed;               /* PROBED_SIZE */
    uint32_t hint, bound;          /* by reports: what may pass, 0 if unknown; the least size that does not */
    uint32_t last_sent, suspect;   /* size of the last packet with DATA; of the smallest for which T3 expired, if timeouts */
    hawser_time at, sent_at;       /* next step; the last probe */
    uint64_t nonce;
};

struct hw_path {
    struct hw_assoc *assoc;
    struct hw_node by_peer;
    bool listed;                   /* in stack->by_peer */
    bool named;                    /* a record in flight may name it */
    bool silent;                   /* no local address may be its source now (RFC 5061 5.3) */
    bool known;                    /* the user knows of it */
    struct hw_change changes[HW_CHANGE_REQUEST]; /* the first kinds; once removed it lives until they are read */
    uint8_t state;                 /* enum hawser_path_state */
    uint8_t index;                 /* in assoc->paths */
    uint32_t number;               /* the user's */
    struct hawser_address remote, local;
    struct hw_notice notice;       /* PATH_CHANGED */

    /* packet size */
    uint32_t mtu;                  /* estimate, IP header included */
    uint32_t pmdcs;                /* largest DATA chunk (1.3): a multiple of 4 */
    struct hw_pmtu pmtu;

    /* congestion (congestion.c) */
    const struct hw_congestion *congestion;
    uint32_t cwnd, ssthresh, partial_bytes_acked;
    uint32_t flight;               /* bytes of chunks sent here, not acknowledged, not marked */
    bool full;                     /* when all that could go had gone, it was cwnd that let no more pass: it is used fully */
    uint32_t burst;                /* packets with new data that may still go before the next event (6.1 D) */
    bool single;                   /* after a time-out: one packet in flight (7.2.1) */
    bool decayed;                  /* idle: ssthresh has been set */
    bool cautious;                 /* in the slow start that follows a time-out (RFC 3465 2.3) */
    bool ecn_reduced;              /* a CE mark has reduced cwnd when ecn_tsn was the highest that had been sent */
    uint32_t ecn_tsn;
    struct hw_hystart hystart;
    hawser_time used_at;           /* last DATA sent, or last idle decay */

    /* recovery */
    bool recovery;                 /* in Fast Recovery until recovery_tsn is acknowledged */
    bool fast_packet;              /* one packet may go whatever cwnd says (7.2.4) */
    uint32_t recovery_tsn;
    uint32_t earliest_tsn;         /* lowest outstanding, if flight > 0 */

    /* what the SACK at hand says of this path */
    uint32_t newly_acked, highest_newly_acked, round_trip; /* us, of a chunk sent once; 0: none */
    bool earliest_acked, any_newly_acked;
    bool proved;                   /* ... by chunks that went nowhere else (RFC 7829 3.2 10) */

    /* RTO (path.c) */
    hawser_time srtt, rttvar, rto;
    bool timing;                   /* a chunk is being timed */
    uint32_t timed_tsn;
    hawser_time timed_at;
    hawser_time t3;

    /* faults, heartbeats */
    uint32_t error_count, path_max_retrans;
    uint32_t pf_threshold, switchover; /* PFMR, PSMR (RFC 7829) */
    bool hb_enabled, hb_owed, hb_pending, hb_asked;
    uint8_t dscp;
    hawser_time hb_interval;
    hawser_time hb_at;             /* next step of the heartbeat */
    hawser_time icmp_at;           /* last "unreachable" that counted */
    hawser_time hb_sent_at, fresh_at; /* fresh_at: last chunk that can be timed */
    uint64_t hb_nonce;
};

/* A congestion control: how cwnd moves. The core asks only `cwnd`, and tells what happened. */
struct hw_congestion {
    const char *name;
    void (*start)(struct hw_path *path);                       /* initial values (7.2.1); also after 7.2.5 */
    void (*acked)(struct hw_path *path, bool cum_advanced);    /* newly_acked and full are set */
    void (*all_acked)(struct hw_path *path);                   /* nothing is outstanding any more */
    void (*lost)(struct hw_path *path);                        /* by miss indications, once a recovery (7.2.3) */
    void (*timed_out)(struct hw_path *path);                   /* T3 (6.3.3 E1) */
    void (*idle)(struct hw_path *path);                        /* no DATA for an RTO (7.2.1) */
};
extern const struct hw_congestion hw_congestion_rfc9260;

struct hw_path *hw_path_add(struct hw_assoc *assoc, const struct hawser_address *remote, const struct hawser_address *local,
                            bool confirmed);
struct hw_path *hw_path_by_number(const struct hw_assoc *assoc, uint32_t number);
struct hw_path *hw_path_by_address(const struct hw_assoc *assoc, const struct hawser_address *remote);
void hw_paths_free(struct hw_assoc *assoc);
/* It leaves the association, which has another: what is in flight there goes again elsewhere. Indices change, numbers do not. */
void hw_path_remove(struct hw_path *path);
/* Removes the paths to addresses that are neither `first` nor among the others; at least one stays. */
void hw_paths_keep(struct hw_assoc *assoc, const struct hawser_address *first, const struct hawser_address *others,
                   unsigned count);
/* Into and out of stack->by_peer; false: no memory. */
bool hw_paths_list(struct hw_assoc *assoc);
void hw_paths_unlist(struct hw_assoc *assoc);
/* Congestion, RTO, errors and heartbeats anew (restart). */
void hw_path_reset(struct hw_path *path);
/* Nothing is in flight there: what it knows by TSN counts no more. */
void hw_path_forget(struct hw_path *path);
void hw_path_set_mtu(struct hw_path *path, uint32_t mtu);
/* By the setting, and less where no report of a smaller one can come. */
uint32_t hw_path_first_mtu(const struct hw_path *path);
/* Its local address cannot be used any more: another one, or the carrier's choice. */
void hw_path_leave_local(struct hw_path *path);
/* What goes there goes another way now: congestion control and the search for its MTU start anew. */
void hw_path_rerouted(struct hw_path *path);
/* Bytes of IP and UDP headers before the SCTP packet. */
uint32_t hw_path_overhead(const struct hw_path *path);
/* Largest SCTP packet that fits the path, header included, a multiple of 4. */
uint32_t hw_path_packet_max(const struct hw_path *path);
static inline bool hw_path_usable(const struct hw_path *path) { return path->state == HAWSER_PATH_ACTIVE && !path->silent; }
/* Nothing but heartbeats, and what answers, goes to an unconfirmed address (5.4); nothing at all without a source. */
static inline bool hw_path_speaks(const struct hw_path *path) {
    return path->state != HAWSER_PATH_UNCONFIRMED && !path->silent;
}
/* Another active path than this, if there is one: the least faulty (6.4). */
struct hw_path *hw_path_alternate(struct hw_assoc *assoc, struct hw_path *path);
void hw_path_measured(struct hw_path *path, hawser_time rtt);
void hw_path_back_off(struct hw_path *path);
/* As the user shall see it: a potentially failed path may be shown as active (RFC 7829 3.2 12). */
uint8_t hw_path_told_state(const struct hw_path *path, uint8_t state);
/* Something that was sent there was acknowledged. */
void hw_path_alive(struct hw_path *path);
/* One more error; the association's too if `counts`. May end the association: true then. */
bool hw_path_error(struct hw_path *path, bool counts);
void hw_path_confirm(struct hw_path *path);
void hw_path_set_state(struct hw_path *path, uint8_t state);
void hw_path_trace(struct hw_path *path);
/* The peer's UDP port there; 0: plain IP. */
void hw_path_set_port(struct hw_path *path, uint16_t udp_port);
/* A packet came over it: its UDP port may have changed (RFC 6951 5.4). */
void hw_path_follow_port(struct hw_path *path, const struct hawser_address *remote, const struct hawser_address *local);
/* What it learnt is to be added now: until the peer has agreed the carrier chooses the source again (RFC 5061 5.3 F1). */
void hw_paths_unlearn_local(struct hw_assoc *assoc, const struct hawser_address *local);

/* The search anew, from the path's MTU: it is a first estimate, or the way there changed. */
void hw_pmtu_start(struct hw_path *path);
/* Its settings, each for itself. */
void hw_pmtu_set_max(struct hw_path *path, uint32_t max);
void hw_pmtu_set_estimate(struct hw_path *path, uint32_t mtu);
void hw_pmtu_stop(struct hw_path *path);
/* The next step's time has come, or data goes while it slept. */
void hw_pmtu_due(struct hw_path *path);
/* The probe that is owed, and the size of its packet without headers of the carrier. */
uint32_t hw_pmtu_probe_size(const struct hw_path *path);
void hw_pmtu_write(struct hw_path *path, struct hw_writer *writer);
/* The probe cannot be sent at all: an immediate answer. */
void hw_pmtu_refused(struct hw_path *path);
void hw_pmtu_acked(struct hw_path *path);
/* A chunk that was sent once, with so much payload, arrived. */
void hw_pmtu_carried(struct hw_path *path, uint32_t payload);
/* A SACK acknowledged something, after time-outs. */
void hw_pmtu_passed(struct hw_path *path);
/* T3, though the peer's window was open. */
void hw_pmtu_timed_out(struct hw_path *path);
/* A validated report that a packet was too big; 0: it does not say for what. */
void hw_pmtu_reported(struct hw_path *path, uint32_t mtu);

void hw_heartbeat_start(struct hw_assoc *assoc);
void hw_heartbeat_stop(struct hw_assoc *assoc);
void hw_heartbeat_schedule(struct hw_path *path);
/* The heartbeat's time has come. True: the association has ended. */
bool hw_heartbeat_due(struct hw_path *path);
void hw_heartbeat_write(struct hw_path *path, struct hw_writer *writer);
/* The chunk alone, with a new nonce. */
void hw_heartbeat_chunk(const struct hw_path *path, struct hw_writer *writer, uint64_t *nonce);
void hw_heartbeat_acked(struct hw_assoc *assoc, struct hawser_span value);
size_t hw_heartbeat_size(void);

#endif
