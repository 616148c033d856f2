/* SPDX-License-Identifier: MIT
 *
 * Which extensions an endpoint offers and a peer offers: Supported Extensions (RFC 5061 4.2.7) and the parameters of those that
 * have one of their own. An extension is used when both sides offer it; what it does is said in its own file.
 */
#include "core/assoc.h"

/* The chunk types by which an extension is listed. All must be for it to be offered. */
static const struct {
    uint32_t extension;
    int setting;
    uint8_t types[2];
} extensions[] = {
    {HW_EXT_PARTIAL, HAWSER_SET_PARTIAL_RELIABILITY, {HW_FORWARD_TSN, HW_FORWARD_TSN}},
    {HW_EXT_INTERLEAVING, HAWSER_SET_INTERLEAVING, {HW_I_DATA, HW_I_DATA}},
    {HW_EXT_RECONFIG, HAWSER_SET_RECONFIGURATION, {HW_RE_CONFIG, HW_RE_CONFIG}},
    {HW_EXT_AUTH, HAWSER_SET_AUTHENTICATION, {HW_AUTH, HW_AUTH}},
    {HW_EXT_ASCONF, HAWSER_SET_DYNAMIC_ADDRESSES, {HW_ASCONF, HW_ASCONF_ACK}},
};

#define EXTENSIONS (sizeof extensions / sizeof extensions[0])

uint32_t hw_extensions_of(const hawser *stack, const struct hw_settings *settings, uint32_t carrier) {
    uint32_t offered = 0;
    if (settings->value[HAWSER_SET_ECN] && (carrier & HAWSER_CARRIER_ECN))
        offered |= HW_EXT_ECN;
    if (settings->value[HAWSER_SET_ZERO_CHECKSUM] && (carrier & HAWSER_CARRIER_INTEGRITY))
        offered |= HW_EXT_ZERO_IN | HW_EXT_ZERO_OUT;
    for (unsigned i = 0; i < EXTENSIONS; i++)
        if (settings->value[extensions[i].setting])
            offered |= extensions[i].extension;
    if (!stack->host.hmac)
        offered &= ~(uint32_t)HW_EXT_AUTH;
    if (settings->value[HAWSER_SET_DYNAMIC_ADDRESSES] == 1 && !(offered & HW_EXT_AUTH)) /* RFC 5061 4.2.7: not without AUTH */
        offered &= ~(uint32_t)HW_EXT_ASCONF;
    return offered;
}

bool hw_extensions_unsafe(const struct hw_settings *settings, uint32_t ours, const struct hw_offer *offer) {
    struct hw_auth_vector said; /* to list AUTH is not enough */
    return settings->value[HAWSER_SET_DYNAMIC_ADDRESSES] == 1 && (ours & offer->extensions & HW_EXT_ASCONF) &&
           !((offer->extensions & HW_EXT_AUTH) && hw_auth_heard(offer, &said));
}

uint32_t hw_extensions_agree(uint32_t ours, uint32_t peers) {
    uint32_t directional = HW_EXT_ZERO_IN | HW_EXT_ZERO_OUT;
    /* Who says that it takes packets without checksums says nothing of those that it sends. */
    uint32_t both = ours & peers & ~directional;
    if (both & HW_EXT_INTERLEAVING) /* RFC 8260 2.3.1: FORWARD TSN does not go with I-DATA */
        both = peers & HW_EXT_I_FORWARD ? both | (ours & HW_EXT_PARTIAL) : both & ~(uint32_t)HW_EXT_PARTIAL;
    return both | (ours & HW_EXT_ZERO_IN) | (ours & HW_EXT_ZERO_OUT & peers);
}

/* The kind of chunk must not change while some are in flight, nor what was given up wait for a FORWARD TSN that must not go.
 * Where a collision ends in another agreement than the INIT ACK's, it is with another instance of the peer: that one was sent
 * what went with the COOKIE ECHO, and this one never saw it. */
void hw_extensions_settle(struct hw_assoc *assoc) {
    struct hw_send *send = &assoc->send;
    bool interleaving = assoc->extensions & HW_EXT_INTERLEAVING;
    bool stuck = send->abandoned.count && !(assoc->extensions & HW_EXT_PARTIAL);
    if (hw_flight_count(send) && (interleaving != send->interleaving || stuck))
        hw_send_anew(assoc, assoc->setup.initial_tsn, send->peer_rwnd, send->stream_count);
    send->interleaving = interleaving;
    hw_receive_interleave(&assoc->receive, interleaving);
}

void hw_extensions_write(struct hw_writer *writer, uint32_t offered) {
    uint8_t types[2 * EXTENSIONS + 1];
    size_t count = 0;
    for (unsigned i = 0; i < EXTENSIONS; i++) {
        if (!(offered & extensions[i].extension))
            continue;
        types[count++] = extensions[i].types[0];
        if (extensions[i].types[1] != extensions[i].types[0])
            types[count++] = extensions[i].types[1];
    }
    if ((offered & HW_EXT_INTERLEAVING) && (offered & HW_EXT_PARTIAL))
        types[count++] = HW_I_FORWARD_TSN;
    if (count)
        hw_write_param(writer, HW_PARAM_EXTENSIONS, (struct hawser_span){types, count});
    if (offered & HW_EXT_PARTIAL)
        hw_write_param(writer, HW_PARAM_FORWARD_TSN, hw_nothing);
    if (offered & HW_EXT_ECN)
        hw_write_param(writer, HW_PARAM_ECN, hw_nothing);
    if (offered & HW_EXT_ZERO_IN) {
        uint8_t method[4];
        hw_put32(method, HW_EDMID_DTLS);
        hw_write_param(writer, HW_PARAM_ZERO_CHECKSUM, (struct hawser_span){method, sizeof method});
    }
}

static bool lists(struct hawser_span types, uint8_t type) {
    for (size_t i = 0; i < types.size; i++)
        if (types.data[i] == type)
            return true;
    return false;
}

uint32_t hw_extensions_read(struct hawser_span types) {
    uint32_t offered = lists(types, HW_I_FORWARD_TSN) ? HW_EXT_I_FORWARD : 0;
    for (unsigned i = 0; i < EXTENSIONS; i++)
        if (lists(types, extensions[i].types[0]) && lists(types, extensions[i].types[1]))
            offered |= extensions[i].extension;
    return offered;
}
