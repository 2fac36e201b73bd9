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
    arena_connect_with_buffer(a, client, server, 0);
}

void arena_connect_with_buffer(arena *a, recorder *client, recorder *server, int bytes)
{
    CAsyncSocket listener;
    cas_thread *before = arena_enter(a, ARENA_B);
    UINT port = fixture_listen(&listener, bytes);
    arena_enter(a, ARENA_A);
    fixture_begin_connect(client, arena_address(a, ARENA_B), port);
    arena_settle(a);
    arena_enter(a, ARENA_B);
    fixture_accept(&listener, server);
    cas_thread_enter(before);
}
