/* SPDX-License-Identifier: MIT
 *
 * A program of scenarios, each of which ends its process, or does not end, in a way of its own; without a
 * main: see test_endings.py.
 *
 * A timer of the only host goes off, and it happens.
 */
#define _DEFAULT_SOURCE
#undef NDEBUG
#include <assert.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "castanet/main.h"
#include "castanet/sim.h"

enum { FILES_MAX = 1024, BLOCK_BYTES = 1 << 20, FRAME_BYTES = 1 << 16 };

typedef struct ending {
    cas_timer timer; /* first */
    void (*happen)(void);
} ending;

/* ---- what ends it ---- */

static void do_abort(void) { abort(); }
static void do_assert(void) { assert(getpid() == 0); }
static void do_divide(void) { raise(SIGFPE); }
static void do_stop(void) { raise(SIGSTOP); }
static void do_kill(void) { raise(SIGKILL); }
static void do_exit(void) { exit(0); }
static void do_exit_at_once(void) { _exit(7); }

static void do_sleep(void)
{
    for (;;)
        pause();
}

/* Signals that ask for an end are not heard. */
static void do_hang_deaf(void)
{
    static const int asked[] = {SIGTERM, SIGINT, SIGHUP, SIGALRM, SIGPIPE};
    for (size_t i = 0; i < sizeof asked / sizeof *asked; i++)
        signal(asked[i], SIG_IGN);
    do_sleep();
}

static void do_chatter(void)
{
    for (;;)
        puts("and another thing");
}

static void do_mumble(void)
{
    fputs("bell \a, red \033[31m, half \303\n", stderr);
    abort();
}

/* What the tool listens on is closed as well. */
static void close_all(void)
{
    for (int fd = 0; fd < FILES_MAX; fd++)
        close(fd);
}

static void do_close_all(void) { close_all(); }

static void do_close_all_and_hang(void)
{
    close_all();
    do_sleep();
}

static void do_allocate(void)
{
    for (;;) {
        char *block = malloc(BLOCK_BYTES);
        memset(block, 1, BLOCK_BYTES);
    }
}

static int descend(volatile char *above)
{
    volatile char frame[FRAME_BYTES];
    frame[0] = above == NULL ? '\0' : above[0];
    return frame[0] == 1 ? 0 : descend(frame) + 1;
}

static void do_recurse(void) { printf("%d\n", descend(NULL)); }

/* A grandchild has the pipes, and stays. */
static void do_fork(void)
{
    if (fork() == 0) {
        alarm(20);
        pause();
    }
    abort();
}

/* Out of a pump within a callback, past all that castanet had begun there. */
static jmp_buf way_out;

static void jump(cas_timer *timer, void *context)
{
    (void)timer;
    (void)context;
    longjmp(way_out, 1);
}

static void do_jump(void)
{
    static cas_timer later;
    later = (cas_timer){.on_timer = jump};
    cas_timer_start(&later, SIM_MS(1));
    if (setjmp(way_out) == 0)
        cas_pump_run(1000);
}

/* Into a function that has returned. */
static void do_jump_nowhere(void)
{
    memset(&way_out, 0, sizeof way_out);
    longjmp(way_out, 1);
}

/* ---- the world ---- */

static void on_timer(cas_timer *timer, void *context)
{
    (void)timer;
    ((ending *)context)->happen();
}

static void start(void *argument)
{
    ending *e = argument;
    e->timer = (cas_timer){.on_timer = on_timer, .context = e};
    cas_timer_start(&e->timer, SIM_MS(1));
}

static void build(sim_world *world, ending *e, void (*happen)(void))
{
    sim_host *host;
    e->happen = happen;
    if (sim_host_create(world, "host", &host) != 0 || sim_host_run(host, 0, start, e) != 0)
        sim_world_fail(world, "the world cannot be built: %s", sim_world_error(world)->what);
}
static void build_abort(sim_world *world, void *state) { build(world, state, do_abort); }
static void build_assert(sim_world *world, void *state) { build(world, state, do_assert); }
static void build_divide(sim_world *world, void *state) { build(world, state, do_divide); }
static void build_stop(sim_world *world, void *state) { build(world, state, do_stop); }
static void build_kill(sim_world *world, void *state) { build(world, state, do_kill); }
static void build_exit(sim_world *world, void *state) { build(world, state, do_exit); }
static void build_exit_at_once(sim_world *world, void *state) { build(world, state, do_exit_at_once); }
static void build_sleep(sim_world *world, void *state) { build(world, state, do_sleep); }
static void build_hang_deaf(sim_world *world, void *state) { build(world, state, do_hang_deaf); }
static void build_chatter(sim_world *world, void *state) { build(world, state, do_chatter); }
static void build_mumble(sim_world *world, void *state) { build(world, state, do_mumble); }
static void build_close_all(sim_world *world, void *state) { build(world, state, do_close_all); }
static void build_close_all_and_hang(sim_world *world, void *state)
{
    build(world, state, do_close_all_and_hang);
}
static void build_allocate(sim_world *world, void *state) { build(world, state, do_allocate); }
static void build_recurse(sim_world *world, void *state) { build(world, state, do_recurse); }
static void build_fork(sim_world *world, void *state) { build(world, state, do_fork); }
static void build_jump(sim_world *world, void *state) { build(world, state, do_jump); }
static void build_jump_nowhere(sim_world *world, void *state) { build(world, state, do_jump_nowhere); }

#define SCENARIO(builder, called, what)                                                                      \
    static const sim_scenario builder##_scenario = {                                                         \
        .name = called, .summary = what, .state_size = sizeof(ending), .build = builder}

SCENARIO(build_abort, "aborts", "SIGABRT");
SCENARIO(build_assert, "asserts", "an assertion");
SCENARIO(build_divide, "divides", "SIGFPE");
SCENARIO(build_stop, "stops", "SIGSTOP");
SCENARIO(build_kill, "kills", "SIGKILL");
SCENARIO(build_exit, "exits", "exit(0)");
SCENARIO(build_exit_at_once, "exits-at-once", "_exit(7)");
SCENARIO(build_sleep, "sleeps", "a callback sleeps for ever");
SCENARIO(build_hang_deaf, "hangs-deaf", "so, and hears no signals");
SCENARIO(build_chatter, "chatters", "it prints for ever");
SCENARIO(build_mumble, "mumbles", "what no terminal should see, then SIGABRT");
SCENARIO(build_close_all, "closes", "all files are closed; it goes on");
SCENARIO(build_close_all_and_hang, "closes-and-hangs", "all files are closed, and it sleeps");
SCENARIO(build_allocate, "allocates", "memory without end");
SCENARIO(build_recurse, "recurses", "calls without end");
SCENARIO(build_fork, "forks", "SIGABRT, with a child that lives on");
SCENARIO(build_jump, "jumps", "longjmp out of a pump");
SCENARIO(build_jump_nowhere, "jumps-nowhere", "longjmp without a setjmp");

const sim_scenario *const castanet_scenarios[] = {&build_abort_scenario,
                                                  &build_assert_scenario,
                                                  &build_divide_scenario,
                                                  &build_stop_scenario,
                                                  &build_kill_scenario,
                                                  &build_exit_scenario,
                                                  &build_exit_at_once_scenario,
                                                  &build_sleep_scenario,
                                                  &build_hang_deaf_scenario,
                                                  &build_chatter_scenario,
                                                  &build_mumble_scenario,
                                                  &build_close_all_scenario,
                                                  &build_close_all_and_hang_scenario,
                                                  &build_allocate_scenario,
                                                  &build_recurse_scenario,
                                                  &build_fork_scenario,
                                                  &build_jump_scenario,
                                                  &build_jump_nowhere_scenario,
                                                  NULL};
