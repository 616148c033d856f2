/* SPDX-License-Identifier: MIT
 *
 * The host's allocator with an account. All memory of base, wire and core comes and goes through here; nothing is cached.
 */
#include "memory.h"
#include <string.h>

void hw_account_init(struct hw_account *account, const struct hawser_host *host, struct hw_account *parent, uint64_t max) {
    account->used = 0;
    account->max = max;
    account->parent = parent;
    account->host = host;
}

uint64_t hw_account_room(const struct hw_account *account) {
    uint64_t room = UINT64_MAX;
    for (; account; account = account->parent) {
        /* More than the ceiling may be in use: a ceiling can be lowered, and hw_recharge never refuses. */
        uint64_t here = account->used < account->max ? account->max - account->used : 0;
        if (here < room)
            room = here;
    }
    return room;
}

static void add(struct hw_account *account, size_t size) {
    for (; account; account = account->parent)
        account->used += size;
}

bool hw_charge(struct hw_account *account, size_t size) {
    if (size > hw_account_room(account))
        return false;
    add(account, size);
    return true;
}

void hw_uncharge(struct hw_account *account, size_t size) {
    /* Giving back more than was taken is a bug elsewhere; a sum that wrapped round would refuse everything for ever. */
    for (; account; account = account->parent)
        account->used -= size < account->used ? size : account->used;
}

void hw_recharge(struct hw_account *from, struct hw_account *to, size_t size) {
    hw_uncharge(from, size);
    add(to, size);
}

void *hw_allocate(struct hw_account *account, size_t size) {
    if (!hw_charge(account, size))
        return NULL;
    void *memory = account->host->allocate(account->host->user, size);
    if (!memory)
        hw_uncharge(account, size);
    return memory;
}

void *hw_allocate_zeroed(struct hw_account *account, size_t size) {
    void *memory = hw_allocate(account, size);
    if (memory)
        memset(memory, 0, size);
    return memory;
}

void hw_release(struct hw_account *account, void *memory, size_t size) {
    if (!memory)
        return;
    account->host->release(account->host->user, memory, size);
    hw_uncharge(account, size);
}
