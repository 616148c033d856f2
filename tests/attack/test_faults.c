/* SPDX-License-Identifier: MIT
 *
 * The classes of faults that other SCTP stacks had, each with a test that would have caught it: lengths that lie, the use of
 * what a chunk before in the same packet took away, cookies trusted too far, numbers that wrap, leaks where memory ends, and
 * packets that tell more than they should. Most find nothing by themselves: the sanitizers, the poisoned allocator of the stage
 * and hawser_check do.
 */
#include "attack.h"

#include "core/assoc.h"
#include <stdlib.h>

#ifdef ATTACK_SMALL
#define SMALL 1
#else
#define SMALL 0
#endif

/* ---- what a packet may tell ---------------------------------------------------------------------------------------- */

static bool contains(struct hawser_span in, const void *what, size_t size) {
    for (size_t i = 0; size && i + size <= in.size; i++)
        if (in.data[i] == *(const uint8_t *)what && memcmp(in.data + i, what, size) == 0)
            return true;
    return size == 0;
}

/* An address of memory that the stack has, in either order of bytes: near `known`, which is one. Where addresses are small
 * numbers (32 bits, valgrind) chance would find them everywhere. */
static bool has_pointer(struct hawser_span packet, const void *known) {
    uint64_t near = (uint64_t)(uintptr_t)known >> 24, word;
    for (size_t i = 0; i + sizeof word <= packet.size; i++) {
        memcpy(&word, packet.data + i, sizeof word);
        if (near >> 16 && (word >> 24 == near || hw_get64(packet.data + i) >> 24 == near))
            return true;
    }
    return false;
}

/* Nothing that was sent holds a key or a pointer. */
static void tells_no_secrets(struct script *s) {
    const hawser *stack = s->stack;
    for (size_t i = 0; i < s->sent_count; i++) {
        struct hawser_span packet = {s->sent[i].bytes, s->sent[i].size};
        bool secret = has_pointer(packet, stack);
        for (unsigned j = 0; j < 2; j++)
            for (unsigned k = 0; k + 8 <= 32 && stack->cookie_keys[j].valid; k += 8)
                secret |= contains(packet, stack->cookie_keys[j].bytes + k, 8);
        secret |= contains(packet, &stack->hash_key[0], 8) || contains(packet, &stack->hash_key[1], 8) ||
                  contains(packet, &stack->by_tag.seed, 8);
        if (secret)
            FAIL("packet %zu holds a key or a pointer", i);
    }
}

/* What an ERROR or ABORT repeats of a packet was in it. */
static void repeats_only(struct script *s, size_t first, struct hawser_span came) {
    for (size_t i = first; i < s->sent_count; i++) {
        struct hw_cursor cursor =
            hw_cursor_over((struct hawser_span){s->sent[i].bytes + HW_HEADER_SIZE, s->sent[i].size - HW_HEADER_SIZE});
        struct hw_tlv chunk, cause;
        while (hw_cursor_chunk(&cursor, &chunk) == HW_CURSOR_ITEM) {
            struct hw_cursor causes = hw_cursor_over(chunk.value);
            if (chunk.type == HW_HEARTBEAT_ACK && chunk.value.size && !contains(came, chunk.value.data, chunk.value.size))
                FAIL("a HEARTBEAT ACK has what the HEARTBEAT had not");
            if (chunk.type != HW_ERROR && chunk.type != HW_ABORT)
                continue;
            while (hw_cursor_param(&causes, &cause) == HW_CURSOR_ITEM) {
                bool repeats = cause.type == HW_CAUSE_UNRECOGNIZED_CHUNK || cause.type == HW_CAUSE_UNRECOGNIZED_PARAMETERS ||
                               cause.type == HW_CAUSE_UNRESOLVABLE_ADDRESS;
                if (repeats && !contains(came, cause.value.data, cause.value.size))
                    FAIL("an error cause has what the packet had not");
            }
        }
    }
}

/* ---- lengths that lie ---------------------------------------------------------------------------------------------- */

enum { PLAIN = 14, RICH = 22 };

/* What was agreed on with the peers of those behind PLAIN: nearly all, I-DATA, AUTH. */
static struct script *scene_for(int state, int which) {
    static const uint8_t nearly_all[] = {HW_ASCONF, HW_ASCONF_ACK, HW_RE_CONFIG, HW_FORWARD_TSN};
    static const uint8_t interleaving[] = {HW_I_DATA, HW_I_FORWARD_TSN, HW_RE_CONFIG};
    if (which < PLAIN)
        return scene(state);
    if (which < 18)
        return scene_of(state, &(struct scene_plan){.types = {nearly_all, sizeof nearly_all}, .ecn = true});
    if (which == 18)
        return scene_of(state, &(struct scene_plan){.types = {interleaving, sizeof interleaving}});
    return scene_of(state, &(struct scene_plan){.auth = AUTH_OFFERED});
}

/* Packets of extensions, with the numbers that requests must have now. */
static struct hawser_span rich_extension(struct script *s, int which) {
    const struct hw_assoc *assoc = hw_assoc_find(s->stack, s->association);
    uint32_t number = assoc && state_of(s) > HAWSER_COOKIE_WAIT ? assoc->reconfig.expected : s->peer_tsn;
    struct hawser_span known = script_address_param(s, &s->peer[0]), second = script_address_param(s, &s->peer[1]);
    struct hawser_span fresh = script_address_param(s, &s->peer[8]), serial = U32(assoc ? assoc->asconf.peer_serial + 1 : 0);
    struct hawser_span tsns = JOIN(U32(s->stack_tsn - 1), U32(s->peer_tsn - 1));
    struct hawser_span offer = JOIN(PARAM(HW_PARAM_EXTENSIONS, BYTES(HW_AUTH, HW_ASCONF, HW_RE_CONFIG)),
                                    PARAM(HW_PARAM_RANDOM, FILL(32, 7)), PARAM(HW_PARAM_CHUNKS, BYTES(HW_DATA, HW_ABORT)),
                                    PARAM(HW_PARAM_HMACS, U16(3), U16(1)), PARAM(HW_PARAM_ADAPTATION, U32(5)),
                                    PARAM(HW_PARAM_FORWARD_TSN, NOTHING), PARAM(HW_PARAM_ECN, NOTHING),
                                    PARAM(HW_PARAM_ZERO_CHECKSUM, U32(1)));
    switch (which) {
    case 14:
        return packet(s, WAY(.from = 0),
                      CHUNK(HW_ASCONF, 0, serial, known, PARAM(HW_PARAM_ADD_ADDRESS, U32(1), fresh), PARAM(0xc0ff, TEXT("odd")),
                            PARAM(HW_PARAM_SET_PRIMARY, U32(2), second), PARAM(HW_PARAM_DELETE_ADDRESS, U32(3), second)),
                      HEARTBEAT(TEXT("x")));
    case 15:
        return packet(s, WAY(.from = 0),
                      CHUNK(HW_RE_CONFIG, 0, PARAM(HW_PARAM_OUTGOING_RESET, U32(number), tsns, U16(0), U16(1), U16(7)),
                            PARAM(HW_PARAM_INCOMING_RESET, U32(number + 1), U16(2), U16(3), U16(4))),
                      CHUNK(HW_RE_CONFIG, 0, PARAM(HW_PARAM_ADD_OUTGOING, U32(number + 2), U16(3), U16(0))),
                      DATA(.tsn = 0, .size = 5));
    case 16:
        return packet(s, WAY(.from = 0),
                      CHUNK(HW_RE_CONFIG, 0, PARAM(HW_PARAM_RECONFIG_RESPONSE, U32(s->stack_tsn), U32(1), tsns)),
                      CHUNK(HW_RE_CONFIG, 0, PARAM(HW_PARAM_ASSOCIATION_RESET, U32(number))),
                      CHUNK(HW_ECNE, 0, U32(s->stack_tsn)), CHUNK(HW_CWR, 0, U32(s->peer_tsn + 1)),
                      CHUNK(HW_PAD, 0, TEXT("air")));
    case 17:
        return packet(s, WAY(.from = 0), FORWARD(0, SKIP(0, 0), SKIP(1, 1), SKIP(2, 2)),
                      CHUNK(HW_ASCONF_ACK, 0, U32(s->stack_tsn - 1), PARAM(HW_PARAM_SUCCESS_INDICATION, U32(1)),
                            PARAM(HW_PARAM_ERROR_INDICATION, U32(2), CAUSE(DELETE_LAST_ADDRESS, second))));
    case 18:
        return packet(s, WAY(.from = 0), I_DATA(.tsn = 0, .flags = B, .size = 7),
                      I_DATA(.tsn = 2, .mid = 2, .flags = E, .size = 5),
                      CHUNK(HW_I_FORWARD_TSN, 0, U32(s->peer_tsn + 3), U16(0), U16(0), U32(2), U16(1), U16(1), U32(9)));
    case 19:
        return packet(s, WAY(.from = 0), HEARTBEAT(TEXT("x")), scene_auth(s, HOW(SCENE_KEY), DATA(.tsn = 0, .size = 5)));
    case 20: return packet(s, WAY(.from = 0), INIT(.params = offer));
    default: return packet(s, WAY(.from = 0), INIT_ACK(.params = offer));
    }
}

/* A packet with as much in it as can be nested. */
static struct hawser_span rich(struct script *s, int which) {
    struct hawser_span address = script_address_param(s, &s->peer[0]), other = script_address_param(s, &s->peer[1]);
    struct hawser_address ipv6 = script_ipv6(9, 9, 0);
    struct hawser_span params = JOIN(address, PARAM(HW_PARAM_COOKIE_PRESERVATIVE, U32(10)), PARAM(0xc555, TEXT("odd")),
                                     PARAM(HW_PARAM_ADDRESS_TYPES, U16(5), U16(6)), script_address_param(s, &ipv6), other,
                                     PARAM(0x4777, NOTHING));
    struct hawser_span unknown = CHUNK(0xc9, 0, TEXT("unknown"));
    struct hawser_span causes = JOIN(CAUSE(INVALID_STREAM, U32(1)), PARAM(77, TEXT("abc")));
    if (which >= PLAIN)
        return rich_extension(s, which);
    switch (which) {
    case 0: return packet(s, WAY(.from = 0), INIT(.params = params));
    case 1: return packet(s, WAY(.from = 0), INIT_ACK(.params = params));
    case 2: return packet(s, WAY(.from = 0), COOKIE_ECHO(), DATA(.tsn = 0, .size = 13), SACK(.cum = -1));
    case 3: return packet(s, WAY(.from = 0), SACK(.cum = -1, .gaps = {{2, 2}, {4, 5}, {7, 9}}, .dup_count = 2, .dups = {1, 2}));
    case 4: return packet(s, WAY(.from = 0), HEARTBEAT(TEXT("beat")), unknown, HEARTBEAT(TEXT("beat again")));
    case 5: return packet(s, WAY(.from = 0), CHUNK(HW_HEARTBEAT_ACK, 0, PARAM(1, FILL(20, 3))), DATA(.tsn = 0, .size = 5));
    case 6: return packet(s, WAY(.from = 0), ERROR(causes), ABORT(CAUSE(USER_ABORT, TEXT("reason")), causes));
    case 7: return packet(s, WAY(.from = 0), ERROR(CAUSE(STALE_COOKIE, U32(1)), causes), SHUTDOWN_ACK());
    case 8: return packet(s, WAY(.from = 0), SHUTDOWN(0), DATA(.tsn = 0, .size = 3), unknown);
    case 9: return packet(s, WAY(.from = 0), DATA(.tsn = 0, .flags = B, .size = 7), DATA(.tsn = 1, .flags = E, .size = 9));
    case 10: return packet(s, WAY(.from = 0), COOKIE_ACK(), SACK(.cum = -1), HEARTBEAT(TEXT("x")), SHUTDOWN_COMPLETE());
    case 11: return packet(s, WAY(.from = 0), DATA(.tsn = 0, .stream = 900, .size = 6), unknown, SHUTDOWN(0));
    case 12: return packet(s, WAY(.from = 0), INIT(.params = PARAM(HW_PARAM_HOST_NAME, TEXT("quay.example"))));
    default: return packet(s, WAY(.from = 0), INIT_ACK(.params = PARAM(HW_PARAM_HOST_NAME, TEXT("quay.example"))));
    }
}

static void hand_in(struct script *s, struct hawser_span packet, size_t size) {
    struct hawser_span part = {packet.data, size};
    size_t first = s->sent_count;
    const struct hw_assoc *assoc = hw_assoc_find(s->stack, s->association);
    bool waiting = assoc && assoc->echoes; /* what earlier packets called forth may go now */
    if (size >= HW_HEADER_SIZE)
        seal(part);
    script_inject_bytes(s, WAY(.from = 0), part);
    if (!waiting)
        repeats_only(s, first, part);
    skip_output(s);
}

/* The packet is whole again, and the association fresh if the last one did not survive. */
static struct script *again(struct script *s, int state, struct hawser_span *packet, int which) {
    if (s && (state == C ? hawser_check_objects(s->stack) == 1 : state_of(s) == (uint32_t)state + 1)) {
        if (which >= PLAIN)
            *packet = rich(s, which);
        return s;
    }
    if (s)
        script_end(s);
    s = scene_for(state, which);
    *packet = rich(s, which);
    return s;
}

/* Every 16 bits of every packet as a length of every kind, and every packet cut everywhere. The stage gives a copy of its very
 * size, so that reading past the end is seen. */
static void lengths_lie(void **given) {
    (void)given;
    static const uint16_t lies[] = {0, 1, 3, 4, 5, 7, 8, 12, 16, 20, 255, 0x7fff, 0xfffc, 0xffff};
    unsigned long tried = 0;
    for (int state = C; state < STATES; state += SMALL ? 2 : 1)
        for (int which = 0; which < RICH; which++) {
            struct hawser_span packet;
            struct script *s = again(NULL, state, &packet, which);
            for (size_t at = HW_HEADER_SIZE; at + 2 <= packet.size; at += 2)
                for (size_t lie = 0; lie < sizeof lies / sizeof lies[0] + 2; lie++) {
                    s = again(s, state, &packet, which);
                    uint8_t *place = (uint8_t *)(uintptr_t)packet.data + at;
                    uint16_t true_value = hw_get16(place);
                    uint16_t value = lie < sizeof lies / sizeof lies[0]   ? lies[lie]
                                     : lie == sizeof lies / sizeof lies[0] ? (uint16_t)(true_value - 1)
                                                                           : (uint16_t)(true_value + 1);
                    hw_put16(place, value);
                    hand_in(s, packet, packet.size);
                    hw_put16(place, true_value);
                    tried++;
                }
            for (size_t size = 0; size < packet.size; size++) {
                s = again(s, state, &packet, which);
                hand_in(s, packet, size);
                tried++;
            }
            tells_no_secrets(s);
            script_end(s);
        }
    printf("%lu packets\n", tried);
}

/* ---- bundles ------------------------------------------------------------------------------------------------------- */

enum { PARTS = 14 };

static struct hawser_span extended_part(struct script *s, int which);

static struct hawser_span part_of(struct script *s, int which) {
    if (which >= PARTS)
        return extended_part(s, which - PARTS);
    switch (which) {
    case 0: return DATA(.tsn = 0);
    case 1: return DATA(.tsn = 0, .flags = B);
    case 2: return ABORT(NOTHING);
    case 3: return SHUTDOWN_ACK();
    case 4: return SHUTDOWN_COMPLETE();
    case 5: return SHUTDOWN(0);
    case 6: return SACK(.cum = 0, .a_rwnd = 0);
    case 7: return HEARTBEAT(TEXT("beat"));
    case 8: return ERROR(CAUSE(STALE_COOKIE, U32(1)), CAUSE(INVALID_STREAM, U32(1)));
    case 9: return COOKIE_ACK();
    case 10: return CHUNK(0xc9, 0, TEXT("unknown"));
    case 11: return COOKIE_ECHO();
    case 12: return DATA(.tsn = 0, .size = 0); /* a violation */
    default: return INIT_ACK(.addresses = 1);
    }
}

/* What the user may do with an association after whatever came, and all the time that its timers may take. */
static void use(struct script *s) {
    (void)send_with(s, .size = 10);
    skip_items(s);
    skip_output(s);
    advance(s, sec(5));
    skip_output(s);
}

static void bundle(int state, const int *parts, unsigned count) {
    struct script *s = scene(state);
    struct hawser_span chunks[5] = {{NULL, 0}};
    struct hawser_item item;
    for (unsigned i = 0; i < count; i++)
        chunks[i] = part_of(s, parts[i]);
    script_inject(s, WAY(.from = 0), chunks);
    if (!s->association && hawser_receive(s->stack, s->endpoint, &item, 1) == 1 &&
        hawser_consume(s->stack, s->now, s->endpoint, 1, 0) == 0)
        s->association = item.association;
    use(s);
    script_end(s);
}

/* All that three chunks can do to each other in one packet, in every state, and what is done with the association after. */
static void three_in_a_packet(void **given) {
    (void)given;
    unsigned long tried = 0;
    for (int state = C; state < STATES; state++)
        for (int a = 0; a < PARTS; a++)
            for (int b = 0; b < PARTS; b++)
                for (int c = 0; c < PARTS; c++) {
                    if (SMALL && (a + b + c + state) % 7)
                        continue;
                    bundle(state, (int[]){a, b, c}, 3);
                    tried++;
                }
    printf("%lu packets\n", tried);
}

enum { EXTENDED = 9 };

static struct hawser_span extended_part(struct script *s, int which) {
    struct hawser_span known = script_address_param(s, &s->peer[0]), second = script_address_param(s, &s->peer[1]);
    struct hawser_span fresh = script_address_param(s, &s->peer[8]), wild = PARAM(HW_PARAM_IPV4, U32(0));
    struct hawser_span number = U32(s->peer_tsn);
    struct hawser_span tsns = JOIN(U32(s->stack_tsn - 1), U32(s->peer_tsn - 1));
    switch (which) {
    case 0: return CHUNK(HW_ASCONF, 0, number, wild, PARAM(HW_PARAM_DELETE_ADDRESS, U32(1), known));
    case 1: return CHUNK(HW_ASCONF, 0, number, wild, PARAM(HW_PARAM_DELETE_ADDRESS, U32(1), second));
    case 2: return CHUNK(HW_ASCONF, 0, number, wild, PARAM(HW_PARAM_DELETE_ADDRESS, U32(1), wild));
    case 3: return CHUNK(HW_ASCONF, 0, U32(s->peer_tsn + 1), wild, PARAM(HW_PARAM_ADD_ADDRESS, U32(1), fresh));
    case 4: return CHUNK(HW_ASCONF_ACK, 0, U32(s->stack_tsn), NOTHING); /* ends it (RFC 5061 5.3 F0) */
    case 5: return CHUNK(HW_RE_CONFIG, 0, PARAM(HW_PARAM_ASSOCIATION_RESET, number));
    case 6: return CHUNK(HW_RE_CONFIG, 0, PARAM(HW_PARAM_OUTGOING_RESET, number, tsns));
    case 7: return CHUNK(HW_ECNE, 0, U32(s->stack_tsn));
    default: return FORWARD(1, SKIP(0, 1));
    }
}

static void extended_bundle(int state, int from, const int *parts) {
    struct script *s = scene_for(state, PLAIN);
    struct hawser_span chunks[4] = {{NULL, 0}};
    for (unsigned i = 0; i < 3; i++)
        chunks[i] = part_of(s, parts[i]);
    script_inject(s, WAY(.from = from), chunks);
    use(s);
    script_end(s);
}

/* Addresses go and come, streams and numbers begin anew, and the chunks around them are of before. From either address. */
static void extensions_in_a_packet(void **given) {
    (void)given;
    unsigned long tried = 0;
    for (int state = ESTAB; state < STATES; state++)
        for (int a = 0; a < PARTS + EXTENDED; a++)
            for (int b = 0; b < EXTENDED; b++)
                for (int c = 0; c < PARTS + EXTENDED; c++)
                    for (int from = 0; from < 2; from++) {
                        if (SMALL && (a + b + c + state) % 7)
                            continue;
                        extended_bundle(state, from, (int[]){a, PARTS + b, c});
                        tried++;
                    }
    printf("%lu packets\n", tried);
}

static void cookie_data_abort_data(void **given) {
    (void)given;
    for (int state = C; state < STATES; state++) {
        bundle(state, (int[]){11, 0, 2, 0}, 4);  /* COOKIE ECHO, DATA, ABORT, DATA */
        bundle(state, (int[]){11, 12, 0, 7}, 4); /* COOKIE ECHO, a violation, DATA, HEARTBEAT */
        bundle(state, (int[]){11, 5, 3, 0}, 4);  /* COOKIE ECHO, SHUTDOWN, SHUTDOWN ACK, DATA */
        bundle(state, (int[]){3, 0, 6, 7}, 4);   /* SHUTDOWN ACK, DATA, SACK, HEARTBEAT */
        bundle(state, (int[]){8, 8, 8, 0}, 4);   /* Stale Cookie thrice, DATA */
    }
}

/* The same, and each allocation on the way refused in turn, once and for good: nothing is lost. */
static void bundles_without_memory(void **given) {
    (void)given;
    static const int parts[][5] = {{11, 0, 7, 10}, {11, 1, 8, 10}, {0, 7, 10, 5},
                                   {12, 0, 7, 10}, {9, 0, 7, 10},  {2, 0, 7, 10},
                                   {PARTS + 1, PARTS + 3, 7, 0}, {PARTS + 6, 0, PARTS + 8, 10}, {PARTS + 5, 0, 7, PARTS + 3}};
    unsigned long tried = 0;
    for (int state = C; state < STATES; state += SMALL ? 3 : 1)
        for (size_t row = 0; row < sizeof parts / sizeof parts[0]; row++)
            for (int for_ever = 0; for_ever < 2; for_ever++)
                for (long fail = 0; fail < 40; fail++) {
                    struct script *s = scene_for(state, row < 6 ? 0 : PLAIN);
                    struct hawser_span chunks[5] = {{NULL, 0}};
                    for (unsigned i = 0; i < 4; i++)
                        chunks[i] = part_of(s, parts[row][i]);
                    s->fail_after = fail;
                    s->fail_once = !for_ever;
                    script_inject(s, WAY(.from = 0), chunks);
                    bool reached = s->fail_after <= 0;
                    s->fail_after = -1;
                    use(s);
                    script_end(s);
                    tried++;
                    if (!reached)
                        break;
                }
    printf("%lu packets\n", tried);
}

/* ---- paths that go --------------------------------------------------------------------------------------------------- */

/* A restart takes paths away while heartbeats, echoes, SACKs and data are on them, in the packet that asks for them too. */
static void paths_go(void **given) {
    (void)given;
    for (unsigned keep = 1; keep < 16; keep++)
        for (unsigned from = 0; from < 4; from++) {
            if (!(keep >> from & 1))
                continue;
            struct script *s = script_begin("paths");
            s->quiet_end = true;
            start(s, .peer_addresses = 4, .heartbeats = true);
            establish_passive(s);
            struct hawser_span beat = NOTHING, list = NOTHING;
            for (uint32_t number = 1; number <= 4; number++) {
                check_equal(send_with(s, .path = number, .flags = HAWSER_SEND_NO_DELAY), 0);
                check_equal(hawser_heartbeat(s->stack, s->now, s->association, number), 0);
                script_pump(s);
                while (next_chunk(s) >= 0) {
                    int type = next_chunk(s);
                    const struct packet *at_hand = s->next ? &s->sent[s->next - 1] : NULL;
                    bool first = !at_hand || at_hand->read == at_hand->size;
                    const struct seen *seen =
                        script_expect(s, __FILE__, __LINE__, first, (uint8_t)type, &(struct want){WANT_DEFAULTS});
                    if (type == HW_HEARTBEAT)
                        beat = seen->value;
                }
                inject_by(s, WAY(.from = (int)number - 1), DATA(.tsn = 2 * number, .ssn = number), HEARTBEAT(TEXT("it goes")));
                if (keep >> (number - 1) & 1)
                    list = JOIN(list, script_address_param(s, &s->peer[number - 1]));
            }
            skip_output(s);
            inject_by(s, WAY(.from = (int)from), INIT(.tag = 99, .addresses = 0, .params = list));
            remember(s, expect(s, INIT_ACK));
            inject_by(s, WAY(.from = (int)from), COOKIE_ECHO(), CHUNK(HW_HEARTBEAT_ACK, 0, beat), HEARTBEAT(TEXT("new")),
                      DATA(.tsn = 0), CHUNK(0xc9, 0, TEXT("unknown")));
            unsigned kept = 0;
            for (unsigned i = 0; i < 4; i++)
                kept += keep >> i & 1;
            check_equal(status_of(s).path_count, kept);
            skip_output(s);
            inject_by(s, WAY(.from = (int)from), CHUNK(HW_HEARTBEAT_ACK, 0, beat), SACK(.cum = -1));
            use(s);
            advance(s, sec(200));
            skip_output(s);
            script_end(s);
        }
}

/* ---- cookies ------------------------------------------------------------------------------------------------------- */

static void cookie_refused(struct script *s, struct hawser_span cookie) {
    struct digest before = digest_of(s);
    inject(s, CHUNK(HW_COOKIE_ECHO, 0, cookie), DATA(.tsn = 0));
    expect_nothing(s);
    struct digest after = digest_of(s);
    const char *differs = digest_differs(&before, &after);
    if (differs)
        FAIL("a forged cookie changed %s", differs);
}

static void forged_cookies(void **given) {
    (void)given;
    for (int established = 0; established < 2; established++) {
        struct script *s = script_begin("cookies");
        start(s, .peer_addresses = 3);
        if (established) {
            establish_passive(s);
            inject(s, INIT(.tag = 77)); /* with tie tags: it restarts */
            remember(s, expect(s, INIT_ACK));
        } else
            get_cookie(s);
        struct hawser_span cookie = JOIN(s->cookie);
        for (size_t bit = 0; bit < cookie.size * 8; bit++) {
            ((uint8_t *)(uintptr_t)cookie.data)[bit / 8] ^= (uint8_t)(1u << bit % 8);
            cookie_refused(s, cookie);
            ((uint8_t *)(uintptr_t)cookie.data)[bit / 8] ^= (uint8_t)(1u << bit % 8);
        }
        for (size_t size = 0; size < cookie.size; size++)
            cookie_refused(s, (struct hawser_span){cookie.data, size});
        cookie_refused(s, JOIN(cookie, FILL(4, 0)));
        cookie_refused(s, FILL(cookie.size, 0)); /* a MAC of zeros over zeros */
        s->cookie = cookie;
        inject(s, COOKIE_ECHO());
        check(skip_output(s) >= 1); /* it was the right one all the time */
        tells_no_secrets(s);
        s->quiet_end = true;
        if (!established)
            expect_arrived(s);
        script_end(s);
    }
}

/* Signed with a key that was never made: its place holds zeros, which everybody knows. And with one that nobody has renewed. */
static void cookies_without_a_key(void **given) {
    (void)given;
    struct script *s = script_begin("keyless");
    static const uint8_t zeros[32];
    get_cookie(s);
    struct hawser_span forged = JOIN(s->cookie), text = {forged.data + 32, forged.size - 32};
    uint8_t *bytes = (uint8_t *)(uintptr_t)forged.data;
    for (unsigned number = 0; number < 256; number++) {
        bytes[33] = (uint8_t)number; /* behind the code and the format */
        check_equal(s->host.hmac_sha256(s->host.user, zeros, text, bytes), 0);
        cookie_refused(s, forged);
    }
    advance(s, sec(2 * 3600 + 1));
    cookie_refused(s, s->cookie); /* silently: not as one that is merely stale */
    script_end(s);
}

/* Another stack's, with the same ports, tags and addresses: only the keys differ. And one's own after its keys have gone. */
static void foreign_and_old_cookies(void **given) {
    (void)given;
    struct script *theirs = script_begin("theirs"), *s = script_begin("ours");
    get_cookie(theirs);
    get_cookie(s);
    struct hawser_span own = s->cookie;
    uint32_t tag = s->stack_tag;
    s->stack_tag = theirs->stack_tag;
    cookie_refused(s, JOIN(theirs->cookie));
    s->stack_tag = tag;
    for (int hours = 0; hours < 3; hours++) {
        advance(s, sec(3601));
        inject(s, INIT(.tag = 5));
        expect(s, INIT_ACK);
    }
    cookie_refused(s, own);
    script_end(theirs);
    script_end(s);
}

/* ---- numbers that wrap ---------------------------------------------------------------------------------------------- */

/* A message of fragments, in every order of four, its TSNs around each wrap that there is. */
static void fragments_around_the_wrap(void **given) {
    (void)given;
    static const uint32_t starts[] = {UINT32_MAX - 3, UINT32_MAX - 2, UINT32_MAX - 1, UINT32_MAX,
                                      0,              INT32_MAX - 2u, INT32_MAX - 1u};
    for (size_t i = 0; i < sizeof starts / sizeof starts[0]; i++)
        for (unsigned order = 0; order < 256; order++) {
            unsigned place[4] = {order & 3, order >> 2 & 3, order >> 4 & 3, order >> 6};
            if ((1u << place[0] | 1u << place[1] | 1u << place[2] | 1u << place[3]) != 15)
                continue;
            struct script *s = script_begin("wrap");
            start(s, .peer_tsn = starts[i]);
            establish_passive(s);
            for (unsigned j = 0; j < 4; j++)
                inject(s, DATA(.tsn = place[j], .size = 10, .fill = 'a' + (int)place[j],
                               .flags = place[j] == 0 ? B : place[j] == 3 ? E : 0));
            const struct hawser_item *item = expect_message(s, .size = 40);
            for (unsigned j = 0; j < 4; j++)
                check(item->message.pieces->data[j * 10] == 'a' + j);
            skip_output(s);
            inject(s, DATA(.tsn = 4, .ssn = 1), DATA(.tsn = 3, .size = 10)); /* one more, and an old one */
            expect_message(s, .ssn = 1);
            advance(s, ms(200));
            expect(s, SACK, .cum = 4);
            script_end(s);
        }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lengths_lie),
        cmocka_unit_test(three_in_a_packet),
        cmocka_unit_test(extensions_in_a_packet),
        cmocka_unit_test(cookie_data_abort_data),
        cmocka_unit_test(bundles_without_memory),
        cmocka_unit_test(paths_go),
        cmocka_unit_test(forged_cookies),
        cmocka_unit_test(cookies_without_a_key),
        cmocka_unit_test(foreign_and_old_cookies),
        cmocka_unit_test(fragments_around_the_wrap),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
