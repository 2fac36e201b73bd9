/* SPDX-License-Identifier: MIT
 *
 * The museum: bugs in the order of notifications, each as a small program in two forms, broken and mended.
 *
 * A file holds one bug.  Its first comment tells what the broken form does wrong, under which order it shows,
 * and what the mended form does instead.  The two forms share all but that.
 */
#ifndef TESTS_MUSEUM_H
#define TESTS_MUSEUM_H

#include "castanet/sim.h"
#include "castanet/sim_scenario.h"

typedef struct museum_bug {
    const char *id;    /* "K1" and "B1": exploration.md 8; "S12": row 12 of the table of failure modes */
    const char *title; /* one line */
    const sim_scenario *broken, *mended;
    /* So few orders that the exhaustive search, causal and by packet, finds what is broken and comes to an
     * end with the mended form. */
    bool is_small;
    bool fails_always; /* the broken form: misuse, whatever the order */
} museum_bug;

/* By id, as museum_list.c orders them. */
extern const museum_bug *const museum_bugs[];
extern const size_t museum_count;

/* What the linter finds in a form that is right all the same, and why it is: MUSEUM_SILENT stands in the
 * program's file. */
typedef struct museum_silence {
    const char *id, *rule, *where, *reason; /* as of sim_lint_silence */
} museum_silence;

#define MUSEUM_SILENT(symbol, Id, Rule, Where, Reason)                                                       \
    extern const museum_silence museum_silent_##symbol;                                                      \
    const museum_silence museum_silent_##symbol = {                                                          \
        .id = Id, .rule = Rule, .where = Where, .reason = Reason}

extern const museum_silence *const museum_silences[];
extern const size_t museum_silence_count;

/* The host of that name, which is made if there is none. */
int museum_host(sim_world *, const char *name, sim_host **out);

#endif
