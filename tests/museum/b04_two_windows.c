/* SPDX-License-Identifier: MIT
 *
 * B4: a bank that trusts two snapshots more than one: the day is booked as the larger of the two.  Twice in
 * the day client 1 takes 30 from one account and puts it into another, with its next line.
 *
 * Broken: snapshots are taken when the timers run.  Only when the first falls between the lines of the
 * first transfer and the second between those of the second are both wrong, and so is the day.
 * Mended: while a transfer is open a snapshot waits for its end.
 */
#include "tests/museum/crowd.h"

#include <string.h>

enum { ALL = 100, MOVED = 30, SNAPSHOTS = 2, FIRST_MS = 90, SECOND_MS = 60 };

typedef struct bank {
    bool is_mended;
    crowd crowd;
    cas_timer clock;
    unsigned from, to;
    unsigned taken, booked;
    bool is_open, is_due;
} bank;

static void take_snapshot(bank *b)
{
    unsigned sum = b->from + b->to;
    b->is_due = b->is_mended && b->is_open;
    if (b->is_due)
        return;
    if (sum > b->booked)
        b->booked = sum;
    if (++b->taken < SNAPSHOTS)
        cas_timer_start(&b->clock, (uint64_t)SIM_MS(SECOND_MS));
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
    cas_timer_start(&b->clock, (uint64_t)SIM_MS(FIRST_MS));
    crowd_serve(&b->crowd);
}

static void build(sim_world *world, void *state)
{
    static const crowd_plan plan = {
        .clients = 4,
        .scripts = {"a take put a a a take put", "b b b b b b b b", "c c c c c c c c", "d d d d d d d d"},
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
    if (b->booked != ALL)
        sim_world_fail(world, "two snapshots agree on at most %u of %u", b->booked, (unsigned)ALL);
}

MUSEUM_BUG(b04, "B4", "two windows of one step, both hit", bank, false);
