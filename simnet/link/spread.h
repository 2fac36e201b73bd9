/* SPDX-License-Identifier: MIT
 *
 * Times that vary (sim_spread): inverse distributions in whole numbers, the same on every machine.
 *
 * A uniform number of 64 bits is taken as a probability in [0, 1); a deviate of the normal distribution is in
 * units of 2^-24.
 */
#ifndef SIMNET_SPREAD_H
#define SIMNET_SPREAD_H

#include "castanet/sim_impairment.h"

enum { SIMP_NORMAL_SHIFT = 24 };

/* Inverse of the normal distribution, and the distribution itself.  Beyond 5.4 they stand still. */
int64_t simp_normal_inverse(uint64_t probability);
uint64_t simp_normal_distribution(int64_t deviate);

/* -ln(probability) in units of 2^-24, of (0, 1]: the number 0 stands for 1. */
uint64_t simp_minus_log(uint64_t probability);

/* The time that this probability stands for.  At least 0. */
uint64_t simp_spread_at(const sim_spread *, uint64_t probability);

/* A Gaussian process of the first order: correlated deviates, each of the normal distribution. */
typedef struct simp_autoregression {
    int64_t deviate;
    bool begun;
} simp_autoregression;

/* The next one; correlation_ppm below 1 000 000. */
int64_t simp_autoregression_next(simp_autoregression *, int64_t correlation_ppm, uint64_t probability);

/* What is wrong with it, in the words of an error's `why`; NULL: nothing. */
const char *simp_spread_mistake(const sim_spread *);

#endif
