/* SPDX-License-Identifier: MIT
 *
 * A host: a name, threads, interfaces, routes, handles, and the counters that number what it does.
 */
#ifndef SIMNET_HOST_H
#define SIMNET_HOST_H

#include "castanet/backend.h"
#include "simnet/link/path.h"
#include "simnet/transport/stack.h"
#include "simnet/world/world.h"

/* A simulated thread: the backend that its cas_thread was made with. */
typedef struct simp_host_faults simp_host_faults; /* host_fault.h */

typedef struct simp_task {
    cas_backend backend; /* first: the engine's pointer to the backend is one to the task */
    cas_observer observer;
    sim_host *host;
    cas_thread *thread;
    struct simp_task *next;
    simp_event dispatch;   /* queued while the thread has something to do ... */
    uint64_t dispatch_due; /* ... which it had at this time, whatever the processor makes of it */
    unsigned depth;        /* code of this thread is on the C stack: only it may pump */
} simp_task;

typedef struct simp_interface_address {
    simp_hash_node node; /* in link->neighbours; first.  Its note: bits of the prefix, within 128 */
    struct simp_interface_address *next; /* on the interface */
    struct simp_interface *interface;
    simp_ip ip;
} simp_interface_address;

enum { SIMP_LOOPBACK_INDEX = 1 };

typedef struct simp_interface {
    struct simp_interface *next;      /* on the host */
    struct simp_interface *link_next; /* on the link */
    sim_host *host;
    sim_link *link; /* NULL: loopback */
    uint16_t index; /* on the host: 1 is the loopback, the others follow in the order of attaching */
    bool down;      /* nothing leaves or enters, and its addresses are not the host's */
    simp_interface_address *addresses;
    simp_path path; /* what leaves here */
} simp_interface;

typedef struct simp_route {
    struct simp_route *next; /* newest first */
    simp_ip prefix, gateway;
    unsigned bits;
} simp_route;

struct sim_host {
    simp_hash_node node; /* in world->host_names; first */
    sim_world *world;
    const char *name; /* behind the struct */
    uint64_t name_hash;
    uint32_t index;
    bool forwarding;
    bool outside;             /* a bridge has it */
    uint16_t interface_count; /* numbers given, loopback included */
    simp_host_faults *faults; /* NULL: nothing is wrong */
    struct simp_ip_state *ip; /* ip_state.h; NULL: nothing out of the ordinary */
    uint32_t ip_id;
    uint32_t isn_count;        /* connections with readable initial sequence numbers; of the others ... */
    uint32_t isn_next;         /* ... the least that the clock of the next one may say; 0: anything */
    uint16_t faults_installed; /* numbers the fault wrappers of its threads */
    uint16_t sockets_made, sockets_accepted;
    uint16_t port_next; /* ephemeral: where a sequential search for a free one begins; 0: not yet known */
    uint64_t sequence;  /* ties of the host's events */
    simp_task *tasks;   /* main first; NULL: nobody asked for one yet */
    simp_interface *interfaces;
    simp_route *routes;
    struct simp_outlets *outlets; /* way.h; NULL: nothing was sent yet */
    const sim_stack *stack;
    struct cas_port_socket **sockets;        /* by handle */
    uint32_t socket_capacity, socket_lowest; /* no free handle below lowest */
    struct simp_reassembly *reassemblies;
};

/* Is this one of the host's own addresses (loopback included)? */
bool simp_host_owns(const sim_host *, simp_ip);
/* Is it the broadcast address of a network the host is on, or 255.255.255.255? */
bool simp_host_is_broadcast(const sim_host *, simp_ip);

/* sim_socket.c: as if something on the way had reset the stream's connection towards either end.  Nothing
 * happens to a socket without one. */
void simp_stream_reset(struct cas_port_socket *);
/* "server/conn#2", as in labels. */
void simp_socket_name(const struct cas_port_socket *, char *text, size_t size);

/* fault_backend.c */
/* The backend under all fault wrappers. */
cas_backend *simp_fault_innermost(cas_backend *);

/* sim_backend.c */
extern const cas_backend_ops simp_backend_ops;
/* Runs function(argument) as code of the task's thread; afterwards its messages are dispatched by events. */
void simp_task_call(simp_task *, void (*function)(void *argument), void *argument);
/* Makes the dispatch event fit what the thread has to do. */
void simp_task_arm(simp_task *);
/* The same after the clock changed, or a pause ended. */
void simp_task_rearm(simp_task *);
/* The program of the task is gone: sockets, timers, messages. */
void simp_task_end(simp_task *);
/* 0 or WSAENOBUFS; the task is the last one of the host's then. */
int simp_task_init(simp_task *, sim_host *);
/* Whose dispatch it is; NULL: it is something else. */
simp_task *simp_task_of(const simp_event *);
/* An observer of the world came or went. */
void simp_tasks_hear(sim_world *);
/* Of a task that never had anything to do. */
void simp_task_fini(simp_task *);

#endif
