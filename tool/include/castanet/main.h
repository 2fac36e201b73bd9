/* SPDX-License-Identifier: MIT
 *
 * A program of scenarios is its own tool.  Link castanet::main, define the scenarios, and write no main:
 *
 *     const sim_scenario *const castanet_scenarios[] = {&upload, &chat, NULL};
 *
 *     ./program list                      what there is
 *     ./program explore                   search all of them
 *     ./program replay FILE               repeat what was found
 *
 * Exit codes: 0 nothing was found, 1 a scenario failed, 2 usage or a file, 3 not deterministic or a replay
 * that diverged, 4 an error of castanet itself, 5 nothing to run.  Data goes to stdout, words to stderr.
 */
#ifndef CASTANET_MAIN_H
#define CASTANET_MAIN_H

#include "castanet/sim_scenario.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Of the program; the last is NULL. */
extern const sim_scenario *const castanet_scenarios[];

/* What main does, for programs with a main of their own: they need no castanet_scenarios.  Returns the exit
 * code; argv is not changed, but it may be put in another order. */
int castanet_main(int argc, char **argv, const sim_scenario *const *scenarios);

#ifdef __cplusplus
}
#endif

#endif
