/* SPDX-License-Identifier: MIT
 *
 * The linter of notifications: it watches calls and callbacks while a program runs, and tells what will fail
 * in another order of events although this run passed.  docs/lint.md has its rules.
 *
 *     sim_lint *lint;
 *     sim_lint_create(NULL, &lint);
 *     sim_world_add_observer(world, sim_lint_observer(lint));    // or cas_thread_set_observer(thread,
 *     ... run ...                                                //        sim_lint_thread_observer(lint))
 *     sim_lint_finish(lint);                                     // while world or threads are still there
 *     sim_lint_list(lint, emit, context);
 *
 * It has no influence on the run.  Each rule speaks once for a socket.  Runs of equal fingerprint have equal
 * findings.  Functions that return int return 0 or a WSAE code.
 */
#ifndef CASTANET_SIM_LINT_H
#define CASTANET_SIM_LINT_H

#include "castanet/sim_observer.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct sim_lint sim_lint;

/* In the order of worth: what is met most often comes first. */
typedef enum sim_lint_rule {
    SIM_LINT_CLOSE_WITHOUT_DRAIN,
    SIM_LINT_ERROR_IGNORED,
    SIM_LINT_WOULD_BLOCK_FATAL,
    SIM_LINT_PARTIAL_SEND,
    SIM_LINT_SHORT_RECEIVE,
    SIM_LINT_DEAF,
    SIM_LINT_SEVERAL_RECEIVES,
    SIM_LINT_UNARMED_SEND,
    SIM_LINT_CLOSE_UNREAD,
    SIM_LINT_NESTED_PUMP,
    SIM_LINT_ACCEPT_SKIPPED,
    SIM_LINT_ACCEPT_IGNORED,
    SIM_LINT_USE_AFTER_CLOSE,
    SIM_LINT_URGENT_LOST,
    SIM_LINT_CLOSE_IDLE,
    SIM_LINT_RULE_COUNT
} sim_lint_rule;

/* In masks of rules. */
#define SIM_LINT_BIT(rule) (UINT32_C(1) << (rule))
#define SIM_LINT_ALL (SIM_LINT_BIT(SIM_LINT_RULE_COUNT) - 1)

typedef struct sim_lint_text {
    const char *id;       /* "deaf-latch" */
    const char *bug;      /* the kinds of failure it leads to: "BUG-04"; "" for none that has a number */
    const char *sentence; /* what was seen, and why it bites */
    const char *mend;     /* what to do about it */
} sim_lint_text;

/* Static storage; NULL for what is no rule. */
const sim_lint_text *sim_lint_rule_text(sim_lint_rule);
/* SIM_LINT_RULE_COUNT: no rule has this id. */
sim_lint_rule sim_lint_rule_named(const char *id);

enum { SIM_LINT_WHERE_MAX = 96 };

typedef struct sim_finding {
    sim_lint_rule rule;
    char where[SIM_LINT_WHERE_MAX]; /* "server/conn#2"; on real sockets "thread#1/socket 7" */
    const char *callback;           /* that it was found in: "OnReceive"; NULL: outside of callbacks */
    uint32_t occurrence;            /* the how manieth of this callback on this socket, from 1 */
    uint64_t at_ns;                 /* on the clock of the thread */
    uint64_t step;                  /* observations before it, in this run */
    const char *silence;            /* the reason that was given; NULL: it speaks */
    uint64_t runs, last_run;        /* that showed it, and the last of them, as sim_lint_runs counts */
} sim_finding;

/* memory NULL: the system's.  0 or WSAENOBUFS. */
int sim_lint_create(cas_allocator *memory, sim_lint **out);
void sim_lint_destroy(sim_lint *); /* no world or thread has its observers any more */

/* Findings of the rule where the socket's label begins with this text (NULL: of every socket) are listed with
 * the reason and not counted as speaking.  Also for what was found before.  Both texts are copied.
 * WSAEINVAL: no such rule, or no reason; WSAENOBUFS. */
int sim_lint_silence(sim_lint *, const char *rule, const char *where, const char *reason);

/* For worlds, and for a thread on any backend. */
sim_observer *sim_lint_observer(sim_lint *);
cas_observer *sim_lint_thread_observer(sim_lint *);

/* Judges what can only be judged at the end of a run, and forgets the sockets: another run may begin, whose
 * findings are added.  The threads that were watched must still be there. */
void sim_lint_finish(sim_lint *);
/* The same without judging: the run is void, or its world is gone. */
void sim_lint_forget(sim_lint *);

size_t sim_lint_count(const sim_lint *);
uint64_t sim_lint_runs(const sim_lint *);   /* that were finished or forgotten */
size_t sim_lint_speaking(const sim_lint *); /* those without a silence */
/* In the order they were found; valid until the next observation. */
const sim_finding *sim_lint_finding(const sim_lint *, size_t index);
/* Memory was refused: findings may be missing. */
bool sim_lint_is_incomplete(const sim_lint *);

/* A line of text without its end, valid during the call. */
typedef void sim_emit(void *context, const char *line);

/* All findings, three lines each: where and when, why it bites, how to mend or why it is silent. */
void sim_lint_list(const sim_lint *, sim_emit *, void *context);

/* ---- why nothing happens any more ---- */

/* For each open socket of a world in which nothing is left to happen: lines that say which notification it
 * may wait for, why it does not come, since when, and which call would have re-armed it.  lint NULL: without
 * the callbacks and times that only who watched knows; else before sim_lint_finish.  Returns the number of
 * sockets; in order of hosts and handles. */
size_t sim_world_explain_stall(const sim_world *, const sim_lint *, sim_emit *, void *context);

/* ---- what a run leaves behind ---- */

typedef enum sim_resource_kind {
    SIM_RESOURCE_OPEN,   /* a socket that was not closed */
    SIM_RESOURCE_UNREAD, /* bytes that wait at an open socket; what waits at a Close is a finding of
                            close-unread or close-without-drain */
    SIM_RESOURCE_UNSENT  /* bytes that the peer has not acknowledged: of an open socket, or of all closed ones
                            of a host */
} sim_resource_kind;

const char *sim_resource_word(sim_resource_kind); /* "open" */

typedef struct sim_resource {
    sim_resource_kind kind;
    const char *where; /* "server/conn#2", or the host; valid during the report */
    uint64_t bytes;
} sim_resource;

typedef void sim_resource_report(void *context, const sim_resource *);

/* At the end of a run; in order of hosts and handles.  Returns the number of reports. */
size_t sim_world_resources(const sim_world *, sim_resource_report *, void *context);

#ifdef __cplusplus
}
#endif

#endif
