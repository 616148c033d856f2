/* SPDX-License-Identifier: MIT
 *
 * The stack over something that is no network: two processes and a pair of sockets between them. The way to the peer is a
 * route, a number that the program chooses; there are no addresses and no UDP. The child serves and counts, the parent sends
 * 10,000 messages. What matters is under "the carrier": it is the same with a serial line, shared memory or a DTLS connection.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <hawser/loop.h> /* hawser_host_default and hawser_now; the loop itself is not used */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define MESSAGES 10000
#define SIZE     1000

static const struct hawser_address route = {.family = HAWSER_ROUTE, .route = 1};
static hawser *stack;
static hawser_id endpoint, association;
static int line, over, status;
static unsigned messages; /* sent or received */
static size_t bytes;

static void need(const char *what, int error) {
    if (error == 0)
        return;
    fprintf(stderr, "%s: %s\n", what, hawser_error_text(error));
    exit(1);
}

/* ---- the program --------------------------------------------------------------------------------------------------- */

/* The parent: sends until there is no room; HAWSER_WRITABLE calls it again. */
static void send_more(hawser_time now) {
    static const uint8_t text[SIZE] = "Make fast!";
    struct hawser_span part = {text, sizeof text};
    struct hawser_message message = {.size = sizeof message, .parts = &part, .part_count = 1};
    while (messages < MESSAGES && hawser_send(stack, now, association, &message) == 0)
        messages++;
    if (messages == MESSAGES)
        hawser_shutdown(stack, now, association); /* all is delivered before it ends */
}

static void take(const struct hawser_item *item) {
    if (item->type == HAWSER_MESSAGE) {
        messages += (item->flags & HAWSER_ITEM_MORE) == 0;
        bytes += item->message.size;
    } else if (item->type == HAWSER_ENDED) {
        over = 1;
        status = item->end.reason != HAWSER_END_SHUTDOWN;
    }
}

static void look(hawser_time now) {
    struct hawser_ready ready;
    struct hawser_item item;
    while (hawser_next(stack, &ready)) {
        while (hawser_receive(stack, ready.id, &item, 1)) {
            take(&item);
            hawser_consume(stack, now, ready.id, 1, 0);
        }
        if ((ready.flags & HAWSER_WRITABLE) && ready.id == association)
            send_more(now);
    }
}

/* ---- the carrier --------------------------------------------------------------------------------------------------- */

/* Sends what there is to send. False: the line is full, and the packet at hand waits until it is writable. */
static int carry(hawser_time now) {
    static uint8_t packet[HAWSER_PACKET_MAX];
    static size_t length;
    for (;;) {
        struct hawser_departure departure = {.size = sizeof departure, .buffer = packet, .capacity = sizeof packet};
        if (length == 0 && (length = hawser_output(stack, now, &departure)) == 0)
            return 1;
        if (send(line, packet, length, MSG_DONTWAIT | MSG_NOSIGNAL) < 0 && errno == EAGAIN)
            return 0;
        length = 0; /* sent, or lost: if the peer has gone, receive says so */
    }
}

static void receive(hawser_time now) {
    static uint8_t packet[HAWSER_PACKET_MAX];
    ssize_t length;
    while ((length = recv(line, packet, sizeof packet, MSG_DONTWAIT)) > 0) {
        struct hawser_arrival arrival = {.size = sizeof arrival, .data = packet, .length = (size_t)length, .remote = route};
        hawser_input(stack, now, &arrival);
    }
    if (length < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    struct hawser_report gone = {.size = sizeof gone, .kind = HAWSER_REPORT_ROUTE_LOST, .remote = route};
    hawser_report(stack, now, &gone); /* HAWSER_ENDED follows */
}

static void run(void) {
    while (!over) {
        int empty = carry(hawser_now());
        look(hawser_now());
        hawser_time now = hawser_now(), deadline = hawser_deadline(stack);
        struct pollfd wait = {.fd = line, .events = empty ? POLLIN : POLLIN | POLLOUT};
        int timeout = -1;
        if (empty && deadline != HAWSER_NEVER)
            timeout = deadline <= now ? 0 : deadline - now > 60000000 ? 60000 : (int)((deadline - now + 999) / 1000);
        if (poll(&wait, 1, over ? 0 : timeout) > 0 && wait.revents & ~POLLOUT)
            receive(hawser_now());
        look(hawser_now());
    }
    carry(hawser_now()); /* the association's last word */
}

int main(void) {
    int pair[2];
    pid_t child = -1;
    if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair) != 0 || (child = fork()) < 0) {
        perror("pipe");
        return 1;
    }
    line = pair[child == 0];
    close(pair[child != 0]);

    struct hawser_host host;
    struct hawser_endpoint_options own = {.size = sizeof own, .port = child ? 0 : 7};
    struct hawser_connect_options to = {.size = sizeof to, .port = 7, .address_count = 1, .addresses = &route};
    hawser_host_default(&host);
    need("stack", hawser_new(&stack, NULL, &host));
    need("endpoint", hawser_open(stack, &own, &endpoint));
    if (child)
        need("connect", hawser_connect(stack, hawser_now(), endpoint, &to, &association));
    else
        need("listen", hawser_listen(stack, endpoint, 1));
    run();
    hawser_free(stack);
    close(line);
    if (child == 0) {
        printf("%u messages, %zu bytes\n", messages, bytes);
        return status;
    }
    int end;
    return waitpid(child, &end, 0) < 0 || end != 0 ? 1 : status;
}
