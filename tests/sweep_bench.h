/* SPDX-License-Identifier: MIT
 *
 * The sockets around a swept call: one that is called, and those it has to do with, in the states that
 * matter, on any backend.
 *
 * Thread b of the arena makes the call; the peers live on thread a.
 */
#ifndef TESTS_SWEEP_BENCH_H
#define TESTS_SWEEP_BENCH_H

#include "tests/fixture.h"
#include "tests/sweep.h"

typedef enum bench_role {
    BENCH_SUBJECT, /* is called; on b like the next two */
    BENCH_TARGET,  /* what Accept fills */
    BENCH_FILLER,  /* a datagram socket whose notifications fill the queue */
    BENCH_PEER,    /* on a */
    BENCH_PEER2,
    BENCH_ROLES
} bench_role;

enum { BENCH_CROWD = 64 };

typedef struct bench {
    arena *arena;
    recorder socket[BENCH_ROLES];
    CAsyncSocket crowd[BENCH_CROWD]; /* idle sockets on b */
    unsigned crowd_count;
    SOCKET detached; /* open and without an object; INVALID_SOCKET: none */
    UINT port;       /* of the peer, or of the subject if it has no peer */
    size_t sent;     /* bytes of the subject on their way to the peer in bulk */
    bool is_bulk;    /* so many bytes that a kernel's portions cannot be foretold */
    bool may_repeat; /* a failed call re-arms its event (R7), so the subject may hear of it once more */
    cas_timer timer;
    sweep_text said; /* what the action gave besides its result */
} bench;

void bench_open(bench *, arena_backend backend);
/* Closes what is open, and the arena. */
void bench_close(bench *);

static inline CAsyncSocket *bench_socket(bench *t, bench_role role) { return &t->socket[role].socket; }
static inline CAsyncSocket *bench_subject(bench *t) { return bench_socket(t, BENCH_SUBJECT); }

/* Opens sockets on thread b until the next handle needs another page of the handle map. */
void bench_fill_page(bench *);
/* Fills the queue of thread b with these events of a socket, which are true, so that the next call that can
 * owe a notification asks for memory. */
void bench_fill_queue(bench *, bench_role, long events);
/* The same by a socket that has nothing to do with the others. */
void bench_fill_queue_by_filler(bench *);

/* Is how much the kernel takes and passes on at a time its own affair? */
bool bench_is_vague(const bench *);
/* Sends from the subject to the peer, and counts what is under way; as CAsyncSocket_Send. */
int bench_send_bulk(bench *, const void *buf, int len);

/* As sweep.h wants them. */
void bench_observe(bench *, sweep_text *seen);
bool bench_finish(bench *, int result, sweep_text *seen);

/* ---- states; each settles ---- */

void bench_nothing(bench *);
void bench_stream(bench *); /* neither bound nor connected */
void bench_bound(bench *);
void bench_listening(bench *);
void bench_one_waits(bench *); /* for Accept */
void bench_two_wait(bench *);
void bench_callable_unbound(bench *); /* a peer listens */
void bench_callable(bench *);         /* bound; a peer listens */
void bench_connecting(bench *);       /* the attempt is under way: not settled */
void bench_connected(bench *);
void bench_data(bench *);   /* "hello" waits */
void bench_urgent(bench *); /* an urgent byte waits */
void bench_full(bench *);   /* Send found no room */
void bench_ended(bench *);  /* the peer has finished */
void bench_reset(bench *);  /* the peer has reset */
void bench_datagram_unbound(bench *);
void bench_datagram(bench *);           /* bound */
void bench_datagram_connected(bench *); /* to a bound peer */
void bench_datagram_data(bench *);      /* "hello" of a bound peer waits */
void bench_detached(bench *);           /* a connected handle without an object; "hello" waits */
void bench_datagram_detached(bench *);

#endif
