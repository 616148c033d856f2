/* SPDX-License-Identifier: MIT
 *
 * What the spoofing matrices share: which chunks there are to forge, which tags and sources, what RFC 9260 lets each do, and the
 * judgement of one packet.
 */
#ifndef ATTACK_SPOOF_H
#define ATTACK_SPOOF_H

#include "attack.h"

/* 0 to 255 are chunk types; variants of some follow. */
enum { ABORT_REFLECTED = 256, COMPLETE_REFLECTED, ERROR_STALE, COOKIE_FORGED, INIT_PLAIN, INIT_NEW, INIT_ACK_PLAIN, KINDS };
enum { OWN, WRONG, ZERO, PEERS, TAGS };
enum { RIGHT, FOREIGN, SOURCE_PORT, DESTINATION_PORT, OTHER_UDP, PLACES_FROM };

#define FOREIGN_PLACE 5

/* What one packet may do. Two letters. The state afterwards: of "cwoepsra" (CLOSED ... SHUTDOWN-ACK-SENT), x: the association has
 * ended, '.': nothing at all has changed. The first chunk of the answer: A ABORT with T and the tag of what came, a ABORT with
 * the Initiate Tag, I INIT ACK, i the same to the address that the user gave, X SHUTDOWN COMPLETE with T, Y without; B HEARTBEAT,
 * E COOKIE ECHO, H HEARTBEAT ACK, K SACK, R ERROR, U SHUTDOWN, V SHUTDOWN ACK, k COOKIE ACK, W CWR, N ASCONF-ACK to where it came
 * from; 2 several packets, * whatever, '-' none. */
struct spoof {
    int state, tag, from;
    const char *outcome;
    const char *what; /* for complaints */
};

/* What RFC 9260 allows where no extension was agreed on. */
const char *spoof_expected(int state, int kind, int tag, int from);
/* Types that nobody knows and that are to be reported (3.2), with the right tag from the peer. */
const char *spoof_reported(int state);
struct hawser_span spoof_chunk(struct script *s, int kind, int state);
void spoof_inject(struct script *s, int tag, int from, struct hawser_span chunks);

/* Judges one packet. One that may change nothing leaves `s` as it was; another stage is made of `plan` for one that is heeded.
 * `chunks` makes what is in it, for the stage that it is given. True: it was heeded. */
typedef struct hawser_span spoof_maker(struct script *s, const void *with);
bool spoof_judge(struct script *s, const struct scene_plan *plan, const struct spoof *spoof, spoof_maker *chunks,
                 const void *with);

/* What follows: time-outs, then the peer goes on. One number for all of it. */
uint64_t spoof_sequel(struct script *s, int state);
/* ... and it is what follows without the spoofed packets. */
void spoof_nothing_follows(struct script *s, const struct scene_plan *plan, int state);

#endif
