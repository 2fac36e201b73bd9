/* SPDX-License-Identifier: MIT
 *
 * The recorder: observes a world and tells its sinks what happens, as numbered events (event.h).
 *
 * Invariants:
 *  1. The run is the same with it and without it, with every sink and with none.
 *  2. What it keeps grows with sockets, not with events.
 *  3. A socket has one name from its first event to its last, unless it begins to listen.
 */
#ifndef PCAP_RECORDER_H
#define PCAP_RECORDER_H

#include <stdbool.h>

#include "castanet/trace.h"
#include "pcap/event.h"

enum { CAPP_FAULT_MAX = 256, CAPP_SOCKET_NAME_MAX = 24, CAPP_EVENTS_OF_SOCKET = 6 };

/* A notification that was posted and not dispatched yet. */
typedef struct capp_posted {
    uint64_t packet; /* whose arrival posted it; 0: none */
    uint64_t at_ns;
} capp_posted;

typedef struct capp_socket {
    char name[CAPP_SOCKET_NAME_MAX]; /* empty: not met yet */
    uint32_t key;                    /* what the name was made of */
    capp_posted posted[CAPP_EVENTS_OF_SOCKET];
} capp_socket;

/* The sockets of a host, by handle. */
typedef struct capp_place {
    capp_socket *sockets;
    size_t capacity;
} capp_place;

struct cap_trace {
    sim_observer observer; /* first, so that the observer's address is the trace's */
    sim_world *world;
    capp_sink *sinks;
    capp_place *places; /* by host */
    size_t place_count;
    uint64_t count; /* events */
    uint64_t at_ns; /* of the last one */
    unsigned depth; /* callbacks that have not returned */
    /* The last arrival, to tell what posted a notification. */
    uint64_t arrived_packet, arrived_event;
    const sim_host *arrived_at;
    char fault[CAPP_FAULT_MAX]; /* lines about the packet that is being sent */
    uint64_t fault_packet;      /* on its way, of the last fault that was told; 0: none */
    bool refused;               /* memory; names and causes are missing */
};

/* The trace owns the sink from now on. */
void capp_trace_add(cap_trace *, capp_sink *);

#endif
