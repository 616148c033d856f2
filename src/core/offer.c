/* SPDX-License-Identifier: MIT
 *
 * What an INIT or INIT ACK offers: its parameters read once, unknown ones treated by their two high bits (RFC 9260 3.2.1,
 * 3.3.2.1, 5.1.2).
 */
#include "core/assoc.h"

static void bad(struct hw_offer *offer, const struct hw_tlv *param) {
    if (!offer->broken)
        offer->bad = *param;
    offer->broken = true;
}

bool hw_offer_address(struct hawser_address *address, const struct hawser_address *source) {
    /* Multicast and the like cannot be a peer's; an IPv4-mapped IPv6 address must not be sent (3.3.2.1.2). Over a carrier without
     * addresses there are none (RFC 8261 6.1). */
    if (source->family == HAWSER_ROUTE || !hw_address_normalise(address, address) || !hw_address_unicast(address))
        return false;
    if (hw_address_loopback(address))
        return hw_address_loopback(source); /* of another machine it would be our own */
    if (!hw_address_link_local(address))
        return true;
    address->scope = address->family == HAWSER_IPV6 ? source->scope : 0; /* the zone that the packet came from */
    return hw_address_link_local(source);
}

/* Who speaks to us from the world means nothing of ours by a private address, and shall not make us probe our own network. */
bool hw_offer_in_scope(const hawser *stack, const struct hawser_address *address, const struct hawser_address *source) {
    return !stack->settings->value[HAWSER_SET_PRIVATE_SCOPE] || hw_address_scope(source) != HW_SCOPE_GLOBAL ||
           hw_address_scope(address) == HW_SCOPE_GLOBAL;
}

static void read_address(const hawser *stack, struct hw_offer *offer, const struct hw_tlv *param,
                         const struct hawser_address *source) {
    struct hawser_address address;
    if (!hw_address_param_parse(&address, param)) {
        bad(offer, param);
        return;
    }
    if (!hw_offer_address(&address, source) || !hw_offer_in_scope(stack, &address, source) ||
        offer->address_count == HW_PATHS_MAX)
        return;
    for (unsigned i = 0; i < offer->address_count; i++)
        if (hw_address_same(&offer->addresses[i], &address))
            return;
    offer->addresses[offer->address_count++] = address;
}

/* RFC 5061 4.2.4: behind a correlation id, which nobody needs here. */
static void read_primary(struct hw_offer *offer, const struct hw_tlv *param, const struct hawser_address *source) {
    struct hw_tlv inner;
    struct hawser_address address;
    if (param->value.size < 4)
        return;
    struct hw_cursor cursor = hw_cursor_over((struct hawser_span){param->value.data + 4, param->value.size - 4});
    if (hw_cursor_param(&cursor, &inner) == HW_CURSOR_ITEM && hw_address_param_parse(&address, &inner) &&
        hw_offer_address(&address, source))
        offer->primary = address;
}

static void read_types(struct hw_offer *offer, const struct hw_tlv *param) {
    offer->no_ipv4 = offer->no_ipv6 = true;
    for (size_t i = 0; i + 2 <= param->value.size; i += 2) {
        uint16_t type = hw_get16(param->value.data + i);
        if (type == HW_PARAM_IPV4)
            offer->no_ipv4 = false;
        if (type == HW_PARAM_IPV6)
            offer->no_ipv6 = false;
    }
}

/* RFC 4895 3: one of each. */
static bool once(struct hawser_span *kept, const struct hw_tlv *param) {
    if (!kept->data)
        *kept = param->whole;
    return true;
}

/* True: go on with the next parameter. */
static bool read_unknown(hawser *stack, struct hw_offer *offer, const struct hw_tlv *param) {
    HW_COUNT(stack, UnknownParameters);
    unsigned action = hw_param_unknown_action(param->type);
    if ((action & HW_UNKNOWN_REPORT) && offer->unknown_count < sizeof offer->unknown / sizeof offer->unknown[0])
        offer->unknown[offer->unknown_count++] = *param;
    return action & HW_UNKNOWN_SKIP;
}

static bool read_param(hawser *stack, struct hw_offer *offer, const struct hw_tlv *param, const struct hawser_address *source) {
    switch (param->type) {
    case HW_PARAM_IPV4:
    case HW_PARAM_IPV6:
        read_address(stack, offer, param, source);
        return true;
    case HW_PARAM_COOKIE:
        if (!offer->cookie.data)
            offer->cookie = param->value;
        return true;
    case HW_PARAM_COOKIE_PRESERVATIVE:
        if (param->value.size == 4)
            offer->preserve_ms = hw_get32(param->value.data);
        else
            bad(offer, param);
        return true;
    case HW_PARAM_HOST_NAME:
        offer->host_name = true;
        offer->bad = *param;
        return true;
    case HW_PARAM_ADDRESS_TYPES:
        read_types(offer, param);
        return true;
    case HW_PARAM_ADAPTATION:
        offer->adapted = param->value.size == 4;
        if (offer->adapted)
            offer->adaptation = hw_get32(param->value.data);
        return true;
    case HW_PARAM_SET_PRIMARY:
        read_primary(offer, param, source);
        return true;
    case HW_PARAM_EXTENSIONS:
        offer->extensions |= hw_extensions_read(param->value);
        return true;
    case HW_PARAM_FORWARD_TSN: /* RFC 3758 3.1: with or without Supported Extensions */
        offer->extensions |= HW_EXT_PARTIAL;
        return true;
    case HW_PARAM_ECN:
        offer->extensions |= HW_EXT_ECN;
        return true;
    case HW_PARAM_ZERO_CHECKSUM:
        if (param->value.size == 4 && hw_get32(param->value.data) == HW_EDMID_DTLS)
            offer->extensions |= HW_EXT_ZERO_OUT;
        return true;
    case HW_PARAM_RANDOM:
        offer->random_wrong |= param->value.size != HW_AUTH_RANDOM;
        return once(&offer->random, param);
    case HW_PARAM_CHUNKS:
        return once(&offer->chunks, param);
    case HW_PARAM_HMACS:
        return once(&offer->hmacs, param);
    case HW_PARAM_UNRECOGNIZED: /* an INIT ACK tells us what of ours it did not know */
        return true;
    default:
        return read_unknown(stack, offer, param);
    }
}

static void read_offer(hawser *stack, struct hw_offer *offer, const struct hawser_address *source) {
    struct hw_cursor cursor = hw_cursor_over(offer->init.params);
    struct hw_tlv param;
    enum hw_cursor_result result;
    while ((result = hw_cursor_param(&cursor, &param)) == HW_CURSOR_ITEM)
        if (!read_param(stack, offer, &param, source))
            return;
    if (result == HW_CURSOR_PARTIAL) {
        param.whole = (struct hawser_span){cursor.at, (size_t)(cursor.end - cursor.at)};
        bad(offer, &param);
    }
}

void hw_offer_read(hawser *stack, struct hw_offer *offer, const struct hawser_address *source) {
    read_offer(stack, offer, source);
    /* AUTH is offered by its parameters; Supported Extensions, which is younger, may list it or not. */
    struct hw_auth_vector vector;
    offer->extensions &= ~(uint32_t)HW_EXT_AUTH;
    if (offer->random.data && hw_auth_heard(offer, &vector))
        offer->extensions |= HW_EXT_AUTH;
}
