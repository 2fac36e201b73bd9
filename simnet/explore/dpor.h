/* SPDX-License-Identifier: MIT
 *
 * The tree of orders that the exhaustive search walks: source-DPOR with sleep sets (Abdulla, Aronis, Jonsson
 * and Sagonas, POPL 2014), by running again from the start.
 *
 * A node is a step of the present run: what could have happened there, what was tried, and what need not be
 * tried because another branch covers it.  After each run races are looked for: two steps that touch the same
 * state, neither of which caused the other.  For each, the node of the first gets a branch in which the
 * second comes first, unless one that will do so is there.
 *
 * Invariants:
 *  1. Nodes lie in one list, and what they hold in one other, in the order of steps: a branch cuts both off
 *     behind its node.
 *  2. before[] of a step has a bit for each step that happens before it: those of its chain, those that made
 *     it, those that touched the same state, and all before these; of a stack's timer, each step before it.
 */
#ifndef SIMNET_DPOR_H
#define SIMNET_DPOR_H

#include "simnet/explore/order.h"

enum { SIMP_BRANCHES_MAX = 64 };

/* What may happen at a node. */
typedef struct simp_branch {
    uint64_t chain, object;
    uint32_t host;
} simp_branch;

typedef struct simp_node {
    size_t enabled, asleep, end; /* places in branches: what may happen, what sleeps, and what is behind it */
    uint64_t wanted, tried;      /* bits by index in enabled */
    uint32_t picked;             /* index in enabled */
} simp_node;

typedef struct simp_dpor {
    simp_strategy base; /* first */
    simp_node *nodes;
    size_t node_count, node_capacity;
    simp_branch *branches;
    size_t branch_count, branch_capacity;
    uint64_t *before; /* rows of words words, by step */
    size_t before_capacity, words;
    size_t fresh;  /* the first node that was not walked in this form before */
    bool blocked;  /* all that could happen sleeps: another run covers this one */
    bool refused;  /* memory, or more branches than there are bits */
    bool finished; /* nothing is left to try */
    uint64_t complete_runs, blocked_runs;
    size_t steps_max;
} simp_dpor;

#endif
