/* SPDX-License-Identifier: MIT
 *
 * The connections that a link has seen begin: their numbers, and what their ends sent last.
 *
 * A connection begins with a SYN that is no retransmission of the one before: of new addresses and ports, or
 * of known ones with another sequence number.  A SYN that crosses another one belongs to the same connection.
 * An end of the table is the link's own: entries stay, and are used again with the same addresses and ports.
 */
#ifndef SIMNET_CONNECTIONS_H
#define SIMNET_CONNECTIONS_H

#include "simnet/packet/packet.h"

/* One end as the link saw it. */
typedef struct simp_seen_end {
    struct simp_interface *interface; /* that its packets leave from; NULL: it has not sent any */
    simp_ip ip;
    uint16_t port;
    bool has_syn;
    uint32_t syn_seq;
    uint32_t next_seq; /* behind the last that it sent */
    uint32_t ack;      /* the last it acknowledged */
} simp_seen_end;

typedef struct simp_seen_connection {
    uint32_t ordinal;
    simp_seen_end ends[2]; /* 0 sent the first SYN */
} simp_seen_connection;

typedef struct simp_connections simp_connections;

/* Begins to count: 0 or WSAENOBUFS. */
int simp_connections_start(sim_link *);
/* The number of the packet's connection, which may begin with it; 0: none that is counted. */
uint32_t simp_connections_note(struct simp_interface *from, const sim_packet *);
uint32_t simp_connections_count(const sim_link *);
/* The same for a packet that was noted before. */
uint32_t simp_connections_find(const sim_link *, const sim_packet *);
/* By number; NULL: none, or one whose addresses and ports were used again. */
const simp_seen_connection *simp_connections_at(const sim_link *, uint32_t ordinal);

#endif
