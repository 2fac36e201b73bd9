/* SPDX-License-Identifier: MIT
 *
 * What the verbs of the scenario language share: how a call ended, addresses, and what a run remembers.
 *
 * A verb is a line in the table of its concept: name, arguments (scenario_parse_argument), what it gives when
 * the file says nothing, and the function that takes the step.
 */
#ifndef TESTS_CONFORMANCE_STEPS_H
#define TESTS_CONFORMANCE_STEPS_H

#include "tests/conformance_model.h"

/* The tables, each ended by a verb without a name. */
extern const scenario_verb scenario_verbs_life[];     /* conformance_life.c */
extern const scenario_verb scenario_verbs_transfer[]; /* conformance_transfer.c */
extern const scenario_verb scenario_verbs_state[];    /* conformance_state.c */

/* ---- outcomes ---- */

scenario_outcome scenario_done(long value);
scenario_outcome scenario_failure(void); /* the last error */
scenario_outcome scenario_of_bool(BOOL ok);
scenario_outcome scenario_of_count(int count);
/* Fails the step with the sentence if not ok. */
scenario_outcome scenario_of_check(scenario_run *, const scenario_step *, bool ok, const char *what);

/* ---- addresses ---- */

/* The numeric address that the step names, of which thread it is asked: the socket it leads to, or else the
 * one that takes the step.  NULL: the wildcard of the family.  text has room for it. */
const char *scenario_address(const scenario_run *, const scenario_step *, int socket, char text[64]);
UINT scenario_port(const scenario_run *, const scenario_step *);
/* The same as a sockaddr, with the family of the step if it has one.  Returns its right length. */
int scenario_sockaddr(const scenario_run *, const scenario_step *, int socket, SOCKADDR_STORAGE *out);
/* Asks the socket which port it has, for those who connect to it. */
void scenario_remember_port(scenario_run *, int socket);

/* ---- the pattern ---- */

/* The next bytes of the socket are the first of the pattern again. */
void scenario_forget_pattern(scenario_run *, int socket);

#endif
