/* SPDX-License-Identifier: MIT
 *
 * All kinds of impairments together, drawn by seed, added and removed while a connection transfers bytes:
 * what arrives is what was sent, connections stay sound, nothing is kept for ever, and a run repeats
 * itself.
 */
#include <string.h>

#include "simnet/world/random.h"
#include "tests/expect.h"
#include "tests/fixture.h"
#include "tests/tcp_case.h"
#include "tests/test_list.h"

enum { SEEDS = 40, STAGES = 5, CHUNK = 12000, TURNS = 8 };

/* Each takes something away, but lets most pass. */
static const sim_impairment kinds[] = {
    {.kind = SIM_IMPAIR_DROP, .chance_ppm = SIM_PERCENT(5)},
    {.kind = SIM_IMPAIR_DROP, .scope = {.kind = SIM_PACKET_DATA}, .which = {.every = 7}},
    {.kind = SIM_IMPAIR_GILBERT, .gilbert = {SIM_PERCENT(5), 3000}},
    {.kind = SIM_IMPAIR_GILBERT_ELLIOTT, .gilbert_elliott = {20000, 300000, 500000, 1000}},
    {.kind = SIM_IMPAIR_FOUR_STATE, .four_state = {20000, 400000, 100000, 500000, 10000}},
    {.kind = SIM_IMPAIR_BIT_ERROR, .bit_error = {2000000}},
    {.kind = SIM_IMPAIR_CORRUPT, .chance_ppm = SIM_PERCENT(5), .corrupt = {.bits = 3}},
    {.kind = SIM_IMPAIR_DUPLICATE,
     .chance_ppm = SIM_PERCENT(10),
     .duplicate = {2, {SIM_MS(1), SIM_MS(1), SIM_UNIFORM, NULL, 0}}},
    {.kind = SIM_IMPAIR_REPLAY, .chance_ppm = SIM_PERCENT(10), .replay = {SIM_S(1)}},
    {.kind = SIM_IMPAIR_QUEUE,
     .queue = {.rate_bps = SIM_MBIT(5), .packets_max = 12, .victim = SIM_QUEUE_RANDOM}},
    {.kind = SIM_IMPAIR_QUEUE,
     .queue = {.rate_bps = SIM_MBIT(2), .burst_bytes = 5000, .wait_max_ns = SIM_MS(60)}},
    {.kind = SIM_IMPAIR_DELAY,
     .delay = {.by = {SIM_MS(5), SIM_MS(4), SIM_EXPONENTIAL, NULL, 0}, .reorders = true}},
    {.kind = SIM_IMPAIR_DELAY,
     .delay = {.by = {SIM_MS(9), SIM_MS(3), SIM_NORMAL, NULL, 0}, .correlation_ppm = SIM_PERCENT(80)}},
    {.kind = SIM_IMPAIR_REORDER, .chance_ppm = SIM_PERCENT(10), .reorder = {3, SIM_MS(50)}},
    {.kind = SIM_IMPAIR_REORDER, .which = {.every = 5}, .reorder = {0, SIM_MS(3)}},
    {.kind = SIM_IMPAIR_HOLD, .which = {.every = 9}},
    {.kind = SIM_IMPAIR_BLOCK, .scope = {.connections_ppm = SIM_PERCENT(10)}},
    {.kind = SIM_IMPAIR_FLAP,
     .flap = {.up = {SIM_MS(20), SIM_MS(30), SIM_EXPONENTIAL, NULL, 0},
              .down = {.base_ns = SIM_MS(8)},
              .holds = true}},
    {.kind = SIM_IMPAIR_FLAP,
     .flap = {.up = {SIM_MS(50), SIM_MS(30), SIM_UNIFORM, NULL, 0}, .down = {.base_ns = SIM_MS(5)}}},
    {.kind = SIM_IMPAIR_MTU, .mtu = {1100, SIM_MTU_TOO_BIG}},
    {.kind = SIM_IMPAIR_CLEAR_URGENT},
};
enum { KINDS = sizeof kinds / sizeof kinds[0] };

static tcp_case c;

/* Adds, for some turns, impairments to random directions; each turn, bytes go both ways. */
static void transfer(uint64_t seed, char fingerprint[33])
{
    simp_stream draws;
    sim_stage *stages[STAGES] = {NULL};
    int sent[2] = {0}, got[2] = {0};
    fixture_set_seed(seed);
    simp_stream_init(&draws, seed, "test", "impairments");
    tcp_case_begin(&c);
    for (unsigned turn = 0; turn < TURNS; turn++) {
        sim_stage **slot = &stages[simp_stream_below(&draws, STAGES)];
        const sim_impairment *what = &kinds[simp_stream_below(&draws, KINDS)];
        uint64_t where = simp_stream_below(&draws, 3);
        sim_stage_remove(*slot);
        *slot = NULL;
        EXPECT_CODE(sim_link_add(c.pair.link,
                                 where == 0   ? NULL
                                 : where == 1 ? c.pair.a
                                              : c.pair.b,
                                 what, slot),
                    0);
        for (int end = 0; end < 2; end++) {
            int n = tcp_case_send(&c, end == 0, sent[end], CHUNK);
            sent[end] += n > 0 ? n : 0;
        }
        tcp_case_run(&c, simp_stream_below(&draws, 2 * S));
        for (int end = 0; end < 2; end++)
            got[end] += tcp_case_receive(&c, end != 0, got[end]);
    }
    for (unsigned i = 0; i < STAGES; i++)
        sim_stage_remove(stages[i]);
    for (unsigned wait = 0; wait < 20 && (got[0] < sent[0] || got[1] < sent[1]); wait++) {
        tcp_case_run(&c, 10 * S);
        for (int end = 0; end < 2; end++)
            got[end] += tcp_case_receive(&c, end != 0, got[end]);
    }
    expect_report(EXPECT_SITE(false), got[0] == sent[0] && got[1] == sent[1],
                  "seed %u: %d of %d and %d of %d bytes arrived", (unsigned)seed, got[0], sent[0], got[1],
                  sent[1]);
    EXPECT_TRUE(sent[0] > 0 && sent[1] > 0);
    sim_world_fingerprint_text(c.pair.world, fingerprint);
    fixture_world_destroy(c.pair.world);
}

static void streams_survive_all_impairments_and_repeat_themselves(void)
{
    uint64_t first = fixture_seed();
    for (uint64_t seed = first; seed < first + SEEDS; seed++) {
        char one[33], again[33];
        transfer(seed, one);
        transfer(seed, again);
        EXPECT_EQ_STR(again, one);
    }
    fixture_set_seed(first);
}

const test_case test_impairment_random[] = {TEST(streams_survive_all_impairments_and_repeat_themselves),
                                            TEST_END};
