/* SPDX-License-Identifier: MIT
 *
 * The calls of a world that the museum makes, on real sockets, and a run of a scenario; see
 * loopback_stage.h.
 */
#include "bench/search/loopback_stage.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <arpa/inet.h>

#include "bench/search/loopback_private.h"
#include "castanet/os.h"
#include "castanet/sim.h"
#include "castanet/sim_host_fault.h"

/* ---- the calls of a world ---- */

static void end(sim_world *stage) { stage->is_over = true; }

static void miss(sim_world *stage, const char *what)
{
    if (stage->result->missing[0] == '\0')
        snprintf(stage->result->missing, sizeof stage->result->missing, "%s", what);
    end(stage);
}

void sim_world_fail(sim_world *stage, const char *format, ...)
{
    va_list arguments;
    if (stage->has_failed)
        return;
    va_start(arguments, format);
    vsnprintf(stage->result->message, sizeof stage->result->message, format, arguments);
    va_end(arguments);
    stage->has_failed = true;
    end(stage);
}

const sim_error *sim_world_error(const sim_world *stage)
{
    static const sim_error no_room = {.code = WSAENOBUFS,
                                      .what = "the system gives no more sockets or threads"};
    (void)stage;
    return &no_room;
}

uint64_t sim_world_now(const sim_world *stage) { return stage_clock_ns() - stage->begin_ns; }

int sim_world_at(sim_world *stage, uint64_t at_ns, void (*action)(void *), void *argument)
{
    (void)at_ns, (void)action, (void)argument;
    miss(stage, "what befalls a host at a time");
    return 0;
}

uint32_t sim_world_choose(sim_world *stage, const char *name, uint32_t bound)
{
    (void)name, (void)bound;
    miss(stage, "what the scenario draws");
    return 0;
}

int sim_host_crash(sim_host *host, sim_crash how)
{
    (void)how;
    miss(host->stage, "a host that crashes");
    return 0;
}

int sim_host_create(sim_world *stage, const char *name, sim_host **out)
{
    if (stage->host_count == STAGE_HOSTS)
        return WSAENOBUFS;
    sim_host *host = &stage->hosts[stage->host_count];
    *host = (sim_host){.stage = stage, .number = stage->host_count};
    snprintf(host->name, sizeof host->name, "%s", name);
    host->loop = stage_loop_create(host);
    if (host->loop == NULL)
        return WSAENOBUFS;
    stage->host_count++;
    *out = host;
    return 0;
}

sim_host *sim_world_host(const sim_world *stage, const char *name)
{
    for (unsigned i = 0; i < stage->host_count; i++)
        if (strcmp(stage->hosts[i].name, name) == 0)
            return (sim_host *)(uintptr_t)&stage->hosts[i];
    return NULL;
}

int sim_link_create(sim_world *stage, const char *name, const sim_link_options *options, sim_link **out)
{
    (void)stage, (void)name, (void)options;
    *out = NULL;
    return 0;
}

int sim_host_attach(sim_host *host, sim_link *link, const char *addresses)
{
    char text[24];
    struct in_addr parsed;
    (void)link;
    snprintf(text, sizeof text, "%.*s", (int)strcspn(addresses, "/"), addresses);
    if (host->address_count == STAGE_ADDRESSES || inet_pton(AF_INET, text, &parsed) != 1)
        return WSAENOBUFS;
    host->addresses[host->address_count++] = ntohl(parsed.s_addr);
    return 0;
}

int sim_host_run(sim_host *host, uint64_t delay_ns, void (*start)(void *), void *argument)
{
    stage_loop *loop = host->loop;
    if (loop->start != NULL) {
        miss(host->stage, "two programs on one host");
        return 0;
    }
    loop->start = start;
    loop->argument = argument;
    loop->start_ns = delay_ns;
    return 0;
}

cas_thread *sim_host_thread(sim_host *host) { return host->loop->thread; }
sim_world *sim_host_world(const sim_host *host) { return host->stage; }

sim_host *sim_host_of(const cas_thread *thread) { return stage_loop_of(thread)->host; }

int sim_host_add_thread(sim_host *host, cas_thread **out)
{
    stage_loop *loop = stage_loop_create(host);
    if (loop == NULL)
        return WSAENOBUFS;
    loop->is_worker = true;
    *out = loop->thread;
    return stage_loop_begin(loop) ? 0 : WSAENOBUFS;
}

const char *sim_outcome_word(sim_outcome outcome)
{
    static const char *const words[] = {
        [SIM_PASSED] = "passed",     [SIM_FAILED] = "failed",     [SIM_STALLED] = "stalled",
        [SIM_LIVELOCK] = "livelock", [SIM_OVERTIME] = "overtime", [SIM_VOID] = "void",
        [SIM_CRASHED] = "crashed",   [SIM_EXITED] = "exited",     [SIM_HUNG] = "hung"};
    return words[outcome];
}

/* ---- a run ---- */

static void judge(sim_world *stage, const stage_limits *limits)
{
    const sim_scenario *s = stage->scenario;
    bool is_done = s->is_done == NULL || s->is_done(stage, stage->state);
    uint64_t took = stage_clock_ns() - stage->begin_ns;
    stage->result->took_ns = took;
    if (!stage->has_failed && s->check != NULL)
        s->check(stage, stage->state);
    if (stage->has_failed)
        stage->result->outcome = SIM_FAILED;
    else if (stage->callbacks >= limits->callbacks_max)
        stage->result->outcome = SIM_LIVELOCK;
    else if (is_done)
        stage->result->outcome = SIM_PASSED;
    else
        stage->result->outcome = took >= limits->until_ns ? SIM_OVERTIME : SIM_STALLED;
}

/* Has the run come to its end?  The lock is held. */
static bool has_ended(sim_world *stage, const stage_limits *limits)
{
    uint64_t now = stage_clock_ns(), quiet = now - stage->last_ns;
    const sim_scenario *s = stage->scenario;
    bool is_pending = false;
    if (stage->is_over || now - stage->begin_ns >= limits->until_ns ||
        stage->callbacks >= limits->callbacks_max)
        return true;
    if (quiet < limits->quiet_ns)
        return false;
    for (unsigned i = 0; i < stage->loop_count && !is_pending; i++)
        is_pending = stage_loop_is_pending(&stage->loops[i]);
    if (is_pending)
        return false;
    return quiet >= limits->stall_ns || s->is_done == NULL || s->is_done(stage, stage->state);
}

static void wait_for_end(sim_world *stage, const stage_limits *limits)
{
    static const struct timespec pause = {.tv_nsec = 5000000};
    bool is_over = false;
    while (!is_over) {
        nanosleep(&pause, NULL);
        pthread_mutex_lock(&stage->lock);
        is_over = has_ended(stage, limits);
        stage->is_over = is_over;
        pthread_mutex_unlock(&stage->lock);
    }
    if (write(stage->stop_pipe[1], "", 1) != 1)
        abort();
    for (unsigned i = 0; i < stage->loop_count; i++)
        if (stage->loops[i].is_running)
            pthread_join(stage->loops[i].system, NULL);
}

static bool begin(sim_world *stage)
{
    bool is_begun = true;
    pthread_mutex_lock(&stage->lock);
    stage->begin_ns = stage->last_ns = stage_clock_ns();
    for (unsigned i = 0, count = stage->loop_count; i < count; i++)
        is_begun = stage_loop_begin(&stage->loops[i]) && is_begun;
    if (!is_begun)
        sim_world_fail(stage, "the system gives no more threads");
    pthread_mutex_unlock(&stage->lock);
    return is_begun;
}

/* What only a simulated TCP does, and this system's does not do by itself. */
static void look_for_what_is_missing(sim_world *stage)
{
    const sim_world_options *options = stage->scenario->world;
    if (options != NULL && options->profile.sends_whole)
        miss(stage, "sends-whole");
    if (options != NULL && options->profile.shutdown_receive_resets)
        miss(stage, "shutdown-receive-resets");
    if (strcmp(stage->scenario->name, "S49-broken") == 0)
        miss(stage, "two listeners on one port");
}

static void fini(sim_world *stage)
{
    if (stage->scenario->end != NULL)
        stage->scenario->end(stage, stage->state);
    for (unsigned i = 0; i < stage->loop_count; i++) {
        cas_thread_destroy(stage->loops[i].thread);
        cas_epoll_backend_destroy(stage->loops[i].backend);
    }
    close(stage->stop_pipe[0]);
    close(stage->stop_pipe[1]);
    pthread_mutex_destroy(&stage->lock);
    free(stage->state);
    free(stage);
}

void stage_run(const sim_scenario *scenario, unsigned slot, const stage_limits *limits, stage_result *result)
{
    sim_world *stage = calloc(1, sizeof *stage);
    void *state = calloc(1, scenario->state_size + 1);
    *result = (stage_result){.outcome = SIM_VOID};
    if (stage == NULL || state == NULL || pipe(stage->stop_pipe) != 0) {
        free(stage);
        free(state);
        return;
    }
    if (scenario->initial != NULL)
        memcpy(state, scenario->initial, scenario->state_size);
    *stage = (sim_world){.scenario = scenario,
                         .state = state,
                         .slot = slot,
                         .result = result,
                         .stop_pipe = {stage->stop_pipe[0], stage->stop_pipe[1]}};
    pthread_mutex_init(&stage->lock, NULL);
    look_for_what_is_missing(stage);
    scenario->build(stage, state);
    if (!stage->is_over && begin(stage))
        wait_for_end(stage, limits);
    judge(stage, limits);
    fini(stage);
}
