/* SPDX-License-Identifier: MIT
 *
 * Stream reconfiguration (RFC 6525): our request (reconfig.c), the peer's requests (reconfig_peer.c), and the outcomes that wait
 * in the inbox (event.c). An association has one request of its own at a time (5.1.1), of two parameters at most.
 *
 * An outcome is made when its request is accepted, with the streams that it is about: it can never fail to be told. Whoever has
 * requests to make while too many outcomes are unread is put off.
 */
#ifndef HW_RECONFIG_H
#define HW_RECONFIG_H

#include "core/stack.h"
#include "wire/reconfig.h"

struct hw_outcome {
    struct hw_outcome *next;
    uint32_t place;              /* number of the inbox entry before which it comes */
    uint32_t type, flags;        /* of the item */
    uint32_t local_tsn, peer_tsn;
    uint16_t streams_out, streams_in;
    uint32_t stream_count;       /* 0: all streams */
    uint16_t streams[];
};

struct hw_request {
    struct hw_outcome *outcome;  /* NULL: answered, or there is no request */
    bool again;                  /* answered, but the peer may not have seen it: it goes until the other one is answered */
    uint32_t number;
    uint16_t type;               /* enum hw_param_type */
    uint16_t added;
};

struct hw_reconfig_answer {
    uint32_t number, result;
    uint32_t sender_tsn, receiver_tsn;
    uint16_t type;               /* of the request */
};

enum hw_reconfig_stage {
    HW_RECONFIG_IDLE,
    HW_RECONFIG_DRAINING,        /* waits until what it is about is acknowledged */
    HW_RECONFIG_SENT
};

struct hw_reconfig {
    /* our request */
    uint8_t stage;               /* enum hw_reconfig_stage */
    uint8_t path;                /* index: where it goes now */
    bool in_progress;            /* the last answer was "In progress" */
    bool for_peer;               /* the peer asked for it */
    bool refused;                /* a send had to wait for it */
    struct hw_request requests[2];
    uint32_t next_number;
    uint32_t unsure;             /* so many numbers before our request's are answered, but the peer may not have seen them */
    bool filling, filled;        /* it has not: they go first, as requests for nothing; they are there now */
    uint32_t last_tsn, response_number;
    uint32_t drained;            /* so many of its streams have nothing queued or in flight any more */
    bool emptied;                /* all of them; what was given up of them is at or below last_tsn */
    hawser_time interval;        /* of the Re-configuration Timer */
    hawser_time told_at, patience; /* when it went, and how long answers to it may take */
    uint32_t told_tsn;           /* what had come by then, or was given up */
    hawser_time reset_at;        /* the last SSN/TSN reset of either side; 0: none */
    hawser_time rest_until[2];   /* no reset of all streams (its own, ours) for the peer before then: each is looked at */

    /* the peer's requests */
    uint8_t reply_path;
    uint32_t expected;           /* number of its next one */
    struct hw_reconfig_answer last[2]; /* to its last ones, the newest last */
    unsigned last_count;
    struct hw_reconfig_answer owed[2];
    unsigned owed_count;
    struct hw_outcome *deferred; /* Outgoing SSN Reset: waits until the cumulative TSN reaches deferred_tsn (E2) */
    uint32_t deferred_number, deferred_tsn;
    struct hw_request waiting;   /* waits for our own request, or (SSN/TSN Reset) for what we have in flight */
};

#endif
