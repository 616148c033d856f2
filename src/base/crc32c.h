/* SPDX-License-Identifier: MIT
 *
 * CRC32c (RFC 9260 appendix A): chosen once by the processor's features, called through a pointer that the stack holds. The value
 * is the finished CRC as a number; a packet carries it least significant byte first.
 */
#ifndef HW_CRC32C_H
#define HW_CRC32C_H

#include <stddef.h>
#include <stdint.h>

/* CRC32c of the bytes so far, whose CRC is `crc` (0: none), and `size` more. Initial value and final inversion are included. */
typedef uint32_t hw_crc32c_function(uint32_t crc, const uint8_t *data, size_t size);

/* The fastest for HAWSER_CPU_ flags: three streams of the crc32 instruction joined by carry-less multiplication, the instruction
 * alone, or tables (slicing by 8). */
hw_crc32c_function *hw_crc32c_choose(uint32_t cpu);

/* By tables, starting anew. */
uint32_t hw_crc32c_table(const uint8_t *data, size_t size);

/* The CRC of an SCTP packet with its checksum field taken as zero (RFC 9260 6.8), which the packet need not be. size >= 12. */
uint32_t hw_crc32c_packet(hw_crc32c_function *crc32c, const uint8_t *packet, size_t size);

#endif
