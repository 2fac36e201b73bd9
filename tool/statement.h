/* SPDX-License-Identifier: MIT
 *
 * What a search in blocks says, from what its blocks said.
 */
#ifndef TOOL_STATEMENT_H
#define TOOL_STATEMENT_H

#include <stddef.h>

/* The lines behind the first two of a block's statement, which are about its runs; "" if there are none. */
const char *statement_lines(const char *block);

size_t statement_summary_length(const char *block); /* of those two, without the last newline */

/* What many say together: PCT's bounds add up, what one has reached was reached, other lines are told as the
 * last one has them. */
void statement_add(const char *const *lines, unsigned count, char *text, size_t size);

#endif
