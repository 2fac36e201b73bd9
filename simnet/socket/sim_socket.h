/* SPDX-License-Identifier: MIT
 *
 * A socket of a simulated host: what lies between the backend port and TCP or UDP.
 *
 * A socket is small, because there may be many that only have a connection: what datagrams, listeners and
 * unusual options need lies in parts of their own.
 *
 * Invariants:
 *  1. A socket is in its host's handle table from open or accept to close.
 *  2. A socket with on_port is on the list of its port (port_table.h); local_port is not 0 then.
 *  3. A stream socket that listens has no connection; tcp->socket == this for one that has.
 *  4. Connections on backlog->accept_first are established and have no socket yet.
 *  5. options are the default ones, or the socket's own.
 */
#ifndef SIMNET_SIM_SOCKET_H
#define SIMNET_SIM_SOCKET_H

#include "simnet/host/host.h"

enum {
    SIMP_HANDLE_FIRST = 3,
    SIMP_HANDLE_BITS = 20,
    SIMP_SOCKETS_MAX = 1 << SIMP_HANDLE_BITS,
    SIMP_BUFFER_DEFAULT = 65536
};

struct simp_tcp;

typedef struct simp_options {
    bool debug, reuse, exclusive, keepalive, dontroute, broadcast, inline_urgent, nodelay, v6only;
    bool dont_fragment;
    int linger; /* CAS_LINGER */
    int send_buffer, receive_buffer;
    int send_timeout_ms, receive_timeout_ms;
} simp_options;

/* What a socket begins with. */
extern const simp_options simp_options_default;

/* Of a listener. */
typedef struct simp_backlog {
    struct simp_tcp *accept_first;    /* established, oldest first */
    struct simp_tcp *handshake_first; /* not yet established */
    unsigned accept_count, handshake_count;
    unsigned limit;
} simp_backlog;

/* Of a datagram socket. */
typedef struct simp_datagrams {
    sim_packet *first, *last;         /* that wait to be received */
    struct simp_multicast *multicast; /* NULL: nothing out of the ordinary */
    simp_ip self;                     /* the address of this end, while there is a default peer */
    uint32_t bytes;
    unsigned errors_pending; /* WSAECONNRESET to be reported, one per ICMP error ... */
    int error_pending;       /* ... or this code, when not 0 */
} simp_datagrams;

struct cas_port_socket {
    sim_host *host;
    cas_sink *sink; /* NULL: detached */
    uint32_t handle : SIMP_HANDLE_BITS, ttl : 8;
    bool datagram : 1, ipv6 : 1;
    bool bound : 1, on_port : 1;
    bool listening : 1, connecting : 1;
    bool connected : 1; /* stream: was established; datagram: has a default peer */
    bool receive_shut : 1, send_shut : 1;
    bool send_blocked : 1;        /* a send found no room, and FD_WRITE is owed when there is */
    bool finished : 1;            /* the peer's FIN was reported */
    bool connreset : 1;           /* SIO_UDP_CONNRESET, on by default */
    bool was_any : 1, any_v4 : 1; /* see simp_socket_bound_to */
    bool accepted : 1;
    uint16_t dead; /* the connection is gone: what receive and send fail with */
    uint16_t local_port, remote_port;
    uint16_t last_error; /* SO_ERROR */
    uint16_t ordinal;    /* from 1, among the accepted ones of its host or the others, modulo 65536 */
    simp_ip local;  /* that it is bound to; after its connection's end: the address it had in it */
    simp_ip remote;
    const simp_options *options;
    cas_port_socket *port_next; /* on the list of its port, in the order of binding */
    struct simp_tcp *tcp;
    union {
        uint64_t connected_ns; /* stream that was established */
        simp_backlog *backlog; /* stream that listens */
        simp_datagrams *udp;   /* datagram */
    };
};

/* sim_socket.c */
/* 0, WSAEMFILE or WSAENOBUFS. */
int simp_socket_create(sim_host *, bool datagram, bool ipv6, cas_port_socket **out);
/* Takes the socket out of every table and frees it.  Its connection must be gone or orphaned. */
void simp_socket_free(cas_port_socket *);

/* The socket's options, to be changed; NULL: no memory. */
simp_options *simp_socket_own_options(cas_port_socket *);
/* From now on it listens: 0 or WSAENOBUFS. */
int simp_socket_listen(cas_port_socket *, unsigned backlog);

/* Its connection ends, which had this address at this end. */
void simp_socket_disconnect(cas_port_socket *, simp_ip self);
/* The address that was asked for: a wildcard stays one, also when a connection found the address to use. */
static inline simp_ip simp_socket_bound_to(const cas_port_socket *s)
{
    if (!s->was_any)
        return s->local;
    return s->any_v4 ? simp_ip_v4(0) : (simp_ip){0, 0};
}

/* The connection reports; each may come for a socket that is detached. */
void simp_socket_report(cas_port_socket *, long events, int error);

/* A SYN of a newcomer. */
void simp_socket_begin_handshake(cas_port_socket *listener, struct simp_tcp *tcp);
/* A connection of the listener has been established. */
void simp_socket_enqueue(cas_port_socket *listener, struct simp_tcp *tcp);
/* A connection that was not accepted yet is gone. */
void simp_socket_dequeue(cas_port_socket *listener, struct simp_tcp *tcp);

/* The switches that hold for the socket: those of its thread, or of the world while it is detached. */
const cas_profile *simp_socket_profile(const cas_port_socket *);

/* udp.c */
/* addressed: the caller named the destination; else it is the connected peer's. */
int simp_udp_send(cas_port_socket *, const void *buf, size_t len, simp_ip to, uint16_t port, bool addressed);
int simp_udp_receive(cas_port_socket *, void *buf, size_t len, bool peek, SOCKADDR_STORAGE *from,
                     size_t *count);
void simp_udp_clear(cas_port_socket *);

#endif
