/* SPDX-License-Identifier: MIT
 *
 * Datagrams: sizes, empty ones, buffers that overflow, and the path MTU.
 *
 * "left" and "right" with a router between them; the far link carries less than the near one where a test
 * says so.
 */
#include <string.h>

#include "tests/expect.h"
#include "tests/routed.h"
#include "tests/test_list.h"

#define S UINT64_C(1000000000)

enum { PORT = 40000 };

typedef struct bench {
    routed n;
    recorder from, to;
    const char *there;
} bench;

static void begin(bench *t, bool v4, int64_t far_mtu)
{
    memset(t, 0, sizeof *t);
    t->n = routed_build(fixture_world_pair(NULL).world);
    t->there = v4 ? "10.2.0.2" : "fd02::2";
    routed_open(t->n.b, &t->to, PORT, v4 ? NULL : "::");
    routed_open(t->n.a, &t->from, 0, v4 ? NULL : "::");
    EXPECT_CODE(sim_link_set_options(t->n.far, NULL, &(sim_link_options){.mtu = far_mtu}), 0);
}

static int send_from_left(bench *t, int len)
{
    static char buf[70000];
    sim_host_enter(t->n.a);
    int result = CAsyncSocket_SendTo(&t->from.socket, buf, len, PORT, t->there, 0);
    int error = CAsyncSocket_GetLastError();
    routed_run(t->n.world, S);
    return result == SOCKET_ERROR ? -error : result;
}

/* The length of the next datagram; -1: there is none. */
static int receive_at_right(bench *t)
{
    static char buf[70000];
    sim_host_enter(t->n.b);
    return CAsyncSocket_Receive(&t->to.socket, buf, sizeof buf, 0);
}

/* RFC 1122 4.1.3: an empty datagram is one. */
static void empty_datagram_is_delivered_and_notified(void)
{
    bench t;
    begin(&t, true, 1500);
    EXPECT_EQ_INT(send_from_left(&t, 0), 0);
    EXPECT_EQ_INT(recorder_count(&t.to, FD_READ), 1);
    EXPECT_EQ_INT(receive_at_right(&t), 0);
    EXPECT_EQ_INT(receive_at_right(&t), -1);
}

static void datagram_beyond_the_largest_is_refused(void)
{
    bench t;
    begin(&t, true, 1500);
    EXPECT_EQ_INT(send_from_left(&t, 65508), -WSAEMSGSIZE);
    begin(&t, false, 1500);
    EXPECT_EQ_INT(send_from_left(&t, 65528), -WSAEMSGSIZE);
}

/* The newest is the one that is lost, and counted. */
static void full_buffer_drops_the_newest(void)
{
    bench t;
    int room = 1000;
    begin(&t, true, 1500);
    sim_host_enter(t.n.b);
    EXPECT_OK(CAsyncSocket_SetSockOpt(&t.to.socket, SO_RCVBUF, &room, sizeof room, SOL_SOCKET));
    for (int len = 400; len < 405; len++)
        EXPECT_EQ_INT(send_from_left(&t, len), len);
    EXPECT_EQ_INT(receive_at_right(&t), 400);
    EXPECT_EQ_INT(receive_at_right(&t), 401);
    EXPECT_EQ_INT(receive_at_right(&t), -1);
    EXPECT_EQ_INT(sim_host_drops(t.n.b, SIM_DROP_BUFFER_FULL), 3);
}

/* RFC 8201: only the source cuts IPv6, and it learns how small from the router. */
static void ipv6_datagram_is_cut_to_the_path_after_the_router_spoke(void)
{
    bench t;
    begin(&t, false, 1280);
    EXPECT_EQ_INT(send_from_left(&t, 4000), 4000);
    EXPECT_EQ_INT(receive_at_right(&t), -1); /* the first one told how much is too big */
    EXPECT_EQ_INT(sim_host_drops(t.n.r, SIM_DROP_TOO_BIG) > 0, 1);
    EXPECT_EQ_INT(send_from_left(&t, 4000), 4000);
    EXPECT_EQ_INT(receive_at_right(&t), 4000);
    routed_run(t.n.world, 601 * S); /* then it is tried again */
    EXPECT_EQ_INT(send_from_left(&t, 1400), 1400);
    EXPECT_EQ_INT(receive_at_right(&t), -1);
    EXPECT_EQ_INT(send_from_left(&t, 1400), 1400);
    EXPECT_EQ_INT(receive_at_right(&t), 1400);
}

static void keep_whole(bench *t, bool v4)
{
    int on = 1;
    sim_host_enter(t->n.a);
    EXPECT_OK(CAsyncSocket_SetSockOpt(&t->from.socket, v4 ? IP_DONTFRAGMENT : IPV6_DONTFRAG, &on, sizeof on,
                                      v4 ? IPPROTO_IP : IPPROTO_IPV6));
}

/* What must not be cut fails at once where the first link is too small, and later where the path is. */
static void datagram_that_must_not_be_cut_has_to_fit(void)
{
    for (int v4 = 0; v4 < 2; v4++) {
        bench t;
        int headers = v4 ? 28 : 48;
        begin(&t, v4, 1300);
        keep_whole(&t, v4);
        EXPECT_EQ_INT(send_from_left(&t, 1501 - headers), -WSAEMSGSIZE);
        EXPECT_EQ_INT(send_from_left(&t, 1500 - headers), 1500 - headers);
        EXPECT_EQ_INT(receive_at_right(&t), -1);
        EXPECT_EQ_INT(send_from_left(&t, 1301 - headers), -WSAEMSGSIZE);
        EXPECT_EQ_INT(send_from_left(&t, 1300 - headers), 1300 - headers);
        EXPECT_EQ_INT(receive_at_right(&t), 1300 - headers);
    }
}

/* RFC 8201 4, RFC 8021: an error that names less than every link must carry changes nothing. */
static void smaller_than_the_least_mtu_is_not_believed(void)
{
    bench t;
    begin(&t, false, 1500);
    keep_whole(&t, false);
    EXPECT_EQ_INT(send_from_left(&t, 1400), 1400);
    char text[46];
    UINT port;
    sim_host_enter(t.n.a);
    EXPECT_OK(CAsyncSocket_GetSockName(&t.from.socket, text, sizeof text, &port));
    sim_packet quoted = routed_datagram("fd01::1", port, "fd02::2", PORT);
    simp_icmp_send_error(t.n.r, &quoted, SIMP_ICMP_TOO_BIG, 1000);
    routed_run(t.n.world, S);
    EXPECT_EQ_INT(send_from_left(&t, 1400), 1400);
}

const test_case test_udp[] = {
    TEST(empty_datagram_is_delivered_and_notified),
    TEST(datagram_beyond_the_largest_is_refused),
    TEST(full_buffer_drops_the_newest),
    TEST(ipv6_datagram_is_cut_to_the_path_after_the_router_spoke),
    TEST(datagram_that_must_not_be_cut_has_to_fit),
    TEST(smaller_than_the_least_mtu_is_not_believed),
    TEST_END,
};
