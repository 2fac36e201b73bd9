/* SPDX-License-Identifier: MIT
 *
 * Regressions found by castanet_swarm: each one a behaviour that a random world came across.
 */
#include <string.h>

#include "tests/expect.h"
#include "tests/fixture.h"
#include "tests/fixture_private.h"
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

const test_case test_swarm_bugs[] = {TEST(receive_buffer_smaller_than_the_scale_still_opens_a_window),
                                     TEST_END};
