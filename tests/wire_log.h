/* SPDX-License-Identifier: MIT
 *
 * What went over the wire, as text to compare with: one line a packet, "a SYN", "b SYN ACK", "a ACK PSH 5",
 * "a UDP 12", "b ICMP"; lost ones end with " lost".  The number is the payload's length, left out when 0
 * and of ICMP errors.
 */
#ifndef TESTS_WIRE_LOG_H
#define TESTS_WIRE_LOG_H

#include <stdbool.h>

#include "castanet/sim_observer.h"

enum { WIRE_LOG_LINES = 512, WIRE_LOG_LINE = 48 };

typedef struct wire_log {
    sim_observer observer;
    const sim_world *world;
    unsigned count;         /* lines kept; more are dropped */
    bool tells_late_losses; /* a packet that is lost on its way has a line more: "a ACK 5 lost" */
    char line[WIRE_LOG_LINES][WIRE_LOG_LINE];
    uint64_t at_ns[WIRE_LOG_LINES];
} wire_log;

void wire_log_start(wire_log *, sim_world *);
/* The lines since the last clear, joined by ", ".  Valid until the next call. */
const char *wire_log_text(wire_log *);
void wire_log_clear(wire_log *);
/* Lines that equal text exactly. */
unsigned wire_log_matching(const wire_log *, const char *text);

/* A script: drops the packets whose ordinals (from 1) are bits of mask (bit 0: the first). */
typedef struct drop_mask {
    uint64_t mask;
    uint64_t seen;
} drop_mask;
sim_verdict drop_by_mask(void *drop_mask_context, const sim_packet_view *packet);

#endif
