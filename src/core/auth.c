/* SPDX-License-Identifier: MIT
 *
 * Authenticated chunks (RFC 4895): both sides' parameters, from which association keys follow (6.1); AUTH before what the peer
 * wants to be authenticated (6.2); and the judgement of what comes behind an AUTH (6.3). Association keys are put together when
 * they are needed: next to an HMAC that costs nothing, and nothing goes stale.
 */
#include "core/assoc.h"

/* ---- what both sides say ---------------------------------------------------------------------------------------- */

/* By preference. SHA-1 must be there (3.3). */
static unsigned list_hmacs(const struct hw_settings *settings, uint8_t list[4]) {
    int64_t choice = settings->value[HAWSER_SET_HMACS];
    hw_put16(list, choice == 0 ? HAWSER_HMAC_SHA256 : HAWSER_HMAC_SHA1);
    hw_put16(list + 2, choice == 0 ? HAWSER_HMAC_SHA1 : HAWSER_HMAC_SHA256);
    return choice == 2 ? 2 : 4;
}

static void vector_param(struct hw_auth_vector *vector, uint16_t type, const void *value, size_t size) {
    uint8_t *at = vector->bytes + vector->size;
    hw_put16(at, type);
    hw_put16(at + 2, (uint16_t)(HW_TLV_SIZE + size));
    memcpy(at + HW_TLV_SIZE, value, size);
    vector->size = (uint16_t)(vector->size + HW_TLV_SIZE + size);
}

void hw_auth_say(hawser *stack, const struct hw_settings *settings, const struct hw_types *required, uint32_t offered,
                 struct hw_auth_vector *own) {
    uint8_t random[HW_AUTH_RANDOM], chunks[256], hmacs[4];
    size_t count = 0;
    bool asconf = offered & HW_EXT_ASCONF; /* RFC 5061 4.2.7 */
    for (unsigned type = 0; type < sizeof chunks; type++)
        if (hw_types_has(required, (uint8_t)type) || (asconf && (type == HW_ASCONF || type == HW_ASCONF_ACK)))
            chunks[count++] = (uint8_t)type;
    stack->host.random(stack->host.user, random, sizeof random);
    own->size = 0;
    vector_param(own, HW_PARAM_RANDOM, random, sizeof random);
    if (count)
        vector_param(own, HW_PARAM_CHUNKS, chunks, count);
    vector_param(own, HW_PARAM_HMACS, hmacs, list_hmacs(settings, hmacs));
}

void hw_auth_say_again(const struct hw_assoc *assoc, struct hw_auth_vector *own) {
    hawser *stack = assoc->stack;
    *own = assoc->auth->own;
    stack->host.random(stack->host.user, own->bytes + HW_TLV_SIZE, HW_AUTH_RANDOM); /* RANDOM is the first */
}

/* The next of a vector's parameters; false: there is none. */
static bool vector_next(const struct hw_auth_vector *vector, size_t *at, struct hw_tlv *param) {
    if (vector->size - *at < HW_TLV_SIZE)
        return false;
    const uint8_t *begin = vector->bytes + *at;
    size_t size = hw_get16(begin + 2);
    if (size < HW_TLV_SIZE || size > vector->size - *at)
        return false;
    *at += size;
    *param = (struct hw_tlv){.type = hw_get16(begin),
                             .value = {begin + HW_TLV_SIZE, size - HW_TLV_SIZE},
                             .whole = {begin, size}};
    return true;
}

void hw_auth_write_params(const struct hw_auth_vector *vector, struct hw_writer *writer) {
    struct hw_tlv param;
    for (size_t at = 0; vector_next(vector, &at, &param);)
        hw_write_param(writer, param.type, param.value);
}

/* The first that we know (6.1); 0: there is none. */
static uint16_t first_known(struct hawser_span hmacs) {
    for (size_t i = 0; i + 2 <= hmacs.size; i += 2) {
        uint16_t hmac = hw_get16(hmacs.data + i);
        if (hmac == HAWSER_HMAC_SHA1 || hmac == HAWSER_HMAC_SHA256)
            return hmac;
    }
    return 0;
}

bool hw_auth_possible(const struct hw_auth_vector *vector) {
    struct hw_tlv param = {.type = 0};
    size_t at = 0;
    if (!vector_next(vector, &at, &param) || param.type != HW_PARAM_RANDOM || param.value.size != HW_AUTH_RANDOM ||
        !vector_next(vector, &at, &param))
        return false;
    if (param.type == HW_PARAM_CHUNKS && (param.value.size > 256 || !vector_next(vector, &at, &param)))
        return false;
    return param.type == HW_PARAM_HMACS && at == vector->size && param.value.size % 2 == 0 && first_known(param.value);
}

bool hw_auth_heard(const struct hw_offer *offer, struct hw_auth_vector *peer) {
    const struct hawser_span params[] = {offer->random, offer->chunks, offer->hmacs};
    peer->size = 0;
    for (unsigned i = 0; i < 3; i++) {
        if (params[i].size > sizeof peer->bytes - peer->size)
            return false;
        hw_copy(peer->bytes + peer->size, params[i].data, params[i].size);
        peer->size = (uint16_t)(peer->size + params[i].size);
    }
    return hw_auth_possible(peer);
}

/* ---- agreeing --------------------------------------------------------------------------------------------------- */

static struct hw_auth *auth_make(struct hw_assoc *assoc) {
    struct hw_auth *auth = hw_allocate_zeroed(&assoc->account, sizeof *auth);
    const struct hw_endpoint *endpoint = hw_endpoint_find(assoc->stack, assoc->endpoint);
    if (!auth)
        return NULL;
    assoc->auth = auth;
    return !endpoint || hw_keys_copy(&assoc->account, &auth->keys, &endpoint->keys) ? auth : NULL;
}

bool hw_auth_begin(struct hw_assoc *assoc, const struct hw_endpoint *endpoint) {
    uint32_t offered = hw_extensions_of(assoc->stack, assoc->settings, 0);
    if (!(offered & HW_EXT_AUTH))
        return true;
    if (!auth_make(assoc))
        return false;
    hw_auth_say(assoc->stack, assoc->settings, &endpoint->required, offered, &assoc->auth->own);
    return true;
}

void hw_auth_free(struct hw_assoc *assoc) {
    if (!assoc->auth)
        return;
    hw_keys_free(&assoc->account, &assoc->auth->keys);
    hw_release(&assoc->account, assoc->auth, sizeof *assoc->auth);
    assoc->auth = NULL;
}

static uint8_t mac_size(unsigned hmac) { return hmac == HAWSER_HMAC_SHA256 ? 32 : 20; }

static struct hawser_span list_of(const struct hw_auth_vector *vector, uint16_t type) {
    struct hw_tlv param;
    for (size_t at = 0; vector_next(vector, &at, &param);)
        if (param.type == type)
            return param.value;
    return hw_nothing;
}

void hw_auth_types(const struct hw_auth_vector *vector, struct hw_types *types) {
    struct hawser_span list = list_of(vector, HW_PARAM_CHUNKS);
    memset(types, 0, sizeof *types);
    for (size_t i = 0; i < list.size; i++)
        if (!hw_auth_never(list.data[i])) /* 3.2: those are ignored */
            hw_types_add(types, list.data[i]);
}

bool hw_auth_agree(struct hw_assoc *assoc, const struct hw_auth_vector *own, const struct hw_auth_vector *peer) {
    if (!assoc->auth && !(assoc->extensions & HW_EXT_AUTH))
        return true;
    struct hw_auth *auth = assoc->auth ? assoc->auth : auth_make(assoc); /* the setting may be off by now */
    if (!auth)
        return false;
    auth->reserve = 0;
    auth->unproved = false;
    if (assoc->extensions & HW_EXT_AUTH) {
        auth->own = *own;
        auth->peer = *peer;
        hw_auth_types(own, &auth->required);
        hw_auth_types(peer, &auth->wanted);
        if (assoc->extensions & HW_EXT_ASCONF) { /* RFC 5061 4.1: authenticated, whether the peer lists them or not */
            hw_types_add(&auth->wanted, HW_ASCONF);
            hw_types_add(&auth->wanted, HW_ASCONF_ACK);
        }
        auth->hmac = first_known(list_of(peer, HW_PARAM_HMACS));
        for (unsigned i = 0; i < sizeof auth->wanted.bits && !auth->reserve; i++)
            if (auth->wanted.bits[i])
                auth->reserve = (uint8_t)(HW_AUTH_FIXED + mac_size(auth->hmac));
    }
    for (unsigned i = 0; i < assoc->path_count; i++)
        hw_path_set_mtu(assoc->paths[i], assoc->paths[i]->mtu); /* DATA makes room for AUTH */
    return true;
}

uint32_t hw_auth_data_reserve(const struct hw_assoc *assoc) {
    bool data = hw_auth_wanted(assoc, HW_DATA) || hw_auth_wanted(assoc, HW_I_DATA);
    return data ? hw_auth_reserve(assoc) : 0;
}

/* ---- the code --------------------------------------------------------------------------------------------------- */

/* Numerically. A longer vector is the larger, for none begins with a zero (RANDOM's type); and equal ones go in any order. */
static bool smaller(const struct hw_auth_vector *a, const struct hw_auth_vector *b) {
    return a->size != b->size ? a->size < b->size : memcmp(a->bytes, b->bytes, a->size) < 0;
}

/* By the association shared key: the endpoint pair key, the smaller vector, the larger one (6.1). False: the host could not. */
static bool sign(const struct hw_auth_proof *proof, unsigned hmac, const struct hw_key *key, const struct hawser_span *text,
                 size_t count, uint8_t out[HAWSER_HMAC_MAX]) {
    uint8_t secret[HAWSER_SECRET_MAX + 2 * HW_AUTH_VECTOR_MAX];
    struct hw_writer writer = hw_writer_over(secret, sizeof secret);
    bool own_first = smaller(proof->own, proof->peer);
    const struct hw_auth_vector *first = own_first ? proof->own : proof->peer, *last = own_first ? proof->peer : proof->own;
    const struct hawser_host *host = &proof->stack->host;
    if (key)
        hw_write_bytes(&writer, key->secret, key->size);
    hw_write_bytes(&writer, first->bytes, first->size);
    hw_write_bytes(&writer, last->bytes, last->size);
    const struct hawser_span bytes = {secret, hw_writer_size(&writer)};
    bool done = host->hmac && host->hmac(host->user, (int)hmac, bytes, text, count, out) == 0;
    return done;
}

/* ---- out -------------------------------------------------------------------------------------------------------- */

bool hw_auth_needed(const struct hw_assoc *assoc, const struct hw_writer *writer, uint8_t next) {
    if (hw_auth_wanted(assoc, next))
        return true;
    struct hw_cursor cursor = {writer->start + HW_HEADER_SIZE, writer->at};
    struct hw_tlv chunk;
    while (hw_cursor_chunk(&cursor, &chunk) == HW_CURSOR_ITEM)
        if (hw_auth_wanted(assoc, (uint8_t)chunk.type))
            return true;
    return false;
}

bool hw_auth_joins(struct hw_assoc *assoc, const struct hw_outmsg *message) {
    struct hw_auth *auth = assoc->auth;
    if (!hw_auth_wanted(assoc, assoc->send.interleaving ? HW_I_DATA : HW_DATA))
        return true;
    if (auth->packet_key < 0)
        auth->packet_key = message->key;
    return auth->packet_key == message->key;
}

bool hw_auth_seal(struct hw_assoc *assoc, struct hw_writer *writer, const uint8_t *limit) {
    struct hw_auth *auth = assoc->auth;
    struct hw_cursor cursor = {writer->start + HW_HEADER_SIZE, writer->at};
    struct hw_tlv chunk;
    do
        if (hw_cursor_chunk(&cursor, &chunk) != HW_CURSOR_ITEM)
            return true; /* nothing that the peer wants so */
    while (!hw_auth_wanted(assoc, (uint8_t)chunk.type));
    uint8_t *at = writer->start + (chunk.whole.data - writer->start);
    if ((size_t)(limit - writer->at) < auth->reserve)
        return false;
    memmove(at + auth->reserve, at, (size_t)(writer->at - at));
    writer->at += auth->reserve;
    uint16_t id = auth->packet_key < 0 ? auth->keys.active : (uint16_t)auth->packet_key;
    memset(at, 0, auth->reserve);
    at[0] = HW_AUTH;
    hw_put16(at + 2, auth->reserve);
    hw_put16(at + 4, id);
    hw_put16(at + 6, auth->hmac);
    const struct hw_auth_proof proof = {assoc->stack, &auth->own, &auth->peer, &auth->keys};
    const struct hw_key *key;
    uint8_t mac[HAWSER_HMAC_MAX];
    struct hawser_span text = {at, (size_t)(writer->at - at)};
    if (hw_key_find(&auth->keys, id, &key) && sign(&proof, auth->hmac, key, &text, 1, mac))
        memcpy(at + HW_AUTH_FIXED, mac, mac_size(auth->hmac)); /* else the peer takes nothing of it: as if it was lost */
    else
        HW_COUNT_OF(assoc, AuthErrors);
    HW_COUNT_OF(assoc, OutCtrlChunks);
    return true;
}

/* ---- in --------------------------------------------------------------------------------------------------------- */

/* Equal in a time that does not tell where they differ. */
static bool equal(const uint8_t *a, const uint8_t *b, size_t size) {
    unsigned difference = 0;
    for (size_t i = 0; i < size; i++)
        difference |= (unsigned)(a[i] ^ b[i]);
    return difference == 0;
}

static bool offered(const struct hw_auth_vector *own, uint16_t hmac) {
    struct hawser_span list = list_of(own, HW_PARAM_HMACS);
    for (size_t i = 0; i < list.size; i += 2)
        if (hw_get16(list.data + i) == hmac)
            return true;
    return false;
}

enum hw_auth_result hw_auth_prove(const struct hw_auth_proof *proof, const struct hw_packet *packet) {
    static const uint8_t zeros[HAWSER_HMAC_MAX];
    struct hawser_span value = packet->auth.value;
    const uint8_t *begin = packet->auth.whole.data, *behind = begin + packet->auth.whole.size;
    const struct hw_key *key;
    uint8_t mac[HAWSER_HMAC_MAX];
    if (value.size < 4)
        return HW_AUTH_WRONG;
    uint16_t hmac = hw_get16(value.data + 2);
    if (!offered(proof->own, hmac))
        return HW_AUTH_UNSUPPORTED;
    size_t size = mac_size(hmac);
    if (value.size != 4 + size || !hw_key_find(proof->keys, hw_get16(value.data), &key))
        return HW_AUTH_WRONG;
    const struct hawser_span text[] = {{begin, HW_AUTH_FIXED},
                                       {zeros, size},
                                       {behind, (size_t)(packet->whole.data + packet->whole.size - behind)}};
    bool right = sign(proof, hmac, key, text, 3, mac) && equal(mac, value.data + 4, size);
    return right ? HW_AUTH_RIGHT : HW_AUTH_WRONG;
}

/* RFC 6458 6.1.8: a key is new when the peer uses it for the first time. Key 0 is there from the beginning. */
static void heard(struct hw_assoc *assoc, uint16_t id) {
    struct hw_key *key = hw_key_of(&assoc->auth->keys, id);
    if (!key || key->heard || !id)
        return;
    key->heard = key->new_due = true;
    hw_notice_raise(assoc, &assoc->inbox.notices[HW_NOTICE_KEY]);
}

enum hw_auth_result hw_auth_prove_for(struct hw_assoc *assoc, struct hw_packet *packet) {
    const struct hw_auth *auth = assoc->auth;
    const struct hw_auth_proof proof = {assoc->stack, &auth->own, &auth->peer, &auth->keys};
    enum hw_auth_result result = hw_auth_prove(&proof, packet);
    if (result == HW_AUTH_RIGHT)
        hw_auth_proved(assoc, packet);
    else
        HW_COUNT_OF(assoc, AuthErrors);
    return result;
}

void hw_auth_proved(struct hw_assoc *assoc, struct hw_packet *packet) {
    packet->authenticated = true;
    HW_COUNT_OF(assoc, Authenticated);
    heard(assoc, hw_get16(packet->auth.value.data));
}

bool hw_auth_received(struct hw_assoc *assoc, struct hw_packet *packet, const struct hw_tlv *chunk) {
    if (packet->auth.whole.data) { /* 5.1: not more than one, so none costs more than one HMAC */
        HW_COUNT_OF(assoc, AuthErrors);
        return false;
    }
    packet->auth = *chunk;
    enum hw_auth_result result = hw_auth_prove_for(assoc, packet);
    if (result == HW_AUTH_UNSUPPORTED && !hw_packet_has(packet, HW_ABORT)) /* 4.1; but RFC 9260 9.1: no ABORT is answered */
        hw_echo_error(assoc, packet->path, HW_CAUSE_UNSUPPORTED_HMAC, (struct hawser_span){chunk->value.data + 2, 2});
    return result == HW_AUTH_RIGHT;
}

bool hw_auth_lets_pass(struct hw_assoc *assoc, const struct hw_packet *packet, uint8_t type) {
    if (assoc->auth) /* 6.3: who believes no ABORT without proof does not end for a chunk without it, either */
        assoc->auth->unproved = hw_auth_required(assoc, HW_ABORT) && !packet->authenticated;
    if (packet->authenticated || !hw_auth_required(assoc, type))
        return true;
    HW_COUNT_OF(assoc, Unauthenticated);
    return false;
}

/* COOKIE ECHO (6.3): by the association if there is one that uses AUTH, else by what the cookie holds. */
bool hw_auth_cookie(hawser *stack, struct hw_assoc *assoc, const struct hw_keys *keys, struct hw_packet *packet,
                    const struct hw_cookie *cookie) {
    bool held = assoc && (assoc->extensions & HW_EXT_AUTH), agreed = cookie->extensions & HW_EXT_AUTH;
    if (!packet->auth.whole.data) {
        struct hw_types required;
        hw_auth_types(&cookie->own, &required);
        bool must = held ? hw_auth_required(assoc, HW_COOKIE_ECHO) : agreed && hw_types_has(&required, HW_COOKIE_ECHO);
        if (must)
            HW_COUNT(stack, Unauthenticated);
        return !must;
    }
    if (held)
        return hw_auth_prove_for(assoc, packet) == HW_AUTH_RIGHT;
    const struct hw_auth_proof proof = {stack, &cookie->own, &cookie->peer, assoc && assoc->auth ? &assoc->auth->keys : keys};
    packet->authenticated = agreed && hw_auth_prove(&proof, packet) == HW_AUTH_RIGHT;
    if (!packet->authenticated)
        HW_COUNT(stack, AuthErrors);
    return packet->authenticated;
}
