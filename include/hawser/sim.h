/* SPDX-License-Identifier: MIT
 *
 * A laboratory for stacks: a simulated network in virtual time, everything from one 64-bit seed (docs/SIMULATION.md). A library
 * of its own, libhawser-sim, never part of the shipped one. Its first half is the network: hosts with real stacks, links, NATs.
 * Its second half is experiments over it: a plan says what happens, a run carries it out with applications that verify every byte
 * and with oracles that watch the stacks; scenarios are plans with names.
 *
 * A run repeats exactly from its plan. The structs here may grow with each version: programs are compiled with the library.
 */
#ifndef HAWSER_SIM_H
#define HAWSER_SIM_H

#include <hawser/hawser.h>
#include <hawser/trace.h>
#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- dice ----------------------------------------------------------------------------------------------------- */

struct hawser_sim_dice {
    uint64_t word[4];
};

#define HAWSER_SIM_PPM 1000000u /* chances are given in parts per million */

HAWSER_API void hawser_sim_dice_seed(struct hawser_sim_dice *dice, uint64_t seed);
HAWSER_API uint64_t hawser_sim_dice_next(struct hawser_sim_dice *dice);
/* 0 to n - 1; n > 0. */
HAWSER_API uint64_t hawser_sim_dice_below(struct hawser_sim_dice *dice, uint64_t n);
/* From least to most, both included. */
HAWSER_API uint64_t hawser_sim_dice_between(struct hawser_sim_dice *dice, uint64_t least, uint64_t most);
/* 1 with the given chance. Throws no dice for 0 or for certainty. */
HAWSER_API int hawser_sim_dice_chance(struct hawser_sim_dice *dice, uint32_t ppm);

/* ---- the network ---------------------------------------------------------------------------------------------- */

typedef struct hawser_sim hawser_sim;

#define HAWSER_SIM_HOSTS_MAX 16

/* One direction of a link. All zero: perfect, endless and instant. */
struct hawser_sim_link {
    uint64_t rate;        /* bits a second, IP and UDP headers included; 0: no limit */
    hawser_time delay;    /* propagation */
    hawser_time jitter;   /* up to so much more, packets stay in order */
    uint32_t queue;       /* bytes that may wait for the rate, drop-tail; 0: no limit */
    uint32_t mark;        /* a packet before which so many bytes wait is marked CE, if it may be (ECN); 0: none is */
    uint32_t loss;        /* ppm */
    uint32_t burst_begin; /* ppm a packet: the link turns bad (Gilbert) */
    uint32_t burst_end;   /* ppm a packet: it turns good again */
    uint32_t burst_loss;  /* ppm while it is bad */
    uint32_t duplicate;   /* ppm */
    uint32_t reorder;     /* ppm: held back by up to reorder_delay, others overtake */
    hawser_time reorder_delay;
    uint32_t corrupt; /* ppm: one to three bits turned over, or the end cut off */
    uint32_t mtu;     /* largest IP packet, headers included; larger ones with DF vanish; 0: no limit */
    int mtu_report;   /* ... and the sender is told (ICMP) */
    int cut;          /* nothing passes */
    int cut_report;   /* ... and the sender is told: unreachable */
};

/* What became of the packets of one direction. */
struct hawser_sim_link_counts {
    uint64_t offered, delivered, bytes, filtered, lost, cut, queue_full, too_big, corrupted, duplicated, reordered, marked;
};

/* A packet as it leaves a host. Borrowed during the call. */
struct hawser_sim_packet {
    hawser_time now;
    uint64_t number; /* of the run, from 0 */
    int host;        /* that sends it */
    uint32_t flags;  /* HAWSER_DEPARTURE_ */
    struct hawser_address remote, local;
    const uint8_t *data;
    size_t length;
};

struct hawser_sim_hooks {
    void *user;
    /* hawser_next gave this for the host's stack. May call the stack, but not free it. */
    void (*ready)(void *user, int host, const struct hawser_ready *ready);
    /* 0: the packet is lost. For loss masks. */
    int (*filter)(void *user, const struct hawser_sim_packet *packet);
    /* All that the stacks trace. */
    void (*trace)(void *user, int host, const struct hawser_trace_record *record);
};

/* How a host treats its stack: everything here is allowed and must do no harm. */
struct hawser_sim_habits {
    uint32_t late;         /* ppm: output is called late */
    hawser_time late_max;  /* ... by up to this */
    uint32_t segments_max; /* trains of up to so many packets; 0: single packets */
    uint32_t small_buffer; /* ppm: output is first offered a buffer of any small size */
    hawser_time coalesce;  /* arriving packets are gathered into trains for so long; 0: each alone */
    hawser_time clock;     /* its clock is so far ahead of the others' */
    uint32_t carrier;      /* what its carrier does: HAWSER_CARRIER_. With INTEGRITY, damage is as good as loss */
};

/* A host's memory as its stack's allocator sees it. */
struct hawser_sim_ledger {
    uint64_t calls;         /* allocations asked for since the host was made */
    uint64_t blocks, bytes; /* held now */
    uint64_t peak;          /* most bytes held at a time */
    uint64_t fail_at;       /* this call fails (the first is 1); 0: none */
    int fail_forever;       /* ... and all after it */
    uint32_t fail_chance;   /* ppm: any call fails */
    uint64_t failed;        /* calls that failed */
};

/* Makes an empty world. NULL: no memory. `hooks` is copied and may be NULL. */
HAWSER_API hawser_sim *hawser_sim_new(uint64_t seed, const struct hawser_sim_hooks *hooks);
/* Frees the world and its stacks. NULL is fine. */
HAWSER_API void hawser_sim_free(hawser_sim *sim);

/* Adds a host without a stack; returns its number, from 0, or HAWSER_ERR_LIMIT. Borrows; `options` may be NULL. */
HAWSER_API int hawser_sim_add_host(hawser_sim *sim, const struct hawser_options *options);
/* Gives the host its stack; what hawser_new says. */
HAWSER_API int hawser_sim_start(hawser_sim *sim, int host);
/* Takes the stack from the host, as a crash does: without a word to anyone. All its memory must come back, else a complaint. */
HAWSER_API void hawser_sim_stop(hawser_sim *sim, int host);
/* The host's stack; NULL while it has none. */
HAWSER_API hawser *hawser_sim_stack(hawser_sim *sim, int host);
HAWSER_API struct hawser_sim_ledger *hawser_sim_ledger(hawser_sim *sim, int host);
HAWSER_API struct hawser_sim_habits *hawser_sim_habits(hawser_sim *sim, int host);

/* Gives the host an address (with a UDP port: packets to that port only; without: plain SCTP). LIMIT, ADDRESS. */
HAWSER_API int hawser_sim_add_address(hawser_sim *sim, int host, const struct hawser_address *address);
/* Puts a NAT before one of the host's addresses: outside it is seen as `outside` (address and UDP port). Called again, the NAT
 * has forgotten the old mapping. ADDRESS (the host does not have it). */
HAWSER_API int hawser_sim_nat(hawser_sim *sim, int host, const struct hawser_address *inside,
                              const struct hawser_address *outside);

/* Joins two networks, given as addresses of which the first `bits` count; they must not overlap. A packet takes the first link
 * that joins its source's and destination's networks; failing that, the first one that leads to its destination. Addresses of
 * family ROUTE are joined one to one: `a` is host_a's number of the connection, `b` is host_b's (the hosts are ignored for other
 * families). Borrows. Returns the link's number or LIMIT. */
HAWSER_API int hawser_sim_join(hawser_sim *sim, int host_a, const struct hawser_address *a, unsigned a_bits, int host_b,
                               const struct hawser_address *b, unsigned b_bits);
/* The link's settings from a to b (direction 0) and back (1); they may be changed at any time. */
HAWSER_API struct hawser_sim_link *hawser_sim_link(hawser_sim *sim, int link, int direction);
HAWSER_API const struct hawser_sim_link_counts *hawser_sim_link_counts(hawser_sim *sim, int link, int direction);
/* Bytes of the packets sent so far that wait there for the rate, at a time that is not before now. */
HAWSER_API uint64_t hawser_sim_link_waiting(hawser_sim *sim, int link, int direction, hawser_time when);

/* Calls `function` at that time, then lets every host speak. NO_MEMORY. */
HAWSER_API int hawser_sim_at(hawser_sim *sim, hawser_time when, void (*function)(void *user), void *user);

/* Virtual time on the world's clock; it begins at one second. */
HAWSER_API hawser_time hawser_sim_now(const hawser_sim *sim);
/* The same on the host's own clock: what its stack is to be told. */
HAWSER_API hawser_time hawser_sim_host_now(const hawser_sim *sim, int host);
/* Lets the host speak: output, next, deadline. Needed after calls to its stack from outside of the hooks. */
HAWSER_API void hawser_sim_pump(hawser_sim *sim, int host);
/* Goes on to the next event that is not after `until`; 0: there is none (time stands at the last event). */
HAWSER_API int hawser_sim_step(hawser_sim *sim, hawser_time until);
/* When the next event is; HAWSER_NEVER: there is none. */
HAWSER_API hawser_time hawser_sim_next(const hawser_sim *sim);
/* Packets that are on their way now; that have left hosts so far. */
HAWSER_API uint64_t hawser_sim_in_flight(const hawser_sim *sim);
HAWSER_API uint64_t hawser_sim_packets(const hawser_sim *sim);
/* A hash of every packet sent so far, with its time and its host: two runs that agree in it went alike. */
HAWSER_API uint64_t hawser_sim_hash(const hawser_sim *sim);
/* The first thing that the world found wrong (a fault in a core, a wrong release, a leak, a storm), or NULL. */
HAWSER_API const char *hawser_sim_complaint(const hawser_sim *sim);

/* ---- experiments ---------------------------------------------------------------------------------------------- */

#define HAWSER_SIM_PATHS_MAX    4
#define HAWSER_SIM_DEEDS_MAX    64
#define HAWSER_SIM_SETTINGS_MAX 64

/* What an association's side sends, and how the other side reads it. Number, size, stream and flags of each message follow from
 * the seed, and so do its bytes: the receiver knows what must come. */
#define HAWSER_SIM_POLICIES_ALL ((1u << HAWSER_POLICY_COUNT) - 2)
struct hawser_sim_flow {
    uint32_t messages;           /* how many on each association */
    uint32_t size_min, size_max; /* bytes of a message; every power of two between them is equally likely */
    uint32_t streams;            /* spread over so many */
    uint32_t unordered;          /* ppm, like all that follow */
    uint32_t lent;               /* the buffer is lent, not copied */
    uint32_t parted;             /* sent in parts with HAWSER_SEND_MORE */
    uint32_t bare_end;           /* of those: the end comes by itself, without bytes */
    uint32_t no_delay, sack_now; /* flags */
    uint32_t spread;             /* sent over any of the paths */
    uint32_t mortal;             /* have a lifetime */
    hawser_time lifetime;
    uint32_t partial;            /* have a policy of partial reliability */
    uint32_t policies;           /* which of them: bits 1 << enum hawser_policy */
    uint32_t policy_value;       /* LIMITED: so many retransmissions; the other policies draw theirs */
    hawser_time interval; /* one message so often; 0: as fast as they are taken */
    int lockstep;         /* message n waits until n - ahead messages have come the other way: requests and replies */
    uint32_t ahead;
    uint64_t read_rate;               /* the reader takes so many bytes a second, in small bites; 0: all that is there */
    hawser_time pause_from, pause_to; /* the reader sleeps between these times */
};

enum hawser_sim_deed_kind {
    HAWSER_SIM_CUT = 1,      /* path `which`, directions `value` (1: from host 0, 2: from host 1, 3: both) */
    HAWSER_SIM_HEAL,         /* likewise */
    HAWSER_SIM_MTU,          /* path `which` has MTU `value` in both directions */
    HAWSER_SIM_NAT_PORT,     /* the NAT before host 0 on path `which` chooses another port */
    HAWSER_SIM_NAT_ADDRESS,  /* ... another address */
    HAWSER_SIM_RESTART,      /* host `which` crashes and comes back `value` microseconds later, and connects again */
    HAWSER_SIM_ADDRESS_DOWN, /* host `which` is told that its address on path `value` is gone */
    HAWSER_SIM_ADDRESS_UP,
    HAWSER_SIM_ROUTE_CHANGED, /* host `which` is told that its way over path `value` changed */
    HAWSER_SIM_ROUTE_LOST,    /* ... that it is gone for good */
    HAWSER_SIM_SCHEDULER,     /* host `which` takes scheduler `value` (RFC 8260 3) for all its associations, and draws values
                                 for some of their streams */
    HAWSER_SIM_KEY_SET = 20,  /* host `which` sets key `value` (plan.authenticated; they begin with 1) */
    HAWSER_SIM_KEY_USE        /* host `which` uses key `value` from now on, and the one before it no more */
};

struct hawser_sim_deed {
    hawser_time at; /* after the beginning */
    uint32_t kind;
    uint32_t which;
    uint64_t value;
};

struct hawser_sim_setting {
    int host;    /* 0, 1, or -1: both */
    int setting; /* HAWSER_SET_ */
    int64_t value;
};

enum hawser_sim_end {
    HAWSER_SIM_SHUTDOWN_0 = 0, /* host 0 shuts down */
    HAWSER_SIM_SHUTDOWN_1,
    HAWSER_SIM_SHUTDOWN_BOTH, /* both at the same moment */
    HAWSER_SIM_ABORT_0,
    HAWSER_SIM_ABORT_1,
    HAWSER_SIM_CLOSE_0 /* host 0 closes the association without a word more */
};

/* What happened in a run at least once; a plan may demand it, so that no scenario ceases to show what it is for. */
#define HAWSER_SIM_SEEN_RETRANSMISSION  1u
#define HAWSER_SIM_SEEN_FAST_RETRANSMIT 2u
#define HAWSER_SIM_SEEN_TIMEOUT         4u
#define HAWSER_SIM_SEEN_CHECKSUM_ERROR  8u
#define HAWSER_SIM_SEEN_DUPLICATE       0x10u
#define HAWSER_SIM_SEEN_PATH_DOWN       0x20u
#define HAWSER_SIM_SEEN_PATH_BACK       0x40u
#define HAWSER_SIM_SEEN_RESTART         0x80u
#define HAWSER_SIM_SEEN_PARTIAL         0x100u /* a message was delivered in parts */
#define HAWSER_SIM_SEEN_ZERO_WINDOW     0x200u
#define HAWSER_SIM_SEEN_WOULD_BLOCK     0x400u
#define HAWSER_SIM_SEEN_SEND_FAILED     0x800u
#define HAWSER_SIM_SEEN_TOO_BIG         0x1000u /* a packet was too big for a link */
#define HAWSER_SIM_SEEN_REORDERED       0x2000u
#define HAWSER_SIM_SEEN_FRAGMENTED      0x4000u
#define HAWSER_SIM_SEEN_SECOND_PATH     0x8000u /* data came over a path that is not the first */
#define HAWSER_SIM_SEEN_MARKED          0x10000u /* a window was reduced because of a CE mark */
#define HAWSER_SIM_SEEN_UNSUMMED        0x20000u /* a packet was taken without a checksum */
#define HAWSER_SIM_SEEN_ABANDONED       0x40000u /* a message of which a part was sent was given up */
#define HAWSER_SIM_SEEN_RECONFIGURED    0x80000u /* streams were reset or added */
#define HAWSER_SIM_SEEN_AUTHENTICATED   0x100000u /* a packet was proved to be the peer's (RFC 4895) */
#define HAWSER_SIM_SEEN_KEY_DELETED     0x200000u /* a key was given up by both sides */
#define HAWSER_SIM_SEEN_MOVED           0x400000u /* a peer was asked to add or remove an address (RFC 5061) */
#define HAWSER_SIM_SEEN_INTERLEAVED     0x800000u /* a message came as I-DATA */
#define HAWSER_SIM_SEEN_MTU_FOUND       0x1000000u /* a path carries more than was taken for granted */
#define HAWSER_SIM_SEEN_PATH_FAILING    0x2000000u /* a path was potentially failed (RFC 7829) */
#define HAWSER_SIM_SEEN_COUNT           26
/* The name of a bit, 0 to HAWSER_SIM_SEEN_COUNT - 1. */
HAWSER_API const char *hawser_sim_seen_name(int bit);

#define HAWSER_SIM_REASON(reason) (1u << (reason))

/* A path of host 0's first association, at an instant. */
struct hawser_sim_path_sample {
    uint32_t state;          /* enum hawser_path_state; 0: the association has no such path now, and all but the network is 0 */
    uint32_t cwnd, ssthresh, flight;
    hawser_time srtt, rto;
    hawser_time network_rtt; /* of a small packet now: delays and queues both ways, without jitter */
    uint64_t waiting[2];     /* bytes in the queue from host 0, from host 1 */
    uint64_t dropped[2];     /* packets lost there so far, in any way */
    int cut;                 /* directions, as HAWSER_SIM_CUT has them */
};

/* A run at an instant. Counts are from the beginning on, over all associations. */
struct hawser_sim_sample {
    hawser_time time; /* after the beginning */
    uint64_t delivered[2]; /* bytes of messages from host 0, from host 1 that were read */
    uint64_t queued[2];    /* bytes in the send queues of each host's stack, with overhead */
    uint32_t peer_rwnd;    /* of host 0's first association */
    uint64_t retransmissions[2], fast_retransmits[2], timeouts[2]; /* of each host */
    struct hawser_sim_path_sample paths[HAWSER_SIM_PATHS_MAX];
};

struct hawser_sim_plan {
    const char *scenario; /* for the line that repeats the run */
    uint64_t seed;
    uint32_t associations; /* host 0 connects to host 1 so often */
    hawser_time stagger;   /* between two of them */
    int both_connect;      /* both hosts connect, at the same moment */
    int early;             /* send at once rather than when the association is up */
    uint32_t paths;        /* each host has an address on each of them */
    uint8_t family;        /* enum hawser_family of the addresses */
    int mixed;             /* IPv4 and IPv6 in turn */
    int plain;             /* no UDP encapsulation */
    int nat;               /* host 0 is behind a NAT */
    int wildcard;          /* endpoints list no addresses: the hosts report theirs */
    int authenticated;     /* DATA must be authenticated (RFC 4895), with keys that deeds change */
    int moving;            /* an address that is down is gone; at the end, end_at, both sides agree on who has which */
    struct hawser_sim_link links[HAWSER_SIM_PATHS_MAX][2];
    struct hawser_sim_flow flows[2]; /* from host 0, from host 1 */
    struct hawser_sim_habits habits[2];
    struct hawser_sim_setting settings[HAWSER_SIM_SETTINGS_MAX];
    uint32_t setting_count;
    struct hawser_sim_deed deeds[HAWSER_SIM_DEEDS_MAX];
    uint32_t deed_count;
    uint64_t memory_max;    /* of each stack; 0: its default */
    uint32_t end;           /* enum hawser_sim_end */
    hawser_time end_at;     /* 0: when all has been sent */
    int hasty;              /* end although the other side has more to send or data is queued */
    hawser_time send_until; /* begin no message after this; 0: no limit */
    /* what must hold at the end */
    uint32_t reasons[2];  /* HAWSER_SIM_REASON bits: how associations may end at each host */
    int whole;            /* all that was accepted arrives, every association comes up on both sides */
    int complete;         /* all messages of the flows are sent */
    uint32_t must_see;    /* HAWSER_SIM_SEEN_ */
    hawser_time time_max; /* it is over by then */
    hawser_time srtt_max; /* no path of host 0 measures more; 0: as it may */
    uint32_t check_every; /* events between two looks at everything; 1 is paranoid; 0: the default */
    hawser_time fidget;   /* mean time between an application's needless calls; 0: none */
    hawser_time reconfigure; /* ... between its requests of RFC 6525, all kinds of them, until 120 s before end_at; 0: none */
    /* trouble with memory: what the host's ledger is set to; hawser_new and all other calls may fail then */
    int fail_host;
    uint64_t fail_at;
    int fail_forever;
    uint32_t fail_chance; /* ppm, at both hosts */
    /* callbacks, may be NULL */
    void *user;
    int (*filter)(void *user, const struct hawser_sim_packet *packet);
    void (*trace)(void *user, int host, const struct hawser_trace_record *record);
    /* called about every 100 ms of wall time's worth of events; for progress on long runs */
    void (*progress)(void *user, hawser_time now, uint64_t messages, uint64_t bytes);
    /* called each `sample_every` microseconds of virtual time from the beginning to the end; changes nothing in the run */
    hawser_time sample_every;
    void (*sample)(void *user, const struct hawser_sim_sample *sample);
};

struct hawser_sim_result {
    int failed; /* an oracle said no: see complaint */
    char complaint[320];
    uint64_t hash;                      /* hawser_sim_hash at the end */
    hawser_time duration;               /* virtual, from the first connect to the last delivery */
    hawser_time end;                    /* ... to the end of all associations */
    uint64_t sent, delivered, reported; /* messages accepted by send, received whole, given back as failed */
    uint64_t bytes;                     /* of messages received */
    uint64_t packets, packets_lost;     /* by links in any way */
    uint64_t chunks, retransmissions, fast_retransmits, timeouts;   /* of DATA */
    uint64_t goodput;                                               /* bits a second, both directions together */
    uint64_t goodput_from[2];                                       /* from host 0, from host 1 */
    hawser_time latency_p50, latency_p95, latency_p99, latency_max; /* from send to the last byte at the reader */
    uint32_t seen;                                                  /* HAWSER_SIM_SEEN_ */
    uint32_t reasons[2];                                            /* HAWSER_SIM_REASON bits that occurred at each host */
    uint32_t up[2];                                                 /* associations that came up at each host */
    uint64_t allocations[2]; /* that each host's stack asked for */
    uint64_t refused[2];     /* ... and did not get */
    uint64_t events;
};

/* Carries out the plan. Returns 0, or -1 when an oracle complained (or the plan is impossible): see `result`. */
HAWSER_API int hawser_sim_run(const struct hawser_sim_plan *plan, struct hawser_sim_result *result);

struct hawser_sim_scenario {
    const char *name, *text;
    void (*prepare)(struct hawser_sim_plan *plan, struct hawser_sim_dice *dice);
};

/* Scenario number 0 and up, or NULL. Static storage. */
HAWSER_API const struct hawser_sim_scenario *hawser_sim_scenario(int index);
/* Fills `plan` with the scenario of that name, its free choices made by the seed. 0, or ARGUMENT if there is none. */
HAWSER_API int hawser_sim_plan(struct hawser_sim_plan *plan, const char *name, uint64_t seed);

#ifdef __cplusplus
}
#endif
#endif
