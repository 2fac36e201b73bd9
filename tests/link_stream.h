/* SPDX-License-Identifier: MIT
 *
 * Datagrams from a to b over the link of a pair, numbered from 0, and when each arrived.  Each is an IP
 * packet of 1000 bytes.
 */
#ifndef TESTS_LINK_STREAM_H
#define TESTS_LINK_STREAM_H

#include "castanet/sim_observer.h"
#include "tests/fixture.h"

enum { LINK_STREAM_MAX = 8192, LINK_STREAM_PACKET = 1000 };

typedef struct link_stream {
    sim_observer observer; /* first */
    world_pair pair;
    CAsyncSocket from, to;
    unsigned sent;
    unsigned count; /* arrivals kept; more are dropped */
    uint64_t at_ns[LINK_STREAM_MAX];
    uint64_t sent_ns[LINK_STREAM_MAX]; /* by number */
    uint32_t number[LINK_STREAM_MAX];
    uint8_t traffic_class[LINK_STREAM_MAX];
    unsigned lost_late;         /* told by on_lost */
    sim_link_counters counters; /* of the direction from a, set by finish */
} link_stream;

/* A pair with the test's seed.  options NULL: nothing is impaired, not even delayed. */
void link_stream_open(link_stream *, const sim_link_options *options);
/* The world runs gap_ns after each. */
void link_stream_send(link_stream *, unsigned count, uint64_t gap_ns);
/* Runs until nothing is left to happen, and reads the counters. */
void link_stream_finish(link_stream *);

/* Adds to the direction from a; a refusal is fatal for the test. */
sim_stage *link_stream_add(link_stream *, const sim_impairment *);

bool link_stream_is_ordered(const link_stream *);
/* The numbers that arrived, in order of arrival: "0 1 3".  Valid until the next call. */
const char *link_stream_text(const link_stream *);
/* How often this number arrived. */
unsigned link_stream_arrivals(const link_stream *, uint32_t number);

#endif
