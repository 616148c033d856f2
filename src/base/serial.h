/* SPDX-License-Identifier: MIT
 *
 * Serial number arithmetic (RFC 1982, RFC 9260 1.6) for TSNs and SSNs: nobody else compares wrapping numbers.
 */
#ifndef HW_SERIAL_H
#define HW_SERIAL_H

#include <stdbool.h>
#include <stdint.h>

/* a - b as a signed distance: positive if a comes after b. */
static inline int32_t hw_tsn_distance(uint32_t a, uint32_t b) { return (int32_t)(a - b); }
static inline bool hw_tsn_before(uint32_t a, uint32_t b) { return hw_tsn_distance(a, b) < 0; }
static inline bool hw_tsn_at_most(uint32_t a, uint32_t b) { return hw_tsn_distance(a, b) <= 0; }
static inline uint32_t hw_tsn_max(uint32_t a, uint32_t b) { return hw_tsn_before(a, b) ? b : a; }
static inline uint32_t hw_tsn_min(uint32_t a, uint32_t b) { return hw_tsn_before(a, b) ? a : b; }

/* How far an SSN of new data lies ahead of the one expected next: always forward, for 2^16-1 messages may be under way (6.1). */
static inline uint16_t hw_ssn_ahead(uint16_t ssn, uint16_t expected) { return (uint16_t)(ssn - expected); }

#endif
