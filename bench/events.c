/* SPDX-License-Identifier: MIT
 *
 * Events alone: so many are pending, and each that runs schedules its successor; beside it the same game on a
 * plain 4-ary heap, as the floor.
 */
#include <stdio.h>
#include <stdlib.h>

#include "bench/bench.h"

static uint64_t delay_of(uint64_t step) { return 1 + step * 7919 % 1000; }

/* ---- in a world ---- */

typedef struct ticker {
    sim_world *world;
    uint64_t left, step;
} ticker;

static void tick(void *argument)
{
    ticker *self = argument;
    if (self->left == 0)
        return;
    self->left--;
    sim_world_at(self->world, sim_world_now(self->world) + delay_of(++self->step), tick, self);
}

int bench_events(const bench_options *options)
{
    bench_network network;
    if (!bench_network_open(&network))
        return bench_fail("no world");
    ticker self = {network.world, (uint64_t)options->count, 0};
    for (int64_t i = 0; i < options->pending; i++)
        sim_world_at(network.world, delay_of((uint64_t)i), tick, &self);
    bench_start(&network);
    sim_world_run(network.world, SIM_FOREVER);
    char extra[64];
    snprintf(extra, sizeof extra, "pending=%lld", (long long)options->pending);
    bench_print(&network, "events", extra, 0);
    return bench_network_close(&network) ? 0 : bench_fail("memory was not given back");
}

/* ---- on a plain heap: no clock, no callback's owner, no hash ---- */

enum { ARITY = 4 };

typedef struct heap_event {
    uint64_t at, tie;
    void (*run)(void *context);
    void *context;
} heap_event;

typedef struct heap {
    heap_event *events;
    size_t count;
    uint64_t now, tie, left, step;
} heap;

static bool is_before(const heap_event *a, const heap_event *b)
{
    return a->at < b->at || (a->at == b->at && a->tie < b->tie);
}

static void push(heap *h, heap_event event)
{
    size_t i = h->count++;
    while (i > 0 && is_before(&event, &h->events[(i - 1) / ARITY])) {
        h->events[i] = h->events[(i - 1) / ARITY];
        i = (i - 1) / ARITY;
    }
    h->events[i] = event;
}

static heap_event pop(heap *h)
{
    heap_event top = h->events[0], last = h->events[--h->count];
    size_t i = 0;
    for (;;) {
        size_t least = i * ARITY + 1;
        size_t end = least + ARITY < h->count ? least + ARITY : h->count;
        if (least >= h->count)
            break;
        for (size_t child = least + 1; child < end; child++)
            least = is_before(&h->events[child], &h->events[least]) ? child : least;
        if (!is_before(&h->events[least], &last))
            break;
        h->events[i] = h->events[least];
        i = least;
    }
    h->events[i] = last;
    return top;
}

static void heap_tick(void *context)
{
    heap *h = context;
    if (h->left == 0)
        return;
    h->left--;
    push(h, (heap_event){h->now + delay_of(++h->step), ++h->tie, heap_tick, h});
}

int bench_heap(const bench_options *options)
{
    heap h = {.left = (uint64_t)options->count};
    h.events = calloc((size_t)options->pending + 1, sizeof *h.events);
    if (h.events == NULL)
        return bench_fail("no memory");
    for (int64_t i = 0; i < options->pending; i++)
        push(&h, (heap_event){delay_of((uint64_t)i), ++h.tie, heap_tick, &h});
    uint64_t events = 0;
    double start = bench_cpu_seconds();
    for (; h.count > 0; events++) {
        heap_event next = pop(&h);
        h.now = next.at;
        next.run(next.context);
    }
    double seconds = bench_cpu_seconds() - start;
    printf("case=heap pending=%lld events=%llu seconds_cpu=%.6f events_per_second=%.0f\n",
           (long long)options->pending, (unsigned long long)events, seconds, (double)events / seconds);
    free(h.events);
    return 0;
}
