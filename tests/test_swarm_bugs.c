/* SPDX-License-Identifier: MIT
 *
 * Regressions found by castanet_swarm: each one a behaviour that a random world came across.
 */
#include <string.h>

#include "tests/expect.h"
#include "tests/fixture.h"
#include "tests/fixture_private.h"
#include "tests/tcp_case.h"
#include "tests/test_list.h"

static void send_bytes(CAsyncSocket *socket, int len)
{
    static char bytes[4096];
    EXPECT_EQ_INT(CAsyncSocket_Send(socket, bytes, len, 0), len);
}

static int receive_all(CAsyncSocket *socket)
{
    char bytes[4096];
    int total = 0, count;
    while ((count = CAsyncSocket_Receive(socket, bytes, sizeof bytes, 0)) > 0)
        total += count;
    return total;
}

/* The stack scales by 128 at least; a buffer of 100 bytes must not be announced as 0 units of 128.  Else each
 * byte takes a probe of the closed window. */
static void receive_buffer_smaller_than_the_scale_still_opens_a_window(void)
{
    world_pair pair = fixture_world_pair(NULL);
    CAsyncSocket listener;
    recorder client, server;
    EXPECT_CODE_FATAL(sim_host_set_stack(pair.b, sim_stack_named("linux")), 0);
    sim_host_enter(pair.b);
    UINT port = fixture_listen(&listener, 100);
    sim_host_enter(pair.a);
    fixture_begin_connect(&client, "10.0.0.2", port);
    world_pair_settle(&pair);
    send_bytes(&client.socket, 1000);
    sim_host_enter(pair.b);
    fixture_accept(&listener, &server);
    int received = 0;
    for (unsigned i = 0; i < 20; i++) {
        received += receive_all(&server.socket);
        sim_world_run(pair.world, sim_world_now(pair.world) + (uint64_t)SIM_MS(500));
    }
    EXPECT_EQ_INT(received, 1000);
}

/* A program that reads on without looking for urgent bytes passes them; they wait for it, and later ones, for
 * which there is no mark left, come within the stream.  None is lost. */
static void urgent_bytes_that_were_passed_are_not_lost_to_later_ones(void)
{
    enum { ROUNDS = 20 };
    tcp_case c;
    int in_line = 0, out_of_line = 0;
    char byte;
    tcp_case_begin(&c);
    for (unsigned i = 0; i < ROUNDS; i++) {
        sim_host_enter(c.pair.a);
        send_bytes(&c.client.socket, 1);
        EXPECT_EQ_INT(CAsyncSocket_Send(&c.client.socket, "!", 1, MSG_OOB), 1);
        tcp_case_run(&c, 1 * S);
        sim_host_enter(c.pair.b);
        in_line += receive_all(&c.server.socket);
        in_line += receive_all(&c.server.socket); /* the first one stops at the mark */
    }
    while (CAsyncSocket_Receive(&c.server.socket, &byte, 1, MSG_OOB) == 1)
        out_of_line++;
    EXPECT_EQ_INT(in_line + out_of_line, 2 * ROUNDS);
    EXPECT_TRUE(out_of_line >= 16);
}

const test_case test_swarm_bugs[] = {TEST(receive_buffer_smaller_than_the_scale_still_opens_a_window),
                                     TEST(urgent_bytes_that_were_passed_are_not_lost_to_later_ones),
                                     TEST_END};
