/* SPDX-License-Identifier: MIT
 *
 * The stack in a loop that a program has already: here epoll, with a timer as the program's own descriptor. Five times a second a
 * message goes to an echo server, and what comes back is shown with the time that it took.
 *
 *   own_loop ADDRESS[:UDP_PORT] [SCTP_PORT]
 */
#define _GNU_SOURCE
#include <errno.h>
#include <hawser/loop.h> /* hawser_host_default and hawser_now; the loop itself is not used */
#include <hawser/net.h>
#include <hawser/udp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#define DESCRIPTORS_MAX 16
#define MESSAGES        5

static hawser *stack;
static struct hawser_carrier *carrier;
static hawser_id association;
static int waiting, timer, blocked = -1; /* blocked: the carrier's descriptor that is full */
static int sent, received, over, status;

static void fail(const char *what) {
    perror(what);
    exit(1);
}

/* Waits for `events` of a descriptor: EPOLL_CTL_ADD at first, EPOLL_CTL_MOD later. */
static void watch(int operation, int fd, uint32_t events) {
    struct epoll_event event = {.events = events, .data.fd = fd};
    if (epoll_ctl(waiting, operation, fd, &event) != 0)
        fail("epoll_ctl");
}

/* ---- the program --------------------------------------------------------------------------------------------------- */

static void timer_expired(void) {
    uint64_t times;
    hawser_time now = hawser_now();
    struct hawser_span part = {(const uint8_t *)&now, sizeof now};
    struct hawser_message message = {.size = sizeof message, .parts = &part, .part_count = 1};
    if (read(timer, &times, sizeof times) != sizeof times || sent == MESSAGES)
        return;
    if (hawser_send(stack, now, association, &message) == 0) /* before the association is up, it waits */
        sent++;
}

static void take(const struct hawser_item *item, hawser_time now) {
    hawser_time then;
    if (item->type == HAWSER_ENDED) {
        over = 1;
        status = item->end.reason != HAWSER_END_SHUTDOWN;
        printf("ended, reason %u\n", (unsigned)item->end.reason);
    } else if (item->type == HAWSER_MESSAGE && hawser_copy(item->message.pieces, 0, &then, sizeof then) == sizeof then) {
        printf("message %d came back after %llu us\n", ++received, (unsigned long long)(now - then));
        if (received == MESSAGES)
            hawser_shutdown(stack, now, association);
    }
}

/* ---- the stack in the loop ------------------------------------------------------------------------------------------- */

/* Whatever the stack has to tell. Of several ids ready.id and ready.user say which one it is. */
static void look(hawser_time now) {
    struct hawser_ready ready;
    struct hawser_item item;
    while (hawser_next(stack, &ready))
        while (hawser_receive(stack, ready.id, &item, 1)) {
            take(&item, now);
            hawser_consume(stack, now, ready.id, 1, 0);
        }
}

/* Whatever the stack has to send, as <hawser/carrier.h> says. */
static void carry(hawser_time now) {
    const struct hawser_carrier_operations *o = carrier->operations;
    struct hawser_departure departure;
    int full, count;
    while ((full = o->flush(carrier, stack, now)) < 0) {
        for (count = 0; o->prepare(carrier, &departure) && hawser_output(stack, now, &departure) > 0; count++)
            o->send(carrier, &departure);
        if (count == 0)
            break;
    }
    if (full == blocked)
        return;
    if (blocked >= 0)
        watch(EPOLL_CTL_MOD, blocked, EPOLLIN);
    if (full >= 0)
        watch(EPOLL_CTL_MOD, full, EPOLLIN | EPOLLOUT);
    blocked = full;
}

/* How long epoll may wait, in milliseconds. */
static int patience(void) {
    hawser_time now = hawser_now(), deadline = hawser_deadline(stack);
    if (deadline == HAWSER_NEVER || blocked >= 0)
        return -1;
    if (deadline <= now)
        return 0;
    return deadline - now > 60000000 ? 60000 : (int)((deadline - now + 999) / 1000);
}

static void run(void) {
    struct epoll_event events[DESCRIPTORS_MAX];
    while (!over) {
        hawser_time now = hawser_now();
        carry(now); /* fires timers, too */
        look(now);
        int count = over ? 0 : epoll_wait(waiting, events, DESCRIPTORS_MAX, patience());
        if (count < 0 && errno != EINTR)
            fail("epoll_wait");
        for (int i = 0; i < count; i++) {
            if (events[i].data.fd == timer)
                timer_expired();
            else if (events[i].events & ~(uint32_t)EPOLLOUT)
                carrier->operations->receive(carrier, stack, hawser_now(), events[i].data.fd);
        }
        look(hawser_now());
    }
    carry(hawser_now()); /* the association's last word */
}

/* ---- setting it up ------------------------------------------------------------------------------------------------- */

static void need(const char *what, int error) {
    if (error == 0)
        return;
    fprintf(stderr, "%s: %s\n", what, hawser_error_text(error));
    exit(1);
}

int main(int count, char **arguments) {
    struct hawser_address peer;
    if (count < 2 || hawser_address_parse(&peer, arguments[1]) != 0) {
        fprintf(stderr, "usage: own_loop ADDRESS[:UDP_PORT] [SCTP_PORT]\n");
        return 1;
    }
    if (peer.udp_port == 0)
        peer.udp_port = HAWSER_UDP_PORT;
    struct hawser_udp_options udp = {.size = sizeof udp}; /* a free port */
    struct hawser_endpoint_options own = {.size = sizeof own};
    struct hawser_connect_options to = {.size = sizeof to, .address_count = 1, .addresses = &peer};
    to.port = (uint16_t)(count > 2 ? atoi(arguments[2]) : 7);
    struct hawser_host host;
    hawser_id endpoint;
    hawser_host_default(&host);
    need("stack", hawser_new(&stack, NULL, &host));
    need("UDP", hawser_udp_open(&carrier, &udp));
    need("endpoint", hawser_open(stack, &own, &endpoint));
    need("connect", hawser_connect(stack, hawser_now(), endpoint, &to, &association));

    int descriptors[DESCRIPTORS_MAX];
    struct itimerspec often = {.it_value.tv_nsec = 1, .it_interval.tv_nsec = 200000000};
    if ((waiting = epoll_create1(EPOLL_CLOEXEC)) < 0 || (timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC)) < 0 ||
        timerfd_settime(timer, 0, &often, NULL) != 0)
        fail("epoll, timer");
    watch(EPOLL_CTL_ADD, timer, EPOLLIN);
    size_t descriptor_count = carrier->operations->descriptors(carrier, descriptors, DESCRIPTORS_MAX);
    for (size_t i = 0; i < descriptor_count; i++)
        watch(EPOLL_CTL_ADD, descriptors[i], EPOLLIN);
    run();
    hawser_free(stack);
    hawser_carrier_close(carrier);
    close(timer);
    close(waiting);
    return status;
}
