/* SPDX-License-Identifier: MIT
 *
 * What must hold, checked in release builds too. A contradiction does not end the process: the check records it in the flag at
 * hand and tells the host; the association that showed it is aborted before the next packet.
 */
#ifndef HW_ASSERT_H
#define HW_ASSERT_H

#include "platform.h"
#include <hawser/types.h>
#include <stdbool.h>

struct hw_faults {
    const struct hawser_host *host;
    bool seen;
};

void hw_fault(struct hw_faults *faults, const char *expression, const char *file, int line);

/* True if it holds: if (!HW_HOLDS(&stack->faults, a <= b)) return; */
#define HW_HOLDS(faults, expression) \
    (HW_LIKELY(expression) ? true : (hw_fault((faults), #expression, __FILE__, __LINE__), false))

#endif
