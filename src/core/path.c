/* SPDX-License-Identifier: MIT
 *
 * Paths: the peer's addresses, each with its packet size, round-trip time, error counter and state (RFC 9260 5.4, 6.3.1, 6.4,
 * 7.3, 8.2). A path is named by index inside and by a number outside that is never used again.
 */
#include "core/assoc.h"

#define IPV4_HEADER 20u
#define IPV6_HEADER 40u
#define UDP_HEADER 8u

/* ---- size ------------------------------------------------------------------------------------------------------ */

uint32_t hw_path_overhead(const struct hw_path *path) {
    uint32_t ip = path->remote.family == HAWSER_IPV4 ? IPV4_HEADER : path->remote.family == HAWSER_IPV6 ? IPV6_HEADER : 0;
    return ip + (path->remote.udp_port ? UDP_HEADER : 0);
}

uint32_t hw_path_packet_max(const struct hw_path *path) { return (path->mtu - hw_path_overhead(path)) & ~3u; }

uint32_t hw_path_first_mtu(const struct hw_path *path) {
    uint32_t mtu = (uint32_t)hw_setting(path->assoc, HAWSER_SET_PATH_MTU);
    return path->remote.family == HAWSER_ROUTE && mtu > HW_MTU_ROUTE ? HW_MTU_ROUTE : mtu;
}

void hw_path_set_mtu(struct hw_path *path, uint32_t mtu) {
    path->mtu = mtu < HW_MTU_MIN ? HW_MTU_MIN : mtu;
    path->pmdcs = hw_path_packet_max(path) - HW_HEADER_SIZE - hw_auth_data_reserve(path->assoc);
    path->pmtu.timeouts = 0;
    hw_fragment_changed(path->assoc);
    hw_path_trace(path);
}

/* ---- making ---------------------------------------------------------------------------------------------------- */

void hw_path_leave_local(struct hw_path *path) {
    struct hawser_address avoid = path->local;
    hw_local_choose(path->assoc, &path->remote, &avoid, &path->local);
    hw_path_rerouted(path);
}

void hw_path_rerouted(struct hw_path *path) {
    path->congestion->start(path); /* 7.2.5 */
    hw_pmtu_start(path);           /* RFC 8261 6.1 asks for both of DTLS; it is as true of any way */
}

void hw_path_forget(struct hw_path *path) {
    path->flight = 0;
    path->t3 = HAWSER_NEVER;
    path->timing = path->recovery = path->fast_packet = path->single = path->hystart.running = false;
}

void hw_path_reset(struct hw_path *path) {
    const struct hw_assoc *assoc = path->assoc;
    path->rto = (hawser_time)hw_setting(assoc, HAWSER_SET_RTO_INITIAL);
    path->srtt = path->rttvar = 0;
    path->hb_at = HAWSER_NEVER;
    path->burst = (uint32_t)hw_setting(assoc, HAWSER_SET_MAX_BURST);
    path->error_count = 0;
    path->hb_owed = path->hb_pending = path->hb_asked = false;
    path->hb_nonce = 0;
    path->used_at = path->fresh_at = assoc->stack->now;
    hw_path_forget(path);
    path->congestion->start(path);
    hw_pmtu_start(path);
}

struct hw_path *hw_path_add(struct hw_assoc *assoc, const struct hawser_address *remote, const struct hawser_address *local,
                            bool confirmed) {
    struct hw_path *path = hw_path_by_address(assoc, remote);
    if (path) {
        if (confirmed && path->state == HAWSER_PATH_UNCONFIRMED)
            path->state = HAWSER_PATH_ACTIVE;
        return path;
    }
    if (assoc->path_count == HW_PATHS_MAX)
        return NULL;
    path = hw_allocate_zeroed(&assoc->account, sizeof *path);
    if (!path)
        return NULL;
    path->assoc = assoc;
    path->index = assoc->path_count;
    path->number = ++assoc->next_path_number;
    path->remote = *remote;
    if (local && local->family != HAWSER_NONE)
        path->local = *local;
    else
        hw_local_choose(assoc, remote, NULL, &path->local);
    /* What the user or a cookie vouches for may be of a family that we know no address of: the carrier chooses. */
    bool none = confirmed ? hw_locals_leaving(assoc, remote->family) : !hw_locals_reach(assoc, remote->family);
    path->silent = path->local.family == HAWSER_NONE && none;
    path->known = true;
    path->by_peer.key = hw_peer_key(assoc->stack, assoc->port, assoc->peer_port, remote);
    path->state = confirmed ? HAWSER_PATH_ACTIVE : HAWSER_PATH_UNCONFIRMED;
    path->path_max_retrans = (uint32_t)hw_setting(assoc, HAWSER_SET_PATH_MAX_RETRANS);
    path->pf_threshold = (uint32_t)hw_setting(assoc, HAWSER_SET_PF_THRESHOLD);
    path->switchover = (uint32_t)hw_setting(assoc, HAWSER_SET_PRIMARY_SWITCHOVER);
    path->hb_enabled = hw_setting(assoc, HAWSER_SET_HB_ENABLED) != 0;
    path->hb_interval = (hawser_time)hw_setting(assoc, HAWSER_SET_HB_INTERVAL);
    path->dscp = (uint8_t)hw_setting(assoc, HAWSER_SET_DSCP);
    path->congestion = &hw_congestion_rfc9260;
    assoc->paths[assoc->path_count++] = path;
    path->pmtu.on = hw_setting(assoc, HAWSER_SET_PMTU_DISCOVERY) != 0;
    path->pmtu.ceiling = (uint32_t)hw_setting(assoc, HAWSER_SET_MTU_MAX);
    hw_path_set_mtu(path, hw_path_first_mtu(path));
    hw_path_reset(path);
    return path;
}

void hw_paths_unlist(struct hw_assoc *assoc) {
    for (unsigned i = 0; i < assoc->path_count; i++) {
        struct hw_path *path = assoc->paths[i];
        if (path->listed)
            hw_table_remove(&assoc->stack->by_peer, &path->by_peer);
        path->listed = false;
    }
}

bool hw_paths_list(struct hw_assoc *assoc) {
    for (unsigned i = 0; i < assoc->path_count; i++) {
        struct hw_path *path = assoc->paths[i];
        if (!path->listed)
            path->listed = hw_table_add(&assoc->stack->by_peer, &path->by_peer, path->by_peer.key);
        if (!path->listed)
            return false;
    }
    return true;
}

void hw_paths_free(struct hw_assoc *assoc) {
    hw_paths_unlist(assoc);
    while (assoc->path_count)
        hw_release(&assoc->account, assoc->paths[--assoc->path_count], sizeof(struct hw_path));
}

/* The least faulty path in a state, other than one. */
static struct hw_path *least_faulty(const struct hw_assoc *assoc, uint8_t state, const struct hw_path *other) {
    struct hw_path *best = NULL;
    for (unsigned i = 0; i < assoc->path_count; i++) {
        struct hw_path *path = assoc->paths[i];
        if (path != other && path->state == state && !path->silent && (!best || path->error_count < best->error_count))
            best = path;
    }
    return best;
}

static bool among(const struct hawser_address *address, const struct hawser_address *first, const struct hawser_address *others,
                  unsigned count) {
    bool found = hw_address_same(address, first);
    for (unsigned i = 0; !found && i < count; i++)
        found = hw_address_same(address, &others[i]);
    return found;
}

/* It takes the place of what was index `from`, for everything that is named by index. */
static void rename_path(struct hw_assoc *assoc, unsigned from, unsigned to) {
    uint8_t *indices[] = {&assoc->primary,    &assoc->data_path, &assoc->init_path,
                          &assoc->reply_path, &assoc->sack_path, &assoc->asconf.path,
                          &assoc->forward_path, &assoc->reconfig.path, &assoc->reconfig.reply_path};
    for (unsigned i = 0; i < sizeof indices / sizeof indices[0]; i++)
        if (*indices[i] == from)
            *indices[i] = (uint8_t)to;
    for (struct hw_echo *echo = assoc->echoes; echo; echo = echo->next)
        if (echo->path == from)
            echo->path = (uint8_t)to;
}

/* The records that name the path name `heir`, an index of afterwards, and those of the paths behind it follow. Paths that no
 * record ever named cost no walk. */
static void rename_in_flight(struct hw_assoc *assoc, unsigned gone, unsigned heir) {
    struct hw_send *send = &assoc->send;
    bool any = false;
    for (unsigned i = gone; i < assoc->path_count; i++)
        any |= assoc->paths[i]->named;
    uint32_t count = any ? hw_flight_count(send) : 0;
    for (uint32_t i = 0; i < count; i++) {
        struct hw_flight *record = hw_flight_at(send, i);
        uint8_t *names[] = {&record->path, &record->next_path};
        for (unsigned j = 0; j < 2; j++) {
            if (*names[j] == gone)
                *names[j] = (uint8_t)heir;
            else if (*names[j] > gone)
                --*names[j];
        }
    }
}

/* Who takes over what was the path's: the primary, or the best other. */
static struct hw_path *heir_of(struct hw_assoc *assoc, const struct hw_path *path) {
    static const uint8_t order[] = {HAWSER_PATH_ACTIVE, HAWSER_PATH_POTENTIALLY_FAILED, HAWSER_PATH_INACTIVE,
                                    HAWSER_PATH_UNCONFIRMED};
    struct hw_path *heir = path->index == assoc->primary ? NULL : assoc->paths[assoc->primary];
    for (unsigned i = 0; !heir && i < sizeof order; i++)
        heir = least_faulty(assoc, order[i], path);
    if (!heir && assoc->path_count > 1) /* nothing can be sent to any of them now */
        heir = assoc->paths[path->index == 0];
    return heir;
}

void hw_path_remove(struct hw_path *path) {
    struct hw_assoc *assoc = path->assoc;
    unsigned gone = path->index;
    struct hw_path *heir = heir_of(assoc, path);
    if (!HW_HOLDS(&assoc->stack->faults, heir != NULL))
        return;
    if (path->named) /* else a peer that adds and deletes for ever would have us walk through all that is in flight each time */
        hw_mark_outstanding(assoc, (int)gone); /* it goes again elsewhere, and loses no window for it */
    rename_in_flight(assoc, gone, heir->index - (heir->index > gone));
    heir->named |= path->named;
    uint32_t burst = (uint32_t)hw_setting(assoc, HAWSER_SET_MAX_BURST);
    if (path->named && heir->burst < burst)
        heir->burst = burst; /* as after a time-out: nothing else may come that lets it go (RFC 9260 6.1 D) */
    rename_path(assoc, gone, heir->index);
    if (path->listed)
        hw_table_remove(&assoc->stack->by_peer, &path->by_peer);
    path->listed = false;
    assoc->path_count--;
    for (unsigned i = gone; i < assoc->path_count; i++) {
        assoc->paths[i] = assoc->paths[i + 1];
        assoc->paths[i]->index = (uint8_t)i;
        rename_path(assoc, i + 1, i);
    }
    hw_fragment_changed(assoc);
    if (hw_path_for_data(assoc)->state == HAWSER_PATH_UNCONFIRMED) /* it was the last one that was confirmed */
        hw_heartbeat_start(assoc);
    hw_forward_watch(assoc); /* its T3 may have been the one (RFC 3758 3.5 C5) */
    path->state = HAWSER_PATH_REMOVED;
    hw_path_trace(path);
    hw_change_path_removed(path);
}

void hw_paths_keep(struct hw_assoc *assoc, const struct hawser_address *first, const struct hawser_address *others,
                   unsigned count) {
    for (unsigned i = assoc->path_count; i-- > 0;)
        if (assoc->path_count > 1 && !among(&assoc->paths[i]->remote, first, others, count))
            hw_path_remove(assoc->paths[i]);
}

/* ---- finding --------------------------------------------------------------------------------------------------- */

struct hw_path *hw_path_by_number(const struct hw_assoc *assoc, uint32_t number) {
    for (unsigned i = 0; i < assoc->path_count; i++)
        if (assoc->paths[i]->number == number)
            return assoc->paths[i];
    return NULL;
}

struct hw_path *hw_path_by_address(const struct hw_assoc *assoc, const struct hawser_address *remote) {
    for (unsigned i = 0; i < assoc->path_count; i++)
        if (hw_address_same(&assoc->paths[i]->remote, remote))
            return assoc->paths[i];
    return NULL;
}

/* The least faulty path in a state; of equals the one where data goes now. */
static struct hw_path *calmest(const struct hw_assoc *assoc, uint8_t state) {
    struct hw_path *best = least_faulty(assoc, state, NULL), *current = assoc->paths[assoc->data_path];
    bool as_good = best && current->state == state && !current->silent && current->error_count == best->error_count;
    return as_good ? current : best;
}

/* None is active: the least faulty one is tried all the same, those first that have not failed for good (RFC 7829 3.2 4, 4.1),
 * never an unconfirmed one (5.4). It neither changes its state nor clears its errors. */
static const uint8_t faulty[] = {HAWSER_PATH_POTENTIALLY_FAILED, HAWSER_PATH_INACTIVE};

struct hw_path *hw_path_but_primary(struct hw_assoc *assoc) {
    struct hw_path *current = assoc->paths[assoc->data_path], *chosen = hw_path_usable(current) ? current : NULL;
    if (!chosen)
        chosen = least_faulty(assoc, HAWSER_PATH_ACTIVE, NULL);
    for (unsigned i = 0; !chosen && i < sizeof faulty; i++)
        chosen = calmest(assoc, faulty[i]);
    if (!chosen)
        chosen = assoc->paths[assoc->primary];
    assoc->data_path = chosen->index;
    return chosen;
}

struct hw_path *hw_path_alternate(struct hw_assoc *assoc, struct hw_path *path) {
    struct hw_path *other = least_faulty(assoc, HAWSER_PATH_ACTIVE, path);
    if (other || hw_path_usable(path))
        return other ? other : path;
    for (unsigned i = 0; i < sizeof faulty; i++) {
        other = least_faulty(assoc, faulty[i], path);
        if (path->state == faulty[i] && !path->silent && (!other || other->error_count > path->error_count))
            other = path;
        if (other) {
            assoc->data_path = other->index;
            return other;
        }
    }
    return path;
}

/* ---- state ----------------------------------------------------------------------------------------------------- */

void hw_path_trace(struct hw_path *path) {
    hawser *stack = path->assoc->stack;
    if (HW_LIKELY(!stack->trace))
        return;
    struct hawser_trace_record record = {.type = HAWSER_TRACE_PATH, .now = stack->now, .association = path->assoc->object.id};
    record.path.path = path->number;
    record.path.state = path->state;
    record.path.cwnd = path->cwnd;
    record.path.ssthresh = path->ssthresh;
    record.path.flight = path->flight;
    record.path.mtu = path->mtu;
    record.path.srtt = path->srtt;
    record.path.rto = path->rto;
    stack->trace(stack->trace_user, &record);
}

uint8_t hw_path_told_state(const struct hw_path *path, uint8_t state) {
    bool hidden = state == HAWSER_PATH_POTENTIALLY_FAILED && !hw_setting(path->assoc, HAWSER_SET_PF_EXPOSED);
    return hidden ? HAWSER_PATH_ACTIVE : state;
}

void hw_path_set_state(struct hw_path *path, uint8_t state) {
    if (path->state == state)
        return;
    bool told = hw_path_told_state(path, state) != hw_path_told_state(path, path->state);
    path->state = state;
    (void)hw_path_for_data(path->assoc); /* 8.1: whose heartbeats count depends on where data goes */
    hw_path_trace(path);
    if (told)
        hw_notice_raise(path->assoc, &path->notice);
}

void hw_path_alive(struct hw_path *path) {
    path->error_count = 0;
    if (path->state == HAWSER_PATH_INACTIVE || path->state == HAWSER_PATH_POTENTIALLY_FAILED)
        hw_path_set_state(path, HAWSER_PATH_ACTIVE);
}

void hw_path_confirm(struct hw_path *path) {
    path->error_count = 0;
    hw_path_set_state(path, HAWSER_PATH_ACTIVE);
}

/* RFC 7829 5: the primary is now the path where data goes, and stays it when the old one comes back. */
static void switch_primary(struct hw_assoc *assoc) {
    struct hw_path *chosen = hw_path_for_data(assoc);
    if (chosen->index == assoc->primary)
        return;
    assoc->primary = chosen->index;
    hw_change_raise(assoc, &chosen->changes[HW_CHANGE_PRIMARY], HW_CHANGE_PRIMARY);
}

bool hw_path_error(struct hw_path *path, bool counts) {
    struct hw_assoc *assoc = path->assoc;
    /* RFC 7829 4.1 3: further than 9260 8.3 would, to tell inactive paths apart. */
    if (path->error_count < HW_PATH_ERRORS * (path->path_max_retrans + 1))
        path->error_count++;
    bool active = path->state == HAWSER_PATH_ACTIVE;
    if (path->error_count > path->path_max_retrans) {
        if (active || path->state == HAWSER_PATH_POTENTIALLY_FAILED)
            hw_path_set_state(path, HAWSER_PATH_INACTIVE);
    } else if (path->error_count > path->pf_threshold && active) {
        hw_path_set_state(path, HAWSER_PATH_POTENTIALLY_FAILED);
        hw_heartbeat_schedule(path); /* RFC 7829 3.2 6 */
    }
    if (path->index == assoc->primary && path->error_count > path->switchover)
        switch_primary(assoc);
    if (!counts || ++assoc->error_count <= (uint32_t)hw_setting(assoc, HAWSER_SET_ASSOCIATION_MAX_RETRANS))
        return false;
    hw_assoc_end(assoc, HAWSER_END_LOST, 0, (struct hawser_span){NULL, 0}); /* 8.1 */
    return true;
}

void hw_path_set_port(struct hw_path *path, uint16_t udp_port) {
    bool size_changes = !path->remote.udp_port != !udp_port; /* RFC 6951 5.6 */
    if (path->remote.family == HAWSER_ROUTE)
        return;
    path->remote.udp_port = udp_port;
    if (size_changes)
        hw_path_set_mtu(path, path->mtu);
}

void hw_path_follow_port(struct hw_path *path, const struct hawser_address *remote, const struct hawser_address *local) {
    if (path->remote.udp_port != remote->udp_port)
        hw_path_set_port(path, remote->udp_port);
    if (path->local.family != HAWSER_NONE || path->silent)
        return; /* one that is silent gets its source from hw_locals_settle */
    const struct hw_local *known = hw_local_find(path->assoc, local);
    if (!known || known->state == HW_LOCAL_USABLE)
        path->local = *local;
}

void hw_paths_unlearn_local(struct hw_assoc *assoc, const struct hawser_address *local) {
    for (unsigned i = 0; i < assoc->path_count; i++)
        if (hw_address_same(&assoc->paths[i]->local, local))
            memset(&assoc->paths[i]->local, 0, sizeof assoc->paths[i]->local);
}

/* ---- RTO ------------------------------------------------------------------------------------------------------- */

void hw_path_measured(struct hw_path *path, hawser_time rtt) {
    const struct hw_assoc *assoc = path->assoc;
    unsigned alpha = (unsigned)hw_setting(assoc, HAWSER_SET_RTO_ALPHA), beta = (unsigned)hw_setting(assoc, HAWSER_SET_RTO_BETA);
    if (path->srtt == 0) { /* C2 */
        path->srtt = rtt ? rtt : 1;
        path->rttvar = rtt / 2;
    } else { /* C3 */
        hawser_time difference = path->srtt > rtt ? path->srtt - rtt : rtt - path->srtt;
        path->rttvar = path->rttvar - (path->rttvar >> beta) + (difference >> beta);
        path->srtt = path->srtt - (path->srtt >> alpha) + (rtt >> alpha);
    }
    if (path->rttvar == 0)
        path->rttvar = 1; /* G1 */
    hawser_time rto = path->srtt + 4 * path->rttvar;
    hawser_time min = (hawser_time)hw_setting(assoc, HAWSER_SET_RTO_MIN),
                max = (hawser_time)hw_setting(assoc, HAWSER_SET_RTO_MAX);
    path->rto = rto < min ? min : rto > max ? max : rto; /* C6, C7 */
    hw_path_trace(path);
}

void hw_path_back_off(struct hw_path *path) {
    hawser_time max = (hawser_time)hw_setting(path->assoc, HAWSER_SET_RTO_MAX);
    path->rto = path->rto * 2 > max ? max : path->rto * 2; /* 6.3.3 E2 */
}
