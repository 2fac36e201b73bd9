/* SPDX-License-Identifier: MIT
 *
 * What a simulated socket keeps in parts of its own, or takes from its connection: names, and options.
 */
#include "tests/expect.h"
#include "tests/fixture.h"
#include "tests/test_list.h"

static void expect_names(recorder *r, const char *own, UINT own_port, const char *peer, UINT peer_port)
{
    char text[46];
    UINT port;
    EXPECT_OK(CAsyncSocket_GetSockName(&r->socket, text, sizeof text, &port));
    EXPECT_EQ_STR(text, own);
    EXPECT_EQ_INT(port, own_port);
    EXPECT_OK(CAsyncSocket_GetPeerName(&r->socket, text, sizeof text, &port));
    EXPECT_EQ_STR(text, peer);
    EXPECT_EQ_INT(port, peer_port);
}

static UINT port_of(recorder *r)
{
    char text[46];
    UINT port = 0;
    EXPECT_OK(CAsyncSocket_GetSockName(&r->socket, text, sizeof text, &port));
    return port;
}

/* The client's end is current afterwards. */
static world_pair begin_reset(recorder *client, recorder *server, UINT *own, UINT *peer)
{
    world_pair pair = fixture_world_pair(NULL);
    world_pair_connect(&pair, client, server);
    sim_host_enter(pair.b);
    *peer = port_of(server);
    sim_host_enter(pair.a);
    *own = port_of(client);
    EXPECT_CODE_FATAL(sim_host_reset_connection(pair.b, server->socket.m_hSocket), 0);
    world_pair_settle(&pair);
    return pair;
}

static void end(recorder *one, recorder *other)
{
    CAsyncSocket_Destruct(&one->socket);
    CAsyncSocket_Destruct(&other->socket);
}

static void names_of_a_reset_connection_stay(void)
{
    recorder client, server;
    UINT own, peer;
    world_pair pair = begin_reset(&client, &server, &own, &peer);
    expect_names(&client, "10.0.0.1", own, "10.0.0.2", peer);
    sim_host_enter(pair.b);
    expect_names(&server, "10.0.0.2", peer, "10.0.0.1", own);
    sim_host_enter(pair.a);
    CAsyncSocket_Destruct(&client.socket);
}

/* It is bound to all addresses still, not to the one that its connection had. */
static void port_of_a_reset_connection_stays_bound_as_it_was(void)
{
    recorder client, server, all, one;
    UINT own, peer;
    begin_reset(&client, &server, &own, &peer);
    recorder_construct(&all);
    EXPECT_ERROR(CAsyncSocket_Create(&all.socket, own, SOCK_STREAM, 0, NULL), WSAEADDRINUSE);
    recorder_construct(&one);
    EXPECT_OK(CAsyncSocket_Create(&one.socket, own, SOCK_STREAM, 0, "10.0.0.1"));
    end(&one, &client);
    EXPECT_OK(CAsyncSocket_Create(&all.socket, own, SOCK_STREAM, 0, NULL));
    CAsyncSocket_Destruct(&all.socket);
}

static void refused_attempt_leaves_the_wildcard(void)
{
    recorder client;
    char text[46];
    UINT port;
    world_pair pair = fixture_world_pair(NULL);
    sim_host_enter(pair.a);
    recorder_construct(&client);
    EXPECT_OK_FATAL(CAsyncSocket_Create(&client.socket, 5000, SOCK_STREAM, FD_CONNECT, NULL));
    for (int i = 0; i < 2; i++) {
        EXPECT_ERROR(CAsyncSocket_Connect(&client.socket, "10.0.0.2", 4000), WSAEWOULDBLOCK);
        EXPECT_OK(CAsyncSocket_GetSockName(&client.socket, text, sizeof text, &port));
        EXPECT_EQ_STR(text, "10.0.0.1");
        world_pair_settle(&pair);
        EXPECT_EQ_INT(recorder_error(&client, FD_CONNECT), WSAECONNREFUSED);
        EXPECT_OK(CAsyncSocket_GetSockName(&client.socket, text, sizeof text, &port));
        EXPECT_EQ_STR(text, "0.0.0.0");
        EXPECT_EQ_INT(port, 5000);
        EXPECT_ERROR(CAsyncSocket_GetPeerName(&client.socket, text, sizeof text, &port), WSAENOTCONN);
    }
    CAsyncSocket_Destruct(&client.socket);
}

static int option_of(recorder *r, int name)
{
    int value = -1, len = (int)sizeof value;
    EXPECT_OK(CAsyncSocket_GetSockOpt(&r->socket, name, &value, &len, SOL_SOCKET));
    return value;
}

static void set_option(recorder *r, int name, int value)
{
    EXPECT_OK(CAsyncSocket_SetSockOpt(&r->socket, name, &value, sizeof value, SOL_SOCKET));
}

static void accepted_sockets_have_the_options_of_the_listener_for_themselves(void)
{
    recorder listener, client, server;
    world_pair pair = fixture_world_pair(NULL);
    sim_host_enter(pair.b);
    recorder_construct(&listener);
    EXPECT_OK_FATAL(CAsyncSocket_Create(&listener.socket, 4000, SOCK_STREAM, 0, NULL));
    set_option(&listener, SO_SNDBUF, 5000);
    EXPECT_OK_FATAL(CAsyncSocket_Listen(&listener.socket, 5));
    sim_host_enter(pair.a);
    recorder_construct(&client);
    EXPECT_OK_FATAL(CAsyncSocket_Create(&client.socket, 0, SOCK_STREAM, 0, NULL));
    EXPECT_ERROR(CAsyncSocket_Connect(&client.socket, "10.0.0.2", 4000), WSAEWOULDBLOCK);
    world_pair_settle(&pair);
    EXPECT_EQ_INT(option_of(&client, SO_SNDBUF), 65536);
    CAsyncSocket_Destruct(&client.socket);
    sim_host_enter(pair.b);
    recorder_construct(&server);
    EXPECT_OK_FATAL(CAsyncSocket_Accept(&listener.socket, &server.socket, NULL, NULL));
    EXPECT_EQ_INT(option_of(&server, SO_SNDBUF), 5000);
    set_option(&server, SO_SNDBUF, 6000);
    EXPECT_EQ_INT(option_of(&server, SO_SNDBUF), 6000);
    EXPECT_EQ_INT(option_of(&listener, SO_SNDBUF), 5000);
    EXPECT_EQ_INT(option_of(&server, SO_RCVBUF), 65536);
    end(&server, &listener);
}

const test_case test_sim_socket[] = {
    TEST(names_of_a_reset_connection_stay), TEST(port_of_a_reset_connection_stays_bound_as_it_was),
    TEST(refused_attempt_leaves_the_wildcard),
    TEST(accepted_sockets_have_the_options_of_the_listener_for_themselves), TEST_END};
