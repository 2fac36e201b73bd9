/* SPDX-License-Identifier: MIT
 *
 * What a random world's observer knows: of each packet, whether and how it arrived; of each connection, what
 * of it was lost, and who reset it.  That is the evidence by which endings are judged.
 *
 *  1. A packet that arrives is the one that was sent, but for what links may change (TTL, marks of
 *     congestion, URG); anything else is a lie, and a failure where no link lies.
 *  2. Who has a connection that stands does not reset it.
 *  3. A flow is one attempt: of the connections under the same four numbers each has its own.
 */
#ifndef TESTS_SWARM_WATCH_H
#define TESTS_SWARM_WATCH_H

#include <stdio.h>

#include "castanet/sim_observer.h"
#include "simnet/ip/ip_address.h"

struct swarm_world;

enum { SWARM_FLOWS_MAX = 256, SWARM_NO_FLOW = SWARM_FLOWS_MAX, SWARM_WATCH_TEXT = 256 };

/* A packet, found by its number. */
typedef struct swarm_record {
    uint64_t digest; /* of what was sent; 0: nobody has seen it */
    uint64_t sent_ns;
    uint64_t arrived_ns; /* SIM_FOREVER: it did not */
    uint32_t next;       /* of its flow; 0: it is the last one so far */
    uint32_t ack;
    uint8_t to;                                  /* end */
    bool has_ack, has_text, is_reset, is_forged; /* text: what is retransmitted, SYN and FIN too */
} swarm_record;

typedef struct swarm_flow {
    simp_ip client, server;
    uint16_t client_port;
    uint32_t client_isn;
    uint64_t began_ns;
    uint32_t first, last;            /* records */
    unsigned resets_arrived[2];      /* at the client, at the server */
    unsigned errors_arrived[2];      /* ICMP */
    uint64_t first_reset_sent_ns[2]; /* by the client, by the server; SIM_FOREVER: never */
    unsigned forged, lies;           /* segments that links made, or changed, both ways */
} swarm_flow;

typedef struct swarm_watch {
    sim_observer observer; /* first */
    struct swarm_world *world;
    swarm_record *records; /* by number */
    uint64_t record_capacity;
    swarm_flow flows[SWARM_FLOWS_MAX];
    unsigned flow_count;
    bool is_over;  /* the world was judged, and its programs end */
    unsigned lies; /* anywhere */
    uint64_t sent; /* packets: rows of a capture */
    /* Where to write of those that their first link corrupted: the row from 1, what its host makes of it
     * ("found", "harmless", or "fragment": unknown), and its true ports.  NULL: nowhere. */
    FILE *corrupted;
    char failure[SWARM_WATCH_TEXT]; /* "": none */
} swarm_watch;

/* Watches from now on, until the end, after which the world must be gone. */
void swarm_watch_begin(swarm_watch *, struct swarm_world *);
void swarm_watch_end(swarm_watch *);

/* The newest flow of a connection; NULL: it has sent nothing. */
const swarm_flow *swarm_watch_flow(const struct swarm_world *, unsigned connection);
/* How often the way between the ends failed the flow's end until a time, since the peer acknowledged
 * something new for the last time: packets that did not arrive, either way, in rounds at least 100 ms
 * apart; but no more than it tried, if it had something to retransmit. */
unsigned swarm_watch_silence(const struct swarm_world *, const swarm_flow *, unsigned end, uint64_t until_ns,
                             uint64_t *since_ns);
/* Was something sent to the end that did not arrive? */
bool swarm_watch_lost(const struct swarm_world *, const swarm_flow *, unsigned end);

#endif
