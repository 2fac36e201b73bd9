/* SPDX-License-Identifier: MIT
 *
 * Orders: who decides what happens next among the events that may.
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
    uint32_t lost; /* decisions for which there was no room */
    uint32_t values[];
} sim_journal;

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
} sim_order_options;

/* WSAEINVAL: no such strategy. */
int sim_order_create(const sim_order_options *, sim_order **out);
void sim_order_destroy(sim_order *);

/* From now on runs give these answers, and behind the last one the boring ones, whatever the strategy.  They
 * are borrowed until the next call; count 0: the strategy is asked again. */
void sim_order_follow(sim_order *, const uint32_t *values, size_t count);
/* Answers of the run before that were not possible, for which the boring one was taken. */
uint32_t sim_order_misfits(const sim_order *);

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

#ifdef __cplusplus
}
#endif

#endif
