/* SPDX-License-Identifier: MIT
 *
 * Applications that cannot sit still: at random times they make a call that must do no harm, sensible or not. A wrong one must
 * be refused with the right error and change nothing.
 */
#include "run.h"

#define ALSO(error) (1u << -(error))

static void expect(struct side *side, const char *call, int error, uint32_t allowed) {
    if (error <= 0 && allowed & ALSO(error))
        return;
    if (error == HAWSER_ERR_NO_MEMORY && hw_run_tight(side->conversation->run))
        return;
    hw_run_complain(side->conversation->run, "host %d: %s: %s", side->host, call, hawser_error_text(error));
}

struct hands {
    struct side *side;
    struct hawser_sim_dice *dice;
    hawser *stack;
    hawser_time now;
};

static uint32_t path_number(struct hands *hands) {
    struct hawser_status status = HAWSER_INIT(status);
    struct hawser_path_status path = HAWSER_INIT(path);
    if (hawser_status(hands->stack, hands->side->id, &status) || !status.path_count)
        return 0;
    uint32_t index = (uint32_t)hawser_sim_dice_below(hands->dice, status.path_count);
    expect(hands->side, "path_status", hawser_path_status(hands->stack, hands->side->id, index, &path), ALSO(0));
    expect(hands->side, "path_status of no path", hawser_path_status(hands->stack, hands->side->id, status.path_count, &path),
           ALSO(HAWSER_ERR_PATH));
    return path.number;
}

static void heartbeat(struct hands *hands) {
    uint32_t path = path_number(hands);
    if (path)
        expect(hands->side, "heartbeat", hawser_heartbeat(hands->stack, hands->now, hands->side->id, path),
               ALSO(0) | ALSO(HAWSER_ERR_STATE));
    expect(hands->side, "heartbeat on no path", hawser_heartbeat(hands->stack, hands->now, hands->side->id, 4711),
           ALSO(HAWSER_ERR_PATH) | ALSO(HAWSER_ERR_STATE));
}

static void change_primary(struct hands *hands) {
    uint32_t path = path_number(hands);
    if (path)
        expect(hands->side, "setting the primary path",
               hawser_set(hands->stack, hands->now, hands->side->id, 0, HAWSER_SET_PRIMARY, path),
               ALSO(0) | ALSO(HAWSER_ERR_STATE) | ALSO(HAWSER_ERR_PATH) | ALSO(HAWSER_ERR_READ_ONLY));
}

static void change_setting(struct hands *hands) {
    static const struct {
        int setting;
        int64_t least, most;
    } ranges[] = {
        {HAWSER_SET_NO_DELAY, 0, 1},
        {HAWSER_SET_SACK_DELAY, 0, 500000},
        {HAWSER_SET_SACK_FREQUENCY, 1, 8},
        {HAWSER_SET_MAX_BURST, 0, 10},
        {HAWSER_SET_HB_ENABLED, 0, 1},
        {HAWSER_SET_HB_INTERVAL, 100000, 9000000},
        {HAWSER_SET_FRAGMENT_SIZE, 200, 2000},
        {HAWSER_SET_SENDER_DRY, 0, 1},
        {HAWSER_SET_SEND_BUFFER, 2000, 900000},
        {HAWSER_SET_DSCP, 0, 63},
    };
    size_t which = (size_t)hawser_sim_dice_below(hands->dice, sizeof ranges / sizeof ranges[0]);
    int64_t value = (int64_t)hawser_sim_dice_between(hands->dice, (uint64_t)ranges[which].least, (uint64_t)ranges[which].most);
    expect(hands->side, "a setting", hawser_set(hands->stack, hands->now, hands->side->id, 0, ranges[which].setting, value),
           ALSO(0) | ALSO(HAWSER_ERR_STATE));
    expect(hands->side, "a setting out of range",
           hawser_set(hands->stack, hands->now, hands->side->id, 0, HAWSER_SET_SACK_DELAY, 500001), ALSO(HAWSER_ERR_RANGE));
    expect(hands->side, "no setting", hawser_set(hands->stack, hands->now, hands->side->id, 0, 4711, 1), ALSO(HAWSER_ERR_OPTION));
}

/* Looking at the inbox takes nothing, and more than there is cannot be taken. */
static void look(struct hands *hands) {
    struct hawser_item items[4];
    size_t count = hawser_receive(hands->stack, hands->side->id, items, 4);
    expect(hands->side, "consuming too much", hawser_consume(hands->stack, hands->now, hands->side->id, count + 1, 0),
           ALSO(HAWSER_ERR_ARGUMENT));
}

static void send_nonsense(struct hands *hands) {
    struct hawser_message message = HAWSER_INIT(message);
    struct hawser_span part = {(const uint8_t *)"nonsense", 8};
    hawser_id id = hands->side->id;
    if (hands->side->part) /* nothing at all, without HAWSER_SEND_MORE, would end the message that is open */
        return;
    uint32_t ended = ALSO(HAWSER_ERR_STATE);
    message.parts = &part;
    expect(hands->side, "send of nothing", hawser_send(hands->stack, hands->now, id, &message), ended | ALSO(HAWSER_ERR_EMPTY));
    message.part_count = 1;
    message.stream = UINT16_MAX;
    if (hands->side->out->spec->streams < UINT16_MAX)
        expect(hands->side, "send on no stream", hawser_send(hands->stack, hands->now, id, &message),
               ended | ALSO(HAWSER_ERR_STREAM));
    message.stream = 0;
    message.path = 4711;
    expect(hands->side, "send on no path", hawser_send(hands->stack, hands->now, id, &message), ended | ALSO(HAWSER_ERR_PATH));
    message.path = 0;
    message.flags = 0x8000;
    expect(hands->side, "send with no such flag", hawser_send(hands->stack, hands->now, id, &message),
           ended | ALSO(HAWSER_ERR_ARGUMENT));
    expect(hands->side, "send to nobody", hawser_send(hands->stack, hands->now, id ^ 1u << 31, &message), ALSO(HAWSER_ERR_GONE));
}

static void let_time_pass(struct hands *hands) {
    hawser_input(hands->stack, hands->now, NULL);
}

static void fidget(void *user) {
    static void (*const calls[])(struct hands * hands) = {heartbeat, change_primary, change_setting,
                                                          look,      send_nonsense,  let_time_pass};
    struct side *side = user;
    struct run *run = side->conversation->run;
    struct hands hands = {side, &run->dice, hw_run_stack(run, side->host), hw_run_now(run, side->host)};
    side->fidgeting = false;
    if (!side->id || !hands.stack)
        return;
    calls[hawser_sim_dice_below(&run->dice, sizeof calls / sizeof calls[0])](&hands);
    hw_fidget(side);
}

void hw_fidget(struct side *side) {
    struct run *run = side->conversation->run;
    hw_reconfigure(side);
    if (!run->plan->fidget || side->fidgeting)
        return;
    side->fidgeting = true;
    hawser_sim_at(run->sim, hawser_sim_now(run->sim) + hawser_sim_dice_between(&run->dice, 1, 2 * run->plan->fidget), fidget,
                  side);
}
