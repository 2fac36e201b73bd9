/* SPDX-License-Identifier: MIT
 *
 * Stages that answer in the name of others: forged resets, and a bottleneck that speaks ICMP.
 */
#include "simnet/link/connections.h"
#include "simnet/ip/fragment.h"
#include "simnet/ip/ip.h"
#include "simnet/link/keeper.h"
#include "simnet/link/pipeline.h"

enum { TTL_FORGED = 64, TCP_HEADER = 20, MTU_MIN = 68 };

/* ---- resets ---- */

typedef struct forgery {
    simp_interface *from, *to; /* between which it flies */
    simp_ip source, destination;
    uint16_t source_port, destination_port;
    uint32_t seq, ack;
} forgery;

static void strip_to_reset(sim_packet *packet, uint32_t seq, uint32_t ack, bool has_ack)
{
    packet->tcp = (simp_tcp_header){.seq = seq,
                                    .ack = ack,
                                    .scale = SIMP_NO_SCALE,
                                    .flags = (uint8_t)(SIMP_RST | (has_ack ? SIMP_ACK : 0))};
    packet->length = packet->offset = 0;
    packet->ip_payload_len = TCP_HEADER;
}

/* Flies from one end of the link to the other, past all stages. */
static void forge(const forgery *f)
{
    sim_host *host = f->from->host;
    sim_world *world = host->world;
    sim_packet *packet = simp_packet_create(&world->arena);
    if (packet == NULL) {
        simp_out_of_memory(world);
        return;
    }
    packet->id = ++world->packet_count;
    packet->sent_ns = world->now_ns;
    packet->origin = SIMP_OUTSIDE;
    packet->originated = true;
    packet->source = f->source;
    packet->destination = f->destination;
    packet->source_port = f->source_port;
    packet->destination_port = f->destination_port;
    packet->protocol = IPPROTO_TCP;
    packet->ttl = TTL_FORGED;
    packet->source_host = (uint16_t)host->index;
    packet->next_host = (uint16_t)f->to->host->index;
    packet->next_hop = f->to->addresses->ip;
    strip_to_reset(packet, f->seq, f->ack, true);
    simp_transit transit = {.packet = packet, .arrive_ns = world->now_ns + f->from->path.latency_ns};
    f->from->path.pipeline->fates[SIM_FATE_FORGED]++;
    simp_path_report(&f->from->path, packet, SIM_FATE_FORGED);
    simp_path_take_off(&f->from->path, &transit);
}

static uint32_t end_of(const sim_packet *p)
{
    return p->tcp.seq + p->length + ((p->tcp.flags & SIMP_SYN) != 0 ? 1 : 0) +
           ((p->tcp.flags & SIMP_FIN) != 0 ? 1 : 0);
}

/* In the name of who it was for: with the number expected next, or as a refusal. */
static void reset_sender(simp_stage *stage, const sim_packet *p)
{
    simp_interface *near = stage->path->from, *far = simp_link_far_end(near, p);
    if (far == NULL || near->addresses == NULL || simp_pipeline_ensure(&far->path) != 0)
        return;
    forge(&(forgery){.from = far,
                     .to = near,
                     .source = p->destination,
                     .destination = p->source,
                     .source_port = p->destination_port,
                     .destination_port = p->source_port,
                     .seq = (p->tcp.flags & SIMP_ACK) != 0 ? p->tcp.ack : 0,
                     .ack = end_of(p)});
}

/* In its sender's name, in its place. */
static void reset_receiver(simp_stage *stage, simp_transit *transit)
{
    sim_packet *packet = transit->packet;
    simp_block_release(&simp_stage_world(stage)->arena, packet->block);
    packet->block = NULL;
    strip_to_reset(packet, packet->tcp.seq, packet->tcp.ack, (packet->tcp.flags & SIMP_ACK) != 0);
    transit->size = simp_packet_size(packet);
}

static simp_stage_result run_reset(simp_stage *stage, simp_transit *transit)
{
    const sim_packet *packet = transit->packet;
    sim_reset_toward toward = stage->what.reset.toward;
    if (!simp_packet_has_tcp(packet) || (packet->tcp.flags & SIMP_RST) != 0)
        return SIMP_PASS;
    if (toward != SIM_RESET_RECEIVER)
        reset_sender(stage, packet);
    if (toward != SIM_RESET_SENDER) {
        reset_receiver(stage, transit);
        transit->fate = SIM_FATE_FORGED;
    }
    return SIMP_HIT;
}

static int check_reset(const sim_link *link, const sim_impairment *what)
{
    if ((unsigned)what->reset.toward > SIM_RESET_SENDER)
        return simp_link_refuse(link, "link %s: a reset goes nowhere", "toward is none of sim_reset_toward",
                                "give SIM_RESET_BOTH, or 0");
    return 0;
}

const simp_stage_kind simp_stage_reset = {
    .name = "reset", .position = SIMP_AT_SCRIPT, .check = check_reset, .run = run_reset};

int sim_link_reset_connection(sim_link *link, uint32_t connection, sim_reset_toward toward)
{
    const simp_seen_connection *seen = simp_connections_at(link, connection);
    if (seen == NULL || seen->ends[0].interface == NULL || seen->ends[1].interface == NULL)
        return simp_link_refuse(link, "link %s: a reset of a connection that it does not know",
                                "connections are counted from the first sim_link_count_connections on, and "
                                "both ends must have sent something",
                                "call sim_link_count_connections before the first SYN");
    for (unsigned i = 0; i < 2; i++) {
        const simp_seen_end *to = &seen->ends[i], *from = &seen->ends[1 - i];
        if (toward == (i == 0 ? SIM_RESET_RECEIVER : SIM_RESET_SENDER) || to->interface->addresses == NULL)
            continue;
        forge(&(forgery){.from = from->interface,
                         .to = to->interface,
                         .source = from->ip,
                         .destination = to->ip,
                         .source_port = from->port,
                         .destination_port = to->port,
                         .seq = from->next_seq,
                         .ack = to->next_seq});
    }
    return 0;
}

/* ---- the bottleneck ---- */

static bool may_fragment(const sim_packet *packet)
{
    return !packet->dont_fragment && simp_ip_is_v4(packet->destination) && !packet->more_fragments &&
           packet->fragment_offset == 0;
}

static void answer(simp_stage *stage, sim_packet *packet)
{
    simp_interface *from = stage->path->from, *far = simp_link_far_end(from, packet);
    uint32_t mtu = (uint32_t)stage->what.mtu.bytes;
    sim_world *world = simp_stage_world(stage);
    if (stage->what.mtu.answer == SIM_MTU_FRAGMENT && may_fragment(packet)) {
        simp_next_hop next = {.interface = from, .hop = packet->next_hop, .mtu = mtu};
        if (simp_fragment_output(from->host, packet, &next) != 0)
            simp_out_of_memory(world);
        return;
    }
    if (far != NULL)
        simp_icmp_send_error(far->host, packet, SIMP_ICMP_TOO_BIG, mtu);
    simp_packet_free(&world->arena, packet);
}

static void answer_due(simp_keeper *keeper, uint64_t now)
{
    while (keeper->first != NULL && keeper->first->due <= now) {
        simp_kept kept;
        simp_keeper_take(keeper, &keeper->first, &kept);
        answer(keeper->stage, kept.transit.packet);
    }
    if (keeper->first != NULL)
        simp_keeper_wake_at(keeper, keeper->first->due);
}

static void on_due(sim_world *world, simp_event *event) { answer_due(simp_keeper_of(event), world->now_ns); }

static int check_mtu(const sim_link *link, const sim_impairment *what)
{
    if (what->mtu.bytes < MTU_MIN || what->mtu.bytes >= link->options.mtu)
        return simp_link_refuse(
            link, "link %s: the mtu of a bottleneck is out of range",
            "IP passes 68 bytes everywhere (RFC 791), and what is longer than the link's own "
            "mtu is never sent",
            "give at least 68, and less than the mtu of the link");
    if ((unsigned)what->mtu.answer > SIM_MTU_FRAGMENT)
        return simp_link_refuse(link, "link %s: the answer of a bottleneck is unknown",
                                "it is none of sim_mtu_answer", "give SIM_MTU_BLACK_HOLE, or 0");
    return 0;
}

static int begin_mtu(simp_stage *stage) { return simp_keeper_init(stage->state, stage, on_due); }

static void end_mtu(simp_stage *stage)
{
    answer_due(stage->state, UINT64_MAX);
    simp_keeper_fini(stage->state);
}

/* Fragments leave at once; ICMP comes from the far end, when the packet would be there. */
static simp_stage_result run_mtu(simp_stage *stage, simp_transit *transit)
{
    simp_keeper *keeper = stage->state;
    sim_mtu_answer way = stage->what.mtu.answer;
    uint64_t now = simp_stage_world(stage)->now_ns;
    bool fragments = way == SIM_MTU_FRAGMENT && may_fragment(transit->packet);
    if (transit->size <= (uint64_t)stage->what.mtu.bytes)
        return SIMP_PASS;
    transit->fate = fragments ? SIM_FATE_CHANGED : SIM_FATE_TOO_BIG;
    if (way == SIM_MTU_BLACK_HOLE)
        return SIMP_DROP;
    simp_stage_result result = simp_keeper_add(keeper, transit,
                                               fragments ? now : now + stage->path->latency_ns);
    simp_keeper_wake_at(keeper, keeper->first->due);
    return result;
}

const simp_stage_kind simp_stage_mtu = {.name = "mtu",
                                        .position = SIMP_AT_MTU,
                                        .state_size = sizeof(simp_keeper),
                                        .check = check_mtu,
                                        .begin = begin_mtu,
                                        .end = end_mtu,
                                        .run = run_mtu};
