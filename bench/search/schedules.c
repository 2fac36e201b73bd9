/* SPDX-License-Identifier: MIT
 *
 * castanet_schedules: how many schedules a second a search makes, with its journal on; beside it how many
 * events a bare heap takes in the same minute, on the same machine (bench/heap.h).
 *
 *     castanet_schedules [--runs N] [--causal] [--lint] [STRATEGY]
 *     castanet_schedules --merges
 *
 * The scenario has 30 notifications in every order: two clients ask a server, and are answered, five times
 * each.  STRATEGY "none": plain runs, without an order.  --merges: all 34 650 orders of a server's steps
 * for three clients, each once (tests/three_clients.h).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "castanet/sim.h"
#include "bench/heap.h"
#include "castanet/sim_explore.h"
#include "castanet/sim_lint.h"
#include "tests/three_clients.h"

enum { CLIENTS = 2, ASKS = 5, LINE = 8, PORT = 80, NOTIFICATIONS = CLIENTS * (2 * ASKS + 5) };

typedef struct peer {
    CAsyncSocket socket; /* first */
    unsigned lines;
} peer;

typedef struct dialogue {
    CAsyncSocket listener;
    peer sessions[CLIENTS], clients[CLIENTS];
    unsigned accepted, closed;
} dialogue;

static dialogue *state_of_thread(void) { return cas_thread_context(cas_thread_current()); }

/* ---- the server ---- */

static void answer(CAsyncSocket *socket, int error)
{
    char line[LINE];
    (void)error;
    if (CAsyncSocket_Receive(socket, line, LINE, 0) == LINE)
        CAsyncSocket_Send(socket, line, LINE, 0);
}

static void end_session(CAsyncSocket *socket, int error)
{
    (void)error;
    state_of_thread()->closed++;
    CAsyncSocket_Close(socket);
}

static void accept_client(CAsyncSocket *listener, int error)
{
    static const CAsyncSocketVtbl vtbl = {.OnReceive = answer, .OnClose = end_session};
    dialogue *d = state_of_thread();
    peer *session = &d->sessions[d->accepted++];
    (void)error;
    CAsyncSocket_Construct(&session->socket, &vtbl);
    CAsyncSocket_Accept(listener, &session->socket, NULL, NULL);
    CAsyncSocket_AsyncSelect(&session->socket, FD_READ | FD_WRITE | FD_CLOSE);
}

static void serve(void *state)
{
    static const CAsyncSocketVtbl vtbl = {.OnAccept = accept_client};
    dialogue *d = state;
    CAsyncSocket_Construct(&d->listener, &vtbl);
    CAsyncSocket_Create(&d->listener, PORT, SOCK_STREAM, FD_ACCEPT, NULL);
    CAsyncSocket_Listen(&d->listener, CLIENTS);
}

/* ---- a client ---- */

static void ask(CAsyncSocket *socket, int error)
{
    if (error == 0)
        CAsyncSocket_Send(socket, "question", LINE, 0);
}

static void hear(CAsyncSocket *socket, int error)
{
    peer *p = (peer *)socket;
    char line[LINE];
    (void)error;
    if (CAsyncSocket_Receive(socket, line, LINE, 0) != LINE)
        return;
    if (++p->lines < ASKS)
        ask(socket, 0);
    else
        CAsyncSocket_Close(socket);
}

static void call(void *client)
{
    static const CAsyncSocketVtbl vtbl = {.OnConnect = ask, .OnReceive = hear};
    peer *p = client;
    CAsyncSocket_Construct(&p->socket, &vtbl);
    CAsyncSocket_Create(&p->socket, 0, SOCK_STREAM, CASYNCSOCKET_DEFAULT_EVENTS, NULL);
    CAsyncSocket_Connect(&p->socket, "10.0.0.1", PORT);
}

/* ---- the scenario ---- */

static void build(sim_world *world, void *state)
{
    static const sim_link_options options = {.latency_ns = SIM_MS(5)};
    static const char *const names[CLIENTS] = {"client1", "client2"};
    static const char *const addresses[CLIENTS] = {"10.0.0.2/24", "10.0.0.3/24"};
    dialogue *d = state;
    sim_host *server, *client;
    sim_link *link;
    sim_host_create(world, "server", &server);
    sim_segment_create(world, "segment", &options, &link);
    sim_host_attach(server, link, "10.0.0.1/24");
    sim_host_run(server, 0, serve, d);
    cas_thread_set_context(sim_host_thread(server), d);
    for (unsigned i = 0; i < CLIENTS; i++) {
        sim_host_create(world, names[i], &client);
        sim_host_attach(client, link, addresses[i]);
        sim_host_run(client, (uint64_t)SIM_MS(1), call, &d->clients[i]);
    }
}

static bool is_done(sim_world *world, void *state)
{
    (void)world;
    return ((const dialogue *)state)->closed == CLIENTS;
}

static const sim_scenario scenario = {
    .name = "dialogue", .state_size = sizeof(dialogue), .build = build, .is_done = is_done};

/* ---- measuring ---- */

enum { HEAP_EVENTS = 200000, HEAP_PENDING = 1000, MERGES = 34650 };

typedef struct measure {
    const sim_scenario *scenario;
    uint32_t notifications; /* of each run; 0: any */
    uint64_t runs, steps;
    bool strange; /* a run that had another number of notifications, or failed */
} measure;

static bool count_run(void *context, const sim_explore_progress *progress)
{
    measure *m = context;
    m->runs++;
    m->steps += progress->last->steps;
    m->strange = m->strange || (m->notifications != 0 && progress->last->notifications != m->notifications);
    return m->strange;
}

static void search(measure *m, const char *strategy, sim_time_mode mode, sim_lint *lint, uint64_t runs)
{
    sim_explore_result *result = calloc(1, sizeof *result);
    sim_explore_options options = {.strategy = strategy,
                                   .mode = mode,
                                   .seed = 1,
                                   .runs_max = runs,
                                   .on_run = count_run,
                                   .context = m,
                                   .lint = lint};
    if (result == NULL || sim_explore(m->scenario, &options, result) != 0 || result->failure_count != 0)
        m->strange = true;
    sim_explore_result_fini(result);
    free(result);
}

static void run_plainly(measure *m, sim_lint *lint, uint64_t runs)
{
    sim_result result;
    for (; m->runs < runs && !m->strange; m->runs++) {
        sim_run_options options = {.seed = m->runs, .lint = lint};
        m->strange = sim_scenario_run(m->scenario, &options, &result) != 0 || result.outcome != SIM_PASSED;
    }
}

static double cpu_seconds(void) { return (double)clock() / CLOCKS_PER_SEC; }

/* ---- the command ---- */

typedef struct command {
    const char *strategy;
    sim_time_mode mode;
    uint64_t runs;
    bool lints, merges;
} command;

/* False: it is not understood. */
static bool read_command(int argc, char **argv, command *c)
{
    *c = (command){.strategy = "portfolio", .mode = SIM_WINDOWED, .runs = 100000};
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--runs") == 0 && i + 1 < argc)
            c->runs = strtoull(argv[++i], NULL, 10);
        else if (strcmp(argv[i], "--causal") == 0)
            c->mode = SIM_CAUSAL;
        else if (strcmp(argv[i], "--lint") == 0)
            c->lints = true;
        else if (strcmp(argv[i], "--merges") == 0)
            *c = (command){.strategy = "dpor", .mode = SIM_CAUSAL, .runs = MERGES + 1, .merges = true};
        else if (argv[i][0] != '-')
            c->strategy = argv[i];
        else
            return false;
    }
    return true;
}

static void print(const command *c, const measure *m, double seconds)
{
    bench_heap_time heap;
    if (!bench_run_heap(HEAP_EVENTS, HEAP_PENDING, &heap))
        heap = (bench_heap_time){0, 1};
    printf("case=%s strategy=%s lint=%d runs=%llu notifications=%u steps_per_run=%.1f "
           "seconds_cpu=%.6f schedules_per_second=%.0f heap_events_per_second=%.0f\n",
           c->merges ? "merges" : "schedules", c->strategy, c->lints, (unsigned long long)m->runs,
           (unsigned)m->notifications,
           (double)m->steps / (double)m->runs, seconds, (double)m->runs / seconds,
           (double)heap.events / heap.seconds);
}

int main(int argc, char **argv)
{
    command c;
    sim_lint *lint = NULL;
    measure m = {.scenario = &scenario, .notifications = NOTIFICATIONS};
    if (!read_command(argc, argv, &c))
        return fputs("usage: castanet_schedules [--runs N] [--causal] [--lint] [--merges | STRATEGY]\n",
                     stderr),
               2;
    if (c.lints && sim_lint_create(NULL, &lint) != 0)
        return fputs("no memory\n", stderr), 1;
    if (c.merges)
        m = (measure){.scenario = three_clients(3)};
    double begin = cpu_seconds();
    if (strcmp(c.strategy, "none") == 0)
        run_plainly(&m, lint, c.runs);
    else
        search(&m, c.strategy, c.mode, lint, c.runs);
    print(&c, &m, cpu_seconds() - begin);
    m.strange = m.strange || (c.merges && m.runs != MERGES);
    sim_lint_destroy(lint);
    return m.strange ? fputs("a run was not like the others\n", stderr), 1 : 0;
}
