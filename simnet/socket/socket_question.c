/* SPDX-License-Identifier: MIT
 *
 * What the engine asks about a simulated socket: once before each callback, once after each receive.
 */
#include "simnet/socket/socket_call.h"

static bool has_urgent(const cas_port_socket *s)
{
    return s->tcp != NULL && s->dead == 0 && !s->options->inline_urgent &&
           simp_receive_buffer_urgent(s->tcp) != NULL;
}

static bool is_writable(const cas_port_socket *s)
{
    return s->datagram || (s->connected && s->dead == 0 && !s->send_shut && !s->send_blocked);
}

static bool has_newcomer(const cas_port_socket *s)
{
    return s->listening && s->backlog->accept_first != NULL;
}

static bool has_ended(const cas_port_socket *s) { return s->finished || s->dead != 0; }

/* All but FD_READ. */
static long other_conditions(const cas_port_socket *s, long interest, int *close_error)
{
    long events = 0;
    if ((interest & FD_OOB) != 0 && has_urgent(s))
        events |= FD_OOB;
    if ((interest & FD_WRITE) != 0 && is_writable(s))
        events |= FD_WRITE;
    if ((interest & FD_ACCEPT) != 0 && has_newcomer(s))
        events |= FD_ACCEPT;
    if ((interest & FD_CLOSE) != 0 && has_ended(s)) {
        events |= FD_CLOSE;
        *close_error = s->finished ? 0 : s->dead;
    }
    return events;
}

long simp_call_conditions(cas_backend *backend, cas_port_socket *s, long interest, int *close_error)
{
    (void)backend;
    long events = (interest & FD_READ) != 0 && simp_socket_is_readable(s) ? FD_READ : 0;
    return interest == FD_READ ? events : events | other_conditions(s, interest, close_error);
}

static unsigned read_count(const cas_port_socket *s)
{
    if (s->datagram)
        return s->udp->first == NULL ? 0 : s->udp->first->length;
    return s->tcp == NULL ? 0 : simp_receive_buffer_ready(s->tcp);
}

int simp_call_query(cas_backend *backend, cas_port_socket *s, cas_query query, unsigned *value)
{
    (void)backend;
    switch (query) {
    case CAS_QUERY_READ_COUNT: *value = read_count(s); break;
    case CAS_QUERY_AT_MARK: *value = s->tcp == NULL || simp_receive_buffer_is_at_mark(s->tcp); break;
    default: *value = simp_socket_is_readable(s) || has_ended(s) || has_newcomer(s);
    }
    return 0;
}
