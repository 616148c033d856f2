/* SPDX-License-Identifier: MIT
 *
 * view/capture: pcap and pcapng in both byte orders, every truncation, wrong lengths and noise.
 */
#include "test_view.h"

static struct hawser_capture capture;

/* ---- files made by hand --------------------------------------------------------------------------------------- */

struct file {
    uint8_t bytes[2048];
    size_t size;
    bool big;
};

static void put16(struct file *file, uint16_t value) {
    uint8_t *p = file->bytes + file->size;
    p[file->big ? 0 : 1] = (uint8_t)(value >> 8);
    p[file->big ? 1 : 0] = (uint8_t)value;
    file->size += 2;
}
static void put32(struct file *file, uint32_t value) {
    put16(file, (uint16_t)(file->big ? value >> 16 : value));
    put16(file, (uint16_t)(file->big ? value : value >> 16));
}
static void put_bytes(struct file *file, const void *data, size_t size) {
    memcpy(file->bytes + file->size, data, size);
    file->size += size;
}
static void put_padding(struct file *file) {
    while (file->size % 4)
        file->bytes[file->size++] = 0;
}

static void pcap_header(struct file *file, bool big, uint32_t magic, uint32_t link) {
    memset(file, 0, sizeof *file);
    file->big = big;
    put32(file, magic);
    put16(file, 2);
    put16(file, 4);
    put32(file, 0);
    put32(file, 0);
    put32(file, 65535);
    put32(file, link);
}
static void pcap_record(struct file *file, uint32_t seconds, uint32_t fraction, const char *text, uint32_t length) {
    put32(file, seconds);
    put32(file, fraction);
    put32(file, (uint32_t)strlen(text));
    put32(file, length);
    put_bytes(file, text, strlen(text));
}

/* Blocks are begun and ended; the end fills in both lengths. */
static size_t block_begin(struct file *file, uint32_t type) {
    size_t at = file->size;
    put32(file, type);
    put32(file, 0);
    return at;
}
static void block_end(struct file *file, size_t at) {
    put_padding(file);
    size_t end = file->size;
    put32(file, (uint32_t)(end + 4 - at));
    memcpy(file->bytes + at + 4, file->bytes + end, 4);
}
static void section(struct file *file, bool big) {
    file->big = big;
    size_t at = block_begin(file, 0x0A0D0D0A);
    put32(file, 0x1A2B3C4D);
    put16(file, 1);
    put16(file, 0);
    put32(file, UINT32_MAX);
    put32(file, UINT32_MAX);
    block_end(file, at);
}
static void interface_of(struct file *file, uint16_t link, int resolution, int64_t offset) {
    size_t at = block_begin(file, 1);
    put16(file, link);
    put16(file, 0);
    put32(file, 4); /* snap length, for simple packets */
    put16(file, 2);
    put16(file, 3);
    put_bytes(file, "lo0", 4);
    if (resolution >= 0) {
        put16(file, 9);
        put16(file, 1);
        put32(file, file->big ? (uint32_t)resolution << 24 : (uint32_t)resolution);
    }
    if (offset) {
        put16(file, 14);
        put16(file, 8);
        put32(file, (uint32_t)(file->big ? (uint64_t)offset >> 32 : (uint64_t)offset));
        put32(file, (uint32_t)(file->big ? (uint64_t)offset : (uint64_t)offset >> 32));
    }
    put32(file, 0);
    block_end(file, at);
}
static void packet_in(struct file *file, uint32_t type, uint32_t number, uint64_t ticks, const char *text, uint32_t length) {
    size_t at = block_begin(file, type);
    if (type == 2) {
        put16(file, (uint16_t)number);
        put16(file, 0xffff); /* drops: unknown */
    } else
        put32(file, number);
    put32(file, (uint32_t)(ticks >> 32));
    put32(file, (uint32_t)ticks);
    put32(file, (uint32_t)strlen(text));
    put32(file, length);
    put_bytes(file, text, strlen(text));
    block_end(file, at);
}

static int open_file(const struct file *file) {
    capture = (struct hawser_capture){.size = sizeof capture, .file = {file->bytes, file->size}};
    return hawser_capture_open(&capture);
}
static void expect_frame(uint32_t number, uint32_t link, uint64_t time, const char *text, size_t length) {
    struct hawser_frame frame;
    assert_int_equal(hawser_capture_next(&capture, &frame), 1);
    assert_int_equal(frame.number, number);
    assert_int_equal(frame.link, link);
    assert_int_equal(frame.time, time);
    assert_int_equal(frame.bytes.size, strlen(text));
    assert_memory_equal(frame.bytes.data, text, strlen(text));
    assert_int_equal(frame.length, length);
}
static void expect_end(void) {
    struct hawser_frame frame;
    assert_int_equal(hawser_capture_next(&capture, &frame), 0);
    assert_int_equal(hawser_capture_next(&capture, &frame), 0);
    assert_null(capture.complaint);
}

/* ---- tests ---------------------------------------------------------------------------------------------------- */

static void pcap_in_both_orders_and_both_units(void **state) {
    (void)state;
    for (int big = 0; big < 2; big++) {
        for (int nano = 0; nano < 2; nano++) {
            struct file file;
            pcap_header(&file, big, nano ? 0xA1B23C4D : 0xA1B2C3D4, 0x54000001); /* the upper bits tell of the FCS */
            pcap_record(&file, 1700000000, nano ? 123456999 : 123456, "one", 3);
            pcap_record(&file, 1700000001, 0, "", 0);
            pcap_record(&file, 1700000002, 5000, "three", 100);
            assert_int_equal(open_file(&file), 0);
            expect_frame(1, 1, UINT64_C(1700000000123456), "one", 3);
            expect_frame(2, 1, UINT64_C(1700000001000000), "", 0);
            expect_frame(3, 1, UINT64_C(1700000002000000) + (nano ? 5 : 5000), "three", 100);
            expect_end();
        }
    }
}

static void make_pcapng(struct file *file, bool big) {
    memset(file, 0, sizeof *file);
    section(file, big);
    interface_of(file, 101, -1, 0);
    interface_of(file, 113, 9, 1000);
    interface_of(file, 1, 0x80 | 20, 0);
    interface_of(file, 1, 3, 0);
    size_t unknown = block_begin(file, 0x0BAD);
    put_bytes(file, "whatever", 8);
    block_end(file, unknown);
    packet_in(file, 6, 0, UINT64_C(1700000000123456), "one", 3);
    packet_in(file, 6, 1, UINT64_C(1700000000123456789), "seven..", 70);
    packet_in(file, 2, 2, UINT64_C(3) << 19, "old", 3);
    packet_in(file, 6, 3, 1500, "ms", 2);
    size_t simple = block_begin(file, 3);
    put32(file, 9);
    put_bytes(file, "four", 4);
    block_end(file, simple);
    section(file, !big); /* the interfaces begin anew, and the byte order */
    interface_of(file, 276, 0, 0);
    packet_in(file, 6, 0, 7, "last", 4);
}

static void pcapng_in_both_orders(void **state) {
    (void)state;
    for (int big = 0; big < 2; big++) {
        struct file file;
        make_pcapng(&file, big);
        assert_int_equal(open_file(&file), 0);
        expect_frame(1, 101, UINT64_C(1700000000123456), "one", 3);
        expect_frame(2, 113, UINT64_C(1700001000123456), "seven..", 70);
        expect_frame(3, 1, 1500000, "old", 3);
        expect_frame(4, 1, 1500000, "ms", 2);
        expect_frame(5, 101, 0, "four", 9);
        expect_frame(6, 276, 7000000, "last", 4);
        expect_end();
    }
}

/* Reads to the end or to a complaint; returns the frames, touching all their bytes. */
static uint32_t read_all(struct hawser_span bytes, bool *complained) {
    struct hawser_frame frame;
    struct hawser_trace_record record;
    static volatile unsigned sum;
    capture = (struct hawser_capture){.size = sizeof capture, .file = bytes};
    int result = hawser_capture_open(&capture);
    while (result == 0 && (result = hawser_capture_next(&capture, &frame)) == 1) {
        for (size_t i = 0; i < frame.bytes.size; i++)
            sum = sum + frame.bytes.data[i];
        assert_true(frame.length >= frame.bytes.size);
        hawser_frame_packet(&frame, 9899, &record);
        result = 0;
    }
    assert_true(result == 0 || result == HAWSER_ERR_STATE);
    assert_int_equal(result != 0, capture.complaint != NULL);
    if (result && capture.file.size >= 24)
        assert_int_equal(hawser_capture_next(&capture, &frame), HAWSER_ERR_STATE); /* for good */
    *complained = result != 0;
    return capture.frames;
}

static void every_truncation_is_noticed(void **state) {
    (void)state;
    for (int kind = 0; kind < 4; kind++) {
        struct file file;
        size_t ends[16] = {0}, count = 0; /* sizes at which a file may end */
        if (kind < 2) {
            pcap_header(&file, kind, 0xA1B2C3D4, 1);
            ends[count++] = file.size;
            for (int i = 0; i < 3; i++) {
                pcap_record(&file, 1, 2, "some bytes", 10);
                ends[count++] = file.size;
            }
        } else {
            make_pcapng(&file, kind == 3);
            for (size_t at = 0; at < file.size; ends[count++] = at) {
                bool big = hw_get32(file.bytes + at) <= 0x0BAD || hw_get32(file.bytes + at + 8) == 0x1A2B3C4D;
                const uint8_t *p = file.bytes + at + 4;
                at += big ? hw_get32(p) : (uint32_t)p[3] << 24 | (uint32_t)p[2] << 16 | (uint32_t)p[1] << 8 | p[0];
            }
        }
        for (size_t size = 0; size <= file.size; size++) {
            struct hawser_span copy = exact_copy(file.bytes, size);
            bool complained, clean = false;
            for (size_t i = 0; i < count; i++)
                clean = clean || size == ends[i];
            read_all(copy, &complained);
            assert_int_equal(complained, !clean);
            exact_free(copy);
        }
    }
}

static void expect_complaint(const struct file *file, const char *complaint) {
    struct hawser_span copy = exact_copy(file->bytes, file->size);
    bool complained;
    read_all(copy, &complained);
    assert_true(complained);
    assert_string_equal(capture.complaint, complaint);
    exact_free(copy);
}

static void what_contradicts_itself_is_said(void **state) {
    (void)state;
    struct file file;
    pcap_header(&file, false, 0xA1B2C3D4, 1);
    pcap_record(&file, 1, 2, "some bytes", 10);
    memset(file.bytes + 24 + 8, 0xff, 4);
    expect_complaint(&file, "the file ends inside a record, or the record's length is wrong");
    pcap_header(&file, false, 0xA1B2C3D5, 1);
    expect_complaint(&file, "neither a pcap nor a pcapng file");

    memset(&file, 0, sizeof file);
    section(&file, false);
    file.bytes[8] ^= 1;
    expect_complaint(&file, "the section header has no byte-order magic");
    file.bytes[8] ^= 1;
    file.bytes[12] = 2;
    expect_complaint(&file, "the section has a version that is not known");
    file.bytes[12] = 1;
    packet_in(&file, 6, 0, 0, "x", 1);
    expect_complaint(&file, "a packet block names an interface that was not described");
    size_t packet_at = file.size - 36;
    file.bytes[packet_at + 4] = 37;
    expect_complaint(&file, "a block has a length that it cannot have");
    file.bytes[packet_at + 4] = 32;
    expect_complaint(&file, "the two lengths of a block differ");

    memset(&file, 0, sizeof file);
    section(&file, true);
    interface_of(&file, 1, -1, 0);
    size_t at = file.size;
    packet_in(&file, 6, 0, 0, "x", 1);
    hw_put32(file.bytes + at + 20, 5);
    expect_complaint(&file, "a packet is longer than its block");
    hw_put32(file.bytes + at + 20, UINT32_MAX);
    expect_complaint(&file, "a packet is longer than its block");
    file.size = at;
    size_t block = block_begin(&file, 6);
    block_end(&file, block);
    expect_complaint(&file, "a packet block is too short");
    file.size = at;
    block = block_begin(&file, 3);
    block_end(&file, block);
    expect_complaint(&file, "a packet block is too short");
    file.size = at;
    block = block_begin(&file, 1);
    block_end(&file, block);
    expect_complaint(&file, "an interface description is too short");
    file.size = at;
    block = block_begin(&file, 1);
    put32(&file, 1);
    put32(&file, 1);
    put32(&file, 0x0009ffff);
    block_end(&file, block);
    expect_complaint(&file, "an option of an interface description is longer than its block");
}

static void interfaces_have_an_end(void **state) {
    (void)state;
    static uint8_t bytes[65536];
    struct file file = {.size = 0};
    section(&file, true);
    size_t size = file.size;
    memcpy(bytes, file.bytes, size);
    file.size = 0;
    interface_of(&file, 1, -1, 0);
    for (unsigned i = 0; i <= HAWSER_CAPTURE_INTERFACES_MAX; i++) {
        memcpy(bytes + size, file.bytes, file.size);
        size += file.size;
    }
    bool complained;
    read_all((struct hawser_span){bytes, size - file.size}, &complained);
    assert_false(complained);
    read_all((struct hawser_span){bytes, size}, &complained);
    assert_true(complained);
    assert_string_equal(capture.complaint, "the section has more interfaces than can be held");
}

static void times_of_every_resolution_are_numbers(void **state) {
    (void)state;
    for (int resolution = 0; resolution < 256; resolution++) {
        struct file file = {.size = 0};
        section(&file, false);
        interface_of(&file, 1, resolution, -5);
        packet_in(&file, 6, 0, UINT64_MAX, "x", 1);
        bool complained;
        assert_int_equal(read_all((struct hawser_span){file.bytes, file.size}, &complained), 1);
    }
}

static void damage_never_reads_astray(void **state) {
    (void)state;
    uint64_t seed = 0x63617074;
    for (int run = 0; run < 20000; run++) {
        struct file file;
        bool complained;
        if (run % 3) {
            make_pcapng(&file, run % 2);
        } else {
            pcap_header(&file, run % 2, 0xA1B2C3D4, 1);
            for (int i = 0; i < 5; i++)
                pcap_record(&file, 1, 2, "some bytes", 10);
        }
        for (unsigned i = 0; i <= next_random(&seed) % 4; i++)
            file.bytes[next_random(&seed) % file.size] = (uint8_t)next_random(&seed);
        struct hawser_span copy = exact_copy(file.bytes, file.size);
        assert_true(read_all(copy, &complained) <= file.size / 12);
        exact_free(copy);
    }
}

static void opening_wants_bytes_and_a_size(void **state) {
    (void)state;
    capture = (struct hawser_capture){.size = sizeof capture};
    assert_int_equal(hawser_capture_open(&capture), HAWSER_ERR_ARGUMENT);
    assert_int_equal(hawser_capture_open(NULL), HAWSER_ERR_ARGUMENT);
    capture = (struct hawser_capture){.size = 1, .file = {(const uint8_t *)"x", 1}};
    assert_int_equal(hawser_capture_open(&capture), HAWSER_ERR_ARGUMENT);
    capture.size = sizeof capture;
    assert_int_equal(hawser_capture_open(&capture), HAWSER_ERR_STATE);
    assert_string_equal(capture.complaint, "too short for a capture file");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pcap_in_both_orders_and_both_units),
        cmocka_unit_test(pcapng_in_both_orders),
        cmocka_unit_test(every_truncation_is_noticed),
        cmocka_unit_test(what_contradicts_itself_is_said),
        cmocka_unit_test(interfaces_have_an_end),
        cmocka_unit_test(times_of_every_resolution_are_numbers),
        cmocka_unit_test(damage_never_reads_astray),
        cmocka_unit_test(opening_wants_bytes_and_a_size),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
