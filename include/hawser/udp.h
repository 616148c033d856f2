/* SPDX-License-Identifier: MIT
 *
 * A carrier: SCTP packets as the payload of UDP (RFC 6951), over IPv4 and IPv6, one socket for each local address.
 */
#ifndef HAWSER_UDP_H
#define HAWSER_UDP_H

#include <hawser/carrier.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Assigned for SCTP over UDP (RFC 6951 5.1). */
#define HAWSER_UDP_PORT 9899

#define HAWSER_UDP_NO_OFFLOAD 1u /* one packet a system call: no segmentation offload, no batches (for tests and comparisons) */

struct hawser_udp_options {
    size_t size;
    uint16_t port;                          /* local UDP port, the same for all addresses; 0: a free one */
    uint16_t address_count;                 /* at most HAWSER_ADDRESSES_MAX */
    const struct hawser_address *addresses; /* local ones, udp_port is ignored; none: all of IPv4 and, if there, IPv6 */
    uint32_t flags;                         /* HAWSER_UDP_ */
};

/* Opens the sockets. Borrows. With "0.0.0.0" or "::" among the addresses, packets to any address of that family are taken, and
 * answers leave from the address that was asked. The explicit addresses are told to the stack as its own, the unspecified ones
 * are not (RFC 6951 5.7: behind a NAT they would be wrong).
 * ARGUMENT, ADDRESS (family, or given twice), NO_MEMORY, SYSTEM (errno: EADDRINUSE and the like). */
HAWSER_API int hawser_udp_open(struct hawser_carrier **carrier, const struct hawser_udp_options *options);

/* The local UDP port, for those who asked for any. The carrier must be one of hawser_udp_open's or hawser_ip_open's. */
HAWSER_API uint16_t hawser_udp_port(const struct hawser_carrier *carrier);

#ifdef __cplusplus
}
#endif
#endif
