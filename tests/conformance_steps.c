/* SPDX-License-Identifier: MIT
 *
 * The verbs of the scenario language: a table of names, arguments and functions.
 *
 *  1. A verb makes one call of the API (pair, abort and drain: a fixed handful) and returns how it ended.
 *  2. Bytes sent without a text follow a pattern that depends only on how many were sent before; what is
 * received is compared with the same pattern, so lost, doubled or reordered bytes are found.
 */
#include <string.h>

#include "castanet/error.h"
#include "tests/conformance_model.h"

enum { PATTERN_PERIOD = 251, DRAIN_ROUNDS_MAX = 500 };

/* ---- outcomes ---- */

static scenario_outcome done(long value) { return (scenario_outcome){.value = value}; }
static scenario_outcome failure(void)
{
    return (scenario_outcome){.failed = true, .error = CAsyncSocket_GetLastError()};
}
static scenario_outcome of_bool(BOOL ok) { return ok ? done(1) : failure(); }
static scenario_outcome of_count(int count) { return count == SOCKET_ERROR ? failure() : done(count); }

static scenario_outcome of_check(scenario_run *run, const scenario_step *step, bool ok, const char *what)
{
    if (!ok)
        scenario_fail(run, step, "%s", what);
    return done(ok);
}

/* ---- life ---- */

static void remember_port(scenario_run *run, int socket)
{
    char address[64];
    UINT port;
    if (CAsyncSocket_GetSockName(scenario_socket_of(run, socket), address, sizeof address, &port))
        run->ports[socket] = port;
}

static void forget_pattern(scenario_run *run, int socket)
{
    run->sent[socket] = 0;
    run->received[socket] = 0;
}

static scenario_outcome act_socket(scenario_run *run, const scenario_step *step, int socket)
{
    forget_pattern(run, socket);
    return of_bool(CAsyncSocket_Socket(scenario_socket_of(run, socket), (int)step->number, 0, 0, AF_INET));
}

static scenario_outcome act_create(scenario_run *run, const scenario_step *step, int socket)
{
    CAsyncSocket *object = scenario_socket_of(run, socket);
    forget_pattern(run, socket);
    scenario_outcome outcome = of_bool(CAsyncSocket_Create(object, 0, (int)step->number, step->mask, NULL));
    remember_port(run, socket);
    return outcome;
}

static scenario_outcome act_bind(scenario_run *run, const scenario_step *step, int socket)
{
    (void)step;
    scenario_outcome outcome = of_bool(CAsyncSocket_Bind(scenario_socket_of(run, socket), 0, NULL));
    remember_port(run, socket);
    return outcome;
}

static scenario_outcome act_listen(scenario_run *run, const scenario_step *step, int socket)
{
    return of_bool(CAsyncSocket_Listen(scenario_socket_of(run, socket), (int)step->number));
}

static scenario_outcome act_select(scenario_run *run, const scenario_step *step, int socket)
{
    return of_bool(CAsyncSocket_AsyncSelect(scenario_socket_of(run, socket), step->mask));
}

static const char *address_of(const scenario_run *run, int socket)
{
    return arena_address(run->arena, run->scenario->threads[socket]);
}

static scenario_outcome act_connect(scenario_run *run, const scenario_step *step, int socket)
{
    UINT port = run->ports[step->other];
    CAsyncSocket *object = scenario_socket_of(run, socket);
    scenario_outcome outcome = of_bool(CAsyncSocket_Connect(object, address_of(run, step->other), port));
    remember_port(run, socket); /* connecting binds */
    return outcome;
}

static scenario_outcome act_accept(scenario_run *run, const scenario_step *step, int socket)
{
    forget_pattern(run, step->other);
    CAsyncSocket *target = scenario_socket_of(run, step->other);
    return of_bool(CAsyncSocket_Accept(scenario_socket_of(run, socket), target, NULL, NULL));
}

static scenario_outcome act_close(scenario_run *run, const scenario_step *step, int socket)
{
    (void)step;
    run->closed[socket] = scenario_socket_of(run, socket)->m_hSocket;
    CAsyncSocket_Close(scenario_socket_of(run, socket));
    return done(1);
}

static scenario_outcome set_linger(scenario_run *run, int socket, bool on, long seconds)
{
    struct linger value = {.l_onoff = on, .l_linger = (int)seconds};
    return of_bool(CAsyncSocket_SetSockOpt(scenario_socket_of(run, socket), SO_LINGER, &value, sizeof value,
                                           SOL_SOCKET));
}

static scenario_outcome act_linger(scenario_run *run, const scenario_step *step, int socket)
{
    return set_linger(run, socket, true, step->number);
}

static scenario_outcome act_abort(scenario_run *run, const scenario_step *step, int socket)
{
    scenario_outcome outcome = set_linger(run, socket, true, 0);
    return outcome.failed ? outcome : act_close(run, step, socket);
}

/* Destructs and frees the object, as "delete this" does; the name may be used anew. */
static scenario_outcome act_delete(scenario_run *run, const scenario_step *step, int socket)
{
    (void)step;
    CAsyncSocket_Destruct(scenario_socket_of(run, socket));
    cas_free(&fixture_memory()->base, run->sockets[socket], sizeof *run->sockets[socket]);
    run->sockets[socket] = NULL;
    return done(1);
}

static scenario_outcome act_detach(scenario_run *run, const scenario_step *step, int socket)
{
    (void)step;
    SOCKET handle = CAsyncSocket_Detach(scenario_socket_of(run, socket));
    run->detached[socket] = handle;
    return of_bool(handle != INVALID_SOCKET);
}

/* The bytes counted so far go with the handle. */
static scenario_outcome act_attach(scenario_run *run, const scenario_step *step, int socket)
{
    CAsyncSocket *object = scenario_socket_of(run, socket);
    run->sent[socket] = run->sent[step->other];
    run->received[socket] = run->received[step->other];
    return of_bool(CAsyncSocket_Attach(object, run->detached[step->other], step->mask));
}

/* pair C S: an established connection, nothing selected. */
static scenario_outcome act_pair(scenario_run *run, const scenario_step *step, int socket)
{
    CAsyncSocket listener;
    char address[64];
    UINT port = 0;
    int client = step->socket, server = step->other;
    (void)socket;
    arena_enter(run->arena, run->scenario->threads[server]);
    CAsyncSocket_Construct(&listener, NULL);
    BOOL ok = CAsyncSocket_Create(&listener, 0, SOCK_STREAM, 0, NULL) && CAsyncSocket_Listen(&listener, 5) &&
              CAsyncSocket_GetSockName(&listener, address, sizeof address, &port);
    arena_enter(run->arena, run->scenario->threads[client]);
    ok = ok && CAsyncSocket_Create(scenario_socket_of(run, client), 0, SOCK_STREAM, 0, NULL);
    if (ok)
        CAsyncSocket_Connect(scenario_socket_of(run, client), address_of(run, server), port);
    arena_settle(run->arena);
    arena_enter(run->arena, run->scenario->threads[server]);
    scenario_outcome outcome = of_bool(
        ok && CAsyncSocket_Accept(&listener, scenario_socket_of(run, server), NULL, NULL));
    CAsyncSocket_Destruct(&listener);
    forget_pattern(run, client);
    forget_pattern(run, server);
    return outcome;
}

/* ---- data ---- */

static void fill_pattern(uint8_t *bytes, size_t count, size_t position)
{
    for (size_t i = 0; i < count; i++)
        bytes[i] = (uint8_t)((position + i) % PATTERN_PERIOD);
}

static const uint8_t *data_of(scenario_run *run, const scenario_step *step, int socket)
{
    if (step->has_text)
        return (const uint8_t *)step->text;
    if (step->number > 0)
        fill_pattern(run->buffer, (size_t)step->number, run->sent[socket]);
    return run->buffer;
}

/* Urgent bytes and texts stand outside the pattern. */
static bool is_pattern(const scenario_step *step)
{
    return !step->has_text && step->wanted != WANTED_TEXT && (step->flags & MSG_OOB) == 0;
}

static scenario_outcome count_sent(scenario_run *run, const scenario_step *step, int socket, int count)
{
    if (count > 0 && is_pattern(step))
        run->sent[socket] += (size_t)count;
    return of_count(count);
}

static scenario_outcome act_send(scenario_run *run, const scenario_step *step, int socket)
{
    const uint8_t *data = data_of(run, step, socket);
    CAsyncSocket *object = scenario_socket_of(run, socket);
    return count_sent(run, step, socket, CAsyncSocket_Send(object, data, (int)step->number, step->flags));
}

static scenario_outcome act_sendto(scenario_run *run, const scenario_step *step, int socket)
{
    const uint8_t *data = data_of(run, step, socket);
    CAsyncSocket *object = scenario_socket_of(run, socket);
    int count = CAsyncSocket_SendTo(object, data, (int)step->number, run->ports[step->other],
                                    address_of(run, step->other), step->flags);
    remember_port(run, socket);
    return count_sent(run, step, socket, count);
}

static void check_pattern(scenario_run *run, const scenario_step *step, int socket, const uint8_t *bytes,
                          size_t count)
{
    size_t position = run->received[socket];
    for (size_t i = 0; i < count; i++)
        if (bytes[i] != (uint8_t)((position + i) % PATTERN_PERIOD)) {
            scenario_fail(run, step, "byte %zu of the stream is %u, expected %u", position + i, bytes[i],
                          (unsigned)((position + i) % PATTERN_PERIOD));
            return;
        }
}

static scenario_outcome take_received(scenario_run *run, const scenario_step *step, int socket, int count)
{
    scenario_outcome outcome = of_count(count);
    outcome.bytes = run->buffer;
    if (count > 0 && is_pattern(step)) {
        check_pattern(run, step, socket, run->buffer, (size_t)count);
        run->received[socket] += (step->flags & MSG_PEEK) != 0 ? 0 : (size_t)count;
    }
    return outcome;
}

static scenario_outcome act_recv(scenario_run *run, const scenario_step *step, int socket)
{
    CAsyncSocket *object = scenario_socket_of(run, socket);
    int count = CAsyncSocket_Receive(object, run->buffer, (int)step->number, step->flags);
    return take_received(run, step, socket, count);
}

static scenario_outcome act_recvfrom(scenario_run *run, const scenario_step *step, int socket)
{
    char address[64] = "untouched";
    UINT port = 0;
    CAsyncSocket *object = scenario_socket_of(run, socket);
    int count = CAsyncSocket_ReceiveFrom(object, run->buffer, (int)step->number, address, sizeof address,
                                         &port, step->flags);
    scenario_outcome outcome = take_received(run, step, socket, count);
    if (count == SOCKET_ERROR)
        of_check(run, step, strcmp(address, "untouched") == 0 && port == 0,
                 "a failed ReceiveFrom wrote the address");
    else if (step->other != SCENARIO_NONE)
        of_check(run, step,
                 strcmp(address, address_of(run, step->other)) == 0 && port == run->ports[step->other],
                 "the datagram came from another address");
    return outcome;
}

/* Reads all that arrives until a whole settling brings nothing. */
static scenario_outcome act_drain(scenario_run *run, const scenario_step *step, int socket)
{
    CAsyncSocket *object = scenario_socket_of(run, socket);
    int quiet = 0;
    for (int round = 0; quiet < 2 && round < DRAIN_ROUNDS_MAX; round++) {
        int count, got = 0;
        arena_enter(run->arena, run->scenario->threads[socket]);
        while ((count = CAsyncSocket_Receive(object, run->buffer, (int)SCENARIO_BUFFER_BYTES, 0)) > 0) {
            take_received(run, step, socket, count);
            got = 1;
        }
        quiet = got ? 0 : quiet + 1;
        arena_settle(run->arena);
    }
    return done(1);
}

/* ---- the rest ---- */

static scenario_outcome act_shutdown(scenario_run *run, const scenario_step *step, int socket)
{
    return of_bool(CAsyncSocket_ShutDown(scenario_socket_of(run, socket), (int)step->number));
}

static scenario_outcome act_setopt(scenario_run *run, const scenario_step *step, int socket)
{
    int option = 0, level = 0, value = (int)step->number;
    scenario_option_find(step->text, &option, &level);
    return of_bool(
        CAsyncSocket_SetSockOpt(scenario_socket_of(run, socket), option, &value, sizeof value, level));
}

static scenario_outcome act_getopt(scenario_run *run, const scenario_step *step, int socket)
{
    int option = 0, level = 0, value = 0, len = sizeof value;
    scenario_option_find(step->text, &option, &level);
    BOOL ok = CAsyncSocket_GetSockOpt(scenario_socket_of(run, socket), option, &value, &len, level);
    return ok ? done(value) : failure();
}

static scenario_outcome query(scenario_run *run, int socket, long command)
{
    DWORD value = 0;
    return CAsyncSocket_IOCtl(scenario_socket_of(run, socket), command, &value) ? done((long)value)
                                                                                : failure();
}

static scenario_outcome act_available(scenario_run *run, const scenario_step *step, int socket)
{
    (void)step;
    return query(run, socket, FIONREAD);
}

static scenario_outcome act_atmark(scenario_run *run, const scenario_step *step, int socket)
{
    (void)step;
    return query(run, socket, SIOCATMARK);
}

/* S peername C: the peer of S is where C is. */
static scenario_outcome act_peername(scenario_run *run, const scenario_step *step, int socket)
{
    char peer[64] = "";
    UINT port = 0;
    if (!CAsyncSocket_GetPeerName(scenario_socket_of(run, socket), peer, sizeof peer, &port))
        return failure();
    return of_check(run, step,
                    strcmp(peer, address_of(run, step->other)) == 0 && port == run->ports[step->other],
                    "the name of the peer is another one");
}

static scenario_outcome act_sockname(scenario_run *run, const scenario_step *step, int socket)
{
    char address[64];
    UINT port = 0;
    (void)step;
    BOOL ok = CAsyncSocket_GetSockName(scenario_socket_of(run, socket), address, sizeof address, &port);
    remember_port(run, socket);
    return of_bool(ok);
}

static scenario_outcome act_empty(scenario_run *run, const scenario_step *step, int socket)
{
    CAsyncSocket *object = scenario_socket_of(run, socket);
    return of_check(run, step, object->m_hSocket == INVALID_SOCKET, "the object has a handle");
}

/* The object is the one that its handle leads to, on this thread. */
static scenario_outcome act_owns(scenario_run *run, const scenario_step *step, int socket)
{
    CAsyncSocket *object = scenario_socket_of(run, socket);
    bool ok = object->m_hSocket != INVALID_SOCKET && CAsyncSocket_FromHandle(object->m_hSocket) == object;
    return of_check(run, step, ok, "FromHandle does not lead to the object");
}

/* The object has the handle that it had before it was closed. */
static scenario_outcome act_reused(scenario_run *run, const scenario_step *step, int socket)
{
    bool same = scenario_socket_of(run, socket)->m_hSocket == run->closed[socket];
    return of_check(run, step, same, "the object has another handle than before");
}

/* How many bytes of the pattern came so far. */
static scenario_outcome act_received(scenario_run *run, const scenario_step *step, int socket)
{
    (void)step;
    return done((long)run->received[socket]);
}

static scenario_outcome act_settle(scenario_run *run, const scenario_step *step, int socket)
{
    (void)step;
    (void)socket;
    arena_settle(run->arena);
    return done(1);
}

/* Inside a callback: the nested pump of a message box. */
static scenario_outcome act_pump(scenario_run *run, const scenario_step *step, int socket)
{
    (void)run;
    (void)step;
    (void)socket;
    return of_count(cas_pump_run(0));
}

/* row, differs, expect and on are run by scenario_execute itself. */
static const scenario_verb verbs[] = {
    {"row", "@wq", USUAL_NOTHING, NULL},
    {"differs", "@t", USUAL_NOTHING, NULL},
    {"expect", "@e", USUAL_NOTHING, NULL},
    {"on", "@", USUAL_NOTHING, NULL},
    {"pair", "@12", USUAL_OK, act_pair},
    {"settle", "@", USUAL_OK, act_settle},
    {"pump", "@", USUAL_NOTHING, act_pump},
    {"socket", "p", USUAL_OK, act_socket},
    {"create", "pM", USUAL_OK, act_create},
    {"bind", "", USUAL_OK, act_bind},
    {"listen", "n", USUAL_OK, act_listen},
    {"select", "m", USUAL_OK, act_select},
    {"connect", "2", USUAL_CONNECT, act_connect},
    {"accept", "2", USUAL_OK, act_accept},
    {"close", "", USUAL_OK, act_close},
    {"abort", "", USUAL_OK, act_abort},
    {"linger", "n", USUAL_OK, act_linger},
    {"delete", "", USUAL_OK, act_delete},
    {"detach", "", USUAL_OK, act_detach},
    {"attach", "2M", USUAL_OK, act_attach},
    {"send", "df", USUAL_COUNT, act_send},
    {"sendto", "2df", USUAL_COUNT, act_sendto},
    {"recv", "nf", USUAL_COUNT, act_recv},
    {"recvfrom", "nfF", USUAL_COUNT, act_recvfrom},
    {"drain", "", USUAL_OK, act_drain},
    {"received", "", USUAL_OK, act_received},
    {"shutdown", "h", USUAL_OK, act_shutdown},
    {"setopt", "on", USUAL_OK, act_setopt},
    {"getopt", "o", USUAL_OK, act_getopt},
    {"available", "", USUAL_OK, act_available},
    {"atmark", "", USUAL_OK, act_atmark},
    {"peername", "2", USUAL_OK, act_peername},
    {"sockname", "", USUAL_OK, act_sockname},
    {"empty", "", USUAL_OK, act_empty},
    {"owns", "", USUAL_OK, act_owns},
    {"reused", "", USUAL_OK, act_reused},
};

const scenario_verb *scenario_verb_find(const char *name)
{
    for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++)
        if (strcmp(verbs[i].name, name) == 0)
            return &verbs[i];
    return NULL;
}

bool scenario_option_find(const char *name, int *option, int *level)
{
    static const struct {
        const char *name;
        int option, level;
    } options[] = {{"OOBINLINE", SO_OOBINLINE, SOL_SOCKET}, {"ERROR", SO_ERROR, SOL_SOCKET},
                   {"SNDBUF", SO_SNDBUF, SOL_SOCKET},       {"RCVBUF", SO_RCVBUF, SOL_SOCKET},
                   {"KEEPALIVE", SO_KEEPALIVE, SOL_SOCKET}, {"BROADCAST", SO_BROADCAST, SOL_SOCKET},
                   {"REUSEADDR", SO_REUSEADDR, SOL_SOCKET}, {"NODELAY", TCP_NODELAY, IPPROTO_TCP}};
    for (size_t i = 0; i < sizeof options / sizeof options[0]; i++)
        if (strcmp(options[i].name, name) == 0)
            return *option = options[i].option, *level = options[i].level, true;
    return false;
}
