/* SPDX-License-Identifier: MIT
 *
 * Impairments as TCP meets them: connections addressed by number, forged resets, corruption, bottlenecks.
 */
#include <string.h>

#include "tests/expect.h"
#include "tests/fixture.h"
#include "tests/tcp_case.h"
#include "tests/test_list.h"

static tcp_case c;

static sim_stage *add(const sim_host *from, const sim_impairment *what)
{
    sim_stage *stage = NULL;
    if (sim_link_add(c.pair.link, from, what, &stage) != 0) {
        const sim_error *error = sim_world_error(c.pair.world);
        expect_report(EXPECT_SITE(true), false, "%s: %s; %s", error->what, error->why, error->fix);
    }
    return stage;
}

static sim_link_counters counters_from(const sim_host *from)
{
    sim_link_counters counters;
    sim_link_counters_read(c.pair.link, from, &counters);
    return counters;
}

/* ---- which connection ---- */

/* Two connections send three segments each; the third of the second one is dropped, and sent again. */
static void third_data_segment_of_the_second_connection_is_dropped(void)
{
    recorder client[2], server[2];
    memset(&c, 0, sizeof c);
    c.pair = fixture_world_pair(NULL);
    sim_stage *stage = add(c.pair.a, &(sim_impairment){.kind = SIM_IMPAIR_DROP,
                                                       .scope = {.connection = 2, .kind = SIM_PACKET_DATA},
                                                       .which = {.nth = 3}});
    for (unsigned i = 0; i < 2; i++)
        world_pair_connect(&c.pair, &client[i], &server[i]);
    wire_log_start(&c.log, c.pair.world);
    sim_host_enter(c.pair.a);
    for (unsigned n = 0; n < 3; n++) {
        for (unsigned i = 0; i < 2; i++)
            EXPECT_EQ_INT(CAsyncSocket_Send(&client[i].socket, "hello", i == 0 ? 4 : 5, 0), i == 0 ? 4 : 5);
        sim_world_run(c.pair.world, sim_world_now(c.pair.world) + 1 * S);
    }
    world_pair_settle(&c.pair);
    EXPECT_EQ_INT(wire_log_matching(&c.log, "a ACK 5 lost"), 1);
    EXPECT_EQ_INT(wire_log_matching(&c.log, "a ACK 5"), 3);
    EXPECT_EQ_INT(wire_log_matching(&c.log, "a ACK 4"), 3);
    EXPECT_EQ_INT(sim_stage_read(stage).hit, 1);
    EXPECT_EQ_INT(sim_stage_read(stage).seen, 4);
    EXPECT_EQ_INT(sim_link_count_connections(c.pair.link), 2);
}

/* A SYN that is sent again begins no connection; one after another end of the same ports does. */
static void retransmitted_syn_counts_once(void)
{
    recorder client, server;
    memset(&c, 0, sizeof c);
    c.pair = fixture_world_pair(NULL);
    EXPECT_EQ_INT(sim_link_count_connections(c.pair.link), 0);
    add(c.pair.a,
        &(sim_impairment){.kind = SIM_IMPAIR_DROP, .scope = {.kind = SIM_PACKET_SYN}, .which = {.mask = 3}});
    world_pair_connect(&c.pair, &client, &server);
    EXPECT_EQ_INT(sim_link_count_connections(c.pair.link), 1);
}

enum { SHARED = 200 };

/* About half of the connections lose their SYNs, all of them, and the others none: 100 +- 5 * 7. */
static void share_of_connections_is_chosen_once_for_each(void)
{
    static CAsyncSocket clients[SHARED];
    recorder listener;
    memset(&c, 0, sizeof c);
    c.pair = fixture_world_pair(NULL);
    sim_stage *stage = add(c.pair.a, &(sim_impairment){.kind = SIM_IMPAIR_BLOCK,
                                                       .name = "toxic",
                                                       .scope = {.connections_ppm = SIM_PERCENT(50)}});
    recorder_construct(&listener);
    sim_host_enter(c.pair.b);
    EXPECT_OK_FATAL(CAsyncSocket_Create(&listener.socket, 4000, SOCK_STREAM, 0, NULL));
    EXPECT_OK_FATAL(CAsyncSocket_Listen(&listener.socket, SHARED));
    sim_host_enter(c.pair.a);
    for (unsigned i = 0; i < SHARED; i++) {
        CAsyncSocket_Construct(&clients[i], NULL);
        EXPECT_OK_FATAL(CAsyncSocket_Create(&clients[i], 0, SOCK_STREAM, 0, NULL));
        CAsyncSocket_Connect(&clients[i], "10.0.0.2", 4000);
    }
    sim_world_run(c.pair.world, 500 * MS);
    uint64_t blocked = sim_stage_read(stage).hit, chosen = 0;
    EXPECT_TRUE(blocked > 65 && blocked < 135);
    for (size_t i = 0; i < sim_world_choice_count(c.pair.world); i++)
        chosen += strcmp(sim_world_choice(c.pair.world, i).label, "link a-b a> toxic connection") == 0;
    EXPECT_EQ_INT(chosen, blocked);
    sim_world_run(c.pair.world, 1500 * MS); /* the SYNs that were lost are sent again, and lost again */
    EXPECT_EQ_INT(sim_stage_read(stage).hit, 2 * blocked);
}

/* ---- resets: each end reports one as FD_CLOSE with WSAECONNABORTED ---- */

static void forged_reset_ends_both_sides(void)
{
    tcp_case_begin(&c);
    add(c.pair.a,
        &(sim_impairment){.kind = SIM_IMPAIR_RESET, .scope = {.kind = SIM_PACKET_DATA}, .which = {.nth = 1}});
    tcp_case_send_text(&c, true, "hello");
    tcp_case_run(&c, 1 * S);
    EXPECT_EQ_INT(recorder_count(&c.client, FD_CLOSE), 1);
    EXPECT_EQ_INT(recorder_error(&c.client, FD_CLOSE), WSAECONNABORTED);
    EXPECT_EQ_INT(recorder_count(&c.server, FD_CLOSE), 1);
    EXPECT_EQ_INT(recorder_error(&c.server, FD_CLOSE), WSAECONNABORTED);
    EXPECT_EQ_INT(recorder_count(&c.server, FD_READ), 0);
    EXPECT_EQ_INT(counters_from(NULL).forged, 2);
}

/* The sender learns only when it sends again: the receiver knows the connection no more. */
static void reset_of_the_receiver_takes_the_place_of_the_packet(void)
{
    tcp_case_begin(&c);
    add(c.pair.a, &(sim_impairment){.kind = SIM_IMPAIR_RESET,
                                    .scope = {.kind = SIM_PACKET_DATA},
                                    .which = {.nth = 1},
                                    .reset = {SIM_RESET_RECEIVER}});
    tcp_case_send_text(&c, true, "hello");
    tcp_case_run(&c, 10 * MS);
    EXPECT_EQ_INT(recorder_error(&c.server, FD_CLOSE), WSAECONNABORTED);
    EXPECT_EQ_INT(recorder_count(&c.client, FD_CLOSE), 0);
    tcp_case_run(&c, 5 * S);
    EXPECT_EQ_INT(recorder_error(&c.client, FD_CLOSE), WSAECONNABORTED);
}

static void reset_of_the_sender_lets_the_packet_pass(void)
{
    tcp_case_begin(&c);
    add(c.pair.a, &(sim_impairment){.kind = SIM_IMPAIR_RESET,
                                    .scope = {.kind = SIM_PACKET_DATA},
                                    .which = {.nth = 1},
                                    .reset = {SIM_RESET_SENDER}});
    tcp_case_send_text(&c, true, "hello");
    tcp_case_run(&c, 100 * MS);
    EXPECT_EQ_INT(recorder_error(&c.client, FD_CLOSE), WSAECONNABORTED);
    EXPECT_EQ_STR(tcp_case_receive_text(&c, false), "hello");
}

/* A SYN is refused in the name of the host it was for. */
static void reset_of_a_syn_refuses_the_connection(void)
{
    recorder client;
    memset(&c, 0, sizeof c);
    c.pair = fixture_world_pair(NULL);
    add(c.pair.a, &(sim_impairment){.kind = SIM_IMPAIR_RESET});
    recorder_construct(&client);
    sim_host_enter(c.pair.a);
    EXPECT_OK_FATAL(CAsyncSocket_Create(&client.socket, 0, SOCK_STREAM, CASYNCSOCKET_DEFAULT_EVENTS, NULL));
    EXPECT_ERROR(CAsyncSocket_Connect(&client.socket, "10.0.0.2", 4000), WSAEWOULDBLOCK);
    world_pair_settle(&c.pair);
    EXPECT_EQ_INT(recorder_error(&client, FD_CONNECT), WSAECONNREFUSED);
}

static void idle_connection_is_reset_by_number(void)
{
    recorder client, server;
    memset(&c, 0, sizeof c);
    c.pair = fixture_world_pair(NULL);
    EXPECT_CODE(sim_link_reset_connection(c.pair.link, 1, SIM_RESET_BOTH), WSAEINVAL);
    sim_link_count_connections(c.pair.link);
    world_pair_connect(&c.pair, &client, &server);
    sim_host_enter(c.pair.a);
    CAsyncSocket_AsyncSelect(&client.socket, CASYNCSOCKET_DEFAULT_EVENTS);
    sim_host_enter(c.pair.b);
    CAsyncSocket_AsyncSelect(&server.socket, CASYNCSOCKET_DEFAULT_EVENTS);
    EXPECT_CODE(sim_link_reset_connection(c.pair.link, 2, SIM_RESET_BOTH), WSAEINVAL);
    EXPECT_CODE(sim_link_reset_connection(c.pair.link, 1, SIM_RESET_BOTH), 0);
    world_pair_settle(&c.pair);
    EXPECT_EQ_INT(recorder_error(&client, FD_CLOSE), WSAECONNABORTED);
    EXPECT_EQ_INT(recorder_error(&server, FD_CLOSE), WSAECONNABORTED);
}

/* ---- changed packets ---- */

/* Wherever a bit is turned over, the receiver finds out, and the bytes come again. */
static void corrupted_segment_is_dropped_and_sent_again(void)
{
    for (int where = SIM_CORRUPT_ANYWHERE; where <= SIM_CORRUPT_PAYLOAD; where++) {
        tcp_case_begin(&c);
        sim_stage *stage = add(c.pair.a, &(sim_impairment){.kind = SIM_IMPAIR_CORRUPT,
                                                           .scope = {.kind = SIM_PACKET_DATA},
                                                           .which = {.nth = 2},
                                                           .corrupt = {.where = (sim_corrupt_where)where}});
        EXPECT_EQ_INT(tcp_case_send(&c, true, 0, 5000), 5000);
        tcp_case_run(&c, 10 * S);
        EXPECT_EQ_INT(tcp_case_receive(&c, false, 0), 5000);
        EXPECT_EQ_INT(sim_stage_read(stage).hit, 1);
        EXPECT_EQ_INT(counters_from(c.pair.a).corrupted, 1);
    }
}

/* With its checksum mended nobody can know: one bit of what is received is wrong. */
static void mended_corruption_reaches_the_program(void)
{
    static char sent[1000], got[1000];
    tcp_case_begin(&c);
    for (int i = 0; i < 1000; i++)
        sent[i] = tcp_case_byte(i);
    add(c.pair.a, &(sim_impairment){.kind = SIM_IMPAIR_CORRUPT,
                                    .which = {.nth = 1},
                                    .corrupt = {.where = SIM_CORRUPT_PAYLOAD, .mends_checksums = true}});
    EXPECT_EQ_INT(tcp_case_send(&c, true, 0, 1000), 1000);
    tcp_case_run(&c, 1 * S);
    sim_host_enter(c.pair.b);
    EXPECT_EQ_INT(CAsyncSocket_Receive(&c.server.socket, got, sizeof got, 0), 1000);
    unsigned wrong = 0;
    for (int i = 0; i < 1000; i++) {
        for (unsigned difference = (unsigned char)(sent[i] ^ got[i]); difference != 0; difference >>= 1)
            wrong += difference & 1;
    }
    EXPECT_EQ_INT(wrong, 1);
}

/* A pure ACK has no payload to corrupt. */
static void packet_without_the_part_is_not_corrupted(void)
{
    tcp_case_begin(&c);
    sim_stage *stage = add(
        c.pair.b, &(sim_impairment){.kind = SIM_IMPAIR_CORRUPT, .corrupt = {.where = SIM_CORRUPT_PAYLOAD}});
    tcp_case_send_text(&c, true, "hello");
    tcp_case_run(&c, 1 * S);
    EXPECT_TRUE(sim_stage_read(stage).seen > 0);
    EXPECT_EQ_INT(sim_stage_read(stage).hit, 0);
}

/* Without the pointer the byte is one like others, and in its place. */
static void cleared_urgent_byte_arrives_in_line(void)
{
    tcp_case_begin(&c);
    add(c.pair.a, &(sim_impairment){.kind = SIM_IMPAIR_CLEAR_URGENT});
    sim_host_enter(c.pair.a);
    EXPECT_EQ_INT(CAsyncSocket_Send(&c.client.socket, "ab!", 3, MSG_OOB), 3);
    tcp_case_run(&c, 1 * S);
    EXPECT_EQ_INT(recorder_count(&c.server, FD_OOB), 0);
    EXPECT_EQ_STR(tcp_case_receive_text(&c, false), "ab!");
    EXPECT_EQ_INT(counters_from(c.pair.a).changed, 1);
}

/* ---- bottlenecks ---- */

static void black_hole_swallows_long_packets_only(void)
{
    tcp_case_begin(&c);
    sim_stage *stage = add(c.pair.a,
                           &(sim_impairment){.kind = SIM_IMPAIR_MTU, .mtu = {1000, SIM_MTU_BLACK_HOLE}});
    EXPECT_EQ_INT(tcp_case_send(&c, true, 0, 900), 900);
    tcp_case_run(&c, 1 * S);
    EXPECT_EQ_INT(tcp_case_receive(&c, false, 0), 900);
    EXPECT_EQ_INT(tcp_case_send(&c, true, 900, 1460), 1460);
    tcp_case_run(&c, 1 * S);
    EXPECT_EQ_INT(tcp_case_receive(&c, false, 900), 0);
    EXPECT_TRUE(sim_stage_read(stage).hit > 0);
    EXPECT_EQ_INT(counters_from(c.pair.a).too_big, sim_stage_read(stage).hit);
}

/* ICMP tells the sender, which sends shorter segments from then on (RFC 1191). */
static void bottleneck_that_answers_is_found_by_path_mtu_discovery(void)
{
    tcp_case_begin(&c);
    sim_stage *stage = add(c.pair.a,
                           &(sim_impairment){.kind = SIM_IMPAIR_MTU, .mtu = {1000, SIM_MTU_TOO_BIG}});
    EXPECT_EQ_INT(tcp_case_send(&c, true, 0, 10000), 10000);
    tcp_case_run(&c, 10 * S);
    EXPECT_EQ_INT(tcp_case_receive(&c, false, 0), 10000);
    EXPECT_TRUE(sim_stage_read(stage).hit > 0 && sim_stage_read(stage).hit < 20);
}

/* A datagram of 1400 bytes is allowed to be cut: it arrives whole. */
static void bottleneck_that_fragments_cuts_datagrams(void)
{
    static char datagram[1400], got[1500];
    CAsyncSocket from, to;
    memset(&c, 0, sizeof c);
    c.pair = fixture_world_pair(NULL);
    sim_stage *stage = add(c.pair.a,
                           &(sim_impairment){.kind = SIM_IMPAIR_MTU, .mtu = {600, SIM_MTU_FRAGMENT}});
    CAsyncSocket_Construct(&from, NULL);
    CAsyncSocket_Construct(&to, NULL);
    sim_host_enter(c.pair.b);
    EXPECT_OK_FATAL(CAsyncSocket_Create(&to, 4000, SOCK_DGRAM, 0, NULL));
    sim_host_enter(c.pair.a);
    EXPECT_OK_FATAL(CAsyncSocket_Create(&from, 0, SOCK_DGRAM, 0, NULL));
    EXPECT_EQ_INT(CAsyncSocket_SendTo(&from, datagram, sizeof datagram, 4000, "10.0.0.2", 0), 1400);
    world_pair_settle(&c.pair);
    sim_host_enter(c.pair.b);
    EXPECT_EQ_INT(CAsyncSocket_Receive(&to, got, sizeof got, 0), 1400);
    EXPECT_EQ_INT(sim_stage_read(stage).hit, 1);
    EXPECT_EQ_INT(counters_from(c.pair.a).delivered, 3);
}

/* 100 KB through a queue that marks from three packets on: marks, and no loss. */
static void ecn_capable_packets_are_marked_above_the_threshold(void)
{
    sim_stack stack = *sim_stack_named("rfc");
    stack.ecn = SIM_FEATURE_ON;
    tcp_case_begin_with(&c, &stack, &stack, NULL);
    sim_stage *stage = add(
        c.pair.a,
        &(sim_impairment){.kind = SIM_IMPAIR_QUEUE,
                          .queue = {.rate_bps = SIM_MBIT(10), .mark_packets = 3, .mark_drops_others = true}});
    EXPECT_TRUE(tcp_case_send(&c, true, 0, 60000) > 20000);
    tcp_case_run(&c, 5 * S);
    EXPECT_TRUE(tcp_case_receive(&c, false, 0) > 20000);
    EXPECT_TRUE(counters_from(c.pair.a).marked > 0);
    EXPECT_EQ_INT(counters_from(c.pair.a).overflowed, 0);
    EXPECT_EQ_INT(sim_stage_read(stage).hit, counters_from(c.pair.a).marked);
}

/* ---- links that are down ---- */

/* Only a router has somebody to tell: the client behind it learns at once, with a stack that believes it. */
static void router_tells_that_the_next_link_is_down(void)
{
    sim_host *router, *beyond;
    sim_link *far;
    recorder client;
    memset(&c, 0, sizeof c);
    c.pair = fixture_world_pair(NULL);
    router = c.pair.b;
    sim_host_set_forwarding(router, true);
    EXPECT_CODE_FATAL(sim_host_create(c.pair.world, "beyond", &beyond), 0);
    EXPECT_CODE_FATAL(sim_link_create(c.pair.world, "far", NULL, &far), 0);
    EXPECT_CODE_FATAL(sim_host_attach(router, far, "10.2.0.1/24"), 0);
    EXPECT_CODE_FATAL(sim_host_attach(beyond, far, "10.2.0.2/24"), 0);
    EXPECT_CODE_FATAL(sim_host_add_route(c.pair.a, "0.0.0.0/0", "10.0.0.2"), 0);
    EXPECT_CODE_FATAL(
        sim_link_add(far, NULL, &(sim_impairment){.kind = SIM_IMPAIR_DOWN, .down = {.answers = true}}, NULL),
        0);
    EXPECT_CODE(sim_host_set_stack(c.pair.a, sim_stack_named("linux")), 0);
    recorder_construct(&client);
    sim_host_enter(c.pair.a);
    EXPECT_OK_FATAL(CAsyncSocket_Create(&client.socket, 0, SOCK_STREAM, CASYNCSOCKET_DEFAULT_EVENTS, NULL));
    EXPECT_ERROR(CAsyncSocket_Connect(&client.socket, "10.2.0.2", 80), WSAEWOULDBLOCK);
    world_pair_settle(&c.pair);
    EXPECT_EQ_INT(recorder_error(&client, FD_CONNECT), WSAEHOSTUNREACH);
}

/* Held for three seconds and let go: the stream is whole, and nobody was reset. */
static void held_link_delays_a_stream_without_harm(void)
{
    tcp_case_begin(&c);
    sim_stage *stage = add(NULL, &(sim_impairment){.kind = SIM_IMPAIR_HOLD});
    EXPECT_EQ_INT(tcp_case_send(&c, true, 0, 20000), 20000);
    tcp_case_run(&c, 3 * S);
    EXPECT_EQ_INT(tcp_case_receive(&c, false, 0), 0);
    sim_stage_remove(stage);
    tcp_case_run(&c, 10 * S);
    EXPECT_EQ_INT(tcp_case_receive(&c, false, 0), 20000);
    EXPECT_EQ_INT(recorder_count(&c.client, FD_CLOSE), 0);
}

const test_case test_impairment_tcp[] = {TEST(third_data_segment_of_the_second_connection_is_dropped),
                                         TEST(retransmitted_syn_counts_once),
                                         TEST(share_of_connections_is_chosen_once_for_each),
                                         TEST(forged_reset_ends_both_sides),
                                         TEST(reset_of_the_receiver_takes_the_place_of_the_packet),
                                         TEST(reset_of_the_sender_lets_the_packet_pass),
                                         TEST(reset_of_a_syn_refuses_the_connection),
                                         TEST(idle_connection_is_reset_by_number),
                                         TEST(corrupted_segment_is_dropped_and_sent_again),
                                         TEST(mended_corruption_reaches_the_program),
                                         TEST(packet_without_the_part_is_not_corrupted),
                                         TEST(cleared_urgent_byte_arrives_in_line),
                                         TEST(black_hole_swallows_long_packets_only),
                                         TEST(bottleneck_that_answers_is_found_by_path_mtu_discovery),
                                         TEST(bottleneck_that_fragments_cuts_datagrams),
                                         TEST(ecn_capable_packets_are_marked_above_the_threshold),
                                         TEST(router_tells_that_the_next_link_is_down),
                                         TEST(held_link_delays_a_stream_without_harm),
                                         TEST_END};
