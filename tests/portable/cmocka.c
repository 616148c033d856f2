/* SPDX-License-Identifier: MIT
 *
 * Runs tests one after the other; one that fails or is skipped jumps back here.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmocka.h"

enum { PASSED, FAILED, SKIPPED };

static jmp_buf back;
static const char *filter;

static int matches(const char *pattern, const char *name) {
    if (*pattern == '*')
        return matches(pattern + 1, name) || (*name && matches(pattern, name + 1));
    if (!*pattern || !*name)
        return *pattern == *name;
    return (*pattern == '?' || *pattern == *name) && matches(pattern + 1, name + 1);
}

void cmocka_set_test_filter(const char *pattern) { filter = pattern; }

void cmocka_failed(const char *file, int line, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    printf("[  ERROR   ] --- ");
    vprintf(format, arguments);
    printf("\n%s:%d: error: Failure!\n", file, line);
    va_end(arguments);
    longjmp(back, FAILED);
}

void _fail(const char *file, int line) { cmocka_failed(file, line, "failed"); }

void cmocka_skip(const char *file, int line) {
    printf("%s:%d: skipped\n", file, line);
    longjmp(back, SKIPPED);
}

void cmocka_equal(const char *file, int line, const char *what, uintmax_t a, uintmax_t b, int wanted) {
    if ((a == b) != wanted)
        cmocka_failed(file, line, "%s: %#jx %s %#jx", what, a, wanted ? "!=" : "==", b);
}

void cmocka_text(const char *file, int line, const char *a, const char *b, int wanted) {
    if ((strcmp(a, b) == 0) != wanted)
        cmocka_failed(file, line, "\"%s\" %s \"%s\"", a, wanted ? "!=" : "==", b);
}

void cmocka_bytes(const char *file, int line, const void *a, const void *b, size_t size, int wanted) {
    const unsigned char *x = a, *y = b;
    size_t i = 0;
    while (i < size && x[i] == y[i])
        i++;
    if ((i == size) == wanted)
        return;
    if (i == size)
        cmocka_failed(file, line, "%zu bytes are equal", size);
    cmocka_failed(file, line, "difference at offset %zu of %zu: 0x%02x 0x%02x", i, size, x[i], y[i]);
}

/* What setup and teardown do may fail as well. */
static int run(const struct CMUnitTest *test) {
    void *state = test->initial_state;
    volatile int result = setjmp(back);
    if (result == PASSED) {
        if (test->setup_func && test->setup_func(&state) != 0)
            return FAILED;
        test->test_func(&state);
        if (test->teardown_func && test->teardown_func(&state) != 0)
            return FAILED;
    }
    return result;
}

int _cmocka_run_group_tests(const char *name, const struct CMUnitTest *tests, size_t count, int (*before)(void **state),
                            int (*after)(void **state)) {
    static const char *const words[] = {"[       OK ]", "[  FAILED  ]", "[  SKIPPED ]"};
    int sums[3] = {0};
    void *state = NULL;
    int *results = calloc(count, sizeof *results);
    if (!results || (before && before(&state) != 0)) {
        printf("%s: cannot begin\n", name);
        exit(1);
    }
    printf("[==========] Running %zu test(s).\n", count);
    for (size_t i = 0; i < count; i++) {
        results[i] = -1;
        if (filter && !matches(filter, tests[i].name))
            continue;
        printf("[ RUN      ] %s\n", tests[i].name);
        fflush(stdout);
        results[i] = run(&tests[i]);
        sums[results[i]]++;
        printf("%s %s\n", words[results[i]], tests[i].name);
    }
    if (after)
        after(&state);
    printf("[==========] %d test(s) run.\n[  PASSED  ] %d test(s).\n", sums[PASSED] + sums[FAILED] + sums[SKIPPED], sums[PASSED]);
    for (int kind = FAILED; kind <= SKIPPED; kind++) {
        if (sums[kind])
            printf("%s %d test(s), listed below:\n", words[kind], sums[kind]);
        for (size_t i = 0; i < count; i++)
            if (results[i] == kind)
                printf("%s %s\n", words[kind], tests[i].name);
    }
    fflush(stdout);
    free(results);
    return sums[FAILED];
}
