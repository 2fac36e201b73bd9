/* SPDX-License-Identifier: MIT
 *
 * Datagrams beside the connections of a random world: each one that is received was sent, as it is, to whom
 * it reached, and no more often than links made copies of it; where nothing is lost all arrive.
 */
#ifndef TESTS_SWARM_DATAGRAM_H
#define TESTS_SWARM_DATAGRAM_H

#include <stdio.h>

#include "castanet/sim.h"

struct swarm_plan;
struct swarm_world;

enum { SWARM_STREAMS_MAX = 6, SWARM_DATAGRAMS_MAX = 60, SWARM_DATAGRAM_LEN_MAX = 4000 };

typedef struct swarm_stream_plan {
    unsigned from, to; /* hosts */
    bool ipv6;
    unsigned count;
    unsigned len_max;
    uint64_t start_ns, pause_ns;
} swarm_stream_plan;

typedef struct swarm_datagram_plan {
    unsigned count;
    swarm_stream_plan streams[SWARM_STREAMS_MAX];
} swarm_datagram_plan;

typedef struct swarm_stream {
    CAsyncSocket socket; /* first; the sender's */
    struct swarm_world *world;
    unsigned number; /* of streams */
    cas_timer timer;
    bool began;
    unsigned tried;                        /* datagrams that were made ... */
    bool sent[SWARM_DATAGRAMS_MAX];        /* ... and taken */
    uint8_t received[SWARM_DATAGRAMS_MAX]; /* how often */
} swarm_stream;

typedef struct swarm_receiver {
    CAsyncSocket socket; /* first */
    struct swarm_world *world;
    unsigned host;
} swarm_receiver;

typedef struct swarm_datagrams {
    swarm_stream streams[SWARM_STREAMS_MAX];
    swarm_receiver receivers[8][2]; /* of hosts; IPv4, IPv6 */
    uint64_t received, altered;
    bool counts_twice; /* a planted bug */
} swarm_datagrams;

void swarm_draw_datagrams(struct swarm_plan *);
void swarm_print_datagrams(FILE *, const struct swarm_plan *);
/* The programs of one host begin to hear; also after a crash. */
void swarm_datagrams_listen(struct swarm_world *, unsigned host);
/* Schedules what is sent. */
int swarm_datagrams_schedule(struct swarm_world *);
/* The host's programs are about to be gone. */
void swarm_datagrams_crash(struct swarm_world *, unsigned host);
/* Closes what is open on a host, on its thread. */
void swarm_datagrams_close(struct swarm_world *, unsigned host);
bool swarm_datagrams_judge(const struct swarm_world *, char *failure, size_t size);

#endif
