/* SPDX-License-Identifier: MIT
 *
 * See edit.h.  The state of an edited scenario is what was added, and behind it the program's own.
 */
#include "tests/museum/edit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "simnet/host/host.h"
#include "simnet/link/link.h"

enum { PORT = 7077, HOSTS_MAX = 16, NAME_MAX_BYTES = 32, ALIGNMENT = 16, SLOTS = 7 };

struct museum_edit {
    const sim_scenario *inner;
    museum_edit_kind kind;
    uint64_t at_ns;   /* when what is added begins */
    unsigned segment; /* that comes twice; 0: a connection more is made instead */
    sim_scenario scenario;
    unsigned host_count; /* as the program makes them */
    char hosts[HOSTS_MAX][NAME_MAX_BYTES];
};

typedef struct added {
    const museum_edit *edit;
    CAsyncSocket listener, session, caller, sink, source;
    cas_timer first[HOSTS_MAX];
    unsigned segments; /* with text, that the client has sent */
} added;

static size_t offset_of_inner(void) { return (sizeof(added) + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT; }
static void *inner_state(void *state) { return (char *)state + offset_of_inner(); }

/* ---- a server that takes one caller, hears him out, and goes ---- */

static void drain(CAsyncSocket *socket, int error)
{
    char block[64];
    (void)error;
    CAsyncSocket_Receive(socket, block, sizeof block, 0);
}

static void drain_and_close(CAsyncSocket *socket, int error)
{
    char block[64];
    (void)error;
    while (CAsyncSocket_Receive(socket, block, sizeof block, 0) > 0)
        continue;
    CAsyncSocket_Close(socket);
}

static void accept_caller(CAsyncSocket *listener, int error)
{
    static const CAsyncSocketVtbl vtbl = {.OnReceive = drain, .OnClose = drain_and_close};
    added *a = (added *)(void *)((char *)listener - offsetof(added, listener));
    (void)error;
    CAsyncSocket_Construct(&a->session, &vtbl);
    CAsyncSocket_Accept(listener, &a->session, NULL, NULL);
    CAsyncSocket_Close(listener);
}

static void serve_caller(void *argument)
{
    static const CAsyncSocketVtbl vtbl = {.OnAccept = accept_caller};
    added *a = argument;
    CAsyncSocket_Construct(&a->listener, &vtbl);
    CAsyncSocket_Create(&a->listener, PORT, SOCK_STREAM, CASYNCSOCKET_DEFAULT_EVENTS, NULL);
    CAsyncSocket_Listen(&a->listener, 1);
}

static void say_something(CAsyncSocket *socket, int error)
{
    if (error == 0)
        CAsyncSocket_Send(socket, "something", 9, 0);
    CAsyncSocket_Close(socket);
}

static void call(void *argument)
{
    static const CAsyncSocketVtbl vtbl = {.OnConnect = say_something};
    added *a = argument;
    CAsyncSocket_Construct(&a->caller, &vtbl);
    CAsyncSocket_Create(&a->caller, 0, SOCK_STREAM, CASYNCSOCKET_DEFAULT_EVENTS, NULL);
    CAsyncSocket_Connect(&a->caller, "10.77.0.1", PORT);
}

/* ---- a datagram ---- */

static void take_datagrams(void *argument)
{
    static const CAsyncSocketVtbl vtbl = {.OnReceive = drain};
    added *a = argument;
    CAsyncSocket_Construct(&a->sink, &vtbl);
    CAsyncSocket_Create(&a->sink, PORT, SOCK_DGRAM, FD_READ, NULL);
}

static void send_datagram(void *argument)
{
    added *a = argument;
    CAsyncSocket_Construct(&a->source, NULL);
    CAsyncSocket_Create(&a->source, 0, SOCK_DGRAM, FD_READ, NULL);
    CAsyncSocket_SendTo(&a->source, "news", 4, PORT, "10.77.0.1", 0);
}

/* ---- timers ---- */

static void do_nothing(cas_timer *timer, void *context) { (void)timer, (void)context; }

static void start_timer(void *argument)
{
    cas_timer *timer = argument;
    timer->on_timer = do_nothing;
    cas_timer_start(timer, 1000);
}

/* ---- building ---- */

static void run_on(sim_world *world, sim_host *host, uint64_t at_ns, void (*start)(void *), void *argument)
{
    if (host == NULL || sim_host_run(host, at_ns, start, argument) != 0)
        sim_world_fail(world, "the change cannot be made: %s", sim_world_error(world)->what);
}

/* A host with a short line to the server, or the one that there is. */
static sim_host *connect_host(sim_world *world, const char *name)
{
    static const sim_link_options options = {.latency_ns = 50000};
    sim_host *server = sim_world_host(world, "server"), *host = sim_world_host(world, name);
    sim_link *link = NULL;
    if ((host != NULL || sim_host_create(world, name, &host) == 0) &&
        sim_link_create(world, "added", &options, &link) == 0 &&
        sim_host_attach(server, link, "10.77.0.1/24") == 0 &&
        sim_host_attach(host, link, "10.77.0.2/24") == 0)
        return host;
    return NULL;
}

static void add_connection(sim_world *world, added *a, const char *client, uint64_t at_ns)
{
    sim_host *host = connect_host(world, client);
    run_on(world, sim_world_host(world, "server"), at_ns, serve_caller, a);
    run_on(world, host, at_ns, call, a);
}

static void add_datagram(sim_world *world, added *a)
{
    sim_host *host = connect_host(world, "newcomer");
    run_on(world, sim_world_host(world, "server"), a->edit->at_ns, take_datagrams, a);
    run_on(world, host, a->edit->at_ns, send_datagram, a);
}

static void add_first_events(sim_world *world, added *a)
{
    for (unsigned i = 0; i < a->edit->host_count; i++)
        run_on(world, sim_world_host(world, a->edit->hosts[i]), 0, start_timer, &a->first[i]);
}

/* One segment of the client comes twice, which TCP throws away. */
static sim_verdict duplicate_one(void *context, const sim_packet_view *packet)
{
    added *a = context;
    if (packet->protocol != IPPROTO_TCP || packet->payload_len == 0)
        return SIM_PASS;
    return ++a->segments == a->edit->segment ? SIM_DUPLICATE : SIM_PASS;
}

/* Links to which the client has no interface refuse. */
static void duplicate_segment(sim_world *world, added *a, const char *client)
{
    const sim_host *host = sim_world_host(world, client);
    for (sim_link *link = world->links; link != NULL; link = link->next)
        sim_link_set_script(link, host, duplicate_one, a);
}

static void make_hosts_reversed(sim_world *world, const museum_edit *edit)
{
    sim_host *host;
    for (unsigned i = edit->host_count; i-- > 0;)
        sim_host_create(world, edit->hosts[i], &host);
}

/* The first client: where there are several, it is the one that the bug is about. */
static const char *involved_client(const museum_edit *edit)
{
    const char *name = edit->hosts[0];
    return strcmp(name, "server") != 0 ? name : edit->hosts[1];
}

static void build(sim_world *world, void *state)
{
    added *a = state;
    const museum_edit *edit = a->edit;
    if (edit->kind == MUSEUM_EDIT_REVERSED)
        make_hosts_reversed(world, edit);
    edit->inner->build(world, inner_state(state));
    switch (edit->kind) {
    case MUSEUM_EDIT_CONNECTION_FIRST: add_connection(world, a, "newcomer", 0); break;
    case MUSEUM_EDIT_NEW_KIND:
    case MUSEUM_EDIT_REMOVED: add_datagram(world, a); break;
    case MUSEUM_EDIT_FIRST_EVENTS: add_first_events(world, a); break;
    case MUSEUM_EDIT_UNRELATED_SOCKET: add_connection(world, a, "newcomer", edit->at_ns); break;
    case MUSEUM_EDIT_INVOLVED:
        if (edit->segment != 0)
            duplicate_segment(world, a, involved_client(edit));
        else
            add_connection(world, a, involved_client(edit), edit->at_ns);
        break;
    default: break;
    }
}

/* ---- what the program itself says ---- */

static void invariant(sim_world *world, void *state)
{
    ((const added *)state)->edit->inner->invariant(world, inner_state(state));
}

static bool is_done(sim_world *world, void *state)
{
    return ((const added *)state)->edit->inner->is_done(world, inner_state(state));
}

static void check(sim_world *world, void *state)
{
    ((const added *)state)->edit->inner->check(world, inner_state(state));
}

static void end(sim_world *world, void *state)
{
    ((const added *)state)->edit->inner->end(world, inner_state(state));
}

/* ---- making ---- */

/* In a world that is thrown away. */
static void list_hosts(museum_edit *edit, void *state)
{
    sim_world *world;
    if (sim_world_create(&(sim_world_options){0}, &world) != 0)
        return;
    edit->inner->build(world, state);
    for (uint32_t i = 0; i < world->host_count && i < HOSTS_MAX; i++) {
        snprintf(edit->hosts[i], sizeof edit->hosts[i], "%s", world->hosts[i]->name);
        edit->host_count++;
    }
    sim_world_destroy(world);
}

static void *make_state(const sim_scenario *inner)
{
    char *state = calloc(1, offset_of_inner() + inner->state_size + 1);
    if (state != NULL && inner->initial != NULL)
        memcpy(inner_state(state), inner->initial, inner->state_size);
    return state;
}

museum_edit *museum_edit_create(const sim_scenario *inner, museum_edit_kind kind, uint64_t seed)
{
    museum_edit *edit = calloc(1, sizeof *edit);
    added *initial = make_state(inner), *scratch = make_state(inner);
    if (edit == NULL || initial == NULL || scratch == NULL) {
        free(edit);
        free(initial);
        free(scratch);
        return NULL;
    }
    edit->inner = inner;
    edit->kind = kind;
    edit->at_ns = (uint64_t)SIM_MS(2) + seed % SLOTS * (uint64_t)SIM_MS(9);
    edit->segment = seed % 2 == 0 ? 1 + (unsigned)(seed / 2 % 2) : 0;
    list_hosts(edit, inner_state(scratch));
    free(scratch);
    initial->edit = edit;
    edit->scenario = *inner;
    edit->scenario.initial = initial;
    edit->scenario.state_size = offset_of_inner() + inner->state_size;
    edit->scenario.build = build;
    edit->scenario.invariant = inner->invariant == NULL ? NULL : invariant;
    edit->scenario.is_done = inner->is_done == NULL ? NULL : is_done;
    edit->scenario.check = inner->check == NULL ? NULL : check;
    edit->scenario.end = inner->end == NULL ? NULL : end;
    return edit;
}

void museum_edit_destroy(museum_edit *edit)
{
    if (edit == NULL)
        return;
    free((void *)(uintptr_t)edit->scenario.initial);
    free(edit);
}

const sim_scenario *museum_edit_before(const museum_edit *edit)
{
    return edit->kind == MUSEUM_EDIT_REMOVED ? &edit->scenario : edit->inner;
}

const sim_scenario *museum_edit_after(const museum_edit *edit)
{
    return edit->kind == MUSEUM_EDIT_REMOVED ? edit->inner : &edit->scenario;
}

const char *museum_edit_name(museum_edit_kind kind)
{
    static const char *const names[MUSEUM_EDIT_COUNT] = {
        [MUSEUM_EDIT_CONNECTION_FIRST] = "new connection created first",
        [MUSEUM_EDIT_NEW_KIND] = "one event of a new kind inserted",
        [MUSEUM_EDIT_FIRST_EVENTS] = "one new first event of each host",
        [MUSEUM_EDIT_REMOVED] = "one unrelated event removed",
        [MUSEUM_EDIT_REVERSED] = "creation order reversed",
        [MUSEUM_EDIT_UNRELATED_SOCKET] = "same-kind events inserted, unrelated socket",
        [MUSEUM_EDIT_INVOLVED] = "same-kind events inserted, involved connection or client"};
    return names[kind];
}
