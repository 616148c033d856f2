/* SPDX-License-Identifier: MIT
 *
 * The core's own consistency checks, for the simulator and the fuzzers. Not installed, not part of the promise.
 */
#ifndef HAWSER_CHECK_H
#define HAWSER_CHECK_H

#include <hawser/hawser.h>

/* Walks all that the stack holds and returns NULL, or the sentence that is not true. Slow. */
HAWSER_API const char *hawser_check(hawser *stack);

/* Objects (endpoints, associations, also those that say farewell) and bytes that the stack holds beyond its own tables. */
HAWSER_API uint32_t hawser_check_objects(hawser *stack);

#endif
