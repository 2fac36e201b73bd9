/* SPDX-License-Identifier: MIT
 *
 * Writes what a run of all scenarios showed as a page of Markdown: docs/conformance.md.
 *
 *  1. The page depends on the scenario files and on what happened, on nothing else: no date, no machine.
 *  2. It is written beside its place and renamed, so that a run that dies leaves the old page.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tests/conformance_model.h"

/* From the best to the worst: a row that several scenarios show has the worst result of them. */
typedef enum verdict { GAP, PASS, DIFFERS, NOT_RUN, FAIL, VERDICTS } verdict;

/* A line of a table: a row of a scenario, or a gap. */
typedef struct entry {
    const char *id;
    const scenario *s;
    const scenario_step *row;
    const scenario_gap *gap;
} entry;

typedef struct report {
    FILE *stream;
    const scenario_file *files;
    unsigned file_count;
} report;

/* ---- what happened to a row ---- */

/* The reason of "differs" between the row and the next one; NULL: it does not differ there. */
static const char *difference(const entry *e, arena_backend backend)
{
    const scenario_step *end = e->s->steps + e->s->step_count;
    for (const scenario_step *at = e->row + 1; at < end && !scenario_step_is(at, "row"); at++)
        if (scenario_step_is(at, "differs") && (at->backends & 1u << backend) != 0)
            return at->text;
    return NULL;
}

/* The row failed, or comes behind the one that did. */
static bool is_lost(const entry *e, const char *failed_row)
{
    if (failed_row == NULL)
        return false;
    bool known = false;
    for (const scenario_step *at = e->row + 1; at < e->s->steps + e->s->step_count; at++)
        known = known || at->text == failed_row;
    return !known; /* one that comes later did */
}

static verdict judge(const entry *e, arena_backend backend, const char **reason)
{
    *reason = NULL;
    if (e->gap != NULL)
        return *reason = e->gap->reason, GAP;
    if ((e->s->backends & 1u << backend) == 0)
        return *reason = e->s->backends_reason, NOT_RUN;
    if ((e->row->backends & 1u << backend) == 0 || !e->s->outcome[backend].ran)
        return NOT_RUN;
    if (is_lost(e, e->s->outcome[backend].failed_row))
        return FAIL;
    *reason = difference(e, backend);
    return *reason != NULL ? DIFFERS : PASS;
}

/* ---- the lines of a file ---- */

static int compare(const void *a, const void *b)
{
    const entry *left = a, *right = b;
    int order = strcmp(left->id, right->id);
    if (order == 0 && left->s != NULL && right->s != NULL)
        order = (left->s->line > right->s->line) - (left->s->line < right->s->line);
    return order;
}

static size_t count_entries(const scenario_file *file)
{
    size_t count = file->gap_count;
    for (size_t i = 0; i < file->scenario_count; i++)
        for (size_t k = 0; k < file->scenarios[i]->step_count; k++)
            count += scenario_step_is(&file->scenarios[i]->steps[k], "row");
    return count;
}

static void collect(const scenario_file *file, entry *out)
{
    for (size_t i = 0; i < file->gap_count; i++)
        *out++ = (entry){.id = file->gaps[i].id, .gap = &file->gaps[i]};
    for (size_t i = 0; i < file->scenario_count; i++) {
        const scenario *s = file->scenarios[i];
        for (size_t k = 0; k < s->step_count; k++)
            if (scenario_step_is(&s->steps[k], "row"))
                *out++ = (entry){.id = s->steps[k].text, .s = s, .row = &s->steps[k]};
    }
}

/* The lines in the order of their ids; to be freed.  NULL: no memory. */
static entry *entries_of(const scenario_file *file, size_t *count)
{
    *count = count_entries(file);
    entry *all = calloc(*count + 1, sizeof *all);
    if (all == NULL)
        return NULL;
    collect(file, all);
    qsort(all, *count, sizeof *all, compare);
    return all;
}

/* ---- counting ---- */

static bool is_required(const char *id)
{
    char other[32];
    for (unsigned i = 0; scenario_row_id(i, other) != NULL; i++)
        if (strcmp(id, other) == 0)
            return true;
    return false;
}

/* Counts the ids of a file that the tables have, each once, by their worst verdict. */
static void count_file(const scenario_file *file, unsigned counts[ARENA_BACKENDS][VERDICTS])
{
    size_t count;
    const char *ignored;
    entry *all = entries_of(file, &count);
    for (size_t i = 0, end; all != NULL && i < count; i = end) {
        verdict worst[ARENA_BACKENDS] = {GAP};
        for (end = i; end < count && strcmp(all[end].id, all[i].id) == 0; end++)
            for (unsigned b = 0; b < ARENA_BACKENDS; b++) {
                verdict v = judge(&all[end], (arena_backend)b, &ignored);
                worst[b] = v > worst[b] ? v : worst[b];
            }
        for (unsigned b = 0; b < ARENA_BACKENDS && is_required(all[i].id); b++)
            counts[b][worst[b]]++;
    }
    free(all);
}

/* ---- writing ---- */

static const char preface[] =
    "# Conformance\n"
    "\n"
    "What castanet shows, row by row, beside what Windows shows.  An id is a row of the tables of behaviour "
    "that\n"
    "this project follows: what was measured on Windows about WSAAsyncSelect and the calls of Winsock, and, "
    "as\n"
    "`MFC-...`, what follows from that for programs written to the class.  The steps of each row stand in\n"
    "[tests/scenarios](../tests/scenarios/README.md), one file a section; each file is run on every "
    "backend.\n"
    "\n"
    "* **pass**: exactly the results and notifications that Windows shows, in that order, then none.\n"
    "* **differs**: the sockets of the system cannot show what Windows shows.  The reason is given, and the "
    "scenario\n"
    "  asserts what they show instead, so that this too is a promise that is tested.\n"
    "* **not applicable**: the row is about a facility that the class does not have.\n"
    "\n"
    "This page is generated from a run: `./dev conformance` makes it anew.\n";

static void write_head(const report *r)
{
    static const char *const names[VERDICTS] = {"not applicable", "pass", "differs", "not run", "fails"};
    static const verdict order[] = {PASS, DIFFERS, GAP, NOT_RUN, FAIL};
    unsigned counts[ARENA_BACKENDS][VERDICTS] = {{0}};
    for (unsigned f = 0; f < r->file_count; f++)
        count_file(&r->files[f], counts);
    fprintf(r->stream, "%s\n| rows |", preface);
    for (unsigned b = 0; b < ARENA_BACKENDS; b++)
        fprintf(r->stream, " %s |", arena_backend_name((arena_backend)b));
    fprintf(r->stream, "\n|---|");
    for (unsigned b = 0; b < ARENA_BACKENDS; b++)
        fprintf(r->stream, "---|");
    for (size_t v = 0; v < sizeof order / sizeof order[0]; v++) {
        fprintf(r->stream, "\n| %s |", names[order[v]]);
        for (unsigned b = 0; b < ARENA_BACKENDS; b++)
            fprintf(r->stream, " %u |", counts[b][order[v]]);
    }
    fprintf(r->stream, "\n");
}

/* A bar would end the cell. */
static void write_text(FILE *stream, const char *text)
{
    for (; *text != '\0'; text++)
        fprintf(stream, *text == '|' ? "\\|" : "%c", *text);
}

static void write_verdict(FILE *stream, const entry *e, arena_backend backend)
{
    static const char *const words[VERDICTS] = {"not applicable", "pass", "differs", "not run", "**fails**"};
    const char *reason;
    fprintf(stream, " %s", words[judge(e, backend, &reason)]);
    if (reason != NULL) {
        fprintf(stream, ": ");
        write_text(stream, reason);
    }
    fprintf(stream, " |");
}

static void write_entry(FILE *stream, const entry *e)
{
    fprintf(stream, "| %s | ", e->id);
    if (e->s != NULL) {
        write_text(stream, e->s->title);
        fprintf(stream, ": ");
        write_text(stream, e->row->title);
        fprintf(stream, " |");
    } else {
        fprintf(stream, "*%s* |", e->gap->reason);
    }
    for (unsigned b = 0; b < ARENA_BACKENDS; b++) {
        if (e->gap != NULL)
            fprintf(stream, " not applicable |");
        else
            write_verdict(stream, e, (arena_backend)b);
    }
    fprintf(stream, "\n");
}

static bool write_section(const report *r, const scenario_file *file)
{
    size_t count;
    entry *all = entries_of(file, &count);
    if (all == NULL)
        return false;
    fprintf(r->stream, "\n## %s\n\n[%s](../%s)\n\n| id | row |", file->section, strrchr(file->path, '/') + 1,
            file->path);
    for (unsigned b = 0; b < ARENA_BACKENDS; b++)
        fprintf(r->stream, " %s |", arena_backend_name((arena_backend)b));
    fprintf(r->stream, "\n|---|---|");
    for (unsigned b = 0; b < ARENA_BACKENDS; b++)
        fprintf(r->stream, "---|");
    fprintf(r->stream, "\n");
    for (size_t i = 0; i < count; i++)
        write_entry(r->stream, &all[i]);
    free(all);
    return true;
}

bool scenario_report_write(const scenario_file *files, unsigned file_count, const char *path)
{
    char beside[1024];
    if (snprintf(beside, sizeof beside, "%s.new", path) >= (int)sizeof beside)
        return errno = ENAMETOOLONG, false;
    report r = {fopen(beside, "w"), files, file_count};
    if (r.stream == NULL)
        return false;
    write_head(&r);
    bool ok = true;
    for (unsigned f = 0; ok && f < file_count; f++)
        ok = write_section(&r, &files[f]);
    ok = ferror(r.stream) == 0 && ok;
    ok = fclose(r.stream) == 0 && ok;
    ok = ok && rename(beside, path) == 0;
    if (!ok)
        remove(beside);
    return ok;
}
