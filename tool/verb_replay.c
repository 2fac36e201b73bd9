/* SPDX-License-Identifier: MIT
 *
 * replay: a run is repeated from its schedule, in a worker.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "castanet/error.h"
#include "tool/files.h"
#include "tool/guard.h"
#include "tool/load.h"
#include "tool/program.h"

enum { HANG_MS_DEFAULT = 10000 };

static int diverged(const sim_rerun *rerun, const char *path)
{
    return tool_complain(
        TOOL_DIVERGED, rerun->text[0] != '\0' ? rerun->text : "it ended otherwise than recorded",
        "replay it with --portable or --reanchor; or record it anew, if the program was changed",
        "%s does not repeat its run", path);
}

static void print_outcome(const sim_schedule *schedule, const sim_rerun *rerun)
{
    const sim_result *result = &rerun->result;
    printf("%s: %s%s%s\n", sim_schedule_scenario(schedule), sim_outcome_word(result->outcome),
           result->message[0] != '\0' ? ": " : "", result->message);
}

static int code_of(const sim_rerun *rerun)
{
    return rerun->result.outcome == SIM_PASSED ? TOOL_CLEAN : TOOL_FAILED;
}

static int replay_exactly(const loaded *l)
{
    sim_rerun rerun;
    if (sim_schedule_replay_exact(l->schedule, l->scenario, &rerun) != 0)
        return tool_complain(TOOL_USAGE, rerun.text, "replay it with --portable",
                             "%s cannot be replayed exactly", l->path);
    print_outcome(l->schedule, &rerun);
    if (!rerun.same)
        return diverged(&rerun, l->path);
    printf("the same run as recorded, bit for bit\n");
    return code_of(&rerun);
}

/* What the schedule says happened has not, and not all of its facts were met: it proves nothing. */
static int replay_facts(const loaded *l)
{
    sim_rerun rerun;
    if (sim_schedule_replay(l->schedule, l->scenario, &rerun) != 0)
        return tool_no_memory();
    print_outcome(l->schedule, &rerun);
    if (rerun.released != 0)
        fprintf(stderr, "note: %lu holds were %s\n", (unsigned long)rerun.released, rerun.text);
    if (rerun.unknown != 0)
        fprintf(stderr, "note: %lu of %zu holds and choices did not occur: %s\n",
                (unsigned long)rerun.unknown, sim_schedule_fact_count(l->schedule), rerun.text);
    if (rerun.same)
        printf("the same outcome as recorded\n");
    else if (rerun.result.outcome == SIM_PASSED && (rerun.unknown != 0 || rerun.released != 0))
        return diverged(&rerun, l->path);
    else
        printf("recorded was another outcome: %s\n", sim_outcome_word(sim_schedule_outcome(l->schedule)));
    return code_of(&rerun);
}

static int reanchor(const tool_request *request, const loaded *l)
{
    uint64_t runs = 0;
    char fact[512];
    if (!sim_schedule_reanchor(l->schedule, l->scenario, &runs)) {
        printf("%s: it fails so no more, nor nearby (%llu runs)\n", l->scenario->name,
               (unsigned long long)runs);
        return TOOL_CLEAN;
    }
    printf("%s: it fails as recorded (%llu runs)\n", l->scenario->name, (unsigned long long)runs);
    for (size_t i = 0; i < sim_schedule_fact_count(l->schedule); i++)
        printf("    %s\n", sim_schedule_fact(l->schedule, i, fact, sizeof fact));
    int code = request->out != NULL ? schedule_save(l->schedule, request->out, "anchored anew") : 0;
    return code != 0 ? code : TOOL_FAILED;
}

int tool_replay(const tool_request *request)
{
    loaded l;
    if (request->exact && (request->portable || request->reanchor))
        return tool_complain(TOOL_USAGE, "they are two forms of one schedule", "choose one of them",
                             "--exact and --%s do not go together",
                             request->portable ? "portable" : "reanchor");
    unsigned quiet_ms = request->hang_s != 0 ? (unsigned)request->hang_s * 1000 : HANG_MS_DEFAULT;
    int code = loaded_init(&l, request, request->words[0], quiet_ms);
    if (code != 0)
        return code;
    if (request->here)
        sim_schedule_set_runner(l.schedule, NULL);
    if (request->reanchor)
        code = reanchor(request, &l);
    else if (request->exact || (!request->portable && sim_schedule_has_exact(l.schedule)))
        code = replay_exactly(&l);
    else
        code = replay_facts(&l);
    loaded_fini(&l);
    return code;
}
