/* SPDX-License-Identifier: MIT
 *
 * Every call with its first, second, third ... request for memory refused: sweep.h says what then must hold.
 */
#include <stdio.h>

#include "tests/expect.h"
#include "tests/sweep_calls.h"
#include "tests/test_list.h"

/* ---- the functions of the API ---- */

typedef struct call_sweep {
    const sweep_call *call;
    arena_backend backend;
    bool queue_full; /* the thread's queue has no room left */
    bench bench;
} call_sweep;

static void call_prepare(void *context)
{
    call_sweep *c = context;
    bench_open(&c->bench, c->backend);
    c->bench.may_repeat = (c->call->flags & SWEEP_REPEATS) != 0;
    c->call->prepare(&c->bench);
    if (c->queue_full)
        bench_fill_queue_by_filler(&c->bench);
}

static int call_act(void *context)
{
    call_sweep *c = context;
    c->bench.said = (sweep_text){.len = 0};
    return c->call->act(&c->bench);
}

static void call_observe(void *context, sweep_text *seen)
{
    bench_observe(&((call_sweep *)context)->bench, seen);
}

static bool call_finish(void *context, int result, sweep_text *seen)
{
    return bench_finish(&((call_sweep *)context)->bench, result, seen);
}

static void call_clean(void *context) { bench_close(&((call_sweep *)context)->bench); }

static void sweep_calls_on(arena *a, bool queue_full)
{
    static call_sweep c; /* large */
    char what[120];
    sweep_count sum = {.refused = 0};
    unsigned states = 0;
    for (const sweep_call *call = sweep_calls; call->function != NULL; call++, states++) {
        c = (call_sweep){.call = call, .backend = arena_backend_of(a), .queue_full = queue_full};
        snprintf(what, sizeof what, "%s (%s%s)", call->function, call->state,
                 queue_full ? "; queue full" : "");
        sweep one = {.what = what,
                     .context = &c,
                     .prepare = call_prepare,
                     .act = call_act,
                     .observe = call_observe,
                     .finish = call_finish,
                     .clean = call_clean,
                     .memory = fixture_memory(),
                     .may_void = (call->flags & SWEEP_VOIDS) != 0};
        sweep_run(&one, &sum);
    }
    sweep_print(arena_backend_name(arena_backend_of(a)), states, "states of calls", &sum);
}

static void every_call_survives_refused_memory(arena *a) { sweep_calls_on(a, false); }
static void every_call_survives_refused_memory_with_a_full_queue(arena *a) { sweep_calls_on(a, true); }

/* ---- what needs no memory ---- */

static void receive_without_memory(CAsyncSocket *self, int error)
{
    bench *t = cas_thread_context(cas_thread_current());
    char bytes[8];
    (void)error;
    fixture_memory()->refuse_at = fixture_memory()->calls + 1;
    sweep_say(&t->said, "%d", CAsyncSocket_Receive(self, bytes, sizeof bytes, 0));
    fixture_memory()->refuse_at = 0;
}

/* The place of the message that called it is free for the next one (R4), so no program that waits for its
 * next OnReceive is forgotten. */
static void receive_in_its_callback_finds_room_in_a_full_queue(arena *a)
{
    static const CAsyncSocketVtbl vtbl = {.OnReceive = receive_without_memory};
    static bench t; /* large */
    bench_open(&t, arena_backend_of(a));
    bench_data(&t);
    bench_subject(&t)->vtbl = &vtbl;
    cas_thread_set_context(cas_thread_current(), &t);
    bench_fill_queue(&t, BENCH_SUBJECT, FD_READ | FD_WRITE);
    EXPECT_TRUE(cas_pump_one());
    EXPECT_EQ_STR(t.said.bytes, "5");
    bench_close(&t);
}

const test_case test_sweep[] = {TEST_EVERYWHERE(receive_in_its_callback_finds_room_in_a_full_queue),
                                TEST_EVERYWHERE(every_call_survives_refused_memory),
                                TEST_EVERYWHERE(every_call_survives_refused_memory_with_a_full_queue),
                                TEST_END};
