/* SPDX-License-Identifier: MIT
 *
 * The parts of a schedule; castanet/sim_schedule.h says what they are for.
 *
 * Invariants:
 *  1. Decisions are sorted by number, and none has the value 0.
 *  2. Every text is the schedule's own.
 */
#ifndef SIMNET_SCHEDULE_H
#define SIMNET_SCHEDULE_H

#include "castanet/sim_schedule.h"
#include "simnet/explore/order.h"

/* Of the exact form. */
typedef struct simp_decision {
    uint32_t number; /* from 1, in the run */
    uint32_t value, bound;
    bool is_order;  /* what happens next; else a choice of another kind */
    char *label;    /* of what happened, or of the choice */
    uint64_t count; /* its occurrence */
} simp_decision;

typedef enum simp_fact_kind { SIMP_FACT_HOLD, SIMP_FACT_CHOICE } simp_fact_kind;

/* Of the portable form.  HOLD: label#count waits for until#until_count.  CHOICE: label#count has the value.
 */
typedef struct simp_fact {
    simp_fact_kind kind;
    char *label;
    uint64_t count;
    char *until; /* NULL: a choice */
    uint64_t until_count;
    uint32_t value;
    bool is_strange; /* a callback that waits for another connection's event: it stood in the way of others */
} simp_fact;

struct sim_schedule {
    cas_allocator *memory;
    char *scenario;
    sim_order_options order; /* mode, windows, promises */
    uint64_t seed;
    sim_outcome outcome;
    uint64_t identity;
    uint8_t fingerprint[16];
    bool has_exact;
    simp_decision *decisions;
    size_t decision_count, decision_capacity;
    simp_fact *facts;
    size_t fact_count, fact_capacity;
    bool refused; /* memory: some of it is missing */
};

/* NULL: no memory.  scenario has len bytes. */
sim_schedule *simp_schedule_create(cas_allocator *, const char *scenario, size_t len);
/* Copies texts; sets refused if it cannot. */
void simp_schedule_add_decision(sim_schedule *, const simp_decision *);
void simp_schedule_add_fact(sim_schedule *, const simp_fact *);
/* The hold ends with that event; false: no memory, and nothing changed. */
bool simp_schedule_set_until(sim_schedule *, size_t fact, const char *until, uint64_t count);
void simp_schedule_drop_decisions(sim_schedule *);
/* Is there one of its kind about the same events? */
bool simp_schedule_has_fact(const sim_schedule *, const simp_fact *);
/* A copy of all but the exact form and count facts behind from.  NULL: no memory. */
sim_schedule *simp_schedule_copy(const sim_schedule *, size_t from, size_t count);

/* 0, or WSAEINVAL: it is another scenario's, as out->text says.  Clears out. */
int simp_schedule_is_for(const sim_schedule *, const sim_scenario *, sim_rerun *out);
/* A run under the facts; report NULL: nobody asks.  Notes its steps in the order, which stays with the caller
 * if it wants it. */
int simp_schedule_run(const sim_schedule *, const sim_scenario *, sim_rerun *out, sim_order **order);
/* The same with everything else by chance. */
int simp_schedule_run_random(const sim_schedule *, const sim_scenario *, uint64_t seed, sim_result *out);
bool simp_schedule_is_same(const sim_schedule *, const sim_result *);

/* Makes a run, or has it made by the schedule's runner.  The fingerprint of one that did not come to its end
 * is that of its steps. */
int simp_schedule_make_run(const sim_schedule *, const sim_scenario *, const sim_run_options *, sim_result *);

/* Is it strange that an event waits for that step? */
static inline bool simp_is_strange(uint8_t source, uint32_t host, uint64_t object, const simp_step *until)
{
    return source == SIMP_SOURCE_DISPATCH && object != 0 &&
           (until->host != host || (until->object != 0 && until->object != object));
}

/* Adds holds that tell the run of one order from the run of another, the one that is due: each event that
 * stands behind one of its host that it should precede waits for the last such.  Strange ones come last. */
void simp_schedule_derive(sim_schedule *, const sim_order *run, const sim_order *due);

/* A schedule in which one hold does what all holds of the best do together; NULL: none was found before there
 * were runs_max runs. */
sim_schedule *simp_schedule_find_alone(const sim_schedule *best, const sim_scenario *, uint64_t runs_max,
                                       uint64_t *runs);

/* An order with a strategy of ours in the schedule's mode. */
int simp_schedule_order(const sim_schedule *, const simp_strategy_ops *, sim_order **out);

#endif
