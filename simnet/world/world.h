/* SPDX-License-Identifier: MIT
 *
 * A world: the root of everything simulated, and the only place where time moves.
 *
 * Invariants:
 *  1. Everything of a world lies in its arena, the world itself included.
 *  2. now_ns never decreases; it changes only in step.
 *  3. Nothing here or below asks the system for time, chance or anything else but memory.
 */
#ifndef SIMNET_WORLD_H
#define SIMNET_WORLD_H

#include "castanet/sim_observer.h"
#include "castanet/sim_stack.h"
#include "simnet/world/arena.h"
#include "simnet/world/choice.h"
#include "simnet/world/event_queue.h"
#include "simnet/world/fingerprint.h"
#include "simnet/world/hash_table.h"
#include "simnet/ip/ip_address.h"
#include "simnet/world/payload.h"

struct simp_tcp;
struct simp_port;

/* Looks at a run now and then, between two events. */
typedef struct simp_vigil simp_vigil;
struct simp_vigil {
    uint64_t at_event; /* the next look is before the event after so many */
    /* Sets at_event beyond event_count.  SIM_STOP_TIME: the run goes on. */
    sim_stop (*look)(simp_vigil *, sim_world *);
};

struct sim_world {
    simp_arena arena; /* first; the world lies in it */
    simp_event_queue events;
    uint64_t now_ns;
    uint64_t event_count;
    uint64_t instant_began; /* event_count, when the present instant began */
    uint64_t event_limit; /* of event_count: below it, neither the world's nor the instant's is reached, there
                               is no order, and no vigil looks */
    uint64_t packet_count; /* ids given */
    uint64_t action_count; /* ties of actions */
    struct simp_action *actions_done;
    sim_world_options options;
    simp_choice_log choices;
    struct simp_user_site *user_sites;
    struct simp_own_site *own_sites; /* probe.c */
    struct simp_probe *probes;       /* probe.h */
    sim_host **hosts;
    uint32_t host_count, host_capacity;
    sim_link *links;
    struct simp_name *names;          /* newest first, see name_table.c */
    uint32_t topology;                /* counts changes of addresses, routes and interfaces; see way.h */
    struct sim_partition *partitions; /* that hold */
    sim_observer *observers;
    const struct simp_interface *told_of; /* while on_sent is called: where the packet leaves */
    simp_hash_table connections; /* simp_tcp by host, addresses and ports */
    simp_hash_table ports;       /* simp_port by host, protocol and port */
    simp_hash_table host_names;  /* sim_host by name */
    struct sim_bridge *bridges;
    struct sim_order *order;    /* who decides what happens next; NULL: time alone */
    simp_vigil *vigil;          /* NULL: nobody looks */
    struct simp_memory *memory; /* of programs; NULL: none asked, see memory.h */
    uint64_t rule_count;        /* impairments and rules of fault wrappers that were added */
    unsigned wait_depth;        /* cas_pump_run inside callbacks */
    bool stop;
    bool out_of_memory; /* where no call could report it */
    bool failed;
    /* From here on nothing is cleared in advance. */
    sim_stack stack; /* options.stack points here, unless the world has the usual one */
    simp_fingerprint fingerprint;
    uint64_t failure_hash; /* of the format of failure: equal for the same failure */
    char failure[512];
    sim_error error;
};

/* What the fingerprint's records are about. */
typedef enum simp_record {
    SIMP_RECORD_ARRIVAL = 1,
    SIMP_RECORD_FATE,
    SIMP_RECORD_TIMER,
    SIMP_RECORD_STEP,
    SIMP_RECORD_CHOICE,
    SIMP_RECORD_START,
    SIMP_RECORD_ACTION,
    SIMP_RECORD_HOST,
    SIMP_RECORD_INJECTED
} simp_record;

static inline void simp_record_event(sim_world *world, simp_record kind, uint64_t who, uint64_t value)
{
    simp_fingerprint_absorb(&world->fingerprint, world->now_ns, (uint64_t)kind << 56 ^ who, value);
}

/* A program sends them; how many the record of its call tells. */
static inline void simp_record_bytes(sim_world *world, const void *bytes, uint64_t len)
{
    simp_fingerprint_prepare(&world->fingerprint, simp_hash_payload(bytes, len));
}

/* fate.c: tells observers that a packet, which was reported as on its way, is lost.  It stays the
 * caller's. */
void simp_report_lost(sim_world *, const sim_packet *, sim_fate);

static inline void simp_topology_changed(sim_world *world) { world->topology++; }

/* One event, whatever the limits; SIM_STOP_TIME: it ran.  A request to stop stays. */
sim_stop simp_world_run_one(sim_world *);
/* The same within the limits. */
sim_stop simp_world_step(sim_world *);

/* Runs an event that is off the queue at a time.  SIM_STOP_TIME: the run goes on. */
sim_stop simp_world_execute(sim_world *, simp_due);
/* From now on order decides what happens next. */
void simp_world_set_order(sim_world *, struct sim_order *order);
/* Borrowed; NULL ends it. */
void simp_world_set_vigil(sim_world *, simp_vigil *);
/* Before an event, where the limits are looked at. */
static inline sim_stop simp_world_keep_vigil(sim_world *world)
{
    simp_vigil *vigil = world->vigil;
    return vigil == NULL || world->event_count < vigil->at_event ? SIM_STOP_TIME : vigil->look(vigil, world);
}

/* Queues the event of a host at a time, not before now. */
void simp_schedule(sim_world *, simp_event *, simp_class, sim_host *, uint64_t at_ns);

/* tcp_check.c: 0 when the invariants of every connection hold; else 1, and which one does not in what.
 * Changes nothing; tests call it after every event. */
int simp_world_check(const sim_world *, char *what, size_t size);

/* Fills world->error and returns code. */
int simp_refuse(sim_world *, int code, const char *what, const char *why, const char *fix);
/* The same; the first %s in what_with_name stands for name. */
int simp_refuse_named(sim_world *, int code, const char *what_with_name, const char *name, const char *why,
                      const char *fix);
static inline int simp_no_memory(sim_world *world)
{
    return simp_refuse(world, WSAENOBUFS, "the world could not grow", "the allocator refused memory",
                       "free memory, or give the world's allocator a larger limit");
}
/* For what happens inside events, where no call can report: the run ends with SIM_STOP_NO_MEMORY. */
static inline void simp_out_of_memory(sim_world *world) { world->out_of_memory = true; }

#endif
