/* SPDX-License-Identifier: MIT
 *
 * The linter inside: what it remembers of each socket, and of each callback in progress.
 *
 * Nothing here knows a world but the name that a finding gives a socket and the bytes it still holds: those
 * are asked for of the world, where there is one, because its answers have no influence on the run.
 *
 * Invariants:
 *  1. A memo is about the life of a handle that its generation says; what it says of an earlier life is
 *     forgotten when a later one is seen.
 *  2. A bit in memo->posted is set from the post of a notification to its callback.  So a latch that is shut
 *     without the bit waits for a call of the program.
 *  3. Memory grows with threads, handles and findings alone.
 */
#ifndef SIMNET_LINT_H
#define SIMNET_LINT_H

#include "castanet/sim_lint.h"
#include "core/engine.h"

enum { SIMP_LINT_DEPTH = 8, SIMP_LINT_TAIL = 16 };

/* Bytes that a Send was given and did not take. */
typedef struct simp_lint_tail {
    uint8_t bytes[SIMP_LINT_TAIL]; /* their beginning */
    uint8_t count;                 /* 0: nothing is owed */
    bool refused;                  /* the Send took none: WSAEWOULDBLOCK */
} simp_lint_tail;

typedef struct simp_lint_memo {
    uint64_t generation;                   /* 0: nobody */
    uint64_t callback;                     /* number of the callback in which last_error was seen */
    uint64_t called_ns[CASP_EVENT_KINDS];  /* when its last callback of the kind was */
    uint32_t occurrence[CASP_EVENT_KINDS]; /* callbacks so far, by event */
    uint32_t told;                         /* rules that have spoken, by bit */
    uint64_t refused_ns, refused_step;     /* when it was WSAEWOULDBLOCK */
    int last_error;                        /* of its last call */
    uint8_t posted;                        /* FD_ bits */
    bool ended;      /* a Receive returned 0, or there was an error that ends it */
    bool heard;      /* a Receive gave bytes, once */
    bool was_told;   /* OnClose came, without error ... */
    bool drained;    /* ... and since then a Receive said that nothing is left */
    bool several;    /* several Receives in one OnReceive gave data ... */
    bool met_empty;  /* ... but the program has met WSAEWOULDBLOCK, and lived */
    bool idle_close; /* OnClose was called, and nothing since */
    bool idle_error; /* the same of another callback, which had an error */
    simp_lint_tail tail;
} simp_lint_memo;

/* A callback in progress. */
typedef struct simp_lint_frame {
    uint64_t generation, number;
    SOCKET handle;
    int event, error;
    unsigned filled;              /* Receives on its socket that gave data */
    int64_t got, asked;           /* by the last one */
    const uint8_t *into;
    bool called, left; /* there was a call on its socket; it left its object */
    bool was_empty, accept_failed;
} simp_lint_frame;

typedef struct simp_lint_thread {
    const cas_thread *thread;
    simp_lint_memo *memos; /* by handle */
    size_t capacity;
    simp_lint_frame frames[SIMP_LINT_DEPTH];
    unsigned depth; /* may exceed SIMP_LINT_DEPTH: the frames beyond are not followed */
} simp_lint_thread;

typedef struct simp_lint_silence {
    sim_lint_rule rule;
    char *where, *reason; /* where NULL: everywhere */
} simp_lint_silence;

struct sim_lint {
    sim_observer of_world;
    cas_observer of_thread;
    cas_allocator *memory;
    simp_lint_thread **threads; /* in the order they were met */
    size_t thread_count, thread_capacity;
    simp_lint_thread *recent;
    sim_finding *findings;
    size_t finding_count, finding_capacity;
    simp_lint_silence *silences;
    size_t silence_count, silence_capacity;
    uint64_t step, callbacks;
    uint64_t runs; /* that are over */
    bool incomplete;
};

/* The socket that has the handle now; NULL: none. */
static inline const casp_sink *simp_lint_sink(const cas_thread *thread, SOCKET handle)
{
    return casp_handle_map_get(&thread->handles, handle);
}

/* FD_ bits that are selected, whose latch is shut, and whose callback is not under way: they come again only
 * after a call that re-arms them. */
static inline long simp_lint_waiting(const simp_lint_memo *memo, const casp_sink *sink)
{
    return sink->mask & sink->shut & ~memo->posted;
}

static inline unsigned simp_event_number(long event)
{
    unsigned number = 0;
    while (number < CASP_EVENT_KINDS - 1 && (event >> number & 1) == 0)
        number++;
    return number;
}

/* ---- lint.c ---- */
/* The array with room for as many items as wanted, of which new ones are zeros; NULL: no memory, nothing
 * changed. */
void *simp_lint_grow(cas_allocator *, void *array, size_t *capacity, size_t item, size_t wanted);
/* NULL: it was never met. */
const simp_lint_memo *simp_lint_memo_of(const sim_lint *, const cas_thread *, SOCKET handle);

/* ---- finding.c ---- */
/* memo NULL: of no socket; else the rule speaks for it once. */
void simp_lint_tell(sim_lint *, const simp_lint_thread *, SOCKET handle, simp_lint_memo *memo, sim_lint_rule);

/* ---- place.c ---- */
/* "server/conn#2": the socket, if the handle is one, or the thread. */
void simp_lint_place(const cas_thread *, unsigned number, SOCKET handle, char *text, size_t size);
/* Of a socket in a world. */
void simp_lint_name(const cas_port_socket *, char *text, size_t size);
unsigned simp_lint_unread_of(const cas_port_socket *);
/* Bytes that a Receive would give. */
unsigned simp_lint_unread(const cas_thread *, SOCKET handle);
/* Has the program said that it failed? */
bool simp_lint_has_failed(const cas_thread *);

/* ---- stall.c ---- */
/* How sure it is that what does not come is what the program waits for. */
typedef enum simp_stall_rank {
    SIMP_STALL_SURE,   /* there is something to hear of, and it cannot be told */
    SIMP_STALL_MAYBE,  /* it would not be told, if it were what is waited for */
    SIMP_STALL_SILENT, /* it would be told, but there is nothing */
    SIMP_STALL_IDLE,   /* a listener, a socket that nothing was done with */
    SIMP_STALL_ANY
} simp_stall_rank;
/* sim_world_explain_stall, of that rank alone. */
size_t simp_explain_stall(const sim_world *, const sim_lint *, simp_stall_rank, sim_emit *, void *context);

/* ---- watch.c ---- */
/* One observation. */
void simp_lint_watch(sim_lint *, const cas_observation *);

/* ---- judge.c ---- */
/* The run is over, and this memo may be about a socket that is open. */
void simp_lint_judge(sim_lint *, simp_lint_thread *, SOCKET handle, simp_lint_memo *);
/* What holds at the end of a run, and when the socket is closed. */
void simp_lint_judge_end(sim_lint *, simp_lint_thread *, SOCKET handle, simp_lint_memo *, const casp_sink *);

#endif
