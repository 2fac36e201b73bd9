/* SPDX-License-Identifier: MIT
 *
 * See heap.h.
 */
#include "bench/heap.h"

#include <stdlib.h>
#include <time.h>

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
    push(h, (heap_event){h->now + bench_delay(++h->step), ++h->tie, heap_tick, h});
}

static double cpu_seconds(void) { return (double)clock() / CLOCKS_PER_SEC; }

bool bench_run_heap(uint64_t count, size_t pending, bench_heap_time *time)
{
    heap h = {.left = count};
    *time = (bench_heap_time){0};
    h.events = calloc(pending + 1, sizeof *h.events);
    if (h.events == NULL)
        return false;
    for (size_t i = 0; i < pending; i++)
        push(&h, (heap_event){bench_delay(i), ++h.tie, heap_tick, &h});
    double start = cpu_seconds();
    for (; h.count > 0; time->events++) {
        heap_event next = pop(&h);
        h.now = next.at;
        next.run(next.context);
    }
    time->seconds = cpu_seconds() - start;
    free(h.events);
    return true;
}
