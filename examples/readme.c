/* SPDX-License-Identifier: MIT
 *
 * The example of README.md: two stacks in one program, no network and no waiting. What follows the first #include stands there
 * letter by letter (tests/tidy/readme.sh).
 */
#include <hawser/loop.h>
#include <stdio.h>

/* The network: what one stack has to send arrives at the other. */
static int carry(hawser *from, hawser *to, hawser_time now) {
    static uint8_t packet[HAWSER_PACKET_MAX];
    struct hawser_departure out = {.size = sizeof out, .buffer = packet, .capacity = sizeof packet};
    if (!hawser_output(from, now, &out))
        return 0;
    struct hawser_arrival in = {
        .size = sizeof in, .data = packet, .length = out.length, .remote = out.local, .local = out.remote};
    hawser_input(to, now, &in);
    return 1;
}

int main(void) {
    struct hawser_host host; /* memory, random numbers, HMAC */
    hawser_host_default(&host);
    hawser *ship, *shore;
    if (hawser_new(&ship, NULL, &host) || hawser_new(&shore, NULL, &host))
        return 1;

    hawser_id listener, caller, line;
    struct hawser_address here = {.family = HAWSER_IPV4, .ip = {192, 0, 2, 1}};
    struct hawser_address there = {.family = HAWSER_IPV4, .ip = {192, 0, 2, 2}};
    struct hawser_endpoint_options ours = {.size = sizeof ours, .address_count = 1, .addresses = &here};
    struct hawser_endpoint_options theirs = {.size = sizeof theirs, .port = 7, .address_count = 1, .addresses = &there};
    struct hawser_connect_options to = {.size = sizeof to, .port = 7, .address_count = 1, .addresses = &there};
    if (hawser_open(shore, &theirs, &listener) || hawser_listen(shore, listener, 10) ||
        hawser_open(ship, &ours, &caller) || hawser_connect(ship, 0, caller, &to, &line))
        return 1;

    struct hawser_span words = {(const uint8_t *)"Make fast!", 10};
    struct hawser_message message = {.size = sizeof message, .parts = &words, .part_count = 1, .stream = 3};
    if (hawser_send(ship, 0, line, &message) || hawser_shutdown(ship, 0, line))
        return 1;

    for (hawser_time now = 0; now < 1000000; now += 10000) { /* steps of 10 ms; others wait until hawser_deadline */
        while (carry(ship, shore, now) || carry(shore, ship, now))
            continue;
        struct hawser_ready ready;
        struct hawser_item item;
        while (hawser_next(shore, &ready)) {
            while (hawser_receive(shore, ready.id, &item, 1)) {
                if (item.type == HAWSER_MESSAGE) /* in one piece, for it came in one packet */
                    printf("stream %u: %.*s\n", item.message.stream, (int)item.message.size, item.message.pieces->data);
                hawser_consume(shore, now, ready.id, 1, 0);
            }
        }
    }
    hawser_free(ship);
    hawser_free(shore);
    return 0;
}
