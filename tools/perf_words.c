/* SPDX-License-Identifier: MIT
 *
 * What the two sides of `hawser perf` say to each other: a mark, a word, and its numbers, each in eight bytes, the highest first.
 * Reads whatever a peer may have sent.
 */
#include "perf.h"

#include <string.h>

#define MARK UINT64_C(0x6861777065726631) /* "hawperf1": another format gets another mark */

static uint8_t *write_number(uint8_t *out, uint64_t value) {
    for (int shift = 56; shift >= 0; shift -= 8)
        *out++ = (uint8_t)(value >> shift);
    return out;
}

static uint64_t read_number(const uint8_t **data) {
    uint64_t value = 0;
    for (int i = 0; i < 8; i++)
        value = value << 8 | *(*data)++;
    return value;
}

size_t perf_word_write(uint8_t *out, enum perf_word word, const struct perf_request *request,
                       const struct perf_figures *figures) {
    uint8_t *at = write_number(write_number(out, MARK), word);
#define WRITE_REQUEST(name) at = write_number(at, request->name);
#define WRITE_FIGURE(name)  at = write_number(at, figures->name);
    if (word == PERF_REQUEST) {
        PERF_REQUEST_FIELDS(WRITE_REQUEST)
    } else {
        PERF_FIGURES_FIELDS(WRITE_FIGURE)
    }
    return (size_t)(at - out);
}

enum perf_word perf_word_read(const uint8_t *data, size_t size, struct perf_request *request, struct perf_figures *figures) {
    if (size < 16 || read_number(&data) != MARK)
        return PERF_NO_WORD;
    uint64_t word = read_number(&data);
    if (word == PERF_NO_WORD || word > PERF_FINAL)
        return PERF_NO_WORD;
    if (size - 16 != (word == PERF_REQUEST ? sizeof(*request) : sizeof(*figures)))
        return PERF_NO_WORD;
#define READ_REQUEST(name) request->name = read_number(&data);
#define READ_FIGURE(name)  figures->name = read_number(&data);
    if (word == PERF_REQUEST) {
        PERF_REQUEST_FIELDS(READ_REQUEST)
    } else {
        PERF_FIGURES_FIELDS(READ_FIGURE)
    }
    return (enum perf_word)word;
}

const char *perf_request_wrong(const struct perf_request *request) {
    uint64_t way = request->mode & ~(uint64_t)PERF_UNORDERED;
    if (way == 0 || (way > (PERF_OUT | PERF_IN) && way != PERF_PING))
        return "perf: a mode that this server does not know";
    if (request->size == 0 || request->size > PERF_SIZE_MAX)
        return "perf: messages must have 1 to 16777216 bytes";
    if (request->streams == 0 || request->streams > 65535)
        return "perf: there are 1 to 65535 streams";
    if (request->time > PERF_TIME_MAX * UINT64_C(1000000) || (request->time == 0 && request->bytes == 0))
        return "perf: a test must take at most a day";
    return NULL;
}
