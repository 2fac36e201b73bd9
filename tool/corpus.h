/* SPDX-License-Identifier: MIT
 *
 * A corpus: a folder of journals, SCENARIO-HASH.journal, each of a run that showed what those before it had
 * not.
 *
 * Runs that may be worth it are noted by the workers of a search in a box that they share; afterwards those
 * are kept that are still new when all are repeated in turn.
 */
#ifndef TOOL_CORPUS_H
#define TOOL_CORPUS_H

#include "tool/journal_file.h"

typedef struct corpus_box corpus_box;

typedef struct corpus {
    const char *folder;
    const sim_scenario *scenario;
    const sim_order_options *order;
    sim_journal **journals; /* each malloc'ed */
    size_t count;
    corpus_box *box;
} corpus;

/* Makes the folder if it is missing.  Bad files are named and left out.  0 or an exit code. */
int corpus_load(corpus *, const char *folder, const sim_scenario *, const sim_order_options *);
void corpus_fini(corpus *);

/* In a worker: the run of that number in that block showed something new. */
void corpus_note(corpus *, unsigned block, const sim_explore_progress *);
/* Writes those of the noted runs that are new, and counts them.  0 or an exit code. */
int corpus_keep(corpus *, size_t *kept);

#endif
