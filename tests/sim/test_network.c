/* SPDX-License-Identifier: MIT
 *
 * The simulated network itself, without stacks: packets are put in by hand, and what became of them is counted and timed.
 */
#include "sim_tests.h"
#include "sim/world.h"

static struct hawser_address address(uint8_t family, uint8_t net, uint8_t last, uint16_t port) {
    struct hawser_address a;
    memset(&a, 0, sizeof a);
    a.family = family;
    a.udp_port = port;
    if (family == HAWSER_IPV4) {
        a.ip[0] = 10;
        a.ip[2] = net;
        a.ip[3] = last;
    } else {
        a.ip[0] = 0xfd;
        a.ip[7] = net;
        a.ip[15] = last;
    }
    return a;
}

struct net {
    hawser_sim *sim;
    struct hawser_address a, b;
    int link;
};

static struct net make_net(const struct hawser_sim_link *forth) {
    struct net net = {
        .sim = hawser_sim_new(1, NULL), .a = address(HAWSER_IPV4, 0, 1, 9899), .b = address(HAWSER_IPV4, 1, 1, 9899)};
    assert_non_null(net.sim);
    assert_int_equal(hawser_sim_add_host(net.sim, NULL), 0);
    assert_int_equal(hawser_sim_add_host(net.sim, NULL), 1);
    assert_int_equal(hawser_sim_add_address(net.sim, 0, &net.a), 0);
    assert_int_equal(hawser_sim_add_address(net.sim, 1, &net.b), 0);
    net.link = hawser_sim_join(net.sim, 0, &net.a, 24, 1, &net.b, 24);
    *hawser_sim_link(net.sim, net.link, 0) = *forth;
    return net;
}

static void post(struct net *net, size_t length, uint32_t flags) {
    static uint8_t data[3000];
    struct hawser_departure departure = HAWSER_INIT(departure);
    departure.remote = net->b;
    departure.local = net->a;
    departure.flags = flags;
    hw_sim_send(net->sim->hosts[0], &departure, data, length);
}

static const struct hawser_sim_link_counts *counts(struct net *net) {
    return hawser_sim_link_counts(net->sim, net->link, 0);
}

static void dice_are_fair(void **state) {
    struct hawser_sim_dice dice;
    unsigned hits = 0, faces[6] = {0};
    (void)state;
    hawser_sim_dice_seed(&dice, 42);
    for (int i = 0; i < 60000; i++) {
        hits += (unsigned)hawser_sim_dice_chance(&dice, 100000);
        faces[hawser_sim_dice_below(&dice, 6)]++;
    }
    assert_in_range(hits, 5700, 6300);
    for (int i = 0; i < 6; i++)
        assert_in_range(faces[i], 9600, 10400);
    assert_false(hawser_sim_dice_chance(&dice, 0));
    assert_true(hawser_sim_dice_chance(&dice, HAWSER_SIM_PPM));
    assert_int_equal(hawser_sim_dice_between(&dice, 7, 7), 7);
}

/* 972 bytes of SCTP are 1000 of IP over UDP: 8 ms each at 1 Mbit/s, then 5 ms of way. */
static void rate_and_delay_add_up(void **state) {
    struct net net = make_net(&(struct hawser_sim_link){.rate = 1000000, .delay = 5000});
    hawser_time start = hawser_sim_now(net.sim);
    (void)state;
    for (int i = 0; i < 3; i++)
        post(&net, 972, 0);
    for (hawser_time i = 1; i <= 3; i++) {
        assert_true(hawser_sim_step(net.sim, HAWSER_NEVER));
        assert_true(hawser_sim_now(net.sim) == start + i * 8000 + 5000);
    }
    assert_false(hawser_sim_step(net.sim, HAWSER_NEVER));
    assert_int_equal(hawser_sim_in_flight(net.sim), 0);
    hawser_sim_free(net.sim);
}

static void full_queue_drops_the_tail(void **state) {
    struct net net = make_net(&(struct hawser_sim_link){.rate = 1000000, .queue = 5000});
    (void)state;
    for (int i = 0; i < 10; i++)
        post(&net, 972, 0);
    assert_int_equal(counts(&net)->delivered, 5);
    assert_int_equal(counts(&net)->queue_full, 5);
    while (hawser_sim_step(net.sim, HAWSER_NEVER))
        ;
    post(&net, 972, 0);
    assert_int_equal(counts(&net)->delivered, 6);
    hawser_sim_free(net.sim);
}

static void large_packets_need_fragmentation(void **state) {
    struct net net = make_net(&(struct hawser_sim_link){.mtu = 1300});
    (void)state;
    post(&net, 1272, HAWSER_DEPARTURE_DF);
    post(&net, 1273, HAWSER_DEPARTURE_DF);
    post(&net, 1273, HAWSER_DEPARTURE_MAY_FRAGMENT);
    assert_int_equal(counts(&net)->delivered, 2);
    assert_int_equal(counts(&net)->too_big, 1);
    hawser_sim_free(net.sim);
}

static void chances_are_kept(void **state) {
    struct net net = make_net(&(struct hawser_sim_link){.loss = 100000, .duplicate = 200000, .corrupt = 50000});
    (void)state;
    for (int i = 0; i < 20000; i++)
        post(&net, 100, 0);
    assert_in_range(counts(&net)->lost, 1800, 2200);
    assert_in_range(counts(&net)->duplicated, 3400, 3800);
    assert_in_range(counts(&net)->corrupted, 950, 1210);
    assert_int_equal(counts(&net)->offered, 20000);
    hawser_sim_free(net.sim);
}

/* In Gilbert's model a tenth of the time is bad here, in stretches of ten packets. */
static void bursts_come_in_bursts(void **state) {
    struct net net = make_net(&(struct hawser_sim_link){.burst_begin = 11111, .burst_end = 100000, .burst_loss = HAWSER_SIM_PPM});
    uint64_t before, stretches = 0, last = 0;
    (void)state;
    for (int i = 0; i < 50000; i++) {
        before = counts(&net)->lost;
        post(&net, 100, 0);
        uint64_t lost = counts(&net)->lost - before;
        stretches += lost && !last;
        last = lost;
    }
    assert_in_range(counts(&net)->lost, 4000, 6000);
    assert_in_range(counts(&net)->lost / stretches, 8, 12);
    hawser_sim_free(net.sim);
}

static void cut_is_cut_one_way(void **state) {
    struct net net = make_net(&(struct hawser_sim_link){.cut = 1});
    struct hawser_departure back = HAWSER_INIT(back);
    (void)state;
    post(&net, 100, 0);
    assert_int_equal(counts(&net)->cut, 1);
    back.remote = net.a;
    back.local = net.b;
    hw_sim_send(net.sim->hosts[1], &back, (const uint8_t *)"packet", 6);
    assert_int_equal(hawser_sim_link_counts(net.sim, net.link, 1)->delivered, 1);
    hawser_sim_free(net.sim);
}

/* Behind a NAT the sender is seen from outside, and the old mapping is dead once there is a new one. */
static void nat_translates_and_forgets(void **state) {
    struct net net = make_net(&(struct hawser_sim_link){.delay = 1000});
    struct hawser_address outside = address(HAWSER_IPV4, 0, 100, 40000), later = outside;
    struct hawser_departure back = HAWSER_INIT(back);
    (void)state;
    assert_int_equal(hawser_sim_nat(net.sim, 0, &net.a, &outside), 0);
    assert_int_equal(hawser_sim_nat(net.sim, 0, &net.b, &outside), HAWSER_ERR_ADDRESS);
    post(&net, 100, 0);
    struct parcel *parcel = (struct parcel *)hw_heap_top(&net.sim->events);
    assert_memory_equal(&parcel->remote, &outside, sizeof outside);
    assert_memory_equal(&parcel->local, &net.b, sizeof net.b);
    back.local = net.b;
    back.remote = outside;
    hw_sim_send(net.sim->hosts[1], &back, (const uint8_t *)"packet", 6);
    assert_int_equal(hawser_sim_link_counts(net.sim, net.link, 1)->delivered, 1);
    later.udp_port++;
    assert_int_equal(hawser_sim_nat(net.sim, 0, &net.a, &later), 0);
    hw_sim_send(net.sim->hosts[1], &back, (const uint8_t *)"packet", 6);
    assert_int_equal(hawser_sim_link_counts(net.sim, net.link, 1)->cut, 1);
    hawser_sim_free(net.sim);
}

/* Another UDP port on the same host is another door. */
static void ports_must_match(void **state) {
    struct net net = make_net(&(struct hawser_sim_link){0});
    (void)state;
    net.b.udp_port = 1234;
    post(&net, 100, 0);
    net.b.udp_port = 0;
    post(&net, 100, 0);
    assert_int_equal(counts(&net)->cut, 2);
    hawser_sim_free(net.sim);
}

static void routes_join_one_to_one(void **state) {
    struct net net = make_net(&(struct hawser_sim_link){0});
    struct hawser_address near = {.family = HAWSER_ROUTE, .route = 5}, far = {.family = HAWSER_ROUTE, .route = 6};
    int link = hawser_sim_join(net.sim, 0, &near, 0, 1, &far, 0);
    (void)state;
    net.b = near; /* a sender names the connection by its own number */
    post(&net, 100, 0);
    assert_int_equal(hawser_sim_link_counts(net.sim, link, 0)->delivered, 1);
    struct parcel *parcel = (struct parcel *)hw_heap_top(&net.sim->events);
    assert_int_equal(parcel->remote.route, 6);
    net.b = far;
    post(&net, 100, 0);
    assert_int_equal(hawser_sim_link_counts(net.sim, link, 0)->offered, 1);
    hawser_sim_free(net.sim);
}

static void count_call(void *user) {
    ++*(int *)user;
}

static void calls_come_in_order_and_on_time(void **state) {
    hawser_sim *sim = hawser_sim_new(1, NULL);
    int early = 0, late = 0;
    (void)state;
    assert_int_equal(hawser_sim_at(sim, hawser_sim_now(sim) + 200, count_call, &late), 0);
    assert_int_equal(hawser_sim_at(sim, hawser_sim_now(sim) + 100, count_call, &early), 0);
    assert_true(hawser_sim_step(sim, hawser_sim_now(sim) + 150));
    assert_int_equal(early, 1);
    assert_false(hawser_sim_step(sim, hawser_sim_now(sim) + 50));
    assert_int_equal(late, 0);
    assert_true(hawser_sim_step(sim, HAWSER_NEVER));
    assert_int_equal(late, 1);
    hawser_sim_free(sim);
}

int sim_network_tests(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dice_are_fair),
        cmocka_unit_test(rate_and_delay_add_up),
        cmocka_unit_test(full_queue_drops_the_tail),
        cmocka_unit_test(large_packets_need_fragmentation),
        cmocka_unit_test(chances_are_kept),
        cmocka_unit_test(bursts_come_in_bursts),
        cmocka_unit_test(cut_is_cut_one_way),
        cmocka_unit_test(nat_translates_and_forgets),
        cmocka_unit_test(ports_must_match),
        cmocka_unit_test(routes_join_one_to_one),
        cmocka_unit_test(calls_come_in_order_and_on_time),
    };
    return cmocka_run_group_tests_name("network", tests, NULL, NULL);
}
