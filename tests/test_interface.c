/* SPDX-License-Identifier: MIT
 *
 * Addresses that come and go, interfaces that go down, and hosts on several networks.
 *
 * Hosts "ha" and "hb" are on both switches: 10.1.0.x on "one" and 10.2.0.x on "two".
 */
#include <string.h>

#include "tests/expect.h"
#include "tests/routed.h"
#include "tests/test_list.h"

#define S UINT64_C(1000000000)

enum { PORT = 40000 };

typedef struct twin {
    sim_world *world;
    sim_host *a, *b;
    sim_link *one, *two;
    recorder at_a, at_b;
} twin;

static void build(twin *t)
{
    memset(t, 0, sizeof *t);
    t->world = fixture_world_pair(NULL).world;
    EXPECT_CODE_FATAL(sim_segment_create(t->world, "one", NULL, &t->one), 0);
    EXPECT_CODE_FATAL(sim_segment_create(t->world, "two", NULL, &t->two), 0);
    EXPECT_CODE_FATAL(sim_host_create(t->world, "ha", &t->a), 0);
    EXPECT_CODE_FATAL(sim_host_create(t->world, "hb", &t->b), 0);
    EXPECT_CODE_FATAL(sim_host_attach(t->a, t->one, "10.1.0.1/24"), 0);
    EXPECT_CODE_FATAL(sim_host_attach(t->a, t->two, "10.2.0.1/24"), 0);
    EXPECT_CODE_FATAL(sim_host_attach(t->b, t->one, "10.1.0.2/24"), 0);
    EXPECT_CODE_FATAL(sim_host_attach(t->b, t->two, "10.2.0.2/24"), 0);
    routed_open(t->a, &t->at_a, PORT, NULL);
    routed_open(t->b, &t->at_b, PORT, NULL);
}

/* One octet from a to the address; does it come to b? */
static bool arrives(twin *t, const char *to)
{
    char c;
    sim_host_enter(t->a);
    EXPECT_EQ_INT(CAsyncSocket_SendTo(&t->at_a.socket, "x", 1, PORT, to, 0), 1);
    routed_run(t->world, S);
    sim_host_enter(t->b);
    return CAsyncSocket_Receive(&t->at_b.socket, &c, 1, 0) == 1;
}

static void added_address_is_the_hosts_at_once(void)
{
    twin t;
    build(&t);
    EXPECT_FALSE(arrives(&t, "10.1.0.9"));
    EXPECT_CODE(sim_host_add_address(t.b, t.one, "10.1.0.9/24"), 0);
    EXPECT_TRUE(arrives(&t, "10.1.0.9"));
    EXPECT_CODE(sim_host_add_address(t.a, t.one, "10.1.0.9/24"), WSAEADDRINUSE);
    EXPECT_CODE(sim_host_add_address(t.a, t.one, "10.1.0.9"), WSAEINVAL);
    EXPECT_CODE(sim_host_add_address(t.a, NULL, "10.1.0.8/24"), WSAEINVAL);
}

static void removed_address_is_the_hosts_no_longer(void)
{
    twin t;
    build(&t);
    EXPECT_TRUE(arrives(&t, "10.1.0.2"));
    EXPECT_CODE(sim_host_remove_address(t.b, "10.1.0.2"), 0);
    EXPECT_FALSE(arrives(&t, "10.1.0.2"));
    EXPECT_TRUE(arrives(&t, "10.2.0.2"));
    EXPECT_CODE(sim_host_remove_address(t.b, "10.1.0.2"), WSAEADDRNOTAVAIL);
    EXPECT_CODE(sim_host_remove_address(t.b, NULL), WSAEADDRNOTAVAIL);
    sim_host_enter(t.b);
    recorder r;
    recorder_construct(&r);
    EXPECT_ERROR(CAsyncSocket_Create(&r.socket, 0, SOCK_DGRAM, 0, "10.1.0.2"), WSAEADDRNOTAVAIL);
    EXPECT_CODE(sim_host_add_address(t.b, t.one, "10.1.0.2/24"), 0);
    EXPECT_TRUE(arrives(&t, "10.1.0.2"));
}

/* What is under way when the address goes is not taken. */
static void packet_under_way_to_a_removed_address_is_dropped(void)
{
    twin t;
    build(&t);
    EXPECT_CODE(sim_link_set_options(t.one, NULL, &(sim_link_options){.latency_ns = SIM_MS(10)}), 0);
    sim_host_enter(t.a);
    EXPECT_EQ_INT(CAsyncSocket_SendTo(&t.at_a.socket, "x", 1, PORT, "10.1.0.2", 0), 1);
    EXPECT_CODE(sim_host_remove_address(t.b, "10.1.0.2"), 0);
    EXPECT_CODE(sim_host_add_address(t.b, t.one, "10.1.0.3/24"), 0);
    routed_run(t.world, S);
    EXPECT_EQ_INT(recorder_count(&t.at_b, FD_READ), 0);
}

static void socket_bound_to_a_removed_address_cannot_send(void)
{
    twin t;
    recorder r;
    build(&t);
    routed_open(t.a, &r, 0, "10.1.0.1");
    EXPECT_EQ_INT(CAsyncSocket_SendTo(&r.socket, "x", 1, PORT, "10.1.0.2", 0), 1);
    EXPECT_CODE(sim_host_remove_address(t.a, "10.1.0.1"), 0);
    EXPECT_ERROR_COUNT(CAsyncSocket_SendTo(&r.socket, "x", 1, PORT, "10.1.0.2", 0), WSAEADDRNOTAVAIL);
    EXPECT_ERROR_COUNT(CAsyncSocket_SendTo(&t.at_a.socket, "x", 1, PORT, "10.1.0.2", 0), WSAENETUNREACH);
    EXPECT_CODE(sim_host_add_address(t.a, t.one, "10.1.0.1/24"), 0);
    EXPECT_EQ_INT(CAsyncSocket_SendTo(&r.socket, "x", 1, PORT, "10.1.0.2", 0), 1);
}

/* ---- connections ---- */

static void connect_streams(twin *t, recorder *client, recorder *server)
{
    CAsyncSocket listener;
    sim_host_enter(t->b);
    CAsyncSocket_Construct(&listener, NULL);
    EXPECT_OK_FATAL(CAsyncSocket_Create(&listener, 80, SOCK_STREAM, 0, NULL));
    EXPECT_OK_FATAL(CAsyncSocket_Listen(&listener, 5));
    sim_host_enter(t->a);
    recorder_construct(client);
    EXPECT_OK_FATAL(CAsyncSocket_Create(&client->socket, 0, SOCK_STREAM, CASYNCSOCKET_DEFAULT_EVENTS, NULL));
    EXPECT_ERROR(CAsyncSocket_Connect(&client->socket, "10.1.0.2", 80), WSAEWOULDBLOCK);
    routed_run(t->world, S);
    sim_host_enter(t->b);
    recorder_construct(server);
    EXPECT_OK_FATAL(CAsyncSocket_Accept(&listener, &server->socket, NULL, NULL));
    EXPECT_OK(CAsyncSocket_AsyncSelect(&server->socket, CASYNCSOCKET_DEFAULT_EVENTS));
    CAsyncSocket_Destruct(&listener);
}

static void send_to_server(twin *t, recorder *client)
{
    sim_host_enter(t->a);
    EXPECT_EQ_INT(CAsyncSocket_Send(&client->socket, "x", 1, 0), 1);
}

/* The address comes back in time, and the connection never knew. */
static void connection_outlives_a_while_without_its_address(void)
{
    twin t;
    recorder client, server;
    build(&t);
    connect_streams(&t, &client, &server);
    EXPECT_CODE(sim_host_remove_address(t.a, "10.1.0.1"), 0);
    send_to_server(&t, &client);
    routed_run(t.world, 5 * S);
    EXPECT_EQ_INT(recorder_count(&server, FD_READ), 0);
    EXPECT_TRUE(sim_host_drops(t.a, SIM_DROP_NO_ROUTE) >= 2);
    EXPECT_CODE(sim_host_add_address(t.a, t.one, "10.1.0.1/24"), 0);
    routed_run(t.world, 60 * S);
    EXPECT_EQ_INT(recorder_count(&server, FD_READ), 1);
    EXPECT_EQ_INT(recorder_count(&client, FD_CLOSE), 0);
}

static void connection_without_its_address_is_given_up(void)
{
    twin t;
    recorder client, server;
    build(&t);
    connect_streams(&t, &client, &server);
    EXPECT_CODE(sim_host_remove_address(t.a, "10.1.0.1"), 0);
    send_to_server(&t, &client);
    sim_world_run(t.world, SIM_FOREVER);
    EXPECT_EQ_INT(recorder_count(&client, FD_CLOSE), 1);
    EXPECT_EQ_INT(recorder_error(&client, FD_CLOSE), WSAECONNABORTED);
}

/* ---- up and down ---- */

static void interface_that_is_down_sends_and_takes_nothing(void)
{
    twin t;
    build(&t);
    EXPECT_TRUE(arrives(&t, "10.1.0.2"));
    EXPECT_CODE(sim_host_set_interface_up(t.b, t.one, false), 0);
    EXPECT_FALSE(arrives(&t, "10.1.0.2"));
    EXPECT_EQ_INT(sim_host_drops(t.b, SIM_DROP_INTERFACE_DOWN), 1);
    EXPECT_TRUE(arrives(&t, "10.2.0.2"));
    EXPECT_CODE(sim_host_set_interface_up(t.a, t.one, false), 0);
    sim_host_enter(t.a);
    EXPECT_ERROR_COUNT(CAsyncSocket_SendTo(&t.at_a.socket, "x", 1, PORT, "10.1.0.2", 0), WSAENETUNREACH);
    EXPECT_CODE(sim_host_set_interface_up(t.a, t.one, true), 0);
    EXPECT_CODE(sim_host_set_interface_up(t.b, t.one, true), 0);
    EXPECT_TRUE(arrives(&t, "10.1.0.2"));
    EXPECT_CODE(sim_host_set_interface_up(t.a, NULL, true), WSAEINVAL);
}

static void connection_outlives_a_cable_that_is_pulled_for_a_while(void)
{
    twin t;
    recorder client, server;
    build(&t);
    connect_streams(&t, &client, &server);
    EXPECT_CODE(sim_host_set_interface_up(t.a, t.one, false), 0);
    send_to_server(&t, &client);
    routed_run(t.world, 5 * S);
    EXPECT_EQ_INT(recorder_count(&server, FD_READ), 0);
    EXPECT_CODE(sim_host_set_interface_up(t.a, t.one, true), 0);
    routed_run(t.world, 60 * S);
    EXPECT_EQ_INT(recorder_count(&server, FD_READ), 1);
}

/* ---- several interfaces ---- */

static void interfaces_are_numbered_as_they_were_attached(void)
{
    twin t;
    build(&t);
    EXPECT_EQ_INT(sim_host_interface_index(t.a, t.one), 2);
    EXPECT_EQ_INT(sim_host_interface_index(t.a, t.two), 3);
    EXPECT_EQ_INT(sim_host_interface_index(t.a, NULL), 0);
}

/* The other host's address on the other network, by this one: a weak host takes it, a strong one does not. */
static void strong_host_takes_only_what_comes_to_the_right_interface(void)
{
    twin t;
    build(&t);
    sim_packet packet = routed_datagram("10.1.0.1", 1000, "10.2.0.2", PORT);
    routed_arrive(t.b, &packet, 1); /* at the first interface, that on "one" */
    EXPECT_EQ_INT(sim_host_drops(t.b, SIM_DROP_NOT_OURS), 0);
    EXPECT_CODE(sim_host_set_strong(t.b, true), 0);
    routed_arrive(t.b, &packet, 1);
    EXPECT_EQ_INT(sim_host_drops(t.b, SIM_DROP_NOT_OURS), 1);
    EXPECT_TRUE(arrives(&t, "10.2.0.2"));
    EXPECT_CODE(sim_host_set_strong(t.b, false), 0);
    routed_arrive(t.b, &packet, 1);
    EXPECT_EQ_INT(sim_host_drops(t.b, SIM_DROP_NOT_OURS), 1);
}

/* Bound to the address on "two", to a neighbour on "one". */
static void strong_host_sends_only_by_its_sources_interface(void)
{
    twin t;
    recorder r;
    build(&t);
    routed_open(t.a, &r, 0, "10.2.0.1");
    EXPECT_EQ_INT(CAsyncSocket_SendTo(&r.socket, "x", 1, PORT, "10.1.0.2", 0), 1);
    routed_run(t.world, S);
    EXPECT_EQ_INT(recorder_count(&t.at_b, FD_READ), 1);
    EXPECT_CODE(sim_host_set_strong(t.a, true), 0);
    sim_host_enter(t.a);
    EXPECT_EQ_INT(CAsyncSocket_SendTo(&r.socket, "x", 1, PORT, "10.1.0.2", 0), 1);
    routed_run(t.world, S);
    EXPECT_EQ_INT(sim_host_drops(t.a, SIM_DROP_NO_ROUTE), 1);
}

const test_case test_interface[] = {
    TEST(added_address_is_the_hosts_at_once),
    TEST(removed_address_is_the_hosts_no_longer),
    TEST(packet_under_way_to_a_removed_address_is_dropped),
    TEST(socket_bound_to_a_removed_address_cannot_send),
    TEST(connection_outlives_a_while_without_its_address),
    TEST(connection_without_its_address_is_given_up),
    TEST(interface_that_is_down_sends_and_takes_nothing),
    TEST(connection_outlives_a_cable_that_is_pulled_for_a_while),
    TEST(interfaces_are_numbered_as_they_were_attached),
    TEST(strong_host_takes_only_what_comes_to_the_right_interface),
    TEST(strong_host_sends_only_by_its_sources_interface),
    TEST_END,
};
