/* SPDX-License-Identifier: MIT
 *
 * A journal as text, for a folder that is committed:
 *
 *     castanet journal 1
 *     scenario upload
 *     mode windowed
 *     seed 7
 *     values 3
 *     0 2 1
 *     end
 */
#ifndef TOOL_JOURNAL_FILE_H
#define TOOL_JOURNAL_FILE_H

#include "castanet/sim_explore.h"

/* What journals are for: those of another scenario or mode are none. */
typedef struct journal_key {
    const char *scenario;
    const sim_order_options *order; /* mode and promises */
} journal_key;

/* malloc'ed, its length in len; NULL: no memory. */
char *journal_text(const journal_key *, const sim_journal *, size_t *len);

typedef enum journal_fit { JOURNAL_READ, JOURNAL_OF_ANOTHER, JOURNAL_BAD, JOURNAL_NO_MEMORY } journal_fit;

/* JOURNAL_READ: *out, malloc'ed in one block.  JOURNAL_BAD: *why says so. */
journal_fit journal_parse(const journal_key *, const char *text, size_t len, sim_journal **out,
                          const char **why);

#endif
