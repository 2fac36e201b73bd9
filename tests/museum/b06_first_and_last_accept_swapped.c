/* SPDX-License-Identifier: MIT
 *
 * B6: a card game of six.  They join one after the other: the first is to deal, the last to cut.
 *
 * Broken: seats go by the order of acceptance, and dealing and cutting by seats.  When the first and the last
 * one's connections are accepted in each other's place, both have the other's part.
 * Mended: seats go by the number of the player.
 */
#include "tests/museum/crowd.h"

enum { PLAYERS = 6 };

typedef struct table {
    bool is_mended;
    crowd crowd;
    unsigned taken;
    unsigned seats[PLAYERS];
} table;

static void accepted(void *state, unsigned number)
{
    table *t = state;
    t->seats[t->is_mended ? number - 1 : t->taken] = number;
    t->taken++;
}

static void heard(void *state, unsigned number, const char *word) { (void)state, (void)number, (void)word; }

static void serve(void *argument) { crowd_serve(&((table *)argument)->crowd); }

static void build(sim_world *world, void *state)
{
    static const crowd_plan plan = {.clients = PLAYERS,
                                    .scripts = {"a", "b", "c", "d", "e", "f"},
                                    .tick_ms = 10,
                                    .stagger_ms = 5,
                                    .heard = heard,
                                    .accepted = accepted};
    crowd_build(&((table *)state)->crowd, &plan, world, serve, state);
}

static bool is_done(sim_world *world, void *state)
{
    (void)world;
    return crowd_is_over(&((const table *)state)->crowd);
}

static void check(sim_world *world, void *state)
{
    const table *t = state;
    if (t->seats[0] == PLAYERS && t->seats[PLAYERS - 1] == 1)
        sim_world_fail(world, "player %u deals and player %u cuts", t->seats[0], t->seats[PLAYERS - 1]);
}

MUSEUM_BUG(b06, "B6", "six accepts, the first and the last swapped", table, false);
