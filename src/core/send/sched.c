/* SPDX-License-Identifier: MIT
 *
 * Stream schedulers (RFC 8260 3): which stream's message the next chunk is cut from. First come, first served is the order of the
 * queue itself and costs nothing here. All others are one heap of the streams that have something to cut, and differ only in the
 * key by which a stream is put into it, anew after each chunk. A message whose fragments must have consecutive TSNs (DATA, RFC
 * 9260 6.9) goes before all of that.
 */
#include "core/send/send.h"

#define SHARE 65536u               /* what a byte costs a stream of weight 1 */
#define PRIORITY_SHIFT 48          /* below: turns, so that streams of one priority take them */

/* What a stream may be given next; made when one is first used under a scheduler that looks at streams. */
struct hw_turn {
    struct hw_heap_node node;      /* in schedule->ready while `messages` has any */
    struct hw_link messages;       /* of the stream, in send->queue, in order */
    uint64_t paid;                 /* fair schedulers: when what it has had is paid for, in virtual time */
    uint32_t idle_spells;          /* schedule->idle_spells when `paid` was true */
    uint16_t value;                /* priority or weight */
    bool made;
};

static uint64_t next_turn(struct hw_send *send) { return ++send->schedule->turns_taken & (((uint64_t)1 << PRIORITY_SHIFT) - 1); }

/* 3.2, 3.3: behind all others. */
static uint64_t round_robin(struct hw_send *send, struct hw_turn *turn) {
    (void)turn;
    return ++send->schedule->turns_taken;
}

/* 3.4: a lower value goes first (4.3.2); of equal ones each in its turn. */
static uint64_t priority(struct hw_send *send, struct hw_turn *turn) {
    return (uint64_t)turn->value << PRIORITY_SHIFT | next_turn(send);
}

/* 3.5, 3.6: by the virtual time at which it has paid for what it had. */
static uint64_t fair(struct hw_send *send, struct hw_turn *turn) {
    (void)send;
    return turn->paid;
}

static uint64_t (*const keys[])(struct hw_send *send, struct hw_turn *turn) = {
    [HAWSER_SCHEDULER_PRIORITY] = priority, [HAWSER_SCHEDULER_ROUND_ROBIN] = round_robin,
    [HAWSER_SCHEDULER_FAIR] = fair,         [HAWSER_SCHEDULER_WEIGHTED] = fair,
    [HAWSER_SCHEDULER_ROUND_ROBIN_PACKET] = round_robin,
};

static struct hw_turn *turn_of(const struct hw_send *send, uint16_t stream) {
    return hw_sparse_get(&send->schedule->turns, stream);
}

static struct hw_outmsg *first_of(const struct hw_turn *turn) {
    return HW_OWNER(turn->messages.next, struct hw_outmsg, on_stream);
}

void hw_sched_free(struct hw_send *send) {
    if (!send->schedule)
        return;
    hw_heap_free(&send->schedule->ready);
    hw_sparse_free(&send->schedule->turns, send->account);
    hw_release(send->account, send->schedule, sizeof *send->schedule);
    send->schedule = NULL;
}

static bool schedule_make(struct hw_send *send) {
    if (send->schedule)
        return true;
    send->schedule = hw_allocate_zeroed(send->account, sizeof *send->schedule);
    if (!send->schedule)
        return false;
    hw_sparse_init(&send->schedule->turns, sizeof(struct hw_turn));
    hw_heap_init(&send->schedule->ready, send->account);
    send->schedule->packet_stream = -1;
    return true;
}

static struct hw_turn *turn_make(struct hw_send *send, uint16_t stream) {
    struct hw_turn *turn = hw_sparse_reserve(&send->schedule->turns, send->account, stream);
    if (!turn || turn->made)
        return turn;
    if (!hw_heap_reserve(&send->schedule->ready, send->schedule->turn_count + 1))
        return NULL;
    send->schedule->turn_count++;
    turn->made = true;
    hw_heap_node_init(&turn->node);
    hw_list_init(&turn->messages);
    return turn;
}

bool hw_sched_reserve_stream(struct hw_send *send, uint16_t stream) {
    return schedule_make(send) && turn_make(send, stream);
}

void hw_sched_enter_stream(struct hw_send *send, struct hw_outmsg *message) {
    struct hw_turn *turn = turn_of(send, message->stream);
    hw_list_append(&turn->messages, &message->on_stream);
    if (turn->node.index != HW_HEAP_OUT)
        return;
    if (turn->idle_spells != send->schedule->idle_spells || turn->paid < send->schedule->virtual_time)
        turn->paid = send->schedule->virtual_time; /* who was idle saved nothing up */
    turn->idle_spells = send->schedule->idle_spells;
    hw_heap_set(&send->schedule->ready, &turn->node, keys[send->scheduler](send, turn));
}

void hw_sched_leave_stream(struct hw_send *send, struct hw_outmsg *message) {
    struct hw_turn *turn = turn_of(send, message->stream);
    hw_list_remove(&message->on_stream);
    if (!hw_list_empty(&turn->messages))
        return;
    hw_heap_remove(&send->schedule->ready, &turn->node);
    if (!hw_heap_top(&send->schedule->ready)) { /* nobody waits: nobody owes anything */
        send->schedule->virtual_time = 0;
        send->schedule->idle_spells++;
    }
}

struct hw_outmsg *hw_sched_next(const struct hw_send *send) {
    if (send->current)
        return send->current;
    if (send->scheduler == HAWSER_SCHEDULER_FCFS)
        return hw_list_empty(&send->queue) ? NULL : hw_outmsg_of(send->queue.next);
    if (!send->schedule)
        return NULL;
    if (send->schedule->packet_stream >= 0) { /* 3.3: nobody else in this packet */
        const struct hw_turn *turn = turn_of(send, (uint16_t)send->schedule->packet_stream);
        return hw_list_empty(&turn->messages) ? NULL : first_of(turn);
    }
    const struct hw_heap_node *top = hw_heap_top(&send->schedule->ready);
    return top ? first_of(HW_OWNER(top, struct hw_turn, node)) : NULL;
}

void hw_sched_cut(struct hw_send *send, const struct hw_outmsg *message, uint32_t size) {
    struct hw_turn *turn = turn_of(send, message->stream);
    if (message != send->current) /* the time goes by messages where they go whole */
        send->schedule->virtual_time = turn->paid;
    uint32_t weight = send->scheduler == HAWSER_SCHEDULER_WEIGHTED && turn->value ? turn->value : 1;
    turn->paid += (uint64_t)size * SHARE / weight;
    hw_heap_set(&send->schedule->ready, &turn->node, keys[send->scheduler](send, turn));
    if (send->scheduler == HAWSER_SCHEDULER_ROUND_ROBIN_PACKET)
        send->schedule->packet_stream = message->stream;
}

int hw_sched_change(struct hw_send *send, int scheduler) {
    if (scheduler == send->scheduler)
        return 0;
    if (!schedule_make(send))
        return HAWSER_ERR_NO_MEMORY;
    struct hw_link *lists[] = {&send->queue, &send->parked};
    for (unsigned i = 0; i < 2 && scheduler != HAWSER_SCHEDULER_FCFS; i++)
        for (struct hw_link *link = lists[i]->next; link != lists[i]; link = link->next)
            if (!turn_make(send, hw_outmsg_of(link)->stream))
                return HAWSER_ERR_NO_MEMORY;
    struct hw_outmsg *current = send->current;
    for (struct hw_link *link = send->queue.next; link != &send->queue; link = link->next)
        hw_sched_leave(send, hw_outmsg_of(link));
    send->scheduler = (uint8_t)scheduler;
    send->schedule->packet_stream = -1;
    for (struct hw_link *link = send->queue.next; link != &send->queue; link = link->next)
        hw_sched_enter(send, hw_outmsg_of(link));
    send->current = current;
    return 0;
}

bool hw_sched_set_value(struct hw_send *send, uint16_t stream, uint16_t value) {
    struct hw_turn *turn = schedule_make(send) ? turn_make(send, stream) : NULL;
    if (!turn)
        return false;
    turn->value = value;
    if (send->scheduler == HAWSER_SCHEDULER_PRIORITY && turn->node.index != HW_HEAP_OUT)
        hw_heap_set(&send->schedule->ready, &turn->node, priority(send, turn));
    return true;
}

uint16_t hw_sched_value(const struct hw_send *send, uint16_t stream) {
    const struct hw_turn *turn = send->schedule ? turn_of(send, stream) : NULL;
    return turn ? turn->value : 0;
}
