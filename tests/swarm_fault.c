/* SPDX-License-Identifier: MIT
 *
 * What goes wrong with hosts: which faults are drawn, how they are done and undone, and what they are in
 * words.  Every fault is undone, so that in the end whoever can still know something learns it.
 */
#include <inttypes.h>
#include <string.h>

#include "tests/swarm.h"

enum { PER_KIND = 2 };

typedef simp_stream dice;

static uint64_t below(dice *d, uint64_t bound) { return simp_stream_below(d, bound); }

static swarm_feature feature_of(swarm_fault_kind kind)
{
    return (swarm_feature)(SWARM_CRASH + (unsigned)kind);
}

/* ---- drawing ---- */

static unsigned hosts_of(const swarm_plan *plan, swarm_fault_kind kind)
{
    bool routers_too = kind == SWARM_FAULT_POWER;
    return plan->host_count + (routers_too ? plan->router_count : 0);
}

static void draw(const swarm_plan *plan, swarm_fault_kind kind, unsigned number, swarm_fault_plan *p)
{
    dice d = swarm_dice(plan, swarm_feature_name(feature_of(kind)), 1 + number);
    bool is_clock = kind == SWARM_FAULT_CLOCK, forward = swarm_chance(&d, 70);
    uint64_t brief = swarm_magnitude(&d, (uint64_t)SIM_MS(1), (uint64_t)SIM_S(20));
    uint64_t endless = swarm_magnitude(&d, (uint64_t)SIM_S(20), (uint64_t)SIM_S(4000));
    int64_t jump = (int64_t)swarm_magnitude(&d, (uint64_t)SIM_US(10), (uint64_t)SIM_S(100));
    *p = (swarm_fault_plan){.kind = kind,
                            .host = (unsigned)below(&d, hosts_of(plan, kind)),
                            .begin_ns = swarm_magnitude(&d, (uint64_t)SIM_MS(1), (uint64_t)SIM_S(10)),
                            .connection = (unsigned)below(&d, plan->connection_count),
                            .end = (unsigned)below(&d, 2),
                            .by_link = swarm_chance(&d, 50),
                            .ipv6 = swarm_chance(&d, 40),
                            .drift_ppm = (int64_t)below(&d, 800001) - 400000};
    p->jump_ns = !is_clock ? jump % SIM_MS(20) : forward ? jump : -(int64_t)below(&d, p->begin_ns / 4);
    p->end_ns = p->begin_ns + (swarm_has(plan, SWARM_LONG_PARTITIONS) ? endless : brief);
}

void swarm_draw_faults(swarm_plan *plan)
{
    for (unsigned kind = 0; kind < SWARM_FAULT_KINDS; kind++) {
        swarm_feature feature = feature_of((swarm_fault_kind)kind);
        dice d = swarm_dice(plan, swarm_feature_name(feature), 0);
        unsigned count = 1 + (unsigned)below(&d, PER_KIND);
        for (unsigned i = 0; i < count && swarm_has(plan, feature); i++)
            draw(plan, (swarm_fault_kind)kind, i, &plan->faults[plan->fault_count++]);
    }
}

bool swarm_host_has(const swarm_plan *plan, unsigned host, swarm_fault_kind kind)
{
    for (unsigned i = 0; i < plan->fault_count; i++) {
        if (plan->faults[i].kind == kind && plan->faults[i].host == host)
            return true;
    }
    return false;
}

/* ---- crashes ---- */

/* The programs' state is gone with them; what was not begun yet begins all the same, if the host is up. */
static void crash(swarm_world *w, unsigned host, sim_crash kind)
{
    if (!sim_host_is_up(w->hosts[host]))
        return;
    for (unsigned i = 0; i < w->plan->connection_count; i++) {
        const swarm_connection_plan *c = &w->plan->connections[i];
        if (c->client == host)
            transfer_crash(&w->connections[i].ends[0]);
        if (c->server == host)
            transfer_crash(&w->connections[i].ends[1]);
    }
    w->crashed[host] = true;
    swarm_datagrams_crash(w, host);
    if (sim_host_crash(w->hosts[host], kind) != 0)
        swarm_tell_refusal(w, "a crash");
}

static void restart(swarm_world *w, unsigned host)
{
    if (sim_host_restart(w->hosts[host]) != 0)
        swarm_tell_refusal(w, "a restart");
}

/* ---- one connection ---- */

static void kill_connection(swarm_world *w, const swarm_fault_plan *p)
{
    swarm_connection *c = &w->connections[p->connection];
    const transfer_end *e = &c->ends[p->end];
    const swarm_connection_plan *plan = &w->plan->connections[p->connection];
    if (p->by_link) { /* the link says so if it knows no such connection */
        sim_link *link = w->links[swarm_link_of(w->plan, p->host)];
        sim_link_reset_connection(link, 1 + p->connection, p->end == 0 ? SIM_RESET_BOTH : SIM_RESET_RECEIVER);
        return;
    }
    if (e->state != TRANSFER_OPEN)
        return;
    sim_host *host = w->hosts[p->end == 0 ? plan->client : plan->server];
    c->killed = true;
    sim_host_reset_connection(host, e->socket->base.m_hSocket);
}

static void forget_connection(swarm_world *w, const swarm_fault_plan *p)
{
    swarm_connection *c = &w->connections[p->connection];
    const transfer_end *e = &c->ends[p->end];
    const swarm_connection_plan *plan = &w->plan->connections[p->connection];
    if (e->state != TRANSFER_OPEN)
        return;
    sim_host *host = w->hosts[p->end == 0 ? plan->client : plan->server];
    if (sim_host_forget_connection(host, e->socket->base.m_hSocket) == 0)
        c->forgotten[p->end] = true;
}

/* ---- addresses and interfaces ---- */

static int change_address(swarm_world *w, const swarm_fault_plan *p, bool back)
{
    char text[64];
    if (!back) {
        swarm_address(w->plan, p->host, p->ipv6, text);
        return sim_host_remove_address(w->hosts[p->host], text);
    }
    swarm_prefix(w->plan, p->host, p->ipv6, text);
    return sim_host_add_address(w->hosts[p->host], w->links[swarm_link_of(w->plan, p->host)], text);
}

/* Two faults of one kind may overlap: then the address is gone, or there, already. */
static bool is_alone(const swarm_world *w, const swarm_fault_plan *p)
{
    for (unsigned i = 0; i < w->plan->fault_count; i++) {
        const swarm_fault_plan *other = &w->plan->faults[i];
        if (&w->plan->faults[i] < p && other->kind == p->kind && other->host == p->host)
            return false;
    }
    return true;
}

/* ---- doing and undoing ---- */

static int do_to_host(swarm_world *w, const swarm_fault_plan *p, bool begins)
{
    sim_host *host = w->hosts[p->host];
    switch (p->kind) {
    case SWARM_FAULT_PAUSE:
        if (begins)
            return sim_host_pause(host);
        sim_host_resume(host);
        return 0;
    case SWARM_FAULT_CPU: return sim_host_set_cpu_delay(host, 0, begins ? p->jump_ns : 0);
    case SWARM_FAULT_CLOCK:
        return sim_host_set_clock(host, begins ? p->jump_ns : 0, begins ? p->drift_ppm : 0);
    case SWARM_FAULT_NO_BUFFERS: return sim_host_set_out_of_buffers(host, begins);
    case SWARM_FAULT_ADDRESS: return is_alone(w, p) ? change_address(w, p, !begins) : 0;
    case SWARM_FAULT_INTERFACE:
        return sim_host_set_interface_up(host, w->links[swarm_link_of(w->plan, p->host)], !begins);
    default: return 0;
    }
}

static void begin_fault(void *argument)
{
    const struct swarm_action *action = argument;
    swarm_world *w = action->world;
    const swarm_fault_plan *p = &w->plan->faults[action->index];
    switch (p->kind) {
    case SWARM_FAULT_CRASH: crash(w, p->host, SIM_CRASH_PROGRAMS); break;
    case SWARM_FAULT_POWER: crash(w, p->host, SIM_CRASH_POWER); break;
    case SWARM_FAULT_KILL: kill_connection(w, p); break;
    case SWARM_FAULT_FORGET: forget_connection(w, p); break;
    default:
        if (do_to_host(w, p, true) != 0)
            swarm_tell_refusal(w, swarm_feature_name(feature_of(p->kind)));
        break;
    }
}

static void end_fault(void *argument)
{
    const struct swarm_action *action = argument;
    swarm_world *w = action->world;
    const swarm_fault_plan *p = &w->plan->faults[action->index];
    if (p->kind == SWARM_FAULT_POWER || p->kind == SWARM_FAULT_CRASH)
        restart(w, p->host);
    else if (do_to_host(w, p, false) != 0)
        swarm_tell_refusal(w, swarm_feature_name(feature_of(p->kind)));
}

static void boot(void *argument)
{
    const struct swarm_action *action = argument;
    if (action->world->crashed[action->index])
        swarm_listen(action->world, action->index);
    action->world->crashed[action->index] = false;
}

int swarm_schedule_faults(swarm_world *w)
{
    const swarm_plan *plan = w->plan;
    int error = 0;
    for (unsigned i = 0; i < plan->fault_count && error == 0; i++) {
        const swarm_fault_plan *p = &plan->faults[i];
        error = sim_world_at(w->world, p->begin_ns, begin_fault, swarm_action_of(w, i));
        if (error == 0)
            error = sim_world_at(w->world, p->end_ns, end_fault, swarm_action_of(w, i));
        if (p->kind == SWARM_FAULT_KILL)
            sim_link_count_connections(w->links[swarm_link_of(plan, p->host)]);
    }
    for (unsigned i = 0; i < plan->host_count && error == 0; i++) {
        if (swarm_host_has(plan, i, SWARM_FAULT_CRASH) || swarm_host_has(plan, i, SWARM_FAULT_POWER))
            error = sim_host_set_boot(w->hosts[i], boot, swarm_action_of(w, i));
    }
    return error;
}

/* ---- in words ---- */

void swarm_print_faults(FILE *out, const swarm_plan *plan)
{
    for (unsigned i = 0; i < plan->fault_count; i++) {
        const swarm_fault_plan *p = &plan->faults[i];
        bool router = p->host >= plan->host_count;
        fprintf(out, "  fault of %c%u: %s, %.3f to %.3f ms", router ? 'r' : 'h',
                router ? p->host - plan->host_count : p->host, swarm_feature_name(feature_of(p->kind)),
                (double)p->begin_ns / 1e6, (double)p->end_ns / 1e6);
        if (p->kind == SWARM_FAULT_CLOCK)
            fprintf(out, ", jump %.3f ms, drift %" PRId64 " ppm", (double)p->jump_ns / 1e6, p->drift_ppm);
        if (p->kind == SWARM_FAULT_CPU)
            fprintf(out, ", up to %.3f ms", (double)p->jump_ns / 1e6);
        if (p->kind == SWARM_FAULT_KILL || p->kind == SWARM_FAULT_FORGET)
            fprintf(out, ", connection %u %s%s", p->connection, p->end == 0 ? "client" : "server",
                    p->by_link ? " by link" : "");
        if (p->kind == SWARM_FAULT_ADDRESS)
            fprintf(out, ", %s", p->ipv6 ? "IPv6" : "IPv4");
        fprintf(out, "\n");
    }
}
