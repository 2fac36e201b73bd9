/* SPDX-License-Identifier: MIT
 *
 * What stages keep packets in: a list in order of arrival, and one event to let them go by.
 *
 * Invariants:
 *  1. A packet in a keeper is nowhere else.
 *  2. The event has its place in the heap from begin to end: keeping fails for want of memory only.
 */
#ifndef SIMNET_KEEPER_H
#define SIMNET_KEEPER_H

#include "simnet/link/stage.h"

typedef struct simp_kept {
    struct simp_kept *next;
    simp_transit transit;
    uint64_t since_ns;
    uint64_t due; /* what the stage likes: a time, a count */
} simp_kept;

typedef struct simp_keeper {
    simp_stage *stage;
    simp_kept *first, **end;
    uint64_t count;
    simp_event event;
    uint64_t wakes_ns; /* the time that it runs, or ran, at */
} simp_keeper;

/* 0 or WSAENOBUFS. */
int simp_keeper_init(simp_keeper *, simp_stage *, void (*run)(sim_world *, simp_event *));
/* The keeper whose event runs. */
simp_keeper *simp_keeper_of(simp_event *);
/* Takes the packet over, and ends in SIMP_KEEP; without memory it is lost, and the run is void. */
simp_stage_result simp_keeper_add(simp_keeper *, const simp_transit *, uint64_t due);
/* Takes the kept packet at *place (the first: &keeper->first) off the list, into *out. */
void simp_keeper_take(simp_keeper *, simp_kept **place, simp_kept *out);
/* The event runs at this time. */
void simp_keeper_wake_at(simp_keeper *, uint64_t at_ns);
/* Lets all go on behind the stage, in their order, and gives the event's place back. */
void simp_keeper_fini(simp_keeper *);
/* What was kept goes on: it may be on the line already. */
void simp_keeper_resume(simp_keeper *, simp_kept *);

#endif
