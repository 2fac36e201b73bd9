/* SPDX-License-Identifier: MIT
 *
 * Stages that make more packets of one: copies of it, and copies of earlier ones.
 */
#include "simnet/link/pipeline.h"
#include "simnet/link/spread.h"

/* ---- duplicates ---- */

enum { COPIES_MAX = 100, DRAW_DELAY = 0, DRAW_OLD = 0 };

static int check_duplicate(const sim_link *link, const sim_impairment *what)
{
    const char *mistake = simp_spread_mistake(&what->duplicate.delay);
    if (mistake != NULL)
        return simp_link_refuse(link, "link %s: the delay of a duplicate makes no sense", mistake,
                                "see sim_spread: all zero is no delay");
    if (what->duplicate.copies < 0 || what->duplicate.copies > COPIES_MAX)
        return simp_link_refuse(link, "link %s: the number of copies is out of range",
                                "a packet is copied 1 to 100 times", "give copies, or 0 for 1");
    return 0;
}

/* Copy n draws as if it were packet n of its own. */
static uint64_t delay_of_copy(const simp_stage *stage, const simp_transit *transit, uint64_t n)
{
    simp_transit copy = *transit;
    copy.ordinal += n << SIMP_COPY_SHIFT;
    return simp_spread_at(&stage->what.duplicate.delay, simp_stage_draw(stage, &copy, DRAW_DELAY));
}

static simp_stage_result run_duplicate(simp_stage *stage, simp_transit *transit)
{
    sim_world *world = simp_stage_world(stage);
    uint64_t copies = stage->what.duplicate.copies == 0 ? 1 : (uint64_t)stage->what.duplicate.copies;
    for (uint64_t n = 1; n <= copies; n++)
        simp_pipeline_branch(stage, transit, simp_packet_copy(&world->arena, transit->packet),
                             delay_of_copy(stage, transit, n));
    transit->fate = SIM_FATE_DUPLICATED;
    return SIMP_HIT;
}

const simp_stage_kind simp_stage_duplicate = {.name = "duplicate",
                                              .position = SIMP_AT_COPIES,
                                              .may_be_script = true,
                                              .check = check_duplicate,
                                              .run = run_duplicate};

/* ---- replay ---- */

enum { REMEMBERED = 16 };

/* The last packets, a ring. */
typedef struct memory {
    sim_packet *packets[REMEMBERED];
    uint64_t at_ns[REMEMBERED];
    uint64_t count; /* that were put in */
} memory;

static int check_replay(const sim_link *link, const sim_impairment *what)
{
    if (what->replay.age_max_ns > 0)
        return 0;
    return simp_link_refuse(link, "link %s: a replay without age_max_ns",
                            "it is the age up to which packets are remembered", "set it, as SIM_S(10)");
}

static void forget_all(simp_stage *stage)
{
    memory *m = stage->state;
    for (unsigned i = 0; i < REMEMBERED; i++)
        simp_packet_free(&simp_stage_world(stage)->arena, m->packets[i]);
}

static void remember(simp_stage *stage, const simp_transit *transit)
{
    sim_world *world = simp_stage_world(stage);
    memory *m = stage->state;
    sim_packet *copy = simp_packet_copy(&world->arena, transit->packet);
    unsigned place = m->count % REMEMBERED;
    if (copy == NULL) {
        simp_out_of_memory(world);
        return;
    }
    simp_packet_free(&world->arena, m->packets[place]);
    m->packets[place] = copy;
    m->at_ns[place] = world->now_ns;
    m->count++;
}

/* How many of the newest are young enough; they were put in in order. */
static uint64_t count_young(const simp_stage *stage)
{
    const memory *m = stage->state;
    uint64_t now = simp_stage_world(stage)->now_ns, young = 0;
    while (young < REMEMBERED && young < m->count &&
           now - m->at_ns[(m->count - 1 - young) % REMEMBERED] <= (uint64_t)stage->what.replay.age_max_ns)
        young++;
    return young;
}

static simp_stage_result run_replay(simp_stage *stage, simp_transit *transit)
{
    const memory *m = stage->state;
    uint64_t young = count_young(stage);
    if (young == 0)
        return SIMP_PASS;
    uint64_t back = simp_share_of(simp_stage_draw(stage, transit, DRAW_OLD), young);
    const sim_packet *old = m->packets[(m->count - 1 - back) % REMEMBERED];
    simp_pipeline_branch(stage, transit, simp_packet_copy(&simp_stage_world(stage)->arena, old), 0);
    transit->fate = SIM_FATE_REPLAYED;
    return SIMP_HIT;
}

const simp_stage_kind simp_stage_replay = {.name = "replay",
                                           .position = SIMP_AT_COPIES,
                                           .state_size = sizeof(memory),
                                           .check = check_replay,
                                           .end = forget_all,
                                           .run = run_replay,
                                           .pass = remember};
