/* SPDX-License-Identifier: MIT
 *
 * An array of 65,536 small elements of which few are used: a three-level tree of pages, 64 x 64 x 16, that takes memory when an
 * element is first reserved and starts it zeroed. Elements 0 to 15 need one page only and no directory. Addresses are stable.
 */
#ifndef HW_SPARSE_H
#define HW_SPARSE_H

#include "memory.h"

struct hw_sparse {
    void *first;    /* page of elements 0 to 15, or NULL */
    void ***root;   /* directory for the others, or NULL */
    uint32_t element_size;
};

void hw_sparse_init(struct hw_sparse *sparse, uint32_t element_size);
/* Frees all pages; what elements point to is the caller's. */
void hw_sparse_free(struct hw_sparse *sparse, struct hw_account *account);
/* The element, or NULL if its page was never reserved. */
void *hw_sparse_get(const struct hw_sparse *sparse, uint16_t index);
/* The element, its page made if need be; NULL: no memory. */
void *hw_sparse_reserve(struct hw_sparse *sparse, struct hw_account *account, uint16_t index);
/* The first existing element at or after `index` (its page exists), with its index; NULL: none. For walking:
 *   for (uint32_t i = 0; (e = hw_sparse_next(&s, &i)) != NULL; i++) */
void *hw_sparse_next(const struct hw_sparse *sparse, uint32_t *index);

#endif
