/* SPDX-License-Identifier: MIT
 *
 * See order.h.
 */
#include "simnet/explore/order.h"

#include <string.h>

#include "simnet/explore/coverage.h"
#include "simnet/explore/grow.h"
#include "simnet/explore/knowledge.h"
#include "simnet/explore/pending.h"
#include "simnet/host/host.h"
#include "simnet/world/news.h"

#define ARRIVAL_NS_DEFAULT SIM_MS(200)
#define DISPATCH_NS_DEFAULT SIM_MS(200)
#define TIMER_NS_DEFAULT SIM_MS(20)

/* ---- causal ---- */

/* False: no memory. */
static bool has_clocks(sim_order *order, const sim_world *world)
{
    size_t before = order->clock_capacity;
    void *clocks = simp_grow(order->memory, order->clocks, sizeof *order->clocks, &order->clock_capacity,
                             world->host_count);
    if (clocks == NULL && world->host_count != 0)
        return false;
    order->clocks = clocks;
    for (size_t i = before; i < order->clock_capacity; i++)
        order->clocks[i] = 0;
    return true;
}

/* When it happens, by the clock of its host, which moves there. */
static uint64_t move_clock(sim_order *order, const sim_world *world, const simp_candidate *c)
{
    uint64_t at = c->at_ns;
    uint32_t first = c->host == SIMP_ALL_HOSTS ? 0 : c->host;
    uint32_t end = c->host == SIMP_ALL_HOSTS ? world->host_count : c->host + 1;
    for (uint32_t i = first; i < end; i++)
        at = order->clocks[i] > at ? order->clocks[i] : at;
    for (uint32_t i = first; i < end; i++)
        order->clocks[i] = at;
    return at;
}

/* ---- happening ---- */

/* The step that a packet comes from made its arrival possible. */
uint32_t simp_order_maker(const sim_order *order, const simp_candidate *c)
{
    return c->packet != 0 && c->packet < order->maker_capacity ? order->makers[c->packet] : c->since;
}

/* The packets after before were made by that step.  False: no memory. */
static bool note_makers(sim_order *order, const sim_world *world, uint64_t before, uint32_t step)
{
    void *makers = simp_grow(order->memory, order->makers, sizeof *order->makers, &order->maker_capacity,
                             (size_t)world->packet_count + 1);
    if (makers == NULL)
        return false;
    order->makers = makers;
    for (uint64_t id = before + 1; id <= world->packet_count; id++)
        order->makers[id] = step;
    return true;
}

/* As part of that step. */
static sim_stop execute(sim_order *order, sim_world *world, const simp_candidate *c, uint32_t step)
{
    uint64_t packets = world->packet_count, at = c->at_ns;
    if (order->mode == SIM_CAUSAL)
        at = move_clock(order, world, c);
    else if (at < world->now_ns)
        at = world->now_ns;
    order->notifications += c->source == SIMP_SOURCE_DISPATCH;
    simp_event *event = order->is_troubled ? simp_order_trouble(order, c) : c->event;
    simp_pending_take(order, world, c);
    sim_stop stop = simp_world_execute(world, (simp_due){at, event});
    if (note_makers(order, world, packets, step))
        return stop;
    simp_out_of_memory(world);
    return SIM_STOP_NO_MEMORY;
}

/* What goes without asking in causal mode: the start of a program, which the scenario has put at its time;
 * and if packets are no steps of their own, one that tells no program anything, and the callbacks of the step
 * before, since they are one step with it.  NULL: nothing. */
static const simp_candidate *find_consequence(const sim_order *order, size_t enabled)
{
    const simp_step *last = order->step_count == 0 ? NULL : &order->steps[order->step_count - 1];
    for (size_t i = 0; i < enabled; i++) {
        const simp_candidate *c = order->enabled[i];
        if (c->source == SIMP_SOURCE_START)
            return c;
        if (order->by_packet)
            continue;
        if (c->is_quiet)
            return c;
        if (c->source == SIMP_SOURCE_DISPATCH && last != NULL && last->host == c->host)
            return c;
    }
    return NULL;
}

/* ---- decisions ---- */

/* Boring ones for which there is no room need none: behind the end all are. */
static void write_down(sim_journal *journal, uint32_t value)
{
    if (journal == NULL)
        return;
    if (journal->count < journal->capacity)
        journal->values[journal->count++] = value;
    else
        journal->lost += value != 0;
}

/* The next answer of the script; 0 behind its end. */
static uint32_t follow(sim_order *order, uint32_t bound)
{
    if (order->script_next == order->script_count)
        return 0;
    uint32_t value = order->script[order->script_next++];
    order->misfits += value >= bound;
    return value < bound ? value : 0;
}

static uint32_t pick_by_strategy(sim_order *order, size_t enabled)
{
    simp_strategy *strategy = order->strategy;
    size_t picked = strategy->ops->pick(strategy, (const simp_candidate *const *)order->enabled, enabled);
    return picked < enabled ? (uint32_t)picked : 0;
}

static size_t pick(sim_order *order, size_t enabled)
{
    if (enabled < 2)
        return 0;
    uint32_t picked = order->script != NULL ? follow(order, (uint32_t)enabled)
                                            : pick_by_strategy(order, enabled);
    write_down(order->journal, picked);
    return picked;
}

static uint32_t choose_by_strategy(simp_strategy *strategy, const simp_site *site, uint64_t ordinal,
                                   uint32_t bound, uint32_t drawn)
{
    uint32_t value = drawn;
    if (strategy->ops->choose != NULL)
        value = strategy->ops->choose(strategy, site, ordinal, bound, drawn);
    return value < bound ? value : 0;
}

static uint32_t answer(simp_chooser *chooser, const simp_site *site, uint64_t ordinal, uint32_t bound,
                       uint32_t drawn)
{
    sim_order *order = chooser->context;
    uint32_t value = order->script != NULL ? follow(order, bound)
                                           : choose_by_strategy(order->strategy, site, ordinal, bound, drawn);
    write_down(order->journal, value);
    order->faults += value != 0;
    return value;
}

/* ---- steps ---- */

static simp_step *add_step(sim_order *order, size_t enabled, size_t picked)
{
    void *steps = simp_grow(order->memory, order->steps, sizeof *order->steps, &order->step_capacity,
                            order->step_count + 1);
    if (steps == NULL)
        return NULL;
    order->steps = steps;
    const simp_candidate *c = order->enabled[picked];
    simp_step *step = &order->steps[order->step_count++];
    *step = (simp_step){.chain = c->chain,
                        .object = c->object,
                        .kin = c->kin,
                        .host = c->host,
                        .label = c->label,
                        .occurrence = simp_label_happens(&order->labels, c->label),
                        .enabled_by = c->enabled_by,
                        .made_by = simp_order_maker(order, c),
                        .enabled = (uint32_t)enabled,
                        .picked = (uint32_t)picked,
                        .overtaken_by = c->overtaken_by,
                        .packet = c->packet,
                        .source = c->source};
    return step;
}

/* Those that were due earlier wait for the next step; the step races if one of the others touches what it
 * touches, and there if it does so at the same object.  Which is which is chance, that no processor foresees:
 * so nothing here branches.  The step itself is one of them. */
static void note_others(sim_order *order, size_t enabled, size_t picked, simp_step *step)
{
    uint32_t number = (uint32_t)order->step_count, touch = 0, touch_there = 0;
    for (size_t i = 0; i < enabled; i++) {
        simp_candidate *c = order->enabled[i];
        c->overtaken_by = i < picked ? number : c->overtaken_by;
        touch += simp_is_dependent(step->host, step->object, c->host, c->object, order->by_object);
        touch_there += (c->host == step->host) & (c->kin == step->kin);
    }
    step->is_racy = touch > 1;
    step->is_racy_there = (step->kin != 0) & (touch_there > 1);
}

static sim_stop take_step(sim_order *order, sim_world *world, size_t enabled)
{
    size_t picked = pick(order, enabled);
    size_t index = order->step_count;
    simp_step *step = add_step(order, enabled, picked);
    if (step == NULL) {
        simp_out_of_memory(world);
        return SIM_STOP_NO_MEMORY;
    }
    note_others(order, enabled, picked, step);
    if (order->steps[index].overtaken_by != 0 && simp_is_heard(world))
        simp_order_tell_hold(order, world, index);
    simp_pending_note_step(order);
    sim_stop stop = execute(order, world, order->enabled[picked], (uint32_t)index + 1);
    order->steps[index].at_ns = world->now_ns;
    order->steps[index].packets = world->packet_count;
    if (order->script == NULL && order->strategy->ops->ran != NULL)
        order->strategy->ops->ran(order->strategy, &order->steps[index]);
    return stop;
}

sim_stop simp_order_step(sim_order *order, sim_world *world, uint64_t until_ns)
{
    if (world->event_count >= world->options.events_max)
        return SIM_STOP_EVENTS;
    sim_stop vigil = simp_world_keep_vigil(world);
    if (vigil != SIM_STOP_TIME)
        return vigil;
    bool causal = order->mode == SIM_CAUSAL;
    size_t enabled;
    if (!simp_pending_look(order, world, until_ns, &enabled) || (causal && !has_clocks(order, world))) {
        simp_out_of_memory(world);
        return SIM_STOP_NO_MEMORY;
    }
    if (enabled == 0)
        return SIM_STOP_IDLE;
    const simp_candidate *consequence = causal ? find_consequence(order, enabled) : NULL;
    if (consequence == NULL)
        return take_step(order, world, enabled);
    uint32_t step = consequence->is_quiet ? simp_order_maker(order, consequence)
                                          : (uint32_t)order->step_count;
    return execute(order, world, consequence, step);
}

/* ---- runs ---- */

bool simp_order_begin(sim_order *order, sim_world *world, uint64_t seed)
{
    order->world = world;
    order->step_count = 0;
    order->formers.count = 0;
    order->notifications = order->faults = order->misfits = 0;
    order->script_next = 0;
    if (order->journal != NULL) {
        order->journal->seed = seed;
        order->journal->count = order->journal->lost = 0;
        order->journal->runs++;
    }
    simp_labels_begin(&order->labels);
    for (size_t i = 0; i < order->clock_capacity; i++)
        order->clocks[i] = 0;
    simp_world_set_order(world, order);
    simp_pending_begin(order, world);
    world->choices.chooser = &order->chooser;
    if (order->script == NULL && order->strategy->ops->begin != NULL)
        order->strategy->ops->begin(order->strategy, seed);
    return true;
}

void simp_order_end(sim_order *order, const sim_result *result)
{
    if (order->knowledge != NULL && !simp_knowledge_learn(order->knowledge, order))
        simp_out_of_memory(order->world);
    if (order->coverage != NULL && !simp_coverage_add(order->coverage, order))
        simp_out_of_memory(order->world);
    if (!simp_reached_add(&order->reached, order->world))
        simp_out_of_memory(order->world);
    const simp_strategy_ops *ops = order->strategy->ops;
    void (*end)(simp_strategy *, const sim_result *) = order->script == NULL ? ops->end : ops->followed;
    if (end != NULL)
        end(order->strategy, result);
    order->world = NULL;
}

void simp_order_lose_socket(sim_order *order, const simp_task *task, const cas_port_socket *socket)
{
    if (!simp_formers_add(&order->formers, order->memory, task, socket))
        simp_out_of_memory(task->host->world);
}

/* ---- making ---- */

static uint64_t or_default(uint64_t ns, int64_t otherwise) { return ns != 0 ? ns : (uint64_t)otherwise; }

int sim_order_create(const sim_order_options *options, sim_order **out)
{
    sim_order_options chosen = options == NULL ? (sim_order_options){0} : *options;
    const simp_strategy_ops *ops = simp_strategy_find(chosen.strategy == NULL ? "natural" : chosen.strategy);
    if (out == NULL || ops == NULL)
        return WSAEINVAL;
    cas_allocator *memory = chosen.memory == NULL ? cas_allocator_system() : chosen.memory;
    sim_order *order = cas_alloc(memory, sizeof *order);
    if (order == NULL)
        return WSAENOBUFS;
    *order = (sim_order){.memory = memory,
                         .mode = chosen.mode,
                         .windows = {or_default(chosen.windows.arrival_ns, ARRIVAL_NS_DEFAULT),
                                     or_default(chosen.windows.dispatch_ns, DISPATCH_NS_DEFAULT),
                                     or_default(chosen.windows.timer_ns, TIMER_NS_DEFAULT)},
                         .by_packet = chosen.by_packet,
                         .by_object = chosen.by_object,
                         .journal = chosen.journal,
                         .chooser = {answer, order},
                         .reached = {.memory = memory}};
    if (!simp_labels_init(&order->labels, memory)) {
        cas_free(memory, order, sizeof *order);
        return WSAENOBUFS;
    }
    order->spots = cas_alloc(memory, sizeof *order->spots);
    if (order->spots != NULL)
        *order->spots = (simp_spots){.labels = &order->labels};
    order->strategy = order->spots == NULL ? NULL : simp_strategy_create(order, ops);
    if (order->strategy == NULL) {
        sim_order_destroy(order);
        return WSAENOBUFS;
    }
    *out = order;
    return 0;
}

void sim_order_destroy(sim_order *order)
{
    if (order == NULL)
        return;
    simp_strategy_destroy(order->strategy);
    simp_knowledge_destroy(order->knowledge);
    simp_coverage_destroy(order->coverage);
    simp_trouble_destroy(order->trouble);
    simp_reached_fini(&order->reached);
    simp_labels_fini(&order->labels);
    simp_formers_fini(&order->formers, order->memory);
    cas_free(order->memory, order->spots, sizeof *order->spots);
    cas_free(order->memory, order->candidates, order->candidate_capacity * sizeof *order->candidates);
    cas_free(order->memory, (void *)order->enabled, order->enabled_capacity * sizeof *order->enabled);
    cas_free(order->memory, order->steps, order->step_capacity * sizeof *order->steps);
    cas_free(order->memory, order->lost, order->lost_capacity * sizeof *order->lost);
    cas_free(order->memory, order->makers, order->maker_capacity * sizeof *order->makers);
    cas_free(order->memory, order->clocks, order->clock_capacity * sizeof *order->clocks);
    cas_free(order->memory, order, sizeof *order);
}

void sim_order_follow(sim_order *order, const uint32_t *values, size_t count)
{
    order->script = count == 0 ? NULL : values;
    order->script_count = count;
}

uint32_t sim_order_misfits(const sim_order *order) { return order->misfits; }

size_t sim_order_step_count(const sim_order *order) { return order->step_count; }

sim_order_step sim_order_step_at(const sim_order *order, size_t index)
{
    if (index >= order->step_count)
        return (sim_order_step){.label = ""};
    const simp_step *step = &order->steps[index];
    return (sim_order_step){.label = order->labels.labels[step->label].text,
                            .occurrence = step->occurrence,
                            .enabled = step->enabled,
                            .picked = step->picked,
                            .at_ns = step->at_ns};
}
