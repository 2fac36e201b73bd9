/* SPDX-License-Identifier: MIT
 *
 * What the real backends share: a socket, what is known about it without asking the kernel, and the table of
 * what differs between them.  The posix_ files need POSIX.1-2008 and, beside it, the ioctl requests FIONREAD
 * and TIOCOUTQ and the options of TCP and IP, which every system has.
 *
 *   IDLE       -> CONNECTING            [casp_stream_connect]
 *   CONNECTING -> CONNECTED             [casp_stream_event: the attempt succeeded]
 *   CONNECTING -> IDLE                  [casp_stream_event: it failed; it may be tried again]
 *   IDLE       -> LISTENING             [casp_stream_listen]
 *   (new)      -> CONNECTED             [casp_stream_accept, casp_posix_attach]
 *   IDLE      <-> CONNECTED             [datagrams: casp_datagram_connect, at once]
 *
 * Invariants:
 *  1. The file descriptor is non-blocking, and the kernel's linger time is 0: close(2) never waits.
 *  2. interest is what the backend watches the socket for; 0: nothing.
 *  3. A stream that is CONNECTING or CONNECTED is watched with CASP_WATCH_CONNECTION: each change is told
 *     once.  readable NO and writable false mean: when that changes, an event will tell.
 *  4. A listener or datagram socket is watched by levels: what is true is told again by each wait().  While
 *     owed is set, the last report was not answered by a call; a second event then silences the socket
 *     (CASP_EVENT_IN is taken out) until the answer.
 *  5. dead is what every further receive and send answers; it is set once in the life of a connection.
 *  6. FD_CLOSE was reported if and only if close_told.
 *  7. No socket is closed while wait() walks over its events.
 *  8. A socket leaves (casp_os_ops) while its descriptor is still open.
 */
#ifndef BACKENDS_POSIX_SOCKET_H
#define BACKENDS_POSIX_SOCKET_H

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>

#include "castanet/backend.h"

/* Events, and what a socket is watched for: the bits of poll(2), and one that POSIX lacks.  ERR and HUP are
 * told unasked. */
#define CASP_EVENT_IN ((unsigned)POLLIN)
#define CASP_EVENT_PRI ((unsigned)POLLPRI)
#define CASP_EVENT_OUT ((unsigned)POLLOUT)
#define CASP_EVENT_ERR ((unsigned)POLLERR)
#define CASP_EVENT_HUP ((unsigned)POLLHUP)
#define CASP_EVENT_END 0x2000u        /* the peer has finished, whatever is still unread */
#define CASP_WATCH_CHANGES (1u << 31) /* each change once, not what is true again and again */
#define CASP_WATCH_CONNECTION                                                                                \
    (CASP_EVENT_IN | CASP_EVENT_OUT | CASP_EVENT_PRI | CASP_EVENT_END | CASP_WATCH_CHANGES)

typedef struct casp_posix casp_posix;

/* What differs between the real backends. */
typedef struct casp_os_ops {
    /* Slots of the port. */
    const char *name;
    int (*wait)(cas_backend *, int64_t timeout_ns);
    void (*wake)(cas_backend *, uint64_t at_ns);
    int (*descriptor)(cas_backend *);

    /* A record was made (0 or WSAENOBUFS), or will be freed.  NULL: nothing to do. */
    int (*join)(casp_posix *, cas_port_socket *);
    void (*leave)(casp_posix *, cas_port_socket *);
    /* Changes what the socket is watched for: another set than interest; the caller keeps interest.  0,
     * WSAENOBUFS, or WSAEINVAL (watched under another record). */
    int (*watch)(casp_posix *, cas_port_socket *, unsigned events);

    /* Like socket(2) and accept(2); the new descriptor is non-blocking and closed on exec. */
    int (*open)(int family, int type);
    int (*accept)(int listener, SOCKADDR *peer, socklen_t *len);

    /* Makes the kernel keep ICMP errors for a new datagram socket, where it can. */
    void (*prepare_datagram)(const cas_port_socket *);
    /* Counts the ICMP errors that came (casp_datagram_count_reset).  number: the errno value with which a
     * call failed for one; 0: an event told of them, and the kernel's pending error is to be taken too. */
    void (*take_datagram_errors)(cas_port_socket *, int number);
    /* A send failed for an ICMP error, and with that the kernel has forgotten it.  NULL: it forgets none. */
    void (*keep_datagram_error)(cas_port_socket *, int number);
    /* In-band bytes of a stream that stands at an urgent mark, at least those that are told. */
    unsigned (*count_beyond_mark)(const cas_port_socket *);
} casp_os_ops;

/* A backend's own structure begins with this. */
struct casp_posix {
    cas_backend base;
    cas_backend_ops ops; /* the port's table, made of the shared slots and those of os */
    const casp_os_ops *os;
    cas_allocator *memory;
};

typedef enum casp_phase { CASP_IDLE, CASP_CONNECTING, CASP_CONNECTED, CASP_LISTENING } casp_phase;
typedef enum casp_readable { CASP_READABLE_NO, CASP_READABLE_MAYBE, CASP_READABLE_YES } casp_readable;

/* Whether the end of the stream would be seen behind bytes that are not read; see stream_end.h. */
typedef enum casp_end_watch { CASP_END_UNWATCHED, CASP_END_WATCHED, CASP_END_HIDDEN } casp_end_watch;

/* What the user was told about options whose value the kernel changes, lacks, or must not have. */
typedef struct casp_shadow {
    int sndbuf, rcvbuf;     /* -1: never set, ask the kernel */
    int sndtimeo, rcvtimeo; /* ms */
    int linger;             /* CAS_LINGER */
    int error;              /* SO_ERROR: that of the last connection attempt, until one succeeds */
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
    unsigned interest;
    int family;
    casp_phase phase;
    casp_readable readable;
    bool datagram;
    bool foreign; /* attached: others may hold duplicates of the descriptor */
    bool bound, bound_by_user;
    bool writable;
    bool receive_shut, send_shut;
    bool owed; /* listeners, datagrams: invariant 4 */
    /* Streams. */
    bool fresh; /* accepted, or attached from elsewhere, and the first edge is still to come */
    bool fin;   /* the peer has finished, as far as is known */
    bool sent;  /* something was sent since the last event */
    bool close_told;
    bool urgent;       /* an urgent byte was pending at the last event */
    bool urgent_seen;  /* a receive may stop at the mark: a short one proves nothing */
    bool urgent_taken; /* one was received out of line, and its mark may still lie ahead */
    bool oob_inline;
    bool inline_changed; /* a listener's: connections that wait may have been given another value */
    bool mark_stands;    /* an urgent byte was pending when SO_OOBINLINE was switched on */
    int dead;
    int close_error; /* of the FD_CLOSE */
    uint64_t connected_ns;
    size_t burst;     /* in-band bytes received since none was queued */
    size_t burst_max; /* the largest before; SIZE_MAX: attached, not known */
    /* poll.c's and stream_end.c's own; receive sets end_watch back. */
    casp_end_watch end_watch;
    int low_water;          /* the kernel's SO_RCVLOWAT; 0: never touched */
    int unread;             /* WATCHED: bytes queued when the watch began */
    unsigned watched_since; /* WATCHED: the number of that wait() */
    size_t place;           /* in the array of sockets */
    /* Datagrams. */
    bool ignore_resets;  /* SIO_UDP_CONNRESET is off */
    bool broadcast_lent; /* the kernel's SO_BROADCAST is on though the user's is not */
    bool error_untold;   /* a send met an ICMP error, which wait() has to report */
    uint16_t resets;     /* ICMP port unreachable, to be answered by a receive each */
    uint16_t expiries;   /* ICMP time exceeded, likewise */
    casp_shadow shadow;
    casp_address peer; /* valid when CONNECTING or CONNECTED */
};

/* errno_map.c: an errno as a WSAE code; 0 stays 0. */
int casp_wsa_from_errno(int number);
/* The way to a host failed, not the host. */
bool casp_errno_is_unreachable(int number);

/* posix_backend.c */
/* Fills the common part.  memory NULL: the system's. */
void casp_posix_init(casp_posix *, const casp_os_ops *, cas_allocator *memory);
uint64_t casp_posix_now(cas_backend *);
/* A time-out of the port in the units of poll(2), rounded up. */
int casp_posix_wait_ms(int64_t timeout_ns);
/* Registers, changes or removes (events 0).  0 or a code of watch. */
int casp_watch(casp_posix *, cas_port_socket *, unsigned events);
/* Hands an event to the part that knows the type. */
void casp_posix_event(casp_posix *, cas_port_socket *, unsigned events);

/* posix_call.c: slots of the port that concern both types, and what they share. */
int casp_posix_open(cas_backend *, int family, int type, cas_sink *, cas_port_socket **out, SOCKET *handle);
int casp_posix_attach(cas_backend *, SOCKET handle, cas_sink *, cas_port_socket **out, int *family,
                      int *type);
void casp_posix_detach(cas_backend *, cas_port_socket *);
int casp_posix_close(cas_backend *, cas_port_socket *);
int casp_posix_bind(cas_backend *, cas_port_socket *, const SOCKADDR *, int len);
int casp_posix_shutdown(cas_backend *, cas_port_socket *, int how);
/* A new record for fd, which has joined; NULL without memory.  free: it leaves; fd is the caller's. */
cas_port_socket *casp_socket_create(casp_posix *, cas_sink *, int fd, int family, bool datagram);
void casp_socket_free(casp_posix *, cas_port_socket *);
/* poll(2) without waiting: those of events, POLLERR and POLLHUP that hold now. */
short casp_socket_poll(const cas_port_socket *, short events);
/* The kernel's pending error of the socket, an errno value, which it forgets. */
int casp_socket_take_error(const cas_port_socket *);
void casp_socket_set_flag(const cas_port_socket *, int level, int name, int value);
/* The address of the socket's end, or the wildcard; false if there is no port either. */
bool casp_socket_local(const cas_port_socket *, SOCKADDR_STORAGE *);

/* posix_name.c */
int casp_posix_local_name(cas_backend *, cas_port_socket *, SOCKADDR_STORAGE *);
int casp_posix_peer_name(cas_backend *, cas_port_socket *, SOCKADDR_STORAGE *);
int casp_posix_resolve(cas_backend *, const char *host, uint16_t port, int family, SOCKADDR_STORAGE *out);
void casp_address_keep(casp_address *to, const SOCKADDR *from, int len);
bool casp_address_is_any(const SOCKADDR *);
void casp_address_make_any(SOCKADDR *);       /* the port stays */
uint16_t casp_address_port(const SOCKADDR *); /* host byte order */
int casp_address_len(int family);

/* posix_option.c */
int casp_posix_get_option(cas_backend *, cas_port_socket *, cas_option, int *value);
int casp_posix_set_option(cas_backend *, cas_port_socket *, cas_option, int value);
int casp_posix_join(cas_backend *, cas_port_socket *, const cas_group *);
int casp_posix_leave(cas_backend *, cas_port_socket *, const cas_group *);
/* Fills the shadow of an attached handle from the kernel, and takes the kernel's linger time away. */
void casp_option_adopt(cas_port_socket *);
/* After that: what the handle's shadow was when it left this process, where the kernel cannot tell. */
void casp_option_recall(cas_port_socket *, const casp_shadow *known);
/* Gives the linger time back, for a handle that leaves. */
void casp_option_release(const cas_port_socket *);

/* posix_stream.c: connections and listeners */
int casp_stream_connect(casp_posix *, cas_port_socket *, const SOCKADDR *, int len);
int casp_stream_listen(cas_backend *, cas_port_socket *, int backlog);
int casp_stream_accept(cas_backend *, cas_port_socket *, cas_sink *, cas_port_socket **out, SOCKET *handle);
void casp_stream_event(casp_posix *, cas_port_socket *, unsigned events);
long casp_listener_conditions(casp_posix *, cas_port_socket *);
/* Marks a connection dead if events say so.  An error without HUP is a soft one: it lives. */
void casp_stream_notice_death(cas_port_socket *, unsigned events);

/* posix_transfer.c: bytes of a connection */
int casp_stream_receive(cas_port_socket *, void *buf, size_t len, int flags, size_t *count);
int casp_stream_send(cas_port_socket *, const void *buf, size_t len, int flags, size_t *count);
long casp_stream_conditions(casp_posix *, cas_port_socket *, long interest, int *close_error);
int casp_stream_query(casp_posix *, cas_port_socket *, cas_query, unsigned *value);
/* The connection died of an errno value; what was queued is lost (R10). */
void casp_stream_mark_dead(cas_port_socket *, int number);
/* FIONREAD: out of line up to the urgent mark, if one lies ahead, inline all; 0 at the mark. */
unsigned casp_stream_count(const cas_port_socket *);
/* FIONREAD of the other of the two, for which SO_OOBINLINE is other for a moment.  Not to be asked at the
 * mark, where a second urgent byte that comes in that moment would bring back the first. */
unsigned casp_stream_count_otherwise(const cas_port_socket *);
/* Inline, the kernel would give an urgent byte that was received out of line once more: steps over it, if the
 * stream stands there. */
void casp_stream_skip_taken(cas_port_socket *);
/* Asks the kernel whether in-band bytes are queued, and remembers the answer. */
bool casp_stream_look(cas_port_socket *);

/* posix_datagram.c */
/* One ICMP port unreachable more to answer, unless the user does not want them. */
void casp_datagram_count_reset(cas_port_socket *);
int casp_datagram_connect(cas_port_socket *, const SOCKADDR *, int len);
int casp_datagram_receive(casp_posix *, cas_port_socket *, void *buf, size_t len, int flags,
                          SOCKADDR_STORAGE *from, size_t *count);
int casp_datagram_send(casp_posix *, cas_port_socket *, const void *buf, size_t len, int flags,
                       const SOCKADDR *to, int to_len, size_t *count);
long casp_datagram_conditions(casp_posix *, cas_port_socket *, long interest);
int casp_datagram_query(cas_port_socket *, cas_query, unsigned *value);
int casp_datagram_set_connreset(cas_backend *, cas_port_socket *, bool on);
void casp_datagram_event(casp_posix *, cas_port_socket *, unsigned events);
/* An ICMP error waits for its receive. */
bool casp_datagram_has_error(const cas_port_socket *);

#endif
