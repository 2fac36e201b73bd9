/* SPDX-License-Identifier: MIT
 *
 * The fault wrapper's own structures: a backend that holds a backend, and sockets that hold sockets.
 *
 *   engine's sink  <-  cas_port_socket.upper        calls go down:   fault_call.c
 *   own sink       ->  the inner backend's report   reports go up:   fault_report.c
 *
 * What a socket holds back, and what becomes of it:
 *
 *   true -> held        by chance, from a report or from conditions()                  [simp_fault_sift]
 *   a call -> held      what it owes, or the failure of an attempt                     [simp_fault_hold]
 *   held -> reported    the timer, or an FD_CLOSE on its way up                        [release]
 *   held -> forgotten   the call was made that re-arms the event                       [simp_fault_forget]
 *
 * Invariants:
 *  1. held is not 0 if and only if the socket's timer runs.
 *  2. While FD_CONNECT is held nothing else of the socket goes up, and the attempt counts as pending.
 *  3. Nothing is reported from inside a call: what a call owes is held, and released by the thread's timer.
 *  4. A bit that is held has been true since, or a call will find out by itself; a receive forgets FD_READ,
 *     because the engine asks for conditions right after it.  So no notification is posted for nothing, whose
 *     drop by a pre-check would leave the latch shut for ever.
 */
#ifndef SIMNET_FAULT_BACKEND_H
#define SIMNET_FAULT_BACKEND_H

#include "castanet/backend.h"
#include "castanet/sim_fault.h"
#include "simnet/world/choice.h"

/* The chances, each with its site. */
typedef enum simp_fault_chance {
    SIMP_CHANCE_RECEIVE_SHORT,
    SIMP_CHANCE_SEND_SHORT,
    SIMP_CHANCE_RECEIVE_BLOCKS,
    SIMP_CHANCE_SEND_BLOCKS,
    SIMP_CHANCE_ACCEPT_BLOCKS,
    SIMP_CHANCE_SURPLUS,
    SIMP_CHANCE_LATE,
    SIMP_CHANCES
} simp_fault_chance;

/* The amounts: how much shorter, how late, for how many more calls. */
typedef enum simp_fault_amount {
    SIMP_AMOUNT_RECEIVE,
    SIMP_AMOUNT_SEND,
    SIMP_AMOUNT_LATE,
    SIMP_AMOUNT_STORM,
    SIMP_AMOUNTS
} simp_fault_amount;

typedef struct simp_fault_rule {
    struct simp_fault_rule *next; /* newest first */
    sim_fault_rule rule;
    uint64_t seen;   /* calls of its kind since it was added */
    uint64_t number; /* from 1, among the rules of the world */
} simp_fault_rule;

struct sim_fault {
    cas_backend base; /* first: the engine's pointer to the backend is one to the wrapper */
    cas_backend *inner;
    cas_thread *thread;
    cas_allocator *memory;
    sim_fault_options options;
    const char *who;   /* "fault server" */
    uint32_t searched; /* of sim_may: what a search may let go wrong; see fault_search.h */
    simp_choice_log own_log;
    simp_choice_log *log; /* the world's, or own_log */
    simp_site chances[SIMP_CHANCES];
    simp_site amounts[SIMP_AMOUNTS];
    simp_fault_rule *rules;
    uint64_t rule_count; /* outside worlds: ever added */
    sim_fault_counters counters;
};

struct cas_port_socket {
    cas_sink sink; /* first: what the inner backend reports to */
    cas_sink *upper;
    sim_fault *fault;
    cas_port_socket *inner;
    cas_timer timer;
    long held; /* FD_ bits */
    int connect_error, close_error;
    int attempt_error;             /* SO_ERROR of an attempt that a rule let fail */
    uint64_t next_receive_ns;      /* a slow reader: before that it finds nothing */
    unsigned storms[SIMP_CHANCES]; /* would-block calls still to come, by their chance */
    size_t promised; /* bytes that a peek or FIONREAD has told of, and that a receive still owes */
    uint32_t receives, sends, accepts; /* calls made, for a search */
    bool datagram;
    bool receive_shut;
    bool close_told; /* FD_CLOSE went up */
};

/* fault_backend.c */
extern const cas_backend_ops simp_fault_ops;
/* fault_choice.c: rules and chances */
/* The code that a rule wants for this call, or 0.  *hit (unless NULL): the rule, or NULL. */
int simp_fault_rule_for(sim_fault *, sim_fault_call, const sim_fault_rule **hit);
/* Fills *why, unless it is NULL, and returns code. */
int simp_fault_refuse(sim_error *why, int code, const char *what, const char *reason, const char *fix);
/* Tells observers of the world, if there is one, that a call or a notification of the socket goes wrong. */
void simp_fault_tell(const cas_port_socket *, const char *what);
/* Draws only where ppm is not 0. */
bool simp_fault_happens(sim_fault *, simp_fault_chance, int64_t ppm);
/* A call that may find nothing: does it, by a storm that is on or by chance? */
bool simp_fault_blocks(sim_fault *, cas_port_socket *, simp_fault_chance, int64_t ppm);
/* 0 .. below-1. */
uint64_t simp_fault_amount_below(sim_fault *, simp_fault_amount, uint64_t below);

/* fault_report.c: notifications that are held back */
void simp_fault_socket_init(cas_port_socket *, sim_fault *, cas_sink *upper);
/* Holds events for delay_ns more than what is queued takes. */
void simp_fault_hold(cas_port_socket *, long events, uint64_t delay_ns);
/* A call was made that re-arms events. */
void simp_fault_forget(cas_port_socket *, long events);
/* Of events that are true those that may go up now; the rest is held. */
long simp_fault_sift(cas_port_socket *, long events);

/* Resets the simulated connection below; what it reports goes the usual way up. */
void simp_fault_reset(sim_fault *, cas_port_socket *);

/* fault_call.c: the slots that are about one socket; fault_transfer.c: receive, send and FIONREAD */
int simp_fault_open(cas_backend *, int family, int type, cas_sink *, cas_port_socket **out, SOCKET *handle);
int simp_fault_attach(cas_backend *, SOCKET handle, cas_sink *, cas_port_socket **out, int *family,
                      int *type);
void simp_fault_detach(cas_backend *, cas_port_socket *);
int simp_fault_close(cas_backend *, cas_port_socket *);
int simp_fault_select(cas_backend *, cas_port_socket *, long mask);
int simp_fault_bind(cas_backend *, cas_port_socket *, const SOCKADDR *, int len);
int simp_fault_connect(cas_backend *, cas_port_socket *, const SOCKADDR *, int len);
int simp_fault_listen(cas_backend *, cas_port_socket *, int backlog);
int simp_fault_accept(cas_backend *, cas_port_socket *, cas_sink *, cas_port_socket **out, SOCKET *handle);
int simp_fault_receive(cas_backend *, cas_port_socket *, void *buf, size_t len, int flags,
                       SOCKADDR_STORAGE *from, cas_received *got);
int simp_fault_send(cas_backend *, cas_port_socket *, const void *buf, size_t len, int flags,
                    const SOCKADDR *to, int to_len, size_t *count);
int simp_fault_shutdown(cas_backend *, cas_port_socket *, int how);
int simp_fault_local_name(cas_backend *, cas_port_socket *, SOCKADDR_STORAGE *);
int simp_fault_peer_name(cas_backend *, cas_port_socket *, SOCKADDR_STORAGE *);
int simp_fault_get_option(cas_backend *, cas_port_socket *, cas_option, int *value);
int simp_fault_set_option(cas_backend *, cas_port_socket *, cas_option, int value);
int simp_fault_query(cas_backend *, cas_port_socket *, cas_query, unsigned *value);
int simp_fault_join(cas_backend *, cas_port_socket *, const cas_group *);
int simp_fault_leave(cas_backend *, cas_port_socket *, const cas_group *);
int simp_fault_set_udp_connreset(cas_backend *, cas_port_socket *, bool on);
long simp_fault_conditions(cas_backend *, cas_port_socket *, long interest, int *close_error);

#endif
