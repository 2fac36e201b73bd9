/* SPDX-License-Identifier: MIT
 *
 * A path: one direction of a link.  A packet passes a fixed order of stages, each of which may drop it, copy
 * it, or move its arrival; then it is in flight until its arrival event.
 *
 *   script -> loss -> duplicate -> queue and rate -> latency and jitter -> reorder -> in flight -> arrival
 *
 * Invariants:
 *  1. flight is sorted by (arrive_ns, order); the path's one event is queued at its head.
 *  2. A stage that is on draws the same count of numbers for every packet that reaches it.
 *  3. Faults happen after the sending host is done with the packet: it never learns of them.
 */
#ifndef SIMNET_PATH_H
#define SIMNET_PATH_H

#include "simnet/choice.h"
#include "simnet/event_queue.h"
#include "simnet/packet.h"

struct simp_interface;

typedef struct simp_path {
    struct simp_interface *from;
    sim_link_options options;
    sim_link_counters counters;
    sim_script script;
    void *script_context;
    simp_site loss, duplicate, reorder;
    simp_stream jitter;
    uint64_t line_free_ns;   /* rate: when the last packet has left ... */
    uint64_t line_remainder; /* ... and the fraction of a nanosecond that was left over, in bit/rate */
    uint64_t last_arrive_ns; /* of the packets that keep their order */
    sim_packet *flight, *flight_last;
    simp_event arrival;
} simp_path;

/* What a stage works on. */
typedef struct simp_transit {
    sim_packet *packet;
    uint64_t leave_ns; /* when it is on the line */
    uint64_t arrive_ns;
    uint32_t size;  /* bytes of the IP packet */
    bool displaced; /* neither waits for others nor holds them up */
    sim_fate fate;
} simp_transit;

typedef enum simp_stage_result { SIMP_STAGE_PASS, SIMP_STAGE_DROP, SIMP_STAGE_COPY } simp_stage_result;

/* stage.c: the stages in their order; NULL ends the list.  A stage that is off passes. */
typedef simp_stage_result (*simp_stage)(sim_world *, simp_path *, simp_transit *);
extern const simp_stage simp_stages[];

/* 0 or WSAENOBUFS.  name is that of the link and its two ends, for labels. */
int simp_path_init(simp_path *, struct simp_interface *from, const sim_link_options *, const char *name);
/* Of a path that carried nothing. */
void simp_path_fini(simp_path *);
/* Takes the packet over. */
void simp_path_submit(simp_path *, sim_packet *);

#endif
