/* SPDX-License-Identifier: MIT
 *
 * What is pending in a world with an order, as candidates; and which of them may happen next.
 *
 * An order watches the world's queue, which is sorted then: what may happen next is its end, and is
 * read from there.  What is queued is described when it is first looked at.  Timers of stacks, which mostly
 * are moved before they are due, wait for that until they may happen.
 *
 * Invariants:
 *  1. An event of the queue knows its candidate by index, or is marked as new: since which step.
 *  2. There are no candidates but of what is queued.
 */
#ifndef SIMNET_PENDING_H
#define SIMNET_PENDING_H

#include "simnet/explore/order.h"

/* A run begins: nothing is pending. */
void simp_pending_begin(sim_order *, sim_world *);

/* What is queued from now on is so since the steps that were done. */
static inline void simp_pending_note_step(sim_order *order)
{
    order->watch.mark = SIMP_CANDIDATE_NEW | (uint32_t)order->step_count;
}

/* Fills order->enabled with those that may happen next, none of them later than until_ns.  False: no
 * memory. */
bool simp_pending_look(sim_order *, sim_world *, uint64_t until_ns, size_t *enabled);

/* The candidate happens: it and its event are pending no more. */
void simp_pending_take(sim_order *, sim_world *, const simp_candidate *);

#endif
