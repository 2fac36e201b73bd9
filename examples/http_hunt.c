/* SPDX-License-Identifier: MIT
 *
 * The planted bug; see http_hunt.h.
 *
 * Both clients read one buffer for each OnReceive, which is what the documentation of CAsyncSocket asks for.
 *  They differ in OnClose.  The hasty one believes that OnClose comes after the last OnReceive, and closes.
 *  But OnClose is
 * posted when the end of the stream arrives, whatever is unread: if a lost packet holds up the end of the
 * file, the rest becomes readable all at one moment; OnClose is queued behind the first OnReceive only, and
 * overtakes the others.
 *
 * Without loss the bug never shows.  The simulated network finds a seed, and replays it.
 */
#include "http_hunt.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <castanet/casyncsocket.h>
#include <castanet/thread.h>

#include "http_server.h"

enum { CLIENTS = 2, PORT = 80, REQUEST_MAX = 600 };

/* ---- the clients ---- */

typedef struct download {
    CAsyncSocket socket;
    const char *file;
    int64_t received; /* bytes of head and body */
    int64_t body;     /* bytes behind the empty line */
    unsigned matched; /* of the empty line "\r\n\r\n" */
    bool closed;
} download;

static void download_take(download *self, const char *bytes, int count)
{
    static const char empty_line[] = "\r\n\r\n";
    self->received += count;
    for (int i = 0; i < count; i++) {
        if (self->matched == 4)
            self->body++;
        else if (bytes[i] == empty_line[self->matched])
            self->matched++;
        else
            self->matched = bytes[i] == '\r';
    }
}

static bool download_receive(download *self)
{
    char buf[2048];
    int count = CAsyncSocket_Receive(&self->socket, buf, sizeof buf, 0);
    if (count > 0)
        download_take(self, buf, count);
    return count > 0;
}

static void download_OnConnect(CAsyncSocket *socket, int nErrorCode)
{
    download *self = (download *)socket;
    char request[REQUEST_MAX];
    int len = snprintf(request, sizeof request,
                       "GET /%s HTTP/1.1\r\nHost: server\r\nConnection: close\r\n\r\n", self->file);
    if (nErrorCode == 0 && len < REQUEST_MAX)
        CAsyncSocket_Send(socket, request, len, 0);
}

static void download_OnReceive(CAsyncSocket *socket, int nErrorCode)
{
    (void)nErrorCode;
    download_receive((download *)socket);
}

static void careful_OnClose(CAsyncSocket *socket, int nErrorCode)
{
    (void)nErrorCode;
    while (download_receive((download *)socket))
        continue;
    CAsyncSocket_Close(socket);
    ((download *)socket)->closed = true;
}

/* The bug. */
static void hasty_OnClose(CAsyncSocket *socket, int nErrorCode)
{
    (void)nErrorCode;
    CAsyncSocket_Close(socket);
    ((download *)socket)->closed = true;
}

static const CAsyncSocketVtbl careful_vtbl = {
    .OnConnect = download_OnConnect, .OnReceive = download_OnReceive, .OnClose = careful_OnClose};
static const CAsyncSocketVtbl hasty_vtbl = {
    .OnConnect = download_OnConnect, .OnReceive = download_OnReceive, .OnClose = hasty_OnClose};

static void download_start(download *self, const CAsyncSocketVtbl *vtbl)
{
    CAsyncSocket_Construct(&self->socket, vtbl);
    if (CAsyncSocket_Create(&self->socket, 0, SOCK_STREAM, CASYNCSOCKET_DEFAULT_EVENTS, NULL))
        CAsyncSocket_Connect(&self->socket, "server", PORT);
}

static void careful_start(void *self) { download_start(self, &careful_vtbl); }
static void hasty_start(void *self) { download_start(self, &hasty_vtbl); }

static void download_stop(void *self) { CAsyncSocket_Destruct(&((download *)self)->socket); }

/* ---- one run ---- */

typedef struct hunt {
    const tw_options *options;
    int root;
    const char *root_name, *file;
    int64_t file_size;
} hunt;

typedef struct outcome {
    bool broken, failed;
    char why[160];
    char fingerprint[33];
} outcome;

/* Whoever has closed must have the whole file; so must everybody at the end. */
static void check(sim_world *world, const hunt *h, const download *clients, bool at_end)
{
    for (int i = 0; i < CLIENTS; i++) {
        if ((at_end || clients[i].closed) && clients[i].body != h->file_size)
            sim_world_fail(world, "client%d got %" PRId64 " of %" PRId64 " bytes: OnClose overtook OnReceive",
                           i + 1, clients[i].body, h->file_size);
    }
}

/* Stops at the event that made it fail, so that the ladder ends there. */
static void run_checked(sim_world *world, const hunt *h, const download *clients)
{
    while (sim_world_failure(world) == NULL && sim_world_step(world) == SIM_STOP_TIME)
        check(world, h, clients, false);
    check(world, h, clients, true);
}

/* A pure function of the file, the seed and the loss.  show: print the ladder and the numbers. */
static outcome run(const hunt *h, const tw_options *options, bool show)
{
    static const sim_link_options link = {.latency_ns = SIM_MS(5),
                                          .jitter_ns = SIM_US(200),
                                          .rate_bps = SIM_MBIT(10),
                                          .queue_bytes = 256 * 1024};
    static void (*const start[CLIENTS])(void *) = {careful_start, hasty_start};
    http_server server = {.port = PORT, .root = h->root};
    download clients[CLIENTS] = {{.file = h->file}, {.file = h->file}};
    outcome result = {.broken = true};
    tw_world tw;
    if (!tw_world_open(&tw, options, &link, CLIENTS))
        return result;
    sim_host_run(tw.server, 0, http_server_start, &server);
    for (int i = 0; i < CLIENTS; i++)
        sim_host_run(tw.client[i], SIM_MS(1), start[i], &clients[i]);
    run_checked(tw.world, h, clients);
    if (show)
        tw_world_print(&tw);
    for (int i = 0; i < CLIENTS; i++)
        tw_host_call(tw.client[i], download_stop, &clients[i]);
    tw_host_call(tw.server, http_server_stop, &server);
    const char *why = sim_world_failure(tw.world);
    result.failed = why != NULL;
    snprintf(result.why, sizeof result.why, "%s", why != NULL ? why : "");
    sim_world_fingerprint_text(tw.world, result.fingerprint);
    result.broken = !tw_world_close(&tw);
    return result;
}

/* ---- the search ---- */

/* Runs the failing seed again, and shows it.  True: it was the same run. */
static bool replay(const hunt *h, int64_t seed, const outcome *first)
{
    tw_options again = *h->options;
    again.seed = seed;
    again.ladder = true;
    again.ladder_rows = 100;
    printf("\nreplay of seed %" PRId64
           "; an arrow ends where a packet is lost or arrives; conn#1 is a socket, (1) a decision:\n\n",
           seed);
    outcome second = run(h, &again, true);
    bool same = !second.broken && strcmp(first->fingerprint, second.fingerprint) == 0;
    printf("%s\n", same ? "replayed: the same run, the same fingerprint" : "THE REPLAY IS ANOTHER RUN");
    if (again.trace != NULL)
        printf("packets: %s\n", again.trace);
    printf("once more: http_server hunt %s %s --seed %" PRId64 " --loss %" PRId64 " --ladder\n", h->root_name,
           h->file, seed, again.loss);
    return same;
}

static int search(const hunt *h)
{
    outcome first = {0};
    int64_t first_seed = 0, failed = 0;
    tw_options quiet = *h->options;
    quiet.trace = NULL;
    quiet.ladder = false;
    for (int64_t i = 0; i < quiet.seeds; i++) {
        quiet.seed = quiet.first_seed + i;
        outcome one = run(h, &quiet, false);
        if (one.broken)
            return 2;
        if (one.failed && ++failed <= 3)
            printf("seed %" PRId64 ": %s\n", quiet.seed, one.why);
        if (one.failed && failed == 1) {
            first = one;
            first_seed = quiet.seed;
        }
    }
    printf("%" PRId64 " of %" PRId64 " seeds fail%s\n", failed, quiet.seeds,
           failed > 3 ? " (the first 3 above)" : "");
    bool same = failed > 0 && replay(h, first_seed, &first);
    return same && failed < quiet.seeds ? 0 : 1;
}

int http_hunt(const tw_options *options, int root, const char *root_name, const char *file)
{
    hunt h = {.options = options, .root = root, .root_name = root_name, .file = file};
    struct stat status;
    if (strlen(file) > REQUEST_MAX / 2 || fstatat(root, file, &status, AT_SYMLINK_NOFOLLOW) != 0) {
        fprintf(stderr, "error: there is no file %s in %s\n", file, root_name);
        return 2;
    }
    h.file_size = status.st_size;
    if (!options->seed_given)
        return search(&h);
    outcome one = run(&h, options, true);
    return one.broken ? 2 : one.failed ? 1 : 0;
}
