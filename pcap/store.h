/* SPDX-License-Identifier: MIT
 *
 * A store of events, for formats that are made when the run is over: the ladder, the report, diagrams.
 *
 *   events, arrivals, losses  ->  rows in a ring  ->  read from the oldest to the newest, in finish
 *
 * Invariants:
 *  1. The newest rows_max rows are kept; how many there were before them is known.
 *  2. A row owns what it tells, but for hosts: it is read while the world is there.
 *  3. Texts are kept once each, however many rows have them.
 */
#ifndef PCAP_STORE_H
#define PCAP_STORE_H

#include <stdbool.h>

#include "pcap/event.h"
#include "simnet/packet/packet.h"

/* Of a packet's row. */
typedef struct capp_flight {
    struct sim_packet head;  /* without payload and what was quoted: for sim_packet_describe and its fields */
    uint64_t arrived_ns;     /* the first time */
    uint64_t arrived_before; /* the number of the event that came next, 0: none did */
    const sim_host *to;      /* where it arrived; NULL: nowhere (yet) */
    unsigned arrivals;
    uint64_t lost_before; /* as arrived_before, of what was lost on its way; 0: it was not */
    sim_fate lost;
} capp_flight;

typedef struct capp_row {
    capp_event event; /* with texts of the store; data, bytes: NULL */
    capp_flight flight;
    bool after_arrival; /* a packet arrived since the row before */
} capp_row;

typedef struct capp_store capp_store;

/* NULL: no memory. */
capp_store *capp_store_create(size_t rows_max);
void capp_store_destroy(capp_store *);

/* False: no memory, and the row is missing. */
bool capp_store_event(capp_store *, const capp_event *);
void capp_store_arrival(capp_store *, const capp_arrival *);
void capp_store_lost(capp_store *, uint64_t packet, sim_fate);

/* How many are kept; the oldest is 0. */
size_t capp_store_len(const capp_store *);
const capp_row *capp_store_row(const capp_store *, size_t index);
/* Of events that are no longer kept. */
uint64_t capp_store_dropped(const capp_store *);
/* The row of a packet; NULL: it is not kept. */
const capp_row *capp_store_packet(const capp_store *, uint64_t packet);
/* Was memory refused? */
bool capp_store_is_torn(const capp_store *);

#endif
