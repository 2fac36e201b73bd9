/* SPDX-License-Identifier: MIT
 *
 * The state of the current test, recording sockets, and worlds.  fixture_arena.c has the arenas.
 */
#include "tests/fixture.h"

#include <stdlib.h>
#include <string.h>

#include "tests/expect.h"
#include "tests/fixture_private.h"

enum { WORLDS_MAX = 16 };

static struct {
    uint64_t seed;
    bool wrapped;
    cas_counting_allocator memory;
    sim_world *worlds[WORLDS_MAX];
    unsigned world_count;
} current = {.seed = 1};

void fixture_set_seed(uint64_t seed) { current.seed = seed; }
uint64_t fixture_seed(void) { return current.seed; }
void fixture_wrap_backends(void) { current.wrapped = true; }
bool fixture_has_wrapped_backends(void) { return current.wrapped; }
cas_counting_allocator *fixture_memory(void) { return &current.memory; }

void fixture_begin(void)
{
    cas_counting_allocator_init(&current.memory, cas_allocator_system());
    current.world_count = 0;
    expect_set_world(NULL);
}

void fixture_end(void)
{
    current.memory.refuse_at = 0;
    cas_thread_enter(NULL);
    fixture_arena_close_all();
    for (unsigned i = 0; i < current.world_count; i++)
        sim_world_destroy(current.worlds[i]);
    expect_set_world(NULL);
    EXPECT_EQ_INT(current.memory.blocks_live, 0);
    EXPECT_EQ_INT(current.memory.bytes_live, 0);
}

static void keep_world(sim_world *world)
{
    current.worlds[current.world_count++] = world;
    expect_set_world(world);
}

void fixture_world_destroy(sim_world *world)
{
    unsigned kept = 0;
    for (unsigned i = 0; i < current.world_count; i++)
        if (current.worlds[i] != world)
            current.worlds[kept++] = current.worlds[i];
    current.world_count = kept;
    expect_set_world(NULL);
    sim_world_destroy(world);
}

/* ---- sockets that record ---- */

static unsigned event_number(long event)
{
    unsigned number = 0;
    while (number < 5 && event != 1L << number)
        number++;
    return number;
}

static void record(CAsyncSocket *self, long event, int error)
{
    recorder *r = (recorder *)self;
    r->count[event_number(event)]++;
    r->error[event_number(event)] = error;
    r->total++;
}

static void on_accept(CAsyncSocket *self, int error) { record(self, FD_ACCEPT, error); }
static void on_close(CAsyncSocket *self, int error) { record(self, FD_CLOSE, error); }
static void on_connect(CAsyncSocket *self, int error) { record(self, FD_CONNECT, error); }
static void on_oob(CAsyncSocket *self, int error) { record(self, FD_OOB, error); }
static void on_receive(CAsyncSocket *self, int error) { record(self, FD_READ, error); }
static void on_send(CAsyncSocket *self, int error) { record(self, FD_WRITE, error); }

void recorder_construct(recorder *r)
{
    static const CAsyncSocketVtbl vtbl = {.OnAccept = on_accept,
                                          .OnClose = on_close,
                                          .OnConnect = on_connect,
                                          .OnOutOfBandData = on_oob,
                                          .OnReceive = on_receive,
                                          .OnSend = on_send};
    memset(r, 0, sizeof *r);
    CAsyncSocket_Construct(&r->socket, &vtbl);
}

unsigned recorder_count(const recorder *r, long event) { return r->count[event_number(event)]; }
int recorder_error(const recorder *r, long event) { return r->error[event_number(event)]; }

/* ---- worlds ---- */

world_pair fixture_world_pair(const sim_world_options *options)
{
    sim_world_options own = {.seed = current.seed, .memory = &current.memory.base};
    world_pair pair;
    EXPECT_TRUE_FATAL(current.world_count < WORLDS_MAX);
    int error = world_pair_create(&pair, options != NULL ? options : &own);
    EXPECT_TRUE_FATAL(pair.world != NULL);
    keep_world(pair.world);
    expect_report(EXPECT_SITE(true), error == 0, "%s; %s; %s", sim_world_error(pair.world)->what,
                  sim_world_error(pair.world)->why, sim_world_error(pair.world)->fix);
    return pair;
}

void world_pair_connect(const world_pair *pair, recorder *client, recorder *server)
{
    CAsyncSocket listener;
    UINT port = 0;
    char address[46];
    cas_thread *before = sim_host_enter(pair->b);
    CAsyncSocket_Construct(&listener, NULL);
    recorder_construct(server);
    recorder_construct(client);
    EXPECT_OK_FATAL(CAsyncSocket_Create(&listener, 0, SOCK_STREAM, 0, NULL));
    EXPECT_OK_FATAL(CAsyncSocket_Listen(&listener, 5));
    EXPECT_OK_FATAL(CAsyncSocket_GetSockName(&listener, address, sizeof address, &port));
    sim_host_enter(pair->a);
    EXPECT_OK_FATAL(CAsyncSocket_Create(&client->socket, 0, SOCK_STREAM, 0, NULL));
    CAsyncSocket_Connect(&client->socket, "10.0.0.2", port);
    world_pair_settle(pair);
    sim_host_enter(pair->b);
    EXPECT_OK_FATAL(CAsyncSocket_Accept(&listener, &server->socket, NULL, NULL));
    CAsyncSocket_Destruct(&listener);
    cas_thread_enter(before);
}
