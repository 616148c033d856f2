/* SPDX-License-Identifier: MIT
 *
 * The spoofing matrix: every chunk type in every state, with the right, a wrong, a zero and the peer's tag, from the peer's
 * address, a foreign one, and with wrong ports. A table says what RFC 9260 (8.4, 8.5, 8.5.1, 5.2, 9) and RFC 5062 let a packet
 * change or call forth; whatever else comes leaves the association as it was, to the last byte and for all that follows.
 */
#include "attack.h"

#include <stdlib.h>

/* 0 to 255 are chunk types; variants of some follow. */
enum { ABORT_REFLECTED = 256, COMPLETE_REFLECTED, ERROR_STALE, COOKIE_FORGED, INIT_PLAIN, INIT_NEW, INIT_ACK_PLAIN, KINDS };
enum { OWN, WRONG, ZERO, PEERS, TAGS };
enum { RIGHT, FOREIGN, SOURCE_PORT, DESTINATION_PORT, OTHER_UDP, PLACES_FROM };
static const char *const tag_names[TAGS] = {"the right tag", "a wrong tag", "tag 0", "the peer's tag"};
static const char *const from_names[PLACES_FROM] = {"the peer", "a foreign address", "a wrong source port",
                                                    "a wrong destination port", "another UDP port"};

#define WRONG_TAG 0x0badf00du
#define FOREIGN_PLACE 5
#define NEW_PLACE 7
#define SEED 4711u

/* ---- the table --------------------------------------------------------------------------------------------------- */

/* Two letters. The state afterwards: of "cwoepsra" (CLOSED ... SHUTDOWN-ACK-SENT), x: the association has ended, '.': nothing
 * at all has changed. The first chunk of the answer: A ABORT with T and the tag of what came, a ABORT with the Initiate Tag,
 * I INIT ACK, i the same to the address that the user gave, X SHUTDOWN COMPLETE with T, Y without; B HEARTBEAT, E COOKIE ECHO,
 * H HEARTBEAT ACK, K SACK, R ERROR, U SHUTDOWN, V SHUTDOWN ACK, k COOKIE ACK; 2 several packets, * whatever, '-' none. */
struct row {
    int kind;
    const char *outcome[STATES];
};

/* The right tag, from the peer. */
static const struct row right[] = {
    /* clang-format off */
    /*                          CLOSED WAIT  ECHOED ESTABL PENDING SENT RECEIVED ACK-SENT */
    {HW_DATA,                  {".A", ".-", ".-", "eK", "pK", "sK", ".-", ".-"}},           /* 6 */
    {HW_INIT,                  {".-", ".-", ".-", ".-", ".-", ".-", ".-", ".-"}},           /* 8.5.1 A: its tag must be 0 */
    {HW_INIT_ACK,              {".A", "oE", ".-", ".-", ".-", ".-", ".-", ".-"}},           /* 5.2.3 */
    {HW_SACK,                  {".A", ".-", "o-", "e-", "sU", ".-", "aV", ".-"}},           /* 6 */
    {HW_HEARTBEAT,             {".A", ".-", "o-", "eH", "pH", ".-", "rH", ".-"}},           /* 8.3 */
    {HW_HEARTBEAT_ACK,         {".A", ".-", ".-", ".-", ".-", ".-", ".-", ".-"}},           /* 5.4: not our nonce */
    {HW_ABORT,                 {".-", "x-", "x-", "x-", "x-", "x-", "x-", "x-"}},           /* 8.5.1 B, 9.1 */
    {HW_SHUTDOWN,              {".A", ".-", ".-", "r-", "r-", "aV", "r-", "aV"}},           /* 9.2 */
    {HW_SHUTDOWN_ACK,          {".X", ".X", ".X", ".-", ".-", "xY", ".-", "xY"}},           /* 8.4 5, 8.5.1 E, 9.2 */
    {HW_ERROR,                 {".A", ".-", "o-", "e-", "p-", "s-", "r-", ".-"}},
    {HW_COOKIE_ECHO,           {"e2", ".-", ".-", "ek", "pk", "sk", "rk", "ak"}},           /* 5.2.4 D; ours only if passive */
    {HW_COOKIE_ACK,            {".-", ".-", "eB", ".-", ".-", ".-", ".-", ".-"}},           /* 5.2.5, 8.4 7 */
    {HW_SHUTDOWN_COMPLETE,     {".-", ".-", ".-", ".-", ".-", ".-", ".-", "x-"}},           /* 8.5.1 C, 8.4 6 */
    {ABORT_REFLECTED,          {".-", ".-", ".-", ".-", ".-", ".-", ".-", ".-"}},           /* 8.5.1 B: own tag and T */
    {COMPLETE_REFLECTED,       {".-", ".-", ".-", ".-", ".-", ".-", ".-", ".-"}},
    {ERROR_STALE,              {".-", ".-", "w*", ".-", ".-", ".-", ".-", ".-"}},           /* 5.2.6, 8.4 7 */
    {COOKIE_FORGED,            {".-", ".-", ".-", ".-", ".-", ".-", ".-", ".-"}},           /* 5.1.5 2 */
    {INIT_PLAIN,               {".-", ".-", ".-", ".-", ".-", ".-", ".-", ".-"}},
    {INIT_NEW,                 {".-", ".-", ".-", ".-", ".-", ".-", ".-", ".-"}},
    {INIT_ACK_PLAIN,           {".A", "oE", ".-", ".-", ".-", ".-", ".-", ".-"}},
    {HW_I_DATA,                {".A", ".-", ".-", "xa", "xa", "xa", ".-", ".-"}},           /* RFC 8260 2.2.3: not agreed on */
    {HW_I_FORWARD_TSN,         {".A", ".-", ".-", "xa", "xa", "xa", ".-", ".-"}},           /* 2.3.1 */
    /* Types that nobody knows, by their two high bits (3.2): 0x stop, 1x go on, x1 with a report. */
    {-1,                       {".A", ".-", ".-", ".-", ".-", ".-", ".-", ".-"}},
    {-2,                       {".A", "w-", "o-", "eR", "pR", "sR", "rR", "aR"}},
    /* clang-format on */
};

/* INIT with tag 0, from the peer and from elsewhere (5.2.1, 5.2.2, 9.2; 5.1.2 D: any address that it lists counts). */
static const struct row init_right[] = {
    {HW_INIT, {".I", ".I", ".I", ".I", ".I", ".I", ".I", "aV"}},
    {INIT_PLAIN, {".I", ".I", ".I", ".I", ".I", ".I", ".I", "aV"}},
    {INIT_NEW, {".I", ".I", ".a", ".a", ".a", ".a", ".a", "aV"}},
};
static const struct row init_foreign[] = {
    {HW_INIT, {".I", ".i", ".a", ".a", ".a", ".a", ".a", "aV"}},
    {INIT_PLAIN, {".I", ".I", ".I", ".I", ".I", ".I", ".I", ".I"}},
    {INIT_NEW, {".I", ".i", ".a", ".a", ".a", ".a", ".a", "aV"}},
};

static const char *look_up(const struct row *rows, size_t count, int kind, int state) {
    for (size_t i = 0; i < count; i++)
        if (rows[i].kind == kind)
            return rows[i].outcome[state];
    return NULL;
}
#define LOOK_UP(rows, kind, state) look_up(rows, sizeof(rows) / sizeof(rows)[0], kind, state)

static const char *expected(int state, int kind, int tag, int from) {
    bool init = kind == HW_INIT || kind == INIT_PLAIN || kind == INIT_NEW;
    int row = kind;
    bool known = kind == HW_I_DATA || kind == HW_I_FORWARD_TSN; /* RFC 8260: not to be taken for unknown */
    if (kind == HW_ECNE || kind == HW_CWR || (kind > HW_SHUTDOWN_COMPLETE && kind < 256 && !known))
        row = kind & 0x40 ? -2 : -1;
    if (from == OTHER_UDP)
        from = RIGHT; /* it is learned from packets with the right tag alone (RFC 6951 5.4) */
    if (tag == ZERO) { /* 8.5.1 A */
        if (!init)
            return ".-";
        return from == RIGHT       ? LOOK_UP(init_right, kind, state)
               : from == FOREIGN   ? LOOK_UP(init_foreign, kind, state)
               : from == SOURCE_PORT ? ".I"
                                     : ".a"; /* 8.4 3: nobody is at that port */
    }
    if (kind == HW_COOKIE_ECHO && (tag != OWN || from != RIGHT))
        return ".-"; /* 5.1.5 3 */
    if (kind == HW_INIT_ACK && state == WAIT && tag == OWN && from == FOREIGN)
        return "oE"; /* 5.1.2: it lists the address that the user gave */
    if (from != RIGHT || state == C)
        return LOOK_UP(right, row, C); /* out of the blue (8.4) */
    if (tag == OWN)
        return LOOK_UP(right, row, state);
    if (tag == PEERS && kind == ABORT_REFLECTED && state != WAIT)
        return "x-"; /* 8.5.1 B */
    if (tag == PEERS && kind == COMPLETE_REFLECTED && state == ACK_SENT)
        return "x-"; /* 8.5.1 C */
    if (kind == HW_SHUTDOWN_ACK && (state == WAIT || state == ECHOED))
        return ".X"; /* 8.5.1 E */
    return ".-";
}

/* ---- the sequel ---------------------------------------------------------------------------------------------------- */

/* What follows: time-outs, then the peer goes on. One number for all of it. */
static uint64_t sequel(struct script *s, int state) {
    s->random = SEED;
    size_t first = s->sent_count;
    advance(s, ms(1300));
    if (state == C)
        inject(s, INIT(.tag = 99));
    if (state == WAIT)
        inject(s, INIT_ACK());
    if (state == WAIT || state == ECHOED)
        inject(s, COOKIE_ACK());
    inject(s, scene_data(s, 0));
    inject_by(s, WAY(.from = 1), SACK(.cum = state == ESTAB || state == PENDING || state == RECEIVED ? 0 : -1));
    advance(s, sec(3));
    inject(s, HEARTBEAT(TEXT("still there?")));
    if (state == SENT || state == PENDING || state == ACK_SENT)
        inject(s, SHUTDOWN_ACK());
    else
        inject(s, SHUTDOWN(state == C || state == WAIT || state == ECHOED ? -1 : 0));
    advance(s, sec(8));
    return hash_items(s) ^ hash_packets(s, first);
}

/* ---- the packets ------------------------------------------------------------------------------------------------- */

static struct hawser_span chunk_of(struct script *s, int kind, int state) {
    struct hawser_span new_address = script_address_param(s, &s->peer[NEW_PLACE]);
    struct hawser_span forged = FILL(140, 1);
    switch (kind) {
    case HW_DATA: return DATA(.tsn = 0);
    case HW_INIT: return INIT(.tag = 0xabcdef);
    case INIT_PLAIN: return INIT(.tag = 0xabcdef, .addresses = 0);
    case INIT_NEW: return INIT(.tag = 0xabcdef, .params = new_address);
    case HW_INIT_ACK: return INIT_ACK();
    case INIT_ACK_PLAIN: return INIT_ACK(.addresses = 0);
    case HW_SACK: return SACK(.cum = state == ESTAB || state == PENDING || state == RECEIVED ? 0 : -1, .a_rwnd = 5000);
    case HW_HEARTBEAT: return HEARTBEAT(TEXT("ping"));
    case HW_HEARTBEAT_ACK: return CHUNK(HW_HEARTBEAT_ACK, 0, PARAM(HW_PARAM_HEARTBEAT_INFO, FILL(20, 0)));
    case HW_ABORT: return ABORT(CAUSE(USER_ABORT, TEXT("go away")));
    case ABORT_REFLECTED: return ABORT_T(NOTHING);
    case HW_SHUTDOWN: return SHUTDOWN(-1);
    case HW_ERROR: return ERROR(CAUSE(INVALID_STREAM, U32(0)));
    case ERROR_STALE: return ERROR(CAUSE(STALE_COOKIE, U32(1000)));
    case HW_COOKIE_ECHO: return COOKIE_ECHO();
    case COOKIE_FORGED: return CHUNK(HW_COOKIE_ECHO, 0, forged);
    case COMPLETE_REFLECTED: return SHUTDOWN_COMPLETE_T();
    case HW_SHUTDOWN_ACK:
    case HW_COOKIE_ACK:
    case HW_SHUTDOWN_COMPLETE: return CHUNK(kind, 0, NOTHING);
    case HW_RE_CONFIG: return CHUNK(kind, 0, PARAM(HW_PARAM_ADD_OUTGOING, U32(s->peer_tsn), U16(1), U16(0)));
    case HW_FORWARD_TSN:
    case HW_I_FORWARD_TSN: return CHUNK(kind, 0, U32(s->peer_tsn));
    case HW_I_DATA: return I_DATA(.tsn = 0);
    default: return CHUNK(kind, 0, U32(0x01020304));
    }
}

static uint32_t tag_of(const struct script *s, int tag) {
    return tag == OWN ? s->stack_tag : tag == WRONG ? WRONG_TAG : tag == PEERS ? s->peer_tag : 0;
}

static void spoof(struct script *s, int state, int kind, int tag, int from) {
    struct way way = {WAY_DEFAULTS, .from = from == FOREIGN ? FOREIGN_PLACE : 0};
    way.tag = tag_of(s, tag);
    if (from == SOURCE_PORT)
        way.source_port = PEER_PORT + 1;
    if (from == DESTINATION_PORT)
        way.destination_port = STACK_PORT + 1;
    if (from == OTHER_UDP)
        way.udp = 4242;
    inject_by(s, &way, chunk_of(s, kind, state));
}

/* ---- the judgement ------------------------------------------------------------------------------------------------ */

static char answer_letter(struct script *s, const struct seen *seen, uint32_t tag, int from) {
    int to = from == FOREIGN ? FOREIGN_PLACE : 0, went = peer_number(s, &seen->packet->remote);
    bool t = seen->flags & HW_FLAG_T;
    switch (seen->type) {
    case HW_INIT_ACK: return seen->tag != 0xabcdef ? '?' : went == to ? 'I' : went == 0 ? 'i' : '?';
    case HW_ABORT:
        if (went != to)
            return '?';
        return t && seen->tag == tag ? 'A' : !t && (seen->tag == 0xabcdef || seen->tag == s->peer_tag) ? 'a' : '?';
    case HW_SHUTDOWN_COMPLETE: return went != to ? '?' : t && seen->tag == tag ? 'X' : !t && seen->tag == s->peer_tag ? 'Y' : '?';
    case HW_SACK: return 'K';
    case HW_HEARTBEAT: return 'B';
    case HW_HEARTBEAT_ACK: return went == to ? 'H' : '?';
    case HW_ERROR: return 'R';
    case HW_COOKIE_ECHO: return went == 0 ? 'E' : '?';
    case HW_COOKIE_ACK: return 'k';
    case HW_SHUTDOWN: return 'U';
    case HW_SHUTDOWN_ACK: return 'V';
    default: return '?';
    }
}

/* The first chunk of the one packet that was said; '2' if there are more packets. */
static char answer(struct script *s, uint32_t tag, int from) {
    int type = next_chunk(s);
    if (type < 0)
        return '-';
    const struct want any = {WANT_DEFAULTS};
    char letter = answer_letter(s, script_expect(s, __FILE__, __LINE__, true, (uint8_t)type, &any), tag, from);
    return skip_output(s) ? '2' : letter;
}

/* A second association may have come of a cookie. */
static char state_letter(struct script *s) {
    uint32_t state = state_of(s);
    if (!s->association)
        return hawser_check_objects(s->stack) > 1 ? 'e' : 'c';
    return state == HAWSER_CLOSED || state == 0 ? 'x' : "cwoepsra"[state - 1];
}

static void complain(struct script *s, int state, int kind, int tag, int from, const char *what) {
    FAIL("chunk %d in %s with %s from %s: %s", kind, state_names[state], tag_names[tag], from_names[from], what);
}

/* A packet that may change nothing. */
static void harmless(struct script *s, int state, int kind, int tag, int from, const char *outcome) {
    struct digest before = digest_of(s);
    spoof(s, state, kind, tag, from);
    char said_letter = answer(s, tag_of(s, tag), from);
    struct digest after = digest_of(s);
    const char *differs = digest_differs(&before, &after);
    char text[100];
    if (said_letter != outcome[1]) {
        snprintf(text, sizeof text, "answered by %c, expected %c", said_letter, outcome[1]);
        complain(s, state, kind, tag, from, text);
    }
    if (differs) {
        snprintf(text, sizeof text, "changed %s", differs);
        complain(s, state, kind, tag, from, text);
    }
}

/* A packet that the association must heed. */
static void heed(struct script *s, int state, int kind, int tag, int from, const char *outcome) {
    spoof(s, state, kind, tag, from);
    char text[100], said_letter = answer(s, tag_of(s, tag), from), now = state_letter(s);
    if (now != outcome[0] || (outcome[1] != '*' && said_letter != outcome[1])) {
        snprintf(text, sizeof text, "%c%c, expected %s", now, said_letter, outcome);
        complain(s, state, kind, tag, from, text);
    }
    struct hawser_item item;
    if (!s->association && hawser_receive(s->stack, s->endpoint, &item, 1) == 1)
        s->association = item.association;
    script_end(s);
}

/* ---- the tests ---------------------------------------------------------------------------------------------------- */

static void every_chunk_in_state(void **given) {
    int state = (int)(intptr_t)*given;
    unsigned allowed = 0, refused = 0;
    struct script *control = scene(state), *s = scene(state);
    uint64_t wanted = sequel(control, state);
    script_end(control);
    for (int kind = 0; kind < KINDS; kind++)
        for (int tag = 0; tag < TAGS; tag++)
            for (int from = 0; from < PLACES_FROM; from++) {
                if (tag == OWN && from == OTHER_UDP && state != C)
                    continue; /* heeded: the port is taken over */
                const char *outcome = expected(state, kind, tag, from);
                if (outcome[0] == '.') {
                    harmless(s, state, kind, tag, from, outcome);
                    refused++;
                } else {
                    heed(scene(state), state, kind, tag, from, outcome);
                    allowed++;
                }
            }
    if (sequel(s, state) != wanted)
        FAIL("in %s what follows is not what would have followed without the spoofed packets", state_names[state]);
    script_end(s);
    printf("%-18s %5u packets that may change nothing did not, %4u that must be heeded were\n", state_names[state], refused,
           allowed);
}

/* Chunks of extensions, with a peer that offers them. */
static const struct {
    int kind;
    uint8_t offered[2];
    const char *outcome[STATES]; /* the right tag, from the peer */
} extended[] = {
    /* clang-format off */
    /*                                                   CLOSED WAIT  ECHOED ESTABL PENDING SENT RECEIVED ACK-SENT */
    {HW_RE_CONFIG, {HW_RE_CONFIG, HW_RE_CONFIG},        {".A", ".-", ".-", "eK", "pK", ".-", "rK", ".-"}}, /* RFC 6525 5.2.1 */
    {HW_FORWARD_TSN, {HW_FORWARD_TSN, HW_FORWARD_TSN},  {".A", "w-", ".-", "eK", "pK", "sK", ".-", ".-"}}, /* RFC 3758 3.6 */
    {HW_I_DATA, {HW_I_DATA, HW_I_DATA},                 {".A", ".-", ".-", "eK", "pK", "sK", ".-", ".-"}}, /* RFC 8260 2.2 */
    {HW_I_FORWARD_TSN, {HW_I_DATA, HW_I_FORWARD_TSN},   {".A", ".-", ".-", "eK", "pK", "sK", ".-", ".-"}}, /* RFC 8260 2.3 */
    /* clang-format on */
};

static void extension_in_state(unsigned row, int state) {
    struct hawser_span types = {extended[row].offered, sizeof extended[row].offered};
    struct script *control = scene_offering(state, types), *s = scene_offering(state, types);
    uint64_t wanted = sequel(control, state);
    script_end(control);
    for (int tag = 0; tag < TAGS; tag++)
        for (int from = 0; from < PLACES_FROM; from++) {
            bool ours = tag == OWN && (from == RIGHT || from == OTHER_UDP);
            const char *outcome = ours ? extended[row].outcome[state] : expected(state, extended[row].kind, tag, from);
            if (ours && from == OTHER_UDP && state != C)
                continue;
            if (outcome[0] == '.')
                harmless(s, state, extended[row].kind, tag, from, outcome);
            else
                heed(scene_offering(state, types), state, extended[row].kind, tag, from, outcome);
        }
    if (sequel(s, state) != wanted)
        FAIL("in %s what follows is not what would have followed without the spoofed packets", state_names[state]);
    script_end(s);
}

static void chunks_of_extensions(void **given) {
    (void)given;
    for (unsigned row = 0; row < sizeof extended / sizeof extended[0]; row++)
        for (int state = 0; state < STATES; state++)
            extension_in_state(row, state);
}

/* A chunk that may carry the peer's tag does not open the door for those before it in its packet (8.5). */
static void nothing_enters_with_a_reflected_tag(void **given) {
    (void)given;
    for (int state = WAIT; state < STATES; state++) {
        struct script *s = scene(state);
        for (int kind = 0; kind < KINDS; kind++)
            for (int behind = 0; kind != HW_ABORT && kind != ABORT_REFLECTED && behind < 2; behind++) {
                struct digest before = digest_of(s);
                struct hawser_span reflected = behind ? SHUTDOWN_COMPLETE_T() : ABORT_T(NOTHING);
                inject_by(s, WAY(.tag = s->peer_tag), chunk_of(s, kind, state), reflected);
                if (state == WAIT && kind == HW_SHUTDOWN_ACK)
                    skip_output(s); /* 8.5.1 E: no tag of the peer is known yet, this is out of the blue */
                expect_nothing(s);
                struct digest after = digest_of(s);
                if (digest_differs(&before, &after))
                    complain(s, state, kind, PEERS, RIGHT, digest_differs(&before, &after));
            }
        script_end(s);
    }
}

/* The sequel tells the difference: a packet that is heeded shows in it. */
static void sequel_sees_what_is_heeded(void **given) {
    (void)given;
    for (int state = ESTAB; state < STATES; state++) {
        struct script *control = scene(state), *s = scene(state);
        spoof(s, state, state == SENT ? HW_DATA : state == ACK_SENT ? HW_SHUTDOWN_COMPLETE : HW_SACK, OWN, RIGHT);
        if (sequel(s, state) == sequel(control, state))
            FAIL("in %s the sequel does not tell the difference", state_names[state]);
        script_end(s);
        script_end(control);
    }
}

/* ---- RFC 5061 ------------------------------------------------------------------------------------------------------ */

enum { DELETE_ONE, DELETE_STRANGER, ADD_SELF, OLD_ANSWER, ADDRESS_KINDS };
static const char *const address_names[ADDRESS_KINDS] = {"ASCONF", "ASCONF with a stranger's Address Parameter",
                                                         "ASCONF that adds its source", "ASCONF-ACK of before"};

/* The right tag: from the peer, and from elsewhere. N: ASCONF-ACK to where it came from. */
static const char *const by_peer[ADDRESS_KINDS][STATES] = {
    {".A", "w-", ".-", "eN", "pN", "sN", "rN", ".-"}, /* 5.1.1 C4; nothing is agreed on yet: unknown */
    {".A", "w-", ".-", "eN", "pN", "sN", "rN", ".-"}, /* 5.2 D1: its source is enough */
    {".A", "w-", ".-", "eN", "pN", "sN", "rN", ".-"},
    {".A", ".-", ".-", ".-", ".-", ".-", ".-", ".-"}, /* 4.3.4 */
};
static const char *const by_stranger[ADDRESS_KINDS][STATES] = {
    {".A", ".A", ".A", "eN", "pN", "sN", "rN", ".-"}, /* 5.2 D2 */
    {".A", ".A", ".A", ".A", ".A", ".A", ".A", ".A"}, /* 5.2 D3 */
    {".A", ".A", ".A", "eN", "pN", "sN", "rN", ".-"},
    {".A", ".A", ".A", ".A", ".A", ".A", ".A", ".A"},
};

static const char *expected_of_addresses(int state, int kind, int tag, int from) {
    if (tag == ZERO)
        return ".-"; /* 8.5.1 A */
    if (from == SOURCE_PORT || from == DESTINATION_PORT || state == C)
        return ".A";
    if (tag != OWN)
        return from == FOREIGN ? ".A" : ".-"; /* 5.2 D4: the tag is looked at wherever it came from */
    return from == FOREIGN ? by_stranger[kind][state] : by_peer[kind][state];
}

static struct hawser_span address_chunk(struct script *s, int kind) {
    struct hawser_span known = script_address_param(s, &s->peer[0]), second = script_address_param(s, &s->peer[1]);
    struct hawser_span wild = PARAM(HW_PARAM_IPV4, U32(0)), serial = U32(s->peer_tsn);
    switch (kind) {
    case DELETE_ONE: return CHUNK(HW_ASCONF, 0, serial, known, PARAM(HW_PARAM_DELETE_ADDRESS, U32(1), second));
    case DELETE_STRANGER:
        return CHUNK(HW_ASCONF, 0, serial, script_address_param(s, &s->peer[9]), PARAM(HW_PARAM_DELETE_ADDRESS, U32(1), second));
    case ADD_SELF: return CHUNK(HW_ASCONF, 0, serial, known, PARAM(HW_PARAM_ADD_ADDRESS, U32(1), wild));
    default: return CHUNK(HW_ASCONF_ACK, 0, U32(s->stack_tsn - 1));
    }
}

static void every_asconf_in_state(void **given) {
    int state = (int)(intptr_t)*given;
    for (int kind = 0; kind < ADDRESS_KINDS; kind++)
        for (int tag = 0; tag < TAGS; tag++)
            for (int from = 0; from < OTHER_UDP; from++) {
                struct script *s = scene_offering(state, BYTES(HW_ASCONF, HW_ASCONF_ACK));
                struct way way = {WAY_DEFAULTS, .from = from == FOREIGN ? FOREIGN_PLACE : 0};
                way.tag = tag_of(s, tag);
                way.source_port = from == SOURCE_PORT ? PEER_PORT + 1 : ANY;
                way.destination_port = from == DESTINATION_PORT ? STACK_PORT + 1 : ANY;
                struct digest before = digest_of(s);
                inject_by(s, &way, address_chunk(s, kind));
                const char *outcome = expected_of_addresses(state, kind, tag, from);
                int type = next_chunk(s);
                char letter = '-', now = outcome[0] == '.' ? '.' : state_letter(s);
                if (type == HW_ASCONF_ACK)
                    letter = peer_number(s, &expect(s, ASCONF_ACK)->packet->remote) == way.from ? 'N' : '?';
                else if (type >= 0)
                    letter = answer(s, tag_of(s, tag), from);
                struct digest after = digest_of(s);
                const char *differs = outcome[0] == '.' ? digest_differs(&before, &after) : NULL;
                if (letter != outcome[1] || now != outcome[0] || differs)
                    FAIL("%s in %s with %s from %s: %c%c, expected %s; changed %s", address_names[kind], state_names[state],
                         tag_names[tag], from_names[from], now, letter, outcome, differs ? differs : "nothing else");
                if (!s->association && state == C)
                    skip_output(s);
                script_end(s);
            }
}

#define ASCONF_IN(state) {"every_asconf_in_" #state, every_asconf_in_state, NULL, NULL, (void *)(intptr_t)(state)}
#define IN(state) {"every_chunk_in_" #state, every_chunk_in_state, NULL, NULL, (void *)(intptr_t)(state)}

int main(void) {
    const struct CMUnitTest tests[] = {
        ASCONF_IN(C), ASCONF_IN(WAIT), ASCONF_IN(ECHOED), ASCONF_IN(ESTAB), ASCONF_IN(PENDING), ASCONF_IN(SENT),
        ASCONF_IN(RECEIVED), ASCONF_IN(ACK_SENT),
        IN(C),        IN(WAIT),     IN(ECHOED),
        IN(ESTAB),    IN(PENDING),  IN(SENT),
        IN(RECEIVED), IN(ACK_SENT), cmocka_unit_test(nothing_enters_with_a_reflected_tag),
        cmocka_unit_test(sequel_sees_what_is_heeded), cmocka_unit_test(chunks_of_extensions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
