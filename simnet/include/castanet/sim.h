/* SPDX-License-Identifier: MIT
 *
 * The virtual network: worlds of hosts and links in virtual time, in one process.
 *
 * A run is a pure function of the program, the world that was built, and the seed.  A world owns all its
 * memory: destroying it frees hosts, links, sockets and packets.  A world is used by one thread at a time;
 * any number of worlds live side by side.
 *
 * Functions that return int return 0 or a WSAE code; sim_world_error then says what, why and how to mend it.
 */
#ifndef CASTANET_SIM_H
#define CASTANET_SIM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "castanet/thread.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct sim_world sim_world;
typedef struct sim_host sim_host;
typedef struct sim_link sim_link;

#define SIM_US(n) ((int64_t)(n)*1000)
#define SIM_MS(n) ((int64_t)(n)*1000000)
#define SIM_S(n) ((int64_t)(n)*1000000000)
#define SIM_PERCENT(n) ((int64_t)(n)*10000) /* in parts per million */
#define SIM_MBIT(n) ((int64_t)(n)*1000000)  /* in bit/s */
#define SIM_FOREVER UINT64_MAX

/* ---- worlds ---- */

typedef struct sim_world_options {
    uint64_t seed;
    cas_allocator *memory; /* NULL: cas_allocator_system() */
    cas_profile profile;   /* of every thread in the world */
    uint64_t events_max;   /* stop after so many events; 0: 1 000 000 000 */
} sim_world_options;

typedef struct sim_error {
    int code;
    char what[192], why[192], fix[192];
} sim_error;

/* Why a run returned. */
typedef enum sim_stop {
    SIM_STOP_IDLE,      /* nothing is left to happen */
    SIM_STOP_TIME,      /* virtual time reached the limit */
    SIM_STOP_REQUESTED, /* sim_world_stop or sim_world_fail */
    SIM_STOP_EVENTS,    /* events_max */
    SIM_STOP_NO_MEMORY  /* the allocator refused where no call could report it; the run is void */
} sim_stop;

/* options NULL: all zero. */
int sim_world_create(const sim_world_options *options, sim_world **out);
void sim_world_destroy(sim_world *);
const sim_error *sim_world_error(const sim_world *); /* of the last call that failed */

/* Runs events in order until nothing is left, or virtual time would pass until_ns (absolute; SIM_FOREVER:
 * never). */
sim_stop sim_world_run(sim_world *, uint64_t until_ns);
sim_stop sim_world_step(sim_world *);      /* exactly one event; SIM_STOP_TIME says that it ran */
uint64_t sim_world_now(const sim_world *); /* ns since the start of the world */
uint64_t sim_world_seed(const sim_world *);
const cas_profile *sim_world_profile(const sim_world *);
uint64_t sim_world_event_count(const sim_world *);

void sim_world_stop(sim_world *);
/* Records that the scenario failed, with a printf-style message (the first one stays), and stops the run. */
void sim_world_fail(sim_world *, const char *format, ...)
#if defined(__GNUC__)
    __attribute__((format(printf, 2, 3)))
#endif
    ;
const char *sim_world_failure(const sim_world *); /* NULL: none */

/* Hash over all that happened so far; equal runs have equal fingerprints on every machine. */
void sim_world_fingerprint(const sim_world *, uint8_t fingerprint[16]);
/* The same as 32 hexadecimal digits and a terminator. */
void sim_world_fingerprint_text(const sim_world *, char text[33]);

/* ---- choices ---- */

/* A decision that went otherwise than its default, 0. */
typedef struct sim_choice {
    const char *label; /* who and what: "link lan server> loss" */
    uint64_t ordinal;  /* from 1, counted per label */
    uint32_t bound;    /* the values were 0 .. bound-1 */
    uint32_t value;
} sim_choice;

size_t sim_world_choice_count(const sim_world *);
sim_choice sim_world_choice(const sim_world *, size_t index); /* in the order they were made */

/* The user's own decision: 0 .. bound-1, uniform over the seed, recorded like every other.  The name is
 * copied. */
uint32_t sim_world_choose(sim_world *, const char *name, uint32_t bound);

/* ---- hosts ---- */

/* name: 1 to 63 letters, digits, - . _ ; unique in the world, and resolvable by the programs of all hosts. */
int sim_host_create(sim_world *, const char *name, sim_host **out);
sim_host *sim_world_host(const sim_world *, const char *name); /* NULL: none */
const char *sim_host_name(const sim_host *);
sim_world *sim_host_world(const sim_host *);
unsigned sim_host_index(const sim_host *); /* from 0 in order of creation */

/* A router: passes on packets that are not its own. */
void sim_host_set_forwarding(sim_host *, bool on);
/* prefix "10.1.0.0/16" or "::/0", gateway a numeric address.  The longest prefix wins, then the newest
 * route. */
int sim_host_add_route(sim_host *, const char *prefix, const char *gateway);

/* Runs start(argument) on the host's main thread when virtual time has moved by delay_ns. */
int sim_host_run(sim_host *, uint64_t delay_ns, void (*start)(void *argument), void *argument);
/* The host's main thread; made with the host. */
cas_thread *sim_host_thread(sim_host *);
/* A further thread on the same host. */
int sim_host_add_thread(sim_host *, cas_thread **out);
/* The host a thread belongs to; NULL for one that is in no world. */
sim_host *sim_host_of(const cas_thread *);
/* Makes the host's main thread the current one, for code outside callbacks; returns the one before, to be
 * entered again with cas_thread_enter. */
cas_thread *sim_host_enter(sim_host *);

/* ---- links ---- */

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

/* What a link did; every fault can be asserted to have happened. */
typedef struct sim_link_counters {
    uint64_t packets, bytes; /* handed to the link, with IP headers */
    uint64_t delivered;
    uint64_t lost, overflowed, duplicated, reordered, scripted;
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
