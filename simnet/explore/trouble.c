/* SPDX-License-Identifier: MIT
 *
 * See trouble.h.
 */
#include "simnet/explore/trouble.h"

#include <string.h>

#include "simnet/explore/order.h"
#include "simnet/host/host.h"
#include "simnet/world/news.h"

#define SHORT_NS_DEFAULT SIM_MS(20)
#define LONG_NS_DEFAULT SIM_S(3)

/* ---- making ---- */

static void on_happens(sim_world *world, simp_event *event);

simp_trouble *simp_trouble_create(cas_allocator *memory, const simp_label_table *labels)
{
    simp_trouble *t = cas_alloc(memory, sizeof *t);
    if (t != NULL)
        *t = (simp_trouble){.happens = {.run = on_happens}, .memory = memory, .labels = labels};
    return t;
}

void simp_trouble_destroy(simp_trouble *t)
{
    if (t == NULL)
        return;
    cas_free(t->memory, t->met, t->met_capacity * sizeof *t->met);
    cas_free(t->memory, t, sizeof *t);
}

void simp_trouble_begin(simp_trouble *t, const sim_fault_model *model)
{
    t->model = *model;
    if (model->short_ns == 0)
        t->model.short_ns = (uint64_t)SHORT_NS_DEFAULT;
    if (model->long_ns == 0)
        t->model.long_ns = (uint64_t)LONG_NS_DEFAULT;
    t->run++;
    t->touched_count = 0;
    t->until_ns = t->whole_from_ns = 0;
    t->partitions = 0;
    memset(t->fired, 0, sizeof t->fired);
}

/* ---- asking ---- */

static unsigned number_of(sim_may kind)
{
    unsigned number = 0;
    while ((unsigned)kind >> number != 1)
        number++;
    return number;
}

static void lasts_until(simp_trouble *t, uint64_t ns) { t->until_ns = ns > t->until_ns ? ns : t->until_ns; }

/* What may go wrong with the how manieth of which event. */
typedef struct question {
    sim_may kind;
    const char *event;
    uint64_t hash;
    uint32_t ordinal, bound;
} question;

static void tell(const simp_trouble *t, const sim_world *world, const question *q, uint32_t value)
{
    simp_path *path = t->about.event == NULL ? NULL : simp_path_of(t->about.event);
    bool of_packet = path != NULL && path->flight != NULL && path->flight->id == t->about.packet;
    simp_tell(world, &(sim_news){.kind = SIM_NEWS_FAULT,
                                 .what = simp_trouble_word(number_of(q->kind)),
                                 .about = q->event,
                                 .packet = of_packet ? path->flight : NULL,
                                 .under_way = of_packet,
                                 .handle = INVALID_SOCKET,
                                 .value = value,
                                 .bound = q->bound});
}

static uint32_t ask(simp_trouble *t, sim_world *world, const question *q)
{
    if ((t->model.kinds & (unsigned)q->kind) == 0 || q->bound < 2)
        return 0;
    unsigned number = number_of(q->kind);
    simp_site site = {.who = simp_trouble_word(number),
                      .purpose = q->event,
                      .label_hash = simp_mix(q->hash + number + 1),
                      .by_search = true};
    uint32_t value = simp_choose_trouble(world, &site, q->ordinal, q->bound);
    if (value == 0)
        return 0;
    t->fired[number]++;
    if (simp_is_heard(world))
        tell(t, world, q, value);
    lasts_until(t, world->now_ns);
    return value;
}

uint32_t simp_trouble_ask(simp_trouble *t, sim_world *world, sim_may kind, uint32_t bound)
{
    const simp_label *label = &t->labels->labels[t->about.label];
    return ask(t, world, &(question){kind, label->text, label->hash, t->ordinal, bound});
}

uint32_t simp_trouble_ask_call(sim_world *world, sim_may kind, const char *call, uint32_t ordinal,
                               uint32_t bound)
{
    const sim_order *order = world->order;
    if (order == NULL || !order->is_troubled)
        return 0;
    return ask(order->trouble, world, &(question){kind, call, simp_hash_text(0, call), ordinal, bound});
}

uint64_t simp_trouble_time(const simp_trouble *t, uint32_t value)
{
    return value == 1 ? t->model.short_ns : t->model.long_ns;
}

void simp_trouble_mend_after(simp_trouble *t, sim_world *world, uint64_t ns, void (*repair)(void *),
                             void *argument)
{
    lasts_until(t, world->now_ns + ns);
    if (sim_world_at(world, world->now_ns + ns, repair, argument) != 0)
        simp_out_of_memory(world);
}

/* ---- happening ---- */

static bool has_room(simp_trouble *t, uint32_t label)
{
    if (label < t->met_capacity)
        return true;
    size_t capacity = (size_t)label * 2 + 16;
    simp_meetings *met = t->memory->resize(t->memory, t->met, t->met_capacity * sizeof *met,
                                           capacity * sizeof *met);
    if (met == NULL)
        return false;
    memset(met + t->met_capacity, 0, (capacity - t->met_capacity) * sizeof *met);
    t->met = met;
    t->met_capacity = capacity;
    return true;
}

/* The how manieth of its label in this run; 0: no memory. */
static uint32_t meet(simp_trouble *t, uint32_t label)
{
    if (!has_room(t, label))
        return 0;
    simp_meetings *met = &t->met[label];
    if (met->run != t->run)
        *met = (simp_meetings){.run = t->run};
    return ++met->count;
}

static void on_happens(sim_world *world, simp_event *event)
{
    simp_trouble *t = (simp_trouble *)event;
    simp_event *own = t->about.event;
    bool goes_on = true;
    t->ordinal = meet(t, t->about.label);
    if (t->ordinal == 0) {
        simp_out_of_memory(world);
        return;
    }
    simp_path *path = simp_path_of(own);
    if (path != NULL) {
        simp_trouble_parts(t, world, path);
        goes_on = simp_trouble_arrives(t, world, path);
    } else {
        goes_on = simp_trouble_calls(t, world, world->hosts[t->about.host]);
    }
    if (goes_on)
        own->run(world, own);
}

static simp_event *event_of(simp_trouble *t, const simp_candidate *c)
{
    bool of_link = c->source == SIMP_SOURCE_ARRIVAL && c->packet != 0;
    bool of_program = c->source == SIMP_SOURCE_DISPATCH || c->source == SIMP_SOURCE_WAKE;
    if (!of_link && !of_program)
        return c->event;
    t->about = *c;
    return &t->happens;
}

/* ---- in an order ---- */

bool simp_order_allow(sim_order *order, const sim_fault_model *model)
{
    order->is_troubled = model->kinds != 0;
    if (!order->is_troubled)
        return true;
    if (order->trouble == NULL)
        order->trouble = simp_trouble_create(order->memory, &order->labels);
    if (order->trouble == NULL)
        return false;
    simp_trouble_begin(order->trouble, model);
    return true;
}

simp_event *simp_order_trouble(sim_order *order, const simp_candidate *c)
{
    return event_of(order->trouble, c);
}

uint32_t sim_order_troubles(const sim_order *order, sim_may kind)
{
    uint32_t count = 0;
    for (unsigned i = 0; order->is_troubled && i < SIM_MAY_KINDS; i++)
        count += ((unsigned)kind >> i & 1) != 0 ? order->trouble->fired[i] : 0;
    return count;
}

int simp_order_wrap(const sim_order *order, cas_thread *thread)
{
    uint32_t kinds = order->is_troubled ? order->trouble->model.kinds & (uint32_t)SIM_MAY_CALLS : 0;
    return kinds == 0 ? 0 : simp_fault_search_install(thread, kinds);
}
