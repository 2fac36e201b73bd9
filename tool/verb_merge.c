/* SPDX-License-Identifier: MIT
 *
 * merge: the results of the shards of a search become one.  Only together, and only if none is missing, do
 * they say what the search as a whole says.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tool/files.h"
#include "tool/program.h"
#include "tool/shard.h"
#include "tool/statement.h"

enum { PARTS_MAX = 100000 };

typedef struct parts {
    shard_part **list; /* each malloc'ed */
    size_t count;
} parts;

/* ---- reading ---- */

static int add(parts *all, const shard_part *part)
{
    shard_part **list = realloc(all->list, (all->count + 1) * sizeof *list);
    all->list = list != NULL ? list : all->list;
    shard_part *copy = malloc(sizeof *copy);
    if (list == NULL || copy == NULL || all->count == PARTS_MAX) {
        free(copy);
        return tool_no_memory();
    }
    *copy = *part;
    list[all->count++] = copy;
    return 0;
}

static int complain(const char *path, unsigned line)
{
    static const char fix[] = "give what explore --shard has written";
    if (line == 0)
        return tool_complain(TOOL_USAGE, "it is empty", fix, "%s has no result", path);
    return tool_complain(TOOL_USAGE, "it is no result, or not all of it is there", fix,
                         "%s:%u: this line cannot be read", path, line);
}

static int read_parts(parts *all, const char *path, const char *text, size_t len)
{
    shard_reader reader = {.at = text, .end = text + len};
    shard_part *part = malloc(sizeof *part);
    int code = part == NULL ? tool_no_memory() : 0;
    shard_end end = SHARD_READ;
    while (code == 0 && (end = shard_read(&reader, part)) == SHARD_READ)
        code = add(all, part);
    free(part);
    return code == 0 && (end == SHARD_BAD_LINE || len == 0) ? complain(path, reader.line) : code;
}

static int read_files(parts *all, const tool_request *request)
{
    int code = 0;
    for (size_t i = 0; i < request->word_count && code == 0; i++) {
        char *text;
        size_t len;
        code = file_read(request->words[i], &text, &len);
        if (code != 0)
            return code;
        code = read_parts(all, request->words[i], text, len);
        free(text);
    }
    return code;
}

/* ---- order: by scenario and search, then by shard ---- */

static int compare(const void *a, const void *b)
{
    const shard_part *x = *(shard_part *const *)a, *y = *(shard_part *const *)b;
    int by_name = strcmp(x->scenario, y->scenario), by_search = strcmp(x->search, y->search);
    if (by_name != 0 || by_search != 0)
        return by_name != 0 ? by_name : by_search;
    return x->shards != y->shards ? (x->shards > y->shards) - (x->shards < y->shards)
                                  : (x->shard > y->shard) - (x->shard < y->shard);
}

static bool is_of_one_search(const shard_part *a, const shard_part *b)
{
    return strcmp(a->scenario, b->scenario) == 0 && strcmp(a->search, b->search) == 0 &&
           a->shards == b->shards;
}

static int compare_runs(const void *a, const void *b)
{
    const shard_part *x = *(shard_part *const *)a, *y = *(shard_part *const *)b;
    return (x->run > y->run) - (x->run < y->run);
}

/* ---- one search ---- */

/* Each shard once. */
static int check_shards(shard_part *const *list, size_t count)
{
    char fix[64];
    for (unsigned i = 0; i < list[0]->shards; i++) {
        bool is_there = i < count && list[i]->shard == i + 1;
        if (is_there)
            continue;
        bool is_twice = i > 0 && i < count && list[i]->shard == i;
        snprintf(fix, sizeof fix, is_twice ? "give one of them" : "run explore --shard %u/%u", i + 1,
                 list[0]->shards);
        return tool_complain(TOOL_USAGE, "together they say nothing about the search as a whole", fix,
                             "shard %u of %u of %s is %s", is_twice ? i : i + 1, list[0]->shards,
                             list[0]->scenario, is_twice ? "there twice" : "missing");
    }
    return count == list[0]->shards
               ? 0
               : tool_complain(TOOL_USAGE, "together they say nothing about the search as a whole",
                               "give each once", "a shard of %s is there twice", list[0]->scenario);
}

/* Distinct failures, the lowest run first. */
static bool print_failures(shard_part **list, size_t count)
{
    bool any = false;
    qsort(list, count, sizeof *list, compare_runs);
    for (size_t i = 0; i < count; i++) {
        bool is_known = list[i]->run == 0;
        for (size_t k = 0; k < i; k++)
            is_known = is_known || list[k]->result.identity == list[i]->result.identity;
        if (!is_known)
            printf("%s: run %llu %s: %s\n", list[i]->scenario, (unsigned long long)list[i]->run,
                   sim_outcome_word(list[i]->result.outcome), list[i]->result.message);
        any = any || !is_known;
    }
    return any;
}

static void print_sum(shard_part *const *list, size_t count)
{
    unsigned long long runs = 0;
    unsigned blocks = 0, steps = 0;
    bool is_all = true;
    for (size_t i = 0; i < count; i++) {
        runs += list[i]->runs;
        blocks += list[i]->blocks;
        steps = list[i]->steps_max > steps ? list[i]->steps_max : steps;
        is_all = is_all && list[i]->is_all;
    }
    printf("  %llu runs of at most %u steps, in %u blocks that each began anew\n", runs, steps, blocks);
    if (!is_all)
        printf("  not all of it: a clock cut some shards short\n");
}

static int print_lines(shard_part *const *list, size_t count)
{
    const char **lines = calloc(count, sizeof *lines);
    char text[SIM_EXPLORE_STATEMENT_MAX];
    unsigned used = 0;
    if (lines == NULL)
        return tool_no_memory();
    for (size_t i = 0; i < count; i++) {
        if (list[i]->blocks != 0)
            lines[used++] = list[i]->lines;
    }
    statement_add(lines, used, text, sizeof text);
    free((void *)lines);
    for (const char *at = text; *at != '\0';) {
        size_t len = strcspn(at, "\n");
        printf("  %.*s\n", (int)len, at);
        at += len + (at[len] == '\n');
    }
    return 0;
}

static int merge_search(shard_part **list, size_t count)
{
    int code = check_shards(list, count);
    if (print_failures(list, count))
        code = tool_worse(code, TOOL_FAILED);
    else if (code == 0)
        printf("%s: nothing was found\n", list[0]->scenario);
    print_sum(list, count);
    return code == 0 ? print_lines(list, count) : code;
}

static int merge(parts *all)
{
    int code = TOOL_CLEAN;
    qsort(all->list, all->count, sizeof *all->list, compare);
    for (size_t i = 0, next; i < all->count; i = next) {
        for (next = i + 1; next < all->count && is_of_one_search(all->list[i], all->list[next]);)
            next++;
        code = tool_worse(code, merge_search(all->list + i, next - i));
    }
    return code;
}

int tool_merge(const tool_request *request)
{
    parts all = {.list = NULL};
    int code = read_files(&all, request);
    if (code == 0)
        code = merge(&all);
    for (size_t i = 0; i < all.count; i++)
        free(all.list[i]);
    free(all.list);
    return code;
}
