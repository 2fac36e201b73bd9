/* SPDX-License-Identifier: MIT
 *
 * Arenas of CUnit tests: with the test's memory and seed, their complaints are failed assertions, and those
 * still open at teardown are closed.
 */
#include "tests/fixture.h"

#include "tests/expect.h"
#include "tests/fixture_private.h"

enum { ARENAS_MAX = 8 };

static arena *open_arenas[ARENAS_MAX];

static void on_complaint(void *context, const char *what)
{
    (void)context;
    expect_report(EXPECT_SITE(false), false, "%s", what);
}

arena *arena_open(arena_backend backend, const cas_profile *profile)
{
    unsigned i = 0;
    while (i < ARENAS_MAX && open_arenas[i] != NULL)
        i++;
    EXPECT_TRUE_FATAL(i < ARENAS_MAX);
    expect_set_place(arena_backend_name(backend));
    open_arenas[i] = arena_create(&(arena_options){.backend = backend,
                                                   .seed = fixture_seed(),
                                                   .memory = &fixture_memory()->base,
                                                   .profile = profile,
                                                   .wrapped = fixture_has_wrapped_backends(),
                                                   .complain = on_complaint});
    EXPECT_TRUE_FATAL(open_arenas[i] != NULL);
    expect_set_world(arena_world(open_arenas[i]));
    return open_arenas[i];
}

void arena_close(arena *a)
{
    for (unsigned i = 0; i < ARENAS_MAX; i++)
        if (open_arenas[i] == a)
            open_arenas[i] = NULL;
    expect_set_world(NULL);
    expect_set_place(NULL);
    arena_destroy(a);
}

void arena_run(arena_backend backend, void (*body)(arena *))
{
    arena *a = arena_open(backend, NULL);
    arena_enter(a, ARENA_B);
    body(a);
    arena_close(a);
}

void fixture_arena_close_all(void)
{
    for (unsigned i = 0; i < ARENAS_MAX; i++)
        if (open_arenas[i] != NULL)
            arena_close(open_arenas[i]);
}

void arena_connect(arena *a, recorder *client, recorder *server)
{
    CAsyncSocket listener;
    UINT port = 0;
    char address[46];
    cas_thread *before = arena_enter(a, ARENA_B);
    CAsyncSocket_Construct(&listener, NULL);
    recorder_construct(server);
    recorder_construct(client);
    EXPECT_OK_FATAL(CAsyncSocket_Create(&listener, 0, SOCK_STREAM, 0, NULL));
    EXPECT_OK_FATAL(CAsyncSocket_Listen(&listener, 5));
    EXPECT_OK_FATAL(CAsyncSocket_GetSockName(&listener, address, sizeof address, &port));
    arena_enter(a, ARENA_A);
    EXPECT_OK_FATAL(CAsyncSocket_Create(&client->socket, 0, SOCK_STREAM, 0, NULL));
    CAsyncSocket_Connect(&client->socket, arena_address(a, ARENA_B), port);
    arena_settle(a);
    arena_enter(a, ARENA_B);
    EXPECT_OK_FATAL(CAsyncSocket_Accept(&listener, &server->socket, NULL, NULL));
    CAsyncSocket_Destruct(&listener);
    cas_thread_enter(before);
}
