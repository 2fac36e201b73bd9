/* SPDX-License-Identifier: MIT
 *
 * The program that scenarios become: its verbs, their options, and how it complains.
 *
 * A verb is a row in program.c and a function in a file of its own.
 */
#ifndef TOOL_PROGRAM_H
#define TOOL_PROGRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "castanet/main.h"

/* Exit codes; castanet/main.h tells them. */
enum { TOOL_CLEAN, TOOL_FAILED, TOOL_USAGE, TOOL_DIVERGED, TOOL_BROKEN, TOOL_NOTHING };

/* What a command line asks for; 0 and NULL where it says nothing. */
typedef struct tool_request {
    const char *program; /* argv[0] */
    const sim_scenario *const *scenarios;
    char **words; /* behind the verb */
    size_t word_count;
    const char *strategy, *mode, *corpus, *out, *trace, *format, *host, *shard, *save, *schedule;
    const char *json; /* a descriptor; "": stdout */
    bool by_packet, by_object, ladder, exact, portable, reanchor, here, pick, lint, times, force, quick;
    uint64_t seed, runs, time_s, jobs, hang_s;
} tool_request;

typedef struct tool_verb {
    const char *name;
    const char *words;   /* "SCENARIO", "[SCENARIO...]", "FILE": brackets and dots say how many */
    const char *options; /* names of those it takes, each followed by a blank */
    const char *summary, *example;
    int (*run)(const tool_request *);
} tool_verb;

int tool_list(const tool_request *);
int tool_run(const tool_request *);
int tool_explore(const tool_request *);
int tool_merge(const tool_request *);
int tool_replay(const tool_request *);
int tool_shrink(const tool_request *);
int tool_trace(const tool_request *);
int tool_report(const tool_request *);
int tool_check(const tool_request *);
int tool_diff(const tool_request *);
int tool_wireshark(const tool_request *);
int tool_batch(const tool_request *);

/* verb_pick.c: run --pick.  scenario is run, plain is recorded; 0 or an exit code. */
int tool_pick(const tool_request *, const sim_scenario *scenario, const sim_scenario *plain, sim_result *);

/* ---- what verbs share ---- */

/* Three lines on stderr: what, why, fix.  Returns code. */
__attribute__((format(printf, 4, 5))) int tool_complain(int code, const char *why, const char *fix,
                                                        const char *what, ...);
/* One line on stderr, of what may matter. */
__attribute__((format(printf, 1, 2))) void tool_note(const char *what, ...);
/* Of two exit codes the one that matters more. */
int tool_worse(int a, int b);
/* Of memory that ran out. */
int tool_no_memory(void);

/* The one of that name; NULL: there is none, and it was said, with the name that is nearest. */
const sim_scenario *tool_find_scenario(const tool_request *, const char *name);
/* Those that the words name, or all: malloc'ed, the last is NULL.  NULL: code has been told. */
const sim_scenario **tool_chosen_scenarios(const tool_request *, int *code);

/* What strategy and mode say; false: it was said what is wrong. */
bool tool_read_mode(const tool_request *, sim_time_mode *);
bool tool_check_strategy(const char *name);

#endif
