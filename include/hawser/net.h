/* SPDX-License-Identifier: MIT
 *
 * Addresses as people write them. No names are looked up here and nothing is sent.
 */
#ifndef HAWSER_NET_H
#define HAWSER_NET_H

#include <hawser/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Room for any address that hawser_address_format writes, the final NUL included. */
#define HAWSER_ADDRESS_TEXT_MAX 96

/* Reads a numeric address: "192.0.2.1", "192.0.2.1:9899", "2001:db8::1", "[2001:db8::1]:9899", "fe80::1%eth0", "fe80::1%2".
 * udp_port is 0 if the text has none. An IPv4-mapped IPv6 address becomes IPv4; unspecified addresses ("0.0.0.0", "::") are read
 * as they are. Borrows. On an error `address` is untouched.
 * ADDRESS (not an address, an unknown zone, a zone on an address that is not link-local), PORT (0, above 65535, not a number). */
HAWSER_API int hawser_address_parse(struct hawser_address *address, const char *text);

/* Writes an address as hawser_address_parse reads it, with the port if it has one; HAWSER_NONE as "any", a route as "route 7".
 * At most `size` bytes, always NUL-terminated if size > 0. Returns the length of the whole text without the NUL, as snprintf. */
HAWSER_API size_t hawser_address_format(const struct hawser_address *address, char *out, size_t size);

#ifdef __cplusplus
}
#endif
#endif
