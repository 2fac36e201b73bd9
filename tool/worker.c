/* SPDX-License-Identifier: MIT
 *
 * See worker.h.
 *
 * A pipe leads from the child to the parent, for its words, and another one that nothing is written to: it
 * ends with the child.  What its task returned is in shared memory.  None of this is trusted: a child may
 * close the pipes and live on, leave a grandchild that has them open, or print without end.
 */
#define _DEFAULT_SOURCE
#include "tool/worker.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { LOOK_MS = 20, LOOK_SOON_MS = 1, REST_READS = 128, NOTHING_SAID = -1 };

/* Sanitizers map more than any limit, and tell themselves what ends.  The program may have one though this
 * file was compiled without. */
void __asan_init(void) __attribute__((weak));
void __msan_init(void) __attribute__((weak));
void __tsan_init(void) __attribute__((weak));

static bool is_sanitized(void)
{
    return __asan_init != NULL || __msan_init != NULL || __tsan_init != NULL;
}

typedef struct child {
    pid_t pid;
    int words, life;            /* ends of the pipes, to read from; -1: closed */
    const volatile int *answer; /* shared; NOTHING_SAID */
    worker_report *report;
    size_t used; /* of report->words */
    int status;  /* of wait4 */
    uint64_t memory_max;
    uint64_t pulse;             /* when it was looked at last */
    uint64_t last_ms, quiet_ms; /* when that was, and how long it stands still */
} child;

static uint64_t clock_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* ---- in the child ---- */

static void limit_memory(uint64_t bytes)
{
    struct rlimit limit = {(rlim_t)bytes, (rlim_t)bytes};
    if (!is_sanitized())
        (void)setrlimit(RLIMIT_DATA, &limit);
}

static void be_child(int (*task)(void *), void *argument, uint64_t memory_max, int words,
                     volatile int *answer)
{
    int nothing = open("/dev/null", O_RDONLY);
    dup2(nothing, STDIN_FILENO); /* what it reads must not depend on who started it */
    if (nothing != STDIN_FILENO)
        close(nothing);
    dup2(words, STDERR_FILENO);
    dup2(words, STDOUT_FILENO); /* what a program says is no data of the search */
    close(words);
    limit_memory(memory_max);
    int said = task(argument) & 0xFF;
    fflush(NULL);
    *answer = said;
    _exit(0);
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

static void keep_memory(child *c, const struct rusage *usage)
{
    uint64_t unit = 1024; /* of ru_maxrss; where it is a byte, nothing is ever said to be out of memory */
    c->report->memory_bytes = (uint64_t)usage->ru_maxrss * unit;
    c->report->is_out_of_memory = c->report->memory_bytes >= c->memory_max - c->memory_max / 16;
}

static bool has_ended(child *c)
{
    struct rusage usage = {.ru_maxrss = 0};
    pid_t ended = wait4(c->pid, &c->status, WNOHANG, &usage);
    if (ended == c->pid)
        keep_memory(c, &usage);
    return ended == c->pid || (ended < 0 && errno != EINTR);
}

/* Time in which this process did not look does not count: it may have been stopped, and the child as well. */
static bool hangs(child *c, const worker_limits *limits, uint64_t now_ms)
{
    uint64_t pulse = limits->pulse == NULL ? 0 : *limits->pulse, gone = now_ms - c->last_ms;
    c->quiet_ms = pulse == c->pulse ? c->quiet_ms + (gone < 2 * LOOK_MS ? gone : 2 * LOOK_MS) : 0;
    c->pulse = pulse;
    c->last_ms = now_ms;
    return limits->quiet_ms != 0 && c->quiet_ms > limits->quiet_ms;
}

static void kill_child(child *c)
{
    kill(c->pid, SIGKILL);
    while (waitpid(c->pid, &c->status, 0) < 0 && errno == EINTR)
        continue;
    c->report->end = WORKER_HUNG;
}

/* Hears what there is, for a look's time at most.  True: the child has ended, or has closed its files. */
static bool listen(child *c)
{
    struct pollfd heard[2] = {{c->words, POLLIN, 0}, {c->life, POLLIN, 0}};
    int ready = poll(heard, 2, c->life < 0 ? LOOK_SOON_MS : LOOK_MS);
    if (ready > 0 && heard[0].revents != 0)
        hear(c);
    if (ready <= 0 || heard[1].revents == 0)
        return false;
    close(c->life);
    c->life = -1;
    return true;
}

/* Until it has ended; true: it had to be killed.  A grandchild may keep the pipes open: they do not tell. */
static bool watch(child *c, const worker_limits *limits)
{
    c->last_ms = clock_ms();
    for (;;) {
        bool is_over = listen(c);
        uint64_t now_ms = clock_ms();
        if (!is_over && c->life >= 0 && now_ms - c->last_ms < LOOK_MS)
            continue;
        if (has_ended(c))
            return false;
        if (hangs(c, limits, now_ms)) {
            kill_child(c);
            return true;
        }
    }
}

/* No more than a pipe holds: a grandchild may go on for ever. */
static void hear_the_rest(child *c)
{
    struct pollfd heard = {c->words, POLLIN, 0};
    for (unsigned i = 0; i < REST_READS && c->words >= 0 && poll(&heard, 1, 0) > 0; i++)
        hear(c);
    if (c->words >= 0)
        close(c->words);
    if (c->life >= 0)
        close(c->life);
}

static void judge(child *c)
{
    worker_report *report = c->report;
    bool said = *c->answer != NOTHING_SAID;
    if (WIFSIGNALED(c->status)) {
        report->end = WORKER_KILLED;
        report->status = WTERMSIG(c->status);
    } else {
        report->end = said ? WORKER_RETURNED : WORKER_EXITED;
        report->status = said ? *c->answer : WEXITSTATUS(c->status);
    }
}

static int open_pipes(int words[2], int life[2])
{
    if (pipe(words) != 0)
        return errno;
    if (pipe(life) == 0)
        return 0;
    int error = errno;
    close(words[0]);
    close(words[1]);
    return error;
}

/* Into a child, which has the other ends of the pipes.  0 or an errno. */
static int start(child *c, int (*task)(void *argument), void *argument, volatile int *answer)
{
    int words[2], life[2];
    int error = open_pipes(words, life);
    if (error != 0)
        return error;
    fflush(NULL);
    c->pid = fork();
    if (c->pid == 0)
        be_child(task, argument, c->memory_max, words[1], answer);
    error = c->pid < 0 ? errno : 0;
    close(words[1]);
    close(life[1]);
    c->words = words[0];
    c->life = life[0];
    if (error != 0)
        hear_the_rest(c);
    return error;
}

int worker_run(int (*task)(void *argument), void *argument, const worker_limits *limits,
               worker_report *report)
{
    volatile int *answer = worker_share(sizeof *answer);
    *report = (worker_report){.end = WORKER_EXITED};
    if (answer == NULL)
        return ENOMEM;
    *answer = NOTHING_SAID;
    child c = {.answer = answer,
               .report = report,
               .memory_max = limits->memory_bytes != 0 ? limits->memory_bytes : WORKER_MEMORY};
    int error = start(&c, task, argument, answer);
    bool hung = error == 0 && watch(&c, limits);
    if (error == 0)
        hear_the_rest(&c);
    if (error == 0 && !hung)
        judge(&c);
    worker_unshare((void *)(uintptr_t)answer, sizeof *answer);
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
