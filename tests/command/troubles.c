/* SPDX-License-Identifier: MIT
 *
 * A program of scenarios that end badly, each in its own way; without a main: see test_command.py.
 *
 * Hosts a and b send a datagram each, b a little later; "reader" reads them.  If b's is read first, trouble
 * happens.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "castanet/main.h"
#include "castanet/sim.h"

enum { PORT = 7, RARELY = 3000, UNLUCKY = 17 };

typedef struct trouble trouble;

typedef struct sender {
    CAsyncSocket socket; /* first */
    char letter;
} sender;

struct trouble {
    CAsyncSocket reader;
    void (*happen)(trouble *);
    sender senders[2];
    unsigned count; /* that were read */
    bool waits;     /* for more, in vain */
};

/* ---- what happens ---- */

static void crash(trouble *t)
{
    (void)t;
    fprintf(stderr, "b came first\n");
    raise(SIGSEGV);
}

static void leave(trouble *t)
{
    (void)t;
    fprintf(stderr, "I leave\n");
    exit(3);
}

static void hang(trouble *t)
{
    for (volatile unsigned turns = 0; t->count == 0; turns++)
        continue;
}

static void stall(trouble *t) { t->waits = true; }

static void complain(trouble *t)
{
    (void)t;
    sim_world_fail(sim_host_world(sim_host_of(cas_thread_current())), "b came first");
}

static void accept_it(trouble *t) { (void)t; }

/* ---- the hosts ---- */

static void on_receive(CAsyncSocket *socket, int error)
{
    trouble *t = (trouble *)(void *)socket;
    char letter = '?';
    (void)error;
    if (CAsyncSocket_Receive(socket, &letter, 1, 0) <= 0)
        return;
    if (t->count == 0 && letter == 'b')
        t->happen(t);
    t->count++;
}

static void serve(void *argument)
{
    static const CAsyncSocketVtbl vtbl = {.OnReceive = on_receive};
    trouble *t = argument;
    CAsyncSocket_Construct(&t->reader, &vtbl);
    CAsyncSocket_Create(&t->reader, PORT, SOCK_DGRAM, FD_READ, NULL);
}

static void call(void *argument)
{
    sender *s = argument;
    CAsyncSocket_Construct(&s->socket, NULL);
    CAsyncSocket_Create(&s->socket, 0, SOCK_DGRAM, 0, NULL);
    CAsyncSocket_SendTo(&s->socket, &s->letter, 1, PORT, "10.0.0.1", 0);
    CAsyncSocket_Close(&s->socket);
}

static void add_host(sim_world *world, sim_link *lan, const char *name, const char *address, uint64_t at_ns,
                     void (*start)(void *), void *argument)
{
    sim_host *host;
    if (sim_host_create(world, name, &host) != 0 || sim_host_attach(host, lan, address) != 0 ||
        sim_host_run(host, at_ns, start, argument) != 0)
        sim_world_fail(world, "the world cannot be built: %s", sim_world_error(world)->what);
}

static void build(sim_world *world, trouble *t, void (*happen)(trouble *))
{
    sim_link *lan;
    sim_segment_create(world, "lan", &(sim_link_options){.latency_ns = SIM_MS(1)}, &lan);
    t->happen = happen;
    t->senders[0].letter = 'a';
    t->senders[1].letter = 'b';
    add_host(world, lan, "reader", "10.0.0.1/24", 0, serve, t);
    add_host(world, lan, "a", "10.0.0.2/24", SIM_MS(5), call, &t->senders[0]);
    add_host(world, lan, "b", "10.0.0.3/24", SIM_MS(8), call, &t->senders[1]);
}

static void build_crash(sim_world *world, void *state) { build(world, state, crash); }
static void build_exit(sim_world *world, void *state) { build(world, state, leave); }
static void build_hang(sim_world *world, void *state) { build(world, state, hang); }
static void build_stall(sim_world *world, void *state) { build(world, state, stall); }
static void build_fail(sim_world *world, void *state) { build(world, state, complain); }
static void build_fine(sim_world *world, void *state) { build(world, state, accept_it); }

static bool is_done(sim_world *world, void *state)
{
    (void)world;
    return !((const trouble *)state)->waits;
}

/* ---- others ---- */

static void build_rare(sim_world *world, void *state)
{
    build(world, state, accept_it);
    if (sim_world_choose(world, "luck", RARELY) == UNLUCKY)
        sim_world_fail(world, "no luck");
}

/* What it sends depends on how often the program ran it before. */
static void build_static(sim_world *world, void *state)
{
    static unsigned runs;
    trouble *t = state;
    build(world, t, accept_it);
    t->senders[0].letter = (char)('a' + runs++ % 2);
}

/* What it sends depends on a variable of the environment. */
static void build_environment(sim_world *world, void *state)
{
    const char *home = getenv("HOME");
    build(world, state, accept_it);
    ((trouble *)state)->senders[0].letter = home == NULL ? 'a' : home[strlen(home) - 1];
}

#define SCENARIO(which, what, builder)                                                                       \
    static const sim_scenario which = {.name = #which,                                                       \
                                       .summary = what,                                                      \
                                       .state_size = sizeof(trouble),                                        \
                                       .build = builder,                                                     \
                                       .is_done = is_done}

SCENARIO(crashes, "b's datagram first: SIGSEGV", build_crash);
SCENARIO(exits, "b's datagram first: exit(3)", build_exit);
SCENARIO(hangs, "b's datagram first: the callback does not come back", build_hang);
SCENARIO(stalls, "b's datagram first: it waits in vain", build_stall);
SCENARIO(fails, "b's datagram first: it fails", build_fail);
SCENARIO(rare, "fails in one of 3000 runs", build_rare);
SCENARIO(remembers, "a static variable survives the run", build_static);
SCENARIO(moody, "an environment variable decides", build_environment);
SCENARIO(fine, "any order will do", build_fine);

const sim_scenario *const castanet_scenarios[] = {&crashes, &exits,     &hangs, &stalls, &fails,
                                                  &rare,    &remembers, &moody, &fine,   NULL};
