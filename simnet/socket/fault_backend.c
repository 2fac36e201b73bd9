/* SPDX-License-Identifier: MIT
 *
 * The wrapper as a whole: putting it on a thread and taking it off, its options, and the slots that are not
 * about one socket.
 */
#include "simnet/socket/fault_backend.h"

#include <stdio.h>
#include <string.h>

#include "simnet/host/host.h"

enum { PPM = 1000000 };

static cas_backend *inner_of(cas_backend *backend) { return ((sim_fault *)backend)->inner; }

/* ---- slots ---- */

static int resolve(cas_backend *backend, const char *host, uint16_t port, int family, SOCKADDR_STORAGE *out)
{
    int error = simp_fault_rule_for((sim_fault *)backend, SIM_FAULT_RESOLVE, NULL);
    cas_backend *inner = inner_of(backend);
    return error != 0 ? error : inner->ops->resolve(inner, host, port, family, out);
}

static int wait(cas_backend *backend, int64_t timeout_ns)
{
    cas_backend *inner = inner_of(backend);
    return inner->ops->wait(inner, timeout_ns);
}

static void wake(cas_backend *backend, uint64_t at_ns)
{
    cas_backend *inner = inner_of(backend);
    inner->ops->wake(inner, at_ns);
}

static int descriptor(cas_backend *backend)
{
    cas_backend *inner = inner_of(backend);
    return inner->ops->descriptor(inner);
}

static uint64_t now(cas_backend *backend)
{
    cas_backend *inner = inner_of(backend);
    return inner->ops->now(inner);
}

const cas_backend_ops simp_fault_ops = {
    .name = "fault",
    .open = simp_fault_open,
    .attach = simp_fault_attach,
    .detach = simp_fault_detach,
    .close = simp_fault_close,
    .select = simp_fault_select,
    .bind = simp_fault_bind,
    .connect = simp_fault_connect,
    .listen = simp_fault_listen,
    .accept = simp_fault_accept,
    .receive = simp_fault_receive,
    .send = simp_fault_send,
    .shutdown = simp_fault_shutdown,
    .local_name = simp_fault_local_name,
    .peer_name = simp_fault_peer_name,
    .get_option = simp_fault_get_option,
    .set_option = simp_fault_set_option,
    .query = simp_fault_query,
    .join = simp_fault_join,
    .leave = simp_fault_leave,
    .set_udp_connreset = simp_fault_set_udp_connreset,
    .conditions = simp_fault_conditions,
    .resolve = resolve,
    .wait = wait,
    .wake = wake,
    .descriptor = descriptor,
    .now = now,
};

cas_backend *simp_fault_innermost(cas_backend *backend)
{
    while (backend->ops == &simp_fault_ops)
        backend = inner_of(backend);
    return backend;
}

/* ---- options ---- */

static int check_ppm(const sim_fault_options *o, sim_error *why)
{
    const struct {
        const char *what;
        int64_t ppm;
    } shares[] = {{"short_receive_ppm is no share", o->short_receive_ppm},
                  {"short_send_ppm is no share", o->short_send_ppm},
                  {"receive_would_block_ppm is no share", o->receive_would_block_ppm},
                  {"send_would_block_ppm is no share", o->send_would_block_ppm},
                  {"accept_would_block_ppm is no share", o->accept_would_block_ppm},
                  {"surplus_read_ppm is no share", o->surplus_read_ppm},
                  {"late_ppm is no share", o->late_ppm}};
    for (size_t i = 0; i < sizeof shares / sizeof shares[0]; i++)
        if (shares[i].ppm < 0 || shares[i].ppm > PPM)
            return simp_fault_refuse(why, WSAEINVAL, shares[i].what,
                                     "a share is given in parts per million, 0 to 1000000",
                                     "SIM_PERCENT(5) is five percent");
    return 0;
}

/* A call that always finds nothing would keep every program waiting for ever. */
static int check_progress(const sim_fault_options *o, sim_error *why)
{
    if (o->receive_would_block_ppm < PPM && o->send_would_block_ppm < PPM && o->accept_would_block_ppm < PPM)
        return 0;
    return simp_fault_refuse(why, WSAEINVAL, "a would-block share is 1000000",
                             "the call would never succeed, and the notification come again for ever",
                             "stay below, as SIM_PERCENT(99), or add a rule with a count");
}

static int check_options(const sim_fault_options *o, sim_error *why)
{
    int error = check_ppm(o, why);
    if (error == 0)
        error = check_progress(o, why);
    if (error == 0 && o->late_ns_max < 0)
        error = simp_fault_refuse(why, WSAEINVAL, "late_ns_max is negative",
                                  "nothing is dispatched before it was queued",
                                  "give nanoseconds from 0 on, as SIM_MS(10)");
    if (error == 0 && o->slow_receive_ns < 0)
        error = simp_fault_refuse(why, WSAEINVAL, "slow_receive_ns is negative",
                                  "the next receive cannot come before this one",
                                  "give nanoseconds from 0 on, as SIM_MS(10)");
    if (error == 0 && o->storm_calls_max > 0 && o->receive_would_block_ppm == 0 &&
        o->send_would_block_ppm == 0 && o->accept_would_block_ppm == 0)
        error = simp_fault_refuse(why, WSAEINVAL, "storm_calls_max without a would-block share",
                                  "no storm would ever begin",
                                  "set receive_, send_ or accept_would_block_ppm, as SIM_PERCENT(5)");
    if (error == 0 && o->late_ns_max > 0 && o->late_ppm == 0)
        error = simp_fault_refuse(why, WSAEINVAL, "late_ns_max without late_ppm",
                                  "no notification would ever be late", "set late_ppm, as SIM_PERCENT(10)");
    return error;
}

int sim_fault_set_options(sim_fault *fault, const sim_fault_options *options, sim_error *why)
{
    sim_fault_options chosen = options == NULL ? (sim_fault_options){0} : *options;
    int error = check_options(&chosen, why);
    if (error == 0)
        fault->options = chosen;
    return error;
}

/* ---- life ---- */

/* "fault server", and "fault server#2" for what is installed on the same host later, so that labels stay
 * unique in the world. */
static char *name_of(cas_allocator *memory, const sim_host *host, const char *own)
{
    char text[160];
    const char *name = host != NULL ? host->name : own != NULL ? own : "thread";
    if (host != NULL && host->faults_installed > 0)
        snprintf(text, sizeof text, "fault %s#%u", name, host->faults_installed + 1);
    else
        snprintf(text, sizeof text, "fault %s", name);
    char *copy = cas_alloc(memory, strlen(text) + 1);
    if (copy != NULL)
        memcpy(copy, text, strlen(text) + 1);
    return copy;
}

static void init_sites(sim_fault *fault, uint64_t seed)
{
    static const char *const chances[SIMP_CHANCES] = {[SIMP_CHANCE_RECEIVE_SHORT] = "receive short",
                                                      [SIMP_CHANCE_SEND_SHORT] = "send short",
                                                      [SIMP_CHANCE_RECEIVE_BLOCKS] = "receive would-block",
                                                      [SIMP_CHANCE_SEND_BLOCKS] = "send would-block",
                                                      [SIMP_CHANCE_ACCEPT_BLOCKS] = "accept would-block",
                                                      [SIMP_CHANCE_SURPLUS] = "receive surplus",
                                                      [SIMP_CHANCE_LATE] = "notification late"};
    static const char *const amounts[SIMP_AMOUNTS] = {[SIMP_AMOUNT_RECEIVE] = "receive short by",
                                                      [SIMP_AMOUNT_SEND] = "send short by",
                                                      [SIMP_AMOUNT_LATE] = "notification late by",
                                                      [SIMP_AMOUNT_STORM] = "would-block storm"};
    for (unsigned i = 0; i < SIMP_CHANCES; i++)
        simp_site_init(&fault->chances[i], seed, fault->who, chances[i]);
    for (unsigned i = 0; i < SIMP_AMOUNTS; i++)
        simp_site_init(&fault->amounts[i], seed, fault->who, amounts[i]);
}

static int make(cas_thread *thread, const sim_fault_options *options, sim_fault **out)
{
    sim_host *host = sim_host_of(thread);
    cas_allocator *memory = options->memory != NULL ? options->memory : cas_allocator_system();
    if (host != NULL)
        memory = &host->world->arena.base;
    sim_fault *fault = cas_alloc(memory, sizeof *fault);
    char *who = name_of(memory, host, options->name);
    if (fault == NULL || who == NULL) {
        cas_free(memory, fault, sizeof *fault);
        cas_free(memory, who, who == NULL ? 0 : strlen(who) + 1);
        return WSAENOBUFS;
    }
    *fault = (sim_fault){.base = {&simp_fault_ops},
                         .inner = cas_thread_backend(thread),
                         .thread = thread,
                         .memory = memory,
                         .options = *options,
                         .who = who};
    simp_choice_log_init(&fault->own_log, NULL, memory);
    fault->log = host != NULL ? &host->world->choices : &fault->own_log;
    init_sites(fault, host != NULL ? host->world->options.seed : options->seed);
    *out = fault;
    return 0;
}

void sim_fault_free(sim_fault *fault)
{
    if (fault == NULL)
        return;
    cas_allocator *memory = fault->memory;
    sim_fault_clear_rules(fault);
    for (unsigned i = 0; fault->log == &fault->own_log && i < SIMP_CHANCES; i++)
        simp_site_fini(&fault->chances[i], memory);
    for (unsigned i = 0; fault->log == &fault->own_log && i < SIMP_AMOUNTS; i++)
        simp_site_fini(&fault->amounts[i], memory);
    simp_choice_log_fini(&fault->own_log);
    cas_free(memory, (void *)fault->who, strlen(fault->who) + 1);
    cas_free(memory, fault, sizeof *fault);
}

int sim_fault_install(cas_thread *thread, const sim_fault_options *options, sim_fault **out, sim_error *why)
{
    sim_fault_options chosen = options == NULL ? (sim_fault_options){0} : *options;
    if (thread == NULL || out == NULL)
        return simp_fault_refuse(why, WSAEINVAL, "the wrapper has no thread, or no place for the result",
                                 "a pointer is NULL", "pass a thread, and the address of a sim_fault *");
    int error = check_options(&chosen, why);
    if (error != 0)
        return error;
    sim_fault *fault;
    if (make(thread, &chosen, &fault) != 0)
        return simp_fault_refuse(why, WSAENOBUFS, "the wrapper could not be made",
                                 "the allocator refused memory", "free memory");
    error = cas_thread_set_backend(thread, &fault->base);
    if (error != 0) {
        sim_fault_free(fault);
        return simp_fault_refuse(why, error, "the thread has sockets already",
                                 "they belong to the backend below, which the wrapper would hide",
                                 "install it before the first socket is made");
    }
    if (sim_host_of(thread) != NULL)
        sim_host_of(thread)->faults_installed++;
    *out = fault;
    return 0;
}

int sim_fault_remove(sim_fault *fault)
{
    if (fault == NULL)
        return 0;
    if (cas_thread_backend(fault->thread) != &fault->base)
        return WSAEINVAL;
    int error = cas_thread_set_backend(fault->thread, fault->inner);
    if (error == 0)
        sim_fault_free(fault);
    return error;
}
