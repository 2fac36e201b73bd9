/* SPDX-License-Identifier: MIT
 *
 * A socket of a simulated host: what lies between the backend port and TCP or UDP.
 *
 * Invariants:
 *  1. A socket is in its host's handle table from open or accept to close.
 *  2. A bound socket is on the list of its port (port_table.h); local_port is not 0 then.
 *  3. A stream socket that listens has no connection; tcp->socket == this for one that has.
 *  4. Connections on accept_first are established and have no socket yet.
 */
#ifndef SIMNET_SIM_SOCKET_H
#define SIMNET_SIM_SOCKET_H

#include "simnet/host.h"

enum { SIMP_HANDLE_FIRST = 3, SIMP_SOCKETS_MAX = 1 << 20, SIMP_BUFFER_DEFAULT = 65536 };

struct simp_tcp;
struct simp_port;

typedef struct simp_datagram_queue {
    sim_packet *first, *last;
    uint32_t bytes;
} simp_datagram_queue;

typedef struct simp_options {
    bool debug, reuse, exclusive, keepalive, dontroute, broadcast, inline_urgent, nodelay, v6only;
    bool dont_fragment;
    int linger; /* CAS_LINGER */
    int send_buffer, receive_buffer;
    int send_timeout_ms, receive_timeout_ms;
    int ttl;
} simp_options;

struct cas_port_socket {
    sim_host *host;
    cas_sink *sink; /* NULL: detached */
    SOCKET handle;
    bool datagram, ipv6;
    bool bound, listening, connecting;
    bool connected; /* stream: was established; datagram: has a default peer */
    bool receive_shut, send_shut;
    bool send_blocked; /* a send found no room, and FD_WRITE is owed when there is */
    bool finished;     /* the peer's FIN was reported */
    bool connreset;    /* SIO_UDP_CONNRESET, on by default */
    int dead;          /* the connection is gone: what receive and send fail with */
    int last_error;    /* SO_ERROR */
    uint16_t local_port, remote_port;
    simp_ip local, remote;
    simp_ip self; /* the address of this end, once there is a connection */
    uint64_t connected_ns;
    simp_options options;
    struct simp_port *port; /* bound: the entry and the next socket on it, in the order of binding */
    cas_port_socket *port_next;
    struct simp_tcp *tcp;
    struct simp_tcp *accept_first;    /* established, oldest first */
    struct simp_tcp *handshake_first; /* not yet established */
    unsigned accept_count, handshake_count;
    unsigned backlog;
    struct simp_multicast *multicast; /* datagram; NULL: nothing out of the ordinary */
    simp_datagram_queue datagrams;
    unsigned errors_pending; /* datagram: WSAECONNRESET to be reported, one per ICMP error ... */
    int error_pending;       /* ... or this code, when not 0 */
};

/* sim_socket.c */
/* 0, WSAEMFILE or WSAENOBUFS. */
int simp_socket_create(sim_host *, bool datagram, bool ipv6, cas_port_socket **out);
/* Takes the socket out of every table and frees it.  Its connection must be gone or orphaned. */
void simp_socket_free(cas_port_socket *);

/* The connection reports; each may come for a socket that is detached. */
void simp_socket_report(cas_port_socket *, long events, int error);

/* A SYN of a newcomer. */
void simp_socket_begin_handshake(cas_port_socket *listener, struct simp_tcp *tcp);
/* A connection of the listener has been established. */
void simp_socket_enqueue(cas_port_socket *listener, struct simp_tcp *tcp);
/* A connection that was not accepted yet is gone. */
void simp_socket_dequeue(cas_port_socket *listener, struct simp_tcp *tcp);

/* Is there a byte, a datagram, an error? */
bool simp_socket_is_readable(const cas_port_socket *);
bool simp_socket_is_writable(const cas_port_socket *);

/* The switches that hold for the socket: those of its thread, or of the world while it is detached. */
const cas_profile *simp_socket_profile(const cas_port_socket *);

/* udp.c */
/* addressed: the caller named the destination; else it is the connected peer's. */
int simp_udp_send(cas_port_socket *, const void *buf, size_t len, simp_ip to, uint16_t port, bool addressed);
int simp_udp_receive(cas_port_socket *, void *buf, size_t len, bool peek, SOCKADDR_STORAGE *from,
                     size_t *count);
void simp_udp_clear(cas_port_socket *);

#endif
