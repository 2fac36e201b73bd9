/* SPDX-License-Identifier: MIT
 *
 * Keeps the newest rows of what happens in a world.  See ladder.h for the invariants.
 */
#include "pcap/ladder.h"

#include <string.h>

#define ROWS_DEFAULT 200u

static capp_row *add_row(cap_ladder *ladder, capp_row_kind kind, const sim_host *host)
{
    capp_row *row = &ladder->rows[ladder->row_count % ladder->rows_max];
    ladder->row_count++;
    memset(row, 0, sizeof *row);
    row->kind = kind;
    row->at_ns = sim_world_now(ladder->world);
    row->host = host;
    return row;
}

static void on_sent(sim_observer *observer, const sim_world *world, const sim_packet *packet,
                    const sim_host *from, sim_fate fate)
{
    capp_row *row = add_row((cap_ladder *)observer, CAPP_ROW_SENT, from);
    capp_packet_row *kept = &row->packet;
    (void)world;
    kept->id = packet->id;
    kept->source = packet->source;
    kept->destination = packet->destination;
    kept->next_host = packet->next_host;
    kept->fate = fate;
    kept->protocol = packet->protocol;
    kept->is_fragment = packet->more_fragments || packet->fragment_offset != 0;
    kept->fragment_offset = packet->fragment_offset;
    kept->length = packet->length;
    if (packet->protocol == IPPROTO_TCP) {
        kept->flags = packet->tcp.flags;
        kept->window = packet->tcp.window;
    } else if (packet->protocol != IPPROTO_UDP) {
        kept->icmp_kind = packet->icmp.kind;
    }
}

/* The row of the packet's departure, the newest if there are several; NULL when the ring has lost it.
 * Packets under way were sent lately, so that the way back is short. */
static capp_row *find_sent(cap_ladder *ladder, uint64_t id)
{
    unsigned len = capp_ladder_len(ladder);
    for (unsigned back = 1; back <= len; back++) {
        capp_row *row = &ladder->rows[(ladder->row_count - back) % ladder->rows_max];
        if (row->kind == CAPP_ROW_SENT && row->packet.id == id)
            return row;
    }
    return NULL;
}

static void on_arrived(sim_observer *observer, const sim_world *world, const sim_packet *packet,
                       const sim_host *at)
{
    cap_ladder *ladder = (cap_ladder *)observer;
    capp_row *sent = find_sent(ladder, packet->id);
    (void)world;
    if (sent == NULL)
        return; /* half an arrow, from nobody, would only puzzle */
    const capp_row *newest = &ladder->rows[(ladder->row_count - 1) % ladder->rows_max];
    bool is_next = sent == newest && !sent->packet.has_arrived;
    capp_packet_row kept = sent->packet;
    const sim_host *from = sent->host;
    sent->packet.has_arrived = true;
    sent->packet.arrives_next = sent->packet.arrives_next || is_next;
    if (sent->peer == NULL)
        sent->peer = at;
    if (is_next)
        return;
    capp_row *row = add_row(ladder, CAPP_ROW_ARRIVED, at); /* may take the place of the row of departure */
    row->peer = from;
    row->packet = kept;
}

/* Too late for the row of its departure to be moved, but not to say so. */
static void on_lost(sim_observer *observer, const sim_world *world, const sim_packet *packet, sim_fate fate)
{
    capp_row *sent = find_sent((cap_ladder *)observer, packet->id);
    (void)world;
    if (sent != NULL && !sent->packet.has_arrived)
        sent->packet.fate = fate;
}

/* A loop of equal calls is one row. */
static bool repeats_newest(cap_ladder *ladder, const sim_host *host, const capp_step_row *step)
{
    if (ladder->row_count == 0)
        return false;
    capp_row *newest = &ladder->rows[(ladder->row_count - 1) % ladder->rows_max];
    const capp_step_row *last = &newest->step;
    bool same = newest->kind == CAPP_ROW_CALL && newest->host == host &&
                newest->at_ns == sim_world_now(ladder->world) && last->handle == step->handle &&
                last->name == step->name && last->result == step->result && last->error == step->error &&
                last->depth == step->depth;
    if (same)
        newest->step.times++;
    return same;
}

static void on_step(sim_observer *observer, const sim_world *world, const cas_observation *what)
{
    cap_ladder *ladder = (cap_ladder *)observer;
    const sim_host *host = sim_host_of(what->thread);
    (void)world;
    if (what->step == CAS_STEP_RETURN && ladder->depth > 0)
        ladder->depth--;
    if ((what->step != CAS_STEP_CALL && what->step != CAS_STEP_DISPATCH) || host == NULL)
        return;
    bool is_call = what->step == CAS_STEP_CALL;
    capp_step_row step = {what->handle, what->name, what->result, what->error, ladder->depth, 1};
    if (is_call && repeats_newest(ladder, host, &step))
        return;
    add_row(ladder, is_call ? CAPP_ROW_CALL : CAPP_ROW_CALLBACK, host)->step = step;
    if (!is_call)
        ladder->depth++;
}

int cap_ladder_open(sim_world *world, unsigned rows_max, cap_ladder **out)
{
    size_t rows = rows_max != 0 ? rows_max : ROWS_DEFAULT;
    if (rows > (SIZE_MAX - sizeof(cap_ladder)) / sizeof(capp_row))
        return WSAENOBUFS;
    size_t size = sizeof(cap_ladder) + rows * sizeof(capp_row);
    cap_ladder *ladder = cas_alloc(cas_allocator_system(), size);
    if (ladder == NULL)
        return WSAENOBUFS;
    *ladder = (cap_ladder){
        .observer = {.on_sent = on_sent, .on_arrived = on_arrived, .on_step = on_step, .on_lost = on_lost},
        .world = world,
        .size = size,
        .rows_max = (unsigned)rows};
    sim_world_add_observer(world, &ladder->observer);
    *out = ladder;
    return 0;
}

void cap_ladder_close(cap_ladder *ladder)
{
    if (ladder == NULL)
        return;
    sim_world_remove_observer(ladder->world, &ladder->observer);
    cas_free(cas_allocator_system(), ladder, ladder->size);
}
