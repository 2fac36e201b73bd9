/* SPDX-License-Identifier: MIT
 *
 * What goes wrong with a packet that is about to arrive.
 */
#include "simnet/explore/trouble.h"
#include "simnet/host/host.h"
#include "simnet/packet/wire.h"
#include "simnet/transport/tcp.h"

static bool is_touched(const simp_trouble *t, uint64_t id)
{
    unsigned i = 0;
    while (i < t->touched_count && t->touched[i] != id)
        i++;
    return i < t->touched_count || t->touched_count == SIMP_TROUBLE_TOUCHED;
}

static void touch(simp_trouble *t, const sim_packet *packet) { t->touched[t->touched_count++] = packet->id; }

static void lose(sim_world *world, sim_packet *packet)
{
    simp_report_lost(world, packet, SIM_FATE_LOST);
    simp_packet_free(&world->arena, packet);
}

/* The last bit of it. */
static void corrupt(sim_world *world, sim_packet *packet)
{
    uint32_t bit = simp_packet_size(packet) * 8 - 1;
    if (simp_packet_flip_bits(&world->arena, packet, &bit, 1, false) != 0)
        simp_out_of_memory(world);
}

static void duplicate(sim_world *world, simp_path *path, const sim_packet *packet)
{
    sim_packet *copy = simp_packet_copy(&world->arena, packet);
    if (copy == NULL)
        simp_out_of_memory(world);
    else
        simp_path_follow(path, copy);
}

/* The connection that it belongs to at its receiver; NULL: none that could be reset. */
static simp_tcp *connection_of(const sim_world *world, const sim_packet *packet)
{
    if (!simp_packet_has_tcp(packet) || packet->raw != NULL || packet->to == NULL ||
        (packet->tcp.flags & (SIMP_RST | SIMP_SYN)) != 0)
        return NULL;
    simp_tcp_key key = simp_tcp_key_at(packet->to->host, packet);
    simp_tcp *tcp = simp_tcp_find(world, &key);
    return tcp != NULL && simp_tcp_is_synchronised(tcp) && tcp->state != SIMP_TCP_CLOSED ? tcp : NULL;
}

static bool resets(simp_trouble *t, sim_world *world, const sim_packet *packet)
{
    simp_tcp *tcp = connection_of(world, packet);
    if (tcp == NULL || simp_trouble_ask(t, world, SIM_MAY_RESET, 2) == 0)
        return false;
    simp_tcp_send_reset(tcp);
    simp_tcp_fail(tcp, WSAECONNRESET);
    return true;
}

static bool puts_aside(simp_trouble *t, sim_world *world, simp_path *path)
{
    uint32_t value = simp_trouble_ask(t, world, SIM_MAY_DELAY, 3);
    if (value == 0)
        return false;
    uint64_t at_ns = world->now_ns + simp_trouble_time(t, value);
    sim_packet *packet = simp_path_take_head(path);
    touch(t, packet);
    simp_path_return(path, packet, at_ns);
    t->until_ns = at_ns > t->until_ns ? at_ns : t->until_ns;
    return true;
}

bool simp_trouble_arrives(simp_trouble *t, sim_world *world, simp_path *path)
{
    sim_packet *packet = path->flight;
    if (path->from->link == NULL || is_touched(t, packet->id))
        return true;
    if (simp_trouble_ask(t, world, SIM_MAY_DROP, 2) != 0 || resets(t, world, packet)) {
        lose(world, simp_path_take_head(path));
        return false;
    }
    if (puts_aside(t, world, path))
        return false;
    if (simp_trouble_ask(t, world, SIM_MAY_CORRUPT, 2) != 0) {
        touch(t, packet);
        corrupt(world, packet);
    } else if (simp_trouble_ask(t, world, SIM_MAY_DUPLICATE, 2) != 0) {
        touch(t, packet);
        duplicate(world, path, packet);
    }
    return true;
}
