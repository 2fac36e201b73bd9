/* SPDX-License-Identifier: MIT
 *
 * explore: a search for an order that fails, scenario by scenario.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tool/corpus.h"
#include "tool/failure.h"
#include "tool/files.h"
#include "tool/record.h"
#include "tool/search.h"
#include "tool/shard.h"

enum { RUNS_DEFAULT = 10000, HANG_MS_DEFAULT = 10000 };

static unsigned quiet_ms_of(const tool_request *request)
{
    return request->hang_s != 0 ? (unsigned)request->hang_s * 1000 : HANG_MS_DEFAULT;
}

/* The command that makes the same search up to that run. */
static void print_command(const tool_request *request, const sim_scenario *scenario, uint64_t run)
{
    printf("  repeat it: %s explore %s --seed %llu --runs %llu", request->program, scenario->name,
           (unsigned long long)request->seed, (unsigned long long)run);
    if (request->strategy != NULL)
        printf(" --strategy %s", request->strategy);
    if (request->mode != NULL)
        printf(" --mode %s", request->mode);
    printf("%s%s", request->by_packet ? " --by-packet" : "", request->by_object ? " --by-object" : "");
    printf("%s%s\n", request->corpus != NULL ? " --corpus " : "",
           request->corpus != NULL ? request->corpus : "");
}

static void print_statement(const char *text)
{
    for (const char *at = text; *at != '\0';) {
        size_t len = strcspn(at, "\n");
        printf("  %.*s\n", (int)len, at);
        at += len + (at[len] == '\n');
    }
}

static int tell_failure(const tool_request *request, const search_plan *plan, const search_result *found)
{
    const hunt_find *find = &found->find;
    const sim_result *result = &find->result;
    char message[700];
    snprintf(message, sizeof message, "%s: run %llu %s: %s", plan->scenario->name,
             (unsigned long long)found->run, sim_outcome_word(result->outcome), result->message);
    printf("%s\n", message);
    if (find->lost != 0)
        tool_note("the run made %lu decisions more than are kept", (unsigned long)find->lost);
    if (!find->repeats)
        tool_note("a second run with the same decisions ended otherwise");
    print_command(request, plan->scenario, found->run);
    fflush(stdout);
    cause_plan why = {.scenario = plan->scenario,
                      .order = plan->order,
                      .seed = find->seed,
                      .values = find->values,
                      .count = find->count,
                      .outcome = result->outcome,
                      .events = result->events,
                      .quiet_ms = plan->quiet_ms};
    return failure_tell(request, &why, message);
}

/* Appends to the shard's file; the first scenario begins it. */
static int write_shard(const search_plan *plan, const search_result *found, file_writer *file)
{
    shard_part *part = malloc(sizeof *part);
    if (part == NULL)
        return tool_no_memory();
    shard_part_of(plan, found, part);
    shard_write(part, file->stream);
    free(part);
    return 0;
}

/* A search that found something leaves the corpus as it is, so that it can be repeated. */
static int keep_corpus(const search_plan *plan, const search_result *found)
{
    size_t kept = 0;
    if (plan->corpus == NULL || found->run != 0)
        return 0;
    int code = corpus_keep(plan->corpus, &kept);
    if (code == 0)
        printf("  corpus: %zu runs were repeated, %zu new ones kept in %s\n", plan->corpus->count, kept,
               plan->corpus->folder);
    return code;
}

/* What the search came to; of a failure the run, whose files are recorded when they are written. */
static void record_search(const search_plan *plan, const search_result *found)
{
    record_begin("explore");
    record_text("scenario", plan->scenario->name);
    record_text("strategy", plan->order.strategy);
    record_number("runs", found->runs);
    record_flag("complete", found->is_complete);
    record_text("statement", found->summary);
    if (found->run != 0) {
        record_number("run", found->run);
        record_seed(found->find.seed);
        record_result(&found->find.result);
        record_flag("repeats", found->find.repeats);
    } else {
        record_text("outcome", sim_outcome_word(SIM_PASSED));
    }
    record_end();
}

static int explore(const tool_request *request, search_plan *plan, file_writer *shard)
{
    search_result found;
    int error = search(plan, &found);
    int code = TOOL_CLEAN;
    if (error == 0)
        record_search(plan, &found);
    if (error != 0)
        code = tool_complain(TOOL_BROKEN, strerror(error), "see whether memory or processes are limited",
                             "the search of %s could not be made", plan->scenario->name);
    else if (found.run != 0)
        code = tell_failure(request, plan, &found);
    else
        printf("%s: nothing was %s\n", plan->scenario->name, found.blocks != 0 ? "found" : "to be done here");
    if (error == 0)
        print_statement(found.summary);
    if (error == 0 && found.run == 0)
        print_statement(found.lines);
    if (error == 0)
        code = tool_worse(code, keep_corpus(plan, &found));
    if (error == 0 && plan->shards != 0)
        code = tool_worse(code, write_shard(plan, &found, shard));
    fflush(stdout);
    search_result_fini(&found);
    return code;
}

static int explore_with_corpus(const tool_request *request, search_plan *plan, file_writer *shard)
{
    corpus runs;
    if (request->corpus == NULL)
        return explore(request, plan, shard);
    int code = corpus_load(&runs, request->corpus, plan->scenario, &plan->order);
    plan->corpus = &runs;
    if (code == 0)
        code = explore(request, plan, shard);
    corpus_fini(&runs);
    plan->corpus = NULL;
    return code;
}

static uint64_t runs_of(const tool_request *request)
{
    return request->runs != 0 || request->time_s != 0 ? request->runs : RUNS_DEFAULT;
}

static int read_plan(const tool_request *request, search_plan *plan)
{
    *plan = (search_plan){.seed = request->seed, .runs = runs_of(request), .jobs = (unsigned)request->jobs};
    plan->quiet_ms = quiet_ms_of(request);
    if (!tool_read_mode(request, &plan->order.mode) || !tool_check_strategy(request->strategy))
        return TOOL_USAGE;
    if (request->shard != NULL && !shard_parse(request->shard, &plan->shard, &plan->shards))
        return tool_complain(TOOL_USAGE, "it is not I/N with I from 1 to N",
                             "--shard 1/3, for the first of three", "--shard %.80s is not possible",
                             request->shard);
    plan->shard -= plan->shards != 0;
    plan->order.strategy = request->strategy != NULL ? request->strategy : "portfolio";
    plan->order.by_packet = request->by_packet;
    plan->order.by_object = request->by_object;
    return 0;
}

static int open_shard(const tool_request *request, const search_plan *plan, file_writer *file)
{
    char path[FILES_PATH_MAX];
    const char *folder = request->out != NULL ? request->out : failure_folder;
    if (plan->shards == 0)
        return 0;
    snprintf(path, sizeof path, "%s/shard-%u-of-%u.result", folder, plan->shard + 1, plan->shards);
    int code = folder_make(folder);
    return code != 0 ? code : file_open(file, path);
}

static int explore_all(const tool_request *request, search_plan *plan, const sim_scenario **chosen)
{
    file_writer shard = {.stream = NULL};
    unsigned failed = 0, clean = 0;
    int code = open_shard(request, plan, &shard);
    for (size_t i = 0; code != TOOL_USAGE && chosen[i] != NULL; i++) {
        plan->scenario = chosen[i];
        plan->deadline_ms = request->time_s != 0 ? search_clock_ms() + request->time_s * 1000 : 0;
        int one = explore_with_corpus(request, plan, &shard);
        failed += one == TOOL_FAILED;
        clean += one == TOOL_CLEAN;
        code = tool_worse(code, one);
    }
    if (failed + clean > 1)
        printf("%u scenarios failed, %u did not\n", failed, clean);
    return shard.stream == NULL ? code : tool_worse(code, file_close(&shard));
}

int tool_explore(const tool_request *request)
{
    search_plan plan;
    int code = read_plan(request, &plan);
    const sim_scenario **chosen = code == 0 ? tool_chosen_scenarios(request, &code) : NULL;
    if (chosen != NULL)
        code = explore_all(request, &plan, chosen);
    free(chosen);
    return code;
}
