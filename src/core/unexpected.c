/* SPDX-License-Identifier: MIT
 *
 * INIT and COOKIE ECHO for an association that exists (RFC 9260 5.2): collision, restart, duplicates. An INIT never changes
 * anything; what is to be done is decided when the cookie comes back, by table 12.
 */
#include "core/assoc.h"

/* ---- INIT ------------------------------------------------------------------------------------------------------ */

/* Address parameters of the addresses that the association does not have, its source included; false: there is none. */
static bool new_addresses(const struct hw_assoc *assoc, const struct hw_packet *packet, const struct hw_offer *offer,
                          struct hw_writer *writer) {
    bool any = !hw_path_by_address(assoc, &packet->remote);
    if (any)
        hw_write_address(writer, &packet->remote);
    for (unsigned i = 0; i < offer->address_count; i++)
        if (!hw_path_by_address(assoc, &offer->addresses[i])) {
            if (!any || !hw_address_same(&offer->addresses[i], &packet->remote))
                hw_write_address(writer, &offer->addresses[i]);
            any = true;
        }
    return any;
}

static bool refuse_new_addresses(struct hw_assoc *assoc, const struct hw_packet *packet, const struct hw_offer *offer) {
    uint8_t bytes[(HW_PATHS_MAX + 1) * 20];
    struct hw_writer writer = hw_writer_over(bytes, sizeof bytes);
    if (!new_addresses(assoc, packet, offer, &writer))
        return false;
    hw_answer_abort(assoc->stack, packet, offer->init.tag, false, HW_CAUSE_NEW_ADDRESSES,
                    (struct hawser_span){bytes, hw_writer_size(&writer)});
    return true;
}

static void make_tie_tags(struct hw_assoc *assoc) {
    while (!assoc->setup.tie_local)
        assoc->setup.tie_local = hw_random32(assoc->stack);
    while (!assoc->setup.tie_peer)
        assoc->setup.tie_peer = hw_random32(assoc->stack);
}

void hw_init_unexpected(struct hw_assoc *assoc, struct hw_packet *packet, struct hw_offer *offer) {
    hawser *stack = assoc->stack;
    struct hw_cookie cookie = {.streams_out = assoc->init_streams_out};
    if (assoc->state == HAWSER_SHUTDOWN_ACK_SENT) { /* 9.2: discarded, the SHUTDOWN ACK is sent again */
        assoc->owed |= HW_OWE_SHUTDOWN_ACK;
        hw_assoc_touch(assoc);
        return;
    }
    if (hw_extensions_unsafe(assoc->settings, hw_extensions_of(stack, assoc->settings, packet->carrier), offer)) {
        hw_answer_abort(stack, packet, offer->init.tag, false, HW_CAUSE_PROTOCOL_VIOLATION, hw_nothing);
        return;
    }
    if (assoc->state == HAWSER_COOKIE_WAIT) {
        if (!hw_path_by_address(assoc, &packet->remote)) { /* 5.2.1 1, 2: to one that the user gave and the INIT lists */
            if (offer->address_count < HW_PATHS_MAX)
                offer->addresses[offer->address_count++] = packet->remote; /* its source counts as listed (5.1.2) */
            packet->remote = assoc->paths[packet->path]->remote;
        }
    } else {
        if (refuse_new_addresses(assoc, packet, offer))
            return;
        make_tie_tags(assoc);
        cookie.tie_local = assoc->setup.tie_local;
        cookie.tie_peer = assoc->setup.tie_peer;
    }
    if (hw_assoc_forming(assoc)) { /* 5.2.1: what our own INIT said */
        cookie.tag = assoc->tag;
        cookie.tsn = assoc->setup.initial_tsn;
        if (assoc->auth)
            cookie.own = assoc->auth->own; /* RFC 4895 6.1: as for the tag */
    } else { /* 5.2.2 */
        cookie.tag = hw_tag_draw(stack, assoc->paths[0]->by_peer.key);
        cookie.tsn = hw_random32(stack);
        if (assoc->auth && (offer->extensions & HW_EXT_AUTH))
            hw_auth_say_again(assoc, &cookie.own);
    }
    struct hawser_address locals[HW_LOCALS_MAX];
    hw_init_ack_answer(stack, packet, offer, &cookie, assoc->settings, locals, hw_locals_usable(assoc, locals));
}

/* ---- COOKIE ECHO ----------------------------------------------------------------------------------------------- */

/* Paths that the restarted peer lists begin anew, unconfirmed, under their old numbers; the others go. */
static void restart_paths(struct hw_assoc *assoc, const struct hw_packet *packet, const struct hw_cookie *cookie) {
    hw_paths_keep(assoc, &cookie->remote, cookie->addresses, cookie->address_count);
    for (unsigned i = 0; i < assoc->path_count; i++) {
        struct hw_path *path = assoc->paths[i];
        path->state = HAWSER_PATH_UNCONFIRMED;
        path->remote.udp_port = packet->remote.udp_port;
        hw_path_set_mtu(path, hw_path_first_mtu(path));
        hw_path_reset(path);
    }
}

/* Action A: the peer has restarted. The association begins anew under its old id. */
static bool restart(struct hw_assoc *assoc, struct hw_packet *packet, const struct hw_cookie *cookie) {
    hawser *stack = assoc->stack;
    for (unsigned i = 0; i < HW_TIMER_COUNT; i++)
        assoc->timers[i] = HAWSER_NEVER;
    hw_assoc_unlist(assoc);
    hw_echoes_free(assoc);
    hw_reconfig_release(assoc);
    hw_send_anew(assoc, cookie->tsn, cookie->peer_rwnd, 0);
    restart_paths(assoc, packet, cookie);
    assoc->tag = cookie->tag;
    assoc->setup.tie_local = assoc->setup.tie_peer = 0; /* no older cookie restarts it again */
    assoc->setup.initial_tsn = cookie->tsn;
    assoc->error_count = assoc->shutdown_retries = 0;
    assoc->probe_due = assoc->room_filled = false;
    if (!hw_setup_from_cookie(assoc, packet, cookie) || !hw_assoc_list(assoc)) {
        hw_answer_abort(stack, packet, cookie->peer_tag, false, HW_CAUSE_OUT_OF_RESOURCE, hw_nothing);
        hw_assoc_end(assoc, HAWSER_END_NO_MEMORY, HW_CAUSE_OUT_OF_RESOURCE, hw_nothing);
        return false;
    }
    struct hw_path *path = hw_path_by_address(assoc, &packet->remote);
    packet->path = assoc->reply_path = assoc->sack_path = path ? path->index : assoc->primary;
    assoc->owed = HW_OWE_COOKIE_ACK;
    HW_COUNT_OF(assoc, Restarts);
    hw_writable_check(assoc); /* what filled the buffer may have failed, and nothing be left whose SACK would say so */
    hw_notice_raise(assoc, &assoc->inbox.notices[HW_NOTICE_RESTARTED]);
    hw_setup_established(assoc);
    return true;
}

/* What came of data, or was acknowledged, was so with another instance of the peer than the cookie's, as was what was agreed on:
 * its TSNs say nothing of those of this one, which has restarted in the middle of the set-up. Table 12 has no line for that. */
static bool of_another_instance(const struct hw_assoc *assoc, const struct hw_cookie *cookie) {
    return !hw_assoc_forming(assoc) && (assoc->receive.any || assoc->send.cum_tsn != assoc->setup.initial_tsn - 1 ||
                                        assoc->extensions != cookie->extensions);
}

/* Action B: both sides began at once. */
static void collide(struct hw_assoc *assoc, struct hw_packet *packet, const struct hw_cookie *cookie) {
    bool forming = hw_assoc_forming(assoc);
    assoc->owed |= HW_OWE_COOKIE_ACK;
    if (!forming) {
        assoc->peer_tag = cookie->peer_tag;
        assoc->setup.heard_at = cookie->made;
        if (assoc->extensions & HW_EXT_AUTH)
            hw_auth_agree(assoc, &cookie->own, &cookie->peer);
        hw_receive_start(&assoc->receive, cookie->peer_tsn, assoc->streams_in);
        hw_reconfig_start(assoc);
        if (!assoc->asconf.acks) /* it has asked for nothing yet */
            assoc->asconf.peer_serial = cookie->peer_tsn - 1;
        return;
    }
    uint8_t primary = assoc->primary;
    bool wait = assoc->state == HAWSER_COOKIE_WAIT; /* later an INIT ACK has told all of the peer's addresses */
    assoc->send.told_rwnd = assoc->send.peer_rwnd = cookie->peer_rwnd;
    if (!hw_setup_from_cookie(assoc, packet, cookie))
        return; /* the path exists already: this cannot be for want of memory */
    assoc->primary = assoc->data_path = primary; /* the user's choice stands, if the peer has that address */
    if (wait)
        hw_paths_keep(assoc, &cookie->remote, cookie->addresses, cookie->address_count); /* 5.1.2 A, C */
    struct hw_path *path = hw_path_by_address(assoc, &packet->remote);
    packet->path = assoc->reply_path = path ? path->index : assoc->init_path;
    hw_paths_list(assoc);
    hw_setup_established(assoc);
}

struct hw_assoc *hw_cookie_unexpected(struct hw_assoc *assoc, struct hw_packet *packet, const struct hw_cookie *cookie,
                                      bool stale) {
    hawser *stack = assoc->stack;
    struct hw_path *path = hw_path_by_address(assoc, &packet->remote);
    bool local = cookie->tag == assoc->tag;
    bool peer = assoc->peer_tag != 0 && cookie->peer_tag == assoc->peer_tag;
    bool no_ties = !cookie->tie_local && !cookie->tie_peer;
    bool ties = !no_ties && cookie->tie_local == assoc->setup.tie_local && cookie->tie_peer == assoc->setup.tie_peer;
    /* Of an attempt that the peer gave up before the one that came about: as late as in action C. */
    bool late = local && !peer && !hw_assoc_forming(assoc) && cookie->made < assoc->setup.heard_at;
    bool restarted = !peer && !late && (local ? of_another_instance(assoc, cookie) : ties);
    if (stale && !(local && peer)) { /* 5.2.4 3 */
        hw_stale_cookie_answer(stack, packet, cookie);
        return NULL;
    }
    if (path)
        assoc->reply_path = packet->path = path->index;
    if (restarted && assoc->state == HAWSER_SHUTDOWN_ACK_SENT) {
        hw_echo_error(assoc, assoc->reply_path, HW_CAUSE_COOKIE_WHILE_SHUTTING_DOWN, hw_nothing);
        assoc->owed |= HW_OWE_SHUTDOWN_ACK;
        hw_assoc_touch(assoc);
        return NULL;
    }
    if (restarted)
        return restart(assoc, packet, cookie) ? assoc : NULL;
    if (local && !peer && !late)
        collide(assoc, packet, cookie);
    else if (local && peer) { /* action D */
        if (assoc->state == HAWSER_COOKIE_ECHOED)
            hw_setup_established(assoc);
        assoc->owed |= HW_OWE_COOKIE_ACK;
    } else { /* action C, and all that table 12 does not show */
        hw_packet_drop(stack, packet, HAWSER_COUNT_Unexpected);
        return NULL;
    }
    hw_assoc_touch(assoc);
    return assoc;
}
