/* SPDX-License-Identifier: MIT
 *
 * See corpus.h.
 */
#include "tool/corpus.h"

#include <dirent.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "tool/files.h"
#include "tool/program.h"
#include "tool/worker.h"

enum { BOX_WORDS = 1 << 22, HEAD_WORDS = 6, NOTES_MAX = 1 << 16 };

/* A note: number of words with this one, block, run, seed (two words), values.  A number of words that is 0
 * was never written: its worker ended meanwhile. */
struct corpus_box {
    atomic_uint used; /* words */
    atomic_uint count;
    atomic_uint begins[NOTES_MAX];
    uint32_t words[BOX_WORDS];
};

static const char ending[] = ".journal";

/* ---- loading ---- */

static int add(corpus *c, sim_journal *journal)
{
    sim_journal **grown = realloc(c->journals, (c->count + 1) * sizeof *grown);
    if (grown == NULL) {
        free(journal);
        return tool_no_memory();
    }
    c->journals = grown;
    c->journals[c->count++] = journal;
    return 0;
}

static int load_file(corpus *c, const char *name)
{
    char path[FILES_PATH_MAX], *text;
    size_t len;
    sim_journal *journal = NULL;
    const char *why = "";
    journal_key key = {c->scenario->name, c->order};
    snprintf(path, sizeof path, "%s/%s", c->folder, name);
    int code = file_read(path, &text, &len);
    if (code != 0)
        return 0; /* it was named */
    journal_fit fit = journal_parse(&key, text, len, &journal, &why);
    free(text);
    if (fit == JOURNAL_READ)
        return add(c, journal);
    if (fit == JOURNAL_BAD)
        tool_complain(TOOL_USAGE, why, "remove it, or fetch it again", "%s is left out", path);
    return fit == JOURNAL_NO_MEMORY ? tool_no_memory() : 0;
}

static int is_journal(const struct dirent *entry)
{
    size_t len = strlen(entry->d_name), tail = strlen(ending);
    return len > tail && strcmp(entry->d_name + len - tail, ending) == 0;
}

/* Whatever the machine's language. */
static int by_bytes(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

/* By its name, so that a bad file is named once and not for each scenario; its text has the last word. */
static bool is_of_scenario(const corpus *c, const char *name)
{
    size_t len = strlen(c->scenario->name);
    return strncmp(name, c->scenario->name, len) == 0 && name[len] == '-';
}

static int load_files(corpus *c)
{
    struct dirent **entries = NULL;
    int count = scandir(c->folder, &entries, is_journal, by_bytes), code = 0;
    if (count < 0)
        return tool_complain(TOOL_USAGE, strerror(errno), "name a folder that this user may read",
                             "%s cannot be read", c->folder);
    for (int i = 0; i < count; i++) {
        if (code == 0 && is_of_scenario(c, entries[i]->d_name))
            code = load_file(c, entries[i]->d_name);
        free(entries[i]);
    }
    free(entries);
    return code;
}

int corpus_load(corpus *c, const char *folder, const sim_scenario *scenario, const sim_order_options *order)
{
    *c = (corpus){.folder = folder, .scenario = scenario, .order = order};
    int code = folder_make(folder);
    if (code == 0)
        code = load_files(c);
    if (code == 0) {
        c->box = worker_share(sizeof *c->box);
        code = c->box == NULL ? tool_no_memory() : 0;
    }
    return code;
}

void corpus_fini(corpus *c)
{
    for (size_t i = 0; i < c->count; i++)
        free(c->journals[i]);
    free(c->journals);
    worker_unshare(c->box, sizeof *c->box);
    *c = (corpus){0};
}

/* ---- noting ---- */

/* What is boring at the end need not be said.  0: all of it is. */
static uint32_t length_of(const sim_journal *journal)
{
    uint32_t count = journal->count;
    while (count > 0 && journal->values[count - 1] == 0)
        count--;
    return count;
}

void corpus_note(corpus *c, unsigned block, const sim_explore_progress *progress)
{
    const sim_journal *journal = progress->journal;
    corpus_box *box = c->box;
    uint32_t values = journal == NULL || journal->lost != 0 ? 0 : length_of(journal),
             size = HEAD_WORDS + values;
    if (values == 0 || atomic_load(&box->used) > BOX_WORDS - size)
        return;
    uint32_t begin = atomic_fetch_add(&box->used, size), number = atomic_fetch_add(&box->count, 1);
    if (begin > BOX_WORDS - size || number >= NOTES_MAX)
        return;
    uint32_t *note = box->words + begin;
    note[1] = block;
    note[2] = (uint32_t)progress->runs;
    note[3] = (uint32_t)(journal->seed >> 32);
    note[4] = (uint32_t)journal->seed;
    note[5] = values;
    memcpy(note + HEAD_WORDS, journal->values, values * sizeof *note);
    note[0] = size;
    atomic_store(&box->begins[number], begin + 1);
}

/* ---- keeping ---- */

static int by_run(const void *a, const void *b)
{
    const uint32_t *x = *(uint32_t *const *)a, *y = *(uint32_t *const *)b;
    int by_block = (x[1] > y[1]) - (x[1] < y[1]);
    return by_block != 0 ? by_block : (x[2] > y[2]) - (x[2] < y[2]);
}

/* The notes, in the order of runs; NULL: no memory. */
static uint32_t **sort_notes(corpus_box *box, size_t *count)
{
    uint32_t total = atomic_load(&box->count);
    total = total < NOTES_MAX ? total : NOTES_MAX;
    uint32_t **notes = calloc(total + 1u, sizeof *notes);
    *count = 0;
    for (uint32_t i = 0; notes != NULL && i < total; i++) {
        uint32_t begin = atomic_load(&box->begins[i]);
        if (begin != 0)
            notes[(*count)++] = box->words + begin - 1;
    }
    if (notes != NULL)
        qsort(notes, *count, sizeof *notes, by_run);
    return notes;
}

typedef struct repeating {
    const corpus *corpus;
    const sim_journal **all; /* those of the folder, then those of the notes */
    size_t count;
    uint8_t *is_new; /* shared, by index */
} repeating;

static bool mark(void *context, const sim_explore_progress *progress)
{
    repeating *r = context;
    if (progress->is_new && progress->runs <= r->count)
        r->is_new[progress->runs - 1] = 1;
    return false;
}

/* In a worker. */
static int repeat_all(void *argument)
{
    repeating *r = argument;
    sim_order_options order = *r->corpus->order;
    sim_explore_options options = {.corpus = r->all,
                                   .corpus_count = r->count,
                                   .runs_max = r->count,
                                   .goes_on = true,
                                   .on_run = mark,
                                   .context = r};
    sim_explore_result *found = calloc(1, sizeof *found);
    order.strategy = "natural";
    if (found == NULL || sim_order_create(&order, &options.order) != 0)
        return 1;
    (void)sim_explore(r->corpus->scenario, &options, found);
    sim_explore_result_fini(found);
    sim_order_destroy(options.order);
    free(found);
    return 0;
}

static int write_file(const corpus *c, const sim_journal *journal)
{
    char path[FILES_PATH_MAX];
    size_t len;
    file_writer w;
    journal_key key = {c->scenario->name, c->order};
    char *text = journal_text(&key, journal, &len);
    if (text == NULL)
        return tool_no_memory();
    snprintf(path, sizeof path, "%s/%s-%016llx%s", c->folder, c->scenario->name,
             (unsigned long long)XXH3_64bits(text, len), ending);
    int code = file_open(&w, path);
    if (code == 0) {
        fwrite(text, 1, len, w.stream);
        code = file_close(&w);
    }
    free(text);
    return code;
}

static int write_new(const corpus *c, const repeating *r, size_t *kept)
{
    int code = 0;
    for (size_t i = c->count; i < r->count && code == 0; i++) {
        if (r->is_new[i] == 0)
            continue;
        code = write_file(c, r->all[i]);
        *kept += code == 0;
    }
    return code;
}

/* The notes as journals behind those of the folder. */
static void line_up(const corpus *c, uint32_t *const *notes, size_t count, sim_journal *fresh, repeating *r)
{
    for (size_t i = 0; i < c->count; i++)
        r->all[i] = c->journals[i];
    for (size_t i = 0; i < count; i++) {
        fresh[i] = (sim_journal){.seed = (uint64_t)notes[i][3] << 32 | notes[i][4],
                                 .count = notes[i][5],
                                 .capacity = notes[i][5],
                                 .values = notes[i] + HEAD_WORDS};
        r->all[c->count + i] = &fresh[i];
    }
}

static int keep(const corpus *c, uint32_t *const *notes, size_t count, size_t *kept)
{
    repeating r = {.corpus = c, .count = c->count + count};
    worker_report report;
    worker_limits limits = {.quiet_ms = 60000, .memory_bytes = worker_memory_for(c->scenario->memory_max)};
    r.all = calloc(r.count + 1, sizeof *r.all);
    r.is_new = worker_share(r.count + 1);
    sim_journal *fresh = calloc(count + 1, sizeof *fresh);
    bool has_room = r.all != NULL && r.is_new != NULL && fresh != NULL;
    int code = has_room ? 0 : tool_no_memory();
    if (has_room) {
        line_up(c, notes, count, fresh, &r);
        code = worker_run(repeat_all, &r, &limits, &report) != 0 ? tool_no_memory() : write_new(c, &r, kept);
    }
    free((void *)r.all);
    free(fresh);
    worker_unshare(r.is_new, r.count + 1);
    return code;
}

int corpus_keep(corpus *c, size_t *kept)
{
    size_t count;
    *kept = 0;
    uint32_t **notes = sort_notes(c->box, &count);
    if (notes == NULL)
        return tool_no_memory();
    int code = count == 0 ? 0 : keep(c, notes, count, kept);
    free(notes);
    return code;
}
