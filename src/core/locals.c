/* SPDX-License-Identifier: MIT
 *
 * An association's local addresses: which the peer knows, which it is being told of and which are being taken back (RFC 5061
 * 5.3), and from which of them a path's packets come (RFC 9260 6.4). Without any the carrier chooses. Says nothing to the peer:
 * asconf.c and setup.c do.
 */
#include "core/assoc.h"

static bool locals_grow(struct hw_assoc *assoc, unsigned room) {
    struct hw_local *fresh = hw_allocate(&assoc->account, room * sizeof *fresh);
    if (!fresh)
        return false;
    if (assoc->local_count)
        memcpy(fresh, assoc->locals, assoc->local_count * sizeof *fresh);
    hw_release(&assoc->account, assoc->locals, assoc->local_room * sizeof *fresh);
    assoc->locals = fresh;
    assoc->local_room = (uint8_t)room;
    return true;
}

/* Of the widest scope: what it may be told of every other may, too. */
static const struct hawser_address *widest(const struct hawser_address *remotes, unsigned count) {
    const struct hawser_address *best = remotes;
    for (unsigned i = 1; i < count; i++)
        if (hw_address_scope(&remotes[i]) > hw_address_scope(best))
            best = &remotes[i];
    return best;
}

/* Packets of a family leave from some address, be it out of scope: the one that is most like the remote. Behind a NAT it may be
 * the only one. */
static void add_source(struct hw_assoc *assoc, const struct hawser_address *from, unsigned count,
                       const struct hawser_address *remote) {
    const struct hawser_address *best = NULL;
    if (assoc->local_count && hw_locals_reach(assoc, remote->family))
        return;
    for (unsigned i = 0; i < count; i++)
        if (from[i].family == remote->family &&
            (!best || hw_address_common_bits(&from[i], remote) > hw_address_common_bits(best, remote)))
            best = &from[i];
    if (best)
        hw_local_add(assoc, best, HW_LOCAL_USABLE);
}

bool hw_locals_set(struct hw_assoc *assoc, const struct hw_endpoint *endpoint, hawser_time told,
                   const struct hawser_address *seen, const struct hawser_address *remotes, unsigned remote_count) {
    struct hawser_address from[HW_LOCALS_MAX];
    unsigned count = hw_endpoint_addresses(assoc->stack, endpoint, from);
    if (hw_setting(assoc, HAWSER_SET_NAT))
        count = 0; /* none is listed, so the peer knows only the one that it sees */
    if (count == 0 && seen && seen->family != HAWSER_NONE) {
        from[0] = *seen;
        count = 1;
    }
    if (count && !locals_grow(assoc, count))
        return false;
    assoc->wild = endpoint->address_count == 0;
    for (unsigned i = 0; i < count; i++) {
        bool untold = assoc->wild && assoc->stack->locals[i].since > told;
        if ((seen && hw_address_same(&from[i], seen)) ||
            (!untold && hw_local_listable(&from[i], assoc->settings, widest(remotes, remote_count))))
            hw_local_add(assoc, &from[i], HW_LOCAL_USABLE);
    }
    for (unsigned i = 0; i < remote_count; i++)
        add_source(assoc, from, count, &remotes[i]);
    return true;
}

bool hw_locals_learn(struct hw_assoc *assoc, const struct hawser_address *seen) {
    if (assoc->local_count || seen->family == HAWSER_NONE)
        return true;
    if (!hw_local_add(assoc, seen, HW_LOCAL_USABLE))
        return false;
    for (unsigned i = 0; i < assoc->path_count; i++)
        if (assoc->paths[i]->remote.family == seen->family)
            assoc->paths[i]->local = *seen;
    return true;
}

void hw_locals_free(struct hw_assoc *assoc) {
    hw_release(&assoc->account, assoc->locals, assoc->local_room * sizeof *assoc->locals);
    assoc->locals = NULL;
    assoc->local_count = assoc->local_room = 0;
}

struct hw_local *hw_local_find(const struct hw_assoc *assoc, const struct hawser_address *address) {
    for (unsigned i = 0; i < assoc->local_count; i++)
        if (hw_address_same(&assoc->locals[i].address, address))
            return &assoc->locals[i];
    return NULL;
}

struct hw_local *hw_local_add(struct hw_assoc *assoc, const struct hawser_address *address, enum hw_local_state state) {
    struct hw_local *local = hw_local_find(assoc, address);
    if (!local) {
        if (assoc->local_count == HW_LOCALS_MAX ||
            (assoc->local_count == assoc->local_room && !locals_grow(assoc, assoc->local_count + 1u)))
            return NULL;
        local = &assoc->locals[assoc->local_count++];
        local->address = *address;
    }
    local->state = (uint8_t)state;
    return local;
}

void hw_local_remove(struct hw_assoc *assoc, const struct hawser_address *address) {
    struct hw_local *local = hw_local_find(assoc, address);
    if (local)
        *local = assoc->locals[--assoc->local_count];
}

void hw_local_left(struct hw_assoc *assoc, const struct hawser_address *address) {
    if (hw_asconf_address_down(assoc, address))
        return;
    for (unsigned i = 0; i < assoc->path_count && !hw_assoc_over(assoc); i++)
        if (hw_address_same(&assoc->paths[i]->local, address))
            hw_path_leave_local(assoc->paths[i]);
}

unsigned hw_locals_usable(const struct hw_assoc *assoc, struct hawser_address addresses[HW_LOCALS_MAX]) {
    unsigned count = 0;
    for (unsigned i = 0; i < assoc->local_count; i++)
        if (assoc->locals[i].state == HW_LOCAL_USABLE)
            addresses[count++] = assoc->locals[i].address;
    return count;
}

bool hw_locals_reach(const struct hw_assoc *assoc, uint8_t family) {
    bool found = assoc->local_count == 0;
    for (unsigned i = 0; !found && i < assoc->local_count; i++)
        found = assoc->locals[i].state == HW_LOCAL_USABLE && assoc->locals[i].address.family == family;
    return found;
}

bool hw_local_listable(const struct hawser_address *local, const struct hw_settings *settings,
                       const struct hawser_address *remote) {
    if (local->family == HAWSER_IPV4 ? !settings->value[HAWSER_SET_IPV4] : !settings->value[HAWSER_SET_IPV6])
        return false;
    enum hw_scope scope = hw_address_scope(local), least = hw_address_scope(remote);
    if (!settings->value[HAWSER_SET_PRIVATE_SCOPE] && least == HW_SCOPE_GLOBAL)
        least = HW_SCOPE_PRIVATE;
    bool same_zone = scope != HW_SCOPE_LINK || remote->family != HAWSER_IPV6 || !remote->scope || !local->scope ||
                     local->scope == remote->scope;
    return scope >= least && same_zone;
}

bool hw_local_there(const struct hw_assoc *assoc, const struct hawser_address *address) {
    return !assoc->wild || assoc->stack->local_count == 0 || hw_reported_find(assoc->stack, address);
}

void hw_local_choose(const struct hw_assoc *assoc, const struct hawser_address *remote, const struct hawser_address *avoid,
                     struct hawser_address *local) {
    unsigned best_bits = 0, best_uses = 0;
    bool best_there = false;
    memset(local, 0, sizeof *local);
    for (unsigned i = 0; i < assoc->local_count; i++) {
        const struct hawser_address *candidate = &assoc->locals[i].address;
        if (assoc->locals[i].state != HW_LOCAL_USABLE || candidate->family != remote->family ||
            (avoid && hw_address_same(candidate, avoid)))
            continue;
        unsigned bits = hw_address_common_bits(candidate, remote), uses = 0;
        for (unsigned j = 0; j < assoc->path_count; j++)
            uses += hw_address_same(&assoc->paths[j]->local, candidate);
        bool there = hw_local_there(assoc, candidate), alike = there == best_there;
        if (local->family == HAWSER_NONE || (there && !alike) || (alike && bits > best_bits) ||
            (alike && bits == best_bits && uses < best_uses)) {
            *local = *candidate;
            best_there = there;
            best_bits = bits;
            best_uses = uses;
        }
    }
}

static bool any_of_family(const struct hw_assoc *assoc, uint8_t family, uint8_t state) {
    for (unsigned i = 0; i < assoc->local_count; i++)
        if (assoc->locals[i].state == state && assoc->locals[i].address.family == family)
            return true;
    return false;
}

bool hw_locals_leaving(const struct hw_assoc *assoc, uint8_t family) {
    return any_of_family(assoc, family, HW_LOCAL_DELETING) && !any_of_family(assoc, family, HW_LOCAL_USABLE);
}

void hw_locals_settle(struct hw_assoc *assoc) {
    for (unsigned i = 0; i < assoc->path_count; i++) {
        struct hw_path *path = assoc->paths[i];
        const struct hw_local *local = hw_local_find(assoc, &path->local);
        bool carriers = path->local.family == HAWSER_NONE && !hw_locals_leaving(assoc, path->remote.family);
        if (!path->silent && (carriers || (local && local->state == HW_LOCAL_USABLE)))
            continue;
        struct hawser_address before = path->local;
        hw_local_choose(assoc, &path->remote, NULL, &path->local);
        if (path->local.family != HAWSER_NONE && path->silent) {
            path->silent = false;
            path->burst = (uint32_t)hw_setting(assoc, HAWSER_SET_MAX_BURST); /* nothing could be sent: an opportunity (6.1 D) */
        }
        if (path->local.family == HAWSER_NONE)
            path->silent = true;
        if (before.family != HAWSER_NONE && path->local.family != HAWSER_NONE && !hw_address_same(&before, &path->local))
            hw_path_rerouted(path); /* RFC 9260 7.2.5 */
    }
    (void)hw_path_for_data(assoc);
    hw_assoc_touch(assoc);
}
