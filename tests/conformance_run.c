/* SPDX-License-Identifier: MIT
 *
 * Runs a scenario in an arena.
 *
 *  1. An expectation first settles the arena, then compares, for each thread, the notifications since the
 *     expectation before with exactly those it names, in order.  Threads have no order among each other.
 *  2. The first failure ends the scenario; the message names the row.
 *  3. A callback records its event before its handler runs, so that the record is in order of arrival.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "castanet/error.h"
#include "tests/conformance_model.h"
#include "tests/event_vtbl.h"
#include "tests/expect.h"

enum { BUFFER_BYTES_MIN = 1 << 20, REPEATS_MAX = 100000, POSITIVE_WAIT_MS = 1000, WAITS_MAX = 1000 };

/* ---- failures ---- */

void scenario_fail(scenario_run *run, const scenario_step *step, const char *format, ...)
{
    char text[1024];
    va_list list;
    if (run->failed)
        return;
    run->failed = true;
    va_start(list, format);
    vsnprintf(text, sizeof text, format, list);
    va_end(list);
    expect_report(EXPECT_SITE(false), false, "%s:%u: row %s on %s: %s: %s", run->scenario->path, step->line,
                  run->row, arena_backend_name(arena_backend_of(run->arena)), step->verb->name, text);
}

/* "S READ, S CLOSE WSAECONNABORTED" of one thread, or "none". */
static const char *events_text(const scenario_run *run, const scenario_event *events, unsigned count,
                               char *buf, size_t size)
{
    size_t used = 0;
    snprintf(buf, size, "none");
    for (unsigned i = 0; i < count && used < size; i++) {
        const scenario_event *e = &events[i];
        int more = snprintf(buf + used, size - used, "%s%s %s%s%s", used > 0 ? ", " : "",
                            run->scenario->sockets[e->socket], scenario_event_name(e->event),
                            e->error != 0 ? " " : "", e->error != 0 ? cas_error_name(e->error) : "");
        used += more > 0 ? (size_t)more : 0;
    }
    return buf;
}

/* ---- callbacks ---- */

static const scenario_handler *find_handler(const scenario_run *run, int socket, long event, unsigned ordinal)
{
    const scenario_handler *found = NULL;
    for (unsigned i = 0; i < run->handler_count; i++) {
        const scenario_handler *h = &run->handlers[i];
        if (h->socket != socket || h->event != event || (h->ordinal != 0 && h->ordinal != ordinal))
            continue;
        if (found == NULL || found->ordinal == 0 || h->ordinal != 0)
            found = h;
    }
    return found;
}

/* The object may be gone when a step of the handler returns; run and index are held aside. */
static void on_event(CAsyncSocket *self, long event, int error)
{
    scenario_run *run = ((scenario_socket *)self)->run;
    int index = ((scenario_socket *)self)->index;
    if (run->record_count == SCENARIO_RECORDS_MAX)
        return;
    run->records[run->record_count++] = (scenario_event){index, event, error};
    unsigned ordinal = ++run->callbacks[index][event_number(event)];
    const scenario_handler *handler = find_handler(run, index, event, ordinal);
    for (size_t i = 0; handler != NULL && i < handler->count && !run->failed; i++)
        scenario_run_step(run, &run->scenario->steps[handler->first + i], index);
}

CAsyncSocket *scenario_socket_of(scenario_run *run, int index)
{
    static const event_vtbl vtbl = EVENT_VTBL(on_event);
    if (run->sockets[index] == NULL) {
        scenario_socket *object = cas_alloc(&fixture_memory()->base, sizeof *object);
        EXPECT_TRUE_FATAL(object != NULL);
        *object = (scenario_socket){.run = run, .index = index};
        CAsyncSocket_Construct(&object->base, &vtbl.callbacks);
        run->sockets[index] = object;
    }
    return &run->sockets[index]->base;
}

/* ---- results ---- */

static const char *outcome_text(const scenario_outcome *o, char *buf, size_t size)
{
    if (o->failed)
        snprintf(buf, size, "failure %s (%d)", cas_error_name(o->error), o->error);
    else
        snprintf(buf, size, "%ld", o->value);
    return buf;
}

static bool is_usual(const scenario_step *step, const scenario_outcome *o)
{
    switch (step->verb->usual) {
    case USUAL_COUNT: return !o->failed && o->value == step->number;
    case USUAL_CONNECT: return !o->failed || o->error == WSAEWOULDBLOCK;
    case USUAL_OK: return !o->failed;
    default: return true;
    }
}

static bool is_text(const scenario_step *step, const scenario_outcome *o)
{
    size_t len = strlen(step->wanted_text);
    return !o->failed && o->bytes != NULL && (size_t)o->value == len &&
           memcmp(o->bytes, step->wanted_text, len) == 0;
}

static bool is_wanted(const scenario_step *step, const scenario_outcome *o)
{
    switch (step->wanted) {
    case WANTED_USUAL: return is_usual(step, o);
    case WANTED_ANY: return true;
    case WANTED_OK: return !o->failed;
    case WANTED_FAILS: return o->failed;
    case WANTED_PART: return !o->failed && o->value > 0 && o->value < step->number;
    case WANTED_NUMBER: return (o->failed ? o->error : o->value) == step->wanted_number;
    case WANTED_ERROR: return o->failed && o->error == step->wanted_number;
    default: return is_text(step, o);
    }
}

static const char *wanted_text(const scenario_step *step, char *buf, size_t size)
{
    switch (step->wanted) {
    case WANTED_ERROR: return cas_error_name((int)step->wanted_number);
    case WANTED_NUMBER: snprintf(buf, size, "%ld", step->wanted_number); return buf;
    case WANTED_TEXT: return step->wanted_text;
    case WANTED_FAILS: return "an error";
    case WANTED_PART: return "a part of the bytes";
    case WANTED_USUAL:
        if (step->verb->usual == USUAL_COUNT) {
            snprintf(buf, size, "%ld", step->number);
            return buf;
        }
        return step->verb->usual == USUAL_CONNECT ? "success or WSAEWOULDBLOCK" : "success";
    default: return "success";
    }
}

static void check_outcome(scenario_run *run, const scenario_step *step, const scenario_outcome *o)
{
    char got[80], wanted[32];
    if (!is_wanted(step, o))
        scenario_fail(run, step, "expected %s, got %s", wanted_text(step, wanted, sizeof wanted),
                      outcome_text(o, got, sizeof got));
}

/* "until": calls again as long as each call makes progress. */
static scenario_outcome repeat(scenario_run *run, const scenario_step *step, int socket)
{
    scenario_outcome outcome = {0};
    for (int i = 0; i < REPEATS_MAX && !run->failed; i++) {
        outcome = step->verb->act(run, step, socket);
        if (is_wanted(step, &outcome) || outcome.failed || outcome.value <= 0)
            break;
    }
    return outcome;
}

static void take_once(scenario_run *run, const scenario_step *step, int socket)
{
    scenario_outcome outcome = step->until ? repeat(run, step, socket) : step->verb->act(run, step, socket);
    check_outcome(run, step, &outcome);
}

void scenario_run_step(scenario_run *run, const scenario_step *step, int subject)
{
    int socket = step->socket != SCENARIO_NONE ? step->socket : subject;
    if (step->verb->act == NULL)
        return;
    cas_thread *before = cas_thread_current();
    if (step->thread == SCENARIO_NO_THREAD)
        cas_thread_enter(NULL);
    else if (step->thread != SCENARIO_NONE)
        arena_enter(run->arena, (arena_thread)step->thread);
    else if (socket != SCENARIO_NONE)
        arena_enter(run->arena, run->scenario->threads[socket]);
    for (long i = 0; i < step->times && !run->failed; i++)
        take_once(run, step, socket);
    cas_thread_enter(before);
}

/* ---- expectations ---- */

/* Those of a list that belong to sockets of the thread. */
static unsigned of_thread(const scenario_run *run, arena_thread thread, const scenario_event *all,
                          unsigned count, scenario_event *out)
{
    unsigned kept = 0;
    for (unsigned i = 0; i < count; i++)
        if (run->scenario->threads[all[i].socket] == thread)
            out[kept++] = all[i];
    return kept;
}

static bool is_equal(const scenario_event *a, unsigned a_count, const scenario_event *b, unsigned b_count)
{
    bool equal = a_count == b_count;
    for (unsigned i = 0; equal && i < a_count; i++)
        equal = a[i].socket == b[i].socket && a[i].event == b[i].event && a[i].error == b[i].error;
    return equal;
}

static bool matches(const scenario_run *run, const scenario_step *step)
{
    scenario_event wanted[SCENARIO_EVENTS_MAX], got[SCENARIO_RECORDS_MAX];
    for (int t = 0; t < ARENA_THREADS; t++) {
        unsigned wanted_count = of_thread(run, (arena_thread)t, step->events, step->event_count, wanted);
        unsigned got_count = of_thread(run, (arena_thread)t, run->records, run->record_count, got);
        if (!is_equal(wanted, wanted_count, got, got_count))
            return false;
    }
    return true;
}

/* Settles; on real sockets waits a bounded time for what is still missing, and settles again. */
static void settle_for(scenario_run *run, const scenario_step *step)
{
    arena_settle(run->arena);
    for (int i = 0; i < WAITS_MAX && run->record_count < step->event_count; i++) {
        if (!arena_wait(run->arena, POSITIVE_WAIT_MS))
            return;
        arena_settle(run->arena);
    }
}

static void run_expect(scenario_run *run, const scenario_step *step)
{
    char wanted[512], got[512];
    settle_for(run, step);
    if (!run->failed && !matches(run, step))
        scenario_fail(run, step, "expected %s; got %s",
                      events_text(run, step->events, step->event_count, wanted, sizeof wanted),
                      events_text(run, run->records, run->record_count, got, sizeof got));
    run->record_count = 0;
}

/* ---- scenarios ---- */

static void run_handler(scenario_run *run, const scenario_step *step, size_t index)
{
    scenario_handler handler = {step->socket, step->mask, (unsigned)step->number, index + 1, step->body};
    for (unsigned i = 0; i < run->handler_count; i++)
        if (run->handlers[i].socket == handler.socket && run->handlers[i].event == handler.event &&
            run->handlers[i].ordinal == handler.ordinal) {
            run->handlers[i] = handler;
            return;
        }
    if (run->handler_count == SCENARIO_HANDLERS_MAX)
        scenario_fail(run, step, "the scenario has more than %d handlers", SCENARIO_HANDLERS_MAX);
    else
        run->handlers[run->handler_count++] = handler;
}

static void run_statement(scenario_run *run, const scenario_step *step, size_t index)
{
    if (scenario_step_is(step, "row"))
        run->row = step->text;
    else if (scenario_step_is(step, "expect"))
        run_expect(run, step);
    else if (scenario_step_is(step, "on"))
        run_handler(run, step, index);
    else
        scenario_run_step(run, step, SCENARIO_NONE);
}

/* Each thread destructs its own. */
static void release_sockets(scenario_run *run)
{
    for (int i = 0; i < run->scenario->socket_count; i++) {
        scenario_socket *object = run->sockets[i];
        if (object == NULL)
            continue;
        arena_enter(run->arena, run->scenario->threads[i]);
        CAsyncSocket_Destruct(&object->base);
        cas_free(&fixture_memory()->base, object, sizeof *object);
    }
    cas_thread_enter(NULL);
}

static void run_statements(scenario_run *run, arena_backend backend)
{
    const scenario *s = run->scenario;
    for (size_t i = 0; i < s->step_count && !run->failed; i += 1 + s->steps[i].body)
        if ((s->steps[i].backends & 1u << backend) != 0)
            run_statement(run, &s->steps[i], i);
}

void scenario_execute(scenario *s, arena_backend backend)
{
    cas_allocator *memory = &fixture_memory()->base;
    if (s->needs_ipv6 && !arena_backend_has_ipv6(backend)) {
        expect_skip("this machine has no IPv6 loopback");
        return;
    }
    arena *a = arena_open(backend, &s->profile);
    scenario_run *run = cas_alloc(memory, sizeof *run);
    EXPECT_TRUE_FATAL(run != NULL);
    *run = (scenario_run){.scenario = s, .arena = a, .row = "(before the first row)"};
    run->buffer_bytes = s->largest > BUFFER_BYTES_MIN ? s->largest : BUFFER_BYTES_MIN;
    run->buffer = cas_alloc(memory, run->buffer_bytes);
    EXPECT_TRUE_FATAL(run->buffer != NULL);
    for (int i = 0; i < SCENARIO_SOCKETS_MAX; i++)
        run->detached[i] = run->closed[i] = INVALID_SOCKET;
    run_statements(run, backend);
    s->outcome[backend].ran = true;
    s->outcome[backend].failed_row = run->failed ? run->row : NULL;
    release_sockets(run);
    arena_close(run->arena);
    cas_free(memory, run->buffer, run->buffer_bytes);
    cas_free(memory, run, sizeof *run);
}
