/* SPDX-License-Identifier: MIT
 *
 * Text on its way to a view's sink: a small buffer on the stack that empties itself when full, so a line may be of any length and
 * no memory is asked for. Knows no SCTP.
 */
#ifndef HW_LINE_H
#define HW_LINE_H

#include <hawser/view.h>

#define HW_LINE_BUFFER 1024u

struct hw_line {
    struct hawser_view *view;
    size_t used;
    char buffer[HW_LINE_BUFFER];
};

/* Gives bytes to the sink, unless it failed before; remembers if it fails. */
void hw_view_put(struct hawser_view *view, const void *data, size_t size);

void hw_line_begin(struct hw_line *line, struct hawser_view *view);
/* At most 200 bytes a call; what is longer is cut. */
void hw_line_print(struct hw_line *line, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* " 0a 0b 0c", and " ..." if there are more than `max` bytes. */
void hw_line_hex(struct hw_line *line, struct hawser_span bytes, size_t max);
/* The bytes in quotes, what is not printable ASCII as \xNN, and "..." if there are more than `max`. */
void hw_line_quote(struct hw_line *line, struct hawser_span bytes, size_t max);
void hw_line_address(struct hw_line *line, const struct hawser_address *address);
/* Ends the line and hands all of it on. */
void hw_line_end(struct hw_line *line);

#endif
