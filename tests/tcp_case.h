/* SPDX-License-Identifier: MIT
 *
 * What tests of TCP start from: an established connection between hosts a (the client) and b, with every
 * event selected on both ends, and logs of the wire that begin after the handshake.
 */
#ifndef TESTS_TCP_CASE_H
#define TESTS_TCP_CASE_H

#include "simnet/transport/tcp.h"
#include "tests/fixture.h"
#include "tests/segment_log.h"
#include "tests/wire_log.h"

#define MS UINT64_C(1000000)
#define S UINT64_C(1000000000)

typedef struct tcp_case {
    world_pair pair;
    recorder client, server;
    wire_log log;
    segment_log segments;
} tcp_case;

/* The stacks of the world. */
void tcp_case_begin(tcp_case *);
/* The same with a stack of its own for either host, and the link as given; NULL: the world's, 1 ms. */
void tcp_case_begin_with(tcp_case *, const sim_stack *a, const sim_stack *b, const sim_link_options *link);

/* Checks the invariants of every connection after every event. */
void tcp_case_run(tcp_case *, uint64_t ns);
/* Both logs begin anew. */
void tcp_case_clear(tcp_case *);

/* What Send returns. */
int tcp_case_send_text(tcp_case *, bool from_client, const char *text);
/* len bytes of the pattern of the stream from offset on: byte i is tcp_case_byte(i). */
int tcp_case_send(tcp_case *, bool from_client, int offset, int len);
char tcp_case_byte(int i);
/* Everything that can be received, as text; valid until the next call. */
const char *tcp_case_receive_text(tcp_case *, bool at_client);
/* Everything that can be received; checked against the pattern from offset on.  How many bytes. */
int tcp_case_receive(tcp_case *, bool at_client, int offset);
void tcp_case_close_client(tcp_case *);
void tcp_case_close_server(tcp_case *);
void tcp_case_set_option(tcp_case *, bool at_client, int level, int option, int value);

/* Drops the packets from one end whose ordinals from now on (bit 0: the next) are bits of mask. */
void tcp_case_drop(tcp_case *, bool from_client, uint64_t mask, drop_mask *storage);

/* The connection of either end; NULL: gone. */
simp_tcp *tcp_case_connection(tcp_case *, bool client);

/* A segment as if from the peer of one end: ports and addresses are set, and it acknowledges what that end
 * has sent, with a fresh timestamp where they are agreed.  Change it, then let it arrive. */
sim_packet *tcp_case_forge(tcp_case *, bool to_client, uint8_t flags);
/* Gives it len bytes of the pattern from offset on. */
void tcp_case_fill(tcp_case *, sim_packet *, int offset, int len);
void tcp_case_arrive(tcp_case *, bool at_client, sim_packet *);

#endif
