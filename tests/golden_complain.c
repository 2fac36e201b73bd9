/* SPDX-License-Identifier: MIT
 *
 * See golden_complain.h.
 */
#include "tests/golden_complain.h"

#include <stdio.h>

bool golden_complain(const char *file, unsigned line, unsigned column, const char *what, const char *why,
                     const char *fix)
{
    if (file != NULL && line != 0)
        fprintf(stderr, "%s:%u:%u: ", file, line, column);
    else if (file != NULL)
        fprintf(stderr, "%s: ", file);
    fprintf(stderr, "error: %s\n  why: %s\n  fix: %s\n", what, why, fix);
    return false;
}
