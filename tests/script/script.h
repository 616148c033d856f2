/* SPDX-License-Identifier: MIT
 *
 * Packet conversations in virtual time: one real stack and a peer whose every packet the script writes by hand. A script reads
 * like the conversation: inject a packet, expect the answer, advance the clock, call the API, expect an item.
 *
 * Rules of the stage
 * - A script is SCRIPT(name, section, rule) { ... }; it registers itself, and main.c makes RULES.md out of the same words.
 * - TSNs are relative: those of the peer to s->peer_tsn, those of the stack to s->stack_tsn. A cumulative TSN of -1 is "nothing".
 * - Everything that the stack sends must be expected, up to the last chunk; what is left at the end of a script is a failure.
 * - Every packet that leaves is judged (script_judge.c) and hawser_check() runs after every step.
 * - At the end all ids are closed; then no object and no byte may be left.
 *
 * The stack is reached through its public headers alone. Macros use the variable `s`.
 */
#ifndef SCRIPT_H
#define SCRIPT_H

#include "base/bytes.h"
#include "wire/chunks.h"
#include <hawser/check.h>
#include <hawser/hawser.h>
#include <hawser/trace.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
/* cmocka wants the headers above before it */
#include <cmocka.h>

#if defined(__clang__)
#pragma clang diagnostic ignored "-Winitializer-overrides"
#else
#pragma GCC diagnostic ignored "-Woverride-init" /* specs are defaults, then what the script says */
#endif

#define ANY INT64_MIN
#define us(n) ((hawser_time)(n))
#define ms(n) ((hawser_time)(n) * 1000u)
#define sec(n) ((hawser_time)(n) * 1000000u)
#define STACK_PORT 5000
#define PEER_PORT 6000
#define UDP_PORT 9899
#define PEER_TAG 0x11223344u
#define PMDCS 1468        /* 1500 - 20 - 12 */
#define FULL (PMDCS - 16) /* user data of a DATA chunk that fills a packet */
#define PLACES 16         /* addresses of each side */

/* ---- the stage ------------------------------------------------------------------------------------------------ */

struct plan {
    int64_t os, mis, a_rwnd;       /* what the peer says in INIT or INIT ACK */
    int64_t peer_tag, peer_tsn;
    int64_t peer_addresses;        /* 1 to PLACES; more than one are listed */
    int64_t local_addresses;       /* that the endpoint binds; 0: the wildcard */
    bool ipv6, udp, heartbeats;
    int64_t backlog;
    struct hawser_span params;     /* further parameters of the peer's INIT or INIT ACK */
    uint8_t carrier;               /* HAWSER_CARRIER_ */
    bool last_;
};
#define PLAN_DEFAULTS \
    .os = 10, .mis = 10, .a_rwnd = 1 << 20, .peer_tag = PEER_TAG, .peer_tsn = 1000, .peer_addresses = 1, .local_addresses = 1, \
    .backlog = 5

struct packet {
    hawser_time at;
    uint8_t *bytes;
    size_t size;
    uint32_t flags;
    uint8_t ecn, dscp;
    struct hawser_address remote, local;
    size_t read; /* how far the script has looked */
};

/* A chunk that the stack sent, taken apart. */
struct seen {
    const struct packet *packet;
    uint8_t type, flags;
    uint32_t tag; /* of the packet */
    struct hawser_span value, whole;
    struct hw_init init;
    struct hw_data data;
    struct hw_sack sack;
    struct hw_forward forward;
    uint32_t shutdown_cum;
    uint16_t cause; /* ERROR, ABORT: the first; 0: none */
    struct hawser_span cause_info;
};

struct script {
    const char *name;
    hawser *stack;
    hawser_time now;
    struct plan plan;
    hawser_id endpoint, association;
    struct hawser_address peer[PLACES], local[PLACES];
    uint32_t peer_tag, peer_tsn, stack_tag, stack_tsn;
    struct hawser_span cookie;
    struct packet *sent;
    size_t sent_count, sent_room, next; /* next: the first packet that the script has not opened */
    struct seen seen;
    struct hawser_item item;
    uint64_t random;
    int64_t random_byte;                /* 0 to 255: all random bytes are this; -1: honest dice */
    struct hawser_host host;
    uint32_t segments;                  /* packets that the carrier takes at once; 0: one */
    unsigned trains;                    /* how many departures had more than one */
    long blocks, bytes, fail_after;     /* allocator: balance, and after how many calls to refuse (-1: never) */
    bool fail_once;                     /* refuse one call only, not all that follow */
    const char *fault;
    char *log;
    size_t log_size, log_room;
    void *arena;
    uint32_t mtu;                       /* of every path, as the judge knows it; it is 1500 */
    bool unjudged;                      /* for scripts that test the judge */
    bool unchecked;                     /* hawser_check() is too slow for what this script does; it must switch it on again */
    bool quiet_end;                     /* unexpected output at the end is all right */
};

typedef void script_function(struct script *s);
void script_register(const char *name, const char *file, const char *section, const char *rule, script_function *body);

#define SCRIPT(name, section, rule) \
    static void name(struct script *s); \
    __attribute__((constructor)) static void register_##name(void) { script_register(#name, __FILE__, section, rule, name); } \
    static void name(struct script *s)
/* A rule that the judge checks on every packet of every script. */
#define JUDGED(name, section, rule) \
    __attribute__((constructor)) static void register_##name(void) { script_register(#name, __FILE__, section, rule, NULL); }

/* A rule of another document that the script of that name shows: main.c sees to it that there is one. */
#define SHOWN_BY(number, name, section, rule) \
    __attribute__((constructor)) static void shown_##number(void) { script_register(#name, NULL, section, rule, NULL); }

struct script *script_begin(const char *name);
/* Another stack in place of the one that the script has freed. */
void script_new_stack(struct script *s, const struct hawser_options *options);
void script_end(struct script *s);
void script_fail(struct script *s, const char *file, int line, const char *format, ...)
    __attribute__((format(printf, 4, 5), noreturn));
#define FAIL(...) script_fail(s, __FILE__, __LINE__, __VA_ARGS__)
#define check(condition) \
    do { \
        if (!(condition)) \
            FAIL("not true: %s", #condition); \
    } while (0)
#define check_equal(left, right) script_check_equal(s, __FILE__, __LINE__, #left, (int64_t)(left), (int64_t)(right))
void script_check_equal(struct script *s, const char *file, int line, const char *what, int64_t got, int64_t wanted);
#define check_range(value, low, high) \
    script_check_range(s, __FILE__, __LINE__, #value, (int64_t)(value), (int64_t)(low), (int64_t)(high))
void script_check_range(struct script *s, const char *file, int line, const char *what, int64_t got, int64_t low, int64_t high);

/* start: what this script's world is like, if not the usual one; before anything but set(). */
void script_plan(struct script *s, const struct plan *plan);
/* The endpoint, if it is not open yet. */
void script_open(struct script *s);
#define start(...) START_(__VA_ARGS__, .last_ = false)
#define START_(s_, ...) script_plan(s_, &(struct plan){PLAN_DEFAULTS, __VA_ARGS__})

/* A listening endpoint, and nothing said yet. */
void listen_now(struct script *s);
/* The application connects to the plan's peer (the first `given` of its addresses); the INIT is not expected yet. */
void connect_now(struct script *s, int given);
/* Takes tag, initial TSN and State Cookie of an INIT or INIT ACK of the stack as those of the conversation. */
void remember(struct script *s, const struct seen *init);
/* A parameter of an INIT or INIT ACK; its data is NULL if there is none. */
struct hawser_span param_of(const struct seen *init, int type);
/* Listens, and gets a State Cookie for the peer of the plan. */
void get_cookie(struct script *s);
/* Whole openings, from the plan; both leave ESTABLISHED with nothing unread and all items taken. */
void establish_passive(struct script *s);
void establish_active(struct script *s);
/* The second one with a peer of this window, and nothing of ours waits for an acknowledgement (Nagle). */
void open_window(struct script *s, uint32_t a_rwnd);
/* The same openings, stopped early. COOKIE-WAIT: the INIT was read. COOKIE-ECHOED: the COOKIE ECHO was read. */
void reach_cookie_wait(struct script *s);
void reach_cookie_echoed(struct script *s);
/* Closing states, from ESTABLISHED. */
void reach_shutdown_sent(struct script *s);     /* hawser_shutdown; the SHUTDOWN was read */
void reach_shutdown_ack_sent(struct script *s); /* the peer said SHUTDOWN; the SHUTDOWN ACK was read */
/* Answers HEARTBEATs until every path of the peer is confirmed, and takes the items. */
void confirm_paths(struct script *s);

/* ---- time ----------------------------------------------------------------------------------------------------- */

/* Lets time pass, deadline by deadline. */
void script_advance(struct script *s, hawser_time time);
#define advance(s_, time) script_advance(s_, time)
/* Advances until the stack says something, at most this long; how long it took, or fails. */
#define wait_packet(s_, most) script_wait_packet(s_, __FILE__, __LINE__, most)
hawser_time script_wait_packet(struct script *s, const char *file, int line, hawser_time most);
/* Lets the stack say what it has to say now. */
void script_pump(struct script *s);

/* ---- packets of the peer -------------------------------------------------------------------------------------- */

/* How a packet travels, where it departs from the usual. */
struct way {
    int64_t from, to;                      /* number of the peer's and of the stack's address */
    int64_t tag, source_port, destination_port;
    int64_t udp;                           /* UDP source port; 0: plain */
    uint32_t bad_sum;                      /* xored into the checksum */
    size_t cut;                            /* bytes missing at the end */
    bool zero_sum;                         /* no checksum */
    int64_t local_none;                    /* the carrier cannot tell the local address */
    const struct hawser_address *remote, *local;
    uint8_t ecn;
    size_t segment;                        /* script_inject_bytes: the bytes are a batch of packets of this size; 0: one packet */
};
#define WAY_DEFAULTS .tag = ANY, .source_port = ANY, .destination_port = ANY, .udp = ANY
#define WAY(...) (&(struct way){WAY_DEFAULTS, __VA_ARGS__})

#define inject(s_, ...) script_inject(s_, WAY(.from = 0), (struct hawser_span[]){__VA_ARGS__, {NULL, 0}})
#define inject_by(s_, way, ...) script_inject(s_, way, (struct hawser_span[]){__VA_ARGS__, {NULL, 0}})
void script_inject(struct script *s, const struct way *way, const struct hawser_span *chunks);
/* The packet's bytes without handing them in. */
#define packet(s_, way, ...) script_packet(s_, way, (struct hawser_span[]){__VA_ARGS__, {NULL, 0}})
struct hawser_span script_packet(struct script *s, const struct way *way, const struct hawser_span *chunks);
void script_inject_bytes(struct script *s, const struct way *way, struct hawser_span packet);

/* Bytes that live as long as the script. */
uint8_t *script_bytes(struct script *s, size_t size);
struct hawser_span script_join(struct script *s, const struct hawser_span *parts);
struct hawser_span script_fill(struct script *s, size_t size, int fill);
#define JOIN(...) script_join(s, (struct hawser_span[]){__VA_ARGS__, {NULL, 0}})
#define TEXT(literal) ((struct hawser_span){(const uint8_t *)(literal), sizeof(literal) - 1})
#define BYTES(...) ((struct hawser_span){(const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__})})
#define FILL(size, byte) script_fill(s, size, byte)
#define NOTHING ((struct hawser_span){(const uint8_t *)"", 0})

struct init_spec {
    int64_t tag, a_rwnd, os, mis, tsn; /* tsn is absolute */
    int64_t flags, addresses;          /* how many of s->peer to list */
    struct hawser_span cookie, params;
    bool no_cookie;
};
#define INIT_DEFAULTS \
    .tag = s->peer_tag, .a_rwnd = s->plan.a_rwnd, .os = s->plan.os, .mis = s->plan.mis, .tsn = s->peer_tsn, \
    .addresses = s->plan.peer_addresses > 1 ? s->plan.peer_addresses : 0, .params = s->plan.params
#define INIT(...) script_init(s, HW_INIT, &(struct init_spec){INIT_DEFAULTS, __VA_ARGS__})
#define INIT_ACK(...) script_init(s, HW_INIT_ACK, &(struct init_spec){INIT_DEFAULTS, __VA_ARGS__})
struct hawser_span script_init(struct script *s, uint8_t type, const struct init_spec *spec);

struct data_spec {
    int64_t tsn, stream, ssn, ppid, size;
    int64_t flags;
    const char *text; /* instead of size and fill */
    int fill;
};
#define DATA(...) script_data(s, &(struct data_spec){.flags = B | E, .size = 100, .fill = 'd', __VA_ARGS__})
struct hawser_span script_data(struct script *s, const struct data_spec *spec);
/* RFC 8260 2.1. Without B `fsn` is carried, else `ppid`. */
struct i_data_spec {
    int64_t tsn, stream, mid, fsn, ppid, size, reserved;
    int64_t flags;
    const char *text;
    int fill;
};
#define I_DATA(...) script_i_data(s, &(struct i_data_spec){.flags = B | E, .size = 100, .fill = 'i', __VA_ARGS__})
struct hawser_span script_i_data(struct script *s, const struct i_data_spec *spec);
#define U HW_FLAG_UNORDERED
#define B HW_FLAG_BEGIN
#define E HW_FLAG_END
#define IMMEDIATE HW_FLAG_IMMEDIATE

struct sack_spec {
    int64_t cum, a_rwnd;
    uint16_t gaps[64][2]; /* ends with a start of 0 */
    int64_t dup_count;
    int64_t dups[16];
    int64_t gap_count; /* ANY: as many as there are */
};
#define SACK(...) script_sack(s, &(struct sack_spec){.a_rwnd = s->plan.a_rwnd, .gap_count = ANY, __VA_ARGS__})
struct hawser_span script_sack(struct script *s, const struct sack_spec *spec);

#define CHUNK(type, flags, ...) script_chunk(s, type, flags, JOIN(__VA_ARGS__))
struct hawser_span script_chunk(struct script *s, int type, int flags, struct hawser_span value);
#define PARAM(type, ...) script_param(s, type, JOIN(__VA_ARGS__))
#define CAUSE(code, ...) script_param(s, HW_CAUSE_##code, JOIN(__VA_ARGS__))
struct hawser_span script_param(struct script *s, int type, struct hawser_span value);
struct hawser_span script_address_param(struct script *s, const struct hawser_address *address);

#define HEARTBEAT(...) CHUNK(HW_HEARTBEAT, 0, PARAM(HW_PARAM_HEARTBEAT_INFO, __VA_ARGS__))
/* Echoes a HEARTBEAT that was seen. */
#define HEARTBEAT_ACK(heartbeat) CHUNK(HW_HEARTBEAT_ACK, 0, (heartbeat)->value)
#define ABORT(...) CHUNK(HW_ABORT, 0, __VA_ARGS__)
#define ABORT_T(...) CHUNK(HW_ABORT, HW_FLAG_T, __VA_ARGS__)
#define ERROR(...) CHUNK(HW_ERROR, 0, __VA_ARGS__)
/* FORWARD TSN of the peer; what follows is SKIP()s, or NOTHING. */
#define FORWARD(cum, ...) CHUNK(HW_FORWARD_TSN, 0, U32(s->peer_tsn + (uint32_t)(cum)), __VA_ARGS__)
#define SKIP(stream, ssn) U16(stream), U16(ssn)
#define SHUTDOWN(cum) CHUNK(HW_SHUTDOWN, 0, script_u32(s, s->stack_tsn + (uint32_t)(cum)))
#define SHUTDOWN_ACK() CHUNK(HW_SHUTDOWN_ACK, 0, NOTHING)
#define SHUTDOWN_COMPLETE() CHUNK(HW_SHUTDOWN_COMPLETE, 0, NOTHING)
#define SHUTDOWN_COMPLETE_T() CHUNK(HW_SHUTDOWN_COMPLETE, HW_FLAG_T, NOTHING)
#define COOKIE_ECHO() CHUNK(HW_COOKIE_ECHO, 0, s->cookie)
#define COOKIE_ACK() CHUNK(HW_COOKIE_ACK, 0, NOTHING)
struct hawser_span script_u16(struct script *s, uint32_t value);
struct hawser_span script_u32(struct script *s, uint32_t value);
#define U16(value) script_u16(s, (uint32_t)(value))
#define U32(value) script_u32(s, (uint32_t)(value))

/* ---- packets of the stack ------------------------------------------------------------------------------------- */

/* What a chunk shall look like; ANY where the script does not care. */
struct want {
    int64_t to, from;                         /* number of the peer's address it goes to, of the stack's it comes from */
    int64_t tag, flags, length;               /* of the packet: verification tag, HAWSER_DEPARTURE_, size */
    int64_t udp;                              /* of the packet: remote UDP port */
    int64_t t;                                /* ABORT, SHUTDOWN COMPLETE: the T bit */
    int64_t init_tag, a_rwnd, os, mis;        /* INIT, INIT ACK; a_rwnd: SACK, too */
    int64_t tsn, stream, ssn, ppid, size;     /* DATA, I-DATA */
    int64_t mid, fsn;                         /* I-DATA; with B the FSN is 0 */
    int64_t bits;                             /* DATA: chunk flags */
    const char *text;                         /* DATA: its bytes */
    int64_t cum, gap_count, dup_count;        /* SACK, SHUTDOWN (cum) */
    int64_t gaps[8][2];
    int64_t skip_count, skips[8][2];          /* (I-)FORWARD TSN: stream (+65536: unordered), SSN; cum: of the stack's TSNs */
    int64_t cause;                            /* ERROR, ABORT: the first cause; 0: none at all */
    bool last_;
};
#define WANT_DEFAULTS \
    .to = ANY, .from = ANY, .tag = ANY, .flags = ANY, .length = ANY, .udp = ANY, .t = ANY, .init_tag = ANY, .a_rwnd = ANY, \
    .os = ANY, .mis = ANY, .tsn = ANY, .stream = ANY, .ssn = ANY, .ppid = ANY, .size = ANY, .bits = ANY, .cum = ANY, \
    .mid = ANY, .fsn = ANY, .gap_count = ANY, .dup_count = ANY, .skip_count = ANY, .cause = ANY

/* The next packet begins with this chunk. The last packet must have been read to its end. */
#define expect(...) EXPECT_(true, __VA_ARGS__, .last_ = false)
/* The packet at hand goes on with this chunk. */
#define expect_also(...) EXPECT_(false, __VA_ARGS__, .last_ = false)
#define EXPECT_(first, s_, TYPE, ...) \
    script_expect(s_, __FILE__, __LINE__, first, HW_##TYPE, &(struct want){WANT_DEFAULTS, __VA_ARGS__})
const struct seen *script_expect(struct script *s, const char *file, int line, bool first, uint8_t type, const struct want *want);
/* What is unread is one chunk of each type, in either order, in one packet or two; returns the one of `other` type. */
const struct seen *expect_in_any_order(struct script *s, uint8_t one, uint8_t other);
/* Everything was read. */
#define expect_nothing(s_) script_expect_nothing(s_, __FILE__, __LINE__)
void script_expect_nothing(struct script *s, const char *file, int line);
/* The type of the next unread chunk's packet, or -1: for scripts that must look first. */
int next_chunk(struct script *s);
/* Forgets what is unread; how many packets that were. */
size_t skip_output(struct script *s);
/* Reads `count` packets of nothing but one DATA chunk each, TSNs rising from `first`. */
#define expect_data_packets(s_, first, count, bytes) \
    for (int64_t packet_ = 0; packet_ < (count); packet_++) \
    expect(s_, DATA, .tsn = (first) + packet_, .size = bytes)
/* Says SACKs for all that comes until there is silence; the relative TSN acknowledged last. */
int64_t sack_everything(struct script *s);

/* ---- the application ------------------------------------------------------------------------------------------ */

/* Sends and insists that it works; the bytes are `fill`. */
#define send_message(s_, stream_, bytes_, flags_) script_send(s_, __FILE__, __LINE__, stream_, bytes_, flags_)
void script_send(struct script *s, const char *file, int line, int stream, size_t size, uint32_t flags);
/* One send with everything; its error code. */
struct send_spec {
    int64_t stream, ppid, size, path;
    uint32_t flags;
    hawser_time lifetime;
    uint64_t context;
    const char *text;
    int fill;
    uint32_t policy, value;
    uint16_t key;
};
#define send_with(s_, ...) script_send_with(s_, &(struct send_spec){.size = 100, .fill = 'u', __VA_ARGS__})
int script_send_with(struct script *s, const struct send_spec *spec);

struct item_want {
    int64_t stream, ssn, mid, ppid, size, flags, path, tsn;
    const char *text;
    int64_t fill; /* every byte is this */
    int64_t streams_out, streams_in, port;
    int64_t state;                /* ADDRESS_CHANGED: the operation */
    int64_t reason, code, begun, context, sent;
    bool last_;
};
#define ITEM_DEFAULTS \
    .stream = ANY, .ssn = ANY, .ppid = ANY, .size = ANY, .flags = ANY, .path = ANY, .tsn = ANY, .fill = ANY, .streams_out = ANY, \
    .streams_in = ANY, .port = ANY, .state = ANY, .reason = ANY, .code = ANY, .begun = ANY, .context = ANY, \
    .mid = ANY, .sent = ANY
/* The association's next item is this; it is consumed. Its pointers stay good until the script ends (it is a copy). */
#define expect_item(...) EXPECT_ITEM_(true, __VA_ARGS__, .last_ = false)
/* The same, but it stays in the inbox. */
#define expect_held(...) EXPECT_ITEM_(false, __VA_ARGS__, .last_ = false)
#define EXPECT_ITEM_(take, s_, type, ...) \
    script_item(s_, __FILE__, __LINE__, take, (s_)->association, type, &(struct item_want){ITEM_DEFAULTS, __VA_ARGS__})
#define expect_message(...) EXPECT_MESSAGE_(__VA_ARGS__, .last_ = false)
#define EXPECT_MESSAGE_(s_, ...) \
    script_item(s_, __FILE__, __LINE__, true, (s_)->association, HAWSER_MESSAGE, &(struct item_want){ITEM_DEFAULTS, __VA_ARGS__})
const struct hawser_item *script_item(struct script *s, const char *file, int line, bool take, hawser_id id, uint32_t type,
                                      const struct item_want *want);
#define expect_no_item(s_) script_no_item(s_, __FILE__, __LINE__, (s_)->association)
void script_no_item(struct script *s, const char *file, int line, hawser_id id);
/* The listening endpoint's next item is ARRIVED; it is taken and becomes s->association. */
#define expect_arrived(s_) script_arrived(s_, __FILE__, __LINE__)
const struct hawser_item *script_arrived(struct script *s, const char *file, int line);
/* Takes all items there are; how many. */
size_t skip_items(struct script *s);
/* The association has ended: the last item says why; it is taken, and the id is gone. */
#define expect_ended(...) EXPECT_ENDED_(__VA_ARGS__, .last_ = false)
#define EXPECT_ENDED_(s_, why, ...) \
    script_ended(s_, __FILE__, __LINE__, &(struct item_want){ITEM_DEFAULTS, .reason = why, __VA_ARGS__})
void script_ended(struct script *s, const char *file, int line, const struct item_want *want);

/* Settings of the association, or before there is one of the stack. */
#define set(s_, NAME, value_) script_set(s_, __FILE__, __LINE__, HAWSER_SET_##NAME, (int64_t)(value_))
void script_set(struct script *s, const char *file, int line, int setting, int64_t value);
int64_t script_get(struct script *s, uint32_t path, int setting);

uint32_t state_of(struct script *s); /* enum hawser_state; 0: gone */
#define expect_state(s_, NAME) check_equal(state_of(s_), HAWSER_##NAME)
struct hawser_status status_of(struct script *s);
struct hawser_path_status path_of(struct script *s, uint32_t number); /* by path number, from 1 */
int place_of(struct script *s, uint32_t number); /* the number of the peer's address that this path leads to */
uint64_t counted(struct script *s, int counter); /* of the stack */
#define COUNT(name) counted(s, HAWSER_COUNT_##name)

void report_icmp(struct script *s, uint32_t kind, uint32_t mtu, struct hawser_span quoted);

/* ---- inside ---------------------------------------------------------------------------------------------------- */

struct hawser_address script_ipv4(unsigned a, unsigned b, unsigned c, unsigned d, uint16_t udp);
struct hawser_address script_ipv6(unsigned network, unsigned host, uint16_t udp);
bool same_place(const struct hawser_address *a, const struct hawser_address *b);
int peer_number(const struct script *s, const struct hawser_address *address);
int local_number(const struct script *s, const struct hawser_address *address);
void script_log(struct script *s, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* One line: its chunks with the fields that matter. */
void script_describe(const struct script *s, char *out, size_t room, struct hawser_span packet, bool from_stack);
/* NULL, or which rule this packet of the stack breaks. */
const char *script_judge(const struct script *s, const struct packet *packet);

#endif
