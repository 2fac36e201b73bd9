/* SPDX-License-Identifier: MIT
 *
 * Every documented error of every function, provoked: by arguments and by the state of the socket where the
 * arena can, else by a rule of the fault wrapper.  The return value, the last error, the outputs.
 *
 * The rows stand in four tables: bad_calls (arguments), every_call (objects without a socket and calls
 * without a thread, in socket_misuse), and states and faults below.  The last two
 * tests compare them with the list of what is documented.
 */
#include <stdlib.h>
#include <string.h>

#include "castanet/error.h"
#include "tests/bad_calls.h"
#include "tests/every_call.h"
#include "tests/expect.h"
#include "tests/test_list.h"

/* ---- what is documented ---- */

enum { CODES_MAX = 28 };

/* The class's pages, and what the functions below them add; the overloads of a name are one function.  Close
 * has no result. */
static const struct {
    const char *function;
    int codes[CODES_MAX]; /* ends with 0 */
} documented[] = {
    {"Create",
     {WSANOTINITIALISED, WSAENETDOWN, WSAEAFNOSUPPORT, WSAEINPROGRESS, WSAEMFILE, WSAENOBUFS,
      WSAEPROTONOSUPPORT, WSAEPROTOTYPE, WSAESOCKTNOSUPPORT, WSAEADDRNOTAVAIL, WSAEINVAL}},
    {"Socket",
     {WSANOTINITIALISED, WSAENETDOWN, WSAEAFNOSUPPORT, WSAEINPROGRESS, WSAEMFILE, WSAENOBUFS,
      WSAEPROTONOSUPPORT, WSAEPROTOTYPE, WSAESOCKTNOSUPPORT, WSAEINVAL}},
    {"Attach", {WSANOTINITIALISED, WSAENETDOWN, WSAEINPROGRESS, WSAENOTSOCK, WSA_INVALID_HANDLE, WSAEINVAL}},
    {"Detach", {WSANOTINITIALISED, WSAENETDOWN, WSAEINPROGRESS, WSAENOTSOCK}},
    {"Bind",
     {WSANOTINITIALISED, WSAENETDOWN, WSAEADDRINUSE, WSAEFAULT, WSAEINPROGRESS, WSAEAFNOSUPPORT, WSAEINVAL,
      WSAENOBUFS, WSAENOTSOCK, WSAEADDRNOTAVAIL, WSAEACCES}},
    {"Connect",
     {WSANOTINITIALISED, WSAENETDOWN,     WSAEADDRINUSE, WSAEINPROGRESS, WSAEADDRNOTAVAIL, WSAEAFNOSUPPORT,
      WSAECONNREFUSED,   WSAEDESTADDRREQ, WSAEFAULT,     WSAEINVAL,      WSAEISCONN,       WSAEMFILE,
      WSAENETUNREACH,    WSAENOBUFS,      WSAENOTSOCK,   WSAETIMEDOUT,   WSAEWOULDBLOCK,   WSAEALREADY,
      WSAEHOSTUNREACH,   WSAEACCES,       WSAEINTR}},
    {"Listen",
     {WSANOTINITIALISED, WSAENETDOWN, WSAEADDRINUSE, WSAEINPROGRESS, WSAEINVAL, WSAEISCONN, WSAEMFILE,
      WSAENOBUFS, WSAENOTSOCK, WSAEOPNOTSUPP}},
    {"Accept",
     {WSANOTINITIALISED, WSAENETDOWN, WSAEFAULT, WSAEINPROGRESS, WSAEINVAL, WSAEMFILE, WSAENOBUFS,
      WSAENOTSOCK, WSAEOPNOTSUPP, WSAEWOULDBLOCK, WSAECONNRESET, WSAEINTR}},
    {"Receive",
     {WSANOTINITIALISED, WSAENETDOWN, WSAENOTCONN, WSAEINPROGRESS, WSAENOTSOCK, WSAEOPNOTSUPP, WSAESHUTDOWN,
      WSAEWOULDBLOCK, WSAEMSGSIZE, WSAEINVAL, WSAECONNABORTED, WSAECONNRESET, WSAEFAULT, WSAENETRESET,
      WSAETIMEDOUT, WSAEINTR}},
    {"ReceiveFrom",
     {WSANOTINITIALISED, WSAENETDOWN, WSAENOTCONN, WSAEINPROGRESS, WSAENOTSOCK, WSAEOPNOTSUPP, WSAESHUTDOWN,
      WSAEWOULDBLOCK, WSAEMSGSIZE, WSAEINVAL, WSAECONNABORTED, WSAECONNRESET, WSAEFAULT, WSAENETRESET,
      WSAETIMEDOUT, WSAEINTR}},
    {"Send",
     {WSANOTINITIALISED, WSAENETDOWN, WSAEACCES, WSAEINPROGRESS, WSAEFAULT, WSAENETRESET, WSAENOBUFS,
      WSAENOTCONN, WSAENOTSOCK, WSAEOPNOTSUPP, WSAESHUTDOWN, WSAEWOULDBLOCK, WSAEMSGSIZE, WSAEINVAL,
      WSAECONNABORTED, WSAECONNRESET, WSAEHOSTUNREACH, WSAETIMEDOUT, WSAEINTR}},
    {"SendTo",
     {WSANOTINITIALISED, WSAENETDOWN,      WSAEACCES,       WSAEINPROGRESS,  WSAEFAULT,       WSAENETRESET,
      WSAENOBUFS,        WSAENOTCONN,      WSAENOTSOCK,     WSAEOPNOTSUPP,   WSAESHUTDOWN,    WSAEWOULDBLOCK,
      WSAEMSGSIZE,       WSAEINVAL,        WSAECONNABORTED, WSAECONNRESET,   WSAEHOSTUNREACH, WSAETIMEDOUT,
      WSAEINTR,          WSAEADDRNOTAVAIL, WSAEAFNOSUPPORT, WSAEDESTADDRREQ, WSAENETUNREACH}},
    {"ShutDown", {WSANOTINITIALISED, WSAENETDOWN, WSAEINVAL, WSAEINPROGRESS, WSAENOTCONN, WSAENOTSOCK}},
    {"AsyncSelect", {WSANOTINITIALISED, WSAENETDOWN, WSAEINVAL, WSAEINPROGRESS, WSAENOTSOCK}},
    {"GetPeerName", {WSANOTINITIALISED, WSAENETDOWN, WSAEFAULT, WSAEINPROGRESS, WSAENOTCONN, WSAENOTSOCK}},
    {"GetSockName", {WSANOTINITIALISED, WSAENETDOWN, WSAEFAULT, WSAEINPROGRESS, WSAENOTSOCK, WSAEINVAL}},
    {"GetSockOpt", {WSANOTINITIALISED, WSAENETDOWN, WSAEFAULT, WSAEINPROGRESS, WSAENOPROTOOPT, WSAENOTSOCK}},
    {"SetSockOpt",
     {WSANOTINITIALISED, WSAENETDOWN, WSAEFAULT, WSAEINPROGRESS, WSAEINVAL, WSAENETRESET, WSAENOPROTOOPT,
      WSAENOTCONN, WSAENOTSOCK}},
    {"IOCtl", {WSANOTINITIALISED, WSAENETDOWN, WSAEINVAL, WSAEINPROGRESS, WSAENOTSOCK, WSAEFAULT}},
};
enum { FUNCTIONS = sizeof documented / sizeof documented[0] };

/* ---- by the state of the socket ---- */

static uint8_t large[70000];

static UINT port_of(stage *t, recorder *r)
{
    UINT port = 0;
    EXPECT_OK(CAsyncSocket_GetSockName(&r->socket, t->text, sizeof t->text, &port));
    return port;
}

static void reset_by_client(stage *t)
{
    struct linger hard = {.l_onoff = 1, .l_linger = 0};
    arena_enter(t->arena, ARENA_A);
    EXPECT_OK(CAsyncSocket_SetSockOpt(&t->client.socket, SO_LINGER, &hard, sizeof hard, SOL_SOCKET));
    CAsyncSocket_Close(&t->client.socket);
    arena_settle(t->arena);
    arena_enter(t->arena, ARENA_B);
}

static void long_datagram(stage *t)
{
    const char *address = arena_address(t->arena, ARENA_B);
    UINT port = port_of(t, &t->datagram);
    EXPECT_EQ_INT(CAsyncSocket_SendTo(&t->unbound.socket, "0123456789", 10, port, address, 0), 10);
    arena_settle(t->arena);
    arena_enter(t->arena, ARENA_B);
}

static long bind_to_used_port(stage *t)
{
    return CAsyncSocket_Bind(&t->idle.socket, port_of(t, &t->listener), NULL);
}

static long bind_one_sided_reuse(stage *t)
{
    int on = 1;
    EXPECT_OK(CAsyncSocket_SetSockOpt(&t->idle.socket, SO_REUSEADDR, &on, sizeof on, SOL_SOCKET));
    return CAsyncSocket_Bind(&t->idle.socket, port_of(t, &t->listener), NULL);
}

static long bind_foreign(stage *t) { return CAsyncSocket_Bind(&t->idle.socket, 0, "203.0.113.1"); }

static long connect_begins(stage *t)
{
    return CAsyncSocket_Connect(&t->idle.socket, arena_address(t->arena, ARENA_B), port_of(t, &t->listener));
}

static long connect_pending(stage *t)
{
    connect_begins(t);
    return connect_begins(t);
}

static long accept_nothing(stage *t)
{
    return CAsyncSocket_Accept(&t->listener.socket, &t->empty.socket, NULL, NULL);
}

static long receive_shut(stage *t)
{
    EXPECT_OK(CAsyncSocket_ShutDown(&t->server.socket, CAsyncSocket_receives));
    return CAsyncSocket_Receive(&t->server.socket, t->bytes, 4, 0);
}

static long receive_reset(stage *t)
{
    reset_by_client(t);
    return CAsyncSocket_Receive(&t->server.socket, t->bytes, 4, 0);
}

static long receive_too_long(stage *t)
{
    long_datagram(t);
    return CAsyncSocket_Receive(&t->datagram.socket, t->bytes, 4, 0);
}

static long receive_from_stream(stage *t, recorder *r)
{
    UINT port;
    return CAsyncSocket_ReceiveFrom(&r->socket, t->bytes, 4, t->text, sizeof t->text, &port, 0);
}

static long receive_from_shut(stage *t)
{
    EXPECT_OK(CAsyncSocket_ShutDown(&t->server.socket, CAsyncSocket_receives));
    return receive_from_stream(t, &t->server);
}

static long receive_from_reset(stage *t)
{
    reset_by_client(t);
    return receive_from_stream(t, &t->server);
}

static long receive_from_idle(stage *t) { return receive_from_stream(t, &t->idle); }

/* Form A writes its outputs only when the call did not fail. */
static long receive_from_too_long(stage *t)
{
    UINT port = 4711;
    char text[INET_ADDRSTRLEN] = "before";
    long_datagram(t);
    int count = CAsyncSocket_ReceiveFrom(&t->datagram.socket, t->bytes, 4, text, sizeof text, &port, 0);
    EXPECT_EQ_INT(port, 4711);
    EXPECT_EQ_STR(text, "before");
    return count;
}

static long receive_from_urgent(stage *t)
{
    return CAsyncSocket_ReceiveFromAddr(&t->datagram.socket, t->bytes, 4, NULL, NULL, MSG_OOB);
}

static long receive_from_negative(stage *t)
{
    return CAsyncSocket_ReceiveFromAddr(&t->datagram.socket, t->bytes, -1, NULL, NULL, 0);
}

static long send_shut(stage *t)
{
    EXPECT_OK(CAsyncSocket_ShutDown(&t->server.socket, CAsyncSocket_sends));
    return CAsyncSocket_Send(&t->server.socket, "x", 1, 0);
}

static long send_reset(stage *t)
{
    reset_by_client(t);
    return CAsyncSocket_Send(&t->server.socket, "x", 1, 0);
}

static long send_without_room(stage *t)
{
    int count = 0;
    for (int i = 0; i < 10000 && count >= 0; i++)
        count = CAsyncSocket_Send(&t->server.socket, large, sizeof large, 0);
    return count;
}

static long send_peeking(stage *t) { return CAsyncSocket_Send(&t->server.socket, "x", 1, MSG_PEEK); }

static long send_too_long(stage *t)
{
    EXPECT_OK(
        CAsyncSocket_Connect(&t->unbound.socket, arena_address(t->arena, ARENA_B), port_of(t, &t->datagram)));
    return CAsyncSocket_Send(&t->unbound.socket, large, sizeof large, 0);
}

static long send_to_too_long(stage *t)
{
    const char *address = arena_address(t->arena, ARENA_B);
    return CAsyncSocket_SendTo(&t->unbound.socket, large, sizeof large, port_of(t, &t->datagram), address, 0);
}

static long send_to_shut(stage *t)
{
    EXPECT_OK(CAsyncSocket_ShutDown(&t->datagram.socket, CAsyncSocket_sends));
    return CAsyncSocket_SendTo(&t->datagram.socket, "x", 1, 9, arena_address(t->arena, ARENA_B), 0);
}

static long send_to_nobody(stage *t)
{
    return CAsyncSocket_SendToAddr(&t->datagram.socket, "x", 1, NULL, 0, 0);
}

static long send_to_urgent(stage *t)
{
    return CAsyncSocket_SendTo(&t->datagram.socket, "x", 1, 9, arena_address(t->arena, ARENA_B), MSG_OOB);
}

/* A thread that has no socket; it stays current, because the last error is its own. */
static long select_without_window(stage *t)
{
    arena_enter(t->arena, ARENA_B2);
    return CAsyncSocket_AsyncSelect(&t->server.socket, FD_READ);
}

static const struct {
    const char *function;
    int error;
    const char *how;
    long (*make)(stage *);
    long failure;
} states[] = {
    {"Bind", WSAEADDRINUSE, "state: the port of another socket", bind_to_used_port, FALSE},
    {"Bind", WSAEACCES, "state: only one of the two agrees to share", bind_one_sided_reuse, FALSE},
    {"Bind", WSAEADDRNOTAVAIL, "argument: an address of another host", bind_foreign, FALSE},
    {"Connect", WSAEWOULDBLOCK, "state: the attempt begins", connect_begins, FALSE},
    {"Connect", WSAEALREADY, "state: an attempt is pending", connect_pending, FALSE},
    {"Accept", WSAEWOULDBLOCK, "state: nobody waits", accept_nothing, FALSE},
    {"Receive", WSAESHUTDOWN, "state: the side was shut down", receive_shut, SOCKET_ERROR},
    {"Receive", WSAECONNRESET, "state: the peer has reset", receive_reset, SOCKET_ERROR},
    {"Receive", WSAEMSGSIZE, "state: a longer datagram waits", receive_too_long, SOCKET_ERROR},
    {"ReceiveFrom", WSAESHUTDOWN, "state: the side was shut down", receive_from_shut, SOCKET_ERROR},
    {"ReceiveFrom", WSAECONNRESET, "state: the peer has reset", receive_from_reset, SOCKET_ERROR},
    {"ReceiveFrom", WSAENOTCONN, "state: not connected", receive_from_idle, SOCKET_ERROR},
    {"ReceiveFrom", WSAEMSGSIZE, "state: a longer datagram waits", receive_from_too_long, SOCKET_ERROR},
    {"ReceiveFrom", WSAEOPNOTSUPP, "argument: an urgent datagram", receive_from_urgent, SOCKET_ERROR},
    {"ReceiveFrom", WSAEFAULT, "argument: a negative length", receive_from_negative, SOCKET_ERROR},
    {"Send", WSAESHUTDOWN, "state: the side was shut down", send_shut, SOCKET_ERROR},
    {"Send", WSAECONNRESET, "state: the peer has reset", send_reset, SOCKET_ERROR},
    {"Send", WSAEWOULDBLOCK, "state: there is no room", send_without_room, SOCKET_ERROR},
    {"Send", WSAEOPNOTSUPP, "argument: MSG_PEEK", send_peeking, SOCKET_ERROR},
    {"Send", WSAEMSGSIZE, "argument: more than a datagram holds", send_too_long, SOCKET_ERROR},
    {"SendTo", WSAEMSGSIZE, "argument: more than a datagram holds", send_to_too_long, SOCKET_ERROR},
    {"SendTo", WSAESHUTDOWN, "state: the side was shut down", send_to_shut, SOCKET_ERROR},
    {"SendTo", WSAENOTCONN, "argument: no destination", send_to_nobody, SOCKET_ERROR},
    {"SendTo", WSAEOPNOTSUPP, "argument: an urgent datagram", send_to_urgent, SOCKET_ERROR},
    {"AsyncSelect", WSAEINVAL, "state: a thread that has no window", select_without_window, FALSE},
};
enum { STATES = sizeof states / sizeof states[0] };

static void each_state_gives_its_error(arena *a)
{
    for (size_t i = 0; i < STATES; i++) {
        stage t;
        stage_open(&t, a);
        CAsyncSocket_Close(&t.empty.socket);
        long result = states[i].make(&t);
        int error = CAsyncSocket_GetLastError();
        expect_report(EXPECT_SITE(false), result == states[i].failure && error == states[i].error,
                      "%s (%s) returns %ld with last error %s (%d), expected %ld with %s", states[i].function,
                      states[i].how, result, cas_error_name(error), error, states[i].failure,
                      cas_error_name(states[i].error));
        arena_enter(a, ARENA_B);
        stage_close(&t);
        arena_enter(a, ARENA_B);
    }
}

/* ---- by a rule of the fault wrapper ---- */

static const struct {
    const char *function;
    int codes[CODES_MAX]; /* beside WSAENETDOWN and WSAEINPROGRESS, which every function has */
} faults[] = {
    {"Create", {WSAEAFNOSUPPORT, WSAEMFILE, WSAENOBUFS, WSAEPROTONOSUPPORT, WSAEPROTOTYPE}},
    {"Socket", {WSAEMFILE, WSAENOBUFS, WSAEPROTOTYPE}},
    {"Bind", {WSAENOBUFS}},
    {"Connect",
     {WSAEADDRINUSE, WSAECONNREFUSED, WSAEDESTADDRREQ, WSAEMFILE, WSAENETUNREACH, WSAENOBUFS, WSAETIMEDOUT,
      WSAEHOSTUNREACH, WSAEACCES, WSAEINTR}},
    {"Listen", {WSAEADDRINUSE, WSAEMFILE, WSAENOBUFS}},
    {"Accept", {WSAEMFILE, WSAENOBUFS, WSAECONNRESET, WSAEINTR}},
    {"Receive", {WSAECONNABORTED, WSAENETRESET, WSAETIMEDOUT, WSAEINTR}},
    {"ReceiveFrom", {WSAECONNABORTED, WSAENETRESET, WSAETIMEDOUT, WSAEINTR}},
    {"Send",
     {WSAEACCES, WSAENETRESET, WSAENOBUFS, WSAEINVAL, WSAECONNABORTED, WSAEHOSTUNREACH, WSAETIMEDOUT,
      WSAEINTR}},
    {"SendTo",
     {WSAENETRESET, WSAENOBUFS, WSAEWOULDBLOCK, WSAEINVAL, WSAECONNABORTED, WSAECONNRESET, WSAEHOSTUNREACH,
      WSAETIMEDOUT, WSAEINTR, WSAEADDRNOTAVAIL, WSAEDESTADDRREQ, WSAENETUNREACH}},
    {"SetSockOpt", {WSAENETRESET, WSAENOTCONN}},
};

static void expect_fault(stage *t, sim_fault *fault, const api_call *call, int error)
{
    sim_fault_rule rule = {.call = call->slot, .nth = 1, .error = error};
    EXPECT_CODE_FATAL(sim_fault_add_rule(fault, &rule, NULL), 0);
    CAsyncSocket *object = api_call_subject(t, call);
    SOCKET handle = object->m_hSocket;
    EXPECT_ERROR(CAsyncSocket_Listen(NULL, 1), WSAENOTSOCK); /* so that the last error is another one */
    expect_call_fails(t, call, object, error, "fault");
    expect_report(EXPECT_SITE(false), object->m_hSocket == handle,
                  "%s (fault) changes the handle of its object", call->name);
    sim_fault_clear_rules(fault);
}

static void expect_faults_of_every(stage *t, sim_fault *fault, const api_call *calls)
{
    for (; calls->name != NULL; calls++) {
        expect_fault(t, fault, calls, WSAENETDOWN);
        expect_fault(t, fault, calls, WSAEINPROGRESS);
    }
}

static void each_fault_is_reported_and_changes_nothing(arena *a)
{
    stage t;
    sim_fault *fault = NULL;
    sim_fault_options options = {.memory = &fixture_memory()->base};
    EXPECT_CODE_FATAL(sim_fault_install(arena_thread_of(a, ARENA_B), &options, &fault, NULL), 0);
    stage_open(&t, a);
    expect_faults_of_every(&t, fault, every_call);
    expect_faults_of_every(&t, fault, every_making_call);
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++)
        for (const int *code = faults[i].codes; *code != 0; code++)
            expect_fault(&t, fault, api_call_find(faults[i].function), *code);
    stage_check(&t);
    stage_close(&t);
    arena_enter(a, ARENA_B);
    EXPECT_CODE(sim_fault_remove(fault), 0);
}

/* ---- outcomes of connection attempts ---- */

static void on_connect_is_told_every_documented_code(arena *a)
{
    static const int codes[] = {WSAEADDRINUSE,   WSAEADDRNOTAVAIL, WSAEAFNOSUPPORT, WSAECONNREFUSED,
                                WSAEDESTADDRREQ, WSAEFAULT,        WSAEINVAL,       WSAEISCONN,
                                WSAEMFILE,       WSAENETUNREACH,   WSAENOBUFS,      WSAENOTCONN,
                                WSAENOTSOCK,     WSAETIMEDOUT};
    recorder r;
    sim_fault *fault = NULL;
    sim_fault_options options = {.memory = &fixture_memory()->base};
    EXPECT_CODE_FATAL(sim_fault_install(arena_thread_of(a, ARENA_B), &options, &fault, NULL), 0);
    recorder_construct(&r);
    EXPECT_OK(CAsyncSocket_Create(&r.socket, 0, SOCK_STREAM, CASYNCSOCKET_DEFAULT_EVENTS, NULL));
    for (unsigned i = 0; i < sizeof codes / sizeof codes[0]; i++) {
        sim_fault_rule rule = {.call = SIM_FAULT_CONNECT, .nth = 1, .error = codes[i], .later = true};
        EXPECT_CODE(sim_fault_add_rule(fault, &rule, NULL), 0);
        EXPECT_ERROR(CAsyncSocket_Connect(&r.socket, arena_address(a, ARENA_A), 9), WSAEWOULDBLOCK);
        sim_fault_clear_rules(fault);
        arena_settle(a);
        arena_enter(a, ARENA_B);
        EXPECT_EQ_INT(recorder_count(&r, FD_CONNECT), i + 1);
        EXPECT_EQ_INT(recorder_error(&r, FD_CONNECT), codes[i]);
        EXPECT_EQ_INT(r.total, i + 1);
    }
    CAsyncSocket_Close(&r.socket);
    EXPECT_CODE(sim_fault_remove(fault), 0);
}

/* ---- completeness ---- */

/* "BindAddr" and "Bind, NULL" are rows of Bind. */
static bool is_row_of(const char *row, const char *function)
{
    size_t len = strcspn(row, ",");
    if (len > 4 && strncmp(row + len - 4, "Addr", 4) == 0)
        len -= 4;
    else if (len > 2 && strncmp(row + len - 2, "Ex", 2) == 0)
        len -= 2;
    return strlen(function) == len && strncmp(row, function, len) == 0;
}

static bool is_among(const int *codes, int code)
{
    while (*codes != 0 && *codes != code)
        codes++;
    return *codes != 0;
}

/* In socket_misuse every call is made on objects without a socket, and without a thread. */
static bool has_row_in_misuse(const char *function, int code)
{
    const api_call *call = api_call_find(function);
    bool needs_socket = call != NULL && call->subject != offsetof(stage, empty);
    return code == WSANOTINITIALISED || (code == WSAENOTSOCK && needs_socket);
}

static bool has_row(const char *function, int code)
{
    if (has_row_in_misuse(function, code) || code == WSAENETDOWN || code == WSAEINPROGRESS)
        return true;
    for (size_t i = 0; bad_calls[i].name != NULL; i++)
        if (bad_calls[i].error == code && is_row_of(bad_calls[i].name, function))
            return true;
    for (size_t i = 0; i < STATES; i++)
        if (states[i].error == code && strcmp(states[i].function, function) == 0)
            return true;
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++)
        if (strcmp(faults[i].function, function) == 0 && is_among(faults[i].codes, code))
            return true;
    return false;
}

static void every_documented_error_has_a_row(void)
{
    for (size_t i = 0; i < FUNCTIONS; i++) {
        expect_report(EXPECT_SITE(false), api_call_find(documented[i].function) != NULL, "nothing calls %s",
                      documented[i].function);
        for (const int *code = documented[i].codes; *code != 0; code++)
            expect_report(EXPECT_SITE(false), has_row(documented[i].function, *code),
                          "%s: no row provokes %s (%d)", documented[i].function, cas_error_name(*code),
                          *code);
    }
}

static bool is_documented(const char *row, int code)
{
    for (size_t i = 0; i < FUNCTIONS; i++)
        if (is_row_of(row, documented[i].function))
            return is_among(documented[i].codes, code);
    return false;
}

static void every_row_of_a_state_or_fault_is_documented(void)
{
    for (size_t i = 0; i < STATES; i++)
        expect_report(EXPECT_SITE(false), is_documented(states[i].function, states[i].error),
                      "%s: %s is not documented", states[i].function, cas_error_name(states[i].error));
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++)
        for (const int *code = faults[i].codes; *code != 0; code++)
            expect_report(EXPECT_SITE(false), is_documented(faults[i].function, *code),
                          "%s: %s is not documented", faults[i].function, cas_error_name(*code));
    for (const api_call *call = every_call; call->name != NULL; call++)
        expect_report(EXPECT_SITE(false), is_documented(call->name, WSAENETDOWN), "%s is not in the list",
                      call->name);
}

const test_case test_documented_errors[] = {TEST_EVERYWHERE(each_state_gives_its_error),
                                            TEST_EVERYWHERE(each_fault_is_reported_and_changes_nothing),
                                            TEST_EVERYWHERE(on_connect_is_told_every_documented_code),
                                            TEST(every_documented_error_has_a_row),
                                            TEST(every_row_of_a_state_or_fault_is_documented),
                                            TEST_END};
