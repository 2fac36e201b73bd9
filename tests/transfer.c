/* SPDX-License-Identifier: MIT
 *
 * The program of transfer.h.
 *
 *   UNBORN     -> CONNECTING  [transfer_connect]     UNBORN -> OPEN  [transfer_accepted]
 *   CONNECTING -> OPEN        OnConnect(0)           [on_connect]
 *   CONNECTING -> FAILED      OnConnect(error)       [on_connect]
 *   OPEN       -> DONE        both streams ended     [finish]
 *   OPEN       -> FAILED      OnClose(error), or a call that failed after OnClose(0)  [fail]
 *   OPEN       -> LEFT        as planned             [leave]
 *   CONNECTING, OPEN -> CRASHED                      [transfer_crash]
 */
#include "tests/transfer.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "tests/event_vtbl.h"

enum { CHUNK_MAX = 65536, URGENT_BIT = 0x80, BUG_AT = 1000 };
#define RETRY_NS (uint64_t) SIM_MS(5) /* without memory */

static CAsyncSocket *socket_of(const transfer_end *e) { return &e->socket->base; }

/* ---- the streams ---- */

static uint8_t pattern(const transfer_end *sender, uint32_t at)
{
    return (uint8_t)((((uint64_t)at + sender->salt) * 0x9E3779B97F4A7C15u) >> 57);
}

static bool is_urgent(const transfer_end *sender, uint32_t at, unsigned number)
{
    return number < sender->urgent_sent && sender->urgent_at[number] == at;
}

static void complain_about_byte(const transfer_end *e, uint8_t actual, const char *wanted)
{
    sim_world_fail(e->world, "wrong byte: %s received 0x%02x at %" PRIu32 " of %" PRIu32 ", where %s belongs",
                   e->name, actual, e->received, e->peer->plan.bytes, wanted);
}

/* Urgent bytes that were taken, or will be, with MSG_OOB are not part of the stream; those before number. */
static void step_over_urgent(transfer_end *e, unsigned number)
{
    while (!e->plan.inline_urgent && e->urgent_passed < number &&
           is_urgent(e->peer, e->received, e->urgent_passed)) {
        e->urgent_passed++;
        e->received++;
    }
}

/* One that came within the stream.  False: wrong. */
static bool check_urgent_byte(transfer_end *e, uint8_t byte)
{
    unsigned number = byte & (URGENT_BIT - 1);
    step_over_urgent(e, number);
    if (e->urgent_passed != number || !is_urgent(e->peer, e->received, number)) {
        complain_about_byte(e, byte, "no such urgent byte");
        return false;
    }
    e->urgent_in_line |= UINT64_C(1) << number;
    e->urgent_passed++;
    e->received++;
    return true;
}

static bool check_byte(transfer_end *e, uint8_t byte)
{
    if ((byte & URGENT_BIT) != 0)
        return check_urgent_byte(e, byte);
    step_over_urgent(e, e->peer->urgent_sent);
    uint8_t wanted = pattern(e->peer, e->received);
    bool urgent = is_urgent(e->peer, e->received, e->urgent_passed);
    if (byte != wanted || urgent) {
        char text[32];
        snprintf(text, sizeof text, "0x%02x", wanted);
        complain_about_byte(e, byte, urgent ? "an urgent byte" : text);
        return false;
    }
    e->received++;
    return true;
}

static bool is_lied_to(const transfer_end *e) { return e->lies != NULL && *e->lies > 0; }

/* Is it time for a bug of this kind to show, for the only time? */
static bool errs(transfer_end *e, transfer_bug bug)
{
    bool now = e->bug == bug && e->received > BUG_AT && !e->has_erred;
    e->has_erred = e->has_erred || now;
    return now;
}

static void check_bytes(transfer_end *e, const uint8_t *bytes, uint32_t count)
{
    if (is_lied_to(e)) {
        e->received += count;
        return;
    }
    for (uint32_t i = 0; i < count; i++) {
        if (!check_byte(e, bytes[i]))
            return;
    }
    if (e->received > e->peer->sent)
        sim_world_fail(e->world, "more than was sent: %s received %" PRIu32 " bytes of %" PRIu32, e->name,
                       e->received, e->peer->sent);
}

static void fill(const transfer_end *e, uint8_t *bytes, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        bytes[i] = pattern(e, e->sent + i) ^ (e->bug == TRANSFER_WRONG_BYTE && e->sent + i == BUG_AT);
}

/* ---- ending ---- */

bool transfer_is_over(const transfer_end *e) { return e->state >= TRANSFER_DONE; }

static void close_as(transfer_end *e, transfer_state state)
{
    e->state = state;
    cas_timer_stop(&e->send_timer);
    cas_timer_stop(&e->receive_timer);
    CAsyncSocket_Close(socket_of(e));
}

static void fail(transfer_end *e, int error)
{
    e->error = error;
    e->failed_ns = sim_world_now(e->world);
    e->never_opened = e->state == TRANSFER_CONNECTING || e->state == TRANSFER_UNBORN;
    close_as(e, TRANSFER_FAILED);
}

static void leave(transfer_end *e, bool hard)
{
    static const struct linger at_once = {1, 0};
    if (hard)
        CAsyncSocket_SetSockOpt(socket_of(e), SO_LINGER, &at_once, sizeof at_once, SOL_SOCKET);
    close_as(e, TRANSFER_LEFT);
}

static void take_urgent(transfer_end *e);

bool transfer_has_all(const transfer_end *e)
{
    uint64_t every = e->peer->urgent_sent == 64 ? UINT64_MAX : (UINT64_C(1) << e->peer->urgent_sent) - 1;
    bool may_lose = sim_world_profile(e->world)->one_urgent_byte; /* as BSD does */
    return e->received == e->peer->plan.bytes && e->eof &&
           (may_lose || (e->urgent_in_line | e->urgent_by_itself) == every);
}

/* Both streams have ended. */
static void finish(transfer_end *e)
{
    if (!e->plan.inline_urgent) {
        while (e->urgent_by_itself < UINT64_MAX) {
            uint64_t before = e->urgent_by_itself;
            take_urgent(e);
            if (e->urgent_by_itself == before)
                break;
        }
    }
    step_over_urgent(e, e->peer->urgent_sent);
    if (!transfer_has_all(e) && !is_lied_to(e))
        sim_world_fail(e->world,
                       "short stream: %s reads its end after %" PRIu32 " of %" PRIu32
                       " bytes, urgent 0x%" PRIx64 " in line and 0x%" PRIx64 " out of line of %u",
                       e->name, e->received, e->peer->plan.bytes, e->urgent_in_line, e->urgent_by_itself,
                       e->peer->urgent_sent);
    close_as(e, TRANSFER_DONE);
}

/* The next step of closing, if there is one. */
static void progress(transfer_end *e)
{
    if (e->state != TRANSFER_OPEN)
        return;
    if (errs(e, TRANSFER_QUITTER)) {
        fail(e, WSAECONNABORTED);
        return;
    }
    if (e->plan.ending == TRANSFER_ABORT && e->sent + e->received >= e->plan.abort_after) {
        leave(e, true);
        return;
    }
    if (e->sent == e->plan.bytes && e->plan.ending == TRANSFER_CLOSE) {
        leave(e, false);
        return;
    }
    bool patient = e->plan.ending == TRANSFER_PATIENT && !e->eof;
    if (e->sent == e->plan.bytes && !e->shut && !patient && e->call_error == 0) {
        e->shut = true;
        if (!CAsyncSocket_ShutDown(socket_of(e), CAsyncSocket_sends))
            sim_world_fail(e->world, "ShutDown: %s fails with %d", e->name, CAsyncSocket_GetLastError());
    }
    if (e->shut && e->eof && e->saw_close)
        finish(e);
}

/* A call failed: OnClose will say why, unless it was here already. */
static void note_error(transfer_end *e, const char *call, int error)
{
    if (error != WSAECONNRESET && error != WSAECONNABORTED && error != WSAENETRESET)
        sim_world_fail(e->world, "error of a call: %s of %s fails with %d", call, e->name, error);
    e->call_error = error;
    if (e->saw_close)
        fail(e, error);
}

/* ---- sending ---- */

static uint32_t draw_len(transfer_end *e, uint32_t most)
{
    uint32_t bound = most < CHUNK_MAX ? most : (uint32_t)CHUNK_MAX;
    return 1 + (uint32_t)simp_stream_below(&e->dice, bound);
}

static bool is_urgent_next(transfer_end *e)
{
    return e->plan.urgent_every != 0 && e->urgent_sent < TRANSFER_URGENT_MAX &&
           simp_stream_below(&e->dice, e->plan.urgent_every) == 0;
}

static void send_later(transfer_end *e, uint64_t pause_ns)
{
    e->send_waits = true;
    cas_timer_start(&e->send_timer, pause_ns);
}

/* One call; false: no more for now. */
static bool send_some(transfer_end *e)
{
    uint8_t bytes[CHUNK_MAX];
    uint32_t left = e->plan.bytes - e->sent, len = draw_len(e, e->plan.send_max);
    bool urgent = is_urgent_next(e);
    len = urgent ? 1 : len < left ? len : left;
    fill(e, bytes, len);
    if (urgent) {
        bytes[0] = (uint8_t)(URGENT_BIT | e->urgent_sent);
        e->urgent_at[e->urgent_sent++] = e->sent; /* the peer may read it before this returns to here */
    }
    int count = CAsyncSocket_Send(socket_of(e), bytes, (int)len, urgent ? MSG_OOB : 0);
    int error = count < 0 ? CAsyncSocket_GetLastError() : 0;
    if (count < 0 && urgent)
        e->urgent_sent--;
    if (error == WSAEWOULDBLOCK)
        e->sends_owed++;
    else if (error == WSAENOBUFS && e->may_lack_memory)
        send_later(e, RETRY_NS);
    else if (count < 0)
        note_error(e, "Send", error);
    else if (count == 0 || count > (int)len)
        sim_world_fail(e->world, "count of Send: %s gets %d of %u", e->name, count, (unsigned)len);
    else
        e->sent += (uint32_t)count;
    return count > 0;
}

static void pour(transfer_end *e)
{
    if (e->send_waits || e->shut)
        return;
    while (e->state == TRANSFER_OPEN && e->sent < e->plan.bytes && e->call_error == 0) {
        if (!send_some(e))
            break;
        if (e->plan.ending == TRANSFER_ABORT)
            progress(e);
        if (e->plan.send_pause_ns != 0 && e->state == TRANSFER_OPEN) {
            send_later(e, e->plan.send_pause_ns);
            break;
        }
    }
    progress(e);
}

static void on_send_timer(cas_timer *timer, void *context)
{
    transfer_end *e = context;
    (void)timer;
    e->send_waits = false;
    pour(e);
}

/* ---- receiving ---- */

typedef enum taken { TAKEN_BYTES, TAKEN_NOTHING, TAKEN_END, TAKEN_ERROR } taken;

/* One call. */
static taken take(transfer_end *e)
{
    uint8_t bytes[CHUNK_MAX];
    int count = CAsyncSocket_Receive(socket_of(e), bytes, (int)draw_len(e, e->plan.receive_max), 0);
    if (count > 0) {
        check_bytes(e, bytes, (uint32_t)count);
        if (errs(e, TRANSFER_TWICE))
            check_bytes(e, bytes, (uint32_t)count);
        return TAKEN_BYTES;
    }
    if (count == 0) {
        e->eof = true;
        return TAKEN_END;
    }
    int error = CAsyncSocket_GetLastError();
    if (error == WSAEWOULDBLOCK)
        return TAKEN_NOTHING;
    note_error(e, "Receive", error);
    return TAKEN_ERROR;
}

static void take_urgent(transfer_end *e)
{
    uint8_t byte = 0;
    int count = CAsyncSocket_Receive(socket_of(e), &byte, 1, MSG_OOB);
    int error = count < 0 ? CAsyncSocket_GetLastError() : 0;
    if (count < 0 && error != WSAEWOULDBLOCK && error != WSAEINVAL)
        note_error(e, "Receive(MSG_OOB)", error);
    if (count <= 0)
        return;
    unsigned number = byte & (URGENT_BIT - 1);
    uint64_t bit = UINT64_C(1) << (number & 63);
    if ((byte & URGENT_BIT) == 0 || number >= e->peer->urgent_sent)
        sim_world_fail(e->world, "wrong urgent byte: %s receives 0x%02x, of %u", e->name, byte,
                       e->peer->urgent_sent);
    else if (((e->urgent_by_itself | e->urgent_in_line) & bit) != 0)
        sim_world_fail(e->world, "urgent byte twice: %s receives number %u again", e->name, number);
    e->urgent_by_itself |= bit;
}

static bool is_deaf(const transfer_end *e) { return e->bug == TRANSFER_DEAF && e->received > BUG_AT; }

static void receive_later(transfer_end *e)
{
    if (e->receive_waits) {
        e->spare++; /* the receive to come answers both */
        return;
    }
    e->receive_waits = true;
    cas_timer_start(&e->receive_timer, e->plan.receive_pause_ns);
}

/* After OnClose nothing announces the end of the stream, so it is looked for. */
static void read_on(transfer_end *e)
{
    taken result = TAKEN_BYTES;
    if (e->eof || is_deaf(e))
        return;
    if (e->plan.receive_pause_ns != 0) {
        receive_later(e);
        return;
    }
    while (result == TAKEN_BYTES && e->state == TRANSFER_OPEN) {
        result = take(e);
        e->spare++;
    }
}

static void take_once(transfer_end *e)
{
    taken result = take(e);
    if (result == TAKEN_NOTHING && e->spare == 0 && !e->lenient)
        sim_world_fail(e->world, "OnReceive without data: %s has received %" PRIu32 " bytes", e->name,
                       e->received);
    if (result == TAKEN_NOTHING && e->spare > 0)
        e->spare--;
    if (e->state == TRANSFER_OPEN && e->saw_close && result != TAKEN_END)
        read_on(e);
    progress(e);
}

static void on_receive_timer(cas_timer *timer, void *context)
{
    transfer_end *e = context;
    (void)timer;
    e->receive_waits = false;
    if (!is_deaf(e))
        take_once(e);
}

/* ---- notifications ---- */

static void on_connect(transfer_end *e, int error)
{
    if (error != 0) {
        fail(e, error);
        return;
    }
    e->state = TRANSFER_OPEN;
    pour(e);
}

static void on_close(transfer_end *e, int error)
{
    e->saw_close = true;
    if (error != 0) {
        fail(e, error);
        return;
    }
    read_on(e);
    progress(e);
}

static void on_receive(transfer_end *e)
{
    if (is_deaf(e))
        return;
    if (e->plan.receive_pause_ns == 0)
        take_once(e);
    else
        receive_later(e);
}

static bool is_close_error(const transfer_end *e, int error)
{
    int reset = sim_world_profile(e->world)->close_reports_reset ? WSAECONNRESET : WSAECONNABORTED;
    return error == 0 || error == WSAECONNABORTED || error == reset ||
           (error == WSAENETRESET && e->plan.keepalive);
}

/* What is wrong with a notification that comes now; NULL: nothing. */
static const char *objection(const transfer_end *e, long event, int error)
{
    if (transfer_is_over(e))
        return "after the end";
    if (event == FD_CONNECT)
        return e->state == TRANSFER_CONNECTING ? NULL : "without an attempt";
    if (e->state != TRANSFER_OPEN)
        return "before OnConnect";
    switch (event) {
    case FD_CLOSE:
        if (e->saw_close)
            return "twice";
        return is_close_error(e, error) ? NULL : "with an error that it cannot have";
    case FD_WRITE: return e->sends_owed == 0 ? "that is not owed" : error != 0 ? "with an error" : NULL;
    case FD_OOB:
        if (e->plan.inline_urgent || e->peer->urgent_sent == 0)
            return "without an urgent byte";
        return error != 0 ? "with an error" : NULL;
    case FD_READ: return error != 0 ? "with an error" : NULL;
    default: return "on a socket that does not listen";
    }
}

static void on_event(CAsyncSocket *self, long event, int error)
{
    static const char *const names[] = {"OnReceive", "OnSend",    "OnOutOfBandData",
                                        "OnAccept",  "OnConnect", "OnClose"};
    transfer_end *e = ((transfer_socket *)self)->end;
    const char *wrong = objection(e, event, error);
    e->notified[event_number(event)]++;
    if (wrong != NULL) {
        sim_world_fail(e->world, "order of events: %s gets %s(%d) %s, %s", e->name,
                       names[event_number(event)], error, wrong, transfer_state_name(e->state));
        return;
    }
    switch (event) {
    case FD_CONNECT: on_connect(e, error); break;
    case FD_READ: on_receive(e); break;
    case FD_OOB: take_urgent(e); break;
    case FD_CLOSE: on_close(e, error); break;
    default:
        e->sends_owed--;
        pour(e);
        break;
    }
}

/* ---- making and ending ---- */

void transfer_socket_init(transfer_socket *socket)
{
    static const event_vtbl vtbl = EVENT_VTBL(on_event);
    CAsyncSocket_Construct(&socket->base, &vtbl.callbacks);
    socket->end = NULL;
}

void transfer_init(transfer_end *e, sim_world *world, const char *name, const transfer_plan *plan,
                   transfer_end *peer, uint64_t seed)
{
    memset(e, 0, sizeof *e);
    e->name = name;
    e->world = world;
    e->plan = *plan;
    e->peer = peer;
    simp_stream_init(&e->dice, seed, name, "chunks");
    e->salt = simp_stream_next(&e->dice);
    e->send_timer = (cas_timer){.on_timer = on_send_timer, .context = e};
    e->receive_timer = (cas_timer){.on_timer = on_receive_timer, .context = e};
}

static void adopt(transfer_end *e, transfer_socket *socket)
{
    e->socket = socket;
    socket->end = e;
    e->sends_owed = 1; /* OnSend follows OnConnect, or Accept */
}

static void set_int(CAsyncSocket *socket, int level, int option, int value)
{
    if (value != 0)
        CAsyncSocket_SetSockOpt(socket, option, &value, sizeof value, level);
}

void transfer_set_options(CAsyncSocket *socket, const transfer_plan *plan)
{
    set_int(socket, SOL_SOCKET, SO_SNDBUF, plan->send_buffer);
    set_int(socket, SOL_SOCKET, SO_RCVBUF, plan->receive_buffer);
    set_int(socket, SOL_SOCKET, SO_KEEPALIVE, plan->keepalive);
    set_int(socket, SOL_SOCKET, SO_OOBINLINE, plan->inline_urgent);
    set_int(socket, IPPROTO_TCP, TCP_NODELAY, plan->nodelay);
}

void transfer_connect(transfer_end *e, transfer_socket *socket, int family, const char *address, UINT port)
{
    adopt(e, socket);
    if (!CAsyncSocket_Socket(socket_of(e), SOCK_STREAM, CASYNCSOCKET_DEFAULT_EVENTS, 0, family)) {
        fail(e, CAsyncSocket_GetLastError());
        return;
    }
    transfer_set_options(socket_of(e), &e->plan);
    e->state = TRANSFER_CONNECTING;
    if (!CAsyncSocket_Connect(socket_of(e), address, port) && CAsyncSocket_GetLastError() != WSAEWOULDBLOCK)
        fail(e, CAsyncSocket_GetLastError());
}

void transfer_accepted(transfer_end *e, transfer_socket *socket)
{
    adopt(e, socket);
    set_int(socket_of(e), SOL_SOCKET, SO_KEEPALIVE, e->plan.keepalive);
    set_int(socket_of(e), IPPROTO_TCP, TCP_NODELAY, e->plan.nodelay);
    e->state = TRANSFER_OPEN;
}

void transfer_crash(transfer_end *e)
{
    if (e->state != TRANSFER_CONNECTING && e->state != TRANSFER_OPEN)
        return;
    e->state = TRANSFER_CRASHED;
    cas_timer_stop(&e->send_timer);
    cas_timer_stop(&e->receive_timer);
}

void transfer_fini(transfer_end *e)
{
    cas_timer_stop(&e->send_timer);
    cas_timer_stop(&e->receive_timer);
    if (e->socket != NULL)
        CAsyncSocket_Destruct(socket_of(e));
}

const char *transfer_state_name(transfer_state state)
{
    static const char *const names[] = {"unborn", "connecting", "open", "done", "failed", "left", "crashed"};
    return names[state];
}
