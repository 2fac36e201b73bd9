/* SPDX-License-Identifier: MIT
 *
 * Timers of a thread: a list in the users' storage, earliest first, equal times in the order of their start.
 */
#include "core/engine.h"

void cas_timer_stop(cas_timer *timer)
{
    if (timer == NULL || timer->thread == NULL)
        return;
    *timer->link = timer->next;
    if (timer->next != NULL)
        timer->next->link = timer->link;
    timer->thread = NULL;
    timer->next = NULL;
    timer->link = NULL;
}

static void insert(cas_thread *thread, cas_timer *timer)
{
    cas_timer **place = &thread->timers;
    while (*place != NULL && (*place)->due_ns <= timer->due_ns)
        place = &(*place)->next;
    timer->next = *place;
    timer->link = place;
    if (timer->next != NULL)
        timer->next->link = &timer->next;
    *place = timer;
    timer->thread = thread;
}

int cas_timer_start(cas_timer *timer, uint64_t delay_ns)
{
    cas_thread *thread = cas_thread_current();
    if (thread == NULL)
        return WSANOTINITIALISED;
    if (timer == NULL || timer->on_timer == NULL)
        return WSAEINVAL;
    cas_timer_stop(timer);
    uint64_t now = thread->backend->ops->now(thread->backend);
    timer->due_ns = delay_ns > UINT64_MAX - 1 - now ? UINT64_MAX - 1 : now + delay_ns;
    insert(thread, timer);
    if (thread->timers == timer)
        thread->backend->ops->wake(thread->backend, timer->due_ns);
    return 0;
}

bool casp_timer_run_due(cas_thread *thread)
{
    cas_timer *timer = thread->timers;
    if (timer == NULL || timer->due_ns > thread->backend->ops->now(thread->backend))
        return false;
    cas_timer_stop(timer);
    thread->pump_depth++;
    timer->on_timer(timer, timer->context);
    thread->pump_depth--;
    if (thread->dying && thread->pump_depth == 0)
        casp_thread_release(thread);
    return true;
}
