/* SPDX-License-Identifier: MIT
 *
 * The backend of a simulated thread: its place between the engine's pump and the world's events.
 *
 * Invariants:
 *  1. While a thread has something to do and none of its code is on the C stack, its dispatch event is
 *     queued.
 *  2. One dispatch event makes at most one callback, so that what else happens at the same time comes in
 *     between.
 *  3. A thread whose code is on the stack is pumped by that code only.
 *  4. Of a host that is paused or down no code runs.
 */
#include <string.h>

#include "core/cold.h"
#include "simnet/explore/order.h"
#include "simnet/host/host_fault.h"
#include "simnet/host/name_table.h"
#include "simnet/socket/socket_call.h"

enum { NESTED_WAITS_MAX = 32 };

static simp_task *task_of(cas_backend *backend) { return (simp_task *)backend; }

/* ---- dispatching ---- */

static bool is_armed(const simp_task *task, uint64_t due)
{
    return simp_event_is_queued(&task->dispatch) && due >= task->dispatch_due;
}

static void arm(simp_task *task, uint64_t due, uint64_t at)
{
    task->dispatch_due = due;
    simp_schedule(task->host->world, &task->dispatch, SIMP_CLASS_DISPATCH, task->host, at);
}

/* The host may be paused or down, its clock wrong, its processor slow. */
static COLD void arm_with_faults(simp_task *task, uint64_t local_due)
{
    sim_host *host = task->host;
    if (host->faults->paused || host->faults->down)
        return;
    uint64_t due = local_due == 0 ? 0 : simp_host_world_time(host, local_due);
    due = due < host->world->now_ns ? host->world->now_ns : due;
    if (!is_armed(task, due))
        arm(task, due, due + simp_host_cpu_delay(host));
}

/* Its thread has something to do at due; UINT64_MAX: nothing. */
static inline void arm_for(simp_task *task, uint64_t due)
{
    if (task->depth > 0 || due == UINT64_MAX)
        return;
    if (task->host->faults != NULL) {
        arm_with_faults(task, due);
        return;
    }
    due = due < task->host->world->now_ns ? task->host->world->now_ns : due;
    if (!is_armed(task, due))
        arm(task, due, due);
}

void simp_task_arm(simp_task *task) { arm_for(task, cas_thread_next_due(task->thread)); }

void simp_task_rearm(simp_task *task)
{
    simp_events_cancel(&task->host->world->events, &task->dispatch);
    simp_task_arm(task);
}

void simp_task_end(simp_task *task)
{
    cas_thread_clear(task->thread);
    simp_events_cancel(&task->host->world->events, &task->dispatch);
}

void simp_task_call(simp_task *task, void (*function)(void *argument), void *argument)
{
    cas_thread *before = cas_thread_enter(task->thread);
    task->depth++;
    function(argument);
    task->depth--;
    cas_thread_enter(before);
    simp_task_arm(task);
}

static void pump_one(void *argument)
{
    (void)argument;
    cas_pump_one();
}

static void on_dispatch(sim_world *world, simp_event *event)
{
    (void)world;
    simp_task *task = (simp_task *)((char *)event - offsetof(simp_task, dispatch));
    if (task->depth == 0 && !simp_host_is_paused(task->host))
        simp_task_call(task, pump_one, NULL);
}

simp_task *simp_task_of(const simp_event *event)
{
    char *at = (char *)(uintptr_t)event;
    return event->run == on_dispatch ? (simp_task *)(void *)(at - offsetof(simp_task, dispatch)) : NULL;
}

/* ---- looking on ---- */

static simp_task *task_of_observer(cas_observer *observer)
{
    return (simp_task *)((char *)observer - offsetof(simp_task, observer));
}

/* What the fingerprint is made of.  A post follows from what was recorded before it, and a return says
 * nothing that the calls did not. */
static void on_brief(cas_observer *observer, uint64_t what, uint64_t value)
{
    const sim_host *host = task_of_observer(observer)->host;
    simp_record_event(host->world, SIMP_RECORD_STEP, host->name_hash >> 8 ^ what, value);
}

static void on_step(cas_observer *observer, const cas_observation *what)
{
    sim_world *world = task_of_observer(observer)->host->world;
    for (sim_observer *at = world->observers; at != NULL; at = at->next) {
        if (at->on_step != NULL)
            at->on_step(at, world, what);
    }
}

static void hear(simp_task *task)
{
    task->observer.on_step = task->host->world->observers != NULL ? on_step : NULL;
}

void simp_tasks_hear(sim_world *world)
{
    for (uint32_t i = 0; i < world->host_count; i++) {
        for (simp_task *task = world->hosts[i]->tasks; task != NULL; task = task->next)
            hear(task);
    }
}

/* ---- slots that are not about one socket ---- */

/* Who is paused does not notice that its time is over. */
static bool goes_on(const simp_task *task, unsigned messages, uint64_t until)
{
    if (!sim_host_is_up(task->host))
        return false;
    uint64_t next = simp_events_next_at(&task->host->world->events);
    if (simp_host_is_paused(task->host))
        return next != UINT64_MAX;
    return cas_thread_message_count(task->thread) == messages && next <= until;
}

static int wait(cas_backend *backend, int64_t timeout_ns)
{
    simp_task *task = task_of(backend);
    sim_world *world = task->host->world;
    if (timeout_ns == 0)
        return 0;
    if (world->wait_depth == NESTED_WAITS_MAX)
        return WSAEINPROGRESS;
    uint64_t limit = timeout_ns < 0 ? UINT64_MAX : simp_host_span(task->host, (uint64_t)timeout_ns);
    uint64_t until = limit > UINT64_MAX - 1 - world->now_ns ? UINT64_MAX - 1 : world->now_ns + limit;
    unsigned messages = cas_thread_message_count(task->thread);
    world->wait_depth++;
    task->depth++;
    cas_thread *before = cas_thread_enter(NULL);
    while (goes_on(task, messages, until)) {
        if (simp_world_step(world) != SIM_STOP_TIME)
            break;
    }
    cas_thread_enter(before);
    if (cas_thread_message_count(task->thread) == messages && timeout_ns > 0 && !world->stop &&
        world->now_ns < until)
        world->now_ns = until;
    task->depth--;
    world->wait_depth--;
    return 0;
}

static void wake(cas_backend *backend, uint64_t at_ns)
{
    simp_task *task = task_of(backend);
    arm_for(task, at_ns == 0 ? 0 : cas_thread_next_due(task->thread));
}

static int descriptor(cas_backend *backend)
{
    (void)backend;
    return -1;
}

static uint64_t now(cas_backend *backend)
{
    const sim_host *host = task_of(backend)->host;
    return simp_host_clock(host, host->world->now_ns);
}

static int resolve(cas_backend *backend, const char *host, uint16_t port, int family, SOCKADDR_STORAGE *out)
{
    simp_ip ip;
    int error = simp_name_resolve(task_of(backend)->host, host, family, &ip);
    if (error == 0)
        simp_ip_to_sockaddr(ip, port,
                            family != AF_UNSPEC ? family
                            : simp_ip_is_v4(ip) ? AF_INET
                                                : AF_INET6,
                            out);
    return error;
}

const cas_backend_ops simp_backend_ops = {
    .name = "simnet",
    .open = simp_call_open,
    .attach = simp_call_attach,
    .detach = simp_call_detach,
    .close = simp_call_close,
    .bind = simp_call_bind,
    .connect = simp_call_connect,
    .listen = simp_call_listen,
    .accept = simp_call_accept,
    .receive = simp_call_receive,
    .send = simp_call_send,
    .shutdown = simp_call_shutdown,
    .local_name = simp_call_local_name,
    .peer_name = simp_call_peer_name,
    .get_option = simp_call_get_option,
    .set_option = simp_call_set_option,
    .query = simp_call_query,
    .join = simp_call_join,
    .leave = simp_call_leave,
    .set_udp_connreset = simp_call_set_udp_connreset,
    .conditions = simp_call_conditions,
    .resolve = resolve,
    .wait = wait,
    .wake = wake,
    .descriptor = descriptor,
    .now = now,
};

int simp_task_init(simp_task *task, sim_host *host)
{
    sim_world *world = host->world;
    *task = (simp_task){.backend = {&simp_backend_ops},
                        .observer = {.on_brief = on_brief},
                        .host = host,
                        .dispatch = {.run = on_dispatch}};
    if (!simp_events_reserve(&world->events, &world->arena))
        return WSAENOBUFS;
    int error = cas_thread_create(&task->backend, &world->arena.base, &task->thread);
    if (error != 0) {
        simp_events_release(&world->events);
        return error;
    }
    cas_thread_set_profile(task->thread, &world->options.profile);
    cas_thread_set_observer(task->thread, &task->observer);
    hear(task);
    simp_task **end = &host->tasks;
    while (*end != NULL)
        end = &(*end)->next;
    *end = task;
    return world->order == NULL ? 0 : simp_order_wrap(world->order, task->thread);
}

void simp_task_fini(simp_task *task)
{
    simp_task **place = &task->host->tasks;
    while (*place != task)
        place = &(*place)->next;
    *place = task->next;
    cas_thread_destroy(task->thread);
    simp_events_release(&task->host->world->events);
}

sim_host *sim_host_of(const cas_thread *thread)
{
    cas_backend *backend = thread == NULL ? NULL : simp_fault_innermost(cas_thread_backend(thread));
    return backend == NULL || backend->ops != &simp_backend_ops ? NULL : task_of(backend)->host;
}
