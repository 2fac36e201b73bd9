/* SPDX-License-Identifier: MIT
 *
 * castanet_loopback: how often each bug of the museum shows in plain runs on the machine's own sockets.
 *
 *     castanet_loopback [--runs N] [--jobs N] [--pace MS] [--bug ID]... [--mended] [--always]
 *
 * Each run is a process of its own with a thread for each host, so a run that crashes or hangs is one run.
 * Many go on at a time, since a run mostly waits; all of them end with this program.  The numbers are those
 * of this machine at this hour: a busy machine makes threads late, and late threads are what many bugs need.
 * So runs begin a pace apart, which leaves two cores idle for half of the time; --pace 0 begins as many as
 * there are jobs.  Standard output is a table in Markdown.
 *
 * --mended runs the mended forms; the exit status is 1 if one of them fails.  --always runs the bugs that
 * fail in every order and can show on real sockets; the exit status is 1 if one of them passes.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "bench/search/loopback_stage.h"
#include "tests/museum/museum.h"

enum { BUGS_MAX = 128, RUNS_MAX = 1000000, HANG_SECONDS = 30, PACE_MS_MAX = 999 };

static const stage_limits limits = {
    .quiet_ns = 30000000, .stall_ns = 1500000000, .until_ns = 10000000000, .callbacks_max = 250};

typedef struct tally {
    const museum_bug *bug;
    unsigned runs, failed, first; /* the first run that failed, from 1; 0: none */
    stage_result example;         /* of that one */
    bool is_missing;
} tally;

typedef struct job {
    pid_t process; /* 0: none */
    tally *tally;
    unsigned run;
} job;

typedef struct loopback {
    unsigned runs, jobs, pace_ms;
    bool mended, always;
    const char *wanted[BUGS_MAX];
    unsigned wanted_count;
    tally tallies[BUGS_MAX];
    unsigned count;
    job slots[STAGE_SLOTS];
    stage_result *results; /* of each slot; shared with the processes */
} loopback;

/* ---- one run ---- */

static void play(const loopback *l, const tally *t, unsigned slot)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    alarm(HANG_SECONDS);
    stage_run(l->mended ? t->bug->mended : t->bug->broken, slot, &limits, &l->results[slot]);
    _exit(0);
}

static void start(loopback *l, unsigned slot, tally *t, unsigned run)
{
    const struct timespec pace = {.tv_nsec = (long)l->pace_ms * 1000000};
    nanosleep(&pace, NULL);
    l->results[slot] = (stage_result){.outcome = SIM_CRASHED};
    pid_t process = fork();
    if (process == 0)
        play(l, t, slot);
    if (process < 0) {
        perror("error: no process for a run");
        exit(4);
    }
    l->slots[slot] = (job){.process = process, .tally = t, .run = run};
}

static void count(loopback *l, unsigned slot, int status)
{
    job *j = &l->slots[slot];
    tally *t = j->tally;
    stage_result *result = &l->results[slot];
    if (WIFSIGNALED(status))
        result->outcome = WTERMSIG(status) == SIGALRM ? SIM_HUNG : SIM_CRASHED;
    else if (WEXITSTATUS(status) != 0)
        result->outcome = SIM_EXITED;
    t->runs++;
    if (result->missing[0] != '\0') {
        t->is_missing = true;
        t->example = *result;
    } else if (result->outcome != SIM_PASSED) {
        t->failed++;
        if (t->first == 0 || j->run < t->first) {
            t->first = j->run;
            t->example = *result;
        }
    }
    j->process = 0;
}

/* Waits for one of the processes. */
static void reap(loopback *l)
{
    int status;
    pid_t process = wait(&status);
    for (unsigned i = 0; i < l->jobs; i++)
        if (l->slots[i].process == process)
            count(l, i, status);
}

static int free_slot(const loopback *l)
{
    for (unsigned i = 0; i < l->jobs; i++)
        if (l->slots[i].process == 0)
            return (int)i;
    return -1;
}

static bool is_busy(const loopback *l)
{
    for (unsigned i = 0; i < l->jobs; i++)
        if (l->slots[i].process != 0)
            return true;
    return false;
}

/* ---- the table ---- */

static void print_row(const tally *t)
{
    if (t->is_missing)
        printf("| %s | cannot be run | needs: %s |\n", t->bug->id, t->example.missing);
    else if (t->failed == 0)
        printf("| %s | never in %u | |\n", t->bug->id, t->runs);
    else
        printf("| %s | %u (%u of %u) | %s%s%s |\n", t->bug->id, t->first, t->failed, t->runs,
               sim_outcome_word(t->example.outcome), t->example.message[0] != '\0' ? ": " : "",
               t->example.message);
    fflush(stdout);
}

/* The runs of one bug end before those of the next begin: a program that runs in a circle would make the
 * others late. */
static void run_all(loopback *l)
{
    printf("| bug | first run that fails (how many) | how |\n|---|---|---|\n");
    for (unsigned i = 0; i < l->count; i++) {
        for (unsigned run = 1; run <= l->runs && !l->tallies[i].is_missing; run++) {
            while (free_slot(l) < 0)
                reap(l);
            start(l, (unsigned)free_slot(l), &l->tallies[i], run);
        }
        while (is_busy(l))
            reap(l);
        print_row(&l->tallies[i]);
    }
}

static int sum_up(const loopback *l)
{
    unsigned found = 0, missing = 0;
    for (unsigned i = 0; i < l->count; i++) {
        found += l->tallies[i].failed > 0;
        missing += l->tallies[i].is_missing;
    }
    printf("\n%u of %u %s in %u plain runs each on loopback, begun %u ms apart; %u need what real sockets "
           "cannot give.\n",
           found, l->count, l->mended ? "fail when mended" : "found", l->runs, l->pace_ms, missing);
    if (l->mended)
        return found > 0;
    return l->always && found < l->count - missing;
}

/* ---- the command ---- */

static bool is_wanted(const loopback *l, const museum_bug *bug)
{
    for (unsigned i = 0; i < l->wanted_count; i++)
        if (strcmp(l->wanted[i], bug->id) == 0)
            return true;
    return l->wanted_count == 0 && (!l->always || bug->fails_always);
}

static int usage(void)
{
    fputs("usage: castanet_loopback [--runs N] [--jobs N] [--pace MS] [--bug ID]... [--mended] [--always]\n",
          stderr);
    return 2;
}

static bool read_options(loopback *l, int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        bool has_value = i + 1 < argc;
        if (has_value && strcmp(argv[i], "--runs") == 0)
            l->runs = (unsigned)strtoul(argv[++i], NULL, 10);
        else if (has_value && strcmp(argv[i], "--jobs") == 0)
            l->jobs = (unsigned)strtoul(argv[++i], NULL, 10);
        else if (has_value && strcmp(argv[i], "--pace") == 0)
            l->pace_ms = (unsigned)strtoul(argv[++i], NULL, 10);
        else if (has_value && strcmp(argv[i], "--bug") == 0 && l->wanted_count < BUGS_MAX)
            l->wanted[l->wanted_count++] = argv[++i];
        else if (strcmp(argv[i], "--mended") == 0)
            l->mended = true;
        else if (strcmp(argv[i], "--always") == 0)
            l->always = true;
        else
            return false;
    }
    return l->runs > 0 && l->runs <= RUNS_MAX && l->jobs > 0 && l->jobs <= STAGE_SLOTS &&
           l->pace_ms <= PACE_MS_MAX;
}

int main(int argc, char **argv)
{
    static loopback l = {.runs = 1000, .jobs = 64, .pace_ms = 5};
    if (!read_options(&l, argc, argv))
        return usage();
    for (size_t i = 0; i < museum_count && l.count < BUGS_MAX; i++)
        if (is_wanted(&l, museum_bugs[i]))
            l.tallies[l.count++].bug = museum_bugs[i];
    if (l.count == 0)
        return usage();
    l.results = mmap(NULL, STAGE_SLOTS * sizeof *l.results, PROT_READ | PROT_WRITE,
                     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (l.results == MAP_FAILED)
        return 4;
    setvbuf(stdout, NULL, _IOLBF, 0);
    run_all(&l);
    return sum_up(&l);
}
