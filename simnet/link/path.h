/* SPDX-License-Identifier: MIT
 *
 * A path: one direction of a link.  A packet is serialised at the line's rate, behind what waits for it,
 * and is then in flight until its arrival event.  What else may happen to it is the matter of stages
 * (stage.h), which a path has only where something was asked for:
 *
 *   stages before the line -> queue, rate and latency -> stages behind it -> in flight -> gates -> arrival
 *
 * Invariants:
 *  1. flight is sorted by (arrive_ns, order); the path's one event is queued at its head.
 *  2. Faults happen after the sending host is done with the packet: it never learns of them.
 */
#ifndef SIMNET_PATH_H
#define SIMNET_PATH_H

#include "core/cold.h"
#include "simnet/world/event_queue.h"
#include "simnet/packet/packet.h"

struct simp_interface;
struct simp_pipeline;

/* A line with a rate. */
typedef struct simp_line {
    uint64_t rate_bps, queue_bytes; /* rate 0: unlimited, by now */
    uint64_t roomy_ns;              /* the queue has room for any packet that waits less */
    uint64_t free_ns;               /* when the last packet has left ... */
    uint64_t remainder;             /* ... and the fraction of a nanosecond that was left over, in bit/rate */
    uint64_t overflowed;
} simp_line;

typedef struct simp_path {
    simp_event arrival;
    sim_packet *flight, *flight_last;
    struct simp_interface *from;
    struct simp_pipeline *pipeline; /* NULL: no stages */
    uint64_t delivered;
    uint64_t who;    /* in records: spares an arrival the sender's cache lines */
    simp_line *line; /* NULL: no rate so far */
    uint64_t latency_ns;
    uint64_t last_arrive_ns; /* of the packets that keep their order */
    uint64_t packets, bytes;
    uint32_t mtu;
} simp_path;

/* A packet on its way through a path. */
typedef struct simp_transit {
    sim_packet *packet;
    uint64_t ordinal; /* from 1 on this path; a copy has its number above the lower 48 bits */
    uint64_t late_ns; /* what was added before it was on the line */
    uint64_t arrive_ns;
    uint32_t size;       /* bytes of the IP packet */
    uint32_t connection; /* 0: of none, or nobody asked */
    bool on_line;        /* arrive_ns is known */
    bool displaced;      /* neither waits for others nor holds them up */
    sim_fate fate;
} simp_transit;

/* Of a path of zeros: 0 or WSAENOBUFS.  The options are sound. */
int simp_path_init(simp_path *, struct simp_interface *from, const sim_link_options *);
/* Of a path that carried nothing. */
void simp_path_fini(simp_path *);
/* Takes the packet over, which has that size. */
void simp_path_submit(simp_path *, sim_packet *, uint32_t size);

/* Whose next arrival it is; NULL: it is something else. */
simp_path *simp_path_of(const simp_event *);

/* Takes the packet off that would arrive next, and is there. */
sim_packet *simp_path_take_head(simp_path *);
/* Puts one in flight again, which neither waits for others nor holds them up. */
COLD void simp_path_return(simp_path *, sim_packet *, uint64_t arrive_ns);
/* Puts one in flight right behind the next that arrives. */
COLD void simp_path_follow(simp_path *, sim_packet *);

/* path_options.c */
/* Makes what the options need, and changes nothing else: 0 or WSAENOBUFS. */
int simp_path_prepare(simp_path *, const sim_link_options *);
/* From now on; after simp_path_prepare with the same. */
void simp_path_set_options(simp_path *, const sim_link_options *);

/* ---- for stages ---- */

/* Gives the packet its time of arrival, behind what waits for the line; false: the queue is full. */
bool simp_path_serialise(simp_path *, simp_transit *);
/* Puts it in flight; takes it over. */
void simp_path_take_off(simp_path *, simp_transit *);
/* Tells observers what became of a packet that was handed in. */
COLD void simp_path_report(const simp_path *, const sim_packet *, sim_fate);

#endif
