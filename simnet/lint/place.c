/* SPDX-License-Identifier: MIT
 *
 * How the linter names a socket, and what it asks about it: of the world where there is one, else of the
 * thread's backend.
 */
#include <inttypes.h>
#include <stdio.h>

#include "simnet/lint/lint.h"
#include "simnet/socket/sim_socket.h"

static cas_port_socket *simulated(const sim_host *host, SOCKET handle)
{
    return handle < host->socket_capacity ? host->sockets[handle] : NULL;
}

void simp_lint_place(const cas_thread *thread, unsigned number, SOCKET handle, char *text, size_t size)
{
    const sim_host *host = sim_host_of(thread);
    const cas_port_socket *s = host == NULL ? NULL : simulated(host, handle);
    if (s != NULL && s->listening)
        snprintf(text, size, "%s/listen:%u", host->name, (unsigned)s->local_port);
    else if (s != NULL)
        snprintf(text, size, "%s/%s#%u", host->name, s->accepted ? "conn" : "socket", (unsigned)s->ordinal);
    else if (host != NULL)
        snprintf(text, size, "%s", host->name);
    else if (handle != INVALID_SOCKET)
        snprintf(text, size, "thread#%u/socket %" PRIu64, number, (uint64_t)handle);
    else
        snprintf(text, size, "thread#%u", number);
}

unsigned simp_lint_unread(const cas_thread *thread, SOCKET handle)
{
    const sim_host *host = sim_host_of(thread);
    const casp_sink *sink = simp_lint_sink(thread, handle);
    unsigned count = 0;
    if (host != NULL && simulated(host, handle) != NULL)
        simp_backend_ops.query(thread->backend, simulated(host, handle), CAS_QUERY_READ_COUNT, &count);
    else if (host == NULL && sink != NULL)
        thread->backend->ops->query(thread->backend, sink->port, CAS_QUERY_READ_COUNT, &count);
    return count;
}
