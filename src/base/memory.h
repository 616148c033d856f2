/* SPDX-License-Identifier: MIT
 *
 * The host's allocator with an account: every byte that the stack holds is charged to the stack, and to one owner if it has one,
 * before it is asked for; a ceiling refuses. An account is two numbers; who owns what is the caller's business.
 */
#ifndef HW_MEMORY_H
#define HW_MEMORY_H

#include <hawser/types.h>
#include <stdbool.h>

/* A sum of bytes with a ceiling. An account may have a parent that is charged along (a stack's association). */
struct hw_account {
    uint64_t used, max;
    struct hw_account *parent;
    const struct hawser_host *host; /* borrowed for life */
};

void hw_account_init(struct hw_account *account, const struct hawser_host *host, struct hw_account *parent, uint64_t max);

/* Memory charged to the account and its parents; NULL if a ceiling or the host refuses. Contents undefined. size > 0. */
void *hw_allocate(struct hw_account *account, size_t size);
/* The same, zeroed. */
void *hw_allocate_zeroed(struct hw_account *account, size_t size);
/* Gives back; memory may be NULL. `size` and `account` are those of the allocation. */
void hw_release(struct hw_account *account, void *memory, size_t size);
/* Charges bytes that were not allocated here (a lent buffer); false if a ceiling refuses. */
bool hw_charge(struct hw_account *account, size_t size);
void hw_uncharge(struct hw_account *account, size_t size);
/* Moves the charge of `size` bytes to another account with the same host. Never refuses. */
void hw_recharge(struct hw_account *from, struct hw_account *to, size_t size);
/* How much may still be charged: the least over the account and its parents. */
uint64_t hw_account_room(const struct hw_account *account);

#endif
