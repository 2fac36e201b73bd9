/* SPDX-License-Identifier: MIT
 *
 * One end of a connection as a program would be written: it sends a stream of its own in pieces of any size,
 * reads the other's in pieces of any size, at once or slowly, and closes in one of several ways.
 *
 *  1. Every byte that is received is compared with what was sent at this place: each stream has a pattern of
 *     its own that depends on the position, in seven bits; urgent bytes have the eighth bit and a number.
 *  2. Every notification is held against the rules of WSAAsyncSelect: OnConnect once and first, OnReceive
 *     only with something to read, OnSend only when it is owed, OnClose once, nothing after OnClose with an
 *     error, and nothing after Close.
 *  3. What is wrong is told to sim_world_fail, which stops the world: first what kind of mistake, then a
 *     colon and the particulars.
 */
#ifndef TESTS_TRANSFER_H
#define TESTS_TRANSFER_H

#include "castanet/sim.h"
#include "simnet/world/random.h"

typedef enum transfer_ending {
    TRANSFER_HALF_CLOSE, /* ShutDown(sends) after the last byte, then read to the end */
    TRANSFER_PATIENT,    /* the same, but not before the other has ended */
    TRANSFER_CLOSE,      /* Close after the last byte, whatever there is to read */
    TRANSFER_ABORT       /* Close with a linger time of 0 in the middle */
} transfer_ending;

typedef struct transfer_plan {
    uint32_t bytes;                           /* to be sent */
    uint32_t send_max, receive_max;           /* bytes of a call: drawn from 1 to this */
    unsigned urgent_every;                    /* about one of so many sends is an urgent byte; 0: none */
    uint64_t send_pause_ns, receive_pause_ns; /* after a send, before a receive */
    transfer_ending ending;
    uint32_t abort_after;            /* bytes sent and received until TRANSFER_ABORT */
    int send_buffer, receive_buffer; /* SO_SNDBUF, SO_RCVBUF; 0: as they are */
    bool nodelay, keepalive, inline_urgent;
} transfer_plan;

enum { TRANSFER_URGENT_MAX = 64 };

/* Mistakes that can be planted, to see that they are found. */
typedef enum transfer_bug {
    TRANSFER_NO_BUG,
    TRANSFER_WRONG_BYTE, /* byte 1000 of a stream is another one */
    TRANSFER_DEAF,       /* it reads nothing behind byte 1000 */
    TRANSFER_TWICE,      /* the bytes from 1000 on are read once more */
    TRANSFER_QUITTER     /* it gives up at byte 1000, as if the connection had timed out */
} transfer_bug;

typedef enum transfer_state {
    TRANSFER_UNBORN, /* not connected or accepted yet */
    TRANSFER_CONNECTING,
    TRANSFER_OPEN,
    TRANSFER_DONE,   /* both streams ended, and it has closed */
    TRANSFER_FAILED, /* OnConnect or OnClose with an error */
    TRANSFER_LEFT,   /* closed or aborted as planned, before everything was read */
    TRANSFER_CRASHED /* its host took the program along */
} transfer_state;

typedef struct transfer_end transfer_end;

/* Apart from the end: who has connected is only known after Accept. */
typedef struct transfer_socket {
    CAsyncSocket base; /* first: it is one */
    transfer_end *end;
} transfer_socket;

struct transfer_end {
    transfer_socket *socket; /* NULL: none yet */
    const char *name;        /* for messages; borrowed */
    sim_world *world;
    transfer_end *peer;
    transfer_plan plan;
    uint64_t salt; /* of the pattern of what it sends */
    simp_stream dice;
    bool lenient; /* calls of it may fail and come short by faults of the API */
    bool may_lack_memory;
    /* How many segments on any way were changed so that nobody could see it: what comes may then be anything
     * but more notifications.  NULL: none. */
    const unsigned *lies;
    transfer_bug bug;
    bool has_erred; /* the bug, if it does something once */
    cas_timer send_timer, receive_timer;

    transfer_state state;
    int error;               /* TRANSFER_FAILED */
    uint64_t failed_ns;      /* ... and when it learned of it */
    bool never_opened;       /* ... by OnConnect, or by Connect itself */
    uint32_t sent, received; /* positions in the streams; urgent bytes that were passed count */
    uint32_t urgent_at[TRANSFER_URGENT_MAX];
    unsigned urgent_sent;      /* entries of urgent_at */
    unsigned urgent_passed;    /* of the peer's: before received */
    uint64_t urgent_in_line;   /* a bit for each that came within the stream ... */
    uint64_t urgent_by_itself; /* ... and for each by MSG_OOB */
    bool shut, eof, saw_close;
    bool send_waits, receive_waits; /* for their timers */
    int call_error;                 /* of Send or Receive, before OnClose told it */
    unsigned spare;      /* receives beyond one a notification: each may leave an empty OnReceive behind */
    unsigned sends_owed; /* notifications: one in the beginning, one a WSAEWOULDBLOCK; fewer may come */
    unsigned notified[6];
};

void transfer_socket_init(transfer_socket *);

/* seed: of its chunks.  name is borrowed.  The peer is initialised before the first byte arrives. */
void transfer_init(transfer_end *, sim_world *, const char *name, const transfer_plan *, transfer_end *peer,
                   uint64_t seed);
/* On the current thread: makes the socket and connects.  An attempt that is refused at once is a failure of
 * the end. */
void transfer_connect(transfer_end *, transfer_socket *, int family, const char *address, UINT port);
/* Accept gave this socket, and it is known now whose it is; before anything is dispatched. */
void transfer_accepted(transfer_end *, transfer_socket *);
/* The program is about to be gone with its host, which closes its socket. */
void transfer_crash(transfer_end *);
/* Closes what is still open; only then may the storage go.  On the end's thread. */
void transfer_fini(transfer_end *);

bool transfer_is_over(const transfer_end *);
/* Did the end get the whole stream of its peer? */
bool transfer_has_all(const transfer_end *);
/* Options of a plan that must be set before Connect or Listen. */
void transfer_set_options(CAsyncSocket *, const transfer_plan *);
/* "open", "done" ... */
const char *transfer_state_name(transfer_state);

#endif
