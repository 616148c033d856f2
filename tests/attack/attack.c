/* SPDX-License-Identifier: MIT
 *
 * Digests, traces and the meter of the attacks.
 */
#define _GNU_SOURCE
#include "attack.h"

#include "base/crc32c.h"
#include "core/assoc.h"
#include <time.h>

/* The rules that script_judge.c lists are told by script-tests. */
void script_register(const char *name, const char *file, const char *section, const char *rule, script_function *body) {
    (void)name;
    (void)file;
    (void)section;
    (void)rule;
    (void)body;
}

uint64_t hash_bytes(uint64_t hash, const void *data, size_t size) {
    const uint8_t *bytes = data;
    for (size_t i = 0; i < size; i++)
        hash = (hash ^ bytes[i]) * 0x100000001b3u;
    return hash;
}

/* ---- scenes ----------------------------------------------------------------------------------------------------- */

const char *const state_names[STATES] = {"CLOSED",           "COOKIE-WAIT",   "COOKIE-ECHOED",     "ESTABLISHED",
                                         "SHUTDOWN-PENDING", "SHUTDOWN-SENT", "SHUTDOWN-RECEIVED", "SHUTDOWN-ACK-SENT"};

struct hawser_span scene_data(struct script *s, uint32_t number) {
    const struct hw_assoc *assoc = hw_assoc_find(s->stack, s->association);
    if (assoc && assoc->extensions & HW_EXT_INTERLEAVING)
        return I_DATA(.tsn = number, .mid = number);
    return DATA(.tsn = number, .ssn = number);
}

static const struct auth_plan said_of_auth = {.random = 32, .fill = 0x9c};

struct hawser_span scene_auth(struct script *s, const struct auth_spec *spec, struct hawser_span chunks) {
    size_t sent = s->sent_count;
    (void)script_auth_params(s, &said_of_auth); /* other stages may have been set since */
    s->sent_count = 1;                          /* the INIT or INIT ACK of the scene, whatever other INITs were answered */
    auth_learn(s);
    s->sent_count = sent;
    return script_proved(s, spec, chunks);
}

struct hawser_span scene_proved(struct script *s, struct hawser_span chunks) {
    const struct hw_assoc *assoc = hw_assoc_find(s->stack, s->association);
    return assoc && assoc->extensions & HW_EXT_AUTH ? scene_auth(s, HOW(SCENE_KEY), chunks) : chunks;
}

/* The key is the endpoint's, so the association has it from the beginning. HEARTBEAT ACKs confirm the paths before the scene. */
static void start_with_auth(struct script *s, const struct plan *world, bool required) {
    struct auth_plan plan = said_of_auth;
    uint8_t types[256], count = 0;
    for (unsigned type = 0; type < 256; type++)
        if (type != HW_INIT && type != HW_INIT_ACK && type != HW_SHUTDOWN_COMPLETE && type != HW_AUTH && type != HW_HEARTBEAT_ACK)
            types[count++] = (uint8_t)type;
    plan.requires = (struct hawser_span){types, required ? count : 0};
    plan.plan = *world;
    script_auth_start(s, &plan);
    check_equal(hawser_auth_set_key(s->stack, s->endpoint, 1, TEXT("shared")), 0);
    check_equal(hawser_auth_activate(s->stack, s->endpoint, 1), 0);
    check_equal(hawser_auth_deactivate(s->stack, s->endpoint, 0), 0);
    check_equal(hawser_auth_delete(s->stack, s->endpoint, 0), 0);
}

static void establish(struct script *s, const struct scene_plan *plan) {
    get_cookie(s);
    inject(s, plan->auth ? scene_auth(s, HOW(SCENE_KEY), COOKIE_ECHO()) : COOKIE_ECHO());
    expect(s, COOKIE_ACK);
    expect_arrived(s);
    confirm_paths(s);
}

struct script *scene(int state) { return scene_of(state, &(struct scene_plan){.ecn = false}); }

struct script *scene_of(int state, const struct scene_plan *plan) {
    struct script *s = script_begin("attack");
    s->quiet_end = true;
    struct hawser_span params = plan->types.size ? PARAM(HW_PARAM_EXTENSIONS, plan->types) : NOTHING;
    for (size_t i = 0; i < plan->types.size; i++) { /* off by default */
        if (plan->types.data[i] == HW_ASCONF)
            set(s, DYNAMIC_ADDRESSES, plan->auth ? 1 : 2);
        if (plan->types.data[i] == HW_I_DATA)
            set(s, INTERLEAVING, 1);
    }
    struct plan world = {PLAN_DEFAULTS, .peer_addresses = 2, .udp = true};
    world.params = plan->ecn ? JOIN(params, PARAM(HW_PARAM_ECN, NOTHING)) : params;
    world.carrier = plan->ecn ? HAWSER_CARRIER_ECN : 0;
    if (plan->auth)
        start_with_auth(s, &world, plan->auth == AUTH_REQUIRED);
    else
        script_plan(s, &world);
    listen_now(s);
    if (state == C) {
        get_cookie(s);
        return s;
    }
    if (state == WAIT) {
        reach_cookie_wait(s);
        return s;
    }
    if (state == ECHOED) {
        reach_cookie_echoed(s);
        return s;
    }
    establish(s, plan);
    inject_by(s, WAY(.ecn = plan->ecn ? 3 : 0), scene_proved(s, scene_data(s, 1)));
    if (state != SENT && state != ACK_SENT)
        send_message(s, 1, 50, 0);
    if (state == PENDING || state == SENT)
        check_equal(hawser_shutdown(s->stack, s->now, s->association), 0);
    if (state == RECEIVED || state == ACK_SENT)
        inject(s, scene_proved(s, SHUTDOWN(-1)));
    script_pump(s);
    skip_output(s);
    skip_items(s);
    check_equal(state_of(s), state + 1);
    return s;
}

/* ---- digests ---------------------------------------------------------------------------------------------------- */

/* What a packet counts that comes and is dropped; and an AUTH that is right, which alone is nothing. */
static const int drops[] = {HAWSER_COUNT_InSCTPPacks,      HAWSER_COUNT_InCtrlChunks, HAWSER_COUNT_OutOfBlues,
                            HAWSER_COUNT_Tiny,             HAWSER_COUNT_Malformed,    HAWSER_COUNT_BadTags,
                            HAWSER_COUNT_Truncated,        HAWSER_COUNT_UnknownChunks, HAWSER_COUNT_UnknownParameters,
                            HAWSER_COUNT_Unexpected,       HAWSER_COUNT_BadCookies,   HAWSER_COUNT_StaleCookies,
                            HAWSER_COUNT_AnswersDropped,   HAWSER_COUNT_BacklogFull,  HAWSER_COUNT_ChecksumErrors,
                            HAWSER_COUNT_AuthErrors,       HAWSER_COUNT_Unauthenticated, HAWSER_COUNT_Authenticated};

static uint64_t hash_counters(struct script *s, hawser_id id, bool answers) {
    uint64_t hash = 0;
    for (int i = 0; i < HAWSER_COUNTER_COUNT; i++) {
        bool drop = answers && i == HAWSER_COUNT_OutCtrlChunks;
        for (size_t j = 0; j < sizeof drops / sizeof drops[0]; j++)
            drop |= drops[j] == i;
        uint64_t value = drop ? 0 : hawser_counter(s->stack, id, i);
        hash = hash_bytes(hash, &value, sizeof value);
    }
    return hash;
}

/* The association's own struct, without counters (looked at one by one), links to others, the place in the heap, and the tie
 * tags, which every INIT makes sure of (5.2.2) and nobody but a cookie sees. */
static uint64_t hash_assoc(struct script *s, const struct hw_assoc *assoc) {
    struct hw_assoc *copy = (struct hw_assoc *)(void *)script_bytes(s, sizeof *copy);
    memcpy(copy, assoc, sizeof *copy);
    memset(copy->counters, 0, sizeof copy->counters);
    memset(&copy->link, 0, sizeof copy->link);
    memset(&copy->output_link, 0, sizeof copy->output_link);
    memset(&copy->arrival_link, 0, sizeof copy->arrival_link);
    memset(&copy->object.ready_link, 0, sizeof copy->object.ready_link);
    memset(&copy->by_tag, 0, sizeof copy->by_tag);
    memset(&copy->deadline, 0, sizeof copy->deadline);
    copy->setup.tie_local = copy->setup.tie_peer = 0;
    uint64_t hash = hash_bytes(1, copy, sizeof *copy);
    for (unsigned i = 0; i < assoc->path_count; i++) {
        struct hw_path path;
        memcpy(&path, assoc->paths[i], sizeof path);
        memset(&path.by_peer, 0, sizeof path.by_peer);
        hash = hash_bytes(hash, &path, sizeof path);
    }
    if (assoc->auth) {
        struct hw_auth auth;
        memcpy(&auth, assoc->auth, sizeof auth);
        auth.unproved = false; /* of the chunk at hand */
        hash = hash_bytes(hash, &auth, sizeof auth);
        for (const struct hw_key *key = auth.keys.first; key; key = key->next)
            hash = hash_bytes(hash, key, sizeof *key);
    }
    for (const struct hw_echo *echo = assoc->echoes; echo; echo = echo->next)
        hash = hash_bytes(hash, echo + 1, echo->size);
    return hash;
}

struct digest digest_of(struct script *s) {
    struct digest digest = {0};
    const struct hw_assoc *assoc = hw_assoc_find(s->stack, s->association);
    uint64_t stack[] = {hawser_memory(s->stack), hawser_check_objects(s->stack), s->stack->by_tag.count,
                        s->stack->by_peer.count, s->stack->by_port.count,        hash_counters(s, 0, true)};
    digest.stack = hash_bytes(1, stack, sizeof stack);
    digest.deadline = hawser_deadline(s->stack);
    if (!assoc)
        return digest;
    digest.whole = hash_assoc(s, assoc);
    struct hawser_status status = status_of(s);
    digest.status = hash_bytes(1, &status, sizeof status);
    digest.counters = hash_counters(s, s->association, false);
    return digest;
}

const char *digest_differs(const struct digest *before, const struct digest *after) {
    if (before->status != after->status)
        return "the association's status";
    if (before->counters != after->counters)
        return "the association's counters";
    if (before->whole != after->whole)
        return "the association";
    if (before->stack != after->stack)
        return "what the stack holds or counts";
    return before->deadline != after->deadline ? "the deadline" : NULL;
}

/* ---- traces ----------------------------------------------------------------------------------------------------- */

uint64_t hash_packets(const struct script *s, size_t first) {
    uint64_t hash = 1;
    for (size_t i = first; i < s->sent_count; i++) {
        const struct packet *packet = &s->sent[i];
        hash = hash_bytes(hash, &packet->at, sizeof packet->at);
        hash = hash_bytes(hash, &packet->remote, sizeof packet->remote);
        hash = hash_bytes(hash, &packet->local, sizeof packet->local);
        hash = hash_bytes(hash, packet->bytes, packet->size);
    }
    return hash;
}

uint64_t hash_items(struct script *s) {
    uint64_t hash = 1;
    struct hawser_item item;
    while (hawser_receive(s->stack, s->association, &item, 1) == 1) {
        uint8_t bytes[4096];
        size_t size = item.type == HAWSER_MESSAGE ? hawser_copy(item.message.pieces, 0, bytes, sizeof bytes) : 0;
        uint32_t facts[] = {item.type, item.flags, item.type == HAWSER_MESSAGE ? item.message.tsn : 0,
                            item.type == HAWSER_ENDED ? item.end.reason : 0};
        hash = hash_bytes(hash, facts, sizeof facts);
        hash = hash_bytes(hash, bytes, size);
        (void)hawser_consume(s->stack, s->now, s->association, 1, 0);
    }
    return hash;
}

/* ---- the meter -------------------------------------------------------------------------------------------------- */

struct hawser_span said;
static uint64_t allocations;
static void *(*allocate)(void *user, size_t size);

static void *counting_allocate(void *user, size_t size) {
    allocations++;
    return allocate(user, size);
}

/* 0 on Windows, where nobody looks at times. */
static uint64_t thread_time(void) {
    struct timespec now = {0};
#ifndef _WIN32
    (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
#endif
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

void meter_begin(struct meter *meter, struct script *s) {
    *meter = (struct meter){.memory_begin = hawser_memory(s->stack), .memory_peak = hawser_memory(s->stack)};
    hawser_trace(s->stack, NULL, NULL);
    if (s->stack->host.allocate != counting_allocate)
        allocate = s->stack->host.allocate;
    s->stack->host.allocate = counting_allocate;
}

static void drain(struct meter *meter, struct script *s) {
    static uint8_t buffer[HAWSER_PACKET_MAX];
    for (;;) {
        struct hawser_departure departure = HAWSER_INIT(departure);
        departure.buffer = buffer;
        departure.capacity = sizeof buffer;
        size_t size = hawser_output(s->stack, s->now, &departure);
        if (!size)
            break;
        meter->packets_out++;
        meter->bytes_out += size;
        said = (struct hawser_span){buffer, size};
    }
}

void meter_batch(struct meter *meter, struct script *s, const struct way *way, const struct hawser_span *packets, size_t count) {
    uint64_t packets_out = meter->packets_out, bytes_out = meter->bytes_out, calls = allocations;
    uint64_t began = thread_time();
    for (size_t i = 0; i < count; i++) {
        struct hawser_arrival arrival = HAWSER_INIT(arrival);
        arrival.data = packets[i].data;
        arrival.length = packets[i].size;
        arrival.remote = way->remote ? *way->remote : s->peer[way->from];
        arrival.local = way->local ? *way->local : s->local[way->to];
        hawser_input(s->stack, s->now, &arrival);
        meter->bytes_in += packets[i].size;
        if (hawser_memory(s->stack) > meter->memory_peak)
            meter->memory_peak = hawser_memory(s->stack);
    }
    drain(meter, s);
    meter->nanoseconds += thread_time() - began;
    meter->packets_in += count;
    meter->allocations += allocations - calls;
    if (meter->packets_out - packets_out > meter->most_packets_out)
        meter->most_packets_out = (unsigned)(meter->packets_out - packets_out);
    if (meter->bytes_out - bytes_out > meter->most_bytes_out)
        meter->most_bytes_out = meter->bytes_out - bytes_out;
    if (allocations - calls > meter->most_allocations)
        meter->most_allocations = allocations - calls;
    if (hawser_memory(s->stack) > meter->memory_peak)
        meter->memory_peak = hawser_memory(s->stack);
}

void meter_packet(struct meter *meter, struct script *s, const struct way *way, struct hawser_span packet) {
    meter_batch(meter, s, way, &packet, 1);
}

void meter_advance(struct meter *meter, struct script *s, hawser_time time) {
    hawser_time target = s->now + time, deadline;
    while ((deadline = hawser_deadline(s->stack)) <= target) {
        s->now = deadline > s->now ? deadline : s->now;
        drain(meter, s);
    }
    s->now = target;
    drain(meter, s);
}

void seal(struct hawser_span packet) {
    uint8_t *bytes = (uint8_t *)(uintptr_t)packet.data;
    memset(bytes + 8, 0, 4);
    hw_put_checksum(bytes, hw_crc32c_table(bytes, packet.size));
}
