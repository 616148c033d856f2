/* SPDX-License-Identifier: MIT
 *
 * Messages that can be checked: number, size, stream and every byte follow from the flow's key, the number travels as PPID. What
 * has become of each is kept by number, so that a message that comes twice, late, on the wrong stream or not at all is seen.
 */
#include "run.h"
#include <stdlib.h>

static uint64_t mix(uint64_t z) {
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

int hw_flow_init(struct flow *flow, struct run *run, const struct hawser_sim_flow *spec, uint64_t key) {
    memset(flow, 0, sizeof *flow);
    flow->run = run;
    flow->spec = spec;
    flow->key = mix(key);
    flow->expected = calloc(spec->streams ? spec->streams : 1, sizeof *flow->expected);
    flow->ssns = calloc(spec->streams ? spec->streams : 1, sizeof *flow->ssns);
    return flow->expected && flow->ssns ? 0 : HAWSER_ERR_NO_MEMORY;
}

void hw_flow_free(struct flow *flow) {
    free(flow->entries);
    free(flow->expected);
    free(flow->ssns);
    flow->entries = NULL;
    flow->expected = flow->ssns = NULL;
}

static uint64_t message_key(const struct flow *flow, uint32_t number) {
    return mix(flow->key + number * 0x9e3779b97f4a7c15u);
}

static bool chance(struct hawser_sim_dice *dice, uint32_t ppm) {
    return hawser_sim_dice_chance(dice, ppm);
}

/* Every power of two between the bounds is equally likely, and every size within it. */
static uint32_t choose_size(struct hawser_sim_dice *dice, uint32_t least, uint32_t most) {
    if (least >= most)
        return least;
    unsigned octaves = 0;
    while (least << (octaves + 1) <= most && octaves < 31)
        octaves++;
    uint64_t low = (uint64_t)least << hawser_sim_dice_below(dice, octaves + 1u);
    uint64_t high = low * 2 - 1;
    return (uint32_t)hawser_sim_dice_between(dice, low, high > most ? most : high);
}

struct message hw_flow_message(const struct flow *flow, uint32_t number) {
    const struct hawser_sim_flow *spec = flow->spec;
    struct message message = {.number = number};
    struct hawser_sim_dice dice;
    hawser_sim_dice_seed(&dice, message_key(flow, number));
    message.size = choose_size(&dice, spec->size_min, spec->size_max);
    message.stream = (uint16_t)hawser_sim_dice_below(&dice, spec->streams ? spec->streams : 1);
    if (chance(&dice, spec->unordered))
        message.flags |= HAWSER_SEND_UNORDERED;
    if (chance(&dice, spec->no_delay))
        message.flags |= HAWSER_SEND_NO_DELAY;
    if (chance(&dice, spec->sack_now))
        message.flags |= HAWSER_SEND_SACK_NOW;
    message.parted = message.size > 1 && chance(&dice, spec->parted);
    message.lent = !message.parted && chance(&dice, spec->lent);
    message.mortal = !message.parted && chance(&dice, spec->mortal);
    message.spread = chance(&dice, spec->spread);
    message.bare_end = message.parted && chance(&dice, spec->bare_end);
    if (spec->partial && !message.mortal && chance(&dice, spec->partial)) {
        do
            message.policy = (uint32_t)hawser_sim_dice_between(&dice, 1, HAWSER_POLICY_COUNT - 1);
        while (!(spec->policies & 1u << message.policy));
        message.value = message.policy == HAWSER_POLICY_LIMITED ? spec->policy_value : (uint32_t)hawser_sim_dice_below(&dice, 4);
    }
    return message;
}

/* Word `index` of a message's bytes. */
static uint64_t word(uint64_t key, uint64_t index) {
    uint64_t x = (key + index) * 0x9ddfea08eb382d69u;
    return x ^ x >> 32;
}

void hw_flow_fill(const struct flow *flow, uint32_t number, size_t offset, uint8_t *out, size_t size) {
    uint64_t key = message_key(flow, number);
    while (size) {
        uint64_t w = word(key, offset / 8);
        size_t skip = offset % 8, part = 8 - skip < size ? 8 - skip : size;
        memcpy(out, (const uint8_t *)&w + skip, part);
        out += part;
        offset += part;
        size -= part;
    }
}

bool hw_flow_verify(const struct flow *flow, uint32_t number, size_t offset, const uint8_t *data, size_t size) {
    uint64_t key = message_key(flow, number), w, found;
    while (size) {
        w = word(key, offset / 8);
        size_t skip = offset % 8, part = 8 - skip < size ? 8 - skip : size;
        if (part == 8) {
            memcpy(&found, data, 8);
            if (found != w)
                return false;
        } else if (memcmp(data, (const uint8_t *)&w + skip, part) != 0) {
            return false;
        }
        data += part;
        offset += part;
        size -= part;
    }
    return true;
}

bool hw_flow_accepted(struct flow *flow) {
    if (flow->next == flow->capacity) {
        uint32_t capacity = flow->capacity ? flow->capacity * 2 : 64;
        struct entry *entries = realloc(flow->entries, capacity * sizeof *entries);
        if (!entries)
            return false;
        flow->entries = entries;
        flow->capacity = capacity;
    }
    flow->entries[flow->next++] = (struct entry){.time = hawser_sim_now(flow->run->sim)};
    return true;
}

static void whole(struct flow *flow, const struct message *message, struct entry *entry) {
    struct run *run = flow->run;
    if (!(message->flags & HAWSER_SEND_UNORDERED))
        flow->expected[message->stream] = message->number + 1;
    if (entry->fate & FATE_EXCUSED)
        flow->excused--;
    entry->fate = (uint8_t)((entry->fate & ~FATE_EXCUSED) | FATE_DELIVERED);
    flow->last = hawser_sim_now(run->sim);
    entry->time = flow->last - entry->time;
    flow->delivered++;
    run->messages++;
}

static bool verify_pieces(const struct flow *flow, uint32_t number, size_t offset, const struct hawser_piece *piece,
                          size_t size) {
    for (; piece && size; piece = piece->next) {
        size_t part = piece->size < size ? piece->size : size;
        if (!hw_flow_verify(flow, number, offset, piece->data, part))
            return false;
        offset += part;
        size -= part;
    }
    return size == 0;
}

/* Without partial reliability at both ends a message is reliable whatever its policy. */
static bool may_be_given_up(const struct run *run) {
    bool may = true;
    for (uint32_t i = 0; i < run->plan->setting_count; i++)
        may &= run->plan->settings[i].setting != HAWSER_SET_PARTIAL_RELIABILITY || run->plan->settings[i].value;
    return may;
}

/* Unordered, it waits for nothing that came: what is sent in time is there in time (RFC 3758 4.1 TR4). */
static void judge_time(const struct flow *flow, const struct message *message, hawser_time took) {
    struct run *run = flow->run;
    if (message->policy != HAWSER_POLICY_TIMED || !may_be_given_up(run) ||
        !(message->flags & HAWSER_SEND_UNORDERED) || run->plan->paths != 1 ||
        message->parted || flow->spec->read_rate || flow->spec->pause_to || run->plan->associations != 1 ||
        run->result->seen & HAWSER_SIM_SEEN_PARTIAL) /* what comes behind a message that is read in parts waits in the inbox */
        return;
    int direction = flow != &run->conversations[0].flows[0];
    const struct hawser_sim_link *link = hawser_sim_link(run->sim, run->links[0], direction);
    hawser_time way = link->delay + link->jitter + link->reorder_delay + run->plan->habits[!direction].late_max +
                      run->plan->habits[direction].late_max;
    uint64_t queue = link->queue ? link->queue : 1u << 20;
    way += link->rate ? queue * 8000000 / link->rate : 0;
    if (took > flow->spec->lifetime + way)
        hw_run_complain(run, "message %u had %llu us and came after %llu", message->number,
                        (unsigned long long)flow->spec->lifetime, (unsigned long long)took);
}

/* The peer has given the rest of it up. */
static void aborted(struct flow *flow, const struct message *message, struct entry *entry) {
    if (!message->policy)
        hw_run_complain(flow->run, "message %u was aborted and has no policy", message->number);
    if (!(message->flags & HAWSER_SEND_UNORDERED))
        flow->expected[message->stream] = message->number + 1;
    entry->fate |= FATE_ABORTED;
}

void hw_flow_took(struct flow *flow, const struct hawser_item *item, size_t size) {
    struct run *run = flow->run;
    uint32_t number = item->message.ppid - FIRST_PPID;
    if (number >= flow->next) {
        hw_run_complain(run, "message %u was delivered, %u were sent", number, flow->next);
        return;
    }
    struct message message = hw_flow_message(flow, number);
    struct entry *entry = &flow->entries[number];
    if (entry->fate & (FATE_DELIVERED | FATE_ABORTED))
        hw_run_complain(run, "message %u was delivered twice", number);
    else if (entry->fate & FATE_NEVER)
        hw_run_complain(run, "message %u was delivered after it was given back as never begun", number);
    else if (item->message.stream != message.stream ||
             !(item->flags & HAWSER_ITEM_UNORDERED) != !(message.flags & HAWSER_SEND_UNORDERED))
        hw_run_complain(run, "message %u was delivered on stream %u as %s, sent on %u", number, item->message.stream,
                        item->flags & HAWSER_ITEM_UNORDERED ? "unordered" : "ordered", message.stream);
    else if (!(message.flags & HAWSER_SEND_UNORDERED) && number < flow->expected[message.stream])
        hw_run_complain(run, "stream %u: message %u was delivered after %u", message.stream, number,
                        flow->expected[message.stream] - 1);
    else if (!(item->flags & HAWSER_ITEM_CONTINUES) != !entry->got)
        hw_run_complain(run, "message %u is said to %s at byte %u", number,
                        item->flags & HAWSER_ITEM_CONTINUES ? "continue" : "begin", entry->got);
    else if (size > message.size - entry->got)
        hw_run_complain(run, "message %u: %zu bytes were delivered at %u of %u", number, size, entry->got, message.size);
    else if (!verify_pieces(flow, number, entry->got, item->message.pieces, size))
        hw_run_complain(run, "message %u: wrong bytes between %u and %zu of %u", number, entry->got, entry->got + size,
                        message.size);
    if (run->complained)
        return;
    entry->got += (uint32_t)size;
    entry->fate |= FATE_BEGUN;
    flow->bytes += size;
    run->bytes += size;
    bool last = size == item->message.size && !(item->flags & HAWSER_ITEM_MORE);
    if (item->flags & HAWSER_ITEM_ABORTED) {
        if (last)
            aborted(flow, &message, entry);
        return;
    }
    if (last != (entry->got == message.size))
        hw_run_complain(run, "message %u ends at byte %u of %u", number, entry->got, message.size);
    if (last) {
        whole(flow, &message, entry);
        judge_time(flow, &message, entry->time);
    }
}

void hw_flow_returned(struct flow *flow, const struct hawser_item *item) {
    struct run *run = flow->run;
    uint64_t context = item->failed.context;
    if (context >= flow->next) {
        hw_run_complain(run, "message %llu was given back, %u were sent", (unsigned long long)context, flow->next);
        return;
    }
    run->result->seen |= HAWSER_SIM_SEEN_SEND_FAILED;
    struct message message = hw_flow_message(flow, (uint32_t)context);
    struct entry *entry = &flow->entries[context];
    if (entry->fate & FATE_REPORTED && !message.parted)
        hw_run_complain(run, "message %u was given back twice", message.number);
    if (!message.parted &&
        (item->failed.size != message.size || !verify_pieces(flow, message.number, 0, item->failed.pieces, message.size)))
        hw_run_complain(run, "message %u was given back with %zu bytes, not its own %u", message.number, item->failed.size,
                        message.size);
    if (item->failed.stream != message.stream || item->failed.ppid != message.number + FIRST_PPID)
        hw_run_complain(run, "message %u was given back with stream %u, ppid %u", message.number, item->failed.stream,
                        item->failed.ppid);
    if (!item->failed.begun && entry->fate & (FATE_DELIVERED | FATE_BEGUN))
        hw_run_complain(run, "message %u was given back as never begun, but it was delivered", message.number);
    if (item->failed.reason == HAWSER_ERR_RANGE && (!message.mortal || item->failed.begun))
        hw_run_complain(run, "message %u was given back for a lifetime that it %s", message.number,
                        message.mortal ? "had met" : "did not have");
    bool given_up = item->failed.reason == HAWSER_ERR_ABANDONED;
    bool restarted = run->restarts && item->failed.reason == HAWSER_ERR_STATE; /* what was begun failed */
    if (given_up != (item->failed.reason && !restarted && item->failed.reason != HAWSER_ERR_RANGE && message.policy) ||
        (given_up && item->failed.policy != message.policy))
        hw_run_complain(run, "message %u of policy %u was given back for %d", message.number, message.policy,
                        item->failed.reason);
    if (!item->failed.begun && item->failed.sent)
        hw_run_complain(run, "message %u was never begun, and %zu bytes of it were sent", message.number, item->failed.sent);
    if (given_up && item->failed.begun)
        run->result->seen |= HAWSER_SIM_SEEN_ABANDONED;
    if (!(entry->fate & FATE_REPORTED) && !(entry->fate & FATE_DELIVERED)) {
        flow->reported++;
        if (entry->fate & FATE_EXCUSED)
            flow->excused--;
        entry->fate &= (uint8_t)~FATE_EXCUSED;
    }
    entry->fate |= item->failed.begun ? FATE_REPORTED : FATE_REPORTED | FATE_NEVER;
}

void hw_flow_excuse(struct flow *flow) {
    for (uint32_t i = 0; i < flow->next; i++)
        if (!(flow->entries[i].fate & (FATE_DELIVERED | FATE_REPORTED | FATE_EXCUSED))) {
            flow->entries[i].fate |= FATE_EXCUSED;
            flow->excused++;
        }
}

uint32_t hw_flow_missing(const struct flow *flow) {
    uint32_t missing = 0;
    for (uint32_t i = 0; i < flow->next; i++)
        missing += !(flow->entries[i].fate & (FATE_DELIVERED | FATE_REPORTED | FATE_EXCUSED));
    return missing;
}
