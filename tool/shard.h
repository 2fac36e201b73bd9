/* SPDX-License-Identifier: MIT
 *
 * What one shard of a search found, as text that another process reads:
 *
 *     castanet result 1
 *     scenario upload
 *     search portfolio windowed seed 0 runs 10000
 *     shard 2 3
 *     made 3000 runs 3 blocks 31 steps, all
 *     failure 4711 failed 5372ab3041c608e7 the upload has 4 of 12 bytes
 *     says tapct-2: ...
 *     end
 *
 * A file has one such part for each scenario.
 */
#ifndef TOOL_SHARD_H
#define TOOL_SHARD_H

#include <stdio.h>

#include "tool/search.h"

typedef struct shard_part {
    char scenario[64];
    char search[160];       /* what tells searches apart */
    unsigned shard, shards; /* shard from 1 */
    uint64_t runs;
    unsigned blocks;
    uint32_t steps_max;
    bool is_all, is_complete; /* see search_result */
    uint64_t run;             /* that failed; 0: none */
    sim_result result;        /* of that one: outcome, identity, message */
    char lines[SIM_EXPLORE_STATEMENT_MAX];
} shard_part;

void shard_part_of(const search_plan *, const search_result *, shard_part *);
void shard_write(const shard_part *, FILE *);

typedef struct shard_reader {
    const char *at, *end;
    unsigned line; /* of what was read last, from 1 */
} shard_reader;

typedef enum shard_end { SHARD_READ, SHARD_NONE_LEFT, SHARD_BAD_LINE } shard_end;

/* The next part.  A bad line is the one that was read last. */
shard_end shard_read(shard_reader *, shard_part *);

/* "2/3": true, and the numbers. */
bool shard_parse(const char *text, unsigned *shard, unsigned *shards);

#endif
