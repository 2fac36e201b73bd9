/* SPDX-License-Identifier: MIT
 *
 * A schedule of a broken program, and what becomes of it when the program is changed.
 */
#ifndef TESTS_MUSEUM_EDIT_CASE_H
#define TESTS_MUSEUM_EDIT_CASE_H

#include "castanet/sim_schedule.h"
#include "tests/museum/edit.h"

typedef struct edit_case {
    bool is_found;     /* the bug, in the program as it was */
    bool fails_anyway; /* in the default order: nothing had to survive */
    bool survived;     /* the schedule finds it in the changed program, by itself ... */
    bool reanchored;   /* ... or with re-anchoring, in so many runs */
    uint64_t runs;
    char fact[240]; /* the first */
} edit_case;

/* Found by the portfolio from that seed, shrunk, and tried on the changed program. */
edit_case edit_case_run(const museum_bug *, museum_edit_kind, uint64_t seed);

#endif
