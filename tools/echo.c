/* SPDX-License-Identifier: MIT
 *
 * `hawser echo`: each message back in its stream, to any number of peers at once.
 */
#include "server.h"

static void help(void) {
    printf(
        "usage: hawser echo [OPTION...] PORT\n\n"
        "Sends every message back in its stream, with its payload protocol identifier, ordered or not as it came, to any number\n"
        "of associations at once. A stream that the peer does not take becomes stream 0. Ends with a signal: the first lets the\n"
        "associations end gracefully, the second aborts them.\n\n"
        "      --stats                 at the end, show associations, messages, bytes\n");
    common_help(stdout, HELP_STREAMS);
    printf("\nExit status: 0 ended by a signal, 1 wrong arguments, 5 local input or output failed, 6 out of memory\n");
}

static size_t send_back(struct peer *peer, const struct hawser_item *item) {
    return server_send_back(peer, item, 0);
}

int tool_echo(int argc, char **argv) {
    static struct server server = {.peer_size = sizeof(struct peer), .take = send_back};
    int status = server_arguments(&server, argc, argv, help);
    return status == 0 ? server_run(&server) : status < 0 ? 0 : status;
}
