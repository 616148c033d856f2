/* SPDX-License-Identifier: MIT
 *
 * Applications that share keys and change them while data flows (RFC 4895, RFC 6458 8.3), and the oracles of that: no DATA goes
 * without AUTH before it, none is discarded for want of it, and keys that both sides have given up can be deleted. A key that is
 * deleted too early stops the data, which other oracles see.
 */
#include "run.h"

#define DATA   0u
#define AUTH   15u
#define I_DATA 64u

static void must(struct run *run, int host, const char *what, uint32_t key, int error) {
    if (error && !(error == HAWSER_ERR_NO_MEMORY && hw_run_short_of_memory(run)))
        hw_run_complain(run, "host %d: key %u: %s: %s", host, key, what, hawser_error_text(error));
}

/* Both sides' secret of this number, of a length of its own. */
static struct hawser_span secret(uint32_t key, uint8_t bytes[64]) {
    size_t size = 1 + key * 7 % 64;
    for (size_t i = 0; i < size; i++)
        bytes[i] = (uint8_t)(key * 31 + i);
    return (struct hawser_span){bytes, size};
}

static void set_key(struct run *run, int host, hawser_id id, uint32_t key) {
    uint8_t bytes[64];
    must(run, host, "set", key, hawser_auth_set_key(hw_run_stack(run, host), id, (uint16_t)key, secret(key, bytes)));
}

static void use_key(struct run *run, int host, hawser_id id, uint32_t key) {
    hawser *stack = hw_run_stack(run, host);
    must(run, host, "activate", key, hawser_auth_activate(stack, id, (uint16_t)key));
    must(run, host, "deactivate", key - 1, hawser_auth_deactivate(stack, id, (uint16_t)(key - 1)));
}

void hw_keys_begin(struct run *run, int host, hawser_id endpoint) {
    if (!run->plan->authenticated)
        return;
    hawser *stack = hw_run_stack(run, host);
    must(run, host, "require DATA", 0, hawser_auth_require(stack, endpoint, DATA, 1));
    must(run, host, "require I-DATA", 0, hawser_auth_require(stack, endpoint, I_DATA, 1));
    set_key(run, host, endpoint, 1);
    use_key(run, host, endpoint, 1);
    must(run, host, "delete", 0, hawser_auth_delete(stack, endpoint, 0)); /* whoever heard the handshake has it (RFC 4895 9) */
}

void hw_keys_change(struct run *run, const struct hawser_sim_deed *deed) {
    uint32_t key = (uint32_t)deed->value;
    int host = (int)deed->which;
    void (*change)(struct run *, int, hawser_id, uint32_t) = deed->kind == HAWSER_SIM_KEY_SET ? set_key : use_key;
    if (!hw_run_stack(run, host))
        return;
    if (run->listeners[host].id)
        change(run, host, run->listeners[host].id, key);
    for (uint32_t i = 0; i < run->plan->associations; i++) {
        struct side *side = &run->conversations[i].sides[host];
        struct hawser_status status = HAWSER_INIT(status);
        if (side->endpoint.id)
            change(run, host, side->endpoint.id, key);
        if (side->id && hawser_status(hw_run_stack(run, host), side->id, &status) == 0 && status.state != HAWSER_CLOSED)
            change(run, host, side->id, key);
    }
}

/* A key is deleted when neither side has anything under way that needs it. */
void hw_keys_told(struct side *side, const struct hawser_item *item) {
    struct run *run = side->conversation->run;
    if (item->key.event == HAWSER_KEY_NO_AUTH && run->plan->authenticated)
        hw_run_complain(run, "host %d: the other side has no AUTH", side->host);
    if (item->key.event != HAWSER_KEY_FREE || item->key.id >= 64)
        return;
    uint64_t bit = (uint64_t)1 << item->key.id;
    side->keys_free |= bit;
    if (!(side->conversation->sides[!side->host].keys_free & bit))
        return;
    for (int host = 0; host < 2; host++) {
        struct side *either = &side->conversation->sides[host];
        int error = either->id ? hawser_auth_delete(hw_run_stack(run, host), either->id, (uint16_t)item->key.id) : 0;
        if (error != HAWSER_ERR_STATE || !either->closing) /* it may be over already */
            must(run, host, "delete", item->key.id, error);
    }
    run->result->seen |= HAWSER_SIM_SEEN_KEY_DELETED;
}

void hw_keys_watch(struct run *run, const struct hawser_sim_packet *packet) {
    bool proved = false;
    for (size_t at = 12; at + 4 <= packet->length;) {
        size_t size = (size_t)packet->data[at + 2] << 8 | packet->data[at + 3];
        proved |= packet->data[at] == AUTH;
        if (packet->data[at] == I_DATA)
            run->result->seen |= HAWSER_SIM_SEEN_INTERLEAVED;
        if (run->plan->authenticated && (packet->data[at] == DATA || packet->data[at] == I_DATA) && !proved)
            hw_run_complain(run, "host %d sends DATA without AUTH", packet->host);
        if (size < 4)
            break;
        at += (size + 3) & ~(size_t)3;
    }
}

void hw_keys_judge(struct run *run, int host) {
    hawser *stack = hw_run_stack(run, host);
    if (!run->plan->authenticated)
        return;
    if (hawser_counter(stack, 0, HAWSER_COUNT_Authenticated))
        run->result->seen |= HAWSER_SIM_SEEN_AUTHENTICATED;
    if (hawser_counter(stack, 0, HAWSER_COUNT_Unauthenticated))
        hw_run_complain(run, "host %d was sent chunks without the AUTH that they need", host);
}
