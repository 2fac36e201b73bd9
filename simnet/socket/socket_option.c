/* SPDX-License-Identifier: MIT
 *
 * Options of a simulated socket.
 */
#include "simnet/ip/multicast.h"
#include "simnet/socket/socket_call.h"
#include "simnet/transport/tcp.h"

static int connect_time(const cas_port_socket *s)
{
    if (s->datagram || !s->connected || s->dead != 0)
        return -1;
    return (int)((s->host->world->now_ns - s->connected_ns) / SIMP_S_NS);
}

/* size: table */
int simp_call_get_option(cas_backend *backend, cas_port_socket *s, cas_option option, int *value)
{
    (void)backend;
    const simp_options *o = s->options;
    switch (option) {
    case CAS_OPT_DEBUG: *value = o->debug; break;
    case CAS_OPT_ACCEPTCONN: *value = s->listening; break;
    case CAS_OPT_REUSEADDR: *value = o->reuse; break;
    case CAS_OPT_EXCLUSIVEADDRUSE: *value = o->exclusive; break;
    case CAS_OPT_KEEPALIVE: *value = o->keepalive; break;
    case CAS_OPT_DONTROUTE: *value = o->dontroute; break;
    case CAS_OPT_BROADCAST: *value = o->broadcast; break;
    case CAS_OPT_LINGER: *value = o->linger; break;
    case CAS_OPT_OOBINLINE: *value = o->inline_urgent; break;
    case CAS_OPT_SNDBUF: *value = o->send_buffer; break;
    case CAS_OPT_RCVBUF: *value = o->receive_buffer; break;
    case CAS_OPT_SNDTIMEO: *value = o->send_timeout_ms; break;
    case CAS_OPT_RCVTIMEO: *value = o->receive_timeout_ms; break;
    case CAS_OPT_ERROR: *value = s->last_error; break;
    case CAS_OPT_TYPE: *value = s->datagram ? SOCK_DGRAM : SOCK_STREAM; break;
    case CAS_OPT_CONNECT_TIME: *value = connect_time(s); break;
    case CAS_OPT_NODELAY: *value = o->nodelay; break;
    case CAS_OPT_V6ONLY: *value = o->v6only; break;
    case CAS_OPT_TTL: *value = s->ttl; break;
    case CAS_OPT_DONT_FRAGMENT: *value = o->dont_fragment; break;
    case CAS_OPT_MULTICAST_IF:
    case CAS_OPT_MULTICAST_TTL:
    case CAS_OPT_MULTICAST_LOOP: return s->datagram ? simp_multicast_get(s, option, value) : WSAENOPROTOOPT;
    default: return WSAENOPROTOOPT;
    }
    return 0;
}

/* The two ways to share a port exclude one another (REU-16). */
static int set_sharing(bool *mine, bool other, int value)
{
    if (value != 0 && other)
        return WSAEINVAL;
    *mine = value != 0;
    return 0;
}

static int set_buffer(cas_port_socket *s, simp_options *o, bool receive, int value)
{
    if (value < 0)
        return WSAEINVAL;
    if (receive) {
        o->receive_buffer = value;
        if (s->tcp != NULL)
            simp_tcp_set_receive_limit(s->tcp, value);
    } else {
        o->send_buffer = value;
        if (s->tcp != NULL)
            s->tcp->send_limit = (uint32_t)value;
    }
    return 0;
}

static int set_nodelay(cas_port_socket *s, simp_options *o, int value)
{
    o->nodelay = value != 0;
    if (s->tcp != NULL) {
        s->tcp->nodelay = o->nodelay;
        simp_tcp_output(s->tcp);
    }
    return 0;
}

static int set_keepalive(cas_port_socket *s, simp_options *o, int value)
{
    if (s->tcp != NULL && !simp_tcp_wake(s->tcp))
        return WSAENOBUFS;
    o->keepalive = value != 0;
    if (s->tcp != NULL) {
        s->tcp->keepalive = o->keepalive;
        simp_tcp_restart_keepalive(s->tcp);
    }
    return 0;
}

/* What most sockets leave as it is. */
static int set_kept(cas_port_socket *s, cas_option option, int value)
{
    simp_options *o = simp_socket_own_options(s);
    if (o == NULL)
        return WSAENOBUFS;
    switch (option) {
    case CAS_OPT_DEBUG: o->debug = value != 0; break;
    case CAS_OPT_REUSEADDR: return set_sharing(&o->reuse, o->exclusive, value);
    case CAS_OPT_EXCLUSIVEADDRUSE: return set_sharing(&o->exclusive, o->reuse, value);
    case CAS_OPT_KEEPALIVE: return set_keepalive(s, o, value);
    case CAS_OPT_DONTROUTE: o->dontroute = value != 0; break;
    case CAS_OPT_BROADCAST: o->broadcast = value != 0; break;
    case CAS_OPT_LINGER: o->linger = value; break;
    case CAS_OPT_OOBINLINE: o->inline_urgent = value != 0; break;
    case CAS_OPT_SNDBUF: return set_buffer(s, o, false, value);
    case CAS_OPT_RCVBUF: return set_buffer(s, o, true, value);
    case CAS_OPT_SNDTIMEO: o->send_timeout_ms = value; break;
    case CAS_OPT_RCVTIMEO: o->receive_timeout_ms = value; break;
    case CAS_OPT_NODELAY: return set_nodelay(s, o, value);
    case CAS_OPT_V6ONLY:
        if (!s->ipv6 || s->bound)
            return WSAEINVAL;
        o->v6only = value != 0;
        break;
    case CAS_OPT_DONT_FRAGMENT: o->dont_fragment = value != 0; break;
    default: return WSAENOPROTOOPT;
    }
    return 0;
}

int simp_call_set_option(cas_backend *backend, cas_port_socket *s, cas_option option, int value)
{
    (void)backend;
    switch (option) {
    case CAS_OPT_ERROR: s->last_error = (uint16_t)value; return 0;
    case CAS_OPT_TTL:
        if (value < 1 || value > 255)
            return WSAEINVAL;
        s->ttl = (unsigned)value & 0xFF;
        return 0;
    case CAS_OPT_MULTICAST_IF:
    case CAS_OPT_MULTICAST_TTL:
    case CAS_OPT_MULTICAST_LOOP: return s->datagram ? simp_multicast_set(s, option, value) : WSAENOPROTOOPT;
    default: return set_kept(s, option, value);
    }
}

int simp_call_join(cas_backend *backend, cas_port_socket *s, const cas_group *group)
{
    (void)backend;
    return s->datagram ? simp_multicast_join(s, group) : WSAENOPROTOOPT;
}

int simp_call_leave(cas_backend *backend, cas_port_socket *s, const cas_group *group)
{
    (void)backend;
    return s->datagram ? simp_multicast_leave(s, group) : WSAENOPROTOOPT;
}
