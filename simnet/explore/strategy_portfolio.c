/* SPDX-License-Identifier: MIT
 *
 * The portfolio: strategies take turns, because each is blind to what another one finds.
 *
 *   1. the default order, without faults
 *   2. the members of the round in turn; but every tenth run has one delay, until every order with one was
 *      run, if that is 200 runs at most, and every tenth is a mutant of one that showed something new
 *
 * Where the scenario allows faults, every fifth run has a single one until all were run.
 * In every second round a packet and the callbacks that it causes are one step, and what never raced goes
 * first: bugs in the order of packets are half as deep so.  In two of four rounds there are swarm faults.
 */
#include <stdio.h>
#include <string.h>

#include "simnet/explore/coverage.h"
#include "simnet/explore/knowledge.h"
#include "simnet/explore/mutant.h"
#include "simnet/explore/order.h"
#include "simnet/explore/swarm_faults.h"

enum { DELAY_RUNS_MAX = 200, DELAY_EVERY = 10, FAULT_EVERY = 5, MUTANT_EVERY = 10, MEMBERS = 10 };

/* First those that need to know least of what runs teach; urw twice, since nothing else finds what takes many
 * exact steps. */
static const simp_strategy_ops *const round_of[MEMBERS] = {
    &simp_strategy_late, &simp_strategy_pct[SIMP_TAPCT_2],
    &simp_strategy_pos,  &simp_strategy_urw,
    &simp_strategy_hold, &simp_strategy_pct[SIMP_TAPCT_3],
    &simp_strategy_surw, &simp_strategy_pct[SIMP_PCT_3],
    &simp_strategy_urw,  &simp_strategy_pct[SIMP_TAPCT_5],
};

typedef struct portfolio {
    simp_strategy base; /* first */
    const simp_knowledge *knowledge;
    simp_strategy *natural, *delays, *faults, *members[MEMBERS];
    simp_mutant mutant;
    simp_swarm swarm;
    uint64_t runs;          /* made */
    uint64_t later, turns;  /* those of them that members and mutants made; and that members did */
    bool is_prompt;         /* callbacks go as soon as they can */
    bool delays_over;       /* every order with one was run */
    bool faults_over;       /* every single fault was */
    simp_strategy *running; /* NULL: a mutant */
    uint64_t fault_seed;    /* 0: no faults */
} portfolio;

/* ---- making ---- */

static void fini(simp_strategy *base)
{
    portfolio *self = (portfolio *)base;
    simp_strategy_destroy(self->natural);
    simp_strategy_destroy(self->delays);
    simp_strategy_destroy(self->faults);
    for (size_t i = 0; i < MEMBERS; i++)
        simp_strategy_destroy(self->members[i]);
    simp_mutant_fini(&self->mutant);
}

static bool init(simp_strategy *base)
{
    portfolio *self = (portfolio *)base;
    simp_mutant_init(&self->mutant, base->order->memory);
    self->knowledge = simp_knowledge_of(base->order);
    self->natural = simp_strategy_create(base->order, &simp_strategy_natural);
    self->delays = simp_strategy_create(base->order, &simp_strategy_delay[SIMP_DELAY_1_ALL]);
    self->faults = simp_strategy_create(base->order, &simp_strategy_faults[0]);
    bool done = self->knowledge != NULL && simp_coverage_of(base->order) != NULL && self->natural != NULL &&
                self->delays != NULL && self->faults != NULL;
    for (size_t i = 0; i < MEMBERS; i++) {
        self->members[i] = simp_strategy_create(base->order, round_of[i]);
        done = done && self->members[i] != NULL;
    }
    if (!done)
        fini(base);
    return done;
}

/* ---- a run ---- */

/* Of orders with one delay; all of them are one world's. */
static bool is_delay(const portfolio *self)
{
    return !self->delays_over && self->knowledge->choices.max <= DELAY_RUNS_MAX &&
           self->runs % DELAY_EVERY == 4;
}

/* Of placements of one fault; all of them are one world's, too. */
static bool is_fault(const portfolio *self)
{
    return self->base.order->is_troubled && !self->faults_over && self->runs % FAULT_EVERY == 2;
}

static void take_mutant(portfolio *self, uint64_t seed)
{
    self->running = NULL;
    self->fault_seed = simp_mutant_begin(&self->mutant, seed);
}

/* A turn of the round. */
static void take_turn(portfolio *self, uint64_t seed)
{
    uint64_t turn = self->turns++;
    self->running = self->members[turn % MEMBERS];
    self->fault_seed = turn / MEMBERS % 4 >= 2 ? seed | 1 : 0;
    self->is_prompt = turn / MEMBERS % 2 == 1;
}

static void begin(simp_strategy *base, uint64_t seed)
{
    portfolio *self = (portfolio *)base;
    self->fault_seed = 0;
    self->is_prompt = false;
    if (self->runs == 0)
        self->running = self->natural;
    else if (is_delay(self))
        self->running = self->delays;
    else if (is_fault(self))
        self->running = self->faults;
    else if (++self->later % MUTANT_EVERY == 0 && simp_mutant_has_pool(&self->mutant))
        take_mutant(self, seed);
    else
        take_turn(self, seed);
    if (self->fault_seed != 0)
        simp_swarm_begin(&self->swarm, self->fault_seed, self->knowledge);
    base->runs = self->running == NULL ? "mutant" : self->running->ops->name;
    if (self->running != NULL && self->running->ops->begin != NULL)
        self->running->ops->begin(self->running, seed);
}

/* What is not worth waiting with: callbacks, and what never raced.  An index; count: all else. */
static size_t find_prompt(const portfolio *self, const simp_candidate *const *candidates, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (candidates[i]->source == SIMP_SOURCE_DISPATCH)
            return i;
    }
    return simp_find_settled(self->base.order, candidates, count);
}

static size_t pick(simp_strategy *base, const simp_candidate *const *candidates, size_t count)
{
    portfolio *self = (portfolio *)base;
    size_t prompt = self->is_prompt ? find_prompt(self, candidates, count) : count;
    if (prompt < count)
        return prompt;
    return self->running == NULL ? simp_mutant_pick(&self->mutant, count)
                                 : self->running->ops->pick(self->running, candidates, count);
}

static void ran(simp_strategy *base, const simp_step *step)
{
    simp_strategy *running = ((portfolio *)base)->running;
    if (running != NULL && running->ops->ran != NULL)
        running->ops->ran(running, step);
}

static uint32_t choose(simp_strategy *base, const simp_site *site, uint64_t ordinal, uint32_t bound,
                       uint32_t drawn)
{
    const portfolio *self = (const portfolio *)base;
    if (self->running == self->faults)
        return self->faults->ops->choose(self->faults, site, ordinal, bound, drawn);
    if (self->running == self->natural && !simp_is_users_site(site))
        return 0;
    return self->fault_seed == 0
               ? drawn
               : simp_swarm_choose(&self->swarm, base->order->step_count, site, ordinal, bound, drawn);
}

/* ---- between runs ---- */

static void move_on(portfolio *self)
{
    self->runs++;
    if (self->running == self->delays)
        self->delays_over = !self->delays->ops->next(self->delays);
    if (self->running == self->faults)
        self->faults_over = !self->faults->ops->next(self->faults);
    self->base.keeps_seed = is_delay(self) || is_fault(self);
}

static void keep(portfolio *self, uint64_t fault_seed)
{
    sim_order *order = self->base.order;
    if (simp_coverage_grew(order->coverage) && !simp_mutant_keep(&self->mutant, order, fault_seed))
        simp_out_of_memory(order->world);
}

static void end(simp_strategy *base, const sim_result *result)
{
    portfolio *self = (portfolio *)base;
    if (self->running != NULL && !self->is_prompt && self->running->ops->end != NULL)
        self->running->ops->end(self->running, result);
    keep(self, self->fault_seed);
    move_on(self);
}

static void followed(simp_strategy *base, const sim_result *result)
{
    (void)result;
    keep((portfolio *)base, 0);
}

static void add_state(const simp_strategy *member, char *text, size_t size)
{
    size_t used = strlen(text);
    if (member->ops->state == NULL || used + 2 >= size)
        return;
    memcpy(text + used, "\n", 2);
    member->ops->state(member, text + used + 1, size - used - 1);
}

static void state(const simp_strategy *base, char *text, size_t size)
{
    const portfolio *self = (const portfolio *)base;
    self->delays->ops->state(self->delays, text, size);
    if (base->order->is_troubled)
        add_state(self->faults, text, size);
    for (size_t i = 0; i < MEMBERS; i++)
        add_state(self->members[i], text, size);
}

const simp_strategy_ops simp_strategy_portfolio = {
    .name = "portfolio",
    .summary = "all of them in turn; what a search does unless told otherwise",
    .size = sizeof(portfolio),
    .init = init,
    .fini = fini,
    .begin = begin,
    .pick = pick,
    .ran = ran,
    .choose = choose,
    .end = end,
    .followed = followed,
    .state = state,
};
