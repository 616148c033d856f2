/* SPDX-License-Identifier: MIT
 *
 * The hall where real time passes: a loop that drives any number of stacks, each over a carrier, together with descriptors of the
 * program's own; and the default host. It starts no thread and belongs to one thread at a time.
 *
 *   struct hawser_host host;
 *   hawser_host_default(&host);
 *   hawser_new(&stack, NULL, &host);
 *   hawser_udp_open(&carrier, &udp_options);
 *   hawser_loop_new(&loop);
 *   hawser_loop_add(loop, stack, carrier, on_ready, user);
 *   hawser_loop_run(loop);                      until hawser_loop_stop, or: hawser_loop_run_once in a while
 *   hawser_loop_free(loop);
 *   hawser_free(stack);
 *   hawser_carrier_close(carrier);
 *
 * In a loop of the program's own: wait until hawser_loop_fd is readable or the clock reaches hawser_loop_deadline, then call
 * hawser_loop_run_once(loop, 0). After calls into a stack from outside of the loop's callbacks (hawser_send ...), ask for the
 * deadline anew: it is in the past when there is something to send.
 */
#ifndef HAWSER_LOOP_H
#define HAWSER_LOOP_H

#include <hawser/carrier.h>
#include <hawser/hawser.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Fills in malloc and free, the system's random numbers, OpenSSL's HMAC and the features of this processor. Holds nothing that
 * would have to be freed; `fault` is NULL. */
HAWSER_API void hawser_host_default(struct hawser_host *host);

/* CLOCK_MONOTONIC in microseconds: the clock that the loop gives to its stacks. */
HAWSER_API hawser_time hawser_now(void);

typedef struct hawser_loop hawser_loop;

/* NO_MEMORY, SYSTEM. */
HAWSER_API int hawser_loop_new(hawser_loop **loop);

/* Frees the loop alone: stacks, carriers and descriptors are the caller's. Not from inside a callback. NULL is fine. */
HAWSER_API void hawser_loop_free(hawser_loop *loop);

/* Called for each id that hawser_next hands out: receive, consume, send, close and the loop's calls but run and free are fine. */
typedef void hawser_loop_ready(void *user, hawser *stack, hawser_time now, const struct hawser_ready *ready);

/* Drives the stack over the carrier from now on, and tells the stack the carrier's addresses (HAWSER_REPORT_ADDRESS_UP). Borrows
 * both until hawser_loop_remove or hawser_loop_free. EXISTS (the stack is there), ARGUMENT, NO_MEMORY, SYSTEM. */
HAWSER_API int hawser_loop_add(hawser_loop *loop, hawser *stack, struct hawser_carrier *carrier, hawser_loop_ready *on_ready,
                               void *user);

/* Tells the stack of the machine's addresses, those of now and from then on as they come and go (HAWSER_REPORT_ADDRESS_UP and
 * _DOWN), so that endpoints without addresses of their own list them, and follow them if their setting auto_asconf says so
 * (RFC 5061). For a carrier that takes what comes to any address. At most HAWSER_ADDRESSES_MAX are told at first, those of the
 * widest scope. Linux only. GONE (the stack is not there), NO_MEMORY, SYSTEM. */
HAWSER_API int hawser_loop_follow_addresses(hawser_loop *loop, const hawser *stack);

/* Drives it no more. GONE. */
HAWSER_API int hawser_loop_remove(hawser_loop *loop, const hawser *stack);

#define HAWSER_LOOP_READ  1u
#define HAWSER_LOOP_WRITE 2u

/* `events`: which of those asked for came true; errors and hang-ups count as all that were asked for. */
typedef void hawser_loop_fd_ready(void *user, int fd, unsigned events);

/* Waits for a descriptor of the program's own: HAWSER_LOOP_ flags, 0 for none at first. A file or whatever else cannot be waited
 * for counts as always ready. EXISTS, ARGUMENT, NO_MEMORY, SYSTEM. */
HAWSER_API int hawser_loop_add_fd(hawser_loop *loop, int fd, unsigned events, hawser_loop_fd_ready *on_ready, void *user);

/* Waits for something else. GONE, SYSTEM. */
HAWSER_API int hawser_loop_set_fd(hawser_loop *loop, int fd, unsigned events);

/* Must come before the descriptor is closed. GONE. */
HAWSER_API int hawser_loop_remove_fd(hawser_loop *loop, int fd);

/* One turn: waits for at most `timeout` microseconds (HAWSER_NEVER: as long as it takes) and for no longer than the deadline,
 * takes in what came, calls back, sends what is to be sent. Returns early, and without harm, when a signal arrives. SYSTEM. */
HAWSER_API int hawser_loop_run_once(hawser_loop *loop, hawser_time timeout);

/* Turns until hawser_loop_stop is called from a callback. SYSTEM. */
HAWSER_API int hawser_loop_run(hawser_loop *loop);
HAWSER_API void hawser_loop_stop(hawser_loop *loop);

/* Turns until all that the stacks have to send at once has left, for a program that is about to end: what hawser_abort says, for
 * example, leaves only then. It waits at most `timeout` microseconds for full sockets; it does not wait for the peers' answers.
 * WOULD_BLOCK (the time was not enough), SYSTEM. */
HAWSER_API int hawser_loop_drain(hawser_loop *loop, hawser_time timeout);

/* A descriptor that is readable when a turn is due, -1 where the system has nothing of the kind (poll). */
HAWSER_API int hawser_loop_fd(const hawser_loop *loop);

/* When a turn is due at the latest, on hawser_now's clock. HAWSER_NEVER: when the descriptor says so. */
HAWSER_API hawser_time hawser_loop_deadline(const hawser_loop *loop);

#ifdef __cplusplus
}
#endif
#endif
