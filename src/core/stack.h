/* SPDX-License-Identifier: MIT
 *
 * A stack: its tables, deadlines, keys, rings and accounts, and what lives in it, endpoints and associations. The struct is
 * shared by the files of core/; what each part means is said where the part's functions are.
 */
#ifndef HW_STACK_H
#define HW_STACK_H

#include "base/address.h"
#include "base/assert.h"
#include "base/bytes.h"
#include "base/crc32c.h"
#include "base/heap.h"
#include "base/list.h"
#include "base/memory.h"
#include "base/serial.h"
#include "base/siphash.h"
#include "base/table.h"
#include "core/auth.h"
#include "core/limits.h"
#include "wire/chunks.h"

#include <hawser/hawser.h>
#include <hawser/trace.h>

struct hw_assoc;

/* What a chunk or cause without a value holds. */
static const struct hawser_span hw_nothing = {NULL, 0};

/* ---- settings (settings.c) */

/* Shared by all who have the same values; copied when one of several users changes something. */
struct hw_settings {
    uint32_t users;
    int64_t value[HAWSER_SETTING_MAX + 1];
};
struct hw_settings *hw_settings_standard(struct hw_account *account);
struct hw_settings *hw_settings_share(struct hw_settings *settings);
void hw_settings_drop(struct hw_account *account, struct hw_settings *settings);

/* ---- objects (ids.c) */

enum hw_kind { HW_KIND_ENDPOINT = 1, HW_KIND_ASSOC };

/* What an id leads to. First member of endpoints and associations. */
struct hw_object {
    hawser_id id;
    void *user;
    struct hw_link ready_link;
    uint8_t kind;  /* enum hw_kind */
    uint8_t ready; /* HAWSER_READABLE and so on, not yet told */
    bool told;     /* READABLE was told and the inbox not drained since */
};

struct hw_slot {
    uint32_t generation;
    uint32_t next_free;
    struct hw_object *object;
};

/* Gives the object an id; false: no memory or too many. */
bool hw_object_add(hawser *stack, struct hw_object *object, enum hw_kind kind, void *user);
/* Takes the id back and the object off the ready ring. */
void hw_object_remove(hawser *stack, struct hw_object *object);
struct hw_object *hw_object_find(const hawser *stack, hawser_id id);
struct hw_assoc *hw_assoc_find(const hawser *stack, hawser_id id);
/* The object has something to tell. */
void hw_object_ready(hawser *stack, struct hw_object *object, uint8_t flags);

/* ---- endpoints (endpoint.c) */

struct hw_endpoint {
    struct hw_object object;
    struct hw_node by_port;
    struct hw_link link;     /* stack->endpoints */
    struct hw_link arrivals; /* associations that nobody took, by arrival_link */
    uint32_t arrival_count, backlog;
    uint32_t shown;          /* arrivals that the last look showed */
    uint16_t port, address_count;
    struct hawser_address *addresses;
    struct hw_settings *settings;
    struct hw_types required; /* chunks that peers must authenticate (RFC 4895) */
    struct hw_keys keys;      /* of associations that begin later */
};

struct hw_endpoint *hw_endpoint_find(const hawser *stack, hawser_id id);
/* The endpoint that a packet to this port and local address belongs to: one that names the address before one that does not;
 * a listening one before others. */
struct hw_endpoint *hw_endpoint_for(const hawser *stack, uint16_t port, const struct hawser_address *local);
/* It names the address, or takes any. */
bool hw_endpoint_has(const struct hw_endpoint *endpoint, const struct hawser_address *local);
/* Those that it names, or all that were reported. Returns how many. */
unsigned hw_endpoint_addresses(const hawser *stack, const struct hw_endpoint *endpoint,
                               struct hawser_address addresses[HW_LOCALS_MAX]);
void hw_endpoint_free(hawser *stack, struct hw_endpoint *endpoint);
/* An address that it names is added or removed (enum hawser_address_operation); a HAWSER_ERR_ if that cannot be. */
int hw_endpoint_change(hawser *stack, struct hw_endpoint *endpoint, uint8_t operation, const struct hawser_address *address);
/* The association, which nobody took, leaves its endpoint's arrivals; nothing happens if it is not among them. */
void hw_arrival_leave(hawser *stack, struct hw_assoc *assoc);

/* ---- answers without an association (answer.c) */

struct hw_answer {
    struct hawser_address remote, local;
    uint16_t size;
    uint8_t data[HW_ANSWER_SIZE_MAX];
};

struct hw_answers {
    uint32_t first, count;
    struct hw_answer slot[HW_ANSWERS];
};

/* A packet that came, as far as it is known. */
struct hw_packet {
    struct hw_header header;
    struct hawser_span whole;
    struct hawser_address remote, local;
    uint8_t path;            /* index of the association's path that it came on */
    bool new_data, duplicate, urgent; /* what its DATA chunks were */
    bool dropped;            /* some found no room */
    bool data;
    bool authenticated;      /* the chunk at hand lies behind an AUTH that proved it (RFC 4895) */
    struct hw_tlv auth;      /* the packet's AUTH; no data: there was none yet */
    bool unsummed;           /* it has a zero in place of a checksum, and came over a carrier that may do so */
    uint8_t ecn, carrier;    /* as in the arrival */
    uint32_t lowest_tsn;     /* of its DATA, if `data` */
    bool foreign;            /* its source is none of the association's, an ASCONF may make it one (RFC 5061 5.2 D2) */
    bool asconf;             /* it had one */
    bool forward;            /* there was an I-FORWARD-TSN */
};

/* A writer over a free slot with the common header written, or false (full or no memory: counted). Swaps ports. */
bool hw_answer_begin(hawser *stack, const struct hw_packet *packet, uint32_t tag, struct hw_writer *writer);
/* Checksums it and lets it go; if the writer is full it is dropped. */
void hw_answer_end(hawser *stack, struct hw_writer *writer);
/* ABORT with one cause (code 0: none). */
void hw_answer_abort(hawser *stack, const struct hw_packet *packet, uint32_t tag, bool reflected, uint16_t code,
                     struct hawser_span information);
void hw_answer_shutdown_complete(hawser *stack, const struct hw_packet *packet);
/* Takes the next answer out of the ring; 0: none. */
size_t hw_answer_next(hawser *stack, struct hawser_departure *departure);

/* ---- the stack itself */

struct hw_cookie_key {
    uint8_t bytes[32];
    hawser_time made;
    bool valid;
};

/* Of an association that ended or was restarted. */
struct hw_recent_tag {
    uint64_t peer; /* key of the peer (hw_peer_key) */
    uint32_t tag, peer_tag;
    hawser_time ended;
};

/* A local address that the machine has (HAWSER_REPORT_ADDRESS_UP). */
struct hw_reported {
    struct hawser_address address;
    hawser_time since;
};

struct hawser {
    struct hawser_host host;
    struct hw_account account;
    struct hw_faults faults;
    hawser_time now;
    hw_crc32c_function *crc32c;
    uint8_t shard_bits, shard;
    uint64_t hash_key[2];

    struct hw_slot *slots;
    uint32_t slot_count, slot_free, object_count, objects_max;
    uint32_t farewell_count;  /* associations that still have a last packet to send, their ids gone */

    struct hw_table by_tag;   /* associations by own tag */
    struct hw_table by_peer;  /* paths by ports and peer address */
    struct hw_table by_port;  /* endpoints */
    struct hw_heap deadlines; /* associations */
    struct hw_link ready;     /* objects with something to tell */
    struct hw_link output;    /* associations with something to send */
    bool starved;                 /* the buffer at hand is too small for the next chunk of data */
    struct hw_link endpoints, assocs;

    struct hw_answers *answers;
    struct hw_cookie_key cookie_keys[2];
    uint8_t cookie_key;       /* which is used now */
    struct hw_recent_tag recent_tags[HW_RECENT_TAGS];
    uint32_t recent_next;

    struct hw_settings *settings;
    struct hw_reported locals[HW_LOCALS_MAX]; /* wildcard endpoints list them */
    uint32_t local_count;

    hawser_trace_function *trace;
    void *trace_user;
    uint64_t counters[HAWSER_COUNTER_COUNT];
};

#define HW_COUNT(stack, name) ((stack)->counters[HAWSER_COUNT_##name]++)

static inline uint32_t hw_random32(hawser *stack) {
    uint32_t value;
    stack->host.random(stack->host.user, &value, sizeof value);
    return value;
}
static inline uint64_t hw_random64(hawser *stack) {
    uint64_t value;
    stack->host.random(stack->host.user, &value, sizeof value);
    return value;
}

/* Time moves forward only. */
static inline void hw_now(hawser *stack, hawser_time now) {
    if (now > stack->now)
        stack->now = now;
}

/* ---- finding (find.c) */

uint64_t hw_peer_key(const hawser *stack, uint16_t local_port, uint16_t peer_port, const struct hawser_address *peer);
/* By own tag, ports and peer address; `foreign`: the tag and ports fit but the address is not the association's. */
struct hw_assoc *hw_find_by_tag(const hawser *stack, const struct hw_packet *packet, uint8_t *path, struct hw_assoc **foreign);
/* By ports and peer address, the local address if both sides know it. */
struct hw_assoc *hw_find_by_peer(const hawser *stack, uint16_t local_port, uint16_t peer_port, const struct hawser_address *peer,
                                 const struct hawser_address *local, uint8_t *path);
/* By any address that an INIT or INIT ACK lists, its source first (5.1.2 D). */
struct hw_assoc *hw_find_by_init(const hawser *stack, const struct hw_packet *packet, struct hawser_span params, uint8_t *path);
/* A new own tag: not 0, not in use, not recently used with this peer, with the shard's bits (5.3.1). */
uint32_t hw_tag_draw(hawser *stack, uint64_t peer);
void hw_tag_retire(hawser *stack, uint64_t peer, uint32_t tag, uint32_t peer_tag);
/* A recent association with this peer had this tag of ours. Of a cookie that was `made` then: one with any peer had it, or the
 * peer's own tag was that one, and it ended afterwards. A cookie of which this is true has had its association. HAWSER_NEVER: it
 * is about no cookie. */
bool hw_tag_spent(const hawser *stack, uint64_t peer, uint32_t tag, uint32_t peer_tag, hawser_time made);

/* ---- trace (trace.c) */

void hw_tell_packet(hawser *stack, uint32_t type, hawser_id association, struct hawser_span packet,
                    const struct hawser_address *remote, const struct hawser_address *local, int counter);
static inline void hw_trace_packet(hawser *stack, uint32_t type, hawser_id association, struct hawser_span packet,
                                   const struct hawser_address *remote, const struct hawser_address *local, int counter) {
    if (HW_UNLIKELY(stack->trace != NULL))
        hw_tell_packet(stack, type, association, packet, remote, local, counter);
}

/* The machine's address, if it was reported (report.c). */
struct hw_reported *hw_reported_find(hawser *stack, const struct hawser_address *address);

/* Some chunk of the packet is of this type. */
bool hw_packet_has(const struct hw_packet *packet, uint8_t type);
/* A packet is dropped: counted and traced. */
void hw_packet_drop(hawser *stack, const struct hw_packet *packet, enum hawser_counter counter);

/* ---- out of the blue (ootb.c) */

void hw_ootb(hawser *stack, const struct hw_packet *packet);
/* The packet is for a port that another stack of this machine may have (setting shared_address): it is not answered. */
bool hw_foreign_port(hawser *stack, const struct hw_packet *packet);

#endif
