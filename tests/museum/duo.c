/* SPDX-License-Identifier: MIT
 *
 * See duo.h.
 */
#include "tests/museum/duo.h"

#include <string.h>

void duo_build(sim_world *world, void *state, void (*serve)(void *), void (*call)(void *))
{
    static const sim_link_options options = {.latency_ns = SIM_MS(5)};
    sim_host *server, *client;
    sim_link *link;
    if (museum_host(world, "server", &server) != 0 || museum_host(world, "client", &client) != 0 ||
        sim_link_create(world, "line", &options, &link) != 0 ||
        sim_host_attach(server, link, "10.0.0.1/24") != 0 ||
        sim_host_attach(client, link, "10.0.0.2/24") != 0 || sim_host_run(server, 0, serve, state) != 0 ||
        sim_host_run(client, (uint64_t)SIM_MS(1), call, state) != 0) {
        sim_world_fail(world, "the world cannot be built: %s", sim_world_error(world)->what);
        return;
    }
    cas_thread_set_context(sim_host_thread(server), state);
    cas_thread_set_context(sim_host_thread(client), state);
}

void *duo_state(void) { return cas_thread_context(cas_thread_current()); }
sim_world *duo_world(void) { return sim_host_world(sim_host_of(cas_thread_current())); }

void duo_no_delay(CAsyncSocket *socket)
{
    int on = 1;
    CAsyncSocket_SetSockOpt(socket, TCP_NODELAY, &on, sizeof on, IPPROTO_TCP);
}

void duo_connect(CAsyncSocket *socket, const CAsyncSocketVtbl *vtbl)
{
    CAsyncSocket_Construct(socket, vtbl);
    CAsyncSocket_Create(socket, 0, SOCK_STREAM, CASYNCSOCKET_DEFAULT_EVENTS, NULL);
    duo_no_delay(socket);
    CAsyncSocket_Connect(socket, "10.0.0.1", 80);
}

void duo_datagram(CAsyncSocket *socket, const CAsyncSocketVtbl *vtbl, unsigned port)
{
    CAsyncSocket_Construct(socket, vtbl);
    CAsyncSocket_Create(socket, port, SOCK_DGRAM, FD_READ, NULL);
}

void duo_listen(CAsyncSocket *socket, const CAsyncSocketVtbl *vtbl, int backlog)
{
    CAsyncSocket_Construct(socket, vtbl);
    CAsyncSocket_Create(socket, 80, SOCK_STREAM, CASYNCSOCKET_DEFAULT_EVENTS, NULL);
    CAsyncSocket_Listen(socket, backlog);
}

void duo_after(cas_timer *timer, int64_t delay_ns, void (*on_timer)(cas_timer *, void *))
{
    timer->on_timer = on_timer;
    timer->context = duo_state();
    cas_timer_start(timer, (uint64_t)delay_ns);
}

/* ---- the server ---- */

static void server_on_accept(CAsyncSocket *socket, int error)
{
    duo_server *server = (duo_server *)(void *)socket;
    CAsyncSocket stranger;
    (void)error;
    CAsyncSocket_Construct(&stranger, NULL);
    if (server->session->m_hSocket == INVALID_SOCKET && server->session->vtbl == NULL) {
        CAsyncSocket_Construct(server->session, server->vtbl);
        if (CAsyncSocket_Accept(socket, server->session, NULL, NULL))
            duo_no_delay(server->session);
    } else {
        CAsyncSocket_Accept(socket, &stranger, NULL, NULL);
    }
    CAsyncSocket_Destruct(&stranger);
}

void duo_serve(duo_server *server, CAsyncSocket *session, const CAsyncSocketVtbl *vtbl)
{
    static const CAsyncSocketVtbl listener = {.OnAccept = server_on_accept};
    server->session = session;
    server->vtbl = vtbl;
    CAsyncSocket_Construct(session, NULL);
    duo_listen(&server->socket, &listener, 5);
}

/* ---- the peer ---- */

static void peer_say(cas_timer *timer, void *context)
{
    duo_peer *peer = context;
    (void)timer;
    while (peer->script[peer->said] != NULL) {
        const char *line = peer->script[peer->said++];
        CAsyncSocket_Send(&peer->socket, line, (int)strlen(line), 0);
        if (peer->gap_ns > 0) {
            cas_timer_start(&peer->timer, (uint64_t)peer->gap_ns);
            return;
        }
    }
    if (peer->closes)
        CAsyncSocket_Close(&peer->socket);
}

static void peer_on_connect(CAsyncSocket *socket, int error)
{
    duo_peer *peer = (duo_peer *)(void *)socket;
    peer->error = error;
    peer->connected = error == 0;
    if (peer->connected)
        peer_say(NULL, peer);
}

static int peer_hear(duo_peer *peer)
{
    char block[512];
    int count = CAsyncSocket_Receive(&peer->socket, block, sizeof block, 0);
    for (int i = 0; i < count; i++, peer->heard++) {
        if (peer->heard < sizeof peer->text - 1)
            peer->text[peer->heard] = block[i];
    }
    return count;
}

static void peer_on_receive(CAsyncSocket *socket, int error)
{
    (void)error;
    peer_hear((duo_peer *)(void *)socket);
}

static void peer_on_close(CAsyncSocket *socket, int error)
{
    duo_peer *peer = (duo_peer *)(void *)socket;
    while (peer_hear(peer) > 0)
        continue;
    peer->error = error;
    peer->closed = true;
    cas_timer_stop(&peer->timer);
    CAsyncSocket_Close(socket);
}

void duo_peer_connect(duo_peer *peer, const char *const *script, int64_t gap_ns, bool closes)
{
    static const CAsyncSocketVtbl vtbl = {
        .OnConnect = peer_on_connect, .OnReceive = peer_on_receive, .OnClose = peer_on_close};
    peer->script = script;
    peer->gap_ns = gap_ns;
    peer->closes = closes;
    peer->timer.on_timer = peer_say;
    peer->timer.context = peer;
    duo_connect(&peer->socket, &vtbl);
}
