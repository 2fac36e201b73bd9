/* SPDX-License-Identifier: MIT
 *
 * The conformance suite: scenario files (scenarios/README.md has the language) that run on every backend,
 * each scenario on each backend as a CUnit test of its own, "conformance-sim/EV-RD-01".
 *
 *   conformance_lex.c    a line into tokens
 *   conformance_parse.c  files into scenarios of steps; complaints with file, line, column
 *   conformance_steps.c  the table of verbs: name, arguments, what it does
 *   conformance_run.c    runs a scenario: steps, callbacks, expectations, the message of a failure
 *   conformance.c        finds the files, registers the tests, checks that no row of the specification is
 * missing
 */
#ifndef TESTS_CONFORMANCE_H
#define TESTS_CONFORMANCE_H

#include <stdbool.h>
#include <stdio.h>

/* Reads the scenario files and adds their tests to CUnit; false if CUnit refused. */
bool conformance_register(void);
/* Frees what register made.  After the last test. */
void conformance_unregister(void);
/* Rows that ran, and those that did not, each with its reason.  Prints nothing if no scenario ran. */
void conformance_print_summary(FILE *stream);

#endif
