/* SPDX-License-Identifier: MIT
 *
 * See failure.h.
 */
#include "tool/failure.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "castanet/error.h"
#include "simnet/explore/schedule.h"
#include "tool/evidence.h"
#include "tool/files.h"
#include "tool/record.h"

enum { FACT_MAX = 512, HUNG_QUIET_MS = 200, COMMAND_MAX = 512 };

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

typedef struct failure_files {
    char schedule[FILES_PATH_MAX], text[FILES_PATH_MAX], pcapng[FILES_PATH_MAX], ladder[FILES_PATH_MAX],
        page[FILES_PATH_MAX];
    char replay[COMMAND_MAX], debug[COMMAND_MAX], capture[COMMAND_MAX];
    char *schedule_text; /* malloc'ed */
    FILE *brief;
} failure_files;

static const char *file_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash == NULL ? path : slash + 1;
}

/* Commands as one types them where the files lie: no path of this machine goes into them. */
static void name_files(failure_files *f, const tool_request *request, const char *folder, const char *name)
{
    const char *program = file_name(request->program);
    failure_path(f->schedule, sizeof f->schedule, folder, name, ".castanet");
    failure_path(f->text, sizeof f->text, folder, name, ".explain.txt");
    failure_path(f->pcapng, sizeof f->pcapng, folder, name, ".pcapng");
    failure_path(f->ladder, sizeof f->ladder, folder, name, ".ladder.txt");
    failure_path(f->page, sizeof f->page, folder, name, ".report.html");
    snprintf(f->replay, sizeof f->replay, "%s replay %s.castanet", program, name);
    snprintf(f->debug, sizeof f->debug, "gdb --args %s replay %s.castanet --here", program, name);
    snprintf(f->capture, sizeof f->capture, "wireshark -C castanet %s.pcapng", name);
}

/* NULL: no memory. */
static char *text_of(const sim_schedule *schedule)
{
    char *text = NULL;
    size_t len = 0;
    FILE *stream = open_memstream(&text, &len);
    if (stream == NULL)
        return NULL;
    sim_schedule_write(schedule, sink_of_stream(stream));
    fclose(stream);
    return text;
}

static bool write_evidence(const failure_files *f, const cause_plan *plan, const cause *c)
{
    const char *ending = c->message[0] != '\0' ? c->message : NULL;
    cap_about about = {.program = NULL,
                       .scenario = plan->scenario->name,
                       .command = f->replay,
                       .seed = c->schedule->seed,
                       .has_seed = true};
    evidence_plan evidence = {.schedule = c->schedule,
                              .is_exact = !c->is_shrunk,
                              .scenario = plan->scenario,
                              .quiet_ms = plan->outcome == SIM_HUNG ? HUNG_QUIET_MS : plan->quiet_ms,
                              .pcapng = f->pcapng,
                              .ladder = f->ladder,
                              .page = f->page,
                              .report = {.outcome = sim_outcome_word(sim_schedule_outcome(c->schedule)),
                                         .message = ending,
                                         .debug = f->debug,
                                         .capture = f->capture,
                                         .explanation = c->explanation,
                                         .schedule = f->schedule_text},
                              .about = about,
                              .brief = f->brief,
                              .ending = ending};
    return evidence_write(&evidence);
}

static void record_failure(const failure_files *f, const cause_plan *plan, const cause *c, bool has_evidence)
{
    char fact[FACT_MAX];
    record_begin("failure");
    record_text("scenario", plan->scenario->name);
    record_flag("shrunk", c->is_shrunk);
    record_list("facts");
    for (size_t i = 0; i < sim_schedule_fact_count(c->schedule); i++)
        record_item(sim_schedule_fact(c->schedule, i, fact, sizeof fact));
    record_list_end();
    record_text("explanation", c->explanation);
    record_text("schedule", f->schedule);
    record_text("explain", f->text);
    record_text("pcapng", has_evidence ? f->pcapng : NULL);
    record_text("ladder", has_evidence ? f->ladder : NULL);
    record_text("report", has_evidence ? f->page : NULL);
    record_end();
}

/* 0 or TOOL_USAGE. */
static int write_files(const tool_request *request, const cause_plan *plan, const cause *c,
                       const char *message)
{
    failure_files f = {.brief = tmpfile(), .schedule_text = text_of(c->schedule)};
    const char *folder = request->out != NULL ? request->out : failure_folder;
    if (f.brief == NULL) {
        free(f.schedule_text);
        return tool_complain(TOOL_USAGE, strerror(errno), "free some space where temporary files go",
                             "the run could not be drawn");
    }
    name_files(&f, request, folder, plan->scenario->name);
    int code = folder_make(folder);
    if (code == 0)
        code = schedule_save(c->schedule, f.schedule, message);
    if (code == 0)
        code = write_explanation(f.text, c, message);
    if (code == 0) {
        bool has_evidence = write_evidence(&f, plan, c);
        print_file(f.brief);
        printf("  written: %s, %s%s\n", f.schedule, f.text,
               has_evidence ? ", .ladder.txt, .pcapng and .report.html" : "");
        printf("  replay it: %s replay %s\n", request->program, f.schedule);
        record_failure(&f, plan, c, has_evidence);
    }
    fclose(f.brief);
    free(f.schedule_text);
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
