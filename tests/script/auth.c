/* SPDX-License-Identifier: MIT
 *
 * The peer's half of RFC 4895 (auth.h). One conversation at a time.
 */
#include "auth.h"
#include <hawser/loop.h>

static struct {
    struct hawser_span peer, stack; /* key vectors (6.1) */
} vectors;

/* Parameters without padding, one after another. */
static struct hawser_span bare(struct script *s, struct hawser_span params) {
    uint8_t *bytes = script_bytes(s, params.size);
    size_t size = 0;
    struct hw_cursor cursor = hw_cursor_over(params);
    struct hw_tlv param;
    static const uint16_t order[] = {HW_PARAM_RANDOM, HW_PARAM_CHUNKS, HW_PARAM_HMACS};
    for (unsigned i = 0; i < 3; i++)
        for (struct hw_cursor at = cursor; hw_cursor_param(&at, &param) == HW_CURSOR_ITEM;)
            if (param.type == order[i]) {
                memcpy(bytes + size, param.whole.data, param.whole.size);
                size += param.whole.size;
            }
    return (struct hawser_span){bytes, size};
}

struct hawser_span script_auth_params(struct script *s, const struct auth_plan *plan) {
    struct hawser_span params =
        JOIN(PARAM(HW_PARAM_EXTENSIONS, BYTES(HW_AUTH)), PARAM(HW_PARAM_RANDOM, FILL(plan->random, plan->fill)));
    if (plan->chunks.data)
        params = JOIN(params, PARAM(HW_PARAM_CHUNKS, plan->chunks));
    params = JOIN(params, PARAM(HW_PARAM_HMACS, plan->hmacs.data ? plan->hmacs : BYTES(0, 3, 0, 1)));
    vectors.peer = bare(s, params);
    return params;
}

void script_auth_start(struct script *s, const struct auth_plan *plan) {
    struct plan world = plan->plan;
    vectors.stack = NOTHING; /* what an earlier script learned is gone with it */
    world.params = JOIN(script_auth_params(s, plan), world.params);
    script_plan(s, &world);
    set(s, AUTHENTICATION, 1);
    script_open(s);
    for (size_t i = 0; i < plan->requires.size; i++)
        REQUIRE(plan->requires.data[i]);
}

void auth_learn(struct script *s) {
    for (size_t i = 0; i < s->sent_count; i++) {
        struct hw_cursor cursor = {s->sent[i].bytes + HW_HEADER_SIZE, s->sent[i].bytes + s->sent[i].size};
        struct hw_tlv chunk;
        struct hw_init init;
        if (hw_cursor_chunk(&cursor, &chunk) == HW_CURSOR_ITEM && (chunk.type == HW_INIT || chunk.type == HW_INIT_ACK) &&
            hw_init_parse(&init, &chunk))
            vectors.stack = bare(s, init.params);
    }
}

void auth_establish_active(struct script *s) {
    reach_cookie_wait(s);
    auth_learn(s);
    inject(s, INIT_ACK());
    while (next_chunk(s) >= 0)
        skip_output(s);
    inject(s, PROVED(COOKIE_ACK()));
    expect_state(s, ESTABLISHED);
    skip_items(s);
}

void auth_establish_passive(struct script *s) {
    get_cookie(s);
    auth_learn(s);
    inject(s, PROVED(COOKIE_ECHO()));
    skip_output(s);
    expect_arrived(s);
    expect_state(s, ESTABLISHED);
    skip_items(s);
}

/* 6.1: as a number, so a shorter vector that does not begin with zeros is smaller. */
static bool in_order(struct hawser_span a, struct hawser_span b) {
    return a.size != b.size ? a.size < b.size : memcmp(a.data, b.data, a.size) <= 0;
}

static size_t mac_of(struct script *s, const struct auth_spec *spec, struct hawser_span text, uint8_t out[HAWSER_HMAC_MAX]) {
    bool peer_first = in_order(vectors.peer, vectors.stack);
    struct hawser_span key = JOIN(spec->secret.data ? spec->secret : NOTHING, peer_first ? vectors.peer : vectors.stack,
                                  peer_first ? vectors.stack : vectors.peer);
    struct hawser_host host;
    hawser_host_default(&host);
    int hash = spec->hmac == SHA1 ? SHA1 : SHA256;
    check_equal(host.hmac(host.user, hash, key, &text, 1, out), 0);
    return hash == SHA1 ? 20 : 32;
}

struct hawser_span script_proved(struct script *s, const struct auth_spec *spec, struct hawser_span chunks) {
    size_t whole = spec->hmac == SHA1 ? 20 : 32, size = spec->size == ANY ? whole : (size_t)spec->size;
    struct hawser_span auth = CHUNK(HW_AUTH, 0, U16(spec->id), U16(spec->hmac), FILL(size, 0));
    struct hawser_span text = JOIN(auth, chunks);
    uint8_t mac[HAWSER_HMAC_MAX], *bytes = (uint8_t *)(uintptr_t)text.data; /* JOIN has just made them */
    (void)mac_of(s, spec, text, mac);
    memcpy(bytes + 8, mac, size < whole ? size : whole);
    bytes[7 + size] ^= spec->spoil;
    return text;
}

void script_expect_auth(struct script *s, const char *file, int line, bool first, const struct auth_spec *spec) {
    const struct seen *seen = script_expect(s, file, line, first, HW_AUTH, &(struct want){WANT_DEFAULTS});
    const uint8_t *end = seen->packet->bytes + seen->packet->size;
    size_t size = (size_t)(end - seen->whole.data);
    uint8_t mac[HAWSER_HMAC_MAX], *text = script_bytes(s, size);
    memcpy(text, seen->whole.data, size);
    if (hw_get16(text + 4) != spec->id || hw_get16(text + 6) != spec->hmac)
        script_fail(s, file, line, "AUTH by key %u and HMAC %u", hw_get16(text + 4), hw_get16(text + 6));
    size_t length = spec->hmac == SHA1 ? 20 : 32;
    if (seen->whole.size != 8 + length)
        script_fail(s, file, line, "AUTH of %zu bytes", seen->whole.size);
    memset(text + 8, 0, length);
    (void)mac_of(s, spec, (struct hawser_span){text, size}, mac);
    if (memcmp(mac, seen->whole.data + 8, length) != 0)
        script_fail(s, file, line, "AUTH with a wrong HMAC");
}
