/* SPDX-License-Identifier: MIT
 *
 * castanet_matrix: what a run shows, for builds of other compilers and machines to be compared with.
 *
 *     castanet_matrix make DIR          searches each bug of the museum, and writes a schedule a bug
 *     castanet_matrix replay DIR        replays those schedules: results, and every frame on the wire
 *     castanet_matrix twice RUNS        makes searches of so many runs each, twice: are they the same?
 *
 * Standard output must be the same everywhere.  Exit codes: 0, 1 a run was not what it should be, 2 usage.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "castanet/sim_observer.h"
#include "castanet/sim_schedule.h"
#include "tests/museum/museum.h"

enum { SEARCH_RUNS = 2000, FRAME_MAX = 65536 + 14, PATH_MAX_LEN = 1024 };

static int complain(const char *what, const char *name, const char *why)
{
    fprintf(stderr, "castanet_matrix: %s %s: %s\n", what, name, why);
    return 1;
}

static void print_fingerprint(const uint8_t fingerprint[16])
{
    for (unsigned i = 0; i < 16; i++)
        printf("%02x", fingerprint[i]);
}

/* ---- schedules ---- */

static void write_text(void *context, const char *text, size_t len) { fwrite(text, 1, len, context); }

static int write_schedule(const sim_schedule *schedule, const char *path)
{
    FILE *file = fopen(path, "wb");
    if (file == NULL)
        return complain("cannot write", path, "see the folder");
    sim_schedule_write(schedule, (sim_sink){write_text, file});
    return fclose(file) == 0 ? 0 : complain("cannot write", path, "the disk is full");
}

/* 0 also if there is nothing to record. */
static int make_one(const museum_bug *bug, const char *path)
{
    sim_explore_result *found = calloc(1, sizeof *found);
    sim_schedule *schedule = NULL;
    if (found == NULL ||
        sim_explore(bug->broken, &(sim_explore_options){.seed = 1, .runs_max = SEARCH_RUNS}, found) != 0)
        return complain("cannot search", bug->id, "no memory");
    int status = 0;
    const sim_explore_failure *f = &found->failures[0];
    if (found->failure_count == 0 || f->journal == NULL)
        fprintf(stderr, "%s: nothing found in %d runs\n", bug->id, SEARCH_RUNS);
    else if (sim_schedule_record(bug->broken, &(sim_order_options){.mode = SIM_WINDOWED}, f->seed,
                                 f->journal->values, f->journal->count, &schedule) != 0)
        status = complain("cannot record", bug->id, "see sim_schedule_record");
    else
        status = write_schedule(schedule, path);
    sim_schedule_destroy(schedule);
    sim_explore_result_fini(found);
    free(found);
    return status;
}

static const char *path_of(char *path, const char *dir, const museum_bug *bug)
{
    snprintf(path, PATH_MAX_LEN, "%s/%s.castanet", dir, bug->id);
    return path;
}

static int make(const char *dir)
{
    int status = 0;
    char path[PATH_MAX_LEN];
    for (size_t i = 0; i < museum_count; i++)
        status |= make_one(museum_bugs[i], path_of(path, dir, museum_bugs[i]));
    return status;
}

/* ---- replay, with every frame ---- */

static const sim_scenario *watched; /* the one that build_watched builds */

static void on_sent(sim_observer *observer, const sim_world *world, const sim_packet *packet,
                    const sim_host *from, sim_fate fate)
{
    static uint8_t frame[FRAME_MAX];
    (void)observer, (void)from;
    size_t len = sim_packet_frame(packet, frame, sizeof frame);
    printf("%" PRIu64 " %s ", sim_world_now(world), sim_fate_word(fate));
    for (size_t i = 0; i < len; i++)
        printf("%02x", frame[i]);
    printf("\n");
}

static sim_observer observer = {.on_sent = on_sent};

static void build_watched(sim_world *world, void *state)
{
    sim_world_add_observer(world, &observer);
    watched->build(world, state);
}

static void print_rerun(const char *id, const char *form, const sim_rerun *rerun)
{
    printf("%s %s: %s, %s, %" PRIu64 " events, ", id, form, rerun->same ? "same" : "another run",
           sim_outcome_word(rerun->result.outcome), rerun->result.events);
    print_fingerprint(rerun->result.fingerprint);
    printf("\n%s\n", rerun->result.message);
    if (!rerun->same)
        printf("%s\n", rerun->text);
}

static int replay_text(const museum_bug *bug, const char *text, size_t len)
{
    sim_schedule *schedule = NULL;
    sim_schedule_error error;
    if (sim_schedule_parse(text, len, NULL, &schedule, &error) != 0)
        return complain("cannot read the schedule of", bug->id, error.what);
    sim_scenario scenario = *bug->broken;
    scenario.build = build_watched;
    watched = bug->broken;
    sim_rerun rerun;
    int status = sim_schedule_replay_exact(schedule, &scenario, &rerun) != 0 || !rerun.same;
    print_rerun(bug->id, "exact", &rerun);
    if (sim_schedule_replay(schedule, &scenario, &rerun) != 0)
        status = 1;
    print_rerun(bug->id, "portable", &rerun);
    sim_schedule_destroy(schedule);
    return status;
}

static int replay_one(const museum_bug *bug, const char *path)
{
    static char text[1 << 20];
    FILE *file = fopen(path, "rb");
    if (file == NULL) /* nothing was found */
        return 0;
    size_t len = fread(text, 1, sizeof text, file);
    fclose(file);
    return replay_text(bug, text, len);
}

static int replay(const char *dir)
{
    int status = 0;
    char path[PATH_MAX_LEN];
    for (size_t i = 0; i < museum_count; i++)
        status |= replay_one(museum_bugs[i], path_of(path, dir, museum_bugs[i]));
    return status;
}

/* ---- the same search twice ---- */

typedef struct runs {
    uint8_t (*fingerprints)[16];
    uint64_t made, different;
    bool again;
} runs;

static bool on_run(void *context, const sim_explore_progress *progress)
{
    runs *r = context;
    uint8_t *kept = r->fingerprints[r->made++];
    if (r->again)
        r->different += memcmp(kept, progress->last->fingerprint, sizeof *r->fingerprints) != 0;
    else
        memcpy(kept, progress->last->fingerprint, sizeof *r->fingerprints);
    return false;
}

static uint64_t search(const sim_scenario *scenario, uint64_t count, runs *r)
{
    sim_explore_result *result = calloc(1, sizeof *result);
    r->made = 0;
    if (result == NULL)
        return 0;
    sim_explore(scenario,
                &(sim_explore_options){
                    .seed = 7, .runs_max = count, .goes_on = true, .on_run = on_run, .context = r},
                result);
    sim_explore_result_fini(result);
    free(result);
    return r->made;
}

/* All fingerprints in one. */
static void print_digest(const runs *r)
{
    uint64_t digest[2] = {0, 0};
    for (uint64_t i = 0; i < r->made; i++) {
        for (unsigned at = 0; at < 16; at++)
            digest[at / 8] = (digest[at / 8] ^ r->fingerprints[i][at]) * UINT64_C(0x100000001B3);
    }
    printf("%016" PRIx64 "%016" PRIx64, digest[0], digest[1]);
}

static int twice_one(const sim_scenario *scenario, uint64_t count, uint64_t *total)
{
    runs r = {.fingerprints = calloc((size_t)count, sizeof *r.fingerprints)};
    if (r.fingerprints == NULL)
        return complain("cannot run", scenario->name, "no memory");
    uint64_t first = search(scenario, count, &r);
    r.again = true;
    uint64_t second = search(scenario, count, &r);
    printf("%s: %" PRIu64 " runs, %" PRIu64 " again, %" PRIu64 " different, ", scenario->name, first, second,
           r.different);
    print_digest(&r);
    printf("\n");
    *total += first;
    free(r.fingerprints);
    return first != second || r.different != 0;
}

static int twice(uint64_t count)
{
    int status = 0;
    uint64_t total = 0;
    for (size_t i = 0; i < museum_count; i++) {
        status |= twice_one(museum_bugs[i]->broken, count, &total);
        status |= twice_one(museum_bugs[i]->mended, count, &total);
    }
    printf("%" PRIu64 " runs twice\n", total);
    return status;
}

int main(int argc, char **argv)
{
    if (argc == 3 && strcmp(argv[1], "make") == 0)
        return make(argv[2]);
    if (argc == 3 && strcmp(argv[1], "replay") == 0)
        return replay(argv[2]);
    uint64_t count = argc == 3 && strcmp(argv[1], "twice") == 0 ? strtoull(argv[2], NULL, 10) : 0;
    if (count > 0 && count < 10000000)
        return twice(count);
    fputs("usage: castanet_matrix make DIR | replay DIR | twice RUNS\n", stderr);
    return 2;
}
