/* SPDX-License-Identifier: MIT
 *
 * The calls of the backend port on a simulated socket, with the results and errors of Winsock.
 */
#include "simnet/socket/socket_call.h"

#include <string.h>

#include "simnet/explore/order.h"
#include "simnet/host/host_fault.h"
#include "simnet/ip/ip.h"
#include "simnet/transport/port_table.h"
#include "simnet/ip/way.h"

enum { BACKLOG_MAX = 65535, SEND_QUEUED_MAX = 1 << 30 };

static sim_host *host_of(cas_backend *backend) { return ((simp_task *)backend)->host; }
static int family_of(const cas_port_socket *s) { return s->ipv6 ? AF_INET6 : AF_INET; }
static simp_ip wildcard(const cas_port_socket *s) { return s->ipv6 ? (simp_ip){0, 0} : simp_ip_v4(0); }

/* ---- creation ---- */

int simp_call_open(cas_backend *backend, int family, int type, cas_sink *sink, cas_port_socket **out,
                   SOCKET *handle)
{
    int error = simp_host_trouble(host_of(backend));
    if (error == 0)
        error = simp_socket_create(host_of(backend), type == SOCK_DGRAM, family == AF_INET6, out);
    if (error == 0) {
        (*out)->sink = sink;
        (*out)->ordinal = ++host_of(backend)->sockets_made;
        *handle = (*out)->handle;
    }
    return error;
}

int simp_call_attach(cas_backend *backend, SOCKET handle, cas_sink *sink, cas_port_socket **out, int *family,
                     int *type)
{
    sim_host *host = host_of(backend);
    cas_port_socket *s = handle < host->socket_capacity ? host->sockets[handle] : NULL;
    if (s == NULL)
        return WSAENOTSOCK;
    if (s->sink != NULL)
        return WSAEINVAL;
    s->sink = sink;
    *family = family_of(s);
    *type = s->datagram ? SOCK_DGRAM : SOCK_STREAM;
    *out = s;
    return 0;
}

void simp_call_detach(cas_backend *backend, cas_port_socket *s)
{
    (void)backend;
    s->sink = NULL;
}

static void close_listener(cas_port_socket *s)
{
    while (s->backlog->accept_first != NULL)
        simp_tcp_abort(s->backlog->accept_first);
    while (s->backlog->handshake_first != NULL)
        simp_tcp_abort(s->backlog->handshake_first);
}

int simp_call_close(cas_backend *backend, cas_port_socket *s)
{
    struct sim_order *order = s->host->world->order;
    int linger = s->options->linger;
    bool lingers = linger >> 16 != 0, hard = lingers && (linger & 0xFFFF) == 0;
    if (s->tcp != NULL && lingers && !hard && simp_tcp_has_unsent(s->tcp))
        return WSAEWOULDBLOCK; /* a non-blocking close cannot wait for delivery */
    if (order != NULL)
        simp_order_lose_socket(order, (simp_task *)backend, s);
    if (s->listening)
        close_listener(s);
    simp_tcp *tcp = s->tcp;
    s->sink = NULL;
    s->tcp = NULL;
    if (tcp != NULL) {
        tcp->socket = NULL;
        if (hard)
            simp_tcp_abort(tcp);
        else
            simp_tcp_close(tcp);
    }
    simp_socket_free(s);
    return 0;
}

/* ---- addresses ---- */

/* A link-local address without a scope is on the link of the address that the socket is bound to. */
static simp_ip zoned(const cas_port_socket *s, simp_ip ip)
{
    uint16_t zone = simp_ip_zone(simp_socket_bound_to(s));
    if (simp_ip_zone(ip) == 0 && simp_ip_is_link_local(ip) && zone != 0)
        return simp_ip_in_zone(ip, zone);
    return simp_ip_default_zone(s->host, ip);
}

/* An address that the socket's family can use; the IPv6 wildcard stays apart from IPv4's. */
static int address(const cas_port_socket *s, const SOCKADDR *addr, int len, simp_ip *ip, uint16_t *port)
{
    int error = simp_ip_from_sockaddr(addr, len, ip, port);
    if (error == 0 && addr->sa_family != family_of(s))
        error = WSAEAFNOSUPPORT;
    if (error == 0 && s->ipv6 && simp_ip_has_zone(*ip))
        *ip = zoned(s, *ip);
    return error;
}

/* RFC 3493 5.3: an IPv6 socket speaks IPv4 to mapped addresses, if it is not for IPv6 only. */
static bool is_mapped_in_vain(const cas_port_socket *s, simp_ip ip)
{
    return s->ipv6 && s->options->v6only && simp_ip_is_v4(ip);
}

/* From the address it is bound to, a socket reaches its family only. */
static int check_reach(const cas_port_socket *s, simp_ip ip)
{
    if (!s->ipv6)
        return 0;
    simp_ip local = simp_socket_bound_to(s);
    bool mixed = s->bound && !simp_ip_equal(local, (simp_ip){0, 0}) &&
                 simp_ip_is_v4(local) != simp_ip_is_v4(ip);
    return mixed || is_mapped_in_vain(s, ip) ? WSAENETUNREACH : 0;
}

int simp_call_bind(cas_backend *backend, cas_port_socket *s, const SOCKADDR *addr, int len)
{
    simp_ip ip;
    uint16_t port;
    int error = address(s, addr, len, &ip, &port);
    if (error != 0)
        return error;
    if (s->bound)
        return WSAEINVAL;
    if (is_mapped_in_vain(s, ip) || (!simp_ip_is_any(ip) && !simp_host_owns(host_of(backend), ip)))
        return WSAEADDRNOTAVAIL;
    return simp_port_bind(s, ip, port);
}

static int connect_datagram(cas_port_socket *s, simp_ip ip, uint16_t port)
{
    const simp_way *way = simp_way_to(s->host, ip);
    int error = way == NULL ? WSAENETUNREACH : 0;
    if (error == 0 && !s->bound)
        error = simp_port_bind(s, wildcard(s), 0);
    if (error != 0)
        return error;
    s->connected = true;
    s->remote = ip;
    s->remote_port = port;
    s->udp->self = simp_ip_is_any(s->local) ? way->next.source : s->local;
    return 0;
}

static int check_stream_connect(const cas_port_socket *s, simp_ip ip, uint16_t port)
{
    if (s->listening)
        return WSAEINVAL;
    if (s->connecting)
        return WSAEALREADY;
    if (s->connected)
        return WSAEISCONN;
    return simp_ip_is_any(ip) || port == 0 ? WSAEADDRNOTAVAIL : 0;
}

static int open_actively(cas_port_socket *s, simp_ip self, simp_ip ip, uint16_t port)
{
    simp_tcp_key key = {self, ip, port, s->local_port, s->host->index};
    int error = simp_tcp_connect(s, &key);
    if (error != 0)
        return error;
    s->connecting = true;
    s->remote = ip;
    s->remote_port = port;
    return 0;
}

static int connect_stream(cas_port_socket *s, simp_ip ip, uint16_t port)
{
    const simp_way *way = NULL;
    int error = check_stream_connect(s, ip, port);
    if (error == 0 && !simp_ip_is_multicast(ip) &&
        !simp_host_is_broadcast(s->host, ip)) /* RFC 9293 MUST-46 */
        way = simp_way_to(s->host, ip);
    if (error == 0 && way == NULL)
        error = WSAENETUNREACH;
    bool was_bound = s->bound;
    if (error == 0 && !was_bound)
        error = simp_port_bind(s, wildcard(s), 0);
    if (error != 0)
        return error;
    simp_ip local = simp_socket_bound_to(s);
    error = open_actively(s, simp_ip_is_any(local) ? way->next.source : local, ip, port);
    if (error != 0 && !was_bound)
        simp_port_unbind_ephemeral(s);
    return error != 0 ? error : WSAEWOULDBLOCK;
}

int simp_call_connect(cas_backend *backend, cas_port_socket *s, const SOCKADDR *addr, int len)
{
    int trouble = simp_host_trouble(host_of(backend));
    if (trouble != 0)
        return trouble;
    if (s->datagram && addr->sa_family == AF_UNSPEC) {
        s->connected = false;
        return 0;
    }
    simp_ip ip;
    uint16_t port;
    int error = address(s, addr, len, &ip, &port);
    if (error != 0)
        return error;
    if (s->datagram && simp_ip_is_any(ip)) {
        s->connected = false;
        return 0;
    }
    error = check_reach(s, ip);
    if (error != 0)
        return error;
    return s->datagram ? connect_datagram(s, ip, port) : connect_stream(s, ip, port);
}

int simp_call_listen(cas_backend *backend, cas_port_socket *s, int backlog)
{
    (void)backend;
    if (s->datagram)
        return WSAEOPNOTSUPP;
    if (s->connected)
        return WSAEISCONN;
    if (!s->bound || s->connecting)
        return WSAEINVAL;
    if (s->listening)
        return 0;
    int limit = backlog < 1 ? 1 : backlog > BACKLOG_MAX ? BACKLOG_MAX : backlog;
    return simp_socket_listen(s, (unsigned)limit);
}

/* False: no memory. */
static bool inherit(cas_port_socket *s, const cas_port_socket *listener)
{
    s->ttl = listener->ttl;
    if (listener->options == &simp_options_default)
        return true;
    simp_options *own = simp_socket_own_options(s);
    if (own != NULL)
        *own = *listener->options;
    return own != NULL;
}

int simp_call_accept(cas_backend *backend, cas_port_socket *listener, cas_sink *sink, cas_port_socket **out,
                     SOCKET *handle)
{
    (void)backend;
    if (listener->datagram)
        return WSAEOPNOTSUPP;
    if (!listener->listening)
        return WSAEINVAL;
    simp_tcp *tcp = listener->backlog->accept_first;
    if (tcp == NULL)
        return WSAEWOULDBLOCK;
    cas_port_socket *s;
    int error = simp_socket_create(listener->host, false, listener->ipv6, &s);
    if (error != 0)
        return error;
    if (!inherit(s, listener)) {
        simp_socket_free(s);
        return WSAENOBUFS;
    }
    simp_socket_dequeue(listener, tcp);
    s->sink = sink;
    s->accepted = true;
    s->ordinal = ++listener->host->sockets_accepted;
    s->connected = true;
    s->connected_ns = listener->host->world->now_ns;
    s->bound = true;
    s->local = tcp->key.local;
    s->local_port = tcp->key.local_port;
    s->remote = tcp->key.remote;
    s->remote_port = tcp->key.remote_port;
    s->finished = tcp->fin_received;
    s->tcp = tcp;
    tcp->socket = s;
    if (tcp->state == SIMP_TCP_CLOSED) { /* reset while it waited */
        s->dead = WSAECONNRESET;
        simp_tcp_destroy(tcp);
    } else {
        simp_tcp_rest(tcp);
    }
    *out = s;
    *handle = s->handle;
    return 0;
}

static simp_ip local_address(const cas_port_socket *s)
{
    if (!s->connecting && !s->connected)
        return simp_socket_bound_to(s);
    if (s->datagram)
        return s->udp->self;
    return s->tcp != NULL ? s->tcp->key.local : s->local;
}

int simp_call_local_name(cas_backend *backend, cas_port_socket *s, SOCKADDR_STORAGE *out)
{
    (void)backend;
    if (!s->bound)
        return WSAEINVAL;
    simp_ip_to_sockaddr(local_address(s), s->local_port, family_of(s), out);
    return 0;
}

int simp_call_peer_name(cas_backend *backend, cas_port_socket *s, SOCKADDR_STORAGE *out)
{
    (void)backend;
    if (!s->connected && !s->connecting)
        return WSAENOTCONN;
    simp_ip_to_sockaddr(s->remote, s->remote_port, family_of(s), out);
    return 0;
}

/* ---- transfer ---- */

static int receive_urgent(cas_port_socket *s, void *buf, size_t len, bool peek, size_t *count)
{
    if (s->options->inline_urgent)
        return WSAEINVAL;
    simp_mark *mark = s->tcp == NULL ? NULL : simp_receive_buffer_urgent(s->tcp);
    if (mark == NULL)
        return WSAEWOULDBLOCK;
    *count = len > 0 ? 1 : 0;
    if (len > 0)
        memcpy(buf, &mark->byte, 1);
    if (len > 0 && !peek) {
        simp_receive_buffer_take(s->tcp, mark);
        simp_tcp_window_opened(s->tcp);
    }
    return 0;
}

static int receive_stream(cas_port_socket *s, void *buf, size_t len, int flags, size_t *count)
{
    if (!s->connected)
        return WSAENOTCONN;
    if (s->receive_shut)
        return WSAESHUTDOWN;
    if (s->dead != 0)
        return s->dead;
    bool peek = (flags & MSG_PEEK) != 0;
    if ((flags & MSG_OOB) != 0)
        return receive_urgent(s, buf, len, peek, count);
    uint32_t part = len > UINT32_MAX / 2 ? UINT32_MAX / 2 : (uint32_t)len;
    *count = simp_receive_buffer_read(s->tcp, buf, part, peek);
    if (*count == 0 && (part != 0 || simp_receive_buffer_ready(s->tcp) == 0))
        return s->finished ? 0 : WSAEWOULDBLOCK;
    if (!peek) {
        simp_tcp_window_opened(s->tcp);
        simp_tcp_rest(s->tcp);
    }
    return 0;
}

int simp_call_receive(cas_backend *backend, cas_port_socket *s, void *buf, size_t len, int flags,
                      SOCKADDR_STORAGE *from, cas_received *got)
{
    (void)backend;
    int error = s->datagram ? simp_udp_receive(s, buf, len, (flags & MSG_PEEK) != 0, from, &got->count)
                            : receive_stream(s, buf, len, flags, &got->count);
    got->drained = !simp_socket_is_readable(s);
    return error;
}

/* SO_SNDBUF 0 still lets one segment out at a time. */
static uint32_t send_room(const simp_tcp *t, size_t wanted)
{
    uint32_t limit = t->send_limit > t->mss ? t->send_limit : t->mss;
    uint32_t queued = t->send_end - t->una;
    if (queued >= limit)
        return 0;
    /* Half the sequence space must never be in the buffer. */
    uint32_t most = SEND_QUEUED_MAX - queued;
    bool whole = simp_tcp_profile(t)->sends_whole && wanted <= most;
    return whole ? most : limit - queued;
}

static int send_stream(cas_port_socket *s, const void *buf, size_t len, int flags, size_t *count)
{
    if (!s->connected)
        return WSAENOTCONN;
    if (s->send_shut)
        return WSAESHUTDOWN;
    if (s->dead != 0)
        return s->dead;
    if (s->tcp->state == SIMP_TCP_CLOSED)
        return WSAESHUTDOWN;
    simp_tcp *t = s->tcp;
    uint32_t room = send_room(t, len);
    if (len > 0 && room == 0) {
        s->send_blocked = true;
        return WSAEWOULDBLOCK;
    }
    uint32_t part = len < room ? (uint32_t)len : room;
    bool urgent = (flags & MSG_OOB) != 0 && part != 0;
    if ((urgent && simp_tcp_extras(t) == NULL) || !simp_send_buffer_append(t, buf, part))
        return WSAENOBUFS;
    if (urgent) {
        t->urgent = true;
        t->extras->urgent_end = t->send_end;
    }
    simp_record_bytes(s->host->world, buf, part);
    simp_tcp_output(t);
    *count = part;
    return 0;
}

static int send_datagram(cas_port_socket *s, const void *buf, size_t len, const SOCKADDR *to, int to_len,
                         size_t *count)
{
    if (s->send_shut)
        return WSAESHUTDOWN;
    if (to == NULL && !s->connected)
        return WSAENOTCONN;
    simp_ip ip = s->remote;
    uint16_t port = s->remote_port;
    int error = to == NULL ? 0 : address(s, to, to_len, &ip, &port);
    if (error == 0 && to != NULL)
        error = check_reach(s, ip);
    if (error == 0)
        error = simp_udp_send(s, buf, len, ip, port, to != NULL);
    if (error != 0)
        return error;
    simp_record_bytes(s->host->world, buf, len);
    *count = len;
    return 0;
}

int simp_call_send(cas_backend *backend, cas_port_socket *s, const void *buf, size_t len, int flags,
                   const SOCKADDR *to, int to_len, size_t *count)
{
    int trouble = simp_host_trouble(host_of(backend));
    if (trouble != 0)
        return trouble;
    if (s->datagram)
        return send_datagram(s, buf, len, to, to_len, count);
    return send_stream(s, buf, len, flags, count);
}

/* What is queued is lost, and the peer's later bytes are; the documented profile resets instead. */
static void shut_receives(simp_tcp *t)
{
    bool unread = simp_receive_buffer_ready(t) > 0 || simp_receive_buffer_urgent(t) != NULL;
    t->receive_shut = true;
    t->dropped_some = t->dropped_some || unread;
    if (unread && simp_tcp_profile(t)->shutdown_receive_resets) {
        simp_tcp_abandon(t);
        return;
    }
    simp_receive_buffer_clear(t);
    simp_tcp_window_opened(t);
}

int simp_call_shutdown(cas_backend *backend, cas_port_socket *s, int how)
{
    (void)backend;
    if (!s->datagram && !s->connected)
        return WSAENOTCONN;
    if (how != SD_SEND) {
        s->receive_shut = true;
        if (s->datagram) {
            simp_udp_clear(s);
            s->udp->errors_pending = 0;
            s->udp->error_pending = 0;
        } else if (s->tcp != NULL) {
            shut_receives(s->tcp);
        }
    }
    if (how != SD_RECEIVE) {
        s->send_shut = true;
        if (s->tcp != NULL)
            simp_tcp_shutdown(s->tcp);
    }
    return 0;
}

int simp_call_set_udp_connreset(cas_backend *backend, cas_port_socket *s, bool on)
{
    (void)backend;
    s->connreset = on;
    return 0;
}
