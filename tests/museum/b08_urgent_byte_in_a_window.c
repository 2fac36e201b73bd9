/* SPDX-License-Identifier: MIT
 *
 * B8: client 1 locks a document and unlocks it with its next line.  Client 2 sends a note, an urgent byte
 * that asks whether the document is free, and another note.
 *
 * Broken: when it is not free the handler of the urgent byte closes client 2's connection at once.  For
 * that the byte must be handled while the document is locked; and the note behind it is lost if it arrived
 * already.
 * Mended: the handler notes that, and leaves the connection open until client 2 closes it.
 */
#include "tests/museum/crowd.h"

#include <string.h>

enum { NOTES = 2 };

typedef struct document {
    bool is_mended;
    crowd crowd;
    bool is_locked;
    unsigned notes, refused;
} document;

static void heard(void *state, unsigned number, const char *word)
{
    document *d = state;
    if (number == 1)
        d->is_locked = strcmp(word, "lock") == 0;
    d->notes += number == 2;
}

static void urged(void *state, unsigned number, CAsyncSocket *session)
{
    document *d = state;
    (void)number;
    if (!d->is_locked)
        return;
    d->refused++;
    if (!d->is_mended)
        CAsyncSocket_Close(session);
}

static void serve(void *argument) { crowd_serve(&((document *)argument)->crowd); }

static void build(sim_world *world, void *state)
{
    static const crowd_plan plan = {.clients = 6,
                                    .scripts = {"a a lock unlock a", "note . . . . ! note", "c c c c c",
                                                "d d d d d", "e e e e e", "f f f f f"},
                                    .tick_ms = 10,
                                    .heard = heard,
                                    .urged = urged};
    crowd_build(&((document *)state)->crowd, &plan, world, serve, state);
}

static bool is_done(sim_world *world, void *state)
{
    (void)world;
    return crowd_is_over(&((const document *)state)->crowd);
}

static void check(sim_world *world, void *state)
{
    const document *d = state;
    if (d->notes != NOTES)
        sim_world_fail(world, "of %u notes, %u were read", (unsigned)NOTES, d->notes);
}

MUSEUM_BUG(b08, "B8", "an urgent byte in a window, and a close inside its handler", document, false);
