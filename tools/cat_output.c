/* SPDX-License-Identifier: MIT
 *
 * `hawser cat`: messages to standard output, without ever blocking where that can be avoided. The descriptor may be shared with
 * other programs, so it is not made non-blocking: a pipe that polls as writable takes PIPE_BUF bytes, a socket has a flag for
 * each call, a file never blocks, a terminal may.
 */
#define _GNU_SOURCE
#include "cat.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#define PARTS_MAX 64

void cat_output_init(struct cat *cat) {
    struct stat about;
    cat->out.kind = OUTPUT_PLAIN;
    if (fstat(STDOUT_FILENO, &about) == 0)
        cat->out.kind = S_ISFIFO(about.st_mode) ? OUTPUT_PIPE : S_ISSOCK(about.st_mode) ? OUTPUT_SOCKET : OUTPUT_PLAIN;
}

static void set_blocked(struct cat *cat, bool blocked) {
    cat->out.blocked = blocked;
    hawser_loop_set_fd(cat->common.loop, STDOUT_FILENO, blocked ? HAWSER_LOOP_WRITE : 0);
}

/* Returns what was written; 0 after setting blocked or failed. */
static size_t write_parts(struct cat *cat, struct iovec *parts, int count) {
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = (size_t)count};
    struct pollfd writable = {.fd = STDOUT_FILENO, .events = POLLOUT};
    ssize_t written;
    do {
        if (cat->out.kind == OUTPUT_SOCKET) {
            written = sendmsg(STDOUT_FILENO, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
        } else if (cat->out.kind == OUTPUT_PIPE && poll(&writable, 1, 0) == 0) {
            written = -1;
            errno = EAGAIN;
        } else {
            written = writev(STDOUT_FILENO, parts, count);
        }
    } while (written < 0 && errno == EINTR);
    if (written >= 0)
        return (size_t)written;
    if (errno == EAGAIN || errno == EWOULDBLOCK) {
        set_blocked(cat, true);
    } else {
        char text[128];
        snprintf(text, sizeof(text), "standard output: %s", strerror(errno));
        cat->out.failed = true;
        cat_give_up(cat, STATUS_IO, text);
    }
    return 0;
}

/* Writes the pieces from the first on; returns how many bytes went. */
static size_t write_pieces(struct cat *cat, const struct hawser_piece *piece) {
    size_t limit = cat->out.kind == OUTPUT_PIPE ? PIPE_BUF : SSIZE_MAX, skip = 0, total = 0;
    while (piece) {
        struct iovec parts[PARTS_MAX];
        int count = 0;
        size_t size = 0, offset = skip;
        for (const struct hawser_piece *p = piece; p && count < PARTS_MAX && size < limit; p = p->next, offset = 0) {
            size_t length = p->size - offset < limit - size ? p->size - offset : limit - size;
            parts[count].iov_base = (void *)(uintptr_t)(p->data + offset);
            parts[count++].iov_len = length;
            size += length;
        }
        size_t written = write_parts(cat, parts, count);
        if (written == 0)
            break;
        total += written;
        for (skip += written; piece && skip >= piece->size; piece = piece->next)
            skip -= piece->size;
    }
    return total;
}

void cat_write_striped(struct cat *cat) {
    struct hawser_piece piece = {0};
    while (!cat->out.blocked && !cat->out.failed && (piece.size = stripe_peek(&cat->out.stripe, &piece.data)) > 0) {
        size_t written = write_pieces(cat, &piece);
        if (written > 0)
            stripe_take(&cat->out.stripe, written);
    }
}

size_t cat_write_message(struct cat *cat, const struct hawser_item *item) {
    if (cat->out.failed)
        return item->message.size;
    if (!cat->stripe) {
        size_t written = write_pieces(cat, item->message.pieces);
        return cat->out.failed ? item->message.size : written;
    }
    bool last = (item->flags & HAWSER_ITEM_MORE) == 0;
    for (const struct hawser_piece *p = item->message.pieces; p; p = p->next) {
        const char *wrong = stripe_add(&cat->out.stripe, item->message.ppid, p->data, p->size, last && !p->next);
        if (wrong) {
            char text[128];
            snprintf(text, sizeof(text), "--stripe: %s (does the peer use --stripe?)", wrong);
            cat->out.failed = true;
            cat_give_up(cat, STATUS_PROTOCOL, text);
            break;
        }
    }
    cat_write_striped(cat);
    return item->message.size;
}

void cat_output_ready(void *user, int fd, unsigned events) {
    struct cat *cat = user;
    (void)fd, (void)events;
    set_blocked(cat, false);
    cat_pump_output(cat);
}
