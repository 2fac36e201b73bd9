/* SPDX-License-Identifier: MIT
 *
 * Names: answers in their order, aliases, rotation, failures.
 */
#include <string.h>

#include "castanet/backend.h"
#include "tests/expect.h"
#include "tests/fixture.h"
#include "tests/test_list.h"

/* The world's host "a" asks, by connecting a datagram socket; the address it got, or the error. */
static const char *answer(const world_pair *pair, const char *name, const char *local)
{
    static char text[46];
    recorder r;
    UINT port;
    recorder_construct(&r);
    sim_host_enter(pair->a);
    EXPECT_OK_FATAL(CAsyncSocket_Create(&r.socket, 0, SOCK_DGRAM, 0, local));
    if (!CAsyncSocket_Connect(&r.socket, name, 80))
        strcpy(text, CAsyncSocket_GetLastError() == WSAEINVAL ? "WSAEINVAL" : "another error");
    else
        EXPECT_OK(CAsyncSocket_GetPeerName(&r.socket, text, sizeof text, &port));
    CAsyncSocket_Close(&r.socket);
    return text;
}

static world_pair begin(const char *name, const char *answers)
{
    world_pair pair = fixture_world_pair(NULL);
    EXPECT_CODE(sim_world_add_name(pair.world, name, answers), 0);
    EXPECT_CODE(sim_host_add_route(pair.a, "0.0.0.0/0", "10.0.0.2"), 0);
    EXPECT_CODE(sim_host_add_route(pair.a, "::/0", "fd00::2"), 0);
    return pair;
}

static void first_address_of_the_family_is_the_answer(void)
{
    world_pair pair = begin("www.example.test", "fd00::7 10.0.0.9 10.0.0.2 fd00::2");
    EXPECT_EQ_STR(answer(&pair, "www.example.test", NULL), "10.0.0.9");
    EXPECT_EQ_STR(answer(&pair, "www.example.test", NULL), "10.0.0.9");
    EXPECT_EQ_STR(answer(&pair, "WWW.Example.TEST", NULL), "10.0.0.9");
    EXPECT_EQ_STR(answer(&pair, "www.example.test", "::"), "fd00::7");
    EXPECT_EQ_INT(sim_world_name_questions(pair.world, "www.example.test"), 4);
}

/* Connect("server", 80) of the class reports every failure as WSAEINVAL. */
static void unknown_name_and_missing_family_fail(void)
{
    world_pair pair = begin("only4.test", "10.0.0.9");
    EXPECT_EQ_STR(answer(&pair, "nobody.test", NULL), "WSAEINVAL");
    EXPECT_EQ_STR(answer(&pair, "only4.test", "::"), "WSAEINVAL");
    EXPECT_EQ_STR(answer(&pair, "b", NULL), "10.0.0.2"); /* hosts are names unasked */
}

static void alias_leads_to_the_name_behind_it(void)
{
    world_pair pair = begin("real.test", "10.0.0.9");
    EXPECT_CODE(sim_world_add_name(pair.world, "www.test", "real.test"), 0);
    EXPECT_CODE(sim_world_add_name(pair.world, "short", "www.test"), 0);
    EXPECT_CODE(sim_world_add_name(pair.world, "host-b", "b"), 0);
    EXPECT_EQ_STR(answer(&pair, "short", NULL), "10.0.0.9");
    EXPECT_EQ_STR(answer(&pair, "host-b", NULL), "10.0.0.2");
    EXPECT_CODE(sim_world_add_name(pair.world, "real.test", "short"), 0); /* a loop */
    EXPECT_EQ_STR(answer(&pair, "short", NULL), "WSAEINVAL");
}

static void given_name_hides_the_host(void)
{
    world_pair pair = begin("b", "10.0.0.77");
    EXPECT_EQ_STR(answer(&pair, "b", NULL), "10.0.0.77");
}

static void rotation_takes_the_addresses_in_turn(void)
{
    world_pair pair = begin("www.test", "10.0.0.1 fd00::9 10.0.0.2 10.0.0.3");
    EXPECT_CODE(sim_world_rotate_name(pair.world, "www.test", true), 0);
    EXPECT_EQ_STR(answer(&pair, "www.test", NULL), "10.0.0.1");
    EXPECT_EQ_STR(answer(&pair, "www.test", NULL), "10.0.0.2");
    EXPECT_EQ_STR(answer(&pair, "www.test", NULL), "10.0.0.3");
    EXPECT_EQ_STR(answer(&pair, "www.test", NULL), "10.0.0.1");
}

static int resolve(const world_pair *pair, const char *name)
{
    SOCKADDR_STORAGE out;
    cas_backend *backend = cas_thread_backend(sim_host_thread(pair->a));
    return backend->ops->resolve(backend, name, 80, AF_INET, &out);
}

static void name_fails_as_often_as_asked(void)
{
    world_pair pair = begin("www.test", "10.0.0.9");
    EXPECT_CODE(sim_world_fail_name(pair.world, "www.test", WSATRY_AGAIN, 2), 0);
    EXPECT_CODE(resolve(&pair, "www.test"), WSATRY_AGAIN);
    EXPECT_CODE(resolve(&pair, "www.test"), WSATRY_AGAIN);
    EXPECT_CODE(resolve(&pair, "www.test"), 0);
    EXPECT_CODE(sim_world_fail_name(pair.world, "b", WSAHOST_NOT_FOUND, 0), 0);
    for (int i = 0; i < 5; i++)
        EXPECT_CODE(resolve(&pair, "b"), WSAHOST_NOT_FOUND);
    EXPECT_CODE(sim_world_fail_name(pair.world, "b", 0, 0), 0);
    EXPECT_CODE(resolve(&pair, "b"), 0);
    EXPECT_CODE(resolve(&pair, "nobody"), WSAHOST_NOT_FOUND);
}

static void bad_names_are_refused(void)
{
    sim_world *world = fixture_world_pair(NULL).world;
    EXPECT_CODE(sim_world_add_name(world, "", "10.0.0.1"), WSAEINVAL);
    EXPECT_CODE(sim_world_add_name(world, NULL, "10.0.0.1"), WSAEINVAL);
    EXPECT_CODE(sim_world_add_name(world, "10.0.0.1", "10.0.0.2"), WSAEINVAL);
    EXPECT_CODE(sim_world_add_name(world, "two words", "10.0.0.2"), WSAEINVAL);
    EXPECT_CODE(sim_world_add_name(world, "x.test", ""), WSAEINVAL);
    EXPECT_CODE(sim_world_add_name(world, "x.test", NULL), WSAEINVAL);
    EXPECT_CODE(sim_world_add_name(world, "x.test", "0.0.0.0"), WSAEINVAL);
    EXPECT_CODE(sim_world_add_name(world, "x.test", "10.0.0.1 other.test"), WSAEINVAL);
    EXPECT_CODE(sim_world_fail_name(world, "x.test", WSAETIMEDOUT, 1), WSAEINVAL);
    EXPECT_EQ_INT(sim_world_name_questions(world, "x.test"), 0);
}

const test_case test_name[] = {
    TEST(first_address_of_the_family_is_the_answer),
    TEST(unknown_name_and_missing_family_fail),
    TEST(alias_leads_to_the_name_behind_it),
    TEST(given_name_hides_the_host),
    TEST(rotation_takes_the_addresses_in_turn),
    TEST(name_fails_as_often_as_asked),
    TEST(bad_names_are_refused),
    TEST_END,
};
