/* SPDX-License-Identifier: MIT
 *
 * The spoofing matrix: every chunk type in every state, with the right, a wrong, a zero and the peer's tag, from the peer's
 * address, a foreign one, and with wrong ports (spoof.h). No extension was agreed on: test_spoof_extensions.c has those.
 */
#include "spoof.h"

struct chunk {
    int kind, state;
};

static struct hawser_span chunk(struct script *s, const void *with) {
    const struct chunk *given = with;
    return spoof_chunk(s, given->kind, given->state);
}

static void every_chunk_in_state(void **given) {
    int state = (int)(intptr_t)*given;
    unsigned allowed = 0, refused = 0;
    static const struct scene_plan plain;
    struct script *s = scene_of(state, &plain);
    char what[20];
    for (int kind = 0; kind < KINDS; kind++)
        for (int tag = 0; tag < TAGS; tag++)
            for (int from = 0; from < PLACES_FROM; from++) {
                if (tag == OWN && from == OTHER_UDP && state != C)
                    continue; /* heeded: the port is taken over */
                snprintf(what, sizeof what, "chunk %d", kind);
                const struct spoof spoof = {state, tag, from, spoof_expected(state, kind, tag, from), what};
                bool heeded = spoof_judge(s, &plain, &spoof, chunk, &(struct chunk){kind, state});
                *(heeded ? &allowed : &refused) += 1;
            }
    spoof_nothing_follows(s, &plain, state);
    script_end(s);
    printf("%-18s %5u packets that may change nothing did not, %4u that must be heeded were\n", state_names[state], refused,
           allowed);
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
                inject_by(s, WAY(.tag = s->peer_tag), spoof_chunk(s, kind, state), reflected);
                if (state == WAIT && kind == HW_SHUTDOWN_ACK)
                    skip_output(s); /* 8.5.1 E: no tag of the peer is known yet, this is out of the blue */
                expect_nothing(s);
                struct digest after = digest_of(s);
                const char *differs = digest_differs(&before, &after);
                if (differs)
                    FAIL("chunk %d in %s with an ABORT or SHUTDOWN COMPLETE of the peer's tag: changed %s", kind,
                         state_names[state], differs);
            }
        script_end(s);
    }
}

/* The sequel tells the difference: a packet that is heeded shows in it. */
static void sequel_sees_what_is_heeded(void **given) {
    (void)given;
    for (int state = ESTAB; state < STATES; state++) {
        struct script *control = scene(state), *s = scene(state);
        int kind = state == SENT ? HW_DATA : state == ACK_SENT ? HW_SHUTDOWN_COMPLETE : HW_SACK;
        spoof_inject(s, OWN, RIGHT, spoof_chunk(s, kind, state));
        if (spoof_sequel(s, state) == spoof_sequel(control, state))
            FAIL("in %s the sequel does not tell the difference", state_names[state]);
        script_end(s);
        script_end(control);
    }
}

#define IN(state) {"every_chunk_in_" #state, every_chunk_in_state, NULL, NULL, (void *)(intptr_t)(state)}

int main(void) {
    const struct CMUnitTest tests[] = {
        IN(C),        IN(WAIT),     IN(ECHOED),
        IN(ESTAB),    IN(PENDING),  IN(SENT),
        IN(RECEIVED), IN(ACK_SENT), cmocka_unit_test(nothing_enters_with_a_reflected_tag),
        cmocka_unit_test(sequel_sees_what_is_heeded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
