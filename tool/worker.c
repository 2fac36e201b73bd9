/* SPDX-License-Identifier: MIT
 *
 * See worker.h.
 *
 * Two pipes lead from the child to the parent: its stderr, and one on which it says what its task returned.
 * A child that says nothing has exited or was killed.
 */
#define _DEFAULT_SOURCE
#include "tool/worker.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum { LOOK_MS = 20 };

typedef struct child {
    pid_t pid;
    int words, said; /* ends of the pipes, to read from */
    worker_report *report;
    size_t used;    /* of report->words */
    int status;     /* of waitpid */
    uint64_t pulse; /* when it was looked at last, and how long it stands still */
    unsigned quiet_ms;
} child;

/* ---- in the child ---- */

static void limit_memory(uint64_t bytes)
{
    struct rlimit limit = {bytes, bytes};
    if (bytes != 0)
        (void)setrlimit(RLIMIT_AS, &limit);
}

static void be_child(int (*task)(void *), void *argument, const worker_limits *limits, int words, int said)
{
    dup2(words, STDERR_FILENO);
    dup2(words, STDOUT_FILENO); /* what a program says is no data of the search */
    close(words);
    limit_memory(limits->memory_bytes);
    unsigned char answer = (unsigned char)task(argument);
    fflush(NULL);
    if (write(said, &answer, 1) == 1)
        _exit(0);
    _exit(1);
}

/* ---- in the parent ---- */

/* Keeps the last of it. */
static void hear(child *c)
{
    char fresh[WORKER_WORDS / 4];
    ssize_t count = read(c->words, fresh, sizeof fresh);
    if (count <= 0) {
        close(c->words);
        c->words = -1;
        return;
    }
    char *words = c->report->words;
    size_t more = (size_t)count, room = WORKER_WORDS - 1 - c->used;
    if (more > room) {
        size_t old = more - room;
        memmove(words, words + old, c->used - old);
        c->used -= old;
    }
    memcpy(words + c->used, fresh, more);
    c->used += more;
    words[c->used] = '\0';
}

static bool has_ended(child *c)
{
    pid_t ended = waitpid(c->pid, &c->status, WNOHANG);
    return ended == c->pid || (ended < 0 && errno != EINTR);
}

static bool hangs(child *c, const worker_limits *limits)
{
    uint64_t pulse = limits->pulse == NULL ? 0 : *limits->pulse;
    c->quiet_ms = pulse == c->pulse ? c->quiet_ms + LOOK_MS : 0;
    c->pulse = pulse;
    return limits->quiet_ms != 0 && c->quiet_ms > limits->quiet_ms;
}

static void kill_child(child *c)
{
    kill(c->pid, SIGKILL);
    while (waitpid(c->pid, &c->status, 0) < 0 && errno == EINTR)
        continue;
    c->report->end = WORKER_HUNG;
}

/* Until it has ended; true: it had to be killed.  A grandchild may keep the pipes open: they do not tell. */
static bool watch(child *c, const worker_limits *limits)
{
    for (;;) {
        struct pollfd heard[2] = {{c->words, POLLIN, 0}, {c->said, POLLIN, 0}};
        int ready = poll(heard, 2, LOOK_MS);
        if (ready > 0 && heard[0].revents != 0)
            hear(c);
        bool quiet = ready == 0;
        if ((quiet || heard[1].revents != 0) && has_ended(c))
            return false;
        if (quiet && hangs(c, limits)) {
            kill_child(c);
            return true;
        }
    }
}

static void hear_the_rest(child *c)
{
    struct pollfd heard = {c->words, POLLIN, 0};
    while (c->words >= 0 && poll(&heard, 1, 0) > 0)
        hear(c);
    if (c->words >= 0)
        close(c->words);
}

static void judge(child *c)
{
    worker_report *report = c->report;
    unsigned char answer;
    bool said = read(c->said, &answer, 1) == 1;
    if (WIFSIGNALED(c->status)) {
        report->end = WORKER_KILLED;
        report->status = WTERMSIG(c->status);
    } else {
        report->end = said ? WORKER_RETURNED : WORKER_EXITED;
        report->status = said ? answer : WEXITSTATUS(c->status);
    }
}

static void attend(child *c, const worker_limits *limits)
{
    bool hung = watch(c, limits);
    hear_the_rest(c);
    if (!hung)
        judge(c);
    close(c->said);
}

static int open_pipes(int words[2], int said[2])
{
    if (pipe(words) != 0)
        return errno;
    if (pipe(said) == 0)
        return 0;
    int error = errno;
    close(words[0]);
    close(words[1]);
    return error;
}

int worker_run(int (*task)(void *argument), void *argument, const worker_limits *limits,
               worker_report *report)
{
    int words[2], said[2];
    *report = (worker_report){.end = WORKER_EXITED};
    int error = open_pipes(words, said);
    if (error != 0)
        return error;
    fflush(NULL);
    child c = {.words = words[0], .said = said[0], .report = report, .pid = fork()};
    if (c.pid == 0)
        be_child(task, argument, limits, words[1], said[1]);
    error = c.pid < 0 ? errno : 0;
    close(words[1]);
    close(said[1]);
    if (error == 0) {
        attend(&c, limits);
    } else {
        close(words[0]);
        close(said[0]);
    }
    return error;
}

/* ---- memory ---- */

void *worker_share(size_t size)
{
    int flags = MAP_SHARED | MAP_ANONYMOUS;
#ifdef MAP_NORESERVE
    flags |= MAP_NORESERVE;
#endif
    void *shared = mmap(NULL, size, PROT_READ | PROT_WRITE, flags, -1, 0);
    return shared == MAP_FAILED ? NULL : shared;
}

void worker_unshare(void *shared, size_t size)
{
    if (shared != NULL)
        munmap(shared, size);
}
