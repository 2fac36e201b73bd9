/* SPDX-License-Identifier: MIT
 *
 * The epoll backend's own structures: a socket, what is known about it without asking the kernel, and the
 * set it is registered with.
 *
 *   IDLE       -> CONNECTING            [casp_stream_connect]
 *   CONNECTING -> CONNECTED             [casp_stream_event: the attempt succeeded]
 *   CONNECTING -> IDLE                  [casp_stream_event: it failed; it may be tried again]
 *   IDLE       -> LISTENING             [casp_stream_listen]
 *   (new)      -> CONNECTED             [casp_stream_accept, casp_epoll_attach]
 *   IDLE      <-> CONNECTED             [datagrams: casp_datagram_connect, at once]
 *
 * Invariants:
 *  1. The file descriptor is non-blocking, and the kernel's linger time is 0: close(2) never waits.
 *  2. interest is what the kernel's set holds for the socket; 0: it is not in the set.
 *  3. A stream that is CONNECTING or CONNECTED is in the set edge triggered, with all events.  readable NO
 *     and writable false mean: when that changes, an edge will tell.
 *  4. A listener or datagram socket is in the set level triggered.  While owed is set, the last report was
 *     not answered by a call; a second event then silences the socket (EPOLLIN is taken out) until the
 *     answer.
 *  5. dead is what every further receive and send answers; it is set once in the life of a connection.
 *  6. FD_CLOSE was reported if and only if close_told.
 *  7. No socket is closed while wait() walks over its events.
 */
#ifndef BACKENDS_EPOLL_SOCKET_H
#define BACKENDS_EPOLL_SOCKET_H

#include <stdbool.h>
#include <stdint.h>

#include <sys/epoll.h>

#include "castanet/backend.h"

#define CASP_EPOLL_EDGES (EPOLLIN | EPOLLOUT | EPOLLPRI | EPOLLRDHUP | EPOLLET)

typedef struct casp_epoll {
    cas_backend base;
    cas_allocator *memory;
    int set;             /* the epoll descriptor */
    int alarm;           /* a timerfd in the set, made when somebody asks for the descriptor; -1: none */
    uint64_t alarm_ns;   /* when it is due; UINT64_MAX: it is not running */
    bool reporting;      /* inside wait(), walking over events */
} casp_epoll;

typedef enum casp_phase { CASP_IDLE, CASP_CONNECTING, CASP_CONNECTED, CASP_LISTENING } casp_phase;
typedef enum casp_readable { CASP_READABLE_NO, CASP_READABLE_MAYBE, CASP_READABLE_YES } casp_readable;

/* What the user was told about options whose value the kernel changes, lacks, or must not have. */
typedef struct casp_shadow {
    int sndbuf, rcvbuf;        /* -1: never set, ask the kernel */
    int sndtimeo, rcvtimeo;    /* ms */
    int linger;                /* CAS_LINGER */
    int error;                 /* SO_ERROR: that of the last connection attempt, until one succeeds */
    bool debug, reuseaddr, exclusiveaddruse, broadcast;
} casp_shadow;

typedef union casp_address {
    SOCKADDR any;
    SOCKADDR_IN v4;
    SOCKADDR_IN6 v6;
} casp_address;

struct cas_port_socket {
    cas_sink *sink;
    int fd;
    uint32_t interest;
    int family;
    casp_phase phase;
    casp_readable readable;
    bool datagram;
    bool foreign;          /* attached: others may hold duplicates of the descriptor */
    bool bound, bound_by_user;
    bool writable;
    bool receive_shut, send_shut;
    bool owed;             /* listeners, datagrams: invariant 4 */
    /* Streams. */
    bool fresh;            /* accepted or attached, and the first edge is still to come */
    bool fin;              /* the peer has finished, as far as is known */
    bool sent;             /* something was sent since the last event */
    bool close_told;
    bool urgent;           /* an urgent byte was pending at the last event */
    bool urgent_seen;      /* a receive may stop at the mark: a short one proves nothing */
    bool oob_inline;
    bool mark_stands;      /* an urgent byte was pending when SO_OOBINLINE was switched on */
    int dead;
    int close_error;       /* of the FD_CLOSE */
    uint64_t connected_ns;
    /* Datagrams. */
    bool ignore_resets;    /* SIO_UDP_CONNRESET is off */
    bool broadcast_lent;   /* the kernel's SO_BROADCAST is on though the user's is not */
    uint16_t resets;       /* ICMP port unreachable, to be answered by a receive each */
    uint16_t expiries;     /* ICMP time exceeded, likewise */
    casp_shadow shadow;
    casp_address peer;     /* valid when CONNECTING or CONNECTED */
};

/* errno_map.c: an errno as a WSAE code; 0 stays 0. */
int casp_wsa_from_errno(int number);

/* epoll.c */
/* Registers, changes or removes (events 0).  0 or WSAENOBUFS. */
int casp_epoll_interest(casp_epoll *, cas_port_socket *, uint32_t events);
uint64_t casp_epoll_now(cas_backend *);

/* epoll_call.c: slots of the port that concern both types, and what they share. */
int casp_epoll_open(cas_backend *, int family, int type, cas_sink *, cas_port_socket **out, SOCKET *handle);
int casp_epoll_attach(cas_backend *, SOCKET handle, cas_sink *, cas_port_socket **out, int *family,
                      int *type);
void casp_epoll_detach(cas_backend *, cas_port_socket *);
int casp_epoll_close(cas_backend *, cas_port_socket *);
int casp_epoll_bind(cas_backend *, cas_port_socket *, const SOCKADDR *, int len);
int casp_epoll_shutdown(cas_backend *, cas_port_socket *, int how);
/* A new record for fd; NULL without memory. */
cas_port_socket *casp_epoll_socket_create(casp_epoll *, cas_sink *, int fd, int family, bool datagram);
void casp_epoll_socket_free(casp_epoll *, cas_port_socket *);
/* poll(2) without waiting: those of events, POLLERR and POLLHUP that hold now. */
short casp_epoll_poll(const cas_port_socket *, short events);
/* The kernel's pending error of the socket, an errno value, which it forgets. */
int casp_epoll_take_error(const cas_port_socket *);
void casp_epoll_set_flag(const cas_port_socket *, int level, int name, int value);
/* The address of the socket's end, or the wildcard; false if there is no port either. */
bool casp_epoll_local(const cas_port_socket *, SOCKADDR_STORAGE *);

/* epoll_name.c */
int casp_epoll_local_name(cas_backend *, cas_port_socket *, SOCKADDR_STORAGE *);
int casp_epoll_peer_name(cas_backend *, cas_port_socket *, SOCKADDR_STORAGE *);
int casp_epoll_resolve(cas_backend *, const char *host, uint16_t port, int family, SOCKADDR_STORAGE *out);
void casp_address_keep(casp_address *to, const SOCKADDR *from, int len);
bool casp_address_is_any(const SOCKADDR *);
uint16_t casp_address_port(const SOCKADDR *); /* host byte order */
int casp_address_len(int family);

/* epoll_option.c */
int casp_epoll_get_option(cas_backend *, cas_port_socket *, cas_option, int *value);
int casp_epoll_set_option(cas_backend *, cas_port_socket *, cas_option, int value);
/* Fills the shadow of an attached handle from the kernel, and takes the kernel's linger time away. */
void casp_option_adopt(cas_port_socket *);
/* Gives the linger time back, for a handle that leaves. */
void casp_option_release(const cas_port_socket *);

/* epoll_stream.c: connections and listeners */
int casp_stream_connect(casp_epoll *, cas_port_socket *, const SOCKADDR *, int len);
int casp_stream_listen(cas_backend *, cas_port_socket *, int backlog);
int casp_stream_accept(cas_backend *, cas_port_socket *, cas_sink *, cas_port_socket **out,
                       SOCKET *handle);
void casp_stream_event(casp_epoll *, cas_port_socket *, uint32_t events);
long casp_listener_conditions(casp_epoll *, cas_port_socket *);

/* epoll_transfer.c: bytes of a connection */
int casp_stream_receive(cas_port_socket *, void *buf, size_t len, int flags, size_t *count);
int casp_stream_send(cas_port_socket *, const void *buf, size_t len, int flags, size_t *count);
long casp_stream_conditions(casp_epoll *, cas_port_socket *, long interest, int *close_error);
int casp_stream_query(cas_port_socket *, cas_query, unsigned *value);
/* The connection died of an errno value; what was queued is lost (R10). */
void casp_stream_mark_dead(cas_port_socket *, int number);
/* Asks the kernel whether in-band bytes are queued, and remembers the answer. */
bool casp_stream_look(cas_port_socket *);

/* epoll_datagram.c */
/* Switches the kernel's queue of ICMP errors on. */
void casp_datagram_prepare(const cas_port_socket *);
int casp_datagram_connect(cas_port_socket *, const SOCKADDR *, int len);
int casp_datagram_receive(casp_epoll *, cas_port_socket *, void *buf, size_t len, int flags,
                          SOCKADDR_STORAGE *from, size_t *count);
int casp_datagram_send(casp_epoll *, cas_port_socket *, const void *buf, size_t len, int flags,
                       const SOCKADDR *to, int to_len, size_t *count);
long casp_datagram_conditions(casp_epoll *, cas_port_socket *, long interest);
int casp_datagram_query(cas_port_socket *, cas_query, unsigned *value);
int casp_datagram_set_connreset(cas_backend *, cas_port_socket *, bool on);
void casp_datagram_event(casp_epoll *, cas_port_socket *, uint32_t events);

#endif
