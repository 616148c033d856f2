/* SPDX-License-Identifier: MIT
 *
 * Parameters and error causes in words. Knows chunks by name only.
 */
#ifndef HW_VIEW_PARAMS_H
#define HW_VIEW_PARAMS_H

#include "view/line.h"

/* The parameters in `bytes`, "IPv4 10.0.0.1, State Cookie 200 bytes"; `before` goes in front of the first, ", " in front of the
 * others. */
void hw_view_params(struct hw_line *line, struct hawser_span bytes, const char *before);
/* The same for the causes of an ABORT or ERROR (3.3.10). */
void hw_view_causes(struct hw_line *line, struct hawser_span bytes, const char *before);
/* The name or number of an HMAC Identifier (RFC 4895 3.3). */
void hw_view_hmac(struct hw_line *line, uint16_t hmac);

#endif
