/* SPDX-License-Identifier: MIT
 *
 * B9: six clients; three of them log in with two lines, a name and a word.
 *
 * Broken: there is room for two logins that have begun and not ended.  Already the default order begins
 * three at once, since nothing keeps the clients from it.
 * Mended: there is room for as many as may connect.
 */
#include "tests/museum/crowd.h"

#include <string.h>

enum { ROOM = 2 };

typedef struct logins {
    bool is_mended;
    crowd crowd;
    unsigned begun, most; /* now, and at most */
} logins;

static void heard(void *state, unsigned number, const char *word)
{
    logins *l = state;
    (void)number;
    if (strcmp(word, "name") == 0)
        l->begun++;
    if (strcmp(word, "word") == 0)
        l->begun--;
    if (l->begun > l->most)
        l->most = l->begun;
}

static void serve(void *argument) { crowd_serve(&((logins *)argument)->crowd); }

static void build(sim_world *world, void *state)
{
    static const crowd_plan plan = {
        .clients = 6,
        .scripts = {"name word a", "name word b", "name word c", "d d d", "e e e", "f f f"},
        .tick_ms = 10,
        .heard = heard};
    crowd_build(&((logins *)state)->crowd, &plan, world, serve, state);
}

static bool is_done(sim_world *world, void *state)
{
    (void)world;
    return crowd_is_over(&((const logins *)state)->crowd);
}

static void check(sim_world *world, void *state)
{
    const logins *l = state;
    unsigned room = l->is_mended ? CROWD_MAX : ROOM;
    if (l->most > room)
        sim_world_fail(world, "%u logins had begun at once, with room for %u", l->most, room);
}

MUSEUM_BUG(b09, "B9", "three connections in mid-handshake at once", logins, false);
