/* SPDX-License-Identifier: MIT
 *
 * Bugs that are planted to see that they are found: in the programs, or in a world behind the judge's back.
 */
#include <string.h>

#include "tests/swarm.h"

/* When a host misbehaves, if it has a connection then: after so many doublings of the first time. */
enum { TRIES = 14 };
#define FIRST_TRY_NS (uint64_t) SIM_US(500)

static const struct {
    const char *name;
    transfer_bug of_programs;
    const char *text;
} bugs[] = {
#define SWARM_BUG_ROW(name, of_programs, text) {name, of_programs, text},
    SWARM_BUGS(SWARM_BUG_ROW)
#undef SWARM_BUG_ROW
};

enum { BUGS = sizeof bugs / sizeof bugs[0] };

unsigned swarm_bug_of_name(const char *name)
{
    for (unsigned i = 0; i < BUGS; i++) {
        if (strcmp(bugs[i].name, name) == 0)
            return i + 1;
    }
    return SWARM_NO_BUG;
}

void swarm_print_bugs(FILE *out)
{
    for (unsigned i = 0; i < BUGS; i++)
        fprintf(out, "  %-12s %s\n", bugs[i].name, bugs[i].text);
}

static void add_to_all(swarm_world *w, const sim_impairment *what)
{
    for (unsigned i = 0; i < w->plan->link_count; i++) {
        if (sim_link_add(w->links[i], NULL, what, NULL) != 0)
            swarm_tell_refusal(w, "a planted impairment");
    }
}

/* Of the first connection that is open and in the middle of something. */
static void misbehave(swarm_world *w, int (*how)(sim_host *, SOCKET))
{
    for (unsigned i = 0; i < w->plan->connection_count && !w->has_misbehaved; i++) {
        const transfer_end *e = &w->connections[i].ends[0];
        bool busy = e->state == TRANSFER_OPEN && e->peer->state == TRANSFER_OPEN && !e->eof;
        w->has_misbehaved = busy &&
                            how(w->hosts[w->plan->connections[i].client], e->socket->base.m_hSocket) == 0;
    }
}

static void reset_one(void *argument)
{
    misbehave(((struct swarm_action *)argument)->world, sim_host_reset_connection);
}

static void forget_one(void *argument)
{
    misbehave(((struct swarm_action *)argument)->world, sim_host_forget_connection);
}

static void try_often(swarm_world *w, void (*how)(void *argument))
{
    struct swarm_action *action = swarm_action_of(w, 0);
    for (unsigned i = 0; i < TRIES; i++) {
        if (sim_world_at(w->world, FIRST_TRY_NS << i, how, action) != 0)
            swarm_tell_refusal(w, "a planted bug");
    }
}

void swarm_plant(swarm_world *w, unsigned bug)
{
    static const sim_impairment mended = {.kind = SIM_IMPAIR_CORRUPT,
                                          .chance_ppm = SIM_PERCENT(5),
                                          .corrupt = {.where = SIM_CORRUPT_PAYLOAD, .mends_checksums = true}};
    static const sim_impairment cut = {.kind = SIM_IMPAIR_BLOCK, .from_ns = (uint64_t)SIM_MS(2)};
    for (unsigned i = 0; i < w->plan->connection_count && bug != SWARM_NO_BUG; i++)
        w->connections[i].ends[0].bug = w->connections[i].ends[1].bug = bugs[bug - 1].of_programs;
    switch (bug) {
    case SWARM_BUG_MENDED: add_to_all(w, &mended); break;
    case SWARM_BUG_COPIES: w->datagrams.counts_twice = true; break;
    case SWARM_BUG_RESET: try_often(w, reset_one); break;
    case SWARM_BUG_FORGET: try_often(w, forget_one); break;
    case SWARM_BUG_CUT: add_to_all(w, &cut); break;
    default: break;
    }
}
