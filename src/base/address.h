/* SPDX-License-Identifier: MIT
 *
 * Comparing and judging addresses. "Same" ignores the UDP port: a peer behind a NAT may change it (RFC 6951 5.4).
 */
#ifndef HW_ADDRESS_H
#define HW_ADDRESS_H

#include <hawser/types.h>
#include <stdbool.h>

/* Same family, bytes and scope; the UDP port does not count. */
bool hw_address_same(const struct hawser_address *a, const struct hawser_address *b);
/* A copy with all unused bytes zero in `out` (which may be `address`); false: unknown family, nothing written. HAWSER_NONE is
 * known. An IPv4-mapped IPv6 address becomes IPv4; only a link-local address keeps its scope; a route has no UDP port. */
bool hw_address_normalise(struct hawser_address *out, const struct hawser_address *address);
/* Can be the source or destination of a packet of an association: not multicast, not broadcast, not the unspecified address. */
bool hw_address_unicast(const struct hawser_address *address);
bool hw_address_loopback(const struct hawser_address *address);
bool hw_address_link_local(const struct hawser_address *address);

/* How far an address means the same host, from the machine itself to the world. */
enum hw_scope { HW_SCOPE_LOOPBACK, HW_SCOPE_LINK, HW_SCOPE_PRIVATE, HW_SCOPE_GLOBAL };
/* PRIVATE: RFC 1918 and RFC 6598, and unique local or the old site-local ones of IPv6 (RFC 4193, RFC 3879). */
enum hw_scope hw_address_scope(const struct hawser_address *address);
/* How many leading bits two addresses of the same family share; 0 for different families and for routes. */
unsigned hw_address_common_bits(const struct hawser_address *a, const struct hawser_address *b);

#endif
