/* SPDX-License-Identifier: MIT
 *
 * How long 10 MB take, by loss and by buffer: over a round trip of 10 ms, with independent random loss in
 * both directions, in virtual milliseconds from Connect to the last byte; the median over seeds.
 *
 *     castanet_loss_table [stack [reno|cubic]]     default: linux reno
 *
 * The table is a function of this program alone: pytests/test_loss_table.py compares it with
 * tests/golden/loss-by-buffer.txt.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "castanet/casyncsocket.h"
#include "castanet/sim.h"

enum { SEEDS = 21, PORT = 80, CHUNK = 65536, LOSSES = 5, BUFFERS = 4 };
#define BYTES 10000000

static const struct {
    const char *name;
    int64_t ppm;
} losses[LOSSES] = {{"0 %", 0}, {"0.1 %", 1000}, {"1 %", 10000}, {"2 %", 20000}, {"5 %", 50000}};

static const struct {
    const char *name;
    int bytes;
} buffers[BUFFERS] = {{"64 KiB", 1 << 16}, {"256 KiB", 1 << 18}, {"1 MiB", 1 << 20}, {"4 MiB", 1 << 22}};

typedef struct transfer {
    sim_world *world;
    sim_host *client, *server;
    CAsyncSocket listener, source, sink;
    int buffer;
    int sent, received;
    uint64_t end_ns;
} transfer;

static transfer *current; /* the one of the callbacks: there is one at a time */

static void on_send(CAsyncSocket *socket, int error)
{
    static const char bytes[CHUNK];
    int n = 1;
    (void)error;
    while (n > 0 && current->sent < BYTES) {
        int left = BYTES - current->sent;
        n = CAsyncSocket_Send(socket, bytes, left < CHUNK ? left : CHUNK, 0);
        current->sent += n > 0 ? n : 0;
    }
}

static void on_receive(CAsyncSocket *socket, int error)
{
    static char bytes[CHUNK];
    (void)error;
    int n = CAsyncSocket_Receive(socket, bytes, sizeof bytes, 0);
    current->received += n > 0 ? n : 0;
    if (current->received < BYTES)
        return;
    current->end_ns = sim_world_now(current->world);
    sim_world_stop(current->world);
}

static const CAsyncSocketVtbl source_vtbl = {.OnSend = on_send}, sink_vtbl = {.OnReceive = on_receive};

static void on_accept(CAsyncSocket *socket, int error)
{
    (void)error;
    CAsyncSocket_Construct(&current->sink, &sink_vtbl);
    CAsyncSocket_Accept(socket, &current->sink, NULL, NULL);
}

static const CAsyncSocketVtbl listener_vtbl = {.OnAccept = on_accept};

static void set_buffers(CAsyncSocket *socket, int bytes)
{
    CAsyncSocket_SetSockOpt(socket, SO_RCVBUF, &bytes, sizeof bytes, SOL_SOCKET);
    CAsyncSocket_SetSockOpt(socket, SO_SNDBUF, &bytes, sizeof bytes, SOL_SOCKET);
}

static void serve(void *argument)
{
    transfer *t = argument;
    CAsyncSocket_Construct(&t->listener, &listener_vtbl);
    CAsyncSocket_Create(&t->listener, PORT, SOCK_STREAM, FD_ACCEPT | FD_READ, NULL);
    set_buffers(&t->listener, t->buffer);
    CAsyncSocket_Listen(&t->listener, 5);
}

static void send_all(void *argument)
{
    transfer *t = argument;
    CAsyncSocket_Construct(&t->source, &source_vtbl);
    CAsyncSocket_Create(&t->source, 0, SOCK_STREAM, FD_CONNECT | FD_WRITE, NULL);
    set_buffers(&t->source, t->buffer);
    CAsyncSocket_Connect(&t->source, "10.0.0.2", PORT);
}

static void require(const transfer *t, int code)
{
    if (code == 0)
        return;
    const sim_error *error = t->world != NULL ? sim_world_error(t->world) : NULL;
    fprintf(stderr, "error %d: %s; %s\n", code, error != NULL ? error->what : "no world",
            error != NULL ? error->fix : "more memory?");
    exit(1);
}

/* Milliseconds. */
static uint64_t transfer_ms(const sim_stack *stack, uint64_t seed, int64_t loss_ppm, int buffer)
{
    transfer t = {.buffer = buffer};
    const sim_link_options line = {.latency_ns = SIM_MS(5), .loss_ppm = loss_ppm};
    sim_link *link;
    current = &t;
    require(&t, sim_world_create(&(sim_world_options){.seed = seed, .stack = stack}, &t.world));
    require(&t, sim_host_create(t.world, "client", &t.client));
    require(&t, sim_host_create(t.world, "server", &t.server));
    require(&t, sim_link_create(t.world, "line", &line, &link));
    require(&t, sim_host_attach(t.client, link, "10.0.0.1/24"));
    require(&t, sim_host_attach(t.server, link, "10.0.0.2/24"));
    require(&t, sim_host_run(t.server, 0, serve, &t));
    require(&t, sim_host_run(t.client, 0, send_all, &t));
    sim_world_run(t.world, SIM_FOREVER);
    if (t.end_ns == 0) {
        fprintf(stderr, "seed %" PRIu64 ": %d of %d bytes arrived\n", seed, t.received, BYTES);
        exit(1);
    }
    sim_world_destroy(t.world);
    return t.end_ns / 1000000;
}

static int compare(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static uint64_t median_ms(const sim_stack *stack, int64_t loss_ppm, int buffer)
{
    uint64_t times[SEEDS];
    for (uint64_t seed = 0; seed < SEEDS; seed++)
        times[seed] = transfer_ms(stack, seed, loss_ppm, buffer);
    qsort(times, SEEDS, sizeof times[0], compare);
    return times[SEEDS / 2];
}

int main(int argc, char **argv)
{
    const sim_stack *named = sim_stack_named(argc > 1 ? argv[1] : "linux");
    if (named == NULL) {
        fprintf(stderr, "usage: %s [rfc|linux|freebsd|windows [reno|cubic]]\n", argv[0]);
        return 2;
    }
    sim_stack stack = *named;
    const char *control = argc > 2 ? argv[2] : "reno";
    stack.congestion_control = strcmp(control, "cubic") == 0 ? SIM_CUBIC : SIM_RENO;
    printf("# %s, %s: ms for 10 MB, round trip 10 ms, loss both ways; median of %d seeds\n%-6s", stack.name,
           control, SEEDS, "loss");
    for (unsigned b = 0; b < BUFFERS; b++)
        printf("%10s", buffers[b].name);
    for (unsigned l = 0; l < LOSSES; l++) {
        printf("\n%-6s", losses[l].name);
        for (unsigned b = 0; b < BUFFERS; b++)
            printf("%10" PRIu64, median_ms(&stack, losses[l].ppm, buffers[b].bytes));
    }
    printf("\n");
    return 0;
}
