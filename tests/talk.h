/* SPDX-License-Identifier: MIT
 *
 * A scenario that faults are brought into: "client" sends three pieces, 500 ms apart, and closes; "server"
 * reads to the end.  A client whose connection ended too early begins anew, and a server that crashed starts
 * again, so that any one fault is survived.
 */
#ifndef TESTS_TALK_H
#define TESTS_TALK_H

#include "castanet/sim.h"
#include "castanet/sim_schedule.h"
#include "tests/wire_log.h"

typedef struct talk talk;

/* The state of a run. */
struct talk {
    wire_log *log;       /* outlives the run; NULL: none */
    unsigned bystanders; /* further hosts, which do nothing */
    bool gives_up;       /* the client does not begin anew */
    CAsyncSocket listener, session, caller;
    cas_timer timer, opening;
    unsigned sent, calls, starts; /* pieces, connections, times that the server's program began */
    unsigned flushed;             /* bytes that Send took */
    bool is_ending;               /* nothing follows what was sent */
    unsigned received;            /* bytes of this connection */
    bool is_idle;                 /* the client waits before it calls again */
    bool is_complete;             /* some connection brought all bytes, and its end */
};

enum { TALK_PIECES = 3, TALK_PIECE = 4 };

sim_scenario talk_scenario(const talk *initial, sim_fault_model faults);

/* What goes over the wire when nothing goes wrong. */
#define TALK_QUIET                                                                                           \
    "client SYN, server SYN ACK, client ACK, client ACK 4, server ACK, client ACK 4, "                       \
    "server ACK, client ACK 4, server ACK, client FIN ACK, server ACK, "                                     \
    "server FIN ACK, client ACK"

/* A run of it under facts. */
typedef struct played {
    wire_log log;
    sim_rerun rerun;
    uint32_t troubles;
} played;

/* Of these lines, which must be sound. */
sim_schedule *talk_schedule(const char *facts);
/* kinds: of what is counted. */
void talk_play(played *, talk initial, sim_fault_model faults, const char *facts, unsigned kinds);

#endif
