/* SPDX-License-Identifier: MIT
 *
 * See shard.h.
 */
#include "tool/shard.h"

#include <inttypes.h>
#include <string.h>

#include "simnet/explore/printable.h"

enum { LINE_BYTES = 1024 };

bool shard_parse(const char *text, unsigned *shard, unsigned *shards)
{
    int used = 0;
    return sscanf(text, "%5u/%5u%n", shard, shards, &used) == 2 && text[used] == '\0' && *shard >= 1 &&
           *shard <= *shards;
}

/* ---- writing ---- */

void shard_part_of(const search_plan *plan, const search_result *found, shard_part *out)
{
    *out = (shard_part){.shard = plan->shard + 1,
                        .shards = plan->shards,
                        .runs = found->runs,
                        .blocks = found->blocks,
                        .steps_max = found->steps_max,
                        .is_all = found->is_all,
                        .is_complete = found->is_complete,
                        .run = found->run,
                        .result = found->find.result};
    snprintf(out->scenario, sizeof out->scenario, "%s", plan->scenario->name);
    snprintf(out->search, sizeof out->search, "%s %s%s%s seed %" PRIu64 " runs %" PRIu64,
             plan->order.strategy, plan->order.mode == SIM_CAUSAL ? "causal" : "windowed",
             plan->order.by_packet ? " by-packet" : "", plan->order.by_object ? " by-object" : "", plan->seed,
             plan->runs);
    snprintf(out->lines, sizeof out->lines, "%s", found->lines);
}

static void write_lines(const char *lines, FILE *stream)
{
    for (const char *at = lines; *at != '\0';) {
        size_t len = strcspn(at, "\n");
        fprintf(stream, "says %.*s\n", (int)len, at);
        at += len + (at[len] == '\n');
    }
}

void shard_write(const shard_part *p, FILE *stream)
{
    char message[sizeof p->result.message], shown[sizeof p->result.message];
    memcpy(message, p->result.message, sizeof message);
    for (char *at = message; (at = strchr(at, '\n')) != NULL;)
        *at = ' ';
    fprintf(stream, "castanet result 1\nscenario %s\nsearch %s\nshard %u %u\n", p->scenario, p->search,
            p->shard, p->shards);
    fprintf(stream, "made %" PRIu64 " runs %u blocks %lu steps, %s\n", p->runs, p->blocks,
            (unsigned long)p->steps_max,
            p->is_complete ? "proof"
            : p->is_all    ? "all"
                           : "cut short");
    if (p->run != 0)
        fprintf(stream, "failure %" PRIu64 " %s %016" PRIx64 " %s\n", p->run,
                sim_outcome_word(p->result.outcome), p->result.identity,
                simp_printable(message, strlen(message), shown, sizeof shown));
    write_lines(p->lines, stream);
    fprintf(stream, "end\n");
}

/* ---- reading ---- */

/* Into line, without its end.  False: there is none, or it is too long, or was not written as text. */
static bool next_line(shard_reader *r, char line[LINE_BYTES])
{
    char shown[LINE_BYTES];
    const char *newline = r->at == r->end ? NULL : memchr(r->at, '\n', (size_t)(r->end - r->at));
    r->line++;
    if (newline == NULL || newline - r->at >= LINE_BYTES)
        return false;
    size_t len = (size_t)(newline - r->at);
    memcpy(line, r->at, len);
    line[len] = '\0';
    r->at = newline + 1;
    return strcmp(simp_printable(line, len, shown, sizeof shown), line) == 0;
}

static bool read_text(const char *line, const char *word, char *out, size_t size)
{
    size_t len = strlen(word);
    if (strncmp(line, word, len) != 0 || line[len] == '\0' || strlen(line + len) >= size)
        return false;
    memcpy(out, line + len, strlen(line + len) + 1);
    return true;
}

static bool read_made(const char *line, shard_part *p)
{
    int used = 0;
    unsigned long steps = 0;
    if (sscanf(line, "made %" SCNu64 " runs %u blocks %lu steps, %n", &p->runs, &p->blocks, &steps, &used) !=
            3 ||
        used == 0)
        return false;
    p->steps_max = (uint32_t)steps;
    p->is_complete = strcmp(line + used, "proof") == 0;
    p->is_all = p->is_complete || strcmp(line + used, "all") == 0;
    return p->is_all || strcmp(line + used, "cut short") == 0;
}

static bool read_failure(const char *line, shard_part *p)
{
    char word[16];
    int used = 0;
    if (sscanf(line, "failure %" SCNu64 " %15s %" SCNx64 " %n", &p->run, word, &p->result.identity, &used) !=
            3 ||
        used == 0 || p->run == 0)
        return false;
    for (int i = SIM_FAILED; i <= SIM_HUNG; i++) {
        if (strcmp(word, sim_outcome_word((sim_outcome)i)) == 0)
            p->result.outcome = (sim_outcome)i;
    }
    snprintf(p->result.message, sizeof p->result.message, "%s", line + used);
    return p->result.outcome != SIM_PASSED;
}

static bool add_line(const char *line, shard_part *p)
{
    size_t used = strlen(p->lines), len = strlen(line);
    if (strncmp(line, "says ", 5) != 0 || used + len >= sizeof p->lines)
        return false;
    snprintf(p->lines + used, sizeof p->lines - used, "%s%s", used > 0 ? "\n" : "", line + 5);
    return true;
}

static bool read_head(shard_reader *r, shard_part *p)
{
    char line[LINE_BYTES];
    return next_line(r, line) && strcmp(line, "castanet result 1") == 0 && next_line(r, line) &&
           read_text(line, "scenario ", p->scenario, sizeof p->scenario) && next_line(r, line) &&
           read_text(line, "search ", p->search, sizeof p->search) && next_line(r, line) &&
           sscanf(line, "shard %5u %5u", &p->shard, &p->shards) == 2 && p->shard >= 1 &&
           p->shard <= p->shards && next_line(r, line) && read_made(line, p);
}

shard_end shard_read(shard_reader *r, shard_part *p)
{
    char line[LINE_BYTES];
    *p = (shard_part){.shard = 0};
    if (r->at == r->end)
        return SHARD_NONE_LEFT;
    if (!read_head(r, p))
        return SHARD_BAD_LINE;
    while (next_line(r, line)) {
        if (strcmp(line, "end") == 0)
            return SHARD_READ;
        if (strncmp(line, "failure ", 8) == 0 ? !read_failure(line, p) : !add_line(line, p))
            return SHARD_BAD_LINE;
    }
    return SHARD_BAD_LINE;
}
