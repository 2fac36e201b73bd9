/* SPDX-License-Identifier: MIT
 *
 * The fault wrapper: a backend between a thread and its own backend, on simulated sockets and on those of the
 * operating system alike.  Calls fail by rule; reads and writes are cut short, calls find no data or no room,
 * and notifications come late, by chance.
 *
 * Nothing happens that Winsock would not allow: what a correct program may meet, it may meet here, so a
 * program that fails under these chances has a bug.  Rules are the tester's own word and are not judged.
 *
 * In a world the chances are the world's choices ("fault server receive short"), recorded with every other
 * choice.  Outside worlds the wrapper has a seed and a list of its own: equal seeds and equal calls give
 * equal faults.
 *
 * Functions that return int return 0 or a WSAE code and change nothing when they fail; *why (unless NULL)
 * then says what was wrong, why that cannot be, and how to mend it.
 */
#ifndef CASTANET_SIM_FAULT_H
#define CASTANET_SIM_FAULT_H

#include "castanet/sim.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct sim_fault sim_fault;

/* The chances, in parts per million of the occasions (SIM_PERCENT); the three of WSAEWOULDBLOCK stay below
 * 1000000, where no program would ever get on.  All zero, the default: nothing
 * happens but the rules. */
typedef struct sim_fault_options {
    /* Outside worlds only; in a world the world has them. */
    uint64_t seed;
    cas_allocator *memory; /* NULL: cas_allocator_system() */
    const char *name;      /* of the thread, in labels; copied.  NULL: "thread" */

    /* Streams: a receive, a peek or FIONREAD gives fewer bytes than there are, at least one.  What a peek or
     * FIONREAD has promised, the next receive gives. */
    int64_t short_receive_ppm;
    /* Streams: a send takes fewer bytes, at least one.  Of urgent data the part goes as ordinary data, so
     * that the last byte stays the urgent one.  Not where the profile has sends_whole. */
    int64_t short_send_ppm;

    /* WSAEWOULDBLOCK though there is data, room, a connection; the notification then follows.  Receives only
     * until FD_CLOSE, after which nothing would follow, and not where a peek or FIONREAD has promised. */
    int64_t receive_would_block_ppm;
    int64_t send_would_block_ppm;
    int64_t accept_would_block_ppm;
    /* Storms: once a receive, send or accept found nothing by chance, up to so many more of the same kind on
     * that socket do, each with its notification; the number is drawn. */
    unsigned storm_calls_max;

    /* Streams: a slow reader.  A receive takes at most slow_receive_bytes (0: any number), and the next one
     * finds nothing until slow_receive_ns later.  FD_CLOSE ends the slowness, not the limit. */
    size_t slow_receive_bytes;
    int64_t slow_receive_ns;

    /* A receive that took the last byte leaves an FD_READ behind, as if that had been queued before it
     * (OnReceive with nothing to read).  Only where no pre-check would hide it: CAS_PRECHECK_NONE. */
    int64_t surplus_read_ppm;

    /* Notifications that are held back: until the messages that are queued have been dispatched, and up to
     * late_ns_max longer.  Within a socket FD_CONNECT stays first, and FD_CLOSE takes along what was held.
     * cas_pump_run counts each release as a callback, as it does timers. */
    int64_t late_ppm;
    int64_t late_ns_max;
} sim_fault_options;

/* Puts the wrapper on top of the thread's backend; it is borrowed by the thread until it is removed.  options
 * NULL: all zero.  WSAEINVAL: the thread has sockets, or an option is nonsense.  WSAENOBUFS. */
int sim_fault_install(cas_thread *thread, const sim_fault_options *options, sim_fault **out, sim_error *why);

/* Takes it off again and frees it; NULL is ignored.  WSAEINVAL while the thread has sockets, or when another
 * wrapper lies on top.  In a world it need not be removed: it goes with the world. */
int sim_fault_remove(sim_fault *);

/* Frees the wrapper of a thread that has ended (outside worlds), which closed what sockets were left. */
void sim_fault_free(sim_fault *);

/* New chances from now on; seed, memory and name are left alone.  Streams of chance go on. */
int sim_fault_set_options(sim_fault *, const sim_fault_options *options, sim_error *why);

/* ---- rules ---- */

/* The calls a rule can be about: the slots of castanet/backend.h that can fail. */
typedef enum sim_fault_call {
    SIM_FAULT_OPEN,   /* Socket, Create */
    SIM_FAULT_ATTACH, /* Attach */
    SIM_FAULT_SELECT, /* AsyncSelect; also inside Socket, Create, Attach and Detach */
    SIM_FAULT_BIND,   /* Bind, Create */
    SIM_FAULT_CONNECT,
    SIM_FAULT_LISTEN,
    SIM_FAULT_ACCEPT,
    SIM_FAULT_RECEIVE,
    SIM_FAULT_SEND,
    SIM_FAULT_SHUTDOWN,
    SIM_FAULT_LOCAL_NAME, /* GetSockName */
    SIM_FAULT_PEER_NAME,  /* GetPeerName */
    SIM_FAULT_GET_OPTION,
    SIM_FAULT_SET_OPTION, /* SetSockOpt, IOCtl(SIO_UDP_CONNRESET) */
    SIM_FAULT_QUERY,      /* IOCtl(FIONREAD, SIOCATMARK), and the pre-check before OnReceive */
    SIM_FAULT_RESOLVE,    /* Connect and SendTo with a text */
    SIM_FAULT_CLOSE,
    SIM_FAULT_CALLS
} sim_fault_call;

/* "open", "attach" ...; the word that labels use. */
const char *sim_fault_call_name(sim_fault_call);

typedef struct sim_fault_rule {
    sim_fault_call call;
    uint64_t nth;   /* the first call that fails, from 1, counted on the thread since the rule was added */
    uint64_t count; /* how many fail from there on; 0: one, SIM_FOREVER: all */
    int error;      /* the code they fail with; the backend below is not called */
    /* Connect of streams: the attempt begins (WSAEWOULDBLOCK), and OnConnect(error) tells that it failed.
     * The backend below is not called then either, so that the socket may try again. */
    bool later;
    /* Send of streams, in a world: the call takes half of its bytes and succeeds, and with them the
     * connection is reset, as if something on the way had sent an RST to either end.  error is 0 then.  A
     * send that finds no connection fails as it would have. */
    bool reset;
} sim_fault_rule;

/* rule is copied.  Of several rules that hit a call the newest decides.  WSAEINVAL, WSAENOBUFS. */
int sim_fault_add_rule(sim_fault *, const sim_fault_rule *rule, sim_error *why);
void sim_fault_clear_rules(sim_fault *);

/* ---- what happened ---- */

typedef struct sim_fault_counters {
    uint64_t calls[SIM_FAULT_CALLS];  /* made by the engine */
    uint64_t failed[SIM_FAULT_CALLS]; /* of these by rule, later ones included */
    uint64_t short_receives, short_sends, short_counts;
    uint64_t receive_would_blocks, send_would_blocks, accept_would_blocks;
    uint64_t storm_calls;   /* of the three above those that a storm made, not chance itself */
    uint64_t slow_receives; /* receives that came too early, or got no more than slow_receive_bytes */
    uint64_t resets;        /* connections reset by rule */
    uint64_t surplus_reads;
    uint64_t late;       /* times that something was held back */
    uint64_t unrecorded; /* choices missing in the list, because memory was refused */
} sim_fault_counters;

void sim_fault_counters_read(const sim_fault *, sim_fault_counters *out);

/* The choices that were not 0, in the order they were made: of the wrapper, or in a world of the world.
 * index is below the count. */
size_t sim_fault_choice_count(const sim_fault *);
sim_choice sim_fault_choice(const sim_fault *, size_t index);

#ifdef __cplusplus
}
#endif

#endif
