/* SPDX-License-Identifier: MIT
 *
 * Which of some names somebody may have meant.
 */
#ifndef TOOL_NEAREST_H
#define TOOL_NEAREST_H

/* How many letters must be changed, added or left out, case aside; at most 63 letters are looked
 * at. */
unsigned tool_distance(const char *a, const char *b);

#endif
