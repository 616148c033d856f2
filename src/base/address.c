/* SPDX-License-Identifier: MIT
 *
 * Comparing and judging addresses. Makes no decision about associations.
 */
#include "address.h"
#include "bytes.h"
#include "platform.h"
#include <string.h>

/* How many bytes of the union the family uses. */
static size_t used(const struct hawser_address *address) {
    switch (address->family) {
    case HAWSER_IPV4:
        return 4;
    case HAWSER_IPV6:
        return 16;
    case HAWSER_ROUTE:
        return sizeof address->route;
    default:
        return 0;
    }
}

static bool all_zero(const uint8_t *bytes, size_t size) {
    uint8_t sum = 0;
    for (size_t i = 0; i < size; i++)
        sum |= bytes[i];
    return sum == 0;
}

bool hw_address_same(const struct hawser_address *a, const struct hawser_address *b) {
    if (a->family != b->family || a->scope != b->scope)
        return false;
    return a->family == HAWSER_IPV4 ? memcmp(a->ip, b->ip, 4) == 0 : memcmp(a->ip, b->ip, used(a)) == 0;
}

static bool mapped(const struct hawser_address *address) {
    return all_zero(address->ip, 10) && address->ip[10] == 0xff && address->ip[11] == 0xff;
}

bool hw_address_normalise(struct hawser_address *out, const struct hawser_address *address) {
    struct hawser_address clean = {.family = address->family, .udp_port = address->udp_port};
    switch (address->family) {
    case HAWSER_NONE:
        break;
    case HAWSER_IPV4:
        memcpy(clean.ip, address->ip, 4);
        break;
    case HAWSER_IPV6:
        if (mapped(address)) {
            clean.family = HAWSER_IPV4;
            memcpy(clean.ip, address->ip + 12, 4);
            break;
        }
        memcpy(clean.ip, address->ip, 16);
        clean.scope = hw_address_link_local(address) ? address->scope : 0;
        break;
    case HAWSER_ROUTE:
        clean.udp_port = 0;
        clean.route = address->route;
        break;
    default:
        return false;
    }
    *out = clean;
    return true;
}

bool hw_address_unicast(const struct hawser_address *address) {
    switch (address->family) {
    case HAWSER_IPV4: {
        uint32_t ip = hw_get32(address->ip);
        bool multicast = ip >> 28 == 0xe, broadcast = ip == UINT32_MAX;
        return ip && !multicast && !broadcast;
    }
    case HAWSER_IPV6:
        return address->ip[0] != 0xff && !all_zero(address->ip, 16);
    case HAWSER_ROUTE:
        return true;
    default:
        return false;
    }
}

bool hw_address_loopback(const struct hawser_address *address) {
    if (address->family == HAWSER_IPV4)
        return address->ip[0] == 127;
    return address->family == HAWSER_IPV6 && all_zero(address->ip, 15) && address->ip[15] == 1;
}

bool hw_address_link_local(const struct hawser_address *address) {
    if (address->family == HAWSER_IPV4)
        return address->ip[0] == 169 && address->ip[1] == 254;
    return address->family == HAWSER_IPV6 && address->ip[0] == 0xfe && (address->ip[1] & 0xc0) == 0x80;
}

static bool is_private(const struct hawser_address *address) {
    const uint8_t *ip = address->ip;
    if (address->family == HAWSER_IPV4)
        return ip[0] == 10 || (ip[0] == 172 && (ip[1] & 0xf0) == 16) || (ip[0] == 192 && ip[1] == 168) ||
               (ip[0] == 100 && (ip[1] & 0xc0) == 64);
    return address->family == HAWSER_IPV6 && ((ip[0] & 0xfe) == 0xfc || (ip[0] == 0xfe && (ip[1] & 0xc0) == 0xc0));
}

enum hw_scope hw_address_scope(const struct hawser_address *address) {
    if (hw_address_loopback(address))
        return HW_SCOPE_LOOPBACK;
    if (hw_address_link_local(address))
        return HW_SCOPE_LINK;
    return is_private(address) ? HW_SCOPE_PRIVATE : HW_SCOPE_GLOBAL;
}

unsigned hw_address_common_bits(const struct hawser_address *a, const struct hawser_address *b) {
    if (a->family != b->family || (a->family != HAWSER_IPV4 && a->family != HAWSER_IPV6))
        return 0;
    for (unsigned i = 0; i < used(a); i++) {
        unsigned different = a->ip[i] ^ b->ip[i];
        if (different)
            return i * 8 + HW_CLZ64((uint64_t)different << 56);
    }
    return (unsigned)used(a) * 8;
}
