/* SPDX-License-Identifier: MIT
 *
 * castanet_swarm: random worlds full of transfers.  Every stream must arrive bit for bit, or end with the
 * right notifications on both ends and for a reason; nothing may wait for ever without a cause; the
 * invariants of every connection hold after every event.  Its options: castanet_swarm --help.
 *
 * Exit codes: 0 nothing found, 1 a failure, 2 usage.  A failure prints the command that repeats it.
 */
#define _GNU_SOURCE /* MAP_ANONYMOUS */
#include "tests/swarm.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum { EXIT_FINE, EXIT_FAILURES, EXIT_USAGE };

static const char usage[] =
    "castanet_swarm --seeds A-B [OPTION...]\n"
    "Runs a random world for each seed, and judges how every transfer in it ends.\n"
    "\n"
    "  --jobs N                    processes; 1 if not given\n"
    "  --without NAME,NAME         features that stay off; see below\n"
    "  --without-connections N,N   connections that are left out\n"
    "  --size-shift N              transfers are shorter by so many halvings\n"
    "  --no-check                  without the invariants, which is faster\n"
    "  --no-shrink                 failures as they were found\n"
    "  --pcap FOLDER               a capture of each seed, FOLDER/swarm-SEED.pcap, and which of its rows "
    "were\n"
    "                              corrupted by a link, FOLDER/swarm-SEED.corrupted\n"
    "  --print                     every plan\n"
    "  --ladder                    what happened last in each world\n"
    "  --list                      a line for each seed: its fingerprint and what happened\n"
    "  --plant BUG                 a mistake that must be found; see below\n"
    "  --help                      this text\n"
    "\n"
    "A seed draws which features are on, and then, from streams of their own, what each of them does; so "
    "one\n"
    "that is switched off moves no other.  A failure is shortened and printed with the command that repeats\n"
    "it.  Exit codes: 0 nothing found, 1 a failure, 2 usage.\n";
enum { JOBS_MAX = 64, FAILURES_MAX = 20 };

typedef struct request {
    uint64_t first, last;
    unsigned jobs;
    swarm_less less;
    const char *folder;
    unsigned bug;
    bool help, seeds, print, list, keep, no_check, ladder;
} request;

/* What a process found; in memory that all share. */
typedef struct totals {
    uint64_t seed; /* at work on this one */
    uint64_t seeds, failures, events, bytes, packets, fingerprint;
    uint64_t done, failed_ends, left;
    uint64_t counts[SWARM_COUNT_COUNT];
} totals;

/* ---- one seed ---- */

static void print_failure(const request *r, uint64_t seed, swarm_outcome *outcome, const swarm_mode *mode)
{
    static swarm_plan plan;
    swarm_less less = r->less;
    swarm_mode quiet = *mode;
    quiet.pcap = NULL;
    quiet.corrupted = NULL;
    quiet.ladder = NULL;
    if (!r->keep)
        swarm_shrink(seed, &less, &quiet, outcome);
    swarm_draw(&plan, seed, &less);
    printf("FAILURE seed %" PRIu64 ": %s\n", seed, outcome->failure);
    swarm_print_plan(stdout, &plan);
    printf("  reproduce: castanet_swarm --seeds %" PRIu64, seed);
    swarm_print_less(stdout, &less);
    printf("\n");
}

static void add(totals *t, const swarm_outcome *o)
{
    uint64_t fingerprint = 0;
    sscanf(o->fingerprint, "%16" SCNx64, &fingerprint);
    t->seeds++;
    t->failures += o->failed;
    t->events += o->events;
    t->bytes += o->bytes;
    t->packets += o->packets;
    t->fingerprint ^= fingerprint;
    t->done += o->done;
    t->failed_ends += o->failed_ends;
    t->left += o->left;
    for (unsigned i = 0; i < SWARM_COUNT_COUNT; i++)
        t->counts[i] += o->counts[i];
}

static void print_line(uint64_t seed, const swarm_outcome *o)
{
    printf("seed %" PRIu64 " fingerprint %s events %" PRIu64 " ms %.3f bytes %" PRIu64
           " done %u failed %u left %u packets %" PRIu64,
           seed, o->fingerprint, o->events, (double)o->ended_ns / 1e6, o->bytes, o->done, o->failed_ends,
           o->left, o->packets);
    swarm_print_counts(stdout, o->counts);
    printf("\n");
}

static void run_seed(const request *r, uint64_t seed, totals *t)
{
    static swarm_plan plan;
    static swarm_outcome outcome;
    char path[512], corrupted[512];
    swarm_mode mode = {.check = !r->no_check, .ladder = r->ladder ? stdout : NULL, .bug = r->bug};
    if (r->folder != NULL) {
        snprintf(path, sizeof path, "%s/swarm-%" PRIu64 ".pcap", r->folder, seed);
        snprintf(corrupted, sizeof corrupted, "%s/swarm-%" PRIu64 ".corrupted", r->folder, seed);
        mode.pcap = path;
        mode.corrupted = corrupted;
    }
    t->seed = seed;
    swarm_draw(&plan, seed, &r->less);
    if (r->print) {
        printf("seed %" PRIu64 "\n", seed);
        swarm_print_plan(stdout, &plan);
    }
    swarm_run(&plan, &mode, &outcome);
    add(t, &outcome);
    if (r->list)
        print_line(seed, &outcome);
    if (outcome.failed && t->failures <= FAILURES_MAX)
        print_failure(r, seed, &outcome, &mode);
}

/* ---- processes ---- */

static void work(const request *r, unsigned job, totals *t)
{
    for (uint64_t seed = r->first + job; seed <= r->last; seed += r->jobs)
        run_seed(r, seed, t);
    fflush(stdout);
}

static totals *share_totals(unsigned jobs)
{
    void *shared = mmap(NULL, jobs * sizeof(totals), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
                        0);
    if (shared == MAP_FAILED)
        abort();
    return shared;
}

/* A process that dies takes its seed along: that is a failure too. */
static void wait_for(pid_t child, const request *r, totals *t)
{
    int status = 0;
    if (waitpid(child, &status, 0) != child || (WIFEXITED(status) && WEXITSTATUS(status) == 0))
        return;
    t->failures++;
    printf("FAILURE seed %" PRIu64
           ": the process died with status 0x%x\n  reproduce: castanet_swarm --seeds %" PRIu64,
           t->seed, (unsigned)status, t->seed);
    swarm_print_less(stdout, &r->less);
    printf("\n");
}

/* What a process has printed, in one piece. */
static void pass_on(FILE *said)
{
    char bytes[4096];
    size_t count;
    rewind(said);
    while ((count = fread(bytes, 1, sizeof bytes, said)) > 0)
        fwrite(bytes, 1, count, stdout);
    fclose(said);
}

static void run_all(const request *r, totals *t)
{
    pid_t children[JOBS_MAX];
    FILE *said[JOBS_MAX];
    fflush(stdout);
    for (unsigned job = 0; job < r->jobs; job++) {
        said[job] = tmpfile();
        if (said[job] == NULL)
            abort();
        children[job] = fork();
        if (children[job] < 0)
            abort();
        if (children[job] == 0) {
            if (dup2(fileno(said[job]), STDOUT_FILENO) < 0)
                _exit(EXIT_USAGE);
            work(r, job, &t[job]);
            _exit(0);
        }
    }
    for (unsigned job = 0; job < r->jobs; job++) {
        wait_for(children[job], r, &t[job]);
        pass_on(said[job]);
    }
}

static bool print_summary(const request *r, const totals *all)
{
    totals sum = {0};
    for (unsigned job = 0; job < r->jobs; job++) {
        sum.seeds += all[job].seeds;
        sum.failures += all[job].failures;
        sum.events += all[job].events;
        sum.bytes += all[job].bytes;
        sum.packets += all[job].packets;
        sum.fingerprint ^= all[job].fingerprint;
        sum.done += all[job].done;
        sum.failed_ends += all[job].failed_ends;
        sum.left += all[job].left;
        for (unsigned i = 0; i < SWARM_COUNT_COUNT; i++)
            sum.counts[i] += all[job].counts[i];
    }
    printf("%" PRIu64 " seeds, %" PRIu64 " failures; %" PRIu64 " events, %" PRIu64
           " packets, %.1f MB received; ends: %" PRIu64 " done, %" PRIu64 " failed, %" PRIu64
           " left; fingerprint %016" PRIx64 "\n",
           sum.seeds, sum.failures, sum.events, sum.packets, (double)sum.bytes / 1e6, sum.done,
           sum.failed_ends, sum.left, sum.fingerprint);
    printf("happened:");
    swarm_print_counts(stdout, sum.counts);
    printf("\n");
    return sum.failures == 0;
}

/* ---- command line ---- */

static int refuse(const char *what, const char *fix)
{
    fprintf(stderr, "error: %s\n  why: the command line cannot be followed\n  fix: %s\n", what, fix);
    return EXIT_USAGE;
}

static bool parse_number(const char *text, uint64_t most, uint64_t *out, const char **end)
{
    char *after;
    errno = 0;
    *out = strtoull(text, &after, 10);
    *end = after;
    return after != text && errno == 0 && *text != '-' && *out <= most;
}

static bool parse_seeds(const char *text, request *r)
{
    const char *end;
    bool ok = parse_number(text, UINT64_MAX - 1, &r->first, &end);
    r->last = r->first;
    if (ok && *end == '-')
        ok = parse_number(end + 1, UINT64_MAX - 1, &r->last, &end);
    r->seeds = true;
    return ok && *end == '\0' && r->first <= r->last;
}

static bool parse_features(const char *text, swarm_less *less)
{
    while (*text != '\0') {
        size_t len = strcspn(text, ",");
        swarm_feature feature = swarm_feature_of_name(text, len);
        if (feature == SWARM_FEATURE_COUNT)
            return false;
        less->off |= UINT64_C(1) << feature;
        text += len + (text[len] == ',');
    }
    return true;
}

static bool parse_connections(const char *text, swarm_less *less)
{
    while (*text != '\0') {
        uint64_t number;
        if (!parse_number(text, SWARM_CONNECTIONS_MAX - 1, &number, &text) || (*text != ',' && *text != '\0'))
            return false;
        less->connections |= UINT64_C(1) << number;
        text += *text == ',';
    }
    return true;
}

static bool parse_unsigned(const char *text, unsigned least, unsigned most, unsigned *out)
{
    uint64_t number;
    const char *end;
    if (!parse_number(text, most, &number, &end) || *end != '\0' || number < least)
        return false;
    *out = (unsigned)number;
    return true;
}

/* Nothing else may lose what this bug loses. */
static bool parse_bug(const char *text, request *r)
{
    r->bug = swarm_bug_of_name(text);
    if (r->bug == SWARM_BUG_CUT)
        r->less.off |= swarm_wild_features() | UINT64_C(1) << SWARM_LOSS;
    return r->bug != SWARM_NO_BUG;
}

static void print_usage(void)
{
    fputs(usage, stdout);
    printf("\nFeatures:");
    for (unsigned i = 0; i < SWARM_FEATURE_COUNT; i++)
        printf("%s%s", i % 8 == 0 ? "\n  " : " ", swarm_feature_name((swarm_feature)i));
    printf("\n\nBugs to plant:\n");
    swarm_print_bugs(stdout);
}

/* Returns EXIT_FINE, or EXIT_USAGE after it has said why. */
static int parse(int argc, char **argv, request *r)
{
    static const struct option names[] = {{"seeds", required_argument, NULL, 's'},
                                          {"jobs", required_argument, NULL, 'j'},
                                          {"without", required_argument, NULL, 'w'},
                                          {"without-connections", required_argument, NULL, 'c'},
                                          {"size-shift", required_argument, NULL, 'z'},
                                          {"pcap", required_argument, NULL, 'f'},
                                          {"plant", required_argument, NULL, 'b'},
                                          {"no-check", no_argument, NULL, 'n'},
                                          {"no-shrink", no_argument, NULL, 'k'},
                                          {"print", no_argument, NULL, 'p'},
                                          {"ladder", no_argument, NULL, 'd'},
                                          {"list", no_argument, NULL, 'l'},
                                          {"help", no_argument, NULL, 'h'},
                                          {0}};
    for (int c; (c = getopt_long(argc, argv, "", names, NULL)) != -1;) {
        bool ok = true;
        switch (c) {
        case 's': ok = parse_seeds(optarg, r); break;
        case 'j': ok = parse_unsigned(optarg, 1, JOBS_MAX, &r->jobs); break;
        case 'w': ok = parse_features(optarg, &r->less); break;
        case 'c': ok = parse_connections(optarg, &r->less); break;
        case 'z': ok = parse_unsigned(optarg, 0, 31, &r->less.size_shift); break;
        case 'b': ok = parse_bug(optarg, r); break;
        case 'f': r->folder = optarg; break;
        case 'n': r->no_check = true; break;
        case 'k': r->keep = true; break;
        case 'p': r->print = true; break;
        case 'd': r->ladder = true; break;
        case 'l': r->list = true; break;
        case 'h': r->help = true; return EXIT_FINE;
        default: return refuse("an unknown option", "see castanet_swarm --help");
        }
        if (!ok)
            return refuse("an option has a value that it cannot have", "see castanet_swarm --help");
    }
    if (optind != argc || !r->seeds)
        return refuse("it is not said which seeds to run", "write castanet_swarm --seeds 1-100");
    return EXIT_FINE;
}

int main(int argc, char **argv)
{
    request r = {.jobs = 1};
    if (parse(argc, argv, &r) != EXIT_FINE)
        return EXIT_USAGE;
    if (r.help) {
        print_usage();
        return EXIT_FINE;
    }
    totals *all = share_totals(r.jobs);
    run_all(&r, all);
    return print_summary(&r, all) ? EXIT_FINE : EXIT_FAILURES;
}
