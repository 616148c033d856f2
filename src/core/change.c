/* SPDX-License-Identifier: MIT
 *
 * What happens to addresses, told through the inbox at its place: a peer's address was added, removed or made primary, a request
 * of ours was answered (RFC 5061; RFC 6458 6.1.2). Each is part of a path or of a request, which lives until the user has read
 * it. A path that came and went before the user knew of it is not told at all: a peer cannot fill the inbox with them.
 */
#include "core/assoc.h"

static bool change_listed(const struct hw_change *change) { return change->link.next != NULL; }

static struct hw_path *path_of_change(struct hw_change *change) {
    return HW_OWNER(change - change->kind, struct hw_path, changes[0]);
}

static void change_unlist(struct hw_change *change) {
    hw_list_remove(&change->link);
    change->link.next = NULL;
    memset(&change->notice, 0, sizeof change->notice);
}

void hw_change_raise(struct hw_assoc *assoc, struct hw_change *change, enum hw_change_kind kind) {
    change->kind = (uint8_t)kind;
    if (!change_listed(change))
        hw_list_append(&assoc->inbox.changes, &change->link);
    hw_notice_raise(assoc, &change->notice);
}

/* A removed path of which nothing more is to be told. */
static void free_if_done(struct hw_path *path) {
    bool any = path->state != HAWSER_PATH_REMOVED;
    for (unsigned i = 0; i < HW_CHANGE_REQUEST; i++)
        any |= change_listed(&path->changes[i]);
    if (!any)
        hw_release(&path->assoc->account, path, sizeof *path);
}

void hw_change_path_removed(struct hw_path *path) {
    for (unsigned i = 0; i < HW_CHANGE_REMOVED; i++)
        if (change_listed(&path->changes[i]) && !path->changes[i].notice.shown)
            change_unlist(&path->changes[i]);
    if (path->known) {
        struct hw_change *change = &path->changes[HW_CHANGE_REMOVED];
        hw_change_raise(path->assoc, change, HW_CHANGE_REMOVED);
        /* An item that hawser_receive showed counts until it is consumed, though its path is gone. */
        change->notice.shown = path->notice.shown;
        change->notice.shown_place = path->notice.shown_place;
    }
    free_if_done(path);
}

void hw_change_show(struct hw_change *change, struct hawser_item *item) {
    static const uint8_t states[] = {HAWSER_PATH_ADDED, HAWSER_PATH_MADE_PRIMARY, HAWSER_PATH_REMOVED};
    if (change->kind == HW_CHANGE_REQUEST) {
        const struct hw_asconf_request *request = HW_OWNER(change, struct hw_asconf_request, change);
        item->type = HAWSER_ADDRESS_CHANGED;
        item->address.operation = request->operation;
        item->address.refused = request->refused;
        item->address.code = request->cause;
        item->address.address = request->address;
        return;
    }
    struct hw_path *path = path_of_change(change);
    path->known = true;
    item->type = HAWSER_PATH_CHANGED;
    item->path.path = path->number;
    item->path.state = states[change->kind];
    item->path.remote = path->remote;
}

void hw_change_taken(struct hw_assoc *assoc, struct hw_change *change) {
    if (change->notice.raised)
        return; /* again since */
    change_unlist(change);
    if (change->kind == HW_CHANGE_REQUEST)
        hw_asconf_request_free(assoc, HW_OWNER(change, struct hw_asconf_request, change));
    else
        free_if_done(path_of_change(change));
}

void hw_changes_free(struct hw_assoc *assoc) {
    for (struct hw_link *link = assoc->inbox.changes.next, *next; link != &assoc->inbox.changes; link = next) {
        struct hw_change *change = hw_change_of(link);
        next = link->next;
        change->notice.raised = false;
        hw_change_taken(assoc, change);
    }
}
