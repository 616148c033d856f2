/* SPDX-License-Identifier: MIT
 *
 * The addresses of this machine, read once and followed as they come and go. For the loop, which tells stacks of them, and for
 * carriers that need them. Knows no stack and no carrier.
 */
#ifndef HW_CARRIER_ADDRESSES_H
#define HW_CARRIER_ADDRESSES_H

#include <hawser/types.h>
#include <stdbool.h>

struct hw_addresses;

/* `up`: it can be used from now on; else it is gone. */
typedef void hw_addresses_changed(void *user, const struct hawser_address *address, bool up);

/* Begins to follow; what there is now is known when it returns, and not told. NULL: errno says why. */
struct hw_addresses *hw_addresses_open(void);
void hw_addresses_close(struct hw_addresses *addresses);
/* Becomes readable when something may have changed. */
int hw_addresses_fd(const struct hw_addresses *addresses);
/* Takes in what is there without waiting, and tells each difference once. */
void hw_addresses_read(struct hw_addresses *addresses, hw_addresses_changed *changed, void *user);
/* Writes up to `max` of those known, the widest scope first (global, link-local, loopback); returns how many there are. */
size_t hw_addresses_list(const struct hw_addresses *addresses, struct hawser_address *out, size_t max);

#endif
