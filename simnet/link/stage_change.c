/* SPDX-License-Identifier: MIT
 *
 * Stages that change what a packet says: bits that turn over, and a middlebox that knows better.
 */
#include "simnet/link/stage.h"
#include "simnet/packet/wire.h"

/* ---- corruption ---- */

enum { BITS_MAX = 64 };

static int check_corrupt(const sim_link *link, const sim_impairment *what)
{
    if (what->corrupt.bits < 0 || what->corrupt.bits > BITS_MAX)
        return simp_link_refuse(link, "link %s: the number of bits to corrupt is out of range",
                                "1 to 64 bits of a packet are turned over", "give bits, or 0 for 1");
    if ((unsigned)what->corrupt.where > SIM_CORRUPT_PAYLOAD)
        return simp_link_refuse(link, "link %s: the place of corruption is unknown",
                                "where is none of sim_corrupt_where", "give SIM_CORRUPT_ANYWHERE, or 0");
    return 0;
}

/* The octets [from, to) that may be hit. */
static void find_part(const sim_packet *packet, sim_corrupt_where where, uint32_t *from, uint32_t *to)
{
    simp_packet_parts parts = simp_packet_parts_of(packet);
    *from = where == SIM_CORRUPT_PAYLOAD            ? parts.payload
            : where == SIM_CORRUPT_TRANSPORT_HEADER ? parts.transport
                                                    : 0;
    *to = where == SIM_CORRUPT_IP_HEADER          ? parts.transport
          : where == SIM_CORRUPT_TRANSPORT_HEADER ? parts.payload
                                                  : parts.size;
}

static simp_stage_result run_corrupt(simp_stage *stage, simp_transit *transit)
{
    sim_world *world = simp_stage_world(stage);
    const sim_corrupt *corrupt = &stage->what.corrupt;
    uint32_t from, to, bits[BITS_MAX];
    size_t count = corrupt->bits == 0 ? 1 : (size_t)corrupt->bits;
    find_part(transit->packet, corrupt->where, &from, &to);
    if (from >= to)
        return SIMP_PASS;
    simp_stream places = {.key = simp_stage_draw(stage, transit, 0)};
    for (size_t i = 0; i < count; i++)
        bits[i] = from * 8 + (uint32_t)simp_stream_below(&places, (uint64_t)(to - from) * 8);
    if (simp_packet_flip_bits(&world->arena, transit->packet, bits, count, corrupt->mends_checksums) != 0) {
        simp_out_of_memory(world);
        return SIMP_PASS;
    }
    transit->fate = SIM_FATE_CORRUPTED;
    return SIMP_HIT;
}

const simp_stage_kind simp_stage_corrupt = {.name = "corrupt",
                                            .position = SIMP_AT_CORRUPTION,
                                            .may_be_script = true,
                                            .check = check_corrupt,
                                            .run = run_corrupt};

/* ---- urgent data ---- */

static simp_stage_result run_clear_urgent(simp_stage *stage, simp_transit *transit)
{
    sim_packet *packet = transit->packet;
    (void)stage;
    if (!simp_packet_has_tcp(packet) || packet->raw != NULL || (packet->tcp.flags & SIMP_URG) == 0)
        return SIMP_PASS;
    packet->tcp.flags &= (uint8_t)~SIMP_URG;
    packet->tcp.urgent = 0;
    transit->fate = SIM_FATE_CHANGED;
    return SIMP_HIT;
}

const simp_stage_kind simp_stage_clear_urgent = {
    .name = "clear urgent", .position = SIMP_AT_CORRUPTION, .run = run_clear_urgent};
