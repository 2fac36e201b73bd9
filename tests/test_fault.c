/* SPDX-License-Identifier: MIT
 *
 * The fault wrapper, call by call: rules, cuts, and calls that find nothing.  test_fault_late.c has the
 * notifications, test_fault_echo.c whole programs.
 */
#include <string.h>

#include "castanet/error.h"
#include "castanet/sim_fault.h"
#include "tests/expect.h"
#include "tests/fixture_stage.h"
#include "tests/test_list.h"

/* On thread b, which has no socket yet. */
static sim_fault *install(arena *a, const sim_fault_options *options)
{
    sim_fault_options chosen = options == NULL ? (sim_fault_options){0} : *options;
    sim_fault *fault = NULL;
    sim_error why = {0};
    chosen.memory = &fixture_memory()->base;
    if (chosen.seed == 0)
        chosen.seed = fixture_seed();
    int error = sim_fault_install(arena_thread_of(a, ARENA_B), &chosen, &fault, &why);
    expect_report(EXPECT_SITE(true), error == 0, "%s; %s; %s", why.what, why.why, why.fix);
    return fault;
}

static void add_rule(sim_fault *fault, sim_fault_rule rule)
{
    EXPECT_CODE_FATAL(sim_fault_add_rule(fault, &rule, NULL), 0);
}

static sim_fault_counters counters(const sim_fault *fault)
{
    sim_fault_counters c;
    sim_fault_counters_read(fault, &c);
    return c;
}

/* Ends on thread b. */
static void settle(arena *a)
{
    arena_settle(a);
    arena_enter(a, ARENA_B);
}

/* ---- rules ---- */

typedef bool (*attempt)(stage *);

static bool try_open(stage *t)
{
    bool ok = CAsyncSocket_Socket(&t->empty.socket, SOCK_DGRAM, 0, 0, AF_INET);
    CAsyncSocket_Close(&t->empty.socket);
    return ok;
}

static bool try_attach(stage *t)
{
    SOCKET handle = CAsyncSocket_Detach(&t->unbound.socket);
    bool ok = CAsyncSocket_Attach(&t->unbound.socket, handle, 0);
    if (!ok)
        EXPECT_OK(CAsyncSocket_Attach(&t->unbound.socket, handle, 0));
    return ok;
}

static bool try_bind(stage *t)
{
    EXPECT_OK(CAsyncSocket_Socket(&t->empty.socket, SOCK_DGRAM, 0, 0, AF_INET));
    bool ok = CAsyncSocket_Bind(&t->empty.socket, 0, NULL);
    CAsyncSocket_Close(&t->empty.socket);
    return ok;
}

static bool try_connect(stage *t)
{
    return CAsyncSocket_Connect(&t->unbound.socket, arena_address(t->arena, ARENA_B), 9);
}

static bool try_accept(stage *t)
{
    UINT port = 0;
    recorder spare, *other = &spare;
    EXPECT_OK(CAsyncSocket_GetSockName(&t->listener.socket, t->text, sizeof t->text, &port));
    arena_enter(t->arena, ARENA_A);
    recorder_construct(other);
    EXPECT_OK(CAsyncSocket_Create(&other->socket, 0, SOCK_STREAM, 0, NULL));
    CAsyncSocket_Connect(&other->socket, arena_address(t->arena, ARENA_B), port);
    arena_settle(t->arena);
    arena_enter(t->arena, ARENA_B);
    bool ok = CAsyncSocket_Accept(&t->listener.socket, &t->empty.socket, NULL, NULL);
    if (!ok)
        EXPECT_OK(CAsyncSocket_Accept(&t->listener.socket, &t->empty.socket, NULL, NULL));
    CAsyncSocket_Close(&t->empty.socket);
    arena_enter(t->arena, ARENA_A);
    CAsyncSocket_Close(&other->socket);
    arena_enter(t->arena, ARENA_B);
    return ok;
}

static bool try_receive(stage *t)
{
    arena_enter(t->arena, ARENA_A);
    EXPECT_EQ_INT(CAsyncSocket_Send(&t->client.socket, "x", 1, 0), 1);
    arena_settle(t->arena);
    arena_enter(t->arena, ARENA_B);
    bool ok = CAsyncSocket_Receive(&t->server.socket, t->bytes, 1, 0) == 1;
    if (!ok)
        EXPECT_EQ_INT(CAsyncSocket_Receive(&t->server.socket, t->bytes, 1, 0), 1);
    return ok;
}

static bool try_close(stage *t)
{
    EXPECT_OK(CAsyncSocket_Socket(&t->empty.socket, SOCK_DGRAM, 0, 0, AF_INET));
    SOCKET handle = t->empty.socket.m_hSocket;
    CAsyncSocket_Close(&t->empty.socket);
    bool left = CAsyncSocket_Attach(&t->empty.socket, handle, 0); /* forgotten, but still open */
    CAsyncSocket_Close(&t->empty.socket);
    return !left;
}

static bool try_query(stage *t)
{
    DWORD count;
    return CAsyncSocket_IOCtl(&t->server.socket, FIONREAD, &count);
}

static bool try_get_option(stage *t)
{
    int value, len = sizeof value;
    return CAsyncSocket_GetSockOpt(&t->server.socket, SO_TYPE, &value, &len, SOL_SOCKET);
}

static bool try_set_option(stage *t)
{
    int value = 1;
    return CAsyncSocket_SetSockOpt(&t->server.socket, SO_KEEPALIVE, &value, sizeof value, SOL_SOCKET);
}

static bool try_local_name(stage *t)
{
    UINT port;
    return CAsyncSocket_GetSockName(&t->server.socket, t->text, sizeof t->text, &port);
}

static bool try_peer_name(stage *t)
{
    UINT port;
    return CAsyncSocket_GetPeerName(&t->server.socket, t->text, sizeof t->text, &port);
}

static bool try_select(stage *t) { return CAsyncSocket_AsyncSelect(&t->server.socket, 0); }
static bool try_listen(stage *t) { return CAsyncSocket_Listen(&t->listener.socket, 5); }
static bool try_send(stage *t) { return CAsyncSocket_Send(&t->server.socket, "x", 1, 0) == 1; }
static bool try_shutdown(stage *t) { return CAsyncSocket_ShutDown(&t->datagram.socket, CAsyncSocket_sends); }

static const attempt attempts[SIM_FAULT_CALLS] = {[SIM_FAULT_OPEN] = try_open,
                                                  [SIM_FAULT_ATTACH] = try_attach,
                                                  [SIM_FAULT_SELECT] = try_select,
                                                  [SIM_FAULT_BIND] = try_bind,
                                                  [SIM_FAULT_CONNECT] = try_connect,
                                                  [SIM_FAULT_LISTEN] = try_listen,
                                                  [SIM_FAULT_ACCEPT] = try_accept,
                                                  [SIM_FAULT_RECEIVE] = try_receive,
                                                  [SIM_FAULT_SEND] = try_send,
                                                  [SIM_FAULT_SHUTDOWN] = try_shutdown,
                                                  [SIM_FAULT_LOCAL_NAME] = try_local_name,
                                                  [SIM_FAULT_PEER_NAME] = try_peer_name,
                                                  [SIM_FAULT_GET_OPTION] = try_get_option,
                                                  [SIM_FAULT_SET_OPTION] = try_set_option,
                                                  [SIM_FAULT_QUERY] = try_query,
                                                  [SIM_FAULT_RESOLVE] = try_connect,
                                                  [SIM_FAULT_CLOSE] = try_close};

/* What the class makes of a code: a name that cannot be resolved is WSAEINVAL, a select that fails inside
 * Detach keeps the object attached. */
static void expect_third_fails(stage *t, sim_fault *fault, sim_fault_call call)
{
    uint64_t before = counters(fault).failed[call], calls = counters(fault).calls[call];
    /* Calls are counted on the thread, so the rule is set to hit the next one at the third attempt. */
    for (int i = 1; i <= 5; i++) {
        if (i == 3)
            add_rule(fault, (sim_fault_rule){.call = call, .nth = 1, .error = WSAENETDOWN});
        bool ok = attempts[call](t);
        expect_report(EXPECT_SITE(false), ok == (i != 3), "%s: attempt %d %s", sim_fault_call_name(call), i,
                      ok ? "succeeds" : "fails");
    }
    EXPECT_EQ_INT(counters(fault).failed[call] - before, 1);
    EXPECT_TRUE(counters(fault).calls[call] - calls >= 5);
    sim_fault_clear_rules(fault);
}

static void each_kind_of_call_fails_when_its_rule_says(arena *a)
{
    stage t;
    sim_fault *fault = install(a, NULL);
    stage_open(&t, a);
    for (unsigned call = 0; call < SIM_FAULT_CALLS; call++)
        expect_third_fails(&t, fault, (sim_fault_call)call);
    stage_close(&t);
    EXPECT_CODE(sim_fault_remove(fault), 0);
}

static void rule_hits_from_the_nth_call_on_as_often_as_it_says(arena *a)
{
    stage t;
    sim_fault *fault = install(a, NULL);
    stage_open(&t, a);
    add_rule(fault, (sim_fault_rule){.call = SIM_FAULT_SEND, .nth = 3, .count = 2, .error = WSAENETRESET});
    const bool wanted[] = {true, true, false, false, true, true};
    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++) {
        bool ok = try_send(&t);
        expect_report(EXPECT_SITE(false), ok == wanted[i], "send %d %s", (int)i + 1,
                      ok ? "succeeds" : "fails");
        EXPECT_TRUE(ok || CAsyncSocket_GetLastError() == WSAENETRESET);
    }
    add_rule(fault, (sim_fault_rule){
                        .call = SIM_FAULT_SEND, .nth = 1, .count = SIM_FOREVER, .error = WSAECONNABORTED});
    add_rule(fault, (sim_fault_rule){.call = SIM_FAULT_SEND, .nth = 2, .error = WSAETIMEDOUT});
    EXPECT_ERROR(try_send(&t), WSAECONNABORTED);
    EXPECT_ERROR(try_send(&t), WSAETIMEDOUT); /* the newest rule decides */
    EXPECT_ERROR(try_send(&t), WSAECONNABORTED);
    sim_fault_clear_rules(fault);
    EXPECT_TRUE(try_send(&t));
    stage_close(&t);
    EXPECT_CODE(sim_fault_remove(fault), 0);
}

static void each_call_selects_as_often_as_it_should(arena *a)
{
    recorder r;
    sim_fault *fault = install(a, NULL);
    recorder_construct(&r);
    EXPECT_OK(CAsyncSocket_Socket(&r.socket, SOCK_STREAM, FD_READ, 0, AF_INET));
    EXPECT_EQ_INT(counters(fault).calls[SIM_FAULT_SELECT], 1);
    CAsyncSocket_Close(&r.socket);
    EXPECT_OK(CAsyncSocket_Create(&r.socket, 0, SOCK_STREAM, FD_READ, NULL));
    EXPECT_EQ_INT(counters(fault).calls[SIM_FAULT_SELECT], 2);
    SOCKET handle = CAsyncSocket_Detach(&r.socket);
    EXPECT_EQ_INT(counters(fault).calls[SIM_FAULT_SELECT], 3);
    EXPECT_OK(CAsyncSocket_Attach(&r.socket, handle, FD_READ));
    EXPECT_EQ_INT(counters(fault).calls[SIM_FAULT_SELECT], 4);
    CAsyncSocket_Close(&r.socket);
    EXPECT_EQ_INT(counters(fault).calls[SIM_FAULT_SELECT], 4);
    EXPECT_CODE(sim_fault_remove(fault), 0);
}

/* MFC: Socket returns what AsyncSelect returns, and the handle stays. */
static void socket_whose_select_fails_keeps_its_handle(arena *a)
{
    recorder r;
    sim_fault *fault = install(a, NULL);
    recorder_construct(&r);
    add_rule(fault, (sim_fault_rule){.call = SIM_FAULT_SELECT, .nth = 1, .count = 2, .error = WSAENETDOWN});
    EXPECT_ERROR(CAsyncSocket_Socket(&r.socket, SOCK_STREAM, FD_READ, 0, AF_INET), WSAENETDOWN);
    EXPECT_TRUE(CAsyncSocket_FromHandle(r.socket.m_hSocket) == &r.socket);
    EXPECT_TRUE(CAsyncSocket_Detach(&r.socket) == INVALID_SOCKET);
    EXPECT_EQ_INT(CAsyncSocket_GetLastError(), WSAENETDOWN);
    EXPECT_TRUE(CAsyncSocket_FromHandle(r.socket.m_hSocket) == &r.socket);
    CAsyncSocket_Close(&r.socket);
    EXPECT_CODE(sim_fault_remove(fault), 0);
}

static void attempt_that_fails_later_may_be_repeated(arena *a)
{
    recorder client, listener, server;
    UINT port = 0;
    char text[46];
    int error = 0, len = sizeof error;
    sim_fault *fault = install(a, NULL);
    recorder_construct(&client);
    recorder_construct(&listener);
    recorder_construct(&server);
    arena_enter(a, ARENA_A);
    EXPECT_OK(CAsyncSocket_Create(&listener.socket, 0, SOCK_STREAM, FD_ACCEPT, NULL));
    EXPECT_OK(CAsyncSocket_Listen(&listener.socket, 5));
    EXPECT_OK(CAsyncSocket_GetSockName(&listener.socket, text, sizeof text, &port));
    arena_enter(a, ARENA_B);
    EXPECT_OK(CAsyncSocket_Create(&client.socket, 0, SOCK_STREAM, CASYNCSOCKET_DEFAULT_EVENTS, NULL));
    add_rule(fault,
             (sim_fault_rule){.call = SIM_FAULT_CONNECT, .nth = 1, .error = WSAETIMEDOUT, .later = true});
    EXPECT_ERROR(CAsyncSocket_Connect(&client.socket, arena_address(a, ARENA_A), port), WSAEWOULDBLOCK);
    EXPECT_ERROR(CAsyncSocket_Connect(&client.socket, arena_address(a, ARENA_A), port), WSAEALREADY);
    EXPECT_EQ_INT(client.total, 0);
    arena_settle(a);
    EXPECT_EQ_INT(client.total, 1);
    EXPECT_EQ_INT(recorder_count(&client, FD_CONNECT), 1);
    EXPECT_EQ_INT(recorder_error(&client, FD_CONNECT), WSAETIMEDOUT);
    EXPECT_EQ_INT(listener.total, 0);
    EXPECT_OK(CAsyncSocket_GetSockOpt(&client.socket, SO_ERROR, &error, &len, SOL_SOCKET));
    EXPECT_EQ_INT(error, WSAETIMEDOUT);
    EXPECT_ERROR(CAsyncSocket_Connect(&client.socket, arena_address(a, ARENA_A), port), WSAEWOULDBLOCK);
    arena_settle(a);
    EXPECT_EQ_INT(recorder_count(&client, FD_CONNECT), 2);
    EXPECT_EQ_INT(recorder_error(&client, FD_CONNECT), 0);
    EXPECT_EQ_INT(recorder_count(&client, FD_WRITE), 1);
    EXPECT_EQ_INT(listener.total, 1);
    CAsyncSocket_Destruct(&client.socket);
    arena_enter(a, ARENA_A);
    CAsyncSocket_Destruct(&listener.socket);
    arena_enter(a, ARENA_B);
    EXPECT_CODE(sim_fault_remove(fault), 0);
}

/* ---- cuts ---- */

static void from_client(stage *t, const char *text, int flags)
{
    arena_enter(t->arena, ARENA_A);
    EXPECT_EQ_INT(CAsyncSocket_Send(&t->client.socket, text, (int)strlen(text), flags), (int)strlen(text));
    arena_settle(t->arena);
    arena_enter(t->arena, ARENA_B);
}

static void shortened_receives_lose_nothing_and_announce_the_rest(arena *a)
{
    stage t;
    sim_fault *fault = install(a, &(sim_fault_options){.short_receive_ppm = SIM_PERCENT(100)});
    stage_open(&t, a);
    EXPECT_OK(CAsyncSocket_AsyncSelect(&t.server.socket, FD_READ));
    from_client(&t, "0123456789", 0);
    char all[11] = "";
    size_t total = 0;
    unsigned receives = 0;
    for (; total < 10 && receives < 10; receives++) {
        int count = CAsyncSocket_Receive(&t.server.socket, all + total, 10, 0);
        bool is_cut = count >= 1 && ((size_t)count < 10 - total || total == 9);
        expect_report(EXPECT_SITE(true), is_cut, "receive of %d waiting bytes gives %d", (int)(10 - total),
                      count);
        total += (size_t)count;
        settle(a);
    }
    EXPECT_EQ_STR(all, "0123456789");
    EXPECT_EQ_INT(recorder_count(&t.server, FD_READ), receives); /* one for each, none at the end */
    EXPECT_EQ_INT(counters(fault).short_receives, receives - 1);
    stage_close(&t);
    EXPECT_CODE(sim_fault_remove(fault), 0);
}

static void receive_gives_what_peek_and_count_have_promised(arena *a)
{
    stage t;
    DWORD count = 0;
    sim_fault *fault = install(a, &(sim_fault_options){.short_receive_ppm = SIM_PERCENT(100),
                                                       .receive_would_block_ppm = SIM_PERCENT(99)});
    stage_open(&t, a);
    from_client(&t, "0123456789", 0);
    EXPECT_OK(CAsyncSocket_IOCtl(&t.server.socket, FIONREAD, &count));
    EXPECT_TRUE(count >= 1 && count < 10);
    int peeked = CAsyncSocket_Receive(&t.server.socket, t.bytes, 10, MSG_PEEK);
    expect_report(EXPECT_SITE(false), peeked >= (int)count && peeked <= 10,
                  "FIONREAD says %d, a peek gives %d", (int)count, peeked);
    int got = CAsyncSocket_Receive(&t.server.socket, t.bytes, 10, 0);
    expect_report(EXPECT_SITE(false), got >= peeked && got <= 10, "a peek gives %d, a receive %d", peeked,
                  got);
    EXPECT_EQ_INT(counters(fault).short_counts, 1);
    stage_close(&t);
    EXPECT_CODE(sim_fault_remove(fault), 0);
}

/* A part of urgent data must not make one of its first bytes urgent. */
static void shortened_urgent_send_keeps_the_last_byte_urgent(arena *a)
{
    stage t;
    sim_fault *fault = install(a, &(sim_fault_options){.short_send_ppm = SIM_PERCENT(100)});
    stage_open(&t, a);
    arena_enter(a, ARENA_A);
    EXPECT_OK(CAsyncSocket_AsyncSelect(&t.client.socket, FD_OOB));
    arena_enter(a, ARENA_B);
    const char text[] = "abcdef";
    for (int sent = 0, tries = 0; sent < 6 && tries < 6; tries++) {
        int count = CAsyncSocket_Send(&t.server.socket, text + sent, 6 - sent, MSG_OOB);
        expect_report(EXPECT_SITE(true), count >= 1 && (count < 6 - sent || sent == 5), "send of %d takes %d",
                      6 - sent, count);
        sent += count;
        settle(a);
    }
    EXPECT_EQ_INT(recorder_count(&t.client, FD_OOB), 1);
    arena_enter(a, ARENA_A);
    EXPECT_EQ_INT(CAsyncSocket_Receive(&t.client.socket, t.bytes, 1, MSG_OOB), 1);
    EXPECT_EQ_INT(t.bytes[0], 'f');
    EXPECT_TRUE(counters(fault).short_sends > 0);
    stage_close(&t);
    arena_enter(a, ARENA_B);
    EXPECT_CODE(sim_fault_remove(fault), 0);
}

static void datagrams_are_never_cut(arena *a)
{
    stage t;
    UINT port = 0;
    sim_fault *fault = install(
        a, &(sim_fault_options){.short_receive_ppm = SIM_PERCENT(100), .short_send_ppm = SIM_PERCENT(100)});
    stage_open(&t, a);
    EXPECT_OK(CAsyncSocket_GetSockName(&t.datagram.socket, t.text, sizeof t.text, &port));
    EXPECT_EQ_INT(
        CAsyncSocket_SendTo(&t.unbound.socket, "0123456789", 10, port, arena_address(a, ARENA_B), 0), 10);
    settle(a);
    EXPECT_EQ_INT(CAsyncSocket_Receive(&t.datagram.socket, t.bytes, 16, 0), 10);
    EXPECT_EQ_INT(sim_fault_choice_count(fault), 0);
    stage_close(&t);
    EXPECT_CODE(sim_fault_remove(fault), 0);
}

/* ---- calls that find nothing ---- */

enum { ROUNDS = 8, TRIES_MAX = 1000 };

static void would_block_of_receive_is_followed_by_a_notification(arena *a)
{
    stage t;
    sim_fault *fault = install(a, &(sim_fault_options){.receive_would_block_ppm = SIM_PERCENT(90)});
    unsigned blocked = 0;
    stage_open(&t, a);
    EXPECT_OK(CAsyncSocket_AsyncSelect(&t.server.socket, FD_READ));
    for (unsigned round = 1; round <= ROUNDS; round++) {
        from_client(&t, "hello", 0);
        EXPECT_EQ_INT(recorder_count(&t.server, FD_READ), blocked + round);
        while (CAsyncSocket_Receive(&t.server.socket, t.bytes, 16, 0) < 0 && blocked < TRIES_MAX) {
            EXPECT_EQ_INT(CAsyncSocket_GetLastError(), WSAEWOULDBLOCK);
            blocked++;
            settle(a);
            EXPECT_EQ_INT(recorder_count(&t.server, FD_READ), blocked + round);
        }
        EXPECT_EQ_MEM(t.bytes, "hello", 5);
    }
    EXPECT_TRUE(blocked > 0);
    EXPECT_EQ_INT(counters(fault).receive_would_blocks, blocked);
    stage_close(&t);
    EXPECT_CODE(sim_fault_remove(fault), 0);
}

static void would_block_of_send_is_followed_by_a_notification(arena *a)
{
    stage t;
    sim_fault *fault = install(a, &(sim_fault_options){.send_would_block_ppm = SIM_PERCENT(90)});
    unsigned blocked = 0;
    stage_open(&t, a);
    EXPECT_OK(CAsyncSocket_AsyncSelect(&t.server.socket, FD_WRITE));
    settle(a);
    EXPECT_EQ_INT(recorder_count(&t.server, FD_WRITE), 1);
    for (unsigned round = 1; round <= ROUNDS; round++) {
        while (CAsyncSocket_Send(&t.server.socket, "hello", 5, 0) < 0 && blocked < TRIES_MAX) {
            EXPECT_EQ_INT(CAsyncSocket_GetLastError(), WSAEWOULDBLOCK);
            EXPECT_EQ_INT(recorder_count(&t.server, FD_WRITE), blocked + 1); /* never inside the call */
            blocked++;
            settle(a);
            EXPECT_EQ_INT(recorder_count(&t.server, FD_WRITE), blocked + 1);
        }
    }
    EXPECT_TRUE(blocked > 0);
    EXPECT_EQ_INT(counters(fault).send_would_blocks, blocked);
    stage_close(&t);
    EXPECT_CODE(sim_fault_remove(fault), 0);
}

/* Takes one connection; returns how often Accept found none though there was one. */
static unsigned accept_one(arena *a, recorder *listener, UINT port)
{
    recorder client;
    CAsyncSocket server;
    unsigned blocked = 0;
    arena_enter(a, ARENA_A);
    recorder_construct(&client);
    EXPECT_OK(CAsyncSocket_Create(&client.socket, 0, SOCK_STREAM, 0, NULL));
    CAsyncSocket_Connect(&client.socket, arena_address(a, ARENA_B), port);
    settle(a);
    CAsyncSocket_Construct(&server, NULL);
    unsigned told = recorder_count(listener, FD_ACCEPT);
    while (!CAsyncSocket_Accept(&listener->socket, &server, NULL, NULL) && blocked < TRIES_MAX) {
        EXPECT_EQ_INT(CAsyncSocket_GetLastError(), WSAEWOULDBLOCK);
        blocked++;
        settle(a);
        EXPECT_EQ_INT(recorder_count(listener, FD_ACCEPT), told + blocked);
    }
    CAsyncSocket_Destruct(&server);
    arena_enter(a, ARENA_A);
    CAsyncSocket_Destruct(&client.socket);
    settle(a);
    return blocked;
}

static void would_block_of_accept_is_followed_by_a_notification(arena *a)
{
    recorder listener;
    UINT port = 0;
    char text[46];
    unsigned blocked = 0;
    sim_fault *fault = install(a, &(sim_fault_options){.accept_would_block_ppm = SIM_PERCENT(90)});
    recorder_construct(&listener);
    EXPECT_OK(CAsyncSocket_Create(&listener.socket, 0, SOCK_STREAM, FD_ACCEPT, NULL));
    EXPECT_OK(CAsyncSocket_Listen(&listener.socket, 5));
    EXPECT_OK(CAsyncSocket_GetSockName(&listener.socket, text, sizeof text, &port));
    for (unsigned round = 1; round <= ROUNDS; round++)
        blocked += accept_one(a, &listener, port);
    EXPECT_TRUE(blocked > 0);
    EXPECT_EQ_INT(counters(fault).accept_would_blocks, blocked);
    CAsyncSocket_Destruct(&listener.socket);
    EXPECT_CODE(sim_fault_remove(fault), 0);
}

/* The program reads to the end in OnClose; a WSAEWOULDBLOCK there would be the last word. */
static void receive_after_on_close_never_finds_nothing(arena *a)
{
    stage t;
    sim_fault *fault = install(a, &(sim_fault_options){.receive_would_block_ppm = SIM_PERCENT(99)});
    stage_open(&t, a);
    EXPECT_OK(CAsyncSocket_AsyncSelect(&t.server.socket, FD_READ | FD_CLOSE));
    from_client(&t, "hello", 0);
    arena_enter(a, ARENA_A);
    CAsyncSocket_Close(&t.client.socket);
    settle(a);
    EXPECT_EQ_INT(recorder_count(&t.server, FD_CLOSE), 1);
    EXPECT_EQ_INT(CAsyncSocket_Receive(&t.server.socket, t.bytes, 16, 0), 5);
    EXPECT_EQ_INT(CAsyncSocket_Receive(&t.server.socket, t.bytes, 16, 0), 0);
    EXPECT_EQ_INT(counters(fault).receive_would_blocks, 0);
    stage_close(&t);
    arena_enter(a, ARENA_B);
    EXPECT_CODE(sim_fault_remove(fault), 0);
}

const test_case test_fault[] = {TEST_EVERYWHERE(each_kind_of_call_fails_when_its_rule_says),
                                TEST_EVERYWHERE(rule_hits_from_the_nth_call_on_as_often_as_it_says),
                                TEST_EVERYWHERE(each_call_selects_as_often_as_it_should),
                                TEST_EVERYWHERE(socket_whose_select_fails_keeps_its_handle),
                                TEST_EVERYWHERE(attempt_that_fails_later_may_be_repeated),
                                TEST_EVERYWHERE(shortened_receives_lose_nothing_and_announce_the_rest),
                                TEST_EVERYWHERE(receive_gives_what_peek_and_count_have_promised),
                                TEST_EVERYWHERE(shortened_urgent_send_keeps_the_last_byte_urgent),
                                TEST_EVERYWHERE(datagrams_are_never_cut),
                                TEST_EVERYWHERE(would_block_of_receive_is_followed_by_a_notification),
                                TEST_EVERYWHERE(would_block_of_send_is_followed_by_a_notification),
                                TEST_EVERYWHERE(would_block_of_accept_is_followed_by_a_notification),
                                TEST_EVERYWHERE(receive_after_on_close_never_finds_nothing),
                                TEST_END};
