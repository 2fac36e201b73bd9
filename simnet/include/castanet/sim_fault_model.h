/* SPDX-License-Identifier: MIT
 *
 * What may go wrong with a scenario that asks for nothing: the faults that a search brings into it by itself.
 *
 *     static const sim_scenario upload = {
 *         .name = "upload", ...
 *         .faults = {.kinds = SIM_MAY_DROP | SIM_MAY_DELAY, .recovery_ns = SIM_S(60)},
 *     };
 *
 * Each is a choice of the world at the event that it concerns ("drop client->server data#3"), 0 being that
 * nothing goes wrong: so it is written down, repeated, taken out and explained as all choices are.  A run
 * without an order, and strategies that know nothing of faults, leave the scenario in peace.
 */
#ifndef CASTANET_SIM_FAULT_MODEL_H
#define CASTANET_SIM_FAULT_MODEL_H

#include "castanet/sim_world.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The kinds, by the word that a schedule has for each; what stands behind = is 1 where it is left out. */
typedef enum sim_may {
    /* Of a packet that arrives over a link. */
    SIM_MAY_DROP = 1 << 0,      /* drop E: it is lost */
    SIM_MAY_DUPLICATE = 1 << 1, /* duplicate E: it arrives twice */
    SIM_MAY_DELAY = 1 << 2,     /* delay E = v: behind all that come in a short (1) or a long (2) time */
    SIM_MAY_CORRUPT = 1 << 3,   /* corrupt E: a bit of it is wrong, and its checksum says so */
    SIM_MAY_RESET = 1 << 4,     /* reset E: in its place comes the end of the connection, at either end */
    /* Before a packet arrives. */
    SIM_MAY_CLOG = 1 << 5,    /* clog E = v: from it on, what goes from host to host in this direction waits
                                 for a short time, doubled v - 1 times; v is at most 8 */
    SIM_MAY_SPLIT = 1 << 6,   /* split E = v: for a long time the hosts are two groups that do not hear each
                                 other; a bit of v for each host but the first says who is not with it */
    SIM_MAY_ONE_WAY = 1 << 7, /* one-way E = v: for a long time the hosts with a bit in v are not heard */
    SIM_MAY_BRIDGE = 1 << 8,  /* bridge E = v: two halves, and the v-th host, which is in both; 3 hosts */
    /* Before a callback of a host.  Crashes concern hosts with a boot program (sim_host_set_boot), which runs
     * a short (1) or a long (2) time later. */
    SIM_MAY_CRASH = 1 << 9,      /* crash E = v: its programs are gone, and its connections reset */
    SIM_MAY_POWER_CUT = 1 << 10, /* power-cut E = v: its connections vanish without a word */
    SIM_MAY_PAUSE = 1 << 11,     /* pause E = v: its programs stand still for that time */
    /* In a call of a program (see castanet/sim_fault.h), by its number on the socket: E is "server/conn#1
     * Receive#2". */
    SIM_MAY_SHORT_RECEIVE = 1 << 12, /* short-receive E = v: one byte (1), all but one (2) or half (3) */
    SIM_MAY_SHORT_SEND = 1 << 13,    /* short-send E = v: the same */
    SIM_MAY_WOULD_BLOCK = 1 << 14,   /* would-block E = v: Receive, Send or Accept finds nothing, 1, 2, 4 or 8
                                      times, and the notification follows */
    SIM_MAY_NO_BUFFERS = 1 << 15,    /* no-buffers E: Send fails with WSAENOBUFS */
    SIM_MAY_CUT = 1 << 16,           /* cut E: Send takes half, and the connection is reset */
    SIM_MAY_KINDS = 17
} sim_may;

#define SIM_MAY_PACKETS (SIM_MAY_DROP | SIM_MAY_DUPLICATE | SIM_MAY_DELAY | SIM_MAY_CORRUPT)
#define SIM_MAY_PARTITIONS (SIM_MAY_CLOG | SIM_MAY_SPLIT | SIM_MAY_ONE_WAY | SIM_MAY_BRIDGE)
#define SIM_MAY_CALLS                                                                                        \
    (SIM_MAY_SHORT_RECEIVE | SIM_MAY_SHORT_SEND | SIM_MAY_WOULD_BLOCK | SIM_MAY_NO_BUFFERS | SIM_MAY_CUT)
#define SIM_MAY_HOSTS (SIM_MAY_CRASH | SIM_MAY_POWER_CUT | SIM_MAY_PAUSE)

/* All zero: nothing goes wrong.  Partitions concern the first 8 hosts, and one begins when the last has been
 * over for a long time. */
typedef struct sim_fault_model {
    uint32_t kinds;    /* of sim_may: those that the programs promise to survive */
    uint64_t short_ns; /* 0: 20 ms */
    uint64_t long_ns;  /* 0: 3 s, longer than a TCP waits before it sends a segment again */
    /* When the last fault has been over for so long, the scenario is done (is_done), or the run is stalled.
     * Not in causal mode, which has no time that is everybody's.  0: nobody asks. */
    uint64_t recovery_ns;
} sim_fault_model;

/* "drop"; NULL: none of the kinds, or several. */
const char *sim_may_word(sim_may);

#ifdef __cplusplus
}
#endif

#endif
