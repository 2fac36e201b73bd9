/* SPDX-License-Identifier: MIT
 *
 * Bulk TCP over one link of 1 Gbit/s: a sender that writes while there is room, a receiver that reads what
 * there is.
 */
#include <stdio.h>

#include "bench/bench.h"

enum { WRITE_BYTES = 16384, READ_BYTES = 65536 };

typedef struct sender {
    CAsyncSocket socket;
    const char *to;
    int window;
    int64_t left;
    uint8_t bytes[WRITE_BYTES];
} sender;

typedef struct receiver {
    CAsyncSocket listener, socket;
    int window;
    int64_t received;
    bool ended;
    uint8_t bytes[READ_BYTES];
} receiver;

/* Before the connection is made, for the window scale. */
static void set_window(CAsyncSocket *socket, int window)
{
    CAsyncSocket_SetSockOpt(socket, SO_SNDBUF, &window, sizeof window, SOL_SOCKET);
    CAsyncSocket_SetSockOpt(socket, SO_RCVBUF, &window, sizeof window, SOL_SOCKET);
}

/* ---- sender ---- */

static void on_send(CAsyncSocket *socket, int error)
{
    sender *self = (sender *)socket;
    (void)error;
    while (self->left > 0) {
        int wanted = self->left < WRITE_BYTES ? (int)self->left : WRITE_BYTES;
        int count = CAsyncSocket_Send(socket, self->bytes, wanted, 0);
        if (count == SOCKET_ERROR)
            return;
        self->left -= count;
    }
    CAsyncSocket_Close(socket);
}

static const CAsyncSocketVtbl sender_vtbl = {.OnSend = on_send};

static void start_sender(void *argument)
{
    sender *self = argument;
    CAsyncSocket_Construct(&self->socket, &sender_vtbl);
    CAsyncSocket_Create(&self->socket, 0, SOCK_STREAM, FD_WRITE | FD_CONNECT | FD_CLOSE, NULL);
    set_window(&self->socket, self->window);
    CAsyncSocket_Connect(&self->socket, self->to, BENCH_PORT);
}

/* ---- receiver ---- */

static void on_receive(CAsyncSocket *socket, int error)
{
    receiver *self = (receiver *)(void *)((char *)socket - offsetof(receiver, socket));
    (void)error;
    int count = CAsyncSocket_Receive(socket, self->bytes, sizeof self->bytes, 0);
    if (count > 0)
        self->received += count;
}

static void on_close(CAsyncSocket *socket, int error)
{
    receiver *self = (receiver *)(void *)((char *)socket - offsetof(receiver, socket));
    (void)error;
    int count;
    while ((count = CAsyncSocket_Receive(socket, self->bytes, sizeof self->bytes, 0)) > 0)
        self->received += count;
    self->ended = count == 0;
    CAsyncSocket_Close(socket);
}

static const CAsyncSocketVtbl receiver_vtbl = {.OnReceive = on_receive, .OnClose = on_close};

static void on_accept(CAsyncSocket *socket, int error)
{
    receiver *self = (receiver *)socket;
    (void)error;
    CAsyncSocket_Construct(&self->socket, &receiver_vtbl);
    CAsyncSocket_Accept(socket, &self->socket, NULL, NULL);
    CAsyncSocket_AsyncSelect(&self->socket, FD_READ | FD_CLOSE);
}

static const CAsyncSocketVtbl listener_vtbl = {.OnAccept = on_accept};

static void start_receiver(void *argument)
{
    receiver *self = argument;
    CAsyncSocket_Construct(&self->listener, &listener_vtbl);
    CAsyncSocket_Create(&self->listener, BENCH_PORT, SOCK_STREAM, FD_ACCEPT, NULL);
    set_window(&self->listener, self->window);
    CAsyncSocket_Listen(&self->listener, 1);
}

/* ---- the case ---- */

int bench_bulk(const bench_options *options)
{
    static sender out;
    static receiver in;
    bench_network network;
    sim_host *hosts[2];
    sim_link_options plain = bench_plain_link();
    plain.latency_ns = SIM_MS(options->latency_ms);
    plain.loss_ppm = options->loss_ppm;
    plain.mtu = options->mtu;
    plain.queue_bytes = options->window + 65536; /* loss is what loss-ppm says, and nothing else */
    if (!bench_network_open(&network))
        return bench_fail("no world");
    const sim_link *link = bench_pair(&network, 0, &plain, hosts);
    if (link == NULL)
        return bench_fail(sim_world_error(network.world)->what);
    out = (sender){.to = "10.0.0.2", .window = (int)options->window, .left = options->bytes};
    in = (receiver){.window = (int)options->window};
    sim_host_run(hosts[1], 0, start_receiver, &in);
    sim_host_run(hosts[0], 0, start_sender, &out);
    bench_start(&network);
    while (!in.ended && sim_world_step(network.world) == SIM_STOP_TIME)
        continue;
    if (in.received != options->bytes)
        return bench_fail("bytes are missing");
    char extra[64];
    snprintf(extra, sizeof extra, "bytes=%lld", (long long)in.received);
    bench_print(&network, "bulk", extra, bench_packets(link));
    return bench_network_close(&network) ? 0 : bench_fail("memory was not given back");
}
