/* SPDX-License-Identifier: MIT
 *
 * A thousand scenarios, for pytests/test_plugin.py.  Each sends a datagram from one host to another; the one
 * whose number the environment has as CASTANET_TEST_CRASH crashes.  With CASTANET_TEST_NO_CHILDREN no child
 * of the program gets to its first line.
 */
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "castanet/main.h"
#include "castanet/sim.h"

static void leave(void) { _exit(9); }

enum { SCENARIOS = 1000, PORT = 7, NAME_MAX_ = 16 };

typedef struct post {
    CAsyncSocket reader; /* first */
    CAsyncSocket sender;
    bool has_come;
} post;

static void on_receive(CAsyncSocket *socket, int error)
{
    char letter;
    (void)error;
    ((post *)(void *)socket)->has_come = CAsyncSocket_Receive(socket, &letter, 1, 0) == 1;
}

static void serve(void *argument)
{
    static const CAsyncSocketVtbl vtbl = {.OnReceive = on_receive};
    post *p = argument;
    CAsyncSocket_Construct(&p->reader, &vtbl);
    CAsyncSocket_Create(&p->reader, PORT, SOCK_DGRAM, FD_READ, NULL);
}

static void call(void *argument)
{
    post *p = argument;
    CAsyncSocket_Construct(&p->sender, NULL);
    CAsyncSocket_Create(&p->sender, 0, SOCK_DGRAM, 0, NULL);
    CAsyncSocket_SendTo(&p->sender, "x", 1, PORT, "10.0.0.1", 0);
    CAsyncSocket_Close(&p->sender);
}

static void add_host(sim_world *world, sim_link *lan, const char *name, const char *address, uint64_t at_ns,
                     void (*start)(void *), void *argument)
{
    sim_host *host;
    if (sim_host_create(world, name, &host) != 0 || sim_host_attach(host, lan, address) != 0 ||
        sim_host_run(host, at_ns, start, argument) != 0)
        sim_world_fail(world, "the world cannot be built: %s", sim_world_error(world)->what);
}

static void build(sim_world *world, void *state)
{
    sim_link *lan;
    sim_segment_create(world, "lan", &(sim_link_options){.latency_ns = SIM_MS(1)}, &lan);
    add_host(world, lan, "reader", "10.0.0.1/24", 0, serve, state);
    add_host(world, lan, "sender", "10.0.0.2/24", SIM_MS(5), call, state);
}

static void build_crash(sim_world *world, void *state)
{
    (void)world;
    (void)state;
    raise(SIGSEGV);
}

static bool is_done(sim_world *world, void *state)
{
    (void)world;
    return ((const post *)state)->has_come;
}

int main(int argc, char **argv)
{
    static sim_scenario all[SCENARIOS];
    static char names[SCENARIOS][NAME_MAX_];
    static const sim_scenario *scenarios[SCENARIOS + 1];
    if (getenv("CASTANET_TEST_NO_CHILDREN") != NULL)
        pthread_atfork(NULL, NULL, leave);
    const char *crash = getenv("CASTANET_TEST_CRASH");
    for (int i = 0; i < SCENARIOS; i++) {
        snprintf(names[i], NAME_MAX_, "post-%d", i + 1);
        all[i] = (sim_scenario){
            .name = names[i], .state_size = sizeof(post), .build = build, .is_done = is_done};
        if (crash != NULL && atoi(crash) == i + 1)
            all[i].build = build_crash;
        scenarios[i] = &all[i];
    }
    return castanet_main(argc, argv, scenarios);
}
