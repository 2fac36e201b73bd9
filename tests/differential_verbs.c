/* SPDX-License-Identifier: MIT
 *
 * What the steps of a differential program do: one call of the API each (abort, fill and drain: a handful).
 *
 *  1. Results hold nothing that depends on the world or the machine: ports and addresses are told as the slot
 *     that has them.
 *  2. Bytes sent depend on who sent how many before, so that lost, doubled and reordered ones show.
 */
#include <string.h>

#include "tests/differential_private.h"

enum { FILL_ROUNDS_MAX = 60, DRAIN_ROUNDS_MAX = 400 };

/* ---- results ---- */

static diff_result done(long value) { return (diff_result){.value = value}; }
static diff_result failure(void)
{
    return (diff_result){.failed = true, .error = CAsyncSocket_GetLastError()};
}
static diff_result of_bool(BOOL ok) { return ok ? done(1) : failure(); }
static diff_result of_count(int count) { return count == SOCKET_ERROR ? failure() : done(count); }

static diff_result of_bytes(const diff_run *run, int count)
{
    diff_result result = of_count(count);
    uint32_t hash = 2166136261u; /* FNV-1a */
    for (int i = 0; i < count; i++)
        hash = (hash ^ run->buffer[i]) * 16777619u;
    result.hash = count > 0 ? hash : 0;
    return result;
}

/* ---- names ---- */

static const char *address_of(const diff_run *run, int slot)
{
    return arena_address(run->arena, differential_thread_of(slot));
}

/* A slot that never had a port stands for one that nobody listens on. */
static UINT port_of(const diff_run *run, int slot)
{
    enum { NOBODY = 1 }; /* and the next ones: where all have one address, ports tell slots apart */
    return run->ports[slot] != 0 ? run->ports[slot] : NOBODY + (UINT)slot;
}

static void remember_port(diff_run *run, int slot)
{
    char address[64];
    UINT port;
    if (CAsyncSocket_GetSockName(diff_object_of(run, slot), address, sizeof address, &port))
        run->ports[slot] = port;
}

/* The slot that is reached under this name; DIFF_NONE if there is none. */
static long slot_of(const diff_run *run, const char *address, UINT port)
{
    for (int slot = 0; slot < DIFF_SLOTS; slot++)
        if (run->ports[slot] == port && port != 0 && strcmp(address_of(run, slot), address) == 0)
            return slot;
    return DIFF_NONE;
}

enum { NAME_IS_WILDCARD = 100, NAME_IS_OWN, NAME_IS_OTHER };

static diff_result act_sockname(diff_run *run, const diff_step *step)
{
    char address[64];
    UINT port = 0;
    if (!CAsyncSocket_GetSockName(diff_object_of(run, step->slot), address, sizeof address, &port))
        return failure();
    remember_port(run, step->slot);
    if (strcmp(address, "0.0.0.0") == 0)
        return done(NAME_IS_WILDCARD);
    return done(strcmp(address, address_of(run, step->slot)) == 0 ? NAME_IS_OWN : NAME_IS_OTHER);
}

static diff_result act_peername(diff_run *run, const diff_step *step)
{
    char address[64];
    UINT port = 0;
    BOOL ok = CAsyncSocket_GetPeerName(diff_object_of(run, step->slot), address, sizeof address, &port);
    return ok ? done(slot_of(run, address, port)) : failure();
}

/* ---- life ---- */

/* Small segments must not wait for a delayed acknowledgement. */
static void send_at_once(diff_run *run, const diff_step *step)
{
    int on = 1;
    if (!step->datagram)
        CAsyncSocket_SetSockOpt(diff_object_of(run, step->slot), TCP_NODELAY, &on, sizeof on, IPPROTO_TCP);
}

static int type_of(const diff_step *step) { return step->datagram ? SOCK_DGRAM : SOCK_STREAM; }

static diff_result act_socket(diff_run *run, const diff_step *step)
{
    diff_result result = of_bool(
        CAsyncSocket_Socket(diff_object_of(run, step->slot), type_of(step), 0, 0, AF_INET));
    if (!result.failed)
        send_at_once(run, step);
    return result;
}

static diff_result act_create(diff_run *run, const diff_step *step)
{
    diff_result result = of_bool(
        CAsyncSocket_Create(diff_object_of(run, step->slot), 0, type_of(step), step->mask, NULL));
    if (!result.failed)
        send_at_once(run, step);
    remember_port(run, step->slot);
    return result;
}

static diff_result act_bind(diff_run *run, const diff_step *step)
{
    diff_result result = of_bool(CAsyncSocket_Bind(diff_object_of(run, step->slot), 0, NULL));
    remember_port(run, step->slot);
    return result;
}

static diff_result act_connect(diff_run *run, const diff_step *step)
{
    BOOL ok = CAsyncSocket_Connect(diff_object_of(run, step->slot), address_of(run, step->other),
                                   port_of(run, step->other));
    diff_result result = of_bool(ok);
    remember_port(run, step->slot); /* connecting binds */
    return result;
}

static diff_result act_accept(diff_run *run, const diff_step *step)
{
    SOCKADDR_STORAGE peer;
    int len = sizeof peer;
    CAsyncSocket *target = diff_object_of(run, step->other);
    BOOL ok = CAsyncSocket_Accept(diff_object_of(run, step->slot), target, (SOCKADDR *)&peer, &len);
    diff_result result = of_bool(ok);
    if (ok)
        remember_port(run, step->other);
    return result;
}

static diff_result set_linger(diff_run *run, int slot, int seconds)
{
    struct linger value = {.l_onoff = 1, .l_linger = seconds};
    for (int i = 0; i < DIFF_SLOTS; i++) /* accepted sockets inherit it */
        run->lingers[i] = run->lingers[i] || seconds > 0;
    return of_bool(
        CAsyncSocket_SetSockOpt(diff_object_of(run, slot), SO_LINGER, &value, sizeof value, SOL_SOCKET));
}

/* Whether such a close fails depends on what the peer has acknowledged. */
static void settle_linger(diff_run *run, int slot)
{
    if (!run->lingers[slot])
        return;
    run->lingers[slot] = false;
    diff_run_settle_acknowledged(run);
    arena_enter(run->arena, differential_thread_of(slot));
}

static diff_result act_close(diff_run *run, const diff_step *step)
{
    CAsyncSocket *object = diff_object_of(run, step->slot);
    settle_linger(run, step->slot);
    CAsyncSocket_Close(object);
    return done(object->m_hSocket == INVALID_SOCKET);
}

static diff_result act_abort(diff_run *run, const diff_step *step)
{
    diff_result result = set_linger(run, step->slot, 0);
    return result.failed ? result : act_close(run, step);
}

static diff_result act_delete(diff_run *run, const diff_step *step)
{
    settle_linger(run, step->slot);
    diff_object_delete(run, step->slot);
    return done(1);
}

static diff_result act_detach(diff_run *run, const diff_step *step)
{
    if (run->detached[step->slot] != INVALID_SOCKET)
        return done(DIFF_NONE); /* one handle at a time can be away */
    SOCKET handle = CAsyncSocket_Detach(diff_object_of(run, step->slot));
    run->detached[step->slot] = handle;
    return of_bool(handle != INVALID_SOCKET);
}

static diff_result act_attach(diff_run *run, const diff_step *step)
{
    BOOL ok = CAsyncSocket_Attach(diff_object_of(run, step->slot), run->detached[step->other], step->mask);
    diff_result result = of_bool(ok);
    if (ok)
        run->detached[step->other] = INVALID_SOCKET;
    remember_port(run, step->slot);
    return result;
}

/* ---- data ---- */

static void fill_buffer(diff_run *run, int slot, int count)
{
    for (int i = 0; i < count; i++)
        run->buffer[i] = (uint8_t)((unsigned)slot * 37 + run->sent[slot] + (unsigned)i);
}

static diff_result count_sent(diff_run *run, int slot, int count)
{
    run->sent[slot] += count > 0 ? (unsigned)count : 0;
    return of_count(count);
}

static diff_result act_send(diff_run *run, const diff_step *step)
{
    fill_buffer(run, step->slot, step->number);
    int count = CAsyncSocket_Send(diff_object_of(run, step->slot), run->buffer, step->number, step->flags);
    return count_sent(run, step->slot, count);
}

static diff_result act_sendto(diff_run *run, const diff_step *step)
{
    fill_buffer(run, step->slot, step->number);
    int count = CAsyncSocket_SendTo(diff_object_of(run, step->slot), run->buffer, step->number,
                                    port_of(run, step->other), address_of(run, step->other), step->flags);
    diff_result result = count_sent(run, step->slot, count);
    remember_port(run, step->slot);
    return result;
}

/* Sends and settles until no room has come back; the result is how the first call of the last round ended. */
static diff_result act_fill(diff_run *run, const diff_step *step)
{
    diff_result first = done(1);
    for (int round = 0; round < FILL_ROUNDS_MAX && !first.failed; round++) {
        arena_enter(run->arena, differential_thread_of(step->slot));
        diff_result result = first = act_send(run, step);
        for (int i = 0; i < FILL_ROUNDS_MAX && !result.failed; i++)
            result = act_send(run, step);
        diff_run_settle(run);
    }
    return first;
}

static diff_result act_recv(diff_run *run, const diff_step *step)
{
    memset(run->buffer, 0xEE, (size_t)step->number);
    int count = CAsyncSocket_Receive(diff_object_of(run, step->slot), run->buffer, step->number, step->flags);
    return of_bytes(run, count);
}

/* Who sent the datagram is part of what was received. */
static diff_result act_recvfrom(diff_run *run, const diff_step *step)
{
    char address[64] = "untouched";
    UINT port = 0;
    memset(run->buffer, 0xEE, (size_t)step->number);
    int count = CAsyncSocket_ReceiveFrom(diff_object_of(run, step->slot), run->buffer, step->number, address,
                                         sizeof address, &port, step->flags);
    diff_result result = of_bytes(run, count);
    bool untouched = strcmp(address, "untouched") == 0;
    if (!untouched || port != 0)
        result.hash += 1u + (uint32_t)(slot_of(run, address, port) + 1);
    return result;
}

/* Receives and settles until twice nothing came.  The result is how it ended. */
static diff_result act_drain(diff_run *run, const diff_step *step)
{
    diff_result result = done(0);
    int quiet = 0;
    for (int round = 0; quiet < 2 && round < DRAIN_ROUNDS_MAX; round++) {
        quiet++;
        arena_enter(run->arena, differential_thread_of(step->slot));
        do {
            int count = CAsyncSocket_Receive(diff_object_of(run, step->slot), run->buffer, DIFF_BUFFER_BYTES,
                                             0);
            result = of_count(count);
            quiet = result.failed || result.value == 0 ? quiet : 0;
        } while (!result.failed && result.value > 0);
        diff_run_settle(run);
    }
    return result;
}

/* ---- the rest ---- */

static const struct {
    int level, name;
} options[DIFF_OPTIONS] = {
    [DIFF_OOBINLINE] = {SOL_SOCKET, SO_OOBINLINE}, [DIFF_NODELAY] = {IPPROTO_TCP, TCP_NODELAY},
    [DIFF_REUSEADDR] = {SOL_SOCKET, SO_REUSEADDR}, [DIFF_KEEPALIVE] = {SOL_SOCKET, SO_KEEPALIVE},
    [DIFF_BROADCAST] = {SOL_SOCKET, SO_BROADCAST}, [DIFF_RCVBUF] = {SOL_SOCKET, SO_RCVBUF},
    [DIFF_SNDBUF] = {SOL_SOCKET, SO_SNDBUF},       [DIFF_ERROR] = {SOL_SOCKET, SO_ERROR},
};

static diff_result act_setopt(diff_run *run, const diff_step *step)
{
    return of_bool(CAsyncSocket_SetSockOpt(diff_object_of(run, step->slot), options[step->option].name,
                                           &step->number, sizeof step->number, options[step->option].level));
}

static diff_result act_getopt(diff_run *run, const diff_step *step)
{
    int value = 0, len = sizeof value;
    BOOL ok = CAsyncSocket_GetSockOpt(diff_object_of(run, step->slot), options[step->option].name, &value,
                                      &len, options[step->option].level);
    return ok ? done(value) : failure();
}

static diff_result query(diff_run *run, int slot, long command)
{
    DWORD value = 0;
    return CAsyncSocket_IOCtl(diff_object_of(run, slot), command, &value) ? done((long)value) : failure();
}

static diff_result act_pump(void) { return done(cas_pump_run(0) < 0); }

/* size: table */
diff_result diff_act(diff_run *run, const diff_step *step)
{
    CAsyncSocket *object = step->verb == DIFF_SETTLE ? NULL : diff_object_of(run, step->slot);
    switch (step->verb) {
    case DIFF_PUMP: return act_pump();
    case DIFF_SOCKET: return act_socket(run, step);
    case DIFF_CREATE: return act_create(run, step);
    case DIFF_BIND: return act_bind(run, step);
    case DIFF_LISTEN: return of_bool(CAsyncSocket_Listen(object, step->number));
    case DIFF_CONNECT: return act_connect(run, step);
    case DIFF_ACCEPT: return act_accept(run, step);
    case DIFF_SELECT: return of_bool(CAsyncSocket_AsyncSelect(object, step->mask));
    case DIFF_CLOSE: return act_close(run, step);
    case DIFF_ABORT: return act_abort(run, step);
    case DIFF_DELETE: return act_delete(run, step);
    case DIFF_LINGER: return set_linger(run, step->slot, step->number);
    case DIFF_DETACH: return act_detach(run, step);
    case DIFF_ATTACH: return act_attach(run, step);
    case DIFF_SEND: return act_send(run, step);
    case DIFF_SENDTO: return act_sendto(run, step);
    case DIFF_FILL: return act_fill(run, step);
    case DIFF_RECV: return act_recv(run, step);
    case DIFF_RECVFROM: return act_recvfrom(run, step);
    case DIFF_DRAIN: return act_drain(run, step);
    case DIFF_SHUTDOWN: return of_bool(CAsyncSocket_ShutDown(object, step->number));
    case DIFF_SETOPT: return act_setopt(run, step);
    case DIFF_GETOPT: return act_getopt(run, step);
    case DIFF_AVAILABLE: return query(run, step->slot, FIONREAD);
    case DIFF_ATMARK: return query(run, step->slot, SIOCATMARK);
    case DIFF_PEERNAME: return act_peername(run, step);
    case DIFF_SOCKNAME: return act_sockname(run, step);
    default: return done(0);
    }
}
