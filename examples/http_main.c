/* SPDX-License-Identifier: MIT
 *
 * The main of http_server: the same server on real sockets (serve), in a simulated world with clients that
 * compare what they get (sim), and in a world with a client that has a bug (hunt).
 */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <castanet/error.h>
#include <castanet/os.h>

#include "http_clients.h"
#include "http_hunt.h"
#include "http_server.h"
#include "two_worlds.h"

static int main_serve(const tw_options *options, int root)
{
    http_server server = {.address = options->address, .port = (UINT)options->port, .root = root};
    if (cas_os_init() != 0)
        return 2;
    http_server_start(&server);
    char address[64] = "";
    UINT port = 0;
    if (server.error != 0)
        fprintf(stderr, "cannot listen: %s\n", cas_error_text(server.error));
    else if (CAsyncSocket_GetSockName(&server.socket, address, sizeof address, &port))
        printf("listening on http://%s%s%s:%u/\n", strchr(address, ':') != NULL ? "[" : "", address,
               strchr(address, ':') != NULL ? "]" : "", port);
    fflush(stdout);
    bool pumped = tw_real_run(&server.done);
    http_server_stop(&server);
    cas_os_fini();
    printf("%" PRIu64 " requests on %" PRIu64 " connections\n", server.requests, server.accepted);
    return server.error == 0 && pumped ? 0 : 1;
}

static void print_clients(const http_client *clients, unsigned count)
{
    uint64_t answered = 0, bytes = 0, shown = 0;
    for (unsigned i = 0; i < count; i++) {
        answered += clients[i].answered;
        bytes += clients[i].bytes;
        if (!http_client_is_content(&clients[i]) && shown++ < 10)
            printf("client %u: %s\n", i, clients[i].done ? clients[i].failure : "the answer never came");
    }
    printf("%" PRIu64 " answers with %" PRIu64 " bytes compared, %" PRIu64 " clients failed\n", answered,
           bytes, shown);
}

static sim_host *host_of(const tw_world *tw, unsigned client) { return tw->client[client % TW_CLIENTS_MAX]; }

static bool run_clients(tw_world *tw, http_client *clients, unsigned count, http_server *server)
{
    sim_host_run(tw->server, 0, http_server_start, server);
    for (unsigned i = 0; i < count; i++)
        sim_host_run(host_of(tw, i), (uint64_t)SIM_US(100) * (i + 1), http_client_start, &clients[i]);
    bool good = tw_world_run(tw);
    for (unsigned i = 0; i < count; i++) {
        tw_host_call(host_of(tw, i), http_client_stop, &clients[i]);
        good &= http_client_is_content(&clients[i]);
    }
    tw_host_call(tw->server, http_server_stop, server);
    tw_world_print(tw);
    print_clients(clients, count);
    return good;
}

static int main_sim(const tw_options *options, int root)
{
    static const sim_link_options link = {.latency_ns = SIM_MS(2),
                                          .jitter_ns = SIM_US(500),
                                          .rate_bps = SIM_MBIT(1000),
                                          .queue_bytes = 4 * 1024 * 1024};
    http_server server = {.port = 80, .root = root};
    http_files files;
    unsigned count = (unsigned)options->clients;
    http_client *clients = calloc(count + 1, sizeof *clients);
    if (clients == NULL || !http_files_scan(&files, root)) {
        fprintf(stderr, "no memory, or no files to fetch in ROOT\n");
        free(clients);
        return 2;
    }
    for (unsigned i = 0; i < count; i++) {
        unsigned share = (unsigned)((options->requests + count - 1 - i) / count);
        clients[i] = (http_client){
            .host = "server", .port = 80, .files = &files, .number = i, .requests = share};
    }
    tw_world tw;
    int result = 2;
    if (tw_world_open(&tw, options, &link, TW_CLIENTS_MAX)) {
        result = run_clients(&tw, clients, count, &server) ? 0 : 1;
        result = tw_world_close(&tw) ? result : 2;
    }
    http_files_free(&files);
    free(clients);
    return result;
}

static int usage(FILE *stream, int status)
{
    fprintf(stream,
            "usage: http_server serve ROOT [--port N] [--address A]\n"
            "       http_server sim ROOT [--clients N] [--requests N] [--seed N] [--loss PPM]\n"
            "                            [--trace FILE] [--ladder]\n"
            "       http_server hunt ROOT FILE [--seeds N] [--first-seed N] [--loss PPM] [--trace FILE]\n"
            "       http_server hunt ROOT FILE --seed N [--loss PPM] [--trace FILE] [--ladder]\n"
            "exit status: 0 all is well, 1 a check failed, 2 usage or a file; hunt without --seed: 0 when\n"
            "             some seeds fail, others pass, and the replay of one is the same run\n");
    return status;
}

static const tw_command_row commands[] = {
    {"serve", 1, "port address"},
    {"sim", 1, "clients requests seed loss trace ladder"},
    {"hunt", 2, "seeds first-seed seed loss trace ladder"},
    {0},
};

int main(int argc, char **argv)
{
    tw_options options = {
        .address = "127.0.0.1", .clients = 10, .requests = 1000, .seeds = 200, .first_seed = 1, .loss = -1};
    if (tw_asks_for_help(argc, argv))
        return usage(stdout, 0);
    char **words = NULL;
    int command = tw_command(&options, argc, argv, commands, &words);
    if (command < 0)
        return usage(stderr, 2);
    int root = open(words[0], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (root == -1) {
        perror(words[0]);
        return 2;
    }
    if (options.loss < 0)
        options.loss = command == 2 ? SIM_PERCENT(2) : 0;
    int result = command == 0   ? main_serve(&options, root)
                 : command == 1 ? main_sim(&options, root)
                                : http_hunt(&options, root, words[0], words[1]);
    close(root);
    return result;
}
