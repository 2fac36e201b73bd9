/* SPDX-License-Identifier: MIT
 *
 * What is told of a failure, and the files about it: FOLDER/SCENARIO.castanet (its schedule), .explain.txt,
 * .pcapng, .ladder.txt and .report.html.
 */
#ifndef TOOL_FAILURE_H
#define TOOL_FAILURE_H

#include "tool/cause.h"
#include "tool/program.h"

/* Where they go if --out says nothing. */
extern const char failure_folder[];

/* Names of files about a scenario. */
char *failure_path(char *path, size_t size, const char *folder, const char *scenario, const char *ending);

/* Looks for the cause of a run that failed, prints it and writes the files.  message is what was told of the
 * run already.  An exit code: TOOL_FAILED if all of it could be done. */
int failure_tell(const tool_request *, const cause_plan *, const char *message);

/* The cause as text: facts, runs, explanation. */
void failure_print_cause(const cause *);

#endif
