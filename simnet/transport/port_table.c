/* SPDX-License-Identifier: MIT
 *
 * See port_table.h.
 */
#include "simnet/transport/port_table.h"

#include "core/cold.h"

typedef struct simp_port {
    simp_hash_node node;      /* in world->ports; first */
    cas_port_socket *sockets; /* in the order of binding */
    unsigned connections;     /* that hold the port */
} simp_port;

/* Whose port of which protocol: the note of a node. */
static uint32_t owner_of(const sim_host *host, bool datagram) { return host->index << 1 | datagram; }

/* Different for each port of an owner, so that node.hash and node.note are the key. */
static uint32_t hash_of(uint32_t owner, uint16_t port)
{
    return owner * 0x85EBCA6Bu ^ (uint32_t)port * 0x9E3779B1u;
}

static simp_port *find(const sim_host *host, uint16_t port, bool datagram)
{
    uint32_t owner = owner_of(host, datagram), hash = hash_of(owner, port);
    simp_hash_node *at = simp_hash_first(&host->world->ports, hash);
    while (at != NULL && (at->hash != hash || at->note != owner))
        at = at->next;
    return (simp_port *)at;
}

/* NULL: no memory. */
static simp_port *create(sim_host *host, uint16_t port, bool datagram)
{
    sim_world *world = host->world;
    uint32_t owner = owner_of(host, datagram);
    simp_port *entry = simp_alloc(&world->arena, sizeof *entry);
    if (entry == NULL)
        return NULL;
    *entry = (simp_port){.node.note = owner};
    if (!simp_hash_add(&world->ports, &world->arena, &entry->node, hash_of(owner, port))) {
        simp_free(&world->arena, entry, sizeof *entry);
        return NULL;
    }
    return entry;
}

static void release_if_unused(sim_world *world, simp_port *entry)
{
    if (entry->sockets != NULL || entry->connections != 0)
        return;
    simp_hash_remove(&world->ports, &entry->node);
    simp_free(&world->arena, entry, sizeof *entry);
}

/* ---- who may bind (scenarios REU-01 to REU-18) ---- */

/* Both families at once: an IPv6 wildcard without V6ONLY covers IPv4 too. */
static bool is_dual(const cas_port_socket *s)
{
    return s->ipv6 && simp_ip_is_any(simp_socket_bound_to(s)) && !s->options->v6only;
}

/* 0 when b may bind beside a. */
static int conflict(const cas_port_socket *a, const cas_port_socket *b, simp_ip b_local)
{
    simp_ip a_local = simp_socket_bound_to(a);
    bool a_any = simp_ip_is_any(a_local), b_any = simp_ip_is_any(b_local);
    bool a_v4 = simp_ip_is_v4(a_local), b_v4 = simp_ip_is_v4(b_local);
    if (a_v4 != b_v4) {
        bool dual = is_dual(a) || (b->ipv6 && b_any && !b->options->v6only);
        if (!dual)
            return 0;
        if (is_dual(a) && a->options->exclusive)
            return WSAEACCES;
        return !is_dual(a) && b->options->exclusive ? WSAEADDRINUSE : 0;
    }
    if (a_any !=
        b_any) { /* a wildcard and a specific address live side by side, unless the wildcard is exclusive */
        if (a_any && a->options->exclusive)
            return WSAEACCES;
        return b_any && b->options->exclusive ? WSAEADDRINUSE : 0;
    }
    if (!a_any && !simp_ip_equal(a_local, b_local))
        return 0;
    if (a->options->reuse && b->options->reuse)
        return 0;
    return b->options->reuse ? WSAEACCES : WSAEADDRINUSE;
}

static int check_bind(const simp_port *entry, const cas_port_socket *socket, simp_ip local)
{
    for (const cas_port_socket *at = entry->sockets; at != NULL; at = at->port_next) {
        int error = conflict(at, socket, local);
        if (error != 0)
            return error;
    }
    /* A port that only connections still hold (TIME-WAIT) is taken for who does not reuse it. */
    bool lingers = entry->sockets == NULL && entry->connections != 0;
    return lingers && !socket->options->reuse ? WSAEADDRINUSE : 0;
}

static uint16_t port_after(const sim_stack *stack, uint16_t port)
{
    bool inside = port >= stack->port_first && port < stack->port_last;
    return (uint16_t)(inside ? port + 1u : stack->port_first);
}

/* Sequential ports begin somewhere else on each host and with each seed. */
static uint16_t first_port(const sim_host *host)
{
    const sim_stack *stack = host->world->options.stack;
    simp_stream ports;
    simp_stream_init(&ports, host->world->options.seed, host->name, "ports");
    unsigned count = stack->port_last - stack->port_first + 1;
    return (uint16_t)(stack->port_first + simp_stream_below(&ports, count));
}

/* RFC 6056 3.3.1 or 3.3.2. */
static uint16_t search_from(const sim_host *host)
{
    const sim_stack *stack = host->stack;
    unsigned count = stack->port_last - stack->port_first + 1;
    uint16_t next = host->port_next != 0 ? host->port_next : first_port(host);
    uint64_t offset = (uint64_t)next - stack->port_first;
    if (stack->port_order == SIM_PORTS_RANDOM)
        offset = simp_mix(host->world->options.seed ^ host->name_hash ^ next);
    return (uint16_t)(stack->port_first + offset % count);
}

/* The host's counter moves on only when the port is taken, so that a bind that fails changes nothing. */
static uint16_t next_ephemeral(const cas_port_socket *socket)
{
    const sim_stack *stack = socket->host->stack;
    uint16_t port = search_from(socket->host);
    for (unsigned i = stack->port_first; i <= stack->port_last; i++, port = port_after(stack, port)) {
        if (find(socket->host, port, socket->datagram) == NULL)
            return port;
    }
    return 0;
}

static void join(cas_port_socket *socket, simp_port *entry, simp_ip local, uint16_t port)
{
    cas_port_socket **end = &entry->sockets;
    while (*end != NULL)
        end = &(*end)->port_next;
    *end = socket;
    socket->port_next = NULL;
    socket->bound = socket->on_port = true;
    socket->local = local;
    socket->local_port = port;
}

static int bind_ephemeral(cas_port_socket *socket, simp_ip local)
{
    sim_host *host = socket->host;
    uint16_t port = next_ephemeral(socket);
    simp_port *entry = port == 0 ? NULL : create(host, port, socket->datagram);
    if (entry == NULL)
        return WSAENOBUFS;
    join(socket, entry, local, port);
    host->port_next = port_after(host->stack, port);
    return 0;
}

int simp_port_bind(cas_port_socket *socket, simp_ip local, uint16_t port)
{
    if (port == 0)
        return bind_ephemeral(socket, local);
    simp_port *entry = find(socket->host, port, socket->datagram);
    int error = entry == NULL ? 0 : check_bind(entry, socket, local);
    if (error != 0)
        return error;
    if (entry == NULL)
        entry = create(socket->host, port, socket->datagram);
    if (entry == NULL)
        return WSAENOBUFS;
    join(socket, entry, local, port);
    return 0;
}

void simp_port_unbind(cas_port_socket *socket)
{
    if (!socket->on_port)
        return;
    simp_port *entry = find(socket->host, socket->local_port, socket->datagram);
    cas_port_socket **place = &entry->sockets;
    while (*place != socket)
        place = &(*place)->port_next;
    *place = socket->port_next;
    socket->on_port = false;
    release_if_unused(socket->host->world, entry);
}

void simp_port_unbind_ephemeral(cas_port_socket *socket)
{
    socket->host->port_next = socket->local_port;
    simp_port_unbind(socket);
    socket->bound = socket->was_any = false;
    socket->local = (simp_ip){0, 0};
    socket->local_port = 0;
}

int simp_port_hold(sim_host *host, uint16_t port, bool datagram)
{
    simp_port *entry = find(host, port, datagram);
    if (entry == NULL)
        entry = create(host, port, datagram);
    if (entry == NULL)
        return WSAENOBUFS;
    entry->connections++;
    return 0;
}

void simp_port_drop(sim_host *host, uint16_t port, bool datagram)
{
    simp_port *entry = find(host, port, datagram);
    if (entry == NULL)
        return;
    entry->connections--;
    release_if_unused(host->world, entry);
}

/* ---- who gets a packet ---- */

/* Is the socket bound to all addresses, this one among them? */
static inline bool accepts_all(const cas_port_socket *socket, simp_ip local)
{
    if (!simp_ip_is_any(socket->local))
        return false;
    if (!socket->ipv6 || simp_ip_is_v4(socket->local))
        return simp_ip_is_v4(local);
    return !simp_ip_is_v4(local) || is_dual(socket);
}

bool simp_port_accepts(const cas_port_socket *socket, simp_ip local)
{
    return simp_ip_equal(socket->local, local) || accepts_all(socket, local);
}

cas_port_socket *simp_port_first_datagram(const sim_host *host, uint16_t port)
{
    simp_port *entry = find(host, port, true);
    return entry == NULL ? NULL : entry->sockets;
}

/* How well the socket fits what comes from there; 0: not at all. */
static unsigned fitness(const cas_port_socket *socket, simp_ip local, simp_ip remote, uint16_t remote_port)
{
    unsigned fits = simp_ip_equal(socket->local, local) ? 2 : accepts_all(socket, local) ? 1 : 0;
    if (fits == 0 || !socket->connected)
        return fits;
    return simp_ip_equal(socket->remote, remote) && socket->remote_port == remote_port ? fits + 2 : 0;
}

/* Of several on a port. */
static COLD cas_port_socket *fittest(cas_port_socket *first, simp_ip local, simp_ip remote,
                                     uint16_t remote_port)
{
    cas_port_socket *best = NULL;
    unsigned best_fitness = 0;
    for (cas_port_socket *at = first; at != NULL; at = at->port_next) {
        unsigned fits = fitness(at, local, remote, remote_port);
        if (fits > best_fitness) {
            best = at;
            best_fitness = fits;
        }
    }
    return best;
}

cas_port_socket *simp_port_find_datagram(const sim_host *host, const simp_ip *local, uint16_t port,
                                         const simp_ip *remote, uint16_t remote_port)
{
    cas_port_socket *first = simp_port_first_datagram(host, port);
    if (first != NULL && first->port_next != NULL)
        return fittest(first, *local, *remote, remote_port);
    return first != NULL && fitness(first, *local, *remote, remote_port) != 0 ? first : NULL;
}

cas_port_socket *simp_port_find_listener(sim_host *host, simp_ip local, uint16_t port)
{
    simp_port *entry = find(host, port, false);
    cas_port_socket *best = NULL;
    for (cas_port_socket *at = entry == NULL ? NULL : entry->sockets; at != NULL; at = at->port_next) {
        if (!at->listening || !simp_port_accepts(at, local))
            continue;
        if (best == NULL || (simp_ip_is_any(best->local) && !simp_ip_is_any(at->local)))
            best = at;
    }
    return best;
}
