/* SPDX-License-Identifier: MIT
 *
 * B7: five bidders send a bid each, which a board keeps in order; three others chat.  Each move on the
 * board is noted, so that it can be undone.
 *
 * Broken: there is room for nine notes.  Five bids need a tenth move in one order of the 120 only: when
 * each comes before the one that began before it.  The tenth is forgotten, and the undone board is not the
 * old one.
 * Mended: there is room for ten.
 */
#include "tests/museum/crowd.h"

#include <stdlib.h>

enum { BIDS = 5, ROOM = 9, MENDED_ROOM = 10 };

typedef struct board {
    bool is_mended;
    crowd crowd;
    unsigned bids[BIDS];
    unsigned count, moves, notes;
} board;

/* A bid goes to its place behind the smaller ones. */
static void heard(void *state, unsigned number, const char *word)
{
    board *b = state;
    unsigned bid = (unsigned)atoi(word), at = b->count;
    (void)number;
    if (bid == 0)
        return;
    for (; at > 0 && b->bids[at - 1] > bid; at--) {
        b->bids[at] = b->bids[at - 1];
        b->moves++;
        b->notes += b->notes < (b->is_mended ? MENDED_ROOM : ROOM);
    }
    b->bids[at] = bid;
    b->count++;
}

static void serve(void *argument) { crowd_serve(&((board *)argument)->crowd); }

static void build(sim_world *world, void *state)
{
    static const crowd_plan plan = {
        .clients = 8,
        .scripts = {"10", "20", "30", "40", "50", "hi hi hi", "hm hm hm", "oh oh oh"},
        .tick_ms = 10,
        .stagger_ms = 3,
        .heard = heard};
    crowd_build(&((board *)state)->crowd, &plan, world, serve, state);
}

static bool is_done(sim_world *world, void *state)
{
    (void)world;
    return crowd_is_over(&((const board *)state)->crowd);
}

static void check(sim_world *world, void *state)
{
    const board *b = state;
    if (b->notes != b->moves)
        sim_world_fail(world, "of %u moves, %u can be undone", b->moves, b->notes);
}

MUSEUM_BUG(b07, "B7", "an exact order of five notifications", board, false);
