/* SPDX-License-Identifier: MIT
 *
 * The state cookie (RFC 9260 5.1.3, 5.1.5): all that an association needs to begin, signed with HMAC-SHA-256 and held by the
 * peer until it gives it back. Two keys in rotation. Nothing in it is secret; nothing in it is looked at before the signature
 * is right.
 */
#include "core/assoc.h"

#define MAC_SIZE 32u
#define FORMAT 2u

static struct hw_cookie_key *current_key(hawser *stack) {
    struct hw_cookie_key *key = &stack->cookie_keys[stack->cookie_key];
    if (key->valid && stack->now - key->made < HW_KEY_LIFE)
        return key;
    if (key->valid)
        stack->cookie_key ^= 1; /* the other is at least as old as a key may be: it is replaced */
    key = &stack->cookie_keys[stack->cookie_key];
    stack->host.random(stack->host.user, key->bytes, sizeof key->bytes);
    key->made = stack->now;
    key->valid = true;
    return key;
}

static void write_address(struct hw_writer *writer, const struct hawser_address *address) {
    hw_write8(writer, address->family);
    hw_write16(writer, address->udp_port);
    hw_write32(writer, address->scope);
    hw_write_bytes(writer, address->ip, address->family == HAWSER_IPV4 ? 4 : 16);
}

static void write_vector(struct hw_writer *writer, const struct hw_auth_vector *vector) {
    hw_write16(writer, vector->size);
    hw_write_bytes(writer, vector->bytes, vector->size);
}

void hw_cookie_write(hawser *stack, const struct hw_cookie *cookie, struct hw_writer *writer) {
    struct hw_cookie_key *key = current_key(stack);
    uint8_t *mac = hw_write_reserve(writer, MAC_SIZE);
    uint8_t *text = writer->at;
    hw_write8(writer, FORMAT);
    hw_write8(writer, stack->cookie_key);
    hw_write64(writer, cookie->made);
    const uint32_t words[] = {cookie->life_ms,  cookie->tag,       cookie->peer_tag,  cookie->tsn,
                              cookie->peer_tsn, cookie->peer_rwnd, cookie->tie_local, cookie->tie_peer,
                              cookie->extensions};
    for (unsigned i = 0; i < sizeof words / sizeof words[0]; i++)
        hw_write32(writer, words[i]);
    const uint16_t halves[] = {cookie->streams_out, cookie->peer_streams_out, cookie->peer_streams_in, cookie->port,
                               cookie->peer_port};
    for (unsigned i = 0; i < sizeof halves / sizeof halves[0]; i++)
        hw_write16(writer, halves[i]);
    write_address(writer, &cookie->remote);
    write_address(writer, &cookie->local);
    write_address(writer, &cookie->primary);
    hw_write8(writer, cookie->adapted);
    hw_write32(writer, cookie->adaptation);
    hw_write8(writer, (uint8_t)cookie->address_count);
    for (unsigned i = 0; i < cookie->address_count; i++)
        write_address(writer, &cookie->addresses[i]);
    if (cookie->extensions & HW_EXT_AUTH) { /* RFC 4895 6.3; no shared key is among it (6.3) */
        write_vector(writer, &cookie->own);
        write_vector(writer, &cookie->peer);
    }
    struct hawser_span signed_bytes = {text, (size_t)(writer->at - text)};
    if (!mac || writer->full || stack->host.hmac_sha256(stack->host.user, key->bytes, signed_bytes, mac))
        writer->full = true; /* it does not go out */
}

/* ---- reading: what is signed is ours, so its form is what we wrote; a wrong length is refused all the same */

struct reader {
    const uint8_t *at, *end;
    bool broken;
};

static const uint8_t *take(struct reader *reader, size_t size) {
    static const uint8_t zeros[16];
    if (reader->broken || (size_t)(reader->end - reader->at) < size) {
        reader->broken = true;
        return zeros;
    }
    const uint8_t *at = reader->at;
    reader->at += size;
    return at;
}

static void take_address(struct reader *reader, struct hawser_address *address) {
    memset(address, 0, sizeof *address);
    address->family = *take(reader, 1);
    address->udp_port = hw_get16(take(reader, 2));
    address->scope = hw_get32(take(reader, 4));
    size_t size = address->family == HAWSER_IPV4 ? 4 : 16;
    memcpy(address->ip, take(reader, size), size);
}

static void take_vector(struct reader *reader, struct hw_auth_vector *vector) {
    uint16_t size = hw_get16(take(reader, 2));
    if (size > sizeof vector->bytes || (size_t)(reader->end - reader->at) < size)
        reader->broken = true;
    vector->size = reader->broken ? 0 : size;
    memcpy(vector->bytes, reader->at, vector->size);
    reader->at += vector->size;
}

static void read_text(struct reader *reader, struct hw_cookie *cookie) {
    cookie->made = hw_get64(take(reader, 8));
    uint32_t *words[] = {&cookie->life_ms,  &cookie->tag,       &cookie->peer_tag,  &cookie->tsn,
                         &cookie->peer_tsn, &cookie->peer_rwnd, &cookie->tie_local, &cookie->tie_peer,
                         &cookie->extensions};
    for (unsigned i = 0; i < sizeof words / sizeof words[0]; i++)
        *words[i] = hw_get32(take(reader, 4));
    uint16_t *halves[] = {&cookie->streams_out, &cookie->peer_streams_out, &cookie->peer_streams_in, &cookie->port,
                          &cookie->peer_port};
    for (unsigned i = 0; i < sizeof halves / sizeof halves[0]; i++)
        *halves[i] = hw_get16(take(reader, 2));
    take_address(reader, &cookie->remote);
    take_address(reader, &cookie->local);
    take_address(reader, &cookie->primary);
    cookie->adapted = *take(reader, 1) != 0;
    cookie->adaptation = hw_get32(take(reader, 4));
    cookie->address_count = *take(reader, 1);
    if (cookie->address_count > HW_PATHS_MAX)
        reader->broken = true;
    for (unsigned i = 0; !reader->broken && i < cookie->address_count; i++)
        take_address(reader, &cookie->addresses[i]);
    cookie->own.size = cookie->peer.size = 0;
    if (!reader->broken && (cookie->extensions & HW_EXT_AUTH)) {
        take_vector(reader, &cookie->own);
        take_vector(reader, &cookie->peer);
    }
}

static bool known_address(const struct hawser_address *address) {
    struct hawser_address clean;
    return hw_address_normalise(&clean, address) && hw_address_same(&clean, address) && hw_address_unicast(&clean);
}

/* Signed, and nothing that we would not have written: who has the key makes no association that an INIT could not have made. */
static bool possible(const struct hw_cookie *cookie) {
    bool yes = cookie->tag && cookie->peer_tag && cookie->port && cookie->peer_port && cookie->streams_out &&
               cookie->peer_streams_out && cookie->peer_streams_in && cookie->peer_rwnd >= HW_RWND_MIN &&
               (cookie->extensions & ~(uint32_t)HW_EXT_STANDING) == 0 &&
               known_address(&cookie->remote) && (cookie->local.family == HAWSER_NONE || known_address(&cookie->local)) &&
               (cookie->primary.family == HAWSER_NONE || known_address(&cookie->primary));
    if (cookie->extensions & HW_EXT_AUTH)
        yes = yes && hw_auth_possible(&cookie->own) && hw_auth_possible(&cookie->peer);
    for (unsigned i = 0; yes && i < cookie->address_count; i++)
        yes = known_address(&cookie->addresses[i]) && cookie->addresses[i].family != HAWSER_ROUTE;
    return yes;
}

/* Equal in a time that does not tell where they differ. */
static bool same_mac(const uint8_t *a, const uint8_t *b) {
    unsigned difference = 0;
    for (unsigned i = 0; i < MAC_SIZE; i++)
        difference |= (unsigned)(a[i] ^ b[i]);
    return difference == 0;
}

bool hw_cookie_read(hawser *stack, struct hw_cookie *cookie, struct hawser_span bytes) {
    if (bytes.size < MAC_SIZE + 2)
        return false;
    struct hawser_span text = {bytes.data + MAC_SIZE, bytes.size - MAC_SIZE};
    const struct hw_cookie_key *key = text.data[1] < 2 ? &stack->cookie_keys[text.data[1]] : NULL;
    uint8_t mac[MAC_SIZE];
    if (text.data[0] != FORMAT || !key || !key->valid || stack->now - key->made >= 2 * HW_KEY_LIFE ||
        stack->host.hmac_sha256(stack->host.user, key->bytes, text, mac) || !same_mac(mac, bytes.data))
        return false;
    struct reader reader = {text.data + 2, text.data + text.size, false};
    read_text(&reader, cookie);
    return !reader.broken && reader.at == reader.end && possible(cookie);
}
