/* SPDX-License-Identifier: MIT
 *
 * castanet_bench: programs on the public API alone, each measured over one stretch and told in one line of
 * key=value.
 *
 *  1. A subject builds its network first; seconds_cpu is the CPU time of the process from the first event to
 *     the last, and in `worlds`, where building is the subject, all of it.
 *  2. packets counts what hosts put on links, acknowledgements too, whether it arrives or not; events counts
 *     what the world ran in that time.
 *  3. A count that decides how much is done is exact, so that the difference of two runs under callgrind is
 *     the cost of the units between them.
 */
#ifndef BENCH_BENCH_H
#define BENCH_BENCH_H

#include "castanet/casyncsocket.h"
#include "castanet/sim.h"

/* What the command line can say; each subject has its own defaults. */
typedef struct bench_options {
    int64_t bytes, loss_ppm, latency_ms, window, mtu;
    int64_t hosts, connections, count, pending;
} bench_options;

typedef struct bench_subject {
    const char *name;
    int (*run)(const bench_options *); /* 0, or 1 with the reason on stderr */
    bench_options defaults;            /* -1: the subject has no such option */
} bench_subject;

/* ---- bench.c ---- */

double bench_cpu_seconds(void);
/* Says on stderr that what is wrong; returns 1. */
int bench_fail(const char *what);

/* ---- bench_network.c ---- */

enum { BENCH_PORT = 4000, BENCH_MESSAGE = 64 };

/* A world whose memory is counted. */
typedef struct bench_network {
    cas_counting_allocator memory;
    sim_world *world;
    double cpu_start;
    uint64_t events_start;
} bench_network;

bool bench_network_open(bench_network *);
/* False: the world did not give all its memory back. */
bool bench_network_close(bench_network *);
/* 1 Gbit/s and 1 ms. */
sim_link_options bench_plain_link(void);
/* Hosts a<number> and b<number> with addresses 10.x.y.1 and .2 on a link of their own; NULL when refused. */
sim_link *bench_pair(bench_network *, unsigned number, const sim_link_options *, sim_host *hosts[2]);
/* The measured stretch begins. */
void bench_start(bench_network *);
/* It ends: prints "case=name extra packets= events= seconds_cpu= ..."; packets 0: left out. */
void bench_print(const bench_network *, const char *name, const char *extra, uint64_t packets);
/* Packets that both directions of a link took. */
uint64_t bench_packets(const sim_link *);

/* ---- the subjects ---- */

int bench_bulk(const bench_options *);
int bench_udp_pingpong(const bench_options *);
int bench_tcp_pingpong(const bench_options *);
int bench_worlds(const bench_options *);
int bench_idle_connections(const bench_options *);
int bench_idle_hosts(const bench_options *);
int bench_events(const bench_options *);
int bench_heap(const bench_options *);

/* ---- tcp_pingpong.c: an echo server and clients, also of other subjects ---- */

typedef struct bench_server bench_server;
typedef struct bench_client bench_client;

/* What all clients of a case share. */
typedef struct bench_game {
    uint64_t left;        /* messages that may still be sent */
    uint64_t round_trips; /* messages that came back */
    unsigned connected;
    bool sends_when_connected;
} bench_game;

struct bench_client {
    CAsyncSocket socket;
    bench_game *game;
    int received; /* bytes of the message that is coming back */
};

struct bench_server {
    CAsyncSocket listener;
    struct bench_peer *free; /* storage for connections */
    struct bench_peer *peers;
};

/* Listens on the host, with storage for so many connections at a time; false: refused. */
bool bench_server_open(bench_server *, sim_host *, unsigned connections);
void bench_server_close(bench_server *, sim_host *);
/* Begins to connect from the host to address; false: refused. */
bool bench_client_open(bench_client *, bench_game *, sim_host *, const char *address);
/* Sends a message if the game has one left, else closes. */
void bench_client_play(bench_client *);

#endif
