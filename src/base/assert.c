/* SPDX-License-Identifier: MIT
 *
 * What happens when a check fails: it is noted and the host is told. Ends nothing; who asked decides.
 */
#include "assert.h"

void hw_fault(struct hw_faults *faults, const char *expression, const char *file, int line) {
    faults->seen = true;
    if (faults->host && faults->host->fault)
        faults->host->fault(faults->host->user, expression, file, line);
}
