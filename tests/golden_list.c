/* SPDX-License-Identifier: MIT
 *
 * See golden_list.h.
 */
#define _GNU_SOURCE /* getline, whatever feature macros say */
#include "tests/golden_list.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/golden_complain.h"

enum { ID_MAX = 64, BODY_INDENT = 2 };

typedef struct reader {
    const char *path;
    unsigned line;
    golden_list *list;
} reader;

static const char *const reasons[GOLDEN_REASONS] = {
    [GOLDEN_RECORDING] = "recording", [GOLDEN_CLASS] = "class",   [GOLDEN_ORDER] = "order",
    [GOLDEN_SPEC] = "spec",           [GOLDEN_SYSTEM] = "system", [GOLDEN_OPEN] = "open",
};

const char *golden_reason_name(golden_reason reason) { return reasons[reason]; }

static bool refuse(const reader *r, unsigned column, const char *what, const char *why)
{
    return golden_complain(r->path, r->line, column, what, why,
                           "see tests/golden/README.md for the form of the list");
}

/* ---- the next word of a list with commas ---- */

/* Copies the word at text; returns what follows its comma, or NULL at the end. */
static const char *next_word(const char *text, char *word, size_t size)
{
    size_t len = strcspn(text, ",");
    snprintf(word, size, "%.*s", (int)len, text);
    return text[len] == ',' ? text + len + 1 : NULL;
}

static bool has_word(const char *text, const char *wanted)
{
    char word[ID_MAX];
    for (const char *at = text; at != NULL;) {
        at = next_word(at, word, sizeof word);
        if (strcmp(word, wanted) == 0)
            return true;
    }
    return false;
}

/* ---- reading ---- */

static bool add_backends(const char *word, unsigned *backends)
{
    unsigned before = *backends;
    for (unsigned i = 0; i < ARENA_BACKENDS; i++) {
        bool real = strcmp(word, "real") == 0 && arena_backend_is_real((arena_backend)i);
        if (real || strcmp(word, "all") == 0 || strcmp(word, arena_backend_name((arena_backend)i)) == 0)
            *backends |= 1u << i;
    }
    return *backends != before;
}

static bool parse_backends(const char *text, unsigned *backends)
{
    char word[ID_MAX];
    *backends = 0;
    for (const char *at = text; at != NULL;) {
        at = next_word(at, word, sizeof word);
        if (!add_backends(word, backends))
            return false;
    }
    return true;
}

static bool drop_question_mark(char *text)
{
    size_t len = strlen(text);
    bool found = len > 0 && text[len - 1] == '?';
    if (found)
        text[len - 1] = '\0';
    return found;
}

static bool parse_reason(const char *text, golden_reason *reason)
{
    unsigned i = 0;
    while (i < GOLDEN_REASONS && strcmp(reasons[i], text) != 0)
        i++;
    *reason = (golden_reason)i;
    return i < GOLDEN_REASONS;
}

static const golden_explanation *earlier(const golden_list *list, const golden_explanation *of)
{
    char id[ID_MAX];
    for (const char *at = of->ids; at != NULL;) {
        at = next_word(at, id, sizeof id);
        for (size_t i = 0; i < list->count; i++)
            if (has_word(list->explanations[i].ids, id) &&
                (list->explanations[i].backends & of->backends) != 0)
                return &list->explanations[i];
    }
    return NULL;
}

static bool read_header(const reader *r, const char *text)
{
    char ids[512], backends[64], reason[32];
    int end = 0;
    golden_explanation e = {.line = r->line};
    if (sscanf(text, "%511s %63s %31s %n", ids, backends, reason, &end) != 3 || text[end] != '\0')
        return refuse(r, 1, "the line is no heading", "it is not three words: ids, backends, a kind");
    e.may_agree = drop_question_mark(backends);
    if (!parse_backends(backends, &e.backends))
        return refuse(r, (unsigned)(strstr(text, backends) - text) + 1, "the backends are unknown",
                      "they are not among sim, epoll and the other names of backends, real, all; each once");
    if (!parse_reason(reason, &e.reason))
        return refuse(r, (unsigned)end - (unsigned)strlen(reason) + 1, "the kind is unknown",
                      "it is not recording, class, order, spec, system or open");
    e.ids = ids;
    if (earlier(r->list, &e) != NULL)
        return refuse(r, 1, "the scenario has an entry already",
                      "an earlier entry holds for the same backend");
    golden_explanation *more = realloc(r->list->explanations, (r->list->count + 1) * sizeof *more);
    if (more == NULL)
        return refuse(r, 1, "the list does not fit", "memory is exhausted");
    r->list->explanations = more;
    e.ids = strdup(ids);
    more[r->list->count++] = e;
    return e.ids != NULL || refuse(r, 1, "the list does not fit", "memory is exhausted");
}

static bool read_difference(const reader *r, golden_explanation *e, const char *text)
{
    char **more = realloc(e->differences, (e->count + 1) * sizeof *more);
    char *copy = strdup(text);
    if (more != NULL)
        e->differences = more;
    if (more == NULL || copy == NULL) {
        free(copy);
        return refuse(r, 1, "the list does not fit", "memory is exhausted");
    }
    more[e->count++] = copy;
    return true;
}

static const char agrees[] = "agrees";

static bool continue_why(const reader *r, golden_explanation *e, const char *text)
{
    size_t used = strlen(e->why);
    char *more = realloc(e->why, used + strlen(text) + 2);
    if (more == NULL)
        return refuse(r, 1, "the list does not fit", "memory is exhausted");
    e->why = more;
    more[used] = ' ';
    strcpy(more + used + 1, text);
    return true;
}

static bool read_body(const reader *r, const char *text, size_t indent)
{
    if (r->list->count == 0)
        return refuse(r, 1, "the line belongs to no entry",
                      "an entry begins with a heading in the first column");
    golden_explanation *e = &r->list->explanations[r->list->count - 1];
    if (strncmp(text, "why: ", 5) == 0 && e->why == NULL) {
        e->why = strdup(text + 5);
        return e->why != NULL || refuse(r, 1, "the list does not fit", "memory is exhausted");
    }
    if (indent > BODY_INDENT && e->why != NULL && e->count == 0)
        return continue_why(r, e, text);
    size_t digits = strspn(text, "0123456789");
    bool known = strcmp(text, agrees) == 0 || (digits > 0 && strncmp(text + digits, ": wanted ", 9) == 0);
    if (!known)
        return refuse(r, 3, "the line says nothing",
                      "it is not the one \"why: \", \"ENTRY: wanted ...\" or \"agrees\"");
    return read_difference(r, e, text);
}

static bool check_complete(const reader *r)
{
    for (size_t i = 0; i < r->list->count; i++) {
        const golden_explanation *e = &r->list->explanations[i];
        reader at = {r->path, e->line, r->list};
        if (e->why == NULL || e->count == 0)
            return refuse(&at, 1, "the entry is not complete",
                          "it needs a \"why: \", and a difference or \"agrees\"");
    }
    return true;
}

static bool read_line(const reader *r, char *text)
{
    text[strcspn(text, "\r\n")] = '\0';
    size_t indent = strspn(text, " \t");
    if (text[0] == '#' || text[indent] == '\0')
        return true;
    return indent == 0 ? read_header(r, text) : read_body(r, text + indent, indent);
}

bool golden_list_read(const char *path, golden_list *out)
{
    char *text = NULL;
    size_t size = 0;
    FILE *stream = fopen(path, "r");
    *out = (golden_list){0};
    if (stream == NULL)
        return golden_complain(path, 0, 0, "the list cannot be read", strerror(errno),
                               "name a reviewed list, such as tests/golden/differences.txt");
    reader r = {.path = path, .list = out};
    bool fine = true;
    while (fine && getline(&text, &size, stream) >= 0) {
        r.line++;
        fine = read_line(&r, text);
    }
    if (fine && ferror(stream))
        fine = golden_complain(path, 0, 0, "the list cannot be read", strerror(errno), "name a regular file");
    fine = fine && check_complete(&r);
    free(text);
    fclose(stream);
    if (!fine)
        golden_list_release(out);
    return fine;
}

void golden_list_release(golden_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        golden_explanation *e = &list->explanations[i];
        for (size_t j = 0; j < e->count; j++)
            free(e->differences[j]);
        free(e->differences);
        free(e->ids);
        free(e->why);
    }
    free(list->explanations);
    *list = (golden_list){0};
}

/* ---- asking ---- */

const golden_explanation *golden_list_find(const golden_list *list, const char *id, arena_backend backend)
{
    for (size_t i = 0; i < list->count; i++) {
        const golden_explanation *e = &list->explanations[i];
        if ((e->backends & 1u << backend) != 0 && has_word(e->ids, id))
            return e;
    }
    return NULL;
}

bool golden_explains_agreement(const golden_explanation *e)
{
    return e->may_agree || (e->count == 1 && strcmp(e->differences[0], agrees) == 0);
}

const golden_difference *golden_unexplained(const golden_explanation *e, const golden_findings *f)
{
    for (size_t i = 0; i < f->count; i++) {
        size_t j = 0;
        while (e != NULL && j < e->count && strcmp(e->differences[j], f->differences[i].text) != 0)
            j++;
        if (e == NULL || j == e->count)
            return &f->differences[i];
    }
    return NULL;
}

const char *golden_unneeded(const golden_explanation *e, const golden_findings *f)
{
    for (size_t j = 0; e != NULL && j < e->count; j++) {
        size_t i = 0;
        while (i < f->count && strcmp(e->differences[j], f->differences[i].text) != 0)
            i++;
        if (i == f->count)
            return e->differences[j];
    }
    return NULL;
}

void golden_list_for_each(const golden_list *list, arena_backend backend, golden_list_visit visit,
                          void *context)
{
    char id[ID_MAX];
    for (size_t i = 0; i < list->count; i++) {
        const golden_explanation *e = &list->explanations[i];
        for (const char *at = (e->backends & 1u << backend) != 0 ? e->ids : NULL; at != NULL;) {
            at = next_word(at, id, sizeof id);
            visit(context, e, id);
        }
    }
}
