/* SPDX-License-Identifier: MIT
 *
 * Which packets a stage concerns: its window of time, its scope, the packets it addresses, and its chance.
 */
#include "simnet/link/stage.h"

#include "simnet/link/pipeline.h"

/* ---- scope ---- */

sim_packet_view simp_stage_view(const simp_transit *transit)
{
    const sim_packet *packet = transit->packet;
    sim_packet_view view = {.ordinal = transit->ordinal,
                            .protocol = packet->protocol,
                            .source_port = packet->source_port,
                            .destination_port = packet->destination_port,
                            .payload_len = packet->length,
                            .connection = transit->connection,
                            .traffic_class = packet->traffic_class};
    if (simp_packet_has_tcp(packet)) {
        view.seq = packet->tcp.seq;
        view.ack = packet->tcp.ack;
        view.tcp_flags = packet->tcp.flags;
    }
    return view;
}

static bool is_tcp_kind(sim_packet_kind kind, const sim_packet *packet)
{
    unsigned flags = packet->tcp.flags, ends = SIMP_SYN | SIMP_FIN | SIMP_RST;
    switch (kind) {
    case SIM_PACKET_SYN: return (flags & (SIMP_SYN | SIMP_ACK)) == SIMP_SYN;
    case SIM_PACKET_SYN_ACK: return (flags & (SIMP_SYN | SIMP_ACK)) == (SIMP_SYN | SIMP_ACK);
    case SIM_PACKET_DATA: return packet->length > 0;
    case SIM_PACKET_ACK: return (flags & (ends | SIMP_ACK)) == SIMP_ACK && packet->length == 0;
    case SIM_PACKET_FIN: return (flags & SIMP_FIN) != 0;
    case SIM_PACKET_RST: return (flags & SIMP_RST) != 0;
    case SIM_PACKET_URGENT: return (flags & SIMP_URG) != 0;
    default: return false;
    }
}

static bool is_kind(sim_packet_kind kind, const sim_packet *packet)
{
    switch (kind) {
    case SIM_PACKET_ANY: return true;
    case SIM_PACKET_UDP: return packet->protocol == IPPROTO_UDP;
    case SIM_PACKET_ICMP: return packet->protocol == IPPROTO_ICMP || packet->protocol == IPPROTO_ICMPV6;
    case SIM_PACKET_FRAGMENT: return packet->more_fragments || packet->fragment_offset != 0;
    default: return simp_packet_has_tcp(packet) && is_tcp_kind(kind, packet);
    }
}

static bool is_addressed(const simp_stage *stage, const sim_packet *packet)
{
    return (stage->source_bits == 0 || simp_ip_match(stage->source, packet->source, stage->source_bits)) &&
           (stage->destination_bits == 0 ||
            simp_ip_match(stage->destination, packet->destination, stage->destination_bits));
}

static bool has_ports(const sim_scope *scope, const sim_packet *packet)
{
    if (scope->source_port == 0 && scope->destination_port == 0)
        return true;
    bool has_udp = packet->protocol == IPPROTO_UDP && !packet->from_bytes;
    return (has_udp || simp_packet_has_tcp(packet)) &&
           (scope->source_port == 0 || scope->source_port == packet->source_port) &&
           (scope->destination_port == 0 || scope->destination_port == packet->destination_port);
}

static bool has_flags(const sim_scope *scope, const sim_packet *packet)
{
    if (scope->flags_set == 0 && scope->flags_clear == 0)
        return true;
    return simp_packet_has_tcp(packet) && (packet->tcp.flags & scope->flags_set) == scope->flags_set &&
           (packet->tcp.flags & scope->flags_clear) == 0;
}

/* Each connection's lot is a choice, numbered by the connection; drawn once, and the same ever after. */
static bool is_chosen_connection(simp_stage *stage, uint32_t connection)
{
    simp_stream lots = stage->chances->lots.stream;
    uint64_t odds = simp_odds_of_ppm(stage->what.scope.connections_ppm);
    if (connection == 0)
        return false;
    lots.counter = connection - 1;
    bool chosen = simp_has_luck(simp_stream_next(&lots), odds);
    if (connection > stage->connections_decided) {
        stage->connections_decided = connection;
        simp_note_outcome(simp_stage_world(stage), &stage->chances->lots, connection, chosen);
    }
    return chosen;
}

static bool has_connection(simp_stage *stage, uint32_t connection)
{
    const sim_scope *scope = &stage->what.scope;
    return (scope->connection == 0 || scope->connection == connection) &&
           (scope->connections_ppm == 0 || is_chosen_connection(stage, connection));
}

bool simp_stage_has_in_scope(simp_stage *stage, const simp_transit *transit)
{
    const sim_scope *scope = &stage->what.scope;
    const sim_packet *packet = transit->packet;
    if ((scope->protocol != 0 && scope->protocol != packet->protocol) || !is_kind(scope->kind, packet) ||
        !is_addressed(stage, packet) || !has_ports(scope, packet) || !has_flags(scope, packet) ||
        !has_connection(stage, transit->connection))
        return false;
    if (scope->predicate == NULL)
        return true;
    sim_packet_view view = simp_stage_view(transit);
    return scope->predicate(scope->context, &view);
}

/* ---- the packets it addresses ---- */

bool simp_which_is_given(const sim_which *which)
{
    return which->nth != 0 || which->every != 0 || which->mask != 0 || which->list_len != 0;
}

static bool is_listed(const sim_which *which, uint64_t number)
{
    size_t low = 0, high = which->list_len;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (which->list[middle] < number)
            low = middle + 1;
        else
            high = middle;
    }
    return low < which->list_len && which->list[low] == number;
}

static bool is_named(const sim_which *which, uint64_t number)
{
    return (which->nth == 0 || which->nth == number) && (which->every == 0 || number % which->every == 0) &&
           (which->mask == 0 || (which->mask >> (number - 1) % 64 & 1) != 0) &&
           (which->list_len == 0 || is_listed(which, number));
}

/* ---- together ---- */

uint64_t simp_odds_of_ppm(int64_t ppm)
{
    /* ceil(2^64 * ppm / 10^6), in two steps of 32 bits */
    const uint64_t million = 1000000;
    if (ppm >= (int64_t)million)
        return UINT64_MAX;
    uint64_t high = ((uint64_t)ppm << 32) / million, rest = ((uint64_t)ppm << 32) % million;
    return (high << 32) + ((rest << 32) + million - 1) / million;
}

uint64_t simp_stage_draw(const simp_stage *stage, const simp_transit *transit, unsigned index)
{
    simp_stream draws = stage->chances->draws;
    draws.counter = transit->ordinal * SIMP_DRAWS + index;
    return simp_stream_next(&draws);
}

bool simp_stage_is_active(const simp_stage *stage)
{
    uint64_t now = simp_stage_world(stage)->now_ns;
    return now >= stage->what.from_ns && (stage->what.until_ns == 0 || now < stage->what.until_ns);
}

bool simp_stage_concerns(simp_stage *stage, const simp_transit *transit)
{
    const sim_which *which = &stage->what.which;
    if (!simp_stage_is_active(stage) || !simp_stage_has_in_scope(stage, transit))
        return false;
    stage->seen++;
    if (!is_named(which, stage->seen) || (which->hits_max != 0 && stage->hit >= which->hits_max))
        return false;
    return stage->what.chance_ppm == 0 ||
           simp_choose_odds(simp_stage_world(stage), &stage->chances->site, transit->ordinal, stage->odds);
}
