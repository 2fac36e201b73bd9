/* SPDX-License-Identifier: MIT
 *
 * Text of unknown origin, made fit for a terminal.
 */
#ifndef SIMNET_PRINTABLE_H
#define SIMNET_PRINTABLE_H

#include <stddef.h>

/* Bytes that are no UTF-8, control characters, and what turns text round or is not seen become \xNN; what is
 * too long for out ends with "...", never within a character.  size is at least 4.  Returns out. */
char *simp_printable(const char *text, size_t len, char *out, size_t size);

#endif
