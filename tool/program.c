/* SPDX-License-Identifier: MIT
 *
 * castanet_main: the table of verbs and of options, and help.
 */
#define _GNU_SOURCE
#include "tool/program.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tool/nearest.h"
#include "tool/record.h"

/* ---- verbs ---- */

static const tool_verb verbs[] = {
    {"list", "", "json ", "the scenarios of this program", "list", tool_list},
    {"run", "SCENARIO", "seed ladder trace lint pick save mode by-packet json ",
     "one run in the order of time, or as you choose step by step", "run %s --seed 7 --ladder", tool_run},
    {"explore", "[SCENARIO...]",
     "strategy mode by-packet by-object runs time seed jobs shard corpus out hang json ",
     "search for an order that fails; no names: all scenarios", "explore %s --runs 100000 --jobs 2",
     tool_explore},
    {"merge", "FILE...", "", "what the shards of a search found, together",
     "merge shards/shard-1-of-2.result shards/shard-2-of-2.result", tool_merge},
    {"replay", "FILE", "exact portable reanchor out here hang json ", "repeat a run from its schedule",
     "replay castanet-failures/%s.castanet", tool_replay},
    {"trace", "SCENARIO|FILE", "format out host seed portable ",
     "a run written down: for Wireshark, or to read", "trace %s --format ladder", tool_trace},
    {"report", "FILE", "out hang ", "a failure as one page for a browser, from its schedule",
     "report castanet-failures/%s.castanet", tool_report},
    {"shrink", "FILE", "out hang ", "reduce a schedule to what matters",
     "shrink castanet-failures/%s.castanet --out small.castanet", tool_shrink},
    {"check", "[SCENARIO...]", "runs seed mode hang quick json ",
     "is each run the same when it is made again?", "check %s --runs 1000", tool_check},
    {"wireshark", "install|print", "force ", "its profile and script for Wireshark, put in place",
     "wireshark install", tool_wireshark},
    {"batch", "", "json ", "commands from stdin, one a line, words between tabs",
     "batch --json=3 3>results.jsonl <commands", tool_batch},
    {"diff", "SCENARIO SCENARIO", "schedule seed runs strategy mode by-packet times hang ",
     "the first visible difference between two versions", "diff old-version new-version --runs 100",
     tool_diff},
};
enum { VERBS = sizeof verbs / sizeof *verbs };

static const tool_verb *find_verb(const char *name)
{
    for (size_t i = 0; i < VERBS; i++) {
        if (strcmp(verbs[i].name, name) == 0)
            return &verbs[i];
    }
    return NULL;
}

/* ---- options ---- */

typedef enum option_kind { OPTION_NUMBER, OPTION_TEXT, OPTION_FLAG, OPTION_DESCRIPTOR } option_kind;

typedef struct option_row {
    const char *name;
    option_kind kind;
    size_t offset;
    uint64_t highest;
    const char *value, *help;
} option_row;

#define NUMBER(name, field, highest, value, help)                                                            \
    {                                                                                                        \
        name, OPTION_NUMBER, offsetof(tool_request, field), highest, value, help                             \
    }
#define TEXT(name, field, value, help)                                                                       \
    {                                                                                                        \
        name, OPTION_TEXT, offsetof(tool_request, field), 0, value, help                                     \
    }
#define FLAG(name, field, help)                                                                              \
    {                                                                                                        \
        name, OPTION_FLAG, offsetof(tool_request, field), 0, "", help                                        \
    }

static const option_row options[] = {
    NUMBER("seed", seed, UINT64_MAX, "N", "what chance is drawn from (0)"),
    NUMBER("runs", runs, UINT64_MAX, "N", "how many runs at most (10000)"),
    NUMBER("time", time_s, 1000000, "SECONDS", "how long a search may take; without --runs, no other limit"),
    NUMBER("jobs", jobs, 64, "N", "processes that share the work; the result is the same (1)"),
    NUMBER("hang", hang_s, 86400, "SECONDS", "what one run may take before it counts as hung (10)"),
    TEXT("strategy", strategy, "NAME", "how orders are chosen (portfolio)"),
    TEXT("mode", mode, "MODE", "windowed or causal: what may be reordered (windowed)"),
    TEXT("shard", shard, "I/N", "only the I-th of N parts of the search, from 1; see merge"),
    TEXT("corpus", corpus, "DIR", "runs that showed something new, to begin with and to add to"),
    TEXT("out", out, "PATH", "where what was found is written"),
    TEXT("trace", trace, "FILE", "write a capture for Wireshark"),
    TEXT("format", format, "NAME", "pcapng, pcap, ladder, report, json, csv, chrome, shiviz, mermaid"),
    TEXT("host", host, "NAME", "capture what this host alone sees"),
    TEXT("save", save, "FILE", "write what was picked as a schedule"),
    TEXT("schedule", schedule, "FILE", "both run under its holds and choices"),
    {"json", OPTION_DESCRIPTOR, offsetof(tool_request, json), 0, "[=FD]",
     "records for programs, a line each (docs/machine.md)"},
    FLAG("quick", quick, "do not wait for the clock to show another second"),
    FLAG("force", force, "also over files that differ"),
    FLAG("pick", pick, "list what may happen, and ask"),
    FLAG("lint", lint, "say what will fail in another order, though this run passed"),
    FLAG("times", times, "the same at another time is different"),
    FLAG("ladder", ladder, "print what hosts did and sent, time downwards"),
    FLAG("by-packet", by_packet, "causal: packets are steps of their own"),
    FLAG("by-object", by_object, "handlers of different sockets of a host share nothing"),
    FLAG("exact", exact, "the exact form: bit for bit, or where it diverges"),
    FLAG("portable", portable, "the portable form: holds and choices by name"),
    FLAG("reanchor", reanchor, "if the facts do not fail any more, look nearby"),
    FLAG("here", here, "in this process, for a debugger"),
};
enum { OPTIONS = sizeof options / sizeof *options, FIRST_LETTER = 256 };

/* "runs " is in "runs time ", and is not in "by-runs ". */
static bool takes_option(const tool_verb *verb, const char *name)
{
    size_t len = strlen(name);
    for (const char *at = verb->options; *at != '\0'; at += strcspn(at, " ") + 1) {
        if (strcspn(at, " ") == len && memcmp(at, name, len) == 0)
            return true;
    }
    return false;
}

static bool store_number(const option_row *row, const char *text, uint64_t *out)
{
    char *end = NULL;
    errno = 0;
    bool is_hexadecimal = strncmp(text, "0x", 2) == 0;
    unsigned long long value = strtoull(text, &end, is_hexadecimal ? 16 : 10);
    if (errno == 0 && *text >= '0' && *text <= '9' && *end == '\0' && value <= row->highest) {
        *out = value;
        return true;
    }
    char fix[128];
    snprintf(fix, sizeof fix, "a number from 0 to %" PRIu64, row->highest);
    tool_complain(TOOL_USAGE, "it is no number, or too large", fix, "--%s %s is not possible", row->name,
                  text);
    return false;
}

static bool store(tool_request *request, const option_row *row, const char *text)
{
    char *field = (char *)request + row->offset;
    if (row->kind == OPTION_NUMBER)
        return store_number(row, text, (uint64_t *)(void *)field);
    if (row->kind == OPTION_TEXT || row->kind == OPTION_DESCRIPTOR)
        *(const char **)(void *)field = text != NULL ? text : "";
    else
        *(bool *)(void *)field = true;
    return true;
}

/* ---- help ---- */

static const char *first_scenario(const tool_request *request)
{
    return request->scenarios[0] != NULL ? request->scenarios[0]->name : "SCENARIO";
}

static void print_example(const tool_request *request, const tool_verb *verb)
{
    char line[256];
    const char *mark = strstr(verb->example, "%s");
    if (mark == NULL)
        snprintf(line, sizeof line, "%s", verb->example);
    else
        snprintf(line, sizeof line, "%.*s%s%s", (int)(mark - verb->example), verb->example,
                 first_scenario(request), mark + 2);
    printf("\nexample:\n  %s %s\n", request->program, line);
}

static int help_verb(const tool_request *request, const tool_verb *verb)
{
    printf("usage: %s %s%s%s%s\n\n%s\n", request->program, verb->name, *verb->words != '\0' ? " " : "",
           verb->words, *verb->options != '\0' ? " [OPTION...]" : "", verb->summary);
    if (*verb->options != '\0')
        printf("\noptions:\n");
    for (size_t i = 0; i < OPTIONS; i++) {
        char left[40];
        snprintf(left, sizeof left, "--%s%s%s", options[i].name, *options[i].value == '[' ? "" : " ",
                 options[i].value);
        if (takes_option(verb, options[i].name))
            printf("  %-18s %s\n", left, options[i].help);
    }
    print_example(request, verb);
    return TOOL_CLEAN;
}

static int help(const tool_request *request)
{
    printf("usage: %s VERB [WORD...] [OPTION...]\n\nverbs:\n", request->program);
    for (size_t i = 0; i < VERBS; i++)
        printf("  %-8s %-14s %s\n", verbs[i].name, verbs[i].words, verbs[i].summary);
    printf(
        "\n%s VERB --help tells more.  Exit codes: 0 nothing was found, 1 a scenario failed, 2 usage or a\n"
        "file, 3 not deterministic or a replay that diverged, 4 an error of castanet itself, 5 nothing to "
        "run.\n",
        request->program);
    return TOOL_CLEAN;
}

static bool is_help(const char *word)
{
    return strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0 || strcmp(word, "help") == 0;
}

/* ---- the command line ---- */

/* "FILE..." is one or more, "[SCENARIO...]" any number, "SCENARIO SCENARIO" two. */
static void read_counts(const char *words, size_t *least, size_t *most)
{
    size_t named = *words != '\0';
    for (const char *at = words; *at != '\0'; at++)
        named += *at == ' ';
    *least = words[0] == '[' ? 0 : named;
    *most = strstr(words, "...") != NULL ? SIZE_MAX : named;
}

/* false: it was said why not. */
static bool count_words(const tool_request *request, const tool_verb *verb)
{
    size_t least, most;
    read_counts(verb->words, &least, &most);
    if (request->word_count <= most && request->word_count >= least)
        return true;
    char fix[128];
    snprintf(fix, sizeof fix, "%.60s %s --help", request->program, verb->name);
    if (request->word_count > most)
        tool_complain(TOOL_USAGE, "there are more words than it takes", fix, "%s does not take \"%s\"",
                      verb->name, request->words[most]);
    else
        tool_complain(TOOL_USAGE, "it has to be told what with", fix, "%s needs %s", verb->name, verb->words);
    return false;
}

static bool complain_of_option(const tool_request *request, const tool_verb *verb, int letter, char **argv)
{
    char fix[128];
    snprintf(fix, sizeof fix, "%.60s %s --help", request->program, verb->name);
    const char *word = argv[optind - 1];
    tool_complain(TOOL_USAGE,
                  letter == ':' ? "it needs a value" : "there is no such option, or it has no value", fix,
                  "%s cannot take %s", verb->name, word);
    return false;
}

/* As getopt_long counts them. */
static int arguments_of(option_kind kind)
{
    return kind == OPTION_FLAG         ? no_argument
           : kind == OPTION_DESCRIPTOR ? optional_argument
                                       : required_argument;
}

static bool read_options(tool_request *request, const tool_verb *verb, int argc, char **argv)
{
    struct option known[OPTIONS + 1];
    int count = 0;
    memset(known, 0, sizeof known);
    for (int i = 0; i < OPTIONS; i++) {
        if (takes_option(verb, options[i].name))
            known[count++] = (struct option){options[i].name, arguments_of(options[i].kind), NULL,
                                             FIRST_LETTER + i};
    }
    optind = 0; /* from the beginning, whoever used it before */
    opterr = 0;
    for (int letter = 0; (letter = getopt_long(argc, argv, ":", known, NULL)) != -1;) {
        if (letter < FIRST_LETTER)
            return complain_of_option(request, verb, letter, argv);
        if (!store(request, &options[letter - FIRST_LETTER], optarg))
            return false;
    }
    request->words = argv + optind;
    request->word_count = (size_t)(argc - optind);
    return count_words(request, verb);
}

static int complain_of_verb(const tool_request *request, const char *word)
{
    char fix[160];
    const tool_verb *best = &verbs[0];
    for (size_t i = 1; i < VERBS; i++) {
        if (tool_distance(word, verbs[i].name) < tool_distance(word, best->name))
            best = &verbs[i];
    }
    snprintf(fix, sizeof fix, "%.60s --help names them all; \"%s\" is nearest", request->program, best->name);
    return tool_complain(TOOL_USAGE, "there is no such verb", fix, "%s cannot \"%s\"", request->program,
                         word);
}

/* What was asked for is known: do it. */
static int perform(const tool_verb *verb, const tool_request *request)
{
    if (request->json != NULL && !record_open(request->json))
        return TOOL_USAGE;
    int code = verb->run(request);
    if (fflush(stdout) != 0 || ferror(stdout))
        return tool_complain(TOOL_USAGE, strerror(errno), "write to somewhere with room",
                             "stdout cannot be written");
    return code;
}

static int command(tool_request *request, int argc, char **argv)
{
    if (argc < 2)
        return tool_complain(TOOL_USAGE, "it was given no verb", "give one of those that --help names",
                             "%s does not know what to do", request->program);
    if (is_help(argv[1]) && argc == 2)
        return help(request);
    const tool_verb *verb = find_verb(is_help(argv[1]) ? argv[2] : argv[1]);
    if (verb == NULL)
        return complain_of_verb(request, is_help(argv[1]) ? argv[2] : argv[1]);
    if (is_help(argv[1]) || (argc > 2 && is_help(argv[2])))
        return help_verb(request, verb);
    if (!read_options(request, verb, argc - 1, argv + 1))
        return TOOL_USAGE;
    return perform(verb, request);
}

int castanet_main(int argc, char **argv, const sim_scenario *const *scenarios)
{
    tool_request request = {.program = argc > 0 ? argv[0] : "castanet", .scenarios = scenarios};
    bool is_inner = record_is_open(); /* a command of a batch */
    int code = command(&request, argc, argv);
    record_begin("exit");
    record_number("code", (uint64_t)code);
    record_end();
    if (!is_inner && !record_close())
        return tool_complain(TOOL_USAGE, "they have nowhere to go", "write to somewhere with room",
                             "the records cannot be written");
    return code;
}
