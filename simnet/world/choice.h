/* SPDX-License-Identifier: MIT
 *
 * The one door for all that could go otherwise: a decision at a site, 0 the boring outcome.
 *
 * A site is one reason for decisions ("link ab a>b loss"), with a label, a stream of its own, and a count of
 * the decisions made.  What is not 0 is recorded, in the log of a world or in one that stands alone (the
 * faults of a thread on real sockets).
 */
#ifndef SIMNET_CHOICE_H
#define SIMNET_CHOICE_H

#include <stdbool.h>
#include <stddef.h>

#include "castanet/sim.h"
#include "simnet/world/random.h"

typedef struct simp_site {
    const char *who, *purpose; /* "link lan server>", "loss": borrowed, the label's two words */
    const char *label;         /* both in one; made when the first choice is recorded, NULL before */
    uint64_t label_hash;
    uint64_t ordinal; /* decisions made */
    bool by_search;   /* trouble that only a search brings: who is the kind, purpose the event; no stream */
    bool keeps_odds;  /* chance knows how often it happens: swarms leave it to that */
    simp_stream stream;
} simp_site;

/* Who has faults of the program's own. */
#define SIMP_BUGGIFY "buggify"

/* Who answers instead of chance. */
typedef struct simp_chooser simp_chooser;
struct simp_chooser {
    /* Below bound, where 0 is the boring outcome; drawn is what chance says. */
    uint32_t (*answer)(simp_chooser *, const simp_site *, uint64_t ordinal, uint32_t bound, uint32_t drawn);
    void *context;
};

typedef struct simp_choice_log {
    sim_world *world; /* whose fingerprint absorbs what is recorded; NULL: the log stands alone */
    cas_allocator *memory;
    simp_chooser *chooser; /* NULL: chance */
    sim_choice *choices;
    size_t count, capacity;
    bool is_healed;   /* nothing but the user's own is chosen any more */
    uint64_t refused; /* choices that were made but not recorded, for want of memory */
} simp_choice_log;

void simp_choice_log_init(simp_choice_log *, sim_world *world, cas_allocator *memory);
/* Frees the list, not the labels in it: those belong to their sites. */
void simp_choice_log_fini(simp_choice_log *);
/* An index past the end gives a choice with an empty label. */
sim_choice simp_choice_log_read(const simp_choice_log *, size_t index);

void simp_site_init(simp_site *, uint64_t seed, const char *who, const char *purpose);
/* Frees the label of a site whose log stands alone; a world's labels go with its arena. */
void simp_site_fini(simp_site *, cas_allocator *memory);

/* 0 .. bound-1, uniform. */
uint32_t simp_log_choose(simp_choice_log *, simp_site *, uint32_t bound);
/* 1 with a probability in parts per million, else 0.  Draws one number in any case. */
bool simp_log_choose_chance(simp_choice_log *, simp_site *, int64_t ppm);

/* The same in the log of a world. */
uint32_t simp_choose(sim_world *, simp_site *, uint32_t bound);
bool simp_choose_chance(sim_world *, simp_site *, int64_t ppm);

/* For sites whose owner numbers the decisions (from 1), so that none depends on those before.  odds: the
 * probability times 2^64; UINT64_MAX: always. */
bool simp_choose_odds(sim_world *, simp_site *, uint64_t ordinal, uint64_t odds);
uint32_t simp_choose_at(sim_world *, simp_site *, uint64_t ordinal, uint32_t bound);
/* A decision that the owner has worked out himself, unless somebody else answers; the answer. */
bool simp_choose_outcome(sim_world *, simp_site *, uint64_t ordinal, bool outcome);

/* Of a site by_search: chance always says 0. */
uint32_t simp_choose_trouble(sim_world *, simp_site *, uint64_t ordinal, uint32_t bound);

/* Is it a draw of the scenario's own, and no fault? */
bool simp_is_users_site(const simp_site *);

/* The same where nobody else may answer. */
void simp_note_outcome(sim_world *, simp_site *, uint64_t ordinal, bool outcome);

/* Does a uniform number fall within the odds? */
static inline bool simp_has_luck(uint64_t number, uint64_t odds)
{
    return number < odds || odds == UINT64_MAX;
}

#endif
