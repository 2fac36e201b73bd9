/* SPDX-License-Identifier: MIT
 *
 * Reading a schedule: line by line, each line a word and what belongs to it.  What cannot be understood is an
 * error with its place; nothing is guessed.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "simnet/explore/printable.h"
#include "simnet/explore/schedule.h"

enum { LABEL_MAX = 192, LINE_SHOWN = 96, BYTES_MAX = 16 << 20, FACTS_MAX = 1 << 16 };

typedef struct parser {
    const char *line, *end; /* of the line that is read, without its newline */
    const char *at;
    unsigned number;
    sim_schedule *schedule;
    cas_allocator *memory;
    sim_schedule_error *error;
    bool has_mode, has_windows, has_seed, has_outcome;
    uint64_t decisions_left; /* that the exact form still owes */
    uint32_t last_decision;
} parser;

/* ---- errors ---- */

__attribute__((format(printf, 3, 4))) static bool fail(parser *p, const char *fix, const char *what, ...)
{
    sim_schedule_error *error = p->error;
    char shown[LINE_SHOWN];
    va_list arguments;
    if (error->what[0] != '\0')
        return false;
    error->line = p->number;
    error->column = (unsigned)(p->at - p->line) + 1;
    va_start(arguments, what);
    vsnprintf(error->what, sizeof error->what, what, arguments);
    va_end(arguments);
    snprintf(error->why, sizeof error->why, "line %u reads: %s", p->number,
             simp_printable(p->line, (size_t)(p->end - p->line), shown, sizeof shown));
    snprintf(error->fix, sizeof error->fix, "%s", fix);
    return false;
}

/* Of the text as a whole: its place is where it ends, if it has begun. */
static bool fail_all(parser *p, const char *fix, const char *why, const char *what)
{
    sim_schedule_error *error = p->error;
    if (error->what[0] != '\0')
        return false;
    error->line = p->line == NULL ? 0 : p->number;
    error->column = p->line == NULL ? 0 : (unsigned)(p->at - p->line) + 1;
    snprintf(error->what, sizeof error->what, "%s", what);
    snprintf(error->why, sizeof error->why, "%s", why);
    snprintf(error->fix, sizeof error->fix, "%s", fix);
    return false;
}

/* ---- words and numbers ---- */

static bool takes(parser *p, const char *text)
{
    size_t len = strlen(text);
    if ((size_t)(p->end - p->at) < len || memcmp(p->at, text, len) != 0)
        return false;
    p->at += len;
    return true;
}

static bool take_number(parser *p, uint64_t *out)
{
    const char *begin = p->at;
    uint64_t value = 0;
    for (; p->at < p->end && *p->at >= '0' && *p->at <= '9'; p->at++) {
        unsigned digit = (unsigned)(*p->at - '0');
        if (value > (UINT64_MAX - digit) / 10)
            return fail(p, "a number of 64 bits", "the number is too large");
        value = value * 10 + digit;
    }
    *out = value;
    return p->at > begin ? true : fail(p, "decimal digits", "a number is missing");
}

static bool take_number32(parser *p, uint32_t *out)
{
    uint64_t value = 0;
    if (!take_number(p, &value))
        return false;
    *out = (uint32_t)value;
    return value <= UINT32_MAX ? true : fail(p, "a number below 2^32", "the number is too large");
}

static int digit_of(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool take_hex(parser *p, uint8_t *out, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        int high = p->end - p->at >= 2 ? digit_of(p->at[0]) : -1;
        int low = high < 0 ? -1 : digit_of(p->at[1]);
        if (low < 0)
            return fail(p, "hexadecimal digits, 0-9 and a-f", "%zu bytes in hexadecimal are missing",
                        count - i);
        out[i] = (uint8_t)(high << 4 | low);
        p->at += 2;
    }
    return true;
}

static bool expect(parser *p, const char *text)
{
    return takes(p, text)
               ? true
               : fail(p, "see the line before, or record the schedule anew", "'%s' is missing", text);
}

static bool ends(parser *p)
{
    return p->at == p->end ? true
                           : fail(p, "remove what stands behind it", "the line goes on where it should end");
}

/* Where the text is in the rest of the line; NULL: nowhere. */
static const char *find_text(const parser *p, const char *text)
{
    size_t len = strlen(text);
    for (const char *c = p->at; c + len <= p->end; c++) {
        if (memcmp(c, text, len) == 0)
            return c;
    }
    return NULL;
}

/* "server/conn#2 OnReceive#8", up to the text or the end of the line: label and number. */
static bool take_label(parser *p, const char *up_to, char label[LABEL_MAX], uint64_t *count)
{
    const char *begin = p->at, *found = up_to[0] == '\0' ? NULL : find_text(p, up_to);
    if (found == NULL && up_to[0] != '\0')
        return fail(p, "hold EVENT until EVENT, or choose EVENT = NUMBER", "there is no '%s' in the line",
                    up_to);
    const char *stop = found == NULL ? p->end : found;
    const char *mark = stop;
    while (mark > begin && mark[-1] != '#')
        mark--;
    if (mark > begin && (size_t)(mark - begin) > LABEL_MAX)
        return fail(p, "as in: server/conn#2 OnReceive#8", "a label has at most %d bytes", LABEL_MAX - 1);
    if (mark == begin)
        return fail(p, "as in: server/conn#2 OnReceive#8", "a label with its number is missing");
    memcpy(label, begin, (size_t)(mark - 1 - begin));
    label[mark - 1 - begin] = '\0';
    p->at = mark;
    if (!take_number(p, count))
        return false;
    if (label[0] == '\0' || *count == 0 || p->at != stop)
        return fail(p, "as in: server/conn#2 OnReceive#8", "a label ends with # and a number from 1");
    return true;
}

/* ---- lines ---- */

/* Of a line that each schedule has once: two of them would contradict each other. */
static bool is_first(parser *p, bool *has)
{
    if (*has)
        return fail(p, "keep one of the two", "there is such a line already");
    return *has = true;
}

static bool read_mode(parser *p)
{
    static const char *const words[] = {"timed", "windowed", "causal"};
    if (!is_first(p, &p->has_mode))
        return false;
    for (unsigned i = 0; i < 3; i++) {
        if (takes(p, words[i])) {
            p->schedule->order.mode = (sim_time_mode)i;
            return ends(p);
        }
    }
    return fail(p, "timed, windowed or causal", "there is no such mode of time");
}

static bool read_outcome(parser *p)
{
    uint8_t identity[8];
    if (!is_first(p, &p->has_outcome))
        return false;
    for (int i = SIM_PASSED; i <= SIM_HUNG; i++) {
        if (i == SIM_VOID || !takes(p, sim_outcome_word((sim_outcome)i)))
            continue;
        if (!expect(p, " ") || !take_hex(p, identity, sizeof identity))
            return false;
        p->schedule->outcome = (sim_outcome)i;
        p->schedule->identity = 0;
        for (unsigned b = 0; b < sizeof identity; b++)
            p->schedule->identity = p->schedule->identity << 8 | identity[b];
        if (i == SIM_PASSED && p->schedule->identity != 0)
            return fail(p, "outcome passed 0000000000000000", "only failures have an identity");
        return ends(p);
    }
    return fail(p, "passed, failed, stalled, livelock, overtime, leftover, exhausted, crashed, exited, hung",
                "there is no such outcome");
}

static bool read_windows(parser *p)
{
    sim_windows *w = &p->schedule->order.windows;
    return is_first(p, &p->has_windows) && take_number(p, &w->arrival_ns) && expect(p, " ") &&
           take_number(p, &w->dispatch_ns) && expect(p, " ") && take_number(p, &w->timer_ns) && ends(p);
}

static bool has_room(parser *p)
{
    return p->schedule->fact_count < FACTS_MAX
               ? true
               : fail(p, "shrink it, or keep its exact form alone",
                      "there are more than %d holds and choices", (int)FACTS_MAX);
}

static bool read_hold(parser *p)
{
    char label[LABEL_MAX], until[LABEL_MAX];
    simp_fact fact = {.kind = SIMP_FACT_HOLD, .label = label, .until = until};
    if (!take_label(p, " until ", label, &fact.count) || !expect(p, " until ") ||
        !take_label(p, "", until, &fact.until_count) || !ends(p) || !has_room(p))
        return false;
    if (fact.count == fact.until_count && strcmp(label, until) == 0)
        return fail(p, "name what it waits for, or leave the line out", "an event waits for itself");
    simp_schedule_add_fact(p->schedule, &fact);
    return true;
}

/* The value that is known for the same decision; NULL: none is. */
static const simp_fact *find_choice(const sim_schedule *schedule, const simp_fact *wanted)
{
    for (size_t i = 0; i < schedule->fact_count; i++) {
        const simp_fact *fact = &schedule->facts[i];
        if (fact->kind == SIMP_FACT_CHOICE && fact->count == wanted->count &&
            strcmp(fact->label, wanted->label) == 0)
            return fact;
    }
    return NULL;
}

static bool add_choice(parser *p, const simp_fact *fact)
{
    const simp_fact *known = find_choice(p->schedule, fact);
    if (!has_room(p))
        return false;
    if (known != NULL && known->value != fact->value)
        return fail(p, "keep one of the two lines", "the same decision was %lu before",
                    (unsigned long)known->value);
    if (known == NULL)
        simp_schedule_add_fact(p->schedule, fact);
    return true;
}

static bool read_choice(parser *p)
{
    char label[LABEL_MAX];
    simp_fact fact = {.kind = SIMP_FACT_CHOICE, .label = label};
    if (!take_label(p, " = ", label, &fact.count) || !expect(p, " = ") || !take_number32(p, &fact.value) ||
        !ends(p))
        return false;
    return add_choice(p, &fact);
}

/* "drop client->server data#3", "delay client->server data#3 = 2" */
static bool read_trouble(parser *p)
{
    char label[LABEL_MAX];
    simp_fact fact = {.kind = SIMP_FACT_CHOICE, .label = label, .value = 1};
    const char *mark = find_text(p, " = ");
    if (!take_label(p, mark == NULL ? "" : " = ", label, &fact.count))
        return false;
    if (mark != NULL && (!expect(p, " = ") || !take_number32(p, &fact.value)))
        return false;
    if (fact.value == 0)
        return fail(p, "1 or more; leave the line out if nothing goes wrong", "a fault that is none");
    if (!ends(p))
        return false;
    return add_choice(p, &fact);
}

static bool read_exact(parser *p)
{
    if (p->schedule->has_exact)
        return fail(p, "keep one of the two", "there are two exact forms");
    if (!take_hex(p, p->schedule->fingerprint, sizeof p->schedule->fingerprint) || !expect(p, " ") ||
        !take_number(p, &p->decisions_left))
        return false;
    p->schedule->has_exact = true;
    return ends(p);
}

static bool read_decision(parser *p)
{
    char label[LABEL_MAX];
    simp_decision d = {.label = label};
    if (p->decisions_left == 0)
        return fail(p, "the line 'exact FINGERPRINT COUNT' stands before and has the count",
                    "there are more decisions than were announced");
    if (!take_number32(p, &d.number) || !expect(p, " "))
        return false;
    d.is_order = takes(p, "order ");
    if ((!d.is_order && !expect(p, "choice ")) || !take_number32(p, &d.value) || !expect(p, "/") ||
        !take_number32(p, &d.bound) || !expect(p, " "))
        return false;
    if (d.value == 0 || d.value >= d.bound)
        return fail(p, "1 to bound - 1", "%lu is not among the %lu values", (unsigned long)d.value,
                    (unsigned long)d.bound);
    if (d.number <= p->last_decision)
        return fail(p, "decisions are sorted by their numbers", "decision %lu comes too late",
                    (unsigned long)d.number);
    if (!take_label(p, "", label, &d.count) || !ends(p))
        return false;
    p->last_decision = d.number;
    p->decisions_left--;
    simp_schedule_add_decision(p->schedule, &d);
    return true;
}

static bool read_seed(parser *p)
{
    return is_first(p, &p->has_seed) && take_number(p, &p->schedule->seed) && ends(p);
}

static bool read_by(parser *p)
{
    if (takes(p, "packet"))
        p->schedule->order.by_packet = true;
    else if (takes(p, "object"))
        p->schedule->order.by_object = true;
    else
        return fail(p, "by packet, or by object", "there is no such promise");
    return ends(p);
}

static bool read_line(parser *p)
{
    static const struct {
        const char *word;
        bool (*read)(parser *);
    } lines[] = {{"mode ", read_mode},     {"windows ", read_windows}, {"by ", read_by},
                 {"seed ", read_seed},     {"outcome ", read_outcome}, {"hold ", read_hold},
                 {"choose ", read_choice}, {"exact ", read_exact},     {"decision ", read_decision}};
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        if (takes(p, lines[i].word))
            return lines[i].read(p);
    }
    if (simp_is_trouble_label(p->at, (size_t)(p->end - p->at)))
        return read_trouble(p);
    return fail(p,
                "mode, windows, by, seed, outcome, hold, choose, a fault (drop, duplicate, delay, corrupt, "
                "reset, clog, split, one-way, bridge, crash, ...), exact, decision, or #",
                "a line cannot begin so");
}

/* ---- the text ---- */

/* The next line that is no comment and not empty; false: there is none, or it is not whole. */
static bool next_line(parser *p, const char **rest, const char *end)
{
    while (*rest < end) {
        const char *newline = memchr(*rest, '\n', (size_t)(end - *rest));
        p->number++;
        p->line = p->at = *rest;
        p->end = newline != NULL ? newline : end;
        if (newline == NULL)
            return fail(p, "the last line ends with a newline, too", "the text is cut off");
        if (memchr(p->line, '\0', (size_t)(p->end - p->line)) != NULL)
            return fail(p, "give a schedule as castanet writes it", "the text has a zero byte");
        if (p->end > p->line && p->end[-1] == '\r') {
            p->at = p->end - 1;
            return fail(p, "save the file with lines that end with LF alone", "the line ends with CR");
        }
        *rest = newline + 1;
        if (p->line != p->end && p->line[0] != '#')
            return true;
    }
    return false;
}

static bool read_head(parser *p, const char **rest, const char *end)
{
    if (!next_line(p, rest, end))
        return fail_all(p, "give a file that explore has written", "it has no line but comments",
                        "the schedule is empty");
    if (takes(p, "\xEF\xBB\xBF"))
        return fail(p, "save the file as UTF-8 without a byte order mark", "a byte order mark comes first");
    if (!takes(p, "castanet schedule "))
        return fail(p, "the first line is: castanet schedule 1", "this is no schedule");
    if (!takes(p, "1") || p->at != p->end)
        return fail(p, "record it anew with this version", "the schedule is of another version");
    if (!next_line(p, rest, end) || !takes(p, "scenario "))
        return fail(p, "the second line is: scenario NAME", "the name of the scenario is missing");
    p->schedule = simp_schedule_create(p->memory, p->at, (size_t)(p->end - p->at));
    return p->schedule != NULL;
}

static bool has_whole_head(parser *p)
{
    static const char *const names[] = {"mode", "seed", "outcome"};
    const bool has[] = {p->has_mode, p->has_seed, p->has_outcome};
    char what[64];
    for (unsigned i = 0; i < 3; i++) {
        snprintf(what, sizeof what, "the line '%s' is missing", names[i]);
        if (!has[i])
            return fail_all(p, "add it, or record the schedule anew", "each schedule has mode, seed, outcome",
                            what);
    }
    return true;
}

static bool read_text(parser *p, const char *text, size_t len)
{
    const char *rest = text, *end = text + len;
    if (len > BYTES_MAX)
        return fail_all(p, "shrink it, or give its exact form alone", "a schedule has at most 16 MB",
                        "the schedule is too long");
    if (!read_head(p, &rest, end))
        return false;
    while (next_line(p, &rest, end)) {
        if (!read_line(p))
            return false;
    }
    if (p->error->what[0] != '\0')
        return false;
    return has_whole_head(p) &&
           (p->decisions_left == 0 || fail_all(p, "record it anew", "fewer follow than 'exact' announces",
                                               "the schedule lacks decisions"));
}

int sim_schedule_parse(const char *text, size_t len, cas_allocator *memory, sim_schedule **out,
                       sim_schedule_error *error)
{
    *error = (sim_schedule_error){0};
    parser p = {.memory = memory, .error = error};
    bool read = read_text(&p, text, len);
    if (read && !p.schedule->refused) {
        *out = p.schedule;
        return 0;
    }
    sim_schedule_destroy(p.schedule);
    return error->what[0] != '\0' ? WSAEINVAL : WSAENOBUFS;
}
