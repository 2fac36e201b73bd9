/* SPDX-License-Identifier: MIT
 *
 * What a search in blocks says, from what its blocks said.
 */
#ifndef TOOL_STATEMENT_H
#define TOOL_STATEMENT_H

#include "tool/search.h"

/* Into out->statement; out has its runs, steps and blocks. */
void statement_of(const char *const *blocks, unsigned count, search_result *out);

#endif
