/* SPDX-License-Identifier: MIT
 *
 * Buckets of a logarithmic scale: see histogram.h. Up to 255 each value has its own, then each power of two has 128.
 */
#include "histogram.h"

#include <string.h>

static size_t bucket_of(uint64_t value) {
    unsigned shift = 0;
    while (value >> shift >= 256)
        shift++;
    return 128 * shift + (size_t)(value >> shift);
}

/* The largest value in the bucket. */
static uint64_t largest_of(size_t bucket) {
    if (bucket < 256)
        return bucket;
    unsigned shift = (unsigned)(bucket / 128 - 1);
    return ((bucket - 128 * (uint64_t)shift + 1) << shift) - 1;
}

void histogram_clear(struct histogram *histogram) {
    memset(histogram, 0, sizeof(*histogram));
}

void histogram_add(struct histogram *histogram, uint64_t value) {
    if (value > HISTOGRAM_MAX)
        value = HISTOGRAM_MAX;
    if (histogram->count == 0 || value < histogram->least)
        histogram->least = value;
    if (histogram->count == 0 || value > histogram->most)
        histogram->most = value;
    histogram->count++;
    histogram->buckets[bucket_of(value)]++;
}

void histogram_merge(struct histogram *histogram, const struct histogram *other) {
    if (other->count == 0)
        return;
    if (histogram->count == 0 || other->least < histogram->least)
        histogram->least = other->least;
    if (histogram->count == 0 || other->most > histogram->most)
        histogram->most = other->most;
    histogram->count += other->count;
    for (size_t i = 0; i < HISTOGRAM_BUCKETS; i++)
        histogram->buckets[i] += other->buckets[i];
}

uint64_t histogram_quantile(const struct histogram *histogram, double share) {
    uint64_t wanted = (uint64_t)(share * (double)histogram->count), seen = 0;
    if ((double)wanted < share * (double)histogram->count || wanted == 0)
        wanted++;
    for (size_t i = 0; i < HISTOGRAM_BUCKETS && histogram->count; i++) {
        seen += histogram->buckets[i];
        if (seen >= wanted)
            return largest_of(i) < histogram->most ? largest_of(i) : histogram->most;
    }
    return histogram->count ? histogram->most : 0;
}
