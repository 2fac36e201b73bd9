/* SPDX-License-Identifier: MIT
 *
 * The log, entry by entry.
 *
 *  1. A settle and the events after it are a window.  Each notification of the class is matched with the
 *     first recorded event of the window that has the same name and socket and was not seen; the calls that
 *     the recording made in its handler are made in its callback.
 *  2. A notification that comes before its settle (of another thread) belongs to the next window.
 *  3. Whatever differs is noted, and the replay goes on, so that nothing hides behind the first difference.
 *  4. The recording knows nothing of MFC: its FD_READ comes without the question whether there is something
 *     to read.  So the class is asked for the same (CAS_PRECHECK_NONE).
 */
#include "tests/golden_play.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "castanet/error.h"
#include "tests/event_vtbl.h"
#include "tests/golden_complain.h"
#include "tests/golden_run.h"

enum { POSITIVE_WAIT_MS = 100, WAITS_MAX = 200 };

void golden_stop(golden_run *run, const char *why)
{
    golden_leave_out(run->findings, why);
    run->stopped = true;
}

void golden_rest(golden_run *run, const golden_socket *s) { arena_rest(run->arena, s->thread); }

/* ---- notifications ---- */

static const char *event_name(long event)
{
    static const char *const names[] = {"FD_READ",   "FD_WRITE",   "FD_OOB",
                                        "FD_ACCEPT", "FD_CONNECT", "FD_CLOSE"};
    return names[event_number(event)];
}

/* The recorded event that this notification is; its index, or the end of the window. */
static size_t find_event(const golden_run *run, const golden_socket *s, const char *name)
{
    const golden_window *w = &run->window;
    for (size_t i = w->first; i < w->end; i++) {
        const golden_entry *e = &run->scenario->log[i];
        bool second = e->window != NULL && strcmp(e->window, "T2") == 0;
        if (e->kind == GOLDEN_EVENT && !w->seen[i - w->first] && !e->stale && strcmp(e->name, name) == 0 &&
            strcmp(e->socket, s->name) == 0 && second == (s->thread == GOLDEN_SECOND))
            return i;
    }
    return w->end;
}

static bool in_handler(const golden_run *run, size_t i)
{
    const golden_entry *log = run->scenario->log;
    return i < run->window.end && (log[i].in_handler || log[i].kind == GOLDEN_WAIT);
}

static void run_handler(golden_run *run, size_t first, arena_thread thread)
{
    for (size_t i = first; in_handler(run, i) && !run->stopped; i++) {
        if (run->scenario->log[i].kind == GOLDEN_WAIT)
            arena_rest(run->arena, thread);
        else
            golden_replay_call(run, i);
    }
}

/* The condition that follows the window, if it has no events of its own; else NULL. */
static const char *check_behind(const golden_run *run)
{
    const golden_window *w = &run->window;
    bool any = w->first == w->end && w->end < run->scenario->count;
    const golden_entry *e = any ? &run->scenario->log[w->end] : NULL;
    return any && e->kind == GOLDEN_CHECK ? e->name : NULL;
}

/* Not in the recording: listed as a difference, unless a condition or recv_everything accounts for it. */
static void on_unlisted(golden_run *run, golden_socket *s, long event, int error)
{
    golden_window *w = &run->window;
    const char *check = check_behind(run);
    bool is_echo;
    char got[96];
    if (event == FD_READ && s->drained)
        return;
    if (check != NULL && golden_echo_check(&run->echo, check, &is_echo)) {
        golden_echo_event(&run->echo, &s->base, strcmp(s->name, "C") == 0, event);
    } else if (check != NULL) {
        w->unlisted++;
        w->unlisted_reads += event == FD_READ;
    } else {
        snprintf(got, sizeof got, "%s %s %s", event_name(event), s->name, cas_error_name(error));
        golden_differ(run->findings, w->settle + 1, "nothing more", got);
    }
}

static void on_event(CAsyncSocket *self, long event, int error)
{
    golden_socket *s = (golden_socket *)self;
    golden_run *run = s->run;
    golden_window *w = &run->window;
    const char *name = event_name(event);
    if (run->stopped)
        return;
    size_t found = find_event(run, s, name);
    if (found == w->end) {
        on_unlisted(run, s, event, error);
        return;
    }
    const golden_entry *e = &run->scenario->log[found];
    w->seen[found - w->first] = true;
    w->order[w->came++] = found;
    if (strcmp(e->error, cas_error_name(error)) != 0) {
        char wanted[96], got[96];
        snprintf(got, sizeof got, "%s", cas_error_name(error));
        golden_differ(run->findings, found + 1, golden_entry_text(e, wanted, sizeof wanted), got);
    }
    run_handler(run, found + 1, s->thread);
}

/* ---- sockets ---- */

golden_socket *golden_socket_of(golden_run *run, const char *name)
{
    static const event_vtbl vtbl = EVENT_VTBL(on_event);
    for (unsigned i = 0; i < run->socket_count; i++)
        if (strcmp(run->sockets[i]->name, name) == 0)
            return run->sockets[i];
    golden_socket *s = run->socket_count < GOLDEN_SOCKETS_MAX ? calloc(1, sizeof *s) : NULL;
    if (s == NULL) {
        golden_stop(run, "more sockets than the player has room for");
        return NULL;
    }
    *s = (golden_socket){.run = run, .thread = GOLDEN_MAIN, .family = AF_INET};
    snprintf(s->name, sizeof s->name, "%s", name);
    CAsyncSocket_Construct(&s->base, &vtbl.callbacks);
    run->sockets[run->socket_count++] = s;
    return s;
}

static void release_sockets(golden_run *run)
{
    for (unsigned i = 0; i < run->socket_count; i++) {
        cas_thread *before = arena_enter(run->arena, run->sockets[i]->thread);
        CAsyncSocket_Destruct(&run->sockets[i]->base);
        cas_thread_enter(before);
        free(run->sockets[i]);
    }
}

/* ---- windows ---- */

/* The window of the next settle at or after an entry. */
static void open_window(golden_run *run, size_t from)
{
    const golden_scenario *s = run->scenario;
    golden_window *w = &run->window;
    size_t i = from;
    while (i < s->count && s->log[i].kind != GOLDEN_SETTLE)
        i++;
    *w = (golden_window){.settle = i < s->count ? i : s->count - 1};
    w->first = w->end = i < s->count ? i + 1 : s->count;
    while (w->end < s->count && w->end - w->first < GOLDEN_EVENTS_MAX) {
        const golden_entry *e = &s->log[w->end];
        bool waits = e->kind == GOLDEN_WAIT && s->log[w->end - 1].in_handler;
        if (e->kind != GOLDEN_EVENT && !e->in_handler && !waits)
            break;
        w->end++;
    }
}

static unsigned recorded_events(const golden_run *run)
{
    unsigned count = 0;
    for (size_t i = run->window.first; i < run->window.end; i++)
        count += run->scenario->log[i].kind == GOLDEN_EVENT && !run->scenario->log[i].stale;
    return count;
}

static void dispatch_one(golden_run *run)
{
    arena_rest(run->arena, GOLDEN_MAIN);
    cas_thread *before = arena_enter(run->arena, GOLDEN_MAIN);
    cas_pump_one();
    cas_thread_enter(before);
}

static bool is_awaiting(const golden_run *run)
{
    const char *check = check_behind(run);
    bool ignored, echoes = check != NULL && golden_echo_check(&run->echo, check, &ignored);
    return run->window.came < recorded_events(run) || (echoes && !golden_echo_is_complete(&run->echo));
}

/* On real sockets a bounded time is given to what the kernel does late (a delayed acknowledgement). */
static void settle(golden_run *run, bool one_message)
{
    if (one_message) {
        dispatch_one(run);
        return;
    }
    arena_settle(run->arena);
    for (int i = 0; i < WAITS_MAX && is_awaiting(run); i++) {
        if (!arena_wait(run->arena, POSITIVE_WAIT_MS))
            return;
        arena_settle(run->arena);
    }
}

static void note_missing(golden_run *run)
{
    char wanted[96];
    for (size_t i = run->window.first; i < run->window.end; i++) {
        const golden_entry *e = &run->scenario->log[i];
        if (e->kind == GOLDEN_EVENT && !run->window.seen[i - run->window.first])
            golden_differ(run->findings, i + 1, golden_entry_text(e, wanted, sizeof wanted), "nothing");
    }
}

/* The position in the recording of an event that came behind one that is recorded behind it. */
static bool came_late(const golden_run *run, size_t position)
{
    const golden_window *w = &run->window;
    const golden_entry *log = run->scenario->log;
    for (size_t i = 0; i < position; i++)
        if (w->order[i] > w->order[position] &&
            (!run->scenario->per_socket ||
             strcmp(log[w->order[i]].socket, log[w->order[position]].socket) == 0))
            return true;
    return false;
}

/* "FD_READ S, FD_CLOSE S" in the order in which they came. */
static void note_order(golden_run *run)
{
    const golden_window *w = &run->window;
    char got[160] = "the order ";
    bool late = false;
    for (size_t i = 0; i < w->came; i++) {
        const golden_entry *e = &run->scenario->log[w->order[i]];
        size_t used = strlen(got);
        snprintf(got + used, sizeof got - used, "%s%s %s", i > 0 ? ", " : "", e->name, e->socket);
        late = late || came_late(run, i);
    }
    if (late)
        golden_differ(run->findings, w->first + 1, "the order of the recording", got);
}

static void run_window(golden_run *run)
{
    settle(run, strcmp(run->scenario->log[run->window.settle].name, "one message") == 0);
    if (!run->stopped) {
        note_missing(run);
        note_order(run);
    }
    for (unsigned i = 0; i < run->socket_count; i++)
        run->sockets[i]->drained = false;
}

/* ---- conditions that the recording computed ---- */

/* False if the player does not know the condition. */
static bool evaluate(golden_run *run, const golden_window *before, const char *text, bool *value)
{
    char to[32], from[32];
    int used = 0;
    if (strcmp(text, "one FD_READ came") == 0) {
        *value = before->unlisted == 1 && before->unlisted_reads == 1;
        return true;
    }
    int found = sscanf(text, "bytes received by %31s equal bytes sent by %31s%n", to, from, &used);
    if (found != 2 || text[used] != '\0')
        return golden_echo_check(&run->echo, text, value);
    golden_socket *receiver = golden_socket_of(run, to), *sender = golden_socket_of(run, from);
    *value = receiver != NULL && sender != NULL && receiver->received == sender->sent;
    return true;
}

static void run_check(golden_run *run, size_t entry, const golden_window *before)
{
    const golden_entry *e = &run->scenario->log[entry];
    char text[96], reason[96];
    bool value;
    golden_entry_text(e, text, sizeof text);
    if (!evaluate(run, before, e->name, &value)) {
        snprintf(reason, sizeof reason, "the player does not know: %.60s", text);
        golden_stop(run, reason);
    } else if (value != e->check) {
        golden_differ(run->findings, entry + 1, text, value ? "true" : "false");
    }
}

/* ---- the whole ---- */

/* A socket that the recording made and names only here; the handle it got is up to the backend. */
static void make_named(golden_run *run, const char *name)
{
    golden_socket *s = golden_socket_of(run, name);
    if (s == NULL)
        return;
    cas_thread *before = arena_enter(run->arena, s->thread);
    if (!CAsyncSocket_Socket(&s->base, SOCK_STREAM, 0, 0, s->family))
        golden_stop(run, "a socket that the recording made");
    cas_thread_enter(before);
}

/* Remarks that say what the recording did between the calls; the rest is for people. */
static void run_note(golden_run *run, const golden_entry *e)
{
    static const char made[] = "a new socket ";
    char name[GOLDEN_NAME_MAX];
    if (strstr(e->name, "window") != NULL)
        golden_stop(run, e->name);
    else if (strncmp(e->name, made, sizeof made - 1) == 0 &&
             sscanf(e->name + sizeof made - 1, "%31s", name) == 1)
        make_named(run, name);
}

/* Winsock posts while the program goes on; a backend that learns at its wait what has happened is given the
 * occasion after each call. */
static void run_call(golden_run *run, size_t entry)
{
    golden_replay_call(run, entry);
    arena_rest(run->arena, GOLDEN_MAIN);
}

static void run_log(golden_run *run)
{
    const golden_scenario *s = run->scenario;
    golden_window before = {0};
    open_window(run, 0);
    for (size_t i = 0; i < s->count && !run->stopped; i++) {
        switch (s->log[i].kind) {
        case GOLDEN_CALL: run_call(run, i); break;
        case GOLDEN_WAIT: arena_rest(run->arena, GOLDEN_MAIN); break;
        case GOLDEN_CHECK: run_check(run, i, &before); break;
        case GOLDEN_NOTE: run_note(run, &s->log[i]); break;
        case GOLDEN_EVENT: break; /* behind a settle only, which has passed it */
        case GOLDEN_SETTLE:
            run_window(run);
            i = run->window.end - 1;
            before = run->window;
            open_window(run, i + 1);
        }
    }
}

static void complain(void *context, const char *what)
{
    golden_complain((const char *)context, 0, 0, what, "the arena of this scenario did not work as it should",
                    "look whether memory, descriptors or loopback are missing");
}

bool golden_play(const golden_scenario *scenario, arena_backend backend, golden_findings *out)
{
    static const cas_profile profile = {.precheck = CAS_PRECHECK_NONE};
    *out = (golden_findings){0};
    arena *a = arena_create(&(arena_options){.backend = backend,
                                             .seed = 1,
                                             .profile = &profile,
                                             .complain = complain,
                                             .context = (void *)(uintptr_t)scenario->id});
    golden_run *run = calloc(1, sizeof *run);
    if (a != NULL && run != NULL && scenario->count > 0) {
        run->scenario = scenario;
        run->arena = a;
        run->findings = out;
        run_log(run);
        golden_sort(out);
    }
    bool made = a != NULL && run != NULL;
    if (run != NULL)
        release_sockets(run);
    if (a != NULL)
        arena_destroy(a);
    free(run);
    return made;
}
