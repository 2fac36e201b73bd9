/* SPDX-License-Identifier: MIT
 *
 * A hunt: a search (sim_explore) in a worker, which the program under test may crash, leave or hang.  The
 * schedule of a run that ends so is what its journal had.
 */
#ifndef TOOL_HUNT_H
#define TOOL_HUNT_H

#include "castanet/sim_explore.h"
#include "tool/worker.h"

typedef enum hunt_end {
    HUNT_CLEAN,   /* no run failed */
    HUNT_FAILED,  /* the scenario says so: result */
    HUNT_CRASHED, /* a signal, or a sanitizer's report: worker */
    HUNT_EXITED,  /* the program under test called exit: worker */
    HUNT_HUNG     /* a callback did not come back: worker */
} hunt_end;

typedef struct hunt_options {
    sim_order_options order; /* its journal and memory are the hunt's */
    uint64_t seed, runs;     /* see sim_explore_options; runs 0: until nothing new is shown */
    unsigned quiet_ms;       /* that one run may take; 0: 10 000 */
    uint64_t memory_bytes;   /* of the worker; 0: worker_memory_for(memory_max) */
    /* As in sim_explore_options; on_run is called in the worker. */
    const sim_journal *const *corpus;
    size_t corpus_count;
    bool (*on_run)(void *context, const sim_explore_progress *);
    void *context;
} hunt_options;

typedef struct hunt_find {
    hunt_end end;
    uint64_t runs;     /* that were made */
    uint64_t seed;     /* of the one that failed */
    uint64_t identity; /* equal for the same failure; 0: none failed */
    sim_result result; /* of that run */
    worker_report worker;
    uint32_t *values; /* its decisions, malloc'ed; for sim_order_follow */
    uint32_t count;
    uint32_t lost; /* decisions behind them for which there was no room */
    bool repeats;  /* a fresh worker that followed them ended alike */
    /* Of the search; all zero if the worker did not come back. */
    sim_explore_end why;
    uint32_t steps_max;
    char strategy[32]; /* that made the run that failed */
    char statement[SIM_EXPLORE_STATEMENT_MAX];
} hunt_find;

/* 0 or an errno. */
int hunt(const sim_scenario *, const hunt_options *, hunt_find *);
void hunt_find_fini(hunt_find *);

const char *hunt_end_word(hunt_end);

#endif
