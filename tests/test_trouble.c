/* SPDX-License-Identifier: MIT
 *
 * Faults that a search brings into a scenario: each kind does on the wire what its word says, is written down
 * as a fact, and is survived by a program that promises to.
 */
#include <stdio.h>
#include <string.h>

#include "castanet/sim_schedule.h"
#include "tests/expect.h"
#include "tests/talk.h"
#include "tests/test_list.h"

enum { ALL = (1 << SIM_MAY_KINDS) - 1 };

static void play(played *p, const char *facts, sim_may kind)
{
    talk_play(p, (talk){0}, (sim_fault_model){.kinds = (uint32_t)kind}, facts, (unsigned)kind);
    EXPECT_EQ_INT(p->troubles, 1);
    EXPECT_EQ_INT(p->rerun.unknown, 0);
    EXPECT_EQ_INT(p->rerun.result.faults, 1);
    EXPECT_EQ_STR(p->rerun.result.message, "");
}

/* The place, from 0, of the nth line (from 1) that equals text; count: there is none. */
static unsigned line_of(const wire_log *log, const char *text, unsigned nth)
{
    unsigned i = 0;
    for (; i < log->count; i++) {
        if (strcmp(log->line[i], text) == 0 && --nth == 0)
            break;
    }
    return i;
}

static uint64_t at_of(const wire_log *log, const char *text, unsigned nth)
{
    unsigned line = line_of(log, text, nth);
    EXPECT_TRUE_FATAL(line < log->count);
    return log->at_ns[line];
}

static void without_facts_nothing_goes_wrong(void)
{
    static played p;
    talk_play(&p, (talk){0}, (sim_fault_model){.kinds = ALL}, "", ALL);
    EXPECT_EQ_STR(wire_log_text(&p.log), TALK_QUIET);
    EXPECT_EQ_INT(p.troubles, 0);
    EXPECT_EQ_INT(p.rerun.result.faults, 0);
    EXPECT_TRUE(p.rerun.same);
}

/* ---- packets ---- */

/* With the third piece, which tells that the second is missing. */
static void dropped_segment_is_sent_again(void)
{
    static played p;
    play(&p, "drop client->server data#2", SIM_MAY_DROP);
    EXPECT_EQ_INT(wire_log_matching(&p.log, "client ACK 4"), 3);
    EXPECT_EQ_INT(wire_log_matching(&p.log, "client ACK 8"), 1);
    EXPECT_EQ_INT(wire_log_matching(&p.log, "client ACK 4 lost"), 1);
    EXPECT_TRUE(line_of(&p.log, "client ACK 4 lost", 1) > line_of(&p.log, "client ACK 4", 2));
    EXPECT_TRUE(line_of(&p.log, "client ACK 4 lost", 1) < line_of(&p.log, "client ACK 4", 3));
}

static void dropped_handshake_is_made_again(void)
{
    static played p;
    play(&p, "drop client->server SYN#1", SIM_MAY_DROP);
    EXPECT_EQ_INT(wire_log_matching(&p.log, "client SYN"), 2);
    play(&p, "drop server->client SYN-ACK#1", SIM_MAY_DROP);
    EXPECT_TRUE(wire_log_matching(&p.log, "server SYN ACK") >= 2);
}

/* The second copy is acknowledged at once (RFC 9293 3.10.7.4), where the first would have waited 200 ms. */
static void duplicate_arrives_twice(void)
{
    static played p, quick;
    talk_play(&quick, (talk){0}, (sim_fault_model){0}, "", 0);
    play(&p, "duplicate client->server data#2", SIM_MAY_DUPLICATE);
    EXPECT_EQ_STR(wire_log_text(&p.log), TALK_QUIET);
    EXPECT_EQ_INT(at_of(&quick.log, "server ACK", 2) - at_of(&p.log, "server ACK", 2), SIM_MS(200));
}

/* It comes 20 ms later: nothing else is in the way, and nobody sends again. */
static void short_delay_is_only_late(void)
{
    static played quick, late;
    play(&late, "delay client->server data#1", SIM_MAY_DELAY);
    EXPECT_EQ_STR(wire_log_text(&late.log), TALK_QUIET);
    talk_play(&quick, (talk){0}, (sim_fault_model){0}, "", 0);
    EXPECT_EQ_INT(at_of(&late.log, "server ACK", 1) - at_of(&quick.log, "server ACK", 1), SIM_MS(20));
}

/* 3 s later it comes behind everything else, its own retransmission included. */
static void long_delay_outlives_the_retransmission(void)
{
    static played p;
    play(&p, "delay client->server data#1 = 2", SIM_MAY_DELAY);
    EXPECT_TRUE(wire_log_matching(&p.log, "client ACK 4") + wire_log_matching(&p.log, "client ACK 8") > 3);
    EXPECT_EQ_INT(wire_log_matching(&p.log, "client ACK 4 lost"), 0);
}

static void corrupt_segment_is_thrown_away_by_its_receiver(void)
{
    static played p;
    play(&p, "corrupt client->server data#2", SIM_MAY_CORRUPT);
    EXPECT_EQ_INT(wire_log_matching(&p.log, "client ACK 4"), 3);
    EXPECT_EQ_INT(wire_log_matching(&p.log, "client ACK 8"), 1);
    EXPECT_EQ_INT(wire_log_matching(&p.log, "client ACK 4 lost"), 0);
}

static void reset_ends_the_connection_at_either_end(void)
{
    static played p;
    play(&p, "reset client->server data#2", SIM_MAY_RESET);
    EXPECT_EQ_INT(wire_log_matching(&p.log, "server RST ACK"), 1);
    EXPECT_EQ_INT(wire_log_matching(&p.log, "client SYN"), 2);
    EXPECT_TRUE(line_of(&p.log, "server RST ACK", 1) < line_of(&p.log, "client SYN", 2));
}

/* ---- partitions ---- */

/* 20 ms, doubled three times. */
static void clogged_direction_waits(void)
{
    static played p, quick;
    talk_play(&quick, (talk){0}, (sim_fault_model){0}, "", 0);
    play(&p, "clog client->server data#2 = 4", SIM_MAY_CLOG);
    EXPECT_EQ_INT(at_of(&p.log, "server ACK", 2) - at_of(&quick.log, "server ACK", 2), SIM_MS(160));
    EXPECT_EQ_INT(wire_log_matching(&p.log, "client ACK 4 lost"), 0);
}

static void split_lasts_three_seconds(void)
{
    static played p;
    play(&p, "split client->server data#2 = 1", SIM_MAY_SPLIT);
    uint64_t began = at_of(&p.log, "client ACK 4 lost", 1);
    EXPECT_TRUE(wire_log_matching(&p.log, "client ACK 4 lost") >= 2);
    for (unsigned i = 0; i < p.log.count; i++) {
        bool is_answer = strncmp(p.log.line[i], "server", 6) == 0 && p.log.at_ns[i] > began;
        EXPECT_TRUE(!is_answer || p.log.at_ns[i] >= began + (uint64_t)SIM_S(3));
    }
}

/* From 1013 ms to 4013 ms, and then 3 s of rest. */
static void partitions_leave_time_in_between(void)
{
    static played p;
    sim_fault_model faults = {.kinds = SIM_MAY_SPLIT};
    talk_play(
        &p, (talk){0}, faults,
        "split client->server data#2 = 1\nsplit client->server data#3 = 1\nsplit server->client FIN#1 = 1",
        SIM_MAY_SPLIT);
    EXPECT_EQ_INT(p.troubles, 1);
    EXPECT_EQ_INT(p.rerun.unknown, 2);
    faults.long_ns = (uint64_t)SIM_MS(100);
    talk_play(
        &p, (talk){0}, faults,
        "split client->server data#2 = 1\nsplit client->server data#3 = 1\nsplit server->client FIN#1 = 1",
        SIM_MAY_SPLIT);
    EXPECT_EQ_INT(p.troubles, 3);
    EXPECT_EQ_STR(p.rerun.result.message, "");
}

/* Hosts are server, client: bit 0 silences the server, bit 1 the client. */
static void one_way_silences_those_with_a_bit(void)
{
    static played p;
    play(&p, "one-way client->server data#2 = 1", SIM_MAY_ONE_WAY);
    EXPECT_TRUE(wire_log_matching(&p.log, "server ACK lost") >= 1);
    EXPECT_EQ_INT(wire_log_matching(&p.log, "client ACK 4 lost"), 0);
    play(&p, "one-way client->server data#2 = 2", SIM_MAY_ONE_WAY);
    EXPECT_TRUE(wire_log_matching(&p.log, "client ACK 4 lost") >= 1);
    EXPECT_EQ_INT(wire_log_matching(&p.log, "server ACK lost"), 0);
}

/* Of server, client and another one: with the server as the bridge everybody who talks hears the other; with
 * the other one as the bridge they do not. */
static void bridge_is_in_both_halves(void)
{
    static played p;
    sim_fault_model faults = {.kinds = SIM_MAY_BRIDGE};
    talk_play(&p, (talk){.bystanders = 1}, faults, "bridge client->server data#2 = 1", SIM_MAY_BRIDGE);
    EXPECT_EQ_INT(p.troubles, 1);
    EXPECT_EQ_STR(wire_log_text(&p.log), TALK_QUIET);
    talk_play(&p, (talk){.bystanders = 1}, faults, "bridge client->server data#2 = 3", SIM_MAY_BRIDGE);
    EXPECT_EQ_INT(p.troubles, 1);
    EXPECT_TRUE(wire_log_matching(&p.log, "client ACK 4 lost") >= 2);
}

/* ---- hosts ---- */

static void crash_resets_and_begins_anew(void)
{
    static played p;
    play(&p, "crash server/conn#1 OnReceive#2", SIM_MAY_CRASH);
    EXPECT_EQ_INT(wire_log_matching(&p.log, "server RST ACK"), 1);
    EXPECT_EQ_INT(wire_log_matching(&p.log, "client SYN"), 2);
    EXPECT_EQ_INT(wire_log_matching(&p.log, "server SYN ACK"), 2);
}

/* The client hears nothing, and a reset when the server is back. */
static void power_cut_is_silence(void)
{
    static played p;
    play(&p, "power-cut server/conn#1 OnReceive#2 = 2", SIM_MAY_POWER_CUT);
    uint64_t cut = at_of(&p.log, "client ACK 4", 2);
    EXPECT_EQ_INT(wire_log_matching(&p.log, "server RST"), 1);
    EXPECT_TRUE(at_of(&p.log, "server RST", 1) > cut + (uint64_t)SIM_S(3));
    EXPECT_EQ_INT(wire_log_matching(&p.log, "client SYN"), 2);
}

/* The system goes on acknowledging; the program closes 3 s later. */
static void pause_stops_programs_alone(void)
{
    static played p;
    play(&p, "pause server/conn#1 OnReceive#1 = 2", SIM_MAY_PAUSE);
    EXPECT_EQ_STR(wire_log_text(&p.log), TALK_QUIET);
    EXPECT_EQ_INT(at_of(&p.log, "server FIN ACK", 1) - at_of(&p.log, "client ACK 4", 1), SIM_MS(3001));
}

/* ---- calls ---- */

/* The client asks for three bytes fewer than it has: the rest follows at once. */
static void short_send_takes_a_part(void)
{
    static played p;
    play(&p, "short-send client/socket#1 Send#2", SIM_MAY_SHORT_SEND);
    EXPECT_EQ_INT(wire_log_matching(&p.log, "client ACK 1"), 1);
    EXPECT_EQ_INT(wire_log_matching(&p.log, "client ACK 3"), 1);
    EXPECT_EQ_INT(line_of(&p.log, "client ACK 3", 1), line_of(&p.log, "client ACK 1", 1) + 1);
    play(&p, "short-send client/socket#1 Send#2 = 3", SIM_MAY_SHORT_SEND);
    EXPECT_EQ_INT(wire_log_matching(&p.log, "client ACK 2"), 2);
}

/* Nothing of it is seen on the wire: the program reads again until nothing is there. */
static void short_receive_leaves_a_part(void)
{
    static played p;
    play(&p, "short-receive server/conn#1 Receive#1", SIM_MAY_SHORT_RECEIVE);
    EXPECT_EQ_STR(wire_log_text(&p.log), TALK_QUIET);
}

/* OnSend follows, and the piece goes then. */
static void would_block_is_followed_by_the_notification(void)
{
    static played p;
    play(&p, "would-block client/socket#1 Send#2", SIM_MAY_WOULD_BLOCK);
    EXPECT_EQ_STR(wire_log_text(&p.log), TALK_QUIET);
    play(&p, "would-block client/socket#1 Send#2 = 4", SIM_MAY_WOULD_BLOCK);
    EXPECT_EQ_STR(wire_log_text(&p.log), TALK_QUIET);
    play(&p, "would-block server/conn#1 Receive#1 = 2", SIM_MAY_WOULD_BLOCK);
    EXPECT_EQ_STR(wire_log_text(&p.log), TALK_QUIET);
    play(&p, "would-block server/listen:80 Accept#1", SIM_MAY_WOULD_BLOCK);
    EXPECT_EQ_STR(wire_log_text(&p.log), TALK_QUIET);
}

static void no_buffers_fails_one_send(void)
{
    static played p;
    play(&p, "no-buffers client/socket#1 Send#3", SIM_MAY_NO_BUFFERS);
    EXPECT_EQ_STR(wire_log_text(&p.log), TALK_QUIET);
}

static void cut_takes_half_and_resets(void)
{
    static played p;
    play(&p, "cut client/socket#1 Send#2", SIM_MAY_CUT);
    EXPECT_EQ_INT(wire_log_matching(&p.log, "client ACK 2"), 1);
    EXPECT_EQ_INT(wire_log_matching(&p.log, "client RST ACK"), 1);
    EXPECT_EQ_INT(wire_log_matching(&p.log, "client SYN"), 2);
}

/* How often a program calls is the same whether the search looks on or not. */
static void calls_are_those_without_a_search(void)
{
    static played p, plain;
    talk_play(&plain, (talk){0}, (sim_fault_model){0}, "", 0);
    talk_play(&p, (talk){0}, (sim_fault_model){.kinds = SIM_MAY_CALLS}, "", SIM_MAY_CALLS);
    EXPECT_EQ_STR(wire_log_text(&p.log), TALK_QUIET);
    EXPECT_EQ_INT(p.rerun.result.notifications, plain.rerun.result.notifications);
    EXPECT_EQ_MEM(p.rerun.result.fingerprint, plain.rerun.result.fingerprint, 16);
}

const test_case test_trouble[] = {TEST(without_facts_nothing_goes_wrong),
                                  TEST(dropped_segment_is_sent_again),
                                  TEST(dropped_handshake_is_made_again),
                                  TEST(duplicate_arrives_twice),
                                  TEST(short_delay_is_only_late),
                                  TEST(long_delay_outlives_the_retransmission),
                                  TEST(corrupt_segment_is_thrown_away_by_its_receiver),
                                  TEST(reset_ends_the_connection_at_either_end),
                                  TEST(clogged_direction_waits),
                                  TEST(split_lasts_three_seconds),
                                  TEST(partitions_leave_time_in_between),
                                  TEST(one_way_silences_those_with_a_bit),
                                  TEST(bridge_is_in_both_halves),
                                  TEST(crash_resets_and_begins_anew),
                                  TEST(power_cut_is_silence),
                                  TEST(pause_stops_programs_alone),
                                  TEST(short_send_takes_a_part),
                                  TEST(short_receive_leaves_a_part),
                                  TEST(would_block_is_followed_by_the_notification),
                                  TEST(no_buffers_fails_one_send),
                                  TEST(cut_takes_half_and_resets),
                                  TEST(calls_are_those_without_a_search),
                                  TEST_END};
