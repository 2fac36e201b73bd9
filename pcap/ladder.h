/* SPDX-License-Identifier: MIT
 *
 * The rows of a ladder: recorded by ladder.c, put into text by ladder_print.c.
 *
 * Invariants:
 *  1. A row keeps numbers and pointers to static names, never a packet; nothing is formatted during the run.
 *  2. Rows lie in a ring that was allocated once; the newest rows_max are kept.
 *  3. Time never decreases from one row to the next.
 */
#ifndef PCAP_LADDER_H
#define PCAP_LADDER_H

#include <stdbool.h>

#include "castanet/capture.h"
#include "simnet/ip/ip_address.h"
#include "simnet/packet/packet.h"

typedef enum capp_row_kind {
    CAPP_ROW_SENT,    /* a packet leaves host for peer */
    CAPP_ROW_ARRIVED, /* a packet of peer's reaches host, later than right after it was sent */
    CAPP_ROW_CALL,    /* an API call on host */
    CAPP_ROW_CALLBACK
} capp_row_kind;

typedef struct capp_packet_row {
    uint64_t id;
    simp_ip source, destination;
    uint16_t next_host; /* where to point when the destination is never seen */
    sim_fate fate;
    bool has_arrived;
    bool arrives_next; /* nothing happened in between: the arrow is drawn whole */
    uint8_t protocol, flags;
    simp_icmp_kind icmp_kind;
    uint16_t window, fragment_offset;
    bool is_fragment;
    uint32_t length;
} capp_packet_row;

typedef struct capp_step_row {
    SOCKET handle;
    const char *name;
    int64_t result;
    int error;
    unsigned depth; /* callbacks around the call */
    unsigned times; /* the same call with the same result, one after the other */
} capp_step_row;

typedef struct capp_row {
    capp_row_kind kind;
    uint64_t at_ns;
    const sim_host *host;
    const sim_host *peer; /* packets; NULL: not known (yet) */
    union {
        capp_packet_row packet;
        capp_step_row step;
    };
} capp_row;

struct cap_ladder {
    sim_observer observer; /* first, so that the observer's address is the ladder's */
    sim_world *world;
    size_t size; /* of this block */
    unsigned rows_max, depth;
    uint64_t row_count; /* ever; the newest rows_max of them are kept */
    capp_row rows[];
};

/* The oldest row is 0. */
static inline unsigned capp_ladder_len(const cap_ladder *ladder)
{
    return ladder->row_count < ladder->rows_max ? (unsigned)ladder->row_count : ladder->rows_max;
}

static inline const capp_row *capp_ladder_row(const cap_ladder *ladder, unsigned index)
{
    uint64_t first = ladder->row_count - capp_ladder_len(ladder);
    return &ladder->rows[(first + index) % ladder->rows_max];
}

#endif
