/* SPDX-License-Identifier: MIT
 *
 * Selective acknowledgement: what a receiver tells (RFC 2018, 2883), and what a sender makes of it (RFC 6675,
 * 3042), beside NewReno (RFC 6582), which does without.
 */
#include <stdio.h>
#include <string.h>

#include "simnet/transport/tcp_sack.h"
#include "tests/expect.h"
#include "tests/tcp_case.h"
#include "tests/test_list.h"

enum { MSS = 1460 };

static sim_stack without_sack(void)
{
    sim_stack stack = *sim_stack_named("rfc");
    stack.name = "rfc without SACK";
    stack.sack = false;
    return stack;
}

/* ---- ranges ---- */

static void ranges_that_meet_become_one(void)
{
    simp_arena memory;
    simp_ranges r = {0};
    simp_arena_init(&memory, &fixture_memory()->base);
    const uint32_t at = UINT32_MAX - 250; /* across the end of the numbers */
    EXPECT_TRUE(simp_ranges_add(&r, &memory, at, at + 100));
    EXPECT_TRUE(simp_ranges_add(&r, &memory, at + 200, at + 300));
    EXPECT_TRUE(simp_ranges_add(&r, &memory, at + 400, at + 500));
    EXPECT_EQ_INT(r.count, 3);
    EXPECT_EQ_INT(simp_ranges_covered(&r, at + 50, at + 450), 50 + 100 + 50);
    EXPECT_EQ_INT(simp_ranges_skip(&r, at + 250) - at, 300);
    EXPECT_EQ_INT(simp_ranges_skip(&r, at + 350) - at, 350);
    EXPECT_TRUE(simp_ranges_add(&r, &memory, at + 100, at + 350)); /* touches the first, covers the second */
    EXPECT_EQ_INT(r.count, 2);
    EXPECT_EQ_INT(r.bytes, 450);
    EXPECT_TRUE(simp_ranges_hold(&r, at, at + 350));
    EXPECT_FALSE(simp_ranges_hold(&r, at, at + 351));
    simp_ranges_cut(&r, at + 420);
    EXPECT_EQ_INT(r.count, 1);
    EXPECT_EQ_INT(r.bytes, 80);
    EXPECT_TRUE(simp_ranges_are_sound(&r));
    simp_ranges_clear(&r, &memory);
    simp_arena_fini(&memory);
}

/* ---- the receiver, RFC 2018 ---- */

/* len bytes at an offset of the client's stream reach the server; returns the server's answer. */
static const logged_segment *arrive(tcp_case *c, uint32_t base, uint32_t offset, uint32_t len)
{
    sim_packet *packet = tcp_case_forge(c, false, SIMP_ACK);
    packet->tcp.seq = base + offset;
    tcp_case_fill(c, packet, (int)offset, (int)len);
    segment_log_clear(&c->segments);
    tcp_case_arrive(c, false, packet);
    return segment_log_last(&c->segments, c->pair.b);
}

static uint32_t begin_receiver(tcp_case *c, const sim_stack *server)
{
    tcp_case_begin_with(c, server, server, NULL);
    return tcp_case_connection(c, false)->rcv_nxt;
}

/* RFC 2018 7 case 3: the 2nd, 4th, 6th, 8th of eight segments are lost; then the 4th comes, then the 2nd. */
static void every_second_segment_lost_is_told_as_in_rfc_2018(void)
{
    tcp_case c;
    uint32_t base = begin_receiver(&c, NULL);
    arrive(&c, base, 0, 500);
    EXPECT_EQ_STR(segment_log_sack(arrive(&c, base, 1000, 500), base), "1 1000-1500");
    EXPECT_EQ_STR(segment_log_sack(arrive(&c, base, 2000, 500), base), "2 2000-2500 1000-1500");
    EXPECT_EQ_STR(segment_log_sack(arrive(&c, base, 3000, 500), base), "3 3000-3500 2000-2500 1000-1500");
    const logged_segment *fourth = arrive(&c, base, 1500, 500);
    EXPECT_EQ_STR(segment_log_sack(fourth, base), "2 1000-2500 3000-3500");
    EXPECT_EQ_INT(fourth->tcp.ack - base, 500);
    const logged_segment *second = arrive(&c, base, 500, 500);
    EXPECT_EQ_STR(segment_log_sack(second, base), "1 3000-3500");
    EXPECT_EQ_INT(second->tcp.ack - base, 2500);
    EXPECT_EQ_INT(tcp_case_receive(&c, false, 0), 2500);
}

static void five_ranges_are_told_four_at_a_time(void)
{
    tcp_case c;
    uint32_t base = begin_receiver(&c, NULL);
    for (uint32_t i = 1; i < 5; i++)
        arrive(&c, base, i * 1000, 100);
    EXPECT_EQ_STR(segment_log_sack(arrive(&c, base, 5000, 100), base),
                  "4 5000-5100 4000-4100 3000-3100 2000-2100");
}

/* 40 bytes of options: with timestamps there is room for three (RFC 2018 3). */
static void beside_timestamps_three_ranges_are_told(void)
{
    tcp_case c;
    uint32_t base = begin_receiver(&c, sim_stack_named("linux"));
    for (uint32_t i = 1; i < 6; i++) {
        sim_packet *packet = tcp_case_forge(&c, false, SIMP_ACK);
        packet->tcp.seq = base + i * 1000;
        tcp_case_fill(&c, packet, (int)i * 1000, 100);
        tcp_case_arrive(&c, false, packet);
    }
    const logged_segment *last = segment_log_last(&c.segments, c.pair.b);
    EXPECT_EQ_STR(segment_log_sack(last, base), "3 5000-5100 4000-4100 3000-3100");
    EXPECT_TRUE(last->tcp.has_timestamps);
}

static void without_agreement_nothing_is_told(void)
{
    tcp_case c;
    sim_stack plain = without_sack();
    tcp_case_begin_with(&c, &plain, NULL, NULL);
    uint32_t base = tcp_case_connection(&c, false)->rcv_nxt;
    EXPECT_FALSE(tcp_case_connection(&c, false)->sacks);
    EXPECT_EQ_STR(segment_log_sack(arrive(&c, base, 1000, 500), base), "0");
}

static void both_syns_permit_sack(void)
{
    world_pair pair = fixture_world_pair(NULL);
    recorder client, server;
    segment_log log;
    segment_log_start(&log, pair.world);
    world_pair_connect(&pair, &client, &server);
    EXPECT_TRUE(segment_log_from(&log, pair.a, 0)->tcp.sack_permitted);
    EXPECT_TRUE(segment_log_from(&log, pair.b, 0)->tcp.sack_permitted);
    EXPECT_FALSE(segment_log_from(&log, pair.a, 1)->tcp.sack_permitted);
}

/* ---- duplicates, RFC 2883 ---- */

/* 4.1.1: a whole segment twice; the range that tells it lies below the ACK, and comes once. */
static void segment_that_comes_twice_is_told_once(void)
{
    tcp_case c;
    uint32_t base = begin_receiver(&c, NULL);
    arrive(&c, base, 0, 500);
    const logged_segment *twice = arrive(&c, base, 0, 500);
    EXPECT_EQ_STR(segment_log_sack(twice, base), "1 0-500");
    EXPECT_EQ_INT(twice->tcp.ack - base, 500);
    arrive(&c, base, 500, 100);
    tcp_case_run(&c, 1 * S);
    EXPECT_EQ_STR(segment_log_sack(segment_log_last(&c.segments, c.pair.b), base), "0");
    EXPECT_TRUE(tcp_case_connection(&c, false)->gaps == NULL);
}

/* 4.1.3: twice behind a gap; the range it lies in comes second. */
static void duplicate_behind_a_gap_names_its_range_too(void)
{
    tcp_case c;
    uint32_t base = begin_receiver(&c, NULL);
    arrive(&c, base, 500, 500);
    arrive(&c, base, 1000, 500);
    EXPECT_EQ_STR(segment_log_sack(arrive(&c, base, 500, 500), base), "2 500-1000 500-1500");
}

/* 4.2.1: only what was there before is told. */
static void segment_that_is_half_old_tells_its_old_half(void)
{
    tcp_case c;
    uint32_t base = begin_receiver(&c, NULL);
    arrive(&c, base, 0, 500);
    const logged_segment *answer = arrive(&c, base, 250, 500);
    EXPECT_EQ_STR(segment_log_sack(answer, base), "1 250-500");
    EXPECT_EQ_INT(answer->tcp.ack - base, 750);
}

/* ---- the sender, RFC 6675 ---- */

/* Offsets of the segments that were sent again, in their order. */
static const char *resent(const tcp_case *c, uint32_t base)
{
    static char text[256];
    size_t len = 0;
    uint32_t furthest = base;
    text[0] = '\0';
    for (unsigned i = 0; i < c->segments.count; i++) {
        const logged_segment *s = &c->segments.segment[i];
        if (s->from != c->pair.a || s->length == 0)
            continue;
        if (simp_seq_before(s->tcp.seq, furthest) && len + 12 < sizeof text)
            len += (size_t)snprintf(text + len, sizeof text - len, "%s%u", len == 0 ? "" : " ",
                                    s->tcp.seq - base);
        if (simp_seq_before(furthest, s->tcp.seq + s->length))
            furthest = s->tcp.seq + s->length;
    }
    return text;
}

static uint32_t begin_sender(tcp_case *c, const sim_stack *stack)
{
    tcp_case_begin_with(c, stack, NULL, NULL);
    return tcp_case_connection(c, true)->una;
}

/* The 2nd, 4th and 6th of ten: each comes again once, in one recovery, and nothing waits for the timer. */
static void three_losses_of_one_flight_are_mended_in_one_recovery(void)
{
    tcp_case c;
    drop_mask mask;
    uint32_t base = begin_sender(&c, NULL);
    tcp_case_drop(&c, true, 0x2A, &mask);
    EXPECT_EQ_INT(tcp_case_send(&c, true, 0, 30 * MSS), 30 * MSS);
    tcp_case_run(&c, 100 * MS);
    EXPECT_EQ_STR(resent(&c, base), "1460 4380 7300");
    EXPECT_EQ_INT(tcp_case_receive(&c, false, 0), 30 * MSS);
    EXPECT_TRUE(tcp_case_connection(&c, true)->recovery == NULL);
    EXPECT_FALSE(tcp_case_connection(&c, true)->recovering);
}

/* RFC 6582: without SACK a partial ACK brings the next hole back, one a round trip. */
static void without_sack_partial_acks_bring_the_holes_back(void)
{
    tcp_case c;
    drop_mask mask;
    sim_stack plain = without_sack();
    uint32_t base = begin_sender(&c, &plain);
    tcp_case_drop(&c, true, 0x0A, &mask);
    EXPECT_EQ_INT(tcp_case_send(&c, true, 0, 30 * MSS), 30 * MSS);
    tcp_case_run(&c, 100 * MS);
    EXPECT_EQ_STR(resent(&c, base), "1460 4380");
    EXPECT_EQ_INT(tcp_case_receive(&c, false, 0), 30 * MSS);
    EXPECT_FALSE(tcp_case_connection(&c, true)->recovering);
}

/* 5.1 of RFC 6675 and RFC 2018 8: SACKed bytes may be taken back, so they stay in the buffer, and after a
 * time-out they are sent again. */
static void peer_that_takes_back_what_it_sacked_gets_it_again(void)
{
    tcp_case c;
    drop_mask all;
    uint32_t base = begin_sender(&c, NULL);
    tcp_case_drop(&c, true, UINT64_MAX, &all);
    EXPECT_EQ_INT(tcp_case_send(&c, true, 0, 5 * MSS), 5 * MSS);
    sim_packet *sack = tcp_case_forge(&c, true, SIMP_ACK);
    sack->tcp.ack = base;
    sack->tcp.sack_count = 1;
    sack->tcp.sack[0] = (simp_sack_range){base + MSS, base + 5 * MSS};
    tcp_case_arrive(&c, true, sack);
    EXPECT_EQ_INT(tcp_case_connection(&c, true)->recovery->sacked.bytes, 4 * MSS);
    tcp_case_run(&c, 500 * MS);
    sim_link_set_script(c.pair.link, c.pair.a, NULL, NULL);
    tcp_case_run(&c, 20 * S);
    EXPECT_EQ_STR(resent(&c, base), "0 0 1460 2920 4380 5840");
    EXPECT_EQ_INT(tcp_case_receive(&c, false, 0), 5 * MSS);
}

static void ranges_of_what_is_not_in_flight_are_ignored(void)
{
    tcp_case c;
    uint32_t base = begin_sender(&c, NULL);
    EXPECT_EQ_INT(tcp_case_send(&c, true, 0, 2 * MSS), 2 * MSS);
    sim_packet *lie = tcp_case_forge(&c, true, SIMP_ACK);
    lie->tcp.ack = base;
    lie->tcp.sack_count = 4;
    lie->tcp.sack[0] = (simp_sack_range){base + 10 * MSS, base + 11 * MSS};
    lie->tcp.sack[1] = (simp_sack_range){base - MSS, base};
    lie->tcp.sack[2] = (simp_sack_range){base + 2 * MSS, base + MSS};
    /* So long that its end seems to lie before what was sent. */
    lie->tcp.sack[3] = (simp_sack_range){base + (1u << 30), base + (1u << 30) + INT32_MAX};
    tcp_case_arrive(&c, true, lie);
    EXPECT_TRUE(tcp_case_connection(&c, true)->recovery == NULL);
    EXPECT_EQ_INT(tcp_case_connection(&c, true)->active->duplicate_acks, 0);
}

/* A SACK as the peer sends it when the first of the segments in flight is missing. */
static void sack_up_to(tcp_case *c, uint32_t base, unsigned segments)
{
    sim_packet *sack = tcp_case_forge(c, true, SIMP_ACK);
    sack->tcp.ack = base;
    sack->tcp.sack_count = 1;
    sack->tcp.sack[0] = (simp_sack_range){base + MSS, base + segments * MSS};
    tcp_case_arrive(c, true, sack);
}

/* RFC 3042: each of the first two lets a new segment out; the third begins recovery, at half the flight. */
static void first_two_sacks_let_new_segments_out(void)
{
    tcp_case c;
    drop_mask all;
    uint32_t base = begin_sender(&c, NULL);
    tcp_case_drop(&c, true, UINT64_MAX, &all);
    EXPECT_EQ_INT(tcp_case_send(&c, true, 0, 30 * MSS), 30 * MSS);
    const simp_tcp *t = tcp_case_connection(&c, true);
    EXPECT_EQ_INT(t->max - base, 10 * MSS);
    sack_up_to(&c, base, 2);
    EXPECT_EQ_INT(t->max - base, 11 * MSS);
    sack_up_to(&c, base, 3);
    EXPECT_EQ_INT(t->max - base, 12 * MSS);
    EXPECT_EQ_STR(resent(&c, base), "");
    sack_up_to(&c, base, 4);
    EXPECT_EQ_STR(resent(&c, base), "0");
    EXPECT_TRUE(t->recovering);
    EXPECT_EQ_INT(t->ssthresh, 5 * MSS); /* what limited transmit sent does not count: RFC 5681 3.2 */
    EXPECT_EQ_INT(t->cwnd, 5 * MSS);
    EXPECT_EQ_INT(simp_sack_pipe(t), 8 * MSS + MSS); /* 4 to 12, and the first one again */
}

/* 5.1: after a time-out, SACKs of what was sent before it do not start another recovery. */
static void time_out_bars_recovery_until_all_of_then_is_acknowledged(void)
{
    tcp_case c;
    drop_mask all;
    uint32_t base = begin_sender(&c, NULL);
    tcp_case_drop(&c, true, UINT64_MAX, &all);
    EXPECT_EQ_INT(tcp_case_send(&c, true, 0, 8 * MSS), 8 * MSS);
    tcp_case_run(&c, 1500 * MS);
    EXPECT_EQ_STR(resent(&c, base), "0");
    for (unsigned i = 2; i < 8; i++)
        sack_up_to(&c, base, i);
    EXPECT_FALSE(tcp_case_connection(&c, true)->recovering);
    EXPECT_EQ_INT(tcp_case_connection(&c, true)->cwnd, MSS);
}

/* After a time-out what the peer has is left out. */
static void after_a_time_out_only_the_missing_is_sent_again(void)
{
    tcp_case c;
    drop_mask mask;
    uint32_t base = begin_sender(&c, NULL);
    tcp_case_drop(&c, true, 0x13, &mask); /* 1, 2 and 5 of five; and nobody has three more to tell of it */
    EXPECT_EQ_INT(tcp_case_send(&c, true, 0, 5 * MSS), 5 * MSS);
    tcp_case_run(&c, 5 * S);
    EXPECT_EQ_STR(resent(&c, base), "0 1460 5840");
    EXPECT_EQ_INT(tcp_case_receive(&c, false, 0), 5 * MSS);
}

/* Rule 4 of NextSeg: the loss of the last segment would wait for the timer. */
static void lost_tail_is_rescued(void)
{
    tcp_case c;
    drop_mask mask;
    uint32_t base = begin_sender(&c, NULL);
    tcp_case_drop(&c, true, 1 << 1 | 1 << 9, &mask);
    EXPECT_EQ_INT(tcp_case_send(&c, true, 0, 10 * MSS), 10 * MSS);
    tcp_case_run(&c, 500 * MS);
    EXPECT_EQ_STR(resent(&c, base), "1460 13140");
    EXPECT_EQ_INT(tcp_case_receive(&c, false, 0), 10 * MSS);
}

/* ---- all of it ---- */

static void expect_transfer(const sim_stack *stack)
{
    enum { BYTES = 400000 };
    tcp_case c;
    tcp_case_begin_with(&c, stack, stack, NULL);
    EXPECT_CODE(sim_link_set_options(c.pair.link, NULL,
                                     &(sim_link_options){.latency_ns = SIM_MS(5),
                                                         .jitter_ns = SIM_MS(2),
                                                         .jitter_reorders = true,
                                                         .loss_ppm = SIM_PERCENT(8),
                                                         .duplicate_ppm = SIM_PERCENT(5)}),
                0);
    int sent = 0, got = 0;
    for (unsigned round = 0; round < 5000 && got < BYTES; round++) {
        int room = BYTES - sent < 60000 ? BYTES - sent : 60000;
        int n = room > 0 ? tcp_case_send(&c, true, sent, room) : 0;
        sent += n > 0 ? n : 0;
        tcp_case_run(&c, 100 * MS);
        got += tcp_case_receive(&c, false, got);
    }
    EXPECT_EQ_INT(got, BYTES);
}

static void bytes_survive_loss_reordering_and_duplicates_on_every_stack(void)
{
    static const char *const names[] = {"rfc", "linux", "freebsd", "windows"};
    for (unsigned i = 0; i < sizeof names / sizeof names[0]; i++)
        expect_transfer(sim_stack_named(names[i]));
    sim_stack plain = without_sack();
    expect_transfer(&plain);
}

const test_case test_tcp_sack[] = {TEST(ranges_that_meet_become_one),
                                   TEST(both_syns_permit_sack),
                                   TEST(every_second_segment_lost_is_told_as_in_rfc_2018),
                                   TEST(five_ranges_are_told_four_at_a_time),
                                   TEST(beside_timestamps_three_ranges_are_told),
                                   TEST(without_agreement_nothing_is_told),
                                   TEST(segment_that_comes_twice_is_told_once),
                                   TEST(duplicate_behind_a_gap_names_its_range_too),
                                   TEST(segment_that_is_half_old_tells_its_old_half),
                                   TEST(three_losses_of_one_flight_are_mended_in_one_recovery),
                                   TEST(without_sack_partial_acks_bring_the_holes_back),
                                   TEST(peer_that_takes_back_what_it_sacked_gets_it_again),
                                   TEST(ranges_of_what_is_not_in_flight_are_ignored),
                                   TEST(first_two_sacks_let_new_segments_out),
                                   TEST(time_out_bars_recovery_until_all_of_then_is_acknowledged),
                                   TEST(after_a_time_out_only_the_missing_is_sent_again),
                                   TEST(lost_tail_is_rescued),
                                   TEST(bytes_survive_loss_reordering_and_duplicates_on_every_stack),
                                   TEST_END};
