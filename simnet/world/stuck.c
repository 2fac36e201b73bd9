/* SPDX-License-Identifier: MIT
 *
 * See stuck.h.  Nothing is recorded while all is well: when it is not, an observer looks at some more events.
 *
 * Invariants:
 *  1. The observer is removed before simp_stuck returns.
 *  2. Each socket and each host is named once.
 */
#include "simnet/world/stuck.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "simnet/host/host.h"

enum { WATCHED_EVENTS = 256, SOCKETS_MAX = 4, HOSTS_MAX = 4 };

typedef struct watch {
    sim_observer observer; /* first: a pointer to it is one to the watch */
    struct {
        const sim_host *host;
        SOCKET handle;
        const char *name;
    } sockets[SOCKETS_MAX];
    unsigned socket_count;
    const sim_host *hosts[HOSTS_MAX]; /* whose events they are */
    unsigned host_count;
} watch;

static void on_step(sim_observer *observer, const sim_world *world, const cas_observation *what)
{
    watch *w = (watch *)observer;
    const sim_host *host = sim_host_of(what->thread);
    unsigned i = 0;
    (void)world;
    while (i < w->socket_count && (w->sockets[i].host != host || w->sockets[i].handle != what->handle))
        i++;
    if (what->handle == INVALID_SOCKET || i == SOCKETS_MAX)
        return;
    w->sockets[i].host = host;
    w->sockets[i].handle = what->handle;
    w->sockets[i].name = what->name;
    if (i == w->socket_count)
        w->socket_count++;
}

static void note_host(watch *w, const sim_world *world, uint32_t index)
{
    const sim_host *host = index < world->host_count ? world->hosts[index] : NULL;
    unsigned i = 0;
    while (i < w->host_count && w->hosts[i] != host)
        i++;
    if (host != NULL && i == w->host_count && i < HOSTS_MAX)
        w->hosts[w->host_count++] = host;
}

/* ---- the message ---- */

typedef struct text {
    char *buf;
    size_t size, used;
} text;

#if defined(__GNUC__)
__attribute__((format(printf, 2, 3)))
#endif
static void
append(text *t, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int len = vsnprintf(t->buf + t->used, t->size - t->used, format, arguments);
    va_end(arguments);
    if (len > 0)
        t->used = (size_t)len < t->size - t->used ? t->used + (size_t)len : t->size - 1;
}

static sim_stop complain(sim_world *world, const watch *w)
{
    sim_error *error = &world->error;
    *error = (sim_error){.code = WSAEINVAL};
    text why = {error->why, sizeof error->why, 0};
    snprintf(error->what, sizeof error->what,
             "virtual time stands still at %" PRIu64 " ns: more than %" PRIu64 " events happen there",
             world->now_ns, world->options.events_per_instant_max);
    append(&why, "it goes on:");
    for (unsigned i = 0; i < w->socket_count; i++)
        append(&why, "%s %s of socket %" PRIu64 " on %s", i == 0 ? "" : ",", w->sockets[i].name,
               (uint64_t)w->sockets[i].handle, w->sockets[i].host->name);
    for (unsigned i = 0; i < w->host_count && w->socket_count == 0; i++)
        append(&why, "%s events of host %s", i == 0 ? "" : ",", w->hosts[i]->name);
    snprintf(error->fix, sizeof error->fix,
             "give links a latency_ns and timers a delay, or raise events_per_instant_max");
    return SIM_STOP_STUCK;
}

/* ---- watching ---- */

sim_stop simp_stuck(sim_world *world)
{
    watch w = {.observer = {.on_step = on_step}};
    sim_stop stop = SIM_STOP_TIME;
    unsigned events = 0;
    sim_world_add_observer(world, &w.observer);
    while (events < WATCHED_EVENTS && stop == SIM_STOP_TIME &&
           simp_events_next_at(&world->events) == world->now_ns) {
        note_host(&w, world, simp_events_next_host(&world->events));
        stop = simp_world_run_one(world);
        events++;
    }
    sim_world_remove_observer(world, &w.observer);
    return events == WATCHED_EVENTS && stop == SIM_STOP_TIME ? complain(world, &w) : stop;
}
