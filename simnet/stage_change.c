/* SPDX-License-Identifier: MIT
 *
 * Stages that change what a packet says, as middleboxes do.
 */
#include "simnet/stage.h"

static simp_stage_result run_clear_urgent(simp_stage *stage, simp_transit *transit)
{
    sim_packet *packet = transit->packet;
    (void)stage;
    if (packet->protocol != IPPROTO_TCP || packet->fragment_offset != 0 || packet->raw != NULL ||
        (packet->tcp.flags & SIMP_URG) == 0)
        return SIMP_PASS;
    packet->tcp.flags &= (uint8_t)~SIMP_URG;
    packet->tcp.urgent = 0;
    transit->fate = SIM_FATE_CHANGED;
    return SIMP_HIT;
}

const simp_stage_kind simp_stage_clear_urgent = {
    .name = "clear urgent", .position = SIMP_AT_CORRUPTION, .run = run_clear_urgent};
