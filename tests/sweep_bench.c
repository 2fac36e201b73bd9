/* SPDX-License-Identifier: MIT
 *
 * What can be seen of the sockets of a bench, and how they are used afterwards.  sweep_state.c makes the
 * states.
 *
 * In a world all is seen to the last number; the kernel's ports, handles and portions differ from run to run
 * and are masked when runs are compared.
 */
#include "tests/sweep_bench.h"

#include <string.h>

#include "castanet/error.h"
#include "core/handle_map.h"
#include "tests/expect.h"

enum { FILL_MAX = 64, RECEIVES_MAX = 100, WAITS_MAX = 10, WAIT_MS = 200 };

static const char *const role_names[BENCH_ROLES] = {"subject", "target", "filler", "peer", "peer2"};
static const char event_letters[] = "RWOANC"; /* READ, WRITE, OOB, ACCEPT, CONNECT, CLOSE */

static void enter(bench *t, bench_role role)
{
    arena_enter(t->arena, role >= BENCH_PEER ? ARENA_A : ARENA_B);
}

static bool is_real(const bench *t) { return arena_backend_is_real(arena_backend_of(t->arena)); }

bool bench_is_vague(const bench *t) { return t->is_bulk && is_real(t); }

/* ---- life ---- */

void bench_open(bench *t, arena_backend backend)
{
    memset(t, 0, sizeof *t);
    t->arena = arena_open(backend, NULL);
    for (unsigned i = 0; i < BENCH_ROLES; i++)
        recorder_construct(&t->socket[i]);
    t->detached = INVALID_SOCKET;
    arena_enter(t->arena, ARENA_B);
}

/* The handle is given to an object, which closes it. */
static void close_detached(bench *t)
{
    CAsyncSocket owner;
    if (t->detached == INVALID_SOCKET || CAsyncSocket_FromHandle(t->detached) != NULL)
        return;
    CAsyncSocket_Construct(&owner, NULL);
    EXPECT_OK(CAsyncSocket_Attach(&owner, t->detached, 0));
    CAsyncSocket_Destruct(&owner);
    t->detached = INVALID_SOCKET;
}

static void close_role(bench *t, bench_role role)
{
    enter(t, role);
    CAsyncSocket_Close(bench_socket(t, role));
    arena_enter(t->arena, ARENA_B);
}

static void close_own(bench *t)
{
    close_detached(t);
    for (unsigned i = 0; i < BENCH_PEER; i++)
        close_role(t, (bench_role)i);
    while (t->crowd_count > 0)
        CAsyncSocket_Destruct(&t->crowd[--t->crowd_count]);
}

static void close_peers(bench *t)
{
    close_role(t, BENCH_PEER);
    close_role(t, BENCH_PEER2);
}

void bench_close(bench *t)
{
    close_own(t);
    close_peers(t);
    arena_close(t->arena);
}

void bench_fill_page(bench *t)
{
    SOCKET handle = 0;
    while (t->crowd_count < BENCH_CROWD && (handle + 1) % CASP_PAGE_HANDLES != 0) {
        CAsyncSocket *one = &t->crowd[t->crowd_count++];
        CAsyncSocket_Construct(one, NULL);
        EXPECT_OK_FATAL(CAsyncSocket_Socket(one, SOCK_DGRAM, 0, 0, AF_INET));
        handle = one->m_hSocket;
    }
}

/* Each AsyncSelect owes the events once more, until the queue has to grow and may not. */
void bench_fill_queue(bench *t, bench_role role, long events)
{
    cas_counting_allocator *memory = fixture_memory();
    for (unsigned i = 0; i < FILL_MAX; i++) {
        memory->refuse_at = memory->calls + 1;
        if (!CAsyncSocket_AsyncSelect(bench_socket(t, role), events))
            break;
    }
    memory->refuse_at = 0;
}

void bench_fill_queue_by_filler(bench *t)
{
    EXPECT_OK_FATAL(CAsyncSocket_Socket(bench_socket(t, BENCH_FILLER), SOCK_DGRAM, 0, 0, AF_INET));
    bench_fill_queue(t, BENCH_FILLER, FD_WRITE);
}

/* ---- seeing ---- */

static void say_port(const bench *t, sweep_text *seen, UINT port, bool exact)
{
    if (exact || !is_real(t))
        sweep_say(seen, ":%u", port);
    else
        sweep_say(seen, port == 0 ? ":0" : ":*");
}

static void say_names(bench *t, bench_role role, sweep_text *seen, bool exact)
{
    char text[46];
    UINT port;
    if (!CAsyncSocket_GetSockName(bench_socket(t, role), text, sizeof text, &port)) {
        sweep_say(seen, " unbound(%d)", CAsyncSocket_GetLastError());
    } else {
        sweep_say(seen, " at %s", text);
        say_port(t, seen, port, exact);
    }
    if (!CAsyncSocket_GetPeerName(bench_socket(t, role), text, sizeof text, &port)) {
        sweep_say(seen, " alone(%d)", CAsyncSocket_GetLastError());
    } else {
        sweep_say(seen, " to %s", text);
        say_port(t, seen, port, exact);
    }
}

/* Notifications by kind, with the error of the last one. */
static void say_told(const bench *t, bench_role role, sweep_text *seen, bool exact)
{
    const recorder *r = &t->socket[role];
    for (unsigned i = 0; i < 6; i++) {
        bool repeats = t->may_repeat && role == BENCH_SUBJECT && 1L << i == FD_ACCEPT;
        bool only_whether = !exact && (repeats || bench_is_vague(t));
        if (r->count[i] != 0)
            sweep_say(seen, " %c%u(%d)", event_letters[i], only_whether ? 1 : r->count[i], r->error[i]);
    }
}

static void say_role(bench *t, bench_role role, sweep_text *seen, bool exact)
{
    CAsyncSocket *self = bench_socket(t, role);
    enter(t, role);
    sweep_say(seen, " | %s", role_names[role]);
    if (self->m_hSocket != INVALID_SOCKET) {
        DWORD ready = 0;
        bool numbered = exact || !is_real(t);
        sweep_say(seen, " h%d", numbered ? (int)self->m_hSocket : -1);
        sweep_say(seen, CAsyncSocket_FromHandle(self->m_hSocket) == self ? "" : " not its handle's owner");
        say_names(t, role, seen, exact);
        if (!CAsyncSocket_IOCtl(self, FIONREAD, &ready))
            ready = (DWORD)CAsyncSocket_GetLastError();
        sweep_say(seen, " ready %d", bench_is_vague(t) ? -1 : (int)ready);
    }
    say_told(t, role, seen, exact);
    arena_enter(t->arena, ARENA_B);
}

static void say_all(bench *t, sweep_text *seen, bool exact)
{
    const cas_thread *thread = arena_thread_of(t->arena, ARENA_B);
    sweep_say(seen, "%u sockets", cas_thread_socket_count(thread));
    if (!t->may_repeat)
        sweep_say(seen, " %u messages", cas_thread_message_count(thread));
    for (unsigned i = 0; i < BENCH_ROLES; i++)
        say_role(t, (bench_role)i, seen, exact);
}

void bench_observe(bench *t, sweep_text *seen) { say_all(t, seen, true); }

/* ---- using ---- */

int bench_send_bulk(bench *t, const void *buf, int len)
{
    int count = CAsyncSocket_Send(bench_subject(t), buf, len, 0);
    t->sent += count > 0 ? (size_t)count : 0;
    return count;
}

static bool is_datagram(CAsyncSocket *self)
{
    int type = 0, len = sizeof type;
    return CAsyncSocket_GetSockOpt(self, SO_TYPE, &type, &len, SOL_SOCKET) && type == SOCK_DGRAM;
}

/* To the peer, or of a datagram socket without one to itself. */
static void send_a_little(bench *t, bench_role role, sweep_text *seen)
{
    CAsyncSocket *self = bench_socket(t, role);
    char text[46];
    UINT port;
    enter(t, role);
    if (!is_datagram(self) || CAsyncSocket_GetPeerName(self, text, sizeof text, &port)) {
        bool counts = t->is_bulk && role == BENCH_SUBJECT;
        int count = counts ? bench_send_bulk(t, "abc", 3) : CAsyncSocket_Send(self, "abc", 3, 0);
        int error = count < 0 ? CAsyncSocket_GetLastError() : 0;
        if (!counts || !is_real(t))
            sweep_say(seen, " send %d(%d)", count, error);
    } else if (CAsyncSocket_GetSockName(self, text, sizeof text, &port)) {
        const char *own = arena_address(t->arena, role >= BENCH_PEER ? ARENA_A : ARENA_B);
        sweep_say(seen, " to itself %d", CAsyncSocket_SendTo(self, "abc", 3, port, own, 0));
    }
    arena_enter(t->arena, ARENA_B);
}

/* Takes all there is. */
static void receive_all(bench *t, bench_role role, sweep_text *seen)
{
    char buf[4096];
    size_t total = 0, calls = 0;
    int count = 0;
    enter(t, role);
    while (calls++ < RECEIVES_MAX &&
           (count = CAsyncSocket_Receive(bench_socket(t, role), buf, sizeof buf, 0)) > 0) {
        if (total < 16)
            sweep_say(seen, " '%.*s'", count < 16 ? count : 16, buf);
        total += (size_t)count;
    }
    sweep_say(seen, " received %d(%d)", (int)total, count < 0 ? CAsyncSocket_GetLastError() : 0);
    arena_enter(t->arena, ARENA_B);
}

/* What the kernel holds back for a time of its own comes within the waits. */
static void receive_bulk(bench *t, sweep_text *seen)
{
    char buf[4096];
    size_t total = 0;
    unsigned waits = 0;
    while (total < t->sent && waits < WAITS_MAX) {
        arena_enter(t->arena, ARENA_A);
        int count = CAsyncSocket_Receive(bench_socket(t, BENCH_PEER), buf, sizeof buf, 0);
        arena_enter(t->arena, ARENA_B);
        total += count > 0 ? (size_t)count : 0;
        arena_settle(t->arena);
        if (count <= 0) {
            waits++;
            arena_wait(t->arena, WAIT_MS);
        }
    }
    sweep_say(seen, total == t->sent ? " received all" : " received %zu of %zu", total, t->sent);
}

static void receive(bench *t, bench_role role, sweep_text *seen)
{
    if (t->is_bulk && role == BENCH_PEER)
        receive_bulk(t, seen);
    else
        receive_all(t, role, seen);
}

static void each_open(bench *t, sweep_text *seen, void (*use)(bench *, bench_role, sweep_text *))
{
    for (unsigned i = 0; i < BENCH_ROLES; i++) {
        if (bench_socket(t, (bench_role)i)->m_hSocket == INVALID_SOCKET)
            continue;
        sweep_say(seen, " | %s", role_names[i]);
        use(t, (bench_role)i, seen);
    }
    arena_settle(t->arena);
}

/* A world that lacked memory where no call could say it stands still. */
static bool is_void(bench *t)
{
    sim_world *world = arena_world(t->arena);
    return world != NULL && sim_world_run(world, sim_world_now(world)) == SIM_STOP_NO_MEMORY;
}

bool bench_finish(bench *t, int result, sweep_text *seen)
{
    arena_settle(t->arena);
    sweep_say(seen, "result %s%s\n", cas_error_name(result), t->said.bytes);
    say_all(t, seen, false);
    sweep_say(seen, "\n");
    each_open(t, seen, send_a_little);
    sweep_say(seen, "\n");
    each_open(t, seen, receive);
    sweep_say(seen, "\n");
    close_peers(t);
    arena_settle(t->arena);
    say_all(t, seen, false);
    close_own(t);
    arena_settle(t->arena);
    sweep_say(seen, "\nclosed: ");
    say_all(t, seen, false);
    sweep_say_blocks(seen, arena_world(t->arena));
    if (is_real(t))
        sweep_say(seen, ", %u descriptors", sweep_count_descriptors());
    return !is_void(t);
}
