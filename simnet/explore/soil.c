/* SPDX-License-Identifier: MIT
 *
 * See soil.h.
 */
#include "simnet/explore/soil.h"

#include <string.h>

enum { POOL_BYTES = 8 << 20, STACK_BYTES = 24576, DEEPER_BYTES = 4160, GRAIN = 64 };

static bool is_pooled(const simp_soil *soil, const void *block)
{
    uintptr_t at = (uintptr_t)block, pool = (uintptr_t)soil->pool;
    return at >= pool && at < pool + soil->size;
}

static void *take(simp_soil *soil, size_t size)
{
    size_t whole = (size + GRAIN - 1) / GRAIN * GRAIN;
    if (whole > soil->size - soil->used || size > soil->size)
        return cas_alloc(soil->below, size);
    soil->used += whole;
    return soil->pool + soil->used - whole;
}

/* What the pool gave comes back when it is reset. */
static void give_back(simp_soil *soil, void *block, size_t size)
{
    if (block != NULL && !is_pooled(soil, block))
        cas_free(soil->below, block, size);
}

static void *resize(cas_allocator *self, void *block, size_t old_size, size_t new_size)
{
    simp_soil *soil = (simp_soil *)self;
    uint8_t *made = new_size == 0 ? NULL : take(soil, new_size);
    size_t kept = block == NULL ? 0 : old_size < new_size ? old_size : new_size;
    if (new_size != 0 && made == NULL)
        return NULL;
    if (made != NULL) {
        memset(made + kept, soil->fill, new_size - kept);
        if (kept != 0)
            memcpy(made, block, kept);
    }
    give_back(soil, block, old_size);
    return made;
}

bool simp_soil_init(simp_soil *soil, cas_allocator *below)
{
    *soil = (simp_soil){
        .base = {resize}, .below = below, .pool = cas_alloc(below, POOL_BYTES), .size = POOL_BYTES};
    return soil->pool != NULL;
}

void simp_soil_fini(simp_soil *soil) { cas_free(soil->below, soil->pool, POOL_BYTES); }

void simp_soil_reset(simp_soil *soil, uint8_t fill, size_t shift)
{
    soil->used = shift;
    soil->fill = fill;
}

/* What the next function finds where its variables will be. */
static __attribute__((noinline)) void soil_stack(uint8_t fill)
{
    volatile uint8_t bytes[STACK_BYTES];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = fill;
}

static __attribute__((noinline)) int run_here(simp_soil *soil, const sim_scenario *scenario,
                                              const sim_run_options *options, sim_result *result)
{
    soil_stack(soil->fill);
    return sim_scenario_run(scenario, options, result);
}

static __attribute__((noinline)) int run_deeper(simp_soil *soil, const sim_scenario *scenario,
                                                const sim_run_options *options, sim_result *result)
{
    volatile uint8_t room[DEEPER_BYTES];
    room[0] = soil->fill;
    int error = run_here(soil, scenario, options, result);
    room[1] = room[0];
    return error;
}

int simp_soil_run(simp_soil *soil, const sim_scenario *scenario, const sim_run_options *options, bool deep,
                  sim_result *result)
{
    sim_run_options chosen = *options;
    chosen.memory = &soil->base;
    return deep ? run_deeper(soil, scenario, &chosen, result) : run_here(soil, scenario, &chosen, result);
}
