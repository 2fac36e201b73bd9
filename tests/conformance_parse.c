/* SPDX-License-Identifier: MIT
 *
 * Scenario files into steps.
 *
 *  1. Reading stops at the first mistake, which is told with file, line, column, what, why and how to mend
 * it.
 *  2. A handler is a step followed by the steps of its body.
 */
#include <errno.h>
#include <string.h>

#include "tests/conformance_parser.h"

enum { LINE_BYTES_MAX = 1024, BACKENDS_ALL = (1 << ARENA_BACKENDS) - 1 };

typedef scenario_parser parser; /* inside this file */

/* Returns block with room for one more element, or NULL; *capacity follows. */
static void *grow(void *block, size_t count, size_t *capacity, size_t size)
{
    cas_allocator *memory = cas_allocator_system();
    if (count < *capacity)
        return block;
    size_t wanted = *capacity * 2 + 8;
    void *larger = memory->resize(memory, block, *capacity * size, wanted * size);
    if (larger != NULL)
        *capacity = wanted;
    return larger;
}

static bool complain_of_memory(parser *p)
{
    return scenario_complain_at(p, 1, "out of memory", "the system refused", "give it more");
}

/* ---- where a step runs ---- */

static bool find_thread(const char *name, int *out)
{
    static const char *const names[] = {"a", "b", "b2", "none"};
    for (int i = 0; i <= SCENARIO_NO_THREAD; i++)
        if (strcmp(names[i], name) == 0)
            return *out = i, true;
    return false;
}

/* A backend by its name, or "linux" for all that are not simulated, as bits; 0: none of these. */
static unsigned find_backends(const char *name)
{
    arena_backend one = arena_backend_of_name(name);
    if (one != ARENA_BACKENDS)
        return 1u << one;
    return strcmp(name, "linux") == 0 ? (unsigned)BACKENDS_ALL & ~(1u << ARENA_SIM) : 0;
}

/* ---- statements ---- */

static scenario_step *add_step(parser *p)
{
    scenario *s = p->scenario;
    scenario_step *steps = grow(s->steps, s->step_count, &s->step_capacity, sizeof *steps);
    if (steps == NULL)
        return complain_of_memory(p), NULL;
    s->steps = steps;
    steps[s->step_count] = (scenario_step){.line = p->line,
                                           .backends = (unsigned)BACKENDS_ALL,
                                           .thread = SCENARIO_NONE,
                                           .times = 1,
                                           .socket = SCENARIO_NONE,
                                           .other = SCENARIO_NONE};
    return &steps[s->step_count++];
}

/* A verb with what it needs.  In a handler the socket may be missing. */
static bool parse_action(parser *p, scenario_step *step, bool in_handler)
{
    step->verb = p->at->kind == 'w' ? scenario_verb_find(p->at->text) : NULL;
    bool needs_socket = step->verb == NULL || (step->verb->shape[0] != '@' && !in_handler);
    if (needs_socket) {
        if (!scenario_take_socket(p, &step->socket))
            return false;
        step->verb = p->at->kind == 'w' ? scenario_verb_find(p->at->text) : NULL;
    }
    if (step->verb == NULL)
        return scenario_complain(p, "a verb", "see the list in scenarios/README.md");
    p->at++;
    for (const char *letter = step->verb->shape; *letter != '\0'; letter++)
        if (!scenario_parse_argument(p, step, *letter))
            return false;
    return scenario_parse_result(p, step);
}

static bool parse_body(parser *p, size_t handler)
{
    if (scenario_take_word(p, "nothing"))
        return true;
    do {
        scenario_step *step = add_step(p);
        if (step == NULL || !parse_action(p, step, true))
            return false;
        p->scenario->steps[handler].body++;
    } while (scenario_take_mark(p, ';'));
    return true;
}

/* on S READ [2]: recv 4; recv 6 */
static bool parse_handler(parser *p, scenario_step *step)
{
    step->verb = scenario_verb_find("on");
    if (!scenario_take_socket(p, &step->socket) || !scenario_take_mask(p, &step->mask))
        return false;
    if (p->at->kind == 'w' && !scenario_take_number(p, &step->number))
        return false;
    if (!scenario_take_mark(p, ':'))
        return scenario_complain(p, "a colon", "write: on SOCKET EVENT [NUMBER]: what the callback does");
    return parse_body(p, (size_t)(step - p->scenario->steps));
}

/* "sim:", "linux:", "epoll:" and so on, also several of them, or the thread "a:", "b:", "b2:", "none:" in
 * which the step runs. */
static void parse_prefixes(parser *p, scenario_step *step)
{
    bool named = false;
    for (;; p->at += 2) {
        if (p->at[0].kind != 'w' || p->at[1].kind != ':')
            return;
        unsigned backend = find_backends(p->at->text);
        if (backend == 0 && !find_thread(p->at->text, &step->thread))
            return;
        if (backend != 0)
            step->backends = named ? step->backends | backend : backend;
        named = named || backend != 0;
    }
}

static bool parse_profile(parser *p)
{
    for (; p->at->kind != '\0'; p->at++)
        if (p->at->kind != 'w' || !cas_profile_add(&p->scenario->profile, p->at->text))
            return scenario_complain(p, "a profile",
                                     "write windows, documented, linux, mfc4.1, mfc4.2, mfc7.0 or a "
                                     "switch of castanet/profile.h");
    return true;
}

static bool parse_backends(parser *p)
{
    scenario *s = p->scenario;
    s->backends = p->at->kind == 'w' ? find_backends(p->at->text) : 0;
    if (s->backends == 0)
        return scenario_complain(p, "a backend", "write sim, linux, epoll or poll, and then the reason");
    p->at++;
    return scenario_take_string(p, s->backends_reason);
}

static bool parse_needs(parser *p)
{
    p->scenario->needs_ipv6 = scenario_take_word(p, "ipv6");
    return p->scenario->needs_ipv6 || scenario_complain(p, "a need", "write ipv6");
}

static bool parse_place(parser *p)
{
    int socket, thread;
    if (!scenario_take_socket(p, &socket))
        return false;
    if (p->at->kind != 'w' || !find_thread(p->at->text, &thread) || thread == SCENARIO_NO_THREAD)
        return scenario_complain(p, "a thread", "write a, b or b2");
    p->at++;
    p->scenario->threads[socket] = (arena_thread)thread;
    return true;
}

static bool parse_scenario(parser *p)
{
    scenario_file *file = p->file;
    cas_allocator *memory = cas_allocator_system();
    size_t count = file->scenario_count, size = sizeof(scenario *);
    scenario **all = memory->resize(memory, file->scenarios, count * size, (count + 1) * size);
    if (all == NULL)
        return complain_of_memory(p);
    file->scenarios = all;
    p->scenario = cas_alloc(memory, sizeof *p->scenario);
    if (p->scenario == NULL)
        return complain_of_memory(p);
    *p->scenario = (scenario){.path = file->path, .line = p->line, .backends = ~0u};
    all[file->scenario_count++] = p->scenario;
    return scenario_take_name(p, p->scenario->name, sizeof p->scenario->name) &&
           scenario_take_string(p, p->scenario->title);
}

static bool parse_gap(parser *p)
{
    scenario_file *file = p->file;
    cas_allocator *memory = cas_allocator_system();
    size_t count = file->gap_count, size = sizeof *file->gaps;
    scenario_gap *all = memory->resize(memory, file->gaps, count * size, (count + 1) * size);
    if (all == NULL)
        return complain_of_memory(p);
    file->gaps = all;
    all[count] = (scenario_gap){.id = ""};
    file->gap_count++;
    return scenario_take_name(p, all[count].id, sizeof all[count].id) &&
           scenario_take_string(p, all[count].reason);
}

static bool parse_statement(parser *p)
{
    if (scenario_take_word(p, "scenario"))
        return parse_scenario(p);
    if (scenario_take_word(p, "section"))
        return scenario_take_string(p, p->file->section);
    if (scenario_take_word(p, "not-applicable"))
        return parse_gap(p);
    if (p->scenario == NULL)
        return scenario_complain(p, "a scenario", "begin with: scenario NAME \"title\"");
    if (scenario_take_word(p, "profile"))
        return parse_profile(p);
    if (scenario_take_word(p, "backends"))
        return parse_backends(p);
    if (scenario_take_word(p, "needs"))
        return parse_needs(p);
    if (scenario_take_word(p, "place"))
        return parse_place(p);
    scenario_step *step = add_step(p);
    if (step == NULL)
        return false;
    parse_prefixes(p, step);
    return scenario_take_word(p, "on") ? parse_handler(p, step) : parse_action(p, step, false);
}

static bool parse_line(parser *p, const char *line)
{
    unsigned column;
    const char *what;
    p->line++;
    if (!scenario_lex(line, p->tokens, &column, &what))
        return scenario_complain_at(p, column, what, "lines consist of words, strings and : = , ;",
                                    "correct the line");
    p->at = p->tokens;
    if (p->at->kind == '\0')
        return true;
    if (!parse_statement(p))
        return false;
    return p->at->kind == '\0' ? true : scenario_complain(p, "the end of the line", "remove the rest");
}

void scenario_parse_stream(scenario_file *file, FILE *stream)
{
    char line[LINE_BYTES_MAX];
    parser p = {.file = file};
    while (fgets(line, sizeof line, stream) != NULL && parse_line(&p, line))
        continue;
}

void scenario_parse_file(scenario_file *file, const char *path)
{
    parser p = {.file = file};
    FILE *stream = fopen(path, "r");
    if (stream == NULL) {
        scenario_complain_at(&p, 1, "cannot open the file", strerror(errno),
                             "check the folder of the scenarios");
        return;
    }
    scenario_parse_stream(file, stream);
    fclose(stream);
}

void scenario_file_release(scenario_file *file)
{
    cas_allocator *memory = cas_allocator_system();
    for (size_t i = 0; i < file->scenario_count; i++) {
        scenario *s = file->scenarios[i];
        cas_free(memory, s->steps, s->step_capacity * sizeof *s->steps);
        cas_free(memory, s, sizeof *s);
    }
    cas_free(memory, file->scenarios, file->scenario_count * sizeof(scenario *));
    cas_free(memory, file->gaps, file->gap_count * sizeof *file->gaps);
    *file = (scenario_file){.path = ""};
}
