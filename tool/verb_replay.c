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
#include "tool/record.h"

enum { HANG_MS_DEFAULT = 10000 };

static int diverged(const sim_rerun *rerun, const char *path, const char *fix)
{
    return tool_complain(TOOL_DIVERGED,
                         rerun->text[0] != '\0' ? rerun->text : "it ended otherwise than recorded", fix,
                         "%s does not repeat its run", path);
}

static void print_outcome(const sim_schedule *schedule, const sim_rerun *rerun)
{
    const sim_result *result = &rerun->result;
    printf("%s: %s%s%s\n", sim_schedule_scenario(schedule), sim_outcome_word(result->outcome),
           result->message[0] != '\0' ? ": " : "", result->message);
    record_begin("replay");
    record_text("scenario", sim_schedule_scenario(schedule));
    record_flag("same", rerun->same);
    record_result(result);
    record_end();
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
        return diverged(
            &rerun, l->path,
            "replay it with --portable or --reanchor; or record it anew, if the program was changed");
    printf("the same run as recorded, bit for bit\n");
    return code_of(&rerun);
}

/* Who has changed a hold must not think that the run which follows the exact form has it. */
static void compare_forms(const loaded *l)
{
    sim_rerun rerun;
    if (sim_schedule_replay(l->schedule, l->scenario, &rerun) == 0 && (!rerun.same || rerun.unknown != 0))
        tool_note("its holds and choices, which --portable replays, say something else: %s", rerun.text);
}

static int replay_both(const loaded *l)
{
    int code = replay_exactly(l);
    if (code == TOOL_CLEAN || code == TOOL_FAILED)
        compare_forms(l);
    return code;
}

/* What the schedule says happened has not, and not all of its facts were met: it proves nothing. */
static int replay_facts(const loaded *l)
{
    static const char anew[] = "replay it with --reanchor; or record it anew, if the program was changed";
    sim_rerun rerun;
    if (sim_schedule_replay(l->schedule, l->scenario, &rerun) != 0)
        return tool_no_memory();
    print_outcome(l->schedule, &rerun);
    if (rerun.released != 0)
        tool_note("%lu holds were %s", (unsigned long)rerun.released, rerun.text);
    if (rerun.unknown != 0)
        tool_note("%lu of %zu holds and choices did not occur: %s", (unsigned long)rerun.unknown,
                  sim_schedule_fact_count(l->schedule), rerun.text);
    if (rerun.same)
        printf("the same outcome as recorded\n");
    else if (rerun.result.outcome == SIM_PASSED && (rerun.unknown != 0 || rerun.released != 0))
        return diverged(&rerun, l->path, anew);
    else if (rerun.result.outcome == sim_schedule_outcome(l->schedule))
        printf("recorded was another failure\n");
    else
        printf("recorded was another outcome: %s\n", sim_outcome_word(sim_schedule_outcome(l->schedule)));
    return code_of(&rerun);
}

/* A program that has nothing left of what the schedule names proves nothing by not failing. */
static int tell_lost(const loaded *l, uint64_t runs)
{
    sim_rerun rerun;
    printf("%s: it fails so no more, nor nearby (%llu runs)\n", l->scenario->name, (unsigned long long)runs);
    if (sim_schedule_replay(l->schedule, l->scenario, &rerun) != 0)
        return tool_no_memory();
    if (rerun.unknown != 0)
        return diverged(&rerun, l->path, "record it anew, if the program was changed");
    return TOOL_CLEAN;
}

static int reanchor(const tool_request *request, const loaded *l)
{
    uint64_t runs = 0;
    char fact[512];
    if (sim_schedule_outcome(l->schedule) == SIM_PASSED)
        return tool_complain(TOOL_USAGE, "its outcome is that the scenario passed", "give one of a failure",
                             "%s has nothing to look for", l->path);
    if (!sim_schedule_reanchor(l->schedule, l->scenario, &runs))
        return tell_lost(l, runs);
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
    else if (request->exact)
        code = replay_exactly(&l);
    else if (!request->portable && sim_schedule_has_exact(l.schedule))
        code = replay_both(&l);
    else
        code = replay_facts(&l);
    loaded_fini(&l);
    return code;
}
