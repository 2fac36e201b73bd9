/* SPDX-License-Identifier: MIT
 *
 * The named stacks, and what makes a stack acceptable.
 *
 * Where their makers document a number it is theirs; the Linux ones were read from a running system (6.18).
 */
#include "simnet/transport/stack.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "simnet/host/host.h"

enum { TTL_MAX = 255, PORT_MAX = 65535, SCALE_MAX = 14, COUNT_MAX = 1000 };

/* ---- the named ones ---- */

/* Timestamps are only accepted: a default trace then has segments of 1460 bytes and lines without a clock,
 * and whoever wants PAWS switches them on at one end. */
const sim_stack simp_stack_rfc = {
    .name = "rfc",
    .rto_initial_ns = SIM_S(1), /* RFC 6298 2.1 */
    .rto_min_ns = SIM_S(1),     /* 2.4 */
    .rto_max_ns = SIM_S(60),    /* 2.5 */
    .retransmissions_soft = 3,
    .retransmissions_max = 12,
    .syn_retries = 7, /* RFC 9293 MUST-23: at least 3 minutes */
    .syn_ack_retries = 5,
    .delayed_ack_ns = SIM_MS(200),
    .time_wait_ns = SIM_S(240), /* RFC 9293 3.4.2: MSL 2 minutes */
    .fin_wait_2_ns = SIM_S(60),
    .keepalive_idle_ns = SIM_S(7200),
    .keepalive_interval_ns = SIM_S(75),
    .keepalive_probes = 9,
    .congestion_control = SIM_RENO,
    .initial_window = 10,
    .slow_start_max = 1,
    .nagle = SIM_NAGLE_RFC,
    .zero_window_probe = SIM_PROBE_ONE_BYTE,
    .sack = true,
    .timestamps = SIM_FEATURE_PASSIVE,
    .timestamp_tick_ns = SIM_MS(1),
    .ecn = SIM_FEATURE_PASSIVE,
    .isn = SIM_ISN_HASHED,
    .ttl = 64,
    .port_first = 49152, /* RFC 6335 */
    .port_last = 65535,
    .port_order = SIM_PORTS_SEQUENTIAL,
    .accept_overflow = SIM_OVERFLOW_RESET,
    .hard_errors_end_connections = true,
    .challenge_acks = 10, /* RFC 5961 7 */
    .challenge_period_ns = SIM_S(5),
    .reassembly_v4_ns = SIM_S(60), /* RFC 1122 3.3.2 */
    .reassembly_v6_ns = SIM_S(60), /* RFC 8200 4.5 */
};

static const sim_stack stack_linux = {
    .name = "linux",
    .rto_initial_ns = SIM_S(1),
    .rto_min_ns = SIM_MS(200),
    .rto_max_ns = SIM_S(120),
    .retransmissions_soft = 3,
    .retransmissions_max = 15,
    .syn_retries = 10,
    .syn_linear = 4,
    .syn_ack_retries = 5,
    .delayed_ack_ns = SIM_MS(40),
    .quick_acks = 16,
    .time_wait_ns = SIM_S(60),
    .fin_wait_2_ns = SIM_S(60),
    .keepalive_idle_ns = SIM_S(7200),
    .keepalive_interval_ns = SIM_S(75),
    .keepalive_probes = 9,
    .congestion_control = SIM_CUBIC,
    .initial_window = 10,
    .slow_start_max = 255,
    .nagle = SIM_NAGLE_MINSHALL,
    .zero_window_probe = SIM_PROBE_EMPTY,
    .sack = true,
    .timestamps = SIM_FEATURE_ON,
    .timestamp_tick_ns = SIM_MS(1),
    .ecn = SIM_FEATURE_PASSIVE,
    .window_scale_min = 7,
    .isn = SIM_ISN_HASHED,
    .ttl = 64,
    .port_first = 32768,
    .port_last = 60999,
    .port_order = SIM_PORTS_RANDOM,
    .accept_overflow = SIM_OVERFLOW_DROP,
    .accept_extra = 1,
    .soft_errors_abort_connect = true,
    .challenge_acks = 1,
    .challenge_period_ns = SIM_MS(500),
    .reassembly_v4_ns = SIM_S(30),
    .reassembly_v6_ns = SIM_S(60),
};

static const sim_stack stack_freebsd = {
    .name = "freebsd",
    .rto_initial_ns = SIM_S(1),
    .rto_min_ns = SIM_MS(230),
    .rto_max_ns = SIM_S(64),
    .retransmissions_soft = 3,
    .retransmissions_max = 12,
    .syn_retries = 12,
    .syn_linear = 4,
    .syn_timeout_ns = SIM_S(75),
    .syn_ack_retries = 3,
    .delayed_ack_ns = SIM_MS(100),
    .time_wait_ns = SIM_S(60),
    .fin_wait_2_ns = SIM_S(60),
    .keepalive_idle_ns = SIM_S(7200),
    .keepalive_interval_ns = SIM_S(75),
    .keepalive_probes = 8,
    .congestion_control = SIM_CUBIC,
    .initial_window = 10,
    .slow_start_max = 2,
    .nagle = SIM_NAGLE_RFC,
    .zero_window_probe = SIM_PROBE_ONE_BYTE,
    .sack = true,
    .timestamps = SIM_FEATURE_ON,
    .timestamp_tick_ns = SIM_MS(1),
    .ecn = SIM_FEATURE_PASSIVE,
    .window_scale_min = 6,
    .isn = SIM_ISN_HASHED,
    .ttl = 64,
    .port_first = 49152,
    .port_last = 65535,
    .port_order = SIM_PORTS_RANDOM,
    .accept_overflow = SIM_OVERFLOW_DROP,
    .challenge_acks = 10,
    .challenge_period_ns = SIM_S(1),
    .reassembly_v4_ns = SIM_S(30),
    .reassembly_v6_ns = SIM_S(60),
};

static const sim_stack stack_windows = {
    .name = "windows",
    .rto_initial_ns = SIM_S(3),
    .rto_min_ns = SIM_MS(300),
    .rto_max_ns = SIM_S(60),
    .retransmissions_soft = 3,
    .retransmissions_max = 5,
    .syn_retries = 2, /* 3 + 6 + 12: an attempt takes 21 s */
    .syn_ack_retries = 2,
    .delayed_ack_ns = SIM_MS(200),
    .time_wait_ns = SIM_S(120),
    .fin_wait_2_ns = SIM_S(120),
    .keepalive_idle_ns = SIM_S(7200),
    .keepalive_interval_ns = SIM_S(1),
    .keepalive_probes = 10,
    .congestion_control = SIM_CUBIC,
    .initial_window = 10,
    .slow_start_max = 2,
    .nagle = SIM_NAGLE_RFC,
    .zero_window_probe = SIM_PROBE_ONE_BYTE,
    .sack = true,
    .timestamps = SIM_FEATURE_PASSIVE,
    .timestamp_tick_ns = SIM_MS(1),
    .ecn = SIM_FEATURE_OFF,
    .window_scale_min = 8,
    .isn = SIM_ISN_HASHED,
    .ttl = 128,
    .port_first = 49152,
    .port_last = 65535,
    .port_order = SIM_PORTS_SEQUENTIAL,
    .accept_overflow = SIM_OVERFLOW_RESET,
    .challenge_acks = 10,
    .challenge_period_ns = SIM_S(5),
    .reassembly_v4_ns = SIM_S(60),
    .reassembly_v6_ns = SIM_S(60),
};

const sim_stack *sim_stack_named(const char *name)
{
    static const sim_stack *const all[] = {&simp_stack_rfc, &stack_linux, &stack_freebsd, &stack_windows};
    for (unsigned i = 0; name != NULL && i < sizeof all / sizeof all[0]; i++) {
        if (strcmp(all[i]->name, name) == 0)
            return all[i];
    }
    return NULL;
}

/* ---- checking ---- */

/* A field and what it may be. */
typedef struct range {
    const char *field;
    int64_t value, min, max;
} range;

static int refuse(sim_error *error, const char *name, const range *r)
{
    if (error == NULL)
        return WSAEINVAL;
    error->code = WSAEINVAL;
    snprintf(error->what, sizeof error->what, "%s of stack %s is %lld", r->field,
             name == NULL ? "(null)" : name, (long long)r->value);
    snprintf(error->why, sizeof error->why, "it must lie in %lld .. %lld", (long long)r->min,
             (long long)r->max);
    snprintf(error->fix, sizeof error->fix, "begin with a copy of *sim_stack_named(\"rfc\")");
    return WSAEINVAL;
}

int sim_stack_check(const sim_stack *s, sim_error *error)
{
    const int64_t day = SIM_S(86400), year = 366 * SIM_S(86400);
    const range ranges[] = {
        {"name", s->name != NULL, 1, 1},
        {"rto_max_ns", s->rto_max_ns, SIM_MS(1), day},
        {"rto_min_ns", s->rto_min_ns, 1, s->rto_max_ns},
        {"rto_initial_ns", s->rto_initial_ns, 1, s->rto_max_ns},
        {"retransmissions_max", s->retransmissions_max, 1, COUNT_MAX},
        {"retransmissions_soft", s->retransmissions_soft, 0, s->retransmissions_max},
        {"syn_retries", s->syn_retries, 0, COUNT_MAX},
        {"syn_linear", s->syn_linear, 0, s->syn_retries},
        {"syn_timeout_ns", s->syn_timeout_ns, 0, year},
        {"syn_ack_retries", s->syn_ack_retries, 0, COUNT_MAX},
        {"delayed_ack_ns", s->delayed_ack_ns, 0, SIM_MS(500) - 1}, /* MUST-40 */
        {"quick_acks", s->quick_acks, 0, 255},
        {"time_wait_ns", s->time_wait_ns, 0, year},
        {"fin_wait_2_ns", s->fin_wait_2_ns, 0, year},
        {"keepalive_idle_ns", s->keepalive_idle_ns, 1, year},
        {"keepalive_interval_ns", s->keepalive_interval_ns, 1, year},
        {"keepalive_probes", s->keepalive_probes, 1, COUNT_MAX},
        {"congestion_control", (int64_t)s->congestion_control, SIM_RENO, SIM_CUBIC},
        {"initial_window", s->initial_window, 1, COUNT_MAX},
        {"slow_start_max", s->slow_start_max, 1, 255},
        {"nagle", (int64_t)s->nagle, SIM_NAGLE_RFC, SIM_NAGLE_MINSHALL},
        {"zero_window_probe", (int64_t)s->zero_window_probe, SIM_PROBE_ONE_BYTE, SIM_PROBE_EMPTY},
        {"timestamps", (int64_t)s->timestamps, SIM_FEATURE_OFF, SIM_FEATURE_PASSIVE},
        {"timestamp_tick_ns", s->timestamp_tick_ns, SIM_MS(1), SIM_S(1)}, /* RFC 7323 5.4 */
        {"ecn", (int64_t)s->ecn, SIM_FEATURE_OFF, SIM_FEATURE_PASSIVE},
        {"window_scale_min", s->window_scale_min, 0, SCALE_MAX},
        {"isn", (int64_t)s->isn, SIM_ISN_HASHED, SIM_ISN_READABLE},
        {"ttl", s->ttl, 1, TTL_MAX},
        {"port_first", s->port_first, 1, PORT_MAX},
        {"port_last", s->port_last, s->port_first, PORT_MAX},
        {"port_order", (int64_t)s->port_order, SIM_PORTS_SEQUENTIAL, SIM_PORTS_RANDOM},
        {"accept_overflow", (int64_t)s->accept_overflow, SIM_OVERFLOW_RESET, SIM_OVERFLOW_DROP},
        {"accept_extra", s->accept_extra, 0, COUNT_MAX},
        {"challenge_acks", s->challenge_acks, 1, COUNT_MAX},
        {"challenge_period_ns", s->challenge_period_ns, 1, year},
        {"reassembly_v4_ns", s->reassembly_v4_ns, 1, day},
        {"reassembly_v6_ns", s->reassembly_v6_ns, 1, day},
    };
    for (unsigned i = 0; i < sizeof ranges / sizeof ranges[0]; i++) {
        if (ranges[i].value < ranges[i].min || ranges[i].value > ranges[i].max)
            return refuse(error, s->name, &ranges[i]);
    }
    return 0;
}

/* ---- hosts ---- */

int sim_host_set_stack(sim_host *host, const sim_stack *stack)
{
    sim_world *world = host->world;
    if (stack == NULL) {
        host->stack = world->options.stack;
        return 0;
    }
    int error = sim_stack_check(stack, &world->error);
    if (error != 0)
        return error;
    sim_stack *copy = simp_alloc(&world->arena, sizeof *copy); /* connections keep it: it stays */
    if (copy == NULL)
        return simp_no_memory(world);
    *copy = *stack;
    host->stack = copy;
    return 0;
}

const sim_stack *sim_host_stack(const sim_host *host) { return host->stack; }
