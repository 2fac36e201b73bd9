/* SPDX-License-Identifier: MIT
 *
 * Hosts: making them, naming them, giving them routes and programs.
 */
#include "simnet/host/host_fault.h"

#include <stdio.h>
#include <string.h>

#include "core/limits.h"
#include "simnet/socket/sim_socket.h"

enum { NAME_MAX_LEN = 63 };

static bool is_name(const char *name)
{
    size_t len = name == NULL ? 0 : strlen(name);
    if (len == 0 || len > NAME_MAX_LEN)
        return false;
    for (size_t i = 0; i < len; i++) {
        bool letter = (name[i] >= 'a' && name[i] <= 'z') || (name[i] >= 'A' && name[i] <= 'Z');
        bool digit = name[i] >= '0' && name[i] <= '9';
        if (!letter && !digit && strchr("-._", name[i]) == NULL)
            return false;
    }
    return true;
}

static sim_host *find(const sim_world *world, const char *name, uint64_t hash)
{
    simp_hash_node *at = simp_hash_first(&world->host_names, (uint32_t)hash);
    while (at != NULL && (((sim_host *)at)->name_hash != hash || strcmp(((sim_host *)at)->name, name) != 0))
        at = at->next;
    return (sim_host *)at;
}

sim_host *sim_world_host(const sim_world *world, const char *name)
{
    return name == NULL ? NULL : find(world, name, simp_hash_text(0, name));
}

static int refuse_name(sim_world *world, const char *name)
{
    return simp_refuse_named(world, WSAEINVAL, "'%s' is not a host name", name == NULL ? "(null)" : name,
                             "a name has 1 to 63 letters, digits, and - . _", "choose one like \"client-1\"");
}

static int check_room(sim_world *world, const char *name, uint64_t hash)
{
    if (find(world, name, hash) != NULL)
        return simp_refuse_named(world, WSAEADDRINUSE, "there is a host %s already", name,
                                 "labels and the name table need unique names", "choose another name");
    if (world->host_count == SIMP_HOSTS_MAX)
        return simp_refuse(world, WSAEMFILE, "the world has its 1048576 hosts",
                           "ties of events hold 20 bits of it", "use fewer hosts");
    return 0;
}

static bool enlist(sim_host *host)
{
    sim_world *world = host->world;
    if (world->host_count == world->host_capacity) {
        uint32_t capacity = world->host_capacity == 0 ? CASP_LIMIT(8, 1) : world->host_capacity * 2;
        sim_host **hosts = simp_resize(&world->arena, world->hosts, world->host_capacity * sizeof *hosts,
                                       capacity * sizeof *hosts);
        if (hosts == NULL)
            return false;
        world->hosts = hosts;
        world->host_capacity = capacity;
    }
    if (!simp_hash_add(&world->host_names, &world->arena, &host->node, (uint32_t)host->name_hash))
        return false;
    world->hosts[world->host_count++] = host;
    return true;
}

/* ---- what a host has once it does something ---- */

static simp_task *add_task(sim_host *host)
{
    simp_task *task = simp_alloc(&host->world->arena, sizeof *task);
    if (task == NULL || simp_task_init(task, host) != 0) {
        simp_free(&host->world->arena, task, sizeof *task);
        return NULL;
    }
    return task;
}

/* NULL: no memory. */
static simp_task *main_task(sim_host *host) { return host->tasks != NULL ? host->tasks : add_task(host); }

/* One that was just made. */
static void remove_main_task(sim_host *host)
{
    simp_task *task = host->tasks;
    if (task == NULL)
        return;
    simp_task_fini(task);
    simp_free(&host->world->arena, task, sizeof *task);
}

/* ---- making ---- */

int sim_host_create(sim_world *world, const char *name, sim_host **out)
{
    if (out == NULL)
        return simp_refuse(world, WSAEINVAL, "a host needs a place for the result", "the pointer is NULL",
                           "pass the address of a sim_host *");
    if (!is_name(name))
        return refuse_name(world, name);
    uint64_t hash = simp_hash_text(0, name);
    int error = check_room(world, name, hash);
    if (error != 0)
        return error;
    size_t name_size = strlen(name) + 1;
    sim_host *host = simp_alloc(&world->arena, sizeof *host + name_size);
    if (host == NULL)
        return simp_no_memory(world);
    *host = (sim_host){.world = world,
                       .name = memcpy(host + 1, name, name_size),
                       .name_hash = hash,
                       .index = world->host_count,
                       .interface_count = SIMP_LOOPBACK_INDEX,
                       .socket_lowest = SIMP_HANDLE_FIRST,
                       .stack = world->options.stack};
    if (!enlist(host)) {
        simp_free(&world->arena, host, sizeof *host + name_size);
        return simp_no_memory(world);
    }
    *out = host;
    return 0;
}

const char *sim_host_name(const sim_host *host) { return host->name; }
sim_world *sim_host_world(const sim_host *host) { return host->world; }
unsigned sim_host_index(const sim_host *host) { return host->index; }
void sim_host_set_forwarding(sim_host *host, bool on) { host->forwarding = on; }

cas_thread *sim_host_thread(sim_host *host)
{
    const simp_task *task = main_task(host);
    if (task == NULL)
        simp_no_memory(host->world);
    return task == NULL ? NULL : task->thread;
}

cas_thread *sim_host_enter(sim_host *host) { return cas_thread_enter(sim_host_thread(host)); }

int sim_host_add_route(sim_host *host, const char *prefix, const char *gateway)
{
    sim_world *world = host->world;
    simp_ip network, via;
    unsigned bits;
    if (prefix == NULL || !simp_ip_parse_prefix(prefix, strlen(prefix), &network, &bits))
        return simp_refuse_named(world, WSAEINVAL, "'%s' is not a prefix", prefix == NULL ? "(null)" : prefix,
                                 "a route leads to a network", "write it as \"10.1.0.0/16\" or \"::/0\"");
    if (gateway == NULL || !simp_ip_parse(gateway, &via) || simp_ip_is_v4(via) != simp_ip_is_v4(network))
        return simp_refuse_named(world, WSAEINVAL, "'%s' is not a gateway for this prefix",
                                 gateway == NULL ? "(null)" : gateway,
                                 "a gateway is a numeric address of the same family",
                                 "write the address of a neighbour, as \"10.0.0.254\"");
    simp_route *route = simp_alloc_zero(&world->arena, sizeof *route);
    if (route == NULL)
        return simp_no_memory(world);
    *route = (simp_route){.next = host->routes, .prefix = network, .gateway = via, .bits = bits};
    host->routes = route;
    simp_topology_changed(world);
    return 0;
}

/* ---- threads and programs ---- */

int sim_host_add_thread(sim_host *host, cas_thread **out)
{
    sim_world *world = host->world;
    bool had_main = host->tasks != NULL;
    const simp_task *task = main_task(host) == NULL ? NULL : add_task(host);
    if (task == NULL && !had_main)
        remove_main_task(host);
    if (task == NULL)
        return simp_no_memory(world);
    *out = task->thread;
    return 0;
}

typedef struct program {
    simp_event start;
    sim_host *host;
    void (*function)(void *argument);
    void *argument;
} program;

static void on_start(sim_world *world, simp_event *event)
{
    program run = *(program *)(void *)event;
    simp_events_release(&world->events);
    simp_free(&world->arena, event, sizeof run);
    if (!sim_host_is_up(run.host))
        return;
    simp_record_event(world, SIMP_RECORD_START, run.host->name_hash >> 8, 0);
    simp_task_call(run.host->tasks, run.function, run.argument);
}

int sim_host_run(sim_host *host, uint64_t delay_ns, void (*start)(void *argument), void *argument)
{
    sim_world *world = host->world;
    if (start == NULL)
        return simp_refuse_named(world, WSAEINVAL, "host %s has nothing to run", host->name, "start is NULL",
                                 "pass a function");
    program *run = simp_alloc_zero(&world->arena, sizeof *run);
    bool reserved = run != NULL && simp_events_reserve(&world->events, &world->arena);
    if (!reserved || main_task(host) == NULL) {
        if (reserved)
            simp_events_release(&world->events);
        simp_free(&world->arena, run, sizeof *run);
        return simp_no_memory(world);
    }
    *run = (program){.start = {.run = on_start}, .host = host, .function = start, .argument = argument};
    uint64_t at = delay_ns > UINT64_MAX - world->now_ns ? UINT64_MAX : world->now_ns + delay_ns;
    simp_schedule(world, &run->start, SIMP_CLASS_DISPATCH, host, at);
    return 0;
}
