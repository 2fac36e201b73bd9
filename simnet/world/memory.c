/* SPDX-License-Identifier: MIT
 *
 * See memory.h.  It is made when somebody asks for it: worlds without it pay nothing.
 */
#include "simnet/world/memory.h"

#include "simnet/world/world.h"

typedef struct simp_memory {
    cas_allocator base; /* first */
    simp_arena *arena;
    uint64_t live;
} simp_memory;

static void *resize(cas_allocator *self, void *block, size_t old_size, size_t new_size)
{
    simp_memory *memory = (simp_memory *)self;
    void *made = memory->arena->base.resize(&memory->arena->base, block, old_size, new_size);
    if (made != NULL || new_size == 0)
        memory->live = memory->live + new_size - (block == NULL ? 0 : old_size);
    return made;
}

cas_allocator *sim_world_allocator(sim_world *world)
{
    if (world->memory == NULL) {
        world->memory = simp_alloc(&world->arena, sizeof *world->memory);
        if (world->memory == NULL)
            return &world->arena.base; /* what it gives is not counted */
        *world->memory = (simp_memory){.base = {resize}, .arena = &world->arena};
    }
    return &world->memory->base;
}

uint64_t simp_memory_live(const sim_world *world) { return world->memory == NULL ? 0 : world->memory->live; }
