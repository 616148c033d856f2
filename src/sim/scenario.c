/* SPDX-License-Identifier: MIT
 *
 * The scenarios: plans with names. Each fixes what it is about and leaves the rest to the seed's dice, so that every seed is
 * another run of it. What a scenario is meant to show it must show (must_see), or its run fails.
 */
#include "sim/scenario.h"

static void clean(struct hawser_sim_plan *plan, struct hawser_sim_dice *dice) {
    plan->family = one_in(dice, 2) ? HAWSER_IPV6 : HAWSER_IPV4;
    plan->plain = one_in(dice, 2);
    plan->must_see = HAWSER_SIM_SEEN_FRAGMENTED;
}

static void lossy(struct hawser_sim_plan *plan, struct hawser_sim_dice *dice) {
    uint32_t loss = (uint32_t)between(dice, 2 * PERCENT, 10 * PERCENT);
    FOR_EACH_LINK(plan, link) link->loss = loss;
    plan->must_see = HAWSER_SIM_SEEN_RETRANSMISSION | HAWSER_SIM_SEEN_FAST_RETRANSMIT;
}

/* The state of a link changes with its packets: a burst that meets a single timer's packets lasts long. */
static void burst_loss(struct hawser_sim_plan *plan, struct hawser_sim_dice *dice) {
    set(plan, -1, HAWSER_SET_ASSOCIATION_MAX_RETRANS, 80); /* one packet in 3 s ends no burst soon */
    set(plan, -1, HAWSER_SET_RTO_MAX, 3000000);
    uint32_t end = (uint32_t)between(dice, 10 * PERCENT, 40 * PERCENT);
    FOR_EACH_LINK(plan, link) {
        link->burst_begin = 1 * PERCENT;
        link->burst_end = end;
        link->burst_loss = 80 * PERCENT;
    }
    plan->must_see = HAWSER_SIM_SEEN_RETRANSMISSION;
}

static void reorder(struct hawser_sim_plan *plan, struct hawser_sim_dice *dice) {
    uint32_t share = (uint32_t)between(dice, 5 * PERCENT, 30 * PERCENT);
    FOR_EACH_LINK(plan, link) {
        link->reorder = share;
        link->reorder_delay = 30 * MS;
    }
    plan->must_see = HAWSER_SIM_SEEN_REORDERED;
    late_packets(plan);
}

static void duplicate(struct hawser_sim_plan *plan, struct hawser_sim_dice *dice) {
    uint32_t share = (uint32_t)between(dice, 5 * PERCENT, 50 * PERCENT);
    FOR_EACH_LINK(plan, link) link->duplicate = share;
    plan->must_see = HAWSER_SIM_SEEN_DUPLICATE;
    late_packets(plan);
}

static void corrupt(struct hawser_sim_plan *plan, struct hawser_sim_dice *dice) {
    uint32_t share = (uint32_t)between(dice, 2 * PERCENT, 10 * PERCENT);
    FOR_EACH_LINK(plan, link) link->corrupt = share;
    plan->must_see = HAWSER_SIM_SEEN_CHECKSUM_ERROR;
}

static void jitter(struct hawser_sim_plan *plan, struct hawser_sim_dice *dice) {
    hawser_time most = between(dice, 5 * MS, 300 * MS);
    FOR_EACH_LINK(plan, link) link->jitter = most;
}

/* What is sent again tells nothing of the round trip (Karn; RFC 9260 6.3.1 C5): packets are lost on the way there alone, no queue
 * makes the round trip longer, and a SACK waits for the default 200 ms at most. */
static void round_trips(struct hawser_sim_plan *plan, struct hawser_sim_dice *dice) {
    hawser_time there = between(dice, 1 * MS, 100 * MS);
    hawser_time back = between(dice, 1 * MS, 100 * MS);
    plan->links[0][0] = (struct hawser_sim_link){.delay = there, .loss = (uint32_t)between(dice, 5 * PERCENT, 20 * PERCENT)};
    plan->links[0][1] = (struct hawser_sim_link){.delay = back};
    plan->flows[0].interval = one_in(dice, 2) ? between(dice, 1 * MS, 300 * MS) : 0;
    flow(plan, 0, 150, 10, 3000);
    plan->srtt_max = there + back + 200 * MS;
    plan->must_see = HAWSER_SIM_SEEN_RETRANSMISSION;
}

static void narrow(struct hawser_sim_plan *plan, struct hawser_sim_dice *dice) {
    link_basic(plan, between(dice, 64000, 256000), 50 * MS, 8000);
    flow(plan, 0, 100, 64, 4096);
    flow(plan, 1, 20, 64, 1024);
    plan->must_see = HAWSER_SIM_SEEN_RETRANSMISSION;
}

static void long_fat(struct hawser_sim_plan *plan, struct hawser_sim_dice *dice) {
    (void)dice;
    link_basic(plan, 1000 * MBIT, 100 * MS, 4u << 20);
    flow(plan, 0, 600, 32768, 32768);
    set(plan, -1, HAWSER_SET_RECEIVE_BUFFER, 16 << 20);
    set(plan, -1, HAWSER_SET_SEND_BUFFER, 16 << 20);
    plan->habits[0].segments_max = plan->habits[1].segments_max = 40;
    plan->habits[0].coalesce = plan->habits[1].coalesce = 50;
}

static void two_paths(struct hawser_sim_plan *plan, struct hawser_sim_dice *dice) {
    plan->paths = (uint32_t)between(dice, 2, HAWSER_SIM_PATHS_MAX);
    plan->mixed = one_in(dice, 2);
    for (uint32_t path = 0; path < plan->paths; path++) {
        struct hawser_sim_link link = {.queue = 64000};
        link.rate = between(dice, 1, 50) * MBIT;
        link.delay = between(dice, 1 * MS, 80 * MS);
        link.loss = (uint32_t)between(dice, 0, 5 * PERCENT);
        link_like(plan, path, &link);
    }
    plan->flows[0].spread = 20 * PERCENT;
    plan->flows[0].interval = 10 * MS; /* so long that the paths are confirmed, one after the other */
    plan->must_see = HAWSER_SIM_SEEN_SECOND_PATH;
}

/* Detection in seconds rather than the minute that the defaults of RFC 9260 16 take. */
static void quick_detection(struct hawser_sim_plan *plan) {
    set(plan, -1, HAWSER_SET_PATH_MAX_RETRANS, 2);
    set(plan, -1, HAWSER_SET_RTO_MAX, 3000000);
    set(plan, -1, HAWSER_SET_HB_INTERVAL, 2000000);
}

static void path_failure(struct hawser_sim_plan *plan, struct hawser_sim_dice *dice) {
    plan->paths = 2;
    quick_detection(plan);
    flow(plan, 0, 1500, 500, 2000);
    plan->flows[0].interval = 20 * MS;
    plan->flows[1].interval = 100 * MS;
    hawser_time at = between(dice, 1 * SECOND, 3 * SECOND);
    deed(plan, at, HAWSER_SIM_CUT, 0, one_in(dice, 2) ? 3 : 1);
    deed(plan, at + 15 * SECOND, HAWSER_SIM_HEAL, 0, 3);
    plan->must_see = HAWSER_SIM_SEEN_PATH_DOWN | HAWSER_SIM_SEEN_PATH_BACK | HAWSER_SIM_SEEN_SECOND_PATH;
}

static void all_paths_flap(struct hawser_sim_plan *plan, struct hawser_sim_dice *dice) {
    plan->paths = (uint32_t)between(dice, 1, 3);
    flow(plan, 0, 1500, 500, 2000);
    plan->flows[0].interval = 15 * MS;
    hawser_time at = 0;
    for (int i = 0; i < 12; i++) {
        uint32_t path = (uint32_t)between(dice, 0, plan->paths - 1);
        hawser_time length = between(dice, 100 * MS, 3 * SECOND);
        at += between(dice, 200 * MS, 2 * SECOND);
        for (uint32_t p = 0; p < plan->paths; p++)
            if (p == path || one_in(dice, 2)) {
                deed(plan, at, HAWSER_SIM_CUT, p, between(dice, 1, 3));
                deed(plan, at + length, HAWSER_SIM_HEAL, p, 3);
            }
    }
    set(plan, -1, HAWSER_SET_ASSOCIATION_MAX_RETRANS, 20);
    plan->must_see = HAWSER_SIM_SEEN_TIMEOUT;
}

/* A path that swallows large packets in silence: after some time-outs the estimate falls to 1280, the transfer goes on, and
 * probes find what passes. */
static void mtu_black_hole(struct hawser_sim_plan *plan, struct hawser_sim_dice *dice) {
    deed(plan, 100 * MS, HAWSER_SIM_MTU, 0, between(dice, 1280, 1400));
    plan->flows[0].interval = 1 * MS;
    plan->must_see = HAWSER_SIM_SEEN_TOO_BIG | HAWSER_SIM_SEEN_TIMEOUT;
}

/* A path that does not even carry 1280: IPv4 has smaller packets still (RFC 8899 5.2, ERROR). */
static void mtu_abyss(struct hawser_sim_plan *plan, struct hawser_sim_dice *dice) {
    mtu_black_hole(plan, dice);
    plan->family = HAWSER_IPV4;
    plan->deeds[0].value = between(dice, 600, 1000);
}

static void mtu_reported(struct hawser_sim_plan *plan, struct hawser_sim_dice *dice) {
    FOR_EACH_LINK(plan, link) link->mtu_report = 1;
    plan->flows[0].interval = 1 * MS;
    plan->family = one_in(dice, 2) ? HAWSER_IPV6 : HAWSER_IPV4;
    plan->plain = one_in(dice, 2);
    deed(plan, 100 * MS, HAWSER_SIM_MTU, 0, between(dice, 1300, 1450));
    deed(plan, 300 * MS, HAWSER_SIM_MTU, 0, plan->family == HAWSER_IPV6 ? 1280 : between(dice, 600, 1299));
    plan->must_see = HAWSER_SIM_SEEN_TOO_BIG;
}

static void nat_rebind(struct hawser_sim_plan *plan, struct hawser_sim_dice *dice) {
    plan->nat = 1;
    set(plan, 0, HAWSER_SET_NAT, 1);
    plan->flows[0].interval = 5 * MS;
    plan->flows[1].interval = 20 * MS;
    for (int i = 1; i < 5; i++)
        deed(plan, (hawser_time)i * between(dice, 300 * MS, 600 * MS), HAWSER_SIM_NAT_PORT, 0, 0);
}

static void nat_address(struct hawser_sim_plan *plan, struct hawser_sim_dice *dice) {
    nat_rebind(plan, dice);
    plan->deed_count = 0;
    deed(plan, 500 * MS, HAWSER_SIM_NAT_ADDRESS, 0, 0);
    may_end(plan, ANY_LOSS, ANY_LOSS);
    plan->whole = plan->complete = 0;
}

static void slow_reader(struct hawser_sim_plan *plan, struct hawser_sim_dice *dice) {
    set(plan, 1, HAWSER_SET_RECEIVE_BUFFER, (int64_t)between(dice, 16384, 100000));
    if (one_in(dice, 2))
        flow(plan, 0, 400, 100, 4096);
    else
        flow(plan, 0, 3000, 1, 300); /* their records cost more than they carry */
    plan->flows[0].read_rate = between(dice, 20000, 200000);
    plan->flows[0].pause_from = 50 * MS;
    plan->flows[0].pause_to = between(dice, 2 * SECOND, one_in(dice, 2) ? 900 * SECOND : 30 * SECOND);
    plan->must_see = HAWSER_SIM_SEEN_ZERO_WINDOW;
}

/* Buffers that a message or two fill: holes, waiting messages and partial delivery compete for the last bytes. */
static void tight_buffers(struct hawser_sim_plan *plan, struct hawser_sim_dice *dice) {
    set(plan, -1, HAWSER_SET_ASSOCIATION_MAX_RETRANS, 30);
    set(plan, -1, HAWSER_SET_RECEIVE_BUFFER, (int64_t)between(dice, 4096, 16384));
    if (one_in(dice, 2))
        set(plan, -1, HAWSER_SET_PARTIAL_DELIVERY, (int64_t)between(dice, 500, 20000));
    if (one_in(dice, 2))
        set(plan, -1, HAWSER_SET_SEND_BUFFER, (int64_t)between(dice, 2000, 30000));
    for (int i = 0; i < 2; i++) {
        if (one_in(dice, 2))
            flow(plan, i, 60, 100, (uint32_t)between(dice, 2000, 30000));
        else
            flow(plan, i, 600, 1, (uint32_t)between(dice, 10, 1000));
        plan->flows[i].unordered = one_in(dice, 2) ? 40 * PERCENT : 0;
        plan->flows[i].parted = one_in(dice, 2) ? 30 * PERCENT : 0;
        plan->flows[i].mortal = one_in(dice, 3) ? 30 * PERCENT : 0;
        plan->flows[i].lifetime = between(dice, 10 * MS, 1 * SECOND);
        plan->flows[i].read_rate = one_in(dice, 4) ? between(dice, 20000, 200000) : 0;
    }
    FOR_EACH_LINK(plan, link) {
        link->loss = one_in(dice, 2) ? 3 * PERCENT : 0;
        link->reorder = one_in(dice, 2) ? 20 * PERCENT : 0;
        link->reorder_delay = 20 * MS;
    }
    plan->hasty = plan->flows[0].parted == 0 && plan->flows[1].parted == 0 && one_in(dice, 3);
    plan->complete = !plan->hasty;
    late_packets(plan);
}

/* Fragments come between messages that are read at once: of the blocks that they shared little is left, and all of it is held. */
static void scraps(struct hawser_sim_plan *plan, struct hawser_sim_dice *dice) {
    tight_buffers(plan, dice);
    set(plan, -1, HAWSER_SET_RECEIVE_BUFFER, (int64_t)between(dice, 4096, 5000));
    set(plan, -1, HAWSER_SET_FRAGMENT_SIZE, (int64_t)between(dice, 60, 400));
    for (int i = 0; i < 2; i++) {
        uint32_t least = (uint32_t)between(dice, 40, 200);
        flow(plan, i, 150, least, (uint32_t)between(dice, 1000, 6000));
        plan->flows[i].unordered = (uint32_t)between(dice, 50 * PERCENT, 100 * PERCENT);
        plan->flows[i].read_rate = 0;
    }
    FOR_EACH_LINK(plan, link) {
        link->loss = 10 * PERCENT;
        link->reorder = 40 * PERCENT;
    }
}

static void tiny_messages(struct hawser_sim_plan *plan, struct hawser_sim_dice *dice) {
    flow(plan, 0, 20000, 1, 8);
    flow(plan, 1, 1000, 1, 1);
    set(plan, -1, HAWSER_SET_NO_DELAY, one_in(dice, 2));
    if (one_in(dice, 2)) {
        set(plan, 1, HAWSER_SET_RECEIVE_BUFFER, 65536);
        plan->flows[0].pause_to = 3 * SECOND;
    }
}

static void huge_messages(struct hawser_sim_plan *plan, struct hawser_sim_dice *dice) {
    set(plan, -1, HAWSER_SET_RECEIVE_BUFFER, (int64_t)between(dice, 32768, 262144));
    set(plan, -1, HAWSER_SET_SEND_BUFFER, 1 << 20); /* smaller than some */
    flow(plan, 0, 12, 100000, 1500000);
    flow(plan, 1, 4, 100000, 400000);
    plan->flows[0].parted = 30 * PERCENT;
    plan->flows[0].streams = 3;
    plan->flows[0].unordered = 20 * PERCENT;
    plan->must_see = HAWSER_SIM_SEEN_PARTIAL;
}

static void many_streams(struct hawser_sim_plan *plan, struct hawser_sim_dice *dice) {
    (void)dice;
    set(plan, -1, HAWSER_SET_STREAMS_OUT, 65535);
    plan->flows[0].streams = plan->flows[1].streams = 65535;
    flow(plan, 0, 6000, 16, 512);
}

static void unordered_mix(struct hawser_sim_plan *plan, struct hawser_sim_dice *dice) {
    for (int i = 0; i < 2; i++) {
        plan->flows[i].unordered = 50 * PERCENT;
        plan->flows[i].no_delay = plan->flows[i].sack_now = 10 * PERCENT;
        plan->flows[i].parted = 10 * PERCENT;
        plan->flows[i].bare_end = 50 * PERCENT;
    }
    uint32_t loss = (uint32_t)between(dice, 0, 5 * PERCENT);
    FOR_EACH_LINK(plan, link) link->loss = loss;
}

static void requests(struct hawser_sim_plan *plan, struct hawser_sim_dice *dice) {
    flow(plan, 0, 300, 20, 2000);
    flow(plan, 1, 300, 20, 20000);
    for (int i = 0; i < 2; i++)
        plan->flows[i].lockstep = 1;
    plan->flows[0].ahead = (uint32_t)between(dice, 1, 8);
    FOR_EACH_LINK(plan, link) link->loss = 1 * PERCENT;
}

static void lifetimes(struct hawser_sim_plan *plan, struct hawser_sim_dice *dice) {
    link_basic(plan, 2 * MBIT, 20 * MS, 32000);
    plan->flows[0].mortal = one_in(dice, 2) ? HAWSER_SIM_PPM : 40 * PERCENT;
    plan->flows[0].lifetime = between(dice, 5 * MS, 60 * MS);
    if (one_in(dice, 2)) {
        set(plan, 0, HAWSER_SET_SEND_BUFFER, (int64_t)between(dice, 9000, 40000));
        set(plan, 1, HAWSER_SET_RECEIVE_BUFFER, (int64_t)between(dice, 8192, 40000));
        plan->flows[0].pause_to = between(dice, 1 * SECOND, 5 * SECOND);
    }
    plan->must_see = HAWSER_SIM_SEEN_SEND_FAILED;
}

static void collision(struct hawser_sim_plan *plan, struct hawser_sim_dice *dice) {
    plan->both_connect = 1;
    plan->early = one_in(dice, 2);
    plan->paths = (uint32_t)between(dice, 1, 2);
    FOR_EACH_LINK(plan, link) {
        link->jitter = between(dice, 0, 30 * MS);
        link->loss = one_in(dice, 2) ? 10 * PERCENT : 0;
    }
}

static void restart(struct hawser_sim_plan *plan, struct hawser_sim_dice *dice) {
    plan->flows[0].interval = plan->flows[1].interval = 10 * MS;
    uint32_t host = (uint32_t)between(dice, 0, 1);
    deed(plan, between(dice, 500 * MS, 1500 * MS), HAWSER_SIM_RESTART, host, 300 * MS);
    plan->whole = 0;
    may_end(plan, ANY_LOSS, ANY_LOSS);
    plan->must_see = HAWSER_SIM_SEEN_RESTART | HAWSER_SIM_SEEN_SEND_FAILED;
}

static void restart_again(struct hawser_sim_plan *plan, struct hawser_sim_dice *dice) {
    hawser_time at = 0;
    plan->flows[0].interval = plan->flows[1].interval = 10 * MS;
    for (int i = 0; i < 4; i++) {
        hawser_time length = between(dice, 0, one_in(dice, 2) ? 10 * MS : 5 * SECOND);
        at += between(dice, 100 * MS, 2 * SECOND);
        deed(plan, at, HAWSER_SIM_RESTART, (uint32_t)between(dice, 0, 1), length);
        at += length;
    }
    FOR_EACH_LINK(plan, link) link->loss = one_in(dice, 2) ? 5 * PERCENT : 0;
    plan->whole = plan->complete = 0;
    uint32_t not_up = HAWSER_SIM_REASON(HAWSER_END_NO_ANSWER) | HAWSER_SIM_REASON(HAWSER_END_REFUSED);
    may_end(plan, ANY_LOSS | not_up, ANY_LOSS | not_up);
}

static void shutdown_both(struct hawser_sim_plan *plan, struct hawser_sim_dice *dice) {
    plan->end = HAWSER_SIM_SHUTDOWN_BOTH;
    plan->hasty = 1; /* data is queued on both sides */
    FOR_EACH_LINK(plan, link) link->loss = one_in(dice, 2) ? (uint32_t)between(dice, 0, 20 * PERCENT) : 0;
}

static void shutdown_mid(struct hawser_sim_plan *plan, struct hawser_sim_dice *dice) {
    plan->end = (uint32_t)between(dice, HAWSER_SIM_SHUTDOWN_0, HAWSER_SIM_SHUTDOWN_BOTH);
    plan->end_at = between(dice, 0, 500 * MS);
    plan->complete = 0;
    plan->early = one_in(dice, 2);
    plan->whole = 0; /* it may not be up by then */
    FOR_EACH_LINK(plan, link) link->loss = one_in(dice, 2) ? (uint32_t)between(dice, 0, 10 * PERCENT) : 0;
}

/* Who shuts down reads slowly what the other still has: its SHUTDOWNs acknowledge, and its SACKs open the window. */
static void shutdown_slow(struct hawser_sim_plan *plan, struct hawser_sim_dice *dice) {
    set(plan, 1, HAWSER_SET_RECEIVE_BUFFER, (int64_t)between(dice, 6000, 60000));
    flow(plan, 0, 150, 10, (uint32_t)between(dice, 100, 8000));
    flow(plan, 1, 10, 10, 1000);
    plan->flows[0].read_rate = between(dice, 10000, 200000);
    plan->flows[0].pause_from = between(dice, 0, 200 * MS);
    plan->flows[0].pause_to = plan->flows[0].pause_from + between(dice, 0, 20 * SECOND);
    plan->end = HAWSER_SIM_SHUTDOWN_1;
    plan->end_at = between(dice, 50 * MS, 1 * SECOND);
    plan->complete = 0;
    late_packets(plan);
}

static void abort_mid(struct hawser_sim_plan *plan, struct hawser_sim_dice *dice) {
    int who = one_in(dice, 2);
    plan->end = who ? HAWSER_SIM_ABORT_1 : HAWSER_SIM_ABORT_0;
    plan->end_at = between(dice, 50 * MS, 500 * MS);
    plan->whole = plan->complete = 0;
    plan->reasons[who] = HAWSER_SIM_REASON(HAWSER_END_ABORTED);
    plan->reasons[!who] = HAWSER_SIM_REASON(HAWSER_END_PEER_ABORTED);
}

static void close_mid(struct hawser_sim_plan *plan, struct hawser_sim_dice *dice) {
    abort_mid(plan, dice);
    plan->end = HAWSER_SIM_CLOSE_0;
    may_end(plan, HAWSER_SIM_REASON(HAWSER_END_ABORTED), HAWSER_SIM_REASON(HAWSER_END_PEER_ABORTED));
}

static void many_associations(struct hawser_sim_plan *plan, struct hawser_sim_dice *dice) {
    plan->associations = 300;
    plan->stagger = between(dice, 0, 1 * MS);
    link_basic(plan, 200 * MBIT, 5 * MS, 0);
    flow(plan, 0, 10, 10, 4000);
    flow(plan, 1, 5, 10, 4000);
    plan->habits[0].coalesce = 20;
}

static void memory_ceiling(struct hawser_sim_plan *plan, struct hawser_sim_dice *dice) {
    plan->associations = (uint32_t)between(dice, 4, 20);
    plan->memory_max = between(dice, 1u << 20, 4u << 20);
    flow(plan, 0, 100, 100, 16384);
    plan->flows[0].pause_to = 3 * SECOND;
    plan->whole = plan->complete = 0; /* late ones may be refused for want of memory */
    may_end(plan, HAWSER_SIM_REASON(HAWSER_END_SHUTDOWN) | HAWSER_SIM_REASON(HAWSER_END_REFUSED),
            HAWSER_SIM_REASON(HAWSER_END_SHUTDOWN));
}

static void routes(struct hawser_sim_plan *plan, struct hawser_sim_dice *dice) {
    plan->family = HAWSER_ROUTE;
    FOR_EACH_LINK(plan, link) link->loss = (uint32_t)between(dice, 0, 2 * PERCENT);
}

static void route_lost(struct hawser_sim_plan *plan, struct hawser_sim_dice *dice) {
    plan->family = HAWSER_ROUTE;
    plan->flows[0].interval = plan->flows[1].interval = 1 * MS;
    for (uint32_t host = 0; host < 2; host++)
        deed(plan, between(dice, 0, 400 * MS), HAWSER_SIM_ROUTE_LOST, host, 0);
    uint32_t lost = HAWSER_SIM_REASON(HAWSER_END_ROUTE_LOST);
    may_end(plan, lost | ANY_LOSS, lost | ANY_LOSS);
    plan->whole = plan->complete = 0;
}

/* Addresses come and go under endpoints that list none of their own. */
static void roaming(struct hawser_sim_plan *plan, struct hawser_sim_dice *dice) {
    plan->wildcard = 1;
    plan->paths = 3;
    plan->flows[0].interval = plan->flows[1].interval = 5 * MS;
    quick_detection(plan);
    for (uint32_t i = 0; i < 3; i++) {
        hawser_time at = between(dice, 100 * MS, 2 * SECOND);
        uint32_t path = 1 + i % 2;
        deed(plan, at, HAWSER_SIM_CUT, path, 3);
        deed(plan, at, HAWSER_SIM_ADDRESS_DOWN, (uint32_t)between(dice, 0, 1), path);
        deed(plan, at + between(dice, 1, 3 * SECOND), HAWSER_SIM_HEAL, path, 3);
        uint32_t host = (uint32_t)between(dice, 0, 1);
        deed(plan, at + between(dice, 1, 3 * SECOND), HAWSER_SIM_ADDRESS_UP, host, path);
        deed(plan, between(dice, 0, 3 * SECOND), HAWSER_SIM_ROUTE_CHANGED, !host, path);
    }
}

/* The way is closed, and ICMP says so: hosts are unreachable, which is no reason to give up. */
static void unreachable(struct hawser_sim_plan *plan, struct hawser_sim_dice *dice) {
    FOR_EACH_LINK(plan, link) link->cut_report = 1;
    plan->paths = (uint32_t)between(dice, 1, 2);
    plan->flows[0].interval = 3 * MS;
    for (int i = 0; i < 3; i++) {
        hawser_time at = between(dice, 50 * MS, 1500 * MS);
        uint32_t path = (uint32_t)between(dice, 0, plan->paths - 1);
        deed(plan, at, HAWSER_SIM_CUT, path, between(dice, 1, 3));
        deed(plan, at + between(dice, 1, 2 * SECOND), HAWSER_SIM_HEAL, path, 3);
    }
}

static void restless(struct hawser_sim_plan *plan, struct hawser_sim_dice *dice) {
    plan->fidget = between(dice, 100, 20 * MS);
    plan->paths = (uint32_t)between(dice, 1, 3);
    plan->early = one_in(dice, 2);
    FOR_EACH_LINK(plan, link) link->loss = one_in(dice, 2) ? 2 * PERCENT : 0;
}

static void wildcard(struct hawser_sim_plan *plan, struct hawser_sim_dice *dice) {
    plan->wildcard = 1;
    plan->paths = (uint32_t)between(dice, 1, 3);
    plan->mixed = one_in(dice, 2);
}

/* ---- swarm ---------------------------------------------------------------------------------------------------- */

static void swarm_links(struct hawser_sim_plan *plan, struct hawser_sim_dice *dice) {
    struct hawser_sim_link link = {0};
    link.rate = one_in(dice, 4) ? 0 : between(dice, 200000, 200 * MBIT);
    link.delay = between(dice, 0, 100 * MS);
    link.jitter = sometimes(dice, 100 * MS);
    link.queue = one_in(dice, 2) ? (uint32_t)between(dice, 6000, 1000000) : 0;
    link.loss = sometimes(dice, 10 * PERCENT);
    link.burst_begin = sometimes(dice, 1 * PERCENT);
    link.burst_end = (uint32_t)between(dice, 10 * PERCENT, 90 * PERCENT);
    link.burst_loss = (uint32_t)between(dice, 10 * PERCENT, 100 * PERCENT);
    link.duplicate = sometimes(dice, 20 * PERCENT);
    link.reorder = sometimes(dice, 30 * PERCENT);
    link.reorder_delay = between(dice, 1 * MS, 80 * MS);
    link.corrupt = sometimes(dice, 5 * PERCENT);
    FOR_EACH_LINK(plan, each) {
        *each = link;
        if (one_in(dice, 3))
            each->delay = between(dice, 0, 200 * MS);
        if (one_in(dice, 4))
            each->loss = 0;
    }
}

static void swarm_flow(struct hawser_sim_flow *one, struct hawser_sim_dice *dice) {
    one->size_min = (uint32_t)between(dice, 1, one_in(dice, 2) ? 16 : 2000);
    one->size_max = one->size_min * (uint32_t)between(dice, 1, 32);
    one->messages = (uint32_t)between(dice, 0, 500000 / (one->size_max + 500) + 1);
    one->streams = (uint32_t)between(dice, 1, 10);
    one->unordered = sometimes(dice, HAWSER_SIM_PPM);
    one->lent = sometimes(dice, HAWSER_SIM_PPM);
    one->parted = sometimes(dice, 50 * PERCENT);
    one->spread = sometimes(dice, HAWSER_SIM_PPM);
    one->no_delay = sometimes(dice, HAWSER_SIM_PPM);
    one->sack_now = sometimes(dice, HAWSER_SIM_PPM);
    one->mortal = sometimes(dice, 50 * PERCENT);
    one->lifetime = between(dice, 1, 2 * SECOND);
    if (one_in(dice, 3))
        one->interval = between(dice, 10, 20 * MS);
    if (one_in(dice, 5))
        one->read_rate = between(dice, 50000, 1000000);
    if (one_in(dice, 5)) {
        one->pause_from = between(dice, 0, 3 * SECOND);
        one->pause_to = one->pause_from + between(dice, 1, 10 * SECOND);
    }
}

static void swarm_settings(struct hawser_sim_plan *plan, struct hawser_sim_dice *dice) {
    static const struct {
        int setting;
        int64_t least, most;
    } ranges[] = {
        {HAWSER_SET_RTO_MIN, 20000, 1000000},
        {HAWSER_SET_RTO_MAX, 1000000, 60000000},
        {HAWSER_SET_MAX_BURST, 0, 10},
        {HAWSER_SET_SACK_DELAY, 0, 500000},
        {HAWSER_SET_SACK_FREQUENCY, 1, 10},
        {HAWSER_SET_RECEIVE_BUFFER, 6000, 300000},
        {HAWSER_SET_SEND_BUFFER, 1000, 300000},
        {HAWSER_SET_NO_DELAY, 0, 1},
        {HAWSER_SET_PARTIAL_DELIVERY, 0, 5000},
        {HAWSER_SET_FRAGMENT_SIZE, 100, 1000},
        {HAWSER_SET_HB_INTERVAL, 100000, 5000000},
        {HAWSER_SET_HB_ENABLED, 0, 1},
        {HAWSER_SET_HB_MAX_BURST, 1, 4},
        {HAWSER_SET_PATH_MAX_RETRANS, 2, 10},
        {HAWSER_SET_SENDER_DRY, 0, 1},
        {HAWSER_SET_PATH_MTU, 600, 1500},
        {HAWSER_SET_RTO_INITIAL, 300000, 3000000},
    };
    for (size_t i = 0; i < sizeof ranges / sizeof ranges[0]; i++)
        if (one_in(dice, 4)) {
            int host = (int)between(dice, 0, 2) - 1;
            set(plan, host, ranges[i].setting, (int64_t)between(dice, (uint64_t)ranges[i].least, (uint64_t)ranges[i].most));
        }
    set(plan, -1, HAWSER_SET_ASSOCIATION_MAX_RETRANS, 30); /* long enough for all that is done here */
}

static void swarm_deeds(struct hawser_sim_plan *plan, struct hawser_sim_dice *dice) {
    if (one_in(dice, 3))
        for (int i = 0; i < 4; i++) {
            uint32_t path = (uint32_t)between(dice, 0, plan->paths - 1);
            hawser_time at = between(dice, 0, 8 * SECOND);
            deed(plan, at, HAWSER_SIM_CUT, path, between(dice, 1, 3));
            deed(plan, at + between(dice, 1, 4 * SECOND), HAWSER_SIM_HEAL, path, 3);
        }
    if (one_in(dice, 4)) {
        FOR_EACH_LINK(plan, link) link->mtu_report = 1;
        uint64_t least = plan->family == HAWSER_IPV6 || plan->mixed ? 1280 : 576;
        for (int i = 0; i < 3; i++) {
            uint32_t path = (uint32_t)between(dice, 0, plan->paths - 1);
            uint64_t mtu = between(dice, least, 1500);
            deed(plan, between(dice, 0, 5 * SECOND), HAWSER_SIM_MTU, path, mtu);
        }
    }
    if (one_in(dice, 6) && plan->paths == 1 && !plan->plain && plan->family != HAWSER_ROUTE && !plan->both_connect) {
        plan->nat = 1;
        set(plan, 0, HAWSER_SET_NAT, 1);
        for (int i = 0; i < 3; i++)
            deed(plan, between(dice, 0, 5 * SECOND), HAWSER_SIM_NAT_PORT, 0, 0);
        /* until the inside speaks again nobody knows the new port: let it */
        set(plan, 0, HAWSER_SET_HB_ENABLED, 1);
        set(plan, 0, HAWSER_SET_HB_INTERVAL, 500000);
    }
}

static void swarm_habits(struct hawser_sim_habits *habits, struct hawser_sim_dice *dice) {
    habits->late = sometimes(dice, 50 * PERCENT);
    habits->late_max = between(dice, 1, 50 * MS);
    habits->segments_max = sometimes(dice, 64);
    habits->small_buffer = sometimes(dice, 30 * PERCENT);
    habits->coalesce = sometimes(dice, 2 * MS);
    habits->clock = one_in(dice, 2) ? between(dice, 0, 1000000000) * SECOND : 0;
}

static void swarm(struct hawser_sim_plan *plan, struct hawser_sim_dice *dice) {
    static const uint8_t families[] = {HAWSER_IPV4, HAWSER_IPV4, HAWSER_IPV6, HAWSER_ROUTE};
    plan->associations = one_in(dice, 5) ? (uint32_t)between(dice, 2, 10) : 1;
    plan->stagger = one_in(dice, 2) ? between(dice, 0, 20 * MS) : 0;
    plan->family = families[hawser_sim_dice_below(dice, 4)];
    plan->both_connect = one_in(dice, 5);
    plan->early = one_in(dice, 2);
    plan->plain = one_in(dice, 4);
    plan->paths = plan->family == HAWSER_ROUTE ? 1 : (uint32_t)between(dice, 1, 3);
    plan->mixed = plan->family != HAWSER_ROUTE && one_in(dice, 4);
    plan->wildcard = one_in(dice, 5);
    swarm_links(plan, dice);
    swarm_settings(plan, dice);
    for (int i = 0; i < 2; i++) {
        swarm_flow(&plan->flows[i], dice);
        swarm_habits(&plan->habits[i], dice);
    }
    swarm_deeds(plan, dice);
    plan->fidget = one_in(dice, 4) ? between(dice, 100, 200 * MS) : 0;
    plan->end = (uint32_t)between(dice, HAWSER_SIM_SHUTDOWN_0, HAWSER_SIM_SHUTDOWN_BOTH);
    plan->hasty = plan->flows[0].parted == 0 && plan->flows[1].parted == 0 && one_in(dice, 4);
    plan->complete = !plan->hasty;
    late_packets(plan);
    plan->time_max = 7200 * SECOND;
}

static void out_of_memory(struct hawser_sim_plan *plan, struct hawser_sim_dice *dice) {
    swarm(plan, dice);
    plan->fail_chance = (uint32_t)between(dice, 100, 50000);
}

static const struct hawser_sim_scenario scenarios[] = {
    {"clean", "nothing goes wrong", clean},
    {"lossy", "2 to 10 % of the packets are lost", lossy},
    {"burst-loss", "packets are lost in bursts (Gilbert's model)", burst_loss},
    {"reorder", "some packets are held back for up to 30 ms", reorder},
    {"duplicate", "many packets arrive twice", duplicate},
    {"corrupt", "bits turn over: the checksum must find them", corrupt},
    {"jitter", "the delay varies by up to 300 ms", jitter},
    {"round-trips", "losses on the way there: what is sent again measures nothing", round_trips},
    {"narrow", "64 to 256 kbit/s with a short queue", narrow},
    {"long-fat", "1 Gbit/s over 200 ms of round trip", long_fat},
    {"two-paths", "two to four paths of different quality", two_paths},
    {"path-failure", "the first path is cut in mid-transfer and comes back", path_failure},
    {"all-paths-flap", "paths are cut and healed again and again, also all at once", all_paths_flap},
    {"mtu-black-hole", "the path begins to swallow large packets in silence", mtu_black_hole},
    {"mtu-abyss", "likewise, and all but small ones", mtu_abyss},
    {"mtu-reported", "the path MTU falls twice, and ICMP says so", mtu_reported},
    {"nat-rebind", "a NAT changes its port several times", nat_rebind},
    {"nat-address", "a NAT changes its address: the association cannot go on", nat_address},
    {"slow-reader", "the reader sleeps, then reads slowly: the window closes", slow_reader},
    {"tight-buffers", "buffers of 4 to 16 KiB, tiny messages and some of 30 KB, holes", tight_buffers},
    {"scraps", "small fragments among messages of which little is left, in buffers of 4 KiB", scraps},
    {"tiny-messages", "many messages of 1 to 8 bytes", tiny_messages},
    {"huge-messages", "messages larger than the receive buffer", huge_messages},
    {"many-streams", "65,535 streams", many_streams},
    {"unordered-mix", "ordered and unordered messages on lossy paths", unordered_mix},
    {"requests", "requests and replies in lockstep", requests},
    {"lifetimes", "messages that expire in the queue", lifetimes},
    {"collision", "both sides connect at the same moment", collision},
    {"restart", "a host crashes and comes back before the other notices", restart},
    {"restart-again", "hosts crash again and again", restart_again},
    {"shutdown-both", "both sides shut down with data queued", shutdown_both},
    {"shutdown-mid", "shutdown at any time, from either side", shutdown_mid},
    {"shutdown-slow", "a slow reader shuts down with much still to come", shutdown_slow},
    {"abort-mid", "one side aborts in mid-transfer", abort_mid},
    {"close-mid", "one side closes in mid-transfer without a word more", close_mid},
    {"many-associations", "300 associations on one pair of stacks", many_associations},
    {"memory-ceiling", "stacks with very little memory", memory_ceiling},
    {"routes", "a carrier without addresses", routes},
    {"route-lost", "a carrier's connection is gone in mid-transfer", route_lost},
    {"roaming", "addresses come and go", roaming},
    {"unreachable", "paths are cut, and ICMP says so", unreachable},
    {"restless", "applications call whatever there is to call, also wrongly", restless},
    {"wildcard", "endpoints without addresses of their own", wildcard},
    {"moving", "addresses that come and go, added and removed by themselves (RFC 5061)", hw_scenario_moving},
    {"partial", "messages that may be given up among others that may not (RFC 3758, RFC 7496)", hw_scenario_partial},
    {"deadlines", "messages that nobody wants after their time, over a link that is cut", hw_scenario_deadlines},
    {"reconfiguring", "streams are reset and added under load, by both sides at once (RFC 6525)", hw_scenario_reconfiguring},
    {"interleaved", "I-DATA and stream schedulers, which change (RFC 8260)", hw_scenario_interleaved},
    {"interleaved-restart", "likewise, and hosts crash and come back", hw_scenario_interleaved_restart},
    {"failing-primary", "the primary path fails again and again (RFC 7829)", hw_scenario_failing_primary},
    {"mtu-search", "paths that carry much, then less (RFC 8899)", hw_scenario_mtu_search},
    {"keys", "authenticated data whose key changes (RFC 4895)", hw_scenario_keys},
    {"marks", "a queue that marks packets rather than drops them (ECN)", hw_scenario_marks},
    {"unsummed", "a carrier that finds damage by itself: no checksums", hw_scenario_unsummed},
    {"swarm", "everything at once, each kind of trouble on or off by the seed", swarm},
    {"mixture", "all extensions, each on or off at either host, among all kinds of trouble", hw_scenario_mixture},
    {"out-of-memory", "likewise, and allocations fail at random", out_of_memory},
};

const struct hawser_sim_scenario *hawser_sim_scenario(int index) {
    return index >= 0 && (size_t)index < sizeof scenarios / sizeof scenarios[0] ? &scenarios[index] : NULL;
}

int hawser_sim_plan(struct hawser_sim_plan *plan, const char *name, uint64_t seed) {
    const struct hawser_sim_scenario *scenario;
    for (int i = 0; (scenario = hawser_sim_scenario(i)); i++)
        if (strcmp(scenario->name, name) == 0) {
            struct hawser_sim_dice dice;
            memset(plan, 0, sizeof *plan);
            plan->scenario = scenario->name;
            plan->seed = seed;
            prepare_basis(plan);
            hawser_sim_dice_seed(&dice, seed);
            scenario->prepare(plan, &dice);
            if (plan->paths > 1)
                late_packets(plan);
            return 0;
        }
    return HAWSER_ERR_ARGUMENT;
}
