/* SPDX-License-Identifier: MIT
 *
 * castanet_museum: lists the bugs of the museum, runs one, and searches one.
 *
 *     castanet_museum list
 *     castanet_museum run ID broken|mended [--seed N] [--strategy NAME [--causal] [--by-packet]] [--runs N]
 *
 * Exit codes: 0 nothing failed, 1 a run failed, 2 bad usage.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "castanet/sim_explore.h"
#include "tests/museum/museum.h"

typedef struct request {
    const sim_scenario *scenario;
    const char *strategy; /* NULL: one run in the default order */
    sim_time_mode mode;
    bool by_packet;
    uint64_t seed, runs;
} request;

static int usage(void)
{
    fputs("castanet_museum list\n"
          "castanet_museum run ID broken|mended [--seed N] [--strategy NAME [--causal] [--by-packet]]"
          " [--runs N]\n",
          stderr);
    return 2;
}

static int list(void)
{
    for (size_t i = 0; i < museum_count; i++)
        printf("%-4s %s%s\n", museum_bugs[i]->id, museum_bugs[i]->title,
               museum_bugs[i]->is_small ? " (small)" : "");
    return 0;
}

static const sim_scenario *find(const char *id, const char *form)
{
    for (size_t i = 0; i < museum_count; i++) {
        if (strcmp(museum_bugs[i]->id, id) != 0)
            continue;
        if (strcmp(form, "broken") == 0)
            return museum_bugs[i]->broken;
        if (strcmp(form, "mended") == 0)
            return museum_bugs[i]->mended;
    }
    return NULL;
}

static bool read_number(const char *text, uint64_t *out)
{
    char *end;
    *out = strtoull(text, &end, 10);
    return *text >= '0' && *text <= '9' && *end == '\0';
}

/* false: an option that is none. */
static bool read_options(request *r, int count, char **words)
{
    for (int i = 0; i < count; i++) {
        bool has_value = i + 1 < count;
        if (strcmp(words[i], "--causal") == 0) {
            r->mode = SIM_CAUSAL;
        } else if (strcmp(words[i], "--by-packet") == 0) {
            r->by_packet = true;
        } else if (has_value && strcmp(words[i], "--strategy") == 0) {
            r->strategy = words[++i];
        } else if (has_value && strcmp(words[i], "--seed") == 0) {
            if (!read_number(words[++i], &r->seed))
                return false;
        } else if (has_value && strcmp(words[i], "--runs") == 0) {
            if (!read_number(words[++i], &r->runs))
                return false;
        } else {
            return false;
        }
    }
    return true;
}

static int run_once(const request *r)
{
    sim_result result;
    int error = sim_scenario_run(r->scenario, &(sim_run_options){.seed = r->seed}, &result);
    printf("%s: %s%s%s\n%llu events\n", r->scenario->name, sim_outcome_word(result.outcome),
           result.message[0] != '\0' ? ": " : "", result.message, (unsigned long long)result.events);
    return error != 0 || result.outcome != SIM_PASSED;
}

static int search(const request *r)
{
    sim_explore_result result;
    int error = sim_explore(r->scenario,
                            &(sim_explore_options){.strategy = r->strategy,
                                                   .mode = r->mode,
                                                   .by_packet = r->by_packet,
                                                   .seed = r->seed,
                                                   .runs_max = r->runs},
                            &result);
    if (error != 0) {
        fprintf(stderr, "castanet_museum: no strategy is called \"%s\"\n", r->strategy);
        return 2;
    }
    printf("%s: %llu runs of at most %u steps\n", r->scenario->name, (unsigned long long)result.runs,
           result.steps_max);
    for (size_t i = 0; i < result.failure_count; i++)
        printf("run %llu %s: %s\n", (unsigned long long)result.failures[i].run,
               sim_outcome_word(result.failures[i].result.outcome), result.failures[i].result.message);
    bool failed = result.failure_count > 0;
    printf("%s\n", result.statement);
    sim_explore_result_fini(&result);
    return failed;
}

int main(int argc, char **argv)
{
    request r = {.mode = SIM_WINDOWED, .runs = 10000};
    if (argc == 2 && strcmp(argv[1], "list") == 0)
        return list();
    if (argc < 4 || strcmp(argv[1], "run") != 0 || (r.scenario = find(argv[2], argv[3])) == NULL ||
        !read_options(&r, argc - 4, argv + 4))
        return usage();
    return r.strategy == NULL ? run_once(&r) : search(&r);
}
