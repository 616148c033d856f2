/* SPDX-License-Identifier: MIT
 *
 * How often which value came, in buckets that are at most 1/128 of their value wide; least and most are exact. Fixed size, no
 * allocation. Values beyond HISTOGRAM_MAX count as that.
 */
#ifndef HAWSER_HISTOGRAM_H
#define HAWSER_HISTOGRAM_H

#include <stddef.h>
#include <stdint.h>

#define HISTOGRAM_MAX     ((UINT64_C(1) << 42) - 1) /* 73 minutes in nanoseconds */
#define HISTOGRAM_BUCKETS (128 * 36)

struct histogram {
    uint64_t count, least, most; /* least and most mean nothing while count is 0 */
    uint32_t buckets[HISTOGRAM_BUCKETS];
};

void histogram_clear(struct histogram *histogram);
void histogram_add(struct histogram *histogram, uint64_t value);
/* Adds all that is in `other`. */
void histogram_merge(struct histogram *histogram, const struct histogram *other);

/* The value that `share` (0 to 1) of all values do not exceed, at most 1/128 too large; 0 if there are none. */
uint64_t histogram_quantile(const struct histogram *histogram, double share);

#endif
