/* SPDX-License-Identifier: MIT
 *
 * See three_clients.h.
 */
#include "tests/three_clients.h"

#include <stdio.h>

#include "castanet/sim.h"

typedef struct client {
    CAsyncSocket socket; /* first */
    char server[24];
    bool done;
} client;

typedef struct session {
    CAsyncSocket socket; /* first */
    unsigned received;
    bool closed;
} session;

typedef struct clients {
    unsigned count, accepted;
    CAsyncSocket listener;
    session sessions[THREE_CLIENTS_MAX];
    client clients[THREE_CLIENTS_MAX];
} clients;

static void no_delay(CAsyncSocket *socket)
{
    int on = 1;
    CAsyncSocket_SetSockOpt(socket, TCP_NODELAY, &on, sizeof on, IPPROTO_TCP);
}

/* ---- the server ---- */

static void session_on_receive(CAsyncSocket *socket, int error)
{
    session *s = (session *)(void *)socket;
    char byte;
    (void)error;
    if (CAsyncSocket_Receive(socket, &byte, 1, 0) == 1 && ++s->received == 2)
        CAsyncSocket_Send(socket, "!", 1, 0);
}

static void session_on_close(CAsyncSocket *socket, int error)
{
    (void)error;
    ((session *)(void *)socket)->closed = true;
    CAsyncSocket_Close(socket);
}

static const CAsyncSocketVtbl session_vtbl = {.OnReceive = session_on_receive, .OnClose = session_on_close};

static void on_accept(CAsyncSocket *listener, int error)
{
    clients *all = cas_thread_context(cas_thread_current());
    session *s = &all->sessions[all->accepted];
    (void)error;
    CAsyncSocket_Construct(&s->socket, &session_vtbl);
    if (CAsyncSocket_Accept(listener, &s->socket, NULL, NULL))
        all->accepted++;
    CAsyncSocket_AsyncSelect(&s->socket, FD_READ | FD_CLOSE);
    no_delay(&s->socket);
}

static const CAsyncSocketVtbl listener_vtbl = {.OnAccept = on_accept};

static void serve(void *argument)
{
    clients *all = argument;
    CAsyncSocket_Construct(&all->listener, &listener_vtbl);
    CAsyncSocket_Create(&all->listener, 80, SOCK_STREAM, FD_ACCEPT, NULL);
    CAsyncSocket_Listen(&all->listener, THREE_CLIENTS_MAX);
}

/* ---- a client ---- */

static void client_on_connect(CAsyncSocket *socket, int error)
{
    (void)error;
    CAsyncSocket_Send(socket, "a", 1, 0);
    CAsyncSocket_Send(socket, "b", 1, 0);
}

static void client_on_receive(CAsyncSocket *socket, int error)
{
    char byte;
    (void)error;
    ((client *)(void *)socket)->done = CAsyncSocket_Receive(socket, &byte, 1, 0) == 1;
    CAsyncSocket_Close(socket);
}

static const CAsyncSocketVtbl client_vtbl = {.OnConnect = client_on_connect, .OnReceive = client_on_receive};

static void call(void *argument)
{
    client *c = argument;
    CAsyncSocket_Construct(&c->socket, &client_vtbl);
    CAsyncSocket_Create(&c->socket, 0, SOCK_STREAM, CASYNCSOCKET_DEFAULT_EVENTS, NULL);
    no_delay(&c->socket);
    CAsyncSocket_Connect(&c->socket, c->server, 80);
}

/* ---- the scenario ---- */

static void build(sim_world *world, clients *all, unsigned count)
{
    sim_host *server, *host;
    all->count = count;
    sim_host_create(world, "server", &server);
    for (unsigned i = 0; i < count; i++) {
        char name[24], at_server[32], at_client[32];
        sim_link *link;
        client *c = &all->clients[i];
        snprintf(name, sizeof name, "client%u", i + 1);
        snprintf(c->server, sizeof c->server, "10.0.%u.1", i);
        snprintf(at_server, sizeof at_server, "%s/24", c->server);
        snprintf(at_client, sizeof at_client, "10.0.%u.2/24", i);
        if (sim_host_create(world, name, &host) != 0 || sim_link_create(world, name, NULL, &link) != 0 ||
            sim_host_attach(server, link, at_server) != 0 || sim_host_attach(host, link, at_client) != 0 ||
            sim_host_run(host, (uint64_t)SIM_MS(1 + i), call, c) != 0)
            sim_world_fail(world, "the world cannot be built: %s", sim_world_error(world)->what);
    }
    cas_thread_set_context(sim_host_thread(server), all);
    sim_host_run(server, 0, serve, all);
}

static bool is_done(sim_world *world, void *state)
{
    const clients *all = state;
    (void)world;
    for (unsigned i = 0; i < all->count; i++) {
        if (!all->clients[i].done || !all->sessions[i].closed)
            return false;
    }
    return true;
}

static void build_1(sim_world *world, void *state) { build(world, state, 1); }
static void build_2(sim_world *world, void *state) { build(world, state, 2); }
static void build_3(sim_world *world, void *state) { build(world, state, 3); }
static void build_4(sim_world *world, void *state) { build(world, state, 4); }

const sim_scenario *three_clients(unsigned count)
{
    static const sim_scenario by_count[THREE_CLIENTS_MAX] = {
        {.name = "one-client", .state_size = sizeof(clients), .build = build_1, .is_done = is_done},
        {.name = "two-clients", .state_size = sizeof(clients), .build = build_2, .is_done = is_done},
        {.name = "three-clients", .state_size = sizeof(clients), .build = build_3, .is_done = is_done},
        {.name = "four-clients", .state_size = sizeof(clients), .build = build_4, .is_done = is_done},
    };
    return &by_count[count - 1];
}
