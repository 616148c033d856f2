/* SPDX-License-Identifier: MIT
 *
 * What the sub-commands that serve share (echo, discard, perf -s): any number of associations at once, until a signal. What to do
 * with what arrives is the sub-command's own business.
 */
#ifndef HAWSER_SERVER_H
#define HAWSER_SERVER_H

#include "tools.h"

#include <hawser/net.h>

struct server;

/* An association. A sub-command that keeps more of each makes this the first member of a struct of its own. */
struct peer {
    struct peer *next, *previous;
    struct server *server;
    hawser_id id;
    uint64_t messages, bytes; /* taken */
    hawser_time since;
    bool ended;
    char name[HAWSER_ADDRESS_TEXT_MAX + 24]; /* address and SCTP port, for messages */
};

struct server {
    struct common common;
    uint16_t port;
    bool stats; /* at the end, show associations, messages, bytes */
    /* what the sub-command does; NULL: nothing */
    size_t peer_size;    /* of its own struct; the rest of it is zero at first */
    size_t peers_max;    /* more are turned away; 0: no bound */
    hawser_time patience; /* on_time comes about so often; 0: never */
    hawser_time due;      /* and once when this time has come; HAWSER_NEVER at first and after each on_time */
    /* Takes a message, or so many of its bytes as are returned; when that is 0, it is shown again once sends are possible. */
    size_t (*take)(struct peer *peer, const struct hawser_item *item);
    /* Another item: HAWSER_ENDED is the last of all. */
    void (*event)(struct peer *peer, const struct hawser_item *item);
    /* All that came has been taken; there may be room to send. */
    void (*after)(struct peer *peer, hawser_time now);
    void (*on_time)(struct peer *peer, hawser_time now);
    /* as it runs */
    hawser_id endpoint;
    struct peer *peers;
    size_t peer_count;
    unsigned interrupts;
    uint64_t associations, messages, bytes;
};

/* Reads the arguments of a sub-command that has --stats, the common options and PORT: 0, or -1 (there is nothing left to do), or
 * an exit status after a message. */
int server_arguments(struct server *server, int argc, char **argv, void (*help)(void));

/* Serves until it is over; an exit status. */
int server_run(struct server *server);

/* Takes nobody in any more, and ends when the last peer has: what a signal does. `gently`: let them end gracefully. */
void server_stop(struct server *server, bool gently);

/* Sends the message, or as much of it as one send takes, back in its stream, or in stream 0 if there is no such. How many bytes
 * that was; 0: not now. `flags`: HAWSER_SEND_ flags to add. */
size_t server_send_back(struct peer *peer, const struct hawser_item *item, uint32_t flags);

#endif
