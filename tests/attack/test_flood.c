/* SPDX-License-Identifier: MIT
 *
 * Floods: what a stranger or a peer can make us spend with packets that cost him little. Each has a bound on the memory that
 * it can make us hold, on the packets and bytes that it can make us send, and on allocations and time for each of his packets.
 * The table that this prints is that of docs/SECURITY.md.
 */
#include "flood.h"

#include <stdlib.h>

/* The State Cookie of the INIT ACK that was said last. */
static struct hawser_span cookie_said(struct script *s) {
    struct hw_cursor cursor = hw_cursor_over((struct hawser_span){said.data + HW_HEADER_SIZE, said.size - HW_HEADER_SIZE});
    struct hw_tlv chunk;
    struct seen seen;
    if (hw_cursor_chunk(&cursor, &chunk) != HW_CURSOR_ITEM || !hw_init_parse(&seen.init, &chunk))
        FAIL("no INIT ACK was said");
    struct hawser_span cookie = param_of(&seen, HW_PARAM_COOKIE);
    return JOIN(cookie);
}

/* ---- strangers ---------------------------------------------------------------------------------------------------- */

static void inits(void **state) {
    (void)state;
    struct script *s = stage("INIT");
    struct meter meter;
    listen_now(s);
    struct hawser_span packet = packet(s, WAY(.from = 0), INIT());
    meter_begin(&meter, s);
    for (unsigned i = 0; i < ROUNDS; i++)
        meter_packet(&meter, s, stranger(i), packet);
    SETTLE("INIT", .bytes_out = 6, .packets_out = 1, .memory = 0, .allocations = 0, .time = 30);
}

static void inits_at_many_addresses(void **state) {
    (void)state;
    struct script *s = stage("INIT at many addresses");
    struct meter meter;
    start(s, .local_addresses = 16, .ipv6 = true);
    listen_now(s);
    struct hawser_span packet = packet(s, WAY(.from = 0), INIT());
    meter_begin(&meter, s);
    for (unsigned i = 0; i < ROUNDS; i++)
        meter_packet(&meter, s, WAY(.from = 0), packet);
    SETTLE("INIT to an endpoint with 16 IPv6 addresses", .bytes_out = 17, .packets_out = 1, .memory = 0, .allocations = 0,
           .time = 30);
}

static void inits_in_batches(void **state) {
    (void)state;
    struct script *s = stage("INIT in batches");
    struct meter meter;
    listen_now(s);
    struct hawser_span packet = packet(s, WAY(.from = 0), INIT()), batch[64];
    for (unsigned i = 0; i < 64; i++)
        batch[i] = packet;
    meter_begin(&meter, s);
    for (unsigned i = 0; i < ROUNDS / 64; i++)
        meter_batch(&meter, s, stranger(i), batch, 64);
    SETTLE("INIT, 64 before we can answer", .bytes_out = 3, .packets_out = 32, .memory = 0, .allocations = 0, .time = 30);
}

static void inits_with_addresses(void **state) {
    (void)state;
    struct script *s = stage("INIT with addresses");
    struct meter meter;
    listen_now(s);
    struct hawser_span list = many(s, script_address_param(s, &s->peer[0]), 1000);
    for (unsigned i = 0; i < 1000; i++)
        put32_at(list, i * 8 + 4, 0xc6336400u + i);
    struct hawser_span packet = packet(s, WAY(.from = 0), INIT(.params = list));
    meter_begin(&meter, s);
    for (unsigned i = 0; i < ROUNDS; i++)
        meter_packet(&meter, s, stranger(i), packet);
    SETTLE("INIT with 1,000 addresses", .bytes_out = 0.2, .packets_out = 1, .memory = 0, .allocations = 0, .time = 120);
}

static void inits_with_unknown_parameters(void **state) {
    (void)state;
    struct script *s = stage("INIT with unknown parameters");
    struct meter meter;
    listen_now(s);
    struct hawser_span list = many(s, PARAM(0xc123, NOTHING), 16000);
    struct hawser_span packet = packet(s, WAY(.from = 0), INIT(.params = list));
    meter_begin(&meter, s);
    for (unsigned i = 0; i < ROUNDS / 10; i++)
        meter_packet(&meter, s, stranger(i), packet);
    SETTLE("INIT with 16,000 unknown parameters", .bytes_out = 0.01, .packets_out = 1, .memory = 0,
           .allocations = 0, .time = 900);
}

static void forged_cookies(void **state) {
    (void)state;
    struct script *s = stage("forged cookies");
    struct meter meter;
    get_cookie(s);
    struct hawser_span cookie = JOIN(s->cookie, FILL(1300, 7));
    ((uint8_t *)(uintptr_t)cookie.data)[40] ^= 1;
    struct hawser_span packet = packet(s, WAY(.from = 0), CHUNK(HW_COOKIE_ECHO, 0, cookie));
    meter_begin(&meter, s);
    for (unsigned i = 0; i < ROUNDS; i++)
        meter_packet(&meter, s, WAY(.from = 0), packet);
    SETTLE("COOKIE ECHO, forged, 1,400 bytes", .bytes_out = 0, .packets_out = 0, .memory = 0, .allocations = 0, .time = 60);
}

/* He lists all the addresses that he can, never moves again and is never taken by the user: the most of one cookie. */
static void honest_cookies(void **state) {
    (void)state;
    struct script *s = stage("cookies");
    struct meter meter;
    unsigned count = 500;
    s->plan.backlog = count;
    script_open(s);
    check_equal(hawser_listen(s->stack, s->endpoint, count), 0);
    struct hawser_span *echoes = calloc(count, sizeof *echoes);
    struct meter ignored;
    meter_begin(&ignored, s);
    for (unsigned i = 0; i < count; i++) {
        meter_packet(&ignored, s, stranger(i), packet(s, WAY(.from = 0), INIT()));
        struct hawser_span cookie = cookie_said(s);
        echoes[i] = packet(s, WAY(.tag = hw_get32(said.data + 16)), CHUNK(HW_COOKIE_ECHO, 0, cookie));
    }
    meter_begin(&meter, s);
    for (unsigned i = 0; i < count; i++)
        meter_packet(&meter, s, stranger(i), echoes[i]);
    printf("| ... of it, one association that nobody took | | | | %llu | | |\n",
           (unsigned long long)((meter.memory_peak - meter.memory_begin) / count));
    free(echoes);
    SETTLE("COOKIE ECHO, ours, 500 associations", .bytes_out = 0.3, .packets_out = 1, .memory = 500 * 5000, .allocations = 8,
           .time = 60);
}

static void cookies_beyond_the_backlog(void **state) {
    (void)state;
    struct script *s = stage("backlog");
    struct meter meter;
    start(s, .backlog = 1);
    get_cookie(s);
    struct hawser_span first = s->cookie;
    uint32_t tag = s->stack_tag;
    inject_by(s, WAY(.from = 1), INIT());
    remember(s, expect(s, INIT_ACK));
    inject_by(s, WAY(.from = 1), COOKIE_ECHO());
    skip_output(s);
    struct hawser_span packet = packet(s, WAY(.tag = tag), CHUNK(HW_COOKIE_ECHO, 0, first));
    meter_begin(&meter, s);
    for (unsigned i = 0; i < ROUNDS; i++)
        meter_packet(&meter, s, WAY(.from = 0), packet);
    SETTLE("COOKIE ECHO, ours, backlog full", .bytes_out = 0.5, .packets_out = 1, .memory = 0, .allocations = 0, .time = 30);
}

static void stale_cookies(void **state) {
    (void)state;
    struct script *s = stage("stale cookies");
    struct meter meter;
    get_cookie(s);
    struct hawser_span packet = packet(s, WAY(.from = 0), COOKIE_ECHO());
    advance(s, sec(100));
    meter_begin(&meter, s);
    for (unsigned i = 0; i < ROUNDS; i++)
        meter_packet(&meter, s, WAY(.from = 0), packet);
    SETTLE("COOKIE ECHO, ours, stale", .bytes_out = 0.5, .packets_out = 1, .memory = 0, .allocations = 0, .time = 30);
}

static void out_of_the_blue(void **state) {
    (void)state;
    struct script *s = stage("out of the blue");
    struct meter meter;
    listen_now(s);
    struct hawser_span packet = packet(s, WAY(.tag = 77), COOKIE_ACK(), CHUNK(HW_HEARTBEAT, 0, NOTHING));
    put32_at(packet, 12, 0x04000004); /* HEARTBEAT, nothing in it: the shortest that is answered */
    packet.size = 16;
    seal(packet);
    meter_begin(&meter, s);
    for (unsigned i = 0; i < ROUNDS; i++)
        meter_packet(&meter, s, stranger(i), packet);
    SETTLE("out of the blue, the shortest", .bytes_out = 1, .packets_out = 1, .memory = 0, .allocations = 0, .time = 15);
}

static void out_of_the_blue_large(void **state) {
    (void)state;
    struct script *s = stage("large out of the blue");
    struct meter meter;
    listen_now(s);
    struct hawser_span packet = packet(s, WAY(.tag = 77), many(s, CHUNK(0xc7, 0, NOTHING), 16000));
    meter_begin(&meter, s);
    for (unsigned i = 0; i < ROUNDS / 10; i++)
        meter_packet(&meter, s, stranger(i), packet);
    SETTLE("out of the blue, 16,000 unknown chunks", .bytes_out = 0.01, .packets_out = 1, .memory = 0,
           .allocations = 0, .time = 600);
}

/* INIT with the peer's address as its source: an association stands there. */
static void spoofed_restarts(void **state) {
    (void)state;
    struct script *s = connected("spoofed restarts");
    struct meter meter;
    struct hawser_span packet = packet(s, WAY(.from = 0), INIT(.tag = 5));
    meter_begin(&meter, s);
    for (unsigned i = 0; i < ROUNDS; i++)
        meter_packet(&meter, s, WAY(.from = 0), packet);
    SETTLE("INIT for an association that stands", .bytes_out = 6, .packets_out = 1, .memory = 0, .allocations = 0, .time = 30);
}

/* ---- peers: control ------------------------------------------------------------------------------------------------ */

static void heartbeats(void **state) {
    (void)state;
    struct script *s = connected("HEARTBEAT");
    struct meter meter;
    repeat(s, &meter, CHUNK(HW_HEARTBEAT, 0, FILL(1400, 1)), ROUNDS);
    SETTLE("HEARTBEAT of 1,400 bytes", .bytes_out = 1, .packets_out = 1, .memory = 8192, .allocations = 1, .time = 15);
}

static void small_heartbeats(void **state) {
    (void)state;
    struct script *s = connected("small HEARTBEATs");
    struct meter meter;
    repeat(s, &meter, many(s, CHUNK(HW_HEARTBEAT, 0, NOTHING), 360), ROUNDS / 4);
    SETTLE("360 HEARTBEATs of 4 bytes", .bytes_out = 1, .packets_out = 1, .memory = 8192, .allocations = 360, .time = 300);
}

static void unknown_chunks(void **state) {
    (void)state;
    struct script *s = connected("unknown chunks");
    struct meter meter;
    repeat(s, &meter, many(s, CHUNK(0xc7, 0, NOTHING), 360), ROUNDS / 4);
    SETTLE("360 unknown chunks to report", .bytes_out = 1.1, .packets_out = 1, .memory = 8192, .allocations = 360, .time = 300);
}

static void heartbeats_in_batches(void **state) {
    (void)state;
    struct script *s = connected("HEARTBEAT in batches");
    struct meter meter;
    struct hawser_span packet = packet(s, WAY(.from = 0), CHUNK(HW_HEARTBEAT, 0, FILL(1400, 1))), batch[64];
    for (unsigned i = 0; i < 64; i++)
        batch[i] = packet;
    meter_begin(&meter, s);
    for (unsigned i = 0; i < ROUNDS / 64; i++)
        meter_batch(&meter, s, WAY(.from = 0), batch, 64);
    SETTLE("HEARTBEAT, 64 before we can answer", .bytes_out = 0.1, .packets_out = 5, .memory = 8192,
           .allocations = 0.1, .time = 15);
}

static void errors(void **state) {
    (void)state;
    struct script *s = connected("ERROR");
    struct meter meter;
    repeat(s, &meter, many(s, ERROR(CAUSE(PROTOCOL_VIOLATION, FILL(8, 1))), 90), ROUNDS / 4);
    SETTLE("90 ERRORs, told once", .bytes_out = 0, .packets_out = 0, .memory = 400, .allocations = 1, .time = 60);
}

static void causes(void **state) {
    (void)state;
    struct script *s = connected("causes");
    struct meter meter;
    repeat(s, &meter, ERROR(many(s, CAUSE(PROTOCOL_VIOLATION, NOTHING), 16000)), ROUNDS / 10);
    SETTLE("ERROR with 16,000 causes", .bytes_out = 0, .packets_out = 0, .memory = 400, .allocations = 1, .time = 900);
}

static void empty_chunks(void **state) {
    (void)state;
    struct script *s = connected("chunks that mean nothing here");
    struct meter meter;
    repeat(s, &meter, many(s, COOKIE_ACK(), 16000), ROUNDS / 10);
    SETTLE("16,000 COOKIE ACKs", .bytes_out = 0, .packets_out = 0, .memory = 0, .allocations = 0, .time = 600);
}

static void cookie_echoes_again(void **state) {
    (void)state;
    struct script *s = connected("COOKIE ECHO again");
    struct meter meter;
    repeat(s, &meter, COOKIE_ECHO(), ROUNDS);
    SETTLE("COOKIE ECHO that comes again", .bytes_out = 0.2, .packets_out = 1, .memory = 0, .allocations = 0, .time = 30);
}

static void shutdowns(void **state) {
    (void)state;
    struct script *s = connected("SHUTDOWN");
    struct meter meter;
    send_message(s, 0, 100, 0);
    repeat(s, &meter, SHUTDOWN(-1), ROUNDS);
    SETTLE("SHUTDOWN while DATA is in flight", .bytes_out = 0, .packets_out = 0, .memory = 400, .allocations = 0.01, .time = 15);
}

static void shutdowns_answered(void **state) {
    (void)state;
    struct script *s = connected("SHUTDOWN in SHUTDOWN-ACK-SENT");
    struct meter meter;
    repeat(s, &meter, many(s, SHUTDOWN(-1), 180), ROUNDS / 4);
    SETTLE("180 SHUTDOWNs in SHUTDOWN-ACK-SENT", .bytes_out = 0.1, .packets_out = 1, .memory = 400,
           .allocations = 0.1, .time = 60);
}

static void restarts(void **state) {
    (void)state;
    struct script *s = connected("restarts");
    struct meter meter, ignored;
    meter_begin(&meter, s);
    for (unsigned i = 0; i < ROUNDS / 10; i++) {
        ignored = meter;
        meter_packet(&ignored, s, WAY(.from = 0), packet(s, WAY(.from = 0), INIT(.tag = 100 + i)));
        struct hawser_span cookie = cookie_said(s);
        const struct way *way = WAY(.tag = hw_get32(said.data + 16));
        meter_packet(&meter, s, way, packet(s, way, CHUNK(HW_COOKIE_ECHO, 0, cookie)));
    }
    check_equal(hawser_counter(s->stack, 0, HAWSER_COUNT_Restarts), ROUNDS / 10);
    SETTLE("restarts that nobody reads of", .bytes_out = 0.5, .packets_out = 1, .memory = 400, .allocations = 2, .time = 60);
}

/* ---- peers: DATA --------------------------------------------------------------------------------------------------- */

/* DATA packets whose TSN rises by `step` and whose SSN rises by one; flags as given; nobody reads. */
static void flood_data(struct script *s, struct meter *meter, unsigned rounds, size_t size, int flags, unsigned step,
                       unsigned streams) {
    struct hawser_span packet = packet(s, WAY(.from = 0), DATA(.size = (int64_t)size, .flags = flags));
    meter_begin(meter, s);
    for (unsigned i = 0; i < rounds; i++) {
        put32_at(packet, 16, s->peer_tsn + i * step);
        put16_at(packet, 20, streams ? i % streams : 0);
        put16_at(packet, 22, (flags & B) && (flags & E) ? (streams ? i / streams : i) : 0);
        seal(packet);
        meter_packet(meter, s, WAY(.from = 0), packet);
    }
}

#define WINDOW_AND_BOOKKEEPING (WINDOW + WINDOW / 2) /* an eighth for records, the last block, tables of what waits */

static void one_byte_messages(void **state) {
    (void)state;
    struct script *s = connected("one byte");
    struct meter meter;
    flood_data(s, &meter, ROUNDS * 8, 1, B | E, 1, 0);
    SETTLE("messages of 1 byte that nobody reads", .bytes_out = 1.1, .packets_out = 1, .memory = WINDOW_AND_BOOKKEEPING,
           .allocations = 0.1, .time = 15);
}

static void endless_message(void **state) {
    (void)state;
    struct script *s = connected("endless");
    struct meter meter;
    inject(s, DATA(.tsn = 0, .flags = B, .size = 1));
    s->peer_tsn++;
    flood_data(s, &meter, ROUNDS * 8, 1, 0, 1, 0);
    SETTLE("a message of 1-byte fragments without end", .bytes_out = 1.1, .packets_out = 1, .memory = 2 * WINDOW_AND_BOOKKEEPING,
           .allocations = 0.1, .time = 15);
}

static void lone_fragments(void **state) {
    (void)state;
    struct script *s = connected("lone fragments");
    struct meter meter;
    s->peer_tsn++;
    flood_data(s, &meter, ROUNDS * 4, 1, 0, 2, 0);
    SETTLE("1-byte fragments, each of its own message", .bytes_out = 50, .packets_out = 1, .memory = WINDOW_AND_BOOKKEEPING,
           .allocations = 1.5, .time = 30);
}

static void beginnings(void **state) {
    (void)state;
    struct script *s = connected("beginnings");
    struct meter meter;
    s->peer_tsn++;
    flood_data(s, &meter, ROUNDS * 4, 1, B | U, 2, 0);
    SETTLE("1-byte beginnings of unordered messages", .bytes_out = 50, .packets_out = 1, .memory = WINDOW_AND_BOOKKEEPING,
           .allocations = 1.5, .time = 30);
}

static void out_of_order(void **state) {
    (void)state;
    struct script *s = connected("out of order");
    struct meter meter;
    s->peer_tsn++;
    flood_data(s, &meter, ROUNDS * 4, 1, B | E, 2, 0);
    SETTLE("1-byte messages, every other TSN (gaps that grow)", .bytes_out = 50, .packets_out = 1,
           .memory = WINDOW_AND_BOOKKEEPING, .allocations = 1.5, .time = 30);
}

/* The window is full of messages that wait, so each new one below takes another back, which then comes again. */
static void gaps_that_flip(void **state) {
    (void)state;
    struct script *s = connected("flipping gaps");
    struct meter meter, filling;
    s->peer_tsn += 2;
    flood_data(s, &filling, 12000, 1, B | E, 2, 0);
    s->peer_tsn += 1;
    struct hawser_span packet = packet(s, WAY(.from = 0), DATA(.size = 1400, .flags = B | E, .stream = 2));
    meter_begin(&meter, s);
    for (unsigned i = 0; i < ROUNDS; i++) {
        put32_at(packet, 16, s->peer_tsn + (i % 2 ? 2 * (i / 2) : 20000 - 2 * (i / 2)));
        put16_at(packet, 22, i + 1);
        seal(packet);
        meter_packet(&meter, s, WAY(.from = 0), packet);
    }
    SETTLE("gaps that flip in a full window", .bytes_out = 1.1, .packets_out = 1, .memory = WINDOW, .allocations = 3, .time = 30);
}

static void duplicates(void **state) {
    (void)state;
    struct script *s = connected("duplicates");
    struct meter meter;
    inject(s, DATA(.tsn = 0, .size = 1));
    repeat(s, &meter, many(s, DATA(.tsn = 0, .size = 1), 70), ROUNDS / 4);
    SETTLE("70 duplicates of DATA", .bytes_out = 0.2, .packets_out = 1, .memory = 200, .allocations = 0.1, .time = 60);
}

static void invalid_streams(void **state) {
    (void)state;
    struct script *s = stage("invalid streams");
    struct meter meter;
    set(s, STREAMS_IN_MAX, 10);
    establish_passive(s);
    struct hawser_span chunks = many(s, DATA(.size = 1, .stream = 900), 70);
    struct hawser_span packet = packet(s, WAY(.from = 0), chunks);
    meter_begin(&meter, s);
    for (unsigned i = 0; i < ROUNDS / 4; i++) {
        for (unsigned j = 0; j < 70; j++)
            put32_at(packet, HW_HEADER_SIZE + j * 20u + 4, s->peer_tsn + i * 70 + j);
        seal(packet);
        meter_packet(&meter, s, WAY(.from = 0), packet);
    }
    SETTLE("70 messages on invalid streams", .bytes_out = 1, .packets_out = 1, .memory = 8192, .allocations = 75, .time = 60);
}

static void all_streams(void **state) {
    (void)state;
    struct script *s = stage("all streams");
    struct meter meter;
    start(s, .os = 65535, .mis = 65535);
    establish_passive(s);
    struct hawser_span packet = packet(s, WAY(.from = 0), many(s, DATA(.size = 1, .flags = B | E), 70));
    meter_begin(&meter, s);
    for (unsigned i = 0; i < 65535; i += 70) {
        for (unsigned j = 0; j < 70; j++) {
            put32_at(packet, HW_HEADER_SIZE + j * 20u + 4, s->peer_tsn + i + j);
            put16_at(packet, HW_HEADER_SIZE + j * 20u + 8, (i + j) % 65535);
        }
        seal(packet);
        meter_packet(&meter, s, WAY(.from = 0), packet);
        eat(s);
    }
    SETTLE("1 byte on each of 65,535 streams, read at once", .bytes_out = 0.1, .packets_out = 1, .memory = 400000,
           .allocations = 10, .time = 60);
}

static void probes_of_a_closed_window(void **state) {
    (void)state;
    struct script *s = connected("probes");
    struct meter meter, filling;
    flood_data(s, &filling, 20000, 100, B | E, 1, 0);
    struct hawser_span packet = packet(s, WAY(.from = 0), DATA(.size = 1, .tsn = 20000, .ssn = 20000));
    meter_begin(&meter, s);
    for (unsigned i = 0; i < ROUNDS; i++)
        meter_packet(&meter, s, WAY(.from = 0), packet);
    SETTLE("probes of a window that is closed", .bytes_out = 1.2, .packets_out = 1, .memory = 4096,
           .allocations = 0.1, .time = 15);
}

/* ---- peers: SACK --------------------------------------------------------------------------------------------------- */

/* Our messages of 1 byte in flight, as many as there can be; the peer has acknowledged enough to have opened cwnd. */
static unsigned fill_flight(struct script *s, unsigned wanted) {
    struct meter ignored;
    set(s, NO_DELAY, 1);
    set(s, MAX_BURST, 0);
    set(s, SEND_BUFFER, 64 << 20);
    set(s, MEMORY_MAX, (int64_t)256 << 20);
    uint32_t acknowledged = s->stack_tsn - 1;
    meter_begin(&ignored, s);
    struct hawser_span byte = {(const uint8_t *)"x", 1};
    struct hawser_message message = HAWSER_INIT(message);
    message.parts = &byte;
    message.part_count = 1;
    message.flags = HAWSER_SEND_UNORDERED;
    for (unsigned rounds = 0; rounds < 40; rounds++) {
        struct hawser_status status = status_of(s);
        while (status.queued_messages < wanted && hawser_send(s->stack, s->now, s->association, &message) == 0)
            status.queued_messages++;
        meter_advance(&ignored, s, 0);
        uint32_t flight = status_of(s).in_flight;
        if (flight >= wanted)
            break;
        s->now += ms(1);
        for (uint32_t told = 0; told < flight; told += 100) { /* slow start: a packet more for each of them (7.2.1) */
            acknowledged += flight - told < 100 ? flight - told : 100;
            struct hawser_span sack = SACK(.cum = (int32_t)(acknowledged - s->stack_tsn), .a_rwnd = UINT32_MAX);
            meter_packet(&ignored, s, WAY(.from = 0), packet(s, WAY(.from = 0), sack));
        }
    }
    set(s, MAX_BURST, 4);
    s->stack_tsn = acknowledged + 1; /* -1 is what is acknowledged now */
    return status_of(s).in_flight;
}

/* A SACK with blocks of one TSN each: of offsets `first`, `first` + 2, ... */
static struct hawser_span comb(struct script *s, unsigned first, unsigned blocks) {
    struct hawser_span list = {script_bytes(s, blocks * 4), blocks * 4};
    for (unsigned i = 0; i < blocks; i++) {
        put16_at(list, i * 4, first + 2 * i);
        put16_at(list, i * 4 + 2, first + 2 * i);
    }
    return CHUNK(HW_SACK, 0, U32(s->stack_tsn - 1), U32(1 << 20), U16(blocks), U16(0), list);
}

static void combs(void **state) {
    (void)state;
    struct script *s = connected("combs");
    struct meter meter;
    unsigned flight = fill_flight(s, 33000);
    check(flight >= 32500);
    struct hawser_span odd = packet(s, WAY(.from = 0), comb(s, 2, 16000)), even = packet(s, WAY(.from = 0), comb(s, 3, 16000));
    meter_begin(&meter, s);
    meter_packet(&meter, s, WAY(.from = 0), odd);
    for (unsigned i = 0; i < 12 && status_of(s).state == HAWSER_ESTABLISHED; i++)
        meter_packet(&meter, s, WAY(.from = 0), i % 2 ? odd : even);
    check_equal(state_of(s), HAWSER_CLOSED); /* it took back too much */
    SETTLE("SACK of 16,000 blocks that flip, until it is too much", .bytes_out = 8, .packets_out = 2000, .memory = 1 << 20,
           .allocations = 30, .time = 20000);
}

static void creeping_sacks(void **state) {
    (void)state;
    struct script *s = connected("creeping");
    struct meter meter;
    unsigned flight = fill_flight(s, 64000), from = flight - 2000;
    check(flight >= 60000);
    meter_begin(&meter, s);
    for (unsigned i = 0; i < 1000; i++) /* each acknowledges one more, above all holes */
        meter_packet(&meter, s, WAY(.from = 0),
                     packet(s, WAY(.from = 0), CHUNK(HW_SACK, 0, U32(s->stack_tsn - 1), U32(0), U16(1), U16(0), U16(from),
                                                     U16(from + i))));
    SETTLE("SACK of one block that creeps over 60,000 holes", .bytes_out = 60, .packets_out = 8, .memory = 1 << 20,
           .allocations = 1, .time = 100);
}

static void old_sacks(void **state) {
    (void)state;
    struct script *s = connected("old SACKs");
    struct meter meter;
    unsigned flight = fill_flight(s, 20000);
    check(flight >= 19000);
    struct hawser_span sack = CHUNK(HW_SACK, 0, U32(s->stack_tsn - 1), U32(0), U16(0), U16(300), FILL(1200, 1));
    repeat(s, &meter, sack, ROUNDS);
    SETTLE("SACK of 300 duplicates that says nothing", .bytes_out = 0.01, .packets_out = 1, .memory = 200,
           .allocations = 0.01, .time = 15);
}

static void many_sacks(void **state) {
    (void)state;
    struct script *s = connected("many SACKs");
    struct meter meter;
    unsigned flight = fill_flight(s, 20000);
    check(flight >= 19000);
    repeat(s, &meter, many(s, CHUNK(HW_SACK, 0, U32(s->stack_tsn - 1), U32(0), U16(0), U16(0)), 90), ROUNDS / 4);
    SETTLE("90 SACKs that say nothing", .bytes_out = 0.01, .packets_out = 1, .memory = 200, .allocations = 0.01, .time = 60);
}

static void tiny_windows(void **state) {
    (void)state;
    struct script *s = connected("tiny windows");
    struct meter meter;
    set(s, NO_DELAY, 1);
    for (unsigned i = 0; i < 400; i++)
        check_equal(send_with(s, .size = 1000), 0);
    skip_output(s);
    meter_begin(&meter, s);
    struct hawser_status status;
    uint32_t heard = s->stack_tsn - 1;
    for (unsigned i = 0; i < ROUNDS && (status = status_of(s)).queued_messages; i++) {
        /* takes what is there and opens one byte */
        heard += status.in_flight;
        meter_packet(&meter, s, WAY(.from = 0),
                     packet(s, WAY(.from = 0), SACK(.cum = (int32_t)(heard - s->stack_tsn), .a_rwnd = i % 2)));
        meter_advance(&meter, s, ms(200));
    }
    SETTLE("a window of 1 byte", .bytes_out = 40, .packets_out = 2, .memory = 200, .allocations = 0.5, .time = 30);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(flood_plain_data),
        cmocka_unit_test(inits),
        cmocka_unit_test(inits_at_many_addresses),
        cmocka_unit_test(inits_in_batches),
        cmocka_unit_test(inits_with_addresses),
        cmocka_unit_test(inits_with_unknown_parameters),
        cmocka_unit_test(forged_cookies),
        cmocka_unit_test(honest_cookies),
        cmocka_unit_test(cookies_beyond_the_backlog),
        cmocka_unit_test(stale_cookies),
        cmocka_unit_test(out_of_the_blue),
        cmocka_unit_test(out_of_the_blue_large),
        cmocka_unit_test(spoofed_restarts),
        cmocka_unit_test(heartbeats),
        cmocka_unit_test(small_heartbeats),
        cmocka_unit_test(unknown_chunks),
        cmocka_unit_test(heartbeats_in_batches),
        cmocka_unit_test(errors),
        cmocka_unit_test(causes),
        cmocka_unit_test(empty_chunks),
        cmocka_unit_test(cookie_echoes_again),
        cmocka_unit_test(shutdowns),
        cmocka_unit_test(shutdowns_answered),
        cmocka_unit_test(restarts),
        cmocka_unit_test(one_byte_messages),
        cmocka_unit_test(endless_message),
        cmocka_unit_test(lone_fragments),
        cmocka_unit_test(beginnings),
        cmocka_unit_test(out_of_order),
        cmocka_unit_test(gaps_that_flip),
        cmocka_unit_test(duplicates),
        cmocka_unit_test(invalid_streams),
        cmocka_unit_test(all_streams),
        cmocka_unit_test(probes_of_a_closed_window),
        cmocka_unit_test(combs),
        cmocka_unit_test(creeping_sacks),
        cmocka_unit_test(old_sacks),
        cmocka_unit_test(many_sacks),
        cmocka_unit_test(tiny_windows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
