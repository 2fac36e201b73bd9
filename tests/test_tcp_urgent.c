/* SPDX-License-Identifier: MIT
 *
 * Urgent data, RFC 9293 3.8.5 and RFC 6093: the pointer, its byte, and what may come between them.
 */
#include <string.h>

#include "tests/expect.h"
#include "tests/report_log.h"
#include "tests/tcp_case.h"
#include "tests/tcp_opening.h"
#include "tests/test_list.h"

static report_log reports;

static void begin(tcp_case *c)
{
    tcp_case_begin(c);
    report_log_start(&reports, c->pair.world);
}

/* At the server, offset behind what it has. */
static void arrive(tcp_case *c, uint8_t flags, int32_t offset, uint16_t urgent, const char *text)
{
    sim_packet *packet = tcp_case_forge(c, false, SIMP_ACK | flags);
    packet->tcp.seq += (uint32_t)offset;
    packet->tcp.urgent = urgent;
    if (text != NULL)
        packet_set_text(c->pair.world, packet, text);
    tcp_case_arrive(c, false, packet);
    tcp_case_run(c, 1 * MS);
}

static int send_urgent(tcp_case *c, const char *text)
{
    sim_host_enter(c->pair.a);
    return CAsyncSocket_Send(&c->client.socket, text, (int)strlen(text), MSG_OOB);
}

/* The urgent byte that waits; 0: none. */
static char take_urgent(tcp_case *c)
{
    char byte = 0;
    sim_host_enter(c->pair.b);
    return CAsyncSocket_Receive(&c->server.socket, &byte, 1, MSG_OOB) == 1 ? byte : 0;
}

static unsigned pointers(void) { return report_log_count(&reports, SIM_REPORT_URGENT); }

/* MUST-32: the pointer is told as soon as it comes; FD_OOB waits for what it promises, a byte to receive. */
static void pointer_before_its_byte_is_told_at_once(void)
{
    tcp_case c;
    begin(&c);
    arrive(&c, SIMP_URG, 0, 5, "ab");
    EXPECT_EQ_INT(pointers(), 1);
    EXPECT_EQ_INT(report_log_at(&reports, SIM_REPORT_URGENT, 0)->value, 5);
    EXPECT_EQ_INT(recorder_count(&c.server, FD_OOB), 0);
    arrive(&c, 0, 0, 0, "cdX");
    EXPECT_EQ_INT(recorder_count(&c.server, FD_OOB), 1);
    EXPECT_EQ_INT(take_urgent(&c), 'X');
    EXPECT_EQ_STR(tcp_case_receive_text(&c, false), "abcd");
    EXPECT_EQ_INT(pointers(), 1);
}

/* MUST-32: "or whenever the urgent pointer advances". */
static void every_advance_of_the_pointer_is_told(void)
{
    tcp_case c;
    begin(&c);
    arrive(&c, SIMP_URG, 0, 3, NULL);
    arrive(&c, SIMP_URG, 0, 3, NULL);
    arrive(&c, SIMP_URG, 0, 6, NULL);
    arrive(&c, SIMP_URG, 0, 5, NULL); /* an older one: RCV.UP is the maximum */
    EXPECT_EQ_INT(pointers(), 2);
    EXPECT_EQ_INT(report_log_at(&reports, SIM_REPORT_URGENT, 1)->value, 6);
    arrive(&c, 0, 0, 0, "ab1de2");
    EXPECT_EQ_INT(take_urgent(&c), '1');
    EXPECT_EQ_INT(take_urgent(&c), '2');
    EXPECT_EQ_STR(tcp_case_receive_text(&c, false), "abde");
}

static void pointer_without_the_flag_means_nothing(void)
{
    tcp_case c;
    begin(&c);
    arrive(&c, 0, 0, 2, "ab");
    EXPECT_EQ_INT(pointers() + recorder_count(&c.server, FD_OOB), 0);
    EXPECT_EQ_STR(tcp_case_receive_text(&c, false), "ab");
}

/* A middlebox cleared the flag the first time: the byte is in the stream already, and stays there. */
static void pointer_at_what_was_received_means_nothing(void)
{
    tcp_case c;
    begin(&c);
    arrive(&c, 0, 0, 0, "abX");
    arrive(&c, SIMP_URG, -3, 3, "abX");
    EXPECT_EQ_INT(pointers() + recorder_count(&c.server, FD_OOB), 0);
    EXPECT_EQ_STR(tcp_case_receive_text(&c, false), "abX");
}

/* The pointer overtakes the segment that was lost before it. */
static void pointer_behind_a_lost_segment_waits_with_its_byte(void)
{
    tcp_case c;
    drop_mask mask;
    begin(&c);
    tcp_case_drop(&c, true, 1, &mask);
    EXPECT_EQ_INT(tcp_case_send(&c, true, 0, 1460), 1460);
    EXPECT_EQ_INT(send_urgent(&c, "!"), 1);
    tcp_case_run(&c, 100 * MS);
    EXPECT_EQ_STR(wire_log_text(&c.log), "a ACK 1460 lost, a ACK URG 1, b ACK");
    EXPECT_EQ_INT(pointers(), 1);
    EXPECT_EQ_INT(recorder_count(&c.server, FD_OOB), 0);
    tcp_case_run(&c, 5 * S);
    EXPECT_EQ_INT(recorder_count(&c.server, FD_OOB), 1);
    EXPECT_EQ_INT(take_urgent(&c), '!');
    EXPECT_EQ_INT(tcp_case_receive(&c, false, 0), 1460);
}

/* Both were lost, and came again as one segment: it has one pointer, so one byte is urgent. */
static void two_pointers_that_become_one_leave_the_later_byte(void)
{
    tcp_case c;
    drop_mask mask;
    begin(&c);
    tcp_case_drop(&c, true, 3, &mask);
    EXPECT_EQ_INT(send_urgent(&c, "1"), 1);
    EXPECT_EQ_INT(send_urgent(&c, "2"), 1);
    tcp_case_run(&c, 5 * S);
    EXPECT_EQ_STR(wire_log_text(&c.log), "a ACK URG 1 lost, a ACK URG 1 lost, a ACK URG 2, b ACK");
    EXPECT_EQ_INT(pointers(), 1);
    EXPECT_EQ_INT(recorder_count(&c.server, FD_OOB), 1);
    EXPECT_EQ_INT(take_urgent(&c), '2');
    EXPECT_EQ_STR(tcp_case_receive_text(&c, false), "1");
}

/* MUST-66: with text that does not fit, and without. */
static void pointer_counts_in_a_closed_window(void)
{
    for (unsigned text = 0; text < 2; text++) {
        tcp_case c;
        begin(&c);
        simp_tcp *t = tcp_case_connection(&c, false);
        t->rcv_edge = t->rcv_nxt;
        t->receive_limit = 0;
        uint32_t before = t->rcv_nxt;
        arrive(&c, SIMP_URG, 0, 9, text != 0 ? "x" : NULL);
        EXPECT_EQ_INT(t->rcv_nxt, before);
        EXPECT_EQ_INT(pointers(), 1);
        EXPECT_EQ_INT(report_log_at(&reports, SIM_REPORT_URGENT, 0)->value, 9);
    }
}

/* 3.8.5: the flag stays on every segment before the urgent byte is acknowledged: probes, too. */
static void probe_of_a_closed_window_carries_the_pointer(void)
{
    tcp_case c;
    drop_mask mask;
    begin(&c);
    tcp_case_drop(&c, false, UINT64_MAX, &mask);
    sim_packet *closed = tcp_case_forge(&c, true, SIMP_ACK);
    closed->tcp.window = 0;
    tcp_case_arrive(&c, true, closed);
    EXPECT_EQ_INT(send_urgent(&c, "abX"), 3);
    EXPECT_EQ_STR(wire_log_text(&c.log), "");
    tcp_case_run(&c, 4 * S); /* probes after 1 and 3 s */
    EXPECT_EQ_STR(wire_log_text(&c.log), "a ACK URG 1, b ACK lost, a ACK URG 1, b ACK lost");
    for (unsigned i = 0; i < 2; i++)
        EXPECT_EQ_INT(segment_log_text_from(&c.segments, c.pair.a, i)->tcp.urgent, 3);
    EXPECT_EQ_INT(pointers(), 1);
}

/* The edge of the window lies before the urgent byte: it comes with the next segment, and is told once. */
static void urgent_byte_beyond_the_window_comes_later(void)
{
    tcp_case c;
    begin(&c);
    simp_tcp *t = tcp_case_connection(&c, false);
    t->rcv_edge = t->rcv_nxt + 2;
    t->receive_limit = 2;
    arrive(&c, SIMP_URG, 0, 3, "abX");
    EXPECT_EQ_INT(pointers(), 1);
    EXPECT_EQ_INT(recorder_count(&c.server, FD_OOB), 0);
    EXPECT_EQ_STR(tcp_case_receive_text(&c, false), "ab");
    t->rcv_edge = t->rcv_nxt + 2;
    arrive(&c, SIMP_URG, 0, 1, "X");
    EXPECT_EQ_INT(pointers(), 1);
    EXPECT_EQ_INT(recorder_count(&c.server, FD_OOB), 1);
    EXPECT_EQ_INT(take_urgent(&c), 'X');
}

/* MUST-62, and the other reading (RFC 793) as a switch of the stack.  Who disagrees reads the neighbour. */
static void pointer_is_read_as_the_stack_says(void)
{
    static const struct {
        bool sender, receiver;
        uint16_t pointer;
        char byte;
    } cases[] = {{false, false, 3, 'X'}, {true, true, 2, 'X'}, {true, false, 2, 'b'}};
    for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        sim_stack a = *sim_stack_named("rfc"), b = a;
        a.urgent_points_at_last = cases[i].sender;
        b.urgent_points_at_last = cases[i].receiver;
        tcp_case c;
        tcp_case_begin_with(&c, &a, &b, NULL);
        EXPECT_EQ_INT(send_urgent(&c, "abX"), 3);
        tcp_case_run(&c, 10 * MS);
        EXPECT_EQ_INT(segment_log_from(&c.segments, c.pair.a, 0)->tcp.urgent, cases[i].pointer);
        EXPECT_EQ_INT(take_urgent(&c), cases[i].byte);
    }
}

/* In that reading a lone urgent byte has the pointer 0. */
static void lone_urgent_byte_has_pointer_zero_in_the_older_reading(void)
{
    sim_stack stack = *sim_stack_named("rfc");
    stack.urgent_points_at_last = true;
    tcp_case c;
    tcp_case_begin_with(&c, &stack, &stack, NULL);
    EXPECT_EQ_INT(send_urgent(&c, "!"), 1);
    tcp_case_run(&c, 10 * MS);
    EXPECT_EQ_INT(segment_log_from(&c.segments, c.pair.a, 0)->tcp.urgent, 0);
    EXPECT_EQ_STR(wire_log_text(&c.log), "a ACK URG 1");
    EXPECT_EQ_INT(take_urgent(&c), '!');
}

/* RCV.UP that lies behind is forgotten; or it would lie ahead again after half the sequence space. */
static void pointer_behind_is_forgotten(void)
{
    tcp_case c;
    begin(&c);
    arrive(&c, SIMP_URG, 0, 1, "X");
    EXPECT_FALSE(tcp_case_connection(&c, false)->rcv_has_urgent);
}

/* After the FIN there is nothing urgent to come: step 6. */
static void pointer_after_the_fin_means_nothing(void)
{
    tcp_case c;
    begin(&c);
    arrive(&c, SIMP_FIN, 0, 0, NULL);
    arrive(&c, SIMP_URG, 0, 9, NULL);
    EXPECT_EQ_INT(pointers() + recorder_count(&c.server, FD_OOB), 0);
}

/* MUST-33: the program can learn that urgent data waits, and when it is past it. */
static void program_learns_whether_urgent_data_waits(void)
{
    tcp_case c;
    DWORD at_mark = 9;
    begin(&c);
    arrive(&c, SIMP_URG, 0, 3, "abX");
    sim_host_enter(c.pair.b);
    EXPECT_OK(CAsyncSocket_IOCtl(&c.server.socket, SIOCATMARK, &at_mark));
    EXPECT_EQ_INT(at_mark, 0);
    EXPECT_EQ_INT(take_urgent(&c), 'X');
    EXPECT_OK(CAsyncSocket_IOCtl(&c.server.socket, SIOCATMARK, &at_mark));
    EXPECT_EQ_INT(at_mark, 1);
}

const test_case test_tcp_urgent[] = {TEST(pointer_before_its_byte_is_told_at_once),
                                     TEST(every_advance_of_the_pointer_is_told),
                                     TEST(pointer_without_the_flag_means_nothing),
                                     TEST(pointer_at_what_was_received_means_nothing),
                                     TEST(pointer_behind_a_lost_segment_waits_with_its_byte),
                                     TEST(two_pointers_that_become_one_leave_the_later_byte),
                                     TEST(pointer_counts_in_a_closed_window),
                                     TEST(probe_of_a_closed_window_carries_the_pointer),
                                     TEST(urgent_byte_beyond_the_window_comes_later),
                                     TEST(pointer_is_read_as_the_stack_says),
                                     TEST(lone_urgent_byte_has_pointer_zero_in_the_older_reading),
                                     TEST(pointer_behind_is_forgotten),
                                     TEST(pointer_after_the_fin_means_nothing),
                                     TEST(program_learns_whether_urgent_data_waits),
                                     TEST_END};
