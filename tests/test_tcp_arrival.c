/* SPDX-License-Identifier: MIT
 *
 * Segments that arrive in a synchronised state: what is acceptable (RFC 9293 3.10.7.4), what RFC 5961 makes
 * of RST, SYN and ACK, and text that overlaps.
 */
#include <string.h>

#include "tests/expect.h"
#include "tests/tcp_case.h"
#include "tests/tcp_opening.h"
#include "tests/test_list.h"

/* At the server: rcv_nxt + offset. */
static sim_packet *forge(tcp_case *c, uint8_t flags, int32_t offset, const char *text)
{
    sim_packet *packet = tcp_case_forge(c, false, flags);
    packet->tcp.seq += (uint32_t)offset;
    if (text != NULL)
        packet_set_text(c->pair.world, packet, text);
    return packet;
}

static void arrive(tcp_case *c, uint8_t flags, int32_t offset, const char *text)
{
    tcp_case_arrive(c, false, forge(c, flags, offset, text));
}

/* The link is cut: only forged segments arrive. */
static simp_tcp *begin_alone(tcp_case *c)
{
    static drop_mask a, b;
    tcp_case_begin(c);
    tcp_case_drop(c, true, UINT64_MAX, &a);
    tcp_case_drop(c, false, UINT64_MAX, &b);
    return tcp_case_connection(c, false);
}

static int window_of(const simp_tcp *t) { return (int)(t->rcv_edge - t->rcv_nxt); }

/* ---- table 6 ---- */

static void segment_outside_of_the_window_is_answered_and_dropped(void)
{
    tcp_case c;
    const simp_tcp *t = begin_alone(&c);
    const int window = window_of(t);
    const int outside[] = {-3, window, window + 5000};
    for (unsigned i = 0; i < sizeof outside / sizeof outside[0]; i++) {
        uint32_t before = t->rcv_nxt;
        arrive(&c, SIMP_ACK, outside[i], "abc");
        EXPECT_EQ_INT(t->rcv_nxt, before);
        EXPECT_EQ_INT(c.log.count, i + 1);
        EXPECT_EQ_INT(segment_log_last(&c.segments, c.pair.b)->tcp.ack, before);
    }
    EXPECT_EQ_INT(recorder_count(&c.server, FD_READ), 0);
}

static void segment_across_an_edge_of_the_window_is_cut(void)
{
    tcp_case c;
    const simp_tcp *t = begin_alone(&c);
    uint32_t before = t->rcv_nxt;
    arrive(&c, SIMP_ACK, 0, "abc");
    arrive(&c, SIMP_ACK, -2, "xxde");
    EXPECT_EQ_INT(t->rcv_nxt - before, 5);
    EXPECT_EQ_STR(tcp_case_receive_text(&c, false), "abcde");
    uint32_t edge = t->rcv_edge;
    arrive(&c, SIMP_ACK | SIMP_FIN, window_of(t) - 2, "wxyz");
    EXPECT_EQ_INT(t->active->receive.early->length, 2);
    EXPECT_EQ_INT(t->active->receive.early->tcp.seq + 2, edge);
    EXPECT_FALSE(t->fin_known); /* it lay beyond */
}

/* A FIN behind the last byte that the window takes moves RCV.NXT beyond the edge: the window is closed then,
 * not four gigabytes wide. */
static void fin_behind_a_full_window_leaves_it_closed(void)
{
    tcp_case c;
    simp_tcp *t = begin_alone(&c);
    t->receive_limit = 32;
    t->rcv_edge = t->rcv_nxt + 32;
    arrive(&c, SIMP_ACK | SIMP_FIN, 0, "just as many bytes as the buffer");
    EXPECT_EQ_INT(t->state, SIMP_TCP_CLOSE_WAIT);
    EXPECT_EQ_INT((int)(t->rcv_nxt - t->rcv_edge), 1);
    tcp_case_clear(&c);
    arrive(&c, SIMP_ACK, 5000, "bad");
    EXPECT_EQ_STR(wire_log_text(&c.log), "b ACK lost");
    tcp_case_clear(&c);
    arrive(&c, SIMP_RST, 5000, NULL);
    tcp_case_run(&c, 1 * S);
    EXPECT_EQ_STR(wire_log_text(&c.log), "");
    EXPECT_EQ_INT(recorder_count(&c.server, FD_CLOSE), 1);
    EXPECT_EQ_INT(recorder_error(&c.server, FD_CLOSE), 0);
}

static void segment_without_ack_is_dropped(void)
{
    tcp_case c;
    begin_alone(&c);
    arrive(&c, SIMP_PSH, 0, "abc");
    tcp_case_run(&c, 1 * S);
    EXPECT_EQ_STR(wire_log_text(&c.log), "");
    EXPECT_EQ_INT(recorder_count(&c.server, FD_READ), 0);
}

/* ---- RFC 5961 3: RST ---- */

static void reset_in_the_window_is_challenged(void)
{
    tcp_case c;
    const simp_tcp *t = begin_alone(&c);
    const int inside[] = {1, window_of(t) - 1};
    for (unsigned i = 0; i < 2; i++) {
        tcp_case_clear(&c);
        arrive(&c, SIMP_RST, inside[i], NULL);
        EXPECT_EQ_STR(wire_log_text(&c.log), "b ACK lost");
        EXPECT_EQ_INT(segment_log_last(&c.segments, c.pair.b)->tcp.ack, t->rcv_nxt);
    }
    tcp_case_run(&c, 1 * S);
    EXPECT_EQ_INT(recorder_count(&c.server, FD_CLOSE), 0);
}

static void reset_outside_of_the_window_is_ignored(void)
{
    tcp_case c;
    const simp_tcp *t = begin_alone(&c);
    arrive(&c, SIMP_RST, -1, NULL);
    arrive(&c, SIMP_RST | SIMP_ACK, -1, "text that reaches into the window");
    arrive(&c, SIMP_RST, window_of(t), NULL);
    tcp_case_run(&c, 1 * S);
    EXPECT_EQ_STR(wire_log_text(&c.log), "");
    EXPECT_EQ_INT(recorder_count(&c.server, FD_CLOSE), 0);
}

/* MUST-12: the program learns that it was no normal end.  SHLD-2: text may come along. */
static void reset_at_the_left_edge_ends_the_connection(void)
{
    for (unsigned text = 0; text < 2; text++) {
        tcp_case c;
        begin_alone(&c);
        arrive(&c, SIMP_RST, 0, text == 0 ? NULL : "out of ports");
        tcp_case_run(&c, 1 * S);
        EXPECT_EQ_STR(wire_log_text(&c.log), "");
        EXPECT_EQ_INT(recorder_count(&c.server, FD_CLOSE), 1);
        EXPECT_TRUE(recorder_error(&c.server, FD_CLOSE) != 0);
        EXPECT_TRUE(tcp_case_connection(&c, false) == NULL);
    }
}

/* MUST-66 */
static void reset_counts_in_a_closed_window(void)
{
    for (unsigned text = 0; text < 2; text++) {
        tcp_case c;
        simp_tcp *t = begin_alone(&c);
        t->rcv_edge = t->rcv_nxt;
        arrive(&c, SIMP_RST, 1, NULL);
        EXPECT_TRUE(tcp_case_connection(&c, false) != NULL);
        arrive(&c, SIMP_RST, 0, text == 0 ? NULL : "x");
        EXPECT_TRUE(tcp_case_connection(&c, false) == NULL);
    }
}

/* Both FINs are known: a RST is the end that was coming, and nobody is told twice. */
static void reset_in_last_ack_and_closing_is_quiet(void)
{
    for (unsigned closing = 0; closing < 2; closing++) {
        tcp_case c;
        const simp_tcp *t = begin_alone(&c);
        sim_host_enter(c.pair.b);
        if (closing != 0)
            EXPECT_OK(CAsyncSocket_ShutDown(&c.server.socket, CAsyncSocket_sends));
        sim_packet *fin = forge(&c, SIMP_ACK | SIMP_FIN, 0, "bye");
        fin->tcp.ack = t->iss + 1;
        tcp_case_arrive(&c, false, fin);
        sim_host_enter(c.pair.b);
        if (closing == 0)
            EXPECT_OK(CAsyncSocket_ShutDown(&c.server.socket, CAsyncSocket_sends));
        EXPECT_EQ_INT(t->state, closing != 0 ? SIMP_TCP_CLOSING : SIMP_TCP_LAST_ACK);
        arrive(&c, SIMP_RST, 0, NULL);
        tcp_case_run(&c, 1 * S);
        EXPECT_EQ_INT(recorder_count(&c.server, FD_CLOSE), 1);
        EXPECT_EQ_INT(recorder_error(&c.server, FD_CLOSE), 0);
        EXPECT_EQ_STR(tcp_case_receive_text(&c, false), "bye");
        EXPECT_TRUE(any_tcp_of(c.pair.b) == NULL);
    }
}

/* ---- RFC 5961 4 and 5: SYN, ACK ---- */

static void syn_in_a_connection_is_challenged_wherever_it_lies(void)
{
    tcp_case c;
    const simp_tcp *t = begin_alone(&c);
    const int places[] = {-70000, -1, 0, 100, window_of(t) + 1};
    for (unsigned i = 0; i < sizeof places / sizeof places[0]; i++) {
        for (unsigned k = 0; k < 2; k++) {
            tcp_case_clear(&c);
            arrive(&c, k == 0 ? SIMP_SYN : SIMP_SYN | SIMP_ACK, places[i], NULL);
            EXPECT_EQ_STR(wire_log_text(&c.log), "b ACK lost");
        }
    }
    EXPECT_EQ_INT(t->state, SIMP_TCP_ESTABLISHED);
}

/* RFC 5961 7: ten in five seconds, here. */
static void challenges_have_a_limit(void)
{
    tcp_case c;
    begin_alone(&c);
    for (unsigned i = 0; i < 30; i++) {
        arrive(&c, SIMP_SYN, 0, NULL);
        arrive(&c, SIMP_RST, 5, NULL);
    }
    EXPECT_EQ_INT(wire_log_matching(&c.log, "b ACK lost"), 10);
    tcp_case_run(&c, 5 * S);
    arrive(&c, SIMP_RST, 5, NULL);
    EXPECT_EQ_INT(wire_log_matching(&c.log, "b ACK lost"), 11);
}

/* Where two ends challenge each other's challenges they must fall silent. */
static void ends_that_disagree_do_not_storm(void)
{
    tcp_case c;
    tcp_case_begin(&c);
    simp_tcp *t = tcp_case_connection(&c, true);
    t->una = t->nxt = t->max = t->max + 1000000; /* this end has lost its mind */
    t->send_end = t->wnd_edge = t->max;
    tcp_case_send_text(&c, false, "x");
    sim_world_run(c.pair.world, sim_world_now(c.pair.world) + 10 * S);
    EXPECT_TRUE(c.log.count < 60);
}

/* RFC 5961 5.2, MAY-12: UNA - MAX.SND.WND =< SEG.ACK =< MAX. */
static void ack_out_of_range_is_challenged_and_its_text_dropped(void)
{
    tcp_case c;
    const simp_tcp *t = begin_alone(&c);
    const uint32_t bad[] = {t->max + 1, t->una - t->wnd_max - 1, t->max + 0x7FFFFFFF};
    for (unsigned i = 0; i < 3; i++) {
        tcp_case_clear(&c);
        sim_packet *packet = forge(&c, SIMP_ACK, 0, "injected");
        packet->tcp.ack = bad[i];
        tcp_case_arrive(&c, false, packet);
        EXPECT_EQ_STR(wire_log_text(&c.log), "b ACK lost");
    }
    EXPECT_EQ_INT(recorder_count(&c.server, FD_READ), 0);
    sim_packet *old = forge(&c, SIMP_ACK, 0, "old ACK, new text");
    old->tcp.ack = t->una - t->wnd_max;
    tcp_case_arrive(&c, false, old);
    tcp_case_run(&c, 1 * S);
    EXPECT_EQ_STR(tcp_case_receive_text(&c, false), "old ACK, new text");
}

/* 3.10.7.4, fifth: WL1 and WL2 keep an old segment from opening, or closing, the window. */
static void old_segment_does_not_change_the_window(void)
{
    tcp_case c;
    const simp_tcp *t = begin_alone(&c);
    sim_packet *now = forge(&c, SIMP_ACK, 0, "abc");
    now->tcp.window = 100;
    tcp_case_arrive(&c, false, now);
    EXPECT_EQ_INT(t->wnd, 100u << t->snd_scale);
    sim_packet *old = forge(&c, SIMP_ACK, -4, "abc"); /* before the other one */
    old->tcp.window = 9;
    tcp_case_arrive(&c, false, old);
    EXPECT_EQ_INT(t->wnd, 100u << t->snd_scale);
}

/* MUST-1: a window of 65535 is no negative number. */
static void window_is_unsigned(void)
{
    tcp_case c;
    const simp_tcp *t = begin_alone(&c);
    sim_packet *now = forge(&c, SIMP_ACK, 0, "abc");
    now->tcp.window = 65535;
    tcp_case_arrive(&c, false, now);
    EXPECT_EQ_INT(t->wnd, (uint32_t)65535 << t->snd_scale);
    EXPECT_EQ_INT(tcp_case_send(&c, false, 0, 3 * 1460), 3 * 1460);
    EXPECT_EQ_INT(wire_log_matching(&c.log, "b ACK 1460 lost"), 3);
}

/* ---- text that overlaps: the octets that arrived first win ---- */

typedef struct piece {
    int at;
    const char *text;
} piece;

/* Every case ends with the octets 0 to 8 in order.  Capitals come too late. */
static void octets_that_arrived_first_win(void)
{
    static const struct {
        const char *name;
        piece pieces[5];
        const char *result;
    } cases[] = {
        {"the same again", {{3, "def"}, {3, "DEF"}, {0, "abc"}, {6, "ghi"}}, "abcdefghi"},
        {"begins before", {{3, "def"}, {1, "bcDEF"}, {0, "a"}, {6, "ghi"}}, "abcdefghi"},
        {"ends behind", {{3, "def"}, {4, "EFghi"}, {0, "abc"}}, "abcdefghi"},
        {"inside", {{3, "def"}, {4, "E"}, {0, "abc"}, {6, "ghi"}}, "abcdefghi"},
        {"around", {{4, "e"}, {2, "cdEfg"}, {2, "Cdefg"}, {0, "ab"}, {5, "fghi"}}, "abcdefghi"},
        {"fills a gap and more", {{3, "def"}, {0, "abcDEFghi"}, {6, "ghi"}}, "abcDEFghi"},
        {"between two", {{2, "cd"}, {6, "gh"}, {3, "DefG"}, {0, "ab"}, {8, "i"}}, "abcdefghi"},
        {"over two", {{2, "cd"}, {5, "fg"}, {1, "bCDeFGhi"}, {0, "a"}, {4, "efghi"}}, "abcdefghi"},
        {"over the left edge", {{0, "abc"}, {1, "BCdef"}, {3, "DEFghi"}}, "abcdefghi"},
    };
    for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        tcp_case c;
        const simp_tcp *t = begin_alone(&c);
        uint32_t base = t->rcv_nxt;
        for (unsigned k = 0; k < 5 && cases[i].pieces[k].text != NULL; k++) {
            arrive(&c, SIMP_ACK, (int32_t)(base - t->rcv_nxt) + cases[i].pieces[k].at,
                   cases[i].pieces[k].text);
            char what[256] = "";
            simp_world_check(c.pair.world, what, sizeof what);
            EXPECT_EQ_STR(what, "");
        }
        if (strcmp(tcp_case_receive_text(&c, false), cases[i].result) != 0) {
            EXPECT_EQ_STR(cases[i].name, "is wrong");
        }
        fixture_world_destroy(c.pair.world);
    }
}

/* SHLD-31, MUST-58, MUST-59: what waits behind a gap is processed before the ACK: one for all of it. */
static void filled_gap_is_acknowledged_once_and_at_once(void)
{
    tcp_case c;
    const simp_tcp *t = begin_alone(&c);
    arrive(&c, SIMP_ACK, 3, "def");
    arrive(&c, SIMP_ACK, 9, "jkl");
    arrive(&c, SIMP_ACK, 6, "ghi");
    EXPECT_EQ_INT(wire_log_matching(&c.log, "b ACK lost"), 3); /* MAY-13: each at once */
    tcp_case_clear(&c);
    arrive(&c, SIMP_ACK, 0, "abc");
    EXPECT_EQ_STR(wire_log_text(&c.log), "b ACK lost");
    EXPECT_EQ_INT(segment_log_last(&c.segments, c.pair.b)->tcp.ack, t->irs + 1 + 12);
    tcp_case_run(&c, 1 * S);
    EXPECT_EQ_STR(wire_log_text(&c.log), "b ACK lost");
    EXPECT_EQ_STR(tcp_case_receive_text(&c, false), "abcdefghijkl");
}

/* A FIN that comes again, in any state that knows it, is acknowledged and means nothing new. */
static void fin_again_is_acknowledged_again(void)
{
    tcp_case c;
    const simp_tcp *t = begin_alone(&c);
    arrive(&c, SIMP_ACK | SIMP_FIN, 0, "end");
    for (unsigned i = 0; i < 3; i++) {
        tcp_case_clear(&c);
        arrive(&c, SIMP_ACK | SIMP_FIN, -1, NULL);
        EXPECT_EQ_STR(wire_log_text(&c.log), "b ACK lost");
        EXPECT_EQ_INT(segment_log_last(&c.segments, c.pair.b)->tcp.ack, t->rcv_nxt);
    }
    tcp_case_run(&c, 1 * S);
    EXPECT_EQ_INT(recorder_count(&c.server, FD_CLOSE), 1);
    EXPECT_EQ_INT(recorder_count(&c.server, FD_READ), 1); /* a FIN implies PSH */
}

const test_case test_tcp_arrival[] = {TEST(segment_outside_of_the_window_is_answered_and_dropped),
                                      TEST(segment_across_an_edge_of_the_window_is_cut),
                                      TEST(fin_behind_a_full_window_leaves_it_closed),
                                      TEST(segment_without_ack_is_dropped),
                                      TEST(reset_in_the_window_is_challenged),
                                      TEST(reset_outside_of_the_window_is_ignored),
                                      TEST(reset_at_the_left_edge_ends_the_connection),
                                      TEST(reset_counts_in_a_closed_window),
                                      TEST(reset_in_last_ack_and_closing_is_quiet),
                                      TEST(syn_in_a_connection_is_challenged_wherever_it_lies),
                                      TEST(challenges_have_a_limit),
                                      TEST(ends_that_disagree_do_not_storm),
                                      TEST(ack_out_of_range_is_challenged_and_its_text_dropped),
                                      TEST(old_segment_does_not_change_the_window),
                                      TEST(window_is_unsigned),
                                      TEST(octets_that_arrived_first_win),
                                      TEST(filled_gap_is_acknowledged_once_and_at_once),
                                      TEST(fin_again_is_acknowledged_again),
                                      TEST_END};
