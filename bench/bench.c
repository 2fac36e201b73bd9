/* SPDX-License-Identifier: MIT
 *
 * The command line of castanet_bench: a subject, then its options.
 */
#include "bench/bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { ABSENT = -1 };

static const bench_subject subjects[] = {
    {"bulk", bench_bulk, {20000000, 0, 10, 3000000, 1500, ABSENT, ABSENT, ABSENT, ABSENT}},
    {"udp-pingpong", bench_udp_pingpong, {-1, -1, -1, -1, -1, 1000, ABSENT, 100000, ABSENT}},
    {"tcp-pingpong", bench_tcp_pingpong, {-1, -1, -1, -1, -1, ABSENT, 1, 20000, ABSENT}},
    {"worlds", bench_worlds, {-1, -1, -1, -1, -1, ABSENT, ABSENT, 1000, ABSENT}},
    {"idle-connections", bench_idle_connections, {-1, -1, -1, -1, -1, ABSENT, ABSENT, 10000, ABSENT}},
    {"idle-hosts", bench_idle_hosts, {-1, -1, -1, -1, -1, ABSENT, ABSENT, 10000, ABSENT}},
    {"events", bench_events, {-1, -1, -1, -1, -1, ABSENT, ABSENT, 1000000, 1000}},
    {"heap", bench_heap, {-1, -1, -1, -1, -1, ABSENT, ABSENT, 1000000, 1000}},
};

enum { SUBJECTS = sizeof subjects / sizeof subjects[0] };

static const struct {
    const char *name;
    size_t offset;
} option_names[] = {
    {"bytes", offsetof(bench_options, bytes)},
    {"loss-ppm", offsetof(bench_options, loss_ppm)},
    {"latency-ms", offsetof(bench_options, latency_ms)},
    {"window", offsetof(bench_options, window)},
    {"mtu", offsetof(bench_options, mtu)},
    {"hosts", offsetof(bench_options, hosts)},
    {"connections", offsetof(bench_options, connections)},
    {"count", offsetof(bench_options, count)},
    {"pending", offsetof(bench_options, pending)},
};

enum { OPTIONS = sizeof option_names / sizeof option_names[0] };

static int64_t *value_of(bench_options *options, unsigned index)
{
    return (int64_t *)(void *)((char *)options + option_names[index].offset);
}

static int usage(void)
{
    fprintf(stderr, "usage: castanet_bench CASE [--OPTION NUMBER]...\n");
    for (unsigned i = 0; i < SUBJECTS; i++) {
        bench_options defaults = subjects[i].defaults;
        fprintf(stderr, "  %s", subjects[i].name);
        for (unsigned j = 0; j < OPTIONS; j++) {
            if (*value_of(&defaults, j) != ABSENT)
                fprintf(stderr, " [--%s %lld]", option_names[j].name, (long long)*value_of(&defaults, j));
        }
        fprintf(stderr, "\n");
    }
    return 2;
}

/* A number without a name is the count. */
static bool take_option(bench_options *options, char **words, int count, int *used)
{
    const char *name = strncmp(words[0], "--", 2) == 0 ? words[0] + 2 : "count";
    *used = name == words[0] + 2 ? 2 : 1;
    for (unsigned i = 0; i < OPTIONS && *used <= count; i++) {
        if (strcmp(name, option_names[i].name) != 0 || *value_of(options, i) == ABSENT)
            continue;
        char *end;
        *value_of(options, i) = strtoll(words[*used - 1], &end, 10);
        return *end == 0 && *value_of(options, i) >= 0;
    }
    return false;
}

int bench_fail(const char *what)
{
    fprintf(stderr, "castanet_bench: %s\n", what);
    return 1;
}

double bench_cpu_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

int main(int argc, char **argv)
{
    for (unsigned i = 0; argc > 1 && i < SUBJECTS; i++) {
        if (strcmp(argv[1], subjects[i].name) != 0)
            continue;
        bench_options options = subjects[i].defaults;
        for (int at = 2, used; at < argc; at += used) {
            if (!take_option(&options, argv + at, argc - at, &used))
                return usage();
        }
        return subjects[i].run(&options);
    }
    return usage();
}
