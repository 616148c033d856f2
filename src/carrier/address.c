/* SPDX-License-Identifier: MIT
 *
 * Addresses as text (<hawser/net.h>) and as the system's structs. Looks up zone names, nothing else.
 */
#define _GNU_SOURCE
#include "carrier/address.h"

#include "base/address.h"
#include <arpa/inet.h>
#include <hawser/net.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A decimal number from `least` to `most` and nothing else. */
static int parse_number(const char *text, unsigned long least, unsigned long most, unsigned long *value) {
    if (*text < '0' || *text > '9' || strlen(text) > 10)
        return -1;
    char *end;
    *value = strtoul(text, &end, 10);
    return *end == '\0' && *value >= least && *value <= most ? 0 : -1;
}

static int parse_zone(const char *text, uint32_t *scope) {
    unsigned long number;
    if (parse_number(text, 1, UINT32_MAX, &number) != 0)
        number = if_nametoindex(text);
    *scope = (uint32_t)number;
    return number != 0 ? 0 : HAWSER_ERR_ADDRESS;
}

static int parse_ipv6(struct hawser_address *address, char *text) {
    char *zone = strchr(text, '%');
    if (zone)
        *zone++ = '\0';
    address->family = HAWSER_IPV6;
    if (inet_pton(AF_INET6, text, address->ip) != 1)
        return HAWSER_ERR_ADDRESS;
    if (zone && (!hw_address_link_local(address) || parse_zone(zone, &address->scope) != 0))
        return HAWSER_ERR_ADDRESS;
    return 0;
}

int hawser_address_parse(struct hawser_address *address, const char *text) {
    char copy[HAWSER_ADDRESS_TEXT_MAX];
    if (strlen(text) >= sizeof(copy))
        return HAWSER_ERR_ADDRESS;
    strcpy(copy, text);

    struct hawser_address result = {0};
    char *colon = strchr(copy, ':'), *port = NULL;
    int error = 0;
    if (copy[0] == '[') {
        char *bracket = strchr(copy, ']');
        if (!bracket || (bracket[1] != ':' && bracket[1] != '\0'))
            return HAWSER_ERR_ADDRESS;
        if (bracket[1] == ':')
            port = bracket + 2;
        *bracket = '\0';
        error = parse_ipv6(&result, copy + 1);
    } else if (colon && strchr(colon + 1, ':')) {
        error = parse_ipv6(&result, copy);
    } else {
        if (colon) {
            *colon = '\0';
            port = colon + 1;
        }
        result.family = HAWSER_IPV4;
        error = inet_pton(AF_INET, copy, result.ip) == 1 ? 0 : HAWSER_ERR_ADDRESS;
    }
    if (error)
        return error;
    unsigned long number = 0;
    if (port && parse_number(port, 1, 65535, &number) != 0)
        return HAWSER_ERR_PORT;
    result.udp_port = (uint16_t)number;
    return hw_address_normalise(address, &result) ? 0 : HAWSER_ERR_ADDRESS;
}

size_t hawser_address_format(const struct hawser_address *address, char *out, size_t size) {
    char ip[INET6_ADDRSTRLEN] = "?", zone[IF_NAMESIZE + 1] = "", port[8] = "", name[IF_NAMESIZE];
    int length;
    if (address->udp_port)
        snprintf(port, sizeof(port), ":%u", address->udp_port);
    switch (address->family) {
    case HAWSER_NONE: length = snprintf(out, size, "any%s", port); break;
    case HAWSER_IPV4:
        inet_ntop(AF_INET, address->ip, ip, sizeof(ip));
        length = snprintf(out, size, "%s%s", ip, port);
        break;
    case HAWSER_IPV6:
        inet_ntop(AF_INET6, address->ip, ip, sizeof(ip));
        if (address->scope && if_indextoname(address->scope, name))
            snprintf(zone, sizeof(zone), "%%%s", name);
        else if (address->scope)
            snprintf(zone, sizeof(zone), "%%%u", (unsigned)address->scope);
        length = snprintf(out, size, *port ? "[%s%s]%s" : "%s%s%s", ip, zone, port);
        break;
    case HAWSER_ROUTE: length = snprintf(out, size, "route %llu", (unsigned long long)address->route); break;
    default: length = snprintf(out, size, "family %u", address->family); break;
    }
    return length > 0 ? (size_t)length : 0;
}

socklen_t hw_sockaddr_set(struct sockaddr_storage *out, const struct hawser_address *address, uint16_t port) {
    memset(out, 0, sizeof(*out));
    if (address->family == HAWSER_IPV4) {
        struct sockaddr_in *in = (struct sockaddr_in *)(void *)out;
        in->sin_family = AF_INET;
        in->sin_port = htons(port);
        memcpy(&in->sin_addr, address->ip, 4);
        return sizeof(*in);
    }
    if (address->family == HAWSER_IPV6) {
        struct sockaddr_in6 *in = (struct sockaddr_in6 *)(void *)out;
        in->sin6_family = AF_INET6;
        in->sin6_port = htons(port);
        in->sin6_scope_id = address->scope;
        memcpy(&in->sin6_addr, address->ip, 16);
        return sizeof(*in);
    }
    return 0;
}

void hw_sockaddr_get(const struct sockaddr_storage *from, struct hawser_address *address) {
    memset(address, 0, sizeof(*address));
    if (from->ss_family == AF_INET) {
        const struct sockaddr_in *in = (const struct sockaddr_in *)(const void *)from;
        address->family = HAWSER_IPV4;
        address->udp_port = ntohs(in->sin_port);
        memcpy(address->ip, &in->sin_addr, 4);
    } else if (from->ss_family == AF_INET6) {
        const struct sockaddr_in6 *in = (const struct sockaddr_in6 *)(const void *)from;
        address->family = HAWSER_IPV6;
        address->udp_port = ntohs(in->sin6_port);
        address->scope = in->sin6_scope_id;
        memcpy(address->ip, &in->sin6_addr, 16);
    }
}
