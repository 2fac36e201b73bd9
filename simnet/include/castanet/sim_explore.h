/* SPDX-License-Identifier: MIT
 *
 * Orders: who decides what happens next among the events that may; and the search for one that fails.
 *
 * An order is made once and used for many runs, one at a time.  It asks a strategy, by name; `natural` takes
 * what is due first, and so is the run without an order.
 *
 * Functions that return int return 0 or a WSAE code.
 */
#ifndef CASTANET_SIM_EXPLORE_H
#define CASTANET_SIM_EXPLORE_H

#include "castanet/sim_scenario.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The decisions of a run as they were made, in memory that may outlive the process: each answer where there
 * was more than one, of order or other, in one sequence. */
typedef struct sim_journal {
    uint64_t seed;
    uint64_t runs; /* that began; the last of them is this one */
    uint32_t count, capacity;
    uint32_t lost; /* decisions other than the boring one for which there was no room */
    uint32_t *values;
} sim_journal;

/* Makes runs in place of sim_scenario_run: in a process of their own, if the program may end it.  A run that
 * did not come to its end has SIM_CRASHED or the like as its outcome; its order keeps the steps it made. */
typedef struct sim_runner sim_runner;
struct sim_runner {
    int (*run)(sim_runner *, const sim_scenario *, const sim_run_options *, sim_result *);
};

typedef struct sim_order_options {
    sim_time_mode mode;
    sim_windows windows;
    /* Causal: a packet and the callbacks that it causes are steps of their own.  Else they are one step, and
     * packets that tell a program nothing are none. */
    bool by_packet;
    /* Handlers of different sockets of a host share nothing: so their order does not matter.  A promise. */
    bool by_object;
    const char *strategy; /* NULL: "natural" */
    sim_journal *journal; /* borrowed, its capacity is set; NULL: none */
    cas_allocator *memory;
    sim_runner *runner; /* of schedules, borrowed; NULL: sim_scenario_run */
} sim_order_options;

/* WSAEINVAL: no such strategy. */
int sim_order_create(const sim_order_options *, sim_order **out);
void sim_order_destroy(sim_order *);

/* From now on runs give these answers, and behind the last one the boring ones, whatever the strategy.  They
 * are borrowed until the next call; count 0: the strategy is asked again. */
void sim_order_follow(sim_order *, const uint32_t *values, size_t count);
/* Answers of the run before that were not possible, for which the boring one was taken. */
uint32_t sim_order_misfits(const sim_order *);

/* How often faults of these kinds (sim_may; several may be added up) happened in the run that went last,
 * which the scenario's fault model allowed. */
uint32_t sim_order_troubles(const sim_order *, sim_may kinds);

/* A state that some run should reach (castanet/sim_probe.h). */
typedef struct sim_order_probe {
    const char *name; /* lasts as long as the order */
    uint64_t met;     /* runs that came to it, or whose scenario lists it ... */
    uint64_t reached; /* ... and those of them in which it was true */
} sim_order_probe;

/* Of all runs of the order; index is below the count. */
size_t sim_order_probe_count(const sim_order *);
sim_order_probe sim_order_probe_at(const sim_order *, size_t index);

/* The names of all strategies, from index 0; NULL: no more. */
const char *sim_strategy_name(size_t index);
const char *sim_strategy_summary(size_t index);

/* A step of the run that went last. */
typedef struct sim_order_step {
    const char *label;   /* "server/conn#2 OnReceive": lasts as long as the order */
    uint32_t occurrence; /* from 1: the how manieth of that label */
    uint32_t enabled;    /* how many events could have happened ... */
    uint32_t picked;     /* ... and which one of them did, 0 being the one that was due first */
    uint64_t at_ns;
} sim_order_step;

size_t sim_order_step_count(const sim_order *);
sim_order_step sim_order_step_at(const sim_order *, size_t index);

/* What the strategy `bytes` reads its choices from, in all runs from now on: borrowed.  WSAEINVAL: the order
 * has another strategy. */
int sim_order_set_bytes(sim_order *, const void *bytes, size_t count);

/* ---- somebody who is asked instead of a strategy ---- */

/* What may happen next. */
typedef struct sim_possible {
    const char *label;   /* "server/conn#2 OnReceive": lasts as long as the order */
    uint32_t occurrence; /* that it would be, from 1 */
    uint64_t due_ns;
    const char *cause; /* the step that made it possible; NULL: none of this run */
    uint32_t cause_occurrence;
} sim_possible;

typedef struct sim_asked sim_asked;
struct sim_asked {
    /* One of two or more, of which the first is due first: an index. */
    size_t (*pick)(sim_asked *, const sim_possible *, size_t count);
    /* A step was made, whether there was a choice or not.  NULL: nobody looks. */
    void (*ran)(sim_asked *, const char *label, uint32_t occurrence, uint64_t at_ns);
};

/* In place of the strategy that the order was made with; borrowed.  WSAENOBUFS. */
int sim_order_ask(sim_order *, sim_asked *);

/* ---- a search: run after run, each in another order ---- */

typedef struct sim_explore_progress {
    uint64_t runs;        /* made so far */
    size_t failures;      /* distinct ones */
    uint32_t coverage;    /* neighbourhoods of events that were shown */
    uint64_t quiet;       /* runs since the last one that showed a new one */
    const char *strategy; /* that made the last run: of the portfolio, a member; "corpus" */
    const sim_result *last;
    const sim_journal *journal; /* of the last run; NULL: no memory */
    bool is_new;                /* it showed a new neighbourhood: worth keeping for options.corpus */
    const sim_order *order;     /* the steps of the last run */
} sim_explore_progress;

typedef struct sim_explore_options {
    const char *strategy; /* NULL: "portfolio" */
    sim_time_mode mode;   /* SIM_TIMED leaves next to nothing to search, and counts as SIM_WINDOWED */
    sim_windows windows;
    bool by_packet;
    uint64_t seed;     /* of the first run after those of the corpus; those of the others follow from it */
    uint64_t runs_max; /* 0: until the strategy has nothing left, or nothing new is shown any more */
    /* Runs of earlier searches, borrowed: they are repeated first, and changed by those who learn. */
    const sim_journal *const *corpus;
    size_t corpus_count;
    bool goes_on;   /* after the first failure: until SIM_EXPLORE_FAILURES_MAX distinct ones are known */
    bool saturates; /* with runs_max, too: stop when nothing new is shown any more */
    /* After every run; true: stop.  A search reads no clock: who has little time looks at his own here. */
    bool (*on_run)(void *context, const sim_explore_progress *);
    void *context;
    sim_order *order; /* borrowed, made by the caller with a strategy and a mode of his; NULL: one is made */
    sim_lint *lint;   /* watches all runs: borrowed; what it finds is told in the statement, too */
    uint32_t lint_fails; /* see sim_run_options */
    cas_allocator *memory;
} sim_explore_options;

typedef enum sim_explore_end {
    SIM_EXPLORE_FOUND,     /* a failure */
    SIM_EXPLORE_COMPLETE,  /* the strategy has made all its runs */
    SIM_EXPLORE_SATURATED, /* nothing new for max(1 000, half as many runs as there were) */
    SIM_EXPLORE_RUNS,      /* runs_max */
    SIM_EXPLORE_ASKED,     /* on_run */
    SIM_EXPLORE_VOID       /* memory ran out */
} sim_explore_end;

/* The first run that failed in this way.  To repeat it: an order of the same mode, sim_order_follow with the
 * values of the journal, and sim_scenario_run with its seed. */
typedef struct sim_explore_failure {
    uint64_t run; /* from 1 */
    uint64_t seed;
    uint64_t times;       /* runs of this search that failed so */
    const char *strategy; /* that made the run: of the portfolio, a member; "corpus" */
    sim_result result;
    sim_journal *journal; /* NULL: no memory for it, or more decisions than a journal has room for */
} sim_explore_failure;

enum { SIM_EXPLORE_FAILURES_MAX = 16, SIM_EXPLORE_STATEMENT_MAX = 2048 };

typedef struct sim_explore_result {
    sim_explore_end end;
    uint64_t runs, failed_runs;
    uint64_t steps;     /* of all runs */
    uint32_t steps_max; /* of one */
    uint32_t coverage;  /* see sim_explore_progress */
    size_t failure_count;
    cas_allocator *memory; /* of the journals */
    sim_explore_failure failures[SIM_EXPLORE_FAILURES_MAX];
    /* Lines: why it ended, what was shown, how improbable a miss is. */
    char statement[SIM_EXPLORE_STATEMENT_MAX];
} sim_explore_result;

/* out is written in any case, and freed by sim_explore_result_fini.  WSAEINVAL: no such strategy, or a
 * scenario that cannot be run; WSAENOBUFS: no memory. */
int sim_explore(const sim_scenario *, const sim_explore_options *, sim_explore_result *out);
void sim_explore_result_fini(sim_explore_result *);
/* The seed of a run of a search, from 1; all runs of the exhaustive strategies have the first one's. */
uint64_t sim_explore_seed(uint64_t seed, uint64_t run);

#ifdef __cplusplus
}
#endif

#endif
