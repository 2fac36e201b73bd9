/* SPDX-License-Identifier: MIT
 *
 * The time over datagrams: a question with a number, an answer with the same number and the server's clock.
 *
 * It shows what a CAsyncSocket program does about a network that promises nothing:
 *  1. A question that is not answered in time is asked again, under a new number, with more patience.
 *  2. An answer counts only if it has the number of the latest question; older ones and copies are stale.
 *  3. WSAECONNRESET says that an earlier datagram met a closed port.  It is no end: the server may come yet.
 *  4. One Receive for an OnReceive; it is what brings the next one.
 */
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include <castanet/casyncsocket.h>
#include <castanet/thread.h>

enum { QUESTION_LEN = 8, ANSWER_LEN = 16, ATTEMPTS_MAX = 8 };
#define MS 1000000u
#define PATIENCE_FIRST (100u * (uint64_t)MS)
#define PAUSE (50u * (uint64_t)MS) /* between an answer and the next question */

static void put_u64(unsigned char *bytes, uint64_t value)
{
    for (int i = 0; i < 8; i++)
        bytes[i] = (unsigned char)(value >> (56 - 8 * i));
}

static uint64_t get_u64(const unsigned char *bytes)
{
    uint64_t value = 0;
    for (int i = 0; i < 8; i++)
        value = value << 8 | bytes[i];
    return value;
}

/* ---- server ---- */

typedef struct time_server {
    CAsyncSocket socket;
    const char *address; /* NULL: every interface */
    UINT port;
    bool done;
    int error; /* why it could not start, or 0 */
    unsigned answers, unreachable;
} time_server;

static void server_OnReceive(CAsyncSocket *socket, int nErrorCode)
{
    time_server *self = (time_server *)socket;
    unsigned char bytes[ANSWER_LEN];
    SOCKADDR_STORAGE from;
    int from_len = sizeof from;
    (void)nErrorCode;
    int count = CAsyncSocket_ReceiveFromAddr(socket, bytes, sizeof bytes, (SOCKADDR *)&from, &from_len, 0);
    if (count == SOCKET_ERROR && CAsyncSocket_GetLastError() == WSAECONNRESET)
        self->unreachable++; /* a client that left before its answer came; the others are still there */
    if (count != QUESTION_LEN)
        return;
    put_u64(bytes + 8, cas_now_ns());
    /* An answer that finds no room is as good as one that the network loses: the client asks again. */
    if (CAsyncSocket_SendToAddr(socket, bytes, sizeof bytes, (SOCKADDR *)&from, from_len, 0) == ANSWER_LEN)
        self->answers++;
}

static const CAsyncSocketVtbl server_vtbl = {.OnReceive = server_OnReceive};

static void server_start(void *argument)
{
    time_server *self = argument;
    CAsyncSocket_Construct(&self->socket, &server_vtbl);
    if (CAsyncSocket_Create(&self->socket, self->port, SOCK_DGRAM, FD_READ, self->address))
        return;
    self->error = CAsyncSocket_GetLastError();
    self->done = true;
}

static void server_stop(void *argument) { CAsyncSocket_Destruct(&((time_server *)argument)->socket); }

/* ---- client ---- */

typedef struct time_client {
    CAsyncSocket socket;
    const char *host;
    UINT port;
    unsigned count;  /* how many answers are wanted */
    cas_timer timer; /* patience, or the pause before the next question */
    bool waiting;    /* for the answer with the number id */
    uint64_t id, asked_ns;
    unsigned attempt;       /* of this question, from 1 */
    uint64_t server_ns;     /* the last answer ... */
    uint64_t round_trip_ns; /* ... and how long it took */
    unsigned answers, resends, stale, unreachable;
    bool done;
    const char *failure; /* NULL: all answers came */
    int error;           /* that belongs to it, or 0 */
} time_client;

static void client_finish(time_client *self, const char *failure, int error)
{
    cas_timer_stop(&self->timer);
    CAsyncSocket_Close(&self->socket);
    self->failure = failure;
    self->error = error;
    self->done = true;
}

static void client_ask(time_client *self)
{
    unsigned char question[QUESTION_LEN];
    put_u64(question, ++self->id);
    self->waiting = true;
    self->asked_ns = cas_now_ns();
    /* If it cannot be sent now, it counts as lost. */
    CAsyncSocket_Send(&self->socket, question, sizeof question, 0);
    cas_timer_start(&self->timer, PATIENCE_FIRST << self->attempt++);
}

static void client_on_timer(cas_timer *timer, void *context)
{
    time_client *self = context;
    (void)timer;
    if (self->waiting && self->attempt == ATTEMPTS_MAX) {
        client_finish(self, "nobody answers", 0);
        return;
    }
    self->resends += self->waiting;
    client_ask(self);
}

static void client_take_answer(time_client *self, const unsigned char *bytes, int len)
{
    if (len != ANSWER_LEN || !self->waiting || get_u64(bytes) != self->id) {
        self->stale++;
        return;
    }
    self->waiting = false;
    self->attempt = 0;
    self->server_ns = get_u64(bytes + 8);
    self->round_trip_ns = cas_now_ns() - self->asked_ns;
    if (++self->answers == self->count)
        client_finish(self, NULL, 0);
    else
        cas_timer_start(&self->timer, PAUSE);
}

static void client_OnReceive(CAsyncSocket *socket, int nErrorCode)
{
    time_client *self = (time_client *)socket;
    unsigned char bytes[ANSWER_LEN];
    (void)nErrorCode;
    int count = CAsyncSocket_Receive(socket, bytes, sizeof bytes, 0);
    if (count != SOCKET_ERROR)
        client_take_answer(self, bytes, count);
    else if (CAsyncSocket_GetLastError() == WSAECONNRESET)
        self->unreachable++; /* no server there yet; the timer is running */
}

static const CAsyncSocketVtbl client_vtbl = {.OnReceive = client_OnReceive};

static void client_start(void *argument)
{
    time_client *self = argument;
    CAsyncSocket *socket = &self->socket;
    CAsyncSocket_Construct(socket, &client_vtbl);
    self->timer.on_timer = client_on_timer;
    self->timer.context = self;
    /* Connect gives a datagram socket its peer: others are not heard. */
    if (!CAsyncSocket_Create(socket, 0, SOCK_DGRAM, FD_READ, NULL) ||
        !CAsyncSocket_Connect(socket, self->host, self->port))
        client_finish(self, "cannot ask", CAsyncSocket_GetLastError());
    else
        client_ask(self);
}

static void client_stop(void *argument)
{
    time_client *self = argument;
    if (!self->done)
        client_finish(self, "stopped before all answers came", 0);
}

/* ---- main: the choice of the world ---- */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include <castanet/error.h>
#include <castanet/os.h>

#include "two_worlds.h"

static int print_client(const time_client *self)
{
    printf("client: %u answers, %u resends, %u stale, %u times unreachable\n", self->answers, self->resends,
           self->stale, self->unreachable);
    if (self->answers > 0)
        printf("client: the last answer says %.9f s and took %.6f s\n", (double)self->server_ns / 1e9,
               (double)self->round_trip_ns / 1e9);
    if (self->failure == NULL)
        return 0;
    fprintf(stderr, "client: %s%s%s\n", self->failure, self->error != 0 ? ": " : "",
            self->error != 0 ? cas_error_text(self->error) : "");
    return 1;
}

static int main_server(const tw_options *options)
{
    time_server server = {.address = options->address, .port = (UINT)options->port};
    if (cas_os_init() != 0)
        return 2;
    server_start(&server);
    char address[64] = "";
    UINT port = 0;
    if (server.error != 0)
        fprintf(stderr, "server: %s\n", cas_error_text(server.error));
    else if (CAsyncSocket_GetSockName(&server.socket, address, sizeof address, &port))
        printf("listening on %s port %u\n", address, port);
    fflush(stdout);
    bool pumped = tw_real_run(&server.done);
    server_stop(&server);
    cas_os_fini();
    printf("%u answers\n", server.answers);
    return server.error == 0 && pumped ? 0 : 1;
}

static int main_client(const tw_options *options, const char *host, const char *port)
{
    UINT number = (UINT)strtoul(port, NULL, 10);
    time_client client = {.host = host, .port = number, .count = (unsigned)options->count};
    if (cas_os_init() != 0)
        return 2;
    client_start(&client);
    tw_real_run(&client.done);
    client_stop(&client);
    cas_os_fini();
    return print_client(&client);
}

static int main_sim(const tw_options *options)
{
    static const sim_link_options link = {.latency_ns = SIM_MS(20),
                                          .jitter_ns = SIM_MS(15),
                                          .jitter_reorders = true,
                                          .duplicate_ppm = SIM_PERCENT(5)};
    time_server server = {.port = 37};
    time_client client = {.host = "server", .port = 37, .count = (unsigned)options->count};
    tw_world tw;
    if (!tw_world_open(&tw, options, &link, 1))
        return 2;
    sim_host_run(tw.client[0], 0, client_start, &client);
    sim_host_run(tw.server, SIM_MS(250), server_start, &server); /* the first question comes too early */
    bool ran = tw_world_run(&tw);
    tw_host_call(tw.client[0], client_stop, &client);
    tw_host_call(tw.server, server_stop, &server);
    tw_world_print(&tw);
    bool written = tw_world_close(&tw);
    int result = print_client(&client);
    return !written ? 2 : ran ? result : 1;
}

static int usage(FILE *stream, int status)
{
    fprintf(stream, "usage: udp_time server [--port N] [--address A]\n"
                    "       udp_time client HOST PORT [--count N]\n"
                    "       udp_time sim [--seed N] [--count N] [--loss PPM] [--trace FILE] [--ladder]\n");
    return status;
}

static const tw_command_row commands[] = {
    {"server", 0, "port address"},
    {"client", 2, "count"},
    {"sim", 0, "seed count loss trace ladder"},
    {0},
};

int main(int argc, char **argv)
{
    tw_options options = {.port = 3737, .count = 10};
    if (tw_asks_for_help(argc, argv))
        return usage(stdout, 0);
    char **words = NULL;
    switch (tw_command(&options, argc, argv, commands, &words)) {
    case 0: return main_server(&options);
    case 1: return main_client(&options, words[0], words[1]);
    case 2: return main_sim(&options);
    default: return usage(stderr, 2);
    }
}
