/* SPDX-License-Identifier: MIT
 *
 * Coverage: which neighbours the runs of an order have shown, in a bitmap of 64 K bits.
 *
 * What sets a bit: two events that follow one another at a resource (a socket, a host), by their labels; and
 * two notifications that follow one another at a socket, by the socket's role, which tells not one connection
 * from another.
 */
#ifndef SIMNET_COVERAGE_H
#define SIMNET_COVERAGE_H

#include "simnet/explore/strategy.h"
#include "simnet/explore/tally.h"

enum { SIMP_COVERAGE_BITS = 65536 };

typedef struct simp_coverage {
    cas_allocator *memory;
    uint64_t bits[SIMP_COVERAGE_BITS / 64];
    uint32_t set;                    /* bits */
    uint32_t runs, grown_run;        /* that were added; the last of them that set a bit, 0: none */
    uint32_t growths;                /* runs that set a bit */
    uint32_t mark_run, mark_growths; /* runs and growths when the number of runs was a power of two */
    simp_tally last;   /* by host and object: what happened there last in this run, see coverage.c */
    uint64_t *at_host; /* the same by host; from 1, 0 is all hosts */
    uint32_t host_capacity;
    uint64_t *roles; /* by label: its hash without numbers; 0: not known yet */
    uint32_t role_capacity;
} simp_coverage;

/* That of the order, which is made when it is first asked for.  NULL: no memory. */
simp_coverage *simp_coverage_of(struct sim_order *);
void simp_coverage_destroy(simp_coverage *);
/* A run has ended; its steps are those of the order.  False: no memory. */
bool simp_coverage_add(simp_coverage *, const struct sim_order *);

/* Did the run that ended last show anything new? */
static inline bool simp_coverage_grew(const simp_coverage *coverage)
{
    return coverage->runs != 0 && coverage->grown_run == coverage->runs;
}

#endif
