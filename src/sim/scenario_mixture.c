/* SPDX-License-Identifier: MIT
 *
 * All extensions at once: each is on or off at either host by the seed, over a network with any kind of trouble. What one
 * extension asks of the others shows only here.
 */
#include "sim/scenario.h"

/* What the seed has chosen: hosts are bits. */
struct mix {
    unsigned reconfiguration, authentication, dynamic, ecn, zero_checksum;
    hawser_time busy; /* so long there is something to do */
    uint32_t gone[HAWSER_SIM_PATHS_MAX]; /* hosts whose address on the path is down */
    int restarts;
};

/* Hosts that have something: mostly both, sometimes one, seldom none. */
static unsigned who(struct hawser_sim_dice *dice) {
    static const unsigned hosts[] = {3, 3, 3, 3, 3, 1, 2, 0};
    return hosts[hawser_sim_dice_below(dice, 8)];
}

static unsigned switched(struct hawser_sim_plan *plan, struct hawser_sim_dice *dice, int setting) {
    unsigned hosts = who(dice);
    for (int host = 0; host < 2; host++)
        set(plan, host, setting, hosts >> host & 1);
    return hosts;
}

static void mix_links(struct hawser_sim_plan *plan, struct hawser_sim_dice *dice, const struct mix *mix) {
    struct hawser_sim_link link = {0};
    uint32_t fast = (uint32_t)between(dice, 1, 50);
    link.rate = fast * MBIT;
    link.delay = between(dice, 0, 50 * MS);
    link.jitter = sometimes(dice, 20 * MS);
    link.queue = one_in(dice, 2) ? (uint32_t)between(dice, 20000, 500000) : 0;
    link.loss = sometimes(dice, 8 * PERCENT);
    link.burst_begin = sometimes(dice, PERCENT / 2);
    link.burst_end = (uint32_t)between(dice, 20 * PERCENT, 90 * PERCENT);
    link.burst_loss = (uint32_t)between(dice, 10 * PERCENT, 100 * PERCENT);
    link.duplicate = sometimes(dice, 10 * PERCENT);
    link.reorder = sometimes(dice, 20 * PERCENT);
    link.reorder_delay = between(dice, 1 * MS, 60 * MS);
    link.corrupt = sometimes(dice, 3 * PERCENT);
    link.mark = mix->ecn && one_in(dice, 2) ? (uint32_t)between(dice, 1, 10) * fast * 125 : 0;
    link.mtu_report = one_in(dice, 2);
    FOR_EACH_LINK(plan, each) {
        *each = link;
        if (one_in(dice, 3))
            each->delay = between(dice, 0, 100 * MS);
        if (one_in(dice, 4))
            each->loss = 0;
    }
}

static void mix_flow(struct hawser_sim_flow *one, struct hawser_sim_dice *dice, const struct mix *mix) {
    memset(one, 0, sizeof *one);
    one->size_min = (uint32_t)between(dice, 1, 1000);
    one->size_max = one->size_min * (uint32_t)between(dice, 1, 40);
    one->messages = (uint32_t)between(dice, 50, 500);
    one->streams = (uint32_t)between(dice, 1, 10);
    one->unordered = sometimes(dice, 60 * PERCENT);
    one->lent = sometimes(dice, HAWSER_SIM_PPM);
    one->parted = sometimes(dice, 30 * PERCENT);
    one->bare_end = sometimes(dice, 50 * PERCENT);
    one->spread = sometimes(dice, 30 * PERCENT);
    one->no_delay = sometimes(dice, HAWSER_SIM_PPM);
    one->sack_now = sometimes(dice, 30 * PERCENT);
    one->mortal = sometimes(dice, 20 * PERCENT);
    one->lifetime = between(dice, 10 * MS, 1 * SECOND);
    if (one_in(dice, 2)) {
        one->partial = (uint32_t)between(dice, 5 * PERCENT, 100 * PERCENT);
        one->policies = HAWSER_SIM_POLICIES_ALL;
        if (one_in(dice, 3))
            one->policies = 1u << between(dice, HAWSER_POLICY_TIMED, HAWSER_POLICY_BUFFER);
        one->policy_value = (uint32_t)between(dice, 0, 3);
    }
    if (!one_in(dice, 4))
        one->interval = mix->busy / one->messages;
    if (one_in(dice, 6))
        one->read_rate = between(dice, 50000, 1000000);
    if (one_in(dice, 6)) {
        one->pause_from = between(dice, 0, mix->busy / 2);
        one->pause_to = one->pause_from + between(dice, 1, 5 * SECOND);
    }
}

static void mix_extensions(struct hawser_sim_plan *plan, struct hawser_sim_dice *dice, struct mix *mix) {
    switched(plan, dice, HAWSER_SET_PARTIAL_RELIABILITY);
    switched(plan, dice, HAWSER_SET_INTERLEAVING);
    mix->reconfiguration = switched(plan, dice, HAWSER_SET_RECONFIGURATION);
    mix->authentication = switched(plan, dice, HAWSER_SET_AUTHENTICATION);
    mix->zero_checksum = switched(plan, dice, HAWSER_SET_ZERO_CHECKSUM);
    mix->ecn = who(dice);
    unsigned integrity = plan->family == HAWSER_ROUTE || one_in(dice, 3) ? 3 : who(dice);
    unsigned dynamic = who(dice);
    int64_t mode = one_in(dice, 3) ? 1 : 2; /* with AUTH or without */
    for (int host = 0; host < 2; host++) {
        plan->habits[host].carrier = (mix->ecn >> host & 1 ? HAWSER_CARRIER_ECN : 0) |
                                     (integrity >> host & 1 ? HAWSER_CARRIER_INTEGRITY : 0);
        set(plan, host, HAWSER_SET_DYNAMIC_ADDRESSES, dynamic >> host & 1 ? mode : 0);
        if (dynamic >> host & 1 && (mode == 2 || mix->authentication == 3))
            mix->dynamic |= 1u << host;
        if (one_in(dice, 2))
            set(plan, host, HAWSER_SET_ADAPTATION, (int64_t)between(dice, 0, 5));
        set(plan, host, HAWSER_SET_SCHEDULER, (int64_t)between(dice, 0, 5));
        if (one_in(dice, 3))
            set(plan, host, HAWSER_SET_HMACS, (int64_t)between(dice, 0, 1));
    }
    plan->authenticated = mix->authentication == 3 && one_in(dice, 2);
}

static void mix_settings(struct hawser_sim_plan *plan, struct hawser_sim_dice *dice) {
    static const struct {
        int setting;
        int64_t least, most;
    } ranges[] = {
        {HAWSER_SET_RTO_MIN, 20000, 500000},
        {HAWSER_SET_MAX_BURST, 0, 10},
        {HAWSER_SET_SACK_DELAY, 0, 500000},
        {HAWSER_SET_SACK_FREQUENCY, 1, 6},
        {HAWSER_SET_RECEIVE_BUFFER, 8192, 300000},
        {HAWSER_SET_SEND_BUFFER, 2000, 300000},
        {HAWSER_SET_NO_DELAY, 0, 1},
        {HAWSER_SET_PARTIAL_DELIVERY, 0, 5000},
        {HAWSER_SET_FRAGMENT_SIZE, 100, 1000},
        {HAWSER_SET_HB_MAX_BURST, 1, 4},
        {HAWSER_SET_PATH_MAX_RETRANS, 2, 10},
        {HAWSER_SET_PATH_MTU, 1280, 1500},
        {HAWSER_SET_MTU_MAX, 1280, 9000},
        {HAWSER_SET_PMTU_PROBE, 1000000, 3000000},
        {HAWSER_SET_PMTU_RAISE, 1000000, 10000000},
        {HAWSER_SET_PMTU_DISCOVERY, 0, 1},
        {HAWSER_SET_PF_THRESHOLD, 0, 3},
        {HAWSER_SET_PF_EXPOSED, 0, 1},
        {HAWSER_SET_PRIMARY_SWITCHOVER, 3, 5},
        {HAWSER_SET_STREAMS_IN_MAX, 10, 60},
    };
    for (size_t i = 0; i < sizeof ranges / sizeof ranges[0]; i++)
        if (one_in(dice, 3)) {
            int host = (int)between(dice, 0, 2) - 1;
            set(plan, host, ranges[i].setting, (int64_t)between(dice, (uint64_t)ranges[i].least, (uint64_t)ranges[i].most));
        }
    set(plan, -1, HAWSER_SET_HB_INTERVAL, (int64_t)between(dice, 200 * MS, 3 * SECOND));
    set(plan, -1, HAWSER_SET_RTO_INITIAL, 500000);
    set(plan, -1, HAWSER_SET_RTO_MAX, (int64_t)between(dice, 2 * SECOND, 4 * SECOND));
    set(plan, -1, HAWSER_SET_ASSOCIATION_MAX_RETRANS, 60); /* long enough for all that is done here */
    set(plan, -1, HAWSER_SET_MAX_INIT_RETRANS, 30);
}

/* A host loses an address or has it again. It keeps one, host 1 always the same: who moves while it does finds it there. With
 * both families host 0 does, too: they might have none in common. */
static void mix_move(struct hawser_sim_plan *plan, struct hawser_sim_dice *dice, struct mix *mix, hawser_time at) {
    uint32_t path = (uint32_t)between(dice, 0, plan->paths - 1), left = 0;
    uint32_t host = (uint32_t)between(dice, 0, 1);
    uint32_t bit = 1u << host;
    for (uint32_t i = 0; i < plan->paths; i++)
        left += !(mix->gone[i] & bit);
    if ((!(mix->gone[path] & bit) && left == 1) || ((host == 1 || plan->mixed) && path == 0))
        return;
    mix->gone[path] ^= bit;
    deed(plan, at, mix->gone[path] & bit ? HAWSER_SIM_ADDRESS_DOWN : HAWSER_SIM_ADDRESS_UP, host, path);
}

/* Both sides have the next key before one after the other uses it. */
static void mix_keys(struct hawser_sim_plan *plan, struct hawser_sim_dice *dice, const struct mix *mix) {
    hawser_time at = SECOND;
    for (uint32_t key = 2; key < 6 && at < mix->busy; key++) {
        uint32_t first = (uint32_t)between(dice, 0, 1);
        hawser_time step = between(dice, 1, 500) * MS;
        deed(plan, at, HAWSER_SIM_KEY_SET, 0, key);
        deed(plan, at, HAWSER_SIM_KEY_SET, 1, key);
        deed(plan, at + 100 * MS, HAWSER_SIM_KEY_USE, first, key);
        deed(plan, at + 100 * MS + step, HAWSER_SIM_KEY_USE, !first, key);
        at += 2 * SECOND + between(dice, 0, 4) * SECOND;
    }
}

static void mix_deeds(struct hawser_sim_plan *plan, struct hawser_sim_dice *dice, struct mix *mix) {
    for (uint64_t count = one_in(dice, 2) ? between(dice, 1, 6) : 0; count; count--) {
        uint32_t path = (uint32_t)between(dice, 0, plan->paths - 1);
        hawser_time at = between(dice, 0, mix->busy);
        deed(plan, at, HAWSER_SIM_CUT, path, between(dice, 1, 3));
        deed(plan, at + between(dice, 1, 4 * SECOND), HAWSER_SIM_HEAL, path, 3);
    }
    /* not for a restless user: with each change of DSCP the search for a black hole begins anew */
    for (uint64_t count = one_in(dice, 2) && !plan->fidget ? between(dice, 1, 5) : 0; count; count--) {
        uint32_t path = (uint32_t)between(dice, 0, plan->paths - 1);
        uint64_t mtu = between(dice, 1280, 9000);
        deed(plan, between(dice, 0, mix->busy), HAWSER_SIM_MTU, path, mtu);
    }
    for (uint64_t count = between(dice, 0, 4); count; count--) {
        uint32_t host = (uint32_t)between(dice, 0, 1);
        uint64_t scheduler = between(dice, 0, 5);
        deed(plan, between(dice, 0, mix->busy), HAWSER_SIM_SCHEDULER, host, scheduler);
    }
    if (plan->moving) {
        hawser_time at = SECOND;
        for (uint64_t count = between(dice, 1, 8); count && at < mix->busy; count--) {
            mix_move(plan, dice, mix, at);
            at += between(dice, 10 * MS, 6 * SECOND);
        }
    }
    if (mix->restarts) {
        hawser_time at = 0;
        for (uint64_t count = between(dice, 1, 2); count; count--) {
            hawser_time length = between(dice, 0, SECOND);
            at += between(dice, 100 * MS, mix->busy / 2);
            deed(plan, at, HAWSER_SIM_RESTART, (uint32_t)between(dice, 0, 1), length);
            at += length;
        }
    } else if (plan->authenticated)
        mix_keys(plan, dice, mix);
}

static void mix_habits(struct hawser_sim_habits *habits, struct hawser_sim_dice *dice) {
    habits->late = sometimes(dice, 30 * PERCENT);
    habits->late_max = between(dice, 1, 20 * MS);
    habits->segments_max = one_in(dice, 2) ? (uint32_t)between(dice, 2, 64) : 0;
    habits->small_buffer = sometimes(dice, 20 * PERCENT);
    habits->coalesce = sometimes(dice, 2 * MS);
    habits->clock = one_in(dice, 2) ? between(dice, 0, 1000000000) * SECOND : 0;
}

static void mix_ends(struct hawser_sim_plan *plan, struct hawser_sim_dice *dice, const struct mix *mix) {
    plan->end = (uint32_t)between(dice, HAWSER_SIM_SHUTDOWN_0, HAWSER_SIM_SHUTDOWN_BOTH);
    if (plan->moving || plan->reconfigure) { /* what was asked for has time to come about */
        plan->end_at = mix->busy + 200 * SECOND;
        plan->complete = 0;
    }
    if (plan->end_at || mix->restarts) /* nothing is ended in the middle of a message, or mended when it failed half sent */
        plan->flows[0].parted = plan->flows[1].parted = 0;
    if (mix->restarts) {
        uint32_t not_up = HAWSER_SIM_REASON(HAWSER_END_NO_ANSWER) | HAWSER_SIM_REASON(HAWSER_END_REFUSED);
        plan->whole = plan->complete = 0;
        may_end(plan, ANY_LOSS | not_up, ANY_LOSS | not_up);
    }
    late_packets(plan);
    plan->time_max = 7200 * SECOND;
}

void hw_scenario_mixture(struct hawser_sim_plan *plan, struct hawser_sim_dice *dice) {
    static const uint8_t families[] = {HAWSER_IPV4, HAWSER_IPV4, HAWSER_IPV6, HAWSER_IPV6, HAWSER_ROUTE};
    struct mix mix = {.busy = between(dice, 3, 30) * SECOND};
    plan->family = families[hawser_sim_dice_below(dice, 5)];
    plan->paths = plan->family == HAWSER_ROUTE ? 1 : (uint32_t)between(dice, 1, HAWSER_SIM_PATHS_MAX);
    plan->mixed = plan->family != HAWSER_ROUTE && one_in(dice, 4);
    plan->plain = one_in(dice, 3);
    plan->associations = one_in(dice, 6) ? (uint32_t)between(dice, 2, 4) : 1;
    plan->both_connect = one_in(dice, 5);
    plan->early = one_in(dice, 2);
    plan->wildcard = one_in(dice, 2);
    mix.restarts = one_in(dice, 4);
    if (mix.restarts) /* what goes with a COOKIE ECHO may come to a host that crashes, and again to the one that comes back */
        plan->early = 0;
    mix_extensions(plan, dice, &mix);
    mix_settings(plan, dice);
    mix_links(plan, dice, &mix);
    for (int host = 0; host < 2; host++) {
        mix_flow(&plan->flows[host], dice, &mix);
        mix_habits(&plan->habits[host], dice);
    }
    if (mix.dynamic == 3 && plan->paths > 1 && one_in(dice, 2)) {
        plan->moving = plan->wildcard = 1;
        set(plan, -1, HAWSER_SET_AUTO_ASCONF, 1);
    }
    if (mix.reconfiguration == 3 && one_in(dice, 2))
        plan->reconfigure = between(dice, 50 * MS, 2 * SECOND);
    plan->fidget = one_in(dice, 4) ? between(dice, 1 * MS, 200 * MS) : 0;
    mix_deeds(plan, dice, &mix);
    mix_ends(plan, dice, &mix);
}
