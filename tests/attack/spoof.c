/* SPDX-License-Identifier: MIT
 *
 * The table of the spoofing matrix: what RFC 9260 (8.4, 8.5, 8.5.1, 5.2, 9) and RFC 5062 let a packet change or call forth; and
 * the judgement of one packet. Whatever else comes leaves the association as it was, to the last byte and for all that follows.
 */
#include "spoof.h"

static const char *const tag_names[TAGS] = {"the right tag", "a wrong tag", "tag 0", "the peer's tag"};
static const char *const from_names[PLACES_FROM] = {"the peer", "a foreign address", "a wrong source port",
                                                    "a wrong destination port", "another UDP port"};

#define WRONG_TAG 0x0badf00du
#define NEW_PLACE 7
#define SEED 4711u

/* ---- the table --------------------------------------------------------------------------------------------------- */

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
    {HW_SHUTDOWN,              {".A", ".-", ".-", "r-", "r-", "aV", ".-", "aV"}},           /* 9.2 */
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

const char *spoof_expected(int state, int kind, int tag, int from) {
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

const char *spoof_reported(int state) { return LOOK_UP(right, -2, state); }

/* ---- the sequel ---------------------------------------------------------------------------------------------------- */

/* What follows: time-outs, then the peer goes on. One number for all of it. */
uint64_t spoof_sequel(struct script *s, int state) {
    s->random = SEED;
    size_t first = s->sent_count;
    advance(s, ms(1300));
    if (state == C)
        inject(s, INIT(.tag = 99));
    if (state == WAIT)
        inject(s, INIT_ACK());
    if (state == WAIT || state == ECHOED)
        inject(s, scene_proved(s, COOKIE_ACK()));
    inject(s, scene_proved(s, scene_data(s, 0)));
    struct hawser_span sack = SACK(.cum = state == ESTAB || state == PENDING || state == RECEIVED ? 0 : -1);
    inject_by(s, WAY(.from = 1), scene_proved(s, sack));
    advance(s, sec(3));
    inject(s, scene_proved(s, HEARTBEAT(TEXT("still there?"))));
    if (state == SENT || state == PENDING || state == ACK_SENT)
        inject(s, scene_proved(s, SHUTDOWN_ACK()));
    else
        inject(s, scene_proved(s, SHUTDOWN(state == C || state == WAIT || state == ECHOED ? -1 : 0)));
    advance(s, sec(8));
    return hash_items(s) ^ hash_packets(s, first);
}

void spoof_nothing_follows(struct script *s, const struct scene_plan *plan, int state) {
    struct script *control = scene_of(state, plan);
    if (spoof_sequel(s, state) != spoof_sequel(control, state))
        FAIL("in %s what follows is not what would have followed without the spoofed packets", state_names[state]);
    script_end(control);
}

/* ---- the packets ------------------------------------------------------------------------------------------------- */

struct hawser_span spoof_chunk(struct script *s, int kind, int state) {
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

void spoof_inject(struct script *s, int tag, int from, struct hawser_span chunks) {
    struct way way = {WAY_DEFAULTS, .from = from == FOREIGN ? FOREIGN_PLACE : 0};
    way.tag = tag_of(s, tag);
    if (from == SOURCE_PORT)
        way.source_port = PEER_PORT + 1;
    if (from == DESTINATION_PORT)
        way.destination_port = STACK_PORT + 1;
    if (from == OTHER_UDP)
        way.udp = 4242;
    inject_by(s, &way, chunks);
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
    case HW_CWR: return 'W';
    case HW_ASCONF_ACK: return went == to ? 'N' : '?';
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
    const struct seen *seen = script_expect(s, __FILE__, __LINE__, true, (uint8_t)type, &any);
    if (type == HW_AUTH) /* before the one type that the peer wants so */
        seen = script_expect(s, __FILE__, __LINE__, false, HW_ASCONF_ACK, &any);
    char letter = answer_letter(s, seen, tag, from);
    return skip_output(s) ? '2' : letter;
}

/* A second association may have come of a cookie. */
static char state_letter(struct script *s) {
    uint32_t state = state_of(s);
    if (!s->association)
        return hawser_check_objects(s->stack) > 1 ? 'e' : 'c';
    return state == HAWSER_CLOSED || state == 0 ? 'x' : "cwoepsra"[state - 1];
}

static void complain(struct script *s, const struct spoof *spoof, const char *what) {
    FAIL("%s in %s with %s from %s: %s", spoof->what, state_names[spoof->state], tag_names[spoof->tag], from_names[spoof->from],
         what);
}

/* A packet that may change nothing. */
static void harmless(struct script *s, const struct spoof *spoof, struct hawser_span chunks) {
    struct digest before = digest_of(s);
    spoof_inject(s, spoof->tag, spoof->from, chunks);
    char text[100], letter = answer(s, tag_of(s, spoof->tag), spoof->from);
    struct digest after = digest_of(s);
    const char *differs = digest_differs(&before, &after);
    if (letter != spoof->outcome[1]) {
        snprintf(text, sizeof text, "answered by %c, expected %c", letter, spoof->outcome[1]);
        complain(s, spoof, text);
    }
    if (differs) {
        snprintf(text, sizeof text, "changed %s", differs);
        complain(s, spoof, text);
    }
}

/* A packet that the association must heed. */
static void heeded(struct script *s, const struct spoof *spoof, struct hawser_span chunks) {
    struct digest before = digest_of(s);
    spoof_inject(s, spoof->tag, spoof->from, chunks);
    char text[100], letter = answer(s, tag_of(s, spoof->tag), spoof->from), now = state_letter(s);
    struct digest after = digest_of(s);
    if (now != spoof->outcome[0] || (spoof->outcome[1] != '*' && letter != spoof->outcome[1])) {
        snprintf(text, sizeof text, "%c%c, expected %s", now, letter, spoof->outcome);
        complain(s, spoof, text);
    }
    if (!digest_differs(&before, &after))
        complain(s, spoof, "changed nothing");
    struct hawser_item item;
    if (!s->association && hawser_receive(s->stack, s->endpoint, &item, 1) == 1)
        s->association = item.association;
}

bool spoof_judge(struct script *s, const struct scene_plan *plan, const struct spoof *spoof, spoof_maker *chunks,
                 const void *with) {
    if (spoof->outcome[0] == '.') {
        harmless(s, spoof, chunks(s, with));
        return false;
    }
    struct script *fresh = scene_of(spoof->state, plan);
    heeded(fresh, spoof, chunks(fresh, with));
    script_end(fresh);
    return true;
}
