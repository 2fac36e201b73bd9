/* SPDX-License-Identifier: MIT
 *
 * See pick.h.  Undoing repeats the run with all answers but those since the user was asked last.
 */
#include "tool/pick.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "castanet/error.h"

enum { LINE_MAX_BYTES = 256 };

/* ---- what is said ---- */

static void say_time(FILE *out, uint64_t ns)
{
    fprintf(out, "%" PRIu64 ".%03" PRIu64 " ms", ns / 1000000, ns / 1000 % 1000);
}

static void list(const picker *p, const sim_possible *possible, size_t count)
{
    fprintf(p->out, "choice %zu:\n", p->next + 1);
    for (size_t i = 0; i < count; i++) {
        const sim_possible *at = &possible[i];
        fprintf(p->out, "%3zu  %s#%" PRIu32 ", due at ", i + 1, at->label, at->occurrence);
        say_time(p->out, at->due_ns);
        if (at->cause != NULL)
            fprintf(p->out, ", after %s#%" PRIu32, at->cause, at->cause_occurrence);
        fprintf(p->out, "\n");
    }
}

static void prompt(const picker *p)
{
    fprintf(p->out, "number, empty for 1, c, b LABEL, u, q> ");
    fflush(p->out);
}

static void ran(sim_asked *asked, const char *label, uint32_t occurrence, uint64_t at_ns)
{
    const picker *p = (const picker *)(const void *)asked;
    if (p->mode == PICK_SILENT || p->next < p->count)
        return;
    fprintf(p->out, "  at ");
    say_time(p->out, at_ns);
    fprintf(p->out, ": %s#%" PRIu32 "\n", label, occurrence);
}

/* ---- answers ---- */

static size_t answer(picker *p, size_t value, bool was_asked)
{
    if (p->count == p->capacity) {
        size_t larger = p->capacity == 0 ? 64 : 2 * p->capacity;
        pick_answer *grown = realloc(p->answers, larger * sizeof *grown);
        p->out_of_memory |= grown == NULL;
        if (grown == NULL)
            return value;
        p->answers = grown;
        p->capacity = larger;
    }
    p->answers[p->count++] = (pick_answer){(uint32_t)value, was_asked};
    p->next = p->count;
    return value;
}

/* False: there is nothing to undo. */
static bool undo(picker *p)
{
    while (p->count > 0 && !p->answers[p->count - 1].was_asked)
        p->count--;
    if (p->count == 0)
        return false;
    p->count--;
    p->was_undone = true;
    p->mode = PICK_SILENT;
    return true;
}

/* "server/conn#2 OnReceive" is any occurrence; "...#3" that one. */
static bool is_sought(const picker *p, const sim_possible *possible)
{
    char text[sizeof p->sought + 64];
    if (strcmp(p->sought, possible->label) == 0)
        return true;
    snprintf(text, sizeof text, "%.180s#%" PRIu32, possible->label, possible->occurrence);
    return strcmp(p->sought, text) == 0;
}

/* ---- commands ---- */

/* The line without its end and the blanks around it; NULL: there is none any more. */
static char *read_line(const picker *p, char *line)
{
    if (fgets(line, LINE_MAX_BYTES, p->in) == NULL)
        return NULL;
    char *begin = line + strspn(line, " \t");
    size_t len = strlen(begin);
    while (len > 0 && strchr(" \t\r\n", begin[len - 1]) != NULL)
        begin[--len] = '\0';
    return begin;
}

static bool read_number(const char *text, size_t count, size_t *index)
{
    char *end;
    unsigned long number = strtoul(text, &end, 10);
    bool good = *text >= '0' && *text <= '9' && *end == '\0' && number >= 1 && number <= count;
    *index = good ? number - 1 : 0;
    return good;
}

static void seek(picker *p, const char *label)
{
    p->mode = PICK_SEEKS;
    snprintf(p->sought, sizeof p->sought, "%.159s", label + strspn(label, " "));
}

/* False: the line said nothing, and was complained of. */
static bool obey(picker *p, const char *line, size_t count, size_t *index)
{
    *index = 0;
    if (*line == '\0' || read_number(line, count, index))
        return true;
    if (strcmp(line, "c") == 0) {
        p->mode = PICK_GOES_ON;
    } else if (strcmp(line, "q") == 0) {
        p->mode = PICK_SILENT;
    } else if (line[0] == 'b' && line[1] == ' ') {
        seek(p, line + 1);
    } else if (strcmp(line, "u") == 0 && undo(p)) {
        return true;
    } else {
        fprintf(p->out, strcmp(line, "u") == 0
                            ? "there is nothing to undo\n"
                            : "not understood: a number of the list, an empty line, c, b LABEL, u or q\n");
        return false;
    }
    return true;
}

/* What is sought may happen now: so the user is asked.  False: it may not, or nothing is sought. */
static bool has_found(picker *p, const sim_possible *possible, size_t count)
{
    for (size_t i = 0; i < count && p->mode == PICK_SEEKS; i++) {
        if (is_sought(p, &possible[i])) {
            p->mode = PICK_ASKS;
            return true;
        }
    }
    return false;
}

static size_t ask(picker *p, const sim_possible *possible, size_t count)
{
    char buffer[LINE_MAX_BYTES];
    size_t index = 0;
    const char *line;
    list(p, possible, count);
    do {
        prompt(p);
        line = read_line(p, buffer);
    } while (line != NULL && (!obey(p, line, count, &index) || has_found(p, possible, count)));
    if (line == NULL)
        p->mode = PICK_SILENT;
    return p->was_undone ? 0 : answer(p, index, true);
}

static size_t pick(sim_asked *asked, const sim_possible *possible, size_t count)
{
    picker *p = (picker *)(void *)asked;
    if (p->next < p->count)
        return p->answers[p->next++].value;
    if (p->mode == PICK_ASKS || has_found(p, possible, count))
        return ask(p, possible, count);
    return p->was_undone ? 0 : answer(p, 0, false);
}

/* ---- all of it ---- */

void picker_init(picker *p, FILE *in, FILE *out)
{
    *p = (picker){.asked = {.pick = pick, .ran = ran}, .in = in, .out = out};
}

void picker_fini(picker *p)
{
    free(p->answers);
    p->answers = NULL;
}

int picker_run(picker *p, sim_order *order, const sim_scenario *scenario, uint64_t seed, sim_result *result)
{
    int error = sim_order_ask(order, &p->asked);
    do {
        p->mode = PICK_ASKS;
        p->next = 0;
        p->was_undone = false;
        if (error == 0)
            error = sim_scenario_run(scenario, &(sim_run_options){.seed = seed, .order = order}, result);
    } while (error == 0 && p->was_undone);
    return error != 0 || !p->out_of_memory ? error : WSAENOBUFS;
}
