/* SPDX-License-Identifier: MIT
 *
 * Scenario files into steps.
 *
 *  1. Reading stops at the first mistake, which is told with file, line, column, what, why and how to mend
 * it.
 *  2. A handler is a step followed by the steps of its body.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "castanet/error.h"
#include "tests/conformance_model.h"

enum { LINE_BYTES_MAX = 1024, ERROR_CODE_MAX = 12000 };

typedef struct parser {
    scenario_file *file;
    scenario *scenario; /* the one that is being read; NULL: none yet */
    unsigned line;
    scenario_token tokens[SCENARIO_TOKENS_MAX];
    const scenario_token *at; /* the next token */
} parser;

/* ---- complaints ---- */

static bool complain_at(parser *p, unsigned column, const char *what, const char *why, const char *fix)
{
    snprintf(p->file->complaint, sizeof p->file->complaint, "%s:%u:%u: %s; %s; %s", p->file->path, p->line,
             column, what, why, fix);
    return false;
}

static bool complain(parser *p, const char *wanted, const char *fix)
{
    char what[SCENARIO_TEXT_MAX + 32];
    char why[SCENARIO_TEXT_MAX];
    if (p->at->kind == '\0')
        snprintf(what, sizeof what, "the line ends here");
    else
        snprintf(what, sizeof what, "cannot read '%s'", p->at->text);
    snprintf(why, sizeof why, "%s was expected", wanted);
    return complain_at(p, p->at->column, what, why, fix);
}

/* ---- small things ---- */

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

static bool is_word(const parser *p, const char *text)
{
    return p->at->kind == 'w' && strcmp(p->at->text, text) == 0;
}

static bool take_word(parser *p, const char *text)
{
    bool found = is_word(p, text);
    p->at += found;
    return found;
}

static bool take_mark(parser *p, char mark)
{
    bool found = p->at->kind == mark;
    p->at += found;
    return found;
}

static void copy_text(char *to, size_t size, const char *from) { snprintf(to, size, "%s", from); }

static bool read_number(const char *text, long *out)
{
    char *end;
    errno = 0;
    long value = strtol(text, &end, 10);
    if (errno != 0 || end == text || *end != '\0')
        return false;
    *out = value;
    return true;
}

static bool read_code(const char *text, long *out)
{
    for (int code = 1; strncmp(text, "WSA", 3) == 0 && code < ERROR_CODE_MAX; code++)
        if (strcmp(cas_error_name(code), text) == 0)
            return *out = code, true;
    return false;
}

static const char *const event_names[] = {"READ", "WRITE", "OOB", "ACCEPT", "CONNECT", "CLOSE"};

long scenario_event_of_name(const char *name)
{
    for (unsigned i = 0; i < 6; i++)
        if (strcmp(event_names[i], name) == 0)
            return 1L << i;
    return 0;
}

const char *scenario_event_name(long event)
{
    for (unsigned i = 0; i < 6; i++)
        if (event == 1L << i)
            return event_names[i];
    return "?";
}

/* ---- sockets ---- */

static int find_socket(const scenario *s, const char *name)
{
    for (int i = 0; i < s->socket_count; i++)
        if (strcmp(s->sockets[i], name) == 0)
            return i;
    return SCENARIO_NONE;
}

/* Clients (C..., K...) live on thread a, all others on b, unless "place" says otherwise. */
static bool take_socket(parser *p, int *out)
{
    scenario *s = p->scenario;
    if (p->at->kind != 'w' || p->at->text[0] < 'A' || p->at->text[0] > 'Z' || strlen(p->at->text) > 15)
        return complain(p, "the name of a socket", "write a short name that begins with a capital letter");
    *out = find_socket(s, p->at->text);
    if (*out == SCENARIO_NONE && s->socket_count == SCENARIO_SOCKETS_MAX)
        return complain(p, "a known socket, because the scenario has too many,", "use fewer sockets");
    if (*out == SCENARIO_NONE) {
        *out = s->socket_count++;
        copy_text(s->sockets[*out], sizeof s->sockets[*out], p->at->text);
        s->threads[*out] = p->at->text[0] == 'C' || p->at->text[0] == 'K' ? ARENA_A : ARENA_B;
    }
    p->at++;
    return true;
}

static bool find_thread(const char *name, int *out)
{
    static const char *const names[ARENA_THREADS] = {"a", "b", "b2"};
    for (int i = 0; i < ARENA_THREADS; i++)
        if (strcmp(names[i], name) == 0)
            return *out = i, true;
    return false;
}

static unsigned find_backend(const char *name)
{
    if (strcmp(name, "sim") == 0)
        return 1u << ARENA_SIM;
    if (strcmp(name, "epoll") == 0)
        return 1u << ARENA_EPOLL;
    if (strcmp(name, "poll") == 0)
        return 1u << ARENA_POLL;
    return strcmp(name, "linux") == 0 ? 1u << ARENA_EPOLL | 1u << ARENA_POLL : 0;
}

/* ---- arguments ---- */

/* Sizes stay within the buffer of a run. */
static bool take_number(parser *p, long *out)
{
    if (p->at->kind != 'w' || !read_number(p->at->text, out) || *out > (long)SCENARIO_BUFFER_BYTES)
        return complain(p, "a number", "write a decimal number, at most 1048576");
    p->at++;
    return true;
}

static bool take_string(parser *p, char *out)
{
    if (p->at->kind != 's')
        return complain(p, "a string", "write the text between quotation marks");
    copy_text(out, SCENARIO_TEXT_MAX, p->at->text);
    p->at++;
    return true;
}

static bool take_data(parser *p, scenario_step *step)
{
    if (p->at->kind != 's')
        return take_number(p, &step->number);
    step->has_text = true;
    step->number = (long)strlen(p->at->text);
    return take_string(p, step->text);
}

/* "ALL", "0", or names joined by bars. */
static bool take_mask(parser *p, long *mask)
{
    char words[SCENARIO_TEXT_MAX];
    char *rest = words;
    *mask = 0;
    if (take_word(p, "0"))
        return true;
    if (take_word(p, "ALL"))
        return *mask = CASYNCSOCKET_DEFAULT_EVENTS, true;
    copy_text(words, sizeof words, p->at->text);
    for (char *word; p->at->kind == 'w' && (word = strtok_r(rest, "|", &rest)) != NULL;) {
        long event = scenario_event_of_name(word);
        if (event == 0)
            return complain(p, "an event mask",
                            "write ALL, 0, or READ WRITE OOB ACCEPT CONNECT CLOSE joined by |");
        *mask |= event;
    }
    if (*mask == 0)
        return complain(p, "an event mask", "write ALL, 0, or names of events joined by |");
    p->at++;
    return true;
}

static bool take_optional_mask(parser *p, long *mask)
{
    *mask = CASYNCSOCKET_DEFAULT_EVENTS;
    return p->at->kind != 'w' || is_word(p, "until") ? true : take_mask(p, mask);
}

static bool take_flags(parser *p, scenario_step *step)
{
    for (;;) {
        if (take_word(p, "oob"))
            step->flags |= MSG_OOB;
        else if (take_word(p, "peek"))
            step->flags |= MSG_PEEK;
        else
            return true;
    }
}

static bool take_one_of(parser *p, const char *const words[], const long values[], long *out)
{
    for (unsigned i = 0; words[i] != NULL; i++)
        if (take_word(p, words[i]))
            return *out = values[i], true;
    return complain(p, "another word",
                    words[2] == NULL ? "write tcp or udp" : "write receives, sends or both");
}

static bool take_type(parser *p, long *out)
{
    static const char *const words[] = {"tcp", "udp", NULL};
    static const long values[] = {SOCK_STREAM, SOCK_DGRAM};
    return take_one_of(p, words, values, out);
}

static bool take_how(parser *p, long *out)
{
    static const char *const words[] = {"receives", "sends", "both", NULL};
    static const long values[] = {CAsyncSocket_receives, CAsyncSocket_sends, CAsyncSocket_both};
    return take_one_of(p, words, values, out);
}

static bool take_option(parser *p, scenario_step *step)
{
    int option, level;
    if (p->at->kind != 'w' || !scenario_option_find(p->at->text, &option, &level))
        return complain(p, "the name of an option", "write it without SO_ or TCP_, as OOBINLINE");
    copy_text(step->text, sizeof step->text, p->at->text);
    p->at++;
    return true;
}

static bool take_name(parser *p, char *out, size_t size)
{
    if (p->at->kind != 'w' || strlen(p->at->text) >= size)
        return complain(p, "a name", "write a word of letters, digits, - _ and .");
    copy_text(out, size, p->at->text);
    p->at++;
    return true;
}

static bool take_event(parser *p, scenario_event *event)
{
    long error = 0;
    if (!take_socket(p, &event->socket))
        return false;
    event->event = p->at->kind == 'w' ? scenario_event_of_name(p->at->text) : 0;
    if (event->event == 0)
        return complain(p, "an event", "write READ, WRITE, OOB, ACCEPT, CONNECT or CLOSE");
    p->at++;
    if (p->at->kind == 'w' && !read_code(p->at->text, &error) && !read_number(p->at->text, &error))
        return complain(p, "the error of the event", "write its name, as WSAECONNREFUSED, or its number");
    p->at += p->at->kind == 'w';
    event->error = (int)error;
    return true;
}

/* "none", or events separated by commas. */
static bool take_events(parser *p, scenario_step *step)
{
    if (take_word(p, "none"))
        return true;
    do {
        if (step->event_count == SCENARIO_EVENTS_MAX)
            return complain(p, "the end of the line, because the list is too long,", "use two expectations");
        if (!take_event(p, &step->events[step->event_count]))
            return false;
        step->event_count++;
    } while (take_mark(p, ','));
    return true;
}

/* The letters of scenario_verb.shape. */
static bool parse_argument(parser *p, scenario_step *step, char letter)
{
    char ignored[SCENARIO_TEXT_MAX];
    switch (letter) {
    case '1': return take_socket(p, &step->socket);
    case '2': return take_socket(p, &step->other);
    case 'F': return take_word(p, "from") ? take_socket(p, &step->other) : true;
    case 'd': return take_data(p, step);
    case 'n': return take_number(p, &step->number);
    case 'm': return take_mask(p, &step->mask);
    case 'M': return take_optional_mask(p, &step->mask);
    case 'f': return take_flags(p, step);
    case 'o': return take_option(p, step);
    case 'h': return take_how(p, &step->number);
    case 'p': return take_type(p, &step->number);
    case 'w': return take_name(p, step->text, sizeof step->text);
    case 't': return take_string(p, step->text);
    case 'q': return p->at->kind == 's' ? take_string(p, ignored) : true;
    case 'e': return take_events(p, step);
    default: return true;
    }
}

/* "= RESULT" or "until RESULT", or nothing. */
static bool parse_result(parser *p, scenario_step *step)
{
    step->until = take_word(p, "until");
    if (!step->until && !take_mark(p, '='))
        return true;
    if (p->at->kind == 's') {
        step->wanted = WANTED_TEXT;
        return take_string(p, step->wanted_text);
    }
    if (take_word(p, "any"))
        step->wanted = WANTED_ANY;
    else if (take_word(p, "ok"))
        step->wanted = WANTED_OK;
    else if (p->at->kind == 'w' && read_code(p->at->text, &step->wanted_number))
        step->wanted = WANTED_ERROR, p->at++;
    else if (p->at->kind == 'w' && read_number(p->at->text, &step->wanted_number))
        step->wanted = WANTED_NUMBER, p->at++;
    else
        return complain(p, "a result", "write a number, the name of an error, a string, ok or any");
    return true;
}

/* ---- statements ---- */

static scenario_step *add_step(parser *p)
{
    scenario *s = p->scenario;
    scenario_step *steps = grow(s->steps, s->step_count, &s->step_capacity, sizeof *steps);
    if (steps == NULL)
        return complain_at(p, 1, "out of memory", "the system refused", "give it more"), NULL;
    s->steps = steps;
    steps[s->step_count] = (scenario_step){.line = p->line,
                                           .backends = (1u << ARENA_BACKENDS) - 1,
                                           .thread = SCENARIO_NONE,
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
        if (!take_socket(p, &step->socket))
            return false;
        step->verb = p->at->kind == 'w' ? scenario_verb_find(p->at->text) : NULL;
    }
    if (step->verb == NULL)
        return complain(p, "a verb", "see the list in scenarios/README.md");
    p->at++;
    for (const char *letter = step->verb->shape; *letter != '\0'; letter++)
        if (!parse_argument(p, step, *letter))
            return false;
    return parse_result(p, step);
}

static bool parse_body(parser *p, size_t handler)
{
    if (take_word(p, "nothing"))
        return true;
    do {
        scenario_step *step = add_step(p);
        if (step == NULL || !parse_action(p, step, true))
            return false;
        p->scenario->steps[handler].body++;
    } while (take_mark(p, ';'));
    return true;
}

/* on S READ [2]: recv 4; recv 6 */
static bool parse_handler(parser *p, scenario_step *step)
{
    step->verb = scenario_verb_find("on");
    if (!take_socket(p, &step->socket) || !take_mask(p, &step->mask))
        return false;
    if (p->at->kind == 'w' && !take_number(p, &step->number))
        return false;
    if (!take_mark(p, ':'))
        return complain(p, "a colon", "write: on SOCKET EVENT [NUMBER]: what the callback does");
    return parse_body(p, (size_t)(step - p->scenario->steps));
}

/* "sim:", "linux:", "epoll:", "poll:", several of them, or the thread "a:", "b:",
 * "b2:" in which the step runs. */
static void parse_prefixes(parser *p, scenario_step *step)
{
    bool named = false;
    for (;; p->at += 2) {
        if (p->at[0].kind != 'w' || p->at[1].kind != ':')
            return;
        unsigned backend = find_backend(p->at->text);
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
            return complain(p, "a profile", "write windows, documented, linux, mfc4.1, mfc4.2, mfc7.0 or a "
                                            "switch of castanet/profile.h");
    return true;
}

static bool parse_backends(parser *p)
{
    scenario *s = p->scenario;
    s->backends = p->at->kind == 'w' ? find_backend(p->at->text) : 0;
    if (s->backends == 0)
        return complain(p, "a backend", "write sim, linux, epoll or poll, and then the reason");
    p->at++;
    return take_string(p, s->backends_reason);
}

static bool parse_place(parser *p)
{
    int socket, thread;
    if (!take_socket(p, &socket))
        return false;
    if (p->at->kind != 'w' || !find_thread(p->at->text, &thread))
        return complain(p, "a thread", "write a, b or b2");
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
        return complain_at(p, 1, "out of memory", "the system refused", "give it more");
    file->scenarios = all;
    p->scenario = cas_alloc(memory, sizeof *p->scenario);
    if (p->scenario == NULL)
        return complain_at(p, 1, "out of memory", "the system refused", "give it more");
    *p->scenario = (scenario){.path = file->path, .line = p->line, .backends = ~0u};
    all[file->scenario_count++] = p->scenario;
    return take_name(p, p->scenario->name, sizeof p->scenario->name) && take_string(p, p->scenario->title);
}

static bool parse_gap(parser *p)
{
    scenario_file *file = p->file;
    cas_allocator *memory = cas_allocator_system();
    size_t count = file->gap_count, size = sizeof *file->gaps;
    scenario_gap *all = memory->resize(memory, file->gaps, count * size, (count + 1) * size);
    if (all == NULL)
        return complain_at(p, 1, "out of memory", "the system refused", "give it more");
    file->gaps = all;
    all[count] = (scenario_gap){.id = ""};
    file->gap_count++;
    return take_name(p, all[count].id, sizeof all[count].id) && take_string(p, all[count].reason);
}

static bool parse_statement(parser *p)
{
    if (take_word(p, "scenario"))
        return parse_scenario(p);
    if (take_word(p, "not-applicable"))
        return parse_gap(p);
    if (p->scenario == NULL)
        return complain(p, "a scenario", "begin with: scenario NAME \"title\"");
    if (take_word(p, "profile"))
        return parse_profile(p);
    if (take_word(p, "backends"))
        return parse_backends(p);
    if (take_word(p, "place"))
        return parse_place(p);
    scenario_step *step = add_step(p);
    if (step == NULL)
        return false;
    parse_prefixes(p, step);
    return take_word(p, "on") ? parse_handler(p, step) : parse_action(p, step, false);
}

static bool parse_line(parser *p, const char *line)
{
    unsigned column;
    const char *what;
    p->line++;
    if (!scenario_lex(line, p->tokens, &column, &what))
        return complain_at(p, column, what, "lines consist of words, strings and : = , ;",
                           "correct the line");
    p->at = p->tokens;
    if (p->at->kind == '\0')
        return true;
    if (!parse_statement(p))
        return false;
    return p->at->kind == '\0' ? true : complain(p, "the end of the line", "remove the rest");
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
        complain_at(&p, 1, "cannot open the file", strerror(errno), "check the folder of the scenarios");
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
