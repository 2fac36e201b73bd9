/* SPDX-License-Identifier: MIT
 *
 * Bad input is answered in one form: where and what, why, and how to mend it.
 */
#ifndef TESTS_GOLDEN_COMPLAIN_H
#define TESTS_GOLDEN_COMPLAIN_H

#include <stdbool.h>

/* Writes "FILE:LINE:COLUMN: error: WHAT" (without the numbers when line is 0, without a file when it is
 * NULL), "  why: ..." and "  fix: ..." to stderr.  Returns false, so that a caller can pass it on. */
bool golden_complain(const char *file, unsigned line, unsigned column, const char *what, const char *why,
                     const char *fix);

#endif
