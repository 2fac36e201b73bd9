/* SPDX-License-Identifier: MIT
 *
 * Spots: where things happen, by the numbers and labels that orders know them by.
 *
 * Most of what happens happens where something happened before, in this run or in one before it: the labels
 * and numbers of the last places are kept, so that a place is named once, and hashed when its ports change.
 *
 * Invariant: what is kept is known by the names of hosts, which outlive a run, not by hosts.  What is found
 * depends on the place alone; only the work depends on what is kept.
 */
#ifndef SIMNET_SPOT_H
#define SIMNET_SPOT_H

#include "simnet/explore/label.h"
#include "simnet/host/host.h"

/* How a label tells a place. */
typedef enum simp_form {
    SIMP_AT_SCENARIO,
    SIMP_AT_HOST,     /* "server" */
    SIMP_AT_FLOW,     /* "client->server": host, to */
    SIMP_AT_LISTENER, /* "server/listen:80" */
    SIMP_AT_ACCEPTED, /* "server/conn#2" */
    SIMP_AT_SOCKET    /* "server/socket#1" */
} simp_form;

/* What a place is about. */
typedef enum simp_topic { SIMP_A_HOST, SIMP_A_LISTENER, SIMP_A_PORT, SIMP_A_STREAM } simp_topic;

/* What happens, by the words of its label. */
typedef enum simp_kind {
    SIMP_KIND_ACTION,
    SIMP_KIND_TIMER,
    SIMP_KIND_WAKE,
    SIMP_KIND_START,
    SIMP_KIND_LINK,
    SIMP_KIND_SYN,
    SIMP_KIND_SYN_ACK,
    SIMP_KIND_ACK,
    SIMP_KIND_DATA,
    SIMP_KIND_URGENT,
    SIMP_KIND_FIN,
    SIMP_KIND_RST,
    SIMP_KIND_DATAGRAM,
    SIMP_KIND_ICMP,
    SIMP_KIND_OTHER,
    SIMP_KIND_READ,
    SIMP_KIND_WRITE,
    SIMP_KIND_OOB,
    SIMP_KIND_ACCEPT,
    SIMP_KIND_CONNECT,
    SIMP_KIND_CLOSE,
    SIMP_KINDS
} simp_kind;

typedef struct simp_place {
    const sim_host *host, *to;   /* of the label; NULL: outside, all */
    const sim_host *chain_of;    /* whose events happen in order, NULL: the world's ... */
    uint32_t chain_part;         /* ... those of this part */
    uint32_t number;             /* of the label */
    simp_ip remote;              /* a stream's; else 0 */
    uint16_t local, remote_port; /* ports; 0 where the topic has none */
    uint8_t form, topic;
} simp_place;

typedef struct simp_spot {
    uint64_t host, to, chain_of; /* hashes of their names; 0: none */
    uint32_t number, chain_part, form;
    uint64_t chain;
    simp_ip remote; /* of the object */
    uint64_t ends;  /* of the object: topic and ports */
    uint64_t object, kin;
    uint32_t labels[SIMP_KINDS]; /* numbers; 0: not known yet */
} simp_spot;

enum { SIMP_SPOTS = 64 };

typedef struct simp_spots {
    simp_label_table *labels;
    simp_spot spots[SIMP_SPOTS];
} simp_spots;

/* Until the next call. */
simp_spot *simp_spot_of(simp_spots *, const simp_place *);
/* The number of the label of what happens there.  0: no memory. */
uint32_t simp_spot_name(simp_spots *, simp_spot *, const simp_place *, simp_kind);

static inline uint32_t simp_spot_label(simp_spots *spots, simp_spot *spot, const simp_place *place,
                                       simp_kind what)
{
    return spot->labels[what] != 0 ? spot->labels[what] : simp_spot_name(spots, spot, place, what);
}

#endif
