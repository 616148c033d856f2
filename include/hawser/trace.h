/* SPDX-License-Identifier: MIT
 *
 * What a stack tells of itself while it works: typed records through one callback, free when none is set. Records become text
 * or pcapng outside of the core (<hawser/view.h>).
 */
#ifndef HAWSER_TRACE_H
#define HAWSER_TRACE_H

#include <hawser/hawser.h>

#ifdef __cplusplus
extern "C" {
#endif

enum hawser_trace_type {
    HAWSER_TRACE_PACKET_IN = 1, /* packet: before anything is checked but the length */
    HAWSER_TRACE_PACKET_OUT,    /* packet: as it leaves, checksum in place; one record each packet of a train */
    HAWSER_TRACE_PACKET_DROPPED,/* packet + reason: not processed, or not whole */
    HAWSER_TRACE_STATE,         /* state: an association changed state */
    HAWSER_TRACE_TIMER,         /* timer: a timer expired */
    HAWSER_TRACE_PATH,          /* path: congestion window, RTT or state changed */
    HAWSER_TRACE_END            /* end: an association ended */
};

enum hawser_timer_name {
    HAWSER_TIMER_T1 = 1,
    HAWSER_TIMER_T2,
    HAWSER_TIMER_T3,
    HAWSER_TIMER_T5,
    HAWSER_TIMER_SACK,
    HAWSER_TIMER_HEARTBEAT,
    HAWSER_TIMER_T4,           /* an ASCONF was not answered (RFC 5061 5.1) */
    HAWSER_TIMER_MTU,
    HAWSER_TIMER_RECONFIG
};

struct hawser_trace_record {
    uint32_t type;         /* enum hawser_trace_type */
    hawser_time now;
    hawser_id association; /* 0: none, or not yet known */
    union {
        struct {
            const uint8_t *data; /* borrowed during the callback */
            size_t length;
            struct hawser_address remote, local;
            int32_t counter;     /* PACKET_DROPPED: enum hawser_counter says why */
        } packet;
        struct {
            uint32_t before, after; /* enum hawser_state */
        } state;
        struct {
            uint32_t timer; /* enum hawser_timer_name */
            uint32_t path;  /* 0: of the association */
        } timer;
        struct {
            uint32_t path, state;
            uint32_t cwnd, ssthresh, flight, mtu;
            hawser_time srtt, rto;
        } path;
        struct {
            uint32_t reason; /* enum hawser_end_reason */
            uint32_t code;
        } end;
    };
};

typedef void hawser_trace_function(void *user, const struct hawser_trace_record *record);

/* Sets the callback, or none (NULL). It may not call the stack. */
HAWSER_API void hawser_trace(hawser *stack, hawser_trace_function *function, void *user);

#ifdef __cplusplus
}
#endif
#endif
