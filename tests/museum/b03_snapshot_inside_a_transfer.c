/* SPDX-License-Identifier: MIT
 *
 * B3: a bank with four tellers and a snapshot by the clock.  Once in the day client 1 takes 30 from one
 * account and puts it into another, with its next line.
 *
 * Broken: the snapshot is taken when its timer runs.  By the clock that is never between the two lines;
 * when the lines are late or the timer is, it may be, and 30 are missing in it.
 * Mended: while a transfer is open the snapshot waits for its end.
 */
#include "tests/museum/crowd.h"

#include <string.h>

enum { ALL = 100, MOVED = 30, SNAPSHOT_MS = 100 };

typedef struct bank {
    bool is_mended;
    crowd crowd;
    cas_timer clock;
    unsigned from, to;
    unsigned snapshot;
    bool is_open, is_due;
} bank;

static void take_snapshot(bank *b)
{
    b->is_due = b->is_mended && b->is_open;
    if (!b->is_due)
        b->snapshot = b->from + b->to;
}

static void heard(void *state, unsigned number, const char *word)
{
    bank *b = state;
    (void)number;
    if (strcmp(word, "take") == 0) {
        b->from -= MOVED;
        b->is_open = true;
    } else if (strcmp(word, "put") == 0) {
        b->to += MOVED;
        b->is_open = false;
        if (b->is_due)
            take_snapshot(b);
    }
}

static void on_clock(cas_timer *timer, void *context)
{
    (void)timer;
    take_snapshot(context);
}

static void serve(void *argument)
{
    bank *b = argument;
    b->from = ALL;
    b->clock = (cas_timer){.on_timer = on_clock, .context = b};
    cas_timer_start(&b->clock, (uint64_t)SIM_MS(SNAPSHOT_MS));
    crowd_serve(&b->crowd);
}

static void build(sim_world *world, void *state)
{
    static const crowd_plan plan = {.clients = 4,
                                    .scripts = {"a a take put a a a a", "b b b b b b b b b b b b",
                                                "c c c c c c c c c c c c", "d d d d d d d d d d d d"},
                                    .tick_ms = 10,
                                    .heard = heard};
    crowd_build(&((bank *)state)->crowd, &plan, world, serve, state);
}

static bool is_done(sim_world *world, void *state)
{
    (void)world;
    return crowd_is_over(&((const bank *)state)->crowd);
}

static void check(sim_world *world, void *state)
{
    const bank *b = state;
    if (b->snapshot != ALL)
        sim_world_fail(world, "the snapshot shows %u of %u", b->snapshot, (unsigned)ALL);
}

MUSEUM_BUG(b03, "B3", "a timer runs inside a window of one step", bank, false);
