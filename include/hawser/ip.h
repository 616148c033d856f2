/* SPDX-License-Identifier: MIT
 *
 * A carrier: SCTP packets in IP itself (protocol 132, RFC 9260 3), over IPv4 and IPv6, by raw sockets; and, if wanted, over UDP
 * beside it, for stacks whose peers are of either kind: a peer's udp_port says which it is, 0 for plain IP (RFC 6951 5.4).
 *
 * Raw sockets need the capability CAP_NET_RAW in the user namespace that the network namespace belongs to.
 *
 * While such a carrier is open the kernel holds back its "protocol unreachable" (ICMP) and "unrecognized next header" (ICMPv6)
 * for the addresses that the carrier has. Three more things are to be known of raw sockets:
 * - Each gets every SCTP packet of the machine, whatever its port. Where several stacks share the machine's addresses let each
 *   have the setting shared_address, so that none answers packets that are for another.
 * - The kernel's own SCTP, if it is loaded, gets them too, and ends with an ABORT what it has not begun.
 * - A peer on the same machine that is the kernel's may leave out checksums, which a network card would fill in:
 *   `ethtool -K DEVICE tx-checksum-sctp off` on the interface between them stops that.
 */
#ifndef HAWSER_IP_H
#define HAWSER_IP_H

#include <hawser/carrier.h>

#ifdef __cplusplus
extern "C" {
#endif

#define HAWSER_IP_NO_OFFLOAD 1u    /* one packet a system call (for tests and comparisons) */
#define HAWSER_IP_AND_UDP 2u       /* UDP, too, on udp_port */
#define HAWSER_IP_BESIDE_KERNEL 4u /* open it even if the kernel's own SCTP is loaded: someone sees to it that it keeps quiet */

struct hawser_ip_options {
    size_t size;
    uint16_t udp_port;                      /* with AND_UDP: local UDP port, the same for all addresses; 0: a free one */
    uint16_t address_count;                 /* at most HAWSER_ADDRESSES_MAX */
    const struct hawser_address *addresses; /* local ones, udp_port is ignored; none: all of IPv4 and, if there, IPv6 */
    uint32_t flags;                         /* HAWSER_IP_ */
};

/* Opens the sockets. Borrows. With "0.0.0.0" or "::" among the addresses, packets to any address of that family are taken, and
 * answers leave from the address that was asked. The explicit addresses are told to the stack as its own; for all others see
 * hawser_loop_follow_addresses. hawser_udp_port (<hawser/udp.h>) has the UDP port, 0 without one.
 * ARGUMENT, ADDRESS (family, or given twice), IN_USE (the kernel's SCTP is loaded), NO_MEMORY, SYSTEM (errno: EPERM without
 * CAP_NET_RAW, EADDRINUSE and the like). */
HAWSER_API int hawser_ip_open(struct hawser_carrier **carrier, const struct hawser_ip_options *options);

#ifdef __cplusplus
}
#endif
#endif
