/* SPDX-License-Identifier: MIT
 *
 * CUBIC, RFC 9438, in integers: windows in bytes, time in milliseconds.
 *
 * With C = 0.4 segments per cubed second, W(t) = C (t - K)^3 + W_max and beta = 0.7.
 */
#include "simnet/transport/tcp.h"

enum {
    BETA_TENTHS = 7,
    EPOCH_MS_MAX = 200000 /* beyond, the cube would not fit; the window is at its bound long before */
};

struct simp_cubic {
    uint32_t w_max;      /* the window when it was last reduced */
    uint32_t w_estimate; /* what Reno would have by now: 4.3 */
    uint32_t cwnd_prior; /* the window before the reduction */
    uint32_t k_ms;       /* from the epoch until W(t) is back at w_max */
    uint64_t epoch_ns;   /* when avoidance began; valid with started */
    uint32_t acked_rest; /* bytes acknowledged that were not worth a whole byte of window yet */
    bool started;
};

bool simp_cubic_create(simp_tcp *t)
{
    t->cubic = simp_alloc_zero(&t->host->world->arena, sizeof *t->cubic);
    return t->cubic != NULL;
}

void simp_cubic_destroy(simp_tcp *t)
{
    simp_free(&t->host->world->arena, t->cubic, sizeof *t->cubic);
    t->cubic = NULL;
}

/* The largest number whose cube is at most value. */
static uint32_t cube_root(uint64_t value)
{
    uint64_t root = 0;
    for (int bit = 20; bit >= 0; bit--) { /* 2^21 cubed is 2^63 */
        uint64_t next = root | UINT64_C(1) << bit;
        if (next * next * next <= value)
            root = next;
    }
    return (uint32_t)root;
}

static void start_epoch(simp_tcp *t)
{
    struct simp_cubic *c = t->cubic;
    uint64_t missing = c->w_max > t->cwnd ? c->w_max - t->cwnd : 0;
    c->started = true;
    c->epoch_ns = t->host->world->now_ns;
    c->w_max = c->w_max > t->cwnd ? c->w_max : t->cwnd;
    c->w_estimate = t->cwnd;
    c->acked_rest = 0;
    /* K = cubic root of (W_max - cwnd) / C, in seconds: 10^9 makes it milliseconds. */
    c->k_ms = cube_root(missing * UINT64_C(2500000000) / t->mss);
}

/* W(t + RTT), 4.2, within cwnd .. 1.5 cwnd. */
static uint32_t target(const simp_tcp *t)
{
    const struct simp_cubic *c = t->cubic;
    uint64_t at_ns = t->host->world->now_ns - c->epoch_ns + t->srtt_ns;
    uint64_t ms = at_ns / SIMP_MS_NS < EPOCH_MS_MAX ? at_ns / SIMP_MS_NS : EPOCH_MS_MAX;
    uint64_t distance = ms > c->k_ms ? ms - c->k_ms : c->k_ms - ms;
    uint64_t cube = distance * distance * distance / 1000000; /* in 10^-3 cubed seconds */
    uint64_t difference = cube * t->mss / 2500;
    uint64_t most = t->cwnd + (uint64_t)t->cwnd / 2;
    uint64_t window = ms > c->k_ms            ? c->w_max + difference
                      : difference < c->w_max ? c->w_max - difference
                                              : 0;
    return (uint32_t)(window < t->cwnd ? t->cwnd : window > most ? most : window);
}

/* 4.3: alpha is 3 (1 - beta) / (1 + beta) = 9/17 until the window is what it was, then 1. */
static void estimate_reno(simp_tcp *t, uint32_t bytes)
{
    struct simp_cubic *c = t->cubic;
    bool is_back = c->w_estimate >= c->cwnd_prior;
    uint64_t gain = (uint64_t)bytes * t->mss * (is_back ? 17 : 9) / 17 + c->acked_rest;
    c->w_estimate += (uint32_t)(gain / t->cwnd);
    c->acked_rest = (uint32_t)(gain % t->cwnd);
}

void simp_cubic_acked(simp_tcp *t, uint32_t bytes)
{
    struct simp_cubic *c = t->cubic;
    if (!c->started)
        start_epoch(t);
    estimate_reno(t, bytes);
    uint32_t window = target(t);
    uint64_t gain = (uint64_t)(window - t->cwnd) * bytes / t->cwnd;
    t->cwnd += (uint32_t)gain;
    if (t->cwnd < c->w_estimate)
        t->cwnd = c->w_estimate;
}

uint32_t simp_cubic_reduce(simp_tcp *t, uint32_t flight)
{
    struct simp_cubic *c = t->cubic;
    uint32_t window = flight;
    bool shrinks = window < c->w_max; /* 4.7, fast convergence: others need the room */
    c->w_max = shrinks ? (uint32_t)((uint64_t)window * (10 + BETA_TENTHS) / 20) : window;
    c->cwnd_prior = window;
    c->started = false;
    return (uint32_t)((uint64_t)window * BETA_TENTHS / 10);
}

void simp_cubic_restart(simp_tcp *t) { t->cubic->started = false; }
