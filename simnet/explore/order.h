/* SPDX-License-Identifier: MIT
 *
 * An order: it takes the place of the earliest event's rule in a world, and keeps what happened.
 *
 *   events that are pending -> candidates -> those that may happen next -> the strategy's pick -> a step
 *
 * Which may happen next:
 *   timed     those that are due first
 *   windowed  those whose time is not after the latest time of any other
 *   causal    all, each host having a clock of its own; protocol timers only when nothing else is left
 * Bytes of a path stay in order in each mode, since a path has but the packet at its head pending; so do the
 * messages of a thread.
 *
 * Invariant: candidates that are shown to a strategy are sorted by (time, tie).
 */
#ifndef SIMNET_ORDER_H
#define SIMNET_ORDER_H

#include "simnet/explore/former.h"
#include "simnet/explore/reached.h"
#include "simnet/explore/strategy.h"
#include "simnet/explore/trouble.h"

struct sim_order {
    cas_allocator *memory;
    sim_time_mode mode;
    sim_windows windows;
    bool by_packet;
    bool by_object; /* handlers of different sockets share nothing */
    simp_strategy *strategy;
    struct simp_knowledge *knowledge; /* NULL: nobody asked for it; see knowledge.h */
    struct simp_coverage *coverage;   /* the same; see coverage.h */
    simp_chooser chooser;
    simp_trouble *trouble; /* kept from run to run; NULL: none was needed */
    bool is_troubled;      /* this run goes through it */
    simp_reached reached;
    sim_journal *journal;   /* NULL: none */
    const uint32_t *script; /* answers to give instead of the strategy's; NULL: none */
    size_t script_count, script_next;
    uint32_t misfits;
    simp_label_table labels;
    simp_spots *spots;
    sim_world *world; /* of the present run; NULL: none */
    simp_event_watch watch;
    simp_candidate *candidates;
    size_t candidate_count, candidate_capacity;
    simp_candidate **enabled; /* of candidates */
    size_t enabled_capacity;
    simp_step *steps;
    size_t step_count, step_capacity;
    simp_lost_event *lost; /* of this run */
    size_t lost_count, lost_capacity;
    uint32_t *makers; /* by packet: the number of the step that made it */
    size_t maker_capacity;
    simp_former_list formers; /* of this run */
    uint64_t *clocks;         /* causal: by host */
    size_t clock_capacity;
    uint32_t notifications, faults;
};

/* A run begins in a world where nothing happened yet, and ends.  False: no memory. */
bool simp_order_begin(sim_order *, sim_world *, uint64_t seed);
/* What may go wrong in the run that begins.  False: no memory. */
bool simp_order_allow(sim_order *, const sim_fault_model *);
/* The event to run in the candidate's place, which is off the queue; its own, if nothing can go wrong. */
simp_event *simp_order_trouble(sim_order *, const simp_candidate *);
/* Lets calls of a thread that begins go wrong, if they may: 0 or WSAENOBUFS. */
int simp_order_wrap(const sim_order *, cas_thread *);
void simp_order_end(sim_order *, const sim_result *);
/* order_news.c: the step of that index happens, and was overtaken before. */
void simp_order_tell_hold(const sim_order *, const sim_world *, size_t index);

/* The socket of the task is about to be closed. */
void simp_order_lose_socket(sim_order *, const simp_task *, const cas_port_socket *);

/* The number, from 1, of the step that made it possible; 0: none did. */
uint32_t simp_order_maker(const sim_order *, const simp_candidate *);

/* In place of the next event. */
sim_stop simp_order_step(sim_order *, sim_world *, uint64_t until_ns);

#endif
