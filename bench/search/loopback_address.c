/* SPDX-License-Identifier: MIT
 *
 * The addresses of a stage: what a program calls 10.0.1.2 port 80 is 127.<slot>.<host>.1 and a port that the
 * system chose.  Names are translated on the way down and back on the way up, so that no two stages meet.
 *
 * The calls are those of the loop's own backend but for the six that carry an address.
 */
#include <stddef.h>
#include <string.h>

#include "bench/search/loopback_private.h"

enum { CLOSED_PORT = 1, FIRST_OF_SYSTEM = 32768 };

static stage_loop *loop_of(cas_backend *backend)
{
    const cas_backend_ops *ops = backend->ops;
    return (stage_loop *)(void *)((char *)(uintptr_t)ops - offsetof(stage_loop, ops));
}

stage_loop *stage_loop_of(const cas_thread *thread) { return loop_of(cas_thread_backend(thread)); }

static uint32_t real_address(const sim_host *host)
{
    return 127u << 24 | (host->stage->slot + 1) << 16 | (host->number + 1) << 8 | 1;
}

static const sim_host *host_at(const sim_world *stage, uint32_t address)
{
    for (unsigned i = 0; i < stage->host_count; i++) {
        const sim_host *host = &stage->hosts[i];
        for (unsigned k = 0; k < host->address_count; k++)
            if (host->addresses[k] == address)
                return host;
    }
    return NULL;
}

static const sim_host *host_behind(const sim_world *stage, uint32_t real)
{
    for (unsigned i = 0; i < stage->host_count; i++)
        if (real_address(&stage->hosts[i]) == real)
            return &stage->hosts[i];
    return NULL;
}

static stage_port *port_of(sim_world *stage, const sim_host *host, uint16_t asked)
{
    for (unsigned i = 0; i < stage->port_count; i++)
        if (stage->ports[i].host == host && stage->ports[i].asked == asked)
            return &stage->ports[i];
    return NULL;
}

static SOCKADDR_IN address(uint32_t ip, uint16_t port)
{
    SOCKADDR_IN in = {.sin_family = AF_INET, .sin_port = htons(port)};
    in.sin_addr.s_addr = htonl(ip);
    return in;
}

/* Whom the program means; what it cannot know is nowhere. */
static SOCKADDR_IN downwards(sim_world *stage, const SOCKADDR *name)
{
    SOCKADDR_IN in;
    memcpy(&in, name, sizeof in);
    const sim_host *host = host_at(stage, ntohl(in.sin_addr.s_addr));
    if (host == NULL)
        return address(127u << 24 | 255u << 16 | 255u << 8 | 254, CLOSED_PORT);
    uint16_t port = ntohs(in.sin_port);
    const stage_port *known = port_of(stage, host, port);
    if (known != NULL)
        port = known->given;
    else if (port < FIRST_OF_SYSTEM)
        port = CLOSED_PORT;
    return address(real_address(host), port);
}

static void upwards(const sim_world *stage, SOCKADDR_STORAGE *name)
{
    SOCKADDR_IN in;
    memcpy(&in, name, sizeof in);
    const sim_host *host = host_behind(stage, ntohl(in.sin_addr.s_addr));
    if (host == NULL)
        return;
    uint16_t port = ntohs(in.sin_port);
    for (unsigned i = 0; i < stage->port_count; i++)
        if (stage->ports[i].host == host && stage->ports[i].given == port)
            port = stage->ports[i].asked;
    in = address(host->addresses[0], port);
    memcpy(name, &in, sizeof in);
}

static int bind_(cas_backend *backend, cas_port_socket *socket, const SOCKADDR *name, int len)
{
    stage_loop *loop = loop_of(backend);
    sim_world *stage = loop->host->stage;
    SOCKADDR_IN asked, real;
    SOCKADDR_STORAGE given;
    if (name->sa_family != AF_INET)
        return loop->inner->bind(backend, socket, name, len);
    memcpy(&asked, name, sizeof asked);
    uint16_t port = ntohs(asked.sin_port);
    const stage_port *known = port != 0 ? port_of(stage, loop->host, port) : NULL;
    real = address(real_address(loop->host), known != NULL ? known->given : 0);
    int error = loop->inner->bind(backend, socket, (const SOCKADDR *)(const void *)&real, sizeof real);
    if (error == 0 && port != 0 && known == NULL && stage->port_count < STAGE_PORTS) {
        loop->inner->local_name(backend, socket, &given);
        memcpy(&real, &given, sizeof real);
        stage->ports[stage->port_count++] =
            (stage_port){.host = loop->host, .asked = port, .given = ntohs(real.sin_port)};
    }
    return error;
}

static int connect_(cas_backend *backend, cas_port_socket *socket, const SOCKADDR *name, int len)
{
    stage_loop *loop = loop_of(backend);
    if (name->sa_family != AF_INET)
        return loop->inner->connect(backend, socket, name, len);
    SOCKADDR_IN real = downwards(loop->host->stage, name);
    return loop->inner->connect(backend, socket, (const SOCKADDR *)(const void *)&real, sizeof real);
}

static int send_(cas_backend *backend, cas_port_socket *socket, const void *bytes, size_t len, int flags,
                 const SOCKADDR *to, int to_len, size_t *count)
{
    stage_loop *loop = loop_of(backend);
    if (to == NULL || to->sa_family != AF_INET)
        return loop->inner->send(backend, socket, bytes, len, flags, to, to_len, count);
    SOCKADDR_IN real = downwards(loop->host->stage, to);
    return loop->inner->send(backend, socket, bytes, len, flags, (const SOCKADDR *)(const void *)&real,
                             sizeof real, count);
}

static int receive_(cas_backend *backend, cas_port_socket *socket, void *bytes, size_t len, int flags,
                    SOCKADDR_STORAGE *from, cas_received *got)
{
    stage_loop *loop = loop_of(backend);
    int error = loop->inner->receive(backend, socket, bytes, len, flags, from, got);
    if ((error == 0 || error == WSAEMSGSIZE) && from != NULL && from->ss_family == AF_INET)
        upwards(loop->host->stage, from);
    return error;
}

static int local_name(cas_backend *backend, cas_port_socket *socket, SOCKADDR_STORAGE *out)
{
    stage_loop *loop = loop_of(backend);
    int error = loop->inner->local_name(backend, socket, out);
    if (error == 0)
        upwards(loop->host->stage, out);
    return error;
}

static int peer_name(cas_backend *backend, cas_port_socket *socket, SOCKADDR_STORAGE *out)
{
    stage_loop *loop = loop_of(backend);
    int error = loop->inner->peer_name(backend, socket, out);
    if (error == 0)
        upwards(loop->host->stage, out);
    return error;
}

void stage_translate(stage_loop *loop)
{
    loop->inner = loop->backend->ops;
    loop->ops = *loop->inner;
    loop->ops.bind = bind_;
    loop->ops.connect = connect_;
    loop->ops.send = send_;
    loop->ops.receive = receive_;
    loop->ops.local_name = local_name;
    loop->ops.peer_name = peer_name;
    loop->backend->ops = &loop->ops;
}
