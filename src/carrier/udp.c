/* SPDX-License-Identifier: MIT
 *
 * The UDP carrier (<hawser/udp.h>): sockets for UDP alone. What they do is in sockets*.c.
 */
#include <hawser/udp.h>

#include "carrier/sockets.h"

int hawser_udp_open(struct hawser_carrier **carrier, const struct hawser_udp_options *options) {
    if (!carrier || !options || options->size < sizeof(*options) || (options->flags & ~HAWSER_UDP_NO_OFFLOAD))
        return HAWSER_ERR_ARGUMENT;
    struct hw_sockets_plan plan = {.udp = true,
                                   .udp_port = options->port,
                                   .plain = (options->flags & HAWSER_UDP_NO_OFFLOAD) != 0,
                                   .address_count = options->address_count,
                                   .addresses = options->addresses};
    return hw_sockets_open(carrier, &plan);
}

uint16_t hawser_udp_port(const struct hawser_carrier *carrier) {
    return ((const struct hw_sockets *)carrier)->port;
}
