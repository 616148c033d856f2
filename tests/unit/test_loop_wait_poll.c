/* SPDX-License-Identifier: MIT
 *
 * src/loop/wait_poll.c: the loop's tests once more, waiting with poll. Its definitions here take the place of the library's.
 */
#define _GNU_SOURCE
#define HAWSER_LOOP_POLL
#include "../../src/loop/wait_poll.c"

#include "test_loop_loop.c"
