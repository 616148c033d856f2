/* SPDX-License-Identifier: MIT
 *
 * CRC32c (RFC 9260 appendix A): chosen once by the processor's features, called through a pointer that the stack holds. The value
 * is the finished CRC as a number; a packet carries it least significant byte first.
 */
#ifndef HW_CRC32C_H
#define HW_CRC32C_H

#include <stddef.h>
#include <stdint.h>

/* CRC32c of `size` bytes, starting anew (initial value and final inversion included). */
typedef uint32_t hw_crc32c_function(const uint8_t *data, size_t size);

/* The fastest for HAWSER_CPU_ flags: three streams of the crc32 instruction joined by carry-less multiplication, the instruction
 * alone, or tables (slicing by 8). */
hw_crc32c_function *hw_crc32c_choose(uint32_t cpu);

uint32_t hw_crc32c_table(const uint8_t *data, size_t size);

#endif
