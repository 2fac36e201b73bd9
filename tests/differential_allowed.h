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

/* differential_allowed.c: whether a rule allows two different results or notifications. */
bool differential_allows_result(const diff_comparison *all, unsigned step, const diff_result *sim,
                                const diff_result *real);
bool differential_allows_notes(const diff_comparison *all, int slot, unsigned epoch, const diff_notes *sim,
                               const diff_notes *real);

unsigned differential_rule_count(void);
const char *differential_rule_name(unsigned rule);
const char *differential_rule_reason(unsigned rule);

#endif
