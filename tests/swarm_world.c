/* SPDX-License-Identifier: MIT
 *
 * The world of a plan: hosts, links, routes, listeners, and what begins at which time.
 *
 *     line, segment   h0, h1 ... on l0, 10.1.0.0/24 and fd00:1::/64
 *     star            each host hN on a link lN of its own, 10.N+1.0.0/24, to the router r0
 *     chain           even hosts on l0, odd ones on l1; r0 on l0 and l2, r1 on l1 and l2
 */
#include <string.h>

#include "tests/event_vtbl.h"
#include "tests/swarm.h"

enum { ROUTER_ADDRESS = 254, EVENTS_MAX = 30000000 };

/* ---- addresses ---- */

unsigned swarm_link_of(const swarm_plan *plan, unsigned host)
{
    if (host >= plan->host_count) /* a router */
        return plan->topology == SWARM_CHAIN ? host - plan->host_count : 0;
    return plan->topology == SWARM_STAR ? host : plan->topology == SWARM_CHAIN ? host % 2 : 0;
}

static void write_address(unsigned link, unsigned number, bool ipv6, char text[46])
{
    snprintf(text, 46, ipv6 ? "fd00:%x::%x" : "10.%u.0.%u", link + 1, number);
}

void swarm_address(const swarm_plan *plan, unsigned host, bool ipv6, char text[46])
{
    write_address(swarm_link_of(plan, host), host + 1, ipv6, text);
}

void swarm_prefix(const swarm_plan *plan, unsigned host, bool ipv6, char text[64])
{
    char address[46];
    swarm_address(plan, host, ipv6, address);
    snprintf(text, 64, "%s/%d", address, ipv6 ? 64 : 24);
}

static int attach(swarm_world *w, sim_host *host, unsigned link, unsigned number)
{
    char v4[46], v6[46], both[128];
    write_address(link, number, false, v4);
    write_address(link, number, true, v6);
    snprintf(both, sizeof both, "%s/24 %s/64", v4, v6);
    return sim_host_attach(host, w->links[link], both);
}

/* Everything through a gateway on one of the host's links. */
static int add_routes(sim_host *host, unsigned link, unsigned gateway)
{
    char address[46];
    write_address(link, gateway, false, address);
    int error = sim_host_add_route(host, "0.0.0.0/0", address);
    write_address(link, gateway, true, address);
    return error != 0 ? error : sim_host_add_route(host, "::/0", address);
}

/* ---- hosts and links ---- */

static int make_links(swarm_world *w)
{
    int error = 0;
    for (unsigned i = 0; i < w->plan->link_count && error == 0; i++) {
        char name[16];
        snprintf(name, sizeof name, "l%u", i);
        bool segment = w->plan->topology == SWARM_SEGMENT || (w->plan->topology == SWARM_CHAIN && i < 2);
        const sim_link_options *options = &w->plan->links[i].there;
        error = segment ? sim_segment_create(w->world, name, options, &w->links[i])
                        : sim_link_create(w->world, name, options, &w->links[i]);
    }
    return error;
}

static int make_host(swarm_world *w, const char *kind, unsigned number, sim_host **out)
{
    char name[16];
    snprintf(name, sizeof name, "%s%u", kind, number);
    return sim_host_create(w->world, name, out);
}

static int make_hosts(swarm_world *w)
{
    int error = 0;
    for (unsigned i = 0; i < w->plan->host_count && error == 0; i++) {
        error = make_host(w, "h", i, &w->hosts[i]);
        if (error == 0)
            error = attach(w, w->hosts[i], swarm_link_of(w->plan, i), i + 1);
        if (error == 0 && w->plan->router_count > 0)
            error = add_routes(w->hosts[i], swarm_link_of(w->plan, i), ROUTER_ADDRESS);
        if (error == 0 && w->plan->hosts[i].stack != NULL)
            error = sim_host_set_stack(w->hosts[i], w->plan->hosts[i].stack);
    }
    return error;
}

static int make_routers(swarm_world *w)
{
    const swarm_plan *plan = w->plan;
    sim_host **routers = &w->hosts[plan->host_count];
    int error = 0;
    for (unsigned i = 0; i < plan->router_count && error == 0; i++) {
        error = make_host(w, "r", i, &routers[i]);
        if (error == 0)
            sim_host_set_forwarding(routers[i], true);
    }
    for (unsigned i = 0; plan->topology == SWARM_STAR && i < plan->link_count && error == 0; i++)
        error = attach(w, routers[0], i, ROUTER_ADDRESS);
    for (unsigned i = 0; plan->topology == SWARM_CHAIN && i < 2 && error == 0; i++) {
        error = attach(w, routers[i], i, ROUTER_ADDRESS);
        if (error == 0)
            error = attach(w, routers[i], 2, i + 1);
        if (error == 0)
            error = add_routes(routers[i], 2, 2 - i);
    }
    return error;
}

/* The end of a link that was attached first is near; what leaves there goes back. */
sim_host *swarm_end_of_link(const swarm_world *w, unsigned link, swarm_side side)
{
    sim_host *const *routers = &w->hosts[w->plan->host_count];
    switch (w->plan->topology) {
    case SWARM_STAR: return side == SWARM_NEAR_SIDE ? w->hosts[link] : routers[0];
    case SWARM_CHAIN:
        return link == 2                 ? routers[side == SWARM_FAR_SIDE]
               : side == SWARM_NEAR_SIDE ? w->hosts[link]
                                         : routers[link];
    default: return w->hosts[side == SWARM_FAR_SIDE];
    }
}

static int make_network(swarm_world *w)
{
    int error = make_links(w);
    if (error == 0)
        error = make_hosts(w);
    if (error == 0)
        error = make_routers(w);
    for (unsigned i = 0; i < w->plan->link_count && error == 0; i++)
        error = sim_link_set_options(w->links[i], swarm_end_of_link(w, i, SWARM_NEAR_SIDE),
                                     &w->plan->links[i].back);
    return error;
}

/* ---- what happens at which time ---- */

void swarm_tell_refusal(swarm_world *w, const char *what)
{
    const sim_error *error = sim_world_error(w->world);
    sim_world_fail(w->world, "%s: %s; %s; %s", what, error->what, error->why, error->fix);
}

struct swarm_action *swarm_action_of(swarm_world *w, unsigned index)
{
    struct swarm_action *action = &w->actions[w->action_count++];
    *action = (struct swarm_action){w, index};
    return action;
}

static void change_link(void *argument)
{
    const struct swarm_action *action = argument;
    swarm_world *w = action->world;
    if (sim_link_set_options(w->links[action->index], NULL, &w->plan->links[action->index].later) != 0)
        swarm_tell_refusal(w, "a link's later options");
}

static void begin_partition(void *argument)
{
    const struct swarm_action *action = argument;
    swarm_world *w = action->world;
    const swarm_partition_plan *p = &w->plan->partitions[action->index];
    char name[16], hosts[16 * SWARM_HOSTS_MAX] = "";
    snprintf(name, sizeof name, "p%u", action->index);
    for (unsigned i = 0; i < w->plan->host_count; i++)
        snprintf(hosts + strlen(hosts), sizeof hosts - strlen(hosts), "%sh%u", i == 0 ? "" : " ", i);
    if (sim_partition_draw(w->world, name, hosts, p->shape, &p->options, &w->partitions[action->index]) != 0)
        swarm_tell_refusal(w, "a partition");
}

static void end_partition(void *argument)
{
    const struct swarm_action *action = argument;
    sim_partition_heal(action->world->partitions[action->index]);
}

/* An end has one socket, so they suffice. */
static transfer_socket *next_socket(swarm_world *w)
{
    transfer_socket *socket = &w->sockets[w->socket_count++];
    transfer_socket_init(socket);
    return socket;
}

static void begin_connection(void *argument)
{
    const struct swarm_action *action = argument;
    swarm_world *w = action->world;
    const swarm_connection_plan *plan = &w->plan->connections[action->index];
    swarm_connection *c = &w->connections[action->index];
    char address[46];
    swarm_address(w->plan, plan->server, plan->ipv6, address);
    transfer_connect(&c->ends[0], next_socket(w), plan->ipv6 ? AF_INET6 : AF_INET, address, SWARM_PORT);
    if (!transfer_is_over(&c->ends[0]))
        CAsyncSocket_GetSockName(&c->ends[0].socket->base, address, sizeof address, &c->client_port);
}

static int make_schedule(swarm_world *w)
{
    const swarm_plan *plan = w->plan;
    int error = 0;
    for (unsigned i = 0; i < plan->link_count && error == 0; i++) {
        if (plan->links[i].later_ns != 0)
            error = sim_world_at(w->world, plan->links[i].later_ns, change_link, swarm_action_of(w, i));
    }
    for (unsigned i = 0; i < plan->partition_count && error == 0; i++) {
        error = sim_world_at(w->world, plan->partitions[i].begin_ns, begin_partition, swarm_action_of(w, i));
        if (error == 0)
            error = sim_world_at(w->world, plan->partitions[i].end_ns, end_partition, swarm_action_of(w, i));
    }
    for (unsigned i = 0; i < plan->connection_count && error == 0; i++) {
        const swarm_connection_plan *c = &plan->connections[i];
        if ((plan->less.connections >> i & 1) == 0)
            error = sim_host_run(w->hosts[c->client], c->start_ns, begin_connection, swarm_action_of(w, i));
    }
    return error;
}

/* ---- accepting ---- */

/* The connection whose client has this name; the newest, since ports come again. */
static swarm_connection *find_connection(const swarm_listener *listener, const char *address, UINT port,
                                         bool accepted)
{
    swarm_world *w = listener->world;
    swarm_connection *found = NULL;
    uint64_t newest = 0;
    for (unsigned i = 0; i < w->plan->connection_count; i++) {
        const swarm_connection_plan *plan = &w->plan->connections[i];
        char text[46];
        swarm_address(w->plan, plan->client, plan->ipv6, text);
        bool fits = plan->server == listener->host && w->connections[i].client_port == port &&
                    w->connections[i].accepted == accepted && strcmp(text, address) == 0;
        if (fits && plan->start_ns >= newest) {
            newest = plan->start_ns;
            found = &w->connections[i];
        }
    }
    return found;
}

/* Late copies of a SYN and of the ACK that followed open a connection once more that has come and gone, if
 * the clock of the initial sequence numbers has not moved meanwhile (4 us); or the host has come and gone. */
static bool is_ghost(const swarm_listener *listener, const char *address, UINT port)
{
    static const swarm_feature late[] = {SWARM_DUPLICATE, SWARM_REORDER, SWARM_OVERTAKING, SWARM_COPIES,
                                         SWARM_REPLAY,    SWARM_DELAY,   SWARM_DISPLACE,   SWARM_HOLD,
                                         SWARM_FLAP,      SWARM_CRASH,   SWARM_POWER,      SWARM_CLOCK};
    const swarm_world *w = listener->world;
    bool may_be = w->watch.lies > 0;
    for (unsigned i = 0; i < sizeof late / sizeof late[0]; i++)
        may_be = may_be || swarm_has(w->plan, late[i]);
    return may_be && (w->watch.lies > 0 || find_connection(listener, address, port, true) != NULL);
}

static void adopt(swarm_listener *listener, transfer_socket *accepted)
{
    char address[46] = "";
    UINT port = 0;
    CAsyncSocket_GetPeerName(&accepted->base, address, sizeof address, &port);
    swarm_connection *c = find_connection(listener, address, port, false);
    if (c == NULL && is_ghost(listener, address, port)) {
        CAsyncSocket_Destruct(&accepted->base);
        listener->world->socket_count--; /* it was the last one handed out */
        return;
    }
    if (c == NULL) {
        sim_world_fail(listener->world->world, "unknown connection: h%u accepts one from %s:%u",
                       listener->host, address, port);
        return;
    }
    c->accepted = true;
    transfer_accepted(&c->ends[1], accepted);
}

static void on_listener_event(CAsyncSocket *self, long event, int error)
{
    swarm_listener *listener = (swarm_listener *)self;
    swarm_world *w = listener->world;
    if (event != FD_ACCEPT || error != 0) {
        sim_world_fail(w->world, "order of events: the listener of h%u gets event %ld, error %d",
                       listener->host, event, error);
        return;
    }
    transfer_socket *accepted = next_socket(w);
    if (CAsyncSocket_Accept(self, &accepted->base, NULL, NULL)) {
        adopt(listener, accepted);
        return;
    }
    w->socket_count--;
    if (CAsyncSocket_GetLastError() != WSAEWOULDBLOCK)
        sim_world_fail(w->world, "Accept: the listener of h%u fails with %d", listener->host,
                       CAsyncSocket_GetLastError());
}

/* Without memory nobody listens, and who comes is refused. */
static void listen_on(swarm_world *w, unsigned host, bool ipv6)
{
    static const event_vtbl vtbl = EVENT_VTBL(on_listener_event);
    swarm_listener *listener = &w->listeners[host][ipv6];
    *listener = (swarm_listener){.world = w, .host = host};
    CAsyncSocket_Construct(&listener->socket, &vtbl.callbacks);
    static const int yes = 1; /* connections of before a crash may still have the port */
    bool ok = CAsyncSocket_Socket(&listener->socket, SOCK_STREAM, CASYNCSOCKET_DEFAULT_EVENTS, 0,
                                  ipv6 ? AF_INET6 : AF_INET) &&
              CAsyncSocket_SetSockOpt(&listener->socket, SO_REUSEADDR, &yes, sizeof yes, SOL_SOCKET) &&
              CAsyncSocket_Bind(&listener->socket, SWARM_PORT, ipv6 ? "::" : "0.0.0.0");
    if (!ok && swarm_host_has(w->plan, host, SWARM_FAULT_NO_BUFFERS))
        return;
    transfer_set_options(&listener->socket, &w->plan->hosts[host].listener);
    if (!ok || !CAsyncSocket_Listen(&listener->socket, w->plan->hosts[host].backlog))
        sim_world_fail(w->world, "Listen: h%u fails with %d", host, CAsyncSocket_GetLastError());
}

void swarm_listen(swarm_world *w, unsigned host)
{
    listen_on(w, host, false);
    listen_on(w, host, true);
    swarm_datagrams_listen(w, host);
}

/* ---- all together ---- */

static void init_ends(swarm_world *w, unsigned connection)
{
    const swarm_connection_plan *plan = &w->plan->connections[connection];
    swarm_connection *c = &w->connections[connection];
    for (unsigned end = 0; end < 2; end++) {
        snprintf(c->names[end], sizeof c->names[end], "connection %u %s", connection,
                 end == 0 ? "client" : "server");
        transfer_init(&c->ends[end], w->world, c->names[end], &plan->ends[end], &c->ends[1 - end],
                      w->plan->seed);
        c->ends[end].lenient = swarm_has(w->plan, SWARM_CALLS);
        c->ends[end].may_lack_memory = swarm_has(w->plan, SWARM_NO_BUFFERS);
        c->ends[end].lies = &c->lies;
    }
}

static int make_programs(swarm_world *w)
{
    int error = 0;
    for (unsigned i = 0; i < w->plan->host_count && error == 0; i++) {
        sim_fault_options options = w->plan->calls;
        if (swarm_has(w->plan, SWARM_CALLS))
            error = sim_fault_install(sim_host_thread(w->hosts[i]), &options, &w->faults[i], NULL);
        cas_thread *before = sim_host_enter(w->hosts[i]);
        swarm_listen(w, i);
        cas_thread_enter(before);
    }
    for (unsigned i = 0; i < w->plan->connection_count; i++)
        init_ends(w, i);
    return error;
}

bool swarm_build(swarm_world *w, const swarm_plan *plan, cas_allocator *memory)
{
    memset(w, 0, sizeof *w);
    w->plan = plan;
    sim_world_options options = {.seed = plan->seed,
                                 .memory = memory,
                                 .profile = plan->profile,
                                 .events_max = EVENTS_MAX,
                                 .stack = plan->stack};
    int error = sim_world_create(&options, &w->world);
    if (error == 0)
        error = make_network(w);
    if (error == 0)
        error = swarm_impair(w);
    if (error == 0)
        error = make_programs(w);
    if (error == 0)
        error = make_schedule(w);
    if (error == 0)
        error = swarm_datagrams_schedule(w);
    if (error == 0)
        error = swarm_schedule_faults(w);
    if (error == 0)
        swarm_watch_begin(&w->watch, w);
    return error == 0;
}
