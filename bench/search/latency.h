/* SPDX-License-Identifier: MIT
 *
 * The yardsticks `latency` and `latency-10`: what simulators do that have a network and seeds, but no search.
 *
 * Each packet takes a random time on its link, which is drawn for it alone.  A later packet may overtake an
 * earlier one; TCP puts streams in order again.  Callbacks and timers run when they are due.  Events happen
 * in the order of their times, and a run differs from another one by its seed alone.
 *
 *   latency     exponential with a mean of 20 ms, as turmoil does unless told otherwise
 *               (Latency: min 0 ms, max 100 ms, Exp(5); there what exceeds 100 ms, 1 of 150, is 100 ms)
 *   latency-10  from 1 to 10 ms, as madsim does (Config: send_latency 1 ms .. 10 ms)
 */
#ifndef BENCH_LATENCY_H
#define BENCH_LATENCY_H

#include "castanet/sim_scenario.h"

/* Is it the name of one of them? */
bool latency_is(const char *yardstick);

/* One run of the scenario so; not from two threads at a time.  See sim_scenario_run. */
int latency_run(const char *yardstick, const sim_scenario *, uint64_t seed, sim_result *);

#endif
