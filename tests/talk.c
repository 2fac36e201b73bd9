/* SPDX-License-Identifier: MIT
 *
 * See talk.h.
 */
#include "tests/talk.h"

#include <stdio.h>
#include <string.h>

#include "simnet/explore/schedule.h"
#include "tests/expect.h"

#define GAP_NS ((uint64_t)SIM_MS(500))

static talk *mine(void) { return cas_thread_context(cas_thread_current()); }

/* ---- the server ---- */

static void read_all(CAsyncSocket *socket)
{
    char piece[64];
    int count;
    while ((count = CAsyncSocket_Receive(socket, piece, sizeof piece, 0)) > 0)
        mine()->received += (unsigned)count;
}

static void on_receive(CAsyncSocket *socket, int error)
{
    (void)error;
    read_all(socket);
}

static void on_session_close(CAsyncSocket *socket, int error)
{
    talk *t = mine();
    read_all(socket);
    t->is_complete = t->is_complete || (error == 0 && t->received == TALK_PIECES * TALK_PIECE);
    CAsyncSocket_Close(socket);
}

/* Whoever calls anew has given up the call before. */
static void on_accept(CAsyncSocket *listener, int error)
{
    static const CAsyncSocketVtbl vtbl = {.OnReceive = on_receive, .OnClose = on_session_close};
    talk *t = mine();
    (void)error;
    CAsyncSocket_Close(&t->session);
    CAsyncSocket_Construct(&t->session, &vtbl);
    t->received = 0;
    if (CAsyncSocket_Accept(listener, &t->session, NULL, NULL))
        CAsyncSocket_AsyncSelect(&t->session, FD_READ | FD_CLOSE);
}

/* A connection of its life before may still have the port: then it tries again. */
static void on_opening_time(cas_timer *timer, void *context)
{
    talk *t = context;
    if (!CAsyncSocket_Create(&t->listener, 80, SOCK_STREAM, FD_ACCEPT, NULL))
        cas_timer_start(timer, 2 * GAP_NS);
    else
        CAsyncSocket_Listen(&t->listener, 5);
}

static void serve(void *argument)
{
    static const CAsyncSocketVtbl vtbl = {.OnAccept = on_accept};
    talk *t = argument;
    t->starts++;
    cas_thread_set_context(cas_thread_current(), t);
    CAsyncSocket_Construct(&t->listener, &vtbl);
    CAsyncSocket_Construct(&t->session, &vtbl);
    t->opening = (cas_timer){.on_timer = on_opening_time, .context = t};
    on_opening_time(&t->opening, t);
}

/* ---- the client ---- */

static void call(talk *t);

static void call_again(talk *t)
{
    CAsyncSocket_Close(&t->caller);
    if (t->gives_up || t->is_complete)
        return;
    t->is_idle = true;
    cas_timer_start(&t->timer, 2 * GAP_NS);
}

/* What was not taken yet; no room is told by OnSend, no memory by nobody. */
static void flush(talk *t)
{
    static const char pieces[] = "datadatadata";
    while (t->flushed < t->sent * TALK_PIECE) {
        int count = CAsyncSocket_Send(&t->caller, pieces + t->flushed,
                                      (int)(t->sent * TALK_PIECE - t->flushed), 0);
        if (count > 0)
            t->flushed += (unsigned)count;
        else if (CAsyncSocket_GetLastError() != WSAENOBUFS)
            break;
    }
    if (t->is_ending && t->flushed == TALK_PIECES * TALK_PIECE)
        CAsyncSocket_ShutDown(&t->caller, CAsyncSocket_sends);
}

static void on_send(CAsyncSocket *socket, int error)
{
    (void)socket;
    if (error == 0)
        flush(mine());
}

/* Behind the last piece the client ends its stream, and waits for the server's end: not for ever, since a
 * server without power says nothing. */
static void on_timer(cas_timer *timer, void *context)
{
    talk *t = context;
    if (t->is_idle) {
        call(t);
    } else if (t->sent < TALK_PIECES) {
        t->sent++;
        flush(t);
        cas_timer_start(timer, GAP_NS);
    } else if (!t->is_ending) {
        t->is_ending = true;
        flush(t);
        cas_timer_start(timer, 60 * GAP_NS);
    } else {
        call_again(t);
    }
}

static void on_connect(CAsyncSocket *socket, int error)
{
    talk *t = mine();
    (void)socket;
    t->sent = t->flushed = 0;
    t->is_ending = false;
    if (error != 0)
        call_again(t);
    else
        cas_timer_start(&t->timer, GAP_NS);
}

static void on_caller_close(CAsyncSocket *socket, int error)
{
    talk *t = mine();
    (void)socket;
    cas_timer_stop(&t->timer);
    if (error != 0 || !t->is_complete)
        call_again(t);
    else
        CAsyncSocket_Close(&t->caller);
}

static void call(talk *t)
{
    static const CAsyncSocketVtbl vtbl = {
        .OnConnect = on_connect, .OnSend = on_send, .OnClose = on_caller_close};
    int on = 1;
    t->calls++;
    t->is_idle = false;
    CAsyncSocket_Construct(&t->caller, &vtbl);
    CAsyncSocket_Create(&t->caller, 0, SOCK_STREAM, FD_CONNECT | FD_WRITE | FD_CLOSE, NULL);
    CAsyncSocket_SetSockOpt(&t->caller, TCP_NODELAY, &on, sizeof on, IPPROTO_TCP);
    CAsyncSocket_Connect(&t->caller, "10.0.0.1", 80);
}

static void start_client(void *argument)
{
    talk *t = argument;
    cas_thread_set_context(cas_thread_current(), t);
    t->timer = (cas_timer){.on_timer = on_timer, .context = t};
    call(t);
}

/* ---- the scenario ---- */

static void need(sim_world *world, int error)
{
    if (error != 0)
        sim_world_fail(world, "the world cannot be built: %s", sim_world_error(world)->what);
}

static sim_host *add_host(sim_world *world, sim_link *lan, unsigned number, const char *name)
{
    sim_host *host = NULL;
    char address[32];
    snprintf(address, sizeof address, "10.0.0.%u/24", number);
    need(world, sim_host_create(world, name, &host));
    need(world, sim_host_attach(host, lan, address));
    return host;
}

static void build(sim_world *world, void *state)
{
    talk *t = state;
    sim_link *lan;
    if (t->log != NULL) {
        wire_log_start(t->log, world);
        t->log->tells_late_losses = true;
    }
    need(world, sim_segment_create(world, "lan", &(sim_link_options){.latency_ns = SIM_MS(1)}, &lan));
    sim_host *server = add_host(world, lan, 1, "server"), *client = add_host(world, lan, 2, "client");
    need(world, sim_host_set_boot(server, serve, t));
    need(world, sim_host_run(server, 0, serve, t));
    need(world, sim_host_run(client, (uint64_t)SIM_MS(10), start_client, t));
    for (unsigned i = 0; i < t->bystanders; i++) {
        char name[16];
        snprintf(name, sizeof name, "other%u", i + 1);
        add_host(world, lan, 10 + i, name);
    }
}

static bool is_done(sim_world *world, void *state)
{
    (void)world;
    return ((const talk *)state)->is_complete;
}

sim_scenario talk_scenario(const talk *initial, sim_fault_model faults)
{
    return (sim_scenario){.name = "talk",
                          .state_size = sizeof *initial,
                          .initial = initial,
                          .build = build,
                          .is_done = is_done,
                          .faults = faults};
}

/* ---- a run under facts ---- */

sim_schedule *talk_schedule(const char *facts)
{
    char text[1024];
    sim_schedule *schedule = NULL;
    sim_schedule_error error;
    snprintf(
        text, sizeof text,
        "castanet schedule 1\nscenario talk\nmode windowed\nseed 1\noutcome passed 0000000000000000\n%s\n",
        facts);
    EXPECT_CODE_FATAL(sim_schedule_parse(text, strlen(text), NULL, &schedule, &error), 0);
    EXPECT_EQ_STR(error.what, "");
    return schedule;
}

void talk_play(played *p, talk initial, sim_fault_model faults, const char *facts, unsigned kinds)
{
    memset(p, 0, sizeof *p);
    initial.log = &p->log;
    sim_scenario scenario = talk_scenario(&initial, faults);
    sim_schedule *schedule = talk_schedule(facts);
    sim_order *order = NULL;
    EXPECT_CODE_FATAL(simp_schedule_run(schedule, &scenario, &p->rerun, &order), 0);
    p->troubles = sim_order_troubles(order, (sim_may)kinds);
    sim_order_destroy(order);
    sim_schedule_destroy(schedule);
}
