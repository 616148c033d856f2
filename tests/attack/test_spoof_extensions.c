/* SPDX-License-Identifier: MIT
 *
 * The spoofing matrix of what can be agreed on (spoof.h): chunks of extensions with a peer that has them, ASCONF, ECN, and every
 * chunk behind each kind of AUTH that does not prove it, behind one that does, and without any where one is required.
 */
#include "spoof.h"

struct chunk {
    int kind, state, way;
};

static unsigned allowed, refused; /* of the test at hand */

static void judge(struct script *s, const struct scene_plan *plan, const struct spoof *spoof, spoof_maker *maker,
                  const struct chunk *chunk) {
    *(spoof_judge(s, plan, spoof, maker, chunk) ? &allowed : &refused) += 1;
}

static void tell(const char *what) {
    printf("%-18s %5u packets that may change nothing did not, %4u that must be heeded were\n", what, refused, allowed);
    allowed = refused = 0;
}

/* ---- RFC 3758, 6525, 8260, 4960 A ----------------------------------------------------------------------------------- */

enum { ECHO_OF_SENT = KINDS, ECHO_OF_UNSENT, HEARD_THE_ECHO, HEARD_AN_OLDER, RESPONSE_TO_NONE };

static const struct agreed {
    int kind;
    uint8_t type, with; /* with: what is offered beside it */
    const char *outcome[STATES]; /* the right tag, from the peer */
} agreed[] = {
    /* clang-format off */
    /*                                                 CLOSED WAIT  ECHOED ESTABL PENDING SENT RECEIVED ACK-SENT */
    {HW_RE_CONFIG, HW_RE_CONFIG, HW_RE_CONFIG,        {".A", ".-", ".-", "eK", "pK", ".-", "rK", ".-"}}, /* RFC 6525 5.2.1 */
    {RESPONSE_TO_NONE, HW_RE_CONFIG, HW_RE_CONFIG,    {".A", ".-", ".-", ".-", ".-", ".-", ".-", ".-"}}, /* 5.2.7 H1 */
    {HW_FORWARD_TSN, HW_FORWARD_TSN, HW_FORWARD_TSN,  {".A", "w-", ".-", "eK", "pK", "sK", ".-", ".-"}}, /* RFC 3758 3.6 */
    {HW_I_DATA, HW_I_DATA, HW_I_DATA,                 {".A", ".-", ".-", "eK", "pK", "sK", ".-", ".-"}}, /* RFC 8260 2.2 */
    {HW_I_FORWARD_TSN, HW_I_FORWARD_TSN, HW_I_DATA,   {".A", ".-", ".-", "eK", "pK", "sK", ".-", ".-"}}, /* RFC 8260 2.3 */
    /* RFC 4960 A: ECNE where there is data of ours that can have been marked, CWR where ECNE is said; nothing is agreed on in
     * COOKIE-WAIT, and nothing was sent in COOKIE-ECHOED. */
    {ECHO_OF_SENT, HW_ECNE, HW_CWR,                   {".A", ".-", ".-", "eW", "pW", ".-", "rW", ".-"}},
    {ECHO_OF_UNSENT, HW_ECNE, HW_CWR,                 {".A", ".-", ".-", ".-", ".-", ".-", ".-", ".-"}},
    {HEARD_THE_ECHO, HW_CWR, HW_ECNE,                 {".A", ".-", ".-", "e-", "p-", "s-", ".-", ".-"}},
    {HEARD_AN_OLDER, HW_CWR, HW_ECNE,                 {".A", ".-", ".-", ".-", ".-", ".-", ".-", ".-"}},
    /* clang-format on */
};

static struct hawser_span agreed_chunk(struct script *s, const void *with) {
    const struct chunk *given = with;
    switch (given->kind) {
    case ECHO_OF_SENT: return CHUNK(HW_ECNE, 0, U32(s->stack_tsn));
    case ECHO_OF_UNSENT: return CHUNK(HW_ECNE, 0, U32(s->stack_tsn + 1000));
    case HEARD_THE_ECHO: return CHUNK(HW_CWR, 0, U32(s->peer_tsn + 1)); /* the marked message of the scene */
    case HEARD_AN_OLDER: return CHUNK(HW_CWR, 0, U32(s->peer_tsn));
    case RESPONSE_TO_NONE: return CHUNK(HW_RE_CONFIG, 0, PARAM(HW_PARAM_RECONFIG_RESPONSE, U32(s->stack_tsn), U32(6)));
    default: return spoof_chunk(s, given->kind, given->state);
    }
}

static void agreed_in_state(const struct agreed *row, int state) {
    const uint8_t types[] = {row->type, row->with};
    const bool ecn = row->type == HW_ECNE || row->type == HW_CWR; /* a parameter of its own */
    const struct scene_plan plan = {.types = {types, ecn ? 0 : sizeof types}, .ecn = ecn};
    struct script *s = scene_of(state, &plan);
    char what[40];
    snprintf(what, sizeof what, "chunk %d, agreed on (%d)", row->type, row->kind);
    for (int tag = 0; tag < TAGS; tag++)
        for (int from = 0; from < PLACES_FROM; from++) {
            bool ours = tag == OWN && (from == RIGHT || from == OTHER_UDP);
            if (ours && from == OTHER_UDP && state != C)
                continue; /* heeded: the port is taken over */
            const char *outcome = ours ? row->outcome[state] : spoof_expected(state, row->type, tag, from);
            const struct spoof spoof = {state, tag, from, outcome, what};
            judge(s, &plan, &spoof, agreed_chunk, &(struct chunk){.kind = row->kind, .state = state});
        }
    spoof_nothing_follows(s, &plan, state);
    script_end(s);
}

static void chunks_that_were_agreed_on(void **given) {
    (void)given;
    for (unsigned row = 0; row < sizeof agreed / sizeof agreed[0]; row++)
        for (int state = 0; state < STATES; state++)
            agreed_in_state(&agreed[row], state);
    tell("agreed on");
}

/* ---- RFC 4895 -------------------------------------------------------------------------------------------------------- */

enum { UNPROVED, WRONG_CODE, CUT_CODE, STOLEN_CODE, WRONG_SECRET, WRONG_KEY, NULL_KEY, UNSUPPORTED, BEHIND, PROVED_RIGHT, WAYS };
static const char *const way_names[WAYS] = {"without AUTH",
                                            "behind AUTH with a wrong code",
                                            "behind AUTH with a code that was cut",
                                            "behind AUTH of another packet",
                                            "behind AUTH by another secret",
                                            "behind AUTH by a key that is not known",
                                            "behind AUTH by the null key, which was deleted",
                                            "behind AUTH of an HMAC that is not supported",
                                            "before AUTH",
                                            "behind AUTH"};
static struct hawser_span in_this_way(struct script *s, int way, struct hawser_span chunk) {
    struct hawser_span pad = CHUNK(HW_PAD, 0, U32(0));
    switch (way) {
    case WRONG_CODE: return scene_auth(s, HOW(SCENE_KEY, .spoil = 1), chunk);
    case CUT_CODE: return scene_auth(s, HOW(SCENE_KEY, .size = 20), chunk);
    case STOLEN_CODE: return JOIN(((struct hawser_span){scene_auth(s, HOW(SCENE_KEY), pad).data, 40}), chunk);
    case WRONG_SECRET: return scene_auth(s, HOW(.id = 1, .secret = TEXT("guessed")), chunk);
    case WRONG_KEY: return scene_auth(s, HOW(.id = 2, .secret = TEXT("shared")), chunk);
    case NULL_KEY: return scene_auth(s, HOW(.id = 0), chunk);
    case UNSUPPORTED: return scene_auth(s, HOW(SCENE_KEY, .hmac = 4), chunk);
    case BEHIND: return JOIN(chunk, scene_auth(s, HOW(SCENE_KEY), pad));
    case PROVED_RIGHT: return scene_auth(s, HOW(SCENE_KEY), chunk);
    default: return chunk;
    }
}

static struct hawser_span authenticated(struct script *s, const void *with) {
    const struct chunk *given = with;
    return in_this_way(s, given->way, spoof_chunk(s, given->kind, given->state));
}

/* Never authenticated (3.2), and never in a packet with others (RFC 9260 6.10). */
static bool solitary(int kind) {
    return kind == HW_INIT || kind == INIT_PLAIN || kind == INIT_NEW || kind == HW_INIT_ACK || kind == INIT_ACK_PLAIN ||
           kind == HW_SHUTDOWN_COMPLETE || kind == COMPLETE_REFLECTED;
}

/* In COOKIE-ECHOED the AUTH is the first that comes of its key, and that is told, whatever is behind it. */
static const char *heard(int state, const char *outcome) {
    if (state != ECHOED || outcome[0] != '.')
        return outcome;
    return outcome[1] == 'X' ? "oX" : "o-";
}

static const char *expected_of_auth(int state, const struct chunk *chunk, int tag, int from, bool required) {
    int kind = chunk->kind, way = chunk->way;
    bool cookie = kind == HW_COOKIE_ECHO || kind == COOKIE_FORGED; /* read before its AUTH */
    bool peers = from == RIGHT || from == OTHER_UDP, found = state != C && tag == OWN && peers;
    const char *plain = spoof_expected(state, kind, tag, from);
    if (!required && way == UNPROVED && kind != HW_AUTH)
        return plain;
    if (kind == HW_COOKIE_ECHO && state == C && tag == OWN && peers)
        return way == PROVED_RIGHT ? plain : ".-"; /* by what the cookie holds (6.3) */
    if (kind == ABORT_REFLECTED && state != WAIT && tag == PEERS)
        return from == FOREIGN || !peers ? plain : ".-"; /* whoever can reflect a tag only can prove nothing */
    if (!found || solitary(kind))
        return plain; /* 6.3: out of the blue as if there were no AUTH */
    if (state == WAIT) /* nothing is agreed on: AUTH is unknown, and what is behind it is not looked at (5) */
        return way == UNPROVED || way == BEHIND ? plain : ".-";
    if (way == UNSUPPORTED && kind != HW_ABORT && kind != ABORT_REFLECTED && !cookie) /* RFC 9260 9.1: no ABORT is answered */
        return spoof_reported(state); /* 4.1 */
    if (kind == HW_AUTH) /* of no HMAC that there is; 5.1: a second one is none */
        return way == UNPROVED || way == BEHIND ? spoof_reported(state) : way == PROVED_RIGHT ? heard(state, ".-") : ".-";
    if (way == BEHIND && kind != HW_ASCONF && !cookie) /* RFC 5061 5.2 D5: with it goes the AUTH, too */
        return heard(state, ".-");
    return way != PROVED_RIGHT ? ".-" : cookie ? plain : heard(state, plain);
}

/* All that a name is known for, and one of each class of the others (RFC 9260 3.2). */
static bool of_interest(int kind) {
    return kind <= HW_AUTH || kind == HW_I_DATA || (kind >= HW_ASCONF_ACK && kind <= HW_PAD) ||
           (kind >= HW_FORWARD_TSN && kind <= HW_I_FORWARD_TSN) || kind == 16 || kind == 65 || kind == 133 || kind == 195 ||
           kind > 255;
}

static void every_proof_of(int kind, struct script *s, const struct scene_plan *plan, int state) {
    bool required = plan->auth == AUTH_REQUIRED;
    char what[80];
    for (int way = 0; way < WAYS; way++)
        for (int tag = 0; tag < TAGS; tag++)
            for (int from = 0; from < PLACES_FROM; from++) {
                const struct chunk chunk = {kind, state, way};
                if ((solitary(kind) && way != UNPROVED) || (tag == OWN && from == OTHER_UDP && state != C))
                    continue;
                if (!required && way == BEHIND)
                    continue; /* heeded, each in its own way */
                snprintf(what, sizeof what, "chunk %d %s", kind, way_names[way]);
                const struct spoof spoof = {state, tag, from, expected_of_auth(state, &chunk, tag, from, required), what};
                judge(s, plan, &spoof, authenticated, &chunk);
            }
}

static void every_proof_in_state(void **given) {
    int state = (int)(intptr_t)*given;
    for (int auth = AUTH_REQUIRED; auth <= AUTH_OFFERED; auth++) {
        const struct scene_plan plan = {.auth = auth};
        struct script *s = scene_of(state, &plan);
        for (int kind = 0; kind < KINDS; kind++)
            if (of_interest(kind))
                every_proof_of(kind, s, &plan, state);
        spoof_nothing_follows(s, &plan, state);
        script_end(s);
    }
    tell(state_names[state]);
}

/* The sequel tells the difference here, too. */
static void sequel_sees_what_is_proved(void **given) {
    (void)given;
    for (int state = ESTAB; state <= PENDING; state++) {
        const struct scene_plan plan = {.auth = AUTH_REQUIRED};
        struct script *control = scene_of(state, &plan), *s = scene_of(state, &plan);
        spoof_inject(s, OWN, RIGHT, in_this_way(s, PROVED_RIGHT, spoof_chunk(s, HW_SACK, state)));
        if (spoof_sequel(s, state) == spoof_sequel(control, state))
            FAIL("in %s the sequel does not tell the difference", state_names[state]);
        script_end(s);
        script_end(control);
    }
}

/* ---- RFC 5061 ------------------------------------------------------------------------------------------------------ */

enum { DELETE_ONE, DELETE_STRANGER, ADD_SELF, OLD_ANSWER, WITH_ABORT, ADDRESS_KINDS };
static const char *const address_names[ADDRESS_KINDS] = {"ASCONF", "ASCONF with a stranger's Address Parameter",
                                                         "ASCONF that adds its source", "ASCONF-ACK of before",
                                                         "ASCONF of a wrong number, and ABORT"};

/* The right tag: from the peer, and from elsewhere. N: ASCONF-ACK to where it came from. */
static const char *const by_peer[WITH_ABORT][STATES] = {
    {".A", "w-", ".-", "eN", "pN", "sN", "rN", ".-"}, /* 5.1.1 C4; nothing is agreed on yet: unknown */
    {".A", "w-", ".-", "eN", "pN", "sN", "rN", ".-"}, /* 5.2 D1: its source is enough */
    {".A", "w-", ".-", "eN", "pN", "sN", "rN", ".-"},
    {".A", ".-", ".-", ".-", ".-", ".-", ".-", ".-"}, /* 4.3.4 */
};
static const char *const by_stranger[WITH_ABORT][STATES] = {
    {".A", ".A", ".A", "eN", "pN", "sN", "rN", ".-"}, /* 5.2 D2 */
    {".A", ".A", ".A", ".A", ".A", ".A", ".A", ".A"}, /* 5.2 D3 */
    {".A", ".A", ".A", "eN", "pN", "sN", "rN", ".-"},
    {".A", ".A", ".A", ".A", ".A", ".A", ".A", ".A"},
};

static const char *expected_of_addresses(int state, int kind, int tag, int from) {
    if (kind == WITH_ABORT) /* 5.3 F1: ASCONF alone comes from a new address; RFC 9260 8.4, 9.1: no ABORT is answered */
        return tag == OWN && from == RIGHT && state != C ? "x-" : ".-";
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
    case WITH_ABORT: return JOIN(CHUNK(HW_ASCONF, 0, U32(s->peer_tsn + 5), known), ABORT(NOTHING));
    default: return CHUNK(HW_ASCONF_ACK, 0, U32(s->stack_tsn - 1));
    }
}

static struct hawser_span asconf(struct script *s, const void *with) {
    const struct chunk *given = with;
    return in_this_way(s, given->way, address_chunk(s, given->kind));
}

/* 5.2 D5, RFC 4895 6.3; the chunk is found by what it names even where it came from elsewhere. */
static const char *expected_of_proved(int state, const struct chunk *chunk, int tag, int from) {
    const char *plain = expected_of_addresses(state, chunk->kind, tag, from);
    if (state == C || tag != OWN || plain[1] == 'A')
        return plain;
    if (state == WAIT) /* as in expected_of_auth */
        return chunk->way == UNPROVED || chunk->way == BEHIND ? plain : ".-";
    if (chunk->kind == WITH_ABORT)
        return chunk->way == PROVED_RIGHT ? plain : ".-";
    if (chunk->way == UNSUPPORTED)
        return spoof_reported(state);
    if (chunk->way == BEHIND && chunk->kind == OLD_ANSWER)
        return heard(state, ".-");
    return chunk->way == PROVED_RIGHT ? heard(state, plain) : ".-";
}

/* Without AUTH by choice (dynamic_addresses 2), and with it. */
static void every_asconf_in_state(void **given) {
    int state = (int)(intptr_t)*given;
    static const uint8_t types[] = {HW_ASCONF, HW_ASCONF_ACK};
    for (int auth = 0; auth < 2; auth++) {
        const struct scene_plan plan = {.types = {types, sizeof types}, .auth = auth ? AUTH_REQUIRED : 0};
        for (int way = 0; way < (auth ? WAYS : 1); way++)
            for (int kind = 0; kind < ADDRESS_KINDS; kind++)
                for (int tag = 0; tag < TAGS; tag++)
                    for (int from = 0; from < OTHER_UDP; from++) {
                        const struct chunk chunk = {kind, state, way};
                        struct script *s = scene_of(state, &plan);
                        char what[100];
                        snprintf(what, sizeof what, "%s%s%s", address_names[kind], auth ? " " : "", auth ? way_names[way] : "");
                        const char *outcome = auth ? expected_of_proved(state, &chunk, tag, from)
                                                   : expected_of_addresses(state, kind, tag, from);
                        const struct spoof spoof = {state, tag, from, outcome, what};
                        judge(s, &plan, &spoof, asconf, &chunk);
                        script_end(s);
                    }
    }
    tell(state_names[state]);
}

#define ASCONF_IN(state) {"every_asconf_in_" #state, every_asconf_in_state, NULL, NULL, (void *)(intptr_t)(state)}
#define PROOF_IN(state) {"every_proof_in_" #state, every_proof_in_state, NULL, NULL, (void *)(intptr_t)(state)}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(chunks_that_were_agreed_on),
        PROOF_IN(C), PROOF_IN(WAIT), PROOF_IN(ECHOED), PROOF_IN(ESTAB), PROOF_IN(PENDING), PROOF_IN(SENT),
        PROOF_IN(RECEIVED), PROOF_IN(ACK_SENT), cmocka_unit_test(sequel_sees_what_is_proved),
        ASCONF_IN(C), ASCONF_IN(WAIT), ASCONF_IN(ECHOED), ASCONF_IN(ESTAB), ASCONF_IN(PENDING), ASCONF_IN(SENT),
        ASCONF_IN(RECEIVED), ASCONF_IN(ACK_SENT),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
