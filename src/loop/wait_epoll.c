/* SPDX-License-Identifier: MIT
 *
 * Waiting with epoll, level-triggered. See wait.h.
 */
#include "loop/wait.h"

#if HW_WAIT_EPOLL
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

struct hw_wait {
    int fd;
};

struct hw_wait *hw_wait_new(void) {
    struct hw_wait *wait = malloc(sizeof(*wait));
    if (!wait)
        return NULL;
    wait->fd = epoll_create1(EPOLL_CLOEXEC);
    if (wait->fd < 0) {
        free(wait);
        return NULL;
    }
    return wait;
}

void hw_wait_free(struct hw_wait *wait) {
    close(wait->fd);
    free(wait);
}

static int control(struct hw_wait *wait, int operation, int fd, unsigned events, void *token) {
    struct epoll_event event = {.data.ptr = token};
    event.events = (events & HAWSER_LOOP_READ ? (uint32_t)EPOLLIN : 0) | (events & HAWSER_LOOP_WRITE ? (uint32_t)EPOLLOUT : 0);
    return epoll_ctl(wait->fd, operation, fd, &event);
}

int hw_wait_add(struct hw_wait *wait, int fd, unsigned events, void *token) {
    return control(wait, EPOLL_CTL_ADD, fd, events, token);
}

int hw_wait_set(struct hw_wait *wait, int fd, unsigned events, void *token) {
    return control(wait, EPOLL_CTL_MOD, fd, events, token);
}

void hw_wait_remove(struct hw_wait *wait, int fd) {
    control(wait, EPOLL_CTL_DEL, fd, 0, NULL);
}

int hw_wait(struct hw_wait *wait, hawser_time timeout, struct hw_wait_event *events, int max) {
    struct epoll_event ready[64];
    /* Rounded up: a turn that comes too early would find nothing due, and spin. */
    int milliseconds = timeout == HAWSER_NEVER ? -1 : timeout / 1000 >= INT_MAX ? INT_MAX : (int)((timeout + 999) / 1000);
    int count = epoll_wait(wait->fd, ready, max < 64 ? max : 64, milliseconds);
    if (count < 0)
        return errno == EINTR ? 0 : -1;
    for (int i = 0; i < count; i++) {
        uint32_t bits = ready[i].events;
        events[i].token = ready[i].data.ptr;
        events[i].events = (bits & (uint32_t)(EPOLLIN | EPOLLERR | EPOLLHUP) ? HAWSER_LOOP_READ : 0) |
                           (bits & (uint32_t)(EPOLLOUT | EPOLLERR | EPOLLHUP) ? HAWSER_LOOP_WRITE : 0);
    }
    return count;
}

int hw_wait_fd(const struct hw_wait *wait) {
    return wait->fd;
}
#endif
