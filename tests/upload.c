/* SPDX-License-Identifier: MIT
 *
 * See upload.h.  The line has a rate, so that in the order of time each piece is read before the next one
 * comes, and the end after the last.
 */
#include "tests/upload.h"

#include <stdio.h>

#include "castanet/sim.h"

enum { PIECE = 4, PIECES = 3 };

static int expected(const upload *u) { return PIECE * PIECES + (u->edit.pauses ? 1 : 0); }

/* ---- the server ---- */

static void session_on_receive(CAsyncSocket *socket, int error)
{
    upload_peer *p = (upload_peer *)(void *)socket;
    char piece[PIECE];
    int count = CAsyncSocket_Receive(socket, piece, sizeof piece, 0);
    (void)error;
    if (count > 0)
        p->all->received += count;
}

static void session_on_close(CAsyncSocket *socket, int error)
{
    upload_peer *p = (upload_peer *)(void *)socket;
    char piece[PIECE];
    int count;
    (void)error;
    while (p->all->edit.mended && (count = CAsyncSocket_Receive(socket, piece, sizeof piece, 0)) > 0)
        p->all->received += count;
    if (p->all->received > 0)
        p->all->counted = p->all->received;
    CAsyncSocket_Close(socket);
}

static void on_accept(CAsyncSocket *listener, int error)
{
    static const CAsyncSocketVtbl vtbl = {.OnReceive = session_on_receive, .OnClose = session_on_close};
    upload *u = cas_thread_context(cas_thread_current());
    upload_peer *p = &u->sessions[u->accepted];
    (void)error;
    p->all = u;
    CAsyncSocket_Construct(&p->socket, &vtbl);
    if (!CAsyncSocket_Accept(listener, &p->socket, NULL, NULL))
        return;
    u->accepted++;
    CAsyncSocket_AsyncSelect(&p->socket, FD_READ | FD_CLOSE);
}

static void on_tick(cas_timer *timer, void *context)
{
    (void)context;
    cas_timer_start(timer, (uint64_t)SIM_MS(700));
}

static void serve(void *argument)
{
    static const CAsyncSocketVtbl vtbl = {.OnAccept = on_accept};
    upload *u = argument;
    CAsyncSocket_Construct(&u->listener, &vtbl);
    CAsyncSocket_Create(&u->listener, 80, SOCK_STREAM, FD_ACCEPT, NULL);
    CAsyncSocket_Listen(&u->listener, UPLOAD_OTHERS_MAX + 1);
    u->tick = (cas_timer){.on_timer = on_tick};
    if (u->edit.ticks)
        cas_timer_start(&u->tick, (uint64_t)SIM_MS(700));
}

/* ---- clients ---- */

static void client_on_connect(CAsyncSocket *socket, int error)
{
    upload_peer *p = (upload_peer *)(void *)socket;
    (void)error;
    for (int i = 0; i < PIECES && !p->is_other; i++) {
        CAsyncSocket_Send(socket, "data", PIECE, 0);
        if (i == 0 && p->all->edit.pauses)
            CAsyncSocket_Send(socket, ".", 1, 0);
    }
    CAsyncSocket_Close(socket);
}

static void call(void *argument)
{
    static const CAsyncSocketVtbl vtbl = {.OnConnect = client_on_connect};
    upload_peer *p = argument;
    int on = 1;
    CAsyncSocket_Construct(&p->socket, &vtbl);
    CAsyncSocket_Create(&p->socket, 0, SOCK_STREAM, FD_CONNECT | FD_CLOSE, NULL);
    CAsyncSocket_SetSockOpt(&p->socket, TCP_NODELAY, &on, sizeof on, IPPROTO_TCP);
    CAsyncSocket_Connect(&p->socket, "10.0.0.1", 80);
}

/* ---- the scenario ---- */

static void add_host(sim_world *world, sim_link *lan, unsigned number, const char *name, int64_t at,
                     void (*start)(void *), void *argument)
{
    sim_host *host;
    char address[32];
    snprintf(address, sizeof address, "10.0.0.%u/24", number);
    if (sim_host_create(world, name, &host) != 0 || sim_host_attach(host, lan, address) != 0 ||
        sim_host_run(host, (uint64_t)at, start, argument) != 0)
        sim_world_fail(world, "the world cannot be built: %s", sim_world_error(world)->what);
}

static void build(sim_world *world, void *state)
{
    upload *u = state;
    sim_link *lan;
    sim_link_options line = {.latency_ns = SIM_MS(1), .rate_bps = SIM_MBIT(1), .queue_bytes = 100000};
    u->counted = -1;
    sim_segment_create(world, "lan", &line, &lan);
    add_host(world, lan, 1, "server", 0, serve, u);
    cas_thread_set_context(sim_host_thread(sim_world_host(world, "server")), u);
    for (unsigned i = 0; i < u->edit.other_clients; i++) {
        char name[16];
        snprintf(name, sizeof name, "other%u", i + 1);
        u->others[i] = (upload_peer){.all = u, .is_other = true};
        add_host(world, lan, 10 + i, name, SIM_MS(1), call, &u->others[i]);
    }
    u->client = (upload_peer){.all = u};
    add_host(world, lan, 2, "client", SIM_S(5), call, &u->client);
}

static void check(sim_world *world, void *state)
{
    const upload *u = state;
    if (u->counted != expected(u))
        sim_world_fail(world, "the upload has %d of %d bytes", u->counted, expected(u));
}

void upload_init(upload *u, upload_edit edit) { *u = (upload){.edit = edit}; }

sim_scenario upload_scenario(const upload *initial)
{
    return (sim_scenario){
        .name = "upload", .state_size = sizeof *initial, .initial = initial, .build = build, .check = check};
}
