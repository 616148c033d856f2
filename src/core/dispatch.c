/* SPDX-License-Identifier: MIT
 *
 * Chunk by state: who handles what, in one table, so that no case is forgotten. A handler changes the association and marks
 * what is owed. INIT (tag 0) and COOKIE ECHO (first in its packet) are dealt with before; here they are out of place.
 */
#include "core/assoc.h"

#define STATES 7u /* COOKIE-WAIT to SHUTDOWN-ACK-SENT */

typedef void handler(struct hw_assoc *assoc, struct hw_packet *packet, const struct hw_tlv *chunk);

static void drop(struct hw_assoc *assoc, struct hw_packet *packet, const struct hw_tlv *chunk) {
    (void)packet;
    (void)chunk;
    HW_COUNT_OF(assoc, Unexpected);
}

static void init_ack(struct hw_assoc *assoc, struct hw_packet *packet, const struct hw_tlv *chunk) {
    hw_init_ack_received(assoc, packet, chunk);
}

static void data(struct hw_assoc *assoc, struct hw_packet *packet, const struct hw_tlv *chunk) {
    hw_data_received(assoc, packet, chunk);
}

static void sack(struct hw_assoc *assoc, struct hw_packet *packet, const struct hw_tlv *chunk) {
    (void)packet;
    hw_sack_received(assoc, chunk);
}

static void heartbeat(struct hw_assoc *assoc, struct hw_packet *packet, const struct hw_tlv *chunk) {
    hw_echo_chunk(assoc, packet->path, HW_HEARTBEAT_ACK, chunk->value); /* 8.3: all of it, unchanged */
}

static void beat_ack(struct hw_assoc *assoc, struct hw_packet *packet, const struct hw_tlv *chunk) {
    (void)packet;
    hw_heartbeat_acked(assoc, chunk->value);
}

static void aborted(struct hw_assoc *assoc, struct hw_packet *packet, const struct hw_tlv *chunk) {
    hw_abort_received(assoc, packet, chunk);
}

static void shutdown(struct hw_assoc *assoc, struct hw_packet *packet, const struct hw_tlv *chunk) {
    assoc->reply_path = packet->path;
    hw_shutdown_received(assoc, chunk);
}

static void shut_ack(struct hw_assoc *assoc, struct hw_packet *packet, const struct hw_tlv *chunk) {
    (void)chunk;
    assoc->reply_path = packet->path;
    hw_shutdown_acked(assoc);
}

/* 8.5.1 E, 9.2: while setting up it is as if it came out of the blue; T1 goes on. */
static void early_ack(struct hw_assoc *assoc, struct hw_packet *packet, const struct hw_tlv *chunk) {
    (void)chunk;
    hw_answer_shutdown_complete(assoc->stack, packet);
}

static void complete(struct hw_assoc *assoc, struct hw_packet *packet, const struct hw_tlv *chunk) {
    uint32_t expected = chunk->flags & HW_FLAG_T ? assoc->peer_tag : assoc->tag; /* 8.5.1 C */
    if (packet->header.tag != expected)
        hw_packet_drop(assoc->stack, packet, HAWSER_COUNT_BadTags);
    else
        hw_assoc_end(assoc, HAWSER_END_SHUTDOWN, 0, (struct hawser_span){NULL, 0});
}

static void ecne(struct hw_assoc *assoc, struct hw_packet *packet, const struct hw_tlv *chunk) {
    (void)packet;
    hw_ecne_received(assoc, chunk);
}

static void cwr(struct hw_assoc *assoc, struct hw_packet *packet, const struct hw_tlv *chunk) {
    (void)packet;
    hw_cwr_received(assoc, chunk);
}

static void skip(struct hw_assoc *assoc, struct hw_packet *packet, const struct hw_tlv *chunk) {
    hw_forward_tsn_received(assoc, packet, chunk);
}

/* RFC 4820 3: nothing is in it. */
static void padding(struct hw_assoc *assoc, struct hw_packet *packet, const struct hw_tlv *chunk) {
    (void)assoc;
    (void)packet;
    (void)chunk;
}

static void reconfig(struct hw_assoc *assoc, struct hw_packet *packet, const struct hw_tlv *chunk) {
    hw_reconfig_received(assoc, packet, chunk);
}

static void asconf(struct hw_assoc *assoc, struct hw_packet *packet, const struct hw_tlv *chunk) {
    hw_asconf_received(assoc, packet, chunk);
}

static void conf_ack(struct hw_assoc *assoc, struct hw_packet *packet, const struct hw_tlv *chunk) {
    (void)packet;
    hw_asconf_acked(assoc, chunk);
}

static void cookie_ack(struct hw_assoc *assoc, struct hw_packet *packet, const struct hw_tlv *chunk) {
    (void)packet;
    (void)chunk;
    hw_cookie_acked(assoc);
}

static void error(struct hw_assoc *assoc, struct hw_packet *packet, const struct hw_tlv *chunk) {
    (void)packet;
    struct hw_cursor cursor = hw_cursor_over(chunk->value);
    struct hw_tlv cause;
    while (hw_cursor_param(&cursor, &cause) == HW_CURSOR_ITEM) {
        if (cause.type == HW_CAUSE_STALE_COOKIE) {
            if (assoc->state == HAWSER_COOKIE_ECHOED) { /* 5.2.6; in any other state it is old */
                hw_stale_cookie_received(assoc);
                return;
            }
            continue;
        }
        if (cause.type == HW_CAUSE_UNRECOGNIZED_CHUNK && cause.value.size && cause.value.data[0] == HW_ASCONF &&
            (assoc->extensions & HW_EXT_ASCONF))
            hw_asconf_not_understood(assoc);
        hw_event_error(assoc, cause.type, cause.value);
    }
}

/* Columns: COOKIE-WAIT, COOKIE-ECHOED, ESTABLISHED, SHUTDOWN-PENDING, -SENT, -RECEIVED, -ACK-SENT. */
static handler *const handlers[HW_SHUTDOWN_COMPLETE + 1][STATES] = {
    /* clang-format off */
    /*                          WAIT       ECHOED      ESTABLISHED PENDING    SENT      RECEIVED   ACK-SENT */
    [HW_DATA] =               {drop,      drop,       data,       data,      data,     drop,      drop},
    [HW_INIT] =               {drop,      drop,       drop,       drop,      drop,     drop,      drop},
    [HW_INIT_ACK] =           {init_ack,  drop,       drop,       drop,      drop,     drop,      drop},
    [HW_SACK] =               {drop,      sack,       sack,       sack,      drop,     sack,      drop},
    [HW_HEARTBEAT] =          {drop,      heartbeat,  heartbeat,  heartbeat, drop,     heartbeat, drop},
    [HW_HEARTBEAT_ACK] =      {drop,      drop,       beat_ack,   beat_ack,  drop,     beat_ack,  drop},
    [HW_ABORT] =              {aborted,   aborted,    aborted,    aborted,   aborted,  aborted,   aborted},
    [HW_SHUTDOWN] =           {drop,      drop,       shutdown,   shutdown,  shutdown, shutdown,  shutdown},
    [HW_SHUTDOWN_ACK] =       {early_ack, early_ack,  drop,       drop,      shut_ack, drop,      shut_ack},
    [HW_ERROR] =              {drop,      error,      error,      error,     error,    error,     drop},
    [HW_COOKIE_ECHO] =        {drop,      drop,       drop,       drop,      drop,     drop,      drop},
    [HW_COOKIE_ACK] =         {drop,      cookie_ack, drop,       drop,      drop,     drop,      drop},
    [HW_SHUTDOWN_COMPLETE] =  {drop,      drop,       drop,       drop,      drop,     drop,      complete},
    /* clang-format on */
};

/* Types that must have a packet to themselves (6.10). */
static bool solitary(uint16_t type) { return type == HW_INIT || type == HW_INIT_ACK || type == HW_SHUTDOWN_COMPLETE; }

/* 3.2: by the two high bits. True: go on with the next chunk. */
static bool unknown(struct hw_assoc *assoc, const struct hw_packet *packet, const struct hw_tlv *chunk) {
    HW_COUNT_OF(assoc, UnknownChunks);
    unsigned action = hw_chunk_unknown_action((uint8_t)chunk->type);
    if (action & HW_UNKNOWN_REPORT)
        hw_echo_error(assoc, packet->path, HW_CAUSE_UNRECOGNIZED_CHUNK, chunk->whole);
    return action & HW_UNKNOWN_SKIP;
}

/* Chunks of extensions, in the same columns. `extension` 0: no agreement is needed. */
static const struct {
    uint8_t type;
    uint32_t extension;
    handler *states[STATES];
} extended[] = {
    /* clang-format off */
    /*                                    WAIT       ECHOED      ESTABLISHED PENDING    SENT      RECEIVED   ACK-SENT */
    {HW_I_DATA,  0,                      {drop,      drop,       data,       data,      data,     drop,      drop}},
    {HW_ECNE,    HW_EXT_ECN,             {drop,      drop,       ecne,       ecne,      drop,     ecne,      drop}},
    {HW_CWR,     HW_EXT_ECN,             {drop,      drop,       cwr,        cwr,       cwr,      drop,      drop}},
    {HW_I_FORWARD_TSN, 0,                {drop,      drop,       skip,       skip,      skip,     drop,      drop}},
    {HW_FORWARD_TSN, HW_EXT_PARTIAL,     {drop,      drop,       skip,       skip,      skip,     drop,      drop}},
    {HW_PAD,     0,                      {drop,      drop,       padding,    padding,   padding,  padding,   drop}},
    {HW_RE_CONFIG, HW_EXT_RECONFIG,      {drop,      drop,       reconfig,   reconfig,  drop,     reconfig,  drop}},
    {HW_ASCONF,  HW_EXT_ASCONF,          {drop,      drop,       asconf,     asconf,    asconf,   asconf,    drop}},
    {HW_ASCONF_ACK, HW_EXT_ASCONF,       {drop,      drop,       conf_ack,   conf_ack,  conf_ack, conf_ack,  drop}},
    /* clang-format on */
};

/* A handler for the chunk, or NULL: nobody knows it, or it belongs to an extension that was not agreed on. */
static handler *handler_for(const struct hw_assoc *assoc, const struct hw_tlv *chunk) {
    unsigned state = assoc->state - HAWSER_COOKIE_WAIT;
    if (chunk->type <= HW_SHUTDOWN_COMPLETE && handlers[chunk->type][state])
        return handlers[chunk->type][state];
    for (unsigned i = 0; i < sizeof extended / sizeof extended[0]; i++)
        if (extended[i].type == chunk->type)
            return (assoc->extensions & extended[i].extension) == extended[i].extension ? extended[i].states[state] : NULL;
    return NULL;
}

/* 8.5: every chunk needs our own tag, but for ABORT and SHUTDOWN COMPLETE, which judge it themselves. */
static bool tag_right(const struct hw_assoc *assoc, const struct hw_packet *packet, const struct hw_tlv *chunk) {
    return packet->header.tag == assoc->tag || chunk->type == HW_ABORT || chunk->type == HW_SHUTDOWN_COMPLETE;
}

static enum hw_cursor_result chunks(struct hw_assoc *assoc, struct hw_packet *packet, struct hw_cursor *cursor) {
    struct hw_tlv chunk;
    const uint8_t *first = cursor->at;
    enum hw_cursor_result result;
    while ((result = hw_cursor_chunk(cursor, &chunk)) == HW_CURSOR_ITEM) {
        if (!tag_right(assoc, packet, &chunk)) {
            hw_packet_drop(assoc->stack, packet, HAWSER_COUNT_BadTags);
            return HW_CURSOR_END;
        }
        if (solitary(chunk.type) && (chunk.whole.data != first || cursor->at != cursor->end)) {
            hw_packet_drop(assoc->stack, packet, HAWSER_COUNT_Malformed);
            return HW_CURSOR_END;
        }
        if (packet->foreign && chunk.type != HW_ASCONF && chunk.type != HW_AUTH) { /* RFC 5061 5.3 F1: no other may */
            hw_packet_drop(assoc->stack, packet, HAWSER_COUNT_OutOfBlues);
            return HW_CURSOR_END;
        }
        handler *handle = handler_for(assoc, &chunk);
        if (chunk.type != HW_DATA && chunk.type != HW_I_DATA)
            HW_COUNT_OF(assoc, InCtrlChunks);
        if (HW_UNLIKELY(assoc->extensions & HW_EXT_AUTH)) {
            if (chunk.type == HW_AUTH ? !hw_auth_received(assoc, packet, &chunk) : false)
                return HW_CURSOR_END; /* RFC 4895 6.3: with all that is behind it */
            if (chunk.type == HW_AUTH)
                continue;
            if (!hw_auth_lets_pass(assoc, packet, (uint8_t)chunk.type)) {
                if (chunk.type == HW_ASCONF)
                    return HW_CURSOR_END; /* RFC 5061 5.2 D5: and with it the rest of the packet */
                continue;
            }
        }
        if (handle)
            handle(assoc, packet, &chunk);
        else if (!unknown(assoc, packet, &chunk))
            return HW_CURSOR_END;
        if (hw_assoc_over(assoc))
            return HW_CURSOR_END;
    }
    return result;
}

void hw_dispatch(struct hw_assoc *assoc, struct hw_packet *packet, struct hw_cursor cursor) {
    assoc->counters[HAWSER_COUNT_InSCTPPacks]++;
    struct hw_path *path = assoc->paths[packet->path];
    if (packet->header.tag == assoc->tag && hw_address_same(&path->remote, &packet->remote)) /* not so: an INIT ACK (5.1.2) */
        hw_path_follow_port(path, &packet->remote, &packet->local);
    if (chunks(assoc, packet, &cursor) == HW_CURSOR_PARTIAL)
        HW_COUNT_OF(assoc, Truncated); /* 6.10: the partial chunk is dropped, what came before it stands */
    if (!hw_assoc_over(assoc)) {
        if (assoc->state == HAWSER_SHUTDOWN_SENT && packet->header.tag == assoc->tag)
            assoc->shutdown_retries = 0; /* 9.2: the peer is there and may still have much to send */
        hw_packet_ended(assoc, packet);
        hw_reconfig_progress(assoc);
        if (assoc->auth)
            hw_auth_after(assoc);
        hw_inbox_check(assoc);
        hw_assoc_touch(assoc);
        hw_assoc_faults(assoc);
    }
}
