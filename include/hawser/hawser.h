/* SPDX-License-Identifier: MIT
 *
 * hawser: SCTP (RFC 9260) in user space. This header is the only door to the protocol core.
 *
 *   <hawser/hawser.h>   the stack: bytes and time in, bytes and readiness out
 *   <hawser/trace.h>    what the stack tells of itself: packets, states, timers; counters
 *   <hawser/udp.h>      a carrier: SCTP in UDP (RFC 6951)
 *   <hawser/ip.h>       a carrier: SCTP in IP itself, and beside it in UDP
 *   <hawser/loop.h>     a loop that drives stacks over carriers; the default host
 *   <hawser/view.h>     traces as text and as pcapng
 *   <hawser/sim.h>      a simulated network (a library of its own)
 *
 * The whole of it:
 *
 *   hawser_input(h, now, &arrival);                                 a datagram came
 *   while (hawser_output(h, now, &departure)) send(&departure);     datagrams to go
 *   while (hawser_next(h, &ready)) look_at(&ready);                 whom to look at
 *   wait_until(hawser_deadline(h));                                 then input with no bytes, or output
 *
 * Conventions
 * - A stack and all in it belong to one thread at a time. Two stacks share nothing. Nothing here blocks, starts a thread,
 *   reads a clock or keeps static data.
 * - Functions that can fail return 0 or a negative HAWSER_ERR_ code (types.h); nothing has happened then.
 * - "borrows": the pointer must stay valid during the call. "takes": it is the stack's until it gives it back.
 * - Every struct that a caller fills begins with its size, so that old programs go on working with newer libraries:
 *   set it with sizeof, zero the rest, or use HAWSER_INIT.
 * - Numbers are in host byte order; sizes in bytes; times in microseconds.
 */
#ifndef HAWSER_HAWSER_H
#define HAWSER_HAWSER_H

#include <hawser/types.h>

#ifdef __cplusplus
extern "C" {
#endif

#define HAWSER_VERSION "0.1.0"

/* struct hawser_options o = HAWSER_INIT(o); */
#define HAWSER_INIT(variable) {.size = sizeof(variable)}

typedef struct hawser hawser;

/* ---- a stack -------------------------------------------------------------------------------------------------- */

struct hawser_options {
    size_t size;
    uint64_t memory_max;    /* bytes that the whole stack may hold; 0: 1 GiB */
    uint32_t objects_max;   /* endpoints and associations together; 0: 1,000,000 */
    uint8_t shard_bits;     /* this many top bits of every tag that we choose hold `shard`; 0 to 8 */
    uint8_t shard;          /* so that a multi-core engine can steer packets by tag */
};

/* Makes a stack. Borrows both structs (`options` may be NULL). NO_MEMORY, ARGUMENT. */
HAWSER_API int hawser_new(hawser **stack, const struct hawser_options *options, const struct hawser_host *host);

/* Frees the stack and all in it without a word to any peer; lent buffers are released. NULL is fine. */
HAWSER_API void hawser_free(hawser *stack);

/* ---- packets in and out --------------------------------------------------------------------------------------- */

/* What a carrier does beyond carrying: it reads and sets the two ECN bits of the IP header; it finds damage by itself, as DTLS
 * does, so that a checksum may be left out (RFC 9653). */
#define HAWSER_CARRIER_ECN 1u
#define HAWSER_CARRIER_INTEGRITY 2u

struct hawser_arrival {
    size_t size;
    const void *data;             /* one SCTP packet, or several of segment_size each, the last perhaps shorter (GRO) */
    size_t length;
    size_t segment_size;          /* 0: one packet */
    struct hawser_address remote; /* where it came from */
    struct hawser_address local;  /* where it went to; family NONE if the carrier cannot tell */
    uint8_t ecn;                  /* the two bits of the IP header; 0 if unknown */
    uint8_t carrier;              /* HAWSER_CARRIER_ */
};

/* Takes in what arrived. Borrows everything, keeps nothing. Returns nothing: a bad packet is counted and answered as the
 * RFC says, it is never the caller's error. May be called with NULL to let time pass (timers also run in output). */
HAWSER_API void hawser_input(hawser *stack, hawser_time now, const struct hawser_arrival *arrival);

#define HAWSER_DEPARTURE_DF 1u           /* set the don't-fragment bit */
#define HAWSER_DEPARTURE_MAY_FRAGMENT 2u /* larger than the path MTU on purpose (RFC 9260 6.9): must not carry DF */
#define HAWSER_DEPARTURE_PROBE 4u        /* a path MTU probe: a refusal for its size is an answer */

struct hawser_departure {
    size_t size;
    /* the caller's part */
    void *buffer;
    size_t capacity;              /* HAWSER_PACKET_MAX; less limits what is sent, and less than 576 stops it */
    uint32_t segments_max;        /* packets of equal size that may lie back to back (GSO); 0 or 1: a single packet */
    uint32_t carrier;             /* HAWSER_CARRIER_ */
    /* the stack's part */
    size_t length;                /* all bytes */
    size_t segment_size;          /* of each packet but perhaps the last */
    uint32_t flags;               /* HAWSER_DEPARTURE_ */
    uint8_t ecn, dscp;            /* ecn: to be set by a carrier that can */
    struct hawser_address remote;
    struct hawser_address local;  /* family NONE: let the carrier choose */
    hawser_time send_at;          /* not before this; now if in the past */
};

#define HAWSER_PACKET_MAX 65535

/* Builds the next datagram (or train of equal ones) and fires the timers that are due. Returns its length, or 0 when there
 * is nothing to send now. */
HAWSER_API size_t hawser_output(hawser *stack, hawser_time now, struct hawser_departure *departure);

/* When to call again at the latest, if nothing arrives. HAWSER_NEVER: not at all. A time in the past: now. */
HAWSER_API hawser_time hawser_deadline(const hawser *stack);

enum hawser_report_kind {
    HAWSER_REPORT_TOO_BIG = 1,       /* a packet was larger than `mtu`: ICMP, ICMPv6 or the local interface (EMSGSIZE) */
    HAWSER_REPORT_UNREACHABLE,       /* destination unreachable: host, network, administratively (ICMP9) */
    HAWSER_REPORT_PROTOCOL,          /* protocol unreachable, unrecognized next header; over UDP also port unreachable */
    HAWSER_REPORT_PORT,              /* port unreachable over plain IP: ignored (ICMP3) */
    HAWSER_REPORT_ADDRESS_UP,        /* `local` can be used from now on: endpoints without addresses of their own list it */
    HAWSER_REPORT_ADDRESS_DOWN,      /* `local` cannot be used any more */
    HAWSER_REPORT_ROUTE_CHANGED,     /* the way to `remote` changed: congestion control starts anew (7.2.5.2) */
    HAWSER_REPORT_ROUTE_LOST         /* the carrier's connection `remote` (family ROUTE) is gone for good */
};

struct hawser_report {
    size_t size;
    uint32_t kind;                /* enum hawser_report_kind */
    uint32_t mtu;                 /* TOO_BIG: the largest IP packet, headers included; 0: unknown */
    struct hawser_address remote; /* whom the packet was for */
    struct hawser_address local;
    struct hawser_span quoted;    /* the packet as quoted, from the SCTP common header on (RFC 9260 10, ICMP5 to ICMP8) */
};

/* Tells the stack what the network or the machine said. Borrows. A report that fits no association is ignored, counted. */
HAWSER_API void hawser_report(hawser *stack, hawser_time now, const struct hawser_report *report);

/* ---- endpoints and associations ------------------------------------------------------------------------------- */

struct hawser_endpoint_options {
    size_t size;
    uint16_t port;                          /* local SCTP port; 0: one is chosen from 49152 to 65535 */
    uint16_t address_count;                 /* at most HAWSER_ADDRESSES_MAX */
    const struct hawser_address *addresses; /* local addresses to use and to list; none: whatever the carrier has */
    void *user;
};

#define HAWSER_ADDRESSES_MAX 16

/* Opens an endpoint. Borrows. Several may share a port if their addresses differ.
 * NO_MEMORY, ADDRESS, PORT, IN_USE, ARGUMENT, LIMIT. */
HAWSER_API int hawser_open(hawser *stack, const struct hawser_endpoint_options *options, hawser_id *endpoint);

/* Lets associations arrive, at most `backlog` of them not yet taken; 0 stops that. GONE. */
HAWSER_API int hawser_listen(hawser *stack, hawser_id endpoint, uint32_t backlog);

struct hawser_connect_options {
    size_t size;
    uint16_t port;                          /* the peer's SCTP port */
    uint16_t address_count;                 /* at least 1, at most HAWSER_ADDRESSES_MAX */
    const struct hawser_address *addresses; /* of the peer, with its UDP ports; the first is tried first */
    void *user;
};

/* Starts an association (RFC 9260 5.1); HAWSER_UP or HAWSER_ENDED follows. Messages may be sent at once: they wait.
 * Borrows. GONE, NO_MEMORY, ADDRESS, PORT, EXISTS, ARGUMENT, LIMIT. */
HAWSER_API int hawser_connect(hawser *stack, hawser_time now, hawser_id endpoint,
                              const struct hawser_connect_options *options, hawser_id *association);

/* Closes gracefully (9.2): what is queued is delivered, nothing new is accepted, HAWSER_ENDED follows.
 * In COOKIE-WAIT with nothing queued the attempt simply ends. Asking twice is fine.
 * GONE, STATE (has ended), UNFINISHED (a message begun with HAWSER_SEND_MORE has no end). */
HAWSER_API int hawser_shutdown(hawser *stack, hawser_time now, hawser_id association);

/* Ends at once (9.1): the peer gets an ABORT with `reason` (borrowed; at most HAWSER_REASON_MAX bytes, the rest is cut), what is
 * queued fails, HAWSER_ENDED follows. GONE, STATE (has ended). */
HAWSER_API int hawser_abort(hawser *stack, hawser_time now, hawser_id association, struct hawser_span reason);

#define HAWSER_REASON_MAX 256

/* Forgets the id: an association that still lives is aborted, all that it holds is freed; an endpoint stops listening and
 * associations that nobody took are aborted, the others stay. GONE. */
HAWSER_API int hawser_close(hawser *stack, hawser_time now, hawser_id id);

/* The caller's own pointer, which hawser_next hands back. An association that arrives has its endpoint's. GONE. */
HAWSER_API int hawser_set_user(hawser *stack, hawser_id id, void *user);

/* ---- messages out --------------------------------------------------------------------------------------------- */

#define HAWSER_SEND_UNORDERED 1u        /* U bit: delivered as it comes (6.6) */
#define HAWSER_SEND_NO_DELAY 2u         /* do not wait for more to bundle with (11.1.5, "no-bundle") */
#define HAWSER_SEND_SACK_NOW 4u         /* I bit on the last chunk: the peer shall acknowledge at once */
#define HAWSER_SEND_KEY 16u             /* authenticated with the key `key` rather than the active one (RFC 6458 5.3.8) */
#define HAWSER_SEND_MORE 8u             /* the message goes on in the next send on this stream (explicit end of record) */

/* How hard a message is tried (partial reliability: RFC 3758, RFC 7496). A message that is given up comes back as SEND_FAILED
 * with the reason HAWSER_ERR_ABANDONED, and the peer is told not to wait for it (FORWARD TSN). Where the peer does not support
 * that, TIMED does what `lifetime` does alone and the others are as good as RELIABLE. */
enum hawser_policy {
    HAWSER_POLICY_RELIABLE,
    HAWSER_POLICY_TIMED,    /* `lifetime` holds also after the message was begun (RFC 3758 4.1) */
    HAWSER_POLICY_LIMITED,  /* given up when a chunk of it would be sent again more than `value` times (RFC 7496 3.1) */
    HAWSER_POLICY_PRIORITY, /* gives way in a full send buffer to those of a smaller `value` or other policies (RFC 7496 3.2) */
    HAWSER_POLICY_BUFFER,   /* gives way in a full send buffer to any message, the oldest first; usrsctp's SCTP_PR_SCTP_BUF */
    HAWSER_POLICY_COUNT
};

struct hawser_message {
    size_t size;
    const struct hawser_span *parts;    /* the bytes, gathered in order */
    size_t part_count;
    uint16_t stream;
    uint16_t key;                       /* with HAWSER_SEND_KEY: which */
    uint32_t ppid;                      /* payload protocol identifier, carried untouched: see hawser_item.message.ppid */
    uint32_t flags;                     /* HAWSER_SEND_ */
    uint32_t path;                      /* send over this path if it is usable (11.1.5); 0: the primary */
    hawser_time lifetime;               /* not begun within this many microseconds, it fails when its turn comes; 0: no limit */
    uint64_t context;                   /* comes back if the message fails */
    /* If set, exactly one part is lent rather than copied: it is the stack's until release is called, once, from inside a
     * later call; release may not call the stack. On an error return the part was not taken and release is not called. */
    void (*release)(void *user, const void *data, size_t size);
    void *release_user;
    uint32_t policy;                    /* enum hawser_policy; of a message in parts, that of the first */
    uint32_t value;                     /* LIMITED: at most 65534, more is no limit; PRIORITY: 0 is the highest; else not used */
};

/* Queues a message: all or nothing. Borrows the parts (they are copied) unless `release` is set.
 * GONE, STATE (closing or ended), WOULD_BLOCK (also while the stream is being reset), TOO_BIG, EMPTY, STREAM, PATH, KEY (there is
 * none of that number, or it is deactivated), NO_MEMORY, ARGUMENT, UNFINISHED (also when a message begun with HAWSER_SEND_MORE on
 * this stream has failed and its HAWSER_SEND_FAILED is not consumed yet). */
HAWSER_API int hawser_send(hawser *stack, hawser_time now, hawser_id association, const struct hawser_message *message);

struct hawser_pr_status {
    size_t size;
    uint64_t abandoned_unsent; /* messages given up before any part of them was sent */
    uint64_t abandoned_sent;   /* ... after */
};

#define HAWSER_STREAMS_ALL UINT32_MAX

/* How many messages were given up by `policy` (enum hawser_policy; RELIABLE stands for all policies together) on an outgoing
 * stream, or on all of them (RFC 7496 4.3, 4.4). GONE, STREAM, ARGUMENT. */
HAWSER_API int hawser_pr_status(hawser *stack, hawser_id association, uint32_t stream, uint32_t policy,
                                struct hawser_pr_status *status);

/* ---- authenticated chunks (RFC 4895, RFC 6458 8.1.17 to 8.3.5) ------------------------------------------------- */

/* With the setting `authentication` AUTH is offered; a peer that has it must then authenticate the chunks that are required, and
 * gets authenticated what it requires. Keys are shared with the peer by number; without any there is key 0, which is empty and
 * proves no more than that the peer is the one who set up the association. A key may be set, and made active, at any time. Old
 * ones go in steps: deactivate, HAWSER_KEY_FREE, delete.
 * Where an id may be an endpoint's, it means the associations that begin later. */

#define HAWSER_KEYS_MAX 64
#define HAWSER_SECRET_MAX 1024

/* Chunks of this type shall be believed only if they are authenticated (or, if not `on`, anyhow), in associations that begin
 * later. It is for nothing with a peer that lacks AUTH: see HAWSER_KEY_NO_AUTH.
 * GONE, ARGUMENT (no chunk type, or INIT, INIT ACK, SHUTDOWN COMPLETE, AUTH). */
HAWSER_API int hawser_auth_require(hawser *stack, hawser_id endpoint, unsigned chunk_type, int on);

/* Sets a key, in place of the one of that number if there is one. Borrows `secret`; an empty one is a null key.
 * GONE, STATE (has ended), UNSUPPORTED (its endpoint did not offer AUTH), ARGUMENT, LIMIT, NO_MEMORY. */
HAWSER_API int hawser_auth_set_key(hawser *stack, hawser_id id, uint16_t key, struct hawser_span secret);

/* What is sent from now on is authenticated with this key. GONE, STATE, UNSUPPORTED, NO_MEMORY, KEY. */
HAWSER_API int hawser_auth_activate(hawser *stack, hawser_id id, uint16_t key);

/* Nothing new is sent with this key, which must not be the active one; what comes with it is still believed.
 * HAWSER_KEY_FREE follows when no message under way needs it. GONE, STATE (as above, or it is active), NO_MEMORY, KEY. */
HAWSER_API int hawser_auth_deactivate(hawser *stack, hawser_id id, uint16_t key);

/* Forgets a deactivated key that is not in use: what comes with it is not believed any more.
 * GONE, STATE (as above, or it is not deactivated, or in use), NO_MEMORY, KEY. */
HAWSER_API int hawser_auth_delete(hawser *stack, hawser_id id, uint16_t key);

struct hawser_auth_status {
    size_t size;
    uint16_t active_key;
    uint16_t hmac;        /* HAWSER_HMAC_ that we send with; 0: the association does not use AUTH */
    uint8_t required[32]; /* chunk types of the peer that must be authenticated: type t is bit t % 8 of byte t / 8 */
    uint8_t wanted[32];   /* of ours */
};

/* Of an endpoint or association. GONE, ARGUMENT. */
HAWSER_API int hawser_auth_status(hawser *stack, hawser_id id, struct hawser_auth_status *status);

/* ---- what happened -------------------------------------------------------------------------------------------- */

#define HAWSER_READABLE 1u /* hawser_receive has something */
#define HAWSER_WRITABLE 2u /* a send that would have blocked may now succeed */
#define HAWSER_ENDED_FLAG 4u /* the association is over; its last item says how */

struct hawser_ready {
    hawser_id id;
    void *user;
    uint32_t flags;
};

/* Whom to look at. Returns 1 and fills `ready`, or 0. Each id comes once, and again only after it was drained (READABLE) or after
 * a send said WOULD_BLOCK (WRITABLE). */
HAWSER_API int hawser_next(hawser *stack, struct hawser_ready *ready);

/* A stretch of a message's bytes; a message that came in fragments has several. */
struct hawser_piece {
    const struct hawser_piece *next;
    const uint8_t *data;
    size_t size;
};

enum hawser_item_type {
    HAWSER_MESSAGE = 1,  /* of an association */
    HAWSER_ARRIVED,      /* of a listening endpoint: `association` wants to be taken; consuming the item takes it */
    HAWSER_UP,           /* communication up (11.2.4) */
    HAWSER_RESTARTED,    /* the peer restarted (11.2.7): what was begun and not acknowledged has failed, SSNs start anew */
    HAWSER_PATH_CHANGED, /* a path's state changed (11.2.3) */
    HAWSER_SEND_FAILED,  /* a message could not be delivered; here it is again (11.2.2) */
    HAWSER_REMOTE_ERROR, /* the peer sent an ERROR chunk (11.2.6) */
    HAWSER_PEER_SHUTDOWN,/* the peer closes: nothing more can be sent */
    HAWSER_SENDER_DRY,   /* all that was sent has been acknowledged (asked for by option sender_dry) */
    HAWSER_ENDED,        /* the last item: the association is over (11.2.5, 11.2.8); consuming it frees the id */
    HAWSER_STREAMS_RESET = 30, /* SSNs begin at 0 again, or could not be made to (RFC 6525 6.1.1); flags say whose and why not */
    HAWSER_ASSOCIATION_RESET,  /* all SSNs and the TSNs begin anew, or could not be made to (RFC 6525 6.1.2) */
    HAWSER_STREAMS_CHANGED,    /* there are more streams, or could not be (RFC 6525 6.1.3) */
    HAWSER_ADAPTATION = 40,    /* the peer named an adaptation layer as it set up (RFC 5061 4.2.6) */
    HAWSER_ADDRESS_CHANGED,    /* what became of a request to add, remove or prefer a local address (RFC 5061) */
    HAWSER_KEY_EVENT = 50      /* something about a key of AUTH, or the peer has no AUTH (RFC 6458 6.1.8) */
};

#define HAWSER_ITEM_UNORDERED 1u /* message: it was sent unordered */
#define HAWSER_ITEM_MORE 2u      /* message: its end has not arrived, the rest follows as further items (partial delivery, 6.9);
                                    with I-DATA others may come in between, and parts of several messages by turns */
#define HAWSER_ITEM_CONTINUES 4u /* message: its beginning was consumed before */
#define HAWSER_ITEM_ABORTED 8u   /* message: given up by its sender, its end will never come (RFC 3758 3.6); perhaps no bytes */
#define HAWSER_ITEM_OUTGOING 256u /* reset, change: of the streams that we send on */
#define HAWSER_ITEM_INCOMING 512u /* reset, change: of the streams that the peer sends on */
#define HAWSER_ITEM_BY_PEER 1024u /* reset, change: the peer asked for it */
#define HAWSER_ITEM_DENIED 2048u  /* reset, change: the peer does not want to; everything is as it was */
#define HAWSER_ITEM_FAILED 4096u  /* reset, change: it did not come about; everything is as it was */
#define HAWSER_ITEM_NOTHING 8192u /* reset, change: the peer had nothing to do: its SSNs are 0, or it is at it by itself, which
                                     has an item of its own */

enum hawser_end_reason {
    HAWSER_END_SHUTDOWN = 1,  /* gracefully, from either side */
    HAWSER_END_ABORTED,       /* hawser_abort or hawser_close here */
    HAWSER_END_PEER_ABORTED,  /* the peer sent ABORT; `data` has its reason, `code` its first cause */
    HAWSER_END_LOST,          /* the peer became unreachable (8.1) */
    HAWSER_END_NO_ANSWER,     /* could not be set up: no answer (Max.Init.Retransmits) */
    HAWSER_END_STALE_COOKIE,  /* could not be set up: the cookie was stale too often */
    HAWSER_END_REFUSED,       /* could not be set up: the peer refused, or its offer cannot be accepted; `code` is the cause */
    HAWSER_END_VIOLATION,     /* the peer broke the protocol; `code` is the cause that it was told */
    HAWSER_END_UNREACHABLE,   /* the network said that SCTP is not spoken there (ICMP8) */
    HAWSER_END_GUARD,         /* the shutdown took too long (T5) */
    HAWSER_END_NO_MEMORY,     /* the association could not go on for want of memory */
    HAWSER_END_ROUTE_LOST,    /* its carrier's connection is gone */
    HAWSER_END_FAULT          /* an internal contradiction: please report it */
};

enum hawser_key_event {
    HAWSER_KEY_NEW = 1, /* the peer used this key for the first time */
    HAWSER_KEY_FREE,    /* a deactivated key is in use here no more */
    HAWSER_KEY_NO_AUTH  /* the peer does not support AUTH: nothing is authenticated, whatever was required */
};

enum hawser_path_state {
    HAWSER_PATH_UNCONFIRMED = 1, /* listed by the peer, not yet proved to be its own (5.4) */
    HAWSER_PATH_ACTIVE,
    HAWSER_PATH_INACTIVE,        /* too many losses in a row (8.2) */
    HAWSER_PATH_REMOVED,         /* an item alone: the peer took the address back, or restarted without it (RFC 5061) */
    HAWSER_PATH_ADDED,           /* an item alone: the peer added it; unconfirmed at first (RFC 5061 5.3 F14) */
    HAWSER_PATH_MADE_PRIMARY,    /* an item alone: it is the primary now: the peer asked for it (RFC 5061 5.4), or
                                    primary_switchover (RFC 7829 5) */
    HAWSER_PATH_POTENTIALLY_FAILED /* a time-out: data avoids it, and heartbeats look after it (RFC 7829 3.2) */
};

enum hawser_address_operation { /* RFC 5061 4.2 */
    HAWSER_ADDRESS_ADD = 1,
    HAWSER_ADDRESS_REMOVE,
    HAWSER_ADDRESS_SET_PRIMARY
};

struct hawser_item {
    uint32_t type;  /* enum hawser_item_type */
    uint32_t flags; /* HAWSER_ITEM_ */
    hawser_id association;
    union {
        struct {
            const struct hawser_piece *pieces; /* borrowed until consumed */
            size_t size;                       /* bytes in all pieces */
            uint32_t ppid;                     /* as sent, read as a big-endian number */
            uint16_t stream, ssn;              /* ssn means nothing if unordered */
            uint32_t tsn;                      /* of the first fragment */
            uint32_t path;                     /* that it came on (first fragment); 0: which is gone */
            uint32_t mid;                      /* RFC 8260: ssn is its lower half. With UNORDERED and stream it tells messages
                                                  apart whose parts come in turns (settings: interleaving). Else the SSN */
        } message;
        struct {
            uint16_t streams_out, streams_in;  /* how many each side may use */
            uint16_t port;                     /* ARRIVED: the peer's SCTP port */
            struct hawser_address remote;      /* ARRIVED, UP: the primary path's address */
        } up;                                  /* ARRIVED, UP, RESTARTED */
        struct {
            uint32_t path;
            uint32_t state;                    /* enum hawser_path_state */
            struct hawser_address remote;
        } path;
        struct {
            uint32_t operation;                /* enum hawser_address_operation */
            uint32_t refused;                  /* 1: the peer did not do it */
            uint32_t code;                     /* refused: the cause that it gave (RFC 5061 4.3), or 0 */
            struct hawser_address address;
        } address;                             /* ADDRESS_CHANGED */
        struct {
            uint32_t indication;               /* of the peer; hawser does not look at it */
        } adaptation;
        struct {
            const struct hawser_piece *pieces; /* the bytes that were not acknowledged as a whole; borrowed until consumed */
            size_t size;
            uint32_t ppid;
            uint16_t stream;
            uint16_t begun;                    /* 0: no part was ever sent */
            uint32_t flags;                    /* HAWSER_SEND_ as sent */
            int32_t reason;                    /* 0: the association ended; HAWSER_ERR_RANGE: its lifetime passed;
                                                  HAWSER_ERR_STATE: the peer restarted; HAWSER_ERR_STREAM: no such stream now;
                                                  HAWSER_ERR_ABANDONED: its policy gave it up */
            uint64_t context;
            size_t sent;                       /* of `pieces`, how many bytes from the first on were sent at least once */
            uint32_t policy;                   /* as sent; meant by the reason HAWSER_ERR_ABANDONED */
        } failed;
        struct {
            uint32_t reason;                   /* enum hawser_end_reason */
            uint32_t code;                     /* ENDED, REMOTE_ERROR: cause code (3.3.10), 0 if none */
            const uint8_t *data;               /* abort reason or cause information; borrowed until consumed */
            size_t size;
        } end;                                 /* ENDED, REMOTE_ERROR */
        struct {
            const uint16_t *streams;           /* which; borrowed until consumed */
            size_t stream_count;               /* 0: all */
        } reset;                               /* STREAMS_RESET */
        struct {
            uint32_t local_tsn, peer_tsn;      /* the next ones of either side */
        } renumbered;                          /* ASSOCIATION_RESET */
        struct {
            uint16_t streams_out, streams_in;  /* how many each side may use now */
        } changed;                             /* STREAMS_CHANGED */
        struct {
            uint32_t event;                    /* enum hawser_key_event */
            uint32_t id;
        } key;                                 /* KEY_EVENT */
    };
};

/* Up to `max` items of an endpoint's or association's inbox, in order, without taking them. Returns how many (0 for an id that
 * is gone). */
HAWSER_API size_t hawser_receive(hawser *stack, hawser_id id, struct hawser_item *items, size_t max);

/* Of what hawser_receive showed last, takes the first `items` items and then `bytes_of_next` bytes of the message after them,
 * frees them and opens the window. Pointers of those items are dead afterwards. GONE, ARGUMENT (there is not that much). */
HAWSER_API int hawser_consume(hawser *stack, hawser_time now, hawser_id id, size_t items, size_t bytes_of_next);

/* Copies the bytes of a message from `offset` on into `out`; returns how many (at most `max`). */
HAWSER_API size_t hawser_copy(const struct hawser_piece *pieces, size_t offset, void *out, size_t max);

/* ---- settings ------------------------------------------------------------------------------------------------- */

/* One table: name, number, unit, least, most, default, section. Bounds and defaults are int64_t.
 * Scope: S stack, E endpoint (inherited by associations made later), A association, P path.
 * Set on the stack (id 0) they become the defaults of endpoints opened later. */
#define HAWSER_SETTINGS(X)                                                                                                     \
    X(RTO_INITIAL, rto_initial, 1, "us", 1000, 600000000, 1000000, "A", "RFC 9260 6.3.1")                                      \
    X(RTO_MIN, rto_min, 2, "us", 1000, 600000000, 1000000, "A", "RFC 9260 6.3.1")                                              \
    X(RTO_MAX, rto_max, 3, "us", 1000, 600000000, 60000000, "A", "RFC 9260 6.3.1")                                             \
    X(RTO_ALPHA, rto_alpha_shift, 4, "bits", 0, 15, 3, "A", "RFC 9260 6.3.1: alpha is 1 over 2 to this")                       \
    X(RTO_BETA, rto_beta_shift, 5, "bits", 0, 15, 2, "A", "RFC 9260 6.3.1: beta is 1 over 2 to this")                          \
    X(MAX_BURST, max_burst, 6, "packets", 0, 65535, 4, "A", "RFC 9260 6.1 D: 0 is no limit")                                   \
    X(COOKIE_LIFE, cookie_life, 7, "us", 1000, 3600000000, 60000000, "E", "RFC 9260 5.1.3: Valid.Cookie.Life")                 \
    X(ASSOCIATION_MAX_RETRANS, association_max_retrans, 8, "times", 0, 65535, 10, "A", "RFC 9260 8.1")                         \
    X(PATH_MAX_RETRANS, path_max_retrans, 9, "times", 0, 65535, 5, "P", "RFC 9260 8.2")                                        \
    X(MAX_INIT_RETRANS, max_init_retrans, 10, "times", 0, 65535, 8, "A", "RFC 9260 5.1.6: Max.Init.Retransmits")               \
    X(HB_INTERVAL, hb_interval, 11, "us", 0, 86400000000, 30000000, "P", "RFC 9260 8.3")                                       \
    X(HB_ENABLED, hb_enabled, 12, "bool", 0, 1, 1, "P", "RFC 9260 8.3 A")                                                      \
    X(HB_MAX_BURST, hb_max_burst, 13, "packets", 1, 65535, 1, "A", "RFC 9260 5.4")                                             \
    X(SACK_DELAY, sack_delay, 14, "us", 0, 500000, 200000, "A", "RFC 9260 6.2: 0 is no delay")                                 \
    X(SACK_FREQUENCY, sack_frequency, 15, "packets", 1, 255, 2, "A", "RFC 9260 6.2")                                           \
    X(STREAMS_OUT, streams_out, 16, "streams", 1, 65535, 10, "E", "RFC 9260 5.1.1: OS")                                        \
    X(STREAMS_IN_MAX, streams_in_max, 17, "streams", 1, 65535, 65535, "E", "RFC 9260 5.1.1: MIS")                              \
    X(RECEIVE_BUFFER, receive_buffer, 18, "bytes", 4096, 2147483647, 2097152, "E", "RFC 9260 6.2: window; overhead an eighth") \
    X(SEND_BUFFER, send_buffer, 19, "bytes", 1, 2147483647, 2097152, "A", "what may be queued before a send would block")      \
    X(MESSAGE_MAX, message_max, 20, "bytes", 1, 2147483647, 16777216, "A", "the largest message that a send takes in one go")  \
    X(MEMORY_MAX, memory_max, 21, "bytes", 16384, 4294967295, 67108864, "A", "all that one association may hold")              \
    X(NO_DELAY, no_delay, 22, "bool", 0, 1, 0, "A", "RFC 9260 6.1: no Nagle")                                                  \
    X(PARTIAL_DELIVERY, partial_delivery_point, 23, "bytes", 0, 2147483647, 0, "A", "RFC 9260 6.9: 0 is half the buffer")      \
    X(PATH_MTU, path_mtu, 24, "bytes", 576, 65535, 1500, "P", "RFC 9260 7.3: the first estimate, IP header included")          \
    X(FRAGMENT_SIZE, fragment_max, 25, "bytes", 0, 65535, 0, "A", "largest payload of a DATA chunk; 0: as the path allows")    \
    X(DSCP, dscp, 26, "code", 0, 63, 0, "P", "RFC 9260 7.2.5.1")                                                               \
    X(SENDER_DRY, sender_dry, 27, "bool", 0, 1, 0, "A", "whether HAWSER_SENDER_DRY is told")                                   \
    X(NAT, nat, 28, "bool", 0, 1, 0, "E", "list no addresses in INIT and INIT ACK (3.3.2.1.2)")                                \
    X(GUARD, shutdown_guard, 29, "us", 0, 86400000000, 0, "A", "RFC 9260 9.2: T5; 0 is five times rto_max")                    \
    X(PRIMARY, primary_path, 30, "path", 1, 4294967295, 1, "A", "RFC 9260 11.1.6: number of the primary path")                 \
    X(IPV4, ipv4, 31, "bool", 0, 1, 1, "E", "RFC 9260 5.1.2: IPv4 addresses may be used")                                      \
    X(IPV6, ipv6, 32, "bool", 0, 1, 1, "E", "RFC 9260 5.1.2: IPv6 addresses may be used")                                      \
    X(SHARED_ADDRESS, shared_address, 75, "bool", 0, 1, 0, "S", "no answer for ports without endpoint: other stacks have them")\
    X(UDP_PORT, udp_port, 76, "port", 0, 65535, 0, "P", "RFC 6951 5.1: of the peer, on paths that there are; 0: plain IP")     \
    X(PRIVATE_SCOPE, private_scope, 77, "bool", 0, 1, 1, "S", "private addresses are nothing to a peer with a global one")     \
    X(PARTIAL_RELIABILITY, partial_reliability, 33, "bool", 0, 1, 1, "E", "RFC 3758: FORWARD TSN is offered")                  \
    X(INTERLEAVING, interleaving, 34, "bool", 0, 1, 0, "E", "RFC 8260: I-DATA is offered")                                     \
    X(RECONFIGURATION, reconfiguration, 35, "bool", 0, 1, 1, "E", "RFC 6525: RE-CONFIG is offered")                            \
    X(AUTHENTICATION, authentication, 36, "bool", 0, 1, 0, "E", "RFC 4895: AUTH is offered")                                   \
    X(DYNAMIC_ADDRESSES, dynamic_addresses, 37, "mode", 0, 2, 0, "E", "RFC 5061: ASCONF is offered; 2: without AUTH")     \
    X(ECN, ecn, 38, "bool", 0, 1, 1, "E", "RFC 4960 A: ECN is offered where the carrier reads and sets the bits")              \
    X(ZERO_CHECKSUM, zero_checksum, 39, "bool", 0, 1, 0, "E", "RFC 9653: offered where the carrier finds damage by itself")    \
    X(SCHEDULER, scheduler, 45, "number", 0, 5, 0, "A", "RFC 8260 3: enum hawser_scheduler")                                   \
    X(RECONFIGURATION_ALLOWED, reconfiguration_allowed, 50, "bits", 0, 7, 5, "A", "RFC 6525 6.3.1: HAWSER_ALLOW_")             \
    X(STREAMS_OUT_MAX, streams_out_max, 51, "streams", 1, 65535, 65535, "A", "RFC 6525 5.2.6: what a peer may make of it")     \
    X(HMACS, hmac_choice, 55, "choice", 0, 2, 0, "E", "RFC 4895 3.3: 0 prefers SHA-256, 1 prefers SHA-1, 2 is SHA-1 alone")     \
    X(AUTO_ASCONF, auto_asconf, 60, "bool", 0, 1, 0, "A", "RFC 6458 8.1.23: the machine's addresses are followed")             \
    X(ADAPTATION, adaptation, 61, "code", -1, 4294967295, -1, "E", "RFC 5061 4.2.6: told to the peer; -1: nothing")            \
    X(PF_THRESHOLD, path_pf_threshold, 65, "times", 0, 65535, 0, "P", "RFC 7829 3.2: PFMR; path_max_retrans or more is off")   \
    X(PF_EXPOSED, pf_exposed, 66, "bool", 0, 1, 1, "A", "RFC 7829 7.3: the user sees potentially failed paths as such")        \
    X(PRIMARY_SWITCHOVER, primary_switchover, 67, "times", 0, 65535, 65535, "P", "RFC 7829 5: PSMR, not below PFMR")           \
    X(PMTU_DISCOVERY, pmtu_discovery, 68, "bool", 0, 1, 1, "P", "RFC 8899: the path MTU is searched for")                      \
    X(MTU_MAX, mtu_max, 69, "bytes", 576, 65535, 1500, "P", "RFC 8899 5.1.2: MAX_PLPMTU; never below path_mtu")                \
    X(PMTU_PROBE, pmtu_probe_interval, 70, "us", 1000000, 86400000000, 20000000, "A", "RFC 8899 5.1.1: PROBE_TIMER")           \
    X(PMTU_RAISE, pmtu_raise_interval, 71, "us", 1000000, 86400000000, 600000000, "A", "RFC 8899 5.1.1: PMTU_RAISE_TIMER")

/* Stream schedulers (RFC 8260 3), numbered as Linux does; with DATA a message that was begun is finished first. */
enum hawser_scheduler {
    HAWSER_SCHEDULER_FCFS = 0,         /* first come, first served */
    HAWSER_SCHEDULER_PRIORITY = 1,     /* the stream of the lowest value; equal ones by turns */
    HAWSER_SCHEDULER_ROUND_ROBIN = 2,  /* a message, or with I-DATA a chunk, of each stream by turns */
    HAWSER_SCHEDULER_FAIR = 3,         /* as many bytes for each stream (3.5) */
    HAWSER_SCHEDULER_WEIGHTED = 4,     /* bytes in proportion to the streams' values (3.6); 0 counts as 1 */
    HAWSER_SCHEDULER_ROUND_ROBIN_PACKET = 5 /* a packet of each stream by turns (3.3) */
};

enum hawser_setting {
#define HAWSER_SETTING_ENUM(NAME, name, number, unit, min, max, standard, scope, section) HAWSER_SET_##NAME = (number),
    HAWSER_SETTINGS(HAWSER_SETTING_ENUM)
#undef HAWSER_SETTING_ENUM
    HAWSER_SETTING_MAX = 95 /* numbers have gaps, so that what belongs together stays together */
};

enum { /* row numbers: how many settings there are */
#define HAWSER_SETTING_ROW(NAME, name, number, unit, min, max, standard, scope, section) HAWSER_SETTING_ROW_##NAME,
    HAWSER_SETTINGS(HAWSER_SETTING_ROW)
#undef HAWSER_SETTING_ROW
    HAWSER_SETTING_COUNT
};

struct hawser_setting_info {
    int number;
    const char *name, *unit, *scope, *section;
    int64_t min, max, standard;
};

/* The table above at run time: row 0 to HAWSER_SETTING_COUNT - 1, else NULL. Static storage. */
HAWSER_API const struct hawser_setting_info *hawser_setting_info(int row);
/* The row of a number (HAWSER_SET_), or NULL. */
HAWSER_API const struct hawser_setting_info *hawser_setting_by_number(int number);

/* Sets or gets a setting of the stack's defaults (id 0), an endpoint or an association. `path`: 0, or the number of one of the
 * association's paths for settings of scope P (0 sets all present and future ones). Settings of scope E are fixed once an
 * association exists. OPTION, RANGE, GONE, STATE (has ended), PATH, READ_ONLY, ARGUMENT, NO_MEMORY. */
HAWSER_API int hawser_set(hawser *stack, hawser_time now, hawser_id id, uint32_t path, int setting, int64_t value);
HAWSER_API int hawser_get(hawser *stack, hawser_id id, uint32_t path, int setting, int64_t *value);

/* A stream's value for the scheduler (RFC 8260 4.3.3): its priority, 0 being the highest, or its weight. 0 at first; kept while
 * the association lives. GONE, STREAM, STATE (has ended), NO_MEMORY, ARGUMENT. */
HAWSER_API int hawser_set_stream_value(hawser *stack, hawser_id association, uint16_t stream, uint16_t value);
HAWSER_API int hawser_get_stream_value(hawser *stack, hawser_id association, uint16_t stream, uint16_t *value);

/* ---- dynamic addresses (RFC 5061) ------------------------------------------------------------------------------ */

/* With the setting `dynamic_addresses` 1 ASCONF is offered together with AUTH, as the RFC wants it: the setting `authentication`
 * must be 1, too, or ASCONF is not offered. With 2 it does without AUTH, for carriers that authenticate by themselves (RFC 8261).
 * What the peer changes comes as HAWSER_PATH_CHANGED. Endpoints without addresses of their own have those that the stack is told
 * of (HAWSER_REPORT_ADDRESS_UP and _DOWN; hawser_loop_follow_addresses does so); with the setting `auto_asconf` their
 * associations ask for additions and removals by themselves as these come and go. */

/* Tells the peer of one more address of ours. It is used once the peer has agreed: HAWSER_ADDRESS_CHANGED says so, or why not. An
 * unspecified address (0.0.0.0, ::) stands for the one that the packet will come from, as a NAT shows it.
 * On an endpoint: it names the address from now on, and all its associations that can are asked to.
 * At most 32 requests wait, or were answered and not read.
 * GONE, ARGUMENT, ADDRESS, EXISTS (it has it), IN_USE (endpoint: another one has it), STATE (not established, closing; the peer
 * cannot or did not agree to it in set-up; endpoint: it has no addresses of its own), LIMIT, NO_MEMORY. */
HAWSER_API int hawser_add_address(hawser *stack, hawser_time now, hawser_id id, const struct hawser_address *address);

/* Takes an address of ours back; nothing is sent from it any more once the peer is told. The unspecified address: all but the
 * one that the packet will come from. The last one cannot be. As above; ADDRESS: it is not ours, or the last. */
HAWSER_API int hawser_remove_address(hawser *stack, hawser_time now, hawser_id id, const struct hawser_address *address);

/* Asks the peer to send to this address of ours if it can. As above. */
HAWSER_API int hawser_set_peer_primary(hawser *stack, hawser_time now, hawser_id id, const struct hawser_address *address);

/* Asks for a HEARTBEAT on a path (0: the primary) now (11.1.10). GONE, PATH, STATE. */
HAWSER_API int hawser_heartbeat(hawser *stack, hawser_time now, hawser_id association, uint32_t path);

/* ---- reconfiguration (RFC 6525) ------------------------------------------------------------------------------- */

/* Setting reconfiguration_allowed: which requests of the peer are granted; others are denied. Resets of streams and more of them
 * are granted by default: data channels (RFC 8831) end by a reset and grow by more streams, and neither costs anything before it
 * is used. SSN/TSN resets are not: nobody needs them, and they hold up all streams. RFC 6525 6.3.1 denies all by default, for
 * programs that look at SSNs may not expect them to fall: a sockets interface has to. */
#define HAWSER_ALLOW_STREAM_RESET 1u
#define HAWSER_ALLOW_ASSOCIATION_RESET 2u
#define HAWSER_ALLOW_ADDED_STREAMS 4u

#define HAWSER_RESET_OUTGOING 1u
#define HAWSER_RESET_INCOMING 2u

/* Resets streams: their numbering begins at 0 again. `streams` (borrowed; none: all) are numbers of outgoing streams, of incoming
 * ones, or of both, as `directions` (HAWSER_RESET_) says. HAWSER_STREAMS_RESET follows, one for each direction.
 *
 * What was sent on the streams before is delivered before. An outgoing reset waits until all of it is acknowledged, and
 * hawser_send on these streams says WOULD_BLOCK until there is an outcome (then the association becomes WRITABLE); others go on.
 * An incoming reset asks the peer to do the same.
 *
 * One request of these three calls can be under way at a time, one that the peer asked us for included: BUSY.
 * GONE, STATE (not established), UNSUPPORTED (not agreed on), BUSY, STREAM (no such stream), UNFINISHED (a message begun with
 * HAWSER_SEND_MORE has no end), TOO_BIG (more streams than one packet names: 1,200 bytes take 580 in one direction, half as many
 * in both), LIMIT (too many outcomes are unread), ARGUMENT, NO_MEMORY. */
HAWSER_API int hawser_reset_streams(hawser *stack, hawser_time now, hawser_id association, uint32_t directions,
                                    const uint16_t *streams, size_t stream_count);

/* Resets all streams of both directions and the TSNs. HAWSER_ASSOCIATION_RESET follows. Waits, as above, until nothing is queued
 * or in flight. Errors as above; BUSY also within 30 seconds after the last one (5.1.4). */
HAWSER_API int hawser_reset_association(hawser *stack, hawser_time now, hawser_id association);

/* Adds streams to those that we (`outgoing`) and that the peer (`incoming`) may use. HAWSER_STREAMS_CHANGED follows, one for each
 * direction; new outgoing streams can be used from then on. Errors as above; RANGE: there would be more than 65,535, or more
 * incoming ones than streams_in_max. */
HAWSER_API int hawser_add_streams(hawser *stack, hawser_time now, hawser_id association, uint16_t outgoing, uint16_t incoming);

/* ---- status --------------------------------------------------------------------------------------------------- */

enum hawser_state {
    HAWSER_CLOSED = 1, /* numbers and names of RFC 3873, sctpAssocState */
    HAWSER_COOKIE_WAIT,
    HAWSER_COOKIE_ECHOED,
    HAWSER_ESTABLISHED,
    HAWSER_SHUTDOWN_PENDING,
    HAWSER_SHUTDOWN_SENT,
    HAWSER_SHUTDOWN_RECEIVED,
    HAWSER_SHUTDOWN_ACK_SENT
};

/* "ESTABLISHED" and the like; static storage. */
HAWSER_API const char *hawser_state_name(int state);

struct hawser_status {
    size_t size;
    uint32_t state;                /* enum hawser_state; CLOSED once it has ended */
    uint16_t local_port, peer_port;
    uint32_t local_tag, peer_tag;
    uint16_t streams_out, streams_in;
    uint32_t primary_path;         /* 0 before one is known */
    uint32_t data_path;            /* where new data goes now */
    uint32_t path_count;
    uint32_t peer_rwnd;            /* what the peer can take, as far as we know */
    uint32_t a_rwnd;               /* what we would advertise now */
    uint32_t fragment_size;        /* largest payload of a DATA chunk now */
    uint32_t in_flight;            /* DATA chunks sent and not acknowledged by the cumulative TSN */
    uint32_t error_count;
    uint64_t queued_messages;      /* accepted, not yet acknowledged whole */
    uint64_t queued_bytes;         /* of them, with overhead */
    uint64_t inbox_bytes;          /* held for the receiver, with overhead */
    uint64_t memory;               /* all bytes held for this association */
    hawser_time since;             /* when it was established; 0 before */
    uint32_t reconfiguring;        /* requests of ours, or of the peer that wait for us, without an outcome yet (RFC 6525) */
};

enum hawser_mtu_state { /* RFC 8899 5.2 */
    HAWSER_MTU_DISABLED = 1, /* it only falls, by reports and by suspicion */
    HAWSER_MTU_BASE,         /* is a safe size carried? */
    HAWSER_MTU_SEARCHING,    /* is a larger one? */
    HAWSER_MTU_COMPLETE,     /* until pmtu_raise_interval is over, or large packets vanish */
    HAWSER_MTU_ERROR         /* not even the safe size passes */
};

struct hawser_path_status {
    size_t size;
    uint32_t number;               /* stable: never used again within the association */
    uint32_t state;                /* enum hawser_path_state */
    struct hawser_address remote, local;
    uint32_t mtu, cwnd, ssthresh, partial_bytes_acked, flight;
    uint32_t error_count;
    hawser_time srtt, rttvar, rto; /* srtt 0: not measured yet */
    uint32_t mtu_state;            /* enum hawser_mtu_state */
};

/* GONE, ARGUMENT. */
HAWSER_API int hawser_status(hawser *stack, hawser_id association, struct hawser_status *status);

/* The association's path of index 0 to path_count - 1. GONE, PATH, ARGUMENT. */
HAWSER_API int hawser_path_status(hawser *stack, hawser_id association, uint32_t index, struct hawser_path_status *status);

/* Local SCTP port of an endpoint; 0 if it is gone. */
HAWSER_API uint16_t hawser_port(hawser *stack, hawser_id endpoint);

/* ---- counters ------------------------------------------------------------------------------------------------- */

/* name, what it counts. The first group has RFC 3873's names (without sctp). All count from the stack's making. */
#define HAWSER_COUNTERS(X)                                                                                         \
    X(CurrEstab, "associations now in ESTABLISHED, SHUTDOWN-RECEIVED or SHUTDOWN-PENDING")                         \
    X(ActiveEstabs, "associations that we started and that came up")                                               \
    X(PassiveEstabs, "associations that a peer started and that came up")                                          \
    X(Aborteds, "associations that ended by ABORT or loss, from either side")                                      \
    X(Shutdowns, "associations that ended gracefully")                                                             \
    X(OutOfBlues, "packets that belong to no association (8.4)")                                                   \
    X(ChecksumErrors, "packets whose CRC32c was wrong")                                                            \
    X(OutCtrlChunks, "control chunks sent")                                                                        \
    X(OutOrderChunks, "ordered DATA chunks sent, without retransmissions")                                         \
    X(OutUnorderChunks, "unordered DATA chunks sent, without retransmissions")                                     \
    X(InCtrlChunks, "control chunks received")                                                                     \
    X(InOrderChunks, "ordered DATA chunks received, without duplicates")                                           \
    X(InUnorderChunks, "unordered DATA chunks received, without duplicates")                                       \
    X(FragUsrMsgs, "messages that had to be fragmented")                                                           \
    X(ReasmUsrMsgs, "messages that were put together from fragments")                                              \
    X(OutSCTPPacks, "packets sent, without answers outside of an association")                                     \
    X(InSCTPPacks, "packets received, bad ones included")                                                          \
    X(RetransChunks, "DATA chunks sent again")                                                                     \
    X(FastRetransmits, "DATA chunks marked by three miss indications (7.2.4)")                                     \
    X(T3Expirations, "retransmission time-outs")                                                                   \
    X(OutBytes, "bytes of user data sent, without retransmissions")                                                \
    X(InBytes, "bytes of user data taken, what was reneged included")                                              \
    X(OutMessages, "messages accepted by send")                                                                    \
    X(InMessages, "messages put into inboxes, whole or their beginnings")                                          \
    X(DuplicateTsns, "DATA chunks received again")                                                                 \
    X(Tiny, "packets too short for a header and a chunk")                                                          \
    X(Malformed, "packets dropped for their form: ports, tags, chunk lengths, bundling rules")                     \
    X(BadTags, "packets dropped for their verification tag (8.5)")                                                 \
    X(Truncated, "chunks dropped because the packet ends inside them")                                             \
    X(UnknownChunks, "chunks of unknown type")                                                                     \
    X(UnknownParameters, "parameters of unknown type")                                                             \
    X(Unexpected, "chunks dropped because the state does not expect them")                                         \
    X(BadCookies, "COOKIE ECHO chunks that we did not make")                                                       \
    X(StaleCookies, "COOKIE ECHO chunks that came too late")                                                       \
    X(AnswersDropped, "answers outside of an association for which there was no room")                             \
    X(EchoesDropped, "HEARTBEAT ACK and ERROR chunks for which there was no room")                                 \
    X(BacklogFull, "INIT or COOKIE ECHO chunks refused because nobody took what had arrived")                      \
    X(WindowDrops, "DATA chunks dropped because the window was full")                                              \
    X(MemoryDrops, "chunks dropped for want of memory")                                                            \
    X(Reneged, "DATA chunks given up after they were reported in a gap block")                                     \
    X(ReportsIgnored, "reports (ICMP) that fitted no association")                                                 \
    X(CongestionSeen, "packets with DATA that came marked CE (ECN)")                                               \
    X(EcnReductions, "congestion windows reduced because the peer saw CE marks")                                   \
    X(ZeroChecksums, "packets taken without a checksum (RFC 9653)")                                                \
    X(OutAsconfs, "ASCONF chunks sent, repeated ones included")                                                    \
    X(InAsconfs, "ASCONF chunks of the peer that were carried out")                                                \
    X(AsconfRefusals, "requests of the peer in ASCONF chunks that were refused")                                   \
    X(AddressesAdded, "addresses that peers added to associations")                                                \
    X(AddressesRemoved, "addresses that peers removed from associations")                                          \
    X(Authenticated, "packets whose AUTH chunk proved what is behind it")                                          \
    X(AuthErrors, "AUTH chunks that proved nothing: wrong HMAC, unknown key, or a second one")                     \
    X(Unauthenticated, "chunks dropped because they must be authenticated and were not")                           \
    X(Restarts, "associations that the peer restarted")                                                            \
    X(PathMtuProbes, "probes of a path's MTU sent (RFC 8899)")                                                     \
    X(BlackHoles, "times that a path's MTU was given up because large packets vanished")                           \
    X(Faults, "associations aborted for an internal contradiction")                                                \
    X(AbandonedUnsent, "messages given up by their policy before any part was sent (RFC 7496 4.4)")                \
    X(AbandonedSent, "messages given up by their policy after a part was sent")                                    \
    X(OutForwardTsns, "FORWARD TSN and I-FORWARD-TSN chunks sent")                                                 \
    X(InForwardTsns, "FORWARD TSN and I-FORWARD-TSN chunks received")                                              \
    X(StaleForwardTsns, "of them, those that were out of date or too far ahead")                                   \
    X(OutReconfigs, "RE-CONFIG requests sent, without retransmissions")                                            \
    X(InReconfigs, "RE-CONFIG requests received, repeated ones included")                                          \
    X(ReconfigTimeouts, "RE-CONFIG requests sent again")                                                           \
    X(Reconfigured, "reconfigurations that came about, whoever asked for them")                                    \
    X(ReconfigsRefused, "RE-CONFIG requests of the peer that were answered with a denial or an error")

enum hawser_counter {
#define HAWSER_COUNTER_ENUM(name, text) HAWSER_COUNT_##name,
    HAWSER_COUNTERS(HAWSER_COUNTER_ENUM)
#undef HAWSER_COUNTER_ENUM
    HAWSER_COUNTER_COUNT
};

/* A counter of the stack (id 0) or of an association; 0 for what does not exist. */
HAWSER_API uint64_t hawser_counter(hawser *stack, hawser_id id, int counter);

/* "OutSCTPPacks" and the like, or NULL; static storage. */
HAWSER_API const char *hawser_counter_name(int counter);

/* Bytes that the stack holds now. */
HAWSER_API uint64_t hawser_memory(const hawser *stack);

#ifdef __cplusplus
}
#endif
#endif
