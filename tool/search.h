/* SPDX-License-Identifier: MIT
 *
 * A search in blocks, which processes and machines may share.
 *
 * Strategies learn from the runs before.  So that a search is the same whoever makes it, its runs are cut
 * into blocks, each of which begins knowing nothing: block b has 1000 * 2^(b / 8) runs.  What is reported is
 * the failure with the lowest number, as if one process had made all runs in turn.  Strategies that come to
 * an end by themselves are one block.
 */
#ifndef TOOL_SEARCH_H
#define TOOL_SEARCH_H

#include "tool/hunt.h"

typedef struct search_plan {
    const sim_scenario *scenario;
    sim_order_options order;
    uint64_t seed, runs;    /* runs 0: no limit */
    uint64_t deadline_ms;   /* of search_clock_ms; 0: none */
    unsigned jobs;          /* processes; 0: 1 */
    unsigned shard, shards; /* shard is from 0 to shards - 1; shards 0: all of it */
    unsigned quiet_ms;
    struct corpus
        *corpus; /* runs to begin with, and where those that show something new are noted; NULL: none */
} search_plan;

typedef struct search_result {
    uint64_t runs;   /* up to the failure, or all */
    uint64_t run;    /* that failed, from 1 over all blocks; 0: none */
    unsigned blocks; /* that were made */
    uint32_t steps_max;
    bool is_all;      /* every block that belongs to it came to its end: no clock cut it short */
    bool is_complete; /* the strategy has made all its runs: what it states is proved */
    hunt_find find;   /* of the run that failed */
    /* Runs and what was new; and what the strategy says of them. */
    char summary[512];
    char lines[SIM_EXPLORE_STATEMENT_MAX];
} search_result;

/* 0 or an errno; freed by search_result_fini in any case. */
int search(const search_plan *, search_result *);
void search_result_fini(search_result *);

uint64_t search_clock_ms(void);

/* Runs in the blocks before this one. */
uint64_t search_block_begin(unsigned block);

#endif
