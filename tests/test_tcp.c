/* SPDX-License-Identifier: MIT
 *
 * TCP on the wire: exactly these segments, then none.  Times are those of RFC 9293 and its companions.
 */
#include <string.h>

#include "tests/expect.h"
#include "tests/tcp_case.h"
#include "tests/test_list.h"

/* ---- opening ---- */

static void connect_sends_three_segments(void)
{
    world_pair pair = fixture_world_pair(NULL);
    recorder client, server;
    wire_log log;
    wire_log_start(&log, pair.world);
    world_pair_connect(&pair, &client, &server);
    EXPECT_EQ_STR(wire_log_text(&log), "a SYN, b SYN ACK, a ACK");
}

static void connect_to_closed(world_pair *pair, recorder *client)
{
    recorder_construct(client);
    sim_host_enter(pair->a);
    EXPECT_OK(CAsyncSocket_Create(&client->socket, 0, SOCK_STREAM, CASYNCSOCKET_DEFAULT_EVENTS, NULL));
    EXPECT_ERROR(CAsyncSocket_Connect(&client->socket, "10.0.0.2", 81), WSAEWOULDBLOCK);
}

static void connect_to_closed_port_is_reset(void)
{
    world_pair pair = fixture_world_pair(NULL);
    recorder client;
    wire_log log;
    wire_log_start(&log, pair.world);
    connect_to_closed(&pair, &client);
    world_pair_settle(&pair);
    EXPECT_EQ_STR(wire_log_text(&log), "a SYN, b RST ACK");
    EXPECT_EQ_INT(recorder_count(&client, FD_CONNECT), 1);
    EXPECT_EQ_INT(recorder_error(&client, FD_CONNECT), WSAECONNREFUSED);
    EXPECT_EQ_INT(client.total, 1);
}

/* RFC 6298 2.1 and 5.5: 1 s, doubled each time; RFC 9293 MUST-23: at least 3 minutes. */
static void connect_into_nothing_times_out_after_three_minutes(void)
{
    world_pair pair = fixture_world_pair(NULL);
    recorder client;
    wire_log log;
    drop_mask all = {.mask = UINT64_MAX};
    wire_log_start(&log, pair.world);
    sim_link_set_script(pair.link, pair.a, drop_by_mask, &all);
    connect_to_closed(&pair, &client);
    sim_world_run(pair.world, 1000 * S);
    EXPECT_EQ_INT(wire_log_matching(&log, "a SYN lost"), 8);
    EXPECT_EQ_INT(log.at_ns[1], 1 * S);
    EXPECT_EQ_INT(log.at_ns[2], 3 * S);
    EXPECT_EQ_INT(log.at_ns[6], 63 * S);
    EXPECT_EQ_INT(log.at_ns[7], 123 * S);
    EXPECT_EQ_INT(recorder_error(&client, FD_CONNECT), WSAETIMEDOUT);
    EXPECT_EQ_INT(client.total, 1);
}

static void connect_survives_a_delay_beyond_the_first_timeout(void)
{
    world_pair pair = fixture_world_pair(NULL);
    recorder client, server;
    EXPECT_CODE(sim_link_set_options(pair.link, NULL, &(sim_link_options){.latency_ns = SIM_MS(1500)}), 0);
    world_pair_connect(&pair, &client, &server);
    sim_host_enter(pair.a);
    EXPECT_EQ_INT(CAsyncSocket_Send(&client.socket, "hello", 5, 0), 5);
    world_pair_settle(&pair);
    char buf[8];
    sim_host_enter(pair.b);
    EXPECT_EQ_INT(CAsyncSocket_Receive(&server.socket, buf, sizeof buf, 0), 5);
}

/* RFC 9293 3.5 figure 7. */
static void connect_from_both_sides_gives_one_connection(void)
{
    world_pair pair = fixture_world_pair(NULL);
    recorder ends[2];
    for (unsigned i = 0; i < 2; i++) {
        recorder_construct(&ends[i]);
        sim_host_enter(i == 0 ? pair.a : pair.b);
        EXPECT_OK(CAsyncSocket_Create(&ends[i].socket, 4000, SOCK_STREAM, CASYNCSOCKET_DEFAULT_EVENTS, NULL));
    }
    for (unsigned i = 0; i < 2; i++) {
        sim_host_enter(i == 0 ? pair.a : pair.b);
        CAsyncSocket_Connect(&ends[i].socket, i == 0 ? "10.0.0.2" : "10.0.0.1", 4000);
    }
    world_pair_settle(&pair);
    for (unsigned i = 0; i < 2; i++) {
        EXPECT_EQ_INT(recorder_count(&ends[i], FD_CONNECT), 1);
        EXPECT_EQ_INT(recorder_error(&ends[i], FD_CONNECT), 0);
        EXPECT_EQ_INT(recorder_count(&ends[i], FD_WRITE), 1);
    }
    char buf[8];
    sim_host_enter(pair.a);
    EXPECT_EQ_INT(CAsyncSocket_Send(&ends[0].socket, "hello", 5, 0), 5);
    world_pair_settle(&pair);
    sim_host_enter(pair.b);
    EXPECT_EQ_INT(CAsyncSocket_Receive(&ends[1].socket, buf, sizeof buf, 0), 5);
}

static void handshake_without_its_last_ack_completes(void)
{
    world_pair pair = fixture_world_pair(NULL);
    recorder client, server;
    drop_mask second = {.mask = 2};
    sim_link_set_script(pair.link, pair.a, drop_by_mask, &second);
    world_pair_connect(&pair, &client, &server);
    EXPECT_TRUE(server.socket.m_hSocket != INVALID_SOCKET);
}

static void backlog_overflow_refuses_the_newcomer(void)
{
    world_pair pair = fixture_world_pair(NULL);
    recorder listener, clients[3];
    recorder_construct(&listener);
    sim_host_enter(pair.b);
    EXPECT_OK(CAsyncSocket_Create(&listener.socket, 80, SOCK_STREAM, 0, NULL));
    EXPECT_OK(CAsyncSocket_Listen(&listener.socket, 2));
    sim_host_enter(pair.a);
    for (unsigned i = 0; i < 3; i++) {
        recorder_construct(&clients[i]);
        CAsyncSocket_Create(&clients[i].socket, 0, SOCK_STREAM, CASYNCSOCKET_DEFAULT_EVENTS, NULL);
        CAsyncSocket_Connect(&clients[i].socket, "b", 80);
    }
    world_pair_settle(&pair);
    EXPECT_EQ_INT(recorder_error(&clients[0], FD_CONNECT), 0);
    EXPECT_EQ_INT(recorder_error(&clients[1], FD_CONNECT), 0);
    EXPECT_EQ_INT(recorder_error(&clients[2], FD_CONNECT), WSAECONNREFUSED);
}

/* ---- data ---- */

static void data_is_acknowledged_after_200_ms(void)
{
    tcp_case c;
    tcp_case_begin(&c);
    tcp_case_send_text(&c, true, "hello");
    tcp_case_run(&c, 1 * S);
    EXPECT_EQ_STR(wire_log_text(&c.log), "a ACK 5, b ACK");
    EXPECT_EQ_INT(c.log.at_ns[1] - c.log.at_ns[0], 201 * MS);
    EXPECT_EQ_STR(tcp_case_receive_text(&c, false), "hello");
}

/* RFC 9293 3.7.4: the second small segment waits for the ACK of the first. */
static void nagle_holds_back_the_second_small_send(void)
{
    tcp_case c;
    tcp_case_begin(&c);
    tcp_case_send_text(&c, true, "one");
    tcp_case_send_text(&c, true, "two");
    tcp_case_run(&c, 100 * MS);
    EXPECT_EQ_STR(wire_log_text(&c.log), "a ACK 3");
    tcp_case_run(&c, 1 * S);
    EXPECT_EQ_STR(wire_log_text(&c.log), "a ACK 3, b ACK, a ACK 3, b ACK");
    EXPECT_EQ_STR(tcp_case_receive_text(&c, false), "onetwo");
}

static void nodelay_sends_small_segments_at_once(void)
{
    tcp_case c;
    int on = 1;
    tcp_case_begin(&c);
    sim_host_enter(c.pair.a);
    EXPECT_OK(CAsyncSocket_SetSockOpt(&c.client.socket, TCP_NODELAY, &on, sizeof on, IPPROTO_TCP));
    tcp_case_send_text(&c, true, "one");
    tcp_case_send_text(&c, true, "two");
    tcp_case_run(&c, 100 * MS);
    EXPECT_EQ_STR(wire_log_text(&c.log), "a ACK 3, a ACK 3, b ACK");
}

/* RFC 6298 2.4 and 5.5: at least 1 s, then doubled. */
static void lost_data_is_sent_again_with_doubled_timeouts(void)
{
    tcp_case c;
    drop_mask mask;
    tcp_case_begin(&c);
    tcp_case_drop(&c, true, 7, &mask);
    tcp_case_send_text(&c, true, "hello");
    tcp_case_run(&c, 20 * S);
    EXPECT_EQ_STR(wire_log_text(&c.log), "a ACK 5 lost, a ACK 5 lost, a ACK 5 lost, a ACK 5, b ACK");
    EXPECT_EQ_INT(c.log.at_ns[1] - c.log.at_ns[0], 1 * S);
    EXPECT_EQ_INT(c.log.at_ns[2] - c.log.at_ns[1], 2 * S);
    EXPECT_EQ_INT(c.log.at_ns[3] - c.log.at_ns[2], 4 * S);
    EXPECT_EQ_STR(tcp_case_receive_text(&c, false), "hello");
}

/* RFC 5681 3.2: the third duplicate ACK brings the lost segment back, long before the timer.  When nothing
 * new is left to send, rule 4 of RFC 6675 4 sends the last segment once more, in case it was lost too. */
static void three_duplicate_acks_bring_a_lost_segment_back(void)
{
    tcp_case c;
    drop_mask mask;
    static char block[8 * 1460];
    tcp_case_begin(&c);
    tcp_case_drop(&c, true, 2, &mask);
    sim_host_enter(c.pair.a);
    memset(block, 'x', sizeof block);
    EXPECT_EQ_INT(CAsyncSocket_Send(&c.client.socket, block, sizeof block, 0), (int)sizeof block);
    tcp_case_run(&c, 900 * MS);
    EXPECT_EQ_INT(wire_log_matching(&c.log, "a ACK 1460 lost"), 1);
    EXPECT_EQ_INT(wire_log_matching(&c.log, "a ACK 1460"), 9); /* 7, the lost one, and the rescue */
    EXPECT_EQ_INT(strlen(tcp_case_receive_text(&c, false)), 4095);
}

/* RFC 9293 3.8.6.1: the first probe after the time-out, with one octet. */
static void closed_window_is_probed_with_one_octet(void)
{
    tcp_case c;
    static char block[200000];
    tcp_case_begin(&c);
    sim_host_enter(c.pair.a);
    memset(block, 'x', sizeof block);
    int total = 0, n;
    for (int round = 0; round < 8; round++) {
        sim_host_enter(c.pair.a);
        while ((n = CAsyncSocket_Send(&c.client.socket, block, 30000, 0)) > 0)
            total += n;
        EXPECT_EQ_INT(CAsyncSocket_GetLastError(), WSAEWOULDBLOCK);
        tcp_case_run(&c, 500 * MS);
    }
    wire_log_clear(&c.log);
    unsigned sends = recorder_count(&c.client, FD_WRITE);
    tcp_case_run(&c, 30 * S);
    EXPECT_EQ_STR(wire_log_text(&c.log), "a ACK 1, b ACK, a ACK 1, b ACK, a ACK 1, b ACK");
    EXPECT_EQ_INT(c.log.at_ns[2] - c.log.at_ns[0], 8 * S); /* after 1, 2 and 4 s: SHLD-30 */
    EXPECT_EQ_INT(c.log.at_ns[4] - c.log.at_ns[2], 16 * S);
    EXPECT_EQ_INT(recorder_count(&c.client, FD_WRITE), sends);
    sim_host_enter(c.pair.b);
    int got = 0;
    for (int round = 0; round < 100; round++) {
        sim_host_enter(c.pair.b);
        while ((n = CAsyncSocket_Receive(&c.server.socket, block, sizeof block, 0)) > 0)
            got += n;
        tcp_case_run(&c, 1 * S);
    }
    EXPECT_EQ_INT(got, total);
    EXPECT_EQ_INT(recorder_count(&c.client, FD_WRITE), sends + 1);
}

/* Both ends full and losing: ACKs without text must stay acceptable, or the two answer each other for ever
 * and the connection dies (found by echo, seed 5, 5 % loss). */
static void full_buffers_on_both_sides_survive_loss(void)
{
    tcp_case c;
    static char block[200000];
    tcp_case_begin(&c);
    EXPECT_CODE(sim_link_set_options(c.pair.link, NULL,
                                     &(sim_link_options){.latency_ns = SIM_MS(10),
                                                         .jitter_ns = SIM_MS(2),
                                                         .loss_ppm = SIM_PERCENT(10)}),
                0);
    recorder *ends[2] = {&c.client, &c.server};
    sim_host *hosts[2] = {c.pair.a, c.pair.b};
    int sent[2] = {0, 0}, got[2] = {0, 0}, n;
    for (unsigned round = 0; round < 400; round++) {
        for (unsigned i = 0; i < 2; i++) {
            sim_host_enter(hosts[i]);
            while (round < 200 && (n = CAsyncSocket_Send(&ends[i]->socket, block, 50000, 0)) > 0)
                sent[i] += n;
            for (unsigned k = 0; k < 3 && round % 20 == 0; k++) {
                n = CAsyncSocket_Receive(&ends[i]->socket, block, sizeof block, 0);
                got[i] += n > 0 ? n : 0;
            }
        }
        tcp_case_run(&c, 5 * S);
    }
    for (unsigned i = 0; i < 2; i++) {
        sim_host_enter(hosts[i]);
        while ((n = CAsyncSocket_Receive(&ends[i]->socket, block, sizeof block, 0)) > 0)
            got[i] += n;
        EXPECT_EQ_INT(recorder_count(ends[i], FD_CLOSE), 0);
    }
    EXPECT_EQ_INT(got[1], sent[0]);
    EXPECT_EQ_INT(got[0], sent[1]);
    EXPECT_TRUE(sent[0] > 500000);
    EXPECT_TRUE(sim_world_event_count(c.pair.world) < 100000);
}

static void urgent_byte_carries_a_pointer_behind_it(void)
{
    tcp_case c;
    char byte = 0;
    tcp_case_begin(&c);
    sim_host_enter(c.pair.a);
    EXPECT_EQ_INT(CAsyncSocket_Send(&c.client.socket, "abX", 3, MSG_OOB), 3);
    tcp_case_run(&c, 100 * MS);
    EXPECT_EQ_STR(wire_log_text(&c.log), "a ACK URG 3");
    sim_host_enter(c.pair.b);
    EXPECT_EQ_INT(recorder_count(&c.server, FD_OOB), 1);
    EXPECT_EQ_INT(CAsyncSocket_Receive(&c.server.socket, &byte, 1, MSG_OOB), 1);
    EXPECT_EQ_INT(byte, 'X');
    EXPECT_EQ_STR(tcp_case_receive_text(&c, false), "ab");
}

static void lost_urgent_byte_comes_back_urgent(void)
{
    tcp_case c;
    drop_mask mask;
    char byte = 0;
    tcp_case_begin(&c);
    tcp_case_drop(&c, true, 1, &mask);
    sim_host_enter(c.pair.a);
    EXPECT_EQ_INT(CAsyncSocket_Send(&c.client.socket, "!", 1, MSG_OOB), 1);
    tcp_case_run(&c, 5 * S);
    EXPECT_EQ_STR(wire_log_text(&c.log), "a ACK URG 1 lost, a ACK URG 1, b ACK");
    sim_host_enter(c.pair.b);
    EXPECT_EQ_INT(CAsyncSocket_Receive(&c.server.socket, &byte, 1, MSG_OOB), 1);
    EXPECT_EQ_INT(byte, '!');
}

/* ---- closing ---- */

static void close_from_both_ends_is_four_segments(void)
{
    tcp_case c;
    tcp_case_begin(&c);
    tcp_case_close_client(&c);
    tcp_case_run(&c, 100 * MS);
    tcp_case_close_server(&c);
    tcp_case_run(&c, 1 * S);
    EXPECT_EQ_STR(wire_log_text(&c.log), "a FIN ACK, b ACK, b FIN ACK, a ACK");
    EXPECT_EQ_INT(recorder_count(&c.server, FD_CLOSE), 1);
    EXPECT_EQ_INT(recorder_error(&c.server, FD_CLOSE), 0);
    EXPECT_EQ_INT(recorder_count(&c.client, FD_CLOSE), 0);
}

/* RFC 9293 3.6 case 3: both FINs cross; CLOSING on both sides. */
static void close_at_the_same_time_ends_on_both_sides(void)
{
    tcp_case c;
    tcp_case_begin(&c);
    tcp_case_close_client(&c);
    tcp_case_close_server(&c);
    tcp_case_run(&c, 1 * S);
    EXPECT_EQ_STR(wire_log_text(&c.log), "a FIN ACK, b FIN ACK, b ACK, a ACK");
    EXPECT_EQ_INT(sim_world_run(c.pair.world, SIM_FOREVER), SIM_STOP_IDLE);
}

static void lost_fin_is_sent_again(void)
{
    tcp_case c;
    drop_mask mask;
    tcp_case_begin(&c);
    tcp_case_drop(&c, true, 1, &mask);
    tcp_case_close_client(&c);
    tcp_case_run(&c, 5 * S);
    EXPECT_EQ_STR(wire_log_text(&c.log), "a FIN ACK lost, a FIN ACK, b ACK");
    EXPECT_EQ_INT(recorder_count(&c.server, FD_CLOSE), 1);
}

/* A FIN that arrived behind a gap counts when the gap is filled. */
static void fin_behind_a_gap_is_not_forgotten(void)
{
    tcp_case c;
    drop_mask mask;
    tcp_case_begin(&c);
    tcp_case_drop(&c, true, 1, &mask);
    static char block[1460];
    sim_host_enter(c.pair.a);
    EXPECT_EQ_INT(CAsyncSocket_Send(&c.client.socket, block, sizeof block, 0), (int)sizeof block);
    EXPECT_EQ_INT(CAsyncSocket_Send(&c.client.socket, "end", 3, 0), 3);
    tcp_case_close_client(&c);
    tcp_case_run(&c, 10 * S);
    EXPECT_EQ_STR(wire_log_text(&c.log), "a ACK 1460 lost, a FIN ACK 3, b ACK, a ACK 1460, b ACK");
    EXPECT_EQ_INT(recorder_count(&c.server, FD_CLOSE), 1);
}

/* smoltcp #398, demikernel #1537: in CLOSING the FIN has to be sent again too. */
static void lost_fin_in_closing_is_sent_again(void)
{
    tcp_case c;
    drop_mask mask;
    tcp_case_begin(&c);
    tcp_case_drop(&c, true, 1, &mask);
    tcp_case_close_client(&c);
    tcp_case_close_server(&c);
    EXPECT_EQ_INT(sim_world_run(c.pair.world, SIM_FOREVER), SIM_STOP_IDLE);
    EXPECT_EQ_INT(wire_log_matching(&c.log, "a FIN ACK"), 1);
    EXPECT_EQ_INT(wire_log_matching(&c.log, "a FIN ACK lost"), 1);
}

/* RFC 9293 3.6.1: half a connection goes on. */
static void shut_down_end_still_receives(void)
{
    tcp_case c;
    tcp_case_begin(&c);
    sim_host_enter(c.pair.a);
    EXPECT_OK(CAsyncSocket_ShutDown(&c.client.socket, CAsyncSocket_sends));
    tcp_case_run(&c, 100 * MS);
    EXPECT_EQ_INT(tcp_case_send_text(&c, false, "the rest"), 8);
    tcp_case_run(&c, 1 * S);
    EXPECT_EQ_STR(tcp_case_receive_text(&c, true), "the rest");
    EXPECT_ERROR_COUNT(tcp_case_send_text(&c, true, "x"), WSAESHUTDOWN);
}

/* RFC 2525 2.17: the peer must learn that what it sent was thrown away. */
static void close_with_unread_data_resets(void)
{
    tcp_case c;
    tcp_case_begin(&c);
    tcp_case_send_text(&c, true, "unread");
    tcp_case_run(&c, 100 * MS);
    tcp_case_close_server(&c);
    tcp_case_run(&c, 1 * S);
    EXPECT_EQ_STR(wire_log_text(&c.log), "a ACK 6, b RST ACK");
    EXPECT_EQ_INT(recorder_error(&c.client, FD_CLOSE), WSAECONNABORTED);
}

/* An urgent byte that was taken out of line leaves nothing unread behind (found by echo, seeds 0 to 8). */
static void close_after_the_urgent_byte_was_taken_is_graceful(void)
{
    tcp_case c;
    char byte;
    tcp_case_begin(&c);
    sim_host_enter(c.pair.a);
    EXPECT_EQ_INT(CAsyncSocket_Send(&c.client.socket, "!", 1, MSG_OOB), 1);
    tcp_case_close_client(&c);
    tcp_case_run(&c, 1 * S);
    sim_host_enter(c.pair.b);
    EXPECT_EQ_INT(CAsyncSocket_Receive(&c.server.socket, &byte, 1, MSG_OOB), 1);
    EXPECT_EQ_INT(CAsyncSocket_Receive(&c.server.socket, &byte, 1, 0), 0);
    wire_log_clear(&c.log);
    tcp_case_close_server(&c);
    tcp_case_run(&c, 1 * S);
    EXPECT_EQ_STR(wire_log_text(&c.log), "b FIN ACK, a ACK");
}

static void data_for_a_closed_end_is_reset(void)
{
    tcp_case c;
    tcp_case_begin(&c);
    tcp_case_close_client(&c);
    tcp_case_run(&c, 100 * MS);
    wire_log_clear(&c.log);
    EXPECT_EQ_INT(tcp_case_send_text(&c, false, "late"), 4);
    tcp_case_run(&c, 1 * S);
    EXPECT_EQ_STR(wire_log_text(&c.log), "b ACK 4, a RST ACK");
    EXPECT_ERROR_COUNT(tcp_case_send_text(&c, false, "x"), WSAECONNABORTED);
}

/* What was in the buffer when both directions ended is still there to read. */
static void bytes_survive_the_end_of_the_connection(void)
{
    tcp_case c;
    tcp_case_begin(&c);
    tcp_case_send_text(&c, true, "last words");
    tcp_case_close_client(&c);
    tcp_case_run(&c, 1 * S);
    sim_host_enter(c.pair.b);
    EXPECT_OK(CAsyncSocket_ShutDown(&c.server.socket, CAsyncSocket_sends));
    EXPECT_EQ_INT(sim_world_run(c.pair.world, SIM_FOREVER), SIM_STOP_IDLE);
    EXPECT_EQ_STR(tcp_case_receive_text(&c, false), "last words");
    char byte;
    EXPECT_EQ_INT(CAsyncSocket_Receive(&c.server.socket, &byte, 1, 0), 0);
}

/* RFC 9293 MUST-13: 2 MSL of 2 minutes each. */
static void time_wait_keeps_the_port_for_four_minutes(void)
{
    world_pair pair = fixture_world_pair(NULL);
    recorder client, server, again;
    world_pair_connect(&pair, &client, &server);
    char text[46];
    UINT port = 0;
    sim_host_enter(pair.a);
    EXPECT_OK(CAsyncSocket_GetSockName(&client.socket, text, sizeof text, &port));
    CAsyncSocket_Close(&client.socket);
    world_pair_settle(&pair);
    sim_host_enter(pair.b);
    CAsyncSocket_Close(&server.socket);
    world_pair_settle(&pair);
    sim_host_enter(pair.a);
    recorder_construct(&again);
    EXPECT_ERROR(CAsyncSocket_Create(&again.socket, port, SOCK_STREAM, 0, NULL), WSAEADDRINUSE);
    sim_world_run(pair.world, sim_world_now(pair.world) + 240 * S);
    EXPECT_OK(CAsyncSocket_Create(&again.socket, port, SOCK_STREAM, 0, NULL));
}

/* A peer that vanished is given up after the last retransmission, and the program learns of it. */
static void vanished_peer_aborts_the_connection(void)
{
    tcp_case c;
    tcp_case_begin(&c);
    EXPECT_CODE(sim_link_set_options(c.pair.link, NULL, &(sim_link_options){.loss_ppm = SIM_PERCENT(100)}),
                0);
    tcp_case_send_text(&c, true, "anybody?");
    EXPECT_EQ_INT(sim_world_run(c.pair.world, SIM_FOREVER), SIM_STOP_IDLE);
    EXPECT_EQ_INT(recorder_count(&c.client, FD_CLOSE), 1);
    EXPECT_EQ_INT(recorder_error(&c.client, FD_CLOSE), WSAECONNABORTED);
    EXPECT_ERROR_COUNT(tcp_case_send_text(&c, true, "x"), WSAECONNABORTED);
}

const test_case test_tcp[] = {TEST(connect_sends_three_segments),
                              TEST(connect_to_closed_port_is_reset),
                              TEST(connect_into_nothing_times_out_after_three_minutes),
                              TEST(connect_survives_a_delay_beyond_the_first_timeout),
                              TEST(connect_from_both_sides_gives_one_connection),
                              TEST(handshake_without_its_last_ack_completes),
                              TEST(backlog_overflow_refuses_the_newcomer),
                              TEST(data_is_acknowledged_after_200_ms),
                              TEST(nagle_holds_back_the_second_small_send),
                              TEST(nodelay_sends_small_segments_at_once),
                              TEST(lost_data_is_sent_again_with_doubled_timeouts),
                              TEST(three_duplicate_acks_bring_a_lost_segment_back),
                              TEST(closed_window_is_probed_with_one_octet),
                              TEST(full_buffers_on_both_sides_survive_loss),
                              TEST(urgent_byte_carries_a_pointer_behind_it),
                              TEST(lost_urgent_byte_comes_back_urgent),
                              TEST(close_from_both_ends_is_four_segments),
                              TEST(close_at_the_same_time_ends_on_both_sides),
                              TEST(lost_fin_is_sent_again),
                              TEST(fin_behind_a_gap_is_not_forgotten),
                              TEST(lost_fin_in_closing_is_sent_again),
                              TEST(shut_down_end_still_receives),
                              TEST(close_with_unread_data_resets),
                              TEST(close_after_the_urgent_byte_was_taken_is_graceful),
                              TEST(data_for_a_closed_end_is_reset),
                              TEST(bytes_survive_the_end_of_the_connection),
                              TEST(time_wait_keeps_the_port_for_four_minutes),
                              TEST(vanished_peer_aborts_the_connection),
                              TEST_END};
