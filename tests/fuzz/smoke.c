/* SPDX-License-Identifier: MIT
 *
 * The main program of the fuzzers where libFuzzer is not: runs every file of the folders and all the files that it is given,
 * then a fixed number of inputs that are made up from a seed, half of them the files' own bytes jumbled. An input that ends the
 * process is shown as hex; `xxd -r -p` makes a file of it.
 */
#define _GNU_SOURCE
#include "fuzz.h"

#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#define MADE_UP 10000u
#define SIZE_MAX_MADE 512u
#define FILES_MAX 1024u
#define FILE_MAX 65536u

struct file {
    uint8_t *data;
    size_t size;
};

static struct file files[FILES_MAX];
static unsigned file_count;

static char current[4096];
static const uint8_t *current_data;
static size_t current_size;

static void show_current(void) {
    fprintf(stderr, "the input is %s:\n", current);
    for (size_t i = 0; i < current_size && i < 4096; i++)
        fprintf(stderr, "%02x%s", current_data[i], i % 64 == 63 ? "\n" : "");
    fprintf(stderr, "\n");
}

static void on_signal(int number) {
    signal(number, SIG_DFL);
    show_current();
    raise(number);
}

/* Where a sanitizer ends the process there may be no signal. */
extern void __sanitizer_set_death_callback(void (*callback)(void)) __attribute__((weak));

static void run(const uint8_t *data, size_t size) {
    /* A block of its own, so that reading beyond its end is found. */
    uint8_t *copy = malloc(size ? size : 1);
    FUZZ_MUST(copy != NULL);
    memcpy(copy, data, size);
    current_data = copy;
    current_size = size;
    LLVMFuzzerTestOneInput(copy, size);
    free(copy);
}

static int run_file(const char *path) {
    FILE *stream = fopen(path, "rb");
    if (!stream) {
        perror(path);
        return 1;
    }
    uint8_t *data = malloc(FILE_MAX);
    FUZZ_MUST(data != NULL);
    size_t size = fread(data, 1, FILE_MAX, stream);
    fclose(stream);
    snprintf(current, sizeof current, "%s", path);
    run(data, size);
    if (file_count < FILES_MAX)
        files[file_count++] = (struct file){data, size};
    else
        free(data);
    return 0;
}

static int run_path(const char *path) {
    struct stat status;
    if (stat(path, &status) == 0 && !S_ISDIR(status.st_mode))
        return run_file(path);
    struct dirent **entries;
    int count = scandir(path, &entries, NULL, alphasort);
    if (count < 0) {
        perror(path);
        return 1;
    }
    int failed = 0;
    for (int i = 0; i < count; i++) {
        char name[2048];
        snprintf(name, sizeof name, "%s/%s", path, entries[i]->d_name);
        if (entries[i]->d_name[0] != '.')
            failed += run_file(name);
        free(entries[i]);
    }
    free(entries);
    return failed;
}

/* Odd numbers: dice. Even ones: a file with some bytes changed, and perhaps the rest of another behind a part of it. */
static void make_up(unsigned number) {
    uint8_t data[SIZE_MAX_MADE];
    uint64_t dice = fuzz_mix(number);
    size_t size = dice % sizeof data;
    for (size_t i = 0; i < size; i++)
        data[i] = (uint8_t)fuzz_mix(dice + i);
    if (number % 2 == 0 && file_count) {
        const struct file *first = &files[fuzz_mix(dice + 1) % file_count], *second = &files[fuzz_mix(dice + 2) % file_count];
        size_t cut = fuzz_mix(dice + 3) % (first->size + 1), from = fuzz_mix(dice + 4) % (second->size + 1);
        size = cut < sizeof data ? cut : sizeof data;
        memcpy(data, first->data, size);
        size_t more = second->size - from < sizeof data - size ? second->size - from : sizeof data - size;
        memcpy(data + size, second->data + from, more);
        size += more;
        for (unsigned i = 0; size && i < 4; i++)
            data[fuzz_mix(dice + 10 + i) % size] = (uint8_t)fuzz_mix(dice + 20 + i);
    }
    snprintf(current, sizeof current, "made-up input %u", number);
    run(data, size);
}

int main(int count, char **arguments) {
    signal(SIGABRT, on_signal);
    if (__sanitizer_set_death_callback)
        __sanitizer_set_death_callback(show_current);
    int failed = 0;
    for (int i = 1; i < count; i++)
        failed += run_path(arguments[i]);
    unsigned given = file_count;
    for (unsigned i = 0; i < MADE_UP; i++)
        make_up(i);
    printf("%u files, %u made-up inputs\n", given, MADE_UP);
    for (unsigned i = 0; i < file_count; i++)
        free(files[i].data);
    return failed != 0;
}
