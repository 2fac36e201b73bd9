/* SPDX-License-Identifier: MIT
 *
 * A capture as it is written: pcapng.c has events, pcapng_head.c what stands before the first of them.
 *
 * Invariants:
 *  1. Each event is one block that readers number, in the order of events; what belongs to an interface that
 *     appears late stands before its first frame, and is no such block.
 *  2. A capture of one host has what its own system would see: what it sends, and what arrives.
 */
#ifndef PCAP_PCAPNG_H
#define PCAP_PCAPNG_H

#include "pcap/pcapng_block.h"
#include "pcap/recorder.h"

enum { CAPP_BLOCK_MAX = 1 << 14 };
#define CAPP_NO_INTERFACE UINT32_MAX

typedef struct capp_interface_count {
    const struct simp_interface *interface;
    uint64_t frames, lost;
} capp_interface_count;

typedef struct capp_pcapng {
    capp_sink sink; /* first */
    capp_out *out;
    const sim_world *world;
    char only_name[128];  /* of the host whose view it is; empty: all of them */
    const sim_host *only; /* NULL: all, or it is not found yet */
    uint32_t snap_len;    /* UINT32_MAX: all */
    uint32_t hosts_known; /* whose interfaces and names are written */
    uint32_t *last;       /* by host: its interface that was used last, by its number in the file */
    capp_interface_count *interfaces; /* by their number in the file */
    size_t interface_count, interface_capacity;
    bool refused; /* memory: the file is not whole */
} capp_pcapng;

/* pcapng_head.c */
void capp_pcapng_section(capp_pcapng *, const cap_about *);
/* Interfaces and names of hosts that are new. */
void capp_pcapng_meet(capp_pcapng *);
/* The number of an interface in the file, which is told of first if it is new. */
uint32_t capp_pcapng_interface(capp_pcapng *, const sim_host *, unsigned index);
/* How many frames each had. */
void capp_pcapng_statistics(capp_pcapng *, uint64_t end_ns);

static inline uint64_t capp_stamp(uint64_t at_ns) { return CAP_EPOCH_S * UINT64_C(1000000000) + at_ns; }

/* Times stand high half first. */
static inline void capp_put_time(capp_block *block, uint64_t ns)
{
    capp_put32(block, (uint32_t)(ns >> 32));
    capp_put32(block, (uint32_t)ns);
}

#endif
