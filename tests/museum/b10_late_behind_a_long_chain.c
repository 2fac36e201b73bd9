/* SPDX-License-Identifier: MIT
 *
 * B10: client 2 measures sixty times; client 1 says once in which unit, and three others look on.
 *
 * Broken: what is measured waits for the unit in a table of 54 rows, and the newest is dropped when it is
 * full. Only when client 1's one line is handled later than nine tenths of client 2's is one dropped.
 * Mended: the table has a row for each.
 */
#include "tests/museum/crowd.h"

#include <string.h>

#define TEN "7 7 7 7 7 7 7 7 7 7"

enum { MEASURES = 60, ROWS = 54 };

typedef struct measures {
    bool is_mended;
    crowd crowd;
    bool has_unit;
    unsigned waiting, dropped;
} measures;

static void heard(void *state, unsigned number, const char *word)
{
    measures *m = state;
    unsigned rows = m->is_mended ? MEASURES : ROWS;
    if (strcmp(word, "unit") == 0)
        m->has_unit = true;
    if (number != 2 || m->has_unit)
        return;
    if (m->waiting == rows)
        m->dropped++;
    else
        m->waiting++;
}

static void serve(void *argument) { crowd_serve(&((measures *)argument)->crowd); }

static void build(sim_world *world, void *state)
{
    static const crowd_plan plan = {.clients = 5,
                                    .scripts = {"unit", TEN " " TEN " " TEN " " TEN " " TEN " " TEN,
                                                "c c c c c", "d d d d d", "e e e e e"},
                                    .tick_ms = 2,
                                    .heard = heard};
    crowd_build(&((measures *)state)->crowd, &plan, world, serve, state);
}

static bool is_done(sim_world *world, void *state)
{
    (void)world;
    return crowd_is_over(&((const measures *)state)->crowd);
}

static void check(sim_world *world, void *state)
{
    const measures *m = state;
    if (m->dropped > 0)
        sim_world_fail(world, "%u of %u measures were dropped", m->dropped, (unsigned)MEASURES);
}

MUSEUM_BUG(b10, "B10", "a message later than nine tenths of a long chain", measures, false);
