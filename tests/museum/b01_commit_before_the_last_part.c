/* SPDX-License-Identifier: MIT
 *
 * B1: five sites report to a server, and a foreman says when the day is over.  Six chains, and client 1 is
 * the one that matters: it delivers a book in three parts.
 *
 * Broken: the foreman's commit, a good while later, is taken for the end of the book.  When the parts of
 * client 1 are late by as much, the last one is read after the commit and is lost.
 * Mended: the book is written when the commit has come and all of its parts.
 */
#include "tests/museum/crowd.h"

#include <string.h>

enum { PARTS = 3 };

typedef struct book {
    bool is_mended;
    crowd crowd;
    unsigned parts;   /* read so far */
    unsigned written; /* of them, when the book was written */
    bool is_committed;
} book;

static void heard(void *state, unsigned number, const char *word)
{
    book *b = state;
    bool is_commit = strcmp(word, "commit") == 0;
    b->parts += number == 1;
    b->is_committed |= is_commit;
    if (b->is_mended ? b->is_committed && b->parts == PARTS : is_commit)
        b->written = b->parts;
}

static void serve(void *argument) { crowd_serve(&((book *)argument)->crowd); }

static void build(sim_world *world, void *state)
{
    static const crowd_plan plan = {
        .clients = 6,
        .scripts = {"part part part", "a b c d", "a b c d", "a b c d", "a b c d", "w w w w w w commit"},
        .tick_ms = 10,
        .heard = heard};
    crowd_build(&((book *)state)->crowd, &plan, world, serve, state);
}

static bool is_done(sim_world *world, void *state)
{
    (void)world;
    return crowd_is_over(&((const book *)state)->crowd);
}

static void check(sim_world *world, void *state)
{
    const book *b = state;
    if (b->written != PARTS)
        sim_world_fail(world, "the book was written with %u of its %u parts", b->written, (unsigned)PARTS);
}

MUSEUM_BUG(b01, "B1", "close handled before the last read", book, false);
