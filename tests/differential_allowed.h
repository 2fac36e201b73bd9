/* SPDX-License-Identifier: MIT
 *
 * The written list of differences that a simulated and a real run may show, and what compares them.
 */
#ifndef TESTS_DIFFERENTIAL_ALLOWED_H
#define TESTS_DIFFERENTIAL_ALLOWED_H

#include "tests/differential.h"

enum { DIFF_EPOCH_NOTES_MAX = 256, DIFF_RULES_MAX = 32 };

/* One socket's notifications of one epoch. */
typedef struct diff_notes {
    diff_note notes[DIFF_EPOCH_NOTES_MAX];
    unsigned count;
} diff_notes;

typedef struct diff_comparison {
    const diff_program *program;
    const diff_record *sim, *real;
    unsigned *used; /* a count for each rule, or NULL */
} diff_comparison;

/* differential_compare.c */
void differential_notes_of(const diff_record *record, int slot, unsigned epoch, diff_notes *out);

/* ---- differential_history.c ---- */

/* What happened to a slot's socket since it was made. */
typedef struct diff_past {
    bool datagram;
    bool connected; /* an attempt was made */
    bool shut;      /* by itself, one side or both */
    bool sent;
    bool left_alone; /* another socket was closed or shut down */
    bool adopted;    /* its handle was detached and attached */
} diff_past;

diff_past differential_past(const diff_comparison *all, unsigned step, int slot);

/* ---- differential_allowed.c ---- */

typedef enum diff_allowance {
    DIFF_REFUSED,
    DIFF_ALLOWED,
    DIFF_ALLOWED_TO_THE_END /* what follows from it is not compared */
} diff_allowance;

/* Whether a rule allows two different results or notifications. */
diff_allowance differential_allows_result(const diff_comparison *all, unsigned step, const diff_result *sim,
                                          const diff_result *real);
/* step is the last one of the epoch. */
diff_allowance differential_allows_notes(const diff_comparison *all, unsigned step, int slot,
                                         const diff_notes *sim, const diff_notes *real);

unsigned differential_rule_count(void);
const char *differential_rule_name(unsigned rule);
const char *differential_rule_reason(unsigned rule);

#endif
