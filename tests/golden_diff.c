/* SPDX-License-Identifier: MIT
 *
 * See golden_diff.h.
 */
#include "tests/golden_diff.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void golden_differ(golden_findings *f, size_t entry, const char *wanted, const char *got)
{
    f->overflowed = f->overflowed || f->count == GOLDEN_DIFFERENCES_MAX;
    if (f->overflowed)
        return;
    golden_difference *d = &f->differences[f->count++];
    d->entry = entry;
    snprintf(d->text, sizeof d->text, "%zu: wanted %s, got %s", entry, wanted, got);
}

void golden_leave_out(golden_findings *f, const char *what)
{
    if (f->left_out[0] == '\0')
        snprintf(f->left_out, sizeof f->left_out, "%s", what);
}

static int by_entry_and_text(const void *left, const void *right)
{
    const golden_difference *a = left, *b = right;
    return a->entry != b->entry ? (a->entry > b->entry) - (a->entry < b->entry) : strcmp(a->text, b->text);
}

void golden_sort(golden_findings *f)
{
    qsort(f->differences, f->count, sizeof f->differences[0], by_entry_and_text);
}
