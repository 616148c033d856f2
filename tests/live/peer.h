/* SPDX-License-Identifier: MIT
 *
 * The application of the live peers, shared by peer_hawser.c, peer_usrsctp.c and peer_kernel.c, so that all of them take the same
 * arguments, send the same messages, judge alike and print the same lines. This file, peer.c and peer_options.c know no stack:
 * they need POSIX and libcrypto (SHA-256), which links statically.
 *
 * The rest of a peer, the adapter, is the calls that the application makes of it (struct peer_calls) and a main function that
 * hands them to peer_main. While peer_reads is false the adapter leaves messages (not notifications, if it can tell them apart)
 * in the stack: that is how back-pressure and the closed window of mode `stall` come about.
 */
#ifndef PEER_H
#define PEER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PEER_ADDRESSES_MAX 8
#define PEER_STEPS_MAX     8
#define PEER_KEYS_MAX      4
#define PEER_NUMBERS_MAX   8

enum peer_mode { PEER_ECHO, PEER_TALK, PEER_SOURCE, PEER_SINK, PEER_STALL, PEER_ABORT, PEER_HOLD, PEER_COLLIDE };

/* What is to be done in the middle of a conversation. */
enum peer_act {
    PEER_RESET_OUT,      /* RFC 6525: our streams `number`, all if there is none */
    PEER_RESET_IN,       /* the peer's */
    PEER_RESET_ALL,      /* SSNs and TSNs */
    PEER_ADD_STREAMS,    /* number[0] to ours, number[1] to the peer's */
    PEER_USE_KEY,        /* RFC 4895: number[0] */
    PEER_RETIRE_KEY,
    PEER_ADD_ADDRESS,    /* RFC 5061: `text` */
    PEER_REMOVE_ADDRESS,
    PEER_NAME_PRIMARY,   /* the peer shall send there */
    PEER_SCHEDULE        /* enum peer_scheduler number[0] */
};

struct peer_step {
    enum peer_act act;
    uint64_t at; /* when so many messages are counted in the result line */
    uint16_t number[PEER_NUMBERS_MAX];
    unsigned number_count;
    const char *text;
};

struct peer_key {
    uint16_t number;
    const char *secret;
};

enum peer_policy { PEER_RELIABLE, PEER_TTL, PEER_RTX, PEER_PRIO, PEER_BUFFER };
enum peer_scheduler { PEER_NO_SCHEDULER, PEER_FCFS, PEER_ROUND_ROBIN, PEER_PER_PACKET, PEER_PRIORITY, PEER_FAIR, PEER_WEIGHTED };

struct peer_options {
    bool listens, connects;                      /* PEER_COLLIDE: both */
    enum peer_mode mode;
    uint64_t argument[2];                        /* of the mode */
    const char *local[PEER_ADDRESSES_MAX];       /* to bind, as text; none: any */
    unsigned local_count;
    const char *to[PEER_ADDRESSES_MAX];          /* of the peer; the first is the primary */
    unsigned to_count;
    uint16_t port, to_port;                      /* SCTP ports; port 0: any */
    uint16_t udp, to_udp;                        /* UDP encapsulation ports */
    uint16_t streams;
    uint32_t rcvbuf;                             /* 0 for this and those below: as the stack has it */
    uint32_t heartbeat, rto_min, rto_max;        /* milliseconds */
    uint32_t path_max, max;                      /* Path.Max.Retrans, Association.Max.Retrans */
    uint32_t timeout;                            /* seconds */
    uint32_t linger;                             /* milliseconds that the stack goes on answering after the end */
    bool closes;                                 /* PEER_COLLIDE: this side shuts down */
    bool ip;                                     /* without UDP */
    uint32_t sndbuf;                             /* bytes; without --sndbuf a message of 1 MB never waits for an empty buffer */
    uint32_t pace;                               /* PEER_SOURCE: milliseconds between two messages */
    enum peer_policy policy;                     /* of a source's messages */
    uint32_t policy_value;                       /* milliseconds, times, priority (0 once the buffer stays full), bytes */
    bool interleaving, ecn, streams_change;      /* I-DATA, ECN, RE-CONFIG are offered, and what the peer asks for is done */
    enum peer_scheduler scheduler;
    uint16_t stripe;                             /* PEER_SOURCE: over so many streams in turn; a stream's number is its value */
    uint16_t auth_chunks[PEER_NUMBERS_MAX];      /* types that the peer must authenticate */
    unsigned auth_chunk_count;
    struct peer_key keys[PEER_KEYS_MAX];         /* the first is used to begin with */
    unsigned key_count;
    uint32_t asconf;                             /* 1: addresses may change; 2: even without AUTH */
    uint32_t probe;                              /* milliseconds between two probes for the path MTU */
    uint32_t failing;                            /* errors after which a path is potentially failed, and one; 0: as it is */
    bool rests;                                  /* steps wait until all that was sent has come back */
    struct peer_step steps[PEER_STEPS_MAX];
    unsigned step_count;
};

/* Reads the command line (cuts it in place). false: exit with *status, all has been said. */
bool peer_options(struct peer_options *options, int argc, char **argv, int *status);

/* A message, or the next piece of one that is delivered in parts (without mixing parts of one stream and order flag). */
struct peer_message {
    const uint8_t *data;
    size_t size;
    uint16_t stream;
    uint32_t ppid; /* host byte order */
    bool unordered;
    bool end;      /* this piece ends the message; always so when sending */
    enum peer_policy policy; /* when sending */
    uint32_t policy_value;
};

/* What the application asks of the adapter. */
struct peer_calls {
    /* Binds; listens and says so (peer_note "listening"), connects, or both, as the options have it. */
    bool (*open)(void *user);
    /* Waits for the stack, at most peer_wait milliseconds, which a signal may cut short. Then, while peer_reads, hands over with
     * peer_take what came, and tells the rest: peer_up, peer_restarted, peer_path, peer_unsent, peer_ended. false: it is over. */
    bool (*turn)(void *user);
    void (*close)(void *user);
    int (*send)(void *user, const struct peer_message *message); /* 1: taken, 0: not now, -1: never */
    void (*shutdown)(void *user);
    void (*abort)(void *user, const char *reason);
    /* 1: done, and each further one is an outcome that peer_reset, peer_renumbered, peer_streams or peer_address will tell;
     * 0: not now, while there is something to send; -1: never. */
    int (*act)(void *user, const struct peer_step *step);
};

enum peer_outcome { PEER_DONE, PEER_DENIED, PEER_FAILED };
/* PEER_FORGOTTEN, to peer_ended only: an ABORT that gives no cause, as one is told who is not known any more (8.4). */
enum peer_end { PEER_LIVES, PEER_SHUTDOWN, PEER_ABORTED, PEER_LOST, PEER_TIMEOUT, PEER_FORGOTTEN };

struct peer_series { /* xorshift64*, bytes in little-endian order */
    uint64_t state, word;
    unsigned left;
};

struct peer_partial { /* a message that has not come whole; Linux knows its payload protocol in the first part alone (I-DATA) */
    uint32_t ppid;
    uint8_t *data;
    size_t size, room;
    uint16_t stream;
    bool unordered, busy;
};

#define PEER_PARTIALS_MAX  64
#define PEER_TALK_MESSAGES 300

struct peer {
    struct peer_options options;
    const struct peer_calls *calls;
    void *user;
    uint64_t begin, up_at, ended_at; /* milliseconds */
    uint64_t took_at, pause;         /* when something came last, and the longest time between two */
    bool up, failed, closing, peer_closes;
    int interrupts;                  /* signals that were acted on */
    enum peer_end end;
    unsigned streams;                /* that both sides may use */
    unsigned more_streams;           /* the same from message `more_from` of PEER_TALK on; 0: no more */
    uint32_t more_from;
    unsigned step, outcomes;         /* the next step; what the last one has to bring yet */
    bool refused;                    /* the next step could not be done yet: let the queues become empty */
    uint64_t next_at;                /* PEER_SOURCE with a pace */
    uint64_t full_since;             /* 0: the last message was taken */
    bool urgent;                     /* PEER_PRIO: what is sent from now on has the highest priority */
    uint32_t mtu;                    /* as peer_mtu told last */
    bool mtu_found;
    uint64_t messages, bytes;        /* received; PEER_SOURCE: sent */
    uint32_t restarts;
    uint64_t unsent;
    void *digest;                    /* SHA-256 of the bytes above */
    struct peer_series series;       /* PEER_SOURCE */
    uint64_t asked;                  /* of it, bytes taken out of the series */
    uint8_t *out;                    /* the message that waits to be sent; PEER_ECHO: came and waits to go back */
    size_t out_size, out_room;
    struct peer_message waiting;     /* its data is `out`; data NULL: none */
    uint32_t next, back;             /* PEER_TALK: number of the next message to send, how many came back */
    uint64_t outstanding;            /* bytes */
    uint32_t ordered_next[65536];    /* by stream: the least number that an ordered message may have now */
    bool came[PEER_TALK_MESSAGES];   /* by number: came back */
    struct peer_partial partials[PEER_PARTIALS_MAX];
};

/* All of the program: reads the command line, opens, goes on in turns until the end, prints the last line, closes. Returns the
 * exit status. */
int peer_main(struct peer *peer, const struct peer_calls *calls, void *user, int argc, char **argv);

/* A line on stderr, with the seconds since the beginning before it. */
__attribute__((format(printf, 2, 3))) void peer_note(struct peer *peer, const char *format, ...);
/* The same, and the run has failed. */
__attribute__((format(printf, 2, 3))) void peer_fail(struct peer *peer, const char *format, ...);

/* `streams_out`, `streams_in`: what either side may use. `remote`: the peer's primary address, as text. */
void peer_up(struct peer *peer, unsigned streams_out, unsigned streams_in, const char *remote);
bool peer_reads(const struct peer *peer);
void peer_take(struct peer *peer, const struct peer_message *piece);
void peer_restarted(struct peer *peer);
void peer_path(struct peer *peer, const char *address, bool reachable);
/* With --probe, told often: how large packets to the primary address may be. `found`: no more is looked for now. */
void peer_mtu(struct peer *peer, uint32_t mtu, bool found);
void peer_unsent(struct peer *peer, uint64_t messages);
/* The peer sent SHUTDOWN: it has all that was sent. */
void peer_closes(struct peer *peer);
/* RE-CONFIG, whoever asked. The peer's streams, or ours; SSNs and TSNs; how many streams there are now. */
void peer_reset(struct peer *peer, bool incoming, const uint16_t *streams, unsigned count, enum peer_outcome outcome);
void peer_renumbered(struct peer *peer, enum peer_outcome outcome);
void peer_streams(struct peer *peer, unsigned out, unsigned in, enum peer_outcome outcome);
/* "added", "removed", "made primary", "potentially failed". `own`: what we had asked for. */
void peer_address(struct peer *peer, const char *address, const char *what, bool own);
/* `remote`: the peer did it (aborts). `why`: text or NULL. */
void peer_ended(struct peer *peer, enum peer_end end, bool remote, const char *why);

/* Sends what can be sent, shuts down or aborts when it is time. Is called after each turn; by the adapter where an echo is to go
 * before the next message is read. */
void peer_work(struct peer *peer);
int peer_wait(const struct peer *peer);
bool peer_done(struct peer *peer);

#endif
