/* SPDX-License-Identifier: MIT
 *
 * A server: every message goes back in its stream, to any number of peers at once, over UDP (RFC 6951), in hawser's own loop. It
 * keeps nothing of a message: while an association takes no more, what came stays in its inbox, and so holds the peer back.
 *
 *   echo [SCTP_PORT [UDP_PORT]]      7 and 9899; UDP port 0 takes a free one
 */
#include <hawser/loop.h>
#include <hawser/udp.h>
#include <stdio.h>
#include <stdlib.h>

static void on_ready(void *user, hawser *stack, hawser_time now, const struct hawser_ready *ready) {
    struct hawser_item item;
    (void)user;
    while (hawser_receive(stack, ready->id, &item, 1)) {
        if (item.type != HAWSER_MESSAGE) { /* ARRIVED: the association is ours from now on; ENDED: with this its id is gone */
            hawser_consume(stack, now, ready->id, 1, 0);
            continue;
        }
        const struct hawser_piece *piece = item.message.pieces; /* a large message has several: one after another */
        size_t whole = piece->size == item.message.size;
        struct hawser_span part = {piece->data, piece->size};
        struct hawser_message message = {.size = sizeof message, .parts = &part, .part_count = 1};
        message.stream = item.message.stream;
        message.ppid = item.message.ppid;
        message.flags = (item.flags & HAWSER_ITEM_UNORDERED ? HAWSER_SEND_UNORDERED : 0) |
                        (!whole || item.flags & HAWSER_ITEM_MORE ? HAWSER_SEND_MORE : 0);
        if (hawser_send(stack, now, ready->id, &message) == HAWSER_ERR_WOULD_BLOCK)
            return; /* we are called again when there is room; any other error means that the peer takes nothing back */
        hawser_consume(stack, now, ready->id, whole, whole ? 0 : piece->size);
    }
}

static void need(const char *what, int error) {
    if (error == 0)
        return;
    fprintf(stderr, "%s: %s\n", what, hawser_error_text(error));
    exit(1);
}

int main(int count, char **arguments) {
    struct hawser_endpoint_options server = {.size = sizeof server, .port = (uint16_t)(count > 1 ? atoi(arguments[1]) : 7)};
    struct hawser_udp_options udp = {.size = sizeof udp, .port = (uint16_t)(count > 2 ? atoi(arguments[2]) : HAWSER_UDP_PORT)};
    struct hawser_host host; /* memory, random numbers, HMAC */
    struct hawser_carrier *carrier;
    hawser_loop *loop;
    hawser *stack;
    hawser_id listener;
    hawser_host_default(&host);
    need("stack", hawser_new(&stack, NULL, &host));
    need("SCTP port", hawser_open(stack, &server, &listener));
    need("SCTP port", hawser_listen(stack, listener, 100));
    need("UDP port", hawser_udp_open(&carrier, &udp));
    need("loop", hawser_loop_new(&loop));
    need("loop", hawser_loop_add(loop, stack, carrier, on_ready, NULL));
    fprintf(stderr, "SCTP port %u over UDP port %u\n", hawser_port(stack, listener), hawser_udp_port(carrier));
    need("loop", hawser_loop_run(loop)); /* until the program is killed */
    return 0;
}
