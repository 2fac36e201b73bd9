/* SPDX-License-Identifier: MIT
 *
 * The two queues of a listener, RFC 4987 3: handshakes under way, and connections that wait to be accepted.
 */
#include "tests/expect.h"
#include "tests/tcp_opening.h"
#include "tests/test_list.h"

#define MS UINT64_C(1000000)
#define S UINT64_C(1000000000)
enum { NEAR_NS = 1000000 };

/* Dropped SYNs look lost: the newcomer is served as soon as there is room. */
static void full_accept_queue_drops_syns_where_the_stack_says_so(void)
{
    sim_stack stack = *sim_stack_named("rfc");
    stack.accept_overflow = SIM_OVERFLOW_DROP;
    tcp_opening o;
    recorder clients[3], server;
    tcp_opening_begin(&o, &stack, 2, NEAR_NS);
    tcp_opening_connect(&o, &clients[0]);
    tcp_opening_connect(&o, &clients[1]);
    tcp_opening_run(&o, 500 * MS);
    tcp_opening_connect(&o, &clients[2]);
    tcp_opening_run(&o, 500 * MS);
    EXPECT_EQ_INT(recorder_count(&clients[0], FD_CONNECT) + recorder_count(&clients[1], FD_CONNECT), 2);
    EXPECT_EQ_INT(recorder_count(&clients[2], FD_CONNECT), 0);
    EXPECT_EQ_INT(wire_log_matching(&o.log, "b RST ACK"), 0);
    EXPECT_TRUE(tcp_opening_accept(&o, &server));
    tcp_opening_run(&o, 2 * S);
    EXPECT_EQ_INT(recorder_count(&clients[2], FD_CONNECT), 1);
    EXPECT_EQ_INT(recorder_error(&clients[2], FD_CONNECT), 0);
}

/* Linux lets one more wait than the backlog says. */
static void accept_queue_of_linux_takes_one_more(void)
{
    tcp_opening o;
    recorder clients[4], server;
    unsigned accepted = 0;
    tcp_opening_begin(&o, sim_stack_named("linux"), 2, NEAR_NS);
    for (unsigned i = 0; i < 4; i++) {
        tcp_opening_connect(&o, &clients[i]);
        tcp_opening_run(&o, 10 * MS);
    }
    EXPECT_EQ_INT(recorder_count(&clients[2], FD_CONNECT), 1);
    EXPECT_EQ_INT(recorder_count(&clients[3], FD_CONNECT), 0);
    while (tcp_opening_accept(&o, &server))
        accepted++;
    EXPECT_EQ_INT(accepted, 3);
}

/* The first handshake lacks its last ACK; meanwhile others fill the queue.  The ACK that comes late counts as
 * lost, again and again, until there is room. */
static void full_accept_queue_drops_the_last_ack_where_the_stack_says_so(void)
{
    sim_stack stack = *sim_stack_named("rfc");
    stack.accept_overflow = SIM_OVERFLOW_DROP;
    tcp_opening o;
    recorder clients[3], servers[3];
    tcp_opening_begin(&o, &stack, 2, NEAR_NS);
    tcp_opening_drop(&o, 2, 0);
    for (unsigned i = 0; i < 3; i++) {
        tcp_opening_connect(&o, &clients[i]);
        tcp_opening_run(&o, 10 * MS);
        EXPECT_EQ_INT(recorder_count(&clients[i], FD_CONNECT), 1);
    }
    tcp_opening_run(&o, 2 * S); /* the SYN,ACK came again, and was acknowledged */
    EXPECT_EQ_INT(wire_log_matching(&o.log, "b SYN ACK"), 4);
    EXPECT_TRUE(tcp_opening_accept(&o, &servers[0]) && tcp_opening_accept(&o, &servers[1]));
    EXPECT_FALSE(tcp_opening_accept(&o, &servers[2]));
    tcp_opening_run(&o, 2 * S);
    EXPECT_TRUE(tcp_opening_accept(&o, &servers[2]));
    sim_host_enter(o.pair.a);
    EXPECT_EQ_INT(CAsyncSocket_Send(&clients[0].socket, "text", 4, 0), 4);
    tcp_opening_run(&o, 2 * S);
    EXPECT_EQ_INT(recorder_count(&servers[2], FD_READ), 1);
}

/* The queue of handshakes is bounded too. */
static void flood_of_syns_fills_only_the_first_queue(void)
{
    sim_stack stack = *sim_stack_named("rfc");
    stack.accept_overflow = SIM_OVERFLOW_DROP;
    tcp_opening o;
    tcp_opening_begin_alone(&o, &stack, 3);
    for (uint16_t i = 0; i < 10; i++) {
        forged_segment syn = opening_syn;
        syn.from_port = (uint16_t)(5000 + i);
        forged_segment_arrive(o.pair.b, &syn);
    }
    tcp_opening_run(&o, 10 * MS);
    EXPECT_EQ_STR(wire_log_text(&o.log), "b SYN ACK lost, b SYN ACK lost, b SYN ACK lost");
}

/* Five more SYN,ACKs with doubled time-outs, then the handshake is forgotten and its place is free. */
static void unanswered_syn_ack_is_given_up(void)
{
    tcp_opening o;
    tcp_opening_begin_alone(&o, NULL, 1);
    forged_segment_arrive(o.pair.b, &opening_syn);
    tcp_opening_run(&o, 62 * S);
    EXPECT_EQ_INT(wire_log_matching(&o.log, "b SYN ACK lost"), 6);
    EXPECT_EQ_INT(o.log.at_ns[5], 31 * S);
    EXPECT_TRUE(any_tcp_of(o.pair.b) != NULL);
    tcp_opening_run(&o, 2 * S);
    EXPECT_TRUE(any_tcp_of(o.pair.b) == NULL);
    EXPECT_EQ_INT(o.listener.total, 0);
    tcp_opening_clear(&o);
    forged_segment_arrive(o.pair.b, &opening_syn);
    tcp_opening_run(&o, 10 * MS);
    EXPECT_EQ_STR(wire_log_text(&o.log), "b SYN ACK lost");
}

/* MUST-41, MUST-42: connections of the port are left alone by a listener that comes later, and the other way
 * round. */
static void listener_beside_an_attempt_from_its_port(void)
{
    tcp_opening o;
    recorder attempt, listener, client;
    tcp_opening_begin(&o, NULL, 5, NEAR_NS);
    tcp_opening_drop(&o, 0, 1); /* b's SYN is lost: SYN-SENT */
    int on = 1;
    sim_host_enter(o.pair.b);
    recorder_construct(&attempt);
    recorder_construct(&listener);
    EXPECT_OK(CAsyncSocket_Create(&attempt.socket, 7000, SOCK_STREAM, CASYNCSOCKET_DEFAULT_EVENTS, NULL));
    EXPECT_OK(CAsyncSocket_SetSockOpt(&attempt.socket, SO_REUSEADDR, &on, sizeof on, SOL_SOCKET));
    EXPECT_ERROR(CAsyncSocket_Connect(&attempt.socket, "10.0.0.1", 9), WSAEWOULDBLOCK);
    EXPECT_OK(CAsyncSocket_Socket(&listener.socket, SOCK_STREAM, CASYNCSOCKET_DEFAULT_EVENTS, 0, AF_INET));
    EXPECT_OK(CAsyncSocket_SetSockOpt(&listener.socket, SO_REUSEADDR, &on, sizeof on, SOL_SOCKET));
    EXPECT_OK(CAsyncSocket_Bind(&listener.socket, 7000, NULL));
    EXPECT_OK(CAsyncSocket_Listen(&listener.socket, 5));
    recorder_construct(&client);
    sim_host_enter(o.pair.a);
    EXPECT_OK(CAsyncSocket_Create(&client.socket, 0, SOCK_STREAM, CASYNCSOCKET_DEFAULT_EVENTS, NULL));
    EXPECT_ERROR(CAsyncSocket_Connect(&client.socket, "10.0.0.2", 7000), WSAEWOULDBLOCK);
    tcp_opening_run(&o, 500 * MS);
    EXPECT_EQ_INT(recorder_count(&listener, FD_ACCEPT), 1);
    EXPECT_EQ_INT(recorder_count(&attempt, FD_CONNECT), 0);
    tcp_opening_run(&o, 5 * S);
    EXPECT_EQ_INT(recorder_error(&attempt, FD_CONNECT), WSAECONNREFUSED); /* its own answer */
}

const test_case test_tcp_listen[] = {TEST(full_accept_queue_drops_syns_where_the_stack_says_so),
                                     TEST(accept_queue_of_linux_takes_one_more),
                                     TEST(full_accept_queue_drops_the_last_ack_where_the_stack_says_so),
                                     TEST(flood_of_syns_fills_only_the_first_queue),
                                     TEST(unanswered_syn_ack_is_given_up),
                                     TEST(listener_beside_an_attempt_from_its_port),
                                     TEST_END};
