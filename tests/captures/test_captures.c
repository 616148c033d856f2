/* SPDX-License-Identifier: MIT
 *
 * Every SCTP packet in the captures goes through wire: taken apart and written again it must be the same, byte for byte, or give
 * the complaint that expected.txt lists. Each packet also goes through both views, and its pcapng form is read again.
 *
 * The captures stay outside of the repository. HAWSER_CAPTURES names their folders, separated by colons, relative to the source
 * folder; without them the test is skipped, but fails under CI=true. With an argument (--list) the complaints are printed in the
 * form of expected.txt.
 */
#include "base/bytes.h"
#include "base/crc32c.h"
#include "wire/chunks.h"
#include <dirent.h>
#include <hawser/view.h>
#include <stdio.h>
#include <stdlib.h>

#define FOLDERS "../shared/captures:../shared/peers/webrtc/captures"
#define EXPECTED "tests/captures/expected.txt"
#define SKIPPED 77
#define FILE_MAX (1u << 20)
#define EXPECTED_MAX 512

struct expected {
    char file[64];
    unsigned first, last; /* packets, from 1 on; 0: the file has `last` packets */
    char complaint[64];
    bool seen;
};

static struct expected expected[EXPECTED_MAX];
static size_t expected_count;
static unsigned failures, packets_total, files_total;
static bool list_only;

/* ---- taking apart and writing again --------------------------------------------------------------------------- */

/* Each function returns NULL, or what is wrong. */
static const char *rewrite_params(struct hw_writer *writer, struct hawser_span bytes, const char *truncated) {
    struct hw_cursor cursor = hw_cursor_over(bytes);
    struct hw_tlv param = {.whole = {bytes.data, 0}};
    struct hawser_address address;
    enum hw_cursor_result result;
    while ((result = hw_cursor_param(&cursor, &param)) == HW_CURSOR_ITEM) {
        if (hw_address_param_parse(&address, &param))
            hw_write_address(writer, &address);
        else
            hw_write_param(writer, param.type, param.value);
    }
    if (result == HW_CURSOR_PARTIAL)
        return truncated;
    /* 3.2: a chunk's length shall leave out the last parameter's padding, but receivers take it either way. */
    return param.whole.data + param.whole.size == cursor.end ? NULL : "last padding counted";
}

static const char *rewrite_causes(struct hw_writer *writer, struct hawser_span bytes) {
    struct hw_cursor cursor = hw_cursor_over(bytes);
    struct hw_tlv cause;
    enum hw_cursor_result result;
    while ((result = hw_cursor_param(&cursor, &cause)) == HW_CURSOR_ITEM)
        hw_write_param(writer, cause.type, cause.value);
    return result == HW_CURSOR_END ? NULL : "truncated cause";
}

static const char *rewrite_data(struct hw_writer *writer, const struct hw_tlv *chunk) {
    struct hw_data data;
    if (!hw_data_parse(&data, chunk))
        return "short DATA";
    hw_write32(writer, data.tsn);
    hw_write16(writer, data.stream);
    hw_write16(writer, (uint16_t)data.ssn);
    hw_write32(writer, data.ppid);
    hw_write_bytes(writer, data.payload.data, data.payload.size);
    return data.payload.size ? NULL : "no user data";
}

static const char *rewrite_init(struct hw_writer *writer, const struct hw_tlv *chunk) {
    struct hw_init init;
    if (!hw_init_parse(&init, chunk))
        return "short INIT";
    hw_write32(writer, init.tag);
    hw_write32(writer, init.a_rwnd);
    hw_write16(writer, init.streams_out);
    hw_write16(writer, init.streams_in);
    hw_write32(writer, init.tsn);
    return rewrite_params(writer, init.params, "truncated parameter");
}

static const char *rewrite_sack(struct hw_writer *writer, const struct hw_tlv *chunk) {
    struct hw_sack sack;
    if (!hw_sack_parse(&sack, chunk))
        return "short SACK";
    hw_write32(writer, sack.cum_tsn);
    hw_write32(writer, sack.a_rwnd);
    hw_write16(writer, sack.gap_count);
    hw_write16(writer, sack.dup_count);
    for (unsigned i = 0; i < sack.gap_count; i++) {
        hw_write16(writer, hw_sack_gap(&sack, i).start);
        hw_write16(writer, hw_sack_gap(&sack, i).end);
    }
    for (unsigned i = 0; i < sack.dup_count; i++)
        hw_write32(writer, hw_sack_dup(&sack, i));
    return NULL;
}

static const char *rewrite_shutdown(struct hw_writer *writer, const struct hw_tlv *chunk) {
    uint32_t cum_tsn;
    if (!hw_shutdown_parse(&cum_tsn, chunk))
        return "short SHUTDOWN";
    hw_write32(writer, cum_tsn);
    return NULL;
}

static const char *rewrite_value(struct hw_writer *writer, const struct hw_tlv *chunk) {
    switch (chunk->type) {
    case HW_DATA: return rewrite_data(writer, chunk);
    case HW_INIT:
    case HW_INIT_ACK: return rewrite_init(writer, chunk);
    case HW_SACK: return rewrite_sack(writer, chunk);
    case HW_HEARTBEAT:
    case HW_HEARTBEAT_ACK: return rewrite_params(writer, chunk->value, "truncated parameter");
    case HW_ABORT:
    case HW_ERROR: return rewrite_causes(writer, chunk->value);
    case HW_SHUTDOWN: return rewrite_shutdown(writer, chunk);
    default: hw_write_bytes(writer, chunk->value.data, chunk->value.size); return NULL;
    }
}

static const char *partial_complaint(const struct hw_cursor *cursor) {
    size_t left = (size_t)(cursor->end - cursor->at);
    if (left < HW_TLV_SIZE)
        return "stray bytes";
    return hw_get16(cursor->at + 2) < HW_TLV_SIZE ? "chunk length below 4" : "truncated chunk";
}

static const char *rewrite_packet(struct hw_writer *writer, struct hawser_span packet) {
    struct hw_header header;
    if (!hw_header_parse(&header, packet))
        return "no header";
    hw_write_header(writer, header.source_port, header.destination_port, header.tag);
    hw_put_checksum(writer->start, header.checksum);
    struct hw_cursor cursor = hw_cursor_over((struct hawser_span){packet.data + HW_HEADER_SIZE, packet.size - HW_HEADER_SIZE});
    struct hw_tlv chunk;
    enum hw_cursor_result result;
    const char *complaint = NULL;
    while ((result = hw_cursor_chunk(&cursor, &chunk)) == HW_CURSOR_ITEM) {
        uint8_t *begin = hw_write_chunk_begin(writer, (uint8_t)chunk.type, chunk.flags);
        const char *wrong = rewrite_value(writer, &chunk);
        hw_write_end(writer, begin);
        if (wrong && !complaint)
            complaint = wrong;
    }
    return result == HW_CURSOR_PARTIAL ? partial_complaint(&cursor) : complaint;
}

/* Whether all bytes that are not the same are zero in the packet that we wrote, and padding of a chunk in the one that came. */
static bool only_padding_differs(struct hawser_span packet, const uint8_t *again, size_t size) {
    struct hw_cursor cursor = hw_cursor_over((struct hawser_span){packet.data + HW_HEADER_SIZE, packet.size - HW_HEADER_SIZE});
    struct hw_tlv chunk;
    if (size != packet.size)
        return false;
    while (hw_cursor_chunk(&cursor, &chunk) == HW_CURSOR_ITEM)
        if (memcmp(chunk.whole.data, again + (chunk.whole.data - packet.data), chunk.whole.size) != 0)
            return false;
    return true;
}

/* What is wrong with the form of the packet, or NULL: then it was written again byte for byte. */
static const char *judge_form(struct hawser_span packet) {
    static uint8_t again[HAWSER_PACKET_MAX + 8];
    struct hw_writer writer = hw_writer_over(again, sizeof again);
    const char *complaint = rewrite_packet(&writer, packet);
    if (complaint)
        return complaint;
    size_t size = hw_writer_size(&writer);
    if (writer.full)
        return "does not fit";
    if (size > packet.size && size - packet.size < 4 && memcmp(again, packet.data, packet.size) == 0)
        return "missing padding";
    if (size != packet.size || memcmp(again, packet.data, size) != 0)
        return only_padding_differs(packet, again, size) ? "padding is not zero" : "differs";
    return NULL;
}

static const char *judge_checksum(struct hawser_span packet) {
    struct hw_header header;
    if (!hw_header_parse(&header, packet) || header.checksum == hw_crc32c_packet(hw_crc32c_choose(0), packet.data, packet.size))
        return NULL;
    return header.checksum ? "bad crc" : "zero crc";
}

/* ---- the views ------------------------------------------------------------------------------------------------ */

struct memory {
    uint8_t bytes[1u << 20];
    size_t size;
};

static int to_memory(void *user, const void *data, size_t size) {
    struct memory *memory = user;
    if (size > sizeof memory->bytes - memory->size)
        return -1;
    memcpy(memory->bytes + memory->size, data, size);
    memory->size += size;
    return 0;
}

/* The text must agree about the checksum, be one line, and name the complaint's kind. */
static const char *check_text(const struct hawser_trace_record *record, const char *crc, const char *form) {
    static struct memory memory;
    struct hawser_view view = {.size = sizeof view, .sink = to_memory, .sink_user = &memory};
    memory.size = 0;
    hawser_view_open_text(&view);
    hawser_view_text(&view, record);
    if (view.failed || memory.size == 0 || memchr(memory.bytes, '\n', memory.size) != memory.bytes + memory.size - 1)
        return "the text is not one line";
    memory.bytes[memory.size - 1] = 0;
    const char *text = (const char *)memory.bytes;
    if (!strstr(text, !crc ? " crc ok" : strcmp(crc, "bad crc") == 0 ? " crc bad" : " crc zero"))
        return "the text disagrees about the checksum";
    bool truncated = strstr(text, ": truncated (") || strstr(text, "its own header's");
    bool said = form && (strstr(form, "truncated") || strstr(form, "below 4"));
    return truncated == said ? NULL : "the text disagrees about the form";
}

/* What the pcapng view writes, the reader must give back. */
static const char *check_pcapng(const struct hawser_trace_record *record) {
    static struct memory memory;
    struct hawser_view view = {.size = sizeof view, .sink = to_memory, .sink_user = &memory};
    struct hawser_capture capture = {.size = sizeof capture};
    struct hawser_frame frame;
    struct hawser_trace_record again;
    memory.size = 0;
    if (hawser_view_open_pcapng(&view))
        return "pcapng does not open";
    hawser_view_pcapng(&view, record);
    capture.file = (struct hawser_span){memory.bytes, memory.size};
    if (hawser_capture_open(&capture) || hawser_capture_next(&capture, &frame) != 1)
        return "pcapng is not read again";
    if (hawser_frame_packet(&frame, 9899, &again) != HAWSER_FRAME_SCTP || again.packet.length != record->packet.length ||
        memcmp(again.packet.data, record->packet.data, again.packet.length) != 0 || again.now != record->now)
        return "pcapng is read differently";
    return hawser_capture_next(&capture, &frame) == 0 ? NULL : "pcapng does not end";
}

/* ---- against expected.txt ------------------------------------------------------------------------------------- */

static bool is_expected(const char *file, unsigned packet, const char *complaint) {
    for (size_t i = 0; i < expected_count; i++) {
        struct expected *e = &expected[i];
        if (e->first && strcmp(e->file, file) == 0 && packet >= e->first && packet <= e->last &&
            strcmp(e->complaint, complaint) == 0)
            return e->seen = true;
    }
    return false;
}

static void fail(const char *file, unsigned packet, const char *text) {
    fprintf(stderr, "FAIL: %s packet %u: %s\n", file, packet, text);
    failures++;
}

/* Every complaint is expected, and every one that is expected was made. */
static void check_complaints(const char *file, unsigned packet, const char *crc, const char *form) {
    if (list_only) {
        if (crc)
            printf("%s %u-%u %s\n", file, packet, packet, crc);
        if (form)
            printf("%s %u-%u %s\n", file, packet, packet, form);
        return;
    }
    if (crc && !is_expected(file, packet, crc))
        fail(file, packet, crc);
    if (form && !is_expected(file, packet, form))
        fail(file, packet, form);
    for (size_t i = 0; i < expected_count; i++) {
        const struct expected *e = &expected[i];
        bool meant = e->first && strcmp(e->file, file) == 0 && packet >= e->first && packet <= e->last;
        if (meant && !(crc && strcmp(e->complaint, crc) == 0) && !(form && strcmp(e->complaint, form) == 0)) {
            fprintf(stderr, "FAIL: %s packet %u: no complaint \"%s\"\n", file, packet, e->complaint);
            failures++;
        }
    }
}

static void check_packet(const char *file, unsigned packet, const struct hawser_trace_record *record) {
    struct hawser_span bytes = {record->packet.data, record->packet.length};
    const char *crc = judge_checksum(bytes), *form = judge_form(bytes);
    check_complaints(file, packet, crc, form);
    const char *wrong = check_text(record, crc, form);
    if (!wrong)
        wrong = check_pcapng(record);
    if (wrong)
        fail(file, packet, wrong);
    packets_total++;
}

static void check_count(const char *file, unsigned packets) {
    bool listed = false;
    if (list_only)
        printf("%s = %u packets\n", file, packets);
    for (size_t i = 0; i < expected_count; i++) {
        struct expected *e = &expected[i];
        if (e->first || strcmp(e->file, file) != 0)
            continue;
        listed = e->seen = true;
        if (e->last != packets) {
            fprintf(stderr, "FAIL: %s: %u SCTP packets, not %u\n", file, packets, e->last);
            failures++;
        }
    }
    if (!listed && !list_only)
        fprintf(stderr, "note: %s is not listed in " EXPECTED "\n", file);
}

/* ---- files ---------------------------------------------------------------------------------------------------- */

static bool ends_with(const char *name, const char *end) {
    size_t n = strlen(name), m = strlen(end);
    return n >= m && strcmp(name + n - m, end) == 0;
}

static void check_file(const char *path, const char *name) {
    static uint8_t bytes[FILE_MAX];
    FILE *stream = fopen(path, "rb");
    size_t size = stream ? fread(bytes, 1, sizeof bytes, stream) : 0;
    if (stream)
        fclose(stream);
    unsigned packets = 0;
    struct hawser_trace_record record;
    struct hawser_frame frame = {.number = 1, .link = HAWSER_LINK_SCTP, .bytes = {bytes, size}, .length = size};
    files_total++;
    if (ends_with(name, ".bin")) { /* a bare packet */
        packets = hawser_frame_packet(&frame, 0, &record) == HAWSER_FRAME_SCTP;
        check_packet(name, packets, &record);
    } else {
        struct hawser_capture capture = {.size = sizeof capture, .file = {bytes, size}};
        int result = hawser_capture_open(&capture);
        while (result == 0 && (result = hawser_capture_next(&capture, &frame)) == 1) {
            result = 0;
            int kind = hawser_frame_packet(&frame, 9899, &record);
            if (kind == HAWSER_FRAME_SCTP)
                check_packet(name, ++packets, &record);
            else if (kind != HAWSER_FRAME_OTHER)
                fail(name, packets, "a frame that is not whole or not known");
        }
        if (result)
            fail(name, packets, capture.complaint ? capture.complaint : "cannot be read");
    }
    check_count(name, packets);
}

/* False: no such folder. */
static bool check_folder(const char *folder) {
    DIR *directory = opendir(folder);
    if (!directory)
        return false;
    for (struct dirent *entry; (entry = readdir(directory)) != NULL;) {
        char path[1024];
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        if (ends_with(path, "cap") || ends_with(path, ".bin"))
            check_file(path, entry->d_name);
        else if (entry->d_name[0] != '.')
            check_folder(path);
    }
    closedir(directory);
    return true;
}

/* Lines are "FILE FIRST-LAST COMPLAINT" or "FILE = N packets"; # begins a comment. */
static bool read_expected(void) {
    FILE *stream = fopen(EXPECTED, "r");
    char line[256];
    if (!stream)
        return false;
    while (fgets(line, sizeof line, stream)) {
        if (*line == '#' || *line == '\n')
            continue;
        struct expected *e = &expected[expected_count];
        memset(e, 0, sizeof *e);
        bool range = sscanf(line, "%63s %u-%u %63[^\n]", e->file, &e->first, &e->last, e->complaint) == 4 && e->first;
        bool count = !range && sscanf(line, "%63s = %u packets", e->file, &e->last) == 2;
        if ((!range && !count) || ++expected_count == EXPECTED_MAX) {
            fprintf(stderr, "FAIL: " EXPECTED ": cannot take \"%s\"\n", line);
            failures++;
            break;
        }
        if (count)
            e->first = 0;
    }
    fclose(stream);
    return true;
}

static int absent(const char *folder) {
    const char *ci = getenv("CI");
    if (ci && strcmp(ci, "true") == 0) {
        fprintf(stderr, "FAIL: no folder %s, and CI=true wants the captures (HAWSER_CAPTURES says where they are)\n", folder);
        return 1;
    }
    fprintf(stderr, "skipped: no folder %s (HAWSER_CAPTURES says where captures are)\n", folder);
    return SKIPPED;
}

int main(int argc, char **argv) {
    const char *at = getenv("HAWSER_CAPTURES");
    list_only = argc > 1 && strcmp(argv[1], "--list") == 0;
    if (!list_only && !read_expected()) {
        fprintf(stderr, "FAIL: cannot read " EXPECTED " (start this in the source folder)\n");
        return 1;
    }
    for (at = at && *at ? at : FOLDERS; *at;) {
        char folder[768];
        size_t size = strcspn(at, ":");
        snprintf(folder, sizeof folder, "%.*s", (int)size, at);
        if (!check_folder(folder))
            return absent(folder);
        at += size + (at[size] == ':');
    }
    for (size_t i = 0; i < expected_count && !list_only; i++) {
        if (!expected[i].seen) {
            fprintf(stderr, "FAIL: " EXPECTED ": nothing came of \"%s %u-%u %s\"\n", expected[i].file, expected[i].first,
                    expected[i].last, expected[i].complaint);
            failures++;
        }
    }
    if (!list_only)
        printf("%u packets in %u files, %u failures\n", packets_total, files_total, failures);
    return failures ? 1 : 0;
}
