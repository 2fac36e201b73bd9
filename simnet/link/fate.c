/* SPDX-License-Identifier: MIT
 *
 * What became of packets, in words, and to whom it is told.
 */
#include "simnet/world/world.h"

#include "simnet/packet/packet.h"

static const struct {
    const char *word;
    bool is_lost;
} fates[SIM_FATE_COUNT] = {
    [SIM_FATE_SENT] = {"sent", false},
    [SIM_FATE_LOST] = {"lost", true},
    [SIM_FATE_OVERFLOWED] = {"overflowed", true},
    [SIM_FATE_SCRIPTED] = {"dropped", true},
    [SIM_FATE_DUPLICATED] = {"twice", false},
    [SIM_FATE_REORDERED] = {"late", false},
    [SIM_FATE_PARTITIONED] = {"cut off", true},
    [SIM_FATE_DOWN] = {"link down", true},
    [SIM_FATE_TOO_BIG] = {"too big", true},
    [SIM_FATE_CORRUPTED] = {"corrupted", false},
    [SIM_FATE_CHANGED] = {"changed", false},
    [SIM_FATE_FORGED] = {"forged", false},
    [SIM_FATE_MARKED] = {"marked", false},
    [SIM_FATE_REPLAYED] = {"with an old one", false},
    [SIM_FATE_HELD] = {"held", false},
};

bool sim_fate_is_lost(sim_fate fate) { return (unsigned)fate < SIM_FATE_COUNT && fates[fate].is_lost; }

const char *sim_fate_word(sim_fate fate)
{
    return (unsigned)fate < SIM_FATE_COUNT ? fates[fate].word : "unknown";
}

void simp_report_lost(sim_world *world, const sim_packet *packet, sim_fate fate)
{
    simp_record_event(world, SIMP_RECORD_FATE, (uint64_t)fate, packet->id);
    for (sim_observer *at = world->observers; at != NULL; at = at->next) {
        if (at->on_lost != NULL)
            at->on_lost(at, world, packet, fate);
    }
}
