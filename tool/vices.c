/* SPDX-License-Identifier: MIT
 *
 * See vices.h.
 */
#define _GNU_SOURCE
#include "tool/vices.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#if defined(__GLIBC__)
#include <malloc.h>
#endif

#include "tool/guard.h"
#include "tool/record.h"
#include "tool/worker.h"

static const char *const variables[] = {"HOME", "USER", "LANG", "TZ", "PATH", "TMPDIR", "HOSTNAME"};
enum { VARIABLES = sizeof variables / sizeof *variables };

/* In shared memory. */
typedef struct hunt_for_vices {
    const sim_scenario *scenario;
    sim_time_mode mode;
    uint64_t seed;
    unsigned quiet_ms;
    bool turns_clock;
    int error;
    sim_repeat repeat;
    char *kept[VARIABLES]; /* the worker's own, from before; NULL: it was not set */
} hunt_for_vices;

/* ---- what a library cannot do ---- */

static bool fill_fresh_blocks(bool on)
{
#if defined(__GLIBC__)
    return mallopt(M_PERTURB, on ? 0x11 : 0xEE) == 1;
#else
    (void)on;
    return false;
#endif
}

static void change_environment(hunt_for_vices *h)
{
    for (size_t i = 0; i < VARIABLES; i++) {
        const char *value = getenv(variables[i]);
        h->kept[i] = value == NULL ? NULL : strdup(value);
        setenv(variables[i], "/castanet/elsewhere", 1);
    }
    setenv("CASTANET_ELSEWHERE", "1", 1);
}

static void restore_environment(hunt_for_vices *h)
{
    for (size_t i = 0; i < VARIABLES; i++) {
        if (h->kept[i] != NULL)
            setenv(variables[i], h->kept[i], 1);
        else
            unsetenv(variables[i]);
        free(h->kept[i]);
        h->kept[i] = NULL;
    }
    unsetenv("CASTANET_ELSEWHERE");
}

static void wait_for_next_second(void)
{
    time_t began = time(NULL);
    while (time(NULL) == began)
        nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
}

static bool disturb(void *context, sim_disturbance which, bool on)
{
    hunt_for_vices *h = context;
    switch (which) {
    case SIM_DISTURB_MEMORY: return fill_fresh_blocks(on);
    case SIM_DISTURB_ENVIRONMENT:
        if (on)
            change_environment(h);
        else
            restore_environment(h);
        return true;
    case SIM_DISTURB_CLOCK:
        if (on && h->turns_clock)
            wait_for_next_second();
        return h->turns_clock;
    default: return false;
    }
}

/* ---- the worker ---- */

static int task(void *argument)
{
    hunt_for_vices *h = argument;
    guard *g = guard_create(h->quiet_ms);
    sim_repeat_options options = {
        .order = {.mode = h->mode, .strategy = "random"}, .seed = h->seed, .disturb = disturb, .context = h};
    if (g == NULL)
        return 1;
    options.order.memory = guard_memory(g);
    options.order.runner = guard_runner(g);
    (void)fill_fresh_blocks(false);
    h->error = sim_check_repeats(h->scenario, &options, &h->repeat);
    guard_destroy(g);
    return h->error != 0;
}

bool vices_find(const sim_scenario *scenario, sim_time_mode mode, uint64_t seed, unsigned quiet_ms,
                bool turns_clock, sim_repeat *out)
{
    hunt_for_vices *h = worker_share(sizeof *h);
    worker_report report;
    if (h == NULL)
        return false;
    *h = (hunt_for_vices){
        .scenario = scenario, .mode = mode, .seed = seed, .quiet_ms = quiet_ms, .turns_clock = turns_clock};
    worker_limits limits = {.quiet_ms = 10 * quiet_ms};
    bool done = worker_run(task, h, &limits, &report) == 0 && report.end == WORKER_RETURNED &&
                report.status == 0;
    *out = h->repeat;
    worker_unshare(h, sizeof *h);
    return done;
}

static void print_line(void *context, const char *line)
{
    (void)context;
    printf("  %s\n", line);
}

void vices_tell(const sim_repeat *repeat)
{
    if (repeat->difference.differs)
        sim_difference_tell(&repeat->difference, "first: ", "second:", print_line, NULL);
    for (unsigned bit = 1; bit <= SIM_CAUSE_CLOCK; bit <<= 1) {
        if ((repeat->causes & bit) != 0)
            printf("  likely: %s\n", sim_cause_text(bit));
    }
}

static void record_line(void *context, const char *line)
{
    (void)context;
    record_item(line);
}

void vices_record(const sim_repeat *repeat)
{
    record_list("difference");
    if (repeat->difference.differs)
        sim_difference_tell(&repeat->difference, "first: ", "second:", record_line, NULL);
    record_list_end();
    record_list("causes");
    for (unsigned bit = 1; bit <= SIM_CAUSE_CLOCK; bit <<= 1) {
        if ((repeat->causes & bit) != 0)
            record_item(sim_cause_text(bit));
    }
    record_list_end();
}
