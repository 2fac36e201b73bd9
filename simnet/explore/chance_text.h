/* SPDX-License-Identifier: MIT
 *
 * Probabilities for people: of missing a bug, in 2^-64 and whole-number arithmetic, rounded against us.
 */
#ifndef SIMNET_CHANCE_TEXT_H
#define SIMNET_CHANCE_TEXT_H

#include <stdint.h>

enum { SIMP_CHANCE_TEXT_MAX = 32 };

/* That one run of PCT misses a bug of a depth of 1 or more: 1 - 1 / (chains moments^(depth-1)), times 2^64;
 * UINT64_MAX: next to certain. */
uint64_t simp_miss_of_pct(uint32_t chains, uint32_t moments, uint32_t depth);
/* miss to the power of runs. */
uint64_t simp_miss_of_runs(uint64_t miss, uint64_t runs);
/* Of all runs: "0.7134 at most", "less than 1e-9". */
void simp_write_miss(char text[SIMP_CHANCE_TEXT_MAX], uint64_t miss, uint64_t runs);

#endif
