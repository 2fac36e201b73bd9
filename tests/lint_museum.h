/* SPDX-License-Identifier: MIT
 *
 * What the linter says of a scenario: in its default order, or over many orders.
 */
#ifndef TESTS_LINT_MUSEUM_H
#define TESTS_LINT_MUSEUM_H

#include "castanet/sim_explore.h"
#include "castanet/sim_lint.h"
#include "tests/museum/museum.h"

/* One run with the linter on, which finds what it finds in lint.  order NULL: the default order. */
sim_result lint_scenario(const sim_scenario *, sim_order *, uint64_t seed, sim_lint *);

/* The rules that speak in one of the runs from seed 0 on, by bit; in the default order if runs is 0. */
unsigned lint_rules_of(const sim_scenario *, unsigned runs);

/* "deaf-latch, close-idle" in the order of the rules. */
enum { LINT_RULES_TEXT = 400 };
void lint_rules_text(unsigned rules, char text[LINT_RULES_TEXT]);

#endif
