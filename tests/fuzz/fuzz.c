/* SPDX-License-Identifier: MIT
 *
 * What the fuzzers share (fuzz.h).
 */
#define _GNU_SOURCE
#include "fuzz.h"

#include <hawser/view.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define BLOCK_MAGIC 0x7a7a75665f776168u
#define SCRIBBLE_MAX 512u /* larger blocks keep what they hold: filling them would cost too much */

void fuzz_fail(const char *what, const char *file, int line) {
    fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, what);
    abort();
}

uint64_t fuzz_mix(uint64_t value) {
    value += 0x9e3779b97f4a7c15u;
    value = (value ^ value >> 30) * 0xbf58476d1ce4e5b9u;
    value = (value ^ value >> 27) * 0x94d049bb133111ebu;
    return value ^ value >> 31;
}

struct hawser_span fuzz_span(struct fuzz_input *input, size_t max) {
    size_t left = (size_t)(input->end - input->at);
    struct hawser_span span = {input->at, left < max ? left : max};
    input->at += span.size;
    return span;
}

/* ---- the host --------------------------------------------------------------------------------------------------- */

/* Lies before each block; its size keeps the alignment of malloc. */
struct block {
    uint64_t magic, size;
};

static bool shall_fail(struct fuzz_host *host) {
    if (host->fail == 0)
        return false;
    if (host->fail_after) {
        host->fail_after--;
        return false;
    }
    host->fail--;
    host->failed++;
    return true;
}

static void *allocate(void *user, size_t size) {
    struct fuzz_host *host = user;
    FUZZ_MUST(size > 0);
    if (shall_fail(host))
        return NULL;
    struct block *block = malloc(sizeof *block + size);
    FUZZ_MUST(block != NULL);
    *block = (struct block){BLOCK_MAGIC, size};
    host->blocks++;
    host->given++;
    host->bytes += size;
    memset(block + 1, 0xa5, size < SCRIBBLE_MAX ? size : SCRIBBLE_MAX); /* the contents are undefined: say so */
    return block + 1;
}

static void release(void *user, void *memory, size_t size) {
    struct fuzz_host *host = user;
    if (!memory)
        return;
    struct block *block = (struct block *)memory - 1;
    FUZZ_MUST(block->magic == BLOCK_MAGIC && "released what was not given");
    FUZZ_MUST(block->size == size && "released with another size than asked for");
    block->magic = 0;
    host->blocks--;
    host->bytes -= size;
    free(block);
}

static void draw(void *user, void *out, size_t size) {
    struct fuzz_host *host = user;
    uint8_t *to = out;
    while (size) {
        uint64_t word = fuzz_mix(host->dice++);
        size_t part = size < sizeof word ? size : sizeof word;
        memcpy(to, &word, part);
        to += part;
        size -= part;
    }
}

/* Keyed and spread well, and no more: no one here forges a signature by hand. */
static int toy_hmac(void *user, const uint8_t key[32], struct hawser_span text, uint8_t out[32]) {
    struct fuzz_host *host = user;
    uint64_t state[4];
    if (host->no_hmac)
        return -1;
    memmove(host->key, key, sizeof host->key);
    memcpy(state, key, sizeof state);
    for (size_t i = 0; i < text.size; i++)
        state[i & 3] = (state[i & 3] ^ text.data[i]) * 0x100000001b3u + state[(i + 1) & 3];
    for (unsigned i = 0; i < 4; i++)
        hw_put64(out + 8 * i, fuzz_mix(state[i] ^ fuzz_mix(state[(i + 1) & 3] + text.size)));
    return 0;
}

/* Of AUTH. peer_extend.c guesses a first byte and zeros behind it. */
static int toy_hmac_of_spans(void *user, int hash, struct hawser_span key, const struct hawser_span *text, size_t count,
                             uint8_t out[HAWSER_HMAC_MAX]) {
    struct fuzz_host *host = user;
    uint64_t state = (uint64_t)hash;
    if (host->no_hmac)
        return -1;
    for (size_t i = 0; i < key.size; i++)
        state = fuzz_mix(state ^ key.data[i]);
    for (size_t k = 0; k < count; k++)
        for (size_t i = 0; i < text[k].size; i++)
            state = (state ^ text[k].data[i]) * 0x100000001b3u;
    memset(out, 0, HAWSER_HMAC_MAX);
    if (host->guessable)
        out[0] = hash == HAWSER_HMAC_SHA256 ? 0x8c : 0x44;
    for (unsigned i = 0; i < 2 && !host->guessable; i++)
        hw_put64(out + 8 * i, fuzz_mix(state + i));
    return 0;
}

void fuzz_sign(struct fuzz_host *host, struct hawser_span text, uint8_t out[32]) { (void)toy_hmac(host, host->key, text, out); }

static void fault(void *user, const char *expression, const char *file, int line) {
    (void)user;
    fuzz_fail(expression, file, line);
}

void fuzz_host_init(struct fuzz_host *host, uint64_t seed) {
    *host = (struct fuzz_host){.functions = {.size = sizeof host->functions,
                                             .user = host,
                                             .allocate = allocate,
                                             .release = release,
                                             .random = draw,
                                             .hmac_sha256 = toy_hmac,
                                             .fault = fault,
                                             .hmac = toy_hmac_of_spans},
                               .dice = fuzz_mix(seed)};
}

void fuzz_watch(struct fuzz_host *host, hawser *stack, const char *name) {
    static struct hawser_view views[2]; /* B has the second */
    host->overhead = host->bytes - hawser_memory(stack);
    if (!getenv("HAWSER_FUZZ_TRACE"))
        return;
    struct hawser_view *view = &views[name[0] == 'B'];
    *view = (struct hawser_view){.size = sizeof *view, .sink = hawser_view_to_file, .sink_user = stderr, .name = name};
    hawser_view_open_text(view);
    hawser_trace(stack, hawser_view_text, view);
}

void fuzz_check(const struct fuzz_host *host, hawser *stack) {
    const char *wrong = hawser_check(stack);
    if (wrong)
        fuzz_fail(wrong, __FILE__, __LINE__);
    FUZZ_MUST(host->bytes + host->lent_bytes == hawser_memory(stack) + host->overhead);
}

/* ---- the bill -------------------------------------------------------------------------------------------------- */

/* Each chunk may begin a block, a run, a page of streams, a larger table; an association has 16 paths at most. A few bytes of a
 * SACK may touch all 65,535 TSNs. Time is the thread's own, so that a busy machine does not count; the bound is what no packet
 * needs. */
#define GIVEN_MAX(size) (64 + (size) / 4)
#define BYTES_MAX(size) (65536 + 40 * (uint64_t)(size))
#define CPU_MAX_NS 250000000u

static uint64_t cpu_now(void) {
    struct timespec time;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

void fuzz_arrive(const struct fuzz_host *host, hawser *stack, hawser_time now, const struct hawser_arrival *arrival) {
    uint64_t given = host->given, bytes = host->bytes, cpu = cpu_now();
    hawser_input(stack, now, arrival);
    FUZZ_MUST(host->given - given <= GIVEN_MAX(arrival->length));
    FUZZ_MUST(host->bytes < bytes || host->bytes - bytes <= BYTES_MAX(arrival->length));
    FUZZ_MUST(cpu_now() - cpu <= CPU_MAX_NS);
}

/* ---- lent buffers ----------------------------------------------------------------------------------------------- */

struct fuzz_lent {
    struct fuzz_lent *next;
    struct fuzz_host *host;
    uint8_t *data;
    size_t size;
    bool held; /* by the stack */
};

static void give_back(void *user, const void *data, size_t size) {
    struct fuzz_lent *lent = user;
    FUZZ_MUST(lent->held && "a lent buffer is released once");
    FUZZ_MUST(data == lent->data && size == lent->size);
    lent->held = false;
    lent->host->lent_bytes -= size;
    free(lent->data); /* whoever still reads it is found by the sanitizer */
    lent->data = NULL;
}

uint8_t *fuzz_lend(struct fuzz_host *host, struct hawser_message *message, size_t size) {
    struct fuzz_lent *lent = malloc(sizeof *lent);
    FUZZ_MUST(lent != NULL);
    *lent = (struct fuzz_lent){.next = host->lent, .host = host, .data = malloc(size ? size : 1), .size = size, .held = true};
    FUZZ_MUST(lent->data != NULL);
    memset(lent->data, 'l', size);
    host->lent = lent;
    host->lent_bytes += size;
    message->release = give_back;
    message->release_user = lent;
    return lent->data;
}

void fuzz_unlend(struct hawser_message *message) {
    struct fuzz_lent *lent = message->release_user;
    give_back(lent, lent->data, lent->size);
}

void fuzz_host_done(struct fuzz_host *host) {
    FUZZ_MUST(host->blocks == 0 && host->bytes == 0);
    while (host->lent) {
        struct fuzz_lent *lent = host->lent;
        FUZZ_MUST(!lent->held && "a lent buffer was not released");
        host->lent = lent->next;
        free(lent);
    }
}

static void set_key(hawser *stack, hawser_id id, uint16_t key) {
    static const uint8_t secret[] = "a secret of any length";
    (void)hawser_auth_set_key(stack, id, key, (struct hawser_span){secret, key * 5u % sizeof secret});
}

void fuzz_guard(hawser *stack, hawser_id endpoint, uint64_t dice) {
    static const uint8_t types[] = {HW_DATA, HW_I_DATA, HW_SACK, HW_HEARTBEAT, HW_FORWARD_TSN, HW_HEARTBEAT_ACK};
    for (uint16_t key = 1; key <= 3; key++)
        set_key(stack, endpoint, key);
    (void)hawser_auth_activate(stack, endpoint, dice & 3);
    for (unsigned i = 0; i < sizeof types; i++)
        (void)hawser_auth_require(stack, endpoint, types[i], dice >> (2 + i) & 1);
}

void fuzz_rekey(hawser *stack, hawser_id id, uint8_t choice) {
    uint16_t key = choice >> 3 & 3;
    struct hawser_auth_status status = HAWSER_INIT(status);
    switch (choice & 7) {
    case 0: set_key(stack, id, key); break;
    case 1: (void)hawser_auth_activate(stack, id, key); break;
    case 2: (void)hawser_auth_deactivate(stack, id, key); break;
    case 3: (void)hawser_auth_delete(stack, id, key); break;
    case 4: (void)hawser_auth_status(stack, id, &status); break;
    default: (void)hawser_auth_require(stack, id, choice, choice >> 7); break;
    }
}

uint8_t fuzz_extend(hawser *stack, uint64_t dice) {
    static const int settings[] = {HAWSER_SET_PARTIAL_RELIABILITY, HAWSER_SET_INTERLEAVING,      HAWSER_SET_RECONFIGURATION,
                                   HAWSER_SET_AUTHENTICATION,      HAWSER_SET_DYNAMIC_ADDRESSES, HAWSER_SET_ECN,
                                   HAWSER_SET_ZERO_CHECKSUM};
    FUZZ_MUST(hawser_set(stack, 0, 0, 0, HAWSER_SET_RECONFIGURATION_ALLOWED, (int64_t)(dice >> 32 & 7)) == 0);
    FUZZ_MUST(hawser_set(stack, 0, 0, 0, HAWSER_SET_AUTO_ASCONF, (int64_t)(dice >> 35 & 1)) == 0);
    FUZZ_MUST(hawser_set(stack, 0, 0, 0, HAWSER_SET_ADAPTATION, (int64_t)(dice >> 36 & 3) - 1) == 0);
    bool none = (dice & 3) == 0;
    dice >>= 2;
    for (size_t i = 0; i < sizeof settings / sizeof settings[0]; i++) {
        int64_t value = none ? 0 : (int64_t)(dice & 3);
        if (settings[i] != HAWSER_SET_DYNAMIC_ADDRESSES)
            value = value != 0; /* on in three quarters */
        else if (value == 3)
            value = 2;
        FUZZ_MUST(hawser_set(stack, 0, 0, 0, settings[i], value) == 0);
        dice >>= 2;
    }
    return (uint8_t)(dice & (HAWSER_CARRIER_ECN | HAWSER_CARRIER_INTEGRITY));
}

void fuzz_policy(struct hawser_message *message, uint64_t dice) {
    dice = fuzz_mix(dice);
    if (dice & 1)
        return;
    message->policy = (uint32_t)(dice >> 1 & 7) % HAWSER_POLICY_COUNT;
    message->value = (uint32_t)(dice >> 4 & 3);
    if (message->policy == HAWSER_POLICY_TIMED)
        message->lifetime = (dice >> 8 & 0xff) * 4000;
}

void fuzz_reconfigure(hawser *stack, hawser_time now, hawser_id association, uint8_t choice) {
    const uint16_t streams[] = {choice >> 4 & 7, 3, (uint16_t)(choice * 3u)};
    switch (choice & 7) {
    case 0:
        (void)hawser_reset_association(stack, now, association);
        break;
    case 1:
        (void)hawser_add_streams(stack, now, association, choice >> 6, choice >> 4 & 3);
        break;
    default:
        (void)hawser_reset_streams(stack, now, association, choice & 3, streams, choice >> 6);
    }
}

void fuzz_readdress(hawser *stack, hawser_time now, hawser_id id, const struct hawser_address *address, uint8_t choice) {
    struct hawser_address any = *address;
    if ((choice & 0x70) == 0x70)
        memset(any.ip, 0, sizeof any.ip);
    switch (choice & 3) {
    case 0:
    case 1:
        (void)hawser_add_address(stack, now, id, &any);
        break;
    case 2:
        (void)hawser_remove_address(stack, now, id, &any);
        break;
    default:
        (void)hawser_set_peer_primary(stack, now, id, &any);
    }
}

/* ---- packets ---------------------------------------------------------------------------------------------------- */

void fuzz_seal(uint8_t *packet, size_t size) { hw_put_checksum(packet, hw_crc32c_packet(hw_crc32c_choose(0), packet, size)); }

struct hawser_address fuzz_address(unsigned side, unsigned number, uint16_t udp_port) {
    return (struct hawser_address){
        .family = HAWSER_IPV4, .udp_port = udp_port, .ip = {10, 0, (uint8_t)side, (uint8_t)number}};
}

struct hawser_address fuzz_address_in(enum fuzz_world world, unsigned side, unsigned number, uint16_t udp_port) {
    struct hawser_address address = fuzz_address(side, number, udp_port);
    const uint8_t ip[4] = {address.ip[0], address.ip[1], address.ip[2], address.ip[3]};
    if (world == FUZZ_ROUTES)
        return (struct hawser_address){.family = side == 1 ? HAWSER_NONE : HAWSER_ROUTE, .route = side * 256u + number};
    if (world == FUZZ_IPV4 || (world == FUZZ_BOTH && number % 2 == 0))
        return address;
    static const uint8_t prefixes[][12] = {{0xfd}, {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff}, {0xfe, 0x80}};
    bool zone = world == FUZZ_LINK_LOCAL && number % 2 == 0;
    address.family = HAWSER_IPV6;
    address.scope = zone ? 3 : 0;
    memcpy(address.ip, prefixes[world == FUZZ_MAPPED ? 1 : zone ? 2 : 0], 12);
    memcpy(address.ip + 12, ip, 4);
    return address;
}

static void judge_sack(const struct hw_tlv *chunk) {
    struct hw_sack sack;
    FUZZ_MUST(hw_sack_parse(&sack, chunk));
    uint32_t before = 0;
    for (unsigned i = 0; i < sack.gap_count; i++) {
        struct hw_gap gap = hw_sack_gap(&sack, i);
        FUZZ_MUST(gap.start > before + 1 || (i == 0 && gap.start > 1)); /* 3.3.4: never the next TSN, never adjacent */
        FUZZ_MUST(gap.end >= gap.start);
        before = gap.end;
    }
}

static void judge_init(const struct hw_tlv *chunk) {
    struct hw_init init;
    FUZZ_MUST(hw_init_parse(&init, chunk));
    FUZZ_MUST(init.tag && init.streams_out && init.streams_in && init.a_rwnd >= 1500);
    struct hw_cursor cursor = hw_cursor_over(init.params);
    struct hw_tlv param;
    enum hw_cursor_result result;
    bool cookie = false;
    while ((result = hw_cursor_param(&cursor, &param)) == HW_CURSOR_ITEM)
        cookie = cookie || param.type == HW_PARAM_COOKIE;
    FUZZ_MUST(result == HW_CURSOR_END && cookie == (chunk->type == HW_INIT_ACK));
}

static void judge_chunk(const struct hw_tlv *chunk, unsigned number, bool last, bool *data_seen) {
    struct hw_data data;
    struct hw_cursor cursor = hw_cursor_over(chunk->value);
    struct hw_tlv cause;
    enum hw_cursor_result result;
    FUZZ_MUST(chunk->type == HW_DATA || chunk->type == HW_I_DATA || !*data_seen); /* 6.10: control before data */
    switch (chunk->type) {
    case HW_I_DATA:
        FUZZ_MUST(chunk->value.size > 16);
        *data_seen = true;
        break;
    case HW_FORWARD_TSN:
        FUZZ_MUST(chunk->value.size >= 4 && chunk->value.size % 4 == 0);
        break;
    case HW_I_FORWARD_TSN:
        FUZZ_MUST(chunk->value.size >= 4 && chunk->value.size % 8 == 4);
        break;
    case HW_RE_CONFIG:
    case HW_ASCONF:
    case HW_ASCONF_ACK:
        cursor = hw_cursor_over(chunk->type == HW_RE_CONFIG ? chunk->value
                                                            : (struct hawser_span){chunk->value.data + 4, chunk->value.size - 4});
        while ((result = hw_cursor_param(&cursor, &cause)) == HW_CURSOR_ITEM) {
        }
        FUZZ_MUST(result == HW_CURSOR_END && chunk->value.size >= 4);
        break;
    case HW_AUTH:
        FUZZ_MUST(chunk->value.size == 24 || chunk->value.size == 36);
        break;
    case HW_PAD:
        break;
    case HW_DATA:
        FUZZ_MUST(hw_data_parse(&data, chunk) && data.payload.size);
        *data_seen = true;
        break;
    case HW_INIT:
    case HW_INIT_ACK:
        FUZZ_MUST(number == 0 && last);
        judge_init(chunk);
        break;
    case HW_SACK:
        judge_sack(chunk);
        break;
    case HW_ERROR:
    case HW_ABORT:
        while ((result = hw_cursor_param(&cursor, &cause)) == HW_CURSOR_ITEM) {
        }
        FUZZ_MUST(result == HW_CURSOR_END);
        FUZZ_MUST(chunk->type == HW_ERROR || last);
        break;
    case HW_SHUTDOWN_COMPLETE:
        FUZZ_MUST(number == 0 && last && chunk->value.size == 0);
        break;
    case HW_COOKIE_ECHO:
        FUZZ_MUST(number == 0 && chunk->value.size);
        break;
    case HW_SHUTDOWN:
        FUZZ_MUST(chunk->value.size == 4);
        break;
    case HW_ECNE:
    case HW_CWR:
        FUZZ_MUST(chunk->value.size == 4);
        break;
    case HW_HEARTBEAT:
    case HW_HEARTBEAT_ACK:
    case HW_SHUTDOWN_ACK:
    case HW_COOKIE_ACK:
        break;
    default:
        fuzz_fail("a chunk that RFC 9260 does not know was sent", __FILE__, __LINE__);
    }
}

void fuzz_judge(const uint8_t *packet, size_t size, const struct hawser_departure *departure) {
    struct hawser_span whole = {packet, size};
    struct hw_header header;
    FUZZ_MUST(hw_header_parse(&header, whole) && size >= HW_HEADER_SIZE + HW_TLV_SIZE);
    FUZZ_MUST(size % 4 == 0 && size <= departure->capacity);
    bool unsummed = header.checksum == 0 && (departure->carrier & HAWSER_CARRIER_INTEGRITY);
    FUZZ_MUST(unsummed || header.checksum == hw_crc32c_packet(hw_crc32c_choose(0), packet, size));
    FUZZ_MUST(header.source_port && header.destination_port);
    FUZZ_MUST(departure->remote.family != HAWSER_NONE);
    struct hw_cursor cursor = hw_cursor_over((struct hawser_span){packet + HW_HEADER_SIZE, size - HW_HEADER_SIZE});
    struct hw_tlv chunk;
    enum hw_cursor_result result;
    bool data_seen = false;
    for (unsigned number = 0; (result = hw_cursor_chunk(&cursor, &chunk)) == HW_CURSOR_ITEM; number++) {
        judge_chunk(&chunk, number, cursor.at == cursor.end, &data_seen);
        FUZZ_MUST((header.tag == 0) == (chunk.type == HW_INIT) || header.tag != 0);
    }
    FUZZ_MUST(result == HW_CURSOR_END);
}

unsigned fuzz_depart(hawser *stack, hawser_time now, struct hawser_departure *departure, unsigned most, fuzz_takes *takes,
                     void *user) {
    const uint8_t *packets = departure->buffer;
    unsigned count = 0;
    size_t length;
    while ((length = hawser_output(stack, now, departure)) != 0) {
        size_t step = departure->segment_size ? departure->segment_size : length;
        FUZZ_MUST(length == departure->length && length <= departure->capacity);
        for (size_t at = 0; at < length; at += step) {
            size_t size = length - at < step ? length - at : step;
            fuzz_judge(packets + at, size, departure);
            takes(user, packets + at, size, departure);
            FUZZ_MUST(++count <= most);
        }
    }
    return count;
}
