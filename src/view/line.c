/* SPDX-License-Identifier: MIT
 *
 * The line buffer, the sink over stdio, and addresses as text.
 */
#include "view/line.h"
#include "base/bytes.h"
#include <stdarg.h>
#include <stdio.h>

#define PRINT_MAX 200u

void hw_view_put(struct hawser_view *view, const void *data, size_t size) {
    if (view->failed == 0 && size)
        view->failed = view->sink(view->sink_user, data, size);
}

int hawser_view_to_file(void *file, const void *data, size_t size) {
    return fwrite(data, 1, size, file) == size ? 0 : -1;
}

static void flush(struct hw_line *line) {
    hw_view_put(line->view, line->buffer, line->used);
    line->used = 0;
}

void hw_line_begin(struct hw_line *line, struct hawser_view *view) {
    line->view = view;
    line->used = 0;
}

void hw_line_print(struct hw_line *line, const char *format, ...) {
    if (HW_LINE_BUFFER - line->used < PRINT_MAX)
        flush(line);
    va_list arguments;
    va_start(arguments, format);
    int n = vsnprintf(line->buffer + line->used, PRINT_MAX, format, arguments);
    va_end(arguments);
    if (n > 0)
        line->used += (size_t)n < PRINT_MAX ? (size_t)n : PRINT_MAX - 1;
}

void hw_line_hex(struct hw_line *line, struct hawser_span bytes, size_t max) {
    for (size_t i = 0; i < bytes.size && i < max; i++)
        hw_line_print(line, " %02x", (unsigned)bytes.data[i]);
    if (bytes.size > max)
        hw_line_print(line, " ...");
}

void hw_line_quote(struct hw_line *line, struct hawser_span bytes, size_t max) {
    hw_line_print(line, "\"");
    for (size_t i = 0; i < bytes.size && i < max; i++) {
        unsigned c = bytes.data[i];
        if (c == '"' || c == '\\')
            hw_line_print(line, "\\%c", (int)c);
        else
            hw_line_print(line, c >= 0x20 && c < 0x7f ? "%c" : "\\x%02x", c);
    }
    hw_line_print(line, bytes.size > max ? "\"..." : "\"");
}

void hw_line_address(struct hw_line *line, const struct hawser_address *address) {
    char text[HAWSER_VIEW_ADDRESS_MAX];
    hw_line_print(line, "%s", hawser_view_address(text, address));
}

void hw_line_end(struct hw_line *line) {
    hw_line_print(line, "\n");
    flush(line);
}

/* RFC 5952: lower case, no leading zeros, the longest run of two or more zero groups (the first of equals) as "::". */
static size_t print_ipv6(char *out, const uint8_t *ip) {
    int run = -1, run_length = 1;
    for (int i = 0; i < 8; i++) {
        int length = 0;
        while (i + length < 8 && hw_get16(ip + 2 * (i + length)) == 0)
            length++;
        if (length > run_length) {
            run = i;
            run_length = length;
        }
    }
    size_t n = 0;
    for (int i = 0; i < 8; i++) {
        if (i == run) {
            n += (size_t)snprintf(out + n, HAWSER_VIEW_ADDRESS_MAX - n, "::");
            i += run_length - 1;
        } else {
            const char *colon = i == 0 || (run >= 0 && i == run + run_length) ? "" : ":";
            n += (size_t)snprintf(out + n, HAWSER_VIEW_ADDRESS_MAX - n, "%s%x", colon, (unsigned)hw_get16(ip + 2 * i));
        }
    }
    return n;
}

char *hawser_view_address(char *out, const struct hawser_address *address) {
    const uint8_t *ip = address->ip;
    switch (address->family) {
    case HAWSER_IPV4: snprintf(out, HAWSER_VIEW_ADDRESS_MAX, "%u.%u.%u.%u", ip[0], ip[1], ip[2], ip[3]); break;
    case HAWSER_IPV6: {
        size_t n = print_ipv6(out, ip);
        if (address->scope)
            snprintf(out + n, HAWSER_VIEW_ADDRESS_MAX - n, "%%%lu", (unsigned long)address->scope);
        break;
    }
    case HAWSER_ROUTE:
        snprintf(out, HAWSER_VIEW_ADDRESS_MAX, "route-%llu", (unsigned long long)address->route);
        break;
    default: snprintf(out, HAWSER_VIEW_ADDRESS_MAX, "*"); break;
    }
    return out;
}
