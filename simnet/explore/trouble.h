/* SPDX-License-Identifier: MIT
 *
 * Trouble: what goes wrong with an event of a run, by the fault model (castanet/sim_fault_model.h).
 *
 * An order that has one lets events happen through it.  It counts the events of each label, asks at the
 * world's door for each kind that fits, and does what the answer says, the event included unless the fault
 * took its place.
 *
 * Invariants:
 *  1. A packet meets one fault of its own at most: what was put aside, or is a copy, arrives in peace.
 *  2. What a fault began ends by itself, and until_ns is when the last of it does.
 */
#ifndef SIMNET_TROUBLE_H
#define SIMNET_TROUBLE_H

#include "castanet/sim_fault_model.h"
#include "simnet/explore/candidate.h"
#include "simnet/link/path.h"

enum { SIMP_TROUBLE_TOUCHED = 64, SIMP_TROUBLE_HOSTS = 8, SIMP_TROUBLE_CLOG_MAX = 8 };

/* How often a label was met. */
typedef struct simp_meetings {
    uint32_t run, count;
} simp_meetings;

typedef struct simp_trouble {
    simp_event happens; /* first: in place of the event that may go wrong */
    cas_allocator *memory;
    const simp_label_table *labels;
    sim_fault_model model; /* times filled in */
    simp_candidate about;  /* what happens now */
    uint32_t ordinal;      /* the how manieth of its label */
    uint32_t run;
    simp_meetings *met; /* by label */
    size_t met_capacity;
    uint64_t touched[SIMP_TROUBLE_TOUCHED]; /* ids of packets that had their fault */
    unsigned touched_count;
    uint64_t until_ns;      /* the last fault and all that it began is over; 0: there was none */
    uint64_t whole_from_ns; /* from then on a partition may begin */
    uint32_t partitions;    /* made, for their names */
    uint32_t fired[SIM_MAY_KINDS];
} simp_trouble;

/* NULL: no memory. */
simp_trouble *simp_trouble_create(cas_allocator *, const simp_label_table *);
void simp_trouble_destroy(simp_trouble *);
/* A run begins. */
void simp_trouble_begin(simp_trouble *, const sim_fault_model *);

/* Asks about a call of a program, "server/conn#1 Receive", the how manieth of its socket. */
uint32_t simp_trouble_ask_call(sim_world *, sim_may kind, const char *call, uint32_t ordinal, uint32_t bound);

/* trouble_kind.c */
/* The word of the kind with that number. */
const char *simp_trouble_word(unsigned kind);
/* Does a label begin with such a word, or is it of a fault of the program's own? */
bool simp_is_trouble_label(const char *label, size_t len);
/* Why it may happen; NULL: the label begins with none. */
const char *simp_trouble_reason(const char *label, size_t len);

/* fault_search.c: puts a wrapper on a thread of a world that has no socket yet; it goes with the world.  0 or
 * WSAENOBUFS. */
int simp_fault_search_install(cas_thread *, uint32_t kinds);

/* trouble_packet.c: false if the packet at the head of the path does not arrive now. */
bool simp_trouble_arrives(simp_trouble *, sim_world *, simp_path *);
/* trouble_apart.c */
void simp_trouble_parts(simp_trouble *, sim_world *, const simp_path *);
/* trouble_host.c: false if the host does not get to it. */
bool simp_trouble_calls(simp_trouble *, sim_world *, sim_host *);

/* ---- for those three ---- */

/* Asks the door; 0: that kind does not happen. */
uint32_t simp_trouble_ask(simp_trouble *, sim_world *, sim_may kind, uint32_t bound);
/* The time that an answer stands for: 1 short, 2 long. */
uint64_t simp_trouble_time(const simp_trouble *, uint32_t value);
/* Does repair(argument) when that time is over. */
void simp_trouble_mend_after(simp_trouble *, sim_world *, uint64_t ns, void (*repair)(void *),
                             void *argument);

#endif
