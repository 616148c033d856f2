/* SPDX-License-Identifier: MIT
 *
 * SipHash-2-4 (Aumasson and Bernstein, 2012): a keyed hash for table keys that a stranger can choose.
 */
#ifndef HW_SIPHASH_H
#define HW_SIPHASH_H

#include <stddef.h>
#include <stdint.h>

uint64_t hw_siphash(const uint64_t key[2], const void *data, size_t size);

#endif
