/* SPDX-License-Identifier: MIT
 *
 * The port below the engine: non-blocking calls downwards, conditions upwards.
 *
 * The engine (core/) owns masks, latches, generations and messages; a backend knows none of them.  It
 * performs calls, and reports conditions, each named by the FD_ bit of the notification that it can owe:
 *
 *   FD_READ     in-band bytes, a datagram or a datagram error can be received
 *   FD_OOB      an urgent byte can be received out of line
 *   FD_WRITE    a connected stream or a datagram socket has room
 *   FD_ACCEPT   the accept queue is not empty
 *   FD_CONNECT  the connection attempt ended; error 0 or the reason
 *   FD_CLOSE    the peer finished (error 0) or the connection was reset or died (error WSAECONNRESET, ...)
 *
 * Invariants every backend keeps:
 *  1. No lost condition: whatever is true is returned by conditions(), or will be reported, or both.
 *  2. Reports come only from wait(), or from where the backend itself is run (a world's events, a timer of
 *     the thread), never from inside one of the calls below.
 *  3. FD_CONNECT is reported once per attempt; FD_CLOSE once per connection.  FD_CONNECT(0) is reported
 *     before or together with FD_WRITE of the same connection.
 *  4. After close or detach nothing is reported for the sink.
 *  5. Calls return 0 or a WSAE code; outputs are untouched on failure.  Nothing blocks but wait() and
 *     resolve().
 */
#ifndef CASTANET_BACKEND_H
#define CASTANET_BACKEND_H

#include "castanet/thread.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct cas_port_socket cas_port_socket; /* each backend completes it for itself */

/* The upper side of a socket: the engine's, or that of a wrapper between the engine and a backend. */
typedef struct cas_sink cas_sink;
struct cas_sink {
    /* These conditions (FD_ bits) became true.  error belongs to FD_CONNECT or FD_CLOSE; the two are never
     * reported in one call with an error.  Never makes a callback, never fails. */
    void (*report)(cas_sink *, long events, int error);
    const cas_profile *profile; /* that of the thread, as it is at the moment */
};

/* Socket options at the port, whatever number the caller used.  Values are ints: BOOLs are 0 or 1, times are
 * ms, CAS_OPT_LINGER is CAS_LINGER(onoff, seconds). */
typedef enum cas_option {
    CAS_OPT_DEBUG,
    CAS_OPT_ACCEPTCONN,
    CAS_OPT_REUSEADDR,
    CAS_OPT_EXCLUSIVEADDRUSE,
    CAS_OPT_KEEPALIVE,
    CAS_OPT_DONTROUTE,
    CAS_OPT_BROADCAST,
    CAS_OPT_LINGER,
    CAS_OPT_OOBINLINE,
    CAS_OPT_SNDBUF,
    CAS_OPT_RCVBUF,
    CAS_OPT_SNDTIMEO,
    CAS_OPT_RCVTIMEO,
    CAS_OPT_ERROR,
    CAS_OPT_TYPE,
    CAS_OPT_CONNECT_TIME,
    CAS_OPT_NODELAY,
    CAS_OPT_V6ONLY,
    CAS_OPT_TTL,
    CAS_OPT_DONT_FRAGMENT,
    CAS_OPT_MULTICAST_IF, /* IPv4: an address of the interface in network order; IPv6: its index; 0: any */
    CAS_OPT_MULTICAST_TTL,
    CAS_OPT_MULTICAST_LOOP
} cas_option;
#define CAS_LINGER(onoff, seconds) ((int)(((unsigned)(onoff) << 16) | ((unsigned)(seconds)&0xFFFFu)))

/* A group and the interface it is joined on, in the form of the socket's family. */
typedef union cas_group {
    struct ip_mreq v4;
    struct ipv6_mreq v6;
} cas_group;

/* Requests of query(). */
typedef enum cas_query {
    CAS_QUERY_READ_COUNT, /* FIONREAD */
    CAS_QUERY_AT_MARK,    /* SIOCATMARK */
    CAS_QUERY_READABLE    /* a receive would not block: data, end of stream, reset, datagram error */
} cas_query;

/* What a receive gave.  drained, whatever its result: FD_READ is not true now, and conditions() need not be
 * asked for it; false: it is not known. */
typedef struct cas_received {
    size_t count;
    bool drained;
} cas_received;

typedef struct cas_backend_ops {
    const char *name;

    /* family AF_INET or AF_INET6, type SOCK_STREAM or SOCK_DGRAM, protocol 0 or the matching one: the engine
     * has checked them.  The socket is non-blocking and reports to sink. */
    int (*open)(cas_backend *, int family, int type, cas_sink *sink, cas_port_socket **out, SOCKET *handle);
    /* Takes a handle that detach left, or one of the system's; *family and *type receive what it is.
     * WSAENOTSOCK, WSAEINVAL (taken already). */
    int (*attach)(cas_backend *, SOCKET handle, cas_sink *sink, cas_port_socket **out, int *family,
                  int *type);
    /* Forgets the sink; the handle stays open. */
    void (*detach)(cas_backend *, cas_port_socket *);
    /* 0: gone.  WSAEWOULDBLOCK (linger time and unsent data): still open and still reporting. */
    int (*close)(cas_backend *, cas_port_socket *);

    /* The user chooses a mask (FD_ bits).  NULL: nothing to do, it is the engine's business.  A failure
     * leaves the mask as it was. */
    int (*select)(cas_backend *, cas_port_socket *, long mask);
    int (*bind)(cas_backend *, cas_port_socket *, const SOCKADDR *, int len);
    /* Stream: WSAEWOULDBLOCK and a report later, or an error at once.  Datagram: at once; AF_UNSPEC
     * dissolves. */
    int (*connect)(cas_backend *, cas_port_socket *, const SOCKADDR *, int len);
    int (*listen)(cas_backend *, cas_port_socket *, int backlog);
    /* The peer's address is had from peer_name. */
    int (*accept)(cas_backend *, cas_port_socket *, cas_sink *sink, cas_port_socket **out, SOCKET *handle);
    /* flags: MSG_PEEK, MSG_OOB in the system's numbers.  from NULL, or full size.  *got is zeros before;
     * count 0: end of stream or empty datagram.  WSAEMSGSIZE: buf is full, count is set, the rest is lost. */
    int (*receive)(cas_backend *, cas_port_socket *, void *buf, size_t len, int flags, SOCKADDR_STORAGE *from,
                   cas_received *got);
    /* to NULL: the connected peer. */
    int (*send)(cas_backend *, cas_port_socket *, const void *buf, size_t len, int flags, const SOCKADDR *to,
                int to_len, size_t *count);
    int (*shutdown)(cas_backend *, cas_port_socket *, int how);

    int (*local_name)(cas_backend *, cas_port_socket *, SOCKADDR_STORAGE *);
    int (*peer_name)(cas_backend *, cas_port_socket *, SOCKADDR_STORAGE *);
    int (*get_option)(cas_backend *, cas_port_socket *, cas_option, int *value);
    int (*set_option)(cas_backend *, cas_port_socket *, cas_option, int value);
    /* Of datagram sockets.  WSAEINVAL: no group; WSAEADDRNOTAVAIL: no such interface, or not joined;
     * WSAEADDRINUSE: joined already. */
    int (*join)(cas_backend *, cas_port_socket *, const cas_group *);
    int (*leave)(cas_backend *, cas_port_socket *, const cas_group *);
    int (*query)(cas_backend *, cas_port_socket *, cas_query, unsigned *value);
    /* SIO_UDP_CONNRESET. */
    int (*set_udp_connreset)(cas_backend *, cas_port_socket *, bool on);

    /* Those of interest (FD_ bits, never FD_CONNECT) that are true now and will not be reported by
     * themselves.  *close_error is set with FD_CLOSE. */
    long (*conditions)(cas_backend *, cas_port_socket *, long interest, int *close_error);

    /* host text, numeric or a name; *out gets address and port.  family AF_UNSPEC: any.
     * WSAHOST_NOT_FOUND. */
    int (*resolve)(cas_backend *, const char *host, uint16_t port, int family, SOCKADDR_STORAGE *out);

    /* Collects events and reports them; waits for the first up to timeout_ns (negative: for ever). */
    int (*wait)(cas_backend *, int64_t timeout_ns);
    /* The pump has work at at_ns (0: now, a message was posted; a timer: later).  A backend whose
     * wait() is driven by the engine may ignore it. */
    void (*wake)(cas_backend *, uint64_t at_ns);
    int (*descriptor)(cas_backend *);
    uint64_t (*now)(cas_backend *);
} cas_backend_ops;

/* A backend instance begins with this. */
struct cas_backend {
    const cas_backend_ops *ops;
};

static inline void cas_sink_report(cas_sink *sink, long events, int error)
{
    sink->report(sink, events, error);
}

#ifdef __cplusplus
}
#endif

#endif
