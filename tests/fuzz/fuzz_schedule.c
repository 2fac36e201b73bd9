/* SPDX-License-Identifier: MIT
 *
 * Schedules from bytes: what is refused has a place in the text and words for it; what is read is written
 * again as text that is read as the same, and a replay of it ends, as do looking for it nearby and shrinking.
 */
#include <stdlib.h>
#include <string.h>

#include "castanet/sim_schedule.h"
#include "tests/fuzz/fuzz.h"
#include "tests/three_clients.h"

enum { TEXT_MAX = 1 << 20, FACTS_FEW = 64, FACTS_TO_MOVE = 2, FACTS_TO_SHRINK = 8 };

typedef struct text {
    char *bytes;
    size_t len;
} text;

static void add_text(void *context, const char *bytes, size_t len)
{
    text *t = context;
    fuzz_demand(t->len + len <= TEXT_MAX, "a schedule that was read is not written longer by much");
    memcpy(t->bytes + t->len, bytes, len);
    t->len += len;
}

static text write_text(const sim_schedule *schedule)
{
    text t = {.bytes = malloc(TEXT_MAX)};
    fuzz_demand(t.bytes != NULL, "there is memory");
    sim_schedule_write(schedule, (sim_sink){add_text, &t});
    return t;
}

static void expect_error(const sim_schedule_error *error, size_t size)
{
    fuzz_demand(error->what[0] != '\0' && error->why[0] != '\0' && error->fix[0] != '\0', "what, why, fix");
    fuzz_demand(error->line <= size + 1 && error->column <= size + 1, "the place is in the text");
}

static void expect_same_text(const sim_schedule *schedule)
{
    text first = write_text(schedule), second;
    sim_schedule *again = NULL;
    sim_schedule_error error;
    fuzz_demand(sim_schedule_parse(first.bytes, first.len, NULL, &again, &error) == 0,
                "what was written is read");
    second = write_text(again);
    fuzz_demand(second.len == first.len && memcmp(second.bytes, first.bytes, first.len) == 0,
                "and written as before");
    sim_schedule_destroy(again);
    free(first.bytes);
    free(second.bytes);
}

static void replay(const sim_schedule *schedule)
{
    const sim_scenario *scenario = three_clients(2);
    sim_rerun rerun;
    bool fits = strcmp(sim_schedule_scenario(schedule), scenario->name) == 0;
    int error = sim_schedule_replay(schedule, scenario, &rerun);
    fuzz_demand(fits ? error == 0 : error != 0, "it runs if it is for the scenario");
    fuzz_demand(!fits || rerun.same || rerun.text[0] != '\0', "a run that is another one is told from it");
    error = sim_schedule_replay_exact(schedule, scenario, &rerun);
    fuzz_demand(rerun.same || rerun.text[0] != '\0', "so is one that should have been exact");
}

/* Its facts to where they do as it says; then they can be written. */
static void move(sim_schedule *schedule)
{
    uint64_t runs = 0;
    (void)sim_schedule_reanchor(schedule, three_clients(2), &runs);
    fuzz_demand(runs <= 200, "it gives up some time");
    expect_same_text(schedule);
}

/* To what matters; no more than there was, in no more runs than are said to be enough. */
static void shrink(sim_schedule *schedule)
{
    sim_shrink done;
    size_t before = sim_schedule_fact_count(schedule);
    int error = sim_schedule_shrink(schedule, three_clients(2), 0, &done);
    fuzz_demand(error != 0 || (done.after <= before && done.is_steady), "it gets smaller and repeats itself");
    fuzz_demand(done.runs < 520, "it ends");
    expect_same_text(schedule);
}

void fuzz_schedule(const uint8_t *data, size_t size)
{
    sim_schedule *schedule = NULL;
    sim_schedule_error error;
    int code = sim_schedule_parse((const char *)data, size, NULL, &schedule, &error);
    if (code != 0) {
        fuzz_demand(schedule == NULL, "there is no half of a schedule");
        expect_error(&error, size);
        return;
    }
    expect_same_text(schedule);
    if (sim_schedule_fact_count(schedule) <= FACTS_FEW)
        replay(schedule);
    if (sim_schedule_fact_count(schedule) <= FACTS_TO_MOVE)
        move(schedule);
    if (sim_schedule_fact_count(schedule) <= FACTS_TO_SHRINK)
        shrink(schedule);
    sim_schedule_destroy(schedule);
}
