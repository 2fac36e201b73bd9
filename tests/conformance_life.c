/* SPDX-License-Identifier: MIT
 *
 * The verbs of a socket's life: made, bound, connected, accepted, handed over, closed.
 *
 * A verb makes one call of the API (pair and abort: a fixed handful) and returns how it ended.
 */
#include <string.h>

#include "tests/conformance_steps.h"

/* ---- made ---- */

static scenario_outcome act_socket(scenario_run *run, const scenario_step *step, int socket)
{
    scenario_forget_pattern(run, socket);
    return scenario_of_bool(
        CAsyncSocket_Socket(scenario_socket_of(run, socket), step->type, 0, step->protocol, step->family));
}

/* The address that the step names; NULL, the wildcard, if it names none. */
static const char *address_or_null(const scenario_run *run, const scenario_step *step, int socket,
                                   char text[64])
{
    return step->address[0] == '\0' ? NULL : scenario_address(run, step, socket, text);
}

static scenario_outcome act_create(scenario_run *run, const scenario_step *step, int socket)
{
    char text[64];
    CAsyncSocket *object = scenario_socket_of(run, socket);
    scenario_forget_pattern(run, socket);
    scenario_outcome outcome = scenario_of_bool(
        CAsyncSocket_Create(object, scenario_port(run, step), (int)step->number, step->mask,
                            address_or_null(run, step, socket, text)));
    scenario_remember_port(run, socket);
    return outcome;
}

static scenario_outcome act_bind(scenario_run *run, const scenario_step *step, int socket)
{
    char text[64];
    const char *address = address_or_null(run, step, socket, text);
    scenario_outcome outcome = scenario_of_bool(
        CAsyncSocket_Bind(scenario_socket_of(run, socket), scenario_port(run, step), address));
    scenario_remember_port(run, socket);
    return outcome;
}

/* What a step makes of the raw forms: null, a length, a family. */
static const SOCKADDR *raw_address(const scenario_run *run, const scenario_step *step, int socket,
                                   SOCKADDR_STORAGE *name, int *len)
{
    int right = scenario_sockaddr(run, step, socket, name);
    *len = (step->extras & SCENARIO_LEN) != 0 ? (int)step->len : right;
    return (step->extras & SCENARIO_NULL) != 0 ? NULL : (const SOCKADDR *)name;
}

typedef BOOL (*raw_call)(CAsyncSocket *, const SOCKADDR *, int);

static scenario_outcome call_raw(scenario_run *run, const scenario_step *step, int socket, raw_call call)
{
    SOCKADDR_STORAGE name;
    int len;
    const SOCKADDR *address = raw_address(run, step, socket, &name, &len);
    scenario_outcome outcome = scenario_of_bool(call(scenario_socket_of(run, socket), address, len));
    scenario_remember_port(run, socket);
    return outcome;
}

static scenario_outcome act_bindaddr(scenario_run *run, const scenario_step *step, int socket)
{
    return call_raw(run, step, socket, CAsyncSocket_BindAddr);
}

static scenario_outcome act_listen(scenario_run *run, const scenario_step *step, int socket)
{
    return scenario_of_bool(CAsyncSocket_Listen(scenario_socket_of(run, socket), (int)step->number));
}

static scenario_outcome act_select(scenario_run *run, const scenario_step *step, int socket)
{
    return scenario_of_bool(CAsyncSocket_AsyncSelect(scenario_socket_of(run, socket), step->mask));
}

/* ---- connected and accepted ---- */

static scenario_outcome act_connect(scenario_run *run, const scenario_step *step, int socket)
{
    char text[64];
    const char *address = scenario_address(run, step, socket, text);
    CAsyncSocket *object = scenario_socket_of(run, socket);
    scenario_outcome outcome = scenario_of_bool(
        CAsyncSocket_Connect(object, address, scenario_port(run, step)));
    scenario_remember_port(run, socket); /* connecting binds */
    return outcome;
}

static scenario_outcome act_connectaddr(scenario_run *run, const scenario_step *step, int socket)
{
    return call_raw(run, step, socket, CAsyncSocket_ConnectAddr);
}

/* "address": with a buffer for the peer's name, which must hold it afterwards, or be as it was. */
static scenario_outcome act_accept(scenario_run *run, const scenario_step *step, int socket)
{
    SOCKADDR_STORAGE name, before;
    memset(&before, 0xA5, sizeof before);
    name = before;
    bool wanted = (step->extras & SCENARIO_ADDRESS) != 0, has_len = (step->extras & SCENARIO_NO_LEN) == 0;
    int given = (step->extras & SCENARIO_LEN) != 0 ? (int)step->len : (int)sizeof name, len = given;
    if (run->scenario->threads[step->other] != run->scenario->threads[socket])
        scenario_fail(run, step, "the target lives on another thread than the listener; place it there");
    if (run->failed)
        return scenario_of_bool(FALSE);
    scenario_forget_pattern(run, step->other);
    CAsyncSocket *target = scenario_socket_of(run, step->other);
    BOOL ok = CAsyncSocket_Accept(scenario_socket_of(run, socket), target, wanted ? (SOCKADDR *)&name : NULL,
                                  wanted && has_len ? &len : NULL);
    scenario_outcome outcome = scenario_of_bool(ok);
    if (ok && wanted && has_len)
        scenario_of_check(run, step, name.ss_family == AF_INET && len == (int)sizeof(SOCKADDR_IN),
                          "the name of the peer was not given");
    else
        scenario_of_check(run, step, memcmp(&name, &before, sizeof name) == 0 && len == given,
                          "the buffer or its length has changed");
    return outcome;
}

/* ---- closed and handed over ---- */

static scenario_outcome act_close(scenario_run *run, const scenario_step *step, int socket)
{
    (void)step;
    run->closed[socket] = run->detached[socket] = scenario_socket_of(run, socket)->m_hSocket;
    CAsyncSocket_Close(scenario_socket_of(run, socket));
    return scenario_done(1);
}

static scenario_outcome act_shutdown(scenario_run *run, const scenario_step *step, int socket)
{
    return scenario_of_bool(CAsyncSocket_ShutDown(scenario_socket_of(run, socket), (int)step->number));
}

static scenario_outcome set_linger(scenario_run *run, int socket, bool on, long seconds)
{
    struct linger value = {.l_onoff = on, .l_linger = (int)seconds};
    return scenario_of_bool(CAsyncSocket_SetSockOpt(scenario_socket_of(run, socket), SO_LINGER, &value,
                                                    sizeof value, SOL_SOCKET));
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
    return scenario_done(1);
}

static scenario_outcome act_detach(scenario_run *run, const scenario_step *step, int socket)
{
    (void)step;
    SOCKET handle = CAsyncSocket_Detach(scenario_socket_of(run, socket));
    run->detached[socket] = handle;
    return scenario_of_bool(handle != INVALID_SOCKET);
}

/* The handle that the other one detached or closed, or else has.  The bytes counted so far go with it. */
static scenario_outcome act_attach(scenario_run *run, const scenario_step *step, int socket)
{
    CAsyncSocket *object = scenario_socket_of(run, socket);
    SOCKET handle = run->detached[step->other];
    if (handle == INVALID_SOCKET)
        handle = scenario_socket_of(run, step->other)->m_hSocket;
    run->sent[socket] = run->sent[step->other];
    run->received[socket] = run->received[step->other];
    return scenario_of_bool(CAsyncSocket_Attach(object, handle, step->mask));
}

/* ---- an established connection ---- */

static bool open_listener(scenario_run *run, int server, CAsyncSocket *listener, UINT *port)
{
    char address[64];
    arena_enter(run->arena, run->scenario->threads[server]);
    CAsyncSocket_Construct(listener, NULL);
    return CAsyncSocket_Create(listener, 0, SOCK_STREAM, 0, NULL) && CAsyncSocket_Listen(listener, 5) &&
           CAsyncSocket_GetSockName(listener, address, sizeof address, port);
}

static bool connect_client(scenario_run *run, int client, int server, UINT port)
{
    CAsyncSocket *object = scenario_socket_of(run, client);
    const char *address = arena_address(run->arena, run->scenario->threads[server]);
    arena_enter(run->arena, run->scenario->threads[client]);
    return CAsyncSocket_Create(object, 0, SOCK_STREAM, 0, NULL) &&
           (CAsyncSocket_Connect(object, address, port) || CAsyncSocket_GetLastError() == WSAEWOULDBLOCK);
}

/* pair C S: nothing is selected. */
static scenario_outcome act_pair(scenario_run *run, const scenario_step *step, int socket)
{
    CAsyncSocket listener;
    UINT port = 0;
    int client = step->socket, server = step->other;
    (void)socket;
    bool ok = open_listener(run, server, &listener, &port) && connect_client(run, client, server, port);
    scenario_outcome outcome = scenario_of_bool(ok);
    arena_settle(run->arena);
    arena_enter(run->arena, run->scenario->threads[server]);
    if (ok)
        outcome = scenario_of_bool(
            CAsyncSocket_Accept(&listener, scenario_socket_of(run, server), NULL, NULL));
    CAsyncSocket_Destruct(&listener);
    scenario_forget_pattern(run, client);
    scenario_forget_pattern(run, server);
    return outcome;
}

const scenario_verb scenario_verbs_life[] = {
    {"pair", "@12", USUAL_OK, act_pair},
    {"socket", "k", USUAL_OK, act_socket},
    {"create", "pMa", USUAL_OK, act_create},
    {"bind", "a", USUAL_OK, act_bind},
    {"bindaddr", "ax", USUAL_OK, act_bindaddr},
    {"listen", "n", USUAL_OK, act_listen},
    {"select", "m", USUAL_OK, act_select},
    {"connect", "b", USUAL_CONNECT, act_connect},
    {"connectaddr", "ax", USUAL_CONNECT, act_connectaddr},
    {"accept", "2x", USUAL_OK, act_accept},
    {"shutdown", "h", USUAL_OK, act_shutdown},
    {"close", "", USUAL_OK, act_close},
    {"abort", "", USUAL_OK, act_abort},
    {"linger", "n", USUAL_OK, act_linger},
    {"delete", "", USUAL_OK, act_delete},
    {"detach", "", USUAL_OK, act_detach},
    {"attach", "2M", USUAL_OK, act_attach},
    {NULL, NULL, USUAL_NOTHING, NULL},
};
