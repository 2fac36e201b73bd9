/* SPDX-License-Identifier: MIT
 *
 * The floor: a bare loop on a plain 4-ary heap, where each event that runs schedules its successor.  No
 * clock, no callback's owner, no hash.
 */
#ifndef BENCH_HEAP_H
#define BENCH_HEAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How long the successor of the step waits. */
static inline uint64_t bench_delay(uint64_t step) { return 1 + step * 7919 % 1000; }

typedef struct bench_heap_time {
    uint64_t events; /* that ran: count and those that were pending */
    double seconds;  /* of the processor */
} bench_heap_time;

/* False: no memory. */
bool bench_run_heap(uint64_t count, size_t pending, bench_heap_time *);

#endif
