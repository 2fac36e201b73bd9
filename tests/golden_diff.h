/* SPDX-License-Identifier: MIT
 *
 * What a replay found: differences from the recording, and what could not be replayed.
 */
#ifndef TESTS_GOLDEN_DIFF_H
#define TESTS_GOLDEN_DIFF_H

#include <stdbool.h>
#include <stddef.h>

enum { GOLDEN_DIFFERENCES_MAX = 64, GOLDEN_TEXT_MAX = 240 };

/* One line, "ENTRY: wanted WANTED, got GOT", as the reviewed list has it.  ENTRY counts from 1. */
typedef struct golden_difference {
    size_t entry;
    char text[GOLDEN_TEXT_MAX];
} golden_difference;

/* In order of entries when the replay is over. */
typedef struct golden_findings {
    golden_difference differences[GOLDEN_DIFFERENCES_MAX];
    size_t count;
    bool overflowed;
    char left_out[GOLDEN_TEXT_MAX]; /* the first thing that the class has no words for; "": nothing */
} golden_findings;

void golden_differ(golden_findings *, size_t entry, const char *wanted, const char *got);
/* Only the first one is kept. */
void golden_leave_out(golden_findings *, const char *what);
void golden_sort(golden_findings *);

#endif
