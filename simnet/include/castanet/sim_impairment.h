/* SPDX-License-Identifier: MIT
 *
 * Impairments: what goes wrong on a link beyond its plain options, as data.
 *
 * Each impairment becomes a stage of the directions it was added to.  A packet passes the stages in the order
 * of the kinds below, whatever the order in which they were added; several of one kind follow one another in
 * that order.  All faults happen after the sending host is done with the packet, and no packet is exempt.
 *
 * An impairment concerns the packets that are in its scope during its window of time; of these, those that
 * `which` names; of these, the share chance_ppm.  So the same kinds serve for exploration ("2 % of all
 * packets") and for regression tests ("the third data segment of connection 2 from a").  Whether a fault
 * happens is a choice of the world, numbered by the packet's place on its direction of the link: other faults
 * do not shift it.
 *
 * Functions that return int return 0 or a WSAE code; sim_world_error then says what, why and how to mend it.
 */
#ifndef CASTANET_SIM_IMPAIRMENT_H
#define CASTANET_SIM_IMPAIRMENT_H

#include "castanet/sim_link.h"

#ifdef __cplusplus
extern "C" {
#endif

/* In the order of the pipeline.  Between SIM_IMPAIR_QUEUE and SIM_IMPAIR_DELAY stand the rate, the queue and
 * the latency of sim_link_options. */
typedef enum sim_impairment_kind {
    SIM_IMPAIR_RESET = 1,       /* reset: a forged RST ends the connection */
    SIM_IMPAIR_MTU,             /* mtu: a bottleneck that the hosts do not know of */
    SIM_IMPAIR_DROP,            /* loss of what which and chance_ppm say */
    SIM_IMPAIR_GILBERT,         /* gilbert: loss in bursts, by mean loss and mean burst */
    SIM_IMPAIR_GILBERT_ELLIOTT, /* gilbert_elliott: two states, each with a loss of its own */
    SIM_IMPAIR_FOUR_STATE,      /* four_state: bursts with gaps in them, and isolated losses */
    SIM_IMPAIR_BIT_ERROR, /* bit_error: a packet with a wrong bit is lost, so that long ones are more often */
    SIM_IMPAIR_CORRUPT,   /* corrupt: bits are turned over */
    SIM_IMPAIR_CLEAR_URGENT, /* the URG flag and pointer are cleared, as some middleboxes do (RFC 6093 3) */
    SIM_IMPAIR_DUPLICATE,    /* duplicate: copies, which go on independently */
    SIM_IMPAIR_REPLAY,       /* replay: the copy of a packet that passed earlier follows this one */
    SIM_IMPAIR_QUEUE,        /* queue: a queue before a line or token bucket, with its own bounds and marks */
    SIM_IMPAIR_DELAY,        /* delay: further delay, fixed or drawn */
    SIM_IMPAIR_REORDER,      /* reorder: a packet lets later ones pass */
    SIM_IMPAIR_BLOCK,        /* block: a partition in this direction */
    SIM_IMPAIR_HOLD,         /* hold: packets are kept until the impairment ends */
    SIM_IMPAIR_DOWN,         /* down: as a block, and a router may say so */
    SIM_IMPAIR_FLAP          /* flap: up and down in turn */
} sim_impairment_kind;

/* ---- which packets ---- */

typedef enum sim_packet_kind {
    SIM_PACKET_ANY,
    SIM_PACKET_SYN, /* without ACK */
    SIM_PACKET_SYN_ACK,
    SIM_PACKET_DATA, /* TCP with payload, retransmissions included */
    SIM_PACKET_ACK,  /* TCP with the ACK flag alone: no payload, SYN, FIN or RST */
    SIM_PACKET_FIN,
    SIM_PACKET_RST,
    SIM_PACKET_URGENT,
    SIM_PACKET_UDP,
    SIM_PACKET_ICMP,
    SIM_PACKET_FRAGMENT
} sim_packet_kind;

/* All zero: every packet.  Texts are copied. */
typedef struct sim_scope {
    sim_packet_kind kind;
    uint8_t protocol;                       /* IPPROTO_TCP, ...; 0: any */
    const char *source, *destination;       /* "10.0.0.1", "fd00::/64"; NULL: any */
    uint16_t source_port, destination_port; /* 0: any */
    uint8_t flags_set, flags_clear; /* TCP flags as in sim_packet_view; any of them restricts to TCP */
    /* Connections of the link are numbered from 1 in the order of their first SYN, counted from the time when
     * something first asks for it: an impairment with one of these two, or sim_link_count_connections. */
    uint32_t connection;     /* 0: any */
    int64_t connections_ppm; /* share of the connections that it concerns at all; 0: all */
    /* Must not change the link or its impairments; NULL: none. */
    bool (*predicate)(void *context, const sim_packet_view *packet);
    void *context;
} sim_scope;

/* Which of the packets in scope, by their number from 1.  All zero: every one.  What is set must hold
 * together. */
typedef struct sim_which {
    uint64_t nth;         /* this one only */
    uint64_t every;       /* every n-th: n, 2n, 3n ... */
    uint64_t mask;        /* bit 0 is the first packet, after the 64th it begins anew */
    const uint64_t *list; /* these, ascending; copied */
    size_t list_len;
    uint64_t hits_max; /* then no more; 0: no limit */
} sim_which;

/* ---- amounts that vary ---- */

typedef enum sim_distribution { SIM_UNIFORM, SIM_NORMAL, SIM_EXPONENTIAL, SIM_TABLE } sim_distribution;

/* A time that is drawn anew each time.  spread_ns 0: always base_ns.  What would be negative is 0. */
typedef struct sim_spread {
    int64_t base_ns;   /* uniform and normal: the mean; exponential: the least; table: what it adds to */
    int64_t spread_ns; /* uniform: largest distance from the mean; normal: standard deviation; exponential:
                          mean above the least; table: its unit */
    sim_distribution distribution;
    const int32_t *table; /* quantiles in thousandths of spread_ns, ascending, evenly spaced, at least the
                             smallest and the largest; copied */
    size_t table_len;
} sim_spread;

/* ---- parameters ---- */

typedef struct sim_gilbert {
    int64_t loss_ppm;    /* mean loss */
    int64_t burst_milli; /* mean length of a run of losses in thousandths of a packet: 4000 is 4 packets */
} sim_gilbert;

/* A packet is lost with the chance of the present state; then the state may change. */
typedef struct sim_gilbert_elliott {
    int64_t to_bad_ppm, to_good_ppm; /* per packet */
    int64_t loss_bad_ppm, loss_good_ppm;
} sim_gilbert_elliott;

/* 1 gap, 2 received inside a burst, 3 lost inside a burst, 4 isolated loss, which leads back to 1.  First the
 * state moves, then it decides.  From 1 the rest stays, as it does from 2 and 3. */
typedef struct sim_four_state {
    int64_t p13_ppm, p31_ppm, p32_ppm, p23_ppm, p14_ppm;
} sim_four_state;

typedef struct sim_bit_error {
    int64_t errors_per_tbit; /* wrong bits in 10^12: 1 000 000 is a rate of 10^-6 */
} sim_bit_error;

typedef enum sim_corrupt_where {
    SIM_CORRUPT_ANYWHERE,
    SIM_CORRUPT_IP_HEADER,
    SIM_CORRUPT_TRANSPORT_HEADER,
    SIM_CORRUPT_PAYLOAD
} sim_corrupt_where;

/* Only packets that have such a part are concerned. */
typedef struct sim_corrupt {
    int64_t bits; /* 1 to 64, drawn one by one, so that two may meet; 0: 1 */
    sim_corrupt_where where;
    bool mends_checksums; /* false: the receiver finds out, and drops it */
} sim_corrupt;

typedef struct sim_duplicate {
    int64_t copies;   /* 1 to 100; 0: 1 */
    sim_spread delay; /* of each copy behind the packet; a late copy keeps no order */
} sim_duplicate;

typedef struct sim_replay {
    int64_t age_max_ns; /* of the last 16 packets, one that passed within this time */
} sim_replay;

typedef enum sim_mtu_answer { SIM_MTU_BLACK_HOLE, SIM_MTU_TOO_BIG, SIM_MTU_FRAGMENT } sim_mtu_answer;

typedef struct sim_mtu {
    int64_t bytes; /* what is longer does not pass; from 68 on */
    sim_mtu_answer
        answer; /* nothing; or ICMP from the far end where IP allows no fragments; SIM_MTU_FRAGMENT:
                              fragments where IP allows them, else ICMP */
} sim_mtu;

typedef enum sim_queue_victim { SIM_QUEUE_TAIL, SIM_QUEUE_RANDOM } sim_queue_victim;

/* Packets wait until the line has taken them.  A packet costs its bytes plus overhead, at least cost_min. */
typedef struct sim_queue {
    int64_t rate_bps;       /* what leaves in the long run */
    int64_t burst_bytes;    /* what may leave at once after a pause: a token bucket; 0: none */
    int64_t peak_bps;       /* rate within a burst; 0: no limit */
    int64_t overhead_bytes; /* may be negative, as when a header is stripped */
    int64_t cost_min_bytes;
    int64_t packets_max, bytes_max, wait_max_ns; /* bounds; 0: none; what is on the line counts */
    sim_queue_victim victim;                     /* who is dropped when the newcomer finds it full */
    int64_t mark_packets, mark_bytes;            /* more than this with the newcomer: it gets CE (RFC 3168) */
    bool mark_drops_others;                      /* ... and is dropped if it is not ECN capable */
} sim_queue;

typedef struct sim_delay {
    sim_spread by;
    int64_t correlation_ppm; /* of successive delays, by a Gaussian AR(1) process that leaves the distribution
                                as it is; 0 to 999 999 */
    bool reorders;           /* false: a packet waits for the one before it */
} sim_delay;

typedef struct sim_reorder {
    int64_t packets;  /* it goes behind so many that follow; 0: by time alone */
    int64_t delay_ns; /* packets 0: how much later it arrives; else how long it waits for them at most */
} sim_reorder;

typedef struct sim_block {
    bool spares_in_flight; /* false: what is under way when it begins is lost as well */
} sim_block;

typedef struct sim_hold {
    bool spares_in_flight;
    bool keeps_gaps; /* at the end they leave with the gaps with which they came; false: all at once */
} sim_hold;

typedef struct sim_down {
    bool spares_in_flight;
    bool answers; /* a router at the near end says ICMP host unreachable */
} sim_down;

typedef struct sim_flap {
    sim_spread up, down; /* how long each time */
    bool begins_down;
    bool holds; /* keeps packets while down; false: they are lost */
    bool spares_in_flight;
} sim_flap;

typedef enum sim_reset_toward {
    SIM_RESET_BOTH,
    SIM_RESET_RECEIVER, /* the RST takes the packet's place */
    SIM_RESET_SENDER    /* the packet passes */
} sim_reset_toward;

typedef struct sim_reset {
    sim_reset_toward toward;
} sim_reset;

/* ---- adding and removing ---- */

typedef struct sim_impairment {
    sim_impairment_kind kind;
    const char *name; /* for labels, as "link ab a> NAME"; copied; NULL: the kind's own, with a number */
    sim_scope scope;
    sim_which which;
    int64_t chance_ppm;         /* of what scope and which leave; 0: always.  Not for kinds with a model */
    uint64_t from_ns, until_ns; /* virtual time; until_ns 0: until removed */
    union {
        sim_reset reset;
        sim_mtu mtu;
        sim_gilbert gilbert;
        sim_gilbert_elliott gilbert_elliott;
        sim_four_state four_state;
        sim_bit_error bit_error;
        sim_corrupt corrupt;
        sim_duplicate duplicate;
        sim_replay replay;
        sim_queue queue;
        sim_delay delay;
        sim_reorder reorder;
        sim_block block;
        sim_hold hold;
        sim_down down;
        sim_flap flap;
    };
} sim_impairment;

/* An impairment that was added.  Owned by the world; goes with it or by sim_stage_remove. */
typedef struct sim_stage sim_stage;

/* Adds the impairment to what leaves from (NULL: every interface that is attached now), with a state of its
 * own in each direction.  out may be NULL. */
int sim_link_add(sim_link *, const sim_host *from, const sim_impairment *, sim_stage **out);
/* Ends it, and frees it; packets that it kept go on now.  NULL is ignored. */
void sim_stage_remove(sim_stage *);

typedef struct sim_stage_counters {
    uint64_t seen; /* packets in scope during the window */
    uint64_t hit;  /* those to which it did something */
} sim_stage_counters;

sim_stage_counters sim_stage_read(const sim_stage *);
/* 0 if the fault happened at least once; else WSAEINVAL, and sim_world_error says what is missing and why. */
int sim_stage_expect_hit(sim_stage *);

/* ---- connections ---- */

/* How many connections the link has seen begin, since the first call or the first impairment that needs to
 * know. */
uint32_t sim_link_count_connections(sim_link *);
/* Forges RSTs with the numbers that the link saw last, now; either end of a connection may be idle.  toward
 * counts from the end that sent the first SYN.  Refused if the connection is not counted. */
int sim_link_reset_connection(sim_link *, uint32_t connection, sim_reset_toward toward);

/* ---- drawing ---- */

/* Each amount in [least, most], a choice of the world ("user NAME amount"): 0 is the least.  Both must be of
 * one kind; what is no amount is that of least. */
int sim_impairment_draw(sim_world *, const char *name, const sim_impairment *least,
                        const sim_impairment *most, sim_impairment *out);

#ifdef __cplusplus
}
#endif

#endif
