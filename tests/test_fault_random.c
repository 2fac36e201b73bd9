/* SPDX-License-Identifier: MIT
 *
 * Random programs under faults: sockets are closed, detached, attached, selected and pumped while
 * notifications of theirs are held back, also inside callbacks.  Nothing crashes, nothing leaks, and a
 * callback is made on living objects only.
 */
#include <string.h>

#include "castanet/sim_fault.h"
#include "simnet/world/random.h"
#include "tests/expect.h"
#include "tests/event_vtbl.h"
#include "tests/fixture.h"
#include "tests/test_list.h"

enum { PLAYERS = 5, STEPS = 60, PROGRAMS = 100, DEPTH_MAX = 4 };

typedef struct player {
    CAsyncSocket socket;
    struct side *side;
    unsigned callbacks;
} player;

/* A thread and its sockets; the first one listens. */
typedef struct side {
    struct game *game;
    arena_thread thread;
    player players[PLAYERS];
    UINT port;
} side;

typedef struct game {
    arena *arena;
    simp_stream dice;
    side sides[2];
    unsigned depth;          /* callbacks in progress */
    unsigned dead_callbacks; /* on an object without a socket */
} game;

static unsigned roll(game *g, unsigned bound) { return (unsigned)simp_stream_below(&g->dice, bound); }

static player *any_player(side *s) { return &s->players[roll(s->game, PLAYERS)]; }

/* ---- what a program may do, inside callbacks too ---- */

static void receive(player *p, int flags)
{
    char bytes[32];
    CAsyncSocket_Receive(&p->socket, bytes, (int)roll(p->side->game, sizeof bytes) + 1, flags);
}

static void send_some(player *p)
{
    static const char text[64] = "some bytes that nobody reads with care";
    game *g = p->side->game;
    CAsyncSocket_Send(&p->socket, text, (int)roll(g, sizeof text), roll(g, 8) == 0 ? MSG_OOB : 0);
}

static void give_away_and_take_back(player *p)
{
    SOCKET handle = CAsyncSocket_Detach(&p->socket);
    if (handle != INVALID_SOCKET)
        EXPECT_OK(CAsyncSocket_Attach(&p->socket, handle, (long)roll(p->side->game, 64)));
}

static void act(player *p)
{
    game *g = p->side->game;
    switch (roll(g, 10)) {
    case 0: CAsyncSocket_Close(&p->socket); break;
    case 1: give_away_and_take_back(p); break;
    case 2: CAsyncSocket_AsyncSelect(&p->socket, (long)roll(g, 64)); break;
    case 3: CAsyncSocket_ShutDown(&p->socket, (int)roll(g, 3)); break;
    case 4: receive(p, MSG_PEEK); break;
    case 5: receive(p, MSG_OOB); break;
    case 6: CAsyncSocket_Accept(&p->side->players[0].socket, &p->socket, NULL, NULL); break;
    case 7: send_some(p); break;
    default: receive(p, 0); break;
    }
}

static void on_event(CAsyncSocket *self, long event, int error)
{
    (void)event;
    player *p = (player *)self;
    game *g = p->side->game;
    (void)error;
    p->callbacks++;
    g->dead_callbacks += self->m_hSocket == INVALID_SOCKET;
    g->depth++;
    if (roll(g, 4) != 0)
        receive(p, 0);
    act(roll(g, 2) == 0 ? p : any_player(p->side));
    if (g->depth < DEPTH_MAX && roll(g, 8) == 0)
        cas_pump_run(0);
    g->depth--;
}

/* ---- what it does outside ---- */

static void renew(player *p)
{
    side *s = p->side;
    game *g = s->game;
    side *other = &g->sides[s == g->sides];
    CAsyncSocket_Close(&p->socket);
    if (roll(g, 4) == 0) {
        CAsyncSocket_Accept(&s->players[0].socket, &p->socket, NULL, NULL);
        return;
    }
    EXPECT_OK(CAsyncSocket_Create(&p->socket, 0, roll(g, 5) == 0 ? SOCK_DGRAM : SOCK_STREAM,
                                  CASYNCSOCKET_DEFAULT_EVENTS, NULL));
    CAsyncSocket_Connect(&p->socket, arena_address(g->arena, other->thread), other->port);
}

static void step(game *g)
{
    side *s = &g->sides[roll(g, 2)];
    player *p = &s->players[1 + roll(g, PLAYERS - 1)];
    arena_enter(g->arena, s->thread);
    switch (roll(g, 4)) {
    case 0: renew(p); break;
    case 1: cas_pump_run(0); break;
    case 2: arena_settle(g->arena); break;
    default: act(p); break;
    }
}

static void open_side(game *g, side *s, arena_thread thread)
{
    static const event_vtbl vtbl = EVENT_VTBL(on_event);
    char text[46];
    s->game = g;
    s->thread = thread;
    arena_enter(g->arena, thread);
    for (unsigned i = 0; i < PLAYERS; i++) {
        CAsyncSocket_Construct(&s->players[i].socket, &vtbl.callbacks);
        s->players[i].side = s;
    }
    CAsyncSocket *listener = &s->players[0].socket;
    EXPECT_OK_FATAL(CAsyncSocket_Create(listener, 0, SOCK_STREAM, FD_ACCEPT, NULL));
    EXPECT_OK_FATAL(CAsyncSocket_Listen(listener, 5));
    EXPECT_OK_FATAL(CAsyncSocket_GetSockName(listener, text, sizeof text, &s->port));
}

static void close_side(side *s)
{
    arena_enter(s->game->arena, s->thread);
    for (unsigned i = 0; i < PLAYERS; i++)
        CAsyncSocket_Destruct(&s->players[i].socket);
}

static sim_fault *install(arena *a, arena_thread thread, uint64_t seed)
{
    sim_fault *fault = NULL;
    int64_t ppm = SIM_PERCENT(25);
    sim_fault_options options = {.seed = seed,
                                 .memory = &fixture_memory()->base,
                                 .short_receive_ppm = ppm,
                                 .short_send_ppm = ppm,
                                 .receive_would_block_ppm = ppm,
                                 .send_would_block_ppm = ppm,
                                 .accept_would_block_ppm = ppm,
                                 .surplus_read_ppm = ppm,
                                 .late_ppm = SIM_PERCENT(60),
                                 .late_ns_max = SIM_US(50)};
    EXPECT_CODE_FATAL(sim_fault_install(arena_thread_of(a, thread), &options, &fault, NULL), 0);
    sim_fault_rule refused = {
        .call = SIM_FAULT_CONNECT, .nth = 2, .count = 2, .error = WSAECONNREFUSED, .later = true};
    EXPECT_CODE(sim_fault_add_rule(fault, &refused, NULL), 0);
    return fault;
}

/* Returns how often something was held back. */
static uint64_t play(arena_backend backend, uint64_t seed)
{
    uint64_t late = 0;
    cas_profile profile = {.precheck = (cas_precheck)(seed % 3), .close_after_drain = seed % 2 == 0};
    game g = {.arena = arena_open(backend, &profile)};
    sim_fault *faults[2];
    simp_stream_init(&g.dice, seed, "random", "program");
    faults[0] = install(g.arena, ARENA_A, seed);
    faults[1] = install(g.arena, ARENA_B, seed);
    open_side(&g, &g.sides[0], ARENA_A);
    open_side(&g, &g.sides[1], ARENA_B);
    for (unsigned i = 0; i < STEPS; i++)
        step(&g);
    close_side(&g.sides[0]);
    close_side(&g.sides[1]);
    arena_settle(g.arena);
    expect_report(EXPECT_SITE(false), g.dead_callbacks == 0,
                  "seed %d: %d callbacks on objects without a socket", (int)seed, (int)g.dead_callbacks);
    for (unsigned i = 0; i < 2; i++) {
        sim_fault_counters c;
        sim_fault_counters_read(faults[i], &c);
        late += c.late;
        EXPECT_CODE(sim_fault_remove(faults[i]), 0);
    }
    arena_close(g.arena);
    return late;
}

static void random_programs_leave_nothing_behind(arena *a)
{
    uint64_t late = 0;
    for (uint64_t n = 0; n < PROGRAMS; n++)
        late += play(arena_backend_of(a), fixture_seed() * 1000 + n);
    EXPECT_TRUE(late > PROGRAMS);
}

const test_case test_fault_random[] = {TEST_EVERYWHERE(random_programs_leave_nothing_behind), TEST_END};
