/* SPDX-License-Identifier: MIT
 *
 * K14: a client shakes hands in three lines; another one changes the server's key, twice, and has pauses
 * between. The server keeps its key and the one before.
 *
 * Broken: each line of the handshake takes the server's key of the moment, and the last one is checked
 * against that of the first.  One change is forgiven.  When the first change falls between the first and
 * the second line, and the second between the second and the third, the first one's key is no longer known.
 * Mended: a handshake keeps the key that it began with.
 */
#include <string.h>

#include "tests/museum/crowd.h"

typedef struct handshake {
    bool is_mended;
    crowd crowd;
    unsigned key;           /* of the server: the how manieth */
    unsigned first, second; /* keys at these lines */
    unsigned third, is_lost;
} handshake;

static void heard(void *state, unsigned number, const char *word)
{
    handshake *h = state;
    if (number != 1) {
        h->key += strcmp(word, "change") == 0;
        return;
    }
    if (strcmp(word, "hello") == 0)
        h->first = h->key;
    else if (strcmp(word, "proof") == 0)
        h->second = h->key;
    else
        h->third = h->is_mended ? h->first : h->key;
    if (strcmp(word, "ready") == 0)
        h->is_lost = h->third != h->first && h->first != h->second && h->second != h->third;
}

static void serve(void *argument) { crowd_serve(&((handshake *)argument)->crowd); }

static void build(sim_world *world, void *state)
{
    static const crowd_plan plan = {
        .clients = 3,
        .scripts = {". . hello proof ready", "change . . . . . . change", "a b c d"},
        .tick_ms = 10,
        .heard = heard};
    crowd_build(&((handshake *)state)->crowd, &plan, world, serve, state);
}

static bool is_done(sim_world *world, void *state)
{
    (void)world;
    return crowd_is_over(&((const handshake *)state)->crowd);
}

static void check(sim_world *world, void *state)
{
    const handshake *h = state;
    if (h->is_lost)
        sim_world_fail(world, "keys %u, %u and %u in one handshake", h->first, h->second, h->third);
}

MUSEUM_BUG(k14, "K14", "two windows in one handshake", handshake, false);
