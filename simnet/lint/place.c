/* SPDX-License-Identifier: MIT
 *
 * How the linter names a socket, and what it asks about it: of the world where there is one, else of the
 * thread's backend.
 */
#include <inttypes.h>
#include <stdio.h>

#include "simnet/lint/lint.h"
#include "simnet/transport/tcp.h"

static const cas_port_socket *simulated(const sim_host *host, SOCKET handle)
{
    return handle < host->socket_capacity ? host->sockets[handle] : NULL;
}

void simp_lint_name(const cas_port_socket *s, char *text, size_t size)
{
    if (s->listening)
        snprintf(text, size, "%s/listen:%u", s->host->name, (unsigned)s->local_port);
    else
        snprintf(text, size, "%s/%s#%u", s->host->name, s->accepted ? "conn" : "socket",
                 (unsigned)s->ordinal);
}

void simp_lint_place(const cas_thread *thread, unsigned number, SOCKET handle, char *text, size_t size)
{
    const sim_host *host = sim_host_of(thread);
    const cas_port_socket *s = host == NULL ? NULL : simulated(host, handle);
    if (s != NULL)
        simp_lint_name(s, text, size);
    else if (host != NULL)
        snprintf(text, size, "%s", host->name);
    else if (handle != INVALID_SOCKET)
        snprintf(text, size, "thread#%u/socket %" PRIu64, number, (uint64_t)handle);
    else
        snprintf(text, size, "thread#%u", number);
}

bool simp_lint_has_failed(const cas_thread *thread)
{
    const sim_host *host = sim_host_of(thread);
    return host != NULL && sim_world_failure(host->world) != NULL;
}

unsigned simp_lint_unread_of(const cas_port_socket *s)
{
    if (s->listening)
        return 0;
    if (s->datagram)
        return s->udp->first == NULL ? 0 : s->udp->first->length;
    return s->tcp == NULL ? 0 : simp_receive_buffer_ready(s->tcp);
}

unsigned simp_lint_unread(const cas_thread *thread, SOCKET handle)
{
    const sim_host *host = sim_host_of(thread);
    const casp_sink *sink = simp_lint_sink(thread, handle);
    unsigned count = 0;
    if (host != NULL)
        return simulated(host, handle) == NULL ? 0 : simp_lint_unread_of(simulated(host, handle));
    if (sink != NULL)
        thread->backend->ops->query(thread->backend, sink->port, CAS_QUERY_READ_COUNT, &count);
    return count;
}
