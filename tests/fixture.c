/* SPDX-License-Identifier: MIT
 *
 * The state of the current test, recording sockets, and worlds.  fixture_arena.c has the arenas.
 */
#include "tests/fixture.h"

#include <stdlib.h>
#include <string.h>

#include "tests/event_vtbl.h"
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

static void record(CAsyncSocket *self, long event, int error)
{
    recorder *r = (recorder *)self;
    r->count[event_number(event)]++;
    r->error[event_number(event)] = error;
    r->total++;
}

void recorder_construct(recorder *r)
{
    static const event_vtbl vtbl = EVENT_VTBL(record);
    memset(r, 0, sizeof *r);
    CAsyncSocket_Construct(&r->socket, &vtbl.callbacks);
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

UINT fixture_listen(CAsyncSocket *listener, int receive_buffer_bytes)
{
    UINT port = 0;
    char address[46];
    int bytes = receive_buffer_bytes;
    CAsyncSocket_Construct(listener, NULL);
    EXPECT_OK_FATAL(CAsyncSocket_Create(listener, 0, SOCK_STREAM, 0, NULL));
    if (bytes > 0)
        EXPECT_OK(CAsyncSocket_SetSockOpt(listener, SO_RCVBUF, &bytes, sizeof bytes, SOL_SOCKET));
    EXPECT_OK_FATAL(CAsyncSocket_Listen(listener, 5));
    EXPECT_OK_FATAL(CAsyncSocket_GetSockName(listener, address, sizeof address, &port));
    return port;
}

void fixture_begin_connect(recorder *client, const char *address, UINT port)
{
    recorder_construct(client);
    EXPECT_OK_FATAL(CAsyncSocket_Create(&client->socket, 0, SOCK_STREAM, 0, NULL));
    CAsyncSocket_Connect(&client->socket, address, port);
}

void fixture_accept(CAsyncSocket *listener, recorder *server)
{
    recorder_construct(server);
    EXPECT_OK_FATAL(CAsyncSocket_Accept(listener, &server->socket, NULL, NULL));
    CAsyncSocket_Destruct(listener);
}

void world_pair_connect(const world_pair *pair, recorder *client, recorder *server)
{
    CAsyncSocket listener;
    cas_thread *before = sim_host_enter(pair->b);
    UINT port = fixture_listen(&listener, 0);
    sim_host_enter(pair->a);
    fixture_begin_connect(client, "10.0.0.2", port);
    world_pair_settle(pair);
    sim_host_enter(pair->b);
    fixture_accept(&listener, server);
    cas_thread_enter(before);
}

void world_pair_refuse(const world_pair *pair)
{
    recorder client;
    recorder_construct(&client);
    sim_host_enter(pair->a);
    EXPECT_OK(CAsyncSocket_Create(&client.socket, 0, SOCK_STREAM, CASYNCSOCKET_DEFAULT_EVENTS, NULL));
    CAsyncSocket_Connect(&client.socket, "b", 81);
    world_pair_settle(pair);
    sim_host_enter(pair->a);
    CAsyncSocket_Destruct(&client.socket);
}
