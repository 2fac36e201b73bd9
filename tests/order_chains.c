/* SPDX-License-Identifier: MIT
 *
 * See order_chains.h.
 */
#include "tests/order_chains.h"

#include <stdio.h>
#include <string.h>

#include "castanet/sim.h"

enum { ARRIVALS_MAX = ORDER_CHAINS_HOSTS_MAX * ORDER_CHAINS_DATAGRAMS_MAX };

typedef struct sender {
    CAsyncSocket socket; /* first */
    unsigned index;      /* also of the network */
    unsigned datagrams;
} sender;

typedef struct chains {
    CAsyncSocket server, sink;
    sender senders[ORDER_CHAINS_HOSTS_MAX + 1]; /* and the noise */
    unsigned arrived;
    char order[ARRIVALS_MAX + 1];
} chains;

static order_chains_plan plan;
static char last[ARRIVALS_MAX + 1];

static void on_receive(CAsyncSocket *socket, int error)
{
    chains *all = cas_thread_context(cas_thread_current());
    char from;
    (void)error;
    if (CAsyncSocket_Receive(socket, &from, 1, 0) == 1 && all->arrived < ARRIVALS_MAX)
        all->order[all->arrived++] = from;
}

static const CAsyncSocketVtbl server_vtbl = {.OnReceive = on_receive};
/* Of what is sent to the sink. */
static void on_noise(CAsyncSocket *socket, int error)
{
    char byte;
    (void)error;
    CAsyncSocket_Receive(socket, &byte, 1, 0);
}

static const CAsyncSocketVtbl sink_vtbl = {.OnReceive = on_noise};
static const CAsyncSocketVtbl sender_vtbl = {0};

static void serve(void *argument)
{
    chains *all = argument;
    CAsyncSocket_Construct(&all->server, &server_vtbl);
    CAsyncSocket_Create(&all->server, 9, SOCK_DGRAM, FD_READ, NULL);
}

static void serve_noise(void *argument)
{
    chains *all = argument;
    CAsyncSocket_Construct(&all->sink, &sink_vtbl);
    CAsyncSocket_Create(&all->sink, 9, SOCK_DGRAM, FD_READ, NULL);
}

static void send_all(void *argument)
{
    sender *s = argument;
    char to[24], name = (char)('a' + s->index);
    snprintf(to, sizeof to, "10.0.%u.1", s->index);
    CAsyncSocket_Construct(&s->socket, &sender_vtbl);
    CAsyncSocket_Create(&s->socket, 0, SOCK_DGRAM, 0, NULL);
    for (unsigned i = 0; i < s->datagrams; i++)
        CAsyncSocket_SendTo(&s->socket, &name, 1, 9, to, 0);
}

static void add_sender(sim_world *world, sim_host *server, sender *s, unsigned index, unsigned datagrams)
{
    char name[2] = {(char)('a' + index), 0}, at_server[32], at_host[32];
    sim_link_options options = {.latency_ns = SIM_MS(1), .loss_ppm = plan.loss_ppm};
    sim_link *link;
    sim_host *host;
    *s = (sender){.index = index, .datagrams = datagrams};
    snprintf(at_server, sizeof at_server, "10.0.%u.1/24", index);
    snprintf(at_host, sizeof at_host, "10.0.%u.2/24", index);
    if (server == NULL || sim_host_create(world, name, &host) != 0 ||
        sim_link_create(world, name, &options, &link) != 0 || sim_host_attach(server, link, at_server) != 0 ||
        sim_host_attach(host, link, at_host) != 0 || sim_host_run(host, SIM_MS(1), send_all, s) != 0)
        sim_world_fail(world, "the world cannot be built: %s", sim_world_error(world)->what);
}

static void build(sim_world *world, void *state)
{
    chains *all = state;
    sim_host *server = NULL, *sink = NULL;
    sim_host_create(world, "server", &server);
    for (unsigned i = 0; i < plan.hosts; i++)
        add_sender(world, server, &all->senders[i], i, plan.datagrams);
    cas_thread *thread = sim_world_failure(world) != NULL ? NULL : sim_host_thread(server);
    if (thread == NULL)
        return;
    cas_thread_set_context(thread, all);
    sim_host_run(server, 0, serve, all);
    if (plan.noise == 0)
        return;
    sim_host_create(world, "sink", &sink);
    add_sender(world, sink, &all->senders[plan.hosts], plan.hosts, plan.noise);
    if (sink != NULL)
        sim_host_run(sink, 0, serve_noise, all);
}

static void check(sim_world *world, void *state)
{
    const chains *all = state;
    memcpy(last, all->order, sizeof last);
    if (plan.bad != NULL && plan.bad[0] != '\0' && strncmp(all->order, plan.bad, strlen(plan.bad)) == 0)
        sim_world_fail(world, "the order began with %s", plan.bad);
}

static bool is_done(sim_world *world, void *state)
{
    (void)world;
    return plan.loss_ppm != 0 || ((const chains *)state)->arrived == plan.hosts * plan.datagrams;
}

static const sim_scenario scenario = {
    .name = "order-chains", .state_size = sizeof(chains), .build = build, .is_done = is_done, .check = check};

const sim_scenario *order_chains_of(const order_chains_plan *wanted)
{
    plan = *wanted;
    return &scenario;
}

const sim_scenario *order_chains(unsigned hosts, unsigned datagrams, const char *bad)
{
    return order_chains_of(&(order_chains_plan){.hosts = hosts, .datagrams = datagrams, .bad = bad});
}

const char *order_chains_last(void) { return last; }
