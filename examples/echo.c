/* SPDX-License-Identifier: MIT
 *
 * Echo: a server that sends back what it receives, and a client that checks it.
 *
 * It shows the four things that a CAsyncSocket program has to get right:
 *  1. Send may take a part, or nothing: keep the rest and go on in OnSend.
 *  2. OnReceive comes again only after a Receive.  A program that does not Receive, because it cannot send,
 *     has to remember that it owes one.
 *  3. OnClose may overtake data: read until Receive returns 0, answer, and only then Close.
 *  4. Urgent data (MSG_OOB) travels beside the stream and has its own notification.
 *
 * The programs are echo_server.c and echo_client.c, the same on real sockets and in a simulated world; here
 * is the choice of the world.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include <castanet/error.h>
#include <castanet/os.h>

#include "echo_client.h"
#include "echo_server.h"
#include "two_worlds.h"

static int main_server(const tw_options *options)
{
    echo_server server = {.address = options->address, .port = (UINT)options->port, .once = options->once};
    if (cas_os_init() != 0)
        return 2;
    echo_server_start(&server);
    char address[64] = "";
    UINT port = 0;
    if (server.error != 0)
        fprintf(stderr, "server: %s\n", cas_error_text(server.error));
    else if (CAsyncSocket_GetSockName(&server.socket, address, sizeof address, &port))
        printf("listening on %s port %u\n", address, port);
    fflush(stdout);
    bool pumped = tw_real_run(&server.done);
    echo_server_stop(&server);
    cas_os_fini();
    printf("%" PRIu64 " bytes sent back\n", server.bytes);
    return server.error == 0 && pumped ? 0 : 1;
}

static int main_client(const tw_options *options, const char *host, const char *port)
{
    echo_client client = {.host = host, .port = (UINT)strtoul(port, NULL, 10), .bytes = options->bytes};
    if (cas_os_init() != 0)
        return 2;
    echo_client_start(&client);
    tw_real_run(&client.done);
    echo_client_stop(&client);
    cas_os_fini();
    return echo_client_print(&client);
}

static int main_sim(const tw_options *options)
{
    static const sim_link_options link = {.latency_ns = SIM_MS(10),
                                          .jitter_ns = SIM_MS(2),
                                          .rate_bps = SIM_MBIT(100),
                                          .queue_bytes = 256 * 1024};
    echo_server server = {.port = 7};
    echo_client client = {.host = "server", .port = 7, .bytes = options->bytes};
    tw_world tw;
    if (!tw_world_open(&tw, options, &link, 1))
        return 2;
    sim_host_run(tw.server, 0, echo_server_start, &server);
    sim_host_run(tw.client[0], SIM_MS(1), echo_client_start, &client);
    bool ran = tw_world_run(&tw);
    tw_world_print(&tw);
    tw_host_call(tw.client[0], echo_client_stop, &client);
    tw_host_call(tw.server, echo_server_stop, &server);
    bool written = tw_world_close(&tw);
    int result = echo_client_print(&client);
    return !written ? 2 : ran ? result : 1;
}

static int usage(FILE *stream, int status)
{
    fprintf(stream, "usage: echo server [--port N] [--address A] [--once]\n"
                    "       echo client HOST PORT [--bytes N]\n"
                    "       echo sim [--seed N] [--bytes N] [--loss PPM] [--reorder PPM]\n"
                    "                [--trace FILE] [--ladder]\n");
    return status;
}

static const tw_command_row commands[] = {
    {"server", 0, "port address once"},
    {"client", 2, "bytes"},
    {"sim", 0, "seed bytes loss reorder trace ladder"},
    {0},
};

int main(int argc, char **argv)
{
    tw_options options = {.port = 7007, .bytes = 100000};
    if (tw_asks_for_help(argc, argv))
        return usage(stdout, 0);
    char **rest = NULL;
    switch (tw_command(&options, argc, argv, commands, &rest)) {
    case 0: return main_server(&options);
    case 1: return main_client(&options, rest[0], rest[1]);
    case 2: return main_sim(&options);
    default: return usage(stderr, 2);
    }
}
