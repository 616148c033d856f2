/* SPDX-License-Identifier: MIT
 *
 * `hawser cat`: standard input to messages. Nothing is read while the association takes no more.
 */
#define _GNU_SOURCE
#include "cat.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

/* The length of the next message in the buffer, or of the next stretch of it (`more`); 0: not enough has been read. */
static size_t next_message(const struct cat *cat, bool *more) {
    const struct cat_input *in = &cat->in;
    size_t length = in->end - in->start;
    const uint8_t *data = in->buffer + in->start;
    *more = false;
    if (cat->line && length > 0) {
        const uint8_t *newline = memchr(data, '\n', length);
        if (newline)
            return (size_t)(newline - data) + 1;
        *more = !in->eof;
        return in->eof || length == in->capacity ? length : 0;
    }
    if (cat->size > 0 && length >= (size_t)cat->size)
        return (size_t)cat->size;
    return cat->size > 0 && !in->eof ? 0 : length;
}

static int send_message(struct cat *cat, size_t length, bool more) {
    struct cat_input *in = &cat->in;
    struct hawser_span part = {.data = in->buffer + in->start, .size = length};
    struct hawser_message message = HAWSER_INIT(message);
    message.parts = &part;
    message.part_count = 1;
    message.stream = cat->stream > 0 ? (uint16_t)cat->stream : 0;
    message.ppid = cat->ppid > 0 ? (uint32_t)cat->ppid : 0;
    if (cat->stripe) {
        struct hawser_status status = HAWSER_INIT(status);
        if (hawser_status(cat->common.stack, cat->association, &status) == 0 && status.streams_out)
            message.stream = (uint16_t)(in->number % status.streams_out);
        message.ppid = in->number;
    }
    message.flags = (cat->unordered ? HAWSER_SEND_UNORDERED : 0) | (more ? HAWSER_SEND_MORE : 0);
    return hawser_send(cat->common.stack, hawser_now(), cat->association, &message);
}

static void watch_input(struct cat *cat) {
    const struct cat_input *in = &cat->in;
    bool wanted =
        cat->up && !cat->closing && !cat->peer_closing && !cat->interrupts && !cat->no_input && !in->eof && !in->blocked;
    if (!cat->no_input)
        hawser_loop_set_fd(cat->common.loop, STDIN_FILENO, wanted ? HAWSER_LOOP_READ : 0);
}

void cat_pump_input(struct cat *cat) {
    struct cat_input *in = &cat->in;
    size_t length;
    bool more;
    while (cat->up && !cat->closing && !cat->peer_closing && !in->blocked && (length = next_message(cat, &more)) > 0) {
        int error = send_message(cat, length, more);
        if (error == HAWSER_ERR_WOULD_BLOCK) {
            in->blocked = true;
        } else if (error == HAWSER_ERR_STATE || error == HAWSER_ERR_GONE) {
            cat->peer_closing = true;
        } else if (error) {
            cat_give_up(cat, error == HAWSER_ERR_STREAM ? STATUS_USAGE : STATUS_IO, hawser_error_text(error));
            return;
        } else {
            in->start += length;
            in->more = more;
            cat->sent_bytes += length;
            if (!more) {
                in->number++;
                cat->sent_messages++;
            }
        }
    }
    if (in->start > 0) {
        memmove(in->buffer, in->buffer + in->start, in->end - in->start);
        in->end -= in->start;
        in->start = 0;
    }
    watch_input(cat);
}

void cat_input_ready(void *user, int fd, unsigned events) {
    struct cat *cat = user;
    struct cat_input *in = &cat->in;
    (void)events;
    if (in->end < in->capacity) {
        ssize_t count = read(fd, in->buffer + in->end, in->capacity - in->end);
        if (count < 0 && (errno == EINTR || errno == EAGAIN))
            return;
        if (count < 0) {
            char text[128];
            snprintf(text, sizeof(text), "standard input: %s", strerror(errno));
            cat_give_up(cat, STATUS_IO, text);
            return;
        }
        in->end += (size_t)count;
        if (count == 0)
            in->eof = true;
    }
    cat_pump_input(cat);
}
