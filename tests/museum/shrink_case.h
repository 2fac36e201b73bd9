/* SPDX-License-Identifier: MIT
 *
 * A failure of the museum on its whole way: found, recorded, repeated, shrunk, explained.
 */
#ifndef TESTS_MUSEUM_SHRINK_CASE_H
#define TESTS_MUSEUM_SHRINK_CASE_H

#include "castanet/sim_schedule.h"
#include "tests/museum/museum.h"

enum { SHRINK_CASE_TEXT = 1 << 15, SHRINK_CASE_RUNS_MAX = 30000 };

typedef struct shrink_case {
    const museum_bug *bug;
    bool exhaustively; /* by dpor, causal; else by the portfolio, windowed */
    uint64_t seed;
    int error;          /* of whatever failed first; 0 with no schedule: nothing was found */
    const char *failed; /* where */
    uint64_t run;       /* of the search, that failed */
    bool exact, facts;  /* the recording repeats the run, by its decisions and by its facts */
    sim_shrink shrink;
    bool exact_after, facts_after; /* so does what is left */
    size_t explanation_len;
    char explanation[SHRINK_CASE_TEXT];
    sim_schedule *schedule; /* the caller's; NULL: there is none */
} shrink_case;

/* Each goes on from the one before, and does nothing after an error.  find sets all. */
void shrink_case_find(shrink_case *, const museum_bug *, bool exhaustively, uint64_t seed);
void shrink_case_shrink(shrink_case *);
void shrink_case_explain(shrink_case *);

/* The explanation says for each fact that it is necessary, how far the facts suffice, what the last hold
 * changes and why that is legal, and the depth. */
bool shrink_case_is_explained(const shrink_case *);
/* All copies of the failure are the failure. */
bool shrink_case_is_repeated(const shrink_case *);
/* At most 1.5 times as many facts as by hand. */
bool shrink_case_is_small(const shrink_case *);

#endif
