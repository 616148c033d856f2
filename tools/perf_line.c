/* SPDX-License-Identifier: MIT
 *
 * One association of `hawser perf`, on either side: sends words and data, counts what comes. It decides nothing: when a test
 * begins and ends is the business of perf_client.c and perf_server.c.
 */
#define _GNU_SOURCE
#include "perf.h"

#include <string.h>
#include <sys/resource.h>

#define BLOCK_SIZE    65536
#define PARTS_MAX     (PERF_SIZE_MAX / BLOCK_SIZE)
#define MEASURE_EVERY 10000 /* microseconds */

uint64_t perf_cpu(void) {
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (uint64_t)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000 +
           (uint64_t)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

/* ---- measuring --------------------------------------------------------------------------------------------------- */

void perf_line_go(struct perf_line *line, hawser_time now, bool sends) {
    line->running = true;
    line->sending = sends;
    line->cpu_began = perf_cpu();
    line->here.since = line->here.last = now;
    perf_line_measure(line, now);
}

/* An association that is gone counts nothing any more; what was measured before stays. */
void perf_line_measure(struct perf_line *line, hawser_time now) {
    struct hawser_status status = HAWSER_INIT(status);
    struct hawser_path_status path = HAWSER_INIT(path);
    struct perf_figures *here = &line->here;
    line->measured = here->clock = now;
    here->cpu = line->running ? perf_cpu() - line->cpu_began : 0;
    if (hawser_status(line->stack, line->id, &status) != 0)
        return;
    here->streams = line->request.streams < status.streams_out ? line->request.streams : status.streams_out;
    here->retransmissions = hawser_counter(line->stack, line->id, HAWSER_COUNT_RetransChunks);
    here->fast_retransmissions = hawser_counter(line->stack, line->id, HAWSER_COUNT_FastRetransmits);
    here->timeouts = hawser_counter(line->stack, line->id, HAWSER_COUNT_T3Expirations);
    for (uint32_t i = 0; i < status.path_count; i++) {
        if (hawser_path_status(line->stack, line->id, i, &path) != 0 || path.number != status.data_path || path.srtt == 0)
            continue;
        here->srtt = path.srtt;
        if (here->srtt_min == 0 || path.srtt < here->srtt_min)
            here->srtt_min = path.srtt;
        if (path.srtt > here->srtt_max)
            here->srtt_max = path.srtt;
    }
}

void perf_line_look(struct perf_line *line, hawser_time now) {
    if (line->here.in_bytes != line->seen)
        line->here.last = now;
    line->seen = line->here.in_bytes;
    if (now - line->measured >= MEASURE_EVERY)
        perf_line_measure(line, now);
}

void perf_line_count(struct perf_line *line, const struct hawser_item *item, size_t bytes) {
    line->here.in_bytes += bytes;
    line->here.in_messages += bytes == item->message.size && (item->flags & HAWSER_ITEM_MORE) == 0;
}

/* ---- sending ----------------------------------------------------------------------------------------------------- */

/* What hawser_send returned, but for success and want of room, in terms of the test. */
static void give_up(struct perf_line *line, int error) {
    line->sending = false;
    line->owed = PERF_NO_WORD;
    if (error != HAWSER_ERR_STATE && error != HAWSER_ERR_GONE) /* else it is closing, and its end will be told */
        line->error = hawser_error_text(error);
}

bool perf_line_try(struct perf_line *line, enum perf_word word, hawser_time now) {
    uint8_t words[PERF_WORD_MAX];
    struct hawser_span part = {.data = words};
    struct hawser_message message = HAWSER_INIT(message);
    perf_line_measure(line, now);
    part.size = perf_word_write(words, word, &line->request, &line->here);
    message.parts = &part;
    message.part_count = 1;
    message.ppid = PERF_PPID;
    message.flags = HAWSER_SEND_NO_DELAY;
    int error = hawser_send(line->stack, now, line->id, &message);
    if (error && error != HAWSER_ERR_WOULD_BLOCK)
        give_up(line, error);
    return error == 0;
}

void perf_line_say(struct perf_line *line, enum perf_word word, hawser_time now) {
    line->said = word;
    line->owed = word;
    if (perf_line_try(line, word, now))
        line->owed = PERF_NO_WORD;
}

bool perf_line_send_one(struct perf_line *line, hawser_time now, uint32_t flags) {
    static uint8_t block[BLOCK_SIZE];
    struct hawser_span parts[PARTS_MAX];
    struct hawser_message message = HAWSER_INIT(message);
    struct perf_figures *here = &line->here;
    uint64_t size = line->request.size;
    if (line->request.bytes && line->request.bytes - here->out_bytes < size)
        size = line->request.bytes - here->out_bytes;
    if (block[1] == 0) /* pages that were never written are all the same one: too easy to read */
        for (size_t i = 0; i < BLOCK_SIZE; i++)
            block[i] = (uint8_t)i;
    for (uint64_t left = size; left > 0; left -= parts[message.part_count++].size)
        parts[message.part_count] = (struct hawser_span){.data = block, .size = left < BLOCK_SIZE ? (size_t)left : BLOCK_SIZE};
    message.parts = parts;
    message.stream = line->stream;
    message.flags = flags | (line->request.mode & PERF_UNORDERED ? HAWSER_SEND_UNORDERED : 0);
    int error = hawser_send(line->stack, now, line->id, &message);
    if (error) {
        if (error != HAWSER_ERR_WOULD_BLOCK)
            give_up(line, error);
        return false;
    }
    here->out_bytes += size;
    here->out_messages++;
    if (++line->stream >= here->streams)
        line->stream = 0;
    return true;
}

/* What was sent so far has not had its time yet. */
static bool too_early(struct perf_line *line, hawser_time now) {
    hawser_time due = line->here.since + (hawser_time)((double)line->here.out_bytes * 1e6 / (double)line->request.rate);
    line->resume = due > now ? due : 0;
    return due > now;
}

void perf_line_send(struct perf_line *line, hawser_time now) {
    line->resume = 0;
    if (line->owed && !perf_line_try(line, line->owed, now))
        return;
    line->owed = PERF_NO_WORD;
    while (line->sending && !(line->request.mode & PERF_PING)) {
        if (line->request.bytes && line->here.out_bytes >= line->request.bytes)
            line->sending = false;
        else if ((line->request.rate && too_early(line, now)) || !perf_line_send_one(line, now, 0))
            break;
    }
}

/* ---- hearing ----------------------------------------------------------------------------------------------------- */

bool perf_line_hear(struct perf_line *line, const struct hawser_item *item) {
    uint8_t words[PERF_WORD_MAX];
    struct perf_request request;
    if (item->message.ppid != PERF_PPID)
        return false;
    enum perf_word word = PERF_NO_WORD;
    if (item->message.size <= sizeof(words) && (item->flags & (HAWSER_ITEM_MORE | HAWSER_ITEM_CONTINUES)) == 0)
        word = perf_word_read(words, hawser_copy(item->message.pieces, 0, words, sizeof(words)), &request, &line->there);
    if (word == PERF_NO_WORD)
        line->error = "perf: something that is no word of this version";
    else if (word == PERF_REQUEST && line->request.mode)
        line->error = "perf: a request where none is expected";
    else if (word == PERF_REQUEST)
        line->request = request;
    line->heard = word;
    return true;
}
