/* SPDX-License-Identifier: MIT
 *
 * See differential_callbacks.h.
 *
 * Bytes choose what is done between settlings and inside callbacks alike; when they are used up, callbacks
 * only take what they are told about, so that every run ends.
 */
#include "tests/differential_callbacks.h"
#include "tests/event_vtbl.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "castanet/error.h"
#include "castanet/observer.h"

enum { PLACES = 12, DEPTH_MAX = 4, ACTIONS_MAX = 400, BUFFER_BYTES = 4096 };

typedef struct acting acting;

/* What is known of a socket; goes with its handle. */
typedef struct facts {
    bool datagram, listens, connects;
    bool shut;         /* for receives */
    bool adopted;      /* detached once: a real backend does not know all of its past */
    unsigned attempts; /* whose OnConnect may still come */
    uint8_t selected;  /* every event that was in a mask */
    uint8_t mask;      /* now */
    uint8_t told;      /* callbacks made, and not answered since */
} facts;

typedef struct actor {
    CAsyncSocket base;
    acting *run;
    int place;
    facts facts;
} actor;

typedef struct tracer {
    cas_observer base;
    acting *run;
    FILE *stream;
} tracer;

struct acting {
    arena *arena;
    tracer tracer;
    cas_counting_allocator memory;
    const uint8_t *bytes;
    size_t len, position;
    actor *actors[PLACES];
    SOCKET detached[PLACES];
    facts detached_facts[PLACES];
    UINT ports[PLACES];
    SOCKET closed; /* the handle that was closed last */
    unsigned depth;
    diff_acting_result *result;
    uint8_t buffer[BUFFER_BYTES];
};

static unsigned next(acting *run) { return run->position < run->len ? run->bytes[run->position++] : 0; }

static bool is_over(const acting *run)
{
    return run->position >= run->len || run->result->actions >= ACTIONS_MAX ||
           run->result->complaint[0] != '\0';
}

static void complain(acting *run, const actor *who, const char *what, long event)
{
    const char *name = event == 0 ? "" : cas_event_callback_name(event);
    if (run->result->complaint[0] == '\0')
        snprintf(run->result->complaint, DIFF_COMPLAINT_MAX, "place %d: %s %s, after %u callbacks",
                 who->place, name, what, run->result->callbacks);
}

/* ---- places ---- */

static arena_thread thread_of(int place) { return place < 4 ? ARENA_A : place < 10 ? ARENA_B : ARENA_B2; }

/* Another place of the same thread, or this one. */
static int neighbour(int place, unsigned byte)
{
    static const int first[ARENA_THREADS] = {0, 4, 10}, count[ARENA_THREADS] = {4, 6, 2};
    arena_thread thread = thread_of(place);
    return first[thread] + (int)byte % count[thread];
}

static const event_vtbl acting_callbacks;

static actor *actor_at(acting *run, int place)
{
    if (run->actors[place] == NULL) {
        actor *fresh = cas_alloc(&run->memory.base, sizeof *fresh);
        if (fresh == NULL)
            abort();
        *fresh = (actor){.run = run, .place = place};
        CAsyncSocket_Construct(&fresh->base, &acting_callbacks.callbacks);
        run->actors[place] = fresh;
    }
    return run->actors[place];
}

static void close_actor(actor *a)
{
    if (a->base.m_hSocket != INVALID_SOCKET)
        a->run->closed = a->base.m_hSocket;
    CAsyncSocket_Close(&a->base);
    a->facts = (facts){0};
}

static void destroy_actor(acting *run, int place)
{
    actor *a = run->actors[place];
    if (a == NULL)
        return;
    if (a->base.m_hSocket != INVALID_SOCKET)
        run->closed = a->base.m_hSocket;
    CAsyncSocket_Destruct(&a->base);
    run->actors[place] = NULL;
    cas_free(&run->memory.base, a, sizeof *a);
}

/* ---- actions ---- */

static void remember(acting *run, actor *a)
{
    char address[64];
    CAsyncSocket_GetSockName(&a->base, address, sizeof address, &run->ports[a->place]);
    run->result->reused += a->base.m_hSocket == run->closed;
}

static void select_events(actor *a, uint8_t mask)
{
    /* Posted inside the call, so that they are told before it returns. */
    a->facts.selected |= mask;
    if (!CAsyncSocket_AsyncSelect(&a->base, mask))
        return;
    a->facts.mask = mask;
    a->facts.told = mask == 0 ? a->facts.told : 0;
}

static void create(acting *run, actor *a, bool datagram, uint8_t mask)
{
    if (!CAsyncSocket_Create(&a->base, 0, datagram ? SOCK_DGRAM : SOCK_STREAM, mask, NULL))
        return;
    a->facts = (facts){.datagram = datagram, .selected = mask, .mask = mask};
    remember(run, a);
}

static void connect_to(acting *run, actor *a, int other)
{
    UINT port = run->ports[other] != 0 ? run->ports[other] : 1;
    BOOL ok = CAsyncSocket_Connect(&a->base, arena_address(run->arena, thread_of(other)), port);
    if (!a->facts.datagram && (ok || CAsyncSocket_GetLastError() == WSAEWOULDBLOCK)) {
        a->facts.connects = true;
        a->facts.attempts++;
        a->facts.told = 0;
    }
}

static void accept_into(acting *run, actor *listener, actor *target)
{
    BOOL ok = CAsyncSocket_Accept(&listener->base, &target->base, NULL, NULL);
    listener->facts.told &= (uint8_t)~FD_ACCEPT;
    if (!ok)
        return;
    target->facts = (facts){.connects = true, .selected = listener->facts.mask, .mask = listener->facts.mask};
    remember(run, target);
}

static void receive(acting *run, actor *a, int len, int flags)
{
    CAsyncSocket_Receive(&a->base, run->buffer, len, flags);
    a->facts.told &= (uint8_t) ~((flags & MSG_OOB) != 0 ? FD_OOB : FD_READ);
}

static void detach(acting *run, actor *a)
{
    if (run->detached[a->place] != INVALID_SOCKET)
        return;
    run->detached[a->place] = CAsyncSocket_Detach(&a->base);
    if (run->detached[a->place] == INVALID_SOCKET)
        return;
    run->detached_facts[a->place] = a->facts;
    a->facts = (facts){0};
}

static void attach(acting *run, actor *a, int from, uint8_t mask)
{
    if (run->detached[from] == INVALID_SOCKET || !CAsyncSocket_Attach(&a->base, run->detached[from], mask))
        return;
    a->facts = run->detached_facts[from];
    a->facts.adopted = true;
    a->facts.told = 0;
    a->facts.selected = a->facts.mask = mask;
    run->detached[from] = INVALID_SOCKET;
    remember(run, a);
}

static void shut_down(actor *a, int how)
{
    if (CAsyncSocket_ShutDown(&a->base, how) && how != SD_SEND)
        a->facts.shut = true;
}

static void abort_actor(actor *a)
{
    struct linger hard = {.l_onoff = 1, .l_linger = 0};
    CAsyncSocket_SetSockOpt(&a->base, SO_LINGER, &hard, sizeof hard, SOL_SOCKET);
    close_actor(a);
}

static void pump_again(acting *run, bool one)
{
    if (run->depth >= DEPTH_MAX)
        return;
    run->result->nested += run->depth > 0;
    if (one)
        cas_pump_one();
    else
        cas_pump_run(0);
}

static uint8_t choose_mask(unsigned byte) { return byte < 160 ? 0x3F : (uint8_t)(byte & 0x3F); }

/* One action of the place's thread, which is current.  The object at the place may be gone afterwards. */
static void act(acting *run, int place)
{
    enum { ACTIONS = 24 };
    unsigned what = next(run) % ACTIONS, byte = next(run);
    actor *a = actor_at(run, place);
    bool empty = a->base.m_hSocket == INVALID_SOCKET;
    run->result->actions++;
    if (empty && what >= 6 && what < 20)
        what %= 6;
    switch (what) {
    case 0:
    case 1: create(run, a, byte >= 200, choose_mask(byte * 3 & 0xFF)); break;
    case 2: connect_to(run, a, (int)(byte % PLACES)); break;
    case 3: a->facts.listens = CAsyncSocket_Listen(&a->base, 16) || a->facts.listens; break;
    case 4: attach(run, a, neighbour(place, byte), choose_mask(byte)); break;
    case 5:
    case 6: accept_into(run, actor_at(run, neighbour(place, byte)), a); break;
    case 7:
    case 8: accept_into(run, a, actor_at(run, neighbour(place, byte))); break;
    case 9:
    case 10: CAsyncSocket_Send(&a->base, run->buffer, (int)(byte & 63), byte >= 224 ? MSG_OOB : 0); break;
    case 11:
        CAsyncSocket_SendTo(&a->base, run->buffer, 5, run->ports[byte % PLACES],
                            arena_address(run->arena, thread_of((int)(byte % PLACES))), 0);
        break;
    case 12: receive(run, a, (int)(byte & 31), byte >= 192 ? MSG_OOB : byte >= 160 ? MSG_PEEK : 0); break;
    case 13: receive(run, a, BUFFER_BYTES, 0); break;
    case 14: select_events(a, choose_mask(byte)); break;
    case 15: shut_down(a, (int)(byte % 3)); break;
    case 16: detach(run, a); break;
    case 17:
    case 18: close_actor(a); break;
    case 19: abort_actor(a); break;
    case 20: destroy_actor(run, neighbour(place, byte)); break;
    case 21: destroy_actor(run, place); break;
    case 22: pump_again(run, true); break;
    default: pump_again(run, false); break;
    }
}

/* ---- callbacks ---- */

static uint8_t possible_events(const facts *f)
{
    uint8_t events = f->datagram ? FD_READ | FD_WRITE : 0;
    events |= f->listens ? FD_ACCEPT : 0;
    events |= f->connects ? FD_READ | FD_WRITE | FD_OOB | FD_CLOSE : 0;
    return events | (f->attempts > 0 ? FD_CONNECT : 0);
}

static void check_callback(acting *run, const actor *a, long event)
{
    if (run->actors[a->place] != a)
        complain(run, a, "is made for an object that is gone", event);
    else if (a->base.m_hSocket == INVALID_SOCKET)
        complain(run, a, "is made for an object without a handle", event);
    else if (CAsyncSocket_FromHandle(a->base.m_hSocket) != &a->base)
        complain(run, a, "is made for an object that its handle does not lead to", event);
    else if (cas_thread_current() != arena_thread_of(run->arena, thread_of(a->place)))
        complain(run, a, "is made on another thread", event);
    else if ((possible_events(&a->facts) & event) == 0)
        complain(run, a, "is made for a socket that cannot have it", event);
    else if ((a->facts.selected & event) == 0)
        complain(run, a, "was never selected", event);
}

/* What a callback does when there is nothing more to choose. */
static void answer(acting *run, actor *a, long event)
{
    if (event == FD_READ)
        receive(run, a, BUFFER_BYTES, 0);
    if (event == FD_OOB)
        receive(run, a, 1, MSG_OOB);
}

static void on_event(CAsyncSocket *self, long event, int error)
{
    (void)error;
    actor *a = (actor *)self;
    acting *run = a->run;
    int place = a->place;
    check_callback(run, a, event);
    run->result->callbacks++;
    a->facts.told |= (uint8_t)event;
    if (event == FD_CONNECT && a->facts.attempts > 0)
        a->facts.attempts--;
    if (is_over(run)) {
        answer(run, a, event);
        return;
    }
    run->depth++;
    for (unsigned left = next(run) % 4; left > 0 && !is_over(run); left--) {
        unsigned where = next(run);
        act(run, where < 128 ? place : neighbour(place, where));
    }
    run->depth--;
}

static const event_vtbl acting_callbacks = EVENT_VTBL(on_event);

/* ---- nothing is lost ---- */

static bool is_owed(const actor *a, long event)
{
    return (a->facts.mask & event) != 0 && (a->facts.told & event) == 0;
}

static void check_connection(acting *run, actor *a)
{
    DWORD waiting = 0;
    if (CAsyncSocket_IOCtl(&a->base, FIONREAD, &waiting) && waiting > 0 && is_owed(a, FD_READ))
        complain(run, a, "was lost: bytes wait", FD_READ);
    if (a->facts.datagram)
        return;
    int got = CAsyncSocket_Receive(&a->base, run->buffer, 1, MSG_PEEK);
    int error = CAsyncSocket_GetLastError();
    bool ended = got == 0 || (got < 0 && (error == WSAECONNRESET || error == WSAECONNABORTED));
    if (ended && is_owed(a, FD_CLOSE))
        complain(run, a, "was lost: the connection has ended", FD_CLOSE);
}

/* What is accepted here is closed, which its peer would see. */
static void check_listener(acting *run, actor *a)
{
    CAsyncSocket target;
    CAsyncSocket_Construct(&target, NULL);
    bool owed = is_owed(a, FD_ACCEPT);
    if (CAsyncSocket_Accept(&a->base, &target, NULL, NULL) && owed)
        complain(run, a, "was lost: a connection waits", FD_ACCEPT);
    CAsyncSocket_Destruct(&target);
}

static void check_nothing_lost(acting *run, int place, bool listeners)
{
    actor *a = run->actors[place];
    if (a == NULL || a->base.m_hSocket == INVALID_SOCKET || a->facts.adopted || a->facts.shut)
        return;
    arena_enter(run->arena, thread_of(place));
    if (listeners && a->facts.listens)
        check_listener(run, a);
    else if (!listeners && (a->facts.datagram || a->facts.connects))
        check_connection(run, a);
}

/* ---- the trace ---- */

static void trace_step(cas_observer *self, const cas_observation *what)
{
    static const char *const steps[] = {"call", "post", "dispatch", "return", "drop", "leave"};
    const tracer *t = (tracer *)self;
    int thread = 0;
    while (arena_thread_of(t->run->arena, (arena_thread)thread) != what->thread)
        thread++;
    fprintf(t->stream, "%*sthread %d, socket %lld: %s %s = %lld, %s\n", 2 * (int)t->run->depth, "", thread,
            (long long)what->handle, steps[what->step], what->name, (long long)what->result,
            cas_error_name(what->error));
}

static void start_trace(acting *run, FILE *stream)
{
    run->tracer = (tracer){{.on_step = trace_step}, run, stream};
    for (int i = 0; stream != NULL && i < ARENA_THREADS; i++)
        cas_thread_set_observer(arena_thread_of(run->arena, (arena_thread)i), &run->tracer.base);
}

/* ---- a run ---- */

static void arena_complains(void *context, const char *what)
{
    diff_acting_result *result = context;
    snprintf(result->complaint, DIFF_COMPLAINT_MAX, "%s", what);
}

/* A listener on b and clients on a, so that most programs have connections. */
static void begin(acting *run)
{
    enum { LISTENER = 4 };
    uint8_t mask = choose_mask(next(run));
    arena_enter(run->arena, ARENA_B);
    actor *listener = actor_at(run, LISTENER);
    create(run, listener, false, mask);
    listener->facts.listens = CAsyncSocket_Listen(&listener->base, 16);
    arena_enter(run->arena, ARENA_A);
    for (int client = 0; client < 2; client++) {
        create(run, actor_at(run, client), false, 0x3F);
        connect_to(run, actor_at(run, client), LISTENER);
    }
}

static void perform(acting *run)
{
    begin(run);
    while (!is_over(run)) {
        unsigned byte = next(run);
        int place = (int)(byte % PLACES);
        arena_enter(run->arena, thread_of(place));
        act(run, place);
        if (byte >= 96)
            arena_settle(run->arena);
    }
    arena_settle(run->arena);
    for (int i = 0; i < 2 * PLACES; i++)
        check_nothing_lost(run, i % PLACES, i >= PLACES);
}

static void close_detached(acting *run, int place)
{
    CAsyncSocket last;
    if (run->detached[place] == INVALID_SOCKET)
        return;
    CAsyncSocket_Construct(&last, NULL);
    CAsyncSocket_Attach(&last, run->detached[place], 0);
    CAsyncSocket_Destruct(&last);
}

static void finish(acting *run)
{
    for (int place = 0; place < PLACES; place++) {
        arena_enter(run->arena, thread_of(place));
        destroy_actor(run, place);
        close_detached(run, place);
    }
    arena_destroy(run->arena);
}

/* The lowest descriptor that is free. */
static int lowest_descriptor(void)
{
    int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (fd >= 0)
        close(fd);
    return fd;
}

void differential_run_acting(const uint8_t *bytes, size_t len, arena_backend backend, FILE *trace,
                             diff_acting_result *result)
{
    acting run = {.bytes = bytes, .len = len, .closed = INVALID_SOCKET, .result = result};
    int lowest = lowest_descriptor();
    *result = (diff_acting_result){0};
    cas_counting_allocator_init(&run.memory, cas_allocator_system());
    for (int place = 0; place < PLACES; place++)
        run.detached[place] = INVALID_SOCKET;
    run.arena = arena_create(&(arena_options){.backend = backend,
                                              .seed = 1,
                                              .memory = &run.memory.base,
                                              .complain = arena_complains,
                                              .context = result});
    if (run.arena == NULL)
        return;
    start_trace(&run, trace);
    perform(&run);
    finish(&run);
    if (result->complaint[0] == '\0' && run.memory.blocks_live != 0)
        snprintf(result->complaint, DIFF_COMPLAINT_MAX, "%lld blocks of memory are left",
                 (long long)run.memory.blocks_live);
    if (result->complaint[0] == '\0' && lowest_descriptor() != lowest)
        snprintf(result->complaint, DIFF_COMPLAINT_MAX, "a descriptor is left open");
}
