/* SPDX-License-Identifier: MIT
 *
 * The stages of a path: what its options and impairments (castanet/sim_impairment.h) make of a packet.
 *
 * A kind of stage is a table of functions; a stage is one of a kind on one path, with parameters, a state, a
 * site for its choices and a stream for its draws.  The stages of a path are a list in the order of the
 * pipeline:
 *
 *   script and addressed faults -> mtu -> loss -> corruption -> copies -> queues -> the line of the path
 *   -> delay -> reorder -> gates
 *
 * Invariants:
 *  1. Random numbers are drawn by the packet's ordinal on the path, SIMP_DRAWS for each packet and stage,
 *  used or not: what one stage does never shifts another one's numbers.
 *  2. A packet is in the hands of the pipeline, of one stage that keeps it, or in flight.
 *  3. Stages do not call hosts: what is to reach one flies there, or leaves by an event of the stage.
 */
#ifndef SIMNET_STAGE_H
#define SIMNET_STAGE_H

#include "castanet/sim_impairment.h"
#include "simnet/world/choice.h"
#include "simnet/link/link.h"

enum { SIMP_DRAWS = 4, SIMP_COPY_SHIFT = 48 };

typedef enum simp_position {
    SIMP_AT_SCRIPT,
    SIMP_AT_MTU,
    SIMP_AT_LOSS,
    SIMP_AT_CORRUPTION,
    SIMP_AT_COPIES,
    SIMP_AT_QUEUE,
    SIMP_AT_LINE, /* of the path itself */
    SIMP_AT_DELAY,
    SIMP_AT_REORDER,
    SIMP_AT_GATE
} simp_position;

typedef enum simp_stage_result {
    SIMP_PASS, /* nothing happened */
    SIMP_HIT,  /* something did, told by transit->fate; the packet goes on */
    SIMP_DROP, /* it is lost */
    SIMP_KEEP  /* the stage took it over */
} simp_stage_result;

typedef struct simp_stage simp_stage;

typedef struct simp_stage_kind {
    const char *name;
    simp_position position;
    bool has_model;     /* decides itself who is hit: chance_ppm has no meaning */
    bool may_be_script; /* stands in front where it addresses single packets */
    size_t state_size;  /* begins as zero */
    /* 0, or the reason is in world->error.  NULL: nothing to check. */
    int (*check)(const sim_link *, const sim_impairment *);
    int (*begin)(simp_stage *); /* 0 or WSAENOBUFS, and then all is as before; NULL: nothing to do */
    void (*end)(simp_stage *);  /* lets go of what it keeps; NULL: nothing to do */
    /* Of a packet that is concerned. */
    simp_stage_result (*run)(simp_stage *, simp_transit *);
    /* Of every packet that passes the stage, concerned or not.  NULL: nothing to do. */
    void (*pass)(simp_stage *, const simp_transit *);
    /* Gates: of a packet that arrives, and was sent before the gate was shut: PASS, DROP or KEEP.  NULL: no
     * gate. */
    simp_stage_result (*arrive)(simp_stage *, simp_transit *);
} simp_stage_kind;

/* The random numbers of all stages of one name, one after the other, on a path. */
typedef struct simp_chances {
    struct simp_chances *next;
    char *name, *lots_name;
    bool in_use;
    simp_site site; /* whether the fault happens; numbered by packet */
    simp_site lots; /* whether it concerns a connection; numbered by connection */
    simp_stream draws;
} simp_chances;

struct simp_stage {
    simp_stage *next;    /* on the path */
    simp_stage *sibling; /* of the same impairment, on other paths */
    const simp_stage_kind *kind;
    simp_path *path;
    sim_impairment what;
    simp_position position;
    simp_ip source, destination;            /* scope, as numbers ... */
    unsigned source_bits, destination_bits; /* ... and the bits of them that count; 0: any */
    uint64_t odds;                          /* that belong to chance_ppm */
    uint32_t connections_decided;           /* of connections_ppm */
    uint64_t seen, hit, passed;
    uint64_t rule; /* its impairment's number, from 1; 0: a plain option of the link */
    simp_chances *chances;
    void *state;
};

/* An impairment on every path it was added to. */
struct sim_stage {
    sim_link *link;
    simp_stage *first;
};

/* impairment.c: the table of each kind, NULL for none. */
const simp_stage_kind *simp_stage_kind_of(sim_impairment_kind);

/* stage.c */
/* Counts the packet, if it is in scope, and decides whether it is concerned. */
bool simp_stage_concerns(simp_stage *, const simp_transit *);
bool simp_stage_is_active(const simp_stage *); /* within its window of time */
bool simp_stage_has_in_scope(simp_stage *, const simp_transit *);
sim_packet_view simp_stage_view(const simp_transit *);
/* Number index (below SIMP_DRAWS) of those for this packet: uniform over 64 bits. */
uint64_t simp_stage_draw(const simp_stage *, const simp_transit *, unsigned index);
bool simp_which_is_given(const sim_which *); /* it names single packets */
/* 2^64 / 10^6 times ppm, at most UINT64_MAX, which stands for always. */
uint64_t simp_odds_of_ppm(int64_t ppm);

static inline sim_world *simp_stage_world(const simp_stage *stage) { return stage->path->from->host->world; }

/* The kinds, each in the file of its family. */
extern const simp_stage_kind simp_stage_reset, simp_stage_mtu; /* stage_forge.c */
extern const simp_stage_kind simp_stage_drop, simp_stage_gilbert, simp_stage_gilbert_elliott,
    simp_stage_four_state, simp_stage_bit_error;                          /* stage_loss.c */
extern const simp_stage_kind simp_stage_corrupt, simp_stage_clear_urgent; /* stage_change.c */
extern const simp_stage_kind simp_stage_duplicate, simp_stage_replay;     /* stage_copy.c */
extern const simp_stage_kind simp_stage_queue;                            /* stage_queue.c */
extern const simp_stage_kind simp_stage_delay, simp_stage_reorder;        /* stage_delay.c */
extern const simp_stage_kind simp_stage_block, simp_stage_hold, simp_stage_down,
    simp_stage_flap; /* stage_gate.c */

#endif
