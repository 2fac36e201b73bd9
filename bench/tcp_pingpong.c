/* SPDX-License-Identifier: MIT
 *
 * TCP echo of 64 bytes, one message outstanding on each connection, between two hosts.
 */
#include <stdio.h>
#include <stdlib.h>

#include "bench/bench.h"

/* ---- server ---- */

typedef struct bench_peer {
    CAsyncSocket socket;
    bench_server *server;
    struct bench_peer *next; /* among those that are free */
} bench_peer;

static void echo(CAsyncSocket *socket, int error)
{
    uint8_t message[BENCH_MESSAGE];
    (void)error;
    int count = CAsyncSocket_Receive(socket, message, sizeof message, 0);
    if (count > 0)
        CAsyncSocket_Send(socket, message, count, 0);
}

static void peer_closed(CAsyncSocket *socket, int error)
{
    bench_peer *peer = (bench_peer *)socket;
    (void)error;
    CAsyncSocket_Close(socket);
    peer->next = peer->server->free;
    peer->server->free = peer;
}

static const CAsyncSocketVtbl peer_vtbl = {.OnReceive = echo, .OnClose = peer_closed};

static void on_accept(CAsyncSocket *socket, int error)
{
    bench_server *server = (bench_server *)socket;
    bench_peer *peer = server->free;
    (void)error;
    if (peer == NULL)
        return;
    server->free = peer->next;
    *peer = (bench_peer){.server = server};
    CAsyncSocket_Construct(&peer->socket, &peer_vtbl);
    CAsyncSocket_Accept(socket, &peer->socket, NULL, NULL);
}

static const CAsyncSocketVtbl listener_vtbl = {.OnAccept = on_accept};

bool bench_server_open(bench_server *server, sim_host *host, unsigned connections)
{
    *server = (bench_server){.peers = calloc(connections, sizeof *server->peers)};
    if (server->peers == NULL)
        return false;
    for (unsigned i = 0; i < connections; i++) {
        server->peers[i].next = server->free;
        server->free = &server->peers[i];
    }
    cas_thread *before = sim_host_enter(host);
    CAsyncSocket_Construct(&server->listener, &listener_vtbl);
    bool listens = CAsyncSocket_Create(&server->listener, BENCH_PORT, SOCK_STREAM,
                                       FD_ACCEPT | FD_READ | FD_CLOSE, NULL) &&
                   CAsyncSocket_Listen(&server->listener, 5);
    cas_thread_enter(before);
    return listens;
}

void bench_server_close(bench_server *server, sim_host *host)
{
    cas_thread *before = sim_host_enter(host);
    CAsyncSocket_Close(&server->listener);
    cas_thread_enter(before);
    free(server->peers);
}

/* ---- client ---- */

void bench_client_play(bench_client *client)
{
    static const uint8_t message[BENCH_MESSAGE];
    if (client->game->left == 0) {
        CAsyncSocket_Close(&client->socket);
        return;
    }
    client->game->left--;
    CAsyncSocket_Send(&client->socket, message, sizeof message, 0);
}

static void on_connect(CAsyncSocket *socket, int error)
{
    bench_client *client = (bench_client *)socket;
    if (error != 0)
        return;
    client->game->connected++;
    if (client->game->sends_when_connected)
        bench_client_play(client);
}

static void on_answer(CAsyncSocket *socket, int error)
{
    bench_client *client = (bench_client *)socket;
    uint8_t message[BENCH_MESSAGE];
    (void)error;
    int count = CAsyncSocket_Receive(socket, message, BENCH_MESSAGE - client->received, 0);
    if (count <= 0)
        return;
    client->received += count;
    if (client->received < BENCH_MESSAGE)
        return;
    client->received = 0;
    client->game->round_trips++;
    bench_client_play(client);
}

static const CAsyncSocketVtbl client_vtbl = {.OnConnect = on_connect, .OnReceive = on_answer};

bool bench_client_open(bench_client *client, bench_game *game, sim_host *host, const char *address)
{
    *client = (bench_client){.game = game};
    cas_thread *before = sim_host_enter(host);
    CAsyncSocket_Construct(&client->socket, &client_vtbl);
    bool opens = CAsyncSocket_Create(&client->socket, 0, SOCK_STREAM, FD_CONNECT | FD_READ, NULL) &&
                 !CAsyncSocket_Connect(&client->socket, address, BENCH_PORT) &&
                 CAsyncSocket_GetLastError() == WSAEWOULDBLOCK;
    cas_thread_enter(before);
    return opens;
}

/* ---- the case ---- */

typedef struct party {
    bench_server server;
    bench_client *clients;
} party;

static bool play(party *p, bench_network *network, sim_host *hosts[2], bench_game *game, unsigned connections)
{
    bench_client *clients = p->clients = calloc(connections, sizeof *clients);
    bool fine = clients != NULL && bench_server_open(&p->server, hosts[1], connections);
    for (unsigned i = 0; fine && i < connections; i++) {
        fine = bench_client_open(&clients[i], game, hosts[0], "10.0.0.2");
        sim_world_run(network->world, sim_world_now(network->world) + (uint64_t)SIM_MS(10));
    }
    if (!fine || game->connected != connections)
        return false;
    bench_start(network);
    cas_thread *before = sim_host_enter(hosts[0]);
    for (unsigned i = 0; i < connections; i++)
        bench_client_play(&clients[i]);
    cas_thread_enter(before);
    uint64_t wanted = game->left + game->round_trips + connections;
    while (game->round_trips < wanted && sim_world_step(network->world) == SIM_STOP_TIME)
        continue;
    return true;
}

int bench_tcp_pingpong(const bench_options *options)
{
    party all = {0};
    bench_network network;
    sim_host *hosts[2];
    sim_link_options plain = bench_plain_link();
    bench_game game = {.left = (uint64_t)options->count};
    unsigned connections = (unsigned)options->connections;
    if (options->count < options->connections)
        return bench_fail("--count is below --connections");
    if (!bench_network_open(&network))
        return bench_fail("no world");
    const sim_link *link = bench_pair(&network, 0, &plain, hosts);
    if (link == NULL || !play(&all, &network, hosts, &game, connections))
        return bench_fail("the connections did not come about");
    double seconds = bench_cpu_seconds() - network.cpu_start;
    char extra[160];
    snprintf(extra, sizeof extra,
             "connections=%u round_trips=%llu us_per_round_trip=%.3f round_trips_per_second=%.0f",
             connections, (unsigned long long)game.round_trips, seconds * 1e6 / (double)game.round_trips,
             (double)game.round_trips / seconds);
    bench_print(&network, "tcp-pingpong", extra, bench_packets(link));
    bool clean = bench_network_close(&network);
    free(all.server.peers);
    free(all.clients);
    return game.round_trips == (uint64_t)options->count && clean ? 0 : bench_fail("messages are missing");
}
