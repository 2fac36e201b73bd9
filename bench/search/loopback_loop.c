/* SPDX-License-Identifier: MIT
 *
 * The event loop of a host on a stage: it sleeps until the system has something for its sockets or a timer is
 * due, and makes one callback each time it has the lock.
 */
#include <errno.h>
#include <poll.h>
#include <time.h>

#include "bench/search/loopback_private.h"
#include "castanet/os.h"

enum { WORKER_LOOKS_NS = 5000000, START_LOOKS_NS = 500000 };

uint64_t stage_clock_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

stage_loop *stage_loop_create(sim_host *host)
{
    sim_world *stage = host->stage;
    if (stage->loop_count == STAGE_LOOPS)
        return NULL;
    stage_loop *loop = &stage->loops[stage->loop_count];
    loop->host = host;
    if (cas_epoll_backend_create(NULL, &loop->backend) != 0)
        return NULL;
    stage_translate(loop);
    if (cas_thread_create(loop->backend, NULL, &loop->thread) != 0) {
        cas_epoll_backend_destroy(loop->backend);
        return NULL;
    }
    if (stage->scenario->world != NULL)
        cas_thread_set_profile(loop->thread, &stage->scenario->world->profile);
    stage->loop_count++;
    return loop;
}

/* Until something is to be done, or the stage ends. */
static void sleep_until(const stage_loop *loop, int descriptor, uint64_t due_ns)
{
    struct pollfd ways[2] = {{.fd = loop->host->stage->stop_pipe[0], .events = POLLIN},
                             {.fd = descriptor, .events = POLLIN}};
    uint64_t now = stage_clock_ns(), left = due_ns > now ? due_ns - now : 0;
    if (loop->is_worker && left > WORKER_LOOKS_NS)
        left = WORKER_LOOKS_NS;
    struct timespec limit = {.tv_sec = (time_t)(left / 1000000000u), .tv_nsec = (long)(left % 1000000000u)};
    ppoll(ways, descriptor < 0 ? 1 : 2, due_ns == UINT64_MAX && !loop->is_worker ? NULL : &limit, NULL);
}

/* Programs start in the order of their times, as in a world, however long a thread takes to begin. */
static bool may_start(const stage_loop *loop)
{
    const sim_world *stage = loop->host->stage;
    for (unsigned i = 0; i < stage->loop_count; i++)
        if (stage->loops[i].start != NULL && stage->loops[i].start_ns < loop->start_ns)
            return false;
    return true;
}

/* One callback, if one is owed.  Says when the next one is, on the clock; 0: now. */
static uint64_t act(stage_loop *loop)
{
    sim_world *stage = loop->host->stage;
    bool has_acted;
    if (loop->start != NULL && !may_start(loop))
        return stage_clock_ns() + START_LOOKS_NS;
    if (loop->start != NULL) {
        void (*start)(void *) = loop->start;
        loop->start = NULL;
        start(loop->argument);
        has_acted = true;
    } else {
        has_acted = cas_pump_one();
    }
    if (has_acted) {
        stage->callbacks++;
        stage->last_ns = stage_clock_ns();
        if (stage->scenario->invariant != NULL)
            stage->scenario->invariant(stage, stage->state);
        return 0;
    }
    cas_pump_collect(0);
    uint64_t due = cas_thread_next_due(loop->thread), now = cas_now_ns();
    return due == UINT64_MAX || due == 0 ? due : stage_clock_ns() + (due > now ? due - now : 0);
}

static void *run(void *argument)
{
    stage_loop *loop = argument;
    sim_world *stage = loop->host->stage;
    bool is_over = false;
    cas_thread_enter(loop->thread);
    pthread_mutex_lock(&stage->lock);
    int descriptor = cas_pump_descriptor();
    pthread_mutex_unlock(&stage->lock);
    if (loop->start != NULL)
        sleep_until(loop, -1, stage->begin_ns + loop->start_ns);
    while (!is_over) {
        uint64_t due = 0;
        pthread_mutex_lock(&stage->lock);
        is_over = stage->is_over;
        if (!is_over)
            due = act(loop);
        pthread_mutex_unlock(&stage->lock);
        if (!is_over && due != 0)
            sleep_until(loop, descriptor, due);
    }
    cas_thread_enter(NULL);
    return NULL;
}

bool stage_loop_begin(stage_loop *loop)
{
    loop->is_running = pthread_create(&loop->system, NULL, run, loop) == 0;
    return loop->is_running;
}

bool stage_loop_is_pending(const stage_loop *loop)
{
    struct pollfd way = {.fd = loop->backend->ops->descriptor(loop->backend), .events = POLLIN};
    return loop->start != NULL || cas_thread_next_due(loop->thread) != UINT64_MAX || poll(&way, 1, 0) == 1;
}
