/* SPDX-License-Identifier: MIT
 *
 * Waiting with poll, where there is no epoll. See wait.h.
 */
#include "loop/wait.h"

#if !HW_WAIT_EPOLL
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>

struct hw_wait {
    struct pollfd *fds;
    void **tokens;
    size_t count, capacity;
};

struct hw_wait *hw_wait_new(void) {
    return calloc(1, sizeof(struct hw_wait));
}

void hw_wait_free(struct hw_wait *wait) {
    free(wait->fds);
    free(wait->tokens);
    free(wait);
}

static short poll_events(unsigned events) {
    return (short)((events & HAWSER_LOOP_READ ? POLLIN : 0) | (events & HAWSER_LOOP_WRITE ? POLLOUT : 0));
}

int hw_wait_add(struct hw_wait *wait, int fd, unsigned events, void *token) {
    if (fcntl(fd, F_GETFD) < 0)
        return -1; /* poll itself would say so again and again */
    if (wait->count == wait->capacity) {
        size_t capacity = wait->capacity ? 2 * wait->capacity : 16;
        struct pollfd *fds = realloc(wait->fds, capacity * sizeof(*fds));
        if (fds)
            wait->fds = fds;
        void **tokens = realloc(wait->tokens, capacity * sizeof(*tokens));
        if (tokens)
            wait->tokens = tokens;
        if (!fds || !tokens) {
            errno = ENOMEM;
            return -1;
        }
        wait->capacity = capacity;
    }
    wait->fds[wait->count] = (struct pollfd){.fd = fd, .events = poll_events(events)};
    wait->tokens[wait->count++] = token;
    return 0;
}

static size_t find(const struct hw_wait *wait, int fd) {
    size_t i = 0;
    while (i < wait->count && wait->fds[i].fd != fd)
        i++;
    return i;
}

int hw_wait_set(struct hw_wait *wait, int fd, unsigned events, void *token) {
    size_t i = find(wait, fd);
    if (i == wait->count) {
        errno = ENOENT;
        return -1;
    }
    wait->fds[i].events = poll_events(events);
    wait->tokens[i] = token;
    return 0;
}

void hw_wait_remove(struct hw_wait *wait, int fd) {
    size_t i = find(wait, fd);
    if (i < wait->count) {
        wait->count--;
        wait->fds[i] = wait->fds[wait->count];
        wait->tokens[i] = wait->tokens[wait->count];
    }
}

int hw_wait(struct hw_wait *wait, hawser_time timeout, struct hw_wait_event *events, int max) {
    int milliseconds = timeout == HAWSER_NEVER ? -1 : timeout / 1000 >= INT_MAX ? INT_MAX : (int)((timeout + 999) / 1000);
    int left = poll(wait->fds, (nfds_t)wait->count, milliseconds), count = 0;
    if (left < 0)
        return errno == EINTR ? 0 : -1;
    for (size_t i = 0; i < wait->count && left > 0 && count < max; i++) {
        short bits = wait->fds[i].revents;
        if (!bits)
            continue;
        left--;
        events[count].token = wait->tokens[i];
        events[count++].events = (bits & (POLLIN | POLLERR | POLLHUP | POLLNVAL) ? HAWSER_LOOP_READ : 0) |
                                 (bits & (POLLOUT | POLLERR | POLLHUP | POLLNVAL) ? HAWSER_LOOP_WRITE : 0);
    }
    return count;
}

int hw_wait_fd(const struct hw_wait *wait) {
    (void)wait;
    return -1;
}
#endif
