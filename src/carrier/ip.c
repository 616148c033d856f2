/* SPDX-License-Identifier: MIT
 *
 * The carrier over plain IP (<hawser/ip.h>): raw sockets, perhaps with UDP beside them. What they do is in sockets*.c; here is
 * the look at the kernel's own SCTP, which would answer in our place.
 */
#define _GNU_SOURCE
#include <hawser/ip.h>

#include "carrier/sockets.h"
#include <unistd.h>

/* The kernel takes each packet of protocol 132 for itself, too, and answers with an ABORT what it knows nothing of. It cannot be
 * asked for by a socket of its own: that would load it. */
static bool kernel_speaks(void) {
    return access("/proc/net/sctp", F_OK) == 0;
}

int hawser_ip_open(struct hawser_carrier **carrier, const struct hawser_ip_options *options) {
    const uint32_t known = HAWSER_IP_NO_OFFLOAD | HAWSER_IP_AND_UDP | HAWSER_IP_BESIDE_KERNEL;
    if (!carrier || !options || options->size < sizeof(*options) || (options->flags & ~known))
        return HAWSER_ERR_ARGUMENT;
    if (!(options->flags & HAWSER_IP_BESIDE_KERNEL) && kernel_speaks())
        return HAWSER_ERR_IN_USE;
    struct hw_sockets_plan plan = {.ip = true,
                                   .udp = (options->flags & HAWSER_IP_AND_UDP) != 0,
                                   .udp_port = options->udp_port,
                                   .plain = (options->flags & HAWSER_IP_NO_OFFLOAD) != 0,
                                   .address_count = options->address_count,
                                   .addresses = options->addresses};
    return hw_sockets_open(carrier, &plan);
}
