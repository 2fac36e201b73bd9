/* SPDX-License-Identifier: MIT
 *
 * Path MTU discovery in TCP: RFC 1191, RFC 8201, and whom to believe (RFC 5927).
 */
#include <string.h>

#include "simnet/ip/ip.h"
#include "tests/expect.h"
#include "tests/tcp_case.h"
#include "tests/test_list.h"

enum { MSS = 1460 };

/* ---- a path that is narrow in the middle: a - r1 - r2 - b ---- */

typedef struct narrow_path {
    sim_world *world;
    sim_host *a, *r1, *r2, *b;
    recorder listener, client, server;
    segment_log log;
} narrow_path;

static void join(sim_host *left, sim_host *right, const char *name, int64_t mtu, const char *left_addresses,
                 const char *right_addresses)
{
    const sim_link_options options = {.latency_ns = SIM_MS(1), .mtu = mtu};
    sim_link *link;
    EXPECT_CODE_FATAL(sim_link_create(sim_host_world(left), name, &options, &link), 0);
    EXPECT_CODE_FATAL(sim_host_attach(left, link, left_addresses), 0);
    EXPECT_CODE_FATAL(sim_host_attach(right, link, right_addresses), 0);
}

static void build(narrow_path *p, int64_t mtu)
{
    memset(p, 0, sizeof *p);
    world_pair pair = fixture_world_pair(NULL); /* its hosts are used, its link is not */
    p->world = pair.world;
    p->a = pair.a;
    p->b = pair.b;
    EXPECT_CODE_FATAL(sim_host_create(p->world, "r1", &p->r1), 0);
    EXPECT_CODE_FATAL(sim_host_create(p->world, "r2", &p->r2), 0);
    sim_host_set_forwarding(p->r1, true);
    sim_host_set_forwarding(p->r2, true);
    join(p->a, p->r1, "near", 0, "10.1.0.1/24 fd01::1/64", "10.1.0.9/24 fd01::9/64");
    join(p->r1, p->r2, "middle", mtu, "10.2.0.1/24 fd02::1/64", "10.2.0.2/24 fd02::2/64");
    join(p->r2, p->b, "far", 0, "10.3.0.9/24 fd03::9/64", "10.3.0.1/24 fd03::1/64");
    EXPECT_CODE(sim_host_add_route(p->a, "10.3.0.0/24", "10.1.0.9"), 0);
    EXPECT_CODE(sim_host_add_route(p->r1, "10.3.0.0/24", "10.2.0.2"), 0);
    EXPECT_CODE(sim_host_add_route(p->r2, "10.1.0.0/24", "10.2.0.1"), 0);
    EXPECT_CODE(sim_host_add_route(p->b, "10.1.0.0/24", "10.3.0.9"), 0);
    EXPECT_CODE(sim_host_add_route(p->a, "fd03::/64", "fd01::9"), 0);
    EXPECT_CODE(sim_host_add_route(p->r1, "fd03::/64", "fd02::2"), 0);
    EXPECT_CODE(sim_host_add_route(p->r2, "fd01::/64", "fd02::1"), 0);
    EXPECT_CODE(sim_host_add_route(p->b, "fd01::/64", "fd03::9"), 0);
}

static void settle(const narrow_path *p, uint64_t ns)
{
    sim_world_run(p->world, sim_world_now(p->world) + ns);
}

static void connect_to(narrow_path *p, const char *from, const char *to)
{
    recorder_construct(&p->listener);
    recorder_construct(&p->client);
    recorder_construct(&p->server);
    sim_host_enter(p->b);
    EXPECT_OK_FATAL(CAsyncSocket_Create(&p->listener.socket, 80, SOCK_STREAM, 0, to));
    EXPECT_OK_FATAL(CAsyncSocket_Listen(&p->listener.socket, 5));
    sim_host_enter(p->a);
    EXPECT_OK_FATAL(CAsyncSocket_Create(&p->client.socket, 0, SOCK_STREAM, 0, from));
    CAsyncSocket_Connect(&p->client.socket, to, 80);
    settle(p, 1 * S);
    sim_host_enter(p->b);
    EXPECT_OK_FATAL(CAsyncSocket_Accept(&p->listener.socket, &p->server.socket, NULL, NULL));
    segment_log_start(&p->log, p->world);
}

/* Ten full segments reach the other end, cut to the size of the narrow link, long before any timer. */
static void expect_cut(const char *from, const char *to, int64_t mtu, uint32_t first, uint32_t cut)
{
    narrow_path p;
    static char bytes[14600];
    build(&p, mtu);
    connect_to(&p, from, to);
    sim_host_enter(p.a);
    EXPECT_EQ_INT(CAsyncSocket_Send(&p.client.socket, bytes, sizeof bytes, 0), (int)sizeof bytes);
    settle(&p, 500 * MS);
    sim_host_enter(p.b);
    int got = 0, n;
    while ((n = CAsyncSocket_Receive(&p.server.socket, bytes, sizeof bytes, 0)) > 0)
        got += n;
    EXPECT_EQ_INT(got, (int)sizeof bytes);
    EXPECT_EQ_INT(segment_log_text_from(&p.log, p.a, 0)->length, first);
    const logged_segment *again = segment_log_text_from(&p.log, p.a, 10);
    EXPECT_TRUE_FATAL(again != NULL);
    EXPECT_EQ_INT(again->length, cut);
    EXPECT_EQ_INT(again->tcp.seq, segment_log_text_from(&p.log, p.a, 0)->tcp.seq);
    EXPECT_TRUE(again->at_ns - segment_log_text_from(&p.log, p.a, 0)->at_ns <= 2 * MS);
}

static void segments_shrink_to_the_narrowest_link_at_once(void)
{
    expect_cut("10.1.0.1", "10.3.0.1", 1300, 1460, 1260);
    expect_cut("fd01::1", "fd03::1", 1300, 1440, 1240);
}

/* ---- who is believed ---- */

typedef struct sender {
    tcp_case c;
    drop_mask all;
    simp_tcp *t;
} sender;

/* Ten segments are in flight, into nothing. */
static void begin(sender *s)
{
    tcp_case_begin(&s->c);
    s->t = tcp_case_connection(&s->c, true);
    tcp_case_drop(&s->c, true, UINT64_MAX, &s->all);
    EXPECT_EQ_INT(tcp_case_send(&s->c, true, 0, 10 * MSS), 10 * MSS);
    tcp_case_clear(&s->c);
}

/* A router says about the segment at seq that it takes mtu at most. */
static void too_big(sender *s, uint32_t seq, uint32_t mtu)
{
    sim_packet quoted = {.source = s->t->key.local,
                         .destination = s->t->key.remote,
                         .source_port = s->t->key.local_port,
                         .destination_port = s->t->key.remote_port,
                         .protocol = IPPROTO_TCP,
                         .tcp = {.seq = seq, .scale = SIMP_NO_SCALE}};
    simp_tcp_error(s->c.pair.a, &quoted, &(simp_icmp_news){SIMP_ICMP_TOO_BIG, WSAEMSGSIZE, true, mtu});
}

/* RFC 5927 4.1: whoever cannot see the connection does not know its sequence numbers. */
static void error_about_what_is_not_in_flight_is_ignored(void)
{
    sender s;
    begin(&s);
    too_big(&s, s.t->una - 1, 1000);
    too_big(&s, s.t->max + 1, 1000);
    EXPECT_EQ_INT(s.t->mss, MSS);
    too_big(&s, s.t->una, 1000);
    EXPECT_EQ_INT(s.t->mss, 960);
}

/* RFC 1191 3: 68; a larger one than now tells nothing. */
static void impossible_sizes_are_ignored(void)
{
    sender s;
    begin(&s);
    too_big(&s, s.t->una, 67);
    too_big(&s, s.t->una, 40);
    too_big(&s, s.t->una, 1500);
    too_big(&s, s.t->una, 9000);
    EXPECT_EQ_INT(s.t->mss, MSS);
    EXPECT_TRUE(s.t->extras == NULL || s.t->extras->pmtu == NULL);
    EXPECT_EQ_STR(wire_log_text(&s.c.log), "");
}

/* RFC 1191 5: the next plateau below 1500 is 1492. */
static void router_that_gives_no_size_means_the_next_plateau(void)
{
    sender s;
    begin(&s);
    too_big(&s, s.t->una, 0);
    EXPECT_EQ_INT(s.t->mss, 1452);
    too_big(&s, s.t->una, 0);
    EXPECT_EQ_INT(s.t->mss, 966);
}

/* RFC 1191 6.4: what was too big comes again, and the congestion window is none the worse. */
static void what_was_too_big_is_sent_again_without_slowing_down(void)
{
    sender s;
    begin(&s);
    uint32_t window = s.t->cwnd;
    too_big(&s, s.t->una, 1040);
    EXPECT_EQ_INT(s.t->cwnd, window);
    EXPECT_EQ_INT(segment_log_text_from(&s.c.segments, s.c.pair.a, 0)->length, 1000);
    EXPECT_EQ_INT(segment_log_text_from(&s.c.segments, s.c.pair.a, 0)->tcp.seq, s.t->una);
    EXPECT_FALSE(s.t->recovering);
    tcp_case_clear(&s.c);
    too_big(&s, s.t->una + 1460, 1040); /* about the others that were on their way: nothing new */
    EXPECT_EQ_STR(wire_log_text(&s.c.log), "");
}

/* RFC 1191 6.3: not before ten minutes. */
static void larger_size_is_tried_again_after_ten_minutes(void)
{
    sender s;
    begin(&s);
    too_big(&s, s.t->una, 1040);
    sim_link_set_script(s.c.pair.link, s.c.pair.a, NULL, NULL);
    tcp_case_run(&s.c, 599 * S);
    EXPECT_EQ_INT(s.t->una, s.t->max);
    tcp_case_send(&s.c, true, 0, 2 * MSS);
    EXPECT_EQ_INT(s.t->mss, 1000);
    tcp_case_run(&s.c, 1500 * MS);
    tcp_case_clear(&s.c);
    tcp_case_send(&s.c, true, 0, 2 * MSS);
    EXPECT_EQ_INT(s.t->mss, MSS);
    EXPECT_EQ_INT(segment_log_text_from(&s.c.segments, s.c.pair.a, 0)->length, MSS);
    EXPECT_TRUE(s.t->extras == NULL || s.t->extras->pmtu == NULL);
}

const test_case test_tcp_pmtud[] = {TEST(segments_shrink_to_the_narrowest_link_at_once),
                                    TEST(error_about_what_is_not_in_flight_is_ignored),
                                    TEST(impossible_sizes_are_ignored),
                                    TEST(router_that_gives_no_size_means_the_next_plateau),
                                    TEST(what_was_too_big_is_sent_again_without_slowing_down),
                                    TEST(larger_size_is_tried_again_after_ten_minutes),
                                    TEST_END};
