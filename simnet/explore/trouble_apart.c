/* SPDX-License-Identifier: MIT
 *
 * Hosts that do not hear one another for a while, beginning with a packet that arrives.
 */
#include <stdio.h>
#include <string.h>

#include "simnet/explore/trouble.h"
#include "simnet/host/host.h"
#include "simnet/link/partition.h"

enum { NAMES_MAX = SIMP_TROUBLE_HOSTS * 70 };

static void heal(void *partition) { sim_partition_heal(partition); }

static unsigned host_count(const sim_world *world)
{
    return world->host_count < SIMP_TROUBLE_HOSTS ? world->host_count : SIMP_TROUBLE_HOSTS;
}

/* The names of the hosts with a bit in mask. */
static void list(const sim_world *world, uint32_t mask, char text[NAMES_MAX])
{
    size_t used = 0;
    text[0] = '\0';
    for (unsigned i = 0; i < host_count(world); i++) {
        if ((mask >> i & 1) != 0)
            used += (size_t)snprintf(text + used, NAMES_MAX - used, " %s", world->hosts[i]->name);
    }
}

/* A partition that was made, or error. */
static void begin(simp_trouble *t, sim_world *world, sim_partition *partition, int error, uint64_t ns)
{
    if (error != 0) {
        simp_out_of_memory(world);
        return;
    }
    simp_trouble_mend_after(t, world, ns, heal, partition);
}

static char *name_next(simp_trouble *t, char name[24])
{
    snprintf(name, 24, "search %lu", (unsigned long)++t->partitions);
    return name;
}

/* ---- two hosts ---- */

static void clogs(simp_trouble *t, sim_world *world, const simp_path *path)
{
    const sim_packet *packet = path->flight;
    if (packet->to == NULL || packet->origin >= world->host_count)
        return;
    const sim_host *from = world->hosts[packet->origin], *to = packet->to->host;
    uint32_t value = from == to || simp_partition_is_between(world, from, to)
                         ? 0
                         : simp_trouble_ask(t, world, SIM_MAY_CLOG, SIMP_TROUBLE_CLOG_MAX + 1);
    if (value == 0)
        return;
    char name[24];
    sim_partition *made;
    int error = sim_partition_one_way(world, name_next(t, name), from->name, to->name,
                                      &(sim_partition_options){.hold = true}, &made);
    begin(t, world, made, error, t->model.short_ns << (value - 1));
}

/* ---- all of them ---- */

static void separate(simp_trouble *t, sim_world *world, uint32_t one, uint32_t other)
{
    char left[NAMES_MAX], right[NAMES_MAX], groups[2 * NAMES_MAX + 4], name[24];
    sim_partition *made;
    list(world, one, left);
    list(world, other, right);
    snprintf(groups, sizeof groups, "%s |%s", left, right);
    int error = sim_partition_groups(world, name_next(t, name), groups, NULL, &made);
    begin(t, world, made, error, t->model.long_ns);
}

static void silence(simp_trouble *t, sim_world *world, uint32_t speakers, uint32_t hearers)
{
    char from[NAMES_MAX], to[NAMES_MAX], name[24];
    sim_partition *made;
    list(world, speakers, from);
    list(world, hearers, to);
    int error = sim_partition_one_way(world, name_next(t, name), from, to, NULL, &made);
    begin(t, world, made, error, t->model.long_ns);
}

/* The first half of the hosts but the bridge, and the rest. */
static uint32_t half_without(unsigned count, unsigned bridge)
{
    uint32_t half = 0;
    unsigned left = (count - 1) / 2;
    for (unsigned i = 0; i < count && left > 0; i++) {
        if (i == bridge)
            continue;
        half |= UINT32_C(1) << i;
        left--;
    }
    return half;
}

/* True: one began. */
static bool divides(simp_trouble *t, sim_world *world, unsigned count)
{
    uint32_t all = (UINT32_C(1) << count) - 1;
    uint32_t value = simp_trouble_ask(t, world, SIM_MAY_SPLIT, UINT32_C(1) << (count - 1));
    if (value != 0) {
        separate(t, world, all & ~(value << 1), value << 1);
        return true;
    }
    value = simp_trouble_ask(t, world, SIM_MAY_ONE_WAY, all);
    if (value != 0) {
        silence(t, world, value, all & ~value);
        return true;
    }
    value = count < 3 ? 0 : simp_trouble_ask(t, world, SIM_MAY_BRIDGE, count + 1);
    if (value == 0)
        return false;
    uint32_t bridge = UINT32_C(1) << (value - 1), half = half_without(count, value - 1);
    separate(t, world, half | bridge, all & ~half);
    return true;
}

void simp_trouble_parts(simp_trouble *t, sim_world *world, const simp_path *path)
{
    if (path->from->link == NULL || (t->model.kinds & SIM_MAY_PARTITIONS) == 0)
        return;
    clogs(t, world, path);
    unsigned count = host_count(world);
    if (count > 1 && world->now_ns >= t->whole_from_ns && divides(t, world, count))
        t->whole_from_ns = world->now_ns + 2 * t->model.long_ns;
}
