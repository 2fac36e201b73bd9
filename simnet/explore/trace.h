/* SPDX-License-Identifier: MIT
 *
 * What shows of a run, as lines; and where a second run begins to show something else.
 *
 * Invariants:
 *  1. A trace that follows another one keeps no lines of its own, but the first that differs.
 *  2. A trace that had no room for a line is cut: later lines are neither kept nor compared.
 */
#ifndef SIMNET_TRACE_H
#define SIMNET_TRACE_H

#include "castanet/sim_compare.h"

typedef struct simp_trace_line {
    uint64_t at_ns;
    size_t text; /* where it begins */
} simp_trace_line;

typedef struct simp_trace simp_trace;
struct simp_trace {
    sim_observer observer; /* first */
    cas_allocator *memory;
    uint64_t bytes_max;
    simp_trace_line *lines;
    size_t count, capacity;
    char *text;
    size_t used, text_capacity;
    bool is_cut;
    const simp_trace *follows; /* NULL: it is the first */
    bool with_times;
    size_t next;  /* line of that one */
    bool differs; /* at next: */
    sim_shown shown;
};

void simp_trace_init(simp_trace *, cas_allocator *, uint64_t bytes_max);
void simp_trace_follow(simp_trace *, const simp_trace *first, bool with_times);
void simp_trace_fini(simp_trace *);

/* Both have ended. */
void simp_trace_compare(const simp_trace *first, const simp_trace *second, const sim_result results[2],
                        sim_difference *out);

#endif
