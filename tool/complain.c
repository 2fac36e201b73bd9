/* SPDX-License-Identifier: MIT
 *
 * What verbs share: complaints, and the scenarios, strategies and modes that words name.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "castanet/sim_explore.h"
#include "simnet/explore/printable.h"
#include "tool/nearest.h"
#include "tool/program.h"
#include "tool/record.h"

enum { SAID_MAX = 2048 };

/* Part of it may come from a file: nothing in it reaches the terminal as a command. */
static void say(const char *head, const char *text)
{
    char shown[SAID_MAX];
    fprintf(stderr, "%s%s\n", head, simp_printable(text, strlen(text), shown, sizeof shown));
}

int tool_complain(int code, const char *why, const char *fix, const char *what, ...)
{
    char text[SAID_MAX];
    va_list arguments;
    fflush(stdout);
    va_start(arguments, what);
    vsnprintf(text, sizeof text, what, arguments);
    va_end(arguments);
    say("error: ", text);
    say("  why: ", why);
    say("  fix: ", fix);
    record_begin("error");
    record_text("what", text);
    record_text("why", why);
    record_text("fix", fix);
    record_end();
    return code;
}

void tool_note(const char *what, ...)
{
    char text[SAID_MAX];
    va_list arguments;
    fflush(stdout);
    va_start(arguments, what);
    vsnprintf(text, sizeof text, what, arguments);
    va_end(arguments);
    say("note: ", text);
    record_begin("note");
    record_text("text", text);
    record_end();
}

int tool_no_memory(void)
{
    return tool_complain(TOOL_BROKEN, "the system has none left, or a limit is set",
                         "free some, or raise the limit", "there is no memory");
}

int tool_worse(int a, int b)
{
    static const int order[] = {TOOL_CLEAN,    TOOL_NOTHING, TOOL_FAILED,
                                TOOL_DIVERGED, TOOL_USAGE,   TOOL_BROKEN};
    int rank_a = 0, rank_b = 0;
    for (int i = 0; i < (int)(sizeof order / sizeof *order); i++) {
        rank_a = order[i] == a ? i : rank_a;
        rank_b = order[i] == b ? i : rank_b;
    }
    return rank_a > rank_b ? a : b;
}

/* ---- scenarios ---- */

const sim_scenario *tool_find_scenario(const tool_request *request, const char *name)
{
    const sim_scenario *nearest = NULL;
    char fix[160];
    for (size_t i = 0; request->scenarios[i] != NULL; i++) {
        const sim_scenario *scenario = request->scenarios[i];
        if (strcmp(scenario->name, name) == 0)
            return scenario;
        if (nearest == NULL || tool_distance(name, scenario->name) < tool_distance(name, nearest->name))
            nearest = scenario;
    }
    snprintf(fix, sizeof fix, "\"%.63s\" is nearest; %.60s list names them all",
             nearest != NULL ? nearest->name : "", request->program);
    tool_complain(TOOL_USAGE, "this program has no such scenario",
                  nearest != NULL ? fix : "it has none at all", "scenario \"%.80s\" is unknown", name);
    return NULL;
}

/* 1 to 63 letters, digits, - . _ and no file name of another meaning; and no other scenario's. */
static bool has_good_name(const sim_scenario *const *scenarios, size_t index)
{
    const char *name = scenarios[index]->name;
    if (name == NULL || scenarios[index]->build == NULL || name[0] == '.' || name[0] == '-')
        return false;
    size_t len = strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._");
    if (len == 0 || len > 63 || name[len] != '\0')
        return false;
    for (size_t i = 0; i < index; i++) {
        if (strcmp(scenarios[i]->name, name) == 0)
            return false;
    }
    return true;
}

static bool are_scenarios_good(const tool_request *request, int *code)
{
    size_t count = 0;
    for (; request->scenarios[count] != NULL; count++) {
        if (has_good_name(request->scenarios, count))
            continue;
        const char *name = request->scenarios[count]->name;
        *code = tool_complain(TOOL_USAGE,
                              "a scenario has a build, and a name of 1 to 63 letters, digits, - . _ that "
                              "no other one has",
                              "change castanet_scenarios of the program",
                              "scenario %zu, \"%.80s\", cannot be run", count + 1, name != NULL ? name : "");
        return false;
    }
    if (count == 0)
        *code = tool_complain(TOOL_NOTHING, "castanet_scenarios is empty", "add a scenario",
                              "there is nothing to run");
    return count > 0;
}

const sim_scenario **tool_chosen_scenarios(const tool_request *request, int *code)
{
    size_t count = request->word_count;
    if (!are_scenarios_good(request, code))
        return NULL;
    for (size_t i = 0; request->word_count == 0 && request->scenarios[i] != NULL; i++)
        count++;
    const sim_scenario **chosen = calloc(count + 1, sizeof *chosen);
    if (chosen == NULL) {
        *code = tool_no_memory();
        return NULL;
    }
    for (size_t i = 0; i < count; i++) {
        chosen[i] = request->word_count == 0 ? request->scenarios[i]
                                             : tool_find_scenario(request, request->words[i]);
        if (chosen[i] == NULL) {
            free(chosen);
            *code = TOOL_USAGE;
            return NULL;
        }
    }
    return chosen;
}

/* ---- how to search ---- */

bool tool_read_mode(const tool_request *request, sim_time_mode *mode)
{
    *mode = SIM_WINDOWED;
    if (request->mode == NULL || strcmp(request->mode, "windowed") == 0)
        return true;
    *mode = SIM_CAUSAL;
    if (strcmp(request->mode, "causal") == 0)
        return true;
    tool_complain(TOOL_USAGE, "there are two ways to order what may happen",
                  "--mode windowed, or --mode causal", "--mode %.80s is unknown", request->mode);
    return false;
}

bool tool_check_strategy(const char *name)
{
    const char *nearest = sim_strategy_name(0);
    for (size_t i = 0; sim_strategy_name(i) != NULL; i++) {
        const char *known = sim_strategy_name(i);
        if (name == NULL || strcmp(known, name) == 0)
            return true;
        nearest = tool_distance(name, known) < tool_distance(name, nearest) ? known : nearest;
    }
    char fix[96];
    snprintf(fix, sizeof fix, "\"%.40s\" is nearest; docs/search.md names them all", nearest);
    tool_complain(TOOL_USAGE, "there is no such strategy", fix, "--strategy %.80s is unknown", name);
    return false;
}
