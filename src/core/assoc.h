/* SPDX-License-Identifier: MIT
 *
 * An association: named parts, each with its file, and the functions by which the files of core/ talk. Handlers change the
 * association and mark what is owed; output.c alone builds packets.
 */
#ifndef HW_ASSOC_H
#define HW_ASSOC_H

#include "core/path.h"
#include "core/receive/receive.h"
#include "core/reconfig.h"
#include "core/send/send.h"
#include "core/setup.h"

/* ---- local addresses (locals.c) ----------------------------------------------------------------------------------- */

enum hw_local_state {
    HW_LOCAL_USABLE,
    HW_LOCAL_ADDING,  /* the peer is being told: a source for ASCONF alone until it has agreed (RFC 5061 5.3 F1) */
    HW_LOCAL_DELETING /* no source for anything; what comes to it is still ours (F4) */
};

struct hw_local {
    struct hawser_address address;
    uint8_t state; /* enum hw_local_state */
};

/* The endpoint's, or the stack's, or else the one that the peer has seen. The stack's that came after the peer was `told` of them
 * are none: it would take packets from there as out of the blue. False: no memory. */
bool hw_locals_set(struct hw_assoc *assoc, const struct hw_endpoint *endpoint, hawser_time told,
                   const struct hawser_address *seen, const struct hawser_address *remotes, unsigned remote_count);
/* No address was listed: the peer knows this one and would take packets from any other as out of the blue. False: no memory. */
bool hw_locals_learn(struct hw_assoc *assoc, const struct hawser_address *seen);
void hw_locals_free(struct hw_assoc *assoc);
struct hw_local *hw_local_find(const struct hw_assoc *assoc, const struct hawser_address *address);
/* Adds it, or changes its state; NULL: no memory, or too many. */
struct hw_local *hw_local_add(struct hw_assoc *assoc, const struct hawser_address *address, enum hw_local_state state);
void hw_local_remove(struct hw_assoc *assoc, const struct hawser_address *address);
/* The machine has it, as far as the stack was told. */
bool hw_local_there(const struct hw_assoc *assoc, const struct hawser_address *address);
/* The machine does not have it any more: the peer is told, or paths that went out from it use another one, under unknown
 * conditions (RFC 9260 7.2.5.2). */
void hw_local_left(struct hw_assoc *assoc, const struct hawser_address *address);
/* Those that the peer knows and that stay. Returns how many. */
unsigned hw_locals_usable(const struct hw_assoc *assoc, struct hawser_address addresses[HW_LOCALS_MAX]);
/* An address of this family can be reached from one that the peer knows. */
bool hw_locals_reach(const struct hw_assoc *assoc, uint8_t family);
/* All that there were of the family are being taken back. */
bool hw_locals_leaving(const struct hw_assoc *assoc, uint8_t family);
/* A path whose local address is not usable any more gets another, or is silent for want of one. */
void hw_locals_settle(struct hw_assoc *assoc);
/* A local address that a peer can be told of: of a family that is on, and of its own scope. */
bool hw_local_listable(const struct hawser_address *local, const struct hw_settings *settings,
                       const struct hawser_address *remote);
/* The local address for a path: the most alike, then the least used, so that paths are as divergent as may be (6.4.1). */
void hw_local_choose(const struct hw_assoc *assoc, const struct hawser_address *remote, const struct hawser_address *avoid,
                     struct hawser_address *local);

/* ---- echoes (echo.c): HEARTBEAT ACK and ERROR chunks that wait to go -------------------------------------------- */

struct hw_echo {
    struct hw_echo *next;
    uint16_t size; /* of the chunk, padded, which lies behind */
    uint8_t path;
};

/* ---- inbox (event.c) --------------------------------------------------------------------------------------------- */

enum hw_notice_kind {
    HW_NOTICE_UP,
    HW_NOTICE_RESTARTED,
    HW_NOTICE_ADAPTATION,
    HW_NOTICE_REMOTE_ERROR,
    HW_NOTICE_PEER_SHUTDOWN,
    HW_NOTICE_SENDER_DRY,
    HW_NOTICE_KEY,
    HW_NOTICE_COUNT
};

struct hw_inbox {
    struct hw_notice notices[HW_NOTICE_COUNT];
    struct hw_link changes;
    uint32_t shown_messages, shown_failed;
    struct hw_outcome *outcomes, **outcomes_end; /* of reconfigurations, in order */
    uint32_t outcome_count, shown_outcomes;      /* the count has those that are yet to come, too */
    bool ended_shown;
    bool noticing;           /* some notice may be raised or shown: nearly never, and then none is looked for */
    uint16_t error_code, end_code;
    uint8_t end_reason;      /* enum hawser_end_reason; 0: lives */
    uint16_t error_size, end_size;
    uint8_t *error_data, *end_data; /* HW_ERROR_DATA_MAX bytes when there are any */
};

/* ---- dynamic addresses (asconf.c, asconf_peer.c; RFC 5061) ---------------------------------------------------------- */

/* What the peer shall be asked for, in the order of asking. */
struct hw_asconf_request {
    struct hw_change change;      /* its outcome */
    struct hw_link link;          /* asconf.requests */
    struct hawser_address address;
    hawser_time asked;            /* when */
    uint32_t correlation;         /* in the chunk that is outstanding; 0: it waits */
    uint8_t operation;            /* enum hawser_address_operation */
    bool automatic;               /* the user did not ask, and is not told */
    bool refused;
    uint16_t cause;               /* why */
};

/* A local address that the peer has agreed to remove. */
struct hw_left {
    struct hawser_address address;
    hawser_time until;            /* so long it is taken for ours: something may be on its way (5.3) */
};

/* An ASCONF-ACK as it was sent. */
struct hw_asconf_ack {
    struct hw_asconf_ack *next;
    uint32_t serial;
    uint16_t room, size;          /* the chunk lies behind */
    bool owed;
};

struct hw_asconf {
    struct hw_link requests;
    uint8_t request_count;        /* all of them, and those whose outcome nobody has read */
    uint8_t path;                 /* where the chunk goes now */
    bool outstanding, owed;       /* the chunk is under way; it shall be sent (again) */
    bool replies_owed;
    bool addresses_refused, primary_refused; /* the peer does not know such requests (5.3 F3, 5.1 A9) */
    uint8_t ack_count;
    uint16_t chunk_size;
    uint8_t *chunk;               /* as it was sent; HW_ASCONF_SIZE_MAX bytes */
    uint32_t serial;              /* of the chunk that is outstanding, or of the next */
    uint32_t correlation;         /* the last that was given */
    uint32_t peer_serial;         /* of the last that was processed */
    struct hawser_address source; /* of the chunk that is outstanding */
    struct hw_left *left;         /* the last HW_LEFT_MAX; NULL: none was ever removed */
    uint8_t left_next;            /* which is overwritten next */
    struct hw_asconf_ack *acks;   /* oldest first */
    struct hawser_address reply_to, reply_from; /* 5.2 E6: where the request came from, a path's or not */
};

/* Agreed on in set-up, or again: serial numbers begin where TSNs do. */
/* `told`: when the peer was told of our addresses. */
void hw_asconf_start(struct hw_assoc *assoc, uint32_t initial_tsn, uint32_t peer_initial_tsn, hawser_time told);
void hw_asconf_established(struct hw_assoc *assoc);
void hw_asconf_free(struct hw_assoc *assoc);
void hw_asconf_request_free(struct hw_assoc *assoc, struct hw_asconf_request *request);
/* Writes the ASCONF that is owed and says which way and from where, or NULL. */
struct hw_path *hw_asconf_write(struct hw_assoc *assoc, struct hw_writer *writer, struct hawser_address *local);
void hw_asconf_acked(struct hw_assoc *assoc, const struct hw_tlv *chunk);
/* The peer answered with an ERROR: it does not know ASCONF after all. */
void hw_asconf_not_understood(struct hw_assoc *assoc);
void hw_t4_expired(struct hw_assoc *assoc);
/* The machine got an address, or lost one. True: the association has seen to it. */
void hw_asconf_address_up(struct hw_assoc *assoc, const struct hawser_address *address);
bool hw_asconf_address_down(struct hw_assoc *assoc, const struct hawser_address *address);
/* The peer has its first address of a family: what it may have refused for want of one it is asked for again. */
void hw_asconf_ask_again(struct hw_assoc *assoc, uint8_t family);
/* The peer is to remove this local address, or has: an ABORT that comes there says nothing. */
bool hw_asconf_removes(struct hw_assoc *assoc, const struct hawser_address *address);
/* What comes to this local address is not the association's any more. */
bool hw_asconf_left(const struct hw_assoc *assoc, const struct hawser_address *address);
/* The peer's side (asconf_peer.c) */
void hw_asconf_received(struct hw_assoc *assoc, struct hw_packet *packet, const struct hw_tlv *chunk);
/* 5.2 D2: a packet whose tag and ports fit, from an address that is not the association's, may be its peer's all the same. */
bool hw_asconf_finds(const struct hw_assoc *assoc, struct hw_packet *packet, struct hw_cursor cursor);
/* The answers that are owed to the path, in one packet. */
void hw_asconf_acks_write(struct hw_assoc *assoc, struct hw_writer *writer);
/* Bytes of the first answer that is owed; 0: none is. */
size_t hw_asconf_answer_size(const struct hw_assoc *assoc);
void hw_asconf_acks_free(struct hw_assoc *assoc);

/* ---- the association ----------------------------------------------------------------------------------------------- */

enum hw_timer { HW_T1, HW_T2, HW_T5, HW_SACK_TIMER, HW_RECONFIG_TIMER, HW_T4, HW_TIMER_COUNT };

/* What is owed, beyond SACKs, heartbeats and echoes. */
enum {
    HW_OWE_INIT = 1,
    HW_OWE_COOKIE_ECHO = 2,
    HW_OWE_COOKIE_ACK = 4,
    HW_OWE_SHUTDOWN = 8,
    HW_OWE_SHUTDOWN_ACK = 16,
    HW_OWE_ABORT = 32,            /* farewell: the last packet */
    HW_OWE_SHUTDOWN_COMPLETE = 64, /* farewell */
    HW_OWE_RECONFIG_REQUEST = 0x10000,
    HW_OWE_RECONFIG_ANSWER = 0x20000,
    HW_OWE_PROBE = 0x1000000 /* of some path's MTU, in a packet of its own */
};

/* ecn.c */
struct hw_ecn {
    bool echoing;      /* a CE mark came, and no CWR for it yet: each SACK has an ECNE before it */
    bool cwr_owed, cwr_known;
    uint32_t echo_tsn; /* lowest TSN of the packet that was marked last */
    uint32_t cwr_tsn;  /* highest that an ECNE told of, if cwr_known */
};

struct hw_setup {
    uint32_t initial_tsn;         /* ours */
    uint32_t tie_local, tie_peer; /* 5.2.2; 0: never made */
    uint32_t offered;             /* HW_EXT_, in our INIT */
    uint16_t retries, stale;
    uint32_t preserve_ms;         /* Cookie Preservative to ask for */
    uint8_t *cookie;              /* the peer's, while COOKIE-ECHOED */
    uint32_t cookie_size;
    hawser_time sent_at;          /* INIT or COOKIE ECHO, sent once: for the first RTT */
    hawser_time heard_at;         /* from when the peer's tag is: its INIT ACK came, or the INIT that its cookie was made for */
    bool timed;
};

struct hw_assoc {
    struct hw_object object;
    hawser *stack;
    struct hw_account account;
    struct hw_heap_node deadline;
    struct hw_node by_tag;
    struct hw_link link, output_link, arrival_link;
    hawser_id endpoint;           /* whose backlog it waits in, or was */
    struct hw_settings *settings;

    uint8_t state;                /* enum hawser_state; CLOSED: has ended */
    bool listed;                  /* in the tables */
    bool outgoing;                /* we sent the INIT */
    bool wild;                    /* its endpoint names no addresses */
    bool adapted;                 /* `adaptation` is to be told */
    bool orphan;                  /* its id is gone: freed after its last packet */
    bool closing;                 /* the user asked for a shutdown */
    uint8_t init_path;            /* index of the path that INIT, COOKIE ECHO, SHUTDOWN go to now */
    uint8_t reply_path;           /* where COOKIE ACK and SHUTDOWN ACK go */
    uint8_t sack_path;            /* where DATA came from last */
    uint8_t path_count, primary, data_path;
    uint16_t port, peer_port;
    uint32_t tag, peer_tag;
    uint32_t extensions;          /* HW_EXT_ that are used */
    struct hw_ecn ecn;
    uint32_t adaptation;          /* the peer's indication (RFC 5061 4.2.6) */
    uint32_t owed;
    uint16_t streams_in;          /* that the peer may use */
    uint16_t init_streams_out;    /* that we ask for */
    uint32_t fragment_rwnd;       /* peer's first a_rwnd: bounds fragments */
    uint32_t fragment_size;       /* hw_fragment_size */
    uint32_t error_count;
    uint32_t shutdown_retries;
    bool probe_due;               /* a zero window probe may go (6.1 A) */
    bool sacked_since_probe;
    bool room_filled;             /* the last chunk was cut to what was left of the window (6.1 A, silly window) */
    hawser_time since, hb_burst_at;
    uint32_t hb_burst;            /* probes of unconfirmed paths sent since hb_burst_at */
    hawser_time timers[HW_TIMER_COUNT];

    struct hw_local *locals;
    uint8_t local_count, local_room;
    struct hw_path *paths[HW_PATHS_MAX];
    uint32_t next_path_number;

    bool forward_due;             /* a FORWARD TSN is owed (forward_tsn.c) */
    uint8_t forward_path;         /* index of the path that it goes to, unless it can go with something else */
    hawser_time forward_at;       /* when the last was sent */

    struct hw_setup setup;
    struct hw_auth *auth;         /* NULL: AUTH is not offered here */
    struct hw_asconf asconf;
    struct hw_send send;
    struct hw_receive receive;
    struct hw_inbox inbox;
    struct hw_reconfig reconfig;
    struct hw_echo *echoes, **echoes_end;
    uint32_t echo_bytes;
    uint8_t *reason;              /* of the ABORT to send: a whole cause, HAWSER_REASON_MAX + 4 at most */
    uint16_t reason_size;
    uint64_t counters[HAWSER_COUNTER_COUNT];
};

static inline int64_t hw_setting(const struct hw_assoc *assoc, int setting) { return assoc->settings->value[setting]; }
/* Counts for the association and for the stack. */
#define HW_COUNT_BY(assoc, name, by)                                                                                             \
    ((assoc)->counters[HAWSER_COUNT_##name] += (by), (assoc)->stack->counters[HAWSER_COUNT_##name] += (by))
#define HW_COUNT_OF(assoc, name) HW_COUNT_BY(assoc, name, 1)
/* Where new data goes: the primary if it is active, else one other that is (8.2). Never NULL once there is a path. */
struct hw_path *hw_path_but_primary(struct hw_assoc *assoc);
static inline struct hw_path *hw_path_for_data(struct hw_assoc *assoc) {
    struct hw_path *primary = assoc->paths[assoc->primary];
    if (HW_UNLIKELY(!hw_path_usable(primary)))
        return hw_path_but_primary(assoc);
    assoc->data_path = assoc->primary;
    return primary;
}
static inline struct hw_assoc *hw_assoc_of(struct hw_object *object) { return HW_OWNER(object, struct hw_assoc, object); }

/* ---- life (assoc.c) */

/* An association without paths, in COOKIE-WAIT, not listed; NULL: no memory or too many. */
struct hw_assoc *hw_assoc_create(hawser *stack, struct hw_endpoint *endpoint, uint16_t peer_port, void *user);
/* Into stack->by_tag and by_peer; false: no memory. */
bool hw_assoc_list(struct hw_assoc *assoc);
void hw_assoc_unlist(struct hw_assoc *assoc);
/* Frees all of it. */
void hw_assoc_free(struct hw_assoc *assoc);
void hw_assoc_set_state(struct hw_assoc *assoc, uint8_t state);
/* It is over: out of the tables, timers off, messages failed, HAWSER_ENDED raised. Owed farewells still go. */
void hw_assoc_end(struct hw_assoc *assoc, enum hawser_end_reason reason, uint16_t code, struct hawser_span data);
/* Ends it with an ABORT of one cause. */
void hw_assoc_abort(struct hw_assoc *assoc, enum hawser_end_reason reason, uint16_t code, struct hawser_span information);
/* If something just contradicted itself: aborts it (the process goes on). */
void hw_assoc_faults(struct hw_assoc *assoc);
/* Something changed: it may have something to send, and other deadlines. Output comes to it before anything waits for them, and
 * has them told to the stack when there is nothing more to send. */
void hw_assoc_touch(struct hw_assoc *assoc);
/* Its earliest deadline is told to the stack. */
void hw_assoc_reschedule(struct hw_assoc *assoc);
/* Fires the timers that are due. */
void hw_assoc_timers(struct hw_assoc *assoc);
static inline bool hw_assoc_over(const struct hw_assoc *assoc) { return assoc->state == HAWSER_CLOSED; }
/* Being set up: our INIT or COOKIE ECHO is under way. */
static inline bool hw_assoc_forming(const struct hw_assoc *assoc) {
    return assoc->state == HAWSER_COOKIE_WAIT || assoc->state == HAWSER_COOKIE_ECHOED;
}
/* States in which DATA may be sent (6). */
static inline bool hw_assoc_sends_data(const struct hw_assoc *assoc) {
    return assoc->state == HAWSER_ESTABLISHED || assoc->state == HAWSER_SHUTDOWN_PENDING ||
           assoc->state == HAWSER_SHUTDOWN_RECEIVED;
}

/* ---- ECN (ecn.c, RFC 4960 appendix A) */

/* A packet with DATA came marked CE. */
void hw_ecn_marked(struct hw_assoc *assoc, struct hw_packet *packet);
void hw_ecne_received(struct hw_assoc *assoc, const struct hw_tlv *chunk);
void hw_cwr_received(struct hw_assoc *assoc, const struct hw_tlv *chunk);
/* ECNE, for a packet with a SACK; CWR, for any. */
void hw_ecne_write(struct hw_assoc *assoc, struct hw_writer *writer);
void hw_cwr_write(struct hw_assoc *assoc, struct hw_writer *writer);
#define HW_ECN_CHUNK_SIZE 8u
/* A window in which a mark has halved the path's cwnd: what is lost of it says nothing new (RFC 3168 6.1.2). */
static inline bool hw_ecn_covers(const struct hw_path *path, uint32_t tsn) {
    return path->ecn_reduced && hw_tsn_at_most(tsn, path->ecn_tsn);
}

/* ---- AUTH (auth.h, RFC 4895) */

/* Bytes that AUTH takes in a packet with anything that the peer wants to be authenticated. */
static inline uint32_t hw_auth_reserve(const struct hw_assoc *assoc) {
    return assoc->extensions & HW_EXT_AUTH ? assoc->auth->reserve : 0;
}
/* After a packet in or out. */
static inline void hw_auth_after(struct hw_assoc *assoc) {
    if (assoc->auth->retiring)
        hw_auth_settle(assoc);
}
/* A chunk of this type from the peer is believed only behind an AUTH; whether one was is hw_packet.authenticated. */
static inline bool hw_auth_required(const struct hw_assoc *assoc, uint8_t type) {
    return (assoc->extensions & HW_EXT_AUTH) && assoc->auth && hw_types_has(&assoc->auth->required, type);
}
/* The peer wants it so. */
static inline bool hw_auth_wanted(const struct hw_assoc *assoc, uint8_t type) {
    return (assoc->extensions & HW_EXT_AUTH) && hw_types_has(&assoc->auth->wanted, type);
}

/* ---- data (sack.c, data.c) */

void hw_data_received(struct hw_assoc *assoc, struct hw_packet *packet, const struct hw_tlv *chunk);
void hw_sack_received(struct hw_assoc *assoc, const struct hw_tlv *chunk);
/* A cumulative TSN without gap blocks (SHUTDOWN). */
void hw_cum_tsn_received(struct hw_assoc *assoc, uint32_t cum_tsn);
void hw_packet_ended(struct hw_assoc *assoc, struct hw_packet *packet);
void hw_t3_expired(struct hw_path *path);
/* Marks all that is outstanding on a path (index, or all paths: -1) to be sent again. */
void hw_mark_outstanding(struct hw_assoc *assoc, int path);
/* Marks what is outstanding on a path in DATA chunks of more than so many bytes. */
void hw_mark_oversize(struct hw_path *path, uint32_t most);
/* The largest payload of a DATA chunk. Output asks several times a packet, so it is kept; whatever it is worked out from must
 * come by hw_fragment_changed: paths and their MTU, the setting, the peer's first window. */
static inline uint32_t hw_fragment_size(const struct hw_assoc *assoc) { return assoc->fragment_size; }
uint32_t hw_fragment_work_out(const struct hw_assoc *assoc);
static inline void hw_fragment_changed(struct hw_assoc *assoc) { assoc->fragment_size = hw_fragment_work_out(assoc); }
/* Nothing is queued or in flight. */
bool hw_send_idle(const struct hw_assoc *assoc);
/* Our TSNs begin anew, and the numbers of our streams: what was in flight is forgotten, and messages that were begun fail. The
 * peer's TSNs do so, too, or have yet to begin: what ECN knows by them counts no more. */
void hw_send_anew(struct hw_assoc *assoc, uint32_t initial_tsn, uint32_t peer_rwnd, uint16_t stream_count);
/* The last message has left: the user is told so if that was asked for. */
void hw_dry_check(struct hw_assoc *assoc);
/* A record leaves or joins what is in flight on its path. */
void hw_flight_joins(struct hw_assoc *assoc, struct hw_flight *record, uint32_t tsn);
void hw_flight_leaves(struct hw_assoc *assoc, struct hw_flight *record);

/* After records have left: what is the earliest on each path, and whether its T3 still has something to watch. */
void hw_flight_settle(struct hw_assoc *assoc);

/* ---- partial reliability (forward_tsn.c) */

/* Gives a message up: it fails, its chunks are abandoned, and a FORWARD TSN is owed if the peer waits for one. `near`: an offset
 * in the ring to look for its chunks from, or how many there are. False, never where `near` is one of its chunks: no room for the
 * TSN that stands for its end; nothing has happened then. */
bool hw_abandon(struct hw_assoc *assoc, struct hw_outmsg *message, uint32_t near);
/* The chunk is not to be sent again, or the message is not to be gone on with. */
static inline bool hw_given_up(const struct hw_assoc *assoc, const struct hw_flight *record) {
    return record->message->policy && (assoc->extensions & HW_EXT_PARTIAL) && hw_flight_given_up(record, assoc->stack->now);
}
static inline bool hw_timed_out(const struct hw_assoc *assoc, const struct hw_outmsg *message) {
    return message->policy == HAWSER_POLICY_TIMED && (assoc->extensions & HW_EXT_PARTIAL) &&
           assoc->stack->now >= message->deadline;
}
/* Gives up messages that give way to one of this policy and value, which needs so many bytes more, in parts of which `open` may
 * have been taken already. False: that is not enough, and nothing was given up for nothing. */
bool hw_partial_make_room(struct hw_assoc *assoc, const struct hw_outmsg *open, uint32_t policy, uint32_t value, uint64_t bytes);
/* A SACK was dealt with (RFC 3758 3.5 C1 to C3). */
void hw_forward_sacked(struct hw_assoc *assoc);
/* T3 has expired (A5); another path may be better. */
void hw_forward_timed_out(struct hw_assoc *assoc, const struct hw_path *other);
/* Some T3 runs while the peer has something to skip (C5). */
void hw_forward_watch(struct hw_assoc *assoc);
/* Writes what is owed; there is room for HW_FORWARD_LEAST. */
void hw_forward_out(struct hw_assoc *assoc, struct hw_path *path, struct hw_writer *writer);
/* The cumulative TSN has moved on from `before`: if that took a FORWARD TSN, the peer is alive, and the path that it went by. */
void hw_forward_passed(struct hw_assoc *assoc, uint32_t before);
void hw_forward_tsn_received(struct hw_assoc *assoc, struct hw_packet *packet, const struct hw_tlv *chunk);

/* ---- close (close.c) */

/* All data is acknowledged: the next step of the shutdown, if one is under way. */
void hw_close_progress(struct hw_assoc *assoc);
void hw_shutdown_received(struct hw_assoc *assoc, const struct hw_tlv *chunk);
void hw_shutdown_acked(struct hw_assoc *assoc);
void hw_t2_expired(struct hw_assoc *assoc);
void hw_t2_start(struct hw_assoc *assoc);
void hw_abort_received(struct hw_assoc *assoc, const struct hw_packet *packet, const struct hw_tlv *chunk);

/* ---- stream reconfiguration (reconfig.c, reconfig_peer.c) */

/* Both sides' numbers begin anew; what was under way has failed. */
void hw_reconfig_start(struct hw_assoc *assoc);
/* What is under way fails: the association closes. */
void hw_reconfig_give_up(struct hw_assoc *assoc);
/* What was held back for an SSN/TSN reset goes to the inbox: the association ends. */
void hw_reconfig_release(struct hw_assoc *assoc);
/* Frees what is under way, without a word. */
void hw_reconfig_free(struct hw_assoc *assoc);
void hw_reconfig_received(struct hw_assoc *assoc, struct hw_packet *packet, const struct hw_tlv *chunk);
/* Something was acknowledged, arrived or failed: what waited for it goes on. */
void hw_reconfig_go_on(struct hw_assoc *assoc);
static inline void hw_reconfig_progress(struct hw_assoc *assoc) {
    const struct hw_reconfig *r = &assoc->reconfig;
    if (HW_UNLIKELY(r->stage == HW_RECONFIG_DRAINING || r->deferred || r->waiting.type || assoc->receive.hold.ask))
        hw_reconfig_go_on(assoc);
}
void hw_reconfig_expired(struct hw_assoc *assoc);
/* Where what is owed goes. */
struct hw_path *hw_reconfig_path(struct hw_assoc *assoc);
void hw_reconfig_write_owed(struct hw_assoc *assoc, struct hw_path *path, struct hw_writer *writer);
/* Nothing new may be sent on the stream until its reset has an outcome (A1, C2). */
bool hw_reconfig_holds(const struct hw_assoc *assoc, uint16_t stream);
/* An SSN/TSN reset is under way or was not long ago: what old packets acknowledge may be strange. */
bool hw_reconfig_renumbers(const struct hw_assoc *assoc);

/* Between the two files: */
/* Room for one more outcome, its list filled in from the packet; NULL: no memory, or too many are unread. */
struct hw_outcome *hw_outcome_make(struct hw_assoc *assoc, uint32_t type, uint32_t flags, uint32_t stream_count);
void hw_outcome_drop(struct hw_assoc *assoc, struct hw_outcome *outcome);
/* Into the inbox. */
void hw_outcome_raise(struct hw_assoc *assoc, struct hw_outcome *outcome, uint32_t flags);
/* Takes over the peer's wish as our request. */
void hw_reconfig_request(struct hw_assoc *assoc, const struct hw_request *request);
/* A response, by itself or as part of a request (E1). */
void hw_reconfig_answered(struct hw_assoc *assoc, const struct hw_reconfig_param *response);
/* ... a request of the peer that answers ours, and what we said to it. */
void hw_reconfig_answered_by_request(struct hw_assoc *assoc, const struct hw_request *ours, uint32_t result);
/* Asks whether our SSN/TSN reset is in progress still. */
void hw_reconfig_ask(struct hw_assoc *assoc);
/* The answer that is kept for a request of the peer. */
void hw_reconfig_keep_result(struct hw_reconfig *r, uint32_t number, uint32_t result);
/* Our SSNs begin at 0 and our TSNs at this one. */
void hw_reconfig_renumber(struct hw_assoc *assoc, uint32_t local);
/* Sends our request if it waits and need not any more. */
void hw_reconfig_send_drained(struct hw_assoc *assoc);
/* A list of so many streams fits a request in these directions (HAWSER_RESET_). */
bool hw_reconfig_fits(const struct hw_assoc *assoc, uint32_t stream_count, uint32_t directions);

/* ---- dispatch (dispatch.c) */

void hw_dispatch(struct hw_assoc *assoc, struct hw_packet *packet, struct hw_cursor cursor);

/* ---- output (output.c) */

/* Builds the next packet or train; 0: nothing to send. May free the association (its farewell is said). */
size_t hw_output_assoc(struct hw_assoc *assoc, struct hawser_departure *departure);

/* ---- echoes (echo.c) */

/* Queues a chunk of `type` made of `head` and `body`; dropped and counted beyond the limit. */
void hw_echo_chunk(struct hw_assoc *assoc, uint8_t path, uint8_t type, struct hawser_span value);
/* Queues an ERROR chunk with one cause; `head` comes before `information`. */
void hw_echo_error(struct hw_assoc *assoc, uint8_t path, uint16_t code, struct hawser_span information);
void hw_echoes_free(struct hw_assoc *assoc);
/* Writes those for the path that fit. */
void hw_echoes_write(struct hw_assoc *assoc, uint8_t path, struct hw_writer *writer);

/* ---- inbox (event.c) */

void hw_notice_raise(struct hw_assoc *assoc, struct hw_notice *notice);
void hw_event_up(struct hw_assoc *assoc);
void hw_event_error(struct hw_assoc *assoc, uint16_t code, struct hawser_span data);
void hw_event_ended(struct hw_assoc *assoc, enum hawser_end_reason reason, uint16_t code, struct hawser_span data);
/* After anything that may have put something into the inbox. */
void hw_inbox_check(struct hw_assoc *assoc);
/* A send that would have blocked may now succeed. */
void hw_writable_check(struct hw_assoc *assoc);
void hw_inbox_free(struct hw_assoc *assoc);

/* ---- what happened to addresses (change.c) */

/* It will be told at this place of the inbox. */
void hw_change_raise(struct hw_assoc *assoc, struct hw_change *change, enum hw_change_kind kind);
/* A path is not among the association's any more: it is freed once the user knows. */
void hw_change_path_removed(struct hw_path *path);
static inline struct hw_change *hw_change_of(struct hw_link *link) { return HW_OWNER(link, struct hw_change, link); }
void hw_change_show(struct hw_change *change, struct hawser_item *item);
/* The user has read it. */
void hw_change_taken(struct hw_assoc *assoc, struct hw_change *change);
void hw_changes_free(struct hw_assoc *assoc);

#endif
