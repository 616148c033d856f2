/* SPDX-License-Identifier: MIT
 *
 * Words for conversations about addresses (RFC 5061), without AUTH.
 */
#ifndef SCRIPT_ASCONF_H
#define SCRIPT_ASCONF_H

#include "script.h"

#define ASCONF_OFFER PARAM(HW_PARAM_EXTENSIONS, BYTES(HW_ASCONF, HW_ASCONF_ACK))
/* A world in which both sides speak RFC 5061. */
#define begin(s_, ...) \
    do { \
        set(s_, DYNAMIC_ADDRESSES, 2); \
        set(s_, HB_MAX_BURST, 100); \
        start(s_, .params = ASCONF_OFFER, __VA_ARGS__); \
    } while (0)

#define begin_active(s_, ...) \
    do { \
        begin(s_, __VA_ARGS__); \
        establish_active(s_); \
    } while (0)
#define begin_passive(s_, ...) \
    do { \
        begin(s_, __VA_ARGS__); \
        establish_passive(s_); \
    } while (0)

/* The machine has an address of ours, or has it no more. */
static inline void machine(struct script *s, uint32_t kind, int number) {
    struct hawser_report report = {.size = sizeof report, .kind = kind, .local = s->local[number]};
    hawser_report(s->stack, s->now, &report);
    script_pump(s);
}

#define up(number) machine(s, HAWSER_REPORT_ADDRESS_UP, number)
#define down(number) machine(s, HAWSER_REPORT_ADDRESS_DOWN, number)
/* An association that follows the machine's addresses, of which there is number 0. */
#define begin_following(s_, ...) \
    do { \
        set(s_, AUTO_ASCONF, 1); \
        machine(s_, HAWSER_REPORT_ADDRESS_UP, 0); \
        begin_active(s_, .local_addresses = 0, __VA_ARGS__); \
    } while (0)

#define PEER(number) script_address_param(s, &s->peer[number])
#define OURS(number) script_address_param(s, &s->local[number])
#define WILD PARAM(HW_PARAM_IPV4, U32(0))

/* Requests: correlation id, address. */
#define ADD(id, address) PARAM(HW_PARAM_ADD_ADDRESS, U32(id), address)
#define DELETE(id, address) PARAM(HW_PARAM_DELETE_ADDRESS, U32(id), address)
#define PREFER(id, address) PARAM(HW_PARAM_SET_PRIMARY, U32(id), address)
#define OKAY(id) PARAM(HW_PARAM_SUCCESS_INDICATION, U32(id))
#define FAILED(id, code, ...) PARAM(HW_PARAM_ERROR_INDICATION, U32(id), CAUSE(code, __VA_ARGS__))

/* The peer's chunks: the serial number counts from the initial TSNs. */
#define ASCONF(number, lookup, ...) CHUNK(HW_ASCONF, 0, U32(s->peer_tsn + (uint32_t)(number)), lookup, __VA_ARGS__)
#define ANSWER(number, ...) CHUNK(HW_ASCONF_ACK, 0, U32(s->stack_tsn + (uint32_t)(number)), __VA_ARGS__)
#define CONF_ACK(number) ANSWER(number, NOTHING)

static inline void check_bytes(struct script *s, const struct seen *seen, struct hawser_span wanted) {
    if (seen->value.size != wanted.size || memcmp(seen->value.data, wanted.data, wanted.size) != 0) {
        char text[2][600] = {"", ""};
        for (int i = 0; i < 2; i++)
            for (size_t j = 0; j < (i ? wanted : seen->value).size && j < 290; j++)
                snprintf(text[i] + 2 * j, 3, "%02x", (i ? wanted : seen->value).data[j]);
        FAIL("the chunk has\n  %s, expected\n  %s", text[0], text[1]);
    }
}
/* The next packet is the answer to ASCONF `number`, with these responses, to the peer's address `to_`. */
#define expect_answer(s_, to_, number, ...) \
    check_bytes(s_, expect(s_, ASCONF_ACK, .to = to_), JOIN(U32((s_)->peer_tsn + (uint32_t)(number)), __VA_ARGS__))
/* The next packet is our ASCONF `number`, from and to these addresses, with these contents. */
#define expect_request(s_, from_, to_, number, ...) \
    check_bytes(s_, expect(s_, ASCONF, .from = from_, .to = to_), JOIN(U32((s_)->stack_tsn + (uint32_t)(number)), __VA_ARGS__))

#define add_local(s_, number) hawser_add_address((s_)->stack, (s_)->now, (s_)->association, &(s_)->local[number])
#define remove_local(s_, number) hawser_remove_address((s_)->stack, (s_)->now, (s_)->association, &(s_)->local[number])
#define prefer_local(s_, number) hawser_set_peer_primary((s_)->stack, (s_)->now, (s_)->association, &(s_)->local[number])
/* A call that works, and what it makes the stack say. */
#define now_do(call) \
    do { \
        check_equal(call, 0); \
        script_pump(s); \
    } while (0)

/* What became of a request of ours. */
#define expect_done(s_, what) expect_item(s_, HAWSER_ADDRESS_CHANGED, .state = HAWSER_ADDRESS_##what, .reason = 0, .code = 0)
#define expect_refused(s_, what, code_) \
    expect_item(s_, HAWSER_ADDRESS_CHANGED, .state = HAWSER_ADDRESS_##what, .reason = 1, .code = code_)

/* The next packet is a HEARTBEAT there; it is answered, and the path is confirmed. */
static inline void confirm_path(struct script *s, int place) {
    const struct seen *beat = expect(s, HEARTBEAT, .to = place);
    inject_by(s, WAY(.from = place), HEARTBEAT_ACK(beat));
}

#endif
