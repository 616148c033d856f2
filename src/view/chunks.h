/* SPDX-License-Identifier: MIT
 *
 * SCTP packets in words: each chunk with its parameters and causes. Reads through wire's cursor only, says plainly what is wrong
 * and goes on with what is left. Knows no trace records.
 */
#ifndef HW_VIEW_CHUNKS_H
#define HW_VIEW_CHUNKS_H

#include "view/line.h"

/* " | INIT [...] | DATA [...]" for the chunks, the bytes after the common header. */
void hw_view_chunks(struct hw_line *line, struct hawser_span chunks);

#endif
