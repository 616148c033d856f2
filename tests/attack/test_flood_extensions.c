/* SPDX-License-Identifier: MIT
 *
 * Floods of the extensions' chunks: a peer that skips, interleaves, resets, adds streams and addresses, authenticates and pads
 * without end. The same bounds and the same table as test_flood.c.
 */
#include "flood.h"
#include "script/auth.h"
#include "wire/reconfig.h"

#define LIST(...) PARAM(HW_PARAM_EXTENSIONS, BYTES(__VA_ARGS__))

/* An association with a peer that says this of itself. */
static struct script *offering(const char *name, struct hawser_span (*params)(struct script *s)) {
    struct script *s = stage(name);
    set(s, RECEIVE_BUFFER, WINDOW);
    start(s, .os = 65535, .mis = 65535, .params = params(s));
    establish_passive(s);
    return s;
}

/* `count` packets that `make` makes; each is read of at once. */
static void pour(struct script *s, struct meter *meter, struct hawser_span (*make)(struct script *s, unsigned i),
                 unsigned count) {
    meter_begin(meter, s);
    for (unsigned i = 0; i < count; i++) {
        meter_packet(meter, s, WAY(.from = 0), packet(s, WAY(.from = 0), make(s, i)));
        eat(s);
    }
}

/* ---- RFC 3758, 8260 ----------------------------------------------------------------------------------------------- */

static struct hawser_span forwarding(struct script *s) {
    return PARAM(HW_PARAM_FORWARD_TSN, NOTHING);
}

static struct hawser_span forward_one(struct script *s, unsigned i) {
    return FORWARD(i, NOTHING);
}
static void forwards(void **state) {
    (void)state;
    struct script *s = offering("FORWARD TSN", forwarding);
    struct meter meter;
    pour(s, &meter, forward_one, ROUNDS);
    SETTLE("FORWARD TSN, one TSN further each", .bytes_out = 1, .packets_out = 1, .memory = 16384, .allocations = 0.1, .time = 5);
}

static struct hawser_span forward_bundle(struct script *s, unsigned i) {
    struct hawser_span all = many(s, FORWARD(0, NOTHING), 180);
    for (unsigned n = 0; n < 180; n++)
        put32_at(all, n * 8 + 4, s->peer_tsn + 180 * i + n);
    return all;
}
static void forward_bundles(void **state) {
    (void)state;
    struct script *s = offering("FORWARD TSNs", forwarding);
    struct meter meter;
    pour(s, &meter, forward_bundle, ROUNDS / 10);
    SETTLE("180 FORWARD TSNs in a packet", .bytes_out = 0.1, .packets_out = 1, .memory = 16384, .allocations = 0.1, .time = 60);
}

static struct hawser_span forward_pairs(struct script *s, unsigned i) {
    struct hawser_span pairs = many(s, JOIN(SKIP(0, 0)), 350);
    for (unsigned n = 0; n < 350; n++)
        put32_at(pairs, n * 4, ((i * 350 + n) % 65535) << 16 | (i & 0x7fff));
    return FORWARD(i, pairs);
}
static void forwards_of_all_streams(void **state) {
    (void)state;
    struct script *s = offering("pairs", forwarding);
    struct meter meter;
    pour(s, &meter, forward_pairs, ROUNDS / 4);
    SETTLE("FORWARD TSN of 350 streams, all 65,535 by turns", .bytes_out = 0.1, .packets_out = 1, .memory = WINDOW + (1 << 20),
           .allocations = 20, .time = 60);
}

static struct hawser_span forward_far(struct script *s, unsigned i) {
    return FORWARD(60000 * (i + 1), NOTHING);
}
static void far_forwards(void **state) {
    (void)state;
    struct script *s = offering("far", forwarding);
    struct meter meter;
    pour(s, &meter, forward_far, ROUNDS);
    SETTLE("FORWARD TSN, 60,000 TSNs further each", .bytes_out = 1, .packets_out = 1, .memory = 16384, .allocations = 1,
           .time = 60);
}

static struct hawser_span forward_stale(struct script *s, unsigned i) {
    (void)i;
    return many(s, FORWARD(-5, NOTHING), 180);
}
static void stale_forwards(void **state) {
    (void)state;
    struct script *s = offering("stale", forwarding);
    struct meter meter;
    pour(s, &meter, forward_stale, ROUNDS / 4);
    SETTLE("180 FORWARD TSNs that are out of date", .bytes_out = 0.1, .packets_out = 1, .memory = 16384, .allocations = 0.1,
           .time = 60);
}

static struct hawser_span interleaving(struct script *s) {
    return LIST(HW_FORWARD_TSN, HW_I_DATA, HW_I_FORWARD_TSN);
}
static struct script *interleaved(const char *name, unsigned windows) {
    struct script *s = stage(name);
    set(s, INTERLEAVING, 1);
    set(s, RECEIVE_BUFFER, windows * WINDOW);
    start(s, .os = 65535, .mis = 65535, .params = interleaving(s));
    establish_passive(s);
    return s;
}

/* 50 beginnings of messages that never go on. */
static struct hawser_span beginning(struct script *s, unsigned i) {
    struct hawser_span all = NOTHING;
    for (unsigned n = 0; n < 50; n++) {
        struct hawser_span one = I_DATA(.tsn = i * 50 + n, .stream = (i * 50 + n) % 65535, .mid = i, .flags = B, .size = 1);
        all = JOIN(all, one);
    }
    return all;
}
static void i_data_beginnings(void **state) {
    (void)state;
    struct script *s = interleaved("beginnings", 1);
    struct meter meter;
    pour(s, &meter, beginning, ROUNDS / 10);
    SETTLE("50 I-DATA, each the beginning of another message", .bytes_out = 1, .packets_out = 1, .memory = 3 * WINDOW,
           .allocations = 110, .time = 80);
}

/* Middles of messages whose beginning never comes, their FSNs far apart. */
static struct hawser_span middle(struct script *s, unsigned i) {
    struct hawser_span all = NOTHING;
    for (unsigned n = 0; n < 50; n++) {
        struct hawser_span one =
            I_DATA(.tsn = i * 50 + n, .stream = 1, .mid = n, .fsn = 1 + (600 - i) * 2, .flags = 0, .size = 1);
        all = JOIN(all, one);
    }
    return all;
}
static void i_data_middles(void **state) {
    (void)state;
    struct script *s = interleaved("middles", 1);
    struct meter meter;
    pour(s, &meter, middle, ROUNDS / 10);
    SETTLE("50 I-DATA, middles from behind with holes", .bytes_out = 2, .packets_out = 1, .memory = 3 * WINDOW, .allocations = 60,
           .time = 200);
}

static struct hawser_span i_forward(struct script *s, unsigned i) {
    struct hawser_span skips = many(s, JOIN(U16(0), U16(0), U32(0)), 170);
    for (unsigned n = 0; n < 170; n++) {
        put16_at(skips, n * 8, (i * 170 + n) % 65535);
        put16_at(skips, n * 8 + 2, n & 1);
        put32_at(skips, n * 8 + 4, i);
    }
    return CHUNK(HW_I_FORWARD_TSN, 0, U32(s->peer_tsn + i), skips);
}
static void i_forwards(void **state) {
    (void)state;
    struct script *s = interleaved("I-FORWARD-TSN", 1);
    struct meter meter;
    pour(s, &meter, i_forward, ROUNDS / 4);
    SETTLE("I-FORWARD-TSN of 170 messages, all 65,535 streams by turns", .bytes_out = 0.1, .packets_out = 1,
           .memory = WINDOW + (1 << 20), .allocations = 20, .time = 60);
}

/* As many messages are open as the window takes; each skip looks for its own among them. */
static struct hawser_span skip_none(struct script *s, unsigned i) {
    struct hawser_span skips = many(s, JOIN(U16(2), U16(0), U32(0)), 170);
    for (unsigned n = 0; n < 170; n++)
        put16_at(skips, n * 8, n);
    return CHUNK(HW_I_FORWARD_TSN, 0, U32(s->peer_tsn + 50 * 200 + i), skips);
}
static void i_forwards_past_many(void **state) {
    (void)state;
    struct script *s = interleaved("I-FORWARD-TSN past many", 8);
    struct meter meter;
    pour(s, &meter, beginning, 200);
    pour(s, &meter, skip_none, ROUNDS / 4);
    SETTLE("I-FORWARD-TSN of 170 messages while 10,000 are open", .bytes_out = 0.1, .packets_out = 1, .memory = WINDOW,
           .allocations = 20, .time = 60);
}

/* They lie on the stream of which one message is skipped, behind it, and came in no order. */
static struct hawser_span beginning_on_one(struct script *s, unsigned i) {
    struct hawser_span all = NOTHING;
    for (unsigned n = 0; n < 50; n++) {
        uint32_t mid = 1u << 30 | (i * 50 + n) * 7919 % 65536;
        all = JOIN(all, I_DATA(.tsn = i * 50 + n, .stream = 2, .mid = mid, .flags = B, .size = 1));
    }
    return all;
}
static struct hawser_span skip_before(struct script *s, unsigned i) {
    return CHUNK(HW_I_FORWARD_TSN, 0, U32(s->peer_tsn + 50 * 200 + i), U16(2), U16(0), U32(i));
}
static void i_forwards_before_many(void **state) {
    (void)state;
    struct script *s = interleaved("I-FORWARD-TSN before many", 8);
    struct meter meter;
    pour(s, &meter, beginning_on_one, 200);
    pour(s, &meter, skip_before, ROUNDS);
    SETTLE("I-FORWARD-TSN of a message before 10,000 that are open", .bytes_out = 1, .packets_out = 1, .memory = WINDOW,
           .allocations = 1, .time = 15);
}

/* ---- RFC 6525 ------------------------------------------------------------------------------------------------------- */

#define RE_CONFIG(...) CHUNK(HW_RE_CONFIG, 0, __VA_ARGS__)

static struct hawser_span reconfiguring(struct script *s) {
    return LIST(HW_RE_CONFIG);
}

/* Streams that the reset has something to do with. */
static void use_all_streams(struct script *s) {
    struct meter ignored;
    meter_begin(&ignored, s);
    for (unsigned i = 0; i < 65535; i += 64) {
        struct hawser_span all = NOTHING;
        for (unsigned n = 0; n < 64 && i + n < 65535; n++)
            all = JOIN(all, DATA(.tsn = i + n, .stream = i + n, .ssn = 0, .size = 1));
        meter_packet(&ignored, s, WAY(.from = 0), packet(s, WAY(.from = 0), all));
        eat(s);
    }
    s->peer_tsn += 65535;
}

static struct hawser_span reset_all(struct script *s, unsigned i) {
    return RE_CONFIG(PARAM(HW_PARAM_OUTGOING_RESET, U32(s->peer_tsn - 65535 + i), U32(s->stack_tsn - 1), U32(s->peer_tsn - 1)));
}
static void resets(void **state) {
    (void)state;
    struct script *s = offering("resets", reconfiguring);
    struct meter meter;
    use_all_streams(s);
    meter_begin(&meter, s);
    for (unsigned i = 0; i < ROUNDS / 4; i++) {
        meter_packet(&meter, s, WAY(.from = 0), packet(s, WAY(.from = 0), reset_all(s, i)));
        eat(s);
        advance(s, ms(5)); /* not sooner: below */
    }
    check_equal(COUNT(Reconfigured), ROUNDS / 4);
    SETTLE("RE-CONFIG: all of 65,535 streams begin anew, every 5 ms", .bytes_out = 1.5, .packets_out = 1, .memory = 8192,
           .allocations = 2, .time = 600);
}

/* As many as there is room for: one is done, the others are too soon. */
static struct hawser_span reset_all_46(struct script *s, unsigned i) {
    struct hawser_span all = NOTHING;
    for (unsigned n = 0; n < 46; n++)
        all = JOIN(all, reset_all(s, i ? n + 1 : n));
    return all;
}
static void resets_in_a_row(void **state) {
    (void)state;
    struct script *s = offering("resets in a row", reconfiguring);
    struct meter meter;
    use_all_streams(s);
    pour(s, &meter, reset_all_46, ROUNDS / 4);
    check_equal(COUNT(Reconfigured), 1);
    SETTLE("46 RE-CONFIG: all of 65,535 streams begin anew", .bytes_out = 1.5, .packets_out = 1, .memory = 8192,
           .allocations = 2, .time = 30);
}

static struct hawser_span reset_again(struct script *s, unsigned i) {
    (void)i;
    return reset_all(s, 0);
}
static void resets_again(void **state) {
    (void)state;
    struct script *s = offering("resets again", reconfiguring);
    struct meter meter;
    use_all_streams(s);
    pour(s, &meter, reset_again, ROUNDS);
    SETTLE("the same RE-CONFIG again and again", .bytes_out = 1.5, .packets_out = 1, .memory = 8192, .allocations = 1,
           .time = 15);
}

static struct hawser_span reset_future(struct script *s, unsigned i) {
    (void)i;
    return RE_CONFIG(PARAM(HW_PARAM_OUTGOING_RESET, U32(s->peer_tsn), U32(s->stack_tsn - 1), U32(s->peer_tsn + 100)));
}
static void resets_in_progress(void **state) {
    (void)state;
    struct script *s = offering("resets in progress", reconfiguring);
    struct meter meter;
    pour(s, &meter, reset_future, ROUNDS);
    SETTLE("RE-CONFIG whose last TSN never comes", .bytes_out = 1.5, .packets_out = 1, .memory = 8192, .allocations = 1,
           .time = 15);
}

/* Of which every one is to be reset once a TSN has come that never does. */
static void data_of_many_resets(void **state) {
    (void)state;
    struct script *s = offering("data of many resets", reconfiguring);
    struct hawser_span streams = many(s, U16(7), 32000);
    put16_at(streams, streams.size - 2, 8);
    inject(s, RE_CONFIG(PARAM(HW_PARAM_OUTGOING_RESET, U32(s->peer_tsn), U32(s->stack_tsn - 1), U32(s->peer_tsn + 1), streams)));
    struct meter meter;
    repeat(s, &meter, many(s, DATA(.tsn = 3, .stream = 8, .size = 1), 70), ROUNDS / 4);
    SETTLE("70 DATA behind a reset of 32,000 streams", .bytes_out = 0.1, .packets_out = 1, .memory = 16384, .allocations = 1,
           .time = 30);
}

static struct hawser_span wrong_numbers(struct script *s, unsigned i) {
    return many(s, RE_CONFIG(PARAM(HW_PARAM_INCOMING_RESET, U32(s->peer_tsn + 1000 + i))), 110);
}
static void requests_of_wrong_numbers(void **state) {
    (void)state;
    struct script *s = offering("wrong numbers", reconfiguring);
    struct meter meter;
    pour(s, &meter, wrong_numbers, ROUNDS / 4);
    SETTLE("110 RE-CONFIG requests of wrong numbers", .bytes_out = 1.5, .packets_out = 2, .memory = 16384, .allocations = 220,
           .time = 120);
}

static struct hawser_span one_stream_more(struct script *s, unsigned i) {
    return RE_CONFIG(PARAM(HW_PARAM_ADD_OUTGOING, U32(s->peer_tsn + i), U16(1), U16(0)));
}
static void streams_without_end(void **state) {
    (void)state;
    struct script *s = stage("streams without end");
    struct meter meter;
    set(s, RECEIVE_BUFFER, WINDOW);
    start(s, .params = reconfiguring(s));
    establish_passive(s);
    pour(s, &meter, one_stream_more, ROUNDS);
    SETTLE("RE-CONFIG: one stream more each", .bytes_out = 2, .packets_out = 1, .memory = 8192, .allocations = 1, .time = 15);
}

/* Asks us to reset ours, and nobody ever answers what we ask then. */
static struct hawser_span reset_yours(struct script *s, unsigned i) {
    return RE_CONFIG(PARAM(HW_PARAM_INCOMING_RESET, U32(s->peer_tsn + i)));
}
static void requests_for_ours(void **state) {
    (void)state;
    struct script *s = offering("requests for ours", reconfiguring);
    struct meter meter;
    pour(s, &meter, reset_yours, ROUNDS);
    SETTLE("RE-CONFIG: reset yours, and no answer to that", .bytes_out = 3, .packets_out = 2, .memory = 16384, .allocations = 2,
           .time = 15);
}

/* ---- RFC 4895 ------------------------------------------------------------------------------------------------------- */

static struct script *authenticated(const char *name) {
    struct script *s = stage(name);
    set(s, RECEIVE_BUFFER, WINDOW);
    auth_start(s, .chunks = BYTES(HW_DATA), .requires = BYTES(HW_DATA));
    auth_establish_passive(s);
    return s;
}

static void wrong_hmacs(void **state) {
    (void)state;
    struct script *s = authenticated("wrong HMACs");
    struct meter meter;
    repeat(s, &meter, PROVED_BY(HOW(.spoil = 1), DATA(.size = 1400)), ROUNDS);
    SETTLE("AUTH with a wrong HMAC before 1,400 bytes", .bytes_out = 0.01, .packets_out = 1, .memory = 400, .allocations = 1,
           .time = 15);
}

static void unknown_keys(void **state) {
    (void)state;
    struct script *s = authenticated("unknown keys");
    struct meter meter;
    repeat(s, &meter, PROVED_BY(HOW(.id = 77), DATA(.size = 1400)), ROUNDS);
    SETTLE("AUTH with a key that nobody has", .bytes_out = 0.01, .packets_out = 1, .memory = 400, .allocations = 1, .time = 15);
}

static void unproved(void **state) {
    (void)state;
    struct script *s = authenticated("unproved");
    struct meter meter;
    repeat(s, &meter, many(s, DATA(.size = 1), 70), ROUNDS);
    SETTLE("70 DATA that must be authenticated and are not", .bytes_out = 0.01, .packets_out = 1, .memory = 400,
           .allocations = 0.1, .time = 30);
}

/* ---- RFC 5061 ------------------------------------------------------------------------------------------------------- */

static struct hawser_span moving(struct script *s) {
    return LIST(HW_ASCONF, HW_ASCONF_ACK);
}
static struct script *movable(const char *name) {
    struct script *s = stage(name);
    set(s, DYNAMIC_ADDRESSES, 2);
    set(s, RECEIVE_BUFFER, WINDOW);
    start(s, .params = moving(s));
    establish_passive(s);
    return s;
}
static struct hawser_span asconf(struct script *s, uint32_t number, struct hawser_span requests) {
    return CHUNK(HW_ASCONF, 0, U32(s->peer_tsn + number), script_address_param(s, &s->peer[0]), requests);
}
static struct hawser_span address_request(struct script *s, int type, uint32_t address) {
    return PARAM(type, U32(address), PARAM(HW_PARAM_IPV4, U32(address)));
}

static struct hawser_span one_address_more(struct script *s, unsigned i) {
    return asconf(s, i, address_request(s, HW_PARAM_ADD_ADDRESS, 0xc6120000u + i));
}
static void addresses_without_end(void **state) {
    (void)state;
    struct script *s = movable("addresses without end");
    struct meter meter;
    pour(s, &meter, one_address_more, ROUNDS);
    check_equal(status_of(s).path_count, HAWSER_ADDRESSES_MAX); /* they were taken */
    SETTLE("ASCONF: one address more each", .bytes_out = 3, .packets_out = 4, .memory = 16384, .allocations = 6, .time = 30);
}

static struct hawser_span come_and_go(struct script *s, unsigned i) {
    struct hawser_span both = JOIN(address_request(s, HW_PARAM_ADD_ADDRESS, 0xc6120000u + i),
                                   address_request(s, HW_PARAM_DELETE_ADDRESS, 0xc6120000u + i));
    return asconf(s, i, both);
}
static void addresses_that_come_and_go(void **state) {
    (void)state;
    struct script *s = movable("come and go");
    struct meter meter;
    pour(s, &meter, come_and_go, ROUNDS);
    SETTLE("ASCONF: an address comes and goes", .bytes_out = 0.5, .packets_out = 4, .memory = 16384, .allocations = 10,
           .time = 30);
}

static struct hawser_span many_requests(struct script *s, unsigned i) {
    struct hawser_span all = many(s, address_request(s, HW_PARAM_DELETE_ADDRESS, 0xc6130000u), 85);
    for (unsigned n = 0; n < 85; n++)
        put32_at(all, n * 16 + 4, n);
    return asconf(s, i, all);
}
static void many_asconf_requests(void **state) {
    (void)state;
    struct script *s = movable("many requests");
    struct meter meter;
    pour(s, &meter, many_requests, ROUNDS / 4);
    SETTLE("ASCONF of 85 requests that are refused", .bytes_out = 2, .packets_out = 2, .memory = 16384, .allocations = 10,
           .time = 60);
}

static struct hawser_span asconf_again(struct script *s, unsigned i) {
    (void)i;
    return many_requests(s, 0);
}
static void the_same_asconf(void **state) {
    (void)state;
    struct script *s = movable("the same ASCONF");
    struct meter meter;
    pour(s, &meter, asconf_again, ROUNDS / 4);
    SETTLE("the same ASCONF of 85 requests again", .bytes_out = 2, .packets_out = 2, .memory = 16384, .allocations = 10,
           .time = 60);
}

/* ---- RFC 4820, 8899, ECN ------------------------------------------------------------------------------------------ */

static void pads(void **state) {
    (void)state;
    struct script *s = connected("PAD");
    struct meter meter;
    repeat(s, &meter, many(s, CHUNK(HW_PAD, 0, NOTHING), 16000), ROUNDS / 10);
    SETTLE("16,000 PADs", .bytes_out = 0, .packets_out = 0, .memory = 0, .allocations = 0, .time = 600);
}

static void padded_heartbeats(void **state) {
    (void)state;
    struct script *s = connected("probes");
    struct meter meter;
    repeat(s, &meter, JOIN(CHUNK(HW_HEARTBEAT, 0, FILL(20, 1)), CHUNK(HW_PAD, 0, FILL(8900, 0))), ROUNDS);
    SETTLE("HEARTBEAT with PAD, a probe of 9,000 bytes", .bytes_out = 0.01, .packets_out = 1, .memory = 8192, .allocations = 1,
           .time = 30);
}

static struct hawser_span congested(struct script *s) {
    return PARAM(0x8000, NOTHING);
}
static void echoes_of_congestion(void **state) {
    (void)state;
    struct script *s = stage("ECNE");
    struct meter meter;
    set(s, RECEIVE_BUFFER, WINDOW);
    set(s, ECN, 1);
    start(s, .params = congested(s), .carrier = HAWSER_CARRIER_ECN);
    establish_passive(s);
    struct hawser_span both = JOIN(CHUNK(HW_ECNE, 0, U32(s->stack_tsn - 1)), CHUNK(HW_CWR, 0, U32(s->peer_tsn)));
    repeat(s, &meter, many(s, both, 90), ROUNDS / 4);
    SETTLE("90 ECNE and 90 CWR", .bytes_out = 1, .packets_out = 2, .memory = 8192, .allocations = 1, .time = 60);
}

/* ---- set-up --------------------------------------------------------------------------------------------------------- */

static void inits_with_everything(void **state) {
    (void)state;
    struct script *s = stage("INIT with everything");
    struct meter meter;
    set(s, INTERLEAVING, 1);
    set(s, AUTHENTICATION, 1);
    set(s, DYNAMIC_ADDRESSES, 1);
    set(s, ECN, 1);
    listen_now(s);
    struct hawser_span offer =
        JOIN(LIST(HW_FORWARD_TSN, HW_I_DATA, HW_I_FORWARD_TSN, HW_RE_CONFIG, HW_AUTH, HW_ASCONF, HW_ASCONF_ACK), forwarding(s),
             congested(s), PARAM(HW_PARAM_RANDOM, FILL(32, 1)), PARAM(HW_PARAM_HMACS, U16(3), U16(1)),
             PARAM(HW_PARAM_CHUNKS, BYTES(HW_ASCONF, HW_ASCONF_ACK)));
    struct hawser_span packet = packet(s, WAY(.from = 0), INIT(.params = offer));
    meter_begin(&meter, s);
    for (unsigned i = 0; i < ROUNDS; i++)
        meter_packet(&meter, s, stranger(i), packet);
    SETTLE("INIT that offers every extension", .bytes_out = 6, .packets_out = 1, .memory = 0, .allocations = 0, .time = 30);
}

static void inits_with_long_lists(void **state) {
    (void)state;
    struct script *s = stage("INIT with long lists");
    struct meter meter;
    set(s, AUTHENTICATION, 1);
    listen_now(s);
    struct hawser_span hmacs = many(s, JOIN(U16(7)), 8000);
    struct hawser_span offer = JOIN(PARAM(HW_PARAM_EXTENSIONS, FILL(16000, HW_AUTH)), PARAM(HW_PARAM_RANDOM, FILL(32, 1)),
                                    PARAM(HW_PARAM_HMACS, hmacs), PARAM(HW_PARAM_CHUNKS, FILL(16000, 0)));
    struct hawser_span packet = packet(s, WAY(.from = 0), INIT(.params = offer));
    meter_begin(&meter, s);
    for (unsigned i = 0; i < ROUNDS / 10; i++)
        meter_packet(&meter, s, stranger(i), packet);
    SETTLE("INIT whose lists of extensions have 16,000 entries", .bytes_out = 0.1, .packets_out = 1, .memory = 0,
           .allocations = 0, .time = 600);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(flood_plain_data),
        cmocka_unit_test(forwards),
        cmocka_unit_test(forward_bundles),
        cmocka_unit_test(forwards_of_all_streams),
        cmocka_unit_test(far_forwards),
        cmocka_unit_test(stale_forwards),
        cmocka_unit_test(i_data_beginnings),
        cmocka_unit_test(i_data_middles),
        cmocka_unit_test(i_forwards),
        cmocka_unit_test(i_forwards_past_many),
        cmocka_unit_test(i_forwards_before_many),
        cmocka_unit_test(resets),
        cmocka_unit_test(resets_in_a_row),
        cmocka_unit_test(resets_again),
        cmocka_unit_test(resets_in_progress),
        cmocka_unit_test(data_of_many_resets),
        cmocka_unit_test(requests_of_wrong_numbers),
        cmocka_unit_test(streams_without_end),
        cmocka_unit_test(requests_for_ours),
        cmocka_unit_test(wrong_hmacs),
        cmocka_unit_test(unknown_keys),
        cmocka_unit_test(unproved),
        cmocka_unit_test(addresses_without_end),
        cmocka_unit_test(addresses_that_come_and_go),
        cmocka_unit_test(many_asconf_requests),
        cmocka_unit_test(the_same_asconf),
        cmocka_unit_test(pads),
        cmocka_unit_test(padded_heartbeats),
        cmocka_unit_test(echoes_of_congestion),
        cmocka_unit_test(inits_with_everything),
        cmocka_unit_test(inits_with_long_lists),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
