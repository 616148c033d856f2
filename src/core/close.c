/* SPDX-License-Identifier: MIT
 *
 * The end (RFC 9260 9): graceful shutdown from either side and in every collision, T2 and T5, and the peer's ABORT.
 */
#include "core/assoc.h"

void hw_t2_start(struct hw_assoc *assoc) {
    assoc->timers[HW_T2] = assoc->stack->now + assoc->paths[assoc->init_path]->rto;
}

static void guard_start(struct hw_assoc *assoc) {
    hawser_time guard = (hawser_time)hw_setting(assoc, HAWSER_SET_GUARD);
    if (!guard)
        guard = 5 * (hawser_time)hw_setting(assoc, HAWSER_SET_RTO_MAX); /* 9.2 */
    assoc->timers[HW_T5] = assoc->stack->now + guard;
}

static void enter_shutdown_sent(struct hw_assoc *assoc) {
    hw_assoc_set_state(assoc, HAWSER_SHUTDOWN_SENT);
    hw_heartbeat_stop(assoc);
    hw_reconfig_give_up(assoc);
    assoc->owed |= HW_OWE_SHUTDOWN;
    assoc->shutdown_retries = 0;
    assoc->init_path = hw_path_for_data(assoc)->index;
    hw_t2_start(assoc);
    guard_start(assoc);
}

static void enter_shutdown_ack_sent(struct hw_assoc *assoc) {
    hw_assoc_set_state(assoc, HAWSER_SHUTDOWN_ACK_SENT);
    hw_heartbeat_stop(assoc);
    hw_reconfig_give_up(assoc);
    assoc->owed = (assoc->owed & ~(uint32_t)HW_OWE_SHUTDOWN) | HW_OWE_SHUTDOWN_ACK;
    assoc->shutdown_retries = 0;
    bool reply = hw_path_usable(assoc->paths[assoc->reply_path]); /* 6.4: where the SHUTDOWN came from */
    assoc->init_path = reply ? assoc->reply_path : hw_path_for_data(assoc)->index;
    assoc->timers[HW_SACK_TIMER] = HAWSER_NEVER;
    hw_t2_start(assoc);
}

void hw_close_progress(struct hw_assoc *assoc) {
    if (!hw_send_idle(assoc))
        return;
    if (assoc->state == HAWSER_SHUTDOWN_PENDING)
        enter_shutdown_sent(assoc);
    else if (assoc->state == HAWSER_SHUTDOWN_RECEIVED)
        enter_shutdown_ack_sent(assoc);
}

/* A message that was begun in parts and not ended cannot be delivered whole: closing gives it up. */
static bool open_messages(struct hw_assoc *assoc) { return assoc->send.open_count != 0; }

int hawser_shutdown(hawser *stack, hawser_time now, hawser_id id) {
    hw_now(stack, now);
    struct hw_assoc *assoc = hw_assoc_find(stack, id);
    if (!assoc)
        return HAWSER_ERR_GONE;
    if (hw_assoc_over(assoc))
        return HAWSER_ERR_STATE;
    if (open_messages(assoc))
        return HAWSER_ERR_UNFINISHED;
    if (assoc->state == HAWSER_COOKIE_WAIT && hw_send_idle(assoc)) {
        hw_assoc_end(assoc, HAWSER_END_SHUTDOWN, 0, hw_nothing); /* nobody knows of it yet */
        return 0;
    }
    assoc->closing = true;
    if (assoc->state == HAWSER_ESTABLISHED) {
        hw_assoc_set_state(assoc, HAWSER_SHUTDOWN_PENDING);
        hw_close_progress(assoc);
    }
    hw_assoc_touch(assoc);
    return 0;
}

/* ---- the peer's side ------------------------------------------------------------------------------------------- */

void hw_shutdown_received(struct hw_assoc *assoc, const struct hw_tlv *chunk) {
    uint32_t cum_tsn;
    if (!hw_shutdown_parse(&cum_tsn, chunk)) {
        hw_assoc_abort(assoc, HAWSER_END_VIOLATION, HW_CAUSE_PROTOCOL_VIOLATION, hw_nothing);
        return;
    }
    if (assoc->state == HAWSER_SHUTDOWN_ACK_SENT) {
        assoc->owed |= HW_OWE_SHUTDOWN_ACK;
        return;
    }
    if (assoc->state == HAWSER_SHUTDOWN_SENT) { /* both sides closed at once */
        enter_shutdown_ack_sent(assoc);
        return;
    }
    if (assoc->state != HAWSER_SHUTDOWN_RECEIVED) {
        hw_assoc_set_state(assoc, HAWSER_SHUTDOWN_RECEIVED);
        hw_notice_raise(assoc, &assoc->inbox.notices[HW_NOTICE_PEER_SHUTDOWN]);
    }
    hw_cum_tsn_received(assoc, cum_tsn);
    if (hw_assoc_over(assoc))
        return;
    if (open_messages(assoc)) /* begun and never to be ended: there is no graceful way */
        hw_assoc_abort(assoc, HAWSER_END_ABORTED, HW_CAUSE_USER_ABORT, hw_nothing);
    else
        hw_close_progress(assoc);
}

void hw_shutdown_acked(struct hw_assoc *assoc) {
    assoc->owed |= HW_OWE_SHUTDOWN_COMPLETE;
    hw_assoc_end(assoc, HAWSER_END_SHUTDOWN, 0, hw_nothing);
}

void hw_t2_expired(struct hw_assoc *assoc) {
    if (++assoc->shutdown_retries > (uint32_t)hw_setting(assoc, HAWSER_SET_ASSOCIATION_MAX_RETRANS)) {
        hw_assoc_end(assoc, HAWSER_END_LOST, 0, hw_nothing);
        return;
    }
    struct hw_path *path = assoc->paths[assoc->init_path];
    hw_path_back_off(path);
    hw_path_error(path, false);
    assoc->init_path = hw_path_alternate(assoc, path)->index;
    assoc->owed |= assoc->state == HAWSER_SHUTDOWN_SENT ? HW_OWE_SHUTDOWN : HW_OWE_SHUTDOWN_ACK;
    hw_t2_start(assoc);
}

/* ---- ABORT ----------------------------------------------------------------------------------------------------- */

/* 8.5.1 B: our tag without the T bit, or the peer's with it. */
static bool abort_tag_right(const struct hw_assoc *assoc, const struct hw_packet *packet, const struct hw_tlv *chunk) {
    return chunk->flags & HW_FLAG_T ? packet->header.tag == assoc->peer_tag && assoc->peer_tag : packet->header.tag == assoc->tag;
}

void hw_abort_received(struct hw_assoc *assoc, const struct hw_packet *packet, const struct hw_tlv *chunk) {
    if (hw_asconf_removes(assoc, &packet->local)) { /* RFC 5061 5.3 F4, 5.3.1: of a packet that was on its way */
        hw_packet_drop(assoc->stack, packet, HAWSER_COUNT_Unexpected);
        return;
    }
    if (!abort_tag_right(assoc, packet, chunk)) {
        hw_packet_drop(assoc->stack, packet, HAWSER_COUNT_BadTags);
        return;
    }
    uint16_t code = 0;
    struct hawser_span data = hw_nothing;
    struct hw_cursor cursor = hw_cursor_over(chunk->value);
    struct hw_tlv cause;
    enum hw_cursor_result result;
    while ((result = hw_cursor_param(&cursor, &cause)) == HW_CURSOR_ITEM)
        /* The user's reason goes before other causes (9.1). */
        if (!code || (cause.type == HW_CAUSE_USER_ABORT && code != HW_CAUSE_USER_ABORT)) {
            code = cause.type;
            data = cause.value;
        }
    if (result == HW_CURSOR_PARTIAL) { /* 3.3.7: a format error */
        hw_packet_drop(assoc->stack, packet, HAWSER_COUNT_Malformed);
        return;
    }
    bool forming = hw_assoc_forming(assoc);
    hw_assoc_end(assoc, forming ? HAWSER_END_REFUSED : HAWSER_END_PEER_ABORTED, code, data);
}
