/* SPDX-License-Identifier: MIT
 *
 * TCP segments as they were put on the wire: every field of the header, to ask for one by one.
 */
#ifndef TESTS_SEGMENT_LOG_H
#define TESTS_SEGMENT_LOG_H

#include "castanet/sim_observer.h"
#include "simnet/packet/packet.h"

enum { SEGMENT_LOG_MAX = 1024 };

typedef struct logged_segment {
    uint64_t at_ns;
    const sim_host *from;
    simp_tcp_header tcp;
    uint32_t length;
    uint8_t traffic_class;
    bool lost;
} logged_segment;

typedef struct segment_log {
    sim_observer observer;
    unsigned count; /* kept; more are dropped */
    logged_segment segment[SEGMENT_LOG_MAX];
} segment_log;

void segment_log_start(segment_log *, sim_world *);
void segment_log_clear(segment_log *);
/* The n-th (from 0) segment of a host; NULL: there is none. */
const logged_segment *segment_log_from(const segment_log *, const sim_host *, unsigned n);
/* The same, of those with text. */
const logged_segment *segment_log_text_from(const segment_log *, const sim_host *, unsigned n);
const logged_segment *segment_log_last(const segment_log *, const sim_host *);

/* "3 2920-4380 1460-2920": how many SACK ranges, each relative to base.  Valid until the next call. */
const char *segment_log_sack(const logged_segment *, uint32_t base);

#endif
