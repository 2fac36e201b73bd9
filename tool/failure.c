/* SPDX-License-Identifier: MIT
 *
 * See failure.h.
 */
#include "tool/failure.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "castanet/error.h"
#include "tool/evidence.h"
#include "tool/files.h"

enum { FACT_MAX = 512, HUNG_QUIET_MS = 200 };

const char failure_folder[] = "castanet-failures";

char *failure_path(char *path, size_t size, const char *folder, const char *scenario, const char *ending)
{
    snprintf(path, size, "%s/%s%s", folder, scenario, ending);
    return path;
}

static void print_indented(const char *text)
{
    for (const char *at = text; *at != '\0';) {
        size_t len = strcspn(at, "\n");
        printf("    %.*s\n", (int)len, at);
        at += len + (at[len] == '\n');
    }
}

void failure_print_cause(const cause *c)
{
    char fact[FACT_MAX];
    size_t count = sim_schedule_fact_count(c->schedule);
    if (c->message[0] != '\0')
        printf("  %s\n", c->message);
    if (!c->is_shrunk) {
        printf("  its %zu holds and choices alone do not make it fail: the exact form does\n", count);
        return;
    }
    printf("  of %zu holds and choices %zu matter%s (%llu runs)\n", c->shrink.before, count,
           count == 1 ? "s" : "", (unsigned long long)c->shrink.runs);
    for (size_t i = 0; i < count; i++)
        printf("    %s\n", sim_schedule_fact(c->schedule, i, fact, sizeof fact));
    if (c->explanation[0] != '\0')
        printf("  why\n");
    print_indented(c->explanation);
    fflush(stdout);
}

/* ---- files ---- */

static int write_explanation(const char *path, const cause *c, const char *message)
{
    file_writer w;
    char fact[FACT_MAX];
    int code = file_open(&w, path);
    if (code != 0)
        return code;
    fprintf(w.stream, "%s\n%s%s", message, c->message, c->message[0] != '\0' ? "\n" : "");
    for (size_t i = 0; i < sim_schedule_fact_count(c->schedule); i++)
        fprintf(w.stream, "%s\n", sim_schedule_fact(c->schedule, i, fact, sizeof fact));
    fprintf(w.stream, "\n%s", c->explanation);
    return file_close(&w);
}

/* As wide as it is. */
static void print_file(FILE *file)
{
    char piece[4096];
    size_t len;
    rewind(file);
    while ((len = fread(piece, 1, sizeof piece, file)) > 0)
        fwrite(piece, 1, len, stdout);
}

/* 0 or TOOL_USAGE. */
static int write_files(const tool_request *request, const cause_plan *plan, const cause *c,
                       const char *message)
{
    char schedule[FILES_PATH_MAX], text[FILES_PATH_MAX], pcapng[FILES_PATH_MAX], ladder[FILES_PATH_MAX];
    const char *folder = request->out != NULL ? request->out : failure_folder, *name = plan->scenario->name;
    FILE *brief = tmpfile();
    if (brief == NULL)
        return tool_complain(TOOL_USAGE, strerror(errno), "free some space where temporary files go",
                             "the run could not be drawn");
    int code = folder_make(folder);
    failure_path(schedule, sizeof schedule, folder, name, ".castanet");
    failure_path(text, sizeof text, folder, name, ".explain.txt");
    evidence_plan evidence = {.schedule = c->schedule,
                              .is_exact = !c->is_shrunk,
                              .scenario = plan->scenario,
                              .quiet_ms = plan->outcome == SIM_HUNG ? HUNG_QUIET_MS : plan->quiet_ms,
                              .pcapng = failure_path(pcapng, sizeof pcapng, folder, name, ".pcapng"),
                              .ladder = failure_path(ladder, sizeof ladder, folder, name, ".ladder.txt"),
                              .brief = brief,
                              .ending = c->message[0] != '\0' ? c->message : NULL};
    if (code == 0)
        code = schedule_save(c->schedule, schedule, message);
    if (code == 0)
        code = write_explanation(text, c, message);
    if (code == 0) {
        bool has_evidence = evidence_write(&evidence);
        print_file(brief);
        printf("  written: %s, %s%s\n", schedule, text, has_evidence ? ", .ladder.txt and .pcapng" : "");
        printf("  replay it: %s replay %s\n", request->program, schedule);
    }
    fclose(brief);
    return code;
}

int failure_tell(const tool_request *request, const cause_plan *plan, const char *message)
{
    cause c;
    int code = TOOL_FAILED, error = cause_find(plan, &c);
    if (error == 0) {
        failure_print_cause(&c);
        int written = write_files(request, plan, &c, message);
        code = written != 0 ? written : code;
    } else {
        bool is_memory = error == WSAENOBUFS;
        tool_complain(TOOL_FAILED,
                      is_memory ? "the run is too long to be written down"
                                : "the same decisions did not lead to the same failure",
                      is_memory ? "let the scenario end earlier: see events_max"
                                : "the program may depend on more than its input; check says whether it does",
                      "%s has no schedule", plan->scenario->name);
    }
    cause_fini(&c);
    return code;
}
