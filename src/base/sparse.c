/* SPDX-License-Identifier: MIT
 *
 * An array of 65,536 small elements of which few are used: pages of 16, found through two levels of directories of 64. Does not
 * know what an element is.
 */
#include "sparse.h"
#include <string.h>

#define PAGE 16u       /* elements of a page */
#define FAN 64u        /* entries of a directory */
#define ELEMENTS 65536u

#define DIRECTORY_SIZE (FAN * sizeof(void *))

static size_t page_size(const struct hw_sparse *sparse) { return (size_t)PAGE * sparse->element_size; }
static uint32_t root_index(uint32_t index) { return index / (PAGE * FAN); }
static uint32_t page_index(uint32_t index) { return index / PAGE % FAN; }

static void *element(const struct hw_sparse *sparse, void *page, uint32_t index) {
    return page ? (char *)page + (size_t)(index % PAGE) * sparse->element_size : NULL;
}

void hw_sparse_init(struct hw_sparse *sparse, uint32_t element_size) {
    sparse->first = NULL;
    sparse->root = NULL;
    sparse->element_size = element_size;
}

void hw_sparse_free(struct hw_sparse *sparse, struct hw_account *account) {
    for (uint32_t i = 0; sparse->root && i < FAN; i++) {
        for (uint32_t j = 0; sparse->root[i] && j < FAN; j++)
            hw_release(account, sparse->root[i][j], page_size(sparse));
        hw_release(account, sparse->root[i], DIRECTORY_SIZE);
    }
    hw_release(account, sparse->root, DIRECTORY_SIZE);
    hw_release(account, sparse->first, page_size(sparse));
    hw_sparse_init(sparse, sparse->element_size);
}

void *hw_sparse_get(const struct hw_sparse *sparse, uint16_t index) {
    if (index < PAGE)
        return element(sparse, sparse->first, index);
    if (!sparse->root || !sparse->root[root_index(index)])
        return NULL;
    return element(sparse, sparse->root[root_index(index)][page_index(index)], index);
}

/* A directory stays where the page that it was made for could not be had: it is empty, and is freed with all. */
void *hw_sparse_reserve(struct hw_sparse *sparse, struct hw_account *account, uint16_t index) {
    void **page = &sparse->first;
    if (index >= PAGE) {
        if (!sparse->root && !(sparse->root = hw_allocate_zeroed(account, DIRECTORY_SIZE)))
            return NULL;
        void ***directory = &sparse->root[root_index(index)];
        if (!*directory && !(*directory = hw_allocate_zeroed(account, DIRECTORY_SIZE)))
            return NULL;
        page = &(*directory)[page_index(index)];
    }
    if (!*page)
        *page = hw_allocate_zeroed(account, page_size(sparse));
    return element(sparse, *page, index);
}

void *hw_sparse_next(const struct hw_sparse *sparse, uint32_t *index) {
    uint32_t i = *index;
    if (i < PAGE && !sparse->first)
        i = PAGE;
    while (i < ELEMENTS) {
        void *found = hw_sparse_get(sparse, (uint16_t)i);
        if (found) {
            *index = i;
            return found;
        }
        if (!sparse->root)
            break;
        uint32_t step = sparse->root[root_index(i)] ? PAGE : PAGE * FAN;
        i = (i / step + 1) * step;
    }
    return NULL;
}
