/* SPDX-License-Identifier: MIT
 *
 * One run: the world of a plan until nothing is left to happen, the verdict, and then everything closed,
 * after which nothing may be left.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#include "castanet/trace.h"
#include "simnet/socket/sim_socket.h"
#include "tests/swarm.h"

/* Ten days: no transfer of a plan needs as long. */
#define LATEST_NS ((uint64_t)SIM_S(864000))

static void fail(swarm_outcome *o, const char *format, ...)
#if defined(__GNUC__)
    __attribute__((format(printf, 2, 3)))
#endif
    ;

/* The first one stays. */
static void fail(swarm_outcome *o, const char *format, ...)
{
    va_list arguments;
    if (o->failed)
        return;
    o->failed = true;
    va_start(arguments, format);
    vsnprintf(o->failure, sizeof o->failure, format, arguments);
    va_end(arguments);
}

/* ---- while it runs ---- */

static void explain_open(const swarm_world *w, swarm_outcome *o)
{
    for (unsigned i = 0; i < w->plan->connection_count; i++) {
        const transfer_end *ends = w->connections[i].ends;
        bool open = (ends[0].state != TRANSFER_UNBORN && !transfer_is_over(&ends[0])) ||
                    ends[1].state == TRANSFER_OPEN;
        size_t used = strlen(o->failure);
        if (open)
            swarm_explain(w, i, o->failure + used, sizeof o->failure - used);
    }
}

static void run_to_rest(swarm_world *w, const swarm_mode *mode, swarm_outcome *o)
{
    char what[256] = "";
    sim_stop stop = SIM_STOP_TIME;
    while (stop == SIM_STOP_TIME && what[0] == '\0' && sim_world_now(w->world) < LATEST_NS) {
        stop = sim_world_step(w->world);
        if (w->watch.failure[0] != '\0') {
            fail(o, "%s, at %.6f ms", w->watch.failure, (double)sim_world_now(w->world) / 1e6);
            break;
        }
        if (mode->check && simp_world_check(w->world, what, sizeof what) != 0)
            fail(o, "invariant: %s, at %.6f ms", what, (double)sim_world_now(w->world) / 1e6);
    }
    if (sim_world_failure(w->world) != NULL)
        fail(o, "%s, at %.6f ms", sim_world_failure(w->world), (double)sim_world_now(w->world) / 1e6);
    else if (stop != SIM_STOP_IDLE && !o->failed)
        fail(o, "no end: the world stops for reason %d after %" PRIu64 " events at %.3f ms", (int)stop,
             sim_world_event_count(w->world), (double)sim_world_now(w->world) / 1e6);
    if (o->failed)
        explain_open(w, o);
}

/* ---- afterwards ---- */

static bool was_not_reset(const swarm_world *w, unsigned connection, unsigned end)
{
    const swarm_flow *flow = swarm_watch_flow(w, connection);
    return flow == NULL || flow->resets_arrived[end] == 0;
}

static void count(const swarm_world *w, swarm_outcome *o)
{
    for (unsigned i = 0; i < w->plan->connection_count; i++) {
        for (unsigned end = 0; end < 2; end++) {
            const transfer_end *e = &w->connections[i].ends[end];
            o->bytes += e->received;
            o->done += e->state == TRANSFER_DONE;
            o->failed_ends += e->state == TRANSFER_FAILED;
            o->left += e->state == TRANSFER_LEFT;
            o->counts[SWARM_COUNT_crashed] += e->state == TRANSFER_CRASHED;
            o->counts[SWARM_COUNT_waiting] += e->state == TRANSFER_OPEN;
            o->counts[SWARM_COUNT_timeouts] += e->state == TRANSFER_FAILED && was_not_reset(w, i, end);
        }
    }
    sim_link_counters links = swarm_link_counters(w);
    o->packets = links.packets;
#define COPY(name) o->counts[SWARM_COUNT_##name] = links.name;
    SWARM_LINK_COUNTS(COPY)
#undef COPY
    o->counts[SWARM_COUNT_lies] = w->watch.lies;
    o->counts[SWARM_COUNT_datagrams] = w->datagrams.received;
    o->events = sim_world_event_count(w->world);
    o->ended_ns = sim_world_now(w->world);
    sim_world_fingerprint_text(w->world, o->fingerprint);
}

static void close_all(swarm_world *w)
{
    for (unsigned i = 0; i < w->plan->host_count; i++) {
        cas_thread *before = sim_host_enter(w->hosts[i]);
        for (unsigned k = 0; k < w->plan->connection_count; k++) {
            const swarm_connection_plan *c = &w->plan->connections[k];
            if (c->client == i)
                transfer_fini(&w->connections[k].ends[0]);
            if (c->server == i)
                transfer_fini(&w->connections[k].ends[1]);
        }
        CAsyncSocket_Destruct(&w->listeners[i][0].socket);
        CAsyncSocket_Destruct(&w->listeners[i][1].socket);
        swarm_datagrams_close(w, i);
        cas_thread_enter(before);
    }
}

static void expect_nothing_left(swarm_world *w, swarm_outcome *o)
{
    for (unsigned i = 0; i < w->plan->host_count; i++) {
        const sim_host *host = w->hosts[i];
        unsigned sockets = cas_thread_socket_count(sim_host_thread(w->hosts[i]));
        for (uint32_t k = 0; k < host->socket_capacity; k++)
            sockets += host->sockets[k] != NULL;
        if (sockets != 0)
            fail(o, "left behind: %u sockets of %s", sockets, sim_host_name(host));
    }
    if (simp_hash_after(&w->world->connections, NULL) != NULL)
        fail(o, "left behind: connections, after all sockets were closed and nothing is left to happen");
}

static void end(swarm_world *w, const swarm_mode *mode, swarm_outcome *o)
{
    w->watch.is_over = true;
    close_all(w);
    if (o->failed)
        return;
    run_to_rest(w, mode, o);
    expect_nothing_left(w, o);
}

/* ---- a run ---- */

static void run_world(swarm_world *w, const swarm_mode *mode, swarm_outcome *o)
{
    cap_trace *capture = NULL;
    cap_trace *trace = NULL;
    sim_error error;
    if (mode->pcap != NULL && (cap_trace_open(w->world, &capture, &error) != 0 ||
                               cap_trace_add_capture(capture, mode->pcap, NULL, &error) != 0))
        fail(o, "capture: %s; %s; %s", error.what, error.why, error.fix);
    if (mode->corrupted != NULL && (w->watch.corrupted = fopen(mode->corrupted, "w")) == NULL)
        fail(o, "capture: %s cannot be written", mode->corrupted);
    if (mode->ladder != NULL && (cap_trace_open(w->world, &trace, NULL) != 0 ||
                                 cap_trace_print_ladder(trace, mode->ladder, NULL, NULL) != 0))
        fail(o, "ladder: no memory");
    swarm_plant(w, mode->bug);
    run_to_rest(w, mode, o);
    if (!o->failed && !swarm_judge(w, o->failure, sizeof o->failure))
        o->failed = true;
    cap_trace_close(trace, NULL);
    count(w, o);
    end(w, mode, o);
    if (w->watch.corrupted != NULL)
        fclose(w->watch.corrupted);
    if (cap_trace_close(capture, &error) != 0)
        fail(o, "capture: %s; %s; %s", error.what, error.why, error.fix);
}

void swarm_run(const swarm_plan *plan, const swarm_mode *mode, swarm_outcome *o)
{
    static swarm_world w;
    cas_counting_allocator memory;
    cas_counting_allocator_init(&memory, cas_allocator_system());
    memset(o, 0, sizeof *o);
    if (swarm_build(&w, plan, &memory.base)) {
        run_world(&w, mode, o);
    } else {
        const sim_error *error = w.world == NULL ? NULL : sim_world_error(w.world);
        fail(o, "no world: %s; %s; %s", error == NULL ? "" : error->what, error == NULL ? "" : error->why,
             error == NULL ? "" : error->fix);
    }
    sim_world_destroy(w.world);
    swarm_watch_end(&w.watch);
    if (memory.blocks_live != 0)
        fail(o, "left behind: %zu blocks of memory", (size_t)memory.blocks_live);
}
