/* SPDX-License-Identifier: MIT
 *
 * Time-outs: keep-alive (RFC 9293 3.8.4), retransmissions R1 and R2 (3.8.3), delayed ACKs, windows that open
 * slowly (3.8.6).
 */
#include <string.h>

#include "tests/expect.h"
#include "tests/report_log.h"
#include "tests/tcp_case.h"
#include "tests/test_list.h"

static report_log reports;

static void begin_keepalive(tcp_case *c, const sim_stack *stack)
{
    tcp_case_begin_with(c, stack, NULL, NULL);
    tcp_case_set_option(c, true, SOL_SOCKET, SO_KEEPALIVE, 1);
}

/* MUST-25: not unless it is asked for. */
static void idle_connection_is_silent_by_default(void)
{
    tcp_case c;
    tcp_case_begin(&c);
    tcp_case_run(&c, 30 * 86400 * S);
    EXPECT_EQ_STR(wire_log_text(&c.log), "");
}

/* MUST-24, MUST-28, SHLD-12: after two hours, SEG.SEQ = SND.NXT-1, without text. */
static void keepalive_comes_after_two_idle_hours(void)
{
    tcp_case c;
    begin_keepalive(&c, NULL);
    uint64_t begin = sim_world_now(c.pair.world);
    tcp_case_run(&c, 7199 * S);
    EXPECT_EQ_STR(wire_log_text(&c.log), "");
    tcp_case_run(&c, 2 * S);
    EXPECT_EQ_STR(wire_log_text(&c.log), "a ACK, b ACK");
    const logged_segment *probe = segment_log_from(&c.segments, c.pair.a, 0);
    EXPECT_EQ_INT(probe->at_ns - begin, 7200 * S);
    EXPECT_EQ_INT(probe->tcp.seq, tcp_case_connection(&c, true)->nxt - 1);
    EXPECT_EQ_INT(probe->length, 0);
    tcp_case_run(&c, 3 * 7201 * S);
    EXPECT_EQ_INT(wire_log_matching(&c.log, "a ACK"), 4);
    EXPECT_EQ_INT(recorder_count(&c.client, FD_CLOSE), 0);
}

/* MUST-26: any sign of life starts the idle time anew. */
static void keepalive_waits_while_the_peer_talks(void)
{
    tcp_case c;
    begin_keepalive(&c, NULL);
    for (unsigned i = 0; i < 5; i++) {
        tcp_case_run(&c, 5000 * S);
        tcp_case_send_text(&c, false, "x");
        tcp_case_run(&c, 1 * S);
        tcp_case_receive_text(&c, true);
    }
    EXPECT_EQ_INT(wire_log_matching(&c.log, "a ACK"), 5); /* of the text */
}

/* MUST-26: nor while something is in flight; that is what the retransmissions are for. */
static void keepalive_waits_for_what_is_in_flight(void)
{
    sim_stack stack = *sim_stack_named("rfc");
    stack.keepalive_idle_ns = SIM_S(5);
    tcp_case c;
    drop_mask mask;
    begin_keepalive(&c, &stack);
    tcp_case_drop(&c, true, UINT64_MAX, &mask);
    tcp_case_send_text(&c, true, "x");
    tcp_case_run(&c, 60 * S);
    EXPECT_EQ_INT(wire_log_matching(&c.log, "a ACK lost"), 0);
    EXPECT_EQ_INT(wire_log_matching(&c.log, "a ACK 1 lost"), 6); /* after 0, 1, 3, 7, 15 and 31 s */
}

/* MUST-29: ACKs without text are not sent again, so one that is missing says nothing. */
static void one_lost_keepalive_is_no_verdict(void)
{
    tcp_case c;
    drop_mask mask;
    begin_keepalive(&c, NULL);
    tcp_case_drop(&c, true, 0xFF, &mask); /* eight of nine */
    tcp_case_run(&c, 7200 * S + 9 * 75 * S + 1 * S);
    EXPECT_EQ_INT(wire_log_matching(&c.log, "a ACK lost"), 8);
    EXPECT_EQ_INT(wire_log_matching(&c.log, "a ACK"), 1);
    EXPECT_EQ_INT(recorder_count(&c.client, FD_CLOSE), 0);
}

/* MUST-27: idle, interval and count are the stack's. */
static void unanswered_keepalives_end_the_connection(void)
{
    sim_stack stack = *sim_stack_named("rfc");
    stack.keepalive_idle_ns = SIM_S(10);
    stack.keepalive_interval_ns = SIM_S(2);
    stack.keepalive_probes = 3;
    tcp_case c;
    drop_mask mask;
    begin_keepalive(&c, &stack);
    tcp_case_drop(&c, true, UINT64_MAX, &mask);
    tcp_case_run(&c, 16 * S - 1);
    EXPECT_EQ_INT(wire_log_matching(&c.log, "a ACK lost"), 3);
    EXPECT_EQ_INT(recorder_count(&c.client, FD_CLOSE), 0);
    tcp_case_run(&c, 1);
    EXPECT_EQ_INT(recorder_error(&c.client, FD_CLOSE), WSAENETRESET);
}

/* ---- R1 and R2 ---- */

/* MUST-20, SHLD-9, SHLD-10: three retransmissions, and who watches is told. */
static void third_retransmission_is_told(void)
{
    tcp_case c;
    drop_mask mask;
    tcp_case_begin(&c);
    report_log_start(&reports, c.pair.world);
    tcp_case_drop(&c, true, UINT64_MAX, &mask);
    tcp_case_send_text(&c, true, "x");
    tcp_case_run(&c, 7 * S - 1);
    EXPECT_EQ_INT(reports.count, 0);
    tcp_case_run(&c, 100 * S);
    EXPECT_EQ_INT(report_log_count(&reports, SIM_REPORT_RETRANSMISSIONS), 1);
    EXPECT_EQ_INT(report_log_at(&reports, SIM_REPORT_RETRANSMISSIONS, 0)->value, 3);
    EXPECT_TRUE(report_log_at(&reports, SIM_REPORT_RETRANSMISSIONS, 0)->handle == c.client.socket.m_hSocket);
    EXPECT_EQ_INT(reports.at_ns[0] - c.log.at_ns[0], 7 * S);
    EXPECT_EQ_INT(recorder_count(&c.client, FD_CLOSE), 0); /* SHLD-11: not within 100 s */
}

/* MUST-20: R2 closes the connection; MUST-21: it is what the program set, by the stack, when it opened it. */
static void last_retransmission_ends_the_connection(void)
{
    static const unsigned limits[] = {12, 2};
    static const uint64_t ends_s[] = {1 + 2 + 4 + 8 + 16 + 32 + 7 * 60, 1 + 2 + 4};
    for (unsigned i = 0; i < 2; i++) {
        sim_stack stack = *sim_stack_named("rfc");
        stack.retransmissions_max = limits[i];
        stack.retransmissions_soft = 1;
        tcp_case c;
        drop_mask mask;
        tcp_case_begin_with(&c, &stack, NULL, NULL);
        tcp_case_drop(&c, true, UINT64_MAX, &mask);
        tcp_case_send_text(&c, true, "x");
        tcp_case_run(&c, ends_s[i] * S - 1);
        EXPECT_EQ_INT(wire_log_matching(&c.log, "a ACK 1 lost"), limits[i] + 1);
        EXPECT_EQ_INT(recorder_count(&c.client, FD_CLOSE), 0);
        tcp_case_run(&c, 1);
        EXPECT_EQ_INT(recorder_error(&c.client, FD_CLOSE), WSAECONNABORTED);
    }
}

/* ---- ACKs ---- */

/* SHLD-19: at least every second full segment. */
static void every_second_full_segment_is_acknowledged_at_once(void)
{
    tcp_case c;
    tcp_case_begin(&c);
    EXPECT_EQ_INT(tcp_case_send(&c, true, 0, 6 * 1460), 6 * 1460);
    tcp_case_run(&c, 3 * MS);
    EXPECT_EQ_INT(wire_log_matching(&c.log, "a ACK 1460"), 6);
    EXPECT_EQ_INT(wire_log_matching(&c.log, "b ACK"), 3);
}

/* MUST-40: a stack that waits half a second is refused. */
static void ack_is_delayed_by_less_than_half_a_second(void)
{
    sim_stack stack = *sim_stack_named("rfc");
    stack.delayed_ack_ns = SIM_MS(500);
    EXPECT_CODE(sim_stack_check(&stack, NULL), WSAEINVAL);
    stack.delayed_ack_ns = SIM_MS(500) - 1;
    EXPECT_CODE(sim_stack_check(&stack, NULL), 0);
    tcp_case c;
    tcp_case_begin_with(&c, NULL, &stack, NULL);
    tcp_case_send_text(&c, true, "x");
    tcp_case_run(&c, 1 * S);
    EXPECT_EQ_INT(c.log.at_ns[1] - c.log.at_ns[0], 501 * MS - 1);
}

/* The ACK rides on text that goes the other way. */
static void delayed_ack_rides_on_an_answer(void)
{
    tcp_case c;
    tcp_case_begin(&c);
    tcp_case_send_text(&c, true, "question");
    tcp_case_run(&c, 10 * MS);
    tcp_case_send_text(&c, false, "answer");
    tcp_case_run(&c, 100 * MS);
    EXPECT_EQ_STR(wire_log_text(&c.log), "a ACK 8, b ACK 6");
}

/* ---- windows ---- */

/* Sends until the receiver's buffer is full. */
static int fill(tcp_case *c)
{
    int sent = 0, n;
    for (unsigned i = 0; i < 8; i++) {
        while ((n = tcp_case_send(c, true, sent, 30000)) > 0)
            sent += n;
        tcp_case_run(c, 1 * S);
    }
    return sent;
}

/* MUST-39, SHLD-14: the edge moves by a segment or half the buffer, and never back. */
static void closed_window_opens_by_a_segment_at_least(void)
{
    tcp_case c;
    char buf[1460];
    tcp_case_begin(&c);
    fill(&c);
    const simp_tcp *t = tcp_case_connection(&c, false);
    tcp_case_clear(&c);
    uint32_t edge = t->rcv_edge;
    sim_host_enter(c.pair.b);
    EXPECT_EQ_INT(CAsyncSocket_Receive(&c.server.socket, buf, 700, 0), 700);
    EXPECT_EQ_STR(wire_log_text(&c.log), "");
    EXPECT_EQ_INT(t->rcv_edge - edge, 0);
    EXPECT_EQ_INT(CAsyncSocket_Receive(&c.server.socket, buf, 800, 0), 800);
    EXPECT_EQ_STR(wire_log_text(&c.log), "b ACK");
    EXPECT_EQ_INT(t->rcv_edge - edge, 1500);
}

/* MUST-38: a window that is less than a segment and than half of the largest one so far is not used at once,
 * only after the override time-out. */
static void small_window_is_used_after_a_while(void)
{
    tcp_case c;
    drop_mask mask;
    tcp_case_begin(&c);
    tcp_case_drop(&c, false, UINT64_MAX, &mask);
    sim_packet *small = tcp_case_forge(&c, true, SIMP_ACK);
    small->tcp.window = 200;
    small->tcp.ack = tcp_case_connection(&c, true)->una;
    tcp_case_arrive(&c, true, small);
    uint32_t window = tcp_case_connection(&c, true)->wnd;
    EXPECT_EQ_INT(tcp_case_send(&c, true, 0, 5000), 5000);
    tcp_case_run(&c, 900 * MS);
    EXPECT_EQ_STR(wire_log_text(&c.log), "");
    tcp_case_run(&c, 200 * MS);
    EXPECT_EQ_INT(segment_log_text_from(&c.segments, c.pair.a, 0)->length, window);
}

/* MUST-36, MUST-37, MAY-8, SHLD-30: for as long as the probes are answered. */
static void window_may_stay_closed_for_a_month(void)
{
    tcp_case c;
    tcp_case_begin(&c);
    int sent = fill(&c);
    tcp_case_run(&c, 30 * 86400 * S);
    EXPECT_EQ_INT(recorder_count(&c.client, FD_CLOSE), 0);
    int got = tcp_case_receive(&c, false, 0);
    for (unsigned i = 0; i < 8; i++) {
        tcp_case_run(&c, 100 * S);
        got += tcp_case_receive(&c, false, got);
    }
    EXPECT_EQ_INT(got, sent);
}

/* MUST-60, MUST-61, SHLD-27, SHLD-28: as few segments as can be, and PSH on the last. */
static void segments_are_full_and_the_last_is_pushed(void)
{
    tcp_case c;
    tcp_case_begin(&c);
    tcp_case_set_option(&c, true, IPPROTO_TCP, TCP_NODELAY, 1);
    EXPECT_EQ_INT(tcp_case_send(&c, true, 0, 3 * 1460 + 10), 3 * 1460 + 10);
    tcp_case_run(&c, 1 * S);
    for (unsigned i = 0; i < 4; i++) {
        const logged_segment *segment = segment_log_text_from(&c.segments, c.pair.a, i);
        EXPECT_EQ_INT(segment->length, i < 3 ? 1460 : 10);
        EXPECT_EQ_INT((segment->tcp.flags & SIMP_PSH) != 0, i == 3);
        EXPECT_EQ_INT(segment->tcp.mss, 0); /* MUST-65 */
    }
}

const test_case test_tcp_timers[] = {TEST(idle_connection_is_silent_by_default),
                                     TEST(keepalive_comes_after_two_idle_hours),
                                     TEST(keepalive_waits_while_the_peer_talks),
                                     TEST(keepalive_waits_for_what_is_in_flight),
                                     TEST(one_lost_keepalive_is_no_verdict),
                                     TEST(unanswered_keepalives_end_the_connection),
                                     TEST(third_retransmission_is_told),
                                     TEST(last_retransmission_ends_the_connection),
                                     TEST(every_second_full_segment_is_acknowledged_at_once),
                                     TEST(ack_is_delayed_by_less_than_half_a_second),
                                     TEST(delayed_ack_rides_on_an_answer),
                                     TEST(closed_window_opens_by_a_segment_at_least),
                                     TEST(small_window_is_used_after_a_while),
                                     TEST(window_may_stay_closed_for_a_month),
                                     TEST(segments_are_full_and_the_last_is_pushed),
                                     TEST_END};
