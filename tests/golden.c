/* SPDX-License-Identifier: MIT
 *
 * castanet-golden: replays recorded Winsock notification sequences through the class, and says where it
 * differs.
 *
 * One line a scenario on stdout, a line of counts at the end.  Exit status: 0 everything agrees or is
 * explained, 1 not so, 2 bad input.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/golden_complain.h"
#include "tests/golden_list.h"
#include "tests/golden_play.h"

enum { EXIT_EXPLAINED = 0, EXIT_UNEXPLAINED = 1, EXIT_BAD_INPUT = 2 };

typedef struct golden_options {
    const char *file, *list, *id;
    arena_backend backend;
    bool verbose;
} golden_options;

typedef struct tally {
    unsigned scenarios, agree, inexpressible, unexplained, stale_entries;
    unsigned explained[GOLDEN_REASONS];
} tally;

typedef struct session {
    golden_options options;
    golden_file file;
    golden_list list;
    tally tally;
} session;

/* ---- options ---- */

static void print_usage(FILE *stream)
{
    fputs("usage: castanet-golden FILE [--backend NAME] [--differences LIST] [--id ID] [--verbose]\n"
          "  FILE                recorded scenarios, such as tests/golden/winsock-golden.jsonl\n"
          "  --backend NAME      what the class runs on:",
          stream);
    for (unsigned i = 0; i < ARENA_BACKENDS; i++)
        fprintf(stream, " %s", arena_backend_name((arena_backend)i));
    fprintf(stream,
            " (default %s)\n"
            "  --differences LIST  the reviewed list, such as tests/golden/differences.txt\n"
            "  --id ID             only this scenario\n"
            "  --verbose           every difference, in the form of the list\n",
            arena_backend_name(ARENA_SIM));
}

static bool refuse_backend(const char *name)
{
    char what[96], why[160] = "there are:";
    snprintf(what, sizeof what, "--backend %.60s is unknown", name);
    for (unsigned i = 0; i < ARENA_BACKENDS; i++) {
        size_t used = strlen(why);
        snprintf(why + used, sizeof why - used, " %s", arena_backend_name((arena_backend)i));
    }
    return golden_complain(NULL, 0, 0, what, why, "name one of them");
}

/* Returns -1 to go on, or the exit status. */
static int parse_options(int argc, char **argv, golden_options *o)
{
    static const struct option known[] = {
        {"backend", required_argument, NULL, 'b'}, {"differences", required_argument, NULL, 'd'},
        {"id", required_argument, NULL, 'i'},      {"verbose", no_argument, NULL, 'v'},
        {"help", no_argument, NULL, 'h'},          {NULL, 0, NULL, 0}};
    for (int c; (c = getopt_long(argc, argv, "b:d:i:vh", known, NULL)) != -1;) {
        switch (c) {
        case 'b':
            o->backend = arena_backend_of_name(optarg);
            if (o->backend == ARENA_BACKENDS)
                return refuse_backend(optarg) ? -1 : EXIT_BAD_INPUT;
            break;
        case 'd': o->list = optarg; break;
        case 'i': o->id = optarg; break;
        case 'v': o->verbose = true; break;
        case 'h': print_usage(stdout); return EXIT_SUCCESS;
        default: print_usage(stderr); return EXIT_BAD_INPUT;
        }
    }
    if (optind + 1 != argc) {
        golden_complain(NULL, 0, 0, "one file is needed",
                        optind == argc ? "none is named" : "several are named",
                        "castanet-golden FILE; --help has the options");
        return EXIT_BAD_INPUT;
    }
    o->file = argv[optind];
    return -1;
}

/* ---- one scenario ---- */

static void print_differences(const golden_findings *f)
{
    for (size_t i = 0; i < f->count; i++)
        printf("  %s\n", f->differences[i].text);
}

/* A difference that the list does not have, or has and should not. */
static void print_unexplained(session *s, const golden_scenario *g, const golden_findings *f,
                              const golden_explanation *e)
{
    const golden_difference *extra = golden_unexplained(e, f);
    s->tally.unexplained++;
    if (f->overflowed)
        printf("%s differ: more than %d differences\n", g->id, GOLDEN_DIFFERENCES_MAX);
    else if (extra != NULL)
        printf("%s differ: %s\n", g->id, extra->text);
    else if (golden_unneeded(e, f) != NULL)
        printf("%s differ: the list names a difference that is none: %s\n", g->id, golden_unneeded(e, f));
    else
        printf("%s differ: the list says that the recording explains it, and the recording does not\n",
               g->id);
}

static void report_difference(session *s, const golden_scenario *g, const golden_findings *f)
{
    const golden_explanation *e = golden_list_find(&s->list, g->id, s->options.backend);
    bool owned = e != NULL && (e->reason != GOLDEN_RECORDING || g->differs != NULL);
    if (!owned || f->overflowed || golden_unexplained(e, f) != NULL || golden_unneeded(e, f) != NULL) {
        print_unexplained(s, g, f, e);
        return;
    }
    s->tally.explained[e->reason]++;
    printf("%s differ (%s): %s; %s\n", g->id, golden_reason_name(e->reason), f->differences[0].text, e->why);
}

static void report_unneeded(session *s, const golden_scenario *g, const golden_explanation *e)
{
    s->tally.stale_entries++;
    printf("%s:%u: the entry for %s is not needed any more\n", s->options.list, e->line, g->id);
}

/* To agree with a recording that is not what Windows does wants a reason too. */
static void report_agreement(session *s, const golden_scenario *g, const golden_explanation *e)
{
    bool explained = e != NULL && golden_explains_agreement(e);
    if (g->differs == NULL) {
        s->tally.agree++;
        printf("%s agree\n", g->id);
    } else if (explained) {
        s->tally.agree++;
        printf("%s agree (%s): %s\n", g->id, golden_reason_name(e->reason), e->why);
    } else {
        s->tally.unexplained++;
        printf("%s agree, unexplained: the recording says that Windows differs: %s\n", g->id, g->differs);
    }
    if (e != NULL && !(explained && g->differs != NULL))
        report_unneeded(s, g, e);
}

static void report(session *s, const golden_scenario *g, const golden_findings *f)
{
    const golden_explanation *e = golden_list_find(&s->list, g->id, s->options.backend);
    s->tally.scenarios++;
    if (f->count > 0) {
        report_difference(s, g, f);
        if (s->options.verbose)
            print_differences(f);
    } else if (f->left_out[0] != '\0') {
        s->tally.inexpressible++;
        printf("%s inexpressible: %s\n", g->id, f->left_out);
        if (e != NULL)
            report_unneeded(s, g, e);
    } else {
        report_agreement(s, g, e);
    }
}

/* ---- all of them ---- */

static bool is_played(const session *s, const char *id)
{
    return s->options.id == NULL || strcmp(s->options.id, id) == 0;
}

static bool has_scenario(const session *s, const char *id)
{
    for (size_t i = 0; i < s->file.count; i++)
        if (strcmp(s->file.scenarios[i].id, id) == 0)
            return true;
    return false;
}

static void note_orphan(void *context, const golden_explanation *e, const char *id)
{
    session *s = context;
    if (has_scenario(s, id))
        return;
    s->tally.stale_entries++;
    printf("%s:%u: the entry for %s is not needed: the recording has no such scenario\n", s->options.list,
           e->line, id);
}

static bool play_all(session *s)
{
    static golden_findings found; /* too large for a stack */
    for (size_t i = 0; i < s->file.count; i++) {
        const golden_scenario *g = &s->file.scenarios[i];
        if (!is_played(s, g->id))
            continue;
        if (!golden_play(g, s->options.backend, &found))
            return false;
        report(s, g, &found);
    }
    if (s->options.id == NULL)
        golden_list_for_each(&s->list, s->options.backend, note_orphan, s);
    return true;
}

static void print_tally(const session *s)
{
    const tally *t = &s->tally;
    unsigned differ = t->unexplained;
    for (unsigned i = 0; i < GOLDEN_REASONS; i++)
        differ += t->explained[i];
    printf("%s: %u scenarios: %u agree, %u differ (", arena_backend_name(s->options.backend), t->scenarios,
           t->agree, differ);
    for (unsigned i = 0; i < GOLDEN_REASONS; i++)
        printf("%u %s, ", t->explained[i], golden_reason_name((golden_reason)i));
    printf("%u unexplained), %u inexpressible; %u entries of the list not needed\n", t->unexplained,
           t->inexpressible, t->stale_entries);
}

static bool check_id(const session *s)
{
    char what[160];
    if (s->options.id == NULL || has_scenario(s, s->options.id))
        return true;
    snprintf(what, sizeof what, "there is no scenario %.100s", s->options.id);
    return golden_complain(s->options.file, 0, 0, what, "no line of the file has this id",
                           "leave --id away to see all ids");
}

static int run(session *s)
{
    if (!golden_read(s->options.file, &s->file) ||
        (s->options.list != NULL && !golden_list_read(s->options.list, &s->list)) || !check_id(s) ||
        !play_all(s))
        return EXIT_BAD_INPUT;
    print_tally(s);
    return s->tally.unexplained + s->tally.stale_entries == 0 ? EXIT_EXPLAINED : EXIT_UNEXPLAINED;
}

int main(int argc, char **argv)
{
    session s = {.options = {.backend = ARENA_SIM}};
    int status = parse_options(argc, argv, &s.options);
    if (status == -1)
        status = run(&s);
    golden_release(&s.file);
    golden_list_release(&s.list);
    return status;
}
