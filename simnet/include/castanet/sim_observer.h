/* SPDX-License-Identifier: MIT
 *
 * Where observers see a world: each packet once when its sender puts it on the wire, its fate, its arrival,
 * and the steps at the API of every host.  Observers have no influence on the run.
 */
#ifndef CASTANET_SIM_OBSERVER_H
#define CASTANET_SIM_OBSERVER_H

#include "castanet/observer.h"
#include "castanet/sim.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct sim_packet sim_packet;

typedef enum sim_fate {
    SIM_FATE_SENT,        /* on its way */
    SIM_FATE_LOST,        /* by the loss stage */
    SIM_FATE_OVERFLOWED,  /* the queue was full */
    SIM_FATE_SCRIPTED,    /* dropped by a script */
    SIM_FATE_DUPLICATED,  /* on its way twice (reported once) */
    SIM_FATE_REORDERED,   /* on its way, displaced */
    SIM_FATE_PARTITIONED, /* kept from its destination by a partition */
    SIM_FATE_DOWN,        /* the link was down */
    SIM_FATE_TOO_BIG,     /* longer than a bottleneck lets through */
    SIM_FATE_CORRUPTED,   /* on its way with wrong bits */
    SIM_FATE_CHANGED,     /* on its way with a field changed */
    SIM_FATE_FORGED,      /* on its way, made by the link in the name of its source */
    SIM_FATE_MARKED,      /* on its way with a mark of congestion */
    SIM_FATE_REPLAYED,    /* on its way, with a copy of an earlier one behind it */
    SIM_FATE_HELD,        /* kept on the link for now */
    SIM_FATE_COUNT
} sim_fate;

bool sim_fate_is_lost(sim_fate);
const char *sim_fate_word(sim_fate); /* "lost", "cut off" */

/* What happens to a connection that Winsock has no notification for: RFC 9293 3.9.1.8. */
typedef enum sim_report_kind {
    SIM_REPORT_SOFT_ERROR,      /* an ICMP error that may pass; value: its WSA code */
    SIM_REPORT_RETRANSMISSIONS, /* R1 was reached (3.8.3); value: how many there were */
    SIM_REPORT_URGENT           /* urgent data begins, or the urgent pointer advances; value: how many bytes
                                   ahead of what was received it points.  FD_OOB follows with the byte */
} sim_report_kind;

typedef struct sim_report {
    sim_report_kind kind;
    SOCKET handle; /* INVALID_SOCKET: no program has it */
    uint16_t local_port, remote_port;
    int value;
} sim_report;

/* What befalls a world beside packets and calls. */
typedef enum sim_news_kind {
    SIM_NEWS_FAULT,  /* what: "drop", "crash", "short receive", or that it is over: "heal", "resume" */
    SIM_NEWS_STATE,  /* a TCP connection enters a state; what: "ESTABLISHED", RFC 9293 3.3.2 */
    SIM_NEWS_CHOICE, /* not the boring one; what: "choose", or "hold": an event happens that was due before,
                        about "E#1 until F#2" */
    SIM_NEWS_FAILURE /* the scenario fails; about: its message */
} sim_news_kind;

/* It lasts until the return, with all that it points to. */
typedef struct sim_news {
    sim_news_kind kind;
    const char *what;
    const char *about;        /* a link, a call, the label of a choice, a message; never NULL */
    const sim_host *host;     /* NULL: none in particular */
    const sim_packet *packet; /* NULL: none */
    bool under_way;           /* the packet was sent before; else its on_sent follows */
    SOCKET handle;            /* INVALID_SOCKET: none */
    /* Faults: which rule, from 1 in the order in which the world's impairments and the wrapper's rules were
     * added; 0: none.  Choices: the how manieth of that label. */
    uint64_t number;
    uint32_t value, bound;            /* choices */
    uint16_t local_port, remote_port; /* states */
} sim_news;

typedef struct sim_observer sim_observer;
struct sim_observer {
    sim_observer *next; /* private */
    /* Each may be NULL. */
    /* The originating host hands the packet to its link: once a packet, also when it is lost. */
    void (*on_sent)(sim_observer *, const sim_world *, const sim_packet *, const sim_host *from, sim_fate);
    /* It arrived at the host that is its destination. */
    void (*on_arrived)(sim_observer *, const sim_world *, const sim_packet *, const sim_host *at);
    /* A step at the API on a host; cas_observation.thread leads to the host with sim_host_of(). */
    void (*on_step)(sim_observer *, const sim_world *, const cas_observation *);
    /* What was on its way, or one of its copies, is lost after all. */
    void (*on_lost)(sim_observer *, const sim_world *, const sim_packet *, sim_fate);
    /* Of a connection at a host; the report lasts until the return. */
    void (*on_report)(sim_observer *, const sim_world *, const sim_host *at, const sim_report *);
    /* Of a fault that concerns a packet: before that packet's on_sent or on_lost, and once for each fault. */
    void (*on_news)(sim_observer *, const sim_world *, const sim_news *);
};

/* The observer is borrowed; it must outlive the world or be removed. */
void sim_world_add_observer(sim_world *, sim_observer *);
void sim_world_remove_observer(sim_world *, sim_observer *);

/* The packet as an Ethernet frame with all checksums, MACs made from host numbers.  Returns its length,
 * which may exceed capacity: then only capacity bytes were written.  Pure. */
size_t sim_packet_frame(const sim_packet *, uint8_t *frame, size_t capacity);
#define SIM_FRAME_MAX 65600

uint64_t sim_packet_id(const sim_packet *); /* from 1, the same wherever the packet is seen */
/* One line without time or hosts: "TCP 49152>80 SYN seq=1 win=65535 mss=1460".  Returns buf. */
char *sim_packet_describe(const sim_packet *, char *buf, size_t size);

#ifdef __cplusplus
}
#endif

#endif
