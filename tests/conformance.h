/* SPDX-License-Identifier: MIT
 *
 * The conformance suite: scenario files (scenarios/README.md has the language) that run on every backend,
 * each scenario on each backend as a CUnit test of its own, "conformance-sim/EV-RD-01".
 *
 *   conformance_lex.c        a line into tokens
 *   conformance_parse.c      files into scenarios of steps; complaints with file, line, column
 *   conformance_arguments.c  the words behind a verb into the fields of a step
 *   conformance_words.c      one token
 *   conformance_steps.c      finds verbs; what verbs share
 *   conformance_life.c, conformance_transfer.c, conformance_state.c
 *                            the tables of verbs: name, arguments, what they do
 *   conformance_run.c        runs a scenario: steps, callbacks, expectations, the message of a failure
 *   conformance_rows.c       the ids that must be in the files
 *   conformance_report.c     what happened, as a page of Markdown
 *   conformance.c            finds the files, registers the tests, checks that no id is missing
 */
#ifndef TESTS_CONFORMANCE_H
#define TESTS_CONFORMANCE_H

#include <stdbool.h>

/* Reads the scenario files and adds their tests to CUnit; false if CUnit refused. */
bool conformance_register(void);
/* Frees what register made.  After the last test. */
void conformance_unregister(void);
/* Writes what the tests of all scenarios showed as Markdown; false: errno says why. */
bool conformance_write_report(const char *path);

#endif
