/* SPDX-License-Identifier: MIT
 *
 * Links: what connects hosts, and what goes wrong on the way.
 *
 * Functions that return int return 0 or a WSAE code; sim_world_error then says what, why and how to mend it.
 */
#ifndef CASTANET_SIM_LINK_H
#define CASTANET_SIM_LINK_H

#include "castanet/sim_host.h"

#ifdef __cplusplus
extern "C" {
#endif

/* One direction of a link.  All zero: nothing is delayed or lost, and there is no limit. */
typedef struct sim_link_options {
    int64_t latency_ns;
    int64_t jitter_ns;    /* arrival in [latency - jitter, latency + jitter]; at most latency_ns */
    bool jitter_reorders; /* false: a packet waits for the one before it */
    int64_t rate_bps;     /* bit/s; 0: unlimited */
    int64_t queue_bytes;  /* what may wait for the line; needs rate_bps, must hold one packet */
    int64_t loss_ppm;     /* parts per million, 0 to 1 000 000 */
    int64_t duplicate_ppm;
    int64_t reorder_ppm;      /* share of packets that arrive later than their turn ... */
    int64_t reorder_delay_ns; /* ... by this much, without holding up the others */
    int64_t mtu;              /* bytes of an IP packet; 0: 1500, at least 1280 */
} sim_link_options;

/* Fills in what lines of a kind are like: "gprs", "edge", "3g", "dial-up", "dsl-poor", "dsl", "wifi",
 * "satellite", "lan", "loopback".  0, or WSAEINVAL for another name. */
int sim_link_profile(const char *name, sim_link_options *out);
const char *sim_link_profile_name(unsigned index); /* NULL: there are no more */

/* Draws each amount in [least, most], a choice of the world ("user NAME amount", 0: the least), and then
 * lowers jitter to the latency, and drops a queue without a rate, so that they fit. */
int sim_link_options_draw(sim_world *, const char *name, const sim_link_options *least,
                          const sim_link_options *most, sim_link_options *out);

/* What a link did; every fault can be asserted to have happened. */
typedef struct sim_link_counters {
    uint64_t packets, bytes; /* handed to the link, with IP headers */
    uint64_t delivered;
    uint64_t lost, overflowed, duplicated, reordered, scripted;
    uint64_t blocked, down, too_big, corrupted, changed, forged, marked, held, replayed;
} sim_link_counters;

/* A point-to-point link takes two interfaces, a segment (a switch) any number.  Options hold for every
 * direction. */
int sim_link_create(sim_world *, const char *name, const sim_link_options *, sim_link **out);
int sim_segment_create(sim_world *, const char *name, const sim_link_options *, sim_link **out);

/* Gives the host an interface on the link.  addresses: "10.0.0.1/24", or several separated by spaces. */
int sim_host_attach(sim_host *, sim_link *, const char *addresses);

/* Changes what leaves from (NULL: every interface) from now on.  Packets under way are not touched. */
int sim_link_set_options(sim_link *, const sim_host *from, const sim_link_options *);
int sim_link_counters_read(const sim_link *, const sim_host *from, sim_link_counters *out);

/* A packet as a script sees it. */
typedef struct sim_packet_view {
    uint64_t ordinal; /* from 1, on this direction of the link */
    uint8_t protocol; /* IPPROTO_TCP, IPPROTO_UDP, IPPROTO_ICMP, IPPROTO_ICMPV6 */
    uint16_t source_port, destination_port;
    uint32_t seq, ack; /* TCP */
    uint8_t tcp_flags; /* FIN 1, SYN 2, RST 4, PSH 8, ACK 16, URG 32 */
    uint32_t payload_len;
    uint32_t connection; /* number on this link, where connections are counted (sim_impairment.h); else 0 */
    uint8_t traffic_class;
} sim_packet_view;

typedef enum sim_verdict { SIM_PASS, SIM_DROP, SIM_DUPLICATE } sim_verdict;

/* Decides about each packet that leaves from (NULL: every interface), before every random fault.  NULL:
 * none. */
typedef sim_verdict (*sim_script)(void *context, const sim_packet_view *packet);
int sim_link_set_script(sim_link *, const sim_host *from, sim_script script, void *context);

#ifdef __cplusplus
}
#endif

#endif
