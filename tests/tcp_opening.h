/* SPDX-License-Identifier: MIT
 *
 * What tests of the handshake start from: hosts a and b, a listener on b's port 80, no connection yet; and
 * segments from anybody.
 */
#ifndef TESTS_TCP_OPENING_H
#define TESTS_TCP_OPENING_H

#include "simnet/transport/tcp.h"
#include "tests/fixture.h"
#include "tests/segment_log.h"
#include "tests/wire_log.h"

enum { OPENING_PORT = 80 };

typedef struct tcp_opening {
    world_pair pair;
    recorder listener;
    wire_log log;
    segment_log segments;
    drop_mask from_a, from_b; /* which of the packets from now on are lost; bit 0 is the next */
} tcp_opening;

/* stack NULL: the world's. */
void tcp_opening_begin(tcp_opening *, const sim_stack *b, int backlog, int64_t latency_ns);
void tcp_opening_run(tcp_opening *, uint64_t ns);
void tcp_opening_clear(tcp_opening *);
/* From host a, all events selected; its first SYN is on its way. */
void tcp_opening_connect(tcp_opening *, recorder *client);
/* The connection that waited longest, with all events selected.  False: there is none. */
bool tcp_opening_accept(tcp_opening *, recorder *server);
void tcp_opening_drop(tcp_opening *, uint64_t from_a, uint64_t from_b);

/* The connection of a socket of the host; NULL: none. */
simp_tcp *tcp_of(const sim_host *, const recorder *);

/* One of the connections of the host, whoever has it; NULL: it has none. */
simp_tcp *any_tcp_of(const sim_host *);

/* A segment that somebody made up.  text NULL: none; urgent and the options only if not 0. */
typedef struct forged_segment {
    const char *from, *to;
    uint16_t from_port, to_port;
    uint8_t flags;
    uint32_t seq, ack;
    uint16_t window, urgent, mss;
    uint32_t stamp;
    const char *text;
} forged_segment;

/* A SYN from port 5000 of host a to the listener. */
extern const forged_segment opening_syn;
/* The same as tcp_opening_begin, but the link is cut: nobody but forged segments talks to the listener. */
void tcp_opening_begin_alone(tcp_opening *, const sim_stack *b, int backlog);

/* It arrives at the host now. */
void forged_segment_arrive(sim_host *, const forged_segment *);

/* Text for a packet that has none yet. */
void packet_set_text(sim_world *, sim_packet *, const char *text);

#endif
