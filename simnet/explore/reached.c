/* SPDX-License-Identifier: MIT
 *
 * See reached.h.
 */
#include "simnet/explore/reached.h"

#include <stdio.h>
#include <string.h>

#include "core/limits.h"
#include "simnet/explore/order.h"
#include "simnet/world/probe.h"

void simp_reached_fini(simp_reached *r)
{
    for (size_t i = 0; i < r->count; i++)
        cas_free(r->memory, (void *)r->probes[i].name, strlen(r->probes[i].name) + 1);
    cas_free(r->memory, r->probes, r->capacity * sizeof *r->probes);
}

static bool has_room(simp_reached *r)
{
    if (r->count < r->capacity)
        return true;
    size_t capacity = r->capacity == 0 ? CASP_LIMIT(16, 1) : r->capacity * 2;
    sim_order_probe *probes = r->memory->resize(r->memory, r->probes, r->capacity * sizeof *probes,
                                                capacity * sizeof *probes);
    if (probes == NULL)
        return false;
    r->probes = probes;
    r->capacity = capacity;
    return true;
}

/* NULL: no memory. */
static sim_order_probe *find(simp_reached *r, const char *name)
{
    for (size_t i = 0; i < r->count; i++) {
        if (strcmp(r->probes[i].name, name) == 0)
            return &r->probes[i];
    }
    size_t size = strlen(name) + 1;
    char *copy = has_room(r) ? cas_alloc(r->memory, size) : NULL;
    if (copy == NULL)
        return NULL;
    memcpy(copy, name, size);
    r->probes[r->count] = (sim_order_probe){.name = copy};
    return &r->probes[r->count++];
}

bool simp_reached_add(simp_reached *r, const sim_world *world)
{
    for (const simp_probe *at = world->probes; at != NULL; at = at->next) {
        sim_order_probe *probe = find(r, at->name);
        if (probe == NULL)
            return false;
        probe->met++;
        probe->reached += at->is_reached;
    }
    return true;
}

void simp_reached_write(const simp_reached *r, char *text, size_t size)
{
    size_t used = 0;
    text[0] = '\0';
    for (size_t i = 0; i < r->count && used < size; i++) {
        if (r->probes[i].reached == 0)
            used += (size_t)snprintf(text + used, size - used, "%s%s", used == 0 ? "never reached: " : ", ",
                                     r->probes[i].name);
    }
}

size_t sim_order_probe_count(const sim_order *order) { return order->reached.count; }

sim_order_probe sim_order_probe_at(const sim_order *order, size_t index)
{
    return index < order->reached.count ? order->reached.probes[index] : (sim_order_probe){.name = ""};
}
