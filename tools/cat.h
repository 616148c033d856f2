/* SPDX-License-Identifier: MIT
 *
 * The inside of `hawser cat`: cat.c reads the arguments and follows the association, cat_input.c brings standard input to it,
 * cat_output.c brings it to standard output.
 */
#ifndef HAWSER_CAT_H
#define HAWSER_CAT_H

#include "stripe.h"
#include "tools.h"

struct cat_input {
    uint8_t *buffer;
    size_t capacity, start, end; /* bytes from start to end wait to be sent */
    bool eof, blocked;           /* blocked: the association takes no more now */
    bool more;                   /* the message under way is not finished */
    uint32_t number;             /* --stripe: of the message under way */
};

struct cat_output {
    enum { OUTPUT_PLAIN, OUTPUT_PIPE, OUTPUT_SOCKET } kind;
    bool blocked, failed; /* failed: it takes no more, ever */
    struct stripe stripe;
};

struct cat {
    struct common common;
    /* as asked for */
    bool listening, keep, stripe, line, unordered, no_input, progress, stats;
    int64_t stream, ppid, size, linger; /* -1: not given; linger in seconds */
    uint16_t port;
    struct hawser_address remote;
    /* as it runs */
    hawser_id endpoint, association;
    bool up, closing, peer_closing, ended, done; /* closing: we asked for the end; ended: its last item was seen */
    unsigned interrupts;
    int status;
    struct cat_input in;
    struct cat_output out;
    /* of the present association */
    hawser_time began, last_arrival;
    uint64_t sent_bytes, sent_messages, received_bytes, received_messages, failed_messages;
    uint64_t retransmissions_before;
    hawser_time rtt;
};

/* Sends what waits, and decides whether to read on. */
void cat_pump_input(struct cat *cat);
/* A hawser_loop_fd_ready for standard input; `user` is the struct cat. */
void cat_input_ready(void *user, int fd, unsigned events);

/* Finds out what standard output is. */
void cat_output_init(struct cat *cat);
/* Writes a message's bytes, or as many as can be written now; returns how many. Nothing is ever written after a failure, and all
 * is taken as if it had been. */
size_t cat_write_message(struct cat *cat, const struct hawser_item *item);
/* --stripe: writes what is in order. */
void cat_write_striped(struct cat *cat);
/* A hawser_loop_fd_ready for standard output. */
void cat_output_ready(void *user, int fd, unsigned events);

/* Takes what the association has for us. */
void cat_pump_output(struct cat *cat);
/* Ends the association at once because of something on this side; says `text`. */
void cat_give_up(struct cat *cat, int status, const char *text);

#endif
