/* SPDX-License-Identifier: MIT
 *
 * See search.h.
 *
 * Jobs take one block after the other from a counter that they share, and write what came of it into a row of
 * a table that they share.  Once a block failed, those behind it are of no interest.
 */
#include "tool/search.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "simnet/explore/strategy.h"
#include "tool/corpus.h"
#include "tool/statement.h"

enum {
    BLOCK_RUNS = 1000,
    BLOCKS_A_SIZE = 8,
    BLOCKS_MAX = 360,
    JOBS_MAX = 64,
    VALUES_MAX = 1 << 18,
    ASK_EVERY = 64
};

/* What came of a block. */
typedef struct row {
    bool is_done;
    bool was_cut_short; /* by a clock, or by a failure before it */
    uint64_t runs;
    int error;
    hunt_find find; /* values: NULL */
} row;

/* The decisions of the failure that a job found: it finds one at most. */
typedef struct job_find {
    unsigned block;
    uint32_t count;
    uint32_t values[VALUES_MAX];
} job_find;

typedef struct table {
    atomic_uint next;   /* block that nobody has taken */
    atomic_uint lowest; /* block that failed; BLOCKS_MAX: none */
    row rows[BLOCKS_MAX];
} table;

typedef struct searcher {
    const search_plan *plan;
    table *table;
    job_find *finds[JOBS_MAX];
    unsigned jobs, blocks;
    unsigned block; /* that is searched now */
    pid_t owner;    /* whose child the process is that asks; once it is gone, nobody wants the answer */
    bool is_one_block;
} searcher;

uint64_t search_clock_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* ---- blocks ---- */

static uint64_t size_of_block(unsigned block) { return (uint64_t)BLOCK_RUNS << (block / BLOCKS_A_SIZE); }

uint64_t search_block_begin(unsigned block)
{
    unsigned doublings = block / BLOCKS_A_SIZE;
    uint64_t whole = (uint64_t)BLOCK_RUNS * BLOCKS_A_SIZE * (((uint64_t)1 << doublings) - 1);
    return whole + block % BLOCKS_A_SIZE * size_of_block(block);
}

static size_t corpus_count(const search_plan *plan) { return plan->corpus != NULL ? plan->corpus->count : 0; }

static const sim_journal *const *corpus_journals(const search_plan *plan)
{
    return plan->corpus != NULL ? (const sim_journal *const *)plan->corpus->journals : NULL;
}

/* Strategies that come to an end search as a whole. */
static bool comes_to_an_end(const search_plan *plan)
{
    const simp_strategy_ops *ops = simp_strategy_find(plan->order.strategy);
    return ops != NULL && ops->next != NULL;
}

static unsigned count_blocks(const searcher *s)
{
    unsigned blocks = 1;
    if (s->is_one_block)
        return 1;
    while (blocks < BLOCKS_MAX && (s->plan->runs == 0 || search_block_begin(blocks) < s->plan->runs))
        blocks++;
    return blocks;
}

static uint64_t runs_of_block(const searcher *s, unsigned block)
{
    uint64_t limit = s->plan->runs;
    if (s->is_one_block)
        return limit;
    uint64_t begin = search_block_begin(block), size = size_of_block(block);
    uint64_t runs = limit != 0 && limit - begin < size ? limit - begin : size;
    return runs + corpus_count(s->plan); /* which is repeated first */
}

static bool is_ours(const searcher *s, unsigned block)
{
    return s->plan->shards == 0 || block % s->plan->shards == s->plan->shard;
}

/* ---- one block ---- */

/* In the worker, after each run. */
static bool is_over(void *context, const sim_explore_progress *progress)
{
    const searcher *s = context;
    if (s->plan->corpus != NULL && progress->is_new)
        corpus_note(s->plan->corpus, s->block, progress);
    if (progress->runs % ASK_EVERY == 0 && getppid() != s->owner)
        return true;
    return (s->plan->deadline_ms != 0 && search_clock_ms() >= s->plan->deadline_ms) ||
           atomic_load_explicit(&s->table->lowest, memory_order_relaxed) < s->block;
}

static void lower(table *t, unsigned block)
{
    unsigned lowest = atomic_load(&t->lowest);
    while (block < lowest && !atomic_compare_exchange_weak(&t->lowest, &lowest, block))
        continue;
}

static void keep(searcher *s, unsigned job, row *r)
{
    job_find *kept = s->finds[job];
    kept->block = s->block;
    kept->count = r->find.count < VALUES_MAX ? r->find.count : VALUES_MAX;
    memcpy(kept->values, r->find.values, kept->count * sizeof *kept->values);
    lower(s->table, s->block);
}

static void search_block(searcher *s, unsigned job)
{
    const search_plan *plan = s->plan;
    row *r = &s->table->rows[s->block];
    uint64_t begin = s->is_one_block ? 0 : search_block_begin(s->block);
    hunt_options options = {.order = plan->order,
                            .seed = sim_explore_seed(plan->seed, begin + 1),
                            .runs = runs_of_block(s, s->block),
                            .quiet_ms = plan->quiet_ms,
                            .corpus = corpus_journals(plan),
                            .corpus_count = corpus_count(plan),
                            .on_run = is_over,
                            .context = s};
    pid_t above = s->owner;
    s->owner = getpid();
    r->error = hunt(plan->scenario, &options, &r->find);
    s->owner = above;
    r->runs = r->find.runs;
    r->was_cut_short = r->find.end == HUNT_CLEAN && r->find.why == SIM_EXPLORE_ASKED;
    if (r->error == 0 && r->find.end != HUNT_CLEAN)
        keep(s, job, r);
    free(r->find.values);
    r->find.values = NULL;
    r->is_done = true;
}

/* One block after the other, until there is none that matters. */
static void work(searcher *s, unsigned job)
{
    for (;;) {
        unsigned block = atomic_fetch_add(&s->table->next, 1);
        bool is_alone = s->jobs > 1 && getppid() != s->owner;
        bool late = s->plan->deadline_ms != 0 && search_clock_ms() >= s->plan->deadline_ms;
        if (block >= s->blocks || block > atomic_load(&s->table->lowest) || late || is_alone)
            return;
        if (!is_ours(s, block))
            continue;
        s->block = block;
        search_block(s, job);
        if (s->table->rows[block].error != 0)
            return;
    }
}

/* ---- jobs ---- */

static int work_in_children(searcher *s)
{
    pid_t children[JOBS_MAX];
    int error = 0;
    fflush(NULL);
    s->owner = getpid();
    for (unsigned i = 0; i < s->jobs; i++) {
        children[i] = fork();
        if (children[i] == 0) {
            work(s, i);
            _exit(0);
        }
        error = children[i] < 0 ? errno : error;
    }
    for (unsigned i = 0; i < s->jobs; i++) {
        int status = 0;
        while (children[i] > 0 && waitpid(children[i], &status, 0) < 0 && errno == EINTR)
            continue;
        error = status != 0 ? ECHILD : error;
    }
    return error;
}

static void take_find(const searcher *s, unsigned block, search_result *out)
{
    const row *r = &s->table->rows[block];
    uint64_t begin = s->is_one_block ? 0 : search_block_begin(block) + block * corpus_count(s->plan);
    out->find = r->find;
    out->run = begin + r->find.runs;
    for (unsigned i = 0; i < s->jobs; i++) {
        const job_find *kept = s->finds[i];
        if (kept->block != block)
            continue;
        out->find.count = kept->count;
        out->find.values = malloc((kept->count + 1u) * sizeof *kept->values);
        if (out->find.values != NULL)
            memcpy(out->find.values, kept->values, kept->count * sizeof *kept->values);
    }
}

/* A search of one block says what the block does. */
static void summarize(search_result *out, const char *block)
{
    size_t len = statement_summary_length(block);
    unsigned long long runs = out->runs;
    if (out->blocks == 1 && len > 0)
        snprintf(out->summary, sizeof out->summary, "%.*s", (int)len, block);
    else if (out->run != 0 && out->find.end != HUNT_FAILED)
        snprintf(out->summary, sizeof out->summary, "%llu runs, the last of which ended its process", runs);
    else
        snprintf(out->summary, sizeof out->summary,
                 "%llu runs of at most %u steps, in %u blocks that each began anew", runs, out->steps_max,
                 out->blocks);
}

/* Of all blocks up to the first that failed.  0 or an errno. */
static int gather(const searcher *s, search_result *out)
{
    unsigned lowest = atomic_load(&s->table->lowest);
    const char *lines[BLOCKS_MAX], *first = "";
    out->is_all = true;
    for (unsigned b = 0; b < s->blocks && b <= lowest; b++) {
        const row *r = &s->table->rows[b];
        if (!is_ours(s, b))
            continue;
        out->is_all = out->is_all && r->is_done && !r->was_cut_short;
        if (!r->is_done)
            continue;
        if (r->error != 0)
            return r->error;
        out->runs += r->runs;
        out->steps_max = r->find.steps_max > out->steps_max ? r->find.steps_max : out->steps_max;
        first = out->blocks == 0 ? r->find.statement : first;
        lines[out->blocks++] = statement_lines(r->find.statement);
    }
    if (lowest < BLOCKS_MAX)
        take_find(s, lowest, out);
    out->is_complete = s->is_one_block && s->table->rows[0].find.why == SIM_EXPLORE_COMPLETE &&
                       s->table->rows[0].is_done && lowest == BLOCKS_MAX;
    summarize(out, first);
    statement_add(lines, out->blocks, out->lines, sizeof out->lines);
    return lowest < BLOCKS_MAX && out->find.values == NULL ? ENOMEM : 0;
}

static int search_in(searcher *s, search_result *out)
{
    int error = 0;
    if (s->jobs == 1)
        work(s, 0);
    else
        error = work_in_children(s);
    return error != 0 ? error : gather(s, out);
}

static bool share(searcher *s)
{
    s->table = worker_share(sizeof *s->table);
    bool done = s->table != NULL;
    for (unsigned i = 0; i < s->jobs; i++) {
        s->finds[i] = worker_share(sizeof *s->finds[i]);
        done = done && s->finds[i] != NULL;
        if (s->finds[i] != NULL)
            s->finds[i]->block = BLOCKS_MAX;
    }
    if (done)
        atomic_store(&s->table->lowest, BLOCKS_MAX);
    return done;
}

int search(const search_plan *plan, search_result *out)
{
    *out = (search_result){0};
    searcher s = {.plan = plan, .jobs = plan->jobs == 0 ? 1 : plan->jobs < JOBS_MAX ? plan->jobs : JOBS_MAX};
    s.is_one_block = comes_to_an_end(plan);
    s.blocks = count_blocks(&s);
    s.jobs = s.jobs < s.blocks ? s.jobs : s.blocks;
    int error = share(&s) ? search_in(&s, out) : ENOMEM;
    for (unsigned i = 0; i < s.jobs; i++)
        worker_unshare(s.finds[i], sizeof *s.finds[i]);
    worker_unshare(s.table, sizeof *s.table);
    return error;
}

void search_result_fini(search_result *result) { hunt_find_fini(&result->find); }
