/* SPDX-License-Identifier: MIT
 *
 * Random worlds full of transfers: what castanet_swarm draws from a seed, runs, and judges.
 *
 *  1. Everything drawn comes from streams named after what they decide, so that switching a feature off, or
 *     leaving a connection out, moves nothing else.  That makes failures shrink.
 *  2. A failure is a text: what kind of mistake, a colon, the particulars.  Two failures are the same when
 *     they are of one kind.
 */
#ifndef TESTS_SWARM_H
#define TESTS_SWARM_H

#include <stdio.h>

#include "castanet/sim.h"
#include "castanet/sim_fault.h"
#include "tests/swarm_datagram.h"
#include "tests/swarm_watch.h"
#include "tests/transfer.h"

/* ---- features: each is on or off in a seed ---- */

/* name, chance in percent */
#define SWARM_FEATURES(FEATURE)                                                                              \
    FEATURE(ROUTERS, routers, 50) /* more than one link */                                                   \
    FEATURE(IPV6, ipv6, 40)       /* some connections */                                                     \
    FEATURE(STACKS, stacks, 50)   /* hosts have stacks of their own */                                       \
    FEATURE(ECN, ecn, 30)         /* is offered by all hosts */                                              \
    FEATURE(PROFILE, profile, 40) /* of Winsock */                                                           \
    FEATURE(LATENCY, latency, 85)                                                                            \
    FEATURE(FAR, far, 15) /* latencies above the initial RTO */                                              \
    FEATURE(JITTER, jitter, 30)                                                                              \
    FEATURE(OVERTAKING, overtaking, 30) /* jitter reorders */                                                \
    FEATURE(RATE, rate, 50)                                                                                  \
    FEATURE(SHORT_QUEUE, short_queue, 40)                                                                    \
    FEATURE(LOSS, loss, 50)                                                                                  \
    FEATURE(DUPLICATE, duplicate, 30)                                                                        \
    FEATURE(REORDER, reorder, 30)                                                                            \
    FEATURE(MTU, mtu, 30)                                                                                    \
    FEATURE(CHANGES, changes, 20) /* options of links change under way */                                    \
    FEATURE(PARTITIONS, partitions, 25)                                                                      \
    FEATURE(LONG_PARTITIONS, long_partitions, 25) /* longer than connections live */                         \
    FEATURE(BUFFERS, buffers, 50)                 /* of sockets */                                           \
    FEATURE(NODELAY, nodelay, 40)                                                                            \
    FEATURE(KEEPALIVE, keepalive, 30)                                                                        \
    FEATURE(URGENT, urgent, 35)                                                                              \
    FEATURE(SLOW, slow, 35) /* readers and writers */                                                        \
    FEATURE(SMALL_CALLS, small_calls, 35)                                                                    \
    FEATURE(ABORTS, aborts, 20)                                                                              \
    FEATURE(RUDE, rude, 15)       /* programs that close without reading on */                               \
    FEATURE(BACKLOG, backlog, 15) /* short ones */                                                           \
    FEATURE(CALLS, calls, 25)     /* faults of the API: short transfers, late notifications */               \
    /* impairments, in the order of sim_impairment_kind */                                                   \
    FEATURE(RESETS, resets, 8)                                                                               \
    FEATURE(BOTTLENECK, bottleneck, 12)                                                                      \
    FEATURE(DROPS, drops, 15)                                                                                \
    FEATURE(GILBERT, gilbert, 12)                                                                            \
    FEATURE(GILBERT_ELLIOTT, gilbert_elliott, 12)                                                            \
    FEATURE(FOUR_STATE, four_state, 12)                                                                      \
    FEATURE(BIT_ERRORS, bit_errors, 12)                                                                      \
    FEATURE(CORRUPT, corrupt, 20)                                                                            \
    FEATURE(CLEAR_URGENT, clear_urgent, 8)                                                                   \
    FEATURE(COPIES, copies, 15)                                                                              \
    FEATURE(REPLAY, replay, 12)                                                                              \
    FEATURE(QUEUE, queue, 15)                                                                                \
    FEATURE(DELAY, delay, 15)                                                                                \
    FEATURE(DISPLACE, displace, 15)                                                                          \
    FEATURE(BLOCK, block, 8)                                                                                 \
    FEATURE(HOLD, hold, 10)                                                                                  \
    FEATURE(DOWN, down, 8)                                                                                   \
    FEATURE(FLAP, flap, 8)                                                                                   \
    FEATURE(SCOPES, scopes, 50)       /* impairments of some packets only ... */                             \
    FEATURE(ADDRESSED, addressed, 40) /* ... of the n-th, of every n-th, of a mask, of a list */             \
    FEATURE(WINDOWS, windows, 50)     /* ... and for some time only */                                       \
    FEATURE(LIES, lies, 6) /* corruption that checksums do not find: what arrives may be anything */         \
    /* faults of hosts, in the order of swarm_fault_kind */                                                  \
    FEATURE(CRASH, crash, 8)                                                                                 \
    FEATURE(POWER, power, 8)                                                                                 \
    FEATURE(PAUSE, pause, 12)                                                                                \
    FEATURE(CPU, cpu, 12)                                                                                    \
    FEATURE(CLOCK, clock, 12)                                                                                \
    FEATURE(NO_BUFFERS, no_buffers, 8)                                                                       \
    FEATURE(KILL, kill, 8) /* of one connection: a forged reset to both ends, or of the link's */            \
    FEATURE(FORGET, forget, 6)                                                                               \
    FEATURE(ADDRESS, address, 8)     /* taken from a host, and given back */                                 \
    FEATURE(INTERFACE, interface, 8) /* down, and up again */                                                \
    FEATURE(DATAGRAMS, datagrams, 40)

typedef enum swarm_feature {
#define SWARM_FEATURE_ENUM(id, name, percent) SWARM_##id,
    SWARM_FEATURES(SWARM_FEATURE_ENUM)
#undef SWARM_FEATURE_ENUM
        SWARM_FEATURE_COUNT
} swarm_feature;

const char *swarm_feature_name(swarm_feature);
/* SWARM_FEATURE_COUNT: there is none of this name. */
swarm_feature swarm_feature_of_name(const char *name, size_t len);

/* ---- plans ---- */

enum {
    SWARM_HOSTS_MAX = 5,
    SWARM_ROUTERS_MAX = 2,
    SWARM_LINKS_MAX = 5,
    SWARM_PARTITIONS_MAX = 3,
    SWARM_IMPAIRMENTS_MAX = 36,
    SWARM_FAULTS_MAX = 20,
    SWARM_COPIES_EACH = 3, /* at most, of one packet by one impairment */
    SWARM_CONNECTIONS_MAX = 50,
    SWARM_PORT = 40000,         /* of TCP ... */
    SWARM_DATAGRAM_PORT = 40001 /* ... and UDP */
};

typedef enum swarm_topology {
    SWARM_LINE,    /* two hosts and a link */
    SWARM_SEGMENT, /* hosts on one segment */
    SWARM_STAR,    /* a router with a link to each host */
    SWARM_CHAIN    /* two segments, whose routers are joined by a link */
} swarm_topology;

typedef struct swarm_link_plan {
    sim_link_options there, back; /* back: what leaves from the end that was attached first */
    sim_link_options later;       /* of both, from later_ns on; 0: never */
    uint64_t later_ns;
} swarm_link_plan;

typedef struct swarm_partition_plan {
    sim_partition_shape shape;
    sim_partition_options options;
    uint64_t begin_ns, end_ns;
} swarm_partition_plan;

typedef enum swarm_side { SWARM_BOTH_SIDES, SWARM_NEAR_SIDE, SWARM_FAR_SIDE } swarm_side;

typedef struct swarm_impairment_plan {
    unsigned link;
    swarm_side side;
    uint64_t removed_ns; /* by sim_stage_remove; 0: never */
    uint64_t list[4];    /* what.which.list points to it */
    char source[46];     /* ... and what.scope.source */
    sim_impairment what;
} swarm_impairment_plan;

typedef enum swarm_fault_kind {
    SWARM_FAULT_CRASH,
    SWARM_FAULT_POWER,
    SWARM_FAULT_PAUSE,
    SWARM_FAULT_CPU,
    SWARM_FAULT_CLOCK,
    SWARM_FAULT_NO_BUFFERS,
    SWARM_FAULT_KILL,
    SWARM_FAULT_FORGET,
    SWARM_FAULT_ADDRESS,
    SWARM_FAULT_INTERFACE,
    SWARM_FAULT_KINDS
} swarm_fault_kind;

typedef struct swarm_fault_plan {
    swarm_fault_kind kind;
    unsigned host; /* may be a router */
    uint64_t begin_ns, end_ns;
    int64_t jump_ns, drift_ppm; /* clock; CPU: jump_ns is the longest delay */
    unsigned connection, end;   /* kill, forget */
    bool by_link;               /* kill: a RST that the link forges */
    bool ipv6;                  /* address */
} swarm_fault_plan;

typedef struct swarm_host_plan {
    const sim_stack *stack; /* NULL: that of the world */
    transfer_plan listener; /* what its accepted sockets inherit */
    int backlog;
} swarm_host_plan;

typedef struct swarm_connection_plan {
    unsigned client, server; /* hosts */
    bool ipv6;
    uint64_t start_ns;
    transfer_plan ends[2]; /* of the client, of the server */
} swarm_connection_plan;

/* What is left of a seed: all zero, everything. */
typedef struct swarm_less {
    uint64_t off;         /* a bit a feature */
    uint64_t connections; /* a bit for each that is left out */
    unsigned size_shift;  /* transfers are shorter by so many halvings */
} swarm_less;

typedef struct swarm_plan {
    uint64_t seed;
    swarm_less less;
    uint64_t features; /* a bit each */
    swarm_topology topology;
    unsigned host_count, router_count, link_count, partition_count, connection_count;
    unsigned impairment_count, fault_count;
    cas_profile profile;
    const sim_stack *stack;
    sim_stack
        own_stacks[SWARM_HOSTS_MAX + 1]; /* of hosts and, last, of the world, if they are no named ones */
    sim_fault_options calls;             /* of every thread; only with SWARM_CALLS */
    swarm_link_plan links[SWARM_LINKS_MAX];
    swarm_partition_plan partitions[SWARM_PARTITIONS_MAX];
    swarm_impairment_plan impairments[SWARM_IMPAIRMENTS_MAX];
    swarm_fault_plan faults[SWARM_FAULTS_MAX];
    swarm_host_plan hosts[SWARM_HOSTS_MAX];
    swarm_connection_plan connections[SWARM_CONNECTIONS_MAX];
    swarm_datagram_plan datagrams;
} swarm_plan;

static inline bool swarm_has(const swarm_plan *plan, swarm_feature feature)
{
    return (plan->features >> feature & 1) != 0;
}

void swarm_draw(swarm_plan *, uint64_t seed, const swarm_less *less);
void swarm_draw_impairments(swarm_plan *);
void swarm_draw_faults(swarm_plan *);
void swarm_print_plan(FILE *, const swarm_plan *);
void swarm_print_impairments(FILE *, const swarm_plan *);
void swarm_print_faults(FILE *, const swarm_plan *);
/* Is there a fault of this kind for this host? */
bool swarm_host_has(const swarm_plan *, unsigned host, swarm_fault_kind);

/* ---- dice: how plans are drawn ---- */

simp_stream swarm_dice(const swarm_plan *, const char *who, unsigned index);
/* In percent. */
bool swarm_chance(simp_stream *, unsigned percent);
/* least to most (at least 1), every magnitude equally likely. */
uint64_t swarm_magnitude(simp_stream *, uint64_t least, uint64_t most);

/* ---- worlds ---- */

typedef struct swarm_connection {
    transfer_end ends[2];
    char names[2][32];
    UINT client_port; /* once it connects */
    bool accepted;
    bool killed;       /* a fault has reset it, or tried to */
    bool forgotten[2]; /* the host of this end forgot it */
    unsigned lies;     /* segments that arrived other than they were sent */
} swarm_connection;

typedef struct swarm_listener {
    CAsyncSocket socket; /* first */
    struct swarm_world *world;
    unsigned host;
} swarm_listener;

typedef struct swarm_world {
    const swarm_plan *plan;
    sim_world *world;
    sim_host *hosts[SWARM_HOSTS_MAX + SWARM_ROUTERS_MAX]; /* routers behind the hosts */
    sim_link *links[SWARM_LINKS_MAX];
    sim_partition *partitions[SWARM_PARTITIONS_MAX];
    sim_fault *faults[SWARM_HOSTS_MAX];
    sim_stage *stages[SWARM_IMPAIRMENTS_MAX];
    swarm_watch watch;
    swarm_datagrams datagrams;
    bool crashed[SWARM_HOSTS_MAX + SWARM_ROUTERS_MAX]; /* and not restarted yet */
    bool has_misbehaved;                               /* as planted */
    swarm_listener listeners[SWARM_HOSTS_MAX][2];      /* IPv4, IPv6 */
    swarm_connection connections[SWARM_CONNECTIONS_MAX];
    transfer_socket sockets[2 * SWARM_CONNECTIONS_MAX]; /* handed out in the order of need */
    unsigned socket_count;
    struct swarm_action {
        struct swarm_world *world;
        unsigned index;
    } actions[SWARM_CONNECTIONS_MAX + 2 * SWARM_PARTITIONS_MAX + SWARM_LINKS_MAX + SWARM_IMPAIRMENTS_MAX +
              2 * SWARM_FAULTS_MAX + SWARM_HOSTS_MAX + SWARM_STREAMS_MAX + 1];
    unsigned action_count;
} swarm_world;

/* Makes the world of a plan, which must outlive it.  False: the world's error says why. */
bool swarm_build(swarm_world *, const swarm_plan *, cas_allocator *memory);
/* Adds the impairments, and the times of their removal. */
int swarm_impair(swarm_world *);
/* Schedules what goes wrong with hosts. */
int swarm_schedule_faults(swarm_world *);
/* What the host's programs do when it starts, and after each crash. */
void swarm_listen(swarm_world *, unsigned host);
/* The argument of an action. */
struct swarm_action *swarm_action_of(swarm_world *, unsigned index);
void swarm_tell_refusal(swarm_world *, const char *what);
sim_host *swarm_end_of_link(const swarm_world *, unsigned link, swarm_side);
/* The link of a host. */
unsigned swarm_link_of(const swarm_plan *, unsigned host);
/* The same with the length of its network's prefix. */
void swarm_prefix(const swarm_plan *, unsigned host, bool ipv6, char text[64]);
/* The numeric address of a host. */
void swarm_address(const swarm_plan *, unsigned host, bool ipv6, char text[46]);

/* ---- planted bugs ---- */

/* Mistakes that must be found: of programs (transfer_bug), and of a world that the judge is not told of.
 * name, the one of its programs, what it is */
#define SWARM_BUGS(BUG)                                                                                      \
    BUG("wrong-byte", TRANSFER_WRONG_BYTE, "a byte of a stream is another one")                              \
    BUG("deaf", TRANSFER_DEAF, "a program stops reading")                                                    \
    BUG("twice", TRANSFER_TWICE, "bytes of a stream are delivered twice")                                    \
    BUG("quitter", TRANSFER_QUITTER, "a connection ends with an error though its way was fine")              \
    BUG("mended", TRANSFER_NO_BUG, "corrupted packets pass their checksums")                                 \
    BUG("copies", TRANSFER_NO_BUG, "datagrams are delivered twice")                                          \
    BUG("reset", TRANSFER_NO_BUG, "a host resets a connection that stands")                                  \
    BUG("forget", TRANSFER_NO_BUG, "a host forgets a connection")                                            \
    BUG("cut", TRANSFER_NO_BUG, "all is lost in a world that should lose little")

enum {
    SWARM_NO_BUG,
    SWARM_BUG_MENDED = 5,
    SWARM_BUG_COPIES,
    SWARM_BUG_RESET,
    SWARM_BUG_FORGET,
    SWARM_BUG_CUT
};

/* From 1; 0: there is none of this name. */
unsigned swarm_bug_of_name(const char *name);
void swarm_print_bugs(FILE *);
/* Puts it into a world that does not run yet. */
void swarm_plant(swarm_world *, unsigned bug);
/* Features by which a time-out may come, a bit each. */
uint64_t swarm_wild_features(void);

/* ---- running and judging ---- */

enum { SWARM_FAILURE_TEXT = 4096 };

/* What happened, to see that a fault that is drawn does something.  The first ones are those of links. */
#define SWARM_LINK_COUNTS(COUNT)                                                                             \
    COUNT(lost)                                                                                              \
    COUNT(overflowed)                                                                                        \
    COUNT(duplicated)                                                                                        \
    COUNT(reordered)                                                                                         \
    COUNT(blocked)                                                                                           \
    COUNT(down)                                                                                              \
    COUNT(too_big)                                                                                           \
    COUNT(corrupted)                                                                                         \
    COUNT(changed)                                                                                           \
    COUNT(forged)                                                                                            \
    COUNT(marked)                                                                                            \
    COUNT(held)                                                                                              \
    COUNT(replayed)
#define SWARM_COUNTS(COUNT)                                                                                  \
    SWARM_LINK_COUNTS(COUNT)                                                                                 \
    COUNT(lies)     /* segments and datagrams that arrived other than they were sent */                      \
    COUNT(crashed)  /* ends */                                                                               \
    COUNT(waiting)  /* ends that cannot know */                                                              \
    COUNT(timeouts) /* ends that failed without a reset */                                                   \
    COUNT(datagrams)

typedef enum swarm_count {
#define SWARM_COUNT_ENUM(name) SWARM_COUNT_##name,
    SWARM_COUNTS(SWARM_COUNT_ENUM)
#undef SWARM_COUNT_ENUM
        SWARM_COUNT_COUNT
} swarm_count;

void swarm_print_counts(FILE *, const uint64_t counts[SWARM_COUNT_COUNT]);

typedef struct swarm_outcome {
    bool failed;
    char failure[SWARM_FAILURE_TEXT];
    char fingerprint[33];
    uint64_t events, ended_ns;
    uint64_t bytes;                   /* that were received */
    unsigned done, failed_ends, left; /* ends */
    uint64_t packets;
    uint64_t counts[SWARM_COUNT_COUNT];
} swarm_outcome;

typedef struct swarm_mode {
    bool check;            /* the invariants of every connection after every event */
    const char *pcap;      /* NULL: none */
    const char *corrupted; /* see swarm_watch.h; NULL: nowhere */
    FILE *ladder;          /* NULL: none */
    unsigned bug;          /* see SWARM_BUGS; 0: none */
} swarm_mode;

void swarm_run(const swarm_plan *, const swarm_mode *, swarm_outcome *);
/* Once the world is at rest.  True: all transfers ended as they should; else what is wrong. */
bool swarm_judge(const swarm_world *, char *failure, size_t size);
/* Sums over all links. */
sim_link_counters swarm_link_counters(const swarm_world *);
/* The connection of an end, NULL: it has none any more. */
struct simp_tcp;
const struct simp_tcp *swarm_tcp_of(const swarm_world *, unsigned connection, unsigned end);
/* State, windows and timers of an end's connection. */
void swarm_explain(const swarm_world *, unsigned connection, char *text, size_t size);

/* Leaves out what the failure does not need; outcome is that of the rest. */
void swarm_shrink(uint64_t seed, swarm_less *, const swarm_mode *, swarm_outcome *);
/* The options of castanet_swarm that give this rest: " --without loss,urgent --size-shift 3". */
void swarm_print_less(FILE *, const swarm_less *);

#endif
