/* SPDX-License-Identifier: MIT
 *
 * The one door for all that could go otherwise: a decision at a site, 0 the boring outcome.
 *
 * A site is one reason for decisions ("link ab a>b loss"), with a label, a stream of its own, and a count of
 * the decisions made.  What is not 0 is recorded.
 */
#ifndef SIMNET_CHOICE_H
#define SIMNET_CHOICE_H

#include <stdbool.h>
#include <stddef.h>

#include "castanet/sim.h"
#include "simnet/random.h"

typedef struct simp_site {
    const char *who, *purpose; /* "link lan server>", "loss": borrowed, the label's two words */
    const char *label;         /* both in one; made when the first choice is recorded, NULL before */
    uint64_t label_hash;
    uint64_t ordinal; /* decisions made */
    simp_stream stream;
} simp_site;

typedef struct simp_choice_log {
    sim_choice *choices;
    size_t count, capacity;
} simp_choice_log;

void simp_site_init(simp_site *, uint64_t seed, const char *who, const char *purpose);

/* 0 .. bound-1, uniform. */
uint32_t simp_choose(sim_world *, simp_site *, uint32_t bound);
/* 1 with a probability in parts per million, else 0.  Draws one number in any case. */
bool simp_choose_chance(sim_world *, simp_site *, int64_t ppm);

#endif
