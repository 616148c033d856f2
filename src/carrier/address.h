/* SPDX-License-Identifier: MIT
 *
 * Between hawser's addresses and the system's. For the carriers; programs use <hawser/net.h>.
 */
#ifndef HW_CARRIER_ADDRESS_H
#define HW_CARRIER_ADDRESS_H

#include <hawser/types.h>
#include <sys/socket.h>

/* Fills `out` with the address and `port`; returns its length, 0 for a family that the system does not know. */
socklen_t hw_sockaddr_set(struct sockaddr_storage *out, const struct hawser_address *address, uint16_t port);

/* The other way, the port in udp_port; family NONE for what is neither IPv4 nor IPv6. */
void hw_sockaddr_get(const struct sockaddr_storage *from, struct hawser_address *address);

#endif
