/* SPDX-License-Identifier: MIT
 *
 * Partial reliability of an association (RFC 3758, RFC 7496): giving messages up, when the peer is told by FORWARD TSN and how
 * often, and the peer's FORWARD TSNs. When a chunk's time has come is asked where it would go out (output.c): a chunk that is to
 * be sent again has been through all that a loss means for the windows (F5), and nothing that is over is ever sent.
 */
#include "core/assoc.h"

/* ---- giving up ------------------------------------------------------------------------------------------------- */

static void owe(struct hw_assoc *assoc, uint8_t path) {
    assoc->forward_due = true;
    assoc->forward_path = path;
}

/* There is something to tell that the peer was not told, or was and has dealt with the last. */
static bool news(const struct hw_send *send) {
    return hw_tsn_at_most(send->forward_told, send->cum_tsn) || send->advanced != send->forward_point;
}

/* RFC 3758 3.5 A2: as if it were acknowledged, but nothing is credited for it. `to`: where it would have been sent again, the
 * FORWARD TSN goes. */
static void leave(struct hw_assoc *assoc, uint32_t offset, uint8_t *to) {
    struct hw_send *send = &assoc->send;
    struct hw_flight *record = hw_flight_at(send, offset);
    struct hw_path *path = assoc->paths[record->path];
    if (hw_bits_test(&send->marked, offset)) {
        *to = record->next_path;
        hw_bits_clear(&send->marked, offset);
        hw_bits_set(&send->fast_done, send->account, offset); /* what its loss means has happened */
    } else if (!hw_bits_test(&send->acked, offset)) {
        hw_flight_leaves(assoc, record);
    }
    if (path->timing && path->timed_tsn == send->cum_tsn + 1 + offset)
        path->timing = false;
    hw_flight_abandon(send, offset);
}

static bool is_of(const struct hw_send *send, uint32_t offset, const struct hw_outmsg *message) {
    return !hw_flight_abandoned(send, offset) && hw_flight_at(send, offset)->message == message;
}

/* A3: all fragments with it. They lie together, or not far from each other. */
static void leave_all(struct hw_assoc *assoc, struct hw_outmsg *message, uint32_t near, uint8_t *to) {
    struct hw_send *send = &assoc->send;
    uint32_t above = near, below = near;
    while (message->unacked && (below || above < hw_flight_count(send))) {
        if (above < hw_flight_count(send) && is_of(send, above, message))
            leave(assoc, above, to);
        above++;
        if (below && is_of(send, below - 1, message))
            leave(assoc, below - 1, to);
        below -= below > 0;
    }
}

bool hw_abandon(struct hw_assoc *assoc, struct hw_outmsg *message, uint32_t near) {
    struct hw_send *send = &assoc->send;
    /* One that is not cut whole takes a TSN for its end. Without room for it, what is to be sent again goes all the same, for it
     * stands in the way of everything: the TSNs that are skipped show that it is not whole. */
    bool ends = hw_outmsg_endless(message), room = !ends || hw_flight_reserve(send);
    if (!room && near == hw_flight_count(send))
        return false;
    uint8_t to = hw_path_for_data(assoc)->index;
    leave_all(assoc, message, near, &to);
    if (message->begun)
        HW_COUNT_OF(assoc, AbandonedSent);
    else
        HW_COUNT_OF(assoc, AbandonedUnsent);
    hw_message_abandon(send, message, ends && room);
    hw_forward_advance(send);
    if (hw_forward_pending(send) && news(send))
        owe(assoc, to);
    hw_flight_settle(assoc);
    return true;
}

bool hw_partial_make_room(struct hw_assoc *assoc, const struct hw_outmsg *open, uint32_t policy, uint32_t value, uint64_t bytes) {
    struct hw_send *send = &assoc->send;
    uint64_t enough = send->queued_bytes > bytes ? send->queued_bytes - bytes : 0;
    if (!(assoc->extensions & HW_EXT_PARTIAL))
        return false;
    while (send->queued_bytes > enough) {
        struct hw_outmsg *victim =
            hw_partial_victim(send, assoc->stack->now, policy, value, send->queued_bytes - enough, open);
        if (!victim || !hw_abandon(assoc, victim, victim->cut == victim->size ? 0 : hw_flight_count(send)))
            return false; /* the oldest are at the front, the one that is being cut at the end */
        hw_inbox_check(assoc);
        hw_assoc_touch(assoc); /* whether or not the message goes in: the peer is to be told of what was given up */
    }
    return true;
}

/* ---- FORWARD TSN out ------------------------------------------------------------------------------------------- */

void hw_forward_watch(struct hw_assoc *assoc) {
    if (!hw_forward_pending(&assoc->send) || !hw_assoc_sends_data(assoc))
        return;
    for (unsigned i = 0; i < assoc->path_count; i++)
        if (assoc->paths[i]->t3 != HAWSER_NEVER)
            return;
    struct hw_path *path = hw_path_for_data(assoc);
    path->t3 = assoc->stack->now + path->rto;
}

void hw_forward_passed(struct hw_assoc *assoc, uint32_t before) {
    const struct hw_send *send = &assoc->send;
    bool told = hw_tsn_before(before, send->forward_told) && hw_tsn_at_most(send->forward_told, send->cum_tsn);
    if (!told || assoc->forward_path >= assoc->path_count)
        return;
    hw_path_alive(assoc->paths[assoc->forward_path]);
    assoc->error_count = 0; /* 8.1 */
}

/* C3. What was told already is told again when a round-trip time has passed (F2): the SACK may have crossed it. */
void hw_forward_sacked(struct hw_assoc *assoc) {
    struct hw_send *send = &assoc->send;
    assoc->forward_due = assoc->forward_due && hw_forward_pending(send);
    hw_forward_advance(send);
    if (!hw_forward_pending(send))
        return;
    const struct hw_path *path = hw_path_for_data(assoc);
    hawser_time round_trip = path->srtt ? path->srtt : path->rto;
    if (news(send) || assoc->stack->now - assoc->forward_at >= round_trip)
        owe(assoc, path->index);
    hw_forward_watch(assoc);
}

void hw_forward_timed_out(struct hw_assoc *assoc, const struct hw_path *other) {
    hw_forward_advance(&assoc->send); /* A5 */
    if (!hw_forward_pending(&assoc->send))
        return;
    owe(assoc, other->index);
    hw_forward_watch(assoc);
}

void hw_forward_out(struct hw_assoc *assoc, struct hw_path *path, struct hw_writer *writer) {
    assoc->forward_due = false;
    assoc->forward_path = path->index;
    if (!hw_forward_pending(&assoc->send))
        return;
    hw_forward_write(&assoc->send, writer);
    assoc->forward_at = assoc->stack->now;
    HW_COUNT_OF(assoc, OutCtrlChunks);
    HW_COUNT_OF(assoc, OutForwardTsns);
    hw_forward_watch(assoc); /* C5 */
}

/* ---- FORWARD TSN in -------------------------------------------------------------------------------------------- */

void hw_forward_tsn_received(struct hw_assoc *assoc, struct hw_packet *packet, const struct hw_tlv *chunk) {
    struct hw_forward forward;
    HW_COUNT_OF(assoc, InForwardTsns);
    bool whole = hw_forward_parse(&forward, chunk), agreed = assoc->extensions & HW_EXT_PARTIAL;
    if (!whole || !agreed || forward.interleaving != assoc->receive.interleaving) { /* RFC 8260 2.3.1 */
        hw_assoc_abort(assoc, HAWSER_END_VIOLATION, HW_CAUSE_PROTOCOL_VIOLATION, hw_nothing);
        return;
    }
    bool data = packet->data;
    if (!data)
        packet->lowest_tsn = forward.cum_tsn;
    packet->data = true; /* 3.6: acknowledged by the same rules */
    if (packet->forward) /* one says all, and has its price */
        return;
    packet->forward = forward.interleaving;
    switch (hw_receive_forward(&assoc->receive, &forward)) {
    case HW_DATA_TAKEN:
        packet->new_data = true;
        break;
    case HW_DATA_NO_MEMORY:
        HW_COUNT_OF(assoc, MemoryDrops);
        break;
    case HW_DATA_EARLY: /* counts as lost: were it denied, the peer would say it again at once, round trip by round trip */
        packet->data = data;
        break;
    default: /* out of date: our SACK may have been lost; too far ahead: the peer shall know where we are */
        packet->urgent = true;
        HW_COUNT_OF(assoc, StaleForwardTsns);
        break;
    }
}
