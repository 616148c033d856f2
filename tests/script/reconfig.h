/* SPDX-License-Identifier: MIT
 *
 * What the scripts of RFC 6525 have in common: the peer's RE-CONFIG chunks, and a look into those of the stack. Request numbers
 * of the peer are relative to s->peer_tsn, those of the stack to s->stack_tsn, as both begin there (4.1).
 */
#ifndef SCRIPT_RECONFIG_H
#define SCRIPT_RECONFIG_H

#include "script.h"
#include "wire/reconfig.h"

/* The peer offers RE-CONFIG. */
#define OFFERS_RECONFIG PARAM(HW_PARAM_EXTENSIONS, BYTES(HW_RE_CONFIG))
#define start_reconfig(s_) start(s_, .params = OFFERS_RECONFIG)

#define OURS(number) U32(s->stack_tsn + (uint32_t)(number))
#define THEIRS(number) U32(s->peer_tsn + (uint32_t)(number))

#define RE_CONFIG(...) CHUNK(HW_RE_CONFIG, 0, __VA_ARGS__)
/* Lists of streams. */
#define STREAMS(...) script_streams(s, (int[]){__VA_ARGS__, -1})
#define ALL_STREAMS NOTHING
#define RESET_OUT(number, answers, last_tsn, streams) \
    PARAM(HW_PARAM_OUTGOING_RESET, THEIRS(number), OURS(answers), THEIRS(last_tsn), streams)
#define RESET_IN(number, streams) PARAM(HW_PARAM_INCOMING_RESET, THEIRS(number), streams)
#define RESET_ALL(number) PARAM(HW_PARAM_ASSOCIATION_RESET, THEIRS(number))
#define ADD_OUT(number, count) PARAM(HW_PARAM_ADD_OUTGOING, THEIRS(number), U16(count), U16(0))
#define ADD_IN(number, count) PARAM(HW_PARAM_ADD_INCOMING, THEIRS(number), U16(count), U16(0))
#define RESPONSE(number, result) PARAM(HW_PARAM_RECONFIG_RESPONSE, OURS(number), U32(result))
/* sender: absolute, receiver: absolute. */
#define RESPONSE_TSNS(number, result, sender, receiver) \
    PARAM(HW_PARAM_RECONFIG_RESPONSE, OURS(number), U32(result), U32(sender), U32(receiver))

static inline struct hawser_span script_streams(struct script *s, const int *streams) {
    struct hawser_span list = NOTHING;
    for (; *streams >= 0; streams++)
        list = JOIN(list, U16(*streams));
    return list;
}

/* The parameters of a RE-CONFIG chunk that was seen; how many (at most two, or the script fails). */
static inline unsigned params_of(struct script *s, const struct seen *seen, struct hw_reconfig_param params[2]) {
    struct hw_cursor cursor = hw_cursor_over(seen->value);
    struct hw_tlv param;
    unsigned count = 0;
    memset(params, 0, 2 * sizeof *params);
    while (hw_cursor_param(&cursor, &param) == HW_CURSOR_ITEM) {
        check(count < 2);
        check(hw_reconfig_parse(&params[count++], &param));
    }
    return count;
}

/* The next packet begins with a SACK and goes on with one response, or is the response alone. */
static inline struct hw_reconfig_param response_of(struct script *s, const struct seen *seen, uint32_t number) {
    struct hw_reconfig_param params[2];
    check_equal(params_of(s, seen, params), 1);
    check_equal(params[0].type, HW_PARAM_RECONFIG_RESPONSE);
    check_equal(params[0].number, s->peer_tsn + number);
    return params[0];
}
/* A SACK and a response with this result: what a request of the peer is answered with. */
#define expect_response(s_, number_, result_) \
    do { \
        expect(s_, SACK); \
        check_equal(response_of(s_, expect_also(s_, RE_CONFIG), number_).result, result_); \
    } while (0)

/* To an SSN/TSN reset no SACK goes with it: it would come before the response that it needs to be understood. */
#define expect_response_alone(s_, number_, result_) \
    check_equal(response_of(s_, expect(s_, RE_CONFIG), number_).result, result_)

/* The stack's request of one parameter, alone in its packet or after the SACK that was just expected. */
static inline struct hw_reconfig_param request_of(struct script *s, const struct seen *seen, uint16_t type, uint32_t number) {
    struct hw_reconfig_param params[2];
    check_equal(params_of(s, seen, params), 1);
    check_equal(params[0].type, type);
    check_equal(params[0].number, s->stack_tsn + number);
    return params[0];
}

#define reset_streams(s_, directions_, ...) \
    hawser_reset_streams((s_)->stack, (s_)->now, (s_)->association, directions_, (uint16_t[]){__VA_ARGS__}, \
                         sizeof((uint16_t[]){__VA_ARGS__}) / sizeof(uint16_t))
#define reset_all_streams(s_, directions_) \
    hawser_reset_streams((s_)->stack, (s_)->now, (s_)->association, directions_, NULL, 0)

#define ITEM_OUT HAWSER_ITEM_OUTGOING
#define ITEM_IN HAWSER_ITEM_INCOMING
#define ITEM_BY_PEER HAWSER_ITEM_BY_PEER

/* STREAMS_RESET with these flags; the list must be this one. */
static inline void expect_reset(struct script *s, uint32_t flags, struct hawser_span streams) {
    struct hawser_item item;
    check_equal(hawser_receive(s->stack, s->association, &item, 1), 1);
    check_equal(item.type, HAWSER_STREAMS_RESET);
    check_equal(item.flags, flags);
    check_equal(item.reset.stream_count, streams.size / 2);
    for (size_t i = 0; i < streams.size / 2; i++)
        check_equal(item.reset.streams[i], hw_get16(streams.data + 2 * i));
    check_equal(hawser_consume(s->stack, s->now, s->association, 1, 0), 0);
    script_pump(s);
}

static inline void expect_changed(struct script *s, uint32_t flags, uint16_t out, uint16_t in) {
    struct hawser_item item;
    check_equal(hawser_receive(s->stack, s->association, &item, 1), 1);
    check_equal(item.type, HAWSER_STREAMS_CHANGED);
    check_equal(item.flags, flags);
    check_equal(item.changed.streams_out, out);
    check_equal(item.changed.streams_in, in);
    check_equal(hawser_consume(s->stack, s->now, s->association, 1, 0), 0);
    script_pump(s);
}

/* `local` and `peer` are relative to where the sides began. */
static inline void expect_renumbered(struct script *s, uint32_t flags, uint32_t local, uint32_t peer) {
    struct hawser_item item;
    check_equal(hawser_receive(s->stack, s->association, &item, 1), 1);
    check_equal(item.type, HAWSER_ASSOCIATION_RESET);
    check_equal(item.flags, flags);
    check_equal(item.renumbered.local_tsn, s->stack_tsn + local);
    check_equal(item.renumbered.peer_tsn, s->peer_tsn + peer);
    check_equal(hawser_consume(s->stack, s->now, s->association, 1, 0), 0);
    script_pump(s);
}

/* The ready ring has the association as WRITABLE. */
static inline bool told_writable(struct script *s) {
    struct hawser_ready ready;
    bool writable = false;
    while (hawser_next(s->stack, &ready))
        writable |= ready.id == s->association && (ready.flags & HAWSER_WRITABLE);
    return writable;
}

#endif
