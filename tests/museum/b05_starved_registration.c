/* SPDX-License-Identifier: MIT
 *
 * B5: a race of four boats, each of which reports ten times; client 1 registers the fifth, with one line.
 *
 * Broken: the race is over with the fortieth report, and who is not registered then is not ranked.  Only when
 * client 1's one line is handled after all of the others' is its boat missing.
 * Mended: the race is over when all reports and all registrations are there.
 */
#include "tests/museum/crowd.h"

#include <string.h>

enum { REPORTS = 40 };

typedef struct race {
    bool is_mended;
    crowd crowd;
    unsigned reports, registered;
    unsigned ranked; /* registered boats when the race was over */
    bool is_over;
} race;

static void heard(void *state, unsigned number, const char *word)
{
    race *r = state;
    (void)number;
    if (strcmp(word, "register") == 0)
        r->registered++;
    else
        r->reports++;
    if (!r->is_over && r->reports == REPORTS && (!r->is_mended || r->registered == 1)) {
        r->is_over = true;
        r->ranked = r->registered;
    }
}

static void serve(void *argument) { crowd_serve(&((race *)argument)->crowd); }

static void build(sim_world *world, void *state)
{
    static const crowd_plan plan = {.clients = 5,
                                    .scripts = {"register", "b b b b b b b b b b", "c c c c c c c c c c",
                                                "d d d d d d d d d d", "e e e e e e e e e e"},
                                    .tick_ms = 5,
                                    .heard = heard};
    crowd_build(&((race *)state)->crowd, &plan, world, serve, state);
}

static bool is_done(sim_world *world, void *state)
{
    (void)world;
    return crowd_is_over(&((const race *)state)->crowd);
}

static void check(sim_world *world, void *state)
{
    const race *r = state;
    if (r->ranked != 1)
        sim_world_fail(world, "%u boats were ranked that registered, %u did", r->ranked, r->registered);
}

MUSEUM_BUG(b05, "B5", "one host starved to the end", race, false);
