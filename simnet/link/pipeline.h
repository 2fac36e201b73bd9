/* SPDX-License-Identifier: MIT
 *
 * The stages of a path in their order, and how packets pass them.
 */
#ifndef SIMNET_PIPELINE_H
#define SIMNET_PIPELINE_H

#include "simnet/link/stage.h"

/* The stages that come from the options of a path. */
typedef enum simp_plain {
    SIMP_PLAIN_LOSS,
    SIMP_PLAIN_DUPLICATE,
    SIMP_PLAIN_JITTER,
    SIMP_PLAIN_REORDER,
    SIMP_PLAIN_COUNT
} simp_plain;

typedef struct simp_pipeline {
    char *who; /* "link lan client>", for labels */
    simp_stage *stages;
    simp_chances *chances;
    sim_script script;
    void *script_context;
    simp_stage plain[SIMP_PLAIN_COUNT]; /* of the path's options; in the list if they have something to do */
    struct simp_pending *pending, **pending_end; /* copies that have not gone on yet */
    uint64_t fates[SIM_FATE_COUNT];              /* how often each was dealt */
    unsigned copies;                             /* made of the packet that passes */
    const sim_packet *submitted; /* that passes and was not reported yet; NULL: none */
} simp_pipeline;

/* Makes the pipeline of a path that has none: 0 or WSAENOBUFS. */
int simp_pipeline_ensure(simp_path *);
/* Frees it, with its stages; NULL is no matter.  Nothing may be in it. */
void simp_pipeline_discard(simp_path *);

/* The chances of this name, made if need be; they go on where the last stage of that name ended.  NULL: no
 * memory. */
simp_chances *simp_pipeline_chances(simp_path *, const char *name);
/* At its place: behind those of its kind that were added before, plain ones first. */
void simp_pipeline_insert(simp_pipeline *, simp_stage *);
void simp_pipeline_remove(simp_pipeline *, simp_stage *);

/* A packet that was handed to the path. */
void simp_pipeline_submit(simp_path *, simp_transit *);
/* Goes on behind the stage, which kept the packet.  For events of the stage, not within its run. */
void simp_pipeline_resume(simp_stage *, simp_transit *);
/* Within the stage's run: a copy of transit with this packet (NULL: there was no memory) goes on behind the
 * stage, after the packet. */
void simp_pipeline_branch(simp_stage *, const simp_transit *transit, sim_packet *copy, uint64_t late_ns);
/* Within the stage's pass: so does a packet that it kept. */
void simp_pipeline_follow(simp_stage *, const simp_transit *);
/* False: a gate took the packet, which was about to arrive. */
APART bool simp_pipeline_lets_arrive(simp_path *, sim_packet *);
/* A packet that was on its way is lost: tells observers, and frees it. */
void simp_pipeline_lose(simp_path *, sim_packet *, sim_fate);

#endif
