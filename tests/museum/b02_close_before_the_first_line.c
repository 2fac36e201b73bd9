/* SPDX-License-Identifier: MIT
 *
 * B2: five clients write to a log; a sixth does so, too, and then closes it.
 *
 * Broken: the first line of client 1 opens the log, and the sixth client's close closes it.  When all of
 * client 1 is so late that the close comes before its first line, there is no log to close, and it stays
 * open for ever.
 * Mended: a close that finds no log is remembered, and the first line opens and closes it.
 */
#include "tests/museum/crowd.h"

#include <string.h>

typedef struct log_file {
    bool is_mended;
    crowd crowd;
    bool is_open, was_closed;
} log_file;

static void heard(void *state, unsigned number, const char *word)
{
    log_file *l = state;
    bool is_close = number == 6 && strcmp(word, "close") == 0;
    if (number == 1 && strcmp(word, "first") == 0)
        l->is_open = !l->was_closed;
    if (is_close && (l->is_open || l->is_mended)) {
        l->is_open = false;
        l->was_closed = true;
    }
}

static void serve(void *argument) { crowd_serve(&((log_file *)argument)->crowd); }

static void build(sim_world *world, void *state)
{
    static const crowd_plan plan = {
        .clients = 6,
        .scripts = {"first a a a", "b b b b", "c c c c", "d d d d", "e e e e", "f f f f f f close"},
        .tick_ms = 10,
        .heard = heard};
    crowd_build(&((log_file *)state)->crowd, &plan, world, serve, state);
}

static bool is_done(sim_world *world, void *state)
{
    (void)world;
    return crowd_is_over(&((const log_file *)state)->crowd);
}

static void check(sim_world *world, void *state)
{
    const log_file *l = state;
    if (l->is_open)
        sim_world_fail(world, "the log is open at the end (closed before: %u)", (unsigned)l->was_closed);
}

MUSEUM_BUG(b02, "B2", "close handled before the first read", log_file, false);
