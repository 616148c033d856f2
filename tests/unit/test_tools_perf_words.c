/* SPDX-License-Identifier: MIT
 *
 * tools/perf_words.c: what the sides of `hawser perf` say to each other, and what a peer may say that is none of it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "../../tools/perf_words.c"

static void there_and_back(void **state) {
    (void)state;
    uint8_t words[PERF_WORD_MAX];
    struct perf_request request = {
        .mode = PERF_IN, .size = 1200, .streams = 3, .bytes = UINT64_MAX, .time = 5, .rate = 7, .report = 6};
    struct perf_request request_read = {0};
    struct perf_figures figures, figures_read = {0};
    for (size_t i = 0; i < sizeof(figures); i++)
        ((uint8_t *)&figures)[i] = (uint8_t)(7 * i + 1);
    for (unsigned word = PERF_REQUEST; word <= PERF_FINAL; word++) {
        size_t size = perf_word_write(words, (enum perf_word)word, &request, &figures);
        assert_true(size <= sizeof(words));
        assert_int_equal(perf_word_read(words, size, &request_read, &figures_read), word);
    }
    assert_memory_equal(&request, &request_read, sizeof(request));
    assert_memory_equal(&figures, &figures_read, sizeof(figures));
}

/* Each length but the right one, another mark, another word: nothing is written. */
static void no_word(void **state) {
    (void)state;
    uint8_t words[PERF_WORD_MAX + 8] = {0};
    struct perf_request request = {.mode = 77}, before = request;
    struct perf_figures figures = {.clock = 77};
    for (unsigned word = PERF_REQUEST; word <= PERF_FINAL; word++) {
        size_t size = perf_word_write(words, (enum perf_word)word, &request, &figures);
        for (size_t other = 0; other <= sizeof(words); other++)
            if (other != size && perf_word_read(words, other, &request, &figures) != PERF_NO_WORD)
                fail_msg("word %u was read from %zu bytes instead of %zu", word, other, size);
        for (size_t i = 0; i < 15; i++) {
            words[i] ^= 0x80;
            assert_int_equal(perf_word_read(words, size, &request, &figures), PERF_NO_WORD);
            words[i] ^= 0x80;
        }
        words[15] = 0;
        assert_int_equal(perf_word_read(words, size, &request, &figures), PERF_NO_WORD);
        words[15] = PERF_FINAL + 1;
        assert_int_equal(perf_word_read(words, size, &request, &figures), PERF_NO_WORD);
    }
    assert_memory_equal(&request, &before, sizeof(request));
    assert_int_equal(figures.clock, 77);
}

static void requests(void **state) {
    (void)state;
    const struct perf_request good = {.mode = PERF_OUT, .size = 1, .streams = 1, .time = 1};
    struct perf_request r = good;
    assert_null(perf_request_wrong(&r));
    const uint64_t modes[] = {PERF_OUT, PERF_IN, PERF_OUT | PERF_IN, PERF_PING, PERF_PING | PERF_UNORDERED};
    for (size_t i = 0; i < sizeof(modes) / sizeof(*modes); i++) {
        r.mode = modes[i];
        assert_null(perf_request_wrong(&r));
    }
    const uint64_t wrong_modes[] = {0, PERF_UNORDERED, PERF_PING | PERF_OUT, PERF_PING | PERF_IN, 16, UINT64_MAX};
    for (size_t i = 0; i < sizeof(wrong_modes) / sizeof(*wrong_modes); i++) {
        r.mode = wrong_modes[i];
        assert_non_null(perf_request_wrong(&r));
    }
    const struct {
        uint64_t size, streams, bytes, time;
        int right;
    } cases[] = {{0, 1, 0, 1, 0},
                 {PERF_SIZE_MAX, 1, 0, 1, 1},
                 {PERF_SIZE_MAX + 1, 1, 0, 1, 0},
                 {UINT64_MAX, 1, 0, 1, 0},
                 {1, 0, 0, 1, 0},
                 {1, 65535, 0, 1, 1},
                 {1, 65536, 0, 1, 0},
                 {1, 1, 0, 0, 0},
                 {1, 1, 1, 0, 1},
                 {1, 1, UINT64_MAX, 0, 1},
                 {1, 1, 0, PERF_TIME_MAX * UINT64_C(1000000), 1},
                 {1, 1, 0, PERF_TIME_MAX * UINT64_C(1000000) + 1, 0}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        r = (struct perf_request){.mode = PERF_OUT,
                                  .size = cases[i].size,
                                  .streams = cases[i].streams,
                                  .bytes = cases[i].bytes,
                                  .time = cases[i].time};
        assert_int_equal(perf_request_wrong(&r) == NULL, cases[i].right);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(there_and_back),
        cmocka_unit_test(no_word),
        cmocka_unit_test(requests),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
