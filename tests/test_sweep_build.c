/* SPDX-License-Identifier: MIT
 *
 * Refused memory where a world is built, step by step.  sweep.h says what then must hold.
 */
#include "simnet/world/world.h"
#include "tests/expect.h"
#include "tests/fixture.h"
#include "tests/sweep.h"
#include "tests/test_list.h"

/* ---- hosts a, b and c in a row, and an echo from end to end ---- */

enum { ECHO_PORT = 7 };

typedef struct building {
    sim_world *world;
    sim_host *a, *b, *c;
    sim_link *link, *segment;
    cas_thread *second;
    CAsyncSocket server, client;
    char answer[8];
    unsigned step; /* the one under test */
} building;

static void answer_datagram(CAsyncSocket *self, int error)
{
    char bytes[8], text[46];
    UINT port;
    (void)error;
    int count = CAsyncSocket_ReceiveFrom(self, bytes, sizeof bytes, text, sizeof text, &port, 0);
    if (count > 0)
        CAsyncSocket_SendTo(self, bytes, count, port, text, 0);
}

static void keep_answer(CAsyncSocket *self, int error)
{
    building *made = cas_thread_context(cas_thread_current());
    (void)error;
    CAsyncSocket_Receive(self, made->answer, sizeof made->answer, 0);
}

static void serve(void *argument)
{
    static const CAsyncSocketVtbl vtbl = {.OnReceive = answer_datagram};
    building *made = argument;
    CAsyncSocket_Construct(&made->server, &vtbl);
    CAsyncSocket_Create(&made->server, ECHO_PORT, SOCK_DGRAM, FD_READ, NULL);
}

static void ask(void *argument)
{
    static const CAsyncSocketVtbl vtbl = {.OnReceive = keep_answer};
    building *made = argument;
    cas_thread_set_context(cas_thread_current(), made);
    CAsyncSocket_Construct(&made->client, &vtbl);
    CAsyncSocket_Create(&made->client, 0, SOCK_DGRAM, FD_READ, NULL);
    CAsyncSocket_SendTo(&made->client, "hello", 6, ECHO_PORT, "c", 0);
}

static sim_verdict pass(void *context, const sim_packet_view *packet)
{
    (void)context;
    (void)packet;
    return SIM_PASS;
}

static int make_world(building *m)
{
    sim_world_options options = {.seed = 5, .memory = &fixture_memory()->base};
    return sim_world_create(&options, &m->world);
}

static int make_a(building *m) { return sim_host_create(m->world, "a", &m->a); }
static int make_b(building *m) { return sim_host_create(m->world, "b", &m->b); }
static int make_c(building *m) { return sim_host_create(m->world, "c", &m->c); }
static int make_link(building *m) { return sim_link_create(m->world, "a-b", NULL, &m->link); }

static int make_segment(building *m)
{
    static const sim_link_options options = {.latency_ns = SIM_MS(2)};
    return sim_segment_create(m->world, "lan", &options, &m->segment);
}

static int attach_a(building *m) { return sim_host_attach(m->a, m->link, "10.0.0.1/24 fd00::1/64"); }
static int attach_b(building *m) { return sim_host_attach(m->b, m->link, "10.0.0.2/24 fd00::2/64"); }
static int attach_b_again(building *m) { return sim_host_attach(m->b, m->segment, "10.0.1.1/24"); }
static int attach_c(building *m) { return sim_host_attach(m->c, m->segment, "10.0.1.2/24 10.0.1.3/24"); }
static int route_there(building *m) { return sim_host_add_route(m->a, "10.0.1.0/24", "10.0.0.2"); }
static int route_back(building *m) { return sim_host_add_route(m->c, "0.0.0.0/0", "10.0.1.1"); }
static int add_thread(building *m) { return sim_host_add_thread(m->c, &m->second); }
static int run_server(building *m) { return sim_host_run(m->c, 0, serve, m); }
static int run_client(building *m) { return sim_host_run(m->a, 1000, ask, m); }

static int forward(building *m)
{
    sim_host_set_forwarding(m->b, true);
    return 0;
}

static int set_options(building *m)
{
    static const sim_link_options options = {.latency_ns = SIM_MS(3), .jitter_ns = SIM_US(5), .loss_ppm = 1};
    return sim_link_set_options(m->link, NULL, &options);
}

static int set_script(building *m) { return sim_link_set_script(m->segment, NULL, pass, NULL); }

/* A state, a queue of events, lists, and connections to be counted: in both directions, and in one. */
static int impair(building *m)
{
    static const uint64_t list[] = {1000, 2000};
    static const int32_t table[] = {0, 500, 2000};
    static const sim_impairment flapping = {
        .kind = SIM_IMPAIR_FLAP,
        .which = {.list = list, .list_len = 2},
        .scope = {.connection = 7},
        .flap = {.up = {SIM_S(1), SIM_MS(1), SIM_TABLE, table, 3}, .down = {.base_ns = SIM_MS(1)}}};
    return sim_link_add(m->segment, NULL, &flapping, NULL);
}

static int queue_up(building *m)
{
    static const sim_impairment queue = {.kind = SIM_IMPAIR_QUEUE, .queue = {.rate_bps = SIM_MBIT(1)}};
    return sim_link_add(m->link, m->a, &queue, NULL);
}

static const struct {
    const char *name;
    int (*make)(building *);
} steps[] = {{"sim_world_create", make_world},
             {"sim_host_create, first", make_a},
             {"sim_host_create, second", make_b},
             {"sim_host_create, third", make_c},
             {"sim_link_create", make_link},
             {"sim_segment_create", make_segment},
             {"sim_host_attach, two addresses", attach_a},
             {"sim_host_attach, other end", attach_b},
             {"sim_host_attach, segment", attach_b_again},
             {"sim_host_attach, a network twice", attach_c},
             {"sim_host_set_forwarding", forward},
             {"sim_host_add_route", route_there},
             {"sim_host_add_route, default", route_back},
             {"sim_link_set_options", set_options},
             {"sim_link_set_script", set_script},
             {"sim_link_add, both directions", impair},
             {"sim_link_add, one direction", queue_up},
             {"sim_host_add_thread", add_thread},
             {"sim_host_run, server", run_server},
             {"sim_host_run, client", run_client}};
enum { STEP_COUNT = sizeof steps / sizeof steps[0] };

static void building_prepare(void *context)
{
    building *m = context;
    *m = (building){.step = m->step};
    for (unsigned i = 0; i < m->step; i++)
        EXPECT_CODE_FATAL(steps[i].make(m), 0);
}

static int building_act(void *context)
{
    building *m = context;
    return steps[m->step].make(m);
}

static void building_observe(void *context, sweep_text *seen)
{
    const building *m = context;
    if (m->world == NULL) {
        sweep_say(seen, "no world");
        return;
    }
    for (const char *name = "abc"; *name != '\0'; name++)
        sweep_say(seen, "%c%c ", *name, sim_world_host(m->world, (char[]){*name, '\0'}) != NULL ? '+' : '-');
    sweep_say(seen, "%u hosts, %u events reserved, %u queued", m->world->host_count,
              (unsigned)m->world->events.owners, (unsigned)m->world->events.count);
}

static bool building_finish(void *context, int result, sweep_text *seen)
{
    building *m = context;
    char text[33];
    sweep_say(seen, "result %d\n", result);
    for (unsigned i = m->step + 1; i < STEP_COUNT; i++)
        EXPECT_CODE(steps[i].make(m), 0);
    building_observe(m, seen);
    sim_stop stop = sim_world_run(m->world, SIM_FOREVER);
    sim_world_fingerprint_text(m->world, text);
    sweep_say(seen, "\nstop %d answer '%s' fingerprint %s", stop, m->answer, text);
    sweep_say_blocks(seen, m->world);
    return stop != SIM_STOP_NO_MEMORY;
}

static void building_clean(void *context) { sim_world_destroy(((building *)context)->world); }

/* As if nothing had happened: the run afterwards has the same fingerprint. */
static void every_step_of_building_a_world_survives_refused_memory(void)
{
    building m = {.step = 0};
    sweep_count sum = {.refused = 0};
    for (; m.step < STEP_COUNT; m.step++) {
        sweep one = {.what = steps[m.step].name,
                     .context = &m,
                     .prepare = building_prepare,
                     .act = building_act,
                     .observe = building_observe,
                     .finish = building_finish,
                     .clean = building_clean,
                     .memory = fixture_memory()};
        sweep_run(&one, &sum);
    }
    sweep_print("sim", STEP_COUNT, "steps of building a world", &sum);
}

const test_case test_sweep_build[] = {TEST(every_step_of_building_a_world_survives_refused_memory), TEST_END};
