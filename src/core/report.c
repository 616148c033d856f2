/* SPDX-License-Identifier: MIT
 *
 * What the network and the machine report: ICMP (RFC 9260 10, RFC 6951 5.5), addresses that come and go, routes. A report is
 * believed only if the packet that it quotes carries the right tag.
 */
#include "core/assoc.h"

#define QUOTE_MIN 8u                              /* ports and tag */
#define QUOTE_INIT (HW_HEADER_SIZE + HW_TLV_SIZE + 4u) /* up to the Initiate Tag */

/* The path that the quoted packet went to; `init`: it was our INIT. NULL: none, or it is not ours (ICMP5, ICMP6). */
static struct hw_path *quoted_path(hawser *stack, const struct hawser_report *report, bool *init) {
    const uint8_t *p = report->quoted.data;
    struct hawser_address remote, local = {.family = HAWSER_NONE};
    uint8_t index;
    if (report->quoted.size < QUOTE_MIN || !p || !hw_address_normalise(&remote, &report->remote))
        return NULL;
    if (report->local.family != HAWSER_NONE && !hw_address_normalise(&local, &report->local))
        return NULL;
    struct hw_assoc *assoc = hw_find_by_peer(stack, hw_get16(p), hw_get16(p + 2), &remote, &local, &index);
    if (!assoc)
        return NULL;
    uint32_t tag = hw_get32(p + 4);
    *init = tag == 0;
    if (tag == 0) {
        if (report->quoted.size < QUOTE_INIT || p[HW_HEADER_SIZE] != HW_INIT ||
            hw_get32(p + HW_HEADER_SIZE + HW_TLV_SIZE) != assoc->tag)
            return NULL;
    } else if (tag != assoc->peer_tag)
        return NULL;
    return assoc->paths[index];
}

/* ICMP9, at most one a round trip, for each packet in flight may cause one. */
static void unreachable(struct hw_path *path) {
    hawser_time now = path->assoc->stack->now;
    if (path->icmp_at && now - path->icmp_at < path->rto)
        return;
    path->icmp_at = now;
    hw_path_error(path, false);
}

/* ICMP8 */
static void protocol_unreachable(struct hw_assoc *assoc, bool init) {
    if (!init || assoc->state == HAWSER_COOKIE_WAIT)
        hw_assoc_end(assoc, HAWSER_END_UNREACHABLE, 0, hw_nothing);
}

static void network_report(hawser *stack, const struct hawser_report *report) {
    bool init;
    struct hw_path *path = quoted_path(stack, report, &init);
    /* Nobody at a UDP port, or over plain IP, where the peer is no more (RFC 6951 5.4): it was on its way meanwhile. */
    bool stale = path && report->kind == HAWSER_REPORT_PROTOCOL && report->remote.udp_port != path->remote.udp_port;
    if (!path || stale) {
        HW_COUNT(stack, ReportsIgnored);
        return;
    }
    struct hw_assoc *assoc = path->assoc;
    if (report->kind == HAWSER_REPORT_TOO_BIG)
        hw_pmtu_reported(path, report->mtu);
    else if (report->kind == HAWSER_REPORT_UNREACHABLE)
        unreachable(path);
    else
        protocol_unreachable(assoc, init);
    hw_assoc_touch(assoc);
}

struct hw_reported *hw_reported_find(hawser *stack, const struct hawser_address *address) {
    for (unsigned i = 0; i < stack->local_count; i++)
        if (hw_address_same(&stack->locals[i].address, address))
            return &stack->locals[i];
    return NULL;
}

static void address_up(hawser *stack, const struct hawser_address *address) {
    struct hawser_address clean;
    if (!hw_address_normalise(&clean, address) || !hw_address_unicast(&clean) || stack->local_count == HW_LOCALS_MAX) {
        HW_COUNT(stack, ReportsIgnored);
        return;
    }
    if (hw_reported_find(stack, &clean))
        return;
    stack->locals[stack->local_count++] = (struct hw_reported){clean, stack->now};
    for (struct hw_link *link = stack->assocs.next; link != &stack->assocs; link = link->next)
        hw_asconf_address_up(HW_OWNER(link, struct hw_assoc, link), &clean);
}

static void leave_local(hawser *stack, const struct hawser_address *address) {
    for (struct hw_link *link = stack->assocs.next; link != &stack->assocs; link = link->next) {
        struct hw_assoc *assoc = HW_OWNER(link, struct hw_assoc, link);
        hw_local_left(assoc, address);
    }
}

static void address_down(hawser *stack, const struct hawser_address *address) {
    struct hawser_address clean;
    if (!hw_address_normalise(&clean, address) || clean.family == HAWSER_NONE) {
        HW_COUNT(stack, ReportsIgnored);
        return;
    }
    leave_local(stack, &clean);
    struct hw_reported *gone = hw_reported_find(stack, &clean);
    if (gone)
        *gone = stack->locals[--stack->local_count];
}

/* A route report names no association: all are looked at. It happens rarely. */
static void route_report(hawser *stack, const struct hawser_report *report) {
    struct hawser_address remote;
    if (!hw_address_normalise(&remote, &report->remote) || remote.family == HAWSER_NONE) {
        HW_COUNT(stack, ReportsIgnored);
        return;
    }
    for (struct hw_link *link = stack->assocs.next, *next; link != &stack->assocs; link = next) {
        next = link->next;
        struct hw_assoc *assoc = HW_OWNER(link, struct hw_assoc, link);
        struct hw_path *path = hw_assoc_over(assoc) ? NULL : hw_path_by_address(assoc, &remote);
        if (!path)
            continue;
        if (report->kind == HAWSER_REPORT_ROUTE_CHANGED)
            hw_path_rerouted(path); /* 7.2.5.2 */
        else if (assoc->path_count == 1)
            hw_assoc_end(assoc, HAWSER_END_ROUTE_LOST, 0, hw_nothing);
        else if (path->state != HAWSER_PATH_UNCONFIRMED) /* where no data may go, as it may to an inactive one (RFC 9260 5.4) */
            hw_path_set_state(path, HAWSER_PATH_INACTIVE);
        hw_assoc_touch(assoc);
    }
}

void hawser_report(hawser *stack, hawser_time now, const struct hawser_report *report) {
    hw_now(stack, now);
    if (!report || report->size < sizeof *report) {
        HW_COUNT(stack, ReportsIgnored);
        return;
    }
    switch (report->kind) {
    case HAWSER_REPORT_TOO_BIG:
    case HAWSER_REPORT_UNREACHABLE:
    case HAWSER_REPORT_PROTOCOL:
        network_report(stack, report);
        break;
    case HAWSER_REPORT_ADDRESS_UP:
        address_up(stack, &report->local);
        break;
    case HAWSER_REPORT_ADDRESS_DOWN:
        address_down(stack, &report->local);
        break;
    case HAWSER_REPORT_ROUTE_CHANGED:
    case HAWSER_REPORT_ROUTE_LOST:
        route_report(stack, report);
        break;
    default: /* PORT: ICMP3 */
        HW_COUNT(stack, ReportsIgnored);
        break;
    }
}
