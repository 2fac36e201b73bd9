/* SPDX-License-Identifier: MIT
 *
 * diff: two versions of a program under one schedule, or in the same random orders, and where they part.
 */
#include <stdio.h>
#include <string.h>

#include "castanet/sim_compare.h"
#include "tool/load.h"
#include "tool/program.h"
#include "tool/verdict.h"
#include "tool/worker.h"

enum { HANG_MS_DEFAULT = 10000 };

/* In shared memory. */
typedef struct comparing {
    const sim_scenario *sides[2];
    sim_compare_options options;
    uint64_t runs;
    sim_difference difference;
    int error;
} comparing;

static int task(void *argument)
{
    comparing *c = argument;
    c->error = sim_compare(c->sides[0], c->sides[1], &c->options, &c->runs, &c->difference);
    return 0;
}

static void print_line(void *context, const char *line)
{
    (void)context;
    printf("%s\n", line);
}

static int tell(const comparing *c, const worker_report *report)
{
    if (report->end != WORKER_RETURNED) {
        sim_result result;
        verdict_of(report, &result);
        printf("one of them %s: %s\n", sim_outcome_word(result.outcome), result.message);
        return TOOL_FAILED;
    }
    if (c->error != 0)
        return tool_no_memory();
    printf("%llu runs were compared\n", (unsigned long long)c->runs);
    if (c->difference.differs && c->options.schedule == NULL)
        printf("seed %llu\n", (unsigned long long)sim_explore_seed(c->options.seed, c->runs));
    sim_difference_tell(&c->difference, c->sides[0]->name, c->sides[1]->name, print_line, NULL);
    return c->difference.differs ? TOOL_FAILED : TOOL_CLEAN;
}

static int compare(comparing *c, const tool_request *request)
{
    uint64_t first = c->sides[0]->memory_max, second = c->sides[1]->memory_max;
    worker_report report;
    worker_limits limits = {.quiet_ms = request->hang_s != 0 ? (unsigned)request->hang_s * 1000
                                                             : HANG_MS_DEFAULT,
                            .pulse = &c->runs,
                            .memory_bytes = worker_memory_for(first > second ? first : second)};
    if (worker_run(task, c, &limits, &report) != 0)
        return tool_no_memory();
    return tell(c, &report);
}

/* 0, or an exit code: it was said what is wrong. */
static int read_request(comparing *c, const tool_request *request)
{
    sim_compare_options *o = &c->options;
    *o = (sim_compare_options){
        .order = {.mode = SIM_WINDOWED, .by_packet = request->by_packet, .strategy = request->strategy},
        .seed = request->seed,
        .runs = request->runs,
        .with_times = request->times};
    for (size_t i = 0; i < 2; i++) {
        c->sides[i] = tool_find_scenario(request, request->words[i]);
        if (c->sides[i] == NULL)
            return TOOL_USAGE;
    }
    if (o->order.strategy == NULL)
        o->order.strategy = request->runs > 1 ? "random" : "natural";
    return tool_check_strategy(o->order.strategy) && tool_read_mode(request, &o->order.mode) ? 0 : TOOL_USAGE;
}

int tool_diff(const tool_request *request)
{
    comparing *c = worker_share(sizeof *c);
    loaded l = {0};
    if (c == NULL)
        return tool_no_memory();
    int code = read_request(c, request);
    if (code == 0 && request->schedule != NULL)
        code = loaded_init(&l, request, request->schedule, HANG_MS_DEFAULT);
    if (code == 0) {
        c->options.schedule = l.schedule;
        code = compare(c, request);
    }
    if (l.schedule != NULL)
        loaded_fini(&l);
    worker_unshare(c, sizeof *c);
    return code;
}
