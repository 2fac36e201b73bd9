/* SPDX-License-Identifier: MIT
 *
 * castanet_differential: runs random programs of API calls in a world and on real sockets, and tells where
 * the two disagree, with the shortest program that shows it.
 *
 *   castanet_differential [OPTION...] --seeds A-B | --bytes HEX | --stdin
 *     --backend NAME   the real sockets; epoll if not given
 *     --callbacks      programs whose callbacks act (differential_callbacks.h)
 *     --print          every program, also those that agree; with --callbacks the trace
 *     --no-shrink      as they were found
 *     --hasty          without patience: what is only late counts too
 *
 * --stdin: a program a line, in hexadecimal; the verdicts are lines of JSON.  Exit codes: 0 nothing found, 1
 * a disagreement, 2 usage.
 *
 *  1. A disagreement counts only if it stays when the real run is given time: what comes late is counted
 *     apart.
 */
#define _GNU_SOURCE /* getline */
#include "tests/differential.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "tests/differential_allowed.h"
#include "tests/differential_callbacks.h"

enum { EXIT_AGREED, EXIT_DISAGREED, EXIT_USAGE };
/* Longer than an acknowledgement is held back, and than the first probe of a closed window. */
enum { PATIENCE_MS = 60, PATIENCE_BULK_MS = 250, PRINTED_MAX = 20 };

typedef struct session {
    arena_backend backend;
    unsigned used[DIFF_RULES_MAX];
    unsigned long programs, steps, disagreements, late;
    diff_record sim, real;
    diff_acting_result acted; /* sums */
    bool print, keep_long, hasty, callbacks;
} session;

/* ---- one program ---- */

static int patience(const diff_program *program)
{
    return differential_is_bulk(program) ? PATIENCE_BULK_MS : PATIENCE_MS;
}

static bool disagrees(session *s, const diff_program *program, int patience_ms, unsigned *used)
{
    differential_run(program, ARENA_SIM, 1, 0, &s->sim);
    differential_run(program, s->backend, 1, patience_ms, &s->real);
    return differential_compare(program, &s->sim, &s->real, used).differs;
}

static bool still_disagrees(void *context, const diff_program *candidate)
{
    return disagrees(context, candidate, 0, NULL);
}

static bool still_disagrees_in_time(void *context, const diff_program *candidate)
{
    return disagrees(context, candidate, 0, NULL) && disagrees(context, candidate, patience(candidate), NULL);
}

/* Quickly first; if the result turns out to have been merely late, again and with patience. */
static void shorten(session *s, diff_program *program)
{
    diff_program whole = *program;
    differential_shrink(program, still_disagrees, s);
    if (!disagrees(s, program, patience(program), NULL)) {
        *program = whole;
        differential_shrink(program, still_disagrees_in_time, s);
        disagrees(s, program, patience(program), NULL);
    }
}

/* Leaves the records of the disagreement, shortened, in the session. */
static bool judge(session *s, diff_program *program)
{
    s->programs++;
    s->steps += program->count;
    if (!disagrees(s, program, 0, s->used))
        return false;
    if (!s->hasty && !disagrees(s, program, patience(program), NULL)) {
        s->late++;
        return false;
    }
    s->disagreements++;
    if (!s->keep_long)
        shorten(s, program);
    return true;
}

/* ---- programs whose callbacks act ---- */

static bool complains(const session *s, arena_backend backend, const uint8_t *bytes, size_t len,
                      diff_acting_result *result)
{
    FILE *trace = s->print ? stdout : NULL;
    if (trace != NULL)
        fprintf(trace, "%s:\n", arena_backend_name(backend));
    differential_run_acting(bytes, len, backend, trace, result);
    return result->complaint[0] != '\0';
}

/* Fewer bytes, as long as there is a complaint. */
static void shorten_bytes(session *s, arena_backend backend, uint8_t *bytes, size_t *len,
                          diff_acting_result *result)
{
    for (size_t count = *len / 2; count > 0; count /= 2)
        for (size_t first = 0; first + count <= *len;) {
            uint8_t candidate[DIFF_BYTES_MAX];
            memcpy(candidate, bytes, first);
            memcpy(candidate + first, bytes + first + count, *len - first - count);
            if (complains(s, backend, candidate, *len - count, result)) {
                *len -= count;
                memcpy(bytes, candidate, *len);
            } else {
                first += count;
            }
        }
    complains(s, backend, bytes, *len, result);
}

/* Returns what was wrong, or NULL. */
static const char *judge_acting(session *s, uint8_t *bytes, size_t *len, arena_backend *where)
{
    static diff_acting_result result;
    const arena_backend backends[] = {ARENA_SIM, s->backend};
    s->programs++;
    for (unsigned i = 0; i < 2; i++) {
        bool wrong = complains(s, backends[i], bytes, *len, &result);
        s->acted.callbacks += result.callbacks;
        s->acted.actions += result.actions;
        s->acted.nested += result.nested;
        s->acted.reused += result.reused;
        if (!wrong)
            continue;
        s->disagreements++;
        *where = backends[i];
        if (!s->keep_long)
            shorten_bytes(s, backends[i], bytes, len, &result);
        return result.complaint;
    }
    return NULL;
}

static void print_hex(const uint8_t *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++)
        printf("%02x", bytes[i]);
}

static void run_acting(session *s, uint8_t *bytes, size_t len, const char *how)
{
    arena_backend where = ARENA_SIM;
    const char *complaint = judge_acting(s, bytes, &len, &where);
    if (complaint == NULL)
        return;
    printf("# castanet_differential --backend %s --callbacks %s\n%s: %s\n# shortest: --callbacks --bytes ",
           arena_backend_name(s->backend), how, arena_backend_name(where), complaint);
    print_hex(bytes, len);
    printf("\n");
}

/* ---- sources ---- */

static void print_program(session *s, const diff_program *program, const char *how)
{
    diff_verdict verdict = differential_compare(program, &s->sim, &s->real, NULL);
    printf("# castanet_differential --backend %s %s\n", arena_backend_name(s->backend), how);
    if (verdict.differs)
        printf("# the first difference is in %s of step %u, epoch %u\n",
               verdict.slot != DIFF_NONE ? "the notifications" : "the result", verdict.step + 1,
               verdict.epoch);
    differential_print(stdout, program, &s->sim, &s->real);
}

static void run_bytes(session *s, uint8_t *bytes, size_t len, const char *how)
{
    diff_program program;
    if (s->callbacks) {
        run_acting(s, bytes, len, how);
        return;
    }
    differential_decode(&program, bytes, len);
    unsigned long late = s->late;
    bool found = judge(s, &program);
    if (s->late > late)
        printf("# castanet_differential --backend %s %s: only late\n", arena_backend_name(s->backend), how);
    if (s->print || (found && s->disagreements <= PRINTED_MAX))
        print_program(s, &program, how);
}

static void run_seeds(session *s, uint64_t first, uint64_t last)
{
    uint8_t bytes[DIFF_BYTES_MAX];
    char how[64];
    for (uint64_t seed = first; seed <= last; seed++) {
        size_t len = differential_bytes_of_seed(seed, bytes);
        snprintf(how, sizeof how, "--seeds %llu", (unsigned long long)seed);
        run_bytes(s, bytes, len, how);
    }
}

static void print_summary(const session *s)
{
    if (s->callbacks) {
        printf("# sim and %s: %lu programs, %u actions, %u callbacks, %u nested pumps, %u reused handles, "
               "%lu complaints\n",
               arena_backend_name(s->backend), s->programs, s->acted.actions, s->acted.callbacks,
               s->acted.nested, s->acted.reused, s->disagreements);
        return;
    }
    printf("# sim and %s: %lu programs of %lu steps, %lu disagreements, %lu that were only late\n",
           arena_backend_name(s->backend), s->programs, s->steps, s->disagreements, s->late);
    for (unsigned i = 0; i < differential_rule_count(); i++)
        printf("# allowed %8u times: %s: %s\n", s->used[i], differential_rule_name(i),
               differential_rule_reason(i));
}

/* ---- hexadecimal ---- */

static int digit(char c)
{
    const char *digits = "0123456789abcdef", *at = c == '\0' ? NULL : strchr(digits, c);
    return at == NULL ? -1 : (int)(at - digits);
}

/* False if the text is not pairs of lower-case digits, or too long. */
static bool parse_hex(const char *text, uint8_t bytes[DIFF_BYTES_MAX], size_t *len)
{
    size_t count = 0;
    for (; text[0] != '\0' && text[0] != '\n'; text += 2, count++) {
        if (digit(text[0]) < 0 || digit(text[1]) < 0 || count == DIFF_BYTES_MAX)
            return false;
        bytes[count] = (uint8_t)(digit(text[0]) << 4 | digit(text[1]));
    }
    *len = count;
    return true;
}

/* ---- a program a line ---- */

static void print_json_text(const char *text)
{
    putchar('"');
    for (; *text != '\0'; text++) {
        if (*text == '\n')
            fputs("\\n", stdout);
        else if (*text == '"' || *text == '\\')
            printf("\\%c", *text);
        else
            putchar(*text);
    }
    putchar('"');
}

static void print_json_acting(session *s, uint8_t *bytes, size_t len)
{
    arena_backend where = ARENA_SIM;
    const char *complaint = judge_acting(s, bytes, &len, &where);
    printf("{\"verdict\": \"%s\", \"backend\": \"%s\", \"program\": ", complaint == NULL ? "agree" : "differ",
           arena_backend_name(where));
    print_json_text(complaint == NULL ? "" : complaint);
    printf("}\n");
    fflush(stdout);
}

static void print_json_verdict(session *s, uint8_t *bytes, size_t len)
{
    diff_program program;
    if (s->callbacks) {
        print_json_acting(s, bytes, len);
        return;
    }
    unsigned long late = s->late;
    char *report = NULL;
    size_t size = 0;
    differential_decode(&program, bytes, len);
    unsigned steps = program.count;
    bool found = judge(s, &program);
    FILE *stream = open_memstream(&report, &size);
    if (stream == NULL)
        abort();
    if (found)
        differential_print(stream, &program, &s->sim, &s->real);
    fclose(stream);
    printf("{\"verdict\": \"%s\", \"steps\": %u, \"late\": %s, \"program\": ", found ? "differ" : "agree",
           steps, s->late > late ? "true" : "false");
    print_json_text(report);
    printf("}\n");
    fflush(stdout);
    free(report);
}

static bool run_lines(session *s)
{
    char *line = NULL;
    size_t size = 0, len;
    uint8_t bytes[DIFF_BYTES_MAX];
    bool ok = true;
    while (ok && getline(&line, &size, stdin) > 0) {
        ok = parse_hex(line, bytes, &len);
        if (ok)
            print_json_verdict(s, bytes, len);
    }
    free(line);
    return ok;
}

/* ---- command line ---- */

typedef struct request {
    uint64_t first, last;
    const char *hex;
    bool lines, seeds;
} request;

static int refuse(const char *what, const char *fix)
{
    fprintf(stderr, "error: %s\n  why: the command line cannot be followed\n  fix: %s\n", what, fix);
    return EXIT_USAGE;
}

static bool parse_seeds(const char *text, request *r)
{
    char *end;
    errno = 0;
    r->first = r->last = strtoull(text, &end, 10);
    if (*end == '-')
        r->last = strtoull(end + 1, &end, 10);
    r->seeds = true;
    return *end == '\0' && end != text && errno == 0 && r->first <= r->last;
}

/* Returns EXIT_AGREED, or EXIT_USAGE after it has said why. */
static int parse(int argc, char **argv, session *s, request *r)
{
    enum {
        SEEDS = 's',
        BACKEND = 'b',
        BYTES = 'x',
        STDIN = 'i',
        PRINT = 'p',
        LONG = 'l',
        HASTY = 'h',
        CALLBACKS = 'c'
    };
    static const struct option names[] = {{"seeds", required_argument, NULL, SEEDS},
                                          {"backend", required_argument, NULL, BACKEND},
                                          {"bytes", required_argument, NULL, BYTES},
                                          {"stdin", no_argument, NULL, STDIN},
                                          {"callbacks", no_argument, NULL, CALLBACKS},
                                          {"print", no_argument, NULL, PRINT},
                                          {"no-shrink", no_argument, NULL, LONG},
                                          {"hasty", no_argument, NULL, HASTY},
                                          {0}};
    for (int c; (c = getopt_long(argc, argv, "", names, NULL)) != -1;) {
        switch (c) {
        case SEEDS:
            if (!parse_seeds(optarg, r))
                return refuse("--seeds wants a number or a range", "write --seeds 1-20000");
            break;
        case BACKEND:
            s->backend = arena_backend_of_name(optarg);
            if (s->backend == ARENA_BACKENDS || !arena_backend_is_real(s->backend))
                return refuse("--backend wants real sockets", "write --backend epoll");
            break;
        case BYTES: r->hex = optarg; break;
        case STDIN: r->lines = true; break;
        case CALLBACKS: s->callbacks = true; break;
        case PRINT: s->print = true; break;
        case LONG: s->keep_long = true; break;
        case HASTY: s->hasty = s->keep_long = true; break; /* shows what is only late */
        default: return refuse("an unknown option", "see the head of tests/differential.c");
        }
    }
    if (optind != argc || (int)r->lines + (int)r->seeds + (int)(r->hex != NULL) != 1)
        return refuse("it is not said which programs to run",
                      "give one of --seeds A-B, --bytes HEX, --stdin");
    return EXIT_AGREED;
}

int main(int argc, char **argv)
{
    static session s = {.backend = ARENA_EPOLL};
    request r = {0};
    uint8_t bytes[DIFF_BYTES_MAX];
    size_t len = 0;
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (parse(argc, argv, &s, &r) != EXIT_AGREED)
        return EXIT_USAGE;
    if (r.hex != NULL && !parse_hex(r.hex, bytes, &len))
        return refuse("--bytes wants pairs of lower-case hexadecimal digits", "shorten or correct the text");
    if (r.lines)
        return run_lines(&s) ? EXIT_AGREED : refuse("a line is not hexadecimal", "write one program a line");
    if (r.hex != NULL)
        run_bytes(&s, bytes, len, "--bytes");
    else
        run_seeds(&s, r.first, r.last);
    print_summary(&s);
    return s.disagreements == 0 ? EXIT_AGREED : EXIT_DISAGREED;
}
