/* SPDX-License-Identifier: MIT
 *
 * Waiting for descriptors: epoll on Linux, poll elsewhere (or with HAWSER_LOOP_POLL defined). One of wait_epoll.c and wait_poll.c
 * is compiled to something. Events are HAWSER_LOOP_ flags.
 */
#ifndef HW_LOOP_WAIT_H
#define HW_LOOP_WAIT_H

#include <hawser/loop.h>

#if defined(__linux__) && !defined(HAWSER_LOOP_POLL)
#define HW_WAIT_EPOLL 1
#else
#define HW_WAIT_EPOLL 0
#endif

struct hw_wait;

struct hw_wait_event {
    void *token;
    unsigned events;
};

/* NULL: errno says why. */
struct hw_wait *hw_wait_new(void);
void hw_wait_free(struct hw_wait *wait);
/* 0, or -1 with errno; EPERM: this descriptor cannot be waited for, for it never blocks. */
int hw_wait_add(struct hw_wait *wait, int fd, unsigned events, void *token);
int hw_wait_set(struct hw_wait *wait, int fd, unsigned events, void *token);
void hw_wait_remove(struct hw_wait *wait, int fd);
/* Waits for at most `timeout` (HAWSER_NEVER: without end); returns how many events it wrote, 0 too if a signal came, -1 with
 * errno. */
int hw_wait(struct hw_wait *wait, hawser_time timeout, struct hw_wait_event *events, int max);
/* The one descriptor that stands for all, or -1. */
int hw_wait_fd(const struct hw_wait *wait);

#endif
