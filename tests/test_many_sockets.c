/* SPDX-License-Identifier: MIT
 *
 * Ten thousand sockets on one thread: listeners, clients and accepted ones, each of which gets every
 * notification that its kind can have, exactly once.
 *
 * All are open until the last notification but one.  The accepted ones then reset their connections, which is
 * the clients' OnClose and leaves no port behind in TIME-WAIT.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "tests/expect.h"
#include "tests/fixture.h"
#include "tests/test_list.h"

enum { TRIPLES_WANTED = 3334, DESCRIPTORS_SPARE = 200, ROUNDS_MAX = 4000, WAIT_MS = 20, RESETS_MAX = 256 };

typedef struct triple {
    recorder listener, client, accepted;
} triple;

static unsigned total_of(const triple *t) { return t->listener.total + t->client.total + t->accepted.total; }

/* ---- the limit ---- */

/* Raises the limit of descriptors as far as it goes; the number of triples that fit. */
static unsigned make_room(struct rlimit *before)
{
    unsigned fit = TRIPLES_WANTED;
    EXPECT_EQ_INT(getrlimit(RLIMIT_NOFILE, before), 0);
    struct rlimit raised = {before->rlim_max, before->rlim_max};
    setrlimit(RLIMIT_NOFILE, &raised);
    getrlimit(RLIMIT_NOFILE, &raised);
    if (raised.rlim_cur != RLIM_INFINITY && raised.rlim_cur < 3 * TRIPLES_WANTED + DESCRIPTORS_SPARE) {
        fit = raised.rlim_cur < 2 * DESCRIPTORS_SPARE ? 1
                                                      : (unsigned)(raised.rlim_cur - DESCRIPTORS_SPARE) / 3;
        printf("# many_sockets: only %u sockets of %u; raise the hard limit of open files\n", 3 * fit,
               3 * TRIPLES_WANTED);
    }
    return fit;
}

/* ---- steps ---- */

/* A loopback address of this process alone, where the system has more than one: among so many ports another
 * process would find a listener where it expects none. */
static const char *own_address(char text[16])
{
    unsigned id = (unsigned)getpid();
    CAsyncSocket probe;
    CAsyncSocket_Construct(&probe, NULL);
    snprintf(text, 16, "127.%u.%u.%u", 1 + id / 62500 % 250, 1 + id / 250 % 250, 1 + id % 250);
    if (!CAsyncSocket_Create(&probe, 0, SOCK_STREAM, 0, text))
        snprintf(text, 16, "127.0.0.1");
    CAsyncSocket_Destruct(&probe);
    return text;
}

static void open_pair(triple *t, const char *address)
{
    UINT port = 0;
    char bound[46];
    recorder_construct(&t->listener);
    recorder_construct(&t->client);
    recorder_construct(&t->accepted);
    EXPECT_OK_FATAL(CAsyncSocket_Create(&t->listener.socket, 0, SOCK_STREAM, FD_ACCEPT, address));
    EXPECT_OK_FATAL(CAsyncSocket_Listen(&t->listener.socket, 1));
    EXPECT_OK_FATAL(CAsyncSocket_GetSockName(&t->listener.socket, bound, sizeof bound, &port));
    EXPECT_OK_FATAL(CAsyncSocket_Socket(&t->client.socket, SOCK_STREAM,
                                        FD_CONNECT | FD_READ | FD_WRITE | FD_OOB | FD_CLOSE, 0, AF_INET));
    CAsyncSocket_Connect(&t->client.socket, address, port);
    EXPECT_EQ_INT(CAsyncSocket_GetLastError(), WSAEWOULDBLOCK);
}

/* The mask is inherited (R12); the accepted socket selects its own events then. */
static void take(triple *t)
{
    EXPECT_OK(CAsyncSocket_Accept(&t->listener.socket, &t->accepted.socket, NULL, NULL));
    EXPECT_OK(CAsyncSocket_AsyncSelect(&t->accepted.socket, FD_READ | FD_WRITE | FD_OOB | FD_CLOSE));
}

static void send_both(recorder *r)
{
    EXPECT_EQ_INT(CAsyncSocket_Send(&r->socket, "x", 1, 0), 1);
    EXPECT_EQ_INT(CAsyncSocket_Send(&r->socket, "!", 1, MSG_OOB), 1);
}

static void receive_both(recorder *r)
{
    char in_band = 0, urgent = 0;
    EXPECT_EQ_INT(CAsyncSocket_Receive(&r->socket, &urgent, 1, MSG_OOB), 1);
    EXPECT_EQ_INT(CAsyncSocket_Receive(&r->socket, &in_band, 1, 0), 1);
    EXPECT_EQ_INT(in_band, 'x');
    EXPECT_EQ_INT(urgent, '!');
}

static void reset(recorder *r)
{
    struct linger at_once = {1, 0};
    EXPECT_OK(CAsyncSocket_SetSockOpt(&r->socket, SO_LINGER, &at_once, sizeof at_once, SOL_SOCKET));
    CAsyncSocket_Close(&r->socket);
}

/* Pumps until each triple has had its share of callbacks. */
static void pump_until(const triple *triples, unsigned count, unsigned share, const char *what)
{
    unsigned had = 0;
    for (unsigned round = 0; round < ROUNDS_MAX && had < count; round++) {
        cas_pump_run(WAIT_MS);
        had = 0;
        for (unsigned i = 0; i < count; i++)
            had += total_of(&triples[i]) >= share;
    }
    while (cas_pump_run(0) > 0) /* nothing but the shares */
        continue;
    for (unsigned i = 0; i < count; i++)
        if (!expect_report(EXPECT_SITE(false), total_of(&triples[i]) == share,
                           "%s: triple %u of %u had %u callbacks instead of %u", what, i, count,
                           total_of(&triples[i]), share))
            return;
}

static void expect_once(const recorder *r, long events, const char *who, unsigned number)
{
    for (long event = FD_READ; event <= FD_CLOSE; event <<= 1)
        expect_report(EXPECT_SITE(false), recorder_count(r, event) == ((events & event) != 0 ? 1u : 0u),
                      "%s %u: event %ld came %u times", who, number, event, recorder_count(r, event));
}

/* Nobody sends an RST again, and a busy kernel drops what its backlog cannot hold (1000 packets a processor),
 * so there are never more on their way. */
static void reset_in_turns(triple *triples, unsigned count)
{
    for (unsigned from = 0; from < count; from += RESETS_MAX) {
        unsigned turn = count - from < RESETS_MAX ? count - from : (unsigned)RESETS_MAX;
        for (unsigned i = from; i < from + turn; i++)
            reset(&triples[i].accepted);
        pump_until(triples + from, turn, 10, "CLOSE of the clients");
    }
}

static void run_all(triple *triples, unsigned count)
{
    char text[16];
    const char *address = own_address(text);
    for (unsigned i = 0; i < count; i++)
        open_pair(&triples[i], address);
    pump_until(triples, count, 3, "ACCEPT; CONNECT, WRITE");
    for (unsigned i = 0; i < count; i++)
        take(&triples[i]);
    pump_until(triples, count, 4, "WRITE");
    for (unsigned i = 0; i < count; i++) {
        send_both(&triples[i].client);
        send_both(&triples[i].accepted);
    }
    pump_until(triples, count, 8, "OOB, READ on both sides");
    EXPECT_EQ_INT(cas_thread_socket_count(cas_thread_current()), 3 * count);
    for (unsigned i = 0; i < count; i++) {
        receive_both(&triples[i].client);
        receive_both(&triples[i].accepted);
        EXPECT_OK(CAsyncSocket_ShutDown(&triples[i].client.socket, SD_SEND));
    }
    pump_until(triples, count, 9, "CLOSE of the accepted");
    reset_in_turns(triples, count);
}

static void every_socket_gets_every_notification_once(arena *a)
{
    struct rlimit before;
    unsigned count = make_room(&before);
    triple *triples = calloc(count, sizeof *triples);
    EXPECT_TRUE_FATAL(triples != NULL);
    (void)a;
    run_all(triples, count);
    for (unsigned i = 0; i < count; i++) {
        expect_once(&triples[i].listener, FD_ACCEPT, "listener", i);
        expect_once(&triples[i].client, FD_CONNECT | FD_WRITE | FD_READ | FD_OOB | FD_CLOSE, "client", i);
        expect_once(&triples[i].accepted, FD_WRITE | FD_READ | FD_OOB | FD_CLOSE, "accepted", i);
        CAsyncSocket_Destruct(&triples[i].listener.socket);
        CAsyncSocket_Destruct(&triples[i].client.socket);
    }
    free(triples);
    setrlimit(RLIMIT_NOFILE, &before);
}

const test_case test_many_sockets[] = {TEST_REAL(every_socket_gets_every_notification_once), TEST_END};
