/* SPDX-License-Identifier: MIT
 *
 * `hawser discard`: takes what comes, from any number of peers at once, and throws it away (the service of RFC 863, over SCTP).
 */
#include "server.h"

static void help(void) {
    printf("usage: hawser discard [OPTION...] PORT\n\n"
           "Takes every message from any number of associations at once, and throws it away. With --verbose, each association's\n"
           "messages and bytes are told when it ends. Ends with a signal: the first lets the associations end gracefully, the\n"
           "second aborts them.\n\n"
           "      --stats                 at the end, show associations, messages, bytes\n");
    common_help(stdout, HELP_STREAMS);
    printf("\nExit status: 0 ended by a signal, 1 wrong arguments, 5 local input or output failed, 6 out of memory\n");
}

static size_t throw_away(struct peer *peer, const struct hawser_item *item) {
    (void)peer;
    return item->message.size;
}

int tool_discard(int argc, char **argv) {
    static struct server server = {.peer_size = sizeof(struct peer), .take = throw_away};
    int status = server_arguments(&server, argc, argv, help);
    return status == 0 ? server_run(&server) : status < 0 ? 0 : status;
}
