/* SPDX-License-Identifier: MIT
 *
 * Whole runs with the first, second, third ... of all their requests for memory refused.
 *
 * A run ends as it should, because whoever is told WSAENOBUFS makes the call again; or it could not begin; or
 * the world has declared it void.  It never crashes, leaks, stands still or carries a wrong byte.
 */
#include "tests/expect.h"
#include "tests/fixture.h"
#include "tests/sweep.h"
#include "tests/test_list.h"

enum { STREAM_BYTES = 60000, DATAGRAMS = 6, PORTION = 4096, RUNS_MAX = 600, WAITS_MAX = 20, WAIT_MS = 200 };

typedef struct echo {
    CAsyncSocket listener, server, client;
    arena *arena;
    UINT port;
    uint8_t queue[STREAM_BYTES]; /* what the server has to send back */
    int queued, returned;
    int sent, received; /* by the client; of datagrams their number */
    unsigned told;      /* of WSAENOBUFS */
    bool is_wrong;      /* a byte is not what was sent */
    bool could_not_begin, is_void;
} echo;

typedef struct echo_kind {
    const char *name;
    void (*start)(echo *);
    bool (*is_done)(const echo *);
} echo_kind;

static echo *current_echo(void) { return cas_thread_context(cas_thread_current()); }
static uint8_t byte_at(int position) { return (uint8_t)(position * 7 + position / 251); }

/* Make the call again: it was told of the refusal, of which there is only one. */
static bool again(echo *e, bool failed)
{
    bool refused = failed && CAsyncSocket_GetLastError() == WSAENOBUFS;
    e->told += refused ? 1 : 0;
    return refused && e->told == 1;
}

static int receive(echo *e, CAsyncSocket *from, void *buf, int len)
{
    int count;
    do
        count = CAsyncSocket_Receive(from, buf, len, 0);
    while (again(e, count < 0));
    return count;
}

static int send_some(echo *e, CAsyncSocket *to, const void *buf, int len)
{
    int count;
    do
        count = CAsyncSocket_Send(to, buf, len, 0);
    while (again(e, count < 0));
    return count;
}

static void create(echo *e, CAsyncSocket *self, int type, const CAsyncSocketVtbl *vtbl)
{
    BOOL ok;
    CAsyncSocket_Construct(self, vtbl);
    do
        ok = CAsyncSocket_Create(self, 0, type, CASYNCSOCKET_DEFAULT_EVENTS, NULL);
    while (again(e, !ok));
}

static void connect_client(echo *e)
{
    BOOL ok;
    do
        ok = CAsyncSocket_Connect(&e->client, arena_address(e->arena, ARENA_B), e->port);
    while (again(e, !ok));
}

/* ---- the stream ---- */

static void return_more(echo *e)
{
    int count = 1;
    while (e->returned < e->queued && count > 0) {
        count = send_some(e, &e->server, e->queue + e->returned, e->queued - e->returned);
        e->returned += count > 0 ? count : 0;
    }
}

static void server_reads(CAsyncSocket *self, int error)
{
    echo *e = current_echo();
    (void)error;
    int count = receive(e, self, e->queue + e->queued, STREAM_BYTES - e->queued);
    e->queued += count > 0 ? count : 0;
    return_more(e);
}

static void server_writes(CAsyncSocket *self, int error)
{
    (void)self;
    (void)error;
    return_more(current_echo());
}

static void close_self(CAsyncSocket *self, int error)
{
    (void)error;
    CAsyncSocket_Close(self);
}

static void accept_client(CAsyncSocket *self, int error)
{
    static const CAsyncSocketVtbl vtbl = {
        .OnReceive = server_reads, .OnSend = server_writes, .OnClose = close_self};
    echo *e = current_echo();
    BOOL ok;
    (void)error;
    if (e->server.m_hSocket != INVALID_SOCKET)
        return; /* R7: the refused Accept was told of it once more */
    CAsyncSocket_Construct(&e->server, &vtbl);
    do
        ok = CAsyncSocket_Accept(self, &e->server, NULL, NULL);
    while (again(e, !ok));
}

static void client_writes(CAsyncSocket *self, int error)
{
    echo *e = current_echo();
    uint8_t bytes[PORTION];
    int count = error == 0;
    while (e->sent < STREAM_BYTES && count > 0) {
        int len = STREAM_BYTES - e->sent < PORTION ? STREAM_BYTES - e->sent : PORTION;
        for (int i = 0; i < len; i++)
            bytes[i] = byte_at(e->sent + i);
        count = send_some(e, self, bytes, len);
        e->sent += count > 0 ? count : 0;
    }
}

static void client_reads(CAsyncSocket *self, int error)
{
    echo *e = current_echo();
    uint8_t bytes[PORTION];
    (void)error;
    int count = receive(e, self, bytes, PORTION);
    for (int i = 0; i < count; i++, e->received++)
        e->is_wrong = e->is_wrong || bytes[i] != byte_at(e->received);
    if (e->received == STREAM_BYTES)
        CAsyncSocket_Close(self);
}

static void start_stream(echo *e)
{
    static const CAsyncSocketVtbl listening = {.OnAccept = accept_client};
    static const CAsyncSocketVtbl calling = {
        .OnConnect = client_writes, .OnSend = client_writes, .OnReceive = client_reads};
    char text[46];
    BOOL ok;
    create(e, &e->listener, SOCK_STREAM, &listening);
    do
        ok = CAsyncSocket_Listen(&e->listener, 5);
    while (again(e, !ok));
    CAsyncSocket_GetSockName(&e->listener, text, sizeof text, &e->port);
    arena_enter(e->arena, ARENA_A);
    create(e, &e->client, SOCK_STREAM, &calling);
    connect_client(e);
}

static bool is_stream_done(const echo *e)
{
    return e->received == STREAM_BYTES && e->server.m_hSocket == INVALID_SOCKET &&
           e->client.m_hSocket == INVALID_SOCKET;
}

/* ---- datagrams ---- */

static void answer_datagram(CAsyncSocket *self, int error)
{
    echo *e = current_echo();
    uint8_t bytes[16];
    char text[46];
    UINT port = 0;
    int count;
    (void)error;
    do
        count = CAsyncSocket_ReceiveFrom(self, bytes, sizeof bytes, text, sizeof text, &port, 0);
    while (again(e, count < 0));
    if (count < 0)
        return;
    int sent;
    do
        sent = CAsyncSocket_SendTo(self, bytes, count, port, text, 0);
    while (again(e, sent < 0));
}

static void send_datagram(echo *e)
{
    uint8_t byte = byte_at(e->sent);
    e->sent += send_some(e, &e->client, &byte, 1) == 1;
}

static void next_datagram(CAsyncSocket *self, int error)
{
    echo *e = current_echo();
    uint8_t bytes[16];
    (void)error;
    if (receive(e, self, bytes, sizeof bytes) != 1)
        return;
    e->is_wrong = e->is_wrong || bytes[0] != byte_at(e->received);
    e->received++;
    if (e->sent < DATAGRAMS)
        send_datagram(e);
}

static void start_datagrams(echo *e)
{
    static const CAsyncSocketVtbl answering = {.OnReceive = answer_datagram};
    static const CAsyncSocketVtbl asking = {.OnReceive = next_datagram};
    char text[46];
    create(e, &e->server, SOCK_DGRAM, &answering);
    CAsyncSocket_GetSockName(&e->server, text, sizeof text, &e->port);
    arena_enter(e->arena, ARENA_A);
    create(e, &e->client, SOCK_DGRAM, &asking);
    connect_client(e);
    send_datagram(e);
}

static bool are_datagrams_done(const echo *e) { return e->received == DATAGRAMS; }

/* ---- one run, and all of them ---- */

static void note_complaint(void *context, const char *what)
{
    (void)what;
    ((echo *)context)->could_not_begin = true;
}

static bool is_void(echo *e)
{
    sim_world *world = arena_world(e->arena);
    return world != NULL && sim_world_run(world, sim_world_now(world)) == SIM_STOP_NO_MEMORY;
}

static bool drive(echo *e, const echo_kind *kind)
{
    for (unsigned i = 0; i < ARENA_THREADS; i++)
        cas_thread_set_context(arena_thread_of(e->arena, (arena_thread)i), e);
    arena_enter(e->arena, ARENA_B);
    kind->start(e);
    arena_settle(e->arena);
    for (unsigned i = 0; i < WAITS_MAX && !kind->is_done(e) && arena_wait(e->arena, WAIT_MS); i++)
        arena_settle(e->arena);
    e->is_void = is_void(e);
    return kind->is_done(e) || e->is_void;
}

/* From nothing to nothing; true if it went as it should. */
static bool run_echo(echo *e, const echo_kind *kind, arena_backend backend)
{
    cas_thread *before = cas_thread_enter(NULL);
    CAsyncSocket_Construct(&e->server, NULL);
    e->arena = arena_create(&(arena_options){.backend = backend,
                                             .seed = fixture_seed(),
                                             .memory = &fixture_memory()->base,
                                             .complain = note_complaint,
                                             .context = e});
    bool good = e->arena != NULL ? drive(e, kind) : e->could_not_begin;
    if (e->arena != NULL)
        arena_destroy(e->arena);
    cas_thread_enter(before);
    return good;
}

/* request 0: none is refused.  True if one was. */
static bool refuse_one(const echo_kind *kind, arena_backend backend, uint64_t request, sweep_count *sum)
{
    static echo e; /* large */
    cas_counting_allocator *memory = fixture_memory();
    int64_t blocks = memory->blocks_live;
    uint64_t refused_before = memory->refused;
    unsigned descriptors = sweep_count_descriptors();
    e = (echo){.told = 0};
    memory->refuse_at = request == 0 ? 0 : memory->calls + request;
    bool good = run_echo(&e, kind, backend);
    memory->refuse_at = 0;
    bool was_refused = memory->refused > refused_before;
    bool excused = e.could_not_begin || e.is_void || e.told != 0;
    expect_report(EXPECT_SITE(false), good && e.told <= 1 && (was_refused || !excused),
                  "%s, request %d for memory refused: sent %d, received %d, told %u times%s: it stands still",
                  kind->name, (int)request, e.sent, e.received, e.told, e.is_void ? ", void" : "");
    expect_report(EXPECT_SITE(false), !e.is_wrong, "%s, request %d for memory refused: a byte is wrong",
                  kind->name, (int)request);
    expect_report(
        EXPECT_SITE(false), memory->blocks_live == blocks && sweep_count_descriptors() == descriptors,
        "%s, request %d for memory refused: %d blocks and %d descriptors leak", kind->name, (int)request,
        (int)(memory->blocks_live - blocks), (int)(sweep_count_descriptors() - descriptors));
    sum->refused += was_refused ? 1 : 0;
    sum->told += e.could_not_begin || e.told != 0 ? 1 : 0;
    sum->voided += e.is_void ? 1 : 0;
    return was_refused;
}

static void refuse_each(const echo_kind *kind, arena_backend backend)
{
    sweep_count sum = {.refused = 0};
    uint64_t before = fixture_memory()->calls;
    refuse_one(kind, backend, 0, &sum);
    uint64_t requests = fixture_memory()->calls - before;
    for (uint64_t n = 1; n <= requests; n += 1 + requests / RUNS_MAX)
        refuse_one(kind, backend, n, &sum);
    EXPECT_FALSE(refuse_one(kind, backend, 0, &sum)); /* and nothing is left of it */
    sweep_print(arena_backend_name(backend), (unsigned)requests, kind->name, &sum);
}

static void echo_over_a_stream_survives_refused_memory(arena *a)
{
    static const echo_kind kind = {"requests of an echo over a stream", start_stream, is_stream_done};
    refuse_each(&kind, arena_backend_of(a));
}

static void echo_of_datagrams_survives_refused_memory(arena *a)
{
    static const echo_kind kind = {"requests of an echo of datagrams", start_datagrams, are_datagrams_done};
    refuse_each(&kind, arena_backend_of(a));
}

const test_case test_sweep_run[] = {TEST_EVERYWHERE(echo_over_a_stream_survives_refused_memory),
                                    TEST_EVERYWHERE(echo_of_datagrams_survives_refused_memory), TEST_END};
