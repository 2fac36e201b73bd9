/* SPDX-License-Identifier: MIT
 *
 * The planted bug: a chat whose last words get lost, under some seeds.
 *
 * A server says 40 lines to two clients and ends.  Both clients read one line for each OnReceive, which is
 * what the documentation of CAsyncSocket asks for.  They differ in OnClose.  Client 2 believes that OnClose
 * comes after the last OnReceive, and closes.  But OnClose is posted when the end of the stream arrives,
 * whatever is unread: if a lost packet holds up several lines and the end, they become readable all at one
 * moment; OnClose is queued behind the first OnReceive only, and overtakes the others.
 *
 * On a quiet network the bug never shows.  The simulated one finds a seed, and replays it.
 */
#include <stdbool.h>
#include <string.h>

#include <castanet/casyncsocket.h>
#include <castanet/thread.h>

enum { LINES = 40, LINE_LEN = 32, CLIENTS = 2, CHAT_PORT = 6667 };
#define LINE_NS 20000000u /* between two lines */

/* ---- server ---- */

typedef struct chat_server {
    CAsyncSocket socket;
    CAsyncSocket guest[CLIENTS];
    int guests, lines;
    cas_timer timer;
} chat_server;

static void guest_OnClose(CAsyncSocket *guest, int nErrorCode)
{
    (void)nErrorCode;
    CAsyncSocket_Close(guest);
}

static const CAsyncSocketVtbl guest_vtbl = {.OnClose = guest_OnClose};

/* All lines fit into the send buffer, so Send takes each as a whole. */
static void server_on_timer(cas_timer *timer, void *context)
{
    chat_server *self = context;
    char line[LINE_LEN];
    memset(line, 'A' + self->lines % 26, sizeof line);
    line[LINE_LEN - 1] = '\n';
    self->lines++;
    for (int i = 0; i < self->guests; i++) {
        CAsyncSocket_Send(&self->guest[i], line, sizeof line, 0);
        if (self->lines == LINES)
            CAsyncSocket_ShutDown(&self->guest[i], CAsyncSocket_sends);
    }
    if (self->lines < LINES)
        cas_timer_start(timer, LINE_NS);
}

static void server_OnAccept(CAsyncSocket *socket, int nErrorCode)
{
    chat_server *self = (chat_server *)socket;
    (void)nErrorCode;
    CAsyncSocket *guest = &self->guest[self->guests];
    CAsyncSocket_Construct(guest, &guest_vtbl);
    if (!CAsyncSocket_Accept(socket, guest, NULL, NULL))
        return;
    /* A chat does not wait for more to say: each line becomes a packet of its own. */
    CAsyncSocket_SetSockOpt(guest, TCP_NODELAY, &(int){1}, sizeof(int), IPPROTO_TCP);
    if (++self->guests == CLIENTS)
        cas_timer_start(&self->timer, LINE_NS);
}

static const CAsyncSocketVtbl server_vtbl = {.OnAccept = server_OnAccept};

static void server_start(void *argument)
{
    chat_server *self = argument;
    self->timer.on_timer = server_on_timer;
    self->timer.context = self;
    CAsyncSocket_Construct(&self->socket, &server_vtbl);
    CAsyncSocket_Create(&self->socket, CHAT_PORT, SOCK_STREAM, CASYNCSOCKET_DEFAULT_EVENTS, NULL);
    CAsyncSocket_Listen(&self->socket, 5);
}

/* ---- clients ---- */

typedef struct chat_client {
    CAsyncSocket socket;
    int received;
} chat_client;

static int client_read_line(chat_client *self)
{
    char line[LINE_LEN];
    int count = CAsyncSocket_Receive(&self->socket, line, sizeof line, 0);
    self->received += count > 0 ? count : 0;
    return count;
}

static void client_OnReceive(CAsyncSocket *socket, int nErrorCode)
{
    (void)nErrorCode;
    client_read_line((chat_client *)socket);
}

/* Right: what is unread comes first. */
static void client1_OnClose(CAsyncSocket *socket, int nErrorCode)
{
    (void)nErrorCode;
    while (client_read_line((chat_client *)socket) > 0)
        continue;
    CAsyncSocket_Close(socket);
}

/* Wrong: this is the planted bug. */
static void client2_OnClose(CAsyncSocket *socket, int nErrorCode)
{
    (void)nErrorCode;
    CAsyncSocket_Close(socket);
}

static const CAsyncSocketVtbl client1_vtbl = {.OnReceive = client_OnReceive, .OnClose = client1_OnClose};
static const CAsyncSocketVtbl client2_vtbl = {.OnReceive = client_OnReceive, .OnClose = client2_OnClose};

static void client_start(chat_client *self, const CAsyncSocketVtbl *vtbl)
{
    CAsyncSocket_Construct(&self->socket, vtbl);
    CAsyncSocket_Create(&self->socket, 0, SOCK_STREAM, CASYNCSOCKET_DEFAULT_EVENTS, NULL);
    CAsyncSocket_Connect(&self->socket, "server", CHAT_PORT);
}

static void client1_start(void *argument) { client_start(argument, &client1_vtbl); }
static void client2_start(void *argument) { client_start(argument, &client2_vtbl); }

/* ---- main: seeds, and what became of them ---- */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "two_worlds.h"

typedef struct outcome {
    bool failed, broken;      /* broken: the world itself could not be made or written */
    char fingerprint[33];
    char why[160];
} outcome;

static void check(tw_world *tw, const chat_client *clients)
{
    for (int i = 0; i < CLIENTS; i++) {
        if (clients[i].received != LINES * LINE_LEN) {
            sim_world_fail(tw->world, "client%d received %d of %d bytes: OnClose overtook OnReceive", i + 1,
                           clients[i].received, LINES * LINE_LEN);
        }
    }
}

/* One run: a pure function of the options' seed and loss.  show: print the ladder and the numbers. */
static outcome run(const tw_options *options, bool show)
{
    static const sim_link_options link = {.latency_ns = SIM_MS(5), .jitter_ns = SIM_MS(3)};
    static void (*const start[CLIENTS])(void *) = {client1_start, client2_start};
    chat_server server = {0};
    chat_client clients[CLIENTS] = {0};
    outcome result = {.broken = true};
    tw_world tw;
    if (!tw_world_open(&tw, options, &link, CLIENTS))
        return result;
    sim_host_run(tw.server, 0, server_start, &server);
    for (int i = 0; i < CLIENTS; i++)
        sim_host_run(tw.client[i], SIM_MS(1), start[i], &clients[i]);
    tw_world_run(&tw);
    check(&tw, clients);
    if (show)
        tw_world_print(&tw);
    const char *why = sim_world_failure(tw.world);
    result.failed = why != NULL;
    snprintf(result.why, sizeof result.why, "%s", why != NULL ? why : "");
    sim_world_fingerprint_text(tw.world, result.fingerprint);
    result.broken = !tw_world_close(&tw);
    return result;
}

/* Runs the failing seed again, and shows it.  True: it was the same run. */
static bool replay(const tw_options *options, int64_t seed, const outcome *first)
{
    tw_options again = *options;
    again.seed = seed;
    again.ladder = true;
    again.ladder_rows = 60;
    if (again.pcap == NULL)
        again.pcap = "demo.pcap";
    printf("\nreplay of seed %" PRId64 ":\n", seed);
    outcome second = run(&again, true);
    bool same = !second.broken && strcmp(first->fingerprint, second.fingerprint) == 0;
    printf("%s\npackets: %s\nonce more: chat_order --seed %" PRId64 " --loss %" PRId64 " --ladder\n",
           same ? "the replay was the same run" : "THE REPLAY DIFFERS", again.pcap, seed, again.loss);
    return same;
}

static int search(const tw_options *options)
{
    outcome first = {0};
    int64_t first_seed = 0, failed = 0;
    tw_options quiet = *options;
    quiet.pcap = NULL;
    quiet.ladder = false;
    for (int64_t i = 0; i < options->seeds; i++) {
        quiet.seed = options->first_seed + i;
        outcome one = run(&quiet, false);
        if (one.broken)
            return 2;
        if (one.failed && ++failed <= 3)
            printf("seed %" PRId64 ": %s\n", quiet.seed, one.why);
        if (one.failed && failed == 1) {
            first = one;
            first_seed = quiet.seed;
        }
    }
    printf("%" PRId64 " of %" PRId64 " seeds fail\n", failed, options->seeds);
    bool same = failed > 0 && replay(options, first_seed, &first);
    return same && failed < options->seeds ? 0 : 1;
}

static int run_one(const tw_options *options)
{
    outcome one = run(options, true);
    return one.broken ? 2 : one.failed ? 1 : 0;
}

/* Exit status with --seed: 0 the run was good, 1 it failed.  Without: 0 the demonstration succeeded, which
 * needs a failing seed, a passing one, and a replay that is the same run; else 1.  2: usage, or a file. */
int main(int argc, char **argv)
{
    static const tw_command_row row = {"", 0, "seeds first-seed seed loss pcap ladder"};
    tw_options options = {.seeds = 200, .first_seed = 1, .loss = SIM_PERCENT(2)};
    char **words = NULL;
    if (!tw_options_parse(&options, argc, argv, &row, &words)) {
        fprintf(stderr, "usage: chat_order [--seeds N] [--first-seed N] [--loss PPM] [--pcap FILE]\n"
                        "       chat_order --seed N [--loss PPM] [--pcap FILE] [--ladder]\n");
        return 2;
    }
    return options.seed_given ? run_one(&options) : search(&options);
}
