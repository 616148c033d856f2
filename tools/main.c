/* SPDX-License-Identifier: MIT
 *
 * The program `hawser`: finds the sub-command and leaves the rest to it.
 */
#define _GNU_SOURCE
#include "tools.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static const struct command {
    const char *name, *title, *text;
    int (*run)(int argc, char **argv);
} commands[] = {
    {"cat", "hawser cat", "standard input to a peer, the peer to standard output", tool_cat},
    {"echo", "hawser echo", "send every message back", tool_echo},
    {"discard", "hawser discard", "take every message and throw it away", tool_discard},
    {"perf", "hawser perf", "measure goodput or latency between two hosts", tool_perf},
    {"decode", "hawser decode", "show the packets of a capture as text", tool_decode},
    {"sim", "hawser sim", "run associations over a simulated network", tool_sim},
};

#define COMMAND_COUNT (sizeof(commands) / sizeof(*commands))

static int usage(FILE *out, int status) {
    fprintf(out, "usage: hawser COMMAND [ARGUMENT...]\n\nSCTP (RFC 9260) in user space.\n\n");
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        fprintf(out, "  %-8s %s\n", commands[i].name, commands[i].text);
    fprintf(out, "\n`hawser COMMAND --help` tells more; `hawser --version` prints the version.\n");
    return status;
}

/* A standard descriptor that is closed would be given to the next file or socket. In its place comes one that fails as a closed
 * one does when it is read or written. */
static void hold_standard_descriptors(void) {
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) != fd)
            _exit(STATUS_IO);
}

static int run(int argc, char **argv) {
    if (argc < 2)
        return usage(stderr, STATUS_USAGE);
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "help") == 0)
        return usage(stdout, 0);
    if (strcmp(argv[1], "--version") == 0) {
        printf("hawser %s\n", HAWSER_VERSION);
        return 0;
    }
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        if (strcmp(argv[1], commands[i].name) == 0) {
            static char title[32]; /* it names who complains, up to the end */
            strcpy(title, commands[i].title);
            argv[1] = title;
            return commands[i].run(argc - 1, argv + 1);
        }
    }
    fprintf(stderr, "hawser: '%s' is not a command; `hawser --help` lists them\n", argv[1]);
    return STATUS_USAGE;
}

/* What was said must have arrived: a full disk is no success. */
int main(int argc, char **argv) {
    hold_standard_descriptors();
    int status = run(argc, argv);
    bool whole = fflush(stdout) == 0 && !ferror(stdout);
    return whole || status ? status : complain(STATUS_IO, "standard output cannot be written");
}
